/* The page cache: finding, loading, pinning and dropping pages. */
#include "engine/cache/inside.h"

#define LIMIT_DEFAULT 16384
#define BUCKETS_MIN 4096u
#define BUCKETS_MAX (1u << 20)
#define CHAIN_MAX 64                                /* longer walks without lock are left to the slow way */
#define LOG_STEP 16                                 /* the watch is told every 2^16 bytes of log */

/* ---- life ------------------------------------------------------------------------------------------------ */

static void fini_shards(struct ese_cache *cache, unsigned count)
{
    while (count-- != 0) {
        ese_cond_fini(&cache->shard[count].settled);
        ese_mutex_fini(&cache->shard[count].mutex);
    }
}

static JET_ERR init_shards(struct ese_cache *cache)
{
    for (unsigned i = 0; i < SHARDS; i++) {
        JET_ERR err = ese_mutex_init(&cache->shard[i].mutex);
        if (err == JET_errSuccess) {
            err = ese_cond_init(&cache->shard[i].settled);
            if (err != JET_errSuccess) {
                ese_mutex_fini(&cache->shard[i].mutex);
            }
        }
        if (err != JET_errSuccess) {
            fini_shards(cache, i);
            return err;
        }
    }
    return JET_errSuccess;
}

static JET_ERR init_locks(struct ese_cache *cache)
{
    JET_ERR err = ese_mutex_init(&cache->pool);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_mutex_init(&cache->files_mutex);
    if (err == JET_errSuccess) {
        err = ese_cond_init(&cache->files_settled);
        if (err == JET_errSuccess) {
            err = init_shards(cache);
            if (err == JET_errSuccess) {
                return JET_errSuccess;
            }
            ese_cond_fini(&cache->files_settled);
        }
        ese_mutex_fini(&cache->files_mutex);
    }
    ese_mutex_fini(&cache->pool);
    return err;
}

JET_ERR ese_cache_create(uint32_t page_size, uint32_t limit, struct ese_cache **cache)
{
    struct ese_cache *made = ese_calloc(1, sizeof *made);
    if (made == NULL) {
        return JET_errOutOfMemory;
    }
    made->page_size = page_size;
    ese_cache_set_limit(made, limit);
    uint32_t buckets = BUCKETS_MIN;
    while (buckets < made->limit && buckets < BUCKETS_MAX) {
        buckets *= 2;
    }
    made->bucket_mask = buckets - 1;
    made->bucket = ese_calloc(buckets, sizeof *made->bucket);
    JET_ERR err = made->bucket != NULL ? init_locks(made) : JET_errOutOfMemory;
    if (err != JET_errSuccess) {
        ese_free((void *)made->bucket);
        ese_free(made);
        return err;
    }
    *cache = made;
    return JET_errSuccess;
}

void ese_cache_destroy(struct ese_cache *cache)
{
    ese_frames_free(cache);
    fini_shards(cache, SHARDS);
    ese_cond_fini(&cache->files_settled);
    ese_mutex_fini(&cache->files_mutex);
    ese_mutex_fini(&cache->pool);
    ese_free((void *)cache->bucket);
    ese_free(cache);
}

/* ---- facts ----------------------------------------------------------------------------------------------- */

uint32_t ese_cache_page_size(const struct ese_cache *cache)
{
    return cache->page_size;
}

void ese_cache_set_log(struct ese_cache *cache, struct ese_log *log)
{
    cache->log = log;
}

struct ese_log *ese_cache_log(const struct ese_cache *cache)
{
    return cache->log;
}

void ese_cache_set_watch(struct ese_cache *cache, void (*watch)(void *arg), void *arg)
{
    cache->watch = watch;
    cache->watch_arg = arg;
}

void ese_cache_set_limit(struct ese_cache *cache, uint32_t limit)
{
    cache->limit = limit != 0 ? limit : LIMIT_DEFAULT;
}

uint32_t ese_cache_limit(const struct ese_cache *cache)
{
    return cache->limit;
}

uint32_t ese_cache_pages(struct ese_cache *cache)
{
    return cache->resident;
}

uint32_t ese_cache_dirty_pages(struct ese_cache *cache)
{
    return cache->dirty_pages;
}

uint64_t ese_cache_dirty_bytes(struct ese_cache *cache)
{
    return (uint64_t)cache->dirty_pages * cache->page_size;
}

static _Thread_local struct ese_page_counts counts;

struct ese_page_counts ese_cache_thread_counts(void)
{
    return counts;
}

/* ---- finding --------------------------------------------------------------------------------------------- */

static uint32_t bucket_of(const struct ese_cache *cache, const struct ese_cache_file *file, uint32_t page)
{
    /* Neighbours lie in neighbouring buckets; files are kept apart. */
    return (page + file->id * 2654435761u) & cache->bucket_mask;
}

/* The page without a lock, pinned; NULL says nothing. */
static struct ese_buffer *find_fast(struct ese_cache *cache, uint32_t bucket, const struct ese_cache_file *file,
                                    uint32_t page)
{
    struct ese_buffer *at = atomic_load_explicit(&cache->bucket[bucket], memory_order_acquire);
    for (unsigned steps = 0; at != NULL && steps < CHAIN_MAX; steps++) {
        if (atomic_load_explicit(&at->page, memory_order_relaxed) == page &&
            atomic_load_explicit(&at->owner, memory_order_relaxed) == file) {
            return ese_frame_pin(at, file, page) ? at : NULL;
        }
        at = atomic_load_explicit(&at->next, memory_order_acquire);
    }
    return NULL;
}

/* The same, surely; a frame that is losing the page does not count. Shard locked. */
static struct ese_buffer *find(struct ese_cache *cache, uint32_t bucket, const struct ese_cache_file *file,
                               uint32_t page, bool *loading)
{
    *loading = false;
    for (struct ese_buffer *at = cache->bucket[bucket]; at != NULL; at = at->next) {
        if (at->page == page && at->owner == file) {
            if ((at->state & LOADING) != 0) {
                *loading = true;
                return at;
            }
            if (ese_frame_pin(at, file, page)) {
                return at;
            }
        }
    }
    return NULL;
}

static JET_ERR load(struct ese_cache *cache, struct ese_buffer *frame, struct ese_cache_file *file, uint32_t page)
{
    uint32_t size = cache->page_size;
    JET_ERR err = ese_file_read(file->file, (uint64_t)page * size, frame->data, size);
    counts.read++;
    if (err == JET_errSuccess && !ese_page_is_intact(frame->data, size, page)) {
        err = ese_page_is_zero(frame->data, size) ? JET_errPageNotInitialized : JET_errReadVerifyFailure;
    }
    return err;
}

/* Fills a frame that stands in its chain as LOADING with one pin; on failure it is free again. */
static JET_ERR fill(struct ese_cache *cache, struct ese_buffer *frame, struct ese_cache_file *file, uint32_t page,
                    bool read)
{
    struct shard *shard = shard_of(cache, frame);
    JET_ERR err = JET_errSuccess;
    if (read) {
        err = load(cache, frame, file, page);
    } else {
        memset(frame->data, 0, cache->page_size);
    }
    ese_mutex_lock(&shard->mutex);
    if (err == JET_errSuccess) {
        atomic_fetch_or(&frame->state, USED);
        atomic_fetch_and(&frame->state, ~(INVALID | LOADING));
    } else {
        ese_frame_unlink(cache, frame);
        atomic_fetch_sub(&frame->state, LOADING + 1);
    }
    ese_cond_broadcast(&shard->settled);
    ese_mutex_unlock(&shard->mutex);
    if (err != JET_errSuccess) {
        ese_frame_release(cache, frame);
    }
    return err;
}

static JET_ERR find_slow(struct ese_cache *cache, uint32_t bucket, struct ese_cache_file *file, uint32_t page,
                         bool read, struct ese_buffer **buffer)
{
    struct shard *shard = &cache->shard[bucket & (SHARDS - 1)];
    struct ese_buffer *frame = NULL, *found;
    for (;;) {
        bool loading;
        ese_mutex_lock(&shard->mutex);
        while ((found = find(cache, bucket, file, page, &loading)) != NULL && loading) {
            ese_cond_wait(&shard->settled, &shard->mutex);
        }
        if (found != NULL || frame != NULL) {
            break;
        }
        ese_mutex_unlock(&shard->mutex);
        JET_ERR err = ese_frame_obtain(cache, &frame);
        if (err != JET_errSuccess) {
            return err;
        }
    }
    if (found != NULL) {
        ese_mutex_unlock(&shard->mutex);
        if (frame != NULL) {
            ese_frame_release(cache, frame);        /* somebody else was faster */
        }
        *buffer = found;
        return JET_errSuccess;
    }
    frame->page = page;
    frame->owner = file;
    frame->bucket = bucket;
    frame->sound = false;
    frame->first = frame->writing = 0;
    frame->next = cache->bucket[bucket];
    atomic_fetch_add(&frame->state, LOADING + 1);
    cache->bucket[bucket] = frame;
    ese_mutex_unlock(&shard->mutex);
    *buffer = frame;
    return fill(cache, frame, file, page, read);
}

/* Pins a frame for the page. With read false the content of a page that was not there is zero. */
static JET_ERR acquire(struct ese_cache *cache, struct ese_cache_file *file, uint32_t page, bool read,
                       struct ese_buffer **buffer)
{
    uint32_t bucket = bucket_of(cache, file, page);
    struct ese_buffer *found = find_fast(cache, bucket, file, page);
    counts.referenced++;
    if (found == NULL) {
        return find_slow(cache, bucket, file, page, read, buffer);
    }
    if ((atomic_load_explicit(&found->state, memory_order_relaxed) & USED) == 0) {
        atomic_fetch_or_explicit(&found->state, USED, memory_order_relaxed);
    }
    *buffer = found;
    return JET_errSuccess;
}

JET_ERR ese_cache_get(struct ese_cache *cache, struct ese_cache_file *file, uint32_t page, struct ese_buffer **buffer)
{
    return acquire(cache, file, page, true, buffer);
}

/* ---- for change groups ------------------------------------------------------------------------------------ */

JET_ERR ese_cache_take(struct ese_cache *cache, struct ese_cache_file *file, uint32_t page, bool blank,
                       struct ese_buffer **buffer)
{
    JET_ERR err = acquire(cache, file, page, !blank, buffer);
    if (err == JET_errSuccess) {
        ese_frame_claim(*buffer, BUSY, true);       /* a writer has it no longer than a copy takes */
    }
    return err;
}

void ese_cache_own(struct ese_buffer *buffer)
{
    ese_frame_claim(buffer, BUSY, true);
}

bool ese_cache_will_log(struct ese_buffer *buffer, ese_lsn position)
{
    bool whole = (buffer->state & DIRTY) == 0;
    if (whole) {
        buffer->first = position;
    }
    return whole;
}

/* Tells the watch now and then that the log has grown. */
static void look_at_log(struct ese_cache *cache, const struct ese_buffer *buffer)
{
    uint64_t step = ese_get64(buffer->data + ESE_PAGE_LSN) >> LOG_STEP;
    uint64_t seen = atomic_load_explicit(&cache->watched, memory_order_relaxed);
    if (step != seen && atomic_compare_exchange_strong(&cache->watched, &seen, step)) {
        cache->watch(cache->watch_arg);
    }
}

void ese_cache_give_back(struct ese_buffer *buffer, bool changed)
{
    struct ese_cache *cache = buffer->cache;
    struct ese_log *log = cache->log;
    bool logged = log != NULL && buffer->owner->logged, dirty = (buffer->state & DIRTY) != 0;
    if (!changed) {
        if (!dirty) {
            buffer->first = 0;
        }
        ese_frame_settle(buffer, 0, BUSY, 1);
        return;
    }
    if (dirty) {
        counts.redirtied++;
    } else {
        counts.dirtied++;
        uint32_t pages = cache->dirty_pages++;
        if (logged && buffer->first == 0) {
            buffer->first = ese_log_checkpoint(log);
        }
        if (cache->watch != NULL && !logged && pages % 16 == 0) {
            cache->watch(cache->watch_arg);
        }
    }
    if (logged && cache->watch != NULL) {
        look_at_log(cache, buffer);
    }
    ese_frame_settle(buffer, USED | DIRTY, BUSY, 1);
}

/* ---- forgetting ------------------------------------------------------------------------------------------- */

/* Takes a frame from its page when it is one of file's, waiting for a writer to be done with it. */
static void drop_frame(struct ese_cache *cache, struct ese_cache_file *file, struct ese_buffer *frame)
{
    for (;;) {
        uint32_t state = frame->state;
        if ((state & INVALID) != 0 || frame->owner != file) {
            return;
        }
        if ((state & (PINS | BUSY | WRITING)) != 0) {
            ese_thread_yield();
        } else if (atomic_compare_exchange_weak(&frame->state, &state, INVALID)) {
            struct shard *shard = shard_of(cache, frame);
            cache->dirty_pages -= (state & DIRTY) != 0 ? 1 : 0;
            frame->first = frame->writing = 0;
            ese_mutex_lock(&shard->mutex);
            ese_frame_unlink(cache, frame);
            ese_mutex_unlock(&shard->mutex);
            ese_frame_release(cache, frame);
            return;
        }
    }
}

void ese_cache_drop(struct ese_cache *cache, struct ese_cache_file *file)
{
    for (uint32_t i = 0, frames = cache->frames; i < frames; i++) {
        drop_frame(cache, file, ese_frame_at(cache, i));
    }
    ese_mutex_lock(&cache->files_mutex);
    while (file->in_sync) {
        ese_cond_wait(&cache->files_settled, &cache->files_mutex);
    }
    struct ese_cache_file **at = &cache->files;
    while (*at != NULL && *at != file) {
        at = &(*at)->next;
    }
    if (*at != NULL) {
        *at = file->next;
    }
    file->known = file->unsynced = false;
    file->written = file->syncing = 0;
    ese_mutex_unlock(&cache->files_mutex);
}
