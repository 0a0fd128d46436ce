/*
 * Indexes inside: definitions in memory, the keys of records, the trees of secondary indexes. For engine/table and
 * engine/verify only.
 *
 * A secondary index is a tree with one node per entry.
 *   unique        key: the index key                     data: the bookmark (key of the record in the table's tree)
 *   not unique    key: the index key, then the bookmark  data: size of the index key u16
 * A bookmark that makes the key of the node too long is replaced there by its beginning and a digest, and follows the size.
 *
 * Keys of an index are never the beginning of one another (key.c), except that what is cut at key_most may be equal; so nodes
 * are in order of index key, then bookmark.
 *
 * Who maintains it. Entries are changed under the same transaction as the record, with versions. An index that somebody created
 * and has not committed makes the others' changes conflict; so its entries need no versions while it is built. A dropped index
 * is maintained by those who do not see the drop, until nobody is left who may read it; then its tree goes.
 */
#ifndef ESE_TABLE_INDEX_H
#define ESE_TABLE_INDEX_H

#include "engine/table/schema.h"

#define ESE_DIGEST_SIZE 16

/* ---- index_key.c ----------------------------------------------------------------------------------------- */

struct ese_key_facts { bool any_null, first_null, all_null; bool there; /* the value of the first multi-valued column */ };

/* One key of a record: sequence[i] says which value of the i-th column. JET_errKeyTruncated. */
JET_ERR ese_index_key(struct ese_table *table, struct ese_trx *trx, const struct ese_index *index,
                      const struct ese_bytes *record, const uint32_t *sequence, struct ese_bytes *key,
                      struct ese_key_facts *facts);

/* A list of keys in memcmp order, each once. Zero it to begin with. */
struct ese_keys {
    struct ese_bytes bytes;
    uint32_t *begin;                                /* count + 1 offsets into bytes, in order after ese_index_keys */
    uint32_t *size;
    uint32_t count, room;
    struct ese_bytes key;                           /* the one that is being made; its room is used again */
};
/* All keys the record has in a secondary index. JET_errNullKeyDisallowed, JET_errKeyTruncated. */
JET_ERR ese_index_keys(struct ese_table *table, struct ese_trx *trx, const struct ese_index *index,
                       const struct ese_bytes *record, struct ese_keys *keys);
/* In its place in the order, unless it is there already. */
JET_ERR ese_keys_add(struct ese_keys *keys, const struct ese_bytes *key);
void ese_keys_free(struct ese_keys *keys);
bool ese_column_is_multi(const struct ese_column *column); /* it may have several values */
static inline const unsigned char *ese_keys_at(const struct ese_keys *keys, uint32_t i)
{
    return keys->bytes.data + keys->begin[i];
}
/* The key for the sequence-th value of the first multi-valued column. *there false: the record has no such entry. */
JET_ERR ese_index_key_at(struct ese_table *table, struct ese_trx *trx, const struct ese_index *index,
                         const struct ese_bytes *record, uint32_t sequence, struct ese_bytes *key, bool *there);

/* ---- tuple.c --------------------------------------------------------------------------------------------- */

/* ese_index_keys for a tuple index whose conditions hold. */
JET_ERR ese_tuple_keys(struct ese_table *table, struct ese_trx *trx, const struct ese_index *index,
                       const struct ese_bytes *record, struct ese_keys *keys);
/* The part of the text the entry is for that the cursor stands on, in its tuple index, and which value it is of. It points into the
 * record or scratch. JET_errSecondaryIndexCorrupted. table->lock held. */
JET_ERR ese_tuple_find(struct ese_cursor *cursor, const struct ese_bytes *record, struct ese_bytes *scratch,
                       struct ese_value *tuple, uint32_t *sequence);

/* ---- index_entry.c --------------------------------------------------------------------------------------- */

/* The node of an entry. node_key and node_data are overwritten. */
JET_ERR ese_index_entry_make(const struct ese_index *index, const void *key, uint32_t key_size, const void *bookmark,
                             uint32_t bookmark_size, struct ese_bytes *node_key, struct ese_bytes *node_data);
/* And back. The bookmark points into the arguments. JET_errSecondaryIndexCorrupted. */
JET_ERR ese_index_entry_split(bool unique, const void *node_key, uint32_t node_key_size, const void *node_data,
                              uint32_t node_data_size, uint32_t *key_size,
                              const unsigned char **bookmark, uint32_t *bookmark_size);
static inline bool ese_index_is_unique(const struct ese_index *index)
{
    return (index->grbit & (JET_bitIndexUnique | JET_bitIndexPrimary)) != 0;
}

/* ---- index_update.c -------------------------------------------------------------------------------------- */

/* The record changed from `before` (at bookmark from) to `after` (at to); NULL: it was not there, or goes. Brings the
 * entries of all secondary indexes up to date. table->lock held, and a level of the transaction that is rolled back when this
 * fails. JET_errKeyDuplicate, JET_errNullKeyDisallowed, JET_errKeyTruncated, JET_errWriteConflict. */
JET_ERR ese_indexes_update(struct ese_table *table, struct ese_trx *trx, const struct ese_bytes *before,
                           const struct ese_bytes *from, const struct ese_bytes *after, const struct ese_bytes *to);

/* ---- index.c, index_define.c, index_build.c -------------------------------------------------------------- */

/* Columns, collation and place of the first multi-valued column, from ids and names. table->lock held, or the table is not
 * public yet. JET_errColumnNotFound, JET_errInvalidLanguageId. */
JET_ERR ese_index_resolve(const struct ese_table *table, struct ese_index *index);
/* Makes an index from what the caller asks for. table->lock held. */
JET_ERR ese_index_define(const struct ese_table *table, const struct ese_trx *trx, const struct ese_index_def *def,
                         struct ese_index **index);
JET_ERR ese_table_append_index(struct ese_table *table, struct ese_index *index); /* takes it over on success */
bool ese_index_is_visible(const struct ese_index *index, const struct ese_trx *trx);
/* Secondary index of that name as trx sees it. table->lock held; NULL: none. */
struct ese_index *ese_table_index_named(const struct ese_table *table, const struct ese_trx *trx, const char *name);
bool ese_table_primary_is_visible(const struct ese_table *table, const struct ese_trx *trx);
uint32_t ese_table_count_indexes(const struct ese_table *table, const struct ese_trx *trx); /* table->lock held */
/* There are no records, not even ones only others still see. JET_errTableNotEmpty. */
JET_ERR ese_table_check_empty(struct ese_table *table);
/* Fills the empty tree of a new index from the records trx sees. */
JET_ERR ese_index_build(struct ese_table *table, struct ese_trx *trx, struct ese_index *index,
                        JET_ERR (*check)(void *arg), void *arg);
/* The table is being dropped by trx, and is dropped for good: so are the trees of its indexes. */
JET_ERR ese_table_announce_indexes(struct ese_trx *trx, struct ese_table *table);
JET_ERR ese_table_destroy_indexes(struct ese_table *table);

/* ---- index_catalog.c ------------------------------------------------------------------------------------- */

JET_ERR ese_catalog_add_index(struct ese_trx *trx, const struct ese_table *table, const struct ese_index *index);
JET_ERR ese_catalog_remove_index(struct ese_trx *trx, const struct ese_table *table, uint32_t number);
JET_ERR ese_catalog_load_indexes(struct ese_trx *trx, struct ese_table *table);
/* Definition and root page from the entry's bytes, nothing resolved. JET_errCatalogCorrupted. */
JET_ERR ese_catalog_parse_index(const void *data, uint32_t size, struct ese_index *index, uint32_t *root);

JET_ERR ese_catalog_put_stats(const struct ese_table *table, uint32_t number, const struct ese_index_stats *stats);
JET_ERR ese_catalog_stats(const struct ese_table *table, uint32_t number, struct ese_index_stats *stats);
JET_ERR ese_catalog_remove_stats(const struct ese_table *table, uint32_t number);

/* ---- position.c ------------------------------------------------------------------------------------------ */

/* The tree the cursor moves in, and its place in it. */
static inline struct ese_tree *ese_cursor_tree(const struct ese_cursor *cursor)
{
    return cursor->index != NULL ? cursor->index->tree : cursor->table->tree;
}

static inline struct ese_spot *ese_cursor_spot(struct ese_cursor *cursor)
{
    return cursor->index != NULL ? &cursor->entry : &cursor->spot;
}

/* Bytes that are the key of the entry the cursor stands on. */
static inline uint32_t ese_cursor_key_size(const struct ese_cursor *cursor)
{
    return cursor->index != NULL ? cursor->entry_key : cursor->spot.key.size;
}

/* ese_entry_seek in the current index. The cursor is moved only on success; where is not touched. */
JET_ERR ese_cursor_look(struct ese_cursor *cursor, enum ese_seek how, const void *key, uint32_t size);
/* Key behind all entries with this key, bookmarks included. */
JET_ERR ese_key_beyond(const struct ese_cursor *cursor, const void *key, uint32_t size, struct ese_bytes *beyond);
/* From a secondary index to the clustered one, before the first record. */
void ese_cursor_leave_index(struct ese_cursor *cursor);
/* Onto the entry the record of this bookmark has for the sequence-th value, in the current index. The cursor is unchanged on
 * errors. JET_errRecordDeleted, JET_errNoCurrentRecord, JET_errBadItagSequence. */
JET_ERR ese_cursor_stand_on_record(struct ese_cursor *cursor, const void *bookmark, uint32_t size, uint32_t sequence);
/* Which value of the column the entry the cursor stands on is for: *sequence is set when the column is the one whose values
 * have entries of their own, else left alone. table->lock held. */
JET_ERR ese_cursor_entry_sequence(struct ese_cursor *cursor, const struct ese_bytes *record, JET_COLUMNID columnid,
                                  uint32_t *sequence);
bool ese_cursor_key_in_range(const struct ese_cursor *cursor, const void *key, uint32_t size);

/* ---- filter.c -------------------------------------------------------------------------------------------- */

/* The current record (position just reached) passes the cursor's filter. */
JET_ERR ese_filter_passes(struct ese_cursor *cursor, bool *passes);
void ese_filter_free(struct ese_filter *filter);

#endif
