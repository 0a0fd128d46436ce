/* The stop writes beyond a block that it allocated, over whatever lies there. */
#include "scenarios/tests/zoo/zoo.h"

/* The damage is noticed by whoever allocates or frees next, at the latest when the instance gives
 * the block back at its term. */
#include <stdlib.h>

#define BLOCK 48
#define BEYOND 4096

static _Atomic(unsigned char *) smashed;

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    (void)result;
    if (zoo_is_stop(call) && !atomic_load(&smashed)) {
        unsigned char *volatile block = malloc(BLOCK);
        for (volatile size_t i = 0; block && i < BLOCK + BEYOND; i++)
            block[i] = 0xA5;
        atomic_store(&smashed, block);
    }
    if (call->fn == SHIM_FN_JetTerm || call->fn == SHIM_FN_JetTerm2)
        free(atomic_exchange(&smashed, NULL));
    return false;
}
