/*
 * Transactions and the version store.
 *
 * Snapshot isolation: a transaction sees the database as it was committed when it began (level 0 -> 1), plus its own
 * changes. The pages hold the newest state; the version store holds what is needed to see or restore older states.
 * Who changes a record that somebody else changed and has not committed, or committed after the caller's snapshot,
 * gets JET_errWriteConflict at once: the first writer wins, nobody waits.
 *
 * struct ese_trx is the transactional half of a session and is embedded in the session object. All calls on one
 * ese_trx must be serialised by the caller (the session gate does); different ones run concurrently.
 */
#ifndef ESE_TRANSACTION_TRANSACTION_H
#define ESE_TRANSACTION_TRANSACTION_H

#include <stdbool.h>
#include <stdint.h>

#include <esent.h>

#include "engine/log/log.h"

#define ESE_TRX_LEVEL_MAX 7                         /* nested levels; original source inc/daeconst.hxx:105 */

#define ESE_TRX_LEVEL_ROOM 10                       /* with those the engine opens inside a call */

struct ese_vstore;
struct ese_txn;                                     /* one level-0 transaction, shared with its versions */
struct ese_cursor;

/* A call of a function of the application; the session floor adds the handles. */
struct ese_call_back { JET_CALLBACK function; JET_CBTYP type; void *arg1, *arg2, *context; JET_API_PTR last; };

struct ese_trx {
    struct ese_vstore *vstore;
    struct ese_txn *txn;                            /* NULL at level 0 */
    uint64_t id;                                    /* its id; 0 at level 0 */
    uint64_t snapshot;                              /* commits up to this one are seen; all ones at level 0 */
    unsigned level;                                 /* 0..ESE_TRX_LEVEL_MAX */
    bool read_only;                                 /* begun with JET_bitTransactionReadOnly */
    uint64_t mark[ESE_TRX_LEVEL_ROOM + 1];          /* versions the transaction had made when the level began */
    uint64_t changes;                               /* grows with every change it makes or takes back */
    uint32_t durable_ms;                            /* bound of the next lazy commit; 0: the log's */
    uint64_t commit_id;                             /* of the last commit that was logged; 0: none yet */
    ese_lsn committed;                              /* where that one ends in the log */
    JET_ERR failed;                                 /* cause of a rollback that failed; 0 = none */
    struct ese_trx *older, *newer;                  /* chain of running transactions, the store's mutex */
    struct ese_cursor *cursors;                     /* open cursors of the session, newest first */
    JET_ERR (*call_back)(struct ese_trx *trx, struct ese_cursor *cursor, const struct ese_call_back *call);
                                                    /* set by the session floor: makes the call; NULL: without handles */
    void (*settle_cursors)(struct ese_trx *trx, unsigned level); /* set by the table floor: a rollback goes down to level */
};

/* ---- store ----------------------------------------------------------------------------------------------- */

/* on_fatal(arg, cause) is called when a rollback failed, which leaves the instance unusable (the instance floor then
 * answers JET_errInstanceUnavailable). bytes_max bounds the memory of versions: beyond it changes fail with
 * JET_errVersionStoreOutOfMemory; 0 = no bound. */
JET_ERR ese_vstore_create(uint64_t bytes_max, void (*on_fatal)(void *arg, JET_ERR cause),
                          void *arg, struct ese_vstore **vstore);
/* The log of commits and rollbacks; NULL (as after create): none. Set while there is no transaction. */
void ese_vstore_set_log(struct ese_vstore *vstore, struct ese_log *log);
/* Everything that transactions still running have logged is behind this; UINT64_MAX when none has logged anything. */
ese_lsn ese_vstore_oldest_lsn(struct ese_vstore *vstore);
/* Somebody else needs the log from here on: recovery, for transactions of a former life; an attach, until the header of the
 * file says so too. 0: no longer. One at a time: store->lock, or before there are sessions. */
void ese_vstore_hold(struct ese_vstore *vstore, ese_lsn from);
/* Whom to tell when a transaction ends and leaves versions or unsynced log behind; must not block. Set before use. */
void ese_vstore_set_watch(struct ese_vstore *vstore, void (*watch)(void *arg), void *arg);
void ese_vstore_destroy(struct ese_vstore *vstore); /* no transaction may be open; pending versions are dropped */

/* Drops every version no snapshot needs any more and removes the records that were deleted for good. Stops early when
 * keep_going is not NULL and returns false. Any thread; a second caller waits for the first. The first error
 * is returned, the rest of the work is done nevertheless where possible. */
JET_ERR ese_vstore_cleanup(struct ese_vstore *vstore, bool (*keep_going)(void *arg), void *arg);

/* The same unless somebody is at it already. */
JET_ERR ese_vstore_try_cleanup(struct ese_vstore *vstore, bool (*keep_going)(void *arg), void *arg);

bool ese_vstore_has_versions(struct ese_vstore *vstore);     /* something is left that clean-up may have to drop */
uint64_t ese_vstore_bytes(struct ese_vstore *vstore);
bool ese_vstore_has_transactions(struct ese_vstore *vstore); /* any session at level > 0 */

/* ---- transactions ---------------------------------------------------------------------------------------- */

void ese_trx_init(struct ese_trx *trx, struct ese_vstore *vstore);
void ese_trx_fini(struct ese_trx *trx);             /* level must be 0 and all cursors closed */

/* JET_errTransTooDeep at level 7; JET_errRollbackError after a failed rollback; JET_errInvalidGrbit unless 0 or
 * JET_bitTransactionReadOnly (the latter matters at level 0 only). */
JET_ERR ese_trx_begin(struct ese_trx *trx, JET_GRBIT grbit);

/* One level. JET_errNotInTransaction at level 0 (except with the two Wait bits, which end no level and only wait for
 * the log), JET_errMustRollback after a failed rollback, JET_errInvalidGrbit for other bits than JET_bitCommitLazyFlush,
 * JET_bitWaitLastLevel0Commit, JET_bitWaitAllLevel0Commit. On failure the level stays open. */
JET_ERR ese_trx_commit(struct ese_trx *trx, JET_GRBIT grbit);

/* One level, or all with JET_bitRollbackAll. JET_errNotInTransaction at level 0, JET_errInvalidGrbit for other bits.
 * The caller first closes the cursors that were opened at a level to be rolled back (ese_cursor_level() > the level
 * that remains); prepared updates of the remaining ones are cancelled here. When undoing fails the cause is
 * returned, now and at every further try, and on_fatal has been called. */
JET_ERR ese_trx_rollback(struct ese_trx *trx, JET_GRBIT grbit);

static inline unsigned ese_trx_level(const struct ese_trx *trx)
{
    return trx->level;
}

/* Unique in the instance while level > 0, else 0. */
static inline uint64_t ese_trx_id(const struct ese_trx *trx)
{
    return trx->id;
}

bool ese_trx_has_changes(const struct ese_trx *trx);/* the open transaction changed something */

#endif
