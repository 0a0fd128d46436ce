/* The wrappers pass what they are given, the hooks run in the promised order. */
#define JET_NO_NAME_MAP
#include <criterion/criterion.h>
#include <string.h>

#include "shims/call/call.h"

static struct {
    int calls;
    uint64_t word[SHIM_MAX_ARGS];
} seen;
static char trace[64];

static JET_ERR JET_CALL move(JET_SESID sesid, JET_TABLEID tableid, JET_LONG row, JET_GRBIT grbit) {
    seen.calls++;
    seen.word[0] = sesid;
    seen.word[1] = tableid;
    seen.word[2] = (uint64_t)(int64_t)row;
    seen.word[3] = grbit;
    strcat(trace, "!");
    return -1601;
}

static JET_ERR JET_CALL begin3(JET_SESID sesid, long long trxid, JET_GRBIT grbit) {
    seen.word[0] = sesid;
    seen.word[1] = (uint64_t)trxid;
    seen.word[2] = grbit;
    return 7;
}

static JET_ERR JET_CALL stop(void) {
    seen.calls++;
    return 0;
}

static JET_ERR JET_CALL enumerate(JET_SESID a, JET_TABLEID b, JET_ULONG c, JET_ENUMCOLUMNID *d,
                                  JET_ULONG *e, JET_ENUMCOLUMN **f, JET_PFNREALLOC g, void *h,
                                  JET_ULONG i, JET_GRBIT j) {
    uint64_t words[] = {a, b, c, (uintptr_t)d, (uintptr_t)e, (uintptr_t)f, (uintptr_t)g,
                        (uintptr_t)h, i, j};
    memcpy(seen.word, words, sizeof words);
    return 0;
}

static JET_ERR JET_CALL begin_wide(JET_INSTANCE instance, JET_SESID *sesid, JET_PCWSTR user,
                                   JET_PCWSTR password) {
    seen.word[0] = instance;
    *sesid = user[0];
    seen.word[3] = (uintptr_t)password;
    return 0;
}

static struct shim_table table;
static struct shim_caller caller;

static void set_up(void) {
    memset(&seen, 0, sizeof seen);
    memset(&caller, 0, sizeof caller);
    trace[0] = '\0';
    table.entry[SHIM_FN_JetMove][SHIM_PLAIN] = (shim_entry)move;
    table.entry[SHIM_FN_JetBeginTransaction3][SHIM_PLAIN] = (shim_entry)begin3;
    table.entry[SHIM_FN_JetStopService][SHIM_PLAIN] = (shim_entry)stop;
    table.entry[SHIM_FN_JetEnumerateColumns][SHIM_PLAIN] = (shim_entry)enumerate;
    table.entry[SHIM_FN_JetBeginSession][SHIM_W] = (shim_entry)begin_wide;
    table.entry[SHIM_FN_JetTestHook][SHIM_PLAIN] = (shim_entry)stop;
    caller.table = &table;
    caller.actor = 5;
}

Test(call, passes_words_by_the_width_of_the_parameter, .init = set_up) {
    JET_ERR result = shim_callv(&caller, SHIM_FN_JetMove, SHIM_PLAIN,
                                (uint64_t[]){UINT64_MAX, 0x123456789abcdef0, (uint64_t)-1,
                                             0xffffffff80000001});
    cr_expect_eq(result, -1601);
    cr_expect_eq(seen.word[0], UINT64_MAX);
    cr_expect_eq(seen.word[1], 0x123456789abcdef0);
    cr_expect_eq(seen.word[2], (uint64_t)-1);
    cr_expect_eq(seen.word[3], 0x80000001);
    result = shim_callv(&caller, SHIM_FN_JetBeginTransaction3, SHIM_PLAIN,
                        (uint64_t[]){1, (uint64_t)INT64_MIN, 3});
    cr_expect_eq(result, 7);
    cr_expect_eq(seen.word[1], (uint64_t)INT64_MIN);
    cr_expect_eq(shim_callv(&caller, SHIM_FN_JetStopService, SHIM_PLAIN, NULL), 0);
}

Test(call, passes_ten_arguments_in_order, .init = set_up) {
    uint64_t args[SHIM_MAX_ARGS];
    for (unsigned i = 0; i < SHIM_MAX_ARGS; i++) {
        args[i] = 100 + i;
    }
    shim_callv(&caller, SHIM_FN_JetEnumerateColumns, SHIM_PLAIN, args);
    cr_expect_arr_eq(seen.word, args, sizeof args);
}

Test(call, calls_the_entry_of_the_variant, .init = set_up) {
    JET_SESID sesid = 0;
    static const JET_WCHAR user[] = {0x20ac, 0};
    uint64_t args[] = {9, (uintptr_t)&sesid, (uintptr_t)user, 0};
    cr_expect_eq(shim_callv(&caller, SHIM_FN_JetBeginSession, SHIM_W, args), 0);
    cr_expect_eq(sesid, 0x20ac);
    cr_expect_eq(shim_callv(&caller, SHIM_FN_JetBeginSession, SHIM_A, args), SHIM_ERR_MISSING);
}

static void enter(void *context, struct shim_call *call) {
    cr_expect_eq(call->actor, 5);
    strcat(trace, context);
}

static void leave(void *context, struct shim_call *call) {
    cr_expect_eq(call->result, -1601);
    strcat(trace, context);
}

static void suppress(void *context, struct shim_call *call) {
    strcat(trace, context);
    call->result = -1601;
    call->has_result = 1;
}

static void add_hook(const char *name, void (*in)(void *, struct shim_call *),
                     void (*out)(void *, struct shim_call *)) {
    caller.hooks[caller.hook_count++] = (struct shim_hook){in, out, (void *)(uintptr_t)name};
}

Test(call, runs_enter_hooks_in_order_and_leave_hooks_in_reverse, .init = set_up) {
    add_hook("a", enter, leave);
    add_hook("b", enter, NULL);
    add_hook("c", NULL, leave);
    shim_callv(&caller, SHIM_FN_JetMove, SHIM_PLAIN, (uint64_t[SHIM_MAX_ARGS]){0});
    cr_expect_str_eq(trace, "ab!ca");
}

Test(call, a_hook_can_suppress_the_call_and_all_hooks_still_run, .init = set_up) {
    add_hook("a", suppress, leave);
    add_hook("b", enter, leave);
    struct shim_call call = {.fn = SHIM_FN_JetMove};
    cr_expect_eq(shim_invoke(&caller, &call), -1601);
    cr_expect_str_eq(trace, "abba");
    cr_expect_eq(seen.calls, 0);
    caller.hook_count = 0; /* the same call again is made */
    cr_expect_eq(shim_invoke(&caller, &call), -1601);
    cr_expect_eq(seen.calls, 1);
}

Test(call, a_missing_function_is_not_called_and_runs_no_hook, .init = set_up) {
    add_hook("a", enter, leave);
    struct shim_call call = {.fn = SHIM_FN_JetDelete};
    cr_expect_eq(shim_invoke(&caller, &call), SHIM_ERR_MISSING);
    call = (struct shim_call){.fn = SHIM_FN_JetTestHook}; /* private: parameters unknown */
    cr_expect_eq(shim_invoke(&caller, &call), SHIM_ERR_MISSING);
    call = (struct shim_call){.fn = SHIM_FN_NONE};
    cr_expect_eq(shim_invoke(&caller, &call), SHIM_ERR_MISSING);
    cr_expect_eq(shim_callv(&caller, SHIM_FN_COUNT, SHIM_PLAIN, NULL), SHIM_ERR_MISSING);
    cr_expect_str_eq(trace, "");
    cr_expect_null(shim_error_name(SHIM_ERR_MISSING));
    cr_expect_null(shim_error_name(SHIM_ERR_STUB));
}
