/* What can be known about tables, columns and indexes. The forms that answer with a temporary table
 * are in list.c. */
#include "engine/api/api.h"

#include "engine/api/gate.h"
#include "engine/api/information.h"
#include "engine/api/list.h"
#include "engine/api/opening.h"
#include "engine/api/temporary.h"

/* The level proper, without the bits that shape lists. */
#define LEVEL_MASK 0x0FFFFFFFu

/* ---- tables ---------------------------------------------------------------------------------- */

static JET_ERR give_object(const struct ese_table_info *info, bool updatable, bool stats,
                           void *result, uint32_t size)
{
    JET_OBJECTINFO object = {
        .cbStruct = sizeof object,
        .objtyp = JET_objtypTable,
        .grbit = JET_bitTableInfoBookmark | JET_bitTableInfoRollback |
                 (updatable ? JET_bitTableInfoUpdatable : 0u),
        .flags = ese_object_flags(info->grbit, info->derived),
        .cRecord = stats ? (JET_ULONG)info->records : 0,
        .cPage = stats ? (JET_ULONG)info->record_pages : 0,
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
    struct ese_database *database = ese_cursor_database(call->cursor);
    JET_ULONG pair[2] = {info.pages, info.density};
    uint64_t owned, available;
    char from[ESE_NAME_MAX + 1];
    switch (level) {
    case JET_TblInfo:
        return give_object(&info, ese_cursor_is_updatable(call->cursor), true, result, size);
    case JET_TblInfoName:
    case JET_TblInfoMostMany:
        return result == NULL ? JET_errInvalidParameter
                              : ese_text_out(text, info.name, result, size);
    case JET_TblInfoTemplateTableName:
        err = ese_table_template_name(call->cursor, from);
        return err < JET_errSuccess ? err
               : result == NULL     ? JET_errInvalidParameter
                                    : ese_text_out(text, from, result, size);
    case JET_TblInfoDbid:
        pair[0] = pair[1] = ese_database_id(database);
        return size < sizeof pair ? ese_give_ulong(pair[0], result, size) /* as the original does */
                                  : ese_give(pair, sizeof pair, result, size);
    case JET_TblInfoSpaceAlloc:
        return ese_give(pair, sizeof pair, result, size);
    case JET_TblInfoSpaceUsage:
    case JET_TblInfoSpaceOwned:
    case JET_TblInfoSpaceAvailable:
        err = ese_table_space(call->cursor, ESE_SPACE_OF_TABLE, &owned, &available);
        break;
    case JET_TblInfoSpaceOwnedLV:
    case JET_TblInfoSpaceAvailableLV:
        err = ese_table_space(call->cursor, ESE_SPACE_OF_LONG_VALUES, &owned, &available);
        break;
    default:
        return JET_errFeatureNotAvailable; /* OLC, ResetOLC, DumpTable; Rvt, whose own code
                                              no header has any more */
    }
    if (err < JET_errSuccess) {
        return err;
    }
    pair[0] = (JET_ULONG)owned;
    pair[1] = (JET_ULONG)available;
    switch (level) {
    case JET_TblInfoSpaceUsage:
        return ese_give(pair, sizeof pair, result, size);
    case JET_TblInfoSpaceOwned:
    case JET_TblInfoSpaceOwnedLV:
        return ese_give_ulong(pair[0], result, size);
    default:
        return ese_give_ulong(pair[1], result, size);
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

/* There is one container, and no name means it. */
static JET_ERR is_tables(enum ese_text text, const void *container, bool *wanted)
{
    static const char tables[] = "tables";
    char *utf8 = NULL;
    JET_ERR err = ese_text_in(text, container, &utf8);
    *wanted = utf8 == NULL || utf8[0] == '\0';
    if (!*wanted) {
        size_t i = 0;
        while (utf8[i] != '\0' && (utf8[i] | 0x20) == tables[i]) {
            i++;
        }
        *wanted = utf8[i] == '\0' && tables[i] == '\0';
    }
    ese_free(utf8);
    return err;
}

static JET_ERR one_object(struct ese_call *call, enum ese_text text, struct ese_database *database,
                          const void *name, bool stats, void *result, uint32_t size)
{
    char *utf8 = NULL;
    struct ese_table_info info;
    JET_ERR err = ese_text_in(text, name, &utf8);
    if (err == JET_errSuccess) {
        err = utf8 == NULL ? JET_errInvalidParameter
                           : ese_database_table_by_name(&call->session->trx, database, utf8, &info);
    }
    ese_free(utf8);
    return err < JET_errSuccess
               ? err
               : give_object(&info, !ese_database_read_only(database), stats, result, size);
}

JET_ERR ese_api_JetGetObjectInfo(enum ese_text text, JET_SESID sesid, JET_DBID dbid,
                                 JET_OBJTYP type, const void *container, const void *name,
                                 void *result, JET_ULONG size, JET_ULONG level)
{
    struct ese_call call;
    JET_ERR err = ese_enter_database(&call, ESE_FN_JetGetObjectInfo, sesid, dbid);
    if (err != JET_errSuccess) {
        return err;
    }
    struct ese_database *database = ese_database_by_id(call.instance->store, dbid);
    bool wanted;
    err = is_tables(text, container, &wanted);
    if (err == JET_errSuccess && !wanted) {
        err = JET_errObjectNotFound;
    }
    if (err != JET_errSuccess) {
        return ese_leave(&call, err);
    }
    switch (level) {
    case JET_ObjInfo:
    case JET_ObjInfoNoStats:
        err = type == JET_objtypTable || type == JET_objtypNil
                  ? one_object(&call, text, database, name, level == JET_ObjInfo, result, size)
                  : JET_errObjectNotFound;
        break;
    case JET_ObjInfoList:
    case JET_ObjInfoListNoStats:
        err = ese_list_objects(&call, text, database, type, level == JET_ObjInfoList, result, size);
        break;
    case JET_ObjInfoSysTabCursor:
    case JET_ObjInfoSysTabReadOnly:
    case JET_ObjInfoListACM:
    case JET_ObjInfoRulesLoaded:
        err = JET_errFeatureNotAvailable; /* the original knows them as little */
        break;
    default:
        err = JET_errInvalidParameter;
        break;
    }
    return ese_leave(&call, err);
}

/* A table that is only named: opened for the time of the question. */
JET_ERR ese_open_named(struct ese_call *call, JET_DBID dbid, enum ese_text text, const void *table,
                       struct ese_cursor **cursor)
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

static JET_ERR column_info(struct ese_call *call, struct ese_cursor *cursor, enum ese_text text,
                           const void *name, void *result, uint32_t size, uint32_t full_level)
{
    struct ese_column_info info;
    uint32_t level = full_level & LEVEL_MASK;
    bool by_id = level == JET_ColInfoByColid || level == JET_ColInfoBaseByColid;
    if (level == JET_ColInfoList || level == JET_ColInfoListCompact ||
        level == JET_ColInfoListSortColumnid) {
        return ese_list_columns(call, text, cursor, result, size, full_level);
    }
    if (level == JET_ColInfoSysTabCursor) {
        return JET_errFeatureNotAvailable;
    }
    if (level != JET_ColInfo && level != JET_ColInfoBase && !by_id) {
        return JET_errInvalidParameter;
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
    return ese_leave(&call, column_info(&call, call.cursor, text, name, result, size, level));
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
    err = ese_open_named(&call, dbid, text, table, &cursor);
    if (err >= JET_errSuccess) {
        err = column_info(&call, cursor, text, name, result, size, level);
        ese_cursor_close(cursor);
    }
    return ese_leave(&call, err);
}
