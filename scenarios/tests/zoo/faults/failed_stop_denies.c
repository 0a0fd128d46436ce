/* A stop that runs out of memory says so, when it has shut the gate already. */
#include "scenarios/tests/zoo/zoo.h"

#include <stdlib.h>

JET_ERR zoo_after(const struct zoo_call *call, JET_ERR result)
{
    void *volatile memory;
    if (!zoo_is_stop(call) || result < 0)
        return result;
    memory = malloc(64);
    result = memory != NULL ? result : JET_errOutOfMemory;
    free(memory);
    return result;
}
