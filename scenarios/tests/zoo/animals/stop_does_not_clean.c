/* A stop that refuses calls and flushes what is dirty, and leaves the versions where they are. */
#include "scenarios/tests/zoo/zoo.h"

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    return zoo_gate_only(call, result);
}
