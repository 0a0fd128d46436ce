/* A session that could not be had for want of memory counts as one that is there: no form of JetTerm ends the instance. */
#include "scenarios/tests/zoo/zoo.h"

#include <stdlib.h>

static atomic_bool counted;

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    if (call->fn == SHIM_FN_JetTerm || call->fn == SHIM_FN_JetTerm2) {
        *result = JET_errTooManyActiveUsers;
        return atomic_load(&counted);
    }
    if (call->fn != SHIM_FN_JetBeginSession)
        return false;
    void *volatile memory = malloc(64);
    bool failed = memory == NULL;
    free(memory);
    if (failed)
        atomic_store(&counted, true);
    *result = JET_errOutOfMemory;
    return failed;
}
