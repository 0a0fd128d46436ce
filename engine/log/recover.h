/* Opening the log of an instance: looks at the folder, redoes and undoes what a crash left behind. */
#ifndef ESE_LOG_RECOVER_H
#define ESE_LOG_RECOVER_H

#include <stdbool.h>
#include <stdint.h>

#include <esent.h>

#include "engine/log/log.h"

struct ese_store;

struct ese_log_config {
    const char *log_path, *system_path;             /* folders of the log files and of the checkpoint; they exist */
    const char *base;                               /* three letters */
    uint32_t file_size;                             /* of a generation, bytes; at least 64 KiB, at most 2 GiB */
    uint32_t buffer_size;                           /* bytes that may wait in memory */
    uint32_t page_size;                             /* of the databases */
    bool circular;                                  /* files before the checkpoint go */
    bool legacy_names;                              /* .log and .chk, else .jtx and .jcp */
    bool prepare_ahead;                             /* the next file is made before it is needed */
    bool delete_old;                                /* a log of another version, all of it, is removed */
    bool delete_out_of_range;                       /* files behind a gap are removed where that loses nothing else */
    bool delete_mismatched;                         /* a clean log with another file size is removed */
    const struct ese_log_map *map; uint32_t map_count; /* where databases are now */
    /* Commits up to that number have become durable; or (lost) the log has failed and those behind it are in doubt. From a
     * thread that holds nothing, in order, several commits at once where they came together; the last call comes from
     * ese_log_close. NULL: nobody asks. */
    void (*on_durable)(void *arg, const JET_SIGNATURE *signature, uint64_t commit, bool lost);
    void *on_durable_arg;
    /* How far redo is: JET_sntBegin, JET_sntProgress (percents of the files, growing), and JET_sntComplete or JET_sntFail. Not
     * called when there is nothing to redo. NULL: nobody asks. */
    void (*status)(void *arg, JET_SNT when, uint32_t percent);
    void *status_arg;
    ese_lsn stop_at;                                /* redo ends here, without undo; 0: at the end */
    uint32_t hard_first, hard_last;                 /* restore of a backup that needs these generations; 0: none. Databases
                                                       the map does not name are left alone, every stay is redone */
};

/*
 * Before a restore: the closed files first..last (0: from the lowest, to the highest there is) of the folder are copied to
 * config->log_path where they are not there yet. *legacy: they are called .log. JET_errMissingLogFile,
 * JET_errStartingRestoreLogTooHigh, JET_errEndingRestoreLogTooLow (strict, and the folder has files outside of a range that was
 * given), JET_errInvalidLogSequence (what is there belongs to another log).
 */
JET_ERR ese_log_gather(const struct ese_log_config *config, const char *from, uint32_t *first, uint32_t *last,
                       bool strict, bool *legacy);
/* Durable with its name (to is absolute); the target must not be in use. */
JET_ERR ese_file_copy(const char *from, const char *to);

struct ese_log_map { const char *old_path, *new_path; /* absolute */ };

/*
 * On success *log is open, set into the store, and owned by the store; databases are clean and detached. An empty folder:
 * generation 1 of a new log. grbit: JET_bitReplayIgnoreMissingDB, JET_bitReplayIgnoreLostLogs,
 * JET_bitRecoveryWithoutUndo, JET_bitTruncateLogsAfterRecovery, JET_bitReplayMissingMapEntryDB. store may be NULL when
 * no database was attached (tests).
 *
 * JET_errLogFileCorrupt      a header or durable chunk is damaged; JET_errInvalidLogSequence: files do not follow each other
 * JET_errMissingLogFile      a generation that is needed is not there; JET_errRequiredLogFilesMissing: a database says it
 *                            needs one that is not
 * JET_errBadLogVersion       JET_errBadLogSignature, JET_errPageSizeMismatch (of the databases)
 * JET_errLogFileSizeMismatch             a file is shorter or longer than it says, or than the others; nothing was done
 * JET_errLogFileSizeMismatchDatabasesConsistent  they have another size than wished for, and now all databases are clean
 * JET_errAttachedDatabaseMismatch        a database that was attached is missing or another one
 * JET_errRecoveredWithoutUndo            as asked for: stopped before undo, databases stay as they are
 * JET_errSoftRecoveryOnBackupDatabase    the copy of a backup, which wants a restore
 * JET_errRestoreOfNonBackupDatabase      a restore of something else; JET_errStartingRestoreLogTooHigh: its logs begin earlier
 * and what storage reports. Nothing was lost then: the next try begins anew.
 */
JET_ERR ese_recover(struct ese_store *store, const struct ese_log_config *config, JET_GRBIT grbit, struct ese_log **log);

#endif
