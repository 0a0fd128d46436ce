/*
 * eseverify FILE: is this database file sound? One line on stdout (good) or stderr (not). Exit code: 0 sound, 1 damaged,
 * 2 wrong usage or the file cannot be opened.
 */
#include <stdio.h>
#include <string.h>

#include "engine/verify/verify.h"

int main(int argc, char **argv)
{
    struct ese_verify_report report;
    if (argc != 2 || strcmp(argv[1], "--help") == 0) {
        FILE *out = argc == 2 ? stdout : stderr;
        fprintf(out, "usage: eseverify FILE\nChecks a database file of the reference engine; exit code 0 sound, "
                     "1 damaged, 2 usage.\n");
        return argc == 2 ? 0 : 2;
    }
    switch (ese_verify_file(argv[1], &report)) {
    case ESE_VERIFY_GOOD:
        printf("%s: sound: %u pages of %u bytes, %u free, %u lost, %u trees, %u being dropped, %llu records%s\n", argv[1], report.pages,
               report.page_size, report.free_pages, report.lost_pages, report.trees, report.dropping,
               (unsigned long long)report.records, report.dirty ? "; not closed cleanly" : "");
        return 0;
    case ESE_VERIFY_DAMAGED:
        fprintf(stderr, "%s: %s\n", argv[1], report.message);
        return 1;
    default:
        fprintf(stderr, "%s: %s\n", argv[1], report.message);
        return 2;
    }
}
