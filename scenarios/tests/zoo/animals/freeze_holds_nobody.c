/* A freeze that ends as soon as it has begun: everybody goes on writing. */
#include "scenarios/tests/zoo/zoo.h"

static struct zoo_map thawed; /* snapshots that the engine has thawed already */

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    if (call->fn != SHIM_FN_JetOSSnapshotThaw || !zoo_map_get(&thawed, call->args[0]))
        return false;
    zoo_map_remove(&thawed, call->args[0]);
    *result = JET_errSuccess;
    return true;
}

JET_ERR zoo_after(const struct zoo_call *call, JET_ERR result)
{
    if (call->fn == SHIM_FN_JetOSSnapshotFreeze && result >= 0 &&
        zoo_engine(SHIM_FN_JetOSSnapshotThaw, call->args[0], 0) >= 0)
        zoo_map_set(&thawed, call->args[0], 1);
    return result;
}
