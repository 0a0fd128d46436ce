/* shims/library/module_posix.c - dlopen, and imports of ELF modules. */
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shims/library/module.h"

#if defined(__x86_64__)
#define RELOCATION_SLOT R_X86_64_JUMP_SLOT
#define RELOCATION_GLOBAL R_X86_64_GLOB_DAT
#define RELOCATION_POINTER R_X86_64_64
#elif defined(__aarch64__)
#define RELOCATION_SLOT R_AARCH64_JUMP_SLOT
#define RELOCATION_GLOBAL R_AARCH64_GLOB_DAT
#define RELOCATION_POINTER R_AARCH64_ABS64
#else
#error "which relocations bind functions on this architecture?"
#endif

/* One module in the process. */
struct loaded {
    uintptr_t base;
    const ElfW(Phdr) * segments;
    unsigned segment_count;
};

struct module_list {
    struct loaded *modules;
    size_t count, room;
    bool failed;
};

struct shim_module {
    void *handle;
    struct module_list brought; /* what loading it brought in */
    struct shim_patch *patches;
};

static int note_module(struct dl_phdr_info *info, size_t size, void *context) {
    struct module_list *list = context;
    (void)size;
    if (list->count == list->room) {
        size_t room = list->room == 0 ? 32 : list->room * 2;
        struct loaded *grown = realloc(list->modules, room * sizeof *grown);
        if (grown == NULL) {
            list->failed = true;
            return 1;
        }
        list->modules = grown;
        list->room = room;
    }
    list->modules[list->count++] =
        (struct loaded){(uintptr_t)info->dlpi_addr, info->dlpi_phdr, info->dlpi_phnum};
    return 0;
}

/* Removes from `list` what is in `before`. A module is known by its program headers: two modules
 * never share them. */
static void subtract(struct module_list *list, const struct module_list *before) {
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        bool old = false;
        for (size_t k = 0; k < before->count && !old; k++) {
            old = before->modules[k].segments == list->modules[i].segments;
        }
        if (!old) {
            list->modules[kept++] = list->modules[i];
        }
    }
    list->count = kept;
}

struct shim_module *shim_module_open(const char *path, char *error, size_t error_size) {
    struct module_list before = {0};
    struct shim_module *module = calloc(1, sizeof *module);
    char *full = realpath(path, NULL); /* a bare name would be searched for */
    if (module == NULL || full == NULL) {
        snprintf(error, error_size, "%s: %s", path,
                 module == NULL ? "out of memory" : strerror(errno));
        goto failed;
    }
    dl_iterate_phdr(note_module, &before);
    module->handle = dlopen(full, RTLD_NOW | RTLD_LOCAL);
    if (module->handle == NULL) {
        snprintf(error, error_size, "%s: cannot be loaded: %s", path, dlerror());
        goto failed;
    }
    dl_iterate_phdr(note_module, &module->brought);
    if (before.failed || module->brought.failed) {
        snprintf(error, error_size, "%s: out of memory", path);
        dlclose(module->handle);
        goto failed;
    }
    subtract(&module->brought, &before);
    free(before.modules);
    free(full);
    return module;
failed:
    free(before.modules);
    free(full);
    if (module != NULL) {
        free(module->brought.modules);
    }
    free(module);
    return NULL;
}

shim_entry shim_module_symbol(const struct shim_module *module, const char *name) {
    return shim_data_entry(dlsym(module->handle, name));
}

/* Stores into a slot, also if it was made read-only after binding. Returns false if that fails. */
static bool store(const struct loaded *module, void **slot, void *value) {
    uintptr_t page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (unsigned i = 0; i < module->segment_count; i++) {
        uintptr_t start = module->base + module->segments[i].p_vaddr;
        uintptr_t end = start + module->segments[i].p_memsz;
        if (module->segments[i].p_type == PT_GNU_RELRO && (uintptr_t)slot >= start &&
            (uintptr_t)slot < end) {
            void *page = (void *)((uintptr_t)slot & ~(page_size - 1));
            if (mprotect(page, page_size, PROT_READ | PROT_WRITE) != 0) {
                return false;
            }
            *slot = value;
            mprotect(page, page_size, PROT_READ);
            return true;
        }
    }
    *slot = value;
    return true;
}

/* What the dynamic section of a module says. */
struct dynamic {
    const ElfW(Sym) * symbols;
    const char *names;
    const ElfW(Rela) * tables[2];
    size_t counts[2];
};

static uintptr_t address_of(const struct loaded *module, uintptr_t value) {
    return value < module->base ? module->base + value : value; /* some loaders relocate these */
}

static bool read_dynamic(const struct loaded *module, struct dynamic *out) {
    const ElfW(Dyn) *entry = NULL;
    memset(out, 0, sizeof *out);
    for (unsigned i = 0; i < module->segment_count; i++) {
        if (module->segments[i].p_type == PT_DYNAMIC) {
            entry = (const ElfW(Dyn) *)(module->base + module->segments[i].p_vaddr);
        }
    }
    for (; entry != NULL && entry->d_tag != DT_NULL; entry++) {
        uintptr_t address = address_of(module, entry->d_un.d_ptr);
        switch (entry->d_tag) {
        case DT_SYMTAB:
            out->symbols = (const ElfW(Sym) *)address;
            break;
        case DT_STRTAB:
            out->names = (const char *)address;
            break;
        case DT_JMPREL:
            out->tables[0] = (const ElfW(Rela) *)address;
            break;
        case DT_PLTRELSZ:
            out->counts[0] = entry->d_un.d_val / sizeof(ElfW(Rela));
            break;
        case DT_RELA:
            out->tables[1] = (const ElfW(Rela) *)address;
            break;
        case DT_RELASZ:
            out->counts[1] = entry->d_un.d_val / sizeof(ElfW(Rela));
            break;
        default:
            break;
        }
    }
    return out->symbols != NULL && out->names != NULL;
}

static bool inside(const struct loaded *module, const void *address) {
    for (unsigned i = 0; i < module->segment_count; i++) {
        uintptr_t start = module->base + module->segments[i].p_vaddr;
        if (module->segments[i].p_type == PT_LOAD && (uintptr_t)address >= start &&
            (uintptr_t)address - start < module->segments[i].p_memsz) {
            return true;
        }
    }
    return false;
}

struct redirection {
    struct shim_module *module;
    const char *name;
    void *replacement;
    void *original; /* NULL until known */
    int changed;
};

/* What a slot leads to. One that was never bound leads back into its own module. */
static void *bound(const struct redirection *r, const struct loaded *module, void *value) {
    if (!inside(module, value)) {
        return value;
    }
    void *found = dlsym(RTLD_DEFAULT, r->name);
    return found != NULL ? found : dlsym(r->module->handle, r->name);
}

static void redirect_slot(struct redirection *r, const struct loaded *module, void **slot) {
    struct shim_patch *patch = malloc(sizeof *patch);
    if (patch == NULL) {
        return;
    }
    void *before = *slot;
    if (before == r->replacement || !store(module, slot, r->replacement)) {
        free(patch);
        return;
    }
    if (r->original == NULL) {
        r->original = bound(r, module, before);
    }
    *patch = (struct shim_patch){r->module->patches, slot, before};
    r->module->patches = patch;
    r->changed++;
}

static void redirect_module(struct redirection *r, const struct loaded *module) {
    struct dynamic dynamic;
    if (!read_dynamic(module, &dynamic)) {
        return;
    }
    for (int table = 0; table < 2; table++) {
        for (size_t i = 0; dynamic.tables[table] != NULL && i < dynamic.counts[table]; i++) {
            const ElfW(Rela) *relocation = &dynamic.tables[table][i];
            unsigned long type = ELF64_R_TYPE(relocation->r_info);
            unsigned long symbol = ELF64_R_SYM(relocation->r_info);
            if (symbol == 0 ||
                (type != RELOCATION_SLOT && type != RELOCATION_GLOBAL &&
                 (type != RELOCATION_POINTER || relocation->r_addend != 0)) ||
                dynamic.symbols[symbol].st_shndx != SHN_UNDEF ||
                strcmp(dynamic.names + dynamic.symbols[symbol].st_name, r->name) != 0) {
                continue;
            }
            redirect_slot(r, module, (void **)(module->base + relocation->r_offset));
        }
    }
}

int shim_module_redirect(struct shim_module *module, const char *name, shim_entry replacement,
                         shim_entry *original) {
    struct redirection r = {module, name, shim_entry_data(replacement), NULL, 0};
    for (size_t i = 0; i < module->brought.count; i++) {
        redirect_module(&r, &module->brought.modules[i]);
    }
    if (r.changed > 0 && original != NULL) {
        *original = shim_data_entry(r.original);
    }
    return r.changed;
}

void shim_module_close(struct shim_module *module) {
    while (module->patches != NULL) {
        struct shim_patch *patch = module->patches;
        module->patches = patch->next;
        for (size_t i = 0; i < module->brought.count; i++) {
            if (inside(&module->brought.modules[i], patch->slot)) {
                store(&module->brought.modules[i], patch->slot, patch->before);
            }
        }
        free(patch);
    }
    dlclose(module->handle);
    free(module->brought.modules);
    free(module);
}
