/* Every import in the list is an operation: it fails when a fault is placed there, and does nothing then; without one it works. */
#define JET_NO_NAME_MAP
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shims/fault/fault.h"
#include "shims/library/calls.h"
#include "shims/tests/fake_calls.h"
#include "shims/tests/temp.h"

static const struct {
    const char *import;
    enum shim_operation operation;
} rows[] = {
#define ROW(import, operation, what) {import, SHIM_LIBC_##operation},
    FAKE_CALLS(ROW)
#undef ROW
};
#define ROWS ((int)(sizeof rows / sizeof rows[0]))

static char error[512];
static struct shim_library *library;
static struct shim_caller caller;

static void set_up(void) {
    temp_make();
    setenv("FAKE_CALLS", temp_path("."), 1);
    cr_assert_eq(shim_library_open(FAKE_CALLS_ENGINE, &library, error, sizeof error), 0, "%s", error);
    cr_assert_eq(shim_faults_start(library, error, sizeof error), 0, "%s", error);
    caller = (struct shim_caller){
        .table = shim_library_table(library), .hooks = {shim_fault_hook()}, .hook_count = 1};
}

static void tear_down(void) {
    shim_faults_stop();
    shim_library_close(library);
    temp_remove();
}

TestSuite(fault_calls, .init = set_up, .fini = tear_down, .timeout = 120);

/* Makes the call of the row on fresh files. With a fault: which is placed for it alone. *fired: how often it came. */
static int call(int row, const char *kind, bool fails, uint64_t *fired) {
    static const char bytes[FAKE_SIZE] = "line\n";
    char text[SHIM_FAULT_TEXT];
    struct shim_fault fault;
    int number = -1, file = open(temp_write("data", bytes, sizeof bytes), O_RDWR);
    cr_assert_geq(file, 0);
    unlink(temp_path("other"));
    unlink(temp_path("made"));
    rmdir(temp_path("made"));
    mkdir(temp_path("empty"), 0700);
    if (kind != NULL) {
        snprintf(text, sizeof text, "%s at %s", kind, shim_operation_name(rows[row].operation));
        cr_assert_eq(shim_fault_parse(text, &fault, error, sizeof error), 0, "%s: %s", text, error);
        number = shim_faults_place(&fault);
        cr_assert_geq(number, 0);
    }
    JET_ERR result = shim_callv(&caller, SHIM_FN_JetIdle, SHIM_PLAIN,
                                (uint64_t[]){1, (uint64_t)file << 16 | (uint64_t)row | (fails ? FAKE_FAILS : 0)});
    *fired = number >= 0 ? shim_faults_fired(number) : 0;
    shim_faults_clear();
    close(file);
    return (int)result;
}

Test(fault_calls, each_works_and_fails_on_demand) {
    uint64_t fired;
    for (int i = 0; i < ROWS; i++) {
        const char *name = rows[i].import;
        bool can = rows[i].operation != SHIM_LIBC_CLOSEDIR;
        int result = call(i, NULL, false, &fired);
        if (result == FAKE_SKIPPED) {
            continue;
        }
        cr_expect_eq(result, 0, "%s by itself: %d", name, result);
        result = call(i, can ? "EIO" : "delay 1", can, &fired);
        cr_expect_eq(fired, 1, "%s is no operation, or another one than %s", name, shim_operation_name(rows[i].operation));
        cr_expect_eq(result, can ? EIO : 0, "%s, made to fail: %d", name, result);
    }
}

/* What has other kinds says what it should: less than it was asked to do, or that all is well. */
Test(fault_calls, transfers_and_syncs_go_wrong_in_each_way) {
    static const struct {
        const char *word;
        enum shim_fault_kind kind;
        int result;
    } kinds[] = {{"short", SHIM_FAULT_SHORT, FAKE_SHORT}, {"flip", SHIM_FAULT_FLIP, 0},
                 {"lost", SHIM_FAULT_LOST, 0},            {"torn", SHIM_FAULT_TORN, 0}};
    uint64_t fired;
    int tried = 0;
    for (int i = 0; i < ROWS; i++) {
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
            if (!shim_operation_can(rows[i].operation, kinds[k].kind, 0)) {
                continue;
            }
            int result = call(i, kinds[k].word, true, &fired);
            if (result != FAKE_SKIPPED) {
                cr_expect_eq(fired, 1, "%s at %s did not come", kinds[k].word, rows[i].import);
                cr_expect_eq(result, kinds[k].result, "%s at %s: %d", kinds[k].word, rows[i].import, result);
                tried++;
            }
        }
    }
    cr_expect_gt(tried, 60);
}

static bool has_row(const char *import) {
    for (int i = 0; i < ROWS; i++) {
        if (strcmp(rows[i].import, import) == 0) {
            return true;
        }
    }
    return false;
}

/* A call that is added to the lists is added here. */
Test(fault_calls, none_is_left_out) {
    static const char *const imports[] = {
#define CALL(operation, type, failure, name, ...) #name,
#define MOVE(operation, name, ...) #name,
#define ALIAS(symbol, name) symbol,
        SHIM_FILE_CALLS(CALL) SHIM_FILE_TRANSFERS(MOVE) SHIM_FILE_ALIASES(ALIAS)};
    uint64_t seen = 0;
    for (size_t i = 0; i < sizeof imports / sizeof imports[0]; i++) {
        cr_expect(has_row(imports[i]), "%s", imports[i]);
    }
    for (int i = 0; i < ROWS; i++) {
        seen |= UINT64_C(1) << rows[i].operation;
    }
    for (int op = 0; op < SHIM_LIBC_COUNT; op++) {
        cr_expect(seen >> op & 1, "%s", shim_operation_name((enum shim_operation)op));
    }
}
