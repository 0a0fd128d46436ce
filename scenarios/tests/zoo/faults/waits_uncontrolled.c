/* JetBeginTransaction that finds no memory waits until it has some, and never asks again. The scheduler cannot control this
 * engine (leaks_uncontrolled says why), so it is the clock that tells. */
#include "scenarios/tests/zoo/zoo.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_barrier_t alone;

__attribute__((constructor)) static void begin(void)
{
    pthread_barrier_init(&alone, NULL, 1);
}

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    (void)result;
    pthread_barrier_wait(&alone);
    if (call->fn != SHIM_FN_JetBeginTransaction)
        return false;
    void *volatile memory = malloc(64);
    while (memory == NULL)
        usleep(1000);
    free(memory);
    return false;
}
