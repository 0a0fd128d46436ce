/* shims/fault/stack_posix.c - call stacks inside the engine, and names for them that outlive a process.
 *
 * A stack begins at the engine's call and ends where the harness called the engine, or where the engine's own thread
 * begins. Frames of this program are left out: so two stacks are one when the engine did the same, whoever asked.
 */
#include <execinfo.h>
#include <link.h>
#include <stdint.h>

#include "shims/fault/inside.h"

#define MODULES 128
#define DEEPEST 64

static struct module {
    uintptr_t begin, end;
} modules[MODULES]; /* 0 is this program */
static int module_count;

static int note_module(struct dl_phdr_info *info, size_t size, void *context) {
    (void)size, (void)context;
    struct module *module = &modules[module_count];
    if (module_count == MODULES) {
        return 1;
    }
    *module = (struct module){UINTPTR_MAX, 0};
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type == PT_LOAD) {
            uintptr_t begin = info->dlpi_addr + segment->p_vaddr, end = begin + segment->p_memsz;
            module->begin = begin < module->begin ? begin : module->begin;
            module->end = end > module->end ? end : module->end;
        }
    }
    module_count++;
    return 0;
}

void shim_fault_stack_prepare(void) {
    void *frames[4];
    module_count = 0;
    dl_iterate_phdr(note_module, NULL);
    (void)backtrace(frames, 4); /* the first one loads the unwinder, and allocates */
}

static int module_of(uintptr_t address) {
    for (int i = 0; i < module_count; i++) {
        if (address >= modules[i].begin && address < modules[i].end) {
            return i;
        }
    }
    return MODULES;
}

int shim_fault_stack(void **frames, int room) {
    void *deep[DEEPEST];
    int count = backtrace(deep, DEEPEST), kept = 0, i = 0;
    while (i < count && module_of((uintptr_t)deep[i]) != 0) {
        i++; /* a sanitizer's, which stands before backtrace */
    }
    while (i < count && module_of((uintptr_t)deep[i]) == 0) {
        i++; /* ours */
    }
    for (; i < count && kept < room && module_of((uintptr_t)deep[i]) != 0; i++) {
        frames[kept++] = deep[i];
    }
    return kept;
}

uint64_t shim_fault_stack_hash(void *const *frames, int count) {
    uint64_t hash = 0xCBF29CE484222325u;
    for (int i = 0; i < count; i++) {
        int module = module_of((uintptr_t)frames[i]);
        uint64_t place = (uintptr_t)frames[i] - (module < MODULES ? modules[module].begin : 0);
        hash = (hash ^ (place + (uint64_t)module * 0x9E3779B97F4A7C15u)) * 0x100000001B3u;
        hash ^= hash >> 29;
    }
    return hash;
}
