/* shims/fault/errno.c - names of errno values that a file system or allocator may give. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "shims/fault/fault.h"

static const struct {
    const char *name;
    int value;
} values[] = {
    {"EACCES", EACCES}, {"EAGAIN", EAGAIN}, {"EBADF", EBADF},   {"EBUSY", EBUSY},
    {"EEXIST", EEXIST}, {"EFBIG", EFBIG},   {"EINTR", EINTR},   {"EINVAL", EINVAL},
    {"EIO", EIO},       {"EMFILE", EMFILE}, {"ENFILE", ENFILE}, {"ENOENT", ENOENT},
    {"ENOMEM", ENOMEM}, {"ENOSPC", ENOSPC}, {"EPERM", EPERM},   {"EROFS", EROFS},
#ifdef EDQUOT
    {"EDQUOT", EDQUOT},
#endif
};

int shim_errno_find(const char *name) {
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        if (strcmp(values[i].name, name) == 0) {
            return values[i].value;
        }
    }
    char *end;
    long number = strtol(name, &end, 10);
    return end != name && *end == '\0' && number > 0 && number < 4096 ? (int)number : 0;
}
