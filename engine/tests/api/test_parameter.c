/* System parameters: values, ranges, scopes, and when they may change. */
#include <criterion/criterion.h>
#include <string.h>

#include "engine/tests/api/support.h"

static JET_API_PTR number(JET_INSTANCE instance, JET_ULONG id)
{
    JET_API_PTR value = 0;
    cr_expect_eq(JetGetSystemParameterA(instance, 0, id, &value, NULL, 0), JET_errSuccess);
    return value;
}

Test(parameter, belongs_to_its_instance)
{
    JET_INSTANCE none = JET_instanceNil;
    cr_assert_eq(JetSetSystemParameterA(&none, 0, JET_paramMaxSessions, 20, NULL), 0);
    JET_INSTANCE first = test_create();
    JET_INSTANCE second = test_create();
    cr_expect_eq(number(first, JET_paramMaxSessions), 20u, "new instances start as the process");
    cr_expect_eq(JetSetSystemParameterA(&first, 0, JET_paramMaxSessions, 30, NULL), 0);
    cr_expect_eq(number(first, JET_paramMaxSessions), 30u);
    cr_expect_eq(number(second, JET_paramMaxSessions), 20u);
    cr_expect_eq(number(JET_instanceNil, JET_paramMaxSessions), 20u);
    cr_expect_eq(JetTerm(first), JET_errSuccess);
    cr_expect_eq(JetTerm(second), JET_errSuccess);
}

Test(parameter, out_of_range_or_unknown_is_refused)
{
    JET_INSTANCE instance = test_create();
    const struct {
        JET_ULONG id;
        JET_API_PTR value;
        const char *text;
        JET_ERR answer;
    } rows[] = {
        {9999, 1, NULL, JET_errInvalidParameter},
        {JET_paramMaxSessions, 30001, NULL, JET_errInvalidParameter},
        {JET_paramMaxVerPages, 0, NULL, JET_errInvalidParameter},
        {JET_paramLogFileSize, 63, NULL, JET_errInvalidParameter},
        {JET_paramLogFileSize, 64, NULL, JET_errSuccess},
        {JET_paramBaseName, 0, "abcd", JET_errInvalidParameter},
        {JET_paramBaseName, 0, "ab", JET_errInvalidParameter},
        {JET_paramBaseName, 0, "abc", JET_errSuccess},
        {JET_paramKeyMost, 10, NULL, JET_errInvalidParameter},
        {JET_paramMaxColtyp, 10, NULL, JET_errInvalidParameter},
        {JET_paramErrorToString, 10, NULL, JET_errInvalidParameter},
        {JET_paramCommitDefault, 0x4000, NULL, JET_errInvalidParameter},
        {JET_paramCommitDefault, JET_bitCommitLazyFlush, NULL, JET_errSuccess},
        {JET_paramDatabasePageSize, 8192, NULL, JET_errAlreadyInitialized},
        {JET_paramCircularLog, 77, NULL, JET_errSuccess},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        JET_ERR err = JetSetSystemParameterA(&instance, 0, rows[i].id, rows[i].value, rows[i].text);
        cr_expect_eq(err, rows[i].answer, "row %zu: %d", i, (int)err);
    }
    cr_expect_eq(number(instance, JET_paramCircularLog), 1u);
    cr_expect_eq(JetTerm(instance), JET_errSuccess);
}

Test(parameter, some_cannot_change_once_the_instance_runs)
{
    JET_INSTANCE instance = test_start();
    cr_expect_eq(JetSetSystemParameterA(&instance, 0, JET_paramMaxVerPages, 99, NULL),
                 JET_errAlreadyInitialized);
    cr_expect_eq(JetSetSystemParameterA(&instance, 0, JET_paramMaxVerPages, 64, NULL), 0,
                 "what it is already");
    cr_expect_eq(JetSetSystemParameterA(&instance, 0, JET_paramSystemPath, 0, "/elsewhere"),
                 JET_errAlreadyInitialized);
    cr_expect_eq(JetSetSystemParameterA(&instance, 0, JET_paramDbExtensionSize, 32, NULL), 0);
    cr_expect_eq(number(instance, JET_paramDbExtensionSize), 32u);
    cr_expect_eq(JetTerm(instance), JET_errSuccess);
}

Test(parameter, text_comes_back_in_either_form)
{
    JET_INSTANCE instance = test_create();
    char narrow[64];
    JET_WCHAR wide[64];
    cr_assert_eq(JetSetSystemParameterW(&instance, 0, JET_paramEventSource, 0,
                                        JET_WSZ("gr\u00fc\u00df \U0001F600")),
                 0);
    cr_expect_eq(JetGetSystemParameterA(instance, 0, JET_paramEventSource, NULL, narrow, 64), 0);
    cr_expect_str_eq(narrow, "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80");
    cr_expect_eq(JetGetSystemParameterW(instance, 0, JET_paramEventSource, NULL, wide, 128), 0);
    cr_expect_eq(memcmp(wide, JET_WSZ("gr\u00fc\u00df \U0001F600"), 8 * sizeof wide[0]), 0);
    cr_expect_eq(JetGetSystemParameterA(instance, 0, JET_paramEventSource, NULL, narrow, 4),
                 JET_errBufferTooSmall);
    cr_expect_str_eq(narrow, "gr", "cut before the character that does not fit");
    cr_expect_eq(JetGetSystemParameterA(instance, 0, JET_paramEventSource, NULL, NULL, 0),
                 JET_errInvalidParameter);
    const JET_WCHAR broken[] = {'a', 0xD800, 'b', 0};
    cr_expect_eq(JetSetSystemParameterW(&instance, 0, JET_paramEventSource, 0, broken),
                 JET_errUnicodeTranslationFail);
    cr_expect_eq(JetTerm(instance), JET_errSuccess);
}

Test(parameter, errors_have_names_and_categories)
{
    char text[100];
    JET_API_PTR code = (JET_API_PTR)(JET_LONG)JET_errClientRequestToStopJetService;
    cr_expect_eq(JetGetSystemParameterA(0, 0, JET_paramErrorToString, &code, text, 100), 0);
    cr_expect_not_null(strstr(text, "JET_errClientRequestToStopJetService"));
    JET_ERR err = JET_errOutOfMemory;
    JET_ERRINFOBASIC_W info;
    cr_expect_eq(JetGetErrorInfoW(&err, &info, sizeof info, JET_ErrorInfoSpecificErr, 0), 0);
    cr_expect_eq(info.errcatMostSpecific, JET_errcatMemory);
    const unsigned char way[8] = {JET_errcatError, JET_errcatOperation, JET_errcatResource,
                                  JET_errcatMemory};
    cr_expect_eq(memcmp(info.rgCategoricalHierarchy, way, sizeof way), 0);
    cr_expect_eq(JetGetErrorInfoW(&err, &info, 3, JET_ErrorInfoSpecificErr, 0),
                 JET_errInvalidBufferSize);
    cr_expect_eq(JetGetErrorInfoW(NULL, &info, sizeof info, JET_ErrorInfoSpecificErr, 0),
                 JET_errInvalidParameter);
}

Test(parameter, a_bad_handle_does_not_block_the_next_caller)
{
    JET_INSTANCE instance = test_create();
    JET_API_PTR value;
    for (int i = 0; i < 2; i++) {
        cr_expect_eq(JetGetSystemParameterA(0x1234, 0, JET_paramMaxSessions, &value, NULL, 0),
                     JET_errInvalidInstance);
        cr_expect_eq(JetGetSystemParameterA(instance, 5, JET_paramMaxSessions, &value, NULL, 0),
                     JET_errInvalidSesid);
    }
    cr_expect_eq(JetTerm(instance), JET_errSuccess);
}
