/* shims/library/module_windows.c - LoadLibraryExW, and import address tables. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <psapi.h>

#include "shims/library/module.h"

#define MODULES_MAX 1024

struct shim_module {
    HMODULE handle;
    HMODULE brought[MODULES_MAX]; /* what loading it brought in */
    size_t count;
    struct shim_patch *patches;
};

static size_t list_modules(HMODULE *modules) {
    DWORD bytes = 0;
    if (!K32EnumProcessModules(GetCurrentProcess(), modules, MODULES_MAX * sizeof *modules,
                               &bytes)) {
        return 0;
    }
    size_t count = bytes / sizeof *modules;
    return count < MODULES_MAX ? count : MODULES_MAX;
}

/* The whole path, so that no search decides which file is meant. */
static bool full_path(const char *path, WCHAR *full, DWORD room) {
    WCHAR wide[MAX_PATH * 4];
    if (MultiByteToWideChar(CP_ACP, 0, path, -1, wide, MAX_PATH * 4) == 0) {
        return false;
    }
    DWORD length = GetFullPathNameW(wide, room, full, NULL);
    return length > 0 && length < room;
}

struct shim_module *shim_module_open(const char *path, char *error, size_t error_size) {
    static HMODULE before[MODULES_MAX];
    WCHAR full[MAX_PATH * 4];
    struct shim_module *module = calloc(1, sizeof *module);
    if (module == NULL || !full_path(path, full, MAX_PATH * 4)) {
        snprintf(error, error_size, "%s: %s", path,
                 module == NULL ? "out of memory" : "is no path that Windows accepts");
        free(module);
        return NULL;
    }
    size_t before_count = list_modules(before);
    UINT mode = SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX);
    module->handle = LoadLibraryExW(full, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
    DWORD code = GetLastError();
    SetErrorMode(mode);
    if (module->handle == NULL) {
        snprintf(error, error_size, "%s: cannot be loaded (Windows error %lu)", path, code);
        free(module);
        return NULL;
    }
    size_t after = list_modules(module->brought);
    for (size_t i = 0; i < after; i++) {
        bool old = false;
        for (size_t k = 0; k < before_count && !old; k++) {
            old = before[k] == module->brought[i];
        }
        if (!old) {
            module->brought[module->count++] = module->brought[i];
        }
    }
    return module;
}

shim_entry shim_module_symbol(const struct shim_module *module, const char *name) {
    return (shim_entry)GetProcAddress(module->handle, name);
}

static bool store(void **slot, void *value) {
    DWORD protection;
    if (!VirtualProtect(slot, sizeof *slot, PAGE_READWRITE, &protection)) {
        return false;
    }
    *slot = value;
    VirtualProtect(slot, sizeof *slot, protection, &protection);
    return true;
}

static bool redirect_slot(struct shim_module *module, void **slot, void *replacement,
                          shim_entry *original) {
    struct shim_patch *patch = malloc(sizeof *patch);
    void *before = *slot;
    if (patch == NULL || before == replacement || !store(slot, replacement)) {
        free(patch);
        return false;
    }
    *patch = (struct shim_patch){module->patches, slot, before};
    module->patches = patch;
    if (original != NULL && *original == NULL) {
        *original = shim_data_entry(before);
    }
    return true;
}

/* Changes the imports by that name of one module; they are as the loader has checked them. */
static int redirect_in(struct shim_module *module, const unsigned char *base, const char *name,
                       void *replacement, shim_entry *original) {
    const IMAGE_DOS_HEADER *dos = (const void *)base;
    const IMAGE_NT_HEADERS64 *header = (const void *)(base + dos->e_lfanew);
    const IMAGE_DATA_DIRECTORY *directory =
        &header->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT];
    int changed = 0;
    if (directory->VirtualAddress == 0) {
        return 0;
    }
    const IMAGE_IMPORT_DESCRIPTOR *import = (const void *)(base + directory->VirtualAddress);
    for (; import->Name != 0; import++) {
        if (import->OriginalFirstThunk == 0) {
            continue;
        }
        const IMAGE_THUNK_DATA64 *names = (const void *)(base + import->OriginalFirstThunk);
        void **slots = (void **)(uintptr_t)(base + import->FirstThunk);
        for (; names->u1.AddressOfData != 0; names++, slots++) {
            if (IMAGE_SNAP_BY_ORDINAL64(names->u1.Ordinal)) {
                continue;
            }
            const IMAGE_IMPORT_BY_NAME *by_name = (const void *)(base + names->u1.AddressOfData);
            if (strcmp((const char *)by_name->Name, name) == 0 &&
                redirect_slot(module, slots, replacement, original)) {
                changed++;
            }
        }
    }
    return changed;
}

int shim_module_redirect(struct shim_module *module, const char *name, shim_entry replacement,
                         shim_entry *original) {
    shim_entry before = NULL;
    int changed = 0;
    for (size_t i = 0; i < module->count; i++) {
        changed += redirect_in(module, (const unsigned char *)module->brought[i], name,
                               shim_entry_data(replacement), &before);
    }
    if (changed > 0 && original != NULL) {
        *original = before;
    }
    return changed;
}

void shim_module_close(struct shim_module *module) {
    while (module->patches != NULL) {
        struct shim_patch *patch = module->patches;
        module->patches = patch->next;
        store(patch->slot, patch->before);
        free(patch);
    }
    FreeLibrary(module->handle);
    free(module);
}
