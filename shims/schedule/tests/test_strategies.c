/* What each strategy promises, on programs that are lists of operations: no threads, nothing but its choices. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shims/schedule/strategy.h"

#define MOST_THREADS 12
#define MOST_STEPS 40

/* One word per thread, one letter per operation: a to z write an object of that name, A to Z read it, '(' locks and
 * ')' unlocks the only lock, '~' yields, '+' creates the next thread (if thread 0 begins with it, the others are not there at the
 * beginning). */
struct program {
    uint32_t threads;
    const char *thread[MOST_THREADS];
};

static char objects[128];

/* A run: who did each step, by thread number ('0', '1', ...), and what. */
struct outcome {
    char who[MOST_STEPS + 1], what[MOST_STEPS + 1];
    uint32_t steps, preemptions;
    bool stuck;
};

struct state {
    const struct program *program;
    uint32_t at[MOST_THREADS];
    uint64_t number[MOST_THREADS];
    uint64_t events;
    uint32_t made;
    int owner, last;
};

static char operation(const struct state *state, uint32_t thread) {
    return state->program->thread[thread][state->at[thread]];
}

static uint32_t candidates(struct state *state, struct shim_event *events, struct shim_choice *choice) {
    choice->count = 0;
    choice->current = -1;
    for (uint32_t i = 0; i < state->program->threads; i++) {
        char what = operation(state, i);
        bool unmade = state->program->thread[0][0] == '+' && i > state->made;
        if (unmade || what == '\0' || (what == '(' && state->owner >= 0)) {
            continue;
        }
        if (state->number[i] == 0) {
            state->number[i] = ++state->events;
        }
        bool read = what >= 'A' && what <= 'Z';
        events[i] = (struct shim_event){
            .thread = i,
            .op = what == '('   ? SHIM_OP_LOCK
                  : what == ')' ? SHIM_OP_UNLOCK
                  : what == '~' ? SHIM_OP_YIELD
                  : what == '+' ? SHIM_OP_CREATE
                  : read        ? SHIM_OP_READ
                                : SHIM_OP_WRITE,
            .write = !read && what != '~' && what != '+',
            .number = state->number[i],
            .object = what == '~' || what == '+' ? NULL : &objects[what == ')' ? '(' : read ? what - 'A' + 'a' : what],
            .site = &state->program->thread[i][state->at[i]]};
        if ((int)i == state->last) {
            choice->current = (int)choice->count;
        }
        choice->event[choice->count++] = &events[i];
    }
    return choice->count;
}

static void take(struct state *state, const struct shim_choice *choice, uint32_t pick, struct outcome *outcome) {
    uint32_t thread = choice->event[pick]->thread;
    char what = operation(state, thread);
    outcome->preemptions += choice->current >= 0 && pick != (uint32_t)choice->current &&
                            choice->event[choice->current]->op != SHIM_OP_YIELD;
    outcome->who[outcome->steps] = (char)('0' + thread);
    outcome->what[outcome->steps++] = what;
    state->owner = what == '(' ? (int)thread : what == ')' ? -1 : state->owner;
    state->made += what == '+';
    state->at[thread]++;
    state->number[thread] = 0;
    state->last = (int)thread;
}

static bool play(const struct program *program, struct shim_strategy *strategy, uint64_t seed,
                 struct outcome *outcome) {
    struct state state = {.program = program, .owner = -1, .last = -1};
    struct shim_event events[MOST_THREADS];
    struct shim_choice choice;
    memset(outcome, 0, sizeof *outcome);
    strategy->begin(strategy, seed);
    while (candidates(&state, events, &choice) != 0) {
        choice.step = outcome->steps;
        uint32_t pick = strategy->choose(strategy, &choice);
        cr_assert_lt(pick, choice.count, "no choice after %s", outcome->who);
        take(&state, &choice, pick, outcome);
    }
    return strategy->end(strategy, outcome->steps);
}

/* Only the letters of `wanted`, in order. */
static void only(const struct outcome *outcome, const char *wanted, char *text) {
    for (uint32_t i = 0; i < outcome->steps; i++) {
        if (strchr(wanted, outcome->what[i]) != NULL) {
            *text++ = outcome->who[i];
        }
    }
    *text = '\0';
}

/* ---- every order is as likely as any other ---------------------------------------------------------- */

#define ORDERS 105 /* of four, two and one: 7! / (4! 2! 1!) */
#define UNIFORM_RUNS (ORDERS * 200)

/* Of the orders of the operations on x, over runs with fixed seeds. */
static double chi_square(enum shim_strategy_kind kind, uint32_t *distinct) {
    static const struct program program = {3, {"axbxbxxb", "cxxccccccccc", "dddddddddxd"}};
    static char seen[ORDERS + 1][8];
    static uint32_t count[ORDERS + 1];
    struct shim_strategy *strategy = shim_strategy_new(kind, 0);
    struct outcome outcome;
    double sum = 0;
    *distinct = 0;
    memset(count, 0, sizeof count);
    cr_assert(strategy != NULL);
    play(&program, strategy, 1, &outcome); /* the profiling run */
    for (uint64_t seed = 2; seed < 2 + UNIFORM_RUNS; seed++) {
        char order[MOST_STEPS + 1];
        uint32_t at = 0;
        play(&program, strategy, seed, &outcome);
        only(&outcome, "x", order);
        while (at < *distinct && strcmp(seen[at], order) != 0) {
            at++;
        }
        if (at == *distinct) {
            cr_assert_lt(at, ORDERS);
            memcpy(seen[(*distinct)++], order, 8);
        }
        count[at]++;
    }
    for (uint32_t i = 0; i < ORDERS; i++) {
        double off = (double)count[i] - (double)UNIFORM_RUNS / ORDERS;
        sum += off * off / ((double)UNIFORM_RUNS / ORDERS);
    }
    shim_strategy_free(strategy);
    return sum;
}

/* With 104 degrees of freedom a uniform choice stays below 170 in all but one of 20,000 tries. */
Test(strategies, surw_draws_orders_uniformly) {
    uint32_t distinct;
    double uniform = chi_square(SHIM_STRATEGY_SURW, &distinct);
    cr_assert_eq(distinct, ORDERS, "%u orders", distinct);
    cr_assert_lt(uniform, 170, "chi-square %f", uniform);
    double walk = chi_square(SHIM_STRATEGY_RANDOM, &distinct);
    cr_assert_gt(walk, 1000, "a random walk does not, so this test would show it: %f", walk);
}

/* Who was not created yet counts: else the first operation would be one of a thread that is there. */
Test(strategies, surw_waits_for_threads_that_are_not_there_yet) {
    static const struct program program = {3, {"++x", "xx", "x"}};
    struct shim_strategy *strategy = shim_strategy_new(SHIM_STRATEGY_SURW, 0);
    struct outcome outcome;
    uint32_t first[3] = {0};
    play(&program, strategy, 1, &outcome);
    for (uint64_t seed = 2; seed < 8002; seed++) {
        char order[MOST_STEPS + 1];
        play(&program, strategy, seed, &outcome);
        only(&outcome, "x", order);
        first[order[0] - '0']++;
    }
    shim_strategy_free(strategy);
    cr_assert(first[0] > 1850 && first[0] < 2150, "thread 0: %u of 8,000", first[0]);
    cr_assert(first[1] > 3850 && first[1] < 4150, "thread 1: %u of 8,000", first[1]);
}

/* Runs of a thousand in which all operations of one thread on the object come before all of the other one. */
static uint32_t apart(const struct program *program, const char *object) {
    struct shim_strategy *strategy = shim_strategy_new(SHIM_STRATEGY_SURW, 0);
    struct outcome outcome;
    uint32_t count = 0;
    for (uint64_t seed = 1; seed <= 4000; seed++) {
        char order[MOST_STEPS + 1];
        play(program, strategy, seed, &outcome);
        only(&outcome, object, order);
        count += strcmp(order, "00001111") == 0 || strcmp(order, "11110000") == 0;
    }
    shim_strategy_free(strategy);
    return count / 4;
}

/* One of all that are shared and written is of interest in a run, another one in the next; what is only read never is. Of
 * 70 orders of four and four 2 are apart; in runs that look at something else it is four in ten. */
Test(strategies, surw_looks_at_each_shared_object) {
    static const struct program two = {2, {"xxxxyyyy", "xxxxyyyy"}}, read = {2, {"ZZZZxxxx", "ZZZZxxxx"}};
    uint32_t x = apart(&two, "x"), y = apart(&two, "y"), alone = apart(&read, "x");
    cr_assert(x > 100 && x < 300, "x is apart in %u of 1000", x);
    cr_assert(y > 100 && y < 300, "y is apart in %u of 1000", y);
    cr_assert_lt(alone, 60, "x is apart in %u of 1000", alone);
}

/* ---- the chances that definitions give -------------------------------------------------------------------- */

#define CHANCE_RUNS 24000
#define CHANCE_OFF 30 /* a chi-square of at most five degrees of freedom stays below that in all but one of 60,000 tries */

/* A schedule, by thread numbers, and its chance: so many of twelve. */
struct chance {
    const char *who;
    unsigned twelfths;
};

/* Exactly these schedules come, each as often as it should. */
static void check_chances(enum shim_strategy_kind kind, unsigned depth, const struct program *program,
                          const struct chance *chances, size_t count) {
    struct shim_strategy *strategy = shim_strategy_new(kind, depth);
    struct outcome outcome;
    uint32_t seen[6] = {0};
    double off = 0;
    cr_assert(strategy != NULL && count <= 6);
    for (uint64_t seed = 0; seed < 100 + CHANCE_RUNS; seed++) {
        size_t at = 0;
        play(program, strategy, seed, &outcome);
        while (at < count && strcmp(chances[at].who, outcome.who) != 0) {
            at++;
        }
        cr_assert_lt(at, count, "%s: %s has no chance", shim_strategy_name(kind), outcome.who);
        seen[at] += seed >= 100; /* PCT has learned how long runs are */
    }
    for (size_t i = 0; i < count; i++) {
        double expected = (double)CHANCE_RUNS * chances[i].twelfths / 12, more = (double)seen[i] - expected;
        off += more * more / expected;
    }
    shim_strategy_free(strategy);
    cr_assert_lt(off, CHANCE_OFF, "%s: chi-square %f; %u, %u, %u", shim_strategy_name(kind), off, seen[0], seen[1], seen[2]);
}

#define CHECK_CHANCES(kind, depth, program, ...)                                                   \
    check_chances(kind, depth, program, (const struct chance[]){__VA_ARGS__},                      \
                  sizeof((const struct chance[]){__VA_ARGS__}) / sizeof(struct chance))

/* Whoever can go on has the same chance at each step. */
Test(strategies, random_walk_is_one) {
    static const struct program two = {2, {"ab", "c"}}, three = {3, {"a", "b", "c"}};
    CHECK_CHANCES(SHIM_STRATEGY_RANDOM, 0, &two, {"001", 3}, {"010", 3}, {"100", 6});
    CHECK_CHANCES(SHIM_STRATEGY_RANDOM, 0, &three, {"012", 2}, {"021", 2}, {"102", 2}, {"120", 2}, {"201", 2}, {"210", 2});
}

/* Threads go one after the other in every order; with one point of change, at each of the three decisions alike. */
Test(strategies, pct_priorities_and_points_are_uniform) {
    static const struct program three = {3, {"ab", "cd", "ef"}}, two = {2, {"ab", "cd"}};
    CHECK_CHANCES(SHIM_STRATEGY_PCT, 1, &three, {"001122", 2}, {"002211", 2}, {"110022", 2}, {"112200", 2}, {"220011", 2},
                  {"221100", 2});
    CHECK_CHANCES(SHIM_STRATEGY_PCT, 2, &two, {"0011", 4}, {"1100", 4}, {"0110", 2}, {"1001", 2});
}

/* The priority of a pending operation stays, but where a conflicting one was done it is drawn anew: so a read waits for one
 * write more with half the chance each time, and one on another object as long as its priority says. */
Test(strategies, pos_draws_anew_where_operations_conflict) {
    static const struct program conflicts = {2, {"xx", "X"}}, others = {2, {"ab", "c"}}, reads = {2, {"XX", "X"}};
    CHECK_CHANCES(SHIM_STRATEGY_POS, 0, &conflicts, {"100", 6}, {"010", 3}, {"001", 3});
    CHECK_CHANCES(SHIM_STRATEGY_POS, 0, &others, {"100", 6}, {"010", 2}, {"001", 4});
    CHECK_CHANCES(SHIM_STRATEGY_POS, 0, &reads, {"100", 6}, {"010", 2}, {"001", 4});
}

/* ---- PCT finds bugs of its depth with the probability it guarantees ------------------------------------ */

#define PCT_RUNS 20000

/* Runs in which the letters come in this order, operations that are not named left out. */
static uint32_t hits(const struct program *program, unsigned depth, const char *bug) {
    struct shim_strategy *strategy = shim_strategy_new(SHIM_STRATEGY_PCT, depth);
    struct outcome outcome;
    uint32_t found = 0;
    cr_assert(strategy != NULL);
    for (uint64_t seed = 1; seed <= PCT_RUNS; seed++) {
        char order[MOST_STEPS + 1], *end = order;
        play(program, strategy, seed, &outcome);
        for (uint32_t i = 0; i < outcome.steps; i++) {
            if (strchr(bug, outcome.what[i]) != NULL) {
                *end++ = outcome.what[i];
            }
        }
        *end = '\0';
        found += strcmp(order, bug) == 0;
    }
    shim_strategy_free(strategy);
    return found;
}

Test(strategies, pct_finds_bugs_of_its_depth_as_often_as_guaranteed) {
    static const struct program three = {3, {"pppaqqq", "pppbqqq", "pppcqqq"}},
                                two = {2, {"pppaqcqq", "pppbqdqq"}};
    /* At least 1 / (threads * steps^(depth - 1)). */
    cr_assert_geq(hits(&three, 1, "ca"), PCT_RUNS / 3);
    cr_assert_geq(hits(&two, 2, "abc"), PCT_RUNS / (2 * 16));
    cr_assert_geq(hits(&two, 3, "abcd"), PCT_RUNS / (2 * 16 * 16));
    cr_assert_eq(hits(&two, 1, "abc"), 0, "a bug of depth two was found without a point of change");
}

/* Who was interrupted later may go on earlier: the priorities at points of change are not in their order. */
Test(strategies, pct_interrupts_two_and_has_either_go_on_first) {
    static const struct program program = {3, {"ab", "cd", "e"}};
    cr_assert_geq(hits(&program, 3, "acedb"), PCT_RUNS / (2 * 6 * 25), "later one first");
    cr_assert_geq(hits(&program, 3, "acebd"), PCT_RUNS / (2 * 6 * 25), "earlier one first");
}

/* ---- POS ------------------------------------------------------------------------------------------------ */

/* Threads of different lengths meet on one object at their end: with priorities per event, the short thread is last
 * more often than by a random walk, which hardly ever lets it wait for so long. */
Test(strategies, pos_lets_a_short_thread_wait_for_a_long_one) {
    static const struct program program = {2, {"aaaaaaaaaaaaaaaaaaaax", "X"}};
    uint32_t last[2];
    for (int i = 0; i < 2; i++) {
        struct shim_strategy *strategy =
            shim_strategy_new(i == 0 ? SHIM_STRATEGY_POS : SHIM_STRATEGY_RANDOM, 0);
        struct outcome outcome;
        last[i] = 0;
        for (uint64_t seed = 1; seed <= 2000; seed++) {
            play(&program, strategy, seed, &outcome);
            last[i] += outcome.what[outcome.steps - 1] == 'X';
        }
        shim_strategy_free(strategy);
    }
    cr_assert_gt(last[0], 50, "%u", last[0]); /* 1 / 22 of 2000: lower than 20 others, once drawn */
    cr_assert_lt(last[1], 5, "%u", last[1]);
}

/* ---- feedback -------------------------------------------------------------------------------------------- */

/* How often the operation was done before `until` was. */
static uint32_t times_before(const struct outcome *outcome, char what, char until) {
    uint32_t times = 0;
    for (uint32_t i = 0; outcome->what[i] != until && outcome->what[i] != '\0'; i++) {
        times += outcome->what[i] == what;
    }
    return times;
}

/* A read that sees the last of ten writes is one in 1,024 without wishes. */
Test(strategies, feedback_wishes_for_pairs) {
    static const struct program program = {2, {"aaaaaaaaaa", "A"}};
    struct outcome outcome;
    uint32_t runs = 0;
    for (uint64_t search = 0; search < 10; search++) {
        struct shim_strategy *strategy = shim_strategy_new(SHIM_STRATEGY_FEEDBACK, 0);
        uint64_t seed = search << 32;
        do {
            play(&program, strategy, seed++, &outcome);
            runs++;
        } while (times_before(&outcome, 'a', 'A') < 10 && runs < 2000);
        shim_strategy_free(strategy);
    }
    cr_assert_lt(runs, 1000, "%u", runs);
}

/* A run has three wishes of its own at most, of which few are for the same thing. What comes true together more often is what
 * runs that showed something new were led by: three of four reads that see one of the last four writes of eight. */
Test(strategies, feedback_leads_on_from_what_showed_something_new) {
    static const struct program program = {8, {"aaaaaaaa", "A", "bbbbbbbb", "B", "cccccccc", "C", "dddddddd", "D"}};
    uint32_t count = 0;
    for (uint64_t search = 1; search < 5; search++) {
        struct shim_strategy *strategy = shim_strategy_new(SHIM_STRATEGY_FEEDBACK, 0);
        struct outcome outcome;
        for (uint64_t seed = 1; seed <= 3000; seed++) {
            uint32_t late = 0;
            play(&program, strategy, search << 32 | seed, &outcome);
            for (char object = 'a'; object <= 'd'; object++) {
                late += times_before(&outcome, object, (char)(object - 'a' + 'A')) > 4;
            }
            count += late >= 3;
        }
        shim_strategy_free(strategy);
    }
    cr_assert_gt(count, 130, "%u", count); /* without what was kept 46; POS: 1 */
}

/* ---- delays at places ------------------------------------------------------------------------------------- */

/* The short thread begins, stands still between its two operations while the other one does all it has, and goes on. */
Test(strategies, delay_holds_a_thread_between_two_operations) {
    static const struct program program = {2, {"xxxxxxxxxxxxxxxxxxxxxxxxY", "xy"}};
    uint32_t held[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        struct shim_strategy *strategy = shim_strategy_new(i == 0 ? SHIM_STRATEGY_DELAY : SHIM_STRATEGY_RANDOM, 0);
        struct outcome outcome;
        for (uint64_t seed = 1; seed <= 2000; seed++) {
            play(&program, strategy, seed, &outcome);
            held[i] += strchr(outcome.who, '1') < outcome.who + 3 && outcome.what[outcome.steps - 1] == 'y';
        }
        shim_strategy_free(strategy);
    }
    cr_assert_gt(held[0], 40, "%u", held[0]);
    cr_assert_lt(held[1], 5, "%u", held[1]);
}

/* ---- the bounded search: each schedule once ---------------------------------------------------------------- */

#define MOST_SCHEDULES 60000

struct schedules {
    char (*who)[MOST_STEPS + 1];
    uint32_t count;
};

static int compare(const void *a, const void *b) {
    return strcmp(a, b);
}

/* All there are with at most `bound` preemptions, found by trying everything. */
static void enumerate(const struct state *state, const struct outcome *outcome, uint32_t bound,
                      struct schedules *all) {
    struct shim_event events[MOST_THREADS];
    struct shim_choice choice;
    struct state here = *state;
    if (outcome->preemptions > bound) {
        return;
    }
    if (candidates(&here, events, &choice) == 0) {
        cr_assert_lt(all->count, MOST_SCHEDULES);
        memcpy(all->who[all->count++], outcome->who, sizeof outcome->who);
        return;
    }
    for (uint32_t i = 0; i < choice.count; i++) {
        struct state next = here;
        struct outcome longer = *outcome;
        take(&next, &choice, i, &longer);
        enumerate(&next, &longer, bound, all);
    }
}

static uint32_t check_bounded(const struct program *program, unsigned bound) {
    uint32_t most = bound == SHIM_BOUND_NONE ? 0 : bound;
    struct schedules all = {calloc(MOST_SCHEDULES, MOST_STEPS + 1), 0},
                     tried = {calloc(MOST_SCHEDULES, MOST_STEPS + 1), 0};
    struct shim_strategy *strategy = shim_strategy_new(SHIM_STRATEGY_BOUNDED, bound);
    struct state start = {.program = program, .owner = -1, .last = -1};
    struct outcome outcome;
    bool more = true;
    cr_assert(all.who != NULL && tried.who != NULL && strategy != NULL);
    memset(&outcome, 0, sizeof outcome);
    enumerate(&start, &outcome, most, &all);
    for (uint64_t seed = 1; more; seed++) {
        more = play(program, strategy, seed, &outcome);
        cr_assert_leq(outcome.preemptions, most, "%s", outcome.who);
        cr_assert_lt(tried.count, MOST_SCHEDULES, "no end");
        memcpy(tried.who[tried.count++], outcome.who, sizeof outcome.who);
    }
    shim_strategy_free(strategy);
    qsort(all.who, all.count, MOST_STEPS + 1, compare);
    qsort(tried.who, tried.count, MOST_STEPS + 1, compare);
    for (uint32_t i = 1; i < tried.count; i++) {
        cr_assert_str_neq(tried.who[i], tried.who[i - 1], "tried twice");
    }
    cr_assert_eq(tried.count, all.count, "%u schedules of %u", tried.count, all.count);
    for (uint32_t i = 0; i < all.count; i++) {
        cr_assert_str_eq(tried.who[i], all.who[i]);
    }
    free(all.who);
    free(tried.who);
    return tried.count;
}

Test(strategies, the_bounded_search_tries_every_schedule_once) {
    static const struct program two = {2, {"ab", "cd"}}, three = {3, {"abc", "de", "f"}},
                                locks = {3, {"a(b)c", "(d)", "(e)f"}},
                                yields = {2, {"a~b~c", "d~e"}},
                                six = {6, {"a", "b", "c", "d", "e", "f"}};
    /* AABB BBAA; ABBA BAAB; ABAB BABA */
    cr_assert_eq(check_bounded(&two, SHIM_BOUND_NONE), 2);
    cr_assert_eq(check_bounded(&two, 1), 4);
    cr_assert_eq(check_bounded(&two, 2), 6);
    cr_assert_eq(check_bounded(&three, SHIM_BOUND_NONE), 6);
    cr_assert_eq(check_bounded(&three, 9), 60); /* 6! / (3! 2! 1!): all there are */
    cr_assert_eq(check_bounded(&six, 1), 720);
    for (unsigned bound = 1; bound <= 3; bound++) {
        check_bounded(&three, bound);
        check_bounded(&locks, bound);
        check_bounded(&yields, bound);
    }
}

/* Two threads that always can go on, for so many decisions: returns whether there is more to try. *others: how often the
 * second one went. */
static bool play_long(struct shim_strategy *strategy, uint64_t seed, uint32_t decisions, uint32_t *others) {
    struct shim_event events[2] = {{.thread = 0, .op = SHIM_OP_WRITE, .number = 1, .object = objects},
                                   {.thread = 1, .op = SHIM_OP_WRITE, .number = 2, .object = objects}};
    struct shim_choice choice = {.event = {&events[0], &events[1]}, .count = 2};
    *others = 0;
    strategy->begin(strategy, seed);
    for (uint32_t i = 0; i < decisions; i++) {
        choice.step = i;
        uint32_t pick = strategy->choose(strategy, &choice);
        choice.current = (int)pick;
        *others += pick;
    }
    return strategy->end(strategy, decisions);
}

/* Where not all decisions can be kept the search never says that it has tried everything, but goes on by chance. */
Test(strategies, the_bounded_search_without_room_is_never_complete) {
    uint32_t others;
    struct shim_strategy *strategy = shim_strategy_new(SHIM_STRATEGY_BOUNDED, SHIM_BOUND_NONE);
    cr_assert(!play_long(strategy, 1, 1000, &others), "without preemptions there is one schedule");
    cr_assert_eq(others, 0);
    shim_strategy_free(strategy);
    strategy = shim_strategy_new(SHIM_STRATEGY_BOUNDED, SHIM_BOUND_NONE);
    cr_assert(play_long(strategy, 1, (64u << 20) + 1, &others), "said to be complete");
    cr_assert_eq(others, 0);
    for (uint64_t seed = 2; seed < 5; seed++) {
        cr_assert(play_long(strategy, seed, 1000, &others), "said to be complete");
        cr_assert(others > 400 && others < 600, "%u of 1,000 by chance", others);
    }
    shim_strategy_free(strategy);
}

/* A bug that one preemption shows is found before all orders without one have been tried. */
Test(strategies, the_bounded_search_begins_near_the_run_by_itself) {
    static const struct program program = {12, {"ab", "ab", "ab", "ab", "ab", "ab", "ab", "ab", "ab", "ab", "ab", "x"}};
    struct shim_strategy *strategy = shim_strategy_new(SHIM_STRATEGY_BOUNDED, 0);
    struct outcome outcome;
    uint32_t runs = 0;
    do {
        cr_assert(play(&program, strategy, 0, &outcome));
        runs++;
    } while (outcome.what[1] != 'x' && runs < 1000);
    shim_strategy_free(strategy);
    cr_assert_lt(runs, 200, "%u", runs);
}

/* ---- all of them ---------------------------------------------------------------------------------------------- */

Test(strategies, same_seed_same_schedule) {
    static const struct program program = {3, {"axbxbx", "cxxcX", "dddXd"}};
    for (int kind = 0; kind < SHIM_STRATEGY_COUNT; kind++) {
        struct shim_strategy *first = shim_strategy_new((enum shim_strategy_kind)kind, 0),
                             *second = shim_strategy_new((enum shim_strategy_kind)kind, 0);
        struct outcome a, b;
        uint32_t differ = 0;
        char before[MOST_STEPS + 1] = "";
        for (uint64_t seed = 1; seed <= 60; seed++) {
            play(&program, first, seed, &a);
            play(&program, second, seed, &b);
            cr_assert_str_eq(a.who, b.who, "%s", shim_strategy_name((enum shim_strategy_kind)kind));
            differ += strcmp(before, a.who) != 0;
            memcpy(before, a.who, sizeof before);
        }
        cr_assert_gt(differ, 50, "%s: seeds make no difference", shim_strategy_name((enum shim_strategy_kind)kind));
        shim_strategy_free(first);
        shim_strategy_free(second);
    }
}

/* ---- fairness ---------------------------------------------------------------------------------------- */

/* Two threads that never end and share nothing: how often the rarer of them was picked in the last of `steps` decisions. */
static unsigned rarer_of(struct shim_strategy *strategy, uint64_t steps, unsigned last) {
    unsigned picked[2] = {0, 0};
    uint64_t number[2] = {1, 2}, events = 2;
    int current = -1;
    strategy->begin(strategy, 7);
    for (uint64_t step = 0; step < steps; step++) {
        struct shim_event events_of[2];
        struct shim_choice choice = {.count = 2, .current = current, .step = step};
        for (uint32_t i = 0; i < 2; i++) {
            events_of[i] = (struct shim_event){.thread = i, .op = SHIM_OP_READ, .number = number[i], .object = &objects[i]};
            choice.event[i] = &events_of[i];
        }
        uint32_t pick = strategy->choose(strategy, &choice);
        picked[pick] += step + last >= steps;
        number[pick] = ++events;
        current = (int)pick;
    }
    strategy->end(strategy, steps);
    return picked[0] < picked[1] ? picked[0] : picked[1];
}

Test(strategies, no_thread_waits_for_ever) {
    for (int kind = 0; kind < SHIM_STRATEGY_COUNT; kind++) {
        if (kind != SHIM_STRATEGY_BOUNDED) {
            struct shim_strategy *strategy = shim_strategy_new((enum shim_strategy_kind)kind, 3);
            unsigned run = 0;
            for (; run < 8; run++) { /* the tail of one run is no measure of what the next may take for itself */
                unsigned rarer = rarer_of(strategy, 400000, 10000);
                cr_assert(rarer > 4700, "%s, run %u: %u of 10000", shim_strategy_name((enum shim_strategy_kind)kind), run, rarer);
            }
            shim_strategy_free(strategy);
        }
    }
}
