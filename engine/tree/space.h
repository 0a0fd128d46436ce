/*
 * Space of a database: which pages are in use. Page 0 is the file header, page 1 the space page: how many pages the
 * database owns, and the head of the chain of free ones.
 *
 * Allocation and freeing are part of a change group, so an operation that fails gives its pages back. The first of
 * them in a group locks the space until the group ends (see the lock order in engine/cache/cache.h).
 */
#ifndef ESE_TREE_SPACE_H
#define ESE_TREE_SPACE_H

#include "engine/cache/cache.h"

#define ESE_SPACE_PAGE 1

struct ese_space {
    struct ese_mutex lock;
    struct ese_cache *cache;
    struct ese_cache_file *file;
    uint32_t pages_max;                             /* 0 = no bound */
    uint32_t extend_pages;                          /* the file grows by so many */
    uint32_t file_pages;                            /* length of the file; lock */
    _Atomic uint64_t versions;                      /* versions that speak of this database; engine/transaction */
};

JET_ERR ese_space_init(struct ese_space *space, struct ese_cache *cache, struct ese_cache_file *file,
                       uint32_t pages_max, uint32_t extend_pages);
void ese_space_fini(struct ese_space *space);

/* Writes the first space page of a new database, inside a group. */
JET_ERR ese_space_format(struct ese_space *space, struct ese_change *change);

/* A page with zero content but its number. JET_errOutOfDatabaseSpace beyond pages_max; JET_errDiskFull. */
JET_ERR ese_space_alloc(struct ese_space *space, struct ese_change *change, uint32_t *page, unsigned char **data);
JET_ERR ese_space_free(struct ese_space *space, struct ese_change *change, uint32_t page);

/* Owned pages (header and space page included), and how many of them are free. */
JET_ERR ese_space_counts(struct ese_space *space, uint32_t *owned, uint32_t *unused);
/* Makes the file at least this long; *actual is what it has then. */
JET_ERR ese_space_grow(struct ese_space *space, uint32_t pages, uint32_t *actual);

/* Brings the chain of free pages into the order of the file, stretch by stretch, so that what is allocated together lies
 * together. Each stretch is one group; stops when keep_going says so. Any thread. */
JET_ERR ese_space_tidy(struct ese_space *space, bool (*keep_going)(void *arg), void *arg);

/* Fields of the space page, for the checker. */
enum ese_space_field {
    ESE_SPACE_OWNED = ESE_PAGE_BODY,
    ESE_SPACE_FREE_HEAD = ESE_PAGE_BODY + 4,
    ESE_SPACE_FREE_COUNT = ESE_PAGE_BODY + 8,
};

#endif
