/*
 * Snapshots: the session that names instances, freezes them together, and thaws them.
 *
 *   prepared   instances join it
 *   frozen     nothing of their databases and logs changes on the disk
 *   thawed     only with JET_bitContinueAfterThaw: logs may be truncated
 *   timed out  the freeze lasted longer than JET_paramOSSnapshotTimeout, and ended by itself
 *
 * There is one session at a time in the process, as the page of JetOSSnapshotPrepare has it. No function looks at the stop of
 * a service: those that do are gated before they come here. Any thread; a freeze waits for attaches, detaches and
 * writes in flight.
 *
 * The lock is taken before all locks of instances and of the storage.
 */
#ifndef ESE_INSTANCE_SNAPSHOT_H
#define ESE_INSTANCE_SNAPSHOT_H

#include "engine/instance/running.h"

/*
 * grbit: JET_bitIncrementalSnapshot, CopySnapshot, ContinueAfterThaw, ExplicitPrepare. Without the last all running
 * instances join, until the first one is named. JET_errInvalidParameter (grbit, or nowhere to put the id),
 * JET_errNotInitialized (no instance runs), JET_errOSSnapshotInvalidSequence (there is a session), JET_errOutOfMemory.
 */
JET_ERR ese_snapshot_prepare(JET_OSSNAPID *id, JET_GRBIT grbit);

/* All below: JET_errOSSnapshotInvalidSnapId, and JET_errOSSnapshotInvalidSequence in another state than they ask for. */

/* Prepared. JET_errOSSnapshotNotAllowed: it has been named before, a backup runs, or the instance is on its way down. */
JET_ERR ese_snapshot_name(JET_OSSNAPID id, struct ese_instance *instance);

/*
 * Prepared. use is called with the list of the instances that are frozen now; what it returns undoes the freeze when it is an
 * error. JET_errOSSnapshotNotAllowed: a backup runs in one of them, it is on its way down, or it has no log; that one
 * leaves the session. JET_errMissingFullBackup, JET_errInvalidBackup: see ese_snapshot_freeze in engine/backup.
 * JET_errOutOfThreads, what writing the log answers. After an error nothing is frozen and the session stays prepared.
 */
JET_ERR ese_snapshot_start(JET_OSSNAPID id, JET_ERR (*use)(void *arg, const struct ese_running *list),
                           void *arg);

/* Any state. use is called with the list of the instances that are in the session. */
JET_ERR ese_snapshot_members(JET_OSSNAPID id, JET_ERR (*use)(void *arg, const struct ese_running *list),
                             void *arg);

/* Frozen, timed out. Ends the session unless it is to continue. JET_errOSSnapshotTimeOut. */
JET_ERR ese_snapshot_stop(JET_OSSNAPID id);

/* Thawed, and no copy. Of one instance, which is in the session, or of all (NULL). all_attached: else nothing is removed. */
JET_ERR ese_snapshot_truncate_logs(JET_OSSNAPID id, struct ese_instance *instance, bool all_attached);

/* Prepared, thawed, timed out; aborted: any state. JET_errOSSnapshotTimeOut ends the session, too. */
JET_ERR ese_snapshot_end(JET_OSSNAPID id, bool aborted);

/* ---- for terminations, without locks; the instance no longer allows backups -------------------------- */

/* Waits until no session has the instance: for the end of a freeze in any case, for the end of a session that keeps nothing
 * frozen no longer than a freeze may last. */
void ese_snapshot_outwait(struct ese_instance *instance);
/* Takes it out of the session it is in; what is frozen of it stays so until its storage is closed. */
void ese_snapshot_leave(struct ese_instance *instance);

#endif
