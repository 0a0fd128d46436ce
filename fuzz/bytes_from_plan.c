/* fuzz/bytes_from_plan.c - see the header; the format is in format.h. */
#include "fuzz/bytes_from_plan.h"

#include <string.h>

#include "fuzz/format.h"
#include "scenarios/language/language.h"

#define MOST_NAMES 64

struct slot {
    const char *name; /* as in the script, with the $ if shared */
    char kind;
    int slot;
};

struct encoder {
    uint8_t *bytes;
    size_t size;
    bool overflow;
    const struct scn_plan *plan;
    const char *gates[FUZZ_MAX_ACTORS][FUZZ_GATES]; /* signalled by each actor */
    int actor;
    struct slot slots[MOST_NAMES];
    int slot_count;
};

static void put(struct encoder *e, unsigned byte)
{
    if (e->size < FUZZ_MAX_BYTES)
        e->bytes[e->size++] = (uint8_t)byte;
    else
        e->overflow = true;
}

/* ---- values ---- */

/* The slot of a name of this kind; the next one in turn if `bind` and it has none. -1: none. */
static int slot_of(struct encoder *e, const char *name, char kind, bool bind)
{
    int used = 0;
    for (int i = 0; i < e->slot_count; i++) {
        if (e->slots[i].kind == kind && strcmp(e->slots[i].name, name) == 0)
            return e->slots[i].slot;
        used += e->slots[i].kind == kind && (e->slots[i].name[0] == '$') == (name[0] == '$');
    }
    if (!bind || e->slot_count == MOST_NAMES)
        return -1;
    e->slots[e->slot_count] = (struct slot){name, kind, used % FUZZ_SLOTS};
    return e->slots[e->slot_count++].slot;
}

static void forget_local_slots(struct encoder *e)
{
    int kept = 0;
    for (int i = 0; i < e->slot_count; i++)
        if (e->slots[i].name[0] == '$')
            e->slots[kept++] = e->slots[i];
    e->slot_count = kept;
}

static void put_number(struct encoder *e, const struct scn_value *value)
{
    int64_t number = value->kind == SCN_VALUE_INT ? value->number : 0;
    switch (value->kind) {
    case SCN_VALUE_RANDOM:
        put(e, FUZZ_NUMBER_RANDOM);
        put(e, (unsigned)(value->number & 0xff));
        put(e, value->high - value->number > 255 ? 255u : (unsigned)(value->high - value->number));
        return;
    case SCN_VALUE_ACTOR:
        put(e, FUZZ_NUMBER_ACTOR);
        return;
    case SCN_VALUE_TURN:
        put(e, FUZZ_NUMBER_TURN);
        return;
    case SCN_VALUE_UNIQUE:
        put(e, FUZZ_NUMBER_UNIQUE);
        return;
    case SCN_VALUE_NIL:
        number = -1;
        break;
    default:
        break;
    }
    if (number >= 0 && number <= 255) {
        put(e, FUZZ_NUMBER_BYTE);
        put(e, (unsigned)number);
        return;
    }
    if (number < 0 && number >= -256) {
        put(e, FUZZ_NUMBER_NEGATIVE);
        put(e, (unsigned)(-1 - number));
        return;
    }
    put(e, FUZZ_NUMBER_WORD);
    for (int i = 0; i < 4; i++)
        put(e, (unsigned)(number >> 8 * i & 0xff));
}

static bool put_handle(struct encoder *e, char kind, const struct scn_value *value)
{
    int slot = 0;
    enum fuzz_handle which;
    switch (value->kind) {
    case SCN_VALUE_NAME:
        which = value->text[0] == '$' ? FUZZ_HANDLE_SHARED : FUZZ_HANDLE_SLOT;
        slot = slot_of(e, value->text, kind, false);
        for (int i = 0; slot < 0 && kind == 'i' && i < e->plan->instance_count; i++)
            if (strcmp(e->plan->instances[i].name, value->text) == 0) {
                which = FUZZ_HANDLE_INSTANCE;
                slot = i % FUZZ_SLOTS;
            }
        break;
    case SCN_VALUE_NIL:
        which = FUZZ_HANDLE_NIL;
        break;
    case SCN_VALUE_NULL:
        which = FUZZ_HANDLE_NULL;
        break;
    case SCN_VALUE_GARBAGE:
        which = FUZZ_HANDLE_GARBAGE;
        break;
    case SCN_VALUE_STALE:
        which = FUZZ_HANDLE_STALE;
        break;
    default:
        return false;
    }
    if (slot < 0)
        return false;
    put(e, (unsigned)which + FUZZ_HANDLE_COUNT * (unsigned)slot);
    return true;
}

static bool put_text(struct encoder *e, const struct scn_value *value)
{
    for (size_t i = 0; value->kind == SCN_VALUE_TEXT && i < fuzz_text_count(); i++)
        if (strcmp(fuzz_text(i), value->text) == 0) {
            put(e, (unsigned)i);
            return true;
        }
    return false;
}

/* One argument; false, with nothing written, if the format cannot say it. */
static bool put_arg(struct encoder *e, enum shim_fn fn, const struct scn_arg *arg)
{
    size_t before = e->size;
    put(e, (unsigned)arg->param);
    bool said = true;
    switch (fuzz_param_class(fn, arg->param)) {
    case FUZZ_PARAM_HANDLE:
        said = put_handle(e, fuzz_kind_of_role(shim_function(fn)->params[arg->param].role),
                          &arg->value);
        break;
    case FUZZ_PARAM_BITS:
    case FUZZ_PARAM_NUMBER:
        put_number(e, &arg->value);
        break;
    case FUZZ_PARAM_ZERO:
        said = arg->value.kind == SCN_VALUE_INT && arg->value.number == 0;
        break;
    case FUZZ_PARAM_NAME:
        said = put_text(e, &arg->value);
        break;
    default:
        said = false;
        break;
    }
    if (!said)
        e->size = before;
    return said;
}

/* ---- steps ---- */

static bool put_stop(struct encoder *e, const struct scn_call *call)
{
    uint32_t grbit = 0;
    int bits = shim_param_with_role(call->fn, SHIM_ROLE_IN_GRBIT);
    for (int i = 0; i < call->arg_count; i++) {
        if (call->args[i].param != bits || call->args[i].value.kind != SCN_VALUE_INT)
            return false;
        grbit = (uint32_t)call->args[i].value.number;
    }
    for (size_t i = 0; i < fuzz_stop_count(); i++)
        if (fuzz_stop(i)->fn == call->fn && fuzz_stop(i)->grbit == grbit) {
            put(e, FUZZ_OP_STOP);
            put(e, (unsigned)i);
            return true;
        }
    return false;
}

static void put_call(struct encoder *e, const struct scn_call *call)
{
    if (put_stop(e, call))
        return;
    int bind = scn_bind_param(call->fn);
    char kind = bind < 0 ? 0 : fuzz_kind_of_role(shim_function(call->fn)->params[bind].role);
    unsigned flags = 0, count = 0;
    if (call->variant != shim_function_default_variant(call->fn))
        flags |= (1u + (unsigned)call->variant) << 4;
    put(e, FUZZ_OP_CALL);
    put(e, (unsigned)fuzz_function_index(call->fn));
    size_t flags_at = e->size;
    put(e, 0);
    size_t slot_at = e->size;
    if (call->bind && kind) {
        flags |= FUZZ_CALL_BIND | (call->bind[0] == '$' ? FUZZ_CALL_SHARED : 0);
        put(e, 0);
    }
    for (int i = 0; i < call->arg_count && count < FUZZ_MAX_ARGS; i++)
        count += put_arg(e, call->fn, &call->args[i]);
    if (e->overflow)
        return;
    if (call->bind && kind) {
        int slot = slot_of(e, call->bind, kind, true);
        e->bytes[slot_at] = (uint8_t)(slot < 0 ? 0 : slot);
    }
    e->bytes[flags_at] = (uint8_t)(flags | count);
}

static void put_row(struct encoder *e, const struct scn_row *row)
{
    put(e, FUZZ_OP_ROW);
    put(e, (unsigned)row->op | (row->has_key ? FUZZ_ROW_KEY : 0));
    if (row->has_key)
        put_number(e, &row->key);
}

static int put_steps(struct encoder *e, const struct scn_step *steps, int most, int depth);

/* A number of steps, and the steps. */
static void put_body(struct encoder *e, const struct scn_step *steps, int depth)
{
    size_t count_at = e->size;
    put(e, 0);
    int count = put_steps(e, steps, FUZZ_MAX_BODY, depth);
    if (!e->overflow)
        e->bytes[count_at] = (uint8_t)count;
}

static void put_repeat(struct encoder *e, const struct scn_repeat *repeat, int depth)
{
    int most = depth == 0 ? 24 : 6;
    int64_t passes = repeat->count.kind == SCN_VALUE_INT ? repeat->count.number : most;
    if (passes < 1 || passes > most)
        passes = most;
    put(e, FUZZ_OP_REPEAT);
    put(e, repeat->kind == SCN_REPEAT_TIMES ? FUZZ_REPEAT_TIMES : FUZZ_REPEAT_UNTIL_DENIED);
    put(e, (unsigned)(passes - 1));
    put_body(e, repeat->body, depth + 1);
}

static void put_choose(struct encoder *e, const struct scn_choice *choices, int depth)
{
    unsigned count = 0;
    for (const struct scn_choice *c = choices; c && count < 4; c = c->next)
        count++;
    put(e, FUZZ_OP_CHOOSE);
    put(e, count - 1);
    for (; choices && count; choices = choices->next, count--) {
        put(e, choices->weight > 8 ? 7u : (unsigned)choices->weight - 1);
        put_body(e, choices->body, depth + 1);
    }
}

/* The number that a gate of this actor has, or -1. */
static int gate_of(const struct encoder *e, int actor, const char *name)
{
    for (int g = 0; g < FUZZ_GATES; g++)
        if (e->gates[actor][g] && strcmp(e->gates[actor][g], name) == 0)
            return g;
    return -1;
}

static bool put_wait(struct encoder *e, const char *name)
{
    for (int actor = 0; actor < e->actor; actor++) {
        int gate = gate_of(e, actor, name);
        if (gate >= 0) {
            unsigned byte = (unsigned)gate * 16;
            while (byte % (unsigned)e->actor != (unsigned)actor)
                byte++;
            put(e, FUZZ_OP_WAIT);
            put(e, byte);
            return true;
        }
    }
    return false;
}

static void put_amount(struct encoder *e, enum fuzz_operation operation,
                       const struct scn_value *amount, int64_t most)
{
    put(e, operation);
    put(e, amount->kind == SCN_VALUE_INT && amount->number < most ? (unsigned)amount->number
                                                                  : (unsigned)most);
}

/* One step; false, with nothing written, if the format cannot say it. */
static bool put_step(struct encoder *e, const struct scn_step *step, int depth)
{
    int gate;
    switch (step->kind) {
    case SCN_STEP_CALL:
        put_call(e, &step->u.call);
        return true;
    case SCN_STEP_ROW:
        put_row(e, &step->u.row);
        return true;
    case SCN_STEP_REPEAT:
        if (depth < FUZZ_MAX_NESTING)
            put_repeat(e, &step->u.repeat, depth);
        return depth < FUZZ_MAX_NESTING;
    case SCN_STEP_CHOOSE:
        if (depth < FUZZ_MAX_NESTING)
            put_choose(e, step->u.choices, depth);
        return depth < FUZZ_MAX_NESTING;
    case SCN_STEP_WAIT:
        return depth == 0 && put_wait(e, step->u.gate.name);
    case SCN_STEP_SIGNAL:
        gate = gate_of(e, e->actor, step->u.gate.name);
        if (gate < 0)
            return false;
        put(e, FUZZ_OP_SIGNAL);
        put(e, (unsigned)gate);
        return true;
    case SCN_STEP_AIM:
        put(e, FUZZ_OP_AIM);
        put(e, (unsigned)fuzz_function_index(step->u.aim.fn_count > 0
                                                 ? step->u.aim.fns[0]
                                                 : SHIM_FN_JetCommitTransaction));
        put(e, step->u.aim.calls > 31 ? 31u : (unsigned)step->u.aim.calls);
        return true;
    case SCN_STEP_PROBE:
        put_amount(e, FUZZ_OP_PROBE, &step->u.amount, FUZZ_PROBES);
        return true;
    case SCN_STEP_PAUSE:
        put_amount(e, FUZZ_OP_PAUSE, &step->u.amount, 255);
        return true;
    default:
        return false;
    }
}

static int put_steps(struct encoder *e, const struct scn_step *steps, int most, int depth)
{
    int count = 0;
    for (; steps && count < most && !e->overflow; steps = steps->next)
        count += put_step(e, steps, depth);
    return count;
}

/* ---- actors and the rest ---- */

static void add_gates(struct encoder *e, int actor, const struct scn_step *steps, bool blocks)
{
    for (; steps; steps = steps->next) {
        if (steps->kind == SCN_STEP_SIGNAL && gate_of(e, actor, steps->u.gate.name) < 0) {
            for (int g = 0; g < FUZZ_GATES; g++)
                if (!e->gates[actor][g]) {
                    e->gates[actor][g] = steps->u.gate.name;
                    break;
                }
        } else if (blocks && steps->kind == SCN_STEP_REPEAT) {
            add_gates(e, actor, steps->u.repeat.body, true);
        } else if (blocks && steps->kind == SCN_STEP_CHOOSE) {
            for (const struct scn_choice *c = steps->u.choices; c; c = c->next)
                add_gates(e, actor, c->body, true);
        }
    }
}

/* Numbers an actor's gates; first those outside blocks, for only they can be waited for. */
static void collect_gates(struct encoder *e, int actor)
{
    add_gates(e, actor, e->plan->actors[actor].steps, false);
    add_gates(e, actor, e->plan->actors[actor].steps, true);
}

static void put_actor(struct encoder *e, int index)
{
    const struct scn_actor *actor = &e->plan->actors[index];
    e->actor = index;
    forget_local_slots(e);
    put(e, (actor->instance > 0 ? FUZZ_ACTOR_SECOND : 0) |
               (actor->count > 1 ? FUZZ_ACTOR_TWICE : 0));
    put(e, FUZZ_PRELUDE_NONE);
    size_t count_at = e->size;
    put(e, 0);
    int count = put_steps(e, actor->steps, FUZZ_MAX_STEPS, 0);
    if (actor->has_cleanup)
        count += put_steps(e, actor->cleanup, FUZZ_MAX_STEPS - count, 0);
    if (!e->overflow)
        e->bytes[count_at] = (uint8_t)count;
}

size_t fuzz_bytes_from_plan(const struct scn_plan *plan, bool turns, uint8_t *bytes)
{
    struct encoder e = {.bytes = bytes, .plan = plan};
    int actors = plan->actor_count < FUZZ_MAX_ACTORS ? plan->actor_count : FUZZ_MAX_ACTORS;
    int64_t rows = plan->table_count > 0 ? plan->tables[0].rows : 0;
    for (int i = 0; i < actors; i++)
        collect_gates(&e, i);
    put(&e, (turns ? FUZZ_FLAG_TURNS : 0) | (plan->instance_count > 1 ? FUZZ_FLAG_SECOND : 0));
    put(&e, rows > 8 ? 3u : rows > 1 ? 0u : rows == 1 ? 2u : 1u); /* of fuzz_row_counts */
    put(&e, 0);
    put(&e, (unsigned)actors - 1);
    for (int i = 0; i < actors; i++)
        put_actor(&e, i);
    for (int turn = 0; turns && turn < 64; turn++)
        put(&e, (unsigned)(turn / 2 % actors)); /* two steps each, so that no order is special */
    return e.size;
}
