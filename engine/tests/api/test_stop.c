/* JetStopService*, JetStopBackup*: what is refused, what stays allowed, and what a resume brings
 * back. */
#include <criterion/criterion.h>

#include "engine/tests/api/support.h"

Test(stop, an_instance_that_does_not_run_is_an_invalid_parameter)
{
    JET_INSTANCE created = test_create();
    JET_INSTANCE gone = test_start();
    cr_assert_eq(JetTerm(gone), JET_errSuccess);
    const JET_INSTANCE wrong[] = {0, JET_instanceNil, 0x1234, created, gone};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        cr_expect_eq(JetStopServiceInstance(wrong[i]), JET_errInvalidParameter, "%zu", i);
        cr_expect_eq(JetStopServiceInstance2(wrong[i], 0), JET_errInvalidParameter, "%zu", i);
        cr_expect_eq(JetStopBackupInstance(wrong[i]), JET_errInvalidParameter, "%zu", i);
    }
    /* A failed stop has changed nothing. */
    cr_assert_eq(JetInit(&created), JET_errSuccess);
    JET_SESID sesid = test_session(created);
    cr_expect_eq(JetBeginTransaction(sesid), JET_errSuccess);
    cr_expect_eq(JetTerm2(created, JET_bitTermDirty), JET_errDirtyShutdown);
}

Test(stop, denies_work_and_allows_the_way_out)
{
    JET_INSTANCE instance = test_start();
    JET_SESID sesid = test_session(instance);
    JET_SESID other = test_session(instance);
    JET_ULONG version = 0;
    cr_assert_eq(JetSetSessionContext(other, 7), JET_errSuccess);
    cr_assert_eq(JetBeginTransaction(sesid), JET_errSuccess);
    cr_assert_eq(JetStopServiceInstance(instance), JET_errSuccess);

    JET_SESID third = JET_sesidNil;
    const JET_ERR denied = JET_errClientRequestToStopJetService;
    cr_expect_eq(JetBeginTransaction(sesid), denied);
    cr_expect_eq(JetCommitTransaction(sesid, 0), denied);
    cr_expect_eq(JetGetVersion(sesid, &version), denied);
    cr_expect_eq(JetBeginSessionA(instance, &third, NULL, NULL), denied);
    cr_expect_eq(third, JET_sesidNil);
    cr_expect_eq(JetDupSession(sesid, &third), denied);
    cr_expect_eq(JetSetSessionContext(sesid, 5), denied);
    cr_expect_eq(JetIdle(sesid, 0), denied);
    cr_expect_eq(JetGetSessionParameter(sesid, JET_sesparamTransactionLevel, NULL, 0, &version),
                 denied);
    cr_expect_eq(JetBackupInstanceA(instance, NULL, 0, NULL), denied);
    cr_expect_eq(JetEndExternalBackupInstance(instance), denied);

    cr_expect_eq(JetRollback(sesid, 0), JET_errSuccess);
    cr_expect_eq(JetRollback(sesid, 0), JET_errNotInTransaction);
    cr_expect_eq(JetResetSessionContext(other), JET_errSuccess);
    cr_expect_eq(JetDetachDatabaseA(sesid, "nothing"), JET_errDatabaseNotFound);
    cr_expect_eq(JetCloseDatabase(sesid, 1, 0), JET_errInvalidDatabaseId);
    cr_expect_eq(JetEndSession(sesid, 0), JET_errSuccess);
    cr_expect_eq(JetEndSession(other, 0), JET_errSuccess);
    cr_expect_eq(JetTerm(instance), JET_errSuccess);
}

Test(stop, the_old_call_shrinks_the_checkpoint_depth_and_the_new_one_does_not)
{
    JET_INSTANCE first = test_start();
    JET_INSTANCE second = test_start();
    JET_API_PTR depth = 0;
    cr_assert_eq(JetStopServiceInstance(first), JET_errSuccess);
    cr_assert_eq(JetStopServiceInstance2(second, JET_bitStopServiceAll), JET_errSuccess);
    JetGetSystemParameterA(first, 0, JET_paramCheckpointDepthMax, &depth, NULL, 0);
    cr_expect_eq(depth, 16384u);
    JetGetSystemParameterA(second, 0, JET_paramCheckpointDepthMax, &depth, NULL, 0);
    cr_expect_eq(depth, 20971520u);
    /* The parameter stays settable. */
    cr_expect_eq(JetSetSystemParameterA(&first, 0, JET_paramCheckpointDepthMax, 65536, NULL), 0);
    JetGetSystemParameterA(first, 0, JET_paramCheckpointDepthMax, &depth, NULL, 0);
    cr_expect_eq(depth, 65536u);
    cr_expect_eq(JetTerm(first), JET_errSuccess);
    cr_expect_eq(JetTerm(second), JET_errSuccess);
}

Test(stop, twice_and_mixed_is_success)
{
    JET_INSTANCE instance = test_start();
    cr_expect_eq(JetStopServiceInstance(instance), JET_errSuccess);
    cr_expect_eq(JetStopServiceInstance2(instance, 0), JET_errSuccess);
    cr_expect_eq(JetStopServiceInstance(instance), JET_errSuccess);
    cr_expect_eq(JetStopServiceInstance2(instance, 0), JET_errSuccess);
    cr_expect_eq(JetTerm(instance), JET_errSuccess);
}

/* What to do first (when it is not NOTHING), then the call in question, its answer, and whether
 * work goes on after it. */
enum first { NOTHING, TASKS, CACHES, ALL, OLD };

Test(stop, instance2_answers_by_its_table)
{
    const JET_GRBIT tasks = JET_bitStopServiceBackgroundUserTasks;
    const JET_GRBIT caches = JET_bitStopServiceQuiesceCaches;
    const JET_GRBIT resume = JET_bitStopServiceResume;
    const JET_ERR stopped = JET_errClientRequestToStopJetService;
    const struct {
        enum first first;
        JET_GRBIT grbit;
        JET_ERR answer;
        JET_ERR after;
    } rows[] = {
        {NOTHING, tasks, 0, 0},
        {NOTHING, caches, 0, 0},
        {NOTHING, tasks | caches, 0, 0},
        {NOTHING, 0, 0, stopped},
        {NOTHING, 0x1, JET_errInvalidGrbit, 0},
        {NOTHING, 0x8, JET_errInvalidGrbit, 0},
        {NOTHING, 0x8 | caches, JET_errInvalidGrbit, 0},
        {NOTHING, 0x10, JET_errInvalidGrbit, 0},
        {NOTHING, resume, 0, 0},
        {NOTHING, resume | tasks, 0, 0},
        {NOTHING, resume | tasks | caches, 0, 0},
        {NOTHING, resume | 0x8, JET_errInvalidGrbit, 0},
        {NOTHING, resume | 0x1, JET_errInvalidGrbit, 0},
        {TASKS, resume, 0, 0},
        {CACHES, resume, 0, 0},
        {CACHES, resume | tasks, 0, 0},
        {ALL, resume, stopped, stopped},
        {ALL, resume | tasks, stopped, stopped},
        {ALL, resume | caches, stopped, stopped},
        {ALL, 0x10, JET_errInvalidGrbit, stopped},
        {OLD, resume, 0, stopped},
        {OLD, resume | caches, 0, stopped},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        JET_INSTANCE instance = test_start();
        JET_SESID sesid = test_session(instance);
        JET_ERR first = rows[i].first == OLD      ? JetStopServiceInstance(instance)
                        : rows[i].first == TASKS  ? JetStopServiceInstance2(instance, tasks)
                        : rows[i].first == CACHES ? JetStopServiceInstance2(instance, caches)
                        : rows[i].first == ALL    ? JetStopServiceInstance2(instance, 0)
                                                  : JET_errSuccess;
        cr_assert_eq(first, JET_errSuccess);
        cr_expect_eq(JetStopServiceInstance2(instance, rows[i].grbit), rows[i].answer, "row %zu",
                     i);
        cr_expect_eq(JetBeginTransaction(sesid), rows[i].after, "row %zu", i);
        JetRollback(sesid, 0);
        cr_expect_eq(JetTerm(instance), JET_errSuccess);
    }
}

Test(stop, of_one_instance_leaves_the_other_alone)
{
    JET_INSTANCE first = test_start();
    JET_INSTANCE second = test_start();
    JET_SESID sesid = test_session(second);
    cr_assert_eq(JetStopServiceInstance(first), JET_errSuccess);
    cr_expect_eq(JetBeginTransaction(sesid), JET_errSuccess);
    cr_expect_eq(JetCommitTransaction(sesid, 0), JET_errSuccess);
    cr_expect_eq(JetTerm(first), JET_errSuccess);
    cr_expect_eq(JetBeginTransaction(sesid), JET_errSuccess);
    cr_expect_eq(JetRollback(sesid, 0), JET_errSuccess);
    cr_expect_eq(JetTerm(second), JET_errSuccess);
}

Test(stop, is_forgotten_by_the_next_life_of_an_instance)
{
    JET_INSTANCE instance = test_start();
    cr_assert_eq(JetStopServiceInstance(instance), JET_errSuccess);
    cr_assert_eq(JetTerm(instance), JET_errSuccess);
    instance = test_start();
    JET_SESID sesid = test_session(instance);
    cr_expect_eq(JetBeginTransaction(sesid), JET_errSuccess);
    cr_expect_eq(JetRollback(sesid, 0), JET_errSuccess);
    cr_expect_eq(JetTerm(instance), JET_errSuccess);
}

Test(stop, leaves_the_ungated_calls_working)
{
    JET_INSTANCE instance = test_start();
    JET_API_PTR value = 0;
    cr_assert_eq(JetStopServiceInstance(instance), JET_errSuccess);
    cr_expect_eq(JetGetSystemParameterA(instance, 0, JET_paramMaxSessions, &value, NULL, 0), 0);
    cr_expect_eq(test_running_instances(), 1u);
    cr_expect_eq(JetStopBackupInstance(instance), JET_errSuccess);
    cr_expect_eq(JetInit(&instance), JET_errAlreadyInitialized);
    cr_expect_eq(JetTerm(instance), JET_errSuccess);
}
