/* What indexes look like, as a transaction sees them. */
#include "engine/table/index.h"

static void fill(const struct ese_index *index, struct ese_index_info *info)
{
    memset(info, 0, sizeof *info);
    memcpy(info->name, index->name, sizeof info->name);
    info->grbit = index->grbit;
    info->columns = index->columns;
    memcpy(info->column, index->column, sizeof info->column);
    memcpy(info->descending, index->descending, sizeof info->descending);
    info->key_most = index->key_most;
    info->primary = index->number == ESE_PRIMARY_NUMBER;
    info->number = index->number;
    info->density = index->density;
    info->segment_most = index->segment_most;
    info->conditions = index->conditions;
    for (uint32_t i = 0; i < index->conditions; i++) {
        info->condition[i] = index->condition[i].column;
        info->condition_grbit[i] = index->condition[i].must_be_null ? JET_bitIndexColumnMustBeNull
                                                                    : JET_bitIndexColumnMustBeNonNull;
    }
    info->tuple = index->tuple;
    info->lcid = index->lcid != 0 ? index->lcid : ESE_LCID_INVARIANT;
    info->map_flags = index->map_flags != 0 ? index->map_flags : (uint32_t)ESE_MAP_DEFAULT;
    memcpy(info->locale, index->locale, sizeof info->locale);
    info->hints = index->hints;
}

JET_ERR ese_table_index_by_name(struct ese_cursor *cursor, const char *name, struct ese_index_info *info)
{
    struct ese_table *table = cursor->table;
    const struct ese_index *found = NULL;
    bool unnamed = name == NULL || name[0] == '\0';
    ese_rwlock_read(&table->lock);
    if (ese_table_primary_is_visible(table, cursor->trx) && (unnamed || ese_name_same(table->primary->name, name))) {
        found = table->primary;
    } else if (!unnamed) {
        found = ese_table_index_named(table, cursor->trx, name);
    }
    if (found != NULL) {
        fill(found, info);
    }
    ese_rwlock_read_unlock(&table->lock);
    return found != NULL ? JET_errSuccess : JET_errIndexNotFound;
}

/* The visible index that comes first in the alphabet behind `after` ("" at the beginning). */
static bool next_index(struct ese_table *table, const struct ese_trx *trx, const char *after,
                       struct ese_index_info *info)
{
    const struct ese_index *best = NULL;
    ese_rwlock_read(&table->lock);
    for (uint32_t i = 0; i <= table->indexes; i++) {
        const struct ese_index *index = i == table->indexes ? table->primary : table->index[i];
        bool seen = i == table->indexes ? ese_table_primary_is_visible(table, trx) : ese_index_is_visible(index, trx);
        if (seen && ese_name_compare(index->name, after) > 0 &&
            (best == NULL || ese_name_compare(index->name, best->name) < 0)) {
            best = index;
        }
    }
    if (best != NULL) {
        fill(best, info);
    }
    ese_rwlock_read_unlock(&table->lock);
    return best != NULL;
}

JET_ERR ese_table_indexes(struct ese_cursor *cursor,
                          JET_ERR (*visit)(void *arg, const struct ese_index_info *info), void *arg)
{
    struct ese_index_info info = { .name = "" };
    JET_ERR err = JET_errSuccess;
    while (err == JET_errSuccess && next_index(cursor->table, cursor->trx, info.name, &info)) {
        err = visit(arg, &info);
    }
    return err;
}
