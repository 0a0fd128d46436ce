/* scenarios/supervisor/control_posix.c - the child's side of controlled schedules. */
#include "scenarios/supervisor/control.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scenarios/supervisor/job.h"
#include "scenarios/supervisor/platform.h"
#include "shims/schedule/control.h"
#include "shims/schedule/freed.h"
#include "shims/schedule/hold.h"
#include "shims/schedule/storage.h"
#include "shims/schedule/story.h"

#define TRACE_ROOM ((size_t)8 << 20)

/* Between child and fork. */
struct shared {
    bool ran, finished, more;
    enum scn_job_result result;
    char error[SCN_JOB_MESSAGE];
    struct shim_run_result run;
    struct shim_trace trace;
    struct shim_strategy *inner;
    struct shim_hold hold;
    bool holds;
    uint64_t seed;
    struct shim_watch watch;
    uint8_t room[TRACE_ROOM];
};

struct scn_control {
    const struct scn_schedules *schedules;
    const char *directory;
    struct shim_strategy *strategy; /* NULL: every schedule follows a trace of its own */
    struct shared *shared;
};

void scn_control_fix_addresses(char **argv)
{
    int before = personality(0xffffffff);
    if (before < 0 || (before & ADDR_NO_RANDOMIZE) != 0 ||
        personality((unsigned long)before | ADDR_NO_RANDOMIZE) < 0) {
        return;
    }
    execv("/proc/self/exe", argv);
}

bool scn_addresses_can_be_fixed(void)
{
    int before = personality(0xffffffff);
    if (before < 0 || personality((unsigned long)before | ADDR_NO_RANDOMIZE) < 0) {
        return false;
    }
    personality((unsigned long)before);
    return true;
}

struct scn_control *scn_control_new(const struct scn_schedules *schedules, struct shim_library *library,
                                    const char *directory, char *error, size_t error_size)
{
    struct scn_control *control = calloc(1, sizeof *control);
    if (control != NULL) {
        control->schedules = schedules;
        control->directory = directory;
        control->shared = shim_storage_new(sizeof *control->shared);
        if (schedules->mode == SCN_SCHEDULES_SEARCH) {
            control->strategy = shim_strategy_new((enum shim_strategy_kind)schedules->strategy,
                                                  schedules->depth);
        }
    }
    if (control == NULL || control->shared == NULL ||
        (schedules->mode == SCN_SCHEDULES_SEARCH && control->strategy == NULL)) {
        snprintf(error, error_size, "out of memory");
        scn_control_free(control);
        return NULL;
    }
    if (shim_control_redirect(shim_library_module(library)) == 0) {
        snprintf(error, error_size, "the engine imports nothing that the scheduler could take over: "
                                    "its threads cannot be controlled");
        scn_control_free(control);
        return NULL;
    }
    shim_freed_redirect(shim_library_module(library));
    if (schedules->memory) {
        shim_control_redirect_memory(shim_library_module(library));
    }
    return control;
}

void scn_control_free(struct scn_control *control)
{
    if (control != NULL) {
        shim_strategy_free(control->strategy);
        shim_storage_free(control->shared, sizeof *control->shared);
        free(control);
    }
}

/* ---- in the fork ---- */

static void something_went_wrong(void *context, const struct shim_fault_event *event)
{
    struct shared *shared = context;
    const char *base = strrchr(event->path, '/');
    char text[160], what[SHIM_FAULT_TEXT];
    if (shared->watch.story) { /* a fault that lasts may come a thousand times: nothing is written for nobody */
        shim_fault_print(event->fault, what, sizeof what);
        snprintf(text, sizeof text, "gets %.*s from %s%s%s", (int)strcspn(what, " "), what,
                 shim_operation_name(event->operation), base != NULL ? " of " : "", base != NULL ? base + 1 : "");
        shim_watch_note(&shared->watch, text, event->frames, event->frame_count);
    }
    if (shared->holds) {
        shim_hold_thread(&shared->hold, shim_control_thread());
    }
}

struct body {
    const struct scn_plan *plan;
    const struct scn_run_options *options;
    char *error;
    size_t error_size;
    enum scn_run_result result;
};

static void run_body(void *argument)
{
    struct body *body = argument;
    body->result = scn_run(body->plan, body->options, body->error, body->error_size);
}

enum scn_run_result scn_control_run(struct scn_control *control, const struct scn_plan *plan,
                                    const struct scn_run_options *options, char *error,
                                    size_t error_size)
{
    struct shared *shared = control->shared;
    struct body body = {plan, options, error, error_size, SCN_RUN_HARNESS};
    struct shim_control_options how = {.steps = control->schedules->steps,
                                       .memory = control->schedules->memory,
                                       .swift = shim_sanitizer_of_this_program() == SHIM_SAN_NONE,
                                       .leaps = true,
                                       .between = scn_between(control->schedules, shared->seed),
                                       .one_cpu = true,
                                       .watch = &shared->watch};
    struct shim_strategy *strategy = shared->inner;
    shared->holds = control->schedules->hold;
    shim_faults_watch(something_went_wrong, shared);
    if (shared->holds) {
        shim_hold_init(&shared->hold, strategy, shared->seed);
        strategy = &shared->hold.strategy;
    }
    shared->ran = true;
    shim_control_run(&how, strategy, &shared->trace, run_body, &body, &shared->run);
    if (shared->run.outcome == SHIM_RUN_DONE) {
        shim_freed_check();
        return body.result;
    }
    /* Everything was left in the middle: nothing but the words can be trusted. */
    shared->result = shared->run.outcome == SHIM_RUN_REFUSED ? SCN_JOB_HARNESS : SCN_JOB_DONE;
    snprintf(shared->error, sizeof shared->error, "%s", shared->run.message);
    shared->finished = true;
    _exit(0);
}

/* ---- the child ---- */

static void write_outcome(const struct scn_control *control, size_t number)
{
    char path[SCN_JOB_PATH], place[400];
    const struct shared *shared = control->shared;
    snprintf(path, sizeof path, "%.900s/outcome-%zu", control->directory, number);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return;
    }
    char *trace = shim_trace_text(&shared->trace);
    char *turns = control->schedules->mode != SCN_SCHEDULES_SEARCH ? shim_turns_text(&shared->watch.turns) : NULL;
    shim_story_place(&shared->watch, shared->run.outcome, place, sizeof place);
    fprintf(file, "%d %d %llu %llu %zu %d %d\n%.*s\n%s\n%s\n%s\n", shared->ran, (int)shared->run.outcome,
            (unsigned long long)shared->run.steps, (unsigned long long)shared->run.hash,
            shared->trace.count, shared->more, shared->trace.full,
            (int)strcspn(shared->run.message, "\n"), shared->run.message, place, trace != NULL ? trace : "",
            turns != NULL ? turns : "");
    free(trace);
    free(turns);
    shim_coverage_write(file, &shared->watch);
    if (control->schedules->story) {
        shim_story_write(file, &shared->watch);
    }
    fclose(file);
}

/* A fork that died, or was killed by its script, left no words about its run; the decisions it took are here. */
static void note_death(struct shared *shared)
{
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i < shared->trace.count; i++) {
        hash = (hash ^ shared->trace.thread[i]) * 0x100000001B3u;
    }
    shared->run.steps = shared->trace.count;
    shared->run.hash = hash;
}

/* Ends this process as the fork ended. */
static void end_like(int status)
{
    if (WIFSIGNALED(status)) {
        signal(WTERMSIG(status), SIG_DFL);
        raise(WTERMSIG(status));
    }
    _exit(WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : 1);
}

/* What a schedule is told to do: decisions, or turns. */
static int read_given(const struct scn_control *control, size_t number, struct shim_trace *trace,
                      struct shim_turns *turns, char *error, size_t error_size)
{
    char path[SCN_JOB_PATH];
    snprintf(path, sizeof path, "%.900s/trace-%zu", control->directory, number);
    char *text = scn_read_tail(path, (size_t)1 << 28);
    int failed = text == NULL;
    if (!failed) {
        failed = control->schedules->mode == SCN_SCHEDULES_REPLAY
                     ? shim_trace_parse(text, trace, error, error_size)
                     : shim_turns_parse(text, turns, error, error_size);
    }
    free(text);
    return failed ? -1 : 0;
}

enum scn_job_result scn_control_fork(struct scn_control *control, size_t number,
                                     enum scn_job_result (*play)(void *context, size_t number,
                                                                 char *error, size_t error_size),
                                     void *context, char *error, size_t error_size)
{
    struct shared *shared = control->shared;
    const struct scn_schedules *schedules = control->schedules;
    struct shim_trace given = {.thread = NULL};
    struct shim_turns given_turns = {.turn = NULL};
    int status = 0;
    shared->ran = shared->finished = false;
    shared->more = true;
    shim_watch_clear(&shared->watch);
    shared->watch.story = schedules->story;
    shared->watch.keep = schedules->mode != SCN_SCHEDULES_SEARCH;
    shared->trace = (struct shim_trace){.thread = shared->room, .room = TRACE_ROOM};
    memset(&shared->run, 0, sizeof shared->run);
    shared->inner = control->strategy;
    if (schedules->mode != SCN_SCHEDULES_SEARCH) {
        if (read_given(control, number, &given, &given_turns, error, error_size) != 0) {
            return SCN_JOB_HARNESS;
        }
        shared->inner = schedules->mode == SCN_SCHEDULES_FOLLOW      ? shim_strategy_turns(&given_turns)
                        : schedules->first_follows && number == 0 ? shim_strategy_follow(&given)
                                                                      : shim_strategy_replay(&given);
    }
    if (shared->inner == NULL) {
        snprintf(error, error_size, "out of memory");
        return SCN_JOB_HARNESS;
    }
    shared->seed = schedules->seed + schedules->first + number * schedules->stride;
    shared->inner->begin(shared->inner, shared->seed);
    pid_t fork_id = fork();
    if (fork_id == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        enum scn_job_result result = play(context, number, shared->error, sizeof shared->error);
        shared->result = result;
        shared->finished = true;
        if (shim_sanitizer_of_this_program() == SHIM_SAN_NONE) {
            _exit(0);
        }
        exit(0);
    }
    while (fork_id > 0 && waitpid(fork_id, &status, 0) < 0 && errno == EINTR) {
    }
    if (fork_id < 0) {
        snprintf(error, error_size, "no process for a schedule: %s", strerror(errno));
        return SCN_JOB_HARNESS;
    }
    if (shared->ran && shared->run.steps == 0) {
        note_death(shared);
    }
    if (shared->ran) {
        shared->more = shared->inner->end(shared->inner, shared->run.steps);
    }
    write_outcome(control, number);
    if (schedules->mode != SCN_SCHEDULES_SEARCH) {
        shim_strategy_free(shared->inner);
        shim_trace_fini(&given);
        free(given_turns.turn);
    }
    if (!shared->finished || WIFSIGNALED(status)) {
        end_like(status);
    }
    snprintf(error, error_size, "%s", shared->error);
    return shared->result;
}
