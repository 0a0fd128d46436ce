/* shims/schedule/intercept_c11_posix.c - C11 threads under control: those of POSIX, with other results. */
#include "shims/schedule/intercept.h"

#include <errno.h>
#include <threads.h>

#define NAMES(X)                                                                                   \
    X(mtx_lock) X(mtx_trylock) X(mtx_timedlock) X(mtx_unlock) X(mtx_destroy) X(cnd_wait)           \
    X(cnd_timedwait) X(cnd_signal) X(cnd_broadcast) X(cnd_destroy) X(thrd_create) X(thrd_join)     \
    X(thrd_detach) X(thrd_yield) X(thrd_sleep) X(call_once)
NAMES(SHIM_CT_DECLARE)

/* ---- C11 threads: the same, with other results ---------------------------------------------------- */

static int c11(int result) {
    return result == 0 ? thrd_success
         : result == EBUSY ? thrd_busy
         : result == ETIMEDOUT ? thrd_timedout
         : result == ENOMEM ? thrd_nomem : thrd_error;
}

/* In glibc mtx_t and cnd_t are pthread_mutex_t and pthread_cond_t under other names. */
static pthread_mutex_t *mutex_in(mtx_t *mutex) {
    return (pthread_mutex_t *)(void *)mutex;
}

static int my_mtx_lock(mtx_t *mutex) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(mtx_lock)(mutex)
                        : c11(shim_ct_lock_mutex(self, mutex_in(mutex), SHIM_CT_NEVER, SITE));
}
static int my_mtx_timedlock(mtx_t *restrict mutex, const struct timespec *restrict time) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(mtx_timedlock)(mutex, time)
                        : c11(shim_ct_lock_mutex_by(self, mutex_in(mutex), time, SITE));
}
static int my_mtx_trylock(mtx_t *mutex) {
    return shim_ct_self() == NULL ? REAL(mtx_trylock)(mutex)
                                  : c11(shim_ct_try_mutex(shim_ct_self(), mutex_in(mutex), SITE));
}
static int my_mtx_unlock(mtx_t *mutex) {
    return shim_ct_self() == NULL ? REAL(mtx_unlock)(mutex)
                                  : c11(shim_ct_unlock_mutex(shim_ct_self(), mutex_in(mutex), SITE));
}
static void my_mtx_destroy(mtx_t *mutex) {
    if (shim_ct_self() != NULL) {
        shim_ct_forget(mutex);
    }
    REAL(mtx_destroy)(mutex);
}
static int my_cnd_wait(cnd_t *cond, mtx_t *mutex) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(cnd_wait)(cond, mutex)
                        : c11(shim_ct_wait_cond(self, cond, mutex_in(mutex), SHIM_CT_NEVER, SITE));
}
static int my_cnd_timedwait(cnd_t *restrict cond, mtx_t *restrict mutex,
                            const struct timespec *restrict time) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL || !shim_ct_is_time(time)
               ? REAL(cnd_timedwait)(cond, mutex, time)
               : c11(shim_ct_wait_cond(self, cond, mutex_in(mutex), shim_ct_until(time), SITE));
}
static int my_cnd_signal(cnd_t *cond) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(cnd_signal)(cond) : c11(shim_ct_wake_cond(self, cond, 1, SITE));
}
static int my_cnd_broadcast(cnd_t *cond) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(cnd_broadcast)(cond) : c11(shim_ct_wake_cond(self, cond, UINT32_MAX, SITE));
}
static void my_cnd_destroy(cnd_t *cond) {
    if (shim_ct_self() != NULL) {
        shim_ct_forget(cond);
    }
    REAL(cnd_destroy)(cond);
}
static int my_thrd_create(thrd_t *handle, thrd_start_t run, void *argument) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(thrd_create)(handle, run, argument)
                        : c11(shim_ct_create(self, handle, NULL, NULL, run, argument, SITE));
}
static int my_thrd_join(thrd_t handle, int *result) {
    struct shim_ct_thread *self = shim_ct_self();
    void *value = NULL;
    if (self == NULL) {
        return REAL(thrd_join)(handle, result);
    }
    int joined = shim_ct_join(self, handle, &value, SITE);
    if (joined == 0 && result != NULL) {
        *result = (int)(intptr_t)value;
    }
    return c11(joined);
}
static int my_thrd_detach(thrd_t handle) {
    return shim_ct_self() == NULL ? REAL(thrd_detach)(handle) : c11(shim_ct_detach(handle));
}
static void my_call_once(once_flag *flag, void (*run)(void)) {
    if (shim_ct_self() == NULL) {
        REAL(call_once)(flag, run);
    } else {
        (void)shim_ct_run_once(shim_ct_self(), (pthread_once_t *)(void *)flag, run, SITE);
    }
}

static int my_thrd_sleep(const struct timespec *time, struct timespec *rest) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL || !shim_ct_is_time(time)) {
        return REAL(thrd_sleep)(time, rest);
    }
    uint64_t left = shim_ct_rest(self, shim_ct_nanoseconds(time), SITE);
    if (left != 0 && rest != NULL) {
        rest->tv_sec = (time_t)(left / SHIM_CT_SECOND);
        rest->tv_nsec = (long)(left % SHIM_CT_SECOND);
    }
    return left != 0 ? -1 : 0;
}

static void my_thrd_yield(void) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL) {
        REAL(thrd_yield)();
    } else {
        shim_ct_point(self, SHIM_OP_YIELD, NULL, false, SITE);
    }
}

SHIM_CT_WAYS_IN(c11, NAMES)
