/* The stop of a backup is not forgotten: it meets the next backup of the instance too. */
#include "scenarios/tests/zoo/zoo.h"

static _Atomic JET_INSTANCE stopped;

JET_ERR zoo_after(const struct zoo_call *call, JET_ERR result)
{
    if (result < 0 || !call->args[0])
        return result;
    if (call->fn == SHIM_FN_JetStopBackupInstance)
        atomic_store(&stopped, call->args[0]);
    else if (call->fn == SHIM_FN_JetBeginExternalBackupInstance &&
             atomic_exchange(&stopped, 0) == call->args[0])
        zoo_engine(SHIM_FN_JetStopBackupInstance, call->args[0], 0);
    return result;
}
