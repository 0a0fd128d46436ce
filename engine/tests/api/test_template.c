/* Template tables: what is derived from them is the same, what they are is fixed. And the callback
 * that is kept with a table. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/tests/api/support.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct test_table table;
static JET_COLUMNID base_number, base_text;

static JET_ERR create(const char *name, const char *from, JET_COLUMNCREATE_A *columns,
                      JET_ULONG column_count, JET_INDEXCREATE_A *indexes, JET_ULONG index_count,
                      JET_GRBIT grbit, JET_TABLEID *tableid)
{
    JET_TABLECREATE_A made = {.cbStruct = sizeof made,
                              .szTableName = (char *)(uintptr_t)name,
                              .szTemplateTableName = (char *)(uintptr_t)from,
                              .rgcolumncreate = columns,
                              .cColumns = column_count,
                              .rgindexcreate = indexes,
                              .cIndexes = index_count,
                              .grbit = grbit};
    JET_ERR err = JetCreateTableColumnIndexA(table.sesid, table.dbid, &made);
    if (err >= 0) {
        cr_expect_eq(made.cCreated, 1 + column_count + index_count, "inherited ones do not count");
        *tableid = made.tableid;
    }
    return err;
}

/* "base": number (autoincrement, primary), text (with a default), a tagged note; index by text. */
static JET_TABLEID create_base(void)
{
    JET_TABLEID base;
    JET_COLUMNCREATE_A columns[] = {
        {.cbStruct = sizeof columns[0], .szColumnName = "number", .coltyp = JET_coltypLong,
         .grbit = JET_bitColumnAutoincrement},
        {.cbStruct = sizeof columns[0], .szColumnName = "text", .coltyp = JET_coltypText,
         .cp = 1252, .pvDefault = "usual", .cbDefault = 5},
        {.cbStruct = sizeof columns[0], .szColumnName = "note", .coltyp = JET_coltypLongText,
         .cp = 1252},
    };
    JET_INDEXCREATE_A indexes[] = {
        {.cbStruct = sizeof indexes[0], .szIndexName = "first", .szKey = "+number\0", .cbKey = 9,
         .grbit = JET_bitIndexPrimary, .ulDensity = 90},
        {.cbStruct = sizeof indexes[0], .szIndexName = "words", .szKey = "+text\0", .cbKey = 7,
         .ulDensity = 80},
    };
    test_open_table(&table);
    cr_assert_eq(create("base", NULL, columns, COUNT(columns), indexes, COUNT(indexes),
                        JET_bitTableCreateTemplateTable, &base), 0);
    base_number = columns[0].columnid;
    base_text = columns[1].columnid;
    return base;
}

static JET_TABLEID derive(const char *name)
{
    JET_TABLEID tableid;
    JET_COLUMNCREATE_A own[] = {
        {.cbStruct = sizeof own[0], .szColumnName = "own", .coltyp = JET_coltypLong},
        {.cbStruct = sizeof own[0], .szColumnName = "extra", .coltyp = JET_coltypLongBinary},
    };
    JET_INDEXCREATE_A index = {.cbStruct = sizeof index, .szIndexName = "mine",
                               .szKey = "+own\0-text\0", .cbKey = 12, .ulDensity = 80};
    cr_assert_eq(create(name, "BASE", own, COUNT(own), &index, 1, 0, &tableid), 0);
    return tableid;
}

static JET_ERR insert(JET_TABLEID tableid, const char *text)
{
    JET_ERR err = JetPrepareUpdate(table.sesid, tableid, JET_prepInsert);
    if (err == 0 && text != NULL) {
        err = JetSetColumn(table.sesid, tableid, base_text, text, (JET_ULONG)strlen(text), 0, NULL);
    }
    return err != 0 ? err : JetUpdate(table.sesid, tableid, NULL, 0, NULL);
}

static JET_ULONG flags_of(const char *name)
{
    JET_OBJECTINFO info = {.flags = 0};
    cr_expect_eq(JetGetObjectInfoA(table.sesid, table.dbid, JET_objtypTable, "tables", name, &info,
                                   sizeof info, JET_ObjInfo), 0);
    return info.flags;
}

static JET_ULONG columns_listed(JET_TABLEID tableid, JET_ULONG bits)
{
    JET_COLUMNLIST list = {.cRecord = 0};
    cr_expect_eq(JetGetTableColumnInfoA(table.sesid, tableid, NULL, &list, sizeof list,
                                        JET_ColInfoList | bits), 0);
    cr_expect_eq(JetCloseTable(table.sesid, list.tableid), 0);
    return list.cRecord;
}

/* Everything one can see of a derived table with two rows. */
static void look(JET_TABLEID tableid)
{
    JET_COLUMNDEF def;
    JET_COLUMNID seen[5];
    static const char *const names[] = {"number", "text", "note", "own", "extra"};
    char text[80];
    JET_ULONG size = 0;
    JET_LONG number = 0;
    for (unsigned i = 0; i < COUNT(names); i++) {
        cr_assert_eq(JetGetTableColumnInfoA(table.sesid, tableid, names[i], &def, sizeof def,
                                            JET_ColInfo), 0, "%s", names[i]);
        seen[i] = def.columnid;
        for (unsigned k = 0; k < i; k++) {
            cr_expect_neq(seen[k], seen[i], "%s and %s share an id", names[k], names[i]);
        }
    }
    cr_expect_eq(seen[0], base_number);
    cr_expect_eq(seen[1], base_text);
    cr_expect_eq(columns_listed(tableid, 0), 5);
    cr_expect_eq(columns_listed(tableid, JET_ColInfoGrbitNonDerivedColumnsOnly), 2);
    cr_expect_eq(JetGetTableInfoA(table.sesid, tableid, text, sizeof text,
                                  JET_TblInfoTemplateTableName), 0);
    cr_expect_str_eq(text, "base");
    cr_assert_eq(JetSetCurrentIndexA(table.sesid, tableid, "words"), 0);
    cr_assert_eq(JetMove(table.sesid, tableid, JET_MoveFirst, 0), 0);
    cr_expect_eq(JetRetrieveColumn(table.sesid, tableid, base_text, text, sizeof text, &size,
                                   JET_bitRetrieveFromIndex, NULL), 0);
    cr_expect_eq(JetRetrieveColumn(table.sesid, tableid, base_number, &number, sizeof number,
                                   &size, 0, NULL), 0);
    cr_expect_eq(number, 2, "\"other\" is before \"usual\"");
    cr_expect_eq(JetMove(table.sesid, tableid, JET_MoveNext, 0), 0);
    cr_expect_eq(JetRetrieveColumn(table.sesid, tableid, base_text, text, sizeof text, &size, 0,
                                   NULL), 0);
    cr_expect(size == 5 && memcmp(text, "usual", 5) == 0, "the template's default value");
    cr_expect_eq(JetMove(table.sesid, tableid, JET_MoveNext, 0), JET_errNoCurrentRecord);
    cr_expect_eq(JetSetCurrentIndexA(table.sesid, tableid, "mine"), 0);
    cr_expect_eq(JetSetCurrentIndexA(table.sesid, tableid, NULL), 0);
}

static void verify(const char *path)
{
    char command[1200];
    snprintf(command, sizeof command, "%s %s > /dev/null", ESEVERIFY, path);
    cr_expect_eq(system(command), 0, "eseverify finds damage in %s", path);
}

Test(template, derived_tables_have_its_columns_and_indexes)
{
    JET_TABLEID base = create_base(), one = derive("one"), two = derive("two");
    for (unsigned i = 0; i < 2; i++) {
        JET_TABLEID tableid = i == 0 ? one : two;
        cr_assert_eq(insert(tableid, NULL), 0);
        cr_assert_eq(insert(tableid, "other"), 0);
        look(tableid);
    }
    cr_expect_eq(flags_of("base"), JET_bitObjectTableTemplate | JET_bitObjectTableFixedDDL);
    cr_expect_eq(flags_of("one"), JET_bitObjectTableDerived);
    char text[80];
    cr_expect_eq(JetGetTableInfoA(table.sesid, base, text, sizeof text,
                                  JET_TblInfoTemplateTableName), 0);
    cr_expect_str_eq(text, "");
    cr_expect_eq(JetMove(table.sesid, base, JET_MoveFirst, 0), JET_errNoCurrentRecord);

    /* and so after the definitions were read from the file, and in a compacted copy */
    char copy[600];
    snprintf(copy, sizeof copy, "%s.copy", table.path);
    cr_assert_eq(JetCloseTable(table.sesid, base), 0);
    cr_assert_eq(JetCloseTable(table.sesid, one), 0);
    cr_assert_eq(JetCloseTable(table.sesid, two), 0);
    cr_assert_eq(JetCloseTable(table.sesid, table.tableid), 0);
    cr_assert_eq(JetCloseDatabase(table.sesid, table.dbid, 0), 0);
    cr_assert_eq(JetDetachDatabaseA(table.sesid, table.path), 0);
    verify(table.path);
    cr_assert_eq(JetAttachDatabaseA(table.sesid, table.path, JET_bitDbReadOnly), 0);
    cr_assert_eq(JetCompactA(table.sesid, table.path, copy, NULL, NULL, 0), 0);
    cr_assert_eq(JetDetachDatabaseA(table.sesid, table.path), 0);
    verify(copy);
    for (unsigned i = 0; i < 2; i++) {
        const char *path = i == 0 ? table.path : copy;
        cr_assert_eq(JetAttachDatabaseA(table.sesid, path, 0), 0);
        cr_assert_eq(JetOpenDatabaseA(table.sesid, path, NULL, &table.dbid, 0), 0);
        cr_assert_eq(JetOpenTableA(table.sesid, table.dbid, "one", NULL, 0, 0, &one), 0);
        look(one);
        cr_expect_eq(JetDeleteIndexA(table.sesid, one, "words"), JET_errFixedInheritedDDL);
        cr_expect_eq(JetDeleteColumnA(table.sesid, one, "note"), JET_errFixedInheritedDDL);
        cr_expect_eq(flags_of("one"), JET_bitObjectTableDerived);
        cr_expect_eq(JetCloseTable(table.sesid, one), 0);
        cr_expect_eq(JetDeleteTableA(table.sesid, table.dbid, "base"),
                     JET_errCannotDeleteTemplateTable);
        cr_expect_eq(JetDeleteTableA(table.sesid, table.dbid, "two"), 0);
        cr_assert_eq(JetCloseDatabase(table.sesid, table.dbid, 0), 0);
        cr_assert_eq(JetDetachDatabaseA(table.sesid, path), 0);
        verify(path);
    }
    cr_expect_eq(JetTerm(table.instance), 0);
}

Test(template, what_comes_from_a_template_stays)
{
    JET_TABLEID base = create_base(), one = derive("one");
    JET_COLUMNDEF def = {.cbStruct = sizeof def, .coltyp = JET_coltypLong};
    cr_expect_eq(JetDeleteColumnA(table.sesid, one, "text"), JET_errFixedInheritedDDL);
    cr_expect_eq(JetDeleteColumn2A(table.sesid, one, "text",
                                   JET_bitDeleteColumnIgnoreTemplateColumns),
                 JET_errColumnNotFound);
    cr_expect_eq(JetRenameColumnA(table.sesid, one, "text", "words", 0), JET_errFixedInheritedDDL);
    cr_expect_eq(JetDeleteIndexA(table.sesid, one, "words"), JET_errFixedInheritedDDL);
    cr_expect_eq(JetDeleteIndexA(table.sesid, one, "first"), JET_errIndexMustStay);
    cr_expect_eq(JetSetColumnDefaultValueA(table.sesid, table.dbid, "one", "text", "x", 1, 0),
                 JET_errColumnNotUpdatable);
    cr_expect_eq(JetAddColumnA(table.sesid, one, "Text", &def, NULL, 0, NULL),
                 JET_errColumnDuplicate);
    cr_expect_eq(JetCreateIndexA(table.sesid, one, "words", 0, "+own\0", 6, 100),
                 JET_errIndexDuplicate);
    cr_expect_eq(JetCreateIndexA(table.sesid, one, "other", JET_bitIndexPrimary, "+own\0", 6, 100),
                 JET_errIndexHasPrimary);
    /* what is its own goes as always */
    cr_expect_eq(JetAddColumnA(table.sesid, one, "more", &def, NULL, 0, NULL), 0);
    cr_expect_eq(JetDeleteIndexA(table.sesid, one, "mine"), 0);
    cr_expect_eq(JetDeleteColumn2A(table.sesid, one, "more",
                                   JET_bitDeleteColumnIgnoreTemplateColumns), 0);
    cr_expect_eq(JetCloseTable(table.sesid, base), 0);
    cr_expect_eq(JetTerm2(table.instance, JET_bitTermAbrupt), 0);
}

Test(template, its_definition_is_fixed)
{
    JET_TABLEID base = create_base(), one;
    JET_COLUMNDEF def = {.cbStruct = sizeof def, .coltyp = JET_coltypLong};
    JET_COLUMNDEF tagged = {.cbStruct = sizeof def, .coltyp = JET_coltypLong,
                            .grbit = JET_bitColumnTagged};
    const JET_GRBIT permit = JET_bitTableDenyRead | JET_bitTablePermitDDL;
    cr_expect_eq(JetAddColumnA(table.sesid, base, "late", &def, NULL, 0, NULL), JET_errFixedDDL);
    cr_expect_eq(JetCreateIndexA(table.sesid, base, "late", 0, "+text\0", 7, 100),
                 JET_errFixedDDL);
    cr_expect_eq(JetDeleteIndexA(table.sesid, base, "words"), JET_errFixedDDL);
    cr_expect_eq(JetDeleteColumnA(table.sesid, base, "note"), JET_errFixedDDL);
    cr_expect_eq(JetRenameTableA(table.sesid, table.dbid, "base", "bass"), JET_errFixedDDL);
    cr_expect_eq(JetCloseTable(table.sesid, base), 0);
    cr_assert_eq(JetOpenTableA(table.sesid, table.dbid, "base", NULL, 0, permit, &base), 0);
    cr_expect_eq(JetAddColumnA(table.sesid, base, "late", &def, NULL, 0, NULL), JET_errFixedDDL);
    cr_expect_eq(JetAddColumnA(table.sesid, base, "late", &tagged, NULL, 0, NULL), 0);
    cr_expect_eq(JetCloseTable(table.sesid, base), 0);
    one = derive("one");
    cr_expect_eq(columns_listed(one, 0), 6);
    cr_expect_eq(JetOpenTableA(table.sesid, table.dbid, "base", NULL, 0, permit, &base),
                 JET_errTableInUse, "somebody has its definition now");
    cr_expect_eq(JetDeleteTableA(table.sesid, table.dbid, "base"),
                 JET_errCannotDeleteTemplateTable);
    cr_expect_eq(JetCloseTable(table.sesid, one), 0);
    cr_expect_eq(JetTerm2(table.instance, JET_bitTermAbrupt), 0);
}

Test(template, what_cannot_be_derived)
{
    JET_TABLEID base = create_base(), none = JET_tableidNil;
    JET_COLUMNCREATE_A same = {.cbStruct = sizeof same, .szColumnName = "TEXT",
                               .coltyp = JET_coltypLong};
    cr_expect_eq(create("x", "nothing", NULL, 0, NULL, 0, 0, &none), JET_errObjectNotFound);
    cr_expect_eq(JetCloseTable(table.sesid, table.tableid), 0);
    cr_expect_eq(create("x", "rows", NULL, 0, NULL, 0, 0, &none), JET_errDDLNotInheritable);
    cr_expect_eq(create("x", "base", NULL, 0, NULL, 0, JET_bitTableCreateTemplateTable, &none),
                 JET_errCannotNestDDL);
    cr_expect_eq(create("x", NULL, NULL, 0, NULL, 0,
                        JET_bitTableCreateNoFixedVarColumnsInDerivedTables, &none),
                 JET_errInvalidGrbit);
    cr_expect_eq(create("x", "base", &same, 1, NULL, 0, 0, &none), JET_errColumnDuplicate);
    /* none of the attempts left anything, and a rollback leaves nothing either */
    cr_assert_eq(JetBeginTransaction(table.sesid), 0);
    cr_assert_eq(create("x", "base", NULL, 0, NULL, 0, 0, &none), 0);
    cr_expect_eq(insert(none, "gone"), 0);
    cr_expect_eq(JetRollback(table.sesid, 0), 0);
    cr_expect_eq(JetOpenTableA(table.sesid, table.dbid, "x", NULL, 0, 0, &none),
                 JET_errObjectNotFound);
    cr_expect_eq(create("x", "base", NULL, 0, NULL, 0, JET_bitTableCreateFixedDDL, &none), 0);
    cr_expect_eq(flags_of("x"), JET_bitObjectTableDerived | JET_bitObjectTableFixedDDL);
    cr_expect_eq(JetCloseTable(table.sesid, base), 0);
    cr_expect_eq(JetTerm2(table.instance, JET_bitTermAbrupt), 0);
}

Test(template, a_callback_is_kept_with_its_table)
{
    JET_TABLECREATE2_A made = {.cbStruct = sizeof made,
                               .szTableName = "told",
                               .szCallback = CALLBACK_MODULE "!refuse",
                               .cbtyp = 0};
    test_open_table(&table);
    cr_expect_eq(JetCreateTableColumnIndex2A(table.sesid, table.dbid, &made),
                 JET_errInvalidParameter);
    made.cbtyp = JET_cbtypBeforeInsert;
    made.szCallback = CALLBACK_MODULE "!nothing";
    cr_expect_eq(JetCreateTableColumnIndex2A(table.sesid, table.dbid, &made),
                 JET_errCallbackNotResolved);
    made.szCallback = CALLBACK_MODULE "!refuse";
    cr_assert_eq(JetCreateTableColumnIndex2A(table.sesid, table.dbid, &made), 0);
    cr_expect_eq(made.cCreated, 2, "the table and its callback");
    for (int round = 0; round < 2; round++) {
        cr_expect_eq(JetPrepareUpdate(table.sesid, made.tableid, JET_prepInsert), 0);
        cr_expect_eq(JetUpdate(table.sesid, made.tableid, NULL, 0, NULL), JET_errCallbackFailed);
        cr_expect_eq(JetUnregisterCallback(table.sesid, made.tableid, JET_cbtypBeforeInsert, 0),
                     JET_errInvalidParameter);
        cr_assert_eq(JetCloseTable(table.sesid, made.tableid), 0);
        if (round == 0) {
            cr_assert_eq(JetCloseTable(table.sesid, table.tableid), 0);
            cr_assert_eq(JetCloseDatabase(table.sesid, table.dbid, 0), 0);
            cr_assert_eq(JetDetachDatabaseA(table.sesid, table.path), 0);
            cr_assert_eq(JetAttachDatabaseA(table.sesid, table.path, 0), 0);
            cr_assert_eq(JetOpenDatabaseA(table.sesid, table.path, NULL, &table.dbid, 0), 0);
            cr_assert_eq(JetOpenTableA(table.sesid, table.dbid, "told", NULL, 0, 0,
                                       &made.tableid), 0);
        }
    }
    cr_expect_eq(JetTerm2(table.instance, JET_bitTermAbrupt), 0);
}
