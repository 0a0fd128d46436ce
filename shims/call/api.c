/* shims/call/api.c - the tables behind api.h, made from jet_api.def and (constants) from esent.h. */
#define JET_NO_NAME_MAP

#include "shims/call/api.h"

#include <stdlib.h>
#include <string.h>

#include "shims/call/rows.h"

/* Made at build time by constants.cmake: arrays sorted by name. */
struct constant {
    const char *name;
    int64_t value;
};
static const struct constant constants[] = {
#include "shims_constants.inc"
};
#define CONSTANT_COUNT (sizeof constants / sizeof constants[0])

struct names_of_function {
    const char *name[SHIM_VARIANT_COUNT];
    size_t base_length;
};

#undef JET_API
#define JET_TX(type) type

/* Parameters: one array per function that has any. */
#define PARAM_FIELDS(type, name, role) #name, #type, SHIM_ROLE_##role, (uint8_t)sizeof(type)
#define PARAM(i, tuple) {PARAM_FIELDS tuple}
#define JET_API(visibility, base, names, handle, min_version, ...)                                 \
    static const struct shim_param params_##base[] = {SHIM_ROW_LIST(PARAM, __VA_ARGS__)};          \
    _Static_assert(sizeof params_##base / sizeof params_##base[0] <= SHIM_MAX_ARGS, #base);
#define JET_API0(...)
#include "jet_api.def"
#undef JET_API
#undef JET_API0

#define VISIBLE_PUBLIC true
#define VISIBLE_PRIVATE false
static const struct shim_function functions[SHIM_FN_COUNT] = {
#define JET_API(visibility, base, names, handle, min_version, ...)                                 \
    {#base,                                                                                        \
     VISIBLE_##visibility,                                                                         \
     SHIM_NAMES_##names,                                                                           \
     SHIM_HANDLE_##handle,                                                                         \
     min_version,                                                                                  \
     (int)(sizeof params_##base / sizeof params_##base[0]),                                        \
     params_##base},
#define JET_API0(visibility, base, names, handle, min_version)                                     \
    {#base, VISIBLE_##visibility, SHIM_NAMES_##names, SHIM_HANDLE_##handle, min_version, 0, NULL},
#include "jet_api.def"
#undef JET_API
#undef JET_API0
};

#define NAMES_PLAIN(base) {base, NULL, NULL}
#define NAMES_AW(base) {base, base "A", base "W"}
#define NAMES_AW_ONLY(base) {NULL, base "A", base "W"}
#define NAMES_W_ONLY(base) {NULL, NULL, base "W"}
static const struct names_of_function exports[SHIM_FN_COUNT] = {
#define JET_API(visibility, base, names, ...) {NAMES_##names(#base), sizeof #base - 1},
#define JET_API0(visibility, base, names, ...) {NAMES_##names(#base), sizeof #base - 1},
#include "jet_api.def"
#undef JET_API
#undef JET_API0
};
#undef JET_TX
#define JET_API JET_CALL

static const char *const role_names[SHIM_ROLE_COUNT] = {
#define X(role) #role,
    SHIM_ROLES(X)
#undef X
};

const struct shim_function *shim_function(enum shim_fn fn) {
    return &functions[fn];
}

bool shim_function_has(enum shim_fn fn, enum shim_variant variant) {
    return exports[fn].name[variant] != NULL;
}

const char *shim_function_export(enum shim_fn fn, enum shim_variant variant) {
    return exports[fn].name[variant];
}

enum shim_variant shim_function_default_variant(enum shim_fn fn) {
    return exports[fn].name[SHIM_PLAIN] != NULL ? SHIM_PLAIN : SHIM_W;
}

enum shim_fn shim_function_find(const char *name, enum shim_variant *variant) {
    size_t length = strlen(name);
    for (int fn = 0; fn < SHIM_FN_COUNT; fn++) {
        size_t base = exports[fn].base_length;
        if (length != base && length != base + 1) {
            continue;
        }
        if (memcmp(name, functions[fn].name, base) != 0) {
            continue;
        }
        enum shim_variant found = SHIM_PLAIN;
        if (length == base) {
            found = shim_function_default_variant((enum shim_fn)fn);
        } else if (name[base] == 'A') {
            found = SHIM_A;
        } else if (name[base] == 'W') {
            found = SHIM_W;
        } else {
            continue;
        }
        if (exports[fn].name[found] == NULL) {
            continue;
        }
        if (variant != NULL) {
            *variant = found;
        }
        return (enum shim_fn)fn;
    }
    return SHIM_FN_NONE;
}

int shim_param_find(enum shim_fn fn, const char *name) {
    for (int i = 0; i < functions[fn].param_count; i++) {
        if (strcmp(functions[fn].params[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

int shim_param_with_role(enum shim_fn fn, enum shim_role role) {
    for (int i = 0; i < functions[fn].param_count; i++) {
        if (functions[fn].params[i].role == role) {
            return i;
        }
    }
    return -1;
}

const char *shim_role_name(enum shim_role role) {
    return role_names[role];
}

/* Where two names share a code, the first in the alphabet is given. */
const char *shim_error_name(int32_t code) {
    for (size_t i = 0; i < CONSTANT_COUNT; i++) {
        const char *name = constants[i].name;
        if (constants[i].value == code && name[7] >= 'A' && name[7] <= 'Z' &&
            (strncmp(name, "JET_err", 7) == 0 || strncmp(name, "JET_wrn", 7) == 0)) {
            return name;
        }
    }
    return NULL;
}

static int compare_constant(const void *key, const void *element) {
    return strcmp(key, ((const struct constant *)element)->name);
}

bool shim_constant_find(const char *name, int64_t *value) {
    const struct constant *found =
        bsearch(name, constants, CONSTANT_COUNT, sizeof constants[0], compare_constant);
    if (found == NULL) {
        return false;
    }
    *value = found->value;
    return true;
}

size_t shim_constant_count(void) {
    return CONSTANT_COUNT;
}

const char *shim_constant_name(size_t index) {
    return constants[index].name;
}
