/* shims/record/map.h - a file in memory, shared between processes; and a clock.
 *
 * Platform contract: what one process has stored into the mapping, another one that has mapped the
 * same file sees, also if the first one was killed right after. Pages that were never written cost
 * no space.
 */
#ifndef ESECHECK_SHIMS_RECORD_MAP_H
#define ESECHECK_SHIMS_RECORD_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shim_map {
    unsigned char *base;
    size_t size;
    intptr_t file;    /* descriptor or HANDLE */
    intptr_t mapping; /* HANDLE on Windows */
};

/* Creates (or empties) `path` with `size` zero bytes and maps it; or maps a whole existing file.
 * Returns 0, or -1 with a message. */
int shim_map_create(struct shim_map *map, const char *path, size_t size, char *error,
                    size_t error_size);
int shim_map_open(struct shim_map *map, const char *path, char *error, size_t error_size);
void shim_map_close(struct shim_map *map);

/* Makes sure that writing to this part cannot fail (a full disk would raise a signal in the thread
 * that writes). False if there is no room. */
bool shim_map_reserve(const struct shim_map *map, size_t offset, size_t size);

/* Monotonic ns, the same in all processes. */
uint64_t shim_map_clock(void);

#endif
