/* fuzz/plan_from_bytes.c - see the header; the format is in format.h. */
#include "fuzz/plan_from_bytes.h"

#include <stdio.h>
#include <string.h>

#include "fuzz/format.h"
#include "scenarios/language/language.h"

/* Names of the plan's own objects: [0] on the first instance, [1] on the second. */
static const char *const instance_names[] = {"main", "second"};
static const char *const database_names[] = {"data", "data2"};
static const char *const table_names[] = {"rows", "rows2"};

/* Slots and gates an actor has; bits of masks. */
#define KINDS "isdtcnlfh"
#define KIND_COUNT 9

struct decoder {
    const uint8_t *at, *end;
    struct scn_plan *plan;
    bool failed;        /* out of memory */
    bool turns;
    int actor;          /* being read */
    int instance;       /* its instance */
    int steps;          /* of it so far */
    int work;           /* executed by it so far, repeats multiplied */
    int before[FUZZ_MAX_ACTORS]; /* steps of the actors' preludes */
    int repeats;        /* around the current step */
    bool dropping;      /* what is read now is beyond the actor's bounds: it leaves no trace */
    bool bound[KIND_COUNT][FUZZ_SLOTS];            /* by the current actor so far */
    bool shared[KIND_COUNT][FUZZ_SLOTS];           /* by any actor before or at this place */
    bool signalled[FUZZ_MAX_ACTORS][FUZZ_GATES];   /* for certain, by actors read so far */
};

static uint8_t take(struct decoder *d)
{
    return d->at < d->end ? *d->at++ : 0;
}

static bool at_end(const struct decoder *d)
{
    return d->at == d->end;
}

static void *allocate(struct decoder *d, size_t size)
{
    void *memory = scn_plan_alloc(d->plan, size);
    if (!memory)
        d->failed = true;
    return memory;
}

static const char *text(struct decoder *d, const char *words)
{
    const char *copy = scn_plan_text(d->plan, words);
    if (!copy)
        d->failed = true;
    return copy;
}

/* ---- values ---- */

static int kind_index(char kind)
{
    return (int)(strchr(KINDS, kind) - KINDS);
}

static const char *slot_name(struct decoder *d, char kind, int slot, bool shared)
{
    char name[8];
    snprintf(name, sizeof name, "%s%c%d", shared ? "$" : "", kind, slot);
    return text(d, name);
}

static struct scn_value integer(int64_t number)
{
    return (struct scn_value){.kind = SCN_VALUE_INT, .number = number};
}

static struct scn_value read_number(struct decoder *d)
{
    struct scn_value value = {.kind = SCN_VALUE_INT};
    switch (take(d) % FUZZ_NUMBER_COUNT) {
    case FUZZ_NUMBER_BYTE:
        value.number = take(d);
        break;
    case FUZZ_NUMBER_BIT:
        value.number = (int64_t)1 << take(d) % 32;
        break;
    case FUZZ_NUMBER_WORD:
        for (int i = 0; i < 4; i++)
            value.number |= (int64_t)take(d) << 8 * i;
        break;
    case FUZZ_NUMBER_RANDOM:
        value.kind = SCN_VALUE_RANDOM;
        value.number = take(d);
        value.high = value.number + take(d);
        break;
    case FUZZ_NUMBER_NEGATIVE:
        value.number = -1 - (int64_t)take(d);
        break;
    case FUZZ_NUMBER_ACTOR:
        value.kind = SCN_VALUE_ACTOR;
        break;
    case FUZZ_NUMBER_TURN:
        value.kind = d->repeats > 0 ? SCN_VALUE_TURN : SCN_VALUE_ACTOR;
        break;
    case FUZZ_NUMBER_UNIQUE:
        value.kind = SCN_VALUE_UNIQUE;
        break;
    }
    return value;
}

/* A handle for a parameter of this kind; false where the bytes name one that is not bound. */
static bool read_handle(struct decoder *d, char kind, struct scn_value *value)
{
    uint8_t byte = take(d);
    int which = byte % FUZZ_HANDLE_COUNT, slot = byte / FUZZ_HANDLE_COUNT % FUZZ_SLOTS;
    switch (which) {
    case FUZZ_HANDLE_SLOT:
    case FUZZ_HANDLE_SHARED:
        value->kind = SCN_VALUE_NAME;
        value->text = slot_name(d, kind, slot, which == FUZZ_HANDLE_SHARED);
        return which == FUZZ_HANDLE_SHARED ? d->shared[kind_index(kind)][slot]
                                           : d->bound[kind_index(kind)][slot];
    case FUZZ_HANDLE_INSTANCE:
        value->kind = SCN_VALUE_NAME;
        value->text = instance_names[slot % d->plan->instance_count];
        return kind == 'i';
    case FUZZ_HANDLE_NIL:
        value->kind = SCN_VALUE_NIL;
        return true;
    case FUZZ_HANDLE_NULL:
        value->kind = SCN_VALUE_NULL;
        return true;
    case FUZZ_HANDLE_GARBAGE:
        value->kind = SCN_VALUE_GARBAGE;
        return true;
    default:
        value->kind = SCN_VALUE_STALE;
        return true;
    }
}

/* One argument; false if the parameter keeps its default. */
static bool read_arg(struct decoder *d, enum shim_fn fn, struct scn_arg *arg)
{
    const struct shim_function *function = shim_function(fn);
    uint8_t byte = take(d);
    if (function->param_count == 0)
        return false;
    arg->param = byte % function->param_count;
    switch (fuzz_param_class(fn, arg->param)) {
    case FUZZ_PARAM_HANDLE:
        return read_handle(d, fuzz_kind_of_role(function->params[arg->param].role), &arg->value);
    case FUZZ_PARAM_BITS:
    case FUZZ_PARAM_NUMBER:
        arg->value = read_number(d);
        return true;
    case FUZZ_PARAM_ZERO:
        arg->value = integer(0);
        return true;
    case FUZZ_PARAM_NAME:
        arg->value = (struct scn_value){.kind = SCN_VALUE_TEXT, .text = fuzz_text(take(d))};
        return true;
    default:
        return false;
    }
}

/* ---- steps ---- */

static struct scn_step *new_step(struct decoder *d, enum scn_step_kind kind)
{
    struct scn_step *step = allocate(d, sizeof *step);
    if (step)
        step->kind = kind;
    return step;
}

static struct scn_step *new_call(struct decoder *d, enum shim_fn fn, enum shim_variant variant)
{
    struct scn_step *step = new_step(d, SCN_STEP_CALL);
    if (step) {
        step->u.call.fn = fn;
        step->u.call.variant = variant;
    }
    return step;
}

static void add_arg(struct decoder *d, struct scn_call *call, const struct scn_arg *arg)
{
    for (int i = 0; i < call->arg_count; i++)
        if (call->args[i].param == arg->param)
            return;
    if (!call->args)
        call->args = allocate(d, FUZZ_MAX_ARGS * sizeof *call->args);
    if (call->args)
        call->args[call->arg_count++] = *arg;
}

static struct scn_step *read_call(struct decoder *d)
{
    enum shim_fn fn = fuzz_function(take(d) % fuzz_function_count());
    uint8_t flags = take(d);
    unsigned wanted = (flags & FUZZ_CALL_VARIANT) >> 4;
    enum shim_variant variant = shim_function_default_variant(fn);
    if (wanted > 0 && shim_function_has(fn, (enum shim_variant)(wanted - 1)))
        variant = (enum shim_variant)(wanted - 1);
    struct scn_step *step = new_call(d, fn, variant);
    if (!step)
        return NULL;
    int bind = scn_bind_param(fn);
    char kind = bind < 0 ? 0 : fuzz_kind_of_role(shim_function(fn)->params[bind].role);
    int slot = flags & FUZZ_CALL_BIND ? take(d) % FUZZ_SLOTS : 0;
    for (unsigned i = 0; i < (flags & FUZZ_CALL_ARGS); i++) {
        struct scn_arg arg = {0};
        if (read_arg(d, fn, &arg))
            add_arg(d, &step->u.call, &arg);
    }
    if ((flags & FUZZ_CALL_BIND) && kind) {
        bool shared = (flags & FUZZ_CALL_SHARED) != 0;
        step->u.call.bind = slot_name(d, kind, slot, shared);
        if (!d->dropping)
            (shared ? d->shared : d->bound)[kind_index(kind)][slot] = true;
    }
    return step;
}

static struct scn_step *read_row(struct decoder *d)
{
    struct scn_step *step = new_step(d, SCN_STEP_ROW);
    uint8_t flags = take(d);
    if (!step)
        return NULL;
    step->u.row.op = (enum scn_row_op)(flags & FUZZ_ROW_OP);
    step->u.row.table = table_names[d->instance];
    step->u.row.has_key = (flags & FUZZ_ROW_KEY) != 0;
    if (step->u.row.has_key)
        step->u.row.key = read_number(d);
    return step;
}

static struct scn_step *read_stop(struct decoder *d)
{
    uint8_t byte = take(d);
    const struct fuzz_stop *stop = fuzz_stop(byte & 0x3f);
    struct scn_step *step = new_call(d, stop->fn, shim_function_default_variant(stop->fn));
    if (!step)
        return NULL;
    if (stop->grbit)
        add_arg(d, &step->u.call,
                &(struct scn_arg){.param = shim_param_with_role(stop->fn, SHIM_ROLE_IN_GRBIT),
                                  .value = integer(stop->grbit)});
    int instance = shim_param_with_role(stop->fn, SHIM_ROLE_IN_INSTANCE);
    if (byte & 0x80 && d->plan->instance_count > 1 && instance >= 0)
        add_arg(d, &step->u.call,
                &(struct scn_arg){.param = instance,
                                  .value = {.kind = SCN_VALUE_NAME,
                                            .text = instance_names[1 - d->instance]}});
    return step;
}

static struct scn_step *read_steps(struct decoder *d, int count, int depth, int times);

static struct scn_step *read_repeat(struct decoder *d, int depth, int times)
{
    struct scn_step *step = new_step(d, SCN_STEP_REPEAT);
    uint8_t flags = take(d);
    int passes = 1 + take(d) % (depth == 0 ? 24 : 6);
    if (!step)
        return NULL;
    step->u.repeat.kind = flags % FUZZ_REPEAT_KINDS == FUZZ_REPEAT_TIMES ? SCN_REPEAT_TIMES
                                                                         : SCN_REPEAT_UNTIL_DENIED;
    step->u.repeat.count = integer(passes);
    d->repeats++;
    step->u.repeat.body = read_steps(d, take(d) % (FUZZ_MAX_BODY + 1), depth + 1, times * passes);
    d->repeats--;
    return step->u.repeat.body ? step : NULL;
}

static struct scn_step *read_choose(struct decoder *d, int depth, int times)
{
    struct scn_step *step = new_step(d, SCN_STEP_CHOOSE);
    int alternatives = 1 + take(d) % 4;
    if (!step)
        return NULL;
    struct scn_choice **last = &step->u.choices;
    for (int i = 0; i < alternatives; i++) {
        struct scn_choice *choice = allocate(d, sizeof *choice);
        if (!choice)
            return NULL;
        choice->weight = 1 + take(d) % 8;
        choice->body = read_steps(d, take(d) % (FUZZ_MAX_BODY + 1), depth + 1, times);
        *last = choice;
        last = &choice->next;
    }
    return step;
}

static const char *gate_name(struct decoder *d, int actor, int gate)
{
    char name[16];
    snprintf(name, sizeof name, "gate%d%c", actor, 'a' + gate);
    return text(d, name);
}

/* Only for gates that are sure to open: those that an actor before this one signals outside
 * any block. Actors before do not wait for this one, so nobody waits in a circle. */
static struct scn_step *read_wait(struct decoder *d, int depth)
{
    uint8_t byte = take(d);
    if (d->turns || depth > 0 || d->actor == 0)
        return NULL;
    int actor = byte % d->actor, gate = byte / 16 % FUZZ_GATES;
    if (!d->signalled[actor][gate])
        return NULL;
    struct scn_step *step = new_step(d, SCN_STEP_WAIT);
    if (step) {
        step->u.gate.name = gate_name(d, actor, gate);
        step->u.gate.count = 1;
    }
    return step;
}

static struct scn_step *read_signal(struct decoder *d, int depth)
{
    int gate = take(d) % FUZZ_GATES;
    if (d->turns)
        return NULL;
    struct scn_step *step = new_step(d, SCN_STEP_SIGNAL);
    if (step) {
        step->u.gate.name = gate_name(d, d->actor, gate);
        if (depth == 0 && !d->dropping)
            d->signalled[d->actor][gate] = true;
    }
    return step;
}

/* Aims at one function. Where nobody is ever inside it, the runner gives up after a short time. */
static struct scn_step *read_aim(struct decoder *d)
{
    enum shim_fn fn = fuzz_function(take(d) % fuzz_function_count());
    int calls = take(d) % 32;
    if (d->turns)
        return NULL;
    struct scn_step *step = new_step(d, SCN_STEP_AIM);
    if (!step)
        return NULL;
    step->u.aim.fns = allocate(d, sizeof *step->u.aim.fns);
    if (!step->u.aim.fns)
        return NULL;
    step->u.aim.fns[0] = fn;
    step->u.aim.fn_count = 1;
    step->u.aim.count = 1;
    step->u.aim.calls = calls;
    return step;
}

/* `weight` is what one of the amount costs, in 1/16 of a step. */
static struct scn_step *read_amount(struct decoder *d, enum scn_step_kind kind, int most,
                                    int weight, int times)
{
    int amount = take(d) % (most + 1), cost = amount * weight / 16 * times;
    if (d->dropping || d->work + cost > FUZZ_MAX_WORK)
        return NULL;
    d->work += cost;
    struct scn_step *step = new_step(d, kind);
    if (step)
        step->u.amount = integer(amount);
    return step;
}

static struct scn_step *read_step(struct decoder *d, int depth, int times)
{
    enum fuzz_operation operation = fuzz_operations[take(d) % FUZZ_OPERATIONS];
    if (depth >= FUZZ_MAX_NESTING &&
        (operation == FUZZ_OP_REPEAT || operation == FUZZ_OP_CHOOSE))
        operation = FUZZ_OP_CALL;
    switch (operation) {
    case FUZZ_OP_CALL:
        return read_call(d);
    case FUZZ_OP_ROW:
        return read_row(d);
    case FUZZ_OP_REPEAT:
        return read_repeat(d, depth, times);
    case FUZZ_OP_CHOOSE:
        return read_choose(d, depth, times);
    case FUZZ_OP_WAIT:
        return read_wait(d, depth);
    case FUZZ_OP_SIGNAL:
        return read_signal(d, depth);
    case FUZZ_OP_AIM:
        return read_aim(d);
    case FUZZ_OP_PROBE:
        return read_amount(d, SCN_STEP_PROBE, FUZZ_PROBES, 16, times);
    case FUZZ_OP_PAUSE:
        return read_amount(d, SCN_STEP_PAUSE, 255, 1, times);
    default:
        return read_stop(d);
    }
}

/* `count` steps, executed `times` times. Those beyond the actor's bounds are read, so that what
 * follows keeps its meaning, and dropped. */
static struct scn_step *read_steps(struct decoder *d, int count, int depth, int times)
{
    struct scn_step *first = NULL, **last = &first;
    bool outside = d->dropping;
    for (int i = 0; i < count && !at_end(d) && !d->failed; i++) {
        if (d->steps == FUZZ_MAX_STEPS || d->work + times > FUZZ_MAX_WORK)
            d->dropping = true;
        d->steps += !d->dropping;
        d->work += d->dropping ? 0 : times;
        struct scn_step *step = read_step(d, depth, times);
        if (!step || d->dropping)
            continue;
        *last = step;
        last = &step->next;
    }
    d->dropping = outside;
    return first;
}

/* ---- actors ---- */

static struct scn_step **append(struct scn_step **last, struct scn_step *step)
{
    while (*last)
        last = &(*last)->next;
    *last = step;
    return step ? &step->next : last;
}

/* What comes before an actor's own steps. */
static struct scn_step *prelude(struct decoder *d, enum fuzz_prelude kind)
{
    static const enum shim_fn calls[] = {SHIM_FN_JetBeginSession, SHIM_FN_JetAttachDatabase,
                                         SHIM_FN_JetOpenDatabase, SHIM_FN_JetOpenTable,
                                         SHIM_FN_JetBeginTransaction};
    static const int count[FUZZ_PRELUDE_COUNT] = {[FUZZ_PRELUDE_CURSOR] = 4,
                                                  [FUZZ_PRELUDE_TRANSACTION] = 5,
                                                  [FUZZ_PRELUDE_SESSION] = 1,
                                                  [FUZZ_PRELUDE_NONE] = 0};
    struct scn_step *first = NULL, **last = &first;
    d->before[d->actor] = count[kind];
    for (int i = 0; i < count[kind]; i++)
        last = append(last, new_call(d, calls[i], shim_function_default_variant(calls[i])));
    return first;
}

static void read_actor(struct decoder *d, int index, int *copies)
{
    struct scn_actor *actor = &d->plan->actors[index];
    char name[16];
    uint8_t flags = take(d), before = take(d);
    d->actor = index;
    d->instance = flags & FUZZ_ACTOR_SECOND ? d->plan->instance_count - 1 : 0;
    d->steps = d->work = 0;
    memset(d->bound, 0, sizeof d->bound);
    snprintf(name, sizeof name, "actor%d", index);
    actor->name = text(d, name);
    actor->instance = d->instance;
    actor->count = 1;
    if (flags & FUZZ_ACTOR_TWICE && !d->turns && *copies < FUZZ_MAX_ACTORS) {
        actor->count = 2;
        ++*copies;
    }
    actor->steps = prelude(d, (enum fuzz_prelude)(before % FUZZ_PRELUDE_COUNT));
    append(&actor->steps, read_steps(d, take(d) % (FUZZ_MAX_STEPS + 1), 0, 1));
}

struct turns {
    struct scn_step *rest[FUZZ_MAX_ACTORS];  /* not yet placed */
    struct scn_step **last[FUZZ_MAX_ACTORS]; /* where the actor's list goes on */
    const char *gate[FUZZ_MAX_ACTORS];
    int64_t handed[FUZZ_MAX_ACTORS];         /* how often the actor was handed the turn */
    bool begun[FUZZ_MAX_ACTORS];
    int running;
};

static bool hand_over(struct decoder *d, struct turns *t, int next)
{
    struct scn_step *hand = new_step(d, SCN_STEP_SIGNAL), *wait = new_step(d, SCN_STEP_WAIT);
    if (!hand || !wait)
        return false;
    hand->u.gate.name = wait->u.gate.name = t->gate[next];
    wait->u.gate.count = ++t->handed[next];
    t->last[t->running] = append(t->last[t->running], hand);
    t->last[next] = append(t->last[next], wait);
    t->running = next;
    return true;
}

/* Interleaves the actors: a turn is one step of one actor, the first one its prelude and a step.
 * Each actor has a gate, turnN, that is signalled once for every time it is handed the turn. */
static void take_turns(struct decoder *d)
{
    struct scn_actor *actors = d->plan->actors;
    struct turns t = {.running = 0};
    int count = d->plan->actor_count;
    for (int i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "turn%d", i);
        t.gate[i] = text(d, name);
        t.rest[i] = actors[i].steps;
        actors[i].steps = NULL;
        t.last[i] = &actors[i].steps;
    }
    for (int turn = 0; turn < FUZZ_MAX_TURNS && !d->failed; turn++) {
        int next = (at_end(d) ? t.running + 1 : take(d)) % count, tried = 0;
        while (!t.rest[next] && tried++ < count)
            next = (next + 1) % count;
        if (!t.rest[next] || (next != t.running && !hand_over(d, &t, next)))
            break;
        for (int i = t.begun[next] ? 0 : -d->before[next]; i <= 0 && t.rest[next]; i++) {
            struct scn_step *step = t.rest[next];
            t.rest[next] = step->next;
            step->next = NULL;
            t.last[next] = append(t.last[next], step);
        }
        t.begun[next] = true;
    }
}

/* ---- the plan ---- */

static void declare(struct decoder *d, int instances, int rows, const struct fuzz_setting *setting)
{
    struct scn_plan *plan = d->plan;
    plan->name = "fuzz";
    plan->title = "Made from bytes";
    plan->instances = allocate(d, (size_t)instances * sizeof *plan->instances);
    plan->databases = allocate(d, (size_t)instances * sizeof *plan->databases);
    plan->tables = allocate(d, (size_t)instances * sizeof *plan->tables);
    plan->expects = allocate(d, sizeof *plan->expects);
    if (d->failed)
        return;
    plan->instance_count = plan->database_count = plan->table_count = instances;
    for (int i = 0; i < instances; i++) {
        plan->instances[i].name = instance_names[i];
        plan->databases[i] = (struct scn_database){.name = database_names[i], .instance = i};
        plan->tables[i] = (struct scn_table){.name = table_names[i], .database = i, .rows = rows};
    }
    plan->expect_count = 1;
    plan->expects[0] = (struct scn_expect){.kind = SCN_EXPECT_NO_OVERLAP, .fn = SHIM_FN_NONE};
    int64_t param;
    if (!setting->name || !shim_constant_find(setting->name, &param))
        return;
    plan->instances[0].settings = allocate(d, sizeof *plan->instances[0].settings);
    if (!plan->instances[0].settings)
        return;
    plan->instances[0].setting_count = 1;
    plan->instances[0].settings[0] = (struct scn_setting){
        .param = (int)param, .param_name = setting->name, .value = integer(setting->value)};
}

uint64_t fuzz_seed_of_bytes(const uint8_t *bytes, size_t size)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (size_t i = 0; i < size && i < FUZZ_MAX_BYTES; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return hash >> 32;
}

struct scn_plan *fuzz_plan_from_bytes(const uint8_t *bytes, size_t size)
{
    if (size > FUZZ_MAX_BYTES)
        size = FUZZ_MAX_BYTES;
    struct decoder d = {.at = bytes, .end = size ? bytes + size : bytes, .plan = scn_plan_new()};
    if (!d.plan)
        return NULL;
    uint8_t flags = take(&d), rows = take(&d), setting = take(&d), actors = take(&d);
    int count = 1 + actors % FUZZ_MAX_ACTORS, copies = count;
    d.turns = (flags & FUZZ_FLAG_TURNS) != 0;
    declare(&d, flags & FUZZ_FLAG_SECOND ? 2 : 1, fuzz_row_counts[rows % FUZZ_ROW_COUNTS],
            fuzz_setting(setting));
    if (!d.failed)
        d.plan->actors = allocate(&d, (size_t)count * sizeof *d.plan->actors);
    if (!d.failed) {
        d.plan->actor_count = count;
        for (int i = 0; i < count; i++)
            read_actor(&d, i, &copies);
        if (d.turns)
            take_turns(&d);
    }
    if (d.failed) {
        scn_plan_free(d.plan);
        return NULL;
    }
    return d.plan;
}
