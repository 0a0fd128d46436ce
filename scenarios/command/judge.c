/* scenarios/command/judge.c - saved histories: judge them again, run them again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <io.h>
#define isatty _isatty
#else
#include <unistd.h>
#endif

#include "scenarios/command/command.h"
#include "scenarios/crash/crash.h"
#include "scenarios/explorer/schedule.h"
#include "scenarios/language/language.h"
#include "scenarios/supervisor/job.h"

/* Shows one judgement. Returns the exit code it means. */
static int show(const struct cmd_options *options, const char *name,
                const struct shim_history *history)
{
    struct rpt_judgement judgement;
    enum rpt_profile profile = cmd_profile_of(options, history);
    if (rpt_judge(history, profile, &judgement) != 0) {
        return cmd_fail(CMD_HARNESS, "out of memory while judging %s", name);
    }
    printf("%s: %s: %llu calls, %llu stops, %llu calls overlapped a stop, profile %s\n", name,
           rpt_verdict_name(judgement.verdict), (unsigned long long)judgement.calls,
           (unsigned long long)judgement.stops, (unsigned long long)judgement.overlapped,
           rpt_profile_name(profile));
    rpt_render_findings(stdout, history, &judgement, isatty(1) != 0);
    for (int fn = 0; options->verbose && fn < SHIM_FN_COUNT; fn++) {
        const struct rpt_tally *tally = &judgement.tally[fn];
        if (tally->before + tally->overlapped + tally->after > 0) {
            printf("  %-32s %8llu before %8llu overlapped %8llu after; %llu denied\n",
                   shim_function((enum shim_fn)fn)->name, (unsigned long long)tally->before,
                   (unsigned long long)tally->overlapped, (unsigned long long)tally->after,
                   (unsigned long long)tally->denied);
        }
    }
    int result = rpt_verdict_is_broken(judgement.verdict)   ? CMD_BROKEN
                 : judgement.verdict == RPT_CONFORMS ? CMD_CONFORMS
                                                     : CMD_NOTHING;
    rpt_judgement_fini(&judgement);
    return result;
}

/* Broken wins over nothing, nothing over fine; a failure of the harness over all. */
static int worse(int a, int b)
{
    static const int order[] = {[CMD_CONFORMS] = 0, [CMD_NOTHING] = 1, [CMD_BROKEN] = 2,
                                [CMD_USAGE] = 3, [CMD_HARNESS] = 4};
    return order[a] >= order[b] ? a : b;
}

int cmd_judge(struct cmd_options *options)
{
    int result = CMD_CONFORMS;
    for (int i = 0; i < options->file_count && result != CMD_USAGE; i++) {
        struct shim_history history;
        char error[CMD_MESSAGE];
        shim_history_init(&history);
        const char *file = options->files[i];
        const char *other = scn_schedule_is(file) ? "schedule" : cmd_crash_is_state(file) ? "crash state" : NULL;
        if (other != NULL) {
            result = cmd_fail(CMD_USAGE, "%s: a %s, not a history; `esecheck replay %s` plays it again", file, other, file);
        } else if (shim_history_load(&history, file, error, sizeof error) != 0) {
            result = cmd_fail(CMD_USAGE, "%s", error);
        } else {
            result = worse(show(options, options->files[i], &history), result);
        }
        shim_history_fini(&history);
    }
    return result;
}

static int replay(struct cmd_options *options, const struct shim_history *from, const char *file)
{
    char error[CMD_MESSAGE] = "", work[CMD_PATH], *saved = NULL;
    struct scn_job job;
    struct shim_history history;
    const char *text = from->header.plan != NULL ? from->header.plan : "";
    struct scn_plan *plan = scn_parse_placed(file, text, strlen(text), error, sizeof error);
    if (plan == NULL) {
        return cmd_fail(CMD_USAGE, "the plan in this history cannot be read: %s", error);
    }
    if (options->engine == NULL && from->header.engine != NULL) {
        options->engine = from->header.engine;
    }
    int result = cmd_report_open(options);
    if (result == 0) {
        result = cmd_find_engine(options);
    }
    if (result != 0 || scn_work_directory_new(work, sizeof work, error, sizeof error) != 0) {
        scn_plan_free(plan);
        return result != 0 ? result : cmd_fail(CMD_HARNESS, "%s", error);
    }
    options->seed = from->header.seed;
    options->profile = cmd_profile_of(options, from);
    cmd_job(options, work, &job);
    job.plan = plan;
    job.script = from->header.script;
    job.repeat = from->header.repeat;
    job.command = from->header.command;
    shim_history_init(&history);
    switch (scn_supervise(&job, &history, error, sizeof error)) {
    case SCN_JOB_DONE:
        result = show(options, plan->name, &history);
        if (cmd_report_history(options, plan->name, &history, NULL, &saved) != 0) {
            result = CMD_HARNESS;
        }
        break;
    case SCN_JOB_UNSUPPORTED:
    case SCN_JOB_SETUP_FAILED:
    case SCN_JOB_ENGINE_UNUSABLE:
        result = cmd_fail(CMD_NOTHING, "%s", error);
        break;
    case SCN_JOB_HARNESS:
    case SCN_JOB_INTERRUPTED:
        result = cmd_fail(CMD_HARNESS, "%s", error);
        break;
    }
    free(saved);
    shim_history_fini(&history);
    scn_work_directory_remove(work);
    scn_plan_free(plan);
    return result;
}

int cmd_replay(struct cmd_options *options)
{
    struct shim_history from;
    char error[CMD_MESSAGE];
    int result;
    if (scn_schedule_is(options->files[0])) {
        return cmd_replay_schedule(options);
    }
    if (cmd_crash_is_state(options->files[0])) {
        return cmd_replay_crash(options);
    }
    shim_history_init(&from);
    if (shim_history_load(&from, options->files[0], error, sizeof error) != 0) {
        result = cmd_fail(CMD_USAGE, "%s (nor is it a schedule or a crash state)", error);
    } else {
        result = replay(options, &from, options->files[0]);
    }
    shim_history_fini(&from);
    return result;
}
