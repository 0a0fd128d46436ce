/* scenarios/explorer/finding.h - a broken promise that a campaign came upon: played again, made shorter, shown, kept. */
#ifndef ESECHECK_SCENARIOS_EXPLORER_FINDING_H
#define ESECHECK_SCENARIOS_EXPLORER_FINDING_H

#include "scenarios/explorer/campaign.h"
#include "scenarios/explorer/placed.h"
#include "scenarios/explorer/results.h"

/* Distinct by verdict, promise and place. */
struct scn_finding {
    struct scn_failure failure;
    char *trace;                 /* of the first schedule that showed it */
    char fault[SHIM_FAULT_TEXT]; /* what went wrong there, or "" */
    uint64_t input_seed;         /* of the script's random values */
    uint64_t between;            /* decisions between operations */
    uint64_t seed, at, times;    /* of the schedule; how many there were until then; how many showed it */
    double seconds;              /* since the beginning */
    struct shim_history history; /* of that schedule */
};
void scn_finding_fini(struct scn_finding *finding);

/* What all findings of a campaign share. */
struct scn_findings {
    struct cmd_options *options;
    const struct rpt_suite *suite;
    struct scn_job *job;         /* ready to play schedules one by one; its schedules' mode and story may be changed */
    enum shim_strategy_kind kind;
    const struct scn_fault_kinds *kinds; /* of faults, or NULL */
    struct scn_results *results; /* gets a record of each */
};

/* Plays the finding again, makes it shorter, prints it, writes its schedule and history into the report, and fills the
 * case with it. number: from 0, of the campaign's findings. 0, or an exit code after a message. */
int scn_finding_finish(struct scn_findings *all, struct scn_finding *finding, size_t number, struct rpt_case *c);

/* Name of a file of the report: the script's name, the part's and the finding's number as far as there are several. */
void scn_report_name(const struct cmd_options *options, const char *script, size_t number, const char *suffix,
                     char *name, size_t size);

/* What parts of an exploration must agree in, from the options; its texts are there already. 0, or -1 if one is not: no memory. */
int scn_exploration_begin(const struct cmd_options *options, struct scn_results *results);
/* NAME.exploration for `merge`, if there is a report; its counts are there already. 0, or an exit code after a message. */
int scn_exploration_end(const struct cmd_options *options, struct scn_results *results, size_t findings);

#endif
