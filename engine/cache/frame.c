/* Frames: making them, and taking them from pages nobody has touched lately. */
#include "engine/cache/inside.h"

#define VICTIMS 16                                  /* dirty pages written at once to get a frame */

/* ---- making ---------------------------------------------------------------------------------------------- */

/* Group and place in it of a frame. */
static unsigned group_of(uint32_t index, uint32_t *place)
{
    unsigned group = 0;
    uint32_t first = 0;
    while (index - first >= GROUP_FIRST << group) {
        first += GROUP_FIRST << group;
        group++;
    }
    *place = index - first;
    return group;
}

struct ese_buffer *ese_frame_at(const struct ese_cache *cache, uint32_t index)
{
    uint32_t place;
    unsigned group = group_of(index, &place);
    return atomic_load_explicit(&cache->group[group], memory_order_acquire) + place;
}

/* A frame that has no page, spare or new, with memory for data; NULL without memory. */
static struct ese_buffer *fresh(struct ese_cache *cache)
{
    ese_mutex_lock(&cache->pool);
    struct ese_buffer *frame = cache->spare;
    if (frame != NULL) {
        cache->spare = frame->next;
    } else {
        uint32_t place, index = cache->frames;
        unsigned group = group_of(index, &place);
        struct ese_buffer *list = group < GROUPS ? cache->group[group] : NULL;
        if (group < GROUPS && list == NULL) {
            list = ese_calloc(GROUP_FIRST << group, sizeof *list);
            cache->group[group] = list;
        }
        if (list != NULL) {
            frame = list + place;
            frame->cache = cache;
            frame->state = INVALID;
            cache->frames = index + 1;
        }
    }
    ese_mutex_unlock(&cache->pool);
    if (frame != NULL && frame->data == NULL) {
        frame->data = ese_alloc(cache->page_size);
        if (frame->data == NULL) {
            ese_frame_release(cache, frame);
            cache->resident++;                      /* release takes off what nobody had put on */
            return NULL;
        }
    }
    return frame;
}

void ese_frame_release(struct ese_cache *cache, struct ese_buffer *frame)
{
    cache->resident--;
    if (cache->resident >= cache->limit && frame->data != NULL) {
        ese_free(frame->data);                      /* there were too many */
        frame->data = NULL;
    }
    ese_mutex_lock(&cache->pool);
    frame->owner = NULL;
    frame->next = cache->spare;
    cache->spare = frame;
    ese_mutex_unlock(&cache->pool);
}

void ese_frames_free(struct ese_cache *cache)
{
    for (uint32_t i = 0; i < cache->frames; i++) {
        ese_free(ese_frame_at(cache, i)->data);
    }
    for (unsigned i = 0; i < GROUPS; i++) {
        ese_free(cache->group[i]);
    }
    while (cache->scratch_count != 0) {
        ese_free(cache->scratch[--cache->scratch_count]);
    }
}

/* ---- taking ---------------------------------------------------------------------------------------------- */

void ese_frame_unlink(struct ese_cache *cache, struct ese_buffer *frame)
{
    _Atomic(struct ese_buffer *) *at = &cache->bucket[frame->bucket];
    while (*at != frame) {
        at = &(*at)->next;
    }
    *at = frame->next;
}

/* The clock goes round at most twice. A clean page that was not touched since it last came by loses its frame. Dirty
 * ones are noted in `dirty`; when there are VICTIMS of them before a clean one turns up, looking ends. */
static struct ese_buffer *sweep(struct ese_cache *cache, struct spot *dirty, size_t *dirty_count)
{
    uint32_t frames = cache->frames;
    *dirty_count = 0;
    for (uint64_t turn = 0; turn < 2 * (uint64_t)frames && *dirty_count < VICTIMS; turn++) {
        struct ese_buffer *frame =
            ese_frame_at(cache, atomic_fetch_add_explicit(&cache->hand, 1, memory_order_relaxed) % frames);
        uint32_t state = frame->state;
        if ((state & INVALID) != 0) {
            continue;
        }
        if ((state & USED) != 0) {
            atomic_fetch_and_explicit(&frame->state, ~USED, memory_order_relaxed);
            continue;
        }
        if (state == 0 && atomic_compare_exchange_strong(&frame->state, &state, INVALID)) {
            struct shard *shard = shard_of(cache, frame);
            ese_mutex_lock(&shard->mutex);
            ese_frame_unlink(cache, frame);
            ese_mutex_unlock(&shard->mutex);
            return frame;
        }
        if (state == DIRTY) {
            struct ese_cache_file *owner = frame->owner;
            uint32_t page = frame->page;
            if (ese_frame_pin(frame, owner, page)) {    /* owner lives while the page is pinned */
                dirty[*dirty_count] = (struct spot){ frame, owner, owner->id, page };
                *dirty_count += 1;
            }
        }
    }
    return NULL;
}

/* A frame from another page, after writing some when all that could be had are dirty. NULL: everything is in use, or
 * *err says why nothing can be written. */
static struct ese_buffer *evict(struct ese_cache *cache, JET_ERR *err)
{
    struct spot dirty[VICTIMS];
    struct ese_buffer *frame = NULL;
    *err = JET_errSuccess;
    for (unsigned attempt = 0; frame == NULL && attempt < 4; attempt++) {
        size_t count;
        frame = sweep(cache, dirty, &count);
        if (frame == NULL && count != 0) {
            if (cache->watch != NULL) {
                cache->watch(cache->watch_arg);     /* there should have been clean ones */
            }
            *err = ese_cache_write_list(cache, dirty, count, false);
        }
        for (size_t i = 0; i < count; i++) {
            ese_cache_put(dirty[i].frame);
        }
        if (count == 0 || *err != JET_errSuccess) {
            break;
        }
    }
    return frame;
}

JET_ERR ese_frame_obtain(struct ese_cache *cache, struct ese_buffer **frame)
{
    JET_ERR err = JET_errSuccess;
    struct ese_buffer *got = NULL;
    uint32_t resident = cache->resident;
    while (resident < cache->limit && got == NULL) {
        if (atomic_compare_exchange_weak(&cache->resident, &resident, resident + 1)) {
            got = fresh(cache);
            if (got == NULL) {
                cache->resident--;
                break;                              /* perhaps another page can do without */
            }
        }
    }
    if (got == NULL) {
        got = evict(cache, &err);
        while (got != NULL && cache->resident > cache->limit) {
            struct ese_buffer *more = evict(cache, &err);
            if (more == NULL) {
                break;
            }
            ese_frame_release(cache, more);
        }
        err = got != NULL ? JET_errSuccess : err;
    }
    if (got == NULL && err == JET_errSuccess) {
        cache->resident++;                          /* everything is pinned: go beyond the limit for now */
        got = fresh(cache);
        if (got == NULL) {
            cache->resident--;
            err = JET_errOutOfMemory;
        }
    }
    *frame = got;
    return err;
}

JET_ERR ese_cache_shrink(struct ese_cache *cache)
{
    JET_ERR err = JET_errSuccess;
    ese_mutex_lock(&cache->pool);
    while (cache->scratch_count != 0) {
        ese_free(cache->scratch[--cache->scratch_count]);
    }
    ese_mutex_unlock(&cache->pool);
    while (cache->resident > cache->limit) {
        struct ese_buffer *frame = evict(cache, &err);
        if (frame == NULL) {
            break;
        }
        ese_frame_release(cache, frame);
    }
    return err;
}

/* ---- blocks for old contents ----------------------------------------------------------------------------- */

void *ese_scratch_take(struct ese_cache *cache)
{
    void *block = NULL;
    ese_mutex_lock(&cache->pool);
    if (cache->scratch_count != 0) {
        block = cache->scratch[--cache->scratch_count];
    }
    ese_mutex_unlock(&cache->pool);
    return block != NULL ? block : ese_alloc(cache->page_size);
}

void ese_scratch_give(struct ese_cache *cache, void *block)
{
    ese_mutex_lock(&cache->pool);
    if (cache->scratch_count < SCRATCH_KEPT) {
        cache->scratch[cache->scratch_count++] = block;
        block = NULL;
    }
    ese_mutex_unlock(&cache->pool);
    ese_free(block);
}
