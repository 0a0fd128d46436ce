/* Bad scripts: one message with file, line, column and what would be right. */
#include "scenarios/tests/language/support.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

static void expect_error_size(const char *text, size_t size, const char *message)
{
    char error[1024] = "";
    struct scn_plan *plan = scn_parse("t.scenario", text, size, error, sizeof error);

    cr_expect_null(plan, "accepted:\n%s", text);
    cr_expect(strstr(error, message) != NULL, "\"%s\"\nshould contain\n\"%s\"\nfor\n%s", error,
              message, text);
    scn_plan_free(plan);
}

static void expect_error(const char *text, const char *message)
{
    expect_error_size(text, strlen(text), message);
}

/* The message for the steps of an actor; its first step is in line 6. */
static void expect_step_error(const char *steps, const char *message)
{
    char *text = NULL;

    cr_assert_gt(asprintf(&text,
                          "scenario s\ninstance main\ndatabase data\ntable rows in data\nactor a\n"
                          "%s\nend\n",
                          steps),
                 0);
    expect_error(text, message);
    free(text);
}

#define HEAD  "scenario s\ninstance main\n"
#define ACTOR "actor a\nend\n"

Test(errors, of_characters)
{
    expect_error_size("scenario s\n\0\n", 13, "t.scenario:2:1: a NUL byte");
    expect_error("scenario s\n\xC3(\n", "t.scenario:2:1: byte 0xC3 is not valid UTF-8");
    expect_error("scenario s\n\xED\xA0\x80", "not valid UTF-8");
    expect_error("scenario s\n\xC0\x80", "not valid UTF-8");
    expect_error("scenario s\n  @", "t.scenario:2:3: '@' has no meaning");
    expect_error("scenario s\ntitle \"\xC3\xA9\" \xE2\x82\xAC",
                 "t.scenario:2:11: character U+20AC");
    expect_error("scenario s\ntitle \"open\n", "t.scenario:2:7: text without its closing");
    expect_error("scenario s\ntitle \"a\\q\"\n", "t.scenario:2:9: unknown escape");
    expect_error("scenario s\ntitle \"a\\x00\"\n", "unknown escape");
    expect_error("scenario s\ntitle \"a\x01\"\n", "t.scenario:2:9: control character");
    expect_error("scenario s\ncase 3x\n", "t.scenario:2:6: malformed number");
    expect_error("scenario s\ncase 0x\n", "malformed number");
    expect_error("scenario s\ncase 99999999999999999999\n", "number out of range");
    expect_error("scenario s\n$\n", "a name must follow $");
}

Test(errors, of_declarations)
{
    expect_error("", "t.scenario:1:1: expected scenario NAME, found the end of the script");
    expect_error("instance main\n", "t.scenario:1:1: expected scenario NAME, found instance");
    expect_error("scenario 1\n", "expected the name of the scenario, found 1");
    expect_error("scenario s x\n", "expected the end of the line, found x");
    expect_error(HEAD "frobnicate\n", "t.scenario:3:1: expected title, case");
    expect_error(HEAD "case 0\n", "it must be in the range 1 to 999");
    expect_error(HEAD "repeat 0\n", "the number of repeats is 0; it must be in the range 1 to");
    expect_error(HEAD "title \"a\"\ntitle \"b\"\n", "t.scenario:4:1: a second title");
    expect_error("scenario s\n" ACTOR, "t.scenario:2:1: no instance is declared above");
    expect_error("scenario s\ninstance main\n", "nobody does anything; add an actor");
    expect_error("scenario s\ninstance main\ninstance main\n" ACTOR, "3:1: a second instance main");
    expect_error("scenario s\ninstance nil\n" ACTOR, "nil cannot be the name of an instance");
    expect_error("scenario s\ninstance main\nJET_paramFoo = 1\nend\n",
                 "3:1: JET_paramFoo is no system");
    expect_error("scenario s\ninstance main\nJET_paramMaxSessions 1\nend\n",
                 "expected = and the value");
    expect_error("scenario s\ninstance main\nJET_paramMaxSessions = nil\nend\n" ACTOR,
                 "JET_paramMaxSessions takes a number or a text");
    expect_error("scenario s\ninstance main\nJET_paramMaxSessions = 1\nactor a\nend\n",
                 "expected end, found actor");
    expect_error("scenario s\ninstance main\nJET_paramMaxSessions = 1\n",
                 "2:1: this instance is never closed");
    expect_error("scenario s\ndatabase d\n", "2:1: no instance is declared above");
    expect_error(HEAD "database d on other\n", "3:15: no instance other is declared above");
    expect_error(HEAD "database d\ndatabase d\n" ACTOR, "4:1: a second database d");
    expect_error(HEAD "table t\n", "no database is declared above");
    expect_error(HEAD "database d\ntable t in e\n", "4:12: no database e is declared above");
    expect_error(HEAD "database d\ntable t rows 10000001\n", "must be in the range 0 to 10000000");
    expect_error(HEAD "database d\ntable t\ntable t\n" ACTOR, "5:1: a second table t");
    expect_error(HEAD ACTOR ACTOR, "5:1: a second actor a");
    expect_error(HEAD "actor a x 256\nend\n", "must be in the range 1 to 255");
    expect_error(HEAD "actor a x 200\nend\nactor b x 56\nend\n", "256 actors in all; at most 255");
    expect_error(HEAD "actor a\n", "3:1: this actor is never closed; add a line with end");
    expect_error(HEAD "actor a\nend\ncleanup\n", "cleanup belongs into an actor");
    expect_error(HEAD ACTOR "expect JetUpdate sometimes\n",
                 "expected overlapped, denied, admitted, cut, uncut or gives, found sometimes");
    expect_error(HEAD ACTOR "expect JetUpdate denied 0\n", "the number of calls is 0");
}

Test(errors, of_names)
{
    expect_step_error("JetBeginSesion", "6:1: unknown function JetBeginSesion; did you mean "
                                        "JetBeginSession?");
    expect_step_error("JetStopServiceInstance3", "did you mean JetStopServiceInstance");
    expect_step_error("Jetfoobarfoobarfoobar", "unknown function Jetfoobarfoobarfoobar");
    expect_step_error("JetTestHook", "JetTestHook is exported by some engines but not documented");
    expect_step_error("JetEndSession session=nil",
                      "6:15: JetEndSession has no parameter session; it has sesid, grbit");
    expect_step_error("JetStopService instance=nil", "it has none at all");
    expect_step_error("JetEndSession grbit=JET_bitFoo", "6:21: unknown constant JET_bitFoo");
    expect_step_error("JetEndSession grbit=JET_bitStopServiceResum",
                      "did you mean JET_bitStopServiceResume?");
    expect_error("scenario s\ninstance main\nJET_paramMaxSesions = 1\nend\n",
                 "did you mean JET_paramMaxSessions?");
    expect_step_error("JetEndSession => JET_errSucces",
                      "unknown constant JET_errSucces: esent.h has no such name; did you mean "
                      "JET_errSuccess?");
    expect_step_error("JetEndSession sesid=s",
                      "6:21: s is not bound before; add -> s to an earlier");
    expect_step_error("JetEndSession sesid=s\nJetBeginSession -> s", "s is not bound before");
    expect_step_error("JetEndSession sesid=$s", "no actor binds $s");
    expect_step_error("check s == 1", "s is not bound before");
    expect_step_error("check 1 == 1", "check needs a name that was bound");
    expect_step_error("JetBeginSession -> main", "main is the name of an instance");
    expect_step_error("JetBeginSession -> actor", "actor cannot be the name of a value");
    expect_step_error("JetBeginSession -> $nil", "nil cannot be the name of a shared value");
    expect_step_error("JetRollback -> s", "JetRollback gives nothing that a name could hold");
    expect_step_error("wait go", "6:1: nobody signals go; add: signal go");
    expect_step_error("repeat until go\nend", "nobody signals go");
    expect_step_error("signal denied", "denied cannot be the name of a gate");
    expect_step_error("insert rose", "no table rose is declared");
    expect_error("scenario s\ninstance a\ninstance b\ndatabase d on b\ntable t\nactor x on a\n"
                 "insert t\nend\n",
                 "7:1: table t is on instance b, but actor x is on a");
}

Test(errors, of_values)
{
    expect_step_error("JetEndSession grbit=\"text\"", "6:21: grbit takes a number");
    expect_step_error("JetEndSession sesid=random(1, 2)", "sesid takes a handle");
    expect_step_error("JetEndSession sesid=", "expected a value, found the end of the line");
    expect_step_error("JetEndSession sesid", "expected = and the value of the parameter");
    expect_step_error("JetEndSession grbit=1 grbit=2", "6:23: grbit is given twice");
    expect_step_error("JetEndSession grbit=4294967296",
                      "grbit is 4294967296; it must be in the range");
    expect_step_error("JetEndSession grbit=random(1, 4294967296)", "it must be in the range");
    expect_step_error("JetOpenTable szTableName=1", "szTableName takes a text in quotes or null");
    expect_step_error("JetSetColumns psetcolumn=1", "psetcolumn takes only null");
    expect_step_error("JetSetColumns psetcolumn=garbage", "psetcolumn takes only null");
    expect_step_error("JetEndSession grbit=turn", "turn has a value only inside repeat");
    expect_step_error("pause random(2, 1)", "the first number must be the smaller");
    expect_step_error("pause random(2)", "expected , and the highest number");
    expect_step_error("pause 60000001", "the microseconds is 60000001; it must be");
    expect_step_error("pause nil", "the microseconds takes a number");
    expect_step_error("probe -1", "it must be in the range 0 to");
    expect_step_error("repeat -1\nend", "it must be in the range 0 to");
    expect_step_error("signal go\nwait go 0", "the number of signals is 0");
    expect_step_error("aim any count 0", "the number of actors is 0");
    expect_step_error("aim", "expected a function of the API");
    expect_step_error("JetEndSession => 4294967296", "4294967296 is out of range");
    expect_step_error("JetEndSession =>", "expected a number or a constant");
    expect_step_error("JetEndSession 5", "expected parameter=value, -> name, => code or the end");
    expect_step_error("choose 0\nend", "the weight is 0");
}

Test(errors, of_memory)
{
    scn_plan_free(support_parse_steps("JetGetInstanceInfo -> m\nJetFreeBuffer pbBuf=m"));
    expect_step_error("JetFreeBuffer pbBuf=garbage", "pbBuf takes null or the name of memory");
    expect_step_error("JetBeginSession -> m\nJetFreeBuffer pbBuf=m", "m is no memory");
    expect_step_error("JetGetInstanceInfo -> m\nJetFreeBuffer pbBuf=m\nJetFreeBuffer pbBuf=m",
                      "8:21: m is freed twice");
    expect_step_error("JetGetInstanceInfo -> m\nrepeat 2\nJetFreeBuffer pbBuf=m\nend",
                      "m is no memory");
    expect_step_error("repeat 2\nJetGetInstanceInfo -> m\nend", "cannot be bound inside repeat");
    expect_step_error("JetGetInstanceInfo -> m\nJetBeginSession -> m", "m holds memory");
    expect_step_error("JetGetInstanceInfo -> m\nJetGetInstanceInfo -> m", "m holds memory");
    expect_step_error("JetBeginSession -> m\nJetGetInstanceInfo -> m", "m is bound before");
    expect_step_error("JetGetInstanceInfo -> $m", "cannot be shared");
}

Test(errors, of_blocks)
{
    expect_error(HEAD "actor a\nrepeat 1\n",
                 "4:1: this repeat is never closed; add a line with end");
    expect_error(HEAD "actor a\nchoose\n", "4:1: this choose is never closed");
    expect_step_error("or", "expected end, found or");
    expect_step_error("repeat 1\ncleanup\nend", "expected end, found cleanup");
    expect_step_error("hello", "expected a call (JetX), insert, replace");
}

Test(errors, of_nesting)
{
    char text[4096] = HEAD "actor a\n";

    for (int i = 0; i < SCN_MAX_NESTING; i++)
        strcat(text, "repeat 1\n");
    for (int i = 0; i < SCN_MAX_NESTING; i++)
        strcat(text, "end\n");
    strcat(text, "end\n");
    scn_plan_free(support_parse(text));

    strcpy(text, HEAD "actor a\n");
    for (int i = 0; i <= SCN_MAX_NESTING; i++)
        strcat(text, i % 2 ? "repeat 1\n" : "choose\n");
    expect_error(text, "20:1: blocks nested more than 16 deep");
}

Test(errors, of_too_much)
{
    char *text = malloc(SCN_MAX_FILE + 2);
    size_t used;

    memset(text, '\n', SCN_MAX_FILE + 1);
    expect_error_size(text, SCN_MAX_FILE + 1, "at most 1048576 are allowed");

    used = (size_t)sprintf(text, "scenario ");
    memset(text + used, 'a', 65);
    strcpy(text + used + 65, "\n");
    expect_error(text, "a name of 65 characters; at most 64");

    used = (size_t)sprintf(text, HEAD "actor a\n");
    for (int i = 0; i <= SCN_MAX_NAMES; i++)
        used += (size_t)sprintf(text + used, "JetBeginSession -> s%d\n", i);
    strcpy(text + used, "end\n");
    expect_error(text, "68:1: more than 64 names in one actor");

    used = (size_t)sprintf(text, HEAD "actor a\n");
    for (int i = 0; i <= SCN_MAX_GATES; i++)
        used += (size_t)sprintf(text + used, "signal g%d\n", i);
    strcpy(text + used, "end\n");
    expect_error(text, "more than 64 gates");

    used = (size_t)sprintf(text, HEAD "actor a\nJetOpenTable szTableName=\"");
    memset(text + used, 'a', SCN_MAX_TEXT + 1);
    strcpy(text + used + SCN_MAX_TEXT + 1, "\"\nend\n");
    expect_error(text, "a text has at most 4096 bytes");

    used = (size_t)sprintf(text, HEAD "actor a\nJetRollback => 0");
    for (int i = 0; i < SCN_MAX_CODES; i++)
        used += (size_t)sprintf(text + used, " | %d", i);
    strcpy(text + used, "\nend\n");
    expect_error(text, "more than 32 codes");

    used = (size_t)sprintf(text, "scenario s\n");
    for (int i = 0; i <= SCN_MAX_INSTANCES; i++)
        used += (size_t)sprintf(text + used, "instance i%d\n", i);
    expect_error(text, "more than 16 instances");

    used = (size_t)sprintf(text, HEAD);
    for (int i = 0; i < 7; i++)
        used += (size_t)sprintf(text + used, "database d%d\n", i);
    strcpy(text + used, ACTOR);
    expect_error(text, "more than 6 databases on one instance");
    free(text);
}

Test(errors, of_files)
{
    char error[256];

    cr_assert_null(scn_parse_file("/does/not/exist.scenario", error, sizeof error));
    cr_assert_str_eq(error,
                     "/does/not/exist.scenario: cannot be opened: No such file or directory");
    cr_assert_null(scn_parse_file("/", error, sizeof error));
    cr_assert_not_null(strstr(error, "cannot be read"), "%s", error);
}

Test(errors, fit_any_buffer)
{
    const char *text = HEAD "actor a\nJetBeginSesion\nend\n";
    char error[8];

    for (size_t size = 0; size <= sizeof error; size++) {
        memset(error, 'x', sizeof error);
        cr_assert_null(scn_parse("t.scenario", text, strlen(text), error, size));
        if (size > 0)
            cr_assert_lt(strnlen(error, size), size);
        for (size_t i = size; i < sizeof error; i++)
            cr_assert_eq(error[i], 'x');
    }
}
