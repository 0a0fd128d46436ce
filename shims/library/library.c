/* shims/library/library.c - an engine: a module and its call table. */
#include "shims/library/library.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shims/library/module.h"

struct shim_library {
    struct shim_module *module;
    struct shim_table table;
    struct shim_library_info info;
    char *path;
};

/* Looks up every exported name, public or not. */
static void fill_table(struct shim_library *library) {
    library->info.exported = 0;
    library->info.missing = 0;
    for (int fn = 0; fn < SHIM_FN_COUNT; fn++) {
        int names = 0;
        for (int variant = 0; variant < SHIM_VARIANT_COUNT; variant++) {
            const char *name = shim_function_export((enum shim_fn)fn, (enum shim_variant)variant);
            shim_entry entry = name == NULL ? NULL : shim_module_symbol(library->module, name);
            library->table.entry[fn][variant] = entry;
            names += entry != NULL;
        }
        if (shim_function((enum shim_fn)fn)->is_public) {
            library->info.exported += names;
            library->info.missing += names == 0;
        }
    }
}

int shim_library_open(const char *path, struct shim_library **library, char *error,
                      size_t error_size) {
    struct shim_library_info info = {0};
    if (shim_library_inspect(path, &info, error, error_size) != 0) {
        return -1;
    }
    struct shim_library *made = calloc(1, sizeof *made);
    char *copy = malloc(strlen(path) + 1);
    if (made == NULL || copy == NULL) {
        snprintf(error, error_size, "%s: out of memory", path);
        goto failed;
    }
    made->path = strcpy(copy, path);
    made->info = info;
    made->module = shim_module_open(path, error, error_size);
    if (made->module == NULL) {
        goto failed;
    }
    fill_table(made);
    *library = made;
    return 0;
failed:
    free(copy);
    free(made);
    return -1;
}

void shim_library_close(struct shim_library *library) {
    if (library != NULL) {
        shim_module_close(library->module);
        free(library->path);
        free(library);
    }
}

const struct shim_table *shim_library_table(const struct shim_library *library) {
    return &library->table;
}

const struct shim_library_info *shim_library_info(const struct shim_library *library) {
    return &library->info;
}

const char *shim_library_path(const struct shim_library *library) {
    return library->path;
}

bool shim_library_has(const struct shim_library *library, enum shim_fn fn) {
    for (int variant = 0; variant < SHIM_VARIANT_COUNT; variant++) {
        if (library->table.entry[fn][variant] != NULL) {
            return true;
        }
    }
    return false;
}

shim_entry shim_library_symbol(const struct shim_library *library, const char *name) {
    return shim_module_symbol(library->module, name);
}

struct shim_module *shim_library_module(struct shim_library *library) {
    return library->module;
}

int shim_library_redirect(struct shim_library *library, const char *name, shim_entry replacement,
                          shim_entry *original) {
    return shim_module_redirect(library->module, name, replacement, original);
}
