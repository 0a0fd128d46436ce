/* parse_value.c - tokens to plan: the values behind = signs. */
#include <stdio.h>
#include <string.h>

#include "scenarios/language/language.h"
#include "scenarios/language/parser.h"

/* Appends the token to the text of a number as it was written. */
static bool add_part(struct scn_parser *parser, char *text, size_t size, size_t *used)
{
    size_t length = parser->token.length, gap = *used ? 3u : 0u;

    if (*used + gap + length >= size)
        return scn_fail(parser->diag, parser->token.pos, "too many constants in one value");
    memcpy(text + *used, " | ", gap);
    memcpy(text + *used + gap, parser->token.start, length);
    *used += gap + length;
    text[*used] = '\0';
    return true;
}

/* The number of a NUMBER token or of a constant. */
bool scn_parse_number_part(struct scn_parser *parser, int64_t *number)
{
    char word[SCN_MAX_WORD + 1], hint[96];

    if (parser->token.kind == SCN_TOKEN_NUMBER) {
        *number = parser->token.number;
        return true;
    }
    if (parser->token.kind != SCN_TOKEN_WORD)
        return scn_expected(parser, "a number or a constant of esent.h");
    memcpy(word, parser->token.start, parser->token.length);
    word[parser->token.length] = '\0';
    if (shim_constant_find(word, number))
        return true;
    scn_suggest_constant(word, hint, sizeof hint);
    return scn_fail(parser->diag, parser->token.pos,
                    "unknown constant %s: esent.h has no such name%s", word, hint);
}

static bool parse_number(struct scn_parser *parser, struct scn_value *value)
{
    char text[SCN_MAX_TEXT], plain[32];
    size_t used = 0;
    int64_t part;

    value->kind = SCN_VALUE_INT;
    value->number = 0;
    for (;;) {
        if (!scn_parse_number_part(parser, &part) || !add_part(parser, text, sizeof text, &used))
            return false;
        value->number |= part;
        scn_next(parser);
        if (parser->token.kind != SCN_TOKEN_OR)
            break;
        scn_next(parser);
    }
    snprintf(plain, sizeof plain, "%lld", (long long)value->number);
    if (strcmp(plain, text) != 0) {
        value->text = scn_plan_text(parser->plan, text);
        if (!value->text)
            return scn_fail(parser->diag, parser->token.pos, "out of memory");
    }
    return true;
}

static bool parse_random(struct scn_parser *parser, struct scn_value *value)
{
    struct scn_value bound = {0};

    value->kind = SCN_VALUE_RANDOM;
    if (parser->token.kind != SCN_TOKEN_OPEN)
        return scn_expected(parser, "random(LOWEST, HIGHEST)");
    scn_next(parser);
    if (!parse_number(parser, &bound))
        return false;
    value->number = bound.number;
    if (parser->token.kind != SCN_TOKEN_COMMA)
        return scn_expected(parser, ", and the highest number of random(LOWEST, HIGHEST)");
    scn_next(parser);
    if (!parse_number(parser, &bound))
        return false;
    value->high = bound.number;
    if (parser->token.kind != SCN_TOKEN_CLOSE)
        return scn_expected(parser, ")");
    scn_next(parser);
    return true;
}

/* signal(GATE), signals(GATE) */
static bool parse_gate_value(struct scn_parser *parser, struct scn_value *value,
                             enum scn_value_kind kind)
{
    value->kind = kind;
    if (parser->token.kind != SCN_TOKEN_OPEN)
        return scn_expected(parser, "the name of a gate in parentheses");
    scn_next(parser);
    if (!scn_parse_name(parser, "the name of a gate", &value->text))
        return false;
    if (parser->token.kind != SCN_TOKEN_CLOSE)
        return scn_expected(parser, ")");
    scn_next(parser);
    return true;
}

static bool parse_text_value(struct scn_parser *parser, struct scn_value *value)
{
    char *text = scn_take(parser, parser->token.length);

    if (!text)
        return false;
    scn_token_decode(&parser->token, text);
    value->kind = SCN_VALUE_TEXT;
    value->text = text;
    scn_next(parser);
    return true;
}

bool scn_parse_value(struct scn_parser *parser, struct scn_value *value)
{
    static const struct {
        const char *word;
        enum scn_value_kind kind;
    } words[] = {{"nil", SCN_VALUE_NIL},         {"null", SCN_VALUE_NULL},
                 {"garbage", SCN_VALUE_GARBAGE}, {"stale", SCN_VALUE_STALE},
                 {"unique", SCN_VALUE_UNIQUE},   {"actor", SCN_VALUE_ACTOR},
                 {"turn", SCN_VALUE_TURN},       {"elapsed", SCN_VALUE_ELAPSED}};
    const struct scn_token *token = &parser->token;
    char *name;

    if (token->kind == SCN_TOKEN_NUMBER || (token->kind == SCN_TOKEN_WORD && token->length >= 4 &&
                                            memcmp(token->start, "JET_", 4) == 0))
        return parse_number(parser, value);
    if (token->kind == SCN_TOKEN_TEXT)
        return parse_text_value(parser, value);
    if (token->kind != SCN_TOKEN_WORD && token->kind != SCN_TOKEN_SHARED)
        return scn_expected(parser, "a value");
    if (scn_skip_word(parser, "random"))
        return parse_random(parser, value);
    if (scn_skip_word(parser, "signal"))
        return parse_gate_value(parser, value, SCN_VALUE_SIGNAL);
    if (scn_skip_word(parser, "signals"))
        return parse_gate_value(parser, value, SCN_VALUE_SIGNALS);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (scn_skip_word(parser, words[i].word)) {
            value->kind = words[i].kind;
            return true;
        }
    }
    name = scn_take(parser, token->length + 1);
    if (!name)
        return false;
    memcpy(name, token->start, token->length);
    value->kind = SCN_VALUE_NAME;
    value->text = name;
    scn_next(parser);
    return true;
}
