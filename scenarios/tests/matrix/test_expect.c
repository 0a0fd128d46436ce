/* test_expect.c - what a cell must show, against results of all kinds. */
#include <stdlib.h>

#include <criterion/criterion.h>

#include "scenarios/matrix/matrix.h"
#include "shims/call/call.h"

static enum rpt_verdict judge_as(enum rpt_profile profile, enum shim_fn fn,
                                 enum scn_matrix_state state, JET_ERR control, JET_ERR observed)
{
    struct scn_cell none = {.fn = fn, .state = SCN_STATE_NONE, .done = true, .reached = true,
                            .observed = control, .failed_before = SHIM_FN_NONE};
    struct scn_cell cell = {.fn = fn, .state = state, .done = true, .reached = true,
                            .observed = observed, .failed_before = SHIM_FN_NONE};
    scn_cell_expect(&none, NULL, profile);
    scn_cell_expect(&cell, &none, profile);
    free(none.text);
    free(cell.text);
    return cell.verdict;
}

static enum rpt_verdict judge(enum shim_fn fn, enum scn_matrix_state state, JET_ERR control,
                              JET_ERR observed)
{
    return judge_as(RPT_DOCUMENTED, fn, state, control, observed);
}

#define STOP JET_errClientRequestToStopJetService

Test(expect, the_control_call_must_do_its_work)
{
    cr_expect_eq(judge(SHIM_FN_JetMove, SCN_STATE_NONE, 0, 0), RPT_CONFORMS);
    cr_expect_eq(judge(SHIM_FN_JetMove, SCN_STATE_NONE, 0, JET_errFeatureNotAvailable),
                 RPT_UNSUPPORTED);
    cr_expect_eq(judge(SHIM_FN_JetMove, SCN_STATE_NONE, 0, SHIM_ERR_MISSING), RPT_UNSUPPORTED);
    cr_expect_eq(judge(SHIM_FN_JetMove, SCN_STATE_NONE, 0, JET_errNoCurrentRecord),
                 RPT_NOT_EXERCISED);
    cr_expect_eq(judge(SHIM_FN_JetMove, SCN_STATE_NONE, 0, STOP), RPT_REFUSED_THOUGH_ALLOWED);
}

Test(expect, a_denied_function_gives_the_stops_code_and_nothing_else)
{
    const enum scn_matrix_state states[] = {SCN_STATE_STOPPED, SCN_STATE_STOPPED_ALL,
                                            SCN_STATE_ALL_RESUMED, SCN_STATE_ALL_RESUMED_BOTH};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        cr_expect_eq(judge(SHIM_FN_JetMove, states[i], 0, STOP), RPT_CONFORMS);
        cr_expect_eq(judge(SHIM_FN_JetMove, states[i], 0, 0), RPT_ADMITTED_THOUGH_DENIED);
        cr_expect_eq(judge(SHIM_FN_JetMove, states[i], 0, JET_errTermInProgress), RPT_WRONG_CODE);
    }
}

Test(expect, an_allowed_function_does_what_it_did_before)
{
    cr_expect_eq(judge(SHIM_FN_JetRollback, SCN_STATE_STOPPED, 0, 0), RPT_CONFORMS);
    cr_expect_eq(judge(SHIM_FN_JetRollback, SCN_STATE_STOPPED, 0, STOP),
                 RPT_REFUSED_THOUGH_ALLOWED);
    cr_expect_eq(judge(SHIM_FN_JetRollback, SCN_STATE_STOPPED, 0, JET_errLogDiskFull * 100),
                 RPT_UNDOCUMENTED_CODE);
}

Test(expect, an_open_function_may_do_either)
{
    cr_expect_eq(judge(SHIM_FN_JetGetInstanceInfo, SCN_STATE_STOPPED, 0, 0), RPT_CONFORMS);
    cr_expect_eq(judge(SHIM_FN_JetGetInstanceInfo, SCN_STATE_STOPPED, 0, STOP), RPT_CONFORMS);
}

Test(expect, a_partial_stop_denies_nothing)
{
    const enum scn_matrix_state states[] = {SCN_STATE_TASKS, SCN_STATE_BOTH,
                                            SCN_STATE_CACHES_RESUMED, SCN_STATE_BOTH_RESUMED_ALL};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        cr_expect_eq(judge(SHIM_FN_JetMove, states[i], 0, 0), RPT_CONFORMS);
        cr_expect_eq(judge(SHIM_FN_JetMove, states[i], 0, STOP), RPT_REFUSED_THOUGH_ALLOWED);
        cr_expect_eq(judge(SHIM_FN_JetMove, states[i], 0, JET_errNoCurrentRecord), RPT_WRONG_CODE);
    }
}

Test(expect, a_handle_that_is_none_never_works)
{
    const enum scn_matrix_state states[] = {SCN_STATE_TERMINATED, SCN_STATE_STALE, SCN_STATE_NIL,
                                            SCN_STATE_GARBAGE};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        cr_expect_eq(judge(SHIM_FN_JetMove, states[i], 0, JET_errInvalidSesid), RPT_CONFORMS);
        cr_expect_eq(judge(SHIM_FN_JetMove, states[i], 0, 0), RPT_WRONG_CODE);
        cr_expect_eq(judge(SHIM_FN_JetMove, states[i], 0, STOP), RPT_REFUSED_THOUGH_ALLOWED);
    }
    cr_expect_eq(judge(SHIM_FN_JetGetSystemParameter, SCN_STATE_NIL, 0, 0), RPT_CONFORMS,
                 "nil is the process");
    cr_expect_eq(judge(SHIM_FN_JetGetSystemParameter, SCN_STATE_STALE, 0, 0), RPT_WRONG_CODE);
}

Test(expect, the_original_refuses_sessions_while_it_terminates)
{
    cr_expect_eq(judge_as(RPT_ESE, SHIM_FN_JetMove, SCN_STATE_TERMINATING, 0,
                          JET_errTermInProgress),
                 RPT_CONFORMS);
    cr_expect_eq(judge_as(RPT_ESE, SHIM_FN_JetMove, SCN_STATE_TERMINATING, 0, 0), RPT_WRONG_CODE);
    cr_expect_eq(judge(SHIM_FN_JetMove, SCN_STATE_TERMINATING, 0, 0), RPT_CONFORMS,
                 "no page promises it");
}

Test(expect, a_call_that_was_not_reached_is_not_exercised)
{
    struct scn_cell cell = {.fn = SHIM_FN_JetMove, .state = SCN_STATE_STOPPED, .done = true,
                            .reached = false, .observed = STOP};
    scn_cell_expect(&cell, NULL, RPT_DOCUMENTED);
    cr_expect_eq(cell.verdict, RPT_NOT_EXERCISED);
    free(cell.text);
}

Test(expect, a_stopped_backup_refuses_what_reads_and_nothing_else)
{
    const JET_ERR abort = JET_errBackupAbortByServer;
    const enum scn_matrix_state stopped = SCN_STATE_BACKUP_STOPPED;
    for (int p = RPT_DOCUMENTED; p <= RPT_ESE; p++) {
        enum rpt_profile profile = (enum rpt_profile)p;
        cr_expect_eq(judge_as(profile, SHIM_FN_JetReadFileInstance, stopped, 0, abort), RPT_CONFORMS);
        cr_expect_eq(judge_as(profile, SHIM_FN_JetReadFileInstance, stopped, 0, 0),
                     RPT_ADMITTED_THOUGH_DENIED);
        cr_expect_eq(judge_as(profile, SHIM_FN_JetReadFileInstance, stopped, 0, JET_errDiskIO),
                     RPT_WRONG_CODE);
        cr_expect_eq(judge_as(profile, SHIM_FN_JetEndExternalBackupInstance, stopped, 0, 0),
                     RPT_CONFORMS);
        cr_expect_eq(judge_as(profile, SHIM_FN_JetEndExternalBackupInstance, stopped, 0, abort),
                     RPT_REFUSED_THOUGH_ALLOWED);
    }
    cr_expect_eq(judge_as(RPT_ESE, SHIM_FN_JetCloseFileInstance, stopped, 0, abort),
                 RPT_REFUSED_THOUGH_ALLOWED);
    cr_expect_eq(judge(SHIM_FN_JetCloseFileInstance, stopped, 0, abort), RPT_CONFORMS, "open");
}

Test(expect, a_backup_is_in_the_way_of_some_and_over_with_its_end)
{
    cr_expect_eq(judge_as(RPT_ESE, SHIM_FN_JetDetachDatabase, SCN_STATE_BACKUP, 0,
                          JET_errBackupInProgress),
                 RPT_CONFORMS);
    cr_expect_eq(judge_as(RPT_ESE, SHIM_FN_JetDetachDatabase, SCN_STATE_BACKUP, 0, 0), RPT_WRONG_CODE);
    cr_expect_eq(judge_as(RPT_ESE, SHIM_FN_JetReadFileInstance, SCN_STATE_BACKUP_NEXT, 0, 0),
                 RPT_CONFORMS);
    cr_expect_eq(judge_as(RPT_ESE, SHIM_FN_JetReadFileInstance, SCN_STATE_BACKUP_NEXT, 0,
                          JET_errBackupAbortByServer),
                 RPT_REFUSED_THOUGH_ALLOWED);
    cr_expect_eq(judge(SHIM_FN_JetReadFileInstance, SCN_STATE_BACKUP_NEXT, 0,
                       JET_errBackupAbortByServer),
                 RPT_CONFORMS, "open");
}
