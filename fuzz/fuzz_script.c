/* fuzz/fuzz_script.c - libFuzzer target: any text as a script.
 *
 * Whatever the text is, scn_parse gives a plan or a message. A plan passes the check, prints, and
 * what it prints is the same plan, which prints the same again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/language/language.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

_Noreturn static void broken(const char *what, const char *more)
{
    fprintf(stderr, "fuzz_script: %s: %s\n", what, more);
    abort();
}

static char *print(const struct scn_plan *plan, size_t *size)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    if (!out || scn_print(out, plan) || fclose(out))
        broken("the plan cannot be printed", "");
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[512] = "";
    struct scn_plan *plan = scn_parse("input", (const char *)data, size, error, sizeof error);
    if (!plan) {
        if (!error[0])
            broken("refused without a message", "");
        return 0;
    }
    if (scn_check(plan, "input", error, sizeof error))
        broken("parsed, but the check refuses it", error);
    size_t first_size, second_size;
    char *first = print(plan, &first_size);
    struct scn_plan *again = scn_parse("printed", first, first_size, error, sizeof error);
    if (!again)
        broken("what was printed is refused", error);
    if (!scn_plan_equal(plan, again))
        broken("what was printed is another plan", first);
    char *second = print(again, &second_size);
    if (first_size != second_size || memcmp(first, second, first_size) != 0)
        broken("printing again gives another text", second);
    free(first);
    free(second);
    scn_plan_free(plan);
    scn_plan_free(again);
    return 0;
}
