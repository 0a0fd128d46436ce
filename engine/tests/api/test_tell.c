/* Functions of the caller's that the engine calls: how far a recovery is, and which commits have become durable. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <criterion/criterion.h>
#include <esent.h>

#include "support.h"

/* ---- JET_RSTINFO.pfnStatus ------------------------------------------------------------------- */

static struct {
    unsigned begins, progresses, ends, fails;
    JET_ULONG last;
    int wrong;
    JET_ERR answer;
} told;

static JET_ERR JET_API status(JET_SESID sesid, JET_SNP what, JET_SNT when, void *pv)
{
    const JET_SNPROG *progress = pv;
    told.wrong += sesid != JET_sesidNil || what != JET_snpRestore || progress == NULL ||
                  progress->cbStruct != sizeof *progress || progress->cunitTotal != 100 ||
                  told.ends + told.fails != 0 || (when != JET_sntBegin && told.begins != 1);
    if (when == JET_sntBegin) {
        told.begins++;
        told.wrong += progress->cunitDone != 0;
    } else if (when == JET_sntProgress) {
        told.progresses++;
        told.wrong += progress->cunitDone <= told.last || progress->cunitDone >= 100;
        told.last = progress->cunitDone;
    } else {
        told.ends += when == JET_sntComplete;
        told.fails += when == JET_sntFail;
        told.wrong += progress->cunitDone != 100;
    }
    return told.answer;
}

static const char *folder;

static JET_INSTANCE create_here(JET_API_PTR callback)
{
    static int number;
    char name[40];
    JET_INSTANCE instance = JET_instanceNil;
    snprintf(name, sizeof name, "tell %d", ++number);
    cr_assert_eq(JetCreateInstance(&instance, name), JET_errSuccess);
    JET_SESID none = JET_sesidNil;
    const JET_ULONG paths[] = {JET_paramSystemPath, JET_paramLogFilePath, JET_paramTempPath};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        cr_assert_eq(JetSetSystemParameterA(&instance, none, paths[i], 0, folder), JET_errSuccess);
    }
    cr_assert_eq(JetSetSystemParameterA(&instance, none, JET_paramLogFileSize, 64, NULL), JET_errSuccess);
    if (callback != 0) {
        cr_assert_eq(JetSetSystemParameterA(&instance, none, JET_paramDurableCommitCallback, callback, NULL),
                     JET_errSuccess);
    }
    return instance;
}

/* Rows in a database; each is a commit. */
static void fill(JET_INSTANCE instance, JET_SESID *sesid, JET_TABLEID *tableid, JET_COLUMNID *id, bool create)
{
    JET_DBID dbid;
    char path[600];
    snprintf(path, sizeof path, "%stell.edb", folder);
    *sesid = test_session(instance);
    if (create) {
        JET_COLUMNDEF def = {.cbStruct = sizeof def, .coltyp = JET_coltypLong};
        cr_assert_eq(JetCreateDatabaseA(*sesid, path, NULL, &dbid, 0), JET_errSuccess);
        cr_assert_eq(JetCreateTableA(*sesid, dbid, "rows", 16, 80, tableid), JET_errSuccess);
        cr_assert_eq(JetAddColumnA(*sesid, *tableid, "id", &def, NULL, 0, id), JET_errSuccess);
    } else {
        cr_assert_eq(JetAttachDatabaseA(*sesid, path, 0), JET_errSuccess);
        cr_assert_eq(JetOpenDatabaseA(*sesid, path, NULL, &dbid, 0), JET_errSuccess);
        cr_assert_eq(JetOpenTableA(*sesid, dbid, "rows", NULL, 0, 0, tableid), JET_errSuccess);
    }
}

static void insert(JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID id, JET_GRBIT grbit, JET_COMMIT_ID *commit)
{
    JET_LONG value = 1;
    cr_assert_eq(JetBeginTransaction(sesid), JET_errSuccess);
    cr_assert_eq(JetPrepareUpdate(sesid, tableid, JET_prepInsert), JET_errSuccess);
    cr_assert_eq(JetSetColumn(sesid, tableid, id, &value, sizeof value, 0, NULL), JET_errSuccess);
    cr_assert_eq(JetUpdate(sesid, tableid, NULL, 0, NULL), JET_errSuccess);
    cr_assert_eq(JetCommitTransaction2(sesid, grbit, 0, commit), JET_errSuccess);
}

static JET_ERR init_told(JET_INSTANCE *instance, bool wide)
{
    JET_RSTINFO_A a = {.cbStruct = sizeof a, .pfnStatus = status};
    JET_RSTINFO_W w = {.cbStruct = sizeof w, .pfnStatus = status};
    JET_ERR answer = told.answer;
    memset(&told, 0, sizeof told);
    told.answer = answer;
    return wide ? JetInit3W(instance, &w, 0) : JetInit3A(instance, &a, 0);
}

Test(tell, a_recovery_says_how_far_it_is)
{
    folder = test_folder();
    JET_SESID sesid;
    JET_TABLEID tableid;
    JET_COLUMNID id;
    JET_INSTANCE instance = create_here(0);
    cr_assert_eq(init_told(&instance, false), JET_errSuccess);
    cr_assert_eq(told.begins + told.ends + told.fails, 0, "there was nothing to recover");
    fill(instance, &sesid, &tableid, &id, true);
    for (int i = 0; i < 3000; i++) {
        insert(sesid, tableid, id, JET_bitCommitLazyFlush, NULL);
    }
    insert(sesid, tableid, id, 0, NULL);
    cr_assert_eq(JetTerm2(instance, JET_bitTermDirty), JET_errDirtyShutdown);

    for (int wide = 0; wide < 2; wide++) {
        instance = create_here(0);
        told.answer = JET_errOutOfMemory; /* it is told, not asked */
        cr_assert_eq(init_told(&instance, wide != 0), JET_errSuccess);
        cr_assert_eq(told.wrong, 0);
        cr_assert_eq(told.begins, 1);
        cr_assert_eq(told.ends, 1);
        cr_assert_eq(told.fails, 0);
        cr_assert(wide != 0 || told.progresses > 1, "%u", told.progresses);
        if (wide == 0) {
            fill(instance, &sesid, &tableid, &id, false);
            cr_assert_eq(JetTerm2(instance, JET_bitTermDirty), JET_errDirtyShutdown);
        }
    }
    cr_assert_eq(JetTerm2(instance, JET_bitTermComplete), JET_errSuccess);
    instance = create_here(0);
    cr_assert_eq(init_told(&instance, false), JET_errSuccess);
    cr_assert_eq(told.begins + told.ends + told.fails, 0);

    /* One that fails says so. */
    fill(instance, &sesid, &tableid, &id, false);
    cr_assert_eq(JetTerm2(instance, JET_bitTermDirty), JET_errDirtyShutdown);
    char from[600], to[600];
    snprintf(from, sizeof from, "%stell.edb", folder);
    snprintf(to, sizeof to, "%saway.edb", folder);
    cr_assert_eq(rename(from, to), 0);
    instance = create_here(0);
    cr_assert_eq(init_told(&instance, false), JET_errAttachedDatabaseMismatch);
    cr_assert_eq(told.wrong, 0);
    cr_assert_eq(told.begins, 1);
    cr_assert_eq(told.fails, 1);
    cr_assert_eq(told.ends, 0);
}

/* ---- JET_paramDurableCommitCallback ---------------------------------------------------------- */

static JET_INSTANCE callers;
static _Atomic long long seen;
static _Atomic int calls, wrong;
static JET_SIGNATURE signature;

static JET_ERR JET_API on_durable(JET_INSTANCE instance, JET_COMMIT_ID *id, JET_GRBIT grbit)
{
    wrong += instance != callers || id == NULL || id->commitId <= seen || grbit != 0;
    memcpy(&signature, &id->signLog, sizeof signature);
    seen = id->commitId;
    calls++;
    return JET_errOutOfMemory; /* nobody's concern */
}

static bool comes(long long commit)
{
    const struct timespec moment = {0, 2000000};
    for (int i = 0; i < 10000 && seen < commit; i++) {
        nanosleep(&moment, NULL);
    }
    return seen >= commit;
}

Test(tell, commits_that_have_become_durable, .timeout = 120)
{
    folder = test_folder();
    JET_SESID sesid;
    JET_TABLEID tableid;
    JET_COLUMNID id;
    JET_COMMIT_ID commit = {.commitId = 0};
    callers = create_here((JET_API_PTR)on_durable);
    cr_assert_eq(JetInit(&callers), JET_errSuccess);
    fill(callers, &sesid, &tableid, &id, true);
    for (int i = 0; i < 10; i++) {
        insert(sesid, tableid, id, 0, &commit);
        cr_assert(comes(commit.commitId), "commit %lld, %lld was seen", commit.commitId, (long long)seen);
        cr_assert_eq(seen, commit.commitId, "of one that was not yet made");
        cr_assert_eq(memcmp(&signature, &commit.signLog, sizeof signature), 0);
    }
    /* Lazy ones, over several log files, come by themselves. */
    int before = calls;
    for (int i = 0; i < 1000; i++) {
        insert(sesid, tableid, id, JET_bitCommitLazyFlush, &commit);
    }
    cr_assert(comes(commit.commitId));
    cr_assert_gt(calls, before);
    cr_assert_lt(calls, before + 1000, "they came together");
    /* The last ones come with the end. */
    insert(sesid, tableid, id, JET_bitCommitLazyFlush, &commit);
    cr_assert_eq(JetTerm2(callers, JET_bitTermComplete), JET_errSuccess);
    cr_assert_geq(seen, commit.commitId);
    cr_assert_eq(wrong, 0);
    /* And it begins where it was. */
    long long last = seen;
    callers = create_here((JET_API_PTR)on_durable);
    cr_assert_eq(JetInit(&callers), JET_errSuccess);
    fill(callers, &sesid, &tableid, &id, false);
    insert(sesid, tableid, id, 0, &commit);
    cr_assert_gt(commit.commitId, last);
    cr_assert(comes(commit.commitId));
    cr_assert_eq(wrong, 0);
    cr_assert_eq(JetTerm2(callers, JET_bitTermComplete), JET_errSuccess);
}
