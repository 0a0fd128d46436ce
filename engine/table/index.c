/* Indexes of a table: creating, deleting, who sees which. */
#include "engine/table/index.h"

#define TRIES 3                                     /* of a creation that is a transaction of its own */

/* ---- who sees which -------------------------------------------------------------------------------------- */

bool ese_index_is_visible(const struct ese_index *index, const struct ese_trx *trx)
{
    if (index->gone || (index->added_by != NULL && !ese_txn_is_visible(trx, index->added_by))) {
        return false;
    }
    return index->dropped_by == NULL || !ese_txn_is_visible(trx, index->dropped_by);
}

bool ese_table_primary_is_visible(const struct ese_table *table, const struct ese_trx *trx)
{
    return table->primary != NULL && (table->indexed_by == NULL || ese_txn_is_visible(trx, table->indexed_by));
}

struct ese_index *ese_table_index_named(const struct ese_table *table, const struct ese_trx *trx, const char *name)
{
    for (uint32_t i = 0; i < table->indexes; i++) {
        if (ese_index_is_visible(table->index[i], trx) && ese_name_same(table->index[i]->name, name)) {
            return table->index[i];
        }
    }
    return NULL;
}

uint32_t ese_table_count_indexes(const struct ese_table *table, const struct ese_trx *trx)
{
    uint32_t count = ese_table_primary_is_visible(table, trx) ? 1 : 0;
    for (uint32_t i = 0; i < table->indexes; i++) {
        count += ese_index_is_visible(table->index[i], trx) ? 1 : 0;
    }
    return count;
}

static bool speaks_of(const struct ese_index *index, JET_COLUMNID id)
{
    for (uint32_t i = 0; i < index->columns; i++) {
        if (index->column[i] == id) {
            return true;
        }
    }
    for (uint32_t i = 0; i < index->conditions; i++) {
        if (index->condition[i].column == id) {
            return true;
        }
    }
    return false;
}

bool ese_table_is_indexed(const struct ese_table *table, const struct ese_trx *trx, JET_COLUMNID id)
{
    if (table->primary != NULL && speaks_of(table->primary, id)) {
        return true;
    }
    for (uint32_t i = 0; i < table->indexes; i++) {
        const struct ese_index *index = table->index[i];
        bool dropped = index->gone || (trx != NULL && index->dropped_by != NULL && ese_txn_is_visible(trx, index->dropped_by));
        if (!dropped && speaks_of(index, id)) {
            return true;
        }
    }
    return false;
}

bool ese_table_index_tree(struct ese_table *table, uint32_t i, struct ese_tree **tree)
{
    ese_rwlock_read(&table->lock);
    bool there = i < table->indexes;
    *tree = there && !table->index[i]->gone ? table->index[i]->tree : NULL;
    ese_rwlock_read_unlock(&table->lock);
    return there;
}

JET_ERR ese_table_append_index(struct ese_table *table, struct ese_index *index)
{
    if (table->indexes == table->index_room) {
        uint32_t room = table->index_room != 0 ? table->index_room * 2 : 4;
        struct ese_index **longer = ese_realloc(table->index, room * sizeof *longer);
        if (longer == NULL) {
            return JET_errOutOfMemory;
        }
        table->index = longer;
        table->index_room = room;
    }
    table->index[table->indexes++] = index;
    return JET_errSuccess;
}

/* ---- the primary index ----------------------------------------------------------------------------------- */

static JET_ERR unmake_primary(void *object)
{
    struct ese_table *table = object;
    ese_rwlock_write(&table->lock);
    ese_free(table->primary);
    table->primary = NULL;
    table->indexed_by = NULL;
    ese_rwlock_write_unlock(&table->lock);
    return JET_errSuccess;
}

static JET_ERR settle_primary(void *object)
{
    struct ese_table *table = object;
    ese_rwlock_write(&table->lock);
    table->indexed_by = NULL;
    ese_rwlock_write_unlock(&table->lock);
    return JET_errSuccess;
}

static const struct ese_note_ops primary_ops = { unmake_primary, settle_primary, NULL };

JET_ERR ese_table_check_empty(struct ese_table *table)
{
    struct ese_tree *tree = table->tree;
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

/* Takes the index over in any case. */
static JET_ERR create_primary(struct ese_cursor *cursor, struct ese_index *index)
{
    struct ese_table *table = cursor->table;
    index->number = ESE_PRIMARY_NUMBER;
    JET_ERR err = ese_catalog_add_index(cursor->trx, table, index);
    if (err == JET_errSuccess) {
        /* The clustered index decides where records lie, so there must be none. Inserting holds the lock shared: no record
         * slips in between the look and the change. */
        ese_rwlock_write(&table->lock);
        err = table->primary != NULL ? JET_errIndexHasPrimary : ese_table_check_empty(table);
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
    err = ese_trx_note(cursor->trx, &table->database->space, &primary_ops, table);
    if (err != JET_errSuccess) {
        unmake_primary(table);
    }
    return err;
}

/* ---- secondary indexes ----------------------------------------------------------------------------------- */

struct change { struct ese_table *table; struct ese_index *index; };

static JET_ERR note(struct ese_trx *trx, struct ese_table *table, struct ese_index *index,
                    const struct ese_note_ops *ops)
{
    struct change *change = ese_alloc(sizeof *change);
    if (change == NULL) {
        return JET_errOutOfMemory;
    }
    change->table = table;
    change->index = index;
    JET_ERR err = ese_trx_note(trx, &table->database->space, ops, change);
    if (err != JET_errSuccess) {
        ese_free(change);
    }
    return err;
}

static void set_state(struct change *change, struct ese_txn **field, bool gone)
{
    ese_rwlock_write(&change->table->lock);
    *field = NULL;
    change->index->gone = change->index->gone || gone;
    ese_rwlock_write_unlock(&change->table->lock);
}

static JET_ERR unadd_index(void *object)
{
    struct change *change = object;
    set_state(change, &change->index->added_by, true);
    ese_free(change);
    return JET_errSuccess;
}

static JET_ERR settle_index(void *object)
{
    struct change *change = object;
    set_state(change, &change->index->added_by, false);
    ese_free(change);
    return JET_errSuccess;
}

static const struct ese_note_ops added_ops = { unadd_index, settle_index, ese_free };

/* Makes the index known, so that from now on others' changes conflict; but not when some were made that trx does not see. */
static JET_ERR publish(struct ese_trx *trx, struct ese_table *table, struct ese_index *index)
{
    JET_ERR err = JET_errSuccess;
    ese_rwlock_write(&table->lock);
    if (ese_tree_is_changed_unseen(trx, table->tree)) {
        err = JET_errWriteConflict;
    } else {
        index->added_by = trx->txn;
        err = ese_table_append_index(table, index);
    }
    ese_rwlock_write_unlock(&table->lock);
    return err;
}

static uint32_t free_number(struct ese_table *table)
{
    uint32_t number = ESE_PRIMARY_NUMBER;
    ese_rwlock_read(&table->lock);
    for (uint32_t i = 0; i < table->indexes; i++) {
        number = table->index[i]->number > number ? table->index[i]->number : number;
    }
    ese_rwlock_read_unlock(&table->lock);
    return number + 1;
}

/* Takes the index over in any case. */
static JET_ERR create_secondary(struct ese_cursor *cursor, struct ese_index *index, bool build,
                                JET_ERR (*check)(void *arg), void *arg)
{
    struct ese_table *table = cursor->table;
    struct ese_trx *trx = cursor->trx;
    uint32_t root;
    index->number = free_number(table);
    JET_ERR err = ese_database_new_tree(trx, table->database, &root);
    if (err == JET_errSuccess) {
        err = ese_database_tree(table->database, root, &index->tree);
    }
    if (err == JET_errSuccess) {
        err = ese_catalog_add_index(trx, table, index);
    }
    if (err == JET_errSuccess) {
        err = publish(trx, table, index);
    }
    if (err != JET_errSuccess) {
        ese_free(index);
        return err;
    }
    err = note(trx, table, index, &added_ops);
    if (err != JET_errSuccess) {
        struct change lost = { table, index };
        set_state(&lost, &index->added_by, true);
        return err;
    }
    return build ? ese_index_build(table, trx, index, check, arg) : JET_errSuccess;
}

/* ---- create ---------------------------------------------------------------------------------------------- */

static JET_ERR create_in(struct ese_cursor *cursor, const struct ese_index_def *def, JET_ERR (*check)(void *arg),
                         void *arg)
{
    struct ese_table *table = cursor->table;
    struct ese_index *index = NULL;
    bool primary = (def->grbit & JET_bitIndexPrimary) != 0;
    ese_rwlock_read(&table->lock);
    JET_ERR err = ese_index_define(table, cursor->trx, def, &index);
    if (err == JET_errSuccess) {
        if ((table->primary != NULL && ese_name_same(table->primary->name, def->name)) ||
            ese_table_index_named(table, cursor->trx, def->name) != NULL) {
            err = JET_errIndexDuplicate;
        } else if (primary && table->primary != NULL) {
            err = JET_errIndexHasPrimary;
        }
    }
    ese_rwlock_read_unlock(&table->lock);
    if (err != JET_errSuccess) {
        ese_free(index);
        return err;
    }
    return primary ? create_primary(cursor, index)
                   : create_secondary(cursor, index, (def->grbit & JET_bitIndexEmpty) == 0, check, arg);
}

static JET_ERR check_right(const struct ese_cursor *cursor)
{
    JET_ERR err = ese_table_check_change(cursor, false);
    return err == JET_errSuccess && cursor->trx->read_only ? JET_errTransReadOnly : err;
}

static JET_ERR create_once(struct ese_cursor *cursor, const struct ese_index_def *def, JET_ERR (*check)(void *arg),
                           void *arg)
{
    struct ese_auto automatic;
    JET_ERR err = ese_auto_begin(&automatic, cursor->trx, false);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_catalog_lock_table(cursor->trx, cursor->table);
    if (err == JET_errSuccess) {
        err = create_in(cursor, def, check, arg);
    }
    return ese_auto_end(&automatic, err);
}

JET_ERR ese_table_create_index(struct ese_cursor *cursor, const struct ese_index_def *def,
                               JET_ERR (*check)(void *arg), void *arg)
{
    bool alone = cursor->trx->level == 0;
    JET_ERR err = check_right(cursor);
    if (err == JET_errSuccess && check != NULL) {
        err = check(arg);
    }
    if (err == JET_errSuccess && !alone && (def->grbit & JET_bitIndexUnversioned) != 0) {
        err = JET_errInTransaction;
    }
    if (err != JET_errSuccess) {
        return err;
    }
    /* What is committed between the beginning and the moment others are kept out conflicts only by chance. */
    for (int i = 0; i < (alone ? TRIES : 1); i++) {
        err = create_once(cursor, def, check, arg);
        if (err != JET_errWriteConflict) {
            break;
        }
    }
    return err;
}

/* ---- delete ---------------------------------------------------------------------------------------------- */

static JET_ERR undelete_index(void *object)
{
    struct change *change = object;
    set_state(change, &change->index->dropped_by, false);
    ese_free(change);
    return JET_errSuccess;
}

static JET_ERR bury_index(void *object)
{
    struct change *change = object;
    set_state(change, &change->index->dropped_by, true);
    JET_ERR err = ese_database_destroy_tree(change->table->database, change->index->tree, NULL);
    JET_ERR forgotten = ese_catalog_remove_stats(change->table, change->index->number);
    ese_free(change);
    return err != JET_errSuccess ? err : forgotten;
}

static const struct ese_note_ops deleted_ops = { undelete_index, bury_index, ese_free };

JET_ERR ese_table_announce_indexes(struct ese_trx *trx, struct ese_table *table)
{
    JET_ERR err = JET_errSuccess;
    for (uint32_t i = 0; err == JET_errSuccess && i < table->indexes; i++) {
        const struct ese_index *index = table->index[i];
        if (ese_index_is_visible(index, trx)) {     /* one that is dropped already was announced then */
            err = ese_database_announce_drop(trx, table->database, index->tree->root);
        }
    }
    return err;
}

JET_ERR ese_table_destroy_indexes(struct ese_table *table)
{
    JET_ERR first_error = JET_errSuccess;
    for (uint32_t i = 0; i < table->indexes; i++) {
        JET_ERR err = table->index[i]->gone ? JET_errSuccess
                                            : ese_database_destroy_tree(table->database, table->index[i]->tree, NULL);
        JET_ERR forgotten = ese_catalog_remove_stats(table, table->index[i]->number);
        err = err != JET_errSuccess ? err : forgotten;
        first_error = first_error != JET_errSuccess ? first_error : err;
    }
    JET_ERR forgotten = ese_catalog_remove_stats(table, ESE_PRIMARY_NUMBER);
    return first_error != JET_errSuccess ? first_error : forgotten;
}

/* Nobody stands on it and nobody else is about to delete it. */
static JET_ERR claim(struct ese_cursor *cursor, const char *name, struct ese_index **index)
{
    struct ese_table *table = cursor->table;
    JET_ERR err = JET_errSuccess;
    ese_rwlock_write(&table->lock);
    struct ese_index *found = ese_table_index_named(table, cursor->trx, name);
    if (found == NULL) {
        bool primary = ese_table_primary_is_visible(table, cursor->trx) && ese_name_same(table->primary->name, name);
        err = primary ? JET_errIndexMustStay : JET_errIndexNotFound;
    } else if (found->derived && !cursor->overrides) {
        err = JET_errFixedInheritedDDL;
    } else if (found->cursors != (cursor->index == found ? 1u : 0u)) {
        err = JET_errIndexInUse;
    } else if (found->dropped_by != NULL) {
        err = JET_errWriteConflict;
    } else {
        found->dropped_by = cursor->trx->txn;
        *index = found;
    }
    ese_rwlock_write_unlock(&table->lock);
    return err;
}

static JET_ERR delete_in(struct ese_cursor *cursor, const char *name)
{
    struct ese_index *index;
    JET_ERR err = claim(cursor, name, &index);
    if (err != JET_errSuccess) {
        return err;
    }
    err = note(cursor->trx, cursor->table, index, &deleted_ops);
    if (err != JET_errSuccess) {
        struct change kept = { cursor->table, index };
        set_state(&kept, &index->dropped_by, false);
        return err;
    }
    err = ese_catalog_remove_index(cursor->trx, cursor->table, index->number);
    return err == JET_errSuccess ? ese_database_announce_drop(cursor->trx, cursor->table->database, index->tree->root)
                                 : err;
}

JET_ERR ese_table_delete_index(struct ese_cursor *cursor, const char *name)
{
    struct ese_auto automatic;
    JET_ERR err = check_right(cursor);
    if (err == JET_errSuccess && !ese_name_is_valid(name)) {
        err = JET_errInvalidName;
    }
    if (err == JET_errSuccess) {
        err = ese_auto_begin(&automatic, cursor->trx, false);
    }
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_catalog_lock_table(cursor->trx, cursor->table);
    if (err == JET_errSuccess) {
        err = delete_in(cursor, name);
    }
    err = ese_auto_end(&automatic, err);
    if (err >= JET_errSuccess && cursor->index != NULL && !ese_index_is_visible(cursor->index, cursor->trx)) {
        ese_cursor_leave_index(cursor);             /* it goes before the first record of the clustered index */
    }
    return err;
}
