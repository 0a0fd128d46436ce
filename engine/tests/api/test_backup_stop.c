/* A stop, a termination or a stopped service against a backup that runs: who is told what, and what is left of it. */
#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <esent.h>

#include "backup_support.h"

static JET_BKINFO full_of(const struct test_table *table)
{
    JET_DBINFOMISC misc;
    cr_assert_eq(JetGetDatabaseInfo(table->sesid, table->dbid, &misc, sizeof misc, JET_DbInfoMisc),
                 JET_errSuccess);
    return misc.bkinfoFullPrev;
}

static unsigned files_in(const char *folder)
{
    unsigned count = 0;
    DIR *open = opendir(folder);
    for (struct dirent *at = open != NULL ? readdir(open) : NULL; at != NULL; at = readdir(open)) {
        count += at->d_name[0] != '.';
    }
    if (open != NULL) {
        closedir(open);
    }
    return count;
}

static void fill(const struct test_table *table, JET_LONG rows)
{
    for (JET_LONG i = 1; i <= rows; i++) {
        cr_assert_eq(test_insert(table->sesid, table->tableid, table->id, i), JET_errSuccess);
    }
}

/* ---- a backup into a folder, met in the middle ----------------------------------------------- */

static struct {
    JET_INSTANCE instance;
    JET_SNT when;
    int steps; /* of that kind until it happens */
    void *(*what)(void *);
    bool wait; /* for the thread to end */
    pthread_t thread;
    int seen;
} event;

static JET_ERR JET_CALL on_status(JET_SESID sesid, JET_SNP snp, JET_SNT snt, void *arg)
{
    (void)sesid, (void)snp, (void)arg;
    if (snt == event.when && ++event.seen == event.steps) {
        cr_assert_eq(pthread_create(&event.thread, NULL, event.what, NULL), 0);
        if (event.wait) {
            pthread_join(event.thread, NULL);
        } else {
            JET_SESID probe;
            JET_ERR err; /* the termination has begun as soon as nobody may enter */
            while ((err = JetBeginSessionA(event.instance, &probe, NULL, NULL)) == JET_errSuccess) {
                (void)JetEndSession(probe, 0);
                sched_yield();
            }
        }
    }
    return JET_errSuccess;
}

static void *stop_backup(void *arg)
{
    cr_assert_eq(JetStopBackupInstance(event.instance), JET_errSuccess);
    cr_assert_eq(JetStopBackupInstance(event.instance), JET_errSuccess);
    return arg;
}

static void expect_at(const struct test_table *table, JET_SNT when, int steps, JET_GRBIT grbit,
                      JET_ERR wanted)
{
    char folder[600], name[40];
    JET_BKINFO before = full_of(table);
    snprintf(name, sizeof name, "stopped-%d-%d-%u", (int)when, steps, (unsigned)grbit);
    snprintf(folder, sizeof folder, "%s", test_new_folder(name));
    event.when = when;
    event.steps = steps;
    event.what = stop_backup;
    event.wait = true;
    event.seen = 0;
    JET_ERR err = JetBackupInstance(table->instance, folder, grbit, on_status);
    cr_expect_eq(err, wanted, "%s: %d", name, (int)err);
    cr_expect_eq(event.seen >= steps, true, "%s: it never came", name);
    JET_BKINFO after = full_of(table);
    if (wanted != JET_errSuccess) {
        cr_expect_eq(files_in(folder), 0u, "%s: files are left", name);
        cr_expect_eq(memcmp(&before, &after, sizeof before), 0, "%s: counted as good", name);
        cr_expect_eq(JetBackupInstance(table->instance, folder, grbit, NULL), JET_errSuccess);
    } else {
        cr_expect_neq(memcmp(&before, &after, sizeof before), 0, "%s: not counted", name);
    }
}

Test(backup_stop, a_folder_at_every_step)
{
    struct test_table table;
    test_open_table(&table);
    event.instance = table.instance;
    fill(&table, 50);
    for (int atomic = 0; atomic < 2; atomic++) {
        JET_GRBIT grbit = atomic != 0 ? JET_bitBackupAtomic : 0;
        expect_at(&table, JET_sntBegin, 1, grbit, JET_errBackupAbortByServer); /* nothing read yet */
        expect_at(&table, JET_sntProgress, 1, grbit, JET_errBackupAbortByServer); /* a database */
        expect_at(&table, JET_sntProgress, 2, grbit, JET_errBackupAbortByServer); /* the log */
        expect_at(&table, JET_sntComplete, 1, grbit, JET_errSuccess);             /* too late */
    }
    cr_assert_eq(JetTerm(table.instance), JET_errSuccess);
}

static _Atomic JET_ERR term_result;

static void *term_now(void *arg)
{
    atomic_store(&term_result, JetTerm2(event.instance, JET_bitTermComplete));
    return arg;
}

Test(backup_stop, a_termination_ends_a_folder_in_flight)
{
    struct test_table table;
    char folder[600];
    test_open_table(&table);
    fill(&table, 10);
    snprintf(folder, sizeof folder, "%s", test_new_folder("terminated"));
    event.instance = table.instance;
    event.when = JET_sntProgress;
    event.steps = 1;
    event.what = term_now;
    JET_ERR err = JetBackupInstance(table.instance, folder, 0, on_status);
    cr_expect_eq(err, JET_errTermInProgress, "%d", (int)err);
    pthread_join(event.thread, NULL);
    cr_expect_eq(atomic_load(&term_result), JET_errSuccess);
    cr_expect_eq(files_in(folder), 0u);
}

/* ---- many threads ---------------------------------------------------------------------------- */

static _Atomic bool over;

static void *stop_on(void *arg)
{
    JET_INSTANCE instance = *(JET_INSTANCE *)arg;
    while (!atomic_load(&over)) {
        cr_assert_eq(JetStopBackupInstance(instance), JET_errSuccess);
        sched_yield();
    }
    return NULL;
}

static JET_ERR try_whole(JET_INSTANCE i, unsigned char *room)
{
    static char list[4096];
    JET_HANDLE handle = 0;
    JET_ULONG low, high, actual = 1;
    JET_ERR err = JetBeginExternalBackupInstance(i, 0);
    cr_assert_eq(err, JET_errSuccess, "begin is never refused by a stop: %d", (int)err);
    err = JetGetAttachInfoInstance(i, list, sizeof list, NULL);
    if (err == JET_errSuccess) {
        err = JetOpenFileInstance(i, list, &handle, &low, &high);
    }
    while (err == JET_errSuccess && actual != 0) {
        err = JetReadFileInstance(i, handle, room, 65536, &actual);
    }
    if (handle != 0) {
        cr_assert_eq(JetCloseFileInstance(i, handle), JET_errSuccess);
    }
    if (err == JET_errSuccess) {
        err = JetGetLogInfoInstance(i, list, sizeof list, NULL);
    }
    cr_assert_eq(JetEndExternalBackupInstance(i), JET_errSuccess, "an end is never refused");
    return err;
}

Test(backup_stop, from_many_threads)
{
    struct test_table table;
    pthread_t threads[6];
    test_open_table(&table);
    unsigned char *room = aligned_alloc(4096, 65536);
    fill(&table, 50);
    for (int t = 0; t < 6; t++) {
        cr_assert_eq(pthread_create(&threads[t], NULL, stop_on, &table.instance), 0);
    }
    for (int n = 0; n < 60; n++) {
        JET_ERR err = try_whole(table.instance, room);
        cr_expect(err == JET_errSuccess || err == JET_errBackupAbortByServer, "%d", (int)err);
    }
    atomic_store(&over, true);
    for (int t = 0; t < 6; t++) {
        pthread_join(threads[t], NULL);
    }
    cr_expect_eq(full_of(&table).genLow, 0u, "no log was ever read");
    cr_expect_eq(try_whole(table.instance, room), JET_errSuccess, "the next one starts clean");
    cr_assert_eq(JetTerm(table.instance), JET_errSuccess);
    free(room);
}

/* ---- termination ----------------------------------------------------------------------------- */

static void begin(const struct test_table *table)
{
    JET_HANDLE handle;
    JET_ULONG low, high;
    cr_assert_eq(JetBeginExternalBackupInstance(table->instance, 0), JET_errSuccess);
    cr_assert_eq(JetOpenFileInstance(table->instance, table->path, &handle, &low, &high), 0);
}

/* The instance again, with the same files; the database is attached and open. */
static JET_INSTANCE start_again(struct test_table *table, const char *system)
{
    JET_INSTANCE i = test_create();
    cr_assert_eq(JetSetSystemParameterA(&i, 0, JET_paramSystemPath, 0, system), JET_errSuccess);
    cr_assert_eq(JetSetSystemParameterA(&i, 0, JET_paramLogFilePath, 0, system), JET_errSuccess);
    cr_assert_eq(JetInit(&i), JET_errSuccess);
    table->instance = i;
    table->sesid = test_session(i);
    cr_assert_eq(JetAttachDatabase(table->sesid, table->path, 0), JET_errSuccess);
    cr_assert_eq(JetOpenDatabase(table->sesid, table->path, NULL, &table->dbid, 0), 0);
    cr_assert_eq(JetOpenTable(table->sesid, table->dbid, "rows", NULL, 0, 0, &table->tableid), 0);
    return i;
}

/* Of each kind of termination with a backup that runs: in the service's life, and after it was stopped. */
Test(backup_stop, terminations_with_an_orphan)
{
    static const struct {
        JET_GRBIT grbit;
        JET_ERR first; /* what it answers; the instance is gone unless it is JET_errBackupInProgress */
    } kinds[] = {
        {0, JET_errBackupInProgress},
        {JET_bitTermComplete, JET_errBackupInProgress},
        {JET_bitTermAbrupt, JET_errSuccess},
        {JET_bitTermComplete | JET_bitTermAbrupt, JET_errSuccess},
        {JET_bitTermStopBackup, JET_errSuccess},
        {JET_bitTermComplete | JET_bitTermStopBackup, JET_errSuccess},
        {JET_bitTermDirty, JET_errDirtyShutdown},
    };
    struct test_table table;
    char system[512];
    test_open_table(&table);
    fill(&table, 20);
    cr_assert_eq(JetGetSystemParameterA(table.instance, 0, JET_paramLogFilePath, NULL, system,
                                        sizeof system), JET_errSuccess);
    JET_LONG row = 100;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        for (int stopped = 0; stopped < 2; stopped++) {
            JET_INSTANCE i = table.instance;
            cr_assert_eq(test_insert(table.sesid, table.tableid, table.id, row++), JET_errSuccess);
            begin(&table);
            if (stopped) {
                cr_assert_eq(JetStopServiceInstance(i), JET_errSuccess);
                cr_expect_eq(JetEndExternalBackupInstance(i), JET_errClientRequestToStopJetService);
                cr_expect_eq(JetStopBackupInstance(i), JET_errSuccess);
            }
            JET_ERR err = JetTerm2(i, kinds[k].grbit);
            cr_expect_eq(err, kinds[k].first, "bits %u, stopped %d: %d", (unsigned)kinds[k].grbit,
                         stopped, (int)err);
            if (err == JET_errBackupInProgress) {
                cr_assert_eq(JetTerm(i), JET_errSuccess);
            }
            i = start_again(&table, system);
            cr_expect_eq(full_of(&table).genLow, 0u, "an orphan is no good backup");
            cr_expect_eq(JetEndExternalBackupInstance(i), JET_errNoBackup);
        }
    }
    cr_expect_eq(JetBackupInstance(table.instance, test_new_folder("next"), 0, NULL), 0);
    cr_assert_eq(JetTerm(table.instance), JET_errSuccess);
}

/* A refused one leaves the backup as it is: it goes on and counts. */
Test(backup_stop, a_refused_termination_changes_nothing)
{
    struct test_table table;
    JET_LOGINFO info;
    char folder[600];
    test_open_table(&table);
    JET_INSTANCE i = table.instance;
    snprintf(folder, sizeof folder, "%s", test_new_folder("good"));
    cr_assert_eq(JetBeginTransaction(table.sesid), JET_errSuccess);
    cr_expect_eq(JetTerm2(i, JET_bitTermComplete), JET_errTooManyActiveUsers);
    test_stream(i, folder, 0, &info);
    cr_assert_eq(JetBeginExternalBackupInstance(i, 0), JET_errSuccess, "backups are still allowed");
    cr_expect_eq(JetTerm2(i, JET_bitTermComplete), JET_errBackupInProgress, "said before the other");
    cr_expect_eq(JetTerm2(i, JET_bitTermStopBackup), JET_errTooManyActiveUsers);
    cr_expect_eq(JetTerm(i), JET_errTooManyActiveUsers);
    cr_assert_eq(JetGetAttachInfoInstance(i, test_backup_list, sizeof test_backup_list, NULL), 0);
    test_copy_files(i, folder);
    cr_assert_eq(JetGetLogInfoInstance(i, test_backup_list, sizeof test_backup_list, NULL), 0);
    test_copy_files(i, folder);
    cr_expect_eq(JetEndExternalBackupInstance(i), JET_errSuccess);
    cr_expect(full_of(&table).genHigh > info.ulGenHigh, "it counts");
    cr_assert_eq(JetRollback(table.sesid, 0), JET_errSuccess);
    cr_expect_eq(JetTerm2(i, JET_bitTermComplete), JET_errSuccess);
}

/* ---- log files ------------------------------------------------------------------------------- */

static JET_INSTANCE start_circular(char *system, size_t size)
{
    JET_INSTANCE i = test_create();
    cr_assert_eq(JetSetSystemParameterA(&i, 0, JET_paramCircularLog, 1, NULL), JET_errSuccess);
    cr_assert_eq(JetSetSystemParameterA(&i, 0, JET_paramLogFileSize, 64, NULL), JET_errSuccess);
    cr_assert_eq(JetSetSystemParameterA(&i, 0, JET_paramCheckpointDepthMax, 131072, NULL), 0);
    cr_assert_eq(JetInit(&i), JET_errSuccess);
    cr_assert_eq(JetGetSystemParameterA(i, 0, JET_paramLogFilePath, NULL, system, (JET_ULONG)size),
                 JET_errSuccess);
    return i;
}

/* Enough for some log files of 64 KiB; the checkpoint follows. */
static void write_much(const struct test_table *table, JET_LONG *row)
{
    for (int n = 0; n < 12; n++) {
        cr_assert_eq(JetBeginTransaction(table->sesid), JET_errSuccess);
        for (int k = 0; k < 150; k++) {
            cr_assert_eq(test_insert(table->sesid, table->tableid, table->id, ++*row), 0);
        }
        cr_assert_eq(JetCommitTransaction(table->sesid, 0), JET_errSuccess);
    }
}

/* Files that a backup pins stay as long as it runs, and go when it has ended, however it did. */
Test(backup_stop, circular_logging)
{
    static char system[512];
    struct test_table table;
    JET_LONG row = 0;
    JET_LOGINFO info;
    test_open_table_in(&table, start_circular(system, sizeof system));
    JET_INSTANCE i = table.instance;
    cr_expect_eq(JetBeginExternalBackupInstance(i, JET_bitBackupIncremental), JET_errInvalidBackup);
    cr_expect_eq(JetBeginExternalBackupInstance(i, JET_bitBackupIncremental | 4),
                 JET_errInvalidGrbit);
    cr_expect_eq(JetBackupInstance(i, system, JET_bitBackupIncremental, NULL), JET_errInvalidBackup);
    write_much(&table, &row);
    for (int stopped = 0; stopped < 2; stopped++) {
        char folder[600];
        snprintf(folder, sizeof folder, "%s", test_new_folder(stopped ? "stopped" : "whole"));
        cr_assert_eq(JetBeginExternalBackupInstance(i, 0), JET_errSuccess);
        cr_expect_eq(JetBeginExternalBackupInstance(i, JET_bitBackupIncremental),
                     JET_errInvalidBackup, "said before that one runs");
        cr_assert_eq(JetGetAttachInfoInstance(i, test_backup_list, sizeof test_backup_list, NULL), 0);
        test_copy_files(i, folder);
        unsigned before = files_in(system);
        write_much(&table, &row);
        unsigned during = files_in(system);
        cr_expect(during > before, "%u files, then %u: pinned", before, during);
        if (stopped) {
            cr_assert_eq(JetStopBackupInstance(i), JET_errSuccess);
        } else {
            info.cbSize = sizeof info;
            cr_assert_eq(JetGetLogInfoInstance2(i, test_backup_list, sizeof test_backup_list, NULL,
                                                &info), JET_errSuccess);
            test_copy_files(i, folder);
        }
        cr_expect_eq(JetEndExternalBackupInstance(i), JET_errSuccess);
        cr_expect_eq(full_of(&table).genHigh, info.ulGenHigh, "only the whole one counts");
        unsigned left = during;
        for (int tries = 0; tries < 100 && left >= during; tries++) {
            write_much(&table, &row);
            left = files_in(system);
        }
        cr_expect(left < during, "%u files, then %u: let go", during, left);
        if (!stopped) {
            char target[1400];
            JET_LONG rows[TEST_WRITERS];
            snprintf(target, sizeof target, "%s", test_copy_path(folder, table.path));
            cr_assert_eq(test_external(folder, "home", &table, target, 0, 0), JET_errSuccess);
            test_verify(target);
            test_count_rows(target, &table, rows);
            cr_expect(rows[0] >= 2 * 12 * 150);
        }
    }
    cr_assert_eq(JetTerm(i), JET_errSuccess);
}
