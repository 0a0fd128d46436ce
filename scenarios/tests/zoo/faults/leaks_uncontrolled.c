/* leaks_on_error in an engine that the scheduler cannot control, for it waits at a barrier that is there since it was loaded: so
 * operations are counted within actor and function. */
#include <pthread.h>

#define zoo_before leaks_before
#include "scenarios/tests/zoo/faults/leaks_on_error.c"
#undef zoo_before

static pthread_barrier_t alone;

__attribute__((constructor)) static void begin(void)
{
    pthread_barrier_init(&alone, NULL, 1);
}

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    pthread_barrier_wait(&alone);
    return leaks_before(call, result);
}
