/* shims/disk/content.c - what is in a file after a power cut. */
#include "shims/disk/image.h"

#include <stdlib.h>
#include <string.h>

/* ---- bytes ---- */

static bool reach(struct shim_image *image, struct disk_buffer *buffer, uint64_t size) {
    if (size > buffer->room) {
        uint64_t room = size + size / 2 + 4096;
        unsigned char *more = realloc(buffer->bytes, room);
        if (more == NULL) {
            image->no_memory = true;
            return false;
        }
        memset(more + buffer->room, 0, room - buffer->room);
        buffer->bytes = more;
        buffer->room = room;
    }
    return true;
}

static void resize(struct shim_image *image, struct disk_buffer *buffer, uint64_t size) {
    if (size < buffer->size) {
        memset(buffer->bytes + size, 0, buffer->size - size);
        buffer->size = size;
    } else if (reach(image, buffer, size)) {
        buffer->size = size;
    }
}

static void put(struct shim_image *image, struct disk_buffer *buffer, uint64_t offset,
                const unsigned char *from, uint64_t size) {
    if (size > 0 && reach(image, buffer, offset + size)) {
        memcpy(buffer->bytes + offset, from, size);
        buffer->size = offset + size > buffer->size ? offset + size : buffer->size;
    }
}

static void happen(struct shim_image *image, struct disk_buffer *buffer,
                   const struct disk_record *record) {
    if (record->op == DISK_WRITE) {
        put(image, buffer, record->offset, disk_data(record), record->size);
    } else if (record->op == DISK_RESIZE || record->offset > buffer->size) {
        resize(image, buffer, record->offset);
    }
}

/* ---- what is durable ---- */

static const struct disk_record *operation(const struct shim_image *image, size_t index) {
    return image->disk->ops.records[index];
}

/* A write that is durable by itself. */
static bool is_durable(const struct disk_record *record) {
    return record->op == DISK_WRITE && record->value != 0;
}

void disk_content_start(struct shim_image *image, const struct disk_record *record) {
    struct disk_file *file = &image->files[record->file];
    put(image, &file->durable, 0, disk_data(record), record->size);
    file->synced_size = record->size;
}

static void fold(struct shim_image *image, struct disk_file *file, size_t count) {
    struct disk_indices *pending = &file->pending;
    for (size_t i = 0; i < count; i++) {
        happen(image, &file->durable, operation(image, pending->at[i]));
    }
    if (count > 0) {
        memmove(pending->at, pending->at + count, (pending->count - count) * sizeof pending->at[0]);
        pending->count -= count;
        file->version++;
    }
}

void disk_content_sync(struct shim_image *image, struct disk_file *file) {
    fold(image, file, file->pending.count);
    file->synced_size = file->durable.size;
}

void disk_content_add(struct shim_image *image, size_t index) {
    const struct disk_record *record = operation(image, index);
    struct disk_file *file = &image->files[record->file];
    if (!disk_remember(image, &file->pending, index)) {
        return;
    }
    /* One that is durable by itself goes with the rest if all before it is, and if it leaves no hole that nobody synced. */
    if (file->pending.count == 1 && is_durable(record) && record->offset <= file->synced_size) {
        uint64_t end = record->offset + record->size;
        fold(image, file, 1);
        file->synced_size = end > file->synced_size ? end : file->synced_size;
    }
}

/* ---- what is not ---- */

/* Whether a byte of begin to end - 1 was made durable before operation `index`: then it is old or new. */
static bool ever_synced(const struct shim_image *image, const struct disk_file *file, size_t index,
                        uint64_t begin, uint64_t end) {
    if (begin < file->synced_size) {
        return true;
    }
    for (size_t i = 0; i < file->pending.count && file->pending.at[i] < index; i++) {
        const struct disk_record *record = operation(image, file->pending.at[i]);
        if (is_durable(record) && record->offset < end && begin < record->offset + record->size) {
            return true;
        }
    }
    return false;
}

static void spoil(struct shim_image *image, struct disk_buffer *buffer, size_t index, uint64_t begin,
                  uint64_t end) {
    if (!reach(image, buffer, end)) {
        return;
    }
    for (uint64_t at = begin; at < end; at++) {
        buffer->bytes[at] = (unsigned char)(disk_decide(image, index, at) >> 13);
    }
    buffer->size = end > buffer->size ? end : buffer->size;
}

/* A write of which any unit may be there. */
static void put_torn(struct shim_image *image, struct disk_buffer *buffer, const struct disk_file *file,
                     size_t index, uint64_t unit) {
    const struct disk_record *record = operation(image, index);
    uint64_t begin = record->offset, end = record->offset + record->size;
    for (uint64_t at = begin; at < end;) {
        uint64_t next = (at / unit + 1) * unit, stop = next < end ? next : end;
        uint64_t choice = disk_decide(image, index, at / unit);
        if ((choice & 1) != 0) {
            put(image, buffer, at, disk_data(record) + (at - begin), stop - at);
        } else if (image->loss == SHIM_DISK_GARBAGE && (choice & 6) != 0 &&
                   !ever_synced(image, file, index, at, stop)) {
            spoil(image, buffer, index, at, stop);
        }
        at = stop;
    }
}

/* A file that is longer now: what the new part holds nobody has said. */
static void grow_spoiled(struct shim_image *image, struct disk_buffer *buffer,
                         const struct disk_file *file, size_t index, uint64_t from) {
    for (uint64_t at = from; at < buffer->size;) {
        uint64_t next = (at / 4096 + 1) * 4096, stop = next < buffer->size ? next : buffer->size;
        if ((disk_decide(image, index, at / 4096 + 1) & 1) != 0 &&
            !ever_synced(image, file, index, at, stop)) {
            spoil(image, buffer, index, at, stop);
        }
        at = stop;
    }
}

static void may_happen(struct shim_image *image, struct disk_buffer *buffer,
                       const struct disk_file *file, size_t index) {
    const struct disk_record *record = operation(image, index);
    uint64_t before = buffer->size;
    bool torn = image->loss != SHIM_DISK_KEPT && image->loss != SHIM_DISK_REORDERED;
    if (is_durable(record) || image->loss == SHIM_DISK_KEPT) {
        happen(image, buffer, record);
    } else if (image->loss == SHIM_DISK_DROPPED) {
        return;
    } else if (torn && record->op == DISK_WRITE) {
        put_torn(image, buffer, file, index, image->loss == SHIM_DISK_TORN_512 ? 512 : 4096);
    } else if ((disk_decide(image, index, 0) & 1) != 0) {
        happen(image, buffer, record);
        if (image->loss == SHIM_DISK_GARBAGE && buffer->size > before) {
            grow_spoiled(image, buffer, file, index, before);
        }
    }
}

const struct disk_buffer *disk_content(struct shim_image *image, uint64_t number) {
    const struct disk_file *file = &image->files[number];
    struct disk_buffer *scratch = &image->scratch;
    if (file->pending.count == 0) {
        return &file->durable;
    }
    resize(image, scratch, 0);
    put(image, scratch, 0, file->durable.bytes, file->durable.size);
    for (size_t i = 0; i < file->pending.count; i++) {
        may_happen(image, scratch, file, file->pending.at[i]);
    }
    return scratch;
}
