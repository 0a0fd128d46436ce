/* shims/call/guard_posix.c - nothing to guard against: a missing function is not exported at all. */
#include "shims/call/dispatch.h"

JET_ERR shim_guarded(shim_wrapper wrapper, shim_entry entry, const uint64_t *args) {
    return wrapper(entry, args);
}
