/* What scripts mean: every construct, and the canonical form that they are printed in. */
#include "scenarios/tests/language/support.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

static const char full[] =
    "# comment\n"
    "scenario stop-vs-commit\n"
    "title \"Commits race the stop: each is durable or refused\"\n"
    "case 3, 4\n"
    "repeat 5\n"
    "instance main\n"
    "    JET_paramMaxSessions = 64   # 32 + 32\n"
    "    JET_paramBaseName = \"edb\"\n"
    "end\n"
    "instance other created\n"
    "instance third none\n"
    "end\n"
    "database data on main\n"
    "table rows in data rows 100\n"
    "actor writer x 4 on main\n"
    "    JetBeginSession -> s\n"
    "    JetOpenTableW sesid=s szTableName=\"rows\"\n"
    "    repeat until denied max 1000\n"
    "        JetBeginTransaction\n"
    "        insert rows\n"
    "        replace rows key=random(1, 100)\n"
    "        delete rows key=turn\n"
    "        read rows key=actor\n"
    "        JetCommitTransaction grbit=JET_bitCommitLazyFlush | JET_bitWaitLastLevel0Commit\n"
    "    end\n"
    "cleanup\n"
    "    JetEndSession sesid=s => 0\n"
    "end\n"
    "actor stopper on other\n"
    "    aim JetCommitTransaction, JetUpdate count 2 calls 400\n"
    "    JetStopServiceInstance instance=main => JET_errSuccess | -1003\n"
    "    signal go\n"
    "    wait go 2\n"
    "    choose 3\n"
    "        pause 10\n"
    "    or\n"
    "        probe random(1, 9)\n"
    "    end\n"
    "    JetDupSession sesid=garbage -> $shared\n"
    "    repeat until go\n"
    "        JetEndSession sesid=$shared\n"
    "    end\n"
    "    check $shared == stale\n"
    "    aim any\n"
    "end\n"
    "expect JetCommitTransaction overlapped\n"
    "expect JetUpdate denied 12\n"
    "expect no-overlap\n";

Test(parse, every_construct_reaches_the_plan)
{
    struct scn_plan *plan = support_parse(full);
    const struct scn_step *step;

    cr_assert_str_eq(plan->name, "stop-vs-commit");
    cr_assert_str_eq(plan->title, "Commits race the stop: each is durable or refused");
    cr_assert_eq(plan->case_count, 2);
    cr_assert_eq(plan->cases[1], 4);
    cr_assert_eq(plan->repeat, 5);
    cr_assert_eq(plan->instance_count, 3);
    cr_assert_eq(plan->instances[0].setting_count, 2);
    cr_assert_eq(plan->instances[0].settings[0].param, JET_paramMaxSessions);
    cr_assert_eq(plan->instances[0].settings[0].value.number, 64);
    cr_assert_str_eq(plan->instances[0].settings[1].value.text, "edb");
    cr_assert_eq(plan->instances[1].start, SCN_START_CREATED);
    cr_assert_eq(plan->instances[2].start, SCN_START_NONE);
    cr_assert_eq(plan->tables[0].rows, 100);
    cr_assert_eq(plan->actor_count, 2);
    cr_assert_eq(plan->actors[0].count, 4);
    cr_assert(plan->actors[0].has_cleanup);
    cr_assert_eq(plan->actors[1].instance, 1);

    step = plan->actors[0].steps;
    cr_assert_eq(step->u.call.fn, SHIM_FN_JetBeginSession);
    cr_assert_str_eq(step->u.call.bind, "s");
    step = step->next;
    cr_assert_eq(step->u.call.variant, SHIM_W);
    cr_assert_eq(step->u.call.args[1].param, 2);
    step = step->next;
    cr_assert_eq(step->u.repeat.kind, SCN_REPEAT_UNTIL_DENIED);
    cr_assert_eq(step->u.repeat.count.number, 1000);
    step = step->u.repeat.body->next->next->next->next->next;
    cr_assert_eq(step->u.call.args[0].value.number,
                 JET_bitCommitLazyFlush | JET_bitWaitLastLevel0Commit);

    step = plan->actors[1].steps;
    cr_assert_eq(step->u.aim.fn_count, 2);
    cr_assert_eq(step->u.aim.fns[1], SHIM_FN_JetUpdate);
    cr_assert_eq(step->u.aim.count, 2);
    cr_assert_eq(step->u.aim.calls, 400);
    step = step->next;
    cr_assert_eq(step->u.call.expected_count, 2);
    cr_assert_eq(step->u.call.expected[1], -1003);
    cr_assert_eq(step->pos.line, 31);
    cr_assert_eq(step->pos.column, 5);
    cr_assert_eq(plan->expects[1].count, 12);
    scn_plan_free(plan);
}

Test(parse, text_to_plan_to_text_is_the_identity)
{
    struct scn_plan *plan = support_parse(full);

    support_round_trip(plan, "full");
    scn_plan_free(plan);
}

Test(parse, a_script_may_come_from_windows)
{
    struct scn_plan *plan =
        support_parse("\xEF\xBB\xBFscenario s\r\ninstance main\r\nactor a\r\nend\r\n");

    support_round_trip(plan, "windows");
    scn_plan_free(plan);
}

Test(parse, the_last_line_needs_no_line_end)
{
    scn_plan_free(support_parse("scenario s\ninstance main\nactor a\nend"));
}

Test(parse, numbers_are_equal_however_they_are_written)
{
    struct scn_plan *a = support_parse_steps("JetEndSession grbit=0x10");
    struct scn_plan *b = support_parse_steps("JetEndSession grbit=16");
    struct scn_plan *c = support_parse_steps("JetEndSession grbit=17");
    char *text = support_print(a);

    cr_assert(scn_plan_equal(a, b));
    cr_assert_not(scn_plan_equal(a, c));
    cr_assert_not_null(strstr(text, "grbit=0x10"), "the form of the number is lost");
    free(text);
    scn_plan_free(a);
    scn_plan_free(b);
    scn_plan_free(c);
}

Test(parse, the_limits_of_numbers)
{
    struct scn_plan *plan =
        support_parse_steps("JetSetSessionContext ulContext=0xFFFFFFFFFFFFFFFF\n"
                            "JetSetSessionContext ulContext=-9223372036854775808\n"
                            "JetMove cRow=-2147483648\n"
                            "JetMove cRow=JET_MoveLast");

    cr_assert_eq(plan->actors[0].steps->u.call.args[0].value.number, -1);
    cr_assert_eq(plan->actors[0].steps->next->u.call.args[0].value.number, INT64_MIN);
    support_round_trip(plan, "limits");
    scn_plan_free(plan);
}

Test(parse, functions_without_a_plain_name_take_their_wide_one)
{
    struct scn_plan *plan = support_parse_steps("JetCreateIndex3\nJetGetErrorInfo");

    cr_assert_eq(plan->actors[0].steps->u.call.variant, SHIM_W);
    support_round_trip(plan, "wide only");
    scn_plan_free(plan);
}

Test(parse, text_survives_with_every_byte)
{
    struct scn_plan *plan =
        support_parse_steps("JetOpenTable szTableName=\"a\\\"b\\\\c\\n\\t\\r\\x01\\x7F\\xFF\\xC3 "
                            "\xC3\xA9 \xE2\x82\xAC\"");

    cr_assert_str_eq(plan->actors[0].steps->u.call.args[0].value.text,
                     "a\"b\\c\n\t\r\x01\x7F\xFF\xC3 \xC3\xA9 \xE2\x82\xAC");
    support_round_trip(plan, "text");
    scn_plan_free(plan);
}

Test(parse, every_public_function_can_be_called_under_each_of_its_names)
{
    char line[128];

    for (int fn = 0; fn < SHIM_FN_COUNT; fn++) {
        for (int v = 0; v < SHIM_VARIANT_COUNT; v++) {
            const char *name = shim_function_export((enum shim_fn)fn, (enum shim_variant)v);
            struct scn_plan *plan;

            if (!name || !shim_function((enum shim_fn)fn)->is_public)
                continue;
            snprintf(line, sizeof line, "%s", name);
            plan = support_parse_steps(line);
            cr_assert_eq((int)plan->actors[0].steps->u.call.fn, fn, "%s", name);
            cr_assert_eq((int)plan->actors[0].steps->u.call.variant, v, "%s", name);
            support_round_trip(plan, name);
            scn_plan_free(plan);
        }
    }
}

Test(parse, a_name_binds_the_first_handle_and_else_the_first_number)
{
    cr_assert_eq(scn_bind_param(SHIM_FN_JetBeginSession), 1);
    cr_assert_eq(scn_bind_param(SHIM_FN_JetIndexRecordCount), 2);
    cr_assert_eq(scn_bind_param(SHIM_FN_JetGetSystemParameter), 3);
    cr_assert_eq(scn_bind_param(SHIM_FN_JetInit), 0);
    cr_assert_eq(scn_bind_param(SHIM_FN_JetOpenTempTable), 4);
    cr_assert_eq(scn_bind_param(SHIM_FN_JetRollback), -1);
    cr_assert_eq(scn_bind_param(SHIM_FN_JetGetInstanceInfo), 1);
    cr_assert_eq(scn_bind_param(SHIM_FN_JetEnumerateColumns), 4);
    cr_assert_eq(scn_bind_param(SHIM_FN_JetStopService), -1);
}

Test(parse, equality_sees_every_difference)
{
    static const char *const different[] = {
        "JetEndSession",
        "JetEndSession grbit=1",
        "JetEndSession sesid=nil",
        "JetEndSession sesid=null",
        "JetEndSession => 0",
        "JetEndSession => 1",
        "JetBeginSession -> s",
        "JetBeginSession -> t",
        "JetBeginSessionA -> t",
        "insert rows",
        "replace rows",
        "insert rows key=1",
        "repeat 1\nend",
        "repeat 2\nend",
        "repeat 1\npause 1\nend",
        "repeat until denied\nend",
        "repeat until denied max 1\nend",
        "choose\nend",
        "choose 2\nend",
        "choose\nor\nend",
        "signal a",
        "signal b",
        "signal a\nwait a",
        "signal a\nwait a 2",
        "aim any",
        "aim any count 2",
        "aim any calls 2",
        "aim JetUpdate",
        "probe 1",
        "pause 1",
        "pause random(1, 2)",
        "pause random(1, 3)",
        "cleanup",
        "cleanup\npause 1",
        "",
    };
    size_t count = sizeof different / sizeof different[0];

    for (size_t i = 0; i < count; i++) {
        struct scn_plan *a = support_parse_steps(different[i]);

        support_round_trip(a, different[i]);
        for (size_t j = 0; j < count; j++) {
            struct scn_plan *b = support_parse_steps(different[j]);

            cr_assert_eq(scn_plan_equal(a, b), i == j, "%s\nand\n%s", different[i], different[j]);
            scn_plan_free(b);
        }
        scn_plan_free(a);
    }
}
