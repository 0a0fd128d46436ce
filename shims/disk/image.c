/* shims/disk/image.c - files as a power cut could have left them. */
#include "shims/disk/image.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#ifdef _WIN32
#include <direct.h>
#define mkdir(path, mode) _mkdir(path)
#endif

struct file {
    unsigned char *bytes;
    uint64_t size, room;
    uint64_t synced_size;
    size_t synced; /* operations below this one are durable */
};

struct name {
    const char *path; /* of a record */
    uint64_t file;    /* 0: a directory */
};

struct image {
    const struct shim_disk *disk;
    size_t at;
    enum shim_disk_loss loss;
    uint64_t seed;
    struct file *files; /* [disk->files + 1] */
    struct name *names;
    size_t name_count, name_room;
    bool *durable; /* [at]: of changes of names */
    bool no_memory;
};

/* A number that depends on nothing but the seed and what is decided (splitmix64). */
static uint64_t decide(const struct image *image, uint64_t what, uint64_t part) {
    uint64_t x = image->seed + what * 0x9e3779b97f4a7c15u + part * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* ---- contents ---- */

static bool reach(struct image *image, struct file *file, uint64_t size) {
    if (size > file->room) {
        uint64_t room = size + size / 2 + 4096;
        unsigned char *more = realloc(file->bytes, room);
        if (more == NULL) {
            image->no_memory = true;
            return false;
        }
        memset(more + file->room, 0, room - file->room);
        file->bytes = more;
        file->room = room;
    }
    return true;
}

static void resize(struct image *image, struct file *file, uint64_t size) {
    if (size < file->size) {
        memset(file->bytes + size, 0, file->size - size);
        file->size = size;
    } else if (reach(image, file, size)) {
        file->size = size;
    }
}

static void put(struct image *image, struct file *file, uint64_t offset, const unsigned char *from,
                uint64_t size) {
    if (reach(image, file, offset + size)) {
        memcpy(file->bytes + offset, from, size);
        file->size = offset + size > file->size ? offset + size : file->size;
    }
}

/* A write of which any unit may be there. */
static void put_torn(struct image *image, struct file *file, size_t index,
                     const struct disk_record *record, uint64_t unit) {
    uint64_t begin = record->offset, end = record->offset + record->size;
    for (uint64_t at = begin; at < end;) {
        uint64_t next = (at / unit + 1) * unit, stop = next < end ? next : end;
        const unsigned char *from = disk_data(record) + (at - begin);
        uint64_t choice = decide(image, index, at / unit);
        if ((choice & 1) != 0) {
            put(image, file, at, from, stop - at);
        } else if (image->loss == SHIM_DISK_GARBAGE && at >= file->synced_size &&
                   reach(image, file, stop)) {
            for (uint64_t i = at; i < stop; i++) {
                file->bytes[i] = (unsigned char)(decide(image, index, i) >> 13);
            }
            file->size = stop > file->size ? stop : file->size;
        }
        at = stop;
    }
}

static void content(struct image *image, size_t index, const struct disk_record *record) {
    struct file *file = &image->files[record->file];
    bool durable = index < file->synced || record->value != 0;
    if (record->op == DISK_SYNC) {
        file->synced_size = file->size;
        return;
    }
    if (!durable) {
        if (image->loss == SHIM_DISK_DROPPED) {
            return;
        }
        if (image->loss != SHIM_DISK_KEPT && record->op == DISK_WRITE &&
            image->loss != SHIM_DISK_REORDERED) {
            put_torn(image, file, index, record, image->loss == SHIM_DISK_TORN_512 ? 512 : 4096);
            return;
        }
        if (image->loss != SHIM_DISK_KEPT && (decide(image, index, 0) & 1) == 0) {
            return;
        }
    }
    if (record->op == DISK_WRITE) {
        put(image, file, record->offset, disk_data(record), record->size);
    } else if (record->op == DISK_RESIZE || record->offset > file->size) {
        resize(image, file, record->offset);
    }
}

/* ---- names ---- */

static struct name *find(struct image *image, const char *path) {
    for (size_t i = 0; i < image->name_count; i++) {
        if (strcmp(image->names[i].path, path) == 0) {
            return &image->names[i];
        }
    }
    return NULL;
}

static void forget(struct image *image, const char *path) {
    struct name *name = find(image, path);
    if (name != NULL) {
        *name = image->names[--image->name_count];
    }
}

static size_t folder_length(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? (size_t)(slash - path) : 0;
}

/* Whether the directory of `path` is there: what was to happen in one that was lost, is lost, too. */
static bool has_folder(struct image *image, const char *path) {
    size_t length = folder_length(path);
    for (size_t i = 0; length > 0 && i < image->name_count; i++) {
        const struct name *name = &image->names[i];
        if (name->file == 0 && strlen(name->path) == length && memcmp(name->path, path, length) == 0) {
            return true;
        }
    }
    return length == 0;
}

static void give(struct image *image, const char *path, uint64_t file) {
    if (!has_folder(image, path)) {
        return;
    }
    forget(image, path);
    if (image->name_count == image->name_room) {
        size_t room = image->name_room * 2 + 64;
        struct name *more = realloc(image->names, room * sizeof *more);
        if (more == NULL) {
            image->no_memory = true;
            return;
        }
        image->names = more;
        image->name_room = room;
    }
    image->names[image->name_count++] = (struct name){path, file};
}

/* A directory takes along what is in it; none of our engines' directories is deep. */
static void rename_one(struct image *image, const struct disk_record *record) {
    const char *from = disk_path(record), *to = disk_second_path(record);
    struct name *name = find(image, from);
    if (name == NULL || !has_folder(image, to)) {
        return;
    }
    uint64_t file = name->file;
    forget(image, from);
    give(image, to, file);
}

static void change_name(struct image *image, const struct disk_record *record) {
    switch ((enum disk_op)record->op) {
    case DISK_CREATE:
    case DISK_LINK:
        give(image, disk_path(record), record->file);
        break;
    case DISK_MKDIR:
        give(image, disk_path(record), 0);
        break;
    case DISK_UNLINK:
        forget(image, disk_path(record));
        break;
    case DISK_RENAME:
        rename_one(image, record);
        break;
    default:
        break;
    }
}

static bool is_name_op(uint32_t op) {
    return op == DISK_CREATE || op == DISK_LINK || op == DISK_MKDIR || op == DISK_UNLINK ||
           op == DISK_RENAME;
}

static bool same_folder(const char *path, const char *other) {
    size_t length = folder_length(path);
    return length == folder_length(other) && memcmp(path, other, length) == 0;
}

static bool syncs(const struct disk_record *record, const char *path) {
    size_t length = folder_length(path);
    return record->op == DISK_SYNC_ALL ||
           (record->op == DISK_SYNC_DIR && strlen(disk_path(record)) == length &&
            memcmp(disk_path(record), path, length) == 0);
}

/* Whether the change of names `index` was made durable before the cut. */
static bool name_synced(const struct image *image, size_t index) {
    const struct disk_record *record = image->disk->ops.records[index];
    for (size_t i = index + 1; i < image->at; i++) {
        const struct disk_record *later = image->disk->ops.records[i];
        if (syncs(later, disk_path(record)) ||
            (record->op == DISK_RENAME && syncs(later, disk_second_path(record)))) {
            return true;
        }
    }
    return false;
}

/* Of the changes in one directory that were not synced, the first so many happened. */
static bool name_happened(const struct image *image, size_t index) {
    const struct disk_record *record = image->disk->ops.records[index];
    if (image->loss == SHIM_DISK_KEPT || image->durable[index]) {
        return true;
    }
    if (image->loss == SHIM_DISK_DROPPED) {
        return false;
    }
    size_t all = 0, before = 0;
    for (size_t i = 0; i < image->at; i++) {
        const struct disk_record *other = image->disk->ops.records[i];
        if (is_name_op(other->op) && same_folder(disk_path(other), disk_path(record)) &&
            !image->durable[i]) {
            before += i < index;
            all++;
        }
    }
    uint64_t folder = disk_sum(DISK_SUM_NONE, disk_path(record), folder_length(disk_path(record)));
    return before < decide(image, folder, all) % (all + 1);
}

/* ---- all together ---- */

static void image_free(struct image *image) {
    for (uint64_t i = 0; image->files != NULL && i <= image->disk->files; i++) {
        free(image->files[i].bytes);
    }
    free(image->files);
    free(image->names);
    free(image->durable);
}

static int image_make(struct image *image) {
    const struct disk_list *start = &image->disk->start, *ops = &image->disk->ops;
    image->files = calloc(image->disk->files + 1, sizeof image->files[0]);
    image->durable = calloc(image->at + 1, sizeof image->durable[0]);
    if (image->files == NULL || image->durable == NULL) {
        return -1;
    }
    for (size_t i = 0; i < image->at; i++) {
        const struct disk_record *record = ops->records[i];
        image->durable[i] = is_name_op(record->op) && name_synced(image, i);
        if (record->op == DISK_SYNC) {
            image->files[record->file].synced = i;
        } else if (record->op == DISK_SYNC_ALL) {
            for (uint64_t f = 0; f <= image->disk->files; f++) {
                image->files[f].synced = i;
            }
        }
    }
    for (size_t i = 0; i < start->count; i++) {
        const struct disk_record *record = start->records[i];
        give(image, disk_path(record), record->op == DISK_FILE ? record->file : 0);
        if (record->op == DISK_FILE) {
            put(image, &image->files[record->file], 0, disk_data(record), record->size);
            image->files[record->file].synced_size = record->size;
        }
    }
    for (size_t i = 0; i < image->at && !image->no_memory; i++) {
        const struct disk_record *record = ops->records[i];
        if (is_name_op(record->op)) {
            if (name_happened(image, i)) {
                change_name(image, record);
            }
        } else if (record->op == DISK_SYNC_ALL) {
            for (uint64_t f = 0; f <= image->disk->files; f++) {
                image->files[f].synced_size = image->files[f].size;
            }
        } else if (record->op != DISK_SYNC_DIR) {
            content(image, i, record);
        }
    }
    return image->no_memory ? -1 : 0;
}

int disk_check(const struct shim_disk *disk, char *error, size_t error_size) {
    struct image image = {.disk = disk, .at = disk->ops.count, .loss = SHIM_DISK_KEPT};
    const struct disk_list *sums = &disk->sums;
    const char *wrong = NULL;
    size_t files = 0;
    if (sums->count == 0 || disk_path(sums->records[sums->count - 1])[0] != '\0') {
        return 0; /* the writer died, or was killed: nobody looked at the files */
    }
    int result = image_make(&image);
    if (result != 0) {
        snprintf(error, error_size, "out of memory");
    }
    for (size_t i = 0; result == 0 && i + 1 < sums->count && wrong == NULL; i++) {
        const struct name *name = find(&image, disk_path(sums->records[i]));
        const struct file *file = name != NULL ? &image.files[name->file] : NULL;
        if (file == NULL || name->file == 0 || file->size != sums->records[i]->offset ||
            disk_sum(DISK_SUM_NONE, file->bytes, file->size) != sums->records[i]->value) {
            wrong = disk_path(sums->records[i]);
        }
    }
    for (size_t i = 0; result == 0 && i < image.name_count; i++) {
        files += image.names[i].file != 0;
    }
    if (result == 0 && (wrong != NULL || files != sums->records[sums->count - 1]->value)) {
        snprintf(error, error_size,
                 "%s is not what the recorded operations make of it: the engine writes in a way that is not "
                 "covered (%s)",
                 wrong != NULL ? wrong : "the set of files",
                 disk->uncovered != NULL ? disk->uncovered : "direct system calls?");
        result = -1;
    }
    image_free(&image);
    return result;
}

static int by_path(const void *a, const void *b) {
    return strcmp(((const struct name *)a)->path, ((const struct name *)b)->path);
}

static int save(const struct image *image, const struct name *name, const char *directory) {
    char path[DISK_NAMES];
    int length = snprintf(path, sizeof path, "%s/%s", directory, name->path);
    if (length < 0 || (size_t)length >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (name->file == 0) {
        return mkdir(path, 0777);
    }
    const struct file *content_of = &image->files[name->file];
    FILE *file = fopen(path, "wb");
    bool empty = content_of->size == 0;
    int result = file == NULL || (!empty && fwrite(content_of->bytes, 1, content_of->size, file) !=
                                                content_of->size)
                     ? -1
                     : 0;
    return file != NULL && fclose(file) != 0 ? -1 : result;
}

int shim_disk_rebuild(const struct shim_disk *disk, size_t at, enum shim_disk_loss loss,
                      uint64_t seed, const char *directory, char *error, size_t error_size) {
    struct image image = {.disk = disk, .at = at < disk->ops.count ? at : disk->ops.count, .loss = loss,
                          .seed = seed};
    int result = image_make(&image);
    if (result != 0) {
        snprintf(error, error_size, "out of memory");
    } else if (image.name_count > 0) {
        qsort(image.names, image.name_count, sizeof image.names[0], by_path);
    }
    for (size_t i = 0; result == 0 && i < image.name_count; i++) {
        result = save(&image, &image.names[i], directory);
        if (result != 0) {
            snprintf(error, error_size, "%s: %s cannot be written: %s", directory, image.names[i].path,
                     strerror(errno));
        }
    }
    image_free(&image);
    return result;
}
