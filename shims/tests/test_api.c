/* The tables of api.h say what jet_api.def and esent.h say. */
#define JET_NO_NAME_MAP
#include <criterion/criterion.h>
#include <string.h>

#include "shims/call/api.h"

Test(api, holds_every_exported_function) {
    int public = 0;
    cr_expect_eq(SHIM_FN_COUNT, 212);
    for (int fn = 0; fn < SHIM_FN_COUNT; fn++) {
        public += shim_function((enum shim_fn)fn)->is_public;
    }
    cr_expect_eq(public, 161);
}

Test(api, finds_each_exported_name_and_nothing_else) {
    for (int fn = 0; fn < SHIM_FN_COUNT; fn++) {
        for (int v = 0; v < SHIM_VARIANT_COUNT; v++) {
            const char *name = shim_function_export((enum shim_fn)fn, (enum shim_variant)v);
            enum shim_variant variant = SHIM_VARIANT_COUNT;
            cr_expect_eq(name != NULL, shim_function_has((enum shim_fn)fn, (enum shim_variant)v));
            if (name != NULL) {
                cr_expect_eq((int)shim_function_find(name, &variant), fn, "%s", name);
                cr_expect_eq((int)variant, v, "%s", name);
            }
        }
    }
    cr_expect_eq(shim_function_find("JetEndSessionA", NULL), SHIM_FN_NONE);
    cr_expect_eq(shim_function_find("JetEndSessio", NULL), SHIM_FN_NONE);
    cr_expect_eq(shim_function_find("JetBeginSessionX", NULL), SHIM_FN_NONE);
    cr_expect_eq(shim_function_find("", NULL), SHIM_FN_NONE);
}

Test(api, gives_the_default_variant_for_a_base_name_that_is_not_exported) {
    enum shim_variant variant = SHIM_A;
    cr_expect_eq(shim_function_find("JetCreateIndex3", &variant), SHIM_FN_JetCreateIndex3);
    cr_expect_eq(variant, SHIM_W);
    cr_expect_eq(shim_function_default_variant(SHIM_FN_JetGetErrorInfo), SHIM_W);
    cr_expect_eq(shim_function_default_variant(SHIM_FN_JetBeginSession), SHIM_PLAIN);
    cr_expect_null(shim_function_export(SHIM_FN_JetGetErrorInfo, SHIM_PLAIN));
}

Test(api, knows_the_parameters) {
    const struct shim_function *move = shim_function(SHIM_FN_JetMove);
    cr_assert_eq(move->param_count, 4);
    cr_expect_str_eq(move->params[2].name, "cRow");
    cr_expect_eq(move->params[2].width, 4);
    cr_expect_eq(move->params[0].role, SHIM_ROLE_IN_SESID);
    cr_expect_eq(move->params[0].width, 8);
    cr_expect_eq(move->handle, SHIM_HANDLE_CURSOR);
    cr_expect_eq(shim_function(SHIM_FN_JetBeginTransaction3)->params[1].width, 8);
    cr_expect_eq(shim_function(SHIM_FN_JetStopService)->param_count, 0);
    cr_expect_eq(shim_function(SHIM_FN_JetEnumerateColumns)->param_count, SHIM_MAX_ARGS);
    const struct shim_function *begin = shim_function(SHIM_FN_JetBeginSession);
    cr_expect_str_eq(begin->params[2].type, "JET_PCSTR");
    cr_expect_eq(shim_param_find(SHIM_FN_JetMove, "grbit"), 3);
    cr_expect_eq(shim_param_find(SHIM_FN_JetMove, "pv"), -1);
    cr_expect_eq(shim_param_with_role(SHIM_FN_JetOpenTable, SHIM_ROLE_OUT_TABLEID), 6);
    cr_expect_str_eq(shim_role_name(SHIM_ROLE_OUT_TABLEID), "OUT_TABLEID");
}

Test(api, knows_the_constants_of_the_header) {
    int64_t value = 0;
    cr_expect(shim_constant_find("JET_errClientRequestToStopJetService", &value));
    cr_expect_eq(value, JET_errClientRequestToStopJetService);
    cr_expect(shim_constant_find("JET_MoveFirst", &value));
    cr_expect_eq(value, INT32_MIN);
    cr_expect(shim_constant_find("JET_dbidNil", &value));
    cr_expect_eq(value, 0xffffffff);
    cr_expect(shim_constant_find("JET_sesidNil", &value));
    cr_expect_eq(value, -1);
    cr_expect(shim_constant_find("JET_bitStopServiceAll", &value));
    cr_expect_not(shim_constant_find("JET_errNoSuchThing", &value));
    cr_expect_not(shim_constant_find("JET_API", &value));
    cr_expect_not(shim_constant_find("JET_CALL", &value));
}

Test(api, names_errors) {
    cr_expect_str_eq(shim_error_name(0), "JET_errSuccess");
    cr_expect_str_eq(shim_error_name(-1329), "JET_errClientRequestToStopJetService");
    cr_expect_str_eq(shim_error_name(JET_wrnColumnNull), "JET_wrnColumnNull");
    cr_expect_null(shim_error_name(-31999));
    cr_expect_null(shim_error_name(3));
}
