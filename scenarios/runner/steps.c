/* scenarios/runner/steps.c - the steps of an actor.
 *
 * Nothing here may hang: gates and endless repeats end after the gate timeout, aiming after the aim
 * timeout. A gate that never opened leaves an EXPECT event that did not hold; an aim that was not
 * reached or a repeat cut short leaves a NOTE: what the run then did not exercise shows in its
 * counts. A waiting actor says so once a second (ALLOWED_WAIT), which also shows the watchdog that
 * the harness is alive.
 */
#include <stdio.h>
#include <string.h>

#include "scenarios/runner/world.h"

#define SCN_SECOND 1000000u
#define SCN_PASSES_AFTER_STOP 2000 /* passes without a denial after a successful stop */
#define SCN_USELESS_PASSES 200     /* passes in which every call failed, or none was made */
#define SCN_ALONE_US 5000          /* nobody is left who could come to be aimed at */
#define SCN_MOST_PASSES 10000000
#define SCN_MOST_RECORDS 400000u   /* of the whole run: enough to see, quick to judge */

struct scn_gate *scn_gate(struct scn_world *world, const char *name)
{
    for (int i = 0; i < world->gate_count; i++) {
        if (strcmp(world->gates[i].name, name) == 0) {
            return &world->gates[i];
        }
    }
    return NULL;
}

static void add_gate(struct scn_world *world, const char *name)
{
    if (scn_gate(world, name) == NULL && world->gate_count < SCN_MAX_GATES) {
        world->gates[world->gate_count++].name = name;
    }
}

static void add_callbacks(struct scn_world *world, const struct scn_call *call)
{
    for (int i = 0; i < call->arg_count; i++) {
        if (call->args[i].value.kind == SCN_VALUE_SIGNAL) {
            add_gate(world, call->args[i].value.text);
            struct scn_gate *gate = scn_gate(world, call->args[i].value.text);
            if (gate != NULL && gate->callback == 0 && world->callback_count < SCN_MAX_CALLBACKS) {
                gate->callback = ++world->callback_count;
            }
        }
    }
}

void scn_collect_gates(struct scn_world *world, const struct scn_step *steps)
{
    for (const struct scn_step *step = steps; step != NULL; step = step->next) {
        if (step->kind == SCN_STEP_WAIT || step->kind == SCN_STEP_SIGNAL) {
            add_gate(world, step->u.gate.name);
        } else if (step->kind == SCN_STEP_CALL) {
            add_callbacks(world, &step->u.call);
        } else if (step->kind == SCN_STEP_ONLY) {
            scn_collect_gates(world, step->u.only.body);
        } else if (step->kind == SCN_STEP_REPEAT) {
            if (step->u.repeat.kind == SCN_REPEAT_UNTIL_SIGNAL) {
                add_gate(world, step->u.repeat.name);
            }
            scn_collect_gates(world, step->u.repeat.body);
        } else if (step->kind == SCN_STEP_CHOOSE) {
            for (const struct scn_choice *c = step->u.choices; c != NULL; c = c->next) {
                scn_collect_gates(world, c->body);
            }
        }
    }
}

static void expectation(struct scn_player *player, const char *what, const char *name, int line,
                        const char *text, bool held, enum scn_in in)
{
    char label[128];
    snprintf(label, sizeof label, "%s %s in line %d", what, name != NULL ? name : "", line);
    scn_event(player, SHIM_EVENT_EXPECT, label, text, held, 1, in, 0);
}

/* Says that the actor rests, at most once a second. */
static void announce(struct scn_player *player, const char *name, uint64_t *last)
{
    uint64_t now = scn_now_us();
    if (*last == 0 || now - *last >= SCN_SECOND) {
        *last = now;
        scn_event(player, SHIM_EVENT_ALLOWED_WAIT, name, NULL, 0, 0, 0, 0);
    }
}

/* What the actor is doing, for those that wait for others. */
static void now_is(struct scn_player *player, enum scn_doing doing)
{
    atomic_store_explicit(&player->doing, (int)doing, memory_order_relaxed);
}

/* Whether some other actor may still enter calls: it is neither over nor waiting itself. */
static bool others_move(const struct scn_world *world, const struct scn_player *self)
{
    for (int p = 0; p < world->player_count; p++) {
        if (world->players[p] != self &&
            atomic_load_explicit(&world->players[p]->doing, memory_order_relaxed) == SCN_PLAYING) {
            return true;
        }
    }
    return false;
}

static void play_wait(struct scn_player *player, const struct scn_step *step)
{
    const struct scn_gate *gate = scn_gate(player->world, step->u.gate.name);
    int64_t wanted = step->u.gate.count > 0 ? step->u.gate.count : 1;
    uint64_t begin = scn_now_us(), said = 0;
    for (int spins = 0; scn_signals(gate) < wanted; spins++) {
        if (spins < 200 && !scn_controlled()) {
            scn_yield();
            continue;
        }
        announce(player, step->u.gate.name, &said);
        if (scn_controlled()) {
            scn_wait_signal(player->world->gate_timeout_us);
        } else {
            scn_sleep_us(50);
        }
        if (scn_now_us() - begin > player->world->gate_timeout_us) {
            expectation(player, "wait", step->u.gate.name, step->pos.line,
                        "the gate never opened", false, SCN_IN_ANY);
            return;
        }
    }
}

static int64_t finished(const struct scn_world *world, const struct scn_player *self,
                        const struct scn_aim *aim)
{
    int64_t sum = 0;
    for (int p = 0; p < world->player_count; p++) {
        const struct scn_player *other = world->players[p];
        if (other == self) {
            continue;
        }
        int functions = aim->fn_count > 0 ? aim->fn_count : SHIM_FN_COUNT;
        for (int f = 0; f < functions; f++) {
            int fn = aim->fn_count > 0 ? (int)aim->fns[f] : f;
            sum += (int64_t)atomic_load_explicit(&other->finished[fn], memory_order_relaxed);
        }
    }
    return sum;
}

static int inside(const struct scn_world *world, const struct scn_player *self,
                  const struct scn_aim *aim)
{
    int count = 0;
    for (int p = 0; p < world->player_count; p++) {
        const struct scn_player *other = world->players[p];
        if (other == self) {
            continue;
        }
        enum shim_fn fn = shim_recorder_inside(world->options->recorder, other->number, NULL);
        bool wanted = fn != SHIM_FN_NONE && aim->fn_count == 0;
        for (int f = 0; f < aim->fn_count; f++) {
            wanted = wanted || fn == aim->fns[f];
        }
        count += wanted;
    }
    return count;
}

/* `at` percent of the longest call that one of these functions made so far, in microseconds. */
static uint64_t part_of_longest(struct scn_player *player, const struct scn_aim *aim)
{
    uint64_t longest = 0, percent = scn_value_number(player, &aim->at, SCN_KIND_COUNT);
    for (int f = 0; f < (aim->fn_count > 0 ? aim->fn_count : SHIM_FN_COUNT); f++) {
        int fn = aim->fn_count > 0 ? (int)aim->fns[f] : f;
        uint64_t us =
            atomic_load_explicit(&player->world->longest_us[fn], memory_order_relaxed);
        longest = us > longest ? us : longest;
    }
    return longest * percent / 100;
}

/* Lets the calls go on that were seen when `before` had finished, for `us`; false if they returned
 * meanwhile. This thread may lose the processor anywhere: what counts is the look at the end. */
static bool linger(const struct scn_player *player, const struct scn_aim *aim, int wanted,
                   uint64_t us, int64_t before)
{
    const struct scn_world *world = player->world;
    if (scn_controlled()) {
        scn_sleep_us(us);
        return finished(world, player, aim) == before && inside(world, player, aim) >= wanted;
    }
    for (uint64_t end = scn_now_us() + us; scn_now_us() < end; scn_yield()) {
        if (finished(world, player, aim) != before) {
            return false;
        }
    }
    return inside(world, player, aim) >= wanted && finished(world, player, aim) == before;
}

bool scn_aim_is_reached(const struct scn_player *player, const struct scn_aim *aim)
{
    return (aim->calls <= 0 || finished(player->world, player, aim) >= aim->calls) &&
           inside(player->world, player, aim) >= (aim->count > 0 ? aim->count : 1);
}

/* Holds until the others are where the script wants them, then returns at once: whatever must be
 * done before the next step (showing the state before a stop) is done first. */
static void play_aim(struct scn_player *player, const struct scn_step *step)
{
    const struct scn_aim *aim = &step->u.aim;
    const struct scn_world *world = player->world;
    int wanted = aim->count > 0 ? aim->count : 1;
    uint64_t begin = scn_now_us(), said = 0, alone = 0;
    const struct scn_step *next = step->next;
    if (next != NULL && next->kind == SCN_STEP_CALL && scn_is_stop(next->u.call.fn)) {
        scn_refresh_env(player);
        scn_show_state(player, player->env.instance, 0);
        player->shown_before = true;
    }
    announce(player, "aim", &said);
    uint64_t rest = aim->has_at ? part_of_longest(player, aim) : 0;
    for (unsigned spins = 1;; spins++) {
        int64_t before = finished(world, player, aim); /* first: the calls seen end after it */
        if (scn_aim_is_reached(player, aim)) {
            if (rest == 0 || linger(player, aim, wanted, rest, before)) {
                return;
            }
            /* The longest one need not be like the others: it was the first, with everything cold, or virtual time has leapt
             * within it. So a miss makes the wait shorter. */
            rest -= scn_controlled() ? (rest + 1) / 2 : rest / 8;
        }
        if (scn_controlled()) {
            scn_wait_aim(player, aim, world->aim_timeout_us);
        } else if (spins % 64 == 0) {
            scn_yield();
        }
        if (spins % 1024 != 0 && !scn_controlled()) {
            continue;
        }
        uint64_t now = scn_now_us();
        alone = others_move(world, player) ? 0 : alone == 0 ? now : alone;
        if (now - begin > world->aim_timeout_us || (alone != 0 && now - alone > SCN_ALONE_US)) {
            char text[96];
            snprintf(text, sizeof text, "%lld calls had finished; never were %d actors inside",
                     (long long)finished(world, player, aim), wanted);
            scn_event(player, SHIM_EVENT_NOTE, "aim not reached", text, step->pos.line, 0, 0, 0);
            return;
        }
    }
}

static void play_pause(struct scn_player *player, uint64_t us)
{
    uint64_t said = 0, end = scn_now_us() + us;
    for (uint64_t now = scn_now_us(); now < end; now = scn_now_us()) {
        announce(player, "pause", &said);
        scn_sleep_us(end - now < SCN_SECOND / 2 ? end - now : SCN_SECOND / 2);
    }
}

static void play_check(struct scn_player *player, const struct scn_step *step)
{
    uint64_t value = 0, wanted = scn_value_number(player, &step->u.check.value, SCN_KIND_COUNT);
    char text[128];
    bool bound = scn_lookup(player, step->u.check.name, &value);
    /* Results may be narrower than the script's numbers. */
    bool held = bound && (scn_holds((int64_t)value, step->u.check.relation, (int64_t)wanted) ||
                          (step->u.check.relation == SCN_SAME && value >> 32 == 0 &&
                           value == (uint32_t)wanted));
    if (bound) {
        static const char *const words[] = {"", "less than ", "at most ", "more than ",
                                            "at least "};
        snprintf(text, sizeof text, "is %lld; the script expects %s%lld", (long long)value,
                 words[step->u.check.relation], (long long)wanted);
    } else {
        snprintf(text, sizeof text, "was never bound: the call that gives it failed");
    }
    expectation(player, "check", step->u.check.name, step->pos.line, text, held, step->u.check.in);
}

/* Whether an endless repeat is over; `useless` counts passes in which nothing succeeded. */
static bool repeat_is_over(struct scn_player *player, const struct scn_step *step, int64_t pass,
                           int64_t *since_stop, int useless, uint64_t begin)
{
    const struct scn_repeat *repeat = &step->u.repeat;
    const struct scn_world *world = player->world;
    if (repeat->kind == SCN_REPEAT_UNTIL_DENIED) {
        if (player->denied) {
            return true;
        }
        if (atomic_load_explicit(&world->stopped, memory_order_relaxed) &&
            ++*since_stop > SCN_PASSES_AFTER_STOP) {
            return true; /* not denied long after a stop: the judge has seen enough */
        }
        if (useless >= SCN_USELESS_PASSES) {
            return true; /* the instance is gone */
        }
    } else if (scn_signals(scn_gate(player->world, repeat->name)) > 0) {
        return true;
    }
    if (useless > 0 && useless % 100 == 0) {
        scn_sleep_us(200);
    }
    if (pass % 64 != 0) {
        return false;
    }
    if (shim_recorder_progress(world->options->recorder) > SCN_MOST_RECORDS ||
        scn_now_us() - begin > world->gate_timeout_us) {
        scn_event(player, SHIM_EVENT_NOTE, "repeat cut short", "too many calls, or too long",
                  step->pos.line, 0, 0, 0);
        return true;
    }
    return false;
}

static void play_repeat(struct scn_player *player, const struct scn_step *step)
{
    const struct scn_repeat *repeat = &step->u.repeat;
    int64_t most = (int64_t)scn_value_number(player, &repeat->count, SCN_KIND_COUNT);
    int64_t outer = player->turn, since_stop = 0;
    int useless = 0;
    uint64_t begin = scn_now_us();
    if (repeat->kind != SCN_REPEAT_TIMES && most <= 0) {
        most = SCN_MOST_PASSES;
    }
    if (repeat->kind == SCN_REPEAT_UNTIL_DENIED && player->denied) {
        return; /* what the pass would use may never have come about */
    }
    for (int64_t pass = 0; pass < most; pass++) {
        uint64_t calls = player->calls, failed = player->failed;
        player->turn = pass;
        scn_play(player, repeat->body);
        calls = player->calls - calls;
        failed = player->failed - failed;
        useless = calls == failed ? useless + 1 : 0;
        if (repeat->kind != SCN_REPEAT_TIMES && scn_controlled()) {
            scn_yield(); /* a strategy by priorities would never let the others end it */
        }
        if (repeat->kind != SCN_REPEAT_TIMES &&
            repeat_is_over(player, step, pass, &since_stop, useless, begin)) {
            break;
        }
    }
    player->turn = outer;
}

static void play_choice(struct scn_player *player, const struct scn_choice *choices)
{
    int64_t sum = 0, draw;
    for (const struct scn_choice *c = choices; c != NULL; c = c->next) {
        sum += c->weight;
    }
    draw = scn_random_between(player->random, 0, sum - 1);
    for (const struct scn_choice *c = choices; c != NULL; c = c->next) {
        draw -= c->weight;
        if (draw < 0) {
            scn_play(player, c->body);
            return;
        }
    }
}

void scn_play(struct scn_player *player, const struct scn_step *steps)
{
    for (const struct scn_step *step = steps; step != NULL; step = step->next) {
        switch (step->kind) {
        case SCN_STEP_CALL:
            scn_play_call(player, step);
            break;
        case SCN_STEP_ROW:
            scn_play_row(player, &step->u.row);
            break;
        case SCN_STEP_REPEAT:
            play_repeat(player, step);
            break;
        case SCN_STEP_CHOOSE:
            play_choice(player, step->u.choices);
            break;
        case SCN_STEP_WAIT:
            now_is(player, SCN_WAITING);
            play_wait(player, step);
            now_is(player, SCN_PLAYING);
            break;
        case SCN_STEP_SIGNAL: {
            struct scn_gate *gate = scn_gate(player->world, step->u.gate.name);
            if (gate != NULL) {
                atomic_fetch_add_explicit(&gate->signals, 1, memory_order_relaxed);
                scn_signalled();
            }
            break;
        }
        case SCN_STEP_AIM:
            now_is(player, SCN_WAITING);
            play_aim(player, step);
            now_is(player, SCN_PLAYING);
            break;
        case SCN_STEP_PROBE:
            scn_play_probe(player, (int64_t)scn_value_number(player, &step->u.amount,
                                                             SCN_KIND_COUNT));
            break;
        case SCN_STEP_PAUSE:
            play_pause(player, scn_value_number(player, &step->u.amount, SCN_KIND_COUNT));
            break;
        case SCN_STEP_CHECK:
            play_check(player, step);
            break;
        case SCN_STEP_ONLY:
            if (step->u.only.control == player->world->options->control) {
                scn_play(player, step->u.only.body);
            }
            break;
        case SCN_STEP_COPY:
            scn_play_copy(player, &step->u.copy);
            break;
        case SCN_STEP_RESTORE:
            scn_play_restore(player, step);
            break;
        case SCN_STEP_OBSERVE:
            scn_play_observe(player, &step->u.observe);
            break;
        case SCN_STEP_KILL:
            scn_play_kill(player);
            break;
        case SCN_STEP_FAULT:
            scn_play_fault(player, step);
            break;
        }
    }
}
