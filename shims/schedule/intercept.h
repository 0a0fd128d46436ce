/* shims/schedule/intercept.h - inside of the interposers: what their families share.
 *
 * One function per libc name, my_NAME, all of one shape: a thread that is not under control passes
 * through; one that is says what it is about to do (shim_ct_point_on), and when it may, changes the
 * model and does the real thing where that exists and cannot wait.
 *
 * Two ways lead there. Inside esecheck the imports of the engine are redirected, and what a slot held before
 * (maybe a sanitizer's own interceptor) is the real thing. In the preload object (SHIM_CT_PRELOAD) the
 * functions are exported under the names themselves, and the real thing is what comes next in the order of the
 * dynamic linker.
 *
 * A file of a family lists its names as NAMES(X), has NAMES(SHIM_CT_DECLARE) before its functions and
 * SHIM_CT_WAYS_IN(family, NAMES) behind them.
 */
#ifndef ESECHECK_SHIMS_SCHEDULE_INTERCEPT_H
#define ESECHECK_SHIMS_SCHEDULE_INTERCEPT_H

#include <signal.h>
#include <time.h>

#include "shims/library/module.h"
#include "shims/schedule/inside.h"

/* Where the code under test called from. */
#define SITE __builtin_return_address(0)

#ifdef SHIM_CT_PRELOAD
/* What a name means after this object; ends the process with a message when it means nothing. */
void *shim_ct_next(const char *name);
static inline void *shim_ct_real(void **real, const char *name) {
    if (*real == NULL) {
        *real = shim_ct_next(name);
    }
    return *real;
}
#define REAL(name) ((__typeof__(name) *)shim_ct_real(&real_##name, #name))
#define SHIM_CT_DECLARE(name)                                                                      \
    static void *real_##name __attribute__((unused));                                                                      \
    static __typeof__(name) my_##name __attribute__((used));
#define SHIM_CT_EXPORT_AS(as, name)                                                                \
    __asm__(".globl " as "\n.type " as ", @function\n.set " as ", my_" #name "\n");
#define SHIM_CT_EXPORT(name) SHIM_CT_EXPORT_AS(#name, name)
#define SHIM_CT_WAYS_IN(family, names) names(SHIM_CT_EXPORT)
#else
/* The type is that of the declaration in libc's headers. */
#define REAL(name) (real_##name != NULL ? real_##name : name)
#define SHIM_CT_DECLARE(name) static __typeof__(name) *real_##name;
#define SHIM_CT_REDIRECT_AS(as, name)                                                              \
    before = NULL;                                                                                 \
    slots += shim_module_redirect(module, as, (shim_entry)my_##name, &before);                     \
    if (before != NULL && before != (shim_entry)my_##name) {                                       \
        real_##name = (__typeof__(name) *)before;                                                  \
    }
#define SHIM_CT_REDIRECT(name) SHIM_CT_REDIRECT_AS(#name, name)
#define SHIM_CT_WAYS_IN(family, names)                                                             \
    int shim_ct_redirect_##family(struct shim_module *module) {                                    \
        int slots = 0;                                                                             \
        shim_entry before;                                                                         \
        names(SHIM_CT_REDIRECT)                                                                    \
        return slots;                                                                              \
    }
#endif

/* Objects of which nothing but the address is of interest any more. */
#define SHIM_CT_DESTROY(name, type)                                                                \
    static int my_##name(type *object) {                                                           \
        if (shim_ct_self() != NULL) {                                                              \
            shim_ct_forget(object);                                                                \
        }                                                                                          \
        return REAL(name)(object);                                                                 \
    }

/* clone, whose further words vary: what it makes libc does not know, so code under control may not. */
#define SHIM_CT_NO_CLONE(why)                                                                      \
    static int my_clone(int (*run)(void *), void *stack, int flags, void *argument, ...) {         \
        struct shim_ct_thread *self = shim_ct_self();                                              \
        va_list list;                                                                              \
        va_start(list, argument);                                                                  \
        pid_t *parent = va_arg(list, pid_t *);                                                     \
        void *thread_pointer = va_arg(list, void *);                                               \
        pid_t *child = va_arg(list, pid_t *);                                                      \
        va_end(list);                                                                              \
        if (self != NULL) {                                                                        \
            shim_ct_end(self, SHIM_RUN_REFUSED, why);                                              \
        }                                                                                          \
        return REAL(clone)(run, stack, flags, argument, parent, thread_pointer, child);            \
    }

/* Each redirects the imports of its family. Returns the number of slots. */
int shim_ct_redirect_c11(struct shim_module *module);
int shim_ct_redirect_engine(struct shim_module *module);
int shim_ct_redirect_conditions(struct shim_module *module);
int shim_ct_redirect_files(struct shim_module *module);
int shim_ct_redirect_futexes(struct shim_module *module);
int shim_ct_redirect_locks(struct shim_module *module);
int shim_ct_redirect_makers(struct shim_module *module);
int shim_ct_redirect_numbers(struct shim_module *module);
int shim_ct_redirect_sysv(struct shim_module *module);
int shim_ct_redirect_threads(struct shim_module *module);
int shim_ct_redirect_time(struct shim_module *module);
int shim_ct_redirect_waits(struct shim_module *module);

/* ---- time ---- */

#define SHIM_CT_SECOND 1000000000ull
#define SHIM_CT_EPOCH (1000000000ull * SHIM_CT_SECOND) /* the virtual clocks begin here: 9 September 2001 */

static inline uint64_t shim_ct_nanoseconds(const struct timespec *time) {
    return (uint64_t)time->tv_sec * SHIM_CT_SECOND + (uint64_t)time->tv_nsec;
}

/* Virtual deadline of an absolute time. */
static inline uint64_t shim_ct_until(const struct timespec *time) {
    uint64_t absolute = time->tv_sec < 0 ? 0 : shim_ct_nanoseconds(time);
    return absolute <= SHIM_CT_EPOCH ? 0 : absolute - SHIM_CT_EPOCH;
}

static inline bool shim_ct_is_time(const struct timespec *time) {
    return time != NULL && time->tv_nsec >= 0 && time->tv_nsec < (long)SHIM_CT_SECOND;
}

/* ---- what one family has and others need; results are those of POSIX ---- */

/* Sleeps; what is left when a signal ended it, else 0. */
uint64_t shim_ct_rest(struct shim_ct_thread *self, uint64_t ns, const void *site);
/* Any clock; it moves on by being looked at. */
void shim_ct_tell_time(struct timespec *time);
void shim_ct_random_bytes(void *buffer, size_t size);
/* A new descriptor with what /dev/random and /dev/urandom have; -1 for other paths. */
int shim_ct_open_random(const char *path);

struct shim_ct_object *shim_ct_mutex(const pthread_mutex_t *mutex);
int shim_ct_lock_mutex(struct shim_ct_thread *self, pthread_mutex_t *mutex, uint64_t deadline,
                       const void *site);
/* With a time that may be none. */
int shim_ct_lock_mutex_by(struct shim_ct_thread *self, pthread_mutex_t *mutex, const struct timespec *time,
                          const void *site);
int shim_ct_try_mutex(struct shim_ct_thread *self, pthread_mutex_t *mutex, const void *site);
int shim_ct_unlock_mutex(struct shim_ct_thread *self, pthread_mutex_t *mutex, const void *site);
/* For a wait: unlocks the mutex (once, as libc does) without a decision of its own. EPERM when it checks its owner and has
 * another one. */
int shim_ct_give_up_mutex(const struct shim_ct_thread *self, pthread_mutex_t *mutex);

struct shim_ct_object *shim_ct_cond(const void *cond);
int shim_ct_wait_cond(struct shim_ct_thread *self, const void *cond, pthread_mutex_t *mutex,
                      uint64_t deadline, const void *site);
int shim_ct_wake_cond(struct shim_ct_thread *self, const void *cond, uint32_t most, const void *site);
int shim_ct_run_once(struct shim_ct_thread *self, pthread_once_t *once, void (*run)(void),
                     const void *site);

int shim_ct_create(struct shim_ct_thread *self, pthread_t *handle, const pthread_attr_t *attributes,
                   void *(*run)(void *), int (*run_c11)(void *), void *argument, const void *site);
int shim_ct_join(struct shim_ct_thread *self, pthread_t handle, void **result, const void *site);
int shim_ct_detach(pthread_t handle);

#define SHIM_CT_PROCESS 1000 /* its number; threads have this and theirs */

/* ---- of whole programs ---- */

/* intercept_signal_posix.c: as pthread_kill and kill(getpid()). */
int shim_ct_kill_thread(struct shim_ct_thread *self, struct shim_ct_thread *thread, int number, const void *site);
int shim_ct_kill_process(struct shim_ct_thread *self, int number, const void *site);
void shim_ct_send_to_process(int number); /* for the thread that will take it, no decision */
/* intercept_handler_posix.c. raising: the next one of this number is the model's, and to be handled at once; 0: none.
 * watch_children: from now on SIGCHLD is noticed whether the program has a handler or not. */
void shim_ct_raising(int number);
void shim_ct_watch_children(void);
/* In a child: the mask of the model becomes that of the system. */
void shim_ct_real_mask(const struct shim_ct_thread *self);
/* For a wait with a mask of its own (NULL: none): takes it on. Returns what belongs into self->blocked afterwards. */
uint64_t shim_ct_wait_with(struct shim_ct_thread *self, const sigset_t *mask) __attribute__((weak));

/* ---- descriptors ---- */

/* intercept_wait_posix.c: waits until outside(argument), a deadline, or a signal (self->interrupted); false: deadline. */
bool shim_ct_await_outside(struct shim_ct_thread *self, bool (*outside)(const void *argument), const void *argument,
                           uint64_t deadline, const void *site);
/* Waits until a read or write would not wait. self may be NULL. 0, or -1 with EINTR. */
int shim_ct_await_fd(struct shim_ct_thread *self, int fd, short events, bool may_wait, const void *site);

#endif
