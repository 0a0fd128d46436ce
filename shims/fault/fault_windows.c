/* shims/fault/fault_windows.c - not there yet, and says so. */
#include <stdio.h>

#include "shims/fault/fault.h"

int shim_faults_start(struct shim_library *library, char *error, size_t error_size) {
    (void)library;
    snprintf(error, error_size, "faults cannot be injected on Windows; run the engine's Linux build");
    return -1;
}

int shim_faults_arm(const struct shim_fault *fault, char *error, size_t error_size) {
    (void)fault;
    return shim_faults_start(NULL, error, error_size);
}

void shim_faults_stop(void) {
}

uint64_t shim_faults_calls(const char *operation) {
    (void)operation;
    return 0;
}

uint64_t shim_faults_injected(const char *operation) {
    (void)operation;
    return 0;
}

int shim_faults_imports(const char *operation) {
    (void)operation;
    return 0;
}

enum shim_fn shim_faults_hit(const char *operation) {
    (void)operation;
    return SHIM_FN_NONE;
}

struct shim_hook shim_fault_hook(void) {
    return (struct shim_hook){NULL, NULL, NULL};
}
