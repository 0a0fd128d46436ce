/* The storage of one instance. */
#include "engine/table/schema.h"

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
    JET_ERR err = ese_mutex_init(&made->lock);
    if (err != JET_errSuccess) {
        ese_free(made);
        return err;
    }
    err = ese_temp_file_init(made);
    if (err != JET_errSuccess) {
        ese_mutex_fini(&made->lock);
        ese_free(made);
        return err;
    }
    err = ese_vstore_create(config->version_bytes, config->on_fatal, config->arg, &made->vstore);
    if (err == JET_errSuccess) {
        err = ese_cache_create(config->page_size, config->cache_pages, &made->cache);
        if (err == JET_errSuccess) {
            err = ese_background_start(made, &made->background);
            if (err != JET_errSuccess) {
                ese_cache_destroy(made->cache);
            }
        }
        if (err != JET_errSuccess) {
            ese_vstore_destroy(made->vstore);
        }
    }
    if (err != JET_errSuccess) {
        ese_temp_file_fini(made, false);
        ese_mutex_fini(&made->lock);
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
    ese_background_stop(store->background);
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
            store->database[i] = NULL;
        }
    }
    ese_temp_file_fini(store, clean);
    if (clean) {
        ese_vstore_destroy(store->vstore);
    }
    struct ese_log *log = ese_store_log(store);
    if (log != NULL) {
        JET_ERR closed = ese_log_close(log, clean && err == JET_errSuccess);
        err = err == JET_errSuccess ? closed : err;
    }
    ese_cache_destroy(store->cache);
    ese_mutex_fini(&store->lock);
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
    ese_background_poke(store->background, true);
}

void ese_store_set_checkpoint_depth(struct ese_store *store, uint64_t bytes)
{
    store->checkpoint_depth = bytes;
    ese_background_poke(store->background, false);
}

uint64_t ese_store_dirty_bytes(struct ese_store *store)
{
    return ese_cache_dirty_bytes(store->cache);
}

JET_ERR ese_store_flush(struct ese_store *store)
{
    ese_mutex_lock(&store->lock);
    JET_ERR err = ese_cache_flush(store->cache, NULL, 0);
    for (unsigned i = 0; i < ESE_DATABASE_MAX && err == JET_errSuccess; i++) {
        if (store->database[i] != NULL && !store->database[i]->read_only) {
            err = ese_file_sync(store->database[i]->file.file);
        }
    }
    ese_mutex_unlock(&store->lock);
    return err;
}
