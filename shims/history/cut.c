/* shims/history/cut.c - the beginning of a history. */
#include "shims/history/history.h"

#include <stdlib.h>
#include <string.h>

/* How a call looked before `stamp`, at which it was under way. */
static void leave_open(struct shim_hist_call *call) {
    call->leave = call->leave_ns = 0;
    call->result = 0;
    call->outs_valid = 0;
}

static int copy_call(const struct shim_hist_call *from, uint64_t stamp, struct shim_history *to) {
    struct shim_hist_call *call = shim_history_add_call(to);
    if (call == NULL) {
        return -1;
    }
    *call = *from;
    memset(call->blob, 0, sizeof call->blob);
    memset(call->blob_size, 0, sizeof call->blob_size);
    if (call->leave >= stamp) {
        leave_open(call);
    }
    for (int i = 0; i < SHIM_MAX_ARGS; i++) {
        if (from->blob[i] != NULL &&
            shim_hist_call_set_blob(call, i, from->blob[i], from->blob_size[i]) != 0) {
            return -1;
        }
    }
    return 0;
}

static int copy_event(const struct shim_hist_event *from, struct shim_history *to) {
    struct shim_hist_event *copy = shim_history_add_event(to, from->kind, from->name, from->text);
    if (copy == NULL) {
        return -1;
    }
    copy->stamp = from->stamp;
    copy->ns = from->ns;
    copy->actor = from->actor;
    memcpy(copy->value, from->value, sizeof copy->value);
    return 0;
}

void shim_history_beginning(struct shim_beginning *beginning, const struct shim_history *from) {
    memset(beginning, 0, sizeof *beginning);
    beginning->from = from;
    shim_history_init(&beginning->history);
}

void shim_history_beginning_fini(struct shim_beginning *beginning) {
    shim_history_fini(&beginning->history);
    free(beginning->open);
}

static int remember_open(struct shim_beginning *beginning, size_t call) {
    if (beginning->open_count == beginning->open_room) {
        size_t room = beginning->open_room * 2 + 64;
        size_t *more = realloc(beginning->open, room * sizeof *more);
        if (more == NULL) {
            return -1;
        }
        beginning->open = more;
        beginning->open_room = room;
    }
    beginning->open[beginning->open_count++] = call;
    return 0;
}

/* Back to before `stamp`: what began later goes, what returned later is open again. */
static int go_back(struct shim_beginning *beginning, uint64_t stamp) {
    const struct shim_history *from = beginning->from;
    struct shim_history *to = &beginning->history;
    while (beginning->calls > 0 && from->calls[beginning->calls - 1].enter >= stamp) {
        beginning->calls--;
    }
    while (beginning->events > 0 && from->events[beginning->events - 1].stamp >= stamp) {
        beginning->events--;
    }
    shim_history_shorten(to, beginning->calls, beginning->events);
    beginning->open_count = 0;
    for (size_t i = 0; i < beginning->calls; i++) {
        if (from->calls[i].leave == 0 || from->calls[i].leave >= stamp) {
            leave_open(&to->calls[i]);
        }
        if (to->calls[i].leave == 0 && remember_open(beginning, i) != 0) {
            return -1;
        }
    }
    return 0;
}

/* Of the calls that were open some have returned since. */
static void close_calls(struct shim_beginning *beginning, uint64_t stamp) {
    size_t kept = 0;
    for (size_t i = 0; i < beginning->open_count; i++) {
        const struct shim_hist_call *was = &beginning->from->calls[beginning->open[i]];
        struct shim_hist_call *call = &beginning->history.calls[beginning->open[i]];
        if (was->leave == 0 || was->leave >= stamp) {
            beginning->open[kept++] = beginning->open[i];
        } else {
            call->leave = was->leave;
            call->leave_ns = was->leave_ns;
            call->result = was->result;
            call->outs_valid = was->outs_valid;
        }
    }
    beginning->open_count = kept;
}

int shim_history_beginning_move(struct shim_beginning *beginning, uint64_t stamp) {
    const struct shim_history *from = beginning->from;
    struct shim_history *to = &beginning->history;
    shim_history_shorten(to, beginning->calls, beginning->events);
    if (stamp < beginning->stamp && go_back(beginning, stamp) != 0) {
        return -1;
    }
    beginning->stamp = stamp;
    close_calls(beginning, stamp);
    for (; beginning->calls < from->call_count && from->calls[beginning->calls].enter < stamp;
         beginning->calls++) {
        if (copy_call(&from->calls[beginning->calls], stamp, to) != 0 ||
            (to->calls[beginning->calls].leave == 0 && remember_open(beginning, beginning->calls) != 0)) {
            return -1;
        }
    }
    for (; beginning->events < from->event_count && from->events[beginning->events].stamp < stamp;
         beginning->events++) {
        if (copy_event(&from->events[beginning->events], to) != 0) {
            return -1;
        }
    }
    return 0;
}
