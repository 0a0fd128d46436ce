/* scenarios/supervisor/perturb.h - a hook that disturbs the order of threads, from a seed.
 *
 * Before and after calls a thread now and then yields or rests for some microseconds. The same seed
 * draws the same disturbances for the same calls of an actor; the schedule itself stays the
 * operating system's. */
#ifndef ESECHECK_SCENARIOS_SUPERVISOR_PERTURB_H
#define ESECHECK_SCENARIOS_SUPERVISOR_PERTURB_H

#include <stdint.h>

#include "shims/call/call.h"

struct scn_perturb;

struct scn_perturb *scn_perturb_new(uint64_t seed, struct shim_hook *hook); /* NULL without memory */
void scn_perturb_free(struct scn_perturb *perturb);                        /* NULL is fine */

#endif
