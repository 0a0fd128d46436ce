/* shims/fault/files_posix.c - the interposers of calls on files.
 *
 * Those of calls.h that either happen or fail are all of one shape. A transfer that goes wrong in another way than
 * by an error is done by hand, through a buffer of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#include "shims/fault/inside.h"
#include "shims/library/calls.h"

#define SECTOR 512u
#define ALIGNMENT 4096u /* of buffers, for O_DIRECT */

#define SHIM_OF_FD(fd) (fd), NULL
#define SHIM_OF_PATH(path) -1, (path)

/* What becomes of a call: 0 it is made; an errno value: it fails; -1: it is lost. */
static int fate_of(enum shim_operation operation, int fd, const char *path) {
    struct shim_operand operand = {.operation = operation, .fd = fd, .path = path};
    struct shim_fate fate = shim_fault_meet(&operand);
    if (!fate.hit) {
        return 0;
    }
    if (fate.kind == SHIM_FAULT_ERROR) {
        errno = fate.error;
        return fate.error;
    }
    return fate.kind == SHIM_FAULT_LOST ? -1 : 0;
}

#define FILE_CALL(operation, type, failure, name, parameters, arguments, object, writes)           \
    static __typeof__(name) *real_##name = name;                                                   \
    static type my_##name parameters {                                                             \
        int error = shim_fault_is_on() ? fate_of(SHIM_LIBC_##operation, object) : 0;               \
        if (error < 0) {                                                                           \
            return (type)0;                                                                        \
        }                                                                                          \
        if (error > 0) {                                                                           \
            if (SHIM_LIBC_##operation == SHIM_LIBC_CLOSE) { /* as Linux: closed all the same */    \
                (void)real_##name arguments;                                                       \
                errno = error;                                                                     \
            }                                                                                      \
            return failure;                                                                        \
        }                                                                                          \
        return real_##name arguments;                                                              \
    }
SHIM_FILE_CALLS(FILE_CALL)

/* ---- transfers ---- */

struct transfer {
    int fd;
    void *bytes;                 /* or vectors */
    const struct iovec *vectors;
    size_t size;                 /* of bytes, or number of vectors */
    off_t at;                    /* -1: the descriptor's position */
    bool writes, direct;
    size_t total;
};

static __typeof__(read) *real_read;
static __typeof__(write) *real_write;
static __typeof__(pread) *real_pread;
static __typeof__(pwrite) *real_pwrite;

/* Between the caller's buffers and one of ours. */
static void copy(const struct transfer *t, unsigned char *buffer, size_t size, bool in) {
    struct iovec single = {t->bytes, t->size};
    const struct iovec *vectors = t->vectors != NULL ? t->vectors : &single;
    size_t count = t->vectors != NULL ? t->size : 1;
    for (size_t i = 0, at = 0; i < count && at < size; i++) {
        size_t part = size - at < vectors[i].iov_len ? size - at : vectors[i].iov_len;
        if (in) {
            memcpy(buffer + at, vectors[i].iov_base, part);
        } else {
            memcpy(vectors[i].iov_base, buffer + at, part);
        }
        at += part;
    }
}

/* How much of it is done: half; or for a torn one some whole sectors, where it has more than one. */
static size_t part_of(const struct transfer *t, const struct shim_fate *fate) {
    size_t unit = t->direct || fate->kind == SHIM_FAULT_TORN ? SECTOR : 1, units = t->total / unit;
    if (fate->kind == SHIM_FAULT_TORN) {
        return units < 2 ? t->total / 2 : (1 + fate->draw % (units - 1)) * unit;
    }
    return units < 2 ? t->total : units / 2 * unit;
}

static ssize_t write_wrong(const struct transfer *t, const struct shim_fate *fate, unsigned char *buffer) {
    size_t size = t->total;
    copy(t, buffer, t->total, true);
    if (fate->kind == SHIM_FAULT_FLIP && size > 0) {
        buffer[fate->draw / 8 % size] ^= (unsigned char)(1u << fate->draw % 8);
    } else if (fate->kind == SHIM_FAULT_LOST) {
        size = 0;
    } else if (fate->kind != SHIM_FAULT_FLIP) {
        size = part_of(t, fate);
    }
    ssize_t done = size == 0 ? 0 : t->at >= 0 ? real_pwrite(t->fd, buffer, size, t->at)
                                              : real_write(t->fd, buffer, size);
    if (done < 0 || (fate->kind != SHIM_FAULT_LOST && fate->kind != SHIM_FAULT_TORN)) {
        return done;
    }
    struct shim_fault_log *log = shim_fault_log_now();
    if (log != NULL && fate->kind == SHIM_FAULT_TORN && atomic_load(&log->untold) < t->total - (size_t)done) {
        atomic_store(&log->untold, t->total - (size_t)done);
    }
    if (t->at < 0) {
        lseek(t->fd, (off_t)(t->total - (size_t)done), SEEK_CUR);
    }
    return (ssize_t)t->total;
}

static ssize_t read_wrong(const struct transfer *t, const struct shim_fate *fate, unsigned char *buffer) {
    size_t size = fate->kind == SHIM_FAULT_SHORT ? part_of(t, fate) : t->total;
    off_t at = t->at >= 0 ? t->at : lseek(t->fd, 0, SEEK_CUR);
    ssize_t done = t->at >= 0 ? real_pread(t->fd, buffer, size, t->at) : real_read(t->fd, buffer, size);
    if (done <= 0) {
        return done;
    }
    if (fate->kind == SHIM_FAULT_FLIP) {
        buffer[fate->draw / 8 % (size_t)done] ^= (unsigned char)(1u << fate->draw % 8);
    } else if (fate->kind == SHIM_FAULT_STALE) {
        shim_fault_stale_put(t->fd, at, buffer, (size_t)done);
    }
    copy(t, buffer, (size_t)done, false);
    return done;
}

static enum shim_operation operation_of(enum shim_operation operation, const struct transfer *t) {
    int kept = errno, flags = fcntl(t->fd, F_GETFL);
    errno = kept;
    if (flags != -1 && (flags & O_DIRECT) != 0) {
        return t->writes ? SHIM_LIBC_DIRECT_WRITE : SHIM_LIBC_DIRECT_READ;
    }
    return flags != -1 && t->writes && (flags & O_DSYNC) != 0 ? SHIM_LIBC_DSYNC : operation;
}

/* True: the transfer is over, with *result. */
static bool transfer(enum shim_operation operation, struct transfer *t, ssize_t *result) {
    struct shim_operand operand = {.operation = operation_of(operation, t), .fd = t->fd};
    t->direct = operand.operation == SHIM_LIBC_DIRECT_READ || operand.operation == SHIM_LIBC_DIRECT_WRITE;
    t->total = t->vectors == NULL ? t->size : 0;
    for (size_t i = 0; t->vectors != NULL && i < t->size; i++) {
        t->total += t->vectors[i].iov_len;
    }
    bool stale = (shim_fault_is_on() & SHIM_ON_STALE) != 0;
    off_t at = !stale || t->at >= 0 ? t->at : lseek(t->fd, 0, SEEK_CUR);
    operand.stale = stale && !t->writes && shim_fault_stale_known(t->fd, at, t->total);
    struct shim_fate fate = shim_fault_meet(&operand);
    if (stale && t->writes && (!fate.hit || fate.kind != SHIM_FAULT_ERROR)) {
        shim_fault_stale_keep(t->fd, at, t->total);
    }
    if (!fate.hit) {
        return false;
    }
    if (fate.kind == SHIM_FAULT_ERROR) {
        errno = fate.error;
        *result = -1;
        return true;
    }
    unsigned char *buffer = aligned_alloc(ALIGNMENT, (t->total / ALIGNMENT + 1) * ALIGNMENT);
    if (buffer == NULL) {
        return false;
    }
    *result = t->writes ? write_wrong(t, &fate, buffer) : read_wrong(t, &fate, buffer);
    int kept = errno;
    free(buffer);
    errno = kept;
    return true;
}

#define TRANSFER(operation, name, parameters, arguments, fd_, bytes_, vectors_, size_, at_, writes_) \
    static __typeof__(name) *real_##name = name;                                                   \
    static ssize_t my_##name parameters {                                                          \
        ssize_t result;                                                                            \
        if (shim_fault_is_on()) {                                                                  \
            struct transfer t = {.fd = fd_,                                                        \
                                 .bytes = (void *)(uintptr_t)(bytes_),                             \
                                 .vectors = vectors_,                                              \
                                 .size = size_,                                                    \
                                 .at = at_,                                                        \
                                 .writes = writes_};                                               \
            if (transfer(SHIM_LIBC_##operation, &t, &result)) {                                    \
                return result;                                                                     \
            }                                                                                      \
        }                                                                                          \
        return real_##name arguments;                                                              \
    }
SHIM_FILE_TRANSFERS(TRANSFER)

/* The forms that a program built with _FORTIFY_SOURCE calls. */
static ssize_t my_read_chk(int fd, void *to, size_t size, size_t room) {
    return my_read(fd, to, size < room ? size : room);
}
static ssize_t my_pread_chk(int fd, void *to, size_t size, off_t at, size_t room) {
    return my_pread(fd, to, size < room ? size : room, at);
}
static char *my_getcwd_chk(char *to, size_t size, size_t room) {
    return my_getcwd(to, size < room ? size : room);
}
static char *my_realpath_chk(const char *path, char *to, size_t room) {
    (void)room;
    return my_realpath(path, to);
}

/* Those that a program calls that was linked against a libc from before 2021; the version of the struct is that of today. */
static int my_xstat(int version, const char *path, struct stat *to) {
    (void)version;
    return my_stat(path, to);
}
static int my_lxstat(int version, const char *path, struct stat *to) {
    (void)version;
    return my_lstat(path, to);
}
static int my_fxstat(int version, int fd, struct stat *to) {
    (void)version;
    return my_fstat(fd, to);
}
static int my_fxstatat(int version, int dir, const char *path, struct stat *to, int flags) {
    (void)version;
    return my_fstatat(dir, path, to, flags);
}

/* ---- open, and what else has no fixed parameters ---- */

static __typeof__(open) *real_open = open;
static __typeof__(openat) *real_openat = openat;
static __typeof__(fcntl) *real_fcntl = fcntl;
static __typeof__(flock) *real_flock = flock;
static __typeof__(dup2) *real_dup2 = dup2;
static __typeof__(dup3) *real_dup3 = dup3;

static bool open_fails(const char *path) {
    return shim_fault_is_on() && shim_fault_fails(SHIM_LIBC_OPEN, -1, path);
}

#define MODE(mode)                                                                                 \
    mode_t mode = 0;                                                                               \
    if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE) {                              \
        va_list list;                                                                              \
        va_start(list, flags);                                                                     \
        mode = va_arg(list, mode_t);                                                               \
        va_end(list);                                                                              \
    }
static int my_open(const char *path, int flags, ...) {
    MODE(mode)
    return open_fails(path) ? -1 : real_open(path, flags, mode);
}
static int my_openat(int dir, const char *path, int flags, ...) {
    MODE(mode)
    return open_fails(path) ? -1 : real_openat(dir, path, flags, mode);
}
static int my_open_2(const char *path, int flags) {
    return open_fails(path) ? -1 : real_open(path, flags, 0);
}
static int my_openat_2(int dir, const char *path, int flags) {
    return open_fails(path) ? -1 : real_openat(dir, path, flags, 0);
}
static int my_creat(const char *path, mode_t mode) {
    return open_fails(path) ? -1 : real_open(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

static int my_fcntl(int fd, int command, ...) {
    va_list list;
    va_start(list, command);
    void *argument = va_arg(list, void *);
    va_end(list);
    bool locks = command == F_SETLK || command == F_SETLKW || command == F_OFD_SETLK || command == F_OFD_SETLKW;
    if (shim_fault_is_on() && locks && shim_fault_fails(SHIM_LIBC_LOCK, fd, NULL)) {
        return -1;
    }
    if (shim_fault_is_on() && (command == F_DUPFD || command == F_DUPFD_CLOEXEC) &&
        shim_fault_fails(SHIM_LIBC_DUP, fd, NULL)) {
        return -1;
    }
    return real_fcntl(fd, command, argument);
}
static int my_flock(int fd, int how) {
    return shim_fault_is_on() && (how & LOCK_UN) == 0 && shim_fault_fails(SHIM_LIBC_LOCK, fd, NULL)
               ? -1 : real_flock(fd, how);
}
static int my_dup2(int fd, int other) {
    return shim_fault_is_on() && shim_fault_fails(SHIM_LIBC_DUP, fd, NULL) ? -1 : real_dup2(fd, other);
}
static int my_dup3(int fd, int other, int flags) {
    return shim_fault_is_on() && shim_fault_fails(SHIM_LIBC_DUP, fd, NULL) ? -1 : real_dup3(fd, other, flags);
}

void shim_fault_files_redirect(shim_fault_redirect redirect, void *context) {
#define REDIRECT(symbol, operation, name)                                                          \
    redirect(context, symbol, SHIM_LIBC_##operation, (shim_entry)my_##name, &real_##name);
#define CALL(operation, type, failure, name, ...) REDIRECT(#name, operation, name)
#define MOVE(operation, name, ...) REDIRECT(#name, operation, name)
    SHIM_FILE_CALLS(CALL)
    SHIM_FILE_TRANSFERS(MOVE)
    /* The names of the same calls with 64-bit offsets: which operation is told by the plain one. */
#define ALIAS(symbol, name)                                                                        \
    redirect(context, symbol, (enum shim_operation)shim_fault_operation_of_##name, (shim_entry)my_##name, &real_##name);
#define CALL_OPERATION(operation, type, failure, name, ...)                                        \
    enum { shim_fault_operation_of_##name = SHIM_LIBC_##operation };
#define MOVE_OPERATION(operation, name, ...)                                                       \
    enum { shim_fault_operation_of_##name = SHIM_LIBC_##operation };
    SHIM_FILE_CALLS(CALL_OPERATION)
    SHIM_FILE_TRANSFERS(MOVE_OPERATION)
    SHIM_FILE_ALIASES(ALIAS)
    REDIRECT("open", OPEN, open)
    REDIRECT("open64", OPEN, open)
    REDIRECT("openat", OPEN, openat)
    REDIRECT("openat64", OPEN, openat)
    REDIRECT("fcntl", LOCK, fcntl)
    REDIRECT("fcntl64", LOCK, fcntl)
    REDIRECT("flock", LOCK, flock)
    REDIRECT("dup2", DUP, dup2)
    REDIRECT("dup3", DUP, dup3)
#define VARIANT(symbol, operation, name)                                                           \
    redirect(context, symbol, SHIM_LIBC_##operation, (shim_entry)my_##name, NULL);
    VARIANT("__open_2", OPEN, open_2)
    VARIANT("__open64_2", OPEN, open_2)
    VARIANT("__openat_2", OPEN, openat_2)
    VARIANT("__openat64_2", OPEN, openat_2)
    VARIANT("creat", OPEN, creat)
    VARIANT("creat64", OPEN, creat)
    VARIANT("__read_chk", READ, read_chk)
    VARIANT("__pread_chk", PREAD, pread_chk)
    VARIANT("__pread64_chk", PREAD, pread_chk)
    VARIANT("__getcwd_chk", GETCWD, getcwd_chk)
    VARIANT("__realpath_chk", REALPATH, realpath_chk)
    VARIANT("__xstat", STAT, xstat)
    VARIANT("__xstat64", STAT, xstat)
    VARIANT("__lxstat", STAT, lxstat)
    VARIANT("__lxstat64", STAT, lxstat)
    VARIANT("__fxstat", STAT, fxstat)
    VARIANT("__fxstat64", STAT, fxstat)
    VARIANT("__fxstatat", STAT, fxstatat)
    VARIANT("__fxstatat64", STAT, fxstatat)
}
