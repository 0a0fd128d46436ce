/* shims/schedule/intercept_file_posix.c - file operations of threads under control.
 *
 * Each is a decision point before the real thing, which cannot wait for another thread. The object is the
 * descriptor, or the hash of the path: two operations on one file depend on each other when one writes.
 */
#include "shims/schedule/inside.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

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
#define FILE_OP(type, name, parameters, arguments, object, write)                                  \
    static __typeof__(name) *real_##name;                                                          \
    static type my_##name parameters {                                                             \
        point(object, write, SITE);                                                                \
        return REAL(name) arguments;                                                               \
    }

FILE_OP(ssize_t, read, (int fd, void *to, size_t size), (fd, to, size), of_fd(fd), true)
FILE_OP(ssize_t, write, (int fd, const void *from, size_t size), (fd, from, size), of_fd(fd), true)
FILE_OP(ssize_t, pread, (int fd, void *to, size_t size, off_t at), (fd, to, size, at), of_fd(fd), false)
FILE_OP(ssize_t, pwrite, (int fd, const void *from, size_t size, off_t at), (fd, from, size, at),
        of_fd(fd), true)
FILE_OP(int, fsync, (int fd), (fd), of_fd(fd), false)
FILE_OP(int, fdatasync, (int fd), (fd), of_fd(fd), false)
FILE_OP(int, ftruncate, (int fd, off_t size), (fd, size), of_fd(fd), true)
FILE_OP(int, posix_fallocate, (int fd, off_t at, off_t size), (fd, at, size), of_fd(fd), true)
FILE_OP(int, close, (int fd), (fd), of_fd(fd), true)
FILE_OP(int, rename, (const char *from, const char *to), (from, to), of_path(from), true)
FILE_OP(int, unlink, (const char *path), (path), of_path(path), true)
FILE_OP(int, mkdir, (const char *path, mode_t mode), (path, mode), of_path(path), true)
FILE_OP(int, rmdir, (const char *path), (path), of_path(path), true)

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
    REDIRECT("read", read)
    REDIRECT("write", write)
    REDIRECT("pread", pread)
    REDIRECT("pread64", pread)
    REDIRECT("pwrite", pwrite)
    REDIRECT("pwrite64", pwrite)
    REDIRECT("fsync", fsync)
    REDIRECT("fdatasync", fdatasync)
    REDIRECT("ftruncate", ftruncate)
    REDIRECT("ftruncate64", ftruncate)
    REDIRECT("posix_fallocate", posix_fallocate)
    REDIRECT("posix_fallocate64", posix_fallocate)
    REDIRECT("close", close)
    REDIRECT("rename", rename)
    REDIRECT("unlink", unlink)
    REDIRECT("mkdir", mkdir)
    REDIRECT("rmdir", rmdir)
    REDIRECT("flock", flock)
    REDIRECT("open", open)
    REDIRECT("open64", open)
    return slots;
}
