/* The stop returns at once and takes effect some time later. */
#include "scenarios/tests/zoo/zoo.h"

#include <pthread.h>
#include <time.h>

#define DELAY_NS (20 * 1000 * 1000)

static _Atomic uint64_t instance_to_stop;

static void *stop_later(void *unused)
{
    (void)unused;
    nanosleep(&(struct timespec){.tv_nsec = DELAY_NS}, NULL);
    zoo_engine(SHIM_FN_JetStopServiceInstance, atomic_load(&instance_to_stop), 0);
    return NULL;
}

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    pthread_t thread;
    if (!zoo_is_stop(call) || !call->instance)
        return false;
    atomic_store(&instance_to_stop, call->instance);
    if (pthread_create(&thread, NULL, stop_later, NULL))
        return false;
    pthread_detach(thread);
    *result = JET_errSuccess;
    return true;
}
