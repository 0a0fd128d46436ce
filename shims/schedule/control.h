/* shims/schedule/control.h - one thread runs at a time, and a strategy says which.
 *
 * Under control every operation by which threads can influence each other is a decision point:
 * creating and joining threads, locks, condition variables, semaphores, barriers, once, sleeps,
 * yields, futexes, file operations, entry and return of API calls and, with code compiled for it,
 * every memory access. At a decision point the thread says what it is about to do; the strategy picks
 * one of the threads whose operation can be done now; that thread does it and runs on to its next
 * decision point. Everything else that could differ between two runs (clocks, timeouts, random
 * numbers) is virtual, so the picks alone decide what happens, and the same picks give the same run.
 *
 * Time: a virtual clock starts at a fixed date and moves SHIM_CONTROL_TICK ns per decision. A wait
 * with a timeout ends by timeout once the clock is past it; when no thread can go on, the clock
 * jumps to the earliest deadline. When there is none either, the run is a deadlock. With options.leaps it may jump at other
 * decisions as well: at one of SHIM_CONTROL_LEAPS (which ones is a matter of the decisions before) threads of the code under test
 * that wait for a time not far off can be picked like others, and then that time has come. So what happens by the clock
 * happens in the middle of everything else, as it does on a busy machine.
 *
 * How the operations get here: shim_control_redirect sends the imports of a loaded module to the
 * interposers of intercept_*_posix.c, which take part for threads under control and pass everybody
 * else through. Locks are taken for real as well, once the model says that they are free: so
 * ThreadSanitizer sees the engine's own synchronisation, and nothing of ours, for all of this is
 * compiled without instrumentation and hands over by raw futex calls.
 *
 * There is one controlled run at a time in a process. The thread that calls shim_control_run is
 * thread 0; threads that it and its children create get 1, 2, 3 ... in the order of creation.
 *
 * POSIX only (Linux): elsewhere shim_control_run says SHIM_RUN_REFUSED.
 */
#ifndef ESECHECK_SHIMS_SCHEDULE_CONTROL_H
#define ESECHECK_SHIMS_SCHEDULE_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifndef _WIN32
#include <pthread.h>
#endif

#include "shims/schedule/strategy.h"

struct shim_module;
struct shim_watch;

#define SHIM_CONTROL_TICK 1000          /* ns of virtual time per decision */
#define SHIM_CONTROL_LEAPS 128          /* one decision of so many */
#define SHIM_CONTROL_LEAP_NS 250000000  /* nobody waits longer than that for a leap, */
#define SHIM_CONTROL_LEAPT_NS 1000000000 /* and all leaps of a run come to at most so much */
#define SHIM_CONTROL_BETWEEN_ALL UINT64_MAX
#define SHIM_CONTROL_STEPS 1000000      /* default bound of decisions in a run */

enum shim_run {
    SHIM_RUN_DONE,     /* the body returned and every thread has ended */
    SHIM_RUN_DEADLOCK, /* no thread can go on */
    SHIM_RUN_LIVELOCK, /* the bound of decisions was reached */
    SHIM_RUN_DIVERGED, /* a replayed decision could not be repeated */
    SHIM_RUN_FAILED,   /* shim_control_fail was called */
    SHIM_RUN_REFUSED   /* too many threads or objects, or not on this platform */
};

struct shim_run_result {
    enum shim_run outcome;
    uint64_t steps;                     /* decisions, those with one candidate included */
    uint64_t hash;                      /* of the order of operations: equal runs, equal hashes */
    uint32_t threads;
    char message[480];                  /* what happened; of a deadlock, who waits for what */
};

struct shim_control_options {
    uint64_t steps;                     /* 0: SHIM_CONTROL_STEPS */
    bool memory;                        /* memory accesses are decision points too */
    bool swift;                         /* threads change places in user space; not with a sanitizer (turn_posix.c) */
    bool leaps;                         /* time may pass between two decisions: see above */
    /* What a thread does between two operations is one with the first of them, unless there is a decision more: not 0 is
     * the seed by which some are put there. Behind every fourth operation that lets others go on (a creation, an unlock,
     * a wake, a post); with `memory` at some accesses to memory that nobody shares yet, more likely to the next one behind such an
     * operation or a write that others see. Drawn per thread and its own operations. SHIM_CONTROL_BETWEEN_ALL: behind all of
     * these operations, for a search that is complete. */
    uint64_t between;
    /* With swift: threads are kept and used again by the next runs of this process, where most of a short run's time is
     * their creation. For code whose threads have no thread-local state and end by returning: variables of a thread keep the
     * values of the last one that used it, destructors do not run, pthread_exit would end it for good. Threads with
     * attributes are made anew. In a fork of the process every thread is. */
    bool reuse;
    bool one_cpu;                       /* bind the process to one CPU while it lasts: hand-overs cost less */
    struct shim_watch *watch;           /* is filled (watch.h), or NULL */
};

/* Decisions between operations for the n-th of the schedules of a search: strategies learn from schedules that differ in
 * little else, so 16 have the same ones, and a search that is complete has all. */
static inline uint64_t shim_control_between(enum shim_strategy_kind kind, uint64_t number) {
    return kind == SHIM_STRATEGY_BOUNDED ? SHIM_CONTROL_BETWEEN_ALL : 1 + number / 16;
}

/* Runs body(argument) under the strategy. After DEADLOCK, LIVELOCK, DIVERGED and FAILED every
 * thread of the run, the caller's included, is unwound by longjmp out of whatever it was in: locks and
 * statics of the code under test are then as they happened to be. A caller that cannot put these right
 * runs this in a child process. `trace` (may be NULL) receives the decisions. */
enum shim_run shim_control_run(const struct shim_control_options *options,
                               struct shim_strategy *strategy, struct shim_trace *trace,
                               void (*body)(void *argument), void *argument,
                               struct shim_run_result *result);

/* Whether there is any of this on this platform. */
bool shim_control_is_available(void);

/* For code under test: the run has shown a bug. Does not return on a controlled thread. */
void shim_control_fail(const char *message);

/* Number of the calling thread in the run; -1 when it is not under control. */
int shim_control_thread(void);
/* Virtual nanoseconds since the run began. */
uint64_t shim_control_time(void);

/* A decision point of one's own: `object` is what the operation works on, `write` whether it can
 * change it (two operations on one object, one of them a write, depend on each other). Does nothing on
 * threads that are not under control. */
void shim_control_point(enum shim_op op, const void *object, bool write);

/* For the harness itself, whose own imports are not redirected: on a controlled thread these take part
 * in the run, on any other they are what libc has. Mutexes that are never held across a decision point need
 * nothing of the kind: nobody else runs meanwhile.
 * create and join: as pthread_create and pthread_join (POSIX only). now: nanoseconds of a monotonic clock,
 * virtual under control. */
#ifndef _WIN32
int shim_control_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                        void *argument);
int shim_control_join(pthread_t thread, void **result);
/* What reports call a thread that shim_control_create made under control, or thread 0 before others. */
void shim_control_name(pthread_t thread, const char *name);
#endif
void shim_control_yield(void);
void shim_control_sleep(uint64_t ns);
uint64_t shim_control_now(void);
/* Waits until shim_control_unpark(object) or for `ns` of virtual time; false: the time is over. Under control
 * only (others return true at once): it spares the strategy threads that poll. unpark is no decision point. */
bool shim_control_park(const void *object, uint64_t ns);
void shim_control_unpark(const void *object);

/* Redirects the imports of a module that the interposers know. Returns the number of slots changed. */
int shim_control_redirect(struct shim_module *module);

/* Whether this program has the hooks of -fsanitize=thread (memory.c), so that options.memory means something
 * for modules compiled so. */
bool shim_control_has_memory(void);
/* For such a module: what libc does to its memory (memcpy, memcmp, strlen and their like) is decided about, too. Returns
 * the number of slots changed. */
int shim_control_redirect_memory(struct shim_module *module);

#endif
