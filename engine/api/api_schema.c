/* Changing definitions one at a time: tables, columns, indexes. */
#include "engine/api/api.h"

#include "engine/api/create.h"
#include "engine/api/gate.h"

/* ---- tables ---------------------------------------------------------------------------------- */

JET_ERR ese_api_JetDeleteTable(enum ese_text text, JET_SESID sesid, JET_DBID dbid, const void *name)
{
    struct ese_call call;
    JET_ERR err = ese_enter_database(&call, ESE_FN_JetDeleteTable, sesid, dbid);
    if (err != JET_errSuccess) {
        return err;
    }
    char *utf8 = NULL;
    err = ese_text_in(text, name, &utf8);
    if (err == JET_errSuccess) {
        err = utf8 == NULL ? JET_errInvalidName
                           : ese_table_delete(&call.session->trx,
                                              ese_database_by_id(call.instance->store, dbid), utf8);
    }
    ese_free(utf8);
    return ese_leave(&call, err);
}

/* Both names of a renaming; either may turn out to be missing. */
static JET_ERR two_names(enum ese_text text, const void *name, const void *new_name, char **utf8,
                         char **new_utf8)
{
    JET_ERR err = ese_text_in(text, name, utf8);
    if (err == JET_errSuccess) {
        err = ese_text_in(text, new_name, new_utf8);
    }
    if (err == JET_errSuccess && (*utf8 == NULL || *new_utf8 == NULL)) {
        err = JET_errInvalidParameter;
    }
    return err;
}

JET_ERR ese_api_JetRenameTable(enum ese_text text, JET_SESID sesid, JET_DBID dbid, const void *name,
                               const void *new_name)
{
    struct ese_call call;
    JET_ERR err = ese_enter_database(&call, ESE_FN_JetRenameTable, sesid, dbid);
    if (err != JET_errSuccess) {
        return err;
    }
    char *utf8 = NULL;
    char *new_utf8 = NULL;
    err = two_names(text, name, new_name, &utf8, &new_utf8);
    if (err == JET_errSuccess) {
        err = ese_table_rename(&call.session->trx, ese_database_by_id(call.instance->store, dbid),
                               utf8, new_utf8);
    }
    ese_free(new_utf8);
    ese_free(utf8);
    return ese_leave(&call, err);
}

/* ---- columns --------------------------------------------------------------------------------- */

JET_ERR ese_api_JetAddColumn(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                             const void *name, const JET_COLUMNDEF *def, const void *value,
                             JET_ULONG size, JET_COLUMNID *columnid)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetAddColumn, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    char *utf8 = NULL;
    if (def == NULL || def->cbStruct != sizeof *def) {
        err = JET_errInvalidParameter;
    } else {
        err = ese_text_in(text, name, &utf8);
    }
    if (err == JET_errSuccess && utf8 == NULL) {
        err = JET_errInvalidName;
    }
    unsigned char *definition = NULL;
    if (err == JET_errSuccess && (def->grbit & JET_bitColumnUserDefinedDefault) != 0) {
        err = ese_computed_in(text, value, size, &definition, &size);
        value = definition;
    }
    if (err == JET_errSuccess) {
        struct ese_column_def column = {
            .name = utf8,
            .coltyp = def->coltyp,
            .max_size = def->cbMax,
            .code_page = def->cp,
            .grbit = def->grbit,
            .default_value = size == 0 ? NULL : value,
            .default_size = value == NULL ? 0 : size,
        };
        JET_COLUMNID id = 0;
        err = ese_table_add_column(call.cursor, &column, &id);
        if (err >= JET_errSuccess && columnid != NULL) {
            *columnid = id;
        }
    }
    ese_free(definition);
    ese_free(utf8);
    return ese_leave(&call, err);
}

static JET_ERR delete_column(enum ese_function function, enum ese_text text, JET_SESID sesid,
                             JET_TABLEID tableid, const void *name, JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, function, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    char *utf8 = NULL;
    err = (grbit & ~(JET_GRBIT)JET_bitDeleteColumnIgnoreTemplateColumns) != 0
              ? JET_errInvalidGrbit
              : ese_text_in(text, name, &utf8);
    if (err == JET_errSuccess) {
        err = utf8 == NULL ? JET_errInvalidName : ese_table_delete_column(call.cursor, utf8, grbit);
    }
    ese_free(utf8);
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetDeleteColumn(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                const void *name)
{
    return delete_column(ESE_FN_JetDeleteColumn, text, sesid, tableid, name, 0);
}

JET_ERR ese_api_JetDeleteColumn2(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                 const void *name, JET_GRBIT grbit)
{
    return delete_column(ESE_FN_JetDeleteColumn2, text, sesid, tableid, name, grbit);
}

JET_ERR ese_api_JetRenameColumn(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                const void *name, const void *new_name, JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetRenameColumn, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    char *utf8 = NULL;
    char *new_utf8 = NULL;
    err = grbit != 0 ? JET_errInvalidGrbit
          : ese_trx_level(&call.session->trx) != 0
              ? JET_errInTransaction /* all see it at once */
              : two_names(text, name, new_name, &utf8, &new_utf8);
    if (err == JET_errSuccess) {
        err = ese_table_rename_column(call.cursor, utf8, new_utf8);
    }
    ese_free(new_utf8);
    ese_free(utf8);
    return ese_leave(&call, err);
}

/* ---- indexes --------------------------------------------------------------------------------- */

JET_ERR ese_api_JetCreateIndex(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                               const void *name, JET_GRBIT grbit, const void *key,
                               JET_ULONG key_size, JET_ULONG density)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetCreateIndex, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    struct ese_index_request request = {
        .name = name, .key = key, .key_size = key_size, .grbit = grbit, .density = density};
    return ese_leave(&call, ese_create_index(&call, call.cursor, text, &request));
}

/* Creates each index of an array, all or none. */
static JET_ERR create_indexes(enum ese_function function, enum ese_text text, JET_SESID sesid,
                              JET_TABLEID tableid, enum ese_index_struct kind, void *create,
                              JET_ULONG count)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, function, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    uint32_t created = 0;
    const JET_GRBIT alone = JET_bitIndexPrimary | JET_bitIndexUnversioned | JET_bitIndexEmpty;
    if (!ese_session_owned(call.session)) {
        err = JET_errSessionSharingViolation;
    } else if (create != NULL && count > 1 && ese_index_bits(kind, create, count, alone)) {
        err = JET_errInvalidGrbit;
    } else if (create != NULL && ese_trx_level(&call.session->trx) != 0 &&
               ese_index_bits(kind, create, count, JET_bitIndexUnversioned)) {
        err = JET_errInTransaction;
    } else {
        err = create == NULL && count > 0 ? JET_errInvalidParameter
                                          : ese_trx_begin(&call.session->trx, 0);
    }
    if (err == JET_errSuccess) {
        err = ese_create_indexes(&call, call.cursor, text, kind, create, count, &created);
        if (err >= JET_errSuccess) {
            JET_ERR committed = ese_session_commit(call.session, 0);
            err = committed < JET_errSuccess ? committed : err;
        }
        if (err < JET_errSuccess) {
            ese_session_rollback(call.session, 0);
        }
    }
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetCreateIndex2(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                void *create, JET_ULONG count)
{
    return create_indexes(ESE_FN_JetCreateIndex2, text, sesid, tableid, ESE_INDEX_STRUCT_1, create,
                          count);
}

JET_ERR ese_api_JetCreateIndex3(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                void *create, JET_ULONG count)
{
    return create_indexes(ESE_FN_JetCreateIndex3, text, sesid, tableid, ESE_INDEX_STRUCT_2, create,
                          count);
}

JET_ERR ese_api_JetCreateIndex4(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                void *create, JET_ULONG count)
{
    return create_indexes(ESE_FN_JetCreateIndex4, text, sesid, tableid, ESE_INDEX_STRUCT_3, create,
                          count);
}

JET_ERR ese_api_JetDeleteIndex(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                               const void *name)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetDeleteIndex, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    char *utf8 = NULL;
    err = ese_text_in(text, name, &utf8);
    if (err == JET_errSuccess) {
        err = utf8 == NULL ? JET_errInvalidName : ese_table_delete_index(call.cursor, utf8);
    }
    ese_free(utf8);
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetSetColumnDefaultValue(enum ese_text text, JET_SESID sesid, JET_DBID dbid,
                                         const void *table, const void *name, const void *value,
                                         JET_ULONG size, JET_GRBIT grbit)
{
    struct ese_call call;
    char *table_name = NULL;
    char *column_name = NULL;
    JET_ERR err = ese_enter_database(&call, ESE_FN_JetSetColumnDefaultValue, sesid, dbid);
    if (err != JET_errSuccess) {
        return err;
    }
    struct ese_database *database = ese_database_by_id(call.instance->store, dbid);
    struct ese_trx *trx = &call.session->trx;
    struct ese_cursor *cursor = NULL;
    err =
        grbit != 0 ? JET_errInvalidGrbit : two_names(text, table, name, &table_name, &column_name);
    if (err == JET_errSuccess) {
        err = ese_cursor_open(trx, database, table_name, 0, &cursor);
    }
    if (err >= JET_errSuccess) {
        err = ese_table_set_default(cursor, column_name, value, size);
        ese_cursor_close(cursor);
    }
    ese_free(column_name);
    ese_free(table_name);
    return ese_leave(&call, err);
}
