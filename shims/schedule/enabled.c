/* shims/schedule/enabled.c - whether a pending operation can be done now. */
#include "shims/schedule/inside.h"

static bool all_others_done(const struct shim_ct_thread *self) {
    for (uint32_t i = 0; i < shim_ct.threads; i++) {
        const struct shim_ct_thread *thread = &shim_ct.thread[i];
        if (thread != self && thread->state != SHIM_CT_DONE) {
            return false;
        }
    }
    return true;
}

bool shim_ct_writer_waits(const struct shim_ct_object *lock) {
    for (uint32_t i = 0; lock->writers_first && lock->readers != 0 && i < shim_ct.threads; i++) {
        const struct shim_ct_thread *thread = &shim_ct.thread[i];
        if (thread->state == SHIM_CT_READY && thread->event.op == SHIM_OP_WRLOCK && thread->object == lock &&
            thread->deadline > shim_ct.now) {
            return true;
        }
    }
    return false;
}

bool shim_ct_enabled(const struct shim_ct_thread *thread) {
    const struct shim_ct_object *object = thread->object;
    int self = (int)thread->event.thread;
    if (shim_ct_disturbed(thread) || (thread->awaited & (thread->pending | shim_ct.signals)) != 0) {
        return true;
    }
    if (thread->outside != NULL) {
        return thread->deadline <= shim_ct.now || (!thread->late && thread->outside(thread->outside_argument));
    }
    if (thread->parked) {
        return thread->woken || thread->deadline <= shim_ct.now;
    }
    switch (thread->event.op) {
    case SHIM_OP_LOCK:
        if (object == NULL || object->owner == SHIM_CT_NOBODY || thread->deadline <= shim_ct.now) {
            return true;
        }
        return object->owner == self && !object->normal; /* recursive, or an error that is checked */
    case SHIM_OP_RDLOCK:
        return object == NULL || object->owner == self || thread->deadline <= shim_ct.now ||
               (object->owner == SHIM_CT_NOBODY && !shim_ct_writer_waits(object));
    case SHIM_OP_WRLOCK:
        return object == NULL || (object->owner == SHIM_CT_NOBODY && object->readers == 0) ||
               object->owner == self || thread->deadline <= shim_ct.now;
    case SHIM_OP_SEM_WAIT:
        return object == NULL || object->value > 0 || thread->deadline <= shim_ct.now;
    case SHIM_OP_ONCE:
        return object == NULL || object->value != 1 || object->owner == self;
    case SHIM_OP_JOIN:
        return thread->target < 0 || shim_ct.thread[thread->target].state == SHIM_CT_DONE ||
               thread->deadline <= shim_ct.now;
    case SHIM_OP_FINISH:
        return all_others_done(thread);
    case SHIM_OP_SLEEP:
        return thread->deadline <= shim_ct.now;
    default:
        return true;
    }
}
