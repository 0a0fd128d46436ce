/* Callbacks and local storage of tables and cursors. */
#include "engine/api/api.h"

#include "engine/api/gate.h"

JET_ERR ese_api_JetRegisterCallback(JET_SESID sesid, JET_TABLEID tableid, JET_CBTYP type,
                                    JET_CALLBACK callback, void *context, JET_HANDLE *id)
{
    struct ese_call call;
    uint64_t number = 0;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetRegisterCallback, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    err = id == NULL ? JET_errInvalidParameter
                     : ese_cursor_register_callback(call.cursor, type, callback, context, &number);
    if (err == JET_errSuccess) {
        *id = (JET_HANDLE)number;
    }
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetUnregisterCallback(JET_SESID sesid, JET_TABLEID tableid, JET_CBTYP type,
                                      JET_HANDLE id)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetUnregisterCallback, sesid, tableid);
    return err != JET_errSuccess
               ? err
               : ese_leave(&call, ese_cursor_unregister_callback(call.cursor, type, (uint64_t)id));
}

JET_ERR ese_api_JetSetLS(JET_SESID sesid, JET_TABLEID tableid, JET_LS ls, JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetSetLS, sesid, tableid);
    return err != JET_errSuccess ? err
                                 : ese_leave(&call, ese_cursor_set_ls(call.cursor, ls, grbit));
}

JET_ERR ese_api_JetGetLS(JET_SESID sesid, JET_TABLEID tableid, JET_LS *ls, JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetGetLS, sesid, tableid);
    return err != JET_errSuccess ? err
                                 : ese_leave(&call, ese_cursor_get_ls(call.cursor, ls, grbit));
}
