/* The stop dies as if it had used a wild pointer. */
#include "scenarios/tests/zoo/zoo.h"

#include <signal.h>

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    (void)result;
    if (zoo_is_stop(call))
        raise(SIGSEGV);
    return false;
}
