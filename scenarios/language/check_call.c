/* check_call.c - the checker's lower half: names, values, calls and row operations. */
#include "scenarios/language/check.h"

#include <stdio.h>
#include <string.h>

#include "scenarios/language/language.h"

bool scn_fail_at(struct check *c, struct scn_pos pos, const char *what)
{
    return scn_fail(&c->diag, pos, "%s", what);
}

/* --- names ------------------------------------------------------------------------------------ */

bool scn_names_has(const struct names *names, const char *name)
{
    for (int i = 0; i < names->count; i++) {
        if (strcmp(names->name[i], name) == 0)
            return true;
    }
    return false;
}

bool scn_names_add(struct check *c, struct names *names, const char *name, const char *what,
                   int most, struct scn_pos pos)
{
    if (scn_names_has(names, name))
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
                                        "random", "unique", "actor",   "turn",
                                        "signal", "signals", "elapsed"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i], name) == 0)
            return true;
    }
    return strncmp(name, "JET_", 4) == 0 || strncmp(name, "Jet", 3) == 0;
}

bool scn_check_name(struct check *c, const char *name, const char *what, struct scn_pos pos)
{
    if (!scn_is_word(name))
        return scn_fail(&c->diag, pos,
                        "the name of %s must begin with a letter and have letters, digits, _ and "
                        "inner -, at most %d",
                        what, SCN_MAX_WORD);
    return true;
}

bool scn_check_value_name(struct check *c, const char *name, const char *what, struct scn_pos pos)
{
    if (!scn_check_name(c, name, what, pos))
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

bool scn_check_use(struct check *c, const char *name, struct scn_pos pos)
{
    if (!name)
        return scn_fail_at(c, pos, "a name is missing");
    if (name[0] == '$') {
        if (!scn_check_value_name(c, name + 1, "a shared value", pos))
            return false;
        if (!scn_names_has(&c->shared, name))
            return scn_fail(&c->diag, pos, "no actor binds %s; add -> %s to the call that gives it",
                            name, name);
        return true;
    }
    if (!scn_check_value_name(c, name, "a value", pos))
        return false;
    if (!scn_names_has(&c->local, name) && !is_instance(c, name))
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
bool scn_check_value(struct check *c, const struct scn_value *value, unsigned allowed,
                     const char *what, const char *right, struct scn_pos pos)
{
    if ((unsigned)value->kind > SCN_VALUE_ELAPSED || !(allowed & BIT(value->kind)))
        return scn_fail(&c->diag, pos, "%s takes %s", what, right);
    switch (value->kind) {
    case SCN_VALUE_INT:
        return check_number_text(c, value, pos);
    case SCN_VALUE_TEXT:
        if (!value->text || strlen(value->text) > SCN_MAX_TEXT)
            return scn_fail(&c->diag, pos, "a text has at most %d bytes", SCN_MAX_TEXT);
        return true;
    case SCN_VALUE_NAME:
        return scn_check_use(c, value->text, pos);
    case SCN_VALUE_RANDOM:
        if (value->number > value->high)
            return scn_fail(&c->diag, pos,
                            "random(%lld, %lld): the first number must be the smaller",
                            (long long)value->number, (long long)value->high);
        return true;
    case SCN_VALUE_TURN:
        if (c->repeats == 0)
            return scn_fail_at(c, pos, "turn has a value only inside repeat");
        return true;
    case SCN_VALUE_NIL:
    case SCN_VALUE_NULL:
    case SCN_VALUE_GARBAGE:
    case SCN_VALUE_STALE:
    case SCN_VALUE_UNIQUE:
    case SCN_VALUE_ACTOR:
    case SCN_VALUE_ELAPSED:
        return true;
    case SCN_VALUE_SIGNAL:
    case SCN_VALUE_SIGNALS:
        return scn_check_gate(c, value->text, pos);
    }
    return false;
}

bool scn_check_range(struct check *c, int64_t value, int64_t lo, int64_t hi, const char *what,
                     struct scn_pos pos)
{
    if (value < lo || value > hi)
        return scn_fail(&c->diag, pos, "%s is %lld; it must be in the range %lld to %lld", what,
                        (long long)value, (long long)lo, (long long)hi);
    return true;
}

/* A count, amount or number of passes. */
bool scn_check_amount(struct check *c, const struct scn_value *value, int64_t hi, const char *what,
                      struct scn_pos pos)
{
    if (!scn_check_value(c, value,
                         BIT(SCN_VALUE_INT) | BIT(SCN_VALUE_RANDOM) | BIT(SCN_VALUE_ACTOR) |
                             BIT(SCN_VALUE_TURN),
                         what, "a number, random(LOWEST, HIGHEST), actor or turn", pos))
        return false;
    if (value->kind == SCN_VALUE_INT || value->kind == SCN_VALUE_RANDOM) {
        if (!scn_check_range(c, value->number, 0, hi, what, pos))
            return false;
    }
    return value->kind != SCN_VALUE_RANDOM || scn_check_range(c, value->high, 0, hi, what, pos);
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
    case SHIM_ROLE_IN_CALLBACK:
        *right = "signal(GATE) or null (otherwise leave it out: it is filled)";
        return BIT(SCN_VALUE_SIGNAL) | BIT(SCN_VALUE_NULL);
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
        return scn_check_range(c, value->number, INT32_MIN, UINT32_MAX, param->name, arg->pos);
    if (value->kind == SCN_VALUE_RANDOM)
        return scn_check_range(c, value->number, INT32_MIN, UINT32_MAX, param->name, arg->pos) &&
               scn_check_range(c, value->high, INT32_MIN, UINT32_MAX, param->name, arg->pos);
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
    if (!scn_check_value(c, &arg->value, takes, param->name, right, arg->pos))
        return false;
    if (call->fn == SHIM_FN_JetFreeBuffer && arg->value.kind == SCN_VALUE_NAME)
        return check_free(c, arg);
    return check_width(c, arg, param);
}

bool scn_is_public(int fn)
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
            return scn_fail_at(c, pos, "memory of the engine cannot be bound inside repeat");
        if (scn_names_has(&c->local, call->bind))
            return scn_fail(&c->diag, pos, "%s is bound before; memory needs a name of its own",
                            call->bind);
        if (c->memory_count == SCN_MAX_NAMES)
            return scn_fail(&c->diag, pos, "more than %d names in one actor", SCN_MAX_NAMES);
        c->memory[c->memory_count++] = (struct memory){call->bind, c->block, false};
    }
    return scn_names_add(c, &c->local, call->bind, "names in one actor", SCN_MAX_NAMES, pos);
}

bool scn_check_codes(struct check *c, int count, struct scn_pos pos)
{
    return (count >= 0 && count <= SCN_MAX_CODES) ||
           scn_fail(&c->diag, pos, "more than %d codes", SCN_MAX_CODES);
}

bool scn_check_call(struct check *c, const struct scn_call *call, struct scn_pos pos)
{
    if (!scn_is_public((int)call->fn) || (unsigned)call->variant >= SHIM_VARIANT_COUNT ||
        !shim_function_has(call->fn, call->variant))
        return scn_fail_at(c, pos, "a call of something that is no public function");
    if (call->arg_count < 0 || call->arg_count > SHIM_MAX_ARGS)
        return scn_fail_at(c, pos, "too many arguments");
    for (int i = 0; i < call->arg_count; i++) {
        if (!check_arg(c, call, i))
            return false;
    }
    if (!scn_check_codes(c, call->expected_count, pos) ||
        !scn_check_codes(c, call->in_expected_count, pos))
        return false;
    if (!call->bind)
        return true;
    if (call->field) {
        struct scn_field field;

        if (!scn_field_find(call->fn, call->field, &field))
            return scn_fail(&c->diag, pos, "%s gives nothing that is called %s",
                            shim_function(call->fn)->name, call->field);
        if (call->bind[0] == '$')
            return true;
        return scn_check_value_name(c, call->bind, "a value", pos) &&
               (!find_memory(c, call->bind) ||
                scn_fail(&c->diag, pos, "%s holds memory of the engine; choose another name",
                         call->bind)) &&
               (!is_instance(c, call->bind) ||
                scn_fail(&c->diag, pos, "%s is the name of an instance; choose another",
                         call->bind)) &&
               scn_names_add(c, &c->local, call->bind, "names in one actor", SCN_MAX_NAMES, pos);
    }
    if (scn_bind_param(call->fn) < 0)
        return scn_fail(&c->diag, pos, "%s gives nothing that a name could hold; leave -> %s out",
                        shim_function(call->fn)->name, call->bind);
    if (call->bind[0] == '$') /* its name was checked when it was collected */
        return !gives_memory(call->fn) ||
               scn_fail_at(c, pos,
                           "memory of the engine cannot be shared; bind it to a plain name");
    if (!scn_check_value_name(c, call->bind, "a value", pos))
        return false;
    if (is_instance(c, call->bind))
        return scn_fail(&c->diag, pos, "%s is the name of an instance; choose another", call->bind);
    return check_bind(c, call, pos);
}

bool scn_check_row(struct check *c, const struct scn_row *row, struct scn_pos pos)
{
    const struct scn_plan *plan = c->plan;

    if ((unsigned)row->op > SCN_ROW_READ || !row->table)
        return scn_fail_at(c, pos, "a row operation without a table");
    for (int i = 0; i < plan->table_count; i++) {
        if (strcmp(plan->tables[i].name, row->table) != 0)
            continue;
        if (plan->databases[plan->tables[i].database].instance != c->actor->instance)
            return scn_fail(
                &c->diag, pos, "table %s is on instance %s, but actor %s is on %s", row->table,
                plan->instances[plan->databases[plan->tables[i].database].instance].name,
                c->actor->name, plan->instances[c->actor->instance].name);
        return !row->has_key || scn_check_value(c, &row->key, NUMBERS, "key",
                                                "a number, a bound name, "
                                                "random(LOWEST, HIGHEST), unique, actor or turn",
                                                pos);
    }
    return scn_fail(&c->diag, pos, "no table %s is declared; add: table %s in DATABASE", row->table,
                    row->table);
}
