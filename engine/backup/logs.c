/* The log files of a backup: which are needed, which can go. */
#include "engine/backup/backup.h"
#include "engine/table/schema.h"

void ese_backup_set_delete_range(struct ese_backup *backup, uint32_t closed)
{
    struct ese_log *log = ese_store_log(backup->store);
    uint32_t needed = ese_lsn_generation(ese_log_checkpoint(log));
    backup->delete_low = ese_log_oldest(log);
    backup->delete_high = (needed <= closed ? needed : closed + 1) - 1;
}

/* Closes the present file and settles the ranges; done once. */
static JET_ERR settle(struct ese_backup *backup)
{
    struct ese_log *log = ese_store_log(backup->store);
    uint32_t closed;
    JET_ERR err = ese_log_switch(log, &closed);
    if (err != JET_errSuccess) {
        return err;
    }
    backup->log_copied = closed >= backup->mark.genLow
                             ? ese_calloc(closed - backup->mark.genLow + 1, sizeof(bool))
                             : NULL;
    if (backup->log_copied == NULL) {
        return JET_errOutOfMemory;
    }
    backup->mark.genHigh = closed;
    ese_backup_set_delete_range(backup, closed);
    return JET_errSuccess;
}

static JET_ERR list(struct ese_backup *backup, uint32_t low, uint32_t high,
                    struct ese_backup_names *names)
{
    JET_ERR err = JET_errSuccess;
    for (uint32_t at = low; at <= high && err == JET_errSuccess; at++) {
        char *path;
        err = ese_log_closed_path(ese_store_log(backup->store), at, &path);
        if (err == JET_errSuccess) {
            enum ese_path_kind kind;
            err = ese_path_look(path, &kind);
            if (err == JET_errSuccess) {
                err = kind != ESE_PATH_NONE ? ese_names_add(names, path) : JET_errMissingFileToBackup;
            }
            ese_free(path);
        }
    }
    return err == JET_errSuccess ? ese_names_end(names) : err;
}

static JET_ERR logs(struct ese_backup *backup, bool to_truncate, struct ese_backup_names *names)
{
    JET_ERR err = ese_backup_check(backup);
    if (err == JET_errSuccess && backup->file.handle != 0) {
        err = JET_errInvalidBackupSequence;
    }
    if (err == JET_errSuccess && backup->mark.genHigh == 0) {
        err = settle(backup);
    }
    if (err != JET_errSuccess) {
        return err;
    }
    backup->phase = ESE_BACKUP_LOGS;
    err = to_truncate ? list(backup, backup->delete_low, backup->delete_high, names)
                      : list(backup, backup->mark.genLow, backup->mark.genHigh, names);
    if (err != JET_errSuccess) {
        ese_backup_finish(backup);
    }
    return err;
}

JET_ERR ese_backup_logs(struct ese_backup *backup, bool to_truncate, struct ese_backup_names *names,
                        uint32_t *low, uint32_t *high)
{
    *names = (struct ese_backup_names){0};
    ese_mutex_lock(&backup->lock);
    JET_ERR err = logs(backup, to_truncate, names);
    if (err == JET_errSuccess && low != NULL && high != NULL) {
        *low = backup->mark.genLow;
        *high = backup->mark.genHigh;
    }
    ese_mutex_unlock(&backup->lock);
    if (err != JET_errSuccess) {
        ese_free(names->bytes);
        *names = (struct ese_backup_names){0};
    }
    return err;
}

static JET_ERR truncate(struct ese_backup *backup)
{
    JET_ERR err = ese_backup_check(backup);
    if (err != JET_errSuccess) {
        return err;
    }
    if (backup->file.handle != 0 || backup->mark.genHigh == 0) {
        return JET_errInvalidBackupSequence;
    }
    backup->phase = ESE_BACKUP_LOGS;
    for (uint32_t at = backup->mark.genLow; at <= backup->mark.genHigh; at++) {
        if (!backup->log_copied[at - backup->mark.genLow]) {
            return JET_errLogFileNotCopied;
        }
    }
    struct ese_log *log = ese_store_log(backup->store);
    ese_log_pin_from(log, backup->delete_high + 1); /* what is before was copied, and nobody else needs it */
    return ese_log_truncate(log);
}

JET_ERR ese_backup_truncate(struct ese_backup *backup)
{
    ese_mutex_lock(&backup->lock);
    JET_ERR err = truncate(backup);
    ese_mutex_unlock(&backup->lock);
    return err;
}
