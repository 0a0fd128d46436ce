/* shims/schedule/control_windows.c - there is no controlled scheduling on this platform. */
#include <stdio.h>

#include <stdlib.h>
#include <windows.h>

#include "shims/schedule/control.h"
#include "shims/schedule/storage.h"

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

void shim_control_yield(void) {
    SwitchToThread();
}

void shim_control_sleep(uint64_t ns) {
    Sleep((DWORD)((ns + 999999) / 1000000));
}

uint64_t shim_control_now(void) {
    LARGE_INTEGER count, frequency;
    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    return (uint64_t)count.QuadPart / (uint64_t)frequency.QuadPart * 1000000000u +
           (uint64_t)count.QuadPart % (uint64_t)frequency.QuadPart * 1000000000u /
               (uint64_t)frequency.QuadPart;
}

bool shim_control_is_available(void) {
    return false;
}

bool shim_control_has_memory(void) {
    return false;
}

int shim_control_redirect_memory(struct shim_module *module) {
    (void)module;
    return 0;
}

bool shim_control_park(const void *object, uint64_t ns) {
    (void)object, (void)ns;
    return true;
}

void shim_control_unpark(const void *object) {
    (void)object;
}

void *shim_storage_new(size_t size) {
    return calloc(1, size);
}

void shim_storage_free(void *storage, size_t size) {
    (void)size;
    free(storage);
}
