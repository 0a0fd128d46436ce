/*
 * The storage of one instance: version store, page cache, up to six databases, and the background thread. The instance
 * floor makes one at JetInit and closes it at JetTerm. Nothing here knows sessions, handles or gates.
 */
#ifndef ESE_TABLE_STORE_H
#define ESE_TABLE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include <esent.h>

#include "engine/log/log.h"
#include "engine/transaction/transaction.h"

#define ESE_DATABASE_MAX 6                          /* user databases of an instance, ids 1..6 */
#define ESE_DATABASE_TEMP 7                         /* id of the temporary one */
#define ESE_DATABASE_COPY 8                         /* of the one a compaction makes */

struct ese_store;
struct ese_database;

struct ese_store_config {
    uint32_t page_size;                             /* 2048, 4096, 8192, 16384 or 32768 bytes */
    uint32_t cache_pages;                           /* pages kept at most; 0 = default */
    uint32_t extend_pages;                          /* growth of a database file; 0 = default */
    uint64_t version_bytes;                         /* bound of the version store; 0 = none */
    uint64_t checkpoint_depth;                      /* bytes of log a recovery may have to redo; of dirty pages without log */
    uint32_t open_tables;                           /* tables that may be open at a time; 0 = no bound */
    const char *temp_path;                          /* file of the temporary database; NULL: no temporary tables */
    uint32_t temp_sorts;                            /* unmaterialised temporary tables at a time; 0: none at all */
    uint32_t temp_pages;                            /* first size of that file; 0 = default */
    bool temp_unversioned;                          /* temporary tables do not follow transactions */
    bool persisted_callbacks;                       /* those that are kept with tables are looked up and called */
    JET_CALLBACK runtime_callback;                  /* JET_paramRuntimeCallback; may be NULL */
    void (*on_fatal)(void *arg, JET_ERR cause);     /* storage became unusable; may be NULL */
    void *arg;
};

enum ese_close_mode {
    ESE_CLOSE_COMPLETE,                             /* version clean-up, flush, databases clean */
    ESE_CLOSE_ABRUPT,                               /* no version clean-up beyond what cleanliness needs */
    ESE_CLOSE_DIRTY,                                /* nothing is written any more; databases stay dirty */
};

JET_ERR ese_store_open(const struct ese_store_config *config, struct ese_store **store);

/* Ends the background thread, closes all databases and frees the store, whatever is returned: the first error met.
 * JET_errDirtyShutdown for ESE_CLOSE_DIRTY. Every ese_trx must be at level 0 with its cursors closed, except for
 * ESE_CLOSE_DIRTY, where open transactions are abandoned (their ese_trx must not be used again). */
JET_ERR ese_store_close(struct ese_store *store, enum ese_close_mode mode);

/* From now on everything is logged; the store closes the log with itself. Call it before the store has databases. */
void ese_store_set_log(struct ese_store *store, struct ese_log *log);
struct ese_log *ese_store_log(struct ese_store *store);     /* NULL: unlogged */

struct ese_vstore *ese_store_versions(struct ese_store *store);
uint32_t ese_store_page_size(struct ese_store *store);

/* Asks the background thread for a round of version clean-up; returns at once. */
void ese_store_signal_cleanup(struct ese_store *store);
/* Between the two the background thread is asked, but not woken: once, at the end. */
void ese_store_quiet(struct ese_store *store, bool quiet);
/* New growth of the database files, in pages; 0 = default. Takes effect when a file grows next. */
void ese_store_set_extension(struct ese_store *store, uint32_t pages);
/* New checkpoint depth (see the config); flushing what it does not allow begins in the background. Returns at once. */
void ese_store_set_checkpoint_depth(struct ese_store *store, uint64_t bytes);
/* Pages the cache keeps at most, and keeps now. The first takes effect in the background. */
void ese_store_set_cache_limit(struct ese_store *store, uint32_t pages);
uint32_t ese_store_cache_pages(struct ese_store *store);
uint64_t ese_store_dirty_bytes(struct ese_store *store);
/* Makes what is logged durable. */
void ese_store_write_log(struct ese_store *store);
/* Writes and syncs every dirty page now. */
JET_ERR ese_store_flush(struct ese_store *store);

/* Nothing of the log and of the databases changes on the disk until the thaw, the temporary database excepted: who would write
 * waits. What is there then is what a crash at this moment would leave: everything that was durable before, and recovery
 * makes databases of it. roll, *last, errors: ese_log_freeze. Only for a store with a log; not while a database is created,
 * attached or detached. */
JET_ERR ese_store_freeze(struct ese_store *store, bool roll, uint32_t *last);
void ese_store_thaw(struct ese_store *store);
/* Instead of a thaw, before a close that is dirty: who waits fails, and nothing is written any more. */
void ese_store_stay_frozen(struct ese_store *store);

#endif
