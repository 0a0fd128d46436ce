/* The stop throws away what a call that is under way has looked at and is about to use. */
#include "scenarios/tests/zoo/zoo.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int counter;
static int *_Atomic state = &counter;

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    (void)result;
    if (zoo_is_stop(call)) {
        atomic_store(&state, NULL);
    } else if (call->fn == SHIM_FN_JetBeginTransaction && atomic_load(&state) != NULL) {
        pthread_mutex_lock(&lock);
        int *volatile used = atomic_load(&state);
        *used += 1;
        pthread_mutex_unlock(&lock);
    }
    return false;
}
