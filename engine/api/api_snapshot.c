/* Snapshots: what a caller may pass; the rest is engine/instance/snapshot.h. Most calls name no instance and pass no gate, so
 * that a stop leaves them alone. Bad bits are JET_errInvalidParameter or JET_errInvalidGrbit, as each page has it. */
#include "engine/api/api.h"
#include "engine/api/gate.h"
#include "engine/api/information.h"
#include "engine/instance/snapshot.h"

JET_ERR ese_api_JetOSSnapshotPrepare(JET_OSSNAPID *snapshot, JET_GRBIT grbit)
{
    return ese_snapshot_prepare(snapshot, grbit);
}

JET_ERR ese_api_JetOSSnapshotPrepareInstance(JET_OSSNAPID snapshot, JET_INSTANCE instance,
                                             JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_instance(&call, ESE_FN_JetOSSnapshotPrepareInstance, instance);
    if (err != JET_errSuccess) {
        return err;
    }
    return ese_leave(&call, grbit != 0 ? JET_errInvalidParameter
                                       : ese_snapshot_name(snapshot, call.instance));
}

/* Where a list of instances goes to. */
struct place {
    enum ese_text text;
    JET_ULONG *count;
    void **infos;
};

static JET_ERR put(void *arg, const struct ese_running *list)
{
    const struct place *place = arg;
    return ese_give_running(place->text, list, place->count, place->infos);
}

JET_ERR ese_api_JetOSSnapshotFreeze(enum ese_text text, JET_OSSNAPID snapshot, JET_ULONG *count,
                                    void *infos, JET_GRBIT grbit)
{
    struct place place = {text, count, infos};
    if (grbit != 0 || count == NULL || infos == NULL) {
        return JET_errInvalidParameter;
    }
    *count = 0;
    *place.infos = NULL;
    return ese_snapshot_start(snapshot, put, &place);
}

JET_ERR ese_api_JetOSSnapshotGetFreezeInfo(enum ese_text text, JET_OSSNAPID snapshot,
                                           JET_ULONG *count, void *infos, JET_GRBIT grbit)
{
    struct place place = {text, count, infos};
    if (grbit != 0) {
        return JET_errInvalidGrbit; /* the page is silent: as the original */
    }
    if (count == NULL || infos == NULL) {
        return JET_errInvalidParameter;
    }
    *count = 0;
    *place.infos = NULL;
    return ese_snapshot_members(snapshot, put, &place);
}

JET_ERR ese_api_JetOSSnapshotThaw(JET_OSSNAPID snapshot, JET_GRBIT grbit)
{
    return grbit != 0 ? JET_errInvalidParameter : ese_snapshot_stop(snapshot);
}

JET_ERR ese_api_JetOSSnapshotAbort(JET_OSSNAPID snapshot, JET_GRBIT grbit)
{
    return grbit != 0 ? JET_errInvalidParameter : ese_snapshot_end(snapshot, true);
}

JET_ERR ese_api_JetOSSnapshotEnd(JET_OSSNAPID snapshot, JET_GRBIT grbit)
{
    return (grbit & ~(JET_GRBIT)JET_bitAbortSnapshot) != 0 ? JET_errInvalidGrbit
                                                           : ese_snapshot_end(snapshot, grbit != 0);
}

static JET_ERR truncate(JET_OSSNAPID snapshot, struct ese_instance *instance, JET_GRBIT grbit)
{
    return (grbit & ~(JET_GRBIT)JET_bitAllDatabasesSnapshot) != 0
               ? JET_errInvalidGrbit
               : ese_snapshot_truncate_logs(snapshot, instance, grbit != 0);
}

JET_ERR ese_api_JetOSSnapshotTruncateLog(JET_OSSNAPID snapshot, JET_GRBIT grbit)
{
    return truncate(snapshot, NULL, grbit);
}

JET_ERR ese_api_JetOSSnapshotTruncateLogInstance(JET_OSSNAPID snapshot, JET_INSTANCE instance,
                                                 JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_instance(&call, ESE_FN_JetOSSnapshotTruncateLogInstance, instance);
    return err == JET_errSuccess ? ese_leave(&call, truncate(snapshot, call.instance, grbit)) : err;
}
