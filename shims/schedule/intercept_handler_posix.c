/* shims/schedule/intercept_handler_posix.c - the handlers that a program under control has for signals.
 *
 * For whole programs (the preload object). What comes from outside comes at any moment, to a thread that has no turn, or
 * into the scheduler itself. So the system does not call the program's handler but one of this file: it notes the signal,
 * which is then sent in the model, and taken by a thread that has its turn. What a fault raises is none of its business.
 */
#include "shims/schedule/intercept.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>

#define NAMES(X) X(sigaction) X(signal) X(__sysv_signal) X(siglongjmp) X(longjmp) X(_longjmp) X(__longjmp_chk)
void __longjmp_chk(struct __jmp_buf_tag env[1], int value) __attribute__((noreturn));
NAMES(SHIM_CT_DECLARE)

#define SIGNALS 65
#define BIT(number) ((uint64_t)1 << ((number) - 1))

static struct sigaction wanted[SIGNALS]; /* by the program, where ours is called */
static siginfo_t told[SIGNALS];          /* with the last one from outside */
static uint64_t ours, from_outside;      /* bits */
static volatile int raising;             /* the number that the model delivers now */

static bool is_ours(int number) {
    return (ours & BIT(number)) != 0;
}

static bool has_handler(const struct sigaction *action) {
    return action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN;
}

static void call(int number, siginfo_t *info, void *context) {
    struct sigaction action = wanted[number];
    if ((from_outside & BIT(number)) != 0) {
        from_outside &= ~BIT(number);
        info = &told[number];
    }
    if (has_handler(&action) && (action.sa_flags & (int)SA_RESETHAND) != 0) {
        wanted[number] = (struct sigaction){.sa_handler = SIG_DFL};
        ours &= ~BIT(number);
        (void)REAL(sigaction)(number, &wanted[number], NULL);
    }
    if (has_handler(&action) && (action.sa_flags & SA_SIGINFO) != 0) {
        action.sa_sigaction(number, info, context);
    } else if (has_handler(&action)) {
        action.sa_handler(number);
    }
}

static void arrive(int number, siginfo_t *info, void *context) {
    if (!shim_ct.active || raising == number) {
        raising = 0;
        call(number, info, context);
    } else {
        told[number] = *info;
        (void)__atomic_fetch_or(&from_outside, BIT(number), __ATOMIC_RELAXED);
        (void)__atomic_fetch_or(&shim_ct.arrived, BIT(number), __ATOMIC_RELAXED);
    }
}

void shim_ct_raising(int number) {
    raising = number;
}

void shim_ct_send_arrived(void) {
    uint64_t now = __atomic_exchange_n(&shim_ct.arrived, 0, __ATOMIC_RELAXED);
    for (; now != 0; now &= now - 1) {
        shim_ct_send_to_process(__builtin_ctzll(now) + 1);
    }
}

void shim_ct_watch_children(void) {
    struct sigaction now, noted = {.sa_sigaction = arrive, .sa_flags = SA_SIGINFO | SA_RESTART | SA_NODEFER};
    if (!is_ours(SIGCHLD) && REAL(sigaction)(SIGCHLD, NULL, &now) == 0 && now.sa_handler == SIG_DFL) {
        wanted[SIGCHLD] = now;
        ours |= BIT(SIGCHLD);
        (void)REAL(sigaction)(SIGCHLD, &noted, NULL);
    }
}

static bool is_fault(int number) {
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        if (number == faults[i]) {
            return true;
        }
    }
    return false;
}

static int my_sigaction(int number, const struct sigaction *restrict new, struct sigaction *restrict old) {
    struct sigaction before, real;
    if (number <= 0 || number >= SIGNALS || is_fault(number) || (shim_ct_self() == NULL && !is_ours(number))) {
        return REAL(sigaction)(number, new, old);
    }
    if (is_ours(number)) {
        before = wanted[number];
    } else if (REAL(sigaction)(number, NULL, &before) != 0) {
        return -1;
    }
    if (new != NULL) {
        struct sigaction asked = *new;
        real = asked;
        if (has_handler(&asked)) {
            real.sa_sigaction = arrive;
            /* Masks are the model's: one thread of the system may execute several that are in handlers. */
            real.sa_flags = (asked.sa_flags | SA_SIGINFO | SA_NODEFER) & ~(int)SA_RESETHAND;
            sigemptyset(&real.sa_mask);
        }
        struct sigaction earlier = wanted[number];
        wanted[number] = asked; /* before ours can be called */
        if (REAL(sigaction)(number, &real, NULL) != 0) {
            wanted[number] = earlier;
            return -1;
        }
        ours = has_handler(&asked) ? ours | BIT(number) : ours & ~BIT(number);
    }
    if (old != NULL) {
        *old = before;
    }
    return 0;
}

static __sighandler_t install(int number, __sighandler_t handler, int flags) {
    struct sigaction new = {.sa_handler = handler, .sa_flags = flags}, old;
    return my_sigaction(number, &new, &old) == 0 ? old.sa_handler : SIG_ERR;
}

static __sighandler_t my_signal(int number, __sighandler_t handler) {
    return shim_ct_self() == NULL ? REAL(signal)(number, handler) : install(number, handler, SA_RESTART);
}

static __sighandler_t my___sysv_signal(int number, __sighandler_t handler) {
    return shim_ct_self() == NULL ? REAL(__sysv_signal)(number, handler)
                                  : install(number, handler, (int)SA_RESETHAND | SA_NODEFER);
}

/* A handler is left: the mask is again what it was outside of all handlers, if it was saved at all. */
static void leave_handlers(const struct __jmp_buf_tag *env) {
    struct shim_ct_thread *self = shim_ct_self();
    if (self != NULL && env->__mask_was_saved && self->handlers != 0) {
        self->blocked = self->blocked_outside;
        self->handlers = 0;
    }
}

#define JUMP(name)                                                                                 \
    static void my_##name(struct __jmp_buf_tag *env, int value) {                                  \
        leave_handlers(env);                                                                       \
        REAL(name)(env, value);                                                                    \
    }
JUMP(siglongjmp)
JUMP(longjmp)
JUMP(_longjmp)
JUMP(__longjmp_chk)

SHIM_CT_WAYS_IN(handlers, NAMES)
