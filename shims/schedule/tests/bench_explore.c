/* shims/schedule/tests/bench_explore.c - schedules to the first bug, and schedules per second.
 *
 *   bench_explore MODULE bugs [OPTION...]    schedules to the first bug, by kernel and strategy
 *   bench_explore MODULE speed [OPTION...]   schedules per second, by kernel
 *
 *   --schedules N     at most so many per seed (default 10,000)
 *   --seeds N         so many seeds (default 20)
 *   --first N         the first of them (default 1)
 *   --hopeless N      no more seeds once the first N found nothing (default 3)
 *   --kernel K[:N]    only this kernel, only of this size
 *   --strategy S      only this strategy, or plain
 *   --reuse 0         threads are created anew in each run
 *
 * bugs: the mean number of schedules over the seeds that found the bug, and behind it how many did, when not all did
 * ("812 (17/20)"). Of a hundred seeds and more, with the standard error of that mean. When none of the first seeds found it, the others are not tried ("- (0/3)"); the bounded search knows
 * no seed and is run once. Plain: how many runs of the same code, threads let loose, until the bug shows (deadlock and
 * buffer are not tried, they would hang).
 *
 * speed: a second each under control of the random walk, in this process; plain runs in this process; and plain runs as
 * processes of their own (fork and exec). Seconds are those of the processor, so that other work does not count.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "shims/library/module.h"
#include "shims/schedule/control.h"

extern char **environ;

static const struct row {
    const char *kernel;
    int size;
} rows[] = {{"account", 2},    {"lazy", 2},      {"deadlock", 2},  {"twostage", 3},  {"twostage", 20},
            {"twostage", 50},  {"twostage", 100}, {"reorder", 3},  {"reorder", 4},   {"reorder", 5},
            {"reorder", 10},   {"reorder", 20},  {"reorder", 50},  {"reorder", 100}, {"wronglock", 3},
            {"wronglock", 7},  {"stack", 3},     {"stopflag", 2},  {"token", 3},     {"buffer", 4},
            {"stealing", 2},   {"string", 2}};

static struct {
    const char *self, *path, *kernel;
    struct shim_module *module;
    void (**fail)(const char *);
    int *kernel_size;
    uint64_t schedules, seeds, first, hopeless;
    int size, strategy; /* 0 and -1: all */
    bool reuse;
} bench = {.reuse = true, .schedules = 10000, .seeds = 20, .first = 1, .hopeless = 3, .strategy = -1};

#define PLAIN SHIM_STRATEGY_COUNT /* threads let loose, as if it were a strategy */

static bool plain_failed;

static void plain_fail(const char *message) {
    (void)message;
    plain_failed = true;
}

static double of_timeval(struct timeval time) {
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* Of the processor, for this process or its children that have ended. */
static double seconds(int who) {
    struct rusage usage;
    getrusage(who, &usage);
    return of_timeval(usage.ru_utime) + of_timeval(usage.ru_stime);
}

static bool hangs(const struct row *row) {
    return strcmp(row->kernel, "deadlock") == 0 || strcmp(row->kernel, "buffer") == 0;
}

static bool wanted(const struct row *row) {
    return (bench.kernel == NULL || strcmp(bench.kernel, row->kernel) == 0) &&
           (bench.size == 0 || bench.size == row->size);
}

static void (*kernel_of(const struct row *row))(void *) {
    char name[40];
    snprintf(name, sizeof name, "kernel_%s", row->kernel);
    *bench.kernel_size = row->size;
    return (void (*)(void *))shim_module_symbol(bench.module, name);
}

static bool run_once(struct shim_strategy *strategy, void (*kernel)(void *), uint64_t seed, bool *more) {
    struct shim_control_options options = {.memory = true, .swift = true, .reuse = bench.reuse, .one_cpu = true};
    struct shim_run_result result;
    strategy->begin(strategy, seed);
    shim_control_run(&options, strategy, NULL, kernel, NULL, &result);
    *more = strategy->end(strategy, result.steps);
    return result.outcome != SHIM_RUN_DONE;
}

/* Schedules to the first bug; 0: there was none. */
static uint64_t search(int kind, uint64_t seed, void (*kernel)(void *)) {
    struct shim_strategy *strategy = shim_strategy_new((enum shim_strategy_kind)kind, 0);
    bool bug = false, more = strategy != NULL;
    uint64_t n = 0;
    while (!bug && more && n < bench.schedules) {
        n++;
        bug = run_once(strategy, kernel, seed << 32 | n, &more);
    }
    shim_strategy_free(strategy);
    return bug ? n : 0;
}

static double root(double of) {
    double is = of > 1 ? of : 1;
    for (int i = 0; i < 60; i++) {
        is = (is + of / is) / 2;
    }
    return is;
}

static void bugs_cell(int kind, void (*kernel)(void *)) {
    char cell[80];
    uint64_t seeds = kind == SHIM_STRATEGY_BOUNDED ? 1 : bench.seeds, tried = 0, found = 0;
    double sum = 0, squares = 0;
    while (tried < seeds && (found != 0 || tried < bench.hopeless)) {
        uint64_t n = search(kind, bench.first + tried++, kernel);
        found += n != 0;
        sum += (double)n;
        squares += (double)n * (double)n;
    }
    double mean = found != 0 ? sum / (double)found : 0;
    double variance = found > 1 ? (squares - sum * mean) / ((double)found - 1) : 0;
    if (found == 0) {
        snprintf(cell, sizeof cell, "- (0/%llu)", (unsigned long long)tried);
    } else if (found < tried) {
        snprintf(cell, sizeof cell, "%.0f (%llu/%llu)", sum / (double)found, (unsigned long long)found,
                 (unsigned long long)tried);
    } else if (found >= 100) {
        snprintf(cell, sizeof cell, "%.2f +- %.2f", mean, root(variance / (double)found));
    } else {
        snprintf(cell, sizeof cell, mean < 1000 ? "%.1f" : "%.0f", mean);
    }
    printf(" %s |", cell);
    fflush(stdout);
}

static void plain_cell(const struct row *row, void (*kernel)(void *)) {
    uint64_t n = 0;
    plain_failed = false;
    while (!hangs(row) && !plain_failed && n < bench.schedules) {
        kernel(NULL);
        n++;
    }
    printf(plain_failed ? " %llu |" : " - |", (unsigned long long)n);
}

static void bugs(void) {
    printf("| kernel | n |");
    for (int s = 0; s <= SHIM_STRATEGY_COUNT; s++) {
        if (bench.strategy < 0 || bench.strategy == s) {
            printf(" %s |", s == PLAIN ? "plain" : shim_strategy_name((enum shim_strategy_kind)s));
        }
    }
    printf("\n");
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        if (!wanted(&rows[r])) {
            continue;
        }
        void (*kernel)(void *) = kernel_of(&rows[r]);
        printf("| %s | %d |", rows[r].kernel, rows[r].size);
        for (int s = 0; s <= SHIM_STRATEGY_COUNT; s++) {
            *bench.fail = s == PLAIN ? plain_fail : shim_control_fail;
            if (bench.strategy >= 0 && bench.strategy != s) {
                continue;
            } else if (s == PLAIN) {
                plain_cell(&rows[r], kernel);
            } else {
                bugs_cell(s, kernel);
            }
        }
        printf("\n");
        fflush(stdout);
    }
}

static double spawned(const struct row *row) {
    char size[16], kernel[64];
    double begin = seconds(RUSAGE_CHILDREN);
    uint64_t n = 0;
    snprintf(size, sizeof size, "%d", row->size);
    snprintf(kernel, sizeof kernel, "%s", row->kernel);
    char *words[] = {(char *)(size_t)bench.self, (char *)(size_t)bench.path, "once", kernel, size, NULL};
    while (seconds(RUSAGE_CHILDREN) - begin < 1) {
        pid_t child;
        int status = 0;
        if (posix_spawn(&child, bench.self, NULL, NULL, words, environ) != 0 ||
            waitpid(child, &status, 0) != child || status != 0) {
            return 0;
        }
        n++;
    }
    return (double)n / (seconds(RUSAGE_CHILDREN) - begin);
}

static void speed(void) {
    printf("| kernel | n | under control | decisions each | plain, in process | plain, a process each |\n");
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        if (!wanted(&rows[r])) {
            continue;
        }
        void (*kernel)(void *) = kernel_of(&rows[r]);
        struct shim_strategy *strategy =
            shim_strategy_new((enum shim_strategy_kind)(bench.strategy < 0 || bench.strategy == PLAIN ? 0 : bench.strategy), 0);
        uint64_t n = 0, plain = 0;
        bool more = true;
        *bench.fail = plain_fail; /* goes on */
        double begin = seconds(RUSAGE_SELF), took = 0;
        for (; strategy != NULL && more && (took < 1 || n < 10); took = seconds(RUSAGE_SELF) - begin) {
            run_once(strategy, kernel, bench.first << 32 | ++n, &more);
        }
        shim_strategy_free(strategy);
        begin = seconds(RUSAGE_SELF);
        double took_plain = 0;
        for (; !hangs(&rows[r]) && took_plain < 1; took_plain = seconds(RUSAGE_SELF) - begin) {
            kernel(NULL);
            plain++;
        }
        printf("| %s | %d | %.0f | %llu |", rows[r].kernel, rows[r].size, (double)n / took,
               (unsigned long long)shim_control_time() / SHIM_CONTROL_TICK);
        if (hangs(&rows[r])) {
            printf(" - | - |\n");
        } else {
            printf(" %.0f | %.0f |\n", (double)plain / took_plain, spawned(&rows[r]));
        }
        fflush(stdout);
    }
}

static int wrong(const char *why) {
    fprintf(stderr, "bench_explore: %s\nbench_explore MODULE bugs|speed [--schedules N] [--seeds N] [--first N] "
                    "[--hopeless N]\n        [--kernel K[:N]] [--strategy S]\n", why);
    return 2;
}

int main(int count, char **words) {
    char error[300], kernel[40];
    if (count < 3) {
        return wrong("name the module of kernels, and what to measure");
    }
    bench.self = "/proc/self/exe";
    bench.path = words[1];
    bench.module = shim_module_open(words[1], error, sizeof error);
    if (bench.module == NULL) {
        return wrong(error);
    }
    bench.fail = shim_entry_data(shim_module_symbol(bench.module, "kernel_fail"));
    bench.kernel_size = shim_entry_data(shim_module_symbol(bench.module, "kernel_size"));
    if (strcmp(words[2], "once") == 0 && count == 5) { /* what `speed` starts as a process */
        *bench.fail = plain_fail;
        kernel_of(&(const struct row){words[3], atoi(words[4])})(NULL);
        return 0;
    }
    for (int i = 3; i < count; i += 2) {
        if (i + 1 == count) {
            return wrong("an option without its value");
        } else if (strcmp(words[i], "--schedules") == 0) {
            bench.schedules = strtoull(words[i + 1], NULL, 10);
        } else if (strcmp(words[i], "--seeds") == 0) {
            bench.seeds = strtoull(words[i + 1], NULL, 10);
        } else if (strcmp(words[i], "--first") == 0) {
            bench.first = strtoull(words[i + 1], NULL, 10);
        } else if (strcmp(words[i], "--hopeless") == 0) {
            bench.hopeless = strtoull(words[i + 1], NULL, 10);
        } else if (strcmp(words[i], "--reuse") == 0) {
            bench.reuse = words[i + 1][0] != '0';
        } else if (strcmp(words[i], "--kernel") == 0) {
            size_t length = strcspn(words[i + 1], ":");
            snprintf(kernel, sizeof kernel, "%.*s", (int)length, words[i + 1]);
            bench.kernel = kernel;
            bench.size = words[i + 1][length] == ':' ? atoi(words[i + 1] + length + 1) : 0;
        } else if (strcmp(words[i], "--strategy") == 0) {
            bench.strategy = strcmp(words[i + 1], "plain") == 0 ? (int)PLAIN : shim_strategy_find(words[i + 1]);
            if (bench.strategy < 0) {
                return wrong("no such strategy");
            }
        } else {
            return wrong("no such option");
        }
    }
    shim_control_redirect(bench.module);
    shim_control_redirect_memory(bench.module);
    if (strcmp(words[2], "bugs") == 0) {
        bugs();
    } else if (strcmp(words[2], "speed") == 0) {
        speed();
    } else {
        return wrong("what to measure is bugs or speed");
    }
    shim_module_close(bench.module);
    return 0;
}
