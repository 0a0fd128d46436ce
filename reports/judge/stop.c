/* reports/judge/stop.c - the second pass: each call, with all that is known about its instance.
 *
 * Time is an interval. Wrong is: denied and returned before any stop was entered; admitted and
 * entered after a successful stop had returned. Calls that overlap a stop may go either way. Only
 * the profile `ese` asks for more: there no call that was entered after the first denial had
 * returned is let in.
 */
#include <stdlib.h>

#include "reports/judge/internal.h"

static uint64_t end_of(const struct shim_hist_call *call)
{
    return call->leave != 0 ? call->leave : NEVER;
}

/* ---- what is known about the instances once the sweep is through ---- */

static void gather(struct judge *judge)
{
    const struct shim_history *history = judge->history;
    for (size_t i = 0; i < history->call_count; i++) {
        const struct shim_hist_call *call = &history->calls[i];
        int32_t at = judge->meanings[i].instance;
        if (at < 0 || call->leave == 0) {
            continue;
        }
        struct instance *instance = &judge->instances[at];
        if (is_stop(call->fn) && call->result >= 0) {
            judge->no_memory |= spans_add(&instance->stops, call->enter, call->leave) != 0;
            if (bits_of(judge, call) == JET_bitStopServiceResume &&
                call->fn == SHIM_FN_JetStopServiceInstance2 && call->leave > instance->attempt &&
                call->enter < instance->resumed) {
                instance->resumed = call->enter;
            }
            if (instance->first_enter == NEVER ||
                (is_full_stop(judge, call) && instance->first_leave < instance->stopped &&
                 instance->first_enter < instance->attempt)) {
                instance->first_enter = call->enter;
                instance->first_leave = call->leave;
            }
        }
        if (call->result == RPT_STOP_CODE && call->leave > instance->attempt &&
            call->leave < instance->first_denied &&
            rpt_contract_after_stop(judge->profile, call->fn) == RPT_DENIED) {
            instance->first_denied = call->leave;
        }
    }
}

/* The only instance that was ever stopped; calls that belong to none are counted by it. */
static int32_t only_stopped(const struct judge *judge)
{
    int32_t found = -1;
    for (size_t i = 0; i < judge->instance_count; i++) {
        if (judge->instances[i].stops.count > 0) {
            if (found >= 0) {
                return -1;
            }
            found = (int32_t)i;
        }
    }
    return found;
}

static void count(struct judge *judge, size_t index, int32_t fallback)
{
    const struct shim_hist_call *call = &judge->history->calls[index];
    const struct meaning *meaning = &judge->meanings[index];
    struct rpt_tally *tally = &judge->out->tally[call->fn];
    int32_t at = meaning->instance >= 0 ? meaning->instance : fallback;
    if (meaning->phase == PHASE_DISTURBED || meaning->phase == PHASE_RESTART || meaning->phase == PHASE_VERIFY) {
        return;
    }
    bool returned = call->leave != 0;
    enum rpt_class class = returned ? rpt_classify(call->fn, call->result) : RPT_SILENT;
    bool admitted = returned && class == RPT_ADMITTED, denied = returned && class == RPT_IS_DENIED;
    tally->admitted += admitted;
    tally->denied += denied;
    tally->silent += returned && class == RPT_SILENT;
    const struct instance *instance = at >= 0 ? &judge->instances[at] : NULL;
    tally->own_denied += denied && meaning->own;
    bool overlaps = false;
    if (instance != NULL && is_stop(call->fn)) { /* not with itself */
        overlaps = call->enter < instance->first_leave && end_of(call) > instance->first_enter &&
                   call->enter != instance->first_enter;
    } else if (instance != NULL) {
        overlaps = spans_overlap(&instance->stops, call->enter, end_of(call));
    }
    if (instance != NULL && !is_stop(call->fn) && returned && instance->stopped != NEVER &&
        call->enter < judge->history->calls[instance->stop_call].enter &&
        call->leave > instance->stopped) {
        tally->met++;
        tally->met_denied += denied;
    }
    if (overlaps) {
        tally->overlapped++;
        tally->admitted_overlapped += admitted;
        tally->own_overlapped += meaning->own;
        tally->own_admitted_overlapped += admitted && meaning->own;
        tally->denied_overlapped += denied;
        judge->out->overlapped += !is_stop(call->fn);
    } else if (instance == NULL || instance->first_enter == NEVER ||
               end_of(call) < instance->first_enter || call->enter == instance->first_enter) {
        tally->before++;
    } else {
        tally->after++;
        tally->admitted_after += admitted;
        tally->denied_after += denied;
    }
}

/* ---- the rules ---- */

struct look {
    const struct shim_hist_call *call;
    const struct meaning *meaning;
    const struct instance *instance; /* or NULL */
    size_t index;
    enum rpt_rule rule;
    const char *name;
};

static bool after_full_stop(const struct judge *judge, const struct look *look)
{
    return look->instance != NULL && look->call->enter > look->instance->stopped &&
           (judge->profile == RPT_ESE || look->instance->resumed > look->call->leave);
}

/* The result is the stop's code. */
static bool judge_denied(struct judge *judge, const struct look *look)
{
    const struct shim_hist_call *call = look->call;
    const struct instance *instance = look->instance;
    if (judge->truncated) {
        return false;
    }
    uint64_t attempt = instance != NULL ? instance->attempt : judge->any_attempt;
    if (attempt > call->leave) {
        /* what came first is what may have done it */
        if (instance != NULL && instance->failed_stop < call->leave &&
            instance->failed_stop < instance->part_stop) {
            report(judge, RPT_CHANGED_AFTER_FAILURE, "stop.failed-changes-nothing", call->fn,
                   look->index, instance->failed_stop_call,
                   "%s gave the stop's code although the only stop before it had failed",
                   look->name);
        } else if (instance != NULL && instance->part_stop < call->leave) {
            report(judge, RPT_REFUSED_THOUGH_ALLOWED, "stop.parts", call->fn, look->index, SIZE_MAX,
                   "%s gave the stop's code although only parts of the service were stopped",
                   look->name);
        } else {
            report(judge, RPT_REFUSED_THOUGH_ALLOWED, "stop.not-before", call->fn, look->index,
                   SIZE_MAX, "%s gave the stop's code and had returned before any stop began",
                   look->name);
        }
        return true;
    }
    bool resumes = call->fn == SHIM_FN_JetStopServiceInstance2 &&
                   (bits_of(judge, call) & JET_bitStopServiceResume) != 0;
    if (look->rule == RPT_ALLOWED && !resumes) {
        report(judge, RPT_REFUSED_THOUGH_ALLOWED, "stop.allowed", call->fn, look->index,
               instance != NULL && instance->stopped != NEVER ? instance->stop_call : SIZE_MAX,
               "%s gave the stop's code although it stays allowed after a stop", look->name);
        return true;
    }
    return false;
}

/* The call was let in. */
static bool judge_admitted(struct judge *judge, const struct look *look)
{
    char text[CODE_TEXT];
    const struct shim_hist_call *call = look->call;
    if (look->rule != RPT_DENIED || look->instance == NULL) {
        return false;
    }
    if (after_full_stop(judge, look)) {
        report(judge, RPT_ADMITTED_THOUGH_DENIED, "stop.denied", call->fn,
               look->instance->stop_call, look->index,
               "%s gave %s although it was called after a stop had returned successfully",
               look->name, code_text(call->result, text));
        return true;
    }
    if (judge->profile == RPT_ESE && call->enter > look->instance->first_denied) {
        report(judge, RPT_ADMITTED_THOUGH_DENIED, "stop.one-moment", call->fn, look->index,
               SIZE_MAX,
               "%s gave %s although it was called after another call had already been denied",
               look->name, code_text(call->result, text));
        return true;
    }
    return false;
}

static bool wrong(struct judge *judge, const struct look *look, const char *clause,
                  const char *although)
{
    char text[CODE_TEXT];
    if (look->rule == RPT_DENIED && after_full_stop(judge, look)) {
        report(judge, RPT_WRONG_CODE, "stop.code", look->call->fn, look->instance->stop_call,
               look->index, "%s gave %s after a stop although %s; the stop's code was due",
               look->name, code_text(look->call->result, text), although);
    } else {
        report(judge, RPT_WRONG_CODE, clause, look->call->fn, look->index, SIZE_MAX,
               "%s gave %s although %s", look->name, code_text(look->call->result, text), although);
    }
    return true;
}

/* Codes that speak of a state which the instance is not in. */
static bool judge_state_code(struct judge *judge, const struct look *look)
{
    const struct shim_hist_call *call = look->call;
    const struct instance *instance = look->instance;
    uint64_t enter = call->enter, leave = call->leave;
    if (judge->truncated) {
        return false;
    }
    bool running = instance != NULL && instance->initialized < enter &&
                   !spans_overlap(&instance->terms, enter, leave) && instance->dead > leave;
    switch (call->result) {
    case JET_errTermInProgress:
        return !spans_overlap(&judge->terms, enter, leave) &&
               wrong(judge, look, "term.in-progress", "no term was under way");
    case JET_errNotInitialized:
        return running && wrong(judge, look, "instance.initialized", "the instance is initialised");
    case JET_errInitInProgress:
        return running && !spans_overlap(&judge->inits, enter, leave) &&
               wrong(judge, look, "instance.initialized", "the instance is initialised");
    case JET_errRestoreInProgress:
        return running && !spans_before(&judge->restores, leave) &&
               wrong(judge, look, "instance.initialized", "nobody restores anything");
    case JET_errInstanceUnavailable:
    case JET_errInstanceUnavailableDueToFatalLogDiskFull:
        return running && instance->fatal > leave &&
               wrong(judge, look, "instance.unavailable", "no fatal error was reported before");
    case JET_errInvalidInstance:
        return running && judge->layout[call->fn].in_instance >= 0 &&
               call->args[judge->layout[call->fn].in_instance] == instance->value &&
               wrong(judge, look, "handle.valid", "the instance exists");
    default:
        return false;
    }
}

/* A stop that succeeds on what is not a running instance. */
static bool judge_stop_target(struct judge *judge, const struct look *look)
{
    const struct shim_hist_call *call = look->call;
    if (call->result < 0 || judge->truncated) {
        return false;
    }
    bool by_handle = call->fn == SHIM_FN_JetStopServiceInstance ||
                     call->fn == SHIM_FN_JetStopServiceInstance2 ||
                     call->fn == SHIM_FN_JetStopBackupInstance;
    bool not_running = is_full_stop(judge, call) && look->instance != NULL &&
                       look->instance->init_enter > call->leave;
    if ((by_handle && look->meaning->stale) || not_running) {
        report(judge, RPT_WRONG_CODE, "stop.running-only", call->fn, look->index, SIZE_MAX,
               "%s succeeded on %s", look->name,
               not_running ? "an instance that was not initialised"
                           : "a handle that is no instance");
        return true;
    }
    return false;
}

/* Asks the contract once per function, code and set of states, then remembers. */
static bool documents(struct judge *judge, const struct shim_hist_call *call, unsigned states)
{
    uint64_t key =
        (uint64_t)(uint32_t)call->result << 32 | (uint64_t)(uint32_t)call->fn << 8 | states;
    int32_t answer = map_get(&judge->documented, key);
    for (int state = 0; answer < 0 && state < RPT_STATE_COUNT; state++) {
        if ((states >> state & 1) != 0 &&
            rpt_contract_documents(judge->profile, call->fn, (enum rpt_state)state, call->result)) {
            answer = 1;
        }
    }
    answer = answer < 0 ? 0 : answer;
    judge->no_memory |= map_set(&judge->documented, key, answer) != 0;
    return answer != 0;
}

/* A session that is none, or none any more, and yet serves. */
static bool judge_stale(struct judge *judge, const struct look *look)
{
    enum shim_handle handle = shim_function(look->call->fn)->handle;
    if (!look->meaning->stale || look->call->result < 0 || judge->truncated ||
        (handle != SHIM_HANDLE_SESSION && handle != SHIM_HANDLE_DATABASE &&
         handle != SHIM_HANDLE_CURSOR)) {
        return false;
    }
    report(judge, RPT_WRONG_CODE, "handle.ended", look->call->fn, look->index, SIZE_MAX,
           "%s succeeded with a handle that is no session, or none any more", look->name);
    return true;
}

static void judge_documented(struct judge *judge, const struct look *look)
{
    char text[CODE_TEXT];
    const struct shim_hist_call *call = look->call;
    const struct instance *instance = look->instance;
    uint64_t attempt = instance != NULL ? instance->attempt : judge->any_attempt;
    unsigned states = 1u << RPT_STATE_NONE;
    states |= (unsigned)(attempt < call->leave) << RPT_STATE_STOPPED;
    states |= (unsigned)spans_overlap(&judge->terms, call->enter, call->leave)
              << RPT_STATE_TERMINATING;
    states |= (unsigned)(instance == NULL) << RPT_STATE_TERMINATED;
    states |= (unsigned)(instance == NULL || instance->initialized > call->enter)
              << RPT_STATE_NOT_INITIALIZED;
    if (documents(judge, call, states)) {
        return;
    }
    report(judge, RPT_UNDOCUMENTED_CODE, "code.documented", call->fn, look->index, SIZE_MAX,
           "%s gave %s, which no page promises it", look->name, code_text(call->result, text));
}

static void judge_call(struct judge *judge, size_t index)
{
    struct look look = {
        .call = &judge->history->calls[index], .meaning = &judge->meanings[index], .index = index};
    look.instance = look.meaning->instance >= 0 ? &judge->instances[look.meaning->instance] : NULL;
    look.rule = rpt_contract_after_stop(judge->profile, look.call->fn);
    look.name = shim_function(look.call->fn)->name;
    JET_ERR result = look.call->result;
    if (is_unsupported(result)) {
        report(judge, RPT_UNSUPPORTED, "api.supported", look.call->fn, index, SIZE_MAX,
               "%s is not supported by this engine", look.name);
        return;
    }
    backup_judge(judge, index);
    bool found = look.meaning->reported;
    if (result == RPT_STOP_CODE) {
        found |= judge_denied(judge, &look);
    } else if (rpt_classify(look.call->fn, result) == RPT_ADMITTED) {
        found |= judge_admitted(judge, &look);
    }
    found = found || judge_state_code(judge, &look) || judge_stop_target(judge, &look) ||
            judge_stale(judge, &look);
    if (!found && result != JET_errSuccess) {
        judge_documented(judge, &look);
    }
}

void stop_judge(struct judge *judge)
{
    gather(judge);
    int32_t fallback = only_stopped(judge);
    for (size_t i = 0; i < judge->history->call_count && !judge->no_memory; i++) {
        count(judge, i, fallback);
        if (judge->history->calls[i].leave != 0) {
            judge_call(judge, i);
        }
    }
}
