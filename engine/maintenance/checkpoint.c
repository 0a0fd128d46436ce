/*
 * The checkpoint: how far back recovery would have to begin.
 *
 * The pages whose changes lie furthest back are written in file order, the files synced; then the oldest position that any
 * page or transaction still needs is the new checkpoint. The headers of the databases learn its generation first,
 * so none asks for a generation that is no longer kept.
 */
#include "engine/maintenance/background.h"

#include "engine/table/schema.h"

#define FLUSH_ALL_BELOW (128u * 1024)               /* a depth too small to choose pages for */

/* Log the pages of a checkpoint round may still need when it ends; the rest of the depth is for what comes until the
 * next round. */
static uint64_t depth_after(uint64_t depth)
{
    return depth / 2;
}

bool ese_checkpoint_is_due(struct ese_store *store, bool again)
{
    struct ese_log *log = ese_store_log(store);
    uint64_t depth = store->checkpoint_depth;
    if (log == NULL) {
        return ese_cache_dirty_bytes(store->cache) > depth;
    }
    ese_lsn end = ese_log_end(log);
    return ese_log_bytes_between(log, ese_log_checkpoint(log), end) > depth / 4 * 3 &&
           (again || ese_log_bytes_between(log, store->checkpoint_tried, end) >= depth / 8);
}

static JET_ERR tell_headers(struct ese_store *store, uint32_t first, uint32_t last)
{
    JET_ERR err = JET_errSuccess;
    ese_mutex_lock(&store->list);
    for (unsigned i = 0; i < ESE_DATABASE_MAX && err == JET_errSuccess; i++) {
        if (store->database[i] != NULL) {
            err = ese_database_require(store->database[i], first, last);
        }
    }
    ese_mutex_unlock(&store->list);
    return err;
}

JET_ERR ese_checkpoint_follow_log(struct ese_store *store)
{
    /* Only what is durable: a header must not ask for a file that is not there yet. */
    uint32_t generation = ese_lsn_generation(ese_log_durable(ese_store_log(store)));
    store->generation = generation;
    return tell_headers(store, 0, generation);
}

static JET_ERR move(struct ese_store *store, struct ese_log *log)
{
    ese_lsn position = ese_log_end(log);
    store->checkpoint_tried = position;
    ese_lsn pages = ese_cache_oldest(store->cache), transactions = ese_vstore_oldest_lsn(store->vstore);
    position = pages < position ? pages : position;
    position = transactions < position ? transactions : position;
    if (store->broken || position <= ese_log_checkpoint(log)) { /* asked last: what was given up is not in the cache */
        return JET_errSuccess;
    }
    /* Recovery must find something there; and the end of every transaction that has meanwhile ended, though it may lie
     * behind position, for it would not see how such a one began. */
    JET_ERR err = ese_log_flush_to(log, ese_log_end(log));
    if (err == JET_errSuccess) {
        err = tell_headers(store, ese_lsn_generation(position), 0);
    }
    return err == JET_errSuccess ? ese_log_set_checkpoint(log, position) : err;
}

JET_ERR ese_checkpoint(struct ese_store *store, bool complete)
{
    struct ese_log *log = ese_store_log(store);
    JET_ERR err;
    ese_mutex_lock(&store->checkpointing);
    uint64_t depth = complete ? 0 : store->checkpoint_depth;
    if (log == NULL) {
        err = complete ? ese_cache_flush(store->cache, NULL)
                       : ese_cache_clean(store->cache, (uint32_t)(depth_after(depth) / store->config.page_size));
    } else if (depth < FLUSH_ALL_BELOW) {
        err = ese_cache_flush_older(store->cache, UINT64_MAX);
    } else {
        err = ese_cache_flush_older(store->cache, ese_lsn_before(log, ese_log_end(log), depth_after(depth)));
    }
    if (err == JET_errSuccess && (log != NULL || complete)) {
        err = ese_cache_sync(store->cache, NULL);
    }
    if (err == JET_errSuccess && log != NULL) {
        err = move(store, log);
    }
    ese_mutex_unlock(&store->checkpointing);
    return err;
}
