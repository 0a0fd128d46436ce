/* The exports and the two lists of functions: jet_api.def and the gate's own table. */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <string.h>

#include <esent.h>

struct listed {
    const char *name;
    int is_public;
};

#undef JET_API
#define JET_API(visibility, base, names, handle, min_version, ...) {#base, IS_##visibility},
#define JET_API0(visibility, base, names, handle, min_version)     {#base, IS_##visibility},
#define IS_PUBLIC                                                  1
#define IS_PRIVATE                                                 0
static const struct listed bases[] = {
#include "jet_api.def"
};
#undef JET_API
#undef JET_API0

/* Every name an engine exports for a row. */
#define JET_API(visibility, base, names, handle, min_version, ...)                                 \
    NAMES_##names(base, IS_##visibility)
#define JET_API0(visibility, base, names, handle, min_version) NAMES_##names(base, IS_##visibility)
#define NAMES_PLAIN(base, pub)                                 {#base, pub},
#define NAMES_AW(base, pub)                                    {#base, pub}, {#base "A", pub}, {#base "W", pub},
#define NAMES_AW_ONLY(base, pub)                               {#base "A", pub}, {#base "W", pub},
#define NAMES_W_ONLY(base, pub)                                {#base "W", pub},
static const struct listed exports[] = {
#include "jet_api.def"
};

static const char *const gated[] = {
#define ESE_GATE(function, gate, mode) #function,
#include "engine/api/gate_table.def"
};

#define COUNT(array) (sizeof array / sizeof array[0])

Test(list, the_gate_table_has_exactly_the_functions_of_the_api)
{
    cr_assert_eq(COUNT(gated), COUNT(bases));
    for (size_t i = 0; i < COUNT(bases); i++) {
        size_t found = 0;
        for (size_t j = 0; j < COUNT(gated); j++) {
            found += strcmp(bases[i].name, gated[j]) == 0;
        }
        cr_expect_eq(found, 1u, "%s has %zu rows in the gate table", bases[i].name, found);
    }
}

Test(list, every_public_name_is_exported_and_no_private_one)
{
    void *engine = dlopen("libesent.so", RTLD_NOW | RTLD_NOLOAD);
    cr_assert_not_null(engine, "%s", dlerror());
    for (size_t i = 0; i < COUNT(exports); i++) {
        int exported = dlsym(engine, exports[i].name) != NULL;
        cr_expect_eq(exported, exports[i].is_public, "%s", exports[i].name);
    }
    cr_expect_null(dlsym(engine, "ese_process"));
    cr_expect_null(dlsym(engine, "ese_enter_session"));
    dlclose(engine);
}
