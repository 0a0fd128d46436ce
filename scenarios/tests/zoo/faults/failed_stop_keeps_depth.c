/* A stop sets the depth of the checkpoint first; when it fails after that it does not put it back. */
#include "scenarios/tests/zoo/zoo.h"

#include <stdlib.h>

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    if (!zoo_is_stop(call))
        return false;
    void *volatile memory = malloc(64);
    bool failed = memory == NULL;
    free(memory);
    if (failed)
        zoo_set_depth(call->instance, 0);
    *result = JET_errOutOfMemory;
    return failed;
}
