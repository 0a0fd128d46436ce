/* What a backup taken while others write is worth: restored, it holds what was committed when it ended. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <criterion/criterion.h>
#include <esent.h>

#include "backup_support.h"

Test(restore, a_stream_taken_under_four_writers)
{
    struct test_table table;
    struct test_writer writers[TEST_WRITERS];
    _Atomic int stop = 0;
    JET_LONG before[TEST_WRITERS], more[TEST_WRITERS], rows[TEST_WRITERS];
    JET_LOGINFO info, next;
    test_open_table(&table);
    test_start_writers(writers, &table, &stop);
    test_wait_for_writers(writers, 300);
    char folder[600], target[1400], second[3000];
    snprintf(folder, sizeof folder, "%s", test_new_folder("stream"));
    JET_LONG acknowledged[TEST_WRITERS];
    test_stream_under(table.instance, folder, 0, &info, writers, acknowledged);
    test_wait_for_writers(writers, 100);
    for (int i = 0; i < TEST_WRITERS; i++) {
        before[i] = atomic_load(&writers[i].committed);
    }
    snprintf(target, sizeof target, "%s", test_copy_path(folder, table.path));
    snprintf(second, sizeof second, "cp %s %s.2", target, target);
    cr_assert_eq(system(second), 0);
    cr_expect_eq(test_external(folder, "home1", &table, target, (JET_LONG)info.ulGenLow + 1, 0),
                 JET_errStartingRestoreLogTooHigh);
    cr_assert_eq(test_external(folder, "home2", &table, target, (JET_LONG)info.ulGenLow,
                          (JET_LONG)info.ulGenHigh), JET_errSuccess);
    test_verify(target);
    test_count_rows(target, &table, rows);
    for (int i = 0; i < TEST_WRITERS; i++) {
        cr_expect(rows[i] >= acknowledged[i] && rows[i] <= before[i], "writer %d: %d rows", i, (int)rows[i]);
    }
    /* With what came later. */
    test_stream_under(table.instance, folder, JET_bitBackupIncremental, &next, writers, more);
    cr_expect_eq(next.ulGenLow, info.ulGenHigh + 1);
    test_join_writers(writers, &stop);
    snprintf(second, sizeof second, "%s.2", target);
    cr_assert_eq(test_external(folder, "home3", &table, second, 0, 0), JET_errSuccess);
    test_verify(second);
    test_count_rows(second, &table, rows);
    for (int i = 0; i < TEST_WRITERS; i++) {
        cr_expect(rows[i] >= more[i], "writer %d: %d rows of %d", i, (int)rows[i], (int)more[i]);
    }
    JET_ERR err = test_external(folder, "home4", &table, second, 0, 0);
    cr_expect_eq(err, JET_errRestoreOfNonBackupDatabase, "%d", (int)err);
    cr_assert_eq(JetTerm(table.instance), JET_errSuccess);
}

static JET_ERR JET_CALL count_calls(JET_SESID sesid, JET_SNP snp, JET_SNT snt, void *arg)
{
    (void)sesid, (void)arg;
    static int order;
    cr_expect(snp == JET_snpBackup || snp == JET_snpRestore);
    order = snt == JET_sntBegin ? 1 : snt == JET_sntProgress && order >= 1 ? 2 : order;
    cr_expect(order >= 1, "begin comes first");
    return JET_errSuccess;
}

static JET_ERR JET_CALL refuse_files(JET_SESID sesid, JET_SNP snp, JET_SNT snt, void *arg)
{
    (void)sesid, (void)snp, (void)arg;
    return snt == JET_sntProgress ? JET_errOutOfMemory : JET_errSuccess;
}

Test(restore, a_folder_taken_under_four_writers)
{
    struct test_table table;
    struct test_writer writers[TEST_WRITERS];
    _Atomic int stop = 0;
    JET_LONG before[TEST_WRITERS], rows[TEST_WRITERS];
    test_open_table(&table);
    JET_INSTANCE i = table.instance;
    test_start_writers(writers, &table, &stop);
    test_wait_for_writers(writers, 200);
    char folder[600], target[1400], home[600];
    snprintf(folder, sizeof folder, "%s", test_path("folder"));
    cr_expect_eq(JetBackupInstance(i, folder, 0x100, NULL), JET_errInvalidGrbit);
    cr_expect_eq(JetBackupInstance(i, folder, JET_bitBackupIncremental, NULL), JET_errMissingFullBackup);
    cr_expect_eq(JetBackupInstance(i, folder, 0, refuse_files), JET_errOutOfMemory);
    cr_assert_eq(JetBackupInstance(i, folder, 0, count_calls), JET_errSuccess,
                 "a failed one leaves no file");
    cr_expect_eq(JetBackupInstance(i, folder, 0, NULL), JET_errBackupDirectoryNotEmpty);
    cr_assert_eq(JetBackupInstance(i, test_path("atomic"), JET_bitBackupAtomic, NULL), JET_errSuccess);
    cr_assert_eq(JetBackupInstance(i, test_path("atomic"), JET_bitBackupAtomic, NULL), JET_errSuccess);
    for (int w = 0; w < TEST_WRITERS; w++) {
        before[w] = atomic_load(&writers[w].committed);
    }
    cr_assert_eq(JetBackupInstance(i, test_path("atomic"), JET_bitBackupIncremental, NULL), 0);
    test_join_writers(writers, &stop);
    cr_expect_eq(JetBackupInstance(i, NULL, 0, NULL), JET_errSuccess);
    cr_expect_eq(JetRestoreInstance(i, folder, NULL, NULL), JET_errAlreadyInitialized);
    cr_assert_eq(JetTerm(i), JET_errSuccess);

    JET_INSTANCE fresh = test_create();
    snprintf(home, sizeof home, "%s", test_new_folder("restored"));
    snprintf(target, sizeof target, "%s", test_copy_path(home, table.path));
    cr_expect_eq(JetRestoreInstance(fresh, test_path("nowhere"), home, NULL), JET_errInvalidPath);
    cr_expect_eq(JetRestoreInstance(fresh, NULL, home, NULL), JET_errInvalidParameter);
    cr_assert_eq(JetRestoreInstance(fresh, test_path("atomic"), home, count_calls), JET_errSuccess);
    test_verify(target);
    test_count_rows(target, &table, rows);
    for (int w = 0; w < TEST_WRITERS; w++) {
        cr_expect(rows[w] >= before[w], "writer %d: %d of %d", w, (int)rows[w], (int)before[w]);
    }
    cr_assert_eq(JetInit(&fresh), JET_errSuccess, "the restore has left a log to go on with");
    cr_assert_eq(JetTerm(fresh), JET_errSuccess);
}
