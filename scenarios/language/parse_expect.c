/* parse_expect.c - tokens to plan: what a script expects of a run, and what follows the race. */
#include "scenarios/language/parser.h"

static bool parse_own_count(struct scn_parser *parser, struct scn_expect *expect)
{
    if (parser->token.kind == SCN_TOKEN_NUMBER &&
        !scn_parse_count(parser, "the number of calls", 1, SCN_MAX_REPEAT, &expect->count))
        return false;
    if (expect->kind == SCN_EXPECT_CUT || expect->kind == SCN_EXPECT_UNCUT)
        return scn_parse_in(parser, &expect->in);
    expect->own = scn_skip_word(parser, "own");
    return true;
}

/* gives CODE | CODE exactly N; `gives` is the next token. */
static bool parse_gives(struct scn_parser *parser, struct scn_expect *expect)
{
    expect->kind = SCN_EXPECT_GIVES;
    if (!scn_parse_codes(parser, &expect->codes, &expect->code_count))
        return false;
    if (scn_skip_word(parser, "exactly"))
        expect->relation = SCN_SAME;
    else if (scn_skip_word(parser, "least"))
        expect->relation = SCN_MORE_OR_SAME;
    else if (scn_skip_word(parser, "most"))
        expect->relation = SCN_LESS_OR_SAME;
    else
        return scn_expected(parser, "exactly, least or most, and a number of calls");
    return scn_parse_count(parser, "the number of calls", 0, SCN_MAX_REPEAT, &expect->count) &&
           scn_parse_in(parser, &expect->in);
}

static bool parse_factor(struct scn_parser *parser, int64_t *factor)
{
    *factor = 1;
    if (parser->token.kind != SCN_TOKEN_TIMES)
        return true;
    scn_next(parser);
    return scn_parse_count(parser, "the factor", 1, SCN_MAX_FACTOR, factor);
}

/* observed NAME [* N] < control [* N] */
static bool parse_observed(struct scn_parser *parser, struct scn_expect *expect)
{
    expect->kind = SCN_EXPECT_OBSERVED;
    if (!scn_parse_name(parser, "the name of what is observed", &expect->name) ||
        !parse_factor(parser, &expect->factor) || !scn_parse_relation(parser, &expect->relation))
        return false;
    if (!scn_skip_word(parser, "control"))
        return scn_expected(parser, "control");
    return parse_factor(parser, &expect->control_factor) && scn_parse_in(parser, &expect->in);
}

static bool parse_of_function(struct scn_parser *parser, struct scn_expect *expect)
{
    static const struct {
        const char *word;
        enum scn_expect_kind kind;
    } kinds[] = {{"overlapped", SCN_EXPECT_OVERLAPPED},
                 {"denied", SCN_EXPECT_DENIED},
                 {"admitted", SCN_EXPECT_ADMITTED},
                 {"cut", SCN_EXPECT_CUT},
                 {"uncut", SCN_EXPECT_UNCUT}};
    enum shim_variant variant;

    if (!scn_parse_function(parser, &expect->fn, &variant))
        return false;
    if (scn_at_word(parser, "gives"))
        return parse_gives(parser, expect);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (scn_skip_word(parser, kinds[i].word)) {
            expect->kind = kinds[i].kind;
            return parse_own_count(parser, expect);
        }
    }
    return scn_expected(parser, "overlapped, denied, admitted, cut, uncut or gives");
}

bool scn_parse_expect(struct scn_parser *parser, struct scn_pos pos)
{
    struct scn_plan *plan = parser->plan;
    struct scn_expect *expect;
    bool done = true;

    if (plan->expect_count == SCN_MAX_EXPECTS)
        return scn_fail(parser->diag, pos, "more than %d expectations", SCN_MAX_EXPECTS);
    plan->expects = scn_grow(parser, plan->expects, plan->expect_count, sizeof *plan->expects);
    if (!plan->expects)
        return false;
    expect = &plan->expects[plan->expect_count++];
    expect->pos = pos;
    expect->fn = SHIM_FN_NONE;
    expect->count = 1;
    if (scn_skip_word(parser, "no-overlap"))
        expect->kind = SCN_EXPECT_NO_OVERLAP;
    else if (scn_skip_word(parser, "observed"))
        done = parse_observed(parser, expect);
    else
        done = parse_of_function(parser, expect);
    return done && scn_parse_line_end(parser);
}

bool scn_parse_after(struct scn_parser *parser, struct scn_pos pos)
{
    struct scn_after *after = &parser->plan->after;
    bool death = scn_skip_word(parser, "death");
    bool *has = death ? &after->has_death : &after->has_restart;

    if (!death && !scn_skip_word(parser, "restart"))
        return scn_expected(parser, "death or restart");
    if (*has)
        return scn_fail(parser->diag, pos, "a second block after %s; one is enough",
                        death ? "death" : "restart");
    *has = true;
    after->pos = pos;
    if (!scn_parse_line_end(parser) ||
        !scn_parse_steps(parser, death ? &after->death : &after->restart))
        return false;
    if (!scn_skip_word(parser, "end"))
        return scn_unclosed(parser, "after", pos);
    return scn_parse_line_end(parser);
}
