/* shims/schedule/tests/bench_explore.c - schedules to the first bug, and schedules per second.
 *
 *   bench_explore MODULE [SCHEDULES [SEEDS [KERNEL]]]
 *
 * For each kernel and strategy: the mean number of schedules to the first bug over SEEDS seeds (default
 * 20) with at most SCHEDULES each (default 10,000), "-" when some seed did not find it; and beside it how
 * many plain runs of the same code, threads let loose, it took.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "shims/library/module.h"
#include "shims/schedule/control.h"

static const struct row {
    const char *kernel;
    int size;
} rows[] = {{"account", 2},   {"lazy", 2},      {"deadlock", 2},  {"twostage", 3},
            {"twostage", 20}, {"twostage", 100}, {"reorder", 3},   {"reorder", 5},
            {"reorder", 10},  {"reorder", 20},  {"reorder", 50},  {"reorder", 100},
            {"wronglock", 3}, {"stack", 3},     {"stopflag", 3},  {"token", 3},
            {"buffer", 4},    {"stealing", 2},  {"string", 2}};

static bool plain_failed;

static void plain_fail(const char *message) {
    (void)message;
    plain_failed = true;
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int count, char **words) {
    char error[300], name[40];
    uint64_t most = count > 2 ? strtoull(words[2], NULL, 10) : 10000, total = 0;
    unsigned seeds = count > 3 ? (unsigned)strtoul(words[3], NULL, 10) : 20;
    struct shim_module *module =
        count > 1 ? shim_module_open(words[1], error, sizeof error) : NULL;
    if (module == NULL) {
        fprintf(stderr, "bench_explore: %s\n", count > 1 ? error : "name the module of kernels");
        return 2;
    }
    shim_control_redirect(module);
    shim_control_redirect_memory(module);
    void (**fail)(const char *) = shim_entry_data(shim_module_symbol(module, "kernel_fail"));
    int *size = shim_entry_data(shim_module_symbol(module, "kernel_size"));
    double spent = 0;
    printf("%-10s %4s", "kernel", "n");
    for (int s = 0; s <= SHIM_STRATEGY_BOUNDED; s++) {
        printf(" %9s", shim_strategy_name((enum shim_strategy_kind)s));
    }
    printf(" %9s\n", "plain");
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        if (count > 4 && strcmp(words[4], rows[r].kernel) != 0) {
            continue;
        }
        snprintf(name, sizeof name, "kernel_%s", rows[r].kernel);
        void (*kernel)(void *) = (void (*)(void *))shim_module_symbol(module, name);
        printf("%-10s %4d", rows[r].kernel, rows[r].size);
        *size = rows[r].size;
        *fail = shim_control_fail;
        for (int s = 0; s <= SHIM_STRATEGY_BOUNDED; s++) {
            double sum = 0;
            unsigned found = 0, tries = s == SHIM_STRATEGY_BOUNDED ? 1 : seeds;
            for (unsigned seed = 0; seed < tries; seed++) {
                struct shim_control_options options = {.memory = true, .swift = true, .one_cpu = true};
                struct shim_run_result result;
                struct shim_strategy *strategy = shim_strategy_new((enum shim_strategy_kind)s, 0);
                double began = seconds();
                uint64_t n = 1;
                bool bug = false, more = true;
                for (; !bug && more && n <= most; n++) {
                    strategy->begin(strategy, (uint64_t)seed << 32 | n);
                    shim_control_run(&options, strategy, NULL, kernel, NULL, &result);
                    bug = result.outcome != SHIM_RUN_DONE;
                    more = strategy->end(strategy, result.steps);
                    total++;
                }
                spent += seconds() - began;
                found += bug;
                sum += (double)(n - 1);
                shim_strategy_free(strategy);
                if (!bug) {
                    break;
                }
            }
            if (found == tries) {
                printf(" %9.1f", sum / tries);
            } else {
                printf(" %9s", "-");
            }
            fflush(stdout);
        }
        *fail = plain_fail;
        plain_failed = false;
        uint64_t n = 0;
        while (strcmp(rows[r].kernel, "deadlock") != 0 && strcmp(rows[r].kernel, "buffer") != 0 &&
               !plain_failed && n < most) {
            kernel(NULL);
            n++;
        }
        if (plain_failed) {
            printf(" %9llu\n", (unsigned long long)n);
        } else {
            printf(" %9s\n", "-");
        }
    }
    printf("%llu schedules, %.0f a second\n", (unsigned long long)total, (double)total / spent);
    shim_module_close(module);
    return 0;
}
