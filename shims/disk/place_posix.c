/* shims/disk/place_posix.c - the files of a state into a directory that may hold those of another.
 *
 * A file that was placed gets a time of change far back. Whoever writes to it sets another one, so that a file with
 * that time, of the size it had, is as it was placed, and stays if the next state wants the same. (Writes through a
 * mapping may leave the time alone; an engine that was seen mapping its files gets all files anew.)
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shims/disk/image.h"

#define PLACED_SECONDS 946684800 /* 2000-01-01; each image has a second of its own */

struct disk_placed {
    const char *path; /* of a record */
    uint64_t file;
    size_t version;   /* of the file without anything pending; SIZE_MAX: with something */
};

struct place {
    struct shim_image *image;
    char path[DISK_NAMES]; /* the directory, then what is being looked at below it */
    size_t root;           /* length of the directory's own name, with the slash */
    char *error;
    size_t error_size;
};

static int fail(struct place *place, const char *what) {
    snprintf(place->error, place->error_size, "%s: cannot be %s: %s", place->path, what, strerror(errno));
    return -1;
}

/* `name` below what stands up to `length`; the new length, or 0. */
static size_t below(struct place *place, size_t length, const char *name) {
    int size = snprintf(place->path + length, sizeof place->path - length, "%s", name);
    if (size < 0 || (size_t)size >= sizeof place->path - length) {
        errno = ENAMETOOLONG;
        fail(place, "named");
        return 0;
    }
    return length + (size_t)size;
}

static int by_path(const void *key, const void *name) {
    return strcmp(key, ((const struct disk_name *)name)->path);
}

static const struct disk_name *wanted(const struct place *place) {
    const struct disk_names *now = &place->image->now;
    return now->count == 0 ? NULL
                           : bsearch(place->path + place->root, now->at, now->count, sizeof now->at[0], by_path);
}

/* ---- what is not to be there ---- */

static int clear(struct place *place, size_t length, bool all);

static int clear_one(struct place *place, size_t length, bool all) {
    const struct disk_name *name = all ? NULL : wanted(place);
    struct stat status;
    if (lstat(place->path, &status) != 0) {
        return fail(place, "looked at");
    }
    bool folder = S_ISDIR(status.st_mode), keep = name != NULL && (name->file == 0) == folder;
    if (folder && clear(place, length, !keep) != 0) {
        return -1;
    }
    place->path[length] = '\0';
    if (keep) {
        return 0;
    }
    return (folder ? rmdir(place->path) : unlink(place->path)) == 0 ? 0 : fail(place, "removed");
}

/* Removes what is in the directory and not wanted (all: anything). */
static int clear(struct place *place, size_t length, bool all) {
    DIR *directory = opendir(place->path);
    struct dirent *entry;
    int result = directory != NULL ? 0 : fail(place, "read");
    while (result == 0 && (entry = readdir(directory)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            if (place->path[length - 1] != '/') {
                place->path[length++] = '/';
            }
            size_t end = below(place, length, entry->d_name);
            result = end != 0 ? clear_one(place, end, all) : -1;
        }
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return result;
}

/* ---- what is ---- */

static struct disk_placed *placed_as(struct shim_image *image, const char *path) {
    for (size_t i = 0; i < image->placed_count; i++) {
        if (strcmp(image->placed[i].path, path) == 0) {
            return &image->placed[i];
        }
    }
    if (image->placed_count == image->placed_room) {
        size_t room = image->placed_room * 2 + 64;
        struct disk_placed *more = realloc(image->placed, room * sizeof *more);
        if (more == NULL) {
            image->no_memory = true;
            return NULL;
        }
        image->placed = more;
        image->placed_room = room;
    }
    image->placed[image->placed_count] = (struct disk_placed){path, 0, SIZE_MAX};
    return &image->placed[image->placed_count++];
}

static int write_all(int file, const unsigned char *bytes, uint64_t size) {
    uint64_t done = 0;
    while (done < size) {
        ssize_t now = pwrite(file, bytes + done, size - done, (off_t)done);
        if (now < 0 && errno == EINTR) {
            continue;
        }
        if (now <= 0) {
            return -1;
        }
        done += (uint64_t)now;
    }
    return ftruncate(file, (off_t)size);
}

static int put(struct place *place, const struct disk_buffer *content) {
    const struct timespec then = {.tv_sec = place->image->mark}, long_ago[2] = {then, then};
    int file = open(place->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) {
        return fail(place, "made");
    }
    int failed = write_all(file, content->bytes, content->size) != 0 || futimens(file, long_ago) != 0;
    if (failed) {
        fail(place, "written");
    }
    return close(file) != 0 || failed ? -1 : 0;
}

/* Whether what lies there is what was placed there. */
static bool untouched(const struct place *place, uint64_t size) {
    struct stat status;
    return place->image->disk->uncovered == NULL && stat(place->path, &status) == 0 &&
           (uint64_t)status.st_size == size && status.st_mtim.tv_sec == place->image->mark &&
           status.st_mtim.tv_nsec == 0;
}

static int make_one(struct place *place, const struct disk_name *name) {
    struct shim_image *image = place->image;
    if (below(place, place->root, name->path) == 0) {
        return -1;
    }
    if (name->file == 0) {
        return mkdir(place->path, 0777) == 0 || errno == EEXIST ? 0 : fail(place, "made");
    }
    const struct disk_file *file = &image->files[name->file];
    size_t version = file->pending.count == 0 ? file->version : SIZE_MAX;
    struct disk_placed *placed = placed_as(image, name->path);
    if (placed == NULL) {
        return 0;
    }
    if (version != SIZE_MAX && placed->file == name->file && placed->version == version &&
        untouched(place, file->durable.size)) {
        return 0;
    }
    placed->version = SIZE_MAX; /* half written, should it fail */
    const struct disk_buffer *content = disk_content(image, name->file);
    if (image->no_memory || put(place, content) != 0) {
        return -1;
    }
    *placed = (struct disk_placed){name->path, name->file, version};
    return 0;
}

int shim_image_make(struct shim_image *image, size_t at, enum shim_disk_loss loss, uint64_t seed,
                    const char *directory, char *error, size_t error_size) {
    static atomic_int images;
    if (image->mark == 0) {
        image->mark = PLACED_SECONDS + atomic_fetch_add(&images, 1);
    }
    struct place place = {.image = image, .error = error, .error_size = error_size};
    error[0] = '\0';
    int result = disk_image_move(image, at, loss, seed);
    if (result == 0) {
        size_t length = below(&place, 0, directory);
        place.root = length != 0 ? below(&place, length, "/") : 0;
        result = place.root != 0 ? clear(&place, place.root, false) : -1;
    }
    for (size_t i = 0; result == 0 && i < image->now.count; i++) {
        result = make_one(&place, &image->now.at[i]);
    }
    if (image->no_memory) {
        snprintf(error, error_size, "out of memory");
        result = -1;
    }
    return result;
}
