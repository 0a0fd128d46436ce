/* What entries of indexes give: columns retrieved from them, tuples among them; and what an index
 * holds on to: its columns. */
#include <criterion/criterion.h>
#include <string.h>

#include "engine/tests/api/support.h"

static struct test_table table;

#define OK(call) IS(call, JET_errSuccess)
#define IS(call, wanted)                                                                           \
    do {                                                                                           \
        JET_ERR got_ = (call);                                                                     \
        cr_assert_eq(got_, (wanted), "%s returned %d, not %s", #call, (int)got_, #wanted);         \
    } while (0)

static JET_COLUMNID add(const char *name, JET_COLTYP coltyp, JET_GRBIT grbit, unsigned short cp)
{
    JET_COLUMNID id = 0;
    JET_COLUMNDEF def = {.cbStruct = sizeof def, .coltyp = coltyp, .grbit = grbit, .cp = cp};
    OK(JetAddColumnA(table.sesid, table.tableid, name, &def, NULL, 0, &id));
    return id;
}

static void setup(void)
{
    test_open_table(&table);
}

static void teardown(void)
{
    OK(JetTerm(table.instance));
}

TestSuite(entry, .init = setup, .fini = teardown);

/* A row with the values, in order, in the column. */
static void put(JET_LONG id, JET_COLUMNID column, const char *const *values, unsigned count)
{
    OK(JetPrepareUpdate(table.sesid, table.tableid, JET_prepInsert));
    OK(JetSetColumn(table.sesid, table.tableid, table.id, &id, sizeof id, 0, NULL));
    for (unsigned i = 0; i < count; i++) {
        JET_SETINFO info = {sizeof info, 0, 0};
        OK(JetSetColumn(table.sesid, table.tableid, column, values[i], (JET_ULONG)strlen(values[i]),
                        0, &info));
    }
    OK(JetUpdate(table.sesid, table.tableid, NULL, 0, NULL));
}

static void index_on(const char *name, const char *key, JET_ULONG size, JET_GRBIT grbit)
{
    JET_TUPLELIMITS limits = {4, 4, 100, 1, 0};
    JET_INDEXCREATE_A create = {.cbStruct = sizeof create,
                                .szIndexName = (char *)(uintptr_t)name,
                                .szKey = (char *)(uintptr_t)key,
                                .cbKey = size,
                                .grbit = grbit,
                                .ulDensity = 90};
    if ((grbit & JET_bitIndexTuples) != 0) {
        create.grbit |= JET_bitIndexTupleLimits;
        create.ptuplelimits = &limits;
    }
    OK(JetCreateIndex2A(table.sesid, table.tableid, &create, 1));
}

static JET_ERR get(JET_COLUMNID column, void *data, JET_ULONG room, JET_ULONG *size,
                   JET_GRBIT grbit, JET_ULONG *sequence)
{
    JET_RETINFO info = {sizeof info, 0, 1, 0};
    JET_ERR err =
        JetRetrieveColumn(table.sesid, table.tableid, column, data, room, size, grbit, &info);
    *sequence = info.itagSequence;
    return err;
}

Test(entry, a_tuple_is_the_part_of_the_text_the_entry_is_for)
{
    JET_COLUMNID words =
        add("words", JET_coltypLongText, JET_bitColumnTagged | JET_bitColumnMultiValued, 1252);
    const JET_GRBIT tuple = JET_bitRetrieveFromIndex | JET_bitRetrieveTuple;
    char text[80];
    JET_ULONG size, sequence;
    static char long_text[3000];
    memset(long_text, 'z', sizeof long_text - 1);
    memcpy(long_text + 20, "Needle", 6);
    index_on("words", "+words\0", 8, JET_bitIndexTuples);
    put(1, words, (const char *const[]){"Marble", "a HARBOUR", long_text}, 3);
    OK(JetSetCurrentIndexA(table.sesid, table.tableid, "words"));
    OK(JetMakeKey(table.sesid, table.tableid, "bour", 4, JET_bitNewKey));
    OK(JetSeek(table.sesid, table.tableid, JET_bitSeekEQ));
    OK(get(words, text, sizeof text, &size, tuple | JET_bitRetrieveTag, &sequence));
    cr_assert(size == 4 && memcmp(text, "BOUR", 4) == 0, "as it is written, %.*s", (int)size, text);
    cr_assert_eq(sequence, 2);
    IS(get(words, text, 3, &size, tuple, &sequence), JET_wrnBufferTruncated);
    cr_assert(size == 4 && memcmp(text, "BOU", 3) == 0);
    cr_assert_eq(sequence, 1, "nobody asked for it");
    OK(JetMakeKey(table.sesid, table.tableid, "eedl", 4, JET_bitNewKey));
    OK(JetSeek(table.sesid, table.tableid, JET_bitSeekEQ));
    OK(get(words, text, sizeof text, &size, tuple | JET_bitRetrieveTag, &sequence));
    cr_assert(size == 4 && memcmp(text, "eedl", 4) == 0 && sequence == 3,
              "from a value stored apart");
    IS(get(words, text, sizeof text, &size, JET_bitRetrieveFromIndex, &sequence),
       JET_errIndexTuplesCannotRetrieveFromIndex);
    IS(get(words, text, sizeof text, &size, JET_bitRetrieveTuple, &sequence), JET_errInvalidGrbit);
    JET_RETRIEVECOLUMN several[] = {
        {.columnid = words,
         .pvData = text,
         .cbData = sizeof text,
         .itagSequence = 1,
         .grbit = tuple},
        {.columnid = words, .itagSequence = 1, .grbit = JET_bitRetrieveTuple}};
    IS(JetRetrieveColumns(table.sesid, table.tableid, several, 2), JET_errInvalidGrbit);
    cr_assert(several[0].err == 0 && several[0].cbActual == 4 &&
              several[1].err == JET_errInvalidGrbit);
}

Test(entry, tuples_of_unicode_text)
{
    JET_COLUMNID words = add("words", JET_coltypLongText, 0, 1200);
    const uint16_t wide[] = {'O', 0xE9, 'p', 's', 't', 0xDF, 'x'}, found[] = {'p', 'S', 'T', 0xDF};
    uint16_t text[20];
    JET_ULONG size, sequence;
    JET_LONG id = 1;
    index_on("words", "+words\0", 8, JET_bitIndexTuples);
    OK(JetPrepareUpdate(table.sesid, table.tableid, JET_prepInsert));
    OK(JetSetColumn(table.sesid, table.tableid, table.id, &id, sizeof id, 0, NULL));
    OK(JetSetColumn(table.sesid, table.tableid, words, wide, sizeof wide, 0, NULL));
    OK(JetUpdate(table.sesid, table.tableid, NULL, 0, NULL));
    OK(JetSetCurrentIndexA(table.sesid, table.tableid, "words"));
    OK(JetMakeKey(table.sesid, table.tableid, found, sizeof found, JET_bitNewKey));
    OK(JetSeek(table.sesid, table.tableid, JET_bitSeekEQ));
    OK(get(words, text, sizeof text, &size, JET_bitRetrieveFromIndex | JET_bitRetrieveTuple,
           &sequence));
    cr_assert(size == 8 && memcmp(text, wide + 2, 8) == 0);
}

Test(entry, from_the_index_comes_what_is_in_it)
{
    JET_COLUMNID tags =
        add("tags", JET_coltypLongBinary, JET_bitColumnTagged | JET_bitColumnMultiValued, 0);
    char text[20];
    JET_ULONG size, sequence;
    JET_LONG id;
    index_on("tags", "+tags\0", 7, 0);
    put(7, tags, (const char *const[]){"red", "blue"}, 2);
    /* On the clustered index. */
    OK(JetMove(table.sesid, table.tableid, JET_MoveFirst, 0));
    OK(get(table.id, &id, sizeof id, &size, JET_bitRetrieveFromIndex, &sequence));
    cr_assert_eq(id, 7);
    IS(get(tags, text, sizeof text, &size, JET_bitRetrieveFromIndex, &sequence),
       JET_errColumnNotFound);
    OK(JetSetCurrentIndexA(table.sesid, table.tableid, "tags"));
    OK(JetMove(table.sesid, table.tableid, JET_MoveFirst, 0));
    /* The first read makes the cursor know the column; the second must not go round the index
     * because of that. */
    for (int i = 0; i < 2; i++) {
        OK(get(tags, text, sizeof text, &size, JET_bitRetrieveFromIndex | JET_bitRetrieveTag,
               &sequence));
        cr_assert(size == 4 && memcmp(text, "blue", 4) == 0 && sequence == 2);
        OK(get(tags, text, sizeof text, &size, 0, &sequence));
        cr_assert(size == 3 && memcmp(text, "red", 3) == 0);
    }
    OK(get(table.id, &id, sizeof id, &size, JET_bitRetrieveFromPrimaryBookmark, &sequence));
    cr_assert_eq(id, 7);
    IS(get(tags, text, sizeof text, &size, JET_bitRetrieveFromPrimaryBookmark, &sequence),
       JET_errColumnNotFound);
    IS(get(table.id, &id, sizeof id, &size, JET_bitRetrieveFromIndex, &sequence),
       JET_errColumnNotFound);
    IS(get(0, &id, sizeof id, &size, JET_bitRetrieveFromIndex, &sequence), JET_errBadColumnId);
    IS(get(tags, text, sizeof text, &size,
           JET_bitRetrieveFromIndex | JET_bitRetrieveFromPrimaryBookmark, &sequence),
       JET_errInvalidGrbit);
}

Test(entry, ignore_default_is_for_tagged_columns)
{
    JET_COLUMNID tagged, plain;
    JET_LONG value = 5, got = 0;
    JET_ULONG size, sequence;
    JET_COLUMNDEF def = {.cbStruct = sizeof def, .coltyp = JET_coltypLong};
    OK(JetAddColumnA(table.sesid, table.tableid, "plain", &def, &value, sizeof value, &plain));
    def.grbit = JET_bitColumnTagged;
    OK(JetAddColumnA(table.sesid, table.tableid, "tagged", &def, &value, sizeof value, &tagged));
    put(1, 0, NULL, 0);
    OK(JetMove(table.sesid, table.tableid, JET_MoveFirst, 0));
    IS(get(tagged, &got, sizeof got, &size, JET_bitRetrieveIgnoreDefault, &sequence),
       JET_wrnColumnNull);
    OK(get(plain, &got, sizeof got, &size, JET_bitRetrieveIgnoreDefault, &sequence));
    cr_assert_eq(got, 5);
}

static JET_TABLEID open_rows(JET_SESID sesid)
{
    JET_DBID dbid;
    JET_TABLEID tableid = JET_tableidNil;
    OK(JetOpenDatabaseA(sesid, table.path, NULL, &dbid, 0));
    OK(JetOpenTableA(sesid, dbid, "rows", NULL, 0, 0, &tableid));
    return tableid;
}

/* ---- names ----------------------------------------------------------------------------------- */

Test(entry, columns_are_renamed_for_everybody_at_once)
{
    JET_SESID sesid = table.sesid;
    JET_COLUMNDEF def;
    index_on("text", "+text\0", 7, 0);
    IS(JetRenameColumnA(sesid, table.tableid, NULL, "words", 0), JET_errInvalidParameter);
    IS(JetRenameColumnA(sesid, table.tableid, "text", NULL, 0), JET_errInvalidParameter);
    IS(JetRenameColumnA(sesid, table.tableid, "none", "words", 0), JET_errColumnNotFound);
    IS(JetRenameColumnA(sesid, table.tableid, "text", "id", 0), JET_errColumnDuplicate);
    OK(JetBeginTransaction(sesid));
    IS(JetRenameColumnA(sesid, table.tableid, "text", "words", 0), JET_errInTransaction);
    OK(JetRollback(sesid, 0));
    JET_SESID other = test_session(table.instance);
    JET_TABLEID theirs = open_rows(other);
    OK(JetBeginTransaction(other));
    OK(JetGetTableColumnInfoA(other, theirs, "text", &def, sizeof def, JET_ColInfo));
    OK(JetRenameColumnA(sesid, table.tableid, "text", "words", 0));
    IS(JetGetTableColumnInfoA(other, theirs, "text", &def, sizeof def, JET_ColInfo),
       JET_errColumnNotFound);
    OK(JetGetTableColumnInfoA(other, theirs, "words", &def, sizeof def, JET_ColInfo));
    cr_assert_eq(def.columnid, table.text);
    OK(JetCommitTransaction(other, 0));
}

/* ---- columns of indexes ---------------------------------------------------------------------- */

Test(entry, a_column_can_go_once_its_index_has_gone)
{
    JET_SESID other = test_session(table.instance);
    JET_TABLEID theirs;
    JET_COLUMNDEF def;
    index_on("text", "+text\0", 7, 0);
    put(1, table.text, (const char *const[]){"one"}, 1);
    IS(JetDeleteColumnA(table.sesid, table.tableid, "text"), JET_errColumnInUse);
    /* Somebody who began before sees the index for some time to come: that keeps nobody from it. */
    theirs = open_rows(other);
    OK(JetBeginTransaction(other));
    OK(JetMove(other, theirs, JET_MoveFirst, 0));
    OK(JetDeleteIndexA(table.sesid, table.tableid, "text"));
    OK(JetDeleteColumnA(table.sesid, table.tableid, "text"));
    IS(JetGetTableColumnInfoA(table.sesid, table.tableid, "text", &def, sizeof def, JET_ColInfo),
       JET_errColumnNotFound);
    OK(JetSetCurrentIndexA(other, theirs, "text"));
    OK(JetMakeKey(other, theirs, "one", 3, JET_bitNewKey));
    OK(JetSeek(other, theirs, JET_bitSeekEQ));
    OK(JetSetCurrentIndexA(other, theirs, NULL));
    OK(JetPrepareUpdate(other, theirs, JET_prepInsert));
    JET_LONG id = 2;
    OK(JetSetColumn(other, theirs, table.id, &id, sizeof id, 0, NULL));
    OK(JetSetColumn(other, theirs, table.text, "two", 3, 0, NULL));
    OK(JetUpdate(other, theirs, NULL, 0, NULL));
    OK(JetSetCurrentIndexA(other, theirs, "text"));
    OK(JetMove(other, theirs, 1, 0));
    OK(JetCommitTransaction(other, 0));
    IS(JetSetCurrentIndexA(table.sesid, table.tableid, "text"), JET_errIndexNotFound);
}

Test(entry, within_one_transaction_too_and_a_rollback_brings_both_back)
{
    char text[10];
    JET_ULONG size, sequence;
    index_on("text", "+text\0", 7, 0);
    put(1, table.text, (const char *const[]){"one"}, 1);
    OK(JetBeginTransaction(table.sesid));
    OK(JetDeleteIndexA(table.sesid, table.tableid, "text"));
    OK(JetDeleteColumnA(table.sesid, table.tableid, "text"));
    OK(JetRollback(table.sesid, 0));
    OK(JetSetCurrentIndexA(table.sesid, table.tableid, "text"));
    OK(JetMakeKey(table.sesid, table.tableid, "one", 3, JET_bitNewKey));
    OK(JetSeek(table.sesid, table.tableid, JET_bitSeekEQ));
    OK(get(table.text, text, sizeof text, &size, 0, &sequence));
    IS(JetDeleteColumnA(table.sesid, table.tableid, "text"), JET_errColumnInUse);
    /* Another's deletion that may still be taken back is none. */
    JET_SESID other = test_session(table.instance);
    JET_TABLEID theirs;
    OK(JetSetCurrentIndexA(table.sesid, table.tableid, NULL));
    theirs = open_rows(other);
    OK(JetBeginTransaction(other));
    OK(JetDeleteIndexA(other, theirs, "text"));
    IS(JetDeleteColumnA(table.sesid, table.tableid, "text"), JET_errWriteConflict);
    OK(JetRollback(other, 0));
    IS(JetDeleteColumnA(table.sesid, table.tableid, "text"), JET_errColumnInUse);
}
