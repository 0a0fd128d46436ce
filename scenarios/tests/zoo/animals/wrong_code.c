/* A stopped service refuses calls with the code of a terminating instance. */
#include "scenarios/tests/zoo/zoo.h"

JET_ERR zoo_after(const struct zoo_call *call, JET_ERR result)
{
    (void)call;
    return result == JET_errClientRequestToStopJetService ? JET_errTermInProgress : result;
}
