/* A commit starts a helper, and does not tell it to end when there is no memory for its work. Where threads are controlled a
 * thread that waits for nobody is a deadlock at the end of the run. */
#include "scenarios/tests/zoo/zoo.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

static void *help(void *over)
{
    sem_wait(over);
    return over;
}

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    static sem_t overs[256]; /* one each, for writers commit at once */
    static atomic_uint next;
    pthread_t helper;
    if (!zoo_is_commit(call))
        return false;
    sem_t *over = &overs[atomic_fetch_add(&next, 1) % 256];
    sem_init(over, 0, 0);
    if (pthread_create(&helper, NULL, help, over) != 0) {
        *result = JET_errOutOfThreads;
        return true;
    }
    void *volatile memory = malloc(64);
    if (memory == NULL) {
        pthread_detach(helper);
        *result = JET_errOutOfMemory;
        return true;
    }
    free(memory);
    sem_post(over);
    pthread_join(helper, NULL);
    return false;
}
