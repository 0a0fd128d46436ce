/* shims/disk/record_posix.c - the recording side: interposers, and the log they write. */
#include "shims/disk/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "shims/disk/log.h"

#define PATHS 4096
#define MOST_DATA (1u << 30) /* of one record */

struct known {
    dev_t device;
    ino_t inode;
    uint64_t file;
};

/* The one recording of the process. `lock` is held around every operation and its record. */
static struct {
    pthread_mutex_t lock;
    bool on, failed;
    int log;
    struct shim_recorder *recorder;
    char root[PATHS];
    size_t root_size;
    struct known *known;
    size_t count, room;
    uint64_t files;
    char **folders; /* directories that the log knows of */
    size_t folder_count, folder_room;
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER, .log = -1};

/* What the engine called before. */
static struct {
    int (*open)(const char *, int, ...);
    int (*openat)(int, const char *, int, ...);
    int (*creat)(const char *, mode_t);
    ssize_t (*write)(int, const void *, size_t);
    ssize_t (*pwrite)(int, const void *, size_t, off_t);
    ssize_t (*writev)(int, const struct iovec *, int);
    ssize_t (*pwritev)(int, const struct iovec *, int, off_t);
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
    int (*link)(const char *, const char *);
    int (*unlink)(const char *);
    int (*unlinkat)(int, const char *, int);
    int (*remove)(const char *);
    int (*mkdir)(const char *, mode_t);
    int (*rmdir)(const char *);
    void *(*mmap)(void *, size_t, int, int, int, off_t);
    FILE *(*fopen)(const char *, const char *);
    int (*mkstemp)(char *);
    ssize_t (*copy_file_range)(int, off_t *, int, off_t *, size_t, unsigned);
    ssize_t (*sendfile)(int, int, off_t *, size_t);
} real;

/* ---- the log ---- */

static bool put(const void *bytes, size_t size) {
    const char *at = bytes;
    while (size > 0) {
        ssize_t done = write(disk.log, at, size);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return false;
        }
        at += done;
        size -= (size_t)done;
    }
    return true;
}

/* One record; `to` is a second name or NULL. */
static void note(enum disk_op op, uint64_t stamp, uint64_t file, uint64_t offset, uint64_t value,
                 const char *path, const char *to, const void *data, size_t size) {
    size_t path_size = path != NULL ? strlen(path) + 1 : 0, to_size = to != NULL ? strlen(to) + 1 : 0;
    struct disk_record record = {.magic = DISK_MAGIC,
                                 .op = (uint32_t)op,
                                 .stamp = stamp,
                                 .file = file,
                                 .offset = offset,
                                 .value = value,
                                 .path_size = (uint32_t)(path_size + to_size),
                                 .size = (uint32_t)size};
    if (size > MOST_DATA || !put(&record, sizeof record) || !put(path, path_size) ||
        !put(to, to_size) || !put(data, size)) {
        disk.failed = true;
    }
}

/* True if it was not known. */
static bool learn_folder(const char *name) {
    for (size_t i = 0; i < disk.folder_count; i++) {
        if (strcmp(disk.folders[i], name) == 0) {
            return false;
        }
    }
    if (disk.folder_count == disk.folder_room) {
        size_t room = disk.folder_room * 2 + 16;
        char **more = realloc(disk.folders, room * sizeof *more);
        if (more == NULL) {
            disk.failed = true;
            return true;
        }
        disk.folders = more;
        disk.folder_room = room;
    }
    disk.folders[disk.folder_count] = strdup(name);
    disk.failed = disk.failed || disk.folders[disk.folder_count] == NULL;
    disk.folder_count += disk.folders[disk.folder_count] != NULL;
    return true;
}

/* The directories above `name` that nobody saw come to be: the harness made them for the engine. */
static void parents(const char *name) {
    char folder[PATHS];
    for (const char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - name), name);
        if (learn_folder(folder)) {
            note(DISK_FOLDER, 0, 0, 0, 0, folder, NULL, NULL, 0);
        }
    }
}

static void uncovered(const char *what) {
    note(DISK_UNCOVERED, 0, 0, 0, 0, what, NULL, NULL, 0);
}

/* ---- names and files ---- */

/* `path`, seen from the directory open as `at`, as a name below the root ("" is the root itself). False:
 * not below it. Symbolic links are not followed. */
static bool below_root(int at, const char *path, char *name) {
    char full[PATHS * 2], link[64];
    size_t used = 0;
    if (path[0] != '/') {
        ssize_t size;
        if (at == AT_FDCWD) {
            if (getcwd(full, PATHS) == NULL) {
                return false;
            }
        } else {
            snprintf(link, sizeof link, "/proc/self/fd/%d", at);
            if ((size = readlink(link, full, PATHS - 1)) <= 0) {
                return false;
            }
            full[size] = '\0';
        }
        used = strlen(full);
    }
    for (const char *part = path; *part != '\0' && used < PATHS - 1;) {
        size_t size = strcspn(part, "/");
        if (size == 2 && part[0] == '.' && part[1] == '.') {
            while (used > 0 && full[--used] != '/') {
            }
        } else if (size > 0 && !(size == 1 && part[0] == '.')) {
            if (used + 1 + size >= sizeof full) {
                return false;
            }
            full[used++] = '/';
            memcpy(full + used, part, size);
            used += size;
        }
        part += size + (part[size] == '/');
    }
    full[used] = '\0';
    if (strncmp(full, disk.root, disk.root_size) != 0 ||
        (full[disk.root_size] != '/' && full[disk.root_size] != '\0')) {
        return false;
    }
    const char *rest = full + disk.root_size;
    snprintf(name, PATHS, "%.4090s", rest[0] == '/' ? rest + 1 : rest);
    return true;
}

static uint64_t find(const struct stat *status) {
    for (size_t i = disk.count; i > 0; i--) {
        const struct known *known = &disk.known[i - 1];
        if (known->inode == status->st_ino && known->device == status->st_dev) {
            return known->file;
        }
    }
    return 0;
}

/* A number for a file; one that the same inode had before is over. 0 without memory. */
static uint64_t learn(const struct stat *status) {
    struct known made = {status->st_dev, status->st_ino, disk.files + 1};
    for (size_t i = 0; i < disk.count; i++) {
        if (disk.known[i].inode == made.inode && disk.known[i].device == made.device) {
            disk.files++;
            disk.known[i] = made;
            return made.file;
        }
    }
    if (disk.count == disk.room) {
        size_t room = disk.room * 2 + 64;
        struct known *more = realloc(disk.known, room * sizeof *more);
        if (more == NULL) {
            disk.failed = true;
            return 0;
        }
        disk.known = more;
        disk.room = room;
    }
    disk.files++;
    disk.known[disk.count++] = made;
    return made.file;
}

/* The number of the open file, 0 if it is none of ours. */
static uint64_t file_of(int fd, struct stat *status) {
    return fstat(fd, status) == 0 && S_ISREG(status->st_mode) ? find(status) : 0;
}

static void *content(const char *path, uint64_t size) {
    char *bytes = malloc(size + 1);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint64_t got = 0;
    while (bytes != NULL && fd >= 0 && got < size) {
        ssize_t now = read(fd, bytes + got, size - got);
        if (now <= 0) {
            break;
        }
        got += (uint64_t)now;
    }
    if (fd >= 0) {
        close(fd);
    }
    if (got != size || fd < 0) {
        free(bytes);
        return NULL;
    }
    return bytes;
}

/* Every file and directory below `name`: as the start of the log, or as the sums at its end. */
static uint64_t walk(const char *name, bool sums) {
    char path[PATHS * 2], inner[PATHS];
    uint64_t files = 0;
    snprintf(path, sizeof path, "%s/%s", disk.root, name);
    DIR *directory = opendir(path);
    struct dirent *entry;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        struct stat status;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        snprintf(inner, sizeof inner, "%.3800s%s%.255s", name, name[0] != '\0' ? "/" : "",
                 entry->d_name);
        snprintf(path, sizeof path, "%s/%s", disk.root, inner);
        if (lstat(path, &status) != 0) {
            continue;
        }
        if (S_ISDIR(status.st_mode)) {
            if (!sums) {
                learn_folder(inner);
                note(DISK_FOLDER, 0, 0, 0, 0, inner, NULL, NULL, 0);
            }
            files += walk(inner, sums);
        } else if (S_ISREG(status.st_mode)) {
            uint64_t size = (uint64_t)status.st_size;
            void *bytes = content(path, size);
            if (bytes == NULL) {
                disk.failed = true;
            } else if (sums) {
                note(DISK_SUM, 0, 0, size, disk_sum(DISK_SUM_NONE, bytes, size), inner, NULL, NULL, 0);
            } else {
                note(DISK_FILE, 0, learn(&status), 0, 0, inner, NULL, bytes, size);
            }
            free(bytes);
            files++;
        }
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return files;
}

/* ---- the interposers ---- */

static uint64_t begin(void) {
    pthread_mutex_lock(&disk.lock);
    return disk.on ? shim_recorder_stamp(disk.recorder) : 0;
}

static void end(void) {
    int kept = errno;
    pthread_mutex_unlock(&disk.lock);
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
        uncovered("files without a name (O_TMPFILE)");
    } else if (!existed) {
        parents(name);
        note(DISK_CREATE, stamp, learn(&status), 0, 0, name, NULL, NULL, 0);
    } else if (find(&status) == 0) {
        uncovered("files that came to be in another way than open, link or rename");
    } else if ((flags & O_TRUNC) != 0 && size_before > 0) {
        note(DISK_RESIZE, stamp, find(&status), 0, 0, NULL, NULL, NULL, 0);
    }
}

static int open_as(int at, const char *path, int flags, mode_t mode) {
    char name[PATHS];
    struct stat before = {0};
    uint64_t stamp = begin();
    bool ours = disk.on && below_root(at, path, name);
    bool existed = ours && fstatat(at, path, &before, 0) == 0;
    int fd = at == AT_FDCWD || real.openat == NULL ? real.open(path, flags, mode)
                                                   : real.openat(at, path, flags, mode);
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
        uint64_t stamp = begin(), file = disk.on ? file_of(fd, &status) : 0, where = 0;            \
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
#define ONE note(DISK_WRITE, stamp, file, where, SYNCED, NULL, NULL, from, (size_t)done);
#define MANY                                                                                       \
    size_t left = (size_t)done;                                                                    \
    for (int i = 0; i < count && left > 0; i++) {                                                  \
        size_t now = parts[i].iov_len < left ? parts[i].iov_len : left;                            \
        note(DISK_WRITE, stamp, file, where, SYNCED, NULL, NULL, parts[i].iov_base, now);          \
        where += now;                                                                              \
        left -= now;                                                                               \
    }

WRITER(write, (int fd, const void *from, size_t size), (fd, from, size), -1, ONE)
WRITER(pwrite, (int fd, const void *from, size_t size, off_t at), (fd, from, size, at), at, ONE)
WRITER(writev, (int fd, const struct iovec *parts, int count), (fd, parts, count), -1, MANY)
WRITER(pwritev, (int fd, const struct iovec *parts, int count, off_t at), (fd, parts, count, at), at,
       MANY)

static void synced(uint64_t stamp, int fd) {
    struct stat status;
    char name[PATHS];
    if (fstat(fd, &status) != 0) {
        return;
    }
    if (S_ISDIR(status.st_mode)) {
        if (below_root(fd, ".", name)) {
            note(DISK_SYNC_DIR, stamp, 0, 0, 0, name, NULL, NULL, 0);
        }
    } else if (find(&status) != 0) {
        note(DISK_SYNC, stamp, find(&status), 0, 0, NULL, NULL, NULL, 0);
    }
}

#define SYNCER(symbol)                                                                             \
    static int my_##symbol(int fd) {                                                               \
        uint64_t stamp = begin();                                                                  \
        int result = real.symbol(fd);                                                              \
        if (result == 0 && disk.on) {                                                              \
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
    if (result == 0 && disk.on) {
        note(DISK_SYNC_ALL, stamp, 0, 0, 0, NULL, NULL, NULL, 0);
    }
    end();
    return result;
}

static void my_sync(void) {
    uint64_t stamp = begin();
    real.sync();
    if (disk.on) {
        note(DISK_SYNC_ALL, stamp, 0, 0, 0, NULL, NULL, NULL, 0);
    }
    end();
}

static int my_ftruncate(int fd, off_t size) {
    struct stat status;
    uint64_t stamp = begin();
    int result = real.ftruncate(fd, size);
    uint64_t file = result == 0 && disk.on ? file_of(fd, &status) : 0;
    if (file != 0) {
        note(DISK_RESIZE, stamp, file, (uint64_t)size, 0, NULL, NULL, NULL, 0);
    }
    end();
    return result;
}

static int my_truncate(const char *path, off_t size) {
    struct stat status;
    uint64_t stamp = begin();
    int result = real.truncate(path, size);
    if (result == 0 && disk.on && stat(path, &status) == 0 && find(&status) != 0) {
        note(DISK_RESIZE, stamp, find(&status), (uint64_t)size, 0, NULL, NULL, NULL, 0);
    }
    end();
    return result;
}

static int my_posix_fallocate(int fd, off_t at, off_t size) {
    struct stat status;
    uint64_t stamp = begin();
    int result = real.posix_fallocate(fd, at, size);
    uint64_t file = result == 0 && disk.on ? file_of(fd, &status) : 0;
    if (file != 0) {
        note(DISK_GROW, stamp, file, (uint64_t)(at + size), 0, NULL, NULL, NULL, 0);
    }
    end();
    return result;
}

static int my_fallocate(int fd, int mode, off_t at, off_t size) {
    struct stat status;
    uint64_t stamp = begin();
    int result = real.fallocate(fd, mode, at, size);
    uint64_t file = result == 0 && disk.on ? file_of(fd, &status) : 0;
    if (file != 0 && mode == 0) {
        note(DISK_GROW, stamp, file, (uint64_t)(at + size), 0, NULL, NULL, NULL, 0);
    } else if (file != 0 && (mode & ~FALLOC_FL_KEEP_SIZE) != 0) {
        uncovered("fallocate that changes what is in a file");
    }
    end();
    return result;
}

static void renamed(uint64_t stamp, int at, const char *from, int to_at, const char *to) {
    char name[PATHS], target_name[PATHS];
    bool from_here = below_root(at, from, name), to_here = below_root(to_at, to, target_name);
    if (from_here && to_here) {
        parents(target_name);
        note(DISK_RENAME, stamp, 0, 0, 0, name, target_name, NULL, 0);
    } else if (from_here || to_here) {
        uncovered("a rename into or out of the directory of the run");
    }
}

static int my_rename(const char *from, const char *to) {
    uint64_t stamp = begin();
    int result = real.rename(from, to);
    if (result == 0 && disk.on) {
        renamed(stamp, AT_FDCWD, from, AT_FDCWD, to);
    }
    end();
    return result;
}

static int my_renameat(int at, const char *from, int to_at, const char *to) {
    uint64_t stamp = begin();
    int result = real.renameat(at, from, to_at, to);
    if (result == 0 && disk.on) {
        renamed(stamp, at, from, to_at, to);
    }
    end();
    return result;
}

static int my_link(const char *from, const char *to) {
    char name[PATHS];
    struct stat status;
    uint64_t stamp = begin();
    int result = real.link(from, to);
    if (result == 0 && disk.on && below_root(AT_FDCWD, to, name)) {
        if (stat(to, &status) == 0 && find(&status) != 0) {
            parents(name);
            note(DISK_LINK, stamp, find(&status), 0, 0, name, NULL, NULL, 0);
        } else {
            uncovered("a link to a file of another directory");
        }
    }
    end();
    return result;
}

/* One that takes or gives a name and nothing else. */
#define NAMER(symbol, parameters, arguments, at, op)                                               \
    static int my_##symbol parameters {                                                            \
        char name[PATHS];                                                                          \
        uint64_t stamp = begin();                                                                  \
        int result = real.symbol arguments;                                                        \
        if (result == 0 && disk.on && below_root(at, path, name)) {                                \
            if (op == DISK_MKDIR) {                                                                \
                parents(name);                                                                     \
                learn_folder(name);                                                                \
            }                                                                                      \
            note(op, stamp, 0, 0, 0, name, NULL, NULL, 0);                                         \
        }                                                                                          \
        end();                                                                                     \
        return result;                                                                             \
    }
NAMER(unlink, (const char *path), (path), AT_FDCWD, DISK_UNLINK)
NAMER(remove, (const char *path), (path), AT_FDCWD, DISK_UNLINK)
NAMER(unlinkat, (int fd, const char *path, int flags), (fd, path, flags), fd, DISK_UNLINK)
NAMER(mkdir, (const char *path, mode_t mode), (path, mode), AT_FDCWD, DISK_MKDIR)
NAMER(rmdir, (const char *path), (path), AT_FDCWD, DISK_UNLINK)

/* ---- what is noticed only ---- */

static void *my_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset) {
    struct stat status;
    begin();
    void *result = real.mmap(at, size, protection, flags, fd, offset);
    if (result != MAP_FAILED && disk.on && (flags & MAP_ANONYMOUS) == 0 &&
        (flags & MAP_SHARED) != 0 && (protection & PROT_WRITE) != 0 && file_of(fd, &status) != 0) {
        uncovered("writes through a shared mapping of a file");
    }
    end();
    return result;
}

static FILE *my_fopen(const char *path, const char *mode) {
    char name[PATHS];
    begin();
    if (disk.on && strpbrk(mode, "wa+") != NULL && below_root(AT_FDCWD, path, name)) {
        uncovered("writes to a stream (fopen)");
    }
    FILE *result = real.fopen(path, mode);
    end();
    return result;
}

static int my_mkstemp(char *path) {
    char name[PATHS];
    begin();
    int result = real.mkstemp(path);
    if (disk.on && below_root(AT_FDCWD, path, name)) {
        uncovered("files that mkstemp made");
    }
    end();
    return result;
}

static ssize_t my_copy_file_range(int in, off_t *in_at, int out, off_t *out_at, size_t size,
                                  unsigned flags) {
    struct stat status;
    begin();
    if (disk.on && file_of(out, &status) != 0) {
        uncovered("copy_file_range");
    }
    ssize_t result = real.copy_file_range(in, in_at, out, out_at, size, flags);
    end();
    return result;
}

static ssize_t my_sendfile(int out, int in, off_t *at, size_t size) {
    struct stat status;
    begin();
    if (disk.on && file_of(out, &status) != 0) {
        uncovered("sendfile");
    }
    ssize_t result = real.sendfile(out, in, at, size);
    end();
    return result;
}

/* ---- begin and end ---- */

/* Both names of a function get the same interposer: with 64-bit offsets they are the same thing. */
#define NAMES(X)                                                                                   \
    X("open", open) X("open64", open) X("openat", openat) X("openat64", openat) X("creat", creat) \
    X("creat64", creat) X("write", write) X("pwrite", pwrite) X("pwrite64", pwrite)                \
    X("writev", writev) X("pwritev", pwritev) X("pwritev64", pwritev) X("fsync", fsync)            \
    X("fdatasync", fdatasync) X("syncfs", syncfs) X("sync", sync) X("ftruncate", ftruncate)        \
    X("ftruncate64", ftruncate) X("truncate", truncate) X("truncate64", truncate)                  \
    X("posix_fallocate", posix_fallocate) X("posix_fallocate64", posix_fallocate)                  \
    X("fallocate", fallocate) X("fallocate64", fallocate) X("rename", rename)                      \
    X("renameat", renameat) X("link", link) X("unlink", unlink) X("unlinkat", unlinkat)            \
    X("remove", remove) X("mkdir", mkdir) X("rmdir", rmdir) X("mmap", mmap) X("mmap64", mmap)      \
    X("fopen", fopen) X("fopen64", fopen) X("mkstemp", mkstemp) X("mkstemp64", mkstemp)            \
    X("copy_file_range", copy_file_range) X("sendfile", sendfile) X("sendfile64", sendfile)

static void redirect(struct shim_library *library) {
    shim_entry before;
#define REDIRECT(as, symbol)                                                                       \
    before = NULL;                                                                                 \
    if (shim_library_redirect(library, as, (shim_entry)my_##symbol, &before) > 0 &&                \
        before != (shim_entry)my_##symbol) {                                                       \
        real.symbol = (__typeof__(real.symbol))before;                                             \
    }
    NAMES(REDIRECT)
}

int shim_disk_start(struct shim_library *library, struct shim_recorder *recorder, const char *root,
                    const char *path, char *error, size_t error_size) {
    if (disk.on || realpath(root, disk.root) == NULL) {
        snprintf(error, error_size, "%s: %s", root,
                 disk.on ? "another recording is under way" : strerror(errno));
        return -1;
    }
    disk.log = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_APPEND, 0666);
    if (disk.log < 0) {
        snprintf(error, error_size, "%s: %s", path, strerror(errno));
        return -1;
    }
    disk.root_size = strlen(disk.root);
    disk.recorder = recorder;
    disk.failed = false;
    disk.count = 0;
    real.open = open; /* also for openat and creat, if the engine imports only those */
    redirect(library);
    walk("", false);
    disk.on = true;
    return 0;
}

int shim_disk_stop(void) {
    pthread_mutex_lock(&disk.lock);
    if (disk.on) {
        disk.on = false;
        uint64_t files = walk("", true);
        note(DISK_SUM, 0, 0, 0, files, "", NULL, NULL, 0);
        close(disk.log);
        disk.log = -1;
        free(disk.known);
        disk.known = NULL;
        disk.count = disk.room = 0;
        for (size_t i = 0; i < disk.folder_count; i++) {
            free(disk.folders[i]);
        }
        free(disk.folders);
        disk.folders = NULL;
        disk.folder_count = disk.folder_room = 0;
    }
    pthread_mutex_unlock(&disk.lock);
    return disk.failed ? -1 : 0;
}
