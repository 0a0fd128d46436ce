/* A resume wakes a service that was stopped as a whole. */
#include "scenarios/tests/zoo/zoo.h"

static atomic_bool awake;

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    if (call->fn == SHIM_FN_JetStopServiceInstance2 && zoo_stopped(call) &&
        ((uint32_t)call->args[1] & JET_bitStopServiceResume) != 0) {
        atomic_store(&awake, true);
        *result = JET_errSuccess;
        return true;
    }
    return !atomic_load(&awake) && zoo_gate(call, result, ZOO_SHORTEN_DEPTH);
}
