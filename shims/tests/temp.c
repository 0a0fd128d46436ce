#include "shims/tests/temp.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shims/tests/remove_tree.h"

static char directory[256];

void temp_make(void) {
    const char *base = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%s/shims-XXXXXX", base == NULL ? "/tmp" : base);
    cr_assert_not_null(mkdtemp(directory));
}

void temp_remove(void) {
    remove_tree(directory);
}

const char *temp_path(const char *name) {
    static char paths[4][512];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    return path;
}

const char *temp_write(const char *name, const void *bytes, size_t size) {
    const char *path = temp_path(name);
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
    return path;
}

char *temp_read(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    fseek(file, 0, SEEK_END);
    long length = ftell(file);
    rewind(file);
    char *bytes = malloc((size_t)length + 1);
    cr_assert_eq(fread(bytes, 1, (size_t)length, file), (size_t)length);
    bytes[length] = '\0';
    fclose(file);
    if (size != NULL) {
        *size = (size_t)length;
    }
    return bytes;
}
