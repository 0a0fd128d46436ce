#include "engine/api/create.h"

#include <string.h>

/*
 * The three structs begin alike, and A and W differ in what their pointers point to: one view fits
 * all of them up to cbKeyMost.
 */
#define SAME_OFFSET(member)                                                                        \
    _Static_assert(                                                                                \
        offsetof(JET_INDEXCREATE_A, member) == offsetof(JET_INDEXCREATE_W, member) &&              \
            offsetof(JET_INDEXCREATE_A, member) == offsetof(JET_INDEXCREATE2_A, member) &&         \
            offsetof(JET_INDEXCREATE_A, member) == offsetof(JET_INDEXCREATE3_A, member),           \
        #member)
SAME_OFFSET(szIndexName);
SAME_OFFSET(szKey);
SAME_OFFSET(cbKey);
SAME_OFFSET(grbit);
SAME_OFFSET(ulDensity);
SAME_OFFSET(pidxunicode);
SAME_OFFSET(cConditionalColumn);
SAME_OFFSET(err);
SAME_OFFSET(cbKeyMost);
SAME_OFFSET(cbVarSegMac);
SAME_OFFSET(rgconditionalcolumn);
_Static_assert(offsetof(JET_INDEXCREATE2_A, pSpacehints) == offsetof(JET_INDEXCREATE3_A, pSpacehints),
               "pSpacehints");
_Static_assert(sizeof(JET_CONDITIONALCOLUMN_A) == sizeof(JET_CONDITIONALCOLUMN_W),
               "JET_CONDITIONALCOLUMN");

#define MAP_SORT_KEY 0x400u /* LCMAP_SORTKEY */

/* JET_INDEXCREATE as it was before Windows Vista ends before cbKeyMost. */
#define INDEX_SIZE_OLD offsetof(JET_INDEXCREATE_A, cbKeyMost)

/* The conditional columns with their names in UTF-8, to be freed one by one. */
static JET_ERR take_conditions(enum ese_text text, const struct ese_index_request *request,
                               struct ese_condition_def *conditions, char **names)
{
    if (request->condition_count > ESE_KEY_COLUMNS ||
        (request->condition_count > 0 && request->conditions == NULL)) {
        return JET_errIndexInvalidDef;
    }
    for (uint32_t i = 0; i < request->condition_count; i++) {
        const JET_CONDITIONALCOLUMN_A *from = &request->conditions[i];
        if (from->cbStruct != sizeof *from) {
            return JET_errIndexInvalidDef;
        }
        JET_ERR err = ese_text_in(text, from->szColumnName, &names[i]);
        if (err != JET_errSuccess) {
            return err;
        }
        conditions[i] = (struct ese_condition_def){names[i], from->grbit};
    }
    return JET_errSuccess;
}

/* Everything is text of the engine's kind. */
static JET_ERR create(struct ese_call *call, struct ese_cursor *cursor,
                      const struct ese_index_request *request, struct ese_index_def *def)
{
    struct ese_tuple_limits tuple;
    if (request->tuple != NULL) {
        tuple = (struct ese_tuple_limits){request->tuple->chLengthMin, request->tuple->chLengthMax,
                                          request->tuple->chToIndexMax,
                                          request->tuple->cchIncrement, request->tuple->ichStart};
        def->tuple = &tuple;
    }
    def->grbit = request->grbit;
    def->density = request->density;
    def->key_most = request->key_most;
    def->lcid = request->lcid;
    def->map_flags = request->map_flags;
    def->segment_most = request->segment_most;
    def->conditions = request->condition_count;
    def->hints = request->hints;
    return ese_table_create_index(cursor, def, ese_check_stop, call->instance);
}

JET_ERR ese_create_index(struct ese_call *call, struct ese_cursor *cursor, enum ese_text text,
                         const struct ese_index_request *request)
{
    struct ese_condition_def conditions[ESE_KEY_COLUMNS];
    char *condition_names[ESE_KEY_COLUMNS] = {NULL};
    char *name = NULL;
    char *key = NULL;
    char *locale = NULL;
    uint32_t key_size = 0;
    JET_ERR err = ese_text_in(text, request->name, &name);
    if (err == JET_errSuccess) {
        err = ese_text_list_in(text, request->key, request->key_size, &key, &key_size);
    }
    if (err == JET_errSuccess && (name == NULL || key == NULL)) {
        err = JET_errInvalidParameter;
    }
    if (err == JET_errSuccess) {
        err = ese_text_in(ESE_TEXT_W, request->locale, &locale);
    }
    if (err == JET_errSuccess) {
        err = take_conditions(text, request, conditions, condition_names);
    }
    if (err == JET_errSuccess) {
        struct ese_index_def def = {.name = name,
                                    .key = key,
                                    .key_size = key_size,
                                    .locale = locale,
                                    .condition = conditions};
        err = create(call, cursor, request, &def);
    }
    for (uint32_t i = 0; i < ESE_KEY_COLUMNS; i++) {
        ese_free(condition_names[i]);
    }
    ese_free(locale);
    ese_free(key);
    ese_free(name);
    return err;
}

static bool right_size(enum ese_index_struct kind, uint32_t size)
{
    switch (kind) {
    case ESE_INDEX_STRUCT_1:
        return size == sizeof(JET_INDEXCREATE_A) || size == INDEX_SIZE_OLD;
    case ESE_INDEX_STRUCT_2:
        return size == sizeof(JET_INDEXCREATE2_A);
    case ESE_INDEX_STRUCT_3:
        return size == sizeof(JET_INDEXCREATE3_A);
    }
    return false;
}

/* Language and flags: in the third struct by name, in the others by number. Flags given make sort
 * keys whether they say so or not, like the original's. */
static JET_ERR take_unicode(enum ese_index_struct kind, const JET_INDEXCREATE_A *create,
                            struct ese_index_request *request)
{
    if ((create->grbit & JET_bitIndexUnicode) == 0) {
        request->lcid = kind == ESE_INDEX_STRUCT_3 ? 0 : create->lcid;
        return JET_errSuccess;
    }
    if (create->pidxunicode == NULL) {
        return JET_errIndexInvalidDef;
    }
    if (kind == ESE_INDEX_STRUCT_3) {
        const JET_UNICODEINDEX2 *unicode = ((const JET_INDEXCREATE3_A *)create)->pidxunicode;
        request->locale = unicode->szLocaleName;
        request->map_flags = unicode->dwMapFlags | MAP_SORT_KEY;
        return JET_errSuccess;
    }
    request->lcid = create->pidxunicode->lcid;
    request->map_flags = create->pidxunicode->dwMapFlags | MAP_SORT_KEY;
    return request->lcid == 0 ? JET_errInvalidLanguageId : JET_errSuccess;
}

static JET_ERR take_request(enum ese_index_struct kind, const JET_INDEXCREATE_A *create,
                            struct ese_index_request *request)
{
    request->name = create->szIndexName;
    request->key = create->szKey;
    request->key_size = create->cbKey;
    request->grbit = create->grbit & ~(JET_GRBIT)(JET_bitIndexUnversioned | JET_bitIndexTupleLimits);
    request->density = create->ulDensity;
    request->conditions = create->rgconditionalcolumn;
    request->condition_count = create->cConditionalColumn;
    if (create->cbStruct > INDEX_SIZE_OLD && (create->grbit & JET_bitIndexKeyMost) != 0) {
        request->key_most = create->cbKeyMost;
    }
    if ((create->grbit & JET_bitIndexTupleLimits) == 0) {
        request->segment_most = create->cbVarSegMac;
    } else if (create->ptuplelimits == NULL) {
        return JET_errIndexInvalidDef;
    } else {
        request->grbit |= JET_bitIndexTuples;
        request->tuple = create->ptuplelimits;
    }
    if (kind != ESE_INDEX_STRUCT_1) {
        request->hints = ((const JET_INDEXCREATE2_A *)create)->pSpacehints;
        if (request->hints != NULL && request->hints->cbStruct != sizeof *request->hints) {
            return JET_errInvalidParameter;
        }
    }
    return take_unicode(kind, create, request);
}

static JET_ERR create_one(struct ese_call *call, struct ese_cursor *cursor, enum ese_text text,
                          enum ese_index_struct kind, const JET_INDEXCREATE_A *create)
{
    if (!right_size(kind, create->cbStruct)) {
        return JET_errInvalidParameter;
    }
    struct ese_index_request request = {.name = NULL};
    JET_ERR err = take_request(kind, create, &request);
    return err == JET_errSuccess ? ese_create_index(call, cursor, text, &request) : err;
}

bool ese_index_bits(enum ese_index_struct kind, const void *array, uint32_t count, JET_GRBIT bits)
{
    const unsigned char *at = array;
    for (uint32_t i = 0; i < count; i++) {
        const JET_INDEXCREATE_A *create = (const JET_INDEXCREATE_A *)(const void *)at;
        if (!right_size(kind, create->cbStruct)) {
            return false;
        }
        if ((create->grbit & bits) != 0) {
            return true;
        }
        at += create->cbStruct;
    }
    return false;
}

JET_ERR ese_create_indexes(struct ese_call *call, struct ese_cursor *cursor, enum ese_text text,
                           enum ese_index_struct kind, void *array, uint32_t count,
                           uint32_t *created)
{
    JET_ERR err = JET_errSuccess;
    unsigned char *at = array;
    for (uint32_t i = 0; i < count && err >= JET_errSuccess; i++) {
        JET_INDEXCREATE_A *create = (JET_INDEXCREATE_A *)(void *)at;
        err = create_one(call, cursor, text, kind, create);
        if (right_size(kind, create->cbStruct)) {
            create->err = err;
        }
        *created += err >= JET_errSuccess;
        at += create->cbStruct;
    }
    return err;
}
