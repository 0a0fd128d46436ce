/* scenarios/explorer/reduce.h - a script made shorter, as long as the failure stays; only for this folder. */
#ifndef ESECHECK_SCENARIOS_EXPLORER_REDUCE_H
#define ESECHECK_SCENARIOS_EXPLORER_REDUCE_H

#include "scenarios/explorer/campaign.h"

struct scn_reduction {
    struct scn_plan *plan;       /* what is left; NULL: the job's own. Free with scn_plan_free */
    int tries;                   /* scripts that were played */
    size_t before, after;        /* lines of the actors */
};

/* Takes actors, copies of actors, passes of repeats and steps away from the job's plan. Each shorter script is played
 * with the turns of the trial, and, when these no longer show the failure, under some schedules of the job's strategy (more
 * of them when the whole script took more: found_after).
 * *trial becomes a run of what is left, job->plan the plan. Failures other than those of the process have to need
 * a schedule: a script that shows them without a preemption, when the whole one does not, is another matter. 0, or an
 * exit code after a message. */
int scn_reduce(struct scn_job *job, enum rpt_profile profile, struct scn_trial *trial, uint64_t found_after,
               struct scn_reduction *reduction);

#endif
