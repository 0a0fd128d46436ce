/* shims/preload/launch_windows.c - programs are not put under control on this platform. */
#include "shims/preload/launch.h"

#include <stdio.h>

int shim_launch_find(const char *name, char *path, size_t path_size, char *error, size_t error_size) {
    (void)name, (void)path, (void)path_size;
    snprintf(error, error_size, "programs cannot be explored on this platform; use Linux");
    return -1;
}

int shim_launch_start(const struct shim_launch_options *options, struct shim_launched **launched, char *error,
                      size_t error_size) {
    (void)launched;
    char path[1];
    return shim_launch_find(options->path, path, sizeof path, error, error_size);
}

void shim_launch_between(struct shim_launched *launched, uint64_t between) {
    (void)launched, (void)between;
}

int shim_launch_run(struct shim_launched *launched, enum shim_program_mode mode, uint64_t seed,
                    const char *given, bool story, struct shim_launch_result *result, char *error,
                    size_t error_size) {
    char path[1];
    (void)launched, (void)mode, (void)seed, (void)given, (void)story, (void)result;
    return shim_launch_find("", path, sizeof path, error, error_size);
}

char *shim_launch_output(struct shim_launched *launched, size_t most) {
    (void)launched, (void)most;
    return NULL;
}

void shim_launch_stop(struct shim_launched *launched) {
    (void)launched;
}

bool shim_launch_has_memory(const char *path) {
    (void)path;
    return false;
}
