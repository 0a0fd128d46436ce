/* test_known.c - which failures stay green, and what is red though it passed. */
#include <stdio.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "scenarios/command/command.h"

static struct rpt_suite suite;

static void add(const char *name, enum rpt_verdict verdict)
{
    struct rpt_case *c = rpt_suite_add(&suite);
    c->suite = cmd_copy("run");
    c->name = cmd_copy(name);
    c->verdict = verdict;
}

static void apply(const char *text)
{
    char path[] = "/tmp/known-XXXXXX";
    struct cmd_known *known = NULL;
    FILE *file = fdopen(mkstemp(path), "w");
    fputs(text, file);
    fclose(file);
    cr_assert_eq(cmd_known_load(path, &known), 0);
    remove(path);
    cmd_known_apply(known, &suite);
    cmd_known_free(known);
}

static void setup(void)
{
    rpt_suite_init(&suite);
}

static void teardown(void)
{
    rpt_suite_fini(&suite);
}

TestSuite(known, .init = setup, .fini = teardown);

Test(known, a_named_failure_is_known_with_its_reason)
{
    add("commits", RPT_LOST_DATA);
    apply("commits: lost-data # no log yet\n");
    cr_expect(suite.cases[0].known);
    cr_expect_str_eq(suite.cases[0].known_reason, "no log yet");
    cr_expect_eq(rpt_suite_exit_code(&suite), 0);
}

Test(known, another_verdict_is_not_known)
{
    add("commits", RPT_CRASH);
    apply("commits: lost-data # no log yet\n");
    cr_expect(!suite.cases[0].known);
    cr_expect_eq(rpt_suite_exit_code(&suite), 1);
}

Test(known, a_pass_is_red_when_nothing_that_matches_fails)
{
    add("commits", RPT_CONFORMS);
    add("inserts", RPT_CONFORMS);
    apply("commits # flaky\n");
    cr_expect(suite.cases[0].unexpected_pass);
    cr_expect(!suite.cases[1].unexpected_pass);
    cr_expect_eq(rpt_suite_exit_code(&suite), 1);
}

Test(known, a_pattern_is_needed_as_long_as_one_of_its_cases_fails)
{
    add("JetMove/stopped", RPT_CONFORMS);
    add("JetSeek/stopped", RPT_WRONG_CODE);
    apply("Jet*/stopped # half done\n");
    cr_expect(!suite.cases[0].unexpected_pass);
    cr_expect(suite.cases[1].known);
}

Test(known, what_was_not_exercised_did_not_pass)
{
    add("commits", RPT_NOT_EXERCISED);
    apply("commits # never runs here\n");
    cr_expect(!suite.cases[0].unexpected_pass);
    cr_expect(!suite.cases[0].known);
}
