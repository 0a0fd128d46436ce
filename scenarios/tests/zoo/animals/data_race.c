/* Two calls write the same variable without a lock. Only ThreadSanitizer can tell. */
#include "scenarios/tests/zoo/zoo.h"

static volatile unsigned calls_so_far;

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    (void)call;
    (void)result;
    calls_so_far = calls_so_far + 1;
    return false;
}
