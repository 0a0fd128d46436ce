/* Stopping the service, stopping a backup. */
#include "engine/api/api.h"
#include "engine/api/gate.h"
#include "engine/instance/stop.h"

static JET_ERR stop_service(enum ese_function function, JET_INSTANCE instance)
{
    struct ese_call call;
    JET_ERR err = ese_enter_instance(&call, function, instance);
    return err == JET_errSuccess ? ese_leave(&call, ese_stop_service(call.instance)) : err;
}

JET_ERR ese_api_JetStopService(void)
{
    return stop_service(ESE_FN_JetStopService, JET_instanceNil);
}

JET_ERR ese_api_JetStopServiceInstance(JET_INSTANCE instance)
{
    return stop_service(ESE_FN_JetStopServiceInstance, instance);
}

JET_ERR ese_api_JetStopServiceInstance2(JET_INSTANCE instance, JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_instance(&call, ESE_FN_JetStopServiceInstance2, instance);
    return err == JET_errSuccess ? ese_leave(&call, ese_stop_service_parts(call.instance, grbit))
                                 : err;
}

/* The page promises JET_errInvalidParameter and no change for an instance that does not run. */
static JET_ERR stop_backup(enum ese_function function, JET_INSTANCE instance)
{
    struct ese_call call;
    JET_ERR err = ese_enter_instance(&call, function, instance);
    if (err != JET_errSuccess) {
        return err;
    }
    if ((atomic_load(&call.instance->api) & ESE_API_INITIALIZED) == 0) {
        return ese_leave(&call, JET_errInvalidParameter);
    }
    ese_backup_stop(&call.instance->backup);
    return ese_leave(&call, JET_errSuccess);
}

JET_ERR ese_api_JetStopBackup(void)
{
    return stop_backup(ESE_FN_JetStopBackup, JET_instanceNil);
}

JET_ERR ese_api_JetStopBackupInstance(JET_INSTANCE instance)
{
    return stop_backup(ESE_FN_JetStopBackupInstance, instance);
}
