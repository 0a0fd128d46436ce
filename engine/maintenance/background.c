/*
 * The background thread of a store: version clean-up when it is asked for (and now and then by itself), and flushing
 * while more is dirty than the checkpoint depth allows.
 */
#include "engine/table/schema.h"

#define PERIOD_MS 250                               /* look at the dirty pages this often */
#define CLEANUP_PERIOD_MS 1000

struct ese_background {
    struct ese_store *store;
    struct ese_thread *thread;
    struct ese_mutex mutex;
    struct ese_cond wake;
    bool poked, cleanup;                            /* mutex */
    _Atomic bool stop;
};

static bool keep_going(void *arg)
{
    struct ese_background *background = arg;
    return !background->stop;
}

static void run(void *arg)
{
    struct ese_background *background = arg;
    struct ese_store *store = background->store;
    uint64_t cleaned = ese_time_ms();
    while (!background->stop) {
        ese_mutex_lock(&background->mutex);
        if (!background->poked && !background->stop) {
            ese_cond_wait_for(&background->wake, &background->mutex, PERIOD_MS);
        }
        bool cleanup = background->cleanup;
        background->poked = background->cleanup = false;
        ese_mutex_unlock(&background->mutex);
        if (background->stop) {
            break;
        }
        if (cleanup || ese_time_ms() - cleaned >= CLEANUP_PERIOD_MS) {
            /* An error here loses nothing: the record stays flagged deleted and is met again at its next use. */
            (void)ese_vstore_cleanup(store->vstore, keep_going, background);
            cleaned = ese_time_ms();
        }
        uint64_t depth = store->checkpoint_depth;
        if (ese_cache_dirty_bytes(store->cache) > depth) {
            /* Pages that cannot be written stay dirty; whoever must have them written gets the error. */
            (void)ese_cache_flush(store->cache, NULL, depth);
        }
    }
}

JET_ERR ese_background_start(struct ese_store *store, struct ese_background **background)
{
    struct ese_background *made = ese_calloc(1, sizeof *made);
    if (made == NULL) {
        return JET_errOutOfMemory;
    }
    made->store = store;
    JET_ERR err = ese_mutex_init(&made->mutex);
    if (err == JET_errSuccess) {
        err = ese_cond_init(&made->wake);
        if (err == JET_errSuccess) {
            err = ese_thread_create(run, made, &made->thread);
            if (err != JET_errSuccess) {
                ese_cond_fini(&made->wake);
            }
        }
        if (err != JET_errSuccess) {
            ese_mutex_fini(&made->mutex);
        }
    }
    if (err != JET_errSuccess) {
        ese_free(made);
        return err;
    }
    *background = made;
    return JET_errSuccess;
}

void ese_background_stop(struct ese_background *background)
{
    ese_mutex_lock(&background->mutex);
    background->stop = true;
    ese_cond_signal(&background->wake);
    ese_mutex_unlock(&background->mutex);
    ese_thread_join(background->thread);
    ese_cond_fini(&background->wake);
    ese_mutex_fini(&background->mutex);
    ese_free(background);
}

void ese_background_poke(struct ese_background *background, bool cleanup)
{
    ese_mutex_lock(&background->mutex);
    background->poked = true;
    background->cleanup = background->cleanup || cleanup;
    ese_cond_signal(&background->wake);
    ese_mutex_unlock(&background->mutex);
}
