/* shims/tests/fake_disk.c - a library that changes files as its caller says: one change per call of JetIdle,
 * named by the letter in its bits. It works in the directory $FAKE_DISK. */
#define JET_NO_NAME_MAP
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
    case 'R': return rename(path("d"), path("q"));
    case 'y': return sync_one("q", O_DIRECTORY);
    case 'w': return unlink(path("q/e.log"));
    case 'z': return rmdir(path("q"));
    default: return -1;
    }
}

EXPORT JET_ERR JetIdle(JET_SESID sesid, JET_GRBIT grbit) {
    (void)sesid;
    return change((char)grbit) == 0 ? JET_errSuccess : JET_errDiskIO;
}
