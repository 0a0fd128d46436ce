/* scenarios/explorer/program.h - inside of the explorer: programs instead of scripts.
 *
 * A bug is a non-zero exit code, a signal, a sanitizer's report, a deadlock, a livelock (bound of decisions) or a
 * hang (no decision for --timeout seconds).
 */
#ifndef ESECHECK_SCENARIOS_EXPLORER_PROGRAM_H
#define ESECHECK_SCENARIOS_EXPLORER_PROGRAM_H

#include "scenarios/command/command.h"
#include "scenarios/explorer/campaign.h"
#include "scenarios/explorer/schedule.h"
#include "shims/preload/launch.h"

/* Judges a run; output: what the program wrote. Its place is the exit code or the signal, so that two runs show the
 * same when these are the same. */
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

/* The preload object beside this program, or where it is installed. 0, or an exit code after a message. */
int scn_program_object(char *path, size_t size);

/* `explore -- PROGRAM ARGS...`: options->files are the words. Returns an exit code. */
int cmd_explore_program(struct cmd_options *options);
/* `replay FILE` of such a finding. */
int cmd_replay_program(struct cmd_options *options, const struct scn_schedule_file *file);

#endif
