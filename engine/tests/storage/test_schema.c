/* Definitions: tables, columns and indexes under transactions, their errors, and that they survive a restart. */
#include <criterion/criterion.h>

#include "engine/tests/storage/support.h"
#include "engine/table/schema.h"

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
    session_end(&one);
    session_end(&two);
    rig_close(&rig);
}

TestSuite(schema, .init = setup, .fini = teardown);

static JET_ERR create(struct ese_trx *trx, const char *name)
{
    struct ese_cursor *cursor;
    JET_ERR err = ese_table_create(trx, rig.database, name, 1, 100, 0, &cursor);
    if (err == JET_errSuccess) {
        ese_cursor_close(cursor);
    }
    return err;
}

static JET_ERR open_close(struct ese_trx *trx, const char *name)
{
    struct ese_cursor *cursor;
    JET_ERR err = ese_cursor_open(trx, rig.database, name, 0, &cursor);
    if (err == JET_errSuccess) {
        ese_cursor_close(cursor);
    }
    return err;
}

static JET_ERR add(struct ese_cursor *cursor, const char *name, JET_COLTYP coltyp, JET_GRBIT grbit)
{
    const struct ese_column_def def = { .name = name, .coltyp = coltyp, .grbit = grbit };
    JET_COLUMNID id;
    return ese_table_add_column(cursor, &def, &id);
}

Test(schema, a_table_that_is_rolled_back_is_gone)
{
    uint32_t used = ese_database_page_count(rig.database) - ese_database_free_pages(rig.database);
    MUST(ese_trx_begin(&one, 0));
    MUST(create(&one, "t"));
    MUST(open_close(&one, "T"));
    MUST_BE(open_close(&two, "t"), JET_errObjectNotFound);
    MUST_BE(create(&two, "t"), JET_errTableDuplicate);
    MUST(ese_trx_rollback(&one, 0));
    MUST_BE(open_close(&one, "t"), JET_errObjectNotFound);
    cr_assert_eq(ese_database_page_count(rig.database) - ese_database_free_pages(rig.database), used);
    MUST(create(&two, "t"));
    MUST(open_close(&one, "t"));
}

Test(schema, a_created_table_is_its_creators_until_closed)
{
    struct ese_cursor *cursor, *other;
    MUST(ese_table_create(&one, rig.database, "t", 1, 100, 0, &cursor));
    MUST_BE(open_close(&two, "t"), JET_errTableLocked);
    MUST_BE(ese_cursor_open(&two, rig.database, "t", JET_bitTableReadOnly, &other), JET_errTableLocked);
    MUST(open_close(&one, "t"));
    ese_cursor_close(cursor);
    MUST(open_close(&two, "t"));
    MUST_BE(create(&one, "T"), JET_errTableDuplicate);
    MUST_BE(create(&one, ""), JET_errInvalidName);
    MUST_BE(create(&one, "a.b"), JET_errInvalidName);
    MUST_BE(ese_table_create(&one, rig.database, "x", 1, 10, 0, &cursor), JET_errDensityInvalid);
    MUST_BE(ese_table_create(&one, rig.database, "x", 1, 100, 0x8000, &cursor), JET_errInvalidGrbit);
}

Test(schema, deleting_a_table)
{
    struct pairs pairs;
    uint32_t used = ese_database_page_count(rig.database) - ese_database_free_pages(rig.database);
    pairs_create(&rig, &one, "t", &pairs);
    pairs_open(&rig, &one, "t", &pairs);
    for (int32_t i = 0; i < 1000; i++) {
        MUST(pairs_insert(&pairs, i, "some text that takes room"));
    }
    MUST_BE(ese_table_delete(&two, rig.database, "t"), JET_errTableInUse);
    ese_cursor_close(pairs.cursor);
    MUST_BE(ese_table_delete(&two, rig.database, "u"), JET_errObjectNotFound);
    MUST(ese_trx_begin(&two, 0));
    MUST(ese_table_delete(&two, rig.database, "t"));
    MUST_BE(open_close(&two, "t"), JET_errObjectNotFound);
    MUST_BE(open_close(&one, "t"), JET_errTableInUse);
    MUST(ese_trx_rollback(&two, 0));
    pairs_open(&rig, &one, "t", &pairs);
    cr_assert_eq(pairs_count(&pairs), 1000);
    ese_cursor_close(pairs.cursor);
    MUST(ese_table_delete(&two, rig.database, "t"));
    MUST_BE(open_close(&one, "t"), JET_errObjectNotFound);
    MUST(create(&one, "t"));
    MUST(ese_table_delete(&one, rig.database, "t"));
    MUST(ese_vstore_cleanup(ese_store_versions(rig.store), NULL, NULL));
    cr_assert_eq(ese_database_page_count(rig.database) - ese_database_free_pages(rig.database), used,
                 "its pages are free again");
}

Test(schema, columns_come_and_go_with_their_transaction)
{
    struct ese_cursor *mine, *theirs;
    struct ese_column_info info;
    MUST(create(&one, "t"));
    MUST(ese_cursor_open(&one, rig.database, "t", 0, &mine));
    MUST(ese_cursor_open(&two, rig.database, "t", 0, &theirs));
    MUST(add(mine, "a", JET_coltypLong, 0));
    MUST(ese_trx_begin(&one, 0));
    MUST(add(mine, "b", JET_coltypText, 0));
    MUST(ese_table_column_by_name(mine, "B", &info));
    cr_assert_eq(info.columnid, 128);
    cr_assert_eq(info.max_size, 255);
    cr_assert_eq(info.code_page, 1252);
    MUST_BE(ese_table_column_by_name(theirs, "b", &info), JET_errColumnNotFound);
    MUST_BE(add(theirs, "c", JET_coltypLong, 0), JET_errWriteConflict);
    MUST(ese_trx_rollback(&one, 0));
    MUST_BE(ese_table_column_by_name(mine, "b", &info), JET_errColumnNotFound);
    MUST(add(theirs, "b", JET_coltypLong, 0));
    MUST(ese_table_column_by_name(mine, "b", &info));
    cr_assert_eq(info.columnid, 2);
    MUST(ese_trx_begin(&one, 0));
    MUST(ese_table_delete_column(mine, "a", 0));
    MUST_BE(ese_table_column_by_name(mine, "a", &info), JET_errColumnNotFound);
    MUST(ese_table_column_by_name(theirs, "a", &info));
    MUST(ese_trx_rollback(&one, 0));
    MUST(ese_table_column_by_name(mine, "a", &info));
    MUST(ese_table_delete_column(mine, "a", 0));
    MUST_BE(ese_table_column_by_name(theirs, "a", &info), JET_errColumnNotFound);
    MUST(add(mine, "a", JET_coltypLong, 0));
    MUST(ese_table_column_by_name(mine, "a", &info));
    cr_assert_eq(info.columnid, 3, "ids are not used again: old records may have such values");
}

Test(schema, column_definitions_are_checked)
{
    struct ese_cursor *cursor;
    MUST(create(&one, "t"));
    MUST(ese_cursor_open(&one, rig.database, "t", 0, &cursor));
    MUST(add(cursor, "a", JET_coltypLong, JET_bitColumnAutoincrement));
    MUST_BE(add(cursor, "A", JET_coltypLong, 0), JET_errColumnDuplicate);
    MUST_BE(add(cursor, "b", JET_coltypLong, JET_bitColumnAutoincrement), JET_errColumnRedundant);
    MUST_BE(add(cursor, "b", 0, 0), JET_errInvalidColumnType);
    MUST_BE(add(cursor, "b", JET_coltypSLV, 0), JET_errInvalidColumnType);
    MUST_BE(add(cursor, "b", 99, 0), JET_errInvalidColumnType);
    MUST_BE(add(cursor, "[b", JET_coltypLong, 0), JET_errInvalidName);
    MUST_BE(add(cursor, "b", JET_coltypLong, JET_bitColumnFixed | JET_bitColumnTagged), JET_errInvalidGrbit);
    MUST_BE(add(cursor, "b", JET_coltypLongText, JET_bitColumnFixed), JET_errInvalidGrbit);
    MUST_BE(add(cursor, "b", JET_coltypText, JET_bitColumnMultiValued), JET_errMultiValuedColumnMustBeTagged);
    MUST_BE(add(cursor, "b", JET_coltypText, JET_bitColumnTagged | JET_bitColumnNotNULL), JET_errTaggedNotNULL);
    MUST_BE(add(cursor, "b", JET_coltypText, JET_bitColumnAutoincrement), JET_errInvalidGrbit);
    const struct ese_column_def page = { .name = "p", .coltyp = JET_coltypText, .code_page = 437 };
    MUST_BE(ese_table_add_column(cursor, &page, NULL), JET_errInvalidCodePage);
    const struct ese_column_def big = { .name = "p", .coltyp = JET_coltypText, .max_size = 256 };
    MUST_BE(ese_table_add_column(cursor, &big, NULL), JET_errColumnTooBig);
    char name[3] = "cA";
    for (unsigned i = 0; i < 126; i++) {
        snprintf(name, sizeof name, "%c%c", 'c' + (int)i / 26, 'A' + (int)i % 26);
        MUST(add(cursor, name, JET_coltypBit, 0));
    }
    MUST_BE(add(cursor, "last", JET_coltypBit, 0), JET_errTooManyColumns);
}

static JET_ERR index_on(struct ese_cursor *cursor, const char *name, const char *key, uint32_t size, JET_GRBIT grbit)
{
    const struct ese_index_def def = { .name = name, .key = key, .key_size = size, .grbit = grbit };
    return ese_table_create_index(cursor, &def, NULL, NULL);
}

Test(schema, the_primary_index)
{
    struct ese_cursor *cursor;
    struct ese_index_info info;
    MUST(create(&one, "t"));
    MUST(ese_cursor_open(&one, rig.database, "t", 0, &cursor));
    MUST(add(cursor, "a", JET_coltypLong, 0));
    MUST(add(cursor, "b", JET_coltypText, 0));
    MUST(add(cursor, "l", JET_coltypLongText, JET_bitColumnTagged | JET_bitColumnMultiValued));
    int32_t key = 1;
    MUST_BE(ese_cursor_make_key(cursor, &key, sizeof key, JET_bitNewKey), JET_errNoCurrentIndex);
    MUST_BE(index_on(cursor, "i", "+x\0", 4, JET_bitIndexPrimary), JET_errColumnNotFound);
    MUST_BE(index_on(cursor, "i", "a\0", 3, JET_bitIndexPrimary), JET_errIndexInvalidDef);
    MUST_BE(index_on(cursor, "i", "+l\0", 4, JET_bitIndexPrimary), JET_errIndexInvalidDef);
    MUST_BE(index_on(cursor, "i", "+a\0", 4, JET_bitIndexPrimary | JET_bitIndexIgnoreNull), JET_errInvalidGrbit);
    MUST(ese_trx_begin(&one, 0));
    MUST(index_on(cursor, "i", "+a\0", 4, JET_bitIndexPrimary));
    MUST(ese_trx_rollback(&one, 0));
    MUST_BE(ese_table_index_by_name(cursor, "i", &info), JET_errIndexNotFound);
    MUST(index_on(cursor, "i", "+b\0-a\0", 7, JET_bitIndexPrimary | JET_bitIndexDisallowNull));
    MUST_BE(index_on(cursor, "i", "+b\0", 4, JET_bitIndexPrimary), JET_errIndexDuplicate);
    MUST_BE(index_on(cursor, "j", "+b\0", 4, JET_bitIndexPrimary), JET_errIndexHasPrimary);
    MUST(ese_table_index_by_name(cursor, "I", &info));
    cr_assert_eq(info.columns, 2);
    cr_assert(info.descending[1] && !info.descending[0] && info.primary);
    MUST_BE(ese_table_delete_index(cursor, "i"), JET_errIndexMustStay);
    MUST_BE(ese_table_delete_index(cursor, "x"), JET_errIndexNotFound);
    MUST_BE(ese_table_delete_column(cursor, "a", 0), JET_errColumnInUse);
    MUST(ese_cursor_prepare(cursor, JET_prepInsert));
    MUST_BE(ese_cursor_update(cursor, NULL, 0, NULL), JET_errNullKeyDisallowed);
}

Test(schema, an_index_needs_an_empty_table)
{
    struct ese_cursor *cursor;
    MUST(create(&one, "t"));
    MUST(ese_cursor_open(&one, rig.database, "t", 0, &cursor));
    MUST(add(cursor, "a", JET_coltypLong, 0));
    MUST(ese_cursor_prepare(cursor, JET_prepInsert));
    MUST(ese_cursor_update(cursor, NULL, 0, NULL));
    MUST_BE(index_on(cursor, "i", "+a\0", 4, JET_bitIndexPrimary), JET_errTableNotEmpty);
}

Test(schema, tables_without_an_index_keep_the_order_of_insertion)
{
    struct ese_cursor *cursor;
    JET_COLUMNID id;
    const struct ese_column_def def = { .name = "n", .coltyp = JET_coltypLong };
    MUST(ese_table_create(&one, rig.database, "heap", 1, 100, 0, &cursor));
    MUST(ese_table_add_column(cursor, &def, &id));
    for (int32_t i = 500; i-- != 0;) {
        MUST(ese_cursor_prepare(cursor, JET_prepInsert));
        MUST(ese_cursor_set_column(cursor, id, &i, sizeof i, 0, NULL));
        MUST(ese_cursor_update(cursor, NULL, 0, NULL));
    }
    MUST(ese_cursor_move(cursor, JET_MoveFirst, 0));
    for (int32_t i = 500; i-- != 0;) {
        int32_t got;
        MUST(ese_cursor_retrieve(cursor, id, &got, sizeof got, NULL, 0, NULL));
        cr_assert_eq(got, i);
        MUST_BE(ese_cursor_move(cursor, 1, 0), i != 0 ? JET_errSuccess : JET_errNoCurrentRecord);
    }
}

Test(schema, renaming)
{
    struct ese_cursor *cursor;
    struct ese_column_info info;
    MUST(create(&one, "t"));
    MUST(create(&one, "u"));
    MUST_BE(ese_table_rename(&one, rig.database, "t", "u"), JET_errTableDuplicate);
    MUST_BE(ese_table_rename(&one, rig.database, "x", "y"), JET_errObjectNotFound);
    MUST(ese_trx_begin(&one, 0));
    MUST(ese_table_rename(&one, rig.database, "t", "v"));
    MUST(open_close(&one, "v"));
    MUST(open_close(&two, "t"));
    MUST(ese_trx_rollback(&one, 0));
    MUST(open_close(&one, "t"));
    MUST(ese_table_rename(&one, rig.database, "t", "v"));
    MUST_BE(open_close(&two, "t"), JET_errObjectNotFound);
    MUST(ese_cursor_open(&one, rig.database, "v", 0, &cursor));
    MUST(add(cursor, "a", JET_coltypLong, 0));
    MUST(add(cursor, "b", JET_coltypLong, 0));
    MUST_BE(ese_table_rename_column(cursor, "a", "B"), JET_errColumnDuplicate);
    MUST(ese_table_rename_column(cursor, "a", "c"));
    MUST(ese_table_column_by_name(cursor, "c", &info));
    cr_assert_eq(info.columnid, 1);
}

static JET_ERR note_name(void *arg, const struct ese_table_info *info)
{
    strcat(arg, info->name);
    strcat(arg, " ");
    return JET_errSuccess;
}

static JET_ERR note_column(void *arg, const struct ese_column_info *info)
{
    strcat(arg, info->name);
    strcat(arg, " ");
    return JET_errSuccess;
}

Test(schema, definitions_and_data_survive_a_restart)
{
    struct pairs pairs;
    struct ese_table_info info;
    struct ese_index_info index;
    char names[200] = "";
    const struct ese_column_def extra = { .name = "extra", .coltyp = JET_coltypText, .default_value = "abc",
                                          .default_size = 3 };
    pairs_create(&rig, &one, "Pairs", &pairs);
    MUST(create(&one, "other"));
    pairs_open(&rig, &one, "pairs", &pairs);
    for (int32_t i = 0; i < 3000; i++) {
        MUST(pairs_insert(&pairs, i, "some text"));
    }
    MUST(ese_table_add_column(pairs.cursor, &extra, NULL));
    MUST(pairs_delete(&pairs, 7));
    session_end(&one);
    session_end(&two);
    rig_restart(&rig, ESE_CLOSE_COMPLETE);
    session_begin(&rig, &one);
    session_begin(&rig, &two);
    MUST(ese_database_tables(&one, rig.database, note_name, names));
    cr_assert_str_eq(names, "other Pairs ");
    pairs_open(&rig, &one, "pairs", &pairs);
    cr_assert_eq(pairs_count(&pairs), 2999);
    names[0] = '\0';
    MUST(ese_table_columns(pairs.cursor, note_column, names));
    cr_assert_str_eq(names, "key extra value ");
    MUST(ese_table_info(pairs.cursor, &info));
    cr_assert_str_eq(info.name, "Pairs");
    cr_assert_eq(info.columns, 3);
    cr_assert_eq(info.indexes, 1);
    MUST(ese_table_index_by_name(pairs.cursor, NULL, &index));
    cr_assert_str_eq(index.name, "primary");
    char out[10];
    uint32_t actual;
    MUST(pairs_seek(&pairs, 8));
    MUST(ese_cursor_retrieve(pairs.cursor, 128, out, sizeof out, &actual, 0, NULL));
    cr_assert_eq(actual, 3, "old records have the default of new columns");
    MUST(create(&one, "third"));
    MUST(ese_database_table_by_name(&one, rig.database, "third", &info));
    cr_assert_eq(info.object, 3);
}

Test(schema, autoincrement_goes_on_after_a_restart)
{
    struct ese_cursor *cursor;
    int32_t value, last = 0;
    MUST(create(&one, "t"));
    MUST(ese_cursor_open(&one, rig.database, "t", 0, &cursor));
    MUST(add(cursor, "a", JET_coltypLong, JET_bitColumnAutoincrement));
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 150; i++) {
            MUST(ese_cursor_prepare(cursor, JET_prepInsert));
            MUST(ese_cursor_retrieve(cursor, 1, &value, sizeof value, NULL, JET_bitRetrieveCopy, NULL));
            cr_assert_gt(value, last);
            last = value;
            MUST(ese_cursor_update(cursor, NULL, 0, NULL));
        }
        session_end(&one);
        session_end(&two);
        rig_restart(&rig, ESE_CLOSE_ABRUPT);
        session_begin(&rig, &one);
        session_begin(&rig, &two);
        MUST(ese_cursor_open(&one, rig.database, "t", 0, &cursor));
    }
}
