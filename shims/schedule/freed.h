/* shims/schedule/freed.h - what an engine gives back, and whether it leaves it alone from then on.
 *
 * malloc hands a block that was freed to the next who wants one of that size, so that a use of freed memory mostly
 * finds something sound there and shows nothing. Of a module whose imports are taken over here a block that is freed (or moved by
 * realloc, which always moves) is filled with bytes that are neither a valid pointer nor a small number, and is kept
 * for a while before libc gets it back. The process ends by SIGABRT, with a line on its error output, when
 *
 *   - a block is freed that is free already,
 *   - a block is not as it was filled when it goes back to libc, or when shim_freed_check looks,
 *   - code that tells of its memory accesses (memory.c) reads or writes one.
 *
 * A pointer that is read there and followed is a crash of its own. Blocks above SHIM_FREED_MOST bytes are not kept.
 * Linux without sanitizers, which do the same and better: elsewhere redirect does nothing. One thread runs at a time, as
 * under control.
 */
#ifndef ESECHECK_SHIMS_SCHEDULE_FREED_H
#define ESECHECK_SHIMS_SCHEDULE_FREED_H

#include <stdbool.h>
#include <stddef.h>

struct shim_module;

#define SHIM_FREED_MOST ((size_t)1 << 20)

/* Takes over free, realloc and reallocarray of the module. Returns the number of slots changed. */
int shim_freed_redirect(struct shim_module *module);
/* All blocks that are kept: are they as they were filled? Ends the process when not. */
void shim_freed_check(void);

/* memory.c, where a program contains it: the block is gone, a use of it is to be told; it can be had again. */
void shim_ct_memory_gone(const void *block, size_t size) __attribute__((weak));
void shim_ct_memory_back(const void *block, size_t size) __attribute__((weak));
/* For memory.c: the code at `site` read or wrote freed memory. Does not return. */
void shim_freed_used(const void *address, size_t size, bool write, const void *site) __attribute__((weak));

#endif
