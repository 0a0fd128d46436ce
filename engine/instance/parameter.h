/*
 * System parameters: one set for the process, one per instance that starts as its copy.
 *
 * The functions here know values, ranges and when a value may change. Which set a call means, and
 * whether it may be looked at, is settled before. All of them want ese_process.lock held.
 */
#ifndef ESE_INSTANCE_PARAMETER_H
#define ESE_INSTANCE_PARAMETER_H

#include <stdbool.h>
#include <stdint.h>

#include <esent.h>

enum ese_param_index {
#define ESE_PARAM_NUMBER(name, kind, when, low, high, initial) ESE_##name,
#define ESE_PARAM_TEXT(name, kind, when, low, high, initial)   ESE_##name,
#include "engine/instance/parameter_table.def"
#undef ESE_PARAM_NUMBER
#undef ESE_PARAM_TEXT
    ESE_PARAM_COUNT
};

enum ese_param_kind {
    ESE_PARAM_INTEGER,
    ESE_PARAM_BOOLEAN,
    ESE_PARAM_GRBIT,
    ESE_PARAM_POINTER,
    ESE_PARAM_BLOCK,
    ESE_PARAM_COMMIT,
    ESE_PARAM_DEPTH,
    ESE_PARAM_CACHE,
    ESE_PARAM_IGNORED,
    ESE_PARAM_READ_ONLY,
    ESE_PARAM_ERROR_TEXT,
    ESE_PARAM_KEY_MOST,
    ESE_PARAM_UNICODE,
    ESE_PARAM_TEXT,
    ESE_PARAM_FOLDER,
    ESE_PARAM_PATH,
};

enum ese_param_when {
    ESE_PARAM_ANY,
    ESE_PARAM_BEFORE_INIT,
    ESE_PARAM_GLOBAL,
    ESE_PARAM_GLOBAL_BEFORE_USE,
};

struct ese_param_row {
    const char *name;
    uint32_t id; /* JET_param... */
    enum ese_param_kind kind;
    enum ese_param_when when;
    uint64_t low, high;
    uint64_t number;
    const char *text; /* NULL for numbers */
};

struct ese_params {
    struct {
        uint64_t number;
        char *text;   /* UTF-8; NULL: as the table says */
        bool written; /* somebody set it */
    } values[ESE_PARAM_COUNT];
};

/* What is known about the state a parameter is set in. */
struct ese_param_state {
    bool process_in_use; /* there is a run mode */
    bool initialised;    /* the set belongs to an instance that runs */
};

/* The row of a public parameter, or NULL. */
const struct ese_param_row *ese_param_row(uint32_t id);
bool ese_param_is_global(const struct ese_param_row *row);
bool ese_param_is_text(const struct ese_param_row *row);

void ese_params_init(struct ese_params *params);
/* JET_errOutOfMemory leaves nothing to free. */
JET_ERR ese_params_copy(struct ese_params *params, const struct ese_params *from);
void ese_params_fini(struct ese_params *params);

uint64_t ese_param_number(const struct ese_params *params, enum ese_param_index index);
const char *ese_param_text(const struct ese_params *params, enum ese_param_index index);

/*
 * Sets a value. JET_errInvalidParameter: out of range, not settable, no text where text is needed.
 * JET_errAlreadyInitialized: too late; but setting the value it has already is never an error.
 * JET_errInvalidPath, JET_errOutOfMemory. text is UTF-8.
 */
JET_ERR ese_param_set(struct ese_params *params, const struct ese_param_row *row,
                      struct ese_param_state state, uint64_t number, const char *text);

/* For stop and init, which change a parameter without asking. */
void ese_param_force(struct ese_params *params, enum ese_param_index index, uint64_t number);

/* Whether setting number or text would change nothing. */
bool ese_param_equals(const struct ese_params *params, const struct ese_param_row *row,
                      uint64_t number, const char *text);

#endif
