/* Tables and columns in memory. */
#include "engine/table/schema.h"

JET_ERR ese_table_make(struct ese_database *database, uint32_t object, struct ese_table **table)
{
    struct ese_table *made = ese_calloc(1, sizeof *made);
    if (made == NULL) {
        return JET_errOutOfMemory;
    }
    made->database = database;
    made->object = object;
    made->last_fixed = ESE_FIXED_FIRST - 1;
    made->last_variable = ESE_VARIABLE_FIRST - 1;
    made->last_tagged = ESE_TAGGED_FIRST - 1;
    JET_ERR err = ese_rwlock_init(&made->lock);
    if (err == JET_errSuccess) {
        err = ese_mutex_init(&made->counters);
        if (err == JET_errSuccess) {
            err = ese_mutex_init(&made->making);
            if (err != JET_errSuccess) {
                ese_mutex_fini(&made->counters);
            }
        }
        if (err != JET_errSuccess) {
            ese_rwlock_fini(&made->lock);
        }
    }
    if (err != JET_errSuccess) {
        ese_free(made);
        return err;
    }
    *table = made;
    return JET_errSuccess;
}

void ese_column_free(struct ese_column *column)
{
    while (column->defaults != NULL) {
        struct ese_default *earlier = column->defaults->earlier;
        ese_free(column->defaults);
        column->defaults = earlier;
    }
    ese_free(column->first_default);
    ese_free(column->computed);
    ese_free(column);
}

void ese_table_free(struct ese_table *table)
{
    ese_ls_free(table->database->store, &table->ls, JET_cbtypFreeTableLS);
    ese_table_free_callbacks(table);
    for (uint32_t i = 0; i < table->columns; i++) {
        ese_column_free(table->column[i]);
    }
    ese_free(table->column);
    ese_free(table->by_id);
    ese_free(table->primary);
    ese_free(table->temp);
    ese_mutex_fini(&table->making);
    for (uint32_t i = 0; i < table->indexes; i++) {
        ese_free(table->index[i]);
    }
    ese_free(table->index);
    ese_mutex_fini(&table->counters);
    ese_rwlock_fini(&table->lock);
    ese_free(table);
}

JET_ERR ese_table_append(struct ese_table *table, struct ese_column *column)
{
    if (table->columns == table->column_room) {
        uint32_t room = table->column_room != 0 ? table->column_room * 2 : 8;
        struct ese_column **longer = ese_realloc(table->column, room * sizeof *longer);
        if (longer == NULL) {
            return JET_errOutOfMemory;
        }
        table->column = longer;
        table->column_room = room;
    }
    if (column->id >= table->by_id_room) {
        uint32_t room = column->id + column->id / 4 + 8;
        struct ese_column **longer = ese_realloc(table->by_id, room * sizeof *longer);
        if (longer == NULL) {
            return JET_errOutOfMemory;
        }
        memset(longer + table->by_id_room, 0, (room - table->by_id_room) * sizeof *longer);
        table->by_id = longer;
        table->by_id_room = room;
    }
    table->by_id[column->id] = column;
    table->escrows = table->escrows || (column->grbit & JET_bitColumnEscrowUpdate) != 0;
    table->column[table->columns++] = column;
    if ((column->grbit & JET_bitColumnAutoincrement) != 0) {
        table->autoincrement = column->id;
    }
    if ((column->grbit & JET_bitColumnVersion) != 0) {
        table->version = column->id;
    }
    return JET_errSuccess;
}

void ese_table_lock_to_define(struct ese_table *table)
{
    ese_rwlock_write(&table->lock);
    table->definition++;
}

bool ese_column_is_visible(const struct ese_column *column, const struct ese_trx *trx)
{
    if (column->gone || (column->added_by != NULL && !ese_txn_is_visible(trx, column->added_by))) {
        return false;
    }
    return column->dropped_by == NULL || !ese_txn_is_visible(trx, column->dropped_by);
}

struct ese_column *ese_table_column(const struct ese_table *table, const struct ese_trx *trx, JET_COLUMNID id)
{
    struct ese_column *column = id < table->by_id_room ? table->by_id[id] : NULL;
    return column != NULL && ese_column_is_visible(column, trx) ? column : NULL;
}

struct ese_column *ese_table_column_named(const struct ese_table *table, const struct ese_trx *trx, const char *name)
{
    for (uint32_t i = 0; i < table->columns; i++) {
        if (ese_column_is_visible(table->column[i], trx) && ese_name_same(table->column[i]->name, name)) {
            return table->column[i];
        }
    }
    return NULL;
}

uint32_t ese_record_max(const struct ese_database *database)
{
    return ese_tree_node_max(database->store->config.page_size) - JET_cbKeyMost;
}

static struct ese_table *known(struct ese_database *database, uint32_t object)
{
    struct ese_table *table = database->tables;
    while (table != NULL && (table->object != object || table->gone)) {
        table = table->next;
    }
    return table;
}

JET_ERR ese_table_find(struct ese_trx *trx, struct ese_database *database, uint32_t object, struct ese_table **table)
{
    ese_mutex_lock(&database->lock);
    struct ese_table *found = known(database, object);
    ese_mutex_unlock(&database->lock);
    if (found != NULL) {
        *table = found;
        return JET_errSuccess;
    }
    struct ese_table *loaded;
    JET_ERR err = ese_catalog_load(trx, database, object, &loaded);
    if (err != JET_errSuccess) {
        return err;
    }
    ese_mutex_lock(&database->lock);
    found = known(database, object);                /* somebody else may have been faster */
    if (found == NULL) {
        loaded->next = database->tables;
        database->tables = loaded;
    }
    ese_mutex_unlock(&database->lock);
    if (found != NULL) {
        ese_table_free(loaded);
    }
    *table = found != NULL ? found : loaded;
    return JET_errSuccess;
}
