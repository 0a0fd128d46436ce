#include "engine/instance/parameter.h"

#include <stddef.h>
#include <string.h>

#include "engine/os/os.h"

#define MAX UINT64_MAX

static const struct ese_param_row rows[ESE_PARAM_COUNT] = {
#define ESE_PARAM_NUMBER(name, kind, when, low, high, initial)                                     \
    {#name, name, ESE_PARAM_##kind, ESE_PARAM_##when, low, high, initial, NULL},
#define ESE_PARAM_TEXT(name, kind, when, low, high, initial)                                       \
    {#name, name, ESE_PARAM_##kind, ESE_PARAM_##when, low, high, 0, initial},
#include "engine/instance/parameter_table.def"
#undef ESE_PARAM_NUMBER
#undef ESE_PARAM_TEXT
};

static enum ese_param_index index_of(const struct ese_param_row *row)
{
    return (enum ese_param_index)(row - rows);
}

const struct ese_param_row *ese_param_row(uint32_t id)
{
    for (size_t i = 0; i < ESE_PARAM_COUNT; i++) {
        if (rows[i].id == id) {
            return &rows[i];
        }
    }
    return NULL;
}

bool ese_param_is_global(const struct ese_param_row *row)
{
    return row->when == ESE_PARAM_GLOBAL || row->when == ESE_PARAM_GLOBAL_BEFORE_USE;
}

bool ese_param_is_text(const struct ese_param_row *row)
{
    return row->text != NULL;
}

void ese_params_init(struct ese_params *params)
{
    for (size_t i = 0; i < ESE_PARAM_COUNT; i++) {
        params->values[i].number = rows[i].number;
        params->values[i].text = NULL;
        params->values[i].written = false;
    }
}

JET_ERR ese_params_copy(struct ese_params *params, const struct ese_params *from)
{
    ese_params_init(params);
    for (size_t i = 0; i < ESE_PARAM_COUNT; i++) {
        params->values[i].number = from->values[i].number;
        if (from->values[i].text != NULL) {
            params->values[i].text = ese_strdup(from->values[i].text);
            if (params->values[i].text == NULL) {
                ese_params_fini(params);
                return JET_errOutOfMemory;
            }
        }
    }
    return JET_errSuccess;
}

void ese_params_fini(struct ese_params *params)
{
    for (size_t i = 0; i < ESE_PARAM_COUNT; i++) {
        ese_free(params->values[i].text);
        params->values[i].text = NULL;
    }
}

/* The longest key an index may have: it grows with the page. */
static uint64_t key_most(uint64_t page_size)
{
    return page_size >= 8192 ? 2000 : page_size >= 4096 ? 1000 : 500;
}

uint64_t ese_param_number(const struct ese_params *params, enum ese_param_index index)
{
    if (rows[index].kind == ESE_PARAM_KEY_MOST) {
        return key_most(params->values[ESE_JET_paramDatabasePageSize].number);
    }
    return params->values[index].number;
}

const char *ese_param_text(const struct ese_params *params, enum ese_param_index index)
{
    return params->values[index].text != NULL ? params->values[index].text : rows[index].text;
}

void ese_param_force(struct ese_params *params, enum ese_param_index index, uint64_t number)
{
    params->values[index].number = number;
}

bool ese_param_equals(const struct ese_params *params, const struct ese_param_row *row,
                      uint64_t number, const char *text)
{
    if (ese_param_is_text(row)) {
        return text != NULL && strcmp(ese_param_text(params, index_of(row)), text) == 0;
    }
    if (row->kind == ESE_PARAM_BOOLEAN) {
        number = number != 0;
    }
    return ese_param_number(params, index_of(row)) == number;
}

/* Characters of UTF-8 text, as UTF-16 counts them. */
static size_t text_length(const char *text)
{
    size_t length = 0;
    for (const unsigned char *at = (const unsigned char *)text; *at != 0; at++) {
        length += (*at & 0xC0) != 0x80;
        length += *at >= 0xF0;
    }
    return length;
}

/* Appends a separator to a heap path that has none; the block may move. NULL when memory ran out.
 */
static char *with_separator(char *path)
{
    size_t length = strlen(path);
    if (length > 0 && ese_path_is_separator(path[length - 1])) {
        return path;
    }
    char *longer = ese_realloc(path, length + 2);
    if (longer == NULL) {
        ese_free(path);
        return NULL;
    }
    longer[length] = ese_path_separator();
    longer[length + 1] = 0;
    return longer;
}

static bool is_bare_name(const char *path)
{
    for (const char *at = path; *at != 0; at++) {
        if (ese_path_is_separator(*at)) {
            return false;
        }
    }
    return *path != 0;
}

/* The form in which a text is kept. */
static JET_ERR normalise(const struct ese_param_row *row, const char *text, char **kept)
{
    if (row->kind == ESE_PARAM_TEXT || *text == 0 ||
        (row->kind == ESE_PARAM_PATH && is_bare_name(text))) {
        *kept = ese_strdup(text);
        return *kept == NULL ? JET_errOutOfMemory : JET_errSuccess;
    }
    JET_ERR err = ese_path_absolute(text, kept);
    if (err == JET_errSuccess && row->kind == ESE_PARAM_FOLDER) {
        *kept = with_separator(*kept);
        err = *kept == NULL ? JET_errOutOfMemory : JET_errSuccess;
    }
    return err;
}

static JET_ERR set_text(struct ese_params *params, const struct ese_param_row *row,
                        const char *text)
{
    if (text == NULL) {
        text = "";
    }
    size_t length = text_length(text);
    if (length < row->low || length > row->high) {
        return JET_errInvalidParameter;
    }
    char *kept = NULL;
    JET_ERR err = normalise(row, text, &kept);
    if (err != JET_errSuccess) {
        return err;
    }
    if (text_length(kept) > row->high) {
        ese_free(kept);
        return JET_errInvalidParameter;
    }
    ese_free(params->values[index_of(row)].text);
    params->values[index_of(row)].text = kept;
    params->values[index_of(row)].written = true;
    return JET_errSuccess;
}

static JET_ERR set_number(struct ese_params *params, const struct ese_param_row *row,
                          uint64_t number)
{
    if (number < row->low || number > row->high) {
        return JET_errInvalidParameter;
    }
    switch (row->kind) {
    case ESE_PARAM_BOOLEAN:
        number = number != 0;
        break;
    case ESE_PARAM_BLOCK:
        if ((number & (number - 1)) != 0) {
            return JET_errInvalidParameter;
        }
        break;
    case ESE_PARAM_COMMIT:
        if ((number & ~(uint64_t)(JET_bitCommitLazyFlush | JET_bitWaitLastLevel0Commit |
                                  JET_bitWaitAllLevel0Commit | JET_bitForceNewLog)) != 0) {
            return JET_errInvalidParameter;
        }
        break;
    case ESE_PARAM_IGNORED:
        return JET_errSuccess;
    default:
        break;
    }
    params->values[index_of(row)].number = number;
    params->values[index_of(row)].written = true;
    return JET_errSuccess;
}

JET_ERR ese_param_set(struct ese_params *params, const struct ese_param_row *row,
                      struct ese_param_state state, uint64_t number, const char *text)
{
    if (row->kind == ESE_PARAM_READ_ONLY || row->kind == ESE_PARAM_ERROR_TEXT ||
        row->kind == ESE_PARAM_KEY_MOST) {
        return JET_errInvalidParameter;
    }
    if (ese_param_equals(params, row, number, text)) {
        params->values[index_of(row)].written = true;
        return JET_errSuccess;
    }
    if ((row->when == ESE_PARAM_GLOBAL_BEFORE_USE && state.process_in_use) ||
        (row->when == ESE_PARAM_BEFORE_INIT && state.initialised)) {
        return JET_errAlreadyInitialized;
    }
    return ese_param_is_text(row) ? set_text(params, row, text) : set_number(params, row, number);
}
