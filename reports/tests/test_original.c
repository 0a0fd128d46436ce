/* Histories as the original makes them. None may be called wrong.
 *
 * A small machine plays actors that race a stop: each call enters, meets the gate some time later,
 * perhaps a second time (calls that poll, and A variants that enter the gate twice), and returns
 * some time after that; which actor moves next is random. The machine keeps the contract exactly as
 * the original does, so whatever interleaving it makes must be judged right, in both profiles.
 * Letting one denied call in, once in a thousand, must be found.
 */
#include <stdlib.h>
#include <time.h>

#include "reports/tests/story.h"

#include <criterion/criterion.h>

struct actor {
    size_t call; /* under way */
    int stage;   /* 0 idle, 1 before the gate, 2 before the second gate, 3 about to return */
    int level;
    JET_ERR result;
    bool poked; /* wrote something in this transaction */
    bool done;
    int left; /* calls until it ends */
};

#define ACTORS        5 /* actor 0 is the stopper, 1 .. the others */
#define SESSION_OF(a) (SESSION + (uint64_t)(a))

struct machine {
    struct story story;
    struct actor actor[ACTORS];
    uint64_t random;
    bool flag;  /* the stop flag of the instance */
    int one_in; /* lets one in so many denied calls in; 0: never */
    uint64_t let_in;
    uint64_t versions;
};

static unsigned pick(struct machine *m, unsigned count)
{
    m->random = m->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(m->random >> 33) % count;
}

static const enum shim_fn denied[] = {SHIM_FN_JetMove, SHIM_FN_JetGetVersion,
                                      SHIM_FN_JetGetBookmark, SHIM_FN_JetIndexRecordCount,
                                      SHIM_FN_JetRetrieveColumn};

/* Chooses and enters the next call of an actor. */
static void begin_call(struct machine *m, int at)
{
    struct actor *actor = &m->actor[at];
    uint64_t sesid = SESSION_OF(at);
    unsigned what = pick(m, 10);
    if (at == 0) {
        actor->call = enters(&m->story, 100, JetStopServiceInstance, INSTANCE);
    } else if (actor->left == 0) {
        actor->call = enters(&m->story, (uint32_t)at, JetEndSession, sesid, 0);
    } else if (what < 2 && actor->level < 7) {
        actor->call = enters(&m->story, (uint32_t)at, JetBeginTransaction, sesid);
    } else if (what < 4) {
        actor->call = enters(&m->story, (uint32_t)at, JetCommitTransaction, sesid, 0);
    } else if (what < 5) {
        actor->call = enters(&m->story, (uint32_t)at, JetRollback, sesid, 0);
    } else if (what < 6) {
        actor->call = enters(&m->story, (uint32_t)at, JetGetSystemParameter, INSTANCE, 0, 24, 1, 0);
    } else {
        enum shim_fn fn = denied[pick(m, sizeof denied / sizeof denied[0])];
        actor->call =
            call_(&m->story, (uint32_t)at, fn, (uint64_t[]){sesid, CURSOR + (uint64_t)at}, 2);
    }
    actor->stage = 1;
    actor->result = 0;
}

/* The call meets the gate; what it does, it does here. */
static void meet_gate(struct machine *m, int at)
{
    struct actor *actor = &m->actor[at];
    enum shim_fn fn = m->story.history.calls[actor->call].fn;
    bool shut = m->flag && rpt_contract_after_stop(RPT_ESE, fn) == RPT_DENIED;
    if (shut && m->one_in != 0 && pick(m, (unsigned)m->one_in) == 0 &&
        fn != SHIM_FN_JetBeginTransaction && fn != SHIM_FN_JetCommitTransaction) {
        m->let_in++;
        shut = false;
    }
    actor->stage = 3;
    if (shut) {
        actor->result = STOPPED;
        return;
    }
    switch (fn) {
    case SHIM_FN_JetStopServiceInstance:
        m->flag = true;
        break;
    case SHIM_FN_JetBeginTransaction:
        actor->level++;
        break;
    case SHIM_FN_JetCommitTransaction:
    case SHIM_FN_JetRollback:
        actor->result = actor->level > 0 ? 0 : JET_errNotInTransaction;
        actor->level -= actor->level > 0;
        break;
    case SHIM_FN_JetIndexRecordCount:
        actor->stage = 2;
        break;
    case SHIM_FN_JetMove:
        actor->result = pick(m, 4) == 0 ? JET_errNoCurrentRecord : 0;
        break;
    case SHIM_FN_JetEndSession:
        actor->done = true;
        break;
    default:
        break;
    }
}

static void play(struct machine *m, uint64_t seed, int calls_each, int stop_after)
{
    story_init(&m->story);
    m->random = seed;
    has_instance(&m->story, INSTANCE);
    phase(&m->story, "race");
    for (int i = 1; i < ACTORS; i++) {
        has_session(&m->story, (uint32_t)i, INSTANCE, SESSION_OF(i));
        has_database(&m->story, (uint32_t)i, SESSION_OF(i), DBID);
        has_cursor(&m->story, (uint32_t)i, SESSION_OF(i), CURSOR + (uint64_t)i);
        m->actor[i].left = calls_each;
    }
    for (int running = ACTORS - 1; running > 0;) {
        int at = (int)pick(m, ACTORS);
        struct actor *actor = &m->actor[at];
        if (actor->done && actor->stage == 0) {
            continue;
        }
        if (actor->stage == 0) {
            if (at == 0 && m->actor[1].left > stop_after) {
                continue;
            }
            begin_call(m, at);
        } else if (actor->stage == 1) {
            meet_gate(m, at);
        } else if (actor->stage == 2) { /* polls: a call under way may be denied */
            actor->result = m->flag ? STOPPED : 0;
            actor->stage = 3;
        } else {
            back(&m->story, actor->call, actor->result);
            actor->stage = 0;
            actor->left -= actor->left > 0;
            actor->done |= at == 0;
            running -= actor->done && at != 0;
        }
    }
    phase(&m->story, "term");
    calls(&m->story, 0, 0, JetTerm, INSTANCE);
}

Test(original, no_interleaving_is_wrong)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct machine m = {.random = 0};
        play(&m, seed, 120, 60);
        for (int profile = RPT_DOCUMENTED; profile <= RPT_ESE; profile++) {
            struct rpt_judgement j = judged(&m.story, (enum rpt_profile)profile);
            cr_assert_eq(j.finding_count, 0, "seed %d: %s", (int)seed, j.findings[0].text);
            cr_assert_eq(j.stops, 1);
            rpt_judgement_fini(&j);
        }
        story_fini(&m.story);
    }
}

Test(original, one_in_a_thousand_let_in_is_found)
{
    struct machine m = {.one_in = 1000};
    play(&m, 7, 20000, 15000);
    cr_assert_gt(m.let_in, 3);
    struct rpt_judgement j = judged(&m.story, RPT_DOCUMENTED);
    cr_assert_eq(j.verdict, RPT_ADMITTED_THOUGH_DENIED);
    rpt_judgement_fini(&j);
    story_fini(&m.story);
}

/* Counted on its own thread's clock, generously: what must not happen is a judge that is quadratic.
 */
Test(original, two_million_calls_take_seconds)
{
    struct machine m = {.one_in = 0};
    play(&m, 3, 500000, 100000);
    cr_assert_gt(m.story.history.call_count, 2000000);
    clock_t began = clock();
    struct rpt_judgement j = judged(&m.story, RPT_DOCUMENTED);
    double seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
    cr_assert_eq(j.finding_count, 0);
    cr_assert_lt(seconds, 60.0, "%.1f s", seconds);
    cr_log_info("%zu calls judged in %.2f s", m.story.history.call_count, seconds);
    rpt_judgement_fini(&j);
    story_fini(&m.story);
}

/* Single facts from the runs. */

Test(original, a_call_stamped_before_the_stop_may_be_denied)
{
    struct story s;
    has_everything(&s);
    size_t begin = enters(&s, 1, JetBeginTransaction, SESSION);
    calls(&s, 2, 0, JetStopServiceInstance, INSTANCE);
    back(&s, begin, STOPPED);
    must_conform(&s, RPT_ESE);
}

Test(original, after_the_stop)
{
    struct story s;
    has_everything(&s);
    calls(&s, 1, 0, JetBeginTransaction, SESSION);
    calls(&s, 2, 0, JetStopServiceInstance, INSTANCE);
    calls(&s, 2, 0, JetStopServiceInstance, INSTANCE);
    calls(&s, 1, STOPPED, JetCommitTransaction, SESSION, 0);
    calls(&s, 1, 0, JetRollback, SESSION, 0);
    calls(&s, 1, JET_errNotInTransaction, JetRollback, SESSION, 0);
    calls(&s, 1, 0, JetCloseTable, SESSION, CURSOR);
    calls(&s, 1, 0, JetGetSystemParameter, INSTANCE, 0, 24, 1, 0, 0);
    calls(&s, 1, 0, JetCloseDatabase, SESSION, DBID, 0);
    calls(&s, 1, 0, JetEndSession, SESSION, 0);
    calls(&s, 0, 0, JetTerm2, INSTANCE, JET_bitTermComplete);
    must_conform(&s, RPT_ESE);
}

Test(original, a_refused_term_leaves_the_instance_stopped)
{
    struct story s;
    has_everything(&s);
    calls(&s, 1, 0, JetBeginTransaction, SESSION);
    calls(&s, 2, 0, JetStopServiceInstance, INSTANCE);
    calls(&s, 2, JET_errTooManyActiveUsers, JetTerm, INSTANCE);
    calls(&s, 1, STOPPED, JetGetVersion, SESSION, 1);
    calls(&s, 1, 0, JetRollback, SESSION, 0);
    calls(&s, 2, JET_errDirtyShutdown, JetTerm2, INSTANCE, JET_bitTermDirty);
    calls(&s, 1, JET_errInvalidSesid, JetGetVersion, SESSION, 1);
    calls(&s, 2, JET_errInvalidInstance, JetStopServiceInstance, INSTANCE);
    must_conform(&s, RPT_DOCUMENTED);
}

Test(original, log_info_of_a_stopped_backup)
{
    struct story s;
    has_everything(&s);
    calls(&s, 1, 0, JetBeginExternalBackupInstance, INSTANCE, 0);
    size_t twice = enters(&s, 1, JetGetLogInfoInstance, INSTANCE, 0, 0, 0);
    size_t once = enters(&s, 3, JetGetLogInfoInstance, INSTANCE, 0, 0, 0);
    calls(&s, 2, 0, JetStopBackupInstance, INSTANCE);
    back(&s, twice, JET_errBackupAbortByServer); /* the A variant enters the gate twice */
    back(&s, once, 0);
    calls(&s, 1, JET_errBackupAbortByServer, JetGetLogInfoInstance, INSTANCE, 0, 0, 0);
    calls(&s, 1, 0, JetCloseFileInstance, INSTANCE, 0);
    calls(&s, 1, 0, JetEndExternalBackupInstance, INSTANCE);
    must_conform(&s, RPT_ESE);
}

Test(original, a_stop_before_a_backup_does_not_reach_it)
{
    struct story s;
    has_everything(&s);
    calls(&s, 2, 0, JetStopBackupInstance, INSTANCE);
    calls(&s, 1, 0, JetBeginExternalBackupInstance, INSTANCE, 0);
    calls(&s, 1, 0, JetGetAttachInfoInstance, INSTANCE, 0, 0, 0);
    calls(&s, 1, 0, JetReadFileInstance, INSTANCE, 1, 1, 1, 1);
    must_conform(&s, RPT_ESE);
}

Test(original, calls_go_on_succeeding_during_the_stop)
{
    struct story s;
    has_everything(&s);
    size_t stopping = enters(&s, 2, JetStopServiceInstance2, INSTANCE, JET_bitStopServiceAll);
    for (int i = 0; i < 5; i++) {
        calls(&s, 1, 0, JetGetVersion, SESSION, 1);
    }
    calls(&s, 1, JET_errInvalidParameter, JetGetVersion, SESSION, 0);
    calls(&s, 1, 0, JetGetVersion, SESSION, 1);
    back(&s, stopping, 0);
    must_conform(&s, RPT_ESE);
}
