/* After a stop, the instance cannot be terminated: JetTerm is refused with the stop's code. */
#include "scenarios/tests/zoo/zoo.h"

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    *result = JET_errClientRequestToStopJetService;
    return (call->fn == SHIM_FN_JetTerm || call->fn == SHIM_FN_JetTerm2) && zoo_stopped(call);
}
