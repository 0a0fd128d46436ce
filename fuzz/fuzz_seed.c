/* fuzz/fuzz_seed.c - `fuzz_seed [--schedules N] SCRIPT... DIRECTORY` makes seeds of scripts.
 *
 * For every script two files: NAME.free, in which the actors run freely, and NAME.turns, in which
 * they take turns. With --schedules, for fuzz_schedule, N files NAME.0, NAME.1 ...: the free plan and behind it decisions
 * (play_controlled.c), in the first none, in the others such as chance makes. Exit code 0, or 2 if something cannot be read,
 * understood or written.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz/bytes_from_plan.h"
#include "fuzz/format.h"
#include "scenarios/language/language.h"

#define DECISIONS 500     /* bytes */
#define MOST_SCHEDULES 50

static int write_bytes(const struct scn_plan *plan, const char *suffix, const uint8_t *bytes, size_t size,
                       const char *directory)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.%s", directory, plan->name, suffix);
    FILE *file = fopen(path, "wb");
    size_t written = file ? fwrite(bytes, 1, size, file) : 0;
    if (!file || fclose(file) || written != size) {
        fprintf(stderr, "%s: cannot be written: %s\n", path, strerror(errno));
        return 2;
    }
    return 0;
}

static int write_seed(const struct scn_plan *plan, bool turns, const char *directory)
{
    static uint8_t bytes[FUZZ_MAX_BYTES];
    size_t size = fuzz_bytes_from_plan(plan, turns, bytes);
    return write_bytes(plan, turns ? "turns" : "free", bytes, size, directory);
}

static int write_schedules(const struct scn_plan *plan, long count, const char *directory)
{
    static uint8_t bytes[FUZZ_MAX_BYTES + DECISIONS + 2];
    size_t begin = fuzz_bytes_from_plan(plan, false, bytes);
    uint32_t random = 1;
    int failed = 0;
    for (long n = 0; n < count; n++) {
        char suffix[24];
        size_t size = begin, decisions = n == 0 ? 0 : DECISIONS;
        for (size_t i = 0; i < decisions; i++) {
            random = random * 1664525u + 1013904223u;
            bytes[size++] = (uint8_t)(random >> 24 & (n % 2 == 0 ? 0xff : 0x1f)); /* turns, long or short */
        }
        bytes[size++] = (uint8_t)decisions;
        bytes[size++] = (uint8_t)(decisions >> 8);
        snprintf(suffix, sizeof suffix, "%ld", n);
        failed |= write_bytes(plan, suffix, bytes, size, directory);
    }
    return failed;
}

int main(int argc, char **argv)
{
    long schedules = 0;
    if (argc > 2 && strcmp(argv[1], "--schedules") == 0) {
        schedules = strtol(argv[2], NULL, 10);
        argv += 2, argc -= 2;
    }
    if (argc < 3 || schedules < 0 || schedules > MOST_SCHEDULES) {
        fprintf(stderr, "usage: fuzz_seed [--schedules N] SCRIPT... DIRECTORY\n"
                        "makes seeds for fuzz_stop of scripts, or N each for fuzz_schedule (at most 50)\n");
        return 2;
    }
    const char *directory = argv[argc - 1];
    if (mkdir(directory, 0777) && errno != EEXIST) {
        fprintf(stderr, "%s: cannot be made: %s\n", directory, strerror(errno));
        return 2;
    }
    int failed = 0;
    for (int i = 1; i < argc - 1; i++) {
        char error[512];
        struct scn_plan *plan = scn_parse_file(argv[i], error, sizeof error);
        if (!plan) {
            fprintf(stderr, "%s\n", error);
            failed = 2;
            continue;
        }
        failed |= schedules > 0 ? write_schedules(plan, schedules, directory)
                                : write_seed(plan, false, directory) | write_seed(plan, true, directory);
        scn_plan_free(plan);
    }
    return failed;
}
