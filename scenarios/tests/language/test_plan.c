/* Plans that no parser made: the checker refuses what could not be printed, parsed and run. */
#include "scenarios/tests/language/support.h"

#include <criterion/criterion.h>

#include <string.h>

static struct scn_plan *plan;
static char error[512];

static void make(void)
{
    plan = support_parse_steps("JetBeginSession -> s\nJetEndSession sesid=s grbit=16 => 0\n"
                               "repeat 2\nend\nchoose\nend\naim JetUpdate\nsignal go\nwait go\n"
                               "insert rows key=1\npause 1\ncheck s == 1");
}

static void drop(void)
{
    scn_plan_free(plan);
}

TestSuite(checker, .init = make, .fini = drop);

static struct scn_step *step(int index)
{
    struct scn_step *at = plan->actors[0].steps;

    while (index-- > 0)
        at = at->next;
    return at;
}

static void refused(const char *message)
{
    cr_assert_neq(scn_check(plan, "plan", error, sizeof error), 0);
    cr_assert_not_null(strstr(error, message), "\"%s\" should contain \"%s\"", error, message);
}

Test(checker, accepts_the_unharmed_plan)
{
    cr_assert_eq(scn_check(plan, "plan", error, sizeof error), 0, "%s", error);
}

Test(checker, refuses_a_private_function)
{
    step(0)->u.call.fn = SHIM_FN_JetTestHook;
    step(0)->u.call.bind = NULL;
    refused("no public function");
}

Test(checker, refuses_a_function_out_of_range)
{
    step(0)->u.call.fn = SHIM_FN_COUNT;
    refused("no public function");
}

Test(checker, refuses_a_variant_that_does_not_exist)
{
    step(1)->u.call.variant = SHIM_W;
    refused("no public function");
}

Test(checker, refuses_a_parameter_out_of_range)
{
    step(1)->u.call.args[0].param = 2;
    refused("no parameter number 2");
}

Test(checker, refuses_a_number_that_is_written_as_another)
{
    step(1)->u.call.args[1].value.text = "17";
    refused("the number 16 is written as 17");
}

Test(checker, refuses_a_value_of_no_kind)
{
    step(1)->u.call.args[0].value.kind = (enum scn_value_kind)99;
    refused("sesid takes a handle");
}

Test(checker, refuses_a_name_that_is_no_word)
{
    step(0)->u.call.bind = "two words";
    refused("must begin with a letter");
}

Test(checker, refuses_a_gate_that_is_no_word)
{
    step(5)->u.gate.name = "";
    refused("must begin with a letter");
}

Test(checker, refuses_an_aim_at_nothing_public)
{
    step(4)->u.aim.fns[0] = SHIM_FN_NONE;
    refused("no public function");
}

Test(checker, refuses_a_step_of_no_kind)
{
    step(8)->kind = (enum scn_step_kind)77;
    refused("a step of unknown kind");
}

Test(checker, refuses_an_empty_choice)
{
    step(3)->u.choices = NULL;
    refused("choose without an alternative");
}

Test(checker, refuses_an_instance_out_of_range)
{
    plan->actors[0].instance = 1;
    refused("the index of the instance is 1");
}

Test(checker, refuses_a_database_out_of_range)
{
    plan->tables[0].database = -1;
    refused("the index of the database is -1");
}

Test(checker, ends_when_blocks_never_do)
{
    FILE *out = tmpfile();

    /* A repeat that is its own body. */
    step(2)->u.repeat.body = step(2);
    refused("nested more than 16 deep");
    cr_assert_not(scn_plan_equal(plan, plan));
    cr_assert_eq(scn_print(out, plan), -1);
    fclose(out);
}

Test(arena, gives_zeroed_aligned_memory_of_any_size)
{
    struct scn_plan *fresh = scn_plan_new();

    for (size_t size = 0; size < 70000; size += 977) {
        unsigned char *memory = scn_plan_alloc(fresh, size);

        cr_assert_not_null(memory);
        cr_assert_eq((uintptr_t)memory % 16, 0);
        for (size_t i = 0; i < size; i++)
            cr_assert_eq(memory[i], 0);
        memset(memory, 0xAA, size);
    }
    cr_assert_null(scn_plan_alloc(fresh, SIZE_MAX - 8));
    scn_plan_free(fresh);
    scn_plan_free(NULL);
}
