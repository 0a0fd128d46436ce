/* Starting an instance: JetInit and its kin. */
#ifndef ESE_INSTANCE_INIT_H
#define ESE_INSTANCE_INIT_H

#include <esent.h>

#include "engine/log/recover.h"

struct ese_instance;

/* What JetInit2 and JetInit3 say about recovery. Paths are absolute. */
struct ese_init_options {
    JET_GRBIT grbit;
    const struct ese_log_map *map;
    uint32_t map_count;
    JET_LGPOS stop_at;                              /* all zero: the end */
    JET_PFNSTATUS status;                           /* told how far a recovery is that has something to do; may be NULL */
};

/*
 * Opens the storage of an instance that no other call is starting, ending or using; the gate has
 * admitted the caller. JET_errAlreadyInitialized, JET_errInitInProgress, JET_errTermInProgress,
 * JET_errInvalidPath, JET_errOutOfMemory and what the storage and its recovery report. On failure the instance is
 * as it was. options may be NULL.
 */
JET_ERR ese_init(struct ese_instance *instance, const struct ese_init_options *options);


/* A restore: the files of a backup are where they shall stay, the databases at the new paths of the map (0 entries: where the
 * log says). */
struct ese_restore {
    const char *from;                               /* folder of the backup's log files, absolute */
    uint32_t first, last;                           /* generations; 0: what is there */
    const struct ese_log_map *map;
    uint32_t map_count;
    const char *roll_from;                          /* folder of closed log files that go on from there; NULL: none */
    uint32_t roll_to;                               /* the last of these */
};

/*
 * Recovers the databases of a backup with its log files and with those that follow in the instance's log folder, and
 * leaves them clean and the instance as it was. The caller has set ESE_API_RESTORING for an instance that does not run.
 * JET_errLoggingDisabled, what ese_init, ese_log_gather and recovery report.
 */
JET_ERR ese_restore(struct ese_instance *instance, const struct ese_restore *restore);

#endif
