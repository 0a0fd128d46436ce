/* A stop that refuses calls, flushes and cleans up versions, and lets the defragmentation go on. */
#include "scenarios/tests/zoo/zoo.h"

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    return zoo_gate(call, result, ZOO_SHORTEN_DEPTH | ZOO_CLEAN_VERSIONS);
}
