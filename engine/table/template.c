/*
 * Template tables. A table derived from one gets copies of the template's columns, under the ids they have there, and of its
 * indexes, with trees of its own; its own columns and indexes come after them. So reading a derived table needs nothing of
 * the template, and that it may not change while there are derived tables is what keeps the two alike: a template's
 * definition is fixed but for tagged columns, which it may get as long as nothing was derived from it.
 */
#include "engine/table/catalog_format.h"
#include "engine/table/index.h"

/* ---- who uses a template --------------------------------------------------------------------------------- */

/* Tables that others derive and have not committed are not seen here; `inherited` tells of them. */
JET_ERR ese_template_check_unused(struct ese_trx *trx, struct ese_table *table)
{
    struct ese_tree *catalog = table->database->catalog;
    static const unsigned char from[] = { 'T' };
    struct ese_spot spot = { .hint = false };
    struct ese_bytes value = { NULL, 0, 0 };
    char name[ESE_NAME_MAX + 1];
    JET_ERR err = ese_entry_seek(trx, catalog, ESE_SEEK_GE, from, sizeof from, &spot);
    while (err == JET_errSuccess && spot.key.size == ESE_OBJECT_KEY && spot.key.data[0] == 'T') {
        err = ese_entry_get(trx, catalog, &spot, &value);
        if (err == JET_errSuccess) {
            struct ese_eye eye = { value.data, value.data + value.size, false };
            ese_read_text(&eye, name, ESE_NAME_MAX);
            for (unsigned i = 0; i < 7; i++) {      /* root ... greatest ids; catalog.c */
                (void)ese_read_number(&eye);
            }
            uint32_t object = ese_read_number(&eye);
            err = eye.bad ? JET_errCatalogCorrupted : object == table->object ? JET_errTableInUse : JET_errSuccess;
        } else if (err == JET_errRecordDeleted) {
            err = JET_errSuccess;                   /* at level 0 it may have gone meanwhile */
        }
        if (err == JET_errSuccess) {
            err = ese_entry_seek(trx, catalog, ESE_SEEK_GT, spot.key.data, spot.key.size, &spot);
        }
    }
    ese_spot_free(&spot);
    ese_bytes_free(&value);
    if (err == JET_errSuccess || err == JET_errRecordNotFound) {
        err = table->inherited ? JET_errTableInUse : JET_errSuccess;
    }
    return err;
}

/* ---- copies ---------------------------------------------------------------------------------------------- */

static JET_ERR clone_column(const struct ese_column *from, struct ese_column **column)
{
    bool computed = from->definition_size != 0;
    const unsigned char *value = computed ? from->first_default : from->default_value;
    uint32_t size = computed ? from->definition_size : from->default_size;
    struct ese_column *made = ese_calloc(1, sizeof *made);
    if (made == NULL) {
        return JET_errOutOfMemory;
    }
    memcpy(made->name, from->name, sizeof made->name);
    made->id = from->id;
    made->coltyp = from->coltyp;
    made->max_size = from->max_size;
    made->code_page = from->code_page;
    made->grbit = from->grbit;
    made->derived = true;
    if (size != 0) {
        made->default_value = made->first_default = ese_alloc(size);
        if (made->default_value == NULL) {
            ese_column_free(made);
            return JET_errOutOfMemory;
        }
        memcpy(made->default_value, value, size);
        made->default_size = computed ? 0 : size;
        made->definition_size = computed ? size : 0;
    }
    *column = made;
    return JET_errSuccess;
}

/* The table is nobody else's yet, and gone as a whole when its transaction is: the copy needs no history. */
static JET_ERR add_column(struct ese_cursor *cursor, const struct ese_column *from)
{
    struct ese_table *table = cursor->table;
    struct ese_column *column;
    JET_ERR err = clone_column(from, &column);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_catalog_add_column(cursor->trx, table, column);
    if (err == JET_errSuccess) {
        ese_rwlock_write(&table->lock);
        err = ese_table_append(table, column);
        ese_rwlock_write_unlock(&table->lock);
    }
    if (err != JET_errSuccess) {
        ese_column_free(column);
    }
    return err;
}

static JET_ERR add_index(struct ese_cursor *cursor, const struct ese_index *from)
{
    struct ese_table *table = cursor->table;
    uint32_t root;
    struct ese_index *made = ese_alloc(sizeof *made);
    JET_ERR err = JET_errSuccess;
    if (made == NULL) {
        return JET_errOutOfMemory;
    }
    *made = *from;
    made->derived = true;
    made->tree = NULL;
    made->added_by = made->dropped_by = NULL;
    made->cursors = 0;
    if (from->tree != NULL) {
        err = ese_database_new_tree(cursor->trx, table->database, &root);
        if (err == JET_errSuccess) {
            err = ese_database_tree(table->database, root, &made->tree);
        }
    }
    if (err == JET_errSuccess) {
        err = ese_index_resolve(table, made);
    }
    if (err == JET_errSuccess) {
        err = ese_catalog_add_index(cursor->trx, table, made);
    }
    if (err == JET_errSuccess) {
        ese_rwlock_write(&table->lock);
        if (from->tree == NULL) {
            table->primary = made;
        } else {
            err = ese_table_append_index(table, made);
        }
        ese_rwlock_write_unlock(&table->lock);
    }
    if (err != JET_errSuccess) {
        ese_free(made);
    }
    return err;
}

/* Somebody changed the template's definition and has not committed that. */
static bool is_unsettled(struct ese_table *from, const struct ese_trx *trx)
{
    bool unsettled = false;
    ese_rwlock_read(&from->lock);
    for (uint32_t i = 0; i < from->columns; i++) {
        const struct ese_column *column = from->column[i];
        unsettled = unsettled || (!column->gone && column->added_by != NULL && !ese_txn_is_visible(trx, column->added_by));
    }
    ese_rwlock_read_unlock(&from->lock);
    return unsettled;
}

/* `from` keeps its definition while the caller's cursor is open, and from then on because it is inherited. */
static JET_ERR copy_definition(struct ese_cursor *cursor, struct ese_table *from)
{
    struct ese_trx *trx = cursor->trx;
    struct ese_table *table = cursor->table;
    JET_ERR err = is_unsettled(from, trx) ? JET_errWriteConflict : JET_errSuccess;
    for (uint32_t i = 0; err == JET_errSuccess && i < from->columns; i++) {
        if (ese_column_is_visible(from->column[i], trx)) {
            err = add_column(cursor, from->column[i]);
        }
    }
    if (err == JET_errSuccess && from->primary != NULL) {
        err = add_index(cursor, from->primary);
    }
    for (uint32_t i = 0; err == JET_errSuccess && i < from->indexes; i++) {
        if (ese_index_is_visible(from->index[i], trx)) {
            err = add_index(cursor, from->index[i]);
        }
    }
    if (err == JET_errSuccess) {
        table->template_object = from->object;
        table->last_fixed = from->last_fixed;
        table->last_variable = from->last_variable;
        table->last_tagged = from->last_tagged;
        err = ese_catalog_put_table(trx, table, table->name, table->last_fixed, table->last_variable, table->last_tagged);
    }
    return err;
}

/* ---- of a table that is being created -------------------------------------------------------------------- */

JET_ERR ese_table_inherit(struct ese_cursor *cursor, const char *template_name)
{
    struct ese_cursor *from;
    struct ese_auto automatic;
    JET_ERR err = ese_cursor_open(cursor->trx, cursor->table->database, template_name, JET_bitTableReadOnly, &from);
    if (err != JET_errSuccess) {
        return err;
    }
    if ((from->table->grbit & JET_bitTableCreateTemplateTable) == 0) {
        err = JET_errDDLNotInheritable;
    } else {
        from->table->inherited = true;
        err = ese_table_begin_change(cursor, &automatic);
        if (err == JET_errSuccess) {
            err = ese_auto_end(&automatic, copy_definition(cursor, from->table));
        }
    }
    ese_cursor_close(from);
    return err;
}

JET_ERR ese_table_keep_callback(struct ese_cursor *cursor, const char *function, JET_CBTYP types)
{
    struct ese_table *table = cursor->table;
    struct ese_auto automatic;
    if (types == 0 || function == NULL || strlen(function) > ESE_CALLBACK_MAX) {
        return JET_errInvalidParameter;
    }
    JET_ERR err = ese_table_begin_change(cursor, &automatic);
    if (err != JET_errSuccess) {
        return err;
    }
    memcpy(table->persisted, function, strlen(function) + 1); /* the table is nobody else's yet */
    table->persisted_types = types;
    err = ese_table_add_persisted(table);
    if (err == JET_errSuccess) {
        err = ese_catalog_put_table(cursor->trx, table, table->name, table->last_fixed, table->last_variable,
                                    table->last_tagged);
    }
    return ese_auto_end(&automatic, err);
}

void ese_table_end_creation(struct ese_cursor *cursor)
{
    cursor->creator = (cursor->table->grbit & JET_bitTableCreateTemplateTable) == 0;
}

JET_ERR ese_table_template_name(struct ese_cursor *cursor, char name[ESE_NAME_MAX + 1])
{
    struct ese_table *from;
    name[0] = '\0';
    if (cursor->table->template_object == 0) {
        return JET_errSuccess;
    }
    JET_ERR err = ese_table_find(cursor->trx, cursor->table->database, cursor->table->template_object, &from);
    if (err == JET_errSuccess) {
        memcpy(name, from->name, sizeof from->name); /* a template is never renamed */
    }
    return err;
}
