/* shims/tests/fake_disk.c - a library that changes files as its caller says: one change per call of JetIdle,
 * named by the letter in its bits. It works in the directory $FAKE_DISK. */
#define JET_NO_NAME_MAP
#include <aio.h>
#include <errno.h>
#include <esent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define SIZE 8192

static const char *path(const char *name) {
    static char text[2][4096];
    static int turn;
    char *to = text[turn++ % 2];
    snprintf(to, sizeof text[0], "%s/%s", getenv("FAKE_DISK"), name);
    return to;
}

static int put(const char *name, int flags, char what, off_t at) {
    char bytes[SIZE];
    int file = open(path(name), O_RDWR | O_CREAT | flags, 0666);
    memset(bytes, what, sizeof bytes);
    int result = file >= 0 && pwrite(file, bytes, sizeof bytes, at) == SIZE ? 0 : -1;
    close(file);
    return result;
}

static int put_in_parts(const char *name, char first, char second) {
    char one[100], two[200];
    struct iovec parts[] = {{one, sizeof one}, {two, sizeof two}};
    int file = open(path(name), O_RDWR | O_CREAT | O_APPEND, 0666);
    memset(one, first, sizeof one);
    memset(two, second, sizeof two);
    int result = file >= 0 && writev(file, parts, 2) == 300 ? 0 : -1;
    close(file);
    return result;
}

/* The same place by a call whose flags sync. */
static int put_synced(const char *name, char what) {
    char bytes[SIZE];
    struct iovec part = {bytes, sizeof bytes};
    int file = open(path(name), O_RDWR | O_CREAT, 0666);
    memset(bytes, what, sizeof bytes);
    int result = file >= 0 && pwritev2(file, &part, 1, 0, RWF_DSYNC) == SIZE ? 0 : -1;
    close(file);
    return result;
}

/* As compiled with checks. */
int __open_2(const char *name, int flags);
int __openat_2(int at, const char *name, int flags);
static int empty_checked(const char *name, int at) {
    int file = at == AT_FDCWD ? __open_2(path(name), O_WRONLY | O_TRUNC) : __openat_2(at, name, O_WRONLY | O_TRUNC);
    return close(file);
}

/* Beneath a directory that is open: what names change. */
static int below(char what) {
    int at = open(getenv("FAKE_DISK"), O_RDONLY | O_DIRECTORY), result = -1;
    switch (what) {
    case 'n': result = renameat2(at, "a", at, "b", RENAME_NOREPLACE); break;
    case 'x': result = renameat2(at, "a", at, "c", RENAME_EXCHANGE); break;
    case 'l': result = linkat(at, "a", at, "b", 0); break;
    case 'j': result = mkdirat(at, "d", 0777); break;
    case '3': result = empty_checked("a", at); break;
    }
    close(at);
    return result;
}

static int put_aside(const char *name) {
    char bytes[SIZE];
    const struct aiocb *wait[1];
    struct aiocb control = {.aio_buf = memset(bytes, 'I', sizeof bytes), .aio_nbytes = sizeof bytes};
    control.aio_fildes = open(path(name), O_RDWR);
    wait[0] = &control;
    int result = aio_write(&control);
    while (result == 0 && aio_error(&control) == EINPROGRESS) {
        aio_suspend(wait, 1, NULL);
    }
    close(control.aio_fildes);
    return result;
}

static int put_stream(const char *name) {
    FILE *file = fdopen(open(path(name), O_RDWR), "r+");
    return file != NULL && fputc('S', file) == 'S' && fclose(file) == 0 ? 0 : -1;
}

static int sync_one(const char *name, int flags) {
    int file = open(path(name), O_RDONLY | flags);
    int result = file >= 0 && fsync(file) == 0 ? 0 : -1;
    close(file);
    return result;
}

static int map(const char *name) {
    int file = open(path(name), O_RDWR);
    char *bytes = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (bytes == MAP_FAILED) {
        return -1;
    }
    bytes[5] = 'M';
    munmap(bytes, SIZE);
    return close(file);
}

static int change(char what) {
    switch (what) {
    case 'A': case 'B': return put("a", 0, what, 0);
    case 'C': return put("a", 0, 'C', SIZE);           /* behind what is there */
    case 'D': return put("a", O_DSYNC, 'D', 0);
    case 'G': return put("a", O_DSYNC, 'G', SIZE);
    case 'H': return put("a", 0, 'H', SIZE);
    case 'T': return truncate(path("a"), 2 * SIZE);
    case 'P': return put_in_parts("a", 'p', 'q');
    case 's': return sync_one("a", 0);
    case 'f': return sync_one(".", O_DIRECTORY);
    case 'r': return rename(path("a"), path("b"));
    case 'u': return unlink(path("b"));
    case 't': return truncate(path("a"), 100);
    case 'd': return mkdir(path("d"), 0777);
    case 'e': return put("d/e.log", O_EXCL, 'E', 0);
    case 'g': return sync_one("d", O_DIRECTORY);
    case 'h': return sync_one("d/e.log", 0);
    case 'c': return put("c", O_EXCL, 'c', 0);
    case 'm': return map("a");
    case 'v': return put_synced("a", 'v');
    case '2': return empty_checked("a", AT_FDCWD);
    case 'n': case 'x': case 'l': case 'j': case '3': return below(what);
    case 'i': return put_aside("a");
    case 'S': return put_stream("a");
    case 'R': return rename(path("d"), path("q"));
    case 'y': return sync_one("q", O_DIRECTORY);
    case 'w': return unlink(path("q/e.log"));
    case 'z': return rmdir(path("q"));
    case 'M': return rename(path("d/e.log"), path("e.log"));
    case 'k': return mkdir(path("k"), 0777);
    case 'K': return rename(path("d"), path("k/d"));
    case 'Y': return sync_one("k", O_DIRECTORY);
    default: return -1;
    }
}

EXPORT JET_ERR JetIdle(JET_SESID sesid, JET_GRBIT grbit) {
    (void)sesid;
    return change((char)grbit) == 0 ? JET_errSuccess : JET_errDiskIO;
}
