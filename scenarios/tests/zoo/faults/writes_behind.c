/* JetOpenTable that cannot make a copy ends what it has with a zero, one byte behind its end. Only a sanitizer can see that: in
 * what libc gives nothing is there. */
#include "scenarios/tests/zoo/zoo.h"

#include <stdlib.h>

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    if (call->fn != SHIM_FN_JetOpenTable)
        return false;
    volatile char *volatile room = malloc(20); /* libc gives 24 */
    void *volatile copy = room != NULL ? malloc(64) : NULL;
    if (room != NULL && copy == NULL)
        room[20] = '\0';
    *result = JET_errOutOfMemory;
    bool failed = copy == NULL;
    free(copy);
    free((void *)(uintptr_t)room);
    return failed;
}
