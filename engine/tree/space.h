/*
 * Space of a database: which pages are in use. Pages 0 and 1 are the file header and its copy. The pages come in stretches of
 * ESE_SPACE_STRETCH(page size) pages, and each stretch has a map of its free pages: the first in page 2, the others in
 * their own first page. A map page holds
 *
 *   pages owned u32 (page 2 only) | free pages in the stretch u32 | first page of the stretch u32 | 0 u32 | a bit per page
 *
 * with the lowest bit of the first byte for the first page; a set bit is a free page. Pages from `owned` on are not in use and
 * have no bits set; what the file is longer than that is room to grow. The content of a free page does not matter and
 * is never looked at.
 *
 * Allocation (the lowest free page first, so that a file keeps its end free) and freeing are part of a change group, so an
 * operation that fails gives its pages back. The first of them in a group locks the space until the group ends (see
 * the lock order in engine/cache/cache.h).
 */
#ifndef ESE_TREE_SPACE_H
#define ESE_TREE_SPACE_H

#include "engine/cache/cache.h"

#define ESE_SPACE_PAGE 2

struct ese_space {
    struct ese_mutex lock;
    struct ese_mutex resizing;                      /* one shrink at a time; outside of lock */
    struct ese_cache *cache;
    struct ese_cache_file *file;
    uint32_t pages_max;                             /* 0 = no bound */
    const _Atomic uint32_t *extend_pages;           /* the file grows by so many; may change at any time */
    uint32_t file_pages;                            /* length of the file; lock */
    uint32_t lowest;                                /* no page before it is free; lock */
    _Atomic uint64_t versions;                      /* versions that speak of this database; engine/transaction */
};

JET_ERR ese_space_init(struct ese_space *space, struct ese_cache *cache, struct ese_cache_file *file,
                       uint32_t pages_max, const _Atomic uint32_t *extend_pages);
void ese_space_fini(struct ese_space *space);

/* Writes the first space page of a new database, inside a group. */
JET_ERR ese_space_format(struct ese_space *space, struct ese_change *change);

/* A page with zero content but its number. JET_errOutOfDatabaseSpace beyond pages_max; JET_errDiskFull. */
JET_ERR ese_space_alloc(struct ese_space *space, struct ese_change *change, uint32_t *page, unsigned char **data);
JET_ERR ese_space_free(struct ese_space *space, struct ese_change *change, uint32_t page);

/* Pages in the file that are the database's (headers and maps included); how many of them are free, those behind the
 * last one ever used among them. */
JET_ERR ese_space_counts(struct ese_space *space, uint32_t *owned, uint32_t *unused);
/* The first page that is not the database's: no tree has it or one behind it. */
JET_ERR ese_space_end(struct ese_space *space, uint32_t *end);
/* Makes the file at least this long; *actual is what it has then. JET_errOutOfDatabaseSpace. */
JET_ERR ese_space_grow(struct ese_space *space, uint32_t pages, uint32_t *actual);
/* Cuts free pages off the end of the file until it has `pages` or ends with a page in use; *actual is what it has then.
 * Pages in the group of somebody else count as used. Any thread, no lock held: it writes dirty pages. */
JET_ERR ese_space_shrink(struct ese_space *space, uint32_t pages, uint32_t *actual);

/* ---- layout, for the checker ------------------------------------------------------------------------------ */

enum ese_space_field {
    ESE_SPACE_OWNED = ESE_PAGE_BODY,
    ESE_SPACE_FREE_COUNT = ESE_PAGE_BODY + 4,
    ESE_SPACE_FIRST = ESE_PAGE_BODY + 8,
    ESE_SPACE_BITS = ESE_PAGE_BODY + 16,
};

#define ESE_SPACE_STRETCH(page_size) ((page_size) * 4u)

/* The map page of the stretch a page lies in. */
static inline uint32_t ese_space_map_page(uint32_t page_size, uint32_t page)
{
    uint32_t first = page - page % ESE_SPACE_STRETCH(page_size);
    return first != 0 ? first : ESE_SPACE_PAGE;
}

#endif
