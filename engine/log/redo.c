/* The second pass: the databases as they were when the log ended; who was in a transaction then. */
#include "engine/log/recovery.h"
#include "engine/table/header.h"

/* ---- databases ------------------------------------------------------------------------------------------- */

static struct ese_stay *stay_from(const struct ese_recovery *recovery, uint32_t id, ese_lsn from)
{
    for (uint32_t i = 0; i < recovery->stays; i++) {
        if (recovery->stay[i].entry.id == id && recovery->stay[i].from == from) {
            return &recovery->stay[i];
        }
    }
    return NULL;
}

static bool is_zero(const JET_SIGNATURE *signature)
{
    static const unsigned char zero[28];
    return memcmp(signature, zero, sizeof zero) == 0;
}

/* Where the database is now; NULL: the caller did not say, though he spoke of others. */
static const char *mapped(const struct ese_recovery *recovery, const struct ese_log_entry *entry)
{
    for (uint32_t i = 0; i < recovery->config->map_count; i++) {
        const struct ese_log_map *map = &recovery->config->map[i];
        if (map->old_path != NULL && ese_path_same(map->old_path, entry->path)) {
            return map->new_path;
        }
    }
    bool silent = recovery->config->map_count == 0 || (recovery->grbit & JET_bitReplayMissingMapEntryDB) != 0;
    return silent ? entry->path : NULL;
}

/* An earlier stay of the same database was restored. */
static bool was_restored(const struct ese_recovery *recovery, const JET_SIGNATURE *signature)
{
    bool found = false;
    for (uint32_t i = 0; i < recovery->stays && !found; i++) {
        const struct ese_stay *stay = &recovery->stay[i];
        found = stay->restored && memcmp(&stay->entry.signature, signature, 28) == 0;
    }
    return found;
}

/* The header of the file agrees with the log: it is that database, it was last in this log, and the generations it needs
 * are all there. *other: a restore is after a later database, which has the path now. What a restore was given is not made again. */
static JET_ERR check_header(const struct ese_recovery *recovery, const struct ese_stay *stay, const char *path, bool *other)
{
    const struct ese_log_entry *entry = &stay->entry;
    bool hard = recovery->config->hard_first != 0;
    bool created = stay->created && !(hard && recovery->config->map_count != 0);
    struct ese_file *file;
    struct ese_header header;
    JET_ERR err = ese_file_open(path, ESE_FILE_READ_ONLY, &file);
    if (err != JET_errSuccess) {
        bool missing = err == JET_errFileNotFound || err == JET_errInvalidPath;
        return !missing ? err : created ? JET_errSuccess : JET_errAttachedDatabaseMismatch;
    }
    uint64_t size = 0;
    err = ese_header_read(file, &header, NULL);
    if (err == JET_errSuccess) {
        err = ese_file_size(file, &size);
    }
    ese_file_close(file);
    if (err == JET_errSuccess && hard && size < (uint64_t)header.copied * header.page_size) {
        return JET_errDatabaseCorrupted;
    }
    if (err != JET_errSuccess) {
        return created && err == JET_errDatabaseCorrupted ? JET_errSuccess : err;
    }
    if (created && header.state == ESE_STATE_NEW) {
        return JET_errSuccess;                      /* it is made again */
    }
    if (memcmp(&header.signature, &entry->signature, 28) != 0) {
        *other = hard && stay->ended;
        return *other ? JET_errSuccess : JET_errAttachedDatabaseMismatch;
    }
    if (hard && header.copy.genLow == 0 && !was_restored(recovery, &entry->signature)) {
        return JET_errRestoreOfNonBackupDatabase;
    }
    bool ours = memcmp(&header.log_signature, &recovery->signature, 28) == 0;
    if (!ours && !is_zero(&header.log_signature) &&
        (header.state != ESE_STATE_CLEAN || stay->from < recovery->redo_from)) {
        return JET_errDatabaseLogSetMismatch;       /* clean: the crash came between attach and header, it is from elsewhere */
    }
    if (hard && header.state == ESE_STATE_CLEAN && was_restored(recovery, &entry->signature)) {
        return JET_errSuccess;                      /* this restore has just detached it */
    }
    if (hard && header.copy.genLow < recovery->first) {
        return JET_errStartingRestoreLogTooHigh;
    }
    if (!hard && header.copy.genLow != 0) {
        return JET_errSoftRecoveryOnBackupDatabase;
    }
    if (header.state == ESE_STATE_CLEAN) {
        /* Clean since before this stay, part of which is before the checkpoint: an older copy. Clean behind the end of the
         * log: the log is the older one. */
        ese_lsn clean = header.consistent.position;
        ese_lsn began = stay->from != 0 ? stay->from : ese_lsn_make(recovery->first, 0); /* or earlier */
        bool behind = stay->from < recovery->redo_from && (!ours || clean < began);
        return behind || (ours && clean > recovery->tail.end) ? JET_errConsistentTimeMismatch : JET_errSuccess;
    }
    if ((header.gen_min != 0 && header.gen_min < recovery->first) || header.gen_max > recovery->last) {
        return JET_errRequiredLogFilesMissing;
    }
    return JET_errSuccess;
}

static JET_ERR open_stay(struct ese_recovery *recovery, struct ese_stay *stay)
{
    uint32_t id = stay->entry.id;
    struct ese_log_database info = ese_log_entry_view(&stay->entry);
    info.path = mapped(recovery, &stay->entry);
    if (info.path == NULL && recovery->config->hard_first != 0) {
        return JET_errSuccess;                      /* not one of those to be restored */
    }
    if (info.page_size != recovery->store->config.page_size) {
        return JET_errPageSizeMismatch;
    }
    bool other = false;
    JET_ERR err = info.path != NULL ? check_header(recovery, stay, info.path, &other)
                                    : JET_errAttachedDatabaseMismatch;
    if (err == JET_errSuccess && other) {
        return JET_errSuccess;
    }
    if (err == JET_errSuccess) {
        err = ese_database_open_for_recovery(recovery->store, &info, stay->created, &recovery->database[id - 1]);
    }
    if (err == JET_errBadDbSignature) {
        err = JET_errAttachedDatabaseMismatch;
    }
    if (err == JET_errAttachedDatabaseMismatch && (recovery->grbit & JET_bitReplayIgnoreMissingDB) != 0) {
        return JET_errSuccess;                      /* it goes without */
    }
    stay->restored = err == JET_errSuccess;
    if (err == JET_errSuccess) {
        recovery->database[id - 1]->header.log_signature = recovery->signature;
        err = ese_log_entry_set(&recovery->entry[id - 1], &info);
    }
    return err;
}

/* The copy a restore begins with may be from any stay. */
static bool is_redone(const struct ese_recovery *recovery, const struct ese_stay *stay)
{
    return !stay->ended || recovery->config->hard_first != 0;
}

/* A detach that a restore comes by: all changes up to here are done. */
static JET_ERR leave(struct ese_recovery *recovery, const struct ese_log_read *read)
{
    uint32_t id = ese_get32(read->bytes + ESE_RECORD_HEADER);
    struct ese_database *there = id != 0 && id <= ESE_LOG_DATABASES ? recovery->database[id - 1] : NULL;
    if (recovery->config->hard_first == 0 || there == NULL) {
        return JET_errSuccess;
    }
    for (uint32_t i = 0; i < recovery->awaits; i++) {
        if (recovery->await[i].database == id) {
            return recovery->await[i].err;
        }
    }
    recovery->database[id - 1] = NULL;
    ese_log_entry_clear(&recovery->entry[id - 1]);
    return ese_database_detach(there);
}

static JET_ERR arrive(struct ese_recovery *recovery, const struct ese_log_read *read)
{
    uint32_t id = ese_get32(read->bytes + ESE_RECORD_HEADER);
    struct ese_stay *stay = stay_from(recovery, id, read->end);
    struct ese_database *there = id != 0 && id <= ESE_LOG_DATABASES ? recovery->database[id - 1] : NULL;
    if (stay == NULL && there != NULL) {
        /* The attach at the end of a create: from now on it is a database to keep. */
        struct ese_log_database info = ese_log_entry_view(&recovery->entry[id - 1]);
        return ese_database_open_for_recovery(recovery->store, &info, false, &recovery->database[id - 1]);
    }
    return stay != NULL && is_redone(recovery, stay) ? open_stay(recovery, stay) : JET_errSuccess;
}

/* ---- pages ----------------------------------------------------------------------------------------------- */

static struct ese_await *find_await(struct ese_recovery *recovery, uint32_t database, uint32_t page)
{
    for (uint32_t i = 0; i < recovery->awaits; i++) {
        if (recovery->await[i].database == database && recovery->await[i].page == page) {
            return &recovery->await[i];
        }
    }
    return NULL;
}

static JET_ERR await(struct ese_recovery *recovery, uint32_t database, uint32_t page, JET_ERR why)
{
    if (find_await(recovery, database, page) != NULL) {
        return JET_errSuccess;
    }
    if (recovery->awaits == recovery->await_room) {
        uint32_t room = recovery->await_room != 0 ? recovery->await_room * 2 : 16;
        struct ese_await *longer = ese_realloc(recovery->await, room * sizeof *longer);
        if (longer == NULL) {
            return JET_errOutOfMemory;
        }
        recovery->await = longer;
        recovery->await_room = room;
    }
    recovery->await[recovery->awaits++] = (struct ese_await){ database, page, why };
    return JET_errSuccess;
}

static bool is_damage(JET_ERR err)
{
    return err == JET_errReadVerifyFailure || err == JET_errPageNotInitialized || err == JET_errFileIOBeyondEOF;
}

/*
 * An image is applied whatever the file holds: everything that came behind it comes again. A difference fits only the
 * state it was made from. A page that is further already was written before; one that is not readable, or further
 * back, must be followed by an image: the page was torn, or its last write lost, in a dirtiness that began later. So must
 * one that is between the two states: it is of another history.
 */
static JET_ERR redo_page(struct ese_recovery *recovery, uint32_t id, const struct ese_page_view *view, ese_lsn end)
{
    struct ese_cache *cache = recovery->store->cache;
    struct ese_cache_file *file = &recovery->database[id - 1]->file;
    uint32_t page_size = ese_cache_page_size(cache);
    struct ese_buffer *buffer;
    JET_ERR err = ese_cache_take(cache, file, view->page, view->image, &buffer);
    if (!view->image && is_damage(err)) {
        return await(recovery, id, view->page, err == JET_errFileIOBeyondEOF ? JET_errReadVerifyFailure : err);
    }
    if (err != JET_errSuccess) {
        return err;
    }
    ese_lsn now = ese_get64(buffer->data + ESE_PAGE_LSN);
    bool apply = view->image || now == view->before;
    if (apply) {
        ese_page_view_apply(view, buffer->data, page_size);
        ese_put32(buffer->data + ESE_PAGE_NUMBER, view->page);
        ese_put64(buffer->data + ESE_PAGE_LSN, end);
        buffer->sound = false;
    }
    ese_cache_give_back(buffer, apply);
    if (view->image) {
        struct ese_await *waiting = find_await(recovery, id, view->page);
        if (waiting != NULL) {
            *waiting = recovery->await[--recovery->awaits];
        }
    } else if (!apply && now < end) {
        return await(recovery, id, view->page, now < view->before ? JET_errDbTimeTooOld : JET_errDbTimeTooNew);
    } else if (now > recovery->tail.end && !recovery->lost) {
        return JET_errDbTimeBeyondMaxRequired;
    }
    return JET_errSuccess;
}

/* ---- transactions ---------------------------------------------------------------------------------------- */

static struct ese_loser **loser_of(struct ese_recovery *recovery, uint64_t id)
{
    struct ese_loser **at = &recovery->loser[id % ESE_LOSER_BUCKETS];
    while (*at != NULL && (*at)->id != id) {
        at = &(*at)->next;
    }
    return at;
}

static JET_ERR keep_note(struct ese_recovery *recovery, const struct ese_change_view *view)
{
    const struct ese_log_undo *undo = &view->undo;
    struct ese_loser **place = loser_of(recovery, undo->transaction), *loser = *place;
    if (loser == NULL) {
        loser = ese_calloc(1, sizeof *loser);
        if (loser == NULL) {
            return JET_errOutOfMemory;
        }
        loser->id = undo->transaction;
        *place = loser;
    }
    if (undo->kind == ESE_UNDO_COMPENSATE) {
        struct ese_note *note = loser->newest;
        if (note == NULL || note->root != undo->root || note->database != view->database) {
            loser->unmatched++;
        } else {
            loser->newest = note->earlier;
            ese_free(note);
        }
        return JET_errSuccess;
    }
    struct ese_note *note = ese_alloc(sizeof *note + undo->key_size + undo->before_size);
    if (note == NULL) {
        return JET_errOutOfMemory;
    }
    *note = (struct ese_note){ loser->newest, view->database, undo->kind, undo->revived, undo->root, undo->key_size,
                               undo->before_size };
    memcpy(note->bytes, undo->key, undo->key_size);
    memcpy(note->bytes + undo->key_size, undo->before, undo->before_size);
    loser->newest = note;
    return JET_errSuccess;
}

/* The transaction ended. Of a committed one the deletes are remembered: their records are still flagged in the trees. */
static JET_ERR end_transaction(struct ese_recovery *recovery, const struct ese_log_read *read)
{
    bool commit = read->kind == ESE_RECORD_COMMIT;
    if (read->size != ESE_RECORD_HEADER + (commit ? 16u : 8u)) {
        return JET_errLogFileCorrupt;
    }
    struct ese_loser **place = loser_of(recovery, ese_get64(read->bytes + ESE_RECORD_HEADER)), *loser = *place;
    if (loser == NULL) {
        return JET_errSuccess;
    }
    *place = loser->next;
    while (loser->newest != NULL) {
        struct ese_note *note = loser->newest;
        loser->newest = note->earlier;
        if (commit && note->kind == ESE_UNDO_DELETE) {
            note->earlier = recovery->deleted;
            recovery->deleted = note;
        } else {
            ese_free(note);
        }
    }
    ese_free(loser);
    return JET_errSuccess;
}

void ese_losers_free(struct ese_recovery *recovery)
{
    struct ese_note *note;
    for (unsigned i = 0; i < ESE_LOSER_BUCKETS; i++) {
        while (recovery->loser[i] != NULL) {
            struct ese_loser *loser = recovery->loser[i];
            recovery->loser[i] = loser->next;
            while ((note = loser->newest) != NULL) {
                loser->newest = note->earlier;
                ese_free(note);
            }
            ese_free(loser);
        }
    }
    while ((note = recovery->deleted) != NULL) {
        recovery->deleted = note->earlier;
        ese_free(note);
    }
}

static JET_ERR redo_change(struct ese_recovery *recovery, const struct ese_log_read *read)
{
    struct ese_change_view view;
    struct ese_page_view page;
    if (!ese_record_view_change(read->bytes, read->size, &view)) {
        return JET_errLogFileCorrupt;
    }
    if (recovery->database[view.database - 1] == NULL) {
        return JET_errSuccess;
    }
    uint32_t page_size = recovery->store->config.page_size;
    JET_ERR err = JET_errSuccess;
    for (uint32_t i = 0; i < view.pages && err == JET_errSuccess; i++) {
        err = ese_record_next_page(&view, page_size, &page) ? redo_page(recovery, view.database, &page, read->end)
                                                            : JET_errLogFileCorrupt;
    }
    return err == JET_errSuccess && view.undo.kind != ESE_UNDO_NONE ? keep_note(recovery, &view) : err;
}

/* A transaction may have notes before the checkpoint when it had ended before that moved. One that is still to be taken back
 * has none there, so a compensation without its note says that part of it is missing, and the rest must stay alone. */
static JET_ERR check_losers(const struct ese_recovery *recovery)
{
    for (unsigned i = 0; i < ESE_LOSER_BUCKETS; i++) {
        for (const struct ese_loser *loser = recovery->loser[i]; loser != NULL; loser = loser->next) {
            if (loser->unmatched != 0) {
                return JET_errLogFileCorrupt;
            }
        }
    }
    return JET_errSuccess;
}

/* Pages the file was cut short of (ese_space_shrink) are behind what the database owns in the end: nothing comes for them
 * any more, and nothing has to. */
static JET_ERR forget_cut(struct ese_recovery *recovery)
{
    for (uint32_t i = recovery->awaits; i-- != 0;) {
        struct ese_database *database = recovery->database[recovery->await[i].database - 1];
        uint32_t end = UINT32_MAX;
        JET_ERR err = database != NULL ? ese_space_end(&database->space, &end) : JET_errSuccess;
        if (err != JET_errSuccess) {
            return err;
        }
        if (recovery->await[i].page >= end) {
            recovery->await[i] = recovery->await[--recovery->awaits];
        }
    }
    return JET_errSuccess;
}

/* ---- all of it ------------------------------------------------------------------------------------------- */

/* A file counts when the next one is begun. */
static void tell_progress(const struct ese_recovery *recovery, uint32_t generation, uint32_t *percent)
{
    uint64_t done = (uint64_t)(generation - recovery->first) * 100 / (recovery->last - recovery->first + 1);
    if (done > *percent && recovery->config->status != NULL) {
        *percent = (uint32_t)done;
        recovery->config->status(recovery->config->status_arg, JET_sntProgress, *percent);
    }
}

JET_ERR ese_recovery_redo(struct ese_recovery *recovery)
{
    struct ese_log_reader reader;
    struct ese_log_read read;
    JET_ERR err = ese_log_reader_open(&reader, &recovery->names, &recovery->survey, recovery->first, recovery->last);
    if (err != JET_errSuccess) {
        return err;
    }
    for (uint32_t i = 0; i < recovery->stays && err == JET_errSuccess; i++) {
        if (recovery->stay[i].from == 0 && is_redone(recovery, &recovery->stay[i])) {
            err = open_stay(recovery, &recovery->stay[i]);
        }
    }
    uint32_t percent = 0;
    while (err == JET_errSuccess && (err = ese_log_reader_next(&reader, &read)) == JET_errSuccess) {
        tell_progress(recovery, reader.header.generation, &percent);
        if (recovery->config->stop_at != 0 && read.end > recovery->config->stop_at) {
            err = JET_errNoCurrentRecord;
            break;
        }
        if (read.kind == ESE_RECORD_CREATE || read.kind == ESE_RECORD_ATTACH) {
            err = arrive(recovery, &read);
        } else if (read.kind == ESE_RECORD_DETACH) {
            err = leave(recovery, &read);
        } else if (read.start < recovery->redo_from) {
            continue;
        } else if (read.kind == ESE_RECORD_CHANGE) {
            err = redo_change(recovery, &read);
        } else if (read.kind == ESE_RECORD_COMMIT || read.kind == ESE_RECORD_ROLLBACK) {
            err = end_transaction(recovery, &read);
        }
    }
    ese_log_reader_close(&reader);
    if (err == JET_errNoCurrentRecord) {
        err = forget_cut(recovery);
        if (err == JET_errSuccess && recovery->awaits != 0) {
            err = recovery->await[0].err;
        }
        if (err == JET_errSuccess && recovery->config->stop_at == 0) {
            err = check_losers(recovery);
        }
    }
    return err;
}
