/* Quiescing the caches refuses calls, as if everything had been stopped. */
#include "scenarios/tests/zoo/zoo.h"

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    (void)result;
    if (call->fn == SHIM_FN_JetStopServiceInstance2 &&
        (uint32_t)call->args[1] == JET_bitStopServiceQuiesceCaches)
        call->args[1] = JET_bitStopServiceAll;
    return false;
}
