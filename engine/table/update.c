/* Changing records: prepare, update, delete, lock. */
#include "engine/table/index.h"
#include "engine/table/long_value.h"

#define AUTOINCREMENT_BATCH 100                     /* values reserved in the catalog at a time; a crash skips them */
#define SEQUENCE_SIZE 8

/* ---- counters of the table ------------------------------------------------------------------------------- */

static uint64_t get_sequence(const unsigned char *at)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < SEQUENCE_SIZE; i++) {
        value = value << 8 | at[i];
    }
    return value;
}

/* Key of the next record of a table without a primary index. */
static JET_ERR next_sequence(struct ese_table *table, struct ese_bytes *key)
{
    struct ese_place place;
    struct ese_node node;
    JET_ERR err = ese_bytes_reserve(key, SEQUENCE_SIZE);
    ese_mutex_lock(&table->counters);
    if (err == JET_errSuccess && table->next_sequence == 0) {
        ese_rwlock_read(&table->tree->lock);
        err = ese_tree_last(table->tree, &place);
        if (err == JET_errSuccess) {
            table->next_sequence = 1;
            if (place.leaf != NULL) {
                ese_place_node(&place, &node);
                if (node.key_size == SEQUENCE_SIZE) {
                    table->next_sequence = get_sequence(node.key) + 1;
                }
                ese_place_release(&place);
            }
        }
        ese_rwlock_read_unlock(&table->tree->lock);
    }
    if (err == JET_errSuccess) {
        uint64_t value = table->next_sequence++;
        for (unsigned i = 0; i < SEQUENCE_SIZE; i++) {
            key->data[i] = (unsigned char)(value >> (56 - 8 * i));
        }
        key->size = SEQUENCE_SIZE;
    }
    ese_mutex_unlock(&table->counters);
    return err;
}

static JET_ERR next_autoincrement(struct ese_table *table, uint64_t *value)
{
    JET_ERR err = JET_errSuccess;
    ese_mutex_lock(&table->counters);
    if (table->next_autoincrement == 0) {
        err = ese_catalog_autoincrement(table, &table->autoincrement_limit);
        if (err == JET_errSuccess) {
            table->next_autoincrement = table->autoincrement_limit + 1;
        }
    }
    if (err == JET_errSuccess && table->next_autoincrement > table->autoincrement_limit) {
        uint64_t limit = table->next_autoincrement + AUTOINCREMENT_BATCH - 1;
        err = ese_catalog_put_autoincrement(table, limit);
        if (err == JET_errSuccess) {
            table->autoincrement_limit = limit;
        }
    }
    if (err == JET_errSuccess) {
        *value = table->next_autoincrement++;
    }
    ese_mutex_unlock(&table->counters);
    return err;
}

/* A number that many may change at once must be in the record from the beginning. table->lock held. */
static JET_ERR set_escrows(struct ese_cursor *cursor)
{
    const struct ese_table *table = cursor->table;
    JET_ERR err = JET_errSuccess;
    for (uint32_t i = 0; err == JET_errSuccess && i < table->columns; i++) {
        const struct ese_column *column = table->column[i];
        if ((column->grbit & JET_bitColumnEscrowUpdate) != 0 && ese_column_is_visible(column, cursor->trx)) {
            err = ese_record_set(&cursor->copy, column->id, 1, column->default_value, column->default_size, false);
        }
    }
    return err;
}

/* Values the engine sets in a new record. */
static JET_ERR set_automatic(struct ese_cursor *cursor, bool fresh)
{
    struct ese_table *table = cursor->table;
    unsigned char bytes[8];
    uint64_t value;
    JET_ERR err = JET_errSuccess;
    if (cursor->plain == table->definition + 1) {
        return JET_errSuccess;
    }
    ese_rwlock_read(&table->lock);
    if (table->autoincrement == 0 && table->version == 0 && !table->escrows) {
        cursor->plain = table->definition + 1;
    }
    const struct ese_column *increment =
        table->autoincrement != 0 ? ese_table_column(table, cursor->trx, table->autoincrement) : NULL;
    const struct ese_column *version = table->version != 0 ? ese_table_column(table, cursor->trx, table->version) : NULL;
    if (increment != NULL) {
        err = next_autoincrement(table, &value);
        if (err == JET_errSuccess && ese_coltyp_size(increment->coltyp) == 4 && value > INT32_MAX) {
            err = JET_errOutOfAutoincrementValues;
        }
        if (err == JET_errSuccess) {
            ese_put64(bytes, value);
            err = ese_record_set(&cursor->copy, increment->id, 1, bytes, ese_coltyp_size(increment->coltyp), false);
        }
    }
    if (err == JET_errSuccess && version != NULL && fresh) {
        ese_put64(bytes, 0);
        err = ese_record_set(&cursor->copy, version->id, 1, bytes, ese_coltyp_size(version->coltyp), false);
    }
    if (err == JET_errSuccess && table->escrows && fresh) {
        err = set_escrows(cursor);
    }
    ese_rwlock_read_unlock(&table->lock);
    return err;
}

/* ---- prepare --------------------------------------------------------------------------------------------- */

static JET_ERR check_right(const struct ese_cursor *cursor)
{
    if (cursor->table->database->read_only) {
        return JET_errDatabaseFileReadOnly;
    }
    if ((cursor->grbit & JET_bitTableReadOnly) != 0) {
        return JET_errPermissionDenied;
    }
    return cursor->trx->read_only && cursor->table->temp == NULL ? JET_errTransReadOnly : JET_errSuccess;
}

static JET_ERR prepare_insert(struct ese_cursor *cursor)
{
    JET_ERR err = ese_bytes_reserve(&cursor->copy, 64);
    if (err == JET_errSuccess) {
        ese_record_init(&cursor->copy);
        err = set_automatic(cursor, true);
    }
    return err;
}

/* Takes a copy of the current record, with the lock first when it is wanted. */
static JET_ERR prepare_copy(struct ese_cursor *cursor, bool lock)
{
    if (cursor->where != ESE_ON_RECORD) {
        return JET_errNoCurrentRecord;
    }
    JET_ERR err = ese_cursor_read(cursor);          /* a record that is not there is no conflict */
    if (err == JET_errSuccess && lock) {
        err = ese_entry_lock(cursor->trx, cursor->table->tree, cursor->spot.key.data, cursor->spot.key.size, true);
        if (err == JET_errSuccess) {
            err = ese_cursor_read(cursor);
        }
    }
    if (err == JET_errSuccess) {
        err = ese_bytes_set(&cursor->copy, cursor->record.data, cursor->record.size);
    }
    if (err == JET_errSuccess) {
        err = ese_bytes_set(&cursor->original, cursor->record.data, cursor->record.size);
    }
    return err;
}

JET_ERR ese_cursor_prepare(struct ese_cursor *cursor, uint32_t prep)
{
    enum ese_prepared prepared;
    if (prep == JET_prepCancel) {
        if (cursor->prepared == ESE_PREPARED_NOTHING) {
            return JET_errUpdateNotPrepared;
        }
        ese_cursor_cancel(cursor);
        return JET_errSuccess;
    }
    switch (prep) {
    case JET_prepInsert: prepared = ESE_PREPARED_INSERT; break;
    case JET_prepReplace: prepared = ESE_PREPARED_REPLACE; break;
    case JET_prepReplaceNoLock: prepared = ESE_PREPARED_REPLACE_NO_LOCK; break;
    case JET_prepInsertCopy: prepared = ESE_PREPARED_COPY; break;
    case JET_prepInsertCopyDeleteOriginal: prepared = ESE_PREPARED_MOVE; break;
    default: return JET_errInvalidParameter;
    }
    JET_ERR err = check_right(cursor);
    if (err == JET_errSuccess && cursor->prepared != ESE_PREPARED_NOTHING) {
        err = JET_errAlreadyPrepared;
    }
    if (err != JET_errSuccess) {
        return err;
    }
    if (cursor->trx->level == 0 && prepared == ESE_PREPARED_REPLACE) {
        prepared = ESE_PREPARED_REPLACE_NO_LOCK;    /* a lock would end with the call (original: fldmod.cxx) */
    }
    bool lock = prepared == ESE_PREPARED_REPLACE || (prepared == ESE_PREPARED_MOVE && cursor->trx->level != 0);
    if (prepared == ESE_PREPARED_INSERT) {
        err = prepare_insert(cursor);
    } else {
        err = prepare_copy(cursor, lock);
        if (err == JET_errSuccess && (prepared == ESE_PREPARED_COPY || prepared == ESE_PREPARED_MOVE)) {
            err = set_automatic(cursor, false);
        }
    }
    if (err != JET_errSuccess) {
        ese_cursor_cancel(cursor);
        return err;
    }
    cursor->prepared = prepared;
    cursor->prepared_level = cursor->trx->level;
    return JET_errSuccess;
}

bool ese_cursor_is_prepared(const struct ese_cursor *cursor)
{
    return cursor->prepared != ESE_PREPARED_NOTHING;
}

/* ---- update ---------------------------------------------------------------------------------------------- */

/* table->lock held. */
static JET_ERR check_nulls(const struct ese_cursor *cursor)
{
    const struct ese_table *table = cursor->table;
    struct ese_value value;
    for (uint32_t i = 0; i < table->columns; i++) {
        const struct ese_column *column = table->column[i];
        if ((column->grbit & JET_bitColumnNotNULL) == 0 || !ese_column_is_visible(column, cursor->trx)) {
            continue;
        }
        bool there = ese_record_get(&cursor->copy, column->id, 1, &value);
        if (there ? value.null : column->default_size == 0) {
            return JET_errNullInvalid;
        }
    }
    return JET_errSuccess;
}

/* Key of the prepared record. table->lock held. */
static JET_ERR key_of_copy(struct ese_cursor *cursor, bool insert, struct ese_bytes *key)
{
    struct ese_table *table = cursor->table;
    if (table->primary != NULL) {
        if (table->indexed_by != NULL && !ese_txn_is_visible(cursor->trx, table->indexed_by)) {
            return JET_errWriteConflict;            /* where records belong is not settled yet */
        }
        JET_ERR err = ese_key_of_record(table, cursor->trx, &cursor->copy, key);
        return err == JET_errSuccess && table->temp != NULL ? ese_temp_number_key(table, key) : err;
    }
    if (insert) {
        return next_sequence(table, key);
    }
    return ese_bytes_set(key, cursor->spot.key.data, cursor->spot.key.size);
}

static bool is_current(const struct ese_cursor *cursor, const struct ese_bytes *key)
{
    const struct ese_bytes *spot = &cursor->spot.key;
    return key->size == spot->size && memcmp(key->data, spot->data, key->size) == 0;
}

/* A replace without lock: nobody may have changed the record since it was copied. */
static JET_ERR check_unchanged(struct ese_cursor *cursor)
{
    JET_ERR err = ese_cursor_read(cursor);
    if (err == JET_errSuccess && (cursor->record.size != cursor->original.size ||
                                  memcmp(cursor->record.data, cursor->original.data, cursor->record.size) != 0)) {
        err = JET_errWriteConflict;
    }
    return err;
}

static JET_ERR raise_version(struct ese_cursor *cursor)
{
    const struct ese_table *table = cursor->table;
    const struct ese_column *column =
        table->version != 0 ? ese_table_column(table, cursor->trx, table->version) : NULL;
    struct ese_value value;
    unsigned char bytes[4];
    if (column == NULL) {
        return JET_errSuccess;
    }
    uint32_t number = ese_record_get(&cursor->original, column->id, 1, &value) && value.size == 4
                          ? ese_get32(value.data) : 0;
    ese_put32(bytes, number + 1);
    return ese_record_set(&cursor->copy, column->id, 1, bytes, sizeof bytes, false);
}

static JET_ERR store(struct ese_cursor *cursor, const struct ese_bytes *key)
{
    struct ese_trx *trx = cursor->trx;
    struct ese_tree *tree = cursor->table->tree;
    const struct ese_bytes *copy = &cursor->copy, *spot = &cursor->spot.key;
    JET_ERR err;
    switch (cursor->prepared) {
    case ESE_PREPARED_REPLACE: case ESE_PREPARED_REPLACE_NO_LOCK:
        return ese_entry_replace(trx, tree, key->data, key->size, copy->data, copy->size);
    case ESE_PREPARED_MOVE:
        if (is_current(cursor, key)) {
            return ese_entry_replace(trx, tree, key->data, key->size, copy->data, copy->size);
        }
        err = ese_entry_insert(trx, tree, key->data, key->size, copy->data, copy->size);
        return err == JET_errSuccess ? ese_entry_delete(trx, tree, spot->data, spot->size) : err;
    default:
        return ese_entry_insert(trx, tree, key->data, key->size, copy->data, copy->size);
    }
}

static bool is_fresh(const struct ese_cursor *cursor)
{
    return cursor->prepared == ESE_PREPARED_INSERT || cursor->prepared == ESE_PREPARED_COPY;
}

/* store, and the entries of the record in the other indexes. */
static JET_ERR store_indexed(struct ese_cursor *cursor, const struct ese_bytes *key)
{
    bool fresh = is_fresh(cursor), indexed = cursor->table->indexes != 0;
    JET_ERR err = indexed && !fresh ? ese_cursor_read(cursor) : JET_errSuccess; /* as it is before the change */
    if (err == JET_errSuccess) {
        err = store(cursor, key);
    }
    if (err == JET_errSuccess && indexed) {
        err = ese_indexes_update(cursor->table, cursor->trx, fresh ? NULL : &cursor->record,
                                 fresh ? NULL : &cursor->spot.key, &cursor->copy, key);
    }
    return err;
}

/* Long values are written without the table's lock. An index that appears meanwhile would not know the old ones. */
static JET_ERR settle_long(struct ese_cursor *cursor)
{
    struct ese_table *table = cursor->table;
    uint32_t indexes = table->indexes;
    ese_rwlock_read_unlock(&table->lock);
    JET_ERR err = ese_long_settle(cursor);
    ese_rwlock_read(&table->lock);
    return err == JET_errSuccess && table->indexes != indexes ? JET_errWriteConflict : err;
}

JET_ERR ese_cursor_update(struct ese_cursor *cursor, void *bookmark, uint32_t size, uint32_t *actual)
{
    struct ese_table *table = cursor->table;
    struct ese_bytes key = { NULL, 0, 0 };
    struct ese_auto automatic;
    if (cursor->prepared == ESE_PREPARED_NOTHING) {
        return JET_errUpdateNotPrepared;
    }
    bool replace = cursor->prepared == ESE_PREPARED_REPLACE || cursor->prepared == ESE_PREPARED_REPLACE_NO_LOCK;
    bool settle = ese_long_must_settle(cursor);
    bool drops = (replace || cursor->prepared == ESE_PREPARED_MOVE) && ese_record_has_separate(&cursor->original);
    bool single = cursor->prepared != ESE_PREPARED_MOVE && !settle && !drops;
    JET_ERR err = check_right(cursor);
    if (err == JET_errSuccess && table->callback_types != 0) {
        err = ese_callbacks_run(cursor, replace ? JET_cbtypBeforeReplace : JET_cbtypBeforeInsert);
        settle = ese_long_must_settle(cursor);      /* they may set columns */
        single = single && !settle;
    }
    if (err != JET_errSuccess) {
        return err;
    }
    /* With the lock no index appears or goes while the record is changed. */
    ese_rwlock_read(&table->lock);
    err = ese_auto_begin(&automatic, cursor->trx, single && table->indexes == 0);
    if (err != JET_errSuccess) {
        ese_rwlock_read_unlock(&table->lock);
        return err;
    }
    if (cursor->prepared == ESE_PREPARED_REPLACE_NO_LOCK) {
        err = check_unchanged(cursor);
    }
    if (err == JET_errSuccess && settle) {
        err = settle_long(cursor);
    }
    if (err == JET_errSuccess) {
        err = check_nulls(cursor);
    }
    if (err == JET_errSuccess && replace) {
        err = raise_version(cursor);
    }
    if (err == JET_errSuccess) {
        key = cursor->new_key;                      /* taken while it is in use */
        key.size = 0;
        cursor->new_key = (struct ese_bytes){ NULL, 0, 0 };
        err = key_of_copy(cursor, !replace, &key);
    }
    if (err == JET_errSuccess && replace && !is_current(cursor, &key)) {
        err = JET_errRecordPrimaryChanged;
    }
    if (err == JET_errSuccess && bookmark != NULL && size < key.size) {
        err = JET_errBufferTooSmall;
    }
    if (err == JET_errSuccess) {
        err = store_indexed(cursor, &key);
        if (table->temp != NULL && !replace) {
            err = ese_temp_after_insert(table, err);
        }
    }
    if (err == JET_errSuccess && drops) {
        err = ese_long_delete_all(cursor->trx, table, &cursor->original, &cursor->copy);
    }
    ese_rwlock_read_unlock(&table->lock);
    err = ese_auto_end(&automatic, err);
    ese_long_settled(cursor, err >= JET_errSuccess);
    if (err >= JET_errSuccess) {
        (void)ese_copy_out(key.data, key.size, bookmark, size, actual);
        ese_long_cancel(cursor, false);
        ese_cursor_cancel(cursor);
    }
    ese_bytes_free(&cursor->new_key);
    cursor->new_key = key;
    if (err >= JET_errSuccess && table->callback_types != 0) {
        (void)ese_callbacks_run(cursor, replace ? JET_cbtypAfterReplace : JET_cbtypAfterInsert);
    }
    return err;
}

/* ---- delete and lock ------------------------------------------------------------------------------------- */

JET_ERR ese_cursor_delete(struct ese_cursor *cursor)
{
    struct ese_auto automatic;
    JET_ERR err = check_right(cursor);
    if (err == JET_errSuccess && cursor->where != ESE_ON_RECORD) {
        err = JET_errNoCurrentRecord;
    }
    if (err != JET_errSuccess) {
        return err;
    }
    if (cursor->prepared != ESE_PREPARED_NOTHING) {
        ese_cursor_cancel(cursor);
    }
    err = ese_callbacks_run(cursor, JET_cbtypBeforeDelete);
    if (err != JET_errSuccess) {
        return err;
    }
    struct ese_table *table = cursor->table;
    ese_rwlock_read(&table->lock);
    bool has_long = table->long_tree != NULL, indexed = table->indexes != 0;
    err = ese_auto_begin(&automatic, cursor->trx, !has_long && !indexed);
    if (err != JET_errSuccess) {
        ese_rwlock_read_unlock(&table->lock);
        return err;
    }
    err = has_long || indexed ? ese_cursor_read(cursor)
                              : ese_entry_get(cursor->trx, table->tree, &cursor->spot, NULL);
    if (err == JET_errSuccess) {
        err = ese_entry_delete(cursor->trx, table->tree, cursor->spot.key.data, cursor->spot.key.size);
    }
    if (err == JET_errSuccess && indexed) {
        err = ese_indexes_update(table, cursor->trx, &cursor->record, &cursor->spot.key, NULL, NULL);
    }
    if (err == JET_errSuccess && has_long) {
        err = ese_long_delete_all(cursor->trx, table, &cursor->record, NULL);
    }
    ese_rwlock_read_unlock(&table->lock);
    err = ese_auto_end(&automatic, err);
    if (err >= JET_errSuccess) {
        (void)ese_callbacks_run(cursor, JET_cbtypAfterDelete);
    }
    return err;
}

JET_ERR ese_cursor_check_conflict(struct ese_cursor *cursor)
{
    if (cursor->where != ESE_ON_RECORD) {
        return JET_errNoCurrentRecord;
    }
    JET_ERR err = ese_cursor_read(cursor);
    return err == JET_errSuccess ? ese_entry_check(cursor->trx, cursor->table->tree, cursor->spot.key.data,
                                                   cursor->spot.key.size)
                                 : err;
}

JET_ERR ese_cursor_lock(struct ese_cursor *cursor, JET_GRBIT grbit)
{
    if (grbit != JET_bitReadLock && grbit != JET_bitWriteLock) {
        return JET_errInvalidGrbit;
    }
    JET_ERR err = check_right(cursor);
    if (err == JET_errSuccess && cursor->trx->level == 0) {
        err = JET_errNotInTransaction;
    }
    if (err == JET_errSuccess && cursor->where != ESE_ON_RECORD) {
        err = JET_errNoCurrentRecord;
    }
    if (err == JET_errSuccess) {
        err = ese_entry_get(cursor->trx, cursor->table->tree, &cursor->spot, NULL);
    }
    if (err == JET_errSuccess) {
        err = ese_entry_lock(cursor->trx, cursor->table->tree, cursor->spot.key.data, cursor->spot.key.size,
                             grbit == JET_bitWriteLock);
    }
    return err;
}
