#include "engine/api/api.h"

#include <string.h>

#include "engine/api/gate.h"
#include "engine/instance/session.h"

/* Version 10.0, build 19041, as JetGetVersion packs it; bindings ask for 9900 and more. */
#define VERSION_MAJOR 10u
#define VERSION_MINOR 0u
#define VERSION_BUILD 19041u

/* Bits of the original's own header that esent.h does not have. */
#define IDLE_COMPACT_ASYNC ((JET_GRBIT)0x10)
#define IDLE_WAIT_FOR_ASYNC_ACTIVITY ((JET_GRBIT)0x40)
#define IDLE_BITS                                                                                  \
    (JET_bitIdleFlushBuffers | JET_bitIdleCompact | JET_bitIdleStatus | IDLE_COMPACT_ASYNC |       \
     IDLE_WAIT_FOR_ASYNC_ACTIVITY)

JET_ERR ese_api_JetBeginSession(enum ese_text text, JET_INSTANCE instance, JET_SESID *sesid,
                                const void *user, const void *password)
{
    (void)text, (void)user, (void)password; /* reserved */
    if (sesid != NULL) {
        *sesid = JET_sesidNil;
    }
    struct ese_call call;
    JET_ERR err = ese_enter_instance(&call, ESE_FN_JetBeginSession, instance);
    if (err != JET_errSuccess) {
        return err;
    }
    err = sesid == NULL ? JET_errInvalidParameter : ese_session_begin(call.instance, sesid);
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetDupSession(JET_SESID sesid, JET_SESID *copy)
{
    if (copy != NULL) {
        *copy = JET_sesidNil;
    }
    struct ese_call call;
    JET_ERR err = ese_enter_session(&call, ESE_FN_JetDupSession, sesid);
    if (err != JET_errSuccess) {
        return err;
    }
    err = copy == NULL ? JET_errInvalidParameter : ese_session_begin(call.instance, copy);
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetEndSession(JET_SESID sesid, JET_GRBIT grbit)
{
    (void)grbit; /* no bit is defined, and the original looks at none */
    struct ese_call call;
    JET_ERR err = ese_enter_session(&call, ESE_FN_JetEndSession, sesid);
    return err == JET_errSuccess ? ese_leave(&call, ese_session_end(call.session)) : err;
}

JET_ERR ese_api_JetGetVersion(JET_SESID sesid, JET_ULONG *version)
{
    struct ese_call call;
    JET_ERR err = ese_enter_session(&call, ESE_FN_JetGetVersion, sesid);
    if (err != JET_errSuccess) {
        return err;
    }
    if (version == NULL) {
        return ese_leave(&call, JET_errInvalidParameter);
    }
    *version = VERSION_MAJOR << 28 | VERSION_MINOR << 24 | VERSION_BUILD << 8;
    return ese_leave(&call, JET_errSuccess);
}

/* Which bit wins, and that a clean-up answers JET_wrnNoIdleActivity whatever it did, is as in the
 * original (ErrIsamIdle in dev/ese/src/ese/tm.cxx). */
static JET_ERR idle(struct ese_instance *instance, JET_GRBIT grbit)
{
    if ((grbit & ~(JET_GRBIT)IDLE_BITS) != 0 || (grbit & JET_bitIdleFlushBuffers) != 0) {
        return JET_errInvalidGrbit;
    }
    struct ese_vstore *versions = ese_store_versions(instance->store);
    if ((grbit & JET_bitIdleStatus) != 0) {
        ese_mutex_lock(&ese_process.lock);
        uint64_t most = ese_param_number(&instance->params, ESE_JET_paramMaxVerPages) *
                        ese_param_number(ese_process_params(), ESE_JET_paramVerPageSize);
        ese_mutex_unlock(&ese_process.lock);
        return ese_vstore_bytes(versions) > most / 2 ? JET_wrnIdleFull : JET_errSuccess;
    }
    if (grbit == 0 || (grbit & JET_bitIdleCompact) != 0) {
        if ((grbit & IDLE_COMPACT_ASYNC) != 0) {
            ese_store_signal_cleanup(instance->store);
        } else {
            (void)ese_vstore_cleanup(versions, NULL, NULL);
        }
        return JET_wrnNoIdleActivity;
    }
    if ((grbit & IDLE_COMPACT_ASYNC) != 0) {
        return JET_errInvalidGrbit;
    }
    return ese_vstore_has_versions(versions) ? JET_wrnRemainingVersions : JET_errSuccess;
}

JET_ERR ese_api_JetIdle(JET_SESID sesid, JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_session(&call, ESE_FN_JetIdle, sesid);
    return err == JET_errSuccess ? ese_leave(&call, idle(call.instance, grbit)) : err;
}

JET_ERR ese_api_JetSetSessionContext(JET_SESID sesid, JET_API_PTR context)
{
    struct ese_call call;
    JET_ERR err = ese_enter_session(&call, ESE_FN_JetSetSessionContext, sesid);
    return err == JET_errSuccess ? ese_leave(&call, ese_session_set_context(call.session, context))
                                 : err;
}

JET_ERR ese_api_JetResetSessionContext(JET_SESID sesid)
{
    struct ese_call call;
    JET_ERR err = ese_enter_session(&call, ESE_FN_JetResetSessionContext, sesid);
    return err == JET_errSuccess ? ese_leave(&call, ese_session_reset_context(call.session)) : err;
}

/* ---- session parameters ---------------------------------------------------------------------- */

static JET_ERR set_parameter(struct ese_session *session, uint32_t id, const void *value,
                             uint32_t size)
{
    if (value == NULL && size != 0) {
        return JET_errInvalidParameter;
    }
    switch (id) {
    case JET_sesparamCommitDefault: {
        JET_GRBIT grbit;
        if (size != sizeof grbit) {
            return JET_errInvalidBufferSize;
        }
        memcpy(&grbit, value, sizeof grbit);
        atomic_store(&session->commit_default, grbit);
        return JET_errSuccess;
    }
    case JET_sesparamTransactionLevel:
        return JET_errFeatureNotAvailable;
    case JET_sesparamOperationContext:
        if (size != sizeof session->operation) {
            return JET_errInvalidBufferSize;
        }
        ese_mutex_lock(&session->parameters);
        memcpy(&session->operation, value, sizeof session->operation);
        ese_mutex_unlock(&session->parameters);
        return JET_errSuccess;
    case JET_sesparamCorrelationID:
        if (size != sizeof session->correlation) {
            return JET_errInvalidBufferSize;
        }
        ese_mutex_lock(&session->parameters);
        memcpy(&session->correlation, value, sizeof session->correlation);
        ese_mutex_unlock(&session->parameters);
        return JET_errSuccess;
    default:
        return JET_errInvalidSesparamId;
    }
}

JET_ERR ese_api_JetSetSessionParameter(JET_SESID sesid, JET_ULONG id, void *value, JET_ULONG size)
{
    struct ese_call call;
    JET_ERR err = ese_enter_session(&call, ESE_FN_JetSetSessionParameter, sesid);
    return err == JET_errSuccess ? ese_leave(&call, set_parameter(call.session, id, value, size))
                                 : err;
}

/* Hands out a value of a fixed size. exact: the original wants the size exactly, for others at
 * least. */
static JET_ERR give(const void *from, uint32_t need, bool exact, void *value, uint32_t size,
                    JET_ULONG *actual)
{
    if (actual != NULL) {
        *actual = need;
    }
    if (value == NULL) {
        return JET_errSuccess;
    }
    if (exact ? size != need : size < need) {
        return exact ? JET_errInvalidBufferSize : JET_errBufferTooSmall;
    }
    memcpy(value, from, need);
    return JET_errSuccess;
}

static JET_ERR get_parameter(struct ese_session *session, uint32_t id, void *value, uint32_t size,
                             JET_ULONG *actual)
{
    if (value == NULL && actual == NULL) {
        return JET_errInvalidParameter;
    }
    switch (id) {
    case JET_sesparamCommitDefault: {
        JET_GRBIT grbit = atomic_load(&session->commit_default);
        return give(&grbit, sizeof grbit, true, value, size, actual);
    }
    case JET_sesparamTransactionLevel: {
        JET_LONG level = (JET_LONG)atomic_load(&session->level);
        return give(&level, sizeof level, true, value, size, actual);
    }
    case JET_sesparamOperationContext: {
        ese_mutex_lock(&session->parameters);
        JET_OPERATIONCONTEXT operation = session->operation;
        ese_mutex_unlock(&session->parameters);
        return give(&operation, sizeof operation, false, value, size, actual);
    }
    case JET_sesparamCorrelationID: {
        ese_mutex_lock(&session->parameters);
        uint32_t correlation = session->correlation;
        ese_mutex_unlock(&session->parameters);
        return give(&correlation, sizeof correlation, false, value, size, actual);
    }
    default:
        return JET_errInvalidSesparamId;
    }
}

JET_ERR ese_api_JetGetSessionParameter(JET_SESID sesid, JET_ULONG id, void *value, JET_ULONG size,
                                       JET_ULONG *actual)
{
    struct ese_call call;
    JET_ERR err = ese_enter_instance_of_session(&call, ESE_FN_JetGetSessionParameter, sesid);
    return err == JET_errSuccess
               ? ese_leave(&call, get_parameter(call.session, id, value, size, actual))
               : err;
}
