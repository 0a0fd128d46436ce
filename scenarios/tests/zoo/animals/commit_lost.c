/* Every seventh commit reports success and has rolled back instead. */
#include "scenarios/tests/zoo/zoo.h"

#define UNHARMED 10
#define EVERY 7

static atomic_uint commits;

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    if (!zoo_is_commit(call) || zoo_stopped(call))
        return false;
    unsigned number = atomic_fetch_add_explicit(&commits, 1, memory_order_relaxed);
    if (number < UNHARMED || number % EVERY != 0)
        return false;
    *result = zoo_engine(SHIM_FN_JetRollback, call->args[0], 0);
    return true;
}
