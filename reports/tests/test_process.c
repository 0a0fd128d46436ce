/* The process, the script's expectations, and the restart. */
#include "reports/tests/story.h"

#include <string.h>

#include <criterion/criterion.h>

Test(process, crash_names_the_call)
{
    struct story s;
    has_everything(&s);
    enters(&s, 2, JetMove, SESSION, CURSOR, 0, 0);
    size_t inside = enters(&s, 3, JetStopServiceInstance, INSTANCE);
    struct shim_hist_event *crash = event(&s, SHIM_EVENT_CRASH, "SIGSEGV", "stacks");
    crash->actor = 3;
    crash->value[0] = 11;
    struct rpt_judgement j = judged(&s, RPT_DOCUMENTED);
    cr_assert_eq(j.verdict, RPT_CRASH);
    cr_assert_eq(j.finding_count, 1);
    cr_assert_eq(j.findings[0].fn, SHIM_FN_JetStopServiceInstance);
    cr_assert_eq(j.findings[0].calls[0], inside);
    cr_assert_eq(j.findings[0].call_count, 2);
    cr_assert_not_null(strstr(j.findings[0].text, "SIGSEGV"));
    rpt_judgement_fini(&j);
    story_fini(&s);
}

Test(process, crash_before_anything)
{
    struct story s;
    story_init(&s);
    event(&s, SHIM_EVENT_CRASH, "SIGABRT", NULL);
    must_find(&s, RPT_DOCUMENTED, RPT_CRASH, "process.crash", SHIM_FN_NONE);
}

Test(process, deadlock_and_livelock)
{
    struct story s;
    has_everything(&s);
    enters(&s, 3, JetStopServiceInstance, INSTANCE);
    event(&s, SHIM_EVENT_DEADLOCK, "thread 1: lock, held by thread 2", NULL);
    must_find(&s, RPT_DOCUMENTED, RPT_DEADLOCK, "process.deadlock", SHIM_FN_JetStopServiceInstance);
    has_everything(&s);
    event(&s, SHIM_EVENT_LIVELOCK, "no end within 1000 decisions", NULL);
    must_find(&s, RPT_DOCUMENTED, RPT_LIVELOCK, "process.livelock", SHIM_FN_NONE);
}

Test(process, hang_sanitizer_and_leak)
{
    struct story s;
    has_everything(&s);
    enters(&s, 3, JetStopServiceInstance, INSTANCE);
    event(&s, SHIM_EVENT_HANG, NULL, "stacks");
    must_find(&s, RPT_DOCUMENTED, RPT_HANG, "process.hang", SHIM_FN_JetStopServiceInstance);
    has_everything(&s);
    event(&s, SHIM_EVENT_SANITIZER, "AddressSanitizer", "report");
    must_find(&s, RPT_DOCUMENTED, RPT_SANITIZER, "process.sanitizer", SHIM_FN_NONE);
    has_everything(&s);
    event(&s, SHIM_EVENT_LEAK, NULL, "48 bytes");
    must_find(&s, RPT_DOCUMENTED, RPT_LEAK, "process.leak", SHIM_FN_NONE);
}

Test(process, an_exit_inside_a_call_is_a_crash)
{
    struct story s;
    has_everything(&s);
    enters(&s, 1, JetMove, SESSION, CURSOR, 0, 0);
    event(&s, SHIM_EVENT_EXIT, NULL, NULL)->value[0] = 1;
    must_find(&s, RPT_DOCUMENTED, RPT_CRASH, "process.crash", SHIM_FN_JetMove);
    has_everything(&s);
    enters(&s, 1, JetMove, SESSION, CURSOR, 0, 0);
    event(&s, SHIM_EVENT_KILL, NULL, NULL); /* the harness did it */
    event(&s, SHIM_EVENT_EXIT, NULL, NULL)->value[0] = 137;
    must_conform(&s, RPT_DOCUMENTED);
    has_everything(&s);
    event(&s, SHIM_EVENT_EXIT, NULL, NULL);
    must_conform(&s, RPT_DOCUMENTED);
}

Test(process, the_gravest_verdict_decides)
{
    struct story s;
    has_everything(&s);
    calls(&s, 1, 0, JetRollback, SESSION, 0);
    calls(&s, 1, STOPPED, JetGetVersion, SESSION, 1);
    event(&s, SHIM_EVENT_LEAK, NULL, "48 bytes");
    struct rpt_judgement j = judged(&s, RPT_DOCUMENTED);
    cr_assert_eq(j.verdict, RPT_REFUSED_THOUGH_ALLOWED);
    cr_assert_eq(j.finding_count, 3);
    cr_assert_eq(j.findings[0].verdict, RPT_REFUSED_THOUGH_ALLOWED);
    cr_assert_eq(j.findings[1].verdict, RPT_WRONG_CODE);
    cr_assert_eq(j.findings[2].verdict, RPT_LEAK);
    cr_assert(rpt_verdict_is_broken(j.verdict));
    rpt_judgement_fini(&j);
    story_fini(&s);
}

Test(process, expectations)
{
    struct story s;
    has_everything(&s);
    event(&s, SHIM_EVENT_EXPECT, "JetMove in line 3", "gave 0; the script expects -1603")
        ->value[0] = 0;
    must_find(&s, RPT_DOCUMENTED, RPT_WRONG_CODE, "expect", SHIM_FN_NONE);
    has_everything(&s);
    event(&s, SHIM_EVENT_EXPECT, "JetMove in line 3", "gave 0")->value[0] = 1;
    must_conform(&s, RPT_DOCUMENTED);
}

static void restart_of(struct story *s, uint32_t bits, JET_ERR term, JET_ERR attach,
                       const char *recovery)
{
    has_everything(s);
    calls(s, 1, 0, JetEndSession, SESSION, 0);
    phase(s, "term");
    calls(s, 0, term, JetTerm2, INSTANCE, bits);
    phase(s, "restart");
    has_instance(s, INSTANCE + 1);
    if (recovery != NULL) {
        size_t asked = enters(s, 0, JetGetSystemParameter, INSTANCE + 1, 0, JET_paramRecovery, 0, 1, 64);
        cr_assert_eq(shim_hist_call_set_blob(&s->history.calls[asked], 4, recovery, strlen(recovery)), 0);
        back(s, asked, 0);
    }
    has_session(s, 0, INSTANCE + 1, SESSION + 1);
    calls(s, 0, attach, JetAttachDatabase, SESSION + 1, 1, 0);
}

static void restart(struct story *s, uint32_t bits, JET_ERR term, JET_ERR attach)
{
    restart_of(s, bits, term, attach, NULL);
}

/* Who says that it recovers has no excuse. */
Test(restart, after_a_dirty_end_is_owed_by_an_engine_with_recovery)
{
    struct story s;
    restart_of(&s, JET_bitTermDirty, JET_errDirtyShutdown, JET_errDatabaseDirtyShutdown, "on");
    must_find(&s, RPT_DOCUMENTED, RPT_CANNOT_RESTART, "restart.recovery",
              SHIM_FN_JetAttachDatabase);
    restart_of(&s, JET_bitTermDirty, JET_errDirtyShutdown, JET_errDatabaseDirtyShutdown, "off");
    must_find(&s, RPT_DOCUMENTED, RPT_UNKNOWN, "restart.recovery", SHIM_FN_JetAttachDatabase);
}

Test(process, a_kill_by_the_script_is_no_crash)
{
    struct story s;
    has_everything(&s);
    enters(&s, 1, JetGetVersion, SESSION, 0);
    event(&s, SHIM_EVENT_KILL, "script", NULL);
    event(&s, SHIM_EVENT_EXIT, NULL, NULL)->value[0] = 137;
    must_conform(&s, RPT_DOCUMENTED);
}

Test(process, expectations_of_the_other_profile_do_not_count)
{
    struct story s;
    for (int in = 1; in <= 2; in++) {
        has_everything(&s);
        struct shim_hist_event *expect = event(&s, SHIM_EVENT_EXPECT, "x in line 3", "no");
        expect->value[0] = 0;
        expect->value[2] = in;
        must_conform(&s, in == 1 ? RPT_ESE : RPT_DOCUMENTED);
        has_everything(&s);
        expect = event(&s, SHIM_EVENT_EXPECT, "x in line 3", "no");
        expect->value[0] = 0;
        expect->value[2] = in;
        must_find(&s, in == 1 ? RPT_DOCUMENTED : RPT_ESE, RPT_WRONG_CODE, "expect", SHIM_FN_NONE);
    }
}

Test(restart, after_a_clean_end_must_work)
{
    struct story s;
    restart(&s, 0, 0, JET_errDatabaseDirtyShutdown);
    must_find(&s, RPT_DOCUMENTED, RPT_CANNOT_RESTART, "restart.clean", SHIM_FN_JetAttachDatabase);
    restart(&s, 0, 0, 0);
    must_conform(&s, RPT_DOCUMENTED);
}

Test(restart, of_the_instance_itself)
{
    struct story s;
    has_everything(&s);
    phase(&s, "term");
    calls(&s, 0, 0, JetTerm, INSTANCE);
    phase(&s, "restart");
    size_t at = enters(&s, 0, JetCreateInstance, 1, 2);
    wrote(&s, at, 0, INSTANCE + 1);
    back(&s, at, 0);
    at = enters(&s, 0, JetInit, 1);
    wrote(&s, at, 0, INSTANCE + 1);
    back(&s, at, JET_errMissingLogFile);
    must_find(&s, RPT_DOCUMENTED, RPT_CANNOT_RESTART, "restart.clean", SHIM_FN_JetInit);
}

Test(restart, after_a_dirty_end_takes_recovery)
{
    struct story s;
    restart(&s, JET_bitTermDirty, JET_errDirtyShutdown, JET_errFileNotFound);
    must_find(&s, RPT_DOCUMENTED, RPT_CANNOT_RESTART, "restart.recovery",
              SHIM_FN_JetAttachDatabase);
    /* an engine that says it would need recovery has none: nothing can be said */
    restart(&s, JET_bitTermDirty, JET_errDirtyShutdown, JET_errDatabaseDirtyShutdown);
    must_find(&s, RPT_DOCUMENTED, RPT_UNKNOWN, "restart.recovery", SHIM_FN_JetAttachDatabase);
    restart(&s, JET_bitTermDirty, JET_errDirtyShutdown, 0);
    must_conform(&s, RPT_DOCUMENTED);
}

Test(restart, with_recovery_turned_off_nothing_is_promised)
{
    struct story s;
    story_init(&s);
    size_t set = enters(&s, 0, JetSetSystemParameter, 0, 0, JET_paramRecovery, 0, 1);
    cr_assert_eq(shim_hist_call_set_blob(&s.history.calls[set], 4, "off", 3), 0);
    back(&s, set, 0);
    has_instance(&s, INSTANCE);
    event(&s, SHIM_EVENT_KILL, NULL, NULL);
    event(&s, SHIM_EVENT_RESTART, NULL, NULL);
    phase(&s, "restart");
    has_instance(&s, INSTANCE);
    has_session(&s, 0, INSTANCE, SESSION);
    calls(&s, 0, JET_errFileNotFound, JetAttachDatabase, SESSION, 1, 0);
    must_find(&s, RPT_DOCUMENTED, RPT_UNKNOWN, "restart.recovery", SHIM_FN_JetAttachDatabase);
}

Test(restart, a_new_process_knows_no_old_handles)
{
    struct story s;
    has_everything(&s);
    calls(&s, 1, 0, JetBeginTransaction, SESSION);
    event(&s, SHIM_EVENT_KILL, NULL, NULL);
    event(&s, SHIM_EVENT_RESTART, NULL, NULL);
    phase(&s, "restart");
    has_instance(&s, INSTANCE);
    has_session(&s, 0, INSTANCE, SESSION);
    calls(&s, 0, JET_errNotInTransaction, JetRollback, SESSION, 0);
    must_conform(&s, RPT_DOCUMENTED);
}

Test(judge, is_a_pure_function)
{
    struct story s;
    has_everything(&s);
    calls(&s, 1, 0, JetRollback, SESSION, 0);
    calls(&s, 1, STOPPED, JetGetVersion, SESSION, 1);
    struct rpt_judgement a = judged(&s, RPT_DOCUMENTED), b = judged(&s, RPT_DOCUMENTED);
    cr_assert_eq(a.finding_count, b.finding_count);
    for (size_t i = 0; i < a.finding_count; i++) {
        cr_assert_str_eq(a.findings[i].text, b.findings[i].text);
        cr_assert_eq(a.findings[i].verdict, b.findings[i].verdict);
    }
    rpt_judgement_fini(&a);
    rpt_judgement_fini(&b);
    story_fini(&s);
}

Test(judge, an_empty_history_conforms)
{
    struct shim_history history;
    struct rpt_judgement j;
    shim_history_init(&history);
    cr_assert_eq(rpt_judge(&history, RPT_DOCUMENTED, &j), 0);
    cr_assert_eq(j.verdict, RPT_CONFORMS);
    rpt_judgement_fini(&j);
    shim_history_fini(&history);
}

Test(judge, names_every_verdict)
{
    for (int v = 0; v < RPT_VERDICT_COUNT; v++) {
        cr_assert_gt(strlen(rpt_verdict_name((enum rpt_verdict)v)), 3);
    }
    cr_assert_str_eq(rpt_verdict_name(RPT_ADMITTED_THOUGH_DENIED), "admitted-though-denied");
    cr_assert_not(rpt_verdict_is_broken(RPT_CONFORMS));
    cr_assert_not(rpt_verdict_is_broken(RPT_UNKNOWN));
    cr_assert_not(rpt_verdict_is_broken(RPT_NOT_EXERCISED));
    cr_assert(rpt_verdict_is_broken(RPT_LEAK));
}
