/* shims/schedule/control_windows.c - there is no controlled scheduling on this platform. */
#include <stdio.h>

#include "shims/schedule/control.h"

enum shim_run shim_control_run(const struct shim_control_options *options,
                               struct shim_strategy *strategy, struct shim_trace *trace,
                               void (*body)(void *argument), void *argument,
                               struct shim_run_result *result) {
    (void)options, (void)strategy, (void)trace, (void)body, (void)argument;
    *result = (struct shim_run_result){.outcome = SHIM_RUN_REFUSED};
    snprintf(result->message, sizeof result->message,
             "threads cannot be controlled on this platform; use Linux");
    return result->outcome;
}

void shim_control_fail(const char *message) {
    (void)message;
}

int shim_control_thread(void) {
    return -1;
}

uint64_t shim_control_time(void) {
    return 0;
}

void shim_control_point(enum shim_op op, const void *object, bool write) {
    (void)op, (void)object, (void)write;
}

int shim_control_redirect(struct shim_module *module) {
    (void)module;
    return 0;
}
