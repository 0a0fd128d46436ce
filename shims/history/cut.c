/* shims/history/cut.c - the beginning of a history. */
#include "shims/history/history.h"

#include <string.h>

static int copy_call(const struct shim_hist_call *from, uint64_t stamp, struct shim_history *to) {
    struct shim_hist_call *call = shim_history_add_call(to);
    if (call == NULL) {
        return -1;
    }
    *call = *from;
    memset(call->blob, 0, sizeof call->blob);
    memset(call->blob_size, 0, sizeof call->blob_size);
    if (call->leave >= stamp) {
        call->leave = call->leave_ns = 0;
        call->result = 0;
        call->outs_valid = 0;
    }
    for (int i = 0; i < SHIM_MAX_ARGS; i++) {
        if (from->blob[i] != NULL &&
            shim_hist_call_set_blob(call, i, from->blob[i], from->blob_size[i]) != 0) {
            return -1;
        }
    }
    return 0;
}

int shim_history_cut(const struct shim_history *from, uint64_t stamp, struct shim_history *to) {
    for (size_t i = 0; i < from->call_count; i++) {
        if (from->calls[i].enter < stamp && copy_call(&from->calls[i], stamp, to) != 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < from->event_count; i++) {
        const struct shim_hist_event *event = &from->events[i];
        if (event->stamp >= stamp) {
            continue;
        }
        struct shim_hist_event *copy =
            shim_history_add_event(to, event->kind, event->name, event->text);
        if (copy == NULL) {
            return -1;
        }
        copy->stamp = event->stamp;
        copy->ns = event->ns;
        copy->actor = event->actor;
        memcpy(copy->value, event->value, sizeof copy->value);
    }
    return 0;
}
