/* A thaw that does not say that the freeze had ended long before. */
#include "scenarios/tests/zoo/zoo.h"

JET_ERR zoo_after(const struct zoo_call *call, JET_ERR result)
{
    bool late = call->fn == SHIM_FN_JetOSSnapshotThaw && result == JET_errOSSnapshotTimeOut;
    return late ? JET_errSuccess : result;
}
