/* Pages of a database are handed out that the engine is just writing: the second half is that of another page. */
#include <string.h>

#include "scenarios/tests/zoo/zoo.h"

#define PAGE 4096u /* the default of the engine */

static atomic_bool is_database;

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    (void)result;
    if (call->fn == SHIM_FN_JetOpenFileInstance && call->variant != SHIM_W && call->args[1]) {
        const char *name = (const char *)(uintptr_t)call->args[1];
        size_t length = strlen(name);
        atomic_store(&is_database, length > 4 && strcmp(name + length - 4, ".edb") == 0);
    }
    return false;
}

JET_ERR zoo_after(const struct zoo_call *call, JET_ERR result)
{
    if (call->fn != SHIM_FN_JetReadFileInstance || result < 0 || !atomic_load(&is_database) ||
        !call->args[2] || !call->args[4])
        return result;
    unsigned char *pages = (unsigned char *)(uintptr_t)call->args[2];
    uint32_t count = *(const uint32_t *)(uintptr_t)call->args[4] / PAGE;
    for (uint32_t i = count; i > 8; i--) /* the first ones are headers and what a log always has */
        memcpy(pages + (i - 1) * PAGE + PAGE / 2, pages + (i - 2) * PAGE + PAGE / 2, PAGE / 2);
    return result;
}
