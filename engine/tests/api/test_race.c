/* Calls racing a stop or a term: denied only from its entry on, admitted only until its return. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <unistd.h>

#include "engine/tests/api/race.h"
#include "engine/tests/api/support.h"

static void race(enum race_kind kind)
{
    struct race_result result = {0};
    for (unsigned i = 0; i < 8; i++) {
        cr_assert_eq(race_once(test_folder(), kind, 4, i * 400, &result), 0, "life %u", i);
    }
    cr_expect_gt(result.calls, 1000u);
    cr_expect_eq(result.early, 0u);
    cr_expect_eq(result.late, 0u);
    cr_expect_eq(result.lost, 0u);
    cr_expect_eq(result.strange, 0u, "%lu strange answers, the first is %ld", result.strange,
                 result.first_strange);
    if (kind == RACE_TERM) {
        cr_expect_eq(result.denied, 0u);
    } else {
        cr_expect_gt(result.denied, 0u);
    }
}

Test(race, stop_service_instance, .timeout = 120)
{
    race(RACE_STOP);
}

Test(race, stop_service_instance2_all, .timeout = 120)
{
    race(RACE_STOP_ALL);
}

Test(race, term, .timeout = 120)
{
    race(RACE_TERM);
}

/* ---- a call in flight ------------------------------------------------------------------------ */

struct counting {
    struct test_table table;
    JET_ULONG counted; /* by the last call; all ones when it did not get in */
};

static void *count_until_denied(void *arg)
{
    struct counting *counting = arg;
    JET_SESID sesid = counting->table.sesid;
    JET_TABLEID tableid = counting->table.tableid;
    JET_ERR err = JET_errSuccess;
    while (err == JET_errSuccess) {
        counting->counted = ~(JET_ULONG)0;
        err = JetMove(sesid, tableid, JET_MoveFirst, 0);
        if (err == JET_errSuccess) {
            err = JetIndexRecordCount(sesid, tableid, &counting->counted, 0);
        }
    }
    return (void *)(intptr_t)err;
}

Test(race, a_long_count_ends_early_and_tells_how_far_it_came, .timeout = 60)
{
    enum { ROWS = 3000, TRIES = 40 };
    int cut_short = 0;
    for (int try = 0; try < TRIES && !cut_short; try++) {
        struct counting counting;
        pthread_t thread;
        void *err;
        test_open_table(&counting.table);
        cr_assert_eq(JetBeginTransaction(counting.table.sesid), JET_errSuccess);
        for (JET_LONG i = 0; i < ROWS; i++) {
            test_insert(counting.table.sesid, counting.table.tableid, counting.table.id, i);
        }
        cr_assert_eq(JetCommitTransaction(counting.table.sesid, JET_bitCommitLazyFlush), 0);
        cr_assert_eq(pthread_create(&thread, NULL, count_until_denied, &counting), 0);
        usleep(3000);
        cr_assert_eq(JetStopServiceInstance(counting.table.instance), JET_errSuccess);
        pthread_join(thread, &err);
        cr_expect_eq((JET_ERR)(intptr_t)err, JET_errClientRequestToStopJetService);
        cut_short = counting.counted > 0 && counting.counted < ROWS;
        cr_expect_eq(JetTerm2(counting.table.instance, JET_bitTermDirty), JET_errDirtyShutdown);
    }
    cr_expect(cut_short, "no count in flight saw the stop");
}
