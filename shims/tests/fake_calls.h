/* shims/tests/fake_calls.h - every import that shims/fault makes go wrong: X("import", OPERATION, what fake_calls.c does).
 *
 * What is done gives 0 when all went well, an errno value when the call failed, FAKE_SHORT when it did less than it was asked to
 * do. A call that tells no reason fails with the one that the test asks for, EIO.
 */
#ifndef ESECHECK_SHIMS_TESTS_FAKE_CALLS_H
#define ESECHECK_SHIMS_TESTS_FAKE_CALLS_H

#include <stdlib.h> /* __GLIBC__ */

#define FAKE_SHORT 1000
#define FAKE_SKIPPED 1001 /* the file system cannot do it */
#define FAKE_FAILS 0x100  /* added to the number of a row: the call is going to fail */
#define FAKE_SIZE 8192    /* bytes of the file "data" */

#define FAKE_CALLS(X)                                                                              \
    X("open", OPEN, opened(open(data, O_RDWR)))                                                    \
    X("open64", OPEN, opened(open64(made, O_RDWR | O_CREAT, 0600)))                                \
    X("openat", OPEN, opened(openat(AT_FDCWD, data, O_RDONLY)))                                    \
    X("openat64", OPEN, opened(openat64(AT_FDCWD, made, O_RDWR | O_CREAT, 0600)))                  \
    X("__open_2", OPEN, opened(__open_2(data, O_RDONLY)))                                          \
    X("__open64_2", OPEN, opened(__open64_2(data, O_RDONLY)))                                      \
    X("__openat_2", OPEN, opened(__openat_2(AT_FDCWD, data, O_RDONLY)))                            \
    X("__openat64_2", OPEN, opened(__openat64_2(AT_FDCWD, data, O_RDONLY)))                        \
    X("creat", OPEN, opened(creat(made, 0600)))                                                    \
    X("creat64", OPEN, opened(creat64(made, 0600)))                                                \
    X("read", READ, full(read(file, bytes, 1024)))                                                 \
    X("__read_chk", READ, full(__read_chk(file, bytes, 1024, sizeof bytes)))                       \
    X("write", WRITE, full(write(file, bytes, 1024)))                                              \
    X("pread", PREAD, full(pread(file, bytes, 1024, 512)))                                         \
    X("pread64", PREAD, full(pread64(file, bytes, 1024, 512)))                                     \
    X("__pread_chk", PREAD, full(__pread_chk(file, bytes, 1024, 512, sizeof bytes)))               \
    X("__pread64_chk", PREAD, full(__pread64_chk(file, bytes, 1024, 512, sizeof bytes)))           \
    X("pwrite", PWRITE, full(pwrite(file, bytes, 1024, 512)))                                      \
    X("pwrite64", PWRITE, full(pwrite64(file, bytes, 1024, 512)))                                  \
    X("readv", READV, full(readv(file, vectors, 2)))                                               \
    X("writev", WRITEV, full(writev(file, vectors, 2)))                                            \
    X("preadv", PREADV, full(preadv(file, vectors, 2, 512)))                                       \
    X("preadv64", PREADV, full(preadv64(file, vectors, 2, 512)))                                   \
    X("preadv2", PREADV, full(preadv2(file, vectors, 2, 512, 0)))                                  \
    X("preadv64v2", PREADV, full(preadv64v2(file, vectors, 2, -1, 0)))                             \
    X("pwritev", PWRITEV, full(pwritev(file, vectors, 2, 512)))                                    \
    X("pwritev64", PWRITEV, full(pwritev64(file, vectors, 2, 512)))                                \
    X("pwritev2", PWRITEV, full(pwritev2(file, vectors, 2, 512, 0)))                               \
    X("pwritev64v2", PWRITEV, full(pwritev64v2(file, vectors, 2, -1, 0)))                          \
    X("write", DSYNC, on(O_RDWR | O_SYNC, true))                                                   \
    X("write", DIRECT_WRITE, on(O_RDWR | O_DIRECT, true))                                          \
    X("read", DIRECT_READ, on(O_RDWR | O_DIRECT, false))                                           \
    X("fsync", FSYNC, zero(fsync(file)))                                                           \
    X("syncfs", FSYNC, zero(fails ? syncfs(file) : 0))                                                      \
    X("fdatasync", FDATASYNC, zero(fdatasync(file)))                                               \
    X("sync_file_range", SYNC_RANGE, zero(sync_file_range(file, 0, 0, 0)))                         \
    X("msync", MSYNC, mapped(MAPPED_MSYNC))                                                        \
    X("ftruncate", FTRUNCATE, zero(ftruncate(file, 4096)))                                         \
    X("ftruncate64", FTRUNCATE, zero(ftruncate64(file, 4096)))                                     \
    X("truncate", TRUNCATE, zero(truncate(data, 4096)))                                            \
    X("truncate64", TRUNCATE, zero(truncate64(data, 4096)))                                        \
    X("posix_fallocate", FALLOCATE, posix_fallocate(file, 0, 4096))                                \
    X("posix_fallocate64", FALLOCATE, posix_fallocate64(file, 0, 4096))                            \
    X("fallocate", FALLOCATE, allocated(fallocate(file, 0, 0, 4096)))                              \
    X("fallocate64", FALLOCATE, allocated(fallocate64(file, 0, 0, 4096)))                          \
    X("close", CLOSE, zero(close(dup(file))))                                                      \
    X("rename", RENAME, moved(rename(data, other)))                                                \
    X("renameat", RENAME, moved(renameat(AT_FDCWD, data, AT_FDCWD, other)))                        \
    X("renameat2", RENAME, moved(renameat2(AT_FDCWD, data, AT_FDCWD, other, RENAME_NOREPLACE)))    \
    X("unlink", UNLINK, gone(unlink(data)))                                                        \
    X("unlinkat", UNLINK, gone(unlinkat(AT_FDCWD, data, 0)))                                       \
    X("remove", UNLINK, gone(remove(data)))                                                        \
    X("link", LINK, linked(link(data, other)))                                                     \
    X("linkat", LINK, linked(linkat(AT_FDCWD, data, AT_FDCWD, other, 0)))                          \
    X("symlink", LINK, linked(symlink(data, other)))                                               \
    X("symlinkat", LINK, linked(symlinkat(data, AT_FDCWD, other)))                                 \
    X("stat", STAT, zero(stat(data, &status)))                                                     \
    X("stat64", STAT, zero(stat64(data, &status64)))                                               \
    X("lstat", STAT, zero(lstat(data, &status)))                                                   \
    X("lstat64", STAT, zero(lstat64(data, &status64)))                                             \
    X("fstat", STAT, zero(fstat(file, &status)))                                                   \
    X("fstat64", STAT, zero(fstat64(file, &status64)))                                             \
    X("fstatat", STAT, zero(fstatat(AT_FDCWD, data, &status, 0)))                                  \
    X("fstatat64", STAT, zero(fstatat64(AT_FDCWD, data, &status64, 0)))                            \
    X("access", STAT, zero(access(data, R_OK)))                                                    \
    X("faccessat", STAT, zero(faccessat(AT_FDCWD, data, R_OK, 0)))                                 \
    X("statx", STAT, zero(statx(AT_FDCWD, data, 0, STATX_SIZE, &extended)))                        \
    FAKE_OLD_CALLS(X)                                                                              \
    X("statfs", STATFS, zero(statfs(data, &place)))                                               \
    X("statfs64", STATFS, zero(statfs64(data, &place64)))                                         \
    X("fstatfs", STATFS, zero(fstatfs(file, &place)))                                             \
    X("fstatfs64", STATFS, zero(fstatfs64(file, &place64)))                                       \
    X("statvfs", STATFS, zero(statvfs(data, &volume)))                                             \
    X("statvfs64", STATFS, zero(statvfs64(data, &volume64)))                                       \
    X("fstatvfs", STATFS, zero(fstatvfs(file, &volume)))                                           \
    X("fstatvfs64", STATFS, zero(fstatvfs64(file, &volume64)))                                     \
    X("lseek", SEEK, zero((int)lseek(file, 0, SEEK_SET)))                                          \
    X("lseek64", SEEK, zero((int)lseek64(file, 0, SEEK_SET)))                                      \
    X("flock", LOCK, zero(flock(file, LOCK_EX | LOCK_NB)))                                         \
    X("lockf", LOCK, zero(lockf(file, F_TEST, 0)))                                                 \
    X("lockf64", LOCK, zero(lockf64(file, F_TEST, 0)))                                             \
    X("fcntl", LOCK, zero(fcntl(file, F_SETLK, &whole)))                                           \
    X("fcntl64", LOCK, zero(fcntl64(file, F_SETLK, &whole)))                                       \
    X("fcntl", DUP, opened(fcntl(file, F_DUPFD_CLOEXEC, 3)))                                       \
    X("dup", DUP, opened(dup(file)))                                                               \
    X("dup2", DUP, opened(dup2(file, 200)))                                                        \
    X("dup3", DUP, opened(dup3(file, 200, O_CLOEXEC)))                                             \
    X("copy_file_range", COPY, copied(COPIED_RANGE))                                               \
    X("sendfile", COPY, copied(COPIED_SENDFILE))                                                   \
    X("sendfile64", COPY, copied(COPIED_SENDFILE64))                                               \
    X("mkdir", MKDIR, built(mkdir(made, 0700)))                                                    \
    X("mkdirat", MKDIR, built(mkdirat(AT_FDCWD, made, 0700)))                                      \
    X("rmdir", RMDIR, zero(rmdir(empty)))                                                          \
    X("opendir", OPENDIR, listed(opendir(folder)))                                                 \
    X("fdopendir", OPENDIR, listed(fdopendir(open(folder, O_RDONLY | O_DIRECTORY))))               \
    X("readdir", READDIR, entries(false))                                                          \
    X("readdir64", READDIR, entries(true))                                                         \
    X("closedir", CLOSEDIR, zero(closedir(opendir(folder))))                                       \
    X("getcwd", GETCWD, there(getcwd(text, sizeof text)))                                          \
    X("__getcwd_chk", GETCWD, there(__getcwd_chk(text, sizeof text, sizeof text)))                 \
    X("realpath", REALPATH, there(realpath(data, text)))                                           \
    X("__realpath_chk", REALPATH, there(__realpath_chk(data, text, sizeof text)))                  \
    X("malloc", MALLOC, freed(malloc(100)))                                                        \
    X("calloc", CALLOC, freed(calloc(10, 10)))                                                     \
    X("realloc", REALLOC, freed(realloc(NULL, 100)))                                               \
    X("reallocarray", REALLOC, freed(reallocarray(NULL, 10, 10)))                                  \
    X("aligned_alloc", MEMALIGN, freed(aligned_alloc(64, 128)))                                    \
    X("memalign", MEMALIGN, freed(memalign(64, 128)))                                              \
    X("valloc", MEMALIGN, freed(valloc(100)))                                                      \
    X("pvalloc", MEMALIGN, freed(pvalloc(100)))                                                    \
    X("posix_memalign", MEMALIGN, aligned())                                                       \
    X("strdup", STRDUP, freed(strdup(data)))                                                       \
    X("strndup", STRDUP, freed(strndup(data, 3)))                                                  \
    X("__strdup", STRDUP, freed(__strdup(data)))                                                   \
    X("__strndup", STRDUP, freed(__strndup(data, 3)))                                              \
    X("asprintf", STRDUP, formed(FORMED_ASPRINTF))                                                 \
    X("__asprintf_chk", STRDUP, formed(FORMED_ASPRINTF_CHK))                                       \
    X("vasprintf", STRDUP, formed(FORMED_VASPRINTF))                                               \
    X("__vasprintf_chk", STRDUP, formed(FORMED_VASPRINTF_CHK))                                     \
    X("mmap", MMAP, unmapped(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 0)))                   \
    X("mmap64", MMAP, unmapped(mmap64(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 0)))               \
    X("mremap", MREMAP, mapped(MAPPED_MREMAP))                                                     \
    X("mprotect", MPROTECT, mapped(MAPPED_MPROTECT))                                               \
    X("fopen", FOPEN, streamed(fopen(data, "r")))                                                  \
    X("fopen64", FOPEN, streamed(fopen64(data, "r")))                                              \
    X("fdopen", FOPEN, streamed(fdopen(dup(file), "r")))                                           \
    X("fread", FREAD, stream(STREAM_FREAD))                                                        \
    X("__fread_chk", FREAD, stream(STREAM_FREAD_CHK))                                              \
    X("fwrite", FWRITE, stream(STREAM_FWRITE))                                                     \
    X("fgets", FGETS, stream(STREAM_FGETS))                                                        \
    X("__fgets_chk", FGETS, stream(STREAM_FGETS_CHK))                                              \
    X("fputs", FPUTS, stream(STREAM_FPUTS))                                                        \
    X("fputc", FPUTS, stream(STREAM_FPUTC))                                                        \
    X("putc", FPUTS, stream(STREAM_PUTC))                                                          \
    X("fprintf", FPRINTF, stream(STREAM_FPRINTF))                                                  \
    X("__fprintf_chk", FPRINTF, stream(STREAM_FPRINTF_CHK))                                        \
    X("vfprintf", FPRINTF, stream(STREAM_VFPRINTF))                                                \
    X("__vfprintf_chk", FPRINTF, stream(STREAM_VFPRINTF_CHK))                                      \
    X("fflush", FFLUSH, stream(STREAM_FFLUSH))                                                     \
    X("fseek", FSEEK, stream(STREAM_FSEEK))                                                        \
    X("fseeko", FSEEK, stream(STREAM_FSEEKO))                                                      \
    X("fseeko64", FSEEK, stream(STREAM_FSEEKO64))                                                  \
    X("fclose", FCLOSE, stream(STREAM_FCLOSE))                                                     \
    X("pthread_create", THREAD, started())                                                         \
    X("thrd_create", THREAD, started_c11())                                                        \
    X("clock_gettime", CLOCK, zero(clock_gettime(CLOCK_MONOTONIC, &moment)))                       \
    X("gettimeofday", CLOCK, zero(gettimeofday(&day, NULL)))                                       \
    X("timespec_get", CLOCK, timespec_get(&moment, TIME_UTC) == TIME_UTC ? 0 : errno)              \
    X("time", CLOCK, time(NULL) != (time_t)-1 ? 0 : errno)                                         \
    X("nanosleep", SLEEP, zero(nanosleep(&instant, NULL)))                                         \
    X("clock_nanosleep", SLEEP, clock_nanosleep(CLOCK_MONOTONIC, 0, &instant, NULL))               \
    X("usleep", SLEEP, zero(usleep(1)))                                                            \
    X("sleep", SLEEP, sleep(fails ? 3 : 0) == 0 ? 0 : EIO)                                         \
    X("thrd_sleep", SLEEP, thrd_sleep(&instant, NULL) == 0 ? 0 : EIO)

/* What an engine imports that was linked against a libc from before 2021. */
#if defined(__GLIBC__) && defined(__x86_64__)
#define FAKE_OLD_CALLS(X)                                                                          \
    X("__xstat", STAT, zero(__xstat(1, data, &status)))                                            \
    X("__xstat64", STAT, zero(__xstat64(1, data, &status)))                                        \
    X("__lxstat", STAT, zero(__lxstat(1, data, &status)))                                          \
    X("__lxstat64", STAT, zero(__lxstat64(1, data, &status)))                                      \
    X("__fxstat", STAT, zero(__fxstat(1, file, &status)))                                          \
    X("__fxstat64", STAT, zero(__fxstat64(1, file, &status)))                                      \
    X("__fxstatat", STAT, zero(__fxstatat(1, AT_FDCWD, data, &status, 0)))                         \
    X("__fxstatat64", STAT, zero(__fxstatat64(1, AT_FDCWD, data, &status, 0)))                     \
    X("_IO_putc", FPUTS, stream(STREAM_IO_PUTC))
#else
#define FAKE_OLD_CALLS(X)
#endif

#endif
