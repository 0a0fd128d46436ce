/*
 * A valve: work passes through it, one piece at a time or many at once, until it is closed. Then what is inside comes to
 * its end, and whoever comes waits before it until it is opened. For freezes: the pieces are single writes to files.
 *
 * All functions may be called from any thread; who closes and who opens need not be the same. Nobody may enter twice, and
 * no work inside may wait for somebody who waits before the valve.
 */
#ifndef ESE_OS_VALVE_H
#define ESE_OS_VALVE_H

#include "engine/os/os.h"

struct ese_valve {
    struct ese_mutex mutex;                         /* innermost of all locks; everything below */
    struct ese_cond changed;
    uint32_t inside;
    bool closed, refuses;
};

JET_ERR ese_valve_init(struct ese_valve *valve);    /* open */
void ese_valve_fini(struct ese_valve *valve);

/* Waits while it is closed. JET_errTermInProgress: nobody gets in any more; leave must not follow. */
JET_ERR ese_valve_enter(struct ese_valve *valve);
bool ese_valve_try_enter(struct ese_valve *valve);  /* false: it is closed */
void ese_valve_leave(struct ese_valve *valve);

/* Returns when nobody is inside. Closed already: nothing to do. */
void ese_valve_close(struct ese_valve *valve);
void ese_valve_open(struct ese_valve *valve);
/* For the end of a closed one: whoever waits, and whoever comes, is turned away for good. */
void ese_valve_refuse(struct ese_valve *valve);

#endif
