/* shims/disk/disk.h - what an engine wrote to its files, and what a power cut would have left of it.
 *
 * While a recording runs, every call of the engine that changes files below one directory is done
 * under a lock and written to a log: writes with their bytes, truncations, syncs, and changes of
 * names. The log holds a total order, with stamps of the run's history (shims/record) between.
 *
 * From the log, struct shim_image makes the files as they could be after a cut at any of its
 * operations. The rules are those of POSIX and of disks, not those of one file system:
 *   - a write, truncation or extension is durable once a later fsync or fdatasync of that file (or
 *     sync, syncfs, or O_SYNC or O_DSYNC of the write itself) has succeeded;
 *   - until then each may have happened or not, in any order; a write of more than one unit (512 or
 *     4,096 bytes, aligned) may have happened to some of its units;
 *   - a unit is old or new, never a mixture; but where a file was made or has grown and nothing was synced since,
 *     a unit may hold anything, written or not;
 *   - a change of names (create, rename, unlink, mkdir, rmdir) is durable once its directory was synced;
 *     until then those of one directory happen in order, so that any number of the last may be missing;
 *   - a rename from one directory to another is a change of each, so that a file may be found under both
 *     names or under none until both were synced. A directory moves once both were.
 *
 * Not seen are writes through memory (mmap), buffered streams (fopen), and system calls made directly;
 * what of it is noticed is said (shim_disk_uncovered). The log ends with the sizes and sums of the files
 * as they were, so that a log that misses something is refused. One without that end, because its writer
 * died, is refused if anything was noticed; what nobody notices (system calls made directly, freopen,
 * mprotect) is then missed. POSIX only: on Windows start and open fail with a message.
 *
 * The models for this are the block-level recorders of CrashMonkey and dm-log-writes and SQLite's
 * simulated power cuts; those need a kernel module, a virtual machine, or an engine's cooperation.
 */
#ifndef ESECHECK_SHIMS_DISK_DISK_H
#define ESECHECK_SHIMS_DISK_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shims/library/library.h"
#include "shims/record/record.h"

/* Child: records what the engine does below `root` (absolute; the files there now are the start) into
 * `path`, with stamps of `recorder`. One recording per process, begun while no call is in flight.
 * The lock orders the engine's file operations: do not look for data races while it runs.
 * 0, or -1 with a message. */
int shim_disk_start(struct shim_library *library, struct shim_recorder *recorder, const char *root,
                    const char *path, char *error, size_t error_size);
/* Child: a file below the root that the harness makes, for itself: it is no part of what the engine wrote. Once it is there;
 * nothing while no recording runs. Thread safe. */
void shim_disk_leave_out(const char *path);
/* Ends it, with the sums of the files as they are. Operations after it are not recorded. 0 or -1 (the log
 * could not be written, all along). */
int shim_disk_stop(void);

/* ---- in the parent ---- */
struct shim_disk; /* a log that was read */

/* Reads a log; a log whose writer died is complete up to there. 0, or -1 with a message (no log, no
 * memory, damaged; or the files at its end were not what the log says, or nobody looked at them and something was
 * noticed: the engine writes in ways that are not covered). */
int shim_disk_open(const char *path, struct shim_disk **disk, char *error, size_t error_size);
void shim_disk_close(struct shim_disk *disk);

/* Operations are numbered from 0; a cut at N comes before operation N, 0 to count inclusive. */
size_t shim_disk_count(const struct shim_disk *disk);
/* The stamp drawn just before operation N; of `count`: one above the last. */
uint64_t shim_disk_stamp(const struct shim_disk *disk, size_t operation);
/* Whether operation N is a sync (of file, directory or all; a write with O_SYNC is its own), so that a cut before it loses most. */
bool shim_disk_is_sync(const struct shim_disk *disk, size_t operation);
/* What kind of file it is about: the end of the name under which the file came to be, from its last dot on (".log");
 * "" without a dot, and of directories. */
const char *shim_disk_kind(const struct shim_disk *disk, size_t operation);
/* "pwrite edb.log at 4096, 512 bytes"; "the end" for count. */
void shim_disk_describe(const struct shim_disk *disk, size_t operation, char *text, size_t size);
/* What was noticed first that passes the recording by, or NULL. The files at the end are right all the same, those of earlier
 * cuts may not be: to be told to whoever reads of these. */
const char *shim_disk_uncovered(const struct shim_disk *disk);

#define SHIM_DISK_LOSSES(X)                                                                        \
    X(KEPT, "kept")             /* all there: as after a kill of the process */                    \
    X(DROPPED, "dropped")       /* nothing that was not synced */                                  \
    X(REORDERED, "reordered")   /* each change or not */                                           \
    X(TORN_512, "torn-512")     /* each 512 bytes of each write or not */                          \
    X(TORN_4096, "torn-4096")   /* each 4,096 bytes of each write or not */                        \
    X(GARBAGE, "garbage")       /* as torn-4096; units beyond what was ever synced hold anything */

enum shim_disk_loss {
#define X(id, name) SHIM_DISK_##id,
    SHIM_DISK_LOSSES(X)
#undef X
    SHIM_DISK_LOSS_COUNT
};
const char *shim_disk_loss_name(enum shim_disk_loss loss);

/* The files of one state after the other. What a state costs is what was written since the cut before it and what is
 * not durable at its own: take the cuts in ascending order. The log must outlive the image; NULL without memory. */
struct shim_image;
struct shim_image *shim_image_new(const struct shim_disk *disk);
void shim_image_free(struct shim_image *image);

/* Makes the files in `directory` as a cut at operation `at` could have left them: the same arguments give the same
 * files. The directory is empty, or holds what the image made there last and whatever an engine did to it. 0, or -1
 * with a message. */
int shim_image_make(struct shim_image *image, size_t at, enum shim_disk_loss loss, uint64_t seed,
                    const char *directory, char *error, size_t error_size);

#endif
