/*
 * Checks a database file page by page, without the engine: header, checksums, trees (order of keys, separators, links
 * between leaves), records, long values (none missing, none that no record names, no gaps), indexes (every entry
 * has its record, every record its entries), free pages, trees being dropped, and that every page is in exactly one place.
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
    uint32_t dropping;                              /* trees whose end was begun; whoever opens the database finishes it */
    uint64_t records;                               /* nodes of all trees that are not flagged deleted */
};

/* Lost pages are in no tree, of no drop under way, and not free: damage, unless the file is dirty, where the log may know. */
enum ese_verdict ese_verify_file(const char *path, struct ese_verify_report *report);

#endif
