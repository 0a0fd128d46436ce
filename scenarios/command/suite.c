/* scenarios/command/suite.c - what the commands that play an engine have in common: what comes before and after. */
#include <stdio.h>
#include <string.h>

#include "scenarios/command/command.h"
#include "scenarios/supervisor/platform.h"
#include "scenarios/supervisor/supervisor.h"

/* Known failures, report directory, engine. 0, and *known is to be freed; or an exit code after a message. */
static int begin(struct cmd_options *options, struct cmd_known **known)
{
    int result = 0;
    *known = NULL;
    if (options->known != NULL) {
        result = cmd_known_load(options->known, known);
    }
    if (result == 0 && (result = cmd_report_open(options)) == 0) {
        result = cmd_find_engine(options);
    }
    return result;
}

/* The body, in a work directory of its own that goes away again. */
static int in_directory(struct cmd_options *options, enum cmd_work where, cmd_body body, struct rpt_suite *suite)
{
    char work[CMD_PATH], error[CMD_MESSAGE];
    int result = (where == CMD_WORK_IN_MEMORY ? scn_memory_directory_new
                                              : scn_work_directory_new)(work, sizeof work, error, sizeof error);
    if (result != 0) {
        return cmd_fail(CMD_HARNESS, "%s", error);
    }
    result = body(options, work, suite);
    if (options->keep) {
        fprintf(stderr, "esecheck: the work directory is %s\n", work);
    } else {
        scn_work_directory_remove(work);
    }
    return result;
}

int cmd_with_suite(struct cmd_options *options, enum cmd_work where, cmd_body body)
{
    struct rpt_suite suite;
    struct cmd_known *known;
    uint64_t started = scn_milliseconds();
    int result = begin(options, &known);
    if (result != 0) {
        cmd_known_free(known);
        return result;
    }
    result = cmd_suite_head(options, &suite) != 0 ? cmd_fail(CMD_HARNESS, "out of memory")
                                                  : in_directory(options, where, body, &suite);
    if (result == 0 && !scn_interrupted()) {
        suite.seconds = (double)(scn_milliseconds() - started) / 1000.0;
        cmd_known_apply(known, &suite);
        result = options->format != NULL && strcmp(options->format, "tsv") == 0
                     ? cmd_report_quiet(options, &suite)
                     : cmd_report_suite(options, &suite);
    }
    cmd_known_free(known);
    rpt_suite_fini(&suite);
    return result;
}
