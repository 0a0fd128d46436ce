/* JetGetIndexInfo, JetGetTableIndexInfo. */
#include "engine/api/api.h"

#include <stddef.h>
#include <string.h>

#include "engine/api/gate.h"
#include "engine/api/information.h"
#include "engine/api/list.h"
#include "engine/api/opening.h"
#include "engine/table/cursor.h"

/* ---- JET_INDEXCREATE as an answer ------------------------------------------------------------ */

/* What the pointers of the answer point to lies behind it in the caller's buffer. */
struct packing {
    enum ese_text text;
    unsigned char *at, *end;
    bool full;
};

static void *take(struct packing *packing, size_t size, size_t align)
{
    size_t skip = (align - (size_t)((uintptr_t)packing->at % align)) % align;
    if (packing->full || (size_t)(packing->end - packing->at) < skip + size) {
        packing->full = true;
        return NULL;
    }
    void *here = packing->at + skip;
    packing->at += skip + size;
    return here;
}

static void *take_text(struct packing *packing, enum ese_text text, const char *in)
{
    uint32_t size = ese_text_size(text, in);
    void *here = take(packing, size, sizeof(JET_WCHAR));
    if (here != NULL) {
        ese_text_out(text, in, here, size);
    }
    return here;
}

/* "+First\0-Second\0\0" in the caller's kind of text; *size is its bytes. */
static JET_ERR take_key(struct packing *packing, struct ese_cursor *cursor,
                        const struct ese_index_info *info, void **key, JET_ULONG *size)
{
    uint32_t unit = packing->text == ESE_TEXT_W ? sizeof(JET_WCHAR) : 1;
    unsigned char *begin = take(packing, 0, sizeof(JET_WCHAR));
    *size = 0;
    for (uint32_t i = 0; i < info->columns; i++) {
        struct ese_column_info column;
        char token[ESE_NAME_MAX + 2];
        JET_ERR err = ese_table_column_by_id(cursor, info->column[i], &column);
        if (err < JET_errSuccess) {
            return err;
        }
        token[0] = info->descending[i] ? '-' : '+';
        memcpy(token + 1, column.name, strlen(column.name) + 1);
        uint32_t need = ese_text_size(packing->text, token);
        void *here = take(packing, need, 1);
        if (here != NULL) {
            ese_text_out(packing->text, token, here, need);
        }
        *size += need;
    }
    void *end = take(packing, unit, 1);
    if (end != NULL) {
        memset(end, 0, unit);
    }
    *size += unit;
    *key = begin;
    return JET_errSuccess;
}

static JET_ERR take_conditions(struct packing *packing, struct ese_cursor *cursor,
                               const struct ese_index_info *info,
                               JET_CONDITIONALCOLUMN_A **conditions)
{
    *conditions = NULL;
    if (info->conditions == 0) {
        return JET_errSuccess;
    }
    JET_CONDITIONALCOLUMN_A *made = take(packing, info->conditions * sizeof *made, sizeof(void *));
    for (uint32_t i = 0; i < info->conditions; i++) {
        struct ese_column_info column;
        JET_ERR err = ese_table_column_by_id(cursor, info->condition[i], &column);
        if (err < JET_errSuccess) {
            return err;
        }
        void *name = take_text(packing, packing->text, column.name);
        if (made != NULL) {
            made[i].cbStruct = sizeof made[i];
            made[i].szColumnName = name;
            made[i].grbit = info->condition_grbit[i];
        }
    }
    *conditions = made;
    return JET_errSuccess;
}

static JET_TUPLELIMITS *take_tuples(struct packing *packing, const struct ese_index_info *info)
{
    JET_TUPLELIMITS *limits = take(packing, sizeof *limits, sizeof(void *));
    if (limits != NULL) {
        *limits = (JET_TUPLELIMITS){info->tuple.length_min, info->tuple.length_max,
                                    info->tuple.to_index_max, info->tuple.increment,
                                    info->tuple.start};
    }
    return limits;
}

static JET_SPACEHINTS *take_hints(struct packing *packing, const struct ese_index_info *info)
{
    JET_SPACEHINTS *hints = take(packing, sizeof *hints, sizeof(void *));
    if (hints != NULL) {
        *hints = info->hints;
        hints->cbStruct = sizeof *hints;
        hints->ulInitialDensity =
            hints->ulInitialDensity != 0 ? hints->ulInitialDensity : info->density;
    }
    return hints;
}

/* The three structs agree up to their fields on Unicode; A and W agree in layout (create.c). */
#define COMMON(create)                                                                             \
    do {                                                                                           \
        (create)->cbStruct = sizeof *(create);                                                     \
        (create)->szIndexName = take_text(packing, packing->text, info->name);                     \
        (create)->szKey = key;                                                                     \
        (create)->cbKey = key_size;                                                                \
        (create)->grbit = grbit;                                                                   \
        (create)->ulDensity = info->density;                                                       \
        (create)->rgconditionalcolumn = conditions;                                                \
        (create)->cConditionalColumn = info->conditions;                                           \
        (create)->cbKeyMost = info->key_most;                                                      \
        if (tuples) {                                                                              \
            (create)->ptuplelimits = take_tuples(packing, info);                                   \
        } else {                                                                                   \
            (create)->cbVarSegMac = info->segment_most;                                            \
        }                                                                                          \
    } while (0)

static JET_UNICODEINDEX *take_unicode(struct packing *packing, const struct ese_index_info *info)
{
    JET_UNICODEINDEX *unicode = take(packing, sizeof *unicode, sizeof(void *));
    if (unicode != NULL) {
        *unicode = (JET_UNICODEINDEX){info->lcid, info->map_flags};
    }
    return unicode;
}

static JET_UNICODEINDEX2 *take_unicode2(struct packing *packing, const struct ese_index_info *info)
{
    JET_UNICODEINDEX2 *unicode = take(packing, sizeof *unicode, sizeof(void *));
    void *name = take_text(packing, ESE_TEXT_W, info->locale);
    if (unicode != NULL) {
        unicode->szLocaleName = name;
        unicode->dwMapFlags = info->map_flags;
    }
    return unicode;
}

static JET_ERR give_create(struct ese_cursor *cursor, enum ese_text text,
                           const struct ese_index_info *info, void *result, uint32_t size,
                           uint32_t level)
{
    size_t fixed = level == JET_IdxInfoCreateIndex    ? sizeof(JET_INDEXCREATE_A)
                   : level == JET_IdxInfoCreateIndex2 ? sizeof(JET_INDEXCREATE2_A)
                                                      : sizeof(JET_INDEXCREATE3_A);
    if (result == NULL) {
        return JET_errInvalidParameter;
    }
    if (size < fixed) {
        return JET_errBufferTooSmall;
    }
    struct packing room = {text, (unsigned char *)result + fixed, (unsigned char *)result + size,
                           false};
    struct packing *packing = &room;
    void *key = NULL;
    JET_ULONG key_size = 0;
    JET_CONDITIONALCOLUMN_A *conditions = NULL;
    bool tuples = (info->grbit & JET_bitIndexTuples) != 0;
    JET_GRBIT grbit = info->grbit | JET_bitIndexUnicode | JET_bitIndexKeyMost |
                      (tuples ? JET_bitIndexTupleLimits : 0u);
    JET_ERR err = take_key(packing, cursor, info, &key, &key_size);
    if (err == JET_errSuccess) {
        err = take_conditions(packing, cursor, info, &conditions);
    }
    if (err != JET_errSuccess) {
        return err;
    }
    memset(result, 0, fixed);
    if (level == JET_IdxInfoCreateIndex) {
        JET_INDEXCREATE_A *create = result;
        COMMON(create);
        create->pidxunicode = take_unicode(packing, info);
    } else if (level == JET_IdxInfoCreateIndex2) {
        JET_INDEXCREATE2_A *create = result;
        COMMON(create);
        create->pidxunicode = take_unicode(packing, info);
        create->pSpacehints = take_hints(packing, info);
    } else {
        JET_INDEXCREATE3_A *create = result;
        COMMON(create);
        create->pidxunicode = take_unicode2(packing, info);
        create->pSpacehints = take_hints(packing, info);
    }
    return packing->full ? JET_errBufferTooSmall : JET_errSuccess;
}

/* ---- the levels ------------------------------------------------------------------------------ */

static JET_ERR give_short(uint32_t answer, void *result, uint32_t size)
{
    uint16_t number = (uint16_t)answer;
    return ese_give(&number, sizeof number, result, size);
}

static JET_ERR give_id(struct ese_cursor *cursor, const char *name, void *result, uint32_t size)
{
    JET_INDEXID id;
    JET_ERR err = ese_table_index_id(cursor, name, &id);
    return err == JET_errSuccess ? ese_give(&id, sizeof id, result, size) : err;
}

static JET_ERR give_space(struct ese_cursor *cursor, const char *name, bool owned, void *result,
                          uint32_t size)
{
    uint64_t pages = 0;
    JET_ERR err = ese_table_index_pages(cursor, name, &pages);
    return err == JET_errSuccess ? ese_give_ulong(owned ? (JET_ULONG)pages : 0, result, size) : err;
}

static JET_ERR one_index(struct ese_cursor *cursor, enum ese_text text, const char *name,
                         void *result, uint32_t size, uint32_t level)
{
    struct ese_index_info info;
    if (level == JET_IdxInfoIndexId) {
        return give_id(cursor, name, result, size);
    }
    JET_ERR err = ese_table_index_by_name(cursor, name, &info);
    if (err != JET_errSuccess) {
        return err;
    }
    switch (level) {
    case JET_IdxInfoSpaceAlloc:
        return ese_give_ulong(info.density, result, size);
    case JET_IdxInfoLCID:
        return size == sizeof(uint16_t) ? give_short(info.lcid, result, size)
                                        : ese_give_ulong(info.lcid, result, size);
    case JET_IdxInfoVarSegMac:
        return give_short(info.segment_most != 0 ? info.segment_most : info.key_most, result, size);
    case JET_IdxInfoKeyMost:
        return give_short(info.key_most, result, size);
    case JET_IdxInfoCreateIndex:
    case JET_IdxInfoCreateIndex2:
    case JET_IdxInfoCreateIndex3:
        return give_create(cursor, text, &info, result, size, level);
    case JET_IdxInfoLocaleName:
        return result == NULL ? JET_errInvalidParameter
                              : ese_text_out(text, info.locale, result, size);
    case JET_IdxInfoSpaceOwned:
    case JET_IdxInfoSpaceAvailable:
        return give_space(cursor, name, level == JET_IdxInfoSpaceOwned, result, size);
    default:
        return JET_errInvalidParameter;
    }
}

static JET_ERR index_info(struct ese_call *call, struct ese_cursor *cursor, enum ese_text text,
                          const void *name, void *result, uint32_t size, uint32_t level)
{
    if (level == JET_IdxInfoCount) {
        struct ese_table_info table;
        JET_ERR err = ese_table_info(cursor, &table);
        return err < JET_errSuccess ? err : ese_give_ulong(table.indexes, result, size);
    }
    if (level == JET_IdxInfoSysTabCursor || level == JET_IdxInfoOLC ||
        level == JET_IdxInfoResetOLC) {
        return JET_errFeatureNotAvailable;
    }
    char *utf8 = NULL;
    JET_ERR err = ese_text_in(text, name, &utf8);
    if (err == JET_errSuccess) {
        err = level == JET_IdxInfo || level == JET_IdxInfoList
                  ? ese_list_indexes(call, text, cursor, utf8, result, size)
                  : one_index(cursor, text, utf8, result, size, level);
    }
    ese_free(utf8);
    return err;
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
    return ese_leave(&call, index_info(&call, call.cursor, text, name, result, size, level));
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
    err = ese_open_named(&call, dbid, text, table, &cursor);
    if (err >= JET_errSuccess) {
        err = index_info(&call, cursor, text, name, result, size, level);
        ese_cursor_close(cursor);
    }
    return ese_leave(&call, err);
}
