/*
 * Sessions: a transaction, the databases and cursors opened in it, and who may use it.
 *
 * A session is used by one call at a time: that which holds its handle (ese_handle_hold). Whatever is
 * not atomic below belongs to the holder, or to a termination, which holds the sessions it ends. A
 * session keeps a reference on its instance.
 */
#ifndef ESE_INSTANCE_SESSION_H
#define ESE_INSTANCE_SESSION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <esent.h>

#include "engine/os/os.h"
#include "engine/table/cursor.h"
#include "engine/table/database.h"
#include "engine/transaction/transaction.h"

struct ese_instance;
struct ese_handle_slot;

/* What a cursor handle stands for. Lives until the handle is retired and no call refers to it. */
struct ese_cursor_ref {
    uint64_t handle;
    uint64_t sesid;            /* the session it belongs to */
    struct ese_cursor *cursor; /* NULL once closed; the session's caller */
    bool temporary;            /* on a temporary table */
    unsigned level;            /* the transaction level whose rollback closes it, 0 = none */
};

#define ESE_COMMIT_CONTEXT_MAX 128

struct ese_session {
    uint64_t handle;
    struct ese_handle_slot *slot; /* of the handle */
    struct ese_instance *instance;
    struct ese_session *next, *previous; /* in instance->sessions, instance->lock */

    bool ended; /* the handle is withdrawn; whoever lets go of the session drops its last reference */
    bool seen_free; /* by the termination that is under way; instance->lock */
    struct ese_trx trx;
    _Atomic uint32_t level; /* trx.level, for those who only look */
    uint32_t
        opens[ESE_DATABASE_MAX + 1]; /* JetOpenDatabase less JetCloseDatabase, by database id */
    uint32_t cursors;

    /* Who may use the session: see ese_session_owned. */
    uint64_t context;        /* set by JetSetSessionContext; 0 = none */
    uint64_t context_thread; /* and by which thread */
    bool trx_by_context;     /* the open transaction was begun under a context */
    uint64_t trx_owner;      /* that context, or the thread that began it */

    _Atomic uint32_t commit_default; /* JET_sesparamCommitDefault */
    struct ese_mutex parameters; /* guards the parameters below: readers need not own the session */
    JET_OPERATIONCONTEXT operation;
    uint32_t correlation;

    /* A callback of the application is running, on this thread (0: none), told about this cursor. */
    _Atomic uint64_t callback_thread;
    struct ese_cursor *callback_cursor;
};

/*
 * Makes a session. JET_errOutOfSessions beyond JET_paramMaxSessions, JET_errOutOfMemory. The caller
 * is inside the instance gate, so the instance cannot end meanwhile.
 */
JET_ERR ese_session_begin(struct ese_instance *instance, JET_SESID *sesid);

/*
 * Rolls back, closes cursors and databases, retires the handle. JET_errSessionInUse when a context
 * is set; JET_errSessionSharingViolation when a transaction belongs to another thread: nothing has
 * changed then.
 */
JET_ERR ese_session_end(struct ese_session *session);

/* Holds a session when nobody else does any more; those who still try are on their way out. */
void ese_session_seize(struct ese_session *session);
/* Whoever holds it goes away; then it is free for the next, or gone when it has ended. */
void ese_session_let_go(struct ese_session *session);

/* What a termination does with the sessions it holds. Regular: close, for sessions that are all at
 * level 0. Dirty, where transactions are abandoned: abandon before the storage is closed, which
 * still looks at them, discard after. */
void ese_session_close(struct ese_session *session);
void ese_session_abandon(struct ese_session *session);
void ese_session_discard(struct ese_session *session);

/* Whether the calling thread may work on the open transaction: it began it, or it has the context
 * set that it was begun under. True at level 0. */
bool ese_session_owned(const struct ese_session *session);

/* Marks the open transaction as the caller's; after the first begin. */
void ese_session_claim(struct ese_session *session);

/* One level; the cursors opened in it belong to the level below from then on. */
JET_ERR ese_session_commit(struct ese_session *session, JET_GRBIT grbit);

/* One level or all, after closing the cursors opened in them. A failure marks the instance
 * unavailable. */
JET_ERR ese_session_rollback(struct ese_session *session, JET_GRBIT grbit);

/* JET_errSessionContextAlreadySet; JET_errInvalidParameter for 0 and all ones. */
JET_ERR ese_session_set_context(struct ese_session *session, JET_API_PTR context);
/* JET_errSessionContextNotSetByThisThread. */
JET_ERR ese_session_reset_context(struct ese_session *session);

/* Gives a cursor a handle within the session; on failure the cursor is closed. JET_errOutOfCursors
 * beyond JET_paramMaxCursors, JET_errOutOfMemory. */
JET_ERR ese_session_adopt_cursor(struct ese_session *session, struct ese_cursor *cursor,
                                 JET_TABLEID *tableid);
void ese_session_close_cursor(struct ese_session *session, struct ese_cursor_ref *ref);

/* Counts a database the session has pinned as opened by it. */
void ese_session_open_database(struct ese_session *session, struct ese_database *database);
/* One close and unpin; the last one closes the session's cursors on the database first. */
void ese_session_close_database(struct ese_session *session, uint32_t dbid);
bool ese_session_has_database(const struct ese_session *session, uint32_t dbid);

#endif
