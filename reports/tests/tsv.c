#include "reports/tests/tsv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

/* Cuts one line into cells; returns the start of the next line, or NULL. */
static char *cut(char *line, const char **cells, int *count)
{
    char *end = strchr(line, '\n');
    char *next = end != NULL ? end + 1 : NULL;
    if (end != NULL) {
        *end = '\0';
    }
    *count = 0;
    for (char *at = line; at != NULL && *count < TSV_COLUMNS;) {
        cells[(*count)++] = at;
        at = strchr(at, '\t');
        if (at != NULL) {
            *at++ = '\0';
        }
    }
    return next != NULL && *next != '\0' ? next : NULL;
}

struct tsv tsv_read(const char *name)
{
    struct tsv tsv = {0};
    char path[512];
    snprintf(path, sizeof path, "%s/%s", REPORTS_TEST_DATA, name);
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s cannot be opened", path);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    tsv.text = calloc(1, (size_t)size + 1);
    cr_assert_eq(fread(tsv.text, 1, (size_t)size, file), (size_t)size);
    fclose(file);
    size_t lines = 0;
    for (const char *at = tsv.text; *at != '\0'; at++) {
        lines += *at == '\n';
    }
    tsv.row = calloc(lines + 1, sizeof *tsv.row);
    char *line = cut(tsv.text, tsv.title, &tsv.columns);
    while (line != NULL) {
        int count;
        const char **cells = tsv.row[tsv.rows];
        for (int i = 0; i < TSV_COLUMNS; i++) {
            cells[i] = "";
        }
        line = cut(line, cells, &count);
        tsv.rows++;
    }
    return tsv;
}

void tsv_free(struct tsv *tsv)
{
    free(tsv->text);
    free(tsv->row);
}
