/* scenarios/runner/control.c - what a run does otherwise when its threads are under control.
 *
 * Actors that wait for each other poll; under control that would fill the schedule with decisions that decide
 * nothing, so they park, and everything that they could wait for tells them.
 */
#include "shims/schedule/control.h"

#include "scenarios/runner/world.h"

static const char something; /* its address is what waiting actors are parked on */

bool scn_controlled(void)
{
    return shim_control_thread() >= 0;
}

bool scn_wait_change(uint64_t us)
{
    return shim_control_park(&something, us * 1000u);
}

void scn_changed(void)
{
    shim_control_unpark(&something);
}

static void enter(void *context, struct shim_call *call)
{
    (void)context;
    scn_changed();
    shim_control_point(SHIM_OP_ENTER, shim_function(call->fn), false);
}

static void leave(void *context, struct shim_call *call)
{
    (void)context;
    shim_control_point(SHIM_OP_LEAVE, shim_function(call->fn), false);
}

struct shim_hook scn_control_hook(void)
{
    return (struct shim_hook){.enter = enter, .leave = leave, .context = NULL};
}
