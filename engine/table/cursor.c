/* Opening and closing cursors; what all cursor calls share. */
#include "engine/table/index.h"
#include "engine/table/long_value.h"

/* ---- sharing --------------------------------------------------------------------------------------------- */

static bool wants_to_write(JET_GRBIT grbit)
{
    return (grbit & JET_bitTableReadOnly) == 0;
}

/* May trx open the table this way beside those who have it open? table->lock held. */
static JET_ERR check_sharing(const struct ese_table *table, const struct ese_trx *trx, JET_GRBIT grbit)
{
    if (table->gone) {
        return JET_errObjectNotFound;
    }
    if (table->dropped_by != NULL) {
        return table->dropped_by == trx->txn ? JET_errObjectNotFound : JET_errTableInUse;
    }
    for (const struct ese_cursor *other = table->cursors; other != NULL; other = other->next_in_table) {
        if (other->trx == trx) {
            continue;
        }
        if ((other->grbit & JET_bitTableDenyRead) != 0 ||
            ((other->grbit & JET_bitTableDenyWrite) != 0 && wants_to_write(grbit))) {
            return JET_errTableLocked;
        }
        if ((grbit & JET_bitTableDenyRead) != 0 ||
            ((grbit & JET_bitTableDenyWrite) != 0 && wants_to_write(other->grbit))) {
            return JET_errTableInUse;
        }
    }
    return JET_errSuccess;
}

/* A rollback goes down to this level: updates prepared above it are off. */
static void settle_cursors(struct ese_trx *trx, unsigned level)
{
    for (struct ese_cursor *cursor = trx->cursors; cursor != NULL; cursor = cursor->next_in_trx) {
        bool lost = ese_long_is_lost(cursor, level);
        if (cursor->prepared != ESE_PREPARED_NOTHING && (cursor->prepared_level > level || lost)) {
            ese_long_cancel(cursor, !lost);
            ese_cursor_cancel(cursor);
        }
    }
}

/* One more table is open. */
static JET_ERR count_open(struct ese_store *store)
{
    if (store->open_tables++ >= store->config.open_tables && store->config.open_tables != 0) {
        store->open_tables--;
        return JET_errTooManyOpenTables;
    }
    return JET_errSuccess;
}

JET_ERR ese_cursor_attach(struct ese_trx *trx, struct ese_table *table, JET_GRBIT grbit, struct ese_cursor **cursor)
{
    struct ese_cursor *made = ese_calloc(1, sizeof *made);
    if (made == NULL) {
        return JET_errOutOfMemory;
    }
    made->trx = trx;
    made->table = table;
    made->grbit = grbit;
    made->level = trx->level;
    made->where = ESE_AT_START;
    ese_rwlock_write(&table->lock);
    JET_ERR err = check_sharing(table, trx, grbit);
    if (err == JET_errSuccess && table->cursors == NULL) {
        err = count_open(table->database->store);
    }
    if (err == JET_errSuccess) {
        made->next_in_table = table->cursors;
        table->cursors = made;
        table->database->cursors++;
    }
    ese_rwlock_write_unlock(&table->lock);
    if (err != JET_errSuccess) {
        ese_free(made);
        return err;
    }
    made->next_in_trx = trx->cursors;
    trx->cursors = made;
    trx->settle_cursors = settle_cursors;
    *cursor = made;
    return JET_errSuccess;
}

JET_ERR ese_cursor_open(struct ese_trx *trx, struct ese_database *database, const char *table, JET_GRBIT grbit,
                        struct ese_cursor **cursor)
{
    const JET_GRBIT known = JET_bitTableDenyWrite | JET_bitTableDenyRead | JET_bitTableReadOnly |
                            JET_bitTableUpdatable | JET_bitTablePermitDDL | JET_bitTableNoCache | JET_bitTablePreread |
                            JET_bitTableOpportuneRead | JET_bitTableSequential | JET_bitTableClassMask;
    uint32_t object;
    struct ese_table *found;
    if ((grbit & ~known) != 0) {
        return JET_errInvalidGrbit;
    }
    bool read_only = (grbit & JET_bitTableReadOnly) != 0, deny_read = (grbit & JET_bitTableDenyRead) != 0;
    if ((read_only && ((grbit & JET_bitTableUpdatable) != 0 || deny_read)) ||
        ((grbit & JET_bitTablePermitDDL) != 0 && !deny_read)) {
        return JET_errInvalidGrbit;
    }
    if (database->read_only) {
        if ((grbit & JET_bitTableUpdatable) != 0) {
            return JET_errDatabaseFileReadOnly;
        }
        grbit |= JET_bitTableReadOnly;
    }
    JET_ERR err = ese_catalog_find(trx, database, table, &object);
    if (err == JET_errSuccess) {
        err = ese_table_find(trx, database, object, &found);
    }
    if (err == JET_errSuccess) {
        err = ese_table_add_persisted(found);
    }
    if (err == JET_errSuccess) {
        err = ese_cursor_attach(trx, found, grbit, cursor);
    }
    if (err == JET_errSuccess && (grbit & JET_bitTablePermitDDL) != 0 &&
        (found->grbit & JET_bitTableCreateTemplateTable) != 0) {
        err = ese_template_check_unused(trx, found); /* now that nobody can begin to use it */
        if (err != JET_errSuccess) {
            ese_cursor_close(*cursor);
        }
    }
    return err;
}

JET_ERR ese_cursor_dup(struct ese_cursor *cursor, JET_GRBIT grbit, struct ese_cursor **copy)
{
    (void)grbit;                                    /* reserved */
    return ese_cursor_attach(cursor->trx, cursor->table, cursor->grbit & JET_bitTableReadOnly, copy);
}

void ese_cursor_cancel(struct ese_cursor *cursor)
{
    cursor->prepared = ESE_PREPARED_NOTHING;
    cursor->copy.size = 0;
    cursor->original.size = 0;
    if (cursor->edit_count != 0) {
        ese_long_cancel(cursor, true);
    }
}

void ese_cursor_close(struct ese_cursor *cursor)
{
    struct ese_table *table = cursor->table;
    struct ese_cursor **at;
    ese_cursor_cancel(cursor);
    ese_ls_free(table->database->store, &cursor->ls, JET_cbtypFreeCursorLS);
    for (at = &cursor->trx->cursors; *at != cursor; at = &(*at)->next_in_trx) {
    }
    *at = cursor->next_in_trx;
    ese_rwlock_write(&table->lock);
    if (cursor->index != NULL) {
        cursor->index->cursors--;
    }
    for (at = &table->cursors; *at != cursor; at = &(*at)->next_in_table) {
    }
    *at = cursor->next_in_table;
    bool last = table->cursors == NULL;
    if (last) {
        table->database->store->open_tables--;
    }
    ese_rwlock_write_unlock(&table->lock);
    table->database->cursors--;
    if (last && table->temp != NULL) {
        ese_temp_close(table);
    }
    ese_filter_free(cursor->filter);
    ese_spot_free(&cursor->entry);
    ese_bytes_free(&cursor->entry_data);
    ese_spot_free(&cursor->spot);
    ese_bytes_free(&cursor->record);
    ese_bytes_free(&cursor->record_key);
    ese_bytes_free(&cursor->key.bytes);
    ese_bytes_free(&cursor->range.limit);
    ese_bytes_free(&cursor->copy);
    ese_bytes_free(&cursor->new_key);
    ese_bytes_free(&cursor->original);
    ese_bytes_free(&cursor->unsettled);
    ese_free(cursor->edits);
    ese_free(cursor);
}

bool ese_cursor_is_updatable(const struct ese_cursor *cursor)
{
    return wants_to_write(cursor->grbit) && !cursor->table->database->read_only;
}

unsigned ese_cursor_level(const struct ese_cursor *cursor)
{
    return cursor->level;
}

struct ese_trx *ese_cursor_trx(const struct ese_cursor *cursor)
{
    return cursor->trx;
}

struct ese_database *ese_cursor_database(const struct ese_cursor *cursor)
{
    return cursor->table->database;
}

void *ese_cursor_owner(const struct ese_cursor *cursor)
{
    return cursor->owner;
}

void ese_cursor_set_owner(struct ese_cursor *cursor, void *owner)
{
    cursor->owner = owner;
}

struct ese_cursor *ese_cursor_next(const struct ese_cursor *cursor)
{
    return cursor->next_in_trx;
}

/* ---- shared by the other files --------------------------------------------------------------------------- */

JET_ERR ese_cursor_read(struct ese_cursor *cursor)
{
    if (cursor->where != ESE_ON_RECORD) {
        return JET_errNoCurrentRecord;
    }
    const struct ese_trx *trx = cursor->trx;
    const struct ese_bytes *key = &cursor->spot.key;
    /* Inside a transaction, what was read stays true until the transaction itself changes something. */
    if (trx->level != 0 && cursor->record_trx == ese_trx_id(trx) && cursor->record_changes == trx->changes &&
        key->size == cursor->record_key.size && memcmp(key->data, cursor->record_key.data, key->size) == 0) {
        return JET_errSuccess;
    }
    cursor->record_trx = 0;
    JET_ERR err = ese_entry_get(cursor->trx, cursor->table->tree, &cursor->spot, &cursor->record);
    if (err == JET_errSuccess && !ese_record_is_sound(cursor->record.data, cursor->record.size)) {
        err = JET_errDatabaseCorrupted;
    }
    if (err == JET_errSuccess && trx->level != 0 &&
        ese_bytes_set(&cursor->record_key, key->data, key->size) == JET_errSuccess) {
        cursor->record_trx = ese_trx_id(trx);
        cursor->record_changes = trx->changes;
    }
    return err;
}

/* Copies what fits. JET_wrnBufferTruncated when it is not all. */
JET_ERR ese_copy_out(const void *from, uint32_t size, void *to, uint32_t room, uint32_t *actual)
{
    if (actual != NULL) {
        *actual = size;
    }
    uint32_t part = to == NULL ? 0 : size < room ? size : room;
    if (part != 0) {
        memcpy(to, from, part);
    }
    return part < size ? JET_wrnBufferTruncated : JET_errSuccess;
}
