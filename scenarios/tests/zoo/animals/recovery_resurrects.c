/* A row that nobody committed is there after the recovery. */
#include "scenarios/tests/zoo/zoo.h"

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    (void)result;
    return zoo_is_first_scan(call) && zoo_change_a_row(call, JET_MoveLast, true) < 0;
}
