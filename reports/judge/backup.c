/* reports/judge/backup.c - the stop of a backup.
 *
 * A backup that was begun, and then stopped by a call that began after its begin had returned,
 * refuses the calls that read it, until a call that begins or ends a backup is entered: from then
 * on nothing is promised. The abort code takes a stop of the backup, or a term that ends it; in the original a
 * stop that had returned before a backup began does not reach into it.
 *
 * What a backup is good for once restored: all that was durable before its log files were listed, or before
 * JetBackup was called.
 */
#include <string.h>

#include "reports/judge/internal.h"

static bool is_stop_backup(enum shim_fn fn)
{
    return fn == SHIM_FN_JetStopBackup || fn == SHIM_FN_JetStopBackupInstance;
}

static bool begins(enum shim_fn fn)
{
    return fn == SHIM_FN_JetBeginExternalBackup || fn == SHIM_FN_JetBeginExternalBackupInstance;
}

static bool changes(enum shim_fn fn)
{
    switch (fn) {
    case SHIM_FN_JetBeginExternalBackup:
    case SHIM_FN_JetBeginExternalBackupInstance:
    case SHIM_FN_JetEndExternalBackup:
    case SHIM_FN_JetEndExternalBackupInstance:
    case SHIM_FN_JetEndExternalBackupInstance2:
    case SHIM_FN_JetBackup:
    case SHIM_FN_JetBackupInstance:
    case SHIM_FN_JetBeginSurrogateBackup:
    case SHIM_FN_JetEndSurrogateBackup:
    case SHIM_FN_JetOSSnapshotFreeze:
    case SHIM_FN_JetOSSnapshotThaw:
    case SHIM_FN_JetOSSnapshotAbort:
    case SHIM_FN_JetOSSnapshotEnd:
        return true;
    default:
        return is_term(fn);
    }
}

void backup_enter(struct judge *judge, size_t index)
{
    const struct shim_hist_call *call = &judge->history->calls[index];
    struct meaning *meaning = &judge->meanings[index];
    if (shim_function(call->fn)->handle == SHIM_HANDLE_SNAPSHOT) {
        for (size_t i = 0; changes(call->fn) && i < judge->instance_count; i++) {
            judge->instances[i].backup_changes++;
            judge->instances[i].backup_armed = false;
        }
        return;
    }
    if (meaning->instance < 0) {
        return;
    }
    struct instance *instance = &judge->instances[meaning->instance];
    if (changes(call->fn)) {
        instance->backup_changes++;
        instance->backup_armed = false;
        instance->backup_began = NEVER;
    }
    meaning->backup_armed = instance->backup_armed;
    meaning->backup_changes = instance->backup_changes;
    instance->backup_stops += is_stop_backup(call->fn);
    bool aborts =
        is_term(call->fn) || (is_stop_backup(call->fn) && (call->leave == 0 || call->result >= 0));
    if (aborts && call->enter < instance->backup_attempt) {
        instance->backup_attempt = call->enter;
    }
}

/* A call that is a whole backup. */
static bool is_whole(enum shim_fn fn)
{
    return fn == SHIM_FN_JetBackup || fn == SHIM_FN_JetBackupInstance;
}

/* Whether a call inside a backup that nobody stopped was told that it is. */
static bool reached_into(const struct instance *instance, const struct shim_hist_call *call,
                         const struct meaning *meaning)
{
    if (call->result != JET_errBackupAbortByServer || instance->backup_stops != 0 ||
        instance->backup_changes != meaning->backup_changes) {
        return false;
    }
    return is_whole(call->fn)
               ? instance->backup_stopped < call->enter
               : instance->backup_began < call->enter &&
                     instance->backup_stopped < instance->backup_begin;
}

void backup_leave(struct judge *judge, size_t index)
{
    const struct shim_hist_call *call = &judge->history->calls[index];
    const struct meaning *meaning = &judge->meanings[index];
    if (meaning->instance < 0) {
        return;
    }
    struct instance *instance = &judge->instances[meaning->instance];
    if (is_stop_backup(call->fn)) {
        instance->backup_stops--;
        if (call->result >= 0) {
            instance->backup_stopped = call->leave;
        } else if (instance->failed_backup_stop == NEVER) {
            instance->failed_backup_stop = call->enter;
            instance->failed_backup_stop_call = index;
        }
    }
    if (judge->profile == RPT_ESE && !judge->truncated && reached_into(instance, call, meaning)) {
        judge->meanings[index].reported = true;
        report(judge, RPT_REFUSED_THOUGH_ALLOWED, "backup.not-before", call->fn, index, SIZE_MAX,
               "%s gave JET_errBackupAbortByServer in a backup that nothing had stopped: the last stop had returned "
               "before it began", shim_function(call->fn)->name);
    }
    if (call->result < 0) {
        return;
    }
    if (instance->backup_changes != meaning->backup_changes) {
        return;
    }
    if (begins(call->fn)) {
        instance->backup_began = call->leave;
        instance->backup_begin = call->enter;
    } else if (is_stop_backup(call->fn) && instance->backup_began < call->enter) {
        instance->backup_armed = true;
        instance->backup_stop_call = index;
    } else if (meaning->backup_armed &&
               rpt_contract_after_stop_backup(judge->profile, call->fn) == RPT_DENIED) {
        judge->meanings[index].reported = true;
        report(judge, RPT_ADMITTED_THOUGH_DENIED, "backup.denied", call->fn,
               instance->backup_stop_call, index,
               "%s was let in although the backup had been stopped before it was called",
               shim_function(call->fn)->name);
    }
}

void backup_judge(struct judge *judge, size_t index)
{
    const struct shim_hist_call *call = &judge->history->calls[index];
    int32_t at = judge->meanings[index].instance;
    if (call->result != JET_errBackupAbortByServer || judge->truncated || at < 0) {
        return;
    }
    const struct instance *instance = &judge->instances[at];
    bool allowed = !is_whole(call->fn) && /* which a stop meets while it is under way */
                   rpt_contract_after_stop_backup(judge->profile, call->fn) == RPT_ALLOWED;
    if (instance->backup_attempt > call->leave && instance->failed_backup_stop < call->leave) {
        judge->meanings[index].reported = true;
        report(judge, RPT_CHANGED_AFTER_FAILURE, "backup.failed-changes-nothing", call->fn, index,
               instance->failed_backup_stop_call,
               "%s gave JET_errBackupAbortByServer although the only stop of a backup before it had failed",
               shim_function(call->fn)->name);
    } else if (instance->backup_attempt > call->leave || allowed) {
        judge->meanings[index].reported = true;
        report(judge, RPT_REFUSED_THOUGH_ALLOWED, "backup.not-before", call->fn, index, SIZE_MAX,
               allowed
                   ? "%s gave JET_errBackupAbortByServer, which a stopped backup does not do to it"
                   : "%s gave JET_errBackupAbortByServer before anything had stopped a backup",
               shim_function(call->fn)->name);
    }
}

/* ---- what it is worth ---- */

static bool lists_logs(enum shim_fn fn)
{
    return fn == SHIM_FN_JetGetLogInfo || fn == SHIM_FN_JetGetLogInfoInstance ||
           fn == SHIM_FN_JetGetLogInfoInstance2;
}

uint64_t backup_reaches(const struct judge *judge, const char *folder)
{
    const struct shim_history *history = judge->history;
    uint64_t reaches = 0;
    for (size_t e = 0; folder != NULL && e < history->event_count; e++) {
        const struct shim_hist_event *event = &history->events[e];
        if (event->kind != SHIM_EVENT_COPIED || event->name == NULL ||
            strcmp(event->name, folder) != 0 || event->value[0] == 0) {
            continue;
        }
        for (size_t i = 0; i < history->call_count && history->calls[i].enter < event->stamp; i++) {
            const struct shim_hist_call *call = &history->calls[i];
            bool makes = event->value[0] == 1 ? lists_logs(call->fn) : is_whole(call->fn);
            if (makes && call->actor == event->actor && call->leave != 0 && call->result >= 0) {
                reaches = call->enter;
            }
        }
    }
    return reaches;
}
