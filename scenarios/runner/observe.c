/* scenarios/runner/observe.c - what a run says about itself beyond its calls.
 *
 * Numbers that are observed, to be compared with those of the control; how many calls of the actors' own
 * steps gave what; callbacks that signal gates; and the end by kill.
 *
 * The engine calls a callback on whatever thread it likes, and a wrong engine perhaps when the run is
 * over. So the functions that it is given count in static memory; a gate reads its count there.
 */
#include <stdio.h>
#include <string.h>

#include "scenarios/runner/world.h"

static atomic_int_least64_t called[SCN_MAX_CALLBACKS];

#define CALLBACK(n)                                                                                \
    static JET_ERR JET_CALL callback_##n(JET_SESID sesid, JET_DBID dbid, JET_TABLEID tableid,      \
                                         JET_CBTYP cbtyp, void *arg1, void *arg2, void *context,   \
                                         JET_API_PTR unused)                                       \
    {                                                                                              \
        (void)sesid, (void)dbid, (void)tableid, (void)cbtyp;                                       \
        (void)arg1, (void)arg2, (void)context, (void)unused;                                       \
        atomic_fetch_add_explicit(&called[n], 1, memory_order_relaxed);                            \
        scn_signalled();                                                                           \
        return JET_errSuccess;                                                                     \
    }
CALLBACK(0)
CALLBACK(1)
CALLBACK(2)
CALLBACK(3)
CALLBACK(4)
CALLBACK(5)
CALLBACK(6)
CALLBACK(7)

static const JET_CALLBACK callbacks[SCN_MAX_CALLBACKS] = {callback_0, callback_1, callback_2,
                                                          callback_3, callback_4, callback_5,
                                                          callback_6, callback_7};

void scn_callbacks_reset(void)
{
    for (int i = 0; i < SCN_MAX_CALLBACKS; i++) {
        atomic_store_explicit(&called[i], 0, memory_order_relaxed);
    }
}

int64_t scn_signals(const struct scn_gate *gate)
{
    if (gate == NULL) {
        return 0;
    }
    return atomic_load_explicit(&gate->signals, memory_order_relaxed) +
           (gate->callback > 0
                ? atomic_load_explicit(&called[gate->callback - 1], memory_order_relaxed)
                : 0);
}

uint64_t scn_callback_for(struct scn_world *world, const char *gate_name)
{
    const struct scn_gate *gate = scn_gate(world, gate_name);
    return gate != NULL && gate->callback > 0 ? (uintptr_t)callbacks[gate->callback - 1] : 0;
}

void scn_play_observe(struct scn_player *player, const struct scn_observe *observe)
{
    char text[32];
    uint64_t unbound;
    bool known = true;
    const struct scn_value *values[] = {&observe->value, &observe->less};
    for (int i = 0; i < (observe->has_less ? 2 : 1); i++) {
        known = known && (values[i]->kind != SCN_VALUE_NAME ||
                          scn_lookup(player, values[i]->text, &unbound));
    }
    if (!known) {
        scn_event(player, SHIM_EVENT_NOTE, "not observed", observe->name, 0, 0, 0, 0);
        return;
    }
    int64_t number = (int64_t)scn_value_number(player, &observe->value, SCN_KIND_COUNT);
    if (observe->has_less) {
        number -= (int64_t)scn_value_number(player, &observe->less, SCN_KIND_COUNT);
    }
    snprintf(text, sizeof text, "%lld", (long long)number);
    scn_event(player, SHIM_EVENT_OBSERVED, observe->name, text, number, 0, 0, 0);
}

static bool is_among(const JET_ERR *codes, int count, JET_ERR code)
{
    for (int i = 0; i < count; i++) {
        if (codes[i] == code) {
            return true;
        }
    }
    return false;
}

void scn_count_given(struct scn_player *player, enum shim_fn fn, JET_ERR result)
{
    struct scn_world *world = player->world;
    for (int i = 0; i < world->plan->expect_count; i++) {
        const struct scn_expect *expect = &world->plan->expects[i];
        if (expect->kind == SCN_EXPECT_GIVES && expect->fn == fn &&
            is_among(expect->codes, expect->code_count, result)) {
            atomic_fetch_add_explicit(&world->given[i], 1, memory_order_relaxed);
        }
    }
}

bool scn_holds(int64_t left, enum scn_relation relation, int64_t right)
{
    switch (relation) {
    case SCN_SAME:
        return left == right;
    case SCN_LESS:
        return left < right;
    case SCN_LESS_OR_SAME:
        return left <= right;
    case SCN_MORE:
        return left > right;
    case SCN_MORE_OR_SAME:
        return left >= right;
    }
    return false;
}

void scn_judge_given(struct scn_world *world)
{
    for (int i = 0; i < world->plan->expect_count; i++) {
        const struct scn_expect *expect = &world->plan->expects[i];
        char name[128], text[256];
        size_t used;
        if (expect->kind != SCN_EXPECT_GIVES) {
            continue;
        }
        int64_t seen = atomic_load_explicit(&world->given[i], memory_order_relaxed);
        snprintf(name, sizeof name, "%s gives in line %d", shim_function(expect->fn)->name,
                 expect->pos.line);
        used = (size_t)snprintf(text, sizeof text, "%lld calls of it gave", (long long)seen);
        for (int c = 0; c < expect->code_count && used < sizeof text; c++) {
            const char *code = shim_error_name(expect->codes[c]);
            used += (size_t)snprintf(text + used, sizeof text - used, "%s %d%s%s",
                                     c == 0 ? "" : " or", (int)expect->codes[c],
                                     code != NULL ? " " : "", code != NULL ? code : "");
        }
        if (used < sizeof text) {
            snprintf(text + used, sizeof text - used, "; the script expects %s %lld",
                     expect->relation == SCN_SAME           ? "exactly"
                     : expect->relation == SCN_MORE_OR_SAME ? "at least"
                                                            : "at most",
                     (long long)expect->count);
        }
        scn_event(world->runner, SHIM_EVENT_EXPECT, name, text,
                  scn_holds(seen, expect->relation, expect->count), 1, expect->in, 0);
    }
}

bool scn_may_kill(struct scn_player *player)
{
    bool may = player->world->options->may_kill;
    if (!may) {
        scn_event(player, SHIM_EVENT_NOTE, "kill", "not in a process of its own: nobody is killed",
                  0, 0, 0, 0);
    }
    return may;
}

void scn_play_kill(struct scn_player *player)
{
    if (!scn_may_kill(player)) {
        return;
    }
    scn_event(player, SHIM_EVENT_KILL, SCN_KILLED_BY_SCRIPT, NULL, 0, 0, 0, 0);
    scn_die();
}
