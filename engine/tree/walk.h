/* Shared by tree.c and tree_change.c only. */
#ifndef ESE_TREE_WALK_H
#define ESE_TREE_WALK_H

#include "engine/tree/tree.h"

uint32_t ese_tree_page_size(const struct ese_tree *tree);
JET_ERR ese_tree_page(const struct ese_tree *tree, uint32_t page, struct ese_buffer **buffer);
JET_ERR ese_tree_check_child(const unsigned char *child, unsigned parent_height);

#endif
