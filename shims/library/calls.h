/* shims/library/calls.h - the libc calls on files that shims take part in: one list for all of them.
 *
 * SHIM_FILE_CALLS has the calls that either happen or fail; SHIM_FILE_TRANSFERS those that move bytes. A row is
 *
 *   X(operation, type, failure, name, parameters, arguments, object, writes)
 *
 *   operation  of shims/fault/fault.h, without its prefix
 *   failure    the value of the call when it fails with errno `error`
 *   object     SHIM_OF_FD(descriptor) or SHIM_OF_PATH(path): macros of whoever uses the list
 *   writes     whether the object may be another one afterwards
 *
 * and of a transfer X(operation, name, parameters, arguments, descriptor, bytes, vectors, size, at, writes):
 * `bytes` or `vectors` is NULL; size is that of the bytes or the number of vectors; `at` is -1 when the
 * descriptor's own position counts.
 *
 * SHIM_FILE_ALIASES names further imports that mean the same: X("import", name). open, fcntl and the like, whose
 * parameters vary, are written out where they are intercepted.
 */
#ifndef ESECHECK_SHIMS_LIBRARY_CALLS_H
#define ESECHECK_SHIMS_LIBRARY_CALLS_H

#define SHIM_FILE_CALLS(X)                                                                         \
    X(FSYNC, int, -1, fsync, (int fd), (fd), SHIM_OF_FD(fd), false)                                \
    X(FSYNC, int, -1, syncfs, (int fd), (fd), SHIM_OF_FD(fd), false)                               \
    X(FDATASYNC, int, -1, fdatasync, (int fd), (fd), SHIM_OF_FD(fd), false)                        \
    X(SYNC_RANGE, int, -1, sync_file_range, (int fd, off_t at, off_t size, unsigned how),          \
      (fd, at, size, how), SHIM_OF_FD(fd), false)                                                  \
    X(MSYNC, int, -1, msync, (void *base, size_t size, int how), (base, size, how),                \
      SHIM_OF_FD(-1), true)                                                                        \
    X(FTRUNCATE, int, -1, ftruncate, (int fd, off_t size), (fd, size), SHIM_OF_FD(fd), true)       \
    X(TRUNCATE, int, -1, truncate, (const char *path, off_t size), (path, size),                   \
      SHIM_OF_PATH(path), true)                                                                    \
    X(FALLOCATE, int, error, posix_fallocate, (int fd, off_t at, off_t size), (fd, at, size),      \
      SHIM_OF_FD(fd), true)                                                                        \
    X(FALLOCATE, int, -1, fallocate, (int fd, int how, off_t at, off_t size),                      \
      (fd, how, at, size), SHIM_OF_FD(fd), true)                                                   \
    X(CLOSE, int, -1, close, (int fd), (fd), SHIM_OF_FD(fd), true)                                 \
    X(RENAME, int, -1, rename, (const char *from, const char *to), (from, to),                     \
      SHIM_OF_PATH(from), true)                                                                    \
    X(RENAME, int, -1, renameat, (int from_dir, const char *from, int to_dir, const char *to),     \
      (from_dir, from, to_dir, to), SHIM_OF_PATH(from), true)                                      \
    X(RENAME, int, -1, renameat2,                                                                  \
      (int from_dir, const char *from, int to_dir, const char *to, unsigned how),                  \
      (from_dir, from, to_dir, to, how), SHIM_OF_PATH(from), true)                                 \
    X(UNLINK, int, -1, unlink, (const char *path), (path), SHIM_OF_PATH(path), true)               \
    X(UNLINK, int, -1, unlinkat, (int dir, const char *path, int flags), (dir, path, flags),       \
      SHIM_OF_PATH(path), true)                                                                    \
    X(UNLINK, int, -1, remove, (const char *path), (path), SHIM_OF_PATH(path), true)               \
    X(LINK, int, -1, link, (const char *from, const char *to), (from, to), SHIM_OF_PATH(to), true) \
    X(LINK, int, -1, symlink, (const char *from, const char *to), (from, to), SHIM_OF_PATH(to),    \
      true)                                                                                        \
    X(LINK, int, -1, linkat,                                                                       \
      (int from_dir, const char *from, int to_dir, const char *to, int flags),                     \
      (from_dir, from, to_dir, to, flags), SHIM_OF_PATH(to), true)                                 \
    X(LINK, int, -1, symlinkat, (const char *from, int dir, const char *to), (from, dir, to),      \
      SHIM_OF_PATH(to), true)                                                                      \
    X(STAT, int, -1, stat, (const char *path, struct stat *to), (path, to), SHIM_OF_PATH(path),    \
      false)                                                                                       \
    X(STAT, int, -1, lstat, (const char *path, struct stat *to), (path, to), SHIM_OF_PATH(path),   \
      false)                                                                                       \
    X(STAT, int, -1, fstat, (int fd, struct stat *to), (fd, to), SHIM_OF_FD(fd), false)            \
    X(STAT, int, -1, fstatat, (int dir, const char *path, struct stat *to, int flags),             \
      (dir, path, to, flags), SHIM_OF_PATH(path), false)                                           \
    X(STAT, int, -1, access, (const char *path, int mode), (path, mode), SHIM_OF_PATH(path),       \
      false)                                                                                       \
    X(STAT, int, -1, faccessat, (int dir, const char *path, int mode, int flags),                  \
      (dir, path, mode, flags), SHIM_OF_PATH(path), false)                                         \
    X(STAT, int, -1, statx,                                                                        \
      (int dir, const char *restrict path, int flags, unsigned mask, struct statx *restrict to),   \
      (dir, path, flags, mask, to), SHIM_OF_PATH(path), false)                                     \
    X(STATFS, int, -1, statfs, (const char *path, struct statfs *to), (path, to),                  \
      SHIM_OF_PATH(path), false)                                                                   \
    X(STATFS, int, -1, fstatfs, (int fd, struct statfs *to), (fd, to), SHIM_OF_FD(fd), false)      \
    X(STATFS, int, -1, statvfs, (const char *path, struct statvfs *to), (path, to),                \
      SHIM_OF_PATH(path), false)                                                                   \
    X(STATFS, int, -1, fstatvfs, (int fd, struct statvfs *to), (fd, to), SHIM_OF_FD(fd), false)    \
    X(SEEK, off_t, -1, lseek, (int fd, off_t at, int from), (fd, at, from), SHIM_OF_FD(fd), true)  \
    X(LOCK, int, -1, lockf, (int fd, int how, off_t size), (fd, how, size), SHIM_OF_FD(fd), true)  \
    X(DUP, int, -1, dup, (int fd), (fd), SHIM_OF_FD(fd), true)                                     \
    X(COPY, ssize_t, -1, copy_file_range,                                                          \
      (int fd, off_t *from, int to_fd, off_t *to, size_t size, unsigned how),                      \
      (fd, from, to_fd, to, size, how), SHIM_OF_FD(to_fd), true)                                   \
    X(COPY, ssize_t, -1, sendfile, (int to_fd, int fd, off_t *from, size_t size),                  \
      (to_fd, fd, from, size), SHIM_OF_FD(to_fd), true)                                            \
    X(MKDIR, int, -1, mkdir, (const char *path, mode_t mode), (path, mode), SHIM_OF_PATH(path),    \
      true)                                                                                        \
    X(MKDIR, int, -1, mkdirat, (int dir, const char *path, mode_t mode), (dir, path, mode),        \
      SHIM_OF_PATH(path), true)                                                                    \
    X(RMDIR, int, -1, rmdir, (const char *path), (path), SHIM_OF_PATH(path), true)                 \
    X(OPENDIR, DIR *, NULL, opendir, (const char *path), (path), SHIM_OF_PATH(path), false)        \
    X(OPENDIR, DIR *, NULL, fdopendir, (int fd), (fd), SHIM_OF_FD(fd), false)                      \
    X(READDIR, struct dirent *, NULL, readdir, (DIR *dir), (dir), SHIM_OF_FD(dirfd(dir)), false)   \
    X(CLOSEDIR, int, -1, closedir, (DIR *dir), (dir), SHIM_OF_FD(dirfd(dir)), false)               \
    X(GETCWD, char *, NULL, getcwd, (char *to, size_t size), (to, size), SHIM_OF_FD(-1), false)    \
    X(REALPATH, char *, NULL, realpath, (const char *restrict path, char *restrict to),            \
      (path, to), SHIM_OF_PATH(path), false)

#define SHIM_FILE_TRANSFERS(X)                                                                     \
    X(READ, read, (int fd, void *to, size_t size), (fd, to, size), fd, to, NULL, size, -1, false)  \
    X(WRITE, write, (int fd, const void *from, size_t size), (fd, from, size), fd, from, NULL,     \
      size, -1, true)                                                                              \
    X(PREAD, pread, (int fd, void *to, size_t size, off_t at), (fd, to, size, at), fd, to, NULL,   \
      size, at, false)                                                                             \
    X(PWRITE, pwrite, (int fd, const void *from, size_t size, off_t at), (fd, from, size, at), fd, \
      from, NULL, size, at, true)                                                                  \
    X(READV, readv, (int fd, const struct iovec *vectors, int count), (fd, vectors, count), fd,    \
      NULL, vectors, (size_t)count, -1, false)                                                     \
    X(WRITEV, writev, (int fd, const struct iovec *vectors, int count), (fd, vectors, count), fd,  \
      NULL, vectors, (size_t)count, -1, true)                                                      \
    X(PREADV, preadv, (int fd, const struct iovec *vectors, int count, off_t at),                  \
      (fd, vectors, count, at), fd, NULL, vectors, (size_t)count, at, false)                       \
    X(PWRITEV, pwritev, (int fd, const struct iovec *vectors, int count, off_t at),                \
      (fd, vectors, count, at), fd, NULL, vectors, (size_t)count, at, true)                        \
    X(PREADV, preadv2, (int fd, const struct iovec *vectors, int count, off_t at, int flags),      \
      (fd, vectors, count, at, flags), fd, NULL, vectors, (size_t)count, at, false)                \
    X(PWRITEV, pwritev2, (int fd, const struct iovec *vectors, int count, off_t at, int flags),    \
      (fd, vectors, count, at, flags), fd, NULL, vectors, (size_t)count, at, true)

#define SHIM_FILE_ALIASES(X)                                                                       \
    X("pread64", pread) X("pwrite64", pwrite) X("preadv64", preadv) X("pwritev64", pwritev)        \
    X("preadv64v2", preadv2) X("pwritev64v2", pwritev2)                                            \
    X("ftruncate64", ftruncate) X("truncate64", truncate) X("fallocate64", fallocate)              \
    X("posix_fallocate64", posix_fallocate) X("lseek64", lseek) X("stat64", stat)                  \
    X("lstat64", lstat) X("fstat64", fstat) X("fstatat64", fstatat) X("statvfs64", statvfs)        \
    X("fstatvfs64", fstatvfs) X("lockf64", lockf) X("sendfile64", sendfile)                        \
    X("readdir64", readdir) X("statfs64", statfs) X("fstatfs64", fstatfs)

/* Headers that declare all of them. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#endif
