/* JetGetRecordPosition and JetGotoPosition: fractions of an index. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "engine/tests/api/support.h"

static struct test_table rows;

/* Rows 0 to count - 1, the middle third with longer values, so that pages are not alike. */
static void fill(JET_LONG count)
{
    char text[120];
    memset(text, 'x', sizeof text);
    cr_assert_eq(JetBeginTransaction(rows.sesid), JET_errSuccess);
    for (JET_LONG i = 0; i < count; i++) {
        JET_ULONG size = i > count / 3 && i < 2 * count / 3 ? 110 : 5;
        cr_assert_eq(JetPrepareUpdate(rows.sesid, rows.tableid, JET_prepInsert), JET_errSuccess);
        JetSetColumn(rows.sesid, rows.tableid, rows.id, &i, sizeof i, 0, NULL);
        JetSetColumn(rows.sesid, rows.tableid, rows.text, text, size, 0, NULL);
        cr_assert_eq(JetUpdate(rows.sesid, rows.tableid, NULL, 0, NULL), JET_errSuccess);
    }
    cr_assert_eq(JetCommitTransaction(rows.sesid, JET_bitCommitLazyFlush), JET_errSuccess);
}

static JET_LONG current(void)
{
    JET_LONG value = -1;
    cr_assert_eq(
        JetRetrieveColumn(rows.sesid, rows.tableid, rows.id, &value, sizeof value, NULL, 0, NULL),
        JET_errSuccess);
    return value;
}

static void seek(JET_LONG key)
{
    cr_assert_eq(JetMakeKey(rows.sesid, rows.tableid, &key, sizeof key, JET_bitNewKey),
                 JET_errSuccess);
    cr_assert_eq(JetSeek(rows.sesid, rows.tableid, JET_bitSeekEQ), JET_errSuccess);
}

static JET_RECPOS position(void)
{
    JET_RECPOS got;
    memset(&got, 0xEE, sizeof got); /* all of it is written */
    cr_assert_eq(JetGetRecordPosition(rows.sesid, rows.tableid, &got, sizeof got), JET_errSuccess);
    cr_assert_eq(got.cbStruct, sizeof got);
    cr_assert_eq(got.centriesInRange, 1);
    cr_assert_lt(got.centriesLT, got.centriesTotal);
    return got;
}

static JET_LONG goto_share(JET_ULONG part, JET_ULONG whole)
{
    JET_RECPOS to = {sizeof to, part, 1, whole};
    cr_assert_eq(JetGotoPosition(rows.sesid, rows.tableid, &to), JET_errSuccess);
    return current();
}

static JET_ULONG pages_touched(void)
{
    JET_THREADSTATS stats;
    cr_assert_eq(JetGetThreadStats(&stats, sizeof stats), JET_errSuccess);
    return stats.cPageReferenced;
}

static void setup(void)
{
    test_open_table(&rows);
}

TestSuite(position, .init = setup);

Test(position, a_small_index_is_counted_and_every_record_found_again)
{
    fill(150);
    for (JET_LONG i = 0; i < 150; i += 7) {
        seek(i);
        JET_RECPOS at = position();
        cr_assert_eq(at.centriesLT, (JET_ULONG)i);
        cr_assert_eq(at.centriesTotal, 150);
        cr_assert_eq(goto_share(at.centriesLT, at.centriesTotal), i);
    }
    cr_assert_eq(goto_share(0, 0), 0);
    cr_assert_eq(goto_share(1, 2), 75);
    cr_assert_eq(goto_share(9, 9), 149);
}

Test(position, deleted_records_are_not_counted)
{
    fill(100);
    for (JET_LONG i = 0; i < 50; i++) {
        seek(i);
        cr_assert_eq(JetDelete(rows.sesid, rows.tableid), JET_errSuccess);
    }
    seek(75);
    JET_RECPOS at = position();
    cr_assert_eq(at.centriesLT, 25);
    cr_assert_eq(at.centriesTotal, 50);
    cr_assert_eq(goto_share(0, 10), 50);
}

Test(position, a_large_index_is_estimated_from_a_few_pages)
{
    const JET_LONG count = 12000;
    JET_ULONG last = 0, before;
    fill(count);
    for (JET_LONG i = 0; i < count; i += 397) {
        seek(i);
        before = pages_touched();
        JET_RECPOS at = position();
        cr_assert_lt(pages_touched() - before, 200);
        cr_assert_geq(at.centriesLT, last, "%u after %u", at.centriesLT, last);
        cr_assert_geq(at.centriesTotal, (JET_ULONG)count * 2 / 3, "%u", at.centriesTotal);
        cr_assert_leq(at.centriesTotal, (JET_ULONG)count * 3 / 2, "%u", at.centriesTotal);
        last = at.centriesLT;
        before = pages_touched();
        JET_LONG back = goto_share(at.centriesLT, at.centriesTotal);
        cr_assert_lt(pages_touched() - before, 200);
        cr_assert_leq(abs(back - i), count / 200, "%d for %d", back, i);
    }
    cr_assert_eq(goto_share(0, 1), 0);
    cr_assert_eq(goto_share(1, 1), count - 1);
}

Test(position, descending_secondary_index)
{
    fill(60);
    JetCloseTable(rows.sesid, rows.tableid);
    cr_assert_eq(
        JetOpenTableA(rows.sesid, rows.dbid, "rows", NULL, 0, JET_bitTableDenyRead, &rows.tableid),
        JET_errSuccess);
    cr_assert_eq(JetCreateIndexA(rows.sesid, rows.tableid, "down", 0, "-id\0", 5, 100),
                 JET_errSuccess);
    cr_assert_eq(JetSetCurrentIndexA(rows.sesid, rows.tableid, "down"), JET_errSuccess);
    cr_assert_eq(JetMove(rows.sesid, rows.tableid, 10, 0), JET_errSuccess);
    JET_RECPOS at = position();
    cr_assert_eq(at.centriesLT, 10);
    cr_assert_eq(at.centriesTotal, 60);
    cr_assert_eq(goto_share(45, 60), 14);
}

Test(position, the_wider_structure)
{
    JET_RECPOS2 wide;
    fill(40);
    seek(30);
    cr_assert_eq(JetGetRecordPosition(rows.sesid, rows.tableid, (JET_RECPOS *)&wide, sizeof wide),
                 JET_errSuccess);
    cr_assert_eq(wide.cbStruct, sizeof wide);
    cr_assert_eq(wide.centriesLT, 30);
    cr_assert_eq(wide.centriesLTDeprecated, 30);
    cr_assert_eq(wide.centriesTotal, 40);
    cr_assert_eq(JetGotoPosition(rows.sesid, rows.tableid, (JET_RECPOS *)&wide),
                 JET_errInvalidParameter);
    wide.centriesLTDeprecated = wide.centriesTotalDeprecated = 0;
    wide.centriesLT = 20;
    cr_assert_eq(JetGotoPosition(rows.sesid, rows.tableid, (JET_RECPOS *)&wide), JET_errSuccess);
    cr_assert_eq(current(), 20);
}

Test(position, errors_leave_the_cursor_where_it_is)
{
    JET_RECPOS at = {sizeof at, 0, 1, 1};
    cr_assert_eq(JetGotoPosition(rows.sesid, rows.tableid, &at), JET_errRecordNotFound);
    cr_assert_eq(JetGetRecordPosition(rows.sesid, rows.tableid, &at, sizeof at),
                 JET_errNoCurrentRecord);
    fill(10);
    seek(4);
    at = (JET_RECPOS){sizeof at, 2, 1, 1};
    cr_assert_eq(JetGotoPosition(rows.sesid, rows.tableid, &at), JET_errInvalidParameter);
    at = (JET_RECPOS){sizeof at - 4, 0, 1, 1};
    cr_assert_eq(JetGotoPosition(rows.sesid, rows.tableid, &at), JET_errInvalidParameter);
    at.centriesLT = 77;
    cr_assert_eq(JetGetRecordPosition(rows.sesid, rows.tableid, &at, sizeof at - 1),
                 JET_errInvalidParameter);
    cr_assert_eq(at.centriesLT, 77);
    JET_LONG one = 1;
    JET_INDEX_COLUMN odd = {
        .columnid = rows.id, .relop = JET_relopBitmaskNotEqualsZero, .pv = &one, .cb = sizeof one};
    cr_assert_eq(JetSetCursorFilter(rows.sesid, rows.tableid, &odd, 1, 0), JET_errSuccess);
    at = (JET_RECPOS){sizeof at, 0, 1, 1};
    cr_assert_eq(JetGotoPosition(rows.sesid, rows.tableid, &at), JET_errFilteredMoveNotSupported);
    cr_assert_eq(JetGetRecordPosition(rows.sesid, rows.tableid, &at, sizeof at),
                 JET_errFilteredMoveNotSupported);
    cr_assert_eq(JetSetCursorFilter(rows.sesid, rows.tableid, NULL, 0, 0), JET_errSuccess);
    cr_assert_eq(current(), 4);
}
