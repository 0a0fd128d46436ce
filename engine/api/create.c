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

/* JET_INDEXCREATE as it was before Windows Vista ends before cbKeyMost. */
#define INDEX_SIZE_OLD offsetof(JET_INDEXCREATE_A, cbKeyMost)

JET_ERR ese_create_index(struct ese_call *call, struct ese_cursor *cursor, enum ese_text text,
                         const struct ese_index_request *request)
{
    char *name = NULL;
    char *key = NULL;
    uint32_t key_size = 0;
    JET_ERR err = ese_text_in(text, request->name, &name);
    if (err == JET_errSuccess) {
        err = ese_text_list_in(text, request->key, request->key_size, &key, &key_size);
    }
    if (err == JET_errSuccess && (name == NULL || key == NULL)) {
        err = JET_errInvalidParameter;
    }
    if (err == JET_errSuccess) {
        struct ese_index_def def = {
            .name = name,
            .key = key,
            .key_size = key_size,
            .grbit = request->grbit,
            .density = request->density,
            .key_most = request->key_most,
            .lcid = request->lcid,
            .map_flags = request->map_flags,
        };
        err = ese_table_create_index(cursor, &def, ese_check_stop, call->instance);
    }
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

static JET_ERR create_one(struct ese_call *call, struct ese_cursor *cursor, enum ese_text text,
                          enum ese_index_struct kind, const JET_INDEXCREATE_A *create)
{
    if (!right_size(kind, create->cbStruct)) {
        return JET_errInvalidParameter;
    }
    if (create->cConditionalColumn > 0) {
        return JET_errFeatureNotAvailable;
    }
    struct ese_index_request request = {
        .name = create->szIndexName,
        .key = create->szKey,
        .key_size = create->cbKey,
        .grbit = create->grbit,
        .density = create->ulDensity,
    };
    if (create->cbStruct > INDEX_SIZE_OLD && (create->grbit & JET_bitIndexKeyMost) != 0) {
        request.key_most = create->cbKeyMost;
    }
    if (kind != ESE_INDEX_STRUCT_3) {
        if ((create->grbit & JET_bitIndexUnicode) == 0) {
            request.lcid = create->lcid;
        } else if (create->pidxunicode != NULL) {
            request.lcid = create->pidxunicode->lcid;
            request.map_flags = create->pidxunicode->dwMapFlags;
        }
    }
    return ese_create_index(call, cursor, text, &request);
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
