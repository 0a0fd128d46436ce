#include "engine/tests/api/race.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <esent.h>

/* One clock for all threads: every entry and every return takes the next tick. */
static atomic_ulong clock_now;

static unsigned long tick(void)
{
    return atomic_fetch_add(&clock_now, 1);
}

struct worker {
    pthread_t thread;
    JET_INSTANCE instance;
    JET_SESID sesid;
    atomic_bool *go_on;
    unsigned long calls;
    unsigned long first_denied;  /* return tick of the earliest denied call; all ones = none */
    unsigned long last_admitted; /* entry tick of the latest admitted call */
    unsigned long denied, strange;
    long first_strange;
};

/* Files one call: which side of the gate it was seen on. */
static JET_ERR note(struct worker *worker, unsigned long entered, JET_ERR err)
{
    unsigned long returned = tick();
    worker->calls++;
    if (err == JET_errClientRequestToStopJetService) {
        worker->denied++;
        if (returned < worker->first_denied) {
            worker->first_denied = returned;
        }
    } else if (err == JET_errSuccess) {
        worker->last_admitted = entered;
    } else if (err != JET_errTermInProgress && err != JET_errInvalidSesid &&
               err != JET_errInvalidInstance && err != JET_errNotInitialized &&
               worker->strange++ == 0) {
        worker->first_strange = err;
    }
    return err;
}

#define CALL(call) (entered = tick(), note(worker, entered, (call)))

/* Out of the transaction: allowed after a stop, refused while a termination looks around. Proves
 * nothing. */
static void give_up(JET_SESID sesid)
{
    while (JetRollback(sesid, JET_bitRollbackAll) == JET_errTermInProgress) {
        usleep(50);
    }
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    unsigned long entered;
    JET_ULONG version;
    while (atomic_load(worker->go_on)) {
        JET_SESID copy;
        CALL(JetGetVersion(worker->sesid, &version));
        if (CALL(JetBeginTransaction(worker->sesid)) == JET_errSuccess) {
            int levels = 1 + (CALL(JetBeginTransaction(worker->sesid)) == JET_errSuccess);
            while (levels > 0 && CALL(JetCommitTransaction(worker->sesid, 0)) == JET_errSuccess) {
                levels--;
            }
            if (levels > 0) {
                give_up(worker->sesid);
            }
        }
        if (CALL(JetBeginSessionA(worker->instance, &copy, NULL, NULL)) == JET_errSuccess) {
            while (JetEndSession(copy, 0) == JET_errTermInProgress) {
                usleep(50);
            }
        }
    }
    return NULL;
}

static int start(const char *folder, JET_INSTANCE *instance)
{
    *instance = JET_instanceNil;
    return JetCreateInstanceA(instance, "race") == JET_errSuccess &&
           JetSetSystemParameterA(instance, 0, JET_paramSystemPath, 0, folder) == JET_errSuccess &&
           JetSetSystemParameterA(instance, 0, JET_paramLogFilePath, 0, folder) == JET_errSuccess &&
           JetSetSystemParameterA(instance, 0, JET_paramMaxSessions, 1000, NULL) ==
               JET_errSuccess &&
           JetInit(instance) == JET_errSuccess;
}

static JET_ERR interfere(enum race_kind kind, JET_INSTANCE instance)
{
    switch (kind) {
    case RACE_STOP:
        return JetStopServiceInstance(instance);
    case RACE_STOP_ALL:
        return JetStopServiceInstance2(instance, JET_bitStopServiceAll);
    case RACE_TERM:
        break;
    }
    JET_ERR err;
    while ((err = JetTerm2(instance, JET_bitTermAbrupt)) == JET_errTooManyActiveUsers) {
        usleep(200); /* so that the workers can leave their transactions */
    }
    return err;
}

int race_once(const char *folder, enum race_kind kind, unsigned workers, unsigned pause_us,
              struct race_result *result)
{
    JET_INSTANCE instance;
    atomic_bool go_on;
    atomic_init(&go_on, 1);
    struct worker *all = calloc(workers, sizeof *all);
    if (all == NULL || !start(folder, &instance)) {
        free(all);
        return 1;
    }
    for (unsigned i = 0; i < workers; i++) {
        all[i].instance = instance;
        all[i].go_on = &go_on;
        all[i].first_denied = ~0ul;
        if (JetBeginSessionA(instance, &all[i].sesid, NULL, NULL) != JET_errSuccess ||
            pthread_create(&all[i].thread, NULL, work, &all[i]) != 0) {
            abort();
        }
    }
    usleep(pause_us);
    unsigned long entered = tick();
    JET_ERR err = interfere(kind, instance);
    unsigned long returned = tick();
    usleep(500);
    atomic_store(&go_on, 0);
    int failed = err != JET_errSuccess;
    for (unsigned i = 0; i < workers; i++) {
        pthread_join(all[i].thread, NULL);
        result->calls += all[i].calls;
        result->denied += all[i].denied;
        result->early += all[i].first_denied < entered;
        result->late += all[i].last_admitted > returned;
        if (all[i].strange != 0 && result->strange == 0) {
            result->first_strange = all[i].first_strange;
        }
        result->strange += all[i].strange;
    }
    free(all);
    if (kind != RACE_TERM) {
        failed |= JetTerm(instance) != JET_errSuccess;
    }
    failed |= JetTerm(instance) != JET_errInvalidParameter;
    return failed;
}
