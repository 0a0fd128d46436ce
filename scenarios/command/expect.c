/* scenarios/command/expect.c - what a script asks of its runs beyond single calls.
 *
 * Of all repeats together: how many calls overlapped the stop, were refused, were cut short by it. Of
 * every run: how what it observed compares with what its control observed. The control's numbers
 * and the outcome go into the run's history before it is judged, so that the saved history shows
 * the same verdict again.
 */
#include <stdio.h>
#include <string.h>

#include "scenarios/command/command.h"
#include "scenarios/runner/runner.h"

#define CHANCES 3 /* calls met inside for each that should have been cut short */

static bool asks_for_overlap(const struct scn_plan *plan)
{
    for (int i = 0; i < plan->expect_count; i++) {
        if (plan->expects[i].kind == SCN_EXPECT_NO_OVERLAP) {
            return false;
        }
    }
    return true;
}

static bool is_asked(enum scn_in in, enum rpt_profile profile)
{
    return in == SCN_IN_ANY || (in == SCN_IN_ESE) == (profile == RPT_ESE);
}

/* `cut` and `uncut`: the calls that a full stop met inside. */
static int check_met(const struct scn_expect *expect, const struct rpt_tally *tally,
                     struct rpt_case *c)
{
    char text[320];
    const char *name = shim_function(expect->fn)->name;
    uint64_t wanted = (uint64_t)expect->count;
    if (expect->kind == SCN_EXPECT_CUT) {
        if (tally->met_denied >= wanted) {
            return 0;
        }
        snprintf(text, sizeof text,
                 "the script expects that a stop cuts %s short %llu times; of %llu calls that it met "
                 "inside it cut %llu",
                 name, (unsigned long long)wanted, (unsigned long long)tally->met,
                 (unsigned long long)tally->met_denied);
        return cmd_case_note(c, tally->met_denied == 0 && tally->met >= CHANCES * wanted
                                    ? RPT_WRONG_CODE
                                    : RPT_NOT_EXERCISED,
                             expect->fn, text);
    }
    if (tally->met_denied > 0) {
        snprintf(text, sizeof text,
                 "the script expects that %s runs through when a stop meets it inside; %llu of %llu "
                 "such calls gave the stop's code",
                 name, (unsigned long long)tally->met_denied, (unsigned long long)tally->met);
        return cmd_case_note(c, RPT_WRONG_CODE, expect->fn, text);
    }
    if (tally->met >= wanted) {
        return 0;
    }
    snprintf(text, sizeof text,
             "the script asks that a stop meets %s inside %llu times; in all repeats it met %llu", name,
             (unsigned long long)wanted, (unsigned long long)tally->met);
    return cmd_case_note(c, RPT_NOT_EXERCISED, expect->fn, text);
}

/* overlapped, denied, admitted */
static int check_seen(const struct scn_expect *expect, const struct rpt_tally *tally,
                      struct rpt_case *c)
{
    char text[256];
    uint64_t seen = 0;
    const char *what = "";
    switch (expect->kind) {
    case SCN_EXPECT_OVERLAPPED:
        seen = expect->own ? tally->own_overlapped : tally->overlapped;
        what = "overlapped a stop";
        break;
    case SCN_EXPECT_DENIED:
        seen = expect->own ? tally->own_denied : tally->denied;
        what = "were denied";
        break;
    default:
        seen = expect->own ? tally->own_admitted_overlapped : tally->admitted_overlapped;
        what = "were admitted while they overlapped a stop";
        break;
    }
    if (seen >= (uint64_t)expect->count) {
        return 0;
    }
    snprintf(text, sizeof text, "the script asks that %lld %s%s %s; in all repeats %llu did",
             (long long)expect->count, expect->own ? "calls by its own steps of " : "calls of ",
             shim_function(expect->fn)->name, what, (unsigned long long)seen);
    return cmd_case_note(c, RPT_NOT_EXERCISED, expect->fn, text);
}

int cmd_check_exercise(const struct scn_plan *plan, enum rpt_profile profile, struct rpt_case *c)
{
    if (rpt_verdict_is_broken(c->verdict) || c->verdict == RPT_UNSUPPORTED) {
        return 0;
    }
    if (c->tally == NULL || (asks_for_overlap(plan) && c->overlapped == 0)) {
        return cmd_case_note(c, RPT_NOT_EXERCISED, SHIM_FN_NONE,
                             "in none of the repeats did a call overlap a stop");
    }
    for (int i = 0; i < plan->expect_count; i++) {
        const struct scn_expect *expect = &plan->expects[i];
        int result = 0;
        if (!is_asked(expect->in, profile)) {
            continue;
        }
        switch (expect->kind) {
        case SCN_EXPECT_OVERLAPPED:
        case SCN_EXPECT_DENIED:
        case SCN_EXPECT_ADMITTED:
            result = check_seen(expect, &c->tally[expect->fn], c);
            break;
        case SCN_EXPECT_CUT:
        case SCN_EXPECT_UNCUT:
            result = check_met(expect, &c->tally[expect->fn], c);
            break;
        case SCN_EXPECT_NO_OVERLAP:
        case SCN_EXPECT_GIVES: /* in the history of every run */
        case SCN_EXPECT_OBSERVED:
            break;
        }
        if (result != 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- against the control ---- */

/* What was observed last under this name; false: nothing. */
static bool observed(const struct shim_history *history, const char *name, int64_t *value)
{
    bool found = false;
    for (size_t i = 0; i < history->event_count; i++) {
        const struct shim_hist_event *event = &history->events[i];
        if (event->kind == SHIM_EVENT_OBSERVED && event->name != NULL &&
            strcmp(event->name, name) == 0) {
            *value = event->value[0];
            found = true;
        }
    }
    return found;
}

static const char *words_of(enum scn_relation relation)
{
    static const char *const words[] = {"as much as", "less than", "at most", "more than",
                                        "at least"};
    return words[relation];
}

static int note_observed(const struct scn_expect *expect, const struct shim_history *control,
                         struct shim_history *history, struct rpt_case *c)
{
    char name[128], text[256];
    int64_t here = 0, there = 0;
    bool has_here = observed(history, expect->name, &here);
    bool has_there = observed(control, expect->name, &there);
    bool held = has_here && has_there &&
                scn_holds(here * expect->factor, expect->relation, there * expect->control_factor);
    if (has_there) {
        snprintf(name, sizeof name, "control %s", expect->name);
        snprintf(text, sizeof text, "%lld", (long long)there);
        struct shim_hist_event *event =
            shim_history_add_event(history, SHIM_EVENT_OBSERVED, name, text);
        if (event == NULL) {
            return -1;
        }
        event->value[0] = there;
    }
    snprintf(name, sizeof name, "observed %s in line %d", expect->name, expect->pos.line);
    if (!has_here || !has_there) {
        snprintf(text, sizeof text, "%s was not observed in the %s: what gives it failed",
                 expect->name, has_here ? "control" : "run");
        return cmd_case_note(c, RPT_NOT_EXERCISED, SHIM_FN_NONE, text);
    }
    snprintf(text, sizeof text,
             "is %lld, and %lld in the control; the script expects that %lld times it is %s %lld times "
             "that of the control",
             (long long)here, (long long)there, (long long)expect->factor,
             words_of(expect->relation), (long long)expect->control_factor);
    struct shim_hist_event *event = shim_history_add_event(history, SHIM_EVENT_EXPECT, name, text);
    if (event == NULL) {
        return -1;
    }
    event->value[0] = held;
    event->value[1] = 2;
    event->value[2] = (int64_t)expect->in;
    return 0;
}

int cmd_compare_with_control(const struct scn_plan *plan, const struct shim_history *control,
                             struct shim_history *history, struct rpt_case *c)
{
    for (int i = 0; i < plan->expect_count; i++) {
        if (plan->expects[i].kind == SCN_EXPECT_OBSERVED &&
            note_observed(&plan->expects[i], control, history, c) != 0) {
            return -1;
        }
    }
    shim_history_sort(history);
    return 0;
}
