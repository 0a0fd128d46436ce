/* shims/disk/log.h - the log of a recording; only for this room.
 *
 * One record after the other: a struct disk_record, then `path_size` bytes of names (relative to the
 * root, each with a 0 at its end; "" is the root itself), then `size` bytes of data. All in the byte
 * order of the machine: parent and child are the same one.
 */
#ifndef ESECHECK_SHIMS_DISK_LOG_H
#define ESECHECK_SHIMS_DISK_LOG_H

#include <stdint.h>

#define DISK_MAGIC 0x6b736964u /* "disk" */

enum disk_op {
    DISK_FILE,     /* `file` is `path`: it was there when the recording began */
    DISK_FOLDER,   /* so was the directory `path` */
    DISK_CREATE,   /* `file` came to be as `path` */
    DISK_WRITE,    /* `size` bytes at `offset` of `file`; value 1: synced at once */
    DISK_RESIZE,   /* `file` has now `offset` bytes */
    DISK_GROW,     /* `file` has now at least `offset` bytes */
    DISK_SYNC,     /* of `file` */
    DISK_SYNC_DIR, /* of the directory `path` */
    DISK_SYNC_ALL,
    DISK_RENAME,   /* `path` to the second name; `file`, or 0: a directory */
    DISK_LINK,     /* `file` has the name `path`, too */
    DISK_UNLINK,   /* of a file or a directory */
    DISK_MKDIR,
    DISK_UNCOVERED, /* `path` says what */
    DISK_SUM,      /* at the end: the file `path` has `size` 0 data, `offset` bytes, and the sum `value` */
    DISK_OP_COUNT
};

struct disk_record {
    uint32_t magic, op;
    uint64_t stamp, file, offset, value;
    uint32_t path_size, size;
};

/* FNV-1a in steps of 8 bytes; begin with DISK_SUM_NONE. */
#define DISK_SUM_NONE 0xcbf29ce484222325u
uint64_t disk_sum(uint64_t sum, const void *bytes, uint64_t size);

#endif
