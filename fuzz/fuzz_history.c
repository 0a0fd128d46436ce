/* fuzz/fuzz_history.c - libFuzzer target: any history for the judge.
 *
 * Bytes that begin with { are a saved history: a damaged one is refused with a message. Other bytes
 * are a history in a compact form (history_from_bytes.h), so that the fuzzer reaches deep into the
 * judge. Whatever loads is judged in both profiles; saved and loaded again it is judged the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/history_from_bytes.h"
#include "fuzz/place.h"
#include "reports/judge/judge.h"
#include "shims/history/history.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

_Noreturn static void broken(const char *what, const char *more)
{
    fprintf(stderr, "fuzz_history: %s: %s\n", what, more);
    abort();
}

static void judge(const struct shim_history *history, enum rpt_profile profile,
                  struct rpt_judgement *judgement)
{
    if (rpt_judge(history, profile, judgement))
        broken("the judge is out of memory", "");
}

static bool same(const struct rpt_judgement *a, const struct rpt_judgement *b)
{
    if (a->verdict != b->verdict || a->finding_count != b->finding_count ||
        a->calls != b->calls || a->stops != b->stops || a->overlapped != b->overlapped)
        return false;
    for (size_t i = 0; i < a->finding_count; i++)
        if (a->findings[i].verdict != b->findings[i].verdict ||
            a->findings[i].fn != b->findings[i].fn ||
            a->findings[i].clause != b->findings[i].clause ||
            a->findings[i].times != b->findings[i].times ||
            strcmp(a->findings[i].text, b->findings[i].text) != 0)
            return false;
    return true;
}

/* Whether the bytes are a saved history that loads. */
static bool load(struct shim_history *history, const uint8_t *data, size_t size)
{
    char error[512] = "";
    FILE *file = fopen(fuzz_path("input.jsonl"), "wb");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file))
        broken("the input cannot be written", fuzz_path("input.jsonl"));
    if (shim_history_load(history, fuzz_path("input.jsonl"), error, sizeof error) == 0)
        return true;
    if (!error[0])
        broken("refused without a message", "");
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[512] = "";
    struct shim_history history, again;
    shim_history_init(&history);
    if (size > 0 && data[0] != '{') {
        fuzz_history_from_bytes(&history, data, size);
    } else if (!load(&history, data, size)) {
        shim_history_fini(&history);
        return 0;
    }
    shim_history_init(&again);
    if (shim_history_save(&history, fuzz_path("saved.jsonl"), error, sizeof error) ||
        shim_history_load(&again, fuzz_path("saved.jsonl"), error, sizeof error))
        broken("a good history cannot be saved and loaded", error);
    for (int profile = RPT_DOCUMENTED; profile <= RPT_ESE; profile++) {
        struct rpt_judgement first, second;
        judge(&history, (enum rpt_profile)profile, &first);
        judge(&again, (enum rpt_profile)profile, &second);
        if (!same(&first, &second))
            broken("saved and loaded, it is judged differently", "");
        rpt_judgement_fini(&first);
        rpt_judgement_fini(&second);
    }
    shim_history_fini(&history);
    shim_history_fini(&again);
    return 0;
}
