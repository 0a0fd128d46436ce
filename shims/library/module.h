/* shims/library/module.h - inside of shims/library: the platform's loader.
 *
 * Platform contract: open loads a library for good (all symbols bound, none of them visible to
 * others) and notes which modules that brought into the process; redirect and restore change
 * imports of exactly these.
 */
#ifndef ESECHECK_SHIMS_LIBRARY_MODULE_H
#define ESECHECK_SHIMS_LIBRARY_MODULE_H

#include <stddef.h>

#include "shims/library/library.h"

struct shim_module; /* a loaded library with the modules it brought in */

struct shim_module *shim_module_open(const char *path, char *error, size_t error_size);
/* Undoes all redirections and unloads. */
void shim_module_close(struct shim_module *module);
shim_entry shim_module_symbol(const struct shim_module *module, const char *name);
int shim_module_redirect(struct shim_module *module, const char *name, shim_entry replacement,
                         shim_entry *original);

/* The redirections that were made, newest first. */
struct shim_patch {
    struct shim_patch *next;
    void **slot;
    void *before;
};

/* A function's address as data and back: POSIX and Windows both promise that this works. */
static inline void *shim_entry_data(shim_entry entry) {
    return (void *)(size_t)entry;
}
static inline shim_entry shim_data_entry(void *data) {
    return (shim_entry)(size_t)data;
}

#endif
