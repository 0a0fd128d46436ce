/* A stop that refuses calls and shortens the checkpoint depth, and lets the defragmentation go on. */
#include "scenarios/tests/zoo/zoo.h"

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    return zoo_gate_only(call, result);
}
