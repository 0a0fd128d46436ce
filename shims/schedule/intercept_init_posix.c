/* shims/schedule/intercept_init_posix.c - what initialises locks and the like: no decision, but reports can say where
 * an object was made, and nothing is left of one that was at its address before. */
#include "shims/schedule/intercept.h"

#include <semaphore.h>
#include <threads.h>

#define NAMES(X)                                                                                   \
    X(pthread_mutex_init) X(pthread_rwlock_init) X(pthread_cond_init) X(sem_init) X(mtx_init)      \
    X(cnd_init)
NAMES(SHIM_CT_DECLARE)

#define MAKER(name, kind, parameters, arguments, object)                                           \
    static int my_##name parameters {                                                              \
        const struct shim_ct_thread *self = shim_ct_self();                                        \
        if (self != NULL) {                                                                        \
            shim_ct_forget(object);                                                                \
            shim_watch_made(self, object, kind, SITE);                                             \
        }                                                                                          \
        return REAL(name) arguments;                                                               \
    }

MAKER(pthread_mutex_init, SHIM_CT_MUTEX,
      (pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes), (mutex, attributes), mutex)
MAKER(pthread_rwlock_init, SHIM_CT_RWLOCK,
      (pthread_rwlock_t *restrict lock, const pthread_rwlockattr_t *restrict attributes),
      (lock, attributes), lock)
MAKER(pthread_cond_init, SHIM_CT_COND,
      (pthread_cond_t *restrict cond, const pthread_condattr_t *restrict attributes),
      (cond, attributes), cond)
MAKER(sem_init, SHIM_CT_SEM, (sem_t *sem, int shared, unsigned value), (sem, shared, value), sem)
MAKER(mtx_init, SHIM_CT_MUTEX, (mtx_t *mutex, int type), (mutex, type), mutex)
MAKER(cnd_init, SHIM_CT_COND, (cnd_t *cond), (cond), cond)

SHIM_CT_WAYS_IN(makers, NAMES)
