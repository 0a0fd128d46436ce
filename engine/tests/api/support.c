#include "engine/tests/api/support.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/tests/remove_tree.h"

static char folder[256];

static void remove_folder(void)
{
    remove_tree(folder);
}

const char *test_folder(void)
{
    if (folder[0] == 0) {
        const char *base = getenv("TMPDIR");
        snprintf(folder, sizeof folder - 1, "%s/esent-test-XXXXXX", base == NULL ? "/tmp" : base);
        cr_assert_not_null(mkdtemp(folder));
        strcat(folder, "/");
        atexit(remove_folder);
    }
    return folder;
}

const char *test_path(const char *name)
{
    static char paths[8][512];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s%s", test_folder(), name);
    return path;
}

JET_INSTANCE test_create(void)
{
    static unsigned count;
    char name[32];
    JET_INSTANCE instance = JET_instanceNil;
    snprintf(name, sizeof name, "instance-%u", count++);
    cr_assert_eq(JetCreateInstanceA(&instance, name), JET_errSuccess);
    const char *path = test_path(name);
    const JET_ULONG folders[] = {JET_paramSystemPath, JET_paramLogFilePath};
    cr_assert_eq(JetSetSystemParameterA(&instance, 0, JET_paramCreatePathIfNotExist, 1, NULL), 0);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        cr_assert_eq(JetSetSystemParameterA(&instance, 0, folders[i], 0, path), JET_errSuccess);
    }
    snprintf(name + strlen(name), sizeof name - strlen(name), ".tmp");
    cr_assert_eq(JetSetSystemParameterA(&instance, 0, JET_paramTempPath, 0, test_path(name)), 0);
    return instance;
}

JET_INSTANCE test_start(void)
{
    JET_INSTANCE instance = test_create();
    cr_assert_eq(JetInit(&instance), JET_errSuccess);
    return instance;
}

JET_SESID test_session(JET_INSTANCE instance)
{
    JET_SESID sesid = JET_sesidNil;
    cr_assert_eq(JetBeginSessionA(instance, &sesid, NULL, NULL), JET_errSuccess);
    return sesid;
}

JET_WCHAR *test_wide(const char *text)
{
    static JET_WCHAR wide[8][1024];
    static unsigned next;
    JET_WCHAR *to = wide[next++ % 8];
    size_t size = strlen(text) + 1;
    cr_assert_leq(size, 1024);
    for (size_t i = 0; i < size; i++) {
        to[i] = (JET_WCHAR)(unsigned char)text[i];
    }
    return to;
}

void test_open_table(struct test_table *table)
{
    test_open_table_in(table, test_start());
}

void test_open_table_in(struct test_table *table, JET_INSTANCE instance)
{
    static unsigned count;
    char name[32];
    table->instance = instance;
    table->sesid = test_session(instance);
    snprintf(name, sizeof name, "data-%u.edb", count++);
    snprintf(table->path, sizeof table->path, "%s", test_path(name));
    cr_assert_eq(JetCreateDatabaseA(table->sesid, table->path, NULL, &table->dbid, 0), 0);

    JET_COLUMNCREATE_A columns[] = {
        {.cbStruct = sizeof columns[0],
         .szColumnName = "id",
         .coltyp = JET_coltypLong,
         .grbit = JET_bitColumnNotNULL},
        {.cbStruct = sizeof columns[0],
         .szColumnName = "text",
         .coltyp = JET_coltypText,
         .cbMax = 100,
         .cp = 1252},
    };
    char key[] = "+id\0";
    JET_INDEXCREATE_A index = {.cbStruct = sizeof index,
                               .szIndexName = "primary",
                               .szKey = key,
                               .cbKey = sizeof key,
                               .grbit = JET_bitIndexPrimary | JET_bitIndexUnique,
                               .ulDensity = 90};
    JET_TABLECREATE_A create = {.cbStruct = sizeof create,
                                .szTableName = "rows",
                                .ulPages = 1,
                                .ulDensity = 80,
                                .rgcolumncreate = columns,
                                .cColumns = 2,
                                .rgindexcreate = &index,
                                .cIndexes = 1};
    cr_assert_eq(JetCreateTableColumnIndexA(table->sesid, table->dbid, &create), JET_errSuccess);
    cr_assert_eq(create.cCreated, 4u);
    cr_assert_eq(JetCloseTable(table->sesid, create.tableid), JET_errSuccess);
    table->id = columns[0].columnid;
    table->text = columns[1].columnid;
    cr_assert_eq(JetOpenTableA(table->sesid, table->dbid, "rows", NULL, 0, 0, &table->tableid), 0);
}

JET_ERR test_insert(JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID id, JET_LONG value)
{
    JET_ERR err = JetPrepareUpdate(sesid, tableid, JET_prepInsert);
    if (err >= JET_errSuccess) {
        err = JetSetColumn(sesid, tableid, id, &value, sizeof value, 0, NULL);
        if (err >= JET_errSuccess) {
            err = JetUpdate(sesid, tableid, NULL, 0, NULL);
        }
        if (err < JET_errSuccess) {
            JetPrepareUpdate(sesid, tableid, JET_prepCancel);
        }
    }
    return err;
}

JET_ULONG test_running_instances(void)
{
    JET_ULONG count = 0;
    JET_INSTANCE_INFO_A *infos = NULL;
    cr_assert_eq(JetGetInstanceInfoA(&count, &infos), JET_errSuccess);
    cr_assert_eq(JetFreeBuffer((char *)infos), JET_errSuccess);
    return count;
}
