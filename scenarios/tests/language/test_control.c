/* What a script says about runs as a whole: controls, what is observed, kills, what follows them. */
#include "scenarios/tests/language/support.h"

#include <criterion/criterion.h>

#include <string.h>

#define HEAD "scenario s\ncontrol\ninstance main\ndatabase data\ntable rows in data\n"

static const char whole[] =
    HEAD
    "actor a\n"
    "    JetBeginSession\n"
    "    JetDefragment2 callback=signal(over)\n"
    "    JetIndexRecordCount -> n at pcrec => 0 | -1329 in ese => -1329\n"
    "    aim JetUpdate count 2 calls 7 at random(10, 90)\n"
    "    only run\n"
    "        JetStopServiceInstance\n"
    "    end\n"
    "    only control\n"
    "        pause 10\n"
    "    end\n"
    "    check n < 5\n"
    "    check n <= 5 in documented\n"
    "    check n > 5\n"
    "    check n >= 5 in ese\n"
    "    observe took elapsed\n"
    "    observe fired signals(over) - 1\n"
    "    wait over\n"
    "    kill\n"
    "end\n"
    "after death\n"
    "    JetGetDatabaseFileInfo InfoLevel=JET_DbInfoMisc -> low at genMinRequired\n"
    "    observe gap low - 3\n"
    "end\n"
    "after restart\n"
    "    pause 1\n"
    "end\n"
    "expect JetUpdate denied 3 own\n"
    "expect JetUpdate cut 2 in ese\n"
    "expect JetMove uncut\n"
    "expect JetTerm gives JET_errSuccess exactly 1\n"
    "expect JetTerm gives JET_errTermInProgress | JET_errInvalidInstance least 1 in ese\n"
    "expect JetTerm gives -1 most 0\n"
    "expect observed gap < control\n"
    "expect observed took * 3 <= control * 2 in documented\n"
    "expect no-overlap\n";

Test(control, everything_survives_printing)
{
    struct scn_plan *plan = support_parse(whole);
    support_round_trip(plan, "a script with a control");
    cr_expect(plan->control);
    cr_expect(plan->after.has_death);
    cr_expect_eq(plan->expect_count, 9);
    cr_expect_eq(plan->expects[7].factor, 3);
    cr_expect_eq(plan->expects[7].control_factor, 2);
    scn_plan_free(plan);
}

/* Every line that a plan can differ in makes it another plan. */
Test(control, plans_that_differ_are_not_equal)
{
    static const char *const changes[][2] = {
        {"wait over", "wait over 2"},
        {"n at pcrec", "n"},
        {"in ese => -1329", ""},
        {"random(10, 90)", "50"},
        {"only run", "only control"},
        {"n < 5", "n == 5"},
        {"5 in documented", "5"},
        {"signals(over) - 1", "signals(over)"},
        {"took elapsed", "took 4"},
        {"    kill\n", ""},
        {"    observe gap low - 3\n", "    observe gap low - 4\n"},
        {"    pause 1\nend\nexpect", "end\nexpect"},
        {"3 own", "3"},
        {"cut 2 in ese", "cut 2"},
        {"JetMove uncut", "JetMove cut"},
        {"exactly 1", "least 1"},
        {"-1 most 0", "-2 most 0"},
        {"gap < control", "gap > control"},
        {"* 3 <=", "* 4 <="},
    };
    support_each_differs(whole, changes, sizeof changes / sizeof changes[0]);
}

Test(control, what_makes_no_sense_is_refused)
{
    support_refused(HEAD "actor a\nend\nexpect observed gap < control\n", "nobody observes gap");
    support_refused("scenario s\ninstance main\nactor a\nobserve gap 1\nend\n"
            "expect observed gap < control\n",
            "no control to compare with");
    support_refused(HEAD "actor a\nend\nafter death\nkill\nend\n", "make no sense after the race");
    support_refused(HEAD "actor a\nend\nafter lunch\nend\n", "expected death or restart");
    support_refused(HEAD "actor a\nend\nafter death\nend\nafter death\nend\n", "a second block");
    support_refused(HEAD "actor a\nonly sometimes\nend\nend\n", "expected run or control");
    support_refused(HEAD "actor a\nJetBeginSession -> s at nothing\nend\n", "nothing that is called");
    support_refused(HEAD "actor a\nobserve x signals(door)\nend\n", "nobody signals door");
    support_refused(HEAD "actor a\nJetIdle grbit=signal(door)\nend\n", "takes a number");
    support_refused(HEAD "actor a\naim JetIdle at 101\nend\n", "must be in the range 0 to 100");
    support_refused(HEAD "actor a\nend\nexpect JetTerm gives 0\n", "expected exactly, least or most");
    support_refused(HEAD "actor a\nend\nexpect JetTerm cut 1 in paris\n", "expected a profile");
    support_refused(HEAD "actor a\nJetBeginSession -> elapsed\nend\n", "a meaning of its own");
}
