/* A rollback that could not be done says that it was, and the rest of the clean-up goes on as if. */
#include "scenarios/tests/zoo/zoo.h"

static atomic_bool failed;

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    *result = JET_errSuccess;
    return atomic_load(&failed) && call->fn == SHIM_FN_JetCloseTable;
}

JET_ERR zoo_after(const struct zoo_call *call, JET_ERR result)
{
    if (call->fn == SHIM_FN_JetInit || call->fn == SHIM_FN_JetInit2 || call->fn == SHIM_FN_JetInit3)
        atomic_store(&failed, false);
    if (call->fn != SHIM_FN_JetRollback || result >= 0 || result == JET_errNotInTransaction)
        return result;
    atomic_store(&failed, true);
    return JET_errSuccess;
}
