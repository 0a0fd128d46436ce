/* JetOpenTable makes itself a note and writes into it, whether there was memory for it or not. */
#include "scenarios/tests/zoo/zoo.h"

#include <stdlib.h>

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    (void)result;
    if (call->fn != SHIM_FN_JetOpenTable)
        return false;
    volatile uint64_t *volatile note = malloc(64);
    *note = call->args[0];
    free((void *)(uintptr_t)note);
    return false;
}
