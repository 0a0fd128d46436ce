/* shims/record/map_posix.c - mmap. */
#include "shims/record/map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

static int map_file(struct shim_map *map, const char *path, int file, size_t size, char *error,
                    size_t error_size) {
    void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (base == MAP_FAILED) {
        snprintf(error, error_size, "%s: cannot be mapped: %s", path, strerror(errno));
        close(file);
        return -1;
    }
    map->base = base;
    map->size = size;
    map->file = file;
    map->mapping = 0;
    return 0;
}

int shim_map_create(struct shim_map *map, const char *path, size_t size, char *error,
                    size_t error_size) {
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) {
        snprintf(error, error_size, "%s: cannot be created: %s", path, strerror(errno));
        return -1;
    }
    if (ftruncate(file, (off_t)size) != 0) {
        snprintf(error, error_size, "%s: cannot be made %zu bytes long: %s", path, size,
                 strerror(errno));
        close(file);
        return -1;
    }
    return map_file(map, path, file, size, error, error_size);
}

int shim_map_open(struct shim_map *map, const char *path, char *error, size_t error_size) {
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) {
        snprintf(error, error_size, "%s: cannot be opened: %s", path, strerror(errno));
        return -1;
    }
    struct stat status;
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size <= 0) {
        snprintf(error, error_size, "%s: is no file that a recorder made", path);
        close(file);
        return -1;
    }
    return map_file(map, path, file, (size_t)status.st_size, error, error_size);
}

void shim_map_close(struct shim_map *map) {
    munmap(map->base, map->size);
    close((int)map->file);
    map->base = NULL;
}

/* Faulting in a whole part at once is also several times faster than page by page. */
bool shim_map_reserve(const struct shim_map *map, size_t offset, size_t size) {
    if (madvise(map->base + offset, size, MADV_POPULATE_WRITE) == 0) {
        return true;
    }
    return errno == EINVAL && posix_fallocate((int)map->file, (off_t)offset, (off_t)size) == 0;
}

uint64_t shim_map_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
