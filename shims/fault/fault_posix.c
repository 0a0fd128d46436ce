/* shims/fault/fault_posix.c - the interposers and their counters. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shims/fault/fault.h"

enum operation {
#define X(name) OP_##name,
    SHIM_FAULT_OPERATIONS(X)
#undef X
    OP_COUNT
};

static const char *const names[OP_COUNT] = {
#define X(name) #name,
    SHIM_FAULT_OPERATIONS(X)
#undef X
};

/* Everything there is; start and stop reset it. */
static struct {
    bool armed;
    struct shim_fault fault;
    _Atomic uint64_t calls, injected;
    _Atomic int hit; /* API function + 1 */
    int imports;
} state[OP_COUNT];
static atomic_bool counting;

static _Thread_local int inside; /* API function + 1 that this thread is in, or 0 */

static enum operation find(const char *name) {
    int op = 0;
    while (op < OP_COUNT && strcmp(names[op], name) != 0) {
        op++;
    }
    return (enum operation)op;
}

/* Counts one call. True if it has to fail by its fault's error or to be short. */
static bool strike(enum operation op, enum shim_fault_kind kind) {
    if (!atomic_load_explicit(&counting, memory_order_relaxed)) {
        return false;
    }
    const struct shim_fault *fault = &state[op].fault;
    if (state[op].armed && fault->inside != SHIM_FN_NONE && inside != (int)fault->inside + 1) {
        return false;
    }
    uint64_t number = 0;
    if (kind == SHIM_FAULT_ERROR) { /* asked first, by every interposer */
        number = atomic_fetch_add_explicit(&state[op].calls, 1, memory_order_relaxed) + 1;
    } else {
        number = atomic_load_explicit(&state[op].calls, memory_order_relaxed);
    }
    if (!state[op].armed || number < fault->first ||
        (fault->times != 0 && number - fault->first >= fault->times)) {
        return false;
    }
    if (fault->kind == SHIM_FAULT_KILL) {
        kill(getpid(), SIGKILL);
    }
    if (fault->kind != kind) {
        return false;
    }
    atomic_fetch_add_explicit(&state[op].injected, 1, memory_order_relaxed);
    atomic_store_explicit(&state[op].hit, inside, memory_order_relaxed);
    errno = fault->error;
    return true;
}

static bool fails(enum operation op) {
    return strike(op, SHIM_FAULT_ERROR);
}

static size_t length(enum operation op, size_t size) {
    return strike(op, SHIM_FAULT_SHORT) ? size / 2 : size;
}

/* One interposer per import name: its type, the function it replaces, what it returns in failure. */
static struct {
    int (*open)(const char *, int, ...);
    int (*open64)(const char *, int, ...);
    ssize_t (*read)(int, void *, size_t);
    ssize_t (*write)(int, const void *, size_t);
    ssize_t (*pread)(int, void *, size_t, off_t);
    ssize_t (*pread64)(int, void *, size_t, off_t);
    ssize_t (*pwrite)(int, const void *, size_t, off_t);
    ssize_t (*pwrite64)(int, const void *, size_t, off_t);
    int (*fsync)(int);
    int (*fdatasync)(int);
    int (*ftruncate)(int, off_t);
    int (*ftruncate64)(int, off_t);
    int (*posix_fallocate)(int, off_t, off_t);
    int (*posix_fallocate64)(int, off_t, off_t);
    int (*rename)(const char *, const char *);
    int (*unlink)(const char *);
    int (*mkdir)(const char *, mode_t);
    void *(*mmap)(void *, size_t, int, int, int, off_t);
    void *(*mmap64)(void *, size_t, int, int, int, off_t);
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
} real;

#define OPEN(symbol)                                                                               \
    static int my_##symbol(const char *path, int flags, ...) {                                     \
        mode_t mode = 0;                                                                           \
        if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE) {                          \
            va_list list;                                                                          \
            va_start(list, flags);                                                                 \
            mode = va_arg(list, mode_t);                                                           \
            va_end(list);                                                                          \
        }                                                                                          \
        return fails(OP_open) ? -1 : real.symbol(path, flags, mode);                               \
    }
OPEN(open)
OPEN(open64)

#define TRANSFER(op, symbol, parameters, ...)                                                      \
    static ssize_t my_##symbol parameters {                                                        \
        if (fails(OP_##op)) {                                                                      \
            return -1;                                                                             \
        }                                                                                          \
        size = length(OP_##op, size);                                                              \
        return real.symbol(__VA_ARGS__);                                                           \
    }
TRANSFER(read, read, (int file, void *bytes, size_t size), file, bytes, size)
TRANSFER(write, write, (int file, const void *bytes, size_t size), file, bytes, size)
TRANSFER(pread, pread, (int file, void *bytes, size_t size, off_t at), file, bytes, size, at)
TRANSFER(pread, pread64, (int file, void *bytes, size_t size, off_t at), file, bytes, size, at)
TRANSFER(pwrite, pwrite, (int file, const void *bytes, size_t size, off_t at), file, bytes, size, at)
TRANSFER(pwrite, pwrite64, (int file, const void *bytes, size_t size, off_t at), file, bytes, size,
         at)

#define PLAIN(type, failure, op, symbol, parameters, ...)                                          \
    static type my_##symbol parameters {                                                           \
        return fails(OP_##op) ? failure : real.symbol(__VA_ARGS__);                                \
    }
PLAIN(int, -1, fsync, fsync, (int file), file)
PLAIN(int, -1, fdatasync, fdatasync, (int file), file)
PLAIN(int, -1, ftruncate, ftruncate, (int file, off_t size), file, size)
PLAIN(int, -1, ftruncate, ftruncate64, (int file, off_t size), file, size)
PLAIN(int, errno, posix_fallocate, posix_fallocate, (int file, off_t at, off_t size), file, at, size)
PLAIN(int, errno, posix_fallocate, posix_fallocate64, (int file, off_t at, off_t size), file, at,
      size)
PLAIN(int, -1, rename, rename, (const char *from, const char *to), from, to)
PLAIN(int, -1, unlink, unlink, (const char *path), path)
PLAIN(int, -1, mkdir, mkdir, (const char *path, mode_t mode), path, mode)
PLAIN(void *, MAP_FAILED, mmap, mmap,
      (void *base, size_t size, int protection, int flags, int file, off_t at), base, size,
      protection, flags, file, at)
PLAIN(void *, MAP_FAILED, mmap, mmap64,
      (void *base, size_t size, int protection, int flags, int file, off_t at), base, size,
      protection, flags, file, at)
PLAIN(void *, NULL, malloc, malloc, (size_t size), size)
PLAIN(void *, NULL, calloc, calloc, (size_t count, size_t size), count, size)
PLAIN(void *, NULL, realloc, realloc, (void *memory, size_t size), memory, size)

static const struct {
    const char *symbol;
    enum operation op;
    shim_entry mine;
    void *real; /* where the original goes */
} imports[] = {
#define IMPORT(op, symbol) {#symbol, OP_##op, (shim_entry)my_##symbol, &real.symbol}
    IMPORT(open, open),
    IMPORT(open, open64),
    IMPORT(read, read),
    IMPORT(write, write),
    IMPORT(pread, pread),
    IMPORT(pread, pread64),
    IMPORT(pwrite, pwrite),
    IMPORT(pwrite, pwrite64),
    IMPORT(fsync, fsync),
    IMPORT(fdatasync, fdatasync),
    IMPORT(ftruncate, ftruncate),
    IMPORT(ftruncate, ftruncate64),
    IMPORT(posix_fallocate, posix_fallocate),
    IMPORT(posix_fallocate, posix_fallocate64),
    IMPORT(rename, rename),
    IMPORT(unlink, unlink),
    IMPORT(mkdir, mkdir),
    IMPORT(mmap, mmap),
    IMPORT(mmap, mmap64),
    IMPORT(malloc, malloc),
    IMPORT(calloc, calloc),
    IMPORT(realloc, realloc),
};

/* What an import would call if nobody redirected it: set before the first slot changes, so that a
 * thread of the engine that is already running never finds it empty. */
static void preset(void) {
#define PRESET(symbol) real.symbol = symbol;
    PRESET(open) PRESET(open64) PRESET(read) PRESET(write) PRESET(pread) PRESET(pread64)
    PRESET(pwrite) PRESET(pwrite64) PRESET(fsync) PRESET(fdatasync) PRESET(ftruncate)
    PRESET(ftruncate64) PRESET(posix_fallocate) PRESET(posix_fallocate64) PRESET(rename)
    PRESET(unlink) PRESET(mkdir) PRESET(mmap) PRESET(mmap64) PRESET(malloc) PRESET(calloc)
    PRESET(realloc)
}

int shim_faults_start(struct shim_library *library, char *error, size_t error_size) {
    int total = 0;
    shim_faults_stop();
    preset();
    for (size_t i = 0; i < sizeof imports / sizeof imports[0]; i++) {
        shim_entry before;
        int changed =
            shim_library_redirect(library, imports[i].symbol, imports[i].mine, &before);
        if (changed > 0) {
            memcpy(imports[i].real, &before, sizeof before);
        }
        state[imports[i].op].imports += changed;
        total += changed;
    }
    if (total == 0) {
        snprintf(error, error_size,
                 "%s: imports none of the operations that can be made to fail (open, pwrite, ...)",
                 shim_library_path(library));
        return -1;
    }
    atomic_store(&counting, true);
    return 0;
}

void shim_faults_stop(void) {
    atomic_store(&counting, false);
    for (int op = 0; op < OP_COUNT; op++) {
        state[op].armed = false;
        state[op].imports = 0;
        atomic_store(&state[op].calls, 0);
        atomic_store(&state[op].injected, 0);
        atomic_store(&state[op].hit, 0);
    }
}

int shim_faults_arm(const struct shim_fault *fault, char *error, size_t error_size) {
    enum operation op = find(fault->operation);
    if (op == OP_COUNT) {
        snprintf(error, error_size, "no operation \"%s\"; there are open, read, write, pread, pwrite, "
                 "fsync, fdatasync, ftruncate, posix_fallocate, rename, unlink, mkdir, mmap, malloc, "
                 "calloc, realloc", fault->operation);
        return -1;
    }
    bool transfer = op == OP_read || op == OP_write || op == OP_pread || op == OP_pwrite;
    if (fault->kind == SHIM_FAULT_SHORT && !transfer) {
        snprintf(error, error_size, "%s cannot be short; read, write, pread and pwrite can",
                 fault->operation);
        return -1;
    }
    if (fault->first == 0 || (fault->kind == SHIM_FAULT_ERROR && fault->error <= 0)) {
        snprintf(error, error_size, "%s: calls are counted from 1, and an error needs its number",
                 fault->operation);
        return -1;
    }
    state[op].fault = *fault;
    state[op].fault.operation = names[op];
    atomic_store(&state[op].calls, 0);
    atomic_store(&state[op].injected, 0);
    atomic_store(&state[op].hit, 0);
    state[op].armed = true;
    return 0;
}

uint64_t shim_faults_calls(const char *operation) {
    enum operation op = find(operation);
    return op == OP_COUNT ? 0 : atomic_load_explicit(&state[op].calls, memory_order_relaxed);
}

uint64_t shim_faults_injected(const char *operation) {
    enum operation op = find(operation);
    return op == OP_COUNT ? 0 : atomic_load_explicit(&state[op].injected, memory_order_relaxed);
}

int shim_faults_imports(const char *operation) {
    enum operation op = find(operation);
    return op == OP_COUNT ? 0 : state[op].imports;
}

enum shim_fn shim_faults_hit(const char *operation) {
    enum operation op = find(operation);
    int hit = op == OP_COUNT ? 0 : atomic_load_explicit(&state[op].hit, memory_order_relaxed);
    return (enum shim_fn)(hit - 1);
}

static void enter(void *context, struct shim_call *call) {
    (void)context;
    /* A callback's call lies inside another one. */
    call->scratch[call->hook] = (void *)(intptr_t)inside;
    inside = (int)call->fn + 1;
}

static void leave(void *context, struct shim_call *call) {
    (void)context;
    inside = (int)(intptr_t)call->scratch[call->hook];
}

struct shim_hook shim_fault_hook(void) {
    return (struct shim_hook){enter, leave, NULL};
}
