/* Long values as they are stored. */
#include "engine/table/long_value.h"

#define ROOT_KEY 8
#define CHUNK_KEY 12

static uint32_t root_key(unsigned char *key, uint64_t id)
{
    for (unsigned i = 0; i < 8; i++) {
        key[i] = (unsigned char)(id >> (56 - 8 * i));
    }
    return ROOT_KEY;
}

static uint32_t chunk_key(unsigned char *key, uint64_t id, uint32_t offset)
{
    root_key(key, id);
    for (unsigned i = 0; i < 4; i++) {
        key[8 + i] = (unsigned char)(offset >> (24 - 8 * i));
    }
    return CHUNK_KEY;
}

uint32_t ese_long_chunk(const struct ese_database *database)
{
    return ese_tree_node_max(database->store->config.page_size) - CHUNK_KEY;
}

/* ---- the tree -------------------------------------------------------------------------------------------- */

static JET_ERR forget_tree(void *object)
{
    struct ese_table *table = object;
    table->long_tree = NULL;
    return JET_errSuccess;
}

static JET_ERR keep_tree(void *object)
{
    (void)object;
    return JET_errSuccess;
}

static const struct ese_note_ops tree_ops = { forget_tree, keep_tree, NULL };

static JET_ERR make_in(struct ese_trx *trx, struct ese_table *table)
{
    uint32_t root;
    struct ese_tree *tree;
    JET_ERR err = ese_database_new_tree(trx, table->database, &root);
    if (err == JET_errSuccess) {
        err = ese_database_tree(table->database, root, &tree);
    }
    if (err == JET_errSuccess) {
        err = ese_catalog_add_long_tree(trx, table, root);
    }
    if (err == JET_errSuccess) {
        err = ese_trx_note(trx, &table->database->space, &tree_ops, table);
    }
    if (err == JET_errSuccess) {
        table->long_tree = tree;
    }
    return err;
}

/* Temporary tables are in no catalog; closing one destroys both trees. */
static JET_ERR make_temporary(struct ese_table *table)
{
    struct ese_tree *tree;
    JET_ERR err = ese_temp_file_new_tree(table->database, &tree);
    if (err == JET_errSuccess) {
        ese_rwlock_write(&tree->lock);
        tree->unversioned = table->tree->unversioned;
        ese_rwlock_write_unlock(&tree->lock);
        table->long_tree = tree;
    }
    return err;
}

/* A table that the transaction itself has made is nobody else's yet, and its tree goes with it in a rollback. For any other
 * the tree is made for good, by a transaction of its own: two sessions may both be the first to need it. */
JET_ERR ese_long_make_tree(struct ese_trx *trx, struct ese_table *table, struct ese_tree **tree)
{
    JET_ERR err = JET_errSuccess;
    if (table->long_tree == NULL) {
        ese_mutex_lock(&table->making);
        if (table->long_tree == NULL && table->temp != NULL) {
            err = make_temporary(table);
        } else if (table->long_tree == NULL) {
            struct ese_trx own;
            struct ese_auto automatic;
            bool ours = table->created_by != NULL && table->created_by == trx->txn;
            ese_trx_init(&own, table->database->store->vstore);
            err = ese_auto_begin(&automatic, ours ? trx : &own, false);
            if (err == JET_errSuccess) {
                err = ese_auto_end(&automatic, make_in(ours ? trx : &own, table));
            }
            ese_trx_fini(&own);
        }
        ese_mutex_unlock(&table->making);
    }
    *tree = table->long_tree;
    return err;
}

JET_ERR ese_long_new_id(struct ese_table *table, uint64_t *id)
{
    JET_ERR err = JET_errSuccess;
    ese_mutex_lock(&table->counters);
    if (table->next_long == 0) {
        struct ese_tree *tree = table->long_tree;
        struct ese_place place;
        struct ese_node node;
        ese_rwlock_read(&tree->lock);
        err = ese_tree_last(tree, &place);
        if (err == JET_errSuccess) {
            table->next_long = 1;
            if (place.leaf != NULL) {
                ese_place_node(&place, &node);
                uint64_t last = 0;
                for (unsigned i = 0; i < 8 && i < node.key_size; i++) {
                    last = last << 8 | node.key[i];
                }
                table->next_long = last + 1;
                ese_place_release(&place);
            }
        }
        ese_rwlock_read_unlock(&tree->lock);
    }
    if (err == JET_errSuccess) {
        *id = table->next_long++;
    }
    ese_mutex_unlock(&table->counters);
    return err;
}

/* ---- reading --------------------------------------------------------------------------------------------- */

JET_ERR ese_long_size(struct ese_trx *trx, const struct ese_table *table, uint64_t id, uint32_t *size)
{
    unsigned char key[ROOT_KEY];
    struct ese_bytes data = { NULL, 0, 0 };
    if (table->long_tree == NULL) {
        return JET_errLVCorrupted;
    }
    JET_ERR err = ese_entry_get_key(trx, table->long_tree, key, root_key(key, id), &data);
    if (err == JET_errSuccess) {
        *size = data.size == 4 ? ese_get32(data.data) : 0;
        err = data.size == 4 && *size <= ESE_LONG_MAX ? JET_errSuccess : JET_errLVCorrupted;
    }
    ese_bytes_free(&data);
    return err;
}

/* Is the entry at spot the chunk of this value that begins at offset? */
static bool is_chunk(const struct ese_spot *spot, uint64_t id, uint32_t offset)
{
    unsigned char key[CHUNK_KEY];
    return spot->key.size == chunk_key(key, id, offset) && memcmp(spot->key.data, key, CHUNK_KEY) == 0;
}

JET_ERR ese_long_read(struct ese_trx *trx, const struct ese_table *table, uint64_t id, uint32_t offset, void *to,
                      uint32_t size)
{
    struct ese_tree *tree = table->long_tree;
    struct ese_spot spot = { .hint = false };
    struct ese_bytes data = { NULL, 0, 0 };
    unsigned char key[CHUNK_KEY], *out = to;
    if (size == 0) {
        return JET_errSuccess;
    }
    if (tree == NULL) {
        return JET_errLVCorrupted;
    }
    uint32_t chunk = ese_long_chunk(table->database), begin = offset - offset % chunk;
    JET_ERR err = ese_entry_seek(trx, tree, ESE_SEEK_GE, key, chunk_key(key, id, begin), &spot);
    while (err == JET_errSuccess) {
        err = is_chunk(&spot, id, begin) ? ese_entry_get(trx, tree, &spot, &data) : JET_errLVCorrupted;
        uint32_t skip = offset - begin, part = chunk - skip < size ? chunk - skip : size;
        if (err == JET_errSuccess && data.size < skip + part) {
            err = JET_errLVCorrupted;
        }
        if (err != JET_errSuccess) {
            break;
        }
        memcpy(out, data.data + skip, part);
        out += part;
        size -= part;
        if (size == 0) {
            break;
        }
        begin += chunk;
        offset = begin;
        err = ese_entry_seek(trx, tree, ESE_SEEK_GT, spot.key.data, spot.key.size, &spot);
    }
    ese_spot_free(&spot);
    ese_bytes_free(&data);
    return err == JET_errRecordNotFound || err == JET_errRecordDeleted ? JET_errLVCorrupted : err;
}

/* ---- changing -------------------------------------------------------------------------------------------- */

JET_ERR ese_long_put_size(struct ese_trx *trx, struct ese_tree *tree, uint64_t id, uint32_t size, bool is_new)
{
    unsigned char key[ROOT_KEY], data[4];
    ese_put32(data, size);
    return is_new ? ese_entry_insert(trx, tree, key, root_key(key, id), data, sizeof data)
                  : ese_entry_replace(trx, tree, key, root_key(key, id), data, sizeof data);
}

JET_ERR ese_long_put_chunk(struct ese_trx *trx, struct ese_tree *tree, uint64_t id, uint32_t offset, const void *data,
                           uint32_t size, bool is_new)
{
    unsigned char key[CHUNK_KEY];
    return is_new ? ese_entry_insert(trx, tree, key, chunk_key(key, id, offset), data, size)
                  : ese_entry_replace(trx, tree, key, chunk_key(key, id, offset), data, size);
}

JET_ERR ese_long_delete_chunk(struct ese_trx *trx, struct ese_tree *tree, uint64_t id, uint32_t offset)
{
    unsigned char key[CHUNK_KEY];
    return ese_entry_delete(trx, tree, key, chunk_key(key, id, offset));
}

JET_ERR ese_long_delete(struct ese_trx *trx, const struct ese_table *table, uint64_t id)
{
    struct ese_tree *tree = table->long_tree;
    struct ese_spot spot = { .hint = false };
    unsigned char key[ROOT_KEY];
    root_key(key, id);
    if (tree == NULL) {
        return JET_errLVCorrupted;
    }
    JET_ERR err = ese_entry_seek(trx, tree, ESE_SEEK_GE, key, ROOT_KEY, &spot);
    if (err == JET_errRecordNotFound || (err == JET_errSuccess && (spot.key.size != ROOT_KEY ||
                                                                  memcmp(spot.key.data, key, ROOT_KEY) != 0))) {
        err = JET_errLVCorrupted;
    }
    while (err == JET_errSuccess && spot.key.size >= ROOT_KEY && memcmp(spot.key.data, key, ROOT_KEY) == 0) {
        err = ese_entry_delete(trx, tree, spot.key.data, spot.key.size);
        if (err == JET_errSuccess) {
            err = ese_entry_seek(trx, tree, ESE_SEEK_GT, spot.key.data, spot.key.size, &spot);
        }
    }
    ese_spot_free(&spot);
    return err == JET_errRecordNotFound ? JET_errSuccess : err;
}

static bool holds(const struct ese_bytes *record, uint64_t id)
{
    struct ese_value value;
    for (uint32_t i = 0; record != NULL && i < ese_record_entries(record); i++) {
        ese_record_entry(record, i, &value);
        if (value.separate && ese_long_reference(&value).id == id) {
            return true;
        }
    }
    return false;
}

JET_ERR ese_long_delete_all(struct ese_trx *trx, const struct ese_table *table, const struct ese_bytes *record,
                            const struct ese_bytes *except)
{
    struct ese_value value;
    JET_ERR err = JET_errSuccess;
    for (uint32_t i = 0; err == JET_errSuccess && i < ese_record_entries(record); i++) {
        ese_record_entry(record, i, &value);
        if (value.separate && !holds(except, ese_long_reference(&value).id)) {
            err = ese_long_delete(trx, table, ese_long_reference(&value).id);
        }
    }
    return err;
}
