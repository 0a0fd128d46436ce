/* shims/schedule/random.h - the random numbers of strategies (splitmix64): state is one word, any seed is good. */
#ifndef ESECHECK_SHIMS_SCHEDULE_RANDOM_H
#define ESECHECK_SHIMS_SCHEDULE_RANDOM_H

#include <stdint.h>

static inline uint64_t shim_random_next(uint64_t *state) {
    uint64_t word = *state += 0x9E3779B97F4A7C15u;
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9u;
    word = (word ^ word >> 27) * 0x94D049BB133111EBu;
    return word ^ word >> 31;
}

/* 0 to bound - 1. */
static inline uint32_t shim_random_below(uint64_t *state, uint32_t bound) {
    return (uint32_t)((shim_random_next(state) >> 32) * bound >> 32);
}

#endif
