/* Writing pages: copies, the write-ahead rule, runs of neighbours, syncs, and what of the log they still need. */
#include "engine/cache/inside.h"

#include <stdlib.h>

/* ---- files ----------------------------------------------------------------------------------------------- */

static ese_lsn older_of(ese_lsn a, ese_lsn b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

/* Something of the file was written that needs the log from `oldest` on (0: no log) until it is synced. */
static void note_written(struct ese_cache *cache, struct ese_cache_file *file, ese_lsn oldest)
{
    ese_mutex_lock(&cache->files_mutex);
    if (!file->known) {
        file->known = true;
        file->next = cache->files;
        cache->files = file;
    }
    file->unsynced = true;
    file->written = older_of(file->written, oldest);
    ese_mutex_unlock(&cache->files_mutex);
}

/* files_mutex held; let go of while the system works. */
static JET_ERR sync_file(struct ese_cache *cache, struct ese_cache_file *file)
{
    while (file->in_sync) {
        ese_cond_wait(&cache->files_settled, &cache->files_mutex);
    }
    if (file->unsynced && file->sync_failed == JET_errSuccess) {
        file->in_sync = true;
        file->unsynced = false;
        file->syncing = file->written;
        file->written = 0;
        ese_mutex_unlock(&cache->files_mutex);
        JET_ERR err = ese_file_sync(file->file);
        ese_mutex_lock(&cache->files_mutex);
        if (err != JET_errSuccess) {
            file->sync_failed = err;
            file->unsynced = true;
            file->written = older_of(file->syncing, file->written);
        }
        file->syncing = 0;
        file->in_sync = false;
        ese_cond_broadcast(&cache->files_settled);
    }
    return file->sync_failed;
}

JET_ERR ese_cache_sync(struct ese_cache *cache, struct ese_cache_file *file)
{
    JET_ERR first_error = JET_errSuccess;
    ese_mutex_lock(&cache->files_mutex);
    if (file != NULL) {
        first_error = sync_file(cache, file);
        ese_mutex_unlock(&cache->files_mutex);
        return first_error;
    }
    /* Files may go while one is synced or waited for: begin again at the head, passing by those that were done. */
    uint32_t round = ++cache->sync_rounds;
    for (struct ese_cache_file *at = cache->files; at != NULL;) {
        if (at->in_sync) {
            ese_cond_wait(&cache->files_settled, &cache->files_mutex);
            at = cache->files;
        } else if (at->unsynced && at->logged && at->sync_failed == JET_errSuccess && at->round < round) {
            at->round = round;
            (void)sync_file(cache, at);
            at = cache->files;
        } else {
            first_error = first_error == JET_errSuccess ? at->sync_failed : first_error;
            at = at->next;
        }
    }
    ese_mutex_unlock(&cache->files_mutex);
    return first_error;
}

ese_lsn ese_cache_oldest(struct ese_cache *cache)
{
    /* A position moves from `first` to `writing` to the file, each set before the one before it is cleared: looked at
     * in this order none gets by unseen. When one goes back because it could not be written, look again. */
    ese_lsn oldest = 0;
    uint32_t taken_back;
    do {
        taken_back = cache->taken_back;
        for (uint32_t i = 0, frames = cache->frames; i < frames; i++) {
            const struct ese_buffer *frame = ese_frame_at(cache, i);
            oldest = older_of(oldest, frame->first);
            oldest = older_of(oldest, frame->writing);
        }
    } while (taken_back != cache->taken_back);
    ese_mutex_lock(&cache->files_mutex);
    for (const struct ese_cache_file *file = cache->files; file != NULL; file = file->next) {
        oldest = older_of(oldest, older_of(file->written, file->syncing));
    }
    ese_mutex_unlock(&cache->files_mutex);
    return oldest != 0 ? oldest : UINT64_MAX;
}

ese_lsn ese_lsn_before(struct ese_log *log, ese_lsn end, uint64_t bytes)
{
    const ese_lsn generation = (ese_lsn)1 << 32;
    ese_lsn start = end & ~(generation - 1);
    uint64_t here = ese_log_bytes_between(log, start, end);
    if (here >= bytes) {
        return end - bytes < start ? start : end - bytes;
    }
    if (start < 2 * generation) {
        return 0;
    }
    uint64_t whole = ese_log_bytes_between(log, start - generation, start);
    uint64_t back = whole != 0 ? (bytes - here + whole - 1) / whole : 1;
    return back < start >> 32 ? start - back * generation : 0;
}

/* ---- writing a batch ------------------------------------------------------------------------------------- */

struct batch {
    struct ese_cache *cache;
    struct ese_cache_file *file;
    unsigned char *copies;
    uint32_t room, count;
    struct ese_buffer *frame[WRITE_BATCH];
    ese_lsn newest;
};

/* Copies the page when it is dirty; then it is clean, and WRITING. The caller's pin goes over to the batch. */
static bool add_copy(struct batch *batch, struct ese_buffer *frame, bool wait)
{
    if (!ese_frame_claim(frame, WRITING, wait)) {
        return false;
    }
    if (!ese_frame_claim(frame, BUSY, wait)) {
        ese_frame_settle(frame, 0, WRITING, 0);
        return false;
    }
    if ((frame->state & DIRTY) == 0) {
        ese_frame_settle(frame, 0, WRITING | BUSY, 0);
        return false;
    }
    uint32_t size = batch->cache->page_size;
    unsigned char *copy = batch->copies + (size_t)batch->count * size;
    memcpy(copy, frame->data, size);
    frame->writing = frame->first;
    frame->first = 0;
    batch->cache->dirty_pages--;
    ese_frame_settle(frame, 0, BUSY | DIRTY, 0);
    if (batch->file->logged && ese_get64(copy + ESE_PAGE_LSN) > batch->newest) {
        batch->newest = ese_get64(copy + ESE_PAGE_LSN);
    }
    ese_put32(copy + ESE_PAGE_CHECKSUM, ese_page_checksum(copy, size));
    batch->frame[batch->count++] = frame;
    return true;
}

/* The copy of a page did not get to the file: dirty again, and still in need of the log it needed. */
static void take_back(struct ese_buffer *frame)
{
    ese_frame_claim(frame, BUSY, true);
    if ((frame->state & DIRTY) == 0) {
        frame->cache->dirty_pages++;
    }
    frame->first = older_of(frame->writing, frame->first);
    frame->cache->taken_back++;
    frame->writing = 0;
    ese_frame_settle(frame, DIRTY, BUSY | WRITING, 1);
}

static JET_ERR write_batch(struct batch *batch)
{
    struct ese_cache *cache = batch->cache;
    struct ese_log *log = cache->log;
    struct ese_cache_file *file = batch->file;
    uint32_t size = cache->page_size, done = 0;
    JET_ERR err = JET_errSuccess;
    if (batch->count == 0) {
        return err;
    }
    if (log != NULL && file->logged) {
        err = ese_log_flush_to(log, batch->newest);
    }
    if (err == JET_errSuccess && file->before_write != NULL) {
        err = file->before_write(file, batch->newest);
    }
    if (err == JET_errSuccess) {
        err = ese_cache_file_enter(file);
    }
    const bool entered = err == JET_errSuccess;
    while (err == JET_errSuccess && done < batch->count) {
        uint32_t first = batch->frame[done]->page, run = 1;
        while (done + run < batch->count && batch->frame[done + run]->page == first + run) {
            run++;
        }
        err = ese_file_write(file->file, (uint64_t)first * size, batch->copies + (size_t)done * size, (size_t)run * size);
        done += err == JET_errSuccess ? run : 0;
    }
    if (entered) {
        ese_cache_file_leave(file);
    }
    ese_lsn oldest = 0;
    for (uint32_t i = 0; i < done; i++) {
        oldest = older_of(oldest, batch->frame[i]->writing);
    }
    if (done != 0) {
        note_written(cache, file, oldest);
    }
    for (uint32_t i = 0; i < batch->count; i++) {
        if (i < done) {
            batch->frame[i]->writing = 0;
            ese_frame_settle(batch->frame[i], 0, WRITING, 1);
        } else {
            take_back(batch->frame[i]);
        }
    }
    batch->count = 0;
    batch->newest = 0;
    return err;
}

static int by_place(const void *a, const void *b)
{
    const struct spot *left = a, *right = b;
    if (left->id != right->id) {
        return left->id < right->id ? -1 : 1;
    }
    return left->page < right->page ? -1 : left->page > right->page;
}

JET_ERR ese_cache_write_list(struct ese_cache *cache, struct spot *list, size_t count, bool wait)
{
    struct batch batch = { .cache = cache, .room = count < WRITE_BATCH ? (uint32_t)count : WRITE_BATCH };
    if (count == 0) {
        return JET_errSuccess;
    }
    batch.copies = ese_alloc((size_t)batch.room * cache->page_size);
    if (batch.copies == NULL) {
        batch.room = 1;
        batch.copies = ese_alloc(cache->page_size);
        if (batch.copies == NULL) {
            return JET_errOutOfMemory;
        }
    }
    qsort(list, count, sizeof *list, by_place);
    JET_ERR err = JET_errSuccess;
    for (size_t i = 0; i < count && err == JET_errSuccess; i++) {
        if (batch.count == batch.room || (batch.count != 0 && batch.file != list[i].owner)) {
            err = write_batch(&batch);
        }
        if (err != JET_errSuccess || !ese_frame_pin(list[i].frame, list[i].owner, list[i].page)) {
            continue;
        }
        batch.file = list[i].owner;
        bool added = add_copy(&batch, list[i].frame, false);
        if (!added && wait && (list[i].frame->state & (DIRTY | WRITING)) != 0) {
            err = write_batch(&batch);              /* nobody shall wait for us while we wait */
            added = err == JET_errSuccess && add_copy(&batch, list[i].frame, true);
        }
        if (!added) {
            ese_cache_put(list[i].frame);
        }
    }
    JET_ERR last = write_batch(&batch);
    ese_free(batch.copies);
    return err == JET_errSuccess ? last : err;
}

/* ---- choosing -------------------------------------------------------------------------------------------- */

/* Pages of file (NULL: all) with one of the flags that need the log before position. *list is the caller's to free. */
static JET_ERR collect(struct ese_cache *cache, const struct ese_cache_file *file, uint32_t flags, ese_lsn position,
                       struct spot **list, size_t *count)
{
    size_t room = 0;
    *list = NULL;
    *count = 0;
    for (uint32_t i = 0, frames = cache->frames; i < frames; i++) {
        struct ese_buffer *frame = ese_frame_at(cache, i);
        struct ese_cache_file *owner = frame->owner;
        uint32_t page = frame->page;
        ese_lsn first = older_of(frame->first, frame->writing);
        if ((frame->state & flags) == 0 || owner == NULL || (file != NULL && owner != file) ||
            (position != 0 && (first == 0 || first >= position)) || !ese_frame_pin(frame, owner, page)) {
            continue;
        }
        struct spot spot = { frame, owner, owner->id, page };
        ese_cache_put(frame);
        if (*count == room) {
            room = room != 0 ? 2 * room : 256;
            struct spot *longer = ese_realloc(*list, room * sizeof *longer);
            if (longer == NULL) {
                ese_free(*list);
                return JET_errOutOfMemory;
            }
            *list = longer;
        }
        (*list)[(*count)++] = spot;
    }
    return JET_errSuccess;
}

static JET_ERR flush(struct ese_cache *cache, const struct ese_cache_file *file, ese_lsn position)
{
    struct spot *list;
    size_t count;
    JET_ERR err = collect(cache, file, DIRTY | WRITING, position, &list, &count);
    if (err == JET_errSuccess) {
        err = ese_cache_write_list(cache, list, count, true);
        ese_free(list);
    }
    return err;
}

JET_ERR ese_cache_flush(struct ese_cache *cache, struct ese_cache_file *file)
{
    return flush(cache, file, 0);
}

JET_ERR ese_cache_flush_older(struct ese_cache *cache, ese_lsn position)
{
    return position != 0 ? flush(cache, NULL, position) : JET_errSuccess;
}

JET_ERR ese_cache_clean(struct ese_cache *cache, uint32_t left)
{
    struct spot *list;
    size_t count;
    if (cache->dirty_pages <= left) {
        return JET_errSuccess;
    }
    JET_ERR err = collect(cache, NULL, DIRTY, 0, &list, &count);
    for (size_t done = 0; err == JET_errSuccess && done < count && cache->dirty_pages > left; done += WRITE_BATCH) {
        size_t some = count - done < WRITE_BATCH ? count - done : WRITE_BATCH;
        if (done == 0) {
            qsort(list, count, sizeof *list, by_place);
        }
        err = ese_cache_write_list(cache, list + done, some, false);
    }
    ese_free(list);
    return err;
}
