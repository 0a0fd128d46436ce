/* What a table looks like, as a transaction sees it. */
#include "engine/table/index.h"

static void fill_column(const struct ese_column *column, struct ese_column_info *info)
{
    memset(info, 0, sizeof *info);
    memcpy(info->name, column->name, sizeof info->name);
    info->columnid = column->id;
    info->coltyp = column->coltyp;
    info->max_size = column->max_size;
    info->code_page = column->code_page;
    info->grbit = column->grbit;
    if (ese_columnid_is_fixed(column->id)) {
        info->grbit |= JET_bitColumnFixed;
    } else if (ese_columnid_is_tagged(column->id)) {
        info->grbit |= JET_bitColumnTagged;
    }
    info->derived = column->derived;
    info->default_size = column->default_size;
    info->default_value = column->default_value;
}

static void fill_table(struct ese_table *table, const struct ese_trx *trx, struct ese_table_info *info)
{
    memset(info, 0, sizeof *info);
    ese_rwlock_read(&table->lock);
    memcpy(info->name, table->name, sizeof info->name);
    for (uint32_t i = 0; i < table->columns; i++) {
        info->columns += ese_column_is_visible(table->column[i], trx) ? 1 : 0;
    }
    info->indexes = ese_table_count_indexes(table, trx);
    info->grbit = table->grbit;
    info->derived = table->template_object != 0;
    info->pages = table->pages;
    info->density = table->density;
    info->object = table->object;
    ese_rwlock_read_unlock(&table->lock);
    struct ese_index_stats stats;
    if (ese_catalog_stats(table, ESE_PRIMARY_NUMBER, &stats) == JET_errSuccess) {
        info->records = stats.entries;
        info->record_pages = stats.pages;
    }
}

JET_ERR ese_table_info(struct ese_cursor *cursor, struct ese_table_info *info)
{
    fill_table(cursor->table, cursor->trx, info);
    return JET_errSuccess;
}

JET_ERR ese_database_table_by_name(struct ese_trx *trx, struct ese_database *database, const char *name,
                                   struct ese_table_info *info)
{
    uint32_t object;
    struct ese_table *table;
    JET_ERR err = ese_catalog_find(trx, database, name, &object);
    if (err == JET_errSuccess) {
        err = ese_table_find(trx, database, object, &table);
    }
    if (err == JET_errSuccess) {
        fill_table(table, trx, info);
    }
    return err;
}

JET_ERR ese_table_column_by_name(struct ese_cursor *cursor, const char *name, struct ese_column_info *info)
{
    struct ese_table *table = cursor->table;
    if (!ese_name_is_valid(name)) {
        return JET_errInvalidName;
    }
    ese_rwlock_read(&table->lock);
    const struct ese_column *column = ese_table_column_named(table, cursor->trx, name);
    if (column != NULL) {
        fill_column(column, info);
    }
    ese_rwlock_read_unlock(&table->lock);
    return column != NULL ? JET_errSuccess : JET_errColumnNotFound;
}

JET_ERR ese_table_column_by_id(struct ese_cursor *cursor, JET_COLUMNID columnid, struct ese_column_info *info)
{
    struct ese_table *table = cursor->table;
    ese_rwlock_read(&table->lock);
    const struct ese_column *column = ese_table_column(table, cursor->trx, columnid);
    if (column != NULL) {
        fill_column(column, info);
    }
    ese_rwlock_read_unlock(&table->lock);
    return column != NULL ? JET_errSuccess : JET_errColumnNotFound;
}

/* The visible column with the smallest id above `after`. */
static bool next_column(struct ese_table *table, const struct ese_trx *trx, JET_COLUMNID after,
                        struct ese_column_info *info)
{
    const struct ese_column *best = NULL;
    ese_rwlock_read(&table->lock);
    for (uint32_t i = 0; i < table->columns; i++) {
        const struct ese_column *column = table->column[i];
        if (column->id > after && (best == NULL || column->id < best->id) && ese_column_is_visible(column, trx)) {
            best = column;
        }
    }
    if (best != NULL) {
        fill_column(best, info);
    }
    ese_rwlock_read_unlock(&table->lock);
    return best != NULL;
}

JET_ERR ese_table_columns(struct ese_cursor *cursor,
                          JET_ERR (*visit)(void *arg, const struct ese_column_info *info), void *arg)
{
    struct ese_column_info info = { .columnid = 0 };
    JET_ERR err = JET_errSuccess;
    while (err == JET_errSuccess && next_column(cursor->table, cursor->trx, info.columnid, &info)) {
        err = visit(arg, &info);
    }
    return err;
}

/* Adds the pages of a tree; NULL: none. */
static JET_ERR add_pages(struct ese_tree *tree, uint64_t *pages)
{
    uint64_t more = 0;
    if (tree == NULL) {
        return JET_errSuccess;
    }
    ese_rwlock_read(&tree->lock);
    JET_ERR err = tree->dropped ? JET_errSuccess : ese_tree_pages(tree, &more);
    ese_rwlock_read_unlock(&tree->lock);
    *pages += more;
    return err;
}

JET_ERR ese_table_space(struct ese_cursor *cursor, enum ese_space_of what, uint64_t *owned, uint64_t *available)
{
    struct ese_table *table = cursor->table;
    *owned = 0;
    *available = 0;
    JET_ERR err = add_pages(table->long_tree, owned);
    if (err == JET_errSuccess && what == ESE_SPACE_OF_TABLE) {
        err = add_pages(table->tree, owned);
        ese_rwlock_read(&table->lock);
        for (uint32_t i = 0; err == JET_errSuccess && i < table->indexes; i++) {
            err = add_pages(ese_index_is_visible(table->index[i], cursor->trx) ? table->index[i]->tree : NULL, owned);
        }
        ese_rwlock_read_unlock(&table->lock);
    }
    return err;
}
