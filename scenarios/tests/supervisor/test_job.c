/* test_job.c - orders and answers survive their files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "scenarios/supervisor/job.h"
#include "scenarios/supervisor/platform.h"

static char directory[] = "/tmp/job-test-XXXXXX";

static void setup(void)
{
    strcpy(directory + sizeof directory - 7, "XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
}

static void teardown(void)
{
    scn_directory_remove(directory);
    cr_expect(!scn_file_exists(directory));
}

TestSuite(job, .init = setup, .fini = teardown);

Test(job, a_child_reads_what_its_parent_wrote)
{
    const char *settings[] = {"JET_paramMaxSessions=33", "JET_paramRecovery=off"};
    struct scn_job job = {.engine = "/opt/an engine.so",
                          .seed = 7,
                          .repeat = 2,
                          .settings = settings,
                          .setting_count = 2,
                          .pre_init = "symbol",
                          .probe_calls = -1,
                          .no_verify = true};
    struct scn_job_orders orders;
    char error[256];
    cr_assert_eq(scn_job_write(&job, directory, 5, 30000, true, error, sizeof error), 0);
    cr_assert_eq(scn_job_read(&orders, directory, error, sizeof error), 0);
    cr_expect_str_eq(orders.engine, "/opt/an engine.so");
    cr_expect_str_eq(orders.pre_init, "symbol");
    cr_expect_eq(orders.seed, scn_seed_of_repeat(7, 2));
    cr_expect_eq(orders.end, 5);
    cr_expect_eq(orders.probe_calls, -1);
    cr_expect(orders.no_verify && orders.verify_only && !orders.perturb);
    cr_expect_eq(orders.setting_count, 2);
    cr_expect_eq(orders.settings[0].value.number, 33);
    cr_expect_eq(orders.settings[1].value.kind, SCN_VALUE_TEXT);
    cr_expect_lt(orders.gate_timeout_us, 30000000u, "a wait must end before it looks like a hang");
    scn_job_orders_fini(&orders);
}

Test(job, the_first_repeat_has_the_seed_itself)
{
    cr_expect_eq(scn_seed_of_repeat(42, 0), 42);
    cr_expect_neq(scn_seed_of_repeat(42, 1), scn_seed_of_repeat(43, 1));
    cr_expect_neq(scn_seed_of_repeat(42, 1), 42);
}

Test(job, a_result_comes_back_with_its_message)
{
    char path[256], message[128];
    snprintf(path, sizeof path, "%s/result-0", directory);
    for (int result = SCN_JOB_DONE; result <= SCN_JOB_INTERRUPTED; result++) {
        cr_assert_eq(scn_result_write(path, (enum scn_job_result)result, "what was"), 0);
        cr_expect_eq(scn_result_read(path, message, sizeof message), (enum scn_job_result)result);
        cr_expect_str_eq(message, "what was");
    }
}

Test(job, a_result_that_cannot_be_read_is_a_failure_of_the_harness)
{
    char path[256], message[256];
    snprintf(path, sizeof path, "%s/result-0", directory);
    FILE *file = fopen(path, "w");
    fputs("nonsense\n", file);
    fclose(file);
    cr_expect_eq(scn_result_read(path, message, sizeof message), SCN_JOB_HARNESS);
}

Test(job, settings_are_checked_by_name)
{
    struct scn_setting setting;
    char error[256];
    cr_expect_neq(scn_setting_parse("JET_paramNothing=1", &setting, error, sizeof error), 0);
    cr_expect_neq(scn_setting_parse("JET_bitNewKey=1", &setting, error, sizeof error), 0);
    cr_expect_neq(scn_setting_parse("JET_paramRecovery", &setting, error, sizeof error), 0);
    cr_expect_neq(scn_setting_parse("=1", &setting, error, sizeof error), 0);
}

Test(job, the_tail_of_a_file)
{
    char path[256];
    snprintf(path, sizeof path, "%s/text", directory);
    FILE *file = fopen(path, "w");
    fputs("0123456789", file);
    fclose(file);
    char *tail = scn_read_tail(path, 4);
    cr_expect_str_eq(tail, "6789");
    free(tail);
    tail = scn_read_tail(path, 100);
    cr_expect_str_eq(tail, "0123456789");
    free(tail);
    snprintf(path, sizeof path, "%s/none", directory);
    tail = scn_read_tail(path, 4);
    cr_expect_str_eq(tail, "");
    free(tail);
}
