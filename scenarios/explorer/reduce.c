/* scenarios/explorer/reduce.c - delta debugging over the lines of a script.
 *
 * A script is what scn_print_placed makes of a plan: a step a line, blocks that end with `end`. So a shorter one is a text with
 * lines left out that can still be read; what cannot be read is no try.
 */
#include "scenarios/explorer/reduce.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/language/language.h"
#include "scenarios/supervisor/job.h"
#include "scenarios/supervisor/platform.h"

#define REDUCE_TRIES 80
#define REDUCE_MS 10000
#define SURE_TRIES 8        /* however long they take */
#define LEAST 16            /* schedules of a shorter script, when the turns as they are do not do */
#define MOST 64
#define MOST_LINES 600
#define LINE 512

struct script {
    char **line;
    size_t count;
};

struct state {
    struct scn_job *job;
    enum rpt_profile profile;
    struct scn_trial *trial;
    struct scn_reduction *reduction;
    struct script script;
    bool needs_schedule;         /* without a preemption the whole script does not show it */
    size_t schedules;            /* to search a shorter script in */
    uint64_t end;
    int result;
};

static bool is_over(const struct state *state)
{
    int tries = state->reduction->tries;
    return state->result != 0 || scn_interrupted() || tries >= REDUCE_TRIES ||
           (tries >= SURE_TRIES && scn_milliseconds() >= state->end);
}

/* ---- lines ------------------------------------------------------------------------------------------ */

static void script_fini(struct script *script)
{
    for (size_t i = 0; i < script->count; i++) {
        free(script->line[i]);
    }
    free(script->line);
    memset(script, 0, sizeof *script);
}

static bool script_of(struct script *script, const char *text)
{
    *script = (struct script){.line = calloc(MOST_LINES, sizeof *script->line)};
    while (script->line != NULL && *text != '\0' && script->count < MOST_LINES) {
        size_t length = strcspn(text, "\n");
        char *line = malloc(length + 1);
        if (line == NULL) {
            return false;
        }
        memcpy(line, text, length);
        line[length] = '\0';
        script->line[script->count++] = line;
        text += length + (text[length] != '\0');
    }
    return script->line != NULL && *text == '\0';
}

static size_t indent(const char *line)
{
    return strspn(line, " ");
}

static bool begins(const char *line, const char *word)
{
    line += indent(line);
    size_t length = strlen(word);
    return strncmp(line, word, length) == 0 && (line[length] == '\0' || line[length] == ' ');
}

/* The line behind the block that begins at `at`: behind its `end`, or just the next one. */
static size_t behind(const struct script *script, size_t at)
{
    size_t depth = indent(script->line[at]);
    if (at + 1 >= script->count || indent(script->line[at + 1]) <= depth) {
        return at + 1;
    }
    for (size_t i = at + 1; i < script->count; i++) {
        if (indent(script->line[i]) == depth && begins(script->line[i], "end")) {
            return i + 1;
        }
    }
    return at + 1;
}

/* Lines of the actors. */
static size_t size_of(const struct script *script)
{
    size_t size = 0;
    for (size_t i = 0; i < script->count;) {
        size_t next = behind(script, i);
        size += begins(script->line[i], "actor") ? next - i : 0;
        i = next;
    }
    return size;
}

/* The script without the lines from first to behind last; `other` (NULL: nothing) takes their place. Heap. */
static char *text_without(const struct script *script, size_t first, size_t last, const char *other)
{
    size_t room = 1 + (other != NULL ? strlen(other) + 1 : 0), length = 0;
    for (size_t i = 0; i < script->count; i++) {
        room += strlen(script->line[i]) + 1;
    }
    char *text = malloc(room);
    for (size_t i = 0; text != NULL && i < script->count; i++) {
        if (i == first && other != NULL) {
            length += (size_t)sprintf(text + length, "%s\n", other);
        }
        if (i < first || i >= last) {
            length += (size_t)sprintf(text + length, "%s\n", script->line[i]);
        }
    }
    if (text != NULL) {
        text[length] = '\0';
    }
    return text;
}

/* ---- tries ------------------------------------------------------------------------------------------ */

static bool shows(const struct state *state, const struct scn_trial *trial)
{
    return trial->ran && trial->turns != NULL && trial->trace != NULL &&
           scn_same_failure(&trial->failure, &state->trial->failure);
}

/* Plays the plan; *found is a run that shows the failure. */
static bool play(struct state *state, const struct scn_plan *plan, struct scn_trial *found)
{
    struct scn_job *job = state->job;
    const struct scn_plan *whole = job->plan;
    const char *turns[] = {"", state->trial->turns};
    struct scn_trial trials[2];
    bool showed = false;
    job->plan = plan;
    job->schedules->mode = SCN_SCHEDULES_FOLLOW;
    state->reduction->tries++;
    state->result = scn_try(job, state->profile, turns, 2, false, trials);
    bool plain = state->result == 0 && shows(state, &trials[0]);
    if (state->result == 0 && !(plain && state->needs_schedule)) {
        int which = plain ? 0 : shows(state, &trials[1]) ? 1 : -1;
        if (which >= 0) {
            *found = trials[which];
            memset(&trials[which], 0, sizeof trials[which]);
            showed = true;
        } else {
            int schedules = 0; /* one try, however many */
            state->result = scn_search(job, state->profile, state->schedules, &state->trial->failure, scn_same_failure,
                                       found, &schedules);
            showed = state->result == 0 && shows(state, found);
            if (!showed) {
                scn_trial_fini(found);
            }
        }
    }
    scn_trial_fini(&trials[0]);
    scn_trial_fini(&trials[1]);
    job->plan = whole;
    return showed;
}

/* Takes the shorter text if it shows the failure. Frees it. */
static bool take(struct state *state, char *text)
{
    char error[CMD_MESSAGE];
    struct scn_trial found;
    struct script shorter;
    struct scn_plan *plan = text != NULL ? scn_parse_placed("script", text, strlen(text), error, sizeof error) : NULL;
    bool better = plan != NULL && play(state, plan, &found);
    if (better && script_of(&shorter, text)) {
        script_fini(&state->script);
        state->script = shorter;
        scn_trial_fini(state->trial);
        *state->trial = found;
        scn_plan_free(state->reduction->plan);
        state->reduction->plan = plan;
        state->job->plan = plan;
        cmd_progress("%s: making the script shorter: %llu lines of actors", plan->name,
                     (unsigned long long)size_of(&state->script));
    } else {
        scn_plan_free(plan);
        better = false;
    }
    free(text);
    return better;
}

/* ---- what is left out ------------------------------------------------------------------------------- */

static size_t count_actors(const struct script *script)
{
    size_t count = 0;
    for (size_t i = 0; i < script->count; i = behind(script, i)) {
        count += begins(script->line[i], "actor");
    }
    return count;
}

/* "actor writer x 4" with 1 copy, with one copy less. */
static bool fewer_copies(struct state *state, size_t at)
{
    char line[LINE], other[LINE], rest[LINE] = "", name[LINE];
    int count = 0, used = 0;
    snprintf(line, sizeof line, "%s", state->script.line[at]);
    if (sscanf(line, "actor %s x %d%n", name, &count, &used) != 2 || count < 2) {
        return false;
    }
    snprintf(rest, sizeof rest, "%s", line + used);
    snprintf(other, sizeof other, "actor %.80s%.300s", name, rest);
    if (take(state, text_without(&state->script, at, at + 1, other))) {
        return true;
    }
    snprintf(other, sizeof other, "actor %.80s x %d%.300s", name, count - 1, rest);
    return count > 2 && !is_over(state) && take(state, text_without(&state->script, at, at + 1, other));
}

static bool fewer_actors(struct state *state)
{
    bool any = false;
    for (size_t at = 0; at < state->script.count && !is_over(state);) {
        size_t next = behind(&state->script, at);
        if (!begins(state->script.line[at], "actor")) {
            at = next;
        } else if (count_actors(&state->script) > 1 && take(state, text_without(&state->script, at, next, NULL))) {
            any = true;
        } else if (!is_over(state) && fewer_copies(state, at)) {
            any = true;
        } else {
            at = next;
        }
    }
    return any;
}

/* A repeat as one pass of its body. */
static bool unroll(struct state *state, size_t at)
{
    size_t next = behind(&state->script, at), room = 1;
    for (size_t i = at + 1; i + 1 < next; i++) {
        room += strlen(state->script.line[i]) + 1;
    }
    char *body = malloc(room), *to = body;
    for (size_t i = at + 1; body != NULL && i + 1 < next; i++) {
        to += sprintf(to, "%s%s", i > at + 1 ? "\n" : "", state->script.line[i] + 4);
    }
    bool taken = body != NULL && to != body && take(state, text_without(&state->script, at, next, body));
    free(body);
    return taken;
}

/* Steps between first and last, all of one depth: `chunk` of them at a time, then what is inside of blocks. */
static bool fewer_steps(struct state *state, size_t chunk)
{
    bool any = false, inside = false;
    for (size_t at = 0; at < state->script.count && !is_over(state);) {
        const char *line = state->script.line[at];
        if (indent(line) == 0) {
            inside = begins(line, "actor");
            at++;
            continue;
        }
        if (!inside || begins(line, "end") || begins(line, "or")) {
            at++;
            continue;
        }
        size_t last = at, units = 0;
        while (units < chunk && last < state->script.count && indent(state->script.line[last]) == indent(line) &&
               !begins(state->script.line[last], "end") && !begins(state->script.line[last], "or")) {
            last = behind(&state->script, last);
            units++;
        }
        if ((units == chunk || chunk == 1) && take(state, text_without(&state->script, at, last, NULL))) {
            any = true;
            continue;
        }
        if (chunk == 1 && begins(line, "repeat") && !is_over(state) && unroll(state, at)) {
            any = true;
            continue;
        }
        at++;
    }
    return any;
}

int scn_reduce(struct scn_job *job, enum rpt_profile profile, struct scn_trial *trial, uint64_t found_after,
               struct scn_reduction *reduction)
{
    struct state state = {.job = job, .profile = profile, .trial = trial, .reduction = reduction};
    state.schedules = found_after * 3 < LEAST ? LEAST : found_after * 3 > MOST ? MOST : (size_t)found_after * 3;
    struct shim_history head;
    struct scn_trial plain;
    const char *none[] = {""};
    memset(reduction, 0, sizeof *reduction);
    shim_history_init(&head);
    bool usable = scn_job_header(job, job->plan, &head) == 0 && script_of(&state.script, head.header.plan);
    state.end = scn_milliseconds() + REDUCE_MS;
    reduction->before = reduction->after = usable ? size_of(&state.script) : 0;
    if (usable) {
        job->schedules->mode = SCN_SCHEDULES_FOLLOW;
        state.result = scn_try(job, profile, none, 1, false, &plain);
        const char *clause = trial->failure.clause != NULL ? trial->failure.clause->id : "";
        state.needs_schedule = state.result == 0 && strncmp(clause, "process.", 8) != 0 && !shows(&state, &plain);
        scn_trial_fini(&plain);
        fewer_actors(&state);
        for (size_t chunk = 8; chunk > 1 && !is_over(&state); chunk /= 2) {
            fewer_steps(&state, chunk);
        }
        while (!is_over(&state) && fewer_steps(&state, 1)) {
        }
        reduction->after = size_of(&state.script);
    }
    script_fini(&state.script);
    shim_history_fini(&head);
    return state.result;
}
