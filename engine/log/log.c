/* The log object: its life, and the ways in. */
#include "engine/log/internal.h"

#define CHUNK_ROOM_MIN (64u << 10)
#define CHUNK_ROOM_MAX (4u << 20)
#define LAZY_MS 500                                 /* a lazy commit stays in memory no longer */
#define RESERVES 2u

/* ---- life ------------------------------------------------------------------------------------------------ */

static void free_log(struct ese_log *log)
{
    ese_chunks_free(log->open);
    ese_chunks_free(log->first);
    ese_chunks_free(log->spare);
    ese_log_entries_clear(log->next.database);
    ese_free(log->header);
    ese_file_close(log->file);
    ese_file_close(log->checkpoint_file);
    ese_log_names_fini(&log->names);
    ese_cond_fini(&log->flusher_wake);
    ese_valve_fini(&log->valve);
    ese_mutex_fini(&log->checkpointing);
    ese_cond_fini(&log->turn);
    ese_mutex_fini(&log->mutex);
    ese_free(log);
}

static JET_ERR make(const struct ese_log_config *config, struct ese_log **log)
{
    struct ese_log *made = ese_calloc(1, sizeof *made);
    if (made == NULL) {
        return JET_errOutOfMemory;
    }
    JET_ERR err = ese_mutex_init(&made->mutex);
    if (err == JET_errSuccess) {
        err = ese_cond_init(&made->turn);
        if (err == JET_errSuccess) {
            err = ese_mutex_init(&made->checkpointing);
            if (err == JET_errSuccess) {
                err = ese_cond_init(&made->flusher_wake);
                if (err == JET_errSuccess) {
                    err = ese_valve_init(&made->valve);
                    if (err == JET_errSuccess) {
                        *log = made;
                        return ese_log_names_init(&made->names, config);
                    }
                    ese_cond_fini(&made->flusher_wake);
                }
                ese_mutex_fini(&made->checkpointing);
            }
            ese_cond_fini(&made->turn);
        }
        ese_mutex_fini(&made->mutex);
    }
    ese_free(made);
    return err;
}

/* Files that hold room for a disk that gets full. Without them it just ends earlier. */
static void make_reserves(struct ese_log *log)
{
    for (unsigned i = 1; i <= RESERVES; i++) {
        struct ese_file *file;
        if (ese_log_file_open(&log->names, ESE_LOG_RESERVE, i, ESE_FILE_CREATE, &file) != JET_errSuccess) {
            break;
        }
        JET_ERR err = ese_file_set_size(file, log->file_size);
        ese_file_close(file);
        if (err != JET_errSuccess) {
            break;
        }
        log->reserves = i;
    }
}

/* A file that was left open is closed for good; the header of the next one knows by what. */
static JET_ERR end_file(struct ese_log *log, const struct ese_log_tail *tail)
{
    struct ese_file *file;
    if (tail == NULL || tail->closed) {
        return JET_errSuccess;
    }
    JET_ERR err = ese_log_file_open(&log->names, ESE_LOG_CURRENT, 0, 0, &file);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_log_write_end(file, log->file_size, &log->signature, tail->end, &log->next.previous_checksum);
    if (err == JET_errSuccess) {
        err = ese_file_sync(file);
    }
    ese_file_close(file);
    return err;
}

/* The present file becomes a closed one (tail given), a new one takes its place. */
static JET_ERR begin_generation(struct ese_log *log, const struct ese_log_tail *tail)
{
    uint32_t checksum = 0;
    struct ese_file *file = NULL;
    JET_ERR err = end_file(log, tail);
    if (err == JET_errSuccess) {
        checksum = ese_log_header_seal(log->header, log->header_size, log->next.previous_checksum);
        err = ese_log_file_create(&log->names, ESE_LOG_PREPARED, log->header, log->header_size, log->file_size,
                                  tail != NULL, &file);
    }
    if (err == JET_errSuccess) {
        ese_file_close(file);
    }
    if (err == JET_errSuccess && tail != NULL) {
        err = ese_log_file_rename(&log->names, ESE_LOG_CURRENT, ESE_LOG_CLOSED, tail->generation);
    }
    if (err == JET_errSuccess) {
        err = ese_log_file_rename(&log->names, ESE_LOG_PREPARED, ESE_LOG_CURRENT, 0);
    }
    if (err == JET_errSuccess) {
        err = ese_log_file_open(&log->names, ESE_LOG_CURRENT, 0, ESE_FILE_LOCK, &log->file);
    }
    if (err == JET_errSuccess && tail != NULL) {
        err = ese_directory_sync(log->names.folder); /* a new log lasts as soon as there is something in it */
    }
    if (err == JET_errSuccess) {
        log->generation = log->next.generation;
        log->checksum = checksum;
        log->created = log->next.created;
        log->end = ese_lsn_make(log->generation, log->header_size);
    }
    return err == JET_errDiskFull ? JET_errLogDiskFull : err;
}

/* Writes a copy of the checkpoint, never over the newest that is known to be on the disk: until the new one is there, too,
 * recovery may have to do with that one, and what is before it may be gone. checkpointing held. */
static JET_ERR save_checkpoint(struct ese_log *log, const struct ese_checkpoint *what, bool sync)
{
    struct ese_checkpoint saved = *what;
    saved.number = log->saved.number + 1;
    saved.place = log->saved_lasts ? 1 - log->saved.place : log->saved.place;
    JET_ERR err = ese_checkpoint_write(log->checkpoint_file, &saved, sync);
    if (err == JET_errSuccess) {
        log->saved = saved;
        log->saved_lasts = sync;
    }
    return err;
}

/* The first copy of this life. What the former one left may still be in the system's memory only. */
static JET_ERR begin_checkpoint(struct ese_log *log, const struct ese_log_tail *tail)
{
    const struct ese_checkpoint first = { .redo_from = log->checkpoint, .end = log->end, .signature = log->signature };
    JET_ERR err = ese_log_file_open(&log->names, ESE_LOG_CHECKPOINT, 0, ESE_FILE_CREATE, &log->checkpoint_file);
    if (err == JET_errSuccess && tail != NULL && tail->checkpoint_number != 0) {
        err = ese_file_sync(log->checkpoint_file);
        log->saved.number = tail->checkpoint_number;
        log->saved.place = tail->checkpoint_place;
        log->saved_lasts = err == JET_errSuccess;
    }
    return err == JET_errSuccess ? save_checkpoint(log, &first, false) : err;
}

JET_ERR ese_log_open(const struct ese_log_config *config, const JET_SIGNATURE *signature,
                     const struct ese_log_tail *tail, bool in_place, const struct ese_log_entry *attached,
                     ese_lsn redo_from, uint32_t oldest, struct ese_log **log)
{
    struct ese_log *made = NULL;
    JET_ERR err = make(config, &made);
    if (err != JET_errSuccess) {
        if (made != NULL) {
            free_log(made);
        }
        return err;
    }
    made->file_size = config->file_size / ESE_LOG_SECTOR * ESE_LOG_SECTOR;
    made->page_size = config->page_size;
    made->chunk_room = config->buffer_size < CHUNK_ROOM_MIN ? CHUNK_ROOM_MIN
                     : config->buffer_size > CHUNK_ROOM_MAX ? CHUNK_ROOM_MAX : ese_log_round(config->buffer_size);
    made->circular = config->circular;
    made->prepare_ahead = config->prepare_ahead;
    made->on_durable = config->on_durable;
    made->on_durable_arg = config->on_durable_arg;
    if (tail != NULL) {
        made->signature = *signature;
        made->commits = tail->commits;
        made->written_commits = made->told_commits = tail->commits;
        made->durable_commits = tail->commits;
    } else {
        ese_log_new_signature(&made->signature);
    }
    struct ese_log_header *next = &made->next;
    next->file_size = made->file_size;
    next->page_size = made->page_size;
    next->signature = made->signature;
    next->generation = tail != NULL ? tail->generation + 1 : 1;
    next->commits = made->commits;
    ese_log_time(&next->created);
    if (tail != NULL) {
        next->previous_end = tail->end;
        next->previous_checksum = tail->checksum;
        next->previous_created = tail->created;
    }
    for (unsigned i = 0; attached != NULL && i < ESE_LOG_DATABASES && err == JET_errSuccess; i++) {
        if (attached[i].id != 0) {
            struct ese_log_database view = ese_log_entry_view(&attached[i]);
            err = ese_log_entry_set(&next->database[i], &view);
        }
    }
    if (err == JET_errSuccess) {
        err = ese_log_remake_header(made);
    }
    if (err == JET_errSuccess && in_place) {
        made->end = tail->end;
        made->generation = tail->generation;
        made->checksum = tail->checksum;
        made->created = tail->created;
        err = ese_log_file_open(&made->names, ESE_LOG_CURRENT, 0, ESE_FILE_LOCK, &made->file);
    } else if (err == JET_errSuccess) {
        err = begin_generation(made, tail);
    }
    if (err != JET_errSuccess) {
        free_log(made);
        return err;
    }
    made->durable = made->written = made->end;
    made->checkpoint = redo_from != 0 ? redo_from : made->end;
    made->oldest = oldest != 0 ? oldest : made->generation;
    made->last_chunk = in_place ? tail->last_chunk : 0;
    made->fresh = tail == NULL || made->last_chunk == 0; /* lives without a record make no header last */
    make_reserves(made);
    err = begin_checkpoint(made, tail);
    if (err != JET_errSuccess) {
        free_log(made);
        return err;
    }
    *log = made;
    return JET_errSuccess;
}

JET_ERR ese_log_close(struct ese_log *log, bool clean)
{
    JET_ERR err = JET_errSuccess;
    ese_log_stop_flusher(log);
    if (clean && log->touched) {
        struct ese_record record;
        ese_lsn position = 0;
        ese_record_end(&record);
        ese_mutex_lock(&log->mutex);
        err = ese_log_append(log, record.bytes, record.size, &position);
        if (err == JET_errSuccess) {
            err = ese_log_write_to(log, position, true);
        }
        ese_mutex_unlock(&log->mutex);
    }
    if (clean && err == JET_errSuccess) {
        err = ese_log_set_checkpoint(log, log->end);
        if (err == JET_errSuccess) {
            struct ese_checkpoint saved = log->saved;
            saved.clean = true;
            saved.redo_from = saved.end = log->end;
            saved.last_chunk = log->last_chunk;
            saved.commits = log->commits;
            err = save_checkpoint(log, &saved, false);
        }
    }
    ese_mutex_lock(&log->mutex);
    ese_log_tell(log);
    ese_mutex_unlock(&log->mutex);
    free_log(log);
    return err;
}

/* ---- records --------------------------------------------------------------------------------------------- */

/* What still may be logged when the disk is full: whatever ends something. */
static bool ends_something(const struct ese_log_change *change)
{
    return change->undo == NULL || change->undo->kind == ESE_UNDO_NONE || change->undo->kind == ESE_UNDO_COMPENSATE;
}

JET_ERR ese_log_change(struct ese_log *log, const struct ese_log_change *change, ese_lsn *position)
{
    struct ese_record record;
    JET_ERR err = ese_record_change(&record, change);
    if (err != JET_errSuccess) {
        return err;
    }
    ese_mutex_lock(&log->mutex);
    err = log->disk_full && !ends_something(change) ? JET_errLogDiskFull
                                                    : ese_log_append(log, record.bytes, record.size, position);
    ese_mutex_unlock(&log->mutex);
    ese_record_free(&record);
    return err;
}

JET_ERR ese_log_flush_to(struct ese_log *log, ese_lsn position)
{
    if (log->durable >= position) {
        return JET_errSuccess;
    }
    ese_mutex_lock(&log->mutex);
    JET_ERR err = ese_log_write_to(log, position, true);
    ese_mutex_unlock(&log->mutex);
    return err;
}

JET_ERR ese_log_commit(struct ese_log *log, uint64_t transaction, JET_GRBIT grbit, uint32_t within_ms,
                       uint64_t *commit_id, ese_lsn *position)
{
    struct ese_record record;
    ese_lsn end = 0;
    bool lazy = (grbit & JET_bitCommitLazyFlush) != 0;
    ese_mutex_lock(&log->mutex);
    JET_ERR err = ese_log_wait_for_room(log, false); /* before the number is taken: others may commit meanwhile */
    if (err == JET_errSuccess) {
        ese_record_transaction(&record, ESE_RECORD_COMMIT, transaction, log->commits + 1);
        err = ese_log_append(log, record.bytes, record.size, &end);
    }
    if (err == JET_errSuccess) {
        uint64_t number = ++log->commits;
        struct ese_chunk *holder = log->open != NULL ? log->open : log->last; /* where the record ends */
        holder->commits = number;
        if (commit_id != NULL) {
            *commit_id = number;
        }
        if (position != NULL) {
            *position = end;
        }
        if (lazy) {
            ese_log_promise(log, within_ms != 0 && within_ms < LAZY_MS ? within_ms : LAZY_MS);
        } else {
            err = ese_log_write_to(log, end, true);
        }
    }
    ese_mutex_unlock(&log->mutex);
    return err;
}

JET_ERR ese_log_rollback_done(struct ese_log *log, uint64_t transaction)
{
    struct ese_record record;
    ese_lsn position;
    ese_record_transaction(&record, ESE_RECORD_ROLLBACK, transaction, 0);
    ese_mutex_lock(&log->mutex);
    JET_ERR err = ese_log_append(log, record.bytes, record.size, &position);
    ese_mutex_unlock(&log->mutex);
    return err;
}

/* The next file's header knows of the change before the record is in, as the file may end in the middle of the record;
 * on an error it is as before. */
static JET_ERR set_attached(struct ese_log *log, uint32_t id, const struct ese_log_database *database)
{
    struct ese_log_entry *entry = &log->next.database[id - 1], kept = *entry;
    memset(entry, 0, sizeof *entry);
    JET_ERR err = database != NULL ? ese_log_entry_set(entry, database) : JET_errSuccess;
    if (err == JET_errSuccess) {
        err = ese_log_remake_header(log);
    }
    if (err != JET_errSuccess) {
        ese_log_entry_clear(entry);
        *entry = kept;
    } else {
        ese_log_entry_clear(&kept);
    }
    return err;
}

static JET_ERR log_database(struct ese_log *log, enum ese_record_kind kind, const struct ese_log_database *database,
                            ese_lsn *position)
{
    struct ese_record record;
    JET_ERR err = ese_record_database(&record, kind, database);
    if (err != JET_errSuccess) {
        return err;
    }
    ese_mutex_lock(&log->mutex);
    err = log->disk_full ? JET_errLogDiskFull : set_attached(log, database->id, database);
    if (err == JET_errSuccess) {
        err = ese_log_append(log, record.bytes, record.size, position);
        if (err == JET_errSuccess) {
            err = ese_log_write_to(log, *position, true);
        } else {
            (void)set_attached(log, database->id, NULL);
        }
    }
    ese_mutex_unlock(&log->mutex);
    ese_record_free(&record);
    return err;
}

JET_ERR ese_log_create_database(struct ese_log *log, const struct ese_log_database *database, ese_lsn *position)
{
    return log_database(log, ESE_RECORD_CREATE, database, position);
}

JET_ERR ese_log_attach_database(struct ese_log *log, const struct ese_log_database *database, ese_lsn *position)
{
    return log_database(log, ESE_RECORD_ATTACH, database, position);
}

JET_ERR ese_log_detach_database(struct ese_log *log, uint32_t id, bool durable, ese_lsn *position)
{
    struct ese_record record;
    ese_record_detach(&record, id);
    ese_mutex_lock(&log->mutex);
    JET_ERR err = set_attached(log, id, NULL);
    if (err == JET_errSuccess) {
        err = ese_log_append(log, record.bytes, record.size, position);
    }
    if (err == JET_errSuccess && durable) {
        err = ese_log_write_to(log, *position, true);
    }
    ese_mutex_unlock(&log->mutex);
    return err;
}

/* ---- positions, checkpoint ------------------------------------------------------------------------------- */

bool ese_log_is_full(const struct ese_log *log)
{
    return log->waiting_bytes >= log->chunk_room;
}

void ese_log_make_room(struct ese_log *log)
{
    if (ese_log_is_full(log)) {
        ese_mutex_lock(&log->mutex);
        (void)ese_log_wait_for_room(log, false);    /* who logs something is told what is wrong */
        ese_mutex_unlock(&log->mutex);
    }
}

ese_lsn ese_log_end(struct ese_log *log)
{
    return log->end;
}

ese_lsn ese_log_durable(struct ese_log *log)
{
    return log->durable;
}

ese_lsn ese_log_checkpoint(struct ese_log *log)
{
    return log->checkpoint;
}

/* Lets go of the generations before the one given, but for those a backup needs. checkpointing held. */
static JET_ERR remove_before(struct ese_log *log, uint32_t generation)
{
    JET_ERR err = JET_errSuccess;
    if (log->pinned != 0 && log->pinned < generation) {
        generation = log->pinned;
    }
    while (err == JET_errSuccess && log->oldest < generation) {
        err = ese_log_file_remove(&log->names, ESE_LOG_CLOSED, log->oldest);
        log->oldest += err == JET_errSuccess ? 1 : 0;
    }
    return err;
}

JET_ERR ese_log_set_checkpoint(struct ese_log *log, ese_lsn redo_from)
{
    JET_ERR err = ese_valve_enter(&log->valve);
    if (err != JET_errSuccess) {
        return err;
    }
    ese_lsn durable = log->durable;
    redo_from = redo_from < durable ? redo_from : durable;
    ese_mutex_lock(&log->checkpointing);
    if (redo_from > log->checkpoint) {
        uint32_t generation = ese_lsn_generation(redo_from);
        bool removes = log->circular && generation > log->oldest;
        struct ese_checkpoint saved = log->saved;
        saved.redo_from = redo_from;
        saved.end = durable;
        saved.clean = false;
        err = save_checkpoint(log, &saved, removes);
        if (err == JET_errSuccess) {
            log->checkpoint = redo_from;
        }
        if (err == JET_errSuccess && removes) {
            err = remove_before(log, generation);
        }
    }
    ese_mutex_unlock(&log->checkpointing);
    ese_valve_leave(&log->valve);
    return err;
}

JET_ERR ese_log_truncate(struct ese_log *log)
{
    JET_ERR err = ese_valve_enter(&log->valve);
    if (err != JET_errSuccess) {
        return err;
    }
    ese_mutex_lock(&log->checkpointing);
    if (!log->saved_lasts) {
        err = ese_file_sync(log->checkpoint_file);
        log->saved_lasts = err == JET_errSuccess;
    }
    if (err == JET_errSuccess) {
        err = remove_before(log, ese_lsn_generation(log->checkpoint));
    }
    ese_mutex_unlock(&log->checkpointing);
    ese_valve_leave(&log->valve);
    return err;
}

uint64_t ese_log_bytes_between(struct ese_log *log, ese_lsn from, ese_lsn to)
{
    if (to <= from) {
        return 0;
    }
    uint64_t files = ese_lsn_generation(to) - ese_lsn_generation(from);
    return files * log->file_size + ese_lsn_offset(to) - ese_lsn_offset(from);
}

void ese_log_signature(struct ese_log *log, JET_SIGNATURE *signature)
{
    *signature = log->signature;
}

JET_ERR ese_log_roll(struct ese_log *log)
{
    ese_mutex_lock(&log->mutex);
    JET_ERR err = ese_log_write_to(log, log->end, true);
    if (err == JET_errSuccess) {
        ese_log_close_chunk(log);                   /* somebody may have begun one while the mutex was given up */
        log->force_generation = true;
    }
    ese_mutex_unlock(&log->mutex);
    return err;
}

uint64_t ese_log_syncs(struct ese_log *log)
{
    ese_mutex_lock(&log->mutex);
    uint64_t syncs = log->syncs;
    ese_mutex_unlock(&log->mutex);
    return syncs;
}
