/* A backup that was stopped cannot be ended either: its end is refused, and it stays under way. */
#include "scenarios/tests/zoo/zoo.h"

static _Atomic JET_INSTANCE stopped;

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    *result = JET_errBackupAbortByServer;
    switch (call->fn) {
    case SHIM_FN_JetBeginExternalBackupInstance:
        atomic_store(&stopped, 0);
        return false;
    case SHIM_FN_JetEndExternalBackupInstance:
    case SHIM_FN_JetEndExternalBackupInstance2:
        return call->args[0] && atomic_load(&stopped) == call->args[0];
    default:
        return false;
    }
}

JET_ERR zoo_after(const struct zoo_call *call, JET_ERR result)
{
    if (call->fn == SHIM_FN_JetStopBackupInstance && result >= 0)
        atomic_store(&stopped, call->args[0]);
    return result;
}
