/*
 * Long values kept apart from their records: one tree per table, made when the first one is stored.
 *
 *   key  id u64 (big-endian)                    data  size of the value u32
 *   key  id u64, offset u32 (big-endian)        data  the bytes from there on: one chunk
 *
 * Every chunk but the last has ese_long_chunk() bytes; none is missing. A value belongs to exactly one record: what copies a
 * record copies its long values (InsertCopy), what moves one takes them along (InsertCopyDeleteOriginal). Chunks are
 * entries under transactions, so others go on seeing the old value, and a rollback brings it back.
 *
 * A record holds a reference: id u64, edition u32 (little-endian). The edition grows with every change of the value, so
 * that a change of the value alone is a change of the record, too.
 *
 * While an update is prepared, changed values live in the cursor as edits (long_edit.c): the reference then names an edit
 * (ESE_LONG_EDITED and its number). JetUpdate writes them; until then nothing in the database has changed.
 */
#ifndef ESE_TABLE_LONG_VALUE_H
#define ESE_TABLE_LONG_VALUE_H

#include "engine/table/schema.h"

#define ESE_LONG_REFERENCE 12                       /* bytes of a reference */
#define ESE_LONG_MAX 0x7FFFFFFFu                    /* greatest size of a value */
#define ESE_LONG_INTRINSIC_MAX 1024u                /* greater ones are kept apart in any case */
#define ESE_LONG_EDITED (UINT64_C(1) << 63)

struct ese_long_reference { uint64_t id; uint32_t edition; };

static inline struct ese_long_reference ese_long_reference(const struct ese_value *value)
{
    return (struct ese_long_reference){ ese_get64(value->data), ese_get32(value->data + 8) };
}

static inline void ese_long_put_reference(unsigned char *to, uint64_t id, uint32_t edition)
{
    ese_put64(to, id);
    ese_put32(to + 8, edition);
}

/* ---- long_value.c: what is stored ------------------------------------------------------------------------ */

uint32_t ese_long_chunk(const struct ese_database *database);
/* The tree of the table, made when it is not there yet. No lock of the table or its database is held. */
JET_ERR ese_long_make_tree(struct ese_trx *trx, struct ese_table *table, struct ese_tree **tree);
/* A number no value of the table has or had. */
JET_ERR ese_long_new_id(struct ese_table *table, uint64_t *id);
/* JET_errRecordDeleted when trx sees no such value, JET_errLVCorrupted when it is damaged. */
JET_ERR ese_long_size(struct ese_trx *trx, const struct ese_table *table, uint64_t id, uint32_t *size);
/* Reads size bytes from offset on; they must be there, else JET_errLVCorrupted. */
JET_ERR ese_long_read(struct ese_trx *trx, const struct ese_table *table, uint64_t id, uint32_t offset, void *to,
                      uint32_t size);
JET_ERR ese_long_put_size(struct ese_trx *trx, struct ese_tree *tree, uint64_t id, uint32_t size, bool is_new);
JET_ERR ese_long_put_chunk(struct ese_trx *trx, struct ese_tree *tree, uint64_t id, uint32_t offset, const void *data,
                           uint32_t size, bool is_new);
JET_ERR ese_long_delete_chunk(struct ese_trx *trx, struct ese_tree *tree, uint64_t id, uint32_t offset);
/* The whole value. */
JET_ERR ese_long_delete(struct ese_trx *trx, const struct ese_table *table, uint64_t id);
/* All long values of a record, except those that `except` (may be NULL) holds as well. */
JET_ERR ese_long_delete_all(struct ese_trx *trx, const struct ese_table *table, const struct ese_bytes *record,
                            const struct ese_bytes *except);

/* ---- long_edit.c: what an update has changed so far ------------------------------------------------------ */

/* Size of a separate value of a record (with `cursor` also of one being edited). */
JET_ERR ese_long_value_size(struct ese_cursor *cursor, const struct ese_value *value, uint32_t *size);
JET_ERR ese_long_value_read(struct ese_cursor *cursor, const struct ese_value *value, uint32_t offset, void *to,
                            uint32_t size);
/* Makes the value of the prepared record an edit; value NULL: a new, empty one. reference gets what names it. */
JET_ERR ese_long_edit_begin(struct ese_cursor *cursor, const struct ese_value *value, unsigned char *reference);
/* Changes the edit named by the reference. data NULL writes zeros. */
JET_ERR ese_long_edit_write(struct ese_cursor *cursor, const unsigned char *reference, uint32_t offset,
                            const void *data, uint32_t size);
JET_ERR ese_long_edit_resize(struct ese_cursor *cursor, const unsigned char *reference, uint32_t size);
/* Edits that hold much memory move into the database, when a transaction is open. No lock of the table is held. */
JET_ERR ese_long_spill(struct ese_cursor *cursor);
/* Writes the edits, inside the transaction of the update. The prepared record then names what is stored. No lock of the
 * table is held. Nothing to do unless ese_long_must_settle. */
bool ese_long_must_settle(const struct ese_cursor *cursor);
JET_ERR ese_long_settle(struct ese_cursor *cursor);
/* The update failed (the record names its edits again) or succeeded. */
void ese_long_settled(struct ese_cursor *cursor, bool success);
/* Forgets the edits. discard: what was stored ahead of the update goes as well. */
void ese_long_cancel(struct ese_cursor *cursor, bool discard);
/* A rollback down to level takes away what was stored ahead of the update. */
bool ese_long_is_lost(const struct ese_cursor *cursor, unsigned level);

#endif
