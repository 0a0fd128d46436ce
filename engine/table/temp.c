/* Temporary tables: their definition, their phases, putting records in. The file they lie in: temp_file.c. */
#include "engine/table/temp.h"

#include "engine/table/index.h"

/* ---- the definition -------------------------------------------------------------------------------------- */

/* The next id of the kind of column asked for. */
static JET_ERR give_id(struct ese_table *table, const JET_COLUMNDEF *def, JET_COLUMNID *id)
{
    bool tagged = (def->grbit & JET_bitColumnTagged) != 0 || ese_coltyp_is_long(def->coltyp);
    bool fixed = ese_coltyp_size(def->coltyp) != 0 || (def->grbit & JET_bitColumnFixed) != 0;
    uint32_t *last = tagged ? &table->last_tagged : fixed ? &table->last_fixed : &table->last_variable;
    uint32_t limit = tagged ? ESE_TAGGED_LAST : fixed ? ESE_FIXED_LAST : ESE_VARIABLE_LAST;
    if (*last >= limit) {
        return JET_errTooManyColumns;
    }
    *id = ++*last;
    return JET_errSuccess;
}

/* Other column options and default values do not exist in temporary tables and are passed over. */
static JET_ERR add_column(struct ese_table *table, const JET_COLUMNDEF *def, JET_COLUMNID *id)
{
    if (!ese_coltyp_is_valid(def->coltyp)) {
        return JET_errInvalidColumnType;
    }
    bool text = ese_coltyp_is_text(def->coltyp);
    if (text && def->cp != 0 && def->cp != 1252 && def->cp != 1200) {
        return JET_errInvalidCodePage;
    }
    JET_ERR err = give_id(table, def, id);
    struct ese_column *column = err == JET_errSuccess ? ese_calloc(1, sizeof *column) : NULL;
    if (column == NULL) {
        return err == JET_errSuccess ? JET_errOutOfMemory : err;
    }
    column->id = *id;
    column->coltyp = def->coltyp;
    column->grbit = def->grbit & (JET_bitColumnFixed | JET_bitColumnTagged);
    column->code_page = text ? (def->cp != 0 ? def->cp : 1252) : 0;
    uint32_t most = ese_coltyp_max(def->coltyp);
    if (ese_coltyp_size(def->coltyp) != 0) {
        column->max_size = ese_coltyp_size(def->coltyp);
    } else if (ese_coltyp_is_long(def->coltyp)) {
        column->max_size = def->cbMax;
    } else {
        column->max_size = def->cbMax != 0 && def->cbMax < most ? def->cbMax : most;
    }
    err = ese_table_append(table, column);
    if (err != JET_errSuccess) {
        ese_column_free(column);
    }
    return err;
}

/* How its text sorts, and how much of a column matters. */
static JET_ERR set_rules(const struct ese_table *table, const struct ese_temp_def *def, struct ese_index *index)
{
    JET_ERR err = JET_errSuccess;
    index->number = ESE_PRIMARY_NUMBER;
    index->segment_most = def->var_seg_most;
    index->lcid = def->lcid;
    index->map_flags = def->map_flags;
    if (def->locale == NULL) {
        err = ese_locale_name(def->lcid, index->locale);
    } else if (strlen(def->locale) > ESE_LOCALE_MAX) {
        err = JET_errInvalidLanguageId;
    } else {
        memcpy(index->locale, def->locale, strlen(def->locale) + 1);
    }
    return err == JET_errSuccess ? ese_index_resolve(table, index) : err;
}

/* The clustered index over the key columns; beyond ESE_KEY_COLUMNS they are no key columns. */
static JET_ERR add_key(struct ese_table *table, const struct ese_temp_def *def, const JET_COLUMNID *ids)
{
    struct ese_index *index = ese_calloc(1, sizeof *index);
    if (index == NULL) {
        return JET_errOutOfMemory;
    }
    index->grbit = JET_bitIndexPrimary | JET_bitIndexUnique;
    if ((def->grbit & JET_bitTTSortNullsHigh) != 0) {
        index->grbit |= JET_bitIndexSortNullsHigh;
    }
    if ((def->grbit & JET_bitTTDotNetGuid) != 0) {
        index->grbit |= JET_bitIndexDotNetGuid;
    }
    index->key_most = def->key_most != 0 ? def->key_most
                    : def->keep_all ? ese_key_most_allowed(table->database->store->config.page_size)
                                    : JET_cbKeyMost;
    for (uint32_t i = 0; i < def->count && index->columns < ESE_KEY_COLUMNS; i++) {
        if ((def->columns[i].grbit & JET_bitColumnTTKey) != 0) {
            index->column[index->columns] = ids[i];
            index->descending[index->columns] = (def->columns[i].grbit & JET_bitColumnTTDescending) != 0;
            index->columns++;
        }
    }
    if (index->columns == 0) {
        ese_free(index);
        return JET_errSuccess;
    }
    JET_ERR err = set_rules(table, def, index);
    if (err != JET_errSuccess) {
        ese_free(index);
        return err;
    }
    table->primary = index;
    return JET_errSuccess;
}

static JET_ERR check_definition(const struct ese_store *store, const struct ese_temp_def *def)
{
    const JET_GRBIT never_forward = JET_bitTTIndexed | JET_bitTTUpdatable | JET_bitTTScrollable |
                                    JET_bitTTForceMaterialization;
    if (store->temp.sorts_max == 0) {
        return JET_errTooManySorts;
    }
    if ((def->grbit & JET_bitTTForwardOnly) != 0 && (def->grbit & never_forward) != 0) {
        return JET_errCannotMaterializeForwardOnlySort;
    }
    if (def->count != 0 && def->columns == NULL) {
        return JET_errInvalidParameter;
    }
    uint32_t allowed = ese_key_most_allowed(store->config.page_size);
    uint32_t key_most = def->key_most != 0 ? def->key_most : JET_cbKeyMost;
    bool bad = key_most < JET_cbKeyMost || key_most > allowed || def->var_seg_most > key_most;
    return bad ? JET_errInvalidParameter : JET_errSuccess;
}

/* No key, or values that cannot be sorted as a whole: a table from the beginning. */
static bool needs_table(const struct ese_table *table, JET_GRBIT grbit)
{
    bool is_long = false;
    for (uint32_t i = 0; i < table->columns; i++) {
        is_long = is_long || ese_coltyp_is_long(table->column[i]->coltyp);
    }
    return table->primary == NULL || (grbit & JET_bitTTForceMaterialization) != 0 ||
           (is_long && (grbit & JET_bitTTIntrinsicLVsOnly) == 0);
}

/* ---- phases ---------------------------------------------------------------------------------------------- */

static void become(struct ese_table *table, enum ese_temp_phase phase)
{
    struct ese_temp *temp = table->temp;
    temp->phase = phase;
    if (phase == ESE_TEMP_TABLE && temp->sorting) {
        temp->sorting = false;
        ese_temp_file_end_sort(table->database->store);
    }
    ese_rwlock_write(&table->tree->lock);
    table->tree->unversioned = phase != ESE_TEMP_TABLE || table->database->store->temp.unversioned;
    ese_rwlock_write_unlock(&table->tree->lock);
}

void ese_temp_end_insert(struct ese_cursor *cursor)
{
    struct ese_table *table = cursor->table;
    if (table->temp->phase == ESE_TEMP_INSERT) {
        if (cursor->prepared != ESE_PREPARED_NOTHING) {
            ese_cursor_cancel(cursor);
        }
        become(table, (table->temp->grbit & JET_bitTTUpdatable) != 0 ? ESE_TEMP_TABLE : ESE_TEMP_SORTED);
    }
}

bool ese_cursor_is_temp(const struct ese_cursor *cursor)
{
    return cursor->table->temp != NULL;
}

enum ese_temp_phase ese_temp_phase(const struct ese_cursor *cursor)
{
    return cursor->table->temp->phase;
}

JET_GRBIT ese_temp_grbit(const struct ese_cursor *cursor)
{
    return cursor->table->temp->grbit;
}

uint64_t ese_temp_records(const struct ese_cursor *cursor)
{
    return cursor->table->temp->records;
}

/* ---- what updates ask ------------------------------------------------------------------------------------ */

/* A sort that keeps duplicates numbers them, so that keys stay unique in the tree; or those that were cut. */
JET_ERR ese_temp_number_key(struct ese_table *table, struct ese_bytes *key)
{
    const JET_GRBIT both = JET_bitTTForwardOnly | JET_bitTTUnique;
    bool cut = table->temp->keep_all && key->size >= table->primary->key_most;
    if ((table->temp->grbit & both) != JET_bitTTForwardOnly && !cut) {
        return JET_errSuccess;
    }
    JET_ERR err = ese_bytes_reserve(key, key->size + sizeof(uint64_t));
    if (err == JET_errSuccess) {
        uint64_t number = table->temp->numbered++;
        for (int shift = 56; shift >= 0; shift -= 8) {
            key->data[key->size++] = (unsigned char)(number >> shift);
        }
    }
    return err;
}

/* A sort drops duplicates without a word. */
JET_ERR ese_temp_after_insert(struct ese_table *table, JET_ERR err)
{
    if (err == JET_errKeyDuplicate && table->temp->phase == ESE_TEMP_INSERT) {
        return JET_errSuccess;
    }
    table->temp->records += err >= JET_errSuccess ? 1 : 0;
    return err;
}

/* ---- open and close -------------------------------------------------------------------------------------- */

static JET_ERR make_table(struct ese_database *database, const struct ese_temp_def *def, JET_COLUMNID *ids,
                          struct ese_table **table)
{
    struct ese_table *made;
    JET_ERR err = ese_table_make(database, 0, &made);
    if (err != JET_errSuccess) {
        return err;
    }
    made->temp = ese_calloc(1, sizeof *made->temp);
    err = made->temp != NULL ? JET_errSuccess : JET_errOutOfMemory;
    for (uint32_t i = 0; err == JET_errSuccess && i < def->count; i++) {
        err = add_column(made, &def->columns[i], &ids[i]);
    }
    if (err == JET_errSuccess) {
        made->temp->grbit = def->grbit;
        made->temp->keep_all = def->keep_all;
        err = add_key(made, def, ids);
    }
    if (err == JET_errSuccess && (def->grbit & JET_bitTTForwardOnly) != 0 && needs_table(made, def->grbit)) {
        err = JET_errCannotMaterializeForwardOnlySort;
    }
    if (err == JET_errSuccess) {
        err = ese_temp_file_begin_sort(database->store);
        made->temp->sorting = err == JET_errSuccess;
    }
    if (err == JET_errSuccess) {
        err = ese_temp_file_new_tree(database, &made->tree);
    }
    if (err != JET_errSuccess) {
        if (made->temp != NULL && made->temp->sorting) {
            ese_temp_file_end_sort(database->store);
        }
        ese_table_free(made);
        return err;
    }
    *table = made;
    return JET_errSuccess;
}

static void list(struct ese_table *table)
{
    struct ese_database *database = table->database;
    ese_mutex_lock(&database->lock);
    table->next = database->tables;
    database->tables = table;
    ese_mutex_unlock(&database->lock);
}

static void unlist(struct ese_table *table)
{
    struct ese_database *database = table->database;
    ese_mutex_lock(&database->lock);
    struct ese_table **at = &database->tables;
    while (*at != table) {
        at = &(*at)->next;
    }
    *at = table->next;
    ese_mutex_unlock(&database->lock);
}

/* The last cursor is gone. Versions may still speak of the tree: it stays behind as an empty object. */
void ese_temp_close(struct ese_table *table)
{
    unlist(table);
    if (table->temp->sorting) {
        ese_temp_file_end_sort(table->database->store);
    }
    ese_rwlock_write(&table->tree->lock);
    (void)ese_tree_destroy(table->tree);            /* what fails here is space in a file that goes away */
    ese_rwlock_write_unlock(&table->tree->lock);
    struct ese_tree *long_tree = table->long_tree;
    if (long_tree != NULL) {
        ese_rwlock_write(&long_tree->lock);
        (void)ese_tree_destroy(long_tree);
        ese_rwlock_write_unlock(&long_tree->lock);
    }
    ese_table_free(table);
}

JET_ERR ese_temp_open(struct ese_store *store, struct ese_trx *trx, const struct ese_temp_def *def,
                      JET_COLUMNID *columnids, struct ese_cursor **cursor)
{
    struct ese_database *database;
    struct ese_table *table;
    JET_ERR err = check_definition(store, def);
    if (err == JET_errSuccess) {
        err = ese_temp_file_database(store, &database);
    }
    if (err == JET_errSuccess) {
        err = make_table(database, def, columnids, &table);
    }
    if (err != JET_errSuccess) {
        return err;
    }
    list(table);
    become(table, needs_table(table, def->grbit) ? ESE_TEMP_TABLE : ESE_TEMP_INSERT);
    err = ese_cursor_attach(trx, table, 0, cursor);
    if (err != JET_errSuccess) {
        ese_temp_close(table);
    }
    return err;
}

/* ---- lists ----------------------------------------------------------------------------------------------- */

JET_ERR ese_temp_add(struct ese_cursor *cursor, const JET_COLUMNID *columnids, const struct ese_temp_value *values,
                     uint32_t count)
{
    JET_ERR err = ese_cursor_prepare(cursor, JET_prepInsert);
    for (uint32_t i = 0; err >= JET_errSuccess && i < count; i++) {
        if (values[i].data != NULL) {
            JET_GRBIT grbit = values[i].size == 0 ? JET_bitSetZeroLength : 0u;
            err = ese_cursor_set_column(cursor, columnids[i], values[i].data, values[i].size, grbit, NULL);
        }
    }
    if (err >= JET_errSuccess) {
        err = ese_cursor_update(cursor, NULL, 0, NULL);
    }
    if (err < JET_errSuccess && cursor->prepared != ESE_PREPARED_NOTHING) {
        ese_cursor_cancel(cursor);
    }
    return err < JET_errSuccess ? err : JET_errSuccess;
}

JET_ERR ese_temp_finish(struct ese_cursor *cursor)
{
    ese_temp_end_insert(cursor);
    JET_ERR err = ese_cursor_move(cursor, (int32_t)JET_MoveFirst, 0);
    return err == JET_errNoCurrentRecord ? JET_errSuccess : err;
}
