/* shims/schedule/hold.h - a strategy around another one that holds a thread up when it is told to.
 *
 * Code behind a failure runs seldom, and what is wrong with it shows when others run in its middle. A strategy knows nothing
 * of failures: it would have to change threads right there by chance. So when something went wrong on a thread, the thread
 * is held up, three times of four: at one of its next steps (drawn, the nearer the likelier) everybody else who can goes first,
 * for a number of decisions that is drawn, too. Among them the inner strategy decides.
 *
 * A replay needs none of this: the picks are the record.
 */
#ifndef ESECHECK_SHIMS_SCHEDULE_HOLD_H
#define ESECHECK_SHIMS_SCHEDULE_HOLD_H

#include "shims/schedule/strategy.h"

struct shim_hold {
    struct shim_strategy strategy; /* to be given to shim_control_run */
    struct shim_strategy *inner;
    uint64_t random;
    uint32_t thread;
    bool holds;
    uint64_t steps;                /* of the thread, before it is held up */
    uint64_t length;               /* decisions for which others go first */
};

/* Makes *hold; `inner` has begun its run. */
void shim_hold_init(struct shim_hold *hold, struct shim_strategy *inner, uint64_t seed);
/* Something went wrong on this thread of the run (shim_control_thread; -1: on none). To be called on it. */
void shim_hold_thread(struct shim_hold *hold, int thread);

#endif
