/* A stop of the backup that runs out of memory says so, and has stopped the backup all the same. */
#include "scenarios/tests/zoo/zoo.h"

#include <stdlib.h>

JET_ERR zoo_after(const struct zoo_call *call, JET_ERR result)
{
    void *volatile memory;
    if (call->fn != SHIM_FN_JetStopBackupInstance || result < 0)
        return result;
    memory = malloc(64);
    result = memory != NULL ? result : JET_errOutOfMemory;
    free(memory);
    return result;
}
