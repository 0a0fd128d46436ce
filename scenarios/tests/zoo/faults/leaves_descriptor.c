/* A session opens a file of its own, and forgets it when there is no memory for the rest. */
#include "scenarios/tests/zoo/zoo.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    if (call->fn != SHIM_FN_JetBeginSession)
        return false;
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    void *volatile memory = malloc(64);
    if (memory == NULL) {
        *result = JET_errOutOfMemory;
        return true;
    }
    free(memory);
    close(file);
    return false;
}
