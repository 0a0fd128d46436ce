/*
 * Database files: create, attach, detach. A database object exists from create/attach to detach; its file is locked
 * for that time, so no second instance (of any process) can have it.
 *
 * All functions may be called from any thread; create, attach and detach of one store are serialised inside.
 * Paths are UTF-8 and made absolute here.
 */
#ifndef ESE_TABLE_DATABASE_H
#define ESE_TABLE_DATABASE_H

#include <stdbool.h>
#include <stdint.h>

#include <esent.h>

#include "engine/table/header.h"
#include "engine/table/store.h"

/* JET_errDatabaseDuplicate when the file exists (unless JET_bitDbOverwriteExisting), JET_errTooManyAttachedDatabases,
 * JET_errInvalidPath, JET_errDiskFull ... A failed create leaves no file behind. max_pages 0 = no bound (later
 * growth beyond it: JET_errOutOfDatabaseSpace). */
JET_ERR ese_database_create(struct ese_store *store, const char *path, uint32_t max_pages, JET_GRBIT grbit,
                            struct ese_database **database);

/* JET_wrnDatabaseAttached (with *database set) when this store has it attached already. JET_errFileNotFound,
 * JET_errDatabaseSharingViolation (another instance has it), JET_errDatabaseDirtyShutdown,
 * JET_errDatabaseCorrupted (no copy of the header can be read), JET_errPageSizeMismatch, JET_errTooManyAttachedDatabases.
 * With JET_bitDbReadOnly the file is never written. */
JET_ERR ese_database_attach(struct ese_store *store, const char *path, uint32_t max_pages, JET_GRBIT grbit,
                            struct ese_database **database);

/* Versions are cleaned, pages flushed, header marked clean, object freed. JET_errDatabaseInUse when it is pinned, a
 * cursor is open, or an open transaction changed it. After any other error the object is gone as well and
 * the file is left dirty. */
JET_ERR ese_database_detach(struct ese_database *database);

/* By path; JET_errDatabaseNotFound when it is not attached. */
JET_ERR ese_database_find(struct ese_store *store, const char *path, struct ese_database **database);
struct ese_database *ese_database_by_id(struct ese_store *store, uint32_t id); /* NULL when there is none */

/* A pin per JetOpenDatabase keeps the database from being detached. ese_database_find_pin does both under one lock. */
void ese_database_pin(struct ese_database *database);
void ese_database_unpin(struct ese_database *database);
JET_ERR ese_database_find_pin(struct ese_store *store, const char *path, struct ese_database **database);
uint32_t ese_database_pins(struct ese_database *database);

uint32_t ese_database_id(const struct ese_database *database);       /* 1..6: use it as JET_DBID */
const char *ese_database_path(const struct ese_database *database);  /* absolute */
bool ese_database_read_only(const struct ese_database *database);
uint32_t ese_database_page_count(struct ese_database *database);     /* owned pages */
uint32_t ese_database_free_pages(struct ese_database *database);     /* of these, unused */
uint64_t ese_database_file_size(struct ese_database *database);      /* bytes */
uint64_t ese_database_size_on_disk(struct ese_database *database);   /* bytes; holes do not count */
JET_ERR ese_database_flush(struct ese_database *database);           /* dirty pages to the file, synced */
/* Makes the file at least this many pages long; *actual is what it has then. */
JET_ERR ese_database_grow(struct ese_database *database, uint32_t pages, uint32_t *actual);

/* What the header says now; of an attached database, and of a file whoever has it. */
void ese_database_header(struct ese_database *database, struct ese_header *header);
struct ese_database_file_info { uint32_t page_count; uint64_t file_size, size_on_disk; struct ese_header header; };

/* Notes in the header that a backup that has it was completed; written at once. A full one forgets what was added to the
 * one before; the last two, snapshots that truncate nothing, change what is noted of no other kind. */
enum ese_backup_kind { ESE_BACKUP_FULL, ESE_BACKUP_INCREMENTAL, ESE_BACKUP_FULL_COPY, ESE_BACKUP_DIFFERENTIAL };
JET_ERR ese_database_backed_up(struct ese_database *database, const JET_BKINFO *info, enum ese_backup_kind kind);
/* Pages of the file as a backup takes them while others write: each of them as it was at some moment, headers with the
 * mark of the backup in `copy` and the pages it takes, what is behind the end of the file zero.
 * JET_errReadVerifyFailure: one is damaged. */
JET_ERR ese_database_read_copy(struct ese_database *database, uint32_t first, uint32_t count, const JET_BKINFO *mark,
                               uint32_t pages, unsigned char *data);
/* Every page of the file is intact or was never written; else JET_errReadVerifyFailure. Nobody else uses the database, and
 * nothing is waiting to be written. */
JET_ERR ese_database_check_pages(struct ese_database *database);

/* Cuts free pages off the end of the file, as far as that goes, down to this many pages; *actual is what it has then. */
JET_ERR ese_database_shrink(struct ese_database *database, uint32_t pages, uint32_t *actual);
/* The same as grow for a file nobody has attached: JET_errDatabaseDirtyShutdown, JET_errFileAccessDenied. */
JET_ERR ese_database_file_grow(const char *path, uint32_t pages, uint32_t *actual);

JET_ERR ese_database_file_info(const char *path, struct ese_database_file_info *info);
JET_ERR ese_database_file_sizes(const char *path, struct ese_database_file_info *info); /* no more than sizes: of any file */
JET_ERR ese_file_type(const char *path, uint32_t *type); /* JET_filetype...; none of the engine's, or damaged: Unknown */

/*
 * For recovery: the database of a create or attach record, under the record's id. created: the file is made when it is missing,
 * unreadable, or left by a create that did not end; it says NEW until the attach record that ends the create asks for
 * the same database again. A database that still says NEW when it is closed is removed. JET_errFileNotFound,
 * JET_errPageSizeMismatch, JET_errBadDbSignature (another database has the name), what ese_header_read brings. A clean file is
 * marked dirty.
 */
JET_ERR ese_database_open_for_recovery(struct ese_store *store, const struct ese_log_database *info, bool created,
                                       struct ese_database **database);

#endif
