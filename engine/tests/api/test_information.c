/* Information calls: lists that come as temporary tables, sizes, and sizes changed. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "engine/tests/api/support.h"

#define WIDE(...) ((JET_WCHAR[]){__VA_ARGS__, 0})

static const char *text_at(const struct test_table *table, JET_TABLEID tableid, JET_COLUMNID id)
{
    static char text[4][64];
    static unsigned next;
    char *here = text[next++ % 4];
    JET_ULONG size = 0;
    memset(here, 0, 64);
    JET_ERR err = JetRetrieveColumn(table->sesid, tableid, id, here, 63, &size, 0, NULL);
    cr_expect_geq(err, 0, "%d", (int)err);
    return here;
}

static JET_ULONG long_at(const struct test_table *table, JET_TABLEID tableid, JET_COLUMNID id)
{
    JET_ULONG value = 0;
    JET_ULONG size = 0;
    JET_ERR err =
        JetRetrieveColumn(table->sesid, tableid, id, &value, sizeof value, &size, 0, NULL);
    cr_expect_eq(err, 0, "%d", (int)err);
    return value;
}

Test(information, objects_are_listed_by_name)
{
    struct test_table table;
    JET_OBJECTLIST list;
    JET_TABLEID other;
    test_open_table(&table);
    JET_TABLECREATE create = {
        .cbStruct = sizeof create, .szTableName = "another", .grbit = JET_bitTableCreateFixedDDL};
    cr_assert_eq(JetCreateTableColumnIndexA(table.sesid, table.dbid, &create), 0);
    other = create.tableid;
    JET_OBJECTINFO info;
    cr_expect_eq(JetGetTableInfoA(table.sesid, other, &info, sizeof info, JET_TblInfo), 0);
    cr_expect_eq(info.flags, JET_bitObjectTableFixedDDL);
    cr_expect_eq(JetGetTableInfoA(table.sesid, table.tableid, &info, sizeof info, JET_TblInfo), 0);
    cr_expect_eq(info.flags, 0u);
    cr_assert_eq(JetGetObjectInfoA(table.sesid, table.dbid, JET_objtypTable, NULL, NULL, &list,
                                   sizeof list, JET_ObjInfoList),
                 0);
    cr_expect_eq(list.cRecord, 2u);
    cr_expect_str_eq(text_at(&table, list.tableid, list.columnidobjectname), "another");
    cr_expect_str_eq(text_at(&table, list.tableid, list.columnidcontainername), "Tables");
    cr_expect_eq(long_at(&table, list.tableid, list.columnidobjtyp), (JET_ULONG)JET_objtypTable);
    cr_expect_eq(JetMove(table.sesid, list.tableid, JET_MoveNext, 0), 0);
    cr_expect_str_eq(text_at(&table, list.tableid, list.columnidobjectname), "rows");
    cr_expect_eq(JetMove(table.sesid, list.tableid, JET_MoveNext, 0), JET_errNoCurrentRecord);
    cr_expect_eq(JetCloseTable(table.sesid, list.tableid), 0);

    cr_assert_eq(JetGetObjectInfoA(table.sesid, table.dbid, 7, "tables", NULL, &list, sizeof list,
                                   JET_ObjInfoListNoStats),
                 0);
    cr_expect_eq(list.cRecord, 0u);
    cr_expect_eq(JetGetObjectInfoA(table.sesid, table.dbid, 0, "no", NULL, &list, sizeof list,
                                   JET_ObjInfoList),
                 JET_errObjectNotFound);
    cr_expect_eq(JetGetObjectInfoA(table.sesid, table.dbid, 0, NULL, NULL, &list, sizeof list - 1,
                                   JET_ObjInfoList),
                 JET_errBufferTooSmall);
    cr_expect_eq(JetGetObjectInfoA(table.sesid, table.dbid, 0, NULL, NULL, &list, sizeof list, 99),
                 JET_errInvalidParameter);
    cr_expect_eq(JetTerm(table.instance), 0);
}

Test(information, objects_tell_what_was_counted_last)
{
    struct test_table table;
    JET_OBJECTLIST list;
    JET_OBJECTINFO info;
    test_open_table(&table);
    for (JET_LONG i = 0; i < 300; i++) {
        cr_assert_eq(test_insert(table.sesid, table.tableid, table.id, i), 0);
    }
    cr_expect_eq(JetGetTableInfoA(table.sesid, table.tableid, &info, sizeof info, JET_TblInfo), 0);
    cr_expect_eq(info.cRecord, 0u);
    cr_assert_eq(JetComputeStats(table.sesid, table.tableid), 0);
    cr_expect_eq(JetGetTableInfoA(table.sesid, table.tableid, &info, sizeof info, JET_TblInfo), 0);
    cr_expect_eq(info.cRecord, 300u);
    cr_expect_geq(info.cPage, 1u);
    cr_expect_eq(JetGetObjectInfoA(table.sesid, table.dbid, JET_objtypTable, NULL, "rows", &info,
                                   sizeof info, JET_ObjInfoNoStats),
                 0);
    cr_expect_eq(info.cRecord, 0u);
    cr_expect_eq(JetGetObjectInfoA(table.sesid, table.dbid, JET_objtypTable, NULL, NULL, &list,
                                   sizeof list, JET_ObjInfoList),
                 0);
    cr_expect_eq(long_at(&table, list.tableid, list.columnidcRecord), 300u);
    cr_expect_eq(JetTerm(table.instance), 0);
}

Test(information, columns_are_listed_by_name_or_identifier)
{
    struct test_table table;
    JET_COLUMNLIST list;
    JET_WCHAR name[8];
    test_open_table(&table);
    JET_COLUMNDEF def = {.cbStruct = sizeof def, .coltyp = JET_coltypLong};
    JET_COLUMNID added;
    JET_LONG standard = 77;
    cr_assert_eq(JetAddColumnA(table.sesid, table.tableid, "amount", &def, &standard,
                               sizeof standard, &added),
                 0);
    cr_assert_eq(JetGetTableColumnInfoA(table.sesid, table.tableid, NULL, &list, sizeof list,
                                        JET_ColInfoList),
                 0);
    cr_expect_eq(list.cRecord, 3u);
    cr_expect_str_eq(text_at(&table, list.tableid, list.columnidcolumnname), "amount");
    cr_expect_eq(long_at(&table, list.tableid, list.columnidcolumnid), added);
    cr_expect_eq(long_at(&table, list.tableid, list.columnidcoltyp), (JET_ULONG)JET_coltypLong);
    cr_expect_eq(long_at(&table, list.tableid, list.columnidcbMax), 4u);
    cr_expect_eq(long_at(&table, list.tableid, list.columnidDefault), 77u);
    cr_expect_str_eq(text_at(&table, list.tableid, list.columnidBaseTableName), "rows");
    cr_expect_eq(JetCloseTable(table.sesid, list.tableid), 0);

    cr_assert_eq(JetGetColumnInfoW(table.sesid, table.dbid, WIDE('r', 'o', 'w', 's'), NULL, &list,
                                   sizeof list,
                                   JET_ColInfoListSortColumnid | JET_ColInfoGrbitMinimalInfo),
                 0);
    cr_expect_eq(long_at(&table, list.tableid, list.columnidPresentationOrder), table.id);
    JET_ULONG size = 0;
    cr_expect_eq(JetRetrieveColumn(table.sesid, list.tableid, list.columnidcolumnname, name,
                                   sizeof name, &size, 0, NULL),
                 0);
    cr_expect_eq(size, 4u);
    cr_expect_eq(name[0], 'i');
    cr_expect_eq(JetRetrieveColumn(table.sesid, list.tableid, list.columnidcoltyp, name,
                                   sizeof name, &size, 0, NULL),
                 JET_wrnColumnNull);
    cr_expect_eq(
        JetGetTableColumnInfoA(table.sesid, table.tableid, NULL, &list, 8, JET_ColInfoList),
        JET_errBufferTooSmall);
    cr_expect_eq(JetTerm(table.instance), 0);
}

Test(information, indexes_are_listed_column_by_column)
{
    struct test_table table;
    JET_INDEXLIST list;
    test_open_table(&table);
    cr_assert_eq(JetGetTableIndexInfoA(table.sesid, table.tableid, NULL, &list, sizeof list,
                                       JET_IdxInfoList),
                 0);
    cr_expect_eq(list.cRecord, 1u);
    cr_expect_eq(long_at(&table, list.tableid, list.columnidcColumn), 1u);
    cr_expect_eq(long_at(&table, list.tableid, list.columnidiColumn), 0u);
    cr_expect_eq(long_at(&table, list.tableid, list.columnidcolumnid), table.id);
    cr_expect_str_eq(text_at(&table, list.tableid, list.columnidcolumnname), "id");
    char name[64];
    strcpy(name, text_at(&table, list.tableid, list.columnidindexname));
    cr_assert_eq(JetGetIndexInfoA(table.sesid, table.dbid, "rows", name, &list,
                                  offsetof(JET_INDEXLIST, columnidLCMapFlags), JET_IdxInfo),
                 0);
    cr_expect_eq(list.cRecord, 1u);
    cr_expect_eq(JetGetIndexInfoA(table.sesid, table.dbid, "rows", "nowhere", &list, sizeof list,
                                  JET_IdxInfo),
                 JET_errIndexNotFound);
    cr_expect_eq(JetTerm(table.instance), 0);
}

Test(information, lists_need_no_place_among_the_sorts_for_long)
{
    struct test_table table;
    JET_OBJECTLIST list;
    test_open_table(&table);
    for (int i = 0; i < 100; i++) {
        cr_assert_eq(JetGetObjectInfoA(table.sesid, table.dbid, 0, NULL, NULL, &list, sizeof list,
                                       JET_ObjInfoList),
                     0);
        cr_assert_eq(JetCloseTable(table.sesid, list.tableid), 0);
    }
    cr_expect_eq(JetTerm(table.instance), 0);
}

Test(information, every_level_about_a_database)
{
    struct test_table table;
    JET_ULONG value = 0;
    test_open_table(&table);
    static const struct {
        JET_ULONG level;
        JET_ERR err;
        JET_ULONG value;
    } levels[] = {
        {JET_DbInfoCountry, 0, 1},        {JET_DbInfoLCID, 0, 1033},
        {JET_DbInfoCp, 0, 1252},          {JET_DbInfoCollate, 0, 0},
        {JET_DbInfoOptions, 0, 0},        {JET_DbInfoTransactions, 0, 7},
        {JET_DbInfoVersion, 0, 0x620},    {JET_DbInfoIsam, JET_errFeatureNotAvailable, 0},
        {98, JET_errInvalidParameter, 0},
    };
    for (unsigned i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        value = 0;
        cr_expect_eq(JetGetDatabaseInfoA(table.sesid, table.dbid, &value, 4, levels[i].level),
                     levels[i].err);
        cr_expect_eq(value, levels[i].value, "level %u", (unsigned)levels[i].level);
    }
    cr_expect_eq(JetGetDatabaseInfoA(table.sesid, table.dbid, &value, 3, JET_DbInfoCp),
                 JET_errInvalidBufferSize);
    char connect[4] = "x";
    cr_expect_eq(JetGetDatabaseInfoA(table.sesid, table.dbid, connect, 4, JET_DbInfoConnect), 0);
    cr_expect_eq(connect[0], 0);
    JET_ULONG pages = 0;
    JET_ULONG owned = 0;
    JET_ULONG spare = 0;
    cr_expect_eq(JetGetDatabaseInfoA(table.sesid, table.dbid, &pages, 4, JET_DbInfoFilesize), 0);
    cr_expect_eq(JetGetDatabaseInfoA(table.sesid, table.dbid, &owned, 4, JET_DbInfoSpaceOwned), 0);
    cr_expect_eq(JetGetDatabaseInfoA(table.sesid, table.dbid, &spare, 4, JET_DbInfoSpaceAvailable),
                 0);
    cr_expect_eq(JetGetDatabaseInfoA(table.sesid, table.dbid, &value, 4, JET_DbInfoFilesizeOnDisk),
                 0);
    cr_expect_eq(owned, pages);
    cr_expect_lt(spare, owned);
    JET_ULONG space[2] = {0, 9};
    cr_expect_eq(
        JetGetTableInfoA(table.sesid, table.tableid, space, sizeof space, JET_TblInfoSpaceUsage),
        0);
    cr_expect_eq(space[0], 1u);
    cr_expect_eq(space[1], 0u);
    for (JET_LONG i = 0; i < 2000; i++) {
        cr_assert_eq(test_insert(table.sesid, table.tableid, table.id, i), 0);
    }
    cr_expect_eq(JetGetTableInfoA(table.sesid, table.tableid, &value, 4, JET_TblInfoSpaceOwned), 0);
    cr_expect_gt(value, 5u);
    cr_expect_eq(JetGetTableInfoA(table.sesid, table.tableid, &value, 4, JET_TblInfoSpaceAvailable),
                 0);
    cr_expect_eq(value, 0u);
    cr_expect_eq(JetGetTableInfoA(table.sesid, table.tableid, &value, 4, JET_TblInfoOLC),
                 JET_errFeatureNotAvailable);
    JET_DBID twice[2] = {0, 0};
    cr_expect_eq(JetGetTableInfoA(table.sesid, table.tableid, twice, sizeof twice, JET_TblInfoDbid), 0);
    cr_expect(twice[0] == table.dbid && twice[1] == table.dbid);
    cr_expect_eq(JetTerm(table.instance), 0);
}

Test(information, every_level_about_a_file)
{
    struct test_table table;
    uint64_t bytes = 0;
    JET_LONG value = -1;
    char folder[300], path[320];
    test_open_table(&table);
    cr_assert_eq(JetGetSystemParameterA(table.instance, 0, JET_paramLogFilePath, NULL, folder, sizeof folder), 0);
    cr_expect_eq(JetGetDatabaseFileInfoA(table.path, &value, 4, JET_DbInfoDBInUse), 0);
    cr_expect_eq(value, 1);
    cr_expect_eq(JetTerm(table.instance), 0);
    cr_expect_eq(JetGetDatabaseFileInfoA(table.path, &value, 4, JET_DbInfoDBInUse), 0);
    cr_expect_eq(value, 0);
    cr_expect_eq(JetGetDatabaseFileInfoA(table.path, &bytes, 8, JET_DbInfoFilesize), 0);
    cr_expect_gt(bytes, 0u);
    cr_expect_eq(JetGetDatabaseFileInfoA(table.path, &bytes, 8, JET_DbInfoFilesizeOnDisk), 0);
    cr_expect_eq(JetGetDatabaseFileInfoA(table.path, &bytes, 7, JET_DbInfoFilesize),
                 JET_errInvalidBufferSize);
    cr_expect_eq(JetGetDatabaseFileInfoA(table.path, &value, 4, JET_DbInfoFileType), 0);
    cr_expect_eq(value, (JET_LONG)JET_filetypeDatabase);
    static const struct { const char *name; JET_LONG type; } files[] = {
        {"edb.log", JET_filetypeLog}, {"edb.chk", JET_filetypeCheckpoint}, {"notes", JET_filetypeUnknown}};
    snprintf(path, sizeof path, "%snotes", folder);
    FILE *notes = fopen(path, "w");
    cr_assert(notes != NULL && fputs("nothing of ours\n", notes) >= 0 && fclose(notes) == 0);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s%s", folder, files[i].name);
        cr_expect_eq(JetGetDatabaseFileInfoA(path, &value, 4, JET_DbInfoFileType), 0, "%s", path);
        cr_expect_eq(value, files[i].type, "%s: %d", files[i].name, (int)value);
    }
    cr_expect_eq(JetGetDatabaseFileInfoA(test_path("none"), &value, 4, JET_DbInfoFileType),
                 JET_errFileNotFound);
    cr_expect_eq(JetGetDatabaseFileInfoA(path, &bytes, 8, JET_DbInfoFilesize), 0);
    cr_expect_eq(bytes, 16u);
    cr_expect_eq(JetGetDatabaseFileInfoA(table.path, &value, 4, JET_DbInfoIsam),
                 JET_errFeatureNotAvailable);
    JET_DBINFOUPGRADE upgrade = {.cbStruct = sizeof upgrade};
    cr_expect_eq(JetGetDatabaseFileInfoA(table.path, &upgrade, sizeof upgrade, JET_DbInfoUpgrade),
                 0);
    cr_expect_eq(upgrade.fAlreadyUpgraded, 1u);
    cr_expect_eq(upgrade.fUpgradable, 0u);
}

Test(information, an_instance_tells_its_log_signature)
{
    JET_INSTANCE instance = test_start();
    JET_SIGNATURE signature;
    cr_expect_eq(JetGetInstanceMiscInfo(instance, &signature, sizeof signature,
                                        JET_InstanceMiscInfoLogSignature),
                 0);
    cr_expect_eq(JetGetInstanceMiscInfo(instance, &signature, 3, JET_InstanceMiscInfoLogSignature),
                 JET_errBufferTooSmall);
    cr_expect_eq(JetGetInstanceMiscInfo(instance, &signature, sizeof signature, 99),
                 JET_errInvalidParameter);
    cr_expect_eq(JetTerm(instance), 0);
}

static JET_ULONG size_of(const struct test_table *table)
{
    JET_ULONG pages = 0;
    cr_expect_eq(JetGetDatabaseInfoA(table->sesid, table->dbid, &pages, 4, JET_DbInfoFilesize), 0);
    return pages;
}

Test(information, a_database_grows_and_shrinks)
{
    struct test_table table;
    JET_ULONG pages = 0;
    JET_ULONG first;
    cr_assert_eq(JetSetSystemParameterA(NULL, 0, JET_paramEnableShrinkDatabase,
                                        JET_bitShrinkDatabaseOn, NULL),
                 0);
    test_open_table(&table);
    first = size_of(&table);
    cr_expect_eq(JetResizeDatabase(table.sesid, table.dbid, first + 700, &pages,
                                   JET_bitResizeDatabaseOnlyShrink),
                 0);
    cr_expect_eq(pages, first);
    cr_expect_eq(JetResizeDatabase(table.sesid, table.dbid, first + 700, &pages, 0), 0);
    cr_expect_geq(pages, first + 700);
    cr_expect_eq(size_of(&table), pages);
    cr_expect_eq(
        JetResizeDatabase(table.sesid, table.dbid, first, &pages, JET_bitResizeDatabaseOnlyGrow),
        0);
    cr_expect_geq(pages, first + 700);
    for (JET_LONG i = 0; i < 5000; i++) {
        cr_assert_eq(test_insert(table.sesid, table.tableid, table.id, i), 0);
    }
    cr_expect_eq(JetResizeDatabase(table.sesid, table.dbid, 1, &pages, 0),
                 JET_wrnShrinkNotPossible);
    cr_expect_eq(size_of(&table), pages);
    cr_expect_lt(pages, first + 700);
    cr_expect_eq(JetMove(table.sesid, table.tableid, JET_MoveFirst, 0), 0);
    for (JET_LONG i = 0; i < 5000; i++) {
        cr_assert_eq(JetDelete(table.sesid, table.tableid), 0);
        (void)JetMove(table.sesid, table.tableid, JET_MoveNext, 0);
    }
    JET_ULONG less = 0;
    cr_expect_eq(JetResizeDatabase(table.sesid, table.dbid, 20, &less, 0), 0);
    cr_expect_eq(less, 20u);
    cr_expect_lt(less, pages);
    cr_expect_eq(JetResizeDatabase(table.sesid, table.dbid, 1, &less, 4), JET_errInvalidGrbit);
    cr_expect_eq(test_insert(table.sesid, table.tableid, table.id, 1), 0);
    cr_expect_eq(JetTerm(table.instance), 0);
}

Test(information, shrinking_has_to_be_allowed)
{
    struct test_table table;
    JET_ULONG pages = 0;
    test_open_table(&table);
    cr_expect_eq(JetResizeDatabase(table.sesid, table.dbid, 1, &pages, 0),
                 JET_errFeatureNotAvailable);
    cr_expect_eq(JetTerm(table.instance), 0);
}

Test(information, a_file_is_made_longer_while_nobody_has_it)
{
    struct test_table table;
    JET_ULONG pages = 0;
    test_open_table(&table);
    cr_expect_eq(JetSetDatabaseSizeA(table.sesid, table.path, 2000, &pages),
                 JET_errFileAccessDenied);
    cr_assert_eq(JetCloseTable(table.sesid, table.tableid), 0);
    cr_assert_eq(JetCloseDatabase(table.sesid, table.dbid, 0), 0);
    cr_assert_eq(JetDetachDatabaseA(table.sesid, table.path), 0);
    cr_expect_eq(JetSetDatabaseSizeA(table.sesid, table.path, 255, &pages),
                 JET_errInvalidParameter);
    cr_expect_eq(JetSetDatabaseSizeA(table.sesid, "", 2000, &pages), JET_errDatabaseInvalidPath);
    cr_expect_eq(JetSetDatabaseSizeA(table.sesid, test_path("no.edb"), 2000, &pages),
                 JET_errFileNotFound);
    cr_expect_eq(JetSetDatabaseSizeA(table.sesid, table.path, 2000, &pages), 0);
    cr_expect_eq(pages, 2000u);
    cr_expect_eq(JetSetDatabaseSizeA(table.sesid, table.path, 300, &pages), 0);
    cr_expect_eq(pages, 2000u);
    cr_expect_eq(JetAttachDatabaseA(table.sesid, table.path, 0), 0);
    cr_expect_eq(JetOpenDatabaseA(table.sesid, table.path, NULL, &table.dbid, 0), 0);
    cr_expect_eq(size_of(&table), 2000u);
    cr_expect_eq(JetTerm(table.instance), 0);
}

Test(information, files_grow_by_the_extension_of_the_moment)
{
    struct test_table table;
    JET_ULONG pages = 0;
    test_open_table(&table);
    cr_assert_eq(JetGrowDatabase(table.sesid, table.dbid, 300, &pages), 0);
    cr_expect_eq(pages, 512u);
    cr_assert_eq(JetSetSystemParameterA(&table.instance, 0, JET_paramDbExtensionSize, 100, NULL),
                 0);
    cr_assert_eq(JetGrowDatabase(table.sesid, table.dbid, 513, &pages), 0);
    cr_expect_eq(pages, 600u);
    cr_expect_eq(JetTerm(table.instance), 0);
}
