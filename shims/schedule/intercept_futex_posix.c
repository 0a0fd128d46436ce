/* shims/schedule/intercept_futex_posix.c - futexes and the like, by syscall(). */
#include "shims/schedule/intercept.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#define NAMES(X)                                                                                   \
    X(syscall)
NAMES(SHIM_CT_DECLARE)

/* ---- futexes ------------------------------------------------------------------------------------- */

static long wait_futex(struct shim_ct_thread *self, const int *word, int value, uint64_t deadline,
                       const void *site) {
    bool made;
    struct shim_ct_object *object = shim_ct_find(word, SHIM_CT_FUTEX, &made);
    shim_ct_point_on(self, SHIM_OP_READ, object, false, SHIM_CT_NEVER, site);
    if (__atomic_load_n(word, __ATOMIC_SEQ_CST) != value) {
        errno = EAGAIN;
        return -1;
    }
    self->interruptible = true;
    bool woken = shim_ct_park(self, object, deadline, site);
    self->interruptible = false;
    if (!woken) {
        errno = self->interrupted ? EINTR : ETIMEDOUT;
        return -1;
    }
    return 0;
}

static long control_futex(struct shim_ct_thread *self, const long *word, const void *site) {
    int operation = (int)word[1] & FUTEX_CMD_MASK;
    const int *address = (const int *)(size_t)word[0];
    const struct timespec *time = (const struct timespec *)(size_t)word[3];
    bool made;
    if (shim_ct.forked && ((int)word[1] & FUTEX_PRIVATE_FLAG) == 0) {
        shim_ct_end(self, SHIM_RUN_REFUSED, "a futex that processes share");
    }
    switch (operation) {
    case FUTEX_WAIT:
        return wait_futex(self, address, (int)word[2],
                          time == NULL ? SHIM_CT_NEVER : shim_ct.now + shim_ct_nanoseconds(time), site);
    case FUTEX_WAIT_BITSET:
        return wait_futex(self, address, (int)word[2],
                          time == NULL ? SHIM_CT_NEVER : shim_ct_until(time), site);
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET: {
        struct shim_ct_object *object = shim_ct_find(address, SHIM_CT_FUTEX, &made);
        shim_ct_point_on(self, SHIM_OP_WAKE, object, true, SHIM_CT_NEVER, site);
        long woken = shim_ct_wake(object, (uint32_t)word[2]);
        shim_ct_go_on(self, site);
        return woken;
    }
    default:
        shim_ct_end(self, SHIM_RUN_REFUSED, "a futex operation other than wait and wake");
        return -1;
    }
}

/* ---- other system calls that libc has a function for ---------------------------------------------- */

static bool is_clock(long number) {
#ifdef SYS_time
    if (number == SYS_time) {
        return true;
    }
#endif
    return number == SYS_clock_gettime || number == SYS_gettimeofday;
}

static long tell_raw(long number, const long *word) {
    struct timespec now;
    shim_ct_tell_time(&now);
    if (number == SYS_clock_gettime) {
        *(struct timespec *)(size_t)word[1] = now;
        return 0;
    }
    if (number == SYS_gettimeofday) {
        struct timeval *to = (struct timeval *)(size_t)word[0];
        if (to != NULL) {
            *to = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
        }
        return 0;
    }
    if (word[0] != 0) {
        *(time_t *)(size_t)word[0] = now.tv_sec;
    }
    return now.tv_sec;
}

/* word: the time, where to put what is left of it. */
static long sleep_raw(struct shim_ct_thread *self, int flags, const long *word, const void *site) {
    const struct timespec *time = (const struct timespec *)(size_t)word[0];
    struct timespec *rest = (struct timespec *)(size_t)word[1];
    if (!shim_ct_is_time(time)) {
        errno = EINVAL;
        return -1;
    }
    uint64_t at = flags == TIMER_ABSTIME ? shim_ct_until(time) : shim_ct.now + shim_ct_nanoseconds(time);
    uint64_t left = shim_ct_rest(self, at > shim_ct.now ? at - shim_ct.now : 0, site);
    if (left == 0) {
        return 0;
    }
    if (rest != NULL && flags != TIMER_ABSTIME) {
        *rest = (struct timespec){(time_t)(left / SHIM_CT_SECOND), (long)(left % SHIM_CT_SECOND)};
    }
    errno = EINTR;
    return -1;
}

/* Why the call cannot be controlled, NULL: it can. */
static const char *refusal(long number) {
#ifdef SYS_clone3
    if (number == SYS_clone3) {
        return "clone3 by syscall(): a thread or process that libc does not know";
    }
#endif
#ifdef SYS_futex_waitv
    if (number == SYS_futex_waitv) {
        return "futex_waitv: a futex operation other than wait and wake";
    }
#endif
    return number == SYS_clone ? "clone by syscall(): a thread or process that libc does not know" : NULL;
}

static long my_syscall(long number, ...) {
    long word[6];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < 6; i++) {
        word[i] = va_arg(list, long);
    }
    va_end(list);
    struct shim_ct_thread *self = shim_ct_self();
    if (self != NULL && number == SYS_futex) {
        return control_futex(self, word, SITE);
    }
    if (self != NULL && number == SYS_getrandom) {
        shim_ct_random_bytes((void *)(size_t)word[0], (size_t)word[1]);
        return word[1];
    }
    if (self != NULL && number == SYS_gettid) {
        return SHIM_CT_PROCESS + shim_ct_number(self);
    }
    if (self != NULL && number == SYS_sched_yield) {
        shim_ct_point(self, SHIM_OP_YIELD, NULL, false, SITE);
        return 0;
    }
    if (self != NULL && (number == SYS_nanosleep || number == SYS_clock_nanosleep)) {
        return sleep_raw(self, number == SYS_clock_nanosleep ? (int)word[1] : 0,
                         &word[number == SYS_clock_nanosleep ? 2 : 0], SITE);
    }
    if (self != NULL && is_clock(number)) {
        return tell_raw(number, word);
    }
    if (self != NULL && refusal(number) != NULL) {
        shim_ct_end(self, SHIM_RUN_REFUSED, refusal(number));
    }
    if (self != NULL && (number == SYS_getpid || number == SYS_getppid)) {
        return number == SYS_getpid ? SHIM_CT_PROCESS : SHIM_CT_PROCESS - 1;
    }
#ifdef SHIM_CT_PRELOAD
    if (self != NULL && (number == SYS_tgkill || number == SYS_tkill)) {
        long thread = word[number == SYS_tgkill ? 1 : 0] - SHIM_CT_PROCESS;
        if (thread < 0 || thread >= (long)shim_ct.threads) {
            errno = ESRCH;
            return -1;
        }
        return shim_ct_kill_thread(self, &shim_ct.thread[thread], (int)word[number == SYS_tgkill ? 2 : 1], SITE);
    }
    if (self != NULL && number == SYS_kill && word[0] == SHIM_CT_PROCESS) {
        return shim_ct_kill_process(self, (int)word[1], SITE);
    }
#endif
    return REAL(syscall)(number, word[0], word[1], word[2], word[3], word[4], word[5]);
}

SHIM_CT_WAYS_IN(futexes, NAMES)
