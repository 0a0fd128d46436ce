/* See list.h. */
#include "engine/api/list.h"

#include <string.h>

#include "engine/api/information.h"
#include "engine/table/temp.h"

#define COUNTRY  1
#define CODEPAGE 1252
#define LANGUAGE 1033

#define MOST_COLUMNS 16

/* ---- rows ------------------------------------------------------------------------------------ */

/* A list that is being made: the columns come from a table of types. */
struct list {
    struct ese_cursor *cursor;
    enum ese_text text;
    uint32_t columns;
    JET_COLUMNID ids[MOST_COLUMNS];
    struct ese_temp_value values[MOST_COLUMNS]; /* of the row that is being made */
    uint32_t numbers[MOST_COLUMNS];             /* what short and long values point to */
    JET_WCHAR names[MOST_COLUMNS][JET_cbNameMost + 1];
    uint32_t rows;
};

struct column {
    JET_COLTYP coltyp;
    JET_GRBIT grbit;
};

static JET_ERR open_list(struct list *list, const struct ese_call *call, enum ese_text text,
                         const struct column *columns, uint32_t count)
{
    JET_COLUMNDEF defs[MOST_COLUMNS];
    memset(list, 0, sizeof *list);
    memset(defs, 0, sizeof defs);
    for (uint32_t i = 0; i < count; i++) {
        defs[i].cbStruct = sizeof defs[i];
        defs[i].coltyp = columns[i].coltyp;
        defs[i].cp = text == ESE_TEXT_W ? 1200 : 1252;
        defs[i].grbit = columns[i].grbit;
    }
    list->text = text;
    list->columns = count;
    const struct ese_temp_def def = {
        .columns = defs, .count = count, .grbit = JET_bitTTScrollable | JET_bitTTIndexed};
    return ese_temp_open(call->instance->store, &call->session->trx, &def, list->ids,
                         &list->cursor);
}

static void put_long(struct list *list, uint32_t column, uint32_t value)
{
    list->numbers[column] = value;
    list->values[column] = (struct ese_temp_value){&list->numbers[column], 4};
}

static void put_short(struct list *list, uint32_t column, uint16_t value)
{
    memcpy(&list->numbers[column], &value, sizeof value);
    list->values[column] = (struct ese_temp_value){&list->numbers[column], 2};
}

static void put_name(struct list *list, uint32_t column, const char *name)
{
    void *room = list->names[column];
    ese_text_out(list->text, name, room, sizeof list->names[column]);
    uint32_t end = list->text == ESE_TEXT_W ? sizeof(JET_WCHAR) : 1;
    list->values[column] = (struct ese_temp_value){room, ese_text_size(list->text, name) - end};
}

static JET_ERR add_row(struct list *list)
{
    JET_ERR err = ese_temp_add(list->cursor, list->ids, list->values, list->columns);
    memset(list->values, 0, sizeof list->values);
    list->rows += err == JET_errSuccess ? 1 : 0;
    return err;
}

/* Hands the list out, or takes it back. */
static JET_ERR close_list(struct list *list, const struct ese_call *call, JET_ERR err,
                          JET_TABLEID *tableid)
{
    if (err >= JET_errSuccess) {
        err = ese_temp_finish(list->cursor);
    }
    if (err < JET_errSuccess) {
        ese_cursor_close(list->cursor);
        return err;
    }
    return ese_session_adopt_cursor(call->session, list->cursor, tableid);
}

/* ---- objects --------------------------------------------------------------------------------- */

enum { O_CONTAINER, O_NAME, O_TYPE, O_CREATED, O_UPDATED, O_RECORDS, O_PAGES, O_GRBIT, O_FLAGS };

static const struct column object_columns[] = {
    [O_CONTAINER] = {JET_coltypText, JET_bitColumnTTKey},
    [O_NAME] = {JET_coltypText, JET_bitColumnTTKey},
    [O_TYPE] = {JET_coltypLong, JET_bitColumnFixed},
    [O_CREATED] = {JET_coltypDateTime, JET_bitColumnFixed},
    [O_UPDATED] = {JET_coltypDateTime, JET_bitColumnFixed},
    [O_RECORDS] = {JET_coltypLong, JET_bitColumnFixed},
    [O_PAGES] = {JET_coltypLong, JET_bitColumnFixed},
    [O_GRBIT] = {JET_coltypLong, JET_bitColumnFixed},
    [O_FLAGS] = {JET_coltypLong, JET_bitColumnFixed},
};

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

struct objects {
    struct list list;
    JET_GRBIT grbit;
    bool stats;
};

static JET_ERR add_object(void *arg, const struct ese_table_info *info)
{
    struct objects *objects = arg;
    struct list *list = &objects->list;
    put_name(list, O_CONTAINER, "Tables");
    put_name(list, O_NAME, info->name);
    put_long(list, O_TYPE, JET_objtypTable);
    put_long(list, O_RECORDS, objects->stats ? (uint32_t)info->records : 0);
    put_long(list, O_PAGES, objects->stats ? (uint32_t)info->record_pages : 0);
    put_long(list, O_GRBIT, objects->grbit);
    put_long(list, O_FLAGS, ese_object_flags(info->grbit, info->derived));
    return add_row(list);
}

JET_ERR ese_list_objects(struct ese_call *call, enum ese_text text, struct ese_database *database,
                         JET_OBJTYP type, bool stats, void *result, uint32_t size)
{
    if (size < sizeof(JET_OBJECTLIST)) {
        return JET_errBufferTooSmall;
    }
    if (result == NULL) {
        return JET_errInvalidParameter;
    }
    struct objects objects;
    JET_TABLEID tableid = JET_tableidNil;
    JET_ERR err = open_list(&objects.list, call, text, object_columns, COUNT_OF(object_columns));
    if (err < JET_errSuccess) {
        return err;
    }
    objects.stats = stats;
    objects.grbit = JET_bitTableInfoBookmark | JET_bitTableInfoRollback;
    if (!ese_database_read_only(database)) {
        objects.grbit |= JET_bitTableInfoUpdatable;
    }
    if (type == JET_objtypNil || type == JET_objtypTable) {
        err = ese_database_tables(&call->session->trx, database, add_object, &objects);
    }
    err = close_list(&objects.list, call, err, &tableid);
    if (err >= JET_errSuccess) {
        const JET_COLUMNID *ids = objects.list.ids;
        *(JET_OBJECTLIST *)result = (JET_OBJECTLIST){
            .cbStruct = sizeof(JET_OBJECTLIST),
            .tableid = tableid,
            .cRecord = objects.list.rows,
            .columnidcontainername = ids[O_CONTAINER],
            .columnidobjectname = ids[O_NAME],
            .columnidobjtyp = ids[O_TYPE],
            .columniddtCreate = ids[O_CREATED],
            .columniddtUpdate = ids[O_UPDATED],
            .columnidgrbit = ids[O_GRBIT],
            .columnidflags = ids[O_FLAGS],
            .columnidcRecord = ids[O_RECORDS],
            .columnidcPage = ids[O_PAGES],
        };
    }
    return err;
}

/* ---- columns --------------------------------------------------------------------------------- */

enum {
    C_ORDER,
    C_NAME,
    C_ID,
    C_TYPE,
    C_COUNTRY,
    C_LANGUAGE,
    C_CODEPAGE,
    C_COLLATE,
    C_SIZE,
    C_GRBIT,
    C_DEFAULT,
    C_BASE_TABLE,
    C_BASE_COLUMN,
};

static const struct column column_columns[] = {
    [C_ORDER] = {JET_coltypLong, JET_bitColumnFixed | JET_bitColumnTTKey},
    [C_NAME] = {JET_coltypText, JET_bitColumnTTKey},
    [C_ID] = {JET_coltypLong, JET_bitColumnFixed},
    [C_TYPE] = {JET_coltypLong, JET_bitColumnFixed},
    [C_COUNTRY] = {JET_coltypShort, JET_bitColumnFixed},
    [C_LANGUAGE] = {JET_coltypShort, JET_bitColumnFixed},
    [C_CODEPAGE] = {JET_coltypShort, JET_bitColumnFixed},
    [C_COLLATE] = {JET_coltypShort, JET_bitColumnFixed},
    [C_SIZE] = {JET_coltypLong, JET_bitColumnFixed},
    [C_GRBIT] = {JET_coltypLong, JET_bitColumnFixed},
    [C_DEFAULT] = {JET_coltypLongBinary, 0},
    [C_BASE_TABLE] = {JET_coltypText, 0},
    [C_BASE_COLUMN] = {JET_coltypText, 0},
};

struct columns {
    struct list list;
    bool by_id, minimal, own;
    char table[JET_cbNameMost + 1];
};

static JET_ERR add_column(void *arg, const struct ese_column_info *info)
{
    struct columns *columns = arg;
    struct list *list = &columns->list;
    if (columns->own && info->derived) {
        return JET_errSuccess;
    }
    if (columns->by_id) {
        put_long(list, C_ORDER, info->columnid);
    }
    put_name(list, C_NAME, info->name);
    put_long(list, C_ID, info->columnid);
    if (!columns->minimal) {
        put_long(list, C_TYPE, info->coltyp);
        put_short(list, C_COUNTRY, COUNTRY);
        put_short(list, C_LANGUAGE, LANGUAGE);
        put_short(list, C_CODEPAGE, info->code_page);
        put_short(list, C_COLLATE, 0);
        put_long(list, C_SIZE, info->max_size);
        put_long(list, C_GRBIT, info->grbit);
        if (info->default_size != 0) {
            list->values[C_DEFAULT] =
                (struct ese_temp_value){info->default_value, info->default_size};
        }
        put_name(list, C_BASE_TABLE, columns->table);
        put_name(list, C_BASE_COLUMN, info->name);
    }
    return add_row(list);
}

JET_ERR ese_list_columns(struct ese_call *call, enum ese_text text, struct ese_cursor *cursor,
                         void *result, uint32_t size, uint32_t level)
{
    if (size < sizeof(JET_COLUMNLIST)) {
        return JET_errBufferTooSmall;
    }
    if (result == NULL) {
        return JET_errInvalidParameter;
    }
    struct columns columns;
    struct ese_table_info table;
    JET_TABLEID tableid = JET_tableidNil;
    uint32_t plain = level & 0x0FFFFFFFu;
    JET_ERR err = ese_table_info(cursor, &table);
    if (err >= JET_errSuccess) {
        err = open_list(&columns.list, call, text, column_columns, COUNT_OF(column_columns));
    }
    if (err < JET_errSuccess) {
        return err;
    }
    columns.by_id = plain == JET_ColInfoListSortColumnid || plain == JET_ColInfoListCompact ||
                    (level & JET_ColInfoGrbitSortByColumnid) != 0;
    columns.own = (level & JET_ColInfoGrbitNonDerivedColumnsOnly) != 0;
    columns.minimal = (level & JET_ColInfoGrbitMinimalInfo) != 0;
    memcpy(columns.table, table.name, sizeof columns.table);
    err = ese_table_columns(cursor, add_column, &columns);
    err = close_list(&columns.list, call, err, &tableid);
    if (err >= JET_errSuccess) {
        const JET_COLUMNID *ids = columns.list.ids;
        *(JET_COLUMNLIST *)result = (JET_COLUMNLIST){
            .cbStruct = sizeof(JET_COLUMNLIST),
            .tableid = tableid,
            .cRecord = columns.list.rows,
            .columnidPresentationOrder = ids[C_ORDER],
            .columnidcolumnname = ids[C_NAME],
            .columnidcolumnid = ids[C_ID],
            .columnidcoltyp = ids[C_TYPE],
            .columnidCountry = ids[C_COUNTRY],
            .columnidLangid = ids[C_LANGUAGE],
            .columnidCp = ids[C_CODEPAGE],
            .columnidCollate = ids[C_COLLATE],
            .columnidcbMax = ids[C_SIZE],
            .columnidgrbit = ids[C_GRBIT],
            .columnidDefault = ids[C_DEFAULT],
            .columnidBaseTableName = ids[C_BASE_TABLE],
            .columnidBaseColumnName = ids[C_BASE_COLUMN],
            .columnidDefinitionName = ids[C_NAME],
        };
    }
    return err;
}

/* ---- indexes --------------------------------------------------------------------------------- */

enum {
    I_NAME,
    I_GRBIT,
    I_KEYS,
    I_ENTRIES,
    I_PAGES,
    I_COLUMNS,
    I_COLUMN,
    I_ID,
    I_TYPE,
    I_COUNTRY,
    I_LANGUAGE,
    I_CODEPAGE,
    I_COLLATE,
    I_COLUMN_GRBIT,
    I_COLUMN_NAME,
    I_MAP_FLAGS,
};

static const struct column index_columns[] = {
    [I_NAME] = {JET_coltypText, JET_bitColumnTTKey},
    [I_GRBIT] = {JET_coltypLong, JET_bitColumnFixed},
    [I_KEYS] = {JET_coltypLong, JET_bitColumnFixed},
    [I_ENTRIES] = {JET_coltypLong, JET_bitColumnFixed},
    [I_PAGES] = {JET_coltypLong, JET_bitColumnFixed},
    [I_COLUMNS] = {JET_coltypLong, JET_bitColumnFixed},
    [I_COLUMN] = {JET_coltypLong, JET_bitColumnFixed | JET_bitColumnTTKey},
    [I_ID] = {JET_coltypLong, JET_bitColumnFixed},
    [I_TYPE] = {JET_coltypLong, JET_bitColumnFixed},
    [I_COUNTRY] = {JET_coltypShort, JET_bitColumnFixed},
    [I_LANGUAGE] = {JET_coltypShort, JET_bitColumnFixed},
    [I_CODEPAGE] = {JET_coltypShort, JET_bitColumnFixed},
    [I_COLLATE] = {JET_coltypShort, JET_bitColumnFixed},
    [I_COLUMN_GRBIT] = {JET_coltypLong, JET_bitColumnFixed},
    [I_COLUMN_NAME] = {JET_coltypText, 0},
    [I_MAP_FLAGS] = {JET_coltypLong, JET_bitColumnFixed},
};

struct indexes {
    struct list list;
    struct ese_cursor *cursor;
};

static JET_ERR add_index(void *arg, const struct ese_index_info *info)
{
    struct indexes *indexes = arg;
    struct list *list = &indexes->list;
    struct ese_index_stats stats;
    JET_ERR err = ese_table_index_stats(indexes->cursor, info->number, &stats);
    for (uint32_t i = 0; i < info->columns && err >= JET_errSuccess; i++) {
        struct ese_column_info column;
        err = ese_table_column_by_id(indexes->cursor, info->column[i], &column);
        if (err < JET_errSuccess) {
            break;
        }
        put_name(list, I_NAME, info->name);
        put_long(list, I_GRBIT, info->grbit);
        put_long(list, I_KEYS, (uint32_t)stats.keys);
        put_long(list, I_ENTRIES, (uint32_t)stats.entries);
        put_long(list, I_PAGES, (uint32_t)stats.pages);
        put_long(list, I_COLUMNS, info->columns);
        put_long(list, I_COLUMN, i);
        put_long(list, I_ID, info->column[i]);
        put_long(list, I_TYPE, column.coltyp);
        put_short(list, I_COUNTRY, COUNTRY);
        put_short(list, I_LANGUAGE, (uint16_t)info->lcid);
        put_short(list, I_CODEPAGE, column.code_page);
        put_short(list, I_COLLATE, 0);
        put_long(list, I_COLUMN_GRBIT,
                 info->descending[i] ? JET_bitKeyDescending : JET_bitKeyAscending);
        put_name(list, I_COLUMN_NAME, column.name);
        put_long(list, I_MAP_FLAGS, info->map_flags);
        err = add_row(list);
    }
    return err;
}

JET_ERR ese_list_indexes(struct ese_call *call, enum ese_text text, struct ese_cursor *cursor,
                         const char *name, void *result, uint32_t size)
{
    bool old = size < sizeof(JET_INDEXLIST); /* before there were map flags */
    if (size < offsetof(JET_INDEXLIST, columnidLCMapFlags)) {
        return JET_errBufferTooSmall;
    }
    if (result == NULL) {
        return JET_errInvalidParameter;
    }
    struct indexes indexes;
    struct ese_index_info info;
    JET_TABLEID tableid = JET_tableidNil;
    bool one = name != NULL && name[0] != '\0';
    JET_ERR err = one ? ese_table_index_by_name(cursor, name, &info) : JET_errSuccess;
    if (err >= JET_errSuccess) {
        err = open_list(&indexes.list, call, text, index_columns, COUNT_OF(index_columns));
    }
    if (err < JET_errSuccess) {
        return err;
    }
    indexes.cursor = cursor;
    err = one ? add_index(&indexes, &info) : ese_table_indexes(cursor, add_index, &indexes);
    err = close_list(&indexes.list, call, err, &tableid);
    if (err >= JET_errSuccess) {
        const JET_COLUMNID *ids = indexes.list.ids;
        const JET_INDEXLIST answer = {
            .cbStruct = old ? offsetof(JET_INDEXLIST, columnidLCMapFlags) : sizeof answer,
            .tableid = tableid,
            .cRecord = indexes.list.rows,
            .columnidindexname = ids[I_NAME],
            .columnidgrbitIndex = ids[I_GRBIT],
            .columnidcKey = ids[I_KEYS],
            .columnidcEntry = ids[I_ENTRIES],
            .columnidcPage = ids[I_PAGES],
            .columnidcColumn = ids[I_COLUMNS],
            .columnidiColumn = ids[I_COLUMN],
            .columnidcolumnid = ids[I_ID],
            .columnidcoltyp = ids[I_TYPE],
            .columnidCountry = ids[I_COUNTRY],
            .columnidLangid = ids[I_LANGUAGE],
            .columnidCp = ids[I_CODEPAGE],
            .columnidCollate = ids[I_COLLATE],
            .columnidgrbitColumn = ids[I_COLUMN_GRBIT],
            .columnidcolumnname = ids[I_COLUMN_NAME],
            .columnidLCMapFlags = ids[I_MAP_FLAGS],
        };
        memcpy(result, &answer, answer.cbStruct);
    }
    return err;
}
