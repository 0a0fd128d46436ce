/*
 * Temporary tables: sorts and lists that belong to one session and live as long as a cursor on them is open.
 *
 * A table begins in the insert phase: records go in and nothing can be read. The first move or seek ends it
 * (ese_temp_end_insert). A sort that was not asked to be updatable can then only be read; any other table is
 * materialised and works like an ordinary one without a name. A definition that needs it (no key column, long values, the
 * ForceMaterialization bit) is materialised from the beginning.
 *
 * They lie in the temporary database of the instance, a file that is made by the first of them, never logged, removed
 * when the store closes, and what a crash left of it when the next store opens. Records put in during the insert phase
 * stay whatever becomes of the transaction; those of a materialised table follow it, unless the store was told not to
 * version temporary tables.
 *
 * Thread safety: as cursors, with the session serialised; different sessions at once.
 */
#ifndef ESE_TABLE_TEMP_H
#define ESE_TABLE_TEMP_H

#include <stdbool.h>
#include <stdint.h>

#include <esent.h>

#include "engine/table/cursor.h"
#include "engine/table/store.h"

struct ese_temp_def {
    const JET_COLUMNDEF *columns;                   /* coltyp, cp, cbMax, and of grbit: Fixed, Tagged, TTKey, TTDescending */
    uint32_t count;
    JET_GRBIT grbit;                                /* JET_bitTT... */
    uint32_t key_most;                              /* 0 = JET_cbKeyMost_OLD (255); with keep_all the most there is */
    uint32_t var_seg_most;                          /* 0 = key_most */
    const char *locale;                             /* NULL: the default */
    uint32_t lcid;                                  /* 0: the default; used when there is no name */
    uint32_t map_flags;                             /* 0: the default */
    bool keep_all;                                  /* a sort drops no record whose key, cut at its length, is there already */
};

enum ese_temp_phase { ESE_TEMP_INSERT, ESE_TEMP_SORTED, ESE_TEMP_TABLE };

/* Opens a new temporary table; columnids has room for def->count of them, *cursor stands before the first record.
 * JET_errTooManySorts (the store allows no such tables), JET_errCannotMaterializeForwardOnlySort, JET_errInvalidColumnType,
 * JET_errInvalidCodePage, JET_errTooManyColumns, JET_errInvalidParameter (key sizes), JET_errInvalidLanguageId,
 * JET_errInvalidLCMapStringFlags, JET_errFileAccessDenied, JET_errOutOfMemory, JET_errDiskFull. */
JET_ERR ese_temp_open(struct ese_store *store, struct ese_trx *trx, const struct ese_temp_def *def,
                      JET_COLUMNID *columnids, struct ese_cursor **cursor);

bool ese_cursor_is_temp(const struct ese_cursor *cursor);
enum ese_temp_phase ese_temp_phase(const struct ese_cursor *cursor);
JET_GRBIT ese_temp_grbit(const struct ese_cursor *cursor);
uint64_t ese_temp_records(const struct ese_cursor *cursor); /* put in so far, removed duplicates not counted */

/* Ends the insert phase; nothing to do in the others. */
void ese_temp_end_insert(struct ese_cursor *cursor);

/* One record, put in with the cursor (insert, set columns, update): values[i] belongs to columnids[i]. A NULL data is
 * NULL; size 0 with data is a value of no length. */
struct ese_temp_value { const void *data; uint32_t size; };
JET_ERR ese_temp_add(struct ese_cursor *cursor, const JET_COLUMNID *columnids, const struct ese_temp_value *values,
                     uint32_t count);
/* For those who hand a list out: ends the insert phase and stands on the first record; success too when it is empty. */
JET_ERR ese_temp_finish(struct ese_cursor *cursor);

#endif
