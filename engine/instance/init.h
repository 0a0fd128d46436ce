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
};

/*
 * Opens the storage of an instance that no other call is starting, ending or using; the gate has
 * admitted the caller. JET_errAlreadyInitialized, JET_errInitInProgress, JET_errTermInProgress,
 * JET_errInvalidPath, JET_errOutOfMemory and what the storage and its recovery report. On failure the instance is
 * as it was. options may be NULL.
 */
JET_ERR ese_init(struct ese_instance *instance, const struct ese_init_options *options);

#endif
