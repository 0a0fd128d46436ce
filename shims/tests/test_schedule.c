/* Decisions come from the seed, are kept, and can be repeated from their text. */
#define JET_NO_NAME_MAP
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "shims/schedule/schedule.h"

static char error[200];

static JET_ERR JET_CALL rollback(JET_SESID sesid, JET_GRBIT grbit) {
    (void)sesid;
    return (JET_ERR)grbit;
}

static struct shim_table table;

struct run {
    struct shim_schedule *schedule;
    uint32_t actor;
    int calls;
};

static void *run_actor(void *argument) {
    struct run *run = argument;
    struct shim_caller caller = {.table = &table,
                                 .hooks = {shim_schedule_hook(run->schedule, run->actor)},
                                 .hook_count = 1};
    for (int i = 0; i < run->calls; i++) {
        shim_callv(&caller, SHIM_FN_JetRollback, SHIM_PLAIN, (uint64_t[]){1, 0});
    }
    return NULL;
}

/* Three actors make 200 calls each on threads of their own. Returns what was decided. */
static char *run_all(struct shim_schedule *schedule) {
    pthread_t threads[3];
    struct run runs[3];
    table.entry[SHIM_FN_JetRollback][SHIM_PLAIN] = (shim_entry)rollback;
    for (uint32_t i = 0; i < 3; i++) {
        runs[i] = (struct run){schedule, i * 100, 200};
        pthread_create(&threads[i], NULL, run_actor, &runs[i]);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
    char *text = shim_schedule_text(schedule);
    cr_assert_not_null(text);
    shim_schedule_free(schedule);
    return text;
}

Test(schedule, the_seed_decides) {
    char *one = run_all(shim_schedule_random(1, 200, 50, 100));
    char *same = run_all(shim_schedule_random(1, 200, 50, 100));
    char *other = run_all(shim_schedule_random(2, 200, 50, 100));
    cr_expect_str_eq(one, same);
    cr_expect_str_neq(one, other);
    cr_expect_not_null(strstr(one, "\nactor 0: "));
    cr_expect_not_null(strstr(one, "\nactor 200: "));
    cr_expect_not_null(strstr(one, " y"));
    cr_expect_not_null(strstr(one, " s"));
    cr_expect_not_null(strstr(one, " g*"));
    free(one);
    free(same);
    free(other);
}

Test(schedule, a_text_replays_to_the_same_text) {
    char *one = run_all(shim_schedule_random(77, 300, 30, 50));
    struct shim_schedule *replay = shim_schedule_replay(one, error, sizeof error);
    cr_assert_not_null(replay, "%s", error);
    char *again = run_all(replay);
    cr_expect_str_eq(one, again);
    free(one);
    free(again);
}

Test(schedule, beyond_the_text_threads_go) {
    struct shim_schedule *replay =
        shim_schedule_replay("esecheck schedule 1\nactor 0: y*3 s1\n", error, sizeof error);
    cr_assert_not_null(replay, "%s", error);
    char *text = run_all(replay);
    cr_expect_str_eq(text, "esecheck schedule 1\nactor 0: y*3 s1 g*396\nactor 100: g*400\n"
                           "actor 200: g*400\n");
    free(text);
}

Test(schedule, a_sleep_takes_its_time) {
    struct timespec before, after;
    struct shim_schedule *replay =
        shim_schedule_replay("esecheck schedule 1\nactor 100: s20000 s20000", error, sizeof error);
    cr_assert_not_null(replay, "%s", error);
    clock_gettime(CLOCK_MONOTONIC, &before);
    free(run_all(replay));
    clock_gettime(CLOCK_MONOTONIC, &after);
    long us = (after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000;
    cr_expect_geq(us, 40000);
}

static shim_decision only_returns(void *context, uint32_t actor, uint64_t index,
                                  enum shim_point point, const struct shim_call *call) {
    int *seen = context;
    cr_assert_eq(call->fn, SHIM_FN_JetRollback);
    cr_assert_eq(actor, 5);
    cr_assert_eq(index, (uint64_t)*seen);
    ++*seen;
    return point == SHIM_POINT_LEAVE ? SHIM_YIELD : SHIM_GO;
}

Test(schedule, a_policy_of_ones_own_sees_every_point) {
    int seen = 0;
    table.entry[SHIM_FN_JetRollback][SHIM_PLAIN] = (shim_entry)rollback;
    struct shim_schedule *schedule = shim_schedule_new(only_returns, &seen);
    run_actor(&(struct run){schedule, 5, 2});
    char *text = shim_schedule_text(schedule);
    cr_expect_str_eq(text, "esecheck schedule 1\nactor 5: g y g y\n");
    cr_expect_eq(seen, 4);
    free(text);
    cr_expect_null(shim_schedule_hook(schedule, SHIM_SCHEDULE_ACTORS).enter);
    shim_schedule_free(schedule);
}

Test(schedule, bad_text_is_refused_with_its_line) {
    static const char *const bad[][2] = {
        {"", "line 1: not a schedule"},
        {"esecheck schedule 2\n", "line 1:"},
        {"esecheck schedule 1\nactor x: g\n", "line 2: expected an actor"},
        {"esecheck schedule 1\nactor 256: g\n", "line 2: expected an actor"},
        {"esecheck schedule 1\nactor 1: q\n", "line 2: expected g, y or s"},
        {"esecheck schedule 1\nactor 1: s\n", "line 2: s needs"},
        {"esecheck schedule 1\nactor 1: s30001\n", "line 2: s needs"},
        {"esecheck schedule 1\n\nactor 1: g*0\n", "line 3: * needs"},
        {"esecheck schedule 1\nactor 1: g*99999999999999999999\n", "line 2: * needs"},
        {"esecheck schedule 1\nactor 1: gy\n", "line 2: expected a space"},
        {"esecheck schedule 1\nactor 1: g\nactor 1: y\n", "line 3: this actor"},
        {"esecheck schedule 1\nsomething\n", "line 2: expected \"actor N:\""},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_expect_null(shim_schedule_replay(bad[i][0], error, sizeof error), "%s", bad[i][0]);
        cr_expect_eq(strncmp(error, bad[i][1], strlen(bad[i][1])), 0, "%s -> %s", bad[i][0], error);
    }
}
