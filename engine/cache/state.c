/* Owning a frame: pins, claims, and waiting for those of others. See inside.h. */
#include "engine/cache/inside.h"

bool ese_frame_pin(struct ese_buffer *frame, const struct ese_cache_file *file, uint32_t page)
{
    uint32_t state = atomic_fetch_add_explicit(&frame->state, 1, memory_order_acquire);
    if ((state & INVALID) == 0 && atomic_load_explicit(&frame->page, memory_order_relaxed) == page &&
        atomic_load_explicit(&frame->owner, memory_order_relaxed) == file) {
        return true;
    }
    atomic_fetch_sub_explicit(&frame->state, 1, memory_order_release);
    return false;
}

static void wait_until_clear(struct ese_buffer *frame, uint32_t flag)
{
    struct shard *shard = shard_of(frame->cache, frame);
    ese_mutex_lock(&shard->mutex);
    uint32_t state = frame->state;
    while ((state & flag) != 0) {
        if ((state & WAITED) == 0 && !atomic_compare_exchange_weak(&frame->state, &state, state | WAITED)) {
            continue;
        }
        ese_cond_wait(&shard->settled, &shard->mutex);
        state = frame->state;
    }
    ese_mutex_unlock(&shard->mutex);
}

bool ese_frame_claim(struct ese_buffer *frame, uint32_t flag, bool wait)
{
    uint32_t state = atomic_load_explicit(&frame->state, memory_order_relaxed);
    for (;;) {
        if ((state & flag) != 0) {
            if (!wait) {
                return false;
            }
            wait_until_clear(frame, flag);
            state = frame->state;
        } else if (atomic_compare_exchange_weak(&frame->state, &state, state | flag)) {
            return true;
        }
    }
}

void ese_frame_settle(struct ese_buffer *frame, uint32_t set, uint32_t clear, uint32_t pins)
{
    /* The pin keeps the frame's shard what it is until the last look at it. */
    struct shard *shard = shard_of(frame->cache, frame);
    uint32_t state = atomic_load_explicit(&frame->state, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(&frame->state, &state, ((state & ~(clear | WAITED)) | set) - pins)) {
    }
    if ((state & WAITED) != 0) {
        ese_mutex_lock(&shard->mutex);
        ese_cond_broadcast(&shard->settled);
        ese_mutex_unlock(&shard->mutex);
    }
}
