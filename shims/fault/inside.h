/* shims/fault/inside.h - what the interposers share. Only for this folder.
 *
 * An interposer asks `shim_fault_on` (one relaxed load: all that an operation costs while nothing is placed, recorded or
 * followed), then shim_fault_meet, which counts and records the operation and says what becomes of it.
 */
#ifndef ESECHECK_SHIMS_FAULT_INSIDE_H
#define ESECHECK_SHIMS_FAULT_INSIDE_H

#include "shims/fault/fault.h"

/* Reasons to look closer, as bits. */
enum { SHIM_ON_FAULTS = 1, SHIM_ON_RECORD = 2, SHIM_ON_MEMORY = 4, SHIM_ON_STALE = 8 };
extern _Atomic unsigned shim_fault_on;

static inline unsigned shim_fault_is_on(void) {
    unsigned on = atomic_load_explicit(&shim_fault_on, memory_order_relaxed);
    return __builtin_expect(on != 0, 0) ? on : 0;
}

/* What an operation is about. */
struct shim_operand {
    enum shim_operation operation;
    int fd;            /* -1: none */
    const char *path;  /* NULL: the descriptor's */
    bool stale;        /* older content is known */
};

/* What becomes of it. */
struct shim_fate {
    bool hit;
    enum shim_fault_kind kind;
    int error;
    uint64_t draw;     /* where a bit flips, how much is torn */
};

/* A delay is over when this returns, and a kill does not return: neither is a hit. */
struct shim_fate shim_fault_meet(const struct shim_operand *operand);
/* Whether the operation fails by an error, which then is in errno. For all that either happens or fails. */
bool shim_fault_fails(enum shim_operation operation, int fd, const char *path);

/* The name of a descriptor's file; "" if it has none. */
void shim_fault_path(int fd, char *path, size_t size);

/* Where it is noted, or NULL. */
struct shim_fault_log *shim_fault_log_now(void);

/* stack_posix.c */
void shim_fault_stack_prepare(void);
/* Return addresses from the engine's call to its entry from the harness (or the start of its thread). */
int shim_fault_stack(void **frames, int room);
/* The same for equal places in the code, wherever it was loaded. */
uint64_t shim_fault_stack_hash(void *const *frames, int count);

/* memory_posix.c */
void shim_fault_block_made(void *block, size_t size);
void shim_fault_block_gone(void *block);
void shim_fault_range_gone(void *begin, size_t size); /* what has a byte in there: parts of it are not followed */

/* stale_posix.c: content that writes replaced. */
void shim_fault_stale_keep(int fd, int64_t at, size_t size); /* before a write */
bool shim_fault_stale_known(int fd, int64_t at, size_t size);
void shim_fault_stale_put(int fd, int64_t at, void *bytes, size_t size); /* into what was read */
void shim_fault_stale_forget(void);

/* The interposers of a file: redirect, and count the slots by operation. */
typedef void (*shim_fault_redirect)(void *context, const char *name, enum shim_operation operation,
                                    shim_entry mine, void *real);
void shim_fault_files_redirect(shim_fault_redirect redirect, void *context);
void shim_fault_others_redirect(shim_fault_redirect redirect, void *context);

#endif
