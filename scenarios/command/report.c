/* scenarios/command/report.c - the report directory, and showing one again. */
#include <errno.h>
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
#include "scenarios/supervisor/platform.h"
#include "shims/history/file.h"

#define HISTORIES "histories"

int cmd_report_open(const struct cmd_options *options)
{
    char path[CMD_PATH];
    if (options->report == NULL) {
        return 0;
    }
    snprintf(path, sizeof path, "%s/" HISTORIES, options->report);
    if (scn_directory_make(options->report) != 0 || scn_directory_make(path) != 0) {
        return cmd_fail(CMD_USAGE, "%s: the report directory cannot be written: %s",
                        options->report, strerror(errno));
    }
    snprintf(path, sizeof path, "%s/" HISTORIES "/.probe", options->report);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return cmd_fail(CMD_USAGE, "%s: the report directory cannot be written: %s",
                        options->report, strerror(errno));
    }
    fclose(file);
    remove(path);
    return 0;
}

int cmd_report_history(const struct cmd_options *options, const char *name,
                       const struct shim_history *history, const char *again, char **path)
{
    char file[CMD_PATH], error[CMD_MESSAGE];
    struct shim_history said = *history;
    if (options->report == NULL) {
        return 0;
    }
    said.header.command = again != NULL ? (char *)(uintptr_t)again : said.header.command; /* it is only read */
    snprintf(file, sizeof file, "%s/" HISTORIES "/%.200s.jsonl", options->report, name);
    for (char *c = file + strlen(options->report) + sizeof HISTORIES + 1; *c != '\0'; c++) {
        if (strchr("/\\:*?\"<>|", *c) != NULL) {
            *c = '-';
        }
    }
    if (shim_history_save(&said, file, error, sizeof error) != 0) {
        return cmd_fail(CMD_HARNESS, "%s", error);
    }
    free(*path);
    *path = cmd_copy(file);
    return *path != NULL ? 0 : CMD_HARNESS;
}

void cmd_take_stacks(struct rpt_case *c, const struct shim_history *history)
{
    for (size_t i = 0; c->stacks == NULL && i < history->event_count; i++) {
        const struct shim_hist_event *event = &history->events[i];
        if ((event->kind == SHIM_EVENT_CRASH || event->kind == SHIM_EVENT_HANG ||
             event->kind == SHIM_EVENT_SANITIZER) &&
            event->text != NULL) {
            c->stacks = cmd_copy(event->text);
        }
    }
}

static int put_junit(FILE *out, const void *suite)
{
    return rpt_render_junit(out, suite);
}

static int write_junit(const struct cmd_options *options, const struct rpt_suite *suite)
{
    char path[CMD_PATH], error[CMD_MESSAGE];
    if (options->report == NULL) {
        return 0;
    }
    snprintf(path, sizeof path, "%s/junit.xml", options->report);
    return shim_file_write(path, put_junit, suite, error, sizeof error) != 0 ? cmd_fail(CMD_USAGE, "%s", error) : 0;
}

int cmd_report_suite(const struct cmd_options *options, const struct rpt_suite *suite)
{
    cmd_progress_clear();
    rpt_render_terminal(stdout, suite, isatty(1) != 0, options->verbose);
    int result = write_junit(options, suite);
    return result != 0 ? result : rpt_suite_exit_code(suite);
}

int cmd_report_quiet(const struct cmd_options *options, const struct rpt_suite *suite)
{
    int result = write_junit(options, suite);
    return result != 0 ? result : rpt_suite_exit_code(suite);
}

struct again {
    const struct cmd_options *options;
    struct rpt_suite *suite;
    int result;
};

/* One history of the directory becomes one case again. */
static void judge_again(void *context, const char *path)
{
    struct again *again = context;
    struct shim_history history;
    struct rpt_judgement judgement;
    char error[CMD_MESSAGE];
    size_t length = strlen(path);
    if (length < 6 || strcmp(path + length - 6, ".jsonl") != 0 || again->result != 0) {
        return;
    }
    shim_history_init(&history);
    if (shim_history_load(&history, path, error, sizeof error) != 0) {
        again->result = cmd_fail(CMD_USAGE, "%s", error);
    } else if (rpt_judge(&history, cmd_profile_of(again->options, &history), &judgement) != 0) {
        again->result = cmd_fail(CMD_HARNESS, "out of memory");
    } else {
        struct rpt_case *c = rpt_suite_add(again->suite);
        const char *name = strrchr(path, '/');
        if (c == NULL || rpt_case_add(c, &judgement, &history) != 0) {
            again->result = cmd_fail(CMD_HARNESS, "out of memory");
        } else {
            c->suite = cmd_copy("report");
            c->name = cmd_copy(name != NULL ? name + 1 : path);
            c->name[strlen(c->name) - 6] = '\0';
            c->evidence = cmd_copy(path);
            c->command = cmd_copy(history.header.command != NULL ? history.header.command : "");
            if (again->suite->engine == NULL) {
                again->suite->engine = cmd_copy(history.header.engine);
                again->suite->engine_build = cmd_copy(history.header.engine_build);
                free(again->suite->profile);
                again->suite->profile =
                    cmd_copy(rpt_profile_name(cmd_profile_of(again->options, &history)));
            }
        }
        rpt_judgement_fini(&judgement);
    }
    shim_history_fini(&history);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct rpt_case *)a)->name, ((const struct rpt_case *)b)->name);
}

int cmd_report(struct cmd_options *options)
{
    struct rpt_suite suite;
    struct cmd_known *known = NULL;
    char path[CMD_PATH];
    if (options->known != NULL && cmd_known_load(options->known, &known) != 0) {
        return CMD_USAGE;
    }
    rpt_suite_init(&suite);
    suite.profile = cmd_copy(rpt_profile_name(options->profile));
    struct again again = {options, &suite, 0};
    snprintf(path, sizeof path, "%s/" HISTORIES, options->files[0]);
    scn_directory_each(path, "", judge_again, &again);
    int result = again.result;
    if (result == 0 && suite.case_count == 0) {
        result = cmd_fail(CMD_USAGE, "%s: no histories; is it a directory that --report made?",
                          options->files[0]);
    } else if (result == 0) {
        qsort(suite.cases, suite.case_count, sizeof suite.cases[0], by_name);
        cmd_known_apply(known, &suite);
        result = cmd_report_suite(options, &suite);
    }
    cmd_known_free(known);
    rpt_suite_fini(&suite);
    return result;
}
