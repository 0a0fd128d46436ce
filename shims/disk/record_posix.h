/* shims/disk/record_posix.h - a recording that is under way: recording_posix.c keeps the log, record_posix.c has the
 * interposers that write to it. */
#ifndef ESECHECK_SHIMS_DISK_RECORD_POSIX_H
#define ESECHECK_SHIMS_DISK_RECORD_POSIX_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "shims/disk/disk.h"
#include "shims/disk/log.h"

#define DISK_PATHS 4096 /* most bytes of a name */

struct disk_known {
    dev_t device;
    ino_t inode;
    uint64_t file;
};

/* The one recording of the process. `lock` is held around every operation and its record. */
struct disk_recording {
    pthread_mutex_t lock;
    bool on, failed;
    int log;
    struct shim_recorder *recorder;
    char root[DISK_PATHS];
    size_t root_size;
    struct disk_known *known;
    size_t count, room;
    uint64_t files;
    char **folders; /* directories that the log knows of */
    size_t folder_count, folder_room;
    struct disk_known *others; /* files of the harness: they have no number */
    size_t other_count, other_room;
};
extern struct disk_recording disk_recording;

/* All of these with the lock held. */

/* One record; `to` is a second name or NULL. */
void disk_note(enum disk_op op, uint64_t stamp, uint64_t file, uint64_t offset, uint64_t value, const char *path,
               const char *to, const void *data, size_t size);
void disk_uncovered(const char *what);
/* True if it was not known. */
bool disk_learn_folder(const char *name);
/* What is in a directory, and itself, is known by its new name. */
void disk_move_folders(const char *from, const char *to);
/* Notes the directories above `name` that nobody saw come to be: the harness made them for the engine. */
void disk_parents(const char *name);
/* `path`, seen from the directory open as `at`, as a name below the root ("" is the root itself). False:
 * not below it. Symbolic links are not followed. */
bool disk_below_root(int at, const char *path, char *name);
/* The number of a file, 0 if it has none. */
uint64_t disk_find(const struct stat *status);
/* A new number; one that the same inode had before is over. 0 without memory. */
uint64_t disk_learn(const struct stat *status);

/* record_posix.c: has the engine's modules call the interposers from now on. */
void disk_redirect(struct shim_library *library);

#endif
