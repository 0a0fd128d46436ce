/* shims/schedule/intercept_time_posix.c - clocks, sleeps and random numbers of threads under control: all virtual. */
#include "shims/schedule/intercept.h"

#include <errno.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/time.h>
#include <unistd.h>

#define NAMES(X)                                                                                   \
    X(sched_yield) X(nanosleep) X(clock_nanosleep) X(usleep) X(sleep) X(clock_gettime)             \
    X(gettimeofday) X(time) X(getrandom)
NAMES(SHIM_CT_DECLARE)

#define RANDOM_PIECE 4096
#ifdef SHIM_CT_PRELOAD
#define RANDOM_FILE 65536 /* bytes that /dev/urandom has */
#else
#define RANDOM_FILE RANDOM_PIECE
#endif

/* ---- time ---------------------------------------------------------------------------------------- */

uint64_t shim_ct_rest(struct shim_ct_thread *self, uint64_t ns, const void *site) {
    uint64_t end = shim_ct.now + ns;
    self->may_cancel = self->interruptible = true;
    shim_ct_point_on(self, SHIM_OP_SLEEP, NULL, false, end, site);
    self->may_cancel = self->interruptible = false;
    if (end > shim_ct.now) {
        shim_ct_test_cancel(self);
    }
    return self->interrupted && end > shim_ct.now ? end - shim_ct.now : 0;
}

/* What nanosleep and its like say when `left` is left. */
static int slept(uint64_t left, struct timespec *rest) {
    if (left != 0 && rest != NULL) {
        rest->tv_sec = (time_t)(left / SHIM_CT_SECOND);
        rest->tv_nsec = (long)(left % SHIM_CT_SECOND);
    }
    return left != 0 ? EINTR : 0;
}

static int slept_errno(uint64_t left, struct timespec *rest) {
    int error = slept(left, rest);
    if (error != 0) {
        errno = error;
    }
    return error != 0 ? -1 : 0;
}

static int my_nanosleep(const struct timespec *time, struct timespec *rest) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL || !shim_ct_is_time(time)) {
        return REAL(nanosleep)(time, rest);
    }
    return slept_errno(shim_ct_rest(self, shim_ct_nanoseconds(time), SITE), rest);
}

static int my_clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
                              struct timespec *rest) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL || !shim_ct_is_time(time)) {
        return REAL(clock_nanosleep)(clock, flags, time, rest);
    }
    uint64_t at = flags == TIMER_ABSTIME ? shim_ct_until(time) : shim_ct.now + shim_ct_nanoseconds(time);
    return slept(shim_ct_rest(self, at > shim_ct.now ? at - shim_ct.now : 0, SITE),
                 flags == TIMER_ABSTIME ? NULL : rest);
}

static int my_usleep(useconds_t us) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL) {
        return REAL(usleep)(us);
    }
    return slept_errno(shim_ct_rest(self, us * 1000ull, SITE), NULL);
}

static unsigned my_sleep(unsigned seconds) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL) {
        return REAL(sleep)(seconds);
    }
    uint64_t left = shim_ct_rest(self, seconds * SHIM_CT_SECOND, SITE);
    return (unsigned)((left + SHIM_CT_SECOND - 1) / SHIM_CT_SECOND);
}

static int my_sched_yield(void) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL) {
        return REAL(sched_yield)();
    }
    shim_ct_point(self, SHIM_OP_YIELD, NULL, false, SITE);
    return 0;
}

void shim_ct_tell_time(struct timespec *time) {
    shim_ct.now += SHIM_CONTROL_TICK; /* who spins on the clock sees it move */
    uint64_t now = SHIM_CT_EPOCH + shim_ct.now;
    time->tv_sec = (time_t)(now / SHIM_CT_SECOND);
    time->tv_nsec = (long)(now % SHIM_CT_SECOND);
}

static int my_clock_gettime(clockid_t clock, struct timespec *time) {
    if (shim_ct_self() == NULL) {
        return REAL(clock_gettime)(clock, time);
    }
    shim_ct_tell_time(time);
    return 0;
}

static int my_gettimeofday(struct timeval *restrict time, void *restrict zone) {
    struct timespec now;
    if (shim_ct_self() == NULL) {
        return REAL(gettimeofday)(time, zone);
    }
    my_clock_gettime(CLOCK_REALTIME, &now);
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

static time_t my_time(time_t *out) {
    struct timespec now;
    if (shim_ct_self() == NULL) {
        return REAL(time)(out);
    }
    my_clock_gettime(CLOCK_REALTIME, &now);
    if (out != NULL) {
        *out = now.tv_sec;
    }
    return now.tv_sec;
}

/* ---- random numbers ------------------------------------------------------------------------------ */

void shim_ct_random_bytes(void *buffer, size_t size) {
    unsigned char *at = buffer;
    for (size_t i = 0; i < size; i++) {
        shim_ct.random = shim_ct.random * 6364136223846793005u + 1442695040888963407u;
        at[i] = (unsigned char)(shim_ct.random >> 56);
    }
}

int shim_ct_open_random(const char *path) {
    unsigned char bytes[RANDOM_PIECE];
    if (path == NULL || (__builtin_strcmp(path, "/dev/urandom") != 0 && __builtin_strcmp(path, "/dev/random") != 0)) {
        return -1;
    }
    shim_ct.busy = true;
    int file = memfd_create("random", 0);
    for (size_t i = 0; file >= 0 && i < RANDOM_FILE; i += sizeof bytes) {
        shim_ct_random_bytes(bytes, sizeof bytes);
        (void)!pwrite(file, bytes, sizeof bytes, (off_t)i);
    }
    shim_ct.busy = false;
    return file;
}

static ssize_t my_getrandom(void *buffer, size_t size, unsigned flags) {
    if (shim_ct_self() == NULL) {
        return REAL(getrandom)(buffer, size, flags);
    }
    shim_ct_random_bytes(buffer, size);
    return (ssize_t)size;
}

SHIM_CT_WAYS_IN(time, NAMES)

/* ---- for the harness ----------------------------------------------------------------------------- */

void shim_control_yield(void) {
    my_sched_yield();
}

void shim_control_sleep(uint64_t ns) {
    struct timespec time = {.tv_sec = (time_t)(ns / SHIM_CT_SECOND), .tv_nsec = (long)(ns % SHIM_CT_SECOND)};
    struct shim_ct_thread *self = shim_ct_self();
    if (self != NULL) {
        self->harness = true;
    }
    my_nanosleep(&time, NULL);
    if (self != NULL) {
        self->harness = false;
    }
}

uint64_t shim_control_now(void) {
    struct timespec time;
    my_clock_gettime(CLOCK_MONOTONIC, &time);
    return shim_ct_nanoseconds(&time);
}
