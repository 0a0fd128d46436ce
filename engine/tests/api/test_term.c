/* JetTerm and JetTerm2: which bits end what, and what a refusal leaves behind. */
#include <criterion/criterion.h>

#include "engine/tests/api/support.h"

static const JET_GRBIT clean[] = {0, JET_bitTermComplete, JET_bitTermAbrupt, JET_bitTermStopBackup,
                                  JET_bitTermComplete | JET_bitTermStopBackup};

#define CLEAN (sizeof clean / sizeof clean[0])

Test(term, open_sessions_at_level_0_are_fine_and_die_with_the_instance)
{
    for (size_t i = 0; i < CLEAN; i++) {
        JET_INSTANCE instance = test_start();
        JET_SESID sesid = test_session(instance);
        cr_expect_eq(JetTerm2(instance, clean[i]), JET_errSuccess, "%zu", i);
        cr_expect_eq(JetBeginTransaction(sesid), JET_errInvalidSesid);
        cr_expect_eq(JetTerm(instance), JET_errInvalidParameter);
        cr_expect_eq(JetBeginSessionA(instance, &sesid, NULL, NULL), JET_errInvalidInstance);
    }
    cr_expect_eq(test_running_instances(), 0u);
}

Test(term, is_refused_while_a_session_is_in_a_transaction_and_changes_nothing)
{
    JET_INSTANCE instance = test_start();
    JET_SESID sesid = test_session(instance);
    cr_assert_eq(JetBeginTransaction(sesid), JET_errSuccess);
    for (size_t i = 0; i < CLEAN; i++) {
        cr_expect_eq(JetTerm2(instance, clean[i]), JET_errTooManyActiveUsers, "%zu", i);
        cr_expect_eq(JetBeginTransaction(sesid), JET_errSuccess);
        cr_expect_eq(JetCommitTransaction(sesid, 0), JET_errSuccess);
    }
    cr_expect_eq(JetTerm(instance), JET_errTooManyActiveUsers);
    cr_expect_eq(JetRollback(sesid, 0), JET_errSuccess);
    cr_expect_eq(JetTerm(instance), JET_errSuccess);
}

Test(term, dirty_ends_everything_and_says_so)
{
    JET_INSTANCE instance = test_start();
    JET_SESID sesid = test_session(instance);
    cr_assert_eq(JetBeginTransaction(sesid), JET_errSuccess);
    cr_expect_eq(JetTerm2(instance, JET_bitTermDirty | JET_bitTermComplete), JET_errDirtyShutdown);
    cr_expect_eq(JetRollback(sesid, 0), JET_errInvalidSesid);
    cr_expect_eq(JetTerm(instance), JET_errInvalidParameter);
}

Test(term, of_an_instance_that_was_never_initialised_destroys_it)
{
    JET_INSTANCE stays = test_create(); /* and with it multi-instance mode */
    for (size_t i = 0; i < CLEAN; i++) {
        JET_INSTANCE instance = test_create();
        cr_expect_eq(JetTerm2(instance, clean[i]), JET_errSuccess);
        cr_expect_eq(JetInit(&instance), JET_errInvalidParameter);
    }
    JET_INSTANCE instance = test_create();
    cr_expect_eq(JetTerm2(instance, JET_bitTermDirty), JET_errSuccess);
    cr_expect_eq(JetTerm(stays), JET_errSuccess);
}

Test(term, does_not_care_about_a_stop)
{
    for (size_t i = 0; i < CLEAN; i++) {
        JET_INSTANCE instance = test_start();
        JET_SESID sesid = test_session(instance);
        cr_assert_eq(JetBeginTransaction(sesid), JET_errSuccess);
        cr_assert_eq(JetStopServiceInstance(instance), JET_errSuccess);
        cr_expect_eq(JetTerm2(instance, clean[i]), JET_errTooManyActiveUsers);
        cr_expect_eq(JetCommitTransaction(sesid, 0), JET_errClientRequestToStopJetService,
                     "a refused term leaves the stop in force");
        cr_expect_eq(JetRollback(sesid, 0), JET_errSuccess);
        cr_expect_eq(JetTerm2(instance, clean[i]), JET_errSuccess);
    }
}

Test(term, frees_the_name_and_the_paths_for_the_next_instance)
{
    JET_INSTANCE instance = JET_instanceNil;
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(JetCreateInstanceA(&instance, "again"), JET_errSuccess);
        const char *path = test_path("again");
        JetSetSystemParameterA(&instance, 0, JET_paramCreatePathIfNotExist, 1, NULL);
        JetSetSystemParameterA(&instance, 0, JET_paramSystemPath, 0, path);
        JetSetSystemParameterA(&instance, 0, JET_paramLogFilePath, 0, path);
        cr_assert_eq(JetInit(&instance), JET_errSuccess);
        cr_assert_eq(JetTerm(instance), JET_errSuccess);
    }
}
