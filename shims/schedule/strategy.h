/* shims/schedule/strategy.h - who goes next, and the record of it.
 *
 * A strategy is asked at every decision point. It sees the pending operation of every thread that
 * can go on, never the code. It keeps what it learns from run to run in its own struct.
 *
 * Sources: random walk; PCT (Burckhardt et al., ASPLOS 2010); POS (Yuan, Yang, Gu, CAV 2018);
 * SURW (selectively uniform random walk, ASPLOS 2025); reads-from feedback (RFF, ASPLOS 2024); iterative context bounding (Musuvathi and
 * Qadeer, PLDI 2007).
 */
#ifndef ESECHECK_SHIMS_SCHEDULE_STRATEGY_H
#define ESECHECK_SHIMS_SCHEDULE_STRATEGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shim_trace;

#define SHIM_CONTROL_THREADS 160

enum shim_op {
    SHIM_OP_START,   /* the first step of a thread */
    SHIM_OP_CREATE,
    SHIM_OP_JOIN,
    SHIM_OP_FINISH,  /* thread 0 waits for the others at its end */
    SHIM_OP_LOCK,    /* mutex, spin lock */
    SHIM_OP_UNLOCK,
    SHIM_OP_RDLOCK,
    SHIM_OP_WRLOCK,
    SHIM_OP_WAIT,    /* parked: condition variable, barrier, futex */
    SHIM_OP_WAKE,
    SHIM_OP_SEM_WAIT,
    SHIM_OP_SEM_POST,
    SHIM_OP_ONCE,
    SHIM_OP_SLEEP,
    SHIM_OP_YIELD,
    SHIM_OP_FILE,
    SHIM_OP_ENTER,   /* an API call begins */
    SHIM_OP_LEAVE,
    SHIM_OP_READ,    /* memory */
    SHIM_OP_WRITE,
    SHIM_OP_ATOMIC,
    SHIM_OP_GO_ON,   /* after an operation that let others go on (shim_control_options.between) */
    SHIM_OP_COUNT
};

const char *shim_op_name(enum shim_op op);

struct shim_event {
    uint32_t thread;
    enum shim_op op;
    bool write;           /* it may change the object */
    uint64_t number;      /* of the events of this run, from 1: a new pending event has a new one */
    const void *object;
    const void *site;     /* return address in the code under test, NULL when not known */
};

/* Two events that do not commute. */
static inline bool shim_events_race(const struct shim_event *a, const struct shim_event *b) {
    return a->object == b->object && a->object != NULL && (a->write || b->write);
}

struct shim_choice {
    uint32_t count;                     /* at least 1 */
    const struct shim_event *event[SHIM_CONTROL_THREADS]; /* by thread number, ascending */
    int current;                        /* index of the thread that runs; -1: it cannot go on */
    uint64_t step;                      /* from 0 */
};

struct shim_strategy {
    void (*begin)(struct shim_strategy *strategy, uint64_t seed);
    /* Index into choice->event; SHIM_CHOICE_NONE: a replay cannot go on. */
    uint32_t (*choose)(struct shim_strategy *strategy, const struct shim_choice *choice);
    /* The run is over. Returns false when the strategy has nothing left to try. */
    bool (*end)(struct shim_strategy *strategy, uint64_t steps);
    size_t size;                        /* of the whole struct */
};
#define SHIM_CHOICE_NONE UINT32_MAX
#define SHIM_BOUND_NONE UINT32_MAX

enum shim_strategy_kind {
    SHIM_STRATEGY_RANDOM,
    SHIM_STRATEGY_PCT,
    SHIM_STRATEGY_POS,
    SHIM_STRATEGY_SURW,
    SHIM_STRATEGY_FEEDBACK,
    SHIM_STRATEGY_BOUNDED,
    SHIM_STRATEGY_DELAY,
    SHIM_STRATEGY_MIX, /* several of these by turns */
    SHIM_STRATEGY_COUNT
};

/* "random", "pct", "pos", "surw", "feedback", "bounded", "delay", "mix"; -1 for another name. */
int shim_strategy_find(const char *name);
const char *shim_strategy_name(enum shim_strategy_kind kind);

/* depth: of PCT (bugs of that depth), or the greatest number of preemptions of the bounded search;
 * 0: 3 and 2; SHIM_BOUND_NONE: a bounded search without any. NULL without memory. Free with shim_strategy_free. What it
 * learns is shared with forks of the process. */
struct shim_strategy *shim_strategy_new(enum shim_strategy_kind kind, unsigned depth);
/* Follows the decisions of a trace, which must outlive it; a decision that cannot be repeated ends the run. */
struct shim_strategy *shim_strategy_replay(const struct shim_trace *trace);
/* The same, but leaves out what cannot be repeated. */
struct shim_strategy *shim_strategy_follow(const struct shim_trace *trace);
void shim_strategy_free(struct shim_strategy *strategy);

/* ---- traces ------------------------------------------------------------------------------------ */

/* The thread picked at every decision that had more than one candidate, in order. The memory is
 * reserved beforehand, for a run must not allocate; `full` says that some are missing. */
struct shim_trace {
    uint8_t *thread;
    size_t count, room;
    bool full;
};

int shim_trace_init(struct shim_trace *trace, size_t room); /* 0, or -1 without memory */
void shim_trace_fini(struct shim_trace *trace);
/* "0*12 1 0*3 2": heap-allocated, NULL without memory. */
char *shim_trace_text(const struct shim_trace *trace);
/* The other way; 0, or -1 with a message that names the word. Initialises *trace. */
int shim_trace_parse(const char *text, struct shim_trace *trace, char *error, size_t error_size);

#endif
