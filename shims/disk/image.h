/* shims/disk/image.h - a log in memory, and the files that come of it; only for this room.
 *
 * A struct shim_image goes along the log. What no cut can take any more is folded into `files` (contents) and
 * `names`; what a cut at `at` may take is pending, in the order of the log, and decided anew for each state. So a
 * state costs what is pending at its cut, and going on to a later cut what lies between.
 */
#ifndef ESECHECK_SHIMS_DISK_IMAGE_H
#define ESECHECK_SHIMS_DISK_IMAGE_H

#include "shims/disk/disk.h"
#include "shims/disk/log.h"

#define DISK_NAMES 8192 /* most bytes of names in a record */

struct disk_list {
    const struct disk_record **records;
    size_t count, room;
};

/* The syncs after which a change of names is durable; SIZE_MAX: none. A rename from one directory to another is two changes:
 * here, where the old name is, and there, where the new one is. */
struct disk_durable {
    size_t here, there;
};

struct shim_disk {
    unsigned char *bytes;             /* all records, each aligned to 8 */
    struct disk_list start, ops, sums;
    uint64_t files;                   /* the largest number of a file */
    const char *uncovered;
    const char **first_names;         /* by number of file; NULL: unknown */
    struct disk_durable *durable;     /* by operation; of changes of names */
};

const char *disk_path(const struct disk_record *record);
const char *disk_second_path(const struct disk_record *record); /* RENAME */
const unsigned char *disk_data(const struct disk_record *record);

struct disk_indices {
    size_t *at;
    size_t count, room;
};

/* Bytes up to `size`; what lies behind, up to `room`, is 0. */
struct disk_buffer {
    unsigned char *bytes;
    uint64_t size, room;
};

struct disk_file {
    struct disk_buffer durable;
    uint64_t synced_size;         /* below it a sync has seen every byte */
    size_t version;               /* rises with what is folded into `durable` */
    struct disk_indices pending;  /* operations */
};

struct disk_name {
    const char *path; /* of a record */
    uint64_t file;    /* 0: a directory */
};

struct disk_names {
    struct disk_name *at;
    size_t count, room;
};

struct shim_image {
    const struct shim_disk *disk;
    size_t at;
    enum shim_disk_loss loss;
    uint64_t seed;
    struct disk_file *files;      /* [disk->files + 1] */
    struct disk_names names;      /* durable */
    struct disk_indices pending;  /* changes of names, from the first that is not durable on */
    struct disk_names now;        /* of the state */
    char **texts;                 /* names that no record has: of what lay in a directory that was renamed */
    size_t text_count;
    struct disk_buffer scratch;
    struct disk_placed *placed;   /* place_*.c: what lies in the directory */
    size_t placed_count, placed_room;
    long mark;                    /* place_*.c: seconds of a time long ago, that placed files have */
    bool no_memory;
};

/* A number that depends on nothing but the seed and what is decided. */
uint64_t disk_decide(const struct shim_image *image, uint64_t what, uint64_t part);
/* False, and no_memory, without memory. */
bool disk_remember(struct shim_image *image, struct disk_indices *indices, size_t index);

/* ---- content.c ---- */
/* Takes note of operation `index`, of the content of a file; and of a sync of it, or of all. */
void disk_content_add(struct shim_image *image, size_t index);
void disk_content_sync(struct shim_image *image, struct disk_file *file);
void disk_content_start(struct shim_image *image, const struct disk_record *record);
/* What the file holds in this state; good until the next call. */
const struct disk_buffer *disk_content(struct shim_image *image, uint64_t file);

/* ---- names.c ---- */
bool disk_is_name_op(uint32_t op);
/* Fills disk->durable. 0, or -1 without memory. */
int disk_names_prepare(struct shim_disk *disk);
void disk_names_start(struct shim_image *image, const struct disk_record *record);
void disk_names_add(struct shim_image *image, size_t index);
/* After a sync of a directory, or of all, before image->at. */
void disk_names_sync(struct shim_image *image);
/* Makes image->now the names of this state, sorted: a directory comes before what is in it. */
void disk_names_now(struct shim_image *image);

/* Goes to a cut. 0, or -1 without memory. */
int disk_image_move(struct shim_image *image, size_t at, enum shim_disk_loss loss, uint64_t seed);

/* Whether all operations together give the files whose sums the log ends with. A log without sums is taken as it is, unless
 * something was noticed that passed it by. 0, or -1 with a message. */
int disk_check(const struct shim_disk *disk, char *error, size_t error_size);

#endif
