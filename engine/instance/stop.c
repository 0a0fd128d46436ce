#include "engine/instance/stop.h"

#include "engine/instance/instance.h"

/* Recorded beside the public bits when everything was stopped. */
#define STOPPED_ALL ((uint32_t)1)

/* The checkpoint depth JetStopServiceInstance leaves behind, in bytes: less than any log file. */
#define STOPPED_DEPTH 16384

#define PARTS (JET_bitStopServiceBackgroundUserTasks | JET_bitStopServiceQuiesceCaches)

/* Step 1 of every full stop, before any lock is taken: what a defragmentation calls when it has
 * ended may stop the service, too. Does not wait for the calling thread itself. */
static void stop_defragmentation(struct ese_instance *instance)
{
    if ((atomic_load(&instance->api) & ESE_API_INITIALIZED) != 0) {
        ese_defrag_close(&instance->defrag);
    }
}

/* Takes the service lock of an instance that runs; its store then stays open until the lock is
 * given back. */
static JET_ERR lock_running(struct ese_instance *instance)
{
    ese_mutex_lock(&instance->service);
    if ((atomic_load(&instance->api) & ESE_API_INITIALIZED) == 0) {
        ese_mutex_unlock(&instance->service);
        return JET_errInvalidParameter;
    }
    return JET_errSuccess;
}

static void quiesce(struct ese_instance *instance, bool quiesced)
{
    ese_mutex_lock(&ese_process.lock);
    instance->quiesced = quiesced;
    ese_instance_apply_depth(instance);
    ese_mutex_unlock(&ese_process.lock);
}

JET_ERR ese_stop_service(struct ese_instance *instance)
{
    stop_defragmentation(instance);
    JET_ERR err = lock_running(instance);
    if (err != JET_errSuccess) {
        return err;
    }
    ese_store_quiet(instance->store, true);
    ese_store_signal_cleanup(instance->store);
    ese_mutex_lock(&ese_process.lock);
    ese_param_force(&instance->params, ESE_JET_paramCheckpointDepthMax, STOPPED_DEPTH);
    ese_instance_apply_depth(instance);
    ese_mutex_unlock(&ese_process.lock);
    /* Last, and before anybody can see the return: who enters later finds the gate closed. What was set going is woken
     * behind that, as it may push this thread aside. */
    atomic_store(&instance->stopped, true);
    ese_store_quiet(instance->store, false);
    ese_mutex_unlock(&instance->service);
    return JET_errSuccess;
}

static JET_ERR resume(struct ese_instance *instance, uint32_t parts)
{
    if ((instance->parts_stopped & STOPPED_ALL) != 0) {
        return JET_errClientRequestToStopJetService;
    }
    if (parts == 0) {
        parts = instance->parts_stopped;
    }
    if ((parts & JET_bitStopServiceQuiesceCaches) != 0) {
        quiesce(instance, false);
    }
    if ((parts & JET_bitStopServiceBackgroundUserTasks) != 0) {
        ese_defrag_pause(&instance->defrag, false);
    }
    instance->parts_stopped &= ~parts;
    return JET_errSuccess;
}

static void stop_parts(struct ese_instance *instance, uint32_t parts)
{
    bool all = parts == JET_bitStopServiceAll;
    if (all) {
        parts = STOPPED_ALL | PARTS;
        ese_store_signal_cleanup(instance->store);
    }
    if ((parts & JET_bitStopServiceQuiesceCaches) != 0) {
        ese_store_write_log(instance->store); /* as in the original; what fails here others are told */
        quiesce(instance, true);
    }
    if ((parts & JET_bitStopServiceBackgroundUserTasks) != 0) {
        ese_defrag_pause(&instance->defrag, true);
    }
    instance->parts_stopped |= parts;
    if (all) {
        atomic_store(&instance->stopped, true);
    }
}

JET_ERR ese_stop_service_parts(struct ese_instance *instance, JET_GRBIT grbit)
{
    if (grbit == JET_bitStopServiceAll) {
        stop_defragmentation(instance);
    }
    JET_ERR err = lock_running(instance);
    if (err != JET_errSuccess) {
        return err;
    }
    uint32_t parts = grbit & ~(uint32_t)JET_bitStopServiceResume;
    if ((parts & ~(uint32_t)PARTS) != 0) {
        err = JET_errInvalidGrbit;
    } else if ((grbit & JET_bitStopServiceResume) != 0) {
        err = resume(instance, parts);
    } else {
        stop_parts(instance, parts);
    }
    ese_mutex_unlock(&instance->service);
    return err;
}
