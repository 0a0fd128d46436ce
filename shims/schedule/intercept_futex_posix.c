/* shims/schedule/intercept_futex_posix.c - futexes and the like, by syscall(). */
#include "shims/schedule/intercept.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <sys/syscall.h>
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
    if (!shim_ct_park(self, object, deadline, site)) {
        errno = ETIMEDOUT;
        return -1;
    }
    return 0;
}

static long control_futex(struct shim_ct_thread *self, const long *word, const void *site) {
    int operation = (int)word[1] & FUTEX_CMD_MASK;
    const int *address = (const int *)(size_t)word[0];
    const struct timespec *time = (const struct timespec *)(size_t)word[3];
    bool made;
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
#ifdef SHIM_CT_PRELOAD
    if (self != NULL && number == SYS_getpid) {
        return SHIM_CT_PROCESS;
    }
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
