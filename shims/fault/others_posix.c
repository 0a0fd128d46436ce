/* shims/fault/others_posix.c - the interposers of memory, stdio, threads and time. */
#include <dirent.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include "shims/fault/inside.h"

#define FAILS(operation) (shim_fault_is_on() && shim_fault_fails(SHIM_LIBC_##operation, -1, NULL))

/* Every name here, by the operation that it is; `real_NAME` is what the import meant before. */
#define NAMES(X)                                                                                   \
    X(MALLOC, malloc) X(CALLOC, calloc) X(REALLOC, realloc) X(REALLOC, reallocarray)               \
    X(MEMALIGN, aligned_alloc) X(MEMALIGN, memalign) X(MEMALIGN, posix_memalign)                   \
    X(MEMALIGN, valloc) X(MEMALIGN, pvalloc) X(STRDUP, strdup) X(STRDUP, strndup) X(STRDUP, vasprintf) X(MALLOC, free) X(MMAP, mmap)         \
    X(MMAP, munmap) X(MREMAP, mremap) X(MPROTECT, mprotect)                                                        \
    X(FOPEN, fopen) X(FOPEN, fdopen) X(FREAD, fread) X(FWRITE, fwrite) X(FGETS, fgets)             \
    X(FPUTS, fputs) X(FPUTS, fputc) X(FPUTS, putc) X(FPRINTF, vfprintf) X(FFLUSH, fflush)          \
    X(FSEEK, fseek) X(FSEEK, fseeko) X(FCLOSE, fclose)                                             \
    X(THREAD, pthread_create) X(THREAD, thrd_create)                                               \
    X(CLOCK, clock_gettime) X(CLOCK, gettimeofday) X(CLOCK, timespec_get) X(CLOCK, time)           \
    X(SLEEP, nanosleep) X(SLEEP, clock_nanosleep) X(SLEEP, usleep) X(SLEEP, sleep)                 \
    X(SLEEP, thrd_sleep)

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#define DECLARE(operation, name) static __typeof__(name) *real_##name = name;
NAMES(DECLARE)
#pragma GCC diagnostic pop

/* ---- memory ---- */

static void *made(void *block, size_t size) {
    if (shim_fault_is_on()) {
        shim_fault_block_made(block, size);
    }
    return block;
}

static void *my_malloc(size_t size) {
    return FAILS(MALLOC) ? NULL : made(real_malloc(size), size);
}
static void *my_calloc(size_t count, size_t size) {
    return FAILS(CALLOC) ? NULL : made(real_calloc(count, size), count * size);
}
static void *my_realloc(void *block, size_t size) {
    if (FAILS(REALLOC)) {
        return NULL;
    }
    if (!shim_fault_is_on()) {
        return real_realloc(block, size);
    }
    /* Forgotten first: once it is free another thread may be given the same address. */
    shim_fault_block_gone(block);
    void *other = real_realloc(block, size);
    shim_fault_block_made(other != NULL || size == 0 ? other : block, size);
    return other;
}
static void *my_reallocarray(void *block, size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    return my_realloc(block, total);
}
static void *my_aligned_alloc(size_t alignment, size_t size) {
    return FAILS(MEMALIGN) ? NULL : made(real_aligned_alloc(alignment, size), size);
}
static void *my_memalign(size_t alignment, size_t size) {
    return FAILS(MEMALIGN) ? NULL : made(real_memalign(alignment, size), size);
}
static void *my_valloc(size_t size) {
    return FAILS(MEMALIGN) ? NULL : made(real_valloc(size), size);
}
static void *my_pvalloc(size_t size) {
    return FAILS(MEMALIGN) ? NULL : made(real_pvalloc(size), size);
}
static int my_posix_memalign(void **block, size_t alignment, size_t size) {
    if (FAILS(MEMALIGN)) {
        return errno;
    }
    int result = real_posix_memalign(block, alignment, size);
    if (result == 0) {
        made(*block, size);
    }
    return result;
}
static char *my_strdup(const char *text) {
    return FAILS(STRDUP) ? NULL : made(real_strdup(text), strlen(text) + 1);
}
static char *my_strndup(const char *text, size_t most) {
    return FAILS(STRDUP) ? NULL : made(real_strndup(text, most), strnlen(text, most) + 1);
}
__attribute__((format(printf, 2, 0)))
static int my_vasprintf(char **text, const char *format, va_list list) {
    if (FAILS(STRDUP)) {
        return -1;
    }
    int length = real_vasprintf(text, format, list);
    if (length >= 0) {
        made(*text, (size_t)length + 1);
    }
    return length;
}
__attribute__((format(printf, 2, 3)))
static int my_asprintf(char **text, const char *format, ...) {
    va_list list;
    va_start(list, format);
    int length = my_vasprintf(text, format, list);
    va_end(list);
    return length;
}
__attribute__((format(printf, 3, 4)))
static int my_asprintf_chk(char **text, int flag, const char *format, ...) {
    va_list list;
    (void)flag;
    va_start(list, format);
    int length = my_vasprintf(text, format, list);
    va_end(list);
    return length;
}
__attribute__((format(printf, 3, 0)))
static int my_vasprintf_chk(char **text, int flag, const char *format, va_list list) {
    (void)flag;
    return my_vasprintf(text, format, list);
}
static void my_free(void *block) {
    if (shim_fault_is_on()) {
        shim_fault_block_gone(block);
    }
    real_free(block);
}

/* A writable shared mapping of a file: what is stored there passes no call. */
static void note_mapping(int protection, int flags, int fd) {
    struct shim_fault_log *log = shim_fault_log_now();
    if (log != NULL && fd >= 0 && (protection & PROT_WRITE) != 0 && (flags & MAP_SHARED) != 0 &&
        log->uncovered[0] == '\0') {
        shim_fault_path(fd, log->uncovered, sizeof log->uncovered);
    }
}

static void *my_mmap(void *base, size_t size, int protection, int flags, int fd, off_t at) {
    if (shim_fault_is_on()) {
        if (shim_fault_fails(SHIM_LIBC_MMAP, fd, NULL)) {
            return MAP_FAILED;
        }
        note_mapping(protection, flags, fd);
    }
    if ((flags & MAP_FIXED) != 0 && shim_fault_is_on()) {
        shim_fault_range_gone(base, size);
    }
    void *mapped = real_mmap(base, size, protection, flags, fd, at);
    return mapped != MAP_FAILED ? made(mapped, size) : mapped;
}
static int my_munmap(void *base, size_t size) { /* no operation: a mapping can always be given back */
    if (shim_fault_is_on()) {
        shim_fault_range_gone(base, size);
    }
    return real_munmap(base, size);
}
static void *my_mremap(void *base, size_t before, size_t after, int flags, ...) {
    va_list list;
    va_start(list, flags);
    void *to = (flags & MREMAP_FIXED) != 0 ? va_arg(list, void *) : NULL;
    va_end(list);
    if (FAILS(MREMAP)) {
        return MAP_FAILED;
    }
    if (shim_fault_is_on()) {
        shim_fault_range_gone(base, before);
    }
    void *other = real_mremap(base, before, after, flags, to);
    return other != MAP_FAILED ? made(other, after) : (made(base, before), other);
}
static int my_mprotect(void *base, size_t size, int protection) {
    return FAILS(MPROTECT) ? -1 : real_mprotect(base, size, protection);
}

/* ---- stdio ---- */

static bool stream_fails(enum shim_operation operation, FILE *stream) {
    return shim_fault_is_on() && shim_fault_fails(operation, stream != NULL ? fileno(stream) : -1, NULL);
}

static FILE *my_fopen(const char *path, const char *mode) {
    return shim_fault_is_on() && shim_fault_fails(SHIM_LIBC_FOPEN, -1, path) ? NULL : real_fopen(path, mode);
}
static FILE *my_fdopen(int fd, const char *mode) {
    return shim_fault_is_on() && shim_fault_fails(SHIM_LIBC_FOPEN, fd, NULL) ? NULL : real_fdopen(fd, mode);
}
static size_t my_fread(void *to, size_t size, size_t count, FILE *stream) {
    if (!shim_fault_is_on()) {
        return real_fread(to, size, count, stream);
    }
    struct shim_operand operand = {.operation = SHIM_LIBC_FREAD, .fd = fileno(stream)};
    struct shim_fate fate = shim_fault_meet(&operand);
    if (fate.hit && fate.kind == SHIM_FAULT_ERROR) {
        errno = fate.error;
        return 0;
    }
    size_t got = real_fread(to, size, fate.hit && fate.kind == SHIM_FAULT_SHORT ? count / 2 : count, stream);
    if (fate.hit && fate.kind == SHIM_FAULT_FLIP && got * size > 0) {
        ((unsigned char *)to)[fate.draw / 8 % (got * size)] ^= (unsigned char)(1u << fate.draw % 8);
    }
    return got;
}
static size_t my_fwrite(const void *from, size_t size, size_t count, FILE *stream) {
    if (!shim_fault_is_on()) {
        return real_fwrite(from, size, count, stream);
    }
    struct shim_operand operand = {.operation = SHIM_LIBC_FWRITE, .fd = fileno(stream)};
    struct shim_fate fate = shim_fault_meet(&operand);
    if (fate.hit && fate.kind == SHIM_FAULT_ERROR) {
        errno = fate.error;
        return 0;
    }
    if (fate.hit && fate.kind == SHIM_FAULT_LOST) {
        return count;
    }
    if (fate.hit && fate.kind == SHIM_FAULT_FLIP && size * count > 0) {
        unsigned char *other = malloc(size * count);
        if (other != NULL) {
            memcpy(other, from, size * count);
            other[fate.draw / 8 % (size * count)] ^= (unsigned char)(1u << fate.draw % 8);
            size_t done = real_fwrite(other, size, count, stream);
            free(other);
            return done;
        }
    }
    return real_fwrite(from, size, fate.hit && fate.kind == SHIM_FAULT_SHORT ? count / 2 : count, stream);
}
static char *my_fgets(char *to, int size, FILE *stream) {
    return stream_fails(SHIM_LIBC_FGETS, stream) ? NULL : real_fgets(to, size, stream);
}
static size_t my_fread_chk(void *to, size_t room, size_t size, size_t count, FILE *stream) {
    return my_fread(to, size, size == 0 || count <= room / size ? count : room / size, stream);
}
static char *my_fgets_chk(char *to, size_t room, int size, FILE *stream) {
    return my_fgets(to, size < 0 || (size_t)size <= room ? size : (int)room, stream);
}
static int my_fputs(const char *text, FILE *stream) {
    return stream_fails(SHIM_LIBC_FPUTS, stream) ? EOF : real_fputs(text, stream);
}
static int my_fputc(int c, FILE *stream) {
    return stream_fails(SHIM_LIBC_FPUTS, stream) ? EOF : real_fputc(c, stream);
}
static int my_putc(int c, FILE *stream) {
    return my_fputc(c, stream);
}
__attribute__((format(printf, 2, 0)))
static int my_vfprintf(FILE *stream, const char *format, va_list list) {
    return stream_fails(SHIM_LIBC_FPRINTF, stream) ? -1 : real_vfprintf(stream, format, list);
}
__attribute__((format(printf, 2, 3)))
static int my_fprintf(FILE *stream, const char *format, ...) {
    va_list list;
    va_start(list, format);
    int result = my_vfprintf(stream, format, list);
    va_end(list);
    return result;
}
__attribute__((format(printf, 3, 4)))
static int my_fprintf_chk(FILE *stream, int flag, const char *format, ...) {
    va_list list;
    (void)flag;
    va_start(list, format);
    int result = my_vfprintf(stream, format, list);
    va_end(list);
    return result;
}
__attribute__((format(printf, 3, 0)))
static int my_vfprintf_chk(FILE *stream, int flag, const char *format, va_list list) {
    (void)flag;
    return my_vfprintf(stream, format, list);
}
static int my_fflush(FILE *stream) {
    return stream_fails(SHIM_LIBC_FFLUSH, stream) ? EOF : real_fflush(stream);
}
static int my_fseek(FILE *stream, long at, int from) {
    return stream_fails(SHIM_LIBC_FSEEK, stream) ? -1 : real_fseek(stream, at, from);
}
static int my_fseeko(FILE *stream, off_t at, int from) {
    return stream_fails(SHIM_LIBC_FSEEK, stream) ? -1 : real_fseeko(stream, at, from);
}
/* As libc: the stream is closed, and what it still held did not get out. */
static int my_fclose(FILE *stream) {
    if (stream_fails(SHIM_LIBC_FCLOSE, stream)) {
        int error = errno;
        real_fclose(stream);
        errno = error;
        return EOF;
    }
    return real_fclose(stream);
}

/* ---- threads and time ---- */

static int my_pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attributes,
                             void *(*run)(void *), void *restrict argument) {
    return FAILS(THREAD) ? errno : real_pthread_create(thread, attributes, run, argument);
}
static int my_thrd_create(thrd_t *thread, thrd_start_t run, void *argument) {
    return !FAILS(THREAD) ? real_thrd_create(thread, run, argument) : errno == ENOMEM ? thrd_nomem : thrd_error;
}
static int my_clock_gettime(clockid_t clock, struct timespec *time) {
    return FAILS(CLOCK) ? -1 : real_clock_gettime(clock, time);
}
static int my_gettimeofday(struct timeval *restrict now, void *restrict zone) {
    return FAILS(CLOCK) ? -1 : real_gettimeofday(now, zone);
}
static int my_timespec_get(struct timespec *now, int base) {
    return FAILS(CLOCK) ? 0 : real_timespec_get(now, base);
}
static time_t my_time(time_t *now) {
    return FAILS(CLOCK) ? (time_t)-1 : real_time(now);
}
static int my_nanosleep(const struct timespec *time, struct timespec *left) {
    if (FAILS(SLEEP)) {
        if (left != NULL) {
            *left = *time;
        }
        return -1;
    }
    return real_nanosleep(time, left);
}
static int my_clock_nanosleep(clockid_t clock, int flags, const struct timespec *time, struct timespec *left) {
    if (FAILS(SLEEP)) {
        if (left != NULL && flags != TIMER_ABSTIME) {
            *left = *time;
        }
        return errno;
    }
    return real_clock_nanosleep(clock, flags, time, left);
}
static int my_usleep(useconds_t us) {
    return FAILS(SLEEP) ? -1 : real_usleep(us);
}
static unsigned my_sleep(unsigned seconds) { /* of a rest that was cut short what is left */
    return FAILS(SLEEP) ? seconds : real_sleep(seconds);
}
static int my_thrd_sleep(const struct timespec *time, struct timespec *left) {
    if (FAILS(SLEEP)) {
        if (left != NULL) {
            *left = *time;
        }
        return errno == EINTR ? -1 : -2;
    }
    return real_thrd_sleep(time, left);
}

void shim_fault_others_redirect(shim_fault_redirect redirect, void *context) {
#define REDIRECT(operation, name)                                                                  \
    redirect(context, #name, SHIM_LIBC_##operation, (shim_entry)my_##name, &real_##name);
#define VARIANT(symbol, operation, name, real)                                                     \
    redirect(context, symbol, SHIM_LIBC_##operation, (shim_entry)my_##name, real);
    NAMES(REDIRECT)
    VARIANT("__strdup", STRDUP, strdup, NULL)
    VARIANT("__strndup", STRDUP, strndup, NULL)
    VARIANT("asprintf", STRDUP, asprintf, NULL)
    VARIANT("__asprintf_chk", STRDUP, asprintf_chk, NULL)
    VARIANT("__vasprintf_chk", STRDUP, vasprintf_chk, NULL)
    VARIANT("mmap64", MMAP, mmap, &real_mmap)
    VARIANT("fopen64", FOPEN, fopen, &real_fopen)
    VARIANT("fseeko64", FSEEK, fseeko, &real_fseeko)
    VARIANT("fprintf", FPRINTF, fprintf, NULL)
    VARIANT("__fprintf_chk", FPRINTF, fprintf_chk, NULL)
    VARIANT("__vfprintf_chk", FPRINTF, vfprintf_chk, NULL)
    VARIANT("__fread_chk", FREAD, fread_chk, NULL)
    VARIANT("__fgets_chk", FGETS, fgets_chk, NULL)
    VARIANT("_IO_putc", FPUTS, putc, NULL)
}
