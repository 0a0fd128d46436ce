/* support.c - see support.h. */
#include "scenarios/tests/language/support.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

char *support_print(const struct scn_plan *plan)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    cr_assert_not_null(out);
    cr_assert_eq(scn_print(out, plan), 0, "the plan cannot be printed");
    fclose(out);
    return text;
}

struct scn_plan *support_parse(const char *text)
{
    char error[512] = "";
    struct scn_plan *plan = scn_parse("test", text, strlen(text), error, sizeof error);

    cr_assert_not_null(plan, "%s", error);
    return plan;
}

struct scn_plan *support_parse_steps(const char *steps)
{
    char *text = NULL;
    struct scn_plan *plan;

    cr_assert_gt(asprintf(&text,
                          "scenario s\ninstance main\ndatabase data\ntable rows in data\n"
                          "actor a\n%s\nend\n",
                          steps),
                 0);
    plan = support_parse(text);
    free(text);
    return plan;
}

void support_round_trip(const struct scn_plan *plan, const char *what)
{
    char *once = support_print(plan), *twice, error[512] = "";
    struct scn_plan *again = scn_parse(what, once, strlen(once), error, sizeof error);

    cr_assert_not_null(again, "%s: the printed script does not parse: %s\n%s", what, error, once);
    cr_assert(scn_plan_equal(plan, again), "%s: text changed the plan:\n%s", what, once);
    twice = support_print(again);
    cr_assert_str_eq(once, twice, "%s: printing is no fixed point", what);
    scn_plan_free(again);
    free(once);
    free(twice);
}

void support_each_differs(const char *script, const char *const changes[][2], size_t count)
{
    struct scn_plan *plan = support_parse(script);
    for (size_t i = 0; i < count; i++) {
        char text[4096];
        const char *at = strstr(script, changes[i][0]);
        cr_assert_not_null(at, "%s", changes[i][0]);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - script), script, changes[i][1],
                 at + strlen(changes[i][0]));
        struct scn_plan *other = support_parse(text);
        cr_expect_not(scn_plan_equal(plan, other), "%s: %s", changes[i][0], changes[i][1]);
        scn_plan_free(other);
    }
    scn_plan_free(plan);
}

void support_refused(const char *script, const char *message)
{
    char error[512] = "";
    struct scn_plan *plan = scn_parse("t", script, strlen(script), error, sizeof error);
    cr_expect_null(plan, "%s", script);
    cr_expect_not_null(strstr(error, message), "\"%s\" should contain \"%s\"", error, message);
}
