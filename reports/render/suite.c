/* reports/render/suite.c - a suite and its cases: memory, sums, counts, exit code. */
#include <stdlib.h>
#include <string.h>

#include "reports/render/internal.h"
#include "reports/render/render.h"

void rpt_suite_init(struct rpt_suite *suite)
{
    memset(suite, 0, sizeof *suite);
}

void rpt_suite_fini(struct rpt_suite *suite)
{
    for (size_t i = 0; i < suite->case_count; i++) {
        struct rpt_case *c = &suite->cases[i];
        for (size_t f = 0; f < c->finding_count; f++) {
            free(c->findings[f].text);
            free(c->findings[f].calls_text);
        }
        free(c->findings);
        free(c->tally);
        free(c->suite);
        free(c->name);
        free(c->known_reason);
        free(c->evidence);
        free(c->command);
        free(c->stacks);
        free(c->cause);
    }
    free(suite->cases);
    free(suite->engine);
    free(suite->engine_build);
    free(suite->profile);
    rpt_suite_init(suite);
}

struct rpt_case *rpt_suite_add(struct rpt_suite *suite)
{
    if (suite->case_count == suite->case_room) {
        size_t room = suite->case_room == 0 ? 16 : suite->case_room * 2;
        struct rpt_case *bigger = realloc(suite->cases, room * sizeof *bigger);
        if (bigger == NULL) {
            return NULL;
        }
        suite->cases = bigger;
        suite->case_room = room;
    }
    struct rpt_case *c = &suite->cases[suite->case_count++];
    memset(c, 0, sizeof *c);
    return c;
}

static bool same(const struct rpt_finding *a, const struct rpt_finding *b)
{
    return a->verdict == b->verdict && a->fn == b->fn && a->clause == b->clause;
}

static int add_finding(struct rpt_case *c, const struct rpt_finding *finding,
                       const struct shim_history *history)
{
    for (size_t i = 0; i < c->finding_count; i++) {
        if (same(&c->findings[i], finding)) {
            c->findings[i].times += finding->times;
            return 0;
        }
    }
    size_t size = strlen(finding->text) + 1;
    char *text = malloc(size), *calls = NULL;
    struct rpt_finding *bigger = realloc(c->findings, (c->finding_count + 1) * sizeof *bigger);
    if (bigger != NULL) {
        c->findings = bigger;
    }
    if (text == NULL || bigger == NULL ||
        (history != NULL && render_calls(history, finding, &calls) != 0)) {
        free(text);
        return -1;
    }
    memcpy(text, finding->text, size);
    c->findings[c->finding_count] = *finding;
    c->findings[c->finding_count].text = text;
    c->findings[c->finding_count].calls_text = calls;
    c->findings[c->finding_count].call_count = 0; /* indices into a history that is gone */
    c->finding_count++;
    return 0;
}

static void add_tally(struct rpt_tally *to, const struct rpt_tally *from)
{
    to->before += from->before;
    to->overlapped += from->overlapped;
    to->after += from->after;
    to->admitted += from->admitted;
    to->denied += from->denied;
    to->silent += from->silent;
    to->admitted_overlapped += from->admitted_overlapped;
    to->denied_overlapped += from->denied_overlapped;
    to->admitted_after += from->admitted_after;
    to->denied_after += from->denied_after;
    to->own_overlapped += from->own_overlapped;
    to->own_denied += from->own_denied;
    to->own_admitted_overlapped += from->own_admitted_overlapped;
    to->met += from->met;
    to->met_denied += from->met_denied;
}

int rpt_case_add(struct rpt_case *c, const struct rpt_judgement *judgement,
                 const struct shim_history *history)
{
    if (c->tally == NULL) {
        c->tally = calloc(SHIM_FN_COUNT, sizeof *c->tally);
        if (c->tally == NULL) {
            return -1;
        }
    }
    for (size_t i = 0; i < judgement->finding_count; i++) {
        if (add_finding(c, &judgement->findings[i], history) != 0) {
            return -1;
        }
    }
    for (int fn = 0; fn < SHIM_FN_COUNT; fn++) {
        add_tally(&c->tally[fn], &judgement->tally[fn]);
    }
    c->repeats++;
    c->calls += judgement->calls;
    c->stops += judgement->stops;
    c->overlapped += judgement->overlapped;
    c->verdict = rpt_verdict_worse(c->verdict, judgement->verdict);
    return 0;
}

struct rpt_counts rpt_suite_counts(const struct rpt_suite *suite)
{
    struct rpt_counts counts = {0};
    for (size_t i = 0; i < suite->case_count; i++) {
        const struct rpt_case *c = &suite->cases[i];
        counts.unsupported += c->verdict == RPT_UNSUPPORTED;
        counts.not_exercised += c->verdict == RPT_NOT_EXERCISED;
        counts.unknown += c->verdict == RPT_UNKNOWN;
        if (c->unexpected_pass || (rpt_verdict_is_broken(c->verdict) && !c->known)) {
            counts.failed++;
        } else if (c->verdict == RPT_CONFORMS || rpt_verdict_is_broken(c->verdict)) {
            counts.passed++;
        } else {
            counts.skipped++;
        }
    }
    return counts;
}

int rpt_suite_exit_code(const struct rpt_suite *suite)
{
    struct rpt_counts counts = rpt_suite_counts(suite);
    return counts.failed > 0 ? 1 : counts.passed > 0 ? 0 : 3;
}
