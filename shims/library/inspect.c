/* shims/library/inspect.c - a look at a file before it is loaded. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shims/library/image.h"
#include "shims/schedule/control.h"

#define FILE_MAX ((size_t)1 << 31)

#if defined(__SANITIZE_ADDRESS__)
#define PROGRAM_SANITIZER SHIM_SAN_ADDRESS
#elif defined(__SANITIZE_THREAD__)
#define PROGRAM_SANITIZER SHIM_SAN_THREAD
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PROGRAM_SANITIZER SHIM_SAN_ADDRESS
#elif __has_feature(thread_sanitizer)
#define PROGRAM_SANITIZER SHIM_SAN_THREAD
#elif __has_feature(memory_sanitizer)
#define PROGRAM_SANITIZER SHIM_SAN_OTHER
#endif
#endif
#ifndef PROGRAM_SANITIZER
#define PROGRAM_SANITIZER SHIM_SAN_NONE
#endif

enum shim_sanitizer shim_sanitizer_of_this_program(void) {
    return PROGRAM_SANITIZER;
}

const char *shim_sanitizer_name(enum shim_sanitizer sanitizer) {
    switch (sanitizer) {
    case SHIM_SAN_NONE:
        return "no sanitizer";
    case SHIM_SAN_ADDRESS:
        return "AddressSanitizer";
    case SHIM_SAN_THREAD:
        return "ThreadSanitizer";
    default:
        return "another sanitizer";
    }
}

const void *shim_image_at(const struct shim_image *image, uint64_t offset, uint64_t size) {
    return offset <= image->size && size <= image->size - offset ? image->bytes + offset : NULL;
}

const char *shim_image_text(const struct shim_image *image, uint64_t offset, uint64_t limit) {
    if (limit > image->size || offset >= limit ||
        memchr(image->bytes + offset, '\0', (size_t)(limit - offset)) == NULL) {
        return NULL;
    }
    return (const char *)image->bytes + offset;
}

void shim_image_export(struct shim_image *image, const char *name) {
    enum shim_variant variant;
    if (strncmp(name, "Jet", 3) != 0) {
        return;
    }
    enum shim_fn fn = shim_function_find(name, &variant);
    if (fn == SHIM_FN_NONE || !shim_function(fn)->is_public ||
        strcmp(name, shim_function_export(fn, variant)) != 0) {
        return;
    }
    image->info.exported++;
    image->seen[fn] = true;
}

/* Reads a whole file. Returns its bytes (to be freed), or NULL with a message. */
static unsigned char *read_file(const char *path, size_t *size, char *error, size_t error_size) {
    unsigned char *bytes = NULL;
    size_t used = 0, room = 0;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        snprintf(error, error_size, "%s: cannot be opened: %s", path, strerror(errno));
        return NULL;
    }
    for (;;) {
        if (used == room) {
            room = room == 0 ? (size_t)1 << 20 : room * 2;
            unsigned char *grown = room > FILE_MAX ? NULL : realloc(bytes, room);
            if (grown == NULL) {
                snprintf(error, error_size, "%s: is too large for an engine", path);
                break;
            }
            bytes = grown;
        }
        size_t count = fread(bytes + used, 1, room - used, file);
        used += count;
        if (count == 0 && ferror(file)) {
            snprintf(error, error_size, "%s: cannot be read: %s", path, strerror(errno));
            break;
        }
        if (count == 0) {
            fclose(file);
            *size = used;
            return bytes;
        }
    }
    fclose(file);
    free(bytes);
    return NULL;
}

/* What is wrong with the bytes as an engine for this program, or NULL. */
static const char *read_image(struct shim_image *image) {
#ifdef _WIN32
    if (shim_image_is_elf(image)) {
        return "is a Linux library (ELF); the esecheck for Linux can load it, this one loads DLLs";
    }
    if (!shim_image_is_pe(image)) {
        return "is no shared library (it does not begin as a DLL does)";
    }
    return shim_image_read_pe(image);
#else
    if (shim_image_is_pe(image)) {
        return "is a Windows library (DLL); esecheck.exe can load it, this esecheck loads ELF files";
    }
    if (!shim_image_is_elf(image)) {
        return "is no shared library (it does not begin as an ELF file does)";
    }
    return shim_image_read_elf(image);
#endif
}

/* An engine built with a sanitizer needs its runtime from the start of the process. */
static const char *wrong_sanitizer(enum shim_sanitizer sanitizer) {
    if (sanitizer == SHIM_SAN_NONE || sanitizer == PROGRAM_SANITIZER) {
        return NULL;
    }
    switch (sanitizer) {
    case SHIM_SAN_ADDRESS:
        return "was built with AddressSanitizer and this esecheck was not; use esecheck-asan";
    case SHIM_SAN_THREAD:
        return "was built with ThreadSanitizer and this esecheck was not; use esecheck-tsan";
    default:
        return "was built with a sanitizer that no esecheck has; rebuild it without, or with "
               "AddressSanitizer or ThreadSanitizer";
    }
}

int shim_library_inspect(const char *path, struct shim_library_info *info, char *error,
                         size_t error_size) {
    struct shim_image *image = calloc(1, sizeof *image);
    const char *wrong = NULL;
    int result = -1;
    unsigned char *bytes = NULL;
    if (image == NULL) {
        snprintf(error, error_size, "%s: out of memory", path);
        return -1;
    }
    bytes = read_file(path, &image->size, error, error_size);
    if (bytes == NULL) {
        goto done;
    }
    image->bytes = bytes;
    wrong = read_image(image);
    if (wrong == NULL && image->info.exported == 0) {
        wrong = "is no engine: it exports no function of the API (JetInit, JetBeginSession, ...)";
    }
    /* Without its own runtime the hooks of this program do as well. */
    if (image->info.sanitizer == SHIM_SAN_THREAD && !image->runtime && shim_control_has_memory()) {
        image->info.sanitizer = SHIM_SAN_NONE;
        image->info.memory = true;
    }
    if (wrong == NULL) {
        wrong = wrong_sanitizer(image->info.sanitizer);
    }
    if (wrong != NULL) {
        snprintf(error, error_size, "%s: %s", path, wrong);
        goto done;
    }
    for (int fn = 0; fn < SHIM_FN_COUNT; fn++) {
        image->info.missing += shim_function((enum shim_fn)fn)->is_public && !image->seen[fn];
    }
    *info = image->info;
    result = 0;
done:
    free(bytes);
    free(image);
    return result;
}
