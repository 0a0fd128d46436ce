/* shims/schedule/report.c - why a run ended, for people: who waits for what. */
#include <stdio.h>
#include <string.h>

#include "shims/schedule/inside.h"

#define NAME 24 /* of a thread without one of its own */

/* "writer.1", "thread 3". */
static const char *name_of(int number, char *text) {
    const char *name = number >= 0 ? shim_ct.thread[number].name : "";
    if (name[0] != '\0') {
        return name;
    }
    snprintf(text, NAME, "thread %d", number);
    return text;
}

void shim_ct_explain(char *message, size_t size) {
    size_t length = 0;
    char self[NAME], other[NAME];
    message[0] = '\0';
    if (shim_ct.why != NULL) {
        snprintf(message, size, "%s", shim_ct.why);
        return;
    }
    for (uint32_t i = 0; i < shim_ct.threads && length < size; i++) {
        const struct shim_ct_thread *thread = &shim_ct.thread[i];
        const struct shim_ct_object *object = thread->object;
        const char *what = shim_op_name(thread->event.op), *separator = length != 0 ? "; " : "";
        const char *name = name_of((int)i, self);
        int wrote;
        if (thread->state != SHIM_CT_READY) {
            continue;
        }
        if (thread->event.op == SHIM_OP_JOIN) {
            wrote = snprintf(message + length, size - length, "%s%s: join of %s", separator, name,
                             name_of(thread->target, other));
        } else if (object != NULL && object->owner != SHIM_CT_NOBODY) {
            wrote = snprintf(message + length, size - length, "%s%s: %s, held by %s", separator, name, what,
                             name_of(object->owner, other));
        } else {
            wrote = snprintf(message + length, size - length, "%s%s: %s", separator, name, what);
        }
        length += wrote > 0 ? (size_t)wrote : 0;
    }
}
