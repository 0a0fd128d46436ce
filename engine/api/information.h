/* Handing out fixed-size answers of the information calls. */
#ifndef ESE_API_INFORMATION_H
#define ESE_API_INFORMATION_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <esent.h>

#include "engine/api/text.h"
#include "engine/instance/running.h"

/* Copies an answer of need bytes; JET_errBufferTooSmall when it does not fit,
 * JET_errInvalidParameter without a buffer. */
static inline JET_ERR ese_give(const void *answer, uint32_t need, void *result, uint32_t size)
{
    if (result == NULL) {
        return JET_errInvalidParameter;
    }
    if (size < need) {
        return JET_errBufferTooSmall;
    }
    memcpy(result, answer, need);
    return JET_errSuccess;
}

/* How a table was created (JET_bitTableCreate...), as JET_OBJECTINFO and JET_OBJECTLIST say it. */
static inline JET_ULONG ese_object_flags(JET_GRBIT created, bool derived)
{
    bool is_template = (created & JET_bitTableCreateTemplateTable) != 0;
    bool fixed = is_template || (created & JET_bitTableCreateFixedDDL) != 0;
    return (fixed ? JET_bitObjectTableFixedDDL : 0u) |
           (is_template ? JET_bitObjectTableTemplate : 0u) |
           (derived ? JET_bitObjectTableDerived : 0u);
}

/* An array of JET_INSTANCE_INFO in one block, which JetFreeBuffer frees; NULL for an empty list. JET_errOutOfMemory. */
JET_ERR ese_give_running(enum ese_text text, const struct ese_running *list, JET_ULONG *count,
                         void **block);

/* Some running instance of this process has the file attached. */
JET_ERR ese_database_in_use(const char *path, bool *in_use);

/* For levels that want the size of the buffer to fit exactly: JET_errInvalidBufferSize. */
static inline JET_ERR ese_give_exactly(const void *answer, uint32_t need, void *result,
                                       uint32_t size)
{
    return size != need ? JET_errInvalidBufferSize : ese_give(answer, need, result, size);
}

static inline JET_ERR ese_give_ulong(JET_ULONG answer, void *result, uint32_t size)
{
    return ese_give(&answer, sizeof answer, result, size);
}

#endif
