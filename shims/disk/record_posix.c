/* shims/disk/record_posix.c - the recording side: what the engine's calls that change files go through. */
#include "shims/disk/record_posix.h"

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#include "shims/library/calls.h"

/* What the engine called before. */
static struct {
    int (*open)(const char *, int, ...);
    int (*openat)(int, const char *, int, ...);
    int (*creat)(const char *, mode_t);
    ssize_t (*write)(int, const void *, size_t);
    ssize_t (*pwrite)(int, const void *, size_t, off_t);
    ssize_t (*writev)(int, const struct iovec *, int);
    ssize_t (*pwritev)(int, const struct iovec *, int, off_t);
    ssize_t (*pwritev2)(int, const struct iovec *, int, off_t, int);
    int (*fsync)(int);
    int (*fdatasync)(int);
    int (*syncfs)(int);
    void (*sync)(void);
    int (*ftruncate)(int, off_t);
    int (*truncate)(const char *, off_t);
    int (*posix_fallocate)(int, off_t, off_t);
    int (*fallocate)(int, int, off_t, off_t);
    int (*rename)(const char *, const char *);
    int (*renameat)(int, const char *, int, const char *);
    int (*renameat2)(int, const char *, int, const char *, unsigned);
    int (*link)(const char *, const char *);
    int (*linkat)(int, const char *, int, const char *, int);
    int (*unlink)(const char *);
    int (*unlinkat)(int, const char *, int);
    int (*remove)(const char *);
    int (*mkdir)(const char *, mode_t);
    int (*mkdirat)(int, const char *, mode_t);
    int (*rmdir)(const char *);
    void *(*mmap)(void *, size_t, int, int, int, off_t);
    FILE *(*fopen)(const char *, const char *);
    FILE *(*fdopen)(int, const char *);
    int (*mkstemp)(char *);
    int (*mkostemp)(char *, int);
    ssize_t (*splice)(int, off_t *, int, off_t *, size_t, unsigned);
    int (*aio_write)(struct aiocb *);
    int (*lio_listio)(int, struct aiocb *const[], int, struct sigevent *);
    ssize_t (*copy_file_range)(int, off_t *, int, off_t *, size_t, unsigned);
    ssize_t (*sendfile)(int, int, off_t *, size_t);
} real;

/* ---- the interposers ---- */

/* The number of the open file, 0 if it is none of ours. */
static uint64_t file_of(int fd, struct stat *status) {
    return fstat(fd, status) == 0 && S_ISREG(status->st_mode) ? disk_find(status) : 0;
}

static uint64_t begin(void) {
    pthread_mutex_lock(&disk_recording.lock);
    return disk_recording.on ? shim_recorder_stamp(disk_recording.recorder) : 0;
}

static void end(void) {
    int kept = errno;
    pthread_mutex_unlock(&disk_recording.lock);
    errno = kept;
}

/* After an open that worked: what it did to the files. */
static void opened(uint64_t stamp, int fd, const char *name, bool existed, int flags,
                   off_t size_before) {
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        return;
    }
    if ((flags & O_TMPFILE) == O_TMPFILE) {
        disk_uncovered("files without a name (O_TMPFILE)");
    } else if (!existed) {
        disk_parents(name);
        disk_note(DISK_CREATE, stamp, disk_learn(&status), 0, 0, name, NULL, NULL, 0);
    } else if (disk_find(&status) == 0 && (flags & O_ACCMODE) != O_RDONLY) {
        disk_uncovered("files that came to be in another way than open, link or rename");
    } else if ((flags & O_TRUNC) != 0 && size_before > 0) {
        disk_note(DISK_RESIZE, stamp, disk_find(&status), 0, 0, NULL, NULL, NULL, 0);
    }
}

static int open_as(int at, const char *path, int flags, mode_t mode) {
    char name[DISK_PATHS];
    struct stat before = {0};
    uint64_t stamp = begin();
    bool ours = disk_recording.on && disk_below_root(at, path, name);
    bool existed = ours && fstatat(at, path, &before, 0) == 0;
    int fd = at == AT_FDCWD ? real.open(path, flags, mode) : real.openat(at, path, flags, mode);
    if (fd >= 0 && ours) {
        int kept = errno;
        opened(stamp, fd, name, existed, flags, before.st_size);
        errno = kept;
    }
    end();
    return fd;
}

static mode_t mode_of(int flags, va_list list) {
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(list, mode_t) : 0;
}

static int my_open(const char *path, int flags, ...) {
    va_list list;
    va_start(list, flags);
    mode_t mode = mode_of(flags, list);
    va_end(list);
    return open_as(AT_FDCWD, path, flags, mode);
}

static int my_openat(int at, const char *path, int flags, ...) {
    va_list list;
    va_start(list, flags);
    mode_t mode = mode_of(flags, list);
    va_end(list);
    return open_as(at, path, flags, mode);
}

static int my_creat(const char *path, mode_t mode) {
    return open_as(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/* As code compiled with _FORTIFY_SOURCE calls them. */
static int my_open_2(const char *path, int flags) {
    return open_as(AT_FDCWD, path, flags, 0);
}

static int my_openat_2(int at, const char *path, int flags) {
    return open_as(at, path, flags, 0);
}

/* Where a write will go: `offset`, -1 for the position of the descriptor; at the end if it appends. */
static uint64_t target(int fd, off_t offset, const struct stat *status, int flags) {
    if ((flags & O_APPEND) != 0) {
        return (uint64_t)status->st_size;
    }
    return (uint64_t)(offset >= 0 ? offset : lseek(fd, 0, SEEK_CUR));
}

#define WRITER(symbol, parameters, arguments, offset, bytes_of)                                    \
    static ssize_t my_##symbol parameters {                                                        \
        struct stat status;                                                                        \
        uint64_t stamp = begin(), file = disk_recording.on ? file_of(fd, &status) : 0, where = 0;            \
        int flags = file != 0 ? fcntl(fd, F_GETFL) : 0;                                            \
        if (file != 0) {                                                                           \
            where = target(fd, offset, &status, flags);                                            \
        }                                                                                          \
        ssize_t done = real.symbol arguments;                                                      \
        if (file != 0 && done > 0) {                                                               \
            bytes_of                                                                               \
        }                                                                                          \
        end();                                                                                     \
        return done;                                                                               \
    }

#define SYNCED ((flags & (O_SYNC | O_DSYNC)) != 0)
#define ONE disk_note(DISK_WRITE, stamp, file, where, SYNCED, NULL, NULL, from, (size_t)done);
#define MANY                                                                                       \
    size_t left = (size_t)done;                                                                    \
    for (int i = 0; i < count && left > 0; i++) {                                                  \
        size_t now = parts[i].iov_len < left ? parts[i].iov_len : left;                            \
        disk_note(DISK_WRITE, stamp, file, where, SYNCED, NULL, NULL, parts[i].iov_base, now);          \
        where += now;                                                                              \
        left -= now;                                                                               \
    }

WRITER(write, (int fd, const void *from, size_t size), (fd, from, size), -1, ONE)
WRITER(pwrite, (int fd, const void *from, size_t size, off_t at), (fd, from, size, at), at, ONE)
WRITER(writev, (int fd, const struct iovec *parts, int count), (fd, parts, count), -1, MANY)
WRITER(pwritev, (int fd, const struct iovec *parts, int count, off_t at), (fd, parts, count, at), at,
       MANY)

/* Its flags may say for this write what O_APPEND and O_DSYNC say for all. */
static ssize_t my_pwritev2(int fd, const struct iovec *parts, int count, off_t at, int how) {
    struct stat status;
    uint64_t stamp = begin(), file = disk_recording.on ? file_of(fd, &status) : 0, where = 0;
    int flags = file != 0 ? fcntl(fd, F_GETFL) : 0;
    flags |= (how & RWF_APPEND) != 0 ? O_APPEND : 0;
    flags |= (how & (RWF_DSYNC | RWF_SYNC)) != 0 ? O_DSYNC : 0;
    if (file != 0) {
        where = target(fd, at, &status, flags);
    }
    ssize_t done = real.pwritev2(fd, parts, count, at, how);
    if (file != 0 && done > 0) {
        MANY
    }
    end();
    return done;
}

static void synced(uint64_t stamp, int fd) {
    struct stat status;
    char name[DISK_PATHS];
    if (fstat(fd, &status) != 0) {
        return;
    }
    if (S_ISDIR(status.st_mode)) {
        if (disk_below_root(fd, ".", name)) {
            disk_note(DISK_SYNC_DIR, stamp, 0, 0, 0, name, NULL, NULL, 0);
        }
    } else if (disk_find(&status) != 0) {
        disk_note(DISK_SYNC, stamp, disk_find(&status), 0, 0, NULL, NULL, NULL, 0);
    }
}

#define SYNCER(symbol)                                                                             \
    static int my_##symbol(int fd) {                                                               \
        uint64_t stamp = begin();                                                                  \
        int result = real.symbol(fd);                                                              \
        if (result == 0 && disk_recording.on) {                                                              \
            synced(stamp, fd);                                                                     \
        }                                                                                          \
        end();                                                                                     \
        return result;                                                                             \
    }
SYNCER(fsync)
SYNCER(fdatasync)

static int my_syncfs(int fd) {
    uint64_t stamp = begin();
    int result = real.syncfs(fd);
    if (result == 0 && disk_recording.on) {
        disk_note(DISK_SYNC_ALL, stamp, 0, 0, 0, NULL, NULL, NULL, 0);
    }
    end();
    return result;
}

static void my_sync(void) {
    uint64_t stamp = begin();
    real.sync();
    if (disk_recording.on) {
        disk_note(DISK_SYNC_ALL, stamp, 0, 0, 0, NULL, NULL, NULL, 0);
    }
    end();
}

static int my_ftruncate(int fd, off_t size) {
    struct stat status;
    uint64_t stamp = begin();
    int result = real.ftruncate(fd, size);
    uint64_t file = result == 0 && disk_recording.on ? file_of(fd, &status) : 0;
    if (file != 0) {
        disk_note(DISK_RESIZE, stamp, file, (uint64_t)size, 0, NULL, NULL, NULL, 0);
    }
    end();
    return result;
}

static int my_truncate(const char *path, off_t size) {
    struct stat status;
    uint64_t stamp = begin();
    int result = real.truncate(path, size);
    if (result == 0 && disk_recording.on && stat(path, &status) == 0 && disk_find(&status) != 0) {
        disk_note(DISK_RESIZE, stamp, disk_find(&status), (uint64_t)size, 0, NULL, NULL, NULL, 0);
    }
    end();
    return result;
}

static int my_posix_fallocate(int fd, off_t at, off_t size) {
    struct stat status;
    uint64_t stamp = begin();
    int result = real.posix_fallocate(fd, at, size);
    uint64_t file = result == 0 && disk_recording.on ? file_of(fd, &status) : 0;
    if (file != 0) {
        disk_note(DISK_GROW, stamp, file, (uint64_t)(at + size), 0, NULL, NULL, NULL, 0);
    }
    end();
    return result;
}

static int my_fallocate(int fd, int mode, off_t at, off_t size) {
    struct stat status;
    uint64_t stamp = begin();
    int result = real.fallocate(fd, mode, at, size);
    uint64_t file = result == 0 && disk_recording.on ? file_of(fd, &status) : 0;
    if (file != 0 && mode == 0) {
        disk_note(DISK_GROW, stamp, file, (uint64_t)(at + size), 0, NULL, NULL, NULL, 0);
    } else if (file != 0 && (mode & ~FALLOC_FL_KEEP_SIZE) != 0) {
        disk_uncovered("fallocate that changes what is in a file");
    }
    end();
    return result;
}

static void renamed(uint64_t stamp, int at, const char *from, int to_at, const char *to) {
    char name[DISK_PATHS], target_name[DISK_PATHS];
    bool from_here = disk_below_root(at, from, name), to_here = disk_below_root(to_at, to, target_name);
    struct stat status;
    if (from_here && to_here) {
        disk_parents(target_name);
        bool found = fstatat(to_at, to, &status, 0) == 0, folder = found && S_ISDIR(status.st_mode);
        if (folder) {
            disk_move_folders(name, target_name);
        }
        disk_note(DISK_RENAME, stamp, found && !folder ? disk_find(&status) : 0, 0, 0, name, target_name, NULL, 0);
    } else if (from_here || to_here) {
        disk_uncovered("a rename into or out of the directory of the run");
    }
}

static int my_rename(const char *from, const char *to) {
    uint64_t stamp = begin();
    int result = real.rename(from, to);
    if (result == 0 && disk_recording.on) {
        renamed(stamp, AT_FDCWD, from, AT_FDCWD, to);
    }
    end();
    return result;
}

static int my_renameat(int at, const char *from, int to_at, const char *to) {
    uint64_t stamp = begin();
    int result = real.renameat(at, from, to_at, to);
    if (result == 0 && disk_recording.on) {
        renamed(stamp, at, from, to_at, to);
    }
    end();
    return result;
}

static int my_renameat2(int at, const char *from, int to_at, const char *to, unsigned how) {
    uint64_t stamp = begin();
    int result = real.renameat2(at, from, to_at, to, how);
    if (result == 0 && disk_recording.on) {
        if ((how & ~(unsigned)RENAME_NOREPLACE) != 0) {
            disk_uncovered("renames that exchange two files, or leave a whiteout");
        } else {
            renamed(stamp, at, from, to_at, to);
        }
    }
    end();
    return result;
}

static void linked(uint64_t stamp, int at, const char *to) {
    char name[DISK_PATHS];
    struct stat status;
    if (!disk_below_root(at, to, name)) {
        return;
    }
    if (fstatat(at, to, &status, 0) == 0 && disk_find(&status) != 0) {
        disk_parents(name);
        disk_note(DISK_LINK, stamp, disk_find(&status), 0, 0, name, NULL, NULL, 0);
    } else {
        disk_uncovered("a link to a file of another directory");
    }
}

static int my_link(const char *from, const char *to) {
    uint64_t stamp = begin();
    int result = real.link(from, to);
    if (result == 0 && disk_recording.on) {
        linked(stamp, AT_FDCWD, to);
    }
    end();
    return result;
}

static int my_linkat(int at, const char *from, int to_at, const char *to, int how) {
    uint64_t stamp = begin();
    int result = real.linkat(at, from, to_at, to, how);
    if (result == 0 && disk_recording.on) {
        linked(stamp, to_at, to);
    }
    end();
    return result;
}

/* One that takes or gives a name and nothing else. */
#define NAMER(symbol, parameters, arguments, at, op)                                               \
    static int my_##symbol parameters {                                                            \
        char name[DISK_PATHS];                                                                          \
        uint64_t stamp = begin();                                                                  \
        int result = real.symbol arguments;                                                        \
        if (result == 0 && disk_recording.on && disk_below_root(at, path, name)) {                                \
            if (op == DISK_MKDIR) {                                                                \
                disk_parents(name);                                                                     \
                disk_learn_folder(name);                                                                \
            }                                                                                      \
            disk_note(op, stamp, 0, 0, 0, name, NULL, NULL, 0);                                         \
        }                                                                                          \
        end();                                                                                     \
        return result;                                                                             \
    }
NAMER(unlink, (const char *path), (path), AT_FDCWD, DISK_UNLINK)
NAMER(remove, (const char *path), (path), AT_FDCWD, DISK_UNLINK)
NAMER(unlinkat, (int fd, const char *path, int flags), (fd, path, flags), fd, DISK_UNLINK)
NAMER(mkdir, (const char *path, mode_t mode), (path, mode), AT_FDCWD, DISK_MKDIR)
NAMER(mkdirat, (int fd, const char *path, mode_t mode), (fd, path, mode), fd, DISK_MKDIR)
NAMER(rmdir, (const char *path), (path), AT_FDCWD, DISK_UNLINK)

/* ---- what is noticed only ---- */

static void *my_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset) {
    struct stat status;
    begin();
    void *result = real.mmap(at, size, protection, flags, fd, offset);
    if (result != MAP_FAILED && disk_recording.on && (flags & MAP_ANONYMOUS) == 0 &&
        (flags & MAP_SHARED) != 0 && (protection & PROT_WRITE) != 0 && file_of(fd, &status) != 0) {
        disk_uncovered("writes through a shared mapping of a file");
    }
    end();
    return result;
}

static FILE *my_fopen(const char *path, const char *mode) {
    char name[DISK_PATHS];
    begin();
    if (disk_recording.on && strpbrk(mode, "wa+") != NULL && disk_below_root(AT_FDCWD, path, name)) {
        disk_uncovered("writes to a stream (fopen)");
    }
    FILE *result = real.fopen(path, mode);
    end();
    return result;
}

static FILE *my_fdopen(int fd, const char *mode) {
    struct stat status;
    begin();
    if (disk_recording.on && strpbrk(mode, "wa+") != NULL && file_of(fd, &status) != 0) {
        disk_uncovered("writes to a stream (fdopen)");
    }
    FILE *result = real.fdopen(fd, mode);
    end();
    return result;
}

static void made(const char *path) {
    char name[DISK_PATHS];
    if (disk_recording.on && disk_below_root(AT_FDCWD, path, name)) {
        disk_uncovered("files that mkstemp made");
    }
}

static int my_mkstemp(char *path) {
    begin();
    int result = real.mkstemp(path);
    made(path);
    end();
    return result;
}

static int my_mkostemp(char *path, int flags) {
    begin();
    int result = real.mkostemp(path, flags);
    made(path);
    end();
    return result;
}

static ssize_t my_splice(int in, off_t *in_at, int out, off_t *out_at, size_t size, unsigned flags) {
    struct stat status;
    begin();
    if (disk_recording.on && file_of(out, &status) != 0) {
        disk_uncovered("splice");
    }
    ssize_t result = real.splice(in, in_at, out, out_at, size, flags);
    end();
    return result;
}

static int my_aio_write(struct aiocb *control) {
    struct stat status;
    begin();
    if (disk_recording.on && file_of(control->aio_fildes, &status) != 0) {
        disk_uncovered("writes by other threads of libc (aio_write)");
    }
    int result = real.aio_write(control);
    end();
    return result;
}

static int my_lio_listio(int mode, struct aiocb *const list[], int count, struct sigevent *event) {
    struct stat status;
    begin();
    for (int i = 0; disk_recording.on && i < count; i++) {
        if (list[i] != NULL && list[i]->aio_lio_opcode == LIO_WRITE && file_of(list[i]->aio_fildes, &status) != 0) {
            disk_uncovered("writes by other threads of libc (lio_listio)");
        }
    }
    int result = real.lio_listio(mode, list, count, event);
    end();
    return result;
}

static ssize_t my_copy_file_range(int in, off_t *in_at, int out, off_t *out_at, size_t size,
                                  unsigned flags) {
    struct stat status;
    begin();
    if (disk_recording.on && file_of(out, &status) != 0) {
        disk_uncovered("copy_file_range");
    }
    ssize_t result = real.copy_file_range(in, in_at, out, out_at, size, flags);
    end();
    return result;
}

static ssize_t my_sendfile(int out, int in, off_t *at, size_t size) {
    struct stat status;
    begin();
    if (disk_recording.on && file_of(out, &status) != 0) {
        disk_uncovered("sendfile");
    }
    ssize_t result = real.sendfile(out, in, at, size);
    end();
    return result;
}

/* ---- the imports ---- */

/* The calls of above; both names of a function get the same interposer: with 64-bit offsets they are the same thing. */
#define OURS(X)                                                                                    \
    X(open) X(openat) X(creat) X(write) X(pwrite) X(writev) X(pwritev) X(pwritev2) X(fsync)        \
    X(fdatasync) X(syncfs) X(sync) X(ftruncate) X(truncate) X(posix_fallocate) X(fallocate)        \
    X(rename) X(renameat) X(renameat2) X(link) X(linkat) X(unlink) X(unlinkat) X(remove) X(mkdir)  \
    X(mkdirat) X(rmdir) X(mmap) X(fopen) X(fdopen) X(mkstemp) X(mkostemp) X(copy_file_range)       \
    X(sendfile) X(splice) X(aio_write) X(lio_listio)
/* Beside SHIM_FILE_ALIASES: of calls whose parameters vary. */
#define OUR_ALIASES(X)                                                                             \
    X("open64", open) X("openat64", openat) X("creat64", creat) X("mmap64", mmap)                  \
    X("fopen64", fopen) X("mkstemp64", mkstemp) X("mkostemp64", mkostemp)                          \
    X("aio_write64", aio_write) X("lio_listio64", lio_listio)
/* What they are called with checks; nothing is called by these names from here. */
#define CHECKED(X)                                                                                 \
    X("__open_2", my_open_2) X("__open64_2", my_open_2) X("__openat_2", my_openat_2) X("__openat64_2", my_openat_2)

static const struct ours {
    const char *name;
    shim_entry mine;
    shim_entry *real;
} ours[] = {
#define OUR_ROW(symbol) {#symbol, (shim_entry)my_##symbol, (shim_entry *)(void *)&real.symbol},
    OURS(OUR_ROW)
};

/* Has the import `as` call what stands for `name` here, if anything does. */
static void redirect(struct shim_library *library, const char *as, const char *name) {
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        shim_entry before = NULL;
        if (strcmp(ours[i].name, name) == 0 && shim_library_redirect(library, as, ours[i].mine, &before) > 0 &&
            before != ours[i].mine) {
            *ours[i].real = before;
        }
    }
}

void disk_redirect(struct shim_library *library) {
    real.open = open; /* also for openat and creat, if the engine imports only those */
    real.openat = openat;
#define REDIRECT(symbol) redirect(library, #symbol, #symbol);
#define REDIRECT_ALIAS(as, symbol) redirect(library, as, #symbol);
    OURS(REDIRECT)
    SHIM_FILE_ALIASES(REDIRECT_ALIAS)
    OUR_ALIASES(REDIRECT_ALIAS)
#define REDIRECT_CHECKED(as, mine) (void)shim_library_redirect(library, as, (shim_entry)mine, NULL);
    CHECKED(REDIRECT_CHECKED)
}
