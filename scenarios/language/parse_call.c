/* parse_call.c - tokens to plan: a call of the API, and what it is expected to give. */
#include <stdio.h>
#include <string.h>

#include "scenarios/language/language.h"
#include "scenarios/language/parser.h"

/* "unknown parameter", with the ones there are. */
static bool unknown_parameter(struct scn_parser *parser, enum shim_fn fn, const char *name,
                              struct scn_pos pos)
{
    const struct shim_function *function = shim_function(fn);
    char list[512] = "";
    size_t used = 0;

    for (int i = 0; i < function->param_count && used < sizeof list; i++) {
        int more = snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "",
                            function->params[i].name);

        used += more > 0 ? (size_t)more : 0u;
    }
    if (function->param_count == 0)
        return scn_fail(parser->diag, pos, "%s has no parameter %s; it has none at all",
                        function->name, name);
    return scn_fail(parser->diag, pos, "%s has no parameter %s; it has %s", function->name, name,
                    list);
}

static bool parse_arg(struct scn_parser *parser, struct scn_call *call, struct scn_arg *args)
{
    struct scn_arg *arg = &args[call->arg_count];
    struct scn_pos pos = parser->token.pos;
    const char *name;
    int param;

    if (!scn_parse_name(parser, "parameter=value", &name))
        return false;
    param = shim_param_find(call->fn, name);
    if (param < 0)
        return unknown_parameter(parser, call->fn, name, pos);
    for (int i = 0; i < call->arg_count; i++) {
        if (args[i].param == param)
            return scn_fail(parser->diag, pos, "%s is given twice; once is enough", name);
    }
    if (parser->token.kind != SCN_TOKEN_EQUALS)
        return scn_expected(parser, "= and the value of the parameter");
    scn_next(parser);
    arg->param = param;
    arg->pos = parser->token.pos;
    call->arg_count++;
    return scn_parse_value(parser, &arg->value);
}

static bool parse_bind(struct scn_parser *parser, struct scn_call *call)
{
    char *name;

    scn_next(parser);
    if (parser->token.kind != SCN_TOKEN_WORD && parser->token.kind != SCN_TOKEN_SHARED)
        return scn_expected(parser, "the name for the result");
    name = scn_take(parser, parser->token.length + 1);
    if (!name)
        return false;
    memcpy(name, parser->token.start, parser->token.length);
    call->bind = name;
    scn_next(parser);
    return !scn_skip_word(parser, "at") ||
           scn_parse_name(parser, "a field of what the call gives", &call->field);
}

bool scn_parse_codes(struct scn_parser *parser, JET_ERR **expected, int *expected_count)
{
    JET_ERR codes[SCN_MAX_CODES];
    int count = 0;
    int64_t code;

    do {
        scn_next(parser); /* =>, gives or | */
        if (count == SCN_MAX_CODES)
            return scn_fail(parser->diag, parser->token.pos, "more than %d codes", SCN_MAX_CODES);
        if (!scn_parse_number_part(parser, &code))
            return false;
        if (code < INT32_MIN || code > INT32_MAX)
            return scn_fail(parser->diag, parser->token.pos,
                            "a result has 32 bits; %lld is out of range", (long long)code);
        codes[count++] = (JET_ERR)code;
        scn_next(parser);
    } while (parser->token.kind == SCN_TOKEN_OR);
    *expected = scn_take(parser, (size_t)count * sizeof *codes);
    if (!*expected)
        return false;
    memcpy(*expected, codes, (size_t)count * sizeof *codes);
    *expected_count = count;
    return true;
}

bool scn_parse_in(struct scn_parser *parser, enum scn_in *in)
{
    *in = SCN_IN_ANY;
    if (!scn_skip_word(parser, "in"))
        return true;
    if (scn_skip_word(parser, "ese"))
        *in = SCN_IN_ESE;
    else if (scn_skip_word(parser, "documented"))
        *in = SCN_IN_DOCUMENTED;
    else
        return scn_expected(parser, "a profile: documented or ese");
    return true;
}

bool scn_parse_relation(struct scn_parser *parser, enum scn_relation *relation)
{
    switch (parser->token.kind) {
    case SCN_TOKEN_SAME:
        *relation = SCN_SAME;
        break;
    case SCN_TOKEN_LESS:
        *relation = SCN_LESS;
        break;
    case SCN_TOKEN_LESS_OR_SAME:
        *relation = SCN_LESS_OR_SAME;
        break;
    case SCN_TOKEN_MORE:
        *relation = SCN_MORE;
        break;
    case SCN_TOKEN_MORE_OR_SAME:
        *relation = SCN_MORE_OR_SAME;
        break;
    default:
        return scn_expected(parser, "== < <= > or >=");
    }
    scn_next(parser);
    return true;
}

bool scn_parse_call(struct scn_parser *parser, struct scn_step *step)
{
    struct scn_call *call = &step->u.call;
    struct scn_arg args[SHIM_MAX_ARGS + 1] = {{0}};

    step->kind = SCN_STEP_CALL;
    if (!scn_parse_function(parser, &call->fn, &call->variant))
        return false;
    while (parser->token.kind == SCN_TOKEN_WORD && !scn_at_word(parser, "in")) {
        if (call->arg_count > SHIM_MAX_ARGS || !parse_arg(parser, call, args))
            return false;
    }
    if (call->arg_count > 0) {
        call->args = scn_take(parser, (size_t)call->arg_count * sizeof *args);
        if (!call->args)
            return false;
        memcpy(call->args, args, (size_t)call->arg_count * sizeof *args);
    }
    if (parser->token.kind == SCN_TOKEN_ARROW && !parse_bind(parser, call))
        return false;
    if (parser->token.kind == SCN_TOKEN_GIVES &&
        !scn_parse_codes(parser, &call->expected, &call->expected_count))
        return false;
    if (scn_at_word(parser, "in")) {
        if (!scn_parse_in(parser, &call->in))
            return false;
        if (parser->token.kind != SCN_TOKEN_GIVES)
            return scn_expected(parser, "=> and what this profile expects");
        if (!scn_parse_codes(parser, &call->in_expected, &call->in_expected_count))
            return false;
    }
    if (parser->token.kind != SCN_TOKEN_LINE)
        return scn_expected(parser, "parameter=value, -> name, => code or the end of the line");
    return scn_parse_line_end(parser);
}
