/* A resume of one part resumes the others, too. */
#include "scenarios/tests/zoo/zoo.h"

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    const uint32_t parts = JET_bitStopServiceBackgroundUserTasks | JET_bitStopServiceQuiesceCaches;
    (void)result;
    if (call->fn == SHIM_FN_JetStopServiceInstance2 &&
        ((uint32_t)call->args[1] & JET_bitStopServiceResume) != 0)
        call->args[1] |= parts;
    return false;
}
