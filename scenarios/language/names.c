/* names.c - names and numbers of the API as scripts write them, and suggestions for misspelt ones.
 */
#include <stdio.h>
#include <string.h>

#include "scenarios/language/language.h"
#include "scenarios/language/parser.h"

bool scn_find_function(const char *name, enum shim_fn *fn, enum shim_variant *variant)
{
    enum shim_variant which = SHIM_PLAIN;
    enum shim_fn found = shim_function_find(name, &which);

    for (int i = 0; found == SHIM_FN_NONE && i < SHIM_FN_COUNT; i++) {
        if (strcmp(shim_function((enum shim_fn)i)->name, name) == 0)
            found = (enum shim_fn)i;
    }
    if (found == SHIM_FN_NONE || !shim_function(found)->is_public)
        return false;
    if (!shim_function_has(found, which))
        which = shim_function_default_variant(found);
    *fn = found;
    *variant = which;
    return true;
}

/* Far-fetched suggestions confuse: at most a third of the name may differ. */
static int farthest(const char *name)
{
    return (int)strlen(name) / 3 + 1;
}

/* Keeps `candidate` if it is nearer to `name` than what was seen before. */
static void keep_nearest(const char *name, const char *candidate, const char **best, int *distance)
{
    int d, longer;

    if (!candidate)
        return;
    /* The distance is at least the difference of the lengths. */
    longer = (int)strlen(candidate) - (int)strlen(name);
    if ((longer < 0 ? -longer : longer) >= *distance)
        return;
    d = scn_distance(name, candidate, *distance);
    if (d < *distance) {
        *distance = d;
        *best = candidate;
    }
}

static void suggest(const char *best, char *out, size_t size)
{
    out[0] = '\0';
    if (best)
        snprintf(out, size, "; did you mean %s?", best);
}

void scn_suggest_function(const char *name, char *out, size_t size)
{
    const char *best = NULL;
    int distance = farthest(name) + 1;

    for (int i = 0; i < SHIM_FN_COUNT; i++) {
        if (!shim_function((enum shim_fn)i)->is_public)
            continue;
        for (int v = 0; v < SHIM_VARIANT_COUNT; v++)
            keep_nearest(name, shim_function_export((enum shim_fn)i, (enum shim_variant)v), &best,
                         &distance);
    }
    suggest(best, out, size);
}

void scn_suggest_constant(const char *name, char *out, size_t size)
{
    const char *best = NULL;
    int distance = farthest(name) + 1;

    for (size_t i = 0; i < shim_constant_count(); i++)
        keep_nearest(name, shim_constant_name(i), &best, &distance);
    suggest(best, out, size);
}

static bool is_out_handle(enum shim_role role)
{
    switch (role) {
    case SHIM_ROLE_OUT_INSTANCE:
    case SHIM_ROLE_OUT_SESID:
    case SHIM_ROLE_OUT_DBID:
    case SHIM_ROLE_OUT_TABLEID:
    case SHIM_ROLE_OUT_COLUMNID:
    case SHIM_ROLE_OUT_SNAPID:
    case SHIM_ROLE_OUT_LS:
    case SHIM_ROLE_OUT_FILE:
    case SHIM_ROLE_OUT_HANDLE:
        return true;
    default:
        return false;
    }
}

static bool is_out_number(enum shim_role role)
{
    return role == SHIM_ROLE_OUT_INT || role == SHIM_ROLE_OUT_SIZE || role == SHIM_ROLE_OUT_GRBIT ||
           role == SHIM_ROLE_INOUT_API_PTR;
}

int scn_bind_param(enum shim_fn fn)
{
    const struct shim_function *function = shim_function(fn);

    for (int i = 0; i < function->param_count; i++) {
        if (is_out_handle(function->params[i].role))
            return i;
    }
    /* JetEnumerateColumns gets its memory from the caller, not from the engine. */
    if (fn != SHIM_FN_JetEnumerateColumns && shim_param_with_role(fn, SHIM_ROLE_OUT_POINTER) >= 0)
        return shim_param_with_role(fn, SHIM_ROLE_OUT_POINTER);
    for (int i = 0; i < function->param_count; i++) {
        if (is_out_number(function->params[i].role))
            return i;
    }
    return shim_param_with_role(fn, SHIM_ROLE_INOUT_INSTANCE);
}

bool scn_number(const char *text, int64_t *number)
{
    struct scn_diag diag = {0};
    struct scn_lexer lexer;
    struct scn_token token;
    int64_t sum = 0, part;
    char word[SCN_MAX_WORD + 1];

    scn_lexer_init(&lexer, text, strlen(text), &diag);
    for (;;) {
        token = scn_lexer_next(&lexer);
        if (token.kind == SCN_TOKEN_NUMBER) {
            part = token.number;
        } else if (token.kind == SCN_TOKEN_WORD) {
            memcpy(word, token.start, token.length);
            word[token.length] = '\0';
            if (!shim_constant_find(word, &part))
                return false;
        } else {
            return false;
        }
        sum |= part;
        token = scn_lexer_next(&lexer);
        if (token.kind != SCN_TOKEN_OR)
            break;
    }
    if (token.kind != SCN_TOKEN_LINE || scn_lexer_next(&lexer).kind != SCN_TOKEN_END)
        return false;
    *number = sum;
    return true;
}
