/* One thread runs at a time, a strategy says which, and the same decisions give the same run. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "shims/library/module.h"
#include "shims/schedule/control.h"

static struct shim_module *module;
static char error[300];
static const struct shim_control_options watched = {.memory = true, .one_cpu = true, .steps = 20000};

static void open_kernels(void) {
    module = shim_module_open(KERNELS, error, sizeof error);
    cr_assert(module != NULL, "%s", error);
    cr_assert_gt(shim_control_redirect(module), 0, "nothing of the kernels was redirected");
    void (**fail)(const char *) = shim_entry_data(shim_module_symbol(module, "kernel_fail"));
    *fail = shim_control_fail;
}

static void close_kernels(void) {
    shim_module_close(module);
}

TestSuite(control, .init = open_kernels, .fini = close_kernels, .timeout = 120);

static void (*kernel(const char *name))(void *) {
    char symbol[40];
    snprintf(symbol, sizeof symbol, "kernel_%s", name);
    void (*found)(void *) = (void (*)(void *))shim_module_symbol(module, symbol);
    cr_assert(found != NULL, "%s", symbol);
    return found;
}

static void set_size(int size) {
    *(int *)shim_entry_data(shim_module_symbol(module, "kernel_size")) = size;
}

/* Schedules until the first that does not end well; 0: none of `most`. options->between: of the first 16, and so on. */
static uint64_t search_with(const struct shim_control_options *options, enum shim_strategy_kind kind, const char *name,
                            uint64_t seed, uint64_t most, struct shim_trace *trace, struct shim_run_result *result) {
    struct shim_strategy *strategy = shim_strategy_new(kind, 0);
    struct shim_control_options how = *options;
    uint64_t n = 1, found = 0;
    bool more = true;
    for (; found == 0 && more && n <= most; n++) {
        how.between = options->between == 0               ? 0
                      : kind == SHIM_STRATEGY_BOUNDED ? SHIM_CONTROL_BETWEEN_ALL
                                                      : options->between + n / 16;
        strategy->begin(strategy, seed << 32 | n);
        shim_control_run(&how, strategy, trace, kernel(name), NULL, result);
        found = result->outcome != SHIM_RUN_DONE ? n : 0;
        more = strategy->end(strategy, result->steps);
    }
    shim_strategy_free(strategy);
    return found;
}

static uint64_t search(enum shim_strategy_kind kind, const char *name, uint64_t seed, uint64_t most,
                       struct shim_trace *trace, struct shim_run_result *result) {
    return search_with(&watched, kind, name, seed, most, trace, result);
}

struct expectation {
    const char *kernel;
    int size;
    enum shim_strategy_kind kind;
    uint64_t most;
};

/* The mean is far below these bounds (bench_explore prints it). */
static const struct expectation expected[] = {
    {"account", 2, SHIM_STRATEGY_RANDOM, 500},   {"fresh", 2, SHIM_STRATEGY_RANDOM, 500},
    {"lazy", 2, SHIM_STRATEGY_POS, 1000},
    {"deadlock", 2, SHIM_STRATEGY_SURW, 200},    {"twostage", 3, SHIM_STRATEGY_PCT, 2000},
    {"reorder", 5, SHIM_STRATEGY_SURW, 300},     {"reorder", 20, SHIM_STRATEGY_SURW, 2000},
    {"wronglock", 3, SHIM_STRATEGY_SURW, 1000},  {"stack", 3, SHIM_STRATEGY_RANDOM, 200},
    {"stopflag", 3, SHIM_STRATEGY_POS, 200},     {"token", 3, SHIM_STRATEGY_PCT, 500},
    {"buffer", 4, SHIM_STRATEGY_POS, 500},       {"stealing", 2, SHIM_STRATEGY_BOUNDED, 2000},
    {"string", 2, SHIM_STRATEGY_BOUNDED, 2000},  {"twostage", 100, SHIM_STRATEGY_FEEDBACK, 200},
    {"reorder", 50, SHIM_STRATEGY_FEEDBACK, 1000}, {"reorder", 10, SHIM_STRATEGY_BOUNDED, 200},
    {"reorder", 10, SHIM_STRATEGY_MIX, 1000},
};

Test(control, every_seeded_bug_is_found_and_shown_again) {
    struct shim_run_result first, again;
    struct shim_trace trace;
    cr_assert_eq(shim_trace_init(&trace, 20000), 0);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        set_size(expected[i].size);
        uint64_t n = search(expected[i].kind, expected[i].kernel, 7, expected[i].most, &trace, &first);
        cr_assert_gt(n, 0, "%s: nothing found in %llu schedules", expected[i].kernel,
                     (unsigned long long)expected[i].most);
        cr_assert(!trace.full);
        for (int j = 0; j < 100; j++) {
            struct shim_strategy *replay = shim_strategy_replay(&trace);
            replay->begin(replay, 0);
            shim_control_run(&watched, replay, NULL, kernel(expected[i].kernel), NULL, &again);
            shim_strategy_free(replay);
            cr_assert(again.outcome == first.outcome && again.hash == first.hash &&
                          again.steps == first.steps,
                      "%s: replay %d ended otherwise (%d after %llu steps, first %d after %llu)",
                      expected[i].kernel, j, (int)again.outcome, (unsigned long long)again.steps,
                      (int)first.outcome, (unsigned long long)first.steps);
        }
    }
    shim_trace_fini(&trace);
}

Test(control, a_right_program_is_never_accused) {
    struct shim_run_result result;
    for (int kind = 0; kind < SHIM_STRATEGY_COUNT; kind++) {
        cr_assert_eq(search((enum shim_strategy_kind)kind, "right", 3, 300, NULL, &result), 0,
                     "%s: outcome %d, %s", shim_strategy_name((enum shim_strategy_kind)kind),
                     (int)result.outcome, result.message);
    }
}

/* Where there is no room for more pages every access is a decision: many, but none is missed, and the same ones every time. */
Test(control, memory_that_does_not_fit_is_not_overlooked) {
    struct shim_run_result right, again, wrong;
    cr_assert_gt(search(SHIM_STRATEGY_RANDOM, "wide", 1, 100, NULL, &wrong), 0, "nothing found");
    cr_assert_str_eq(wrong.message, "an update was lost");
    cr_assert_eq(search(SHIM_STRATEGY_BOUNDED, "wide", 1, 1, NULL, &right), 0, "%s", right.message);
    search(SHIM_STRATEGY_BOUNDED, "wide", 1, 1, NULL, &again);
    cr_assert(right.hash == again.hash && right.steps == again.steps);
    cr_assert(right.steps > 800 && right.steps < 9000, "%d steps: the pages that fit cost none, the others one each",
              (int)right.steps);
}

Test(control, two_words_at_once_are_an_access) {
    struct shim_run_result result;
    for (int size = 0; size < 4; size++) {
        set_size(size);
        uint64_t found = search(SHIM_STRATEGY_BOUNDED, "tagged", 1, 200, NULL, &result);
        bool wrong = size == 1 || size == 3; /* a store, or an exchange, of what was made from an earlier read */
        cr_assert_eq(found != 0, wrong, "%d: %s", size, found != 0 ? result.message : "nothing found");
    }
}

static const struct shim_control_options between = {.between = 1, .one_cpu = true, .steps = 20000};
static const struct shim_control_options between_watched = {
    .between = 1, .memory = true, .one_cpu = true, .steps = 20000};

Test(control, what_libc_reads_and_writes_is_an_access) {
    struct shim_run_result result;
    cr_assert_gt(shim_control_redirect_memory(module), 0);
    for (int size = 0; size < 5; size++) {
        set_size(size);
        cr_assert_gt(search_with(&between_watched, SHIM_STRATEGY_RANDOM, "text", 1, 1000, NULL, &result), 0,
                     "%d: nothing found", size);
    }
}

/* What a thread does behind an operation is not one with it. */
Test(control, others_go_on_behind_an_operation_that_lets_them) {
    struct shim_run_result result;
    for (int kind = 0; kind < SHIM_STRATEGY_COUNT; kind++) {
        for (int size = 0; size < 6; size++) {
            set_size(size);
            cr_expect_gt(search_with(&between, (enum shim_strategy_kind)kind, "behind", 1, 1000, NULL, &result), 0,
                         "%s, %d: nothing found", shim_strategy_name((enum shim_strategy_kind)kind), size);
            cr_expect_gt(search_with(&between_watched, (enum shim_strategy_kind)kind, "behind", 1, 1000, NULL, &result), 0,
                         "%s, %d: nothing found with accesses", shim_strategy_name((enum shim_strategy_kind)kind), size);
        }
    }
}

/* ---- what reads saw --------------------------------------------------------------------------------- */

/* A strategy inside another one, which counts pairs of a write and the read that saw it, by their sites. */
struct watch {
    struct shim_strategy strategy, *inner;
    struct { const void *object, *site; } last[64];
    struct { const void *write, *read; } pair[256];
    size_t lasts, pairs;
};

static uint32_t watch_choose(struct shim_strategy *strategy, const struct shim_choice *choice) {
    struct watch *watch = (struct watch *)strategy;
    uint32_t pick = watch->inner->choose(watch->inner, choice);
    const struct shim_event *event = choice->event[pick];
    size_t at = 0, pair = 0;
    if (event->op != SHIM_OP_READ && event->op != SHIM_OP_WRITE) {
        return pick;
    }
    while (at < watch->lasts && watch->last[at].object != event->object) {
        at++;
    }
    if (at == watch->lasts && at < 64) {
        watch->last[watch->lasts].object = event->object;
        watch->last[watch->lasts++].site = NULL;
    }
    if (at < 64 && event->op == SHIM_OP_READ) {
        while (pair < watch->pairs && (watch->pair[pair].write != watch->last[at].site ||
                                       watch->pair[pair].read != event->site)) {
            pair++;
        }
        if (pair == watch->pairs && pair < 256) {
            watch->pair[pair].write = watch->last[at].site;
            watch->pair[watch->pairs++].read = event->site;
        }
    } else if (at < 64) {
        watch->last[at].site = event->site;
    }
    return pick;
}

/* Pairs that so many runs show, over ten seeds. */
static size_t pairs_seen(enum shim_strategy_kind kind, const char *name, uint64_t runs) {
    static struct watch watch;
    struct shim_run_result result;
    size_t sum = 0;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        watch = (struct watch){.strategy = {.choose = watch_choose}, .inner = shim_strategy_new(kind, 0)};
        for (uint64_t n = 1; n <= runs; n++) {
            watch.lasts = 0;
            watch.inner->begin(watch.inner, seed << 32 | n);
            shim_control_run(&watched, &watch.strategy, NULL, kernel(name), NULL, &result);
            watch.inner->end(watch.inner, result.steps);
        }
        shim_strategy_free(watch.inner);
        sum += watch.pairs;
    }
    return sum;
}

Test(control, feedback_shows_more_pairs_of_write_and_read) {
    set_size(10);
    size_t random = pairs_seen(SHIM_STRATEGY_RANDOM, "reorder", 40);
    size_t feedback = pairs_seen(SHIM_STRATEGY_FEEDBACK, "reorder", 40);
    cr_assert_gt(feedback, random + random / 4, "%zu pairs by feedback, %zu by chance", feedback, random);
}

Test(control, a_deadlock_says_who_waits_for_whom) {
    struct shim_run_result result;
    cr_assert_gt(search(SHIM_STRATEGY_RANDOM, "deadlock", 1, 1000, NULL, &result), 0);
    cr_assert_eq(result.outcome, SHIM_RUN_DEADLOCK);
    cr_assert(strstr(result.message, "thread 1: lock") != NULL, "%s", result.message);
    cr_assert(strstr(result.message, "held by thread 2") != NULL, "%s", result.message);
    cr_assert(strstr(result.message, "held by thread 1") != NULL, "%s", result.message);
}

Test(control, one_seed_is_one_schedule) {
    struct shim_run_result first, second;
    uint64_t different = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        uint64_t before = first.hash;
        search(SHIM_STRATEGY_RANDOM, "right", seed, 1, NULL, &first);
        search(SHIM_STRATEGY_RANDOM, "right", seed, 1, NULL, &second);
        cr_assert_eq(first.hash, second.hash);
        different += seed > 1 && before != first.hash;
    }
    cr_assert_gt(different, 15, "seeds make no difference");
}

Test(control, the_bounded_search_comes_to_an_end) {
    struct shim_run_result result;
    struct shim_strategy *strategy = shim_strategy_new(SHIM_STRATEGY_BOUNDED, 1);
    uint64_t schedules = 0, bugs = 0;
    bool more = true;
    while (more && schedules < 100000) {
        strategy->begin(strategy, 0);
        shim_control_run(&watched, strategy, NULL, kernel("account"), NULL, &result);
        bugs += result.outcome == SHIM_RUN_FAILED;
        more = strategy->end(strategy, result.steps);
        schedules++;
    }
    shim_strategy_free(strategy);
    cr_assert(!more, "no end after %llu schedules", (unsigned long long)schedules);
    cr_assert_gt(bugs, 0);
    cr_assert_lt(bugs, schedules);
}

/* ---- time, ends, edges: code of this program, redirected by hand ------------------------------------ */

static void run_body(void (*body)(void *), struct shim_run_result *result) {
    struct shim_strategy *strategy = shim_strategy_new(SHIM_STRATEGY_RANDOM, 0);
    struct shim_control_options options = {.steps = 5000};
    strategy->begin(strategy, 1);
    shim_control_run(&options, strategy, NULL, body, NULL, result);
    shim_strategy_free(strategy);
}

Test(control, sleeping_takes_virtual_time_only) {
    struct shim_run_result result;
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    run_body(kernel("sleepers"), &result);
    clock_gettime(CLOCK_MONOTONIC, &after);
    cr_assert_eq(result.outcome, SHIM_RUN_DONE, "%s", result.message);
    cr_assert_lt(after.tv_sec - before.tv_sec, 10, "it really slept");
}

Test(control, a_spinning_thread_is_a_livelock) {
    struct shim_run_result result;
    run_body(kernel("spinner"), &result);
    cr_assert_eq(result.outcome, SHIM_RUN_LIVELOCK);
    cr_assert_gt(result.steps, 4999);
}

Test(control, thread_local_destructors_run_under_control) {
    struct shim_run_result result;
    run_body(kernel("keys"), &result);
    cr_assert_eq(result.outcome, SHIM_RUN_DONE, "%s", result.message);
}

Test(control, c11_threads_are_controlled_too) {
    struct shim_run_result result;
    run_body(kernel("c11"), &result);
    cr_assert_eq(result.outcome, SHIM_RUN_DONE, "%s", result.message);
    cr_assert_eq(result.threads, 4);
}

Test(control, the_answers_of_locks_are_those_of_posix) {
    struct shim_run_result result;
    run_body(kernel("answers"), &result);
    cr_assert_eq(result.outcome, SHIM_RUN_DONE, "%s", result.message);
}

/* ---- what an engine asks the system for --------------------------------------------------------------- */

Test(control, numbers_of_the_process_and_random_ones_are_virtual) {
    struct shim_run_result result;
    uint32_t first[4];
    const uint32_t *seen = shim_entry_data(shim_module_symbol(module, "kernel_numbers_seen"));
    run_body(kernel("numbers"), &result);
    cr_assert_eq(result.outcome, SHIM_RUN_DONE, "%s", result.message);
    memcpy(first, seen, sizeof first);
    cr_assert_eq(first[0], 1000);
    run_body(kernel("numbers"), &result);
    cr_assert_arr_eq(seen, first, sizeof first);
    cr_assert(first[1] != first[2] && first[2] != first[3], "it always gives the same");
}

Test(control, every_operation_on_files_is_a_decision) {
    struct shim_run_result result;
    const uint32_t *operations = shim_entry_data(shim_module_symbol(module, "kernel_operations"));
    char folder[] = "/tmp/schedule_files_XXXXXX";
    cr_assert(mkdtemp(folder) != NULL && chdir(folder) == 0);
    run_body(kernel("files"), &result);
    cr_assert(chdir("/") == 0 && rmdir(folder) == 0);
    cr_assert_eq(result.outcome, SHIM_RUN_DONE, "%s", result.message);
    cr_assert_gt(*operations, 60);
    cr_assert_eq(result.steps, *operations + 1, "%d decisions", (int)result.steps); /* and the end */
}

Test(control, who_waits_for_a_descriptor_lets_others_go_on, .timeout = 60) {
    struct shim_run_result result;
    run_body(kernel("descriptors"), &result);
    cr_assert_eq(result.outcome, SHIM_RUN_DONE, "%s", result.message);
}

Test(control, a_signal_mask_of_the_engine_is_not_that_of_esecheck) {
    struct shim_run_result result;
    sigset_t now;
    run_body(kernel("masks"), &result);
    cr_assert_eq(result.outcome, SHIM_RUN_DONE, "%s", result.message);
    cr_assert(sigprocmask(SIG_BLOCK, NULL, &now) == 0 && sigismember(&now, SIGUSR1) == 0);
}

Test(control, processes_signals_and_timers_of_an_engine_are_refused) {
    static const char *const refused[][2] = {
        {"forks", "the engine starts a process"}, {"signals", "the engine sends"}, {"alarms", "the engine sets a timer"}};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct shim_run_result result;
        run_body(kernel(refused[i][0]), &result);
        cr_assert_eq(result.outcome, SHIM_RUN_REFUSED, "%s", refused[i][0]);
        cr_assert(strstr(result.message, refused[i][1]) != NULL, "%s: %s", refused[i][0], result.message);
    }
}

Test(control, without_control_everything_passes_through) {
    void (*right)(void *) = kernel("right");
    cr_assert_eq(shim_control_thread(), -1);
    right(NULL);
    shim_control_point(SHIM_OP_ENTER, NULL, false);
}

Test(trace, text_and_back) {
    struct shim_trace trace, back;
    cr_assert_eq(shim_trace_init(&trace, 100), 0);
    const uint8_t threads[] = {0, 0, 0, 1, 2, 2, 159, 0};
    memcpy(trace.thread, threads, sizeof threads);
    trace.count = sizeof threads;
    char *text = shim_trace_text(&trace);
    cr_assert_str_eq(text, "0*3 1 2*2 159 0");
    cr_assert_eq(shim_trace_parse(text, &back, error, sizeof error), 0, "%s", error);
    cr_assert_eq(back.count, trace.count);
    cr_assert_arr_eq(back.thread, trace.thread, trace.count);
    free(text);
    shim_trace_fini(&trace);
    shim_trace_fini(&back);
    static const char *const bad[] = {"160", "x", "1*", "1*0", "2 3*4x 5", "-1", "1*99999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_assert_eq(shim_trace_parse(bad[i], &back, error, sizeof error), -1, "%s", bad[i]);
        cr_assert(strstr(error, "THREAD*TIMES") != NULL, "%s", error);
    }
}
