/* The primary index. Secondary indexes have their seam here: ese_table_create_index refuses them for now. */
#include "engine/table/schema.h"

/* ---- the definition -------------------------------------------------------------------------------------- */

/* Takes "+First\0-Second\0\0" apart. table->lock held. */
static JET_ERR parse_key(const struct ese_table *table, const struct ese_trx *trx, const struct ese_index_def *def,
                         struct ese_index *index)
{
    const char *at = def->key, *end = def->key + def->key_size;
    if (at == NULL || def->key_size < 4 || end[-1] != '\0' || end[-2] != '\0') {
        return JET_errIndexInvalidDef;
    }
    while (at < end && *at != '\0') {
        if (*at != '+' && *at != '-') {
            return JET_errIndexInvalidDef;
        }
        if (index->columns == ESE_KEY_COLUMNS) {
            return JET_errIndexInvalidDef;
        }
        if (!ese_name_is_valid(at + 1)) {
            return JET_errIndexInvalidDef;
        }
        const struct ese_column *column = ese_table_column_named(table, trx, at + 1);
        if (column == NULL) {
            return JET_errColumnNotFound;
        }
        if (ese_columnid_is_tagged(column->id)) {
            return JET_errIndexInvalidDef;          /* a clustered key is made of values every record has one of */
        }
        index->column[index->columns] = column->id;
        index->descending[index->columns] = *at == '-';
        index->columns++;
        at += strlen(at) + 1;
    }
    return index->columns != 0 ? JET_errSuccess : JET_errIndexInvalidDef;
}

uint32_t ese_key_most_allowed(uint32_t page_size)
{
    return page_size <= 2048 ? JET_cbKeyMost2KBytePage : page_size <= 4096 ? JET_cbKeyMost4KBytePage
                                                                          : JET_cbKeyMost8KBytePage;
}

static JET_ERR check_definition(const struct ese_table *table, const struct ese_index_def *def)
{
    uint32_t allowed = ese_key_most_allowed(table->database->store->config.page_size);
    if (!ese_name_is_valid(def->name)) {
        return JET_errInvalidName;
    }
    if (def->density != 0 && (def->density < 20 || def->density > 100)) {
        return JET_errDensityInvalid;
    }
    if (def->key_most > allowed || (def->key_most != 0 && def->key_most < JET_cbKeyMost)) {
        return JET_errIndexInvalidDef;
    }
    if ((def->grbit & JET_bitIndexPrimary) == 0) {
        return JET_errFeatureNotAvailable;
    }
    const JET_GRBIT not_for_primary = JET_bitIndexIgnoreNull | JET_bitIndexIgnoreAnyNull | JET_bitIndexIgnoreFirstNull |
                                      JET_bitIndexTuples | JET_bitIndexCrossProduct | JET_bitIndexNestedTable;
    return (def->grbit & not_for_primary) != 0 ? JET_errInvalidGrbit : JET_errSuccess;
}

/* ---- create ---------------------------------------------------------------------------------------------- */

static JET_ERR unmake_index(void *object)
{
    struct ese_table *table = object;
    ese_rwlock_write(&table->lock);
    ese_free(table->primary);
    table->primary = NULL;
    table->indexed_by = NULL;
    ese_rwlock_write_unlock(&table->lock);
    return JET_errSuccess;
}

static JET_ERR settle_index(void *object)
{
    struct ese_table *table = object;
    ese_rwlock_write(&table->lock);
    table->indexed_by = NULL;
    ese_rwlock_write_unlock(&table->lock);
    return JET_errSuccess;
}

static const struct ese_note_ops indexed_ops = { unmake_index, settle_index, NULL };

/* The clustered index decides where records lie, so there must be none, not even ones only others still see. */
static JET_ERR check_empty(struct ese_tree *tree)
{
    struct ese_place place;
    ese_rwlock_read(&tree->lock);
    JET_ERR err = ese_tree_first(tree, &place);
    if (err == JET_errSuccess && place.leaf != NULL) {
        err = JET_errTableNotEmpty;
        ese_place_release(&place);
    }
    ese_rwlock_read_unlock(&tree->lock);
    return err;
}

static JET_ERR create_in(struct ese_cursor *cursor, const struct ese_index_def *def)
{
    struct ese_table *table = cursor->table;
    struct ese_index *index = ese_calloc(1, sizeof *index);
    if (index == NULL) {
        return JET_errOutOfMemory;
    }
    memcpy(index->name, def->name, strlen(def->name) + 1);
    index->grbit = def->grbit | JET_bitIndexUnique;
    index->density = def->density;
    index->key_most = def->key_most != 0 ? def->key_most : JET_cbKeyMost;

    ese_rwlock_read(&table->lock);
    JET_ERR err = parse_key(table, cursor->trx, def, index);
    if (err == JET_errSuccess && table->primary != NULL) {
        err = ese_name_same(table->primary->name, def->name) ? JET_errIndexDuplicate : JET_errIndexHasPrimary;
    }
    ese_rwlock_read_unlock(&table->lock);
    if (err == JET_errSuccess) {
        err = ese_catalog_add_index(cursor->trx, table, index);
    }
    if (err == JET_errSuccess) {
        /* Inserting holds the lock shared: no record slips in between the look and the change. */
        ese_rwlock_write(&table->lock);
        err = check_empty(table->tree);
        if (err == JET_errSuccess) {
            table->primary = index;
            table->indexed_by = cursor->trx->txn;
        }
        ese_rwlock_write_unlock(&table->lock);
    }
    if (err != JET_errSuccess) {
        ese_free(index);
        return err;
    }
    err = ese_trx_note(cursor->trx, &table->database->space, &indexed_ops, table);
    if (err != JET_errSuccess) {
        unmake_index(table);
    }
    return err;
}

static JET_ERR check_right(const struct ese_cursor *cursor)
{
    const struct ese_table *table = cursor->table;
    if (table->database->read_only) {
        return JET_errDatabaseFileReadOnly;
    }
    return (cursor->grbit & JET_bitTableReadOnly) != 0 ? JET_errPermissionDenied : JET_errSuccess;
}

JET_ERR ese_table_create_index(struct ese_cursor *cursor, const struct ese_index_def *def,
                               JET_ERR (*check)(void *arg), void *arg)
{
    struct ese_auto automatic;
    JET_ERR err = check_right(cursor);
    if (err == JET_errSuccess) {
        err = check_definition(cursor->table, def);
    }
    if (err == JET_errSuccess && check != NULL) {
        err = check(arg);
    }
    if (err == JET_errSuccess) {
        err = ese_auto_begin(&automatic, cursor->trx, false);
    }
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_catalog_lock_table(cursor->trx, cursor->table);
    if (err == JET_errSuccess) {
        err = create_in(cursor, def);
    }
    return ese_auto_end(&automatic, err);
}

JET_ERR ese_table_delete_index(struct ese_cursor *cursor, const char *name)
{
    const struct ese_table *table = cursor->table;
    JET_ERR err = check_right(cursor);
    if (err == JET_errSuccess && !ese_name_is_valid(name)) {
        err = JET_errInvalidName;
    }
    if (err != JET_errSuccess) {
        return err;
    }
    ese_rwlock_read(&cursor->table->lock);
    bool primary = table->primary != NULL && ese_name_same(table->primary->name, name);
    ese_rwlock_read_unlock(&cursor->table->lock);
    return primary ? JET_errIndexMustStay : JET_errIndexNotFound;
}

/* ---- information ----------------------------------------------------------------------------------------- */

static void fill(const struct ese_index *index, struct ese_index_info *info)
{
    memset(info, 0, sizeof *info);
    memcpy(info->name, index->name, sizeof info->name);
    info->grbit = index->grbit;
    info->columns = index->columns;
    memcpy(info->column, index->column, sizeof info->column);
    memcpy(info->descending, index->descending, sizeof info->descending);
    info->key_most = index->key_most;
    info->primary = true;
}

static bool index_is_visible(const struct ese_table *table, const struct ese_trx *trx)
{
    return table->primary != NULL && (table->indexed_by == NULL || ese_txn_is_visible(trx, table->indexed_by));
}

JET_ERR ese_table_index_by_name(struct ese_cursor *cursor, const char *name, struct ese_index_info *info)
{
    struct ese_table *table = cursor->table;
    JET_ERR err = JET_errIndexNotFound;
    ese_rwlock_read(&table->lock);
    if (index_is_visible(table, cursor->trx) &&
        (name == NULL || name[0] == '\0' || ese_name_same(table->primary->name, name))) {
        fill(table->primary, info);
        err = JET_errSuccess;
    }
    ese_rwlock_read_unlock(&table->lock);
    return err;
}

JET_ERR ese_table_indexes(struct ese_cursor *cursor,
                          JET_ERR (*visit)(void *arg, const struct ese_index_info *info), void *arg)
{
    struct ese_index_info info;
    JET_ERR err = ese_table_index_by_name(cursor, NULL, &info);
    return err == JET_errSuccess ? visit(arg, &info) : JET_errSuccess;
}

JET_ERR ese_cursor_set_index(struct ese_cursor *cursor, const char *name)
{
    struct ese_index_info info;
    JET_ERR err = JET_errSuccess;
    if (name != NULL && name[0] != '\0') {
        err = ese_name_is_valid(name) ? ese_table_index_by_name(cursor, name, &info) : JET_errInvalidName;
    }
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_cursor_move(cursor, JET_MoveFirst, 0);
    return err == JET_errNoCurrentRecord ? JET_errSuccess : err;
}

JET_ERR ese_cursor_get_index(struct ese_cursor *cursor, char *name, uint32_t size)
{
    struct ese_index_info info;
    const char *text = ese_table_index_by_name(cursor, NULL, &info) == JET_errSuccess ? info.name : "";
    size_t length = strlen(text) + 1;
    if (size < 1) {
        return JET_wrnBufferTruncated;
    }
    size_t part = length <= size ? length : size;
    memcpy(name, text, part);
    name[part - 1] = '\0';
    return part < length ? JET_wrnBufferTruncated : JET_errSuccess;
}
