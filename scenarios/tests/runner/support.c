/* support.c - runs a script in this process, against the reference engine. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "scenarios/language/language.h"
#include "scenarios/supervisor/platform.h"

/* Loaded once and for good: what it holds in statics is no leak then. */
static struct shim_library *library;

struct played play(const char *script, struct scn_run_options options)
{
    struct played played;
    struct shim_recorder *recorder = NULL;
    char directory[] = "/tmp/runner-test-XXXXXX", path[64], error[512];
    memset(&played, 0, sizeof played);
    shim_history_init(&played.history);
    struct scn_plan *plan = scn_parse("test", script, strlen(script), error, sizeof error);
    cr_assert_not_null(plan, "%s", error);
    cr_assert_not_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/calls", directory);
    cr_assert_eq(shim_recorder_create(path, (size_t)64 << 20, &recorder, error, sizeof error), 0,
                 "%s", error);
    cr_assert(library != NULL ||
                  shim_library_open(TEST_ENGINE, &library, error, sizeof error) == 0,
              "%s", error);
    struct shim_table table = *shim_library_table(library);
    if (options.table != NULL) { /* the functions that the test takes away */
        for (int fn = 0; fn < SHIM_FN_COUNT; fn++) {
            for (int v = 0; v < SHIM_VARIANT_COUNT; v++) {
                if (options.table->entry[fn][v] != NULL) {
                    table.entry[fn][v] = NULL;
                }
            }
        }
    }
    options.table = &table;
    options.recorder = recorder;
    options.directory = directory;
    played.result = scn_run(plan, &options, played.error, sizeof played.error);
    cr_assert_eq(shim_recorder_read(recorder, &played.history, error, sizeof error), 0);
    shim_recorder_close(recorder);
    scn_directory_remove(directory);
    scn_plan_free(plan);
    return played;
}

void played_fini(struct played *played)
{
    shim_history_fini(&played->history);
}

size_t count_calls(const struct played *played, uint32_t actor, enum shim_fn fn)
{
    size_t count = 0;
    for (size_t i = 0; i < played->history.call_count; i++) {
        const struct shim_hist_call *call = &played->history.calls[i];
        count += call->actor == actor && (fn == SHIM_FN_NONE || call->fn == fn);
    }
    return count;
}

size_t count_results(const struct played *played, enum shim_fn fn, JET_ERR result)
{
    size_t count = 0;
    for (size_t i = 0; i < played->history.call_count; i++) {
        const struct shim_hist_call *call = &played->history.calls[i];
        count += call->actor != 0 && call->fn == fn && call->result == result;
    }
    return count;
}

size_t count_events(const struct played *played, enum shim_event_kind kind, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < played->history.event_count; i++) {
        const struct shim_hist_event *event = &played->history.events[i];
        count += event->kind == kind &&
                 (name == NULL || (event->name != NULL && strcmp(event->name, name) == 0));
    }
    return count;
}

const struct shim_hist_event *find_event(const struct played *played, enum shim_event_kind kind,
                                         const char *name)
{
    for (size_t i = 0; i < played->history.event_count; i++) {
        const struct shim_hist_event *event = &played->history.events[i];
        if (event->kind == kind &&
            (name == NULL || (event->name != NULL && strcmp(event->name, name) == 0))) {
            return event;
        }
    }
    return NULL;
}

enum rpt_verdict verdict_of(const struct played *played)
{
    struct rpt_judgement judgement;
    cr_assert_eq(rpt_judge(&played->history, RPT_DOCUMENTED, &judgement), 0);
    enum rpt_verdict verdict = judgement.verdict;
    rpt_judgement_fini(&judgement);
    return verdict;
}
