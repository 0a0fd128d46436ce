/* scenarios/language/check.h - what the two halves of the checker share. Of this folder only.
 *
 * Every function notes what it finds wrong in c->diag and then returns false; the check ends there.
 */
#ifndef ESECHECK_SCENARIOS_LANGUAGE_CHECK_H
#define ESECHECK_SCENARIOS_LANGUAGE_CHECK_H

#include "scenarios/language/lexer.h"
#include "scenarios/language/plan.h"

struct names {
    const char *name[SCN_MAX_NAMES];
    int count;
};

/* A name for memory that the engine handed out. */
struct memory {
    const char *name;
    int block; /* the list of steps that bound it; the same one must free it */
    bool freed;
};

struct check {
    const struct scn_plan *plan;
    struct scn_diag diag;
    struct names shared;                 /* bound by any actor */
    struct names gates;                  /* signalled by any actor */
    struct names callbacks;              /* those of them that a callback signals */
    struct names observed;               /* by anybody */
    const struct scn_actor *actor;       /* being checked */
    struct names local;                  /* bound by it so far */
    struct memory memory[SCN_MAX_NAMES]; /* of the engine, bound by it so far */
    int memory_count;
    int block, blocks; /* number of the list of steps being checked; lists so far */
    bool lonely;       /* in a block after the race */
    bool dead;         /* in the block after death */
    int repeats;       /* around the step being checked */
};

/* Sets of scn_value_kind. */
#define BIT(kind) (1u << (kind))
#define NUMBERS                                                                                    \
    (BIT(SCN_VALUE_INT) | BIT(SCN_VALUE_NAME) | BIT(SCN_VALUE_RANDOM) | BIT(SCN_VALUE_UNIQUE) |    \
     BIT(SCN_VALUE_ACTOR) | BIT(SCN_VALUE_TURN) | BIT(SCN_VALUE_SIGNALS) |                         \
     BIT(SCN_VALUE_ELAPSED))
#define WORDS (NUMBERS | BIT(SCN_VALUE_NIL) | BIT(SCN_VALUE_NULL) | BIT(SCN_VALUE_GARBAGE))
#define HANDLES                                                                                    \
    (BIT(SCN_VALUE_INT) | BIT(SCN_VALUE_NAME) | BIT(SCN_VALUE_NIL) | BIT(SCN_VALUE_NULL) |         \
     BIT(SCN_VALUE_GARBAGE) | BIT(SCN_VALUE_STALE))

bool scn_fail_at(struct check *c, struct scn_pos pos, const char *what);

bool scn_names_has(const struct names *names, const char *name);
/* Adds a name that is not there yet; `what` are more than `most` of too many. */
bool scn_names_add(struct check *c, struct names *names, const char *name, const char *what,
                   int most, struct scn_pos pos);

/* A name of `what` is a word; one that can stand for a value is none of the language's own. */
bool scn_check_name(struct check *c, const char *name, const char *what, struct scn_pos pos);
bool scn_check_value_name(struct check *c, const char *name, const char *what, struct scn_pos pos);
/* A name is bound where it is used. */
bool scn_check_use(struct check *c, const char *name, struct scn_pos pos);

/* A value of one of the `allowed` kinds; `what` names the place, `right` what it takes. */
bool scn_check_value(struct check *c, const struct scn_value *value, unsigned allowed,
                     const char *what, const char *right, struct scn_pos pos);
bool scn_check_range(struct check *c, int64_t value, int64_t lo, int64_t hi, const char *what,
                     struct scn_pos pos);
/* A count, amount or number of passes, up to `hi`. */
bool scn_check_amount(struct check *c, const struct scn_value *value, int64_t hi, const char *what,
                      struct scn_pos pos);

/* Whether the number is that of a public function. */
bool scn_is_public(int fn);

/* A gate is signalled by somebody. */
bool scn_check_gate(struct check *c, const char *name, struct scn_pos pos);
bool scn_check_codes(struct check *c, int count, struct scn_pos pos);

bool scn_check_call(struct check *c, const struct scn_call *call, struct scn_pos pos);
bool scn_check_row(struct check *c, const struct scn_row *row, struct scn_pos pos);

#endif
