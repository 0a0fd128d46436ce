/* Now and then a transaction is refused with the stop's code although nobody stopped anything. */
#include "scenarios/tests/zoo/zoo.h"

/* The first ones pass, so that set-up gets done. */
#define UNHARMED 40
#define EVERY 20

static atomic_uint begun;

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    if (call->fn != SHIM_FN_JetBeginTransaction || zoo_stopped(call))
        return false;
    unsigned number = atomic_fetch_add_explicit(&begun, 1, memory_order_relaxed);
    *result = JET_errClientRequestToStopJetService;
    return number >= UNHARMED && number % EVERY == 0;
}
