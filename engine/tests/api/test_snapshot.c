/* Snapshots: states and errors of the calls, who waits while the instance is frozen, and what a copy taken then is worth. */
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <esent.h>

#include "support.h"

#define NO_TIME_MS 3600000 /* longer than any test */

static void set_timeout(JET_API_PTR ms)
{
    cr_assert_eq(JetSetSystemParameterA(NULL, 0, JET_paramOSSnapshotTimeout, ms, NULL), JET_errSuccess);
}

static JET_OSSNAPID prepare(JET_GRBIT grbit)
{
    JET_OSSNAPID id = 0;
    cr_assert_eq(JetOSSnapshotPrepare(&id, grbit), JET_errSuccess);
    return id;
}

static JET_ERR try_freeze(JET_OSSNAPID id, JET_ULONG *count)
{
    JET_INSTANCE_INFO_A *infos = NULL;
    JET_ERR err = JetOSSnapshotFreezeA(id, count, &infos, 0);
    cr_expect_eq(JetFreeBuffer((char *)infos), JET_errSuccess);
    return err;
}

static void freeze(JET_OSSNAPID id)
{
    JET_ULONG count = 0;
    cr_assert_eq(try_freeze(id, &count), JET_errSuccess);
    cr_assert_eq(count, 1u);
}

static JET_DBINFOMISC4 misc_of(const struct test_table *table)
{
    JET_DBINFOMISC4 misc;
    cr_assert_eq(JetGetDatabaseInfo(table->sesid, table->dbid, &misc, sizeof misc, JET_DbInfoMisc), 0);
    return misc;
}

/* All bytes of the files a freeze has to hold still. */
static uint64_t digest(const char *logs, const char *database)
{
    static unsigned char room[65536];
    char path[1024];
    uint64_t sum = 0;
    DIR *folder = opendir(logs);
    cr_assert_not_null(folder);
    for (struct dirent *entry = NULL; database != NULL || (entry = readdir(folder)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", logs, entry != NULL ? entry->d_name : "");
        FILE *in = fopen(entry != NULL ? path : database, "rb");
        database = NULL;
        uint64_t hash = 1469598103934665603u;
        for (size_t got; in != NULL && (got = fread(room, 1, sizeof room, in)) != 0;) {
            for (size_t i = 0; i < got; i++) {
                hash = (hash ^ room[i]) * 1099511628211u;
            }
        }
        sum += hash;
        if (in != NULL) {
            fclose(in);
        }
    }
    closedir(folder);
    return sum;
}

/* ---- errors ---------------------------------------------------------------------------------- */

Test(snapshot, nothing_runs)
{
    JET_OSSNAPID id = 7;
    cr_expect_eq(JetOSSnapshotPrepare(&id, 0), JET_errNotInitialized);
    JET_INSTANCE instance = test_create();
    cr_expect_eq(JetOSSnapshotPrepare(&id, 0), JET_errNotInitialized, "it does not run yet");
    cr_expect_eq(id, 7u);
    JetTerm(instance);
}

Test(snapshot, bad_arguments_come_before_bad_ids)
{
    JET_INSTANCE instance = test_start();
    JET_OSSNAPID id = 0, no = 12345;
    JET_ULONG count;
    JET_INSTANCE_INFO_A *infos;
    cr_expect_eq(JetOSSnapshotPrepare(NULL, 0), JET_errInvalidParameter);
    cr_expect_eq(JetOSSnapshotPrepare(&id, 0x10), JET_errInvalidParameter);
    cr_expect_eq(JetOSSnapshotPrepareInstance(no, instance, 1), JET_errInvalidParameter);
    cr_expect_eq(JetOSSnapshotFreezeA(no, NULL, &infos, 0), JET_errInvalidParameter);
    cr_expect_eq(JetOSSnapshotFreezeA(no, &count, NULL, 0), JET_errInvalidParameter);
    cr_expect_eq(JetOSSnapshotFreezeA(no, &count, &infos, 1), JET_errInvalidParameter);
    cr_expect_eq(JetOSSnapshotGetFreezeInfoA(no, NULL, &infos, 0), JET_errInvalidParameter);
    cr_expect_eq(JetOSSnapshotGetFreezeInfoA(no, &count, &infos, 1), JET_errInvalidGrbit);
    cr_expect_eq(JetOSSnapshotThaw(no, 1), JET_errInvalidParameter);
    cr_expect_eq(JetOSSnapshotAbort(no, 1), JET_errInvalidParameter);
    cr_expect_eq(JetOSSnapshotEnd(no, 2), JET_errInvalidGrbit);
    cr_expect_eq(JetOSSnapshotTruncateLog(no, 2), JET_errInvalidGrbit);
    cr_expect_eq(JetOSSnapshotTruncateLogInstance(no, instance, 2), JET_errInvalidGrbit);

    const JET_ERR bad = JET_errOSSnapshotInvalidSnapId;
    for (int round = 0; round < 2; round++) { /* without a session, then beside one */
        cr_expect_eq(JetOSSnapshotPrepareInstance(no, instance, 0), bad);
        cr_expect_eq(JetOSSnapshotFreezeA(no, &count, &infos, 0), bad);
        cr_expect_eq(JetOSSnapshotGetFreezeInfoA(no, &count, &infos, 0), bad);
        cr_expect_eq(JetOSSnapshotThaw(no, 0), bad);
        cr_expect_eq(JetOSSnapshotAbort(no, 0), bad);
        cr_expect_eq(JetOSSnapshotEnd(no, 0), bad);
        cr_expect_eq(JetOSSnapshotTruncateLog(no, 0), bad);
        cr_expect_eq(JetOSSnapshotTruncateLogInstance(no, instance, 0), bad);
        id = round == 0 ? prepare(0) : id;
    }
    cr_expect_eq(JetOSSnapshotAbort(id, 0), JET_errSuccess);
    cr_expect_eq(JetOSSnapshotAbort(id, 0), bad, "its session is over");
    JetTerm(instance);
}

Test(snapshot, every_call_in_every_state)
{
    JET_INSTANCE instance = test_start();
    const JET_ERR wrong = JET_errOSSnapshotInvalidSequence;
    JET_OSSNAPID other;
    JET_ULONG count;
    JET_OSSNAPID id = prepare(JET_bitContinueAfterThaw);
    cr_expect_eq(JetOSSnapshotPrepare(&other, 0), wrong, "one at a time");
    cr_expect_eq(JetOSSnapshotThaw(id, 0), wrong);
    cr_expect_eq(JetOSSnapshotTruncateLog(id, 0), wrong);
    freeze(id);
    cr_expect_eq(try_freeze(id, &count), wrong);
    cr_expect_eq(JetOSSnapshotPrepareInstance(id, instance, 0), wrong);
    cr_expect_eq(JetOSSnapshotEnd(id, 0), wrong);
    cr_expect_eq(JetOSSnapshotTruncateLogInstance(id, instance, 0), wrong);
    cr_expect_eq(JetOSSnapshotThaw(id, 0), JET_errSuccess);
    cr_expect_eq(JetOSSnapshotThaw(id, 0), wrong);
    cr_expect_eq(try_freeze(id, &count), wrong);
    cr_expect_eq(JetOSSnapshotTruncateLog(id, JET_bitAllDatabasesSnapshot), JET_errSuccess);
    cr_expect_eq(JetOSSnapshotTruncateLogInstance(id, instance, 0), JET_errSuccess);
    cr_expect_eq(JetOSSnapshotEnd(id, 0), JET_errSuccess);

    id = prepare(0);
    freeze(id);
    cr_expect_eq(JetOSSnapshotThaw(id, 0), JET_errSuccess);
    cr_expect_eq(JetOSSnapshotEnd(id, 0), JET_errOSSnapshotInvalidSnapId, "it did not continue");

    id = prepare(JET_bitCopySnapshot | JET_bitContinueAfterThaw);
    freeze(id);
    cr_expect_eq(JetOSSnapshotThaw(id, 0), JET_errSuccess);
    cr_expect_eq(JetOSSnapshotTruncateLog(id, JET_bitAllDatabasesSnapshot), wrong);
    cr_expect_eq(JetOSSnapshotEnd(id, JET_bitAbortSnapshot), JET_errSuccess);

    id = prepare(0);
    cr_expect_eq(JetOSSnapshotEnd(id, 0), JET_errSuccess);
    id = prepare(0);
    freeze(id);
    cr_expect_eq(JetOSSnapshotEnd(id, JET_bitAbortSnapshot), JET_errSuccess);
    JetTerm(instance);
}

Test(snapshot, who_takes_part)
{
    JET_INSTANCE first = test_start(), second = test_start();
    JET_ULONG count = 9;
    JET_INSTANCE_INFO_W *infos = NULL;
    JET_OSSNAPID id = prepare(0);
    JET_INSTANCE late = test_start();
    cr_assert_eq(JetOSSnapshotGetFreezeInfoW(id, &count, &infos, 0), JET_errSuccess);
    cr_expect_eq(count, 2u, "those that ran at the prepare");
    cr_expect(infos[0].hInstanceId == first && infos[1].hInstanceId == second);
    JetFreeBuffer((char *)infos);
    cr_expect_eq(JetOSSnapshotPrepareInstance(id, second, 0), JET_errSuccess);
    cr_expect_eq(JetOSSnapshotPrepareInstance(id, second, 0), JET_errOSSnapshotNotAllowed);
    cr_assert_eq(JetOSSnapshotFreezeW(id, &count, &infos, 0), JET_errSuccess);
    cr_expect(count == 1 && infos[0].hInstanceId == second, "only who was named");
    JetFreeBuffer((char *)infos);
    JET_SESID sesid = test_session(first); /* works on */
    JET_DBID dbid;
    cr_expect_eq(JetCreateDatabaseA(sesid, test_path("first.edb"), NULL, &dbid, 0), JET_errSuccess);
    cr_expect_eq(JetOSSnapshotAbort(id, 0), JET_errSuccess);

    id = prepare(JET_bitExplicitPrepare | JET_bitContinueAfterThaw);
    cr_assert_eq(JetOSSnapshotFreezeW(id, &count, &infos, 0), JET_errSuccess);
    cr_expect(count == 0 && infos == NULL, "nobody was named");
    cr_expect_eq(JetOSSnapshotThaw(id, 0), JET_errSuccess);
    cr_expect_eq(JetOSSnapshotTruncateLogInstance(id, first, 0), JET_errOSSnapshotInvalidSequence);
    cr_expect_eq(JetOSSnapshotEnd(id, 0), JET_errSuccess);
    cr_expect_eq(JetTerm(late), JET_errSuccess);
    cr_expect_eq(JetTerm(second), JET_errSuccess);
    cr_expect_eq(JetTerm(first), JET_errSuccess);
}

Test(snapshot, and_backups)
{
    struct test_table table;
    test_open_table(&table);
    JET_INSTANCE i = table.instance;
    char names[512];
    JET_ULONG size, count;
    JET_OSSNAPID id = prepare(0);
    cr_expect_eq(JetBeginExternalBackupInstance(i, 0), JET_errSuccess, "nothing is frozen yet");
    cr_expect_eq(JetOSSnapshotPrepareInstance(id, i, 0), JET_errOSSnapshotNotAllowed);
    cr_expect_eq(try_freeze(id, &count), JET_errOSSnapshotNotAllowed);
    cr_expect_eq(JetOSSnapshotAbort(id, 0), JET_errSuccess);
    cr_expect_eq(JetGetAttachInfoInstance(i, names, sizeof names, &size), JET_errSuccess,
                 "the backup goes on");
    cr_expect_eq(JetEndExternalBackupInstance(i), JET_errSuccess);

    id = prepare(JET_bitContinueAfterThaw);
    freeze(id);
    cr_expect_eq(JetStopBackupInstance(i), JET_errSuccess, "it stops no snapshot");
    cr_expect_eq(JetGetAttachInfoInstance(i, names, sizeof names, &size), JET_errNoBackup);
    cr_expect_eq(JetEndExternalBackupInstance(i), JET_errNoBackup);
    cr_expect_eq(JetTerm2(i, JET_bitTermComplete), JET_errBackupInProgress);
    cr_expect_eq(JetOSSnapshotThaw(id, 0), JET_errSuccess);
    cr_expect_eq(JetBeginExternalBackupInstance(i, 0), JET_errBackupInProgress, "until the end");
    cr_expect_eq(JetDetachDatabaseA(table.sesid, table.path), JET_errBackupInProgress);
    cr_expect_eq(JetOSSnapshotEnd(id, 0), JET_errSuccess);
    cr_expect_eq(JetBeginExternalBackupInstance(i, 0), JET_errSuccess);
    cr_expect_eq(JetGetAttachInfoInstance(i, names, sizeof names, &size), JET_errSuccess,
                 "the stop is forgotten");
    cr_expect_eq(JetEndExternalBackupInstance(i), JET_errSuccess);
    cr_expect_eq(JetTerm(i), JET_errSuccess);
}

Test(snapshot, a_stop_leaves_the_calls_without_an_instance_alone)
{
    JET_INSTANCE instance = test_start();
    JET_OSSNAPID id = prepare(JET_bitContinueAfterThaw);
    cr_assert_eq(JetStopServiceInstance(instance), JET_errSuccess);
    cr_expect_eq(JetOSSnapshotPrepareInstance(id, instance, 0), JET_errClientRequestToStopJetService);
    freeze(id);
    cr_expect_eq(JetOSSnapshotThaw(id, 0), JET_errSuccess);
    cr_expect_eq(JetOSSnapshotTruncateLogInstance(id, instance, 0), JET_errClientRequestToStopJetService);
    cr_expect_eq(JetOSSnapshotTruncateLog(id, 0), JET_errSuccess);
    cr_expect_eq(JetOSSnapshotEnd(id, 0), JET_errSuccess);
    cr_expect_eq(JetTerm(instance), JET_errSuccess);
}

/* ---- what is noted, what is removed ---------------------------------------------------------- */

Test(snapshot, headers_and_what_builds_on_them)
{
    struct test_table table;
    test_open_table(&table);
    JET_ULONG count;
    JET_OSSNAPID id = prepare(JET_bitIncrementalSnapshot);
    cr_expect_eq(try_freeze(id, &count), JET_errMissingFullBackup);
    cr_expect_eq(test_insert(table.sesid, table.tableid, table.id, 1), JET_errSuccess, "not frozen");
    cr_expect_eq(JetOSSnapshotAbort(id, 0), JET_errSuccess);

    id = prepare(JET_bitCopySnapshot);
    freeze(id);
    cr_expect_eq(JetOSSnapshotThaw(id, 0), JET_errSuccess);
    JET_DBINFOMISC4 misc = misc_of(&table);
    cr_expect(misc.bkinfoCopyPrev.genLow == 1 && misc.bkinfoCopyPrev.genHigh >= 1);
    cr_expect_eq(misc.bkinfoFullPrev.genLow, 0u, "a copy counts for nothing");

    id = prepare(0);
    freeze(id);
    cr_expect_eq(JetOSSnapshotAbort(id, 0), JET_errSuccess);
    cr_expect_eq(misc_of(&table).bkinfoFullPrev.genLow, 0u, "nor does one that was aborted");
    id = prepare(0);
    freeze(id);
    cr_expect_eq(JetOSSnapshotThaw(id, 0), JET_errSuccess);
    misc = misc_of(&table);
    cr_expect(misc.bkinfoFullPrev.genLow >= 1 && misc.bkinfoFullPrev.bklogtimeMark.fOSSnapshot == 1);
    cr_expect_eq(JetBeginExternalBackupInstance(table.instance, JET_bitBackupIncremental),
                 JET_errMissingFullBackup, "of another kind");

    id = prepare(JET_bitIncrementalSnapshot | JET_bitCopySnapshot);
    freeze(id);
    cr_expect_eq(JetOSSnapshotThaw(id, 0), JET_errSuccess);
    cr_expect_eq(misc_of(&table).bkinfoDiffPrev.genLow, misc.bkinfoFullPrev.genHigh + 1);
    id = prepare(JET_bitIncrementalSnapshot);
    freeze(id);
    cr_expect_eq(JetOSSnapshotThaw(id, 0), JET_errSuccess);
    cr_expect_eq(misc_of(&table).bkinfoIncPrev.genLow, misc.bkinfoFullPrev.genHigh + 1);
    cr_expect_eq(JetTerm(table.instance), JET_errSuccess);
}

static JET_ULONG count_logs(const struct test_table *table)
{
    char path[512];
    JET_ULONG count = 0;
    cr_assert_eq(JetGetSystemParameterA(table->instance, 0, JET_paramLogFilePath, NULL, path, sizeof path), 0);
    DIR *folder = opendir(path);
    cr_assert_not_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        count += strlen(entry->d_name) == 12 && strncmp(entry->d_name, "edb0", 4) == 0 ? 1 : 0;
    }
    closedir(folder);
    return count;
}

Test(snapshot, truncation)
{
    struct test_table table;
    test_open_table(&table);
    JET_OSSNAPID id = prepare(0); /* each closes a log file */
    for (int i = 0; i < 3; i++) {
        freeze(id);
        cr_assert_eq(JetOSSnapshotThaw(id, 0), JET_errSuccess);
        id = prepare(i < 2 ? 0 : JET_bitContinueAfterThaw);
    }
    cr_assert_eq(JetStopServiceInstance2(table.instance, JET_bitStopServiceQuiesceCaches), JET_errSuccess);
    JET_ULONG before = count_logs(&table);
    cr_expect_geq(before, 3u);
    for (int tries = 0; tries < 2000 && misc_of(&table).genMinRequired <= 2; tries++) {
        usleep(10000); /* the checkpoint follows in the background */
    }
    freeze(id);
    cr_assert_eq(JetOSSnapshotThaw(id, 0), JET_errSuccess);
    cr_expect_eq(JetOSSnapshotTruncateLogInstance(id, table.instance, 0), JET_errSuccess);
    cr_expect_gt(count_logs(&table), before, "nothing was asked for");
    cr_expect_eq(JetOSSnapshotTruncateLogInstance(id, table.instance, JET_bitAllDatabasesSnapshot),
                 JET_errSuccess);
    cr_expect_lt(count_logs(&table), before);
    cr_expect_eq(JetOSSnapshotEnd(id, 0), JET_errSuccess);
    cr_expect_eq(JetTerm(table.instance), JET_errSuccess);
}

/* ---- writers --------------------------------------------------------------------------------- */

struct writer {
    const struct test_table *table;
    JET_LONG first;
    _Atomic bool stop, waits; /* waits: until now nothing went wrong */
    _Atomic JET_LONG committed;
    JET_ERR failed;
};

/* One row, one commit, until told to stop. */
static void *write_rows(void *argument)
{
    struct writer *writer = argument;
    JET_SESID sesid = test_session(writer->table->instance);
    JET_DBID dbid;
    JET_TABLEID tableid;
    JET_ERR err = JetOpenDatabaseA(sesid, writer->table->path, NULL, &dbid, 0);
    if (err >= 0) {
        err = JetOpenTableA(sesid, dbid, "rows", NULL, 0, 0, &tableid);
    }
    while (err >= 0 && !writer->stop) {
        err = JetBeginTransaction(sesid);
        if (err >= 0) {
            err = test_insert(sesid, tableid, writer->table->id, writer->first + writer->committed);
        }
        if (err >= 0) {
            err = JetCommitTransaction(sesid, 0);
        }
        writer->committed += err >= 0 ? 1 : 0;
    }
    JetEndSession(sesid, 0);
    writer->failed = err;
    return NULL;
}

static void wait_for_commits(const struct writer *writer, JET_LONG more)
{
    JET_LONG want = writer->committed + more;
    for (int tries = 0; tries < 6000 && writer->committed < want; tries++) {
        usleep(10000);
    }
    cr_assert_geq(writer->committed, want, "the writer goes on");
}

/* At most one commit more comes through while the rest of the world sleeps. */
static void expect_held(const struct writer *writer)
{
    usleep(50000);
    JET_LONG before = writer->committed;
    usleep(100000);
    cr_expect_eq(writer->committed, before, "nothing is committed in a freeze");
}

Test(snapshot, writers_wait_and_go_on)
{
    struct test_table table;
    test_open_table(&table);
    struct writer writer = {.table = &table};
    pthread_t thread;
    set_timeout(NO_TIME_MS);
    cr_assert_eq(pthread_create(&thread, NULL, write_rows, &writer), 0);
    wait_for_commits(&writer, 5);
    for (int way = 0; way < 4; way++) {
        JET_OSSNAPID id = prepare(way == 1 ? JET_bitContinueAfterThaw : 0);
        if (way == 3) {
            set_timeout(400);
        }
        freeze(id);
        if (way != 3) {
            expect_held(&writer);
        }
        switch (way) {
        case 0:
        case 1:
            cr_expect_eq(JetOSSnapshotThaw(id, 0), JET_errSuccess);
            break;
        case 2:
            cr_expect_eq(JetOSSnapshotAbort(id, 0), JET_errSuccess);
            break;
        default: /* by itself */
            break;
        }
        wait_for_commits(&writer, 5);
        if (way == 1) {
            cr_expect_eq(JetOSSnapshotEnd(id, 0), JET_errSuccess);
        } else if (way == 3) {
            JET_ULONG count = 9;
            JET_INSTANCE_INFO_A *infos;
            cr_expect_eq(JetOSSnapshotGetFreezeInfoA(id, &count, &infos, 0), JET_errSuccess);
            cr_expect_eq(count, 0u, "its instances have left it");
            cr_expect_eq(JetOSSnapshotThaw(id, 0), JET_errOSSnapshotTimeOut);
            cr_expect_eq(JetOSSnapshotThaw(id, 0), JET_errOSSnapshotInvalidSnapId);
        }
    }
    writer.stop = true;
    pthread_join(thread, NULL);
    cr_expect_eq(writer.failed, JET_errSuccess);
    cr_expect_eq(JetTerm(table.instance), JET_errSuccess);
}

Test(snapshot, a_timeout_seen_by_every_call)
{
    JET_INSTANCE instance = test_start();
    set_timeout(1);
    for (int way = 0; way < 4; way++) {
        JET_OSSNAPID id = prepare(JET_bitContinueAfterThaw);
        JET_ULONG count;
        freeze(id);
        JET_ERR err = JET_errOSSnapshotInvalidSequence;
        for (int tries = 0; tries < 6000 && way < 3 && JetTerm2(instance, JET_bitTermComplete) != 0; tries++) {
            usleep(10000); /* refused as long as it is frozen */
        }
        instance = way < 3 ? test_start() : instance;
        switch (way) {
        case 0:
            cr_expect_eq(JetOSSnapshotTruncateLog(id, JET_bitAllDatabasesSnapshot), err);
            cr_expect_eq(try_freeze(id, &count), err);
            cr_expect_eq(JetOSSnapshotThaw(id, 0), JET_errOSSnapshotTimeOut);
            cr_expect_eq(JetOSSnapshotEnd(id, 0), JET_errOSSnapshotTimeOut);
            break;
        case 1:
            cr_expect_eq(JetOSSnapshotEnd(id, 0), JET_errOSSnapshotTimeOut);
            break;
        case 2:
            cr_expect_eq(JetOSSnapshotEnd(id, JET_bitAbortSnapshot), JET_errSuccess);
            break;
        default:
            cr_expect_eq(JetTerm(instance), JET_errSuccess, "an abrupt term waits for the timeout");
            cr_expect_eq(JetOSSnapshotAbort(id, 0), JET_errSuccess);
        }
        cr_expect_eq(JetOSSnapshotAbort(id, 0), JET_errOSSnapshotInvalidSnapId, "the session is over");
    }
}

/* ---- what waits besides ---------------------------------------------------------------------- */

struct waiting {
    JET_INSTANCE instance;
    JET_SESID sesid;
    const char *path;
    int what;
    _Atomic bool entered, left;
    JET_ERR err;
};

static void *call_and_wait(void *argument)
{
    struct waiting *waiting = argument;
    waiting->entered = true;
    switch (waiting->what) {
    case 0:
        waiting->err = JetDetachDatabaseA(waiting->sesid, waiting->path);
        break;
    case 1:
        waiting->err = JetBeginExternalBackupInstance(waiting->instance, 0);
        break;
    default:
        waiting->err = JetTerm(waiting->instance);
    }
    waiting->left = true;
    return NULL;
}

Test(snapshot, detach_backup_and_term_wait)
{
    set_timeout(NO_TIME_MS);
    for (int what = 0; what < 4; what++) {
        struct test_table table;
        test_open_table(&table);
        struct waiting waiting = {.instance = table.instance, .sesid = table.sesid, .path = table.path,
                                  .what = what};
        cr_assert_eq(JetCloseDatabase(table.sesid, table.dbid, 0), JET_errSuccess);
        JET_OSSNAPID id = prepare(what == 1 ? JET_bitContinueAfterThaw : 0);
        pthread_t thread;
        if (what != 3) {
            freeze(id);
        }
        cr_assert_eq(pthread_create(&thread, NULL, call_and_wait, &waiting), 0);
        usleep(100000);
        cr_expect(!waiting.left, "%d waits", what);
        if (what == 3) {
            cr_expect_eq(JetOSSnapshotAbort(id, 0), JET_errSuccess); /* only prepared: the term waits, too */
        } else {
            cr_expect_eq(JetOSSnapshotThaw(id, 0), JET_errSuccess);
        }
        pthread_join(thread, NULL);
        cr_expect_eq(waiting.err, what == 1 ? JET_errBackupInProgress : JET_errSuccess, "%d: %d", what,
                     (int)waiting.err);
        if (what == 1) {
            cr_expect_eq(JetOSSnapshotEnd(id, 0), JET_errSuccess);
        }
        if (what < 2) {
            cr_expect_eq(JetTerm(table.instance), JET_errSuccess);
        }
    }
}

Test(snapshot, a_dirty_term_does_not_wait_and_writes_nothing)
{
    struct test_table table;
    char logs[512];
    test_open_table(&table);
    set_timeout(NO_TIME_MS);
    cr_assert_eq(JetGetSystemParameterA(table.instance, 0, JET_paramLogFilePath, NULL, logs, sizeof logs), 0);
    JET_OSSNAPID id = prepare(0);
    freeze(id);
    uint64_t before = digest(logs, table.path);
    cr_assert_eq(JetBeginTransaction(table.sesid), JET_errSuccess);
    cr_assert_eq(test_insert(table.sesid, table.tableid, table.id, 1), JET_errSuccess, "in memory");
    cr_assert_eq(JetCommitTransaction(table.sesid, JET_bitCommitLazyFlush), JET_errSuccess);
    usleep(700000); /* now the log's own thread wants to write it, and waits */
    cr_expect_eq(JetTerm2(table.instance, JET_bitTermDirty), JET_errDirtyShutdown);
    cr_expect_eq(digest(logs, table.path), before);
    cr_expect_eq(JetOSSnapshotThaw(id, 0), JET_errOSSnapshotTimeOut);

    JET_INSTANCE instance = test_start();
    id = prepare(0);
    cr_expect_eq(JetTerm2(instance, JET_bitTermComplete), JET_errSuccess, "only prepared");
    instance = test_start();
    JET_OSSNAPID next = prepare(0); /* whose instances are all gone is in nobody's way */
    cr_expect_eq(JetOSSnapshotAbort(id, 0), JET_errOSSnapshotInvalidSnapId);
    cr_expect_eq(JetOSSnapshotAbort(next, 0), JET_errSuccess);
    cr_expect_eq(JetTerm(instance), JET_errSuccess);
}

/* ---- the copy -------------------------------------------------------------------------------- */

static void copy_file(const char *from, const char *to)
{
    static unsigned char room[65536];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    cr_assert(in != NULL && out != NULL, "%s to %s", from, to);
    for (size_t got; (got = fread(room, 1, sizeof room, in)) != 0;) {
        cr_assert_eq(fwrite(room, 1, got, out), got);
    }
    fclose(in);
    cr_assert_eq(fclose(out), 0);
}

static void copy_folder(const char *from, const char *to)
{
    char source[1024], target[1024];
    DIR *folder = opendir(from);
    cr_assert_not_null(folder);
    mkdir(to, 0777);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] != '.') {
            snprintf(source, sizeof source, "%s/%s", from, entry->d_name);
            snprintf(target, sizeof target, "%s/%s", to, entry->d_name);
            copy_file(source, target);
        }
    }
    closedir(folder);
}

#define WRITERS 4
#define BLOCK 1000000

/* Ids of all rows of the copy must be gap-free per writer, at least as many as were committed before the freeze. */
static void expect_rows(const char *path, const JET_LONG *least, const struct writer *writers)
{
    JET_INSTANCE instance = JET_instanceNil;
    char folder[600], database[600];
    snprintf(folder, sizeof folder, "%s", path);
    snprintf(database, sizeof database, "%s/copy.edb", path);
    cr_assert_eq(JetCreateInstanceA(&instance, "copy"), JET_errSuccess);
    cr_assert_eq(JetSetSystemParameterA(&instance, 0, JET_paramSystemPath, 0, folder), JET_errSuccess);
    cr_assert_eq(JetSetSystemParameterA(&instance, 0, JET_paramLogFilePath, 0, folder), JET_errSuccess);
    cr_assert_eq(JetSetSystemParameterA(&instance, 0, JET_paramTempPath, 0, test_path("copy.tmp")), 0);
    JET_RSTMAP_A map = {.szDatabaseName = (char *)(uintptr_t)writers[0].table->path, .szNewDatabaseName = database};
    JET_RSTINFO_A restore = {.cbStruct = sizeof restore, .rgrstmap = &map, .crstmap = 1};
    cr_assert_eq(JetInit3A(&instance, &restore, 0), JET_errSuccess);
    JET_SESID sesid = test_session(instance);
    JET_DBID dbid;
    JET_TABLEID tableid;
    JET_ERR err = JetAttachDatabaseA(sesid, database, 0);
    cr_assert_geq(err, JET_errSuccess, "attach: %d", (int)err);
    cr_assert_eq(JetOpenDatabaseA(sesid, database, NULL, &dbid, 0), JET_errSuccess);
    cr_assert_eq(JetOpenTableA(sesid, dbid, "rows", NULL, 0, 0, &tableid), JET_errSuccess);
    JET_LONG seen[WRITERS] = {0};
    for (err = JetMove(sesid, tableid, JET_MoveFirst, 0); err == JET_errSuccess;
         err = JetMove(sesid, tableid, JET_MoveNext, 0)) {
        JET_LONG id;
        cr_assert_eq(JetRetrieveColumn(sesid, tableid, writers[0].table->id, &id, sizeof id, NULL, 0, NULL), 0);
        cr_assert(id / BLOCK < WRITERS && id % BLOCK == seen[id / BLOCK], "no row is missing before %d", id);
        seen[id / BLOCK]++;
    }
    for (int w = 0; w < WRITERS; w++) {
        cr_expect_geq(seen[w], least[w], "what was committed before the freeze is there");
        cr_expect_leq(seen[w], writers[w].committed + 1);
    }
    cr_assert_eq(JetTerm(instance), JET_errSuccess);
    char command[2048];
    snprintf(command, sizeof command, ESEVERIFY " '%s' > '%s' 2>&1", database, test_path("verify.txt"));
    cr_expect_eq(system(command), 0, "eseverify");
}

/* Four writers in one table with long transactions beside them; again and again: freeze, copy, thaw, and open the copy. */
static void copies(const char *circular, int rounds)
{
    struct test_table table;
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    char logs[512], copy[512], database[600];
    cr_assert_eq(JetSetSystemParameterA(NULL, 0, JET_paramCircularLog, circular != NULL, NULL), 0);
    cr_assert_eq(JetSetSystemParameterA(NULL, 0, JET_paramLogFileSize, 64, NULL), JET_errSuccess);
    cr_assert_eq(JetSetSystemParameterA(NULL, 0, JET_paramCheckpointDepthMax, 65536, NULL), 0);
    /* A transaction stays open beside writers as fast as they can be. */
    cr_assert_eq(JetSetSystemParameterA(NULL, 0, JET_paramMaxVerPages, 65536, NULL), 0);
    set_timeout(NO_TIME_MS);
    test_open_table(&table);
    cr_assert_eq(JetGetSystemParameterA(table.instance, 0, JET_paramLogFilePath, NULL, logs, sizeof logs), 0);
    cr_assert_eq(JetBeginTransaction(table.sesid), JET_errSuccess);
    cr_assert_eq(test_insert(table.sesid, table.tableid, table.id, WRITERS * BLOCK), JET_errSuccess); /* never committed */
    for (int w = 0; w < WRITERS; w++) {
        writers[w] = (struct writer){.table = &table, .first = w * BLOCK};
        cr_assert_eq(pthread_create(&threads[w], NULL, write_rows, &writers[w]), 0);
    }
    for (int round = 0; round < rounds; round++) {
        JET_LONG least[WRITERS];
        wait_for_commits(&writers[round % WRITERS], 50);
        JET_OSSNAPID id = prepare(0);
        for (int w = 0; w < WRITERS; w++) {
            least[w] = writers[w].committed;
        }
        freeze(id);
        snprintf(copy, sizeof copy, "%s", test_path("copy"));
        uint64_t before = digest(logs, table.path);
        copy_folder(logs, copy);
        snprintf(database, sizeof database, "%s/copy.edb", copy);
        copy_file(table.path, database);
        cr_expect_eq(digest(logs, table.path), before, "no byte changes in a freeze");
        cr_expect_eq(JetOSSnapshotThaw(id, 0), JET_errSuccess);
        expect_rows(copy, least, writers);
        char command[600];
        snprintf(command, sizeof command, "rm -rf '%s'", copy);
        cr_assert_eq(system(command), 0);
    }
    for (int w = 0; w < WRITERS; w++) {
        writers[w].stop = true;
        pthread_join(threads[w], NULL);
        cr_expect_eq(writers[w].failed, JET_errSuccess, "error %d", (int)writers[w].failed);
    }
    cr_assert_eq(JetRollback(table.sesid, 0), JET_errSuccess);
    cr_expect_eq(JetTerm(table.instance), JET_errSuccess);
}

Test(snapshot, a_copy_taken_in_the_freeze_has_all_that_was_committed_and_no_more)
{
    copies(NULL, 3);
}

Test(snapshot, a_copy_with_circular_logging)
{
    copies("on", 2);
}
