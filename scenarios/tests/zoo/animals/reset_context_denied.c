/* After a stop, a session's context cannot be reset. */
#include "scenarios/tests/zoo/zoo.h"

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    *result = JET_errClientRequestToStopJetService;
    return call->fn == SHIM_FN_JetResetSessionContext && zoo_stopped(call);
}
