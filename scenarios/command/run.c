/* scenarios/command/run.c - scripts against an engine: run, and the whole main job. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/command/command.h"
#include "scenarios/language/language.h"
#include "scenarios/runner/runner.h"
#include "scenarios/supervisor/job.h"
#include "scenarios/supervisor/platform.h"

#define REPEATS 5
#define KEEP_CALLS 20000 /* of a history that shows nothing wrong; larger ones only of the last run */
#define KEEP_CALLS_LAST 40000
#define MOST_JOBS 64

/* Judges one repeat and adds it to the case; saves its history if it is worth it. */
static int add_run(struct cmd_options *options, const struct cmd_script *script,
                   const struct shim_history *history, struct rpt_case *c, bool last)
{
    struct rpt_judgement judgement;
    int result = 0;
    if (rpt_judge(history, options->profile, &judgement) != 0) {
        return cmd_fail(CMD_HARNESS, "out of memory while judging %s", script->plan->name);
    }
    bool was_broken = rpt_verdict_is_broken(c->verdict);
    bool broken = rpt_verdict_is_broken(judgement.verdict);
    if (rpt_case_add(c, &judgement, history) != 0) {
        result = cmd_fail(CMD_HARNESS, "out of memory");
    }
    cmd_take_stacks(c, history);
    for (size_t i = 0; i < history->event_count && result == 0; i++) {
        const struct shim_hist_event *event = &history->events[i];
        if (event->kind == SHIM_EVENT_NOTE && event->name != NULL &&
            strcmp(event->name, SCN_FAULT_MISSED) == 0) {
            char text[CMD_MESSAGE];
            snprintf(text, sizeof text, "the fault in line %lld: %.900s", (long long)event->value[0],
                     event->text != NULL ? event->text : "");
            result = cmd_case_note(c, RPT_NOT_EXERCISED, SHIM_FN_NONE, text) != 0 ? CMD_HARNESS : 0;
            break;
        }
    }
    if (result == 0 && !was_broken &&
        (broken || (c->evidence == NULL &&
                    history->call_count <= (last ? KEEP_CALLS_LAST : KEEP_CALLS)))) {
        result = cmd_report_history(options, script->plan->name, history, NULL, &c->evidence);
    }
    if (result == 0 && broken && !was_broken) {
        free(c->command);
        c->command = cmd_copy(history->header.command);
    }
    rpt_judgement_fini(&judgement);
    return result;
}

/* Plays one repeat, or its control (`control` NULL: this is the control, which `history` keeps). */
static int play_repeat(struct cmd_options *options, const char *work,
                       const struct cmd_script *script, int repeat, bool perturb,
                       struct rpt_case *c, bool last, bool *stop,
                       const struct shim_history *control, struct shim_history *history)
{
    struct scn_job job;
    char error[CMD_MESSAGE] = "", command[CMD_PATH * 4], seed[24];
    int result = 0;
    snprintf(seed, sizeof seed, "%llu",
             (unsigned long long)scn_seed_of_repeat(options->seed, repeat));
    const char *words[] = {perturb ? "explore" : "run", script->path, "--seed", seed, "--repeat",
                           "1", perturb ? "--schedules" : NULL, "1", "--strategy", "disturb", NULL};
    cmd_again(options, words, command, sizeof command);
    cmd_job(options, work, &job);
    job.plan = script->plan;
    job.script = script->path;
    job.repeat = repeat;
    job.perturb = perturb;
    job.control = script->plan->control && control == NULL;
    job.command = command;
    switch (scn_supervise(&job, history, error, sizeof error)) {
    case SCN_JOB_DONE:
        if (control != NULL && cmd_compare_with_control(script->plan, control, history, c) != 0) {
            result = cmd_fail(CMD_HARNESS, "out of memory");
        } else {
            result = add_run(options, script, history, c, last);
        }
        break;
    case SCN_JOB_UNSUPPORTED:
        *stop = true;
        result = cmd_case_note(c, RPT_UNSUPPORTED, SHIM_FN_NONE, error);
        break;
    case SCN_JOB_SETUP_FAILED:
        *stop = true;
        result = cmd_case_note(c, RPT_NOT_EXERCISED, SHIM_FN_NONE, error);
        break;
    case SCN_JOB_ENGINE_UNUSABLE:
        result = cmd_fail(CMD_NOTHING, "%s", error);
        break;
    case SCN_JOB_HARNESS:
        result = cmd_fail(CMD_HARNESS, "%s: %s", script->plan->name, error);
        break;
    case SCN_JOB_INTERRUPTED:
        result = CMD_HARNESS;
        break;
    }
    return result < 0 ? cmd_fail(CMD_HARNESS, "out of memory") : result;
}

static int run_repeat(struct cmd_options *options, const char *work,
                      const struct cmd_script *script, int repeat, bool perturb,
                      struct rpt_case *c, bool last, bool *stop)
{
    struct shim_history history, control;
    int result = 0;
    shim_history_init(&history);
    shim_history_init(&control);
    if (script->plan->control) {
        result = play_repeat(options, work, script, repeat, perturb, c, false, stop, NULL,
                             &control);
    }
    if (result == 0 && !*stop && !scn_interrupted()) {
        result = play_repeat(options, work, script, repeat, perturb, c, last, stop,
                             script->plan->control ? &control : NULL, &history);
    }
    shim_history_fini(&control);
    shim_history_fini(&history);
    return result;
}

static int repeats_of(const struct cmd_options *options, const struct scn_plan *plan)
{
    return options->repeat > 0 ? options->repeat : plan->repeat > 0 ? plan->repeat : REPEATS;
}

int cmd_run_script(struct cmd_options *options, const char *work, const struct cmd_script *script,
                   bool perturb, struct rpt_suite *suite)
{
    int repeats = perturb ? options->schedules : repeats_of(options, script->plan), result = 0;
    uint64_t begin = scn_milliseconds();
    char command[CMD_PATH * 4], seed[24];
    bool stop = false;
    struct rpt_case *c = rpt_suite_add(suite);
    if (c == NULL) {
        return cmd_fail(CMD_HARNESS, "out of memory");
    }
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)options->seed);
    const char *words[] = {"run", script->path, "--seed", seed, NULL};
    cmd_again(options, words, command, sizeof command);
    c->suite = cmd_copy(perturb ? "explore" : "run");
    c->name = cmd_copy(script->plan->name);
    c->command = cmd_copy(command);
    for (int r = 0; r < repeats && result == 0 && !stop && !scn_interrupted(); r++) {
        cmd_progress("%s: %d of %d", script->plan->name, r + 1, repeats);
        result = run_repeat(options, work, script, r, perturb, c, r + 1 == repeats, &stop);
        if (perturb && rpt_verdict_is_broken(c->verdict)) {
            break;
        }
    }
    if (result == 0 && !stop && cmd_check_exercise(script->plan, options->profile, c) != 0) {
        result = cmd_fail(CMD_HARNESS, "out of memory");
    }
    c->seconds = (double)(scn_milliseconds() - begin) / 1000.0;
    return result;
}

/* Several scripts at once: each worker takes the next script that nobody has; each script has a suite of
 * its own, so that the cases come in the order of the scripts however they end. */
struct crew {
    struct cmd_options *options;
    const char *work;
    const struct cmd_scripts *scripts;
    cmd_play play;
    struct rpt_suite *suites; /* one per script */
    atomic_size_t next;
    atomic_int result;
};

static void *play_scripts(void *argument)
{
    struct crew *crew = argument;
    size_t i;
    while (atomic_load(&crew->result) == 0 && !scn_interrupted() &&
           (i = atomic_fetch_add(&crew->next, 1)) < crew->scripts->count) {
        int result = crew->play(crew->options, crew->work, &crew->scripts->scripts[i],
                                &crew->suites[i]);
        int none = 0;
        if (result != 0) {
            atomic_compare_exchange_strong(&crew->result, &none, result);
        }
    }
    return NULL;
}

/* The cases of `from` become cases of `to`. 0, or -1 without memory. */
static int move_cases(struct rpt_suite *from, struct rpt_suite *to)
{
    for (size_t i = 0; i < from->case_count; i++) {
        struct rpt_case *c = rpt_suite_add(to);
        if (c == NULL) {
            return -1;
        }
        *c = from->cases[i];
        memset(&from->cases[i], 0, sizeof from->cases[i]); /* as rpt_suite_add makes them */
    }
    return 0;
}

int cmd_each_script(struct cmd_options *options, const char *work,
                    const struct cmd_scripts *scripts, cmd_play play, struct rpt_suite *suite)
{
    pthread_t threads[MOST_JOBS];
    struct crew crew = {.options = options, .work = work, .scripts = scripts, .play = play};
    int started = 0, jobs = options->jobs < MOST_JOBS ? options->jobs : MOST_JOBS;
    crew.suites = calloc(scripts->count + 1, sizeof crew.suites[0]);
    if (crew.suites == NULL) {
        return cmd_fail(CMD_HARNESS, "out of memory");
    }
    for (size_t i = 0; i < scripts->count; i++) {
        rpt_suite_init(&crew.suites[i]);
    }
    while (started + 1 < jobs && (size_t)started + 1 < scripts->count &&
           pthread_create(&threads[started], NULL, play_scripts, &crew) == 0) {
        started++;
    }
    play_scripts(&crew); /* without threads this one does it all */
    while (started > 0) {
        pthread_join(threads[--started], NULL);
    }
    int result = atomic_load(&crew.result);
    for (size_t i = 0; i < scripts->count; i++) {
        if (move_cases(&crew.suites[i], suite) != 0 && result == 0) {
            result = cmd_fail(CMD_HARNESS, "out of memory");
        }
        rpt_suite_fini(&crew.suites[i]);
    }
    free(crew.suites);
    return result;
}

static int run_plainly(struct cmd_options *options, const char *work,
                       const struct cmd_script *script, struct rpt_suite *suite)
{
    return cmd_run_script(options, work, script, false, suite);
}

int cmd_run_into(struct cmd_options *options, const char *work, struct rpt_suite *suite)
{
    struct cmd_scripts scripts;
    int result = cmd_scripts_load(options, &scripts);
    if (result == 0) {
        result = cmd_each_script(options, work, &scripts, run_plainly, suite);
    }
    cmd_scripts_free(&scripts);
    return result;
}

static int run_and_matrix(struct cmd_options *options, const char *work, struct rpt_suite *suite)
{
    int result = cmd_run_into(options, work, suite);
    return result != 0 ? result : cmd_matrix_into(options, work, suite, false);
}

int cmd_run(struct cmd_options *options)
{
    return cmd_with_suite(options, CMD_WORK_ON_DISK, cmd_run_into);
}

int cmd_all(struct cmd_options *options)
{
    return cmd_with_suite(options, CMD_WORK_ON_DISK, run_and_matrix);
}
