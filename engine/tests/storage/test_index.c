/* Secondary indexes: their entries follow the records, whatever happens to those; cursors move on them. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "engine/tests/storage/support.h"
#include "engine/verify/verify.h"

static struct rig rig;
static struct ese_trx one, two;

static void setup(void)
{
    rig_open(&rig, 4096);
    session_begin(&rig, &one);
    session_begin(&rig, &two);
}

static void teardown(void)
{
    struct ese_verify_report report;
    session_end(&one);
    session_end(&two);
    rig_stop(&rig);
    enum ese_verdict verdict = ese_verify_file(rig.path, &report);
    cr_assert_eq(verdict, ESE_VERIFY_GOOD, "%s", report.message);
    rig_start(&rig);
    rig_close(&rig);
}

TestSuite(index, .init = setup, .fini = teardown);

/* ---- a table with a key and three more columns ----------------------------------------------------------- */

struct table { struct ese_cursor *cursor; JET_COLUMNID key, number, text, tags; };

static JET_COLUMNID add(struct ese_cursor *cursor, const char *name, JET_COLTYP coltyp, JET_GRBIT grbit)
{
    const struct ese_column_def def = { .name = name, .coltyp = coltyp, .grbit = grbit, .code_page = 1252 };
    JET_COLUMNID id;
    MUST(ese_table_add_column(cursor, &def, &id));
    return id;
}

static JET_ERR index_on(struct ese_cursor *cursor, const char *name, const char *key, uint32_t size, JET_GRBIT grbit)
{
    const struct ese_index_def def = { .name = name, .key = key, .key_size = size, .grbit = grbit };
    return ese_table_create_index(cursor, &def, NULL, NULL);
}

static void open_table(struct ese_trx *trx, struct table *table)
{
    struct ese_column_info info;
    MUST(ese_cursor_open(trx, rig.database, "t", 0, &table->cursor));
    MUST(ese_table_column_by_name(table->cursor, "key", &info));
    table->key = info.columnid;
    MUST(ese_table_column_by_name(table->cursor, "number", &info));
    table->number = info.columnid;
    MUST(ese_table_column_by_name(table->cursor, "text", &info));
    table->text = info.columnid;
    MUST(ese_table_column_by_name(table->cursor, "tags", &info));
    table->tags = info.columnid;
}

static void make_table(struct table *table)
{
    struct ese_cursor *cursor;
    MUST(ese_table_create(&one, rig.database, "t", 1, 100, 0, &cursor));
    add(cursor, "key", JET_coltypLong, 0);
    add(cursor, "number", JET_coltypLong, 0);
    add(cursor, "text", JET_coltypText, 0);
    add(cursor, "tags", JET_coltypLongText, JET_bitColumnTagged | JET_bitColumnMultiValued);
    MUST(index_on(cursor, "primary", "+key\0", 6, JET_bitIndexPrimary));
    ese_cursor_close(cursor);
    open_table(&one, table);
}

static void set_long(struct table *table, JET_COLUMNID id, int32_t value)
{
    MUST(ese_cursor_set_column(table->cursor, id, &value, sizeof value, 0, NULL));
}

static JET_ERR finish(struct table *table)
{
    JET_ERR err = ese_cursor_update(table->cursor, NULL, 0, NULL);
    if (err < JET_errSuccess) {
        MUST(ese_cursor_prepare(table->cursor, JET_prepCancel));
    }
    return err;
}

/* number < 0: NULL; text NULL: NULL. */
static JET_ERR insert(struct table *table, int32_t key, int32_t number, const char *text)
{
    JET_ERR err = ese_cursor_prepare(table->cursor, JET_prepInsert);
    if (err != JET_errSuccess) {
        return err;
    }
    set_long(table, table->key, key);
    if (number >= 0) {
        set_long(table, table->number, number);
    }
    if (text != NULL) {
        MUST(ese_cursor_set_column(table->cursor, table->text, text, (uint32_t)strlen(text), 0, NULL));
    }
    return finish(table);
}

static int32_t key_of(struct table *table)
{
    int32_t key = 0;
    MUST(ese_cursor_retrieve(table->cursor, table->key, &key, sizeof key, NULL, 0, NULL));
    return key;
}

/* Keys of the records in the order of the current index. */
static uint32_t walk(struct table *table, int32_t *keys, uint32_t room)
{
    uint32_t count = 0;
    JET_ERR err = ese_cursor_move(table->cursor, JET_MoveFirst, 0);
    while (err == JET_errSuccess) {
        cr_assert_lt(count, room);
        keys[count++] = key_of(table);
        err = ese_cursor_move(table->cursor, 1, 0);
    }
    MUST_BE(err, JET_errNoCurrentRecord);
    return count;
}

static void expect_order(struct table *table, const char *index, const int32_t *wanted, uint32_t count)
{
    int32_t keys[64];
    MUST(ese_cursor_set_index(table->cursor, index));
    cr_assert_eq(walk(table, keys, 64), count, "%s", index);
    for (uint32_t i = 0; i < count; i++) {
        cr_assert_eq(keys[i], wanted[i], "%s: record %d at place %u, not %d", index, keys[i], i, wanted[i]);
    }
}

static JET_ERR seek_long(struct table *table, int32_t value, JET_GRBIT grbit)
{
    MUST(ese_cursor_make_key(table->cursor, &value, sizeof value, JET_bitNewKey));
    return ese_cursor_seek(table->cursor, grbit);
}

static void set_number(struct table *table, int32_t key, int32_t number)
{
    MUST(ese_cursor_set_index(table->cursor, NULL));
    MUST(seek_long(table, key, JET_bitSeekEQ));
    MUST(ese_cursor_prepare(table->cursor, JET_prepReplace));
    set_long(table, table->number, number);
    MUST(finish(table));
}

/* ---- definitions ----------------------------------------------------------------------------------------- */

Test(index, an_index_on_records_that_are_there_and_ones_that_come)
{
    struct table table;
    make_table(&table);
    MUST(insert(&table, 1, 30, "c"));
    MUST(insert(&table, 2, 10, "a"));
    MUST(index_on(table.cursor, "n", "+number\0", 9, 0));
    MUST(index_on(table.cursor, "down", "-number\0", 9, 0));
    MUST(insert(&table, 3, 20, "b"));
    MUST(insert(&table, 4, 10, "d"));
    expect_order(&table, "n", (int32_t[]){ 2, 4, 3, 1 }, 4);
    expect_order(&table, "down", (int32_t[]){ 1, 3, 2, 4 }, 4);
    expect_order(&table, NULL, (int32_t[]){ 1, 2, 3, 4 }, 4);
    set_number(&table, 1, 5);
    expect_order(&table, "n", (int32_t[]){ 1, 2, 4, 3 }, 4);
    MUST(ese_cursor_set_index(table.cursor, "n"));
    MUST(seek_long(&table, 10, JET_bitSeekEQ));
    MUST(ese_cursor_delete(table.cursor));
    expect_order(&table, "n", (int32_t[]){ 1, 4, 3 }, 3);
    expect_order(&table, "down", (int32_t[]){ 3, 4, 1 }, 3);
    ese_cursor_close(table.cursor);
    session_end(&one);
    session_end(&two);
    rig_restart(&rig, ESE_CLOSE_COMPLETE);
    session_begin(&rig, &one);
    session_begin(&rig, &two);
    open_table(&one, &table);
    expect_order(&table, "n", (int32_t[]){ 1, 4, 3 }, 3);
}

Test(index, unique_keys_are_unique)
{
    struct table table, other;
    make_table(&table);
    MUST(index_on(table.cursor, "u", "+number\0", 9, JET_bitIndexUnique));
    MUST(insert(&table, 1, 10, NULL));
    MUST_BE(insert(&table, 2, 10, NULL), JET_errKeyDuplicate);
    expect_order(&table, NULL, (int32_t[]){ 1 }, 1);
    MUST(insert(&table, 2, 20, NULL));
    open_table(&two, &other);
    MUST(ese_trx_begin(&one, 0));
    MUST(insert(&table, 3, 30, NULL));
    MUST_BE(insert(&other, 4, 30, NULL), JET_errKeyDuplicate);
    MUST(ese_trx_rollback(&one, 0));
    MUST(insert(&other, 4, 30, NULL));
    /* A key may pass from one record to another. */
    MUST(ese_trx_begin(&one, 0));
    set_number(&table, 1, 11);
    set_number(&table, 2, 10);
    MUST(ese_cursor_set_index(other.cursor, "u"));
    MUST(seek_long(&other, 10, JET_bitSeekEQ));
    cr_assert_eq(key_of(&other), 1);
    MUST(ese_trx_commit(&one, 0));
    MUST(seek_long(&other, 10, JET_bitSeekEQ | JET_bitCheckUniqueness) == JET_wrnUniqueKey ? JET_errSuccess : -1);
    cr_assert_eq(key_of(&other), 2);
    MUST(insert(&table, 5, 50, NULL));
    MUST(index_on(table.cursor, "fine", "+key\0", 6, JET_bitIndexUnique));
    MUST(insert(&table, 6, -1, "x"));
    MUST_BE(insert(&table, 7, -1, "x"), JET_errKeyDuplicate);
    MUST_BE(index_on(table.cursor, "bad", "+text\0", 7, JET_bitIndexUnique), JET_errKeyDuplicate);
    MUST_BE(ese_cursor_set_index(table.cursor, "bad"), JET_errIndexNotFound);
}

Test(index, nulls)
{
    struct table table;
    make_table(&table);
    MUST(insert(&table, 1, -1, NULL));
    MUST(insert(&table, 2, 5, NULL));
    MUST(insert(&table, 3, -1, "a"));
    MUST(insert(&table, 4, 4, "b"));
    MUST(index_on(table.cursor, "all", "+number\0+text\0", 15, 0));
    MUST(index_on(table.cursor, "high", "+number\0+text\0", 15, JET_bitIndexSortNullsHigh));
    MUST(index_on(table.cursor, "null", "+number\0+text\0", 15, JET_bitIndexIgnoreNull));
    MUST(index_on(table.cursor, "any", "+number\0+text\0", 15, JET_bitIndexIgnoreAnyNull));
    MUST(index_on(table.cursor, "first", "+number\0+text\0", 15, JET_bitIndexIgnoreFirstNull));
    expect_order(&table, "all", (int32_t[]){ 1, 3, 4, 2 }, 4);
    expect_order(&table, "high", (int32_t[]){ 4, 2, 3, 1 }, 4);
    expect_order(&table, "null", (int32_t[]){ 3, 4, 2 }, 3);
    expect_order(&table, "any", (int32_t[]){ 4 }, 1);
    expect_order(&table, "first", (int32_t[]){ 4, 2 }, 2);
    MUST_BE(index_on(table.cursor, "none", "+number\0", 9, JET_bitIndexDisallowNull), JET_errNullKeyDisallowed);
    MUST(index_on(table.cursor, "keys", "+key\0", 6, JET_bitIndexDisallowNull));
    MUST(ese_cursor_prepare(table.cursor, JET_prepInsert));
    MUST_BE(ese_cursor_update(table.cursor, NULL, 0, NULL), JET_errNullKeyDisallowed);
    MUST(ese_cursor_prepare(table.cursor, JET_prepCancel));
    set_number(&table, 3, 1);
    expect_order(&table, "any", (int32_t[]){ 3, 4 }, 2);
}

Test(index, conditional_columns)
{
    struct table table;
    make_table(&table);
    const struct ese_condition_def with = { "text", JET_bitIndexColumnMustBeNonNull };
    const struct ese_condition_def without = { "text", JET_bitIndexColumnMustBeNull };
    const struct ese_condition_def bad = { "text", 0 }, unknown = { "x", JET_bitIndexColumnMustBeNull };
    struct ese_index_def def = { .name = "with", .key = "+number\0", .key_size = 9, .condition = &with,
                                 .conditions = 1 };
    MUST(insert(&table, 1, 3, NULL));
    MUST(insert(&table, 2, 2, "x"));
    MUST(ese_table_create_index(table.cursor, &def, NULL, NULL));
    def.name = "without";
    def.condition = &without;
    MUST(ese_table_create_index(table.cursor, &def, NULL, NULL));
    MUST(insert(&table, 3, 1, "y"));
    expect_order(&table, "with", (int32_t[]){ 3, 2 }, 2);
    expect_order(&table, "without", (int32_t[]){ 1 }, 1);
    MUST(ese_cursor_set_index(table.cursor, NULL));
    MUST(seek_long(&table, 3, JET_bitSeekEQ));
    MUST(ese_cursor_prepare(table.cursor, JET_prepReplace));
    MUST(ese_cursor_set_column(table.cursor, table.text, NULL, 0, 0, NULL));
    MUST(finish(&table));
    expect_order(&table, "with", (int32_t[]){ 2 }, 1);
    expect_order(&table, "without", (int32_t[]){ 3, 1 }, 2);
    def.name = "bad";
    def.condition = &bad;
    MUST_BE(ese_table_create_index(table.cursor, &def, NULL, NULL), JET_errInvalidGrbit);
    def.condition = &unknown;
    MUST_BE(ese_table_create_index(table.cursor, &def, NULL, NULL), JET_errColumnNotFound);
    MUST_BE(ese_table_delete_column(table.cursor, "text", 0), JET_errColumnInUse);
}

/* ---- multi-valued columns -------------------------------------------------------------------------------- */

static void insert_tags(struct table *table, int32_t key, const char *const *tags, uint32_t count)
{
    MUST(ese_cursor_prepare(table->cursor, JET_prepInsert));
    set_long(table, table->key, key);
    for (uint32_t i = 0; i < count; i++) {
        JET_SETINFO info = { sizeof info, 0, 0 };
        MUST(ese_cursor_set_column(table->cursor, table->tags, tags[i], (uint32_t)strlen(tags[i]), 0, &info));
    }
    MUST(finish(table));
}

Test(index, every_value_of_a_multi_valued_column_has_an_entry)
{
    struct table table;
    make_table(&table);
    insert_tags(&table, 1, (const char *const[]){ "red", "blue", "red" }, 3);
    MUST(index_on(table.cursor, "tags", "+tags\0", 7, 0));
    insert_tags(&table, 2, (const char *const[]){ "green" }, 1);
    insert_tags(&table, 3, NULL, 0);
    expect_order(&table, "tags", (int32_t[]){ 3, 1, 2, 1 }, 4);
    /* Which entry of the record: by the number of the value. */
    MUST(ese_cursor_set_index(table.cursor, NULL));
    MUST(seek_long(&table, 1, JET_bitSeekEQ));
    MUST(ese_cursor_select_index(table.cursor, "tags", NULL, JET_bitNoMove, 2));
    JET_RETINFO info = { sizeof info, 0, 1, 0 };
    char tag[8];
    MUST(ese_cursor_retrieve(table.cursor, table.tags, tag, sizeof tag, NULL, JET_bitRetrieveFromIndex, &info));
    cr_assert(info.itagSequence == 1 && memcmp(tag, "blue", 4) == 0, "nobody asked for the number");
    MUST(ese_cursor_retrieve(table.cursor, table.tags, tag, sizeof tag, NULL,
                             JET_bitRetrieveFromIndex | JET_bitRetrieveTag, &info));
    cr_assert(info.itagSequence == 2 && memcmp(tag, "blue", 4) == 0);
    MUST(ese_cursor_move(table.cursor, 1, 0));
    cr_assert_eq(key_of(&table), 2);
    MUST(ese_cursor_set_index(table.cursor, NULL));
    MUST(seek_long(&table, 1, JET_bitSeekEQ));
    MUST_BE(ese_cursor_select_index(table.cursor, "tags", NULL, JET_bitNoMove, 4), JET_errBadItagSequence);
    MUST(ese_cursor_set_index(table.cursor, NULL));
    MUST(seek_long(&table, 1, JET_bitSeekEQ));
    MUST(ese_cursor_delete(table.cursor));
    expect_order(&table, "tags", (int32_t[]){ 3, 2 }, 2);
}

Test(index, cross_products_and_nested_tables)
{
    struct ese_cursor *cursor;
    JET_COLUMNID a, b;
    uint64_t count;
    MUST(ese_table_create(&one, rig.database, "m", 1, 100, 0, &cursor));
    a = add(cursor, "a", JET_coltypLong, JET_bitColumnTagged | JET_bitColumnMultiValued);
    b = add(cursor, "b", JET_coltypLong, JET_bitColumnTagged | JET_bitColumnMultiValued);
    MUST(index_on(cursor, "first", "+a\0+b\0", 7, 0));
    MUST(index_on(cursor, "cross", "+a\0+b\0", 7, JET_bitIndexCrossProduct));
    MUST(index_on(cursor, "nested", "+a\0+b\0", 7, JET_bitIndexNestedTable));
    MUST(ese_cursor_prepare(cursor, JET_prepInsert));
    for (int32_t i = 1; i <= 3; i++) {
        JET_SETINFO info = { sizeof info, 0, 0 };
        MUST(ese_cursor_set_column(cursor, a, &i, sizeof i, 0, &info));
        if (i != 3) {
            MUST(ese_cursor_set_column(cursor, b, &i, sizeof i, 0, &info));
        }
    }
    MUST(ese_cursor_update(cursor, NULL, 0, NULL));
    const struct { const char *name; uint64_t entries; } wanted[] = { { "first", 3 }, { "cross", 6 }, { "nested", 3 } };
    for (unsigned i = 0; i < 3; i++) {
        MUST(ese_cursor_set_index(cursor, wanted[i].name));
        MUST(ese_cursor_count(cursor, 0, NULL, NULL, &count));
        cr_assert_eq(count, wanted[i].entries, "%s has %llu entries", wanted[i].name, (unsigned long long)count);
    }
    int32_t two_two[] = { 2, 2 };
    MUST(ese_cursor_set_index(cursor, "nested"));
    MUST(ese_cursor_make_key(cursor, &two_two[0], 4, JET_bitNewKey));
    MUST(ese_cursor_make_key(cursor, &two_two[1], 4, 0));
    MUST(ese_cursor_seek(cursor, JET_bitSeekEQ));
    MUST(ese_cursor_set_index(cursor, "first"));
    MUST(ese_cursor_make_key(cursor, &two_two[0], 4, JET_bitNewKey));
    MUST(ese_cursor_make_key(cursor, &two_two[1], 4, 0));
    MUST_BE(ese_cursor_seek(cursor, JET_bitSeekEQ), JET_errRecordNotFound);
}

Test(index, tuples)
{
    struct table table;
    make_table(&table);
    const struct ese_tuple_limits limits = { 2, 3, 100, 1, 0 }, bad = { 1, 3, 100, 1, 0 };
    struct ese_index_def def = { .name = "t", .key = "+text\0", .key_size = 7, .grbit = JET_bitIndexTuples,
                                 .tuple = &limits };
    uint64_t count;
    MUST(insert(&table, 1, 1, "RAIN IN SPAIN!"));
    MUST(ese_table_create_index(table.cursor, &def, NULL, NULL));
    MUST(ese_cursor_set_index(table.cursor, "t"));
    MUST(ese_cursor_count(table.cursor, 0, NULL, NULL, &count));
    cr_assert_eq(count, 11, "%llu", (unsigned long long)count); /* 13 windows, two of them twice: AIN and IN_ */
    MUST(ese_cursor_make_key(table.cursor, "spa", 3, JET_bitNewKey));
    MUST(ese_cursor_seek(table.cursor, JET_bitSeekEQ));
    def.name = "u";
    def.grbit |= JET_bitIndexUnique;
    MUST_BE(ese_table_create_index(table.cursor, &def, NULL, NULL), JET_errIndexTuplesNonUniqueOnly);
    def.grbit = JET_bitIndexTuples;
    def.tuple = &bad;
    MUST_BE(ese_table_create_index(table.cursor, &def, NULL, NULL), JET_errIndexTuplesInvalidLimits);
    def.tuple = NULL;
    def.key = "+number\0";
    def.key_size = 9;
    MUST_BE(ese_table_create_index(table.cursor, &def, NULL, NULL), JET_errIndexTuplesTextColumnsOnly);
}

/* ---- transactions ---------------------------------------------------------------------------------------- */

Test(index, snapshots_see_the_index_as_it_was)
{
    struct table table, other;
    make_table(&table);
    MUST(index_on(table.cursor, "n", "+number\0", 9, 0));
    MUST(insert(&table, 1, 10, NULL));
    MUST(insert(&table, 2, 20, NULL));
    open_table(&two, &other);
    MUST(ese_trx_begin(&two, 0));
    expect_order(&other, "n", (int32_t[]){ 1, 2 }, 2);
    set_number(&table, 1, 30);
    MUST(insert(&table, 3, 15, NULL));
    expect_order(&table, "n", (int32_t[]){ 3, 2, 1 }, 3);
    expect_order(&other, "n", (int32_t[]){ 1, 2 }, 2);
    MUST(ese_trx_commit(&two, 0));
    expect_order(&other, "n", (int32_t[]){ 3, 2, 1 }, 3);
    MUST(ese_trx_begin(&one, 0));
    set_number(&table, 2, 1);
    MUST(ese_cursor_set_index(table.cursor, NULL));
    MUST(seek_long(&table, 3, JET_bitSeekEQ));
    MUST(ese_cursor_delete(table.cursor));
    MUST(ese_trx_rollback(&one, 0));
    expect_order(&table, "n", (int32_t[]){ 3, 2, 1 }, 3);
}

Test(index, an_index_belongs_to_its_transaction_until_it_ends)
{
    struct table table, other;
    struct ese_index_info info;
    make_table(&table);
    open_table(&two, &other);
    MUST(insert(&table, 1, 10, NULL));
    MUST(ese_trx_begin(&one, 0));
    MUST(index_on(table.cursor, "n", "+number\0", 9, 0));
    MUST(insert(&table, 2, 5, NULL));
    expect_order(&table, "n", (int32_t[]){ 2, 1 }, 2);
    MUST_BE(ese_cursor_set_index(other.cursor, "n"), JET_errIndexNotFound);
    MUST_BE(insert(&other, 3, 1, NULL), JET_errWriteConflict);
    MUST_BE(index_on(other.cursor, "m", "+number\0", 9, 0), JET_errWriteConflict);
    MUST(ese_trx_rollback(&one, 0));
    MUST_BE(ese_table_index_by_name(table.cursor, "n", &info), JET_errIndexNotFound);
    MUST_BE(ese_cursor_move(table.cursor, JET_MoveFirst, 0), JET_errNoCurrentIndex);
    MUST(ese_cursor_set_index(table.cursor, NULL));
    MUST(insert(&other, 3, 1, NULL));
    /* What the creator cannot see he cannot index. */
    MUST(ese_trx_begin(&two, 0));
    MUST(insert(&other, 4, 2, NULL));
    MUST_BE(index_on(table.cursor, "n", "+number\0", 9, 0), JET_errWriteConflict);
    MUST(ese_trx_commit(&two, 0));
    MUST(index_on(table.cursor, "n", "+number\0", 9, 0));
    expect_order(&other, "n", (int32_t[]){ 3, 4, 1 }, 3);
}

Test(index, an_older_transaction_keeps_a_newer_index_up)
{
    struct table table, other;
    make_table(&table);
    open_table(&two, &other);
    MUST(insert(&table, 1, 10, NULL));
    MUST(ese_trx_begin(&two, 0));
    MUST(ese_cursor_move(other.cursor, JET_MoveFirst, 0));
    MUST(index_on(table.cursor, "n", "+number\0", 9, 0));
    MUST_BE(ese_cursor_set_index(other.cursor, "n"), JET_errIndexNotFound);
    MUST(insert(&other, 2, 5, NULL));
    set_number(&other, 1, 1);
    expect_order(&table, "n", (int32_t[]){ 1 }, 1);
    MUST(ese_trx_commit(&two, 0));
    expect_order(&table, "n", (int32_t[]){ 1, 2 }, 2);
}

Test(index, deleting)
{
    struct table table, other;
    make_table(&table);
    open_table(&two, &other);
    for (int32_t i = 0; i < 500; i++) {
        MUST(insert(&table, i, i, "some text to fill pages with"));
    }
    MUST(index_on(table.cursor, "n", "+number\0+text\0", 15, 0));
    uint32_t unused = ese_database_free_pages(rig.database);
    MUST_BE(ese_table_delete_index(table.cursor, "primary"), JET_errIndexMustStay);
    MUST_BE(ese_table_delete_index(table.cursor, "x"), JET_errIndexNotFound);
    MUST(ese_cursor_set_index(other.cursor, "n"));
    MUST_BE(ese_table_delete_index(table.cursor, "n"), JET_errIndexInUse);
    MUST(ese_cursor_set_index(other.cursor, NULL));
    MUST(ese_trx_begin(&two, 0));
    MUST(ese_cursor_set_index(table.cursor, "n"));
    MUST(ese_table_delete_index(table.cursor, "n"));
    MUST_BE(ese_cursor_set_index(table.cursor, "n"), JET_errIndexNotFound);
    MUST(insert(&table, 1000, 1, NULL));
    MUST(ese_cursor_set_index(other.cursor, "n"));
    MUST(seek_long(&other, 499, JET_bitSeekGE) == JET_wrnSeekNotEqual ? JET_errSuccess : -1);
    MUST(ese_cursor_set_index(other.cursor, NULL));
    MUST(ese_vstore_cleanup(ese_store_versions(rig.store), NULL, NULL));
    cr_assert_eq(ese_database_free_pages(rig.database), unused, "somebody still sees the index");
    MUST(ese_trx_commit(&two, 0));
    MUST(ese_vstore_cleanup(ese_store_versions(rig.store), NULL, NULL));
    cr_assert_gt(ese_database_free_pages(rig.database), unused + 3, "its pages are free again");
    MUST(ese_trx_begin(&one, 0));
    MUST(index_on(table.cursor, "n", "+number\0", 9, 0));
    MUST(ese_table_delete_index(table.cursor, "n"));
    MUST(ese_trx_commit(&one, 0));
    MUST(ese_trx_begin(&one, 0));
    MUST(index_on(table.cursor, "n", "-number\0", 9, 0));
    MUST(ese_trx_commit(&one, 0));
    MUST(ese_trx_begin(&one, 0));
    MUST(ese_table_delete_index(table.cursor, "n"));
    MUST(insert(&table, 1001, 1, NULL));
    MUST(ese_trx_rollback(&one, 0));
    MUST(ese_cursor_set_index(table.cursor, "n"));
    MUST(seek_long(&table, 499, JET_bitSeekGE) == JET_wrnSeekNotEqual ? JET_errSuccess : JET_errSuccess);
}

/* ---- stopping -------------------------------------------------------------------------------------------- */

static JET_ERR count_down(void *arg)
{
    int *left = arg;
    return (*left)-- > 0 ? JET_errSuccess : JET_errClientRequestToStopJetService;
}

Test(index, building_asks_once_per_record_and_leaves_nothing_behind_when_told_to_stop)
{
    struct table table;
    make_table(&table);
    for (int32_t i = 0; i < 300; i++) {
        MUST(insert(&table, i, i % 7, "text"));
    }
    MUST(ese_vstore_cleanup(ese_store_versions(rig.store), NULL, NULL));
    const struct ese_index_def def = { .name = "n", .key = "+number\0+text\0", .key_size = 15 };
    uint32_t used = ese_database_page_count(rig.database) - ese_database_free_pages(rig.database);
    for (int left = 1; left < 600; left += 149) {
        int count = left;
        MUST_BE(ese_table_create_index(table.cursor, &def, count_down, &count), JET_errClientRequestToStopJetService);
        MUST_BE(ese_cursor_set_index(table.cursor, "n"), JET_errIndexNotFound);
        MUST(ese_vstore_cleanup(ese_store_versions(rig.store), NULL, NULL));
        cr_assert_eq(ese_database_page_count(rig.database) - ese_database_free_pages(rig.database), used);
    }
    int plenty = 100000;
    MUST(ese_table_create_index(table.cursor, &def, count_down, &plenty));
    cr_assert_leq(plenty, 100000 - 600);
    uint64_t count;
    int some = 100;
    MUST(ese_cursor_set_index(table.cursor, "n"));
    MUST_BE(ese_cursor_count(table.cursor, 0, count_down, &some, &count), JET_errClientRequestToStopJetService);
    cr_assert_eq(count, 100);
}
