#include "engine/api/gate.h"

#include "engine/api/temporary.h"

#include "engine/instance/handle.h"

static const struct ese_gate_row rows[ESE_FN_COUNT] = {
#define ESE_GATE(function, gate, mode) {#function, ESE_GATE_##gate, ESE_GATE_##mode},
#include "engine/api/gate_table.def"
#undef ESE_GATE
};

const struct ese_gate_row *ese_gate_row(enum ese_function function)
{
    return &rows[function];
}

static bool is_nil(uint64_t handle)
{
    return handle == 0 || handle == ~(uint64_t)0;
}

static bool ignores_stop(enum ese_function function)
{
    return rows[function].gate == ESE_GATE_SESSION_ALWAYS ||
           rows[function].gate == ESE_GATE_DATABASE_ALWAYS;
}

/* Every instance of the process is on its way down. */
static inline JET_ERR check_process(void)
{
    uint64_t counts = atomic_load(&ese_process.counts);
    if (ese_counts_terms(counts) < ese_counts_instances(counts)) {
        return JET_errSuccess;
    }
    return ese_counts_instances(counts) == 0 ? JET_errNotInitialized : JET_errTermInProgress;
}

static inline JET_ERR check_service(struct ese_instance *instance, bool always)
{
    if (!always && atomic_load(&instance->stopped)) {
        return JET_errClientRequestToStopJetService;
    }
    return atomic_load(&instance->unavailable) == 0 ? JET_errSuccess
                                                    : ese_instance_availability(instance);
}

/* Finds the session and takes a reference on it. */
static JET_ERR acquire(struct ese_call *call, JET_SESID sesid)
{
    *call = (struct ese_call){0};
    call->session = ese_handle_acquire(ESE_HANDLE_SESSION, sesid);
    if (call->session == NULL) {
        return JET_errInvalidSesid;
    }
    call->refers_session = true;
    call->instance = call->session->instance;
    return JET_errSuccess;
}

/* The cursor, when it is one of the session's. Nobody else closes those as long as the call has hold
 * of the session. */
static inline JET_ERR find_cursor(struct ese_call *call, JET_SESID sesid, JET_TABLEID tableid)
{
    uint64_t owner;
    call->cursor_ref = ese_handle_peek(ESE_HANDLE_CURSOR, tableid, &owner);
    if (call->cursor_ref == NULL) {
        return JET_errInvalidTableId;
    }
    return owner == sesid ? JET_errSuccess : JET_errSesidTableIdMismatch;
}

/* What a callback may do with the cursor it is told about (page jet-callback). */
static bool allowed_in_callback(enum ese_function function)
{
    switch (function) {
    case ESE_FN_JetDupCursor:
    case ESE_FN_JetEnumerateColumns:
    case ESE_FN_JetGetBookmark:
    case ESE_FN_JetGetCurrentIndex:
    case ESE_FN_JetGetCursorInfo:
    case ESE_FN_JetGetLS:
    case ESE_FN_JetGetRecordPosition:
    case ESE_FN_JetGetSecondaryIndexBookmark:
    case ESE_FN_JetGetTableColumnInfo:
    case ESE_FN_JetGetTableIndexInfo:
    case ESE_FN_JetGetTableInfo:
    case ESE_FN_JetRegisterCallback:
    case ESE_FN_JetRetrieveColumn:
    case ESE_FN_JetRetrieveColumns:
    case ESE_FN_JetRetrieveKey:
    case ESE_FN_JetSetColumn:
    case ESE_FN_JetSetColumns:
    case ESE_FN_JetSetLS:
    case ESE_FN_JetUnregisterCallback:
        return true;
    default:
        return false;
    }
}

/* Whether the cursor knows the call, now. */
static inline JET_ERR pass_cursor(struct ese_call *call, enum ese_function function)
{
    call->cursor = call->cursor_ref->cursor;
    if (!call->holds_session && call->cursor == call->session->callback_cursor &&
        !allowed_in_callback(function)) {
        return JET_errIllegalOperation;
    }
    return call->cursor_ref->temporary ? ese_temporary_allows(call->cursor, function)
                                       : JET_errSuccess;
}

JET_ERR ese_call_cursor(const struct ese_call *call, JET_SESID sesid, JET_TABLEID tableid,
                        struct ese_cursor **cursor)
{
    uint64_t owner;
    (void)call;
    struct ese_cursor_ref *ref = ese_handle_peek(ESE_HANDLE_CURSOR, tableid, &owner);
    if (ref == NULL) {
        return JET_errInvalidTableId;
    }
    if (owner != sesid) {
        return JET_errSesidTableIdMismatch;
    }
    if (ref->cursor == NULL) {
        return JET_errInvalidTableId;
    }
    *cursor = ref->cursor;
    return JET_errSuccess;
}

static inline JET_ERR pass_session_gate(const struct ese_call *call, enum ese_function function)
{
    struct ese_instance *instance = call->instance;
    JET_ERR err = check_process();
    if (err == JET_errSuccess) {
        err = check_service(instance, ignores_stop(function));
    }
    if (err == JET_errSuccess && atomic_load(&instance->terminating)) {
        err = JET_errTermInProgress;
    }
    return err;
}

/* The session is held by somebody else: by a call that this one comes from by way of a callback and
 * goes along with, by one that is just leaving, or it is no time for this one. What is wrong with the
 * handles or the instance wins over that. */
static JET_ERR enter_held(struct ese_call *call, enum ese_function function, JET_SESID sesid,
                          const JET_TABLEID *tableid)
{
    bool taken = false;
    JET_ERR err = acquire(call, sesid);
    if (err != JET_errSuccess) {
        return err;
    }
    if (tableid != NULL) {
        err = find_cursor(call, sesid, *tableid);
    }
    if (err == JET_errSuccess) {
        err = pass_session_gate(call, function);
    }
    if (err == JET_errSuccess) {
        if (ese_handle_hold(ESE_HANDLE_SESSION, sesid, &taken) != NULL) {
            call->holds_session = true;
        } else if (!taken) {
            err = JET_errInvalidSesid; /* it died between the look-up and here */
        } else if (atomic_load(&call->session->callback_thread) != ese_thread_id()) {
            err = JET_errSessionSharingViolation;
        }
    }
    if (err == JET_errSuccess && atomic_load(&call->instance->terminating)) {
        err = JET_errTermInProgress; /* once more, now that a termination waits for the call */
    }
    if (err == JET_errSuccess && call->session->ended) {
        err = JET_errInvalidSesid; /* by its own callback */
    }
    if (err == JET_errSuccess && tableid != NULL) {
        err = find_cursor(call, sesid, *tableid); /* once more, now that it stays */
    }
    return err;
}

/* Usually nobody else has the session: then it is held first and looked at afterwards, which takes
 * one atomic operation and leaves no moment at which it could go away. Held is held by whoever comes
 * in: a termination waits for the call, or the call sees the termination. */
static inline JET_ERR enter(struct ese_call *call, enum ese_function function, JET_SESID sesid,
                            const JET_TABLEID *tableid)
{
    bool taken;
    struct ese_session *session = ese_handle_hold(ESE_HANDLE_SESSION, sesid, &taken);
    JET_ERR err;
    if (session != NULL) {
        *call = (struct ese_call){
            .instance = session->instance, .session = session, .holds_session = true};
        err = tableid != NULL ? find_cursor(call, sesid, *tableid) : JET_errSuccess;
        if (err == JET_errSuccess) {
            err = pass_session_gate(call, function);
        }
    } else if (taken) {
        err = enter_held(call, function, sesid, tableid);
    } else {
        return JET_errInvalidSesid;
    }
    if (err == JET_errSuccess && tableid != NULL) {
        err = pass_cursor(call, function);
    }
    return err == JET_errSuccess || call->session == NULL ? err : ese_leave(call, err);
}

JET_ERR ese_enter_session(struct ese_call *call, enum ese_function function, JET_SESID sesid)
{
    return enter(call, function, sesid, NULL);
}

JET_ERR ese_enter_cursor(struct ese_call *call, enum ese_function function, JET_SESID sesid,
                         JET_TABLEID tableid)
{
    return enter(call, function, sesid, &tableid);
}

JET_ERR ese_enter_database(struct ese_call *call, enum ese_function function, JET_SESID sesid,
                           JET_DBID dbid)
{
    JET_ERR err = ese_enter_session(call, function, sesid);
    if (err == JET_errSuccess && !ese_session_has_database(call->session, dbid)) {
        err = ese_leave(call, JET_errInvalidDatabaseId);
    }
    return err;
}

/* The instance a call means, with a reference. */
static JET_ERR find_instance(struct ese_call *call, enum ese_function function, JET_INSTANCE handle)
{
    *call = (struct ese_call){0};
    if (rows[function].mode == ESE_GATE_ONE) {
        if (ese_run_mode() == ESE_MODE_MULTI) {
            return JET_errRunningInMultiInstanceMode;
        }
        call->instance = ese_instance_sole();
    } else if (is_nil(handle)) {
        call->instance = ese_instance_sole();
    } else {
        call->instance = ese_instance_find(handle);
        if (call->instance == NULL &&
            (rows[function].gate == ESE_GATE_INSTANCE || rows[function].gate == ESE_GATE_NOINIT)) {
            return JET_errInvalidInstance;
        }
    }
    call->holds_instance = call->instance != NULL;
    return call->holds_instance ? JET_errSuccess : JET_errInvalidParameter;
}

/* Counts the call among those inside the instance, then looks whether it may be. */
static JET_ERR pass_instance_gate(struct ese_call *call, bool needs_init)
{
    struct ese_instance *instance = call->instance;
    uint64_t word = atomic_fetch_add(&instance->api, 1);
    call->counted = true;
    JET_ERR err = needs_init ? check_service(instance, false) : JET_errSuccess;
    if (err != JET_errSuccess) {
        return err;
    }
    if ((word & ESE_API_TERMINATING) != 0) {
        return JET_errTermInProgress;
    }
    if ((word & ESE_API_RESTORING) != 0) {
        return JET_errRestoreInProgress;
    }
    if (needs_init) {
        bool up = (word & (ESE_API_LOCKED | ESE_API_INITIALIZED)) == ESE_API_INITIALIZED;
        return up ? JET_errSuccess : JET_errNotInitialized;
    }
    return (word & ESE_API_LOCKED) != 0 ? JET_errInitInProgress : JET_errSuccess;
}

JET_ERR ese_enter_instance(struct ese_call *call, enum ese_function function, JET_INSTANCE instance)
{
    JET_ERR err = find_instance(call, function, instance);
    if (err != JET_errSuccess) {
        return err;
    }
    enum ese_gate gate = rows[function].gate;
    if (gate == ESE_GATE_INSTANCE || gate == ESE_GATE_NOINIT) {
        err = pass_instance_gate(call, gate == ESE_GATE_INSTANCE);
        if (err != JET_errSuccess) {
            ese_leave(call, err);
        }
    }
    return err;
}

JET_ERR ese_enter_instance_of_session(struct ese_call *call, enum ese_function function,
                                      JET_SESID sesid)
{
    (void)function;
    JET_ERR err = acquire(call, sesid);
    if (err == JET_errSuccess) {
        err = pass_instance_gate(call, true);
        if (err != JET_errSuccess) {
            ese_leave(call, err);
        }
    }
    return err;
}

JET_ERR ese_enter_parameter(struct ese_call *call, enum ese_function function,
                            JET_INSTANCE instance, JET_SESID sesid, bool global)
{
    *call = (struct ese_call){0};
    JET_ERR err = JET_errSuccess;
    enum ese_run_mode mode = ese_run_mode();
    if (mode == ESE_MODE_ONE && !global) {
        if (!is_nil(sesid)) {
            err = acquire(call, sesid);
        } else {
            call->instance = ese_instance_sole();
            call->holds_instance = call->instance != NULL;
        }
    } else if (mode == ESE_MODE_MULTI && !is_nil(sesid)) {
        err = acquire(call, sesid);
    } else if (mode == ESE_MODE_MULTI && !is_nil(instance)) {
        err = find_instance(call, function, instance);
    }
    if (err == JET_errSuccess && call->instance != NULL) {
        err = pass_instance_gate(call, false);
        if (err != JET_errSuccess) {
            ese_leave(call, err);
        }
    }
    return err;
}

JET_ERR ese_leave(struct ese_call *call, JET_ERR err)
{
    if (call->counted) {
        atomic_fetch_sub(&call->instance->api, 1);
    }
    if (call->holds_session) {
        ese_session_let_go(call->session);
    }
    if (call->refers_session) {
        ese_handle_release(ESE_HANDLE_SESSION, call->session->handle);
    }
    if (call->holds_instance) {
        ese_instance_unref(call->instance);
    }
    return err;
}

JET_ERR ese_check_stop(void *instance)
{
    return atomic_load(&((struct ese_instance *)instance)->stopped)
               ? JET_errClientRequestToStopJetService
               : JET_errSuccess;
}
