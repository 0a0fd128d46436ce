/* shims/schedule/surw.c - uniform over the orders of a chosen subset of events (SURW, ASPLOS 2025).
 *
 * In a run the events on one object are of interest, drawn from those that threads shared and wrote in the
 * run before; how many each thread has of them was counted there, too. The next thread to do one is drawn with the
 * weight of what it has left, and only that thread may: so each order of these events is as likely as any other. A
 * thread that was not created yet can be drawn, too; then the others wait with theirs. All else goes by a random
 * priority per pending event. Objects are known by their addresses, which mostly are the same in the next run.
 *
 * Compiled without instrumentation, like strategy.c.
 */
#include "shims/schedule/random.h"
#include "shims/schedule/strategies.h"

#define THREADS SHIM_CONTROL_THREADS
#define OBJECTS 4096
#define SLOTS 8192 /* power of two */

struct object {
    const void *key;
    uint64_t run;             /* the last one that touched it */
    uint32_t first;           /* thread */
    bool shared, written;     /* in that run: by two threads; by any */
    uint32_t count[THREADS];  /* events of that run */
    uint32_t before[THREADS]; /* the profile: of the run before that touched it */
};

struct surw {
    struct shim_strategy strategy;
    uint64_t random;
    uint64_t run;               /* from 1 */
    uint16_t slot[SLOTS];       /* 1 + index in `object`; 0: not in use */
    uint32_t objects;
    uint32_t threads;           /* 1 + the greatest number of a thread seen */
    uint16_t touched[OBJECTS];  /* in this run */
    uint32_t touched_count;
    uint16_t candidate[OBJECTS];
    uint32_t candidates;
    const void *target;         /* NULL: nothing is of interest */
    int64_t left[THREADS];
    int intended;               /* thread to do the next event of interest; -1: draw */
    uint64_t number[THREADS];   /* of the event that was counted and that the priority is for */
    uint64_t priority[THREADS];
    struct object object[OBJECTS];
};

static void begin(struct shim_strategy *strategy, uint64_t seed) {
    struct surw *surw = (struct surw *)strategy;
    surw->random = seed;
    surw->run++;
    surw->intended = -1;
    surw->touched_count = 0;
    surw->target = NULL;
    for (uint32_t i = 0; i < surw->threads; i++) {
        surw->number[i] = 0;
        surw->left[i] = 0;
    }
    if (surw->candidates != 0) {
        const struct object *object =
            &surw->object[surw->candidate[shim_random_below(&surw->random, surw->candidates)]];
        surw->target = object->key;
        for (uint32_t i = 0; i < surw->threads; i++) {
            surw->left[i] = object->before[i];
        }
    }
}

/* NULL when there is no room: such an object is never of interest. */
static struct object *object_of(struct surw *surw, const void *key) {
    uint32_t at = (uint32_t)((uint64_t)(size_t)key * 0x9E3779B97F4A7C15u >> 40) & (SLOTS - 1);
    for (; surw->slot[at] != 0; at = (at + 1) & (SLOTS - 1)) {
        if (surw->object[surw->slot[at] - 1].key == key) {
            return &surw->object[surw->slot[at] - 1];
        }
    }
    if (surw->objects == OBJECTS) {
        return NULL;
    }
    surw->object[surw->objects].key = key;
    surw->slot[at] = (uint16_t)++surw->objects;
    return &surw->object[surw->objects - 1];
}

static void count_event(struct surw *surw, const struct shim_event *event) {
    struct object *object = event->object == NULL ? NULL : object_of(surw, event->object);
    if (event->thread >= surw->threads) {
        surw->threads = event->thread + 1;
    }
    if (object == NULL) {
        return;
    }
    if (object->run != surw->run) {
        object->run = surw->run;
        object->first = event->thread;
        object->shared = object->written = false;
        for (uint32_t i = 0; i < surw->threads; i++) {
            object->count[i] = 0;
        }
        surw->touched[surw->touched_count++] = (uint16_t)(object - surw->object);
    }
    object->shared = object->shared || object->first != event->thread;
    object->written = object->written || event->write;
    object->count[event->thread]++;
}

static void draw_intended(struct surw *surw) {
    int64_t total = 0;
    for (uint32_t i = 0; i < surw->threads; i++) {
        total += surw->left[i] > 0 ? surw->left[i] : 0;
    }
    if (total == 0) {
        return;
    }
    int64_t pick = (int64_t)(shim_random_next(&surw->random) % (uint64_t)total);
    for (uint32_t i = 0; i < surw->threads; i++) {
        pick -= surw->left[i] > 0 ? surw->left[i] : 0;
        if (pick < 0) {
            surw->intended = (int)i;
            return;
        }
    }
}

static uint32_t choose(struct shim_strategy *strategy, const struct shim_choice *choice) {
    struct surw *surw = (struct surw *)strategy;
    uint32_t best = 0;
    uint64_t highest = 0;
    if (surw->intended < 0 && surw->target != NULL) {
        draw_intended(surw);
    }
    for (uint32_t i = 0; i < choice->count; i++) {
        const struct shim_event *event = choice->event[i];
        uint32_t thread = event->thread;
        if (surw->number[thread] != event->number) {
            count_event(surw, event);
            surw->number[thread] = event->number;
            surw->priority[thread] = shim_random_next(&surw->random) >> 1 | (uint64_t)1 << 62;
            if (event->op == SHIM_OP_YIELD) {
                surw->priority[thread] >>= 8; /* who spins goes behind others */
            }
        }
        /* Who does not come next with an event of interest goes when nobody else can. */
        uint64_t priority = surw->priority[thread];
        if (event->object == surw->target && surw->target != NULL && (int)thread != surw->intended) {
            priority >>= 32;
        }
        if (priority > highest) {
            highest = priority;
            best = i;
        }
    }
    if (surw->target != NULL && choice->event[best]->object == surw->target) {
        surw->left[choice->event[best]->thread]--;
        surw->intended = -1;
    }
    return best;
}

static bool end(struct shim_strategy *strategy, uint64_t steps) {
    struct surw *surw = (struct surw *)strategy;
    (void)steps;
    surw->candidates = 0;
    for (uint32_t i = 0; i < surw->touched_count; i++) {
        struct object *object = &surw->object[surw->touched[i]];
        for (uint32_t j = 0; j < surw->threads; j++) {
            object->before[j] = object->count[j];
        }
        if (object->shared && object->written) {
            surw->candidate[surw->candidates++] = surw->touched[i];
        }
    }
    return true;
}

const struct shim_strategy shim_surw = {begin, choose, end, sizeof(struct surw)};
