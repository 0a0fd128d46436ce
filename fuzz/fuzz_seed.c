/* fuzz/fuzz_seed.c - `fuzz_seed SCRIPT... DIRECTORY` makes seeds of scripts.
 *
 * For every script two files: NAME.free, in which the actors run freely, and NAME.turns, in which
 * they take turns. Exit code 0, or 2 if something cannot be read, understood or written.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz/bytes_from_plan.h"
#include "fuzz/format.h"
#include "scenarios/language/language.h"

static int write_seed(const struct scn_plan *plan, bool turns, const char *directory)
{
    static uint8_t bytes[FUZZ_MAX_BYTES];
    char path[4096];
    size_t size = fuzz_bytes_from_plan(plan, turns, bytes);
    snprintf(path, sizeof path, "%s/%s.%s", directory, plan->name, turns ? "turns" : "free");
    FILE *file = fopen(path, "wb");
    size_t written = file ? fwrite(bytes, 1, size, file) : 0;
    if (!file || fclose(file) || written != size) {
        fprintf(stderr, "%s: cannot be written: %s\n", path, strerror(errno));
        return 2;
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: fuzz_seed SCRIPT... DIRECTORY\n"
                        "makes seeds for fuzz_stop of scripts\n");
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
        failed |= write_seed(plan, false, directory) | write_seed(plan, true, directory);
        scn_plan_free(plan);
    }
    return failed;
}
