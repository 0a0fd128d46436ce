/* The process that is killed: eight writers, and a controller that stops and restarts the engine.
 */
#include "engine/tests/proof/crash.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TRIES_MAX = 5000 };

static _Atomic bool ending;       /* errors are no news any more */
static _Atomic bool asked_to_end; /* writers end after their transaction */

struct table {
    JET_TABLEID tableid;
    JET_COLUMNID writer, key, version, body;
};

struct writer {
    const struct crash_setup *setup;
    const struct crash_engine *engine;
    unsigned number;
    pthread_t thread;
    JET_SESID sesid;
    JET_DBID dbid;
    struct table tables[TABLES];
    struct table heads, accounts; /* key and version (its value) only */
    struct crash_state state;
    uint32_t last; /* committed transaction */
    unsigned char body[BODY_MAX];
};

/* ---- single operations ----------------------------------------------------------------------- */

static JET_ERR seek_row(struct writer *writer, const struct table *table, JET_LONG key)
{
    JET_LONG number = (JET_LONG)writer->number;
    JET_ERR err = JetMakeKey(writer->sesid, table->tableid, &number, sizeof number, JET_bitNewKey);
    if (err == JET_errSuccess) {
        err = JetMakeKey(writer->sesid, table->tableid, &key, sizeof key, 0);
    }
    return err == JET_errSuccess ? JetSeek(writer->sesid, table->tableid, JET_bitSeekEQ) : err;
}

static JET_ERR seek_pair(struct writer *writer, const struct table *table, JET_LONG key)
{
    JET_ERR err = JetMakeKey(writer->sesid, table->tableid, &key, sizeof key, JET_bitNewKey);
    return err == JET_errSuccess ? JetSeek(writer->sesid, table->tableid, JET_bitSeekEQ) : err;
}

static JET_ERR set_long(struct writer *writer, const struct table *table, JET_COLUMNID column,
                        JET_LONG value)
{
    return JetSetColumn(writer->sesid, table->tableid, column, &value, sizeof value, 0, NULL);
}

static JET_ERR finish(struct writer *writer, const struct table *table, JET_ERR err)
{
    if (err >= JET_errSuccess) {
        err = JetUpdate(writer->sesid, table->tableid, NULL, 0, NULL);
    }
    if (err < JET_errSuccess) {
        JetPrepareUpdate(writer->sesid, table->tableid, JET_prepCancel);
    }
    return err;
}

static JET_ERR write_row(struct writer *writer, const struct crash_op *op, uint32_t n)
{
    const struct table *table = &writer->tables[op->table];
    bool insert = op->kind == CRASH_INSERT;
    JET_ERR err = insert ? JET_errSuccess : seek_row(writer, table, (JET_LONG)op->key);
    if (err == JET_errSuccess) {
        err = JetPrepareUpdate(writer->sesid, table->tableid,
                               insert ? JET_prepInsert : JET_prepReplace);
    }
    if (err < JET_errSuccess) {
        return err;
    }
    if (insert) {
        err = set_long(writer, table, table->writer, (JET_LONG)writer->number);
        if (err >= JET_errSuccess) {
            err = set_long(writer, table, table->key, (JET_LONG)op->key);
        }
    }
    if (err >= JET_errSuccess) {
        err = set_long(writer, table, table->version, (JET_LONG)n);
    }
    if (err >= JET_errSuccess) {
        uint32_t size = crash_body(writer->setup->seed, writer->number, op->table, op->key, n,
                                   writer->engine->long_values, writer->body);
        err = JetSetColumn(writer->sesid, table->tableid, table->body, writer->body, size,
                           size == 0 ? JET_bitSetZeroLength : 0, NULL);
    }
    return finish(writer, table, err);
}

static JET_ERR set_pair(struct writer *writer, const struct table *table, JET_LONG key,
                        JET_LONG value, bool add)
{
    JET_LONG now = 0;
    JET_ERR err = seek_pair(writer, table, key);
    if (err == JET_errSuccess) {
        err = JetPrepareUpdate(writer->sesid, table->tableid, JET_prepReplace);
    }
    if (err < JET_errSuccess) {
        return err;
    }
    if (add) {
        err = JetRetrieveColumn(writer->sesid, table->tableid, table->version, &now, sizeof now,
                                NULL, JET_bitRetrieveCopy, NULL);
    }
    if (err >= JET_errSuccess) {
        err = set_long(writer, table, table->version, now + value);
    }
    return finish(writer, table, err);
}

static JET_ERR transfer(struct writer *writer, const struct crash_op *op, uint32_t n)
{
    JET_LONG amount = (JET_LONG)(n % 17) + 1;
    JET_ERR err = set_pair(writer, &writer->accounts, (JET_LONG)op->table, -amount, true);
    return err < JET_errSuccess
               ? err
               : set_pair(writer, &writer->accounts, (JET_LONG)op->key, amount, true);
}

/* The rows of the writer's own table: OWN_ROWS numbers that follow n. */
static JET_ERR fill_own(struct writer *writer, const struct table *own, uint32_t n)
{
    JET_ERR err = JetMove(writer->sesid, own->tableid, JET_MoveFirst, 0);
    while (err == JET_errSuccess) {
        err = JetDelete(writer->sesid, own->tableid);
        if (err == JET_errSuccess) {
            err = JetMove(writer->sesid, own->tableid, JET_MoveNext, 0);
        }
    }
    err = err == JET_errNoCurrentRecord ? JET_errSuccess : err;
    for (JET_LONG i = 0; i < OWN_ROWS && err >= JET_errSuccess; i++) {
        err = JetPrepareUpdate(writer->sesid, own->tableid, JET_prepInsert);
        if (err >= JET_errSuccess) {
            err = finish(writer, own, set_long(writer, own, own->key, (JET_LONG)n + i));
        }
    }
    return err;
}

static JET_ERR change_own(struct writer *writer, const struct crash_op *op, uint32_t n)
{
    char name[16];
    struct table own = {.tableid = JET_tableidNil};
    JET_SESID sesid = writer->sesid;
    snprintf(name, sizeof name, "own%u", writer->number);
    if (op->kind == CRASH_OWN_DROP) {
        return JetDeleteTableA(sesid, writer->dbid, name);
    }
    JET_ERR err;
    if (op->kind == CRASH_OWN_MAKE) {
        JET_COLUMNDEF column = {.cbStruct = sizeof column, .coltyp = JET_coltypLong};
        err = JetCreateTableA(sesid, writer->dbid, name, 1, 80, &own.tableid);
        if (err >= JET_errSuccess) {
            err = JetAddColumnA(sesid, own.tableid, "number", &column, NULL, 0, &own.key);
        }
    } else {
        JET_COLUMNDEF column = {.cbStruct = sizeof column};
        err = JetOpenTableA(sesid, writer->dbid, name, NULL, 0, 0, &own.tableid);
        if (err >= JET_errSuccess) {
            err = JetGetTableColumnInfoA(sesid, own.tableid, "number", &column, sizeof column,
                                         JET_ColInfo);
            own.key = column.columnid;
        }
    }
    if (err >= JET_errSuccess) {
        err = fill_own(writer, &own, n);
    }
    if (own.tableid != JET_tableidNil) {
        JetCloseTable(sesid, own.tableid);
    }
    return err;
}

static JET_ERR perform(struct writer *writer, const struct crash_op *op, uint32_t n)
{
    switch (op->kind) {
    case CRASH_INSERT:
    case CRASH_REPLACE:
        return write_row(writer, op, n);
    case CRASH_DELETE: {
        const struct table *table = &writer->tables[op->table];
        JET_ERR err = seek_row(writer, table, (JET_LONG)op->key);
        return err == JET_errSuccess ? JetDelete(writer->sesid, table->tableid) : err;
    }
    case CRASH_TRANSFER:
        return transfer(writer, op, n);
    case CRASH_NESTED:
        return JetBeginTransaction(writer->sesid);
    case CRASH_NESTED_COMMIT:
        return JetCommitTransaction(writer->sesid, 0);
    case CRASH_NESTED_ROLLBACK:
        return JetRollback(writer->sesid, 0);
    default:
        return change_own(writer, op, n);
    }
}

/* ---- transactions ---------------------------------------------------------------------------- */

/* Answers that another session's work explains: the transaction is tried again. */
static bool is_conflict(const struct crash_op *op, JET_ERR err)
{
    if (err == JET_errVersionStoreOutOfMemory) {
        return true;
    }
    switch (op->kind) {
    case CRASH_TRANSFER:
        return err == JET_errWriteConflict;
    case CRASH_OWN_MAKE:
    case CRASH_OWN_WRITE:
    case CRASH_OWN_DROP:
        return err == JET_errWriteConflict || err == JET_errTableInUse ||
               err == JET_errTableLocked || err == JET_errTableDuplicate;
    default:
        return false;
    }
}

/* False: the engine ends. */
static bool try_transaction(struct writer *writer, const struct crash_transaction *transaction,
                            uint32_t n, bool *done)
{
    struct crash_shared *shared = writer->setup->shared;
    JET_ERR err = JetBeginTransaction(writer->sesid);
    const struct crash_op head = {CRASH_REPLACE, 0, 0};
    const struct crash_op *op = &head;
    *done = false;
    for (unsigned i = 0; i < transaction->count && err >= JET_errSuccess; i++) {
        op = &transaction->ops[i];
        err = perform(writer, op, n);
    }
    if (err >= JET_errSuccess && !transaction->rollback) {
        op = &head;
        err = set_pair(writer, &writer->heads, (JET_LONG)writer->number, (JET_LONG)n, false);
        if (err >= JET_errSuccess) {
            err = JetCommitTransaction(writer->sesid,
                                       transaction->durable ? 0 : JET_bitCommitLazyFlush);
        }
        if (err >= JET_errSuccess) {
            writer->last = n;
            if (transaction->durable) {
                atomic_store(&shared->writers[writer->number].floor, n);
                atomic_fetch_add(&shared->durables, 1);
            }
            atomic_fetch_add(&shared->commits, 1);
            *done = true;
            return true;
        }
    } else if (err >= JET_errSuccess) {
        *done = true;
    }
    JET_ERR rolled = JetRollback(writer->sesid, JET_bitRollbackAll);
    if (ending) {
        return false;
    }
    if (rolled < JET_errSuccess) {
        proof_fail("writer %u: JetRollback returned %ld", writer->number, (long)rolled);
    }
    if (err < JET_errSuccess && !is_conflict(op, err)) {
        proof_fail("writer %u, transaction %u: operation %d (table %u, key %u) returned %ld",
                   writer->number, n, (int)op->kind, op->table, op->key, (long)err);
    }
    return true;
}

static bool next_transaction(struct writer *writer, uint32_t n)
{
    struct crash_transaction transaction;
    crash_transaction(writer->setup->seed, writer->number, n, &writer->state, &transaction);
    _Atomic uint32_t *begun = &writer->setup->shared->writers[writer->number].begun;
    if (!transaction.rollback && atomic_load(begun) < n) {
        atomic_store(begun, n);
    }
    bool done = false;
    for (unsigned i = 0; !done; i++) {
        if (i == TRIES_MAX) {
            proof_fail("writer %u, transaction %u: conflicts without end", writer->number, n);
        }
        if (i > 0) {
            atomic_fetch_add(&writer->setup->shared->conflicts, 1);
            usleep(i < 20 ? i * 50 : 1000);
        }
        if (!try_transaction(writer, &transaction, n, &done)) {
            return false;
        }
    }
    writer->state = transaction.after;
    return true;
}

/* ---- a writer -------------------------------------------------------------------------------- */

static bool open_table(struct writer *writer, const char *name, bool rows, struct table *table)
{
    if (JetOpenTableA(writer->sesid, writer->dbid, name, NULL, 0, 0, &table->tableid) <
        JET_errSuccess) {
        return false;
    }
    const struct {
        const char *name;
        JET_COLUMNID *column;
    } columns[] = {{"key", &table->key},
                   {rows ? "version" : "value", &table->version},
                   {"writer", &table->writer},
                   {"body", &table->body}};
    for (unsigned i = 0; i < (rows ? 4u : 2u); i++) {
        JET_COLUMNDEF column = {.cbStruct = sizeof column};
        if (JetGetTableColumnInfoA(writer->sesid, table->tableid, columns[i].name, &column,
                                   sizeof column, JET_ColInfo) < JET_errSuccess) {
            return false;
        }
        *columns[i].column = column.columnid;
    }
    return true;
}

static bool open_all(struct writer *writer)
{
    char name[16];
    if (JetOpenDatabaseA(writer->sesid, writer->setup->database, NULL, &writer->dbid, 0) <
        JET_errSuccess) {
        return false;
    }
    for (unsigned i = 0; i < TABLES; i++) {
        snprintf(name, sizeof name, "rows%u", i);
        if (!open_table(writer, name, true, &writer->tables[i])) {
            return false;
        }
    }
    return open_table(writer, "heads", false, &writer->heads) &&
           open_table(writer, "accounts", false, &writer->accounts);
}

static void *write_on(void *arg)
{
    struct writer *writer = arg;
    if (!open_all(writer)) {
        if (!ending) {
            proof_fail("writer %u cannot open the tables", writer->number);
        }
        return NULL;
    }
    for (uint32_t n = writer->last + 1; !asked_to_end; n++) {
        if (!next_transaction(writer, n)) {
            break;
        }
    }
    if (!ending) {
        MUST(JetEndSession(writer->sesid, 0));
    }
    return NULL;
}

static void start_writer(struct writer *writer, const struct crash_setup *setup,
                         const struct crash_engine *engine, JET_SESID sesid, JET_DBID dbid,
                         unsigned number)
{
    uint32_t head = crash_head(sesid, dbid, number);
    crash_check_head(setup, number, head);
    memset(writer, 0, sizeof *writer);
    writer->setup = setup;
    writer->engine = engine;
    writer->number = number;
    writer->last = head;
    crash_replay(setup->seed, number, head, &writer->state);
    MUST(JetBeginSessionA(engine->instance, &writer->sesid, NULL, NULL));
}

/* ---- the controller -------------------------------------------------------------------------- */

enum end { END_CLEAN, END_STOP_TERM, END_DIRTY, END_STOP_DIRTY };

/* Everything committed is on the disk now, lazily or not. */
static void raise_floors(const struct crash_setup *setup, const struct writer *writers)
{
    for (unsigned i = 0; i < WRITERS; i++) {
        atomic_store(&setup->shared->writers[i].floor, writers[i].last);
    }
}

static void end_engine(const struct crash_setup *setup, const struct crash_engine *engine,
                       struct writer *writers, enum end end)
{
    bool dirty = end == END_DIRTY || end == END_STOP_DIRTY;
    atomic_store(&setup->shared->phase, CRASH_ENDING);
    if (end == END_CLEAN) {
        asked_to_end = true;
    } else {
        ending = true;
    }
    if (end == END_STOP_TERM || end == END_STOP_DIRTY) {
        MUST(JetStopServiceInstance(engine->instance));
    }
    if (end == END_DIRTY || end == END_STOP_DIRTY) {
        JET_ERR err = JetTerm2(engine->instance, JET_bitTermDirty);
        if (err != JET_errDirtyShutdown) {
            proof_fail("JetTerm2 with JET_bitTermDirty returned %ld", (long)err);
        }
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        pthread_join(writers[i].thread, NULL);
    }
    if (!dirty) {
        MUST(JetTerm(engine->instance));
        raise_floors(setup, writers);
    }
    atomic_fetch_add(&setup->shared->ends[end], 1);
}

/* One life of the engine. */
static void live(const struct crash_setup *setup, struct writer *writers, useconds_t time,
                 enum end end)
{
    struct crash_engine engine = {0};
    JET_SESID sesid;
    JET_DBID dbid;
    atomic_store(&setup->shared->phase, CRASH_STARTING);
    ending = false;
    asked_to_end = false;
    engine.instance = crash_start(setup);
    MUST(JetBeginSessionA(engine.instance, &sesid, NULL, NULL));
    if (!atomic_load(&setup->shared->created)) {
        crash_create(setup, sesid);
        JET_ERR err = JetCommitTransaction(sesid, JET_bitWaitAllLevel0Commit);
        MUST(err == JET_errNotInTransaction ? JET_errSuccess : err);
        MUST(JetDetachDatabaseA(sesid, setup->database));
        atomic_store(&setup->shared->created, true);
    }
    MUST(crash_attach(setup, sesid, &dbid));
    crash_features(sesid, dbid, &engine);
    for (unsigned i = 0; i < WRITERS; i++) {
        start_writer(&writers[i], setup, &engine, sesid, dbid, i);
    }
    atomic_store(&setup->shared->phase, CRASH_WRITING);
    for (unsigned i = 0; i < WRITERS; i++) {
        if (pthread_create(&writers[i].thread, NULL, write_on, &writers[i]) != 0) {
            proof_fail("cannot start a thread");
        }
    }
    usleep(time);
    end_engine(setup, &engine, writers, end);
}

int crash_work(void *arg)
{
    const struct crash_setup *setup = arg;
    struct proof_random random = proof_random(setup->seed, 1000000 + setup->round);
    struct writer *writers = calloc(WRITERS, sizeof *writers);
    if (writers == NULL) {
        return 2;
    }
    for (unsigned lives = 0; !setup->clean || lives < 3; lives++) {
        static const enum end ends[] = {END_CLEAN, END_STOP_TERM, END_DIRTY, END_STOP_DIRTY};
        useconds_t time = 1000 * (20 + proof_dice(&random, 130));
        live(setup, writers, time, ends[proof_dice(&random, setup->clean ? 2 : 4)]);
    }
    free(writers);
    return 0;
}
