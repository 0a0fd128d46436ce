/* What a backup taken while others write is worth: restored, it holds what was committed when it ended. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <criterion/criterion.h>
#include <esent.h>

#include "support.h"

#define ROOM    (64 * 8192)
#define WRITERS 4
#define STRIDE  1000000

static unsigned char *room;
static char list[8192];

/* ---- writers --------------------------------------------------------------------------------- */

struct writer {
    const struct test_table *table;
    _Atomic int *stop;
    _Atomic JET_LONG committed; /* 1..committed are */
    int number;
    pthread_t thread;
};

static void *write_on(void *arg)
{
    struct writer *writer = arg;
    const struct test_table *table = writer->table;
    JET_SESID sesid = test_session(table->instance);
    JET_DBID dbid;
    JET_TABLEID tableid;
    cr_assert_eq(JetOpenDatabase(sesid, table->path, NULL, &dbid, 0), JET_errSuccess);
    cr_assert_eq(JetOpenTable(sesid, dbid, "rows", NULL, 0, 0, &tableid), JET_errSuccess);
    for (JET_LONG next = 1; !atomic_load(writer->stop); next++) {
        char text[90];
        memset(text, 'a' + next % 26, sizeof text);
        JET_LONG key = writer->number * STRIDE + next;
        cr_assert_eq(JetBeginTransaction(sesid), JET_errSuccess);
        cr_assert_eq(JetPrepareUpdate(sesid, tableid, JET_prepInsert), JET_errSuccess);
        cr_assert_eq(JetSetColumn(sesid, tableid, table->id, &key, sizeof key, 0, NULL), 0);
        cr_assert_eq(JetSetColumn(sesid, tableid, table->text, text, sizeof text, 0, NULL), 0);
        cr_assert_eq(JetUpdate(sesid, tableid, NULL, 0, NULL), JET_errSuccess);
        if (next % 7 == 0) { /* something to take back */
            cr_assert_eq(JetRollback(sesid, 0), JET_errSuccess);
            next--;
            cr_assert_eq(JetBeginTransaction(sesid), JET_errSuccess);
            cr_assert_eq(JetPrepareUpdate(sesid, tableid, JET_prepInsert), JET_errSuccess);
            key = writer->number * STRIDE + ++next;
            cr_assert_eq(JetSetColumn(sesid, tableid, table->id, &key, sizeof key, 0, NULL), 0);
            cr_assert_eq(JetUpdate(sesid, tableid, NULL, 0, NULL), JET_errSuccess);
        }
        cr_assert_eq(JetCommitTransaction(sesid, next % 16 ? JET_bitCommitLazyFlush : 0), 0);
        atomic_store(&writer->committed, next);
    }
    JetEndSession(sesid, 0);
    return NULL;
}

static void start(struct writer *writers, const struct test_table *table, _Atomic int *stop)
{
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.table = table, .stop = stop, .number = i};
        cr_assert_eq(pthread_create(&writers[i].thread, NULL, write_on, &writers[i]), 0);
    }
}

static void join(struct writer *writers, _Atomic int *stop)
{
    atomic_store(stop, 1);
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(writers[i].thread, NULL);
    }
}

static void wait_for(struct writer *writers, JET_LONG rows)
{
    for (int i = 0; i < WRITERS; i++) {
        JET_LONG goal = atomic_load(&writers[i].committed) + rows;
        while (atomic_load(&writers[i].committed) < goal) {
            sched_yield();
        }
    }
}

/* ---- the other side of a streaming backup ---------------------------------------------------- */

static const char *copy_to(const char *folder, const char *path)
{
    static char target[1400];
    snprintf(target, sizeof target, "%s/%s", folder, strrchr(path, '/') + 1);
    return target;
}

static void copy_files(JET_INSTANCE instance, const char *folder)
{
    JET_HANDLE handle;
    JET_ULONG low, high, actual = 1;
    for (const char *at = list; *at != 0; at += strlen(at) + 1) {
        FILE *file = fopen(copy_to(folder, at), "wb");
        cr_assert_not_null(file);
        cr_assert_eq(JetOpenFileInstance(instance, at, &handle, &low, &high), JET_errSuccess);
        do {
            cr_assert_eq(JetReadFileInstance(instance, handle, room, ROOM, &actual), 0);
            cr_assert_eq(fwrite(room, 1, actual, file), actual);
        } while (actual != 0);
        cr_assert_eq(JetCloseFileInstance(instance, handle), JET_errSuccess);
        fclose(file);
    }
}

static void stream(JET_INSTANCE instance, const char *folder, JET_GRBIT grbit, JET_LOGINFO *info)
{
    if (room == NULL) {
        room = aligned_alloc(4096, ROOM);
    }
    cr_assert_eq(JetBeginExternalBackupInstance(instance, grbit), JET_errSuccess);
    if (grbit == 0) {
        cr_assert_eq(JetGetAttachInfoInstance(instance, list, sizeof list, NULL), JET_errSuccess);
        copy_files(instance, folder);
    }
    info->cbSize = sizeof *info;
    cr_assert_eq(JetGetLogInfoInstance2(instance, list, sizeof list, NULL, info), JET_errSuccess);
    copy_files(instance, folder);
    cr_assert_eq(JetEndExternalBackupInstance(instance), JET_errSuccess);
}

static const char *new_folder(const char *name)
{
    const char *path = test_path(name);
    cr_assert_eq(mkdir(path, 0700), 0, "%s", path);
    return path;
}

/* ---- what is in it --------------------------------------------------------------------------- */

static void verify(const char *path)
{
    char command[4000];
    snprintf(command, sizeof command, "%s %s > %s", ESEVERIFY, path, test_path("verify.out"));
    cr_assert_eq(system(command), 0, "eseverify %s", path);
}

/* Rows of each writer: 1..n without a gap; n. */
static void count_rows(const char *path, const struct test_table *table, JET_LONG *rows)
{
    JET_INSTANCE instance = test_start();
    JET_SESID sesid = test_session(instance);
    JET_DBID dbid;
    JET_TABLEID tableid;
    memset(rows, 0, WRITERS * sizeof *rows);
    cr_assert_eq(JetAttachDatabase(sesid, path, 0), JET_errSuccess);
    cr_assert_eq(JetOpenDatabase(sesid, path, NULL, &dbid, 0), JET_errSuccess);
    cr_assert_eq(JetOpenTable(sesid, dbid, "rows", NULL, 0, 0, &tableid), JET_errSuccess);
    JET_ERR err = JetMove(sesid, tableid, JET_MoveFirst, 0);
    while (err == JET_errSuccess) {
        JET_LONG key = 0;
        cr_assert_eq(JetRetrieveColumn(sesid, tableid, table->id, &key, sizeof key, NULL, 0, NULL), 0);
        cr_assert_eq(key % STRIDE, ++rows[key / STRIDE], "row %d", (int)key);
        err = JetMove(sesid, tableid, JET_MoveNext, 0);
    }
    cr_assert_eq(err, JET_errNoCurrentRecord);
    cr_assert_eq(JetTerm(instance), JET_errSuccess);
}

static JET_ERR external(const char *folder, const char *name, const struct test_table *table,
                        const char *target, JET_LONG low, JET_LONG high)
{
    char old_path[600], new_path[3000], logs[600], home[600];
    snprintf(old_path, sizeof old_path, "%s", table->path);
    snprintf(new_path, sizeof new_path, "%s", target);
    snprintf(logs, sizeof logs, "%s", folder);
    snprintf(home, sizeof home, "%s", new_folder(name));
    JET_RSTMAP map = {.szDatabaseName = old_path, .szNewDatabaseName = new_path};
    return JetExternalRestore(home, home, &map, 1, logs, low, high, NULL);
}

Test(restore, a_stream_taken_under_four_writers)
{
    struct test_table table;
    struct writer writers[WRITERS];
    _Atomic int stop = 0;
    JET_LONG before[WRITERS], more[WRITERS], rows[WRITERS];
    JET_LOGINFO info, next;
    test_open_table(&table);
    start(writers, &table, &stop);
    wait_for(writers, 300);
    char folder[600], target[1400], second[3000];
    snprintf(folder, sizeof folder, "%s", new_folder("stream"));
    stream(table.instance, folder, 0, &info);
    wait_for(writers, 100);
    for (int i = 0; i < WRITERS; i++) {
        before[i] = atomic_load(&writers[i].committed);
    }
    snprintf(target, sizeof target, "%s", copy_to(folder, table.path));
    snprintf(second, sizeof second, "cp %s %s.2", target, target);
    cr_assert_eq(system(second), 0);
    cr_expect_eq(external(folder, "home1", &table, target, (JET_LONG)info.ulGenLow + 1, 0),
                 JET_errStartingRestoreLogTooHigh);
    cr_assert_eq(external(folder, "home2", &table, target, (JET_LONG)info.ulGenLow,
                          (JET_LONG)info.ulGenHigh), JET_errSuccess);
    verify(target);
    count_rows(target, &table, rows);
    for (int i = 0; i < WRITERS; i++) {
        cr_expect(rows[i] >= 300 && rows[i] <= before[i], "writer %d: %d rows", i, (int)rows[i]);
        more[i] = before[i];
    }
    /* With what came later. */
    stream(table.instance, folder, JET_bitBackupIncremental, &next);
    cr_expect_eq(next.ulGenLow, info.ulGenHigh + 1);
    join(writers, &stop);
    snprintf(second, sizeof second, "%s.2", target);
    cr_assert_eq(external(folder, "home3", &table, second, 0, 0), JET_errSuccess);
    verify(second);
    count_rows(second, &table, rows);
    for (int i = 0; i < WRITERS; i++) {
        cr_expect(rows[i] >= more[i], "writer %d: %d rows of %d", i, (int)rows[i], (int)more[i]);
    }
    JET_ERR err = external(folder, "home4", &table, second, 0, 0);
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
    struct writer writers[WRITERS];
    _Atomic int stop = 0;
    JET_LONG before[WRITERS], rows[WRITERS];
    test_open_table(&table);
    JET_INSTANCE i = table.instance;
    start(writers, &table, &stop);
    wait_for(writers, 200);
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
    for (int w = 0; w < WRITERS; w++) {
        before[w] = atomic_load(&writers[w].committed);
    }
    cr_assert_eq(JetBackupInstance(i, test_path("atomic"), JET_bitBackupIncremental, NULL), 0);
    join(writers, &stop);
    cr_expect_eq(JetBackupInstance(i, NULL, 0, NULL), JET_errSuccess);
    cr_expect_eq(JetRestoreInstance(i, folder, NULL, NULL), JET_errAlreadyInitialized);
    cr_assert_eq(JetTerm(i), JET_errSuccess);

    JET_INSTANCE fresh = test_create();
    snprintf(home, sizeof home, "%s", new_folder("restored"));
    snprintf(target, sizeof target, "%s", copy_to(home, table.path));
    cr_expect_eq(JetRestoreInstance(fresh, test_path("nowhere"), home, NULL), JET_errInvalidPath);
    cr_expect_eq(JetRestoreInstance(fresh, NULL, home, NULL), JET_errInvalidParameter);
    cr_assert_eq(JetRestoreInstance(fresh, test_path("atomic"), home, count_calls), JET_errSuccess);
    verify(target);
    count_rows(target, &table, rows);
    for (int w = 0; w < WRITERS; w++) {
        cr_expect(rows[w] >= before[w], "writer %d: %d of %d", w, (int)rows[w], (int)before[w]);
    }
    cr_assert_eq(JetInit(&fresh), JET_errSuccess, "the restore has left a log to go on with");
    cr_assert_eq(JetTerm(fresh), JET_errSuccess);
}
