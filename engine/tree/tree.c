/* Finding and walking in B+ trees. Changes are in tree_change.c. */
#include "engine/tree/node.h"
#include "engine/tree/walk.h"

JET_ERR ese_tree_init(struct ese_tree *tree, struct ese_space *space, uint32_t root)
{
    memset(tree, 0, sizeof *tree);
    tree->space = space;
    tree->root = root;
    return ese_rwlock_init(&tree->lock);
}

void ese_tree_fini(struct ese_tree *tree)
{
    ese_free(tree->versions);
    ese_rwlock_fini(&tree->lock);
}

uint32_t ese_tree_key_max(uint32_t page_size)
{
    /* Three inner nodes must fit into a page, or a split could leave no room for the new one. */
    return ese_page_capacity(page_size) / 3 - ese_node_size(0, 4);
}

uint32_t ese_tree_node_max(uint32_t page_size)
{
    return ese_page_capacity(page_size) - ese_node_size(0, 0);
}

void ese_tree_begin(struct ese_tree *tree, struct ese_change *change)
{
    ese_change_begin(change, tree->space->cache, tree->space->file);
}

JET_ERR ese_tree_format(struct ese_space *space, struct ese_change *change, uint32_t *root)
{
    unsigned char *data;
    uint32_t page;
    JET_ERR err = ese_space_alloc(space, change, &page, &data);
    if (err == JET_errSuccess) {
        ese_page_format(data, ese_cache_page_size(space->cache), page, true, 0);
        *root = page;
    }
    return err;
}

uint32_t ese_tree_page_size(const struct ese_tree *tree)
{
    return ese_cache_page_size(tree->space->cache);
}

/* Pins a page of the tree and makes sure, once per load, that its layout can be trusted. */
JET_ERR ese_tree_page(const struct ese_tree *tree, uint32_t page, struct ese_buffer **buffer)
{
    struct ese_buffer *got;
    JET_ERR err = ese_cache_get(tree->space->cache, tree->space->file, page, &got);
    if (err != JET_errSuccess) {
        return err;
    }
    if (!got->sound) {
        if (!ese_page_is_sound(got->data, ese_tree_page_size(tree))) {
            err = JET_errDatabaseCorrupted;
        } else {
            got->sound = true;
        }
    }
    if (err == JET_errSuccess && ese_get32(got->data + ESE_PAGE_ROOT) != tree->root) {
        err = JET_errBadPageLink;
    }
    if (err != JET_errSuccess) {
        ese_cache_put(got);
        return err;
    }
    *buffer = got;
    return JET_errSuccess;
}

/* Checks that child may hang below a page of this height: it keeps damaged links from becoming endless walks. */
JET_ERR ese_tree_check_child(const unsigned char *child, unsigned parent_height)
{
    bool leaf = child[ESE_PAGE_KIND] == ESE_PAGE_LEAF;
    if (child[ESE_PAGE_HEIGHT] + 1u != parent_height || leaf != (child[ESE_PAGE_HEIGHT] == 0) ||
        (!leaf && ese_page_count(child) == 0)) {
        return JET_errBadParentPageLink;
    }
    return JET_errSuccess;
}

enum direction { TO_KEY, TO_FIRST, TO_LAST };

static JET_ERR descend(struct ese_tree *tree, enum direction direction, const void *key, uint32_t size,
                       struct ese_buffer **leaf)
{
    struct ese_buffer *at;
    JET_ERR err = ese_tree_page(tree, tree->root, &at);
    if (err == JET_errSuccess && at->data[ESE_PAGE_KIND] == ESE_PAGE_INNER && ese_page_count(at->data) == 0) {
        ese_cache_put(at);
        err = JET_errDatabaseCorrupted;
    }
    while (err == JET_errSuccess && at->data[ESE_PAGE_KIND] == ESE_PAGE_INNER) {
        uint32_t slot = 0;
        if (direction == TO_KEY) {
            slot = ese_page_route(at->data, key, size);
        } else if (direction == TO_LAST) {
            slot = ese_page_count(at->data) - 1;
        }
        struct ese_buffer *child;
        err = ese_tree_page(tree, ese_page_child(at->data, slot), &child);
        if (err == JET_errSuccess) {
            err = ese_tree_check_child(child->data, at->data[ESE_PAGE_HEIGHT]);
            if (err != JET_errSuccess) {
                ese_cache_put(child);
            }
        }
        ese_cache_put(at);
        at = child;
    }
    if (err == JET_errSuccess) {
        *leaf = at;
    }
    return err;
}

void ese_place_release(struct ese_place *place)
{
    if (place->leaf != NULL) {
        ese_cache_put(place->leaf);
        place->leaf = NULL;
    }
}

void ese_place_node(const struct ese_place *place, struct ese_node *node)
{
    ese_page_node(place->leaf->data, place->slot, node);
}

/* From the leaf of place to its neighbour; place->leaf becomes NULL at the end. */
static JET_ERR cross(struct ese_tree *tree, struct ese_place *place, bool right)
{
    uint32_t from = place->leaf->page;
    uint32_t to = ese_get32(place->leaf->data + (right ? ESE_PAGE_RIGHT : ESE_PAGE_LEFT));
    struct ese_buffer *leaf = NULL;
    JET_ERR err = JET_errSuccess;
    if (to != 0) {
        err = ese_tree_page(tree, to, &leaf);
        if (err == JET_errSuccess && (leaf->data[ESE_PAGE_KIND] != ESE_PAGE_LEAF ||
                                      ese_get32(leaf->data + (right ? ESE_PAGE_LEFT : ESE_PAGE_RIGHT)) != from)) {
            ese_cache_put(leaf);
            leaf = NULL;
            err = JET_errBadPageLink;
        }
    }
    ese_place_release(place);
    place->leaf = leaf;
    if (leaf != NULL) {
        place->slot = right ? 0 : ese_page_count(leaf->data);
    }
    return err;
}

/* place->slot may be the count of its leaf: go on to the first node of the next leaf that has one. */
static JET_ERR settle_right(struct ese_tree *tree, struct ese_place *place)
{
    JET_ERR err = JET_errSuccess;
    while (err == JET_errSuccess && place->leaf != NULL && place->slot >= ese_page_count(place->leaf->data)) {
        err = cross(tree, place, true);
    }
    return err;
}

/* One to the left of place->slot, which may be anything from 0 to the count. */
static JET_ERR step_left(struct ese_tree *tree, struct ese_place *place)
{
    JET_ERR err = JET_errSuccess;
    while (err == JET_errSuccess && place->leaf != NULL && place->slot == 0) {
        err = cross(tree, place, false);
    }
    if (err == JET_errSuccess && place->leaf != NULL) {
        place->slot--;
    }
    return err;
}

JET_ERR ese_tree_find(struct ese_tree *tree, const void *key, uint32_t size, struct ese_place *place, bool *exact)
{
    place->leaf = NULL;
    *exact = false;
    JET_ERR err = descend(tree, TO_KEY, key, size, &place->leaf);
    if (err == JET_errSuccess) {
        place->slot = ese_page_lower(place->leaf->data, key, size, exact);
        err = settle_right(tree, place);
    }
    return err;
}

#define TRUST 4                                     /* so many misses in a row, and keys are taken to come in no order */

/* The key is in this leaf of the tree, or nowhere. */
static bool covers(const unsigned char *leaf, const void *key, uint32_t size)
{
    uint32_t count = ese_page_count(leaf);
    struct ese_node node;
    if (leaf[ESE_PAGE_KIND] != ESE_PAGE_LEAF || count == 0) {
        return false;
    }
    if (ese_get32(leaf + ESE_PAGE_RIGHT) != 0) {
        ese_page_node(leaf, count - 1, &node);
        if (ese_key_compare(node.key, node.key_size, key, size) < 0) {
            return false;
        }
    }
    if (ese_get32(leaf + ESE_PAGE_LEFT) == 0) {
        return true;
    }
    ese_page_node(leaf, 0, &node);
    return ese_key_compare(node.key, node.key_size, key, size) <= 0;
}

JET_ERR ese_tree_leaf(struct ese_tree *tree, const void *key, uint32_t size, struct ese_buffer **leaf)
{
    if (tree->finger != 0 && tree->finger_trust != 0) {
        JET_ERR err = ese_tree_page(tree, tree->finger, leaf);
        if (err != JET_errSuccess) {
            return err;
        }
        if (covers((*leaf)->data, key, size)) {
            tree->finger_trust = TRUST;
            return JET_errSuccess;
        }
        ese_cache_put(*leaf);
        *leaf = NULL;
        tree->finger_trust--;
    }
    JET_ERR err = descend(tree, TO_KEY, key, size, leaf);
    if (err == JET_errSuccess) {
        if (tree->finger == (*leaf)->page) {
            tree->finger_trust = TRUST;
        }
        tree->finger = (*leaf)->page;
    }
    return err;
}

JET_ERR ese_tree_find_to_change(struct ese_tree *tree, const void *key, uint32_t size, struct ese_place *place,
                                bool *exact)
{
    place->leaf = NULL;
    *exact = false;
    JET_ERR err = ese_tree_leaf(tree, key, size, &place->leaf);
    if (err == JET_errSuccess) {
        place->slot = ese_page_lower(place->leaf->data, key, size, exact);
    }
    return err;
}

JET_ERR ese_tree_find_before(struct ese_tree *tree, const void *key, uint32_t size, bool or_equal,
                             struct ese_place *place)
{
    bool exact;
    place->leaf = NULL;
    JET_ERR err = descend(tree, TO_KEY, key, size, &place->leaf);
    if (err == JET_errSuccess) {
        place->slot = ese_page_lower(place->leaf->data, key, size, &exact);
        place->slot += exact && or_equal ? 1 : 0;
        err = step_left(tree, place);
    }
    return err;
}

JET_ERR ese_tree_first(struct ese_tree *tree, struct ese_place *place)
{
    place->leaf = NULL;
    JET_ERR err = descend(tree, TO_FIRST, NULL, 0, &place->leaf);
    if (err == JET_errSuccess) {
        place->slot = 0;
        err = settle_right(tree, place);
    }
    return err;
}

JET_ERR ese_tree_last(struct ese_tree *tree, struct ese_place *place)
{
    place->leaf = NULL;
    JET_ERR err = descend(tree, TO_LAST, NULL, 0, &place->leaf);
    if (err == JET_errSuccess) {
        place->slot = ese_page_count(place->leaf->data);
        err = step_left(tree, place);
    }
    return err;
}

JET_ERR ese_tree_next(struct ese_tree *tree, struct ese_place *place)
{
    place->slot++;
    return settle_right(tree, place);
}

JET_ERR ese_tree_prev(struct ese_tree *tree, struct ese_place *place)
{
    return step_left(tree, place);
}

JET_ERR ese_tree_resume(struct ese_tree *tree, uint32_t page, uint32_t slot, struct ese_place *place)
{
    place->slot = slot;
    return ese_tree_page(tree, page, &place->leaf);
}

JET_ERR ese_tree_stats(struct ese_tree *tree, uint64_t *leaves, uint64_t *nodes)
{
    struct ese_place place;
    *leaves = 0;
    *nodes = 0;
    JET_ERR err = ese_tree_first(tree, &place);
    while (err == JET_errSuccess && place.leaf != NULL) {
        *leaves += 1;
        *nodes += ese_page_count(place.leaf->data);
        err = cross(tree, &place, true);
    }
    return err;
}

/* Adds the pages at and below `page`; leaves are counted by their parent and not read. */
static JET_ERR count_pages(struct ese_tree *tree, uint32_t page, unsigned parent_height, uint64_t *pages)
{
    struct ese_buffer *at;
    JET_ERR err = ese_tree_page(tree, page, &at);
    if (err != JET_errSuccess) {
        return err;
    }
    unsigned height = at->data[ESE_PAGE_HEIGHT];
    *pages += 1;
    if (parent_height != 0) {
        err = ese_tree_check_child(at->data, parent_height);
    }
    for (uint32_t i = 0; err == JET_errSuccess && height != 0 && i < ese_page_count(at->data); i++) {
        if (height == 1) {
            *pages += ese_page_count(at->data);
            break;
        }
        err = count_pages(tree, ese_page_child(at->data, i), height, pages);
    }
    ese_cache_put(at);
    return err;
}

JET_ERR ese_tree_pages(struct ese_tree *tree, uint64_t *pages)
{
    *pages = 0;
    return count_pages(tree, tree->root, 0, pages);
}
