/* shims/library/elf.c - what an ELF file says about itself.
 *
 * Only what the dynamic loader uses is used (program headers, dynamic section, hash tables), so a
 * file without section headers is as good as any. The structures are spelled out here because the
 * Windows build has no <elf.h>.
 */
#include <stdio.h>
#include <string.h>

#include "shims/library/image.h"

struct elf_header {
    unsigned char ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_segment {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

struct elf_dynamic {
    uint64_t tag, value;
};

struct elf_symbol {
    uint32_t name;
    unsigned char info, other;
    uint16_t section;
    uint64_t value, size;
};

enum { ET_REL_ = 1, ET_EXEC_ = 2, ET_DYN_ = 3, ET_CORE_ = 4 };
enum { PT_LOAD_ = 1, PT_DYNAMIC_ = 2, PT_NOTE_ = 4 };
enum { DT_NEEDED_ = 1, DT_HASH_ = 4, DT_STRTAB_ = 5, DT_SYMTAB_ = 6, DT_STRSZ_ = 10 };
#define DT_GNU_HASH_ 0x6ffffef5u
#define DT_FLAGS_1_ 0x6ffffffbu
#define DF_1_PIE_ 0x08000000u
#define NOTE_BUILD_ID 3u

#if defined(__x86_64__)
#define THIS_MACHINE 62
#elif defined(__aarch64__)
#define THIS_MACHINE 183
#else
#error "which e_machine does this architecture have?"
#endif

struct elf {
    struct shim_image *image;
    struct elf_header header;
    uint64_t strtab, strsz, symtab, hash, gnu_hash; /* file offsets; 0: none */
    uint64_t flags_1;
    uint64_t dynamic, dynamic_count;
};

bool shim_image_is_elf(const struct shim_image *image) {
    return image->size >= 4 && memcmp(image->bytes, "\177ELF", 4) == 0;
}

static bool segment(const struct elf *elf, unsigned i, struct elf_segment *out) {
    const void *at =
        shim_image_at(elf->image, elf->header.phoff + (uint64_t)i * sizeof *out, sizeof *out);
    if (at != NULL) {
        memcpy(out, at, sizeof *out);
    }
    return at != NULL;
}

/* The file offset of an address, or 0. */
static uint64_t offset_of(const struct elf *elf, uint64_t address) {
    struct elf_segment s;
    for (unsigned i = 0; i < elf->header.phnum && segment(elf, i, &s); i++) {
        if (s.type == PT_LOAD_ && address >= s.vaddr && address - s.vaddr < s.filesz) {
            return s.offset + (address - s.vaddr);
        }
    }
    return 0;
}

static uint32_t word(const struct elf *elf, uint64_t offset, bool *good) {
    uint32_t value = 0;
    const void *at = shim_image_at(elf->image, offset, sizeof value);
    if (at == NULL) {
        *good = false;
    } else {
        memcpy(&value, at, sizeof value);
    }
    return value;
}

/* Number of dynamic symbols, from whichever hash table there is. 0 if the file is damaged. */
static uint32_t symbol_count(const struct elf *elf) {
    bool good = true;
    if (elf->hash != 0) {
        uint32_t count = word(elf, elf->hash + 4, &good);
        return good ? count : 0;
    }
    uint32_t buckets = word(elf, elf->gnu_hash, &good);
    uint32_t first = word(elf, elf->gnu_hash + 4, &good);
    uint32_t bloom = word(elf, elf->gnu_hash + 8, &good);
    uint64_t table = elf->gnu_hash + 16 + (uint64_t)bloom * 8;
    uint64_t chains = table + (uint64_t)buckets * 4;
    uint32_t last = 0;
    for (uint32_t i = 0; i < buckets && good; i++) {
        uint32_t start = word(elf, table + (uint64_t)i * 4, &good);
        last = start > last ? start : last;
    }
    if (last < first) {
        return good ? first : 0;
    }
    while (good && (word(elf, chains + (uint64_t)(last - first) * 4, &good) & 1) == 0) {
        last++;
    }
    return good ? last + 1 : 0;
}

static void note_library(struct shim_image *image, const char *name) {
    static const struct {
        const char *prefix;
        enum shim_sanitizer sanitizer;
    } runtimes[] = {
        {"libasan", SHIM_SAN_ADDRESS},           {"libclang_rt.asan", SHIM_SAN_ADDRESS},
        {"libtsan", SHIM_SAN_THREAD},            {"libclang_rt.tsan", SHIM_SAN_THREAD},
        {"libmsan", SHIM_SAN_OTHER},             {"libclang_rt.msan", SHIM_SAN_OTHER},
        {"liblsan", SHIM_SAN_OTHER},             {"libclang_rt.lsan", SHIM_SAN_OTHER},
        {"libhwasan", SHIM_SAN_OTHER},           {"libclang_rt.hwasan", SHIM_SAN_OTHER},
    };
    for (size_t i = 0; i < sizeof runtimes / sizeof runtimes[0]; i++) {
        if (strncmp(name, runtimes[i].prefix, strlen(runtimes[i].prefix)) == 0) {
            image->info.sanitizer = runtimes[i].sanitizer;
            image->runtime = true;
        }
    }
}

static void note_symbol(struct shim_image *image, const char *name) {
    if (strcmp(name, "__asan_init") == 0) {
        image->info.sanitizer = SHIM_SAN_ADDRESS;
    } else if (strcmp(name, "__tsan_init") == 0) {
        image->info.sanitizer = SHIM_SAN_THREAD;
    } else if (strcmp(name, "__msan_init") == 0 || strcmp(name, "__hwasan_init") == 0) {
        image->info.sanitizer = SHIM_SAN_OTHER;
    }
}

static const char *read_symbols(struct elf *elf) {
    uint32_t count = symbol_count(elf);
    if (count == 0) {
        return "is damaged: its symbol table does not lie inside the file";
    }
    for (uint32_t i = 1; i < count; i++) {
        struct elf_symbol symbol;
        const void *at =
            shim_image_at(elf->image, elf->symtab + (uint64_t)i * sizeof symbol, sizeof symbol);
        if (at == NULL) {
            return "is damaged: its symbol table does not lie inside the file";
        }
        memcpy(&symbol, at, sizeof symbol);
        const char *name = shim_image_text(elf->image, elf->strtab + symbol.name,
                                           elf->strtab + elf->strsz);
        if (name == NULL) {
            return "is damaged: a symbol has no name";
        }
        note_symbol(elf->image, name);
        unsigned visibility = symbol.other & 3u; /* 1 internal, 2 hidden */
        if (symbol.section != 0 && symbol.info >> 4 != 0 && visibility != 1 && visibility != 2) {
            shim_image_export(elf->image, name);
        }
    }
    return NULL;
}

/* The GNU build id among the notes of one segment. */
static void read_notes(struct elf *elf, const struct elf_segment *s) {
    uint64_t at = s->offset, end = s->offset + s->filesz;
    bool good = true;
    while (good && at + 12 <= end) {
        uint32_t name_size = word(elf, at, &good), size = word(elf, at + 4, &good);
        uint32_t type = word(elf, at + 8, &good);
        const void *name = shim_image_at(elf->image, at + 12, 4);
        uint64_t data = at + 12 + ((uint64_t)name_size + 3) / 4 * 4;
        const unsigned char *id = shim_image_at(elf->image, data, size);
        if (!good || name == NULL || id == NULL) {
            return;
        }
        if (type == NOTE_BUILD_ID && name_size == 4 && memcmp(name, "GNU", 4) == 0 && size <= 32) {
            char *out = elf->image->info.build;
            out += sprintf(out, "build-id ");
            for (uint32_t i = 0; i < size; i++) {
                out += sprintf(out, "%02x", id[i]);
            }
            return;
        }
        at = data + ((uint64_t)size + 3) / 4 * 4;
    }
}

static bool dynamic_entry(const struct elf *elf, uint64_t i, struct elf_dynamic *entry) {
    const void *at =
        shim_image_at(elf->image, elf->dynamic + i * sizeof *entry, sizeof *entry);
    if (at != NULL) {
        memcpy(entry, at, sizeof *entry);
    }
    return at != NULL && i < elf->dynamic_count && entry->tag != 0;
}

static const char *read_dynamic(struct elf *elf) {
    struct elf_dynamic entry;
    for (uint64_t i = 0; dynamic_entry(elf, i, &entry); i++) {
        switch (entry.tag) {
        case DT_STRTAB_:
            elf->strtab = offset_of(elf, entry.value);
            break;
        case DT_STRSZ_:
            elf->strsz = entry.value;
            break;
        case DT_SYMTAB_:
            elf->symtab = offset_of(elf, entry.value);
            break;
        case DT_HASH_:
            elf->hash = offset_of(elf, entry.value);
            break;
        case DT_GNU_HASH_:
            elf->gnu_hash = offset_of(elf, entry.value);
            break;
        case DT_FLAGS_1_:
            elf->flags_1 = entry.value;
            break;
        default:
            break;
        }
    }
    if (elf->flags_1 & DF_1_PIE_) {
        return "is a program, not a shared library";
    }
    if (elf->strtab == 0 || elf->symtab == 0 || (elf->hash == 0 && elf->gnu_hash == 0)) {
        return "is damaged: a shared library needs a table of symbols";
    }
    if (shim_image_at(elf->image, elf->strtab, elf->strsz) == NULL) {
        return "is damaged: its names do not lie inside the file";
    }
    for (uint64_t i = 0; dynamic_entry(elf, i, &entry); i++) {
        if (entry.tag == DT_NEEDED_) {
            const char *name =
                shim_image_text(elf->image, elf->strtab + entry.value, elf->strtab + elf->strsz);
            if (name != NULL) {
                note_library(elf->image, name);
            }
        }
    }
    return read_symbols(elf);
}

const char *shim_image_read_elf(struct shim_image *image) {
    struct elf elf = {.image = image};
    const void *header = shim_image_at(image, 0, sizeof elf.header);
    if (image->size >= 5 && image->bytes[4] != 2) {
        return "is a 32-bit library; this esecheck loads 64-bit ones";
    }
    if (header == NULL) {
        return "is damaged: it ends inside its header";
    }
    memcpy(&elf.header, header, sizeof elf.header);
    if (elf.header.ident[5] != 1 || elf.header.machine != THIS_MACHINE) {
        return "is for another machine than this one";
    }
    if (elf.header.type != ET_DYN_) {
        return elf.header.type == ET_EXEC_   ? "is a program, not a shared library"
               : elf.header.type == ET_REL_  ? "is an object file, not a shared library"
               : elf.header.type == ET_CORE_ ? "is a core dump, not a shared library"
                                             : "is no shared library";
    }
    if (elf.header.phentsize != sizeof(struct elf_segment)) {
        return "is damaged: its program headers have a wrong size";
    }
    struct elf_segment s;
    for (unsigned i = 0; i < elf.header.phnum; i++) {
        if (!segment(&elf, i, &s) || (s.filesz != 0 && s.type == PT_LOAD_ &&
                                      shim_image_at(image, s.offset, s.filesz) == NULL)) {
            return "is cut: it is shorter than its headers say";
        }
        if (s.type == PT_DYNAMIC_) {
            elf.dynamic = s.offset;
            elf.dynamic_count = s.filesz / sizeof(struct elf_dynamic);
        } else if (s.type == PT_NOTE_ && image->info.build[0] == '\0') {
            read_notes(&elf, &s);
        }
    }
    if (elf.dynamic == 0) {
        return "is no shared library: it has no dynamic section";
    }
    return read_dynamic(&elf);
}
