/* Calls are refused once the service is stopped, and it takes every other step; those that are inside never hear of
 * it. */
#include "scenarios/tests/zoo/zoo.h"

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    return zoo_gate(call, result, ZOO_SHORTEN_DEPTH | ZOO_CLEAN_VERSIONS | ZOO_END_DEFRAG);
}
