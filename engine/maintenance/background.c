/* The background thread: see background.h. */
#include "engine/maintenance/background.h"

#include "engine/table/schema.h"

#define SOON_MS 500

struct ese_background {
    struct ese_store *store;
    struct ese_mutex mutex;
    struct ese_cond wake;
    struct ese_thread *thread;                      /* mutex; NULL: nobody has poked yet */
    _Atomic unsigned tasks;
    _Atomic bool soon, stop;
    _Atomic unsigned quiet;
};

static bool keep_going(void *arg)
{
    struct ese_background *background = arg;
    return !background->stop;
}

/* Waits for something to do. False: the thread is to end. */
static bool next_tasks(struct ese_background *background, unsigned *tasks)
{
    ese_mutex_lock(&background->mutex);
    while (background->tasks == 0 && !background->stop) {
        if (!background->soon) {
            ese_cond_wait(&background->wake, &background->mutex);
        } else if (!ese_cond_wait_for(&background->wake, &background->mutex, SOON_MS)) {
            background->soon = false;
            background->tasks |= ESE_TASK_VERSIONS | ESE_TASK_LOG | ESE_TASK_LATE;
        }
    }
    *tasks = atomic_exchange(&background->tasks, 0);
    ese_mutex_unlock(&background->mutex);
    return !background->stop;
}

/* Errors lose nothing: what could not be done stays to be done, and whoever depends on it gets the error himself. */
static void work(struct ese_background *background, unsigned tasks)
{
    struct ese_store *store = background->store;
    struct ese_log *log = ese_store_log(store);
    if ((tasks & ESE_TASK_PAGES) != 0) {
        (void)ese_cache_shrink(store->cache);
        if (ese_cache_dirty_pages(store->cache) > ese_cache_limit(store->cache) / 4) {
            (void)ese_cache_clean(store->cache, ese_cache_limit(store->cache) / 8);
        }
    }
    if ((tasks & ESE_TASK_VERSIONS) != 0) {
        (void)ese_vstore_cleanup(store->vstore, keep_going, background);
        store->versions_left = ese_vstore_bytes(store->vstore);
    }
    if ((tasks & ESE_TASK_LOG) != 0 && log != NULL) {
        (void)ese_log_flush_to(log, ese_log_end(log));
    }
    if ((tasks & (ESE_TASK_LOG | ESE_TASK_GENERATION)) != 0 && log != NULL &&
        ese_lsn_generation(ese_log_durable(log)) > store->generation) {
        (void)ese_checkpoint_follow_log(store);
    }
    bool due = (tasks & ESE_TASK_DEPTH) != 0;
    if (!due && (tasks & (ESE_TASK_CHECKPOINT | ESE_TASK_LATE)) != 0) {
        due = ese_checkpoint_is_due(store, (tasks & ESE_TASK_LATE) != 0);
    }
    if (due && !background->stop) {
        (void)ese_checkpoint(store, false);
    }
}

static void run(void *arg)
{
    struct ese_background *background = arg;
    unsigned tasks;
    ese_thread_stand_back();
    while (next_tasks(background, &tasks)) {
        work(background, tasks);
    }
}

JET_ERR ese_background_create(struct ese_store *store, struct ese_background **background)
{
    struct ese_background *made = ese_calloc(1, sizeof *made);
    if (made == NULL) {
        return JET_errOutOfMemory;
    }
    made->store = store;
    JET_ERR err = ese_mutex_init(&made->mutex);
    if (err == JET_errSuccess) {
        err = ese_cond_init(&made->wake);
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

void ese_background_destroy(struct ese_background *background)
{
    ese_mutex_lock(&background->mutex);
    background->stop = true;
    struct ese_thread *thread = background->thread;
    ese_cond_signal(&background->wake);
    ese_mutex_unlock(&background->mutex);
    if (thread != NULL) {
        ese_thread_join(thread);
    }
    ese_cond_fini(&background->wake);
    ese_mutex_fini(&background->mutex);
    ese_free(background);
}

/* Without a thread there is no background work: the cache writes when it must, term does the rest. */
static void wake(struct ese_background *background)
{
    ese_mutex_lock(&background->mutex);
    if (background->thread == NULL && !background->stop) {
        struct ese_thread *thread;
        if (ese_thread_create(run, background, &thread) == JET_errSuccess) {
            background->thread = thread;
        }
    }
    ese_mutex_unlock(&background->mutex);
    ese_cond_signal(&background->wake);             /* it would only run into the mutex */
}

void ese_background_poke(struct ese_background *background, unsigned tasks)
{
    if ((atomic_fetch_or(&background->tasks, tasks) & tasks) != tasks && background->quiet == 0) {
        wake(background);
    }
}

void ese_background_quiet(struct ese_background *background, bool quiet)
{
    if (quiet) {
        background->quiet++;
    } else if (--background->quiet == 0 && background->tasks != 0) {
        wake(background);
    }
}

void ese_background_soon(struct ese_background *background)
{
    if (!atomic_load_explicit(&background->soon, memory_order_relaxed) && !atomic_exchange(&background->soon, true)) {
        wake(background);
    }
}
