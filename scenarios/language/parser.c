/* parser.c - tokens to plan: the declarations. parse_steps.c has what actors do. */
#include "scenarios/language/parser.h"

#include <stdlib.h>
#include <string.h>

#include "scenarios/language/language.h"

void *scn_take(struct scn_parser *parser, size_t size)
{
    void *memory = scn_plan_alloc(parser->plan, size);

    if (!memory)
        scn_fail(parser->diag, parser->token.pos, "out of memory");
    return memory;
}

void *scn_grow(struct scn_parser *parser, void *array, int count, size_t size)
{
    void *larger;

    /* The room is always the next power of two, and at least 4. */
    if (count != 0 && (count < 4 || (count & (count - 1)) != 0))
        return array;
    larger = scn_take(parser, (count ? (size_t)count * 2 : 4u) * size);
    if (larger && count)
        memcpy(larger, array, (size_t)count * size);
    return larger;
}

void scn_next(struct scn_parser *parser)
{
    parser->token = scn_lexer_next(&parser->lexer);
}

static bool is_word(const struct scn_token *token, const char *word)
{
    return token->kind == SCN_TOKEN_WORD && token->length == strlen(word) &&
           memcmp(token->start, word, token->length) == 0;
}

bool scn_at_word(const struct scn_parser *parser, const char *word)
{
    return is_word(&parser->token, word);
}

bool scn_skip_word(struct scn_parser *parser, const char *word)
{
    if (!scn_at_word(parser, word))
        return false;
    scn_next(parser);
    return true;
}

bool scn_expected(struct scn_parser *parser, const char *what)
{
    const struct scn_token *token = &parser->token;

    if (token->length > 0)
        return scn_fail(parser->diag, token->pos, "expected %s, found %.*s", what,
                        token->length > 40 ? 40 : (int)token->length, token->start);
    return scn_fail(parser->diag, token->pos, "expected %s, found %s", what,
                    scn_token_name(token->kind));
}

bool scn_unclosed(struct scn_parser *parser, const char *what, struct scn_pos pos)
{
    if (parser->token.kind != SCN_TOKEN_END)
        return scn_expected(parser, "end");
    return scn_fail(parser->diag, pos, "this %s is never closed; add a line with end", what);
}

bool scn_parse_line_end(struct scn_parser *parser)
{
    if (parser->token.kind != SCN_TOKEN_LINE)
        return scn_expected(parser, "the end of the line");
    scn_next(parser);
    return true;
}

static const char *copy_token(struct scn_parser *parser)
{
    char *copy = scn_take(parser, parser->token.length + 1);

    if (copy)
        memcpy(copy, parser->token.start, parser->token.length);
    return copy;
}

bool scn_parse_name(struct scn_parser *parser, const char *what, const char **name)
{
    if (parser->token.kind != SCN_TOKEN_WORD)
        return scn_expected(parser, what);
    *name = copy_token(parser);
    if (!*name)
        return false;
    scn_next(parser);
    return true;
}

bool scn_parse_count(struct scn_parser *parser, const char *what, int64_t lo, int64_t hi,
                     int64_t *count)
{
    if (parser->token.kind != SCN_TOKEN_NUMBER)
        return scn_expected(parser, what);
    if (parser->token.number < lo || parser->token.number > hi)
        return scn_fail(parser->diag, parser->token.pos,
                        "%s is %lld; it must be in the range %lld to %lld", what,
                        (long long)parser->token.number, (long long)lo, (long long)hi);
    *count = parser->token.number;
    scn_next(parser);
    return true;
}

bool scn_parse_function(struct scn_parser *parser, enum shim_fn *fn, enum shim_variant *variant)
{
    char name[SCN_MAX_WORD + 1], hint[96];
    struct scn_pos pos = parser->token.pos;

    if (parser->token.kind != SCN_TOKEN_WORD)
        return scn_expected(parser, "a function of the API (JetBeginSession ...)");
    memcpy(name, parser->token.start, parser->token.length);
    name[parser->token.length] = '\0';
    if (scn_find_function(name, fn, variant)) {
        scn_next(parser);
        return true;
    }
    if (shim_function_find(name, NULL) != SHIM_FN_NONE)
        return scn_fail(parser->diag, pos,
                        "%s is exported by some engines but not documented; only functions of the "
                        "public API can be called",
                        name);
    scn_suggest_function(name, hint, sizeof hint);
    return scn_fail(parser->diag, pos, "unknown function %s%s", name, hint);
}

static bool parse_text(struct scn_parser *parser, const char *what, const char **text)
{
    char *copy;

    if (parser->token.kind != SCN_TOKEN_TEXT)
        return scn_expected(parser, what);
    copy = scn_take(parser, parser->token.length);
    if (!copy)
        return false;
    scn_token_decode(&parser->token, copy);
    *text = copy;
    scn_next(parser);
    return true;
}

static bool parse_header(struct scn_parser *parser)
{
    if (!scn_skip_word(parser, "scenario"))
        return scn_expected(parser, "scenario NAME");
    return scn_parse_name(parser, "the name of the scenario", &parser->plan->name) &&
           scn_parse_line_end(parser);
}

static bool parse_title(struct scn_parser *parser, struct scn_pos pos)
{
    if (parser->plan->title)
        return scn_fail(parser->diag, pos, "a second title; one is enough");
    return parse_text(parser, "the title in quotes", &parser->plan->title) &&
           scn_parse_line_end(parser);
}

static bool parse_cases(struct scn_parser *parser)
{
    struct scn_plan *plan = parser->plan;
    int64_t number;

    for (;;) {
        if (plan->case_count == SCN_MAX_CASES)
            return scn_fail(parser->diag, parser->token.pos, "more than %d cases", SCN_MAX_CASES);
        if (!scn_parse_count(parser, "the number of a case", 1, 999, &number))
            return false;
        plan->cases = scn_grow(parser, plan->cases, plan->case_count, sizeof *plan->cases);
        if (!plan->cases)
            return false;
        plan->cases[plan->case_count++] = (int)number;
        if (parser->token.kind != SCN_TOKEN_COMMA)
            return scn_parse_line_end(parser);
        scn_next(parser);
    }
}

static bool parse_setting(struct scn_parser *parser, struct scn_instance *instance)
{
    struct scn_setting *setting;
    char hint[96];
    int64_t param;

    if (instance->setting_count == SCN_MAX_SETTINGS)
        return scn_fail(parser->diag, parser->token.pos, "more than %d parameters of one instance",
                        SCN_MAX_SETTINGS);
    instance->settings =
        scn_grow(parser, instance->settings, instance->setting_count, sizeof *instance->settings);
    if (!instance->settings)
        return false;
    setting = &instance->settings[instance->setting_count++];
    setting->pos = parser->token.pos;
    if (!scn_parse_name(parser, "JET_paramX = value", &setting->param_name))
        return false;
    if (strncmp(setting->param_name, "JET_param", 9) != 0 ||
        !shim_constant_find(setting->param_name, &param) || param < 0 || param > INT32_MAX) {
        scn_suggest_constant(setting->param_name, hint, sizeof hint);
        return scn_fail(parser->diag, setting->pos,
                        "%s is no system parameter; esent.h lists them as JET_param...%s",
                        setting->param_name, hint);
    }
    setting->param = (int)param;
    if (parser->token.kind != SCN_TOKEN_EQUALS)
        return scn_expected(parser, "= and the value");
    scn_next(parser);
    return scn_parse_value(parser, &setting->value) && scn_parse_line_end(parser);
}

static bool at_setting(const struct scn_parser *parser)
{
    return parser->token.kind == SCN_TOKEN_WORD && parser->token.length >= 4 &&
           memcmp(parser->token.start, "JET_", 4) == 0;
}

static bool parse_instance(struct scn_parser *parser, struct scn_pos pos)
{
    struct scn_plan *plan = parser->plan;
    struct scn_instance *instance;

    if (plan->instance_count == SCN_MAX_INSTANCES)
        return scn_fail(parser->diag, pos, "more than %d instances", SCN_MAX_INSTANCES);
    plan->instances =
        scn_grow(parser, plan->instances, plan->instance_count, sizeof *plan->instances);
    if (!plan->instances)
        return false;
    instance = &plan->instances[plan->instance_count++];
    instance->pos = pos;
    if (!scn_parse_name(parser, "the name of the instance", &instance->name))
        return false;
    if (scn_skip_word(parser, "created"))
        instance->start = SCN_START_CREATED;
    else if (scn_skip_word(parser, "none"))
        instance->start = SCN_START_NONE;
    if (!scn_parse_line_end(parser))
        return false;
    if (!at_setting(parser))
        return !scn_skip_word(parser, "end") || scn_parse_line_end(parser);
    while (at_setting(parser)) {
        if (!parse_setting(parser, instance))
            return false;
    }
    if (!scn_skip_word(parser, "end"))
        return scn_unclosed(parser, "instance", pos);
    return scn_parse_line_end(parser);
}

/* The index of a declared instance, database or table; `what` for the message. */
#define FIND(parser, array, count, what, index)                                                    \
    do {                                                                                           \
        const char *wanted_;                                                                       \
        struct scn_pos pos_ = (parser)->token.pos;                                                 \
        if (!scn_parse_name(parser, "the name of the " what, &wanted_))                            \
            return false;                                                                          \
        for ((index) = 0; (index) < (count); (index)++) {                                          \
            if (strcmp((array)[index].name, wanted_) == 0)                                         \
                break;                                                                             \
        }                                                                                          \
        if ((index) == (count))                                                                    \
            return scn_fail((parser)->diag, pos_,                                                  \
                            "no " what " %s is declared above; add: " what " %s", wanted_,         \
                            wanted_);                                                              \
    } while (0)

static bool parse_on_instance(struct scn_parser *parser, struct scn_pos pos, int *index)
{
    struct scn_plan *plan = parser->plan;

    if (plan->instance_count == 0)
        return scn_fail(parser->diag, pos, "no instance is declared above; add: instance main");
    *index = 0;
    if (scn_skip_word(parser, "on"))
        FIND(parser, plan->instances, plan->instance_count, "instance", *index);
    return true;
}

static bool parse_database(struct scn_parser *parser, struct scn_pos pos)
{
    struct scn_plan *plan = parser->plan;
    struct scn_database *database;

    if (plan->database_count == SCN_MAX_DATABASES)
        return scn_fail(parser->diag, pos, "more than %d databases", SCN_MAX_DATABASES);
    plan->databases =
        scn_grow(parser, plan->databases, plan->database_count, sizeof *plan->databases);
    if (!plan->databases)
        return false;
    database = &plan->databases[plan->database_count];
    database->pos = pos;
    if (!scn_parse_name(parser, "the name of the database", &database->name) ||
        !parse_on_instance(parser, pos, &database->instance))
        return false;
    plan->database_count++;
    return scn_parse_line_end(parser);
}

static bool parse_table(struct scn_parser *parser, struct scn_pos pos)
{
    struct scn_plan *plan = parser->plan;
    struct scn_table *table;

    if (plan->table_count == SCN_MAX_TABLES)
        return scn_fail(parser->diag, pos, "more than %d tables", SCN_MAX_TABLES);
    if (plan->database_count == 0)
        return scn_fail(parser->diag, pos, "no database is declared above; add: database data");
    plan->tables = scn_grow(parser, plan->tables, plan->table_count, sizeof *plan->tables);
    if (!plan->tables)
        return false;
    table = &plan->tables[plan->table_count];
    table->pos = pos;
    if (!scn_parse_name(parser, "the name of the table", &table->name))
        return false;
    if (scn_skip_word(parser, "in"))
        FIND(parser, plan->databases, plan->database_count, "database", table->database);
    if (scn_skip_word(parser, "rows") &&
        !scn_parse_count(parser, "the number of rows", 0, SCN_MAX_ROWS, &table->rows))
        return false;
    plan->table_count++;
    return scn_parse_line_end(parser);
}

static bool parse_actor(struct scn_parser *parser, struct scn_pos pos)
{
    struct scn_plan *plan = parser->plan;
    struct scn_actor *actor;
    int64_t count = 1;

    if (plan->actor_count == SCN_MAX_ACTORS)
        return scn_fail(parser->diag, pos, "more than %d actors", SCN_MAX_ACTORS);
    plan->actors = scn_grow(parser, plan->actors, plan->actor_count, sizeof *plan->actors);
    if (!plan->actors)
        return false;
    actor = &plan->actors[plan->actor_count++];
    actor->pos = pos;
    if (!scn_parse_name(parser, "the name of the actor", &actor->name))
        return false;
    if (scn_skip_word(parser, "x") &&
        !scn_parse_count(parser, "the number of copies", 1, SCN_MAX_ACTORS, &count))
        return false;
    actor->count = (int)count;
    if (!parse_on_instance(parser, pos, &actor->instance) || !scn_parse_line_end(parser) ||
        !scn_parse_steps(parser, &actor->steps))
        return false;
    if (scn_skip_word(parser, "cleanup")) {
        actor->has_cleanup = true;
        if (!scn_parse_line_end(parser) || !scn_parse_steps(parser, &actor->cleanup))
            return false;
    }
    if (!scn_skip_word(parser, "end"))
        return scn_unclosed(parser, "actor", pos);
    return scn_parse_line_end(parser);
}

static bool parse_declaration(struct scn_parser *parser)
{
    struct scn_pos pos = parser->token.pos;
    int64_t repeat;

    if (scn_skip_word(parser, "title"))
        return parse_title(parser, pos);
    if (scn_skip_word(parser, "case"))
        return parse_cases(parser);
    if (scn_skip_word(parser, "repeat")) {
        if (!scn_parse_count(parser, "the number of repeats", 1, 1000000, &repeat))
            return false;
        parser->plan->repeat = (int)repeat;
        return scn_parse_line_end(parser);
    }
    if (scn_skip_word(parser, "instance"))
        return parse_instance(parser, pos);
    if (scn_skip_word(parser, "database"))
        return parse_database(parser, pos);
    if (scn_skip_word(parser, "table"))
        return parse_table(parser, pos);
    if (scn_skip_word(parser, "actor"))
        return parse_actor(parser, pos);
    if (scn_skip_word(parser, "expect"))
        return scn_parse_expect(parser, pos);
    if (scn_skip_word(parser, "after"))
        return scn_parse_after(parser, pos);
    if (scn_skip_word(parser, "control")) {
        parser->plan->control = true;
        return scn_parse_line_end(parser);
    }
    if (scn_at_word(parser, "cleanup"))
        return scn_fail(parser->diag, pos,
                        "cleanup belongs into an actor, before its end, not behind it");
    return scn_expected(parser, "title, case, repeat, control, instance, database, table, actor, after or expect");
}

struct scn_plan *scn_parse(const char *file, const char *text, size_t size, char *error,
                           size_t error_size)
{
    struct scn_diag diag = {file, error, error_size, false};
    struct scn_parser parser = {.diag = &diag};

    if (size > SCN_MAX_FILE) {
        scn_fail(&diag, (struct scn_pos){0, 0}, "the script has %zu bytes; at most %d are allowed",
                 size, SCN_MAX_FILE);
        return NULL;
    }
    if (!scn_lexer_validate(text, size, &diag))
        return NULL;
    parser.plan = scn_plan_new();
    if (!parser.plan) {
        scn_fail(&diag, (struct scn_pos){0, 0}, "out of memory");
        return NULL;
    }
    scn_lexer_init(&parser.lexer, text, size, &diag);
    scn_next(&parser);
    if (parse_header(&parser)) {
        while (parser.token.kind != SCN_TOKEN_END && parse_declaration(&parser))
            continue;
    }
    if (diag.failed || scn_check(parser.plan, file, error, error_size) != 0) {
        scn_plan_free(parser.plan);
        return NULL;
    }
    return parser.plan;
}
