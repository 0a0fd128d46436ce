/* Tables, columns and indexes from the structs of the API; shared by the calls that take them. */
#ifndef ESE_API_CREATE_H
#define ESE_API_CREATE_H

#include <stdbool.h>
#include <stdint.h>

#include <esent.h>

#include "engine/api/gate.h"
#include "engine/api/text.h"

/* JET_INDEXCREATE, JET_INDEXCREATE2, JET_INDEXCREATE3. */
enum ese_index_struct { ESE_INDEX_STRUCT_1, ESE_INDEX_STRUCT_2, ESE_INDEX_STRUCT_3 };

/* What all forms say about an index; name and key are text of the caller's kind. */
struct ese_index_request {
    const void *name;
    const void *key;
    uint32_t key_size; /* bytes, as the caller counts them */
    JET_GRBIT grbit;
    uint32_t density;
    uint32_t key_most;
    uint32_t lcid, map_flags;
    const JET_WCHAR *locale;    /* NULL: what lcid says */
    uint32_t segment_most;      /* cbVarSegMac */
    const JET_TUPLELIMITS *tuple;
    const JET_CONDITIONALCOLUMN_A *conditions; /* names of the caller's kind of text */
    uint32_t condition_count;
    const JET_SPACEHINTS *hints;
};

/* What the engine keeps of a JET_USERDEFINEDDEFAULT of the caller's kind of text, to be freed with ese_free.
 * JET_errInvalidParameter: not of that size, or no function named. */
JET_ERR ese_computed_in(enum ese_text text, const void *value, uint32_t size,
                        unsigned char **definition, JET_ULONG *definition_size);

/* Creates one index. Long work ends with JET_errClientRequestToStopJetService once the service is
 * stopped. */
JET_ERR ese_create_index(struct ese_call *call, struct ese_cursor *cursor, enum ese_text text,
                         const struct ese_index_request *request);

/* Creates the indexes of an array of structs, whose size is what the first one says. Stops at the
 * first error, which its err has too; *created counts those before. */
JET_ERR ese_create_indexes(struct ese_call *call, struct ese_cursor *cursor, enum ese_text text,
                           enum ese_index_struct kind, void *array, uint32_t count,
                           uint32_t *created);

/* Some struct of the array has one of these bits; false as well when the array is not what it
 * should be. */
bool ese_index_bits(enum ese_index_struct kind, const void *array, uint32_t count, JET_GRBIT bits);

#endif
