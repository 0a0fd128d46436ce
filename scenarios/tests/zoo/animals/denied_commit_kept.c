/* A commit that is refused because of a stop has committed all the same. */
#include "scenarios/tests/zoo/zoo.h"

/* The stop is held back from the engine for a moment, in which every commit is done and then
 * refused. Such a session believes that it is in a transaction: its rollback is answered here. */
#include <time.h>

static struct zoo_map stopping; /* instance -> 1 while its stop is on the way */
static struct zoo_map betrayed; /* session -> 1: its refused commit was done */

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    if (zoo_is_stop(call) && call->instance) {
        zoo_map_set(&stopping, call->instance, 1);
        nanosleep(&(struct timespec){.tv_nsec = 5 * 1000 * 1000}, NULL);
        return false;
    }
    if (call->fn == SHIM_FN_JetRollback && zoo_map_get(&betrayed, call->args[0])) {
        zoo_map_remove(&betrayed, call->args[0]);
        *result = JET_errSuccess;
        return true;
    }
    if (call->fn == SHIM_FN_JetEndSession)
        zoo_map_remove(&betrayed, call->args[0]);
    return false;
}

JET_ERR zoo_after(const struct zoo_call *call, JET_ERR result)
{
    if (call->fn == SHIM_FN_JetTerm && result >= 0)
        zoo_map_remove(&stopping, call->instance);
    if (!zoo_is_commit(call) || result < 0 || !zoo_map_get(&stopping, call->instance))
        return result;
    zoo_map_set(&betrayed, call->args[0], 1);
    return JET_errClientRequestToStopJetService;
}
