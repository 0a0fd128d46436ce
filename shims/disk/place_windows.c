/* shims/disk/place_windows.c - without recordings there is nothing to rebuild. */
#include "shims/disk/disk.h"

#include <stdio.h>

int shim_image_make(struct shim_image *image, size_t at, enum shim_disk_loss loss, uint64_t seed,
                    const char *directory, char *error, size_t error_size) {
    (void)image;
    (void)at;
    (void)loss;
    (void)seed;
    (void)directory;
    snprintf(error, error_size, "files cannot be rebuilt on this platform");
    return -1;
}
