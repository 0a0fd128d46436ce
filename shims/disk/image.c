/* shims/disk/image.c - along a log, from cut to cut. */
#include "shims/disk/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* splitmix64 */
uint64_t disk_decide(const struct shim_image *image, uint64_t what, uint64_t part) {
    uint64_t x = image->seed + what * 0x9e3779b97f4a7c15u + part * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

bool disk_remember(struct shim_image *image, struct disk_indices *indices, size_t index) {
    if (indices->count == indices->room) {
        size_t room = indices->room * 2 + 16;
        size_t *more = realloc(indices->at, room * sizeof *more);
        if (more == NULL) {
            image->no_memory = true;
            return false;
        }
        indices->at = more;
        indices->room = room;
    }
    indices->at[indices->count++] = index;
    return true;
}

static void forget_all(struct shim_image *image) {
    for (uint64_t i = 0; image->files != NULL && i <= image->disk->files; i++) {
        free(image->files[i].durable.bytes);
        free(image->files[i].pending.at);
    }
    free(image->files);
    free(image->names.at);
    free(image->pending.at);
    image->files = NULL;
    memset(&image->names, 0, sizeof image->names);
    memset(&image->pending, 0, sizeof image->pending);
    image->at = 0;
}

/* The files as they were when the recording began. What a file's version was before is none of its versions now. */
static void start(struct shim_image *image, size_t version) {
    const struct disk_list *list = &image->disk->start;
    forget_all(image);
    image->files = calloc(image->disk->files + 1, sizeof image->files[0]);
    if (image->files == NULL) {
        image->no_memory = true;
        return;
    }
    for (uint64_t i = 0; i <= image->disk->files; i++) {
        image->files[i].version = version;
    }
    for (size_t i = 0; i < list->count; i++) {
        disk_names_start(image, list->records[i]);
        if (list->records[i]->op == DISK_FILE) {
            disk_content_start(image, list->records[i]);
        }
    }
}

/* Operation image->at is before the cut now. */
static void pass(struct shim_image *image) {
    size_t index = image->at++;
    const struct disk_record *record = image->disk->ops.records[index];
    if (disk_is_name_op(record->op)) {
        disk_names_add(image, index);
    } else if (record->op == DISK_SYNC) {
        disk_content_sync(image, &image->files[record->file]);
    } else if (record->op == DISK_SYNC_ALL || record->op == DISK_SYNC_DIR) {
        for (uint64_t i = 0; record->op == DISK_SYNC_ALL && i <= image->disk->files; i++) {
            disk_content_sync(image, &image->files[i]);
        }
        disk_names_sync(image);
    } else {
        disk_content_add(image, index);
    }
}

int disk_image_move(struct shim_image *image, size_t at, enum shim_disk_loss loss, uint64_t seed) {
    at = at < image->disk->ops.count ? at : image->disk->ops.count;
    if (image->files == NULL || at < image->at) {
        start(image, image->files == NULL ? 0 : image->disk->ops.count + image->files[0].version + 1);
    }
    image->loss = loss;
    image->seed = seed;
    while (image->at < at && !image->no_memory) {
        pass(image);
    }
    if (!image->no_memory) {
        disk_names_now(image);
    }
    return image->no_memory ? -1 : 0;
}

struct shim_image *shim_image_new(const struct shim_disk *disk) {
    struct shim_image *image = calloc(1, sizeof *image);
    if (image != NULL) {
        image->disk = disk;
    }
    return image;
}

void shim_image_free(struct shim_image *image) {
    if (image != NULL) {
        forget_all(image);
        free(image->now.at);
        for (size_t i = 0; i < image->text_count; i++) {
            free(image->texts[i]);
        }
        free(image->texts);
        free(image->scratch.bytes);
        free(image->placed);
        free(image);
    }
}

static const struct disk_buffer *content_of(struct shim_image *image, const char *path) {
    for (size_t i = 0; i < image->now.count; i++) {
        if (strcmp(image->now.at[i].path, path) == 0 && image->now.at[i].file != 0) {
            return disk_content(image, image->now.at[i].file);
        }
    }
    return NULL;
}

int disk_check(const struct shim_disk *disk, char *error, size_t error_size) {
    struct shim_image *image = shim_image_new(disk);
    const struct disk_list *sums = &disk->sums;
    const char *wrong = NULL;
    size_t files = 0;
    int result = 0;
    if (sums->count == 0 || disk_path(sums->records[sums->count - 1])[0] != '\0') {
        shim_image_free(image); /* the writer died, or was killed: nobody looked at the files */
        if (disk->uncovered == NULL) {
            return 0;
        }
        snprintf(error, error_size,
                 "the recording has no end, and the engine writes in a way that is not covered (%s): nobody can say whether "
                 "the recorded operations make its files",
                 disk->uncovered);
        return -1;
    }
    if (image == NULL || disk_image_move(image, disk->ops.count, SHIM_DISK_KEPT, 0) != 0) {
        snprintf(error, error_size, "out of memory");
        result = -1;
    }
    for (size_t i = 0; result == 0 && i + 1 < sums->count && wrong == NULL; i++) {
        const struct disk_record *sum = sums->records[i];
        const struct disk_buffer *content = content_of(image, disk_path(sum));
        if (content == NULL || content->size != sum->offset ||
            disk_sum(DISK_SUM_NONE, content->bytes, content->size) != sum->value) {
            wrong = disk_path(sum);
        }
    }
    for (size_t i = 0; result == 0 && i < image->now.count; i++) {
        files += image->now.at[i].file != 0;
    }
    if (result == 0 && (wrong != NULL || files != sums->records[sums->count - 1]->value)) {
        snprintf(error, error_size,
                 "%s is not what the recorded operations make of it: the engine writes in a way that is not "
                 "covered (%s)",
                 wrong != NULL ? wrong : "the set of files",
                 disk->uncovered != NULL ? disk->uncovered : "direct system calls?");
        result = -1;
    }
    shim_image_free(image);
    return result;
}
