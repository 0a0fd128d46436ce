/*
 * Filling a new index from the records that are there. Nobody but the creator sees the index, and nobody else may change the
 * records, until its transaction ends; so the entries need no versions, and a rollback just frees the tree.
 *
 * Entries are collected, sorted, and inserted in order: pages fill one after the other.
 */
#include "engine/table/index.h"

#include <stdlib.h>

#define RUN_BYTES (4u << 20)                        /* entries collected before they are sorted and inserted */
#define RUN_ENTRIES (RUN_BYTES / 64)
#define GROUP_PAGES 8                               /* changed pages after which a group ends */

struct item { uint32_t key_size, data_size; unsigned char bytes[]; }; /* key, then data */

struct run {
    unsigned char *room;                            /* RUN_BYTES; items at multiples of their alignment */
    uint32_t used, count;
    struct item **item;
    struct ese_index *index;
    JET_ERR (*check)(void *arg);
    void *arg;
};

static int by_key(const void *a, const void *b)
{
    const struct item *left = *(struct item *const *)a, *right = *(struct item *const *)b;
    uint32_t common = left->key_size < right->key_size ? left->key_size : right->key_size;
    int order = common != 0 ? memcmp(left->bytes, right->bytes, common) : 0;
    return order != 0 ? order : (left->key_size > right->key_size) - (left->key_size < right->key_size);
}

static JET_ERR poll(const struct run *run)
{
    JET_ERR err = run->check != NULL ? run->check(run->arg) : JET_errSuccess;
    return err < JET_errSuccess ? err : JET_errSuccess;
}

/* Inserts items from *next on, as many as make one group. */
static JET_ERR insert_group(struct run *run, uint32_t *next)
{
    struct ese_tree *tree = run->index->tree;
    struct ese_change change;
    JET_ERR err = JET_errSuccess;
    ese_rwlock_write(&tree->lock);
    ese_tree_begin(tree, &change);
    while (err == JET_errSuccess && *next < run->count && change.count < GROUP_PAGES) {
        const struct item *item = run->item[(*next)++];
        err = ese_tree_insert(tree, &change, item->bytes, item->key_size, item->bytes + item->key_size, item->data_size,
                              0);
        if (err == JET_errSuccess) {
            err = poll(run);
        }
    }
    err = ese_change_end(&change, err, NULL);
    ese_rwlock_write_unlock(&tree->lock);
    return err;
}

static JET_ERR insert_run(struct run *run)
{
    JET_ERR err = JET_errSuccess;
    uint32_t next = 0;
    qsort(run->item, run->count, sizeof *run->item, by_key);
    while (err == JET_errSuccess && next < run->count) {
        err = insert_group(run, &next);
    }
    run->count = run->used = 0;
    return err;
}

static JET_ERR collect(struct run *run, const struct ese_bytes *key, const struct ese_bytes *data)
{
    uint32_t align = (uint32_t)_Alignof(struct item);
    uint32_t size = ((uint32_t)sizeof(struct item) + key->size + data->size + align - 1) / align * align;
    JET_ERR err = JET_errSuccess;
    if (run->used + size > RUN_BYTES || run->count == RUN_ENTRIES) {
        err = insert_run(run);
    }
    if (err == JET_errSuccess) {
        struct item *item = (struct item *)(void *)(run->room + run->used);
        item->key_size = key->size;
        item->data_size = data->size;
        memcpy(item->bytes, key->data, key->size);
        memcpy(item->bytes + key->size, data->data, data->size);
        run->item[run->count++] = item;
        run->used += size;
    }
    return err;
}

static JET_ERR scan(struct ese_table *table, struct ese_trx *trx, struct run *run)
{
    struct ese_spot spot = { .hint = false };
    struct ese_bytes record = { NULL, 0, 0 }, key = { NULL, 0, 0 }, data = { NULL, 0, 0 };
    struct ese_keys keys = { .count = 0 };
    JET_ERR err = ese_entry_seek_data(trx, table->tree, ESE_SEEK_FIRST, NULL, 0, &spot, &record);
    while (err == JET_errSuccess) {
        err = poll(run);
        if (err == JET_errSuccess && !ese_record_is_sound(record.data, record.size)) {
            err = JET_errDatabaseCorrupted;
        }
        if (err == JET_errSuccess) {
            err = ese_index_keys(table, trx, run->index, &record, &keys);
        }
        for (uint32_t i = 0; err == JET_errSuccess && i < keys.count; i++) {
            err = ese_index_entry_make(run->index, ese_keys_at(&keys, i), keys.size[i], spot.key.data, spot.key.size,
                                       &key, &data);
            if (err == JET_errSuccess) {
                err = collect(run, &key, &data);
            }
        }
        if (err == JET_errSuccess) {
            err = ese_entry_seek_data(trx, table->tree, ESE_SEEK_GT, spot.key.data, spot.key.size, &spot, &record);
        }
    }
    ese_spot_free(&spot);
    ese_bytes_free(&record);
    ese_bytes_free(&key);
    ese_bytes_free(&data);
    ese_keys_free(&keys);
    return err == JET_errRecordNotFound ? JET_errSuccess : err;
}

JET_ERR ese_index_build(struct ese_table *table, struct ese_trx *trx, struct ese_index *index,
                        JET_ERR (*check)(void *arg), void *arg)
{
    struct run run = { .index = index, .check = check, .arg = arg };
    struct ese_spot spot = { .hint = false };
    JET_ERR err = ese_entry_seek(trx, table->tree, ESE_SEEK_FIRST, NULL, 0, &spot);
    ese_spot_free(&spot);
    if (err != JET_errSuccess) {
        return err == JET_errRecordNotFound ? JET_errSuccess : err;
    }
    run.room = ese_alloc(RUN_BYTES);
    run.item = ese_alloc(RUN_ENTRIES * sizeof *run.item);
    err = run.room != NULL && run.item != NULL ? scan(table, trx, &run) : JET_errOutOfMemory;
    if (err == JET_errSuccess) {
        err = insert_run(&run);
    }
    ese_free(run.item);
    ese_free(run.room);
    return err;
}
