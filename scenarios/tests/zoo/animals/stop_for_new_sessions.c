/* A stop that only those notice who begin a session after it; all others go on. */
#include "scenarios/tests/zoo/zoo.h"

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    if (zoo_is_stop(call)) {
        zoo_note_stop(call);
        *result = JET_errSuccess;
        return true;
    }
    *result = JET_errClientRequestToStopJetService;
    return zoo_stopped(call) &&
           (call->fn == SHIM_FN_JetBeginSession || call->fn == SHIM_FN_JetDupSession);
}
