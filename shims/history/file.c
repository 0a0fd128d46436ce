#include "shims/history/file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int shim_file_write(const char *path, shim_file_writer writer, const void *context, char *error, size_t error_size) {
    const char *failed = NULL;
    const size_t size = strlen(path) + sizeof ".part";
    char *part = malloc(size);
    if (part == NULL) {
        snprintf(error, error_size, "%s: out of memory", path);
        return -1;
    }
    snprintf(part, size, "%s.part", path);
    FILE *out = fopen(part, "wb");
    if (out == NULL) {
        snprintf(error, error_size, "%s: cannot be written: %s", path, strerror(errno));
        free(part);
        return -1;
    }
    errno = 0;
    bool bad = writer(out, context) != 0;
    bad = fflush(out) != 0 || ferror(out) || bad;
    int why = errno;
    if (fclose(out) != 0 && !bad) {
        why = errno;
        bad = true;
    }
    if (bad) {
        failed = "written";
    } else if (shim_replace_file(part, path) != 0) {
        why = errno;
        failed = "put in place";
    }
    if (failed != NULL) {
        remove(part);
        snprintf(error, error_size, "%s: cannot be %s: %s", path, failed, strerror(why != 0 ? why : EIO));
    }
    free(part);
    return failed != NULL ? -1 : 0;
}

static int write_all_of(FILE *out, const void *context) {
    FILE *in = fopen(context, "rb");
    char bytes[65536];
    size_t got;
    if (in == NULL) {
        return -1;
    }
    while ((got = fread(bytes, 1, sizeof bytes, in)) > 0 && fwrite(bytes, 1, got, out) == got) {
    }
    int result = ferror(in) != 0 ? -1 : 0;
    fclose(in);
    return result;
}

int shim_file_copy(const char *from, const char *to, char *error, size_t error_size) {
    return shim_file_write(to, write_all_of, from, error, error_size);
}
