/* parse_steps.c - tokens to plan: what actors do. */
#include <stdio.h>
#include <string.h>

#include "scenarios/language/language.h"
#include "scenarios/language/parser.h"

static bool parse_row(struct scn_parser *parser, struct scn_step *step, enum scn_row_op op)
{
    struct scn_row *row = &step->u.row;

    step->kind = SCN_STEP_ROW;
    row->op = op;
    if (!scn_parse_name(parser, "the name of a table", &row->table))
        return false;
    if (scn_skip_word(parser, "key")) {
        if (parser->token.kind != SCN_TOKEN_EQUALS)
            return scn_expected(parser, "key=value");
        scn_next(parser);
        row->has_key = true;
        if (!scn_parse_value(parser, &row->key))
            return false;
    }
    return scn_parse_line_end(parser);
}

/* Enters a block: its steps, nesting counted. */
static bool parse_block(struct scn_parser *parser, struct scn_pos pos, struct scn_step **body)
{
    bool done;

    if (parser->depth == SCN_MAX_NESTING)
        return scn_fail(parser->diag, pos, "blocks nested more than %d deep; use fewer",
                        SCN_MAX_NESTING);
    parser->depth++;
    done = scn_parse_steps(parser, body);
    parser->depth--;
    return done;
}

static bool parse_repeat(struct scn_parser *parser, struct scn_step *step)
{
    struct scn_repeat *repeat = &step->u.repeat;
    struct scn_pos pos = step->pos;

    step->kind = SCN_STEP_REPEAT;
    repeat->kind = SCN_REPEAT_TIMES;
    repeat->count.kind = SCN_VALUE_INT;
    if (scn_skip_word(parser, "until")) {
        repeat->kind = SCN_REPEAT_UNTIL_SIGNAL;
        if (scn_skip_word(parser, "denied"))
            repeat->kind = SCN_REPEAT_UNTIL_DENIED;
        else if (!scn_parse_name(parser, "denied or the name of a gate", &repeat->name))
            return false;
        if (scn_skip_word(parser, "max") && !scn_parse_value(parser, &repeat->count))
            return false;
    } else if (!scn_parse_value(parser, &repeat->count)) {
        return false;
    }
    if (!scn_parse_line_end(parser) || !parse_block(parser, pos, &repeat->body))
        return false;
    if (!scn_skip_word(parser, "end"))
        return scn_unclosed(parser, "repeat", pos);
    return scn_parse_line_end(parser);
}

static bool parse_choose(struct scn_parser *parser, struct scn_step *step)
{
    struct scn_choice **last = &step->u.choices, *choice;
    struct scn_pos pos = step->pos;
    int64_t weight;
    int count = 0;

    step->kind = SCN_STEP_CHOOSE;
    do {
        if (count++ == SCN_MAX_ALTERNATIVES)
            return scn_fail(parser->diag, parser->token.pos, "more than %d alternatives",
                            SCN_MAX_ALTERNATIVES);
        choice = scn_take(parser, sizeof *choice);
        if (!choice)
            return false;
        *last = choice;
        last = &choice->next;
        weight = 1;
        if (parser->token.kind == SCN_TOKEN_NUMBER &&
            !scn_parse_count(parser, "the weight", 1, 1000000, &weight))
            return false;
        choice->weight = (int)weight;
        if (!scn_parse_line_end(parser) || !parse_block(parser, pos, &choice->body))
            return false;
    } while (scn_skip_word(parser, "or"));
    if (!scn_skip_word(parser, "end"))
        return scn_unclosed(parser, "choose", pos);
    return scn_parse_line_end(parser);
}

static bool parse_gate(struct scn_parser *parser, struct scn_step *step, enum scn_step_kind kind)
{
    step->kind = kind;
    step->u.gate.count = 1;
    if (!scn_parse_name(parser, "the name of a gate", &step->u.gate.name))
        return false;
    if (kind == SCN_STEP_WAIT && parser->token.kind == SCN_TOKEN_NUMBER &&
        !scn_parse_count(parser, "the number of signals", 1, 1000000, &step->u.gate.count))
        return false;
    return scn_parse_line_end(parser);
}

static bool parse_aim(struct scn_parser *parser, struct scn_step *step)
{
    struct scn_aim *aim = &step->u.aim;
    enum shim_fn fns[SCN_MAX_AIM];
    enum shim_variant variant;
    int64_t count = 1;

    step->kind = SCN_STEP_AIM;
    if (!scn_skip_word(parser, "any")) {
        for (;;) {
            if (aim->fn_count == SCN_MAX_AIM)
                return scn_fail(parser->diag, parser->token.pos,
                                "more than %d functions; aim any means all", SCN_MAX_AIM);
            if (!scn_parse_function(parser, &fns[aim->fn_count], &variant))
                return false;
            aim->fn_count++;
            if (parser->token.kind != SCN_TOKEN_COMMA)
                break;
            scn_next(parser);
        }
        aim->fns = scn_take(parser, (size_t)aim->fn_count * sizeof *fns);
        if (!aim->fns)
            return false;
        memcpy(aim->fns, fns, (size_t)aim->fn_count * sizeof *fns);
    }
    if (scn_skip_word(parser, "count") &&
        !scn_parse_count(parser, "the number of actors", 1, SCN_MAX_ACTORS, &count))
        return false;
    aim->count = (int)count;
    if (scn_skip_word(parser, "calls") &&
        !scn_parse_count(parser, "the number of calls", 0, SCN_MAX_REPEAT, &aim->calls))
        return false;
    aim->has_at = scn_skip_word(parser, "at");
    if (aim->has_at && !scn_parse_value(parser, &aim->at))
        return false;
    return scn_parse_line_end(parser);
}

static bool parse_check(struct scn_parser *parser, struct scn_step *step)
{
    struct scn_value name = {0};
    struct scn_pos pos = parser->token.pos;

    step->kind = SCN_STEP_CHECK;
    if (!scn_parse_value(parser, &name))
        return false;
    if (name.kind != SCN_VALUE_NAME)
        return scn_fail(parser->diag, pos, "check needs a name that was bound with -> name");
    step->u.check.name = name.text;
    return scn_parse_relation(parser, &step->u.check.relation) &&
           scn_parse_value(parser, &step->u.check.value) &&
           scn_parse_in(parser, &step->u.check.in) && scn_parse_line_end(parser);
}

static bool parse_only(struct scn_parser *parser, struct scn_step *step)
{
    struct scn_pos pos = step->pos;

    step->kind = SCN_STEP_ONLY;
    if (scn_skip_word(parser, "control"))
        step->u.only.control = true;
    else if (!scn_skip_word(parser, "run"))
        return scn_expected(parser, "run or control");
    if (!scn_parse_line_end(parser) || !parse_block(parser, pos, &step->u.only.body))
        return false;
    if (!scn_skip_word(parser, "end"))
        return scn_unclosed(parser, "only", pos);
    return scn_parse_line_end(parser);
}

static bool parse_observe(struct scn_parser *parser, struct scn_step *step)
{
    struct scn_observe *observe = &step->u.observe;

    step->kind = SCN_STEP_OBSERVE;
    if (!scn_parse_name(parser, "the name of what is observed", &observe->name) ||
        !scn_parse_value(parser, &observe->value))
        return false;
    observe->has_less = parser->token.kind == SCN_TOKEN_MINUS;
    if (observe->has_less) {
        scn_next(parser);
        if (!scn_parse_value(parser, &observe->less))
            return false;
    }
    return scn_parse_line_end(parser);
}

static bool parse_copy(struct scn_parser *parser, struct scn_step *step)
{
    step->kind = SCN_STEP_COPY;
    step->u.copy.logs = scn_skip_word(parser, "logs");
    if (!step->u.copy.logs && !scn_skip_word(parser, "databases"))
        return scn_expected(parser, "databases or logs");
    if (scn_skip_word(parser, "to") &&
        !scn_parse_name(parser, "the name of a folder", &step->u.copy.folder))
        return false;
    return scn_parse_line_end(parser);
}

static bool parse_restore(struct scn_parser *parser, struct scn_step *step)
{
    step->kind = SCN_STEP_RESTORE;
    step->u.restore.streamed = scn_skip_word(parser, "streamed");
    if (!step->u.restore.streamed && !scn_skip_word(parser, "folder"))
        return scn_expected(parser, "streamed or folder");
    return scn_parse_name(parser, "the name of a folder", &step->u.restore.folder) &&
           scn_parse_line_end(parser);
}

static bool parse_amount(struct scn_parser *parser, struct scn_step *step, enum scn_step_kind kind)
{
    step->kind = kind;
    return scn_parse_value(parser, &step->u.amount) && scn_parse_line_end(parser);
}

/* The words behind `fault` as they were written are the fault's own text. */
static bool parse_fault(struct scn_parser *parser, struct scn_step *step)
{
    char text[SHIM_FAULT_TEXT] = "", error[256];
    struct shim_fault *fault;
    struct scn_pos pos = parser->token.pos;
    size_t used = 0;

    step->kind = SCN_STEP_FAULT;
    if (scn_skip_word(parser, "off"))
        return scn_parse_line_end(parser);
    for (; parser->token.kind == SCN_TOKEN_WORD || parser->token.kind == SCN_TOKEN_NUMBER ||
           parser->token.kind == SCN_TOKEN_TEXT || parser->token.kind == SCN_TOKEN_COMMA;
         scn_next(parser)) {
        if (used + parser->token.length + 2 > sizeof text)
            return scn_fail(parser->diag, parser->token.pos, "a fault of more than %d bytes",
                            SHIM_FAULT_TEXT);
        memcpy(text + used, parser->token.start, parser->token.length);
        used += parser->token.length;
        text[used++] = ' ';
        text[used] = '\0';
    }
    if (parser->token.kind != SCN_TOKEN_LINE)
        return scn_expected(parser, "words that say which operations go wrong");
    fault = scn_take(parser, sizeof *fault);
    if (!fault)
        return false;
    if (shim_fault_parse(text, fault, error, sizeof error) != 0)
        return scn_fail(parser->diag, pos, "no fault: %s", error);
    step->u.fault = fault;
    return scn_parse_line_end(parser);
}

static bool parse_step(struct scn_parser *parser, struct scn_step *step)
{
    static const char *const ops[] = {"insert", "replace", "delete", "read"};

    for (int i = 0; i < 4; i++) {
        if (scn_skip_word(parser, ops[i]))
            return parse_row(parser, step, (enum scn_row_op)i);
    }
    if (scn_skip_word(parser, "repeat"))
        return parse_repeat(parser, step);
    if (scn_skip_word(parser, "choose"))
        return parse_choose(parser, step);
    if (scn_skip_word(parser, "wait"))
        return parse_gate(parser, step, SCN_STEP_WAIT);
    if (scn_skip_word(parser, "signal"))
        return parse_gate(parser, step, SCN_STEP_SIGNAL);
    if (scn_skip_word(parser, "aim"))
        return parse_aim(parser, step);
    if (scn_skip_word(parser, "probe"))
        return parse_amount(parser, step, SCN_STEP_PROBE);
    if (scn_skip_word(parser, "pause"))
        return parse_amount(parser, step, SCN_STEP_PAUSE);
    if (scn_skip_word(parser, "check"))
        return parse_check(parser, step);
    if (scn_skip_word(parser, "only"))
        return parse_only(parser, step);
    if (scn_skip_word(parser, "observe"))
        return parse_observe(parser, step);
    if (scn_skip_word(parser, "copy"))
        return parse_copy(parser, step);
    if (scn_skip_word(parser, "restore"))
        return parse_restore(parser, step);
    if (scn_skip_word(parser, "kill")) {
        step->kind = SCN_STEP_KILL;
        return scn_parse_line_end(parser);
    }
    if (scn_skip_word(parser, "fault"))
        return parse_fault(parser, step);
    if (parser->token.kind == SCN_TOKEN_WORD && parser->token.length > 3 &&
        memcmp(parser->token.start, "Jet", 3) == 0)
        return scn_parse_call(parser, step);
    return scn_expected(parser,
                        "a call (JetX), insert, replace, delete, read, repeat, choose, wait, "
                        "signal, aim, probe, pause, check, only, observe, copy, restore, kill, fault or end");
}

bool scn_parse_steps(struct scn_parser *parser, struct scn_step **steps)
{
    struct scn_step **last = steps;

    while (!scn_at_word(parser, "end") && !scn_at_word(parser, "or") &&
           !scn_at_word(parser, "cleanup") && parser->token.kind != SCN_TOKEN_END) {
        struct scn_step *step = scn_take(parser, sizeof *step);

        if (!step)
            return false;
        step->pos = parser->token.pos;
        if (!parse_step(parser, step))
            return false;
        *last = step;
        last = &step->next;
    }
    return true;
}
