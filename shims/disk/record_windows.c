/* shims/disk/record_windows.c - recording is not available here. */
#include "shims/disk/disk.h"

#include <stdio.h>

int shim_disk_start(struct shim_library *library, struct shim_recorder *recorder, const char *root,
                    const char *path, char *error, size_t error_size) {
    (void)library;
    (void)recorder;
    (void)root;
    (void)path;
    snprintf(error, error_size, "what an engine writes cannot be recorded on this platform");
    return -1;
}

int shim_disk_stop(void) {
    return 0;
}

void shim_disk_leave_out(const char *path) {
    (void)path;
}
