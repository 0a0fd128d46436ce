/* What can be known about tables, columns and indexes. The forms that answer with a temporary table
 * do not exist. */
#include "engine/api/api.h"

#include "engine/api/gate.h"
#include "engine/api/information.h"
#include "engine/api/temporary.h"

/* The level proper, without the bits that shape lists. */
#define LEVEL_MASK 0x0FFFFFFFu

/* ---- tables ---------------------------------------------------------------------------------- */

static JET_ERR give_object(const struct ese_table_info *info, void *result, uint32_t size)
{
    JET_OBJECTINFO object = {
        .cbStruct = sizeof object,
        .objtyp = JET_objtypTable,
        .grbit = JET_bitTableInfoUpdatable | JET_bitTableInfoBookmark | JET_bitTableInfoRollback,
        .flags = info->grbit,
    };
    return ese_give(&object, sizeof object, result, size);
}

static JET_ERR table_info(struct ese_call *call, enum ese_text text, void *result, uint32_t size,
                          uint32_t level)
{
    struct ese_table_info info;
    if (ese_cursor_is_temp(call->cursor)) {
        return ese_temporary_info(call->cursor, result, size, level);
    }
    JET_ERR err = ese_table_info(call->cursor, &info);
    if (err < JET_errSuccess) {
        return err;
    }
    switch (level) {
    case JET_TblInfo:
        return give_object(&info, result, size);
    case JET_TblInfoName:
        return result == NULL ? JET_errInvalidParameter
                              : ese_text_out(text, info.name, result, size);
    case JET_TblInfoTemplateTableName:
        return result == NULL ? JET_errInvalidParameter : ese_text_out(text, "", result, size);
    case JET_TblInfoDbid:
        return ese_give_ulong(ese_database_id(ese_cursor_database(call->cursor)), result, size);
    case JET_TblInfoSpaceAlloc: {
        JET_ULONG alloc[2] = {info.pages, info.density};
        return ese_give(alloc, sizeof alloc, result, size);
    }
    default:
        return JET_errFeatureNotAvailable;
    }
}

JET_ERR ese_api_JetGetTableInfo(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                void *result, JET_ULONG size, JET_ULONG level)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetGetTableInfo, sesid, tableid);
    return err != JET_errSuccess ? err
                                 : ese_leave(&call, table_info(&call, text, result, size, level));
}

JET_ERR ese_api_JetGetObjectInfo(enum ese_text text, JET_SESID sesid, JET_DBID dbid,
                                 JET_OBJTYP type, const void *container, const void *name,
                                 void *result, JET_ULONG size, JET_ULONG level)
{
    (void)container; /* there is one, Tables */
    struct ese_call call;
    JET_ERR err = ese_enter_database(&call, ESE_FN_JetGetObjectInfo, sesid, dbid);
    if (err != JET_errSuccess) {
        return err;
    }
    char *utf8 = NULL;
    struct ese_table_info info;
    if (level != JET_ObjInfo && level != JET_ObjInfoNoStats) {
        err = JET_errFeatureNotAvailable;
    } else if (type != JET_objtypTable && type != JET_objtypNil) {
        err = JET_errObjectNotFound;
    } else {
        err = ese_text_in(text, name, &utf8);
    }
    if (err == JET_errSuccess) {
        err = utf8 == NULL
                  ? JET_errInvalidParameter
                  : ese_database_table_by_name(&call.session->trx,
                                               ese_database_by_id(call.instance->store, dbid), utf8,
                                               &info);
    }
    if (err >= JET_errSuccess) {
        err = give_object(&info, result, size);
    }
    ese_free(utf8);
    return ese_leave(&call, err);
}

/* A table that is only named: opened for the time of the question. */
static JET_ERR open_named(struct ese_call *call, JET_DBID dbid, enum ese_text text,
                          const void *table, struct ese_cursor **cursor)
{
    char *utf8 = NULL;
    JET_ERR err = ese_text_in(text, table, &utf8);
    if (err == JET_errSuccess) {
        err = utf8 == NULL ? JET_errInvalidParameter
                           : ese_cursor_open(&call->session->trx,
                                             ese_database_by_id(call->instance->store, dbid), utf8,
                                             JET_bitTableReadOnly, cursor);
    }
    ese_free(utf8);
    return err;
}

/* ---- columns --------------------------------------------------------------------------------- */

static JET_ERR give_column(const struct ese_column_info *info, void *result, uint32_t size)
{
    JET_COLUMNDEF def = {
        .cbStruct = sizeof def,
        .columnid = info->columnid,
        .coltyp = info->coltyp,
        .cp = info->code_page,
        .cbMax = info->max_size,
        .grbit = info->grbit,
    };
    return ese_give(&def, sizeof def, result, size);
}

static JET_ERR give_column_base(struct ese_cursor *cursor, const struct ese_column_info *info,
                                enum ese_text text, void *result, uint32_t size)
{
    struct ese_table_info table;
    JET_ERR err = ese_table_info(cursor, &table);
    if (err < JET_errSuccess) {
        return err;
    }
    if (text == ESE_TEXT_W) {
        JET_COLUMNBASE_W base = {.cbStruct = sizeof base,
                                 .columnid = info->columnid,
                                 .coltyp = info->coltyp,
                                 .cp = info->code_page,
                                 .cbMax = info->max_size,
                                 .grbit = info->grbit};
        ese_text_out(text, table.name, base.szBaseTableName, sizeof base.szBaseTableName);
        ese_text_out(text, info->name, base.szBaseColumnName, sizeof base.szBaseColumnName);
        return ese_give(&base, sizeof base, result, size);
    }
    JET_COLUMNBASE_A base = {.cbStruct = sizeof base,
                             .columnid = info->columnid,
                             .coltyp = info->coltyp,
                             .cp = info->code_page,
                             .cbMax = info->max_size,
                             .grbit = info->grbit};
    ese_text_out(text, table.name, base.szBaseTableName, sizeof base.szBaseTableName);
    ese_text_out(text, info->name, base.szBaseColumnName, sizeof base.szBaseColumnName);
    return ese_give(&base, sizeof base, result, size);
}

static JET_ERR column_info(struct ese_cursor *cursor, enum ese_text text, const void *name,
                           void *result, uint32_t size, uint32_t level)
{
    struct ese_column_info info;
    bool by_id = level == JET_ColInfoByColid || level == JET_ColInfoBaseByColid;
    if (level != JET_ColInfo && level != JET_ColInfoBase && !by_id) {
        return JET_errFeatureNotAvailable;
    }
    if (name == NULL) {
        return JET_errInvalidParameter;
    }
    JET_ERR err;
    if (by_id) {
        JET_COLUMNID columnid;
        memcpy(&columnid, name, sizeof columnid);
        err = ese_table_column_by_id(cursor, columnid, &info);
    } else {
        char *utf8 = NULL;
        err = ese_text_in(text, name, &utf8);
        if (err == JET_errSuccess) {
            err = ese_table_column_by_name(cursor, utf8, &info);
        }
        ese_free(utf8);
    }
    if (err < JET_errSuccess) {
        return err;
    }
    return level == JET_ColInfo || level == JET_ColInfoByColid
               ? give_column(&info, result, size)
               : give_column_base(cursor, &info, text, result, size);
}

JET_ERR ese_api_JetGetTableColumnInfo(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                      const void *name, void *result, JET_ULONG size,
                                      JET_ULONG level)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetGetTableColumnInfo, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    return ese_leave(&call, column_info(call.cursor, text, name, result, size, level & LEVEL_MASK));
}

JET_ERR ese_api_JetGetColumnInfo(enum ese_text text, JET_SESID sesid, JET_DBID dbid,
                                 const void *table, const void *name, void *result, JET_ULONG size,
                                 JET_ULONG level)
{
    struct ese_call call;
    JET_ERR err = ese_enter_database(&call, ESE_FN_JetGetColumnInfo, sesid, dbid);
    if (err != JET_errSuccess) {
        return err;
    }
    struct ese_cursor *cursor = NULL;
    err = open_named(&call, dbid, text, table, &cursor);
    if (err >= JET_errSuccess) {
        err = column_info(cursor, text, name, result, size, level & LEVEL_MASK);
        ese_cursor_close(cursor);
    }
    return ese_leave(&call, err);
}

/* ---- indexes --------------------------------------------------------------------------------- */

static JET_ERR index_info(struct ese_cursor *cursor, enum ese_text text, const void *name,
                          void *result, uint32_t size, uint32_t level)
{
    if (level == JET_IdxInfoCount) {
        struct ese_table_info table;
        JET_ERR err = ese_table_info(cursor, &table);
        return err < JET_errSuccess ? err : ese_give_ulong(table.indexes, result, size);
    }
    if (level != JET_IdxInfoKeyMost && level != JET_IdxInfoVarSegMac) {
        return JET_errFeatureNotAvailable;
    }
    char *utf8 = NULL;
    struct ese_index_info info;
    JET_ERR err = ese_text_in(text, name, &utf8);
    if (err == JET_errSuccess) {
        err = ese_table_index_by_name(cursor, utf8, &info);
    }
    ese_free(utf8);
    if (err < JET_errSuccess) {
        return err;
    }
    uint16_t most = (uint16_t)info.key_most;
    return ese_give(&most, sizeof most, result, size);
}

JET_ERR ese_api_JetGetTableIndexInfo(enum ese_text text, JET_SESID sesid, JET_TABLEID tableid,
                                     const void *name, void *result, JET_ULONG size,
                                     JET_ULONG level)
{
    struct ese_call call;
    JET_ERR err = ese_enter_cursor(&call, ESE_FN_JetGetTableIndexInfo, sesid, tableid);
    if (err != JET_errSuccess) {
        return err;
    }
    return ese_leave(&call, index_info(call.cursor, text, name, result, size, level));
}

JET_ERR ese_api_JetGetIndexInfo(enum ese_text text, JET_SESID sesid, JET_DBID dbid,
                                const void *table, const void *name, void *result, JET_ULONG size,
                                JET_ULONG level)
{
    struct ese_call call;
    JET_ERR err = ese_enter_database(&call, ESE_FN_JetGetIndexInfo, sesid, dbid);
    if (err != JET_errSuccess) {
        return err;
    }
    struct ese_cursor *cursor = NULL;
    err = open_named(&call, dbid, text, table, &cursor);
    if (err >= JET_errSuccess) {
        err = index_info(cursor, text, name, result, size, level);
        ese_cursor_close(cursor);
    }
    return ese_leave(&call, err);
}
