/* scenarios/command/matrix.c - the matrix of the API, as a table, as TSV, or as part of `all`. */
#include "scenarios/matrix/matrix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/command/command.h"
#include "scenarios/supervisor/platform.h"

static bool wanted(void *context, const char *name)
{
    const struct cmd_options *options = context;
    return options->filter == NULL || cmd_glob(options->filter, name);
}

static void progress(size_t done, size_t all)
{
    cmd_progress("matrix: %u of %u cells", (unsigned)done, (unsigned)all);
}

static const char *observed(const struct scn_cell *cell, char *text, size_t size)
{
    if (!cell->done) {
        return "-";
    }
    const char *name = shim_error_name(cell->observed);
    if (name != NULL) {
        return name;
    }
    snprintf(text, size, "%d", (int)cell->observed);
    return text;
}

static void print_tsv(const struct scn_matrix *matrix)
{
    char text[32];
    puts("function\tstate\texpected\tobserved\tverdict");
    for (size_t i = 0; i < matrix->count; i++) {
        const struct scn_cell *cell = &matrix->cells[i];
        printf("%s\t%s\t%s\t%s\t%s\n", shim_function(cell->fn)->name,
               scn_matrix_state_name(cell->state), cell->expected,
               observed(cell, text, sizeof text), rpt_verdict_name(cell->verdict));
    }
}

/* Per state, how many cells have which verdict; before that, every cell that does not conform (all
 * cells with -v). */
static void print_table(const struct scn_matrix *matrix, bool all)
{
    char text[32];
    for (size_t i = 0; i < matrix->count; i++) {
        const struct scn_cell *cell = &matrix->cells[i];
        if (all || rpt_verdict_is_broken(cell->verdict)) {
            printf("%-34s %-26s expected %-38s observed %-38s %s%s%s\n",
                   shim_function(cell->fn)->name, scn_matrix_state_name(cell->state),
                   cell->expected, observed(cell, text, sizeof text),
                   rpt_verdict_name(cell->verdict), cell->text != NULL ? ": " : "",
                   cell->text != NULL ? cell->text : "");
        }
    }
    printf("%-28s %9s %7s %14s %12s\n", "state", "conforms", "broken", "not-exercised",
           "unsupported");
    for (int state = 0; state < SCN_STATE_COUNT; state++) {
        size_t counts[4] = {0}, sum = 0;
        for (size_t i = 0; i < matrix->count; i++) {
            const struct scn_cell *cell = &matrix->cells[i];
            if ((int)cell->state == state) {
                counts[cell->verdict == RPT_CONFORMS            ? 0
                       : rpt_verdict_is_broken(cell->verdict) ? 1
                       : cell->verdict == RPT_UNSUPPORTED       ? 3
                                                                : 2]++;
                sum++;
            }
        }
        if (sum > 0) {
            printf("%-28s %9zu %7zu %14zu %12zu\n",
                   scn_matrix_state_name((enum scn_matrix_state)state), counts[0], counts[1],
                   counts[2], counts[3]);
        }
    }
}

/* The clause that a broken cell breaks, by its state; NULL for crash, hang and the like, whose
 * histories say more. */
static const struct rpt_clause *clause_of(const struct scn_cell *cell)
{
    bool parts = cell->state >= SCN_STATE_TASKS && cell->state <= SCN_STATE_BOTH_RESUMED_ALL;
    bool stopped = cell->state == SCN_STATE_STOPPED || cell->state == SCN_STATE_STOPPED_ALL ||
                   (cell->state >= SCN_STATE_ALL_RESUMED_TASKS &&
                    cell->state <= SCN_STATE_ALL_RESUMED);
    bool backup = scn_state_of_backup(cell->state);
    switch (cell->verdict) {
    case RPT_ADMITTED_THOUGH_DENIED:
        return rpt_clause_find(backup ? "backup.denied" : "stop.denied");
    case RPT_REFUSED_THOUGH_ALLOWED:
        return rpt_clause_find(backup    ? "backup.not-before"
                               : parts   ? "stop.parts"
                               : stopped ? "stop.allowed"
                                         : "stop.not-before");
    case RPT_WRONG_CODE:
        return rpt_clause_find(cell->state >= SCN_STATE_TERMINATED    ? "handle.ended"
                               : cell->state == SCN_STATE_TERMINATING ? "term.in-progress"
                               : parts                                ? "stop.parts"
                               : backup                               ? "backup.denied"
                                                                      : "stop.code");
    case RPT_UNDOCUMENTED_CODE:
        return rpt_clause_find("code.documented");
    case RPT_CRASH:
        return rpt_clause_find("process.crash");
    case RPT_HANG:
        return rpt_clause_find("process.hang");
    case RPT_SANITIZER:
        return rpt_clause_find("process.sanitizer");
    default:
        return NULL;
    }
}

/* The cell as a case of the suite. */
static int add_case(struct cmd_options *options, struct rpt_suite *suite,
                    const struct scn_cell *cell)
{
    char name[160], command[CMD_PATH * 4];
    struct rpt_case *c = rpt_suite_add(suite);
    if (c == NULL) {
        return cmd_fail(CMD_HARNESS, "out of memory");
    }
    snprintf(name, sizeof name, "%s/%s", shim_function(cell->fn)->name,
             scn_matrix_state_name(cell->state));
    const char *words[] = {"matrix", "--filter", name, NULL};
    cmd_again(options, words, command, sizeof command);
    c->suite = cmd_copy("matrix");
    c->name = cmd_copy(name);
    c->command = cmd_copy(command);
    c->repeats = 1;
    c->seconds = cell->seconds;
    bool follows = cell->state != SCN_STATE_NONE && !cell->done &&
                   !rpt_verdict_is_broken(cell->verdict);
    if (follows) {
        c->verdict = cell->verdict; /* its control cell says why */
    } else if (cell->verdict != RPT_CONFORMS &&
               cmd_case_note(c, cell->verdict, cell->fn,
                             cell->text != NULL ? cell->text : "") != 0) {
        return cmd_fail(CMD_HARNESS, "out of memory");
    }
    for (size_t i = 0; i < c->finding_count; i++) {
        c->findings[i].clause = clause_of(cell);
    }
    if (cell->history != NULL) {
        free(cell->history->header.command);
        cell->history->header.command = cmd_copy(command);
        return cmd_report_history(options, name, cell->history, NULL, &c->evidence);
    }
    return 0;
}

static int to_exit(enum scn_job_result result, const char *error)
{
    switch (result) {
    case SCN_JOB_DONE:
        return 0;
    case SCN_JOB_ENGINE_UNUSABLE:
        return cmd_fail(CMD_NOTHING, "%s", error);
    default:
        return scn_interrupted() ? CMD_HARNESS : cmd_fail(CMD_HARNESS, "matrix: %s", error);
    }
}

int cmd_matrix_into(struct cmd_options *options, const char *work, struct rpt_suite *suite,
                    bool tsv)
{
    struct scn_matrix matrix = {0};
    struct scn_matrix_options how = {.profile = options->profile,
                                     .wanted = wanted,
                                     .context = options,
                                     .progress = progress};
    char error[CMD_MESSAGE] = "";
    cmd_job(options, work, &how.job);
    int result = to_exit(scn_matrix_run(&how, &matrix, error, sizeof error), error);
    cmd_progress_clear();
    for (size_t i = 0; result == 0 && i < matrix.count; i++) {
        result = add_case(options, suite, &matrix.cells[i]);
    }
    if (result == 0 && matrix.count > 0) {
        if (tsv) {
            print_tsv(&matrix);
        } else {
            print_table(&matrix, options->verbose);
        }
    }
    scn_matrix_free(&matrix);
    return result;
}

static int matrix_alone(struct cmd_options *options, const char *work, struct rpt_suite *suite)
{
    return cmd_matrix_into(options, work, suite, options->format != NULL && strcmp(options->format, "tsv") == 0);
}

int cmd_matrix(struct cmd_options *options)
{
    return cmd_with_suite(options, CMD_WORK_ON_DISK, matrix_alone);
}
