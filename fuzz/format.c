/* fuzz/format.c - the tables behind the byte format. */
#include "fuzz/format.h"

#include <string.h>

/* The first ten are in the order of the enumeration: that is how the encoder writes them. */
const uint8_t fuzz_operations[FUZZ_OPERATIONS] = {
    FUZZ_OP_CALL,   FUZZ_OP_ROW,  FUZZ_OP_REPEAT, FUZZ_OP_CHOOSE, FUZZ_OP_WAIT,
    FUZZ_OP_SIGNAL, FUZZ_OP_AIM,  FUZZ_OP_PROBE,  FUZZ_OP_PAUSE,  FUZZ_OP_STOP,
    FUZZ_OP_CALL,   FUZZ_OP_CALL, FUZZ_OP_CALL,   FUZZ_OP_CALL,   FUZZ_OP_CALL,
    FUZZ_OP_CALL,   FUZZ_OP_CALL, FUZZ_OP_ROW,    FUZZ_OP_ROW,    FUZZ_OP_STOP,
};

const uint8_t fuzz_row_counts[FUZZ_ROW_COUNTS] = {8, 0, 1, 64};

static bool is_usable(enum shim_fn fn)
{
    return shim_function(fn)->is_public;
}

size_t fuzz_function_count(void)
{
    size_t count = 0;
    for (int fn = 0; fn < SHIM_FN_COUNT; fn++)
        count += is_usable((enum shim_fn)fn);
    return count;
}

enum shim_fn fuzz_function(size_t index)
{
    for (int fn = 0; fn < SHIM_FN_COUNT; fn++)
        if (is_usable((enum shim_fn)fn) && index-- == 0)
            return (enum shim_fn)fn;
    return SHIM_FN_NONE;
}

size_t fuzz_function_index(enum shim_fn fn)
{
    size_t index = 0;
    for (int before = 0; before < (int)fn; before++)
        index += is_usable((enum shim_fn)before);
    return index;
}

/* Parameters by name whose numbers describe memory or change the process, whatever their role. */
static bool is_fixed(enum shim_fn fn, const char *name)
{
    static const struct {
        enum shim_fn fn;
        const char *name;
    } fixed[] = {
        {SHIM_FN_JetEnumerateColumns, "cEnumColumnId"}, /* counts the array after it */
        {SHIM_FN_JetSetSystemParameter, "pinstance"},   /* null: all later instances */
        {SHIM_FN_JetSetSystemParameter, "paramid"},     /* some values make lParam a pointer */
        {SHIM_FN_JetSetSystemParameter, "lParam"},
        {SHIM_FN_JetSetSessionParameter, "sesparamid"}, /* decides what pvParam points to */
        {SHIM_FN_JetGetColumnInfo, "InfoLevel"},        /* decides what the name points to */
    };
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        if (fixed[i].fn == fn && strcmp(fixed[i].name, name) == 0)
            return true;
    return false;
}

static bool is_object_name(const char *name)
{
    static const char *const names[] = {"szTableName", "szColumnName", "szIndexName", "szName",
                                        "szNameNew",   "szObjectName", "szUserName"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

enum fuzz_param_class fuzz_param_class(enum shim_fn fn, int param)
{
    const struct shim_param *p = &shim_function(fn)->params[param];
    if (is_fixed(fn, p->name))
        return FUZZ_PARAM_DEFAULT;
    switch (p->role) {
    case SHIM_ROLE_IN_INSTANCE:
    case SHIM_ROLE_IN_SESID:
    case SHIM_ROLE_IN_DBID:
    case SHIM_ROLE_IN_TABLEID:
    case SHIM_ROLE_IN_SNAPID:
    case SHIM_ROLE_IN_LS:
    case SHIM_ROLE_IN_FILE:
    case SHIM_ROLE_IN_HANDLE:
    case SHIM_ROLE_IN_COLUMNID:
        return FUZZ_PARAM_HANDLE;
    case SHIM_ROLE_IN_GRBIT:
        return FUZZ_PARAM_BITS;
    case SHIM_ROLE_IN_INT:
    case SHIM_ROLE_IN_API_PTR:
        return FUZZ_PARAM_NUMBER;
    case SHIM_ROLE_IN_SIZE:
        return FUZZ_PARAM_ZERO;
    case SHIM_ROLE_IN_TEXT:
        return is_object_name(p->name) ? FUZZ_PARAM_NAME : FUZZ_PARAM_DEFAULT;
    default:
        return FUZZ_PARAM_DEFAULT;
    }
}

static const char *const texts[] = {"rows", "rows2", "other", "key",     "version",
                                    "owner", "payload", "", "a name with spaces", "\xc3\xa9"};

size_t fuzz_text_count(void)
{
    return sizeof texts / sizeof texts[0];
}

const char *fuzz_text(size_t index)
{
    return texts[index % fuzz_text_count()];
}

static const struct fuzz_setting settings[] = {
    {NULL, 0},
    {"JET_paramMaxSessions", 16},
    {"JET_paramMaxOpenTables", 32},
    {"JET_paramMaxVerPages", 16},
    {"JET_paramCheckpointDepthMax", 65536},
};

size_t fuzz_setting_count(void)
{
    return sizeof settings / sizeof settings[0];
}

const struct fuzz_setting *fuzz_setting(size_t index)
{
    return &settings[index % fuzz_setting_count()];
}

static const struct fuzz_stop stops[] = {
    {SHIM_FN_JetStopServiceInstance, 0},
    {SHIM_FN_JetStopServiceInstance2, JET_bitStopServiceAll},
    {SHIM_FN_JetStopServiceInstance2, JET_bitStopServiceBackgroundUserTasks},
    {SHIM_FN_JetStopServiceInstance2, JET_bitStopServiceQuiesceCaches},
    {SHIM_FN_JetStopServiceInstance2,
     JET_bitStopServiceBackgroundUserTasks | JET_bitStopServiceQuiesceCaches},
    {SHIM_FN_JetStopServiceInstance2, JET_bitStopServiceResume},
    {SHIM_FN_JetStopServiceInstance2,
     JET_bitStopServiceResume | JET_bitStopServiceBackgroundUserTasks},
    {SHIM_FN_JetStopServiceInstance2, JET_bitStopServiceResume | JET_bitStopServiceQuiesceCaches},
    {SHIM_FN_JetStopService, 0},
    {SHIM_FN_JetStopBackupInstance, 0},
};

size_t fuzz_stop_count(void)
{
    return sizeof stops / sizeof stops[0];
}

const struct fuzz_stop *fuzz_stop(size_t index)
{
    return &stops[index % fuzz_stop_count()];
}

char fuzz_kind_of_role(enum shim_role role)
{
    switch (role) {
    case SHIM_ROLE_IN_INSTANCE:
    case SHIM_ROLE_OUT_INSTANCE:
        return 'i';
    case SHIM_ROLE_IN_SESID:
    case SHIM_ROLE_OUT_SESID:
        return 's';
    case SHIM_ROLE_IN_DBID:
    case SHIM_ROLE_OUT_DBID:
        return 'd';
    case SHIM_ROLE_IN_TABLEID:
    case SHIM_ROLE_OUT_TABLEID:
        return 't';
    case SHIM_ROLE_IN_COLUMNID:
    case SHIM_ROLE_OUT_COLUMNID:
        return 'c';
    case SHIM_ROLE_IN_SNAPID:
    case SHIM_ROLE_OUT_SNAPID:
        return 'n';
    case SHIM_ROLE_IN_LS:
    case SHIM_ROLE_OUT_LS:
        return 'l';
    case SHIM_ROLE_IN_FILE:
    case SHIM_ROLE_OUT_FILE:
        return 'f';
    case SHIM_ROLE_IN_HANDLE:
    case SHIM_ROLE_OUT_HANDLE:
        return 'h';
    default:
        return 0;
    }
}
