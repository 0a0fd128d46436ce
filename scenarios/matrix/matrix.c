/* scenarios/matrix/matrix.c - runs the cells: first the controls, then the rest.
 *
 * Cells go to children in batches; two batches run at a time. A cell whose set-up failed, or that did
 * not reach its state, is tried again in a child of its own: what a neighbour left behind in the
 * process must not count against it. Calls of the one-instance mode have children of their own,
 * because what they set stays in the process.
 */
#include "scenarios/matrix/matrix.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/fixture/fixture.h"
#include "scenarios/supervisor/platform.h"

#define WORKERS 2
#define BATCH 48
#define ATTEMPTS 3
#define CELL_RECORDER_BYTES ((size_t)2 << 20)
#define MATRIX_PATH 1280

struct round {
    const struct scn_matrix_options *options;
    struct scn_job job;
    size_t *cells;           /* indices into matrix->cells */
    struct scn_plan **plans;
    size_t count, next, done, all;
    struct scn_matrix *matrix;
    size_t *again;           /* cells to try once more */
    size_t again_count;
    enum scn_job_result result;
    char message[512];
    pthread_mutex_t lock;
};

struct slice {
    struct round *round;
    size_t first;
    uint64_t began;
};

static const struct scn_cell *control_of(const struct scn_matrix *matrix, enum shim_fn fn)
{
    for (size_t i = 0; i < matrix->count; i++) {
        if (matrix->cells[i].fn == fn && matrix->cells[i].state == SCN_STATE_NONE) {
            return &matrix->cells[i];
        }
    }
    return NULL;
}

static bool is_legacy(enum shim_fn fn)
{
    return (scn_fixture(fn)->needs & SCN_NEED_LEGACY) != 0;
}

static void set_text(struct scn_cell *cell, enum rpt_verdict verdict, const char *text)
{
    free(cell->text);
    cell->verdict = verdict;
    cell->text = strdup(text);
}

/* What the judge says beyond results: those are judged here, knowing the state. */
static bool is_beyond_results(enum rpt_verdict verdict)
{
    return rpt_verdict_is_broken(verdict) && verdict != RPT_WRONG_CODE &&
           verdict != RPT_UNDOCUMENTED_CODE;
}

/* A crash, a hang or the like in the cell's history wins over what its result says. */
static void judge_cell(struct scn_cell *cell, const struct shim_history *history,
                       enum rpt_profile profile)
{
    struct rpt_judgement judgement;
    if (rpt_judge(history, profile, &judgement) != 0) {
        return;
    }
    for (size_t i = 0; i < judgement.finding_count; i++) {
        const struct rpt_finding *finding = &judgement.findings[i];
        if (is_beyond_results(finding->verdict) && !rpt_verdict_is_broken(cell->verdict)) {
            set_text(cell, finding->verdict, finding->text);
        }
    }
    rpt_judgement_fini(&judgement);
}

static void cell_done(void *context, size_t index, enum scn_job_result result,
                      struct shim_history *history, const char *message)
{
    struct slice *slice = context;
    struct round *round = slice->round;
    size_t at = round->cells[slice->first + index];
    struct scn_cell *cell = &round->matrix->cells[at];
    uint64_t now = scn_milliseconds();
    bool again = false;
    cell->done = cell->reached = false;
    cell->seconds = (double)(now - slice->began) / 1000.0;
    slice->began = now;
    if (result == SCN_JOB_DONE) {
        scn_cell_observe(cell, history);
        scn_cell_expect(cell, control_of(round->matrix, cell->fn), round->options->profile);
        judge_cell(cell, history, round->options->profile);
        again = cell->verdict == RPT_NOT_EXERCISED;
    } else if (result == SCN_JOB_UNSUPPORTED) {
        set_text(cell, RPT_UNSUPPORTED, message);
    } else {
        set_text(cell, RPT_NOT_EXERCISED, message);
        again = result == SCN_JOB_SETUP_FAILED;
    }
    if (rpt_verdict_is_broken(cell->verdict)) {
        if (cell->history == NULL) {
            cell->history = malloc(sizeof *cell->history);
        } else {
            shim_history_fini(cell->history);
        }
        if (cell->history != NULL) {
            *cell->history = *history;
            shim_history_init(history);
        }
    }
    pthread_mutex_lock(&round->lock);
    if (again && round->again != NULL) {
        round->again[round->again_count++] = at;
    }
    round->done++;
    if (round->options->progress != NULL) {
        round->options->progress(round->done, round->all);
    }
    pthread_mutex_unlock(&round->lock);
}

static bool fatal(enum scn_job_result result)
{
    return result == SCN_JOB_ENGINE_UNUSABLE || result == SCN_JOB_HARNESS ||
           result == SCN_JOB_INTERRUPTED;
}

/* Takes slices until none is left. A slice is of one kind: one-instance mode or not. */
static void *work(void *argument)
{
    struct round *round = argument;
    char error[512];
    for (;;) {
        pthread_mutex_lock(&round->lock);
        struct slice slice = {round, round->next, scn_milliseconds()};
        size_t end = slice.first, most = round->again == NULL ? 1 : BATCH;
        while (end < round->count && end - slice.first < most &&
               is_legacy(round->matrix->cells[round->cells[end]].fn) ==
                   is_legacy(round->matrix->cells[round->cells[slice.first]].fn)) {
            end++;
        }
        bool stop = end == slice.first || fatal(round->result);
        round->next = end;
        pthread_mutex_unlock(&round->lock);
        if (stop) {
            return NULL;
        }
        enum scn_job_result result = scn_supervise_batch(
            &round->job, (const struct scn_plan *const *)round->plans + slice.first,
            end - slice.first, cell_done, &slice, error, sizeof error);
        if (fatal(result)) {
            pthread_mutex_lock(&round->lock);
            if (!fatal(round->result)) {
                round->result = result;
                snprintf(round->message, sizeof round->message, "%s", error);
            }
            pthread_mutex_unlock(&round->lock);
        }
    }
}

/* Runs the given cells. `again` (room for as many) becomes those worth another attempt; NULL on
 * the last attempts, where every cell has a child of its own. */
static enum scn_job_result run_cells(const struct scn_matrix_options *options,
                                     const struct scn_job *job, struct scn_matrix *matrix,
                                     size_t *cells, size_t count, size_t *again,
                                     size_t *again_count, char *error, size_t error_size)
{
    struct round round = {.options = options,
                          .job = *job,
                          .cells = cells,
                          .count = count,
                          .matrix = matrix,
                          .again = again,
                          .all = count,
                          .result = SCN_JOB_DONE};
    pthread_t threads[WORKERS];
    int started = 0;
    round.plans = calloc(count + 1, sizeof round.plans[0]);
    if (round.plans == NULL || pthread_mutex_init(&round.lock, NULL) != 0) {
        free(round.plans);
        snprintf(error, error_size, "out of memory");
        return SCN_JOB_HARNESS;
    }
    for (size_t i = 0; i < count && round.result == SCN_JOB_DONE; i++) {
        const struct scn_cell *cell = &matrix->cells[cells[i]];
        round.plans[i] = scn_cell_plan(cell->fn, cell->state, round.message,
                                       sizeof round.message);
        if (round.plans[i] == NULL) {
            round.result = SCN_JOB_HARNESS;
        }
    }
    while (round.result == SCN_JOB_DONE && started < WORKERS &&
           pthread_create(&threads[started], NULL, work, &round) == 0) {
        started++;
    }
    if (started == 0 && round.result == SCN_JOB_DONE) {
        work(&round);
    }
    for (int i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
    for (size_t i = 0; i < count; i++) {
        scn_plan_free(round.plans[i]);
    }
    free(round.plans);
    pthread_mutex_destroy(&round.lock);
    if (again_count != NULL) {
        *again_count = round.again_count;
    }
    if (round.result != SCN_JOB_DONE) {
        snprintf(error, error_size, "%s", round.message);
    }
    return round.result;
}

/* The same with further attempts, one child per cell, for what did not come to its call. */
static enum scn_job_result run_with_attempts(const struct scn_matrix_options *options,
                                             const struct scn_job *job, struct scn_matrix *matrix,
                                             size_t *cells, size_t count, char *error,
                                             size_t error_size)
{
    size_t *again = calloc(count + 1, sizeof again[0]), again_count = 0;
    if (again == NULL) {
        snprintf(error, error_size, "out of memory");
        return SCN_JOB_HARNESS;
    }
    enum scn_job_result result = run_cells(options, job, matrix, cells, count, again, &again_count,
                                           error, error_size);
    for (int attempt = 1; attempt < ATTEMPTS && result == SCN_JOB_DONE && again_count > 0;
         attempt++) {
        result = run_cells(options, job, matrix, again, again_count, NULL, NULL, error, error_size);
        size_t left = 0;
        for (size_t i = 0; i < again_count; i++) {
            const struct scn_cell *cell = &matrix->cells[again[i]];
            if (cell->verdict == RPT_NOT_EXERCISED && cell->state != SCN_STATE_NONE) {
                again[left++] = again[i];
            }
        }
        again_count = left;
    }
    free(again);
    return result;
}

static int list_cells(struct scn_matrix *matrix)
{
    matrix->cells = calloc((size_t)SHIM_FN_COUNT * SCN_STATE_COUNT, sizeof matrix->cells[0]);
    if (matrix->cells == NULL) {
        return -1;
    }
    for (int fn = 0; fn < SHIM_FN_COUNT; fn++) {
        for (int state = 0; state < SCN_STATE_COUNT; state++) {
            if (scn_cell_exists((enum shim_fn)fn, (enum scn_matrix_state)state)) {
                matrix->cells[matrix->count++] =
                    (struct scn_cell){.fn = (enum shim_fn)fn,
                                      .state = (enum scn_matrix_state)state,
                                      .expected = "-",
                                      .failed_before = SHIM_FN_NONE,
                                      .verdict = RPT_NOT_EXERCISED};
            }
        }
    }
    return 0;
}

static bool is_wanted(const struct scn_matrix_options *options, const struct scn_cell *cell)
{
    char name[160];
    snprintf(name, sizeof name, "%s/%s", shim_function(cell->fn)->name,
             scn_matrix_state_name(cell->state));
    return options->wanted == NULL || options->wanted(options->context, name);
}

/* Whether any wanted cell of the function needs its control. */
static bool function_is_wanted(const struct scn_matrix_options *options,
                               const struct scn_matrix *matrix, enum shim_fn fn)
{
    for (size_t i = 0; i < matrix->count; i++) {
        if (matrix->cells[i].fn == fn && is_wanted(options, &matrix->cells[i])) {
            return true;
        }
    }
    return false;
}

/* The cells of a function whose control call did not do its work say the same. */
static bool follows_control(struct scn_cell *cell, const struct scn_cell *control)
{
    char text[256];
    if (control->verdict == RPT_CONFORMS) {
        return false;
    }
    snprintf(text, sizeof text, "the control call in state none: %s",
             control->text != NULL ? control->text : "not exercised");
    set_text(cell, control->verdict == RPT_UNSUPPORTED ? RPT_UNSUPPORTED : RPT_NOT_EXERCISED, text);
    return true;
}

/* Leaves only what the filter asks for. */
static void drop_unwanted(const struct scn_matrix_options *options, struct scn_matrix *matrix)
{
    size_t left = 0;
    for (size_t i = 0; i < matrix->count; i++) {
        struct scn_cell *cell = &matrix->cells[i];
        if (is_wanted(options, cell)) {
            matrix->cells[left++] = *cell;
        } else {
            free(cell->text);
            if (cell->history != NULL) {
                shim_history_fini(cell->history);
                free(cell->history);
            }
        }
    }
    matrix->count = left;
}

/* The databases that cells start from. Without them every cell's set-up makes its own, or fails. */
static bool make_template(const struct scn_matrix_options *options, const char *directory)
{
    char error[512];
    struct scn_job job = options->job;
    struct shim_history history;
    struct scn_plan *plan = scn_matrix_template(error, sizeof error);
    if (plan == NULL || scn_directory_make(directory) != 0) {
        scn_plan_free(plan);
        return false;
    }
    shim_history_init(&history);
    job.plan = plan;
    job.make_template = directory;
    job.no_verify = true;
    bool made = scn_supervise(&job, &history, error, sizeof error) == SCN_JOB_DONE;
    for (size_t i = 0; i < history.event_count; i++) {
        made = made && history.events[i].kind != SHIM_EVENT_CRASH &&
               history.events[i].kind != SHIM_EVENT_HANG;
    }
    shim_history_fini(&history);
    scn_plan_free(plan);
    return made;
}

static enum scn_job_result run_rounds(const struct scn_matrix_options *options,
                                      const struct scn_job *job, struct scn_matrix *matrix,
                                      size_t *chosen, char *error, size_t error_size)
{
    size_t count = 0;
    for (size_t i = 0; i < matrix->count; i++) {
        if (matrix->cells[i].state == SCN_STATE_NONE &&
            function_is_wanted(options, matrix, matrix->cells[i].fn)) {
            chosen[count++] = i;
        }
    }
    enum scn_job_result result =
        run_with_attempts(options, job, matrix, chosen, count, error, error_size);
    count = 0;
    for (size_t i = 0; result == SCN_JOB_DONE && i < matrix->count; i++) {
        struct scn_cell *cell = &matrix->cells[i];
        const struct scn_cell *control = control_of(matrix, cell->fn);
        if (cell->state != SCN_STATE_NONE && is_wanted(options, cell) &&
            !follows_control(cell, control)) {
            chosen[count++] = i;
        }
    }
    if (result == SCN_JOB_DONE) {
        result = run_with_attempts(options, job, matrix, chosen, count, error, error_size);
    }
    return result;
}

enum scn_job_result scn_matrix_run(const struct scn_matrix_options *options,
                                   struct scn_matrix *matrix, char *error, size_t error_size)
{
    char directory[MATRIX_PATH];
    struct scn_job job = options->job;
    size_t *chosen = NULL;
    if (list_cells(matrix) != 0 ||
        (chosen = calloc(matrix->count + 1, sizeof chosen[0])) == NULL) {
        snprintf(error, error_size, "out of memory");
        return SCN_JOB_HARNESS;
    }
    snprintf(directory, sizeof directory, "%.900s%stemplate", job.work_directory,
#ifdef _WIN32
             "\\"
#else
             "/"
#endif
    );
    job.no_verify = true;
    job.probe_calls = -1;
    job.recorder_bytes = CELL_RECORDER_BYTES;
    if (make_template(options, directory)) {
        job.template_directory = directory;
    }
    enum scn_job_result result = SCN_JOB_INTERRUPTED;
    if (!scn_interrupted()) {
        result = run_rounds(options, &job, matrix, chosen, error, error_size);
    }
    free(chosen);
    drop_unwanted(options, matrix);
    return result;
}

void scn_matrix_free(struct scn_matrix *matrix)
{
    for (size_t i = 0; i < matrix->count; i++) {
        free(matrix->cells[i].text);
        if (matrix->cells[i].history != NULL) {
            shim_history_fini(matrix->cells[i].history);
            free(matrix->cells[i].history);
        }
    }
    free(matrix->cells);
    memset(matrix, 0, sizeof *matrix);
}
