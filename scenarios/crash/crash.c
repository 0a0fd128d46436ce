/* scenarios/crash/crash.c - the command: a run is recorded, then the power is cut at many of its moments.
 *
 * One run per repeat, with what the engine writes recorded (shims/disk). Then, for each crash state, the
 * files are rebuilt as the cut could have left them, the engine is started on them and reads the
 * tables, and the judge sees the history up to the cut with the restart behind it: exactly what it sees
 * of a killed process, but for the files.
 */
#include "scenarios/crash/crash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/language/language.h"
#include "scenarios/supervisor/platform.h"

static int states_wanted(const struct cmd_options *options)
{
    return options->states != 0 ? options->states : CRASH_STATES;
}

static int play_states(struct cmd_options *options, const struct scn_job *job, const char *again,
                       const struct shim_disk *disk, const struct shim_history *history,
                       struct rpt_case *c)
{
    struct scn_plan plan;
    struct scn_job restart;
    size_t first, end, count, played = 0;
    crash_range(disk, history, &first, &end);
    if (end <= first) {
        return cmd_case_note(c, RPT_NOT_EXERCISED, SHIM_FN_NONE,
                             "the engine changed no file between set-up and the end: there was no moment to cut");
    }
    crash_restart_job(job, &plan, &restart);
    restart.disk = again;
    restart.engine_build = history->header.engine_build;
    struct crash_round round = {.options = options, .job = &restart, .name = job->plan->name, .disk = disk,
                                .history = history, .recording = job->disk, .c = c};
    uint64_t seed = job->seed + (uint64_t)job->repeat * 0x9e3779b97f4a7c15u;
    struct crash_state *states = crash_choose(disk, first, end, states_wanted(options), true, seed, &count);
    if (states == NULL) {
        return cmd_fail(CMD_HARNESS, "out of memory");
    }
    int result = crash_play(&round, states, count, &played);
    free(states);
    return result;
}

/* The recorded run is a run like those of `esecheck run`: what is wrong in it without any cut, no state shows whose cut lies
 * before that. One that conforms is no repeat of the case: those are the states. 0, -1 without memory, or an exit code. */
static int judge_run(struct cmd_options *options, const char *command, const struct shim_history *history,
                     struct rpt_case *c)
{
    struct rpt_judgement judgement;
    enum rpt_verdict before = c->verdict;
    int result = 0;
    if (rpt_judge(history, options->profile, &judgement) != 0) {
        return -1;
    }
    if (rpt_verdict_is_broken(judgement.verdict)) {
        result = rpt_case_add(c, &judgement, history);
        cmd_take_stacks(c, history);
    }
    if (result == 0 && c->verdict != before) { /* as with states: the first with the gravest verdict is kept */
        free(c->cause);
        free(c->command);
        c->cause = cmd_copy("no power was cut: this is the recorded run itself");
        c->command = cmd_copy(command);
        result = c->cause == NULL || c->command == NULL
                     ? -1
                     : cmd_report_history(options, c->name, history, NULL, &c->evidence);
    }
    rpt_judgement_fini(&judgement);
    return result;
}

/* One run, recorded, and its states. *stop: the engine cannot play the script. */
static int play_run(struct cmd_options *options, const char *work, const struct cmd_script *script,
                    const char *command, int repeat, struct rpt_case *c, bool *stop)
{
    struct scn_job job;
    struct shim_history history;
    struct shim_disk *disk = NULL;
    char error[CMD_MESSAGE] = "", directory[CMD_PATH], path[CMD_PATH + 32], again[CMD_PATH + 32];
    int result = 0;
    snprintf(directory, sizeof directory, "%.700s/%.200s-%d", work, script->plan->name, repeat);
    snprintf(path, sizeof path, "%s/disk", directory);
    snprintf(again, sizeof again, "%s/disk-again", directory);
    cmd_job(options, work, &job);
    job.plan = script->plan;
    job.script = script->path;
    job.repeat = repeat;
    job.disk = path;
    job.directory = directory;
    job.command = command;
    shim_history_init(&history);
    enum scn_job_result done = scn_supervise(&job, &history, error, sizeof error);
    if (done == SCN_JOB_UNSUPPORTED || done == SCN_JOB_SETUP_FAILED) {
        *stop = true;
        result = cmd_case_note(c, done == SCN_JOB_UNSUPPORTED ? RPT_UNSUPPORTED : RPT_NOT_EXERCISED,
                               SHIM_FN_NONE, error);
    } else if (done != SCN_JOB_DONE) {
        result = done == SCN_JOB_INTERRUPTED
                     ? CMD_HARNESS
                     : cmd_fail(done == SCN_JOB_ENGINE_UNUSABLE ? CMD_NOTHING : CMD_HARNESS, "%s: %s",
                                script->plan->name, error);
    } else if ((result = judge_run(options, command, &history, c)) != 0) {
        *stop = true;
    } else if (shim_disk_open(path, &disk, error, sizeof error) != 0) {
        *stop = true;
        result = cmd_case_note(c, RPT_NOT_EXERCISED, SHIM_FN_NONE, error);
    } else {
        crash_tell_uncovered(c->name, "the run", shim_disk_uncovered(disk));
        result = play_states(options, &job, again, disk, &history, c);
    }
    shim_disk_close(disk);
    if (!options->keep) {
        scn_directory_remove(directory);
    }
    shim_history_fini(&history);
    return result < 0 ? cmd_fail(CMD_HARNESS, "out of memory") : result;
}

static int crash_script(struct cmd_options *options, const char *work,
                        const struct cmd_script *script, struct rpt_suite *suite)
{
    uint64_t begin = scn_milliseconds();
    int result = 0, repeats = options->repeat > 0 ? options->repeat : 1;
    char command[CMD_PATH * 4], seed[24], states[24];
    struct rpt_case *c = rpt_suite_add(suite);
    bool stop = false;
    if (c == NULL) {
        return cmd_fail(CMD_HARNESS, "out of memory");
    }
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)options->seed);
    snprintf(states, sizeof states, "%d", states_wanted(options));
    const char *words[] = {"crash", script->path, "--seed", seed, "--states",
                           states_wanted(options) == CRASH_ALL ? "all" : states,
                           options->checker != NULL ? "--checker" : NULL, options->checker, NULL};
    cmd_again(options, words, command, sizeof command);
    c->suite = cmd_copy("crash");
    c->name = cmd_copy(script->plan->name);
    c->command = cmd_copy(command);
    for (int r = 0; r < repeats && result == 0 && !stop && !scn_interrupted(); r++) {
        result = play_run(options, work, script, command, r, c, &stop);
    }
    c->seconds = (double)(scn_milliseconds() - begin) / 1000.0;
    return result;
}

static int crash_scripts(struct cmd_options *options, const char *work, struct rpt_suite *suite)
{
    struct cmd_scripts scripts;
    int result = cmd_scripts_load(options, &scripts);
    if (result == 0) {
        result = cmd_each_script(options, work, &scripts, crash_script, suite);
        cmd_scripts_free(&scripts);
    }
    return result;
}

int cmd_crash(struct cmd_options *options)
{
    char checker[CMD_PATH];
    int result = crash_find_checker(options, checker, sizeof checker);
    return result != 0 ? result : cmd_with_suite(options, CMD_WORK_IN_MEMORY, crash_scripts);
}
