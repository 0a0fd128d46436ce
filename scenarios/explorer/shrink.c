/* scenarios/explorer/shrink.c - a schedule made shorter.
 *
 * Delta debugging over turns. A turn that is left out costs nothing: its thread makes up for it in its next
 * turn, or when nobody else can go on (shims/schedule/turns.h), so to leave out a preemption lets the thread before
 * run until it waits, and two turns of one thread become one. A try is accepted when the failure is the same and
 * the run that came of it has fewer preemptions, or as many and fewer changes of thread, or follows fewer words.
 * Words are what is said, turns what came of it: the default fills in the rest.
 */
#include <stdlib.h>
#include <string.h>

#include "scenarios/explorer/campaign.h"
#include "scenarios/supervisor/platform.h"
#include "shims/schedule/turns.h"

size_t scn_switches(const char *turns)
{
    size_t count = 0;
    while (*(turns += strspn(turns, " ")) != '\0') {
        count++;
        turns += strcspn(turns, " ");
    }
    return count > 0 ? count - 1 : 0;
}

size_t scn_preemptions(const char *turns)
{
    size_t count = 0;
    for (; *turns != '\0'; turns++) {
        count += *turns == '!';
    }
    return count;
}

struct state {
    struct scn_shrinking *how;
    struct scn_trial *best;
    struct shim_turns words;       /* that led to it */
    size_t preemptions, switches;  /* of the run that came of them */
    uint64_t end;
    int result;
};

static bool is_over(const struct state *state)
{
    return state->result != 0 || scn_interrupted() || state->how->tries >= state->how->most ||
           scn_milliseconds() >= state->end;
}

/* The words without `count` of them from `first` on. */
static char *without(const struct shim_turns *words, size_t first, size_t count)
{
    struct shim_turns fewer = {.turn = malloc((words->count + 1) * sizeof *fewer.turn)};
    if (fewer.turn == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < words->count; i++) {
        if (i < first || i >= first + count) {
            fewer.turn[fewer.count++] = words->turn[i];
        }
    }
    char *text = shim_turns_text(&fewer);
    free(fewer.turn);
    return text;
}

/* Takes the trial for the best one if it is. */
static bool accept(struct state *state, struct scn_trial *trial, const char *text)
{
    char error[200];
    struct shim_turns words;
    if (!trial->ran || trial->turns == NULL || !scn_same_failure(&trial->failure, &state->best->failure)) {
        return false;
    }
    size_t preemptions = scn_preemptions(trial->turns), switches = scn_switches(trial->turns);
    bool more = preemptions > state->preemptions ||
                (preemptions == state->preemptions && switches > state->switches);
    if (more || shim_turns_parse(text, &words, error, sizeof error) != 0) {
        return false;
    }
    if (preemptions == state->preemptions && switches == state->switches && words.count >= state->words.count) {
        free(words.turn);
        return false;
    }
    free(state->words.turn);
    state->words = words;
    state->preemptions = preemptions;
    state->switches = switches;
    scn_trial_fini(state->best);
    *state->best = *trial;
    memset(trial, 0, sizeof *trial);
    return true;
}

/* Plays the texts and keeps the first that is better; its index, or -1. Frees the texts. */
static int try_all(struct state *state, char **texts, size_t count)
{
    struct scn_trial trials[SCN_TRIALS];
    int better = -1;
    bool complete = count > 0;
    for (size_t i = 0; i < count; i++) {
        complete = complete && texts[i] != NULL;
    }
    if (complete) {
        state->result = state->how->play(state->how->context, (const char *const *)texts, count, trials);
        state->how->tries += (int)count;
        for (size_t i = 0; i < count && state->result == 0; i++) {
            if (better < 0 && accept(state, &trials[i], texts[i])) {
                better = (int)i;
            }
            scn_trial_fini(&trials[i]);
        }
    }
    for (size_t i = 0; i < count; i++) {
        free(texts[i]);
    }
    if (state->how->progress != NULL) {
        state->how->progress(state->how->context, state->preemptions, state->how->tries);
    }
    return better;
}

/* Leaves out `chunk` words at a time, wherever that can be done. True: something could be left out. */
static bool leave_out(struct state *state, size_t chunk)
{
    bool any = false;
    for (size_t at = 0; at < state->words.count && !is_over(state);) {
        char *texts[SCN_TRIALS];
        size_t count = 0, most = chunk > 8 ? 4 : SCN_TRIALS;
        for (size_t from = at; from < state->words.count && count < most; from += chunk) {
            texts[count++] = without(&state->words, from, chunk);
        }
        int better = try_all(state, texts, count);
        any = any || better >= 0;
        at += (better >= 0 ? (size_t)better : count) * chunk;
    }
    return any;
}

/* The run of the best trial, and which of its turns preempt. */
struct run {
    struct shim_turns turns;
    size_t *preempting, count;
};

static bool look_at_run(const struct state *state, struct run *run)
{
    char error[200];
    run->preempting = NULL;
    run->count = 0;
    if (shim_turns_parse(state->best->turns, &run->turns, error, sizeof error) != 0) {
        return false;
    }
    run->preempting = malloc((run->turns.count + 1) * sizeof *run->preempting);
    for (size_t i = 1; run->preempting != NULL && i < run->turns.count; i++) {
        if (run->turns.turn[i].preempts) {
            run->preempting[run->count++] = i;
        }
    }
    return run->preempting != NULL;
}

static void forget_run(struct run *run)
{
    free(run->turns.turn);
    free(run->preempting);
}

/* The run without its preemptions first to first + count: `later` has what preempts come later, else what is
 * interrupted runs on until it cannot. */
static char *without_preemptions(const struct run *run, size_t first, size_t count, bool later)
{
    struct shim_turns turns = {.turn = malloc((run->turns.count + 1) * sizeof *turns.turn)};
    size_t next = first, end = first + count < run->count ? first + count : run->count;
    for (size_t i = 0; turns.turn != NULL && i < run->turns.count; i++) {
        bool dropped = next < end && run->preempting[next] == i;
        if (dropped && !later && turns.count > 0) {
            turns.turn[turns.count - 1].upto = SHIM_TURN_WHOLE;
            turns.turn[turns.count - 1].site = 0;
        }
        next += dropped;
        if (!dropped || !later) {
            turns.turn[turns.count++] = run->turns.turn[i];
        }
    }
    char *text = turns.turn != NULL ? shim_turns_text(&turns) : NULL;
    free(turns.turn);
    return text;
}

/* Does without `chunk` preemptions at a time. True: it can be done somewhere. */
static bool merge(struct state *state, size_t chunk)
{
    struct run run;
    bool any = false;
    for (size_t at = 0; !is_over(state);) {
        char *texts[SCN_TRIALS];
        size_t count = 0, from = at;
        if (!look_at_run(state, &run)) {
            forget_run(&run);
            return any;
        }
        for (; from < run.count && count + 2 <= SCN_TRIALS; from += chunk) {
            texts[count++] = without_preemptions(&run, from, chunk, false);
            texts[count++] = without_preemptions(&run, from, chunk, true);
        }
        forget_run(&run);
        if (count == 0) {
            break;
        }
        int better = try_all(state, texts, count);
        any = any || better >= 0;
        at = better >= 0 ? at + (size_t)better / 2 * chunk : from;
    }
    return any;
}

int scn_shrink(struct scn_shrinking *how, struct scn_trial *trial)
{
    char error[200];
    struct state state = {.how = how, .best = trial};
    how->tries = 0;
    how->most = how->most != 0 ? how->most : SCN_SHRINK_TRIES;
    state.end = scn_milliseconds() + (how->milliseconds != 0 ? how->milliseconds : SCN_SHRINK_MS);
    if (shim_turns_parse(trial->turns, &state.words, error, sizeof error) != 0) {
        return 0; /* it stays as it is */
    }
    state.preemptions = scn_preemptions(trial->turns);
    state.switches = scn_switches(trial->turns);
    for (size_t chunk = state.words.count; chunk > 1 && !is_over(&state); chunk = (chunk + 1) / 2) {
        leave_out(&state, chunk);
    }
    for (size_t chunk = state.preemptions / 2; chunk > 1 && !is_over(&state); chunk /= 2) {
        merge(&state, chunk);
    }
    for (bool again = true; again && !is_over(&state);) {
        again = merge(&state, 1);
        again = leave_out(&state, 1) || again;
    }
    free(state.words.turn);
    return state.result;
}
