/* shims/schedule/intercept_lock_posix.c - mutexes, spin locks and read-write locks of threads under control.
 *
 * Taken for real as well, once the model says that they are free.
 */
#include "shims/schedule/intercept.h"

#include <errno.h>

#define NAMES(X)                                                                                   \
    X(pthread_mutex_lock) X(pthread_mutex_trylock) X(pthread_mutex_timedlock)                      \
    X(pthread_mutex_clocklock) X(pthread_mutex_unlock) X(pthread_mutex_destroy)                    \
    X(pthread_spin_lock) X(pthread_spin_trylock) X(pthread_spin_unlock) X(pthread_rwlock_rdlock)   \
    X(pthread_rwlock_tryrdlock) X(pthread_rwlock_wrlock) X(pthread_rwlock_trywrlock)               \
    X(pthread_rwlock_unlock) X(pthread_rwlock_destroy) X(pthread_rwlock_timedrdlock)               \
    X(pthread_rwlock_timedwrlock) X(pthread_rwlock_clockrdlock)                                    \
    X(pthread_rwlock_clockwrlock)
NAMES(SHIM_CT_DECLARE)

#define MUTEX_ROBUST 16 /* of __kind in glibc */

/* ---- mutexes ------------------------------------------------------------------------------------- */

static struct shim_ct_object *mutex_of(const void *mutex, bool normal, bool recursive) {
    bool made;
    struct shim_ct_object *object = shim_ct_find(mutex, SHIM_CT_MUTEX, &made);
    object->normal = normal; /* every time: another mutex may lie there now */
    object->recursive = recursive;
    return object;
}

struct shim_ct_object *shim_ct_mutex(const pthread_mutex_t *mutex) {
    int kind = mutex->__data.__kind & 3; /* glibc: also of robust and priority mutexes */
    struct shim_ct_object *object =
        mutex_of(mutex, kind != PTHREAD_MUTEX_RECURSIVE && kind != PTHREAD_MUTEX_ERRORCHECK,
                 kind == PTHREAD_MUTEX_RECURSIVE);
    if (object->owner != SHIM_CT_NOBODY && mutex->__data.__lock == 0) { /* another mutex lies there now */
        object->owner = SHIM_CT_NOBODY;
        object->depth = 0;
    }
    object->robust = (mutex->__data.__kind & MUTEX_ROBUST) != 0;
    return object;
}

/* After the real lock said `result`. */
static int took(struct shim_ct_thread *self, struct shim_ct_object *object, int result) {
    if (result == 0 || result == EOWNERDEAD) {
        object->owner = shim_ct_number(self);
        object->depth++;
    }
    return result;
}

int shim_ct_lock_mutex(struct shim_ct_thread *self, pthread_mutex_t *mutex, uint64_t deadline,
                       const void *site) {
    struct shim_ct_object *object = shim_ct_mutex(mutex);
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
                        : shim_ct_lock_mutex(self, mutex, SHIM_CT_NEVER, SITE);
}

int shim_ct_lock_mutex_by(struct shim_ct_thread *self, pthread_mutex_t *mutex, const struct timespec *time,
                          const void *site) {
    bool is_time = shim_ct_is_time(time); /* looked at only when the mutex is not free */
    int result = shim_ct_lock_mutex(self, mutex, is_time ? shim_ct_until(time) : 0, site);
    return result == ETIMEDOUT && !is_time ? EINVAL : result;
}

static int my_pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *time) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(pthread_mutex_timedlock)(mutex, time) : shim_ct_lock_mutex_by(self, mutex, time, SITE);
}

static int my_pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock,
                                      const struct timespec *time) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL || (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
               ? REAL(pthread_mutex_clocklock)(mutex, clock, time) /* which says EINVAL */
               : shim_ct_lock_mutex_by(self, mutex, time, SITE);
}

int shim_ct_try_mutex(struct shim_ct_thread *self, pthread_mutex_t *mutex, const void *site) {
    struct shim_ct_object *object = shim_ct_mutex(mutex);
    shim_ct_point_on(self, SHIM_OP_LOCK, object, true, 0, site);
    if (object->owner != SHIM_CT_NOBODY &&
        (object->owner != shim_ct_number(self) || !object->recursive)) {
        return EBUSY;
    }
    /* The real owner may still be on its way out: wait for it, as it is gone already in the run. */
    bool wait = object->orphan;
    object->orphan = false;
    return took(self, object, wait ? REAL(pthread_mutex_lock)(mutex) : REAL(pthread_mutex_trylock)(mutex));
}

static int my_pthread_mutex_trylock(pthread_mutex_t *mutex) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(pthread_mutex_trylock)(mutex) : shim_ct_try_mutex(self, mutex, SITE);
}

static void released(struct shim_ct_object *object) {
    if (object->depth > 0 && --object->depth == 0) {
        object->owner = SHIM_CT_NOBODY;
    }
}

int shim_ct_unlock_mutex(struct shim_ct_thread *self, pthread_mutex_t *mutex, const void *site) {
    struct shim_ct_object *object = shim_ct_mutex(mutex);
    shim_ct_point_on(self, SHIM_OP_UNLOCK, object, true, SHIM_CT_NEVER, site);
    int result = REAL(pthread_mutex_unlock)(mutex);
    if (result == 0) {
        released(object);
        shim_ct_go_on(self, site);
    }
    return result;
}

int shim_ct_give_up_mutex(const struct shim_ct_thread *self, pthread_mutex_t *mutex) {
    struct shim_ct_object *object = shim_ct_mutex(mutex);
    bool mine = object->owner == shim_ct_number(self);
    if (!mine && !object->normal) {
        return EPERM;
    }
    int result = mine ? REAL(pthread_mutex_unlock)(mutex) : 0;
    if (mine) {
        released(object);
    }
    return result;
}

static int my_pthread_mutex_unlock(pthread_mutex_t *mutex) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(pthread_mutex_unlock)(mutex) : shim_ct_unlock_mutex(self, mutex, SITE);
}

SHIM_CT_DESTROY(pthread_mutex_destroy, pthread_mutex_t)
SHIM_CT_DESTROY(pthread_rwlock_destroy, pthread_rwlock_t)

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
    int result = REAL(pthread_spin_unlock)(lock);
    shim_ct_go_on(self, SITE);
    return result;
}

/* ---- read-write locks ---------------------------------------------------------------------------- */

static struct shim_ct_object *rwlock_of(const void *lock) {
    bool made;
    return shim_ct_find(lock, SHIM_CT_RWLOCK, &made);
}

static int lock_rw(struct shim_ct_thread *self, pthread_rwlock_t *lock, bool write,
                   uint64_t deadline, const void *site) {
    struct shim_ct_object *object = rwlock_of(lock);
    object->writers_first = lock->__data.__flags == PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP;
    shim_ct_point_on(self, write ? SHIM_OP_WRLOCK : SHIM_OP_RDLOCK, object, write, deadline, site);
    if (object->owner == shim_ct_number(self)) {
        return EDEADLK;
    }
    if (object->owner != SHIM_CT_NOBODY || (write && object->readers != 0) ||
        (!write && deadline != 0 && shim_ct_writer_waits(object))) {
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
    return self == NULL || !shim_ct_is_time(time) ? REAL(pthread_rwlock_timedrdlock)(lock, time)
                                          : lock_rw(self, lock, false, shim_ct_until(time), SITE);
}
static int my_pthread_rwlock_timedwrlock(pthread_rwlock_t *lock, const struct timespec *time) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL || !shim_ct_is_time(time) ? REAL(pthread_rwlock_timedwrlock)(lock, time)
                                          : lock_rw(self, lock, true, shim_ct_until(time), SITE);
}
static int my_pthread_rwlock_clockrdlock(pthread_rwlock_t *lock, clockid_t clock,
                                         const struct timespec *time) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL || !shim_ct_is_time(time) ? REAL(pthread_rwlock_clockrdlock)(lock, clock, time)
                                                  : lock_rw(self, lock, false, shim_ct_until(time), SITE);
}
static int my_pthread_rwlock_clockwrlock(pthread_rwlock_t *lock, clockid_t clock,
                                         const struct timespec *time) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL || !shim_ct_is_time(time) ? REAL(pthread_rwlock_clockwrlock)(lock, clock, time)
                                                  : lock_rw(self, lock, true, shim_ct_until(time), SITE);
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
    int result = REAL(pthread_rwlock_unlock)(lock);
    shim_ct_go_on(self, SITE);
    return result;
}

SHIM_CT_WAYS_IN(locks, NAMES)
