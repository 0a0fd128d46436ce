/* JetComputeStats: how many entries, different keys and pages the indexes of a table have. */
#include "engine/table/index.h"

struct counter {
    struct ese_trx *trx;
    struct ese_tree *tree;
    bool secondary, unique;
    JET_ERR (*check)(void *arg);
    void *arg;
};

/* Walks the whole tree, asking before every entry. */
static JET_ERR count(const struct counter *counter, struct ese_index_stats *stats)
{
    struct ese_spot spot = { .hint = false };
    struct ese_bytes data = { NULL, 0, 0 }, last = { NULL, 0, 0 };
    JET_ERR err = ese_entry_seek_data(counter->trx, counter->tree, ESE_SEEK_FIRST, NULL, 0, &spot,
                                      counter->secondary ? &data : NULL);
    memset(stats, 0, sizeof *stats);
    while (err == JET_errSuccess) {
        uint32_t key_size = spot.key.size, size;
        const unsigned char *bookmark;
        err = counter->check != NULL ? counter->check(counter->arg) : JET_errSuccess;
        if (err == JET_errSuccess && counter->secondary) {
            err = ese_index_entry_split(counter->unique, spot.key.data, spot.key.size, data.data, data.size, &key_size,
                                        &bookmark, &size);
        }
        if (err != JET_errSuccess) {
            break;
        }
        bool same = stats->entries != 0 && last.size == key_size && memcmp(last.data, spot.key.data, key_size) == 0;
        stats->entries++;
        stats->keys += same ? 0 : 1;
        err = same ? JET_errSuccess : ese_bytes_set(&last, spot.key.data, key_size);
        if (err == JET_errSuccess) {
            err = ese_entry_seek_data(counter->trx, counter->tree, ESE_SEEK_GT, spot.key.data, spot.key.size, &spot,
                                      counter->secondary ? &data : NULL);
        }
    }
    ese_spot_free(&spot);
    ese_bytes_free(&data);
    ese_bytes_free(&last);
    if (err != JET_errRecordNotFound) {
        return err < JET_errSuccess ? err : JET_errInternalError;
    }
    uint64_t nodes;
    ese_rwlock_read(&counter->tree->lock);
    err = counter->tree->dropped ? JET_errObjectNotFound : ese_tree_stats(counter->tree, &stats->pages, &nodes);
    ese_rwlock_read_unlock(&counter->tree->lock);
    return err;
}

/* The next index trx sees, by number; NULL: no more. */
static const struct ese_index *next_index(struct ese_table *table, const struct ese_trx *trx, uint32_t after)
{
    const struct ese_index *best = NULL;
    ese_rwlock_read(&table->lock);
    for (uint32_t i = 0; i < table->indexes; i++) {
        const struct ese_index *index = table->index[i];
        if (index->number > after && ese_index_is_visible(index, trx) &&
            (best == NULL || index->number < best->number)) {
            best = index;
        }
    }
    ese_rwlock_read_unlock(&table->lock);
    return best;
}

JET_ERR ese_table_compute_stats(struct ese_cursor *cursor, JET_ERR (*check)(void *arg), void *arg)
{
    struct ese_table *table = cursor->table;
    struct counter counter = { cursor->trx, table->tree, false, true, check, arg };
    struct ese_index_stats stats;
    if (cursor->filter != NULL) {
        return JET_errFilteredMoveNotSupported;
    }
    if (table->database->read_only) {
        return JET_errDatabaseFileReadOnly;
    }
    JET_ERR err = count(&counter, &stats);
    if (err == JET_errSuccess) {
        err = ese_catalog_put_stats(table, ESE_PRIMARY_NUMBER, &stats);
    }
    const struct ese_index *index = NULL;
    uint32_t number = ESE_PRIMARY_NUMBER;
    counter.secondary = true;
    while (err == JET_errSuccess && (index = next_index(table, cursor->trx, number)) != NULL) {
        counter.tree = index->tree;
        counter.unique = ese_index_is_unique(index);
        number = index->number;
        err = count(&counter, &stats);
        if (err == JET_errObjectNotFound) {
            err = JET_errSuccess;                   /* at level 0 it may have gone meanwhile */
        } else if (err == JET_errSuccess) {
            err = ese_catalog_put_stats(table, number, &stats);
        }
    }
    return err;
}

JET_ERR ese_table_index_stats(struct ese_cursor *cursor, uint32_t number, struct ese_index_stats *stats)
{
    return ese_catalog_stats(cursor->table, number, stats);
}

JET_ERR ese_table_index_pages(struct ese_cursor *cursor, const char *name, uint64_t *owned)
{
    struct ese_table *table = cursor->table;
    struct ese_index_info info;
    uint64_t nodes;
    JET_ERR err = ese_table_index_by_name(cursor, name, &info);
    if (err != JET_errSuccess) {
        return err;
    }
    ese_rwlock_read(&table->lock);
    struct ese_index *index = info.primary ? NULL : ese_table_index_named(table, cursor->trx, info.name);
    struct ese_tree *tree = index != NULL ? index->tree : table->tree;
    ese_rwlock_read_unlock(&table->lock);
    ese_rwlock_read(&tree->lock);
    err = tree->dropped ? JET_errIndexNotFound : ese_tree_stats(tree, owned, &nodes);
    ese_rwlock_read_unlock(&tree->lock);
    return err;
}
