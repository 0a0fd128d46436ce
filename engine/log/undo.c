/* The last pass: transactions that never ended are taken back, through the trees and logged like any rollback. */
#include "engine/log/recovery.h"
#include "engine/table/header.h"
#include "engine/transaction/version.h"

/* A number in a record without what a transaction had added to it. */
static JET_ERR subtract(struct ese_tree *tree, struct ese_change *change, const struct ese_note *note)
{
    struct ese_place place;
    struct ese_node node;
    struct ese_bytes data = { NULL, 0, 0 };
    unsigned flags = 0;
    bool exact;
    JET_ERR err = ese_tree_find(tree, note->bytes, note->key_size, &place, &exact);
    if (err == JET_errSuccess && exact) {
        ese_place_node(&place, &node);
        flags = node.flags;
        err = ese_bytes_set(&data, node.data, node.data_size);
    } else if (err == JET_errSuccess) {
        err = JET_errRecordNotFound;
    }
    ese_place_release(&place);
    if (err == JET_errSuccess &&
        !ese_add_apply(data.data, data.size, note->bytes + note->key_size, note->before_size, true)) {
        err = JET_errDatabaseCorrupted;
    }
    if (err == JET_errSuccess) {
        err = ese_tree_set(tree, change, note->bytes, note->key_size, data.data, data.size, flags);
    }
    ese_bytes_free(&data);
    return err;
}

static JET_ERR undo_record(struct ese_tree *tree, const struct ese_note *note, const struct ese_log_undo *compensation)
{
    const unsigned char *before = note->bytes + note->key_size;
    struct ese_change change;
    JET_ERR err;
    ese_rwlock_write(&tree->lock);
    ese_tree_begin(tree, &change);
    switch (note->kind) {
    case ESE_UNDO_INSERT:
        err = note->revived ? ese_tree_set(tree, &change, note->bytes, note->key_size, before, note->before_size,
                                           ESE_NODE_DELETED)
                            : ese_tree_remove(tree, &change, note->bytes, note->key_size);
        break;
    case ESE_UNDO_REPLACE:
        err = ese_tree_set(tree, &change, note->bytes, note->key_size, before, note->before_size, 0);
        break;
    case ESE_UNDO_DELETE:
        err = ese_tree_set_flags(tree, &change, note->bytes, note->key_size, 0);
        break;
    case ESE_UNDO_ADD:
        err = subtract(tree, &change, note);
        break;
    default:
        err = JET_errDatabaseCorrupted;
        break;
    }
    err = ese_change_end(&change, err, compensation);
    ese_rwlock_write_unlock(&tree->lock);
    return err;
}

static JET_ERR undo_note(struct ese_recovery *recovery, uint64_t id, const struct ese_note *note)
{
    struct ese_database *database = recovery->database[note->database - 1];
    const struct ese_log_undo compensation = { .transaction = id, .kind = ESE_UNDO_COMPENSATE, .root = note->root };
    struct ese_tree *tree;
    JET_ERR err = ese_database_tree(database, note->root, &tree);
    if (err != JET_errSuccess) {
        return err;
    }
    return note->kind == ESE_UNDO_NEW_TREE ? ese_database_destroy_tree(database, tree, &compensation)
                                           : undo_record(tree, note, &compensation);
}

/* A committed delete left its record flagged for those who might still have seen it; there is nobody any more. What cannot be
 * taken out here (the tree may be gone, and its pages another's) just stays flagged. */
static void take_out(struct ese_recovery *recovery, const struct ese_note *note)
{
    struct ese_tree *tree;
    struct ese_place place;
    struct ese_node node;
    struct ese_change change;
    bool exact = false, gone = false;
    if (ese_database_tree(recovery->database[note->database - 1], note->root, &tree) != JET_errSuccess) {
        return;
    }
    ese_rwlock_write(&tree->lock);
    if (!tree->dropped && ese_tree_find(tree, note->bytes, note->key_size, &place, &exact) == JET_errSuccess) {
        if (exact) {
            ese_place_node(&place, &node);
            gone = (node.flags & ESE_NODE_DELETED) != 0;
        }
        ese_place_release(&place);
    }
    if (gone) {
        ese_tree_begin(tree, &change);
        (void)ese_change_end(&change, ese_tree_remove(tree, &change, note->bytes, note->key_size), NULL);
    }
    ese_rwlock_write_unlock(&tree->lock);
}

JET_ERR ese_recovery_undo(struct ese_recovery *recovery, struct ese_log *log)
{
    JET_ERR err = JET_errSuccess;
    for (unsigned i = 0; i < ESE_LOSER_BUCKETS; i++) {
        for (struct ese_loser *loser = recovery->loser[i]; loser != NULL && err == JET_errSuccess; loser = loser->next) {
            while (loser->newest != NULL && err == JET_errSuccess) {
                struct ese_note *note = loser->newest;
                err = undo_note(recovery, loser->id, note);
                if (err == JET_errSuccess) {
                    loser->newest = note->earlier;
                    if (note->kind == ESE_UNDO_INSERT && note->revived) {
                        note->earlier = recovery->deleted; /* its node is flagged again */
                        recovery->deleted = note;
                    } else {
                        ese_free(note);
                    }
                }
            }
            if (err == JET_errSuccess) {
                err = ese_log_rollback_done(log, loser->id);
            }
        }
    }
    for (const struct ese_note *note = recovery->deleted; note != NULL && err == JET_errSuccess; note = note->earlier) {
        take_out(recovery, note);
    }
    for (unsigned i = 0; i < ESE_LOG_DATABASES && err == JET_errSuccess; i++) {
        if (recovery->database[i] != NULL && recovery->database[i]->header.state != ESE_STATE_NEW) {
            err = ese_database_finish_drops(recovery->database[i]);
        }
    }
    return err;
}
