/* scenarios/supervisor/supervisor.c - jobs to children, and the watch over them.
 *
 * A batch has a directory: `job` says what all plans share, plan-N is the plan, calls-N the
 * recorder's mapping, run-N the directory the engine works in, result-N what the child says when
 * it is done with plan N. The parent looks at the mapping and at result-N; it never waits
 * for the child in any other way, so nothing the child does can hold it up.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/language/language.h"
#include "scenarios/supervisor/control.h"
#include "scenarios/supervisor/death.h"
#include "scenarios/supervisor/faulted.h"
#include "scenarios/supervisor/job.h"
#include "scenarios/supervisor/platform.h"
#include "scenarios/supervisor/supervisor.h"
#include "shims/record/record.h"

#define SCN_RECORDER_BYTES ((size_t)256 << 20)
#define SCN_WINDOW 32 /* schedules that are made ready ahead of the child */
#define SCN_CHOSEN 4   /* where a fault is chosen for each, knowing what those before came to */
#define SCN_POLL_MS 1
#define SCN_IDLE_POLL_MS 5

enum ending { END_RUNNING, END_EXITED, END_HANG, END_TIMEOUT, END_INTERRUPTED };

struct batch {
    const struct scn_job *job;
    const struct scn_plan *const *plans; /* NULL: the job's, each time */
    size_t count;
    scn_job_done done;
    void *context;
    char directory[SCN_JOB_PATH];
    struct shim_recorder **recorders; /* of the plans that are made ready, while they are not done: n % window */
    size_t window, ready;             /* plans below `ready` are made ready */
    struct scn_process *process;
    size_t current;
    uint64_t hang_ms, timeout_ms;
    struct scn_exit exit;
    bool exited;
    char *error;
    size_t error_size;
};

/* A file or directory of the batch; with number < 0 without a number. */
static const char *below(const struct batch *batch, const char *name, long number, char *path)
{
    if (number < 0) {
        snprintf(path, SCN_JOB_PATH, "%.900s" SCN_JOB_SEPARATOR "%s", batch->directory, name);
    } else {
        snprintf(path, SCN_JOB_PATH, "%.900s" SCN_JOB_SEPARATOR "%s-%ld", batch->directory, name,
                 number);
    }
    return path;
}

static int fail(struct batch *batch, const char *what)
{
    if (batch->error_size > 0 && batch->error[0] == '\0') {
        snprintf(batch->error, batch->error_size, "%s", what);
    }
    return -1;
}

static const struct scn_plan *plan_of(const struct batch *batch, size_t index)
{
    return batch->plans != NULL ? batch->plans[index] : batch->job->plan;
}

static int write_plan(struct batch *batch, size_t index)
{
    char path[SCN_JOB_PATH];
    FILE *file = fopen(below(batch, "plan", (long)index, path), "w");
    int failed = file == NULL ? -1 : scn_print_placed(file, plan_of(batch, index));
    if (file != NULL && fclose(file) != 0) {
        failed = -1;
    }
    if (failed != 0) {
        snprintf(batch->error, batch->error_size, "%s: cannot be written", path);
    }
    return failed;
}

static int write_trace(struct batch *batch, size_t index)
{
    char path[SCN_JOB_PATH];
    FILE *file = fopen(below(batch, "trace", (long)index, path), "w");
    int failed = file == NULL || fputs(batch->job->schedules->traces[index], file) < 0;
    if (file != NULL && fclose(file) != 0) {
        failed = 1;
    }
    return failed ? fail(batch, "a trace cannot be written") : 0;
}

static int write_fault(struct batch *batch, size_t index)
{
    char path[SCN_JOB_PATH];
    const struct scn_faults *faults = batch->job->faults;
    const char *text = faults->texts != NULL ? faults->texts[index] : faults->choose(faults->context, index);
    FILE *file = fopen(below(batch, "fault", (long)index, path), "w");
    int failed = file == NULL || fputs(text, file) < 0;
    if (file != NULL && fclose(file) != 0) {
        failed = 1;
    }
    /* A file of one size for all: addresses in the child shall not depend on whether there is a fault. */
    failed = failed || scn_faulted_create(below(batch, "faulted", (long)index, path), faults->record) != 0;
    return failed ? fail(batch, "a fault cannot be written") : 0;
}

/* What the child needs for a plan. Of schedules it takes the recorder's file for a sign that all is there. */
static int make_ready(struct batch *batch, size_t index)
{
    char path[SCN_JOB_PATH], temporary[SCN_JOB_PATH];
    const struct scn_job *job = batch->job;
    size_t bytes = job->recorder_bytes != 0 ? job->recorder_bytes : SCN_RECORDER_BYTES;
    bool schedule = job->schedules != NULL;
    below(batch, "calls", (long)index, path);
    below(batch, schedule ? "new" : "calls", (long)index, temporary);
    bool same = schedule || job->faults != NULL;
    if (((!same || index == 0) && write_plan(batch, index) != 0) ||
        (job->faults != NULL && write_fault(batch, index) != 0) ||
        (schedule && job->schedules->traces != NULL && write_trace(batch, index) != 0) ||
        shim_recorder_create(temporary, bytes, &batch->recorders[index % batch->window],
                             batch->error, batch->error_size) != 0 ||
        (schedule && scn_rename(temporary, path) != 0)) {
        return -1;
    }
    batch->ready = index + 1;
    return 0;
}

static void name_directory(struct batch *batch)
{
    if (batch->job->directory != NULL) {
        snprintf(batch->directory, sizeof batch->directory, "%.900s", batch->job->directory);
        return;
    }
    snprintf(batch->directory, sizeof batch->directory, "%.700s" SCN_JOB_SEPARATOR "job-%llu-%p",
             batch->job->work_directory, (unsigned long long)scn_process_number(), (void *)batch);
}

static int prepare(struct batch *batch)
{
    const struct scn_job *job = batch->job;
    name_directory(batch);
    size_t window = job->faults != NULL && job->faults->choose != NULL ? SCN_CHOSEN : SCN_WINDOW;
    batch->window = job->schedules != NULL && batch->count > window ? window : batch->count;
    batch->recorders = calloc(batch->window, sizeof batch->recorders[0]);
    if (batch->recorders == NULL || scn_directory_make(batch->directory) != 0) {
        return fail(batch, "no memory, or the work directory cannot be written");
    }
    for (size_t i = 0; i < batch->window; i++) {
        if (make_ready(batch, i) != 0) {
            return -1;
        }
    }
    return 0;
}

/* Starts a child on the plans from `first` on; verify_only: on the files of that one plan. */
static int start(struct batch *batch, size_t first, bool verify_only)
{
    char own[SCN_JOB_PATH], output[SCN_JOB_PATH], number[24];
    if (scn_job_write(batch->job, batch->directory, verify_only ? first + 1 : batch->count,
                      batch->hang_ms, verify_only, batch->error, batch->error_size) != 0 ||
        scn_own_path(own, sizeof own) != 0) {
        return fail(batch, "the job cannot be written");
    }
    snprintf(number, sizeof number, "%zu", first);
    const char *arguments[] = {own, "--child", batch->directory, number, NULL};
    struct scn_sanitizer_environment environment;
    scn_sanitizer_environment(&environment, batch->directory);
    batch->exited = false;
    batch->current = first;
    return scn_process_start(arguments, batch->directory, below(batch, "output", -1, output),
                             environment.variables, &batch->process, batch->error,
                             batch->error_size);
}

static bool has_result(const struct batch *batch, size_t index)
{
    char path[SCN_JOB_PATH];
    return scn_file_exists(below(batch, "result", (long)index, path));
}

/* Watches the child until plan `current` has its result (true) or something else happened. With
 * `to_the_end` the child's own end is awaited. */
static bool watch(struct batch *batch, struct shim_recorder *recorder, bool to_the_end,
                  enum ending *ending)
{
    uint64_t begin = scn_milliseconds(), moved = begin, progress = UINT64_MAX;
    for (;;) {
        bool ended = scn_process_ended(batch->process, &batch->exit);
        if (!to_the_end && has_result(batch, batch->current)) {
            *ending = END_RUNNING;
            return true;
        }
        if (ended) {
            batch->exited = true;
            *ending = END_EXITED;
            return false;
        }
        uint64_t now = scn_milliseconds(), seen = shim_recorder_progress(recorder);
        if (seen != progress) {
            progress = seen;
            moved = now;
        }
        if (scn_interrupted() || now - moved > batch->hang_ms || now - begin > batch->timeout_ms) {
            *ending = scn_interrupted()              ? END_INTERRUPTED
                      : now - moved > batch->hang_ms ? END_HANG
                                                     : END_TIMEOUT;
            return false;
        }
        scn_rest_milliseconds(now - begin < 1000 ? SCN_POLL_MS : SCN_IDLE_POLL_MS);
    }
}

/* Ends a child that does not end itself, and notes why. */
static void end_child(struct batch *batch, enum ending ending, struct shim_history *history)
{
    char path[SCN_JOB_PATH];
    if (ending == END_HANG || ending == END_TIMEOUT) {
        scn_process_stacks(batch->process, below(batch, "stacks", -1, path));
        scn_note_hang(history, path, ending == END_TIMEOUT, batch->hang_ms, batch->timeout_ms);
    }
    scn_process_kill(batch->process);
    batch->exited = true;
}

static void forget(struct batch *batch, size_t index)
{
    char path[SCN_JOB_PATH];
    struct shim_recorder **recorder = &batch->recorders[index % batch->window];
    if (*recorder != NULL) {
        shim_recorder_close(*recorder);
        *recorder = NULL;
    }
    struct scn_faults *faults = batch->job->faults;
    bool keep = batch->job->keep_directory && (faults == NULL || faults->keep);
    if (faults != NULL) {
        faults->keep = false;
    }
    if (!keep) {
        remove(below(batch, "calls", (long)index, path));
        if (batch->job->schedules == NULL && batch->job->faults == NULL) {
            remove(below(batch, "plan", (long)index, path));
        } else {
            remove(below(batch, "outcome", (long)index, path));
            remove(below(batch, "trace", (long)index, path));
        }
        if (batch->job->faults != NULL) {
            remove(below(batch, "fault", (long)index, path));
            remove(below(batch, "faulted", (long)index, path));
        }
        remove(below(batch, "result", (long)index, path));
        scn_directory_remove(below(batch, "run", (long)index, path));
    }
}

/* After a death: a second child on the same files reads the tables; what it saw follows in the
 * history. Its own death is noted as a crash, too: the restart failed. */
static void verify_again(struct batch *batch, size_t index, struct shim_history *history)
{
    char path[SCN_JOB_PATH];
    struct shim_recorder *recorder = NULL;
    enum ending ending;
    uint64_t base = shim_history_last_stamp(history);
    struct shim_history after;
    if (batch->job->no_verify || plan_of(batch, index)->table_count == 0) {
        return;
    }
    remove(below(batch, "crash", -1, path));
    remove(below(batch, "stacks", -1, path));
    remove(below(batch, "output", -1, path));
    remove(below(batch, "result", (long)index, path));
    shim_history_init(&after);
    size_t bytes = batch->job->recorder_bytes != 0 ? batch->job->recorder_bytes : SCN_RECORDER_BYTES;
    if (shim_recorder_create(below(batch, "calls-after", (long)index, path), bytes, &recorder,
                             batch->error, batch->error_size) == 0 &&
        start(batch, index, true) == 0) {
        watch(batch, recorder, true, &ending);
        if (shim_recorder_read(recorder, &after, batch->error, batch->error_size) == 0) {
            if (ending != END_EXITED) {
                end_child(batch, ending, &after);
            } else if (!has_result(batch, index)) {
                scn_note_death(&after, batch->directory, index, &batch->exit);
            }
            scn_note_sanitizers(&after, batch->directory, index);
            shim_history_sort(&after);
        } else {
            scn_process_kill(batch->process);
        }
        scn_process_free(batch->process);
        batch->process = NULL;
        scn_append_restart(history, &after, base);
    }
    if (recorder != NULL) {
        shim_recorder_close(recorder);
    }
    remove(below(batch, "calls-after", (long)index, path));
    shim_history_fini(&after);
}

static enum scn_job_result hand_over(struct batch *batch, size_t index,
                                     enum scn_job_result result, struct shim_history *history,
                                     const char *message)
{
    shim_history_sort(history);
    if (scn_job_header(batch->job, plan_of(batch, index), history) != 0) {
        result = SCN_JOB_HARNESS;
        message = "out of memory";
    }
    if (batch->done != NULL) {
        batch->done(batch->context, index, result, history, message);
    }
    return result;
}

/* How the schedule ended, as an event of the history. */
static enum scn_job_result note_outcome(struct batch *batch, size_t index, enum scn_job_result result,
                                        struct shim_history *history, char *message, size_t size)
{
    char path[SCN_JOB_PATH], bound[1200];
    struct scn_outcome *outcome = &batch->job->schedules->outcome;
    if (!scn_outcome_read(below(batch, "outcome", (long)index, path), outcome) || !outcome->ran) {
        return result;
    }
    const char *picture = outcome->picture != NULL ? outcome->picture : "";
    size_t room = strlen(outcome->place) + strlen(picture) + 2;
    char *text = malloc(room);
    if (text != NULL) {
        snprintf(text, room, "%s\n%s", outcome->place, picture);
    }
    switch (outcome->how) {
    case SHIM_RUN_DEADLOCK:
        shim_history_add_event(history, SHIM_EVENT_DEADLOCK, outcome->message, text);
        break;
    case SHIM_RUN_LIVELOCK:
        snprintf(bound, sizeof bound, "no end within %llu decisions; %s",
                 (unsigned long long)outcome->steps, outcome->message);
        shim_history_add_event(history, SHIM_EVENT_LIVELOCK, bound, text);
        break;
    case SHIM_RUN_REFUSED:
        free(text);
        snprintf(message, size, "the scheduler cannot control this run: %.300s", outcome->message);
        return SCN_JOB_HARNESS;
    default:
        break;
    }
    free(text);
    return result;
}

static bool is_stopped(const struct batch *batch)
{
    const struct scn_schedules *schedules = batch->job->schedules;
    return schedules != NULL && schedules->stop != NULL && atomic_load(schedules->stop);
}

/* The plan is done, one way or the other: reads what it left, and hands it over. `alive`: the child
 * goes on with the next plan. */
static enum scn_job_result finish(struct batch *batch, size_t index, enum ending ending)
{
    char path[SCN_JOB_PATH], message[SCN_JOB_MESSAGE] = "";
    enum scn_job_result result = SCN_JOB_DONE;
    struct shim_history history;
    shim_history_init(&history);
    bool said = has_result(batch, index);
    if (said) {
        result = scn_result_read(below(batch, "result", (long)index, path), message,
                                 sizeof message);
    }
    if (shim_recorder_read(batch->recorders[index % batch->window], &history, message, sizeof message) != 0) {
        result = SCN_JOB_HARNESS;
    }
    if (ending == END_INTERRUPTED) {
        end_child(batch, ending, &history);
        result = SCN_JOB_INTERRUPTED;
        snprintf(message, sizeof message, "interrupted");
    } else if (ending == END_HANG || ending == END_TIMEOUT) {
        end_child(batch, ending, &history);
        result = SCN_JOB_DONE;
    } else if (ending == END_EXITED && (!said || batch->exit.by_signal || batch->exit.code != 0)) {
        /* The child's own words, if any, were spoken before it died. */
        if (result == SCN_JOB_DONE || !said) {
            result = SCN_JOB_DONE;
            if (!scn_was_killed(&history)) {
                scn_note_death(&history, batch->directory, index, &batch->exit);
            }
        }
    }
    if (batch->job->schedules != NULL) {
        result = note_outcome(batch, index, result, &history, message, sizeof message);
    }
    if (batch->job->faults != NULL) {
        scn_faulted_read(below(batch, "faulted", (long)index, path), &batch->job->faults->outcome);
    }
    scn_note_sanitizers(&history, batch->directory, index);
    bool died = result == SCN_JOB_DONE &&
                (ending == END_HANG || ending == END_TIMEOUT || (ending == END_EXITED && !said));
    if (batch->exited && batch->process != NULL) {
        scn_process_free(batch->process);
        batch->process = NULL;
    }
    if (died) {
        shim_history_sort(&history);
        verify_again(batch, index, &history);
    }
    result = hand_over(batch, index, result, &history, message);
    if (result == SCN_JOB_ENGINE_UNUSABLE || result == SCN_JOB_HARNESS ||
        result == SCN_JOB_INTERRUPTED) {
        fail(batch, message);
    }
    shim_history_fini(&history);
    forget(batch, index);
    return result;
}

static bool is_fatal(enum scn_job_result result)
{
    return result == SCN_JOB_ENGINE_UNUSABLE || result == SCN_JOB_HARNESS ||
           result == SCN_JOB_INTERRUPTED;
}

static enum scn_job_result run(struct batch *batch)
{
    enum scn_job_result result = SCN_JOB_DONE;
    for (size_t next = 0; next < batch->count && !is_fatal(result) && !is_stopped(batch);) {
        if (batch->process == NULL && start(batch, next, false) != 0) {
            return SCN_JOB_HARNESS;
        }
        enum ending ending;
        batch->current = next;
        bool went_on = watch(batch, batch->recorders[next % batch->window],
                             next + 1 == batch->count && batch->job->schedules == NULL, &ending);
        if (!went_on && ending == END_EXITED && has_result(batch, next) &&
            next + 1 < batch->count && batch->exit.code == 0 && !batch->exit.by_signal) {
            ending = END_RUNNING; /* seen between the two looks: it was done with this one */
        }
        result = finish(batch, next, ending);
        next++;
        if (batch->ready < batch->count && !is_fatal(result) && make_ready(batch, batch->ready) != 0) {
            return SCN_JOB_HARNESS;
        }
    }
    if (batch->process != NULL) {
        scn_process_kill(batch->process);
        scn_process_free(batch->process);
        batch->process = NULL;
    }
    return is_fatal(result) ? result : SCN_JOB_DONE;
}

enum scn_job_result scn_supervise_batch(const struct scn_job *job,
                                        const struct scn_plan *const *plans, size_t count,
                                        scn_job_done done, void *context, char *error,
                                        size_t error_size)
{
    struct batch batch = {.job = job,
                          .plans = plans,
                          .count = count,
                          .done = done,
                          .context = context,
                          .error = error,
                          .error_size = error_size};
    scn_job_limits(job, &batch.hang_ms, &batch.timeout_ms);
    if (error_size > 0) {
        error[0] = '\0';
    }
    enum scn_job_result result = prepare(&batch) == 0 ? run(&batch) : SCN_JOB_HARNESS;
    for (size_t i = batch.ready > batch.window ? batch.ready - batch.window : 0;
         batch.recorders != NULL && i < batch.ready; i++) {
        forget(&batch, i);
    }
    if (job->schedules != NULL) {
        scn_outcome_fini(&job->schedules->outcome);
    }
    if (job->faults != NULL) {
        scn_faulted_fini(&job->faults->outcome);
    }
    free(batch.recorders);
    if (!job->keep_directory && job->directory == NULL) {
        scn_directory_remove(batch.directory);
    }
    return result;
}

struct single {
    struct shim_history *history;
    enum scn_job_result result;
    char message[SCN_JOB_MESSAGE];
};

static void take(void *context, size_t index, enum scn_job_result result,
                 struct shim_history *history, const char *message)
{
    struct single *single = context;
    (void)index;
    shim_history_fini(single->history);
    *single->history = *history;
    shim_history_init(history);
    single->result = result;
    snprintf(single->message, sizeof single->message, "%s", message);
}

enum scn_job_result scn_supervise(const struct scn_job *job, struct shim_history *history,
                                  char *error, size_t error_size)
{
    struct single single = {.history = history, .result = SCN_JOB_HARNESS};
    enum scn_job_result result =
        scn_supervise_batch(job, &job->plan, 1, take, &single, error, error_size);
    if (result == SCN_JOB_DONE) {
        result = single.result;
    }
    if (result != SCN_JOB_DONE && single.message[0] != '\0') {
        snprintf(error, error_size, "%s", single.message);
    }
    return result;
}

enum scn_job_result scn_supervise_restart(const struct scn_job *job, scn_fill fill, void *context,
                                          struct shim_history *history, char *error, size_t error_size)
{
    char path[SCN_JOB_PATH];
    struct batch batch = {
        .job = job, .plans = &job->plan, .count = 1, .error = error, .error_size = error_size};
    scn_job_limits(job, &batch.hang_ms, &batch.timeout_ms);
    error[0] = '\0';
    name_directory(&batch);
    scn_directory_remove(below(&batch, "run", 0, path));
    int failed = scn_directory_make(batch.directory) != 0 || scn_directory_make(path) != 0
                     ? fail(&batch, "the work directory cannot be written")
                 : write_plan(&batch, 0) != 0 ? -1
                                              : fill(context, path, error, error_size);
    if (failed == 0) {
        verify_again(&batch, 0, history);
        failed = scn_job_header(job, job->plan, history) != 0 ? fail(&batch, "out of memory")
                 : error[0] != '\0'                           ? -1
                                                              : 0;
    }
    if (!job->keep_directory && job->directory == NULL) {
        scn_directory_remove(batch.directory);
    }
    return scn_interrupted() ? SCN_JOB_INTERRUPTED : failed != 0 ? SCN_JOB_HARNESS : SCN_JOB_DONE;
}
