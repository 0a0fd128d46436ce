/* What a run with a fault may look like. */
#define JET_NO_NAME_MAP
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "scenarios/explorer/faults.h"
#include "scenarios/explorer/placed.h"

static struct shim_history history;
static struct scn_faulted faulted;
static uint64_t stamp;

static void set_up(void)
{
    shim_history_init(&history);
    memset(&faulted, 0, sizeof faulted);
    stamp = 0;
}

static void tear_down(void)
{
    shim_history_fini(&history);
}

TestSuite(fault_verdict, .init = set_up, .fini = tear_down);

static struct shim_hist_event *event(enum shim_event_kind kind, const char *name)
{
    struct shim_hist_event *made = shim_history_add_event(&history, kind, name, "text");
    made->stamp = ++stamp;
    return made;
}

static struct shim_hist_call *call(enum shim_fn fn, uint64_t handle, JET_ERR result)
{
    struct shim_hist_call *made = shim_history_add_call(&history);
    made->fn = fn;
    made->args[0] = handle;
    made->enter = ++stamp;
    made->leave = ++stamp;
    made->result = result;
    return made;
}

static void gives(struct shim_hist_call *made, int param, uint64_t value)
{
    made->outs[param] = value;
    made->outs_valid |= 1u << param;
}

static enum rpt_verdict verdict_with(const char *fault)
{
    struct scn_failure failure;
    shim_history_sort(&history);
    cr_assert_eq(scn_placed_failure_of(&history, &faulted, fault, RPT_DOCUMENTED, &failure), 0);
    return failure.verdict;
}

static void has_a_broken_expectation(void)
{
    event(SHIM_EVENT_PHASE, "race");
    event(SHIM_EVENT_EXPECT, "JetTerm in line 3")->value[0] = 0;
}

Test(fault_verdict, a_schedule_without_a_fault_is_judged_as_any)
{
    has_a_broken_expectation();
    cr_expect_eq(verdict_with(""), RPT_WRONG_CODE);
}

/* Around its stops more is looked at, by calls that the script does not know of. */
Test(fault_verdict, expectations_do_not_count_where_a_fault_was_passed_by)
{
    has_a_broken_expectation();
    cr_expect_eq(verdict_with("EIO at pwrite nth 1000"), RPT_CONFORMS);
}

static void becomes_unavailable(void)
{
    event(SHIM_EVENT_PHASE, "race");
    gives(call(SHIM_FN_JetCreateInstance, 0, JET_errSuccess), 0, 0x1000);
    gives(call(SHIM_FN_JetInit, 0, JET_errSuccess), 0, 0x1000);
    gives(call(SHIM_FN_JetBeginSession, 0x1000, JET_errSuccess), 1, 0x2000);
    call(SHIM_FN_JetBeginTransaction, 0x2000, JET_errInstanceUnavailable);
}

Test(fault_verdict, nothing_makes_an_instance_unavailable_without_a_fault)
{
    becomes_unavailable();
    cr_expect_eq(verdict_with(""), RPT_WRONG_CODE);
}

Test(fault_verdict, a_fault_that_came_may_have_made_it_unavailable)
{
    becomes_unavailable();
    faulted.log.fired = 1;
    cr_expect_eq(verdict_with("ENOMEM at malloc lasting"), RPT_CONFORMS);
}

/* A row that nobody wrote is there after the restart. */
static void has_a_row_too_many(void)
{
    event(SHIM_EVENT_PHASE, "race");
    gives(call(SHIM_FN_JetCreateInstance, 0, JET_errSuccess), 0, 0x1000);
    gives(call(SHIM_FN_JetInit, 0, JET_errSuccess), 0, 0x1000);
    event(SHIM_EVENT_PHASE, "term");
    call(SHIM_FN_JetTerm, 0x1000, JET_errSuccess);
    event(SHIM_EVENT_PHASE, "restart");
    gives(call(SHIM_FN_JetCreateInstance, 0, JET_errSuccess), 0, 0x1001);
    gives(call(SHIM_FN_JetInit, 0, JET_errSuccess), 0, 0x1001);
    event(SHIM_EVENT_PHASE, "verify");
    event(SHIM_EVENT_ROWS, "rows");
    struct shim_hist_event *row = event(SHIM_EVENT_ROW, "rows");
    row->value[0] = 9;
    row->value[1] = 5;
    struct shim_hist_event *end = event(SHIM_EVENT_ROWS_END, "rows");
    end->value[0] = end->value[1] = 1;
    faulted.log.fired = 1;
}

Test(fault_verdict, whole_pages_behind_a_tear_are_what_they_were)
{
    static const struct {
        const char *path, *fault;
        uint64_t untold;
        enum rpt_verdict verdict;
    } rows[] = {
        {"data.edb", "torn at pwrite nth 2", 512, RPT_LOST_DATA}, /* a checksum tells */
        {"data.edb", "torn at pwrite nth 2", 4096, RPT_CONFORMS},
        {"edb00001.log", "torn at pwrite nth 2", 4096, RPT_LOST_DATA},
        {"data.edb", "flip at pwrite nth 2", 4096, RPT_LOST_DATA},
        {"data.edb", "lost at pwrite nth 2", 0, RPT_CONFORMS},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tear_down();
        set_up();
        has_a_row_too_many();
        faulted.log.untold = rows[i].untold;
        snprintf(faulted.log.path, sizeof faulted.log.path, "%s", rows[i].path);
        cr_expect_eq(verdict_with(rows[i].fault), rows[i].verdict, "%d: %s", (int)i, rows[i].fault);
    }
}
