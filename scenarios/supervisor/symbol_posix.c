/* scenarios/supervisor/symbol_posix.c - names of data, from a file's own table of symbols.
 *
 * addr2line knows functions only. The file comes from anybody, so nothing in it is believed.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scenarios/supervisor/platform.h"

struct file {
    const unsigned char *bytes;
    uint64_t size;
};

static const void *at(const struct file *file, uint64_t offset, uint64_t size)
{
    return size <= file->size && offset <= file->size - size ? file->bytes + offset : NULL;
}

static bool copy(const struct file *file, uint64_t offset, void *to, size_t size)
{
    const void *from = at(file, offset, size);
    if (from != NULL) {
        memcpy(to, from, size);
    }
    return from != NULL;
}

/* The symbol of table `section` whose object holds the address. */
static bool look_up(const struct file *file, const Elf64_Ehdr *header, const Elf64_Shdr *section, uint64_t address,
                    char *name, size_t size)
{
    Elf64_Shdr strings;
    Elf64_Sym symbol;
    if (!copy(file, header->e_shoff + (uint64_t)section->sh_link * sizeof strings, &strings, sizeof strings)) {
        return false;
    }
    for (uint64_t i = 0; i < section->sh_size / sizeof symbol; i++) {
        if (!copy(file, section->sh_offset + i * sizeof symbol, &symbol, sizeof symbol)) {
            return false;
        }
        uint64_t length = symbol.st_size != 0 ? symbol.st_size : 1;
        if (ELF64_ST_TYPE(symbol.st_info) != STT_OBJECT || address < symbol.st_value ||
            address - symbol.st_value >= length || symbol.st_name >= strings.sh_size) {
            continue;
        }
        uint64_t most = strings.sh_size - symbol.st_name;
        const char *text = at(file, strings.sh_offset + symbol.st_name, most);
        if (text == NULL || memchr(text, '\0', most) == NULL || text[0] == '\0') {
            return false;
        }
        /* What compilers put behind the names of statics inside of functions is left out. */
        int used = snprintf(name, size, "%.*s", (int)strcspn(text, "."), text);
        if (address != symbol.st_value && used > 0 && (size_t)used < size) {
            snprintf(name + used, size - (size_t)used, "+%llu", (unsigned long long)(address - symbol.st_value));
        }
        return true;
    }
    return false;
}

bool scn_symbol_of_data(const char *module, uint64_t address, char *name, size_t size)
{
    struct stat about;
    struct file file = {NULL, 0};
    bool found = false;
    int descriptor = open(module, O_RDONLY | O_CLOEXEC);
    if (descriptor >= 0 && fstat(descriptor, &about) == 0 && about.st_size > 0) {
        void *mapping = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
        if (mapping != MAP_FAILED) {
            file = (struct file){mapping, (uint64_t)about.st_size};
        }
    }
    if (descriptor >= 0) {
        close(descriptor);
    }
    Elf64_Ehdr header;
    if (file.bytes != NULL && copy(&file, 0, &header, sizeof header) &&
        memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_ident[EI_CLASS] == ELFCLASS64 &&
        header.e_shentsize == sizeof(Elf64_Shdr)) {
        static const Elf64_Word types[] = {SHT_SYMTAB, SHT_DYNSYM};
        for (int t = 0; t < 2 && !found; t++) {
            for (unsigned i = 0; i < header.e_shnum && !found; i++) {
                Elf64_Shdr section;
                found = copy(&file, header.e_shoff + (uint64_t)i * sizeof section, &section, sizeof section) &&
                        section.sh_type == types[t] && look_up(&file, &header, &section, address, name, size);
            }
        }
    }
    if (file.bytes != NULL) {
        munmap((void *)(uintptr_t)file.bytes, (size_t)file.size);
    }
    return found;
}
