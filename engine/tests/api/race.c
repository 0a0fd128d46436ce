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
    JET_DBID dbid;
    JET_TABLEID tableid;
    JET_COLUMNID id;
    JET_LONG next_id;
    unsigned long committed;
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
               err != JET_errInvalidTableId && worker->strange++ == 0) {
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

/* Prepares, fills and ends an insert; only success counts as one. */
static int insert(struct worker *worker)
{
    unsigned long entered;
    JET_LONG id = worker->next_id++;
    return CALL(JetPrepareUpdate(worker->sesid, worker->tableid, JET_prepInsert)) == 0 &&
           CALL(JetSetColumn(worker->sesid, worker->tableid, worker->id, &id, sizeof id, 0,
                             NULL)) == 0 &&
           CALL(JetUpdate(worker->sesid, worker->tableid, NULL, 0, NULL)) == 0;
}

/* A row in a transaction, sometimes in a nested one. */
static void add_row(struct worker *worker)
{
    unsigned long entered;
    if (CALL(JetBeginTransaction(worker->sesid)) != JET_errSuccess) {
        return;
    }
    int levels = 1;
    if (worker->next_id % 4 == 0) {
        levels += CALL(JetBeginTransaction(worker->sesid)) == JET_errSuccess;
    }
    int inserted = insert(worker);
    while (inserted && levels > 0 &&
           CALL(JetCommitTransaction(worker->sesid, JET_bitCommitLazyFlush)) == JET_errSuccess) {
        levels--;
    }
    if (levels > 0) {
        give_up(worker->sesid);
    } else {
        worker->committed++;
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
        add_row(worker);
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

/* The table all workers write to. */
static int make_table(JET_INSTANCE instance, const char *file, JET_COLUMNID *id)
{
    JET_SESID sesid;
    JET_DBID dbid;
    char name[] = "id";
    char key[] = "+id\0";
    char table[] = "rows";
    char primary[] = "primary";
    JET_COLUMNCREATE_A column = {
        .cbStruct = sizeof column, .szColumnName = name, .coltyp = JET_coltypLong};
    JET_INDEXCREATE_A index = {.cbStruct = sizeof index,
                               .szIndexName = primary,
                               .szKey = key,
                               .cbKey = sizeof key,
                               .grbit = JET_bitIndexPrimary,
                               .ulDensity = 80};
    JET_TABLECREATE_A create = {.cbStruct = sizeof create,
                                .szTableName = table,
                                .ulPages = 1,
                                .ulDensity = 80,
                                .rgcolumncreate = &column,
                                .cColumns = 1,
                                .rgindexcreate = &index,
                                .cIndexes = 1};
    int made = JetBeginSessionA(instance, &sesid, NULL, NULL) == 0 &&
               JetCreateDatabaseA(sesid, file, NULL, &dbid, JET_bitDbOverwriteExisting) == 0 &&
               JetCreateTableColumnIndexA(sesid, dbid, &create) == 0 &&
               JetEndSession(sesid, 0) == 0;
    *id = column.columnid;
    return made;
}

static int open_table(struct worker *worker, const char *file)
{
    return JetBeginSessionA(worker->instance, &worker->sesid, NULL, NULL) == 0 &&
           JetOpenDatabaseA(worker->sesid, file, NULL, &worker->dbid, 0) == 0 &&
           JetOpenTableA(worker->sesid, worker->dbid, "rows", NULL, 0, 0, &worker->tableid) == 0;
}

/* The rows another life finds; all ones when it cannot look. */
static unsigned long count_rows(const char *folder, const char *file)
{
    struct worker reader = {0};
    JET_ULONG count = 0;
    if (!start(folder, &reader.instance) ||
        JetBeginSessionA(reader.instance, &reader.sesid, NULL, NULL) != 0 ||
        JetAttachDatabaseA(reader.sesid, file, 0) != 0 || !open_table(&reader, file)) {
        return ~0ul;
    }
    if (JetMove(reader.sesid, reader.tableid, JET_MoveFirst, 0) == 0 &&
        JetIndexRecordCount(reader.sesid, reader.tableid, &count, 0) != 0) {
        return ~0ul;
    }
    return JetTerm(reader.instance) == 0 ? count : ~0ul;
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
    JET_COLUMNID id;
    char file[600];
    atomic_bool go_on;
    atomic_init(&go_on, 1);
    snprintf(file, sizeof file, "%s/race.edb", folder);
    struct worker *all = calloc(workers, sizeof *all);
    if (all == NULL || !start(folder, &instance) || !make_table(instance, file, &id)) {
        free(all);
        return 1;
    }
    for (unsigned i = 0; i < workers; i++) {
        all[i].instance = instance;
        all[i].go_on = &go_on;
        all[i].id = id;
        all[i].next_id = (JET_LONG)(i << 24);
        all[i].first_denied = ~0ul;
        if (!open_table(&all[i], file) ||
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
    unsigned long committed = 0;
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
        committed += all[i].committed;
    }
    free(all);
    if (kind != RACE_TERM) {
        failed |= JetTerm(instance) != JET_errSuccess;
    }
    failed |= JetTerm(instance) != JET_errInvalidParameter;
    result->lost += count_rows(folder, file) != committed;
    remove(file);
    return failed;
}
