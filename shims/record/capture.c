/* shims/record/capture.c - from the roles of the parameters to what is kept of them. */
#define JET_NO_NAME_MAP

#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "shims/record/layout.h"

static shim_capture_table table;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Handles that come back inside a struct. */
static const struct {
    enum shim_fn fn;
    uint16_t offset;
} struct_handles[] = {
    {SHIM_FN_JetCreateTableColumnIndex, offsetof(JET_TABLECREATE_A, tableid)},
    {SHIM_FN_JetCreateTableColumnIndex2, offsetof(JET_TABLECREATE2_A, tableid)},
    {SHIM_FN_JetCreateTableColumnIndex3, offsetof(JET_TABLECREATE3_A, tableid)},
    {SHIM_FN_JetCreateTableColumnIndex4, offsetof(JET_TABLECREATE4_A, tableid)},
    {SHIM_FN_JetOpenTemporaryTable, offsetof(JET_OPENTEMPORARYTABLE, tableid)},
    {SHIM_FN_JetOpenTemporaryTable2, offsetof(JET_OPENTEMPORARYTABLE2, tableid)},
};

static bool struct_handle(enum shim_fn fn, uint16_t *offset) {
    for (size_t i = 0; i < sizeof struct_handles / sizeof struct_handles[0]; i++) {
        if (struct_handles[i].fn == fn) {
            *offset = struct_handles[i].offset;
            return true;
        }
    }
    return false;
}

static void add_out(struct shim_capture *capture, int param, unsigned width, bool at_entry,
                    size_t offset) {
    unsigned i = capture->out_count++;
    capture->out[i].param = (uint8_t)param;
    capture->out[i].width = (uint8_t)width;
    capture->out[i].at_entry = at_entry;
    capture->out[i].offset = (uint16_t)offset;
}

static void add_blob(struct shim_capture *capture, const struct shim_function *function, int param,
                     enum shim_blob_kind kind, bool wide) {
    unsigned i = capture->blob_count++;
    const struct shim_param *params = function->params;
    capture->blob[i].param = (uint8_t)param;
    capture->blob[i].kind = (uint8_t)kind;
    capture->blob[i].wide = wide && (kind == SHIM_BLOB_IN_TEXT || kind == SHIM_BLOB_OUT_TEXT);
    capture->blob[i].size = SHIM_NO_PARAM;
    capture->blob[i].actual = SHIM_NO_PARAM;
    capture->blob[i].level = SHIM_NO_PARAM;
    if (kind == SHIM_BLOB_IN_TEXT) {
        return;
    }
    for (int next = param + 1; next < function->param_count; next++) {
        if (params[next].role == SHIM_ROLE_IN_SIZE) {
            capture->blob[i].size = (uint8_t)next;
            if (next + 1 < function->param_count && params[next + 1].role == SHIM_ROLE_OUT_SIZE) {
                capture->blob[i].actual = (uint8_t)(next + 1);
            }
            return;
        }
    }
}

static void add_param(struct shim_capture *capture, enum shim_fn fn, int param, bool wide) {
    const struct shim_function *function = shim_function(fn);
    uint16_t offset;
    switch (function->params[param].role) {
    case SHIM_ROLE_INOUT_INSTANCE:
    case SHIM_ROLE_INOUT_API_PTR:
        add_out(capture, param, 8, true, 0);
        break;
    case SHIM_ROLE_OUT_INSTANCE:
    case SHIM_ROLE_OUT_SESID:
    case SHIM_ROLE_OUT_TABLEID:
    case SHIM_ROLE_OUT_SNAPID:
    case SHIM_ROLE_OUT_LS:
    case SHIM_ROLE_OUT_FILE:
    case SHIM_ROLE_OUT_HANDLE:
    case SHIM_ROLE_OUT_POINTER:
        add_out(capture, param, 8, false, 0);
        break;
    case SHIM_ROLE_OUT_DBID:
    case SHIM_ROLE_OUT_COLUMNID:
    case SHIM_ROLE_OUT_SIZE:
    case SHIM_ROLE_OUT_INT:
    case SHIM_ROLE_OUT_GRBIT:
        add_out(capture, param, 4, false, 0);
        break;
    case SHIM_ROLE_OUT_SERIAL:
        add_out(capture, param, 8, false, offsetof(JET_COMMIT_ID, commitId));
        break;
    case SHIM_ROLE_INOUT_STRUCT:
        if (struct_handle(fn, &offset)) {
            add_out(capture, param, 8, false, offset);
        }
        break;
    case SHIM_ROLE_IN_TEXT:
        add_blob(capture, function, param, SHIM_BLOB_IN_TEXT, wide);
        break;
    case SHIM_ROLE_IN_DATA:
        add_blob(capture, function, param, SHIM_BLOB_IN_DATA, wide);
        break;
    case SHIM_ROLE_OUT_TEXT:
        add_blob(capture, function, param, SHIM_BLOB_OUT_TEXT, wide);
        break;
    case SHIM_ROLE_OUT_DATA:
        add_blob(capture, function, param, SHIM_BLOB_OUT_DATA, wide);
        break;
    default:
        break;
    }
}

/* At the levels "by column id" the name of the column is a JET_COLUMNID *. */
static void note_level(struct shim_capture *capture, enum shim_fn fn) {
    int name = shim_param_find(
        fn, fn == SHIM_FN_JetGetColumnInfo ? "pColumnNameOrId" : "szColumnName");
    int level = shim_param_find(fn, "InfoLevel");
    for (unsigned i = 0; i < capture->blob_count; i++) {
        if (capture->blob[i].param == name) {
            capture->blob[i].level = (uint8_t)level;
        }
    }
}

static void make_table(void) {
    for (int fn = 0; fn < SHIM_FN_COUNT; fn++) {
        for (int variant = 0; variant < SHIM_VARIANT_COUNT; variant++) {
            struct shim_capture *capture = &table[fn][variant];
            capture->args = (uint8_t)shim_function((enum shim_fn)fn)->param_count;
            for (int param = 0; param < capture->args; param++) {
                add_param(capture, (enum shim_fn)fn, param, variant == SHIM_W);
            }
            if (fn == SHIM_FN_JetGetColumnInfo || fn == SHIM_FN_JetGetTableColumnInfo) {
                note_level(capture, (enum shim_fn)fn);
            }
            size_t room = sizeof(struct shim_call_record) +
                          8u * ((size_t)capture->args + capture->out_count) +
                          SHIM_BLOB_SPACE(SHIM_RAW_MAX) * capture->blob_count;
            capture->room = (uint16_t)room;
        }
    }
}

const shim_capture_table *shim_captures(void) {
    pthread_once(&once, make_table);
    return (const shim_capture_table *)&table;
}
