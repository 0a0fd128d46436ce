#include "engine/api/unavailable.h"

/* A restore wants an instance that does not run, or in one-instance mode none at all. */
static JET_ERR enter_restore(struct ese_call *call, enum ese_function function, uint64_t handle)
{
    if (ese_gate_row(function)->mode == ESE_GATE_ONE && ese_run_mode() == ESE_MODE_NONE) {
        *call = (struct ese_call){0};
        return JET_errSuccess;
    }
    JET_ERR err = ese_enter_instance(call, function, handle);
    if (err == JET_errSuccess && (atomic_load(&call->instance->api) & ESE_API_INITIALIZED) != 0) {
        err = ese_leave(call, JET_errAlreadyInitialized);
    }
    return err;
}

JET_ERR ese_unavailable(enum ese_function function, uint64_t handle, uint64_t object)
{
    struct ese_call call = {0};
    JET_ERR err = JET_errSuccess;
    switch (ese_gate_row(function)->gate) {
    case ESE_GATE_SESSION:
    case ESE_GATE_SESSION_ALWAYS:
        err = ese_enter_session(&call, function, handle);
        break;
    case ESE_GATE_DATABASE:
    case ESE_GATE_DATABASE_ALWAYS:
        err = ese_enter_database(&call, function, handle, (JET_DBID)object);
        break;
    case ESE_GATE_INSTANCE_OF_SESSION:
        err = ese_enter_instance_of_session(&call, function, handle);
        break;
    case ESE_GATE_INSTANCE:
    case ESE_GATE_NOINIT:
    case ESE_GATE_TERM:
    case ESE_GATE_FIND:
        err = ese_enter_instance(&call, function, handle);
        break;
    case ESE_GATE_INIT:
        err = enter_restore(&call, function, handle);
        break;
    case ESE_GATE_NONE:
    case ESE_GATE_STUB:
        break;
    }
    return err == JET_errSuccess ? ese_leave(&call, JET_errFeatureNotAvailable) : err;
}

JET_ERR ese_unavailable_cursor(enum ese_function function, JET_SESID sesid, JET_TABLEID tableid)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, function, sesid, tableid);
    return err == JET_errSuccess ? ese_leave(&call, JET_errFeatureNotAvailable) : err;
}
