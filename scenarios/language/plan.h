/* scenarios/language/plan.h - a plan: who calls what, and when.
 *
 * The script language is its text form (scenarios/README.md has the grammar): text -> plan -> text is
 * the identity on plans. Plans also come from the matrix and the fuzzer; every one of them can be
 * printed as a .scenario.
 *
 * Ownership: a plan owns everything below it (one arena); scn_plan_free frees all.
 * Thread safety: constant once built; may be read by every actor.
 */
#ifndef ESECHECK_SCENARIOS_LANGUAGE_PLAN_H
#define ESECHECK_SCENARIOS_LANGUAGE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <esent.h>

#include "shims/call/api.h"
#include "shims/fault/fault.h"

/* Bounds of every plan, checked by scn_parse and scn_check; whoever executes plans may rely on them. */
#define SCN_MAX_FILE (1024 * 1024)  /* bytes of a script */
#define SCN_MAX_WORD 64             /* bytes of a name */
#define SCN_MAX_TEXT 4096           /* bytes of a text value */
#define SCN_MAX_INSTANCES 16
#define SCN_MAX_DATABASES 64        /* in all; 6 on one instance */
#define SCN_MAX_TABLES 64
#define SCN_MAX_ACTORS 255          /* copies of all actors together */
#define SCN_MAX_NAMES 64            /* names that one actor binds, and shared names in all */
#define SCN_MAX_GATES 64
#define SCN_MAX_NESTING 16          /* repeat and choose inside each other */
#define SCN_MAX_CODES 32            /* alternatives of one `=>` */
#define SCN_MAX_AIM 64              /* functions of one aim */
#define SCN_MAX_EXPECTS 256
#define SCN_MAX_CASES 64
#define SCN_MAX_SETTINGS 64         /* of one instance */
#define SCN_MAX_ALTERNATIVES 64     /* of one choose */
#define SCN_MAX_ROWS 10000000
#define SCN_MAX_REPEAT 1000000000
#define SCN_MAX_PROBE 1000000
#define SCN_MAX_PAUSE 60000000      /* microseconds */
#define SCN_MAX_CALLBACKS 8         /* gates that callbacks signal, in one plan */
#define SCN_MAX_FACTOR 1000000      /* of a comparison with the control */

struct scn_pos {
    int line, column; /* from 1; 0 in a generated plan */
};

/* A value in an argument, a count or an expectation. */
enum scn_value_kind {
    SCN_VALUE_INT,     /* 12, 0x80000000, JET_bitX | JET_bitY: number (and text as written) */
    SCN_VALUE_TEXT,    /* "rows" */
    SCN_VALUE_NAME,    /* a handle or result bound before by `-> name`, an instance, or with $ a
                          variable shared by all actors: name */
    SCN_VALUE_NIL,     /* nil: all ones; the nil handle of any kind */
    SCN_VALUE_NULL,    /* null: a null pointer or 0 */
    SCN_VALUE_GARBAGE, /* garbage: a 64-bit number that is no handle (from the seed) */
    SCN_VALUE_STALE,   /* stale: a handle of the parameter's kind that was valid and is closed */
    SCN_VALUE_RANDOM,  /* random(lo, hi): uniform, both ends included, from the seed */
    SCN_VALUE_UNIQUE,  /* unique: a number no other evaluation in this run gives */
    SCN_VALUE_ACTOR,   /* actor: index of this copy among its siblings, from 0 */
    SCN_VALUE_TURN,    /* turn: pass of the innermost repeat, from 0 */
    SCN_VALUE_SIGNAL,  /* signal(gate): a callback that signals the gate; only where a callback goes */
    SCN_VALUE_SIGNALS, /* signals(gate): how often the gate was signalled so far */
    SCN_VALUE_ELAPSED  /* elapsed: microseconds that the last call of this actor took */
};

/* Which profile an expectation belongs to; the number goes into the history. */
enum scn_in { SCN_IN_ANY, SCN_IN_DOCUMENTED, SCN_IN_ESE };

enum scn_relation { SCN_SAME, SCN_LESS, SCN_LESS_OR_SAME, SCN_MORE, SCN_MORE_OR_SAME };

struct scn_value {
    enum scn_value_kind kind;
    int64_t number;         /* INT; RANDOM: lo */
    int64_t high;           /* RANDOM: hi */
    const char *text;       /* TEXT, NAME (with the $ if shared), SIGNAL, SIGNALS; INT: as written,
                               or NULL */
};

struct scn_arg {
    int param;              /* index into shim_function(fn)->params */
    struct scn_value value;
    struct scn_pos pos;
};

struct scn_step;

/* JetX[A|W] [param=value ...] [-> name [at FIELD]] [=> code [| code ...]] [in ese => code ...]
 * Parameters not given are filled: handles from the actor's current ones, the rest by the fixture.
 * A successful OUT_INSTANCE/SESID/DBID/TABLEID/... becomes the current handle of its kind, unless bound
 * by `-> name` (then only the name holds it). */
struct scn_call {
    enum shim_fn fn;
    enum shim_variant variant;
    struct scn_arg *args;
    int arg_count;
    const char *bind;           /* `-> name` or NULL: what scn_bind_param (language.h) names goes there */
    const char *field;          /* `-> name at FIELD`: of the struct or number that the call fills (language.h
                                   has the list), or NULL */
    JET_ERR *expected;          /* `=> code | code`: an expectation beyond the contract */
    int expected_count;
    enum scn_in in;             /* `in PROFILE => code | code`: what that profile expects besides */
    JET_ERR *in_expected;
    int in_expected_count;
};

/* insert|replace|delete|read TABLE [key=value] : row operations, each a fixed series of API calls
 * (scenarios/runner documents it) on the actor's cursor on that table; an accepted change is noted
 * in the history so that the judge can check the data. */
enum scn_row_op { SCN_ROW_INSERT, SCN_ROW_REPLACE, SCN_ROW_DELETE, SCN_ROW_READ };
struct scn_row {
    enum scn_row_op op;
    const char *table;
    bool has_key;
    struct scn_value key; /* default: insert unique, others random over existing keys */
};

enum scn_repeat_kind {
    SCN_REPEAT_TIMES,        /* repeat N */
    SCN_REPEAT_UNTIL_DENIED, /* repeat until denied: ends after the pass in which a call gave the stop's code */
    SCN_REPEAT_UNTIL_SIGNAL  /* repeat until NAME: ends after the pass in which gate NAME was found open */
};
struct scn_repeat {
    enum scn_repeat_kind kind;
    struct scn_value count;  /* TIMES; for the others `max N`, an upper bound of passes (the number 0, when
                                left out: the runner's own) */
    const char *name;        /* UNTIL_SIGNAL */
    struct scn_step *body;
};

/* choose [weight] ... { or [weight] ... } end: one alternative, by weight, from the seed. */
struct scn_choice {
    int weight;
    struct scn_step *body;
    struct scn_choice *next;
};

/* wait NAME [N]: until gate NAME was signalled N times (default 1). */
/* signal NAME. */
/* aim any|FN[, FN...] [count N] [calls N] [at P]: hold until at least `calls` calls of these functions
 * have finished in all and `count` actors (default 1) are inside one of them at this moment; with `at`,
 * until they have been inside for P percent of the longest of those that finished before. Gives up after
 * the plan's aim timeout; the run then counts as not aimed. */
struct scn_aim {
    enum shim_fn *fns;
    int fn_count;            /* 0: any function */
    int count;
    int64_t calls;
    bool has_at;
    struct scn_value at;     /* percent, 0 to 100 */
};

/* only run|control LINE steps end: steps that only the one kind of run makes. */
struct scn_only {
    bool control;
    struct scn_step *body;
};

/* copy databases|logs [to FOLDER]: the files of a streaming backup that this actor's last JetGetAttachInfo... or
 * JetGetLogInfo... listed, each opened, read to its end and closed, into a folder of the run or nowhere. Ends at the
 * first call that fails. */
struct scn_copy {
    bool logs;
    const char *folder;      /* or NULL */
};

/* restore streamed|folder FOLDER: puts the databases of the only instance, whose files are set aside first, back
 * from what `copy` or JetBackup... left in a folder of the run. Only after the death. */
struct scn_restore {
    bool streamed;
    const char *folder;
};

/* observe NAME value [- value]: notes a number of this run, to be compared with the control's. */
struct scn_observe {
    const char *name;
    struct scn_value value;
    bool has_less;
    struct scn_value less;
};

enum scn_step_kind {
    SCN_STEP_CALL,
    SCN_STEP_ROW,
    SCN_STEP_REPEAT,
    SCN_STEP_CHOOSE,
    SCN_STEP_WAIT,
    SCN_STEP_SIGNAL,
    SCN_STEP_AIM,
    SCN_STEP_PROBE,   /* probe N: N further calls over all gate classes, allowed and denied */
    SCN_STEP_PAUSE,   /* pause N: N microseconds */
    SCN_STEP_CHECK,   /* check NAME == value [in PROFILE]: an expectation on a bound result; also < <= > >= */
    SCN_STEP_ONLY,
    SCN_STEP_OBSERVE,
    SCN_STEP_COPY,
    SCN_STEP_RESTORE,
    SCN_STEP_KILL,    /* kill: the process dies here and now, as by kill -9 */
    SCN_STEP_FAULT    /* fault WHAT: operations of the engine go wrong from here on (shims/fault/fault.h has the
                         words); fault off: none does any more */
};

struct scn_step {
    enum scn_step_kind kind;
    struct scn_pos pos;
    struct scn_step *next;
    union {
        struct scn_call call;
        struct scn_row row;
        struct scn_repeat repeat;
        struct scn_choice *choices;
        struct {
            const char *name;
            int64_t count;
        } gate;                 /* WAIT, SIGNAL */
        struct scn_aim aim;
        struct scn_value amount; /* PROBE, PAUSE */
        struct {
            const char *name;
            enum scn_relation relation;
            struct scn_value value;
            enum scn_in in;
        } check;
        struct scn_only only;
        struct scn_observe observe;
        struct scn_copy copy;
        struct scn_restore restore;
        const struct shim_fault *fault; /* NULL: off */
    } u;
};

struct scn_setting {
    int param;               /* JET_paramX */
    const char *param_name;
    struct scn_value value;  /* INT or TEXT */
    struct scn_pos pos;
};

enum scn_instance_start { SCN_START_INIT, SCN_START_CREATED, SCN_START_NONE };
/* instance NAME [created|none], then, if there are parameters, one line each `JET_paramX = value` and `end`.
 * By default set-up creates, configures and initialises it;
 * created: JetCreateInstance and parameters only (an actor calls JetInit); none: an actor creates it. For
 * databases on one of these set-up initialises it, makes them and terminates it first. */
struct scn_instance {
    const char *name;
    enum scn_instance_start start;
    struct scn_setting *settings;
    int setting_count;
    struct scn_pos pos;
};

/* database NAME [on INSTANCE] */
struct scn_database {
    const char *name;
    int instance;            /* index */
    struct scn_pos pos;
};

/* table NAME [in DATABASE] [rows N]: fixed shape, see scenarios/README.md (key, version, owner, payload);
 * N rows with keys 1..N and version 0 are committed in set-up. */
struct scn_table {
    const char *name;
    int database;            /* index */
    int64_t rows;
    struct scn_pos pos;
};

/* actor NAME [x N] [on INSTANCE] ... [cleanup ...] end */
struct scn_actor {
    const char *name;
    int count;
    int instance;            /* index */
    struct scn_step *steps;
    bool has_cleanup;        /* an explicit clean-up block; else the default one (README) */
    struct scn_step *cleanup;
    struct scn_pos pos;
};

/* expect FN overlapped|denied|admitted [N] [own] : over all repeats together at least N (default 1) calls of
 * FN overlapped the stop / were denied / were admitted in overlap; own: calls that steps of the script made, no
 * probes and no clean-up. Else the script is not-exercised.
 * expect FN cut [N] [in PROFILE] : of the calls that were inside when a full stop was entered and still when it
 * had returned, over all repeats, at least N were refused by it. If so many chances passed (three for each) and
 * none was, the promise is broken; with fewer the script is not-exercised.
 * expect FN uncut [N] [in PROFILE] : none of those calls was refused by it, and there were at least N.
 * expect FN gives code [| code] exactly|least|most N [in PROFILE] : in every run, so many calls that steps of
 * actors made gave one of these codes.
 * expect observed NAME [* N] < control [* N] [in PROFILE] : the observable of every run against that of its
 * control; also <= > >= ==.
 * expect no-overlap : the script is not about a race (single-threaded case); overlap is not asked for. */
enum scn_expect_kind {
    SCN_EXPECT_OVERLAPPED,
    SCN_EXPECT_DENIED,
    SCN_EXPECT_ADMITTED,
    SCN_EXPECT_NO_OVERLAP,
    SCN_EXPECT_CUT,
    SCN_EXPECT_UNCUT,
    SCN_EXPECT_GIVES,
    SCN_EXPECT_OBSERVED
};
struct scn_expect {
    enum scn_expect_kind kind;
    enum shim_fn fn;
    int64_t count;
    bool own;
    enum scn_in in;
    JET_ERR *codes;          /* GIVES */
    int code_count;
    const char *name;        /* OBSERVED */
    enum scn_relation relation; /* OBSERVED; GIVES: SAME, MORE_OR_SAME (least), LESS_OR_SAME (most) */
    int64_t factor, control_factor; /* OBSERVED; 1 if left out */
    struct scn_pos pos;
};

/* after death|restart LINE steps end : what the runner does once the race is over and the instances have
 * ended, by a term or by kill; death: before anything is started again, in a process that has no instance;
 * restart: with the first instance started again, its first database open. */
struct scn_after {
    struct scn_step *death, *restart;
    bool has_death, has_restart;
    struct scn_pos pos;
};

struct scn_plan {
    const char *name;        /* scenario NAME */
    const char *title;       /* one sentence */
    int *cases;              /* numbers of the catalogue of cases it re-expresses */
    int case_count;
    int repeat;              /* repeats that `esecheck run` makes by default, 0: the program's */
    bool control;            /* `control`: every repeat is also made as a control */
    struct scn_after after;
    struct scn_instance *instances;
    int instance_count;
    struct scn_database *databases;
    int database_count;
    struct scn_table *tables;
    int table_count;
    struct scn_actor *actors;
    int actor_count;
    struct scn_expect *expects;
    int expect_count;
    void *arena;             /* owns all of the above */
};

/* Whether some step places a fault. */
bool scn_plan_has_faults(const struct scn_plan *plan);
/* Whether the fault is for what comes once all instances have ended. */
bool scn_fault_is_later(const struct shim_fault *fault);
/* The numbers that the threads of an actor have: 0 the runner, then the copies of the actors in the order of the plan. The
 * name is an actor's, for all its copies, NAME.COPY, or "runner"; false: nobody has it, and nothing is written. */
bool scn_plan_find_actor(const struct scn_plan *plan, const char *name, uint32_t *first, uint32_t *count);
/* Whether the plan has the actor that a fault names, if it names one; the engine is always there. */
bool scn_plan_has_actor_of(const struct scn_plan *plan, const struct shim_fault *fault);

struct scn_plan *scn_plan_new(void);              /* NULL without memory */
void scn_plan_free(struct scn_plan *plan);        /* NULL is fine */
void *scn_plan_alloc(struct scn_plan *plan, size_t size); /* zeroed, lives as long as the plan */
const char *scn_plan_text(struct scn_plan *plan, const char *text); /* copy */

/* Structural equality, positions ignored. */
bool scn_plan_equal(const struct scn_plan *a, const struct scn_plan *b);

#endif
