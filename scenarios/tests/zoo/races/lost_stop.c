/* A call that is under way while the stop comes writes back what it had read before: the stop is forgotten. */
#include "scenarios/tests/zoo/zoo.h"

#define STOPPED 1u
#define CALL 2u

static _Atomic unsigned word; /* the stop, and a count of calls */

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    if (call->fn == SHIM_FN_JetInit || call->fn == SHIM_FN_JetInit2) {
        atomic_store(&word, 0);
    }
    if (zoo_is_stop(call)) {
        atomic_fetch_or(&word, STOPPED);
        *result = JET_errSuccess;
        return true;
    }
    if (!zoo_is_refusable(call)) {
        return false;
    }
    unsigned seen = atomic_load(&word);
    *result = JET_errClientRequestToStopJetService;
    if ((seen & STOPPED) == 0) {
        *result = zoo_forward(call);
        atomic_store(&word, seen + CALL);
    }
    return true;
}
