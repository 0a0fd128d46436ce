/* file.c - scripts from files. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/language/language.h"

typedef struct scn_plan *parse_text(const char *file, const char *text, size_t size, char *error, size_t error_size);

static struct scn_plan *parse_file(parse_text *parse, const char *path, char *error, size_t error_size)
{
    struct scn_plan *plan = NULL;
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t size;

    if (!file) {
        snprintf(error, error_size, "%s: cannot be opened: %s", path, strerror(errno));
        return NULL;
    }
    text = malloc(SCN_MAX_FILE + 1);
    if (!text) {
        snprintf(error, error_size, "%s: out of memory", path);
        goto done;
    }
    /* One byte more than allowed tells a file that is too large. */
    size = fread(text, 1, SCN_MAX_FILE + 1, file);
    if (ferror(file)) {
        snprintf(error, error_size, "%s: cannot be read: %s", path, strerror(errno));
        goto done;
    }
    if (size >= 4 && (memcmp(text, "\177ELF", 4) == 0 || memcmp(text, "MZ", 2) == 0)) {
        snprintf(error, error_size, "%s: a program, not a script; what explores programs is `esecheck explore -- %s`", path,
                 path);
        goto done;
    }
    if (size > SCN_MAX_FILE) {
        snprintf(error, error_size, "%s: larger than %d bytes, the most a script may have", path,
                 SCN_MAX_FILE);
        goto done;
    }
    plan = parse(path, text, size, error, error_size);
done:
    free(text);
    fclose(file);
    return plan;
}

struct scn_plan *scn_parse_file(const char *path, char *error, size_t error_size)
{
    return parse_file(scn_parse, path, error, error_size);
}

struct scn_plan *scn_parse_placed_file(const char *path, char *error, size_t error_size)
{
    return parse_file(scn_parse_placed, path, error, error_size);
}
