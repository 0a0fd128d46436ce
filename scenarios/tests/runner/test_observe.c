/* test_observe.c - what a run says beyond its calls: observed numbers, callbacks, counted results. */
#include <string.h>

#include <criterion/criterion.h>

#include "support.h"

#define HEAD "scenario t\ntitle \"t\"\ninstance main\ndatabase data\ntable rows in data rows 300\n"
#define END "expect no-overlap\n"
#define OPEN "    JetBeginSession\n    JetOpenDatabase\n    JetOpenTable\n"

static const struct scn_run_options usual = {.seed = 1, .probe_calls = -1};

Test(observe, numbers_come_from_what_calls_leave_behind)
{
    struct played played = play(HEAD "actor a\n" OPEN
                                     "    JetMove cRow=JET_MoveFirst\n"
                                     "    JetIndexRecordCount -> n at pcrec\n    observe rows n - 1\n"
                                     "    check n == 300\n    check n < 300\nend\n" END,
                                usual);
    const struct shim_hist_event *seen = find_event(&played, SHIM_EVENT_OBSERVED, "rows");
    cr_assert_not_null(seen);
    cr_expect_eq(seen->value[0], 299);
    cr_assert_eq(count_events(&played, SHIM_EVENT_EXPECT, NULL), 2);
    int held = 0;
    for (size_t i = 0; i < played.history.event_count; i++) {
        const struct shim_hist_event *event = &played.history.events[i];
        held += event->kind == SHIM_EVENT_EXPECT && event->value[0] == 1;
    }
    cr_expect_eq(held, 1, "300 is 300, and not less");
    played_fini(&played);
}

Test(observe, only_the_control_makes_the_steps_of_the_control)
{
    static const char script[] = HEAD "actor a\n    only control\n        JetBeginSession\n    end\n"
                                      "    only run\n        JetGetThreadStats\n    end\nend\n" END;
    for (int control = 0; control < 2; control++) {
        struct scn_run_options options = usual;
        options.control = control == 1;
        struct played played = play(script, options);
        cr_expect_eq(count_calls(&played, 1, SHIM_FN_JetBeginSession), (size_t)control);
        cr_expect_eq(count_calls(&played, 1, SHIM_FN_JetGetThreadStats), (size_t)(1 - control));
        played_fini(&played);
    }
}

Test(observe, results_are_counted_over_all_actors_and_without_probes)
{
    struct scn_run_options options = usual;
    options.probe_calls = 300;
    struct played played =
        play(HEAD "actor a x 3\n    JetBeginSession\n    JetRollback\n    signal up\n"
                  "    wait stopped\n    JetBeginTransaction\nend\n"
                  "actor b\n    wait up 3\n    JetStopServiceInstance\n    signal stopped\nend\n"
                  "expect JetRollback gives JET_errNotInTransaction exactly 3\n"
                  "expect JetRollback gives JET_errNotInTransaction exactly 4\n"
                  "expect JetBeginTransaction gives JET_errClientRequestToStopJetService exactly 3\n"
                  "expect JetTerm gives JET_errSuccess most 0 in ese\n" END,
             options);
    int held[3] = {0};
    for (size_t i = 0; i < played.history.event_count; i++) {
        const struct shim_hist_event *event = &played.history.events[i];
        if (event->kind == SHIM_EVENT_EXPECT) {
            held[event->value[0] != 0]++;
            held[2] += event->value[2] == SCN_IN_ESE;
        }
    }
    cr_expect_eq(held[1], 3);
    cr_expect_eq(held[0], 1);
    cr_expect_eq(held[2], 1);
    cr_expect_eq(verdict_of(&played), RPT_WRONG_CODE);
    struct rpt_judgement judgement;
    cr_assert_eq(rpt_judge(&played.history, RPT_DOCUMENTED, &judgement), 0);
    cr_expect_eq(judgement.tally[SHIM_FN_JetBeginTransaction].own_denied, 3);
    cr_expect_gt(judgement.tally[SHIM_FN_JetBeginTransaction].denied, 3, "probes were denied too");
    rpt_judgement_fini(&judgement);
    played_fini(&played);
}

Test(observe, a_kill_outside_of_a_child_kills_nobody)
{
    struct played played = play(HEAD "actor a\n    kill\n    JetBeginSession\nend\n" END, usual);
    cr_expect_eq(count_calls(&played, 1, SHIM_FN_JetBeginSession), 1);
    cr_expect_eq(count_events(&played, SHIM_EVENT_KILL, NULL), 0);
    played_fini(&played);
}

Test(observe, blocks_after_the_race_see_the_files_and_then_the_database)
{
    struct played played =
        play(HEAD "actor a\n    JetBeginSession\nend\n"
                  "after death\n    JetGetDatabaseFileInfo InfoLevel=JET_DbInfoPageSize -> p at pvResult\n"
                  "    observe size p\nend\n"
                  "after restart\n    JetOpenTable szTableName=\"rows\"\n"
                  "    JetMove cRow=JET_MoveLast => 0\n"
                  "    JetGetDatabaseInfo InfoLevel=JET_DbInfoSpaceOwned -> o at pvResult\n"
                  "    observe owned o\nend\n" END,
             usual);
    const struct shim_hist_event *size = find_event(&played, SHIM_EVENT_OBSERVED, "size");
    const struct shim_hist_event *owned = find_event(&played, SHIM_EVENT_OBSERVED, "owned");
    cr_assert_not_null(size);
    cr_assert_not_null(owned);
    cr_expect_geq(size->value[0], 2048);
    cr_expect_gt(owned->value[0], 0);
    cr_expect_eq(verdict_of(&played), RPT_CONFORMS);
    played_fini(&played);
}

/* Where in the call it fell into the stop was entered, as a part of the quickest call before (a loaded machine
 * makes some of them slow); -1: into none. */
static double place_of_stop(const struct played *played, enum shim_fn into)
{
    const struct shim_history *history = &played->history;
    const struct shim_hist_call *stop = NULL;
    uint64_t quickest = UINT64_MAX;
    for (size_t i = 0; i < history->call_count; i++) {
        const struct shim_hist_call *call = &history->calls[i];
        stop = call->fn == SHIM_FN_JetStopServiceInstance ? call : stop;
        if (call->fn == into && stop == NULL && call->leave != 0 &&
            call->leave_ns - call->enter_ns < quickest) {
            quickest = call->leave_ns - call->enter_ns;
        }
    }
    cr_assert(stop != NULL && quickest != UINT64_MAX);
    for (size_t i = 0; i < history->call_count; i++) {
        const struct shim_hist_call *call = &history->calls[i];
        if (call->fn == into && call->enter < stop->enter && call->leave > stop->enter) {
            return (double)(stop->enter_ns - call->enter_ns) / (double)quickest;
        }
    }
    return -1;
}

/* The stop falls where the aim says, measured by the calls before it: never earlier. The thread that
 * aims can lose the processor between its last look and the stop, so the call may be over then; with
 * several tries it is not always. */
Test(observe, an_aim_at_a_part_of_a_call_waits_for_it)
{
    bool met = false;
    for (int tries = 0; tries < 25 && !met; tries++) {
        struct played played = play(
            "scenario t\ninstance main\ndatabase data\ntable rows in data rows 20000\n"
            "actor a\n" OPEN "    JetMove cRow=JET_MoveFirst\n    JetIndexRecordCount\n    signal once\n"
            "    repeat until denied\n        JetIndexRecordCount\n    end\nend\n"
            "actor b\n    wait once\n    aim JetIndexRecordCount at 40\n    JetStopServiceInstance\n"
            "end\n" END,
            usual);
        struct rpt_judgement judgement;
        cr_assert_eq(rpt_judge(&played.history, RPT_DOCUMENTED, &judgement), 0);
        uint64_t times = judgement.tally[SHIM_FN_JetIndexRecordCount].met;
        double place = place_of_stop(&played, SHIM_FN_JetIndexRecordCount);
        met = times == 1 && place >= 0;
        cr_expect(place < 0 || place > 0.35, "%f of the call", place);
        rpt_judgement_fini(&judgement);
        played_fini(&played);
    }
    cr_expect(met);
}
