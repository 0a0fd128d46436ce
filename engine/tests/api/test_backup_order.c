/* Which error wins when several would do, which end the backup, and who else is told that one runs. */
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>
#include <esent.h>

#include "backup_support.h"

#define ROOM 49152

static _Alignas(4096) unsigned char room[ROOM];

static bool runs(JET_INSTANCE instance)
{
    JET_ERR err = JetBeginExternalBackupInstance(instance, 0);
    if (err == JET_errSuccess) {
        cr_assert_eq(JetEndExternalBackupInstance2(instance, JET_bitBackupEndAbort), 0);
    }
    return err == JET_errBackupInProgress;
}

static JET_ERR open_file(JET_INSTANCE instance, const char *path, JET_HANDLE *handle)
{
    JET_ULONG low, high;
    return JetOpenFileInstance(instance, path, handle, &low, &high);
}

Test(backup_order, begin)
{
    JET_INSTANCE i = test_create();
    cr_assert_eq(JetSetSystemParameterA(&i, 0, JET_paramRecovery, 0, "off"), JET_errSuccess);
    cr_expect_eq(JetBeginExternalBackupInstance(i, 0), JET_errNotInitialized);
    cr_assert_eq(JetInit(&i), JET_errSuccess);
    cr_expect_eq(JetBeginExternalBackupInstance(i, 0x8000), JET_errLoggingDisabled, "before the bits");
    cr_expect_eq(JetBackupInstance(i, test_folder(), 0, NULL), JET_errLoggingDisabled);
    cr_assert_eq(JetTerm(i), JET_errSuccess);
    i = test_start();
    cr_assert_eq(JetBeginExternalBackupInstance(i, 0), JET_errSuccess, "nothing is attached");
    cr_expect_eq(JetBeginExternalBackupInstance(i, 0x8000), JET_errInvalidGrbit, "before the other");
    cr_expect_eq(JetBackupInstance(i, test_folder(), 0, NULL), JET_errBackupInProgress);
    cr_expect_eq(JetEndExternalBackupInstance2(i, 0), JET_errInvalidParameter);
    cr_expect_eq(JetEndExternalBackupInstance2(i, 3), JET_errInvalidParameter);
    cr_expect(runs(i), "a wrong end is none");
    cr_assert_eq(JetTerm(i), JET_errSuccess);
}

Test(backup_order, files)
{
    struct test_table table;
    JET_HANDLE handle = 0, other;
    JET_ULONG actual;
    test_open_table(&table);
    JET_INSTANCE i = table.instance;
    char unknown[600];
    snprintf(unknown, sizeof unknown, "%s", test_path("unknown"));
    cr_assert_eq(JetBeginExternalBackupInstance(i, 0), JET_errSuccess);
    cr_expect_eq(open_file(i, unknown, &other), JET_errDatabaseNotFound);
    cr_expect(runs(i));
    cr_assert_eq(open_file(i, table.path, &handle), JET_errSuccess);
    cr_expect_eq(open_file(i, NULL, &other), JET_errInvalidParameter, "before that one is open");
    cr_expect_eq(open_file(i, unknown, &other), JET_errOutOfMemory, "before the name is looked at");
    cr_expect_eq(JetTruncateLogInstance(i), JET_errInvalidBackupSequence);
    cr_expect_eq(JetGetTruncateLogInfoInstance(i, NULL, 0, NULL), JET_errInvalidBackupSequence);
    cr_expect_eq(JetGetAttachInfoInstance(i, NULL, 0, NULL), JET_errSuccess, "whatever is open");
    cr_assert_eq(JetStopBackupInstance(i), JET_errSuccess);
    cr_expect_eq(open_file(i, NULL, &other), JET_errBackupAbortByServer);
    cr_expect_eq(JetReadFileInstance(i, handle + 9, NULL, 1, &actual), JET_errBackupAbortByServer);
    cr_expect_eq(JetGetLogInfoInstance(i, NULL, 0, NULL), JET_errBackupAbortByServer);
    cr_expect_eq(JetTruncateLogInstance(i), JET_errBackupAbortByServer);
    cr_expect_eq(JetCloseFileInstance(i, handle + 9), JET_errInvalidParameter);
    cr_expect_eq(JetCloseFileInstance(i, handle), JET_errSuccess);
    cr_expect_eq(JetEndExternalBackupInstance(i), JET_errSuccess);

    /* Where logs are copied any file may be, but no database; an error there is the end. */
    cr_assert_eq(JetBeginExternalBackupInstance(i, 0), JET_errSuccess);
    cr_assert_eq(JetGetLogInfoInstance(i, NULL, 0, NULL), JET_errSuccess);
    FILE *file = fopen(unknown, "w");
    cr_assert(file != NULL && fputs("some words", file) >= 0);
    fclose(file);
    cr_assert_eq(open_file(i, unknown, &handle), JET_errSuccess);
    cr_expect_eq(JetReadFileInstance(i, handle, room, ROOM, &actual), JET_errSuccess);
    cr_expect_eq(actual, 10u);
    cr_expect_eq(JetCloseFileInstance(i, handle), JET_errSuccess);
    cr_expect_eq(open_file(i, table.path, &handle), JET_errInvalidBackupSequence);
    cr_expect_not(runs(i));
    cr_assert_eq(JetBeginExternalBackupInstance(i, 0), JET_errSuccess);
    cr_assert_eq(JetGetTruncateLogInfoInstance(i, NULL, 0, NULL), JET_errSuccess, "goes first, too");
    cr_expect_eq(open_file(i, test_path("none"), &handle), JET_errMissingFileToBackup);
    cr_expect_not(runs(i));
    cr_assert_eq(JetTerm(i), JET_errSuccess);
}

/* Of two databases one is not read to its end: the backup counts for neither. */
Test(backup_order, all_databases_or_none)
{
    struct test_table one, two;
    JET_HANDLE handle;
    JET_ULONG actual;
    JET_DBINFOMISC misc;
    test_open_table(&one);
    JET_INSTANCE i = one.instance;
    test_open_table_in(&two, i);
    for (int n = 0; n < 2; n++) {
        cr_assert_eq(JetBeginExternalBackupInstance(i, 0), JET_errSuccess);
        cr_assert_eq(JetGetAttachInfoInstance(i, test_backup_list, sizeof test_backup_list, NULL), 0);
        cr_expect(strstr(test_backup_list, strrchr(one.path, '/')) != NULL);
        if (n == 0) {
            cr_assert_eq(open_file(i, one.path, &handle), JET_errSuccess);
            cr_assert_eq(JetReadFileInstance(i, handle, room, ROOM, &actual), JET_errSuccess);
            cr_assert_eq(JetCloseFileInstance(i, handle), JET_errSuccess);
            strcpy(test_backup_list, two.path);
            test_backup_list[strlen(two.path) + 1] = 0;
        }
        test_copy_files(i, test_new_folder(n == 0 ? "one" : "both"));
        cr_assert_eq(JetGetLogInfoInstance(i, test_backup_list, sizeof test_backup_list, NULL), 0);
        test_copy_files(i, test_path("one"));
        cr_assert_eq(JetEndExternalBackupInstance(i), JET_errSuccess);
        cr_assert_eq(JetGetDatabaseInfo(two.sesid, two.dbid, &misc, sizeof misc, JET_DbInfoMisc), 0);
        cr_expect_eq(misc.bkinfoFullPrev.genHigh != 0, n == 1, "try %d", n);
    }
    /* A database that came later has no full backup yet. */
    struct test_table three;
    test_open_table_in(&three, i);
    cr_expect_eq(JetBeginExternalBackupInstance(i, JET_bitBackupIncremental), JET_errMissingFullBackup);
    cr_assert_eq(JetTerm(i), JET_errSuccess);
}

Test(backup_order, an_incremental_one_reads_no_database)
{
    struct test_table table;
    JET_LOGINFO info;
    JET_HANDLE handle;
    test_open_table(&table);
    JET_INSTANCE i = table.instance;
    test_stream(i, test_new_folder("full"), 0, &info);
    cr_assert_eq(JetBeginExternalBackupInstance(i, JET_bitBackupIncremental), JET_errSuccess);
    cr_expect_eq(JetGetAttachInfoInstance(i, NULL, 0, NULL), JET_errInvalidBackupSequence);
    cr_expect(runs(i), "that is no end");
    cr_expect_eq(open_file(i, table.path, &handle), JET_errInvalidBackupSequence);
    cr_expect_not(runs(i), "but that");
    cr_assert_eq(JetTerm(i), JET_errSuccess);
}

Test(backup_order, databases_do_not_come_or_go)
{
    struct test_table table;
    JET_DBID dbid;
    JET_ULONG pages;
    test_open_table(&table);
    JET_INSTANCE i = table.instance;
    JET_SESID sesid = table.sesid;
    char other[600];
    snprintf(other, sizeof other, "%s", test_path("other.edb"));
    cr_assert_eq(JetCreateDatabase(sesid, other, NULL, &dbid, 0), JET_errSuccess);
    cr_assert_eq(JetCloseDatabase(sesid, dbid, 0), JET_errSuccess);
    cr_assert_eq(JetDetachDatabase(sesid, other), JET_errSuccess);
    cr_assert_eq(JetBeginExternalBackupInstance(i, 0), JET_errSuccess);
    for (int stopped = 0; stopped < 2; stopped++) {
        cr_expect_eq(JetAttachDatabase(sesid, other, 0), JET_errBackupInProgress);
        cr_expect_eq(JetDetachDatabase(sesid, table.path), JET_errBackupInProgress);
        cr_expect_eq(JetCreateDatabase(sesid, test_path("new.edb"), NULL, &dbid, 0),
                     JET_errBackupInProgress);
        cr_expect_eq(JetResizeDatabase(sesid, table.dbid, 10, &pages, 0), JET_errBackupInProgress);
        cr_assert_eq(JetStopBackupInstance(i), JET_errSuccess, "a stop does not end it");
    }
    cr_assert_eq(JetEndExternalBackupInstance(i), JET_errSuccess);
    cr_expect_eq(JetAttachDatabase(sesid, other, 0), JET_errSuccess);
    cr_assert_eq(JetTerm(i), JET_errSuccess);
}
