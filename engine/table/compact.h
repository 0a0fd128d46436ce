/*
 * Copying a database into a new file without its holes: every tree is built anew from its keys in order, so leaves are full
 * and lie one behind the other. Objects, columns and long values keep their identifiers; the copy gets a
 * signature of its own.
 */
#ifndef ESE_TABLE_COMPACT_H
#define ESE_TABLE_COMPACT_H

#include <stdbool.h>
#include <stdint.h>

#include <esent.h>

#include "engine/table/database.h"
#include "engine/transaction/entry.h"

enum ese_compact_part { ESE_COMPACT_RECORDS, ESE_COMPACT_INDEX, ESE_COMPACT_LONG_VALUES };

/* What was copied of one tree. */
struct ese_compact_tree {
    enum ese_compact_part part;
    const char *name;                               /* of the table or index; "" for long values */
    uint64_t entries, bytes, pages;
};

struct ese_compact {
    bool repair;                                    /* leave out what cannot be read */
    /* All may be NULL. Their errors end the copy and are handed back. */
    JET_ERR (*progress)(void *arg, uint32_t done, uint32_t total); /* pages of the source, from 0 to total */
    JET_ERR (*copied)(void *arg, const struct ese_compact_tree *tree);
    JET_ERR (*check)(void *arg);                    /* asked while secondary indexes are built */
    void *arg;
};

/* The caller keeps everybody else out of the source. The new file is closed and clean; on failure there is none.
 * JET_errDatabaseDuplicate (there is a file of that name), JET_errInvalidPath, JET_errDiskFull, errors of reading the
 * source (without repair). One copy of a store at a time; further callers wait. */
JET_ERR ese_database_compact(struct ese_trx *trx, struct ese_database *source, const char *path,
                             const struct ese_compact *how);

#endif
