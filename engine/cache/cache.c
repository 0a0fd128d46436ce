/* The page cache: hash shards of buffers, loading, dropping, flushing. */
#include "engine/cache/cache.h"

#include <stdlib.h>

#define SHARDS 16
#define BUCKETS 256                                 /* per shard; chains stay short up to some ten thousand pages */
#define LIMIT_DEFAULT 16384

struct shard {
    struct ese_mutex mutex;
    struct ese_cond settled;                        /* a buffer of the shard stopped loading or changing */
    struct ese_buffer *bucket[BUCKETS];
    uint32_t count;
    uint32_t hand;                                  /* bucket where the clock stands */
};

struct ese_cache {
    uint32_t page_size;
    uint32_t shard_limit;
    _Atomic(struct ese_log *) log;                  /* set once, while the background thread may look */
    struct ese_mutex flushing;                      /* one flush at a time, or an older copy could overwrite a newer */
    _Atomic uint64_t dirty_pages;
    struct shard shard[SHARDS];
};

static struct shard *shard_of(struct ese_cache *cache, const struct ese_cache_file *file, uint32_t page)
{
    return &cache->shard[(page * 2654435761u + file->id) >> 7 & (SHARDS - 1)];
}

static struct ese_buffer **bucket_of(struct shard *shard, const struct ese_cache_file *file, uint32_t page)
{
    return &shard->bucket[(page * 2654435761u + file->id * 40503u) >> 16 & (BUCKETS - 1)];
}

JET_ERR ese_cache_create(uint32_t page_size, uint32_t limit, struct ese_cache **cache)
{
    struct ese_cache *made = ese_calloc(1, sizeof *made);
    if (made == NULL) {
        return JET_errOutOfMemory;
    }
    made->page_size = page_size;
    made->shard_limit = (limit != 0 ? limit : LIMIT_DEFAULT) / SHARDS + 1;
    unsigned ready = 0;
    JET_ERR err = ese_mutex_init(&made->flushing);
    if (err != JET_errSuccess) {
        ese_free(made);
        return err;
    }
    for (; ready < SHARDS && err == JET_errSuccess; ready++) {
        err = ese_mutex_init(&made->shard[ready].mutex);
        if (err == JET_errSuccess) {
            err = ese_cond_init(&made->shard[ready].settled);
            if (err != JET_errSuccess) {
                ese_mutex_fini(&made->shard[ready].mutex);
            }
        }
    }
    if (err != JET_errSuccess) {
        for (unsigned i = 0; i + 1 < ready; i++) {
            ese_cond_fini(&made->shard[i].settled);
            ese_mutex_fini(&made->shard[i].mutex);
        }
        ese_mutex_fini(&made->flushing);
        ese_free(made);
        return err;
    }
    *cache = made;
    return JET_errSuccess;
}

static void buffer_free(struct ese_buffer *buffer)
{
    ese_free(buffer->data);
    ese_free(buffer);
}

void ese_cache_destroy(struct ese_cache *cache)
{
    for (unsigned i = 0; i < SHARDS; i++) {
        struct shard *shard = &cache->shard[i];
        for (unsigned j = 0; j < BUCKETS; j++) {
            while (shard->bucket[j] != NULL) {
                struct ese_buffer *buffer = shard->bucket[j];
                shard->bucket[j] = buffer->next;
                buffer_free(buffer);
            }
        }
        ese_cond_fini(&shard->settled);
        ese_mutex_fini(&shard->mutex);
    }
    ese_mutex_fini(&cache->flushing);
    ese_free(cache);
}

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

uint64_t ese_cache_dirty_bytes(struct ese_cache *cache)
{
    return cache->dirty_pages * cache->page_size;
}

uint32_t ese_cache_pages(struct ese_cache *cache)
{
    uint32_t count = 0;
    for (unsigned i = 0; i < SHARDS; i++) {
        ese_mutex_lock(&cache->shard[i].mutex);
        count += cache->shard[i].count;
        ese_mutex_unlock(&cache->shard[i].mutex);
    }
    return count;
}

/* ---- keeping and dropping buffers ------------------------------------------------------------------------ */

static void unlink_buffer(struct shard *shard, struct ese_buffer *buffer)
{
    struct ese_buffer **at = bucket_of(shard, buffer->owner, buffer->page);
    while (*at != buffer) {
        at = &(*at)->next;
    }
    *at = buffer->next;
    shard->count--;
}

/* Drops one unpinned clean buffer that was not touched since the clock last passed. Shard locked. */
static void make_room(struct shard *shard)
{
    for (unsigned turn = 0; turn < 2 * BUCKETS; turn++) {
        struct ese_buffer **at = &shard->bucket[shard->hand++ % BUCKETS];
        for (; *at != NULL; at = &(*at)->next) {
            struct ese_buffer *buffer = *at;
            if (buffer->pins != 0 || buffer->dirty) {
                continue;
            }
            if (buffer->used) {
                buffer->used = false;
                continue;
            }
            *at = buffer->next;
            shard->count--;
            buffer_free(buffer);
            return;
        }
    }
}

static struct ese_buffer *find(struct shard *shard, const struct ese_cache_file *file, uint32_t page)
{
    struct ese_buffer *buffer = *bucket_of(shard, file, page);
    while (buffer != NULL && (buffer->page != page || buffer->owner != file)) {
        buffer = buffer->next;
    }
    return buffer;
}

/* A new pinned buffer with zeroed content, in the shard. Shard locked. */
static JET_ERR add(struct ese_cache *cache, struct shard *shard, struct ese_cache_file *file, uint32_t page,
                   struct ese_buffer **buffer)
{
    if (shard->count >= cache->shard_limit) {
        make_room(shard);
    }
    struct ese_buffer *made = ese_calloc(1, sizeof *made);
    if (made == NULL) {
        return JET_errOutOfMemory;
    }
    made->data = ese_calloc(1, cache->page_size);
    if (made->data == NULL) {
        ese_free(made);
        return JET_errOutOfMemory;
    }
    made->page = page;
    made->owner = file;
    made->pins = 1;
    made->used = true;
    made->cache = cache;
    struct ese_buffer **bucket = bucket_of(shard, file, page);
    made->next = *bucket;
    *bucket = made;
    shard->count++;
    *buffer = made;
    return JET_errSuccess;
}

static _Thread_local struct ese_page_counts counts;

struct ese_page_counts ese_cache_thread_counts(void)
{
    return counts;
}

static JET_ERR load(struct ese_cache *cache, struct ese_buffer *buffer)
{
    uint32_t size = cache->page_size;
    JET_ERR err = ese_file_read(buffer->owner->file, (uint64_t)buffer->page * size, buffer->data, size);
    counts.read++;
    if (err == JET_errSuccess && !ese_page_is_intact(buffer->data, size, buffer->page)) {
        err = ese_page_is_zero(buffer->data, size) ? JET_errPageNotInitialized : JET_errReadVerifyFailure;
    }
    return err;
}

/* Pins a buffer for the page. With read false the content of a buffer that was not there is zero. With change it is
 * marked as being in a group; the structure's lock keeps other groups away. */
static JET_ERR acquire(struct ese_cache *cache, struct ese_cache_file *file, uint32_t page, bool read, bool change,
                       struct ese_buffer **buffer)
{
    struct shard *shard = shard_of(cache, file, page);
    struct ese_buffer *found;
    counts.referenced++;
    ese_mutex_lock(&shard->mutex);
    while ((found = find(shard, file, page)) != NULL && found->loading) {
        ese_cond_wait(&shard->settled, &shard->mutex);
    }
    JET_ERR err = JET_errSuccess;
    if (found != NULL) {
        found->pins++;
        found->used = true;
    } else {
        err = add(cache, shard, file, page, &found);
        if (err == JET_errSuccess && read) {
            found->loading = true;
            ese_mutex_unlock(&shard->mutex);
            err = load(cache, found);
            ese_mutex_lock(&shard->mutex);
            found->loading = false;
            ese_cond_broadcast(&shard->settled);
            if (err != JET_errSuccess) {
                unlink_buffer(shard, found);
                buffer_free(found);
            }
        }
    }
    if (err == JET_errSuccess) {
        if (change) {
            found->changing = true;
            found->whole = !found->dirty;
        }
        *buffer = found;
    }
    ese_mutex_unlock(&shard->mutex);
    return err;
}

JET_ERR ese_cache_get(struct ese_cache *cache, struct ese_cache_file *file, uint32_t page, struct ese_buffer **buffer)
{
    return acquire(cache, file, page, true, false, buffer);
}

void ese_cache_put(struct ese_buffer *buffer)
{
    struct shard *shard = shard_of(buffer->cache, buffer->owner, buffer->page);
    ese_mutex_lock(&shard->mutex);
    buffer->pins--;
    ese_mutex_unlock(&shard->mutex);
}

void ese_cache_drop(struct ese_cache *cache, struct ese_cache_file *file)
{
    ese_mutex_lock(&cache->flushing);
    for (unsigned i = 0; i < SHARDS; i++) {
        struct shard *shard = &cache->shard[i];
        ese_mutex_lock(&shard->mutex);
        for (unsigned j = 0; j < BUCKETS; j++) {
            for (struct ese_buffer **at = &shard->bucket[j]; *at != NULL;) {
                struct ese_buffer *buffer = *at;
                if (buffer->owner != file) {
                    at = &buffer->next;
                    continue;
                }
                *at = buffer->next;
                shard->count--;
                cache->dirty_pages -= buffer->dirty ? 1 : 0;
                buffer_free(buffer);
            }
        }
        ese_mutex_unlock(&shard->mutex);
    }
    ese_mutex_unlock(&cache->flushing);
}

/* ---- flushing -------------------------------------------------------------------------------------------- */

static JET_ERR write_out(struct ese_cache *cache, struct ese_buffer *buffer, unsigned char *copy)
{
    struct shard *shard = shard_of(cache, buffer->owner, buffer->page);
    ese_mutex_lock(&shard->mutex);
    while (buffer->changing) {
        ese_cond_wait(&shard->settled, &shard->mutex);
    }
    bool dirty = buffer->dirty;
    if (dirty) {
        memcpy(copy, buffer->data, cache->page_size);
        buffer->dirty = false;
    }
    ese_mutex_unlock(&shard->mutex);
    if (!dirty) {
        return JET_errSuccess;
    }

    JET_ERR err = JET_errSuccess;
    if (cache->log != NULL && buffer->owner->logged) {
        err = ese_log_flush_to(cache->log, ese_get64(copy + ESE_PAGE_LSN));
    }
    if (err == JET_errSuccess) {
        ese_put32(copy + ESE_PAGE_CHECKSUM, ese_page_checksum(copy, cache->page_size));
        err = ese_file_write(buffer->owner->file, (uint64_t)buffer->page * cache->page_size, copy, cache->page_size);
    }
    ese_mutex_lock(&shard->mutex);
    if (err == JET_errSuccess || buffer->dirty) {
        cache->dirty_pages--;                       /* clean, or dirtied meanwhile and counted for that again */
    }
    buffer->dirty = buffer->dirty || err != JET_errSuccess;
    ese_mutex_unlock(&shard->mutex);
    return err;
}

static int by_page(const void *a, const void *b)
{
    const struct ese_buffer *left = *(struct ese_buffer *const *)a, *right = *(struct ese_buffer *const *)b;
    if (left->owner->id != right->owner->id) {
        return left->owner->id < right->owner->id ? -1 : 1;
    }
    return left->page < right->page ? -1 : left->page > right->page;
}

/* Pins the dirty buffers of file (NULL: all), in file order. */
static JET_ERR collect(struct ese_cache *cache, const struct ese_cache_file *file, struct ese_buffer ***list,
                       size_t *count)
{
    size_t room = 0;
    *list = NULL;
    *count = 0;
    for (unsigned i = 0; i < SHARDS; i++) {
        struct shard *shard = &cache->shard[i];
        ese_mutex_lock(&shard->mutex);
        if (*count + shard->count > room) {
            room = 2 * (*count + shard->count);
            struct ese_buffer **longer = ese_realloc(*list, room * sizeof **list);
            if (longer == NULL) {
                ese_mutex_unlock(&shard->mutex);
                while (*count != 0) {
                    ese_cache_put((*list)[--*count]);
                }
                ese_free(*list);
                *list = NULL;
                return JET_errOutOfMemory;
            }
            *list = longer;
        }
        for (unsigned j = 0; j < BUCKETS; j++) {
            for (struct ese_buffer *buffer = shard->bucket[j]; buffer != NULL; buffer = buffer->next) {
                if (buffer->dirty && (file == NULL || buffer->owner == file)) {
                    buffer->pins++;
                    (*list)[(*count)++] = buffer;
                }
            }
        }
        ese_mutex_unlock(&shard->mutex);
    }
    if (*count != 0) {
        qsort(*list, *count, sizeof **list, by_page);
    }
    return JET_errSuccess;
}

JET_ERR ese_cache_flush(struct ese_cache *cache, struct ese_cache_file *file, uint64_t enough)
{
    unsigned char *copy = ese_alloc(cache->page_size);
    if (copy == NULL) {
        return JET_errOutOfMemory;
    }
    struct ese_buffer **list;
    size_t count;
    ese_mutex_lock(&cache->flushing);
    JET_ERR err = collect(cache, file, &list, &count);
    for (size_t i = 0; err == JET_errSuccess && i < count; i++) {
        if (enough != 0 && ese_cache_dirty_bytes(cache) <= enough) {
            break;
        }
        err = write_out(cache, list[i], copy);
    }
    for (size_t i = 0; i < count; i++) {
        ese_cache_put(list[i]);
    }
    ese_free(list);
    ese_mutex_unlock(&cache->flushing);
    ese_free(copy);
    return err;
}

/* ---- for change groups ------------------------------------------------------------------------------------ */

JET_ERR ese_cache_take(struct ese_cache *cache, struct ese_cache_file *file, uint32_t page, bool blank,
                       struct ese_buffer **buffer)
{
    return acquire(cache, file, page, !blank, true, buffer);
}

void ese_cache_give_back(struct ese_buffer *buffer, bool changed)
{
    struct ese_cache *cache = buffer->cache;
    struct shard *shard = shard_of(cache, buffer->owner, buffer->page);
    ese_mutex_lock(&shard->mutex);
    if (changed && !buffer->dirty) {
        buffer->dirty = true;
        cache->dirty_pages++;
        counts.dirtied++;
    } else if (changed) {
        counts.redirtied++;
    }
    buffer->changing = false;
    buffer->pins--;
    ese_cond_broadcast(&shard->settled);
    ese_mutex_unlock(&shard->mutex);
}
