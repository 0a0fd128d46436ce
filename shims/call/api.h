/* shims/call/api.h - the list of the API as data.
 *
 * Everything here is made from engine/include/jet_api.def: one row per base function, with its
 * exported names, the handle it carries and its parameters with their roles. No other list of
 * functions exists in the harness; whoever needs one iterates over 0 .. SHIM_FN_COUNT - 1.
 *
 * Thread safety: all data is constant.
 */
#ifndef ESECHECK_SHIMS_CALL_API_H
#define ESECHECK_SHIMS_CALL_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <esent.h>

/* Most parameters that a public function has (JetEnumerateColumns). */
#define SHIM_MAX_ARGS 10

/* SHIM_FN_JetAddColumn and so on, in the order of jet_api.def. (esent.h's JET_API, the calling
 * convention, has to make room for the rows and is put back.) */
#undef JET_API
enum shim_fn {
#define JET_API(visibility, base, ...) SHIM_FN_##base,
#define JET_API0(visibility, base, ...) SHIM_FN_##base,
#include "jet_api.def"
#undef JET_API
#undef JET_API0
    SHIM_FN_COUNT,
    SHIM_FN_NONE = -1
};
#define JET_API JET_CALL

/* Which exported name of a function: JetX, JetXA or JetXW. */
enum shim_variant { SHIM_PLAIN, SHIM_A, SHIM_W, SHIM_VARIANT_COUNT };

enum shim_names { SHIM_NAMES_PLAIN, SHIM_NAMES_AW, SHIM_NAMES_AW_ONLY, SHIM_NAMES_W_ONLY };

enum shim_handle {
    SHIM_HANDLE_NONE,
    SHIM_HANDLE_LEGACY,
    SHIM_HANDLE_INSTANCE,
    SHIM_HANDLE_SESSION,
    SHIM_HANDLE_DATABASE,
    SHIM_HANDLE_CURSOR,
    SHIM_HANDLE_SNAPSHOT
};

/* What a parameter is for; the roles are explained at the head of jet_api.def. */
#define SHIM_ROLES(X)                                                                              \
    X(IN_INSTANCE) X(OUT_INSTANCE) X(INOUT_INSTANCE) X(IN_SESID) X(OUT_SESID) X(IN_DBID)           \
    X(OUT_DBID) X(IN_TABLEID) X(OUT_TABLEID) X(IN_COLUMNID) X(OUT_COLUMNID) X(IN_SNAPID)           \
    X(OUT_SNAPID) X(IN_LS) X(OUT_LS) X(IN_FILE) X(OUT_FILE) X(IN_HANDLE) X(OUT_HANDLE)             \
    X(IN_GRBIT) X(IN_INT) X(IN_SIZE) X(IN_TEXT) X(IN_DATA) X(OUT_DATA) X(OUT_SIZE) X(OUT_INT)      \
    X(OUT_GRBIT) X(INOUT_API_PTR) X(IN_API_PTR) X(OUT_TEXT) X(IN_STRUCT) X(OUT_STRUCT)             \
    X(INOUT_STRUCT) X(IN_CALLBACK) X(IN_CONTEXT) X(OUT_POINTER) X(OUT_SERIAL) X(RESERVED)

enum shim_role {
#define X(role) SHIM_ROLE_##role,
    SHIM_ROLES(X)
#undef X
    SHIM_ROLE_COUNT
};

struct shim_param {
    const char *name; /* as in the documentation: "sesid" */
    const char *type; /* as in jet_api.def without JET_TX, for messages: "JET_PCSTR" */
    enum shim_role role;
    uint8_t width;    /* bytes of the argument itself: 4 or 8 */
};

struct shim_function {
    const char *name; /* base name: "JetBeginSession" */
    bool is_public;
    enum shim_names names;
    enum shim_handle handle;
    unsigned min_version;
    int param_count;  /* 0 for a private function: its parameters are not listed */
    const struct shim_param *params;
};

/* The row of `fn`; `fn` must be in range. */
const struct shim_function *shim_function(enum shim_fn fn);

/* Whether `fn` is exported under this variant's name. */
bool shim_function_has(enum shim_fn fn, enum shim_variant variant);

/* The exported name ("JetBeginSessionW"), or NULL where there is none. Static storage. */
const char *shim_function_export(enum shim_fn fn, enum shim_variant variant);

/* The variant to use when nobody asked for one: plain where it exists, else W. */
enum shim_variant shim_function_default_variant(enum shim_fn fn);

/* Finds "JetX", "JetXA" or "JetXW". Returns SHIM_FN_NONE for an unknown name; *variant (may be
 * NULL) becomes the variant that the name says; for a base name that is not exported itself
 * (JetCreateIndex3), the default one. */
enum shim_fn shim_function_find(const char *name, enum shim_variant *variant);

/* Index of the parameter with this name or role (the first), or -1. */
int shim_param_find(enum shim_fn fn, const char *name);
int shim_param_with_role(enum shim_fn fn, enum shim_role role);

const char *shim_role_name(enum shim_role role); /* "IN_SESID" */

/* Names of values, made from esent.h: errors and warnings ("JET_errSuccess"), or NULL. */
const char *shim_error_name(int32_t code);
/* Value of any JET_* macro of esent.h that is a number (errors, bits, params, constants). */
bool shim_constant_find(const char *name, int64_t *value);
/* The names that shim_constant_find knows, in alphabetical order: 0 .. count - 1. */
size_t shim_constant_count(void);
const char *shim_constant_name(size_t index);

#endif
