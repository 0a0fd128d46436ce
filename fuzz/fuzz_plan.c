/* fuzz/fuzz_plan.c - `fuzz_plan FILE` prints the plan that a fuzzer's input stands for as a script.
 *
 * So every finding becomes a .scenario that `esecheck run` runs; the first line says how. Exit code
 * 0, or 2 if the file cannot be read or the output not be written.
 */
#include <stdio.h>

#include "fuzz/format.h"
#include "fuzz/input.h"
#include "fuzz/plan_from_bytes.h"
#include "scenarios/language/language.h"

int main(int argc, char **argv)
{
    static uint8_t bytes[FUZZ_MAX_BYTES];
    if (argc != 2 || argv[1][0] == '-') {
        fprintf(stderr, "usage: fuzz_plan FILE\n"
                        "prints the plan of an input of fuzz_stop as a script\n");
        return 2;
    }
    long size = fuzz_read_file(argv[1], bytes, sizeof bytes);
    if (size < 0)
        return 2;
    struct scn_plan *plan = fuzz_plan_from_bytes(bytes, (size_t)size);
    if (!plan) {
        fprintf(stderr, "fuzz_plan: out of memory\n");
        return 2;
    }
    printf("# esecheck run THIS-FILE --seed %llu\n",
           (unsigned long long)fuzz_seed_of_bytes(bytes, (size_t)size));
    int failed = scn_print(stdout, plan) || fflush(stdout);
    scn_plan_free(plan);
    if (failed)
        fprintf(stderr, "fuzz_plan: the output cannot be written\n");
    return failed ? 2 : 0;
}
