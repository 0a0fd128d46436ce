#include "backup_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <criterion/criterion.h>
#include <esent.h>

#define ROOM (64 * 8192)

static unsigned char *room;
char test_backup_list[8192];

/* ---- writers --------------------------------------------------------------------------------- */

static void *write_on(void *arg)
{
    struct test_writer *writer = arg;
    const struct test_table *table = writer->table;
    JET_SESID sesid = test_session(table->instance);
    JET_DBID dbid;
    JET_TABLEID tableid;
    cr_assert_eq(JetOpenDatabase(sesid, table->path, NULL, &dbid, 0), JET_errSuccess);
    cr_assert_eq(JetOpenTable(sesid, dbid, "rows", NULL, 0, 0, &tableid), JET_errSuccess);
    for (JET_LONG next = 1; !atomic_load(writer->stop); next++) {
        char text[90];
        memset(text, 'a' + next % 26, sizeof text);
        JET_LONG key = writer->number * TEST_STRIDE + next;
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
            key = writer->number * TEST_STRIDE + ++next;
            cr_assert_eq(JetSetColumn(sesid, tableid, table->id, &key, sizeof key, 0, NULL), 0);
            cr_assert_eq(JetUpdate(sesid, tableid, NULL, 0, NULL), JET_errSuccess);
        }
        cr_assert_eq(JetCommitTransaction(sesid, next % 16 ? JET_bitCommitLazyFlush : 0), 0);
        atomic_store(&writer->committed, next);
    }
    JetEndSession(sesid, 0);
    return NULL;
}

void test_start_writers(struct test_writer *writers, const struct test_table *table, _Atomic int *stop)
{
    for (int i = 0; i < TEST_WRITERS; i++) {
        writers[i] = (struct test_writer){.table = table, .stop = stop, .number = i};
        cr_assert_eq(pthread_create(&writers[i].thread, NULL, write_on, &writers[i]), 0);
    }
}

void test_join_writers(struct test_writer *writers, _Atomic int *stop)
{
    atomic_store(stop, 1);
    for (int i = 0; i < TEST_WRITERS; i++) {
        pthread_join(writers[i].thread, NULL);
    }
}

void test_wait_for_writers(struct test_writer *writers, JET_LONG rows)
{
    for (int i = 0; i < TEST_WRITERS; i++) {
        JET_LONG goal = atomic_load(&writers[i].committed) + rows;
        while (atomic_load(&writers[i].committed) < goal) {
            sched_yield();
        }
    }
}

/* ---- the other side of a streaming backup ---------------------------------------------------- */

const char *test_copy_path(const char *folder, const char *path)
{
    static char target[1400];
    snprintf(target, sizeof target, "%s/%s", folder, strrchr(path, '/') + 1);
    return target;
}

void test_copy_files(JET_INSTANCE instance, const char *folder)
{
    JET_HANDLE handle;
    JET_ULONG low, high, actual = 1;
    if (room == NULL) {
        room = aligned_alloc(4096, ROOM);
    }
    for (const char *at = test_backup_list; *at != 0; at += strlen(at) + 1) {
        FILE *file = fopen(test_copy_path(folder, at), "wb");
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

void test_sample(struct test_writer *writers, JET_LONG *committed)
{
    for (int i = 0; i < TEST_WRITERS; i++) {
        committed[i] = atomic_load(&writers[i].committed);
    }
}

void test_stream_under(JET_INSTANCE instance, const char *folder, JET_GRBIT grbit,
                       JET_LOGINFO *info, struct test_writer *writers, JET_LONG *acknowledged)
{
    char *list = test_backup_list;
    cr_assert_eq(JetBeginExternalBackupInstance(instance, grbit), JET_errSuccess);
    if (grbit == 0) {
        cr_assert_eq(JetGetAttachInfoInstance(instance, list, sizeof test_backup_list, NULL), 0);
        test_copy_files(instance, folder);
    }
    info->cbSize = sizeof *info;
    if (writers != NULL) {
        test_sample(writers, acknowledged);
    }
    cr_assert_eq(JetGetLogInfoInstance2(instance, list, sizeof test_backup_list, NULL, info), 0);
    test_copy_files(instance, folder);
    cr_assert_eq(JetEndExternalBackupInstance(instance), JET_errSuccess);
}

void test_stream(JET_INSTANCE instance, const char *folder, JET_GRBIT grbit, JET_LOGINFO *info)
{
    test_stream_under(instance, folder, grbit, info, NULL, NULL);
}

const char *test_new_folder(const char *name)
{
    const char *path = test_path(name);
    cr_assert_eq(mkdir(path, 0700), 0, "%s", path);
    return path;
}

/* ---- what is in it --------------------------------------------------------------------------- */

void test_verify(const char *path)
{
    char command[4000];
    snprintf(command, sizeof command, "%s %s > %s", ESEVERIFY, path, test_path("verify.out"));
    cr_assert_eq(system(command), 0, "eseverify %s", path);
}

void test_count_rows(const char *path, const struct test_table *table, JET_LONG *rows)
{
    JET_INSTANCE instance = test_start();
    JET_SESID sesid = test_session(instance);
    JET_DBID dbid;
    JET_TABLEID tableid;
    memset(rows, 0, TEST_WRITERS * sizeof *rows);
    cr_assert_eq(JetAttachDatabase(sesid, path, 0), JET_errSuccess);
    cr_assert_eq(JetOpenDatabase(sesid, path, NULL, &dbid, 0), JET_errSuccess);
    cr_assert_eq(JetOpenTable(sesid, dbid, "rows", NULL, 0, 0, &tableid), JET_errSuccess);
    JET_ERR err = JetMove(sesid, tableid, JET_MoveFirst, 0);
    while (err == JET_errSuccess) {
        JET_LONG key = 0;
        cr_assert_eq(JetRetrieveColumn(sesid, tableid, table->id, &key, sizeof key, NULL, 0, NULL), 0);
        cr_assert_eq(key % TEST_STRIDE, ++rows[key / TEST_STRIDE], "row %d", (int)key);
        err = JetMove(sesid, tableid, JET_MoveNext, 0);
    }
    cr_assert_eq(err, JET_errNoCurrentRecord);
    cr_assert_eq(JetTerm(instance), JET_errSuccess);
}

JET_ERR test_external(const char *folder, const char *name, const struct test_table *table,
                        const char *target, JET_LONG low, JET_LONG high)
{
    char old_path[600], new_path[3000], logs[600], home[600];
    snprintf(old_path, sizeof old_path, "%s", table->path);
    snprintf(new_path, sizeof new_path, "%s", target);
    snprintf(logs, sizeof logs, "%s", folder);
    snprintf(home, sizeof home, "%s", test_new_folder(name));
    JET_RSTMAP map = {.szDatabaseName = old_path, .szNewDatabaseName = new_path};
    return JetExternalRestore(home, home, &map, 1, logs, low, high, NULL);
}

