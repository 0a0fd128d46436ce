/* shims/schedule/intercept_file_posix.c - file operations of threads under control.
 *
 * Each is a decision point before the real thing, which cannot wait for another thread. The object is the
 * descriptor, or the hash of the path: two operations on one file depend on each other when one writes.
 */
#include "shims/schedule/intercept.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>

#include "shims/library/calls.h"

/* Descriptors and hashes as addresses that nothing has: those below the first page, and odd ones far up. */
static const void *of_fd(int fd) {
    return (const void *)(size_t)((unsigned)fd + 1u);
}

static const void *of_path(const char *path) {
    uint64_t hash = 0xCBF29CE484222325u;
    for (; path != NULL && *path != '\0'; path++) {
        hash = (hash ^ (unsigned char)*path) * 0x100000001B3u;
    }
    return (const void *)(size_t)(hash | (uint64_t)1 << 63 | 1);
}

static void point(const void *object, bool write, const void *site) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self != NULL) {
        shim_ct_point(self, SHIM_OP_FILE, object, write, site);
    }
}

/* Under control nothing is waited for: what was written outlives the process as it is, and no power fails. */
#define IS_SYNC(operation)                                                                         \
    (__builtin_strcmp(operation, "FSYNC") == 0 || __builtin_strcmp(operation, "FDATASYNC") == 0)
#define SHIM_OF_FD(fd) of_fd(fd)
#define SHIM_OF_PATH(path) of_path(path)
#define FILE_OP(operation, type, failure, name, parameters, arguments, object, write)              \
    SHIM_CT_DECLARE(name)                                                                          \
    static type my_##name parameters {                                                             \
        point(object, write, SITE);                                                                \
        if (IS_SYNC(#operation) && shim_ct_self() != NULL) {                                       \
            return (type)0;                                                                        \
        }                                                                                          \
        return REAL(name) arguments;                                                               \
    }
#ifdef SHIM_CT_PRELOAD
/* A pipe or a socket: the other end may be held by a thread that waits for its turn. */
#define TRANSFER(operation, name, parameters, arguments, fd, bytes, vectors, size, at, write)      \
    SHIM_CT_DECLARE(name)                                                                          \
    static ssize_t my_##name parameters {                                                          \
        point(of_fd(fd), write, SITE);                                                             \
        if ((at) == -1 &&                                                                          \
            shim_ct_await_fd(shim_ct_self(), fd, write ? POLLOUT : POLLIN, true, SITE) != 0) {     \
            return -1;                                                                             \
        }                                                                                          \
        return REAL(name) arguments;                                                               \
    }
#else
#define TRANSFER(operation, name, parameters, arguments, fd, bytes, vectors, size, at, write)      \
    FILE_OP(operation, ssize_t, -1, name, parameters, arguments, of_fd(fd), write)
#endif
SHIM_FILE_CALLS(FILE_OP)
SHIM_FILE_TRANSFERS(TRANSFER)

/* The real one must not wait: a thread that holds the lock could not go on. */
SHIM_CT_DECLARE(flock)
static int my_flock(int fd, int operation) {
    struct shim_ct_thread *self = shim_ct_self();
    point(of_fd(fd), true, SITE);
    int result = REAL(flock)(fd, self != NULL ? operation | LOCK_NB : operation);
    while (self != NULL && result != 0 && (operation & (LOCK_NB | LOCK_UN)) == 0 &&
           shim_ct_self() != NULL) {
        shim_ct_point(self, SHIM_OP_YIELD, of_fd(fd), true, SITE);
        result = REAL(flock)(fd, operation | LOCK_NB);
    }
    return result;
}

SHIM_CT_DECLARE(open)
static int my_open(const char *path, int flags, ...) {
    mode_t mode = 0;
    if ((flags & (O_CREAT | O_TMPFILE)) != 0) {
        va_list list;
        va_start(list, flags);
        mode = (mode_t)va_arg(list, int);
        va_end(list);
    }
    point(of_path(path), (flags & (O_CREAT | O_TRUNC)) != 0, SITE);
#ifdef SHIM_CT_PRELOAD
    int random = shim_ct_self() == NULL ? -1 : shim_ct_open_random(path);
    if (random >= 0) {
        return random;
    }
#endif
    return REAL(open)(path, flags, mode);
}

#define EVERY_CALL(operation, type, failure, name, ...) EVERY_NAME_AS(#name, name)
#define EVERY_TRANSFER(operation, name, ...) EVERY_NAME_AS(#name, name)
#define EVERY_NAME                                                                                 \
    SHIM_FILE_CALLS(EVERY_CALL)                                                                    \
    SHIM_FILE_TRANSFERS(EVERY_TRANSFER)                                                            \
    SHIM_FILE_ALIASES(EVERY_NAME_AS)                                                               \
    EVERY_NAME_AS("flock", flock) EVERY_NAME_AS("open", open) EVERY_NAME_AS("open64", open)

#ifdef SHIM_CT_PRELOAD
#define EVERY_NAME_AS SHIM_CT_EXPORT_AS
EVERY_NAME
#else
#define EVERY_NAME_AS SHIM_CT_REDIRECT_AS
int shim_ct_redirect_files(struct shim_module *module) {
    int slots = 0;
    shim_entry before;
    EVERY_NAME
    return slots;
}
#endif
