/* JetOpenTable makes itself a note and throws it away when all went well, and only then. */
#include "scenarios/tests/zoo/zoo.h"

#include <stdlib.h>
#include <string.h>

static _Thread_local void *volatile note;

static bool opens(const struct zoo_call *call)
{
    return call->fn == SHIM_FN_JetOpenTable;
}

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    *result = JET_errOutOfMemory;
    if (!opens(call))
        return false;
    note = malloc(100);
    return note == NULL;
}

JET_ERR zoo_after(const struct zoo_call *call, JET_ERR result)
{
    if (opens(call) && result >= 0)
        free(note);
    return result;
}
