/* reports/tests/tsv.h - tables of reference data, tab-separated, with a line of titles. */
#ifndef ESECHECK_REPORTS_TESTS_TSV_H
#define ESECHECK_REPORTS_TESTS_TSV_H

#include <stddef.h>

#define TSV_COLUMNS 24

struct tsv {
    char *text;
    const char *title[TSV_COLUMNS];
    int columns;
    const char *(*row)[TSV_COLUMNS]; /* missing cells are "" */
    size_t rows;
};

/* Reads tests/data/`name`; the test fails if that fails. */
struct tsv tsv_read(const char *name);
void tsv_free(struct tsv *tsv);

#endif
