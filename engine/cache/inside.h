/*
 * The cache inside; for engine/cache only.
 *
 * Frames (struct ese_buffer) are made in groups and live as long as the cache, so anybody may look at one at any time;
 * what it says counts only once it is pinned. Everything about a frame is in its state word:
 *
 *   pins     low bits. A pin on a frame without INVALID keeps page, owner and data as they are.
 *   USED     touched since the clock passed
 *   DIRTY    newer than the file. Set and cleared only with BUSY.
 *   BUSY     somebody owns data, DIRTY and `first`: a change group, or a writer for as long as a copy takes
 *   WAITED   somebody waits for BUSY or WRITING on the shard's condition
 *   WRITING  a copy is on its way to the file; one writer at a time, or an older copy could overwrite a newer
 *   INVALID  not to be had: being loaded (LOADING), being given to another page, or free
 *
 * Finding a page takes no lock: walk the chain, pin, then look whether it is still that page. A chain that changes
 * under the walk at worst hides the page; the slow way with the shard's mutex, under which chains change, is always right.
 * A clean unpinned frame, state 0, is taken from its page by the one that swaps 0 for INVALID.
 */
#ifndef ESE_CACHE_INSIDE_H
#define ESE_CACHE_INSIDE_H

#include "engine/cache/cache.h"

#define PINS 0x000FFFFFu
#define USED (1u << 20)
#define DIRTY (1u << 21)
#define BUSY (1u << 22)
#define WAITED (1u << 23)
#define WRITING (1u << 24)
#define INVALID (1u << 25)
#define LOADING (1u << 26)

#define SHARDS 16
#define GROUP_FIRST 64u                             /* frames of group 0; every further one has twice as many */
#define GROUPS 24
#define WRITE_BATCH 32                              /* pages written at once */
#define SCRATCH_KEPT 32

struct shard {
    struct ese_mutex mutex;
    struct ese_cond settled;                        /* a frame of the shard stopped loading, or was WAITED for */
};

struct ese_cache {
    uint32_t page_size;
    _Atomic(struct ese_log *) log;                  /* set once, while the background thread may look */
    void (*watch)(void *arg);
    void *watch_arg;
    _Atomic uint64_t watched;                       /* log position / 64 KiB when the watch was last told */
    _Atomic uint32_t limit;
    _Atomic uint32_t resident;                      /* frames that have a page, or are about to */
    _Atomic uint32_t dirty_pages;
    _Atomic uint32_t hand;                          /* of the clock */

    uint32_t bucket_mask;
    _Atomic(struct ese_buffer *) *bucket;
    struct shard shard[SHARDS];

    struct ese_mutex pool;                          /* innermost: below, and making frames */
    _Atomic(struct ese_buffer *) group[GROUPS];
    _Atomic uint32_t frames;
    struct ese_buffer *spare;                       /* linked by next */
    void *scratch[SCRATCH_KEPT];
    unsigned scratch_count;

    struct ese_mutex files_mutex;                   /* list, and what cache.h says of the files */
    struct ese_cond files_settled;
    struct ese_cache_file *files;
    uint32_t sync_rounds;
    _Atomic uint32_t taken_back;                    /* pages that could not be written */
};

static inline struct shard *shard_of(struct ese_cache *cache, const struct ese_buffer *buffer)
{
    return &cache->shard[buffer->bucket & (SHARDS - 1)];
}

/* ---- frame.c --------------------------------------------------------------------------------------------- */

struct ese_buffer *ese_frame_at(const struct ese_cache *cache, uint32_t index);
/* A frame for another page, INVALID and in no chain. */
JET_ERR ese_frame_obtain(struct ese_cache *cache, struct ese_buffer **frame);
void ese_frame_release(struct ese_cache *cache, struct ese_buffer *frame); /* one of those back */
void ese_frame_unlink(struct ese_cache *cache, struct ese_buffer *frame);  /* out of its chain; shard locked */
void ese_frames_free(struct ese_cache *cache);

/* Blocks of a page's size, for old contents. NULL without memory. */
void *ese_scratch_take(struct ese_cache *cache);
void ese_scratch_give(struct ese_cache *cache, void *block);

/* ---- state.c: owning a frame ----------------------------------------------------------------------------- */

/* Sets BUSY or WRITING; waits for others when told to, else false. */
bool ese_frame_claim(struct ese_buffer *frame, uint32_t flag, bool wait);
/* Sets and clears flags (and takes `pins` pins off) in one step, and wakes who waits. */
void ese_frame_settle(struct ese_buffer *frame, uint32_t set, uint32_t clear, uint32_t pins);
/* A pin when the frame holds this page. */
bool ese_frame_pin(struct ese_buffer *frame, const struct ese_cache_file *file, uint32_t page);

/* ---- write.c --------------------------------------------------------------------------------------------- */

/* Where a page is, without pin; whoever comes back looks whether it is still there. */
struct spot { struct ese_buffer *frame; struct ese_cache_file *owner; uint32_t id, page; };
/* Writes those that are still there and dirty. wait: also those others are busy with. Sorts the list. */
JET_ERR ese_cache_write_list(struct ese_cache *cache, struct spot *list, size_t count, bool wait);

#endif
