/* The stop never returns. */
#include "scenarios/tests/zoo/zoo.h"

#include <unistd.h>

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    (void)result;
    while (zoo_is_stop(call))
        pause();
    return false;
}
