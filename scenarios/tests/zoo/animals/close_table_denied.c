/* After a stop, cursors cannot be closed. */
#include "scenarios/tests/zoo/zoo.h"

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    *result = JET_errClientRequestToStopJetService;
    return call->fn == SHIM_FN_JetCloseTable && zoo_stopped(call);
}
