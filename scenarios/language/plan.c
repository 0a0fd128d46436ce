/* plan.c - the plan's memory and equality. */
#include "scenarios/language/plan.h"

#include <stdlib.h>
#include <string.h>

#include "shims/fault/fault.h"

/* The arena is a list of blocks; a large request gets a block of its own. */
#define BLOCK_SIZE 16384u
#define ALIGN      16u

struct block {
    struct block *next;
    size_t used, size;
    _Alignas(ALIGN) unsigned char bytes[];
};

struct scn_plan *scn_plan_new(void)
{
    return calloc(1, sizeof(struct scn_plan));
}

void scn_plan_free(struct scn_plan *plan)
{
    if (!plan)
        return;
    for (struct block *block = plan->arena, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    free(plan);
}

void *scn_plan_alloc(struct scn_plan *plan, size_t size)
{
    struct block *block = plan->arena;
    size_t need, room;
    unsigned char *bytes;

    if (size > SIZE_MAX / 2)
        return NULL;
    need = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (need == 0)
        need = ALIGN;
    if (!block || block->size - block->used < need) {
        room = need > BLOCK_SIZE ? need : BLOCK_SIZE;
        block = malloc(sizeof *block + room);
        if (!block)
            return NULL;
        block->next = plan->arena;
        block->used = 0;
        block->size = room;
        plan->arena = block;
    }
    bytes = block->bytes + block->used;
    block->used += need;
    memset(bytes, 0, need);
    return bytes;
}

const char *scn_plan_text(struct scn_plan *plan, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = scn_plan_alloc(plan, size);

    if (copy)
        memcpy(copy, text, size);
    return copy;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* Numbers are equal by value, however they were written. */
static bool same_value(const struct scn_value *a, const struct scn_value *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case SCN_VALUE_INT:
        return a->number == b->number;
    case SCN_VALUE_RANDOM:
        return a->number == b->number && a->high == b->high;
    case SCN_VALUE_TEXT:
    case SCN_VALUE_NAME:
    case SCN_VALUE_SIGNAL:
    case SCN_VALUE_SIGNALS:
        return same_text(a->text, b->text);
    case SCN_VALUE_NIL:
    case SCN_VALUE_NULL:
    case SCN_VALUE_GARBAGE:
    case SCN_VALUE_STALE:
    case SCN_VALUE_UNIQUE:
    case SCN_VALUE_ACTOR:
    case SCN_VALUE_TURN:
    case SCN_VALUE_ELAPSED:
        return true;
    }
    return false;
}

static bool same_codes(const JET_ERR *a, const JET_ERR *b, int count)
{
    for (int i = 0; i < count; i++) {
        if (a[i] != b[i])
            return false;
    }
    return true;
}

static bool same_call(const struct scn_call *a, const struct scn_call *b)
{
    if (a->fn != b->fn || a->variant != b->variant || a->arg_count != b->arg_count ||
        a->expected_count != b->expected_count || !same_text(a->bind, b->bind) ||
        !same_text(a->field, b->field) || a->in != b->in ||
        a->in_expected_count != b->in_expected_count)
        return false;
    for (int i = 0; i < a->arg_count; i++) {
        if (a->args[i].param != b->args[i].param ||
            !same_value(&a->args[i].value, &b->args[i].value))
            return false;
    }
    return same_codes(a->expected, b->expected, a->expected_count) &&
           same_codes(a->in_expected, b->in_expected, a->in_expected_count);
}

static bool same_aim(const struct scn_aim *a, const struct scn_aim *b)
{
    if (a->fn_count != b->fn_count || a->count != b->count || a->calls != b->calls ||
        a->has_at != b->has_at || (a->has_at && !same_value(&a->at, &b->at)))
        return false;
    for (int i = 0; i < a->fn_count; i++) {
        if (a->fns[i] != b->fns[i])
            return false;
    }
    return true;
}

static bool same_row(const struct scn_row *a, const struct scn_row *b)
{
    return a->op == b->op && same_text(a->table, b->table) && a->has_key == b->has_key &&
           (!a->has_key || same_value(&a->key, &b->key));
}

/* By what they say: a plan that was made otherwise may have other bytes between the members. */
static bool same_fault(const struct shim_fault *a, const struct shim_fault *b)
{
    char left[SHIM_FAULT_TEXT], right[SHIM_FAULT_TEXT];

    if (!a || !b)
        return a == b;
    shim_fault_print(a, left, sizeof left);
    shim_fault_print(b, right, sizeof right);
    return strcmp(left, right) == 0;
}

static bool same_steps(const struct scn_step *a, const struct scn_step *b, int depth);

static bool same_step(const struct scn_step *a, const struct scn_step *b, int depth)
{
    const struct scn_choice *left, *right;

    switch (a->kind) {
    case SCN_STEP_CALL:
        return same_call(&a->u.call, &b->u.call);
    case SCN_STEP_ROW:
        return same_row(&a->u.row, &b->u.row);
    case SCN_STEP_REPEAT:
        return a->u.repeat.kind == b->u.repeat.kind &&
               same_value(&a->u.repeat.count, &b->u.repeat.count) &&
               (a->u.repeat.kind != SCN_REPEAT_UNTIL_SIGNAL ||
                same_text(a->u.repeat.name, b->u.repeat.name)) &&
               same_steps(a->u.repeat.body, b->u.repeat.body, depth + 1);
    case SCN_STEP_CHOOSE:
        left = a->u.choices;
        right = b->u.choices;
        for (; left && right; left = left->next, right = right->next) {
            if (left->weight != right->weight || !same_steps(left->body, right->body, depth + 1))
                return false;
        }
        return !left && !right;
    case SCN_STEP_WAIT:
        return a->u.gate.count == b->u.gate.count && same_text(a->u.gate.name, b->u.gate.name);
    case SCN_STEP_SIGNAL:
        return same_text(a->u.gate.name, b->u.gate.name);
    case SCN_STEP_AIM:
        return same_aim(&a->u.aim, &b->u.aim);
    case SCN_STEP_PROBE:
    case SCN_STEP_PAUSE:
        return same_value(&a->u.amount, &b->u.amount);
    case SCN_STEP_CHECK:
        return same_text(a->u.check.name, b->u.check.name) &&
               a->u.check.relation == b->u.check.relation && a->u.check.in == b->u.check.in &&
               same_value(&a->u.check.value, &b->u.check.value);
    case SCN_STEP_ONLY:
        return a->u.only.control == b->u.only.control &&
               same_steps(a->u.only.body, b->u.only.body, depth + 1);
    case SCN_STEP_OBSERVE:
        return same_text(a->u.observe.name, b->u.observe.name) &&
               same_value(&a->u.observe.value, &b->u.observe.value) &&
               a->u.observe.has_less == b->u.observe.has_less &&
               (!a->u.observe.has_less || same_value(&a->u.observe.less, &b->u.observe.less));
    case SCN_STEP_COPY:
        return a->u.copy.logs == b->u.copy.logs && same_text(a->u.copy.folder, b->u.copy.folder);
    case SCN_STEP_RESTORE:
        return a->u.restore.streamed == b->u.restore.streamed &&
               same_text(a->u.restore.folder, b->u.restore.folder);
    case SCN_STEP_KILL:
        return true;
    case SCN_STEP_FAULT:
        return same_fault(a->u.fault, b->u.fault);
    }
    return false;
}

/* Plans nested deeper than any checked one compare as different, so that the recursion ends. */
static bool same_steps(const struct scn_step *a, const struct scn_step *b, int depth)
{
    if (depth > SCN_MAX_NESTING)
        return false;
    for (; a && b; a = a->next, b = b->next) {
        if (a->kind != b->kind || !same_step(a, b, depth))
            return false;
    }
    return !a && !b;
}

static bool same_instance(const struct scn_instance *a, const struct scn_instance *b)
{
    if (!same_text(a->name, b->name) || a->start != b->start ||
        a->setting_count != b->setting_count)
        return false;
    for (int i = 0; i < a->setting_count; i++) {
        if (a->settings[i].param != b->settings[i].param ||
            !same_value(&a->settings[i].value, &b->settings[i].value))
            return false;
    }
    return true;
}

static bool same_actor(const struct scn_actor *a, const struct scn_actor *b)
{
    return same_text(a->name, b->name) && a->count == b->count && a->instance == b->instance &&
           a->has_cleanup == b->has_cleanup && same_steps(a->steps, b->steps, 0) &&
           (!a->has_cleanup || same_steps(a->cleanup, b->cleanup, 0));
}

static bool same_expect(const struct scn_expect *a, const struct scn_expect *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case SCN_EXPECT_NO_OVERLAP:
        return true;
    case SCN_EXPECT_OBSERVED:
        return same_text(a->name, b->name) && a->relation == b->relation && a->in == b->in &&
               a->factor == b->factor && a->control_factor == b->control_factor;
    case SCN_EXPECT_GIVES:
        return a->fn == b->fn && a->count == b->count && a->relation == b->relation &&
               a->in == b->in && a->code_count == b->code_count &&
               same_codes(a->codes, b->codes, a->code_count);
    default:
        return a->fn == b->fn && a->count == b->count && a->own == b->own && a->in == b->in;
    }
}

static bool same_after(const struct scn_after *a, const struct scn_after *b)
{
    return a->has_death == b->has_death && a->has_restart == b->has_restart &&
           same_steps(a->death, b->death, 0) && same_steps(a->restart, b->restart, 0);
}

bool scn_plan_equal(const struct scn_plan *a, const struct scn_plan *b)
{
    if (!same_text(a->name, b->name) || !same_text(a->title, b->title) ||
        a->case_count != b->case_count || a->repeat != b->repeat || a->control != b->control ||
        !same_after(&a->after, &b->after) ||
        a->instance_count != b->instance_count || a->database_count != b->database_count ||
        a->table_count != b->table_count || a->actor_count != b->actor_count ||
        a->expect_count != b->expect_count)
        return false;
    for (int i = 0; i < a->case_count; i++) {
        if (a->cases[i] != b->cases[i])
            return false;
    }
    for (int i = 0; i < a->instance_count; i++) {
        if (!same_instance(&a->instances[i], &b->instances[i]))
            return false;
    }
    for (int i = 0; i < a->database_count; i++) {
        if (!same_text(a->databases[i].name, b->databases[i].name) ||
            a->databases[i].instance != b->databases[i].instance)
            return false;
    }
    for (int i = 0; i < a->table_count; i++) {
        if (!same_text(a->tables[i].name, b->tables[i].name) ||
            a->tables[i].database != b->tables[i].database ||
            a->tables[i].rows != b->tables[i].rows)
            return false;
    }
    for (int i = 0; i < a->actor_count; i++) {
        if (!same_actor(&a->actors[i], &b->actors[i]))
            return false;
    }
    for (int i = 0; i < a->expect_count; i++) {
        if (!same_expect(&a->expects[i], &b->expects[i]))
            return false;
    }
    return true;
}

static bool have_faults(const struct scn_step *steps)
{
    for (; steps; steps = steps->next) {
        const struct scn_choice *choice = steps->kind == SCN_STEP_CHOOSE ? steps->u.choices : NULL;

        if (steps->kind == SCN_STEP_FAULT ||
            (steps->kind == SCN_STEP_REPEAT && have_faults(steps->u.repeat.body)) ||
            (steps->kind == SCN_STEP_ONLY && have_faults(steps->u.only.body)))
            return true;
        for (; choice; choice = choice->next) {
            if (have_faults(choice->body))
                return true;
        }
    }
    return false;
}

bool scn_plan_has_faults(const struct scn_plan *plan)
{
    for (int i = 0; i < plan->actor_count; i++) {
        if (have_faults(plan->actors[i].steps) || have_faults(plan->actors[i].cleanup))
            return true;
    }
    return have_faults(plan->after.death) || have_faults(plan->after.restart);
}

bool scn_fault_is_later(const struct shim_fault *fault)
{
    return strcmp(fault->state, "death") == 0 || strcmp(fault->state, "restart") == 0;
}

/* The copy that the rest of a name says, "" for all of them: -1; or -2 for none that the actor has. */
static long copy_of(const char *rest, int count)
{
    char *end;
    long copy;

    if (!*rest)
        return -1;
    if (rest[0] != '.' || rest[1] < '0' || rest[1] > '9')
        return -2;
    copy = strtol(rest + 1, &end, 10);
    return *end || copy >= count ? -2 : copy;
}

bool scn_plan_find_actor(const struct scn_plan *plan, const char *name, uint32_t *first, uint32_t *count)
{
    uint32_t number = 1;

    if (strcmp(name, "runner") == 0) {
        *first = 0;
        *count = 1;
        return true;
    }
    for (int i = 0; i < plan->actor_count; i++) {
        const struct scn_actor *actor = &plan->actors[i];
        size_t length = strlen(actor->name);
        long copy = strncmp(name, actor->name, length) == 0 ? copy_of(name + length, actor->count) : -2;
        if (copy >= -1) {
            *first = number + (copy < 0 ? 0 : (uint32_t)copy);
            *count = copy < 0 ? (uint32_t)actor->count : 1;
            return true;
        }
        number += (uint32_t)actor->count;
    }
    return false;
}

bool scn_plan_has_actor_of(const struct scn_plan *plan, const struct shim_fault *fault)
{
    uint32_t first, count;

    return !fault->actor[0] || strcmp(fault->actor, "engine") == 0 ||
           scn_plan_find_actor(plan, fault->actor, &first, &count);
}
