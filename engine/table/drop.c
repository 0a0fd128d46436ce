/*
 * The end of trees. Destroying one takes many change groups, long after the transaction that dropped it has committed; when
 * the engine dies in between, its pages must not be lost. So the drop leaves a record in the catalog, 'D' and the root page,
 * under the transaction; the group that frees the root takes it out; whoever opens the database after a crash finishes
 * what is still recorded.
 */
#include "engine/table/schema.h"

static uint32_t drop_key(unsigned char key[5], uint32_t root)
{
    key[0] = 'D';
    key[1] = (unsigned char)(root >> 24);
    key[2] = (unsigned char)(root >> 16);
    key[3] = (unsigned char)(root >> 8);
    key[4] = (unsigned char)root;
    return 5;
}

JET_ERR ese_database_announce_drop(struct ese_trx *trx, struct ese_database *database, uint32_t root)
{
    static const unsigned char nothing = 0;
    unsigned char key[5];
    return ese_entry_insert(trx, database->catalog, key, drop_key(key, root), &nothing, 1);
}

struct dropping { struct ese_tree *catalog; uint32_t root; };

/* The group that frees the root takes the record out. The catalog's lock comes behind that of any other tree. */
static JET_ERR take_record_out(void *arg, struct ese_change *change)
{
    const struct dropping *dropping = arg;
    unsigned char key[5];
    JET_ERR err = ese_tree_remove(dropping->catalog, change, key, drop_key(key, dropping->root));
    return err == JET_errRecordNotFound ? JET_errSuccess : err;
}

JET_ERR ese_database_destroy_tree(struct ese_database *database, struct ese_tree *tree, const struct ese_log_undo *undo)
{
    struct ese_tree *catalog = database->catalog;
    struct dropping dropping = { catalog, tree->root };
    const struct ese_tree_ending ending = { take_record_out, &dropping, undo, catalog != NULL ? &catalog->lock : NULL };
    ese_rwlock_write(&tree->lock);
    JET_ERR err = ese_tree_destroy_with(tree, &ending);
    ese_rwlock_write_unlock(&tree->lock);
    return err;
}

/* Root of the first tree that is recorded; 0: none. */
static JET_ERR first_drop(struct ese_database *database, uint32_t *root)
{
    struct ese_place place;
    struct ese_node node;
    unsigned char key[5];
    bool exact;
    *root = 0;
    ese_rwlock_read(&database->catalog->lock);
    JET_ERR err = ese_tree_find(database->catalog, key, drop_key(key, 0), &place, &exact);
    if (err == JET_errSuccess && place.leaf != NULL) {
        ese_place_node(&place, &node);
        if (node.key_size == 5 && node.key[0] == 'D') {
            *root = (uint32_t)node.key[1] << 24 | (uint32_t)node.key[2] << 16 | (uint32_t)node.key[3] << 8 | node.key[4];
        }
    }
    ese_place_release(&place);
    ese_rwlock_read_unlock(&database->catalog->lock);
    return err;
}

JET_ERR ese_database_finish_drops(struct ese_database *database)
{
    for (;;) {
        uint32_t root;
        struct ese_tree *tree;
        JET_ERR err = first_drop(database, &root);
        if (err != JET_errSuccess || root == 0) {
            return err;
        }
        err = ese_database_tree(database, root, &tree);
        if (err == JET_errSuccess) {
            err = ese_database_destroy_tree(database, tree, NULL);
        }
        if (err != JET_errSuccess) {
            return err;
        }
    }
}
