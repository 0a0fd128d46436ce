/* JetGetRecordPosition and JetGotoPosition: places in an index as fractions of it. They go by what lies in the pages, whoever
 * put it there and can see it. */
#include "engine/table/index.h"

JET_ERR ese_cursor_position(struct ese_cursor *cursor, uint64_t *before, uint64_t *total)
{
    struct ese_tree *tree = ese_cursor_tree(cursor);
    const struct ese_bytes *key = &ese_cursor_spot(cursor)->key;
    if (cursor->filter != NULL) {
        return JET_errFilteredMoveNotSupported;
    }
    if (cursor->where != ESE_ON_RECORD) {
        return JET_errNoCurrentRecord;
    }
    ese_rwlock_read(&tree->lock);
    JET_ERR err = tree->dropped ? JET_errObjectNotFound : ese_tree_position(tree, key->data, key->size, before, total);
    ese_rwlock_read_unlock(&tree->lock);
    if (err == JET_errObjectNotFound) {
        err = JET_errNoCurrentIndex;
    }
    if (err == JET_errSuccess && *total <= *before) {
        *total = *before + 1;                       /* the record itself is there, whatever was estimated */
    }
    return err;
}

/* Key of a node part/whole of the way through the tree; empty when there is none. */
static JET_ERR key_at(struct ese_tree *tree, uint64_t part, uint64_t whole, struct ese_bytes *key)
{
    struct ese_place place;
    struct ese_node node;
    ese_rwlock_read(&tree->lock);
    JET_ERR err = tree->dropped ? JET_errNoCurrentIndex : ese_tree_at_share(tree, part, whole, &place);
    if (err == JET_errSuccess && place.leaf != NULL) {
        ese_place_node(&place, &node);
        err = ese_bytes_set(key, node.key, node.key_size);
        ese_place_release(&place);
    }
    ese_rwlock_read_unlock(&tree->lock);
    return err;
}

JET_ERR ese_cursor_goto_position(struct ese_cursor *cursor, uint64_t before, uint64_t total)
{
    struct ese_bytes key = { NULL, 0, 0 };
    if (cursor->filter != NULL) {
        return JET_errFilteredMoveNotSupported;
    }
    if (before > total) {
        return JET_errInvalidParameter;
    }
    JET_ERR err = key_at(ese_cursor_tree(cursor), before, total, &key);
    if (err == JET_errSuccess) {
        err = ese_cursor_look(cursor, ESE_SEEK_GE, key.data, key.size);
        if (err == JET_errRecordNotFound) {         /* from there on the caller sees none */
            err = ese_cursor_look(cursor, ESE_SEEK_LAST, NULL, 0);
        }
    }
    if (err == JET_errSuccess) {
        if (cursor->prepared != ESE_PREPARED_NOTHING) {
            ese_cursor_cancel(cursor);
        }
        cursor->where = ESE_ON_RECORD;
        cursor->range.active = false;
        cursor->key.made = false;
    }
    ese_bytes_free(&key);
    return err;
}
