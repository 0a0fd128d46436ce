/* A log file that a stopped backup needed is never let go: once a backup was stopped, truncating says that it worked
 * and removes nothing. */
#include "scenarios/tests/zoo/zoo.h"

static atomic_bool pinned;

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    *result = JET_errSuccess;
    if (call->fn == SHIM_FN_JetStopBackupInstance)
        atomic_store(&pinned, true);
    return call->fn == SHIM_FN_JetTruncateLogInstance && atomic_load(&pinned);
}
