/* shims/library/image.h - inside of shims/library: looking at a file's bytes.
 *
 * The files come from anybody, so every offset and count in them is checked against the size of the
 * file before it is used.
 */
#ifndef ESECHECK_SHIMS_LIBRARY_IMAGE_H
#define ESECHECK_SHIMS_LIBRARY_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shims/library/library.h"

struct shim_image {
    const unsigned char *bytes;
    size_t size;
    struct shim_library_info info;
    bool runtime;             /* a library of a sanitizer is needed by name */
    bool seen[SHIM_FN_COUNT]; /* some name of the function is exported */
};

/* Whether the file begins as one of its kind. */
bool shim_image_is_elf(const struct shim_image *image);
bool shim_image_is_pe(const struct shim_image *image);

/* Fill info and seen. Return NULL, or what is wrong with the file ("is a 32-bit library; ..."). */
const char *shim_image_read_elf(struct shim_image *image);
const char *shim_image_read_pe(struct shim_image *image);

/* Notes one exported name. */
void shim_image_export(struct shim_image *image, const char *name);

/* The bytes [offset, offset + size) of the file, or NULL if it does not have them. */
const void *shim_image_at(const struct shim_image *image, uint64_t offset, uint64_t size);
/* The nul-terminated text at `offset`, that ends before `limit`; or NULL. */
const char *shim_image_text(const struct shim_image *image, uint64_t offset, uint64_t limit);

#endif
