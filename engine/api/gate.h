/*
 * The gate: the one place that lets a call into the engine or turns it away. It alone knows stop,
 * termination, unavailability, session sharing and run modes, and the order in which they win.
 *
 * An entry point enters, does its work when that returned JET_errSuccess, and leaves with the same
 * ese_call. Whoever was turned away must not leave.
 *
 * What the gates check, in order (source: semantics of APICALL_SESID, APICALL_INST and
 * INST::ErrAPIEnter* in dev/ese/src/ese/jetapi.cxx; bad handles as the Windows DLL answers them):
 *
 *   SESSION, DATABASE
 *     JET_errInvalidSesid, JET_errInvalidTableId, JET_errSesidTableIdMismatch    the handles
 *     JET_errTermInProgress          every instance of the process terminates
 *     JET_errClientRequestToStopJetService    the service is stopped (not for the _ALWAYS gates)
 *     JET_errInstanceUnavailable(DueToFatalLogDiskFull)
 *     JET_errTermInProgress          this instance terminates
 *     JET_errSessionSharingViolation another call is inside with the session
 *     JET_errTermInProgress          once more, now that the termination waits for this call
 *     JET_errInvalidDatabaseId       DATABASE: the session does not have it open
 *     JET_errIllegalOperation        the cursor is on a temporary table, which does not know the call
 *   INSTANCE, INSTANCE_OF_SESSION
 *     JET_errInvalidParameter        nil in multi-instance mode, or no instance at all
 *     JET_errInvalidInstance         any other value that is not an instance
 *     JET_errClientRequestToStopJetService, JET_errInstanceUnavailable...
 *     JET_errTermInProgress, JET_errRestoreInProgress, JET_errNotInitialized
 *   NOINIT
 *     JET_errInvalidParameter, JET_errInvalidInstance         as INSTANCE
 *     JET_errTermInProgress, JET_errRestoreInProgress, JET_errInitInProgress
 *   FIND, TERM, INIT
 *     JET_errInvalidParameter        no instance, as their pages say
 *   any of them in mode ONE
 *     JET_errInvalidParameter        there is no instance
 *     JET_errRunningInMultiInstanceMode
 *
 * Promise: once ese_stop_service has returned success, no call that enters later passes a gate that
 * looks at the stop.
 */
#ifndef ESE_API_GATE_H
#define ESE_API_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include <esent.h>

#include "engine/instance/instance.h"
#include "engine/instance/session.h"

enum ese_function {
#define ESE_GATE(function, gate, mode) ESE_FN_##function,
#include "engine/api/gate_table.def"
#undef ESE_GATE
    ESE_FN_COUNT
};

enum ese_gate {
    ESE_GATE_SESSION,
    ESE_GATE_SESSION_ALWAYS,
    ESE_GATE_DATABASE,
    ESE_GATE_DATABASE_ALWAYS,
    ESE_GATE_INSTANCE,
    ESE_GATE_INSTANCE_OF_SESSION,
    ESE_GATE_NOINIT,
    ESE_GATE_INIT,
    ESE_GATE_TERM,
    ESE_GATE_FIND,
    ESE_GATE_NONE,
    ESE_GATE_STUB,
};

enum ese_gate_mode { ESE_GATE_ANY, ESE_GATE_ONE };

struct ese_gate_row {
    const char *name;
    enum ese_gate gate;
    enum ese_gate_mode mode;
};

const struct ese_gate_row *ese_gate_row(enum ese_function function);

/* A call that is inside. */
struct ese_call {
    struct ese_instance *instance; /* NULL when the call has none */
    struct ese_session *session;
    struct ese_cursor_ref *cursor_ref; /* of a call with a cursor */
    struct ese_cursor *cursor;
    bool counted;        /* among instance->api */
    bool holds_session;  /* nobody else is inside with it */
    bool refers_session; /* a reference on it */
    bool holds_instance; /* a reference on it */
};

JET_ERR ese_enter_session(struct ese_call *call, enum ese_function function, JET_SESID sesid);
JET_ERR ese_enter_cursor(struct ese_call *call, enum ese_function function, JET_SESID sesid,
                         JET_TABLEID tableid);
JET_ERR ese_enter_database(struct ese_call *call, enum ese_function function, JET_SESID sesid,
                           JET_DBID dbid);

/* A further cursor of the session a call is inside with. JET_errInvalidTableId,
 * JET_errSesidTableIdMismatch. */
JET_ERR ese_call_cursor(const struct ese_call *call, JET_SESID sesid, JET_TABLEID tableid,
                        struct ese_cursor **cursor);

/* INSTANCE, NOINIT, INIT, TERM, FIND. The handle is ignored by functions of mode ONE. */
JET_ERR ese_enter_instance(struct ese_call *call, enum ese_function function,
                           JET_INSTANCE instance);

/* INSTANCE_OF_SESSION: the session stays with whoever uses it. */
JET_ERR ese_enter_instance_of_session(struct ese_call *call, enum ese_function function,
                                      JET_SESID sesid);

/*
 * The system parameter calls: works out whose parameter is meant. In one-instance mode that is the
 * sole instance, in multi-instance mode the one of the session or else of the handle.
 * call->instance stays NULL when it is the process: a global parameter in one-instance mode, or no
 * instance named. JET_errInvalidSesid, JET_errInvalidInstance.
 */
JET_ERR ese_enter_parameter(struct ese_call *call, enum ese_function function,
                            JET_INSTANCE instance, JET_SESID sesid, bool global);

/* Gives everything back. err is handed through, so that an entry point can end with it. */
JET_ERR ese_leave(struct ese_call *call, JET_ERR err);

/* What long calls ask from time to time: JET_errClientRequestToStopJetService once the service is
 * stopped. The argument is the struct ese_instance; the signature fits the storage's polling
 * callbacks. */
JET_ERR ese_check_stop(void *instance);

#endif
