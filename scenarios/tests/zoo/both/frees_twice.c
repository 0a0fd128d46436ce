/* Transactions that are being begun are in a list, which the stop empties and frees. JetBeginTransaction that finds no memory
 * looks whether its own entry is still there, lets go of the lock, and frees the entry a moment later. */
#include "scenarios/tests/zoo/zoo.h"

#include <pthread.h>
#include <stdlib.h>

struct entry {
    struct entry *next;
    char name[4000]; /* large: libc notices at once */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *entries;
static bool stopped;

static struct entry **find(const struct entry *entry)
{
    struct entry **at = &entries;
    while (*at != NULL && *at != entry)
        at = &(*at)->next;
    return at;
}

static bool is_there(const struct entry *entry)
{
    pthread_mutex_lock(&lock);
    bool there = *find(entry) != NULL;
    pthread_mutex_unlock(&lock);
    return there;
}

static bool take_off(const struct entry *entry)
{
    pthread_mutex_lock(&lock);
    struct entry **at = find(entry);
    bool there = *at != NULL;
    if (there)
        *at = entry->next;
    pthread_mutex_unlock(&lock);
    return there;
}

static void clear_out(void)
{
    pthread_mutex_lock(&lock);
    stopped = true;
    while (entries != NULL) {
        struct entry *first = entries;
        entries = first->next;
        free(first);
    }
    pthread_mutex_unlock(&lock);
}

static JET_ERR begin(struct entry *entry)
{
    pthread_mutex_lock(&lock);
    bool late = stopped;
    if (!late) {
        entry->next = entries;
        entries = entry;
    }
    pthread_mutex_unlock(&lock);
    void *volatile note = malloc(100);
    free(note);
    if (note == NULL && is_there(entry)) {
        take_off(entry);
        free(entry);
        return JET_errOutOfMemory;
    }
    if (late || take_off(entry))
        free(entry);
    return note == NULL ? JET_errOutOfMemory : JET_errSuccess;
}

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    if (zoo_is_stop(call))
        clear_out();
    if (call->fn != SHIM_FN_JetBeginTransaction)
        return false;
    struct entry *entry = malloc(sizeof *entry);
    *result = entry == NULL ? JET_errOutOfMemory : begin(entry);
    return *result != JET_errSuccess;
}
