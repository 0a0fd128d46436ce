/* shims/schedule/intercept_thread_posix.c - threads that threads under control create, join and detach. */
#include "shims/schedule/intercept.h"

#include <errno.h>

#define NAMES(X)                                                                                   \
    X(pthread_create) X(pthread_join) X(pthread_tryjoin_np) X(pthread_timedjoin_np)                \
    X(pthread_clockjoin_np) X(pthread_detach) X(pthread_cancel) X(pthread_setcancelstate)          \
    X(pthread_setcanceltype) X(pthread_testcancel)
NAMES(SHIM_CT_DECLARE)

/* ---- threads ------------------------------------------------------------------------------------- */

int shim_ct_create(struct shim_ct_thread *self, pthread_t *handle, const pthread_attr_t *attributes,
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
    bool kept = shim_ct.reuse && attributes == NULL && shim_ct_pool_lend(made) == 0;
    int result = kept ? 0 : REAL(pthread_create)(&made->handle, attributes, shim_ct_thread_body, made);
    if (result != 0) {
        made->state = SHIM_CT_DONE;
        shim_ct.free[shim_ct_number(made)] = false;
        return result;
    }
    made->has_handle = true;
    made->detached = state == PTHREAD_CREATE_DETACHED;
    *handle = made->handle;
    shim_ct_go_on(self, site);
    return 0;
}

static int my_pthread_create(pthread_t *restrict handle, const pthread_attr_t *restrict attributes,
                             void *(*run)(void *), void *restrict argument) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(pthread_create)(handle, attributes, run, argument)
                        : shim_ct_create(self, handle, attributes, run, NULL, argument, SITE);
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

/* missed: the result when the thread has not ended by the deadline. */
static int join_by(struct shim_ct_thread *self, pthread_t handle, void **result, uint64_t deadline, int missed,
                   const void *site) {
    struct shim_ct_thread *thread = by_handle(handle), *first = &shim_ct.thread[0];
    if (thread == self) {
        return EDEADLK;
    }
    if (thread == NULL && self != first && pthread_equal(handle, first->handle)) {
        shim_ct_end(self, SHIM_RUN_REFUSED, "pthread_join of the main thread: it is taken to end last");
    }
    if (thread == NULL) {
        return REAL(pthread_join)(handle, result);
    }
    self->target = shim_ct_number(thread);
    self->may_cancel = true;
    (void)shim_ct_point_by(self, SHIM_OP_JOIN, thread, false, deadline, site);
    self->may_cancel = false;
    self->target = -1;
    shim_ct_test_cancel(self);
    if (thread->state != SHIM_CT_DONE) {
        return missed;
    }
    thread->joined = true;
    if (thread->kept != NULL) {
        void *returned = shim_ct_pool_take_back(thread);
        if (result != NULL) {
            *result = returned;
        }
        return 0;
    }
    return REAL(pthread_join)(handle, result);
}

int shim_ct_join(struct shim_ct_thread *self, pthread_t handle, void **result, const void *site) {
    return join_by(self, handle, result, SHIM_CT_NEVER, 0, site);
}

static int my_pthread_join(pthread_t handle, void **result) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(pthread_join)(handle, result) : shim_ct_join(self, handle, result, SITE);
}

static int my_pthread_tryjoin_np(pthread_t handle, void **result) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(pthread_tryjoin_np)(handle, result) : join_by(self, handle, result, 0, EBUSY, SITE);
}

static int my_pthread_timedjoin_np(pthread_t handle, void **result, const struct timespec *time) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL || !shim_ct_is_time(time)
               ? REAL(pthread_timedjoin_np)(handle, result, time)
               : join_by(self, handle, result, shim_ct_until(time), ETIMEDOUT, SITE);
}

static int my_pthread_clockjoin_np(pthread_t handle, void **result, clockid_t clock, const struct timespec *time) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL || !shim_ct_is_time(time)
               ? REAL(pthread_clockjoin_np)(handle, result, clock, time)
               : join_by(self, handle, result, shim_ct_until(time), ETIMEDOUT, SITE);
}

/* ---- cancellation: in the model alone, for the real one is a signal to a thread that has no turn ----- */

/* Instrumented code calls this before it leaves frames behind; we are not instrumented. */
extern void __asan_handle_no_return(void) __attribute__((weak));

void shim_ct_test_cancel(struct shim_ct_thread *self) {
    if (self->cancelled && !self->uncancellable) {
        self->cancelled = false;
        self->uncancellable = true;
        if (__asan_handle_no_return != NULL) {
            __asan_handle_no_return();
        }
        if (self->kept != NULL) {
            longjmp(self->escape, SHIM_CT_CANCELED);
        }
        pthread_exit(PTHREAD_CANCELED);
    }
}

static void cancel_at_once(struct shim_ct_thread *self) {
    if (self->asynchronous) {
        shim_ct_test_cancel(self);
    }
}

static int my_pthread_cancel(pthread_t handle) {
    struct shim_ct_thread *self = shim_ct_self(), *thread = NULL;
    for (uint32_t i = 0; self != NULL && i < shim_ct.threads; i++) {
        thread = pthread_equal(shim_ct.thread[i].handle, handle) && !shim_ct.thread[i].joined ? &shim_ct.thread[i]
                                                                                             : thread;
    }
    if (thread == NULL) {
        return REAL(pthread_cancel)(handle);
    }
    shim_ct_point(self, SHIM_OP_WAKE, thread, true, SITE);
    thread->cancelled = thread->state != SHIM_CT_DONE;
    cancel_at_once(self);
    return 0;
}

static int my_pthread_setcancelstate(int state, int *before) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL || (state != PTHREAD_CANCEL_ENABLE && state != PTHREAD_CANCEL_DISABLE)) {
        return REAL(pthread_setcancelstate)(state, before);
    }
    if (before != NULL) {
        *before = self->uncancellable ? PTHREAD_CANCEL_DISABLE : PTHREAD_CANCEL_ENABLE;
    }
    self->uncancellable = state == PTHREAD_CANCEL_DISABLE;
    cancel_at_once(self);
    return 0;
}

static int my_pthread_setcanceltype(int type, int *before) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL || (type != PTHREAD_CANCEL_DEFERRED && type != PTHREAD_CANCEL_ASYNCHRONOUS)) {
        return REAL(pthread_setcanceltype)(type, before);
    }
    if (before != NULL) {
        *before = self->asynchronous ? PTHREAD_CANCEL_ASYNCHRONOUS : PTHREAD_CANCEL_DEFERRED;
    }
    self->asynchronous = type == PTHREAD_CANCEL_ASYNCHRONOUS;
    cancel_at_once(self);
    return 0;
}

static void my_pthread_testcancel(void) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL) {
        REAL(pthread_testcancel)();
    } else {
        shim_ct_point(self, SHIM_OP_YIELD, NULL, false, SITE);
        shim_ct_test_cancel(self);
    }
}

int shim_ct_detach(pthread_t handle) {
    struct shim_ct_thread *thread = by_handle(handle);
    if (thread != NULL) {
        thread->detached = true;
    }
    return thread != NULL && thread->kept != NULL ? 0 : REAL(pthread_detach)(handle);
}

static int my_pthread_detach(pthread_t handle) {
    return shim_ct_self() == NULL ? REAL(pthread_detach)(handle) : shim_ct_detach(handle);
}

SHIM_CT_WAYS_IN(threads, NAMES)

/* ---- for the harness ----------------------------------------------------------------------------- */

int shim_control_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                        void *argument) {
    return my_pthread_create(thread, attributes, run, argument);
}

int shim_control_join(pthread_t thread, void **result) {
    return my_pthread_join(thread, result);
}

void shim_control_name(pthread_t thread, const char *name) {
    struct shim_ct_thread *named = shim_ct_self();
    if (named != NULL && !pthread_equal(thread, pthread_self())) {
        named = by_handle(thread);
    }
    for (size_t i = 0; named != NULL && i < sizeof named->name; i++) {
        named->name[i] = i + 1 < sizeof named->name ? name[i] : '\0';
        if (name[i] == '\0') {
            break;
        }
    }
}
