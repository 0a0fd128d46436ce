/* Settling what transactions leave behind: taking changes back, and dropping versions that nobody needs. */
#include "engine/transaction/version.h"

bool ese_entry_is_kept(const struct ese_tree *tree, const struct ese_node *node)
{
    if (tree->version_count == 0) {
        return false;
    }
    uint32_t hash = ese_version_hash(node->key, node->key_size);
    return ese_version_newest(tree, node->key, node->key_size, hash) != NULL;
}

static void forget(struct ese_vstore *vstore, struct ese_version *version)
{
    if (version->space != NULL) {
        version->space->versions--;
    }
    ese_version_free(vstore, version);
}

JET_ERR ese_version_undo(struct ese_vstore *vstore, struct ese_version *version)
{
    struct ese_tree *tree = version->tree;
    if (tree == NULL) {
        JET_ERR err = version->ops->undo(version->object);
        if (err >= JET_errSuccess) {
            forget(vstore, version);
        }
        return err;
    }
    struct ese_change change;
    JET_ERR err = JET_errSuccess;
    const struct ese_log_undo compensation = { version->txn->id, ESE_UNDO_COMPENSATE, tree->root, version->bytes,
                                               version->key_size, NULL, 0, false };
    ese_txn_make_room(vstore);
    ese_rwlock_write(&tree->lock);
    ese_tree_begin(tree, &change);
    switch (tree->dropped ? ESE_VERSION_NOTE : version->kind) { /* a temporary table that is gone */
    case ESE_VERSION_INSERT:
        if (version->revived && ese_version_older(version) != NULL) {
            err = ese_tree_set(tree, &change, version->bytes, version->key_size, ese_version_before(version),
                               version->before_size, ESE_NODE_DELETED);
        } else {
            err = ese_tree_remove(tree, &change, version->bytes, version->key_size);
        }
        break;
    case ESE_VERSION_REPLACE:
        err = ese_tree_set(tree, &change, version->bytes, version->key_size, ese_version_before(version),
                           version->before_size, 0);
        break;
    case ESE_VERSION_DELETE:
        err = ese_tree_set_flags(tree, &change, version->bytes, version->key_size, 0);
        break;
    case ESE_VERSION_ADD:
        err = ese_version_undo_add(tree, &change, version);
        break;
    default:
        break;
    }
    bool noted = version->kind != ESE_VERSION_READ_LOCK && version->kind != ESE_VERSION_WRITE_LOCK;
    err = ese_change_end(&change, err, noted ? &compensation : NULL);
    if (err >= JET_errSuccess) {
        ese_version_unlink(version);
    }
    ese_rwlock_write_unlock(&tree->lock);
    if (err >= JET_errSuccess) {
        forget(vstore, version);
    }
    return err;
}

/* A batch of retirements ends when its group has so many pages. */
#define GROUP_PAGES 6

/* Exclusive lock held. Takes the version out of its chain, and the node out of the tree when this was the last thing that
 * kept it. Only a deletion can be that: whatever else was the last word on a record left it alive. */
static JET_ERR retire_one(struct ese_version *version, struct ese_change *change)
{
    struct ese_tree *tree = version->tree;
    ese_version_unlink(version);
    if (tree->dropped || version->kind != ESE_VERSION_DELETE ||
        ese_version_newest(tree, version->bytes, version->key_size, version->hash) != NULL) {
        return JET_errSuccess;
    }
    return ese_tree_remove_deleted(tree, change, version->bytes, version->key_size);
}

JET_ERR ese_version_retire(struct ese_vstore *vstore, struct ese_version *list, unsigned most,
                           struct ese_version **rest)
{
    struct ese_tree *tree = list->tree;
    JET_ERR err = JET_errSuccess;
    struct ese_version *at = list;
    if (tree == NULL) {
        *rest = list->earlier;
        err = list->ops->done(list->object);
        forget(vstore, list);
        return err;
    }
    struct ese_change change;
    ese_txn_make_room(vstore);
    ese_rwlock_write(&tree->lock);
    ese_tree_begin(tree, &change);
    for (unsigned i = 0; i < most && at != NULL && at->tree == tree && err >= JET_errSuccess && change.count < GROUP_PAGES;
         i++) {
        err = retire_one(at, &change);
        at = at->earlier;
    }
    /* After an error the nodes stay, flagged deleted: the next to use the key, or a defragmentation, meets them. */
    err = ese_change_end(&change, err, NULL);
    ese_rwlock_write_unlock(&tree->lock);
    uint64_t bytes = 0, versions = 0;
    struct ese_space *space = list->space;          /* that of the tree */
    for (; list != at; list = list->earlier) {
        bytes += ese_version_footprint(list);
        versions++;
    }
    vstore->bytes -= bytes;
    if (space != NULL) {
        space->versions -= versions;
    }
    *rest = at;
    return err;
}

JET_ERR ese_trx_note(struct ese_trx *trx, struct ese_space *space, const struct ese_note_ops *ops, void *object)
{
    struct ese_version *version;
    JET_ERR err = ese_version_make(trx, NULL, ESE_VERSION_NOTE, NULL, 0, NULL, 0, &version);
    if (err == JET_errSuccess) {
        version->space = space;
        version->ops = ops;
        version->object = object;
        ese_version_link(version);
    }
    return err;
}
