#include "reports/tests/story.h"

#include <string.h>

#include <criterion/criterion.h>

void story_init(struct story *story)
{
    shim_history_init(&story->history);
    story->stamp = 0;
    phase(story, "setup");
}

void story_fini(struct story *story)
{
    shim_history_fini(&story->history);
}

size_t call_(struct story *story, uint32_t actor, enum shim_fn fn, const uint64_t *args, int count)
{
    struct shim_hist_call *call = shim_history_add_call(&story->history);
    cr_assert_not_null(call);
    call->enter = ++story->stamp;
    call->actor = actor;
    call->fn = fn;
    memcpy(call->args, args, (size_t)count * sizeof *args);
    return story->history.call_count - 1;
}

void back(struct story *story, size_t index, JET_ERR result)
{
    story->history.calls[index].leave = ++story->stamp;
    story->history.calls[index].result = result;
}

void wrote(struct story *story, size_t index, int param, uint64_t value)
{
    struct shim_hist_call *call = &story->history.calls[index];
    call->outs[param] = value;
    call->outs_valid |= 1u << param;
}

struct shim_hist_event *event(struct story *story, enum shim_event_kind kind, const char *name,
                              const char *text)
{
    struct shim_hist_event *made = shim_history_add_event(&story->history, kind, name, text);
    cr_assert_not_null(made);
    made->stamp = ++story->stamp;
    return made;
}

void phase(struct story *story, const char *name)
{
    event(story, SHIM_EVENT_PHASE, name, NULL);
}

void row_written(struct story *story, uint32_t actor, uint64_t sesid, int64_t key, int64_t version,
                 int deleted)
{
    struct shim_hist_event *made;
    if (deleted) {
        calls(story, actor, 0, JetDelete, sesid, CURSOR);
    } else {
        calls(story, actor, 0, JetUpdate, sesid, CURSOR, 0, 0, 0);
    }
    made = event(story, SHIM_EVENT_WRITE, "rows", NULL);
    made->actor = actor;
    made->value[0] = key;
    made->value[1] = version;
    made->value[2] = deleted;
    made->value[3] = (int64_t)sesid;
}

void rows_found(struct story *story, const int64_t *keys, const int64_t *versions, int count,
                int complete)
{
    event(story, SHIM_EVENT_ROWS, "rows", NULL);
    for (int i = 0; i < count; i++) {
        struct shim_hist_event *made = event(story, SHIM_EVENT_ROW, "rows", NULL);
        made->value[0] = keys[i];
        made->value[1] = versions[i];
    }
    struct shim_hist_event *end = event(story, SHIM_EVENT_ROWS_END, "rows", NULL);
    end->value[0] = count;
    end->value[1] = complete;
}

void has_instance(struct story *story, uint64_t value)
{
    size_t at = enters(story, 0, JetCreateInstance, 1, 2);
    wrote(story, at, 0, value);
    back(story, at, 0);
    at = enters(story, 0, JetInit, 1);
    wrote(story, at, 0, value);
    back(story, at, 0);
}

void has_session(struct story *story, uint32_t actor, uint64_t instance, uint64_t value)
{
    size_t at = enters(story, actor, JetBeginSession, instance, 1, 0, 0);
    wrote(story, at, 1, value);
    back(story, at, 0);
}

void has_database(struct story *story, uint32_t actor, uint64_t sesid, uint64_t dbid)
{
    size_t at = enters(story, actor, JetOpenDatabase, sesid, 1, 0, 1, 0);
    wrote(story, at, 3, dbid);
    back(story, at, 0);
}

void has_cursor(struct story *story, uint32_t actor, uint64_t sesid, uint64_t value)
{
    size_t at = enters(story, actor, JetOpenTable, sesid, DBID, 1, 0, 0, 0, 1);
    wrote(story, at, 6, value);
    back(story, at, 0);
}

void has_everything(struct story *story)
{
    story_init(story);
    has_instance(story, INSTANCE);
    phase(story, "race");
    has_session(story, 1, INSTANCE, SESSION);
    has_database(story, 1, SESSION, DBID);
    has_cursor(story, 1, SESSION, CURSOR);
}

struct rpt_judgement judged(struct story *story, enum rpt_profile profile)
{
    struct rpt_judgement judgement;
    shim_history_sort(&story->history);
    cr_assert_eq(rpt_judge(&story->history, profile, &judgement), 0);
    return judgement;
}

const struct rpt_finding *finding(const struct rpt_judgement *judgement, enum rpt_verdict verdict,
                                  const char *clause)
{
    for (size_t i = 0; i < judgement->finding_count; i++) {
        if (judgement->findings[i].verdict == verdict &&
            strcmp(judgement->findings[i].clause->id, clause) == 0) {
            return &judgement->findings[i];
        }
    }
    return NULL;
}

void must_find(struct story *story, enum rpt_profile profile, enum rpt_verdict verdict,
               const char *clause, enum shim_fn fn)
{
    struct rpt_judgement judgement = judged(story, profile);
    const struct rpt_finding *found = finding(&judgement, verdict, clause);
    cr_assert_not_null(found, "no finding %s / %s among %zu; the first is: %s",
                       rpt_verdict_name(verdict), clause, judgement.finding_count,
                       judgement.finding_count > 0 ? judgement.findings[0].text : "-");
    cr_assert_eq(found->fn, fn, "%s / %s is about %s", rpt_verdict_name(verdict), clause,
                 found->fn != SHIM_FN_NONE ? shim_function(found->fn)->name : "nothing");
    cr_assert_not_null(found->clause);
    cr_assert_gt(strlen(found->text), 10);
    cr_assert_eq(judgement.finding_count, 1, "also found: %s",
                 judgement.findings[judgement.finding_count - 1].text);
    cr_assert(judgement.verdict == verdict || verdict == RPT_UNSUPPORTED);
    rpt_judgement_fini(&judgement);
    story_fini(story);
}

void must_conform(struct story *story, enum rpt_profile profile)
{
    struct rpt_judgement judgement = judged(story, profile);
    cr_assert_eq(judgement.finding_count, 0, "found: %s",
                 judgement.finding_count > 0 ? judgement.findings[0].text : "");
    cr_assert_eq(judgement.verdict, RPT_CONFORMS);
    rpt_judgement_fini(&judgement);
    story_fini(story);
}
