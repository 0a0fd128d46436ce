/* shims/schedule/intercept_engine_posix.c - what an engine must not do to its process.
 *
 * For engines inside esecheck; of whole programs intercept_process_posix.c and intercept_signal_posix.c control the same.
 * A change of the signal mask is noted and nothing else: one thread of the system may
 * execute all (turn_posix.c), and esecheck's own signals must arrive.
 */
#include "shims/schedule/intercept.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define NAMES(X)                                                                                   \
    X(pthread_sigmask) X(sigprocmask) X(fork) X(vfork) \
    X(clone) X(kill) X(pthread_kill) X(pthread_sigqueue) X(sigqueue) X(alarm) X(ualarm) X(setitimer) X(timer_create) \
    X(timerfd_create) X(pause) X(sigsuspend) X(sigwait) X(sigwaitinfo) X(sigtimedwait)
NAMES(SHIM_CT_DECLARE)

static int my_pthread_sigmask(int how, const sigset_t *restrict set, sigset_t *restrict before) {
    struct shim_ct_thread *self = shim_ct_self();
    uint64_t bits = 0;
    if (self == NULL) {
        return REAL(pthread_sigmask)(how, set, before);
    }
    if (before != NULL) {
        sigemptyset(before);
    }
    for (int number = 1; number <= 64; number++) {
        uint64_t bit = (uint64_t)1 << (number - 1);
        bits |= set != NULL && sigismember(set, number) == 1 ? bit : 0;
        if (before != NULL && (self->blocked & bit) != 0) {
            sigaddset(before, number);
        }
    }
    if (set != NULL && how != SIG_BLOCK && how != SIG_UNBLOCK && how != SIG_SETMASK) {
        return EINVAL;
    }
    self->blocked = set == NULL          ? self->blocked
                    : how == SIG_BLOCK   ? self->blocked | bits
                    : how == SIG_UNBLOCK ? self->blocked & ~bits
                                         : bits;
    return 0;
}

static int my_sigprocmask(int how, const sigset_t *restrict set, sigset_t *restrict before) {
    if (shim_ct_self() == NULL) {
        return REAL(sigprocmask)(how, set, before);
    }
    int result = my_pthread_sigmask(how, set, before);
    errno = result != 0 ? result : errno;
    return result != 0 ? -1 : 0;
}

/* ---- refused --------------------------------------------------------------------------------------- */

static void refuse(const char *why) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self != NULL) {
        shim_ct_end(self, SHIM_RUN_REFUSED, why);
    }
}

#define FORKS "the engine starts a process from its own (fork, vfork, clone)"
#define SIGNALS "the engine sends or awaits signals"
#define TIMERS "the engine sets a timer of the system"
#define REFUSED(type, name, parameters, arguments, why)                                            \
    static type my_##name parameters {                                                             \
        refuse(why);                                                                               \
        return REAL(name) arguments;                                                               \
    }
REFUSED(pid_t, fork, (void), (), FORKS)
REFUSED(int, pthread_kill, (pthread_t thread, int number), (thread, number), SIGNALS)
REFUSED(int, pthread_sigqueue, (pthread_t thread, int number, const union sigval value), (thread, number, value), SIGNALS)
REFUSED(int, sigqueue, (pid_t process, int number, const union sigval value), (process, number, value), SIGNALS)
REFUSED(int, pause, (void), (), SIGNALS)
REFUSED(int, sigsuspend, (const sigset_t *mask), (mask), SIGNALS)
REFUSED(int, sigwait, (const sigset_t *restrict set, int *restrict number), (set, number), SIGNALS)
REFUSED(int, sigwaitinfo, (const sigset_t *restrict set, siginfo_t *restrict info), (set, info), SIGNALS)
REFUSED(int, sigtimedwait,
        (const sigset_t *restrict set, siginfo_t *restrict info, const struct timespec *restrict time),
        (set, info, time), SIGNALS)
REFUSED(unsigned, alarm, (unsigned seconds), (seconds), TIMERS)
REFUSED(useconds_t, ualarm, (useconds_t us, useconds_t interval), (us, interval), TIMERS)
REFUSED(int, setitimer,
        (__itimer_which_t which, const struct itimerval *restrict new, struct itimerval *restrict old),
        (which, new, old), TIMERS)
REFUSED(int, timer_create, (clockid_t clock, struct sigevent *restrict event, timer_t *restrict timer),
        (clock, event, timer), TIMERS)
REFUSED(int, timerfd_create, (clockid_t clock, int flags), (clock, flags), TIMERS)

/* Who returns from here must have a stack of its own. */
static pid_t my_vfork(void) {
    refuse(FORKS);
    return REAL(fork)();
}

SHIM_CT_NO_CLONE(FORKS)

/* Of its own number, that is; whether a process is there may be asked. */
static int my_kill(pid_t process, int number) {
    if (number != 0 && (process == SHIM_CT_PROCESS || process == 0)) {
        refuse(SIGNALS);
    }
    return REAL(kill)(shim_ct_self() != NULL && process == SHIM_CT_PROCESS ? shim_ct_process() : process, number);
}

SHIM_CT_WAYS_IN(engine, NAMES)
