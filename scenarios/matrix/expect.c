/* scenarios/matrix/expect.c - what a cell must show, and what it shows.
 *
 * Expectations come from the contract's tables. A page that is silent leaves a cell open: then
 * success, the stop's code and every documented code conform.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/contract/contract.h"
#include "scenarios/fixture/fixture.h"
#include "scenarios/matrix/matrix.h"
#include "shims/call/call.h"

/* ---- from the history ---- */

static bool is_actor(const struct shim_history *history, uint32_t actor, const char *name)
{
    for (size_t i = 0; i < history->event_count; i++) {
        const struct shim_hist_event *event = &history->events[i];
        if (event->kind == SHIM_EVENT_ACTOR && event->actor == actor) {
            return event->name != NULL && strcmp(event->name, name) == 0;
        }
    }
    return false;
}

static const struct shim_hist_call *last_call(const struct shim_history *history,
                                              const char *actor, enum shim_fn fn, uint64_t before)
{
    const struct shim_hist_call *found = NULL;
    for (size_t i = 0; i < history->call_count; i++) {
        const struct shim_hist_call *call = &history->calls[i];
        if (call->fn == fn && call->enter < before && call->actor != 0 &&
            is_actor(history, call->actor, actor)) {
            found = call;
        }
    }
    return found;
}

/* Stamp of the caller's clean-up; UINT64_MAX if it never came to that. */
static uint64_t end_of_steps(const struct shim_history *history)
{
    for (size_t i = 0; i < history->event_count; i++) {
        const struct shim_hist_event *event = &history->events[i];
        if (event->kind == SHIM_EVENT_PHASE && event->name != NULL && event->actor != 0 &&
            strcmp(event->name, "cleanup") == 0 &&
            is_actor(history, event->actor, SCN_MATRIX_CALLER)) {
            return event->stamp;
        }
    }
    return UINT64_MAX;
}

/* Whether the call lay inside a JetTerm that was waiting for the long call. */
static bool was_terminating(const struct shim_history *history, const struct shim_hist_call *call)
{
    const struct shim_hist_call *count =
        last_call(history, SCN_MATRIX_LONG, SHIM_FN_JetIndexRecordCount, UINT64_MAX);
    const struct shim_hist_call *term =
        last_call(history, "terminator", SHIM_FN_JetTerm, UINT64_MAX);
    return count != NULL && term != NULL && term->enter < call->enter &&
           term->enter < count->leave && call->enter < count->leave;
}

/* Whether every stop before the call did what the state says. */
static bool stops_worked(const struct shim_history *history, const struct shim_hist_call *call,
                         enum scn_matrix_state state)
{
    for (size_t i = 0; i < history->call_count; i++) {
        const struct shim_hist_call *stop = &history->calls[i];
        bool is_stop = stop->fn == SHIM_FN_JetStopService ||
                       stop->fn == SHIM_FN_JetStopServiceInstance ||
                       stop->fn == SHIM_FN_JetStopServiceInstance2;
        if (stop == call || !is_stop || stop->enter > call->enter || stop->actor != call->actor) {
            continue;
        }
        bool resume = stop->fn == SHIM_FN_JetStopServiceInstance2 &&
                      ((uint32_t)stop->args[1] & (uint32_t)JET_bitStopServiceResume) != 0;
        bool after_all = state >= SCN_STATE_ALL_RESUMED_TASKS && state <= SCN_STATE_ALL_RESUMED;
        if (stop->result < 0 && !(resume && after_all)) {
            return false; /* what a resume of a full stop returns is left open */
        }
    }
    return true;
}

/* Whether the call began soon after a freeze, before it was thawed or could have timed out. */
static bool was_frozen(const struct shim_history *history, const struct shim_hist_call *call)
{
    const struct shim_hist_call *freeze =
        last_call(history, SCN_MATRIX_CALLER, SHIM_FN_JetOSSnapshotFreeze, call->enter);
    const uint64_t half_ns = (uint64_t)SCN_MATRIX_FREEZE_MS * 1000000 / 2;
    return freeze != NULL && freeze->leave != 0 && freeze->result >= 0 &&
           call->enter_ns < freeze->leave_ns + half_ns;
}

static bool was_terminated(const struct shim_history *history, const struct shim_hist_call *call)
{
    const struct shim_hist_call *term =
        last_call(history, SCN_MATRIX_CALLER, SHIM_FN_JetTerm, call->enter);
    return term != NULL && term->leave != 0 && term->result >= 0;
}

/* Whether the backups before the call were begun, stopped and ended as the state says. */
static bool backups_worked(const struct shim_history *history, const struct shim_hist_call *call)
{
    for (size_t i = 0; i < history->call_count; i++) {
        const struct shim_hist_call *other = &history->calls[i];
        bool counts = other->fn == SHIM_FN_JetBeginExternalBackup ||
                      other->fn == SHIM_FN_JetBeginExternalBackupInstance ||
                      other->fn == SHIM_FN_JetStopBackup ||
                      other->fn == SHIM_FN_JetStopBackupInstance ||
                      other->fn == SHIM_FN_JetEndExternalBackup ||
                      other->fn == SHIM_FN_JetEndExternalBackupInstance;
        if (counts && other != call && other->actor == call->actor && other->enter < call->enter &&
            other->result < 0) {
            return false;
        }
    }
    return true;
}

void scn_cell_observe(struct scn_cell *cell, const struct shim_history *history)
{
    const struct shim_hist_call *call =
        last_call(history, SCN_MATRIX_CALLER, cell->fn, end_of_steps(history));
    cell->done = call != NULL && call->leave != 0;
    if (!cell->done) {
        for (size_t i = 0; i < history->event_count; i++) {
            const struct shim_hist_event *event = &history->events[i];
            if (event->kind == SHIM_EVENT_NOTE && event->name != NULL && event->text != NULL &&
                strcmp(event->name, "missing") == 0 &&
                strcmp(event->text, shim_function(cell->fn)->name) == 0) {
                cell->done = cell->reached = true;
                cell->observed = SHIM_ERR_MISSING;
            }
        }
        return;
    }
    cell->observed = call->result;
    cell->failed_before = SHIM_FN_NONE;
    for (size_t i = 0; i < history->call_count && history->calls[i].enter < call->enter; i++) {
        if (history->calls[i].actor == call->actor && history->calls[i].result < 0) {
            cell->failed_before = history->calls[i].fn;
        }
    }
    cell->reached = cell->state == SCN_STATE_TERMINATING  ? was_terminating(history, call)
                    : cell->state == SCN_STATE_TERMINATED ? was_terminated(history, call)
                    : cell->state == SCN_STATE_FROZEN     ? was_frozen(history, call)
                    : scn_state_of_backup(cell->state)    ? backups_worked(history, call)
                                                          : stops_worked(history, call, cell->state);
}

/* ---- against the contract ---- */

__attribute__((format(printf, 3, 4))) static void verdict(struct scn_cell *cell,
                                                          enum rpt_verdict verdict,
                                                          const char *format, ...)
{
    va_list arguments;
    char text[512];
    cell->verdict = verdict;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    free(cell->text);
    cell->text = text[0] != '\0' ? strdup(text) : NULL;
}

static void conforms(struct scn_cell *cell)
{
    free(cell->text);
    cell->text = NULL;
    cell->verdict = RPT_CONFORMS;
}

static const char *name_of(JET_ERR code)
{
    const char *name = shim_error_name(code);
    return name != NULL ? name : "no code of esent.h";
}

static void expected(struct scn_cell *cell, const char *text)
{
    snprintf(cell->expected, sizeof cell->expected, "%s", text);
}

static bool is_missing(JET_ERR code)
{
    return code == JET_errFeatureNotAvailable || code == SHIM_ERR_MISSING || code == SHIM_ERR_STUB;
}

static enum rpt_state contract_state(enum scn_matrix_state state)
{
    if (state == SCN_STATE_TERMINATING) {
        return RPT_STATE_TERMINATING;
    }
    if (state == SCN_STATE_TERMINATED) {
        return RPT_STATE_TERMINATED;
    }
    bool stopped = state == SCN_STATE_STOPPED || state == SCN_STATE_STOPPED_ALL ||
                   (state >= SCN_STATE_ALL_RESUMED_TASKS && state <= SCN_STATE_ALL_RESUMED);
    return stopped ? RPT_STATE_STOPPED : RPT_STATE_NONE;
}

static void control_cell(struct scn_cell *cell, enum rpt_profile profile)
{
    const struct scn_fixture *fixture = scn_fixture(cell->fn);
    const char *name = shim_function(cell->fn)->name;
    expected(cell, fixture->no_success != NULL ? "documented code" : "success");
    if (is_missing(cell->observed)) {
        verdict(cell, RPT_UNSUPPORTED, "the engine does not have %s", name);
    } else if (cell->observed >= 0) {
        conforms(cell);
    } else if (cell->observed == RPT_STOP_CODE) {
        verdict(cell, RPT_REFUSED_THOUGH_ALLOWED, "%s was refused before any stop", name);
    } else if (fixture->no_success == NULL) {
        verdict(cell, RPT_NOT_EXERCISED, "%s gave %d %s%s%s", name, (int)cell->observed,
                name_of(cell->observed),
                cell->failed_before != SHIM_FN_NONE ? "; before it failed " : "",
                cell->failed_before != SHIM_FN_NONE ? shim_function(cell->failed_before)->name
                                                    : " although it had all it needs");
    } else if (rpt_contract_documents(profile, cell->fn, RPT_STATE_NONE, cell->observed)) {
        conforms(cell);
    } else {
        verdict(cell, RPT_UNDOCUMENTED_CODE, "%s gave %d %s, which no page lists", name,
                (int)cell->observed, name_of(cell->observed));
    }
}

/* The call does what its control call did. */
static bool as_control(const struct scn_cell *cell, const struct scn_cell *control)
{
    return (cell->observed >= 0 && control->observed >= 0) || cell->observed == control->observed;
}

static void stopped_cell(struct scn_cell *cell, const struct scn_cell *control,
                         enum rpt_profile profile)
{
    const char *name = shim_function(cell->fn)->name;
    enum rpt_rule rule = rpt_contract_after_stop(profile, cell->fn);
    bool documented =
        rpt_contract_documents(profile, cell->fn, RPT_STATE_STOPPED, cell->observed);
    if (rule == RPT_DENIED) {
        expected(cell, "JET_errClientRequestToStopJetService");
        /* Where the control call had arguments that no page promises success for, their error may
         * come before the gate. */
        if (cell->observed == RPT_STOP_CODE ||
            (control->observed < 0 && cell->observed == control->observed)) {
            conforms(cell);
        } else if (cell->observed >= 0) {
            verdict(cell, RPT_ADMITTED_THOUGH_DENIED, "%s did its work after the stop", name);
        } else {
            verdict(cell, RPT_WRONG_CODE, "after the stop %s gave %d %s", name,
                    (int)cell->observed, name_of(cell->observed));
        }
    } else if (rule == RPT_ALLOWED) {
        expected(cell, control->observed >= 0 ? "success" : "as without a stop");
        if (as_control(cell, control)) {
            conforms(cell);
        } else if (cell->observed == RPT_STOP_CODE) {
            verdict(cell, RPT_REFUSED_THOUGH_ALLOWED, "%s was refused after the stop", name);
        } else if (documented) {
            conforms(cell);
        } else {
            verdict(cell, RPT_UNDOCUMENTED_CODE, "after the stop %s gave %d %s", name,
                    (int)cell->observed, name_of(cell->observed));
        }
    } else {
        expected(cell, "open");
        if (cell->observed >= 0 || cell->observed == RPT_STOP_CODE || documented ||
            as_control(cell, control)) {
            conforms(cell);
        } else {
            verdict(cell, RPT_UNDOCUMENTED_CODE, "after the stop %s gave %d %s", name,
                    (int)cell->observed, name_of(cell->observed));
        }
    }
}

/* Parts of the service are suspended, or were: nothing is denied. */
static void running_cell(struct scn_cell *cell, const struct scn_cell *control,
                         enum rpt_profile profile)
{
    const char *name = shim_function(cell->fn)->name;
    unsigned needs = scn_fixture(cell->fn)->needs;
    /* Their control call had a process or an instance that was not running yet. */
    bool initialised = needs == 0 || (needs & SCN_NEED_CREATED) != 0 ||
                       rpt_contract_gate(cell->fn) == RPT_GATE_LEGACY_INIT;
    expected(cell, initialised              ? "documented code"
                   : control->observed >= 0 ? "success"
                                            : "as without a stop");
    if (as_control(cell, control) ||
        (initialised && cell->observed != RPT_STOP_CODE &&
         rpt_contract_documents(profile, cell->fn, RPT_STATE_NONE, cell->observed))) {
        conforms(cell);
    } else if (cell->observed == RPT_STOP_CODE) {
        verdict(cell, RPT_REFUSED_THOUGH_ALLOWED, "%s was refused though nothing denies it", name);
    } else {
        verdict(cell, RPT_WRONG_CODE, "%s gave %d %s; without the stop it gave %d", name,
                (int)cell->observed, name_of(cell->observed), (int)control->observed);
    }
}

/* What writes waits for the thaw, and then does its work; what a snapshot excludes has a code for that. */
static void frozen_cell(struct scn_cell *cell, const struct scn_cell *control,
                        enum rpt_profile profile)
{
    const char *name = shim_function(cell->fn)->name;
    expected(cell, control->observed >= 0 ? "success or documented code" : "as without a freeze");
    if (as_control(cell, control) || (cell->observed != RPT_STOP_CODE &&
        rpt_contract_documents(profile, cell->fn, RPT_STATE_NONE, cell->observed))) {
        conforms(cell);
    } else if (cell->observed == RPT_STOP_CODE) {
        verdict(cell, RPT_REFUSED_THOUGH_ALLOWED, "%s was refused though nothing was stopped", name);
    } else {
        verdict(cell, RPT_UNDOCUMENTED_CODE, "in a freeze %s gave %d %s", name, (int)cell->observed,
                name_of(cell->observed));
    }
}

static bool is_gated_by_session(enum rpt_gate gate)
{
    return gate == RPT_GATE_SESID || gate == RPT_GATE_SESID_DBID ||
           gate == RPT_GATE_SESID_IGNORE || gate == RPT_GATE_SESID_DBID_IGNORE;
}

static void terminating_cell(struct scn_cell *cell, const struct scn_cell *control,
                             enum rpt_profile profile)
{
    const char *name = shim_function(cell->fn)->name;
    bool must = profile == RPT_ESE && is_gated_by_session(rpt_contract_gate(cell->fn));
    expected(cell, must ? "JET_errTermInProgress" : "open");
    if (cell->observed == JET_errTermInProgress) {
        conforms(cell);
    } else if (must) {
        verdict(cell, RPT_WRONG_CODE, "while JetTerm waited %s gave %d %s", name,
                (int)cell->observed, name_of(cell->observed));
    } else if (cell->observed >= 0 || as_control(cell, control) ||
               rpt_contract_documents(profile, cell->fn, RPT_STATE_TERMINATING, cell->observed)) {
        conforms(cell);
    } else {
        verdict(cell, RPT_UNDOCUMENTED_CODE, "while JetTerm waited %s gave %d %s", name,
                (int)cell->observed, name_of(cell->observed));
    }
}

/* Functions for which the nil instance means something: the settings of the process, or a new
 * instance (which the page of JetInit neither promises nor excludes). */
static bool takes_nil(enum shim_fn fn)
{
    return fn == SHIM_FN_JetSetSystemParameter || fn == SHIM_FN_JetGetSystemParameter ||
           fn == SHIM_FN_JetInit || fn == SHIM_FN_JetInit2 || fn == SHIM_FN_JetInit3;
}

/* Who is told, in the original, that a backup is in progress. */
static bool wants_no_backup(enum shim_fn fn)
{
    switch (fn) {
    case SHIM_FN_JetBackup:
    case SHIM_FN_JetBackupInstance:
    case SHIM_FN_JetBeginExternalBackup:
    case SHIM_FN_JetBeginExternalBackupInstance:
    case SHIM_FN_JetAttachDatabase:
    case SHIM_FN_JetAttachDatabase2:
    case SHIM_FN_JetDetachDatabase:
    case SHIM_FN_JetDetachDatabase2:
    case SHIM_FN_JetTerm2: /* with JET_bitTermComplete */
        return true;
    default:
        return false;
    }
}

/* A backup is under way, stopped or not, or one is that follows a stopped one. What the stop of a backup means for the
 * next one, and a backup for those that are not about backups, the pages leave open. */
static void backup_cell(struct scn_cell *cell, const struct scn_cell *control,
                        enum rpt_profile profile)
{
    const char *name = shim_function(cell->fn)->name;
    bool stopped = cell->state == SCN_STATE_BACKUP_STOPPED;
    enum rpt_rule rule = stopped ? rpt_contract_after_stop_backup(profile, cell->fn) : RPT_OPEN;
    JET_ERR wanted = rule == RPT_DENIED ? JET_errBackupAbortByServer : JET_errSuccess;
    bool open = profile == RPT_DOCUMENTED && rule == RPT_OPEN;
    if (cell->state != SCN_STATE_BACKUP_NEXT && wants_no_backup(cell->fn)) {
        wanted = JET_errBackupInProgress;
    }
    expected(cell, open                               ? "open"
                   : wanted == JET_errSuccess         ? "as without a stop"
                   : wanted == JET_errBackupInProgress ? "JET_errBackupInProgress"
                                                      : "JET_errBackupAbortByServer");
    if (wanted != JET_errSuccess ? cell->observed == wanted : as_control(cell, control)) {
        conforms(cell);
    } else if (open && (cell->observed >= 0 || cell->observed == JET_errBackupAbortByServer ||
                        rpt_contract_documents(profile, cell->fn, RPT_STATE_NONE, cell->observed))) {
        conforms(cell);
    } else if (rule == RPT_DENIED && cell->observed >= 0) {
        verdict(cell, RPT_ADMITTED_THOUGH_DENIED, "%s did its work in a backup that was stopped", name);
    } else if (cell->observed == JET_errBackupAbortByServer) {
        verdict(cell, RPT_REFUSED_THOUGH_ALLOWED, "%s gave JET_errBackupAbortByServer", name);
    } else {
        verdict(cell, RPT_WRONG_CODE, "with this backup %s gave %d %s; without it gave %d", name,
                (int)cell->observed, name_of(cell->observed), (int)control->observed);
    }
}

/* The errors that name a bad handle of any kind. */
static bool is_handle_error(JET_ERR code)
{
    return code == JET_errInvalidInstance || code == JET_errInvalidParameter ||
           code == JET_errInvalidSesid || code == JET_errInvalidDatabaseId ||
           code == JET_errInvalidTableId || code == JET_errSesidTableIdMismatch ||
           code == JET_errOSSnapshotInvalidSnapId || code == JET_errNotInitialized;
}

static void dead_cell(struct scn_cell *cell, enum rpt_profile profile)
{
    const char *name = shim_function(cell->fn)->name;
    bool bound = shim_function(cell->fn)->handle != SHIM_HANDLE_NONE &&
                 shim_function(cell->fn)->handle != SHIM_HANDLE_SNAPSHOT;
    bool may_succeed = !bound || (cell->state == SCN_STATE_NIL && takes_nil(cell->fn));
    if (shim_function(cell->fn)->handle == SHIM_HANDLE_SNAPSHOT) {
        may_succeed = cell->state == SCN_STATE_TERMINATED;
    }
    /* One-instance mode ends with its instance: JetInit and the parameters begin anew. */
    may_succeed = may_succeed || (cell->state == SCN_STATE_TERMINATED &&
                                  shim_function(cell->fn)->handle == SHIM_HANDLE_LEGACY);
    expected(cell, may_succeed ? "open" : "error of the handle");
    if (cell->observed >= 0) {
        if (may_succeed) {
            conforms(cell);
        } else {
            verdict(cell, RPT_WRONG_CODE, "%s succeeded with a handle that is none", name);
        }
    } else if (cell->observed == RPT_STOP_CODE) {
        verdict(cell, RPT_REFUSED_THOUGH_ALLOWED, "%s gave the stop's code without a stop", name);
    } else if (is_handle_error(cell->observed) ||
               rpt_contract_documents(profile, cell->fn, contract_state(cell->state),
                                      cell->observed)) {
        conforms(cell);
    } else {
        verdict(cell, RPT_UNDOCUMENTED_CODE, "%s gave %d %s", name, (int)cell->observed,
                name_of(cell->observed));
    }
}

void scn_cell_expect(struct scn_cell *cell, const struct scn_cell *control,
                     enum rpt_profile profile)
{
    if (cell->done && cell->state == SCN_STATE_NONE) {
        control_cell(cell, profile);
        return;
    }
    if (!cell->done || !cell->reached) {
        expected(cell, "-");
        verdict(cell, RPT_NOT_EXERCISED, "%s",
                !cell->done ? "the call was not reached" : "the state was not reached");
        return;
    }
    if (is_missing(cell->observed) && control != NULL && !is_missing(control->observed)) {
        verdict(cell, RPT_WRONG_CODE, "%s says that it is not available; without a stop it is",
                shim_function(cell->fn)->name);
        return;
    }
    switch (cell->state) {
    case SCN_STATE_TASKS:
    case SCN_STATE_CACHES:
    case SCN_STATE_BOTH:
    case SCN_STATE_TASKS_RESUMED:
    case SCN_STATE_CACHES_RESUMED:
    case SCN_STATE_BOTH_RESUMED:
    case SCN_STATE_BOTH_RESUMED_ALL:
        running_cell(cell, control, profile);
        break;
    case SCN_STATE_FROZEN:
        frozen_cell(cell, control, profile);
        break;
    case SCN_STATE_BACKUP:
    case SCN_STATE_BACKUP_STOPPED:
    case SCN_STATE_BACKUP_NEXT:
        backup_cell(cell, control, profile);
        break;
    case SCN_STATE_TERMINATING:
        terminating_cell(cell, control, profile);
        break;
    case SCN_STATE_TERMINATED:
    case SCN_STATE_STALE:
    case SCN_STATE_NIL:
    case SCN_STATE_GARBAGE:
        dead_cell(cell, profile);
        break;
    default:
        stopped_cell(cell, control, profile);
        break;
    }
}
