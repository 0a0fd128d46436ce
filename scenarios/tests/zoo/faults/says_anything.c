/* A cursor that cannot be had for want of memory: the engine speaks of a log file. */
#include "scenarios/tests/zoo/zoo.h"

#include <stdlib.h>

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    if (call->fn != SHIM_FN_JetOpenTable)
        return false;
    void *volatile memory = malloc(64);
    bool failed = memory == NULL;
    free(memory);
    *result = JET_errMissingLogFile; /* which is a name, but of another story */
    return failed;
}
