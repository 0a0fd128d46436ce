/* One instance without a handle, or many with: the run modes, and the legacy calls. */
#include <criterion/criterion.h>
#include <string.h>

#include "engine/tests/api/any_call.h"
#include "engine/tests/api/support.h"

static void place(void)
{
    const char *path = test_path("one");
    JET_INSTANCE none = JET_instanceNil;
    cr_assert_eq(JetSetSystemParameterA(&none, 0, JET_paramCreatePathIfNotExist, 1, NULL), 0);
    cr_assert_eq(JetSetSystemParameterA(&none, 0, JET_paramSystemPath, 0, path), 0);
    cr_assert_eq(JetSetSystemParameterA(NULL, 0, JET_paramLogFilePath, 0, path), 0);
}

Test(mode, without_any_instance_legacy_calls_have_an_invalid_parameter)
{
    size_t count;
    const struct test_function *functions = test_functions(&count);
    struct test_handles handles = {0};
    for (size_t i = 0; i < count; i++) {
        if (strcmp(functions[i].mode, "ONE") == 0 && strcmp(functions[i].gate, "INIT") != 0) {
            JET_ERR err = functions[i].call(&handles);
            cr_expect_eq(err, JET_errInvalidParameter, "%s: %d", functions[i].name, (int)err);
        }
    }
    cr_expect_eq(JetTerm(0), JET_errInvalidParameter);
    cr_expect_eq(JetTerm(JET_instanceNil), JET_errInvalidParameter);
}

Test(mode, one_instance_needs_no_handle)
{
    JET_INSTANCE instance = 0;
    JET_INSTANCE other = 0;
    JET_SESID sesid;
    JET_API_PTR value = 0;
    place();
    cr_assert_eq(JetInit(&instance), JET_errSuccess);
    cr_expect_eq(JetInit(&other), JET_errAlreadyInitialized);
    cr_expect_eq(JetInit(NULL), JET_errAlreadyInitialized);
    cr_expect_eq(JetCreateInstanceA(&other, "x"), JET_errRunningInOneInstanceMode);
    cr_expect_eq(JetEnableMultiInstanceA(NULL, 0, NULL), JET_errRunningInOneInstanceMode);
    cr_expect_eq(JetSetSystemParameterA(NULL, 0, JET_paramMaxSessions, 5, NULL),
                 JET_errAlreadyInitialized);
    cr_expect_eq(JetGetSystemParameterA(0, 0, JET_paramMaxSessions, &value, NULL, 0), 0);
    cr_expect_eq(value, 16u);

    const JET_INSTANCE handles[] = {0, JET_instanceNil, instance};
    for (size_t i = 0; i < 3; i++) {
        cr_expect_eq(JetBeginSessionA(handles[i], &sesid, NULL, NULL), JET_errSuccess);
        cr_expect_eq(JetEndSession(sesid, 0), JET_errSuccess);
    }
    cr_expect_eq(JetBeginSessionA(0x1234, &sesid, NULL, NULL), JET_errInvalidInstance);
    cr_expect_eq(JetBackupA(NULL, 0, NULL), JET_errSuccess);
    cr_expect_eq(JetStopBackup(), JET_errSuccess);
    cr_expect_eq(JetStopService(), JET_errSuccess);
    cr_expect_eq(JetStopService(), JET_errSuccess);
    cr_expect_eq(JetBackupA(NULL, 0, NULL), JET_errClientRequestToStopJetService);
    cr_expect_eq(JetBeginSessionA(0, &sesid, NULL, NULL), JET_errClientRequestToStopJetService);
    cr_expect_eq(JetTerm(0), JET_errSuccess);
    cr_expect_eq(JetTerm(0), JET_errInvalidParameter);

    /* The end of the last instance ends the mode. */
    cr_expect_eq(JetCreateInstanceA(&other, "x"), JET_errSuccess);
    cr_expect_eq(JetStopService(), JET_errRunningInMultiInstanceMode);
    cr_expect_eq(JetStopBackup(), JET_errRunningInMultiInstanceMode);
    cr_expect_eq(JetInit(NULL), JET_errRunningInMultiInstanceMode);
    cr_expect_eq(JetTerm(other), JET_errSuccess);
}

Test(mode, a_failed_init_leaves_no_instance_behind)
{
    JET_INSTANCE instance = 0;
    cr_assert_eq(JetSetSystemParameterA(NULL, 0, JET_paramSystemPath, 0, test_path("not/there")),
                 0);
    cr_expect_eq(JetInit(&instance), JET_errInvalidPath);
    cr_expect_eq(instance, JET_instanceNil);
    cr_expect_eq(JetStopService(), JET_errInvalidParameter);
    cr_expect_eq(JetCreateInstanceA(&instance, "x"), JET_errSuccess);
    cr_expect_eq(JetInit(&instance), JET_errInvalidPath);
    cr_expect_eq(JetInit(&instance), JET_errInvalidPath, "still there, still not initialised");
    cr_expect_eq(JetTerm(instance), JET_errSuccess);
}

Test(mode, instances_are_told_apart_by_name_and_path_and_are_counted)
{
    JET_INSTANCE a = JET_instanceNil;
    JET_INSTANCE b = JET_instanceNil;
    JET_API_PTR most = 0;
    cr_assert_eq(JetSetSystemParameterA(NULL, 0, JET_paramMaxInstances, 2, NULL), 0);
    place();
    cr_expect_eq(JetCreateInstanceA(&a, "a"), JET_errSuccess);
    cr_expect_eq(JetCreateInstanceW(&b, JET_WSZ("a")), JET_errInstanceNameInUse);
    cr_expect_eq(b, JET_instanceNil);
    cr_expect_eq(JetCreateInstance2A(&b, "b", "display", 0), JET_errSuccess);
    JET_INSTANCE c = JET_instanceNil;
    cr_expect_eq(JetCreateInstanceA(&c, "c"), JET_errTooManyInstances);
    cr_expect_eq(JetCreateInstanceA(NULL, "c"), JET_errInvalidParameter);
    cr_expect_eq(JetSetSystemParameterA(&a, 0, JET_paramMaxInstances, 9, NULL),
                 JET_errAlreadyInitialized);
    JetGetSystemParameterA(a, 0, JET_paramMaxInstances, &most, NULL, 0);
    cr_expect_eq(most, 2u);
    cr_assert_eq(JetInit(&a), JET_errSuccess);
    cr_expect_eq(JetInit(&a), JET_errAlreadyInitialized);
    cr_expect_eq(JetInit(&b), JET_errTempPathInUse);
    cr_expect_eq(JetSetSystemParameterA(&b, 0, JET_paramTempPath, 0, test_path("b.tmp")), 0);
    cr_expect_eq(JetInit(&b), JET_errSystemPathInUse);
    cr_expect_eq(JetSetSystemParameterA(&b, 0, JET_paramSystemPath, 0, test_path("b")), 0);
    cr_expect_eq(JetInit(&b), JET_errLogFilePathInUse);
    cr_expect_eq(JetSetSystemParameterA(&b, 0, JET_paramLogFilePath, 0, test_path("b")), 0);
    cr_expect_eq(JetInit(&b), JET_errSuccess);
    cr_expect_eq(test_running_instances(), 2u);
    cr_expect_eq(JetTerm(b), JET_errSuccess);
    cr_expect_eq(JetTerm(a), JET_errSuccess);
}

Test(mode, multi_instance_mode_can_be_set_once)
{
    JET_SETSYSPARAM_A settings[] = {
        {.paramid = JET_paramDatabasePageSize, .lParam = 8192},
        {.paramid = JET_paramSystemPath, .sz = test_folder()},
    };
    JET_ULONG done = 99;
    cr_expect_eq(JetEnableMultiInstanceA(NULL, 1, &done), JET_errInvalidParameter);
    JET_SETSYSPARAM_A wrong = {.paramid = 9999};
    cr_expect_eq(JetEnableMultiInstanceA(&wrong, 1, &done), JET_errInvalidParameter);
    cr_expect_eq(wrong.err, JET_errInvalidParameter);
    cr_expect_eq(done, 0u);
    cr_expect_eq(JetEnableMultiInstanceA(settings, 2, &done), JET_errSuccess);
    cr_expect_eq(done, 2u);
    cr_expect_eq(JetEnableMultiInstanceA(settings, 1, &done), JET_errSystemParamsAlreadySet);
    settings[0].lParam = 4096;
    cr_expect_eq(JetEnableMultiInstanceA(settings, 1, &done), JET_errSystemParameterConflict);
    cr_expect_eq(JetInit(NULL), JET_errRunningInMultiInstanceMode);
    cr_expect_eq(JetStopService(), JET_errRunningInMultiInstanceMode);
}
