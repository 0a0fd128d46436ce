/* The forms of the backup and restore calls: without an instance, and with wide text. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <esent.h>

#include "backup_support.h"

#define ROOM (16 * 4096)

static _Alignas(4096) unsigned char room[ROOM];

static size_t wide_length(const JET_WCHAR *text)
{
    size_t length = 0;
    while (text[length] != 0) {
        length++;
    }
    return length;
}

/* A list of names in both forms says the same. */
static void expect_same_lists(const JET_WCHAR *wide, JET_ULONG wide_size, const char *narrow,
                              JET_ULONG narrow_size)
{
    cr_assert_eq(wide_size, 2 * narrow_size);
    for (JET_ULONG i = 0; i < narrow_size; i++) {
        cr_assert_eq(wide[i], (JET_WCHAR)narrow[i]);
    }
    cr_assert(narrow_size >= 2 && narrow[narrow_size - 1] == 0 && narrow[narrow_size - 2] == 0);
}

static void place(void)
{
    const JET_ULONG folders[] = {JET_paramSystemPath, JET_paramLogFilePath, JET_paramTempPath};
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(JetSetSystemParameterA(NULL, 0, folders[i], 0, test_folder()), 0);
    }
}

static void copy_legacy(const char *folder, const char *name)
{
    JET_HANDLE handle = 0;
    JET_ULONG low, high, actual = 1;
    FILE *file = fopen(test_copy_path(folder, name), "wb");
    cr_assert_not_null(file);
    cr_assert_eq(JetOpenFileW(test_wide(name), &handle, &low, &high), JET_errSuccess);
    while (actual != 0) {
        cr_assert_eq(JetReadFile(handle, room, ROOM, &actual), JET_errSuccess);
        cr_assert_eq(fwrite(room, 1, actual, file), actual);
    }
    cr_assert_eq(JetCloseFile(handle), JET_errSuccess);
    fclose(file);
}

static void copy_list(const char *folder, const char *list)
{
    for (const char *at = list; *at != 0; at += strlen(at) + 1) {
        copy_legacy(folder, at);
    }
}

/* The whole of the family in one-instance mode; the copy is in folder. */
static void stream_legacy(const char *folder)
{
    static JET_WCHAR wide[4096];
    static char narrow[4096];
    JET_ULONG size, wide_size;
    cr_assert_eq(JetGetAttachInfoA(narrow, sizeof narrow, &size), JET_errNoBackup);
    cr_assert_eq(JetBeginExternalBackup(JET_bitBackupIncremental), JET_errMissingFullBackup);
    cr_assert_eq(JetBeginExternalBackup(0), JET_errSuccess);
    cr_assert_eq(JetBeginExternalBackup(0), JET_errBackupInProgress);
    cr_assert_eq(JetGetAttachInfoA(narrow, sizeof narrow, &size), JET_errSuccess);
    cr_assert_eq(JetGetAttachInfoW(wide, sizeof wide, &wide_size), JET_errSuccess);
    expect_same_lists(wide, wide_size, narrow, size);
    copy_list(folder, narrow);
    cr_assert_eq(JetTruncateLog(), JET_errInvalidBackupSequence);
    cr_assert_eq(JetGetLogInfoA(narrow, sizeof narrow, &size), JET_errSuccess);
    cr_assert_eq(JetGetLogInfoW(wide, sizeof wide, &wide_size), JET_errSuccess);
    expect_same_lists(wide, wide_size, narrow, size);
    cr_assert_eq(JetTruncateLog(), JET_errLogFileNotCopied);
    copy_list(folder, narrow);
    cr_assert_eq(JetTruncateLog(), JET_errSuccess);
    cr_assert_eq(JetEndExternalBackup(), JET_errSuccess);
    cr_assert_eq(JetEndExternalBackup(), JET_errNoBackup);
}

static void stop_legacy(void)
{
    JET_HANDLE handle;
    JET_ULONG low, high, size;
    static char list[4096];
    cr_assert_eq(JetStopBackup(), JET_errSuccess);
    cr_assert_eq(JetBeginExternalBackup(0), JET_errSuccess);
    cr_assert_eq(JetGetAttachInfoA(list, sizeof list, &size), JET_errSuccess);
    cr_assert_eq(JetOpenFileA(list, &handle, &low, &high), JET_errSuccess);
    cr_assert_eq(JetStopBackup(), JET_errSuccess);
    cr_expect_eq(JetGetAttachInfoW((void *)room, ROOM, &size), JET_errBackupAbortByServer);
    cr_expect_eq(JetReadFile(handle, room, ROOM, &size), JET_errBackupAbortByServer);
    cr_expect_eq(JetOpenFileW(test_wide(list), &handle, &low, &high), JET_errBackupAbortByServer);
    cr_expect_eq(JetGetLogInfoW((void *)room, ROOM, &size), JET_errBackupAbortByServer);
    cr_expect_eq(JetTruncateLog(), JET_errBackupAbortByServer);
    cr_expect_eq(JetCloseFile(handle), JET_errSuccess);
    cr_expect_eq(JetEndExternalBackup(), JET_errSuccess);
}

static JET_LONG rows_of(const char *path, const struct test_table *table)
{
    JET_LONG rows[TEST_WRITERS];
    test_count_rows(path, table, rows);
    return rows[0];
}

/* One instance without a handle, five rows, a streamed and two plain backups, restored in all ways. */
Test(backup_forms, without_an_instance)
{
    struct test_table table;
    JET_INSTANCE instance = 0;
    char folder[600], plain[600], other[600], target[1400];
    place();
    cr_assert_eq(JetInit(&instance), JET_errSuccess);
    test_open_table_in(&table, 0);
    for (JET_LONG i = 1; i <= 5; i++) {
        cr_assert_eq(test_insert(table.sesid, table.tableid, table.id, i), JET_errSuccess);
    }
    snprintf(folder, sizeof folder, "%s", test_new_folder("streamed"));
    snprintf(plain, sizeof plain, "%s", test_new_folder("plain"));
    snprintf(other, sizeof other, "%s", test_new_folder("other"));
    stream_legacy(folder);
    stop_legacy();
    cr_assert_eq(JetBackupA(plain, JET_bitBackupAtomic, NULL), JET_errSuccess);
    cr_assert_eq(JetBackupW(test_wide(plain), JET_bitBackupAtomic, NULL), JET_errSuccess);
    cr_expect_eq(JetRestoreA(plain, NULL), JET_errAlreadyInitialized);
    cr_expect_eq(JetRestore2W(test_wide(plain), test_wide(other), NULL), JET_errAlreadyInitialized);
    JET_RSTMAP_W map = {.szDatabaseName = test_wide(table.path), .szNewDatabaseName = test_wide("x")};
    cr_expect_eq(JetExternalRestoreW(test_wide(other), test_wide(other), &map, 1, test_wide(folder),
                                     0, 0, NULL),
                 JET_errRunningInOneInstanceMode);
    cr_expect_eq(JetExternalRestore2W(test_wide(other), test_wide(other), &map, 1,
                                      test_wide(folder), NULL, NULL, NULL, NULL, NULL),
                 JET_errRunningInOneInstanceMode);
    cr_assert_eq(test_insert(table.sesid, table.tableid, table.id, 6), JET_errSuccess);
    cr_assert_eq(JetTerm(0), JET_errSuccess);

    /* With the log that goes on behind the backup. */
    cr_assert_eq(unlink(table.path), 0);
    cr_expect_eq(JetRestoreA(NULL, NULL), JET_errInvalidParameter);
    cr_expect_eq(JetRestoreA(test_path("nowhere"), NULL), JET_errInvalidPath);
    cr_assert_eq(JetRestoreW(test_wide(plain), NULL), JET_errSuccess);
    test_verify(table.path);
    cr_expect_eq(test_running_instances(), 0u, "the restore's own instance is gone");
    cr_expect_eq(rows_of(table.path, &table), 6);
    cr_assert_eq(JetRestore2A(plain, other, NULL), JET_errSuccess);
    snprintf(target, sizeof target, "%s", test_copy_path(other, table.path));
    test_verify(target);
    cr_expect_eq(rows_of(target, &table), 6);
    cr_assert_eq(JetRestore2W(test_wide(plain), test_wide(other), NULL), JET_errSuccess);
    snprintf(target, sizeof target, "%s", test_copy_path(folder, table.path));
    cr_assert_eq(test_external(folder, "home", &table, target, 0, 0), JET_errSuccess);
    test_verify(target);
    cr_expect_eq(rows_of(target, &table), 5);
}

/* In multi-instance mode the legacy forms are refused before anything else is looked at. */
Test(backup_forms, not_beside_other_instances)
{
    JET_INSTANCE instance = test_start();
    JET_HANDLE handle;
    JET_ULONG size;
    cr_expect_eq(JetBeginExternalBackup(0xFFFF), JET_errRunningInMultiInstanceMode);
    cr_expect_eq(JetGetAttachInfoW(NULL, 0, &size), JET_errRunningInMultiInstanceMode);
    cr_expect_eq(JetOpenFileW(test_wide("x"), &handle, &size, &size),
                 JET_errRunningInMultiInstanceMode);
    cr_expect_eq(JetReadFile(0, NULL, 1, &size), JET_errRunningInMultiInstanceMode);
    cr_expect_eq(JetCloseFile(0), JET_errRunningInMultiInstanceMode);
    cr_expect_eq(JetGetLogInfoW(NULL, 0, &size), JET_errRunningInMultiInstanceMode);
    cr_expect_eq(JetTruncateLog(), JET_errRunningInMultiInstanceMode);
    cr_expect_eq(JetEndExternalBackup(), JET_errRunningInMultiInstanceMode);
    cr_expect_eq(JetStopBackup(), JET_errRunningInMultiInstanceMode);
    cr_expect_eq(JetBackupW(NULL, 0, NULL), JET_errRunningInMultiInstanceMode);
    cr_expect_eq(JetRestoreW(test_wide("x"), NULL), JET_errRunningInMultiInstanceMode);
    cr_expect_eq(JetRestore2W(test_wide("x"), NULL, NULL), JET_errRunningInMultiInstanceMode);
    cr_expect_eq(JetTerm(instance), JET_errSuccess);
    cr_expect_eq(JetEndExternalBackup(), JET_errInvalidParameter, "no instance at all");
}

Test(backup_forms, wide_names_and_logs)
{
    struct test_table table;
    static JET_WCHAR wide[4096];
    static char narrow[4096];
    JET_ULONG size, wide_size, high;
    JET_HANDLE handle;
    test_open_table(&table);
    JET_INSTANCE i = table.instance;
    cr_assert_eq(JetBeginExternalBackupInstance(i, 0), JET_errSuccess);
    cr_assert_eq(JetOpenFileInstanceW(i, test_wide(table.path), &handle, &size, &high), 0);
    cr_assert_eq(JetCloseFileInstance(i, handle), JET_errSuccess);
    JET_LOGINFO_A info = {.cbSize = sizeof info};
    JET_LOGINFO_W wide_info = {.cbSize = sizeof wide_info - 1};
    cr_expect_eq(JetGetLogInfoInstance2W(i, wide, sizeof wide, &wide_size, &wide_info),
                 JET_errInvalidParameter);
    wide_info.cbSize = sizeof wide_info;
    cr_assert_eq(JetGetLogInfoInstance2W(i, wide, sizeof wide, &wide_size, &wide_info), 0);
    cr_assert_eq(JetGetLogInfoInstance2A(i, narrow, sizeof narrow, &size, &info), 0);
    expect_same_lists(wide, wide_size, narrow, size);
    cr_expect(info.ulGenLow == wide_info.ulGenLow && info.ulGenHigh == wide_info.ulGenHigh);
    cr_expect(wide_length(wide_info.szBaseName) == 3 && wide_info.szBaseName[0] == 'e');
    cr_assert_eq(JetGetLogInfoInstanceW(i, wide, sizeof wide, &wide_size), JET_errSuccess);
    expect_same_lists(wide, wide_size, narrow, size);
    cr_assert_eq(JetGetTruncateLogInfoInstanceA(i, narrow, sizeof narrow, &size), JET_errSuccess);
    cr_assert_eq(JetGetTruncateLogInfoInstanceW(i, wide, sizeof wide, &wide_size), JET_errSuccess);
    cr_expect_eq(wide_size, 2 * size);
    memset(wide, 0x55, sizeof wide);
    cr_assert_eq(JetGetLogInfoInstanceW(i, wide, 6, &wide_size), JET_errSuccess, "cut, no error");
    cr_expect(wide[2] != 0x5555 && wide[3] == 0x5555);
    cr_expect_eq(JetEndExternalBackupInstance2(i, JET_bitBackupEndAbort), JET_errSuccess);
    char folder[600];
    snprintf(folder, sizeof folder, "%s", test_path("folder"));
    cr_expect_eq(JetBackupInstanceW(i, test_wide(folder), 0, NULL), JET_errSuccess);
    cr_expect_eq(JetTerm(i), JET_errSuccess);
    JET_INSTANCE fresh = test_create();
    char home[600];
    snprintf(home, sizeof home, "%s", test_new_folder("restored"));
    cr_assert_eq(JetRestoreInstanceW(fresh, test_wide(folder), test_wide(home), NULL), 0);
    test_verify(test_copy_path(home, table.path));
    cr_expect_eq(JetTerm(fresh), JET_errSuccess);
}
