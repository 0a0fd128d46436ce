/* test_history.c - what a death adds to a history. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "reports/judge/judge.h"
#include "scenarios/supervisor/death.h"

static struct shim_hist_call *add_call(struct shim_history *history, uint64_t enter, uint64_t leave)
{
    struct shim_hist_call *call = shim_history_add_call(history);
    call->enter = enter;
    call->leave = leave;
    call->enter_ns = enter * 10;
    call->leave_ns = leave * 10;
    call->fn = SHIM_FN_JetGetThreadStats;
    return call;
}

Test(history, a_second_child_comes_after_the_first)
{
    struct shim_history first, second;
    shim_history_init(&first);
    shim_history_init(&second);
    add_call(&first, 1, 2);
    add_call(&first, 3, 0);
    struct shim_hist_event *crash =
        shim_history_add_event(&first, SHIM_EVENT_CRASH, "SIGSEGV", "stack");
    crash->value[0] = 11;
    shim_history_sort(&first);
    uint64_t last = shim_history_last_stamp(&first);
    shim_hist_call_set_blob(add_call(&second, 1, 2), 0, "blob", 4);
    shim_history_add_event(&second, SHIM_EVENT_PHASE, "restart", NULL)->stamp = 3;
    scn_append_restart(&first, &second, last);
    cr_assert_eq(first.call_count, 3);
    cr_expect_eq(first.calls[1].leave, 0, "a call that never returned stays so");
    cr_expect_gt(first.calls[2].enter, last);
    cr_expect_eq(first.calls[2].leave, first.calls[2].enter + 1);
    cr_expect_geq(first.calls[2].enter_ns, first.calls[0].leave_ns);
    cr_expect_eq(first.calls[2].blob_size[0], 4);
    cr_assert_eq(first.event_count, 3);
    cr_expect_eq(first.events[1].kind, SHIM_EVENT_RESTART);
    cr_expect_lt(first.events[0].stamp, first.events[1].stamp);
    cr_expect_lt(first.events[1].stamp, first.calls[2].enter);
    cr_expect_lt(first.calls[2].leave, first.events[2].stamp);
    shim_history_fini(&first);
    shim_history_fini(&second);
}

static enum rpt_verdict verdict_of(struct shim_history *history)
{
    struct rpt_judgement judgement;
    shim_history_sort(history);
    cr_assert_eq(rpt_judge(history, RPT_DOCUMENTED, &judgement), 0);
    enum rpt_verdict verdict = judgement.verdict;
    rpt_judgement_fini(&judgement);
    return verdict;
}

Test(history, a_death_by_signal_is_a_crash)
{
    struct shim_history history;
    struct scn_exit how = {.by_signal = true, .code = 11, .name = "SIGSEGV"};
    shim_history_init(&history);
    add_call(&history, 1, 0);
    scn_note_death(&history, "/nonexistent", 0, &how);
    cr_assert_eq(history.event_count, 1);
    cr_expect_eq(history.events[0].kind, SHIM_EVENT_CRASH);
    cr_expect_eq(history.events[0].value[0], 11);
    cr_expect_eq(verdict_of(&history), RPT_CRASH);
    shim_history_fini(&history);
}

Test(history, an_engine_that_ends_the_process_crashed_it)
{
    struct shim_history history;
    struct scn_exit how = {.by_signal = false, .code = 0, .name = "exit code 0"};
    shim_history_init(&history);
    add_call(&history, 1, 0);
    scn_note_death(&history, "/nonexistent", 0, &how);
    cr_expect_eq(verdict_of(&history), RPT_CRASH);
    shim_history_fini(&history);
}

Test(history, a_hang_is_a_hang)
{
    struct shim_history history;
    shim_history_init(&history);
    add_call(&history, 1, 0);
    scn_note_hang(&history, "/nonexistent", false, 30000, 300000);
    cr_expect_eq(verdict_of(&history), RPT_HANG);
    shim_history_fini(&history);
}
