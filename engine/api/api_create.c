/* JetCreateTable and JetCreateTableColumnIndex in all their forms: a table, its columns, its
 * indexes, all or nothing. */
#include "engine/api/api.h"

#include "engine/api/create.h"
#include "engine/api/gate.h"

/* What the four structs have in common; A and W of each are laid out alike. */
struct table_request {
    const void *name;
    const void *template_name;
    uint32_t pages, density;
    JET_COLUMNCREATE_A *columns;
    uint32_t column_count;
    enum ese_index_struct index_kind;
    void *indexes;
    uint32_t index_count;
    const void *callback;
    JET_CBTYP callback_types;
    JET_GRBIT grbit;
    JET_TABLEID *tableid; /* results, inside the caller's struct */
    JET_ULONG *created;
};

#define SAME_LAYOUT(base)                                                                          \
    _Static_assert(sizeof(base##_A) == sizeof(base##_W) &&                                         \
                       offsetof(base##_A, tableid) == offsetof(base##_W, tableid),                 \
                   #base)
SAME_LAYOUT(JET_TABLECREATE);
SAME_LAYOUT(JET_TABLECREATE2);
SAME_LAYOUT(JET_TABLECREATE3);
SAME_LAYOUT(JET_TABLECREATE4);
_Static_assert(sizeof(JET_COLUMNCREATE_A) == sizeof(JET_COLUMNCREATE_W) &&
                   offsetof(JET_COLUMNCREATE_A, err) == offsetof(JET_COLUMNCREATE_W, err),
               "JET_COLUMNCREATE");

#define COMMON(from, kind)                                                                         \
    .name = (from)->szTableName, .template_name = (from)->szTemplateTableName,                     \
    .pages = (from)->ulPages, .density = (from)->ulDensity, .columns = (from)->rgcolumncreate,     \
    .column_count = (from)->cColumns, .index_kind = (kind), .indexes = (from)->rgindexcreate,      \
    .index_count = (from)->cIndexes, .grbit = (from)->grbit, .tableid = &(from)->tableid,          \
    .created = &(from)->cCreated

static JET_ERR add_column(struct ese_cursor *cursor, enum ese_text text, JET_COLUMNCREATE_A *create)
{
    if (create->cbStruct != sizeof *create) {
        return JET_errInvalidParameter;
    }
    char *name = NULL;
    JET_ERR err = ese_text_in(text, create->szColumnName, &name);
    if (err == JET_errSuccess && name == NULL) {
        err = JET_errInvalidName;
    }
    if (err == JET_errSuccess && create->cp > UINT16_MAX) {
        err = JET_errInvalidCodePage;
    }
    unsigned char *definition = NULL;
    JET_ULONG definition_size = 0;
    bool computed = (create->grbit & JET_bitColumnUserDefinedDefault) != 0;
    if (err == JET_errSuccess && computed) {
        err = ese_computed_in(text, create->pvDefault, create->cbDefault, &definition,
                              &definition_size);
    }
    if (err == JET_errSuccess) {
        struct ese_column_def def = {
            .name = name,
            .coltyp = create->coltyp,
            .max_size = create->cbMax,
            .code_page = (uint16_t)create->cp,
            .grbit = create->grbit,
            .default_value = create->cbDefault == 0 ? NULL : create->pvDefault,
            .default_size = create->pvDefault == NULL ? 0 : create->cbDefault,
        };
        if (computed) {
            def.default_value = definition;
            def.default_size = definition_size;
        }
        err = ese_table_add_column(cursor, &def, &create->columnid);
    }
    ese_free(definition);
    ese_free(name);
    create->err = err;
    return err;
}

static JET_ERR keep_callback(struct ese_cursor *cursor, enum ese_text text,
                             const struct table_request *request)
{
    char *function = NULL;
    JET_ERR err = ese_text_in(text, request->callback, &function);
    if (err == JET_errSuccess) {
        err = ese_table_keep_callback(cursor, function, request->callback_types);
    }
    ese_free(function);
    return err;
}

/* The columns and indexes of a table that is there, inherited ones first and not counted; *created goes on counting. */
static JET_ERR fill_table(struct ese_call *call, struct ese_cursor *cursor, enum ese_text text,
                          const struct table_request *request, uint32_t *created)
{
    JET_ERR err = JET_errSuccess;
    char *from = NULL;
    if (request->template_name != NULL) {
        err = ese_text_in(text, request->template_name, &from);
        if (err == JET_errSuccess) {
            err = ese_table_inherit(cursor, from);
        }
        ese_free(from);
    }
    for (uint32_t i = 0; i < request->column_count && err >= JET_errSuccess; i++) {
        err = add_column(cursor, text, &request->columns[i]);
        *created += err >= JET_errSuccess;
    }
    if (err >= JET_errSuccess) {
        err = ese_create_indexes(call, cursor, text, request->index_kind, request->indexes,
                                 request->index_count, created);
    }
    if (err >= JET_errSuccess && request->callback != NULL) {
        JET_ERR kept = keep_callback(cursor, text, request);
        *created += kept >= JET_errSuccess;
        err = kept < JET_errSuccess ? kept : err;
    }
    ese_table_end_creation(cursor);
    return err;
}

/* The whole request in a transaction of its own, inside the session's if there is one. */
static JET_ERR create_table(struct ese_call *call, JET_DBID dbid, enum ese_text text,
                            const struct table_request *request)
{
    struct ese_trx *trx = &call->session->trx;
    struct ese_cursor *cursor = NULL;
    uint32_t created = 0;
    char *name = NULL;
    if (!ese_session_owned(call->session)) {
        return JET_errSessionSharingViolation;
    }
    if (request->template_name != NULL && (request->grbit & JET_bitTableCreateTemplateTable) != 0) {
        return JET_errCannotNestDDL;
    }
    if ((request->columns == NULL && request->column_count > 0) ||
        (request->indexes == NULL && request->index_count > 0)) {
        return JET_errInvalidParameter;
    }
    JET_ERR err = ese_text_in(text, request->name, &name);
    if (err == JET_errSuccess) {
        err = name == NULL ? JET_errInvalidName : ese_trx_begin(trx, 0);
    }
    if (err != JET_errSuccess) {
        ese_free(name);
        return err;
    }
    err = ese_table_create(trx, ese_database_by_id(call->instance->store, dbid), name,
                           request->pages, request->density, request->grbit, &cursor);
    if (err >= JET_errSuccess) {
        created++;
        err = fill_table(call, cursor, text, request, &created);
        if (err < JET_errSuccess) {
            ese_cursor_close(cursor);
        } else {
            JET_ERR adopted = ese_session_adopt_cursor(call->session, cursor, request->tableid);
            err = adopted < JET_errSuccess ? adopted : err;
        }
    }
    if (err >= JET_errSuccess) {
        JET_ERR committed = ese_session_commit(call->session, 0);
        err = committed < JET_errSuccess ? committed : err;
    }
    if (err < JET_errSuccess) {
        *request->tableid = JET_tableidNil;
        ese_session_rollback(call->session, 0);
    }
    *request->created = created;
    ese_free(name);
    return err;
}

static JET_ERR enter_and_create(enum ese_function function, enum ese_text text, JET_SESID sesid,
                                JET_DBID dbid, const struct table_request *request)
{
    struct ese_call call;
    JET_ERR err = ese_enter_database(&call, function, sesid, dbid);
    if (err != JET_errSuccess) {
        return err;
    }
    err = request == NULL ? JET_errInvalidParameter : create_table(&call, dbid, text, request);
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetCreateTable(enum ese_text text, JET_SESID sesid, JET_DBID dbid, const void *name,
                               JET_ULONG pages, JET_ULONG density, JET_TABLEID *tableid)
{
    JET_ULONG created = 0;
    struct table_request request = {
        .name = name, .pages = pages, .density = density, .tableid = tableid, .created = &created};
    return enter_and_create(ESE_FN_JetCreateTable, text, sesid, dbid,
                            tableid == NULL ? NULL : &request);
}

JET_ERR ese_api_JetCreateTableColumnIndex(enum ese_text text, JET_SESID sesid, JET_DBID dbid,
                                          void *create)
{
    JET_TABLECREATE_A *from = create;
    if (from == NULL || from->cbStruct != sizeof *from) {
        return enter_and_create(ESE_FN_JetCreateTableColumnIndex, text, sesid, dbid, NULL);
    }
    struct table_request request = {COMMON(from, ESE_INDEX_STRUCT_1)};
    return enter_and_create(ESE_FN_JetCreateTableColumnIndex, text, sesid, dbid, &request);
}

JET_ERR ese_api_JetCreateTableColumnIndex2(enum ese_text text, JET_SESID sesid, JET_DBID dbid,
                                           void *create)
{
    JET_TABLECREATE2_A *from = create;
    if (from == NULL || from->cbStruct != sizeof *from) {
        return enter_and_create(ESE_FN_JetCreateTableColumnIndex2, text, sesid, dbid, NULL);
    }
    struct table_request request = {COMMON(from, ESE_INDEX_STRUCT_1), .callback = from->szCallback, .callback_types = from->cbtyp};
    return enter_and_create(ESE_FN_JetCreateTableColumnIndex2, text, sesid, dbid, &request);
}

JET_ERR ese_api_JetCreateTableColumnIndex3(enum ese_text text, JET_SESID sesid, JET_DBID dbid,
                                           void *create)
{
    JET_TABLECREATE3_A *from = create;
    if (from == NULL || from->cbStruct != sizeof *from) {
        return enter_and_create(ESE_FN_JetCreateTableColumnIndex3, text, sesid, dbid, NULL);
    }
    struct table_request request = {COMMON(from, ESE_INDEX_STRUCT_2), .callback = from->szCallback, .callback_types = from->cbtyp};
    return enter_and_create(ESE_FN_JetCreateTableColumnIndex3, text, sesid, dbid, &request);
}

JET_ERR ese_api_JetCreateTableColumnIndex4(enum ese_text text, JET_SESID sesid, JET_DBID dbid,
                                           void *create)
{
    JET_TABLECREATE4_A *from = create;
    if (from == NULL || from->cbStruct != sizeof *from) {
        return enter_and_create(ESE_FN_JetCreateTableColumnIndex4, text, sesid, dbid, NULL);
    }
    struct table_request request = {COMMON(from, ESE_INDEX_STRUCT_3), .callback = from->szCallback, .callback_types = from->cbtyp};
    return enter_and_create(ESE_FN_JetCreateTableColumnIndex4, text, sesid, dbid, &request);
}
