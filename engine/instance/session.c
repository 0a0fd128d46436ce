#include "engine/instance/session.h"

#include <string.h>

#include "engine/instance/handle.h"
#include "engine/instance/instance.h"
#include "engine/table/temp.h"

static void destroy_session(void *object)
{
    struct ese_session *session = object;
    ese_mutex_fini(&session->parameters);
    ese_instance_unref(session->instance);
    ese_free(session);
}

static void destroy_cursor_ref(void *object)
{
    ese_free(object);
}

/* Takes a place among the sessions of the instance; false when all are taken. */
static bool link_session(struct ese_session *session, uint32_t most)
{
    struct ese_instance *instance = session->instance;
    ese_mutex_lock(&instance->lock);
    bool room = instance->session_count < most;
    if (room) {
        session->next = instance->sessions;
        if (session->next != NULL) {
            session->next->previous = session;
        }
        instance->sessions = session;
        instance->session_count++;
    }
    ese_mutex_unlock(&instance->lock);
    return room;
}

static void unlink_session(struct ese_session *session)
{
    struct ese_instance *instance = session->instance;
    ese_mutex_lock(&instance->lock);
    if (session->next != NULL) {
        session->next->previous = session->previous;
    }
    if (session->previous != NULL) {
        session->previous->next = session->next;
    } else {
        instance->sessions = session->next;
    }
    instance->session_count--;
    ese_mutex_unlock(&instance->lock);
}

/* Calls a function of the application with the handles of session and cursor. While it runs, its thread may call back
 * into the session, which stays busy for everybody else. */
static JET_ERR call_back(struct ese_trx *trx, struct ese_cursor *cursor,
                         const struct ese_call_back *call)
{
    struct ese_session *session =
        (struct ese_session *)((char *)trx - offsetof(struct ese_session, trx));
    const struct ese_cursor_ref *ref = ese_cursor_owner(cursor);
    struct ese_cursor *outer = session->callback_cursor;
    uint64_t outer_thread = atomic_load(&session->callback_thread);
    session->callback_cursor = cursor;
    atomic_store(&session->callback_thread, ese_thread_id());
    JET_ERR err = call->function(session->handle, ese_database_id(ese_cursor_database(cursor)),
                                 ref != NULL ? ref->handle : JET_tableidNil, call->type, call->arg1,
                                 call->arg2, call->context, call->last);
    atomic_store(&session->callback_thread, outer_thread);
    session->callback_cursor = outer;
    return err;
}

JET_ERR ese_session_begin(struct ese_instance *instance, JET_SESID *sesid)
{
    ese_mutex_lock(&ese_process.lock);
    uint32_t most = (uint32_t)ese_param_number(&instance->params, ESE_JET_paramMaxSessions);
    uint32_t commit = (uint32_t)ese_param_number(&instance->params, ESE_JET_paramCommitDefault);
    ese_mutex_unlock(&ese_process.lock);

    struct ese_session *session = ese_calloc(1, sizeof *session);
    if (session == NULL) {
        return JET_errOutOfMemory;
    }
    JET_ERR err = ese_mutex_init(&session->parameters);
    if (err != JET_errSuccess) {
        ese_free(session);
        return err;
    }
    session->instance = ese_instance_find(instance->handle);
    if (session->instance == NULL) {
        err = JET_errTermInProgress;
        goto fini;
    }
    atomic_init(&session->commit_default, commit);
    ese_trx_init(&session->trx, ese_store_versions(instance->store));
    session->trx.call_back = call_back;
    session->handle = ese_handle_publish_held(ESE_HANDLE_SESSION, session, destroy_session);
    if (session->handle == 0) {
        ese_instance_unref(session->instance);
        err = JET_errOutOfMemory;
        goto fini;
    }
    session->slot = ese_handle_slot(ESE_HANDLE_SESSION, session->handle);
    if (!link_session(session, most)) {
        session->ended = true;
        ese_handle_withdraw(ESE_HANDLE_SESSION, session->handle);
        ese_session_let_go(session);
        return JET_errOutOfSessions;
    }
    *sesid = session->handle;
    ese_session_let_go(session);
    return JET_errSuccess;

fini:
    ese_mutex_fini(&session->parameters);
    ese_free(session);
    return err;
}

bool ese_session_owned(const struct ese_session *session)
{
    if (ese_trx_level(&session->trx) == 0) {
        return true;
    }
    if (session->trx_by_context) {
        return session->context == session->trx_owner && session->context_thread == ese_thread_id();
    }
    return session->trx_owner == ese_thread_id();
}

void ese_session_claim(struct ese_session *session)
{
    session->trx_by_context = session->context != 0;
    session->trx_owner = session->trx_by_context ? session->context : ese_thread_id();
}

JET_ERR ese_session_set_context(struct ese_session *session, JET_API_PTR context)
{
    if (context == 0 || context == ~(JET_API_PTR)0) {
        return JET_errInvalidParameter;
    }
    if (session->context != 0) {
        return JET_errSessionContextAlreadySet;
    }
    session->context = context;
    session->context_thread = ese_thread_id();
    return JET_errSuccess;
}

JET_ERR ese_session_reset_context(struct ese_session *session)
{
    if (session->context == 0 || session->context_thread != ese_thread_id()) {
        return JET_errSessionContextNotSetByThisThread;
    }
    session->context = 0;
    session->context_thread = 0;
    return JET_errSuccess;
}

/* ---- cursors and databases ------------------------------------------------------------------- */

JET_ERR ese_session_adopt_cursor(struct ese_session *session, struct ese_cursor *cursor,
                                 JET_TABLEID *tableid)
{
    ese_mutex_lock(&ese_process.lock);
    uint64_t most = ese_param_number(&session->instance->params, ESE_JET_paramMaxCursors);
    ese_mutex_unlock(&ese_process.lock);

    JET_ERR err = JET_errOutOfCursors;
    if (session->cursors >= most) {
        goto close;
    }
    err = JET_errOutOfMemory;
    struct ese_cursor_ref *ref = ese_calloc(1, sizeof *ref);
    if (ref == NULL) {
        goto close;
    }
    ref->sesid = session->handle;
    ref->cursor = cursor;
    ref->level = ese_trx_level(&session->trx);
    ref->temporary = ese_cursor_is_temp(cursor);
    ref->handle = ese_handle_publish(ESE_HANDLE_CURSOR, ref->sesid, ref, destroy_cursor_ref);
    if (ref->handle == 0) {
        ese_free(ref);
        goto close;
    }
    ese_cursor_set_owner(cursor, ref);
    session->cursors++;
    *tableid = ref->handle;
    return JET_errSuccess;

close:
    ese_cursor_close(cursor);
    return err;
}

void ese_session_close_cursor(struct ese_session *session, struct ese_cursor_ref *ref)
{
    struct ese_cursor *cursor = ref->cursor;
    ref->cursor = NULL;
    session->cursors--;
    ese_handle_retire(ESE_HANDLE_CURSOR, ref->handle);
    ese_cursor_close(cursor);
}

/* Closes the cursors for which the question is answered with yes. Cursors without owner are the
 * storage's own. */
static void close_cursors_if(struct ese_session *session,
                             bool (*doomed)(const struct ese_cursor *cursor, uint32_t value),
                             uint32_t value)
{
    struct ese_cursor *next;
    for (struct ese_cursor *cursor = session->trx.cursors; cursor != NULL; cursor = next) {
        next = ese_cursor_next(cursor);
        struct ese_cursor_ref *ref = ese_cursor_owner(cursor);
        if (ref != NULL && doomed(cursor, value)) {
            ese_session_close_cursor(session, ref);
        }
    }
}

static bool opened_above(const struct ese_cursor *cursor, uint32_t level)
{
    return ((const struct ese_cursor_ref *)ese_cursor_owner(cursor))->level > level;
}

static bool on_database(const struct ese_cursor *cursor, uint32_t dbid)
{
    return ese_database_id(ese_cursor_database(cursor)) == dbid;
}

static bool any(const struct ese_cursor *cursor, uint32_t value)
{
    (void)cursor;
    (void)value;
    return true;
}

void ese_session_open_database(struct ese_session *session, struct ese_database *database)
{
    session->opens[ese_database_id(database)]++;
}

bool ese_session_has_database(const struct ese_session *session, uint32_t dbid)
{
    return dbid >= 1 && dbid <= ESE_DATABASE_MAX && session->opens[dbid] > 0;
}

void ese_session_close_database(struct ese_session *session, uint32_t dbid)
{
    struct ese_database *database = ese_database_by_id(session->instance->store, dbid);
    session->opens[dbid]--;
    if (session->opens[dbid] == 0) {
        close_cursors_if(session, on_database, dbid);
    }
    ese_database_unpin(database);
}

/* ---- endings --------------------------------------------------------------------------------- */

JET_ERR ese_session_commit(struct ese_session *session, JET_GRBIT grbit)
{
    JET_ERR err = ese_trx_commit(&session->trx, grbit);
    unsigned level = ese_trx_level(&session->trx);
    for (struct ese_cursor *cursor = session->trx.cursors; cursor != NULL;
         cursor = ese_cursor_next(cursor)) {
        struct ese_cursor_ref *ref = ese_cursor_owner(cursor);
        if (ref != NULL && ref->level > level) {
            ref->level = level;
        }
    }
    atomic_store(&session->level, level);
    return err;
}

JET_ERR ese_session_rollback(struct ese_session *session, JET_GRBIT grbit)
{
    unsigned level = ese_trx_level(&session->trx);
    if ((grbit & ~(JET_GRBIT)JET_bitRollbackAll) != 0) {
        return JET_errInvalidGrbit;
    }
    if (level == 0) {
        return JET_errNotInTransaction;
    }
    close_cursors_if(session, opened_above, (grbit & JET_bitRollbackAll) != 0 ? 0 : level - 1);
    JET_ERR err = ese_trx_rollback(&session->trx, grbit);
    atomic_store(&session->level, ese_trx_level(&session->trx));
    return err;
}

/* Closes what is open in a session at level 0. */
static void close_all(struct ese_session *session)
{
    close_cursors_if(session, any, 0);
    for (uint32_t dbid = 1; dbid <= ESE_DATABASE_MAX; dbid++) {
        while (session->opens[dbid] > 0) {
            ese_session_close_database(session, dbid);
        }
    }
}

JET_ERR ese_session_end(struct ese_session *session)
{
    if (session->context != 0) {
        return JET_errSessionInUse;
    }
    if (ese_trx_level(&session->trx) > 0) {
        if (!session->trx_by_context && !ese_session_owned(session)) {
            return JET_errSessionSharingViolation;
        }
        JET_ERR err = ese_session_rollback(session, JET_bitRollbackAll);
        if (err < JET_errSuccess) {
            return err;
        }
    }
    ese_session_close(session);
    return JET_errSuccess;
}

void ese_session_discard(struct ese_session *session)
{
    session->ended = true;
    unlink_session(session);
    ese_handle_withdraw(ESE_HANDLE_SESSION, session->handle);
}

void ese_session_seize(struct ese_session *session)
{
    bool taken = true;
    while (ese_handle_hold(ESE_HANDLE_SESSION, session->handle, &taken) == NULL && taken) {
        ese_thread_yield();
    }
}

void ese_session_let_go(struct ese_session *session)
{
    if (!session->ended) {
        ese_handle_let_go(session->slot);
        return;
    }
    uint64_t handle = session->handle;
    ese_handle_let_go(session->slot);
    ese_handle_release(ESE_HANDLE_SESSION, handle);
}

void ese_session_close(struct ese_session *session)
{
    close_all(session);
    ese_trx_fini(&session->trx);
    ese_session_discard(session);
}

void ese_session_abandon(struct ese_session *session)
{
    close_cursors_if(session, any, 0);
}
