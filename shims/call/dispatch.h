/* shims/call/dispatch.h - inside of shims/call: the wrappers and what is put around them. */
#ifndef ESECHECK_SHIMS_CALL_DISPATCH_H
#define ESECHECK_SHIMS_CALL_DISPATCH_H

#include "shims/call/call.h"

/* Calls `entry` as the function that the wrapper was made for, with arguments from 64-bit words. */
typedef JET_ERR (*shim_wrapper)(shim_entry entry, const uint64_t *args);

/* One per exported name; NULL where there is no such name, and for private functions, whose
 * parameters nobody knows. */
extern const shim_wrapper shim_wrappers[SHIM_FN_COUNT][SHIM_VARIANT_COUNT];

/* wrapper(entry, args); the platform turns a stub's exception into SHIM_ERR_STUB. Any other fault is
 * left alone: whoever watches the process judges it. */
JET_ERR shim_guarded(shim_wrapper wrapper, shim_entry entry, const uint64_t *args);

#endif
