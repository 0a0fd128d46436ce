#include "engine/api/errors.h"

#include <stddef.h>
#include <string.h>

static const struct {
    JET_ERR code;
    JET_ERRCAT category;
    const char *name;
} errors[] = {
#define ESE_ERROR(name, category) {name, JET_errcat##category, #name},
#include "engine/api/error_table.def"
#undef ESE_ERROR
};

/* What each category is a special case of; the root and the unknown are their own. */
static const JET_ERRCAT parents[JET_errcatMax] = {
    [JET_errcatUnknown] = JET_errcatUnknown,    [JET_errcatError] = JET_errcatError,
    [JET_errcatOperation] = JET_errcatError,    [JET_errcatFatal] = JET_errcatOperation,
    [JET_errcatIO] = JET_errcatOperation,       [JET_errcatResource] = JET_errcatOperation,
    [JET_errcatMemory] = JET_errcatResource,    [JET_errcatQuota] = JET_errcatResource,
    [JET_errcatDisk] = JET_errcatResource,      [JET_errcatData] = JET_errcatError,
    [JET_errcatCorruption] = JET_errcatData,    [JET_errcatInconsistent] = JET_errcatData,
    [JET_errcatFragmentation] = JET_errcatData, [JET_errcatApi] = JET_errcatError,
    [JET_errcatUsage] = JET_errcatApi,          [JET_errcatState] = JET_errcatApi,
    [JET_errcatObsolete] = JET_errcatApi,
};

const char *ese_error_name(JET_ERR code)
{
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (errors[i].code == code) {
            return errors[i].name;
        }
    }
    return "unknown error";
}

bool ese_error_category(JET_ERR code, JET_ERRCAT *category, unsigned char hierarchy[8])
{
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (errors[i].code != code || errors[i].category == JET_errcatUnknown) {
            continue;
        }
        unsigned char way[8] = {0};
        size_t length = 0;
        for (JET_ERRCAT at = errors[i].category; at != JET_errcatError; at = parents[at]) {
            way[length++] = (unsigned char)at;
        }
        way[length++] = JET_errcatError;
        memset(hierarchy, 0, 8);
        for (size_t step = 0; step < length; step++) {
            hierarchy[step] = way[length - 1 - step];
        }
        *category = errors[i].category;
        return true;
    }
    return false;
}
