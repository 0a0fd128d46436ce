/* fuzz/history_from_bytes.c - see the header. */
#include "fuzz/history_from_bytes.h"

#define ACTORS 8
#define MOST_CALLS 4000

struct reader {
    const uint8_t *at, *end;
};

static uint8_t take(struct reader *r)
{
    return r->at < r->end ? *r->at++ : 0;
}

/* Results that the judge has an opinion on. */
static const JET_ERR results[] = {
    JET_errSuccess,
    JET_errSuccess,
    JET_errSuccess,
    JET_errClientRequestToStopJetService,
    JET_errNotInTransaction,
    JET_errTermInProgress,
    JET_errNotInitialized,
    JET_errInvalidParameter,
    JET_errInvalidSesid,
    JET_errInvalidTableId,
    JET_errInvalidDatabaseId,
    JET_errInvalidInstance,
    JET_errSessionSharingViolation,
    JET_errSessionContextAlreadySet,
    JET_errSessionContextNotSetByThisThread,
    JET_errTransTooDeep,
    JET_errWriteConflict,
    JET_errInstanceUnavailable,
    JET_errBackupAbortByServer,
    JET_errNoBackup,
    JET_errTooManyActiveUsers,
    JET_errDirtyShutdown,
    JET_errFeatureNotAvailable,
    JET_errRecordNotFound,
    JET_errLogWriteFail,
    JET_wrnDatabaseAttached,
};

static const enum shim_fn common[] = {
    SHIM_FN_JetCreateInstance,      SHIM_FN_JetInit,
    SHIM_FN_JetBeginSession,        SHIM_FN_JetBeginTransaction,
    SHIM_FN_JetCommitTransaction,   SHIM_FN_JetRollback,
    SHIM_FN_JetStopServiceInstance, SHIM_FN_JetStopServiceInstance2,
    SHIM_FN_JetEndSession,          SHIM_FN_JetTerm,
    SHIM_FN_JetTerm2,               SHIM_FN_JetOpenDatabase,
    SHIM_FN_JetOpenTable,           SHIM_FN_JetCloseTable,
    SHIM_FN_JetCloseDatabase,       SHIM_FN_JetUpdate,
    SHIM_FN_JetSetSessionContext,   SHIM_FN_JetResetSessionContext,
    SHIM_FN_JetStopBackupInstance,  SHIM_FN_JetBeginExternalBackupInstance,
    SHIM_FN_JetSetSystemParameter,  SHIM_FN_JetDelete,
};

static bool is_out(enum shim_role role)
{
    switch (role) {
    case SHIM_ROLE_OUT_INSTANCE:
    case SHIM_ROLE_INOUT_INSTANCE:
    case SHIM_ROLE_OUT_SESID:
    case SHIM_ROLE_OUT_DBID:
    case SHIM_ROLE_OUT_TABLEID:
    case SHIM_ROLE_OUT_COLUMNID:
    case SHIM_ROLE_OUT_SNAPID:
    case SHIM_ROLE_OUT_INT:
    case SHIM_ROLE_INOUT_API_PTR:
        return true;
    default:
        return false;
    }
}

static void enter(struct reader *r, struct shim_hist_call *call, uint32_t actor, uint64_t stamp)
{
    uint8_t which = take(r);
    call->fn = which < 192 ? common[which % (sizeof common / sizeof common[0])]
                           : (enum shim_fn)((which - 192 + take(r)) % SHIM_FN_COUNT);
    call->variant = shim_function_default_variant(call->fn);
    call->actor = actor;
    call->enter = stamp;
    const struct shim_function *function = shim_function(call->fn);
    for (int i = 0; i < function->param_count; i++) {
        bool out = is_out(function->params[i].role);
        call->args[i] = out ? 0x1000 : take(r) % 4;
        if (function->params[i].role == SHIM_ROLE_IN_GRBIT && call->args[i] == 3)
            call->args[i] = JET_bitStopServiceResume | (take(r) & 6u);
        if (out) {
            call->outs[i] = 1 + take(r) % 3;
            call->outs_valid |= 1u << i;
        }
    }
}

/* Names that events carry, by kind. */
static const char *event_name(enum shim_event_kind kind, uint8_t choice)
{
    static const char *const phases[] = {"setup", "race",    "cleanup", "term",
                                         "restart", "verify", "end",     "nonsense"};
    static const char *const tables[] = {"rows", "others"};
    switch (kind) {
    case SHIM_EVENT_PHASE:
        return phases[choice % 8];
    case SHIM_EVENT_WRITE:
    case SHIM_EVENT_ROWS:
    case SHIM_EVENT_ROW:
    case SHIM_EVENT_ROWS_END:
    case SHIM_EVENT_PRELOAD:
        return tables[choice % 2];
    default:
        return choice % 4 ? "name" : NULL;
    }
}

static void event(struct reader *r, struct shim_history *history, uint64_t stamp)
{
    enum shim_event_kind kind = (enum shim_event_kind)(take(r) % SHIM_EVENT_COUNT);
    uint8_t choice = take(r);
    struct shim_hist_event *e = shim_history_add_event(history, kind, event_name(kind, choice),
                                                       choice % 3 ? "text" : NULL);
    if (!e)
        return;
    e->stamp = stamp;
    e->actor = choice % ACTORS;
    for (int i = 0; i < 4; i++)
        e->value[i] = take(r) % 5;
}

void fuzz_history_from_bytes(struct shim_history *history, const uint8_t *bytes, size_t size)
{
    struct reader r = {bytes, bytes + size};
    size_t open[ACTORS] = {0}; /* index of the actor's call in flight, plus one */
    uint64_t stamp = 0;
    history->header.version = SHIM_HISTORY_VERSION;
    shim_history_set(&history->header.profile, "documented");
    while (r.at < r.end && history->call_count < MOST_CALLS) {
        uint8_t byte = take(&r);
        uint32_t actor = byte % ACTORS;
        stamp++;
        if (byte >= 0xd0) {
            event(&r, history, stamp);
        } else if (open[actor]) {
            struct shim_hist_call *call = &history->calls[open[actor] - 1];
            call->leave = stamp;
            call->result = byte < 0x80 ? JET_errSuccess
                                       : results[take(&r) % (sizeof results / sizeof results[0])];
            open[actor] = 0;
        } else {
            struct shim_hist_call *call = shim_history_add_call(history);
            if (!call)
                break;
            enter(&r, call, actor, stamp);
            open[actor] = history->call_count;
        }
    }
    shim_history_sort(history);
}
