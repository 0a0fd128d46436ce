/*
 * The part of a snapshot that one instance has; who takes part, and in which order things may be called, is the business of
 * engine/instance/snapshot.h. A snapshot shares the streaming backup's place: there is one or the other.
 *
 * claim, freeze, thaw, then any of note and truncate, release; a release may follow any of them. Any thread; calls of one
 * snapshot go one after another.
 */
#ifndef ESE_BACKUP_SNAPSHOT_H
#define ESE_BACKUP_SNAPSHOT_H

#include "engine/backup/backup.h"

/* Nothing else can begin from now on, and databases neither come nor go. The caller holds the instance's attach.
 * JET_errOSSnapshotNotAllowed: something is in progress, the instance is on its way down, or it has no log. */
JET_ERR ese_snapshot_claim(struct ese_backup *backup, struct ese_store *store);

/*
 * Freezes the store (ese_store_freeze) and notes what the files hold. A log that is not circular is closed for it, so that
 * the closed files alone make the databases whole. incremental: only log files will be taken, behind those of the last
 * snapshot: JET_errInvalidBackup with circular logging, JET_errMissingFullBackup when there is no such snapshot or files are
 * missing since. Other errors: what writing the log answers. After an error nothing is frozen, and the claim is given up.
 */
JET_ERR ese_snapshot_freeze(struct ese_backup *backup, struct ese_store *store, bool circular, bool incremental);
/* Writing goes on. Whatever wants to attach, detach or begin a backup goes on, too, when the snapshot stays, and is refused; else
 * it waits for the release. */
void ese_snapshot_thaw(struct ese_backup *backup, bool stays);

/* The snapshot is a good one: the headers of its databases say so. copy: no later backup builds on it. */
void ese_snapshot_note(struct ese_backup *backup, bool copy);

/* Removes the log files that nobody needs any more once the snapshot is kept. */
JET_ERR ese_snapshot_truncate(struct ese_backup *backup);

/* Thaws what is frozen; backups may begin again. */
void ese_snapshot_release(struct ese_backup *backup);
/* The same for an instance that is about to close its storage without writing anything: it stays frozen to the end. */
void ese_snapshot_abandon(struct ese_backup *backup);

#endif
