/* The gate, for every public function: which error wins in which state. */
#include <criterion/criterion.h>
#include <string.h>

#include "engine/tests/api/any_call.h"
#include "engine/tests/api/support.h"

#define STOPPED JET_errClientRequestToStopJetService

static int gate_is(const struct test_function *function, const char *gate)
{
    return strcmp(function->gate, gate) == 0;
}

/* The gates that look at the stop. */
static int looks_at_stop(const struct test_function *function)
{
    return gate_is(function, "SESSION") || gate_is(function, "DATABASE") ||
           gate_is(function, "INSTANCE") || gate_is(function, "INSTANCE_OF_SESSION");
}

static int takes_session(const struct test_function *function)
{
    return gate_is(function, "SESSION") || gate_is(function, "SESSION_ALWAYS") ||
           gate_is(function, "DATABASE") || gate_is(function, "DATABASE_ALWAYS") ||
           gate_is(function, "INSTANCE_OF_SESSION");
}

/* These would end the life of what the others need. */
static int ends_something(const struct test_function *function)
{
    const char *const names[] = {"JetEndSession",
                                 "JetTerm",
                                 "JetTerm2",
                                 "JetCloseTable",
                                 "JetCloseDatabase",
                                 "JetStopService",
                                 "JetStopServiceInstance",
                                 "JetStopServiceInstance2"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(function->name, names[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

Test(gate, a_stop_refuses_every_function_that_looks_at_it_and_no_other)
{
    struct test_table table;
    size_t count;
    size_t refused = 0;
    const struct test_function *functions = test_functions(&count);
    test_open_table(&table);
    struct test_handles handles = {table.instance, table.sesid, table.dbid, table.tableid};
    for (size_t i = 0; i < count; i++) {
        if (!ends_something(&functions[i])) {
            JET_ERR err = functions[i].call(&handles);
            cr_expect_neq(err, STOPPED, "%s before the stop", functions[i].name);
            JetRollback(table.sesid, JET_bitRollbackAll);
        }
    }
    cr_assert_eq(JetStopServiceInstance(table.instance), JET_errSuccess);
    for (size_t i = 0; i < count; i++) {
        if (ends_something(&functions[i])) {
            continue;
        }
        JET_ERR err = functions[i].call(&handles);
        /* The legacy calls have no instance to be stopped in multi-instance mode. */
        int legacy = strcmp(functions[i].mode, "ONE") == 0;
        if (legacy) {
            cr_expect_eq(err, JET_errRunningInMultiInstanceMode, "%s: %d", functions[i].name,
                         (int)err);
        } else if (looks_at_stop(&functions[i])) {
            cr_expect_eq(err, STOPPED, "%s: %d", functions[i].name, (int)err);
            refused++;
        } else {
            cr_expect_neq(err, STOPPED, "%s", functions[i].name);
        }
    }
    cr_expect_gt(refused, 80u);
    cr_expect_eq(JetCloseTable(table.sesid, table.tableid), JET_errSuccess);
    cr_expect_eq(JetCloseDatabase(table.sesid, table.dbid, 0), JET_errSuccess);
    cr_expect_eq(JetEndSession(table.sesid, 0), JET_errSuccess);
    cr_expect_eq(JetTerm(table.instance), JET_errSuccess);
}

Test(gate, a_dead_session_wins_over_a_stop)
{
    size_t count;
    const struct test_function *functions = test_functions(&count);
    JET_INSTANCE instance = test_start();
    JET_SESID sesid = test_session(instance);
    cr_assert_eq(JetEndSession(sesid, 0), JET_errSuccess);
    for (int stopped = 0; stopped < 2; stopped++) {
        const JET_SESID dead[] = {sesid, 0, JET_sesidNil, 0x1234, instance};
        for (size_t d = 0; d < sizeof dead / sizeof dead[0]; d++) {
            struct test_handles handles = {instance, dead[d], 1, 1};
            for (size_t i = 0; i < count; i++) {
                if (takes_session(&functions[i])) {
                    JET_ERR err = functions[i].call(&handles);
                    cr_expect_eq(err, JET_errInvalidSesid, "%s: %d", functions[i].name, (int)err);
                }
            }
        }
        JetStopServiceInstance(instance);
    }
    cr_expect_eq(JetTerm(instance), JET_errSuccess);
}

Test(gate, table_ids_are_told_apart)
{
    struct test_table table;
    test_open_table(&table);
    JET_SESID other = test_session(table.instance);
    JET_TABLEID copy;
    cr_assert_eq(JetDupCursor(table.sesid, table.tableid, &copy, 0), JET_errSuccess);
    cr_assert_eq(JetCloseTable(table.sesid, copy), JET_errSuccess);
    cr_assert_eq(JetStopServiceInstance(table.instance), JET_errSuccess);
    const JET_TABLEID dead[] = {copy, 0, JET_tableidNil, 0x1234, table.sesid};
    for (size_t i = 0; i < sizeof dead / sizeof dead[0]; i++) {
        cr_expect_eq(JetMove(table.sesid, dead[i], 0, 0), JET_errInvalidTableId, "%zu", i);
        cr_expect_eq(JetCloseTable(table.sesid, dead[i]), JET_errInvalidTableId, "%zu", i);
    }
    cr_expect_eq(JetMove(other, table.tableid, 0, 0), JET_errSesidTableIdMismatch);
    cr_expect_eq(JetMove(0, table.tableid, 0, 0), JET_errInvalidSesid);
    cr_expect_eq(JetMove(table.sesid, table.tableid, 0, 0), STOPPED);
    cr_expect_eq(JetTerm(table.instance), JET_errSuccess);
}

Test(gate, instance_handles_are_told_apart)
{
    size_t count;
    const struct test_function *functions = test_functions(&count);
    JET_INSTANCE running = test_start();
    JET_INSTANCE created = test_create();
    JET_INSTANCE gone = test_create();
    cr_assert_eq(JetTerm(gone), JET_errSuccess);
    for (size_t i = 0; i < count; i++) {
        if (!gate_is(&functions[i], "INSTANCE") || strcmp(functions[i].mode, "ONE") == 0) {
            continue;
        }
        const struct {
            JET_INSTANCE handle;
            JET_ERR answer;
        } rows[] = {
            {0, JET_errInvalidParameter},     {JET_instanceNil, JET_errInvalidParameter},
            {0x1234, JET_errInvalidInstance}, {gone, JET_errInvalidInstance},
            {created, JET_errNotInitialized},
        };
        for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
            struct test_handles handles = {.instance = rows[row].handle};
            JET_ERR err = functions[i].call(&handles);
            cr_expect_eq(err, rows[row].answer, "%s, row %zu: %d", functions[i].name, row,
                         (int)err);
        }
    }
    cr_expect_eq(JetTerm(created), JET_errSuccess);
    cr_expect_eq(JetTerm(running), JET_errSuccess);
}

Test(gate, a_database_must_be_open_in_the_session)
{
    struct test_table table;
    test_open_table(&table);
    JET_SESID other = test_session(table.instance);
    const JET_DBID wrong[] = {0, 2, 6, 7, 99, JET_dbidNil};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        cr_expect_eq(JetCloseDatabase(table.sesid, wrong[i], 0), JET_errInvalidDatabaseId);
        cr_expect_eq(JetDeleteTableA(table.sesid, wrong[i], "x"), JET_errInvalidDatabaseId);
    }
    cr_expect_eq(JetDeleteTableA(other, table.dbid, "x"), JET_errInvalidDatabaseId);
    cr_assert_eq(JetStopServiceInstance(table.instance), JET_errSuccess);
    cr_expect_eq(JetDeleteTableA(other, table.dbid, "x"), STOPPED);
    cr_expect_eq(JetCloseDatabase(other, table.dbid, 0), JET_errInvalidDatabaseId);
    cr_expect_eq(JetTerm(table.instance), JET_errSuccess);
}

Test(gate, what_a_call_is_passed_is_looked_at_behind_the_gate)
{
    JET_INSTANCE instance = test_start();
    JET_SESID sesid = test_session(instance);
    cr_expect_eq(JetOSSnapshotPrepareInstance(1, instance, 0), JET_errOSSnapshotInvalidSnapId);
    cr_expect_eq(JetOSSnapshotPrepareInstance(1, 0x1234, 0), JET_errInvalidInstance);
    cr_expect_eq(JetDefragment3A(sesid, "a", "b", NULL, NULL, NULL, NULL, 0),
                 JET_errInvalidParameter);
    cr_expect_eq(JetTerm(instance), JET_errSuccess);
}
