/* Bounds that parameters set: what meets them, and that it works again afterwards. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "engine/tests/api/support.h"

static JET_INSTANCE instance;
static JET_SESID sesid;
static JET_DBID dbid;

static JET_TABLEID create(const char *name, JET_COLUMNID *column)
{
    JET_TABLEID tableid;
    JET_COLUMNDEF def = {.cbStruct = sizeof def, .coltyp = JET_coltypBinary, .cbMax = 200};
    cr_assert_eq(JetCreateTableA(sesid, dbid, name, 1, 80, &tableid), 0);
    cr_assert_eq(JetAddColumnA(sesid, tableid, "value", &def, NULL, 0, column), 0);
    return tableid;
}

static void start(JET_ULONG parameter, JET_API_PTR value)
{
    instance = test_create();
    cr_assert_eq(JetSetSystemParameterA(&instance, 0, parameter, value, NULL), 0);
    cr_assert_eq(JetInit(&instance), 0);
    sesid = test_session(instance);
    cr_assert_eq(JetCreateDatabaseA(sesid, test_path("limits.edb"), NULL, &dbid, 0), 0);
}

static JET_ERR change(JET_TABLEID tableid, JET_COLUMNID column, int n)
{
    char value[200];
    memset(value, n, sizeof value);
    JET_ERR err = JetPrepareUpdate(sesid, tableid, JET_prepReplace);
    if (err == 0) {
        cr_assert_eq(JetSetColumn(sesid, tableid, column, value, sizeof value, 0, NULL), 0);
        err = JetUpdate(sesid, tableid, NULL, 0, NULL);
    }
    if (err != 0) {
        (void)JetPrepareUpdate(sesid, tableid, JET_prepCancel);
    }
    return err;
}

/* One record is changed again and again, each time in a transaction that is over at once; all the
 * old values stay as long as one transaction that could see them is open. */
Test(limits, a_transaction_left_open_fills_the_version_store)
{
    JET_COLUMNID column;
    JET_ERR err = 0;
    start(JET_paramMaxVerPages, 4);
    JET_TABLEID tableid = create("rows", &column);
    cr_assert_eq(JetPrepareUpdate(sesid, tableid, JET_prepInsert), 0);
    cr_assert_eq(JetUpdate(sesid, tableid, NULL, 0, NULL), 0);
    cr_assert_eq(JetCloseTable(sesid, tableid), 0);
    cr_assert_eq(JetOpenTableA(sesid, dbid, "rows", NULL, 0, 0, &tableid), 0);
    cr_assert_eq(JetMove(sesid, tableid, JET_MoveFirst, 0), 0);
    JET_SESID reader = test_session(instance);
    for (int round = 0; round < 2; round++) {
        JET_DBID other;
        JET_TABLEID seen;
        cr_assert_eq(JetOpenDatabaseA(reader, test_path("limits.edb"), NULL, &other, 0), 0);
        cr_assert_eq(JetBeginTransaction(reader), 0);
        cr_assert_eq(JetOpenTableA(reader, other, "rows", NULL, 0, 0, &seen), 0);
        cr_assert_eq(JetMove(reader, seen, JET_MoveFirst, 0), 0);
        int done = 0;
        while (done < 100000 && (err = change(tableid, column, done)) == 0) {
            done++;
        }
        cr_expect_eq(err, JET_errVersionStoreOutOfMemory, "%d after %d changes", (int)err, done);
        cr_expect_gt(done, 10);
        /* what the reader sees is what was there when it began */
        JET_ULONG size = 1;
        err = JetRetrieveColumn(reader, seen, column, NULL, 0, &size, 0, NULL);
        cr_expect_eq(err, round == 0 ? JET_wrnColumnNull : JET_wrnBufferTruncated, "%d", (int)err);
        cr_expect_eq(JetCloseTable(reader, seen), 0);
        cr_assert_eq(JetRollback(reader, 0), 0);
        (void)JetIdle(sesid, JET_bitIdleCompact);
        cr_expect_eq(change(tableid, column, 1), 0, "the room is there again");
        cr_expect_eq(JetCloseDatabase(reader, other, 0), 0);
    }
    cr_expect_eq(JetTerm2(instance, JET_bitTermComplete), 0);
}

Test(limits, tables_that_are_open)
{
    JET_COLUMNID column;
    start(JET_paramMaxOpenTables, 2);
    JET_TABLEID one = create("one", &column), two = create("two", &column), more, none = 0;
    cr_assert_eq(JetDupCursor(sesid, one, &more, 0), 0, "the same table again is none more");
    cr_expect_eq(JetCreateTableA(sesid, dbid, "three", 1, 80, &none), JET_errTooManyOpenTables);
    cr_assert_eq(JetCloseTable(sesid, one), 0);
    cr_expect_eq(JetCreateTableA(sesid, dbid, "three", 1, 80, &none), JET_errTooManyOpenTables);
    cr_assert_eq(JetCloseTable(sesid, more), 0);
    cr_expect_eq(JetCreateTableA(sesid, dbid, "three", 1, 80, &none), 0);
    cr_expect_eq(JetOpenTableA(sesid, dbid, "one", NULL, 0, 0, &one), JET_errTooManyOpenTables);
    cr_assert_eq(JetCloseTable(sesid, two), 0);
    cr_expect_eq(JetOpenTableA(sesid, dbid, "one", NULL, 0, 0, &one), 0);
    cr_expect_eq(JetTerm2(instance, JET_bitTermAbrupt), 0);
}
