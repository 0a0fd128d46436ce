/* Calls are refused once the service is stopped; those that are inside never hear of it. */
#include "scenarios/tests/zoo/zoo.h"

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    return zoo_gate_only(call, result);
}
