/* fuzz/tests/test_plan.c - bytes and plans. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/bytes_from_plan.h"
#include "fuzz/format.h"
#include "fuzz/plan_from_bytes.h"
#include "scenarios/language/language.h"

#define ROUNDS 4000

static uint64_t state = 1;

static uint8_t draw(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint8_t)(state >> 56);
}

static size_t fill(uint8_t *bytes)
{
    size_t size = (size_t)draw() * 4;
    for (size_t i = 0; i < size; i++)
        bytes[i] = draw();
    return size;
}

static char *print(const struct scn_plan *plan)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    cr_assert_not_null(out);
    cr_assert_eq(scn_print(out, plan), 0);
    fclose(out);
    return text;
}

static void count_steps(const struct scn_step *steps, enum scn_step_kind kind, int *count)
{
    for (; steps; steps = steps->next) {
        *count += steps->kind == kind;
        if (steps->kind == SCN_STEP_REPEAT)
            count_steps(steps->u.repeat.body, kind, count);
        if (steps->kind == SCN_STEP_CHOOSE)
            for (const struct scn_choice *c = steps->u.choices; c; c = c->next)
                count_steps(c->body, kind, count);
    }
}

static int steps_of_kind(const struct scn_plan *plan, enum scn_step_kind kind)
{
    int count = 0;
    for (int i = 0; i < plan->actor_count; i++)
        count_steps(plan->actors[i].steps, kind, &count);
    return count;
}

/* Calls of a function anywhere in the plan. */
static int calls_of(const struct scn_step *steps, enum shim_fn fn)
{
    int count = 0;
    for (; steps; steps = steps->next) {
        count += steps->kind == SCN_STEP_CALL && steps->u.call.fn == fn;
        if (steps->kind == SCN_STEP_REPEAT)
            count += calls_of(steps->u.repeat.body, fn);
    }
    return count;
}

Test(plan_from_bytes, any_bytes_are_a_valid_plan)
{
    uint8_t bytes[FUZZ_MAX_BYTES];
    for (int round = 0; round < ROUNDS; round++) {
        size_t size = fill(bytes);
        char error[512] = "";
        struct scn_plan *plan = fuzz_plan_from_bytes(bytes, size);
        cr_assert_not_null(plan);
        cr_assert_eq(scn_check(plan, "fuzz", error, sizeof error), 0, "round %d: %s", round, error);
        scn_plan_free(plan);
    }
}

Test(plan_from_bytes, the_same_bytes_are_the_same_plan)
{
    uint8_t bytes[FUZZ_MAX_BYTES];
    for (int round = 0; round < ROUNDS / 10; round++) {
        size_t size = fill(bytes);
        struct scn_plan *a = fuzz_plan_from_bytes(bytes, size);
        struct scn_plan *b = fuzz_plan_from_bytes(bytes, size);
        cr_assert(scn_plan_equal(a, b), "round %d", round);
        scn_plan_free(a);
        scn_plan_free(b);
    }
}

Test(plan_from_bytes, every_plan_is_a_script)
{
    uint8_t bytes[FUZZ_MAX_BYTES];
    for (int round = 0; round < ROUNDS / 10; round++) {
        size_t size = fill(bytes);
        char error[512] = "";
        struct scn_plan *plan = fuzz_plan_from_bytes(bytes, size);
        char *text = print(plan);
        struct scn_plan *parsed = scn_parse("fuzz", text, strlen(text), error, sizeof error);
        cr_assert_not_null(parsed, "round %d: %s", round, error);
        cr_assert(scn_plan_equal(plan, parsed), "round %d", round);
        free(text);
        scn_plan_free(plan);
        scn_plan_free(parsed);
    }
}

/* What an actor executes at most, repeats multiplied. */
static int64_t work(const struct scn_step *steps)
{
    int64_t sum = 0;
    for (; steps; steps = steps->next) {
        sum++;
        if (steps->kind == SCN_STEP_REPEAT)
            sum += steps->u.repeat.count.number * work(steps->u.repeat.body);
        if (steps->kind == SCN_STEP_PROBE)
            sum += steps->u.amount.number;
        if (steps->kind == SCN_STEP_CHOOSE)
            for (const struct scn_choice *c = steps->u.choices; c; c = c->next)
                sum += work(c->body);
    }
    return sum;
}

Test(plan_from_bytes, plans_are_bounded)
{
    uint8_t bytes[FUZZ_MAX_BYTES];
    for (int round = 0; round < ROUNDS; round++) {
        size_t size = fill(bytes);
        struct scn_plan *plan = fuzz_plan_from_bytes(bytes, size);
        int copies = 0;
        for (int i = 0; i < plan->actor_count; i++) {
            copies += plan->actors[i].count;
            cr_assert_leq(work(plan->actors[i].steps), FUZZ_MAX_WORK + 2 * FUZZ_MAX_TURNS + 5);
        }
        cr_assert_leq(copies, FUZZ_MAX_ACTORS);
        scn_plan_free(plan);
    }
}

static int64_t *signals_of(const char *gate)
{
    static struct {
        char name[16];
        int64_t count;
    } gates[64];
    int i = 0;
    if (!gate) {
        memset(gates, 0, sizeof gates);
        return NULL;
    }
    while (gates[i].name[0] && strcmp(gates[i].name, gate) != 0)
        i++;
    snprintf(gates[i].name, sizeof gates[i].name, "%s", gate);
    return &gates[i].count;
}

/* Plays the gates of a plan, as if each actor were one; what happens inside blocks does not count.
 * Returns the actor that waits for ever, or -1. */
static int play_gates(const struct scn_plan *plan)
{
    const struct scn_step *at[FUZZ_MAX_ACTORS];
    bool moved = true;
    signals_of(NULL);
    for (int i = 0; i < plan->actor_count; i++)
        at[i] = plan->actors[i].steps;
    while (moved) {
        moved = false;
        for (int i = 0; i < plan->actor_count; i++) {
            if (!at[i] || (at[i]->kind == SCN_STEP_WAIT &&
                           *signals_of(at[i]->u.gate.name) < at[i]->u.gate.count))
                continue;
            if (at[i]->kind == SCN_STEP_SIGNAL)
                ++*signals_of(at[i]->u.gate.name);
            at[i] = at[i]->next;
            moved = true;
        }
    }
    for (int i = 0; i < plan->actor_count; i++)
        if (at[i])
            return i;
    return -1;
}

Test(plan_from_bytes, nobody_waits_for_ever)
{
    uint8_t bytes[FUZZ_MAX_BYTES];
    int waits = 0;
    for (int round = 0; round < ROUNDS; round++) {
        size_t size = fill(bytes);
        struct scn_plan *plan = fuzz_plan_from_bytes(bytes, size);
        int stuck = play_gates(plan);
        cr_assert_eq(stuck, -1, "round %d: actor %d waits for ever", round, stuck);
        waits += bytes[0] & FUZZ_FLAG_TURNS ? 0 : steps_of_kind(plan, SCN_STEP_WAIT);
        scn_plan_free(plan);
    }
    cr_assert_gt(waits, 10, "plans without turns hardly ever wait: %d", waits);
}

Test(plan_from_bytes, every_function_can_be_called)
{
    static bool seen[SHIM_FN_COUNT];
    uint8_t bytes[FUZZ_MAX_BYTES];
    for (int round = 0; round < ROUNDS; round++) {
        size_t size = fill(bytes);
        struct scn_plan *plan = fuzz_plan_from_bytes(bytes, size);
        for (int i = 0; i < plan->actor_count; i++)
            for (const struct scn_step *s = plan->actors[i].steps; s; s = s->next)
                if (s->kind == SCN_STEP_CALL)
                    seen[s->u.call.fn] = true;
        scn_plan_free(plan);
    }
    for (int fn = 0; fn < SHIM_FN_COUNT; fn++)
        cr_assert_eq(seen[fn], shim_function((enum shim_fn)fn)->is_public, "%s",
                     shim_function((enum shim_fn)fn)->name);
}

Test(plan_from_bytes, no_bytes_are_a_plan_too)
{
    char error[512];
    struct scn_plan *plan = fuzz_plan_from_bytes(NULL, 0);
    cr_assert_not_null(plan);
    cr_assert_eq(scn_check(plan, "fuzz", error, sizeof error), 0, "%s", error);
    cr_assert_eq(plan->actor_count, 1);
    scn_plan_free(plan);
}

static const char script[] = "scenario seed\n"
                             "instance main\n"
                             "database data\n"
                             "table rows rows 100\n"
                             "actor writer x 2\n"
                             "JetBeginSession -> s\n"
                             "JetSetSessionContext sesid=s ulContext=7\n"
                             "signal ready\n"
                             "repeat until denied\n"
                             "JetBeginTransaction\n"
                             "insert rows\n"
                             "replace rows key=random(1, 100)\n"
                             "JetCommitTransaction grbit=JET_bitCommitLazyFlush\n"
                             "end\n"
                             "JetRollback sesid=garbage\n"
                             "end\n"
                             "actor stopper\n"
                             "wait ready\n"
                             "aim JetUpdate calls 20\n"
                             "JetStopServiceInstance\n"
                             "choose 2\n"
                             "JetStopServiceInstance2 grbit=JET_bitStopServiceResume\n"
                             "or 1\n"
                             "pause 500\n"
                             "end\n"
                             "end\n";

static struct scn_plan *decoded_seed(bool turns)
{
    uint8_t bytes[FUZZ_MAX_BYTES];
    char error[512] = "";
    struct scn_plan *plan = scn_parse("seed", script, strlen(script), error, sizeof error);
    cr_assert_not_null(plan, "%s", error);
    size_t size = fuzz_bytes_from_plan(plan, turns, bytes);
    scn_plan_free(plan);
    return fuzz_plan_from_bytes(bytes, size);
}

Test(bytes_from_plan, a_seed_does_what_its_script_does)
{
    struct scn_plan *plan = decoded_seed(false);
    cr_assert_eq(plan->actor_count, 2);
    cr_assert_eq(plan->actors[0].count, 2);
    cr_assert_eq(steps_of_kind(plan, SCN_STEP_ROW), 2);
    cr_assert_eq(steps_of_kind(plan, SCN_STEP_REPEAT), 1);
    cr_assert_eq(steps_of_kind(plan, SCN_STEP_WAIT), 1);
    cr_assert_eq(steps_of_kind(plan, SCN_STEP_SIGNAL), 1);
    cr_assert_eq(steps_of_kind(plan, SCN_STEP_AIM), 1);
    cr_assert_eq(steps_of_kind(plan, SCN_STEP_CHOOSE), 1);
    cr_assert_eq(steps_of_kind(plan, SCN_STEP_PAUSE), 1);
    cr_assert_eq(calls_of(plan->actors[1].steps, SHIM_FN_JetStopServiceInstance), 1);

    const struct scn_step *begin = plan->actors[0].steps, *context = begin->next;
    cr_assert_eq(begin->u.call.fn, SHIM_FN_JetBeginSession);
    cr_assert_str_eq(begin->u.call.bind, "s0");
    cr_assert_eq(context->u.call.arg_count, 2);
    cr_assert_str_eq(context->u.call.args[0].value.text, "s0");
    cr_assert_eq(context->u.call.args[1].value.number, 7);
    const struct scn_step *repeat = context->next->next;
    cr_assert_eq(repeat->u.repeat.kind, SCN_REPEAT_UNTIL_DENIED);
    const struct scn_step *replace = repeat->u.repeat.body->next->next, *commit = replace->next;
    cr_assert_eq(replace->u.row.op, SCN_ROW_REPLACE);
    cr_assert_eq(replace->u.row.key.number, 1);
    cr_assert_eq(replace->u.row.key.high, 100);
    cr_assert_eq(commit->u.call.args[0].value.number, JET_bitCommitLazyFlush);
    cr_assert_eq(repeat->next->u.call.args[0].value.kind, SCN_VALUE_GARBAGE);
    scn_plan_free(plan);
}

Test(bytes_from_plan, a_seed_in_turns_keeps_its_calls)
{
    struct scn_plan *plan = decoded_seed(true);
    char error[512] = "";
    cr_assert_eq(scn_check(plan, "fuzz", error, sizeof error), 0, "%s", error);
    cr_assert_eq(plan->actors[0].count, 1);
    cr_assert_eq(steps_of_kind(plan, SCN_STEP_ROW), 2);
    cr_assert_eq(calls_of(plan->actors[1].steps, SHIM_FN_JetStopServiceInstance), 1);
    cr_assert_gt(steps_of_kind(plan, SCN_STEP_WAIT), 1);
    scn_plan_free(plan);
}

/* Only the numbers of slots may differ the second time. */
Test(bytes_from_plan, what_is_encoded_twice_keeps_its_steps)
{
    uint8_t bytes[FUZZ_MAX_BYTES], again[FUZZ_MAX_BYTES];
    for (int round = 0; round < ROUNDS / 4; round++) {
        size_t size = fill(bytes);
        struct scn_plan *plan = fuzz_plan_from_bytes(bytes, size);
        struct scn_plan *small, *smaller;
        small = fuzz_plan_from_bytes(bytes, fuzz_bytes_from_plan(plan, false, bytes));
        smaller = fuzz_plan_from_bytes(again, fuzz_bytes_from_plan(small, false, again));
        for (int kind = SCN_STEP_CALL; kind <= SCN_STEP_CHECK; kind++)
            cr_assert_eq(steps_of_kind(small, (enum scn_step_kind)kind),
                         steps_of_kind(smaller, (enum scn_step_kind)kind), "round %d, kind %d",
                         round, kind);
        scn_plan_free(plan);
        scn_plan_free(small);
        scn_plan_free(smaller);
    }
}

Test(bytes_from_plan, nothing_is_written_past_the_end)
{
    uint8_t bytes[FUZZ_MAX_BYTES + 1];
    char *text = NULL, error[512] = "";
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fprintf(out, "scenario long\ninstance main\nactor many\n");
    for (int i = 0; i < 40; i++) {
        fprintf(out, "choose\n");
        for (int j = 0; j < 4 * 9; j++)
            fprintf(out, "%sJetIdle grbit=0x12345\n", j > 0 && j % 9 == 0 ? "or\n" : "");
        fprintf(out, "end\n");
    }
    fprintf(out, "end\n");
    fclose(out);
    struct scn_plan *plan = scn_parse("long", text, size, error, sizeof error);
    cr_assert_not_null(plan, "%s", error);
    bytes[FUZZ_MAX_BYTES] = 0x5a;
    cr_assert_eq(fuzz_bytes_from_plan(plan, false, bytes), FUZZ_MAX_BYTES);
    cr_assert_eq(bytes[FUZZ_MAX_BYTES], 0x5a);
    scn_plan_free(plan);
    free(text);
}

Test(format, every_setting_and_stop_is_real)
{
    int64_t param;
    for (size_t i = 1; i < fuzz_setting_count(); i++)
        cr_assert(shim_constant_find(fuzz_setting(i)->name, &param), "%s", fuzz_setting(i)->name);
    for (size_t i = 0; i < fuzz_function_count(); i++)
        cr_assert_eq(fuzz_function_index(fuzz_function(i)), i);
}
