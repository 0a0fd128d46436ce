/* shims/schedule/bounded.c - every schedule with at most so many preemptions, each once (after iterative
 * context bounding, PLDI 2007).
 *
 * By itself a run goes on with the thread that runs, and with the next by number where that one cannot go on
 * or yields. A schedule is known by its deviations from this: at which decisions, and which other thread goes there. To
 * leave a thread that could go on is a preemption, of which there may be `bound`; which thread follows one that cannot is
 * free. Schedules with fewer deviations come first: so a bug that needs one preemption is found before all orders of
 * threads without any have been gone through, of which there are as many as a factorial.
 *
 * A schedule that was run is kept as its last deviation, the schedule that it deviates from, and the number of candidates of
 * every decision since; those that follow from it are made from this when it is their turn. When the room for it is used up,
 * the search is complete no more: it does what is left, and goes on by chance.
 *
 * Compiled without instrumentation, like strategy.c.
 */
#include "shims/schedule/random.h"
#include "shims/schedule/strategies.h"

#define RUNS (1u << 22)
#define DECISIONS (64u << 20) /* of all runs together, each behind its last deviation */
#define DEVIATIONS 256        /* of one schedule */

struct deviation {
    uint32_t decision; /* of those with a choice, from 0 */
    uint32_t other;    /* which alternative, from 1 */
};

struct run {
    struct deviation last; /* not of the first run */
    uint32_t parent;       /* index of the run it deviates from */
    uint32_t begin;        /* its first decision that is kept */
    uint32_t count;        /* so many are kept ... */
    uint32_t first;        /* ... from here on in `decision` */
    uint16_t deviations, preemptions;
};

struct bounded {
    struct shim_strategy strategy;
    unsigned bound;
    bool chance;          /* by chance from now on */
    bool short_of_room;   /* something was not kept */
    uint64_t random;
    uint32_t used;        /* decisions of this run so far */
    uint32_t last;        /* thread that was picked */
    struct deviation deviation[DEVIATIONS]; /* of this run */
    uint32_t deviations, done;
    struct run now;
    uint32_t parent, at, other; /* deviations of this run were made up to here */
    uint32_t runs, decisions;
    struct run run[RUNS];
    uint16_t decision[DECISIONS]; /* candidates, twice; and 1 when leaving the thread is free */
};

void shim_bounded_init(struct shim_strategy *made, unsigned bound) {
    ((struct bounded *)made)->bound = bound;
}

static void begin(struct shim_strategy *strategy, uint64_t seed) {
    struct bounded *bounded = (struct bounded *)strategy;
    bounded->random = seed;
    bounded->used = bounded->last = bounded->done = 0;
    bounded->now.first = bounded->decisions;
    bounded->now.count = 0;
    bounded->now.deviations = (uint16_t)bounded->deviations;
    bounded->now.preemptions = 0;
    bounded->now.begin = 0;
}

/* Who goes by itself. */
static uint32_t by_itself(const struct bounded *bounded, const struct shim_choice *choice, bool is_free) {
    if (!is_free) {
        return (uint32_t)choice->current;
    }
    for (uint32_t i = 0; i < choice->count; i++) {
        if (choice->event[i]->thread > bounded->last) {
            return i;
        }
    }
    return 0;
}

static uint32_t decide(struct bounded *bounded, const struct shim_choice *choice) {
    bool is_free = choice->current < 0 || choice->event[choice->current]->op == SHIM_OP_YIELD;
    uint32_t usual = by_itself(bounded, choice, is_free), at = bounded->used++;
    if (bounded->done < bounded->deviations) {
        const struct deviation *next = &bounded->deviation[bounded->done];
        if (next->decision != at) {
            return usual;
        }
        bounded->done++;
        bounded->now.begin = at + 1;
        bounded->now.preemptions = (uint16_t)(bounded->now.preemptions + !is_free);
        return next->other >= choice->count ? SHIM_CHOICE_NONE
               : next->other <= usual       ? next->other - 1
                                            : next->other;
    }
    if (bounded->now.first + bounded->now.count == DECISIONS) {
        bounded->short_of_room = true;
    } else {
        bounded->decision[bounded->now.first + bounded->now.count++] =
            (uint16_t)(choice->count << 1 | is_free);
    }
    return usual;
}

static uint32_t choose(struct shim_strategy *strategy, const struct shim_choice *choice) {
    struct bounded *bounded = (struct bounded *)strategy;
    uint32_t pick = choice->count == 1 ? 0
                    : bounded->chance  ? shim_random_below(&bounded->random, choice->count)
                                       : decide(bounded, choice);
    if (pick != SHIM_CHOICE_NONE) {
        bounded->last = choice->event[pick]->thread;
    }
    return pick;
}

/* Whether more preemptions, or none, may be made from this decision of the run on. */
static bool may_deviate(const struct bounded *bounded, const struct run *run, uint32_t at) {
    return run->preemptions < bounded->bound || (bounded->decision[run->first + at] & 1) != 0;
}

/* Keeps the run that was done, if others follow from it. */
static void keep(struct bounded *bounded) {
    struct run *now = &bounded->now;
    uint32_t useful = now->count;
    while (useful != 0 && !may_deviate(bounded, now, useful - 1)) {
        useful--;
    }
    if (bounded->done < bounded->deviations || useful == 0) {
        return;
    }
    if (bounded->runs == RUNS || now->deviations == DEVIATIONS) {
        bounded->short_of_room = true;
        return;
    }
    now->count = useful;
    now->parent = bounded->parent;
    if (bounded->deviations != 0) {
        now->last = bounded->deviation[bounded->deviations - 1];
    }
    bounded->decisions += useful;
    bounded->run[bounded->runs++] = *now;
}

/* The deviations of the run that deviates from the one at `parent`, at its decision `at`. */
static void prepare(struct bounded *bounded) {
    const struct run *run = &bounded->run[bounded->parent];
    uint32_t place = run->deviations;
    bounded->deviations = place + 1u;
    bounded->deviation[place] =
        (struct deviation){.decision = run->begin + bounded->at, .other = bounded->other};
    while (place-- != 0) {
        bounded->deviation[place] = run->last;
        run = &bounded->run[run->parent];
    }
}

static bool end(struct shim_strategy *strategy, uint64_t steps) {
    struct bounded *bounded = (struct bounded *)strategy;
    (void)steps;
    if (bounded->chance) {
        return true;
    }
    keep(bounded);
    for (; bounded->parent < bounded->runs; bounded->parent++, bounded->at = 0) {
        const struct run *run = &bounded->run[bounded->parent];
        for (; bounded->at < run->count; bounded->at++, bounded->other = 0) {
            uint32_t count = bounded->decision[run->first + bounded->at] >> 1;
            if (may_deviate(bounded, run, bounded->at) && ++bounded->other < count) {
                prepare(bounded);
                return true;
            }
        }
    }
    bounded->chance = bounded->short_of_room;
    return bounded->chance;
}

const struct shim_strategy shim_bounded = {begin, choose, end, sizeof(struct bounded)};
