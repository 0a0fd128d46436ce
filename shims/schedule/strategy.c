/* shims/schedule/strategy.c - random walk, PCT, POS, SURW, bounded search, replay.
 *
 * Compiled without instrumentation: choose runs on whatever thread has the turn.
 */
#include "shims/schedule/strategy.h"

#include <string.h>

#include "shims/schedule/feedback.h"
#include "shims/schedule/random.h"
#include "shims/schedule/storage.h"

#define THREADS SHIM_CONTROL_THREADS

static const char *const op_names[SHIM_OP_COUNT] = {
    "start", "create", "join", "finish", "lock", "unlock", "lock to read", "lock to write", "wait",
    "wake", "semaphore wait", "semaphore post", "once", "sleep", "yield", "file", "enter", "leave",
    "read", "write", "atomic"};

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
    pct->lowest = 0;
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
            if (pct->change[i] == decision) {
                pct->priority[choice->event[best]->thread] = --pct->lowest;
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

/* ---- SURW: uniform over the orders of a chosen subset of events ------------------------------------ */

/* The events on a few objects are of interest in a run; how many each thread has of them was counted
 * in the runs before. The next thread to do one is drawn with the weight of what it has left, and only
 * that thread may; everything else is a random walk. Objects are known by their addresses, which mostly
 * are the same in the next run of the process. */
#define OBJECTS 256

struct surw {
    struct shim_strategy strategy;
    uint64_t random;
    const void *object[OBJECTS];        /* known so far, from whatever run */
    uint32_t objects;
    uint32_t shared[OBJECTS];           /* threads that touched it in the run before (mask of 32) */
    uint32_t written[OBJECTS];          /* it was written */
    uint32_t known;                     /* objects of the profile */
    uint32_t count[OBJECTS][THREADS];   /* the profile: events by object and thread */
    uint32_t seen[OBJECTS][THREADS];    /* this run */
    uint32_t seen_mask[OBJECTS], seen_write[OBJECTS];
    bool profiled;
    uint32_t target;                    /* object of interest in this run */
    int64_t left[THREADS];
    int intended;                       /* thread to do the next event of interest; -1: draw */
    uint64_t counted[THREADS];          /* number of the last event counted */
};

static void surw_begin(struct shim_strategy *strategy, uint64_t seed) {
    struct surw *surw = (struct surw *)strategy;
    uint32_t candidates = 0;
    surw->random = seed;
    surw->intended = -1;
    for (uint32_t i = 0; i < THREADS; i++) {
        surw->counted[i] = 0;
        surw->left[i] = 0;
    }
    for (uint32_t i = 0; i < OBJECTS; i++) {
        surw->seen_mask[i] = surw->seen_write[i] = 0;
        for (uint32_t j = 0; j < THREADS; j++) {
            surw->seen[i][j] = 0;
        }
    }
    surw->target = OBJECTS;
    if (!surw->profiled) {
        return;
    }
    for (uint32_t i = 0; i < surw->known; i++) { /* shared by at least two, and written */
        uint32_t mask = surw->shared[i];
        candidates += surw->written[i] != 0 && (mask & (mask - 1)) != 0;
    }
    if (candidates == 0) {
        return;
    }
    uint32_t pick = shim_random_below(&surw->random, candidates);
    for (uint32_t i = 0; i < surw->known; i++) {
        uint32_t mask = surw->shared[i];
        if (surw->written[i] != 0 && (mask & (mask - 1)) != 0 && pick-- == 0) {
            surw->target = i;
            break;
        }
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        surw->left[i] = surw->count[surw->target][i];
    }
}

static uint32_t object_index(struct surw *surw, const void *object) {
    for (uint32_t i = 0; i < surw->objects; i++) {
        if (surw->object[i] == object) {
            return i;
        }
    }
    if (object == NULL || surw->objects == OBJECTS) {
        return OBJECTS;
    }
    surw->object[surw->objects] = object;
    return surw->objects++;
}

static bool of_interest(struct surw *surw, const struct shim_event *event) {
    return surw->target < OBJECTS && event->object != NULL && surw->target < surw->objects &&
           surw->object[surw->target] == event->object;
}

static void draw_intended(struct surw *surw) {
    int64_t total = 0;
    surw->intended = -1;
    for (uint32_t i = 0; i < THREADS; i++) {
        total += surw->left[i] > 0 ? surw->left[i] : 0;
    }
    if (total == 0) {
        return;
    }
    int64_t pick = (int64_t)(shim_random_next(&surw->random) % (uint64_t)total);
    for (uint32_t i = 0; i < THREADS; i++) {
        pick -= surw->left[i] > 0 ? surw->left[i] : 0;
        if (pick < 0) {
            surw->intended = (int)i;
            return;
        }
    }
}

static uint32_t surw_choose(struct shim_strategy *strategy, const struct shim_choice *choice) {
    struct surw *surw = (struct surw *)strategy;
    uint32_t allowed[THREADS], count = 0;
    for (uint32_t i = 0; i < choice->count; i++) {
        const struct shim_event *event = choice->event[i];
        if (surw->counted[event->thread] != event->number) {
            uint32_t at = object_index(surw, event->object);
            surw->counted[event->thread] = event->number;
            if (at < OBJECTS) {
                surw->seen[at][event->thread]++;
                surw->seen_mask[at] |= 1u << (event->thread & 31);
                surw->seen_write[at] |= event->write;
            }
        }
    }
    if (surw->intended < 0 && surw->target < OBJECTS) {
        draw_intended(surw);
    }
    for (uint32_t i = 0; i < choice->count; i++) {
        if (!of_interest(surw, choice->event[i]) ||
            (int)choice->event[i]->thread == surw->intended) {
            allowed[count++] = i;
        }
    }
    uint32_t pick = count != 0 ? allowed[count == 1 ? 0 : shim_random_below(&surw->random, count)]
                               : shim_random_below(&surw->random, choice->count);
    if (of_interest(surw, choice->event[pick])) {
        surw->left[choice->event[pick]->thread]--;
        surw->intended = -1;
    }
    return pick;
}

static bool surw_end(struct shim_strategy *strategy, uint64_t steps) {
    struct surw *surw = (struct surw *)strategy;
    (void)steps;
    surw->profiled = true;
    surw->known = surw->objects;
    for (uint32_t i = 0; i < surw->objects; i++) {
        surw->shared[i] = surw->seen_mask[i];
        surw->written[i] = surw->seen_write[i];
        for (uint32_t j = 0; j < THREADS; j++) {
            surw->count[i][j] = surw->seen[i][j];
        }
    }
    return true;
}

/* ---- bounded search: all schedules with at most so many preemptions -------------------------------- */

#define FRAMES 100000

struct frame {
    uint8_t tried;                      /* alternatives done, the present one included */
    uint8_t count;
    int8_t current;                     /* as in shim_choice */
    uint8_t preemptions;                /* before this decision */
};

struct bounded {
    struct shim_strategy strategy;
    struct frame *frame;
    uint32_t depth, used;               /* frames to repeat; frames of this run */
    unsigned bound, bound_max;
    unsigned preemptions;
    bool cut;                           /* something was left out because of the bound */
};

static void bounded_begin(struct shim_strategy *strategy, uint64_t seed) {
    struct bounded *bounded = (struct bounded *)strategy;
    (void)seed;
    bounded->used = 0;
    bounded->preemptions = 0;
}

/* The n-th alternative: first to go on without a preemption, then the others in order. */
static uint32_t alternative(const struct frame *frame, uint32_t n) {
    if (frame->current < 0) {
        return n;
    }
    uint32_t current = (uint32_t)frame->current;
    return n == 0 ? current : n <= current ? n - 1 : n;
}

static uint32_t bounded_choose(struct shim_strategy *strategy, const struct shim_choice *choice) {
    struct bounded *bounded = (struct bounded *)strategy;
    if (choice->count == 1 || bounded->used == FRAMES) {
        return choice->current >= 0 ? (uint32_t)choice->current : 0;
    }
    struct frame *frame = &bounded->frame[bounded->used];
    if (bounded->used++ >= bounded->depth) {
        frame->tried = 1;
        frame->count = (uint8_t)choice->count;
        /* A thread that yields gives up its turn by itself: leaving it costs nothing. */
        frame->current = choice->current >= 0 && choice->event[choice->current]->op != SHIM_OP_YIELD
                             ? (int8_t)choice->current : -1;
        frame->preemptions = (uint8_t)bounded->preemptions;
    }
    uint32_t pick = alternative(frame, frame->tried - 1u);
    if (pick >= choice->count) {
        return SHIM_CHOICE_NONE;
    }
    bounded->preemptions += frame->current >= 0 && pick != (uint32_t)frame->current;
    return pick;
}

static bool bounded_end(struct shim_strategy *strategy, uint64_t steps) {
    struct bounded *bounded = (struct bounded *)strategy;
    (void)steps;
    bounded->depth = bounded->used;
    while (bounded->depth != 0) {
        struct frame *frame = &bounded->frame[bounded->depth - 1];
        bool affordable = frame->current < 0 || frame->preemptions < bounded->bound;
        bounded->cut = bounded->cut || (frame->tried < frame->count && !affordable);
        if (frame->tried < frame->count && affordable) {
            frame->tried++;
            return true;
        }
        bounded->depth--;
    }
    if (!bounded->cut || bounded->bound == bounded->bound_max) {
        return false;
    }
    bounded->bound++;
    bounded->cut = false;
    return true;
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

static const char *const names[] = {"random", "pct", "pos", "surw", "feedback", "bounded"};

int shim_strategy_find(const char *name) {
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

const char *shim_strategy_name(enum shim_strategy_kind kind) {
    return names[kind];
}

struct shim_strategy *shim_strategy_new(enum shim_strategy_kind kind, unsigned depth) {
    static const struct {
        size_t size;
        struct shim_strategy strategy;
    } kinds[] = {
        {sizeof(struct random_walk), {random_begin, random_choose, go_on, 0}},
        {sizeof(struct pct), {pct_begin, pct_choose, pct_end, 0}},
        {sizeof(struct pos), {pos_begin, pos_choose, go_on, 0}},
        {sizeof(struct surw), {surw_begin, surw_choose, surw_end, 0}},
        {0, {NULL, NULL, NULL, 0}}, /* feedback.c */
        {sizeof(struct bounded), {bounded_begin, bounded_choose, bounded_end, 0}},
    };
    size_t size = kind == SHIM_STRATEGY_FEEDBACK ? shim_feedback_size() : kinds[kind].size;
    struct shim_strategy *made = shim_storage_new(size);
    if (made == NULL) {
        return NULL;
    }
    *made = kind == SHIM_STRATEGY_FEEDBACK ? shim_feedback : kinds[kind].strategy;
    if (kind == SHIM_STRATEGY_PCT) {
        ((struct pct *)made)->depth = depth == 0 ? 3 : depth > DEPTH_MAX ? DEPTH_MAX : depth;
    } else if (kind == SHIM_STRATEGY_BOUNDED) {
        struct bounded *bounded = (struct bounded *)made;
        bounded->bound_max = depth == 0 ? 2 : depth;
        bounded->frame = shim_storage_new(FRAMES * sizeof *bounded->frame);
        if (bounded->frame == NULL) {
            shim_storage_free(made, size);
            return NULL;
        }
    }
    made->size = size;
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
    if (strategy != NULL && strategy->choose == bounded_choose) {
        shim_storage_free(((struct bounded *)strategy)->frame, FRAMES * sizeof(struct frame));
    }
    if (strategy != NULL) {
        shim_storage_free(strategy, strategy->size);
    }
}
