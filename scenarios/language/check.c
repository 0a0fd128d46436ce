/* check.c - the rules that every plan obeys, parsed or generated.
 *
 * What a plan may name must be declared or bound before; arguments must fit the roles of their
 * parameters; counts must be in range. A plan that passes can be printed, parsed again and run.
 */
#include "scenarios/language/check.h"

#include <stdio.h>
#include <string.h>

#include "scenarios/language/language.h"

/* --- steps ------------------------------------------------------------------------------------ */

bool scn_check_gate(struct check *c, const char *name, struct scn_pos pos)
{
    if (!scn_check_name(c, name, "a gate", pos))
        return false;
    if (strcmp(name, "denied") == 0)
        return scn_fail_at(c, pos, "denied cannot be the name of a gate; it is a word of repeat");
    if (!scn_names_has(&c->gates, name))
        return scn_fail(&c->diag, pos, "nobody signals %s; add: signal %s", name, name);
    return true;
}

static bool check_steps(struct check *c, const struct scn_step *steps);

static bool check_repeat(struct check *c, const struct scn_repeat *repeat, struct scn_pos pos)
{
    bool done;

    if ((unsigned)repeat->kind > SCN_REPEAT_UNTIL_SIGNAL)
        return scn_fail_at(c, pos, "a repeat of unknown kind");
    if (!scn_check_amount(c, &repeat->count, SCN_MAX_REPEAT, "the number of passes", pos))
        return false;
    if (repeat->kind == SCN_REPEAT_UNTIL_SIGNAL && !scn_check_gate(c, repeat->name, pos))
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
        return scn_fail_at(c, pos, "choose without an alternative");
    for (; choices; choices = choices->next) {
        if (++count > SCN_MAX_ALTERNATIVES)
            return scn_fail(&c->diag, pos, "more than %d alternatives", SCN_MAX_ALTERNATIVES);
        if (!scn_check_range(c, choices->weight, 1, 1000000, "the weight", pos) ||
            !check_steps(c, choices->body))
            return false;
    }
    return true;
}

static bool check_aim(struct check *c, const struct scn_aim *aim, struct scn_pos pos)
{
    if (aim->has_at && !scn_check_amount(c, &aim->at, 100, "the percentage", pos))
        return false;
    if (!scn_check_range(c, aim->fn_count, 0, SCN_MAX_AIM, "the number of functions", pos) ||
        !scn_check_range(c, aim->count, 1, SCN_MAX_ACTORS, "the number of actors", pos) ||
        !scn_check_range(c, aim->calls, 0, SCN_MAX_REPEAT, "the number of calls", pos))
        return false;
    for (int i = 0; i < aim->fn_count; i++) {
        if (!scn_is_public((int)aim->fns[i]))
            return scn_fail_at(c, pos, "aim at something that is no public function");
    }
    return true;
}

static bool check_observe(struct check *c, const struct scn_observe *observe, struct scn_pos pos)
{
    static const char right[] = "a number, a bound name, signals(GATE) or elapsed";

    return scn_check_value(c, &observe->value, NUMBERS, "observe", right, pos) &&
           (!observe->has_less ||
            scn_check_value(c, &observe->less, NUMBERS, "observe", right, pos));
}

/* A folder of the run, beside those of the instances. */
static bool check_folder(struct check *c, const char *name, struct scn_pos pos)
{
    if (!scn_check_name(c, name, "a folder", pos))
        return false;
    for (int i = 0; i < c->plan->instance_count; i++) {
        if (strcmp(c->plan->instances[i].name, name) == 0)
            return scn_fail(&c->diag, pos, "%s is the folder of an instance; choose another", name);
    }
    return true;
}

static bool check_restore(struct check *c, const struct scn_restore *restore, struct scn_pos pos)
{
    if (!c->dead)
        return scn_fail_at(c, pos, "restore makes sense only in the block after death");
    if (c->plan->instance_count != 1 || c->plan->database_count == 0)
        return scn_fail_at(c, pos, "restore needs a script with one instance, and a database on it");
    return check_folder(c, restore->folder, pos);
}

/* What follows the race is done by the runner alone: there is nobody to wait for or to aim at. */
static bool check_lonely(struct check *c, enum scn_step_kind kind, struct scn_pos pos)
{
    if (c->lonely && (kind == SCN_STEP_WAIT || kind == SCN_STEP_AIM || kind == SCN_STEP_PROBE ||
                      kind == SCN_STEP_COPY || kind == SCN_STEP_KILL))
        return scn_fail_at(c, pos, "wait, aim, probe, copy and kill make no sense after the race");
    return true;
}

/* A fault must be what its own text says; its actor must be one of the plan, or the engine. */
static bool check_fault(struct check *c, const struct shim_fault *fault, struct scn_pos pos)
{
    char text[SHIM_FAULT_TEXT], error[256];
    struct shim_fault again;

    if (!fault)
        return true;
    shim_fault_print(fault, text, sizeof text);
    if (shim_fault_parse(text, &again, error, sizeof error) != 0)
        return scn_fail_at(c, pos, error);
    if (!scn_plan_has_actor_of(c->plan, fault))
        return scn_fail_at(c, pos, "no such actor; a fault needs one of the script, or engine");
    if (fault->kind == SHIM_FAULT_KILL && (c->lonely || scn_fault_is_later(fault)))
        return scn_fail_at(c, pos, "a fault that kills makes no sense after the race");
    return true;
}

static bool check_step(struct check *c, const struct scn_step *step)
{
    struct scn_pos pos = step->pos;

    if (!check_lonely(c, step->kind, pos))
        return false;
    switch (step->kind) {
    case SCN_STEP_CALL:
        return scn_check_call(c, &step->u.call, pos);
    case SCN_STEP_ROW:
        return scn_check_row(c, &step->u.row, pos);
    case SCN_STEP_REPEAT:
        return check_repeat(c, &step->u.repeat, pos);
    case SCN_STEP_CHOOSE:
        return check_choose(c, step->u.choices, pos);
    case SCN_STEP_WAIT:
    case SCN_STEP_SIGNAL:
        return scn_check_gate(c, step->u.gate.name, pos) &&
               (step->kind == SCN_STEP_SIGNAL ||
                scn_check_range(c, step->u.gate.count, 1, 1000000, "the number of signals", pos));
    case SCN_STEP_AIM:
        return check_aim(c, &step->u.aim, pos);
    case SCN_STEP_PROBE:
        return scn_check_amount(c, &step->u.amount, SCN_MAX_PROBE, "the number of calls", pos);
    case SCN_STEP_PAUSE:
        return scn_check_amount(c, &step->u.amount, SCN_MAX_PAUSE, "the microseconds", pos);
    case SCN_STEP_CHECK:
        return (unsigned)step->u.check.relation <= SCN_MORE_OR_SAME &&
               (unsigned)step->u.check.in <= SCN_IN_ESE &&
               scn_check_use(c, step->u.check.name, pos) &&
               scn_check_value(c, &step->u.check.value, HANDLES | NUMBERS, "check",
                               "a number, a bound name or a kind of handle to compare with", pos);
    case SCN_STEP_ONLY:
        return check_steps(c, step->u.only.body);
    case SCN_STEP_OBSERVE:
        return check_observe(c, &step->u.observe, pos);
    case SCN_STEP_COPY:
        return !step->u.copy.folder || check_folder(c, step->u.copy.folder, pos);
    case SCN_STEP_RESTORE:
        return check_restore(c, &step->u.restore, pos);
    case SCN_STEP_KILL:
        return true;
    case SCN_STEP_FAULT:
        return check_fault(c, step->u.fault, pos);
    }
    return scn_fail_at(c, pos, "a step of unknown kind");
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

/* Gates that the call's callbacks signal. */
static bool collect_callbacks(struct check *c, const struct scn_call *call)
{
    for (int i = 0; i < call->arg_count && i < SHIM_MAX_ARGS; i++) {
        const struct scn_arg *arg = &call->args[i];

        if (arg->value.kind == SCN_VALUE_SIGNAL &&
            (!scn_check_name(c, arg->value.text, "a gate", arg->pos) ||
             !scn_names_add(c, &c->gates, arg->value.text, "gates", SCN_MAX_GATES, arg->pos) ||
             !scn_names_add(c, &c->callbacks, arg->value.text, "gates of callbacks",
                            SCN_MAX_CALLBACKS, arg->pos)))
            return false;
    }
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
        if (step->kind == SCN_STEP_CALL && !collect_callbacks(c, &step->u.call))
            return false;
        if (step->kind == SCN_STEP_CALL && step->u.call.bind && step->u.call.bind[0] == '$') {
            if (!scn_check_value_name(c, step->u.call.bind + 1, "a shared value", step->pos) ||
                !scn_names_add(c, &c->shared, step->u.call.bind, "shared names", SCN_MAX_NAMES,
                               step->pos))
                return false;
        } else if (step->kind == SCN_STEP_SIGNAL) {
            if (!scn_check_name(c, step->u.gate.name, "a gate", step->pos) ||
                !scn_names_add(c, &c->gates, step->u.gate.name, "gates", SCN_MAX_GATES, step->pos))
                return false;
        } else if (step->kind == SCN_STEP_OBSERVE) {
            if (!scn_check_name(c, step->u.observe.name, "what is observed", step->pos) ||
                !scn_names_add(c, &c->observed, step->u.observe.name, "observed numbers",
                               SCN_MAX_NAMES, step->pos))
                return false;
        } else if (step->kind == SCN_STEP_ONLY) {
            if (!collect(c, step->u.only.body, depth + 1))
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
        return scn_fail_at(c, (struct scn_pos){0, 0},
                           "no instance is declared; add: instance main");
    for (int i = 0; i < plan->instance_count; i++) {
        const struct scn_instance *instance = &plan->instances[i];

        if (!scn_check_value_name(c, instance->name, "an instance", instance->pos) ||
            !scn_check_range(c, instance->setting_count, 0, SCN_MAX_SETTINGS,
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
                return scn_fail_at(c, setting->pos, "a setting of something that is no parameter");
            if (!scn_check_value(c, &setting->value, BIT(SCN_VALUE_INT) | BIT(SCN_VALUE_TEXT),
                                 setting->param_name, "a number or a text in quotes", setting->pos))
                return false;
        }
    }
    return true;
}

static bool check_databases(struct check *c)
{
    const struct scn_plan *plan = c->plan;

    if (!scn_check_range(c, plan->database_count, 0, SCN_MAX_DATABASES, "the number of databases",
                         (struct scn_pos){0, 0}))
        return false;
    for (int i = 0; i < plan->database_count; i++) {
        const struct scn_database *database = &plan->databases[i];
        int siblings = 1;

        if (!scn_check_name(c, database->name, "a database", database->pos) ||
            !scn_check_range(c, database->instance, 0, plan->instance_count - 1,
                             "the index of the instance", database->pos))
            return false;
        for (int j = 0; j < i; j++) {
            if (strcmp(plan->databases[j].name, database->name) == 0)
                return scn_fail(&c->diag, database->pos, "a second database %s", database->name);
            siblings += plan->databases[j].instance == database->instance;
        }
        if (siblings > 6)
            return scn_fail_at(c, database->pos, "more than 6 databases on one instance");
    }
    return true;
}

static bool check_tables(struct check *c)
{
    const struct scn_plan *plan = c->plan;

    if (!scn_check_range(c, plan->table_count, 0, SCN_MAX_TABLES, "the number of tables",
                         (struct scn_pos){0, 0}))
        return false;
    for (int i = 0; i < plan->table_count; i++) {
        const struct scn_table *table = &plan->tables[i];

        if (!scn_check_name(c, table->name, "a table", table->pos) ||
            !scn_check_range(c, table->database, 0, plan->database_count - 1,
                             "the index of the database", table->pos) ||
            !scn_check_range(c, table->rows, 0, SCN_MAX_ROWS, "the number of rows", table->pos))
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
        return scn_fail_at(c, (struct scn_pos){0, 0}, "nobody does anything; add an actor");
    if (plan->actor_count > SCN_MAX_ACTORS)
        return scn_fail(&c->diag, (struct scn_pos){0, 0}, "more than %d actors", SCN_MAX_ACTORS);
    for (int i = 0; i < plan->actor_count; i++) {
        const struct scn_actor *actor = &plan->actors[i];

        if (!scn_check_name(c, actor->name, "an actor", actor->pos) ||
            !scn_check_range(c, actor->count, 1, SCN_MAX_ACTORS, "the number of copies",
                             actor->pos) ||
            !scn_check_range(c, actor->instance, 0, plan->instance_count - 1,
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
    if (!collect(c, plan->after.death, 0) || !collect(c, plan->after.restart, 0))
        return false;
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

/* The blocks after the race: for the runner, which has the plan's first instance. */
static bool check_after(struct check *c)
{
    static const struct scn_actor runner = {.name = "runner", .count = 1};
    bool done;

    c->actor = &runner;
    c->local.count = 0;
    c->memory_count = 0;
    c->lonely = c->dead = true;
    done = check_steps(c, c->plan->after.death);
    c->dead = false;
    c->local.count = 0;
    c->memory_count = 0;
    return done && check_steps(c, c->plan->after.restart);
}

static bool check_expect(struct check *c, const struct scn_expect *expect)
{
    struct scn_pos pos = expect->pos;
    int64_t least = expect->kind == SCN_EXPECT_GIVES ? 0 : 1;

    if ((unsigned)expect->kind > SCN_EXPECT_OBSERVED || (unsigned)expect->in > SCN_IN_ESE ||
        (unsigned)expect->relation > SCN_MORE_OR_SAME)
        return scn_fail_at(c, pos, "an expectation of unknown kind");
    if (expect->kind == SCN_EXPECT_NO_OVERLAP)
        return true;
    if (expect->kind == SCN_EXPECT_OBSERVED) {
        if (!expect->name || !scn_names_has(&c->observed, expect->name))
            return scn_fail(&c->diag, pos, "nobody observes %s; add: observe %s VALUE",
                            expect->name ? expect->name : "it",
                            expect->name ? expect->name : "NAME");
        if (!c->plan->control)
            return scn_fail_at(c, pos, "there is no control to compare with; add: control");
        return scn_check_range(c, expect->factor, 1, SCN_MAX_FACTOR, "the factor", pos) &&
               scn_check_range(c, expect->control_factor, 1, SCN_MAX_FACTOR, "the factor", pos);
    }
    if (!scn_is_public((int)expect->fn))
        return scn_fail_at(c, pos, "an expectation of something that is no public function");
    if (expect->kind == SCN_EXPECT_GIVES &&
        (expect->code_count < 1 || !scn_check_codes(c, expect->code_count, pos)))
        return scn_fail_at(c, pos, "an expectation without a code");
    return scn_check_range(c, expect->count, least, SCN_MAX_REPEAT, "the number of calls", pos);
}

static bool check_expects(struct check *c)
{
    const struct scn_plan *plan = c->plan;

    if (!scn_check_range(c, plan->expect_count, 0, SCN_MAX_EXPECTS, "the number of expectations",
                         (struct scn_pos){0, 0}))
        return false;
    for (int i = 0; i < plan->expect_count; i++) {
        if (!check_expect(c, &plan->expects[i]))
            return false;
    }
    return true;
}

static bool check_head(struct check *c)
{
    const struct scn_plan *plan = c->plan;
    struct scn_pos none = {0, 0};

    if (!scn_check_name(c, plan->name, "the scenario", none))
        return false;
    if (plan->title && strlen(plan->title) > SCN_MAX_TEXT)
        return scn_fail(&c->diag, none, "a title of more than %d bytes", SCN_MAX_TEXT);
    if (!scn_check_range(c, plan->repeat, 0, 1000000, "the number of repeats", none) ||
        !scn_check_range(c, plan->case_count, 0, SCN_MAX_CASES, "the number of cases", none))
        return false;
    for (int i = 0; i < plan->case_count; i++) {
        if (!scn_check_range(c, plan->cases[i], 1, 999, "the number of a case", none))
            return false;
    }
    return true;
}

int scn_check(const struct scn_plan *plan, const char *file, char *error, size_t error_size)
{
    struct check c = {.plan = plan, .diag = {file, error, error_size, false}};

    return check_head(&c) && check_instances(&c) && check_databases(&c) && check_tables(&c) &&
                   check_actors(&c) && check_after(&c) && check_expects(&c)
               ? 0
               : -1;
}
