/* Shared by the files of this room only. */
#ifndef ESE_TREE_WALK_H
#define ESE_TREE_WALK_H

#include "engine/tree/tree.h"

#define ESE_HEIGHT_MAX 32

/* The way from the root (0) to a leaf (depth - 1): pages, and in inner ones the slot that was followed. */
struct ese_path {
    uint32_t page[ESE_HEIGHT_MAX];
    uint32_t slot[ESE_HEIGHT_MAX];
    unsigned depth;
};

uint32_t ese_tree_page_size(const struct ese_tree *tree);
JET_ERR ese_tree_page(const struct ese_tree *tree, uint32_t page, struct ese_buffer **buffer);
JET_ERR ese_tree_check_child(const unsigned char *child, unsigned parent_height);

/* Exclusive lock held: pins the leaf where the key is or belongs. */
JET_ERR ese_tree_leaf(struct ese_tree *tree, const void *key, uint32_t size, struct ese_buffer **leaf);

/* ---- tree_change.c --------------------------------------------------------------------------------------- */

JET_ERR ese_tree_trace(struct ese_tree *tree, const void *key, uint32_t size, struct ese_path *path);
/* Length of the shortest beginning of right that is > left. */
uint32_t ese_tree_separator(const struct ese_node *left, const void *right, uint32_t right_size);
/* Takes the empty leaf at the end of path out of the tree, and inner pages that lose their last child with it.
 * *pages grows by as many; may be NULL. */
JET_ERR ese_tree_drop_leaf(struct ese_tree *tree, struct ese_change *change, struct ese_path *path, uint32_t *pages);

#endif
