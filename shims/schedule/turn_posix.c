/* shims/schedule/turn_posix.c - how the turn passes from thread to thread.
 *
 * By the kernel: every thread has a futex word and sleeps until it says 1. Raw futex calls from code without
 * instrumentation, which no sanitizer sees: so none takes the hand-over for synchronisation of the code under test.
 *
 * In user space (shim_ct.swift): the thread that began the run lends itself to all. It executes whoever has
 * the turn, with that one's stack, registers and thread pointer, so to the code that runs nothing is
 * different: its thread-local variables, pthread_self and errno are its own. The threads themselves are really
 * created, for they have all that; each puts its registers down at its start and sleeps on a small stack of ours until
 * its routine is done, and then takes itself back to end. A change of threads costs a few dozen instructions instead
 * of two system calls and a trip through the kernel's scheduler. Not for programs with a sanitizer, which keeps books about
 * stacks; what the kernel alone knows a thread by (gettid, signals to one thread) is that of the lender.
 */
#include "shims/schedule/inside.h"

#include <linux/futex.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* ---- raw system calls ---------------------------------------------------------------------------- */

#if defined(__x86_64__)
static long raw(long number, long a, long b, long c, long d) {
    long result;
    register long r10 __asm__("r10") = d;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
                     : "rcx", "r11", "memory");
    return result;
}
#else
static long raw(long number, long a, long b, long c, long d) {
    return syscall(number, a, b, c, d);
}
#endif

static void raise_word(int *word) {
    __atomic_store_n(word, 1, __ATOMIC_RELEASE);
    raw(SYS_futex, (long)word, FUTEX_WAKE_PRIVATE, 1, 0);
}

void shim_ct_await_word(int *word) {
    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == 0) {
        raw(SYS_futex, (long)word, FUTEX_WAIT_PRIVATE, 0, 0);
    }
    __atomic_store_n(word, 0, __ATOMIC_RELAXED);
}

uint64_t shim_ct_nap(void) {
    struct timespec time = {.tv_nsec = 200000};
    raw(SYS_nanosleep, (long)&time, 0, 0, 0);
    raw(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&time, 0, 0);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

int shim_ct_process(void) {
    return (int)raw(SYS_getpid, 0, 0, 0, 0);
}

/* In what pthread_self points to, libc keeps the thread's number, which the system clears at the very end and wakes who
 * waits for that. Where, is looked for; the offset is below this one. */
#define NUMBER_BELOW 2048
#define NUMBER_USUAL 720

void shim_ct_note_system(struct shim_ct_thread *self) {
    int *inside = (int *)(size_t)pthread_self();
    self->system = (int)raw(SYS_gettid, 0, 0, 0, 0);
    self->number_at = &inside[NUMBER_USUAL / sizeof(int)];
    for (size_t i = 0; *self->number_at != self->system && i < NUMBER_BELOW / sizeof(int); i++) {
        self->number_at = &inside[i];
    }
    if (*self->number_at != self->system) {
        self->number_at = NULL;
    }
}

void shim_ct_await_system(int number) {
    long process = shim_ct_process();
    while (raw(SYS_tgkill, process, number, 0, 0) == 0) {
        raw(SYS_sched_yield, 0, 0, 0, 0);
    }
}

void shim_ct_await_gone(void) {
    struct shim_ct_thread *gone = shim_ct.gone;
    shim_ct.gone = NULL;
    if (gone->number_at != NULL) {
        while (__atomic_load_n(gone->number_at, __ATOMIC_ACQUIRE) == gone->system) {
            raw(SYS_futex, (long)gone->number_at, FUTEX_WAIT, gone->system, 0);
        }
        return;
    }
    shim_ct_await_system(gone->system);
}

/* ---- in user space ------------------------------------------------------------------------------- */

#if defined(__x86_64__)
#define HWCAP2_FSGSBASE 2u
#define SET_FS 0x1002

static char parking[SHIM_CONTROL_THREADS][SHIM_CT_PARKING] __attribute__((aligned(64)));
static struct shim_ct_thread *volatile leaving; /* is to take itself back, once nobody is on its stack */

/* Puts the registers that a function must preserve on the stack, the stack pointer into *from, and goes on where `to`
 * was put down. */
void shim_ct_change(void **from, void *to);
__asm__(".text\n"
        ".globl shim_ct_change\n"
        ".hidden shim_ct_change\n"
        ".type shim_ct_change, @function\n"
        "shim_ct_change:\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        ".size shim_ct_change, . - shim_ct_change\n"
        /* The start of a stack of `parking`: its thread is in r12. */
        ".type shim_ct_park_entry, @function\n"
        "shim_ct_park_entry:\n"
        "    movq %r12, %rdi\n"
        "    call shim_ct_sleep\n"
        "    ud2\n"
        ".size shim_ct_park_entry, . - shim_ct_park_entry\n");
extern const char shim_ct_park_entry[] __attribute__((visibility("hidden")));

void *shim_ct_thread_pointer(void) {
    void *pointer;
    __asm__ volatile("movq %%fs:0, %0" : "=r"(pointer));
    return pointer;
}

static void set_thread_pointer(void *pointer) {
    if (shim_ct.fast_pointer) {
        __asm__ volatile("wrfsbase %0" : : "r"(pointer) : "memory");
    } else {
        raw(SYS_arch_prctl, SET_FS, (long)pointer, 0, 0);
    }
}

/* On the stack of `parking`: says that the registers are there, sleeps until the routine is done. */
__attribute__((noreturn, used, visibility("hidden"))) void shim_ct_sleep(struct shim_ct_thread *self);
void shim_ct_sleep(struct shim_ct_thread *self) {
    void *unused;
    raise_word(&self->ready);
    shim_ct_await_word(&self->turn);
    shim_ct_change(&unused, self->context);
    __builtin_unreachable();
}

/* Wakes the thread that is to take itself back: nobody is on its stack now. */
static void wake_leaving(void) {
    struct shim_ct_thread *gone = leaving;
    if (gone != NULL) {
        leaving = NULL;
        raise_word(&gone->turn);
    }
}

/* Leaves *from behind and goes on as `next`. */
static void change_to(void **from, struct shim_ct_thread *next) {
    if (!next->started) {
        next->started = true;
        shim_ct_await_word(&next->ready);
    }
    set_thread_pointer(next->pointer);
    shim_ct_change(from, next->context);
}

/* The lender goes on as `next`, and comes back when *from is. */
void shim_ct_lend_to(void **from, struct shim_ct_thread *next) {
    change_to(from, next);
    wake_leaving();
}

/* A new thread lies down; it comes back as the lender, with its first turn. */
void shim_ct_lie_down(struct shim_ct_thread *self, char *stack) {
    void **top = (void **)(void *)(stack + SHIM_CT_PARKING - 64);
    self->pointer = shim_ct_thread_pointer();
    *--top = NULL;
    *--top = (void *)(size_t)shim_ct_park_entry; /* where to return to */
    *--top = NULL;                               /* rbp */
    *--top = NULL;                               /* rbx */
    *--top = self;                               /* r12 */
    *--top = NULL;
    *--top = NULL;
    *--top = NULL;                               /* r15 */
    shim_ct_change(&self->context, top);
    wake_leaving();
}

/* The routine of `self` is done: the lender goes on as `next`, the thread itself takes its stack back. */
static void get_up(struct shim_ct_thread *self, struct shim_ct_thread *next) {
    leaving = self;
    change_to(&self->context, next); /* what comes back is the thread itself */
}
#else
void shim_ct_lie_down(struct shim_ct_thread *self, char *stack) {
    (void)self, (void)stack;
}

void shim_ct_lend_to(void **from, struct shim_ct_thread *next) {
    (void)from, (void)next;
}

void *shim_ct_thread_pointer(void) {
    return NULL;
}
#endif

/* ---- either ---------------------------------------------------------------------------------------- */

void shim_ct_begin_turns(struct shim_ct_thread *first, bool swift) {
    shim_ct.swift = false;
#if defined(__x86_64__)
    shim_ct.swift = swift;
    shim_ct.fast_pointer = (getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE) != 0;
    first->pointer = shim_ct_thread_pointer();
    first->started = true;
#else
    (void)first, (void)swift;
#endif
}

void shim_ct_await_turn(struct shim_ct_thread *self) {
#if defined(__x86_64__)
    if (shim_ct.swift) {
        shim_ct_lie_down(self, parking[shim_ct_number(self)]);
        return;
    }
#endif
    shim_ct_await_word(&self->turn);
}

void shim_ct_pass_turn(struct shim_ct_thread *self, struct shim_ct_thread *next) {
#if defined(__x86_64__)
    if (shim_ct.swift) {
        shim_ct_lend_to(&self->context, next);
        return;
    }
#endif
    raise_word(&next->turn);
    shim_ct_await_word(&self->turn);
}

void shim_ct_leave_turn(struct shim_ct_thread *self, struct shim_ct_thread *next) {
#if defined(__x86_64__)
    if (self->kept != NULL) {
        shim_ct_pool_leave(self, next != NULL ? next : &shim_ct.thread[0]);
        return;
    }
    if (shim_ct.swift) {
        get_up(self, next != NULL ? next : &shim_ct.thread[0]);
        return;
    }
#endif
    (void)self;
    if (next != NULL) {
        raise_word(&next->turn);
    }
}
