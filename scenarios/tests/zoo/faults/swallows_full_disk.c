/* A commit that did not get to the disk, because the disk is full, says that it did. */
#include "scenarios/tests/zoo/zoo.h"

JET_ERR zoo_after(const struct zoo_call *call, JET_ERR result)
{
    bool full = result == JET_errLogDiskFull || result == JET_errDiskFull || result == JET_errLogWriteFail;
    if (!zoo_is_commit(call) || !full)
        return result;
    zoo_engine(SHIM_FN_JetRollback, call->args[0], 0);
    return JET_errSuccess;
}
