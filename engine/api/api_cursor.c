/* Cursors: opening, moving, searching. */
#include "engine/api/api.h"

#include "engine/api/gate.h"
#include "engine/api/temporary.h"

/* A new cursor is handed out on the first record, if there is one that can be read. */
static void stand_on_first(struct ese_cursor *cursor)
{
    (void)ese_cursor_move(cursor, (int32_t)JET_MoveFirst, 0);
}

JET_ERR ese_api_JetOpenTable(enum ese_text text, JET_SESID sesid, JET_DBID dbid, const void *name,
                             const void *parameters, JET_ULONG size, JET_GRBIT grbit,
                             JET_TABLEID *tableid)
{
    (void)parameters, (void)size; /* obsolete */
    struct ese_call call;
    JET_ERR err = ese_enter_database(&call, ESE_FN_JetOpenTable, sesid, dbid);
    if (err != JET_errSuccess) {
        return err;
    }
    if (tableid == NULL) {
        return ese_leave(&call, JET_errInvalidParameter);
    }
    *tableid = JET_tableidNil;
    char *utf8 = NULL;
    struct ese_cursor *cursor = NULL;
    err = ese_text_in(text, name, &utf8);
    if (err == JET_errSuccess) {
        err = utf8 == NULL ? JET_errInvalidParameter
                           : ese_cursor_open(&call.session->trx,
                                             ese_database_by_id(call.instance->store, dbid), utf8,
                                             grbit, &cursor);
    }
    if (err >= JET_errSuccess) {
        stand_on_first(cursor);
        JET_ERR adopted = ese_session_adopt_cursor(call.session, cursor, tableid);
        err = adopted == JET_errSuccess ? err : adopted;
    }
    ese_free(utf8);
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetDupCursor(JET_SESID sesid, JET_TABLEID tableid, JET_TABLEID *copy,
                             JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetDupCursor, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    if (copy == NULL) {
        return ese_leave(&call, JET_errInvalidParameter);
    }
    *copy = JET_tableidNil;
    struct ese_cursor *cursor = NULL;
    err = ese_cursor_dup(call.cursor, grbit, &cursor);
    if (err >= JET_errSuccess) {
        stand_on_first(cursor);
        err = ese_session_adopt_cursor(call.session, cursor, copy);
    }
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetCloseTable(JET_SESID sesid, JET_TABLEID tableid)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetCloseTable, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    ese_session_close_cursor(call.session, call.cursor_ref);
    return ese_leave(&call, JET_errSuccess);
}

/* ---- indexes --------------------------------------------------------------------------------- */

JET_ERR ese_api_JetGetCurrentIndex(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                   void *name, JET_ULONG size)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetGetCurrentIndex, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    char utf8[JET_cbNameMost + 1];
    err = name == NULL || size == 0 ? JET_errInvalidParameter
                                    : ese_cursor_get_index(call.cursor, utf8, sizeof utf8);
    if (err >= JET_errSuccess) {
        err = ese_text_out(text, utf8, name, size);
        err = err == JET_errBufferTooSmall ? JET_wrnBufferTruncated : err;
    }
    return ese_leave(&call, err);
}

static JET_ERR set_index(enum ese_function function, enum ese_text text, JET_SESID sesid,
                         JET_TABLEID tableid, const void *name, const JET_INDEXID *id,
                         JET_GRBIT grbit, JET_ULONG tag)
{
    struct ese_call call;
    char *utf8 = NULL;
    JET_ERR err = ese_enter_cursor(&call, function, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    err = id != NULL ? JET_errSuccess
                     : ese_text_in(text, name, &utf8); /* with an id no name counts */
    if (err == JET_errSuccess) {
        err = ese_cursor_select_index(call.cursor, utf8, id, grbit, tag);
    }
    ese_free(utf8);
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetSetCurrentIndex(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                   const void *name)
{
    return set_index(ESE_FN_JetSetCurrentIndex, text, sesid, tableid, name, NULL, 0, 1);
}

JET_ERR ese_api_JetSetCurrentIndex2(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                    const void *name, JET_GRBIT grbit)
{
    return set_index(ESE_FN_JetSetCurrentIndex2, text, sesid, tableid, name, NULL, grbit, 1);
}

JET_ERR ese_api_JetSetCurrentIndex3(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                    const void *name, JET_GRBIT grbit, JET_ULONG tag)
{
    return set_index(ESE_FN_JetSetCurrentIndex3, text, sesid, tableid, name, NULL, grbit, tag);
}

JET_ERR ese_api_JetSetCurrentIndex4(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                    const void *name, JET_INDEXID *id, JET_GRBIT grbit,
                                    JET_ULONG tag)
{
    return set_index(ESE_FN_JetSetCurrentIndex4, text, sesid, tableid, name, id, grbit, tag);
}

/* Hints about the order of reading change nothing that could be seen. */
JET_ERR ese_api_JetSetTableSequential(JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit)
{
    (void)grbit;
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetSetTableSequential, sesid, tableid);
    return err != JET_errSuccess ? err : ese_leave(&call, JET_errSuccess);
}

JET_ERR ese_api_JetResetTableSequential(JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit)
{
    (void)grbit;
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetResetTableSequential, sesid, tableid);
    return err != JET_errSuccess ? err : ese_leave(&call, JET_errSuccess);
}

/* ---- moving ---------------------------------------------------------------------------------- */

JET_ERR ese_api_JetMove(JET_SESID sesid, JET_TABLEID tableid, JET_LONG rows, JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetMove, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    return ese_leave(&call, call.cursor_ref->temporary
                                ? ese_temporary_move(call.cursor, rows, grbit)
                                : ese_cursor_move(call.cursor, rows, grbit));
}

JET_ERR ese_api_JetMakeKey(JET_SESID sesid, JET_TABLEID tableid, const void *data, JET_ULONG size,
                           JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetMakeKey, sesid, tableid);
    return err != JET_errSuccess
               ? err
               : ese_leave(&call, ese_cursor_make_key(call.cursor, data, size, grbit));
}

JET_ERR ese_api_JetRetrieveKey(JET_SESID sesid, JET_TABLEID tableid, void *data, JET_ULONG size,
                               JET_ULONG *actual, JET_GRBIT grbit)
{
    struct ese_call call;
    uint32_t need = 0;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetRetrieveKey, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_cursor_retrieve_key(call.cursor, data, size, &need, grbit);
    if (actual != NULL && err >= JET_errSuccess) {
        *actual = need;
    }
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetSeek(JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetSeek, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    return ese_leave(&call, call.cursor_ref->temporary ? ese_temporary_seek(call.cursor, grbit)
                                                            : ese_cursor_seek(call.cursor, grbit));
}

JET_ERR ese_api_JetSetIndexRange(JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetSetIndexRange, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    err = (grbit & JET_bitRangeRemove) != 0 ? ese_cursor_reset_range(call.cursor)
          : call.cursor_ref->temporary      ? ese_temporary_set_range(call.cursor, grbit)
                                            : ese_cursor_set_range(call.cursor, grbit);
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetGetBookmark(JET_SESID sesid, JET_TABLEID tableid, void *bookmark, JET_ULONG size,
                               JET_ULONG *actual)
{
    struct ese_call call;
    uint32_t need = 0;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetGetBookmark, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_cursor_get_bookmark(call.cursor, bookmark, size, &need);
    if (actual != NULL && (err >= JET_errSuccess || err == JET_errBufferTooSmall)) {
        *actual = need;
    }
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetGotoBookmark(JET_SESID sesid, JET_TABLEID tableid, void *bookmark,
                                JET_ULONG size)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetGotoBookmark, sesid, tableid);
    return err != JET_errSuccess
               ? err
               : ese_leave(&call, ese_cursor_goto_bookmark(call.cursor, bookmark, size));
}

/* With room for a JET_RECPOS2 it is filled, the members of the older structure in it too. */
static void put_position(void *position, JET_ULONG size, uint64_t before, uint64_t total)
{
    if (size < sizeof(JET_RECPOS2)) {
        const JET_RECPOS got = {sizeof got, (JET_ULONG)before, 1, (JET_ULONG)total};
        memcpy(position, &got, sizeof got);
        return;
    }
    const JET_RECPOS2 got = {.cbStruct = sizeof got,
                             .centriesLTDeprecated = (JET_ULONG)before,
                             .centriesInRangeDeprecated = 1,
                             .centriesTotalDeprecated = (JET_ULONG)total,
                             .centriesLT = before,
                             .centriesTotal = total};
    memcpy(position, &got, sizeof got);
}

JET_ERR ese_api_JetGetRecordPosition(JET_SESID sesid, JET_TABLEID tableid, JET_RECPOS *position,
                                     JET_ULONG size)
{
    struct ese_call call;
    uint64_t before, total;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetGetRecordPosition, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    err = position == NULL || size < sizeof *position
              ? JET_errInvalidParameter
              : ese_cursor_position(call.cursor, &before, &total);
    if (err == JET_errSuccess) {
        put_position(position, size, before, total);
    }
    return ese_leave(&call, err);
}

/* Takes either structure; of a JET_RECPOS2 the members of the older one must be 0. */
static JET_ERR get_position(const JET_RECPOS *position, uint64_t *before, uint64_t *total)
{
    JET_RECPOS2 wide;
    if (position == NULL) {
        return JET_errInvalidParameter;
    }
    *before = position->centriesLT;
    *total = position->centriesTotal;
    if (position->cbStruct == sizeof *position) {
        return JET_errSuccess;
    }
    if (position->cbStruct != sizeof wide || *before != 0 || *total != 0) {
        return JET_errInvalidParameter;
    }
    memcpy(&wide, position, sizeof wide);
    *before = wide.centriesLT;
    *total = wide.centriesTotal;
    return JET_errSuccess;
}

JET_ERR ese_api_JetGotoPosition(JET_SESID sesid, JET_TABLEID tableid, JET_RECPOS *position)
{
    struct ese_call call;
    uint64_t before, total;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetGotoPosition, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    err = get_position(position, &before, &total);
    if (err == JET_errSuccess) {
        err = ese_cursor_goto_position(call.cursor, before, total);
    }
    return ese_leave(&call, err);
}

/* Asks for a stop before every entry, and then tells how far it came. */
JET_ERR ese_api_JetIndexRecordCount(JET_SESID sesid, JET_TABLEID tableid, JET_ULONG *count,
                                    JET_ULONG limit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetIndexRecordCount, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    if (count == NULL) {
        return ese_leave(&call, JET_errInvalidParameter);
    }
    uint64_t counted = 0;
    err = ese_cursor_count(call.cursor, limit, ese_check_stop, call.instance, &counted);
    *count = (JET_ULONG)counted;
    return ese_leave(&call, err);
}
