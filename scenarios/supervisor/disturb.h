/* scenarios/supervisor/disturb.h - random schedules for all actors of a run, as one hook. */
#ifndef ESECHECK_SCENARIOS_SUPERVISOR_DISTURB_H
#define ESECHECK_SCENARIOS_SUPERVISOR_DISTURB_H

#include <stdint.h>

#include "shims/call/call.h"

struct scn_disturb;

/* A schedule from the seed (shims/schedule); the runner itself, actor 0, is left in peace. NULL
 * without memory. */
struct scn_disturb *scn_disturb_new(uint64_t seed, struct shim_hook *hook);
void scn_disturb_free(struct scn_disturb *disturb); /* NULL is fine; after the last call */

#endif
