/* shims/schedule/fair.c - a run that is far longer than those before goes on by chance.
 *
 * PCT, POS, SURW and feedback hold threads back as long as they please. A thread that looks again and again whether another one is
 * done would never end under them, and a sound engine be called a livelock. So they have the beginning of a run to
 * themselves, 20,000 decisions and four times the longest run so far, but never more than a quarter of a million; from there on
 * all that can go on have the same chance, and what still comes to no end is a livelock. Compiled without instrumentation, like strategy.c.
 */
#include "shims/schedule/random.h"
#include "shims/schedule/strategies.h"

#define LEAST 20000u
#define MOST 250000u

struct fair {
    struct shim_strategy strategy;
    struct shim_strategy *inner;        /* behind this struct */
    uint64_t random;
    uint64_t longest;                   /* run so far; of those that went on by chance only that part */
    uint64_t until;                     /* in this run */
};

static void begin(struct shim_strategy *strategy, uint64_t seed) {
    struct fair *fair = (struct fair *)strategy;
    fair->random = ~seed;
    fair->until = LEAST + 4 * fair->longest;
    fair->until = fair->until < MOST ? fair->until : MOST;
    fair->inner->begin(fair->inner, seed);
}

static uint32_t choose(struct shim_strategy *strategy, const struct shim_choice *choice) {
    struct fair *fair = (struct fair *)strategy;
    if (choice->step < fair->until) {
        return fair->inner->choose(fair->inner, choice);
    }
    return choice->count == 1 ? 0 : shim_random_below(&fair->random, choice->count);
}

static bool end(struct shim_strategy *strategy, uint64_t steps) {
    struct fair *fair = (struct fair *)strategy;
    uint64_t length = steps > fair->until ? steps - fair->until : steps;
    fair->longest = length > fair->longest ? length : fair->longest;
    return fair->inner->end(fair->inner, steps);
}

size_t shim_fair_size(enum shim_strategy_kind kind) {
    return SHIM_ROUNDED(sizeof(struct fair)) + shim_strategy_size(kind);
}

void shim_fair_init(struct shim_strategy *made, enum shim_strategy_kind kind, unsigned depth) {
    struct fair *fair = (struct fair *)made;
    *made = (struct shim_strategy){begin, choose, end, shim_fair_size(kind)};
    fair->inner = (struct shim_strategy *)(void *)((char *)made + SHIM_ROUNDED(sizeof *fair));
    shim_strategy_init(fair->inner, kind, depth);
}
