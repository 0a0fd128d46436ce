/* An init that failed for want of memory is held against the files for ever after. */
#include "scenarios/tests/zoo/zoo.h"

#include <stdlib.h>

static atomic_bool ruined;

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    if (call->fn != SHIM_FN_JetInit)
        return false;
    void *volatile memory = malloc(64);
    if (memory == NULL)
        atomic_store(&ruined, true);
    *result = memory == NULL ? JET_errOutOfMemory : JET_errLogFileCorrupt;
    free(memory);
    return atomic_load(&ruined);
}
