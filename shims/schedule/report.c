/* shims/schedule/report.c - why a run ended, for people: who waits for what. */
#include <stdio.h>
#include <string.h>

#include "shims/schedule/inside.h"

void shim_ct_explain(char *message, size_t size) {
    size_t length = 0;
    message[0] = '\0';
    if (shim_ct.why != NULL) {
        snprintf(message, size, "%s", shim_ct.why);
        return;
    }
    for (uint32_t i = 0; i < shim_ct.threads && length < size; i++) {
        const struct shim_ct_thread *thread = &shim_ct.thread[i];
        const struct shim_ct_object *object = thread->object;
        const char *what = shim_op_name(thread->event.op), *separator = length != 0 ? "; " : "";
        int wrote;
        if (thread->state != SHIM_CT_READY) {
            continue;
        }
        if (thread->event.op == SHIM_OP_JOIN) {
            wrote = snprintf(message + length, size - length, "%sthread %u: join of thread %d",
                             separator, i, thread->target);
        } else if (object != NULL && object->owner != SHIM_CT_NOBODY) {
            wrote = snprintf(message + length, size - length, "%sthread %u: %s %p, held by thread %d",
                             separator, i, what, object->key, object->owner);
        } else {
            wrote = snprintf(message + length, size - length, "%sthread %u: %s %p", separator, i,
                             what, thread->event.object);
        }
        length += wrote > 0 ? (size_t)wrote : 0;
    }
}
