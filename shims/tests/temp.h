/* shims/tests/temp.h - a directory per test, removed with everything in it at the end. */
#ifndef ESECHECK_SHIMS_TESTS_TEMP_H
#define ESECHECK_SHIMS_TESTS_TEMP_H

#include <stddef.h>

/* Criterion's .init and .fini. */
void temp_make(void);
void temp_remove(void);
/* directory/name; valid until the fourth call after this one. */
const char *temp_path(const char *name);
/* Writes a file there and returns its path; reads one (to be freed, nul-terminated). */
const char *temp_write(const char *name, const void *bytes, size_t size);
char *temp_read(const char *path, size_t *size);

#endif
