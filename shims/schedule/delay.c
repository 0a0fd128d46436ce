/* shims/schedule/delay.c - a thread is held up at a chosen place while the others go on.
 *
 * A bug of order in a program of thousands of decisions mostly needs one thread to stand still in one place (between
 * two critical sections, behind a look that is about to become stale) while another one does something long. By chance a
 * thread does not stand still for long, and a point drawn among all decisions is hardly ever the one of a place that
 * comes once in a run. So places are drawn, not decisions: a place is an operation at one address of the code under test, as
 * told apart by the operation that the thread did before. In a run one to three of those seen before are drawn, half of the time
 * among those drawn least, a third of the time among those of one kind of operation, and of each one of its occurrences in the
 * run before, rather the first or the last. Who comes there is held up, as is drawn
 * as well: until so many conflicting operations of others were done, for so many decisions, or until nobody else can go
 * on. The others go by random walk, or by turns that last until somebody waits, and now and then end before. Places of objects that
 * one thread has for itself are drawn seldom.
 *
 * Sources: delays at places, not at decisions, as in delay injection (TSVD, SOSP 2019); few of them (PCT).
 * Compiled without instrumentation, like strategy.c.
 */
#include "shims/schedule/random.h"
#include "shims/schedule/strategies.h"

#define THREADS SHIM_CONTROL_THREADS
#define PLACES 8192u
#define SLOTS 16384u    /* power of two, more than places */
#define OBJECTS 8192u   /* power of two: a table in which one may push out another */
#define MOST 3          /* places of a run */
#define TRIES 12        /* draws for a place that was drawn seldom and whose object is shared */
#define LEAST_BITS 4    /* for 16 decisions to 4,096 */
#define LENGTH_BITS 9
#define CONFLICTS 4     /* of others, at most that many */
#define PATIENCE 4096   /* decisions, for conflicts that do not come */

struct place {
    uint64_t key;
    uint64_t run;       /* the last one that had it */
    uint32_t count;     /* occurrences in that run */
    uint32_t before;    /* in the run before that had it */
    uint32_t drawn;
    bool shared;        /* its object was one of several threads */
    uint8_t op;
};

enum until { UNTIL_CONFLICTS, UNTIL_LENGTH, UNTIL_NOBODY, UNTIL_COUNT };

struct hold {
    uint32_t place;     /* index */
    uint32_t nth;       /* occurrence, from 1 */
    bool over;          /* it came to pass */
    enum until until;
    uint64_t length;    /* decisions, or conflicts */
};

struct delay {
    struct shim_strategy strategy;
    uint64_t random;
    uint64_t run;                  /* from 1 */
    uint64_t kinds;                /* of operations seen, a bit each */
    bool walks;                    /* random walk; else turns */
    int last;                      /* thread that had the turn */
    uint32_t places, holds, held;  /* held: threads now */
    struct hold hold[MOST];
    uint64_t number[THREADS];      /* of the event that was looked at */
    uint64_t previous[THREADS];    /* what the thread did before */
    int by[THREADS];               /* 1 + index of the hold; 0: none */
    uint64_t left[THREADS];        /* decisions or conflicts, while held */
    uint64_t patience[THREADS];
    struct { const void *key; uint32_t thread; bool shared; } object[OBJECTS];
    uint16_t slot[SLOTS];          /* 1 + index in `place`; 0: not in use */
    struct place place[PLACES];
};

static uint64_t mixed(uint64_t word) {
    word *= 0x9E3779B97F4A7C15u;
    return word ^ word >> 29;
}

/* Of two places the one that is rather taken. */
static bool is_better(const struct delay *delay, uint32_t a, uint32_t b, bool seldom, int op) {
    const struct place *x = &delay->place[a], *y = &delay->place[b];
    if (op >= 0 && (x->op == op) != (y->op == op)) {
        return x->op == op;
    }
    return x->shared != y->shared ? x->shared : seldom && x->drawn < y->drawn;
}

static uint32_t draw_place(struct delay *delay) {
    bool seldom = shim_random_below(&delay->random, 2) == 0;
    uint32_t best = shim_random_below(&delay->random, delay->places);
    int op = shim_random_below(&delay->random, 3) == 0 ? delay->place[best].op : -1;
    if (op >= 0 && delay->kinds != 0) { /* kinds that have few places count as much as others */
        do {
            op = (int)shim_random_below(&delay->random, SHIM_OP_COUNT);
        } while ((delay->kinds >> op & 1) == 0);
    }
    for (unsigned i = 0; i < TRIES; i++) {
        uint32_t other = shim_random_below(&delay->random, delay->places);
        if (is_better(delay, other, best, seldom, op)) {
            best = other;
        }
        if (!seldom && delay->place[best].shared && (op < 0 || delay->place[best].op == op)) {
            break;
        }
    }
    return best;
}

/* The first or the last one of so many rather than others: what begins and what ends is where most goes wrong. */
static uint32_t draw_occurrence(struct delay *delay, uint32_t count) {
    switch (count < 2 ? 0 : shim_random_below(&delay->random, 4)) {
    case 0:
        return 1;
    case 1:
        return count;
    default:
        return 1 + shim_random_below(&delay->random, count);
    }
}

static void begin(struct shim_strategy *strategy, uint64_t seed) {
    struct delay *delay = (struct delay *)strategy;
    delay->random = seed ^ 0x6A09E667F3BCC909u;
    delay->run++;
    delay->walks = shim_random_below(&delay->random, 2) == 0;
    delay->last = -1;
    delay->held = delay->holds = 0;
    for (uint32_t i = 0; i < THREADS; i++) {
        delay->number[i] = delay->previous[i] = 0;
        delay->by[i] = 0;
    }
    while (delay->places != 0 && delay->holds < MOST &&
           (delay->holds == 0 || shim_random_below(&delay->random, 2) == 0)) {
        struct hold *hold = &delay->hold[delay->holds++];
        hold->place = draw_place(delay);
        struct place *place = &delay->place[hold->place];
        uint32_t count = place->run == delay->run ? place->before : place->count;
        place->drawn++;
        hold->nth = draw_occurrence(delay, count);
        hold->over = false;
        hold->until = (enum until)shim_random_below(&delay->random, UNTIL_COUNT);
        hold->length = hold->until == UNTIL_CONFLICTS
                           ? 1 + shim_random_below(&delay->random, CONFLICTS)
                           : (uint64_t)1 << (LEAST_BITS + shim_random_below(&delay->random, LENGTH_BITS));
    }
}

/* NULL when there is no room. */
static struct place *place_of(struct delay *delay, uint64_t key) {
    uint32_t at = (uint32_t)(key >> 40) & (SLOTS - 1);
    for (; delay->slot[at] != 0; at = (at + 1) & (SLOTS - 1)) {
        if (delay->place[delay->slot[at] - 1].key == key) {
            return &delay->place[delay->slot[at] - 1];
        }
    }
    if (delay->places == PLACES) {
        return NULL;
    }
    delay->place[delay->places].key = key;
    delay->slot[at] = (uint16_t)++delay->places;
    return &delay->place[delay->places - 1];
}

static bool is_shared(struct delay *delay, const struct shim_event *event) {
    if (event->object == NULL) {
        return event->op != SHIM_OP_YIELD;
    }
    uint32_t at = (uint32_t)(mixed((uint64_t)(size_t)event->object) >> 40) & (OBJECTS - 1);
    if (delay->object[at].key != event->object) {
        delay->object[at].key = event->object;
        delay->object[at].thread = event->thread;
        delay->object[at].shared = false;
    } else if (delay->object[at].thread != event->thread) {
        delay->object[at].shared = true;
    }
    return delay->object[at].shared;
}

/* The thread has come to a new event: what place it is, and whether it is held up there. */
static void arrive(struct delay *delay, const struct shim_event *event) {
    uint32_t thread = event->thread;
    uint64_t here = mixed((uint64_t)(size_t)event->site ^ (uint64_t)event->op << 56);
    struct place *place = place_of(delay, mixed(here ^ delay->previous[thread]));
    delay->number[thread] = event->number;
    delay->previous[thread] = here;
    if (place == NULL) {
        return;
    }
    if (place->run != delay->run) {
        place->before = place->count;
        place->count = 0;
        place->run = delay->run;
    }
    place->count++;
    place->op = (uint8_t)event->op;
    delay->kinds |= (uint64_t)1 << event->op;
    place->shared = is_shared(delay, event) || place->shared;
    for (uint32_t i = 0; i < delay->holds; i++) {
        struct hold *hold = &delay->hold[i];
        if (!hold->over && delay->by[thread] == 0 && &delay->place[hold->place] == place && place->count >= hold->nth) {
            hold->over = true;
            delay->by[thread] = (int)i + 1;
            delay->left[thread] = hold->length;
            delay->patience[thread] = PATIENCE;
            delay->held++;
        }
    }
}

static void release(struct delay *delay, uint32_t thread) {
    delay->by[thread] = 0;
    delay->held--;
}

/* After the pick: what it means for those that are held. */
static void pass(struct delay *delay, const struct shim_choice *choice, const struct shim_event *picked) {
    for (uint32_t i = 0; i < choice->count; i++) {
        const struct shim_event *event = choice->event[i];
        uint32_t thread = event->thread;
        if (delay->by[thread] == 0) {
            continue;
        }
        enum until until = delay->hold[delay->by[thread] - 1].until;
        bool counts = until == UNTIL_LENGTH || (until == UNTIL_CONFLICTS && shim_events_race(event, picked));
        delay->left[thread] -= counts && delay->left[thread] > 0;
        if (delay->left[thread] == 0 || (until == UNTIL_CONFLICTS && --delay->patience[thread] == 0)) {
            release(delay, thread);
        }
    }
}

static uint32_t choose(struct shim_strategy *strategy, const struct shim_choice *choice) {
    struct delay *delay = (struct delay *)strategy;
    uint32_t open[THREADS], count = 0, current = UINT32_MAX;
    for (uint32_t i = 0; i < choice->count; i++) {
        if (delay->number[choice->event[i]->thread] != choice->event[i]->number) {
            arrive(delay, choice->event[i]);
        }
    }
    for (uint32_t i = 0; i < choice->count; i++) {
        if (delay->by[choice->event[i]->thread] == 0) {
            current = (int)choice->event[i]->thread == delay->last ? i : current;
            open[count++] = i;
        }
    }
    if (count == 0) { /* nobody else can go on */
        uint32_t pick = shim_random_below(&delay->random, choice->count);
        release(delay, choice->event[pick]->thread);
        delay->last = (int)choice->event[pick]->thread;
        return pick;
    }
    uint32_t pick = open[count == 1 ? 0 : shim_random_below(&delay->random, count)];
    if (!delay->walks && current != UINT32_MAX && choice->event[current]->op != SHIM_OP_YIELD &&
        shim_random_below(&delay->random, 32) != 0) {
        pick = current;
    }
    delay->last = (int)choice->event[pick]->thread;
    if (delay->held != 0) {
        pass(delay, choice, choice->event[pick]);
    }
    return pick;
}

static bool end(struct shim_strategy *strategy, uint64_t steps) {
    (void)strategy;
    (void)steps;
    return true;
}

const struct shim_strategy shim_delay = {begin, choose, end, sizeof(struct delay)};
