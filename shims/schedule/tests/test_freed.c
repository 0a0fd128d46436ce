/* A use of memory that was given back ends the process; time leaps only where that is allowed. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shims/library/module.h"
#include "shims/schedule/control.h"
#include "shims/schedule/freed.h"

static struct shim_module *module;
static int slots;

static void open_kernels(void) {
    char error[300];
    module = shim_module_open(KERNELS, error, sizeof error);
    cr_assert(module != NULL, "%s", error);
    cr_assert_gt(shim_control_redirect(module), 0);
    slots = shim_freed_redirect(module);
    void (**fail)(const char *) = shim_entry_data(shim_module_symbol(module, "kernel_fail"));
    *fail = shim_control_fail;
}

static void close_kernels(void) {
    shim_module_close(module);
}

TestSuite(freed, .init = open_kernels, .fini = close_kernels, .timeout = 120);

static enum shim_run run(const char *name, int size, const struct shim_control_options *options, uint64_t seed) {
    struct shim_strategy *strategy = shim_strategy_new(SHIM_STRATEGY_RANDOM, 0);
    struct shim_run_result result;
    *(int *)shim_entry_data(shim_module_symbol(module, "kernel_size")) = size;
    strategy->begin(strategy, seed);
    shim_control_run(options, strategy, NULL, (void (*)(void *))shim_module_symbol(module, name), NULL, &result);
    shim_strategy_free(strategy);
    return result.outcome;
}

/* In a process of its own: the signal that ended it, or 0; `said` is what it printed. */
static int signal_of(int size, bool memory, char said[200]) {
    int pipes[2], status = 0;
    cr_assert_eq(pipe(pipes), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        const struct shim_control_options options = {.memory = memory};
        signal(SIGABRT, SIG_DFL);
        dup2(pipes[1], STDERR_FILENO);
        enum shim_run outcome = run("kernel_freed", size, &options, 1);
        shim_freed_check();
        _exit(outcome == SHIM_RUN_DONE ? 0 : 1);
    }
    close(pipes[1]);
    ssize_t got = read(pipes[0], said, 199);
    said[got > 0 ? got : 0] = '\0';
    close(pipes[0]);
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status) || WEXITSTATUS(status) == 0, "kernel %d: exit %d", size, WEXITSTATUS(status));
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

Test(freed, uses_of_memory_that_was_given_back) {
    static const struct {
        int size;
        bool memory;
        const char *says; /* NULL: nothing is wrong, or seen */
    } cases[] = {{0, false, NULL},         {0, true, NULL},         {1, false, "freed again"}, {1, true, "freed again"},
                 {2, false, "written to"}, {2, true, "written to"}, {3, false, "written to"},  {3, true, "written to"},
                 {4, false, NULL},         {4, true, "was read"}};
    if (slots == 0) {
        cr_skip_test("a sanitizer does it");
    }
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char said[200];
        int number = signal_of(cases[i].size, cases[i].memory, said);
        cr_expect_eq(number, cases[i].says != NULL ? SIGABRT : 0, "kernel %d: signal %d, %s", cases[i].size, number, said);
        cr_expect(cases[i].says == NULL || strstr(said, cases[i].says) != NULL, "kernel %d: %s", cases[i].size, said);
    }
}

Test(freed, time_passes_amid_other_work_where_it_may_leap) {
    const struct shim_control_options leaps = {.leaps = true}, no_leaps = {.leaps = false};
    unsigned with = 0, without = 0;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        with += run("kernel_timer", 0, &leaps, seed) == SHIM_RUN_FAILED;
        without += run("kernel_timer", 0, &no_leaps, seed) == SHIM_RUN_FAILED;
    }
    cr_assert_gt(with, 20, "%u of 100", with);
    cr_assert_eq(without, 0, "%u of 100", without);
}
