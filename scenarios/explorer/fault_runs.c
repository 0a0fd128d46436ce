/* scenarios/explorer/fault_runs.c - from the operations of a run to the faults that are tried. */
#include "scenarios/explorer/faults.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DELAY "delay 20000"
#define DELAY_US 20000

/* ---- what was asked for ---- */

/* The next word of a list with commas; false at the end. */
static bool next_word(const char **at, char word[SHIM_FAULT_WORD])
{
    *at += strspn(*at, ", ");
    size_t length = strcspn(*at, ", ");
    snprintf(word, SHIM_FAULT_WORD, "%.*s", (int)(length < SHIM_FAULT_WORD ? length : SHIM_FAULT_WORD - 1), *at);
    *at += length;
    return length > 0;
}

static void add_kind(struct scn_fault_kinds *kinds, enum shim_fault_kind kind, int error)
{
    for (int i = 0; i < kinds->count; i++) {
        if (kinds->kinds[i].kind == kind && kinds->kinds[i].error == error) {
            return;
        }
    }
    if (kinds->count < SCN_MOST_KINDS) {
        kinds->kinds[kinds->count].kind = kind;
        kinds->kinds[kinds->count++].error = error;
    }
}

static void add_errors(struct scn_fault_kinds *kinds)
{
    static const int errors[] = {ENOMEM, ENOSPC, EIO, EMFILE, EACCES, EAGAIN, ENOLCK, EINVAL, EINTR};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        add_kind(kinds, SHIM_FAULT_ERROR, errors[i]);
    }
}

int scn_fault_kinds_parse(const char *text, bool quick, struct scn_fault_kinds *kinds, char *error,
                          size_t error_size)
{
    char word[SHIM_FAULT_WORD], ignored[256];
    struct shim_fault fault;
    memset(kinds, 0, sizeof *kinds);
    if (text == NULL) {
        add_errors(kinds);
        if (!quick) {
            add_kind(kinds, SHIM_FAULT_SHORT, 0);
        }
        kinds->first_only = quick;
        return 0;
    }
    while (next_word(&text, word)) {
        bool all = strcmp(word, "all") == 0;
        if (all || strcmp(word, "errors") == 0) {
            add_errors(kinds);
            for (int kind = SHIM_FAULT_SHORT; all && kind < SHIM_FAULT_KILL; kind++) {
                add_kind(kinds, (enum shim_fault_kind)kind, 0);
            }
            continue;
        }
        bool delay = strcmp(word, "delay") == 0;
        if (shim_fault_parse(delay ? DELAY : word, &fault, ignored, sizeof ignored) != 0 ||
            fault.kind == SHIM_FAULT_KILL) {
            snprintf(error, error_size, "%s is no kind of fault; there are errors, all, ENOSPC, EIO and the other errors, "
                     "short, delay, flip, stale, lost and torn", word);
            return -1;
        }
        add_kind(kinds, fault.kind, fault.error);
    }
    if (kinds->count == 0) {
        snprintf(error, error_size, "no kind of fault is named");
        return -1;
    }
    return 0;
}

static bool add_name(char names[SCN_MOST_SCOPE][SHIM_FAULT_WORD], int *count, const char *name)
{
    if (*count == SCN_MOST_SCOPE) {
        return false;
    }
    snprintf(names[(*count)++], SHIM_FAULT_WORD, "%s", name);
    return true;
}

int scn_fault_scope_parse(const char *text, struct scn_fault_scope *scope, char *error, size_t error_size)
{
    static const char *const states[] = {"setup", "race", "term", "death", "restart"};
    char word[SHIM_FAULT_WORD], ignored[256], line[SHIM_FAULT_WORD + 16];
    struct shim_fault fault;
    memset(scope, 0, sizeof *scope);
    while (text != NULL && next_word(&text, word)) {
        bool known = false;
        for (size_t i = 0; i < sizeof states / sizeof states[0] && !known; i++) {
            known = strcmp(word, states[i]) == 0 && add_name(scope->states, &scope->state_count, word);
        }
        if (!known && strncmp(word, "actor:", 6) == 0) {
            known = add_name(scope->actors, &scope->actor_count, word + 6);
        } else if (!known && strncmp(word, "file:", 5) == 0) {
            known = add_name(scope->files, &scope->file_count, word + 5);
        } else if (!known && shim_operations_find(word) != 0) {
            scope->operations |= shim_operations_find(word);
            known = true;
        } else if (!known) {
            snprintf(line, sizeof line, "EIO in %s", word);
            if (shim_fault_parse(line, &fault, ignored, sizeof ignored) == 0 && scope->fn_count < SCN_MOST_SCOPE) {
                scope->fns[scope->fn_count++] = fault.inside;
                known = true;
            }
        }
        if (!known) {
            snprintf(error, error_size, "%s is no scope; there are setup, race, term, death, restart, operations (malloc, pwrite ...) "
                     "and their families (memory, files ...), functions (JetInit ...), actor:NAME and file:PATTERN",
                     word);
            return -1;
        }
    }
    scope->states_unsaid = scope->state_count == 0;
    if (scope->states_unsaid) {
        for (size_t i = 1; i < sizeof states / sizeof states[0]; i++) { /* all but setup */
            add_name(scope->states, &scope->state_count, states[i]);
        }
    }
    return 0;
}

/* ---- points ---- */

const char *scn_fault_actor(const struct scn_plan *plan, uint32_t number, char *name, size_t size)
{
    uint32_t first = 1;
    if (number == 0 || number == SHIM_NO_ACTOR) {
        return number == 0 ? "runner" : "engine";
    }
    for (int a = 0; a < plan->actor_count; a++) {
        uint32_t count = (uint32_t)plan->actors[a].count;
        if (number < first + count) {
            snprintf(name, size, count > 1 ? "%.50s.%u" : "%.50s", plan->actors[a].name,
                     (unsigned)(number - first));
            return name;
        }
        first += count;
    }
    return "engine";
}

static bool any_matches(char names[SCN_MOST_SCOPE][SHIM_FAULT_WORD], int count, const char *name, bool glob)
{
    bool found = count == 0;
    for (int i = 0; i < count && !found; i++) {
        found = glob ? cmd_glob(names[i], name) : strcmp(names[i], name) == 0;
    }
    return found;
}

bool scn_fault_in_scope(const struct scn_plan *plan, const struct scn_faulted *clean,
                     const struct scn_fault_scope *scope, const struct shim_fault_point *point)
{
    struct scn_fault_scope *s = (struct scn_fault_scope *)(uintptr_t)scope;
    char name[SHIM_FAULT_WORD];
    const char *actor = scn_fault_actor(plan, point->actor, name, sizeof name);
    const char *path = point->file != 0 ? clean->log.paths[point->file - 1] : "";
    const char *base = strrchr(path, '/');
    char plain[SHIM_FAULT_WORD];
    snprintf(plain, sizeof plain, "%.*s", (int)strcspn(actor, "."), actor);
    bool fn = scope->fn_count == 0;
    for (int i = 0; i < scope->fn_count && !fn; i++) {
        fn = (int)scope->fns[i] == point->fn;
    }
    return fn && (scope->operations == 0 || (scope->operations >> point->operation & 1) != 0) &&
           any_matches(s->states, s->state_count, clean->log.states[point->state], false) &&
           (any_matches(s->actors, s->actor_count, actor, false) ||
            any_matches(s->actors, s->actor_count, plain, false)) &&
           any_matches(s->files, s->file_count, base != NULL ? base + 1 : path, true);
}

/* ---- runs ---- */

static int add_run(struct scn_fault_runs *runs, const struct shim_fault *fault, uint64_t stack)
{
    char text[SHIM_FAULT_TEXT];
    if (runs->count == runs->room) {
        size_t room = runs->room * 2 + 64;
        char **grown = realloc(runs->texts, room * sizeof *grown);
        if (grown == NULL) {
            return -1;
        }
        runs->texts = grown;
        uint64_t *more = realloc(runs->stacks, room * sizeof *more);
        if (more == NULL) {
            return -1;
        }
        runs->stacks = more;
        runs->room = room;
    }
    shim_fault_print(fault, text, sizeof text);
    runs->stacks[runs->count] = stack;
    runs->texts[runs->count] = cmd_copy(text);
    return runs->texts[runs->count++] != NULL ? 0 : -1;
}

void scn_fault_set_kind(struct shim_fault *fault, const struct scn_fault_kinds *kinds, int number)
{
    fault->kind = kinds->kinds[number].kind;
    fault->error = kinds->kinds[number].error;
    fault->delay_us = fault->kind == SHIM_FAULT_DELAY ? DELAY_US : 0;
}

bool scn_fault_can_last(enum shim_operation operation, const struct shim_fault *fault)
{
    return fault->kind == SHIM_FAULT_ERROR && fault->error != EINTR && operation != SHIM_LIBC_CLOCK;
}

static bool can(const struct scn_fault_kinds *kinds, int i, const struct shim_fault_point *point)
{
    return shim_operation_can((enum shim_operation)point->operation, kinds->kinds[i].kind, kinds->kinds[i].error) &&
           (kinds->kinds[i].kind != SHIM_FAULT_STALE || point->stale);
}

static bool can_any(const struct scn_fault_kinds *kinds, const struct shim_fault_point *point)
{
    for (int i = 0; i < kinds->count; i++) {
        if (can(kinds, i, point)) {
            return true;
        }
    }
    return false;
}

/* stales: which of the reads there that could be stale it is, for no others are counted by that kind. */
static int add_point(struct scn_fault_runs *runs, const struct scn_fault_kinds *kinds,
                     const struct shim_fault *where, uint64_t stales, const struct shim_fault_point *point)
{
    enum shim_operation operation = (enum shim_operation)point->operation;
    bool had_error = false;
    for (int i = 0; i < kinds->count; i++) {
        struct shim_fault fault = *where;
        scn_fault_set_kind(&fault, kinds, i);
        bool error = fault.kind == SHIM_FAULT_ERROR;
        bool stale = fault.kind == SHIM_FAULT_STALE;
        if (!can(kinds, i, point) || (error && kinds->first_only && had_error)) {
            continue;
        }
        had_error = had_error || error;
        fault.first = stale ? stales : where->first;
        if (add_run(runs, &fault, point->stack) != 0) {
            return -1;
        }
        fault.times = 0;
        if (scn_fault_can_last(operation, &fault) && add_run(runs, &fault, point->stack) != 0) {
            return -1;
        }
    }
    return 0;
}

const char *scn_fault_later_state(const struct scn_faulted *clean, const struct shim_fault_point *point)
{
    const char *state = clean->log.states[point->state];
    return strcmp(state, "death") == 0 || strcmp(state, "restart") == 0 ? state : NULL;
}

#define STALES 0x1000u /* in a key: only the reads that could be stale */

static uint64_t key_of(const struct shim_fault_point *point, bool later, bool ordered)
{
    uint64_t key = ((uint64_t)point->operation + 1) << 5 | (later ? (uint64_t)point->state + 1 : 0);
    return ordered ? key : key | (uint64_t)(uint16_t)point->fn << 16 | (uint64_t)point->actor << 32;
}

/* The state is part of it: what the same failure leads to is not the same before, in and after the race. */
static uint64_t place_of(const struct scn_faulted *clean, const struct shim_fault_point *point, bool stale)
{
    const char *state = clean->log.states[point->state];
    return scn_hash(point->stack + point->operation, state, strlen(state)) + stale;
}

static bool has_stale(const struct scn_fault_kinds *kinds)
{
    bool has = false;
    for (int i = 0; i < kinds->count; i++) {
        has = has || kinds->kinds[i].kind == SHIM_FAULT_STALE;
    }
    return has;
}

int scn_fault_runs_make(const struct scn_plan *plan, const struct scn_faulted *clean,
                        const struct scn_fault_kinds *kinds, const struct scn_fault_scope *scope,
                        struct scn_seen *met, bool ordered, struct scn_fault_runs *runs)
{
    struct scn_tally tally;
    struct scn_seen own = {.slot = NULL};
    char name[SHIM_FAULT_WORD];
    memset(runs, 0, sizeof *runs);
    int failed = scn_tally_init(&tally, clean->point_count * 2);
    for (size_t i = 0; failed == 0 && i < clean->point_count; i++) {
        const struct shim_fault_point *point = &clean->points[i];
        const char *later = scn_fault_later_state(clean, point);
        uint64_t key = key_of(point, later != NULL, ordered), number = scn_tally_add(&tally, key);
        uint64_t stales = point->stale ? scn_tally_add(&tally, key | STALES) : 0;
        if (!scn_fault_in_scope(plan, clean, scope, point)) {
            continue;
        }
        /* The first read at a place is seldom the one that could be stale: that is a place of its own. */
        uint64_t place = place_of(clean, point, point->stale && has_stale(kinds));
        bool first = scn_seen_add(&own, place) != 0; /* without memory all are new */
        /* What cannot go wrong in such a way was not tried by being here. */
        bool known = first && can_any(kinds, point) && met != NULL && scn_seen_add(met, place) == 0;
        runs->points++;
        runs->places += first;
        runs->known += known;
        if (met != NULL && (!first || known)) {
            continue;
        }
        struct shim_fault where = {.operations = UINT64_C(1) << point->operation,
                                   .inside = SHIM_FN_NONE,
                                   .during = SHIM_FN_NONE,
                                   .first = number,
                                   .times = 1};
        if (later != NULL) {
            snprintf(where.state, sizeof where.state, "%s", later);
        }
        if (!ordered) {
            snprintf(where.actor, sizeof where.actor, "%s", scn_fault_actor(plan, point->actor, name, sizeof name));
            where.inside = (enum shim_fn)point->fn;
        }
        failed = add_point(runs, kinds, &where, stales, point);
    }
    scn_tally_fini(&tally);
    scn_seen_fini(&own);
    return failed;
}

void scn_fault_runs_fini(struct scn_fault_runs *runs)
{
    for (size_t i = 0; i < runs->count; i++) {
        free(runs->texts[i]);
    }
    free(runs->texts);
    free(runs->stacks);
    memset(runs, 0, sizeof *runs);
}
