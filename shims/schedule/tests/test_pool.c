/* Threads that are kept for other runs change nothing but the time that runs take. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shims/library/library.h"
#include "shims/library/module.h"
#include "shims/schedule/control.h"

static struct shim_module *module;

static void open_kernels(void) {
    char error[300];
    module = shim_module_open(KERNELS, error, sizeof error);
    cr_assert(module != NULL, "%s", error);
    shim_control_redirect(module);
    void (**fail)(const char *) = shim_entry_data(shim_module_symbol(module, "kernel_fail"));
    *fail = shim_control_fail;
    if (shim_sanitizer_of_this_program() != SHIM_SAN_NONE) {
        cr_skip("turns pass in user space without a sanitizer only\n");
    }
}

static void close_kernels(void) {
    shim_module_close(module);
}

TestSuite(pool, .init = open_kernels, .fini = close_kernels, .timeout = 120);

static void play(const char *name, uint64_t seed, bool reuse, struct shim_run_result *result) {
    char symbol[40];
    const struct shim_control_options options = {.memory = true, .swift = true, .reuse = reuse, .steps = 20000};
    snprintf(symbol, sizeof symbol, "kernel_%s", name);
    void (*kernel)(void *) = (void (*)(void *))shim_module_symbol(module, symbol);
    struct shim_strategy *strategy = shim_strategy_new(SHIM_STRATEGY_RANDOM, 0);
    strategy->begin(strategy, seed);
    shim_control_run(&options, strategy, NULL, kernel, NULL, result);
    shim_strategy_free(strategy);
}

/* Among them bugs that leave all threads where they are: deadlock, buffer, a failed check. */
static const char *const kernels[] = {"account", "lazy", "deadlock", "twostage", "reorder", "wronglock", "stack",
                                      "stopflag", "token", "buffer", "stealing", "string", "right", "ends"};

Test(pool, the_same_seed_is_the_same_run) {
    int bad = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; i++) {
            struct shim_run_result anew, kept;
            play(kernels[i], seed, false, &anew);
            play(kernels[i], seed, true, &kept);
            bad += anew.outcome != SHIM_RUN_DONE;
            cr_assert(anew.outcome == kept.outcome && anew.steps == kept.steps && anew.hash == kept.hash &&
                          anew.threads == kept.threads,
                      "%s, seed %d: outcome %d and %d, %d and %d steps: %s %s", kernels[i], (int)seed,
                      (int)anew.outcome, (int)kept.outcome, (int)anew.steps, (int)kept.steps, anew.message,
                      kept.message);
        }
    }
    cr_assert_gt(bad, 20, "no run ended in the middle");
}

Test(pool, threads_end_as_ever) {
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct shim_run_result result;
        const char *name = seed % 2 == 0 ? "ends" : "c11";
        play(name, seed, true, &result);
        cr_assert_eq(result.outcome, SHIM_RUN_DONE, "%s, seed %d: %s", name, (int)seed, result.message);
    }
}

Test(pool, a_fork_makes_its_own) {
    struct shim_run_result before, after;
    play("right", 1, true, &before);
    pid_t child = fork();
    if (child == 0) {
        play("right", 1, true, &after);
        play("right", 1, true, &after);
        _exit(after.outcome == SHIM_RUN_DONE && after.hash == before.hash ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
}
