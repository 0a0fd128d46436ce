/* fuzz/input.c - see the header. */
#include "fuzz/input.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

long fuzz_read_file(const char *path, uint8_t *bytes, size_t room)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "%s: cannot be opened: %s\n", path, strerror(errno));
        return -1;
    }
    errno = 0;
    size_t size = fread(bytes, 1, room, file);
    int failed = ferror(file);
    if (failed)
        fprintf(stderr, "%s: cannot be read: %s\n", path, strerror(errno));
    fclose(file);
    return failed ? -1 : (long)size;
}
