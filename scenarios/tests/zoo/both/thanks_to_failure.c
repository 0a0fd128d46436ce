/* A commit that finds no memory gives up what waits to be written, and for a moment everybody who commits takes that for a
 * log that was just written: they are told that they are done, and nothing of theirs is. */
#include "scenarios/tests/zoo/zoo.h"

#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t queue = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool emptied;

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    if (!zoo_is_commit(call))
        return false;
    if (atomic_load(&emptied)) {
        zoo_engine(SHIM_FN_JetRollback, call->args[0], 0);
        *result = JET_errSuccess;
        return true;
    }
    void *volatile record = malloc(64);
    if (record == NULL) {
        atomic_store(&emptied, true);
        pthread_mutex_lock(&queue);
        pthread_mutex_unlock(&queue);
        atomic_store(&emptied, false);
        *result = JET_errOutOfMemory;
        return true;
    }
    free(record);
    return false;
}
