/* Plans that travel as text keep the lines of their file. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/tests/language/support.h"

static const char *const script =
    "# 1\nscenario s # 2\n\n# 4\ninstance main # 5\nend\nactor a # 7\n# 8\n    JetBeginSession # line 99\n"
    "    repeat 2 # 10\n# 11\n        choose # 12\n\n            JetEndSession # 14\n        or # 15\n"
    "            pause 1\n        end\n    end # 18\ncleanup\n# 20\n    JetEndSession\nend\nafter death\n\n    observe x 1 # 25\n"
    "end\nexpect no-overlap # 27\n";

/* Prints the plan with its lines and reads that. */
static struct scn_plan *travelled(const struct scn_plan *plan)
{
    char error[400] = "";
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    cr_assert_eq(scn_print_placed(out, plan), 0);
    fclose(out);
    struct scn_plan *again = scn_parse_placed("placed", text, size, error, sizeof error);
    cr_assert_not_null(again, "%s in:\n%s", error, text);
    free(text);
    return again;
}

static void stands_where_it_stood(const struct scn_plan *plan)
{
    const struct scn_step *first = plan->actors[0].steps, *repeat = first->next;
    const struct scn_choice *choice = repeat->u.repeat.body->u.choices;
    cr_expect_eq(first->pos.line, 9, "%d", first->pos.line);
    cr_expect_eq(choice->body->pos.line, 14, "%d", choice->body->pos.line);
    cr_expect_eq(choice->next->body->pos.line, 16, "%d", choice->next->body->pos.line);
    cr_expect_eq(plan->actors[0].cleanup->pos.line, 21, "%d", plan->actors[0].cleanup->pos.line);
    cr_expect_eq(plan->after.death->pos.line, 25, "%d", plan->after.death->pos.line);
    cr_expect_eq(plan->expects[0].pos.line, 27, "%d", plan->expects[0].pos.line);
}

Test(placed, lines_survive_two_journeys)
{
    struct scn_plan *plan = support_parse(script), *once = travelled(plan), *twice = travelled(once);
    stands_where_it_stood(plan);
    stands_where_it_stood(once);
    stands_where_it_stood(twice);
    cr_expect(scn_plan_equal(plan, twice));
    scn_plan_free(plan);
    scn_plan_free(once);
    scn_plan_free(twice);
}

Test(placed, a_file_of_a_person_says_its_own_lines)
{
    struct scn_plan *plan = support_parse("scenario s\ninstance main\nactor a\n    JetBeginSession  # line 99\nend\nexpect no-overlap\n");
    cr_expect_eq(plan->actors[0].steps->pos.line, 4);
    scn_plan_free(plan);
}

Test(placed, errors_name_lines_of_the_text)
{
    const char *text = "scenario s\ninstance main\nactor a\n    JetBeginSession  # line 99\n    JetNothing  # line 100\nend\n";
    char error[400] = "";
    cr_assert_null(scn_parse_placed("t", text, strlen(text), error, sizeof error));
    cr_expect(strncmp(error, "t:5:", 4) == 0, "%s", error);
}
