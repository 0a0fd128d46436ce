/* shims/fault/fault_windows.c - not there yet, and says so. */
#include <stdio.h>

#include "shims/fault/fault.h"

int shim_faults_start(struct shim_library *library, char *error, size_t error_size) {
    (void)library;
    snprintf(error, error_size, "faults cannot be injected on Windows; run the engine's Linux build");
    return -1;
}

bool shim_faults_started(void) {
    return false;
}

void shim_faults_stop(void) {
}

int shim_faults_place(const struct shim_fault *fault) {
    (void)fault;
    return -1;
}

void shim_faults_lift(void) {
}

void shim_faults_clear(void) {
}

uint64_t shim_faults_matched(int number) {
    (void)number;
    return 0;
}

uint64_t shim_faults_fired(int number) {
    (void)number;
    return 0;
}

int shim_faults_imports(enum shim_operation operation) {
    (void)operation;
    return 0;
}

void shim_faults_before_kill(void (*last)(void *context), void *context) {
    (void)last, (void)context;
}

void shim_faults_watch(void (*watch)(void *context, const struct shim_fault_event *event), void *context) {
    (void)watch, (void)context;
}

void shim_faults_state(const char *state) {
    (void)state;
}

struct shim_hook shim_fault_hook(void) {
    return (struct shim_hook){NULL, NULL, NULL};
}

void shim_faults_record(struct shim_fault_log *log) {
    (void)log;
}

void shim_faults_follow_memory(const struct shim_fault_block *usual, size_t usual_count) {
    (void)usual, (void)usual_count;
}

size_t shim_faults_blocks(struct shim_fault_block *blocks, size_t room) {
    (void)blocks, (void)room;
    return 0;
}

void shim_faults_look_for_leaks(const struct shim_fault_block *usual, size_t usual_count) {
    (void)usual, (void)usual_count;
}
