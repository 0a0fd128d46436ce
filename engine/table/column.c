/* Adding, deleting and renaming columns; the primary index. */
#include "engine/table/index.h"

/* A change to the in-memory definition that a rollback must take back and clean-up must settle. */
struct change { struct ese_table *table; struct ese_column *column; char old_name[ESE_NAME_MAX + 1]; };

static JET_ERR note(struct ese_trx *trx, struct ese_table *table, struct ese_column *column,
                    const struct ese_note_ops *ops)
{
    struct change *change = ese_calloc(1, sizeof *change);
    if (change == NULL) {
        return JET_errOutOfMemory;
    }
    change->table = table;
    change->column = column;
    if (column != NULL) {
        memcpy(change->old_name, column->name, sizeof change->old_name);
    }
    JET_ERR err = ese_trx_note(trx, &table->database->space, ops, change);
    if (err != JET_errSuccess) {
        ese_free(change);
    }
    return err;
}

JET_ERR ese_table_check_change(const struct ese_cursor *cursor, bool tagged)
{
    const struct ese_table *table = cursor->table;
    bool is_template = (table->grbit & JET_bitTableCreateTemplateTable) != 0;
    bool fixed = is_template || (table->grbit & JET_bitTableCreateFixedDDL) != 0;
    if (table->database->read_only) {
        return JET_errDatabaseFileReadOnly;
    }
    if ((cursor->grbit & JET_bitTableReadOnly) != 0) {
        return JET_errPermissionDenied;
    }
    if (!fixed || cursor->creator || cursor->overrides) {
        return JET_errSuccess;
    }
    bool permitted = (cursor->grbit & JET_bitTablePermitDDL) != 0;
    return permitted && (tagged || !is_template) ? JET_errSuccess : JET_errFixedDDL;
}

static JET_ERR begin(struct ese_cursor *cursor, struct ese_auto *automatic, bool tagged)
{
    JET_ERR err = ese_table_check_change(cursor, tagged);
    if (err == JET_errSuccess) {
        err = ese_auto_begin(automatic, cursor->trx, false);
    }
    if (err == JET_errSuccess) {
        err = ese_catalog_lock_table(cursor->trx, cursor->table);
        if (err != JET_errSuccess) {
            err = ese_auto_end(automatic, err);
        }
    }
    return err;
}

/* The common frame: DDL needs the table to itself against other DDL, and a level of its own. */
JET_ERR ese_table_begin_change(struct ese_cursor *cursor, struct ese_auto *automatic)
{
    return begin(cursor, automatic, false);
}

/* ---- add ------------------------------------------------------------------------------------------------- */

/* It never was, or nobody can see it any more. */
static JET_ERR end_column(void *object)
{
    struct change *change = object;
    struct ese_table *table = change->table;
    ese_table_lock_to_define(table);
    change->column->gone = true;
    change->column->added_by = change->column->dropped_by = NULL;
    if (table->autoincrement == change->column->id) {
        table->autoincrement = 0;
    }
    if (table->version == change->column->id) {
        table->version = 0;
    }
    ese_rwlock_write_unlock(&table->lock);
    ese_free(change);
    return JET_errSuccess;
}

static JET_ERR settle_column(void *object)
{
    struct change *change = object;
    ese_table_lock_to_define(change->table);
    change->column->added_by = NULL;
    ese_rwlock_write_unlock(&change->table->lock);
    ese_free(change);
    return JET_errSuccess;
}

static const struct ese_note_ops added_ops = { end_column, settle_column, ese_free };

static JET_ERR check_definition(const struct ese_column_def *def)
{
    const JET_GRBIT known = JET_bitColumnFixed | JET_bitColumnTagged | JET_bitColumnNotNULL | JET_bitColumnVersion |
                            JET_bitColumnAutoincrement | JET_bitColumnUpdatable | JET_bitColumnMultiValued |
                            JET_bitColumnEscrowUpdate | JET_bitColumnUnversioned | JET_bitColumnMaybeNull |
                            JET_bitColumnFinalize | JET_bitColumnDeleteOnZero | JET_bitColumnCompressed |
                            JET_bitColumnUserDefinedDefault;
    const JET_GRBIT not_computed = JET_bitColumnFixed | JET_bitColumnNotNULL | JET_bitColumnVersion |
                                   JET_bitColumnAutoincrement | JET_bitColumnEscrowUpdate | JET_bitColumnFinalize |
                                   JET_bitColumnDeleteOnZero | JET_bitColumnMaybeNull;
    JET_GRBIT grbit = def->grbit;
    if (!ese_name_is_valid(def->name)) {
        return JET_errInvalidName;
    }
    if (!ese_coltyp_is_valid(def->coltyp)) {
        return JET_errInvalidColumnType;
    }
    if ((grbit & ~known) != 0) {
        return JET_errInvalidGrbit;
    }
    bool tagged = (grbit & JET_bitColumnTagged) != 0, is_long = ese_coltyp_is_long(def->coltyp);
    bool fixed = (grbit & JET_bitColumnFixed) != 0;
    bool special = (grbit & (JET_bitColumnAutoincrement | JET_bitColumnVersion | JET_bitColumnEscrowUpdate)) != 0;
    if (fixed && tagged) {
        return JET_errInvalidGrbit;
    }
    if ((grbit & JET_bitColumnUserDefinedDefault) != 0) {
        if ((grbit & not_computed) != 0 || (!tagged && !is_long)) {
            return JET_errInvalidGrbit;
        }
        if (def->default_value == NULL || def->default_size == 0) {
            return JET_errInvalidParameter;
        }
    }
    if (fixed && is_long) {
        return JET_errInvalidGrbit;
    }
    if ((grbit & JET_bitColumnMultiValued) != 0 && !tagged && !is_long) {
        return JET_errMultiValuedColumnMustBeTagged;
    }
    if ((grbit & JET_bitColumnNotNULL) != 0 && (tagged || is_long)) {
        return JET_errTaggedNotNULL;
    }
    if (special && tagged) {
        return JET_errCannotBeTagged;
    }
    if ((grbit & JET_bitColumnAutoincrement) != 0 &&
        (def->coltyp != JET_coltypLong && def->coltyp != JET_coltypCurrency && def->coltyp != JET_coltypUnsignedLong &&
         def->coltyp != JET_coltypLongLong && def->coltyp != JET_coltypUnsignedLongLong)) {
        return JET_errInvalidGrbit;
    }
    if ((grbit & JET_bitColumnVersion) != 0 && def->coltyp != JET_coltypLong) {
        return JET_errInvalidGrbit;
    }
    JET_GRBIT exclusive = grbit & (JET_bitColumnAutoincrement | JET_bitColumnVersion | JET_bitColumnEscrowUpdate);
    if ((exclusive & (exclusive - 1)) != 0) {
        return JET_errInvalidGrbit;
    }
    const JET_GRBIT at_zero = JET_bitColumnFinalize | JET_bitColumnDeleteOnZero;
    if ((grbit & JET_bitColumnEscrowUpdate) != 0) {
        if ((def->coltyp != JET_coltypLong && def->coltyp != JET_coltypLongLong) ||
            def->default_value == NULL || def->default_size != ese_coltyp_size(def->coltyp) ||
            (grbit & at_zero) == at_zero) {
            return JET_errInvalidGrbit;
        }
    } else if ((grbit & at_zero) != 0) {
        return JET_errInvalidGrbit;
    }
    if (ese_coltyp_is_text(def->coltyp) && def->code_page != 0 && def->code_page != 1252 && def->code_page != 1200) {
        return JET_errInvalidCodePage;
    }
    if (ese_coltyp_size(def->coltyp) == 0 && !is_long && def->max_size > ese_coltyp_max(def->coltyp)) {
        return JET_errColumnTooBig;
    }
    return JET_errSuccess;
}

static JET_ERR make_column(const struct ese_column_def *def, struct ese_column **column)
{
    struct ese_column *made = ese_calloc(1, sizeof *made);
    if (made == NULL) {
        return JET_errOutOfMemory;
    }
    memcpy(made->name, def->name, strlen(def->name) + 1);
    made->coltyp = def->coltyp;
    made->grbit = def->grbit;
    made->max_size = ese_coltyp_size(def->coltyp) != 0 ? ese_coltyp_size(def->coltyp)
                   : def->max_size != 0 ? def->max_size
                   : ese_coltyp_is_long(def->coltyp) ? 0 : ese_coltyp_max(def->coltyp);
    if (ese_coltyp_is_text(def->coltyp)) {
        made->code_page = def->code_page != 0 ? def->code_page : 1252;
    }
    bool computed = (def->grbit & JET_bitColumnUserDefinedDefault) != 0;
    if (def->default_value != NULL && def->default_size != 0) {
        if (computed) {
            JET_ERR err = ese_computed_make(def->default_value, def->default_size, &made->computed);
            if (err != JET_errSuccess) {
                ese_column_free(made);
                return err;
            }
            ese_free(made->computed);               /* it can be looked up: that is all, here */
            made->computed = NULL;
        } else if (def->default_size > JET_cbKeyMost || (made->max_size != 0 && def->default_size > made->max_size)) {
            ese_column_free(made);
            return JET_errDefaultValueTooBig;
        }
        made->default_value = made->first_default = ese_alloc(def->default_size);
        if (made->default_value == NULL) {
            ese_column_free(made);
            return JET_errOutOfMemory;
        }
        memcpy(made->default_value, def->default_value, def->default_size);
        made->default_size = computed ? 0 : def->default_size;
        made->definition_size = computed ? def->default_size : 0;
    }
    *column = made;
    return JET_errSuccess;
}

/* Every record must have its number, so there must be none yet, and nobody else who could put one in. */
static JET_ERR check_escrow(struct ese_cursor *cursor)
{
    return (cursor->grbit & JET_bitTableDenyRead) != 0 ? ese_table_check_empty(cursor->table)
                                                       : JET_errExclusiveTableLockRequired;
}

/* Gives the column its id and puts it into the catalog and the table. */
static JET_ERR add_in(struct ese_cursor *cursor, struct ese_column *column)
{
    struct ese_table *table = cursor->table;
    bool is_long = ese_coltyp_is_long(column->coltyp);
    bool tagged = (column->grbit & JET_bitColumnTagged) != 0 || is_long;
    bool fixed = ese_coltyp_size(column->coltyp) != 0 || (column->grbit & JET_bitColumnFixed) != 0;
    JET_ERR err = JET_errSuccess;

    /* Only this transaction changes the definition now; what it reads here stays true after the unlock. */
    ese_rwlock_read(&table->lock);
    uint32_t last_fixed = table->last_fixed, last_variable = table->last_variable, last_tagged = table->last_tagged;
    if (ese_table_column_named(table, cursor->trx, column->name) != NULL) {
        err = JET_errColumnDuplicate;
    } else if (((column->grbit & JET_bitColumnAutoincrement) != 0 && table->autoincrement != 0) ||
               ((column->grbit & JET_bitColumnVersion) != 0 && table->version != 0)) {
        err = JET_errColumnRedundant;
    }
    ese_rwlock_read_unlock(&table->lock);
    uint32_t *last = tagged ? &last_tagged : fixed ? &last_fixed : &last_variable;
    uint32_t limit = tagged ? ESE_TAGGED_LAST : fixed ? ESE_FIXED_LAST : ESE_VARIABLE_LAST;
    if (err == JET_errSuccess && *last >= limit) {
        err = JET_errTooManyColumns;
    }
    if (err == JET_errSuccess && (column->grbit & JET_bitColumnEscrowUpdate) != 0) {
        err = check_escrow(cursor);
    }
    if (err != JET_errSuccess) {
        ese_column_free(column);
        return err;
    }
    column->id = ++*last;
    column->added_by = cursor->trx->txn;
    err = ese_catalog_put_table(cursor->trx, table, table->name, last_fixed, last_variable, last_tagged);
    if (err == JET_errSuccess) {
        err = ese_catalog_add_column(cursor->trx, table, column);
    }
    if (err == JET_errSuccess) {
        ese_table_lock_to_define(table);
        err = ese_table_append(table, column);
        if (err == JET_errSuccess) {
            table->last_fixed = last_fixed;
            table->last_variable = last_variable;
            table->last_tagged = last_tagged;
        }
        ese_rwlock_write_unlock(&table->lock);
    }
    if (err != JET_errSuccess) {
        ese_column_free(column);
        return err;
    }
    err = note(cursor->trx, table, column, &added_ops);
    if (err != JET_errSuccess) {
        ese_table_lock_to_define(table);
        column->gone = true;
        column->added_by = NULL;
        ese_rwlock_write_unlock(&table->lock);
    }
    return err;
}

JET_ERR ese_table_add_column(struct ese_cursor *cursor, const struct ese_column_def *def, JET_COLUMNID *columnid)
{
    struct ese_auto automatic;
    struct ese_column *column;
    JET_ERR err = check_definition(def);
    if (err == JET_errSuccess) {
        err = make_column(def, &column);
    }
    if (err != JET_errSuccess) {
        return err;
    }
    bool tagged = (def->grbit & JET_bitColumnTagged) != 0 || ese_coltyp_is_long(def->coltyp);
    err = begin(cursor, &automatic, tagged);
    if (err != JET_errSuccess) {
        ese_column_free(column);
        return err;
    }
    err = add_in(cursor, column);
    JET_COLUMNID id = err == JET_errSuccess ? column->id : 0;
    err = ese_auto_end(&automatic, err);
    if (err == JET_errSuccess && columnid != NULL) {
        *columnid = id;
    }
    return err;
}

/* ---- delete and rename ----------------------------------------------------------------------------------- */

static JET_ERR undelete_column(void *object)
{
    struct change *change = object;
    ese_table_lock_to_define(change->table);
    change->column->dropped_by = NULL;
    ese_rwlock_write_unlock(&change->table->lock);
    ese_free(change);
    return JET_errSuccess;
}

static const struct ese_note_ops deleted_ops = { undelete_column, end_column, ese_free };

static JET_ERR find_named(struct ese_cursor *cursor, const char *name, struct ese_column **column, bool *indexed)
{
    struct ese_table *table = cursor->table;
    ese_rwlock_read(&table->lock);
    *column = ese_table_column_named(table, cursor->trx, name);
    *indexed = *column != NULL && ese_table_is_indexed(table, cursor->trx, (*column)->id);
    ese_rwlock_read_unlock(&table->lock);
    return *column != NULL ? JET_errSuccess : JET_errColumnNotFound;
}

static JET_ERR delete_in(struct ese_cursor *cursor, const char *name, JET_GRBIT grbit)
{
    struct ese_table *table = cursor->table;
    struct ese_column *column;
    bool indexed;
    JET_ERR err = find_named(cursor, name, &column, &indexed);
    if (err == JET_errSuccess && column->derived) {
        err = (grbit & JET_bitDeleteColumnIgnoreTemplateColumns) != 0 ? JET_errColumnNotFound : JET_errFixedInheritedDDL;
    }
    if (err == JET_errSuccess && indexed) {
        err = JET_errColumnInUse;
    }
    if (err == JET_errSuccess) {
        err = ese_catalog_remove_column(cursor->trx, table, column->id);
    }
    if (err == JET_errSuccess) {
        err = note(cursor->trx, table, column, &deleted_ops);
    }
    if (err == JET_errSuccess) {
        ese_table_lock_to_define(table);
        column->dropped_by = cursor->trx->txn;
        ese_rwlock_write_unlock(&table->lock);
    }
    return err;
}

JET_ERR ese_table_delete_column(struct ese_cursor *cursor, const char *name, JET_GRBIT grbit)
{
    struct ese_auto automatic;
    if (!ese_name_is_valid(name)) {
        return JET_errInvalidName;
    }
    JET_ERR err = ese_table_begin_change(cursor, &automatic);
    return err == JET_errSuccess ? ese_auto_end(&automatic, delete_in(cursor, name, grbit)) : err;
}

static JET_ERR unrename_column(void *object)
{
    struct change *change = object;
    ese_table_lock_to_define(change->table);
    memcpy(change->column->name, change->old_name, sizeof change->old_name);
    ese_rwlock_write_unlock(&change->table->lock);
    ese_free(change);
    return JET_errSuccess;
}

static JET_ERR forget_change(void *object)
{
    ese_free(object);
    return JET_errSuccess;
}

static const struct ese_note_ops renamed_ops = { unrename_column, forget_change, ese_free };

static JET_ERR rename_in(struct ese_cursor *cursor, const char *name, const char *new_name)
{
    struct ese_table *table = cursor->table;
    struct ese_column *column, *other;
    bool indexed;
    JET_ERR err = find_named(cursor, name, &column, &indexed);
    if (err == JET_errSuccess && find_named(cursor, new_name, &other, &indexed) == JET_errSuccess && other != column) {
        err = JET_errColumnDuplicate;
    }
    if (err == JET_errSuccess && column->derived) {
        err = JET_errFixedInheritedDDL;
    }
    if (err == JET_errSuccess) {
        err = ese_catalog_put_column(cursor->trx, table, column, new_name);
    }
    if (err == JET_errSuccess) {
        err = note(cursor->trx, table, column, &renamed_ops);
    }
    if (err == JET_errSuccess) {
        ese_table_lock_to_define(table);
        memcpy(column->name, new_name, strlen(new_name) + 1);
        ese_rwlock_write_unlock(&table->lock);
    }
    return err;
}

JET_ERR ese_table_rename_column(struct ese_cursor *cursor, const char *name, const char *new_name)
{
    struct ese_auto automatic;
    if (!ese_name_is_valid(name) || !ese_name_is_valid(new_name)) {
        return JET_errInvalidName;
    }
    JET_ERR err = ese_table_begin_change(cursor, &automatic);
    return err == JET_errSuccess ? ese_auto_end(&automatic, rename_in(cursor, name, new_name)) : err;
}
