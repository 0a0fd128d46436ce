/*
 * What the storage floors tell a log, and what they ask of it: the seam between engine/cache, engine/transaction
 * (below) and whoever writes log files (above). Without hooks the engine runs unlogged: nothing is recovered after
 * a crash, and a database that was not closed cleanly is refused at attach.
 *
 * Order of things
 *   - One change group = everything one storage operation did to pages, atomic for recovery: page images before and
 *     after, and (when a transaction can undo it) the undo note. `change` runs before any of the pages may be
 *     written to the database file; the position it returns is stored in every page of the group.
 *   - A page is written only after flush_to(position of the page) has succeeded (write-ahead rule).
 *   - commit runs after all change groups of the transaction and before anybody sees its result.
 *
 * Hooks are called from many threads at once, with pages in the middle of their change: they must not call back into the engine.
 */
#ifndef ESE_LOG_LOG_H
#define ESE_LOG_LOG_H

#include <stdint.h>

#include <esent.h>

typedef uint64_t ese_lsn;                           /* a log position; grows; 0 = never logged */

struct ese_log_page {
    uint32_t page;                                  /* number of the page in the database */
    const void *before, *after;                     /* page_size bytes; before is NULL for a page newly made */
};

enum ese_log_undo_kind { ESE_UNDO_NONE, ESE_UNDO_INSERT, ESE_UNDO_REPLACE, ESE_UNDO_DELETE, ESE_UNDO_NEW_TREE,
                         ESE_UNDO_DROP_TREE, ESE_UNDO_COMPENSATE /* the group is itself the undo of an earlier one */ };

struct ese_log_undo {
    uint64_t transaction;                           /* ese_trx_id() */
    enum ese_log_undo_kind kind;
    uint32_t root;                                  /* root page of the tree the key lives in */
    const void *key; uint32_t key_size;
    const void *before; uint32_t before_size;       /* data of the record before the change */
};

struct ese_log_change {
    uint32_t database;                              /* 1..6 */
    uint32_t page_size;
    const struct ese_log_page *pages; uint32_t page_count;
    const struct ese_log_undo *undo;                /* NULL: nothing to undo logically */
};

struct ese_log_hooks {
    JET_ERR (*change)(void *ctx, const struct ese_log_change *change, ese_lsn *position);
    JET_ERR (*flush_to)(void *ctx, ese_lsn position);
    JET_ERR (*commit)(void *ctx, uint64_t transaction, JET_GRBIT grbit);
    JET_ERR (*rollback_done)(void *ctx, uint64_t transaction);
    JET_ERR (*attach)(void *ctx, uint32_t database, const char *path, int created);
    JET_ERR (*detach)(void *ctx, uint32_t database, const char *path);
};

/* What the storage floors carry around; hooks == NULL means unlogged. */
struct ese_log { const struct ese_log_hooks *hooks; void *ctx; };

#endif
