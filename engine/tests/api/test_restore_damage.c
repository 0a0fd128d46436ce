/* A restore of files that are not what the backup brought. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <esent.h>

#include "backup_support.h"

#define SECTOR 512

/* A backup with a few log files of 64 KiB; the last one in `last`. */
struct backup {
    struct test_table table;
    char folder[600], last[700], first[700];
    JET_LOGINFO info;
};

static void insert(const struct test_table *table, JET_LONG from, JET_LONG to)
{
    for (JET_LONG i = from; i <= to; i++) {
        cr_assert_eq(test_insert(table->sesid, table->tableid, table->id, i), JET_errSuccess);
    }
}

static void log_name(const struct backup *backup, JET_ULONG generation, char *path, size_t size)
{
    snprintf(path, size, "%s/edb%05X.jtx", backup->folder, (unsigned)generation);
    if (access(path, F_OK) != 0) {
        snprintf(path, size, "%s/edb%05X.log", backup->folder, (unsigned)generation);
    }
}

static void take(struct backup *backup, JET_LONG rows)
{
    JET_INSTANCE i = test_create();
    cr_assert_eq(JetSetSystemParameterA(&i, 0, JET_paramLogFileSize, 64, NULL), JET_errSuccess);
    cr_assert_eq(JetInit(&i), JET_errSuccess);
    test_open_table_in(&backup->table, i);
    snprintf(backup->folder, sizeof backup->folder, "%s", test_new_folder("taken"));
    insert(&backup->table, 1, rows);
    test_stream(i, backup->folder, 0, &backup->info);
    log_name(backup, backup->info.ulGenHigh, backup->last, sizeof backup->last);
    log_name(backup, backup->info.ulGenLow, backup->first, sizeof backup->first);
    cr_assert_eq(JetTerm(i), JET_errSuccess);
}

static JET_ERR restore(const struct backup *backup, const char *change, char *path, size_t size)
{
    static int count;
    char name[32], folder[600], command[4000], home[600];
    snprintf(name, sizeof name, "try-%d", count);
    snprintf(folder, sizeof folder, "%s", test_path(name));
    snprintf(name, sizeof name, "home-%d", count++);
    snprintf(home, sizeof home, "%s", test_new_folder(name));
    snprintf(command, sizeof command, "cp -r %s %s && cd %s && %s", backup->folder, folder, folder,
             change);
    cr_assert_eq(system(command), 0, "%s", command);
    snprintf(path, size, "%s/%s", folder, strrchr(backup->table.path, '/') + 1);
    char old_path[600];
    snprintf(old_path, sizeof old_path, "%s", backup->table.path);
    JET_RSTMAP map = {.szDatabaseName = old_path, .szNewDatabaseName = path};
    JET_ERR err = JetExternalRestore(home, home, &map, 1, folder, 0, 0, NULL);
    if (err != JET_errSuccess) {
        snprintf(command, sizeof command, "rm -r %s %s", folder, home);
        cr_assert_eq(system(command), 0);
    }
    return err;
}

/* Where the last byte that is not zero lies. */
static long end_of(const char *path)
{
    FILE *file = fopen(path, "rb");
    long end = 0;
    int c;
    cr_assert_not_null(file);
    for (long at = 0; (c = fgetc(file)) != EOF; at++) {
        end = c != 0 ? at : end;
    }
    fclose(file);
    return end;
}

/* Every sector of every log file up to its end holds something that was committed: a damaged one is never taken for a
 * torn end. */
Test(restore_damage, no_log_ends_early)
{
    struct backup backup;
    char path[1400], command[2000];
    take(&backup, 40);
    const char *last = strrchr(backup.last, '/') + 1;
    long end = end_of(backup.last);
    cr_assert_gt(end, 4 * SECTOR);
    for (long at = end / SECTOR * SECTOR; at >= 0; at -= at > 6 * SECTOR ? 3 * SECTOR : SECTOR) {
        snprintf(command, sizeof command,
                 "printf '\\125\\252' | dd of=%s bs=1 seek=%ld conv=notrunc 2>/dev/null", last, at + 20);
        JET_ERR err = restore(&backup, command, path, sizeof path);
        cr_expect(err == JET_errLogFileCorrupt || err == JET_errBadLogVersion, "at %ld: %d", at,
                  (int)err);
        snprintf(command, sizeof command,
                 "dd if=/dev/zero of=%s bs=%d seek=%ld count=1 conv=notrunc 2>/dev/null", last,
                 SECTOR, at / SECTOR);
        err = restore(&backup, command, path, sizeof path);
        cr_expect_eq(err, JET_errLogFileCorrupt, "zeros at %ld: %d", at, (int)err);
    }
    cr_assert_eq(restore(&backup, "true", path, sizeof path), JET_errSuccess);
    test_verify(path);
}

Test(restore_damage, files_that_are_missing_cut_or_swapped)
{
    struct backup backup;
    char path[1400], command[3000];
    JET_LONG rows[TEST_WRITERS];
    take(&backup, 300);
    cr_assert(backup.info.ulGenHigh >= backup.info.ulGenLow + 2);
    char middle[700];
    log_name(&backup, backup.info.ulGenLow + 1, middle, sizeof middle);
    const char *name = strrchr(backup.table.path, '/') + 1;
    const char *last = strrchr(backup.last, '/') + 1, *first = strrchr(backup.first, '/') + 1;
    const char *inner = strrchr(middle, '/') + 1;

    snprintf(command, sizeof command, "rm %s", inner);
    cr_expect_eq(restore(&backup, command, path, sizeof path), JET_errMissingLogFile);
    snprintf(command, sizeof command, "rm %s", first);
    JET_ERR err = restore(&backup, command, path, sizeof path);
    cr_expect_eq(err, JET_errStartingRestoreLogTooHigh, "%d", (int)err);
    snprintf(command, sizeof command, "rm *.jtx *.log 2>/dev/null; true");
    cr_expect_eq(restore(&backup, command, path, sizeof path), JET_errMissingLogFile);
    snprintf(command, sizeof command, "truncate -s 1000 %s", last);
    err = restore(&backup, command, path, sizeof path);
    cr_expect_eq(err, JET_errLogFileSizeMismatch, "%d", (int)err);
    snprintf(command, sizeof command, "mv %s x && mv %s %s && mv x %s", inner, first, inner, first);
    err = restore(&backup, command, path, sizeof path);
    cr_expect_eq(err, JET_errInvalidLogSequence, "%d", (int)err);
    snprintf(command, sizeof command, "truncate -s 4096 %s", name);
    err = restore(&backup, command, path, sizeof path);
    cr_expect_eq(err, JET_errDatabaseCorrupted, "%d", (int)err);
    snprintf(command, sizeof command,
             "printf '\\125\\252' | dd of=%s bs=1 seek=%d conv=notrunc 2>/dev/null", name,
             3 * 4096 + 1000);
    err = restore(&backup, command, path, sizeof path);
    if (err == JET_errSuccess) { /* the log brings the whole page */
        test_verify(path);
    } else {
        cr_expect_eq(err, JET_errReadVerifyFailure, "%d", (int)err);
    }
    snprintf(command, sizeof command,
             "dd if=/dev/zero of=%s bs=4096 count=2 conv=notrunc 2>/dev/null", name);
    err = restore(&backup, command, path, sizeof path);
    cr_expect(err < JET_errSuccess, "%d", (int)err);
    err = restore(&backup, "true", path, sizeof path);
    cr_assert_eq(err, JET_errSuccess, "%d", (int)err);
    test_verify(path);
    test_count_rows(path, &backup.table, rows);
    cr_expect_eq(rows[0], 300);
}

/* Another database had the same identifier later: it is not taken for one of the backup. */
Test(restore_damage, an_identifier_is_no_name)
{
    struct backup backup;
    char other[600], copy[1400], home[600];
    take(&backup, 10);
    JET_INSTANCE i = test_create();
    char log[512];
    snprintf(log, sizeof log, "%s", test_path("instance-0"));
    cr_assert_eq(JetSetSystemParameterA(&i, 0, JET_paramSystemPath, 0, log), JET_errSuccess);
    cr_assert_eq(JetSetSystemParameterA(&i, 0, JET_paramLogFilePath, 0, log), JET_errSuccess);
    cr_assert_eq(JetSetSystemParameterA(&i, 0, JET_paramLogFileSize, 64, NULL), JET_errSuccess);
    cr_assert_eq(JetInit(&i), JET_errSuccess);
    JET_SESID sesid = test_session(i);
    JET_DBID dbid;
    snprintf(other, sizeof other, "%s", test_path("other.edb"));
    cr_assert_eq(JetCreateDatabase(sesid, other, NULL, &dbid, 0), JET_errSuccess);
    cr_assert_eq(JetCloseDatabase(sesid, dbid, 0), JET_errSuccess);
    cr_assert_eq(JetDetachDatabase(sesid, other), JET_errSuccess);
    cr_assert_eq(JetAttachDatabase(sesid, other, 0), JET_errSuccess);
    cr_assert_eq(JetTerm(i), JET_errSuccess);

    snprintf(copy, sizeof copy, "%s", test_copy_path(backup.folder, backup.table.path));
    char command[1400];
    snprintf(command, sizeof command, "cp %s/*.* %s", log, backup.folder);
    cr_assert_eq(system(command), 0);
    snprintf(home, sizeof home, "%s", test_new_folder("home"));
    JET_RSTMAP maps[] = {{.szDatabaseName = backup.table.path, .szNewDatabaseName = copy},
                         {.szDatabaseName = other, .szNewDatabaseName = other}};
    JET_ERR err = JetExternalRestore(log, log, maps, 2, backup.folder, 0, 0, NULL);
    cr_expect_eq(err, JET_errRestoreOfNonBackupDatabase, "%d", (int)err);
}

/* A file of the same name, made and removed before: what the log says of that one is not for this one. */
Test(restore_damage, nor_is_a_path)
{
    struct test_table table;
    JET_LOGINFO info;
    JET_LONG rows[TEST_WRITERS];
    char folder[600], target[1400];
    JET_INSTANCE i = test_start();
    test_open_table_in(&table, i);
    insert(&table, 1, 20);
    char path[512];
    snprintf(path, sizeof path, "%s", table.path);
    JET_SESID sesid = table.sesid;
    cr_assert_eq(JetCloseTable(sesid, table.tableid), JET_errSuccess);
    cr_assert_eq(JetCloseDatabase(sesid, table.dbid, 0), JET_errSuccess);
    cr_assert_eq(JetDetachDatabase(sesid, path), JET_errSuccess);
    char again[600], name[600];
    snprintf(again, sizeof again, "rm %s", path);
    cr_assert_eq(system(again), 0);
    snprintf(name, sizeof name, "%s", path);
    test_open_table_in(&table, i); /* under another name, brought to the old one */
    cr_assert_eq(JetCloseTable(table.sesid, table.tableid), JET_errSuccess);
    cr_assert_eq(JetCloseDatabase(table.sesid, table.dbid, 0), JET_errSuccess);
    cr_assert_eq(JetDetachDatabase(table.sesid, table.path), JET_errSuccess);
    cr_assert_eq(rename(table.path, name), 0);
    snprintf(table.path, sizeof table.path, "%s", path);
    cr_assert_eq(JetAttachDatabase(table.sesid, path, 0), JET_errSuccess);
    cr_assert_eq(JetOpenDatabase(table.sesid, path, NULL, &table.dbid, 0), JET_errSuccess);
    cr_assert_eq(JetOpenTable(table.sesid, table.dbid, "rows", NULL, 0, 0, &table.tableid), 0);
    insert(&table, 1, 7);
    snprintf(folder, sizeof folder, "%s", test_new_folder("same-name"));
    test_stream(i, folder, 0, &info);
    cr_assert_eq(JetTerm(i), JET_errSuccess);
    snprintf(target, sizeof target, "%s", test_copy_path(folder, path));
    JET_ERR err = test_external(folder, "home", &table, target, 0, 0);
    cr_assert_eq(err, JET_errSuccess, "%d", (int)err);
    test_verify(target);
    test_count_rows(target, &table, rows);
    cr_expect_eq(rows[0], 7);
}
