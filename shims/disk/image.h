/* shims/disk/image.h - a log in memory, and the files that come of it; only for this room. */
#ifndef ESECHECK_SHIMS_DISK_IMAGE_H
#define ESECHECK_SHIMS_DISK_IMAGE_H

#include "shims/disk/disk.h"
#include "shims/disk/log.h"

#define DISK_NAMES 8192 /* most bytes of names in a record */

struct disk_list {
    const struct disk_record **records;
    size_t count, room;
};

struct shim_disk {
    unsigned char *bytes;             /* all records, each aligned to 8 */
    struct disk_list start, ops, sums;
    uint64_t files;                   /* the largest number of a file */
    const char *uncovered;
    const char **first_names;         /* by number of file; NULL: unknown */
};

const char *disk_path(const struct disk_record *record);
const char *disk_second_path(const struct disk_record *record); /* RENAME */
const unsigned char *disk_data(const struct disk_record *record);

/* Whether all operations together give the files whose sums the log ends with; a log without sums is
 * taken as it is. 0, or -1 with a message. */
int disk_check(const struct shim_disk *disk, char *error, size_t error_size);

#endif
