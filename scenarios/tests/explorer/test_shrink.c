/* A schedule is made shorter without another run than the fake one here: what is needed stays, what is not goes. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/explorer/campaign.h"
#include "shims/schedule/turns.h"

struct fake {
    const char *needed[3];  /* words, in this order, without which nothing breaks */
    int runs;
    bool fails;
};

/* The run that comes of turns is what they say. */
static int play(void *context, const char *const *turns, size_t count, struct scn_trial *trials)
{
    struct fake *fake = context;
    memset(trials, 0, count * sizeof trials[0]);
    for (size_t i = 0; i < count && !fake->fails; i++) {
        const char *at = turns[i];
        bool all = true;
        for (int n = 0; n < 3 && fake->needed[n] != NULL && all; n++) {
            at = strstr(at, fake->needed[n]);
            all = at != NULL;
        }
        shim_history_init(&trials[i].history);
        trials[i].ran = true;
        trials[i].failure.verdict = all ? RPT_CRASH : RPT_CONFORMS;
        trials[i].turns = strdup(turns[i]);
        trials[i].trace = strdup("");
        fake->runs++;
    }
    return fake->fails ? 4 : 0; /* what cannot be played leaves nothing */
}

static void begin(struct scn_trial *trial, const char *turns)
{
    memset(trial, 0, sizeof *trial);
    shim_history_init(&trial->history);
    trial->ran = true;
    trial->failure.verdict = RPT_CRASH;
    trial->turns = strdup(turns);
}

static char *noise(size_t words)
{
    char *text = malloc(words * 24 + 1), *to = text;
    for (size_t i = 0; i < words; i++) {
        to += sprintf(to, "%s%zu@%zu%s", i > 0 ? " " : "", i % 5, 1 + i, i % 3 != 0 ? "!" : "");
        if (i == words / 3) {
            to += sprintf(to, " 7@9/abc#2!");
        } else if (i == words / 2) {
            to += sprintf(to, " 8@4!");
        }
    }
    return text;
}

Test(shrink, only_what_is_needed_stays)
{
    struct fake fake = {.needed = {"7@9/abc#2!", "8@4!"}};
    struct scn_shrinking how = {.play = play, .context = &fake};
    struct scn_trial trial;
    char *text = noise(300);
    begin(&trial, text);
    cr_assert_eq(scn_preemptions(trial.turns), 202);
    cr_assert_eq(scn_shrink(&how, &trial), 0);
    cr_assert_eq(scn_preemptions(trial.turns), 2, "%s", trial.turns);
    cr_assert_str_eq(trial.turns, "7@9/abc#2! 8@4!");
    cr_assert_eq(how.tries, fake.runs);
    cr_assert(how.tries < 600, "%d tries", how.tries);
    scn_trial_fini(&trial);
    free(text);
}

Test(shrink, tries_are_bounded)
{
    struct fake fake = {.needed = {"7@9/abc#2!", "8@4!"}};
    struct scn_shrinking how = {.play = play, .context = &fake, .most = 5};
    struct scn_trial trial;
    char *text = noise(300);
    begin(&trial, text);
    cr_assert_eq(scn_shrink(&how, &trial), 0);
    cr_assert(how.tries <= 5 + SCN_TRIALS, "%d tries", how.tries);
    cr_assert_not_null(strstr(trial.turns, "7@9/abc#2!"));
    scn_trial_fini(&trial);
    free(text);
}

Test(shrink, what_goes_wrong_on_the_way_is_handed_on)
{
    struct fake fake = {.needed = {"8@4!"}, .fails = true};
    struct scn_shrinking how = {.play = play, .context = &fake};
    struct scn_trial trial;
    begin(&trial, "0@3 8@4! 1@2!");
    cr_assert_eq(scn_shrink(&how, &trial), 4);
    cr_assert_str_eq(trial.turns, "0@3 8@4! 1@2!");
    scn_trial_fini(&trial);
}

Test(shrink, turns_are_text_and_back)
{
    static const char text[] = "0@* 4@59/7ffff7d1#2 5@37! 1@9/a#1!";
    static const char *const bad[] = {"x", "0", "0@", "0@0", "160@1", "0@1?", "0@1/zz#1", "0@1/a", "0@1/a#", "-1@2"};
    struct shim_turns turns;
    char error[200];
    cr_assert_eq(shim_turns_parse(text, &turns, error, sizeof error), 0, "%s", error);
    cr_assert_eq(turns.count, 4);
    cr_assert_eq(turns.turn[0].upto, SHIM_TURN_WHOLE);
    cr_assert_eq(turns.turn[1].site, 0x7ffff7d1);
    char *again = shim_turns_text(&turns);
    cr_assert_str_eq(again, text);
    free(again);
    free(turns.turn);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_assert_eq(shim_turns_parse(bad[i], &turns, error, sizeof error), -1, "'%s' is taken", bad[i]);
    }
}
