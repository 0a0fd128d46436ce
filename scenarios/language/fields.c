/* fields.c - what `-> name at FIELD` can take out of what a call fills.
 *
 * A field is one of the names below, in the struct that the call fills, or the name of an output
 * parameter that is a number itself (pcrec of JetIndexRecordCount), or of a buffer (pvResult), whose
 * first 32 bits then count.
 */
#include <stddef.h>
#include <string.h>

#include "scenarios/language/language.h"

struct field {
    enum shim_fn fn;
    const char *param, *name;
    size_t offset, width, size;
};

#define MEMBER(fn, param, type, member)                                                            \
    {SHIM_FN_##fn, param, #member, offsetof(type, member), sizeof(((type *)0)->member),   \
     sizeof(type)}

/* Generations of a backup that the header of a database tells about: bkinfoFullPrev-genHigh. */
#define GENERATION(fn, backup, member)                                                             \
    {SHIM_FN_##fn, "pvResult", #backup "-" #member, offsetof(JET_DBINFOMISC4, backup.member),      \
     sizeof(JET_ULONG), sizeof(JET_DBINFOMISC4)}

static const struct field fields[] = {
    MEMBER(JetGetDatabaseFileInfo, "pvResult", JET_DBINFOMISC4, dbstate),
    MEMBER(JetGetDatabaseFileInfo, "pvResult", JET_DBINFOMISC4, genMinRequired),
    MEMBER(JetGetDatabaseFileInfo, "pvResult", JET_DBINFOMISC4, genMaxRequired),
    MEMBER(JetGetDatabaseFileInfo, "pvResult", JET_DBINFOMISC4, genCommitted),
    GENERATION(JetGetDatabaseFileInfo, bkinfoFullPrev, genLow),
    GENERATION(JetGetDatabaseFileInfo, bkinfoFullPrev, genHigh),
    GENERATION(JetGetDatabaseFileInfo, bkinfoIncPrev, genLow),
    GENERATION(JetGetDatabaseFileInfo, bkinfoIncPrev, genHigh),
    GENERATION(JetGetDatabaseInfo, bkinfoFullPrev, genLow),
    GENERATION(JetGetDatabaseInfo, bkinfoFullPrev, genHigh),
    GENERATION(JetGetDatabaseInfo, bkinfoIncPrev, genLow),
    GENERATION(JetGetDatabaseInfo, bkinfoIncPrev, genHigh),
    MEMBER(JetGetLogInfoInstance2, "pLogInfo", JET_LOGINFO_A, ulGenLow), /* the W form begins alike */
    MEMBER(JetGetLogInfoInstance2, "pLogInfo", JET_LOGINFO_A, ulGenHigh),
    MEMBER(JetIntersectIndexes, "precordlist", JET_RECORDLIST, cRecord),
    MEMBER(JetIntersectIndexes, "precordlist", JET_RECORDLIST, tableid),
    MEMBER(JetGetRecordPosition, "precpos", JET_RECPOS, centriesLT),
    MEMBER(JetGetRecordPosition, "precpos", JET_RECPOS, centriesTotal),
};

static size_t width_of(enum shim_role role)
{
    switch (role) {
    case SHIM_ROLE_OUT_INT:
    case SHIM_ROLE_OUT_SIZE:
    case SHIM_ROLE_OUT_GRBIT:
    case SHIM_ROLE_OUT_DATA:
        return 4;
    case SHIM_ROLE_INOUT_API_PTR:
        return 8;
    default:
        return 0;
    }
}

bool scn_field_find(enum shim_fn fn, const char *name, struct scn_field *field)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (fields[i].fn == fn && strcmp(fields[i].name, name) == 0) {
            *field = (struct scn_field){shim_param_find(fn, fields[i].param), fields[i].offset,
                                        fields[i].width, fields[i].size};
            return field->param >= 0;
        }
    }
    int param = shim_param_find(fn, name);
    size_t width = param >= 0 ? width_of(shim_function(fn)->params[param].role) : 0;
    *field = (struct scn_field){param, 0, width, width};
    return width > 0;
}
