/* scenarios/explorer/program.h - inside of the explorer: programs instead of scripts.
 *
 * A bug is a non-zero exit code, a signal, a sanitizer's report, a deadlock, a livelock (bound of decisions) or a
 * hang (no decision for --timeout seconds).
 */
#ifndef ESECHECK_SCENARIOS_EXPLORER_PROGRAM_H
#define ESECHECK_SCENARIOS_EXPLORER_PROGRAM_H

#include "scenarios/command/command.h"
#include "scenarios/explorer/campaign.h"
#include "scenarios/explorer/results.h"
#include "scenarios/explorer/schedule.h"
#include "shims/preload/launch.h"

/* Judges a run; output: what the program wrote. Its place is the exit code, the signal with the innermost frames, where
 * the threads of a deadlock wait, or what the sanitizer sums up. */
void scn_program_judge(const struct shim_launch_result *result, const char *output, struct scn_failure *failure);
/* "failure" (an exit code), "crash", "deadlock" ...: what findings are called. */
const char *scn_program_verdict(enum rpt_verdict verdict);

/* A run that is kept: heap. */
struct scn_program_trial {
    struct scn_trial trial;
    char *stacks, *output;
};
/* Plays one (`given` as of shim_launch_run) and keeps it, told if `story`. 0, or an exit code after a message. */
int scn_program_play(struct shim_launched *launched, enum shim_program_mode mode, const char *given, bool story,
                     struct scn_program_trial *kept);
void scn_program_trial_fini(struct scn_program_trial *kept);
/* What is shown of it: the changes of thread, and where it ended. */
void scn_program_show(const struct scn_program_trial *kept);

/* A failure that a search came upon; distinct by verdict and place. */
struct scn_program_finding {
    struct scn_failure failure;
    char *decisions;             /* heap: of the first schedule that showed it */
    uint64_t seed, at, times;    /* of the schedule; how many there were until then; how many showed it */
    uint64_t between;            /* decisions between operations */
    uint64_t milliseconds;       /* since the beginning */
};
/* What all findings of a search share. */
struct scn_program_findings {
    const struct cmd_options *options;
    enum shim_strategy_kind kind;
    const char *name, *label;    /* the program without its folders; with its arguments: for names of files */
    const char *path, *build;
    struct shim_launched *launched;
    struct scn_results *results; /* gets a record of each */
};
/* Plays the finding again, makes it shorter, shows it, writes its schedule into the report, and fills the case. number: from
 * 0. 0, or an exit code after a message. */
int scn_program_finish(const struct scn_program_findings *all, struct scn_program_finding *finding, size_t number,
                       struct rpt_case *c);

/* "program-first-second" of a program's words, of letters that a file's name may have; with a hash where it would be long.
 * size: at least 100. */
void scn_program_label(const char *const *words, int count, char *label, size_t size);
/* What tells one build of a program from another: a hash of its file, "" if that cannot be read. size: at least 40. */
void scn_program_build(const char *path, char *build, size_t size);

/* The preload object beside this program, or where it is installed. 0, or an exit code after a message. */
int scn_program_object(char *path, size_t size);

/* A line on stderr when address randomisation cannot be turned off here. */
void cmd_warn_of_addresses(void);
/* `explore -- PROGRAM ARGS...`: options->files are the words. Returns an exit code. */
int cmd_explore_program(struct cmd_options *options);
/* `replay FILE` of such a finding. */
int cmd_replay_program(struct cmd_options *options, const struct scn_schedule_file *file);

#endif
