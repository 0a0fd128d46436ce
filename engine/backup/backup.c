/* The life of a backup: what may begin when, what an end amounts to. */
#include "engine/backup/backup.h"

#include <string.h>

#include "engine/table/schema.h"

JET_ERR ese_backup_init(struct ese_backup *backup)
{
    memset(backup, 0, sizeof *backup);
    atomic_init(&backup->stop, false);
    JET_ERR err = ese_mutex_init(&backup->lock);
    if (err == JET_errSuccess) {
        err = ese_cond_init(&backup->thawed);
        if (err != JET_errSuccess) {
            ese_mutex_fini(&backup->lock);
        }
    }
    return err;
}

void ese_backup_fini(struct ese_backup *backup)
{
    ese_cond_fini(&backup->thawed);
    ese_mutex_fini(&backup->lock);
}

void ese_backup_stop(struct ese_backup *backup)
{
    atomic_store(&backup->stop, true);
}

bool ese_backup_in_progress(struct ese_backup *backup)
{
    ese_mutex_lock(&backup->lock);
    bool in_progress = backup->in_progress;
    ese_mutex_unlock(&backup->lock);
    return in_progress;
}

void ese_backup_wait_for_thaw(struct ese_backup *backup)
{
    ese_mutex_lock(&backup->lock);
    while (backup->frozen) {
        ese_cond_wait(&backup->thawed, &backup->lock);
    }
    ese_mutex_unlock(&backup->lock);
}

bool ese_backup_is_allowed(struct ese_backup *backup)
{
    ese_mutex_lock(&backup->lock);
    bool allowed = backup->allowed;
    ese_mutex_unlock(&backup->lock);
    return allowed;
}

void ese_backup_allow(struct ese_backup *backup, bool allowed)
{
    ese_mutex_lock(&backup->lock);
    backup->allowed = allowed;
    ese_mutex_unlock(&backup->lock);
}

JET_ERR ese_backup_check(struct ese_backup *backup)
{
    return !backup->in_progress || backup->snapshot           ? JET_errNoBackup
           : atomic_load(&backup->stop) && !backup->decided ? JET_errBackupAbortByServer
                                                             : JET_errSuccess;
}

JET_ERR ese_backup_decide(struct ese_backup *backup)
{
    ese_mutex_lock(&backup->lock);
    JET_ERR err = ese_backup_check(backup);
    backup->decided = err == JET_errSuccess;
    ese_mutex_unlock(&backup->lock);
    return err;
}

void ese_backup_close_file(struct ese_backup *backup)
{
    ese_file_close(backup->file.file);
    backup->file = (struct ese_backup_file){0};
}

void ese_backup_finish(struct ese_backup *backup)
{
    ese_backup_close_file(backup);
    if (backup->in_progress) {
        ese_log_pin_from(ese_store_log(backup->store), 0);
    }
    ese_free(backup->log_copied);
    backup->log_copied = NULL;
    backup->store = NULL;
    backup->in_progress = backup->snapshot = false;
    if (backup->frozen) {
        backup->frozen = false;
        ese_cond_broadcast(&backup->thawed);
    }
    atomic_store(&backup->stop, false);
}

void ese_backup_abort(struct ese_backup *backup)
{
    ese_mutex_lock(&backup->lock);
    ese_backup_finish(backup);
    ese_mutex_unlock(&backup->lock);
}

/* ---- begin ----------------------------------------------------------------------------------- */

JET_LGPOS ese_backup_position(ese_lsn lsn)
{
    uint32_t offset = (uint32_t)lsn;
    return (JET_LGPOS){.ib = (unsigned short)(offset % 512),
                       .isec = (unsigned short)(offset / 512),
                       .lGeneration = (JET_LONG)ese_lsn_generation(lsn)};
}

/* What can be backed up: databases the log knows. */
static struct ese_database *logged_database(struct ese_store *store, uint32_t id)
{
    struct ese_database *database = ese_database_by_id(store, id);
    return database != NULL && !database->read_only ? database : NULL;
}

/* Backups through a stream and snapshots do not go on where one of the other kind has ended. */
static bool is_of_kind(const JET_BKINFO *mark, bool snapshot)
{
    return mark->genLow != 0 && (mark->bklogtimeMark.fOSSnapshot != 0) == snapshot;
}

/* Where an incremental backup goes on: behind the last one that has all databases. */
static JET_ERR find_last(struct ese_backup *backup)
{
    uint32_t next = 0;
    for (uint32_t id = 1; id <= ESE_DATABASE_MAX; id++) {
        struct ese_database *database = logged_database(backup->store, id);
        struct ese_header header;
        if (database == NULL) {
            continue;
        }
        ese_database_header(database, &header);
        if (!is_of_kind(&header.full, backup->snapshot)) {
            return JET_errMissingFullBackup;
        }
        uint32_t last = header.full.genHigh > header.incremental.genHigh
                            ? header.full.genHigh
                            : header.incremental.genHigh;
        next = next == 0 || last + 1 < next ? last + 1 : next;
    }
    if (next == 0) {
        return JET_errMissingFullBackup;
    }
    backup->mark.genLow = next;
    backup->mark.lgposMark = (JET_LGPOS){.lGeneration = (JET_LONG)next};
    ese_log_pin_from(ese_store_log(backup->store), next);
    return JET_errSuccess;
}

static void choose_databases(struct ese_backup *backup)
{
    for (uint32_t id = 1; id <= ESE_DATABASE_MAX; id++) {
        if (logged_database(backup->store, id) != NULL) {
            backup->databases |= (uint32_t)1 << (id - 1);
        }
    }
}

JET_ERR ese_backup_set_out(struct ese_backup *backup, struct ese_store *store, bool incremental, bool snapshot)
{
    atomic_store(&backup->stop, false);
    backup->store = store;
    backup->in_progress = true;
    backup->snapshot = snapshot;
    backup->full = !incremental;
    backup->decided = false;
    backup->phase = incremental ? ESE_BACKUP_LOGS : ESE_BACKUP_DATABASES;
    backup->mark = (JET_BKINFO){0};
    backup->databases = backup->copied = 0;
    backup->delete_low = 1;
    backup->delete_high = 0;
    ese_header_now(&backup->mark.logtimeMark);
    backup->mark.bklogtimeMark.fOSSnapshot = snapshot ? 1 : 0;
    JET_ERR err = JET_errSuccess;
    if (incremental) {
        err = find_last(backup);
    } else {
        ese_lsn checkpoint = ese_log_pin(ese_store_log(store));
        backup->mark.lgposMark = ese_backup_position(checkpoint);
        backup->mark.genLow = ese_lsn_generation(checkpoint);
    }
    choose_databases(backup);
    if (err != JET_errSuccess) {
        ese_backup_finish(backup);
    }
    return err;
}

static JET_ERR begin(struct ese_backup *backup, struct ese_store *store, bool circular,
                     JET_GRBIT grbit)
{
    const bool incremental = (grbit & JET_bitBackupIncremental) != 0;
    struct ese_log *log = ese_store_log(store);
    if (!backup->allowed) {
        return JET_errBackupNotAllowedYet;
    }
    JET_ERR state = log == NULL ? JET_errLoggingDisabled : ese_log_state(log);
    if (state != JET_errSuccess && state != JET_errLogDiskFull) {
        return state;
    }
    if ((grbit & ~(JET_GRBIT)JET_bitBackupIncremental) != 0) {
        return JET_errInvalidGrbit;
    }
    if (incremental && circular) {
        return JET_errInvalidBackup;
    }
    if (state != JET_errSuccess) {
        return state;
    }
    if (backup->in_progress) {
        return JET_errBackupInProgress;
    }
    return ese_backup_set_out(backup, store, incremental, false);
}

JET_ERR ese_backup_begin(struct ese_backup *backup, struct ese_store *store, bool circular,
                         JET_GRBIT grbit)
{
    ese_mutex_lock(&backup->lock);
    JET_ERR err = begin(backup, store, circular, grbit);
    ese_mutex_unlock(&backup->lock);
    return err;
}

/* ---- end ------------------------------------------------------------------------------------- */

static bool is_complete(const struct ese_backup *backup)
{
    bool complete = backup->phase == ESE_BACKUP_LOGS && backup->mark.genHigh != 0 &&
                    (!backup->full || (backup->databases & ~backup->copied) == 0);
    for (uint32_t at = backup->mark.genLow; complete && at <= backup->mark.genHigh; at++) {
        complete = backup->log_copied[at - backup->mark.genLow];
    }
    return complete;
}

void ese_backup_note_success(struct ese_backup *backup, enum ese_backup_kind kind)
{
    for (uint32_t id = 1; id <= ESE_DATABASE_MAX; id++) {
        struct ese_database *database = ese_database_by_id(backup->store, id);
        if ((backup->databases >> (id - 1) & 1) != 0 && database != NULL) {
            /* One whose header cannot be written now just wants a full backup next time. */
            (void)ese_database_backed_up(database, &backup->mark, kind);
        }
    }
}

static JET_ERR end(struct ese_backup *backup, JET_GRBIT grbit)
{
    const JET_GRBIT how = grbit & (JET_bitBackupEndNormal | JET_bitBackupEndAbort);
    if (how != JET_bitBackupEndNormal && how != JET_bitBackupEndAbort) {
        return JET_errInvalidParameter;
    }
    bool was = backup->in_progress && !backup->snapshot;
    if (was && how == JET_bitBackupEndNormal && ese_backup_check(backup) == JET_errSuccess &&
        is_complete(backup)) {
        ese_backup_note_success(backup, backup->full ? ESE_BACKUP_FULL : ESE_BACKUP_INCREMENTAL);
    }
    if (!was) {
        atomic_store(&backup->stop, false);
        return JET_errNoBackup;
    }
    ese_backup_finish(backup);
    return JET_errSuccess;
}

JET_ERR ese_backup_end(struct ese_backup *backup, JET_GRBIT grbit)
{
    ese_mutex_lock(&backup->lock);
    JET_ERR err = end(backup, grbit);
    ese_mutex_unlock(&backup->lock);
    return err;
}
