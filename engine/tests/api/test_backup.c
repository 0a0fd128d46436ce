/* Streaming backup: which call is legal when, and what it answers when it is not. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <esent.h>

#include "support.h"

#define ROOM 49152

static _Alignas(4096) unsigned char page_room[ROOM];

static char list[4096];

static JET_HANDLE open_first(JET_INSTANCE instance)
{
    JET_HANDLE handle = 0;
    JET_ULONG low = 0, high = 0;
    JET_ERR err = JetOpenFileInstance(instance, list, &handle, &low, &high);
    cr_assert_eq(err, JET_errSuccess, "open %s: %d", list, (int)err);
    cr_assert(high == 0 && low > 0);
    return handle;
}

/* Reads the file to its end; the number of bytes. */
static uint64_t read_all(JET_INSTANCE instance, JET_HANDLE handle)
{
    uint64_t bytes = 0;
    JET_ULONG actual = 1;
    while (actual != 0) {
        cr_assert_eq(JetReadFileInstance(instance, handle, page_room, ROOM, &actual), JET_errSuccess);
        bytes += actual;
    }
    return bytes;
}

static void copy_files(JET_INSTANCE instance)
{
    JET_HANDLE handle;
    JET_ULONG low, high;
    for (const char *at = list; *at != 0; at += strlen(at) + 1) {
        cr_assert_eq(JetOpenFileInstance(instance, at, &handle, &low, &high), JET_errSuccess);
        cr_assert_eq(read_all(instance, handle), low);
        cr_assert_eq(JetCloseFileInstance(instance, handle), JET_errSuccess);
    }
}

static void copy_databases(JET_INSTANCE instance)
{
    cr_assert_eq(JetGetAttachInfoInstance(instance, list, sizeof list, NULL), JET_errSuccess);
    copy_files(instance);
}

static void copy_logs(JET_INSTANCE instance)
{
    cr_assert_eq(JetGetLogInfoInstance(instance, list, sizeof list, NULL), JET_errSuccess);
    copy_files(instance);
}

static JET_DBINFOMISC misc_of(const struct test_table *table)
{
    JET_DBINFOMISC misc;
    cr_assert_eq(JetGetDatabaseInfo(table->sesid, table->dbid, &misc, sizeof misc, JET_DbInfoMisc),
                 JET_errSuccess);
    return misc;
}

Test(backup, nothing_runs)
{
    struct test_table table;
    test_open_table(&table);
    JET_HANDLE handle;
    JET_ULONG size;
    JET_INSTANCE i = table.instance;
    cr_expect_eq(JetGetAttachInfoInstance(i, list, sizeof list, &size), JET_errNoBackup);
    cr_expect_eq(JetOpenFileInstance(i, table.path, &handle, &size, &size), JET_errNoBackup);
    cr_expect_eq(JetReadFileInstance(i, 1, page_room, ROOM, &size), JET_errNoBackup);
    cr_expect_eq(JetCloseFileInstance(i, 1), JET_errNoBackup);
    cr_expect_eq(JetGetLogInfoInstance(i, list, sizeof list, &size), JET_errNoBackup);
    cr_expect_eq(JetGetTruncateLogInfoInstance(i, list, sizeof list, &size), JET_errNoBackup);
    cr_expect_eq(JetTruncateLogInstance(i), JET_errNoBackup);
    cr_expect_eq(JetEndExternalBackupInstance(i), JET_errNoBackup);
    cr_expect_eq(JetEndExternalBackupInstance2(i, 0), JET_errInvalidParameter);
    cr_expect_eq(JetEndExternalBackupInstance2(i, JET_bitBackupEndNormal | JET_bitBackupEndAbort),
                 JET_errInvalidParameter);
    cr_expect_eq(JetBeginExternalBackupInstance(i, JET_bitBackupAtomic), JET_errInvalidGrbit);
    cr_expect_eq(JetBeginExternalBackupInstance(i, JET_bitBackupIncremental),
                 JET_errMissingFullBackup);
    cr_expect_eq(JetEndExternalBackupInstance(i), JET_errNoBackup, "a refused begin leaves nothing");
    JetTerm(i);
}

Test(backup, a_whole_one_is_noted_and_can_be_added_to)
{
    struct test_table table;
    test_open_table(&table);
    JET_INSTANCE i = table.instance;
    JET_ULONG size;
    cr_assert_eq(test_insert(table.sesid, table.tableid, table.id, 1), JET_errSuccess);
    cr_assert_eq(JetBeginExternalBackupInstance(i, 0), JET_errSuccess);
    cr_expect_eq(JetBeginExternalBackupInstance(i, 0), JET_errBackupInProgress);
    cr_expect_eq(JetTerm2(i, JET_bitTermComplete), JET_errBackupInProgress);
    cr_expect_eq(JetDetachDatabase(table.sesid, table.path), JET_errBackupInProgress);
    cr_expect_eq(JetTruncateLogInstance(i), JET_errInvalidBackupSequence);
    copy_databases(i);
    cr_expect_eq(JetGetTruncateLogInfoInstance(i, list, sizeof list, &size), JET_errSuccess);
    cr_expect_eq(JetTruncateLogInstance(i), JET_errLogFileNotCopied);
    JET_LOGINFO info = {.cbSize = sizeof info};
    cr_expect_eq(JetGetLogInfoInstance2(i, list, sizeof list, &size, &info), JET_errSuccess);
    cr_expect(info.ulGenLow == 1 && info.ulGenHigh >= 1 && strcmp(info.szBaseName, "edb") == 0);
    info.cbSize = 3;
    cr_expect_eq(JetGetLogInfoInstance2(i, list, sizeof list, &size, &info), JET_errInvalidParameter);
    copy_logs(i);
    cr_expect_eq(JetTruncateLogInstance(i), JET_errSuccess);
    cr_expect_eq(misc_of(&table).bkinfoFullPrev.genLow, 0);
    cr_expect_eq(JetEndExternalBackupInstance(i), JET_errSuccess);
    JET_DBINFOMISC misc = misc_of(&table);
    cr_expect(misc.bkinfoFullPrev.genLow == 1 && misc.bkinfoFullPrev.genHigh >= 1);

    cr_assert_eq(JetBeginExternalBackupInstance(i, JET_bitBackupIncremental), JET_errSuccess);
    cr_expect_eq(JetGetAttachInfoInstance(i, list, sizeof list, &size), JET_errInvalidBackupSequence);
    copy_logs(i);
    cr_expect_eq(JetEndExternalBackupInstance(i), JET_errSuccess);
    cr_expect_eq(misc_of(&table).bkinfoIncPrev.genLow, misc.bkinfoFullPrev.genHigh + 1);
    JetTerm(i);
}

Test(backup, files)
{
    struct test_table table;
    test_open_table(&table);
    JET_INSTANCE i = table.instance;
    JET_HANDLE handle, other;
    JET_ULONG size;
    cr_assert_eq(JetBeginExternalBackupInstance(i, 0), JET_errSuccess);
    cr_expect_eq(JetOpenFileInstance(i, NULL, &handle, &size, &size), JET_errInvalidParameter);
    cr_expect_eq(JetOpenFileInstance(i, test_path("no.edb"), &handle, &size, &size),
                 JET_errDatabaseNotFound);
    cr_assert_eq(JetGetAttachInfoInstance(i, NULL, 0, &size), JET_errSuccess);
    cr_assert_eq(JetGetAttachInfoInstance(i, list, 3, NULL), JET_errSuccess, "cut, and no error");
    JET_WCHAR wide[600];
    JET_ULONG wide_size;
    cr_assert_eq(JetGetAttachInfoInstanceW(i, wide, sizeof wide, &wide_size), JET_errSuccess);
    cr_expect_eq(wide_size, 2 * size);
    cr_assert_eq(JetGetAttachInfoInstance(i, list, sizeof list, NULL), JET_errSuccess);
    handle = open_first(i);
    cr_expect_eq(JetOpenFileInstance(i, list, &other, &size, &size), JET_errOutOfMemory);
    cr_expect_eq(JetReadFileInstance(i, handle, page_room + 8, 40960, &size), JET_errInvalidParameter);
    cr_expect_eq(JetReadFileInstance(i, handle, page_room, 4097, &size), JET_errInvalidParameter);
    cr_expect_eq(JetReadFileInstance(i, handle, page_room, 4096, &size), JET_errInvalidParameter);
    cr_expect_eq(JetReadFileInstance(i, handle + 1, page_room, ROOM, &size), JET_errInvalidParameter);
    cr_expect_eq(JetGetLogInfoInstance(i, list, sizeof list, &size), JET_errInvalidBackupSequence);
    cr_expect_eq(JetCloseFileInstance(i, handle + 1), JET_errInvalidParameter);
    cr_expect_eq(JetCloseFileInstance(i, handle), JET_errSuccess);
    cr_expect_eq(JetCloseFileInstance(i, handle), JET_errInvalidParameter);
    cr_assert_eq(JetGetLogInfoInstance(i, list, sizeof list, NULL), JET_errSuccess);
    cr_expect_eq(JetOpenFileInstance(i, table.path, &handle, &size, &size),
                 JET_errInvalidBackupSequence, "a database after the logs were asked for");
    cr_expect_eq(JetTruncateLogInstance(i), JET_errNoBackup, "that has ended it");
    cr_assert_eq(JetBeginExternalBackupInstance(i, 0), JET_errSuccess);
    cr_assert_eq(JetGetLogInfoInstance(i, list, sizeof list, NULL), JET_errSuccess);
    cr_expect_eq(JetOpenFileInstance(i, test_path("no.log"), &handle, &size, &size),
                 JET_errMissingFileToBackup);
    cr_expect_eq(JetEndExternalBackupInstance(i), JET_errNoBackup);
    JetTerm(i);
}

Test(backup, a_stop_is_read_by_all_but_those_that_end)
{
    struct test_table table;
    test_open_table(&table);
    JET_INSTANCE i = table.instance;
    JET_HANDLE handle;
    JET_ULONG size;
    cr_assert_eq(JetStopBackupInstance(i), JET_errSuccess);
    cr_assert_eq(JetBeginExternalBackupInstance(i, 0), JET_errSuccess, "a stop before is forgotten");
    cr_assert_eq(JetGetAttachInfoInstance(i, list, sizeof list, NULL), JET_errSuccess);
    handle = open_first(i);
    cr_assert_eq(JetStopBackupInstance(i), JET_errSuccess);
    cr_assert_eq(JetStopBackupInstance(i), JET_errSuccess);
    cr_expect_eq(JetBeginExternalBackupInstance(i, 0), JET_errBackupInProgress);
    cr_expect_eq(JetGetAttachInfoInstance(i, list, sizeof list, NULL), JET_errBackupAbortByServer);
    cr_expect_eq(JetReadFileInstance(i, handle, page_room, ROOM, &size), JET_errBackupAbortByServer);
    cr_expect_eq(JetOpenFileInstance(i, list, &handle, &size, &size), JET_errBackupAbortByServer);
    cr_expect_eq(JetGetLogInfoInstance(i, list, sizeof list, &size), JET_errBackupAbortByServer);
    cr_expect_eq(JetGetTruncateLogInfoInstance(i, list, sizeof list, &size),
                 JET_errBackupAbortByServer);
    cr_expect_eq(JetTruncateLogInstance(i), JET_errBackupAbortByServer);
    cr_expect_eq(JetCloseFileInstance(i, handle), JET_errSuccess);
    cr_expect_eq(JetEndExternalBackupInstance(i), JET_errSuccess);
    cr_expect_eq(JetBeginExternalBackupInstance(i, 0), JET_errSuccess);
    cr_expect_eq(JetGetAttachInfoInstance(i, list, sizeof list, NULL), JET_errSuccess);
    cr_expect_eq(JetEndExternalBackupInstance2(i, JET_bitBackupEndAbort), JET_errSuccess);
    JetTerm(i);
}

/* The steps of a full backup; a stop goes before step number `before`. */
static void stopped_before(const struct test_table *table, int before)
{
    JET_INSTANCE i = table->instance;
    JET_HANDLE handle = 0;
    JET_ULONG size;
    JET_ERR err = JetBeginExternalBackupInstance(i, 0);
    for (int step = 0; step < 6 && err == JET_errSuccess; step++) {
        if (step == before) {
            cr_assert_eq(JetStopBackupInstance(i), JET_errSuccess);
        }
        switch (step) {
        case 0: err = JetGetAttachInfoInstance(i, list, sizeof list, NULL); break;
        case 1: err = JetOpenFileInstance(i, list, &handle, &size, &size); break;
        case 2:
            do {
                err = JetReadFileInstance(i, handle, page_room, ROOM, &size);
            } while (err == JET_errSuccess && size != 0);
            break;
        case 3: err = JetCloseFileInstance(i, handle); break;
        case 4: err = JetGetLogInfoInstance(i, list, sizeof list, NULL); break;
        default: copy_files(i); break;
        }
    }
    cr_expect_eq(err, before <= 2 || before == 3 || before == 4 ? JET_errBackupAbortByServer
                                                                : JET_errSuccess);
    if (before == 6) {
        cr_assert_eq(JetStopBackupInstance(i), JET_errSuccess);
    }
    cr_expect_eq(JetEndExternalBackupInstance(i), JET_errSuccess);
    cr_expect_eq(misc_of(table).bkinfoFullPrev.genLow, 0, "stopped before step %d", before);
    cr_expect_eq(JetBeginExternalBackupInstance(i, JET_bitBackupIncremental),
                 JET_errMissingFullBackup);
}

Test(backup, a_stopped_one_is_never_a_good_one)
{
    struct test_table table;
    test_open_table(&table);
    for (int before = 0; before <= 6; before++) {
        if (before != 5) {
            stopped_before(&table, before);
        }
    }
    JET_INSTANCE i = table.instance;
    cr_assert_eq(JetBeginExternalBackupInstance(i, 0), JET_errSuccess);
    copy_databases(i);
    copy_logs(i);
    cr_expect_eq(JetEndExternalBackupInstance2(i, JET_bitBackupEndAbort), JET_errSuccess);
    cr_expect_eq(misc_of(&table).bkinfoFullPrev.genLow, 0);
    JetTerm(i);
}

Test(backup, after_a_stopped_service_only_a_term_ends_it)
{
    struct test_table table;
    test_open_table(&table);
    JET_INSTANCE i = table.instance;
    cr_assert_eq(JetBeginExternalBackupInstance(i, 0), JET_errSuccess);
    cr_assert_eq(JetStopServiceInstance(i), JET_errSuccess);
    cr_expect_eq(JetEndExternalBackupInstance(i), JET_errClientRequestToStopJetService);
    cr_expect_eq(JetCloseFileInstance(i, 1), JET_errClientRequestToStopJetService);
    cr_expect_eq(JetStopBackupInstance(i), JET_errSuccess);
    cr_expect_eq(JetDetachDatabase(table.sesid, table.path), JET_errBackupInProgress);
    cr_expect_eq(JetTerm2(i, JET_bitTermComplete), JET_errBackupInProgress);
    cr_expect_eq(JetTerm2(i, JET_bitTermComplete | JET_bitTermStopBackup), JET_errSuccess);
}
