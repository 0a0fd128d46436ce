/* shims/tests/fake_calls.c - a library that makes one call of libc at a time, in the directory $FAKE_CALLS: the row of
 * fake_calls.h whose number JetIdle is given. Compiled without builtins, so that each call is the import it is written as. */
#define JET_NO_NAME_MAP
#include "shims/tests/fake_calls.h"

#include <dirent.h>
#include <errno.h>
#include <esent.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define PAGE 4096

/* What headers declare for checked code alone, or no more. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int dir, const char *path, int flags);
int __openat64_2(int dir, const char *path, int flags);
ssize_t __read_chk(int fd, void *to, size_t size, size_t room);
ssize_t __pread_chk(int fd, void *to, size_t size, off_t at, size_t room);
ssize_t __pread64_chk(int fd, void *to, size_t size, off_t at, size_t room);
char *__getcwd_chk(char *to, size_t size, size_t room);
char *__realpath_chk(const char *path, char *to, size_t room);
size_t __fread_chk(void *to, size_t room, size_t size, size_t count, FILE *from);
char *__fgets_chk(char *to, size_t room, int size, FILE *from);
char *__strdup(const char *text);
char *__strndup(const char *text, size_t most);
int __asprintf_chk(char **text, int flag, const char *format, ...) __attribute__((format(printf, 3, 4)));
int __vasprintf_chk(char **text, int flag, const char *format, va_list list) __attribute__((format(printf, 3, 0)));
int __fprintf_chk(FILE *to, int flag, const char *format, ...) __attribute__((format(printf, 3, 4)));
int __vfprintf_chk(FILE *to, int flag, const char *format, va_list list) __attribute__((format(printf, 3, 0)));
int __xstat(int version, const char *path, struct stat *to);
int __xstat64(int version, const char *path, struct stat *to);
int __lxstat(int version, const char *path, struct stat *to);
int __lxstat64(int version, const char *path, struct stat *to);
int __fxstat(int version, int fd, struct stat *to);
int __fxstat64(int version, int fd, struct stat *to);
int __fxstatat(int version, int dir, const char *path, struct stat *to, int flags);
int __fxstatat64(int version, int dir, const char *path, struct stat *to, int flags);
int _IO_putc(int c, FILE *to);

static char data[512], other[512], made[512], folder[512], empty[512], text[PAGE];
static _Alignas(PAGE) char bytes[PAGE];
static int file;
static bool fails;
static struct iovec vectors[2] = {{bytes, 1000}, {bytes + 1000, 24}};
static struct stat status;
static struct stat64 status64;
static struct statx extended;
static struct statfs place;
static struct statfs64 place64;
static struct statvfs volume;
static struct statvfs64 volume64;
static struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
static struct timespec moment, instant = {0, 1000};
static struct timeval day;

/* ---- what came of a call ---- */

static int zero(int result) {
    return result == 0 ? 0 : errno;
}

static int full(ssize_t done) {
    return done == 1024 ? 0 : done < 0 ? errno : FAKE_SHORT;
}

/* Not every file system has it. */
static int allocated(int result) {
    return result == 0 || errno == EOPNOTSUPP ? 0 : errno;
}

static int opened(int fd) {
    int result = fd >= 0 ? 0 : errno;
    if (fd >= 0) {
        close(fd);
    }
    unlink(made);
    return result;
}

static bool is_there(const char *path) {
    int found = open(path, O_RDONLY);
    if (found >= 0) {
        close(found);
    }
    return found >= 0;
}

/* A call that fails has done nothing. */
static int moved(int result) {
    int error = result == 0 ? 0 : errno;
    return is_there(data) == (error != 0) && is_there(other) == (error == 0) ? error : FAKE_SHORT;
}

static int gone(int result) {
    int error = result == 0 ? 0 : errno;
    return is_there(data) == (error != 0) ? error : FAKE_SHORT;
}

static int linked(int result) {
    int error = result == 0 ? 0 : errno;
    return is_there(other) == (error == 0) ? error : FAKE_SHORT;
}

static int built(int result) {
    int error = result == 0 ? 0 : errno;
    return is_there(made) == (error == 0) ? error : FAKE_SHORT;
}

static int there(const void *pointer) {
    return pointer != NULL ? 0 : errno;
}

static int freed(void *block) {
    int result = there(block);
    free(block);
    return result;
}

enum formed { FORMED_ASPRINTF, FORMED_ASPRINTF_CHK, FORMED_VASPRINTF, FORMED_VASPRINTF_CHK };

__attribute__((format(printf, 3, 4)))
static int form(char **made_text, bool checked, const char *format, ...) {
    va_list list;
    va_start(list, format);
    int length = checked ? __vasprintf_chk(made_text, 1, format, list) : vasprintf(made_text, format, list);
    va_end(list);
    return length;
}

/* The text that is made, and its length. */
static int formed(enum formed which) {
    char *made_text = NULL;
    int length = which == FORMED_ASPRINTF         ? asprintf(&made_text, "%d", 12345)
                 : which == FORMED_ASPRINTF_CHK   ? __asprintf_chk(&made_text, 1, "%d", 12345)
                                                  : form(&made_text, which == FORMED_VASPRINTF_CHK, "%d", 12345);
    int result = length < 0 ? errno : length == 5 && strcmp(made_text, "12345") == 0 ? 0 : FAKE_SHORT;
    if (length >= 0) {
        free(made_text);
    }
    return result;
}

static int aligned(void) {
    void *block = NULL;
    int result = posix_memalign(&block, 64, 100);
    free(block);
    return result;
}

static int unmapped(void *at) {
    return at == MAP_FAILED ? errno : zero(munmap(at, PAGE));
}

static int listed(DIR *dir) {
    int result = there(dir);
    if (dir != NULL) {
        closedir(dir);
    }
    return result;
}

static int streamed(FILE *from) {
    int result = there(from);
    if (from != NULL) {
        fclose(from);
    }
    return result;
}

/* ---- calls that need something before ---- */

/* A page by a descriptor that was opened in another way. */
static int on(int flags, bool writes) {
    int fd = open(data, flags);
    if (fd < 0) {
        return FAKE_SKIPPED;
    }
    ssize_t done = writes ? write(fd, bytes, PAGE) : read(fd, bytes, PAGE);
    int result = done == PAGE ? 0 : done < 0 ? errno : FAKE_SHORT;
    close(fd);
    return result;
}

enum mapped { MAPPED_MSYNC, MAPPED_MREMAP, MAPPED_MPROTECT };

static int mapped(enum mapped what) {
    size_t size = PAGE;
    void *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    int result = 0;
    if (at == MAP_FAILED) {
        return FAKE_SHORT;
    }
    if (what == MAPPED_MREMAP) {
        void *grown = mremap(at, PAGE, FAKE_SIZE, MREMAP_MAYMOVE);
        result = grown == MAP_FAILED ? errno : 0;
        at = result == 0 ? grown : at;
        size = result == 0 ? FAKE_SIZE : PAGE;
    } else {
        result = zero(what == MAPPED_MSYNC ? msync(at, PAGE, MS_SYNC) : mprotect(at, PAGE, PROT_READ));
    }
    munmap(at, size);
    return result;
}

enum copied { COPIED_RANGE, COPIED_SENDFILE, COPIED_SENDFILE64 };

static int copied(enum copied how) {
    int to = open(made, O_RDWR | O_CREAT, 0600);
    off_t from = 0, at = 0;
    ssize_t done = how == COPIED_RANGE      ? copy_file_range(file, &from, to, &at, 1024, 0)
                   : how == COPIED_SENDFILE ? sendfile(to, file, &from, 1024)
                                            : sendfile64(to, file, &from, 1024);
    int result = full(done);
    close(to);
    unlink(made);
    return result;
}

static int entries(bool large) {
    DIR *dir = opendir(folder);
    errno = 0;
    int result = there(large ? (void *)readdir64(dir) : (void *)readdir(dir));
    closedir(dir);
    return result;
}

enum stream {
    STREAM_FREAD, STREAM_FREAD_CHK, STREAM_FWRITE, STREAM_FGETS, STREAM_FGETS_CHK, STREAM_FPUTS, STREAM_FPUTC,
    STREAM_PUTC, STREAM_IO_PUTC, STREAM_FPRINTF, STREAM_FPRINTF_CHK, STREAM_VFPRINTF, STREAM_VFPRINTF_CHK, STREAM_FFLUSH,
    STREAM_FSEEK, STREAM_FSEEKO, STREAM_FSEEKO64, STREAM_FCLOSE
};

__attribute__((format(printf, 3, 4)))
static int put(FILE *to, bool checked, const char *format, ...) {
    va_list list;
    va_start(list, format);
    int result = checked ? __vfprintf_chk(to, 1, format, list) : vfprintf(to, format, list);
    va_end(list);
    return result;
}

static int said(int result) {
    return result >= 0 ? 0 : errno;
}

static int items(size_t count) {
    return count == 1024 ? 0 : count == 0 ? errno : FAKE_SHORT;
}

static int use(enum stream what, FILE *it) {
    switch (what) {
    case STREAM_FREAD: return items(fread(bytes, 1, 1024, it));
    case STREAM_FREAD_CHK: return items(__fread_chk(bytes, sizeof bytes, 1, 1024, it));
    case STREAM_FWRITE: return items(fwrite(bytes, 1, 1024, it));
    case STREAM_FGETS: return there(fgets(text, 10, it));
    case STREAM_FGETS_CHK: return there(__fgets_chk(text, sizeof text, 10, it));
    case STREAM_FPUTS: return said(fputs("text", it));
    case STREAM_FPUTC: return said(fputc('c', it));
    case STREAM_PUTC: return said(putc('c', it));
#ifdef __GLIBC__
    case STREAM_IO_PUTC: return said(_IO_putc('c', it));
#endif
    case STREAM_FPRINTF: return said(fprintf(it, "%d", 1));
    case STREAM_FPRINTF_CHK: return said(__fprintf_chk(it, 1, "%d", 1));
    case STREAM_VFPRINTF: return said(put(it, false, "%d", 1));
    case STREAM_VFPRINTF_CHK: return said(put(it, true, "%d", 1));
    case STREAM_FFLUSH: return said(fflush(it));
    case STREAM_FSEEK: return said(fseek(it, 0, SEEK_SET));
    case STREAM_FSEEKO: return said(fseeko(it, 0, SEEK_SET));
    case STREAM_FSEEKO64: return said(fseeko64(it, 0, SEEK_SET));
    default: return FAKE_SHORT;
    }
}

static int stream(enum stream what) {
    FILE *it = fopen(data, "r+");
    if (it == NULL) {
        return FAKE_SKIPPED;
    }
    errno = 0;
    int result = what == STREAM_FCLOSE ? said(fclose(it)) : use(what, it);
    if (what != STREAM_FCLOSE) {
        fclose(it);
    }
    return result;
}

static void *nothing(void *argument) {
    return argument;
}

static int nothing_c11(void *argument) {
    (void)argument;
    return 0;
}

static int started(void) {
    pthread_t thread;
    int result = pthread_create(&thread, NULL, nothing, NULL);
    return result != 0 ? result : pthread_join(thread, NULL);
}

static int started_c11(void) {
    thrd_t thread;
    return thrd_create(&thread, nothing_c11, NULL) == thrd_success ? thrd_join(thread, NULL) : EIO;
}

/* ---- one of them ---- */

static int row(int number) {
    int at = 0;
#define ROW(import, operation, what)                                                               \
    if (at++ == number) {                                                                          \
        return what;                                                                               \
    }
    FAKE_CALLS(ROW)
    return FAKE_SHORT;
}

EXPORT JET_ERR JetIdle(JET_SESID sesid, JET_GRBIT grbit) {
    const char *directory = getenv("FAKE_CALLS");
    (void)sesid;
    snprintf(data, sizeof data, "%.400s/data", directory);
    snprintf(other, sizeof other, "%.400s/other", directory);
    snprintf(made, sizeof made, "%.400s/made", directory);
    snprintf(folder, sizeof folder, "%.400s", directory);
    snprintf(empty, sizeof empty, "%.400s/empty", directory);
    fails = (grbit & FAKE_FAILS) != 0;
    file = (int)(grbit >> 16);
    int result = row((int)(grbit & 0xFF));
    return result;
}
