/* shims/schedule/intercept_file_posix.c - file operations of threads under control.
 *
 * Each is a decision point before the real thing, which cannot wait for another thread. The object is the
 * descriptor, or the hash of the path: two operations on one file depend on each other when one writes.
 */
#include "shims/schedule/intercept.h"

#include <errno.h>
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

static void test_cancel(void) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self != NULL) {
        shim_ct_test_cancel(self);
    }
}

/* Under control nothing is waited for: what was written outlives the process as it is, and no power fails. */
#define IS_SYNC(operation)                                                                         \
    (__builtin_strcmp(operation, "FSYNC") == 0 || __builtin_strcmp(operation, "FDATASYNC") == 0)
/* Where glibc looks whether the thread is cancelled, beside what moves bytes. */
#define IS_CANCELLATION_POINT(operation)                                                           \
    (IS_SYNC(operation) || __builtin_strcmp(operation, "MSYNC") == 0 || __builtin_strcmp(operation, "CLOSE") == 0)
#define SHIM_OF_FD(fd) of_fd(fd)
#define SHIM_OF_PATH(path) of_path(path)
#define FILE_OP(operation, type, failure, name, parameters, arguments, object, write)              \
    SHIM_CT_DECLARE(name)                                                                          \
    static type my_##name parameters {                                                             \
        point(object, write, SITE);                                                                \
        if (IS_CANCELLATION_POINT(#operation)) {                                                   \
            test_cancel();                                                                         \
        }                                                                                          \
        if (IS_SYNC(#operation) && shim_ct_self() != NULL) {                                       \
            return (type)0;                                                                        \
        }                                                                                          \
        return REAL(name) arguments;                                                               \
    }
/* A pipe or a socket: the other end may be held by a thread that waits for its turn. */
#define TRANSFER(operation, name, parameters, arguments, fd, bytes, vectors, size, at, write)      \
    SHIM_CT_DECLARE(name)                                                                          \
    static ssize_t my_##name parameters {                                                          \
        point(of_fd(fd), write, SITE);                                                             \
        test_cancel();                                                                             \
        if ((at) == -1 &&                                                                          \
            shim_ct_await_fd(shim_ct_self(), fd, write ? POLLOUT : POLLIN, true, SITE) != 0) {     \
            return -1;                                                                             \
        }                                                                                          \
        return REAL(name) arguments;                                                               \
    }
SHIM_FILE_CALLS(FILE_OP)
SHIM_FILE_TRANSFERS(TRANSFER)
/* What _FORTIFY_SOURCE makes of some: `room` is the size of the object behind the pointer. */
#define CHECKED_TRANSFERS(X)                                                                       \
    X(READ, __read_chk, (int fd, void *to, size_t size, size_t room), (fd, to, size, room), fd, to, NULL, size, -1, false) \
    X(PREAD, __pread_chk, (int fd, void *to, size_t size, off_t from, size_t room), (fd, to, size, from, room), fd, to,    \
      NULL, size, from, false)
ssize_t __read_chk(int fd, void *to, size_t size, size_t room);
ssize_t __pread_chk(int fd, void *to, size_t size, off_t from, size_t room);
CHECKED_TRANSFERS(TRANSFER)

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

/* Of F_OFD_SETLKW as of flock; locks of the process keep none of its threads out. */
SHIM_CT_DECLARE(fcntl)
static int my_fcntl(int fd, int command, ...) {
    struct shim_ct_thread *self = shim_ct_self();
    va_list list;
    va_start(list, command);
    void *argument = va_arg(list, void *);
    va_end(list);
    if (self == NULL || command != F_OFD_SETLKW) {
        return REAL(fcntl)(fd, command, argument);
    }
    int result;
    do {
        shim_ct_point(self, SHIM_OP_YIELD, of_fd(fd), true, SITE);
        test_cancel();
        result = REAL(fcntl)(fd, F_OFD_SETLK, argument);
    } while (result != 0 && (errno == EAGAIN || errno == EACCES));
    return result;
}

/* Puts virtual random numbers behind the descriptor that /dev/urandom or /dev/random was opened as. */
static int opened(const char *path, int file) {
    int random = shim_ct_self() == NULL || file < 0 ? -1 : shim_ct_open_random(path);
    if (random >= 0) {
        shim_ct.busy = true;
        (void)dup3(random, file, fcntl(file, F_GETFD) == FD_CLOEXEC ? O_CLOEXEC : 0);
        (void)close(random);
        shim_ct.busy = false;
    }
    return file;
}

#define MODE(flags)                                                                                \
    mode_t mode = 0;                                                                               \
    if (((flags) & (O_CREAT | O_TMPFILE)) != 0) {                                                  \
        va_list list;                                                                              \
        va_start(list, flags);                                                                     \
        mode = (mode_t)va_arg(list, int);                                                          \
        va_end(list);                                                                              \
    }
#define OPENS(path, flags)                                                                         \
    point(of_path(path), ((flags) & (O_CREAT | O_TRUNC)) != 0, SITE);                              \
    test_cancel();

SHIM_CT_DECLARE(open)
static int my_open(const char *path, int flags, ...) {
    MODE(flags)
    OPENS(path, flags)
    return opened(path, REAL(open)(path, flags, mode));
}

SHIM_CT_DECLARE(openat)
static int my_openat(int folder, const char *path, int flags, ...) {
    MODE(flags)
    OPENS(path, flags)
    return opened(path, REAL(openat)(folder, path, flags, mode));
}

SHIM_CT_DECLARE(creat)
static int my_creat(const char *path, mode_t mode) {
    OPENS(path, O_CREAT)
    return REAL(creat)(path, mode);
}

int __open_2(const char *path, int flags);
SHIM_CT_DECLARE(__open_2)
static int my___open_2(const char *path, int flags) {
    OPENS(path, flags)
    return opened(path, REAL(__open_2)(path, flags));
}

int __openat_2(int folder, const char *path, int flags);
SHIM_CT_DECLARE(__openat_2)
static int my___openat_2(int folder, const char *path, int flags) {
    OPENS(path, flags)
    return opened(path, REAL(__openat_2)(folder, path, flags));
}

#define EVERY_CALL(operation, type, failure, name, ...) EVERY_NAME_AS(#name, name)
#define EVERY_TRANSFER(operation, name, ...) EVERY_NAME_AS(#name, name)
#define EVERY_NAME                                                                                 \
    SHIM_FILE_CALLS(EVERY_CALL)                                                                    \
    SHIM_FILE_TRANSFERS(EVERY_TRANSFER)                                                            \
    SHIM_FILE_ALIASES(EVERY_NAME_AS)                                                               \
    CHECKED_TRANSFERS(EVERY_TRANSFER) EVERY_NAME_AS("__pread64_chk", __pread_chk)                  \
    EVERY_NAME_AS("flock", flock) EVERY_NAME_AS("fcntl", fcntl) EVERY_NAME_AS("fcntl64", fcntl)    \
    EVERY_NAME_AS("open", open) EVERY_NAME_AS("open64", open) EVERY_NAME_AS("__open_2", __open_2)  \
    EVERY_NAME_AS("__open64_2", __open_2) EVERY_NAME_AS("openat", openat)                          \
    EVERY_NAME_AS("openat64", openat) EVERY_NAME_AS("__openat_2", __openat_2)                      \
    EVERY_NAME_AS("__openat64_2", __openat_2) EVERY_NAME_AS("creat", creat) EVERY_NAME_AS("creat64", creat)

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
