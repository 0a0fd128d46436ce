/* leaves_thread in an engine that the scheduler cannot control (leaks_uncontrolled says why): nobody sees what the thread waits
 * for, but it is there when all have ended. */
#include <pthread.h>

#define zoo_before leaves_before
#include "scenarios/tests/zoo/faults/leaves_thread.c"
#undef zoo_before

static pthread_barrier_t alone;

__attribute__((constructor)) static void begin(void)
{
    pthread_barrier_init(&alone, NULL, 1);
}

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    pthread_barrier_wait(&alone);
    return leaves_before(call, result);
}
