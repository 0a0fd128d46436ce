/* A backup that was stopped after its last file counts as a good one: the header says so, and an incremental one
 * builds on it. The engine hears nothing of the stop; its calls are refused all the same. */
#include "scenarios/tests/zoo/zoo.h"

static _Atomic JET_INSTANCE stopped;

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    bool is = call->args[0] && atomic_load(&stopped) == call->args[0];
    *result = JET_errBackupAbortByServer;
    switch (call->fn) {
    case SHIM_FN_JetStopBackupInstance:
        if (!zoo_is_running(call->args[0]))
            return false;
        atomic_store(&stopped, call->args[0]);
        *result = JET_errSuccess;
        return true;
    case SHIM_FN_JetBeginExternalBackupInstance:
        atomic_store(&stopped, 0);
        return false;
    case SHIM_FN_JetGetAttachInfoInstance:
    case SHIM_FN_JetOpenFileInstance:
    case SHIM_FN_JetReadFileInstance:
    case SHIM_FN_JetGetLogInfoInstance:
    case SHIM_FN_JetGetLogInfoInstance2:
    case SHIM_FN_JetGetTruncateLogInfoInstance:
    case SHIM_FN_JetTruncateLogInstance:
        return is;
    default:
        return false;
    }
}
