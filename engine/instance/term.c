/*
 * Termination, in the order of things:
 *
 *   1  the flag that turns every new session call away
 *   2  wait until no session is inside
 *   3  the lock that turns every new instance call away; wait until none is inside
 *   4  a backup is ended, or it is a reason to refuse; so is a session in a transaction; a snapshot
 *      is waited for, or is such a reason, too
 *   5  the point of no return: the instance no longer runs, stops find nothing; defragmentations end
 *   6  sessions, storage, the instance itself
 *
 * A refusal takes steps 3 and 1 back and leaves everything else as it was.
 */
#include "engine/instance/term.h"

#include "engine/instance/handle.h"
#include "engine/instance/instance.h"
#include "engine/instance/session.h"
#include "engine/instance/snapshot.h"

#define ONE_TERM ((uint64_t)1 << 32)

/* So many looks at calls in flight in a row: most leave at once. Then there is sleep in between, in ms. */
enum { POLL_QUICKLY = 16, POLL_FIRST = 1, POLL_MOST = 20 };

/* What a termination of an instance that does not run amounts to. */
static JET_ERR delete_uninitialised(struct ese_instance *instance)
{
    JET_ERR err = ese_instance_lock_api(instance, ESE_API_DELETING);
    if (err != JET_errSuccess) {
        return err;
    }
    ese_instance_drain(instance);
    if ((atomic_load(&instance->api) & ESE_API_INITIALIZED) != 0) {
        /* It was initialised between the caller's look and the lock. */
        ese_instance_unlock_api(instance, ESE_API_DELETING);
        return JET_errNotInitialized;
    }
    ese_instance_delete(instance, 0);
    return JET_errSuccess;
}

/* Once a session has been seen free no call gets anything done with it: those that hold it afterwards
 * see the termination and leave. */
static bool session_inside(struct ese_instance *instance)
{
    bool inside = false;
    ese_mutex_lock(&instance->lock);
    for (struct ese_session *session = instance->sessions; session != NULL;
         session = session->next) {
        session->seen_free =
            session->seen_free || !ese_handle_is_held(ESE_HANDLE_SESSION, session->handle);
        inside = inside || !session->seen_free;
    }
    ese_mutex_unlock(&instance->lock);
    return inside;
}

static void wait_for_sessions(struct ese_instance *instance)
{
    ese_mutex_lock(&instance->lock);
    for (struct ese_session *session = instance->sessions; session != NULL;
         session = session->next) {
        session->seen_free = false;
    }
    ese_mutex_unlock(&instance->lock);
    unsigned looks = 0;
    for (uint32_t pause = POLL_FIRST; session_inside(instance);) {
        if (looks++ < POLL_QUICKLY) {
            ese_thread_yield();
        } else {
            ese_sleep_ms(pause);
            pause = pause < POLL_MOST ? pause * 2 : POLL_MOST;
        }
    }
}

static bool session_in_transaction(struct ese_instance *instance)
{
    bool found = false;
    ese_mutex_lock(&instance->lock);
    for (struct ese_session *session = instance->sessions; session != NULL && !found;
         session = session->next) {
        found = ese_trx_level(&session->trx) > 0;
    }
    ese_mutex_unlock(&instance->lock);
    return found;
}

static enum ese_close_mode close_mode(struct ese_instance *instance, JET_GRBIT grbit)
{
    if ((grbit & JET_bitTermDirty) != 0 || atomic_load(&instance->unavailable) != 0) {
        return ESE_CLOSE_DIRTY;
    }
    return (grbit & JET_bitTermAbrupt) != 0 ? ESE_CLOSE_ABRUPT : ESE_CLOSE_COMPLETE;
}

/* Step 4: a reason to refuse, or JET_errSuccess. */
static JET_ERR check_usage(struct ese_instance *instance, JET_GRBIT grbit, enum ese_close_mode mode)
{
    ese_backup_allow(&instance->backup, false); /* what begins now would be overlooked */
    if (mode == ESE_CLOSE_DIRTY) {
        return JET_errSuccess;
    }
    if ((grbit & (JET_bitTermAbrupt | JET_bitTermStopBackup)) != 0) {
        ese_snapshot_outwait(instance);
    } else if (ese_backup_in_progress(&instance->backup)) {
        return JET_errBackupInProgress;
    }
    return session_in_transaction(instance) ? JET_errTooManyActiveUsers : JET_errSuccess;
}

/* Steps 5 and 6. */
static JET_ERR shut_down(struct ese_instance *instance, JET_GRBIT grbit, enum ese_close_mode mode)
{
    ese_snapshot_leave(instance); /* first: who waits for a thaw shall be in nobody's way */
    ese_mutex_lock(&instance->service);
    struct ese_store *store = instance->store;
    atomic_fetch_and(&instance->api, ~ESE_API_INITIALIZED);
    ese_mutex_unlock(&instance->service);
    ese_mutex_lock(&ese_process.lock);
    instance->sized = NULL;
    ese_mutex_unlock(&ese_process.lock);
    ese_defrag_close(&instance->defrag);

    ese_backup_abort(&instance->backup);
    JET_ERR err;
    if (mode == ESE_CLOSE_DIRTY) {
        for (struct ese_session *at = instance->sessions; at != NULL; at = at->next) {
            ese_session_seize(at);
            ese_session_abandon(at);
        }
        err = ese_store_close(store, mode);
        for (struct ese_session *at = instance->sessions; at != NULL; at = instance->sessions) {
            ese_session_discard(at);
            ese_session_let_go(at);
        }
    } else {
        for (struct ese_session *at = instance->sessions; at != NULL; at = instance->sessions) {
            ese_session_seize(at);
            ese_session_close(at);
            ese_session_let_go(at);
        }
        err = ese_store_close(store, mode);
    }
    instance->store = NULL;
    if ((grbit & JET_bitTermDirty) == 0 && err == JET_errDirtyShutdown) {
        err = JET_errSuccess; /* an unavailable instance ends without further complaint */
    }
    return err;
}

JET_ERR ese_term(struct ese_instance *instance, JET_GRBIT grbit)
{
    uint64_t word = atomic_load(&instance->api);
    if ((word & (ESE_API_INITIALIZED | ESE_API_LOCKED)) == 0) {
        return delete_uninitialised(instance);
    }
    if ((word & ESE_API_INITIALIZED) == 0) {
        return (word & ESE_API_TERMINATING) != 0 ? JET_errTermInProgress
               : (word & ESE_API_RESTORING) != 0 ? JET_errRestoreInProgress
                                                 : JET_errNotInitialized;
    }
    if (ese_defrag_is_caller(&instance->defrag)) {
        return JET_errTooManyActiveUsers; /* it would have to wait for the callback that makes it */
    }
    bool terminating = false;
    if (!atomic_compare_exchange_strong(&instance->terminating, &terminating, true)) {
        return JET_errTermInProgress;
    }
    atomic_fetch_add(&ese_process.counts, ONE_TERM);
    wait_for_sessions(instance);
    JET_ERR err = ese_instance_lock_api(instance, ESE_API_TERMINATING);
    if (err == JET_errSuccess) {
        ese_instance_drain(instance);
        enum ese_close_mode mode = close_mode(instance, grbit);
        err = check_usage(instance, grbit, mode);
        if (err == JET_errSuccess) {
            err = shut_down(instance, grbit, mode);
            ese_instance_delete(instance, 1);
            return err;
        }
        ese_backup_allow(&instance->backup, true);
        ese_instance_unlock_api(instance, ESE_API_TERMINATING);
    }
    atomic_fetch_sub(&ese_process.counts, ONE_TERM);
    atomic_store(&instance->terminating, false);
    return err;
}
