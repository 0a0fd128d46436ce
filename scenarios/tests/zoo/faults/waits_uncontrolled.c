/* JetBeginTransaction that finds no memory waits until it has some, and never asks again. The scheduler cannot control this
 * engine (uncontrolled.h), so it is the clock that tells. */
#include "scenarios/tests/zoo/uncontrolled.h"
#include "scenarios/tests/zoo/zoo.h"

#include <stdlib.h>
#include <unistd.h>

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    (void)result;
    stay_uncontrolled();
    if (call->fn != SHIM_FN_JetBeginTransaction)
        return false;
    void *volatile memory = malloc(64);
    while (memory == NULL)
        usleep(1000);
    free(memory);
    return false;
}
