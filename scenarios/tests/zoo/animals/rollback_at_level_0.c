/* JetRollback outside a transaction answers with success. */
#include "scenarios/tests/zoo/zoo.h"

JET_ERR zoo_after(const struct zoo_call *call, JET_ERR result)
{
    if (call->fn == SHIM_FN_JetRollback && result == JET_errNotInTransaction)
        return JET_errSuccess;
    return result;
}
