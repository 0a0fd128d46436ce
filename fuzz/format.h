/* fuzz/format.h - the bytes that stand for a plan.
 *
 * plan_from_bytes.c reads them, bytes_from_plan.c writes them; both use the tables declared here.
 * Any bytes are a plan: every choice is taken modulo the number of alternatives, what would not be
 * valid at its place is left out, and where the bytes end the plan ends. Small changes of the bytes
 * make small changes of the plan, for the fuzzer's sake.
 *
 *   header   flags, rows, settings, actors
 *   actor    flags, prelude, number of steps, steps        (as often as there are actors)
 *   order    one byte per turn: which actor is next        (only if FUZZ_FLAG_TURNS)
 *
 *   step     operation (FUZZ_OPERATIONS), then what it needs:
 *     call     function, flags, [slot], per argument: parameter, value
 *     row      flags, [key]
 *     repeat   flags, count, number of steps, steps
 *     choose   alternatives, per alternative: weight, number of steps, steps
 *     wait     actor and gate
 *     signal   gate
 *     aim      function, calls
 *     probe    calls
 *     pause    microseconds
 *     stop     which
 *
 * A value depends on the parameter it is for (fuzz_param_class).
 */
#ifndef ESECHECK_FUZZ_FORMAT_H
#define ESECHECK_FUZZ_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shims/call/api.h"

/* Bounds of every plan made from bytes. */
#define FUZZ_MAX_BYTES 4096
#define FUZZ_MAX_ACTORS 4
#define FUZZ_MAX_STEPS 40      /* of one actor, nested ones included */
#define FUZZ_MAX_BODY 9        /* of one repeat or alternative */
#define FUZZ_MAX_NESTING 2
#define FUZZ_MAX_WORK 600      /* steps that one actor executes, repeats multiplied */
#define FUZZ_MAX_ARGS 3        /* given explicitly in one call */
#define FUZZ_MAX_TURNS 96
#define FUZZ_SLOTS 4           /* names of one kind that one actor binds; shared ones likewise */
#define FUZZ_GATES 2           /* that one actor signals */
#define FUZZ_PROBES 40         /* calls of one probe step at most */

/* Header flags. */
#define FUZZ_FLAG_TURNS 0x01u     /* one actor at a time, in a fixed order */
#define FUZZ_FLAG_SECOND 0x02u    /* a second instance, with a database and a table */

/* Actor flags. */
#define FUZZ_ACTOR_SECOND 0x01u   /* on the second instance, if there is one */
#define FUZZ_ACTOR_TWICE 0x02u    /* two copies, unless in turns */

/* What an actor does before its steps. */
enum fuzz_prelude {
    FUZZ_PRELUDE_CURSOR,      /* session, database attached and opened, cursor */
    FUZZ_PRELUDE_TRANSACTION, /* and a transaction */
    FUZZ_PRELUDE_SESSION,     /* session only */
    FUZZ_PRELUDE_NONE,
    FUZZ_PRELUDE_COUNT
};

enum fuzz_operation {
    FUZZ_OP_CALL,
    FUZZ_OP_ROW,
    FUZZ_OP_REPEAT,
    FUZZ_OP_CHOOSE,
    FUZZ_OP_WAIT,
    FUZZ_OP_SIGNAL,
    FUZZ_OP_AIM,
    FUZZ_OP_PROBE,
    FUZZ_OP_PAUSE,
    FUZZ_OP_STOP,
    FUZZ_OP_COUNT
};
/* The operation that a byte says; several bytes say the frequent ones. */
#define FUZZ_OPERATIONS 20
extern const uint8_t fuzz_operations[FUZZ_OPERATIONS];

/* Call flags. */
#define FUZZ_CALL_ARGS 0x03u      /* number of arguments given */
#define FUZZ_CALL_BIND 0x04u      /* bind the result: slot follows */
#define FUZZ_CALL_SHARED 0x08u    /* ... for all actors */
#define FUZZ_CALL_VARIANT 0x30u   /* >> 4: 0 default, else 1 + shim_variant */

/* Row flags. */
#define FUZZ_ROW_OP 0x03u
#define FUZZ_ROW_KEY 0x04u        /* a key follows (a number value) */

/* Repeat flags, modulo FUZZ_REPEAT_KINDS. */
enum fuzz_repeat { FUZZ_REPEAT_TIMES, FUZZ_REPEAT_UNTIL_DENIED, FUZZ_REPEAT_KINDS };

/* What may stand for a parameter. */
enum fuzz_param_class {
    FUZZ_PARAM_DEFAULT, /* only what the fixture gives: pointers, structs, sizes of their memory */
    FUZZ_PARAM_HANDLE,
    FUZZ_PARAM_BITS,
    FUZZ_PARAM_NUMBER,
    FUZZ_PARAM_ZERO,    /* the size of a buffer: nothing but 0 is as safe as the default */
    FUZZ_PARAM_NAME     /* of a table, column or index */
};
enum fuzz_param_class fuzz_param_class(enum shim_fn fn, int param);

/* Handle values; the high bits of the byte are the slot, or the instance. */
enum fuzz_handle {
    FUZZ_HANDLE_SLOT,
    FUZZ_HANDLE_SHARED,
    FUZZ_HANDLE_INSTANCE,
    FUZZ_HANDLE_NIL,
    FUZZ_HANDLE_NULL,
    FUZZ_HANDLE_GARBAGE,
    FUZZ_HANDLE_STALE,
    FUZZ_HANDLE_COUNT
};

/* Number values. */
enum fuzz_number {
    FUZZ_NUMBER_BYTE,    /* one byte */
    FUZZ_NUMBER_BIT,     /* 1 << byte % 32 */
    FUZZ_NUMBER_WORD,    /* four bytes, little endian */
    FUZZ_NUMBER_RANDOM,  /* lowest, span */
    FUZZ_NUMBER_NEGATIVE,/* -1 - byte */
    FUZZ_NUMBER_ACTOR,
    FUZZ_NUMBER_TURN,
    FUZZ_NUMBER_UNIQUE,
    FUZZ_NUMBER_COUNT
};

/* The public functions, by index. */
size_t fuzz_function_count(void);
enum shim_fn fuzz_function(size_t index);
size_t fuzz_function_index(enum shim_fn fn);

/* Texts for FUZZ_PARAM_NAME. */
size_t fuzz_text_count(void);
const char *fuzz_text(size_t index);

/* Numbers of rows that the tables have at the start; few, so that their databases can be kept. */
#define FUZZ_ROW_COUNTS 4
extern const uint8_t fuzz_row_counts[FUZZ_ROW_COUNTS];

/* Parameters that an instance may be given before it is initialised; 0 is none. */
struct fuzz_setting {
    const char *name; /* JET_paramX, or NULL */
    int64_t value;
};
size_t fuzz_setting_count(void);
const struct fuzz_setting *fuzz_setting(size_t index);

/* Calls that FUZZ_OP_STOP stands for. */
struct fuzz_stop {
    enum shim_fn fn;
    uint32_t grbit; /* of JetStopServiceInstance2 */
};
size_t fuzz_stop_count(void);
const struct fuzz_stop *fuzz_stop(size_t index);

/* Letter of the kind of handle or number that a role carries, for the names of slots ("s1"); 0 for
 * a role that cannot be bound or used by name. */
char fuzz_kind_of_role(enum shim_role role);

#endif
