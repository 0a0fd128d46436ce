#include "engine/backup/snapshot.h"

#include "engine/table/schema.h"

JET_ERR ese_snapshot_claim(struct ese_backup *backup, struct ese_store *store)
{
    ese_mutex_lock(&backup->lock);
    bool may = backup->allowed && !backup->in_progress && ese_store_log(store) != NULL;
    if (may) {
        (void)ese_backup_set_out(backup, store, false, true); /* only one that adds to an earlier one can fail */
    }
    ese_mutex_unlock(&backup->lock);
    return may ? JET_errSuccess : JET_errOSSnapshotNotAllowed;
}

static JET_ERR set_out_behind_last(struct ese_backup *backup, struct ese_store *store, bool circular)
{
    if (circular) {
        return JET_errInvalidBackup;
    }
    JET_ERR err = ese_backup_set_out(backup, store, true, true);
    if (err == JET_errSuccess && backup->mark.genLow < ese_log_oldest(ese_store_log(store))) {
        err = JET_errMissingFullBackup;
    }
    return err;
}

static JET_ERR freeze(struct ese_backup *backup, struct ese_store *store, bool circular, bool incremental)
{
    JET_ERR err = incremental ? set_out_behind_last(backup, store, circular) : JET_errSuccess;
    uint32_t last = 0;
    if (err == JET_errSuccess) {
        err = ese_store_freeze(store, !circular, &last);
    }
    if (err != JET_errSuccess) {
        return err;
    }
    struct ese_log *log = ese_store_log(store);
    backup->frozen = true;
    backup->mark.lgposMark = ese_backup_position(ese_log_durable(log));
    if (!incremental) {
        backup->mark.genLow = ese_lsn_generation(ese_log_checkpoint(log));
    }
    backup->mark.genHigh = last;
    if (!circular) {
        ese_backup_set_delete_range(backup, last);
    }
    return JET_errSuccess;
}

JET_ERR ese_snapshot_freeze(struct ese_backup *backup, struct ese_store *store, bool circular, bool incremental)
{
    ese_mutex_lock(&backup->lock);
    JET_ERR err = freeze(backup, store, circular, incremental);
    if (err != JET_errSuccess) {
        ese_backup_finish(backup);
    }
    ese_mutex_unlock(&backup->lock);
    return err;
}

void ese_snapshot_thaw(struct ese_backup *backup, bool stays)
{
    ese_mutex_lock(&backup->lock);
    if (backup->frozen) {
        ese_store_thaw(backup->store);
        backup->frozen = !stays; /* who waits to begin something is told when it is over */
        if (stays) {
            ese_cond_broadcast(&backup->thawed);
        }
    }
    ese_mutex_unlock(&backup->lock);
}

void ese_snapshot_note(struct ese_backup *backup, bool copy)
{
    static const enum ese_backup_kind kinds[2][2] = {{ESE_BACKUP_INCREMENTAL, ESE_BACKUP_DIFFERENTIAL},
                                                     {ESE_BACKUP_FULL, ESE_BACKUP_FULL_COPY}};
    ese_mutex_lock(&backup->lock);
    ese_backup_note_success(backup, kinds[backup->full ? 1 : 0][copy ? 1 : 0]);
    ese_mutex_unlock(&backup->lock);
}

JET_ERR ese_snapshot_truncate(struct ese_backup *backup)
{
    JET_ERR err = JET_errSuccess;
    ese_mutex_lock(&backup->lock);
    if (backup->delete_low <= backup->delete_high) {
        struct ese_log *log = ese_store_log(backup->store);
        ese_log_pin_from(log, backup->delete_high + 1);
        err = ese_log_truncate(log);
    }
    ese_mutex_unlock(&backup->lock);
    return err;
}

void ese_snapshot_release(struct ese_backup *backup)
{
    ese_mutex_lock(&backup->lock);
    if (backup->frozen) {
        ese_store_thaw(backup->store);
    }
    if (backup->snapshot) {
        ese_backup_finish(backup);
    }
    ese_mutex_unlock(&backup->lock);
}

void ese_snapshot_abandon(struct ese_backup *backup)
{
    ese_mutex_lock(&backup->lock);
    if (backup->frozen) {
        ese_store_stay_frozen(backup->store);
    }
    if (backup->snapshot) {
        ese_backup_finish(backup);
    }
    ese_mutex_unlock(&backup->lock);
}
