/* The data path, as far as the API floor has a part in it: text, handles, lifetimes, levels. */
#include <criterion/criterion.h>
#include <string.h>

#include "engine/tests/api/support.h"

static JET_LONG read_id(const struct test_table *table, JET_TABLEID tableid)
{
    JET_LONG value = -1;
    JET_ULONG actual = 0;
    JET_ERR err =
        JetRetrieveColumn(table->sesid, tableid, table->id, &value, sizeof value, &actual, 0, NULL);
    cr_expect_eq(err, JET_errSuccess, "%d", (int)err);
    cr_expect_eq(actual, sizeof value);
    return value;
}

Test(data, rows_are_inserted_found_changed_counted_and_deleted)
{
    struct test_table table;
    JET_ULONG count = 0;
    JET_ULONG actual = 0;
    char text[16];
    test_open_table(&table);
    cr_assert_eq(JetBeginTransaction(table.sesid), JET_errSuccess);
    for (JET_LONG i = 0; i < 100; i++) {
        cr_assert_eq(test_insert(table.sesid, table.tableid, table.id, i * 2), JET_errSuccess);
    }
    cr_expect_eq(test_insert(table.sesid, table.tableid, table.id, 4), JET_errKeyDuplicate);
    cr_assert_eq(JetCommitTransaction(table.sesid, 0), JET_errSuccess);

    JET_LONG key = 51;
    cr_expect_eq(JetMakeKey(table.sesid, table.tableid, &key, sizeof key, JET_bitNewKey), 0);
    cr_expect_eq(JetSeek(table.sesid, table.tableid, JET_bitSeekEQ), JET_errRecordNotFound);
    cr_expect_eq(JetMakeKey(table.sesid, table.tableid, &key, sizeof key, JET_bitNewKey), 0);
    cr_expect_eq(JetSeek(table.sesid, table.tableid, JET_bitSeekGE), JET_wrnSeekNotEqual);
    cr_expect_eq(read_id(&table, table.tableid), 52);

    unsigned char bookmark[JET_cbBookmarkMost];
    cr_expect_eq(JetGetBookmark(table.sesid, table.tableid, bookmark, sizeof bookmark, &actual), 0);
    cr_expect_eq(JetMove(table.sesid, table.tableid, JET_MoveNext, 0), JET_errSuccess);
    cr_expect_eq(read_id(&table, table.tableid), 54);
    cr_expect_eq(JetGotoBookmark(table.sesid, table.tableid, bookmark, actual), JET_errSuccess);

    cr_assert_eq(JetBeginTransaction(table.sesid), JET_errSuccess);
    cr_expect_eq(JetPrepareUpdate(table.sesid, table.tableid, JET_prepReplace), JET_errSuccess);
    JET_SETCOLUMN set = {.columnid = table.text, .pvData = "hello", .cbData = 5};
    cr_expect_eq(JetSetColumns(table.sesid, table.tableid, &set, 1), JET_errSuccess);
    cr_expect_eq(JetUpdate2(table.sesid, table.tableid, NULL, 0, NULL, 0x80), JET_errInvalidGrbit);
    cr_expect_eq(JetUpdate2(table.sesid, table.tableid, NULL, 0, NULL, 0), JET_errSuccess);
    JET_RETRIEVECOLUMN get = {
        .columnid = table.text, .pvData = text, .cbData = sizeof text, .itagSequence = 1};
    cr_expect_eq(JetRetrieveColumns(table.sesid, table.tableid, &get, 1), JET_errSuccess);
    cr_expect_eq(get.cbActual, 5u);
    cr_expect_eq(memcmp(text, "hello", 5), 0);
    cr_expect_eq(JetMove(table.sesid, table.tableid, JET_MoveLast, 0), JET_errSuccess);
    cr_expect_eq(JetDelete(table.sesid, table.tableid), JET_errSuccess);
    cr_assert_eq(JetCommitTransaction(table.sesid, 0), JET_errSuccess);

    cr_expect_eq(JetMove(table.sesid, table.tableid, JET_MoveFirst, 0), JET_errSuccess);
    cr_expect_eq(JetIndexRecordCount(table.sesid, table.tableid, &count, 0), JET_errSuccess);
    cr_expect_eq(count, 99u);
    cr_expect_eq(JetMove(table.sesid, table.tableid, JET_MoveFirst, 0), JET_errSuccess);
    cr_expect_eq(JetIndexRecordCount(table.sesid, table.tableid, &count, 10), JET_errSuccess);
    cr_expect_eq(count, 10u);
    cr_expect_eq(JetTerm(table.instance), JET_errSuccess);
}

Test(data, survives_the_instance)
{
    struct test_table table;
    JET_ULONG count = 0;
    test_open_table(&table);
    for (JET_LONG i = 0; i < 500; i++) {
        cr_assert_eq(test_insert(table.sesid, table.tableid, table.id, i), JET_errSuccess);
    }
    cr_assert_eq(JetStopServiceInstance(table.instance), JET_errSuccess);
    cr_assert_eq(JetTerm2(table.instance, JET_bitTermComplete), JET_errSuccess);
    table.instance = test_start();
    table.sesid = test_session(table.instance);
    cr_assert_eq(JetOpenDatabaseA(table.sesid, table.path, NULL, &table.dbid, 0),
                 JET_errDatabaseNotFound);
    cr_assert_eq(JetAttachDatabaseA(table.sesid, table.path, 0), JET_errSuccess);
    cr_expect_eq(JetAttachDatabaseA(table.sesid, table.path, 0), JET_wrnDatabaseAttached);
    cr_assert_eq(JetOpenDatabaseA(table.sesid, table.path, NULL, &table.dbid, 0), JET_errSuccess);
    cr_assert_eq(JetOpenTableA(table.sesid, table.dbid, "rows", NULL, 0, 0, &table.tableid), 0);
    cr_expect_eq(JetMove(table.sesid, table.tableid, JET_MoveFirst, 0), JET_errSuccess);
    cr_expect_eq(JetIndexRecordCount(table.sesid, table.tableid, &count, 0), JET_errSuccess);
    cr_expect_eq(count, 500u);
    cr_expect_eq(JetTerm(table.instance), JET_errSuccess);
}

Test(data, a_rollback_closes_the_cursors_opened_in_it_and_a_commit_keeps_them)
{
    struct test_table table;
    JET_TABLEID outer;
    JET_TABLEID inner;
    test_open_table(&table);
    cr_assert_eq(JetBeginTransaction(table.sesid), JET_errSuccess);
    cr_assert_eq(JetDupCursor(table.sesid, table.tableid, &outer, 0), JET_errSuccess);
    cr_assert_eq(JetBeginTransaction(table.sesid), JET_errSuccess);
    cr_assert_eq(JetDupCursor(table.sesid, table.tableid, &inner, 0), JET_errSuccess);
    cr_assert_eq(JetRollback(table.sesid, 0), JET_errSuccess);
    cr_expect_eq(JetCloseTable(table.sesid, inner), JET_errInvalidTableId);
    cr_assert_eq(JetCommitTransaction(table.sesid, 0), JET_errSuccess);
    cr_assert_eq(JetBeginTransaction(table.sesid), JET_errSuccess);
    cr_assert_eq(JetRollback(table.sesid, 0), JET_errSuccess);
    cr_expect_eq(JetMove(table.sesid, outer, JET_MoveFirst, 0), JET_errNoCurrentRecord,
                 "the commit has made it independent of transactions");
    cr_expect_eq(JetCloseTable(table.sesid, outer), JET_errSuccess);
    cr_expect_eq(JetCloseTable(table.sesid, outer), JET_errInvalidTableId);
    cr_expect_eq(JetTerm(table.instance), JET_errSuccess);
}

Test(data, the_last_close_of_a_database_closes_its_cursors)
{
    struct test_table table;
    JET_DBID again;
    test_open_table(&table);
    cr_assert_eq(JetOpenDatabaseA(table.sesid, table.path, NULL, &again, 0), JET_errSuccess);
    cr_expect_eq(again, table.dbid);
    cr_expect_eq(JetCloseDatabase(table.sesid, again, 0), JET_errSuccess);
    cr_expect_eq(JetMove(table.sesid, table.tableid, 0, 0), JET_errNoCurrentRecord);
    cr_expect_eq(JetDetachDatabaseA(table.sesid, table.path), JET_errDatabaseInUse);
    cr_expect_eq(JetCloseDatabase(table.sesid, table.dbid, 0), JET_errSuccess);
    cr_expect_eq(JetMove(table.sesid, table.tableid, 0, 0), JET_errInvalidTableId);
    cr_expect_eq(JetCloseDatabase(table.sesid, table.dbid, 0), JET_errInvalidDatabaseId);
    cr_expect_eq(JetDetachDatabase2A(table.sesid, table.path, JET_bitForceDetach),
                 JET_errForceDetachNotAllowed);
    cr_assert_eq(JetBeginTransaction(table.sesid), JET_errSuccess);
    cr_expect_eq(JetDetachDatabaseA(table.sesid, table.path), JET_errInTransaction);
    cr_assert_eq(JetRollback(table.sesid, 0), JET_errSuccess);
    cr_assert_eq(JetStopServiceInstance(table.instance), JET_errSuccess);
    cr_expect_eq(JetDetachDatabaseA(table.sesid, table.path), JET_errSuccess);
    cr_expect_eq(JetDetachDatabaseA(table.sesid, table.path), JET_errDatabaseNotFound);
    cr_expect_eq(JetDetachDatabaseA(table.sesid, NULL), JET_errSuccess);
    cr_expect_eq(JetTerm(table.instance), JET_errSuccess);
}

Test(data, a_session_ends_with_everything_it_has_open)
{
    struct test_table table;
    JET_ULONG count = 0;
    test_open_table(&table);
    JET_SESID other = test_session(table.instance);
    cr_assert_eq(JetBeginTransaction(table.sesid), JET_errSuccess);
    cr_assert_eq(test_insert(table.sesid, table.tableid, table.id, 1), JET_errSuccess);
    cr_assert_eq(JetPrepareUpdate(table.sesid, table.tableid, JET_prepInsert), JET_errSuccess);
    cr_assert_eq(JetEndSession(table.sesid, 0), JET_errSuccess);
    cr_expect_eq(JetMove(table.sesid, table.tableid, 0, 0), JET_errInvalidSesid);
    cr_expect_eq(JetMove(other, table.tableid, 0, 0), JET_errInvalidTableId);

    cr_assert_eq(JetOpenDatabaseA(other, table.path, NULL, &table.dbid, JET_bitDbExclusive), 0);
    JET_SESID third = test_session(table.instance);
    JET_DBID refused;
    cr_expect_eq(JetOpenDatabaseA(third, table.path, NULL, &refused, 0), JET_errDatabaseLocked);
    cr_expect_eq(refused, JET_dbidNil);
    cr_assert_eq(JetOpenTableA(other, table.dbid, "rows", NULL, 0, 0, &table.tableid), 0);
    count = 1;
    cr_expect_eq(JetIndexRecordCount(other, table.tableid, &count, 0), JET_errSuccess);
    cr_expect_eq(count, 0u, "the insert was rolled back");
    cr_assert_eq(JetEndSession(other, 0), JET_errSuccess);
    cr_assert_eq(JetOpenDatabaseA(third, table.path, NULL, &table.dbid, 0), JET_errSuccess);
    cr_expect_eq(JetTerm(table.instance), JET_errSuccess);
}

Test(data, names_come_in_either_form)
{
    struct test_table table;
    JET_TABLEID tableid;
    JET_COLUMNDEF def = {.cbStruct = sizeof def, .coltyp = JET_coltypLong};
    JET_COLUMNDEF found;
    JET_COLUMNID columnid;
    test_open_table(&table);
    cr_assert_eq(JetCreateTableW(table.sesid, table.dbid, JET_WSZ("t\u00e4ble"), 1, 80, &tableid),
                 JET_errSuccess);
    cr_expect_eq(
        JetAddColumnW(table.sesid, tableid, JET_WSZ("\u65e5\u672c"), &def, NULL, 0, &columnid),
        JET_errSuccess);
    cr_expect_eq(JetGetTableColumnInfoA(table.sesid, tableid, "\xe6\x97\xa5\xe6\x9c\xac", &found,
                                        sizeof found, JET_ColInfo),
                 JET_errSuccess);
    cr_expect_eq(found.columnid, columnid);
    cr_expect_eq(found.coltyp, JET_coltypLong);
    cr_expect_eq(
        JetGetTableColumnInfoA(table.sesid, tableid, "none", &found, sizeof found, JET_ColInfo),
        JET_errColumnNotFound);
    cr_expect_eq(JetGetTableColumnInfoA(table.sesid, tableid, "none", &found, 3, JET_ColInfo),
                 JET_errColumnNotFound);
    cr_expect_eq(JetCloseTable(table.sesid, tableid), JET_errSuccess);
    cr_expect_eq(JetOpenTableA(table.sesid, table.dbid,
                               "t\xc3\xa4"
                               "ble",
                               NULL, 0, 0, &tableid),
                 JET_errSuccess);
    const JET_WCHAR broken[] = {'t', 0xDC00, 0};
    cr_expect_eq(JetOpenTableW(table.sesid, table.dbid, broken, NULL, 0, 0, &tableid),
                 JET_errUnicodeTranslationFail);
    cr_expect_eq(tableid, JET_tableidNil);

    JET_WCHAR name[64];
    cr_expect_eq(JetOpenTableA(table.sesid, table.dbid, "rows", NULL, 0, 0, &tableid), 0);
    cr_expect_eq(JetGetCurrentIndexW(table.sesid, tableid, name, sizeof name), JET_errSuccess);
    cr_expect_eq(memcmp(name, JET_WSZ("primary"), 8 * sizeof name[0]), 0);
    cr_expect_eq(JetTerm(table.instance), JET_errSuccess);
}

Test(data, tables_are_made_in_one_piece_or_not_at_all)
{
    struct test_table table;
    JET_TABLEID tableid;
    test_open_table(&table);
    JET_COLUMNCREATE_W columns[] = {
        {.cbStruct = sizeof columns[0],
         .szColumnName = (JET_WCHAR *)JET_WSZ("a"),
         .coltyp = JET_coltypLong},
        {.cbStruct = sizeof columns[0],
         .szColumnName = (JET_WCHAR *)JET_WSZ("a"),
         .coltyp = JET_coltypLong},
    };
    JET_TABLECREATE3_W create = {.cbStruct = sizeof create,
                                 .szTableName = (JET_WCHAR *)JET_WSZ("piece"),
                                 .ulPages = 1,
                                 .ulDensity = 80,
                                 .rgcolumncreate = columns,
                                 .cColumns = 2};
    cr_expect_eq(JetCreateTableColumnIndex3W(table.sesid, table.dbid, &create),
                 JET_errColumnDuplicate);
    cr_expect_eq(create.tableid, JET_tableidNil);
    cr_expect_eq(create.cCreated, 2u);
    cr_expect_eq(columns[0].err, JET_errSuccess);
    cr_expect_eq(columns[1].err, JET_errColumnDuplicate);
    cr_expect_eq(JetOpenTableA(table.sesid, table.dbid, "piece", NULL, 0, 0, &tableid),
                 JET_errObjectNotFound);
    create.cColumns = 1;
    cr_expect_eq(JetCreateTableColumnIndex3W(table.sesid, table.dbid, &create), JET_errSuccess);

    static const JET_WCHAR key[] = JET_WSZ("+a\0");
    JET_INDEXCREATE3_W index = {.cbStruct = sizeof index,
                                .szIndexName = (JET_WCHAR *)JET_WSZ("by a"),
                                .szKey = (JET_WCHAR *)key,
                                .cbKey = sizeof key,
                                .grbit = JET_bitIndexPrimary,
                                .ulDensity = 80};
    cr_expect_eq(JetCreateIndex4W(table.sesid, create.tableid, &index, 1), JET_errSuccess);
    cr_expect_eq(index.err, JET_errSuccess);
    index.cbStruct = 3;
    cr_expect_eq(JetCreateIndex4W(table.sesid, create.tableid, &index, 1), JET_errInvalidParameter);
    create.cbStruct--;
    cr_expect_eq(JetCreateTableColumnIndex3W(table.sesid, table.dbid, &create),
                 JET_errInvalidParameter);
    cr_expect_eq(JetTerm(table.instance), JET_errSuccess);
}

Test(data, instances_list_their_databases)
{
    struct test_table table;
    JET_INSTANCE_INFO_A *infos = NULL;
    JET_INSTANCE_INFO_W *wide = NULL;
    JET_ULONG count = 0;
    test_open_table(&table);
    cr_assert_eq(JetGetInstanceInfoA(&count, &infos), JET_errSuccess);
    cr_assert_eq(count, 1u);
    cr_expect_eq(infos[0].hInstanceId, table.instance);
    cr_assert_eq(infos[0].cDatabases, 1u);
    cr_expect_str_eq(infos[0].szDatabaseFileName[0], table.path);
    cr_expect_eq(JetFreeBuffer((char *)infos), JET_errSuccess);
    cr_assert_eq(JetGetInstanceInfoW(&count, &wide), JET_errSuccess);
    cr_expect_eq(wide[0].szInstanceName[0], 'i');
    cr_expect_eq(wide[0].szDatabaseFileName[0][0], '/');
    cr_expect_eq(JetFreeBuffer((char *)wide), JET_errSuccess);
    cr_expect_eq(JetTerm(table.instance), JET_errSuccess);
}

Test(data, database_information_agrees_with_the_file)
{
    struct test_table table;
    char path[512];
    JET_ULONG page_size = 0;
    JET_ULONG pages = 0;
    JET_ULONG owned = 0;
    JET_ULONG grown = 0;
    uint64_t bytes = 0;
    JET_DBINFOMISC misc;
    test_open_table(&table);
    cr_expect_eq(
        JetGetDatabaseInfoA(table.sesid, table.dbid, path, sizeof path, JET_DbInfoFilename),
        JET_errSuccess);
    cr_expect_str_eq(path, table.path);
    cr_expect_eq(JetGetDatabaseInfoA(table.sesid, table.dbid, &page_size, sizeof page_size,
                                     JET_DbInfoPageSize),
                 JET_errSuccess);
    cr_expect_eq(page_size, 4096u);
    cr_expect_eq(JetGrowDatabase(table.sesid, table.dbid, 1000, &grown), JET_errSuccess);
    cr_expect_geq(grown, 1000u);
    cr_expect_eq(
        JetGetDatabaseInfoA(table.sesid, table.dbid, &pages, sizeof pages, JET_DbInfoFilesize),
        JET_errSuccess);
    cr_expect_geq(pages, 1000u);
    cr_expect_eq(
        JetGetDatabaseInfoA(table.sesid, table.dbid, &owned, sizeof owned, JET_DbInfoSpaceOwned),
        JET_errSuccess);
    cr_expect_leq(owned, pages);
    cr_expect_eq(JetResizeDatabase(table.sesid, table.dbid, 1, &grown, 0),
                 JET_errFeatureNotAvailable);
    cr_expect_eq(JetGetDatabaseInfoA(table.sesid, table.dbid, &pages, 1, JET_DbInfoSpaceOwned),
                 JET_errInvalidBufferSize);
    cr_assert_eq(JetTerm(table.instance), JET_errSuccess);
    cr_expect_eq(JetGetDatabaseFileInfoA(table.path, &bytes, sizeof bytes, JET_DbInfoFilesize), 0);
    cr_expect_geq(bytes, 1000u * 4096u);
    cr_expect_eq(JetGetDatabaseFileInfoA(table.path, &misc, sizeof misc, JET_DbInfoMisc), 0);
    cr_expect_eq(misc.dbstate, (JET_ULONG)JET_dbstateCleanShutdown);
    cr_expect_eq(misc.cbPageSize, 4096u);
}

static JET_THREADSTATS thread_stats(void)
{
    JET_THREADSTATS stats = {0};
    cr_assert_eq(JetGetThreadStats(&stats, sizeof stats), JET_errSuccess);
    cr_assert_eq(stats.cbStruct, sizeof stats);
    return stats;
}

Test(data, thread_statistics_count_the_pages_and_log_records_of_this_thread)
{
    struct test_table table;
    test_open_table(&table);
    cr_assert_eq(test_insert(table.sesid, table.tableid, table.id, 1), JET_errSuccess);
    JET_THREADSTATS before = thread_stats();
    cr_expect_eq(JetMove(table.sesid, table.tableid, JET_MoveFirst, 0), JET_errSuccess);
    JET_THREADSTATS read = thread_stats();
    cr_expect_gt(read.cPageReferenced, before.cPageReferenced);
    cr_expect_eq(read.cPageDirtied + read.cPageRedirtied,
                 before.cPageDirtied + before.cPageRedirtied);
    cr_expect_eq(read.cLogRecord, before.cLogRecord);
    cr_expect_eq(read.cbLogRecord, before.cbLogRecord);
    cr_assert_eq(test_insert(table.sesid, table.tableid, table.id, 2), JET_errSuccess);
    JET_THREADSTATS written = thread_stats();
    cr_expect_gt(written.cPageDirtied + written.cPageRedirtied,
                 read.cPageDirtied + read.cPageRedirtied);
    cr_expect_gt(written.cLogRecord, read.cLogRecord);
    cr_expect_gt(written.cbLogRecord, read.cbLogRecord + sizeof(JET_LONG));
    cr_expect_eq(JetTerm(table.instance), JET_errSuccess);
}

Test(data, a_cursor_is_opened_on_the_first_record)
{
    struct test_table table;
    JET_TABLEID other = JET_tableidNil;
    test_open_table(&table);
    for (JET_LONG i = 5; i < 8; i++) {
        cr_assert_eq(test_insert(table.sesid, table.tableid, table.id, i), 0);
    }
    cr_assert_eq(JetOpenTableA(table.sesid, table.dbid, "rows", NULL, 0, 0, &other), 0);
    cr_expect_eq(read_id(&table, other), 5);
    cr_expect_eq(JetMove(table.sesid, other, JET_MoveNext, 0), 0);
    cr_expect_eq(read_id(&table, other), 6);
    cr_assert_eq(JetCloseTable(table.sesid, other), 0);
    cr_expect_eq(JetMove(table.sesid, table.tableid, JET_MoveLast, 0), 0);
    cr_assert_eq(JetDupCursor(table.sesid, table.tableid, &other, 0), 0);
    cr_expect_eq(read_id(&table, other), 5);
    static const JET_GRBIT bad[] = {JET_bitTablePermitDDL,
                                    JET_bitTableDenyRead | JET_bitTableReadOnly,
                                    JET_bitTableReadOnly | JET_bitTableUpdatable};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_expect_eq(JetOpenTableA(table.sesid, table.dbid, "rows", NULL, 0, bad[i], &other),
                     JET_errInvalidGrbit);
    }
    static const JET_GRBIT good[] = {JET_bitTablePermitDDL | JET_bitTableDenyRead,
                                     JET_bitTableNoCache, JET_bitTablePreread,
                                     JET_bitTableSequential, JET_bitTableUpdatable};
    for (unsigned i = 0; i < sizeof good / sizeof good[0]; i++) {
        cr_expect_eq(JetOpenTableA(table.sesid, table.dbid, "rows", NULL, 0, good[i], &other), 0);
        cr_expect_eq(JetCloseTable(table.sesid, other), 0);
    }
    cr_expect_eq(JetTerm(table.instance), 0);
}
