/* A program that nobody rebuilt leaves a history. */
#define JET_NO_NAME_MAP
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shims/library/library.h"
#include "shims/record/record.h"
#include "shims/tests/temp.h"

static char error[512];
static struct shim_history history;

static void set_up(void) {
    temp_make();
    shim_history_init(&history);
}

static void tear_down(void) {
    shim_history_fini(&history);
    temp_remove();
}

TestSuite(preload, .init = set_up, .fini = tear_down, .timeout = 30);

/* Runs the program. Returns its wait status. */
static int run(const char *how, const char *file) {
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        setenv("LD_PRELOAD", PRELOAD, 1);
        if (file != NULL) {
            setenv("ESECHECK_HISTORY", file, 1);
        }
        execl(PRELOAD_PROGRAM, PRELOAD_PROGRAM, how, (char *)NULL);
        _exit(99);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return status;
}

static void expect_calls(void) {
    cr_assert_eq(history.call_count, 60);
    size_t actors = 0;
    for (size_t i = 0; i < history.event_count; i++) {
        actors += history.events[i].kind == SHIM_EVENT_ACTOR;
    }
    cr_expect_eq(actors, 2);
    for (size_t i = 0; i < 60; i++) {
        const struct shim_hist_call *call = &history.calls[i];
        cr_expect_eq(call->actor, i / 30);
        cr_expect_gt(call->leave, call->enter);
        switch (i % 3) {
        case 0:
            cr_expect_eq(call->fn, SHIM_FN_JetBeginSession);
            cr_expect_eq(call->variant, SHIM_A);
            cr_expect_eq(call->args[0], i % 30 / 3);
            cr_expect_eq(call->outs[1], i % 30 / 3 + 1);
            cr_expect_eq(call->blob[3] != NULL, i >= 30);
            break;
        case 1:
            cr_expect_eq(call->variant, SHIM_W);
            cr_assert_not_null(call->blob[2]);
            cr_expect_eq(call->blob_size[2], 5);
            cr_expect_arr_eq(call->blob[2], "\xc3\xbcser", 5);
            break;
        default:
            cr_expect_eq(call->fn, SHIM_FN_JetEndSession);
            cr_expect_eq(call->result, 7);
            break;
        }
    }
}

Test(preload, exports_every_public_name) {
    struct shim_library_info info;
    int names = 0;
    for (int fn = 0; fn < SHIM_FN_COUNT; fn++) {
        for (int v = 0; v < SHIM_VARIANT_COUNT && shim_function((enum shim_fn)fn)->is_public; v++) {
            names += shim_function_has((enum shim_fn)fn, (enum shim_variant)v);
        }
    }
    cr_assert_eq(shim_library_inspect(PRELOAD, &info, error, sizeof error), 0, "%s", error);
    cr_expect_eq(info.exported, names);
    cr_expect_eq(info.missing, 0);
    cr_expect_eq(info.sanitizer, SHIM_SAN_NONE);
}

Test(preload, the_program_works_and_leaves_a_history) {
    const char *path = temp_path("h.jsonl");
    cr_assert_eq(run("exit", path), 0);
    cr_assert_eq(shim_history_load(&history, path, error, sizeof error), 0, "%s", error);
    expect_calls();
    cr_expect_not_null(strstr(history.header.engine, "preload_program"));
    cr_expect_neq(access(temp_path("h.jsonl.recording"), F_OK), 0);
}

Test(preload, a_killed_program_leaves_its_recording) {
    const char *path = temp_path("h.jsonl");
    int status = run("kill", path);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "status %x", status);
    cr_expect_neq(access(path, F_OK), 0);
    struct shim_recorder *recording;
    cr_assert_eq(shim_recorder_open(temp_path("h.jsonl.recording"), &recording, error,
                                    sizeof error), 0, "%s", error);
    cr_assert_eq(shim_recorder_read(recording, &history, error, sizeof error), 0, "%s", error);
    expect_calls();
    shim_recorder_close(recording);
}

static void expect_undisturbed(const char *how) {
    const char *path = temp_path("h.jsonl");
    cr_assert_eq(run(how, path), 0);
    cr_assert_eq(shim_history_load(&history, path, error, sizeof error), 0, "%s", error);
    expect_calls();
}

Test(preload, a_forked_child_does_not_disturb_the_recording) {
    expect_undisturbed("fork");
}

Test(preload, a_started_program_does_not_disturb_the_recording) {
    expect_undisturbed("start");
}

Test(preload, without_a_file_it_is_transparent) {
    unsetenv("ESECHECK_HISTORY");
    cr_expect_eq(run("exit", NULL), 0);
}
