/* The stop takes two locks in the other order than the calls that it stops. */
#include "scenarios/tests/zoo/zoo.h"

#include <pthread.h>

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER, calls = PTHREAD_MUTEX_INITIALIZER;

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    bool stop = zoo_is_stop(call);
    if (!stop && call->fn != SHIM_FN_JetBeginTransaction) {
        return false;
    }
    pthread_mutex_t *first = stop ? &gate : &calls, *second = stop ? &calls : &gate;
    pthread_mutex_lock(first);
    pthread_mutex_lock(second);
    pthread_mutex_unlock(second);
    pthread_mutex_unlock(first);
    (void)result;
    return false;
}
