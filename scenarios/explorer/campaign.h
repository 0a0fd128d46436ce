/* scenarios/explorer/campaign.h - inside of the explorer: one script under many schedules. */
#ifndef ESECHECK_SCENARIOS_EXPLORER_CAMPAIGN_H
#define ESECHECK_SCENARIOS_EXPLORER_CAMPAIGN_H

#include <pthread.h>

#include "scenarios/command/command.h"

/* What a run showed; two runs show the same when verdict and promise are the same. */
struct scn_failure {
    enum rpt_verdict verdict;
    enum shim_fn fn;             /* or SHIM_FN_NONE */
    const struct rpt_clause *clause;
    char text[400];
};

/* Judges; the failure's verdict is RPT_CONFORMS when nothing is broken. 0, or -1 without memory. */
int scn_failure_of(const struct shim_history *history, enum rpt_profile profile,
                   struct scn_failure *failure);
bool scn_same_failure(const struct scn_failure *a, const struct scn_failure *b);

/* A schedule that was tried: heap-allocated trace and turns. */
struct scn_trial {
    struct scn_failure failure;
    bool ran;
    enum shim_run how;
    uint64_t steps;
    size_t decisions;
    char *trace, *turns;
};
void scn_trial_fini(struct scn_trial *trial);

#define SCN_TRIALS 16 /* at most at once */

/* Plays the traces in one child after the other; `trials` gets what each showed. job: engine, plan and so on;
 * its schedules' mode, memory, steps and turns count. With job->faults each has the fault texts[0]. 0, or an exit code after
 * a message. */
int scn_try(struct scn_job *job, enum rpt_profile profile, const char *const *traces, size_t count,
            struct scn_trial *trials);

/* The same with a fault for each; NULL: job->faults is NULL and nothing goes wrong. */
int scn_try_faults(struct scn_job *job, enum rpt_profile profile, const char *const *traces,
                   const char *const *faults, size_t count, struct scn_trial *trials);

/* Takes turns away from a trace as long as the failure stays. Replaces *trial; returns how many schedules that
 * took. */
int scn_shrink(struct scn_job *job, enum rpt_profile profile, struct scn_trial *trial);
/* Number of changes from one thread to another in a trace. */
size_t scn_switches(const char *trace);

/* The turns of a run as a table: who, how many steps, from what to what. */
void scn_show_turns(FILE *out, const char *turns);

/* A script into a new case of the suite. */
int scn_campaign(struct cmd_options *options, const char *work, const struct cmd_script *script,
                 struct rpt_suite *suite);

#endif
