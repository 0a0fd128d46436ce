/* An instance whose service is stopped still joins snapshots. */
#include "scenarios/tests/zoo/zoo.h"

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    struct zoo_call joining = *call;
    joining.instance = (JET_INSTANCE)call->args[1]; /* behind the snapshot */
    *result = JET_errSuccess;
    return call->fn == SHIM_FN_JetOSSnapshotPrepareInstance && zoo_stopped(&joining);
}
