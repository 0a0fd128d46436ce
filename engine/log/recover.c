/* JetInit's part of the log: what is in the folder, what it means, and what to do about it. */
#include "engine/log/recover.h"

#include "engine/log/recovery.h"

/* ---- the folder ------------------------------------------------------------------------------------------ */

/* Files with the other extension are used as they are: the setting is for new ones. */
static JET_ERR look_around(struct ese_recovery *recovery)
{
    struct ese_log_names *names = &recovery->names;
    JET_ERR err = ese_log_survey(names, &recovery->survey);
    if (err == JET_errSuccess && !recovery->survey.current && recovery->survey.count == 0) {
        struct ese_log_survey other;
        struct ese_log_names turned = *names;
        turned.extension = names->other_extension;
        err = ese_log_survey(&turned, &other);
        if (err == JET_errSuccess && (other.current || other.count != 0)) {
            names->other_extension = names->extension;
            names->extension = turned.extension;
            names->checkpoint_extension = strcmp(names->extension, "log") == 0 ? "chk" : "jcp";
            ese_log_survey_fini(&recovery->survey);
            recovery->survey = other;
        } else {
            ese_log_survey_fini(&other);
        }
    }
    return err;
}

static bool has_generation(const struct ese_log_survey *survey, uint32_t generation)
{
    for (uint32_t i = survey->count; i-- != 0;) {
        if (survey->generation[i] == generation) {
            return true;
        }
    }
    return false;
}

/* All files of the log go; a new one can begin. */
static JET_ERR remove_all(struct ese_recovery *recovery)
{
    JET_ERR err = JET_errSuccess;
    for (uint32_t i = 0; i < recovery->survey.count && err == JET_errSuccess; i++) {
        err = ese_log_file_remove(&recovery->names, ESE_LOG_CLOSED, recovery->survey.generation[i]);
    }
    if (err == JET_errSuccess) {
        err = ese_log_file_remove(&recovery->names, ESE_LOG_PREPARED, 0);
    }
    if (err == JET_errSuccess) {
        err = ese_log_file_remove(&recovery->names, ESE_LOG_CURRENT, 0);
    }
    return err == JET_errSuccess ? ese_log_file_remove(&recovery->names, ESE_LOG_CHECKPOINT, 0) : err;
}

/* There are closed files but no current one. Either a crash came in the middle of a change of files: then the prepared
 * one says it is the next. Or the current one is lost. */
static JET_ERR find_current(struct ese_recovery *recovery)
{
    struct ese_log_survey *survey = &recovery->survey;
    uint32_t last = survey->generation[survey->count - 1];
    struct ese_file *file;
    struct ese_log_header header;
    bool next = false;
    if (survey->prepared &&
        ese_log_file_open(&recovery->names, ESE_LOG_PREPARED, 0, ESE_FILE_READ_ONLY, &file) == JET_errSuccess) {
        if (ese_log_header_read(file, &header) == JET_errSuccess) {
            next = header.generation == last + 1;
            ese_log_entries_clear(header.database);
        }
        ese_file_close(file);
    }
    bool hard = recovery->config->hard_first != 0; /* the files of a backup are closed ones */
    if (!next && !hard && (recovery->grbit & JET_bitReplayIgnoreLostLogs) == 0) {
        return JET_errMissingLogFile;
    }
    JET_ERR err = ese_log_file_rename(&recovery->names, next ? ESE_LOG_PREPARED : ESE_LOG_CLOSED, ESE_LOG_CURRENT, last);
    if (err == JET_errSuccess) {
        survey->current = true;
        recovery->lost = !next && !hard;
        recovery->whole = !next && hard;
        if (!next) {
            survey->count--;
        }
    }
    return err;
}

/* Closed files that are not before the current one belong to something else. */
static JET_ERR check_range(struct ese_recovery *recovery)
{
    struct ese_log_survey *survey = &recovery->survey;
    while (survey->count != 0 && survey->generation[survey->count - 1] >= recovery->last) {
        if (!recovery->config->delete_out_of_range) {
            return JET_errInvalidLogSequence;
        }
        JET_ERR err = ese_log_file_remove(&recovery->names, ESE_LOG_CLOSED, survey->generation[survey->count - 1]);
        if (err != JET_errSuccess) {
            return err;
        }
        survey->count--;
    }
    return JET_errSuccess;
}

static bool all_of_another_version(struct ese_recovery *recovery)
{
    for (uint32_t i = 0; i < recovery->survey.count; i++) {
        struct ese_log_header header;
        JET_ERR err = ese_log_header_of(&recovery->names, &recovery->survey, recovery->survey.generation[i], 0, &header);
        if (err == JET_errSuccess) {
            ese_log_entries_clear(header.database);
        }
        if (err != JET_errBadLogVersion) {
            return false;
        }
    }
    return true;
}

/* ---- where to begin -------------------------------------------------------------------------------------- */

/* The checkpoint, or without a usable one the oldest file from which there is no gap to the current one. */
static JET_ERR find_beginning(struct ese_recovery *recovery, const struct ese_checkpoint *checkpoint, bool found)
{
    uint32_t oldest = recovery->last;
    while (oldest > 1 && has_generation(&recovery->survey, oldest - 1)) {
        oldest--;
    }
    recovery->first = oldest;
    recovery->redo_from = 0;
    if (recovery->config->hard_first != 0) {
        recovery->first = recovery->config->hard_first;
        return recovery->first >= oldest && recovery->config->hard_last <= recovery->last ? JET_errSuccess
                                                                                         : JET_errMissingLogFile;
    }
    if (found) {
        uint32_t wanted = ese_lsn_generation(checkpoint->redo_from);
        if (wanted == 0 || wanted > recovery->last) {
            return recovery->lost ? JET_errSuccess : JET_errMissingLogFile; /* the log goes on behind what is there */
        }
        if (wanted < oldest) {
            return JET_errMissingLogFile;
        }
        recovery->first = wanted;
        recovery->redo_from = checkpoint->redo_from;
    }
    return JET_errSuccess;
}

/* The checkpoint says that the log was closed cleanly, and its last chunk is where it says, with nothing behind it. */
static bool is_clean_end(struct ese_recovery *recovery, const struct ese_log_header *current,
                         const struct ese_checkpoint *checkpoint)
{
    struct ese_file *file;
    uint32_t end = ese_lsn_offset(checkpoint->end), begin = ese_lsn_offset(checkpoint->last_chunk);
    uint32_t checksum = current->checksum;
    if (!checkpoint->clean || ese_lsn_generation(checkpoint->end) != recovery->last || end > current->file_size ||
        ese_log_file_open(&recovery->names, ESE_LOG_CURRENT, 0, ESE_FILE_READ_ONLY, &file) != JET_errSuccess) {
        return false;
    }
    bool clean;
    if (checkpoint->last_chunk == 0) {
        clean = end == current->size;
    } else {
        uint32_t size = ese_lsn_generation(checkpoint->last_chunk) == recovery->last && begin < end ? end - begin : 0;
        unsigned char *bytes = ese_alloc(size + 1);
        struct ese_chunk_header header;
        clean = bytes != NULL && ese_file_read(file, begin, bytes, size) == JET_errSuccess &&
                ese_chunk_open(bytes, size, checkpoint->last_chunk, current->signature.ulRandom, &header, &checksum) &&
                ESE_CHUNK_HEADER + header.length == size && header.length >= ESE_RECORD_HEADER &&
                ese_get32(bytes + size - ESE_RECORD_HEADER) == ESE_RECORD_HEADER &&
                bytes[size - 1] == ESE_RECORD_END;
        ese_free(bytes);
    }
    /* The life that came behind the clean end may have made no copy of the checkpoint that lasts. But nothing of it was
     * durable without its first chunk, which begins there or, where that is the end of the file, in another file. */
    unsigned char sector[ESE_LOG_SECTOR];
    if (clean && ese_log_round(end) < current->file_size) {
        clean = ese_file_read(file, ese_log_round(end), sector, sizeof sector) == JET_errSuccess &&
                ese_page_is_zero(sector, sizeof sector);
    }
    ese_file_close(file);
    if (clean) {
        recovery->tail = (struct ese_log_tail){ recovery->last, checkpoint->end, checksum, current->created,
                                                checkpoint->commits, checkpoint->last_chunk, 0, 0, false };
        recovery->signature = current->signature;
        recovery->file_size = current->file_size;
        recovery->clean = true;
    }
    return clean;
}

/* ---- the work -------------------------------------------------------------------------------------------- */

/* What was read may only be in the system's memory: before pages that rely on it are written it must last. Names need not:
 * nothing is in a file before its name lasts. */
static JET_ERR make_durable(struct ese_recovery *recovery)
{
    struct ese_file *file;
    JET_ERR err = ese_log_file_open(&recovery->names, ESE_LOG_CURRENT, 0, 0, &file);
    if (err == JET_errSuccess) {
        err = ese_file_sync(file);
        ese_file_close(file);
    }
    return err;
}

static JET_ERR open_log(struct ese_recovery *recovery, const struct ese_log_entry *attached, struct ese_log **log)
{
    struct ese_log_config config = *recovery->config;
    config.file_size = recovery->file_size;
    config.legacy_names = strcmp(recovery->names.extension, "log") == 0;
    uint32_t oldest = recovery->last;
    while (oldest > 1 && has_generation(&recovery->survey, oldest - 1)) {
        oldest--;
    }
    return ese_log_open(&config, &recovery->signature, &recovery->tail, recovery->clean, attached,
                        recovery->clean ? 0 : recovery->redo_from != 0 ? recovery->redo_from
                                                                       : ese_lsn_make(recovery->first, 1),
                        oldest, log);
}

static JET_ERR close_databases(struct ese_recovery *recovery)
{
    JET_ERR err = JET_errSuccess;
    for (unsigned i = 0; i < ESE_LOG_DATABASES && err == JET_errSuccess; i++) {
        if (recovery->database[i] != NULL) {
            err = ese_database_detach(recovery->database[i]);
            recovery->database[i] = NULL;
        }
    }
    return err;
}

/* The file of a copy may be shorter than what the database owns now: pages it grew by and never wrote. */
static JET_ERR make_long_enough(struct ese_database *database)
{
    uint32_t end = 0, actual;
    JET_ERR err = ese_space_end(&database->space, &end);
    uint64_t size = (uint64_t)end * ese_cache_page_size(database->store->cache);
    return err == JET_errSuccess && ese_database_file_size(database) < size ? ese_database_grow(database, end, &actual)
                                                                             : err;
}

static void tell(const struct ese_recovery *recovery, JET_SNT when, uint32_t percent)
{
    if (recovery->config->status != NULL) {
        recovery->config->status(recovery->config->status_arg, when, percent);
    }
}

/* Redo, undo, databases clean; *log is the store's as soon as it is there. */
static JET_ERR recover(struct ese_recovery *recovery, struct ese_log **log)
{
    JET_ERR err = make_durable(recovery);
    if (recovery->store == NULL) {                  /* nothing was attached */
        err = err == JET_errSuccess ? open_log(recovery, NULL, log) : err;
        return err == JET_errSuccess ? ese_log_set_checkpoint(*log, ese_log_end(*log)) : err;
    }
    if (err == JET_errSuccess) {
        tell(recovery, JET_sntBegin, 0);
        err = ese_recovery_redo(recovery);
        tell(recovery, err == JET_errSuccess ? JET_sntComplete : JET_sntFail, 100);
    }
    for (unsigned i = 0; i < ESE_LOG_DATABASES && err == JET_errSuccess && recovery->config->hard_first != 0; i++) {
        err = recovery->database[i] != NULL ? make_long_enough(recovery->database[i]) : JET_errSuccess;
    }
    if (err == JET_errSuccess) {
        err = ese_store_flush(recovery->store);
    }
    for (unsigned i = 0; i < ESE_LOG_DATABASES && err == JET_errSuccess && recovery->config->hard_first != 0; i++) {
        err = recovery->database[i] != NULL ? ese_database_check_pages(recovery->database[i]) : JET_errSuccess;
    }
    if (err == JET_errSuccess &&
        ((recovery->grbit & JET_bitRecoveryWithoutUndo) != 0 || recovery->config->stop_at != 0)) {
        err = JET_errRecoveredWithoutUndo;
    }
    if (err == JET_errSuccess) {
        err = open_log(recovery, recovery->entry, log);
    }
    if (err != JET_errSuccess) {
        return err;
    }
    ese_vstore_hold(recovery->store->vstore, ese_log_checkpoint(*log));
    ese_store_set_log(recovery->store, *log);
    err = ese_recovery_undo(recovery, *log);
    if (err == JET_errSuccess) {
        err = close_databases(recovery);
    }
    ese_vstore_hold(recovery->store->vstore, 0);
    return err == JET_errSuccess ? ese_log_set_checkpoint(*log, ese_log_end(*log)) : err;
}

/* With another file size than wished for, after everything is clean. */
static JET_ERR replace_files(struct ese_recovery *recovery, struct ese_log **log)
{
    if (!recovery->config->delete_mismatched) {
        return JET_errLogFileSizeMismatchDatabasesConsistent;
    }
    ese_log_survey_fini(&recovery->survey);
    JET_ERR err = ese_log_survey(&recovery->names, &recovery->survey);
    if (err == JET_errSuccess) {
        err = remove_all(recovery);
    }
    return err == JET_errSuccess ? ese_log_open(recovery->config, NULL, NULL, false, NULL, 0, 0, log) : err;
}

static JET_ERR open_existing(struct ese_recovery *recovery, const struct ese_log_header *current, struct ese_log **log)
{
    struct ese_checkpoint checkpoint = { 0 };
    const bool hard = recovery->config->hard_first != 0;
    uint32_t wished = recovery->config->file_size / ESE_LOG_SECTOR * ESE_LOG_SECTOR;
    bool found;
    if (current->page_size != recovery->config->page_size) {
        return JET_errPageSizeMismatch;
    }
    recovery->last = current->generation;
    JET_ERR err = check_range(recovery);
    if (err == JET_errSuccess) {
        err = ese_checkpoint_read(&recovery->names, &checkpoint, &found);
    }
    if (err == JET_errSuccess && hard) {
        found = false;                              /* it tells where another recovery would begin */
        memset(&checkpoint, 0, sizeof checkpoint);
        wished = current->file_size;
        err = ese_log_file_remove(&recovery->names, ESE_LOG_CHECKPOINT, 0);
    }
    if (err != JET_errSuccess) {
        return err;
    }
    const struct ese_checkpoint newest = checkpoint; /* of whatever log: ours must get a greater number */
    found = found && memcmp(&checkpoint.signature, &current->signature, 28) == 0;
    bool trusted = found && is_clean_end(recovery, current, &checkpoint); /* the checkpoint was written behind a sync */
    if (!trusted) {
        err = find_beginning(recovery, &checkpoint, found);
        if (err == JET_errSuccess) {
            err = ese_recovery_analyse(recovery);
        }
        if (err == JET_errSuccess && found && checkpoint.end > recovery->tail.end) {
            /* It was there once. */
            recovery->lost = recovery->lost || (recovery->grbit & JET_bitReplayIgnoreLostLogs) != 0;
            err = recovery->lost ? JET_errSuccess : JET_errLogFileCorrupt;
        }
    }
    recovery->clean = recovery->clean && !hard;
    recovery->tail.checkpoint_number = newest.number;
    recovery->tail.checkpoint_place = newest.place;
    if (err == JET_errSuccess && recovery->clean) {
        if (recovery->file_size != wished) {
            return replace_files(recovery, log);
        }
        err = trusted ? JET_errSuccess : make_durable(recovery);
        err = err == JET_errSuccess ? open_log(recovery, NULL, log) : err;
    } else if (err == JET_errSuccess) {
        err = recovery->store != NULL || !ese_recovery_attached(recovery) ? recover(recovery, log)
                                                                          : JET_errAttachedDatabaseMismatch;
        if (err == JET_errSuccess && recovery->file_size != wished) {
            if (recovery->store != NULL) {
                ese_store_set_log(recovery->store, NULL);
            }
            err = ese_log_close(*log, true);
            *log = NULL;
            if (err == JET_errSuccess) {
                err = replace_files(recovery, log);
            }
        }
    }
    if (err == JET_errSuccess && (recovery->grbit & JET_bitTruncateLogsAfterRecovery) != 0) {
        err = ese_log_truncate(*log);
    }
    return err;
}

/* A log that a power cut met before its first record: the name of the file was there, nothing else was asked to last. So its
 * header, one sector, may be anything, the file may end anywhere, and what is in it nobody wrote: all but a chunk. A
 * checkpoint may be there from lives that began and ended without a record. */
static bool was_never_used(struct ese_recovery *recovery)
{
    const ese_lsn beginning = ese_lsn_make(1, ESE_LOG_SECTOR);
    struct ese_checkpoint checkpoint;
    struct ese_file *file;
    unsigned char sector[ESE_LOG_SECTOR];
    bool found = false, chunk = false;
    if (recovery->survey.count != 0 || ese_checkpoint_read(&recovery->names, &checkpoint, &found) != JET_errSuccess ||
        (found && (checkpoint.end > beginning || checkpoint.last_chunk != 0)) ||
        ese_log_file_open(&recovery->names, ESE_LOG_CURRENT, 0, ESE_FILE_READ_ONLY, &file) != JET_errSuccess) {
        return false;
    }
    JET_ERR err = JET_errSuccess;
    for (uint64_t at = ESE_LOG_SECTOR; !chunk && err == JET_errSuccess; at += sizeof sector) {
        err = ese_file_read(file, at, sector, sizeof sector);
        chunk = err == JET_errSuccess && ese_get32(sector) == ESE_CHUNK_MAGIC;
    }
    ese_file_close(file);
    return !chunk && err == JET_errFileIOBeyondEOF;
}

static JET_ERR start(struct ese_recovery *recovery, struct ese_log **log)
{
    struct ese_file *file;
    struct ese_log_header current;
    JET_ERR err = look_around(recovery);
    if (err != JET_errSuccess) {
        return err;
    }
    bool fresh = !recovery->survey.current && recovery->survey.count == 0;
    if (fresh && recovery->config->hard_first != 0) {
        return JET_errMissingLogFile;
    }
    if (!fresh && !recovery->survey.current) {
        err = find_current(recovery);
    }
    if (!fresh && err == JET_errSuccess) {
        /* Locked while an instance uses it: JET_errFileAccessDenied. */
        err = ese_log_file_open(&recovery->names, ESE_LOG_CURRENT, 0, ESE_FILE_READ_ONLY | ESE_FILE_LOCK, &file);
        if (err == JET_errSuccess) {
            uint64_t size = 0;
            err = ese_log_header_read(file, &current);
            if (err == JET_errSuccess) {
                err = ese_file_size(file, &size);
                if (err == JET_errSuccess && size != current.file_size) {
                    err = JET_errLogFileSizeMismatch;
                }
                if (err != JET_errSuccess) {
                    ese_log_entries_clear(current.database);
                }
            }
            ese_file_close(file);
        }
        if (err == JET_errSuccess) {
            err = open_existing(recovery, &current, log);
            ese_log_entries_clear(current.database);
            return err;
        }
        if ((err == JET_errLogFileCorrupt || err == JET_errLogFileSizeMismatch) && recovery->config->hard_first == 0 &&
            was_never_used(recovery)) {
            err = JET_errSuccess;
            fresh = true;
        }
        if (err == JET_errBadLogVersion && recovery->config->delete_old && all_of_another_version(recovery)) {
            err = JET_errSuccess;
            fresh = true;
        }
    }
    if (fresh && err == JET_errSuccess) {
        err = remove_all(recovery);                 /* leftovers: a checkpoint, a prepared file */
    }
    return err == JET_errSuccess ? ese_log_open(recovery->config, NULL, NULL, false, NULL, 0, 0, log) : err;
}

JET_ERR ese_recover(struct ese_store *store, const struct ese_log_config *config, JET_GRBIT grbit, struct ese_log **log)
{
    struct ese_recovery *recovery = ese_calloc(1, sizeof *recovery);
    struct ese_log *made = NULL;
    if (recovery == NULL) {
        return JET_errOutOfMemory;
    }
    recovery->store = store;
    recovery->config = config;
    recovery->grbit = grbit;
    JET_ERR err = ese_log_names_init(&recovery->names, config);
    if (err == JET_errSuccess) {
        err = start(recovery, &made);
    }
    if (err == JET_errSuccess) {
        if (store != NULL) {
            ese_store_set_log(store, made);
        }
        *log = made;
    } else if (made != NULL && (store == NULL || ese_store_log(store) != made)) {
        (void)ese_log_close(made, false);
    }
    ese_losers_free(recovery);
    for (uint32_t i = 0; i < recovery->stays; i++) {
        ese_log_entry_clear(&recovery->stay[i].entry);
    }
    ese_free(recovery->stay);
    ese_free(recovery->await);
    ese_log_entries_clear(recovery->entry);
    ese_log_survey_fini(&recovery->survey);
    ese_log_names_fini(&recovery->names);
    ese_free(recovery);
    return err;
}
