/* A stop that refuses calls, flushes and ends the defragmentation, and leaves the versions where they are. */
#include "scenarios/tests/zoo/zoo.h"

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    return zoo_gate(call, result, ZOO_SHORTEN_DEPTH | ZOO_END_DEFRAG);
}
