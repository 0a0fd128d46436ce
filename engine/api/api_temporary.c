/* Temporary tables: the five ways to open one, and what a cursor on one can do. */
#include "engine/api/api.h"

#include "engine/api/gate.h"
#include "engine/api/temporary.h"

/* ---- opening --------------------------------------------------------------------------------- */

/* Enters, opens, adopts. *tableid and columnids are where the caller wants the answers. */
static JET_ERR open_in(struct ese_call *call, const struct ese_temp_def *def,
                       JET_COLUMNID *columnids, JET_TABLEID *tableid)
{
    if (tableid == NULL || (def->count != 0 && (def->columns == NULL || columnids == NULL))) {
        return JET_errInvalidParameter;
    }
    *tableid = JET_tableidNil;
    struct ese_cursor *cursor = NULL;
    JET_ERR err =
        ese_temp_open(call->instance->store, &call->session->trx, def, columnids, &cursor);
    return err < JET_errSuccess ? err : ese_session_adopt_cursor(call->session, cursor, tableid);
}

static JET_ERR open_temp(enum ese_function function, JET_SESID sesid,
                         const struct ese_temp_def *def, JET_COLUMNID *columnids,
                         JET_TABLEID *tableid)
{
    struct ese_call call;
    JET_ERR err = ese_enter_session(&call, function, sesid);
    return err != JET_errSuccess ? err : ese_leave(&call, open_in(&call, def, columnids, tableid));
}

JET_ERR ese_api_JetOpenTempTable(JET_SESID sesid, const JET_COLUMNDEF *columns, JET_ULONG count,
                                 JET_GRBIT grbit, JET_TABLEID *tableid, JET_COLUMNID *columnids)
{
    const struct ese_temp_def def = {.columns = columns, .count = count, .grbit = grbit};
    return open_temp(ESE_FN_JetOpenTempTable, sesid, &def, columnids, tableid);
}

JET_ERR ese_api_JetOpenTempTable2(JET_SESID sesid, const JET_COLUMNDEF *columns, JET_ULONG count,
                                  JET_ULONG lcid, JET_GRBIT grbit, JET_TABLEID *tableid,
                                  JET_COLUMNID *columnids)
{
    const struct ese_temp_def def = {
        .columns = columns, .count = count, .grbit = grbit, .lcid = lcid};
    return open_temp(ESE_FN_JetOpenTempTable2, sesid, &def, columnids, tableid);
}

JET_ERR ese_api_JetOpenTempTable3(JET_SESID sesid, const JET_COLUMNDEF *columns, JET_ULONG count,
                                  JET_UNICODEINDEX *unicode, JET_GRBIT grbit, JET_TABLEID *tableid,
                                  JET_COLUMNID *columnids)
{
    struct ese_temp_def def = {.columns = columns, .count = count, .grbit = grbit};
    if (unicode != NULL) {
        def.lcid = unicode->lcid;
        def.map_flags = unicode->dwMapFlags;
    }
    return open_temp(ESE_FN_JetOpenTempTable3, sesid, &def, columnids, tableid);
}

/* The two structures differ in how they name the locale alone. */
#define DEFINITION(open)                                                                           \
    {                                                                                              \
        .columns = (open)->prgcolumndef, .count = (open)->ccolumn, .grbit = (open)->grbit,         \
        .key_most = (open)->cbKeyMost, .var_seg_most = (open)->cbVarSegMac                         \
    }

JET_ERR ese_api_JetOpenTemporaryTable(JET_SESID sesid, JET_OPENTEMPORARYTABLE *open)
{
    struct ese_call call;
    JET_ERR err = ese_enter_session(&call, ESE_FN_JetOpenTemporaryTable, sesid);
    if (err != JET_errSuccess) {
        return err;
    }
    if (open == NULL || open->cbStruct != sizeof *open) {
        return ese_leave(&call, JET_errInvalidParameter);
    }
    struct ese_temp_def def = DEFINITION(open);
    if (open->pidxunicode != NULL) {
        def.lcid = open->pidxunicode->lcid;
        def.map_flags = open->pidxunicode->dwMapFlags;
    }
    return ese_leave(&call, open_in(&call, &def, open->prgcolumnid, &open->tableid));
}

JET_ERR ese_api_JetOpenTemporaryTable2(JET_SESID sesid, JET_OPENTEMPORARYTABLE2 *open)
{
    struct ese_call call;
    JET_ERR err = ese_enter_session(&call, ESE_FN_JetOpenTemporaryTable2, sesid);
    if (err != JET_errSuccess) {
        return err;
    }
    if (open == NULL || open->cbStruct != sizeof *open) {
        return ese_leave(&call, JET_errInvalidParameter);
    }
    struct ese_temp_def def = DEFINITION(open);
    char *locale = NULL;
    if (open->pidxunicode != NULL) {
        err = ese_text_in(ESE_TEXT_W, open->pidxunicode->szLocaleName, &locale);
        def.locale = locale;
        def.map_flags = open->pidxunicode->dwMapFlags;
    }
    if (err == JET_errSuccess) {
        err = open_in(&call, &def, open->prgcolumnid, &open->tableid);
    }
    ese_free(locale);
    return ese_leave(&call, err);
}

/* ---- what is allowed when -------------------------------------------------------------------- */

enum { INSERT = 1 << ESE_TEMP_INSERT, SORTED = 1 << ESE_TEMP_SORTED, TABLE = 1 << ESE_TEMP_TABLE };

/* The calls a temporary table knows, and in which phases; functions not listed know none. Source:
 * the pages of JetOpenTempTable and its kin; dev/ese/src/ese/sortapi.cxx, the vtfndefTT tables. */
static const unsigned char allowed[ESE_FN_COUNT] = {
    [ESE_FN_JetCloseTable] = INSERT | SORTED | TABLE,
    [ESE_FN_JetDelete] = TABLE,
    [ESE_FN_JetDupCursor] = SORTED | TABLE,
    [ESE_FN_JetEnumerateColumns] = SORTED | TABLE,
    [ESE_FN_JetEscrowUpdate] = INSERT | TABLE,
    [ESE_FN_JetGetBookmark] = SORTED | TABLE,
    [ESE_FN_JetGetCursorInfo] = TABLE,
    [ESE_FN_JetGetLS] = SORTED | TABLE,
    [ESE_FN_JetGetRecordSize] = SORTED | TABLE,
    [ESE_FN_JetGetRecordSize2] = SORTED | TABLE,
    [ESE_FN_JetGetTableInfo] = SORTED | TABLE,
    [ESE_FN_JetGotoBookmark] = SORTED | TABLE,
    [ESE_FN_JetMakeKey] = INSERT | SORTED | TABLE,
    [ESE_FN_JetMove] = INSERT | SORTED | TABLE,
    [ESE_FN_JetPrepareUpdate] = INSERT | TABLE,
    [ESE_FN_JetRetrieveColumn] = SORTED | TABLE,
    [ESE_FN_JetRetrieveColumns] = SORTED | TABLE,
    [ESE_FN_JetRetrieveKey] = INSERT | SORTED | TABLE,
    [ESE_FN_JetSeek] = INSERT | SORTED | TABLE,
    [ESE_FN_JetSetColumn] = INSERT | TABLE,
    [ESE_FN_JetSetColumns] = INSERT | TABLE,
    [ESE_FN_JetSetIndexRange] = SORTED | TABLE,
    [ESE_FN_JetSetLS] = SORTED | TABLE,
    [ESE_FN_JetUpdate] = INSERT | TABLE,
    [ESE_FN_JetUpdate2] = INSERT | TABLE,
};

JET_ERR ese_temporary_allows(const struct ese_cursor *cursor, enum ese_function function)
{
    if (!ese_cursor_is_temp(cursor)) {
        return JET_errSuccess;
    }
    return (allowed[function] >> ese_temp_phase(cursor) & 1) != 0 ? JET_errSuccess
                                                                  : JET_errIllegalOperation;
}

/* A sort goes forward only, unless it was made for more. */
static bool forward_only(const struct ese_cursor *cursor)
{
    return ese_temp_phase(cursor) == ESE_TEMP_SORTED &&
           (ese_temp_grbit(cursor) & (JET_bitTTScrollable | JET_bitTTIndexed)) == 0;
}

JET_ERR ese_temporary_move(struct ese_cursor *cursor, JET_LONG rows, JET_GRBIT grbit)
{
    bool first = ese_temp_phase(cursor) == ESE_TEMP_INSERT;
    ese_temp_end_insert(cursor);
    if (rows < 0 && rows != (JET_LONG)JET_MoveFirst && forward_only(cursor)) {
        return JET_errIllegalOperation;
    }
    if (rows == 0 && first && ese_temp_phase(cursor) == ESE_TEMP_SORTED) {
        rows = (JET_LONG)JET_MoveFirst; /* the end of the insert phase is on the first record */
    }
    return ese_cursor_move(cursor, rows, grbit);
}

JET_ERR ese_temporary_seek(struct ese_cursor *cursor, JET_GRBIT grbit)
{
    ese_temp_end_insert(cursor);
    if (ese_temp_phase(cursor) == ESE_TEMP_SORTED && ese_temp_records(cursor) == 0) {
        return JET_errRecordNotFound;
    }
    return forward_only(cursor) ? JET_errIllegalOperation : ese_cursor_seek(cursor, grbit);
}

JET_ERR ese_temporary_set_range(struct ese_cursor *cursor, JET_GRBIT grbit)
{
    return forward_only(cursor) ? JET_errIllegalOperation : ese_cursor_set_range(cursor, grbit);
}

JET_ERR ese_temporary_info(struct ese_cursor *cursor, void *result, JET_ULONG size, JET_ULONG level)
{
    if (level != JET_TblInfo) {
        return JET_errInvalidOperation;
    }
    if (result == NULL || size < sizeof(JET_OBJECTINFO)) {
        return JET_errInvalidParameter;
    }
    uint64_t records = ese_temp_records(cursor);
    *(JET_OBJECTINFO *)result = (JET_OBJECTINFO){
        .cbStruct = sizeof(JET_OBJECTINFO),
        .objtyp = JET_objtypTable,
        .cRecord = records < UINT32_MAX ? (JET_ULONG)records : UINT32_MAX,
    };
    return JET_errSuccess;
}
