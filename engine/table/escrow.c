/* Escrow columns: numbers that many sessions change at once, and what happens to records whose number becomes zero. */
#include "engine/table/long_value.h"

/* ---- zero ------------------------------------------------------------------------------------------------ */

/* A record whose column an escrow update left at zero. Looked at again when no snapshot is older than that. */
struct zero { struct ese_table *table; JET_COLUMNID column; uint32_t key_size; unsigned char key[]; };

static JET_ERR forget_zero(void *object)
{
    ese_free(object);
    return JET_errSuccess;
}

/* The record of the zero, if it is still there and the column still is zero; the cursor stands on it then. */
static bool is_still_zero(struct ese_cursor *cursor, const struct zero *zero, JET_GRBIT *grbit)
{
    static const unsigned char zeros[8];
    struct ese_value value;
    if (ese_bytes_set(&cursor->spot.key, zero->key, zero->key_size) != JET_errSuccess) {
        return false;
    }
    cursor->where = ESE_ON_RECORD;
    if (ese_cursor_read(cursor) != JET_errSuccess) {
        return false;
    }
    ese_rwlock_read(&cursor->table->lock);
    const struct ese_column *column = ese_table_column(cursor->table, cursor->trx, zero->column);
    *grbit = column != NULL ? column->grbit : 0;
    ese_rwlock_read_unlock(&cursor->table->lock);
    return column != NULL && ese_record_get(&cursor->record, zero->column, 1, &value) && !value.null &&
           value.size <= sizeof zeros && memcmp(value.data, zeros, value.size) == 0;
}

/* Whoever changed the record meanwhile, or holds the table for himself, has the last word: then nothing happens. */
static JET_ERR finish_zero(void *object)
{
    struct zero *zero = object;
    struct ese_trx own;
    struct ese_auto automatic;
    struct ese_cursor *cursor;
    JET_GRBIT grbit;
    ese_trx_init(&own, zero->table->database->store->vstore);
    if (ese_auto_begin(&automatic, &own, false) == JET_errSuccess) {
        JET_ERR err = ese_cursor_attach(&own, zero->table, 0, &cursor);
        if (err == JET_errSuccess) {
            if (is_still_zero(cursor, zero, &grbit)) {
                if ((grbit & JET_bitColumnFinalize) != 0) {
                    (void)ese_callbacks_run(cursor, JET_cbtypFinalize);
                }
                err = ese_cursor_delete(cursor);
            }
            ese_cursor_close(cursor);
        }
        (void)ese_auto_end(&automatic, err);
    }
    ese_trx_fini(&own);
    ese_free(zero);
    return JET_errSuccess;
}

static const struct ese_note_ops zero_ops = { forget_zero, finish_zero, ese_free };

static JET_ERR note_zero(struct ese_cursor *cursor, JET_COLUMNID column)
{
    const struct ese_bytes *key = &cursor->spot.key;
    struct zero *zero = ese_alloc(sizeof *zero + key->size);
    if (zero == NULL) {
        return JET_errOutOfMemory;
    }
    zero->table = cursor->table;
    zero->column = column;
    zero->key_size = key->size;
    memcpy(zero->key, key->data, key->size);
    JET_ERR err = ese_trx_note(cursor->trx, &cursor->table->database->space, &zero_ops, zero);
    if (err != JET_errSuccess) {
        ese_free(zero);
    }
    return err;
}

/* ---- the call -------------------------------------------------------------------------------------------- */

static JET_ERR check(const struct ese_cursor *cursor)
{
    if (cursor->trx->level == 0) {
        return JET_errNotInTransaction;
    }
    if (cursor->table->database->read_only) {
        return JET_errDatabaseFileReadOnly;
    }
    if ((cursor->grbit & JET_bitTableReadOnly) != 0) {
        return JET_errPermissionDenied;
    }
    if (cursor->trx->read_only && cursor->table->temp == NULL) {
        return JET_errTransReadOnly;
    }
    if (cursor->prepared != ESE_PREPARED_NOTHING) {
        return JET_errAlreadyPrepared;
    }
    return cursor->where == ESE_ON_RECORD ? JET_errSuccess : JET_errNoCurrentRecord;
}

/* Another cursor of the session is about to replace this very record. */
static bool is_being_replaced(const struct ese_cursor *cursor)
{
    const struct ese_bytes *key = &cursor->spot.key;
    for (const struct ese_cursor *other = cursor->trx->cursors; other != NULL; other = other->next_in_trx) {
        bool replaces = other->prepared == ESE_PREPARED_REPLACE || other->prepared == ESE_PREPARED_REPLACE_NO_LOCK;
        if (other != cursor && replaces && other->table == cursor->table && other->spot.key.size == key->size &&
            memcmp(other->spot.key.data, key->data, key->size) == 0) {
            return true;
        }
    }
    return false;
}

JET_ERR ese_cursor_escrow(struct ese_cursor *cursor, JET_COLUMNID columnid, const void *delta, uint32_t size,
                          void *old, uint32_t old_size, uint32_t *actual, JET_GRBIT grbit)
{
    struct ese_table *table = cursor->table;
    struct ese_value value;
    int64_t before;
    if ((grbit & ~(JET_GRBIT)JET_bitEscrowNoRollback) != 0) {
        return JET_errInvalidGrbit;
    }
    JET_ERR err = check(cursor);
    if (err != JET_errSuccess) {
        return err;
    }
    ese_rwlock_read(&table->lock);
    const struct ese_column *column = ese_table_column(table, cursor->trx, columnid);
    bool escrow = column != NULL && ese_columnid_is_fixed(columnid) && (column->grbit & JET_bitColumnEscrowUpdate) != 0;
    uint32_t width = escrow ? ese_coltyp_size(column->coltyp) : 0;
    bool special = escrow && (column->grbit & (JET_bitColumnFinalize | JET_bitColumnDeleteOnZero)) != 0;
    ese_rwlock_read_unlock(&table->lock);
    if (column == NULL) {
        return JET_errColumnNotFound;
    }
    if (!escrow) {
        return JET_errInvalidOperation;
    }
    if (delta == NULL || size != width || (old != NULL && old_size != 0 && old_size < width)) {
        return JET_errInvalidBufferSize;
    }
    if (is_being_replaced(cursor)) {
        return JET_errSessionWriteConflict;
    }
    err = ese_cursor_read(cursor);
    if (err == JET_errSuccess && (!ese_record_get(&cursor->record, columnid, 1, &value) || value.size != width)) {
        err = JET_errDatabaseCorrupted;             /* every record of such a table has its number */
    }
    if (err != JET_errSuccess) {
        return err;
    }
    const struct ese_addition addition = {
        (uint32_t)(value.data - cursor->record.data), width,
        width == 4 ? (int32_t)ese_get32(delta) : (int64_t)ese_get64(delta), (grbit & JET_bitEscrowNoRollback) != 0,
    };
    err = ese_entry_add(cursor->trx, table->tree, cursor->spot.key.data, cursor->spot.key.size, &addition, &before);
    if (err != JET_errSuccess) {
        return err;
    }
    if (old != NULL && old_size != 0) {
        memcpy(old, &before, width);                /* little-endian, as values are */
    }
    if (actual != NULL) {
        *actual = width;
    }
    return special && before + addition.delta == 0 ? note_zero(cursor, columnid) : JET_errSuccess;
}
