/* Of the calls that begin after a stop, one in a thousand is still let in. */
#include "scenarios/tests/zoo/zoo.h"

static atomic_uint seen;

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    if (zoo_is_stop(call)) {
        zoo_note_stop(call);
        *result = JET_errSuccess;
        return true;
    }
    *result = JET_errClientRequestToStopJetService;
    return zoo_stopped(call) && zoo_is_refusable(call) &&
           atomic_fetch_add_explicit(&seen, 1, memory_order_relaxed) % 1000 != 999;
}
