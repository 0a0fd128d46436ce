/* JetCommitTransaction sometimes fails with a code that belongs to other functions. */
#include "scenarios/tests/zoo/zoo.h"

#define UNHARMED 10
#define EVERY 7

static atomic_uint commits;

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    if (!zoo_is_commit(call) || zoo_stopped(call))
        return false;
    unsigned number = atomic_fetch_add_explicit(&commits, 1, memory_order_relaxed);
    *result = JET_errIndexNotFound;
    return number >= UNHARMED && number % EVERY == 0;
}
