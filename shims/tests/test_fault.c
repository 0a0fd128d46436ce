/* The chosen operation fails at the chosen call, and nothing else does. */
#define JET_NO_NAME_MAP
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shims/fault/fault.h"
#include "shims/tests/temp.h"

#define USE_FILE 1
#define ALLOCATE 2

static char error[512];
static struct shim_library *library;
static struct shim_caller caller;

static void set_up(void) {
    temp_make();
    setenv("FAKE_FILE", temp_path("data"), 1);
    cr_assert_eq(shim_library_open(FAKE_ENGINE, &library, error, sizeof error), 0, "%s", error);
    cr_assert_eq(shim_faults_start(library, error, sizeof error), 0, "%s", error);
    caller = (struct shim_caller){
        .table = shim_library_table(library), .hooks = {shim_fault_hook()}, .hook_count = 1};
}

static void tear_down(void) {
    shim_faults_stop();
    shim_library_close(library);
    temp_remove();
}

TestSuite(fault, .init = set_up, .fini = tear_down);

static JET_ERR idle(uint64_t action) {
    return shim_callv(&caller, SHIM_FN_JetIdle, SHIM_PLAIN, (uint64_t[]){1, action});
}

static void arm(struct shim_fault fault) {
    cr_assert_eq(shim_faults_arm(&fault, error, sizeof error), 0, "%s", error);
}

Test(fault, unarmed_operations_are_counted_and_work) {
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(idle(USE_FILE), 0);
    }
    cr_expect_eq(shim_faults_calls("pwrite"), 3);
    cr_expect_eq(shim_faults_calls("open"), 3);
    cr_expect_eq(shim_faults_calls("fsync"), 3);
    cr_expect_eq(shim_faults_calls("mkdir"), 0);
    cr_expect_eq(shim_faults_injected("pwrite"), 0);
    cr_expect_geq(shim_faults_imports("pwrite"), 1);
    cr_expect_eq(shim_faults_imports("mkdir"), 0);
    cr_expect_eq(shim_faults_hit("pwrite"), SHIM_FN_NONE);
}

Test(fault, exactly_the_chosen_calls_fail) {
    arm((struct shim_fault){"pwrite", SHIM_FAULT_ERROR, ENOSPC, 2, 2, SHIM_FN_NONE});
    static const JET_ERR expected[] = {0, JET_errDiskFull, JET_errDiskFull, 0, 0};
    for (size_t i = 0; i < 5; i++) {
        cr_expect_eq(idle(USE_FILE), expected[i], "call %zu", i + 1);
    }
    cr_expect_eq(shim_faults_injected("pwrite"), 2);
    cr_expect_eq(shim_faults_hit("pwrite"), SHIM_FN_JetIdle);
    arm((struct shim_fault){"open", SHIM_FAULT_ERROR, EMFILE, 1, 0, SHIM_FN_NONE});
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(idle(USE_FILE), JET_errOutOfFileHandles);
    }
    arm((struct shim_fault){"malloc", SHIM_FAULT_ERROR, ENOMEM, 1, 1, SHIM_FN_NONE});
    cr_expect_eq(idle(ALLOCATE), JET_errOutOfMemory);
    cr_expect_eq(idle(ALLOCATE), 0);
}

Test(fault, the_harness_itself_is_spared) {
    arm((struct shim_fault){"open", SHIM_FAULT_ERROR, EACCES, 1, 0, SHIM_FN_NONE});
    arm((struct shim_fault){"malloc", SHIM_FAULT_ERROR, ENOMEM, 1, 0, SHIM_FN_NONE});
    int file = open("/dev/null", O_RDONLY);
    void *volatile memory = malloc(10);
    cr_expect_geq(file, 0);
    cr_expect_not_null(memory);
    free(memory);
    close(file);
    cr_expect_eq(shim_faults_calls("open"), 0);
    cr_expect_eq(idle(USE_FILE), JET_errFileAccessDenied);
}

Test(fault, writes_can_be_short) {
    arm((struct shim_fault){"pwrite", SHIM_FAULT_SHORT, 0, 1, 1, SHIM_FN_NONE});
    cr_expect_eq(idle(USE_FILE), JET_errDiskIO);
    size_t size;
    free(temp_read(temp_path("data"), &size));
    cr_expect_eq(size, 4);
    cr_expect_eq(idle(USE_FILE), 0);
    cr_expect_eq(shim_faults_injected("pwrite"), 1);
    cr_expect_eq(shim_faults_calls("pwrite"), 2);
}

Test(fault, only_calls_inside_the_chosen_function_count) {
    arm((struct shim_fault){"pwrite", SHIM_FAULT_ERROR, EIO, 1, 0, SHIM_FN_JetEndSession});
    cr_expect_eq(idle(USE_FILE), 0);
    cr_expect_eq(shim_faults_calls("pwrite"), 0);
    arm((struct shim_fault){"pwrite", SHIM_FAULT_ERROR, EIO, 1, 0, SHIM_FN_JetIdle});
    cr_expect_eq(idle(USE_FILE), JET_errDiskIO);
}

Test(fault, the_process_can_die_at_an_operation) {
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        struct shim_fault kill_it = {"fsync", SHIM_FAULT_KILL, 0, 2, 1, SHIM_FN_NONE};
        shim_faults_arm(&kill_it, error, sizeof error);
        _exit(idle(USE_FILE) != 0 ? 1 : idle(USE_FILE) != 0 ? 2 : 3);
    }
    int status;
    waitpid(child, &status, 0);
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "status %x", status);
}

Test(fault, what_cannot_be_armed_gives_a_message) {
    struct shim_fault fault = {"explode", SHIM_FAULT_ERROR, EIO, 1, 1, SHIM_FN_NONE};
    cr_expect_eq(shim_faults_arm(&fault, error, sizeof error), -1);
    cr_expect_not_null(strstr(error, "no operation \"explode\""), "%s", error);
    fault.operation = "fsync";
    fault.kind = SHIM_FAULT_SHORT;
    cr_expect_eq(shim_faults_arm(&fault, error, sizeof error), -1);
    cr_expect_not_null(strstr(error, "cannot be short"), "%s", error);
    fault.kind = SHIM_FAULT_ERROR;
    fault.first = 0;
    cr_expect_eq(shim_faults_arm(&fault, error, sizeof error), -1);
    cr_expect_eq(shim_errno_find("ENOSPC"), ENOSPC);
    cr_expect_eq(shim_errno_find("5"), 5);
    cr_expect_eq(shim_errno_find("EWHAT"), 0);
    cr_expect_eq(shim_errno_find("5x"), 0);
    cr_expect_eq(shim_faults_calls("explode"), 0);
}

Test(fault, after_stop_nothing_fails) {
    arm((struct shim_fault){"pwrite", SHIM_FAULT_ERROR, EIO, 1, 0, SHIM_FN_NONE});
    shim_faults_stop();
    cr_expect_eq(idle(USE_FILE), 0);
    cr_expect_eq(shim_faults_calls("pwrite"), 0);
}
