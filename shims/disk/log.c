/* shims/disk/log.c - reading a recording. */
#include "shims/disk/image.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t disk_sum(uint64_t sum, const void *bytes, uint64_t size) {
    const unsigned char *at = bytes;
    uint64_t i = 0;
    for (uint64_t word; i + sizeof word <= size; i += sizeof word) {
        memcpy(&word, at + i, sizeof word);
        sum = (sum ^ word) * 0x100000001b3u;
        sum ^= sum >> 29; /* a product alone never brings high bits down */
    }
    for (; i < size; i++) {
        sum = (sum ^ at[i]) * 0x100000001b3u;
    }
    return sum;
}

const char *disk_path(const struct disk_record *record) {
    return (const char *)(record + 1);
}

const char *disk_second_path(const struct disk_record *record) {
    return disk_path(record) + strlen(disk_path(record)) + 1;
}

const unsigned char *disk_data(const struct disk_record *record) {
    return (const unsigned char *)(record + 1) + record->path_size;
}

/* Whole records only: the writer may have died within one. */
static bool whole(const struct disk_record *record, size_t left) {
    size_t size = sizeof *record;
    if (left < size || record->magic != DISK_MAGIC || record->op >= DISK_OP_COUNT) {
        return false;
    }
    size += record->path_size + (size_t)record->size;
    if (left < size || record->path_size > DISK_NAMES) {
        return false;
    }
    const char *names = disk_path(record);
    bool ended = record->path_size == 0 || names[record->path_size - 1] == '\0';
    bool needs = record->op == DISK_RENAME;
    return ended && (!needs || strlen(names) + 1 < record->path_size) &&
           (record->path_size > 0 || record->op == DISK_WRITE || record->op == DISK_RESIZE ||
            record->op == DISK_GROW || record->op == DISK_SYNC || record->op == DISK_SYNC_ALL);
}

static int add(struct shim_disk *disk, const struct disk_record *record) {
    struct disk_list *list = record->op == DISK_FILE || record->op == DISK_FOLDER ? &disk->start
                             : record->op == DISK_SUM                             ? &disk->sums
                                                                                  : &disk->ops;
    if (record->op == DISK_UNCOVERED) {
        if (disk->uncovered == NULL) {
            disk->uncovered = disk_path(record);
        }
        return 0;
    }
    if (record->file > disk->files) {
        disk->files = record->file;
    }
    if (list->count == list->room) {
        size_t room = list->room * 2 + 256;
        const struct disk_record **more = realloc(list->records, room * sizeof *more);
        if (more == NULL) {
            return -1;
        }
        list->records = more;
        list->room = room;
    }
    list->records[list->count++] = record;
    return 0;
}

/* All of a file; heap memory. */
static unsigned char *slurp(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    unsigned char *bytes = NULL;
    long length = -1;
    if (file != NULL && fseek(file, 0, SEEK_END) == 0 && (length = ftell(file)) >= 0) {
        rewind(file);
        bytes = malloc((size_t)length + 1);
        if (bytes != NULL && fread(bytes, 1, (size_t)length, file) != (size_t)length) {
            free(bytes);
            bytes = NULL;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    *size = length > 0 ? (size_t)length : 0;
    return bytes;
}

/* The records are copied to where each is aligned. */
static int parse(struct shim_disk *disk, const unsigned char *bytes, size_t size) {
    disk->bytes = malloc(size + size / sizeof(struct disk_record) * 8 + 64);
    if (disk->bytes == NULL) {
        return -1;
    }
    unsigned char *to = disk->bytes;
    for (size_t at = 0; at < size;) {
        struct disk_record head;
        if (size - at < sizeof head) {
            break;
        }
        memcpy(&head, bytes + at, sizeof head);
        size_t length = sizeof head + head.path_size + (size_t)head.size;
        if (head.magic != DISK_MAGIC || length > size - at) {
            break;
        }
        memcpy(to, bytes + at, length);
        const struct disk_record *record = (const struct disk_record *)(const void *)to;
        if (!whole(record, length) || add(disk, record) != 0) {
            break;
        }
        at += length;
        to += (length + 7) & ~(size_t)7;
    }
    return 0;
}

/* The names under which files came to be, by number. */
static int name_files(struct shim_disk *disk) {
    const struct disk_list *const lists[] = {&disk->start, &disk->ops};
    disk->first_names = calloc(disk->files + 1, sizeof disk->first_names[0]);
    for (int l = 0; disk->first_names != NULL && l < 2; l++) {
        for (size_t i = 0; i < lists[l]->count; i++) {
            const struct disk_record *record = lists[l]->records[i];
            if (record->op == DISK_FILE || record->op == DISK_CREATE) {
                disk->first_names[record->file] = disk_path(record);
            }
        }
    }
    return disk->first_names != NULL ? 0 : -1;
}

int shim_disk_open(const char *path, struct shim_disk **disk, char *error, size_t error_size) {
    size_t size;
    unsigned char *bytes = slurp(path, &size);
    struct shim_disk *made = calloc(1, sizeof *made);
    if (bytes == NULL || made == NULL || parse(made, bytes, size) != 0 ||
        name_files(made) != 0 || disk_names_prepare(made) != 0) {
        snprintf(error, error_size, "%s: cannot be read: %s", path,
                 bytes == NULL ? strerror(errno) : "out of memory");
        free(bytes);
        shim_disk_close(made);
        return -1;
    }
    free(bytes);
    if (disk_check(made, error, error_size) != 0) {
        shim_disk_close(made);
        return -1;
    }
    *disk = made;
    return 0;
}

void shim_disk_close(struct shim_disk *disk) {
    if (disk != NULL) {
        free(disk->start.records);
        free(disk->ops.records);
        free(disk->sums.records);
        free(disk->first_names);
        free(disk->durable);
        free(disk->bytes);
        free(disk);
    }
}

size_t shim_disk_count(const struct shim_disk *disk) {
    return disk->ops.count;
}

uint64_t shim_disk_stamp(const struct shim_disk *disk, size_t operation) {
    if (operation < disk->ops.count) {
        return disk->ops.records[operation]->stamp;
    }
    return disk->ops.count > 0 ? disk->ops.records[disk->ops.count - 1]->stamp + 1 : 1;
}

bool shim_disk_is_sync(const struct shim_disk *disk, size_t operation) {
    if (operation >= disk->ops.count) {
        return false;
    }
    const struct disk_record *record = disk->ops.records[operation];
    return record->op == DISK_SYNC || record->op == DISK_SYNC_DIR || record->op == DISK_SYNC_ALL ||
           (record->op == DISK_WRITE && record->value != 0);
}

const char *shim_disk_kind(const struct shim_disk *disk, size_t operation) {
    const char *name = operation < disk->ops.count
                           ? disk->first_names[disk->ops.records[operation]->file]
                           : NULL;
    const char *slash = name != NULL ? strrchr(name, '/') : NULL;
    const char *dot = name != NULL ? strrchr(slash != NULL ? slash : name, '.') : NULL;
    return dot != NULL ? dot : "";
}

/* The name that `file` has before operation `before`, or had last. */
static const char *name_of(const struct shim_disk *disk, uint64_t file, size_t before) {
    const char *name = "a file";
    for (size_t i = 0; i < disk->start.count; i++) {
        if (disk->start.records[i]->file == file && disk->start.records[i]->op == DISK_FILE) {
            name = disk_path(disk->start.records[i]);
        }
    }
    for (size_t i = 0; i < before && i < disk->ops.count; i++) {
        const struct disk_record *record = disk->ops.records[i];
        if (record->file == file && (record->op == DISK_CREATE || record->op == DISK_LINK)) {
            name = disk_path(record);
        } else if (record->op == DISK_RENAME && strcmp(disk_path(record), name) == 0) {
            name = disk_second_path(record);
        }
    }
    return name;
}

void shim_disk_describe(const struct shim_disk *disk, size_t operation, char *text, size_t size) {
    if (operation >= disk->ops.count) {
        snprintf(text, size, "the end");
        return;
    }
    const struct disk_record *record = disk->ops.records[operation];
    const char *name = record->path_size > 0 ? disk_path(record) : name_of(disk, record->file, operation);
    unsigned long long offset = record->offset;
    name = name[0] == '\0' ? "." : name;
    switch ((enum disk_op)record->op) {
    case DISK_CREATE:
        snprintf(text, size, "creating %s", name);
        break;
    case DISK_WRITE:
        snprintf(text, size, "writing %s at %llu, %lu bytes", name, offset, (unsigned long)record->size);
        break;
    case DISK_RESIZE:
    case DISK_GROW:
        snprintf(text, size, "resizing %s to %llu bytes", name, offset);
        break;
    case DISK_SYNC:
        snprintf(text, size, "syncing %s", name);
        break;
    case DISK_SYNC_DIR:
        snprintf(text, size, "syncing directory %s", name);
        break;
    case DISK_SYNC_ALL:
        snprintf(text, size, "syncing everything");
        break;
    case DISK_RENAME:
        snprintf(text, size, "renaming %s to %s", name, disk_second_path(record));
        break;
    case DISK_LINK:
        snprintf(text, size, "linking %s", name);
        break;
    case DISK_UNLINK:
        snprintf(text, size, "deleting %s", name);
        break;
    case DISK_MKDIR:
        snprintf(text, size, "making directory %s", name);
        break;
    default:
        snprintf(text, size, "operation %zu", operation);
        break;
    }
}

const char *shim_disk_uncovered(const struct shim_disk *disk) {
    return disk->uncovered;
}

const char *shim_disk_loss_name(enum shim_disk_loss loss) {
    static const char *const names[] = {
#define X(id, name) name,
        SHIM_DISK_LOSSES(X)
#undef X
    };
    return names[loss];
}
