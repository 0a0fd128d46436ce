/* check.c - the rules that every plan obeys, parsed or generated.
 *
 * What a plan may name must be declared or bound before; arguments must fit the roles of their
 * parameters; counts must be in range. A plan that passes can be printed, parsed again and run.
 */
#include <stdio.h>
#include <string.h>

#include "scenarios/language/language.h"
#include "scenarios/language/parser.h"

#define BIT(kind) (1u << (kind))
#define NUMBERS                                                                                    \
    (BIT(SCN_VALUE_INT) | BIT(SCN_VALUE_NAME) | BIT(SCN_VALUE_RANDOM) | BIT(SCN_VALUE_UNIQUE) |    \
     BIT(SCN_VALUE_ACTOR) | BIT(SCN_VALUE_TURN))
#define WORDS (NUMBERS | BIT(SCN_VALUE_NIL) | BIT(SCN_VALUE_NULL) | BIT(SCN_VALUE_GARBAGE))
#define HANDLES                                                                                    \
    (BIT(SCN_VALUE_INT) | BIT(SCN_VALUE_NAME) | BIT(SCN_VALUE_NIL) | BIT(SCN_VALUE_NULL) |         \
     BIT(SCN_VALUE_GARBAGE) | BIT(SCN_VALUE_STALE))

struct names {
    const char *name[SCN_MAX_NAMES];
    int count;
};

/* A name for memory that the engine handed out. */
struct memory {
    const char *name;
    int block; /* the list of steps that bound it; the same one must free it */
    bool freed;
};

struct check {
    const struct scn_plan *plan;
    struct scn_diag diag;
    struct names shared;                 /* bound by any actor */
    struct names gates;                  /* signalled by any actor */
    const struct scn_actor *actor;       /* being checked */
    struct names local;                  /* bound by it so far */
    struct memory memory[SCN_MAX_NAMES]; /* of the engine, bound by it so far */
    int memory_count;
    int block, blocks; /* number of the list of steps being checked; lists so far */
    int repeats;       /* around the step being checked */
};

static bool fail_at(struct check *c, struct scn_pos pos, const char *what)
{
    return scn_fail(&c->diag, pos, "%s", what);
}

/* --- names ------------------------------------------------------------------------------------ */

static bool names_has(const struct names *names, const char *name)
{
    for (int i = 0; i < names->count; i++) {
        if (strcmp(names->name[i], name) == 0)
            return true;
    }
    return false;
}

static bool names_add(struct check *c, struct names *names, const char *name, const char *what,
                      int most, struct scn_pos pos)
{
    if (names_has(names, name))
        return true;
    if (names->count == most)
        return scn_fail(&c->diag, pos, "more than %d %s", most, what);
    names->name[names->count++] = name;
    return true;
}

/* Words that mean something where a bound name could stand. */
static bool is_reserved(const char *name)
{
    static const char *const words[] = {"nil",    "null",   "garbage", "stale",
                                        "random", "unique", "actor",   "turn"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i], name) == 0)
            return true;
    }
    return strncmp(name, "JET_", 4) == 0 || strncmp(name, "Jet", 3) == 0;
}

static bool check_name(struct check *c, const char *name, const char *what, struct scn_pos pos)
{
    if (!scn_is_word(name))
        return scn_fail(&c->diag, pos,
                        "the name of %s must begin with a letter and have letters, digits, _ and "
                        "inner -, at most %d",
                        what, SCN_MAX_WORD);
    return true;
}

static bool check_value_name(struct check *c, const char *name, const char *what,
                             struct scn_pos pos)
{
    if (!check_name(c, name, what, pos))
        return false;
    if (is_reserved(name))
        return scn_fail(&c->diag, pos,
                        "%s cannot be the name of %s: the word has a meaning of its own", name,
                        what);
    return true;
}

static bool is_instance(const struct check *c, const char *name)
{
    for (int i = 0; i < c->plan->instance_count; i++) {
        if (strcmp(c->plan->instances[i].name, name) == 0)
            return true;
    }
    return false;
}

static bool check_use(struct check *c, const char *name, struct scn_pos pos)
{
    if (!name)
        return fail_at(c, pos, "a name is missing");
    if (name[0] == '$') {
        if (!check_value_name(c, name + 1, "a shared value", pos))
            return false;
        if (!names_has(&c->shared, name))
            return scn_fail(&c->diag, pos, "no actor binds %s; add -> %s to the call that gives it",
                            name, name);
        return true;
    }
    if (!check_value_name(c, name, "a value", pos))
        return false;
    if (!names_has(&c->local, name) && !is_instance(c, name))
        return scn_fail(
            &c->diag, pos,
            "%s is not bound before; add -> %s to an earlier call of this actor (or use "
            "$%s for one of another actor)",
            name, name, name);
    return true;
}

/* --- values ----------------------------------------------------------------------------------- */

static bool check_number_text(struct check *c, const struct scn_value *value, struct scn_pos pos)
{
    int64_t number;

    if (value->text && (strlen(value->text) >= SCN_MAX_TEXT || !scn_number(value->text, &number) ||
                        number != value->number))
        return scn_fail(&c->diag, pos, "the number %lld is written as %.40s",
                        (long long)value->number, value->text);
    return true;
}

/* A value of one of the `allowed` kinds; `what` names the place, `right` what it takes. */
static bool check_value(struct check *c, const struct scn_value *value, unsigned allowed,
                        const char *what, const char *right, struct scn_pos pos)
{
    if ((unsigned)value->kind > SCN_VALUE_TURN || !(allowed & BIT(value->kind)))
        return scn_fail(&c->diag, pos, "%s takes %s", what, right);
    switch (value->kind) {
    case SCN_VALUE_INT:
        return check_number_text(c, value, pos);
    case SCN_VALUE_TEXT:
        if (!value->text || strlen(value->text) > SCN_MAX_TEXT)
            return scn_fail(&c->diag, pos, "a text has at most %d bytes", SCN_MAX_TEXT);
        return true;
    case SCN_VALUE_NAME:
        return check_use(c, value->text, pos);
    case SCN_VALUE_RANDOM:
        if (value->number > value->high)
            return scn_fail(&c->diag, pos,
                            "random(%lld, %lld): the first number must be the smaller",
                            (long long)value->number, (long long)value->high);
        return true;
    case SCN_VALUE_TURN:
        if (c->repeats == 0)
            return fail_at(c, pos, "turn has a value only inside repeat");
        return true;
    case SCN_VALUE_NIL:
    case SCN_VALUE_NULL:
    case SCN_VALUE_GARBAGE:
    case SCN_VALUE_STALE:
    case SCN_VALUE_UNIQUE:
    case SCN_VALUE_ACTOR:
        return true;
    }
    return false;
}

static bool check_range(struct check *c, int64_t value, int64_t lo, int64_t hi, const char *what,
                        struct scn_pos pos)
{
    if (value < lo || value > hi)
        return scn_fail(&c->diag, pos, "%s is %lld; it must be in the range %lld to %lld", what,
                        (long long)value, (long long)lo, (long long)hi);
    return true;
}

/* A count, amount or number of passes. */
static bool check_amount(struct check *c, const struct scn_value *value, int64_t hi,
                         const char *what, struct scn_pos pos)
{
    if (!check_value(c, value,
                     BIT(SCN_VALUE_INT) | BIT(SCN_VALUE_RANDOM) | BIT(SCN_VALUE_ACTOR) |
                         BIT(SCN_VALUE_TURN),
                     what, "a number, random(LOWEST, HIGHEST), actor or turn", pos))
        return false;
    if (value->kind == SCN_VALUE_INT || value->kind == SCN_VALUE_RANDOM) {
        if (!check_range(c, value->number, 0, hi, what, pos))
            return false;
    }
    return value->kind != SCN_VALUE_RANDOM || check_range(c, value->high, 0, hi, what, pos);
}

/* --- calls ------------------------------------------------------------------------------------ */

/* What a parameter of this role takes. */
static unsigned role_takes(enum shim_role role, const char **right)
{
    switch (role) {
    case SHIM_ROLE_IN_INSTANCE:
    case SHIM_ROLE_INOUT_INSTANCE:
    case SHIM_ROLE_IN_SESID:
    case SHIM_ROLE_IN_DBID:
    case SHIM_ROLE_IN_TABLEID:
    case SHIM_ROLE_IN_SNAPID:
    case SHIM_ROLE_IN_FILE:
    case SHIM_ROLE_IN_HANDLE:
        *right = "a handle: a bound name, nil, null, garbage, stale or a number";
        return HANDLES;
    case SHIM_ROLE_IN_COLUMNID:
    case SHIM_ROLE_IN_LS:
        *right = "a bound name, nil, null, garbage, stale or a number";
        return HANDLES | NUMBERS;
    case SHIM_ROLE_IN_GRBIT:
    case SHIM_ROLE_IN_INT:
    case SHIM_ROLE_IN_SIZE:
    case SHIM_ROLE_IN_API_PTR:
    case SHIM_ROLE_INOUT_API_PTR:
        *right =
            "a number: 12, JET_bitX | JET_bitY, a bound name, random(LOWEST, HIGHEST), unique, "
            "actor, turn, nil, null or garbage";
        return WORDS;
    case SHIM_ROLE_IN_TEXT:
        *right = "a text in quotes or null";
        return BIT(SCN_VALUE_TEXT) | BIT(SCN_VALUE_NULL);
    default:
        *right = "only null (otherwise leave it out: it is filled)";
        return BIT(SCN_VALUE_NULL);
    }
}

/* Numbers must fit the parameter, as signed or unsigned. */
static bool check_width(struct check *c, const struct scn_arg *arg, const struct shim_param *param)
{
    const struct scn_value *value = &arg->value;

    if (param->width >= 8 || param->role == SHIM_ROLE_INOUT_API_PTR)
        return true;
    if (value->kind == SCN_VALUE_INT)
        return check_range(c, value->number, INT32_MIN, UINT32_MAX, param->name, arg->pos);
    if (value->kind == SCN_VALUE_RANDOM)
        return check_range(c, value->number, INT32_MIN, UINT32_MAX, param->name, arg->pos) &&
               check_range(c, value->high, INT32_MIN, UINT32_MAX, param->name, arg->pos);
    return true;
}

static struct memory *find_memory(struct check *c, const char *name)
{
    for (int i = 0; i < c->memory_count; i++) {
        if (strcmp(c->memory[i].name, name) == 0)
            return &c->memory[i];
    }
    return NULL;
}

/* JetFreeBuffer takes back what an earlier call of the same list of steps gave, and once: anything
 * else would be the script's own fault, not the engine's. */
static bool check_free(struct check *c, const struct scn_arg *arg)
{
    struct memory *memory = find_memory(c, arg->value.text);

    if (!memory || memory->block != c->block)
        return scn_fail(
            &c->diag, arg->pos,
            "%s is no memory that a call before, in the same block, gave; bind it there "
            "(JetGetInstanceInfo -> %s)",
            arg->value.text, arg->value.text);
    if (memory->freed)
        return scn_fail(&c->diag, arg->pos, "%s is freed twice", arg->value.text);
    memory->freed = true;
    return true;
}

static bool check_arg(struct check *c, const struct scn_call *call, int index)
{
    const struct shim_function *function = shim_function(call->fn);
    const struct scn_arg *arg = &call->args[index];
    const struct shim_param *param;
    const char *right;
    unsigned takes;

    if (arg->param < 0 || arg->param >= function->param_count)
        return scn_fail(&c->diag, arg->pos, "%s has no parameter number %d", function->name,
                        arg->param);
    for (int i = 0; i < index; i++) {
        if (call->args[i].param == arg->param)
            return scn_fail(&c->diag, arg->pos, "%s is given twice",
                            function->params[arg->param].name);
    }
    param = &function->params[arg->param];
    takes = role_takes(param->role, &right);
    if (call->fn == SHIM_FN_JetFreeBuffer) {
        takes |= BIT(SCN_VALUE_NAME);
        right = "null or the name of memory that JetGetInstanceInfo or a snapshot call gave";
    }
    if (!check_value(c, &arg->value, takes, param->name, right, arg->pos))
        return false;
    if (call->fn == SHIM_FN_JetFreeBuffer && arg->value.kind == SCN_VALUE_NAME)
        return check_free(c, arg);
    return check_width(c, arg, param);
}

static bool is_public(int fn)
{
    return fn >= 0 && fn < SHIM_FN_COUNT && shim_function((enum shim_fn)fn)->is_public;
}

static bool gives_memory(enum shim_fn fn)
{
    int param = scn_bind_param(fn);

    return param >= 0 && shim_function(fn)->params[param].role == SHIM_ROLE_OUT_POINTER;
}

/* Memory is bound outside of repeats, to a name that nothing else uses, so that it is freed once.
 */
static bool check_bind(struct check *c, const struct scn_call *call, struct scn_pos pos)
{
    if (find_memory(c, call->bind))
        return scn_fail(&c->diag, pos, "%s holds memory of the engine; choose another name",
                        call->bind);
    if (gives_memory(call->fn)) {
        if (c->repeats > 0)
            return fail_at(c, pos, "memory of the engine cannot be bound inside repeat");
        if (names_has(&c->local, call->bind))
            return scn_fail(&c->diag, pos, "%s is bound before; memory needs a name of its own",
                            call->bind);
        if (c->memory_count == SCN_MAX_NAMES)
            return scn_fail(&c->diag, pos, "more than %d names in one actor", SCN_MAX_NAMES);
        c->memory[c->memory_count++] = (struct memory){call->bind, c->block, false};
    }
    return names_add(c, &c->local, call->bind, "names in one actor", SCN_MAX_NAMES, pos);
}

static bool check_call(struct check *c, const struct scn_call *call, struct scn_pos pos)
{
    if (!is_public((int)call->fn) || (unsigned)call->variant >= SHIM_VARIANT_COUNT ||
        !shim_function_has(call->fn, call->variant))
        return fail_at(c, pos, "a call of something that is no public function");
    if (call->arg_count < 0 || call->arg_count > SHIM_MAX_ARGS)
        return fail_at(c, pos, "too many arguments");
    for (int i = 0; i < call->arg_count; i++) {
        if (!check_arg(c, call, i))
            return false;
    }
    if (call->expected_count < 0 || call->expected_count > SCN_MAX_CODES)
        return scn_fail(&c->diag, pos, "more than %d codes", SCN_MAX_CODES);
    if (!call->bind)
        return true;
    if (scn_bind_param(call->fn) < 0)
        return scn_fail(&c->diag, pos, "%s gives nothing that a name could hold; leave -> %s out",
                        shim_function(call->fn)->name, call->bind);
    if (call->bind[0] == '$') /* its name was checked when it was collected */
        return !gives_memory(call->fn) ||
               fail_at(c, pos, "memory of the engine cannot be shared; bind it to a plain name");
    if (!check_value_name(c, call->bind, "a value", pos))
        return false;
    if (is_instance(c, call->bind))
        return scn_fail(&c->diag, pos, "%s is the name of an instance; choose another", call->bind);
    return check_bind(c, call, pos);
}

static bool check_row(struct check *c, const struct scn_row *row, struct scn_pos pos)
{
    const struct scn_plan *plan = c->plan;

    if ((unsigned)row->op > SCN_ROW_READ || !row->table)
        return fail_at(c, pos, "a row operation without a table");
    for (int i = 0; i < plan->table_count; i++) {
        if (strcmp(plan->tables[i].name, row->table) != 0)
            continue;
        if (plan->databases[plan->tables[i].database].instance != c->actor->instance)
            return scn_fail(
                &c->diag, pos, "table %s is on instance %s, but actor %s is on %s", row->table,
                plan->instances[plan->databases[plan->tables[i].database].instance].name,
                c->actor->name, plan->instances[c->actor->instance].name);
        return !row->has_key || check_value(c, &row->key, NUMBERS, "key",
                                            "a number, a bound name, "
                                            "random(LOWEST, HIGHEST), unique, actor or turn",
                                            pos);
    }
    return scn_fail(&c->diag, pos, "no table %s is declared; add: table %s in DATABASE", row->table,
                    row->table);
}

/* --- steps ------------------------------------------------------------------------------------ */

static bool check_gate(struct check *c, const char *name, struct scn_pos pos)
{
    if (!check_name(c, name, "a gate", pos))
        return false;
    if (strcmp(name, "denied") == 0)
        return fail_at(c, pos, "denied cannot be the name of a gate; it is a word of repeat");
    if (!names_has(&c->gates, name))
        return scn_fail(&c->diag, pos, "nobody signals %s; add: signal %s", name, name);
    return true;
}

static bool check_steps(struct check *c, const struct scn_step *steps);

static bool check_repeat(struct check *c, const struct scn_repeat *repeat, struct scn_pos pos)
{
    bool done;

    if ((unsigned)repeat->kind > SCN_REPEAT_UNTIL_SIGNAL)
        return fail_at(c, pos, "a repeat of unknown kind");
    if (!check_amount(c, &repeat->count, SCN_MAX_REPEAT, "the number of passes", pos))
        return false;
    if (repeat->kind == SCN_REPEAT_UNTIL_SIGNAL && !check_gate(c, repeat->name, pos))
        return false;
    c->repeats++;
    done = check_steps(c, repeat->body);
    c->repeats--;
    return done;
}

static bool check_choose(struct check *c, const struct scn_choice *choices, struct scn_pos pos)
{
    int count = 0;

    if (!choices)
        return fail_at(c, pos, "choose without an alternative");
    for (; choices; choices = choices->next) {
        if (++count > SCN_MAX_ALTERNATIVES)
            return scn_fail(&c->diag, pos, "more than %d alternatives", SCN_MAX_ALTERNATIVES);
        if (!check_range(c, choices->weight, 1, 1000000, "the weight", pos) ||
            !check_steps(c, choices->body))
            return false;
    }
    return true;
}

static bool check_aim(struct check *c, const struct scn_aim *aim, struct scn_pos pos)
{
    if (!check_range(c, aim->fn_count, 0, SCN_MAX_AIM, "the number of functions", pos) ||
        !check_range(c, aim->count, 1, SCN_MAX_ACTORS, "the number of actors", pos) ||
        !check_range(c, aim->calls, 0, SCN_MAX_REPEAT, "the number of calls", pos))
        return false;
    for (int i = 0; i < aim->fn_count; i++) {
        if (!is_public((int)aim->fns[i]))
            return fail_at(c, pos, "aim at something that is no public function");
    }
    return true;
}

static bool check_step(struct check *c, const struct scn_step *step)
{
    struct scn_pos pos = step->pos;

    switch (step->kind) {
    case SCN_STEP_CALL:
        return check_call(c, &step->u.call, pos);
    case SCN_STEP_ROW:
        return check_row(c, &step->u.row, pos);
    case SCN_STEP_REPEAT:
        return check_repeat(c, &step->u.repeat, pos);
    case SCN_STEP_CHOOSE:
        return check_choose(c, step->u.choices, pos);
    case SCN_STEP_WAIT:
    case SCN_STEP_SIGNAL:
        return check_gate(c, step->u.gate.name, pos) &&
               (step->kind == SCN_STEP_SIGNAL ||
                check_range(c, step->u.gate.count, 1, 1000000, "the number of signals", pos));
    case SCN_STEP_AIM:
        return check_aim(c, &step->u.aim, pos);
    case SCN_STEP_PROBE:
        return check_amount(c, &step->u.amount, SCN_MAX_PROBE, "the number of calls", pos);
    case SCN_STEP_PAUSE:
        return check_amount(c, &step->u.amount, SCN_MAX_PAUSE, "the microseconds", pos);
    case SCN_STEP_CHECK:
        return check_use(c, step->u.check.name, pos) &&
               check_value(c, &step->u.check.value, HANDLES | NUMBERS, "check",
                           "a number, a bound name or a kind of handle after ==", pos);
    }
    return fail_at(c, pos, "a step of unknown kind");
}

static bool check_steps(struct check *c, const struct scn_step *steps)
{
    int block;

    block = c->block;
    c->block = ++c->blocks;
    for (; steps; steps = steps->next) {
        if (!check_step(c, steps))
            return false;
    }
    c->block = block;
    return true;
}

/* Collects what all actors share before any use is checked: $names and gates. This is also where
 * plans nested too deep end. */
static bool collect(struct check *c, const struct scn_step *step, int depth)
{
    for (; step; step = step->next) {
        if (depth > SCN_MAX_NESTING)
            return scn_fail(&c->diag, step->pos, "blocks nested more than %d deep",
                            SCN_MAX_NESTING);
        if (step->kind == SCN_STEP_CALL && step->u.call.bind && step->u.call.bind[0] == '$') {
            if (!check_value_name(c, step->u.call.bind + 1, "a shared value", step->pos) ||
                !names_add(c, &c->shared, step->u.call.bind, "shared names", SCN_MAX_NAMES,
                           step->pos))
                return false;
        } else if (step->kind == SCN_STEP_SIGNAL) {
            if (!check_name(c, step->u.gate.name, "a gate", step->pos) ||
                !names_add(c, &c->gates, step->u.gate.name, "gates", SCN_MAX_GATES, step->pos))
                return false;
        } else if (step->kind == SCN_STEP_REPEAT) {
            if (!collect(c, step->u.repeat.body, depth + 1))
                return false;
        } else if (step->kind == SCN_STEP_CHOOSE) {
            for (const struct scn_choice *choice = step->u.choices; choice; choice = choice->next) {
                if (!collect(c, choice->body, depth + 1))
                    return false;
            }
        }
    }
    return true;
}

/* --- declarations ----------------------------------------------------------------------------- */

static bool check_instances(struct check *c)
{
    const struct scn_plan *plan = c->plan;

    if (plan->instance_count < 1 || plan->instance_count > SCN_MAX_INSTANCES)
        return fail_at(c, (struct scn_pos){0, 0}, "no instance is declared; add: instance main");
    for (int i = 0; i < plan->instance_count; i++) {
        const struct scn_instance *instance = &plan->instances[i];

        if (!check_value_name(c, instance->name, "an instance", instance->pos) ||
            !check_range(c, instance->setting_count, 0, SCN_MAX_SETTINGS,
                         "the number of parameters", instance->pos))
            return false;
        for (int j = 0; j < i; j++) {
            if (strcmp(plan->instances[j].name, instance->name) == 0)
                return scn_fail(&c->diag, instance->pos, "a second instance %s", instance->name);
        }
        for (int j = 0; j < instance->setting_count; j++) {
            const struct scn_setting *setting = &instance->settings[j];
            int64_t param;

            if (!setting->param_name || !shim_constant_find(setting->param_name, &param) ||
                param != setting->param)
                return fail_at(c, setting->pos, "a setting of something that is no parameter");
            if (!check_value(c, &setting->value, BIT(SCN_VALUE_INT) | BIT(SCN_VALUE_TEXT),
                             setting->param_name, "a number or a text in quotes", setting->pos))
                return false;
        }
    }
    return true;
}

static bool check_databases(struct check *c)
{
    const struct scn_plan *plan = c->plan;

    if (!check_range(c, plan->database_count, 0, SCN_MAX_DATABASES, "the number of databases",
                     (struct scn_pos){0, 0}))
        return false;
    for (int i = 0; i < plan->database_count; i++) {
        const struct scn_database *database = &plan->databases[i];
        int siblings = 1;

        if (!check_name(c, database->name, "a database", database->pos) ||
            !check_range(c, database->instance, 0, plan->instance_count - 1,
                         "the index of the instance", database->pos))
            return false;
        for (int j = 0; j < i; j++) {
            if (strcmp(plan->databases[j].name, database->name) == 0)
                return scn_fail(&c->diag, database->pos, "a second database %s", database->name);
            siblings += plan->databases[j].instance == database->instance;
        }
        if (siblings > 6)
            return fail_at(c, database->pos, "more than 6 databases on one instance");
    }
    return true;
}

static bool check_tables(struct check *c)
{
    const struct scn_plan *plan = c->plan;

    if (!check_range(c, plan->table_count, 0, SCN_MAX_TABLES, "the number of tables",
                     (struct scn_pos){0, 0}))
        return false;
    for (int i = 0; i < plan->table_count; i++) {
        const struct scn_table *table = &plan->tables[i];

        if (!check_name(c, table->name, "a table", table->pos) ||
            !check_range(c, table->database, 0, plan->database_count - 1,
                         "the index of the database", table->pos) ||
            !check_range(c, table->rows, 0, SCN_MAX_ROWS, "the number of rows", table->pos))
            return false;
        for (int j = 0; j < i; j++) {
            if (strcmp(plan->tables[j].name, table->name) == 0)
                return scn_fail(&c->diag, table->pos, "a second table %s", table->name);
        }
    }
    return true;
}

static bool check_actors(struct check *c)
{
    const struct scn_plan *plan = c->plan;
    int sum = 0;

    if (plan->actor_count < 1)
        return fail_at(c, (struct scn_pos){0, 0}, "nobody does anything; add an actor");
    if (plan->actor_count > SCN_MAX_ACTORS)
        return scn_fail(&c->diag, (struct scn_pos){0, 0}, "more than %d actors", SCN_MAX_ACTORS);
    for (int i = 0; i < plan->actor_count; i++) {
        const struct scn_actor *actor = &plan->actors[i];

        if (!check_name(c, actor->name, "an actor", actor->pos) ||
            !check_range(c, actor->count, 1, SCN_MAX_ACTORS, "the number of copies", actor->pos) ||
            !check_range(c, actor->instance, 0, plan->instance_count - 1,
                         "the index of the instance", actor->pos))
            return false;
        for (int j = 0; j < i; j++) {
            if (strcmp(plan->actors[j].name, actor->name) == 0)
                return scn_fail(&c->diag, actor->pos, "a second actor %s", actor->name);
        }
        sum += actor->count;
        if (sum > SCN_MAX_ACTORS)
            return scn_fail(&c->diag, actor->pos, "%d actors in all; at most %d are allowed", sum,
                            SCN_MAX_ACTORS);
        if (!collect(c, actor->steps, 0) || (actor->has_cleanup && !collect(c, actor->cleanup, 0)))
            return false;
    }
    for (int i = 0; i < plan->actor_count; i++) {
        c->actor = &plan->actors[i];
        c->local.count = 0;
        c->memory_count = 0;
        if (!check_steps(c, c->actor->steps) ||
            (c->actor->has_cleanup && !check_steps(c, c->actor->cleanup)))
            return false;
    }
    return true;
}

static bool check_expects(struct check *c)
{
    const struct scn_plan *plan = c->plan;

    if (!check_range(c, plan->expect_count, 0, SCN_MAX_EXPECTS, "the number of expectations",
                     (struct scn_pos){0, 0}))
        return false;
    for (int i = 0; i < plan->expect_count; i++) {
        const struct scn_expect *expect = &plan->expects[i];

        if ((unsigned)expect->kind > SCN_EXPECT_NO_OVERLAP)
            return fail_at(c, expect->pos, "an expectation of unknown kind");
        if (expect->kind == SCN_EXPECT_NO_OVERLAP)
            continue;
        if (!is_public((int)expect->fn))
            return fail_at(c, expect->pos,
                           "an expectation of something that is no public function");
        if (!check_range(c, expect->count, 1, SCN_MAX_REPEAT, "the number of calls", expect->pos))
            return false;
    }
    return true;
}

static bool check_head(struct check *c)
{
    const struct scn_plan *plan = c->plan;
    struct scn_pos none = {0, 0};

    if (!check_name(c, plan->name, "the scenario", none))
        return false;
    if (plan->title && strlen(plan->title) > SCN_MAX_TEXT)
        return scn_fail(&c->diag, none, "a title of more than %d bytes", SCN_MAX_TEXT);
    if (!check_range(c, plan->repeat, 0, 1000000, "the number of repeats", none) ||
        !check_range(c, plan->case_count, 0, SCN_MAX_CASES, "the number of cases", none))
        return false;
    for (int i = 0; i < plan->case_count; i++) {
        if (!check_range(c, plan->cases[i], 1, 999, "the number of a case", none))
            return false;
    }
    return true;
}

int scn_check(const struct scn_plan *plan, const char *file, char *error, size_t error_size)
{
    struct check c = {.plan = plan, .diag = {file, error, error_size, false}};

    return check_head(&c) && check_instances(&c) && check_databases(&c) && check_tables(&c) &&
                   check_actors(&c) && check_expects(&c)
               ? 0
               : -1;
}
