/* shims/schedule/hold.c - a thread on which something went wrong waits, while others go on.
 *
 * Compiled without instrumentation: choose runs on whatever thread has the turn.
 */
#include "shims/schedule/hold.h"

#include "shims/schedule/random.h"

#define STEPS_BITS 5   /* up to 15 steps later */
#define LENGTH_LEAST 6 /* for 64 decisions to 2,048 */
#define LENGTH_BITS 6

/* Index of the thread among the candidates, or their number. */
static uint32_t find(const struct shim_choice *choice, uint32_t thread) {
    uint32_t at = 0;
    while (at < choice->count && choice->event[at]->thread != thread) {
        at++;
    }
    return at;
}

/* What the inner strategy decides among the others. */
static uint32_t choose_other(const struct shim_hold *hold, const struct shim_choice *choice, uint32_t held) {
    struct shim_choice others;
    others.count = 0;
    others.step = choice->step;
    others.current = choice->current == (int)held ? -1 : choice->current > (int)held ? choice->current - 1 : choice->current;
    for (uint32_t i = 0; i < choice->count; i++) {
        if (i != held) {
            others.event[others.count++] = choice->event[i];
        }
    }
    uint32_t pick = hold->inner->choose(hold->inner, &others);
    return pick >= others.count ? pick : pick + (pick >= held);
}

static uint32_t choose(struct shim_strategy *strategy, const struct shim_choice *choice) {
    struct shim_hold *hold = (struct shim_hold *)strategy;
    uint32_t held = hold->holds ? find(choice, hold->thread) : choice->count;
    if (hold->holds && hold->steps == 0) {
        hold->length--;
        hold->holds = hold->length > 0;
        if (held < choice->count && choice->count > 1) {
            return choose_other(hold, choice, held);
        }
    }
    uint32_t pick = hold->inner->choose(hold->inner, choice);
    if (pick == held && hold->steps > 0) {
        hold->steps--;
    }
    return pick;
}

static void begin(struct shim_strategy *strategy, uint64_t seed) {
    (void)strategy;
    (void)seed;
}

static bool end(struct shim_strategy *strategy, uint64_t steps) {
    struct shim_hold *hold = (struct shim_hold *)strategy;
    return hold->inner->end(hold->inner, steps);
}

void shim_hold_init(struct shim_hold *hold, struct shim_strategy *inner, uint64_t seed) {
    *hold = (struct shim_hold){.strategy = {begin, choose, end, sizeof *hold},
                               .inner = inner,
                               .random = seed ^ 0xBB67AE8584CAA73Bu};
}

void shim_hold_thread(struct shim_hold *hold, int thread) {
    if (thread < 0 || hold->holds || shim_random_below(&hold->random, 4) == 0) {
        return;
    }
    hold->thread = (uint32_t)thread;
    hold->steps = shim_random_below(&hold->random, 1u << shim_random_below(&hold->random, STEPS_BITS));
    hold->length = (uint64_t)1 << (LENGTH_LEAST + shim_random_below(&hold->random, LENGTH_BITS));
    hold->holds = true;
}
