/* One fault per schedule: what is drawn, from what, and how it is counted. */
#include <criterion/criterion.h>

#include <string.h>

#include "scenarios/explorer/placed.h"
#include "scenarios/language/language.h"

static const char script[] = "scenario s\ninstance main\nactor a x 2\nend\n";

/* race: malloc 1 to 8 of a.0 at one place, malloc of a.1 at another, fsync of the engine; setup and restart: pwrite. */
static struct shim_fault_point points[12];
static struct scn_faulted clean, hit;
static struct scn_plan *plan;
static struct scn_placer *placer;
static char error[512];

static void set_up(void)
{
    plan = scn_parse("t", script, sizeof script - 1, error, sizeof error);
    cr_assert_not_null(plan, "%s", error);
    strcpy(clean.log.states[0], "setup");
    strcpy(clean.log.states[1], "race");
    strcpy(clean.log.states[2], "restart");
    points[0] = (struct shim_fault_point){SHIM_LIBC_PWRITE, 0, SHIM_FN_JetInit, 0, 0, 10, false};
    for (int i = 1; i <= 8; i++) {
        points[i] = (struct shim_fault_point){SHIM_LIBC_MALLOC, 1, SHIM_FN_JetMove, 1, 0, 20, false};
    }
    points[9] = (struct shim_fault_point){SHIM_LIBC_MALLOC, 1, SHIM_FN_JetSeek, 2, 0, 30, false};
    points[10] = (struct shim_fault_point){SHIM_LIBC_FSYNC, 1, SHIM_FN_NONE, SHIM_NO_ACTOR, 0, 40, false};
    points[11] = (struct shim_fault_point){SHIM_LIBC_PWRITE, 2, SHIM_FN_JetInit, 0, 0, 50, false};
    clean.points = points;
    clean.point_count = sizeof points / sizeof points[0];
}

static void tear_down(void)
{
    scn_placer_free(placer);
    scn_plan_free(plan);
}

TestSuite(placed, .init = set_up, .fini = tear_down);

static void begin(const char *kinds, const char *scope)
{
    placer = scn_placer_new(plan, kinds, scope, error, sizeof error);
    cr_assert_not_null(placer, "%s", error);
    cr_assert_eq(scn_placer_note(placer, &clean), 0);
}

static const char *draw(uint64_t seed, size_t number)
{
    static char text[SHIM_FAULT_TEXT];
    scn_placer_draw(placer, seed, number, text);
    return text;
}

Test(placed, nothing_is_drawn_before_a_run_was_seen)
{
    placer = scn_placer_new(plan, NULL, NULL, error, sizeof error);
    cr_expect_str_eq(draw(1, 1), "");
    cr_assert_eq(scn_placer_note(placer, &clean), 0);
    cr_expect_str_neq(draw(1, 1), "");
    cr_expect_str_eq(draw(1, 0), "");
    cr_expect_str_eq(draw(1, 32), "");
}

/* Places are visited in turn; and each operation of a place with many is hit now and then. */
Test(placed, every_place_and_every_operation)
{
    int first[9] = {0}, other = 0, engine = 0;
    begin("ENOMEM,EIO", NULL);
    for (uint64_t seed = 0; seed < 1000; seed++) {
        const char *text = draw(seed, 1);
        unsigned nth = 1;
        const char *at = strstr(text, "nth ");
        if (at != NULL) {
            sscanf(at, "nth %u", &nth);
        }
        if (strstr(text, "actor a.0 in JetMove") != NULL) {
            cr_assert(nth >= 1 && nth <= 8, "%s", text);
            first[nth]++;
        }
        other += strcmp(text, "ENOMEM at malloc actor a.1 in JetSeek") == 0;
        engine += strcmp(text, "EIO at fsync actor engine") == 0;
        cr_assert_null(strstr(text, "pwrite"), "neither set-up nor restart were asked for: %s", text);
    }
    for (int i = 1; i <= 8; i++) {
        cr_expect_gt(first[i], 10, "operation %d: %d of 1000", i, first[i]);
    }
    cr_expect_gt(other, 135, "%d", other); /* a third of the draws, half of these once */
    cr_expect_gt(engine, 135, "%d", engine);
}

/* What lasts is counted among all of its kind, for it is about all. */
Test(placed, what_lasts_is_for_all)
{
    bool seen = false;
    begin("ENOMEM", "malloc,JetSeek");
    for (uint64_t seed = 0; seed < 50; seed++) {
        const char *text = draw(seed, 1);
        bool lasts = strcmp(text, "ENOMEM at malloc nth 9 lasting") == 0;
        cr_assert(lasts || strcmp(text, "ENOMEM at malloc actor a.1 in JetSeek") == 0, "%s", text);
        seen = seen || lasts;
    }
    cr_expect(seen);
}

Test(placed, the_same_seed_draws_the_same)
{
    char once[SHIM_FAULT_TEXT];
    begin(NULL, NULL);
    snprintf(once, sizeof once, "%s", draw(7, 1));
    scn_placer_free(placer);
    begin(NULL, NULL);
    cr_expect_str_eq(draw(7, 1), once);
}

Test(placed, what_came_is_counted)
{
    begin(NULL, NULL);
    hit.log.fired = 3;
    hit.log.first = points[9];
    cr_assert_eq(scn_placer_note(placer, &hit), 0);
    cr_assert_eq(scn_placer_note(placer, &hit), 0);
    struct scn_placed_counts counts = scn_placer_counts(placer);
    cr_expect_eq(counts.operations, 10);
    cr_expect_eq(counts.places, 3);
    cr_expect_eq(counts.fired, 2);
    cr_expect_eq(counts.hit, 1);
}

Test(placed, what_is_no_kind_is_refused)
{
    cr_expect_null(scn_placer_new(plan, "EVIL", NULL, error, sizeof error));
    cr_expect(strstr(error, "no kind of fault") != NULL, "%s", error);
    cr_expect_null(scn_placer_new(plan, NULL, "lunch", error, sizeof error));
}
