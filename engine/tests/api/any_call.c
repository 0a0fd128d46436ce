#include "engine/tests/api/any_call.h"

#include <string.h>

/* A value for a parameter by its role: handles from the test, zero of the right type for the rest.
 */
#define ARG(type, name, role)    ARG_##role(type)
#define ZERO(type)               ((type)0)
#define ARG_IN_INSTANCE(type)    handles->instance
#define ARG_INOUT_INSTANCE(type) &instance
#define ARG_OUT_INSTANCE         ZERO
#define ARG_IN_SESID(type)       handles->sesid
#define ARG_OUT_SESID            ZERO
#define ARG_IN_DBID(type)        handles->dbid
#define ARG_OUT_DBID             ZERO
#define ARG_IN_TABLEID(type)     handles->tableid
#define ARG_OUT_TABLEID          ZERO
#define ARG_IN_COLUMNID          ZERO
#define ARG_OUT_COLUMNID         ZERO
#define ARG_IN_SNAPID            ZERO
#define ARG_OUT_SNAPID           ZERO
#define ARG_IN_LS                ZERO
#define ARG_OUT_LS               ZERO
#define ARG_IN_FILE              ZERO
#define ARG_OUT_FILE             ZERO
#define ARG_IN_HANDLE            ZERO
#define ARG_OUT_HANDLE           ZERO
#define ARG_IN_GRBIT             ZERO
#define ARG_IN_INT               ZERO
#define ARG_IN_SIZE              ZERO
#define ARG_IN_TEXT              ZERO
#define ARG_IN_DATA              ZERO
#define ARG_OUT_DATA             ZERO
#define ARG_OUT_TEXT             ZERO
#define ARG_OUT_SIZE             ZERO
#define ARG_OUT_INT              ZERO
#define ARG_OUT_GRBIT            ZERO
#define ARG_IN_API_PTR           ZERO
#define ARG_INOUT_API_PTR        ZERO
#define ARG_IN_STRUCT            ZERO
#define ARG_OUT_STRUCT           ZERO
#define ARG_INOUT_STRUCT         ZERO
#define ARG_IN_CALLBACK          ZERO
#define ARG_IN_CONTEXT           ZERO
#define ARG_OUT_POINTER          ZERO
#define ARG_OUT_SERIAL           ZERO
#define ARG_RESERVED             ZERO

/* clang-format off */
#define COUNT(...) COUNT_(__VA_ARGS__, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define COUNT_(a, b, c, d, e, f, g, h, i, j, k, l, n, ...) n
/* clang-format on */
#define JOIN(a, b)      JOIN_(a, b)
#define JOIN_(a, b)     a##b
#define ARGS(...)       JOIN(ARGS_, COUNT(__VA_ARGS__))(__VA_ARGS__)
#define ARGS_1(a)       ARG a
#define ARGS_2(a, ...)  ARG a, ARGS_1(__VA_ARGS__)
#define ARGS_3(a, ...)  ARG a, ARGS_2(__VA_ARGS__)
#define ARGS_4(a, ...)  ARG a, ARGS_3(__VA_ARGS__)
#define ARGS_5(a, ...)  ARG a, ARGS_4(__VA_ARGS__)
#define ARGS_6(a, ...)  ARG a, ARGS_5(__VA_ARGS__)
#define ARGS_7(a, ...)  ARG a, ARGS_6(__VA_ARGS__)
#define ARGS_8(a, ...)  ARG a, ARGS_7(__VA_ARGS__)
#define ARGS_9(a, ...)  ARG a, ARGS_8(__VA_ARGS__)
#define ARGS_10(a, ...) ARG a, ARGS_9(__VA_ARGS__)
#define ARGS_11(a, ...) ARG a, ARGS_10(__VA_ARGS__)
#define ARGS_12(a, ...) ARG a, ARGS_11(__VA_ARGS__)

/* The W name where there is one: those take text of a type of their own. */
#define NAME_PLAIN(base)   base
#define NAME_AW(base)      base##W
#define NAME_AW_ONLY(base) base##W
#define NAME_W_ONLY(base)  base##W
#define JET_TX(name)       name##_W

#undef JET_API
#define JET_API(visibility, base, names, handle, min_version, ...)                                 \
    ROW_##visibility(base, names, __VA_ARGS__)
#define JET_API0(visibility, base, names, handle, min_version) ROW0_##visibility(base, names)
#define ROW_PRIVATE(...)
#define ROW0_PRIVATE(...)

#define ROW_PUBLIC(base, names, ...)                                                               \
    static JET_ERR call_##base(const struct test_handles *handles)                                 \
    {                                                                                              \
        JET_INSTANCE instance = handles->instance;                                                 \
        (void)instance;                                                                            \
        return NAME_##names(base)(ARGS(__VA_ARGS__));                                              \
    }
#define ROW0_PUBLIC(base, names)                                                                   \
    static JET_ERR call_##base(const struct test_handles *handles)                                 \
    {                                                                                              \
        (void)handles;                                                                             \
        return NAME_##names(base)();                                                               \
    }
#include "jet_api.def"
#undef ROW_PUBLIC
#undef ROW0_PUBLIC

#define ROW_PUBLIC(base, names, ...) {#base, NULL, NULL, call_##base},
#define ROW0_PUBLIC(base, names)     {#base, NULL, NULL, call_##base},
static struct test_function functions[] = {
#include "jet_api.def"
};

static const struct {
    const char *name, *gate, *mode;
} gates[] = {
#define ESE_GATE(function, gate, mode) {#function, #gate, #mode},
#include "engine/api/gate_table.def"
};

const struct test_function *test_functions(size_t *count)
{
    *count = sizeof functions / sizeof functions[0];
    for (size_t i = 0; i < *count; i++) {
        for (size_t j = 0; j < sizeof gates / sizeof gates[0]; j++) {
            if (strcmp(functions[i].name, gates[j].name) == 0) {
                functions[i].gate = gates[j].gate;
                functions[i].mode = gates[j].mode;
            }
        }
    }
    return functions;
}
