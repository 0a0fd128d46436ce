/* scenarios/supervisor/child.c - the child's side: loads the engine and runs the plans of a job.
 *
 * Called as `esecheck --child DIRECTORY FIRST`. Whatever goes wrong here is written to result-N; the
 * exit code is 0 unless not even that was possible.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/language/language.h"
#include "scenarios/runner/runner.h"
#include "scenarios/supervisor/control.h"
#include "scenarios/supervisor/death.h"
#include "scenarios/supervisor/disturb.h"
#include "scenarios/supervisor/faulted.h"
#include "scenarios/supervisor/job.h"
#include "scenarios/supervisor/platform.h"
#include "scenarios/supervisor/restarts.h"
#include "scenarios/supervisor/supervisor.h"
#include "shims/disk/disk.h"
#include "shims/fault/fault.h"
#include "shims/library/library.h"
#include "shims/record/record.h"

#define SCN_CHILD_FAILED 90

static struct shim_library *volatile kept_library;

struct child {
    const char *directory;
    struct scn_job_orders orders;
    struct shim_library *library;
    void (*pre_init)(void);
    struct scn_control *control; /* NULL: threads run as they like */
};

static const char *below(const struct child *child, const char *name, size_t number, char *path)
{
    snprintf(path, SCN_JOB_PATH, "%.900s" SCN_JOB_SEPARATOR "%s-%zu", child->directory, name,
             number);
    return path;
}

static enum scn_job_result as_job_result(enum scn_run_result result)
{
    switch (result) {
    case SCN_RUN_DONE:
        return SCN_JOB_DONE;
    case SCN_RUN_UNSUPPORTED:
        return SCN_JOB_UNSUPPORTED;
    case SCN_RUN_SETUP_FAILED:
        return SCN_JOB_SETUP_FAILED;
    case SCN_RUN_HARNESS:
        break;
    }
    return SCN_JOB_HARNESS;
}

/* What the engine writes is recorded up to its end: the disaster and the restore of a script are done with hands of the
 * harness, which nobody records. */
static void end_recording(void)
{
    (void)shim_disk_stop(); /* asked again later */
}

/* The fault of a plan; *given false: none. */
static int read_fault(const struct child *child, size_t number, struct shim_fault *fault, bool *given, char *error,
                      size_t error_size)
{
    char path[SCN_JOB_PATH];
    char *text = scn_read_tail(below(child, "fault", number, path), SHIM_FAULT_TEXT);
    *given = text != NULL && text[0] != '\0';
    int failed = text == NULL || (*given && shim_fault_parse(text, fault, error, error_size) != 0);
    free(text);
    return failed ? -1 : 0;
}

static enum scn_job_result run_plan(void *context, size_t number, char *error, size_t error_size)
{
    const struct child *child = context;
    const struct scn_job_orders *orders = &child->orders;
    char path[SCN_JOB_PATH], directory[SCN_JOB_PATH], faulted[SCN_JOB_PATH];
    struct shim_recorder *recorder = NULL;
    struct scn_disturb *disturb = NULL;
    struct shim_hook hook;
    enum scn_job_result result = SCN_JOB_HARNESS;
    struct scn_plan *plan = scn_parse_placed_file(below(child, "plan", orders->same_plan ? 0 : number, path), error, error_size);
    if (plan == NULL) {
        return SCN_JOB_HARNESS;
    }
    if (scn_plan_has_faults(plan) && shim_faults_start(child->library, error, error_size) != 0) {
        scn_plan_free(plan);
        return SCN_JOB_UNSUPPORTED;
    }
    shim_faults_clear();
    struct shim_fault fault;
    bool has_fault = false;
    if (orders->faults && read_fault(child, number, &fault, &has_fault, error, error_size) != 0) {
        scn_plan_free(plan);
        return SCN_JOB_HARNESS;
    }
    if (orders->make_template != NULL) {
        snprintf(directory, sizeof directory, "%s", orders->make_template);
    } else {
        below(child, "run", number, directory);
    }
    const char *calls = below(child, orders->verify_only ? "calls-after" : "calls", number, path);
    if (shim_recorder_open(calls, &recorder, error, error_size) == 0) {
        if (scn_directory_make(directory) != 0 || scn_change_directory(directory) != 0) {
            snprintf(error, error_size, "%.300s: cannot be made", directory);
        } else {
            struct scn_run_options options = {
                .table = shim_library_table(child->library),
                .recorder = recorder,
                .directory = directory,
                .seed = child->control != NULL ? scn_input_seed(&orders->schedules, orders->seed, number) : orders->seed,
                .settings = orders->settings,
                .setting_count = orders->setting_count,
                .pre_init = child->pre_init,
                .verify_only = orders->verify_only,
                .no_verify = orders->no_verify,
                .gate_timeout_us = orders->gate_timeout_us,
                .probe_calls = orders->probe_calls,
                .template_directory = orders->template_directory,
                .control = orders->control,
                .may_kill = true,
                .fault = has_fault ? &fault : NULL,
                .watch_stops = orders->faults && (has_fault || !orders->plain_without),
                .ended = orders->disk != NULL ? end_recording : NULL,
                .keep_databases = orders->make_template != NULL,
                .thread_start = scn_guard_thread};
            if (orders->perturb && (disturb = scn_disturb_new(orders->seed, &hook)) != NULL) {
                options.hooks = &hook;
                options.hook_count = 1;
            }
            if (orders->disk != NULL && shim_disk_start(child->library, recorder, directory, orders->disk,
                                                        error, error_size) != 0) {
                shim_recorder_close(recorder);
                scn_plan_free(plan);
                return SCN_JOB_HARNESS;
            }
            char usual[SCN_JOB_PATH];
            snprintf(usual, sizeof usual, "%.900s" SCN_JOB_SEPARATOR "usual", child->directory);
            struct scn_faulted_page *page =
                orders->faults ? scn_faulted_begin(below(child, "faulted", number, faulted), !has_fault && orders->record_faults,
                                                   has_fault && orders->lean_faults ? usual : NULL)
                               : NULL;
            result = as_job_result(
                child->control != NULL
                    ? scn_control_run(child->control, plan, &options, error, error_size)
                    : scn_run(plan, &options, error, error_size));
            if (orders->disk != NULL && shim_disk_stop() != 0) {
                snprintf(error, error_size, "%s: what the engine writes cannot be recorded", orders->disk);
                result = SCN_JOB_HARNESS;
            }
            if (page != NULL) {
                scn_faulted_end(page, usual, !has_fault);
            }
            scn_disturb_free(disturb);
            scn_change_directory(child->directory);
        }
        shim_recorder_close(recorder);
    }
    scn_plan_free(plan);
    return result;
}

static int load(struct child *child, char *error, size_t error_size)
{
    char path[SCN_JOB_PATH];
    snprintf(path, sizeof path, "%.900s" SCN_JOB_SEPARATOR "crash", child->directory);
    char stacks[SCN_JOB_PATH];
    snprintf(stacks, sizeof stacks, "%.900s" SCN_JOB_SEPARATOR "stacks", child->directory);
    scn_guard_install(path, stacks);
    if (shim_library_open(child->orders.engine, &child->library, error, error_size) != 0) {
        return -1;
    }
    if (child->orders.pre_init != NULL) {
        child->pre_init = shim_library_symbol(child->library, child->orders.pre_init);
        if (child->pre_init == NULL) {
            snprintf(error, error_size, "%s: has no symbol %s (--pre-init)", child->orders.engine,
                     child->orders.pre_init);
            return -1;
        }
    }
    if (child->orders.controlled) {
        child->control = scn_control_new(&child->orders.schedules, child->library, child->directory,
                                         error, error_size);
        if (child->control == NULL) {
            return -1;
        }
    }
    /* After the scheduler: an operation that goes wrong is none for it. */
    return child->orders.faults ? shim_faults_start(child->library, error, error_size) : 0;
}

/* One plan; a schedule in a fork, once the parent has made its recorder. */
static enum scn_job_result play(struct child *child, size_t number, char *error, size_t error_size)
{
    char path[SCN_JOB_PATH];
    scn_report_as(child->directory, number);
    if (child->control == NULL) {
        return run_plan(child, number, error, error_size);
    }
    while (!scn_file_exists(below(child, "calls", number, path))) {
        scn_rest_milliseconds(1);
    }
    return scn_control_fork(child->control, number, run_plan, child, error, error_size);
}

static void restart(void *context, bool record)
{
    struct child *child = context;
    char error[SCN_JOB_MESSAGE] = "", path[SCN_JOB_PATH], *disk = child->orders.disk;
    child->orders.disk = record ? disk : NULL;
    enum scn_job_result result = run_plan(child, 0, error, sizeof error);
    scn_result_write(below(child, "result", 0, path), result, error);
}

int scn_child_main(int argc, char **argv)
{
    struct child child = {.directory = argc == 4 ? argv[2] : NULL};
    char error[SCN_JOB_MESSAGE] = "", path[SCN_JOB_PATH];
    if (argc != 4 ||
        scn_job_read(&child.orders, child.directory, error, sizeof error) != 0) {
        fprintf(stderr, "esecheck --child: %s\n", error);
        return SCN_CHILD_FAILED;
    }
    if (child.orders.controlled) {
        scn_control_fix_addresses(argv);
    }
    size_t first = (size_t)strtoull(argv[3], NULL, 10);
    int exit_code = 0;
    if (load(&child, error, sizeof error) != 0) {
        if (scn_result_write(below(&child, "result", first, path), SCN_JOB_ENGINE_UNUSABLE,
                             error) != 0) {
            exit_code = SCN_CHILD_FAILED;
        }
    } else if (child.orders.restarts) {
        exit_code = scn_restarts_serve(child.directory, restart, &child) == 0 ? 0 : SCN_CHILD_FAILED;
    } else {
        for (size_t n = first; n < child.orders.end && exit_code == 0; n++) {
            error[0] = '\0';
            enum scn_job_result result = play(&child, n, error, sizeof error);
            if (scn_result_write(below(&child, "result", n, path), result, error) != 0) {
                exit_code = SCN_CHILD_FAILED;
            }
        }
        /* A sanitizer looks for leaks and names frames when the process ends: the engine must still be
         * there then. */
        scn_control_free(child.control);
        if (shim_sanitizer_of_this_program() == SHIM_SAN_NONE) {
            shim_library_close(child.library);
        } else {
            kept_library = child.library;
        }
    }
    scn_job_orders_fini(&child.orders);
    return exit_code;
}
