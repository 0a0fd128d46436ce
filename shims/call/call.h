/* shims/call/call.h - the only way from the harness into an engine.
 *
 * One wrapper per exported name, made from jet_api.def, calls the engine through a table of
 * entry points. Before the call all enter hooks run in order, after it all leave hooks in reverse
 * order. Recording, scheduling and faults are hooks; there is no second set of wrappers.
 *
 * Arguments travel as 64-bit words in the order of the parameters: an integer or handle by value
 * (zero-extended; signed 32-bit values are sign-extended), a pointer as its address.
 *
 * Thread safety: a shim_caller belongs to one thread (one actor). The table and the hooks' own
 * contexts may be shared; a hook's functions are called from every actor's thread at once.
 */
#ifndef ESECHECK_SHIMS_CALL_CALL_H
#define ESECHECK_SHIMS_CALL_CALL_H

#include <stddef.h>
#include <stdint.h>

#include <esent.h>

#include "shims/call/api.h"

typedef void (*shim_entry)(void);

/* The engine's entry points; NULL where the library lacks one. */
struct shim_table {
    shim_entry entry[SHIM_FN_COUNT][SHIM_VARIANT_COUNT];
};

#define SHIM_MAX_HOOKS 4

struct shim_call {
    enum shim_fn fn;
    enum shim_variant variant;
    uint32_t actor;                /* set by shim_invoke from the caller */
    uint64_t args[SHIM_MAX_ARGS];
    JET_ERR result;                /* valid in leave hooks and after shim_invoke */
    int has_result;                /* 0 before the hooks; an enter hook that sets this (and result)
                                      suppresses the call, all other hooks still run */
    int hook;                      /* index of the hook that is running */
    void *scratch[SHIM_MAX_HOOKS]; /* scratch[call->hook] is its own from enter to leave */
};

struct shim_hook {
    void (*enter)(void *context, struct shim_call *call); /* may be NULL */
    void (*leave)(void *context, struct shim_call *call); /* may be NULL */
    void *context;
};

struct shim_caller {
    const struct shim_table *table;
    struct shim_hook hooks[SHIM_MAX_HOOKS];
    int hook_count;
    uint32_t actor; /* 0 is the runner itself (setup, clean-up, verification) */
};

/* What shim_invoke returns for a function that the library does not export, and for a private one,
 * whose parameters nobody knows (no hook runs). It is outside the range of JET_ERR values of esent.h. */
#define SHIM_ERR_MISSING ((JET_ERR)-0x7ffffff0)
/* The entry point exists but only raises the "not implemented" exception of a stub library
 * (Wine: 0x80000100). Leave hooks run, so the history shows it. */
#define SHIM_ERR_STUB ((JET_ERR)-0x7fffffef)

/* Makes the call that `call` describes: enter hooks, the engine, leave hooks in reverse. */
JET_ERR shim_invoke(struct shim_caller *caller, struct shim_call *call);

/* The same for C code that has the values at hand:
 *   shim_callv(c, SHIM_FN_JetEndSession, SHIM_PLAIN, (uint64_t[]){sesid, 0}); */
JET_ERR shim_callv(struct shim_caller *caller, enum shim_fn fn, enum shim_variant variant,
                   const uint64_t *args);

#endif
