/* The storage of one instance. */
#include "engine/table/schema.h"

#define EXTEND_DEFAULT 256                           /* pages */
#define VERSIONS_WAITING_MAX (1u << 20)             /* bytes of versions that may wait for the timer */
#define LOG_WAITING_MAX (512u * 1024)                /* bytes of log that may wait for somebody's sync */

/* ---- what the background is told ------------------------------------------------------------------------- */

/* From the cache: the log has grown, pages have become dirty, or clean ones are wanted. */
static void look_after_pages(void *arg)
{
    struct ese_store *store = arg;
    struct ese_log *log = ese_store_log(store);
    unsigned tasks = 0;
    uint32_t limit = ese_cache_limit(store->cache), pages = ese_cache_pages(store->cache);
    if (pages > limit || (pages >= limit - limit / 8 && ese_cache_dirty_pages(store->cache) > limit / 4)) {
        tasks |= ESE_TASK_PAGES;
    }
    if (ese_checkpoint_is_due(store, false)) {
        tasks |= ESE_TASK_CHECKPOINT;
    }
    if (log != NULL && ese_log_bytes_between(log, ese_log_durable(log), ese_log_end(log)) > LOG_WAITING_MAX) {
        tasks |= ESE_TASK_LOG;
    }
    if (log != NULL && ese_lsn_generation(ese_log_durable(log)) > store->generation) {
        tasks |= ESE_TASK_GENERATION;
    }
    if (tasks != 0) {
        ese_background_poke(store->background, tasks);
    }
}

/* From the version store: a transaction has ended and left something behind. */
static void look_after_versions(void *arg)
{
    struct ese_store *store = arg;
    if (ese_vstore_bytes(store->vstore) > store->versions_left + VERSIONS_WAITING_MAX) {
        ese_background_poke(store->background, ESE_TASK_VERSIONS);
    } else {
        ese_background_soon(store->background);
    }
}

/* ---- life ------------------------------------------------------------------------------------------------ */

static JET_ERR init_locks(struct ese_store *store)
{
    struct ese_mutex *const locks[] = { &store->lock, &store->list, &store->checkpointing, &store->compacting };
    for (size_t i = 0; i < sizeof locks / sizeof locks[0]; i++) {
        JET_ERR err = ese_mutex_init(locks[i]);
        if (err != JET_errSuccess) {
            while (i-- != 0) {
                ese_mutex_fini(locks[i]);
            }
            return err;
        }
    }
    JET_ERR err = ese_valve_init(&store->pages);
    if (err != JET_errSuccess) {
        for (size_t i = sizeof locks / sizeof locks[0]; i-- != 0;) {
            ese_mutex_fini(locks[i]);
        }
    }
    return err;
}

static void fini_locks(struct ese_store *store)
{
    ese_valve_fini(&store->pages);
    ese_mutex_fini(&store->compacting);
    ese_mutex_fini(&store->checkpointing);
    ese_mutex_fini(&store->list);
    ese_mutex_fini(&store->lock);
}

static JET_ERR open_parts(struct ese_store *store)
{
    const struct ese_store_config *config = &store->config;
    JET_ERR err = ese_vstore_create(config->version_bytes, config->on_fatal, config->arg, &store->vstore);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_cache_create(config->page_size, config->cache_pages, &store->cache);
    if (err == JET_errSuccess) {
        err = ese_background_create(store, &store->background);
        if (err == JET_errSuccess) {
            ese_cache_set_watch(store->cache, look_after_pages, store);
            ese_vstore_set_watch(store->vstore, look_after_versions, store);
            return JET_errSuccess;
        }
        ese_cache_destroy(store->cache);
    }
    ese_vstore_destroy(store->vstore);
    return err;
}

JET_ERR ese_store_open(const struct ese_store_config *config, struct ese_store **store)
{
    if (!ese_page_size_is_valid(config->page_size)) {
        return JET_errInvalidParameter;
    }
    struct ese_store *made = ese_calloc(1, sizeof *made);
    if (made == NULL) {
        return JET_errOutOfMemory;
    }
    made->config = *config;
    made->checkpoint_depth = config->checkpoint_depth;
    ese_store_set_extension(made, config->extend_pages);
    JET_ERR err = init_locks(made);
    if (err == JET_errSuccess) {
        err = ese_temp_file_init(made);
        if (err == JET_errSuccess) {
            err = open_parts(made);
            if (err != JET_errSuccess) {
                ese_temp_file_fini(made, false);
            }
        }
        if (err != JET_errSuccess) {
            fini_locks(made);
        }
    }
    if (err != JET_errSuccess) {
        ese_free(made);
        return err;
    }
    *store = made;
    return JET_errSuccess;
}

JET_ERR ese_store_close(struct ese_store *store, enum ese_close_mode mode)
{
    JET_ERR err = JET_errSuccess;
    bool clean = mode != ESE_CLOSE_DIRTY;
    store->closing = true;
    ese_background_destroy(store->background);
    ese_cache_set_watch(store->cache, NULL, NULL);
    ese_vstore_set_watch(store->vstore, NULL, NULL);
    if (mode == ESE_CLOSE_COMPLETE) {
        err = ese_vstore_cleanup(store->vstore, NULL, NULL);
    }
    if (!clean) {
        /* Abandoned versions point into trees: they go first. */
        ese_vstore_destroy(store->vstore);
        err = JET_errDirtyShutdown;
    }
    for (unsigned i = 0; i < ESE_DATABASE_MAX; i++) {
        if (store->database[i] != NULL) {
            JET_ERR closed = ese_database_close(store->database[i], clean && err == JET_errSuccess);
            err = err == JET_errSuccess ? closed : err;
        }
    }
    ese_temp_file_fini(store, clean);
    struct ese_log *log = ese_store_log(store);
    if (log != NULL) {
        JET_ERR closed = ese_log_close(log, clean && err == JET_errSuccess && !store->broken);
        err = err == JET_errSuccess ? closed : err;
    }
    if (clean) {
        ese_vstore_destroy(store->vstore);
    }
    ese_cache_destroy(store->cache);
    fini_locks(store);
    ese_free(store);
    return err;
}

void ese_store_set_log(struct ese_store *store, struct ese_log *log)
{
    ese_vstore_set_log(store->vstore, log);
    ese_cache_set_log(store->cache, log);
}

struct ese_log *ese_store_log(struct ese_store *store)
{
    return ese_cache_log(store->cache);
}

struct ese_vstore *ese_store_versions(struct ese_store *store)
{
    return store->vstore;
}

uint32_t ese_store_page_size(struct ese_store *store)
{
    return store->config.page_size;
}

void ese_store_signal_cleanup(struct ese_store *store)
{
    if (ese_vstore_has_versions(store->vstore)) {
        ese_background_poke(store->background, ESE_TASK_VERSIONS);
    }
}

void ese_store_quiet(struct ese_store *store, bool quiet)
{
    ese_background_quiet(store->background, quiet);
}

void ese_store_set_extension(struct ese_store *store, uint32_t pages)
{
    store->extend_pages = pages != 0 ? pages : EXTEND_DEFAULT;
}

void ese_store_set_checkpoint_depth(struct ese_store *store, uint64_t bytes)
{
    if (atomic_exchange(&store->checkpoint_depth, bytes) != bytes && ese_cache_dirty_pages(store->cache) != 0) {
        ese_background_poke(store->background, ESE_TASK_DEPTH);
    }
}

void ese_store_set_cache_limit(struct ese_store *store, uint32_t pages)
{
    ese_cache_set_limit(store->cache, pages);
    if (ese_cache_pages(store->cache) > pages) {
        ese_background_poke(store->background, ESE_TASK_PAGES);
    }
}

uint32_t ese_store_cache_pages(struct ese_store *store)
{
    return ese_cache_pages(store->cache);
}

uint64_t ese_store_dirty_bytes(struct ese_store *store)
{
    return ese_cache_dirty_bytes(store->cache);
}

void ese_store_write_log(struct ese_store *store)
{
    struct ese_log *log = ese_store_log(store);
    if (log != NULL) {
        (void)ese_log_flush_to(log, ese_log_end(log));
    }
}

JET_ERR ese_store_flush(struct ese_store *store)
{
    return ese_checkpoint(store, true);
}

/* The pages first: so no file of a database is ahead of the log that the freeze closes. */
JET_ERR ese_store_freeze(struct ese_store *store, bool roll, uint32_t *last)
{
    ese_valve_close(&store->pages);
    JET_ERR err = ese_log_freeze(ese_store_log(store), roll, last);
    if (err != JET_errSuccess) {
        ese_valve_open(&store->pages);
    }
    return err;
}

void ese_store_thaw(struct ese_store *store)
{
    ese_log_thaw(ese_store_log(store));
    ese_valve_open(&store->pages);
}

void ese_store_stay_frozen(struct ese_store *store)
{
    ese_log_stay_frozen(ese_store_log(store));
    ese_valve_refuse(&store->pages);
}
