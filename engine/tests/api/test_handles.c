/* Handles: whatever is passed for one, the answer is an error and nothing is touched. */
#include <criterion/criterion.h>

#include "engine/tests/api/support.h"

/* xorshift64: the same values every time. */
static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

Test(handles, random_values_are_never_taken_for_one)
{
    JET_INSTANCE instance = test_start();
    JET_SESID sesid = test_session(instance);
    JET_ULONG version;
    JET_SESID out;
    uint64_t state = 0x9E3779B97F4A7C15u;
    for (int i = 0; i < 200000; i++) {
        uint64_t value = next(&state);
        /* Half of them have the right kind and slot and a wrong generation, or one bit off. */
        if (i % 4 == 1) {
            value = (sesid & 0xFF00000000FFFFFFu) | (value & 0x00FFFFFFFF000000u);
        } else if (i % 4 == 2) {
            value = sesid ^ (uint64_t)1 << (value & 63);
        }
        if (value == sesid || value == instance) {
            continue;
        }
        cr_assert_eq(JetGetVersion(value, &version), JET_errInvalidSesid, "%llx",
                     (unsigned long long)value);
        cr_assert_eq(JetMove(sesid, value, 0, 0), JET_errInvalidTableId);
        cr_assert_eq(JetBeginSessionA(value, &out, NULL, NULL), JET_errInvalidInstance);
        cr_assert_eq(JetStopServiceInstance(value), JET_errInvalidParameter);
        cr_assert_eq(JetTerm2(value, 0), JET_errInvalidParameter);
    }
    cr_expect_eq(JetGetVersion(sesid, &version), JET_errSuccess);
    cr_expect_eq(JetTerm(instance), JET_errSuccess);
}

Test(handles, one_kind_is_not_another)
{
    struct test_table table;
    JET_ULONG version;
    JET_SESID out;
    test_open_table(&table);
    cr_expect_eq(JetGetVersion(table.instance, &version), JET_errInvalidSesid);
    cr_expect_eq(JetGetVersion(table.tableid, &version), JET_errInvalidSesid);
    cr_expect_eq(JetMove(table.sesid, table.instance, 0, 0), JET_errInvalidTableId);
    cr_expect_eq(JetBeginSessionA(table.sesid, &out, NULL, NULL), JET_errInvalidInstance);
    cr_expect_eq(JetTerm(table.sesid), JET_errInvalidParameter);
    cr_expect_eq(JetTerm(table.instance), JET_errSuccess);
}

Test(handles, are_not_given_out_twice)
{
    JET_INSTANCE instance = test_start();
    JET_SESID first = test_session(instance);
    cr_assert_eq(JetEndSession(first, 0), JET_errSuccess);
    for (int i = 0; i < 5000; i++) {
        JET_SESID sesid = test_session(instance);
        cr_assert_neq(sesid, first);
        cr_assert_neq(sesid, 0u);
        cr_assert_neq(sesid, JET_sesidNil);
        cr_assert_eq(JetEndSession(sesid, 0), JET_errSuccess);
        cr_assert_eq(JetEndSession(sesid, 0), JET_errInvalidSesid);
    }
    cr_expect_eq(JetTerm(instance), JET_errSuccess);
}
