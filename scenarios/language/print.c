/* print.c - plan to text, in the one canonical form: what is a default is not written. */
#include <string.h>

#include "scenarios/language/language.h"
#include "scenarios/language/placed.h"
#include "scenarios/language/utf8.h"

struct printer {
    FILE *out;
    const struct scn_plan *plan;
    bool too_deep, placed;
};

static void indent(struct printer *p, int level)
{
    for (int i = 0; i < level; i++)
        fputs("    ", p->out);
}

/* Bytes that are not printable UTF-8 are escaped. */
static void print_text(struct printer *p, const char *text)
{
    size_t left = strlen(text);

    fputc('"', p->out);
    while (left > 0) {
        uint32_t character = 0;
        size_t length = scn_utf8_decode(text, left, &character);

        if (length == 0 || character < 0x20 || character == 0x7F) {
            if (character == '\n')
                fputs("\\n", p->out);
            else if (character == '\t')
                fputs("\\t", p->out);
            else if (character == '\r')
                fputs("\\r", p->out);
            else
                fprintf(p->out, "\\x%02X", (unsigned char)*text);
            length = 1;
        } else {
            if (*text == '"' || *text == '\\')
                fputc('\\', p->out);
            fwrite(text, 1, length, p->out);
        }
        text += length;
        left -= length;
    }
    fputc('"', p->out);
}

static void print_value(struct printer *p, const struct scn_value *value)
{
    switch (value->kind) {
    case SCN_VALUE_INT:
        if (value->text)
            fputs(value->text, p->out);
        else
            fprintf(p->out, "%lld", (long long)value->number);
        break;
    case SCN_VALUE_TEXT:
        print_text(p, value->text);
        break;
    case SCN_VALUE_NAME:
        fputs(value->text, p->out);
        break;
    case SCN_VALUE_NIL:
        fputs("nil", p->out);
        break;
    case SCN_VALUE_NULL:
        fputs("null", p->out);
        break;
    case SCN_VALUE_GARBAGE:
        fputs("garbage", p->out);
        break;
    case SCN_VALUE_STALE:
        fputs("stale", p->out);
        break;
    case SCN_VALUE_RANDOM:
        fprintf(p->out, "random(%lld, %lld)", (long long)value->number, (long long)value->high);
        break;
    case SCN_VALUE_UNIQUE:
        fputs("unique", p->out);
        break;
    case SCN_VALUE_ACTOR:
        fputs("actor", p->out);
        break;
    case SCN_VALUE_TURN:
        fputs("turn", p->out);
        break;
    case SCN_VALUE_SIGNAL:
        fprintf(p->out, "signal(%s)", value->text);
        break;
    case SCN_VALUE_SIGNALS:
        fprintf(p->out, "signals(%s)", value->text);
        break;
    case SCN_VALUE_ELAPSED:
        fputs("elapsed", p->out);
        break;
    }
}

static void print_codes(struct printer *p, const char *first, const JET_ERR *codes, int count)
{
    for (int i = 0; i < count; i++) {
        const char *code = shim_error_name(codes[i]);

        fputs(i ? " | " : first, p->out);
        if (code)
            fputs(code, p->out);
        else
            fprintf(p->out, "%d", (int)codes[i]);
    }
}

static void print_in(struct printer *p, enum scn_in in)
{
    if (in != SCN_IN_ANY)
        fputs(in == SCN_IN_ESE ? " in ese" : " in documented", p->out);
}

static const char *relation_text(enum scn_relation relation)
{
    static const char *const texts[] = {"==", "<", "<=", ">", ">="};

    return texts[relation];
}

static void print_call(struct printer *p, const struct scn_call *call)
{
    const struct shim_function *function = shim_function(call->fn);
    const char *name = shim_function_export(call->fn, call->variant);

    fputs(name ? name : function->name, p->out);
    for (int i = 0; i < call->arg_count; i++) {
        fprintf(p->out, " %s=", function->params[call->args[i].param].name);
        print_value(p, &call->args[i].value);
    }
    if (call->bind)
        fprintf(p->out, " -> %s", call->bind);
    if (call->field)
        fprintf(p->out, " at %s", call->field);
    print_codes(p, " => ", call->expected, call->expected_count);
    if (call->in_expected_count > 0) {
        print_in(p, call->in);
        print_codes(p, " => ", call->in_expected, call->in_expected_count);
    }
}

static void print_steps(struct printer *p, const struct scn_step *steps, int level, int depth);

static void print_repeat(struct printer *p, const struct scn_repeat *repeat, int level, int depth)
{
    fputs("repeat ", p->out);
    if (repeat->kind == SCN_REPEAT_TIMES) {
        print_value(p, &repeat->count);
    } else {
        fprintf(p->out, "until %s",
                repeat->kind == SCN_REPEAT_UNTIL_DENIED ? "denied" : repeat->name);
        if (repeat->count.kind != SCN_VALUE_INT || repeat->count.number != 0) {
            fputs(" max ", p->out);
            print_value(p, &repeat->count);
        }
    }
    fputc('\n', p->out);
    print_steps(p, repeat->body, level + 1, depth + 1);
    indent(p, level);
    fputs("end", p->out);
}

static void print_choose(struct printer *p, const struct scn_choice *choice, int level, int depth)
{
    const char *word = "choose";

    for (; choice; choice = choice->next) {
        fputs(word, p->out);
        if (choice->weight != 1)
            fprintf(p->out, " %d", choice->weight);
        fputc('\n', p->out);
        print_steps(p, choice->body, level + 1, depth + 1);
        indent(p, level);
        word = "or";
    }
    fputs("end", p->out);
}

static void print_aim(struct printer *p, const struct scn_aim *aim)
{
    fputs("aim ", p->out);
    if (aim->fn_count == 0)
        fputs("any", p->out);
    for (int i = 0; i < aim->fn_count; i++)
        fprintf(p->out, "%s%s", i ? ", " : "", shim_function(aim->fns[i])->name);
    if (aim->count != 1)
        fprintf(p->out, " count %d", aim->count);
    if (aim->calls != 0)
        fprintf(p->out, " calls %lld", (long long)aim->calls);
    if (aim->has_at) {
        fputs(" at ", p->out);
        print_value(p, &aim->at);
    }
}

static void print_only(struct printer *p, const struct scn_only *only, int level, int depth)
{
    fprintf(p->out, "only %s\n", only->control ? "control" : "run");
    print_steps(p, only->body, level + 1, depth + 1);
    indent(p, level);
    fputs("end", p->out);
}

static void print_observe(struct printer *p, const struct scn_observe *observe)
{
    fprintf(p->out, "observe %s ", observe->name);
    print_value(p, &observe->value);
    if (observe->has_less) {
        fputs(" - ", p->out);
        print_value(p, &observe->less);
    }
}

static void print_fault(struct printer *p, const struct shim_fault *fault)
{
    char text[SHIM_FAULT_TEXT] = "off";

    if (fault)
        shim_fault_print(fault, text, sizeof text);
    fprintf(p->out, "fault %s", text);
}

static void print_step(struct printer *p, const struct scn_step *step, int level, int depth)
{
    static const char *const ops[] = {"insert", "replace", "delete", "read"};

    switch (step->kind) {
    case SCN_STEP_CALL:
        print_call(p, &step->u.call);
        break;
    case SCN_STEP_ROW:
        fprintf(p->out, "%s %s", ops[step->u.row.op], step->u.row.table);
        if (step->u.row.has_key) {
            fputs(" key=", p->out);
            print_value(p, &step->u.row.key);
        }
        break;
    case SCN_STEP_REPEAT:
        print_repeat(p, &step->u.repeat, level, depth);
        break;
    case SCN_STEP_CHOOSE:
        print_choose(p, step->u.choices, level, depth);
        break;
    case SCN_STEP_WAIT:
        fprintf(p->out, "wait %s", step->u.gate.name);
        if (step->u.gate.count != 1)
            fprintf(p->out, " %lld", (long long)step->u.gate.count);
        break;
    case SCN_STEP_SIGNAL:
        fprintf(p->out, "signal %s", step->u.gate.name);
        break;
    case SCN_STEP_AIM:
        print_aim(p, &step->u.aim);
        break;
    case SCN_STEP_PROBE:
    case SCN_STEP_PAUSE:
        fputs(step->kind == SCN_STEP_PROBE ? "probe " : "pause ", p->out);
        print_value(p, &step->u.amount);
        break;
    case SCN_STEP_CHECK:
        fprintf(p->out, "check %s %s ", step->u.check.name,
                relation_text(step->u.check.relation));
        print_value(p, &step->u.check.value);
        print_in(p, step->u.check.in);
        break;
    case SCN_STEP_ONLY:
        print_only(p, &step->u.only, level, depth);
        break;
    case SCN_STEP_OBSERVE:
        print_observe(p, &step->u.observe);
        break;
    case SCN_STEP_COPY:
        fprintf(p->out, "copy %s%s%s", step->u.copy.logs ? "logs" : "databases",
                step->u.copy.folder ? " to " : "", step->u.copy.folder ? step->u.copy.folder : "");
        break;
    case SCN_STEP_RESTORE:
        fprintf(p->out, "restore %s %s", step->u.restore.streamed ? "streamed" : "folder",
                step->u.restore.folder);
        break;
    case SCN_STEP_KILL:
        fputs("kill", p->out);
        break;
    case SCN_STEP_FAULT:
        print_fault(p, step->u.fault);
        break;
    }
}

static void end_line(struct printer *p, struct scn_pos pos)
{
    if (p->placed && pos.line > 0)
        fprintf(p->out, SCN_PLACE_MARK "%d", pos.line);
    fputc('\n', p->out);
}

static bool is_block(const struct scn_step *step)
{
    return step->kind == SCN_STEP_REPEAT || step->kind == SCN_STEP_CHOOSE || step->kind == SCN_STEP_ONLY;
}

static void print_steps(struct printer *p, const struct scn_step *steps, int level, int depth)
{
    if (depth > SCN_MAX_NESTING) {
        p->too_deep = true;
        return;
    }
    for (; steps; steps = steps->next) {
        indent(p, level);
        print_step(p, steps, level, depth);
        end_line(p, is_block(steps) ? (struct scn_pos){0, 0} : steps->pos);
    }
}

static void print_head(struct printer *p)
{
    const struct scn_plan *plan = p->plan;

    fprintf(p->out, "scenario %s\n", plan->name);
    if (plan->title) {
        fputs("title ", p->out);
        print_text(p, plan->title);
        fputc('\n', p->out);
    }
    for (int i = 0; i < plan->case_count; i++)
        fprintf(p->out, "%s%d", i ? ", " : "case ", plan->cases[i]);
    if (plan->case_count)
        fputc('\n', p->out);
    if (plan->repeat)
        fprintf(p->out, "repeat %d\n", plan->repeat);
    if (plan->control)
        fputs("control\n", p->out);
}

static void print_objects(struct printer *p)
{
    static const char *const starts[] = {"", " created", " none"};
    const struct scn_plan *plan = p->plan;

    for (int i = 0; i < plan->instance_count; i++) {
        const struct scn_instance *instance = &plan->instances[i];

        fprintf(p->out, "instance %s%s\n", instance->name, starts[instance->start]);
        for (int j = 0; j < instance->setting_count; j++) {
            fprintf(p->out, "    %s = ", instance->settings[j].param_name);
            print_value(p, &instance->settings[j].value);
            fputc('\n', p->out);
        }
        if (instance->setting_count)
            fputs("end\n", p->out);
    }
    for (int i = 0; i < plan->database_count; i++)
        fprintf(p->out, "database %s on %s\n", plan->databases[i].name,
                plan->instances[plan->databases[i].instance].name);
    for (int i = 0; i < plan->table_count; i++)
        fprintf(p->out, "table %s in %s rows %lld\n", plan->tables[i].name,
                plan->databases[plan->tables[i].database].name, (long long)plan->tables[i].rows);
}

static void print_actors(struct printer *p)
{
    for (int i = 0; i < p->plan->actor_count; i++) {
        const struct scn_actor *actor = &p->plan->actors[i];

        fprintf(p->out, "actor %s", actor->name);
        if (actor->count != 1)
            fprintf(p->out, " x %d", actor->count);
        if (actor->instance != 0)
            fprintf(p->out, " on %s", p->plan->instances[actor->instance].name);
        fputc('\n', p->out);
        print_steps(p, actor->steps, 1, 0);
        if (actor->has_cleanup) {
            fputs("cleanup\n", p->out);
            print_steps(p, actor->cleanup, 1, 0);
        }
        fputs("end\n", p->out);
    }
}

static void print_after(struct printer *p)
{
    const struct scn_after *after = &p->plan->after;

    if (after->has_death) {
        fputs("after death\n", p->out);
        print_steps(p, after->death, 1, 0);
        fputs("end\n", p->out);
    }
    if (after->has_restart) {
        fputs("after restart\n", p->out);
        print_steps(p, after->restart, 1, 0);
        fputs("end\n", p->out);
    }
}

static void print_gives(struct printer *p, const struct scn_expect *expect)
{
    const char *word = expect->relation == SCN_SAME           ? "exactly"
                       : expect->relation == SCN_MORE_OR_SAME ? "least"
                                                              : "most";

    fprintf(p->out, "expect %s", shim_function(expect->fn)->name);
    print_codes(p, " gives ", expect->codes, expect->code_count);
    fprintf(p->out, " %s %lld", word, (long long)expect->count);
}

static void print_observed(struct printer *p, const struct scn_expect *expect)
{
    fprintf(p->out, "expect observed %s", expect->name);
    if (expect->factor != 1)
        fprintf(p->out, " * %lld", (long long)expect->factor);
    fprintf(p->out, " %s control", relation_text(expect->relation));
    if (expect->control_factor != 1)
        fprintf(p->out, " * %lld", (long long)expect->control_factor);
}

static void print_expects(struct printer *p)
{
    static const char *const kinds[] = {"overlapped", "denied", "admitted", "", "cut", "uncut"};

    for (int i = 0; i < p->plan->expect_count; i++) {
        const struct scn_expect *expect = &p->plan->expects[i];

        if (expect->kind == SCN_EXPECT_NO_OVERLAP) {
            fputs("expect no-overlap", p->out);
            end_line(p, expect->pos);
            continue;
        }
        if (expect->kind == SCN_EXPECT_GIVES) {
            print_gives(p, expect);
        } else if (expect->kind == SCN_EXPECT_OBSERVED) {
            print_observed(p, expect);
        } else {
            fprintf(p->out, "expect %s %s", shim_function(expect->fn)->name, kinds[expect->kind]);
            if (expect->count != 1)
                fprintf(p->out, " %lld", (long long)expect->count);
            if (expect->own)
                fputs(" own", p->out);
        }
        print_in(p, expect->in);
        end_line(p, expect->pos);
    }
}

static int print(FILE *out, const struct scn_plan *plan, bool placed)
{
    struct printer p = {.out = out, .plan = plan, .placed = placed};

    print_head(&p);
    print_objects(&p);
    print_actors(&p);
    print_after(&p);
    print_expects(&p);
    return p.too_deep || ferror(out) ? -1 : 0;
}

int scn_print(FILE *out, const struct scn_plan *plan)
{
    return print(out, plan, false);
}

int scn_print_placed(FILE *out, const struct scn_plan *plan)
{
    return print(out, plan, true);
}
