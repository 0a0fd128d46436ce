/* Changing records under transactions. */
#include "engine/transaction/version.h"

JET_ERR ese_version_conflict(const struct ese_trx *trx, const struct ese_tree *tree, const void *key, uint32_t size,
                             uint32_t hash, enum ese_wish wish)
{
    struct ese_version *version = ese_version_newest(tree, key, size, hash);
    for (; version != NULL; version = ese_version_older(version)) {
        bool lock = version->kind == ESE_VERSION_READ_LOCK || version->kind == ESE_VERSION_WRITE_LOCK;
        bool add = version->kind == ESE_VERSION_ADD;
        uint64_t committed = version->txn->committed;
        if (version->txn == trx->txn) {
            if (!lock && !add) {
                return JET_errSuccess;              /* it is ours: nobody else got past it */
            }
        } else if (lock) {
            bool shared = version->kind == ESE_VERSION_READ_LOCK && wish == ESE_WISH_READ_LOCK;
            if (committed == 0 && !shared) {
                return JET_errWriteConflict;
            }
        } else if (!add) {
            return ese_txn_is_visible(trx, version->txn) ? JET_errSuccess : JET_errWriteConflict;
        } else if (wish != ESE_WISH_ADD && !ese_txn_is_visible(trx, version->txn)) {
            return JET_errWriteConflict;
        }
    }
    return JET_errSuccess;
}

/* What a change needs to know about the node, copied out of the page; where it belongs when it is not there. */
struct target {
    bool there, deleted;
    uint32_t hash;
    struct ese_bytes data;
    struct ese_place place;
};

static JET_ERR look_up(struct ese_tree *tree, const void *key, uint32_t size, struct target *target)
{
    struct ese_node node;
    memset(target, 0, sizeof *target);
    target->hash = ese_version_hash(key, size);
    JET_ERR err = ese_tree_find_to_change(tree, key, size, &target->place, &target->there);
    if (err == JET_errSuccess && target->there) {
        ese_place_node(&target->place, &node);
        target->deleted = (node.flags & ESE_NODE_DELETED) != 0;
        err = ese_bytes_set(&target->data, node.data, node.data_size);
        ese_place_release(&target->place);
    }
    return err;
}

static void forget_target(struct target *target)
{
    ese_bytes_free(&target->data);
    ese_place_release(&target->place);
}

static JET_ERR enter(struct ese_trx *trx, struct ese_tree *tree)
{
    if (trx->read_only && !tree->temporary) {
        return JET_errTransReadOnly;
    }
    trx->changes++;
    ese_txn_make_room(trx->vstore);
    ese_rwlock_write(&tree->lock);
    JET_ERR err = tree->dropped ? JET_errObjectNotFound : ese_version_prepare(tree);
    if (err != JET_errSuccess) {
        ese_rwlock_write_unlock(&tree->lock);
    }
    return err;
}

/* The newest version of the record is trx's own, made at its present level, and already keeps the state a rollback of
 * this level must restore. */
static bool already_kept(const struct ese_trx *trx, const struct ese_tree *tree, const void *key, uint32_t size,
                         uint32_t hash)
{
    struct ese_version *version = ese_version_newest(tree, key, size, hash);
    while (version != NULL && version->txn == trx->txn &&
           (version->kind == ESE_VERSION_WRITE_LOCK || version->kind == ESE_VERSION_READ_LOCK)) {
        version = ese_version_older(version);
    }
    return version != NULL && version->txn == trx->txn && version->sequence > trx->mark[trx->level] &&
           (version->kind == ESE_VERSION_INSERT || version->kind == ESE_VERSION_REPLACE);
}

static enum ese_log_undo_kind undo_kind(enum ese_version_kind kind)
{
    return kind == ESE_VERSION_INSERT ? ESE_UNDO_INSERT
         : kind == ESE_VERSION_REPLACE ? ESE_UNDO_REPLACE : ESE_UNDO_DELETE;
}

/* Applies a change with its version. version NULL: an earlier one covers it, or the tree has none. */
static JET_ERR apply(struct ese_trx *trx, struct ese_tree *tree, enum ese_version_kind kind, struct target *target,
                     const void *key, uint32_t key_size, const void *data, uint32_t data_size,
                     struct ese_version *version)
{
    struct ese_change change;
    JET_ERR err;
    ese_tree_begin(tree, &change);
    switch (kind) {
    case ESE_VERSION_INSERT:
        err = target->there ? ese_tree_set(tree, &change, key, key_size, data, data_size, 0)
                            : ese_tree_insert_at(tree, &change, &target->place, key, key_size, data, data_size, 0);
        break;
    case ESE_VERSION_REPLACE:
        err = ese_tree_set(tree, &change, key, key_size, data, data_size, 0);
        break;
    default:
        err = tree->unversioned ? ese_tree_remove(tree, &change, key, key_size)
                                : ese_tree_set_flags(tree, &change, key, key_size, ESE_NODE_DELETED);
        break;
    }
    const struct ese_log_undo undo = { trx->txn->id, undo_kind(kind), tree->root, key, key_size, target->data.data,
                                       target->data.size, version != NULL && version->revived };
    if (version != NULL) {
        ese_txn_will_log(trx, tree->space);
    }
    err = ese_change_end(&change, err, version != NULL ? &undo : NULL);
    if (version == NULL) {
        return err;
    }
    if (err >= JET_errSuccess) {
        ese_version_link(version);
    } else {
        ese_version_free(trx->vstore, version);
    }
    return err;
}

JET_ERR ese_entry_insert(struct ese_trx *trx, struct ese_tree *tree, const void *key, uint32_t key_size,
                         const void *data, uint32_t data_size)
{
    struct target target;
    struct ese_version *version = NULL;
    JET_ERR err = enter(trx, tree);
    if (err != JET_errSuccess) {
        return err;
    }
    err = look_up(tree, key, key_size, &target);
    if (err == JET_errSuccess && ese_version_conflict(trx, tree, key, key_size, target.hash, ESE_WISH_CHANGE) != JET_errSuccess) {
        err = JET_errKeyDuplicate;
    }
    if (err == JET_errSuccess && target.there && !target.deleted) {
        err = JET_errKeyDuplicate;
    }
    if (err == JET_errSuccess && !tree->unversioned) {
        err = ese_version_make(trx, tree, ESE_VERSION_INSERT, key, key_size, target.data.data, target.data.size,
                               &version);
    }
    if (err == JET_errSuccess) {
        if (version != NULL) {
            version->revived = target.there;
        }
        err = apply(trx, tree, ESE_VERSION_INSERT, &target, key, key_size, data, data_size, version);
    }
    forget_target(&target);
    ese_rwlock_write_unlock(&tree->lock);
    return err;
}

/* Common beginning of replace, delete and lock: the record is there for trx and nobody else is at it. */
static JET_ERR find_own(struct ese_trx *trx, struct ese_tree *tree, const void *key, uint32_t key_size, enum ese_wish wish,
                        struct target *target)
{
    JET_ERR err = look_up(tree, key, key_size, target);
    if (err == JET_errSuccess) {
        err = ese_version_conflict(trx, tree, key, key_size, target->hash, wish);
    }
    if (err == JET_errSuccess && (!target->there || target->deleted)) {
        err = JET_errRecordDeleted;
    }
    return err;
}

JET_ERR ese_entry_replace(struct ese_trx *trx, struct ese_tree *tree, const void *key, uint32_t key_size,
                          const void *data, uint32_t data_size)
{
    struct target target;
    struct ese_version *version = NULL;
    JET_ERR err = enter(trx, tree);
    if (err != JET_errSuccess) {
        return err;
    }
    err = find_own(trx, tree, key, key_size, ESE_WISH_CHANGE, &target);
    if (err == JET_errSuccess && !tree->unversioned && !already_kept(trx, tree, key, key_size, target.hash)) {
        err = ese_version_make(trx, tree, ESE_VERSION_REPLACE, key, key_size, target.data.data, target.data.size,
                               &version);
    }
    if (err == JET_errSuccess) {
        err = apply(trx, tree, ESE_VERSION_REPLACE, &target, key, key_size, data, data_size, version);
    }
    forget_target(&target);
    ese_rwlock_write_unlock(&tree->lock);
    return err;
}

JET_ERR ese_entry_delete(struct ese_trx *trx, struct ese_tree *tree, const void *key, uint32_t key_size)
{
    struct target target;
    struct ese_version *version = NULL;
    JET_ERR err = enter(trx, tree);
    if (err != JET_errSuccess) {
        return err;
    }
    err = find_own(trx, tree, key, key_size, ESE_WISH_CHANGE, &target);
    if (err == JET_errSuccess && !tree->unversioned) {
        err = ese_version_make(trx, tree, ESE_VERSION_DELETE, key, key_size, NULL, 0, &version);
    }
    if (err == JET_errSuccess) {
        err = apply(trx, tree, ESE_VERSION_DELETE, &target, key, key_size, NULL, 0, version);
    }
    forget_target(&target);
    ese_rwlock_write_unlock(&tree->lock);
    return err;
}

/* trx holds a version of the record that is at least as strong as the lock asked for. */
static bool holds(const struct ese_trx *trx, const struct ese_tree *tree, const void *key, uint32_t size, uint32_t hash,
                  bool write)
{
    struct ese_version *version = ese_version_newest(tree, key, size, hash);
    for (; version != NULL; version = ese_version_older(version)) {
        if (version->txn == trx->txn && version->kind != ESE_VERSION_ADD &&
            (version->kind != ESE_VERSION_READ_LOCK || !write)) {
            return true;
        }
    }
    return false;
}

JET_ERR ese_entry_lock(struct ese_trx *trx, struct ese_tree *tree, const void *key, uint32_t key_size, bool write)
{
    struct target target;
    struct ese_version *version = NULL;
    JET_ERR err = enter(trx, tree);
    if (err != JET_errSuccess) {
        return err;
    }
    err = find_own(trx, tree, key, key_size, write ? ESE_WISH_CHANGE : ESE_WISH_READ_LOCK, &target);
    if (err == JET_errSuccess && !tree->unversioned && !holds(trx, tree, key, key_size, target.hash, write)) {
        enum ese_version_kind kind = write ? ESE_VERSION_WRITE_LOCK : ESE_VERSION_READ_LOCK;
        err = ese_version_make(trx, tree, kind, key, key_size, NULL, 0, &version);
        if (err == JET_errSuccess) {
            ese_version_link(version);
        }
    }
    forget_target(&target);
    ese_rwlock_write_unlock(&tree->lock);
    return err;
}

JET_ERR ese_entry_check(struct ese_trx *trx, struct ese_tree *tree, const void *key, uint32_t key_size)
{
    ese_rwlock_read(&tree->lock);
    JET_ERR err = ese_version_conflict(trx, tree, key, key_size, ese_version_hash(key, key_size), ESE_WISH_CHANGE);
    ese_rwlock_read_unlock(&tree->lock);
    return err;
}

/* The data with the number changed goes into the tree; version NULL: for good, whatever becomes of the transaction. */
static JET_ERR store_sum(struct ese_trx *trx, struct ese_tree *tree, const struct target *target, const void *key,
                         uint32_t key_size, struct ese_version *version)
{
    struct ese_change change;
    ese_tree_begin(tree, &change);
    JET_ERR err = ese_tree_set(tree, &change, key, key_size, target->data.data, target->data.size, 0);
    if (version == NULL) {
        return ese_change_end(&change, err, NULL);
    }
    const struct ese_log_undo undo = { trx->txn->id, ESE_UNDO_ADD, tree->root, key, key_size,
                                       ese_version_before(version), version->before_size, false };
    ese_txn_will_log(trx, tree->space);
    err = ese_change_end(&change, err, &undo);
    if (err >= JET_errSuccess) {
        ese_version_link(version);
    } else {
        ese_version_free(trx->vstore, version);
    }
    return err;
}

JET_ERR ese_entry_add(struct ese_trx *trx, struct ese_tree *tree, const void *key, uint32_t key_size,
                      const struct ese_addition *addition, int64_t *old)
{
    struct target target;
    struct ese_version *version = NULL;
    unsigned char add[12];
    uint32_t width = addition->width, offset = addition->offset, size = 4 + width;
    JET_ERR err = enter(trx, tree);
    if (err != JET_errSuccess) {
        return err;
    }
    ese_put32(add, offset);
    if (width == 4) {
        ese_put32(add + 4, (uint32_t)addition->delta);
    } else {
        ese_put64(add + 4, (uint64_t)addition->delta);
    }
    err = find_own(trx, tree, key, key_size, ESE_WISH_ADD, &target);
    if (err == JET_errSuccess && (target.data.size < offset || target.data.size - offset < width)) {
        err = JET_errDatabaseCorrupted;
    }
    if (err == JET_errSuccess) {
        const unsigned char *at = target.data.data + offset;
        *old = width == 4 ? (int32_t)ese_get32(at) : (int64_t)ese_get64(at);
        ese_add_apply(target.data.data, target.data.size, add, size, false);
    }
    if (err == JET_errSuccess && !addition->for_good && !tree->unversioned) {
        err = ese_version_make(trx, tree, ESE_VERSION_ADD, key, key_size, add, size, &version);
    }
    if (err == JET_errSuccess) {
        err = store_sum(trx, tree, &target, key, key_size, version);
    }
    forget_target(&target);
    ese_rwlock_write_unlock(&tree->lock);
    return err;
}

JET_ERR ese_entry_put_raw(struct ese_tree *tree, const void *key, uint32_t key_size, const void *data,
                          uint32_t data_size)
{
    struct ese_change change;
    ese_rwlock_write(&tree->lock);
    ese_tree_begin(tree, &change);
    JET_ERR err = ese_tree_set(tree, &change, key, key_size, data, data_size, 0);
    if (err == JET_errRecordNotFound) {
        err = ese_tree_insert(tree, &change, key, key_size, data, data_size, 0);
    }
    err = ese_change_end(&change, err, NULL);
    ese_rwlock_write_unlock(&tree->lock);
    return err;
}

JET_ERR ese_entry_remove_raw(struct ese_tree *tree, const void *key, uint32_t key_size)
{
    struct ese_change change;
    ese_rwlock_write(&tree->lock);
    ese_tree_begin(tree, &change);
    JET_ERR err = ese_tree_remove(tree, &change, key, key_size);
    if (err == JET_errRecordNotFound) {
        err = JET_errSuccess;
    }
    err = ese_change_end(&change, err, NULL);
    ese_rwlock_write_unlock(&tree->lock);
    return err;
}
