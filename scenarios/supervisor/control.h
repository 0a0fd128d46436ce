/* scenarios/supervisor/control.h - schedules of a job; only for this room.
 *
 * The child plays every schedule in a fork of itself, so each begins from the same state: the engine loaded,
 * nothing done. What the strategy learns and what a schedule decided lie in memory that the forks share; so
 * the decisions are there too when the fork crashed. The child writes outcome-N (scn_outcome as text), and ends as its
 * fork did when that died.
 */
#ifndef ESECHECK_SCENARIOS_SUPERVISOR_CONTROL_H
#define ESECHECK_SCENARIOS_SUPERVISOR_CONTROL_H

#include "scenarios/runner/runner.h"
#include "scenarios/supervisor/supervisor.h"
#include "shims/library/library.h"

struct scn_control; /* the child's side */

/* Re-executes this program without address randomisation; returns when that is so already, or
 * cannot be. */
void scn_control_fix_addresses(char **argv);

/* Takes over the imports of the engine. NULL with a message. */
struct scn_control *scn_control_new(const struct scn_schedules *schedules, struct shim_library *library,
                                    const char *directory, char *error, size_t error_size);
void scn_control_free(struct scn_control *control);

/* Plays plan `number` by calling `play` in a fork, and writes outcome-N. Does not return when the fork died. */
enum scn_job_result scn_control_fork(struct scn_control *control, size_t number,
                                     enum scn_job_result (*play)(void *context, size_t number,
                                                                 char *error, size_t error_size),
                                     void *context, char *error, size_t error_size);

/* In the fork: scn_run under control. Does not return when the run had to be ended. */
enum scn_run_result scn_control_run(struct scn_control *control, const struct scn_plan *plan,
                                    const struct scn_run_options *options, char *error,
                                    size_t error_size);

/* The parent's side: reads outcome-N; false: there is none. */
bool scn_outcome_read(const char *path, struct scn_outcome *outcome);

#endif
