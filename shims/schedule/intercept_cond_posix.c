/* shims/schedule/intercept_cond_posix.c - condition variables, barriers, once and semaphores of threads under control.
 *
 * Condition variables and barriers live in the model alone.
 */
#include "shims/schedule/intercept.h"

#include <errno.h>
#include <semaphore.h>

#define NAMES(X)                                                                                   \
    X(pthread_cond_wait) X(pthread_cond_timedwait) X(pthread_cond_clockwait)                       \
    X(pthread_cond_signal) X(pthread_cond_broadcast) X(pthread_cond_destroy)                       \
    X(pthread_barrier_init) X(pthread_barrier_wait) X(pthread_barrier_destroy) X(pthread_once)     \
    X(sem_wait) X(sem_trywait) X(sem_timedwait) X(sem_clockwait) X(sem_post) X(sem_destroy)
NAMES(SHIM_CT_DECLARE)

/* ---- condition variables ------------------------------------------------------------------------- */

struct shim_ct_object *shim_ct_cond(const void *cond) {
    bool made;
    return shim_ct_find(cond, SHIM_CT_COND, &made);
}

int shim_ct_wait_cond(struct shim_ct_thread *self, const void *cond, pthread_mutex_t *mutex,
                      uint64_t deadline, const void *site) {
    struct shim_ct_object *object = shim_ct_cond(cond), *held = shim_ct_mutex(mutex);
    shim_ct_point_on(self, SHIM_OP_UNLOCK, held, true, SHIM_CT_NEVER, site);
    int result = shim_ct_give_up_mutex(self, mutex);
    if (result != 0) {
        return result;
    }
    self->may_cancel = true;
    bool woken = shim_ct_park(self, object, deadline, site);
    self->may_cancel = false;
    bool uncancellable = self->uncancellable, cancelled = self->cancelled && !uncancellable && !woken;
    self->uncancellable = true; /* not without the mutex */
    result = shim_ct_lock_mutex(self, mutex, SHIM_CT_NEVER, site);
    self->uncancellable = uncancellable;
    if (cancelled) {
        shim_ct_test_cancel(self);
    }
    return result != 0 || woken || deadline > shim_ct.now ? result : ETIMEDOUT;
}

/* What another process does to it is not seen. Bit 0: glibc's mark of one that is shared. */
static void refuse_shared(struct shim_ct_thread *self, const pthread_cond_t *cond) {
    if (self != NULL && shim_ct.forked && (cond->__data.__wrefs & 1) != 0) {
        shim_ct_end(self, SHIM_RUN_REFUSED, "a condition variable that processes share");
    }
}

static int my_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex) {
    struct shim_ct_thread *self = shim_ct_self();
    refuse_shared(self, cond);
    return self == NULL ? REAL(pthread_cond_wait)(cond, mutex)
                        : shim_ct_wait_cond(self, cond, mutex, SHIM_CT_NEVER, SITE);
}
static int my_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                                     const struct timespec *time) {
    struct shim_ct_thread *self = shim_ct_self();
    refuse_shared(self, cond);
    return self == NULL || !shim_ct_is_time(time) ? REAL(pthread_cond_timedwait)(cond, mutex, time)
                                          : shim_ct_wait_cond(self, cond, mutex, shim_ct_until(time), SITE);
}
static int my_pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock,
                                     const struct timespec *time) {
    struct shim_ct_thread *self = shim_ct_self();
    refuse_shared(self, cond);
    return self == NULL || !shim_ct_is_time(time) ? REAL(pthread_cond_clockwait)(cond, mutex, clock, time)
                                          : shim_ct_wait_cond(self, cond, mutex, shim_ct_until(time), SITE);
}

int shim_ct_wake_cond(struct shim_ct_thread *self, const void *cond, uint32_t most, const void *site) {
    struct shim_ct_object *object = shim_ct_cond(cond);
    shim_ct_point_on(self, SHIM_OP_WAKE, object, true, SHIM_CT_NEVER, site);
    shim_ct_wake(object, most);
    shim_ct_go_on(self, site);
    return 0;
}

static int my_pthread_cond_signal(pthread_cond_t *cond) {
    struct shim_ct_thread *self = shim_ct_self();
    refuse_shared(self, cond);
    return self == NULL ? REAL(pthread_cond_signal)(cond) : shim_ct_wake_cond(self, cond, 1, SITE);
}
static int my_pthread_cond_broadcast(pthread_cond_t *cond) {
    struct shim_ct_thread *self = shim_ct_self();
    refuse_shared(self, cond);
    return self == NULL ? REAL(pthread_cond_broadcast)(cond)
                        : shim_ct_wake_cond(self, cond, UINT32_MAX, SITE);
}

/* ---- barriers, once, semaphores ------------------------------------------------------------------ */

/* Modelled whole, so a barrier that was made before the run is not known. */
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

static int my_pthread_barrier_init(pthread_barrier_t *restrict barrier,
                                   const pthread_barrierattr_t *restrict attributes, unsigned size) {
    if (shim_ct_self() != NULL && size != 0) {
        bool made;
        shim_ct_forget(barrier);
        struct shim_ct_object *object = shim_ct_find(barrier, SHIM_CT_BARRIER, &made);
        int shared = PTHREAD_PROCESS_PRIVATE;
        object->value = size;
        object->shared = attributes != NULL && pthread_barrierattr_getpshared(attributes, &shared) == 0 &&
                         shared == PTHREAD_PROCESS_SHARED;
    }
    return REAL(pthread_barrier_init)(barrier, attributes, size);
}

static int my_pthread_barrier_wait(pthread_barrier_t *barrier) {
    struct shim_ct_thread *self = shim_ct_self();
    bool made;
    if (self == NULL) {
        return REAL(pthread_barrier_wait)(barrier);
    }
    struct shim_ct_object *object = shim_ct_find(barrier, SHIM_CT_BARRIER, &made);
    if (object->value == 0) {
        shim_ct_end(self, SHIM_RUN_REFUSED, "a barrier that was initialised before the run began");
    }
    if (object->shared && shim_ct.forked) {
        shim_ct_end(self, SHIM_RUN_REFUSED, "a barrier that processes share");
    }
    shim_ct_point_on(self, SHIM_OP_WAKE, object, true, SHIM_CT_NEVER, SITE);
    if (__tsan_release != NULL) {
        __tsan_release(barrier);
    }
    bool last = ++object->arrived == object->value;
    if (last) {
        object->arrived = 0;
        shim_ct_wake(object, UINT32_MAX);
    } else {
        shim_ct_park(self, object, SHIM_CT_NEVER, SITE);
    }
    if (__tsan_acquire != NULL) {
        __tsan_acquire(barrier);
    }
    return last ? PTHREAD_BARRIER_SERIAL_THREAD : 0;
}

/* Also when an exception or a cancellation leaves the routine: this file is compiled with -fexceptions. */
static void leave_once(struct shim_ct_object **running) {
    if (*running != NULL) {
        (*running)->value = 2;
        (*running)->owner = SHIM_CT_NOBODY;
    }
}

int shim_ct_run_once(struct shim_ct_thread *self, pthread_once_t *once, void (*run)(void),
                     const void *site) {
    bool made;
    struct shim_ct_object *object = shim_ct_find(once, SHIM_CT_ONCE, &made);
    shim_ct_point_on(self, SHIM_OP_ONCE, object, true, SHIM_CT_NEVER, site);
    if (object->value == 2 && *once == PTHREAD_ONCE_INIT) { /* its routine was left so, or another one lies there now */
        object->value = 0;
    }
    bool first = object->value == 0;
    int result;
    {
        struct shim_ct_object *running __attribute__((cleanup(leave_once))) = first ? object : NULL;
        if (running != NULL) {
            running->value = 1;
            running->owner = shim_ct_number(self);
        }
        result = REAL(pthread_once)(once, run);
    }
    if (first) {
        shim_ct_go_on(self, site);
    }
    return result;
}

static int my_pthread_once(pthread_once_t *once, void (*run)(void)) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(pthread_once)(once, run) : shim_ct_run_once(self, once, run, SITE);
}

/* In a program other processes may have posted it, or another one lies there now. In an engine ThreadSanitizer would take
 * the look for synchronisation. */
#ifdef SHIM_CT_PRELOAD
#define LOOKS_AT_SEMAPHORES true
#else
#define LOOKS_AT_SEMAPHORES false
#endif

static struct shim_ct_object *sem_of(sem_t *sem) {
    bool made;
    struct shim_ct_object *object = shim_ct_find(sem, SHIM_CT_SEM, &made);
    if (made || LOOKS_AT_SEMAPHORES) {
        int value = 0;
        (void)sem_getvalue(sem, &value);
        object->value = value;
    }
    return object;
}

static bool has_value(const void *sem) {
    return sem_of((sem_t *)(size_t)sem)->value > 0;
}

static int wait_sem(struct shim_ct_thread *self, sem_t *sem, uint64_t deadline, int missed,
                    const void *site) {
    struct shim_ct_object *object = sem_of(sem);
    self->may_cancel = self->interruptible = deadline != 0;
    self->outside = shim_ct.forked ? has_value : NULL;
    self->outside_argument = sem;
    shim_ct_point_on(self, SHIM_OP_SEM_WAIT, object, true, deadline, site);
    self->may_cancel = self->interruptible = false;
    self->outside = NULL;
    if (deadline != 0) {
        shim_ct_test_cancel(self);
    }
    if (self->interrupted) {
        errno = EINTR;
        return -1;
    }
    if (object->value <= 0) {
        errno = missed;
        return -1;
    }
    object->value--;
    return REAL(sem_wait)(sem);
}

static int my_sem_wait(sem_t *sem) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(sem_wait)(sem) : wait_sem(self, sem, SHIM_CT_NEVER, EINTR, SITE);
}
static int my_sem_trywait(sem_t *sem) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(sem_trywait)(sem) : wait_sem(self, sem, 0, EAGAIN, SITE);
}
static int my_sem_timedwait(sem_t *restrict sem, const struct timespec *restrict time) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL || !shim_ct_is_time(time) ? REAL(sem_timedwait)(sem, time)
                                          : wait_sem(self, sem, shim_ct_until(time), ETIMEDOUT, SITE);
}
static int my_sem_clockwait(sem_t *restrict sem, clockid_t clock,
                            const struct timespec *restrict time) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL || !shim_ct_is_time(time) ? REAL(sem_clockwait)(sem, clock, time)
                                          : wait_sem(self, sem, shim_ct_until(time), ETIMEDOUT, SITE);
}
static int my_sem_post(sem_t *sem) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL) {
        return REAL(sem_post)(sem);
    }
    struct shim_ct_object *object = sem_of(sem);
    shim_ct_point_on(self, SHIM_OP_SEM_POST, object, true, SHIM_CT_NEVER, SITE);
    object->value++;
    int result = REAL(sem_post)(sem);
    shim_ct_go_on(self, SITE);
    return result;
}

SHIM_CT_DESTROY(pthread_cond_destroy, pthread_cond_t)
SHIM_CT_DESTROY(pthread_barrier_destroy, pthread_barrier_t)
SHIM_CT_DESTROY(sem_destroy, sem_t)

SHIM_CT_WAYS_IN(conditions, NAMES)

/* ---- for the harness ----------------------------------------------------------------------------- */

bool shim_control_park(const void *object, uint64_t ns) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL) {
        return true;
    }
    self->harness = true;
    bool woken = shim_ct_park(self, shim_ct_cond(object), shim_ct.now + ns, SITE);
    self->harness = false;
    return woken;
}

void shim_control_unpark(const void *object) {
    if (shim_ct_self() != NULL) {
        shim_ct_wake(shim_ct_cond(object), UINT32_MAX);
    }
}
