/* test_plans.c - the plans of the matrix, all of them. */
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "scenarios/fixture/fixture.h"
#include "scenarios/language/language.h"
#include "scenarios/matrix/matrix.h"

Test(plans, every_cell_has_one_and_the_checker_takes_it)
{
    char error[512];
    int cells = 0, functions = 0;
    for (int fn = 0; fn < SHIM_FN_COUNT; fn++) {
        functions += shim_function((enum shim_fn)fn)->is_public;
        for (int state = 0; state < SCN_STATE_COUNT; state++) {
            if (!scn_cell_exists((enum shim_fn)fn, (enum scn_matrix_state)state)) {
                continue;
            }
            struct scn_plan *plan = scn_cell_plan((enum shim_fn)fn, (enum scn_matrix_state)state,
                                                  error, sizeof error);
            cr_assert_not_null(plan, "%s/%s: %s", shim_function((enum shim_fn)fn)->name,
                               scn_matrix_state_name((enum scn_matrix_state)state), error);
            cr_expect_eq(scn_check(plan, "cell", error, sizeof error), 0, "%s", error);
            scn_plan_free(plan);
            cells++;
        }
    }
    cr_expect_eq(functions, 161);
    cr_expect_geq(cells, 161 * 16, "only bad handles may be without meaning");
}

Test(plans, the_template_has_every_database_of_the_cells)
{
    char error[512];
    struct scn_plan *made = scn_matrix_template(error, sizeof error);
    cr_assert_not_null(made, "%s", error);
    for (int fn = 0; fn < SHIM_FN_COUNT; fn++) {
        for (int state = 0; state < SCN_STATE_COUNT; state++) {
            if (!scn_cell_exists((enum shim_fn)fn, (enum scn_matrix_state)state)) {
                continue;
            }
            struct scn_plan *plan = scn_cell_plan((enum shim_fn)fn, (enum scn_matrix_state)state,
                                                  error, sizeof error);
            for (int d = 0; d < plan->database_count; d++) {
                bool found = false;
                for (int m = 0; m < made->database_count; m++) {
                    found = found || strcmp(made->databases[m].name, plan->databases[d].name) == 0;
                }
                cr_expect(found, "%s is not in the template", plan->databases[d].name);
            }
            scn_plan_free(plan);
        }
    }
    scn_plan_free(made);
}

/* The last step of the caller: the call that the cell is about. */
static const struct scn_call *call_of(const struct scn_plan *plan)
{
    const struct scn_step *step = plan->actors[0].steps;
    while (step->next != NULL) {
        step = step->next;
    }
    return &step->u.call;
}

static enum scn_value_kind handle_given(enum shim_fn fn, enum scn_matrix_state state, int param)
{
    char error[512];
    struct scn_plan *plan = scn_cell_plan(fn, state, error, sizeof error);
    const struct scn_call *call = call_of(plan);
    enum scn_value_kind kind = SCN_VALUE_INT;
    cr_expect_eq(call->fn, fn);
    for (int i = 0; i < call->arg_count; i++) {
        if (call->args[i].param == param) {
            kind = call->args[i].value.kind;
        }
    }
    scn_plan_free(plan);
    return kind;
}

Test(plans, a_bad_handle_stands_where_the_function_has_its_own)
{
    cr_expect_eq(handle_given(SHIM_FN_JetMove, SCN_STATE_STALE, 1), SCN_VALUE_STALE);
    cr_expect_eq(handle_given(SHIM_FN_JetBeginTransaction, SCN_STATE_NIL, 0), SCN_VALUE_NIL);
    cr_expect_eq(handle_given(SHIM_FN_JetCloseDatabase, SCN_STATE_GARBAGE, 1), SCN_VALUE_GARBAGE);
    cr_expect_eq(handle_given(SHIM_FN_JetTerm, SCN_STATE_STALE, 0), SCN_VALUE_STALE);
    cr_expect_eq(handle_given(SHIM_FN_JetMove, SCN_STATE_STOPPED, 1), SCN_VALUE_INT, "none given");
}

Test(plans, functions_without_a_handle_have_no_bad_ones)
{
    cr_expect(!scn_cell_exists(SHIM_FN_JetGetInstanceInfo, SCN_STATE_STALE));
    cr_expect(scn_cell_exists(SHIM_FN_JetGetInstanceInfo, SCN_STATE_STOPPED));
    cr_expect(!scn_cell_exists(SHIM_FN_JetTestHook, SCN_STATE_NONE), "not public");
}

static const char *text_of(enum shim_fn fn, enum scn_matrix_state state)
{
    static char text[16384];
    char error[512];
    struct scn_plan *plan = scn_cell_plan(fn, state, error, sizeof error);
    FILE *file = tmpfile();
    cr_assert_not_null(plan, "%s", error);
    scn_print(file, plan);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    scn_plan_free(plan);
    return text;
}

/* What a backup means, and to whom. */
Test(plans, the_states_of_a_backup)
{
    cr_expect(!scn_cell_exists(SHIM_FN_JetMove, SCN_STATE_BACKUP_STOPPED));
    cr_expect(!scn_cell_exists(SHIM_FN_JetReadFileInstance, SCN_STATE_BACKUP), "as in none");
    cr_expect(scn_cell_exists(SHIM_FN_JetReadFileInstance, SCN_STATE_BACKUP_STOPPED));
    cr_expect(scn_cell_exists(SHIM_FN_JetDetachDatabase, SCN_STATE_BACKUP));
    cr_expect_not_null(strstr(text_of(SHIM_FN_JetReadFileInstance, SCN_STATE_BACKUP_STOPPED),
                              "JetOpenFileInstance\n    JetStopBackupInstance\n    JetReadFileInstance\n"));
    cr_expect_not_null(strstr(text_of(SHIM_FN_JetReadFile, SCN_STATE_BACKUP_NEXT),
                              "JetStopBackup\n    JetEndExternalBackup\n    JetBeginExternalBackup\n"));
    cr_expect_not_null(strstr(text_of(SHIM_FN_JetStopBackup, SCN_STATE_BACKUP),
                              "JetBeginExternalBackup\n    JetStopBackup\n"));
}

/* A function that begins by ending the instance is called with one that runs all the same. */
Test(plans, a_state_of_a_running_instance_has_one)
{
    cr_expect_not_null(strstr(text_of(SHIM_FN_JetRestore, SCN_STATE_STOPPED),
                              "JetInit pinstance=null\n    JetStopService\n    JetRestore\n"));
    cr_expect_not_null(strstr(text_of(SHIM_FN_JetEscrowUpdate, SCN_STATE_TERMINATED),
                              "JetRollback\n    JetTerm\n"));
}
