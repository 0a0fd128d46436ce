/* Online defragmentation as a program sees it: what it gives back, its limits, its callback, and what ends it. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "engine/tests/api/support.h"

#define ROWS 6000

static _Atomic int calls;
static _Atomic JET_CBTYP seen;
static JET_ERR (*inside)(void);                     /* what the callback does; set while none runs */
static _Atomic JET_ERR inside_err;
static JET_INSTANCE the_instance;
static _Atomic JET_SESID callback_sesid;
static _Atomic useconds_t lingers;

static JET_ERR JET_API completed(JET_SESID sesid, JET_DBID dbid, JET_TABLEID tableid, JET_CBTYP cbtyp, void *arg1,
                                 void *arg2, void *context, JET_API_PTR unused)
{
    (void)dbid, (void)tableid, (void)arg1, (void)arg2, (void)context, (void)unused;
    seen = cbtyp;
    callback_sesid = sesid;
    if (inside != NULL) {
        inside_err = inside();
    }
    calls++;
    usleep(lingers);
    return JET_errSuccess;
}

static bool wait_for_calls(int wanted)
{
    for (int i = 0; i < 10000 && calls < wanted; i++) {
        usleep(1000);
    }
    return calls >= wanted;
}

static JET_ULONG space(const struct test_table *table, JET_ULONG level)
{
    JET_ULONG pages = 0;
    cr_assert_eq(JetGetDatabaseInfoA(table->sesid, table->dbid, &pages, sizeof pages, level), JET_errSuccess);
    return pages;
}

/* Rows 0..ROWS-1 in a mixed order, of which one in ten is left. */
static void fill(struct test_table *table)
{
    calls = 0;
    inside = NULL;
    test_open_table(table);
    the_instance = table->instance;
    for (JET_LONG i = 0; i < ROWS; i++) {
        if (i % 200 == 0) {
            cr_assert_eq(JetBeginTransaction(table->sesid), JET_errSuccess);
        }
        cr_assert_eq(test_insert(table->sesid, table->tableid, table->id, i * 1237 % ROWS), JET_errSuccess);
        if (i % 200 == 199) {
            cr_assert_eq(JetCommitTransaction(table->sesid, JET_bitCommitLazyFlush), JET_errSuccess);
        }
    }
    cr_assert_eq(JetBeginTransaction(table->sesid), JET_errSuccess);
    cr_assert_eq(JetMove(table->sesid, table->tableid, JET_MoveFirst, 0), JET_errSuccess);
    for (JET_LONG i = 0; i < ROWS; i++) {
        if (i % 10 != 0) {
            cr_assert_eq(JetDelete(table->sesid, table->tableid), JET_errSuccess);
        }
        JET_ERR err = JetMove(table->sesid, table->tableid, JET_MoveNext, 0);
        cr_assert_eq(err, i == ROWS - 1 ? JET_errNoCurrentRecord : JET_errSuccess);
    }
    cr_assert_eq(JetCommitTransaction(table->sesid, JET_bitCommitLazyFlush), JET_errSuccess);
}

static void check_rows(const struct test_table *table)
{
    JET_LONG value, number = 0;
    JET_ERR err = JetMove(table->sesid, table->tableid, JET_MoveFirst, 0);
    for (; err == JET_errSuccess; number += 10) {
        cr_assert_eq(JetRetrieveColumn(table->sesid, table->tableid, table->id, &value, sizeof value, NULL, 0, NULL), 0);
        cr_assert_eq(value, number);
        err = JetMove(table->sesid, table->tableid, JET_MoveNext, 0);
    }
    cr_assert_eq(number, ROWS);
}

static JET_ERR start(const struct test_table *table, JET_ULONG passes)
{
    return JetDefragment2A(table->sesid, table->dbid, NULL, passes != 0 ? &passes : NULL, NULL, completed,
                           JET_bitDefragmentBatchStart);
}

static JET_ERR stop(const struct test_table *table, JET_ULONG *passes, JET_ULONG *seconds)
{
    return JetDefragment2A(table->sesid, table->dbid, NULL, passes, seconds, NULL, JET_bitDefragmentBatchStop);
}

Test(defrag, a_pass_gives_space_back_and_tells_once)
{
    struct test_table table;
    fill(&table);
    JET_ULONG before = space(&table, JET_DbInfoSpaceAvailable);
    cr_assert_eq(start(&table, 1), JET_errSuccess);
    cr_assert(wait_for_calls(1), "it never ended");
    cr_expect_eq(seen, JET_cbtypOnlineDefragCompleted);
    cr_expect_neq(callback_sesid, JET_sesidNil);
    JET_ULONG after = space(&table, JET_DbInfoSpaceAvailable), owned = space(&table, JET_DbInfoSpaceOwned);
    cr_expect_gt(after, before + (owned - before) / 2, "%u of %u pages available, %u before", after, owned, before);
    check_rows(&table);
    cr_expect_eq(stop(&table, NULL, NULL), JET_wrnDefragNotRunning);
    /* A second one has little left to do. */
    cr_assert_eq(start(&table, 2), JET_errSuccess);
    cr_assert(wait_for_calls(2));
    cr_expect_leq(space(&table, JET_DbInfoSpaceAvailable), after + 2);
    check_rows(&table);
    cr_assert_eq(JetTerm(table.instance), JET_errSuccess);
    cr_expect_eq(calls, 2);
}

/* A stop finds nothing running once the callback was called; so does a start, though the callback has not returned. */
Test(defrag, who_was_told_of_the_end_can_start_again)
{
    struct test_table table;
    fill(&table);
    lingers = 100000;
    cr_assert_eq(start(&table, 1), JET_errSuccess);
    cr_assert(wait_for_calls(1));
    cr_expect_eq(stop(&table, NULL, NULL), JET_wrnDefragNotRunning);
    cr_expect_eq(start(&table, 1), JET_errSuccess);
    cr_assert(wait_for_calls(2));
    lingers = 0;
    cr_assert_eq(JetTerm(table.instance), JET_errSuccess);
}

Test(defrag, without_limits_it_goes_on_until_it_is_stopped)
{
    struct test_table table;
    JET_ULONG passes = 77, seconds = 77;
    fill(&table);
    cr_assert_eq(start(&table, 0), JET_errSuccess);
    cr_expect_eq(start(&table, 0), JET_wrnDefragAlreadyRunning);
    for (int i = 0; i < 10000 && space(&table, JET_DbInfoSpaceAvailable) < 20; i++) {
        usleep(1000);
    }
    int ended = 0;
    for (useconds_t rest = 100000;; rest *= 4) { /* a loaded machine may take longer than that for the first pass */
        usleep(rest);
        cr_expect_eq(calls, ended);
        cr_expect_eq(stop(&table, &passes, &seconds), JET_errSuccess);
        cr_expect_eq(calls, ++ended, "the callback comes before the stop returns");
        if (passes != 0 || rest > 20000000) {
            break;
        }
        cr_assert_eq(start(&table, 0), JET_errSuccess);
    }
    cr_expect_eq(passes, 1);
    cr_expect_lt(seconds, 60);
    cr_expect_eq(stop(&table, &passes, &seconds), JET_wrnDefragNotRunning);
    cr_expect_eq(passes, 0);
    cr_expect_eq(seconds, 0);
    cr_expect_eq(start(&table, 0), JET_errSuccess, "it cannot be started again");
    cr_assert_eq(JetTerm(table.instance), JET_errSuccess);
    cr_expect_eq(calls, ended + 1, "JetTerm does not end it");
}

Test(defrag, a_time_limit_ends_it)
{
    struct test_table table;
    JET_ULONG seconds = 1;
    fill(&table);
    cr_assert_eq(JetDefragment2A(table.sesid, table.dbid, NULL, NULL, &seconds, completed,
                                 JET_bitDefragmentBatchStart), JET_errSuccess);
    struct timespec began, now;
    clock_gettime(CLOCK_MONOTONIC, &began);
    usleep(300000);
    int early = calls;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t ms = (int64_t)(now.tv_sec - began.tv_sec) * 1000 + (now.tv_nsec - began.tv_nsec) / 1000000;
    cr_expect(early == 0 || ms > 900, "after %d ms", (int)ms); /* a loaded machine may sleep longer */
    cr_expect(wait_for_calls(1));
    cr_assert_eq(JetTerm(table.instance), JET_errSuccess);
}

Test(defrag, arguments)
{
    struct test_table table;
    JET_ULONG number = 1;
    const JET_GRBIT start_bit = JET_bitDefragmentBatchStart;
    fill(&table);
    cr_expect_eq(JetDefragmentA(table.sesid, table.dbid, NULL, NULL, NULL, 0), JET_errInvalidGrbit);
    cr_expect_eq(JetDefragmentA(table.sesid, table.dbid, NULL, NULL, NULL, start_bit | JET_bitDefragmentBatchStop),
                 JET_errInvalidGrbit);
    cr_expect_eq(JetDefragmentA(table.sesid, table.dbid, NULL, NULL, NULL, 0x1000), JET_errInvalidGrbit);
    cr_expect_eq(JetDefragmentA(table.sesid, table.dbid + 1, NULL, NULL, NULL, start_bit), JET_errInvalidDatabaseId);
    cr_expect_eq(JetDefragmentA(table.sesid, table.dbid, NULL, NULL, NULL, JET_bitDefragmentBatchStop),
                 JET_wrnDefragNotRunning);
    cr_expect_eq(JetDefragment2A(table.sesid, table.dbid, NULL, NULL, NULL, NULL, JET_bitDefragmentBTree),
                 JET_errInvalidName);
    cr_expect_eq(JetDefragment2A(table.sesid, table.dbid, "none", NULL, NULL, NULL, JET_bitDefragmentBTree),
                 JET_errObjectNotFound);
    cr_expect_eq(JetDefragment2A(table.sesid, table.dbid, "rows", NULL, NULL, completed, JET_bitDefragmentBTree),
                 JET_errInvalidParameter);
    cr_expect_eq(JetDefragment2A(table.sesid, table.dbid, "rows", NULL, NULL, NULL,
                                 JET_bitDefragmentBTree | start_bit), JET_errInvalidGrbit);
    cr_expect_eq(JetDefragment3A(table.sesid, table.path, NULL, &number, NULL, NULL, NULL, start_bit),
                 JET_errInvalidParameter);
    cr_expect_eq(JetDefragmentA(table.sesid, table.dbid, NULL, &number, NULL,
                                start_bit | JET_bitDefragmentAvailSpaceTreesOnly), JET_errSuccess);
    cr_assert_eq(JetBeginTransaction2(table.sesid, JET_bitTransactionReadOnly), JET_errSuccess);
    cr_expect_eq(start(&table, 1), JET_errTransReadOnly);
    cr_assert_eq(JetRollback(table.sesid, 0), JET_errSuccess);
    /* Forbidden by the parameter: nothing happens, and nothing is complained about. */
    cr_assert_eq(JetSetSystemParameterA(&table.instance, 0, JET_paramEnableOnlineDefrag, JET_OnlineDefragDisable, NULL),
                 JET_errSuccess);
    cr_expect_eq(start(&table, 0), JET_errSuccess);
    cr_expect_eq(stop(&table, NULL, NULL), JET_errSuccess);
    cr_assert_eq(JetTerm(table.instance), JET_errSuccess);
    cr_expect_eq(calls, 0);
}

Test(defrag, the_stop_ends_it_before_it_returns)
{
    struct test_table table;
    fill(&table);
    cr_assert_eq(start(&table, 0), JET_errSuccess);
    cr_assert_eq(JetStopServiceInstance(table.instance), JET_errSuccess);
    cr_expect_eq(calls, 1);
    cr_expect_eq(start(&table, 0), JET_errClientRequestToStopJetService);
    cr_assert_eq(JetTerm(table.instance), JET_errSuccess);
    cr_expect_eq(calls, 1);
}

static JET_ERR stop_again(void)
{
    return JetStopServiceInstance(the_instance);
}

static JET_ERR term_inside(void)
{
    return JetTerm(the_instance);
}

Test(defrag, the_callback_may_stop_the_service, .timeout = 30)
{
    struct test_table table;
    fill(&table);
    inside_err = 1;
    inside = stop_again;
    cr_assert_eq(start(&table, 1), JET_errSuccess);
    cr_assert(wait_for_calls(1));
    cr_expect_eq(inside_err, JET_errSuccess);
    cr_expect_eq(start(&table, 1), JET_errClientRequestToStopJetService);
    cr_assert_eq(JetTerm(table.instance), JET_errSuccess);
}

Test(defrag, the_callback_may_stop_the_service_during_a_stop, .timeout = 30)
{
    struct test_table table;
    fill(&table);
    inside_err = 1;
    inside = stop_again;
    cr_assert_eq(start(&table, 0), JET_errSuccess);
    cr_assert_eq(JetStopServiceInstance2(table.instance, JET_bitStopServiceAll), JET_errSuccess);
    cr_expect_eq(calls, 1);
    cr_expect_eq(inside_err, JET_errSuccess);
    cr_assert_eq(JetTerm(table.instance), JET_errSuccess);
}

Test(defrag, the_callback_cannot_end_the_instance_it_runs_in, .timeout = 30)
{
    struct test_table table;
    fill(&table);
    inside = term_inside;
    cr_assert_eq(start(&table, 1), JET_errSuccess);
    cr_assert(wait_for_calls(1));
    cr_expect_eq(inside_err, JET_errTooManyActiveUsers);
    check_rows(&table);
    cr_assert_eq(JetTerm(table.instance), JET_errSuccess);
}

Test(defrag, a_refused_term_lets_it_go_on)
{
    struct test_table table;
    fill(&table);
    cr_assert_eq(start(&table, 0), JET_errSuccess);
    cr_assert_eq(JetBeginTransaction(table.sesid), JET_errSuccess);
    cr_expect_eq(JetTerm(table.instance), JET_errTooManyActiveUsers);
    cr_expect_eq(calls, 0);
    cr_assert_eq(JetRollback(table.sesid, 0), JET_errSuccess);
    cr_expect_eq(start(&table, 0), JET_wrnDefragAlreadyRunning);
    cr_assert_eq(JetTerm(table.instance), JET_errSuccess);
    cr_expect_eq(calls, 1);
}

Test(defrag, a_detach_ends_it_unless_it_is_refused)
{
    struct test_table table;
    fill(&table);
    cr_assert_eq(start(&table, 0), JET_errSuccess);
    cr_expect_eq(JetDetachDatabaseA(table.sesid, table.path), JET_errDatabaseInUse);
    cr_expect_eq(calls, 0);
    cr_assert_eq(JetCloseTable(table.sesid, table.tableid), JET_errSuccess);
    cr_assert_eq(JetCloseDatabase(table.sesid, table.dbid, 0), JET_errSuccess);
    cr_expect_eq(calls, 0, "closing the database ends it");
    cr_assert_eq(JetDetachDatabaseA(table.sesid, table.path), JET_errSuccess);
    cr_expect_eq(calls, 1);
    cr_assert_eq(JetAttachDatabaseA(table.sesid, table.path, 0), JET_errSuccess);
    cr_assert_eq(JetOpenDatabaseA(table.sesid, table.path, NULL, &table.dbid, 0), JET_errSuccess);
    cr_assert_eq(JetOpenTableA(table.sesid, table.dbid, "rows", NULL, 0, 0, &table.tableid), 0);
    check_rows(&table);
    cr_expect_eq(start(&table, 1), JET_errSuccess);
    cr_assert(wait_for_calls(2));
    cr_assert_eq(JetTerm(table.instance), JET_errSuccess);
}

/* Available pages once they have stayed the same for a while. */
static JET_ULONG settled_space(const struct test_table *table)
{
    JET_ULONG pages = space(table, JET_DbInfoSpaceAvailable), same = 0;
    while (same < 100) {
        usleep(2000);
        JET_ULONG now = space(table, JET_DbInfoSpaceAvailable);
        same = now == pages ? same + 1 : 0;
        pages = now;
    }
    return pages;
}

Test(defrag, a_table_by_name_waits_while_background_tasks_are_stopped)
{
    struct test_table table;
    fill(&table);
    (void)JetIdle(table.sesid, 0);
    JET_ULONG before = settled_space(&table);
    cr_assert_eq(JetStopServiceInstance2(table.instance, JET_bitStopServiceBackgroundUserTasks), JET_errSuccess);
    cr_assert_eq(JetDefragment2A(table.sesid, table.dbid, "rows", NULL, NULL, NULL, JET_bitDefragmentBTree), 0);
    cr_expect_eq(settled_space(&table), before);
    /* Another part resumes nothing of this one. */
    cr_assert_eq(JetStopServiceInstance2(table.instance, JET_bitStopServiceResume | JET_bitStopServiceQuiesceCaches), 0);
    cr_expect_eq(settled_space(&table), before);
    cr_assert_eq(JetStopServiceInstance2(table.instance, JET_bitStopServiceResume |
                                         JET_bitStopServiceBackgroundUserTasks), JET_errSuccess);
    for (int i = 0; i < 10000 && space(&table, JET_DbInfoSpaceAvailable) < before + 20; i++) {
        usleep(1000);
    }
    cr_expect_geq(settled_space(&table), before + 20);
    check_rows(&table);
    cr_assert_eq(JetTerm(table.instance), JET_errSuccess);
}

Test(defrag, a_queued_table_does_not_keep_the_instance_from_ending, .timeout = 30)
{
    struct test_table table;
    fill(&table);
    cr_assert_eq(JetStopServiceInstance2(table.instance, JET_bitStopServiceBackgroundUserTasks), JET_errSuccess);
    cr_assert_eq(JetDefragment2A(table.sesid, table.dbid, "rows", NULL, NULL, NULL, JET_bitDefragmentBTree), 0);
    cr_assert_eq(JetTerm(table.instance), JET_errSuccess);
}

/* ---- version clean-up ------------------------------------------------------------------------------------ */

static void delete_all(const struct test_table *table)
{
    cr_assert_eq(JetBeginTransaction(table->sesid), JET_errSuccess);
    JET_ERR err = JetMove(table->sesid, table->tableid, JET_MoveFirst, 0);
    while (err == JET_errSuccess) {
        cr_assert_eq(JetDelete(table->sesid, table->tableid), JET_errSuccess);
        err = JetMove(table->sesid, table->tableid, JET_MoveNext, 0);
    }
    cr_assert_eq(JetCommitTransaction(table->sesid, JET_bitCommitLazyFlush), JET_errSuccess);
}

#define WAIT_FOR_ASYNC_ACTIVITY ((JET_GRBIT)0x40)

Test(idle, cleans_up_what_nobody_sees_any_more)
{
    struct test_table table;
    fill(&table);
    JET_SESID reader = test_session(table.instance);
    cr_assert_eq(JetBeginTransaction(reader), JET_errSuccess);
    delete_all(&table);
    JET_ULONG before = space(&table, JET_DbInfoSpaceAvailable);
    cr_expect_eq(JetIdle(table.sesid, 0), JET_wrnNoIdleActivity);
    cr_expect_leq(space(&table, JET_DbInfoSpaceAvailable), before + 2, "somebody still sees the rows");
    cr_expect_eq(JetIdle(table.sesid, WAIT_FOR_ASYNC_ACTIVITY), JET_wrnRemainingVersions);
    cr_assert_eq(JetCommitTransaction(reader, 0), JET_errSuccess);
    cr_expect_eq(JetIdle(table.sesid, JET_bitIdleCompact), JET_wrnNoIdleActivity);
    cr_expect_eq(JetIdle(table.sesid, WAIT_FOR_ASYNC_ACTIVITY), JET_errSuccess);
    cr_expect_gt(space(&table, JET_DbInfoSpaceAvailable), before + 5);
    cr_expect_eq(JetIdle(table.sesid, JET_bitIdleFlushBuffers), JET_errInvalidGrbit);
    cr_expect_eq(JetIdle(table.sesid, 0x1000), JET_errInvalidGrbit);
    cr_expect_eq(JetIdle(table.sesid, JET_bitIdleStatus), JET_errSuccess);
    cr_assert_eq(JetTerm(table.instance), JET_errSuccess);
}
