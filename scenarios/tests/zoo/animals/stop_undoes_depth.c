/* A stop that sets the checkpoint depth and sets it back before it returns. */
#include "scenarios/tests/zoo/zoo.h"

JET_ERR zoo_after(const struct zoo_call *call, JET_ERR result)
{
    if (call->fn == SHIM_FN_JetStopServiceInstance && result >= 0)
        zoo_set_depth(call->args[0], 20 * 1024 * 1024);
    return result;
}
