/* shims/schedule/inside.h - inside of the controlled scheduler: threads, objects, the hand-over.
 *
 * Everything here is touched by the thread that has the turn and by nobody else, so there are no
 * locks; the turn itself passes unseen by any sanitizer (turn_posix.c). All files that include this
 * are compiled without instrumentation and call nothing of libc that a sanitizer intercepts while a
 * run goes on, but for the real counterparts of the operations under control.
 */
#ifndef ESECHECK_SHIMS_SCHEDULE_INSIDE_H
#define ESECHECK_SHIMS_SCHEDULE_INSIDE_H

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>

#include "shims/schedule/control.h"
#include "shims/schedule/watch.h"

#define SHIM_CT_NEVER UINT64_MAX
#define SHIM_CT_NOBODY (-1)
#define SHIM_CT_OBJECTS 8192
#define SHIM_CT_SLOTS 16384  /* power of two, more than objects */

enum shim_ct_state { SHIM_CT_FREE, SHIM_CT_READY, SHIM_CT_RUNNING, SHIM_CT_DONE };

enum shim_ct_kind { SHIM_CT_MUTEX, SHIM_CT_RWLOCK, SHIM_CT_COND, SHIM_CT_SEM, SHIM_CT_BARRIER,
                    SHIM_CT_ONCE, SHIM_CT_FUTEX };

/* The model of a synchronisation object, found by its address. */
struct shim_ct_object {
    const void *key;       /* NULL: forgotten */
    enum shim_ct_kind kind;
    int owner;             /* thread that holds the mutex, write lock or runs the once routine */
    uint32_t depth;        /* of a recursive mutex */
    uint32_t readers;
    int64_t value;         /* semaphore: count; barrier: size; once: 0, 1 running, 2 done */
    uint32_t arrived;      /* barrier */
    bool recursive, normal;
    bool shared;           /* barrier: with other processes */
    int reader;            /* thread that locked it last, to read or write */
    const void *taken;     /* where */
    bool robust, orphan;   /* orphan: its owner has ended */
    bool writers_first;    /* read-write lock: a writer that waits keeps readers out */
};

/* What every decision looks at, of every thread, comes first, in as few cache lines as can be. */
struct shim_ct_thread {
    enum shim_ct_state state;
    bool parked;           /* waits to be woken (cond, barrier, futex) */
    bool woken;
    /* Cancellation: asked for; refused now; the pending operation is where it may happen (any, when asynchronous). */
    bool cancelled, uncancellable, asynchronous, may_cancel;
    bool late;             /* `outside` is asked only when nobody else can go on */
    bool ends_always;      /* the pending operation ends with EINTR after handlers with SA_RESTART, too */
    int target;            /* JOIN */
    /* Signals, a bit each from 1 << 0 for signal 1: not to be taken; to be taken; waited for by sigwait and the like. */
    uint64_t blocked, pending, awaited;
    uint64_t deadline;     /* virtual; SHIM_CT_NEVER */
    /* What the pending operation waits for outside of the model (descriptors, children), or NULL. */
    bool (*outside)(const void *argument);
    struct shim_ct_object *object; /* of the pending operation */
    struct shim_event event;

    int turn;              /* futex word: 1 = go on */
    int ready;             /* futex word: 1 = its registers are in `context` */
    bool started;          /* it was waited for `ready` */
    void *context;         /* stack pointer, above which its registers are; while it has no turn */
    void *pointer;         /* thread pointer */
    int system;            /* the system's number of it */
    int *number_at;        /* where libc keeps that until the thread is gone, NULL: not known */
    uint64_t arrival;      /* order of parking */
    const struct shim_ct_object *parked_on; /* of the wait that a signal handler interrupts, too */
    pthread_t handle;
    bool has_handle, joined, detached;
    void *(*run)(void *argument);
    int (*run_c11)(void *argument);
    void *argument;
    unsigned rounds;       /* of the thread-local destructors */
    uint64_t points;       /* decisions that it asked for, without those between operations and without files: what there is
                              of these depends on where the files are */
    uint32_t gap;          /* accesses to memory of its own until one is a decision; 0: none will be */
    uint32_t width;        /* of that gap, from its beginning */
    unsigned handlers;     /* of signals that it is in */
    uint64_t blocked_outside; /* `blocked` outside of these */
    bool interrupted;      /* a handler ran in the pending operation, after which it ends with EINTR */
    bool interruptible;    /* the pending operation is one of those */
    const void *outside_argument;
    bool harness;          /* waits on behalf of the harness: its time does not come early */
    char name[SHIM_WATCH_NAME];
    const void *made;      /* where it was created */
    const struct shim_function *call; /* API call in progress, while somebody watches */
    struct shim_ct_kept *kept; /* the thread that is lent to it (pool_posix.c), or NULL: it has one of its own */
    jmp_buf escape;
};

struct shim_ct {
    bool active, aborting, memory;
    bool forked;              /* there are or were processes that may share memory with this one */
    bool busy;                /* the scheduler itself calls something: it passes through */
    bool reuse;               /* threads are kept for other runs */
    bool swift, fast_pointer; /* turns pass in user space; the thread pointer can be set there, too */
    struct shim_ct_thread thread[SHIM_CONTROL_THREADS];
    bool free[SHIM_CONTROL_THREADS]; /* READY, and shim_ct_is_free: nobody but the thread itself can change that */
    uint32_t threads;
    struct shim_ct_object object[SHIM_CT_OBJECTS]; /* in order of making: few pages are touched */
    uint32_t objects;
    uint16_t slot[SHIM_CT_SLOTS];                  /* hash table: 1 + index in `object`; 0: not in use */
    struct shim_strategy *strategy;
    struct shim_trace *trace;
    struct shim_watch *watch;
    uint32_t previous;     /* thread of the last decision, while somebody watches */
    uint64_t steps, steps_max, now, events, arrivals, hash, random;
    uint64_t leaps;        /* ns by which time may still leap in this run */
    uint64_t between;      /* options.between */
    uint64_t run;          /* number of the run in this process, from 1 */
    uint64_t signals;      /* pending for the process, all threads block them */
    uint64_t arrived;      /* from outside, at any moment: not sent in the model yet */
    uint64_t alarm, alarm_interval; /* SIGALRM comes then; SHIM_CT_NEVER */
    enum shim_run outcome;
    const char *why;       /* static text, or NULL */
    char failure[480];
    /* Of a program as a whole: called at the end instead of unwinding; does not return for the first caller.
     * Threads that then get the turn (it may pass it around) call it as well. NULL: the threads are unwound. */
    void (*over)(struct shim_ct_thread *self);
    struct shim_ct_thread *gone; /* has ended, and its stack is in use until the turn has passed */
};

extern struct shim_ct shim_ct;

/* NULL when the calling thread is not under control or the run is being unwound. */
struct shim_ct_thread *shim_ct_self(void);
static inline int shim_ct_number(const struct shim_ct_thread *thread) {
    return (int)(thread - shim_ct.thread);
}

/* The model of the object at key, made when it is new. Ends the run when there is no room. */
struct shim_ct_object *shim_ct_find(const void *key, enum shim_ct_kind kind, bool *made);
void shim_ct_forget(const void *key);

/* turn_posix.c. begin: `first` has the turn; swift: in user space, where possible. await: of a new thread, returns
 * with its first turn. pass: returns when self has it again. leave: for good, next NULL for nobody. */
void shim_ct_begin_turns(struct shim_ct_thread *first, bool swift);
void shim_ct_await_turn(struct shim_ct_thread *self);
void shim_ct_pass_turn(struct shim_ct_thread *self, struct shim_ct_thread *next);
void shim_ct_leave_turn(struct shim_ct_thread *self, struct shim_ct_thread *next);
void *shim_ct_thread_pointer(void);
/* Rests for a little real time. Returns the milliseconds of a clock that is not virtual. */
uint64_t shim_ct_nap(void);
int shim_ct_process(void); /* number of the process, whatever getpid says */
/* Notes the calling thread's number in the system. */
void shim_ct_note_system(struct shim_ct_thread *self);
/* Waits until the thread that left last is gone from the system: what libc does at the end of a thread (it gives
 * memory back) must not happen beside the others. */
void shim_ct_await_gone(void);
void shim_ct_await_system(int number); /* until the system has no thread of that number any more */

/* Says what the thread is about to do and returns when it may. False: its deadline passed first. */
bool shim_ct_point(struct shim_ct_thread *self, enum shim_op op, const void *object, bool write,
                   const void *site);
bool shim_ct_point_on(struct shim_ct_thread *self, enum shim_op op, struct shim_ct_object *object,
                      bool write, uint64_t deadline, const void *site);
/* Behind an operation that let others go on: see shim_control_options.between. errno stays as it is. */
void shim_ct_go_on(struct shim_ct_thread *self, const void *site);
/* As shim_ct_point, with a deadline. */
bool shim_ct_point_by(struct shim_ct_thread *self, enum shim_op op, const void *object, bool write,
                      uint64_t deadline, const void *site);
/* Parks on the object (no decision in between) until woken; false: deadline. */
bool shim_ct_park(struct shim_ct_thread *self, struct shim_ct_object *object, uint64_t deadline,
                  const void *site);
/* Wakes up to `most` threads parked on the object, in order of arrival. Returns how many. */
uint32_t shim_ct_wake(const struct shim_ct_object *object, uint32_t most);

/* Whether the thread has to do something else than what it waits for: take a signal, be cancelled. */
static inline bool shim_ct_disturbed(const struct shim_ct_thread *thread) {
    return (thread->pending & ~thread->blocked) != 0 ||
           (thread->cancelled && !thread->uncancellable && (thread->may_cancel || thread->asynchronous));
}

/* Enabled at a look, as most are: the operation waits for nothing, and nobody disturbs the thread. */
static inline bool shim_ct_is_plain(const struct shim_ct_thread *thread) {
    return (thread->pending | thread->awaited) == 0 && !thread->cancelled && !thread->parked && thread->outside == NULL;
}
static inline bool shim_ct_is_free(const struct shim_ct_thread *thread) {
    const unsigned wait = 1u << SHIM_OP_LOCK | 1u << SHIM_OP_RDLOCK | 1u << SHIM_OP_WRLOCK | 1u << SHIM_OP_SEM_WAIT |
                          1u << SHIM_OP_ONCE | 1u << SHIM_OP_JOIN | 1u << SHIM_OP_FINISH | 1u << SHIM_OP_SLEEP;
    return shim_ct_is_plain(thread) && (wait >> thread->event.op & 1) == 0;
}
/* Not enabled at a look, as most others are: another thread has the mutex, and no time limits the wait. */
static inline bool shim_ct_is_locked_out(const struct shim_ct_thread *thread) {
    return thread->event.op == SHIM_OP_LOCK && thread->object != NULL && thread->object->owner != SHIM_CT_NOBODY &&
           thread->object->owner != (int)thread->event.thread && thread->deadline == SHIM_CT_NEVER &&
           shim_ct_is_plain(thread);
}

/* intercept_signal_posix.c, where a program contains it. take: runs the handlers of what is pending for self; true:
 * one of them ends waits. due: the alarm's time has come. counts: the alarm would do something. */
bool shim_ct_take_signals(struct shim_ct_thread *self) __attribute__((weak));
void shim_ct_alarm_due(void) __attribute__((weak));
bool shim_ct_alarm_counts(void) __attribute__((weak));
/* intercept_handler_posix.c, likewise: sends what has arrived. intercept_process_posix.c: a child lives, from which a signal may come. */
void shim_ct_send_arrived(void) __attribute__((weak));
bool shim_ct_has_children(void) __attribute__((weak));

/* intercept_thread_posix.c: ends the calling thread if it was cancelled and may be. */
void shim_ct_test_cancel(struct shim_ct_thread *self);

/* A new thread of the run, READY; NULL when there are too many (the run has ended then). */
struct shim_ct_thread *shim_ct_thread_add(const void *site);
/* What a created thread runs: waits for its turn, calls back, leaves. */
void *shim_ct_thread_body(void *thread);
/* Parts of that, of a thread that has its first turn: calls its routine, and returns what that returns; leaves. */
#define SHIM_CT_CANCELED 2 /* longjmp to `escape`: a kept thread was cancelled */
void *shim_ct_routine(struct shim_ct_thread *self);
void shim_ct_leave(struct shim_ct_thread *self);

/* pool_posix.c. lend: the thread gets a kept one, if there can be any; 0, else it needs one of its own. leave: see
 * shim_ct_leave_turn. take_back: it was joined, and this is what its routine returned. */
int shim_ct_pool_lend(struct shim_ct_thread *made);
void shim_ct_pool_leave(struct shim_ct_thread *self, struct shim_ct_thread *next);
void *shim_ct_pool_take_back(struct shim_ct_thread *thread);

/* Of turn_posix.c, for that: the calling thread lies down at the top of `stack` (SHIM_CT_PARKING bytes) and says so by
 * bed->ready; it comes back executed by the lender. change: the lender goes on as `next`, *from is where it left. */
#define SHIM_CT_PARKING 32768 /* bytes of stack for a thread that sleeps: room for a signal handler */
void shim_ct_lie_down(struct shim_ct_thread *bed, char *stack);
void shim_ct_lend_to(void **from, struct shim_ct_thread *next);
void shim_ct_await_word(int *word);

/* memory.c, where a program contains it: redirects memcpy and its like. Returns the number of slots. */
int shim_ct_redirect_memory(struct shim_module *module) __attribute__((weak));

/* Binds the calling thread, and those it will create, to the CPU it is on; returns what it was bound to. */
cpu_set_t shim_ct_bind_to_one(void);

/* Begins a run, with the calling thread as thread 0. over: see above. */
struct shim_ct_thread *shim_ct_begin(const struct shim_control_options *options, struct shim_strategy *strategy,
                                     struct shim_trace *trace, void (*over)(struct shim_ct_thread *self));

/* Ends the run: every thread is unwound. Does not return. */
void shim_ct_end(struct shim_ct_thread *self, enum shim_run outcome, const char *why);

/* watch_posix.c, with a watch: at the beginning of a run; when `self` decided (it runs, or has just ended) that
 * choice->event[pick] is next, before that is done; at the end, before threads are unwound. */
void shim_watch_begin(void);
void shim_watch_decided(const struct shim_choice *choice, uint32_t pick, const struct shim_ct_thread *self);
void shim_watch_end(void);
/* With or without: the object was initialised; the calling thread's stack, before it is unwound. */
void shim_watch_made(const struct shim_ct_thread *self, const void *key, enum shim_ct_kind kind, const void *site);
void shim_watch_stack(const struct shim_ct_thread *self);

/* report.c: who waits for what, into message. */
void shim_ct_explain(char *message, size_t size);

/* object_posix.c */
bool shim_ct_enabled(const struct shim_ct_thread *thread);
/* Of a read-write lock that others hold to read: a writer waits for it, and comes first. */
bool shim_ct_writer_waits(const struct shim_ct_object *lock);

#endif
