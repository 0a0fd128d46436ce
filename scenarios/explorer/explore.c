/* scenarios/explorer/explore.c - a campaign: the same script under many disturbed schedules.
 *
 * Each schedule is a run with a seed of its own and the hook of shims/schedule, which makes threads
 * yield and rest around their calls. The first broken promise ends the campaign of its script. */
#include <stdio.h>

#include "scenarios/command/command.h"
#include "scenarios/supervisor/platform.h"

#define SCHEDULES 100

int cmd_explore(struct cmd_options *options)
{
    struct rpt_suite suite;
    struct cmd_scripts scripts;
    struct cmd_known *known = NULL;
    char work[CMD_PATH], error[CMD_MESSAGE];
    int result = 0;
    if (options->schedules == 0) {
        options->schedules = SCHEDULES;
    }
    if (options->known != NULL && (result = cmd_known_load(options->known, &known)) != 0) {
        return result;
    }
    if ((result = cmd_report_open(options)) != 0 || (result = cmd_find_engine(options)) != 0 ||
        (result = cmd_scripts_load(options, &scripts)) != 0) {
        cmd_known_free(known);
        return result;
    }
    if (scn_work_directory_new(work, sizeof work, error, sizeof error) != 0) {
        result = cmd_fail(CMD_HARNESS, "%s", error);
    } else {
        uint64_t begin = scn_milliseconds();
        if (cmd_suite_head(options, &suite) != 0) {
            result = cmd_fail(CMD_HARNESS, "out of memory");
        }
        for (size_t i = 0; result == 0 && i < scripts.count && !scn_interrupted(); i++) {
            result = cmd_run_script(options, work, &scripts.scripts[i], true, &suite);
        }
        scn_work_directory_remove(work);
        if (result == 0 && !scn_interrupted()) {
            suite.seconds = (double)(scn_milliseconds() - begin) / 1000.0;
            cmd_known_apply(known, &suite);
            result = cmd_report_suite(options, &suite);
        }
        rpt_suite_fini(&suite);
    }
    cmd_scripts_free(&scripts);
    cmd_known_free(known);
    return result;
}
