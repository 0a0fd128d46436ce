/* scenarios/explorer/replay.c - shows the finding of a schedule file again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/explorer/campaign.h"
#include "scenarios/explorer/program.h"
#include "scenarios/explorer/schedule.h"
#include "scenarios/language/language.h"
#include "scenarios/supervisor/platform.h"
#include "shims/library/library.h"
#include "shims/schedule/control.h"

#define PROBE_CALLS 16

/* Places that addr2line found names for, or would have. */
static bool is_named(const struct scn_schedule_file *file)
{
    return strcmp(file->verdict, rpt_verdict_name(RPT_CRASH)) == 0 ||
           strcmp(file->verdict, rpt_verdict_name(RPT_SANITIZER)) == 0;
}

static bool same_place(const struct scn_schedule_file *file, const struct scn_failure *failure, bool same_build)
{
    if (file->place == NULL || strcmp(file->place, failure->place) == 0) {
        return true;
    }
    bool offsets = strstr(file->place, "+0x") != NULL && strstr(failure->place, "+0x") != NULL;
    return (offsets && !same_build) || (file->program == NULL && is_named(file) && !scn_can_symbolise());
}

/* An exit code of a program is no code of the API. */
static const char *verdict_word(const struct scn_schedule_file *file, const char *verdict)
{
    const char *code = rpt_verdict_name(RPT_WRONG_CODE);
    return file->program != NULL && strcmp(verdict, code) == 0 ? scn_program_verdict(RPT_WRONG_CODE) : verdict;
}

int scn_replay_tell(const struct scn_schedule_file *file, const struct scn_failure *failure, bool same_build)
{
    const char *clause = failure->clause != NULL ? failure->clause->id : "";
    const char *verdict = verdict_word(file, rpt_verdict_name(failure->verdict)), *was = verdict_word(file, file->verdict);
    bool again = strcmp(rpt_verdict_name(failure->verdict), file->verdict) == 0 &&
                 (file->clause == NULL || strcmp(file->clause, clause) == 0) && same_place(file, failure, same_build);
    if (failure->verdict == RPT_CONFORMS) {
        printf("%s: nothing is broken; the finding was %s: %s\n", file->name, was,
               file->finding != NULL ? file->finding : "");
        return CMD_CONFORMS;
    }
    printf("%s: %s%s: %s\n", file->name, verdict, again ? " again" : ", another failure than the finding", failure->text);
    if (!again) {
        printf("  shown: %s%s%s%s%s\n  finding: %s%s%s%s%s: %s\n", verdict,
               clause[0] != '\0' ? ", " : "", clause, failure->place[0] != '\0' ? " at " : "", failure->place,
               was, file->clause != NULL ? ", " : "", file->clause != NULL ? file->clause : "",
               file->place != NULL && file->place[0] != '\0' ? " at " : "", file->place != NULL ? file->place : "",
               file->finding != NULL ? file->finding : "");
    }
    return again ? CMD_BROKEN : CMD_OTHER;
}

/* What the trial means, in words and as exit code: 1 the failure again, 0 not, 4 diverged, 5 another. */
static int tell(const struct scn_schedule_file *file, const struct scn_trial *trial, bool same_build)
{
    if (trial->how == SHIM_RUN_DIVERGED) {
        return cmd_fail(CMD_HARNESS,
                        "%s: diverged at decision %llu (step %llu): the thread that went on then cannot now",
                        file->name, (unsigned long long)trial->decisions + 1, (unsigned long long)trial->steps);
    }
    if (!trial->ran) {
        return cmd_fail(CMD_NOTHING, "%s: the run came to no threads", file->name);
    }
    return scn_replay_tell(file, &trial->failure, same_build);
}

static int play(struct cmd_options *options, const struct scn_schedule_file *file,
                struct scn_plan *plan)
{
    char work[CMD_PATH], error[CMD_MESSAGE];
    struct shim_library_info info;
    struct scn_job job;
    struct scn_schedules schedules = {.mode = SCN_SCHEDULES_REPLAY,
                                      .stride = 1,
                                      .seed = file->seed,
                                      .steps = file->steps,
                                      .memory = file->memory,
                                      .between = file->between,
                                      .story = options->verbose};
    struct scn_trial trial;
    const char *traces[] = {file->decisions}, *faults[] = {file->fault};
    struct scn_faults with = {.texts = faults};
    bool same_build = true;
    int result = cmd_find_engine(options);
    if (result != 0) {
        return result;
    }
    if (shim_library_inspect(options->engine_path, &info, error, sizeof error) == 0 &&
        file->build != NULL && strcmp(file->build, info.build) != 0) {
        same_build = false;
        fprintf(stderr, "esecheck: the engine is another build than the finding's (%s); the replay may "
                        "diverge\n", file->build);
    }
    if (scn_memory_directory_new(work, sizeof work, error, sizeof error) != 0) {
        return cmd_fail(CMD_HARNESS, "%s", error);
    }
    cmd_job(options, work, &job);
    job.plan = plan;
    job.recorder_bytes = SCN_SCHEDULE_RECORDER_BYTES;
    job.probe_calls = PROBE_CALLS;
    job.schedules = &schedules;
    job.faults = file->fault != NULL ? &with : NULL;
    result = scn_try(&job, options->profile, traces, 1, false, &trial);
    if (result == 0) {
        result = tell(file, &trial, same_build);
        scn_show_story(stdout, trial.story, trial.how);
        scn_trial_fini(&trial);
    }
    scn_work_directory_remove(work);
    return result;
}

/* The engine of the file, or, where that is not there, the reference engine if it is the same build. CMD_NOTHING after a
 * message. */
static int choose_engine(struct cmd_options *options, const struct scn_schedule_file *file)
{
    char path[CMD_PATH], error[CMD_MESSAGE];
    struct shim_library_info info;
    options->engine = file->engine;
    if (scn_absolute_path(file->engine, path, sizeof path) == 0) {
        return 0;
    }
    options->engine = NULL;
    if (cmd_find_engine(options) == 0 && file->build != NULL &&
        shim_library_inspect(options->engine_path, &info, error, sizeof error) == 0 &&
        strcmp(file->build, info.build) == 0) {
        return 0;
    }
    return cmd_fail(CMD_NOTHING, "%s is not on this machine; name the engine with --engine (the finding's is %s)",
                    file->engine, file->build != NULL && file->build[0] != '\0' ? file->build : "of no known build");
}

/* Messages name the line of the file. */
static struct scn_plan *parse_plan(const struct scn_schedule_file *file, const char *path, char *error, size_t error_size)
{
    size_t lines = (size_t)file->plan_line, size = strlen(file->plan);
    char *text = malloc(lines + size + 1);
    if (text == NULL) {
        snprintf(error, error_size, "out of memory");
        return NULL;
    }
    memset(text, '\n', lines);
    memcpy(text + lines, file->plan, size + 1);
    struct scn_plan *plan = scn_parse_placed(path, text, lines + size, error, error_size);
    free(text);
    return plan;
}

int cmd_replay_schedule(struct cmd_options *options)
{
    struct scn_schedule_file file;
    char error[CMD_MESSAGE];
    if (scn_schedule_load(&file, options->files[0], error, sizeof error) != 0) {
        return cmd_fail(CMD_USAGE, "%s", error);
    }
    if (!shim_control_is_available()) {
        scn_schedule_fini(&file);
        return cmd_fail(CMD_NOTHING, "schedules cannot be replayed on this platform: threads can be controlled on Linux");
    }
    if (file.program != NULL) {
        int shown = cmd_replay_program(options, &file);
        scn_schedule_fini(&file);
        return shown;
    }
    struct scn_plan *plan = parse_plan(&file, options->files[0], error, sizeof error);
    int result = CMD_USAGE;
    if (plan == NULL) {
        cmd_fail(CMD_USAGE, "%s (of the plan in this schedule)", error);
    } else if (!options->profile_given && !rpt_profile_find(file.profile, &options->profile)) {
        cmd_fail(CMD_USAGE, "%s: %s is no profile", options->files[0], file.profile);
    } else {
        for (int i = 0; i < file.setting_count && options->setting_count < CMD_MOST_SETTINGS; i++) {
            options->settings[options->setting_count++] = file.settings[i];
        }
        if (options->engine == NULL) {
            result = choose_engine(options, &file);
        }
        options->seed = file.input_seed;
        if (result != CMD_NOTHING) {
            cmd_warn_of_addresses();
            result = play(options, &file, plan);
        }
    }
    scn_plan_free(plan);
    scn_schedule_fini(&file);
    return result;
}
