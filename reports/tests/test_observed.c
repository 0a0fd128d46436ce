/* The profile `ese` against what Microsoft's engine answered.
 *
 * Every cell of the two tables is one call in one state. It agrees with the profile, or carries a
 * reason: a numbered deviation, a crash of the original, not measured. Not measured are empty
 * cells, and those whose state was not reached: a frozen snapshot holds back the stop or the backup
 * that would make the state (HANG), and a thawed one that has not ended refuses the backup. A cell
 * that has neither fails the test, and so does another number of any kind. A row counts as what is
 * worst in it.
 */
#include <stdlib.h>
#include <string.h>

#include "reports/tests/story.h"
#include "reports/tests/tsv.h"

#include <criterion/criterion.h>

enum kind { AGREES, NOT_MEASURED, CRASHED, DEVIATES, DISAGREES, KINDS };

/* The state that a column names. */
struct state {
    bool stopped;        /* fully: the rules after a stop apply */
    bool backup_stopped; /* while it runs */
};

static struct state state_of(const char *title)
{
    struct state state = {false, strcmp(title, "backup,stop-backup") == 0};
    static const char *const stopped[] = {"stop-service", "stop2-all", "stop2-all,resume",
                                          "stop2-all,resume-tasks+caches", "backup,stop-service"};
    for (size_t i = 0; i < sizeof stopped / sizeof stopped[0]; i++) {
        state.stopped |= strcmp(title, stopped[i]) == 0;
    }
    return state;
}

/* Rows that are not about the function and instance that they name. */
static enum shim_fn really_about(enum shim_fn fn, const char *what, struct state *state)
{
    if (strstr(what, "second, running instance") != NULL || strstr(what, "after JetTerm") != NULL ||
        strstr(what, "second, fresh instance") != NULL) {
        *state = (struct state){false, false};
    }
    if (strstr(what, "rc of the second") != NULL) {
        return SHIM_FN_JetBeginTransaction;
    }
    if (strstr(what, "new backup after") != NULL || strstr(what, "in a new backup") != NULL) {
        state->backup_stopped = false;
    }
    return fn;
}

static enum kind judge_cell(enum shim_fn fn, const char *what, const char *title, const char *cell,
                            const char *without_stop)
{
    struct state state = state_of(title);
    bool unreachable = strstr(what, "thawed") != NULL && strstr(title, "backup") != NULL;
    if (cell[0] == '\0' || strcmp(cell, "HANG") == 0 || unreachable) {
        return NOT_MEASURED;
    }
    if (strcmp(cell, "CRASH") == 0) {
        return CRASHED;
    }
    fn = really_about(fn, what, &state);
    JET_ERR code = atoi(cell), before = atoi(without_stop);
    bool refused_first = code == before && rpt_classify(fn, code) == RPT_SILENT;
    bool denied = state.stopped && rpt_contract_after_stop(RPT_ESE, fn) == RPT_DENIED;
    bool aborted =
        state.backup_stopped && rpt_contract_after_stop_backup(RPT_ESE, fn) == RPT_DENIED;
    if (!rpt_contract_documents(RPT_ESE, fn, state.stopped ? RPT_STATE_STOPPED : RPT_STATE_NONE,
                                code)) {
        return DISAGREES;
    }
    if (denied    ? code == STOPPED || refused_first
        : aborted ? code == JET_errBackupAbortByServer || refused_first
                  : code != STOPPED && code != JET_errBackupAbortByServer) {
        return AGREES;
    }
    return rpt_contract_deviation(fn, code) != 0 ? DEVIATES : DISAGREES;
}

struct counts {
    int rows[KINDS], cells[KINDS];
};

static struct counts hold_against(const char *name)
{
    struct counts counts = {{0}, {0}};
    struct tsv tsv = tsv_read(name);
    for (size_t i = 0; i < tsv.rows; i++) {
        const char *const *row = tsv.row[i];
        enum shim_fn fn = shim_function_find(row[0], NULL);
        cr_assert_neq(fn, SHIM_FN_NONE, "%s", row[0]);
        if (!shim_function(fn)->is_public) {
            continue;
        }
        enum kind worst = AGREES;
        for (int column = 2; column < tsv.columns; column++) {
            enum kind kind = judge_cell(fn, row[1], tsv.title[column], row[column], row[2]);
            cr_expect_neq(kind, DISAGREES, "%s (%s), %s: %s", row[0], row[1], tsv.title[column],
                          row[column]);
            counts.cells[kind]++;
            worst = kind > worst ? kind : worst;
        }
        counts.rows[worst]++;
    }
    tsv_free(&tsv);
    return counts;
}

static void must_count(struct counts counts, struct counts wanted)
{
    static const char *const names[] = {"agree", "not measured", "crashed", "deviate", "disagree"};
    for (int kind = 0; kind < KINDS; kind++) {
        cr_expect_eq(counts.rows[kind], wanted.rows[kind], "%d rows %s, not %d", counts.rows[kind],
                     names[kind], wanted.rows[kind]);
        cr_expect_eq(counts.cells[kind], wanted.cells[kind], "%d cells %s, not %d",
                     counts.cells[kind], names[kind], wanted.cells[kind]);
    }
}

Test(observed, profile_ese_agrees_with_what_was_measured)
{
    must_count(
        hold_against("observed.tsv"),
        (struct counts){{[AGREES] = 215, [NOT_MEASURED] = 72, [CRASHED] = 8, [DEVIATES] = 1},
                        {[AGREES] = 4304, [NOT_MEASURED] = 313, [CRASHED] = 116, [DEVIATES] = 3}});
}

Test(observed, profile_ese_agrees_in_one_instance_mode)
{
    must_count(hold_against("observed-one-instance.tsv"),
               (struct counts){{[AGREES] = 41}, {[AGREES] = 205}});
}
