/* shims/disk/names.c - which files there are after a power cut, and what they are called. */
#include "shims/disk/image.h"

#include <stdlib.h>
#include <string.h>

/* ---- names as they are ---- */

static struct disk_name *find(const struct disk_names *names, const char *path) {
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->at[i].path, path) == 0) {
            return &names->at[i];
        }
    }
    return NULL;
}

static bool lies_below(const char *path, const char *folder, size_t length) {
    return strncmp(path, folder, length) == 0 && path[length] == '/';
}

static void forget_below(struct disk_names *names, const char *folder) {
    size_t length = strlen(folder);
    for (size_t i = names->count; i-- > 0;) {
        if (lies_below(names->at[i].path, folder, length)) {
            names->at[i] = names->at[--names->count];
        }
    }
}

/* What is still in a directory that goes (its own changes were not synced), goes with it. */
static void forget(struct disk_names *names, const char *path) {
    struct disk_name *name = find(names, path);
    if (name != NULL) {
        bool folder = name->file == 0;
        *name = names->at[--names->count];
        if (folder) {
            forget_below(names, path);
        }
    }
}

static size_t folder_length(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? (size_t)(slash - path) : 0;
}

/* Whether the directory of `path` is there: what was to happen in one that was lost, is lost, too. */
static bool has_folder(const struct disk_names *names, const char *path) {
    size_t length = folder_length(path);
    for (size_t i = 0; length > 0 && i < names->count; i++) {
        const struct disk_name *name = &names->at[i];
        if (name->file == 0 && strlen(name->path) == length && memcmp(name->path, path, length) == 0) {
            return true;
        }
    }
    return length == 0;
}

static bool make_room(struct shim_image *image, struct disk_names *names, size_t count) {
    if (count > names->room) {
        size_t room = count * 2 + 64;
        struct disk_name *more = realloc(names->at, room * sizeof *more);
        if (more == NULL) {
            image->no_memory = true;
            return false;
        }
        names->at = more;
        names->room = room;
    }
    return true;
}

static void give(struct shim_image *image, struct disk_names *names, const char *path, uint64_t file) {
    if (has_folder(names, path)) {
        forget(names, path);
        if (make_room(image, names, names->count + 1)) {
            names->at[names->count++] = (struct disk_name){path, file};
        }
    }
}

/* The name `to` with what follows `from` in `path`. Each text is kept once, for as long as the image; NULL without memory. */
static const char *moved(struct shim_image *image, const char *path, size_t from, const char *to) {
    size_t length = strlen(to);
    for (size_t i = 0; i < image->text_count; i++) {
        if (strncmp(image->texts[i], to, length) == 0 && strcmp(image->texts[i] + length, path + from) == 0) {
            return image->texts[i];
        }
    }
    char *text = malloc(length + strlen(path + from) + 1);
    char **more = text != NULL ? realloc(image->texts, (image->text_count + 1) * sizeof *more) : NULL;
    if (more == NULL) {
        free(text);
        image->no_memory = true;
        return NULL;
    }
    memcpy(text, to, length);
    strcpy(text + length, path + from);
    image->texts = more;
    return image->texts[image->text_count++] = text;
}

/* A directory takes along what is in it. */
static void move_content(struct shim_image *image, struct disk_names *names, const char *from, const char *to) {
    size_t length = strlen(from);
    for (size_t i = 0; i < names->count; i++) {
        struct disk_name *name = &names->at[i];
        if (lies_below(name->path, from, length)) {
            const char *path = moved(image, name->path, length, to);
            name->path = path != NULL ? path : name->path;
        }
    }
}

static bool same_folder(const char *path, const char *other) {
    size_t length = folder_length(path);
    return length == folder_length(other) && memcmp(path, other, length) == 0;
}

/* From one directory to another: two changes, of which the one may be there without the other. */
static bool moves(const struct disk_record *record) {
    return record->op == DISK_RENAME && !same_folder(disk_path(record), disk_second_path(record));
}

static void rename_one(struct shim_image *image, struct disk_names *names,
                       const struct disk_record *record) {
    const char *from = disk_path(record), *to = disk_second_path(record);
    const struct disk_name *name = find(names, from);
    if (name != NULL && has_folder(names, to)) {
        uint64_t file = name->file;
        forget(names, to);
        if (file == 0) {
            move_content(image, names, from, to);
        }
        forget(names, from);
        give(image, names, to, file);
    }
}

/* Of a file that moves, `left`: its old name is gone; `came`: the new one is there. With neither it is where it was, with one
 * of both it has two names or none. A directory moves or does not. */
static void move_one(struct shim_image *image, struct disk_names *names, const struct disk_record *record, bool left,
                     bool came) {
    const struct disk_name *name = find(names, disk_path(record));
    uint64_t file = record->file != 0 ? record->file : name != NULL ? name->file : 0;
    if (file == 0) {
        if (left && came) {
            rename_one(image, names, record);
        }
        return;
    }
    if (left) {
        forget(names, disk_path(record));
    }
    if (came) {
        give(image, names, disk_second_path(record), file);
    }
}

/* here, there: what of a change is so; it is one change but for what moves. */
static void happen(struct shim_image *image, struct disk_names *names, const struct disk_record *record, bool here,
                   bool there) {
    if (moves(record)) {
        move_one(image, names, record, here, there);
        return;
    }
    switch (here ? (enum disk_op)record->op : DISK_OP_COUNT) {
    case DISK_CREATE:
    case DISK_LINK:
        give(image, names, disk_path(record), record->file);
        break;
    case DISK_MKDIR:
        give(image, names, disk_path(record), 0);
        break;
    case DISK_UNLINK:
        forget(names, disk_path(record));
        break;
    case DISK_RENAME:
        rename_one(image, names, record);
        break;
    default:
        break;
    }
}

bool disk_is_name_op(uint32_t op) {
    return op == DISK_CREATE || op == DISK_LINK || op == DISK_MKDIR || op == DISK_UNLINK ||
           op == DISK_RENAME;
}

/* ---- which changes are durable ---- */

/* A directory, by the name that it has at the operation that is being looked at, and the next sync of it. */
struct folder {
    const char *path;
    size_t length, synced;
    char *own; /* of `path`, if no record has it */
};

struct folders {
    struct folder *at;
    size_t count, all; /* all: the next sync of everything */
};

static struct folder *folder_of(struct folders *folders, const char *path, size_t length) {
    for (size_t i = 0; i < folders->count; i++) {
        if (folders->at[i].length == length && memcmp(folders->at[i].path, path, length) == 0) {
            return &folders->at[i];
        }
    }
    struct folder *more = realloc(folders->at, (folders->count + 1) * sizeof *more);
    if (more == NULL) {
        return NULL;
    }
    folders->at = more;
    more[folders->count] = (struct folder){path, length, SIZE_MAX, NULL};
    return &more[folders->count++];
}

/* Before a directory was renamed it, and what is in it, had other names. 0, or -1 without memory. */
static int rename_back(struct folders *folders, const struct disk_record *record) {
    const char *from = disk_path(record), *to = disk_second_path(record);
    size_t from_length = strlen(from), to_length = strlen(to);
    for (size_t i = 0; i < folders->count; i++) {
        struct folder *folder = &folders->at[i];
        if (folder->length < to_length || memcmp(folder->path, to, to_length) != 0 ||
            (folder->length > to_length && folder->path[to_length] != '/')) {
            continue;
        }
        size_t length = from_length + folder->length - to_length;
        char *name = malloc(length + 1);
        if (name == NULL) {
            return -1;
        }
        memcpy(name, from, from_length);
        memcpy(name + from_length, folder->path + to_length, folder->length - to_length);
        free(folder->own);
        folder->path = folder->own = name;
        folder->length = length;
    }
    return 0;
}

static size_t next_sync(struct folders *folders, const char *path, bool *failed) {
    const struct folder *folder = folder_of(folders, path, folder_length(path));
    *failed = *failed || folder == NULL;
    return folder != NULL && folder->synced < folders->all ? folder->synced : folders->all;
}

int disk_names_prepare(struct shim_disk *disk) {
    struct folders folders = {.all = SIZE_MAX};
    bool failed = false;
    disk->durable = malloc((disk->ops.count + 1) * sizeof disk->durable[0]);
    if (disk->durable == NULL) {
        return -1;
    }
    for (size_t i = disk->ops.count; i-- > 0 && !failed;) {
        const struct disk_record *record = disk->ops.records[i];
        disk->durable[i] = (struct disk_durable){SIZE_MAX, SIZE_MAX};
        if (record->op == DISK_SYNC_ALL) {
            folders.all = i;
        } else if (record->op == DISK_SYNC_DIR) {
            struct folder *folder = folder_of(&folders, disk_path(record), strlen(disk_path(record)));
            failed = folder == NULL;
            if (folder != NULL) {
                folder->synced = i;
            }
        } else if (disk_is_name_op(record->op)) {
            size_t here = next_sync(&folders, disk_path(record), &failed);
            disk->durable[i] = (struct disk_durable){here, here};
            if (record->op == DISK_RENAME) {
                disk->durable[i].there = next_sync(&folders, disk_second_path(record), &failed);
                failed = failed || rename_back(&folders, record) != 0;
            }
        }
    }
    for (size_t i = 0; i < folders.count; i++) {
        free(folders.at[i].own);
    }
    free(folders.at);
    return failed ? -1 : 0;
}

/* ---- a state ---- */

void disk_names_start(struct shim_image *image, const struct disk_record *record) {
    give(image, &image->names, disk_path(record), record->op == DISK_FILE ? record->file : 0);
}

void disk_names_add(struct shim_image *image, size_t index) {
    disk_remember(image, &image->pending, index);
}

void disk_names_sync(struct shim_image *image) {
    struct disk_indices *pending = &image->pending;
    size_t count = 0;
    while (count < pending->count && image->disk->durable[pending->at[count]].here < image->at &&
           image->disk->durable[pending->at[count]].there < image->at) {
        happen(image, &image->names, image->disk->ops.records[pending->at[count++]], true, true);
    }
    pending->count -= count;
    if (count > 0 && pending->count > 0) {
        memmove(pending->at, pending->at + count, pending->count * sizeof pending->at[0]);
    }
}

/* Of the changes in one directory that were not synced, the first so many happened. path: a name in it, that operation
 * `index` changes; durable: the sync after which that is so. */
static bool happened(const struct shim_image *image, size_t index, const char *path, size_t durable) {
    size_t all = 0, before = 0;
    if (image->loss == SHIM_DISK_KEPT || durable < image->at) {
        return true;
    }
    if (image->loss == SHIM_DISK_DROPPED) {
        return false;
    }
    for (size_t i = 0; i < image->pending.count; i++) {
        size_t other = image->pending.at[i];
        const struct disk_record *record = image->disk->ops.records[other];
        const struct disk_durable *syncs = &image->disk->durable[other];
        if ((syncs->here >= image->at && same_folder(disk_path(record), path)) ||
            (syncs->there >= image->at && moves(record) && same_folder(disk_second_path(record), path))) {
            before += other < index;
            all++;
        }
    }
    uint64_t folder = disk_sum(DISK_SUM_NONE, path, folder_length(path));
    return before < disk_decide(image, folder, all) % (all + 1);
}

static int by_path(const void *a, const void *b) {
    return strcmp(((const struct disk_name *)a)->path, ((const struct disk_name *)b)->path);
}

void disk_names_now(struct shim_image *image) {
    struct disk_names *now = &image->now;
    now->count = 0;
    if (!make_room(image, now, image->names.count)) {
        return;
    }
    now->count = image->names.count;
    if (now->count > 0) {
        memcpy(now->at, image->names.at, now->count * sizeof now->at[0]);
    }
    for (size_t i = 0; i < image->pending.count; i++) {
        size_t index = image->pending.at[i];
        const struct disk_record *record = image->disk->ops.records[index];
        const struct disk_durable *syncs = &image->disk->durable[index];
        bool here = happened(image, index, disk_path(record), syncs->here);
        bool there = moves(record) ? happened(image, index, disk_second_path(record), syncs->there) : here;
        happen(image, now, record, here, there);
    }
    if (now->count > 0) {
        qsort(now->at, now->count, sizeof now->at[0], by_path);
    }
}
