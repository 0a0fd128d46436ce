/*
 * engine_model: what its parts share.
 *
 * The model is a table of rows, each a list of versions with the time of their commit, and sessions
 * with the time their transaction began: snapshot isolation in its plainest form. Every step is
 * executed on the engine and on the model; answers and data must agree exactly.
 *
 * A step is a function of the seed and its number alone; what it does in a state in which it makes
 * no sense is nothing. So any subset of the steps is again a run, which is how a failing one is
 * made small.
 */
#ifndef ESE_TESTS_PROOF_MODEL_H
#define ESE_TESTS_PROOF_MODEL_H

#include "engine/tests/proof/proof.h"

enum {
    SESSIONS = 4,
    TABLES = 2,
    KEYS = 20,
    VALUES_MAX = 3, /* of the multi-valued column */
    LEVELS_MAX = 4,
    BODY_MAX = 300,
    LONG_MAX = 20000,
    COLUMNS_MAX = 6, /* added while the test runs */
    SUMS = 3,        /* rows of the table with the escrow column */
};

/* ---- data ------------------------------------------------------------------------------------ */

struct model_blob {
    struct model_blob *next; /* of all of them: a version may need any */
    uint32_t size;
    unsigned char bytes[];
};

struct model_row {
    bool present;
    bool a_null, u_null, long_null;
    int32_t a, u;             /* u: unique index */
    uint32_t body_size, body; /* body: seed of its bytes */
    unsigned values;
    int32_t value[VALUES_MAX];
    const struct model_blob *blob;
    uint32_t version; /* the engine's version column */
    int32_t number;   /* the engine's auto-increment column */
};

struct model_version {
    struct model_row row;
    uint64_t committed; /* 0: not yet */
    unsigned owner;     /* session, while it is not */
    uint32_t sequence;  /* in its transaction */
    struct model_version *older;
};

struct model_lock {
    uint32_t read[SESSIONS], write[SESSIONS]; /* sequence in its transaction; 0: none */
};

struct model_session {
    unsigned level;
    bool read_only;
    uint64_t snapshot;
    uint32_t sequence, mark[LEVELS_MAX + 1];
};

struct model_sums {
    int32_t committed[SUMS];
    int32_t base[SESSIONS][SUMS]; /* when the transaction began */
    int32_t part[SESSIONS][LEVELS_MAX + 1][SUMS];
};

struct model {
    struct model_version *rows[TABLES][KEYS];
    struct model_lock locks[TABLES][KEYS];
    struct model_session sessions[SESSIONS];
    uint64_t clock;
    struct model_blob *blobs;
    struct model_sums sums;
    int32_t numbers[TABLES]; /* the greatest auto-increment value seen */
};

void model_begin(struct model *model, unsigned session, bool read_only);
void model_commit(struct model *model, unsigned session);
void model_rollback(struct model *model, unsigned session, bool all);

/* model_escrow.c: called by begin and commit; a rollback just leaves levels behind. */
void model_sums_begin(struct model *model, unsigned session);
void model_sums_commit(struct model *model, unsigned session);

/* What the session sees; present is false when there is nothing. */
struct model_row model_see(const struct model *model, unsigned session, unsigned table,
                           uint32_t key);
/* Another session keeps this one from changing the row (reading: from a read lock on it). */
bool model_conflict(const struct model *model, unsigned session, unsigned table, uint32_t key,
                    bool reading);
/* The session's new state of a row; committed at once at level 0. */
void model_write(struct model *model, unsigned session, unsigned table, uint32_t key,
                 const struct model_row *row);
void model_lock(struct model *model, unsigned session, unsigned table, uint32_t key, bool write);

/* Who else has the unique value u: the session sees a row with it, another one's change that it
 * does not see has to do with it. */
enum model_unique { MODEL_FREE, MODEL_TAKEN, MODEL_DISPUTED, MODEL_UNCLEAR };
enum model_unique model_unique(const struct model *model, unsigned session, unsigned table,
                               uint32_t but_key, int32_t u);

/* The keys of what the session sees, in the order of an index; returns how many. by_a: NULL first,
 * then a, then the key. */
unsigned model_order(const struct model *model, unsigned session, unsigned table, bool by_a,
                     uint32_t keys[KEYS]);
void model_body(uint32_t seed, uint32_t size, unsigned char *body);

/* ---- steps ----------------------------------------------------------------------------------- */

struct model_step {
    unsigned session, table;
    unsigned kind;
    uint32_t r[8];
};

struct model_run {
    uint64_t seed;
    unsigned steps;
    const bool *skip; /* steps that are left out, or NULL */
    bool trace;       /* print every call */
    char directory[600];
    struct model_failure {
        bool failed;
        unsigned step;
        char text[512];
    } * failure; /* shared memory */
};

struct model_step model_step(uint64_t seed, unsigned number);

/* The child: returns 0, or MODEL_MISMATCH after it filled in failure. */
enum { MODEL_MISMATCH = 98 };
int model_run(void *run);

#endif
