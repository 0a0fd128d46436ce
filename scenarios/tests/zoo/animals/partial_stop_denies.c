/* A stop of background work or caches alone refuses calls like a full stop. */
#include "scenarios/tests/zoo/zoo.h"

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    (void)result;
    const uint32_t parts = JET_bitStopServiceBackgroundUserTasks | JET_bitStopServiceQuiesceCaches;
    if (call->fn == SHIM_FN_JetStopServiceInstance2 && ((uint32_t)call->args[1] & ~parts) == 0)
        call->args[1] = JET_bitStopServiceAll;
    return false;
}
