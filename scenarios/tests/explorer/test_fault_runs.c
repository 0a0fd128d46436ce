/* From recorded operations to faults: which are tried, how they are counted, what is refused. */
#include <criterion/criterion.h>

#include <errno.h>
#include <string.h>

#include "scenarios/explorer/faults.h"
#include "scenarios/language/language.h"

static const char script[] = "scenario s\ninstance main\nactor a x 2\nend\nactor b\nend\n";

/* setup: pwrite; race: malloc (a.0, here), malloc (a.1, here), malloc (b, there), pwrite (a.0), fsync (engine);
 * term: closedir, which cannot fail. */
static struct shim_fault_point points[] = {
    {SHIM_LIBC_PWRITE, 0, SHIM_FN_JetInit, 0, 1, 10, false},      {SHIM_LIBC_MALLOC, 1, SHIM_FN_JetMove, 1, 0, 20, false},
    {SHIM_LIBC_MALLOC, 1, SHIM_FN_JetMove, 2, 0, 20, false},      {SHIM_LIBC_MALLOC, 1, SHIM_FN_JetSeek, 3, 0, 30, false},
    {SHIM_LIBC_PWRITE, 1, SHIM_FN_JetSeek, 1, 2, 10, false},      {SHIM_LIBC_FSYNC, 1, SHIM_FN_NONE, SHIM_NO_ACTOR, 2, 40, false},
    {SHIM_LIBC_CLOSEDIR, 2, SHIM_FN_JetTerm, 0, 2, 50, false}};
static struct scn_faulted clean;
static struct scn_plan *plan;
static struct scn_fault_runs runs;
static struct scn_seen met; /* by --quick, so far */
static char error[512];

static void set_up(void)
{
    plan = scn_parse("t", script, sizeof script - 1, error, sizeof error);
    cr_assert_not_null(plan, "%s", error);
    clean.points = points;
    clean.point_count = sizeof points / sizeof points[0];
    strcpy(clean.log.states[0], "setup");
    strcpy(clean.log.states[1], "race");
    strcpy(clean.log.states[2], "term");
    strcpy(clean.log.paths[0], "/tmp/x/data.edb");
    strcpy(clean.log.paths[1], "/tmp/x/edb.log");
}

static void tear_down(void)
{
    scn_fault_runs_fini(&runs);
    scn_seen_fini(&met);
    scn_plan_free(plan);
}

TestSuite(fault_runs, .init = set_up, .fini = tear_down);

static void make(const char *kinds, const char *scope, bool quick, bool ordered)
{
    struct scn_fault_kinds k;
    struct scn_fault_scope s;
    cr_assert_eq(scn_fault_kinds_parse(kinds, quick, &k, error, sizeof error), 0, "%s", error);
    cr_assert_eq(scn_fault_scope_parse(scope, &s, error, sizeof error), 0, "%s", error);
    scn_fault_runs_fini(&runs);
    cr_assert_eq(scn_fault_runs_make(plan, &clean, &k, &s, quick ? &met : NULL, ordered, &runs), 0);
}

static void expect(const char *const *texts, size_t count)
{
    cr_expect_eq(runs.count, count, "%zu runs", runs.count);
    for (size_t i = 0; i < count && i < runs.count; i++) {
        cr_expect_str_eq(runs.texts[i], texts[i]);
    }
}
#define EXPECT(...)                                                                                \
    expect((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

Test(fault_runs, each_operation_once_and_lasting)
{
    make("ENOMEM,ENOSPC,EIO", NULL, false, true);
    EXPECT("ENOMEM at malloc", "ENOMEM at malloc lasting", "ENOMEM at malloc nth 2", "ENOMEM at malloc nth 2 lasting",
           "ENOMEM at malloc nth 3", "ENOMEM at malloc nth 3 lasting", "ENOSPC at pwrite nth 2",
           "ENOSPC at pwrite nth 2 lasting", "EIO at pwrite nth 2", "EIO at pwrite nth 2 lasting", "ENOSPC at fsync",
           "ENOSPC at fsync lasting", "EIO at fsync", "EIO at fsync lasting");
    cr_expect_eq(runs.points, 6, "all of race and term");
    cr_expect_eq(runs.places, 5);
}

Test(fault_runs, each_stack_once_with_its_first_error)
{
    make(NULL, NULL, true, true);
    EXPECT("ENOMEM at malloc", "ENOMEM at malloc lasting", "ENOMEM at malloc nth 3", "ENOMEM at malloc nth 3 lasting",
           "ENOSPC at pwrite nth 2", "ENOSPC at pwrite nth 2 lasting", "ENOSPC at fsync", "ENOSPC at fsync lasting");
}

Test(fault_runs, a_place_that_another_script_had_is_not_tried_again)
{
    make("EIO", NULL, true, true);
    EXPECT("EIO at pwrite nth 2", "EIO at pwrite nth 2 lasting", "EIO at fsync", "EIO at fsync lasting");
    make("EIO", "setup,race,term", true, true);
    EXPECT("EIO at pwrite", "EIO at pwrite lasting"); /* the same stack, in another state */
    cr_expect_eq(runs.places, 6);
    cr_expect_eq(runs.known, 2, "those that can give EIO");
    make("EMFILE", NULL, true, true);
    cr_expect_eq(runs.known, 0, "nobody could try it");
    cr_expect_eq(runs.count, 0);
    make("EIO", NULL, false, true);
    cr_expect_eq(runs.count, 4, "only --quick leaves places out");
}

/* That kind counts no other reads, and the first of a place may not be one. */
Test(fault_runs, of_reads_only_those_are_stale_that_can_be)
{
    static struct shim_fault_point reads[] = {{SHIM_LIBC_PREAD, 1, SHIM_FN_JetSeek, 1, 1, 10, false},
                                              {SHIM_LIBC_PREAD, 1, SHIM_FN_JetSeek, 1, 1, 20, true},
                                              {SHIM_LIBC_PREAD, 1, SHIM_FN_JetSeek, 1, 1, 10, true},
                                              {SHIM_LIBC_PREAD, 1, SHIM_FN_JetSeek, 1, 1, 30, false},
                                              {SHIM_LIBC_PREAD, 1, SHIM_FN_JetSeek, 1, 1, 10, true}};
    clean.points = reads;
    clean.point_count = sizeof reads / sizeof reads[0];
    make("stale", NULL, false, true);
    EXPECT("stale at pread", "stale at pread nth 2", "stale at pread nth 3");
    make("flip,stale", NULL, true, true);
    EXPECT("flip at pread", "flip at pread nth 2", "stale at pread", "flip at pread nth 3", "stale at pread nth 2",
           "flip at pread nth 4");
    cr_expect_eq(runs.places, 4);
    cr_expect_eq(runs.stacks[4], 10);
}

Test(fault_runs, all_kinds_are_all_but_kill)
{
    struct scn_fault_kinds k;
    bool has[SHIM_FAULT_KIND_COUNT] = {false};
    cr_assert_eq(scn_fault_kinds_parse("all", true, &k, error, sizeof error), 0);
    for (int i = 0; i < k.count; i++) {
        has[k.kinds[i].kind] = true;
    }
    for (int kind = 0; kind < SHIM_FAULT_KIND_COUNT; kind++) {
        cr_expect_eq(has[kind], kind != SHIM_FAULT_KILL, "%d", kind);
    }
    cr_expect_not(k.first_only);
}

Test(fault_runs, what_would_never_end_does_not_last)
{
    make("EINTR,short,torn", "pwrite", false, true);
    EXPECT("EINTR at pwrite nth 2", "short at pwrite nth 2", "torn at pwrite nth 2");
}

Test(fault_runs, scope)
{
    make("ENOMEM", "JetSeek", false, true);
    EXPECT("ENOMEM at malloc nth 3", "ENOMEM at malloc nth 3 lasting");
    make("ENOMEM", "actor:a", false, true);
    cr_expect_eq(runs.count, 4);
    make("ENOMEM", "actor:a.1", false, true);
    EXPECT("ENOMEM at malloc nth 2", "ENOMEM at malloc nth 2 lasting");
    make("EIO", "file:*.log,pwrite", false, true);
    EXPECT("EIO at pwrite nth 2", "EIO at pwrite nth 2 lasting");
    make("EIO", "setup,files", false, true);
    EXPECT("EIO at pwrite", "EIO at pwrite lasting");
}

Test(fault_runs, without_order_they_are_counted_within_actor_and_function)
{
    make("ENOMEM", NULL, false, false);
    EXPECT("ENOMEM at malloc actor a.0 in JetMove", "ENOMEM at malloc actor a.0 in JetMove lasting",
           "ENOMEM at malloc actor a.1 in JetMove", "ENOMEM at malloc actor a.1 in JetMove lasting",
           "ENOMEM at malloc actor b in JetSeek", "ENOMEM at malloc actor b in JetSeek lasting");
    make("EIO", "fsync", false, false);
    EXPECT("EIO at fsync actor engine", "EIO at fsync actor engine lasting");
}

Test(fault_runs, what_makes_no_sense_is_refused)
{
    struct scn_fault_kinds k;
    struct scn_fault_scope s;
    cr_expect_eq(scn_fault_kinds_parse("EVIL", false, &k, error, sizeof error), -1);
    cr_expect_not_null(strstr(error, "EVIL is no kind"));
    cr_expect_eq(scn_fault_kinds_parse("kill", false, &k, error, sizeof error), -1);
    cr_expect_eq(scn_fault_kinds_parse(",", false, &k, error, sizeof error), -1);
    cr_expect_eq(scn_fault_scope_parse("JetNothing", &s, error, sizeof error), -1);
    cr_expect_not_null(strstr(error, "JetNothing is no scope"));
}

Test(fault_runs, those_of_the_restart_are_counted_from_there)
{
    strcpy(clean.log.states[1], "restart");
    make("ENOSPC", "restart", false, true);
    EXPECT("ENOSPC at pwrite state restart", "ENOSPC at pwrite state restart lasting",
           "ENOSPC at fsync state restart", "ENOSPC at fsync state restart lasting");
    strcpy(clean.log.states[1], "death");
    make("ENOSPC", NULL, false, true);
    EXPECT("ENOSPC at pwrite state death", "ENOSPC at pwrite state death lasting", "ENOSPC at fsync state death",
           "ENOSPC at fsync state death lasting");
}

/* ---- verdicts ---- */

static void add_event(struct shim_history *history, enum shim_event_kind kind, const char *name)
{
    cr_assert_not_null(shim_history_add_event(history, kind, name, "text"));
}

Test(fault_runs, what_is_left_and_what_cannot_end_are_findings)
{
    static struct scn_faulted faulted;
    struct scn_fault_verdict verdict;
    struct shim_history history;
    shim_history_init(&history);
    add_event(&history, SHIM_EVENT_EXPECT, "the script's own"); /* did not hold */
    memset(&faulted, 0, sizeof faulted);
    faulted.complete = true;
    cr_assert_eq(scn_fault_judge(&history, &faulted, "EIO", RPT_DOCUMENTED, &verdict), 0);
    cr_expect_eq(verdict.count, 0, "expectations of the script are of no concern");
    faulted.log.leaked = 3;
    faulted.descriptors = 1;
    faulted.threads = 2;
    cr_assert_eq(scn_fault_judge(&history, &faulted, "EIO", RPT_DOCUMENTED, &verdict), 0);
    cr_expect_eq(verdict.count, 3);
    cr_expect_eq(verdict.findings[0].verdict, RPT_LEAK);
    cr_expect_not_null(strstr(verdict.findings[1].text, "1 descriptors"));
    scn_fault_verdict_fini(&verdict);
    struct shim_hist_call *call = shim_history_add_call(&history);
    cr_assert_not_null(call);
    call->fn = SHIM_FN_JetIdle;
    call->enter = 5;
    call->leave = 6;
    call->result = JET_errMissingLogFile; /* a page promises it of JetInit, and none of JetIdle */
    cr_assert_eq(scn_fault_judge(&history, &faulted, "EIO", RPT_DOCUMENTED, &verdict), 0);
    cr_expect_eq(verdict.count, 4);
    cr_expect_eq(verdict.findings[0].verdict, RPT_UNDOCUMENTED_CODE);
    scn_fault_verdict_fini(&verdict);
    cr_assert_eq(scn_fault_judge(&history, &faulted, "torn", RPT_DOCUMENTED, &verdict), 0);
    cr_expect_eq(verdict.count, 3, "a disk that lies: any name will do");
    scn_fault_verdict_fini(&verdict);
    history.calls[0].result = -31999;
    cr_assert_eq(scn_fault_judge(&history, &faulted, "torn", RPT_DOCUMENTED, &verdict), 0);
    cr_expect_eq(verdict.count, 4);
    cr_expect_eq(verdict.findings[0].verdict, RPT_UNDOCUMENTED_CODE);
    scn_fault_verdict_fini(&verdict);
    history.calls[0].fn = SHIM_FN_JetOSSnapshotFreeze;
    history.calls[0].result = JET_errLogDiskFull;
    cr_assert_eq(scn_fault_judge(&history, &faulted, "ENOSPC", RPT_DOCUMENTED, &verdict), 0);
    cr_expect_eq(verdict.count, 3, "resources may be lacking in whatever works on files");
    scn_fault_verdict_fini(&verdict);
    history.call_count = 0;
    add_event(&history, SHIM_EVENT_NOTE, "not ended");
    cr_assert_eq(scn_fault_judge(&history, &faulted, "EIO", RPT_DOCUMENTED, &verdict), 0);
    cr_expect_eq(verdict.count, 1, "what is left is a consequence");
    cr_expect_eq(verdict.findings[0].verdict, RPT_CANNOT_RESTART);
    scn_fault_verdict_fini(&verdict);
    shim_history_fini(&history);
}

Test(fault_runs, a_script_made_short)
{
    static const char before[] = "scenario s\ninstance main\ndatabase d\ntable t in d rows 20000\ntable u in d rows 10\n"
                                 "actor a\n    repeat 100\n        repeat until denied\n            JetIdle\n        end\n"
                                 "    end\n    repeat random(3, 90)\n        pause 70000\n    end\n"
                                 "    repeat until over max 4000\n        choose\n            probe 500\n        end\n"
                                 "    end\nend\nactor b\n    aim JetIdle calls 3000\n    wait over 40\n    signal over\nend\n";
    static const char after[] = "scenario s\ninstance main\ndatabase d\ntable t in d rows 150\ntable u in d rows 10\n"
                                "actor a\n    repeat 6\n        repeat until denied max 100\n            JetIdle\n        end\n"
                                "    end\n    repeat random(3, 6)\n        pause 70000\n    end\n"
                                "    repeat until over max 100\n        choose\n            probe 16\n        end\n"
                                "    end\nend\nactor b\n    aim JetIdle calls 24\n    wait over 6\n    signal over\nend\n";
    struct scn_plan *is = scn_parse("t", before, sizeof before - 1, error, sizeof error);
    cr_assert_not_null(is, "%s", error);
    struct scn_plan *shall = scn_parse("t", after, sizeof after - 1, error, sizeof error);
    cr_assert_not_null(shall, "%s", error);
    scn_plan_make_brief(is);
    cr_expect(scn_plan_equal(is, shall));
    scn_plan_free(is);
    scn_plan_free(shall);
}
