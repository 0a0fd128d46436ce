/* leaves_thread in an engine that the scheduler cannot control (uncontrolled.h): nobody sees what the thread waits
 * for, but it is there when all have ended. */
#include "scenarios/tests/zoo/uncontrolled.h"

#define zoo_before leaves_before
#include "scenarios/tests/zoo/faults/leaves_thread.c"
#undef zoo_before

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    stay_uncontrolled();
    return leaves_before(call, result);
}
