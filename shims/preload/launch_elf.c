/* shims/preload/launch_elf.c - whether an executable takes a preloaded object, and which sanitizer it carries. */
#include "shims/preload/launch_elf.h"

#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shims/preload/launch.h"

#if defined(__x86_64__)
#define THIS_MACHINE EM_X86_64
#else
#define THIS_MACHINE EM_AARCH64
#endif

struct image {
    const unsigned char *bytes;
    size_t size;
};

static const void *at(const struct image *image, uint64_t offset, uint64_t size) {
    return offset <= image->size && size <= image->size - offset ? image->bytes + offset : NULL;
}

static bool holds(const struct image *image, const Elf64_Shdr *section, const char *name) {
    size_t length = strlen(name) + 1;
    const char *text = at(image, section->sh_offset, section->sh_size);
    return text != NULL && memmem(text, section->sh_size, name, length) != NULL;
}

/* Whether a string table (of symbols, of needed libraries) has the name. Without section headers nothing is known. */
static bool mentions(const struct image *image, const Elf64_Ehdr *header, const char *name) {
    for (unsigned i = 0; i < header->e_shnum; i++) {
        const Elf64_Shdr *section = at(image, header->e_shoff + (uint64_t)i * sizeof *section, sizeof *section);
        if (section != NULL && section->sh_type == SHT_STRTAB && holds(image, section, name)) {
            return true;
        }
    }
    return false;
}

static const char *look(const struct image *image) {
    const Elf64_Ehdr *header = at(image, 0, sizeof *header);
    const char *interpreter = NULL;
    if (image->size >= 2 && memcmp(image->bytes, "#!", 2) == 0) {
        return "is a script; name the program that does the work";
    }
    if (header == NULL || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) {
        return "is no program of this system (ELF)";
    }
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_machine != THIS_MACHINE) {
        return "is for another machine than esecheck";
    }
    if (header->e_type != ET_EXEC && header->e_type != ET_DYN) {
        return "is no program";
    }
    for (unsigned i = 0; i < header->e_phnum; i++) {
        const Elf64_Phdr *segment =
            at(image, header->e_phoff + (uint64_t)i * header->e_phentsize, sizeof *segment);
        if (segment != NULL && segment->p_type == PT_INTERP) {
            interpreter = at(image, segment->p_offset, segment->p_filesz);
            interpreter = interpreter != NULL && memchr(interpreter, '\0', segment->p_filesz) != NULL ? interpreter
                                                                                                      : NULL;
        }
    }
    if (interpreter == NULL) {
        return "is statically linked (or a library): nothing can be preloaded; link it dynamically";
    }
    if (strstr(interpreter, "ld-linux") == NULL) {
        return "is not linked against the C library that esecheck knows (glibc)";
    }
    if (mentions(image, header, "__tsan_init") &&
        (mentions(image, header, "libtsan.so.2") || mentions(image, header, "libtsan.so.0") ||
         mentions(image, header, "__tsan_default_options") || mentions(image, header, "__interceptor_pthread_create"))) {
        return "carries ThreadSanitizer, which takes over the same functions; build it without, or with "
               "AddressSanitizer, or put the code into an engine and use esecheck-tsan";
    }
    if (mentions(image, header, "__msan_init")) {
        return "carries MemorySanitizer, which cannot run with preloaded functions; build it without";
    }
    return NULL;
}

/* What `ask` says of the file, or why there is nothing to say of it. */
static const char *look_at(const char *path, const char *(*ask)(const struct image *image)) {
    struct stat status;
    struct image image = {NULL, 0};
    const char *said = "cannot be read";
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return said;
    }
    if (fstat(file, &status) == 0 && status.st_size > 0) {
        void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
        if (bytes != MAP_FAILED) {
            image = (struct image){bytes, (size_t)status.st_size};
            said = ask(&image);
            munmap(bytes, image.size);
        }
    } else {
        said = "is empty";
    }
    close(file);
    return said;
}

const char *shim_launch_elf(const char *path) {
    return look_at(path, look);
}

static const char *look_for_hooks(const struct image *image) {
    const Elf64_Ehdr *header = at(image, 0, sizeof *header);
    return header != NULL && mentions(image, header, "__tsan_init") ? NULL : "has no hooks";
}

bool shim_launch_has_memory(const char *path) {
    return look_at(path, look_for_hooks) == NULL;
}
