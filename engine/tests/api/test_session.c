/* Sessions: their number, their contexts, and who may use them. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "engine/tests/api/support.h"

/* Runs a call on a thread of its own and hands back what it returned. */
struct elsewhere {
    JET_ERR (*call)(JET_SESID sesid);
    JET_SESID sesid;
    JET_ERR err;
};

static void *run_elsewhere(void *arg)
{
    struct elsewhere *job = arg;
    job->err = job->call(job->sesid);
    return NULL;
}

static JET_ERR elsewhere(JET_ERR (*call)(JET_SESID sesid), JET_SESID sesid)
{
    struct elsewhere job = {call, sesid, 0};
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, run_elsewhere, &job), 0);
    cr_assert_eq(pthread_join(thread, NULL), 0);
    return job.err;
}

static JET_ERR commit(JET_SESID sesid)
{
    return JetCommitTransaction(sesid, 0);
}

static JET_ERR rollback(JET_SESID sesid)
{
    return JetRollback(sesid, 0);
}

static JET_ERR end(JET_SESID sesid)
{
    return JetEndSession(sesid, 0);
}

static JET_ERR set_context(JET_SESID sesid)
{
    return JetSetSessionContext(sesid, 99);
}

Test(session, a_transaction_belongs_to_the_thread_that_began_it)
{
    JET_INSTANCE instance = test_start();
    JET_SESID sesid = test_session(instance);
    const JET_ERR sharing = JET_errSessionSharingViolation;
    cr_assert_eq(JetBeginTransaction(sesid), JET_errSuccess);
    cr_expect_eq(elsewhere(JetBeginTransaction, sesid), sharing);
    cr_expect_eq(elsewhere(commit, sesid), sharing);
    cr_expect_eq(elsewhere(rollback, sesid), sharing);
    cr_expect_eq(elsewhere(end, sesid), sharing);
    cr_expect_eq(JetCommitTransaction(sesid, 0), JET_errSuccess, "nothing has happened to it");
    cr_expect_eq(elsewhere(JetBeginTransaction, sesid), JET_errSuccess);
    cr_expect_eq(JetRollback(sesid, 0), sharing);
    cr_expect_eq(JetTerm2(instance, JET_bitTermDirty), JET_errDirtyShutdown);
}

Test(session, a_context_goes_from_thread_to_thread)
{
    JET_INSTANCE instance = test_start();
    JET_SESID sesid = test_session(instance);
    cr_expect_eq(JetSetSessionContext(sesid, 0), JET_errInvalidParameter);
    cr_expect_eq(JetSetSessionContext(sesid, ~(JET_API_PTR)0), JET_errInvalidParameter);
    cr_expect_eq(JetResetSessionContext(sesid), JET_errSessionContextNotSetByThisThread);
    cr_assert_eq(JetSetSessionContext(sesid, 99), JET_errSuccess);
    cr_expect_eq(JetSetSessionContext(sesid, 99), JET_errSessionContextAlreadySet);
    cr_expect_eq(elsewhere(set_context, sesid), JET_errSessionContextAlreadySet);
    cr_expect_eq(elsewhere(JetResetSessionContext, sesid), JET_errSessionContextNotSetByThisThread);
    cr_expect_eq(JetEndSession(sesid, 0), JET_errSessionInUse);
    cr_assert_eq(JetBeginTransaction(sesid), JET_errSuccess);
    cr_expect_eq(elsewhere(commit, sesid), JET_errSessionSharingViolation);
    cr_assert_eq(JetResetSessionContext(sesid), JET_errSuccess);
    cr_expect_eq(JetCommitTransaction(sesid, 0), JET_errSessionSharingViolation,
                 "begun under a context that is not set now");
    cr_assert_eq(JetSetSessionContext(sesid, 99), JET_errSuccess);
    cr_expect_eq(JetCommitTransaction(sesid, 0), JET_errSuccess);
    cr_assert_eq(JetResetSessionContext(sesid), JET_errSuccess);
    cr_expect_eq(JetEndSession(sesid, 0), JET_errSuccess);
    cr_expect_eq(JetTerm(instance), JET_errSuccess);
}

Test(session, whose_context_was_reset_in_a_transaction_can_be_ended_by_any_thread)
{
    JET_INSTANCE instance = test_start();
    JET_SESID sesid = test_session(instance);
    JetSetSessionContext(sesid, 99);
    cr_assert_eq(JetBeginTransaction(sesid), JET_errSuccess);
    cr_assert_eq(JetResetSessionContext(sesid), JET_errSuccess);
    cr_expect_eq(elsewhere(end, sesid), JET_errSuccess);
    cr_expect_eq(JetTerm(instance), JET_errSuccess);
}

Test(session, a_stop_does_not_loosen_a_context_of_a_dead_thread)
{
    JET_INSTANCE instance = test_start();
    JET_SESID sesid = test_session(instance);
    cr_assert_eq(elsewhere(set_context, sesid), JET_errSuccess);
    cr_assert_eq(JetStopServiceInstance(instance), JET_errSuccess);
    cr_expect_eq(JetEndSession(sesid, 0), JET_errSessionInUse);
    cr_expect_eq(JetResetSessionContext(sesid), JET_errSessionContextNotSetByThisThread);
    cr_expect_eq(JetTerm(instance), JET_errSuccess);
}

Test(session, levels_are_seven)
{
    JET_INSTANCE instance = test_start();
    JET_SESID sesid = test_session(instance);
    JET_LONG level = -1;
    for (int i = 0; i < 7; i++) {
        cr_expect_eq(JetBeginTransaction(sesid), JET_errSuccess);
    }
    cr_expect_eq(JetBeginTransaction(sesid), JET_errTransTooDeep);
    cr_expect_eq(
        JetGetSessionParameter(sesid, JET_sesparamTransactionLevel, &level, sizeof level, NULL), 0);
    cr_expect_eq(level, 7);
    cr_expect_eq(JetRollback(sesid, JET_bitRollbackAll), JET_errSuccess);
    cr_expect_eq(JetRollback(sesid, 0), JET_errNotInTransaction);
    cr_expect_eq(JetRollback(sesid, 0x10), JET_errInvalidGrbit);
    cr_expect_eq(JetCommitTransaction(sesid, 0), JET_errNotInTransaction);
    cr_expect_eq(JetTerm(instance), JET_errSuccess);
}

/* The page: the options may be used "even if" there is no transaction; the original does not look at the level either. */
Test(session, can_wait_for_earlier_commits_inside_a_transaction)
{
    JET_INSTANCE instance = test_start();
    JET_SESID sesid = test_session(instance);
    JET_LONG level = -1;
    cr_expect_eq(JetBeginTransaction(sesid), JET_errSuccess);
    cr_expect_eq(JetCommitTransaction(sesid, JET_bitWaitLastLevel0Commit), JET_errSuccess);
    cr_expect_eq(JetCommitTransaction(sesid, JET_bitWaitAllLevel0Commit), JET_errSuccess);
    cr_expect_eq(
        JetGetSessionParameter(sesid, JET_sesparamTransactionLevel, &level, sizeof level, NULL), 0);
    cr_expect_eq(level, 1, "the transaction goes on");
    cr_expect_eq(JetCommitTransaction(sesid, 0), JET_errSuccess);
    cr_expect_eq(JetTerm(instance), JET_errSuccess);
}

Test(session, there_are_as_many_as_the_parameter_says)
{
    JET_INSTANCE instance = test_create();
    JET_SESID sesid[3];
    cr_assert_eq(JetSetSystemParameterA(&instance, 0, JET_paramMaxSessions, 2, NULL), 0);
    cr_assert_eq(JetInit(&instance), JET_errSuccess);
    sesid[0] = test_session(instance);
    sesid[1] = test_session(instance);
    cr_expect_eq(JetBeginSessionA(instance, &sesid[2], NULL, NULL), JET_errOutOfSessions);
    cr_expect_eq(JetEndSession(sesid[0], 0), JET_errSuccess);
    cr_expect_eq(JetDupSession(sesid[1], &sesid[2]), JET_errSuccess);
    cr_expect_eq(JetEndSession(sesid[0], 0), JET_errInvalidSesid);
    cr_expect_eq(JetTerm(instance), JET_errSuccess);
}

static atomic_int shared;
static atomic_bool go_on;

static void *share(void *arg)
{
    JET_ULONG version;
    while (atomic_load(&go_on)) {
        JET_ERR err = JetGetVersion(*(JET_SESID *)arg, &version);
        if (err == JET_errSessionSharingViolation) {
            atomic_fetch_add(&shared, 1);
            atomic_store(&go_on, 0);
        } else if (err != JET_errSuccess) {
            atomic_store(&shared, -1000000);
            atomic_store(&go_on, 0);
        }
    }
    return NULL;
}

Test(session, used_by_two_threads_at_once_is_a_sharing_violation, .timeout = 60)
{
    JET_INSTANCE instance = test_start();
    JET_SESID sesid = test_session(instance);
    pthread_t threads[4];
    atomic_store(&go_on, 1);
    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(pthread_create(&threads[i], NULL, share, &sesid), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    cr_expect_geq(atomic_load(&shared), 1, "only success and sharing violations were seen");
    cr_expect_eq(JetEndSession(sesid, 0), JET_errSuccess, "the session has survived");
    cr_expect_eq(JetTerm(instance), JET_errSuccess);
}

Test(session, parameters_are_checked_and_kept)
{
    JET_INSTANCE instance = test_start();
    JET_SESID sesid = test_session(instance);
    JET_GRBIT grbit = JET_bitCommitLazyFlush;
    JET_GRBIT back = 0;
    JET_ULONG actual = 0;
    cr_expect_eq(JetSetSessionParameter(sesid, 1, &grbit, sizeof grbit), JET_errInvalidSesparamId);
    cr_expect_eq(JetSetSessionParameter(sesid, JET_sesparamCommitDefault, &grbit, 1),
                 JET_errInvalidBufferSize);
    cr_expect_eq(JetSetSessionParameter(sesid, JET_sesparamCommitDefault, NULL, 4),
                 JET_errInvalidParameter);
    cr_expect_eq(JetSetSessionParameter(sesid, JET_sesparamCommitDefault, &grbit, sizeof grbit), 0);
    cr_expect_eq(
        JetGetSessionParameter(sesid, JET_sesparamCommitDefault, &back, sizeof back, &actual), 0);
    cr_expect_eq(back, grbit);
    cr_expect_eq(actual, sizeof grbit);
    cr_expect_eq(JetGetSessionParameter(sesid, JET_sesparamCommitDefault, NULL, 0, NULL),
                 JET_errInvalidParameter);
    JET_OPERATIONCONTEXT operation = {.ulUserID = 42, .nOperationID = 1};
    JET_OPERATIONCONTEXT found = {0};
    cr_expect_eq(
        JetSetSessionParameter(sesid, JET_sesparamOperationContext, &operation, sizeof operation),
        0);
    cr_expect_eq(JetGetSessionParameter(sesid, JET_sesparamOperationContext, &found, 3, NULL),
                 JET_errBufferTooSmall);
    cr_expect_eq(
        JetGetSessionParameter(sesid, JET_sesparamOperationContext, &found, sizeof found, NULL), 0);
    cr_expect_eq(found.ulUserID, 42u);
    cr_expect_eq(JetTerm(instance), JET_errSuccess);
}
