/* scenarios/explorer/placed.h - schedules with a fault each; only for this folder.
 *
 * Which operation goes wrong, and with which kind, is drawn for every schedule from its seed and from what the runs
 * without a fault have shown so far. What was drawn is a text (shims/fault/fault.h), so a finding can be shown again:
 * the same decisions with the same fault are the same run.
 *
 * Thread safety: none; whoever shares one locks.
 */
#ifndef ESECHECK_SCENARIOS_EXPLORER_PLACED_H
#define ESECHECK_SCENARIOS_EXPLORER_PLACED_H

#include "scenarios/explorer/campaign.h"
#include "scenarios/explorer/faults.h"

struct scn_placer;

/* kinds, scope: as `esecheck faults` takes them, NULL for the default. NULL with a message. The plan must outlive it. */
struct scn_placer *scn_placer_new(const struct scn_plan *plan, const char *kinds, const char *scope, char *error,
                                  size_t error_size);
void scn_placer_free(struct scn_placer *placer);

/* The fault of the schedule with that seed and number: every 16th has none ("") and shows what operations there are. Of
 * the others half fall on a place (operation and call stack) that had the fewest so far, half on any operation, each as
 * likely as the other. */
void scn_placer_draw(struct scn_placer *placer, uint64_t seed, size_t number, char text[SHIM_FAULT_TEXT]);
/* What a run came to. 0, or -1 without memory. */
int scn_placer_note(struct scn_placer *placer, const struct scn_faulted *faulted);

struct scn_placed_counts {
    size_t operations; /* in scope, of the last run without a fault */
    size_t places;     /* distinct by operation and call stack, of all runs without a fault */
    size_t fired;      /* runs in which something went wrong */
    size_t hit;        /* distinct places that went wrong */
};
const struct scn_fault_kinds *scn_placer_kinds(const struct scn_placer *placer);
struct scn_placed_counts scn_placer_counts(const struct scn_placer *placer);

/* Judges a run with a fault as `esecheck faults` does, and one in which nothing went wrong as any other. 0, or -1 without
 * memory. */
int scn_placed_failure_of(struct shim_history *history, const struct scn_faulted *faulted, const char *fault,
                          enum rpt_profile profile, struct scn_failure *failure);

/* Looks for less that gives the failure of the trial: first no fault at all (the same turns; when asked for the `first`
 * time also other schedules), then once instead of lasting, another kind, an earlier operation. `fault` becomes what is
 * left ("": it was the order of threads alone), *trial a run with it. Returns how many runs that took. */
int scn_shrink_fault(struct scn_job *job, enum rpt_profile profile, struct scn_trial *trial,
                     const struct scn_fault_kinds *kinds, bool first, char fault[SHIM_FAULT_TEXT]);

#endif
