/*
 * Indexes: every entry has its record, every record its entries. Of the keys of all records, with their bookmarks, and of the
 * entries of the index's own tree a hash is noted; sorted, both lists must be the same. The keys are made by the engine's own
 * code from the definitions in the catalog; where they depend on the rules of another collation, only the trees are walked.
 */
#include <stdlib.h>

#include "engine/table/catalog_format.h"
#include "engine/table/index.h"
#include "engine/table/long_value.h"
#include "engine/verify/check.h"

#define CACHE_PAGES 64                              /* for long values that keys are made of */

struct one {
    struct ese_index definition;
    uint32_t root;
    struct numbers wanted, found;
};

struct indexes {
    struct ese_store store;                         /* as much of an engine as reading long values takes */
    struct ese_database database;
    struct ese_cache *cache;
    struct ese_tree long_tree;
    bool has_long_tree;
    struct ese_trx trx;
    struct ese_table *table;
    struct one *one;
    uint32_t count;
    struct one *walked;
    struct ese_keys keys;
};

/* ---- definitions ----------------------------------------------------------------------------------------- */

bool ese_check_define(struct check *check, const struct ese_node *node)
{
    if (node->key_size != ESE_PART_KEY) {
        return ese_check_fail(check, "an entry of the catalog has an impossible key");
    }
    struct definition *made = ese_alloc(sizeof *made + node->data_size);
    if (made == NULL) {
        return ese_check_fail(check, "out of memory");
    }
    made->kind = (char)node->key[0];
    made->object = ese_catalog_get_number(node->key + 1);
    made->number = ese_catalog_get_number(node->key + ESE_OBJECT_KEY);
    made->size = node->data_size;
    memcpy(made->bytes, node->data, node->data_size);
    made->next = check->definitions;
    check->definitions = made;
    return true;
}

void ese_check_forget_definitions(struct check *check)
{
    while (check->definitions != NULL) {
        struct definition *next = check->definitions->next;
        ese_free(check->definitions);
        check->definitions = next;
    }
}

static bool take_columns(struct check *check, struct indexes *indexes)
{
    for (const struct definition *at = check->definitions; at != NULL; at = at->next) {
        struct ese_column *column;
        if (at->object != check->object || at->kind != 'C') {
            continue;
        }
        const struct ese_bytes value = { (unsigned char *)(uintptr_t)at->bytes, at->size, at->size };
        JET_ERR err = ese_catalog_parse_column(&value, at->number, &column);
        if (err == JET_errSuccess) {
            err = ese_table_append(indexes->table, column);
            if (err != JET_errSuccess) {
                ese_column_free(column);
            }
        }
        if (err != JET_errSuccess) {
            return ese_check_fail(check, "column %u of table %u is damaged in the catalog (error %d)", at->number,
                                  check->object, (int)err);
        }
    }
    return true;
}

static bool take_indexes(struct check *check, struct indexes *indexes)
{
    for (const struct definition *at = check->definitions; at != NULL; at = at->next) {
        if (at->object != check->object || at->kind != 'I') {
            continue;
        }
        struct one *longer = ese_realloc(indexes->one, (indexes->count + 1) * sizeof *longer);
        if (longer == NULL) {
            return ese_check_fail(check, "out of memory");
        }
        indexes->one = longer;
        struct one *one = &longer[indexes->count++];
        memset(one, 0, sizeof *one);
        one->definition.number = at->number;
        JET_ERR err = ese_catalog_parse_index(at->bytes, at->size, &one->definition, &one->root);
        if (err == JET_errSuccess && (one->root == 0) != (at->number == ESE_PRIMARY_NUMBER)) {
            err = JET_errCatalogCorrupted;
        }
        if (err == JET_errSuccess) {
            err = ese_index_resolve(indexes->table, &one->definition);
        }
        if (err != JET_errSuccess) {
            return ese_check_fail(check, "index %u of table %u is damaged in the catalog (error %d)", at->number,
                                  check->object, (int)err);
        }
    }
    return true;
}

/* ---- reading long values --------------------------------------------------------------------------------- */

static bool open_long(struct check *check, struct indexes *indexes, uint32_t root)
{
    indexes->store.config.page_size = check->report->page_size;
    indexes->database.store = &indexes->store;
    indexes->database.file.file = check->file;
    indexes->database.file.id = 1;
    JET_ERR err = JET_errSuccess;
    if (root != 0) {
        err = ese_cache_create(check->report->page_size, CACHE_PAGES, &indexes->cache);
        indexes->database.space.cache = indexes->cache;
        indexes->database.space.file = &indexes->database.file;
    }
    if (root != 0 && err == JET_errSuccess) {
        err = ese_tree_init(&indexes->long_tree, &indexes->database.space, root);
        indexes->has_long_tree = err == JET_errSuccess;
    }
    return err == JET_errSuccess || ese_check_fail(check, "out of memory");
}

bool ese_check_begin_indexes(struct check *check, uint32_t object, uint32_t long_root)
{
    struct indexes *indexes = ese_calloc(1, sizeof *indexes);
    if (indexes == NULL) {
        return ese_check_fail(check, "out of memory");
    }
    check->indexes = indexes;
    if (!open_long(check, indexes, long_root)) {
        return false;
    }
    ese_trx_init(&indexes->trx, NULL);
    if (ese_table_make(&indexes->database, object, &indexes->table) != JET_errSuccess) {
        return ese_check_fail(check, "out of memory");
    }
    if (indexes->has_long_tree) {
        indexes->table->long_tree = &indexes->long_tree;
    }
    return take_columns(check, indexes) && take_indexes(check, indexes);
}

void ese_check_end_indexes(struct check *check)
{
    struct indexes *indexes = check->indexes;
    check->indexes = NULL;
    if (indexes == NULL) {
        return;
    }
    for (uint32_t i = 0; i < indexes->count; i++) {
        ese_free(indexes->one[i].wanted.at);
        ese_free(indexes->one[i].found.at);
    }
    ese_free(indexes->one);
    ese_keys_free(&indexes->keys);
    if (indexes->table != NULL) {
        ese_table_free(indexes->table);
    }
    if (indexes->has_long_tree) {
        ese_tree_fini(&indexes->long_tree);
    }
    if (indexes->cache != NULL) {
        ese_cache_drop(indexes->cache, &indexes->database.file);
        ese_cache_destroy(indexes->cache);
    }
    ese_free(indexes);
}

/* ---- comparing ------------------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, const unsigned char *data, uint32_t size)
{
    hash ^= size;
    for (uint32_t i = 0; i < size; i++) {
        hash = (hash ^ data[i]) * 0x100000001b3u;
        hash ^= hash >> 29;
    }
    return hash * 0x9e3779b97f4a7c15u;
}

static uint64_t hash_of(const unsigned char *key, uint32_t key_size, const unsigned char *bookmark, uint32_t size)
{
    return mix(mix(0xcbf29ce484222325u, key, key_size), bookmark, size);
}

/* The key the record lies under must be its key. */
static bool check_primary(struct check *check, const struct one *one, const struct ese_bytes *record,
                          const struct ese_node *node)
{
    struct indexes *indexes = check->indexes;
    struct ese_bytes key = { NULL, 0, 0 };
    indexes->table->primary = (struct ese_index *)(uintptr_t)&one->definition;
    JET_ERR err = ese_key_of_record(indexes->table, &indexes->trx, record, &key);
    bool same = err == JET_errSuccess && key.size == node->key_size && memcmp(key.data, node->key, key.size) == 0;
    indexes->table->primary = NULL;
    ese_bytes_free(&key);
    return same || ese_check_fail(check, "a record of table %u lies under a key that is not its own", check->object);
}

bool ese_check_index_record(struct check *check, const struct ese_node *node)
{
    struct indexes *indexes = check->indexes;
    const struct ese_bytes record = { (unsigned char *)(uintptr_t)node->data, node->data_size, node->data_size };
    bool good = true;
    for (uint32_t i = 0; good && i < indexes->count; i++) {
        struct one *one = &indexes->one[i];
        if (check->other_collation && one->definition.collation != NULL) {
            continue;
        }
        if (one->root == 0) {
            good = check_primary(check, one, &record, node);
            continue;
        }
        JET_ERR err = ese_index_keys(indexes->table, &indexes->trx, &one->definition, &record, &indexes->keys);
        if (err != JET_errSuccess) {
            return ese_check_fail(check, "a record of table %u has no key in index %s (error %d)", check->object,
                                  one->definition.name, (int)err);
        }
        for (uint32_t k = 0; good && k < indexes->keys.count; k++) {
            good = ese_check_add_number(check, &one->wanted,
                                        hash_of(ese_keys_at(&indexes->keys, k), indexes->keys.size[k], node->key,
                                                node->key_size));
        }
    }
    return good;
}

static bool visit_entry(struct check *check, const struct ese_node *node)
{
    struct one *one = check->indexes->walked;
    const unsigned char *bookmark;
    uint32_t key_size, size;
    JET_ERR err = ese_index_entry_split(ese_index_is_unique(&one->definition), node->key, node->key_size, node->data,
                                        node->data_size, &key_size, &bookmark, &size);
    if (err != JET_errSuccess) {
        return ese_check_fail(check, "an entry of index %s of table %u is damaged", one->definition.name, check->object);
    }
    return ese_check_add_number(check, &one->found, hash_of(node->key, key_size, bookmark, size));
}

/* Counts what is in one list and not in the other. Both are in order. */
static void differ(const struct numbers *wanted, const struct numbers *found, size_t *missing, size_t *surplus)
{
    size_t i = 0, k = 0;
    *missing = *surplus = 0;
    while (i < wanted->count || k < found->count) {
        if (k == found->count || (i < wanted->count && wanted->at[i] < found->at[k])) {
            ++*missing;
            i++;
        } else if (i == wanted->count || found->at[k] < wanted->at[i]) {
            ++*surplus;
            k++;
        } else {
            i++;
            k++;
        }
    }
}

bool ese_check_indexes(struct check *check)
{
    struct indexes *indexes = check->indexes;
    bool good = true;
    for (uint32_t i = 0; good && i < indexes->count; i++) {
        struct one *one = &indexes->one[i];
        size_t missing, surplus;
        if (one->root == 0) {
            continue;
        }
        indexes->walked = one;
        good = ese_check_tree(check, one->root, visit_entry);
        if (!good) {
            break;
        }
        ese_check_sort_numbers(&one->wanted);
        ese_check_sort_numbers(&one->found);
        differ(&one->wanted, &one->found, &missing, &surplus);
        if (check->other_collation && one->definition.collation != NULL) {
            continue;
        }
        if (missing != 0 || surplus != 0) {
            good = ese_check_fail(check, "index %s of table %u lacks %llu entries and has %llu that belong to no record",
                                  one->definition.name, check->object, (unsigned long long)missing,
                                  (unsigned long long)surplus);
        }
    }
    return good;
}
