/* Calls racing a stop or a term: denied only from its entry on, admitted only until its return. */
#include <criterion/criterion.h>

#include "engine/tests/api/race.h"
#include "engine/tests/api/support.h"

static void race(enum race_kind kind)
{
    struct race_result result = {0};
    for (unsigned i = 0; i < 20; i++) {
        cr_assert_eq(race_once(test_folder(), kind, 4, i * 150, &result), 0, "life %u", i);
    }
    cr_expect_gt(result.calls, 1000u);
    cr_expect_eq(result.early, 0u);
    cr_expect_eq(result.late, 0u);
    cr_expect_eq(result.lost, 0u);
    cr_expect_eq(result.strange, 0u, "%lu strange answers, the first is %ld", result.strange,
                 result.first_strange);
    if (kind == RACE_TERM) {
        cr_expect_eq(result.denied, 0u);
    } else {
        cr_expect_gt(result.denied, 0u);
    }
}

Test(race, stop_service_instance, .timeout = 120)
{
    race(RACE_STOP);
}

Test(race, stop_service_instance2_all, .timeout = 120)
{
    race(RACE_STOP_ALL);
}

Test(race, term, .timeout = 120)
{
    race(RACE_TERM);
}
