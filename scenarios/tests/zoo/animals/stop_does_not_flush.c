/* A stop that refuses calls and tells everybody that the checkpoint depth is short; it is not. */
#include "scenarios/tests/zoo/zoo.h"

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    return zoo_gate(call, result, ZOO_CLEAN_VERSIONS | ZOO_END_DEFRAG);
}

JET_ERR zoo_after(const struct zoo_call *call, JET_ERR result)
{
    if (call->fn == SHIM_FN_JetGetSystemParameter && zoo_stopped(call) && result >= 0 &&
        (uint32_t)call->args[2] == JET_paramCheckpointDepthMax && call->args[3])
        *(JET_API_PTR *)(uintptr_t)call->args[3] = 16384;
    return result;
}
