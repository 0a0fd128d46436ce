/* After a stop, JetRollback is refused like any other call. */
#include "scenarios/tests/zoo/zoo.h"

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    *result = JET_errClientRequestToStopJetService;
    return call->fn == SHIM_FN_JetRollback && zoo_stopped(call);
}
