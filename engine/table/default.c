/* Changing the default value of a column. */
#include "engine/table/schema.h"

#define LONG_DEFAULT_MAX 255u                       /* of long columns; more is cut off */

/* What the column had before, for a rollback. */
struct old_default { struct ese_column *column; struct ese_table *table; unsigned char *value; uint32_t size; };

static JET_ERR restore(void *object)
{
    struct old_default *old = object;
    ese_rwlock_write(&old->table->lock);
    old->column->default_value = old->value;
    old->column->default_size = old->size;
    ese_rwlock_write_unlock(&old->table->lock);
    ese_free(old);
    return JET_errSuccess;
}

static JET_ERR settle(void *object)
{
    ese_free(object);
    return JET_errSuccess;
}

static const struct ese_note_ops ops = { restore, settle, ese_free };

static JET_ERR check(const struct ese_table *table, const struct ese_column *column, uint32_t *size)
{
    const JET_GRBIT special = JET_bitColumnAutoincrement | JET_bitColumnVersion | JET_bitColumnUserDefinedDefault;
    uint32_t wanted = ese_coltyp_size(column->coltyp);
    if (column->derived) {
        return JET_errColumnNotUpdatable;
    }
    if (ese_table_is_indexed(table, NULL, column->id)) {
        return JET_errColumnInUse;
    }
    if ((column->grbit & special) != 0) {
        return JET_errInvalidOperation;
    }
    if (wanted != 0) {
        return *size == wanted ? JET_errSuccess : JET_errInvalidBufferSize;
    }
    if (ese_coltyp_is_long(column->coltyp)) {
        *size = *size < LONG_DEFAULT_MAX ? *size : LONG_DEFAULT_MAX;
    }
    return column->max_size != 0 && *size > column->max_size ? JET_errDefaultValueTooBig : JET_errSuccess;
}

static JET_ERR set_in(struct ese_cursor *cursor, const char *name, const void *value, uint32_t size)
{
    struct ese_table *table = cursor->table;
    ese_rwlock_read(&table->lock);
    struct ese_column *column = ese_table_column_named(table, cursor->trx, name);
    JET_ERR err = column != NULL ? check(table, column, &size) : JET_errColumnNotFound;
    ese_rwlock_read_unlock(&table->lock);
    if (err != JET_errSuccess) {
        return err;
    }
    struct ese_default *made = ese_alloc(sizeof *made + size);
    struct old_default *old = ese_alloc(sizeof *old);
    if (made == NULL || old == NULL) {
        ese_free(made);
        ese_free(old);
        return JET_errOutOfMemory;
    }
    memcpy(made->bytes, value, size);
    *old = (struct old_default){ column, table, column->default_value, column->default_size };
    struct ese_column changed = *column;
    changed.default_value = made->bytes;
    changed.default_size = size;
    err = ese_catalog_put_column(cursor->trx, table, &changed, column->name);
    if (err == JET_errSuccess) {
        err = ese_trx_note(cursor->trx, &table->database->space, &ops, old);
    }
    if (err != JET_errSuccess) {
        ese_free(made);
        ese_free(old);
        return err;
    }
    ese_rwlock_write(&table->lock);
    made->earlier = column->defaults;
    column->defaults = made;
    column->default_value = made->bytes;
    column->default_size = size;
    ese_rwlock_write_unlock(&table->lock);
    return JET_errSuccess;
}

JET_ERR ese_table_set_default(struct ese_cursor *cursor, const char *name, const void *value, uint32_t size)
{
    struct ese_auto automatic;
    if (value == NULL || size == 0) {
        return JET_errNullInvalid;
    }
    if (!ese_name_is_valid(name)) {
        return JET_errInvalidName;
    }
    JET_ERR err = ese_table_begin_change(cursor, &automatic);
    return err == JET_errSuccess ? ese_auto_end(&automatic, set_in(cursor, name, value, size)) : err;
}
