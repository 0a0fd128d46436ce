/*
 * Streaming backup of an instance. What stop and term have to know about a backup is all there is
 * so far: whether one runs, whether it was told to stop, and how to end it.
 *
 * Every field is guarded by lock except stop, which the backup calls poll.
 */
#ifndef ESE_BACKUP_BACKUP_H
#define ESE_BACKUP_BACKUP_H

#include <stdatomic.h>
#include <stdbool.h>

#include <esent.h>

#include "engine/os/os.h"

struct ese_backup {
    struct ese_mutex lock;
    bool allowed; /* the instance is up and not on its way down */
    bool in_progress;
    _Atomic bool
        stop; /* JetStopBackup: calls of the running backup answer JET_errBackupAbortByServer */
};

JET_ERR ese_backup_init(struct ese_backup *backup);
void ese_backup_fini(struct ese_backup *backup);

/* JetStopBackup: cannot fail, has no effect on a backup begun later. */
void ese_backup_stop(struct ese_backup *backup);

bool ese_backup_in_progress(struct ese_backup *backup);

/* Forbids or allows new backups. */
void ese_backup_allow(struct ese_backup *backup, bool allowed);

/* Ends whatever backup runs, on behalf of a termination. */
void ese_backup_abort(struct ese_backup *backup);

#endif
