/* The keys of Unicode text sort by rules that change now and then: a database may be attached without the indexes over such
 * text. */
#include "engine/table/index.h"

struct names { char (*at)[ESE_NAME_MAX + 1]; uint32_t count, room; };

static JET_ERR add_name(struct names *names, const char *name)
{
    if (names->count == names->room) {
        uint32_t room = names->room != 0 ? names->room * 2 : 8;
        void *longer = ese_realloc(names->at, room * sizeof *names->at);
        if (longer == NULL) {
            return JET_errOutOfMemory;
        }
        names->at = longer;
        names->room = room;
    }
    memcpy(names->at[names->count++], name, strlen(name) + 1);
    return JET_errSuccess;
}

static JET_ERR add_table(void *arg, const struct ese_table_info *info)
{
    return add_name(arg, info->name);
}

/* Names of the table's secondary indexes over Unicode text. */
static JET_ERR find_indexes(struct ese_cursor *cursor, struct names *names)
{
    struct ese_table *table = cursor->table;
    JET_ERR err = JET_errSuccess;
    ese_rwlock_read(&table->lock);
    if (table->primary != NULL && table->primary->collation != NULL) {
        err = JET_errPrimaryIndexCorrupted;
    }
    for (uint32_t i = 0; err == JET_errSuccess && i < table->indexes; i++) {
        const struct ese_index *index = table->index[i];
        if (index->collation != NULL && ese_index_is_visible(index, cursor->trx)) {
            err = add_name(names, index->name);
        }
    }
    ese_rwlock_read_unlock(&table->lock);
    return err;
}

static JET_ERR clear_table(struct ese_trx *trx, struct ese_database *database, const char *name, bool *deleted)
{
    struct names names = { NULL, 0, 0 };
    struct ese_cursor *cursor;
    JET_ERR err = ese_cursor_open(trx, database, name, 0, &cursor);
    if (err != JET_errSuccess) {
        return err;
    }
    cursor->overrides = true;
    err = find_indexes(cursor, &names);
    for (uint32_t i = 0; err == JET_errSuccess && i < names.count; i++) {
        err = ese_table_delete_index(cursor, names.at[i]);
        *deleted = true;
    }
    ese_cursor_close(cursor);
    ese_free(names.at);
    return err;
}

JET_ERR ese_database_delete_unicode_indexes(struct ese_database *database)
{
    struct names tables = { NULL, 0, 0 };
    struct ese_trx own;
    struct ese_auto automatic;
    bool deleted = false;
    ese_trx_init(&own, database->store->vstore);
    JET_ERR err = ese_auto_begin(&automatic, &own, false);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_database_tables(&own, database, add_table, &tables);
    for (uint32_t i = 0; err == JET_errSuccess && i < tables.count; i++) {
        err = clear_table(&own, database, tables.at[i], &deleted);
    }
    err = ese_auto_end(&automatic, err);
    ese_free(tables.at);
    return err == JET_errSuccess && deleted ? JET_wrnCorruptIndexDeleted : err;
}
