/* shims/schedule/intercept_signal_posix.c - signals of a program under control.
 *
 * For whole programs (the preload object). What the program sends to itself or to one of its threads is kept in the
 * model and taken by that thread when it has its turn; then the signal is raised for real, so that handlers
 * run as always. Masks live in the model alone, but for SIGPIPE, which writing raises. Alarms are virtual. What
 * comes from outside is sent in the model, too, where there is a handler (intercept_handler_posix.c).
 */
#include "shims/schedule/intercept.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define NAMES(X)                                                                                   \
    X(raise) X(kill) X(pthread_kill) X(pthread_sigqueue) X(sigqueue) X(pthread_sigmask) X(sigprocmask) X(sigpending) \
    X(sigwait) X(sigwaitinfo) X(sigtimedwait) X(sigsuspend) X(pause) X(alarm) X(setitimer)         \
    X(timer_create) X(timerfd_create) X(signalfd) X(ualarm) X(getitimer) X(tgkill)
NAMES(SHIM_CT_DECLARE)

#define BIT(number) ((uint64_t)1 << ((number) - 1))
#define IS_SIGNAL(number) ((number) > 0 && (number) <= 64)
#define UNBLOCKABLE (BIT(SIGKILL) | BIT(SIGSTOP))

static uint64_t bits_of(const sigset_t *set) {
    uint64_t bits = 0;
    for (int number = 1; number <= 64; number++) {
        bits |= sigismember(set, number) == 1 ? BIT(number) : 0;
    }
    return bits;
}

static void set_of(uint64_t bits, sigset_t *set) {
    sigemptyset(set);
    for (int number = 1; number <= 64; number++) {
        if ((bits & BIT(number)) != 0) {
            (void)sigaddset(set, number);
        }
    }
}

/* ---- taking ---------------------------------------------------------------------------------------- */

/* Whether nothing happens when it comes. */
static bool is_ignored(int number, const struct sigaction *action) {
    return action->sa_handler == SIG_IGN ||
           (action->sa_handler == SIG_DFL &&
            (number == SIGCHLD || number == SIGURG || number == SIGWINCH || number == SIGCONT));
}

/* True: a handler ran after which waits end. */
static bool take(struct shim_ct_thread *self, int number) {
    struct sigaction action;
    uint64_t before = self->blocked;
    if (sigaction(number, NULL, &action) != 0 || is_ignored(number, &action)) {
        return false;
    }
    if (action.sa_handler == SIG_DFL && shim_ct.watch != NULL) {
        shim_watch_end(); /* it is the end */
    }
    bool ends = (action.sa_flags & SA_RESTART) == 0 || self->event.op == SHIM_OP_SLEEP || self->ends_always;
    self->blocked |= bits_of(&action.sa_mask) | ((action.sa_flags & SA_NODEFER) == 0 ? BIT(number) : 0);
    if (self->handlers++ == 0) {
        self->blocked_outside = before;
    }
    shim_ct_raising(number);
    (void)REAL(raise)(number);
    shim_ct_raising(0);
    self->handlers--;
    self->blocked = before;
    return ends;
}

bool shim_ct_take_signals(struct shim_ct_thread *self) {
    bool ends = false;
    uint64_t now;
    while ((now = self->pending & ~self->blocked) != 0) {
        int number = __builtin_ctzll(now) + 1;
        self->pending &= ~BIT(number);
        ends = take(self, number) || ends;
    }
    return ends;
}

/* ---- sending --------------------------------------------------------------------------------------- */

/* For whichever thread does not block it, thread 0 first; else it waits for one that does not any more. */
void shim_ct_send_to_process(int number) {
    for (uint32_t i = 0; i < shim_ct.threads; i++) {
        struct shim_ct_thread *thread = &shim_ct.thread[i];
        if (thread->state != SHIM_CT_DONE && (thread->awaited & BIT(number)) == 0 &&
            (thread->blocked & BIT(number)) == 0) {
            thread->pending |= BIT(number);
            return;
        }
    }
    shim_ct.signals |= BIT(number);
}

/* What is pending for self is taken before it goes on. */
static void take_now(struct shim_ct_thread *self) {
    uint64_t mine = shim_ct.signals & ~self->blocked;
    shim_ct.signals &= ~mine;
    self->pending |= mine;
    (void)shim_ct_take_signals(self);
}

static struct shim_ct_thread *thread_of(pthread_t handle) {
    for (uint32_t i = shim_ct.threads; i-- != 0;) { /* the last: a detached one that has ended may have had the same */
        struct shim_ct_thread *thread = &shim_ct.thread[i];
        if ((i == 0 || thread->has_handle) && !thread->joined && pthread_equal(thread->handle, handle)) {
            return thread;
        }
    }
    return NULL;
}

int shim_ct_kill_thread(struct shim_ct_thread *self, struct shim_ct_thread *thread, int number, const void *site) {
    if (number == 0 || !IS_SIGNAL(number)) {
        return number == 0 ? 0 : EINVAL;
    }
    shim_ct_point(self, SHIM_OP_WAKE, thread, true, site);
    if (thread->state != SHIM_CT_DONE) {
        thread->pending |= BIT(number);
        take_now(self);
    }
    return 0;
}

static int my_raise(int number) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL || !IS_SIGNAL(number)) {
        return REAL(raise)(number);
    }
    self->pending |= BIT(number);
    take_now(self);
    return 0;
}

int shim_ct_kill_process(struct shim_ct_thread *self, int number, const void *site) {
    if (number == 0 || !IS_SIGNAL(number)) {
        errno = EINVAL;
        return number == 0 ? 0 : -1;
    }
    shim_ct_point(self, SHIM_OP_WAKE, &shim_ct.signals, true, site);
    if ((UNBLOCKABLE & BIT(number)) != 0) {
        return REAL(raise)(number);
    }
    shim_ct_send_to_process(number);
    take_now(self);
    return 0;
}

int tgkill(pid_t process, pid_t thread, int number);
static int my_tgkill(pid_t process, pid_t thread, int number) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL || process != SHIM_CT_PROCESS) {
        return REAL(tgkill)(process, thread, number);
    }
    int result = ESRCH;
    if (thread >= SHIM_CT_PROCESS && thread - SHIM_CT_PROCESS < (int)shim_ct.threads) {
        result = shim_ct_kill_thread(self, &shim_ct.thread[thread - SHIM_CT_PROCESS], number, SITE);
    }
    errno = result != 0 ? result : errno;
    return result != 0 ? -1 : 0;
}

static bool is_own(pid_t process) {
    return process == 0 || process == SHIM_CT_PROCESS || process == shim_ct_process();
}

static int my_kill(pid_t process, int number) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL || !is_own(process) ? REAL(kill)(process, number) : shim_ct_kill_process(self, number, SITE);
}

static int my_sigqueue(pid_t process, int number, const union sigval value) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self != NULL && is_own(process)) {
        shim_ct_end(self, SHIM_RUN_REFUSED, "sigqueue: signals that carry a value are not modelled");
    }
    return REAL(sigqueue)(process, number, value);
}

static int my_pthread_sigqueue(pthread_t handle, int number, const union sigval value) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self != NULL) {
        shim_ct_end(self, SHIM_RUN_REFUSED, "pthread_sigqueue: signals that carry a value are not modelled");
    }
    return REAL(pthread_sigqueue)(handle, number, value);
}

static int my_pthread_kill(pthread_t handle, int number) {
    struct shim_ct_thread *self = shim_ct_self(), *thread = self == NULL ? NULL : thread_of(handle);
    return thread == NULL ? REAL(pthread_kill)(handle, number) : shim_ct_kill_thread(self, thread, number, SITE);
}

/* ---- masks ----------------------------------------------------------------------------------------- */

static int change_mask(struct shim_ct_thread *self, int how, const sigset_t *set, sigset_t *before) {
    uint64_t bits = set != NULL ? bits_of(set) & ~UNBLOCKABLE : 0;
    sigset_t pipe;
    if (before != NULL) {
        set_of(self->blocked, before);
    }
    if (set == NULL) {
        return 0;
    }
    if (how != SIG_BLOCK && how != SIG_UNBLOCK && how != SIG_SETMASK) {
        return EINVAL;
    }
    self->blocked = how == SIG_BLOCK     ? self->blocked | bits
                    : how == SIG_UNBLOCK ? self->blocked & ~bits
                                         : bits;
    if ((self->blocked & BIT(SIGPIPE)) != 0) {
        set_of(BIT(SIGPIPE), &pipe);
        (void)REAL(pthread_sigmask)(SIG_BLOCK, &pipe, NULL);
    }
    take_now(self);
    return 0;
}

void shim_ct_real_mask(const struct shim_ct_thread *self) {
    sigset_t set;
    set_of(self->blocked, &set);
    (void)REAL(pthread_sigmask)(SIG_SETMASK, &set, NULL);
}

static int my_pthread_sigmask(int how, const sigset_t *restrict set, sigset_t *restrict before) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(pthread_sigmask)(how, set, before) : change_mask(self, how, set, before);
}

static int my_sigprocmask(int how, const sigset_t *restrict set, sigset_t *restrict before) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL) {
        return REAL(sigprocmask)(how, set, before);
    }
    int result = change_mask(self, how, set, before);
    if (result != 0) {
        errno = result;
    }
    return result != 0 ? -1 : 0;
}

static int my_sigpending(sigset_t *set) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL) {
        return REAL(sigpending)(set);
    }
    set_of(self->pending | shim_ct.signals, set);
    return 0;
}

/* ---- waiting --------------------------------------------------------------------------------------- */

uint64_t shim_ct_wait_with(struct shim_ct_thread *self, const sigset_t *mask) {
    uint64_t before = self->blocked;
    if (mask != NULL) {
        self->blocked = bits_of(mask) & ~UNBLOCKABLE;
        uint64_t mine = shim_ct.signals & ~self->blocked;
        shim_ct.signals &= ~mine;
        self->pending |= mine;
    }
    return before;
}

/* The number of a signal of the set, 0 at the deadline, -1 when another one was handled. */
static int await(struct shim_ct_thread *self, const sigset_t *set, uint64_t deadline, const void *site) {
    self->awaited = bits_of(set);
    self->may_cancel = self->interruptible = self->parked = self->ends_always = true;
    self->woken = false;
    (void)shim_ct_point_by(self, SHIM_OP_WAIT, &shim_ct.signals, true, deadline, site);
    self->may_cancel = self->interruptible = self->parked = self->ends_always = false;
    uint64_t here = self->awaited & (self->pending | shim_ct.signals);
    self->awaited = 0;
    if (here == 0) {
        shim_ct_test_cancel(self);
        return self->interrupted ? -1 : 0;
    }
    uint64_t bit = here & (~here + 1);
    if ((self->pending & bit) != 0) {
        self->pending &= ~bit;
    } else {
        shim_ct.signals &= ~bit;
    }
    return __builtin_ctzll(bit) + 1;
}

static int my_sigwait(const sigset_t *restrict set, int *restrict number) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL) {
        return REAL(sigwait)(set, number);
    }
    while ((*number = await(self, set, SHIM_CT_NEVER, SITE)) <= 0) {
    }
    return 0;
}

static int wait_info(struct shim_ct_thread *self, const sigset_t *set, siginfo_t *info, uint64_t deadline,
                     const void *site) {
    int number = await(self, set, deadline, site);
    if (number <= 0) {
        errno = number == 0 ? EAGAIN : EINTR;
        return -1;
    }
    if (info != NULL) {
        *info = (siginfo_t){.si_signo = number, .si_code = SI_USER};
    }
    return number;
}

static int my_sigwaitinfo(const sigset_t *restrict set, siginfo_t *restrict info) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(sigwaitinfo)(set, info) : wait_info(self, set, info, SHIM_CT_NEVER, SITE);
}

static int my_sigtimedwait(const sigset_t *restrict set, siginfo_t *restrict info,
                           const struct timespec *restrict time) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL || (time != NULL && !shim_ct_is_time(time))) {
        return REAL(sigtimedwait)(set, info, time);
    }
    return wait_info(self, set, info, time == NULL ? SHIM_CT_NEVER : shim_ct.now + shim_ct_nanoseconds(time), SITE);
}

static int suspend(struct shim_ct_thread *self, const void *site) {
    do {
        self->may_cancel = self->interruptible = self->parked = self->ends_always = true;
        self->woken = false;
        shim_ct_point(self, SHIM_OP_WAIT, &shim_ct.signals, true, site);
        self->may_cancel = self->interruptible = self->parked = self->ends_always = false;
        shim_ct_test_cancel(self);
    } while (!self->interrupted);
    errno = EINTR;
    return -1;
}

static int my_pause(void) {
    struct shim_ct_thread *self = shim_ct_self();
    return self == NULL ? REAL(pause)() : suspend(self, SITE);
}

static int my_sigsuspend(const sigset_t *mask) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL) {
        return REAL(sigsuspend)(mask);
    }
    uint64_t before = shim_ct_wait_with(self, mask);
    int result = suspend(self, SITE);
    self->blocked = before;
    return result;
}

/* ---- alarms ---------------------------------------------------------------------------------------- */

bool shim_ct_alarm_counts(void) {
    struct sigaction action;
    return sigaction(SIGALRM, NULL, &action) == 0 && action.sa_handler != SIG_DFL;
}

void shim_ct_alarm_due(void) {
    shim_ct.alarm = shim_ct.alarm_interval != 0 ? shim_ct.now + shim_ct.alarm_interval : SHIM_CT_NEVER;
    shim_ct_send_to_process(SIGALRM);
}

static uint64_t of_timeval(const struct timeval *time) {
    return (uint64_t)time->tv_sec * SHIM_CT_SECOND + (uint64_t)time->tv_usec * 1000;
}

static struct timeval to_timeval(uint64_t ns) {
    return (struct timeval){.tv_sec = (time_t)(ns / SHIM_CT_SECOND),
                            .tv_usec = (suseconds_t)(ns % SHIM_CT_SECOND / 1000)};
}

static void tell_alarm(struct itimerval *to) {
    to->it_value = to_timeval(shim_ct.alarm == SHIM_CT_NEVER ? 0 : shim_ct.alarm - shim_ct.now);
    to->it_interval = to_timeval(shim_ct.alarm_interval);
}

static int my_getitimer(__itimer_which_t which, struct itimerval *now) {
    if (shim_ct_self() == NULL || which != ITIMER_REAL) {
        return REAL(getitimer)(which, now);
    }
    tell_alarm(now);
    return 0;
}

static int my_setitimer(__itimer_which_t which, const struct itimerval *restrict new, struct itimerval *restrict old) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self == NULL) {
        return REAL(setitimer)(which, new, old);
    }
    if (which != ITIMER_REAL) {
        shim_ct_end(self, SHIM_RUN_REFUSED, "setitimer: timers of processor time are not virtual");
    }
    if (old != NULL) {
        tell_alarm(old);
    }
    uint64_t ns = of_timeval(&new->it_value);
    shim_ct.alarm = ns != 0 ? shim_ct.now + ns : SHIM_CT_NEVER;
    shim_ct.alarm_interval = of_timeval(&new->it_interval);
    return 0;
}

static unsigned my_alarm(unsigned seconds) {
    struct itimerval new = {.it_value.tv_sec = (time_t)seconds}, old;
    if (shim_ct_self() == NULL) {
        return REAL(alarm)(seconds);
    }
    (void)my_setitimer(ITIMER_REAL, &new, &old);
    return (unsigned)old.it_value.tv_sec + (old.it_value.tv_usec != 0);
}

static useconds_t my_ualarm(useconds_t us, useconds_t interval) {
    struct itimerval new = {.it_value = to_timeval(us * 1000ull), .it_interval = to_timeval(interval * 1000ull)}, old;
    if (shim_ct_self() == NULL) {
        return REAL(ualarm)(us, interval);
    }
    (void)my_setitimer(ITIMER_REAL, &new, &old);
    return (useconds_t)(old.it_value.tv_sec * 1000000 + old.it_value.tv_usec);
}

static int my_timerfd_create(clockid_t clock, int flags) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self != NULL) {
        shim_ct_end(self, SHIM_RUN_REFUSED, "timerfd_create: only alarm and setitimer are virtual");
    }
    return REAL(timerfd_create)(clock, flags);
}

/* Signals are pending in the model, of which the system knows nothing. */
static int my_signalfd(int fd, const sigset_t *set, int flags) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self != NULL) {
        shim_ct_end(self, SHIM_RUN_REFUSED, "signalfd: signals are virtual, and come to no descriptor; use sigwait");
    }
    return REAL(signalfd)(fd, set, flags);
}

static int my_timer_create(clockid_t clock, struct sigevent *restrict event, timer_t *restrict timer) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self != NULL) {
        shim_ct_end(self, SHIM_RUN_REFUSED, "timer_create: only alarm and setitimer are virtual");
    }
    return REAL(timer_create)(clock, event, timer);
}

SHIM_CT_WAYS_IN(signals, NAMES)
