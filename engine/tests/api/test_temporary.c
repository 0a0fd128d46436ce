/* Temporary tables as a program meets them. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "engine/tests/api/support.h"

static const JET_COLUMNDEF columns[] = {
    {.cbStruct = sizeof(JET_COLUMNDEF), .coltyp = JET_coltypLong, .grbit = JET_bitColumnTTKey},
    {.cbStruct = sizeof(JET_COLUMNDEF), .coltyp = JET_coltypText, .cbMax = 20},
};

struct sort {
    JET_INSTANCE instance;
    JET_SESID sesid;
    JET_TABLEID tableid;
    JET_COLUMNID ids[2];
};

static void begin(struct sort *sort, JET_GRBIT grbit)
{
    sort->instance = test_start();
    sort->sesid = test_session(sort->instance);
    cr_assert_eq(JetOpenTempTable(sort->sesid, columns, 2, grbit, &sort->tableid, sort->ids), 0);
}

static JET_ERR insert(const struct sort *sort, JET_LONG value)
{
    return test_insert(sort->sesid, sort->tableid, sort->ids[0], value);
}

static JET_LONG here(const struct sort *sort)
{
    JET_LONG value = -1;
    JET_ERR err = JetRetrieveColumn(sort->sesid, sort->tableid, sort->ids[0], &value, sizeof value,
                                    NULL, 0, NULL);
    cr_expect_eq(err, 0, "%d", (int)err);
    return value;
}

static JET_ERR seek(const struct sort *sort, JET_LONG value)
{
    JET_ERR err = JetMakeKey(sort->sesid, sort->tableid, &value, sizeof value, JET_bitNewKey);
    return err != 0 ? err : JetSeek(sort->sesid, sort->tableid, JET_bitSeekEQ);
}

Test(temporary, every_way_to_open_one)
{
    struct sort sort;
    begin(&sort, JET_bitTTIndexed);
    JET_UNICODEINDEX unicode = {.lcid = 1033, .dwMapFlags = 0x30401};
    JET_WCHAR name[] = {'e', 'n', '-', 'U', 'S', 0};
    JET_UNICODEINDEX2 unicode2 = {.szLocaleName = name, .dwMapFlags = 0x30401};
    JET_TABLEID tables[4];
    cr_expect_eq(
        JetOpenTempTable2(sort.sesid, columns, 2, 1033, JET_bitTTIndexed, &tables[0], sort.ids), 0);
    cr_expect_eq(
        JetOpenTempTable3(sort.sesid, columns, 2, &unicode, JET_bitTTIndexed, &tables[1], sort.ids),
        0);
    JET_OPENTEMPORARYTABLE open = {.cbStruct = sizeof open,
                                   .prgcolumndef = columns,
                                   .ccolumn = 2,
                                   .pidxunicode = &unicode,
                                   .grbit = JET_bitTTIndexed,
                                   .prgcolumnid = sort.ids,
                                   .cbKeyMost = 255};
    cr_expect_eq(JetOpenTemporaryTable(sort.sesid, &open), 0);
    JET_OPENTEMPORARYTABLE2 open2 = {.cbStruct = sizeof open2,
                                     .prgcolumndef = columns,
                                     .ccolumn = 2,
                                     .pidxunicode = &unicode2,
                                     .grbit = JET_bitTTIndexed,
                                     .prgcolumnid = sort.ids};
    cr_expect_eq(JetOpenTemporaryTable2(sort.sesid, &open2), 0);
    cr_expect_eq(JetCloseTable(sort.sesid, open.tableid), 0);
    open.cbStruct--;
    cr_expect_eq(JetOpenTemporaryTable(sort.sesid, &open), JET_errInvalidParameter);
    open.cbStruct++;
    open.cbKeyMost = 100;
    cr_expect_eq(JetOpenTemporaryTable(sort.sesid, &open), JET_errInvalidParameter);
    cr_expect_eq(open.tableid, JET_tableidNil);
    cr_expect_eq(JetTerm(sort.instance), 0);
}

Test(temporary, a_sort_is_filled_then_read)
{
    struct sort sort;
    JET_TABLEID copy;
    JET_OBJECTINFO info;
    JET_LONG value = 0;
    begin(&sort, JET_bitTTUnique);
    for (JET_LONG i = 9; i >= 0; i--) {
        cr_assert_eq(insert(&sort, i / 2), 0);
    }
    cr_expect_eq(JetRetrieveColumn(sort.sesid, sort.tableid, sort.ids[0], &value, 4, NULL, 0, NULL),
                 JET_errIllegalOperation);
    cr_expect_eq(JetDupCursor(sort.sesid, sort.tableid, &copy, 0), JET_errIllegalOperation);
    cr_expect_eq(JetMove(sort.sesid, sort.tableid, JET_MoveNext, 0), 0);
    cr_expect_eq(here(&sort), 0);
    cr_expect_eq(JetMove(sort.sesid, sort.tableid, 2, 0), 0);
    cr_expect_eq(here(&sort), 2);
    cr_expect_eq(insert(&sort, 100), JET_errIllegalOperation);
    cr_expect_eq(JetDelete(sort.sesid, sort.tableid), JET_errIllegalOperation);
    cr_expect_eq(JetMove(sort.sesid, sort.tableid, JET_MovePrevious, 0), JET_errIllegalOperation);
    cr_expect_eq(seek(&sort, 3), JET_errIllegalOperation);
    cr_expect_eq(JetGetTableInfo(sort.sesid, sort.tableid, &info, sizeof info, JET_TblInfo), 0);
    cr_expect_eq(info.cRecord, 5u);
    cr_expect_eq(JetGetTableInfo(sort.sesid, sort.tableid, &value, 4, JET_TblInfoDbid),
                 JET_errInvalidOperation);
    cr_expect_eq(JetMove(sort.sesid, sort.tableid, JET_MoveLast, 0), 0);
    cr_expect_eq(here(&sort), 4);
    cr_expect_eq(JetMove(sort.sesid, sort.tableid, JET_MoveNext, 0), JET_errNoCurrentRecord);
    cr_expect_eq(JetCloseTable(sort.sesid, sort.tableid), 0);
    cr_expect_eq(JetTerm(sort.instance), 0);
}

Test(temporary, the_first_move_of_nothing_stands_on_the_first_record)
{
    struct sort sort;
    begin(&sort, 0);
    cr_assert_eq(insert(&sort, 7), 0);
    cr_expect_eq(JetMove(sort.sesid, sort.tableid, 0, 0), 0);
    cr_expect_eq(here(&sort), 7);
    cr_expect_eq(JetTerm(sort.instance), 0);
}

Test(temporary, an_indexed_one_is_sought)
{
    struct sort sort;
    begin(&sort, JET_bitTTIndexed);
    for (JET_LONG i = 0; i < 50; i++) {
        cr_assert_eq(insert(&sort, (i * 7) % 50), 0);
    }
    cr_expect_eq(seek(&sort, 33), 0);
    cr_expect_eq(here(&sort), 33);
    cr_expect_eq(JetMove(sort.sesid, sort.tableid, JET_MovePrevious, 0), 0);
    cr_expect_eq(here(&sort), 32);
    cr_expect_eq(seek(&sort, 50), JET_errRecordNotFound);
    JET_LONG limit = 11;
    cr_expect_eq(seek(&sort, 10), 0);
    cr_expect_eq(JetMakeKey(sort.sesid, sort.tableid, &limit, sizeof limit, JET_bitNewKey), 0);
    cr_expect_eq(
        JetSetIndexRange(sort.sesid, sort.tableid, JET_bitRangeUpperLimit | JET_bitRangeInclusive),
        0);
    cr_expect_eq(JetMove(sort.sesid, sort.tableid, JET_MoveNext, 0), 0);
    cr_expect_eq(JetMove(sort.sesid, sort.tableid, JET_MoveNext, 0), JET_errNoCurrentRecord);
    cr_expect_eq(JetTerm(sort.instance), 0);
}

Test(temporary, an_updatable_one_becomes_a_table)
{
    struct sort sort;
    struct sort copy;
    unsigned char bookmark[64];
    JET_ULONG size;
    begin(&sort, JET_bitTTUpdatable | JET_bitTTIndexed | JET_bitTTScrollable);
    for (JET_LONG i = 0; i < 5; i++) {
        cr_assert_eq(insert(&sort, i), 0);
    }
    cr_expect_eq(JetDelete(sort.sesid, sort.tableid), JET_errIllegalOperation);
    cr_expect_eq(seek(&sort, 3), 0);
    cr_expect_eq(insert(&sort, 3), JET_errKeyDuplicate);
    cr_expect_eq(insert(&sort, 77), 0);
    cr_expect_eq(JetGetBookmark(sort.sesid, sort.tableid, bookmark, sizeof bookmark, &size), 0);
    cr_expect_eq(JetDelete(sort.sesid, sort.tableid), 0);
    cr_expect_eq(JetGotoBookmark(sort.sesid, sort.tableid, bookmark, size), JET_errRecordDeleted);
    copy = sort;
    cr_expect_eq(JetDupCursor(sort.sesid, sort.tableid, &copy.tableid, 0), 0);
    cr_expect_eq(here(&copy), 0);
    cr_expect_eq(JetCloseTable(sort.sesid, sort.tableid), 0);
    cr_expect_eq(JetMove(copy.sesid, copy.tableid, JET_MoveLast, 0), 0);
    cr_expect_eq(here(&copy), 77);
    JET_COLUMNDEF more = {.cbStruct = sizeof more, .coltyp = JET_coltypLong};
    JET_COLUMNID id;
    cr_expect_eq(JetAddColumn(copy.sesid, copy.tableid, "more", &more, NULL, 0, &id),
                 JET_errIllegalOperation);
    JET_ULONG count;
    cr_expect_eq(JetIndexRecordCount(copy.sesid, copy.tableid, &count, 0), JET_errIllegalOperation);
    cr_expect_eq(JetTerm(sort.instance), 0);
}

Test(temporary, nulls_sort_where_they_are_told)
{
    static const JET_GRBIT bits[] = {0, JET_bitTTSortNullsHigh};
    for (int high = 0; high < 2; high++) {
        struct sort sort;
        JET_LONG value = 0;
        begin(&sort, bits[high]);
        cr_assert_eq(JetPrepareUpdate(sort.sesid, sort.tableid, JET_prepInsert), 0);
        cr_assert_eq(JetUpdate(sort.sesid, sort.tableid, NULL, 0, NULL), 0);
        cr_assert_eq(insert(&sort, 5), 0);
        cr_expect_eq(JetMove(sort.sesid, sort.tableid, JET_MoveFirst, 0), 0);
        cr_expect_eq(
            JetRetrieveColumn(sort.sesid, sort.tableid, sort.ids[0], &value, 4, NULL, 0, NULL),
            high ? 0 : JET_wrnColumnNull);
        cr_expect_eq(JetTerm(sort.instance), 0);
    }
}

Test(temporary, rollback_closes_what_was_opened_in_the_transaction)
{
    struct sort sort;
    JET_TABLEID inner;
    begin(&sort, 0);
    cr_expect_eq(JetBeginTransaction(sort.sesid), 0);
    cr_expect_eq(
        JetOpenTempTable(sort.sesid, columns, 2, JET_bitTTForceMaterialization, &inner, sort.ids),
        0);
    cr_expect_eq(test_insert(sort.sesid, inner, sort.ids[0], 1), 0);
    cr_expect_eq(JetRollback(sort.sesid, 0), 0);
    cr_expect_eq(JetMove(sort.sesid, inner, JET_MoveFirst, 0), JET_errInvalidTableId);
    cr_expect_eq(JetMove(sort.sesid, sort.tableid, JET_MoveFirst, 0), JET_errNoCurrentRecord);
    cr_expect_eq(JetTerm(sort.instance), 0);
}

Test(temporary, a_read_only_transaction_may_fill_one)
{
    struct sort sort;
    begin(&sort, 0);
    cr_expect_eq(JetBeginTransaction2(sort.sesid, JET_bitTransactionReadOnly), 0);
    cr_expect_eq(insert(&sort, 1), 0);
    cr_expect_eq(JetCommitTransaction(sort.sesid, 0), 0);
    cr_expect_eq(JetMove(sort.sesid, sort.tableid, JET_MoveFirst, 0), 0);
    cr_expect_eq(JetTerm(sort.instance), 0);
}

Test(temporary, a_stop_turns_everything_away_but_the_end)
{
    struct sort sort;
    JET_TABLEID other;
    begin(&sort, 0);
    cr_assert_eq(insert(&sort, 1), 0);
    cr_expect_eq(JetStopServiceInstance(sort.instance), 0);
    cr_expect_eq(JetMove(sort.sesid, sort.tableid, 1, 0), JET_errClientRequestToStopJetService);
    cr_expect_eq(JetOpenTempTable(sort.sesid, columns, 2, 0, &other, sort.ids),
                 JET_errClientRequestToStopJetService);
    cr_expect_eq(JetEndSession(sort.sesid, 0), 0);
    cr_expect_eq(JetTerm(sort.instance), 0);
}

Test(temporary, the_parameters_are_minded)
{
    JET_INSTANCE none = test_create();
    cr_assert_eq(JetSetSystemParameterA(&none, 0, JET_paramMaxTemporaryTables, 0, NULL), 0);
    cr_assert_eq(JetInit(&none), 0);
    JET_SESID sesid = test_session(none);
    JET_TABLEID tableid;
    JET_COLUMNID ids[2];
    cr_expect_eq(JetOpenTempTable(sesid, columns, 2, 0, &tableid, ids), JET_errTooManySorts);

    JET_INSTANCE first = test_start();
    JET_INSTANCE second = test_create();
    char path[300];
    cr_assert_eq(JetGetSystemParameterA(first, 0, JET_paramTempPath, NULL, path, sizeof path), 0);
    cr_assert_eq(JetSetSystemParameterA(&second, 0, JET_paramTempPath, 0, path), 0);
    cr_expect_eq(JetInit(&second), JET_errTempPathInUse);
    cr_assert_eq(JetTerm(first), 0);
    cr_expect_eq(JetInit(&second), 0);
    cr_assert_eq(JetTerm(second), 0);
    cr_assert_eq(JetTerm(none), 0);
}

/* Another process has the file: not JET_errTempPathInUse, which only JetInit's caller can do something about. */
Test(temporary, a_file_that_is_locked)
{
    JET_INSTANCE instance = test_start();
    JET_SESID sesid = test_session(instance);
    JET_TABLEID tableid;
    JET_COLUMNID ids[2];
    char path[300], file[320];
    cr_assert_eq(JetGetSystemParameterA(instance, 0, JET_paramTempPath, NULL, path, sizeof path), 0);
    snprintf(file, sizeof file, "%s%s", path, path[strlen(path) - 1] == '/' ? "tmp.edb" : "");
    int other = open(file, O_RDWR | O_CREAT, 0600);
    cr_assert(other >= 0 && flock(other, LOCK_EX) == 0, "%s", file);
    cr_expect_eq(JetOpenTempTable(sesid, columns, 2, 0, &tableid, ids), JET_errFileAccessDenied, "%s", file);
    close(other);
    cr_expect_eq(JetOpenTempTable(sesid, columns, 2, 0, &tableid, ids), 0);
    cr_expect_eq(JetCloseTable(sesid, tableid), 0);
    cr_assert_eq(JetTerm(instance), 0);
}
