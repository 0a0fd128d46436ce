/* Calls around secondary indexes: their bookmarks, filters, reading ahead, statistics, intersections. */
#include "engine/api/api.h"

#include <string.h>

#include "engine/api/gate.h"
#include "engine/table/cursor.h"
#include "engine/table/temp.h"
#include "engine/transaction/entry.h"

#define RANGES_MOST 64

/* ---- bookmarks ------------------------------------------------------------------------------- */

JET_ERR ese_api_JetGetSecondaryIndexBookmark(JET_SESID sesid, JET_TABLEID tableid, void *key,
                                             JET_ULONG key_room, JET_ULONG *key_actual,
                                             void *bookmark, JET_ULONG room, JET_ULONG *actual,
                                             JET_GRBIT grbit)
{
    struct ese_call call;
    uint32_t key_size = 0;
    uint32_t size = 0;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetGetSecondaryIndexBookmark, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    err = grbit != 0 ? JET_errInvalidGrbit
                     : ese_cursor_get_secondary_bookmark(call.cursor, key, key_room, &key_size,
                                                         bookmark, room, &size);
    if (err >= JET_errSuccess || err == JET_errBufferTooSmall) {
        if (key_actual != NULL) {
            *key_actual = key_size;
        }
        if (actual != NULL) {
            *actual = size;
        }
    }
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetGotoSecondaryIndexBookmark(JET_SESID sesid, JET_TABLEID tableid, void *key,
                                              JET_ULONG key_size, void *bookmark, JET_ULONG size,
                                              JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetGotoSecondaryIndexBookmark, sesid, tableid);
    return err != JET_errSuccess
               ? err
               : ese_leave(&call, ese_cursor_goto_secondary_bookmark(call.cursor, key, key_size,
                                                                     bookmark, size, grbit));
}

/* ---- filters and reading ahead --------------------------------------------------------------- */

JET_ERR ese_api_JetSetCursorFilter(JET_SESID sesid, JET_TABLEID tableid, JET_INDEX_COLUMN *filters,
                                   JET_ULONG count, JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetSetCursorFilter, sesid, tableid);
    return err != JET_errSuccess
               ? err
               : ese_leave(&call, ese_cursor_set_filter(call.cursor, filters, count, grbit));
}

JET_ERR ese_api_JetPrereadKeys(JET_SESID sesid, JET_TABLEID tableid, const void **keys,
                               const JET_ULONG *sizes, JET_LONG count, JET_LONG *done,
                               JET_GRBIT grbit)
{
    struct ese_call call;
    uint32_t read = 0;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetPrereadKeys, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    err = count <= 0 ? JET_errInvalidParameter
                     : ese_cursor_preread_keys(call.cursor, (const void *const *)keys, sizes,
                                               (uint32_t)count, &read, grbit);
    if (done != NULL) {
        *done = (JET_LONG)read;
    }
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetPrereadIndexRanges(JET_SESID sesid, JET_TABLEID tableid,
                                      const JET_INDEX_RANGE *ranges, JET_ULONG count,
                                      JET_ULONG *done, const JET_COLUMNID *columnids,
                                      JET_ULONG columns, JET_GRBIT grbit)
{
    struct ese_call call;
    uint32_t read = 0;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetPrereadIndexRanges, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    for (JET_ULONG i = 0; err == JET_errSuccess && i < columns; i++) {
        struct ese_column_info info;
        err = columnids == NULL ? JET_errInvalidParameter
                                : ese_table_column_by_id(call.cursor, columnids[i], &info);
    }
    if (err == JET_errSuccess) {
        err = ese_cursor_preread_ranges(call.cursor, ranges, count, &read, grbit);
    }
    if (done != NULL) {
        *done = read;
    }
    return ese_leave(&call, err);
}

/* ---- statistics ------------------------------------------------------------------------------ */

JET_ERR ese_api_JetComputeStats(JET_SESID sesid, JET_TABLEID tableid)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetComputeStats, sesid, tableid);
    return err != JET_errSuccess ? err
                                 : ese_leave(&call, ese_table_compute_stats(
                                                        call.cursor, ese_check_stop, call.instance));
}

/* ---- intersections --------------------------------------------------------------------------- */

struct result {
    struct ese_cursor *cursor; /* of the temporary table */
    JET_COLUMNID columnid;
    uint32_t rows;
};

static JET_ERR add_bookmark(void *arg, const void *bookmark, uint32_t size)
{
    struct result *result = arg;
    const struct ese_temp_value value = {bookmark, size};
    JET_ERR err = ese_temp_add(result->cursor, &result->columnid, &value, 1);
    result->rows += err >= JET_errSuccess ? 1 : 0;
    return err;
}

/* The cursors of the ranges, and that the structures are what they should be. */
static JET_ERR take_ranges(struct ese_call *call, JET_SESID sesid, const JET_INDEXRANGE *ranges,
                           JET_ULONG count, struct ese_cursor **cursors)
{
    for (JET_ULONG i = 0; i < count; i++) {
        if (ranges[i].cbStruct != sizeof ranges[i]) {
            return JET_errInvalidParameter;
        }
        if (ranges[i].grbit != JET_bitRecordInIndex) {
            return JET_errInvalidGrbit;
        }
        JET_ERR err = ese_call_cursor(call, sesid, ranges[i].tableid, &cursors[i]);
        if (err != JET_errSuccess) {
            return err;
        }
    }
    return JET_errSuccess;
}

static JET_ERR intersect(struct ese_call *call, struct ese_cursor **cursors, uint32_t count,
                         JET_RECORDLIST *list)
{
    const JET_COLUMNDEF column = {.cbStruct = sizeof column,
                                  .coltyp = JET_coltypLongBinary,
                                  .cbMax = JET_cbBookmarkMostMost,
                                  .grbit = JET_bitColumnTTKey};
    /* A sort: no versions. */
    const struct ese_temp_def def = {.columns = &column,
                                     .count = 1,
                                     .grbit = JET_bitTTScrollable | JET_bitTTIntrinsicLVsOnly,
                                     .keep_all = true};
    struct result result = {NULL, 0, 0};
    struct ese_auto automatic;
    JET_ERR err = ese_temp_open(call->instance->store, &call->session->trx, &def, &result.columnid,
                                &result.cursor);
    if (err < JET_errSuccess) {
        return err;
    }
    const struct ese_intersect_visitor visitor = {add_bookmark, &result};
    err = ese_auto_begin(&automatic, &call->session->trx, true); /* one state, not one per record */
    if (err >= JET_errSuccess) {
        err = ese_cursors_intersect(cursors, count, ese_check_stop, call->instance, &visitor);
        err = ese_auto_end(&automatic, err);
    }
    if (err >= JET_errSuccess) {
        err = ese_temp_finish(result.cursor);
    }
    if (err < JET_errSuccess) {
        ese_cursor_close(result.cursor);
        return err;
    }
    err = ese_session_adopt_cursor(call->session, result.cursor, &list->tableid);
    if (err >= JET_errSuccess) {
        list->cRecord = result.rows;
        list->columnidBookmark = result.columnid;
    }
    return err;
}

JET_ERR ese_api_JetIntersectIndexes(JET_SESID sesid, JET_INDEXRANGE *ranges, JET_ULONG count,
                                    JET_RECORDLIST *list, JET_GRBIT grbit)
{
    struct ese_call call;
    struct ese_cursor *cursors[RANGES_MOST];
    JET_ERR err = ese_enter_session(&call, ESE_FN_JetIntersectIndexes, sesid);
    if (err != JET_errSuccess) {
        return err;
    }
    if (grbit != 0) {
        return ese_leave(&call, JET_errInvalidGrbit);
    }
    if (list == NULL || list->cbStruct != sizeof *list || ranges == NULL || count == 0 ||
        count > RANGES_MOST) {
        return ese_leave(&call, JET_errInvalidParameter);
    }
    list->tableid = JET_tableidNil;
    err = take_ranges(&call, sesid, ranges, count, cursors);
    if (err == JET_errSuccess) {
        err = intersect(&call, cursors, count, list);
    }
    return ese_leave(&call, err);
}
