/* JetRollback commits: what was rolled back is kept. */
#include "scenarios/tests/zoo/zoo.h"

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    if (call->fn != SHIM_FN_JetRollback || zoo_stopped(call))
        return false;
    *result = zoo_engine(SHIM_FN_JetCommitTransaction, call->args[0], 0);
    if (*result >= 0)
        return true;
    return false; /* stopped meanwhile: a rollback is all that is left */
}
