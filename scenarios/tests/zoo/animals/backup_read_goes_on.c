/* The stop of a backup reaches every call but the one that reads: that goes on to the end of its file. */
#include "scenarios/tests/zoo/zoo.h"

/* The engine hears of the stop when the backup asks for something else than to read. */
static _Atomic JET_INSTANCE stopped;

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    switch (call->fn) {
    case SHIM_FN_JetStopBackupInstance:
        if (zoo_is_running(call->args[0])) {
            atomic_store(&stopped, call->args[0]);
            *result = JET_errSuccess;
            return true;
        }
        return false;
    case SHIM_FN_JetBeginExternalBackupInstance:
        atomic_store(&stopped, 0);
        return false;
    case SHIM_FN_JetGetAttachInfoInstance:
    case SHIM_FN_JetOpenFileInstance:
    case SHIM_FN_JetGetLogInfoInstance:
    case SHIM_FN_JetGetLogInfoInstance2:
    case SHIM_FN_JetGetTruncateLogInfoInstance:
    case SHIM_FN_JetTruncateLogInstance:
    case SHIM_FN_JetEndExternalBackupInstance:
    case SHIM_FN_JetEndExternalBackupInstance2:
        if (call->args[0] && atomic_load(&stopped) == call->args[0])
            zoo_engine(SHIM_FN_JetStopBackupInstance, call->args[0], 0);
        return false;
    default:
        return false;
    }
}
