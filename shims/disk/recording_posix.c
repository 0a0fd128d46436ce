/* shims/disk/recording_posix.c - the log of a recording as it is written, with the numbers and names of files. */
#include "shims/disk/record_posix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_DATA (1u << 30) /* of one record */

struct disk_recording disk_recording = {.lock = PTHREAD_MUTEX_INITIALIZER, .log = -1};

/* ---- the log ---- */

static bool put(const void *bytes, size_t size) {
    const char *at = bytes;
    while (size > 0) {
        ssize_t done = write(disk_recording.log, at, size);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return false;
        }
        at += done;
        size -= (size_t)done;
    }
    return true;
}

/* One record; `to` is a second name or NULL. */
void disk_note(enum disk_op op, uint64_t stamp, uint64_t file, uint64_t offset, uint64_t value,
                 const char *path, const char *to, const void *data, size_t size) {
    if (disk_recording.failed) {
        return; /* up to the first record that is missing the log is good: none may follow */
    }
    size_t path_size = path != NULL ? strlen(path) + 1 : 0, to_size = to != NULL ? strlen(to) + 1 : 0;
    struct disk_record record = {.magic = DISK_MAGIC,
                                 .op = (uint32_t)op,
                                 .stamp = stamp,
                                 .file = file,
                                 .offset = offset,
                                 .value = value,
                                 .path_size = (uint32_t)(path_size + to_size),
                                 .size = (uint32_t)size};
    if (size > MOST_DATA || !put(&record, sizeof record) || !put(path, path_size) ||
        !put(to, to_size) || !put(data, size)) {
        disk_recording.failed = true;
    }
}

/* True if it was not known. */
bool disk_learn_folder(const char *name) {
    for (size_t i = 0; i < disk_recording.folder_count; i++) {
        if (strcmp(disk_recording.folders[i], name) == 0) {
            return false;
        }
    }
    if (disk_recording.folder_count == disk_recording.folder_room) {
        size_t room = disk_recording.folder_room * 2 + 16;
        char **more = realloc(disk_recording.folders, room * sizeof *more);
        if (more == NULL) {
            disk_recording.failed = true;
            return true;
        }
        disk_recording.folders = more;
        disk_recording.folder_room = room;
    }
    disk_recording.folders[disk_recording.folder_count] = strdup(name);
    disk_recording.failed = disk_recording.failed || disk_recording.folders[disk_recording.folder_count] == NULL;
    disk_recording.folder_count += disk_recording.folders[disk_recording.folder_count] != NULL;
    return true;
}

void disk_move_folders(const char *from, const char *to) {
    size_t length = strlen(from), count = disk_recording.folder_count;
    char moved[DISK_PATHS * 2];
    for (size_t i = 0; i < count; i++) {
        const char *name = disk_recording.folders[i];
        if (strncmp(name, from, length) == 0 && (name[length] == '/' || name[length] == '\0')) {
            snprintf(moved, sizeof moved, "%s%s", to, name + length);
            disk_learn_folder(moved);
        }
    }
}

/* The directories above `name` that nobody saw come to be: the harness made them for the engine. */
void disk_parents(const char *name) {
    char folder[DISK_PATHS];
    for (const char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - name), name);
        if (disk_learn_folder(folder)) {
            disk_note(DISK_FOLDER, 0, 0, 0, 0, folder, NULL, NULL, 0);
        }
    }
}

void disk_uncovered(const char *what) {
    disk_note(DISK_UNCOVERED, 0, 0, 0, 0, what, NULL, NULL, 0);
}

/* ---- names and files ---- */

/* `path`, seen from the directory open as `at`, as a name below the root ("" is the root itself). False:
 * not below it. Symbolic links are not followed. */
bool disk_below_root(int at, const char *path, char *name) {
    char full[DISK_PATHS * 2], link[64];
    size_t used = 0;
    if (path[0] != '/') {
        ssize_t size;
        if (at == AT_FDCWD) {
            if (getcwd(full, DISK_PATHS) == NULL) {
                return false;
            }
        } else {
            snprintf(link, sizeof link, "/proc/self/fd/%d", at);
            if ((size = readlink(link, full, DISK_PATHS - 1)) <= 0) {
                return false;
            }
            full[size] = '\0';
        }
        used = strlen(full);
    }
    for (const char *part = path; *part != '\0' && used < DISK_PATHS - 1;) {
        size_t size = strcspn(part, "/");
        if (size == 2 && part[0] == '.' && part[1] == '.') {
            while (used > 0 && full[--used] != '/') {
            }
        } else if (size > 0 && !(size == 1 && part[0] == '.')) {
            if (used + 1 + size >= sizeof full) {
                return false;
            }
            full[used++] = '/';
            memcpy(full + used, part, size);
            used += size;
        }
        part += size + (part[size] == '/');
    }
    full[used] = '\0';
    if (strncmp(full, disk_recording.root, disk_recording.root_size) != 0 ||
        (full[disk_recording.root_size] != '/' && full[disk_recording.root_size] != '\0')) {
        return false;
    }
    const char *rest = full + disk_recording.root_size;
    snprintf(name, DISK_PATHS, "%.4090s", rest[0] == '/' ? rest + 1 : rest);
    return true;
}

uint64_t disk_find(const struct stat *status) {
    for (size_t i = disk_recording.count; i > 0; i--) {
        const struct disk_known *known = &disk_recording.known[i - 1];
        if (known->inode == status->st_ino && known->device == status->st_dev) {
            return known->file;
        }
    }
    return 0;
}

/* Where a file is among those of the harness; other_count if it is none of them. */
static size_t other(const struct stat *status) {
    size_t i = 0;
    while (i < disk_recording.other_count && (disk_recording.others[i].inode != status->st_ino ||
                                              disk_recording.others[i].device != status->st_dev)) {
        i++;
    }
    return i;
}

void shim_disk_leave_out(const char *path) {
    struct stat status;
    pthread_mutex_lock(&disk_recording.lock);
    if (disk_recording.on && stat(path, &status) == 0 && disk_find(&status) == 0 &&
        other(&status) == disk_recording.other_count) {
        if (disk_recording.other_count == disk_recording.other_room) {
            size_t room = disk_recording.other_room * 2 + 16;
            struct disk_known *more = realloc(disk_recording.others, room * sizeof *more);
            disk_recording.failed = disk_recording.failed || more == NULL;
            disk_recording.others = more != NULL ? more : disk_recording.others;
            disk_recording.other_room = more != NULL ? room : disk_recording.other_room;
        }
        if (disk_recording.other_count < disk_recording.other_room) {
            disk_recording.others[disk_recording.other_count++] =
                (struct disk_known){status.st_dev, status.st_ino, 0};
        }
    }
    pthread_mutex_unlock(&disk_recording.lock);
}

/* A number for a file; one that the same inode had before is over. 0 without memory. */
uint64_t disk_learn(const struct stat *status) {
    struct disk_known made = {status->st_dev, status->st_ino, disk_recording.files + 1};
    size_t was = other(status); /* the inode of a file that is gone */
    if (was < disk_recording.other_count) {
        disk_recording.others[was] = disk_recording.others[--disk_recording.other_count];
    }
    for (size_t i = 0; i < disk_recording.count; i++) {
        if (disk_recording.known[i].inode == made.inode && disk_recording.known[i].device == made.device) {
            disk_recording.files++;
            disk_recording.known[i] = made;
            return made.file;
        }
    }
    if (disk_recording.count == disk_recording.room) {
        size_t room = disk_recording.room * 2 + 64;
        struct disk_known *more = realloc(disk_recording.known, room * sizeof *more);
        if (more == NULL) {
            disk_recording.failed = true;
            return 0;
        }
        disk_recording.known = more;
        disk_recording.room = room;
    }
    disk_recording.files++;
    disk_recording.known[disk_recording.count++] = made;
    return made.file;
}

static void *content(const char *path, uint64_t size) {
    char *bytes = malloc(size + 1);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint64_t got = 0;
    while (bytes != NULL && fd >= 0 && got < size) {
        ssize_t now = read(fd, bytes + got, size - got);
        if (now <= 0) {
            break;
        }
        got += (uint64_t)now;
    }
    if (fd >= 0) {
        close(fd);
    }
    if (got != size || fd < 0) {
        free(bytes);
        return NULL;
    }
    return bytes;
}

/* Every file and directory below `name`: as the start of the log, or as the sums at its end. */
static uint64_t walk(const char *name, bool sums) {
    char path[DISK_PATHS * 2], inner[DISK_PATHS];
    uint64_t files = 0;
    snprintf(path, sizeof path, "%s/%s", disk_recording.root, name);
    DIR *directory = opendir(path);
    struct dirent *entry;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        struct stat status;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        snprintf(inner, sizeof inner, "%.3800s%s%.255s", name, name[0] != '\0' ? "/" : "",
                 entry->d_name);
        snprintf(path, sizeof path, "%s/%s", disk_recording.root, inner);
        if (lstat(path, &status) != 0) {
            continue;
        }
        if (S_ISDIR(status.st_mode)) {
            if (!sums) {
                disk_learn_folder(inner);
                disk_note(DISK_FOLDER, 0, 0, 0, 0, inner, NULL, NULL, 0);
            }
            files += walk(inner, sums);
        } else if (S_ISREG(status.st_mode) && other(&status) == disk_recording.other_count) {
            uint64_t size = (uint64_t)status.st_size;
            void *bytes = content(path, size);
            if (bytes == NULL) {
                disk_recording.failed = true;
            } else if (sums) {
                disk_note(DISK_SUM, 0, 0, size, disk_sum(DISK_SUM_NONE, bytes, size), inner, NULL, NULL, 0);
            } else {
                disk_note(DISK_FILE, 0, disk_learn(&status), 0, 0, inner, NULL, bytes, size);
            }
            free(bytes);
            files++;
        }
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return files;
}

/* ---- begin and end ---- */

int shim_disk_start(struct shim_library *library, struct shim_recorder *recorder, const char *root,
                    const char *path, char *error, size_t error_size) {
    if (disk_recording.on || realpath(root, disk_recording.root) == NULL) {
        snprintf(error, error_size, "%s: %s", root,
                 disk_recording.on ? "another recording is under way" : strerror(errno));
        return -1;
    }
    disk_recording.log = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_APPEND, 0666);
    if (disk_recording.log < 0) {
        snprintf(error, error_size, "%s: %s", path, strerror(errno));
        return -1;
    }
    disk_recording.root_size = strlen(disk_recording.root);
    disk_recording.recorder = recorder;
    disk_recording.failed = false;
    disk_recording.count = 0;
    disk_redirect(library);
    walk("", false);
    disk_recording.on = true;
    return 0;
}

int shim_disk_stop(void) {
    pthread_mutex_lock(&disk_recording.lock);
    if (disk_recording.on) {
        disk_recording.on = false;
        uint64_t files = walk("", true);
        disk_note(DISK_SUM, 0, 0, 0, files, "", NULL, NULL, 0);
        close(disk_recording.log);
        disk_recording.log = -1;
        free(disk_recording.known);
        disk_recording.known = NULL;
        disk_recording.count = disk_recording.room = 0;
        for (size_t i = 0; i < disk_recording.folder_count; i++) {
            free(disk_recording.folders[i]);
        }
        free(disk_recording.folders);
        disk_recording.folders = NULL;
        disk_recording.folder_count = disk_recording.folder_room = 0;
        free(disk_recording.others);
        disk_recording.others = NULL;
        disk_recording.other_count = disk_recording.other_room = 0;
    }
    pthread_mutex_unlock(&disk_recording.lock);
    return disk_recording.failed ? -1 : 0;
}
