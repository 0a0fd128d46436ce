/* scenarios/command/command.h - the subcommands of esecheck and what they share.
 *
 * Every command takes the parsed options and returns the exit code of the program: 0 everything
 * conforms; 1 a promise was broken; 2 usage or bad input; 3 the engine cannot be loaded or nothing
 * was exercised; 4 the harness failed; 5 a replay showed another failure than the one it was to show. Messages go to standard error, one per run, results to
 * standard output.
 */
#ifndef ESECHECK_SCENARIOS_COMMAND_COMMAND_H
#define ESECHECK_SCENARIOS_COMMAND_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reports/render/render.h"
#include "scenarios/supervisor/supervisor.h"

enum cmd_exit { CMD_CONFORMS = 0, CMD_BROKEN = 1, CMD_USAGE = 2, CMD_NOTHING = 3, CMD_HARNESS = 4, CMD_OTHER = 5 };

#define CMD_PATH 1280
#define CMD_MESSAGE 1024
#define CMD_MOST_SETTINGS 64
#define CMD_MOST_FILES 4096

/* Options, as bits: which of them a command takes. */
enum cmd_option {
    CMD_ENGINE, CMD_PROFILE, CMD_SEED, CMD_REPEAT, CMD_TIMEOUT, CMD_FILTER, CMD_SET, CMD_PRE_INIT,
    CMD_KNOWN, CMD_REPORT, CMD_VERBOSE, CMD_FORMAT, CMD_SCHEDULES, CMD_KEEP,
    CMD_STRATEGY, CMD_DEPTH, CMD_TIME, CMD_STEPS, CMD_MEMORY, CMD_NO_SHRINK, CMD_JOBS, CMD_SHARD, CMD_STATES,
    CMD_FAULTS, CMD_KINDS, CMD_SCOPE, CMD_QUICK, CMD_FAULT, CMD_ALL, CMD_COUNT, CMD_BRIEF, CMD_CHECKER,
    CMD_OPTION_COUNT
};

struct cmd_options {
    const char *engine;      /* as given, or NULL */
    enum rpt_profile profile;
    bool profile_given;
    uint64_t seed;
    int repeat;              /* 0: not given */
    unsigned timeout;        /* seconds; 0: not given */
    const char *filter, *pre_init, *known, *report, *format;
    const char *settings[CMD_MOST_SETTINGS];
    int setting_count;
    int schedules, states;   /* 0: not given; states -1: all */
    const char *strategy;    /* NULL: not given */
    int depth, jobs;         /* 0: not given */
    uint64_t time, steps;    /* seconds of a campaign; decisions of a run; 0: not given */
    uint64_t shard, shards;  /* 1 to shards; 0: all */
    bool memory, no_shrink, all; /* all: a campaign goes on after a finding */
    const char *kinds, *scope, *fault; /* of faults; NULL: not given */
    const char *checker;     /* NULL: none */
    bool quick, faults, count, brief; /* count: say what would be tried; brief: scripts made short */
    bool verbose, keep, help;
    const char **files;      /* the words that are no options */
    int file_count;
    bool behind_dashes;      /* the last words stand behind "--" */
    int before_dashes;       /* how many stand before it */
    char engine_path[CMD_PATH]; /* absolute; filled by cmd_find_engine */
    char program[CMD_PATH];  /* argv[0] as the user typed it, for commands that are shown */
};

struct cmd_command {
    const char *name;
    const char *arguments;   /* "[FILE...]" */
    const char *summary;
    const char *help;        /* paragraphs, or NULL */
    uint64_t options;        /* (uint64_t)1 << enum cmd_option */
    int least_files, most_files; /* most -1: any */
    int (*run)(struct cmd_options *options);
};

int cmd_all(struct cmd_options *options);
int cmd_run(struct cmd_options *options);
int cmd_matrix(struct cmd_options *options);
int cmd_judge(struct cmd_options *options);
int cmd_list(struct cmd_options *options);
int cmd_report(struct cmd_options *options);
int cmd_replay(struct cmd_options *options);
int cmd_explore(struct cmd_options *options);
int cmd_merge(struct cmd_options *options);
int cmd_crash(struct cmd_options *options);
int cmd_faults(struct cmd_options *options);

/* ---- options.c ---- */
/* Parses argv[2..] for a command. 0, or CMD_USAGE after a message. */
int cmd_parse(const struct cmd_command *command, int argc, char **argv,
              struct cmd_options *options);
void cmd_help(const struct cmd_command *command);
/* "esecheck: message" on standard error; returns `code`. */
int cmd_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- common.c ---- */
/* Finds and inspects the engine; CMD_CONFORMS, or CMD_NOTHING after a message. */
int cmd_find_engine(struct cmd_options *options);
/* Shell pattern (* ? [...]): whether the whole name matches. */
bool cmd_glob(const char *pattern, const char *name);
/* Directory of the script library: beside the program, else the source's. */
int cmd_library(char *path, size_t size);
/* Scripts of the options, or of the library; sorted. Each parsed. 0, or an exit code. */
struct cmd_script {
    char *path;
    struct scn_plan *plan;
};
struct cmd_scripts {
    struct cmd_script *scripts;
    size_t count;
};
int cmd_scripts_load(const struct cmd_options *options, struct cmd_scripts *scripts);
void cmd_scripts_free(struct cmd_scripts *scripts);
/* A job with everything the options say. */
void cmd_job(const struct cmd_options *options, const char *work, struct scn_job *job);
/* Names the suite: engine, build, profile, seed. 0, or -1 without memory. */
int cmd_suite_head(const struct cmd_options *options, struct rpt_suite *suite);
/* Adds a finding of the program's own (not the judge's) to a case and worsens its verdict. */
int cmd_case_note(struct rpt_case *c, enum rpt_verdict verdict, enum shim_fn fn, const char *text);
char *cmd_copy(const char *text);
/* The command line that shows something again: this program, `words` (up to a NULL), and the options
 * that matter to a run; quoted for a shell. What does not fit is cut off. */
void cmd_again(const struct cmd_options *options, const char *const *words, char *text, size_t size);
/* What a saved history is judged by: --profile if it was given, else the profile of its run. */
enum rpt_profile cmd_profile_of(const struct cmd_options *options,
                                const struct shim_history *history);

/* ---- progress.c ---- */
/* One line on standard error while it is a terminal; silent otherwise. */
void cmd_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
void cmd_progress_clear(void);

/* ---- suite.c, for commands that play an engine ---- */
enum cmd_work {
    CMD_WORK_ON_DISK,  /* below TMPDIR */
    CMD_WORK_IN_MEMORY /* on a file system in memory, where there is one */
};
/* Plays, and adds cases to the suite; `work` is an empty directory. 0, or an exit code after a message. */
typedef int (*cmd_body)(struct cmd_options *options, const char *work, struct rpt_suite *suite);
/* Known failures, report directory, engine and work directory; then `body`; then, unless that failed or was
 * interrupted, the suite is held against what is known and reported (in silence with --format tsv: the body has printed).
 * Returns the exit code. */
int cmd_with_suite(struct cmd_options *options, enum cmd_work where, cmd_body body);

/* ---- known.c ---- */
struct cmd_known;
int cmd_known_load(const char *path, struct cmd_known **known); /* 0, or CMD_USAGE */
void cmd_known_apply(const struct cmd_known *known, struct rpt_suite *suite);
void cmd_known_free(struct cmd_known *known);

/* ---- report.c ---- */
/* Makes the report directory and its histories/ if there is one. 0, or CMD_USAGE. */
int cmd_report_open(const struct cmd_options *options);
/* Saves a history as histories/NAME.jsonl; *path (heap) is where. again: the line that makes it again; NULL: the history's
 * own. 0, or CMD_HARNESS. */
int cmd_report_history(const struct cmd_options *options, const char *name,
                       const struct shim_history *history, const char *again, char **path);
/* Takes the stacks of the crash or hang in a history, or a sanitizer's report, for the report, unless the case has some. */
void cmd_take_stacks(struct rpt_case *c, const struct shim_history *history);
/* Table on standard output, junit.xml in the report. Returns the suite's exit code. */
int cmd_report_suite(const struct cmd_options *options, const struct rpt_suite *suite);
/* The same without the table, behind output for machines. */
int cmd_report_quiet(const struct cmd_options *options, const struct rpt_suite *suite);

/* ---- run.c, matrix.c: what `all` joins ---- */
/* Plays every script into a case of the suite, as many at once as --jobs says; the cases come in the order of
 * the scripts. `play` returns 0 or an exit code, which ends it all. */
typedef int (*cmd_play)(struct cmd_options *options, const char *work,
                        const struct cmd_script *script, struct rpt_suite *suite);
int cmd_each_script(struct cmd_options *options, const char *work,
                    const struct cmd_scripts *scripts, cmd_play play, struct rpt_suite *suite);
int cmd_run_into(struct cmd_options *options, const char *work, struct rpt_suite *suite);
int cmd_matrix_into(struct cmd_options *options, const char *work, struct rpt_suite *suite,
                    bool tsv);
/* expect.c: what the plan asks of all its repeats together; what they do not show makes the case
 * not-exercised, or breaks it. 0, or -1 without memory. */
int cmd_check_exercise(const struct scn_plan *plan, enum rpt_profile profile, struct rpt_case *c);
/* Compares what a run observed with what its control did, and notes both in the run's history. What one
 * of them did not observe makes the case not-exercised. 0, or -1 without memory. */
int cmd_compare_with_control(const struct scn_plan *plan, const struct shim_history *control,
                             struct shim_history *history, struct rpt_case *c);
/* One script: its repeats, judged, into a new case of the suite. */
int cmd_run_script(struct cmd_options *options, const char *work, const struct cmd_script *script,
                   bool perturb, struct rpt_suite *suite);

#endif
