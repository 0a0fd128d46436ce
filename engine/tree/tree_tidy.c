/* Fewer and fuller pages: what online defragmentation does to one tree. */
#include "engine/tree/node.h"
#include "engine/tree/walk.h"

#define LOOK 8                                      /* pages looked at under one lock */

/* A page that was filled by merging keeps this part free, so that the next insert does not split it at once. */
static uint32_t fill_limit(uint32_t capacity)
{
    return capacity - capacity / 16;
}

/* Below this a page is worth being filled up from its neighbour. */
static uint32_t sparse_limit(uint32_t capacity)
{
    return capacity / 4 * 3;
}

static uint32_t used(const unsigned char *page, uint32_t page_size)
{
    return ese_page_capacity(page_size) - ese_page_room(page);
}

/* Where the walk is: the parent of the pages of tidy->height and the slot that leads to the next of them. */
struct spot {
    struct ese_path path;
    unsigned level;                                 /* of the parent in path */
    uint32_t slot;
};

enum found { FOUND_NOTHING, FOUND_WORK, FOUND_END };

/* ---- walking --------------------------------------------------------------------------------------------- */

/* *end: there is no page of the walk's height below another one (any more). */
static JET_ERR locate(const struct ese_tidy *tidy, struct spot *spot, bool *end)
{
    JET_ERR err = ese_tree_trace(tidy->tree, tidy->key, tidy->key_size, &spot->path);
    if (err == JET_errSuccess) {
        *end = spot->path.depth < tidy->height + 2;
        if (!*end) {
            spot->level = spot->path.depth - tidy->height - 2;
            spot->slot = spot->path.slot[spot->level];
        }
    }
    return err;
}

static void set_key(struct ese_tidy *tidy, const unsigned char *page, uint32_t slot)
{
    struct ese_node node;
    ese_page_node(page, slot, &node);
    tidy->key_size = node.key_size < sizeof tidy->key ? node.key_size : sizeof tidy->key;
    memcpy(tidy->key, node.key, tidy->key_size);
}

/* The walk goes on behind the child at slot of the parent. *end: there is nothing there. */
static JET_ERR pass_by(struct ese_tidy *tidy, const struct spot *spot, uint32_t slot, bool *end)
{
    for (unsigned level = spot->level + 1; level-- != 0;) {
        struct ese_buffer *page;
        JET_ERR err = ese_tree_page(tidy->tree, spot->path.page[level], &page);
        if (err != JET_errSuccess) {
            return err;
        }
        uint32_t next = (level == spot->level ? slot : spot->path.slot[level]) + 1;
        bool there = next < ese_page_count(page->data);
        if (there) {
            set_key(tidy, page->data, next);
        }
        ese_cache_put(page);
        if (there) {
            *end = false;
            return JET_errSuccess;
        }
    }
    *end = true;
    return JET_errSuccess;
}

/* ---- what is there to do --------------------------------------------------------------------------------- */

static bool is_rubbish(const struct ese_tidy *tidy, const unsigned char *leaf, uint32_t slot)
{
    struct ese_node node;
    if ((leaf[ese_page_slot(leaf, slot) + 4] & ESE_NODE_DELETED) == 0) {
        return false;
    }
    ese_page_node(leaf, slot, &node);
    return tidy->kept == NULL || !tidy->kept(tidy->tree, &node);
}

static bool has_rubbish(const struct ese_tidy *tidy, const unsigned char *page)
{
    if (page[ESE_PAGE_KIND] != ESE_PAGE_LEAF) {
        return false;
    }
    uint32_t count = ese_page_count(page);
    for (uint32_t slot = 0; slot < count; slot++) {
        if (is_rubbish(tidy, page, slot)) {
            return true;
        }
    }
    return false;
}

/* The key of slot 0 of an inner page does not matter; moved to another place it must be the one the parent knows. */
static uint32_t size_moved(const unsigned char *parent, uint32_t slot, const unsigned char *right, uint32_t page_size)
{
    uint32_t size = used(right, page_size);
    if (right[ESE_PAGE_KIND] == ESE_PAGE_INNER && ese_page_count(right) != 0) {
        struct ese_node first, separator;
        ese_page_node(right, 0, &first);
        ese_page_node(parent, slot + 1, &separator);
        size += separator.key_size - first.key_size;
    }
    return size;
}

static bool fits(const unsigned char *parent, uint32_t slot, const unsigned char *left, const unsigned char *right,
                 uint32_t page_size)
{
    return used(left, page_size) + size_moved(parent, slot, right, page_size) <=
           fill_limit(ese_page_capacity(page_size));
}

/* How many nodes of the right leaf fill up the left one; 0: it is not worth it. At least one stays on the right. */
static uint32_t fill_count(const struct ese_tidy *tidy, const unsigned char *parent, uint32_t slot,
                           const unsigned char *left, const unsigned char *right, uint32_t page_size)
{
    uint32_t capacity = ese_page_capacity(page_size), size = used(left, page_size), count = ese_page_count(right);
    uint32_t moved = 0;
    struct ese_node node, first, separator;
    if (!tidy->partial || left[ESE_PAGE_KIND] != ESE_PAGE_LEAF || size >= sparse_limit(capacity)) {
        return 0;
    }
    while (moved + 1 < count) {
        ese_page_node(right, moved, &node);
        size += ese_node_size(node.key_size, node.data_size);
        if (size > fill_limit(capacity)) {
            break;
        }
        moved++;
    }
    if (moved == 0) {
        return 0;
    }
    ese_page_node(right, moved - 1, &node);
    ese_page_node(right, moved, &first);
    ese_page_node(parent, slot + 1, &separator);
    uint32_t length = ese_tree_separator(&node, first.key, first.key_size);
    return length <= separator.key_size + ese_page_room(parent) ? moved : 0;
}

/* Pins the child at slot of the parent; *child stays NULL when there is none. */
static JET_ERR open_child(const struct ese_tidy *tidy, const unsigned char *parent, uint32_t slot,
                          struct ese_buffer **child)
{
    *child = NULL;
    if (slot >= ese_page_count(parent)) {
        return JET_errSuccess;
    }
    JET_ERR err = ese_tree_page(tidy->tree, ese_page_child(parent, slot), child);
    if (err == JET_errSuccess) {
        err = ese_tree_check_child((*child)->data, parent[ESE_PAGE_HEIGHT]);
        if (err != JET_errSuccess) {
            ese_cache_put(*child);
            *child = NULL;
        }
    }
    return err;
}

/* Looks at some children of the parent from spot->slot on and stops at the first one that needs work. */
static JET_ERR survey_children(struct ese_tidy *tidy, struct spot *spot, const unsigned char *parent, bool *work)
{
    uint32_t size = ese_tree_page_size(tidy->tree), last = spot->slot + LOOK;
    struct ese_buffer *left, *right;
    *work = false;
    JET_ERR err = open_child(tidy, parent, spot->slot, &left);
    while (err == JET_errSuccess && left != NULL) {
        tidy->looked++;
        err = open_child(tidy, parent, spot->slot + 1, &right);
        if (err == JET_errSuccess) {
            *work = has_rubbish(tidy, left->data) ||
                    (right != NULL && (has_rubbish(tidy, right->data) ||
                                       fits(parent, spot->slot, left->data, right->data, size) ||
                                       fill_count(tidy, parent, spot->slot, left->data, right->data, size) != 0));
        }
        ese_cache_put(left);
        left = err == JET_errSuccess ? right : NULL;
        if (*work || left == NULL || spot->slot + 1 == last) {
            break;
        }
        spot->slot++;
    }
    if (left != NULL) {
        ese_cache_put(left);
    }
    return err;
}

/* Shared lock held. Moves the walk to the next page that needs work, over a few pages at most. */
static JET_ERR survey(struct ese_tidy *tidy, enum found *found)
{
    struct spot spot;
    struct ese_buffer *parent;
    bool end, work = false;
    JET_ERR err = locate(tidy, &spot, &end);
    *found = FOUND_END;
    if (err != JET_errSuccess) {
        return err;
    }
    if (end) {
        if (tidy->height == 0 && tidy->key_size == 0) { /* the root is a leaf */
            err = ese_tree_page(tidy->tree, tidy->tree->root, &parent);
            if (err == JET_errSuccess) {
                *found = has_rubbish(tidy, parent->data) ? FOUND_WORK : FOUND_END;
                ese_cache_put(parent);
            }
        }
        return err;
    }
    err = ese_tree_page(tidy->tree, spot.path.page[spot.level], &parent);
    if (err == JET_errSuccess) {
        uint32_t from = spot.slot;
        err = survey_children(tidy, &spot, parent->data, &work);
        if (err == JET_errSuccess && work) {
            *found = FOUND_WORK;
            if (spot.slot != from) {
                set_key(tidy, parent->data, spot.slot);
            }
        } else if (err == JET_errSuccess) {
            err = pass_by(tidy, &spot, spot.slot, &end);
            *found = end ? FOUND_END : FOUND_NOTHING;
        }
        ese_cache_put(parent);
    }
    return err;
}

/* ---- doing it -------------------------------------------------------------------------------------------- */

/* Everything below works on pages of the group, under the exclusive lock. */

static void append(unsigned char *page, uint32_t page_size, const struct ese_node *node)
{
    ese_page_insert(page, page_size, ese_page_count(page), node->key, node->key_size, node->data, node->data_size,
                    node->flags);
}

static JET_ERR remove_rubbish(struct ese_tidy *tidy, struct ese_change *change, struct ese_path *path, uint32_t *removed)
{
    unsigned char *leaf;
    struct ese_buffer *look;
    *removed = 0;
    JET_ERR err = ese_tree_page(tidy->tree, path->page[path->depth - 1], &look);
    if (err != JET_errSuccess) {
        return err;
    }
    bool any = has_rubbish(tidy, look->data);
    ese_cache_put(look);
    if (!any) {
        return JET_errSuccess;
    }
    err = ese_change_page(change, path->page[path->depth - 1], &leaf);
    if (err != JET_errSuccess) {
        return err;
    }
    for (uint32_t slot = ese_page_count(leaf); slot-- != 0;) {
        if (is_rubbish(tidy, leaf, slot)) {
            ese_page_delete(leaf, slot);
            *removed += 1;
        }
    }
    if (ese_page_count(leaf) == 0 && path->depth > 1) {
        uint32_t pages = 0;
        err = ese_tree_drop_leaf(tidy->tree, change, path, &pages);
        tidy->freed += pages;
    }
    return err;
}

/* The same for the neighbour, before a merge moves all that for nothing. */
static JET_ERR remove_right_rubbish(struct ese_tidy *tidy, struct ese_change *change, struct spot *spot,
                                    uint32_t *removed)
{
    struct ese_buffer *parent;
    JET_ERR err = ese_tree_page(tidy->tree, spot->path.page[spot->level], &parent);
    if (err != JET_errSuccess) {
        return err;
    }
    bool there = spot->slot + 1 < ese_page_count(parent->data);
    if (there) {
        struct ese_path path = spot->path;
        path.slot[spot->level]++;
        path.page[spot->level + 1] = ese_page_child(parent->data, spot->slot + 1);
        err = remove_rubbish(tidy, change, &path, removed);
    }
    ese_cache_put(parent);
    return err;
}

/* Takes all of right, the neighbour of left behind slot of the parent, into left and frees it. */
static JET_ERR merge(struct ese_tree *tree, struct ese_change *change, unsigned char *parent, uint32_t slot,
                     unsigned char *left, unsigned char *right)
{
    uint32_t size = ese_tree_page_size(tree), count = ese_page_count(right), from = ese_page_child(parent, slot + 1);
    bool leaf = left[ESE_PAGE_KIND] == ESE_PAGE_LEAF;
    struct ese_node node, separator;
    ese_page_node(parent, slot + 1, &separator);
    for (uint32_t i = 0; i < count; i++) {
        ese_page_node(right, i, &node);
        if (i == 0 && !leaf) {
            node.key = separator.key;
            node.key_size = separator.key_size;
        }
        append(left, size, &node);
    }
    if (leaf) {
        uint32_t beyond = ese_get32(right + ESE_PAGE_RIGHT);
        unsigned char *page;
        if (ese_get32(left + ESE_PAGE_RIGHT) != from) {
            return JET_errBadPageLink;
        }
        ese_put32(left + ESE_PAGE_RIGHT, beyond);
        if (beyond != 0) {
            JET_ERR err = ese_change_page(change, beyond, &page);
            if (err != JET_errSuccess) {
                return err;
            }
            ese_put32(page + ESE_PAGE_LEFT, ese_page_child(parent, slot));
        }
    }
    ese_page_delete(parent, slot + 1);
    return ese_space_free(tree->space, change, from);
}

/* Moves the first nodes of the right leaf to the left one. */
static void fill(unsigned char *parent, uint32_t slot, unsigned char *left, unsigned char *right, uint32_t page_size,
                 uint32_t moved)
{
    struct ese_node node, first, separator;
    unsigned char key[ESE_PAGE_SIZE_MAX], child[4];
    for (uint32_t i = 0; i < moved; i++) {
        ese_page_node(right, i, &node);
        append(left, page_size, &node);
    }
    for (uint32_t i = moved; i-- != 0;) {
        ese_page_delete(right, i);
    }
    ese_page_node(left, ese_page_count(left) - 1, &node);
    ese_page_node(right, 0, &first);
    uint32_t length = ese_tree_separator(&node, first.key, first.key_size);
    memcpy(key, first.key, length);
    ese_page_node(parent, slot + 1, &separator);
    memcpy(child, separator.data, sizeof child);
    ese_page_delete(parent, slot + 1);
    ese_page_insert(parent, page_size, slot + 1, key, length, child, sizeof child, 0);
}

/* Merges the page at the spot with its neighbour, or fills it up. *done: it did. */
static JET_ERR unite(struct ese_tidy *tidy, struct ese_change *change, const struct spot *spot, bool *done)
{
    uint32_t size = ese_tree_page_size(tidy->tree);
    struct ese_buffer *look[3] = { NULL, NULL, NULL };
    unsigned char *parent, *left, *right;
    bool whole = false;
    uint32_t some = 0;
    *done = false;
    JET_ERR err = ese_tree_page(tidy->tree, spot->path.page[spot->level], &look[0]);
    if (err == JET_errSuccess) {
        err = open_child(tidy, look[0]->data, spot->slot, &look[1]);
    }
    if (err == JET_errSuccess) {
        err = open_child(tidy, look[0]->data, spot->slot + 1, &look[2]);
    }
    uint32_t page[3] = { 0, 0, 0 };
    if (err == JET_errSuccess && look[1] != NULL && look[2] != NULL) {
        whole = fits(look[0]->data, spot->slot, look[1]->data, look[2]->data, size);
        some = whole ? 0 : fill_count(tidy, look[0]->data, spot->slot, look[1]->data, look[2]->data, size);
    }
    for (unsigned i = 0; i < 3; i++) {
        if (look[i] != NULL) {
            page[i] = look[i]->page;
            ese_cache_put(look[i]);
        }
    }
    if (err != JET_errSuccess || (!whole && some == 0)) {
        return err;
    }
    err = ese_change_page(change, page[0], &parent);
    if (err == JET_errSuccess) {
        err = ese_change_page(change, page[1], &left);
    }
    if (err == JET_errSuccess) {
        err = ese_change_page(change, page[2], &right);
    }
    if (err != JET_errSuccess) {
        return err;
    }
    *done = true;
    if (whole) {
        tidy->freed++;
        return merge(tidy->tree, change, parent, spot->slot, left, right);
    }
    tidy->filled++;
    fill(parent, spot->slot, left, right, size, some);
    return JET_errSuccess;
}

/* Exclusive lock held. Does one thing at the place of the walk, in one group; nothing there: goes on behind it. */
static JET_ERR mend(struct ese_tidy *tidy, enum found *found)
{
    const struct ese_tidy before = { .freed = tidy->freed, .filled = tidy->filled };
    struct ese_change change;
    struct spot spot;
    uint32_t removed = 0;
    bool end, done = false;
    *found = FOUND_NOTHING;
    JET_ERR err = locate(tidy, &spot, &end);
    if (err != JET_errSuccess) {
        return err;
    }
    tidy->tree->finger = 0;
    ese_tree_begin(tidy->tree, &change);
    if (tidy->height == 0) {
        err = remove_rubbish(tidy, &change, &spot.path, &removed);
        if (err == JET_errSuccess && removed == 0 && !end) {
            err = remove_right_rubbish(tidy, &change, &spot, &removed);
        }
    }
    if (err == JET_errSuccess && removed == 0 && !end) {
        err = unite(tidy, &change, &spot, &done);
    }
    if (err != JET_errSuccess || removed != 0 || done) {
        tidy->tree->moved++;
        err = ese_change_end(&change, err, NULL);
    } else {
        ese_change_abort(&change);
        if (end) {
            *found = FOUND_END;
        } else {
            err = pass_by(tidy, &spot, spot.slot, &end);
            *found = end ? FOUND_END : FOUND_NOTHING;
        }
    }
    if (err == JET_errSuccess) {
        tidy->removed += removed;
    } else {
        tidy->freed = before.freed;
        tidy->filled = before.filled;
    }
    return err;
}

/* An inner root with one child takes over the child's content. *lowered: it did. Exclusive lock held. */
static JET_ERR lower_root(struct ese_tidy *tidy, bool *lowered)
{
    struct ese_tree *tree = tidy->tree;
    uint32_t size = ese_tree_page_size(tree), below;
    struct ese_buffer *root, *child;
    unsigned char *to, *from;
    *lowered = false;
    JET_ERR err = ese_tree_page(tree, tree->root, &root);
    if (err != JET_errSuccess) {
        return err;
    }
    bool single = root->data[ESE_PAGE_KIND] == ESE_PAGE_INNER && ese_page_count(root->data) == 1;
    if (single) {
        err = open_child(tidy, root->data, 0, &child);
        if (err == JET_errSuccess) {
            ese_cache_put(child);
        }
    }
    below = single ? ese_page_child(root->data, 0) : 0;
    ese_cache_put(root);
    if (err != JET_errSuccess || !single) {
        return err;
    }
    struct ese_change change;
    tree->moved++;
    tree->finger = 0;
    ese_tree_begin(tree, &change);
    err = ese_change_page(&change, tree->root, &to);
    if (err == JET_errSuccess) {
        err = ese_change_page(&change, below, &from);
    }
    if (err == JET_errSuccess) {
        memcpy(to + ESE_PAGE_ROOT, from + ESE_PAGE_ROOT, size - ESE_PAGE_ROOT);
        err = ese_space_free(tree->space, &change, below);
    }
    err = ese_change_end(&change, err, NULL);
    if (err == JET_errSuccess) {
        tidy->freed++;
        *lowered = true;
    }
    return err;
}

/* ---- the walk -------------------------------------------------------------------------------------------- */

/* The level is finished: up to the next one. *top: there is none. Exclusive lock held. */
static JET_ERR next_level(struct ese_tidy *tidy, bool *top)
{
    struct ese_buffer *root;
    JET_ERR err = ese_tree_page(tidy->tree, tidy->tree->root, &root);
    if (err == JET_errSuccess) {
        *top = tidy->height + 1u >= root->data[ESE_PAGE_HEIGHT];
        ese_cache_put(root);
        tidy->height++;
        tidy->key_size = 0;
    }
    for (bool lowered = *top; err == JET_errSuccess && lowered;) {
        err = lower_root(tidy, &lowered);
    }
    return err;
}

JET_ERR ese_tree_tidy(struct ese_tidy *tidy, bool *done)
{
    struct ese_tree *tree = tidy->tree;
    enum found found = FOUND_END;
    *done = false;
    ese_rwlock_read(&tree->lock);
    bool dropped = tree->dropped;
    JET_ERR err = dropped ? JET_errSuccess : survey(tidy, &found);
    ese_rwlock_read_unlock(&tree->lock);
    if (err == JET_errSuccess && !dropped && found != FOUND_NOTHING) {
        ese_rwlock_write(&tree->lock);
        dropped = tree->dropped;
        if (!dropped && found == FOUND_WORK) {
            err = mend(tidy, &found);
        }
        if (err == JET_errSuccess && !dropped && found == FOUND_END) {
            err = next_level(tidy, done);
        }
        ese_rwlock_write_unlock(&tree->lock);
    }
    *done = *done || dropped;
    return err;
}
