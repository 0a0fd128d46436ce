/* test_steps.c - gates, aims, repeats, names and expectations. */
#include <string.h>
#include <time.h>

#include <criterion/criterion.h>

#include "support.h"

#define HEAD "scenario t\ntitle \"t\"\ninstance main\n"
#define END "end\nexpect no-overlap\n"

static const struct scn_run_options usual = {.seed = 1, .no_verify = true, .probe_calls = -1};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

Test(steps, a_gate_that_never_opens_ends_and_is_told)
{
    struct scn_run_options options = usual;
    options.gate_timeout_us = 100000;
    double begin = now();
    struct played played =
        play(HEAD "actor a\n    wait door 2\n    JetBeginSession\nend\nactor b\n    signal door\n" END,
             options);
    cr_expect_lt(now() - begin, 5.0);
    cr_assert_eq(count_events(&played, SHIM_EVENT_EXPECT, NULL), 1);
    cr_expect_eq(find_event(&played, SHIM_EVENT_EXPECT, NULL)->value[0], 0);
    cr_expect_geq(count_events(&played, SHIM_EVENT_ALLOWED_WAIT, "door"), 1);
    cr_expect_eq(count_calls(&played, 1, SHIM_FN_JetBeginSession), 1, "the actor goes on");
    played_fini(&played);
}

Test(steps, a_gate_holds_until_it_was_signalled_often_enough)
{
    struct played played = play(HEAD "actor a\n    wait door 3\n    JetBeginSession\nend\n"
                                     "actor b x 3\n    JetGetThreadStats\n    signal door\n" END,
                                usual);
    uint64_t begun = 0;
    for (size_t i = 0; i < played.history.call_count; i++) {
        const struct shim_hist_call *call = &played.history.calls[i];
        begun = call->actor == 1 && begun == 0 ? call->enter : begun;
    }
    for (size_t i = 0; i < played.history.call_count; i++) {
        const struct shim_hist_call *call = &played.history.calls[i];
        if (call->fn == SHIM_FN_JetGetThreadStats) {
            cr_expect_lt(call->leave, begun);
        }
    }
    cr_expect_eq(count_events(&played, SHIM_EVENT_EXPECT, NULL), 0);
    played_fini(&played);
}

Test(steps, an_aim_ends_when_nobody_is_left_to_aim_at)
{
    struct scn_run_options options = usual;
    options.aim_timeout_us = 20000000;
    double begin = now();
    struct played played = play(HEAD "actor a\n    aim JetGetVersion calls 1000\n"
                                     "    JetStopServiceInstance\nend\nactor b\n"
                                     "    JetBeginSession\n    JetGetVersion\n" END,
                                options);
    cr_expect_lt(now() - begin, 5.0);
    cr_expect_eq(count_events(&played, SHIM_EVENT_NOTE, "aim not reached"), 1);
    cr_expect_eq(count_calls(&played, 1, SHIM_FN_JetStopServiceInstance), 1);
    played_fini(&played);
}

Test(steps, an_aimed_stop_meets_calls_that_went_before)
{
    struct played played = play(HEAD "actor a\n    aim JetGetVersion calls 500\n"
                                     "    JetStopServiceInstance\nend\nactor b\n"
                                     "    JetBeginSession\n    repeat until denied\n"
                                     "        JetGetVersion\n    end\n" END,
                                usual);
    size_t before = 0;
    uint64_t stop = 0;
    for (size_t i = 0; i < played.history.call_count; i++) {
        if (played.history.calls[i].fn == SHIM_FN_JetStopServiceInstance) {
            stop = played.history.calls[i].enter;
        }
    }
    for (size_t i = 0; i < played.history.call_count; i++) {
        const struct shim_hist_call *call = &played.history.calls[i];
        before += call->fn == SHIM_FN_JetGetVersion && call->leave < stop;
    }
    cr_expect_geq(before, 500);
    cr_expect_geq(count_results(&played, SHIM_FN_JetGetVersion,
                                JET_errClientRequestToStopJetService),
                  1);
    played_fini(&played);
}

Test(steps, a_stop_is_shown_before_and_after)
{
    struct played played = play(HEAD "actor a\n    JetStopServiceInstance\n" END, usual);
    cr_expect_eq(count_events(&played, SHIM_EVENT_PROBE, "JET_paramCheckpointDepthMax"), 2);
    played_fini(&played);
}

Test(steps, an_endless_repeat_ends_with_the_denial)
{
    struct played played = play(HEAD "actor a\n    JetBeginSession\n    JetStopServiceInstance\n"
                                     "    repeat until denied\n        JetGetVersion\n    end\n" END,
                                usual);
    cr_expect_eq(count_calls(&played, 1, SHIM_FN_JetGetVersion), 1);
    played_fini(&played);
}

Test(steps, an_endless_repeat_on_a_dead_instance_ends)
{
    struct played played = play(HEAD "actor a\n    JetBeginSession -> s\n    JetTerm\n"
                                     "    repeat until denied\n        JetGetVersion sesid=s\n"
                                     "    end\n" END,
                                usual);
    cr_expect_eq(played.result, SCN_RUN_DONE);
    cr_expect_leq(count_calls(&played, 1, SHIM_FN_JetGetVersion), 250);
    played_fini(&played);
}

Test(steps, names_hold_results_and_shared_ones_reach_others)
{
    struct played played = play(HEAD "actor a\n    JetBeginSession -> $s\n    signal ready\n    wait done\nend\n"
                                     "actor b\n    wait ready\n    JetGetVersion sesid=$s\n"
                                     "    JetGetSystemParameter paramid=JET_paramMaxSessions -> most\n"
                                     "    check most == 600\n    check most == 601\n"
                                     "    signal done\n" END,
                                usual);
    cr_expect_eq(count_results(&played, SHIM_FN_JetGetVersion, JET_errSuccess), 1);
    size_t held = 0, failed = 0;
    for (size_t i = 0; i < played.history.event_count; i++) {
        const struct shim_hist_event *event = &played.history.events[i];
        if (event->kind == SHIM_EVENT_EXPECT) {
            held += event->value[0] == 1;
            failed += event->value[0] == 0;
        }
    }
    cr_expect_eq(held, 1);
    cr_expect_eq(failed, 1);
    cr_expect_eq(verdict_of(&played), RPT_WRONG_CODE);
    played_fini(&played);
}

Test(steps, a_call_whose_handle_was_refused_is_left_out)
{
    struct played played = play(HEAD "actor a\n    JetStopServiceInstance\n    JetBeginSession\n"
                                     "    JetRollback => JET_errNotInTransaction\n"
                                     "    JetRollback sesid=nil => JET_errInvalidSesid\n" END,
                                usual);
    cr_expect_eq(count_calls(&played, 1, SHIM_FN_JetRollback), 1, "only the one with nil");
    cr_expect_eq(verdict_of(&played), RPT_CONFORMS);
    played_fini(&played);
}

Test(steps, stale_and_garbage_handles_are_what_they_say)
{
    struct played played = play(HEAD "actor a\n    JetBeginSession\n    JetEndSession\n"
                                     "    JetGetVersion sesid=stale => JET_errInvalidSesid\n"
                                     "    JetGetVersion sesid=garbage => JET_errInvalidSesid\n" END,
                                usual);
    cr_expect_eq(count_results(&played, SHIM_FN_JetGetVersion, JET_errInvalidSesid), 2);
    uint64_t ended = 0, stale = 0;
    for (size_t i = 0; i < played.history.call_count; i++) {
        const struct shim_hist_call *call = &played.history.calls[i];
        if (call->actor == 1 && call->fn == SHIM_FN_JetEndSession) {
            ended = call->args[0];
        } else if (call->fn == SHIM_FN_JetGetVersion && stale == 0) {
            stale = call->args[0];
        }
    }
    cr_expect_eq(stale, ended);
    played_fini(&played);
}

Test(steps, a_failed_expectation_says_what_it_saw)
{
    struct played played =
        play(HEAD "actor a\n    JetBeginSession => JET_errOutOfSessions\n" END, usual);
    const struct shim_hist_event *event = find_event(&played, SHIM_EVENT_EXPECT, NULL);
    cr_assert_not_null(event);
    cr_expect_eq(event->value[0], 0);
    cr_expect_not_null(strstr(event->name, "JetBeginSession in line 5"), "%s", event->name);
    cr_expect_not_null(strstr(event->text, "JET_errOutOfSessions"), "%s", event->text);
    played_fini(&played);
}

Test(steps, a_rollback_gives_the_cursor_before_it_back)
{
    struct played played = play("scenario t\ntitle \"t\"\ninstance main\ndatabase data\n"
                                "table rows in data rows 3\nactor a\n    JetBeginSession\n"
                                "    JetOpenDatabase\n    JetOpenTable -> first\n"
                                "    JetOpenTable\n    JetBeginTransaction\n    JetDupCursor\n"
                                "    JetRollback\n"
                                "    JetMove cRow=JET_MoveFirst => JET_errSuccess\n" END,
                                usual);
    cr_expect_eq(count_calls(&played, 1, SHIM_FN_JetRollback), 1, "there is nothing left to roll back");
    cr_expect_eq(count_calls(&played, 1, SHIM_FN_JetCloseTable), 2);
    cr_expect_eq(verdict_of(&played), RPT_CONFORMS);
    played_fini(&played);
}
