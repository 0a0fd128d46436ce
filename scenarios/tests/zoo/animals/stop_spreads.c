/* Stopping one instance stops every instance of the process. */
#include "scenarios/tests/zoo/zoo.h"

static struct zoo_map instances; /* instance -> 1 while it has sessions or had some */

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    (void)result;
    if (call->fn == SHIM_FN_JetBeginSession)
        zoo_map_set(&instances, call->args[0], 1);
    if (call->fn == SHIM_FN_JetTerm || call->fn == SHIM_FN_JetTerm2)
        zoo_map_remove(&instances, call->args[0]);
    return false;
}

JET_ERR zoo_after(const struct zoo_call *call, JET_ERR result)
{
    if (!zoo_is_stop(call) || result < 0)
        return result;
    unsigned used = atomic_load(&instances.used);
    for (unsigned i = 0; i < used && i < ZOO_MAP_SLOTS; i++) {
        uint64_t other = atomic_load(&instances.slot[i].key);
        if (other && other != call->instance)
            zoo_engine(SHIM_FN_JetStopServiceInstance, other, 0);
    }
    return result;
}
