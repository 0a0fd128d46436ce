/* The step `fault`: what it says reaches the plan and survives printing; what makes no sense is refused. */
#include "scenarios/tests/language/support.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

static const char steps[] = "fault short at pwrite,fread file \"*.log\" nth 3 lasting\n"
                            "fault delay 500 actor a\n"
                            "repeat 2\n"
                            "fault torn in JetCommitTransaction during JetTerm stacks\n"
                            "end\n"
                            "fault kill state race chance 7 seed 9 times 4\n"
                            "fault EIO actor engine\n"
                            "fault off\n";

Test(fault, everything_survives_printing)
{
    struct scn_plan *plan = support_parse_steps(steps);
    const struct scn_step *step = plan->actors[0].steps;
    cr_expect_eq(step->kind, SCN_STEP_FAULT);
    cr_expect_eq(step->u.fault->kind, SHIM_FAULT_SHORT);
    cr_expect_eq(step->u.fault->first, 3);
    cr_expect_eq(step->u.fault->times, 0);
    cr_expect_str_eq(step->u.fault->file, "*.log");
    support_round_trip(plan, "a script with faults");
    cr_expect(scn_plan_has_faults(plan));
    char *printed = support_print(plan);
    cr_expect_not_null(strstr(printed, "    fault off\n"));
    cr_expect_not_null(strstr(printed, "fault short at pwrite, fread file \"*.log\" nth 3 lasting\n"));
    free(printed);
    scn_plan_free(plan);
}

Test(fault, is_found_wherever_it_is)
{
    static const char *const with[] = {"repeat 2\nfault off\nend\n", "choose\npause 1\nor\nfault off\nend\n",
                                       "only run\nfault EIO\nend\n"};
    for (size_t i = 0; i < sizeof with / sizeof with[0]; i++) {
        struct scn_plan *plan = support_parse_steps(with[i]);
        cr_expect(scn_plan_has_faults(plan), "%s", with[i]);
        scn_plan_free(plan);
    }
    struct scn_plan *plan = support_parse_steps("pause 1\n");
    cr_expect_not(scn_plan_has_faults(plan));
    scn_plan_free(plan);
}

Test(fault, plans_that_differ_are_not_equal)
{
    static const char *const other[] = {"fault off\n", "fault EIO\n", "fault ENOSPC nth 2\n",
                                        "fault ENOSPC lasting\n", "fault ENOSPC at pwrite\n"};
    struct scn_plan *plan = support_parse_steps("fault ENOSPC\n");
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        struct scn_plan *second = support_parse_steps(other[i]);
        cr_expect_not(scn_plan_equal(plan, second), "%s", other[i]);
        scn_plan_free(second);
    }
    scn_plan_free(plan);
}

static void refused(const char *line, const char *message)
{
    char text[1024], error[512] = "";
    snprintf(text, sizeof text, "scenario s\ninstance main\nactor a\n%s\nend\n", line);
    struct scn_plan *plan = scn_parse("t", text, strlen(text), error, sizeof error);
    cr_expect_null(plan, "%s", line);
    cr_expect_not_null(strstr(error, message), "\"%s\" should contain \"%s\"", error, message);
    cr_expect_eq(strncmp(error, "t:4:", 4), 0, "%s", error);
}

Test(fault, what_makes_no_sense_is_refused)
{
    refused("fault", "errno name");
    refused("fault EVIL", "'EVIL' where an errno name");
    refused("fault EIO at home", "an operation");
    refused("fault torn at malloc", "malloc cannot be torn");
    refused("fault EIO actor nobody", "no such actor");
    refused("fault EIO actor ab", "no such actor");
    refused("fault kill state restart", "kills makes no sense");
    support_refused("scenario s\ninstance main\nactor a\nend\nafter death\nfault kill at pwrite\nend\n", "kills makes no sense");
    refused("fault EIO nth 0", "from 1");
    refused("fault EIO => 3", "which operations go wrong");
    refused("fault EIO file \"a\\\\b\"", "a pattern");
    refused("fault off now", "expected");
}

Test(fault, actors_have_the_numbers_of_their_threads)
{
    static const char text[] = "scenario s\ninstance main\nactor a x 3\nend\nactor ab\nend\n";
    static const struct { const char *name; bool known; uint32_t first, count; } cases[] = {
        {"runner", true, 0, 1}, {"a", true, 1, 3},   {"a.0", true, 1, 1},   {"a.2", true, 3, 1},  {"ab", true, 4, 1},
        {"ab.0", true, 4, 1},   {"a.3", false, 0, 0}, {"b", false, 0, 0},   {"a.x", false, 0, 0}, {"a.1x", false, 0, 0},
        {"a.-1", false, 0, 0},  {"engine", false, 0, 0}, {"", false, 0, 0}, {"a.99999999999999999999", false, 0, 0}};
    char error[512];
    struct scn_plan *plan = scn_parse("t", text, strlen(text), error, sizeof error);
    cr_assert_not_null(plan, "%s", error);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t first = 0, count = 0;
        cr_expect_eq(scn_plan_find_actor(plan, cases[i].name, &first, &count), cases[i].known, "%s", cases[i].name);
        cr_expect_eq(first, cases[i].first, "%s", cases[i].name);
        cr_expect_eq(count, cases[i].count, "%s", cases[i].name);
    }
    scn_plan_free(plan);
}
