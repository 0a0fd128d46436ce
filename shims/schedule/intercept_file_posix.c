/* shims/schedule/intercept_file_posix.c - file operations of threads under control.
 *
 * Each is a decision point before the real thing, which cannot wait for another thread. The object is the
 * descriptor, or the hash of the path: two operations on one file depend on each other when one writes.
 */
#include "shims/schedule/inside.h"

#include <fcntl.h>
#include <stdarg.h>

#include "shims/library/calls.h"
#include "shims/library/module.h"

#define REAL(name) (real_##name != NULL ? real_##name : name)

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

#define SITE __builtin_return_address(0)
#define SHIM_OF_FD(fd) of_fd(fd)
#define SHIM_OF_PATH(path) of_path(path)
#define FILE_OP(operation, type, failure, name, parameters, arguments, object, write)              \
    static __typeof__(name) *real_##name;                                                          \
    static type my_##name parameters {                                                             \
        point(object, write, SITE);                                                                \
        return REAL(name) arguments;                                                               \
    }
#define TRANSFER(operation, name, parameters, arguments, fd, bytes, vectors, size, at, write)      \
    FILE_OP(operation, ssize_t, -1, name, parameters, arguments, of_fd(fd), write)
SHIM_FILE_CALLS(FILE_OP)
SHIM_FILE_TRANSFERS(TRANSFER)

/* Under control nothing is waited for: what was written outlives the process as it is, and no power fails. */
static int my_unwaited_fsync(int fd) {
    if (shim_ct_self() == NULL) {
        return my_fsync(fd);
    }
    point(of_fd(fd), false, SITE);
    return 0;
}

static int my_unwaited_fdatasync(int fd) {
    if (shim_ct_self() == NULL) {
        return my_fdatasync(fd);
    }
    point(of_fd(fd), false, SITE);
    return 0;
}

/* The real one must not wait: a thread that holds the lock could not go on. */
static __typeof__(flock) *real_flock;
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

static __typeof__(open) *real_open;
static int my_open(const char *path, int flags, ...) {
    mode_t mode = 0;
    if ((flags & (O_CREAT | O_TMPFILE)) != 0) {
        va_list list;
        va_start(list, flags);
        mode = (mode_t)va_arg(list, int);
        va_end(list);
    }
    point(of_path(path), (flags & (O_CREAT | O_TRUNC)) != 0, SITE);
    return REAL(open)(path, flags, mode);
}

int shim_ct_redirect_files(struct shim_module *module) {
    int slots = 0;
    shim_entry before;
#define REDIRECT(as, name)                                                                         \
    before = NULL;                                                                                 \
    slots += shim_module_redirect(module, as, (shim_entry)my_##name, &before);                     \
    if (before != NULL && before != (shim_entry)my_##name) {                                       \
        real_##name = (__typeof__(name) *)before;                                                  \
    }
#define REDIRECT_CALL(operation, type, failure, name, ...) REDIRECT(#name, name)
#define REDIRECT_TRANSFER(operation, name, ...) REDIRECT(#name, name)
    SHIM_FILE_CALLS(REDIRECT_CALL)
    SHIM_FILE_TRANSFERS(REDIRECT_TRANSFER)
    SHIM_FILE_ALIASES(REDIRECT)
    (void)shim_module_redirect(module, "fsync", (shim_entry)my_unwaited_fsync, NULL);
    (void)shim_module_redirect(module, "fdatasync", (shim_entry)my_unwaited_fdatasync, NULL);
    REDIRECT("flock", flock)
    REDIRECT("open", open)
    REDIRECT("open64", open)
    return slots;
}
