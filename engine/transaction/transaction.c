/* Begin, commit, rollback; the store's own life. */
#include "engine/transaction/version.h"

JET_ERR ese_vstore_create(uint64_t bytes_max, void (*on_fatal)(void *arg, JET_ERR cause),
                          void *arg, struct ese_vstore **vstore)
{
    struct ese_vstore *made = ese_calloc(1, sizeof *made);
    if (made == NULL) {
        return JET_errOutOfMemory;
    }
    made->bytes_max = bytes_max;
    made->on_fatal = on_fatal;
    made->arg = arg;
    JET_ERR err = ese_mutex_init(&made->mutex);
    if (err == JET_errSuccess) {
        err = ese_mutex_init(&made->cleaning);
        if (err != JET_errSuccess) {
            ese_mutex_fini(&made->mutex);
        }
    }
    if (err != JET_errSuccess) {
        ese_free(made);
        return err;
    }
    *vstore = made;
    return JET_errSuccess;
}

void ese_vstore_set_log(struct ese_vstore *vstore, struct ese_log *log)
{
    vstore->log = log;
}

void ese_vstore_set_watch(struct ese_vstore *vstore, void (*watch)(void *arg), void *arg)
{
    vstore->watch = watch;
    vstore->watch_arg = arg;
}

ese_lsn ese_vstore_oldest_lsn(struct ese_vstore *vstore)
{
    ese_lsn held = vstore->held, oldest = held != 0 ? held : UINT64_MAX;
    ese_mutex_lock(&vstore->mutex);
    for (const struct ese_trx *trx = vstore->oldest; trx != NULL; trx = trx->newer) {
        ese_lsn first = trx->txn->first;
        oldest = first != 0 && first < oldest ? first : oldest;
    }
    ese_mutex_unlock(&vstore->mutex);
    return oldest;
}

void ese_vstore_hold(struct ese_vstore *vstore, ese_lsn from)
{
    vstore->held = from;
}

void ese_txn_will_log(struct ese_trx *trx, const struct ese_space *space)
{
    struct ese_log *log = space->file->logged ? trx->vstore->log : NULL;
    if (log != NULL && trx->txn->first == 0) {
        trx->txn->first = ese_log_end(log);
    }
}

static void discard(struct ese_vstore *vstore, struct ese_txn *txn)
{
    while (txn->newest != NULL) {
        struct ese_version *version = txn->newest;
        txn->newest = version->earlier;
        if (version->kind == ESE_VERSION_NOTE && version->ops->drop != NULL) {
            version->ops->drop(version->object);
        }
        ese_version_free(vstore, version);
    }
    ese_txn_free(txn);
}

void ese_vstore_destroy(struct ese_vstore *vstore)
{
    for (struct ese_trx *trx = vstore->oldest; trx != NULL; trx = trx->newer) {
        discard(vstore, trx->txn);
    }
    while (vstore->first != NULL) {
        struct ese_txn *txn = vstore->first;
        vstore->first = txn->next;
        discard(vstore, txn);
    }
    ese_mutex_fini(&vstore->cleaning);
    ese_mutex_fini(&vstore->mutex);
    ese_free(vstore);
}

bool ese_vstore_has_versions(struct ese_vstore *vstore)
{
    return vstore->bytes != 0;
}

uint64_t ese_vstore_bytes(struct ese_vstore *vstore)
{
    return vstore->bytes;
}

bool ese_vstore_has_transactions(struct ese_vstore *vstore)
{
    ese_mutex_lock(&vstore->mutex);
    bool any = vstore->oldest != NULL;
    ese_mutex_unlock(&vstore->mutex);
    return any;
}

/* ---- transactions ---------------------------------------------------------------------------------------- */

void ese_trx_init(struct ese_trx *trx, struct ese_vstore *vstore)
{
    memset(trx, 0, sizeof *trx);
    trx->vstore = vstore;
    trx->snapshot = UINT64_MAX;
}

void ese_trx_fini(struct ese_trx *trx)
{
    trx->vstore = NULL;
}

bool ese_trx_has_changes(const struct ese_trx *trx)
{
    return trx->txn != NULL && trx->txn->newest != NULL;
}

bool ese_txn_is_visible(const struct ese_trx *trx, const struct ese_txn *txn)
{
    if (txn == trx->txn) {
        return true;
    }
    uint64_t committed = txn->committed;
    return committed != 0 && committed <= trx->snapshot;
}

bool ese_txn_is_open(const struct ese_txn *txn)
{
    return txn->committed == 0;
}

static JET_ERR begin(struct ese_trx *trx, JET_GRBIT grbit, unsigned level_max)
{
    if (trx->failed != JET_errSuccess) {
        return JET_errRollbackError;
    }
    if (trx->level == level_max) {
        return JET_errTransTooDeep;
    }
    if (trx->level == 0) {
        struct ese_vstore *vstore = trx->vstore;
        struct ese_txn *txn = ese_calloc(1, sizeof *txn);
        if (txn == NULL) {
            return JET_errOutOfMemory;
        }
        trx->txn = txn;
        trx->read_only = grbit != 0;
        ese_mutex_lock(&vstore->mutex);
        trx->id = txn->id = ++vstore->last_id;
        trx->snapshot = vstore->clock;
        trx->newer = NULL;
        trx->older = vstore->newest;
        if (vstore->newest != NULL) {
            vstore->newest->newer = trx;
        } else {
            vstore->oldest = trx;
        }
        vstore->newest = trx;
        ese_mutex_unlock(&vstore->mutex);
    }
    trx->level++;
    trx->mark[trx->level] = trx->txn->sequence;
    return JET_errSuccess;
}

JET_ERR ese_trx_begin(struct ese_trx *trx, JET_GRBIT grbit)
{
    if ((grbit & ~(JET_GRBIT)JET_bitTransactionReadOnly) != 0) {
        return JET_errInvalidGrbit;
    }
    return begin(trx, grbit, ESE_TRX_LEVEL_MAX);
}

/* Takes the session out of the running transactions. keep: the versions are visible from now on and wait for clean-up,
 * unless that is little work and nobody needs them: then they go at once. */
static void leave(struct ese_trx *trx, bool keep)
{
    struct ese_vstore *vstore = trx->vstore;
    struct ese_txn *txn = trx->txn;
    bool settle = false, backlog = false;
    ese_txn_count(vstore, txn);
    ese_mutex_lock(&vstore->mutex);
    if (trx->older != NULL) {
        trx->older->newer = trx->newer;
    } else {
        vstore->oldest = trx->newer;
    }
    if (trx->newer != NULL) {
        trx->newer->older = trx->older;
    } else {
        vstore->newest = trx->older;
    }
    if (keep) {
        txn->committed = ++vstore->clock;
        settle = ese_txn_is_light(vstore, txn);
        backlog = vstore->first != NULL && ese_txn_is_light(vstore, vstore->first);
        if (settle) {
            ;
        } else if (vstore->last != NULL) {
            vstore->last->next = txn;
            vstore->last = txn;
        } else {
            vstore->first = vstore->last = txn;
        }
    }
    bool logged = txn->first != 0;
    ese_mutex_unlock(&vstore->mutex);
    if (settle) {
        ese_txn_settle(vstore, txn);
    } else if (!keep) {
        ese_txn_free(txn);
    }
    if (backlog) {
        ese_vstore_settle_light(vstore);
    }
    if (vstore->watch != NULL && (logged || vstore->bytes != 0)) {
        vstore->watch(vstore->watch_arg);
    }
    trx->txn = NULL;
    trx->id = 0;
    trx->snapshot = UINT64_MAX;
    trx->older = trx->newer = NULL;
    trx->level = 0;
    trx->read_only = false;
}

JET_ERR ese_trx_commit(struct ese_trx *trx, JET_GRBIT grbit)
{
    const JET_GRBIT waits = JET_bitWaitLastLevel0Commit | JET_bitWaitAllLevel0Commit;
    struct ese_log *log = trx->vstore->log;
    if ((grbit & ~(waits | JET_bitCommitLazyFlush)) != 0 || ((grbit & waits) != 0 && (grbit & (grbit - 1)) != 0)) {
        return JET_errInvalidGrbit;
    }
    if ((grbit & waits) != 0) { /* in a transaction, too, which goes on */
        bool all = (grbit & JET_bitWaitAllLevel0Commit) != 0;
        return log != NULL ? ese_log_flush_to(log, all ? ese_log_end(log) : trx->committed) : JET_errSuccess;
    }
    if (trx->level == 0) {
        return JET_errNotInTransaction;
    }
    if (trx->failed != JET_errSuccess) {
        return JET_errMustRollback;
    }
    if (trx->level > 1) {
        trx->level--;
        return JET_errSuccess;
    }
    bool changed = trx->txn->newest != NULL;
    if (log != NULL && trx->txn->first != 0) {
        JET_ERR err = ese_log_commit(log, trx->txn->id, grbit, trx->durable_ms, &trx->commit_id, &trx->committed);
        if (err < JET_errSuccess) {
            return err;
        }
    }
    leave(trx, changed);
    return JET_errSuccess;
}

/* Undoes everything newer than the mark. */
static JET_ERR undo_to(struct ese_trx *trx, uint64_t mark)
{
    struct ese_txn *txn = trx->txn;
    while (txn->newest != NULL && txn->newest->sequence > mark) {
        struct ese_version *version = txn->newest, *earlier = version->earlier;
        JET_ERR err = ese_version_undo(trx->vstore, version);
        if (err < JET_errSuccess) {
            return err;
        }
        txn->newest = earlier;
    }
    return JET_errSuccess;
}

JET_ERR ese_trx_rollback(struct ese_trx *trx, JET_GRBIT grbit)
{
    if ((grbit & ~(JET_GRBIT)JET_bitRollbackAll) != 0) {
        return JET_errInvalidGrbit;
    }
    if (trx->level == 0) {
        return JET_errNotInTransaction;
    }
    if (trx->failed != JET_errSuccess) {
        return trx->failed;
    }
    unsigned left = grbit != 0 ? 0 : trx->level - 1;
    trx->changes++;
    if (trx->settle_cursors != NULL) {
        trx->settle_cursors(trx, left);
    }
    struct ese_log *log = trx->vstore->log;
    JET_ERR err = undo_to(trx, trx->mark[left + 1]);
    if (err == JET_errSuccess && left == 0 && log != NULL && trx->txn->first != 0) {
        err = ese_log_rollback_done(log, trx->txn->id); /* or a recovery would undo it all once more */
    }
    if (err < JET_errSuccess) {
        trx->failed = err;
        if (trx->vstore->on_fatal != NULL) {
            trx->vstore->on_fatal(trx->vstore->arg, err);
        }
        return err;
    }
    if (left != 0) {
        trx->level = left;
        return JET_errSuccess;
    }
    leave(trx, false);
    return JET_errSuccess;
}

JET_ERR ese_auto_begin(struct ese_auto *automatic, struct ese_trx *trx, bool only_at_0)
{
    automatic->trx = trx;
    automatic->began = trx->level == 0 || !only_at_0;
    return automatic->began ? begin(trx, 0, ESE_TRX_LEVEL_ROOM) : JET_errSuccess;
}

JET_ERR ese_auto_end(struct ese_auto *automatic, JET_ERR err)
{
    if (!automatic->began) {
        return err;
    }
    automatic->began = false;
    if (err >= JET_errSuccess) {
        JET_ERR ended = ese_trx_commit(automatic->trx, 0);
        if (ended >= JET_errSuccess) {
            return err;
        }
        err = ended;
    }
    JET_ERR undone = ese_trx_rollback(automatic->trx, 0);
    return undone < JET_errSuccess ? undone : err;
}
