/* shims/schedule/intercept_posix.c - the operations of threads under control.
 *
 * One function per libc name, all of one shape: a thread that is not under control passes through;
 * one that is says what it is about to do (shim_ct_point_on), and when it may, changes the model and
 * does the real thing where that exists and cannot wait. Condition variables, barriers and timed
 * waits exist in the model alone.
 *
 * The names are SHIM_CT_NAMES below; shim_control_redirect sends imports here and keeps what they
 * meant before, which may be a sanitizer's own interceptor.
 */
#include "shims/schedule/inside.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <semaphore.h>
#include <stdarg.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include "shims/library/module.h"

#define SITE __builtin_return_address(0)

/* What a name meant before: its type is that of the declaration in libc's headers. */
#define REAL(name) (real_##name != NULL ? real_##name : name)

#define SHIM_CT_NAMES(X)                                                                           \
    X(pthread_create) X(pthread_join) X(pthread_detach)                                            \
    X(pthread_mutex_lock) X(pthread_mutex_trylock) X(pthread_mutex_timedlock)                      \
    X(pthread_mutex_clocklock) X(pthread_mutex_unlock) X(pthread_mutex_destroy)                    \
    X(pthread_spin_lock) X(pthread_spin_trylock) X(pthread_spin_unlock)                            \
    X(pthread_rwlock_rdlock) X(pthread_rwlock_tryrdlock) X(pthread_rwlock_wrlock)                  \
    X(pthread_rwlock_trywrlock) X(pthread_rwlock_unlock) X(pthread_rwlock_destroy)                 \
    X(pthread_rwlock_timedrdlock) X(pthread_rwlock_timedwrlock)                                    \
    X(pthread_cond_wait) X(pthread_cond_timedwait) X(pthread_cond_clockwait)                       \
    X(pthread_cond_signal) X(pthread_cond_broadcast) X(pthread_cond_destroy)                       \
    X(pthread_barrier_init) X(pthread_barrier_wait) X(pthread_barrier_destroy)                     \
    X(pthread_once) X(sem_wait) X(sem_trywait) X(sem_timedwait) X(sem_clockwait) X(sem_post)       \
    X(sem_destroy)                                                                                 \
    X(mtx_lock) X(mtx_trylock) X(mtx_timedlock) X(mtx_unlock) X(mtx_destroy)                       \
    X(cnd_wait) X(cnd_timedwait) X(cnd_signal) X(cnd_broadcast) X(cnd_destroy)                     \
    X(thrd_create) X(thrd_join) X(thrd_detach) X(thrd_yield) X(thrd_sleep) X(call_once)            \
    X(sched_yield) X(nanosleep) X(clock_nanosleep) X(usleep) X(sleep)                              \
    X(clock_gettime) X(gettimeofday) X(time) X(getrandom) X(syscall)

#define DECLARE(name) static __typeof__(name) *real_##name;
SHIM_CT_NAMES(DECLARE)

/* ---- time ---------------------------------------------------------------------------------------- */

#define SECOND 1000000000ull
#define EPOCH (1000000000ull * SECOND) /* the virtual clocks begin here: 9 September 2001 */

static uint64_t nanoseconds(const struct timespec *time) {
    return (uint64_t)time->tv_sec * SECOND + (uint64_t)time->tv_nsec;
}

/* Virtual deadline of an absolute time. */
static uint64_t until(const struct timespec *time) {
    uint64_t absolute = time->tv_sec < 0 ? 0 : nanoseconds(time);
    return absolute <= EPOCH ? 0 : absolute - EPOCH;
}

static bool is_time(const struct timespec *time) {
    return time != NULL && time->tv_nsec >= 0 && time->tv_nsec < (long)SECOND;
}

static void sleep_for(struct shim_ct_thread *self, uint64_t ns, const void *site) {
    shim_ct_point_on(self, SHIM_OP_SLEEP, NULL, false, shim_ct.now + ns, site);
}

static int my_nanosleep(const struct timespec *time, struct timespec *rest) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL || !is_time(time)) {
        return REAL(nanosleep)(time, rest);
    }
    sleep_for(self, nanoseconds(time), SITE);
    return 0;
}

static int my_clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
                              struct timespec *rest) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL || !is_time(time)) {
        return REAL(clock_nanosleep)(clock, flags, time, rest);
    }
    uint64_t at = flags == TIMER_ABSTIME ? until(time) : shim_ct.now + nanoseconds(time);
    sleep_for(self, at > shim_ct.now ? at - shim_ct.now : 0, SITE);
    return 0;
}

static int my_usleep(useconds_t us) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL) {
        return REAL(usleep)(us);
    }
    sleep_for(self, us * 1000ull, SITE);
    return 0;
}

static unsigned my_sleep(unsigned seconds) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL) {
        return REAL(sleep)(seconds);
    }
    sleep_for(self, seconds * SECOND, SITE);
    return 0;
}

static int my_thrd_sleep(const struct timespec *time, struct timespec *rest) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL || !is_time(time)) {
        return REAL(thrd_sleep)(time, rest);
    }
    sleep_for(self, nanoseconds(time), SITE);
    return 0;
}

static int my_sched_yield(void) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL) {
        return REAL(sched_yield)();
    }
    shim_ct_point(self, SHIM_OP_YIELD, NULL, false, SITE);
    return 0;
}

static void my_thrd_yield(void) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL) {
        REAL(thrd_yield)();
    } else {
        shim_ct_point(self, SHIM_OP_YIELD, NULL, false, SITE);
    }
}

static int my_clock_gettime(clockid_t clock, struct timespec *time) {
    if (shim_ct_self() == NULL) {
        return REAL(clock_gettime)(clock, time);
    }
    shim_ct.now += SHIM_CONTROL_TICK; /* who spins on the clock sees it move */
    uint64_t now = EPOCH + shim_ct.now;
    time->tv_sec = (time_t)(now / SECOND);
    time->tv_nsec = (long)(now % SECOND);
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

static ssize_t my_getrandom(void *buffer, size_t size, unsigned flags) {
    if (shim_ct_self() == NULL) {
        return REAL(getrandom)(buffer, size, flags);
    }
    unsigned char *at = buffer;
    for (size_t i = 0; i < size; i++) {
        shim_ct.random = shim_ct.random * 6364136223846793005u + 1442695040888963407u;
        at[i] = (unsigned char)(shim_ct.random >> 56);
    }
    return (ssize_t)size;
}

/* ---- mutexes ------------------------------------------------------------------------------------- */

static struct shim_ct_object *mutex_of(const void *mutex, bool normal, bool recursive) {
    bool made;
    struct shim_ct_object *object = shim_ct_find(mutex, SHIM_CT_MUTEX, &made);
    if (object != NULL && made) {
        object->normal = normal;
        object->recursive = recursive;
    }
    return object;
}

static struct shim_ct_object *pthread_mutex_object(const pthread_mutex_t *mutex) {
    int kind = mutex->__data.__kind & 3; /* glibc: also of robust and priority mutexes */
    return mutex_of(mutex, kind != PTHREAD_MUTEX_RECURSIVE && kind != PTHREAD_MUTEX_ERRORCHECK,
                    kind == PTHREAD_MUTEX_RECURSIVE);
}

/* After the real lock said `result`. */
static int took(struct shim_ct_thread *self, struct shim_ct_object *object, int result) {
    if (result == 0 || result == EOWNERDEAD) {
        object->owner = shim_ct_number(self);
        object->depth++;
    }
    return result;
}

static int lock_mutex(struct shim_ct_thread *self, pthread_mutex_t *mutex, uint64_t deadline,
                      const void *site) {
    struct shim_ct_object *object = pthread_mutex_object(mutex);
    shim_ct_point_on(self, SHIM_OP_LOCK, object, true, deadline, site);
    if (object->owner != SHIM_CT_NOBODY &&
        (object->owner != shim_ct_number(self) || object->normal)) {
        return ETIMEDOUT;
    }
    return took(self, object, REAL(pthread_mutex_lock)(mutex));
}

static int my_pthread_mutex_lock(pthread_mutex_t *mutex) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(pthread_mutex_lock)(mutex)
                        : lock_mutex(self, mutex, SHIM_CT_NEVER, SITE);
}

static int my_pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *time) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL || !is_time(time) ? REAL(pthread_mutex_timedlock)(mutex, time)
                                          : lock_mutex(self, mutex, until(time), SITE);
}

static int my_pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock,
                                      const struct timespec *time) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL || !is_time(time) ? REAL(pthread_mutex_clocklock)(mutex, clock, time)
                                          : lock_mutex(self, mutex, until(time), SITE);
}

static int my_pthread_mutex_trylock(pthread_mutex_t *mutex) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL) {
        return REAL(pthread_mutex_trylock)(mutex);
    }
    struct shim_ct_object *object = pthread_mutex_object(mutex);
    shim_ct_point_on(self, SHIM_OP_LOCK, object, true, 0, SITE);
    if (object->owner != SHIM_CT_NOBODY &&
        (object->owner != shim_ct_number(self) || !object->recursive)) {
        return EBUSY;
    }
    return took(self, object, REAL(pthread_mutex_trylock)(mutex));
}

static void released(struct shim_ct_object *object) {
    if (object->depth > 0 && --object->depth == 0) {
        object->owner = SHIM_CT_NOBODY;
    }
}

static int my_pthread_mutex_unlock(pthread_mutex_t *mutex) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL) {
        return REAL(pthread_mutex_unlock)(mutex);
    }
    struct shim_ct_object *object = pthread_mutex_object(mutex);
    shim_ct_point_on(self, SHIM_OP_UNLOCK, object, true, SHIM_CT_NEVER, SITE);
    int result = REAL(pthread_mutex_unlock)(mutex);
    if (result == 0) {
        released(object);
    }
    return result;
}

/* Objects of which nothing but the address is of interest any more. */
#define DESTROY(name, type)                                                                        \
    static int my_##name(type *object) {                                                           \
        if (shim_ct_self() != NULL) {                                                              \
            shim_ct_forget(object);                                                                \
        }                                                                                          \
        return REAL(name)(object);                                                                 \
    }
DESTROY(pthread_mutex_destroy, pthread_mutex_t)
DESTROY(pthread_rwlock_destroy, pthread_rwlock_t)
DESTROY(pthread_cond_destroy, pthread_cond_t)
DESTROY(pthread_barrier_destroy, pthread_barrier_t)
DESTROY(sem_destroy, sem_t)

static int my_pthread_spin_lock(pthread_spinlock_t *lock) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL) {
        return REAL(pthread_spin_lock)(lock);
    }
    struct shim_ct_object *object = mutex_of((const void *)lock, true, false);
    shim_ct_point_on(self, SHIM_OP_LOCK, object, true, SHIM_CT_NEVER, SITE);
    return took(self, object, REAL(pthread_spin_lock)(lock));
}

static int my_pthread_spin_trylock(pthread_spinlock_t *lock) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL) {
        return REAL(pthread_spin_trylock)(lock);
    }
    struct shim_ct_object *object = mutex_of((const void *)lock, true, false);
    shim_ct_point_on(self, SHIM_OP_LOCK, object, true, 0, SITE);
    return object->owner != SHIM_CT_NOBODY ? EBUSY
                                           : took(self, object, REAL(pthread_spin_trylock)(lock));
}

static int my_pthread_spin_unlock(pthread_spinlock_t *lock) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL) {
        return REAL(pthread_spin_unlock)(lock);
    }
    struct shim_ct_object *object = mutex_of((const void *)lock, true, false);
    shim_ct_point_on(self, SHIM_OP_UNLOCK, object, true, SHIM_CT_NEVER, SITE);
    released(object);
    return REAL(pthread_spin_unlock)(lock);
}

/* ---- read-write locks ---------------------------------------------------------------------------- */

static struct shim_ct_object *rwlock_of(const void *lock) {
    bool made;
    return shim_ct_find(lock, SHIM_CT_RWLOCK, &made);
}

static int lock_rw(struct shim_ct_thread *self, pthread_rwlock_t *lock, bool write,
                   uint64_t deadline, const void *site) {
    struct shim_ct_object *object = rwlock_of(lock);
    shim_ct_point_on(self, write ? SHIM_OP_WRLOCK : SHIM_OP_RDLOCK, object, write, deadline, site);
    if (object->owner == shim_ct_number(self)) {
        return EDEADLK;
    }
    if (object->owner != SHIM_CT_NOBODY || (write && object->readers != 0)) {
        return ETIMEDOUT;
    }
    int result = write ? REAL(pthread_rwlock_wrlock)(lock) : REAL(pthread_rwlock_rdlock)(lock);
    if (result == 0 && write) {
        object->owner = shim_ct_number(self);
    } else if (result == 0) {
        object->readers++;
    }
    return result;
}

static int my_pthread_rwlock_rdlock(pthread_rwlock_t *lock) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(pthread_rwlock_rdlock)(lock)
                        : lock_rw(self, lock, false, SHIM_CT_NEVER, SITE);
}
static int my_pthread_rwlock_wrlock(pthread_rwlock_t *lock) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(pthread_rwlock_wrlock)(lock)
                        : lock_rw(self, lock, true, SHIM_CT_NEVER, SITE);
}
static int my_pthread_rwlock_tryrdlock(pthread_rwlock_t *lock) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL) {
        return REAL(pthread_rwlock_tryrdlock)(lock);
    }
    int result = lock_rw(self, lock, false, 0, SITE);
    return result == ETIMEDOUT || result == EDEADLK ? EBUSY : result;
}
static int my_pthread_rwlock_trywrlock(pthread_rwlock_t *lock) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL) {
        return REAL(pthread_rwlock_trywrlock)(lock);
    }
    int result = lock_rw(self, lock, true, 0, SITE);
    return result == ETIMEDOUT || result == EDEADLK ? EBUSY : result;
}
static int my_pthread_rwlock_timedrdlock(pthread_rwlock_t *lock, const struct timespec *time) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL || !is_time(time) ? REAL(pthread_rwlock_timedrdlock)(lock, time)
                                          : lock_rw(self, lock, false, until(time), SITE);
}
static int my_pthread_rwlock_timedwrlock(pthread_rwlock_t *lock, const struct timespec *time) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL || !is_time(time) ? REAL(pthread_rwlock_timedwrlock)(lock, time)
                                          : lock_rw(self, lock, true, until(time), SITE);
}

static int my_pthread_rwlock_unlock(pthread_rwlock_t *lock) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL) {
        return REAL(pthread_rwlock_unlock)(lock);
    }
    struct shim_ct_object *object = rwlock_of(lock);
    shim_ct_point_on(self, SHIM_OP_UNLOCK, object, true, SHIM_CT_NEVER, SITE);
    if (object->owner == shim_ct_number(self)) {
        object->owner = SHIM_CT_NOBODY;
    } else if (object->readers != 0) {
        object->readers--;
    }
    return REAL(pthread_rwlock_unlock)(lock);
}

/* ---- condition variables ------------------------------------------------------------------------- */

static struct shim_ct_object *cond_of(const void *cond) {
    bool made;
    return shim_ct_find(cond, SHIM_CT_COND, &made);
}

static int wait_cond(struct shim_ct_thread *self, const void *cond, pthread_mutex_t *mutex,
                     uint64_t deadline, const void *site) {
    struct shim_ct_object *object = cond_of(cond), *held = pthread_mutex_object(mutex);
    shim_ct_point_on(self, SHIM_OP_UNLOCK, held, true, SHIM_CT_NEVER, site);
    uint32_t depth = held->depth;
    for (uint32_t i = 0; i < depth; i++) {
        (void)REAL(pthread_mutex_unlock)(mutex);
        released(held);
    }
    bool woken = shim_ct_park(self, object, deadline, site);
    for (uint32_t i = 0; i < (depth != 0 ? depth : 1); i++) {
        (void)lock_mutex(self, mutex, SHIM_CT_NEVER, site);
    }
    return woken ? 0 : ETIMEDOUT;
}

static int my_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(pthread_cond_wait)(cond, mutex)
                        : wait_cond(self, cond, mutex, SHIM_CT_NEVER, SITE);
}
static int my_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                                     const struct timespec *time) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL || !is_time(time) ? REAL(pthread_cond_timedwait)(cond, mutex, time)
                                          : wait_cond(self, cond, mutex, until(time), SITE);
}
static int my_pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock,
                                     const struct timespec *time) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL || !is_time(time) ? REAL(pthread_cond_clockwait)(cond, mutex, clock, time)
                                          : wait_cond(self, cond, mutex, until(time), SITE);
}

static int wake_cond(struct shim_ct_thread *self, const void *cond, uint32_t most, const void *site) {
    struct shim_ct_object *object = cond_of(cond);
    shim_ct_point_on(self, SHIM_OP_WAKE, object, true, SHIM_CT_NEVER, site);
    shim_ct_wake(object, most);
    return 0;
}

static int my_pthread_cond_signal(pthread_cond_t *cond) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(pthread_cond_signal)(cond) : wake_cond(self, cond, 1, SITE);
}
static int my_pthread_cond_broadcast(pthread_cond_t *cond) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(pthread_cond_broadcast)(cond)
                        : wake_cond(self, cond, UINT32_MAX, SITE);
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
        object->value = size;
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

static int my_pthread_once(pthread_once_t *once, void (*run)(void)) {
    struct shim_ct_thread *self = shim_ct_self();
    bool made;
    if (self == NULL) {
        return REAL(pthread_once)(once, run);
    }
    struct shim_ct_object *object = shim_ct_find(once, SHIM_CT_ONCE, &made);
    shim_ct_point_on(self, SHIM_OP_ONCE, object, true, SHIM_CT_NEVER, SITE);
    int64_t before = object->value;
    if (before == 0) {
        object->value = 1;
        object->owner = shim_ct_number(self);
    }
    int result = REAL(pthread_once)(once, run);
    if (before == 0) {
        object->value = 2;
        object->owner = SHIM_CT_NOBODY;
    }
    return result;
}

static struct shim_ct_object *sem_of(sem_t *sem) {
    bool made;
    struct shim_ct_object *object = shim_ct_find(sem, SHIM_CT_SEM, &made);
    if (made) {
        int value = 0;
        (void)sem_getvalue(sem, &value);
        object->value = value;
    }
    return object;
}

static int wait_sem(struct shim_ct_thread *self, sem_t *sem, uint64_t deadline, int missed,
                    const void *site) {
    struct shim_ct_object *object = sem_of(sem);
    shim_ct_point_on(self, SHIM_OP_SEM_WAIT, object, true, deadline, site);
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
    return self == NULL || !is_time(time) ? REAL(sem_timedwait)(sem, time)
                                          : wait_sem(self, sem, until(time), ETIMEDOUT, SITE);
}
static int my_sem_clockwait(sem_t *restrict sem, clockid_t clock,
                            const struct timespec *restrict time) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL || !is_time(time) ? REAL(sem_clockwait)(sem, clock, time)
                                          : wait_sem(self, sem, until(time), ETIMEDOUT, SITE);
}
static int my_sem_post(sem_t *sem) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL) {
        return REAL(sem_post)(sem);
    }
    struct shim_ct_object *object = sem_of(sem);
    shim_ct_point_on(self, SHIM_OP_SEM_POST, object, true, SHIM_CT_NEVER, SITE);
    object->value++;
    return REAL(sem_post)(sem);
}

/* ---- threads ------------------------------------------------------------------------------------- */

static int create(struct shim_ct_thread *self, pthread_t *handle, const pthread_attr_t *attributes,
                  void *(*run)(void *), int (*run_c11)(void *), void *argument, const void *site) {
    int state = PTHREAD_CREATE_JOINABLE;
    shim_ct_point(self, SHIM_OP_CREATE, NULL, true, site);
    struct shim_ct_thread *made = shim_ct_thread_add(site);
    made->run = run;
    made->run_c11 = run_c11;
    made->argument = argument;
    if (attributes != NULL) {
        (void)pthread_attr_getdetachstate(attributes, &state);
    }
    int result = REAL(pthread_create)(&made->handle, attributes, shim_ct_thread_body, made);
    if (result != 0) {
        made->state = SHIM_CT_DONE;
        return result;
    }
    made->has_handle = true;
    made->detached = state == PTHREAD_CREATE_DETACHED;
    *handle = made->handle;
    return 0;
}

static int my_pthread_create(pthread_t *restrict handle, const pthread_attr_t *restrict attributes,
                             void *(*run)(void *), void *restrict argument) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(pthread_create)(handle, attributes, run, argument)
                        : create(self, handle, attributes, run, NULL, argument, SITE);
}

static struct shim_ct_thread *by_handle(pthread_t handle) {
    for (uint32_t i = 1; i < shim_ct.threads; i++) {
        struct shim_ct_thread *thread = &shim_ct.thread[i];
        if (thread->has_handle && !thread->joined && !thread->detached &&
            pthread_equal(thread->handle, handle)) {
            return thread;
        }
    }
    return NULL;
}

static int join(struct shim_ct_thread *self, pthread_t handle, void **result, const void *site) {
    struct shim_ct_thread *thread = by_handle(handle);
    if (thread == NULL) {
        return REAL(pthread_join)(handle, result);
    }
    self->target = shim_ct_number(thread);
    shim_ct_point(self, SHIM_OP_JOIN, thread, false, site);
    self->target = -1;
    thread->joined = true;
    return REAL(pthread_join)(handle, result);
}

static int my_pthread_join(pthread_t handle, void **result) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(pthread_join)(handle, result) : join(self, handle, result, SITE);
}

static int my_pthread_detach(pthread_t handle) {
    struct shim_ct_thread *thread = shim_ct_self() == NULL ? NULL : by_handle(handle);
    if (thread != NULL) {
        thread->detached = true;
    }
    return REAL(pthread_detach)(handle);
}

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
                        : c11(lock_mutex(self, mutex_in(mutex), SHIM_CT_NEVER, SITE));
}
static int my_mtx_timedlock(mtx_t *restrict mutex, const struct timespec *restrict time) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL || !is_time(time) ? REAL(mtx_timedlock)(mutex, time)
                                          : c11(lock_mutex(self, mutex_in(mutex), until(time), SITE));
}
static int my_mtx_trylock(mtx_t *mutex) {
    return shim_ct_self() == NULL ? REAL(mtx_trylock)(mutex)
                                  : c11(my_pthread_mutex_trylock(mutex_in(mutex)));
}
static int my_mtx_unlock(mtx_t *mutex) {
    return shim_ct_self() == NULL ? REAL(mtx_unlock)(mutex)
                                  : c11(my_pthread_mutex_unlock(mutex_in(mutex)));
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
                        : c11(wait_cond(self, cond, mutex_in(mutex), SHIM_CT_NEVER, SITE));
}
static int my_cnd_timedwait(cnd_t *restrict cond, mtx_t *restrict mutex,
                            const struct timespec *restrict time) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL || !is_time(time)
               ? REAL(cnd_timedwait)(cond, mutex, time)
               : c11(wait_cond(self, cond, mutex_in(mutex), until(time), SITE));
}
static int my_cnd_signal(cnd_t *cond) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(cnd_signal)(cond) : c11(wake_cond(self, cond, 1, SITE));
}
static int my_cnd_broadcast(cnd_t *cond) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(cnd_broadcast)(cond) : c11(wake_cond(self, cond, UINT32_MAX, SITE));
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
                        : c11(create(self, handle, NULL, NULL, run, argument, SITE));
}
static int my_thrd_join(thrd_t handle, int *result) {
    struct shim_ct_thread *self = shim_ct_self();
    void *value = NULL;
    if (self == NULL) {
        return REAL(thrd_join)(handle, result);
    }
    int joined = join(self, handle, &value, SITE);
    if (joined == 0 && result != NULL) {
        *result = (int)(intptr_t)value;
    }
    return c11(joined);
}
static int my_thrd_detach(thrd_t handle) {
    return shim_ct_self() == NULL ? REAL(thrd_detach)(handle) : c11(my_pthread_detach(handle));
}
static void my_call_once(once_flag *flag, void (*run)(void)) {
    if (shim_ct_self() == NULL) {
        REAL(call_once)(flag, run);
    } else {
        (void)my_pthread_once((pthread_once_t *)(void *)flag, run);
    }
}

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
                          time == NULL ? SHIM_CT_NEVER : shim_ct.now + nanoseconds(time), site);
    case FUTEX_WAIT_BITSET:
        return wait_futex(self, address, (int)word[2],
                          time == NULL ? SHIM_CT_NEVER : until(time), site);
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET: {
        struct shim_ct_object *object = shim_ct_find(address, SHIM_CT_FUTEX, &made);
        shim_ct_point_on(self, SHIM_OP_WAKE, object, true, SHIM_CT_NEVER, site);
        return shim_ct_wake(object, (uint32_t)word[2]);
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
        return my_getrandom((void *)(size_t)word[0], (size_t)word[1], 0);
    }
    if (self != NULL && number == SYS_gettid) {
        return 1000 + shim_ct_number(self);
    }
    return REAL(syscall)(number, word[0], word[1], word[2], word[3], word[4], word[5]);
}

/* ---- redirection --------------------------------------------------------------------------------- */

int shim_control_redirect(struct shim_module *module) {
    int slots = 0;
    shim_entry before;
#define REDIRECT(name)                                                                             \
    before = NULL;                                                                                 \
    slots += shim_module_redirect(module, #name, (shim_entry)my_##name, &before);                  \
    if (before != NULL && before != (shim_entry)my_##name) {                                       \
        real_##name = (__typeof__(name) *)before;                                                  \
    }
    SHIM_CT_NAMES(REDIRECT)
    return slots + shim_ct_redirect_files(module);
}

/* ---- for the harness ----------------------------------------------------------------------------- */

int shim_control_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                        void *argument) {
    return my_pthread_create(thread, attributes, run, argument);
}

int shim_control_join(pthread_t thread, void **result) {
    return my_pthread_join(thread, result);
}

void shim_control_yield(void) {
    my_sched_yield();
}

void shim_control_sleep(uint64_t ns) {
    struct timespec time = {.tv_sec = (time_t)(ns / SECOND), .tv_nsec = (long)(ns % SECOND)};
    my_nanosleep(&time, NULL);
}

uint64_t shim_control_now(void) {
    struct timespec time;
    my_clock_gettime(CLOCK_MONOTONIC, &time);
    return nanoseconds(&time);
}

bool shim_control_park(const void *object, uint64_t ns) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL || shim_ct_park(self, cond_of(object), shim_ct.now + ns, SITE);
}

void shim_control_unpark(const void *object) {
    if (shim_ct_self() != NULL) {
        shim_ct_wake(cond_of(object), UINT32_MAX);
    }
}
