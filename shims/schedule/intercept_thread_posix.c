/* shims/schedule/intercept_thread_posix.c - threads that threads under control create, join and detach. */
#include "shims/schedule/intercept.h"

#define NAMES(X)                                                                                   \
    X(pthread_create) X(pthread_join) X(pthread_detach)
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

int shim_ct_join(struct shim_ct_thread *self, pthread_t handle, void **result, const void *site) {
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
    return self == NULL ? REAL(pthread_join)(handle, result) : shim_ct_join(self, handle, result, SITE);
}

int shim_ct_detach(pthread_t handle) {
    struct shim_ct_thread *thread = by_handle(handle);
    if (thread != NULL) {
        thread->detached = true;
    }
    return REAL(pthread_detach)(handle);
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
