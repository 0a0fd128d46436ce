/* JetBeginTransaction comes back without memory and keeps the lock that it took. */
#include "scenarios/tests/zoo/zoo.h"

#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    if (call->fn != SHIM_FN_JetBeginTransaction)
        return false;
    pthread_mutex_lock(&lock);
    void *volatile memory = malloc(64);
    if (memory == NULL) {
        *result = JET_errOutOfMemory;
        return true;
    }
    free(memory);
    pthread_mutex_unlock(&lock);
    return false;
}
