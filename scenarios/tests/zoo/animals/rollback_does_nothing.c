/* JetRollback answers with success and leaves the transaction as it is. */
#include "scenarios/tests/zoo/zoo.h"

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    *result = JET_errSuccess;
    return call->fn == SHIM_FN_JetRollback;
}
