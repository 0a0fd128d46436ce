/* Secondary indexes follow the records. */
#include "engine/table/index.h"

/* Must trx change its entries? Those who see it dropped need not: whoever still reads it sees none of their changes. */
static bool is_maintained(const struct ese_index *index, const struct ese_trx *trx)
{
    return !index->gone && (index->dropped_by == NULL || !ese_txn_is_visible(trx, index->dropped_by));
}

struct scratch { struct ese_keys before, after; struct ese_bytes node_key, node_data; };

static JET_ERR insert_entry(struct ese_trx *trx, const struct ese_index *index, const unsigned char *key, uint32_t size,
                            const struct ese_bytes *bookmark, struct scratch *scratch)
{
    JET_ERR err = ese_index_entry_make(index, key, size, bookmark->data, bookmark->size, &scratch->node_key,
                                       &scratch->node_data);
    return err == JET_errSuccess ? ese_entry_insert(trx, index->tree, scratch->node_key.data, scratch->node_key.size,
                                                    scratch->node_data.data, scratch->node_data.size)
                                 : err;
}

static JET_ERR delete_entry(struct ese_trx *trx, const struct ese_index *index, const unsigned char *key, uint32_t size,
                            const struct ese_bytes *bookmark, struct scratch *scratch)
{
    JET_ERR err = ese_index_entry_make(index, key, size, bookmark->data, bookmark->size, &scratch->node_key,
                                       &scratch->node_data);
    if (err == JET_errSuccess) {
        err = ese_entry_delete(trx, index->tree, scratch->node_key.data, scratch->node_key.size);
    }
    return err == JET_errRecordDeleted ? JET_errSecondaryIndexCorrupted : err; /* an entry that must be there is not */
}

static int compare(const struct ese_keys *a, uint32_t i, const struct ese_keys *b, uint32_t k)
{
    if (i == a->count || k == b->count) {
        return i == a->count ? 1 : -1;
    }
    uint32_t common = a->size[i] < b->size[k] ? a->size[i] : b->size[k];
    int order = common != 0 ? memcmp(ese_keys_at(a, i), ese_keys_at(b, k), common) : 0;
    return order != 0 ? order : (a->size[i] > b->size[k]) - (a->size[i] < b->size[k]);
}

/* Both lists are in order. What goes goes first, so that a unique key can pass from one value to another. */
static JET_ERR change_entries(struct ese_trx *trx, const struct ese_index *index, const struct ese_bytes *from,
                              const struct ese_bytes *to, bool moved, struct scratch *scratch)
{
    const struct ese_keys *before = &scratch->before, *after = &scratch->after;
    JET_ERR err = JET_errSuccess;
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0, k = 0; err == JET_errSuccess && (i < before->count || k < after->count);) {
            int order = compare(before, i, after, k);
            bool same = order == 0 && !moved;
            if (pass == 0 && order <= 0 && !same) {
                err = delete_entry(trx, index, ese_keys_at(before, i), before->size[i], from, scratch);
            }
            if (pass == 1 && order >= 0 && !same) {
                err = insert_entry(trx, index, ese_keys_at(after, k), after->size[k], to, scratch);
            }
            i += order <= 0 ? 1 : 0;
            k += order >= 0 ? 1 : 0;
        }
    }
    return err;
}

JET_ERR ese_indexes_update(struct ese_table *table, struct ese_trx *trx, const struct ese_bytes *before,
                           const struct ese_bytes *from, const struct ese_bytes *after, const struct ese_bytes *to)
{
    struct scratch scratch;
    JET_ERR err = JET_errSuccess;
    bool moved = from != NULL && to != NULL && (from->size != to->size || memcmp(from->data, to->data, to->size) != 0);
    memset(&scratch, 0, sizeof scratch);
    for (uint32_t i = 0; err == JET_errSuccess && i < table->indexes; i++) {
        const struct ese_index *index = table->index[i];
        if (!is_maintained(index, trx)) {
            continue;
        }
        if (index->added_by != NULL && !ese_txn_is_visible(trx, index->added_by) && ese_txn_is_open(index->added_by)) {
            err = JET_errWriteConflict;             /* it is being built from the records as they are */
            break;
        }
        scratch.before.count = scratch.after.count = 0;
        if (before != NULL) {
            err = ese_index_keys(table, trx, index, before, &scratch.before);
        }
        if (err == JET_errSuccess && after != NULL) {
            err = ese_index_keys(table, trx, index, after, &scratch.after);
        }
        if (err == JET_errSuccess) {
            err = change_entries(trx, index, from, to, moved, &scratch);
        }
    }
    ese_keys_free(&scratch.before);
    ese_keys_free(&scratch.after);
    ese_bytes_free(&scratch.node_key);
    ese_bytes_free(&scratch.node_data);
    return err;
}
