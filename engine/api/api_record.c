/* Records: reading and changing them. */
#include "engine/api/api.h"

#include "engine/api/gate.h"

#include <string.h>

JET_ERR ese_api_JetRetrieveColumn(JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID columnid,
                                  void *data, JET_ULONG size, JET_ULONG *actual, JET_GRBIT grbit,
                                  JET_RETINFO *info)
{
    struct ese_call call;
    uint32_t need = 0;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetRetrieveColumn, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_cursor_retrieve(call.cursor, columnid, data, size, &need, grbit, info);
    if (actual != NULL && (err >= JET_errSuccess || err == JET_errInvalidBufferSize)) {
        *actual = need;
    }
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetRetrieveColumns(JET_SESID sesid, JET_TABLEID tableid,
                                   JET_RETRIEVECOLUMN *columns, JET_ULONG count)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetRetrieveColumns, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    err = columns == NULL && count > 0 ? JET_errInvalidParameter
                                       : ese_cursor_retrieve_columns(call.cursor, columns, count);
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetGetRecordSize(JET_SESID sesid, JET_TABLEID tableid, JET_RECSIZE *size,
                                 JET_GRBIT grbit)
{
    struct ese_call call;
    JET_RECSIZE2 full = {0};
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetGetRecordSize, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    if (size == NULL) {
        return ese_leave(&call, JET_errInvalidParameter);
    }
    memcpy(&full, size, sizeof *size); /* the smaller struct is the beginning of the greater */
    err = ese_cursor_record_size(call.cursor, &full, grbit);
    memcpy(size, &full, sizeof *size);
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetGetRecordSize2(JET_SESID sesid, JET_TABLEID tableid, JET_RECSIZE2 *size,
                                  JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetGetRecordSize2, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    err = size == NULL ? JET_errInvalidParameter : ese_cursor_record_size(call.cursor, size, grbit);
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetEnumerateColumns(JET_SESID sesid, JET_TABLEID tableid, JET_ULONG count,
                                    JET_ENUMCOLUMNID *ids, JET_ULONG *column_count,
                                    JET_ENUMCOLUMN **columns, JET_PFNREALLOC allocate,
                                    void *context, JET_ULONG most, JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetEnumerateColumns, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    if (column_count == NULL || columns == NULL || allocate == NULL || (ids == NULL && count > 0)) {
        return ese_leave(&call, JET_errInvalidParameter);
    }
    struct ese_enumeration enumeration = {
        .ids = ids,
        .id_count = count,
        .allocate = allocate,
        .context = context,
        .most = most,
        .grbit = grbit,
    };
    err = ese_cursor_enumerate(call.cursor, &enumeration);
    *column_count = enumeration.count;
    *columns = enumeration.columns;
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetGetCursorInfo(JET_SESID sesid, JET_TABLEID tableid, void *result, JET_ULONG size,
                                 JET_ULONG level)
{
    (void)result; /* reserved */
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetGetCursorInfo, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    err = size != 0 || level != 0 ? JET_errInvalidParameter
                                  : ese_cursor_check_conflict(call.cursor);
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetEscrowUpdate(JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID columnid,
                                void *delta, JET_ULONG size, void *old, JET_ULONG old_size,
                                JET_ULONG *actual, JET_GRBIT grbit)
{
    struct ese_call call;
    uint32_t given = 0;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetEscrowUpdate, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    if (!ese_session_owned(call.session)) {
        return ese_leave(&call, JET_errSessionSharingViolation);
    }
    err = ese_cursor_escrow(call.cursor, columnid, delta, size, old, old_size, &given, grbit);
    if (actual != NULL && err >= JET_errSuccess) {
        *actual = given;
    }
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetPrepareUpdate(JET_SESID sesid, JET_TABLEID tableid, JET_ULONG prep)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetPrepareUpdate, sesid, tableid);
    return err != JET_errSuccess ? err : ese_leave(&call, ese_cursor_prepare(call.cursor, prep));
}

JET_ERR ese_api_JetSetColumn(JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID columnid,
                             const void *data, JET_ULONG size, JET_GRBIT grbit, JET_SETINFO *info)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetSetColumn, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    return ese_leave(&call, ese_cursor_set_column(call.cursor, columnid, data, size, grbit, info));
}

JET_ERR ese_api_JetSetColumns(JET_SESID sesid, JET_TABLEID tableid, JET_SETCOLUMN *columns,
                              JET_ULONG count)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetSetColumns, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    err = columns == NULL && count > 0 ? JET_errInvalidParameter
                                       : ese_cursor_set_columns(call.cursor, columns, count);
    return ese_leave(&call, err);
}

/* An update at level 0 is a transaction of its own. */
static void relieve(const struct ese_call *call)
{
    if (ese_trx_level(&call->session->trx) == 0) {
        ese_instance_relieve_versions(call->instance);
    }
}

static JET_ERR update(enum ese_function function, JET_SESID sesid, JET_TABLEID tableid,
                      void *bookmark, JET_ULONG size, JET_ULONG *actual, JET_GRBIT grbit)
{
    struct ese_call call;
    uint32_t need = 0;
    JET_ERR err = ese_enter_cursor(&call, function, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    if ((grbit & ~(JET_GRBIT)JET_bitUpdateCheckESE97Compatibility) != 0) {
        err = JET_errInvalidGrbit;
    } else if (!ese_session_owned(call.session)) {
        err = JET_errSessionSharingViolation;
    } else {
        relieve(&call);
        err = ese_cursor_update(call.cursor, bookmark, size, &need);
    }
    if (actual != NULL && (err >= JET_errSuccess || err == JET_errBufferTooSmall)) {
        *actual = need;
    }
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetUpdate(JET_SESID sesid, JET_TABLEID tableid, void *bookmark, JET_ULONG size,
                          JET_ULONG *actual)
{
    return update(ESE_FN_JetUpdate, sesid, tableid, bookmark, size, actual, 0);
}

JET_ERR ese_api_JetUpdate2(JET_SESID sesid, JET_TABLEID tableid, void *bookmark, JET_ULONG size,
                           JET_ULONG *actual, JET_GRBIT grbit)
{
    return update(ESE_FN_JetUpdate2, sesid, tableid, bookmark, size, actual, grbit);
}

JET_ERR ese_api_JetDelete(JET_SESID sesid, JET_TABLEID tableid)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetDelete, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    if (!ese_session_owned(call.session)) {
        return ese_leave(&call, JET_errSessionSharingViolation);
    }
    relieve(&call);
    return ese_leave(&call, ese_cursor_delete(call.cursor));
}

JET_ERR ese_api_JetGetLock(JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetGetLock, sesid, tableid);
    return err != JET_errSuccess ? err : ese_leave(&call, ese_cursor_lock(call.cursor, grbit));
}
