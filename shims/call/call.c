/* shims/call/call.c - the way of one call: enter hooks, the engine, leave hooks. */
#include "shims/call/call.h"

#include <string.h>

#include "shims/call/dispatch.h"

JET_ERR shim_invoke(struct shim_caller *caller, struct shim_call *call) {
    if ((unsigned)call->fn >= SHIM_FN_COUNT || (unsigned)call->variant >= SHIM_VARIANT_COUNT) {
        return call->result = SHIM_ERR_MISSING;
    }
    shim_wrapper wrapper = shim_wrappers[call->fn][call->variant];
    shim_entry entry = caller->table->entry[call->fn][call->variant];
    if (wrapper == NULL || entry == NULL) {
        return call->result = SHIM_ERR_MISSING;
    }
    call->actor = caller->actor;
    call->has_result = 0;
    for (int i = 0; i < caller->hook_count; i++) {
        if (caller->hooks[i].enter != NULL) {
            call->hook = i;
            caller->hooks[i].enter(caller->hooks[i].context, call);
        }
    }
    if (!call->has_result) {
        call->result = shim_guarded(wrapper, entry, call->args);
    }
    for (int i = caller->hook_count - 1; i >= 0; i--) {
        if (caller->hooks[i].leave != NULL) {
            call->hook = i;
            caller->hooks[i].leave(caller->hooks[i].context, call);
        }
    }
    return call->result;
}

JET_ERR shim_callv(struct shim_caller *caller, enum shim_fn fn, enum shim_variant variant,
                   const uint64_t *args) {
    struct shim_call call;
    memset(&call, 0, sizeof call);
    call.fn = fn;
    call.variant = variant;
    if ((unsigned)fn < SHIM_FN_COUNT) {
        for (int i = 0; i < shim_function(fn)->param_count; i++) {
            call.args[i] = args[i];
        }
    }
    return shim_invoke(caller, &call);
}
