/* Making, deleting and renaming tables. */
#include "engine/table/index.h"

/* ---- create ---------------------------------------------------------------------------------------------- */

static JET_ERR forget_table(void *object)
{
    struct ese_table *table = object;
    ese_rwlock_write(&table->lock);
    table->gone = true;
    table->created_by = NULL;
    ese_rwlock_write_unlock(&table->lock);
    return JET_errSuccess;
}

static JET_ERR settle_table(void *object)
{
    struct ese_table *table = object;
    ese_rwlock_write(&table->lock);
    table->created_by = NULL;
    ese_rwlock_write_unlock(&table->lock);
    return JET_errSuccess;
}

static const struct ese_note_ops created_ops = { forget_table, settle_table, NULL };

static JET_ERR create_in(struct ese_trx *trx, struct ese_database *database, const char *name, uint32_t pages,
                         uint32_t density, JET_GRBIT grbit, struct ese_table **table)
{
    struct ese_table *made;
    uint32_t root, object;
    ese_mutex_lock(&database->lock);
    object = database->next_object++;
    ese_mutex_unlock(&database->lock);
    JET_ERR err = ese_catalog_add_name(trx, database, name, object);
    if (err == JET_errSuccess) {
        err = ese_database_new_tree(trx, database, &root);
    }
    if (err == JET_errSuccess) {
        err = ese_table_make(database, object, &made);
    }
    if (err != JET_errSuccess) {
        return err;
    }
    memcpy(made->name, name, strlen(name) + 1);
    made->grbit = grbit;
    made->pages = pages;
    made->density = density;
    made->created_by = trx->txn;
    err = ese_database_tree(database, root, &made->tree);
    if (err == JET_errSuccess) {
        err = ese_catalog_add_table(trx, made);
    }
    if (err == JET_errSuccess) {
        err = ese_trx_note(trx, &database->space, &created_ops, made);
    }
    if (err != JET_errSuccess) {
        ese_table_free(made);
        return err;
    }
    ese_mutex_lock(&database->lock);
    made->next = database->tables;
    database->tables = made;
    ese_mutex_unlock(&database->lock);
    *table = made;
    return JET_errSuccess;
}

JET_ERR ese_table_create(struct ese_trx *trx, struct ese_database *database, const char *name, uint32_t pages,
                         uint32_t density, JET_GRBIT grbit, struct ese_cursor **cursor)
{
    const JET_GRBIT known = JET_bitTableCreateFixedDDL | JET_bitTableCreateTemplateTable |
                            JET_bitTableCreateNoFixedVarColumnsInDerivedTables | JET_bitTableCreateImmutableStructure;
    struct ese_auto automatic;
    struct ese_table *table;
    uint32_t object;
    if ((grbit & ~known) != 0 || (grbit & JET_bitTableCreateNoFixedVarColumnsInDerivedTables) != 0) {
        return JET_errInvalidGrbit;                 /* the last never did what it says; the original does not take it */
    }
    if (!ese_name_is_valid(name)) {
        return JET_errInvalidName;
    }
    if (density != 0 && (density < 20 || density > 100)) {
        return JET_errDensityInvalid;
    }
    if (database->read_only) {
        return JET_errDatabaseFileReadOnly;
    }
    JET_ERR err = ese_auto_begin(&automatic, trx, false);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_catalog_find(trx, database, name, &object);
    if (err == JET_errSuccess) {
        err = JET_errTableDuplicate;
    } else if (err == JET_errObjectNotFound) {
        err = create_in(trx, database, name, pages, density, grbit, &table);
    }
    struct ese_cursor *made = NULL;
    if (err == JET_errSuccess) {
        /* The creator has it to himself until he closes this cursor. */
        err = ese_cursor_attach(trx, table, JET_bitTableDenyRead | JET_bitTableDenyWrite, &made);
    }
    err = ese_auto_end(&automatic, err);
    if (err < JET_errSuccess) {
        if (made != NULL) {
            ese_cursor_close(made);
        }
        return err;
    }
    made->level = trx->level;
    made->creator = true;
    *cursor = made;
    return JET_errSuccess;
}

/* ---- delete ---------------------------------------------------------------------------------------------- */

static JET_ERR keep_table(void *object)
{
    struct ese_table *table = object;
    ese_rwlock_write(&table->lock);
    table->dropped_by = NULL;
    ese_rwlock_write_unlock(&table->lock);
    return JET_errSuccess;
}

static JET_ERR destroy_table(void *object)
{
    struct ese_table *table = object;
    ese_rwlock_write(&table->lock);
    table->dropped_by = NULL;
    table->gone = true;
    ese_rwlock_write_unlock(&table->lock);
    JET_ERR err = ese_database_destroy_tree(table->database, table->tree, NULL);
    struct ese_tree *long_tree = table->long_tree;
    if (long_tree != NULL) {
        JET_ERR destroyed = ese_database_destroy_tree(table->database, long_tree, NULL);
        err = err != JET_errSuccess ? err : destroyed;
    }
    JET_ERR indexes = ese_table_destroy_indexes(table);
    JET_ERR forgotten = ese_catalog_remove_autoincrement(table);
    err = err != JET_errSuccess ? err : indexes;
    return err != JET_errSuccess ? err : forgotten;
}

static const struct ese_note_ops dropped_ops = { keep_table, destroy_table, NULL };

/* Takes the table for deletion: nobody has it open and nobody can open it any more. */
static JET_ERR claim(struct ese_trx *trx, struct ese_table *table)
{
    JET_ERR err = JET_errSuccess;
    ese_rwlock_write(&table->lock);
    for (const struct ese_cursor *cursor = table->cursors; cursor != NULL; cursor = cursor->next_in_table) {
        bool locked = (cursor->grbit & (JET_bitTableDenyRead | JET_bitTableDenyWrite)) != 0 && cursor->trx != trx;
        err = locked ? JET_errTableLocked : JET_errTableInUse;
    }
    if (err == JET_errSuccess && (table->dropped_by != NULL || table->gone)) {
        err = table->gone || table->dropped_by == trx->txn ? JET_errObjectNotFound : JET_errWriteConflict;
    }
    if (err == JET_errSuccess) {
        table->dropped_by = trx->txn;
    }
    ese_rwlock_write_unlock(&table->lock);
    return err;
}

static JET_ERR delete_in(struct ese_trx *trx, struct ese_database *database, const char *name)
{
    uint32_t object;
    struct ese_table *table;
    JET_ERR err = ese_catalog_find(trx, database, name, &object);
    if (err == JET_errSuccess) {
        err = ese_table_find(trx, database, object, &table);
    }
    if (err == JET_errSuccess && (table->grbit & JET_bitTableCreateTemplateTable) != 0) {
        err = JET_errCannotDeleteTemplateTable;
    }
    if (err == JET_errSuccess) {
        err = claim(trx, table);
    }
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_trx_note(trx, &database->space, &dropped_ops, table);
    if (err != JET_errSuccess) {
        keep_table(table);
        return err;
    }
    err = ese_database_announce_drop(trx, database, table->tree->root);
    if (err == JET_errSuccess && table->long_tree != NULL) {
        err = ese_database_announce_drop(trx, database, table->long_tree->root);
    }
    if (err == JET_errSuccess) {
        err = ese_table_announce_indexes(trx, table);
    }
    return err == JET_errSuccess ? ese_catalog_remove_table(trx, table) : err;
}

JET_ERR ese_table_delete(struct ese_trx *trx, struct ese_database *database, const char *name)
{
    struct ese_auto automatic;
    if (!ese_name_is_valid(name)) {
        return JET_errInvalidName;
    }
    if (database->read_only) {
        return JET_errDatabaseFileReadOnly;
    }
    JET_ERR err = ese_auto_begin(&automatic, trx, false);
    return err == JET_errSuccess ? ese_auto_end(&automatic, delete_in(trx, database, name)) : err;
}

/* ---- rename ---------------------------------------------------------------------------------------------- */

struct rename { struct ese_table *table; char old_name[ESE_NAME_MAX + 1]; };

static JET_ERR undo_rename(void *object)
{
    struct rename *rename = object;
    ese_rwlock_write(&rename->table->lock);
    memcpy(rename->table->name, rename->old_name, sizeof rename->old_name);
    ese_rwlock_write_unlock(&rename->table->lock);
    ese_free(rename);
    return JET_errSuccess;
}

static JET_ERR finish_rename(void *object)
{
    ese_free(object);
    return JET_errSuccess;
}

static const struct ese_note_ops renamed_ops = { undo_rename, finish_rename, ese_free };

static JET_ERR rename_in(struct ese_trx *trx, struct ese_database *database, const char *name, const char *new_name)
{
    uint32_t object;
    struct ese_table *table;
    JET_ERR err = ese_catalog_find(trx, database, name, &object);
    if (err == JET_errSuccess) {
        err = ese_table_find(trx, database, object, &table);
    }
    if (err == JET_errSuccess &&
        (table->grbit & (JET_bitTableCreateTemplateTable | JET_bitTableCreateFixedDDL)) != 0) {
        err = JET_errFixedDDL;
    }
    if (err == JET_errSuccess) {
        err = ese_catalog_lock_table(trx, table);
    }
    if (err == JET_errSuccess) {
        err = ese_catalog_remove_name(trx, database, name);
    }
    if (err == JET_errSuccess) {
        err = ese_catalog_add_name(trx, database, new_name, object);
    }
    if (err == JET_errSuccess) {
        err = ese_catalog_put_table(trx, table, new_name, table->last_fixed, table->last_variable, table->last_tagged);
    }
    if (err != JET_errSuccess) {
        return err;
    }
    struct rename *rename = ese_alloc(sizeof *rename);
    if (rename == NULL) {
        return JET_errOutOfMemory;
    }
    rename->table = table;
    ese_rwlock_read(&table->lock);
    memcpy(rename->old_name, table->name, sizeof rename->old_name);
    ese_rwlock_read_unlock(&table->lock);
    err = ese_trx_note(trx, &database->space, &renamed_ops, rename);
    if (err != JET_errSuccess) {
        ese_free(rename);
        return err;
    }
    ese_rwlock_write(&table->lock);
    memcpy(table->name, new_name, strlen(new_name) + 1);
    ese_rwlock_write_unlock(&table->lock);
    return JET_errSuccess;
}

JET_ERR ese_table_rename(struct ese_trx *trx, struct ese_database *database, const char *name, const char *new_name)
{
    struct ese_auto automatic;
    if (!ese_name_is_valid(name) || !ese_name_is_valid(new_name)) {
        return JET_errInvalidName;
    }
    if (database->read_only) {
        return JET_errDatabaseFileReadOnly;
    }
    JET_ERR err = ese_auto_begin(&automatic, trx, false);
    return err == JET_errSuccess ? ese_auto_end(&automatic, rename_in(trx, database, name, new_name)) : err;
}
