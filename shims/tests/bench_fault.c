/* shims/tests/bench_fault.c - what a fault point costs while nothing goes wrong.
 *
 * The fake engine allocates and frees, and it closes a descriptor that is none (a system call): first with its imports as
 * they are, then redirected. Both turns alternate; the smallest of many rounds counts, so a loaded machine does not disturb
 * much. Prints ns of one operation before and after, the difference and the ratio; and what an operation costs once a
 * fault is placed that is about another one.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "shims/fault/fault.h"

#define ROUNDS 400
#define CALLS 20000

typedef void (*repeat)(unsigned count);

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void measure(repeat what, double *best) {
    for (int round = 0; round < ROUNDS; round++) {
        double begin = now();
        what(CALLS);
        double took = (now() - begin) / CALLS;
        *best = *best == 0 || took < *best ? took : *best;
    }
}

int main(void) {
    static const char *const names[] = {"malloc + free", "close(-1)"};
    static const char *const symbols[] = {"fake_allocate", "fake_close"};
    char error[512];
    double best[2][3] = {{0}};
    for (int turn = 0; turn < 3; turn++) {
        struct shim_library *library;
        if (shim_library_open(BENCH_ENGINE, &library, error, sizeof error) != 0) {
            fprintf(stderr, "%s\n", error);
            return 1;
        }
        for (int how = 0; how < 3; how++) {
            struct shim_fault fault;
            if ((how == 1 && shim_faults_start(library, error, sizeof error) != 0) ||
                (how == 2 && (shim_fault_parse("EIO at fsync", &fault, error, sizeof error) != 0 ||
                              shim_faults_place(&fault) < 0))) {
                fprintf(stderr, "%s\n", error);
                return 1;
            }
            for (int i = 0; i < 2; i++) {
                measure((repeat)shim_library_symbol(library, symbols[i]), &best[i][how]);
            }
        }
        shim_faults_stop();
        shim_library_close(library);
    }
    printf("%-16s %10s %10s %18s %8s %22s\n", "operation", "direct ns", "point ns", "more per operation", "ratio",
           "with a fault elsewhere");
    for (int i = 0; i < 2; i++) {
        int operations = i == 0 ? 2 : 1;
        double more = (best[i][1] - best[i][0]) / operations;
        printf("%-16s %10.2f %10.2f %15.2f ns %7.2fx %19.2f ns\n", names[i], best[i][0], best[i][1], more,
               best[i][1] / best[i][0], (best[i][2] - best[i][0]) / operations);
    }
    return 0;
}
