/* scenarios/explorer/program_replay.c - shows the finding of a program again. */
#include "scenarios/explorer/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/supervisor/platform.h"

#define OBJECT "libesecheck_schedule.so"

int scn_program_object(char *path, size_t size)
{
    static const char *const places[] = {"", "../" ESECHECK_LIBDIR "/esecheck/", "../lib/esecheck/"};
    char own[CMD_PATH], candidate[CMD_PATH * 2];
    if (scn_own_path(own, sizeof own) == 0 && strrchr(own, '/') != NULL) {
        strrchr(own, '/')[1] = '\0';
        for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
            snprintf(candidate, sizeof candidate, "%s%s" OBJECT, own, places[i]);
            if (scn_absolute_path(candidate, path, size) == 0) {
                return 0;
            }
        }
    }
    return cmd_fail(CMD_HARNESS, "%s is neither beside this program nor installed", OBJECT);
}

/* What the trial means, in words and as exit code: 1 the failure again, 0 not, 4 diverged, 5 another. */
static int tell(const struct scn_schedule_file *file, const struct scn_trial *trial, bool same_build)
{
    if (trial->how == SHIM_RUN_DIVERGED) {
        return cmd_fail(CMD_HARNESS, "%s: diverged at decision %llu (step %llu): the thread that went on then cannot now",
                        file->name, (unsigned long long)trial->decisions + 1, (unsigned long long)trial->steps);
    }
    return scn_replay_tell(file, &trial->failure, same_build);
}

int cmd_replay_program(struct cmd_options *options, const struct scn_schedule_file *file)
{
    char object[CMD_PATH], path[CMD_PATH], error[CMD_MESSAGE];
    struct shim_launched *launched = NULL;
    struct scn_program_trial trial;
    bool same_build = true;
    const char **words = calloc((size_t)file->argument_count + 1, sizeof words[0]);
    int result = words == NULL ? cmd_fail(CMD_HARNESS, "out of memory") : scn_program_object(object, sizeof object);
    if (result == 0 && shim_launch_find(file->program, path, sizeof path, error, sizeof error) != 0) {
        result = cmd_fail(CMD_NOTHING, "%s", error);
    }
    if (result == 0) {
        char build[40];
        scn_program_build(path, build, sizeof build);
        same_build = file->build == NULL || strcmp(file->build, build) == 0;
        if (!same_build) {
            fprintf(stderr, "esecheck: %s is another build than the finding's; the replay may diverge\n", path);
        }
        for (int i = 0; i < file->argument_count; i++) {
            words[i] = file->arguments[i];
        }
        struct shim_launch_options launch = {.object = object,
                                             .path = path,
                                             .words = words,
                                             .steps = file->steps,
                                             .patience = options->timeout,
                                             .memory = file->memory};
        cmd_warn_of_addresses();
        if (shim_launch_start(&launch, &launched, error, sizeof error) != 0) {
            result = cmd_fail(CMD_NOTHING, "%s", error);
        }
    }
    if (result == 0) {
        bool story = options->verbose || strcmp(file->verdict, rpt_verdict_name(RPT_DEADLOCK)) == 0 ||
                     strcmp(file->verdict, rpt_verdict_name(RPT_LIVELOCK)) == 0; /* in words with names */
        shim_launch_between(launched, file->between);
        result = scn_program_play(launched, SHIM_PROGRAM_REPLAY, file->decisions, story, &trial);
    }
    if (result == 0) {
        result = tell(file, &trial.trial, same_build);
        if (options->verbose) {
            scn_program_show(&trial);
            printf("%s", trial.output);
        }
        scn_program_trial_fini(&trial);
    }
    shim_launch_stop(launched);
    free(words);
    return result;
}
