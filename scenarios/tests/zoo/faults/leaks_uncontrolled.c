/* leaks_on_error in an engine that the scheduler cannot control (uncontrolled.h): so operations are counted within actor and
 * function. */
#include "scenarios/tests/zoo/uncontrolled.h"

#define zoo_before leaks_before
#include "scenarios/tests/zoo/faults/leaks_on_error.c"
#undef zoo_before

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    stay_uncontrolled();
    return leaks_before(call, result);
}
