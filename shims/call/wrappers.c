/* shims/call/wrappers.c - one typed call per exported name, made from jet_api.def. */
#define JET_NO_NAME_MAP

#include "shims/call/dispatch.h"
#include "shims/call/rows.h"

#define TYPE(i, tuple) SHIM_ROW_TYPE tuple
/* An integer is cut to its width, a handle or pointer passes whole. */
#define WORD(i, tuple) (SHIM_ROW_TYPE tuple)(uintptr_t) args[i]


#undef JET_API

/* The plain name takes what the A name takes. */
#define JET_TX(name) name##_A
#define JET_API(visibility, base, names, handle, min_version, ...)                                 \
    __attribute__((unused)) static JET_ERR call_a_##base(shim_entry entry, const uint64_t *args) { \
        return ((JET_ERR(JET_CALL *)(SHIM_ROW_LIST(TYPE, __VA_ARGS__)))entry)(                     \
            SHIM_ROW_LIST(WORD, __VA_ARGS__));                                                     \
    }
#define JET_API0(visibility, base, names, handle, min_version)                                     \
    __attribute__((unused)) static JET_ERR call_a_##base(shim_entry entry, const uint64_t *args) { \
        (void)args;                                                                                \
        return ((JET_ERR(JET_CALL *)(void))entry)();                                               \
    }
#include "jet_api.def"
#undef JET_TX
#undef JET_API
#undef JET_API0

#define JET_TX(name) name##_W
#define JET_API(visibility, base, names, handle, min_version, ...)                                 \
    __attribute__((unused)) static JET_ERR call_w_##base(shim_entry entry, const uint64_t *args) { \
        return ((JET_ERR(JET_CALL *)(SHIM_ROW_LIST(TYPE, __VA_ARGS__)))entry)(                     \
            SHIM_ROW_LIST(WORD, __VA_ARGS__));                                                     \
    }
#define JET_API0(visibility, base, names, handle, min_version)                                     \
    __attribute__((unused)) static JET_ERR call_w_##base(shim_entry entry, const uint64_t *args) { \
        (void)args;                                                                                \
        return ((JET_ERR(JET_CALL *)(void))entry)();                                               \
    }
#include "jet_api.def"
#undef JET_TX
#undef JET_API
#undef JET_API0

#define ENTRY_PUBLIC_PLAIN(base) {call_a_##base, NULL, NULL}
#define ENTRY_PUBLIC_AW(base) {call_a_##base, call_a_##base, call_w_##base}
#define ENTRY_PUBLIC_AW_ONLY(base) {NULL, call_a_##base, call_w_##base}
#define ENTRY_PUBLIC_W_ONLY(base) {NULL, NULL, call_w_##base}
#define ENTRY_PRIVATE_PLAIN(base) {NULL, NULL, NULL}
#define ENTRY_PRIVATE_AW(base) {NULL, NULL, NULL}
#define ENTRY_PRIVATE_AW_ONLY(base) {NULL, NULL, NULL}
#define ENTRY_PRIVATE_W_ONLY(base) {NULL, NULL, NULL}

const shim_wrapper shim_wrappers[SHIM_FN_COUNT][SHIM_VARIANT_COUNT] = {
#define JET_API(visibility, base, names, ...) ENTRY_##visibility##_##names(base),
#define JET_API0(visibility, base, names, ...) ENTRY_##visibility##_##names(base),
#include "jet_api.def"
#undef JET_API
#undef JET_API0
};
