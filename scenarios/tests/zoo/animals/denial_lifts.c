/* The service is open again after it has refused a few hundred calls. */
#include "scenarios/tests/zoo/zoo.h"

#define REFUSALS 300

static atomic_uint refused;

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    if (zoo_is_stop(call)) {
        zoo_note_stop(call);
        *result = JET_errSuccess;
        return true;
    }
    *result = JET_errClientRequestToStopJetService;
    return zoo_stopped(call) && zoo_is_refusable(call) &&
           atomic_fetch_add_explicit(&refused, 1, memory_order_relaxed) < REFUSALS;
}
