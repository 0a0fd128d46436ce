/* A stop that reports failure and stops the service all the same. */
#include "scenarios/tests/zoo/zoo.h"

JET_ERR zoo_after(const struct zoo_call *call, JET_ERR result)
{
    return zoo_is_stop(call) && result >= 0 ? JET_errInvalidParameter : result;
}
