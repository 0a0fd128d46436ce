#include "engine/api/api.h"
#include "engine/api/gate.h"

#define COMMIT_BITS                                                                                \
    (JET_bitCommitLazyFlush | JET_bitWaitLastLevel0Commit | JET_bitWaitAllLevel0Commit |           \
     JET_bitForceNewLog)

/* Level for those who look without owning the session. */
static void publish_level(struct ese_session *session)
{
    atomic_store(&session->level, ese_trx_level(&session->trx));
}

static JET_ERR begin(enum ese_function function, JET_SESID sesid, JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_session(&call, function, sesid);
    if (err != JET_errSuccess) {
        return err;
    }
    bool outermost = ese_trx_level(&call.session->trx) == 0;
    if (!ese_session_owned(call.session)) {
        return ese_leave(&call, JET_errSessionSharingViolation);
    }
    if (outermost) {
        ese_instance_relieve_versions(call.instance);
    }
    err = ese_trx_begin(&call.session->trx, grbit);
    if (err >= JET_errSuccess && outermost) {
        ese_session_claim(call.session);
    }
    publish_level(call.session);
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetBeginTransaction(JET_SESID sesid)
{
    return begin(ESE_FN_JetBeginTransaction, sesid, 0);
}

JET_ERR ese_api_JetBeginTransaction2(JET_SESID sesid, JET_GRBIT grbit)
{
    return begin(ESE_FN_JetBeginTransaction2, sesid, grbit);
}

JET_ERR ese_api_JetBeginTransaction3(JET_SESID sesid, long long id, JET_GRBIT grbit)
{
    (void)id; /* a label for tracing */
    return begin(ESE_FN_JetBeginTransaction3, sesid, grbit);
}

/* What the gate lets through: bits, level, owner, then the commit itself. */
static JET_ERR commit_inside(struct ese_session *session, JET_GRBIT grbit)
{
    if ((grbit & ~(JET_GRBIT)COMMIT_BITS) != 0) {
        return JET_errInvalidGrbit;
    }
    JET_GRBIT waits =
        grbit & (JET_bitWaitLastLevel0Commit | JET_bitWaitAllLevel0Commit | JET_bitForceNewLog);
    if (waits != 0) {
        return waits == grbit && (waits & (waits - 1)) == 0
                   ? ese_trx_commit(&session->trx, grbit & ~(JET_GRBIT)JET_bitForceNewLog)
                   : JET_errInvalidGrbit;
    }
    if (!ese_session_owned(session)) {
        return JET_errSessionSharingViolation;
    }
    return ese_session_commit(
        session, grbit | (atomic_load(&session->commit_default) & JET_bitCommitLazyFlush));
}

static JET_ERR commit(enum ese_function function, JET_SESID sesid, JET_GRBIT grbit,
                      JET_ULONG durable_ms, JET_COMMIT_ID *id)
{
    struct ese_call call;
    JET_ERR err = ese_enter_session(&call, function, sesid);
    if (err != JET_errSuccess) {
        return err;
    }
    call.session->trx.durable_ms = durable_ms;
    err = commit_inside(call.session, grbit);
    call.session->trx.durable_ms = 0;
    struct ese_log *log = ese_store_log(call.instance->store);
    if (err >= JET_errSuccess && log != NULL && (grbit & JET_bitForceNewLog) != 0) {
        err = ese_log_roll(log);
    }
    if (err >= JET_errSuccess && id != NULL) {
        *id = (JET_COMMIT_ID){.commitId = (long long)call.session->trx.commit_id};
        if (log != NULL) {
            ese_log_signature(log, &id->signLog);
        }
    }
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetCommitTransaction(JET_SESID sesid, JET_GRBIT grbit)
{
    return commit(ESE_FN_JetCommitTransaction, sesid, grbit, 0, NULL);
}

JET_ERR ese_api_JetCommitTransaction2(JET_SESID sesid, JET_GRBIT grbit, JET_ULONG durable_ms,
                                      JET_COMMIT_ID *id)
{
    return commit(ESE_FN_JetCommitTransaction2, sesid, grbit, durable_ms, id);
}

JET_ERR ese_api_JetRollback(JET_SESID sesid, JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_session(&call, ESE_FN_JetRollback, sesid);
    if (err != JET_errSuccess) {
        return err;
    }
    /* The owner is checked first, so that a refused rollback changes nothing. */
    err = ese_session_owned(call.session) ? ese_session_rollback(call.session, grbit)
                                          : JET_errSessionSharingViolation;
    return ese_leave(&call, err);
}
