/*
 * Cursors: navigation, keys, reading and changing records. A cursor belongs to one ese_trx (session) and is used only
 * with that session serialised. Errors are the documented ones of the JetXxx function of the same name.
 *
 * The cursor remembers its record by key, not by page, so other sessions' work never moves it. At level 0 every call
 * sees what is committed at that moment; inside a transaction, the snapshot.
 */
#ifndef ESE_TABLE_CURSOR_H
#define ESE_TABLE_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include <esent.h>

#include "engine/table/table.h"

/* JET_errObjectNotFound, JET_errInvalidName, JET_errTableLocked (somebody denies reading or writing, or the caller wants
 * to deny and others have it open), JET_errTableInUse (the table is being deleted). grbit: JET_bitTableDenyRead,
 * DenyWrite, ReadOnly, Updatable, Sequential, PermitDDL, Preread, NoCache; others, PermitDDL without DenyRead, and ReadOnly
 * with DenyRead or Updatable: JET_errInvalidGrbit. The cursor stands before the first record. */
JET_ERR ese_cursor_open(struct ese_trx *trx, struct ese_database *database, const char *table, JET_GRBIT grbit,
                        struct ese_cursor **cursor);
/* The copy may write when the cursor may; locks of the table stay with the cursor. */
JET_ERR ese_cursor_dup(struct ese_cursor *cursor, JET_GRBIT grbit, struct ese_cursor **copy);
void ese_cursor_close(struct ese_cursor *cursor);   /* a prepared update is cancelled */

bool ese_cursor_is_updatable(const struct ese_cursor *cursor);       /* neither it nor its database is read-only */
unsigned ese_cursor_level(const struct ese_cursor *cursor);          /* transaction level it was opened at */
struct ese_trx *ese_cursor_trx(const struct ese_cursor *cursor);
struct ese_database *ese_cursor_database(const struct ese_cursor *cursor);
void *ese_cursor_owner(const struct ese_cursor *cursor);             /* whatever the API floor hung on it */
void ese_cursor_set_owner(struct ese_cursor *cursor, void *owner);
struct ese_cursor *ese_cursor_next(const struct ese_cursor *cursor); /* next in trx->cursors; NULL at the end */

/* ---- changing records ------------------------------------------------------------------------------------ */

/* prep: JET_prepInsert, Replace, Cancel, ReplaceNoLock, InsertCopy, InsertCopyDeleteOriginal.
 * JET_errAlreadyPrepared, JET_errUpdateNotPrepared (Cancel), JET_errNoCurrentRecord, JET_errRecordDeleted,
 * JET_errWriteConflict, JET_errPermissionDenied (read-only cursor), JET_errNotInTransaction (Replace with a lock at level
 * 0), JET_errTransReadOnly, JET_errInvalidParameter. */
JET_ERR ese_cursor_prepare(struct ese_cursor *cursor, uint32_t prep);

/* data NULL with size 0 sets NULL, or a zero-length value with JET_bitSetZeroLength (text and binary types only).
 * setinfo may be NULL (itagSequence 1, ibLongValue 0). JET_errUpdateNotPrepared, JET_errColumnNotFound,
 * JET_errInvalidBufferSize, JET_errColumnNotUpdatable, JET_errNullInvalid (at update), JET_errColumnTooBig,
 * JET_errRecordTooBig, JET_errBadItagSequence, JET_errInvalidgrbit, JET_wrnColumnMaxTruncated. */
JET_ERR ese_cursor_set_column(struct ese_cursor *cursor, JET_COLUMNID columnid, const void *data, uint32_t size,
                              JET_GRBIT grbit, const JET_SETINFO *setinfo);
/* One after the other up to the first error; their err is filled. Returns the error, or what the last one said. */
JET_ERR ese_cursor_set_columns(struct ese_cursor *cursor, JET_SETCOLUMN *columns, uint32_t count);

/* Ends the prepared update. bookmark (may be NULL, size 0) gets the record's bookmark; JET_errBufferTooSmall is found
 * out before anything is changed. After JET_errKeyDuplicate, JET_errNullInvalid, JET_errRecordTooBig ... the update
 * stays prepared. An insert does not move the cursor. */
JET_ERR ese_cursor_update(struct ese_cursor *cursor, void *bookmark, uint32_t size, uint32_t *actual);
JET_ERR ese_cursor_delete(struct ese_cursor *cursor);
/* JET_bitReadLock or JET_bitWriteLock. */
JET_ERR ese_cursor_lock(struct ese_cursor *cursor, JET_GRBIT grbit);
/* Adds *delta to an escrow column of the current record; *old (may be NULL, size 0): the stored number before. Sizes are that of
 * the column. JET_errNotInTransaction, JET_errPermissionDenied, JET_errTransReadOnly, JET_errAlreadyPrepared,
 * JET_errNoCurrentRecord, JET_errColumnNotFound, JET_errInvalidOperation (no such column), JET_errInvalidBufferSize,
 * JET_errWriteConflict, JET_errSessionWriteConflict (another cursor of the session has an update of the record prepared). */
JET_ERR ese_cursor_escrow(struct ese_cursor *cursor, JET_COLUMNID columnid, const void *delta, uint32_t size,
                          void *old, uint32_t old_size, uint32_t *actual, JET_GRBIT grbit);
/* JET_errWriteConflict when an update of the current record is known to give that, JET_errNoCurrentRecord. */
JET_ERR ese_cursor_check_conflict(struct ese_cursor *cursor);
bool ese_cursor_is_prepared(const struct ese_cursor *cursor);

/* ---- reading records ------------------------------------------------------------------------------------- */

/* actual may be NULL. Returns JET_wrnColumnNull, JET_wrnBufferTruncated (actual = the full size), JET_errNoCurrentRecord,
 * JET_errRecordDeleted, JET_errColumnNotFound, JET_errBadItagSequence ... grbit: JET_bitRetrieve...; retinfo may be NULL. */
JET_ERR ese_cursor_retrieve(struct ese_cursor *cursor, JET_COLUMNID columnid, void *data, uint32_t size,
                            uint32_t *actual, JET_GRBIT grbit, JET_RETINFO *retinfo);
JET_ERR ese_cursor_retrieve_columns(struct ese_cursor *cursor, JET_RETRIEVECOLUMN *columns, uint32_t count);
/* All columns of the record, or those asked for. What is handed out comes from `allocate`; after an error it has gone back, except
 * for JET_errBadColumnId and JET_errColumnNotFound, which stand at their columns. See the page of JetEnumerateColumns. */
struct ese_enumeration {
    const JET_ENUMCOLUMNID *ids; uint32_t id_count; /* 0: all */
    JET_PFNREALLOC allocate; void *context;
    uint32_t most;                                  /* of a long value; 0: nothing of it */
    JET_GRBIT grbit;
    JET_ENUMCOLUMN *columns; uint32_t count;        /* the answer */
};
JET_ERR ese_cursor_enumerate(struct ese_cursor *cursor, struct ese_enumeration *enumeration);
/* Bytes the current record (or with JET_bitRecordSizeInCopyBuffer the prepared one) takes. */
JET_ERR ese_cursor_record_size(struct ese_cursor *cursor, JET_RECSIZE2 *size, JET_GRBIT grbit);

/* ---- callbacks and local storage ------------------------------------------------------------------------- */

/* Callbacks belong to the table, whoever registered them, until it leaves memory. JET_errInvalidParameter: no type, no
 * function, no such id. */
JET_ERR ese_cursor_register_callback(struct ese_cursor *cursor, JET_CBTYP types, JET_CALLBACK function, void *context,
                                     uint64_t *id);
JET_ERR ese_cursor_unregister_callback(struct ese_cursor *cursor, JET_CBTYP types, uint64_t id);
/* grbit: JET_bitLS...; JET_errLSCallbackNotSpecified, JET_errLSAlreadySet, JET_errLSNotSet, JET_errInvalidGrbit. */
JET_ERR ese_cursor_set_ls(struct ese_cursor *cursor, JET_LS ls, JET_GRBIT grbit);
JET_ERR ese_cursor_get_ls(struct ese_cursor *cursor, JET_LS *ls, JET_GRBIT grbit);

/* ---- navigation ------------------------------------------------------------------------------------------ */

/* rows: JET_MoveFirst, JET_MoveLast, JET_MoveNext, JET_MovePrevious, 0, or any distance. grbit JET_bitMoveKeyNE.
 * JET_errNoCurrentRecord beyond either end (the cursor then stands before the first or after the last). */
JET_ERR ese_cursor_move(struct ese_cursor *cursor, int32_t rows, JET_GRBIT grbit);

JET_ERR ese_cursor_make_key(struct ese_cursor *cursor, const void *data, uint32_t size, JET_GRBIT grbit);
JET_ERR ese_cursor_seek(struct ese_cursor *cursor, JET_GRBIT grbit);
JET_ERR ese_cursor_set_range(struct ese_cursor *cursor, JET_GRBIT grbit);
JET_ERR ese_cursor_reset_range(struct ese_cursor *cursor);
/* The key of the current record, or with JET_bitRetrieveCopy the one made with make_key. */
JET_ERR ese_cursor_retrieve_key(struct ese_cursor *cursor, void *data, uint32_t size, uint32_t *actual,
                                JET_GRBIT grbit);

/* Counts from the current record forward, at most limit (0 = all). check(arg) (may be NULL) is asked before every entry,
 * with no latch held; its error ends the call. *count is right for what was counted, also on error; 0 where there is nothing.
 * JET_errNoCurrentRecord elsewhere than on a record; JET_errFilteredMoveNotSupported. */
JET_ERR ese_cursor_count(struct ese_cursor *cursor, uint64_t limit, JET_ERR (*check)(void *arg), void *arg,
                         uint64_t *count);

JET_ERR ese_cursor_get_bookmark(struct ese_cursor *cursor, void *bookmark, uint32_t size, uint32_t *actual);
JET_ERR ese_cursor_goto_bookmark(struct ese_cursor *cursor, const void *bookmark, uint32_t size);

/* The same for the entry of the current secondary index: its key and the record's bookmark. JET_errNoCurrentIndex on the
 * clustered one, JET_errBufferTooSmall (both are filled as far as they go), JET_errInvalidBookmark, JET_errRecordDeleted
 * (with JET_bitBookmarkPermitVirtualCurrency the cursor stands where the entry would be). */
JET_ERR ese_cursor_get_secondary_bookmark(struct ese_cursor *cursor, void *key, uint32_t key_room, uint32_t *key_size,
                                          void *bookmark, uint32_t room, uint32_t *size);
JET_ERR ese_cursor_goto_secondary_bookmark(struct ese_cursor *cursor, const void *key, uint32_t key_size,
                                           const void *bookmark, uint32_t size, JET_GRBIT grbit);

/* Chooses the index: by name (NULL and "" mean the clustered one) or, when it is not NULL, by id. With JET_bitNoMove the
 * cursor goes to the entry of its record, that of the sequence-th value (0 counts as 1) of the first multi-valued column; else
 * to the first entry. Choosing the current index changes nothing. JET_errIndexNotFound, JET_errInvalidName,
 * JET_errInvalidIndexId, JET_errNoCurrentRecord, JET_errBadItagSequence. */
JET_ERR ese_cursor_select_index(struct ese_cursor *cursor, const char *name, const JET_INDEXID *id, JET_GRBIT grbit,
                                uint32_t sequence);
JET_ERR ese_cursor_set_index(struct ese_cursor *cursor, const char *name); /* without id and bits */
/* The id for that; name NULL or "": of the clustered index. JET_errIndexNotFound. */
JET_ERR ese_table_index_id(struct ese_cursor *cursor, const char *name, JET_INDEXID *id);

/* Records that are in all the ranges: each cursor stands on the first entry of its range, on a secondary index, all of
 * one table and no two on the same index, else JET_errInvalidParameter. visit gets their bookmarks in the order of the
 * clustered index, each once. check(arg) is asked before every entry. The cursors are moved. */
struct ese_intersect_visitor { JET_ERR (*visit)(void *arg, const void *bookmark, uint32_t size); void *arg; };
JET_ERR ese_cursors_intersect(struct ese_cursor *const *cursors, uint32_t count, JET_ERR (*check)(void *arg), void *arg,
                              const struct ese_intersect_visitor *visitor);

/* Bring pages into the cache: *done is for how many keys or ranges that was done. The keys are in order, ascending with
 * JET_bitPrereadForward, descending with JET_bitPrereadBackward. JET_errInvalidGrbit, JET_errInvalidParameter,
 * JET_errInvalidBufferSize (size of a key). */
JET_ERR ese_cursor_preread_keys(struct ese_cursor *cursor, const void *const *keys, const JET_ULONG *sizes,
                                uint32_t count, uint32_t *done, JET_GRBIT grbit);
JET_ERR ese_cursor_preread_ranges(struct ese_cursor *cursor, const JET_INDEX_RANGE *ranges, uint32_t count,
                                  uint32_t *done, JET_GRBIT grbit);

/* Moves and seeks on the clustered index skip records that do not fit all comparisons; count 0 takes the filter away. While
 * there is one, moves by 0, counts, positions, statistics and changes of the index are JET_errFilteredMoveNotSupported.
 * JET_errFilteredMoveNotSupported on a secondary index, JET_errColumnNotFound, JET_errInvalidParameter. */
JET_ERR ese_cursor_set_filter(struct ese_cursor *cursor, const JET_INDEX_COLUMN *columns, uint32_t count,
                              JET_GRBIT grbit);
JET_ERR ese_cursor_get_index(struct ese_cursor *cursor, char *name, uint32_t size);

/* Place of the current record among all, estimated from a few pages; before < total. The way back ends an update and a range; on
 * errors the cursor is unchanged. JET_errNoCurrentRecord; JET_errRecordNotFound (nothing there), JET_errInvalidParameter
 * (before > total); JET_errFilteredMoveNotSupported. */
JET_ERR ese_cursor_position(struct ese_cursor *cursor, uint64_t *before, uint64_t *total);
JET_ERR ese_cursor_goto_position(struct ese_cursor *cursor, uint64_t before, uint64_t total);

#endif
