/* A row that was there before the death is gone after the recovery. */
#include "scenarios/tests/zoo/zoo.h"

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    (void)result;
    return zoo_is_first_scan(call) &&
           zoo_change_a_row(call, (JET_LONG)JET_MoveFirst, false) < 0; /* then it is the engine's to say so */
}
