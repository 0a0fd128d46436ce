/* scenarios/supervisor/control_posix.c - the child's side of controlled schedules. */
#include "scenarios/supervisor/control.h"

#include <dlfcn.h>
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
#include "shims/schedule/storage.h"

#define TRACE_ROOM ((size_t)8 << 20)
#define TURNS 8192 /* of a run that are kept for the readable trace */

/* A thread's turn: what it did first and last. */
struct turn {
    uint32_t thread;
    uint64_t steps;
    struct shim_event first, last;
};

/* Between child and fork. */
struct shared {
    bool ran, finished, more;
    enum scn_job_result result;
    char error[SCN_JOB_MESSAGE];
    struct shim_run_result run;
    struct shim_trace trace;
    struct shim_strategy watch;  /* notes the turns */
    struct shim_strategy *inner;
    size_t turn_count;
    struct turn turns[TURNS];
    uint8_t room[TRACE_ROOM];
};

struct scn_control {
    const struct scn_schedules *schedules;
    const char *directory;
    struct shim_strategy *strategy; /* NULL: every schedule follows a trace of its own */
    struct shared *shared;
};

static struct shared *watched; /* strategies have no context beside themselves */

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

static uint32_t watch_choose(struct shim_strategy *strategy, const struct shim_choice *choice)
{
    struct shared *shared = watched;
    uint32_t pick = shared->inner->choose(shared->inner, choice);
    (void)strategy;
    if (pick >= choice->count) {
        return pick;
    }
    const struct shim_event *event = choice->event[pick];
    struct turn *turn = shared->turn_count > 0 ? &shared->turns[shared->turn_count - 1] : NULL;
    if (turn == NULL || turn->thread != event->thread) {
        if (shared->turn_count == TURNS) {
            return pick;
        }
        turn = &shared->turns[shared->turn_count++];
        turn->thread = event->thread;
        turn->steps = 0;
        turn->first = *event;
    }
    turn->last = *event;
    turn->steps++;
    return pick;
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
                                       .one_cpu = true};
    struct shim_strategy *strategy = shared->inner;
    if (control->schedules->turns) {
        shared->watch = (struct shim_strategy){.choose = watch_choose};
        watched = shared;
        strategy = &shared->watch;
    }
    shared->ran = true;
    shim_control_run(&how, strategy, &shared->trace, run_body, &body, &shared->run);
    if (shared->run.outcome == SHIM_RUN_DONE) {
        return body.result;
    }
    /* Everything was left in the middle: nothing but the words can be trusted. */
    shared->result = shared->run.outcome == SHIM_RUN_REFUSED ? SCN_JOB_HARNESS : SCN_JOB_DONE;
    snprintf(shared->error, sizeof shared->error, "%s", shared->run.message);
    shared->finished = true;
    _exit(0);
}

/* ---- the child ---- */

static const char *place_of(const void *site, char *text, size_t size)
{
    Dl_info info;
    if (site == NULL || dladdr(site, &info) == 0 || info.dli_fname == NULL) {
        snprintf(text, size, "-");
    } else {
        /* The call, not where it returns to. */
        snprintf(text, size, "%s(+0x%zx)[%p]", info.dli_fname,
                 (size_t)((uintptr_t)site - (uintptr_t)info.dli_fbase) - 1, site);
    }
    return text;
}

static void write_event(FILE *file, const char *which, const struct shim_event *event)
{
    char place[600];
    bool call = event->op == SHIM_OP_ENTER || event->op == SHIM_OP_LEAVE;
    fprintf(file, "%s %s%s%s\n%s\n", which, shim_op_name(event->op), call ? " " : "",
            call && event->object != NULL ? ((const struct shim_function *)event->object)->name : "",
            place_of(call ? NULL : event->site, place, sizeof place));
}

static void write_outcome(const struct scn_control *control, size_t number)
{
    char path[SCN_JOB_PATH];
    const struct shared *shared = control->shared;
    snprintf(path, sizeof path, "%.900s/outcome-%zu", control->directory, number);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return;
    }
    char *trace = shim_trace_text(&shared->trace);
    fprintf(file, "%d %d %llu %llu %zu %d %d\n%.*s\n%s\n", shared->ran, (int)shared->run.outcome,
            (unsigned long long)shared->run.steps, (unsigned long long)shared->run.hash,
            shared->trace.count, shared->more, shared->trace.full,
            (int)strcspn(shared->run.message, "\n"), shared->run.message, trace != NULL ? trace : "");
    free(trace);
    for (size_t i = 0; i < shared->turn_count; i++) {
        const struct turn *turn = &shared->turns[i];
        fprintf(file, "turn %u %llu\n", turn->thread, (unsigned long long)turn->steps);
        write_event(file, "first", &turn->first);
        write_event(file, "last", &turn->last);
    }
    fclose(file);
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

static int read_trace(const struct scn_control *control, size_t number, struct shim_trace *trace,
                      char *error, size_t error_size)
{
    char path[SCN_JOB_PATH];
    snprintf(path, sizeof path, "%.900s/trace-%zu", control->directory, number);
    char *text = scn_read_tail(path, (size_t)1 << 28);
    int failed = text == NULL || shim_trace_parse(text, trace, error, error_size) != 0;
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
    int status = 0;
    shared->ran = shared->finished = false;
    shared->more = true;
    shared->turn_count = 0;
    shared->trace = (struct shim_trace){.thread = shared->room, .room = TRACE_ROOM};
    memset(&shared->run, 0, sizeof shared->run);
    shared->inner = control->strategy;
    if (schedules->mode != SCN_SCHEDULES_SEARCH) {
        if (read_trace(control, number, &given, error, error_size) != 0) {
            return SCN_JOB_HARNESS;
        }
        bool exactly = schedules->mode == SCN_SCHEDULES_REPLAY && !(schedules->first_follows && number == 0);
        shared->inner = exactly ? shim_strategy_replay(&given) : shim_strategy_follow(&given);
    }
    if (shared->inner == NULL) {
        snprintf(error, error_size, "out of memory");
        return SCN_JOB_HARNESS;
    }
    shared->inner->begin(shared->inner, schedules->seed + schedules->first + number * schedules->stride);
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
    if (shared->ran) {
        shared->more = shared->inner->end(shared->inner, shared->run.steps);
    }
    write_outcome(control, number);
    if (schedules->mode != SCN_SCHEDULES_SEARCH) {
        shim_strategy_free(shared->inner);
        shim_trace_fini(&given);
    }
    if (!shared->finished || WIFSIGNALED(status)) {
        end_like(status);
    }
    snprintf(error, error_size, "%s", shared->error);
    return shared->result;
}
