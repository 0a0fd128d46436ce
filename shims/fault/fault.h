/* shims/fault/fault.h - lets the operating system fail the engine.
 *
 * The engine's imports of some libc functions are redirected (shim_library_redirect): its calls are
 * counted, and the k-th call of a chosen one fails in a chosen way. The harness's own calls and
 * those of libraries that were there before the engine stay as they are. POSIX only: on Windows
 * shim_faults_start says so and fails.
 *
 * Operations are the names in SHIM_FAULT_OPERATIONS; variants with 64-bit offsets count as the same
 * operation. Not seen are what libc calls by itself (buffered stdio), system calls made directly,
 * and the checked variants of programs built with _FORTIFY_SOURCE.
 *
 * There is one engine in a process, so there is one set of faults: start, arm ..., stop.
 *
 * Thread safety: start, arm and stop while no call is in flight; counts may be read at any time. The
 * counters do not order threads (relaxed), so they do not hide races from ThreadSanitizer.
 */
#ifndef ESECHECK_SHIMS_FAULT_FAULT_H
#define ESECHECK_SHIMS_FAULT_FAULT_H

#include <stddef.h>
#include <stdint.h>

#include "shims/call/call.h"
#include "shims/library/library.h"

#define SHIM_FAULT_OPERATIONS(X)                                                                   \
    X(open) X(read) X(write) X(pread) X(pwrite) X(fsync) X(fdatasync) X(ftruncate)                 \
    X(posix_fallocate) X(rename) X(unlink) X(mkdir) X(mmap) X(malloc) X(calloc) X(realloc)

enum shim_fault_kind {
    SHIM_FAULT_ERROR, /* fails with `error`; nothing is done */
    SHIM_FAULT_SHORT, /* read, write, pread, pwrite: does half of it and says so */
    SHIM_FAULT_KILL   /* the process dies before the operation (SIGKILL) */
};

struct shim_fault {
    const char *operation;     /* "pwrite" */
    enum shim_fault_kind kind;
    int error;                 /* ERROR: an errno value, not 0 */
    uint64_t first;            /* the first call that fails, from 1 */
    uint64_t times;            /* how many in a row; 0: all from there on */
    enum shim_fn inside;       /* count and fail only calls made on a thread that is inside this
                                  function; SHIM_FN_NONE: any, also on threads of the engine */
};

/* Redirects and begins to count; nothing is armed. Returns 0, or -1 with a message. */
int shim_faults_start(struct shim_library *library, char *error, size_t error_size);
/* Arms one fault per operation (replacing the one before) and sets its count to 0. Returns 0, or -1
 * with a message (unknown operation, kind that the operation cannot have, no call to fail). */
int shim_faults_arm(const struct shim_fault *fault, char *error, size_t error_size);
/* Disarms and stops counting. The redirections last until the library is closed. */
void shim_faults_stop(void);

/* Calls of the operation since it was armed (or since the start), those that failed among them, and
 * how many imports were redirected (0: the engine does not use it). 0 for an unknown operation. */
uint64_t shim_faults_calls(const char *operation);
uint64_t shim_faults_injected(const char *operation);
int shim_faults_imports(const char *operation);
/* The API function inside which the last injected fault happened, or SHIM_FN_NONE. */
enum shim_fn shim_faults_hit(const char *operation);

/* Tells the interposers which API call a thread is in. One hook serves all actors. */
struct shim_hook shim_fault_hook(void);

/* "ENOSPC" or a number to an errno value; 0 if it is none. */
int shim_errno_find(const char *name);

#endif
