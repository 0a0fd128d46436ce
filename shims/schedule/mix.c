/* shims/schedule/mix.c - several strategies that take turns, a run each.
 *
 * No strategy is the best for every program, and the best for one can be hopeless for another; who takes
 * turns loses a factor at most: here five. Each learns from its own runs. Compiled without instrumentation, like strategy.c.
 */
#include "shims/schedule/strategies.h"

static const enum shim_strategy_kind members[] = {SHIM_STRATEGY_RANDOM, SHIM_STRATEGY_DELAY, SHIM_STRATEGY_FEEDBACK,
                                                  SHIM_STRATEGY_POS, SHIM_STRATEGY_SURW};
#define MEMBERS (sizeof members / sizeof members[0])

struct mix {
    struct shim_strategy strategy;
    uint64_t runs;
    struct shim_strategy *now;
    struct shim_strategy *member[MEMBERS]; /* behind this struct */
};

size_t shim_mix_size(void) {
    size_t size = SHIM_ROUNDED(sizeof(struct mix));
    for (size_t i = 0; i < MEMBERS; i++) {
        size += SHIM_ROUNDED(shim_strategy_size(members[i]));
    }
    return size;
}

void shim_mix_init(struct shim_strategy *made, unsigned depth) {
    struct mix *mix = (struct mix *)made;
    char *place = (char *)made + SHIM_ROUNDED(sizeof *mix);
    for (size_t i = 0; i < MEMBERS; i++) {
        mix->member[i] = (struct shim_strategy *)(void *)place;
        shim_strategy_init(mix->member[i], members[i], depth);
        place += SHIM_ROUNDED(shim_strategy_size(members[i]));
    }
}

static void begin(struct shim_strategy *strategy, uint64_t seed) {
    struct mix *mix = (struct mix *)strategy;
    mix->now = mix->member[mix->runs++ % MEMBERS];
    mix->now->begin(mix->now, seed);
}

static uint32_t choose(struct shim_strategy *strategy, const struct shim_choice *choice) {
    struct shim_strategy *now = ((struct mix *)strategy)->now;
    return now->choose(now, choice);
}

static bool end(struct shim_strategy *strategy, uint64_t steps) {
    struct shim_strategy *now = ((struct mix *)strategy)->now;
    return now->end(now, steps);
}

const struct shim_strategy shim_mix = {begin, choose, end, sizeof(struct mix)};
