/* shims/library/pe.c - what a PE file (a Windows DLL) says about itself. */
#include <stdio.h>
#include <string.h>

#include "shims/library/image.h"

#define MACHINE_AMD64 0x8664
#define MACHINE_ARM64 0xaa64
#define CHARACTERISTIC_DLL 0x2000u
#define OPTIONAL_PE32 0x10b
#define OPTIONAL_PE32_PLUS 0x20b
#define DIRECTORY_EXPORT 0
#define DIRECTORY_RESOURCE 2
#define RESOURCE_VERSION 16u
#define VERSION_SIGNATURE 0xfeef04bdu

#if defined(__aarch64__)
#define THIS_MACHINE MACHINE_ARM64
#else
#define THIS_MACHINE MACHINE_AMD64
#endif

struct pe {
    struct shim_image *image;
    uint64_t sections; /* file offset of the section headers */
    unsigned section_count;
    uint32_t directory[16][2]; /* address and size */
};

static uint32_t get(const struct shim_image *image, uint64_t offset, unsigned width, bool *good) {
    const unsigned char *at = shim_image_at(image, offset, width);
    uint32_t value = 0;
    if (at == NULL) {
        *good = false;
        return 0;
    }
    for (unsigned i = 0; i < width; i++) {
        value |= (uint32_t)at[i] << 8 * i;
    }
    return value;
}

bool shim_image_is_pe(const struct shim_image *image) {
    bool good = true;
    uint32_t header = get(image, 0x3c, 4, &good);
    return good && image->bytes[0] == 'M' && image->bytes[1] == 'Z' &&
           get(image, header, 4, &good) == 0x4550 && good;
}

/* The file offset of an address relative to the image, or 0. */
static uint64_t offset_of(const struct pe *pe, uint32_t address) {
    bool good = true;
    for (unsigned i = 0; i < pe->section_count; i++) {
        uint64_t at = pe->sections + 40u * i;
        uint32_t start = get(pe->image, at + 12, 4, &good);
        uint32_t raw_size = get(pe->image, at + 16, 4, &good);
        uint32_t raw = get(pe->image, at + 20, 4, &good);
        if (good && address >= start && address - start < raw_size) {
            return (uint64_t)raw + (address - start);
        }
    }
    return 0;
}

static const char *read_exports(struct pe *pe) {
    bool good = true;
    uint64_t table = offset_of(pe, pe->directory[DIRECTORY_EXPORT][0]);
    if (table == 0) {
        return NULL; /* exports nothing */
    }
    uint32_t count = get(pe->image, table + 24, 4, &good);
    uint64_t names = offset_of(pe, get(pe->image, table + 32, 4, &good));
    for (uint32_t i = 0; i < count && good; i++) {
        uint64_t at = offset_of(pe, get(pe->image, names + 4u * (uint64_t)i, 4, &good));
        const char *name = at == 0 ? NULL : shim_image_text(pe->image, at, pe->image->size);
        if (name == NULL) {
            good = false;
        } else {
            shim_image_export(pe->image, name);
        }
    }
    return good ? NULL : "is damaged: its table of exports does not lie inside the file";
}

/* First entry of a resource directory, or the one with this id. Returns its value, 0 if none. */
static uint32_t resource_entry(const struct pe *pe, uint64_t base, uint32_t directory, uint32_t id) {
    bool good = true;
    uint64_t at = base + (directory & 0x7fffffffu);
    uint32_t count = get(pe->image, at + 12, 2, &good) + get(pe->image, at + 14, 2, &good);
    for (uint32_t i = 0; i < count && good; i++) {
        uint32_t name = get(pe->image, at + 16 + 8u * (uint64_t)i, 4, &good);
        uint32_t value = get(pe->image, at + 20 + 8u * (uint64_t)i, 4, &good);
        if (good && (id == 0 || name == id)) {
            return value;
        }
    }
    return 0;
}

/* The version resource; a file without one keeps an empty build. */
static void read_version(struct pe *pe) {
    bool good = true;
    uint64_t base = offset_of(pe, pe->directory[DIRECTORY_RESOURCE][0]);
    uint32_t entry = base == 0 ? 0 : resource_entry(pe, base, 0, RESOURCE_VERSION);
    entry = entry == 0 ? 0 : resource_entry(pe, base, entry, 0);
    entry = entry == 0 ? 0 : resource_entry(pe, base, entry, 0);
    if (entry == 0) {
        return;
    }
    uint64_t data = offset_of(pe, get(pe->image, base + entry, 4, &good));
    uint32_t size = get(pe->image, base + entry + 4, 4, &good);
    for (uint32_t i = 0; good && data != 0 && i + 16 <= size && i < 256; i += 4) {
        if (get(pe->image, data + i, 4, &good) == VERSION_SIGNATURE) {
            uint32_t high = get(pe->image, data + i + 8, 4, &good);
            uint32_t low = get(pe->image, data + i + 12, 4, &good);
            if (good) {
                snprintf(pe->image->info.build, sizeof pe->image->info.build,
                         "version %u.%u.%u.%u", (unsigned)(high >> 16), (unsigned)(high & 0xffff),
                         (unsigned)(low >> 16), (unsigned)(low & 0xffff));
            }
            return;
        }
    }
}

const char *shim_image_read_pe(struct shim_image *image) {
    bool good = true;
    struct pe pe = {.image = image};
    uint64_t header = get(image, 0x3c, 4, &good);
    uint32_t machine = get(image, header + 4, 2, &good);
    pe.section_count = get(image, header + 6, 2, &good);
    uint32_t optional_size = get(image, header + 20, 2, &good);
    uint32_t characteristics = get(image, header + 22, 2, &good);
    uint64_t optional = header + 24;
    uint32_t magic = get(image, optional, 2, &good);
    if (!good) {
        return "is cut: it ends inside its headers";
    }
    if (magic == OPTIONAL_PE32) {
        return "is a 32-bit library; this esecheck loads 64-bit ones";
    }
    if (magic != OPTIONAL_PE32_PLUS || machine != THIS_MACHINE) {
        return "is for another machine than this one";
    }
    if ((characteristics & CHARACTERISTIC_DLL) == 0) {
        return "is a program, not a shared library";
    }
    pe.sections = optional + optional_size;
    uint32_t directories = get(image, optional + 108, 4, &good);
    for (uint32_t i = 0; i < directories && i < 16; i++) {
        pe.directory[i][0] = get(image, optional + 112 + 8u * (uint64_t)i, 4, &good);
        pe.directory[i][1] = get(image, optional + 116 + 8u * (uint64_t)i, 4, &good);
    }
    if (!good || shim_image_at(image, pe.sections, 40u * (uint64_t)pe.section_count) == NULL) {
        return "is cut: it ends inside its headers";
    }
    for (unsigned i = 0; i < pe.section_count; i++) {
        uint64_t at = pe.sections + 40u * i;
        uint32_t size = get(image, at + 16, 4, &good), offset = get(image, at + 20, 4, &good);
        if (offset != 0 && shim_image_at(image, offset, size) == NULL) {
            return "is cut: it is shorter than its headers say";
        }
    }
    read_version(&pe);
    return read_exports(&pe);
}
