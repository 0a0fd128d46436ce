/*
 * engine_crash: what its parts share.
 *
 * Each writer owns rows in every table. Its n-th transaction is a function of the seed, the writer
 * and what its rows are after the transactions before, and the last step of a transaction writes n
 * into the writer's row of the table "heads". So whatever n is found there after a crash, the state
 * that must be found with it can be computed (crash_state.c), and n itself must lie between the
 * last transaction that was acknowledged as durable and the last one that was begun. The two are
 * kept in memory that outlives the killed process.
 *
 * Besides, writers move money between accounts that they share, in the same transactions: the sum
 * must never change. And each makes, changes and drops a table of its own.
 */
#ifndef ESE_TESTS_PROOF_CRASH_H
#define ESE_TESTS_PROOF_CRASH_H

#include <stdatomic.h>

#include "engine/tests/proof/proof.h"

enum {
    WRITERS = 8,
    TABLES = 3,
    KEYS = 48, /* rows of a writer in a table */
    ACCOUNTS = 40,
    MONEY = 100, /* in an account to begin with */
    OWN_ROWS = 5,
    OPS_MAX = 80, /* 25 changes, each in a nested level, a transfer, an own table */
    BODY_MAX = 30000,
    BODY_INLINE = 800, /* where there are no long values */
};

/* ---- state ----------------------------------------------------------------------------------- */

struct crash_state {
    uint32_t rows[TABLES][KEYS]; /* the transaction that wrote the row; 0: there is none */
    uint32_t own;                /* the transaction that made the writer's own table; 0: none */
    uint32_t own_rows;           /* the last one that wrote its rows */
};

enum crash_op_kind {
    CRASH_INSERT,
    CRASH_REPLACE,
    CRASH_DELETE,
    CRASH_TRANSFER,
    CRASH_OWN_MAKE,
    CRASH_OWN_WRITE,
    CRASH_OWN_DROP,
    CRASH_NESTED, /* a level begins */
    CRASH_NESTED_COMMIT,
    CRASH_NESTED_ROLLBACK,
};

struct crash_op {
    enum crash_op_kind kind;
    uint32_t table, key; /* TRANSFER: the accounts */
};

struct crash_transaction {
    struct crash_op ops[OPS_MAX];
    unsigned count;
    bool rollback, durable;
    struct crash_state after; /* when it commits */
};

/* What the writer's transaction number n does, given what is there. */
void crash_transaction(uint64_t seed, unsigned writer, uint32_t n, const struct crash_state *before,
                       struct crash_transaction *transaction);
/* The state after n transactions. */
void crash_replay(uint64_t seed, unsigned writer, uint32_t n, struct crash_state *state);
/* Body of the row that transaction n wrote; returns its size. */
uint32_t crash_body(uint64_t seed, unsigned writer, unsigned table, uint32_t key, uint32_t n,
                    bool long_values, unsigned char body[BODY_MAX]);

/* ---- shared memory --------------------------------------------------------------------------- */

enum crash_phase { CRASH_STARTING, CRASH_WRITING, CRASH_ENDING };

struct crash_shared {
    _Atomic int phase;
    _Atomic bool created; /* the database is complete, durably */
    _Atomic uint64_t inits, commits, durables, ends[4], conflicts;
    struct {
        _Atomic uint32_t begun; /* the last transaction that may be there */
        _Atomic uint32_t floor; /* the last one that must be there */
    } writers[WRITERS];
};

/* How the engine is set up in one directory; the same for all processes that use it. */
struct crash_setup {
    char directory[600], database[640];
    uint64_t seed; /* of the writers' transactions */
    JET_ULONG page_size, cache_pages, log_kib, checkpoint_depth;
    bool circular;
    uint32_t round; /* of this child: when it stops and terms */
    bool clean;     /* ends by itself, cleanly, after a while */
    struct crash_shared *shared;
};

/* ---- the two children ------------------------------------------------------------------------ */

/* Starts the engine, makes the database when there is none, and writes until it is killed. */
int crash_work(void *setup);
/* Starts the engine, compares all there is, ends cleanly. */
int crash_check(void *setup);

/* Shared by the two (crash_engine.c). */
struct crash_engine {
    JET_INSTANCE instance;
    bool indexes, long_values; /* what the engine can do; found out by trying */
};

JET_COLUMNID crash_column(JET_SESID sesid, JET_TABLEID tableid, const char *name);
JET_INSTANCE crash_start(const struct crash_setup *setup);
JET_ERR crash_attach(const struct crash_setup *setup, JET_SESID sesid, JET_DBID *dbid);
void crash_create(const struct crash_setup *setup, JET_SESID sesid);
/* The features the database was made with. */
void crash_features(JET_SESID sesid, JET_DBID dbid, struct crash_engine *engine);
/* The writer's number in "heads". */
uint32_t crash_head(JET_SESID sesid, JET_DBID dbid, unsigned writer);
/* Ends the process with a line when the number found is not between the bounds. */
void crash_check_head(const struct crash_setup *setup, unsigned writer, uint32_t head);

#endif
