/* shims/preload/tests/bench_program.c - what a schedule of a program costs.
 *
 *   bench_program OBJECT RUNS PROGRAM [ARGUMENT...]
 *
 * Runs a second, RUNS of each: a fork of the waiting program under control (what esecheck explore does), the program
 * started anew under control each time, and the program started anew as it is, its threads let loose. Seconds are
 * those of the processor, so that other work on the machine does not count.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shims/preload/launch.h"

extern char **environ;

static double of(const struct timeval *time) {
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

/* Of this process and of all that has ended, theirs included. */
static double seconds(void) {
    struct rusage own, children;
    getrusage(RUSAGE_SELF, &own);
    getrusage(RUSAGE_CHILDREN, &children);
    return of(&own.ru_utime) + of(&own.ru_stime) + of(&children.ru_utime) + of(&children.ru_stime);
}

static void show(const char *what, unsigned long runs, double begin) {
    printf("| %s | %.0f |\n", what, (double)runs / (seconds() - begin));
    fflush(stdout);
}

/* 0, or -1 after a message. */
static int play(struct shim_launched *launched, unsigned long runs) {
    struct shim_launch_result result;
    char error[400];
    for (unsigned long i = 0; i < runs; i++) {
        if (shim_launch_run(launched, SHIM_PROGRAM_SEARCH, i, NULL, false, &result, error, sizeof error) != 0) {
            fprintf(stderr, "bench_program: %s\n", error);
            return -1;
        }
    }
    return 0;
}

static int start_plainly(const char *path, char **words) {
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status = -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    if (posix_spawn(&child, path, &actions, NULL, words, environ) == 0) {
        waitpid(child, &status, 0);
    }
    posix_spawn_file_actions_destroy(&actions);
    return status;
}

int main(int count, char **words) {
    char path[4096], error[400];
    unsigned long runs = count > 2 ? strtoul(words[2], NULL, 10) : 0;
    struct shim_launched *launched;
    if (count < 4 || runs == 0) {
        fprintf(stderr, "usage: bench_program OBJECT RUNS PROGRAM [ARGUMENT...]\n");
        return 2;
    }
    struct shim_launch_options options = {.object = words[1],
                                          .path = path,
                                          .words = (const char *const *)(void *)(words + 3),
                                          .strategy = SHIM_STRATEGY_RANDOM};
    if (shim_launch_find(words[3], path, sizeof path, error, sizeof error) != 0 ||
        shim_launch_start(&options, &launched, error, sizeof error) != 0) {
        fprintf(stderr, "bench_program: %s\n", error);
        return 2;
    }
    printf("\n| %s | a second |\n|---|---|\n", strrchr(path, '/') + 1);
    double begin = seconds();
    int failed = play(launched, runs);
    shim_launch_stop(launched);
    show("under control, forked before main", runs, begin);
    begin = seconds();
    for (unsigned long i = 0; failed == 0 && i < runs; i++) {
        failed = shim_launch_start(&options, &launched, error, sizeof error);
        if (failed == 0) {
            failed = play(launched, 1);
            shim_launch_stop(launched);
        }
    }
    show("under control, started anew", runs, begin);
    begin = seconds();
    for (unsigned long i = 0; i < runs; i++) {
        (void)start_plainly(path, words + 3);
    }
    show("let loose, started anew", runs, begin);
    return failed != 0;
}
