/*
 * Checks a database file page by page, without the engine: header, checksums, trees (order of keys, separators, links
 * between leaves), records, long values (none missing, none that no record names, no gaps), indexes (every entry
 * has its record, every record its entries), free pages, and that every
 * page is in exactly one place.
 */
#ifndef ESE_VERIFY_VERIFY_H
#define ESE_VERIFY_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

enum ese_verdict { ESE_VERIFY_GOOD, ESE_VERIFY_DAMAGED, ESE_VERIFY_UNREADABLE };

struct ese_verify_report {
    char message[512];                              /* what is wrong, for people; empty when nothing is */
    bool dirty;                                     /* not closed cleanly: pages may be older than the log */
    uint32_t page_size, pages, free_pages, lost_pages, trees;
    uint64_t records;                               /* nodes of all trees that are not flagged deleted */
};

/* lost pages (in no tree and not free, from a crash between two steps) are counted, not damage. */
enum ese_verdict ese_verify_file(const char *path, struct ese_verify_report *report);

#endif
