/* A stop that answers with success and is then forgotten. */
#include "scenarios/tests/zoo/zoo.h"

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    *result = JET_errSuccess;
    return zoo_is_stop(call);
}
