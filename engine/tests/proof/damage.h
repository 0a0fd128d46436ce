/* engine_damage: what its parts share. */
#ifndef ESE_TESTS_PROOF_DAMAGE_H
#define ESE_TESTS_PROOF_DAMAGE_H

#include <stdatomic.h>

#include "engine/tests/proof/proof.h"

#define DAMAGE_PLACE "trial" /* below the directory of the run */

enum { DAMAGE_ROWS = 150, DAMAGE_LATER = 40, DAMAGE_TABLES = 2, DAMAGE_PAGE = 4096 };

/* Files the engine left behind, undamaged. */
struct damage_base {
    char directory[700];
    bool dirty;    /* it was killed: recovery has work to do */
    unsigned rows; /* in each table: keys 0 .. rows - 1 */
};

/* What one trial did to a copy of them. */
struct damage {
    char file[64];
    bool resealed; /* the checksum fits: rows may differ, all else may not */
    bool may_lose; /* what it looks like also happens to sound files: rows at the end may miss */
    char text[200];
};

/* Makes a base in a child process; false when the engine cannot (no recovery). */
bool damage_make_base(struct damage_base *base, const char *name, bool dirty);

/* Damages a copy of the base, in `directory`. number 0, 1, 2 ... first goes through the fields of
 * the headers, then rolls dice. */
void damage_do(const struct damage_base *base, const char *directory, uint64_t number,
               struct proof_random *random, struct damage *damage);

/* The child: uses the files in every way, compares what it reads. */
struct damage_trial {
    const struct damage_base *base;
    const struct damage *damage;
    const char *directory;
    struct damage_seen {
        _Atomic bool reported; /* an error came */
        _Atomic bool corrupt;  /* reading a row of an attached database gave one */
        _Atomic unsigned rows; /* read, and right */
    } * seen;                  /* shared memory */
};
int damage_use(void *trial);

/* The value of a row. */
uint32_t damage_body(unsigned table, uint32_t key, unsigned char *body); /* DAMAGE_BODY_MAX bytes */
enum { DAMAGE_BODY_MAX = 9000 };

JET_INSTANCE damage_start(const char *directory, JET_ERR *err);

#endif
