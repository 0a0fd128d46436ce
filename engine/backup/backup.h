/*
 * Streaming backup of an instance: begin, the databases, then the logs, end.
 *
 * A database is copied page by page while others write. Each page of the copy is as it was at some moment after the begin,
 * so together with the log from the checkpoint at the begin up to a file closed after the last page was read it
 * is the database as of the end of that file; a restore replays it. Log files are kept from the begin on until the end.
 *
 * Errors and their order: semantics of dev/ese/src/ese/backup.cxx and the documentation's pages. What a page calls a
 * parameter error never ends the backup. All functions may be called from any thread; calls of one backup go one
 * after another. The lock is taken after the instance's attach and before everything of the storage.
 */
#ifndef ESE_BACKUP_BACKUP_H
#define ESE_BACKUP_BACKUP_H

#include <stdatomic.h>
#include <stdbool.h>

#include <esent.h>

#include "engine/log/log.h"
#include "engine/os/os.h"
#include "engine/table/database.h"

struct ese_database;
struct ese_store;

enum ese_backup_phase {
    ESE_BACKUP_DATABASES, /* of a full backup: databases may be opened */
    ESE_BACKUP_LOGS,      /* only log files may */
};

/* The file that is open; there is one at a time. */
struct ese_backup_file {
    JET_HANDLE handle; /* 0: none */
    struct ese_database *database; /* or */
    struct ese_file *file;         /* a plain one */
    uint32_t generation;           /* of a log file that is needed; 0: another file */
    uint64_t size, offset;         /* bytes */
};

struct ese_backup {
    struct ese_mutex lock; /* everything below but stop */
    bool allowed;          /* the instance is up and not on its way down */
    bool in_progress;
    bool snapshot;            /* what is in progress is a snapshot; snapshot.h */
    bool frozen;              /* and the store with it */
    struct ese_cond thawed;   /* frozen became false */
    _Atomic bool stop; /* JetStopBackup: calls of the running backup answer JET_errBackupAbortByServer */

    struct ese_store *store; /* of the backup in progress; what follows too */
    bool full;
    enum ese_backup_phase phase;
    bool decided;                 /* a stop comes too late */
    JET_BKINFO mark;              /* what the header will say of it; genHigh 0: logs were not asked for */
    uint32_t databases, copied;   /* bit id - 1: to be copied, read to the end */
    uint32_t delete_low, delete_high; /* generations a truncation removes; none when low is beyond high */
    bool *log_copied;             /* by generation - mark.genLow */
    struct ese_backup_file file;
    JET_HANDLE handles; /* the last one given out in the life of the instance */
};

/* Names of files: UTF-8, each with its nul, one more nul at the end. */
struct ese_backup_names {
    char *bytes; /* to be freed with ese_free */
    uint32_t size;
};

JET_ERR ese_backup_init(struct ese_backup *backup);
void ese_backup_fini(struct ese_backup *backup);

/* JetStopBackup: cannot fail, has no effect on a backup begun later. */
void ese_backup_stop(struct ese_backup *backup);

/* A streaming backup, or a snapshot. */
bool ese_backup_in_progress(struct ese_backup *backup);

/* Waits until the instance is not frozen. Call it without locks. */
void ese_backup_wait_for_thaw(struct ese_backup *backup);

/* Forbids or allows new backups. */
void ese_backup_allow(struct ese_backup *backup, bool allowed);
bool ese_backup_is_allowed(struct ese_backup *backup);

/* Ends whatever backup runs, on behalf of a termination. */
void ese_backup_abort(struct ese_backup *backup);

/*
 * grbit: 0 or JET_bitBackupIncremental. The caller holds the instance's attach: databases neither come nor go while a backup
 * runs. JET_errBackupNotAllowedYet, JET_errLoggingDisabled, JET_errLogWriteFail, JET_errInvalidGrbit,
 * JET_errInvalidBackup (incremental with circular logging), JET_errLogDiskFull, JET_errBackupInProgress,
 * JET_errMissingFullBackup.
 */
JET_ERR ese_backup_begin(struct ese_backup *backup, struct ese_store *store, bool circular, JET_GRBIT grbit);

/* The calls between begin and end. All answer JET_errNoBackup without one, also when it is a snapshot, and all but close
 * JET_errBackupAbortByServer after a stop. */

/* JET_errInvalidBackupSequence: it is incremental. */
JET_ERR ese_backup_attached(struct ese_backup *backup, struct ese_backup_names *names);

/* size in bytes. JET_errInvalidParameter (no name), JET_errOutOfMemory (a file is open), JET_errInvalidBackupSequence (a
 * database where only logs may be: ends the backup), JET_errDatabaseNotFound, JET_errMissingFileToBackup and other
 * errors with log files (end the backup). */
JET_ERR ese_backup_open(struct ese_backup *backup, const char *path, JET_HANDLE *handle, uint64_t *size);

/* *actual: bytes read, 0 at the end. JET_errInvalidParameter: the buffer is not on a 4 KiB boundary, size is not a multiple
 * of the page size, the first read is smaller than three pages of a database or two of a log, or no such file is open. On another
 * error the file is closed, in the phase of logs the backup ends. */
JET_ERR ese_backup_read(struct ese_backup *backup, JET_HANDLE handle, void *out, uint32_t size,
                        uint32_t *actual);

JET_ERR ese_backup_close(struct ese_backup *backup, JET_HANDLE handle);

/* The first of these calls closes the present log file and settles what is to be copied and what can be removed.
 * JET_errInvalidBackupSequence: a file is open. low and high may be NULL. */
JET_ERR ese_backup_logs(struct ese_backup *backup, bool to_truncate, struct ese_backup_names *names,
                        uint32_t *low, uint32_t *high);

/* JET_errInvalidBackupSequence: a file is open, or no call of the above. JET_errLogFileNotCopied. */
JET_ERR ese_backup_truncate(struct ese_backup *backup);

/* The last look at a stop: after success one is too late, and the backup ends as if none had come. */
JET_ERR ese_backup_decide(struct ese_backup *backup);

/* JET_errInvalidParameter unless one of JET_bitBackupEndNormal and Abort is given; JET_errNoBackup; else success. The
 * headers of the databases say so when it was normal, everything was copied, and no stop came. */
JET_ERR ese_backup_end(struct ese_backup *backup, JET_GRBIT grbit);

/* ---- for engine/backup ------------------------------------------------------------------------------- */

/* lock held. */
void ese_backup_finish(struct ese_backup *backup);
void ese_backup_close_file(struct ese_backup *backup);
JET_ERR ese_backup_check(struct ese_backup *backup); /* in progress, not stopped */
/* What is in progress begins: all fields, which databases, and for an incremental one behind which earlier backup, of the
 * same kind, it goes on. JET_errMissingFullBackup; nothing is in progress then. */
JET_ERR ese_backup_set_out(struct ese_backup *backup, struct ese_store *store, bool incremental, bool snapshot);
/* Which log files a truncation may remove when all up to `closed` are in the backup. */
void ese_backup_set_delete_range(struct ese_backup *backup, uint32_t closed);
JET_LGPOS ese_backup_position(ese_lsn lsn);
void ese_backup_note_success(struct ese_backup *backup, enum ese_backup_kind kind);
JET_ERR ese_names_add(struct ese_backup_names *names, const char *name);
JET_ERR ese_names_end(struct ese_backup_names *names);

#endif
