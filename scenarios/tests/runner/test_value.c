/* test_value.c - random values are the seed's. */
#include <criterion/criterion.h>

#include "scenarios/runner/world.h"

Test(value, the_same_seed_draws_the_same_numbers)
{
    uint64_t a[4], b[4], c[4], d[4];
    int same_seed = 0, other_actor = 0, other_seed = 0;
    scn_random_seed(a, 5, 1);
    scn_random_seed(b, 5, 1);
    scn_random_seed(c, 5, 2);
    scn_random_seed(d, 6, 1);
    for (int i = 0; i < 1000; i++) {
        uint64_t draw = scn_random_next(a);
        same_seed += draw == scn_random_next(b);
        other_actor += draw == scn_random_next(c);
        other_seed += draw == scn_random_next(d);
    }
    cr_expect_eq(same_seed, 1000);
    cr_expect_eq(other_actor, 0);
    cr_expect_eq(other_seed, 0);
}

Test(value, a_range_has_both_ends)
{
    uint64_t state[4];
    int seen[5] = {0};
    scn_random_seed(state, 1, 1);
    for (int i = 0; i < 1000; i++) {
        int64_t draw = scn_random_between(state, -2, 2);
        cr_assert(draw >= -2 && draw <= 2);
        seen[draw + 2]++;
    }
    for (int i = 0; i < 5; i++) {
        cr_expect_gt(seen[i], 100);
    }
    cr_expect_eq(scn_random_between(state, 7, 7), 7);
    scn_random_between(state, INT64_MIN, INT64_MAX); /* the whole range does not divide by 0 */
}

Test(value, streams_spread_over_all_bits)
{
    uint64_t all = 0, none = UINT64_MAX;
    for (uint64_t actor = 0; actor < 64; actor++) {
        uint64_t state[4];
        scn_random_seed(state, 0, actor);
        uint64_t draw = scn_random_next(state);
        all |= draw;
        none &= draw;
    }
    cr_expect_eq(all, UINT64_MAX);
    cr_expect_eq(none, 0);
}
