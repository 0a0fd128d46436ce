/* test_runner.c - the phases of a run, seen in its history. */
#include <string.h>

#include <criterion/criterion.h>

#include "support.h"

#define HEAD                                                                                       \
    "scenario t\ntitle \"t\"\ninstance main\ndatabase data\ntable rows in data rows 7\n"
#define OPEN "    JetBeginSession\n    JetOpenDatabase\n    JetOpenTable\n"

static const struct scn_run_options usual = {.seed = 1};

Test(runner, the_phases_come_in_order)
{
    static const char *const phases[] = {"setup", "race", "cleanup", "term", "restart", "verify",
                                         "end"};
    struct played played = play(HEAD "actor a\n" OPEN "end\nexpect no-overlap\n", usual);
    cr_assert_eq(played.result, SCN_RUN_DONE, "%s", played.error);
    uint64_t last = 0;
    for (size_t i = 0; i < sizeof phases / sizeof phases[0]; i++) {
        const struct shim_hist_event *event = find_event(&played, SHIM_EVENT_PHASE, phases[i]);
        cr_assert_not_null(event, "%s is missing", phases[i]);
        cr_expect_gt(event->stamp, last, "%s comes too early", phases[i]);
        last = event->stamp;
    }
    cr_expect_eq(verdict_of(&played), RPT_CONFORMS);
    played_fini(&played);
}

Test(runner, rows_written_and_committed_are_found_again)
{
    struct played played = play(HEAD "actor a\n" OPEN "    JetBeginTransaction\n"
                                     "    insert rows key=100\n    replace rows key=3\n"
                                     "    delete rows key=5\n    JetCommitTransaction\n"
                                     "    JetBeginTransaction\n    insert rows key=200\n"
                                     "    JetRollback\nend\nexpect no-overlap\n",
                                usual);
    cr_assert_eq(played.result, SCN_RUN_DONE, "%s", played.error);
    cr_expect_eq(count_events(&played, SHIM_EVENT_WRITE, "rows"), 4);
    cr_expect_eq(count_events(&played, SHIM_EVENT_ROW, "rows"), 7);
    cr_expect_eq(find_event(&played, SHIM_EVENT_PRELOAD, "rows")->value[0], 7);
    const struct shim_hist_event *end = find_event(&played, SHIM_EVENT_ROWS_END, "rows");
    cr_assert_not_null(end);
    cr_expect_eq(end->value[0], 7);
    cr_expect_eq(end->value[1], 1);
    int64_t replaced = 0;
    bool inserted = false, deleted = true, rolled_back = false;
    for (size_t i = 0; i < played.history.event_count; i++) {
        const struct shim_hist_event *event = &played.history.events[i];
        if (event->kind == SHIM_EVENT_ROW) {
            inserted = inserted || event->value[0] == 100;
            deleted = deleted && event->value[0] != 5;
            rolled_back = rolled_back || event->value[0] == 200;
            replaced = event->value[0] == 3 ? event->value[1] : replaced;
        }
    }
    cr_expect(inserted && deleted && !rolled_back);
    cr_expect_neq(replaced, 0, "a replaced row has a version of its own");
    cr_expect_eq(verdict_of(&played), RPT_CONFORMS);
    played_fini(&played);
}

Test(runner, a_denied_actor_goes_on_and_then_cleans_up)
{
    const char *script = HEAD "actor a\n" OPEN "    JetStopServiceInstance\n"
                              "    JetBeginTransaction\nend\nexpect no-overlap\n";
    struct played played = play(script, usual);
    cr_expect_geq(count_calls(&played, 1, SHIM_FN_NONE), 2000);
    cr_expect_gt(count_results(&played, SHIM_FN_JetMove, JET_errClientRequestToStopJetService), 0);
    cr_expect_gt(count_results(&played, SHIM_FN_JetRollback, JET_errNotInTransaction), 0);
    cr_expect_gt(count_results(&played, SHIM_FN_JetGetSystemParameter, JET_errSuccess), 0);
    cr_expect_eq(count_results(&played, SHIM_FN_JetEndSession, JET_errSuccess), 1);
    cr_expect_eq(count_results(&played, SHIM_FN_JetCloseTable, JET_errSuccess), 1);
    cr_expect_eq(verdict_of(&played), RPT_CONFORMS);
    played_fini(&played);
    struct scn_run_options quiet = usual;
    quiet.probe_calls = -1;
    played = play(script, quiet);
    cr_expect_lt(count_calls(&played, 1, SHIM_FN_NONE), 20);
    played_fini(&played);
}

Test(runner, cleanup_leaves_nothing_open)
{
    struct played played = play(HEAD "actor a\n" OPEN
                                     "    JetDupSession -> other\n"
                                     "    JetSetSessionContext ulContext=9\n"
                                     "    JetBeginTransaction\n    JetBeginTransaction\n"
                                     "    JetDupCursor\nend\nexpect no-overlap\n",
                                usual);
    cr_expect_eq(count_results(&played, SHIM_FN_JetResetSessionContext, JET_errSuccess), 1);
    cr_expect_eq(count_results(&played, SHIM_FN_JetRollback, JET_errSuccess), 2);
    cr_expect_eq(count_results(&played, SHIM_FN_JetEndSession, JET_errSuccess), 2);
    cr_expect_eq(verdict_of(&played), RPT_CONFORMS);
    played_fini(&played);
}

Test(runner, an_engine_without_a_function_that_setup_needs_is_unsupported)
{
    struct shim_table gone;
    struct scn_run_options options = usual;
    memset(&gone, 0, sizeof gone);
    gone.entry[SHIM_FN_JetCreateTableColumnIndex][SHIM_PLAIN] = (shim_entry)abort;
    options.table = &gone;
    struct played played = play(HEAD "actor a\n" OPEN "end\nexpect no-overlap\n", options);
    cr_expect_eq(played.result, SCN_RUN_UNSUPPORTED);
    cr_expect_not_null(strstr(played.error, "JetCreateTableColumnIndex"), "%s", played.error);
    played_fini(&played);
}

Test(runner, a_setting_that_is_refused_fails_the_setup)
{
    struct played played = play("scenario t\ntitle \"t\"\ninstance main\n"
                                "    JET_paramDatabasePageSize = 3\nend\nactor a\n"
                                "    JetBeginSession\nend\nexpect no-overlap\n",
                                usual);
    cr_expect_eq(played.result, SCN_RUN_SETUP_FAILED);
    cr_expect_not_null(strstr(played.error, "JET_paramDatabasePageSize"), "%s", played.error);
    played_fini(&played);
}

Test(runner, instances_that_are_only_created_or_not_even_that)
{
    struct played played =
        play("scenario t\ntitle \"t\"\ninstance first created\ninstance second none\n"
             "database data on first\ntable rows in data rows 3\n"
             "actor a on first\n    JetInit => JET_errSuccess\n    JetBeginSession => JET_errSuccess\n"
             "    JetAttachDatabase => JET_errSuccess\n    JetOpenDatabase => JET_errSuccess\nend\n"
             "actor b on second\n    JetCreateInstance => JET_errSuccess\n"
             "    JetInit => JET_errSuccess\n    JetBeginSession => JET_errSuccess\nend\n"
             "expect no-overlap\n",
             usual);
    cr_assert_eq(played.result, SCN_RUN_DONE, "%s", played.error);
    cr_expect_eq(verdict_of(&played), RPT_CONFORMS);
    cr_expect_eq(count_events(&played, SHIM_EVENT_ROW, "rows"), 3);
    played_fini(&played);
}

Test(runner, the_same_seed_gives_one_actor_the_same_calls)
{
    const char *script = HEAD "actor a\n" OPEN "    repeat 50\n        choose 2\n"
                              "            read rows key=random(1, 9)\n        or 1\n"
                              "            JetMove cRow=random(-3, 3)\n        end\n    end\nend\n"
                              "expect no-overlap\n";
    struct played one = play(script, usual), two = play(script, usual);
    struct scn_run_options other = {.seed = 2};
    struct played three = play(script, other);
    cr_assert_eq(count_calls(&one, 1, SHIM_FN_NONE), count_calls(&two, 1, SHIM_FN_NONE));
    for (size_t i = 0; i < one.history.call_count; i++) {
        cr_expect_eq(one.history.calls[i].fn, two.history.calls[i].fn);
        cr_expect_eq(one.history.calls[i].result, two.history.calls[i].result);
    }
    bool differs = one.history.call_count != three.history.call_count;
    for (size_t i = 0; !differs && i < one.history.call_count; i++) {
        differs = one.history.calls[i].fn != three.history.calls[i].fn;
    }
    cr_expect(differs, "another seed draws others");
    played_fini(&one);
    played_fini(&two);
    played_fini(&three);
}
