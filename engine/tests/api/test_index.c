/* Secondary indexes through the API: what the structs say, what the information calls answer, bookmarks of entries,
 * filters, statistics, intersections. */
#include <criterion/criterion.h>
#include <stddef.h>
#include <string.h>

#include "engine/tests/api/support.h"

static struct test_table table;

#define OK(call) cr_assert_eq((call), JET_errSuccess, "%s", #call)
#define IS(call, wanted)                                                                           \
    do {                                                                                           \
        JET_ERR got_ = (call);                                                                     \
        cr_assert_eq(got_, (wanted), "%s returned %d, not %s", #call, (int)got_, #wanted);         \
    } while (0)

static void put(JET_LONG id, const char *text)
{
    OK(JetPrepareUpdate(table.sesid, table.tableid, JET_prepInsert));
    OK(JetSetColumn(table.sesid, table.tableid, table.id, &id, sizeof id, 0, NULL));
    if (text != NULL) {
        OK(JetSetColumn(table.sesid, table.tableid, table.text, text, (JET_ULONG)strlen(text), 0,
                        NULL));
    }
    OK(JetUpdate(table.sesid, table.tableid, NULL, 0, NULL));
}

static void setup(void)
{
    test_open_table(&table);
    put(1, "pear");
    put(2, "Apple");
    put(3, NULL);
    put(4, "apple");
    put(5, "plum");
}

static void teardown(void)
{
    OK(JetTerm(table.instance));
}

TestSuite(index, .init = setup, .fini = teardown);

static JET_LONG id_at(JET_TABLEID tableid)
{
    JET_LONG id = 0;
    OK(JetRetrieveColumn(table.sesid, tableid, table.id, &id, sizeof id, NULL, 0, NULL));
    return id;
}

static void create(const char *name, const char *key, JET_ULONG size, JET_GRBIT grbit)
{
    OK(JetCreateIndexA(table.sesid, table.tableid, name, grbit, key, size, 100));
}

static void seek_text(JET_TABLEID tableid, const char *text, JET_GRBIT grbit, JET_ERR wanted)
{
    OK(JetMakeKey(table.sesid, tableid, text, (JET_ULONG)strlen(text), JET_bitNewKey));
    IS(JetSeek(table.sesid, tableid, grbit), wanted);
}

Test(index, seeks_moves_and_ranges)
{
    JET_ULONG count;
    create("text", "+text\0", 7, 0);
    OK(JetSetCurrentIndexA(table.sesid, table.tableid, "text"));
    cr_expect_eq(id_at(table.tableid), 3);
    seek_text(table.tableid, "APPLE", JET_bitSeekEQ, JET_errSuccess);
    cr_expect_eq(id_at(table.tableid), 2);
    seek_text(table.tableid, "apple", JET_bitSeekGT, JET_errSuccess);
    cr_expect_eq(id_at(table.tableid), 1);
    seek_text(table.tableid, "pear", JET_bitSeekLT, JET_errSuccess);
    cr_expect_eq(id_at(table.tableid), 4);
    seek_text(table.tableid, "b", JET_bitSeekGE, JET_wrnSeekNotEqual);
    cr_expect_eq(id_at(table.tableid), 1);
    seek_text(table.tableid, "b", JET_bitSeekLE, JET_wrnSeekNotEqual);
    cr_expect_eq(id_at(table.tableid), 4);
    seek_text(table.tableid, "apple", JET_bitSeekEQ | JET_bitCheckUniqueness, JET_errSuccess);
    seek_text(table.tableid, "plum", JET_bitSeekEQ | JET_bitCheckUniqueness, JET_wrnUniqueKey);
    seek_text(table.tableid, "apple", JET_bitSeekEQ | JET_bitSetIndexRange, JET_errSuccess);
    OK(JetIndexRecordCount(table.sesid, table.tableid, &count, 0));
    cr_expect_eq(count, 2u);
    OK(JetMove(table.sesid, table.tableid, JET_MoveNext, 0));
    IS(JetMove(table.sesid, table.tableid, JET_MoveNext, 0), JET_errNoCurrentRecord);
    OK(JetMove(table.sesid, table.tableid, JET_MoveFirst, 0));
    OK(JetMove(table.sesid, table.tableid, 2, JET_bitMoveKeyNE));
    cr_expect_eq(id_at(table.tableid), 1);
    OK(JetMove(table.sesid, table.tableid, -1, JET_bitMoveKeyNE));
    cr_expect_eq(id_at(table.tableid), 4);
    /* All that begins with a p. */
    OK(JetMakeKey(table.sesid, table.tableid, "P", 1, JET_bitNewKey | JET_bitPartialColumnStartLimit));
    IS(JetSeek(table.sesid, table.tableid, JET_bitSeekGE), JET_wrnSeekNotEqual);
    OK(JetMakeKey(table.sesid, table.tableid, "p", 1, JET_bitNewKey | JET_bitPartialColumnEndLimit));
    OK(JetSetIndexRange(table.sesid, table.tableid, JET_bitRangeUpperLimit | JET_bitRangeInclusive));
    OK(JetIndexRecordCount(table.sesid, table.tableid, &count, 0));
    cr_expect_eq(count, 2u);
}

Test(index, bookmarks_of_entries)
{
    unsigned char key[JET_cbKeyMost], bookmark[JET_cbBookmarkMost], small[1];
    JET_ULONG key_size, size;
    JET_INDEXID id;
    IS(JetGetSecondaryIndexBookmark(table.sesid, table.tableid, key, sizeof key, &key_size, bookmark,
                                    sizeof bookmark, &size, 0),
       JET_errNoCurrentIndex);
    create("text", "-text\0", 7, 0);
    OK(JetSetCurrentIndexA(table.sesid, table.tableid, "text"));
    cr_expect_eq(id_at(table.tableid), 5);
    IS(JetGetSecondaryIndexBookmark(table.sesid, table.tableid, small, sizeof small, &key_size,
                                    bookmark, sizeof bookmark, &size, 0),
       JET_errBufferTooSmall);
    cr_expect_gt(key_size, sizeof small);
    OK(JetGetSecondaryIndexBookmark(table.sesid, table.tableid, key, sizeof key, &key_size, bookmark,
                                    sizeof bookmark, &size, 0));
    OK(JetMove(table.sesid, table.tableid, JET_MoveLast, 0));
    OK(JetGotoSecondaryIndexBookmark(table.sesid, table.tableid, key, key_size, bookmark, size, 0));
    cr_expect_eq(id_at(table.tableid), 5);
    OK(JetGotoBookmark(table.sesid, table.tableid, bookmark, size));
    OK(JetDelete(table.sesid, table.tableid));
    IS(JetGotoSecondaryIndexBookmark(table.sesid, table.tableid, key, key_size, bookmark, size,
                                     JET_bitBookmarkPermitVirtualCurrency),
       JET_errRecordDeleted);
    OK(JetMove(table.sesid, table.tableid, JET_MoveNext, 0));
    cr_expect_eq(id_at(table.tableid), 1);
    IS(JetGotoSecondaryIndexBookmark(table.sesid, table.tableid, NULL, 0, bookmark, size, 0),
       JET_errInvalidBookmark);
    OK(JetGetTableIndexInfoA(table.sesid, table.tableid, "text", &id, sizeof id, JET_IdxInfoIndexId));
    OK(JetSetCurrentIndexA(table.sesid, table.tableid, NULL));
    OK(JetSetCurrentIndex4A(table.sesid, table.tableid, NULL, &id, JET_bitMoveFirst, 0));
    cr_expect_eq(id_at(table.tableid), 1);
    id.rgbIndexId[0] ^= 1;
    IS(JetSetCurrentIndex4A(table.sesid, table.tableid, NULL, &id, JET_bitMoveFirst, 0),
       JET_errInvalidIndexId);
    OK(JetMove(table.sesid, table.tableid, JET_MoveLast, 0));
    OK(JetSetCurrentIndex2A(table.sesid, table.tableid, NULL, JET_bitNoMove));
    cr_expect_eq(id_at(table.tableid), 3);
}

Test(index, what_the_structs_say_is_kept)
{
    union {
        JET_INDEXCREATE3_A create;
        unsigned char bytes[1024];
    } answer;
    char locale[32];
    JET_ULONG number;
    unsigned short most;
    JET_WCHAR swedish[] = {'s', 'v', '-', 'S', 'E', 0};
    char text_name[] = "text", index_name[] = "i", key[] = "-text\0+id\0";
    JET_UNICODEINDEX2 unicode = {swedish, 0x00030001u};
    JET_CONDITIONALCOLUMN_A condition = {sizeof condition, text_name,
                                         JET_bitIndexColumnMustBeNonNull};
    JET_SPACEHINTS hints = {.cbStruct = sizeof hints, .ulInitialDensity = 77, .cbMaxExtent = 4096};
    JET_INDEXCREATE3_A create = {.cbStruct = sizeof create,
                                 .szIndexName = index_name,
                                 .szKey = key,
                                 .cbKey = sizeof key,
                                 .grbit = JET_bitIndexUnicode | JET_bitIndexKeyMost,
                                 .ulDensity = 60,
                                 .pidxunicode = &unicode,
                                 .rgconditionalcolumn = &condition,
                                 .cConditionalColumn = 1,
                                 .cbKeyMost = 300,
                                 .pSpacehints = &hints};
    OK(JetCreateIndex4A(table.sesid, table.tableid, &create, 1));
    OK(JetGetTableIndexInfoA(table.sesid, table.tableid, "i", &answer, sizeof answer,
                             JET_IdxInfoCreateIndex3));
    cr_expect_str_eq(answer.create.szIndexName, "i");
    cr_expect_eq(answer.create.cbKey, sizeof key);
    cr_expect_eq(memcmp(answer.create.szKey, key, sizeof key), 0);
    cr_expect_eq(answer.create.cbKeyMost, 300u);
    cr_expect_eq(answer.create.ulDensity, 60u);
    cr_expect_eq(memcmp(answer.create.pidxunicode->szLocaleName, swedish, sizeof swedish), 0);
    cr_expect_eq(answer.create.cConditionalColumn, 1u);
    cr_expect_str_eq(answer.create.rgconditionalcolumn->szColumnName, "text");
    cr_expect_eq(answer.create.pSpacehints->ulInitialDensity, 77u);
    IS(JetGetTableIndexInfoA(table.sesid, table.tableid, "i", &answer,
                             sizeof(JET_INDEXCREATE3_A) + 8, JET_IdxInfoCreateIndex3),
       JET_errBufferTooSmall);
    OK(JetGetTableIndexInfoA(table.sesid, table.tableid, "i", locale, sizeof locale,
                             JET_IdxInfoLocaleName));
    cr_expect_str_eq(locale, "sv-SE");
    OK(JetGetTableIndexInfoA(table.sesid, table.tableid, "i", &number, sizeof number, JET_IdxInfoLCID));
    cr_expect_eq(number, 0x041Du);
    OK(JetGetTableIndexInfoA(table.sesid, table.tableid, "i", &most, sizeof most, JET_IdxInfoKeyMost));
    cr_expect_eq(most, 300);
    OK(JetGetTableIndexInfoA(table.sesid, table.tableid, "i", &number, sizeof number,
                             JET_IdxInfoSpaceAlloc));
    cr_expect_eq(number, 60u);
    OK(JetGetIndexInfoA(table.sesid, table.dbid, "rows", NULL, &number, sizeof number,
                        JET_IdxInfoCount));
    cr_expect_eq(number, 2u);
    /* What it said makes the same index again. */
    OK(JetGetTableIndexInfoA(table.sesid, table.tableid, "i", &answer, sizeof answer,
                             JET_IdxInfoCreateIndex3));
    OK(JetDeleteIndexA(table.sesid, table.tableid, "i"));
    OK(JetCreateIndex4A(table.sesid, table.tableid, &answer.create, 1));
    OK(JetSetCurrentIndexA(table.sesid, table.tableid, "i"));
    OK(JetMove(table.sesid, table.tableid, 4 - 1, 0));
    IS(JetMove(table.sesid, table.tableid, 1, 0), JET_errNoCurrentRecord);

    condition.grbit = 0;
    create.szIndexName = text_name;
    IS(JetCreateIndex4A(table.sesid, table.tableid, &create, 1), JET_errInvalidGrbit);
    create.cConditionalColumn = 0;
    create.cbKeyMost = 0;
    IS(JetCreateIndex4A(table.sesid, table.tableid, &create, 1), JET_errIndexInvalidDef);
    create.cbKeyMost = 300;
    swedish[0] = '?';
    IS(JetCreateIndex4A(table.sesid, table.tableid, &create, 1), JET_errInvalidLanguageId);
    create.grbit = JET_bitIndexTupleLimits;
    IS(JetCreateIndex4A(table.sesid, table.tableid, &create, 1), JET_errIndexInvalidDef);
    create.grbit = JET_bitIndexEmpty;
    IS(JetCreateIndex4A(table.sesid, table.tableid, &create, 1), JET_errInvalidGrbit);
    create.grbit = JET_bitIndexUnversioned;
    OK(JetBeginTransaction(table.sesid));
    IS(JetCreateIndex4A(table.sesid, table.tableid, &create, 1), JET_errInTransaction);
    OK(JetRollback(table.sesid, 0));
    OK(JetCreateIndex4A(table.sesid, table.tableid, &create, 1));
}

Test(index, ranges_and_counts_of_nothing)
{
    JET_TABLEID empty;
    JET_ULONG count = 7;
    OK(JetCreateTableA(table.sesid, table.dbid, "empty", 1, 80, &empty));
    OK(JetIndexRecordCount(table.sesid, empty, &count, 0));
    cr_expect_eq(count, 0u);
    IS(JetSetIndexRange(table.sesid, empty, JET_bitRangeUpperLimit), JET_errNoCurrentIndex);
    IS(JetSetIndexRange(table.sesid, empty, JET_bitRangeRemove), JET_errInvalidOperation);
    IS(JetSetIndexRange(table.sesid, table.tableid, JET_bitRangeUpperLimit), JET_errKeyNotMade);
    OK(JetMove(table.sesid, table.tableid, JET_MoveLast, 0));
    IS(JetMove(table.sesid, table.tableid, JET_MoveNext, 0), JET_errNoCurrentRecord);
    IS(JetIndexRecordCount(table.sesid, table.tableid, &count, 0), JET_errNoCurrentRecord);
}

Test(index, filters)
{
    JET_LONG two = 2, four = 4;
    JET_INDEX_COLUMN filters[] = {{table.id, JET_relopGreaterThan, &two, sizeof two, 0},
                                  {table.text, JET_relopPrefixEquals, (void *)"P", 1, 0}};
    OK(JetSetCursorFilter(table.sesid, table.tableid, filters, 1, 0));
    OK(JetMove(table.sesid, table.tableid, JET_MoveFirst, 0));
    cr_expect_eq(id_at(table.tableid), 3);
    OK(JetSetCursorFilter(table.sesid, table.tableid, filters, 2, 0));
    OK(JetMove(table.sesid, table.tableid, JET_MoveFirst, 0));
    cr_expect_eq(id_at(table.tableid), 5);
    IS(JetMove(table.sesid, table.tableid, JET_MoveNext, 0), JET_errNoCurrentRecord);
    filters[0] = (JET_INDEX_COLUMN){table.id, JET_relopBitmaskNotEqualsZero, &four, sizeof four, 0};
    OK(JetSetCursorFilter(table.sesid, table.tableid, filters, 1, 0));
    OK(JetMove(table.sesid, table.tableid, JET_MoveFirst, 0));
    cr_expect_eq(id_at(table.tableid), 4);
    JET_ULONG count;
    IS(JetIndexRecordCount(table.sesid, table.tableid, &count, 0), JET_errFilteredMoveNotSupported);
    IS(JetMove(table.sesid, table.tableid, 0, 0), JET_errFilteredMoveNotSupported);
    IS(JetSetCurrentIndexA(table.sesid, table.tableid, NULL), JET_errFilteredMoveNotSupported);
    IS(JetComputeStats(table.sesid, table.tableid), JET_errFilteredMoveNotSupported);
    cr_expect_eq(id_at(table.tableid), 4);
    OK(JetSetCursorFilter(table.sesid, table.tableid, NULL, 0, 0));
    OK(JetMove(table.sesid, table.tableid, JET_MoveFirst, 0));
    cr_expect_eq(id_at(table.tableid), 1);
    create("text", "+text\0", 7, 0);
    OK(JetSetCurrentIndexA(table.sesid, table.tableid, "text"));
    IS(JetSetCursorFilter(table.sesid, table.tableid, filters, 1, 0),
       JET_errFilteredMoveNotSupported);
}

Test(index, statistics)
{
    JET_INDEXLIST list;
    JET_LONG keys = 0, entries = 0;
    create("text", "+text\0", 7, 0);
    OK(JetComputeStats(table.sesid, table.tableid));
    OK(JetGetTableIndexInfoA(table.sesid, table.tableid, "text", &list, sizeof list, JET_IdxInfo));
    cr_expect_eq(list.cRecord, 1u);
    OK(JetRetrieveColumn(table.sesid, list.tableid, list.columnidcKey, &keys, sizeof keys, NULL, 0,
                         NULL));
    OK(JetRetrieveColumn(table.sesid, list.tableid, list.columnidcEntry, &entries, sizeof entries,
                         NULL, 0, NULL));
    cr_expect_eq(keys, 4);
    cr_expect_eq(entries, 5);
    OK(JetCloseTable(table.sesid, list.tableid));
}

Test(index, intersections)
{
    JET_TABLEID first, second;
    JET_RECORDLIST list = {.cbStruct = sizeof list};
    unsigned char bookmark[JET_cbBookmarkMost];
    JET_ULONG size;
    JET_LONG low = 2;
    create("text", "+text\0", 7, 0);
    create("id", "+id\0", 5, 0);
    OK(JetDupCursor(table.sesid, table.tableid, &first, 0));
    OK(JetDupCursor(table.sesid, table.tableid, &second, 0));
    OK(JetSetCurrentIndexA(table.sesid, first, "text"));
    OK(JetSetCurrentIndexA(table.sesid, second, "id"));
    JET_INDEXRANGE ranges[] = {{sizeof ranges[0], first, JET_bitRecordInIndex},
                               {sizeof ranges[0], second, JET_bitRecordInIndex}};
    seek_text(first, "apple", JET_bitSeekEQ | JET_bitSetIndexRange, JET_errSuccess);
    OK(JetMakeKey(table.sesid, second, &low, sizeof low, JET_bitNewKey));
    OK(JetSeek(table.sesid, second, JET_bitSeekGT));
    OK(JetIntersectIndexes(table.sesid, ranges, 2, &list, 0));
    cr_expect_eq(list.cRecord, 1u);
    OK(JetRetrieveColumn(table.sesid, list.tableid, list.columnidBookmark, bookmark, sizeof bookmark,
                         &size, 0, NULL));
    OK(JetGotoBookmark(table.sesid, table.tableid, bookmark, size));
    cr_expect_eq(id_at(table.tableid), 4);
    OK(JetCloseTable(table.sesid, list.tableid));
    ranges[1].grbit = 0;
    IS(JetIntersectIndexes(table.sesid, ranges, 2, &list, 0), JET_errInvalidGrbit);
    ranges[1].grbit = JET_bitRecordInIndex;
    ranges[1].tableid = table.tableid;
    IS(JetIntersectIndexes(table.sesid, ranges, 2, &list, 0), JET_errInvalidParameter);
    IS(JetIntersectIndexes(table.sesid, ranges, 0, &list, 0), JET_errInvalidParameter);
}

/* Bookmarks that begin alike for longer than a key of the list can be. */
Test(index, intersections_of_long_bookmarks)
{
    enum { ROWS = 20, LENGTH = 880 };
    JET_COLUMNDEF number = {.cbStruct = sizeof number, .coltyp = JET_coltypLong};
    JET_COLUMNDEF bytes = {.cbStruct = sizeof bytes, .coltyp = JET_coltypLongBinary};
    JET_INDEXCREATE2_A primary = {.cbStruct = sizeof primary,
                                  .szIndexName = "key",
                                  .szKey = "+key\0",
                                  .cbKey = 6,
                                  .grbit = JET_bitIndexPrimary | JET_bitIndexKeyMost,
                                  .ulDensity = 100,
                                  .cbKeyMost = 1000};
    unsigned char key[LENGTH], bookmark[JET_cbBookmarkMostMost];
    JET_TABLEID rows, first, second;
    JET_COLUMNID key_id, number_id;
    JET_RECORDLIST list = {.cbStruct = sizeof list};
    JET_ULONG size;
    OK(JetCreateTableA(table.sesid, table.dbid, "long", 1, 100, &rows));
    OK(JetAddColumnA(table.sesid, rows, "key", &bytes, NULL, 0, &key_id));
    OK(JetAddColumnA(table.sesid, rows, "number", &number, NULL, 0, &number_id));
    OK(JetCreateIndex3A(table.sesid, rows, &primary, 1));
    OK(JetCreateIndexA(table.sesid, rows, "one", 0, "+number\0", 9, 100));
    OK(JetCreateIndexA(table.sesid, rows, "two", 0, "-number\0", 9, 100));
    memset(key, 'x', sizeof key);
    for (JET_LONG i = 0; i < ROWS; i++) {
        key[LENGTH - 1] = (unsigned char)i;
        OK(JetPrepareUpdate(table.sesid, rows, JET_prepInsert));
        OK(JetSetColumn(table.sesid, rows, key_id, key, sizeof key, 0, NULL));
        OK(JetSetColumn(table.sesid, rows, number_id, &i, sizeof i, 0, NULL));
        OK(JetUpdate(table.sesid, rows, NULL, 0, NULL));
    }
    OK(JetDupCursor(table.sesid, rows, &first, 0));
    OK(JetDupCursor(table.sesid, rows, &second, 0));
    OK(JetSetCurrentIndexA(table.sesid, first, "one"));
    OK(JetSetCurrentIndexA(table.sesid, second, "two"));
    JET_INDEXRANGE ranges[] = {{sizeof ranges[0], first, JET_bitRecordInIndex},
                               {sizeof ranges[0], second, JET_bitRecordInIndex}};
    OK(JetMove(table.sesid, first, JET_MoveFirst, 0));
    OK(JetMove(table.sesid, second, JET_MoveFirst, 0));
    OK(JetIntersectIndexes(table.sesid, ranges, 2, &list, 0));
    cr_assert_eq(list.cRecord, (JET_ULONG)ROWS);
    for (JET_LONG i = 0; i < ROWS; i++) {
        JET_LONG found = -1;
        OK(JetRetrieveColumn(table.sesid, list.tableid, list.columnidBookmark, bookmark, sizeof bookmark,
                             &size, 0, NULL));
        OK(JetGotoBookmark(table.sesid, rows, bookmark, size));
        OK(JetRetrieveColumn(table.sesid, rows, number_id, &found, sizeof found, NULL, 0, NULL));
        cr_assert_eq(found, i, "row %d of the list is record %d", (int)i, (int)found);
        IS(JetMove(table.sesid, list.tableid, JET_MoveNext, 0),
           i + 1 < ROWS ? JET_errSuccess : JET_errNoCurrentRecord);
    }
}

Test(index, reading_ahead)
{
    unsigned char key[2][JET_cbKeyMost];
    JET_ULONG sizes[2];
    JET_LONG done;
    JET_ULONG ranges_done;
    JET_LONG low = 1;
    OK(JetMove(table.sesid, table.tableid, JET_MoveFirst, 0));
    OK(JetRetrieveKey(table.sesid, table.tableid, key[0], sizeof key[0], &sizes[0], 0));
    OK(JetMove(table.sesid, table.tableid, JET_MoveLast, 0));
    OK(JetRetrieveKey(table.sesid, table.tableid, key[1], sizeof key[1], &sizes[1], 0));
    const void *keys[] = {key[0], key[1]};
    OK(JetPrereadKeys(table.sesid, table.tableid, keys, sizes, 2, &done, JET_bitPrereadForward));
    cr_expect_eq(done, 2);
    IS(JetPrereadKeys(table.sesid, table.tableid, keys, sizes, 2, &done, JET_bitPrereadBackward),
       JET_errInvalidParameter);
    IS(JetPrereadKeys(table.sesid, table.tableid, keys, sizes, 2, &done, 0), JET_errInvalidGrbit);
    sizes[1] = 0;
    IS(JetPrereadKeys(table.sesid, table.tableid, keys, sizes, 2, &done, JET_bitPrereadForward),
       JET_errInvalidBufferSize);
    JET_INDEX_COLUMN start = {table.id, JET_relopEquals, &low, sizeof low, 0};
    JET_INDEX_RANGE range = {&start, 1, NULL, 0};
    OK(JetPrereadIndexRanges(table.sesid, table.tableid, &range, 1, &ranges_done, NULL, 0,
                             JET_bitPrereadForward));
    cr_expect_eq(ranges_done, 1u);
    IS(JetPrereadIndexRanges(table.sesid, table.tableid, &range, 1, NULL, NULL, 0, 0),
       JET_errInvalidGrbit);
}

Test(index, unicode_text_sorts_by_the_rules_of_the_language)
{
    static const JET_WCHAR words[][4] = {
        {'z', 0}, {0xF6, 0}, {'o', 0}, {'O', 'a', 0}, {0xE4, 'a', 0}, {'a', 'b', 0}};
    static const JET_LONG german[] = {14, 15, 12, 11, 13, 10}, swedish[] = {15, 12, 13, 10, 14, 11};
    JET_COLUMNID id;
    JET_COLUMNDEF def = {
        .cbStruct = sizeof def, .coltyp = JET_coltypText, .cp = 1200, .cbMax = 60};
    OK(JetAddColumnA(table.sesid, table.tableid, "u", &def, NULL, 0, &id));
    for (JET_LONG i = 0; i < 6; i++) {
        JET_LONG key = 10 + i;
        JET_ULONG units = 0;
        while (words[i][units] != 0) {
            units++;
        }
        OK(JetPrepareUpdate(table.sesid, table.tableid, JET_prepInsert));
        OK(JetSetColumn(table.sesid, table.tableid, table.id, &key, sizeof key, 0, NULL));
        OK(JetSetColumn(table.sesid, table.tableid, id, words[i], 2 * units, 0, NULL));
        OK(JetUpdate(table.sesid, table.tableid, NULL, 0, NULL));
    }
    char name[] = "de", key[] = "+u\0";
    JET_UNICODEINDEX unicode = {0x0407, 0x00030401u};
    JET_INDEXCREATE_A create = {.cbStruct = sizeof create,
                                .szIndexName = name,
                                .szKey = key,
                                .cbKey = sizeof key,
                                .grbit = JET_bitIndexUnicode | JET_bitIndexIgnoreNull,
                                .pidxunicode = &unicode};
    OK(JetCreateIndex2A(table.sesid, table.tableid, &create, 1));
    memcpy(name, "sv", 2);
    unicode.lcid = 0x041D;
    OK(JetCreateIndex2A(table.sesid, table.tableid, &create, 1));
    for (int pass = 0; pass < 2; pass++) {
        OK(JetSetCurrentIndexA(table.sesid, table.tableid, pass == 0 ? "de" : "sv"));
        for (int i = 0; i < 6; i++) {
            JET_LONG wanted = pass == 0 ? german[i] : swedish[i];
            cr_expect_eq(id_at(table.tableid), wanted, "pass %d, place %d: %d", pass, i,
                         (int)id_at(table.tableid));
            JetMove(table.sesid, table.tableid, JET_MoveNext, 0);
        }
    }
    memcpy(name, "xx", 2);
    unicode.lcid = 0;
    IS(JetCreateIndex2A(table.sesid, table.tableid, &create, 1), JET_errInvalidLanguageId);
    unicode.lcid = 0x0407;
    unicode.dwMapFlags = 0x40000000u;
    IS(JetCreateIndex2A(table.sesid, table.tableid, &create, 1), JET_errInvalidLCMapStringFlags);
}

Test(index, unicode_indexes_can_go_at_the_attach)
{
    JET_COLUMNDEF def = {.cbStruct = sizeof def, .coltyp = JET_coltypText, .cp = 1200};
    OK(JetAddColumnA(table.sesid, table.tableid, "wide", &def, NULL, 0, NULL));
    create("wide", "+wide\0", 7, 0);
    create("both", "+id\0-wide\0", 11, 0);
    create("plain", "+text\0", 7, 0);
    for (int round = 0; round < 2; round++) {
        OK(JetCloseTable(table.sesid, table.tableid));
        OK(JetCloseDatabase(table.sesid, table.dbid, 0));
        OK(JetDetachDatabaseA(table.sesid, table.path));
        /* the collation is the same: none is corrupt, but all go when that is what is asked for */
        IS(JetAttachDatabaseA(table.sesid, table.path,
                              round == 0 ? JET_bitDbDeleteCorruptIndexes
                                         : JET_bitDbDeleteUnicodeIndexes),
           round == 0 ? JET_errSuccess : JET_wrnCorruptIndexDeleted);
        OK(JetOpenDatabaseA(table.sesid, table.path, NULL, &table.dbid, 0));
        OK(JetOpenTableA(table.sesid, table.dbid, "rows", NULL, 0, 0, &table.tableid));
        IS(JetSetCurrentIndexA(table.sesid, table.tableid, "wide"),
           round == 0 ? JET_errSuccess : JET_errIndexNotFound);
    }
    IS(JetSetCurrentIndexA(table.sesid, table.tableid, "both"), JET_errIndexNotFound);
    OK(JetSetCurrentIndexA(table.sesid, table.tableid, "plain"));
}
