/* reports/judge/process.c - what happened to the process, the script's own expectations, and the
 * restart. */
#include <stdlib.h>
#include <string.h>

#include "reports/judge/internal.h"

/* Whether every instance of the first part of the run that was ever initialised ended with a
 * successful term; *any: whether there was one. */
bool ended_clean(const struct judge *judge, bool *any)
{
    bool clean = true;
    *any = false;
    for (size_t i = 0; i < judge->instance_count; i++) {
        const struct instance *instance = &judge->instances[i];
        if (instance->first_epoch && instance->initialized != NEVER) {
            *any = true;
            clean = clean && instance->ending == END_CLEAN;
        }
    }
    return clean;
}

/* ---- deaths ---- */

/* The calls of one process that had not returned at `stamp`: up to `room`, those of `actor` first.
 */
static int in_flight(const struct judge *judge, uint64_t stamp, uint32_t actor, size_t *calls,
                     int room)
{
    const struct shim_history *history = judge->history;
    uint64_t began = 0;
    int count = 0;
    for (size_t i = 0; i < history->event_count; i++) {
        if (history->events[i].kind == SHIM_EVENT_RESTART && history->events[i].stamp < stamp) {
            began = history->events[i].stamp;
        }
    }
    for (int own = 1; own >= 0; own--) {
        for (size_t i = 0; i < history->call_count && count < room; i++) {
            const struct shim_hist_call *call = &history->calls[i];
            if (call->leave == 0 && call->enter > began && call->enter < stamp &&
                (call->actor == actor) == (own == 1)) {
                calls[count++] = i;
            }
        }
    }
    return count;
}

static void died(struct judge *judge, const struct shim_hist_event *event, enum rpt_verdict verdict,
                 const char *clause, const char *what)
{
    const struct shim_history *history = judge->history;
    size_t calls[RPT_FINDING_CALLS];
    int count = in_flight(judge, event->stamp, event->actor, calls, RPT_FINDING_CALLS);
    enum shim_fn fn = count > 0 ? history->calls[calls[0]].fn : SHIM_FN_NONE;
    size_t before = judge->out->finding_count;
    report(judge, verdict, clause, fn, SIZE_MAX, SIZE_MAX, "%s%s%s%s%s", what,
           event->name != NULL && event->name[0] != '\0' ? ": " : "",
           event->name != NULL ? event->name : "", fn != SHIM_FN_NONE ? ", inside " : "",
           fn != SHIM_FN_NONE ? shim_function(fn)->name : "");
    if (judge->out->finding_count > before) {
        struct rpt_finding *finding = &judge->out->findings[before];
        finding->call_count = count;
        memcpy(finding->calls, calls, (size_t)count * sizeof *calls);
    }
}

static void ended_badly(struct judge *judge, const struct shim_hist_event *event, bool explained)
{
    size_t calls[RPT_FINDING_CALLS];
    if (!explained && event->value[0] != 0 &&
        in_flight(judge, event->stamp, event->actor, calls, RPT_FINDING_CALLS) > 0) {
        died(judge, event, RPT_CRASH, "process.crash", "the process ended in the middle of a call");
    }
}

/* Whether an expectation belongs to the profile that is judged by. */
static bool is_asked(const struct judge *judge, const struct shim_hist_event *event)
{
    return event->value[2] == 0 || event->value[2] == (judge->profile == RPT_ESE ? 2 : 1);
}

static void judge_events(struct judge *judge)
{
    const struct shim_history *history = judge->history;
    bool played = !needed_is_unsupported(judge);
    bool explained = false; /* the end of this process has a finding, or was meant */
    for (size_t i = 0; i < history->event_count; i++) {
        const struct shim_hist_event *event = &history->events[i];
        switch (event->kind) {
        case SHIM_EVENT_CRASH:
            died(judge, event, RPT_CRASH, "process.crash", "the process crashed");
            explained = true;
            break;
        case SHIM_EVENT_HANG:
            died(judge, event, RPT_HANG, "process.hang", "nothing moved any more");
            explained = true;
            break;
        case SHIM_EVENT_DEADLOCK:
            died(judge, event, RPT_DEADLOCK, "process.deadlock", "no thread can go on");
            explained = true;
            break;
        case SHIM_EVENT_LIVELOCK:
            died(judge, event, RPT_LIVELOCK, "process.livelock", "the threads come to no end");
            explained = true;
            break;
        case SHIM_EVENT_SANITIZER:
            died(judge, event, RPT_SANITIZER, "process.sanitizer", "a sanitizer reported");
            explained = true;
            break;
        case SHIM_EVENT_LEAK:
            report(judge, RPT_LEAK, "process.leak", SHIM_FN_NONE, SIZE_MAX, SIZE_MAX,
                   "memory was left behind: %.900s", event->text != NULL ? event->text : "");
            break;
        case SHIM_EVENT_NOTE:
            if (event->name != NULL && strcmp(event->name, RPT_UNSOUND) == 0) {
                report(judge, RPT_LOST_DATA, "data.sound", SHIM_FN_NONE, SIZE_MAX, SIZE_MAX,
                       "the engine's checker finds a database wrong: %.900s", event->text != NULL ? event->text : "");
            }
            break;
        case SHIM_EVENT_KILL:
            explained = true;
            break;
        case SHIM_EVENT_EXIT:
            ended_badly(judge, event, explained);
            break;
        case SHIM_EVENT_RESTART:
            explained = false;
            break;
        case SHIM_EVENT_TRUNCATED:
            report(judge, RPT_UNKNOWN, "history.complete", SHIM_FN_NONE, SIZE_MAX, SIZE_MAX,
                   "the history is not complete: %.900s", event->text != NULL ? event->text : "");
            break;
        case SHIM_EVENT_EXPECT:
            if (event->value[0] == 0 && played && is_asked(judge, event)) {
                report(judge, RPT_WRONG_CODE, "expect", SHIM_FN_NONE, SIZE_MAX, SIZE_MAX,
                       "an expectation of the script did not hold: %.200s: %.700s",
                       event->name != NULL ? event->name : "",
                       event->text != NULL ? event->text : "");
            }
            break;
        default:
            break;
        }
    }
}

/* ---- the state before and after a failed stop ---- */

/* Whether something that may change what a probe shows happened between two stamps on the
 * instance (-1: on any): a stop that may have succeeded, or a parameter that was set. */
static bool was_disturbed(const struct judge *judge, int32_t instance, uint64_t from, uint64_t to)
{
    const struct shim_history *history = judge->history;
    for (size_t i = 0; i < history->call_count && history->calls[i].enter < to; i++) {
        const struct shim_hist_call *call = &history->calls[i];
        bool open = call->leave == 0;
        if ((!open && call->leave < from) ||
            (instance >= 0 && judge->meanings[i].instance != instance)) {
            continue;
        }
        if ((is_stop(call->fn) && (open || call->result >= 0)) || is_term(call->fn) ||
            is_init(call->fn) || call->fn == SHIM_FN_JetSetSystemParameter) {
            return true;
        }
    }
    return false;
}

/* The first event behind a stamp; the count if there is none. */
static size_t behind(const struct shim_history *history, uint64_t stamp)
{
    size_t low = 0, high = history->event_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (history->events[middle].stamp > stamp) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

static bool is_probe_of(const struct shim_hist_event *event, const struct shim_hist_call *call)
{
    return event->kind == SHIM_EVENT_PROBE && event->actor == call->actor && event->name != NULL;
}

/* The last probe of the call's actor before it. */
static const struct shim_hist_event *probe_before(const struct shim_history *history,
                                                  const struct shim_hist_call *call)
{
    for (size_t i = call->enter > 0 ? behind(history, call->enter - 1) : 0; i > 0; i--) {
        if (is_probe_of(&history->events[i - 1], call)) {
            return &history->events[i - 1];
        }
    }
    return NULL;
}

/* The first one after it, of the same name and instance as `before`. */
static const struct shim_hist_event *probe_after(const struct shim_history *history,
                                                 const struct shim_hist_call *call,
                                                 const struct shim_hist_event *before)
{
    for (size_t i = behind(history, call->leave); i < history->event_count; i++) {
        const struct shim_hist_event *event = &history->events[i];
        if (is_probe_of(event, call) && strcmp(event->name, before->name) == 0 &&
            event->value[1] == before->value[1]) {
            return event;
        }
    }
    return NULL;
}

/* When the value of a probe was read at the earliest: at the entry of the call that read it, or of the first of
 * them if it says that there were several. The event itself may be written much later. */
static uint64_t read_from(const struct judge *judge, const struct shim_hist_event *probe)
{
    const struct shim_history *history = judge->history;
    uint64_t from = probe->stamp;
    int64_t reads = probe->value[3] > 1 ? probe->value[3] : 1;
    for (size_t i = history->call_count; i > 0 && reads > 0; i--) {
        const struct shim_hist_call *call = &history->calls[i - 1];
        if (call->enter < probe->stamp && call->actor == probe->actor &&
            call->fn == SHIM_FN_JetGetSystemParameter) {
            from = call->enter < from ? call->enter : from;
            reads--;
        }
    }
    return from;
}

static void judge_probes(struct judge *judge)
{
    const struct shim_history *history = judge->history;
    for (size_t i = 0; i < history->call_count && !judge->truncated; i++) {
        const struct shim_hist_call *call = &history->calls[i];
        if (!is_stop(call->fn) || call->leave == 0 || call->result >= 0 ||
            is_unsupported(call->result)) {
            continue;
        }
        const struct shim_hist_event *before = probe_before(history, call);
        const struct shim_hist_event *after =
            before != NULL ? probe_after(history, call, before) : NULL;
        const char *old = before != NULL && before->text != NULL ? before->text : "";
        const char *now = after != NULL && after->text != NULL ? after->text : "";
        if (after != NULL && strcmp(old, now) != 0 &&
            !was_disturbed(judge, judge->meanings[i].instance, read_from(judge, before),
                           after->stamp)) {
            report(judge, RPT_CHANGED_AFTER_FAILURE, "stop.failed-changes-nothing", call->fn, i,
                   SIZE_MAX, "%s failed and yet %.60s was %.100s before it and is %.100s after it",
                   shim_function(call->fn)->name, before->name, old, now);
        }
    }
}

/* ---- the restart ---- */

static bool brings_back(enum shim_fn fn)
{
    return is_init(fn) || fn == SHIM_FN_JetAttachDatabase || fn == SHIM_FN_JetAttachDatabase2 ||
           fn == SHIM_FN_JetOpenDatabase || fn == SHIM_FN_JetOpenTable;
}

static void judge_restart(struct judge *judge)
{
    const struct shim_history *history = judge->history;
    bool any, clean = ended_clean(judge, &any);
    char text[CODE_TEXT];
    for (size_t i = 0; any && i < history->call_count; i++) {
        const struct shim_hist_call *call = &history->calls[i];
        enum phase phase = (enum phase)judge->meanings[i].phase;
        if ((phase != PHASE_RESTART && phase != PHASE_VERIFY) || call->actor != 0 ||
            call->leave == 0 || call->result >= 0 || is_unsupported(call->result) ||
            !brings_back(call->fn) ||
            (call->fn == SHIM_FN_JetOpenTable && judge->data.redefined)) {
            continue;
        }
        const char *name = shim_function(call->fn)->name;
        if (clean) {
            report(judge, RPT_CANNOT_RESTART, "restart.clean", call->fn, i, SIZE_MAX,
                   "after a successful term %s gave %s", name, code_text(call->result, text));
        } else if (judge->recovery_off ||
                   (call->result == JET_errDatabaseDirtyShutdown && !judge->recovery_on)) {
            report(judge, RPT_UNKNOWN, "restart.recovery", call->fn, i, SIZE_MAX,
                   "after a dirty end %s gave %s: without recovery the data cannot be looked at",
                   name, code_text(call->result, text));
        } else {
            report(judge, RPT_CANNOT_RESTART, "restart.recovery", call->fn, i, SIZE_MAX,
                   "after a dirty end %s gave %s", name, code_text(call->result, text));
        }
    }
    for (size_t i = 0; any && clean && i < judge->data.table_count; i++) {
        const struct table *table = &judge->data.tables[i];
        if (table->verified && !table->complete && !judge->truncated && !judge->data.redefined) {
            report(judge, RPT_CANNOT_RESTART, "restart.clean", SHIM_FN_NONE, SIZE_MAX, SIZE_MAX,
                   "after a successful term table %s cannot be read to its end", table->name);
        }
    }
}

void process_judge(struct judge *judge)
{
    judge_events(judge);
    judge_probes(judge);
    judge_restart(judge);
}
