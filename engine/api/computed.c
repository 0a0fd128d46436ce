#include "engine/api/create.h"

#include <string.h>

_Static_assert(sizeof(JET_USERDEFINEDDEFAULT_A) == sizeof(JET_USERDEFINEDDEFAULT_W) &&
                   offsetof(JET_USERDEFINEDDEFAULT_A, szDependantColumns) ==
                       offsetof(JET_USERDEFINEDDEFAULT_W, szDependantColumns),
               "one view fits both kinds of text");

static void put32(unsigned char *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        at[i] = (unsigned char)(value >> 8 * i);
    }
}

JET_ERR ese_computed_in(enum ese_text text, const void *value, uint32_t size,
                        unsigned char **definition, JET_ULONG *definition_size)
{
    const JET_USERDEFINEDDEFAULT_A *from = value;
    char *name = NULL;
    if (from == NULL || size != sizeof *from || from->szCallback == NULL) {
        return JET_errInvalidParameter;
    }
    JET_ERR err = ese_text_in(text, from->szCallback, &name);
    if (err != JET_errSuccess) {
        return err;
    }
    uint32_t user = from->pbUserData == NULL ? 0 : from->cbUserData;
    uint32_t length = (uint32_t)strlen(name) + 1;
    unsigned char *made = user > JET_cbColumnMost ? NULL : ese_alloc(length + 4 + user);
    if (made != NULL) {
        memcpy(made, name, length);
        put32(made + length, user);
        if (user != 0) {
            memcpy(made + length + 4, from->pbUserData, user);
        }
        *definition = made;
        *definition_size = length + 4 + user;
    } else {
        err = user > JET_cbColumnMost ? JET_errInvalidParameter : JET_errOutOfMemory;
    }
    ese_free(name);
    return err;
}
