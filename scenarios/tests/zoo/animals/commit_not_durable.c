/* A durable commit is acknowledged before anything of it has reached a file. */
#include "scenarios/tests/zoo/zoo.h"

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    (void)result;
    if (zoo_is_commit(call) && (uint32_t)call->args[1] == 0)
        call->args[1] = JET_bitCommitLazyFlush;
    return false;
}
