/* shims/schedule/strategy.c - random walk, PCT, POS, replay; how strategies are made.
 *
 * Compiled without instrumentation: choose runs on whatever thread has the turn.
 */
#include "shims/schedule/strategy.h"

#include <string.h>

#include "shims/schedule/random.h"
#include "shims/schedule/storage.h"
#include "shims/schedule/strategies.h"

#define THREADS SHIM_CONTROL_THREADS

static const char *const op_names[SHIM_OP_COUNT] = {
    "start", "create", "join", "finish", "lock", "unlock", "lock to read", "lock to write", "wait",
    "wake", "semaphore wait", "semaphore post", "once", "sleep", "yield", "file", "enter", "leave",
    "read", "write", "atomic", "go on after"};

const char *shim_op_name(enum shim_op op) {
    return op < SHIM_OP_COUNT ? op_names[op] : "?";
}

/* ---- random walk --------------------------------------------------------------------------------- */

struct random_walk {
    struct shim_strategy strategy;
    uint64_t random;
};

static void random_begin(struct shim_strategy *strategy, uint64_t seed) {
    ((struct random_walk *)strategy)->random = seed;
}

static uint32_t random_choose(struct shim_strategy *strategy, const struct shim_choice *choice) {
    return choice->count == 1 ? 0 : shim_random_below(&((struct random_walk *)strategy)->random, choice->count);
}

static bool go_on(struct shim_strategy *strategy, uint64_t steps) {
    (void)strategy;
    (void)steps;
    return true;
}

/* ---- PCT: priorities, lowered at depth - 1 random steps ------------------------------------------- */

#define DEPTH_MAX 16

struct pct {
    struct shim_strategy strategy;
    uint64_t random, length;            /* decisions with a choice, of the longest run so far */
    uint64_t decisions;                 /* of this run */
    unsigned depth;
    uint64_t change[DEPTH_MAX];
    int64_t priority[THREADS];          /* 0: not seen yet */
    int64_t lowest;
};

static void pct_begin(struct shim_strategy *strategy, uint64_t seed) {
    struct pct *pct = (struct pct *)strategy;
    pct->random = seed;
    pct->lowest = -DEPTH_MAX;
    pct->decisions = 0;
    for (unsigned i = 0; i < THREADS; i++) {
        pct->priority[i] = 0;
    }
    for (unsigned i = 0; i + 1 < pct->depth; i++) {
        pct->change[i] = shim_random_next(&pct->random) % (pct->length != 0 ? pct->length : 100);
    }
}

static uint32_t pct_choose(struct shim_strategy *strategy, const struct shim_choice *choice) {
    struct pct *pct = (struct pct *)strategy;
    uint32_t best = 0;
    uint64_t decision = choice->count > 1 ? pct->decisions++ : UINT64_MAX;
    for (uint32_t i = 0; i < choice->count; i++) {
        uint32_t thread = choice->event[i]->thread;
        if (pct->priority[thread] == 0) {
            pct->priority[thread] = 1 + (int64_t)(shim_random_next(&pct->random) >> 2);
        }
        /* A spinning thread must let others go on. */
        if (choice->event[i]->op == SHIM_OP_YIELD && pct->priority[thread] > 0) {
            pct->priority[thread] = --pct->lowest;
        }
    }
    for (int again = 1; again >= 0; again--) {
        best = 0;
        for (uint32_t i = 1; i < choice->count; i++) {
            if (pct->priority[choice->event[i]->thread] >
                pct->priority[choice->event[best]->thread]) {
                best = i;
            }
        }
        bool changed = false;
        for (unsigned i = 0; again != 0 && i + 1 < pct->depth; i++) {
            if (pct->change[i] == decision) { /* the points are not in order, so neither are their priorities */
                pct->priority[choice->event[best]->thread] = -1 - (int64_t)i;
                changed = true;
            }
        }
        if (!changed) {
            break;
        }
    }
    if (choice->event[best]->op == SHIM_OP_YIELD) {
        pct->priority[choice->event[best]->thread] = --pct->lowest;
    }
    return best;
}

static bool pct_end(struct shim_strategy *strategy, uint64_t steps) {
    struct pct *pct = (struct pct *)strategy;
    (void)steps;
    pct->length = pct->decisions > pct->length ? pct->decisions : pct->length;
    return true;
}

/* ---- POS: a random priority per pending event, drawn anew when a racing one was done --------------- */

struct pos {
    struct shim_strategy strategy;
    uint64_t random;
    uint64_t number[THREADS];           /* of the event the priority is for */
    uint64_t priority[THREADS];
};

static void pos_begin(struct shim_strategy *strategy, uint64_t seed) {
    struct pos *pos = (struct pos *)strategy;
    pos->random = seed;
    for (unsigned i = 0; i < THREADS; i++) {
        pos->number[i] = 0;
    }
}

static uint32_t pos_choose(struct shim_strategy *strategy, const struct shim_choice *choice) {
    struct pos *pos = (struct pos *)strategy;
    uint32_t best = 0;
    uint64_t highest = 0;
    for (uint32_t i = 0; i < choice->count; i++) {
        const struct shim_event *event = choice->event[i];
        if (pos->number[event->thread] != event->number) {
            pos->number[event->thread] = event->number;
            pos->priority[event->thread] = shim_random_next(&pos->random) | 1;
            if (event->op == SHIM_OP_YIELD) {
                pos->priority[event->thread] >>= 8; /* who spins goes behind others */
            }
        }
        if (pos->priority[event->thread] > highest) {
            highest = pos->priority[event->thread];
            best = i;
        }
    }
    for (uint32_t i = 0; i < choice->count; i++) {
        if (i != best && shim_events_race(choice->event[i], choice->event[best])) {
            pos->number[choice->event[i]->thread] = 0;
        }
    }
    return best;
}

/* ---- replay -------------------------------------------------------------------------------------- */

struct replay {
    struct shim_strategy strategy;
    const struct shim_trace *trace;
    size_t at;
    uint32_t last;                      /* thread that was picked */
};

static void replay_begin(struct shim_strategy *strategy, uint64_t seed) {
    (void)seed;
    ((struct replay *)strategy)->at = 0;
}

/* Whoever runs goes on, unless it yields; else the next by number. */
static uint32_t go_on_or_next(struct replay *replay, const struct shim_choice *choice) {
    uint32_t pick = 0;
    if (choice->current >= 0 && choice->event[choice->current]->op != SHIM_OP_YIELD) {
        pick = (uint32_t)choice->current;
    } else {
        for (uint32_t i = choice->count; i-- != 0;) {
            if (choice->event[i]->thread > replay->last) {
                pick = i;
            }
        }
    }
    replay->last = choice->event[pick]->thread;
    return pick;
}

/* The trace as turns: a thread, and how many decisions it wins in a row. A turn that cannot go on any more is
 * over before its time, one of a thread that cannot go on at all is left out. So a trace from which turns
 * were taken away still means something: it is how shrinking tries. */
static uint32_t lenient_choose(struct shim_strategy *strategy, const struct shim_choice *choice) {
    struct replay *replay = (struct replay *)strategy;
    const struct shim_trace *trace = replay->trace;
    if (choice->count == 1) {
        return 0;
    }
    while (replay->at < trace->count) {
        uint8_t thread = trace->thread[replay->at];
        for (uint32_t i = 0; i < choice->count; i++) {
            if (choice->event[i]->thread == thread) {
                replay->at++;
                replay->last = thread;
                return i;
            }
        }
        while (replay->at < trace->count && trace->thread[replay->at] == thread) {
            replay->at++;
        }
    }
    return go_on_or_next(replay, choice);
}

/* Beyond the end of the trace: whoever runs goes on, else the first. */
static uint32_t replay_choose(struct shim_strategy *strategy, const struct shim_choice *choice) {
    struct replay *replay = (struct replay *)strategy;
    if (choice->count == 1) {
        return 0;
    }
    if (replay->at == replay->trace->count) {
        return choice->current >= 0 ? (uint32_t)choice->current : 0;
    }
    uint8_t thread = replay->trace->thread[replay->at++];
    for (uint32_t i = 0; i < choice->count; i++) {
        if (choice->event[i]->thread == thread) {
            return i;
        }
    }
    return SHIM_CHOICE_NONE;
}

/* ---- making them --------------------------------------------------------------------------------- */

static const struct shim_strategy *const kinds[SHIM_STRATEGY_COUNT] = {
    [SHIM_STRATEGY_RANDOM] = &(const struct shim_strategy){random_begin, random_choose, go_on,
                                                           sizeof(struct random_walk)},
    [SHIM_STRATEGY_PCT] = &(const struct shim_strategy){pct_begin, pct_choose, pct_end, sizeof(struct pct)},
    [SHIM_STRATEGY_POS] = &(const struct shim_strategy){pos_begin, pos_choose, go_on, sizeof(struct pos)},
    [SHIM_STRATEGY_SURW] = &shim_surw,
    [SHIM_STRATEGY_FEEDBACK] = &shim_feedback,
    [SHIM_STRATEGY_BOUNDED] = &shim_bounded,
    [SHIM_STRATEGY_DELAY] = &shim_delay,
    [SHIM_STRATEGY_MIX] = &shim_mix,
};

static const char *const names[SHIM_STRATEGY_COUNT] = {"random",   "pct",     "pos",   "surw",
                                                       "feedback", "bounded", "delay", "mix"};

int shim_strategy_find(const char *name) {
    for (unsigned i = 0; i < SHIM_STRATEGY_COUNT; i++) {
        if (strcmp(names[i], name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

const char *shim_strategy_name(enum shim_strategy_kind kind) {
    return names[kind];
}

size_t shim_strategy_size(enum shim_strategy_kind kind) {
    return kind == SHIM_STRATEGY_MIX ? shim_mix_size() : kinds[kind]->size;
}

void shim_strategy_init(struct shim_strategy *made, enum shim_strategy_kind kind, unsigned depth) {
    *made = *kinds[kind];
    made->size = shim_strategy_size(kind);
    if (kind == SHIM_STRATEGY_PCT) {
        ((struct pct *)made)->depth = depth == 0 ? 3 : depth > DEPTH_MAX ? DEPTH_MAX : depth;
    } else if (kind == SHIM_STRATEGY_BOUNDED) {
        shim_bounded_init(made, depth == 0 ? 2 : depth == SHIM_BOUND_NONE ? 0 : depth);
    } else if (kind == SHIM_STRATEGY_MIX) {
        shim_mix_init(made, depth);
    }
}

struct shim_strategy *shim_strategy_new(enum shim_strategy_kind kind, unsigned depth) {
    /* The bounded search counts what it tries, and a random walk is fair. */
    bool bare = kind == SHIM_STRATEGY_BOUNDED || kind == SHIM_STRATEGY_RANDOM;
    struct shim_strategy *made = shim_storage_new(bare ? shim_strategy_size(kind) : shim_fair_size(kind));
    if (made != NULL && bare) {
        shim_strategy_init(made, kind, depth);
    } else if (made != NULL) {
        shim_fair_init(made, kind, depth);
    }
    return made;
}

struct shim_strategy *shim_strategy_replay(const struct shim_trace *trace) {
    struct replay *made = shim_storage_new(sizeof *made);
    if (made == NULL) {
        return NULL;
    }
    made->strategy = (struct shim_strategy){replay_begin, replay_choose, go_on, sizeof *made};
    made->trace = trace;
    return &made->strategy;
}

struct shim_strategy *shim_strategy_follow(const struct shim_trace *trace) {
    struct shim_strategy *made = shim_strategy_replay(trace);
    if (made != NULL) {
        made->choose = lenient_choose;
    }
    return made;
}

void shim_strategy_free(struct shim_strategy *strategy) {
    if (strategy != NULL) {
        shim_storage_free(strategy, strategy->size);
    }
}
