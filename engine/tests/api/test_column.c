/* Records and columns through the API: one test per function, its errors included. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <esent.h>

#include "support.h"

static struct test_table table;

/* ---- JetEnumerateColumns --------------------------------------------------------------------- */

static int blocks;

static void *JET_CALL count_realloc(void *context, void *block, JET_ULONG size)
{
    (void)context;
    if (size == 0) {
        free(block);
        blocks--;
        return NULL;
    }
    blocks += block == NULL;
    return realloc(block, size);
}

static void free_columns(JET_ENUMCOLUMN *columns, JET_ULONG count)
{
    for (JET_ULONG i = 0; i < count; i++) {
        if (columns[i].err == JET_wrnColumnSingleValue) {
            if (columns[i].pvData != NULL) {
                count_realloc(NULL, columns[i].pvData, 0);
            }
            continue;
        }
        for (JET_ULONG j = 0; j < columns[i].cEnumColumnValue; j++) {
            if (columns[i].rgEnumColumnValue[j].pvData != NULL) {
                count_realloc(NULL, columns[i].rgEnumColumnValue[j].pvData, 0);
            }
        }
        if (columns[i].rgEnumColumnValue != NULL) {
            count_realloc(NULL, columns[i].rgEnumColumnValue, 0);
        }
    }
    count_realloc(NULL, columns, 0);
    cr_expect_eq(blocks, 0, "every block can be given back");
}

static JET_COLUMNID add(const char *name, JET_COLTYP type, JET_GRBIT grbit, const void *value,
                        JET_ULONG size)
{
    JET_COLUMNID id = 0;
    JET_COLUMNDEF def = {.cbStruct = sizeof def, .coltyp = type, .grbit = grbit, .cp = 1252};
    cr_assert_eq(JetAddColumnA(table.sesid, table.tableid, name, &def, value, size, &id), 0);
    return id;
}

static void first_row(void)
{
    cr_assert_eq(test_insert(table.sesid, table.tableid, table.id, 1), 0);
    cr_assert_eq(JetMove(table.sesid, table.tableid, JET_MoveFirst, 0), 0);
}

static JET_ERR enumerate(JET_ENUMCOLUMNID *ids, JET_ULONG id_count, JET_GRBIT grbit,
                         JET_ULONG most, JET_ENUMCOLUMN **columns, JET_ULONG *count)
{
    blocks = 0;
    return JetEnumerateColumns(table.sesid, table.tableid, id_count, ids, count, columns,
                               count_realloc, NULL, most, grbit);
}

static const JET_ENUMCOLUMN *column_of(const JET_ENUMCOLUMN *columns, JET_ULONG count,
                                       JET_COLUMNID id)
{
    for (JET_ULONG i = 0; i < count; i++) {
        if (columns[i].columnid == id) {
            return &columns[i];
        }
    }
    return NULL;
}

Test(column, enumerate)
{
    static char big[5000];
    JET_ENUMCOLUMN *columns = NULL;
    JET_ULONG count = 0;
    test_open_table(&table);
    JET_COLUMNID many = add("many", JET_coltypText, JET_bitColumnTagged | JET_bitColumnMultiValued,
                            NULL, 0);
    JET_COLUMNID big_id = add("big", JET_coltypLongBinary, 0, NULL, 0);
    JET_LONG seven = 7;
    JET_COLUMNID with = add("default", JET_coltypLong, JET_bitColumnTagged, &seven, 4);
    first_row();
    cr_assert_eq(JetBeginTransaction(table.sesid), 0);
    cr_assert_eq(JetPrepareUpdate(table.sesid, table.tableid, JET_prepReplace), 0);
    for (JET_ULONG i = 1; i <= 3; i++) {
        JET_SETINFO info = {sizeof info, 0, 0};
        char text[2] = {(char)('0' + i), 0};
        cr_assert_eq(JetSetColumn(table.sesid, table.tableid, many, text, 1, 0, &info), 0);
    }
    memset(big, 'b', sizeof big);
    cr_assert_eq(JetSetColumn(table.sesid, table.tableid, big_id, big, sizeof big, 0, NULL), 0);

    cr_assert_eq(enumerate(NULL, 0, JET_bitEnumerateIgnoreDefault, 100, &columns, &count), 0);
    cr_expect_eq(column_of(columns, count, many), NULL, "not stored yet");
    free_columns(columns, count);
    cr_assert_eq(enumerate(NULL, 0, JET_bitEnumerateCopy, 100, &columns, &count), 0);
    cr_expect_neq(column_of(columns, count, many), NULL);
    free_columns(columns, count);
    cr_assert_eq(JetUpdate(table.sesid, table.tableid, NULL, 0, NULL), 0);
    cr_assert_eq(JetCommitTransaction(table.sesid, 0), 0);

    cr_assert_eq(enumerate(NULL, 0, 0, 100, &columns, &count), 0);
    cr_expect_eq(count, 5);
    const JET_ENUMCOLUMN *column = column_of(columns, count, table.id);
    cr_assert_eq(column->err, 0);
    cr_assert_eq(column->cEnumColumnValue, 1);
    cr_expect_eq(*(JET_LONG *)column->rgEnumColumnValue[0].pvData, 1);
    column = column_of(columns, count, table.text);
    cr_expect_eq(column->err, JET_wrnColumnNull);
    column = column_of(columns, count, many);
    cr_assert_eq(column->cEnumColumnValue, 3);
    for (JET_ULONG i = 0; i < 3; i++) {
        cr_expect_eq(column->rgEnumColumnValue[i].itagSequence, i + 1);
        cr_expect_eq(*(char *)column->rgEnumColumnValue[i].pvData, (char)('1' + i));
    }
    column = column_of(columns, count, big_id);
    cr_assert_eq(column->cEnumColumnValue, 1);
    cr_expect_eq(column->rgEnumColumnValue[0].err, JET_wrnColumnTruncated);
    cr_expect_eq(column->rgEnumColumnValue[0].cbData, 100);
    column = column_of(columns, count, with);
    cr_expect_eq(*(JET_LONG *)column->rgEnumColumnValue[0].pvData, 7);
    free_columns(columns, count);

    cr_assert_eq(enumerate(NULL, 0, JET_bitEnumerateTaggedOnly | JET_bitEnumerateIgnoreDefault |
                                        JET_bitEnumerateCompressOutput,
                           100000, &columns, &count), 0);
    cr_expect_eq(count, 2);
    column = column_of(columns, count, big_id);
    cr_assert_eq(column->err, JET_wrnColumnSingleValue);
    cr_assert_eq(column->cbData, sizeof big);
    cr_expect_arr_eq(column->pvData, big, sizeof big);
    cr_expect_eq(column_of(columns, count, many)->cEnumColumnValue, 3);
    free_columns(columns, count);

    cr_assert_eq(enumerate(NULL, 0, JET_bitEnumeratePresenceOnly, 0, &columns, &count), 0);
    cr_expect_eq(column_of(columns, count, big_id)->err, JET_wrnColumnPresent);
    cr_expect_eq(column_of(columns, count, table.text)->err, JET_wrnColumnNull);
    free_columns(columns, count);

    cr_assert_eq(enumerate(NULL, 0, JET_bitEnumerateInRecordOnly, 10, &columns, &count), 0);
    cr_expect_eq(column_of(columns, count, big_id)->rgEnumColumnValue[0].err,
                 JET_wrnColumnNotInRecord);
    free_columns(columns, count);

    JET_ULONG tags[] = {2, 0, 9};
    JET_ENUMCOLUMNID ids[] = {{many, 3, tags}, {0, 0, NULL}, {9999, 0, NULL}, {table.id, 0, NULL}};
    cr_assert_eq(enumerate(ids, 4, 0, 10, &columns, &count), JET_errColumnNotFound);
    cr_assert_eq(count, 4);
    cr_expect_eq(*(char *)columns[0].rgEnumColumnValue[0].pvData, '2');
    cr_expect_eq(columns[0].rgEnumColumnValue[1].err, JET_wrnColumnSkipped);
    cr_expect_eq(columns[0].rgEnumColumnValue[2].err, JET_wrnColumnNull);
    cr_expect_eq(columns[1].err, JET_wrnColumnSkipped);
    cr_expect_eq(columns[2].err, JET_errColumnNotFound);
    cr_expect_eq(columns[3].err, 0);
    free_columns(columns, count);

    cr_expect_eq(enumerate(ids, 4, JET_bitEnumerateTaggedOnly, 10, &columns, &count),
                 JET_errInvalidGrbit);
    cr_expect_eq(enumerate(NULL, 0, 2, 10, &columns, &count), JET_errInvalidGrbit);
    cr_expect_eq(JetEnumerateColumns(table.sesid, table.tableid, 0, NULL, NULL, &columns,
                                     count_realloc, NULL, 0, 0),
                 JET_errInvalidParameter);
    cr_expect_eq(JetMove(table.sesid, table.tableid, JET_MoveNext, 0), JET_errNoCurrentRecord);
    columns = (void *)big;
    cr_expect_eq(enumerate(NULL, 0, 0, 10, &columns, &count), JET_errNoCurrentRecord);
    cr_expect_eq(columns, NULL);
    cr_expect_eq(count, 0);
    cr_expect_eq(JetTerm(table.instance), 0);
}

/* ---- JetGetRecordSize2, JetGetCursorInfo, JetSetColumnDefaultValue ----------------------------- */

Test(column, record_size)
{
    static char big[5000];
    JET_RECSIZE2 size;
    JET_RECSIZE small;
    test_open_table(&table);
    JET_COLUMNID big_id = add("big", JET_coltypLongBinary, 0, NULL, 0);
    cr_assert_eq(JetPrepareUpdate(table.sesid, table.tableid, JET_prepInsert), 0);
    JET_LONG one = 1;
    cr_assert_eq(JetSetColumn(table.sesid, table.tableid, table.id, &one, 4, 0, NULL), 0);
    cr_assert_eq(JetSetColumn(table.sesid, table.tableid, big_id, big, sizeof big, 0, NULL), 0);
    cr_assert_eq(JetGetRecordSize2(table.sesid, table.tableid, &size, JET_bitRecordSizeInCopyBuffer),
                 0);
    cr_expect_eq(size.cbLongValueData, sizeof big);
    cr_assert_eq(JetUpdate(table.sesid, table.tableid, NULL, 0, NULL), 0);
    cr_expect_eq(
        JetGetRecordSize2(table.sesid, table.tableid, &size, JET_bitRecordSizeInCopyBuffer),
        JET_errUpdateNotPrepared);
    cr_assert_eq(JetMove(table.sesid, table.tableid, JET_MoveFirst, 0), 0);
    cr_assert_eq(JetGetRecordSize2(table.sesid, table.tableid, &size, 0), 0);
    cr_expect_eq(size.cbData, 4);
    cr_expect_eq(size.cbLongValueData, sizeof big);
    cr_expect_eq(size.cLongValues, 1);
    cr_expect_eq(size.cNonTaggedColumns, 1);
    cr_expect_eq(size.cTaggedColumns, 1);
    cr_expect_gt(size.cbOverhead, 0);
    cr_assert_eq(JetGetRecordSize2(table.sesid, table.tableid, &size,
                                   JET_bitRecordSizeRunningTotal), 0);
    cr_expect_eq(size.cbData, 8);
    cr_assert_eq(JetGetRecordSize2(table.sesid, table.tableid, &size, JET_bitRecordSizeLocal), 0);
    cr_expect_eq(size.cbLongValueData, 0);
    cr_assert_eq(JetGetRecordSize(table.sesid, table.tableid, &small, 0), 0);
    cr_expect_eq(small.cbLongValueData, sizeof big);
    cr_expect_eq(JetGetRecordSize2(table.sesid, table.tableid, &size, 8), JET_errInvalidGrbit);
    cr_expect_eq(JetTerm(table.instance), 0);
}

/* A second session with the same table open. */
static JET_TABLEID open_again(JET_SESID *other)
{
    JET_DBID dbid;
    JET_TABLEID again;
    *other = test_session(table.instance);
    cr_assert_eq(JetOpenDatabaseA(*other, table.path, NULL, &dbid, 0), 0);
    cr_assert_eq(JetOpenTableA(*other, dbid, "rows", NULL, 0, 0, &again), 0);
    return again;
}

static void reopen(JET_GRBIT grbit)
{
    cr_assert_eq(JetCloseTable(table.sesid, table.tableid), 0);
    cr_assert_eq(JetOpenTableA(table.sesid, table.dbid, "rows", NULL, 0, grbit, &table.tableid), 0);
}

Test(column, cursor_info_tells_of_conflicts)
{
    JET_SESID other;
    test_open_table(&table);
    reopen(0);
    JET_TABLEID again = open_again(&other);
    cr_expect_eq(JetGetCursorInfo(other, again, NULL, 0, 0), JET_errNoCurrentRecord);
    first_row();
    cr_assert_eq(JetMove(other, again, JET_MoveFirst, 0), 0);
    cr_expect_eq(JetGetCursorInfo(other, again, NULL, 0, 0), 0);
    cr_expect_eq(JetGetCursorInfo(other, again, NULL, 0, 1), JET_errInvalidParameter);
    cr_expect_eq(JetGetCursorInfo(other, again, NULL, 1, 0), JET_errInvalidParameter);
    cr_assert_eq(JetBeginTransaction(table.sesid), 0);
    cr_assert_eq(JetGetLock(table.sesid, table.tableid, JET_bitWriteLock), 0);
    cr_expect_eq(JetGetCursorInfo(other, again, NULL, 0, 0), JET_errWriteConflict);
    cr_expect_eq(JetGetCursorInfo(table.sesid, table.tableid, NULL, 0, 0), 0);
    cr_assert_eq(JetCommitTransaction(table.sesid, 0), 0);
    cr_expect_eq(JetTerm(table.instance), 0);
}

static JET_LONG value_of(JET_COLUMNID id)
{
    JET_LONG value = -1;
    JET_ERR err =
        JetRetrieveColumn(table.sesid, table.tableid, id, &value, sizeof value, NULL, 0, NULL);
    return err == JET_wrnColumnNull ? -2 : value;
}

Test(column, default_values_can_be_changed)
{
    JET_LONG seven = 7, eight = 8, nine = 9;
    test_open_table(&table);
    JET_COLUMNID id = add("default", JET_coltypLong, 0, &seven, 4);
    JET_COLUMNID none = add("none", JET_coltypLong, 0, NULL, 0);
    reopen(0);
    first_row();
    cr_expect_eq(value_of(id), 7);
    cr_expect_eq(value_of(none), -2);
    cr_assert_eq(JetSetColumnDefaultValueA(table.sesid, table.dbid, "rows", "default", &eight, 4, 0),
                 0);
    cr_assert_eq(JetSetColumnDefaultValueA(table.sesid, table.dbid, "rows", "none", &nine, 4, 0), 0);
    cr_expect_eq(value_of(id), 8);
    cr_expect_eq(value_of(none), 9);
    cr_assert_eq(JetBeginTransaction(table.sesid), 0);
    cr_assert_eq(JetSetColumnDefaultValueA(table.sesid, table.dbid, "rows", "default", &nine, 4, 0),
                 0);
    cr_expect_eq(value_of(id), 9);
    cr_assert_eq(JetRollback(table.sesid, 0), 0);
    cr_expect_eq(value_of(id), 8);
    cr_expect_eq(JetSetColumnDefaultValueA(table.sesid, table.dbid, "rows", "default", NULL, 0, 0),
                 JET_errNullInvalid);
    cr_expect_eq(JetSetColumnDefaultValueA(table.sesid, table.dbid, "rows", "x", &nine, 4, 0),
                 JET_errColumnNotFound);
    cr_expect_eq(JetSetColumnDefaultValueA(table.sesid, table.dbid, "x", "default", &nine, 4, 0),
                 JET_errObjectNotFound);
    cr_expect_eq(JetSetColumnDefaultValueA(table.sesid, table.dbid, "rows", "id", &nine, 4, 0),
                 JET_errColumnInUse);
    cr_expect_eq(JetSetColumnDefaultValueA(table.sesid, table.dbid, "rows", "none", &nine, 3, 0),
                 JET_errInvalidBufferSize);
    cr_expect_eq(JetTerm(table.instance), 0);
}

/* ---- JetSetColumn(s): what is told --------------------------------------------------------- */

Test(column, setting_several_ends_with_the_first_error_and_tells_the_last_warning)
{
    char text[20];
    JET_ULONG size = 0;
    test_open_table(&table);
    JET_COLUMNDEF def = {.cbStruct = sizeof def, .coltyp = JET_coltypText, .cbMax = 3, .cp = 1252};
    JET_COLUMNID brief;
    cr_assert_eq(JetAddColumnA(table.sesid, table.tableid, "brief", &def, NULL, 0, &brief), 0);
    JET_LONG id = 1;
    JET_SETCOLUMN set[3] = {{.columnid = brief, .pvData = "abcdef", .cbData = 6},
                            {.columnid = table.id, .pvData = &id, .cbData = sizeof id},
                            {.columnid = table.text, .pvData = "word", .cbData = 4}};
    cr_assert_eq(JetPrepareUpdate(table.sesid, table.tableid, JET_prepInsert), 0);
    cr_expect_eq(JetSetColumns(table.sesid, table.tableid, set, 2), 0);
    cr_expect_eq(set[0].err, JET_wrnColumnMaxTruncated);
    cr_expect_eq(JetSetColumns(table.sesid, table.tableid, set, 1), JET_wrnColumnMaxTruncated);
    set[1].cbData = 3;
    cr_expect_eq(JetSetColumns(table.sesid, table.tableid, set, 3), JET_errInvalidBufferSize);
    cr_expect_eq(set[1].err, JET_errInvalidBufferSize);
    cr_expect_eq(JetRetrieveColumn(table.sesid, table.tableid, table.text, text, sizeof text, &size,
                                   JET_bitRetrieveCopy, NULL), JET_wrnColumnNull);
    static const struct { JET_COLUMNID id; JET_ERR err; } bad[] = {
        {0, JET_errBadColumnId}, {0x7FFFFFFF, JET_errBadColumnId}, {60000, JET_errColumnNotFound}};
    for (unsigned i = 0; i < 3; i++) {
        cr_expect_eq(JetSetColumn(table.sesid, table.tableid, bad[i].id, "x", 1, 0, NULL), bad[i].err);
    }
    cr_expect_eq(JetTerm(table.instance), 0);
}

/* ---- JetEscrowUpdate ------------------------------------------------------------------------- */

Test(column, escrow_update)
{
    JET_LONG zero = 0, delta = 5, old = -1;
    JET_ULONG actual = 0;
    test_open_table(&table);
    reopen(JET_bitTableDenyRead);
    JET_COLUMNID id =
        add("count", JET_coltypLong, JET_bitColumnFixed | JET_bitColumnEscrowUpdate, &zero, 4);
    reopen(0);
    first_row();
    cr_expect_eq(JetEscrowUpdate(table.sesid, table.tableid, id, &delta, 4, &old, 4, &actual, 0),
                 JET_errNotInTransaction);
    cr_assert_eq(JetBeginTransaction(table.sesid), 0);
    cr_expect_eq(JetEscrowUpdate(table.sesid, table.tableid, id, &delta, 4, &old, 4, &actual, 0), 0);
    cr_expect_eq(old, 0);
    cr_expect_eq(actual, 4);
    cr_expect_eq(JetEscrowUpdate(table.sesid, table.tableid, id, &delta, 4, NULL, 0, NULL, 0), 0);
    cr_expect_eq(value_of(id), 10);
    cr_assert_eq(JetRollback(table.sesid, 0), 0);
    cr_expect_eq(value_of(id), 0);
    /* All of it or nothing. */
    char small[4] = "xyz";
    for (JET_ULONG room = 0; room < 4; room++) {
        actual = 0;
        cr_expect_eq(JetRetrieveColumn(table.sesid, table.tableid, id, room != 0 ? small : NULL,
                                       room, &actual, 0, NULL), JET_errInvalidBufferSize);
        cr_expect_eq(actual, 4);
        cr_expect_str_eq(small, "xyz");
    }
    cr_expect_eq(JetTerm(table.instance), 0);
}

/* ---- callbacks ------------------------------------------------------------------------------- */

static struct {
    JET_CBTYP types;
    int calls;
    JET_ERR answer, retrieved, moved;
    JET_LONG seen;
} told;

static JET_ERR JET_CALL callback(JET_SESID sesid, JET_DBID dbid, JET_TABLEID tableid,
                                 JET_CBTYP type, void *arg1, void *arg2, void *context,
                                 JET_API_PTR last)
{
    (void)arg1, (void)arg2, (void)last;
    cr_expect_eq(sesid, table.sesid);
    cr_expect_eq(dbid, table.dbid);
    cr_expect_eq(context, (void *)&told);
    told.types |= type;
    told.calls++;
    JET_GRBIT copy = type == JET_cbtypBeforeInsert ? JET_bitRetrieveCopy : 0;
    told.retrieved = JetRetrieveColumn(sesid, tableid, table.id, &told.seen, 4, NULL, copy, NULL);
    told.moved = JetMove(sesid, tableid, JET_MoveFirst, 0);
    return told.answer;
}

Test(column, callbacks_are_told_and_may_refuse)
{
    JET_HANDLE before, after;
    test_open_table(&table);
    const JET_CBTYP befores =
        JET_cbtypBeforeInsert | JET_cbtypBeforeReplace | JET_cbtypBeforeDelete;
    cr_expect_eq(JetRegisterCallback(table.sesid, table.tableid, 0, callback, &told, &before),
                 JET_errInvalidParameter);
    cr_expect_eq(JetRegisterCallback(table.sesid, table.tableid, befores, NULL, &told, &before),
                 JET_errInvalidParameter);
    cr_expect_eq(JetRegisterCallback(table.sesid, table.tableid, befores, callback, &told, NULL),
                 JET_errInvalidParameter);
    cr_assert_eq(JetRegisterCallback(table.sesid, table.tableid, befores, callback, &told, &before),
                 0);
    told.answer = JET_errCallbackFailed;
    cr_expect_eq(test_insert(table.sesid, table.tableid, table.id, 5), JET_errCallbackFailed);
    cr_expect_eq(told.types, JET_cbtypBeforeInsert);
    cr_expect_eq(told.retrieved, 0);
    cr_expect_eq(told.seen, 5);
    cr_expect_eq(told.moved, JET_errIllegalOperation, "not with this cursor");
    told.answer = 0;
    cr_assert_eq(test_insert(table.sesid, table.tableid, table.id, 5), 0);
    cr_assert_eq(JetMove(table.sesid, table.tableid, JET_MoveFirst, 0), 0);
    told.answer = JET_errCallbackFailed;
    cr_expect_eq(JetDelete(table.sesid, table.tableid), JET_errCallbackFailed);
    cr_assert_eq(JetUnregisterCallback(table.sesid, table.tableid, befores, before), 0);
    cr_expect_eq(JetUnregisterCallback(table.sesid, table.tableid, befores, before),
                 JET_errInvalidParameter);
    memset(&told, 0, sizeof told);
    told.answer = JET_errCallbackFailed; /* of no consequence afterwards */
    const JET_CBTYP afters = JET_cbtypAfterInsert | JET_cbtypAfterReplace | JET_cbtypAfterDelete;
    cr_assert_eq(JetRegisterCallback(table.sesid, table.tableid, afters, callback, &told, &after),
                 0);
    cr_assert_eq(test_insert(table.sesid, table.tableid, table.id, 6), 0);
    cr_assert_eq(JetPrepareUpdate(table.sesid, table.tableid, JET_prepReplace), 0);
    cr_assert_eq(JetSetColumn(table.sesid, table.tableid, table.text, "x", 1, 0, NULL), 0);
    cr_assert_eq(JetUpdate(table.sesid, table.tableid, NULL, 0, NULL), 0);
    cr_assert_eq(JetDelete(table.sesid, table.tableid), 0);
    cr_expect_eq(told.types, afters);
    cr_expect_eq(told.calls, 3);
    cr_expect_eq(JetTerm(table.instance), 0);
}

/* ---- local storage --------------------------------------------------------------------------- */

static int freed_cursor, freed_table;

static JET_ERR JET_CALL runtime(JET_SESID sesid, JET_DBID dbid, JET_TABLEID tableid, JET_CBTYP type,
                                void *arg1, void *arg2, void *context, JET_API_PTR last)
{
    (void)dbid, (void)arg2, (void)context, (void)last;
    cr_expect_eq(sesid, JET_sesidNil);
    cr_expect_eq(tableid, JET_tableidNil);
    if (type == JET_cbtypFreeCursorLS) {
        freed_cursor = (int)(intptr_t)arg1;
    } else if (type == JET_cbtypFreeTableLS) {
        freed_table = (int)(intptr_t)arg1;
    }
    return JET_errSuccess;
}

Test(column, local_storage_needs_the_callback)
{
    JET_LS ls;
    test_open_table(&table);
    cr_expect_eq(JetSetLS(table.sesid, table.tableid, 1, 0), JET_errLSCallbackNotSpecified);
    cr_expect_eq(JetGetLS(table.sesid, table.tableid, &ls, 0), JET_errLSNotSet);
    cr_expect_eq(JetTerm(table.instance), 0);
}

Test(column, local_storage)
{
    JET_LS ls = 0;
    JET_INSTANCE instance = test_create();
    cr_assert_eq(JetSetSystemParameterA(&instance, JET_sesidNil, JET_paramRuntimeCallback,
                                        (JET_API_PTR)(uintptr_t)runtime, NULL), 0);
    cr_assert_eq(JetInit(&instance), 0);
    JET_SESID sesid = test_session(instance);
    JET_DBID dbid;
    JET_TABLEID tableid, other;
    cr_assert_eq(JetCreateDatabaseA(sesid, test_path("ls.edb"), NULL, &dbid, 0), 0);
    cr_assert_eq(JetCreateTableA(sesid, dbid, "t", 1, 100, &tableid), 0);
    cr_assert_eq(JetDupCursor(sesid, tableid, &other, 0), 0);
    cr_expect_eq(JetGetLS(sesid, tableid, &ls, JET_bitLSCursor), JET_errLSNotSet);
    cr_expect_eq(JetSetLS(sesid, tableid, 11, JET_bitLSCursor | JET_bitLSTable),
                 JET_errInvalidGrbit);
    cr_expect_eq(JetSetLS(sesid, tableid, 11, 0), 0);
    cr_expect_eq(JetSetLS(sesid, tableid, 12, 0), JET_errLSAlreadySet);
    cr_expect_eq(JetSetLS(sesid, tableid, 21, JET_bitLSTable), 0);
    cr_expect_eq(JetGetLS(sesid, tableid, &ls, 0), 0);
    cr_expect_eq(ls, 11);
    cr_expect_eq(JetGetLS(sesid, other, &ls, 0), JET_errLSNotSet, "the other cursor has its own");
    cr_expect_eq(JetGetLS(sesid, other, &ls, JET_bitLSTable), 0);
    cr_expect_eq(ls, 21);
    cr_expect_eq(JetGetLS(sesid, tableid, &ls, JET_bitLSReset), 0);
    cr_expect_eq(ls, 11);
    cr_expect_eq(JetGetLS(sesid, tableid, &ls, JET_bitLSReset), 0);
    cr_expect_eq(ls, JET_LSNil);
    cr_expect_eq(JetSetLS(sesid, tableid, 13, 0), 0);
    cr_expect_eq(JetCloseTable(sesid, tableid), 0);
    cr_expect_eq(freed_cursor, 13);
    cr_expect_eq(JetCloseTable(sesid, other), 0);
    cr_expect_eq(freed_table, 0);
    cr_expect_eq(JetTerm(instance), 0);
    cr_expect_eq(freed_table, 21);
}

/* ---- user-defined defaults ------------------------------------------------------------------- */

static JET_ERR add_computed(const char *name, char *function, char *user, JET_GRBIT grbit,
                            JET_ULONG size, JET_COLUMNID *id)
{
    JET_USERDEFINEDDEFAULT_A definition = {
        .szCallback = function,
        .pbUserData = (unsigned char *)user,
        .cbUserData = user == NULL ? 0 : (JET_ULONG)strlen(user) + 1,
    };
    JET_COLUMNDEF def = {.cbStruct = sizeof def,
                         .coltyp = JET_coltypText,
                         .grbit = JET_bitColumnUserDefinedDefault | grbit,
                         .cp = 1252};
    return JetAddColumnA(table.sesid, table.tableid, name, &def, &definition, size, id);
}

Test(column, user_defined_defaults)
{
    char function[] = CALLBACK_MODULE "!compute", missing[] = CALLBACK_MODULE "!nothing";
    char user[] = "computed", out[20] = "";
    const JET_ULONG whole = sizeof(JET_USERDEFINEDDEFAULT_A);
    JET_COLUMNID id = 0, none = 0;
    JET_ULONG actual = 0;
    test_open_table(&table);
    cr_expect_eq(add_computed("x", function, user, 0, whole, NULL), JET_errInvalidGrbit);
    cr_expect_eq(add_computed("x", function, user, JET_bitColumnTagged, whole - 1, NULL),
                 JET_errInvalidParameter);
    cr_expect_eq(add_computed("x", missing, user, JET_bitColumnTagged, whole, NULL),
                 JET_errCallbackNotResolved);
    cr_assert_eq(add_computed("computed", function, user, JET_bitColumnTagged, whole, &id), 0);
    cr_expect_eq(JetCreateIndexA(table.sesid, table.tableid, "i", 0, "+computed\0", 11, 100),
                 JET_errCannotIndex);
    cr_assert_eq(add_computed("none", function, NULL, JET_bitColumnTagged, whole, &none), 0);
    first_row();
    for (int round = 0; round < 2; round++) {
        JET_SESID sesid = table.sesid;
        JET_TABLEID tableid = table.tableid;
        cr_assert_eq(JetRetrieveColumn(sesid, tableid, id, out, sizeof out, &actual, 0, NULL), 0);
        cr_expect_eq(actual, 8);
        cr_expect_arr_eq(out, user, 8);
        cr_expect_eq(JetRetrieveColumn(sesid, tableid, id, out, 3, &actual, 0, NULL),
                     JET_wrnBufferTruncated);
        cr_expect_eq(actual, 8);
        cr_expect_eq(JetRetrieveColumn(sesid, tableid, none, out, sizeof out, &actual, 0, NULL),
                     JET_wrnColumnNull);
        cr_expect_eq(JetRetrieveColumn(sesid, tableid, id, out, sizeof out, &actual,
                                       JET_bitRetrieveIgnoreDefault, NULL),
                     JET_wrnColumnNull);
        /* and again after the definition was read from the file */
        cr_assert_eq(JetCloseTable(sesid, tableid), 0);
        cr_assert_eq(JetCloseDatabase(sesid, table.dbid, 0), 0);
        cr_assert_eq(JetDetachDatabaseA(sesid, table.path), 0);
        cr_assert_eq(JetAttachDatabaseA(sesid, table.path, 0), 0);
        cr_assert_eq(JetOpenDatabaseA(sesid, table.path, NULL, &table.dbid, 0), 0);
        cr_assert_eq(JetOpenTableA(sesid, table.dbid, "rows", NULL, 0, 0, &table.tableid), 0);
        cr_assert_eq(JetMove(sesid, table.tableid, JET_MoveFirst, 0), 0);
    }
    JET_ENUMCOLUMN *columns = NULL;
    JET_ULONG count = 0;
    cr_assert_eq(enumerate(NULL, 0, 0, 100, &columns, &count), 0);
    const JET_ENUMCOLUMN *column = column_of(columns, count, id);
    cr_assert_eq(column->cEnumColumnValue, 1);
    cr_expect_eq(column->rgEnumColumnValue[0].cbData, 8);
    cr_expect_arr_eq(column->rgEnumColumnValue[0].pvData, user, 8);
    cr_expect_eq(column_of(columns, count, none)->err, JET_wrnColumnNull);
    free_columns(columns, count);
    cr_assert_eq(enumerate(NULL, 0, JET_bitEnumerateIgnoreUserDefinedDefault, 100, &columns,
                           &count), 0);
    cr_expect_eq(column_of(columns, count, id), NULL);
    free_columns(columns, count);
    cr_assert_eq(JetPrepareUpdate(table.sesid, table.tableid, JET_prepReplace), 0);
    cr_assert_eq(JetSetColumn(table.sesid, table.tableid, id, "own", 3, 0, NULL), 0);
    cr_assert_eq(JetUpdate(table.sesid, table.tableid, NULL, 0, NULL), 0);
    cr_assert_eq(JetRetrieveColumn(table.sesid, table.tableid, id, out, sizeof out, &actual, 0,
                                   NULL), 0);
    cr_expect_eq(actual, 3);
    cr_expect_eq(JetTerm(table.instance), 0);
}
