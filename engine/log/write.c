/* Chunks into files: one writer at a time, for everybody who waits; new generations; what happens on a full disk. */
#include "engine/log/internal.h"

#define ALLOCATE_FIRST (256u << 10)                 /* what a file has on the disk before it is known to be needed */

static JET_ERR failure(JET_ERR err)
{
    return err == JET_errSuccess || err == JET_errOutOfMemory ? err
         : err == JET_errDiskFull || err == JET_errLogDiskFull ? JET_errLogDiskFull : JET_errLogWriteFail;
}

/* ---- room on the disk: the writer only ------------------------------------------------------------------- */

static void fill_reserves(struct ese_log *log)
{
    log->reserves_filled = true;
    for (unsigned i = log->reserves; i != 0; i--) {
        struct ese_file *file;
        JET_ERR err = ese_log_file_open(&log->names, ESE_LOG_RESERVE, i, 0, &file);
        if (err == JET_errSuccess) {
            err = ese_file_reserve(file, 0, log->file_size);
            ese_file_close(file);
        }
        if (err != JET_errSuccess) {
            (void)ese_log_file_remove(&log->names, ESE_LOG_RESERVE, i); /* it would hold no room for anybody */
            log->reserves = i - 1;
        }
    }
}

/* The disk is full: from now on only endings are logged; one reserve makes room for them. False: none is left. */
static bool use_reserve(struct ese_log *log)
{
    ese_mutex_lock(&log->mutex);
    log->disk_full = true;
    ese_mutex_unlock(&log->mutex);
    if (log->reserves == 0) {
        return false;
    }
    (void)ese_log_file_remove(&log->names, ESE_LOG_RESERVE, log->reserves--);
    return true;
}

/* The file has room on the disk for everything up to end. */
static JET_ERR allocate(struct ese_log *log, uint32_t end)
{
    if (end <= log->allocated) {
        return JET_errSuccess;
    }
    bool rest = log->allocated >= ALLOCATE_FIRST || end > ALLOCATE_FIRST;
    uint32_t target = rest ? log->file_size : ALLOCATE_FIRST < log->file_size ? ALLOCATE_FIRST : log->file_size;
    JET_ERR err;
    do {
        err = ese_file_reserve(log->file, log->allocated, target - log->allocated);
    } while (err == JET_errDiskFull && use_reserve(log));
    if (err == JET_errSuccess) {
        log->allocated = target;
        if (rest && !log->reserves_filled) {
            fill_reserves(log);
        }
    }
    return err;
}

/* ---- new generations ------------------------------------------------------------------------------------- */

static JET_ERR sync_file(struct ese_log *log, ese_lsn end)
{
    JET_ERR err = ese_file_sync(log->file);
    log->syncs++;
    if (err == JET_errSuccess) {
        log->durable = end;
        log->durable_commits = log->written_commits;
    }
    return err;
}

JET_ERR ese_log_write_end(struct ese_file *file, uint32_t file_size, const JET_SIGNATURE *signature, ese_lsn end,
                          uint32_t *checksum)
{
    unsigned char sector[ESE_LOG_SECTOR] = { 0 };
    uint32_t offset = ese_log_round(ese_lsn_offset(end));
    if (offset >= file_size) {
        return JET_errSuccess;
    }
    const struct ese_chunk_header header = { ese_lsn_make(ese_lsn_generation(end), offset), 0, 0, ESE_CHUNK_NO_RECORD,
                                             signature->ulRandom, *checksum };
    *checksum = ese_chunk_seal(sector, &header);
    return ese_file_write(file, offset, sector, sizeof sector);
}

/* The last word of the present file. */
static JET_ERR end_file(struct ese_log *log, ese_lsn end)
{
    uint32_t behind = ese_log_round(ese_lsn_offset(end)) + ESE_LOG_SECTOR;
    JET_ERR err = behind <= log->file_size ? allocate(log, behind) : JET_errSuccess;
    if (err == JET_errSuccess) {
        err = ese_log_write_end(log->file, log->file_size, &log->signature, end, &log->checksum);
    }
    return err == JET_errSuccess ? sync_file(log, end) : err;
}

/* The chunk begins a file. The header is complete in the prepared file before the present one gets its final name; so at
 * every moment recovery finds either the current file or a prepared one that says it is the next. */
static JET_ERR roll(struct ese_log *log, struct ese_chunk *chunk)
{
    struct ese_file *made = NULL;
    JET_LOGTIME now;
    JET_ERR err = end_file(log, ese_get64(chunk->bytes + 24));
    if (err != JET_errSuccess) {
        return err;
    }
    ese_mutex_lock(&log->mutex);
    while (log->preparing) {
        ese_cond_wait(&log->turn, &log->mutex);
    }
    bool ready = log->prepared;
    log->prepared = log->prepare = false;
    ese_mutex_unlock(&log->mutex);

    ese_log_time(&now);
    memcpy(chunk->bytes + 68, &now, sizeof now);
    memcpy(chunk->bytes + 76, &log->created, sizeof now);
    uint32_t checksum = ese_log_header_seal(chunk->bytes, chunk->file_header, log->checksum);
    do {
        err = ese_log_file_create(&log->names, ESE_LOG_PREPARED, chunk->bytes, chunk->file_header, log->file_size,
                                  true, &made);
    } while (err == JET_errDiskFull && use_reserve(log));
    if (err == JET_errSuccess) {
        ese_file_close(made);
        ese_file_close(log->file);
        log->file = NULL;
        err = ese_log_file_rename(&log->names, ESE_LOG_CURRENT, ESE_LOG_CLOSED, log->generation);
    }
    if (err == JET_errSuccess) {
        err = ese_log_file_rename(&log->names, ESE_LOG_PREPARED, ESE_LOG_CURRENT, 0);
    }
    if (err == JET_errSuccess) {
        err = ese_directory_sync(log->names.folder);
    }
    if (err == JET_errSuccess) {
        err = ese_log_file_open(&log->names, ESE_LOG_CURRENT, 0, ESE_FILE_LOCK, &log->file);
    }
    if (err == JET_errSuccess) {
        log->generation = ese_lsn_generation(chunk->lsn);
        log->allocated = ready ? log->file_size : chunk->file_header;
        log->checksum = checksum;
        log->last_chunk = 0;
        log->created = now;
    }
    return err;
}

/* The sync is for speed only: whoever comes to need the file then waits for its header, not for all of it. */
void ese_log_prepare(struct ese_log *log)
{
    struct ese_file *file;
    log->prepare = false;
    if (!ese_valve_try_enter(&log->valve)) {
        return;                                     /* the next write asks again */
    }
    log->preparing = true;
    ese_mutex_unlock(&log->mutex);
    JET_ERR err = ese_log_file_open(&log->names, ESE_LOG_PREPARED, 0, ESE_FILE_CREATE | ESE_FILE_TRUNCATE, &file);
    if (err == JET_errSuccess) {
        err = ese_file_set_size(file, log->file_size);
        if (err == JET_errSuccess) {
            err = ese_file_reserve(file, 0, log->file_size);
        }
        if (err == JET_errSuccess) {
            err = ese_file_sync(file);
        }
        ese_file_close(file);
    }
    ese_valve_leave(&log->valve);
    ese_mutex_lock(&log->mutex);
    log->preparing = false;
    log->prepared = err == JET_errSuccess;          /* else whoever needs the file finds out what is wrong */
    ese_cond_broadcast(&log->turn);
}

/* ---- writing --------------------------------------------------------------------------------------------- */

static JET_ERR write_chunk(struct ese_log *log, struct ese_chunk *chunk)
{
    JET_ERR err = chunk->file_header != 0 ? roll(log, chunk) : JET_errSuccess;
    uint32_t offset = ese_lsn_offset(chunk->lsn), size = ESE_CHUNK_HEADER + chunk->used;
    if (err == JET_errSuccess) {
        err = allocate(log, offset + ese_log_round(size));
    }
    if (err != JET_errSuccess) {
        return err;
    }
    const struct ese_chunk_header header = { chunk->lsn, log->durable, chunk->used, chunk->first,
                                             log->signature.ulRandom, log->checksum };
    unsigned char *bytes = chunk->bytes + chunk->file_header;
    memset(bytes + size, 0, ese_log_round(size) - size);
    log->checksum = ese_chunk_seal(bytes, &header);
    log->last_chunk = chunk->lsn;
    return ese_file_write(log->file, offset, bytes, ese_log_round(size));
}

/* Before the first chunk: the file has its header and its name for good. */
static JET_ERR begin_life(struct ese_log *log)
{
    JET_ERR err = JET_errSuccess;
    if (log->fresh) {
        err = ese_file_sync(log->file);
        log->fresh = err != JET_errSuccess;
    }
    if (err == JET_errSuccess) {
        err = ese_directory_sync(log->names.folder);
    }
    log->begun = err == JET_errSuccess;
    return err;
}

/* Writes what is closed, with sync also what is open, and makes it durable. Mutex held, `writing` is free. */
static void lead(struct ese_log *log, bool sync)
{
    if (sync) {
        ese_log_close_chunk(log);
    }
    struct ese_chunk *list = log->first;
    log->first = log->last = NULL;
    log->waiting_bytes = 0;
    log->writing = true;
    if (sync) {
        log->deadline = 0;
    }
    ese_lsn written = log->written;
    JET_ERR err = log->failed;
    ese_mutex_unlock(&log->mutex);

    struct ese_chunk *done = NULL;
    if (err == JET_errSuccess) {
        err = ese_valve_enter(&log->valve);
    }
    const bool entered = err == JET_errSuccess;
    if (!log->begun && list != NULL && err == JET_errSuccess) {
        err = begin_life(log);
    }
    while (list != NULL) {
        struct ese_chunk *chunk = list;
        if (err == JET_errSuccess) {
            err = write_chunk(log, chunk);
        }
        if (err == JET_errSuccess) {
            written = chunk->lsn + ESE_CHUNK_HEADER + chunk->used;
            log->written_commits = chunk->commits != 0 ? chunk->commits : log->written_commits;
        }
        list = chunk->next;
        chunk->next = done;
        done = chunk;
    }
    if (err == JET_errSuccess && sync && log->durable < written) {
        err = sync_file(log, written);
    }
    if (entered) {
        ese_valve_leave(&log->valve);
    }

    ese_mutex_lock(&log->mutex);
    log->written = written;
    if (err != JET_errSuccess && log->failed == JET_errSuccess) {
        log->failed = failure(err) != JET_errOutOfMemory ? failure(err) : JET_errLogWriteFail;
    }
    while (done != NULL) {
        struct ese_chunk *chunk = done;
        done = chunk->next;
        if (log->spares < 2) {
            chunk->next = log->spare;
            log->spare = chunk;
            log->spares++;
        } else {
            ese_free(chunk);
        }
    }
    log->writing = false;
    ese_log_tell_soon(log);
    if (log->failed == JET_errSuccess && log->prepare_ahead && !log->prepared && !log->prepare && !log->disk_full &&
        ese_lsn_generation(written) == log->generation && ese_lsn_offset(written) > log->file_size / 2) {
        ese_log_want_prepared(log);
    }
    ese_cond_broadcast(&log->turn);
}

JET_ERR ese_log_write_to(struct ese_log *log, ese_lsn position, bool sync)
{
    for (;;) {
        if ((sync ? log->durable : log->written) >= position) {
            return JET_errSuccess;
        }
        if (log->failed != JET_errSuccess) {
            return log->failed;
        }
        if (log->writing) {
            ese_cond_wait(&log->turn, &log->mutex);
        } else {
            lead(log, sync);
        }
    }
}
