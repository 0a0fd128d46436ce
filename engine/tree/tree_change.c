/*
 * Changing B+ trees. Every function works inside the caller's change group; when one fails half-way the caller aborts the
 * group and the pages are as they were, so nothing here undoes anything.
 */
#include "engine/tree/node.h"
#include "engine/tree/walk.h"

JET_ERR ese_tree_trace(struct ese_tree *tree, const void *key, uint32_t size, struct ese_path *path)
{
    uint32_t page = tree->root;
    unsigned above = 0;
    for (path->depth = 0; path->depth < ESE_HEIGHT_MAX;) {
        struct ese_buffer *at;
        JET_ERR err = ese_tree_page(tree, page, &at);
        if (err != JET_errSuccess) {
            return err;
        }
        bool inner = at->data[ESE_PAGE_KIND] == ESE_PAGE_INNER;
        if (path->depth != 0) {
            err = ese_tree_check_child(at->data, above);
        } else if (inner && ese_page_count(at->data) == 0) {
            err = JET_errDatabaseCorrupted;
        }
        above = at->data[ESE_PAGE_HEIGHT];
        path->page[path->depth] = page;
        if (err == JET_errSuccess && inner) {
            path->slot[path->depth] = ese_page_route(at->data, key, size);
            page = ese_page_child(at->data, path->slot[path->depth]);
        }
        path->depth++;
        ese_cache_put(at);
        if (err != JET_errSuccess || !inner) {
            return err;
        }
    }
    return JET_errDatabaseCorrupted;
}

/* The root is full: its content moves into a new page below it. path grows by one level at the top. */
static JET_ERR push_down_root(struct ese_tree *tree, struct ese_change *change, struct ese_path *path)
{
    uint32_t size = ese_tree_page_size(tree), page;
    unsigned char *root, *below;
    if (path->depth == ESE_HEIGHT_MAX) {
        return JET_errTooManySplits;
    }
    JET_ERR err = ese_change_page(change, tree->root, &root);
    if (err == JET_errSuccess) {
        err = ese_space_alloc(tree->space, change, &page, &below);
    }
    if (err != JET_errSuccess) {
        return err;
    }
    memcpy(below + ESE_PAGE_ROOT, root + ESE_PAGE_ROOT, size - ESE_PAGE_ROOT);
    ese_page_format(root, size, tree->root, false, below[ESE_PAGE_HEIGHT] + 1u);
    unsigned char child[4];
    ese_put32(child, page);
    ese_page_insert(root, size, 0, NULL, 0, child, sizeof child, 0);
    memmove(path->page + 1, path->page, path->depth * sizeof path->page[0]);
    memmove(path->slot + 1, path->slot, path->depth * sizeof path->slot[0]);
    path->page[0] = tree->root;
    path->slot[0] = 0;
    path->page[1] = page;
    path->depth++;
    return JET_errSuccess;
}

/* Number of nodes to keep on the left so that both halves have about the same bytes. count >= 2. */
static uint32_t middle_of(const unsigned char *page)
{
    uint32_t count = ese_page_count(page), total = 0, left = 0;
    struct ese_node node;
    for (uint32_t i = 0; i < count; i++) {
        ese_page_node(page, i, &node);
        total += ese_node_size(node.key_size, node.data_size);
    }
    for (uint32_t i = 0; i < count - 1; i++) {
        ese_page_node(page, i, &node);
        uint32_t size = ese_node_size(node.key_size, node.data_size);
        if (i != 0 && 2 * left + size > total) {
            return i;
        }
        left += size;
    }
    return count - 1;
}

static void move_tail(unsigned char *from, unsigned char *to, uint32_t page_size, uint32_t keep)
{
    uint32_t count = ese_page_count(from);
    struct ese_node node;
    for (uint32_t i = keep; i < count; i++) {
        ese_page_node(from, i, &node);
        ese_page_insert(to, page_size, i - keep, node.key, node.key_size, node.data, node.data_size, node.flags);
    }
    for (uint32_t i = count; i-- > keep;) {
        ese_page_delete(from, i);
    }
}

static JET_ERR add_child(struct ese_tree *tree, struct ese_change *change, struct ese_path *path, unsigned level,
                         const void *key, uint32_t key_size, uint32_t child);

/* Splits the inner page at path->page[*level]; afterwards path leads to the half that holds its slot. A split of the
 * root adds a level, then *level is one more. */
static JET_ERR split_inner(struct ese_tree *tree, struct ese_change *change, struct ese_path *path, unsigned *level)
{
    uint32_t size = ese_tree_page_size(tree), right_page;
    unsigned char *left, *right, separator[ESE_PAGE_SIZE_MAX];
    JET_ERR err = JET_errSuccess;
    if (*level == 0) {
        err = push_down_root(tree, change, path);
        if (err != JET_errSuccess) {
            return err;
        }
        *level = 1;
    }
    err = ese_change_page(change, path->page[*level], &left);
    if (err == JET_errSuccess) {
        err = ese_space_alloc(tree->space, change, &right_page, &right);
    }
    if (err != JET_errSuccess) {
        return err;
    }
    uint32_t keep = middle_of(left);
    struct ese_node node;
    ese_page_node(left, keep, &node);
    uint32_t separator_size = node.key_size;
    memcpy(separator, node.key, separator_size);
    ese_page_format(right, size, tree->root, false, left[ESE_PAGE_HEIGHT]);
    move_tail(left, right, size, keep);

    unsigned depth = path->depth;
    err = add_child(tree, change, path, *level - 1, separator, separator_size, right_page);
    if (err != JET_errSuccess) {
        return err;
    }
    *level += path->depth - depth;
    if (path->slot[*level] >= keep) {
        path->page[*level] = right_page;
        path->slot[*level] -= keep;
        path->slot[*level - 1]++;
    }
    return JET_errSuccess;
}

/* Adds a child to the right of the one path follows at level. path stays on the followed one (also when
 * pages above are split), its depth may grow. */
static JET_ERR add_child(struct ese_tree *tree, struct ese_change *change, struct ese_path *path, unsigned level,
                         const void *key, uint32_t key_size, uint32_t child)
{
    unsigned char *page, number[4];
    JET_ERR err = ese_change_page(change, path->page[level], &page);
    if (err != JET_errSuccess) {
        return err;
    }
    if (ese_page_room(page) < ese_node_size(key_size, sizeof number)) {
        err = split_inner(tree, change, path, &level);
        if (err == JET_errSuccess) {
            err = ese_change_page(change, path->page[level], &page);
        }
        if (err != JET_errSuccess) {
            return err;
        }
    }
    ese_put32(number, child);
    ese_page_insert(page, ese_tree_page_size(tree), path->slot[level] + 1, key, key_size, number, sizeof number, 0);
    return JET_errSuccess;
}

uint32_t ese_tree_separator(const struct ese_node *left, const void *right, uint32_t right_size)
{
    const unsigned char *key = right;
    uint32_t common = 0;
    while (common < left->key_size && common < right_size && left->key[common] == key[common]) {
        common++;
    }
    return common < right_size ? common + 1 : right_size;
}

/* Makes room for a node at slot of the full leaf at the end of path. The caller traces its key again afterwards. */
static JET_ERR split_leaf(struct ese_tree *tree, struct ese_change *change, struct ese_path *path, uint32_t slot,
                          const void *key, uint32_t key_size)
{
    uint32_t size = ese_tree_page_size(tree), right_page;
    unsigned char *left, *right, *beyond, separator[ESE_PAGE_SIZE_MAX];
    JET_ERR err = path->depth == 1 ? push_down_root(tree, change, path) : JET_errSuccess;
    if (err == JET_errSuccess) {
        err = ese_change_page(change, path->page[path->depth - 1], &left);
    }
    if (err == JET_errSuccess) {
        err = ese_space_alloc(tree->space, change, &right_page, &right);
    }
    if (err != JET_errSuccess) {
        return err;
    }

    uint32_t count = ese_page_count(left), neighbour = ese_get32(left + ESE_PAGE_RIGHT), keep;
    if (slot == count && (neighbour == 0 || count == 1)) {
        keep = count;                               /* appending: leave full pages behind */
    } else if (count == 1) {
        keep = 0;
    } else {
        keep = middle_of(left);
    }
    struct ese_node last, first;
    uint32_t length;
    if (keep == count) {
        ese_page_node(left, keep - 1, &last);
        length = ese_tree_separator(&last, key, key_size);
        memcpy(separator, key, length);
    } else {
        ese_page_node(left, keep, &first);
        length = first.key_size;
        if (keep != 0) {
            ese_page_node(left, keep - 1, &last);
            length = ese_tree_separator(&last, first.key, first.key_size);
        }
        memcpy(separator, first.key, length);
    }

    ese_page_format(right, size, tree->root, true, 0);
    move_tail(left, right, size, keep);
    ese_put32(right + ESE_PAGE_LEFT, path->page[path->depth - 1]);
    ese_put32(right + ESE_PAGE_RIGHT, neighbour);
    ese_put32(left + ESE_PAGE_RIGHT, right_page);
    if (neighbour != 0) {
        err = ese_change_page(change, neighbour, &beyond);
        if (err != JET_errSuccess) {
            return err;
        }
        ese_put32(beyond + ESE_PAGE_LEFT, right_page);
    }
    return add_child(tree, change, path, path->depth - 2, separator, length, right_page);
}

/* Puts the node, for which there is room, into the leaf at slot. Whatever comes of it the pin is given back. */
static JET_ERR put_node(struct ese_tree *tree, struct ese_change *change, struct ese_buffer *buffer, uint32_t slot,
                        const void *key, uint32_t key_size, const void *data, uint32_t data_size, unsigned flags)
{
    unsigned char *leaf;
    bool whole;
    uint32_t page = buffer->page, size = ESE_NODE_HEAD + key_size + data_size;
    JET_ERR err = ese_change_part(change, buffer, &leaf, &whole);
    if (err != JET_errSuccess) {
        ese_cache_put(buffer);
        return err;
    }
    if (!whole) {
        uint32_t count = ese_page_count(leaf), heap = ese_get16(leaf + ESE_PAGE_HEAP);
        uint32_t at = ESE_PAGE_BODY + slot * ESE_SLOT_SIZE, end = ESE_PAGE_BODY + (count + 1) * ESE_SLOT_SIZE;
        bool plain = heap >= end + size &&          /* no compaction */
                     ese_change_touch(change, ESE_PAGE_COUNT, ESE_PAGE_GARBAGE - ESE_PAGE_COUNT) &&
                     ese_change_touch(change, at, end - at) && ese_change_touch(change, heap - size, size);
        err = plain ? JET_errSuccess : ese_change_page(change, page, &leaf);
    }
    if (err == JET_errSuccess) {
        ese_page_insert(leaf, ese_tree_page_size(tree), slot, key, key_size, data, data_size, flags);
    }
    return err;
}

static JET_ERR place_node(struct ese_tree *tree, struct ese_change *change, const void *key, uint32_t key_size,
                          const void *data, uint32_t data_size, unsigned flags)
{
    for (bool grown = false;; grown = true) {
        struct ese_path path;
        struct ese_buffer *buffer;
        bool exact;
        JET_ERR err = ese_tree_leaf(tree, key, key_size, &buffer);
        if (err != JET_errSuccess) {
            return err;
        }
        if (grown) {
            tree->finger = 0;                       /* it may be a page of this group, which may still be aborted */
        }
        uint32_t slot = ese_page_lower(buffer->data, key, key_size, &exact);
        bool fits = ese_node_size(key_size, data_size) <= ese_page_room(buffer->data);
        if (!exact && fits) {
            return put_node(tree, change, buffer, slot, key, key_size, data, data_size, flags);
        }
        ese_cache_put(buffer);
        if (exact) {
            return JET_errKeyDuplicate;
        }
        tree->finger = 0;
        err = ese_tree_trace(tree, key, key_size, &path);
        if (err == JET_errSuccess) {
            err = split_leaf(tree, change, &path, slot, key, key_size);
        }
        if (err != JET_errSuccess) {
            return err;
        }
    }
}

JET_ERR ese_tree_insert(struct ese_tree *tree, struct ese_change *change, const void *key, uint32_t key_size,
                        const void *data, uint32_t data_size, unsigned flags)
{
    uint32_t size = ese_tree_page_size(tree);
    if (key_size > ese_tree_key_max(size) || key_size + data_size > ese_tree_node_max(size)) {
        return JET_errRecordTooBig;
    }
    tree->moved++;
    return place_node(tree, change, key, key_size, data, data_size, flags);
}

JET_ERR ese_tree_insert_at(struct ese_tree *tree, struct ese_change *change, struct ese_place *place, const void *key,
                           uint32_t key_size, const void *data, uint32_t data_size, unsigned flags)
{
    uint32_t size = ese_tree_page_size(tree);
    bool possible = key_size <= ese_tree_key_max(size) && key_size + data_size <= ese_tree_node_max(size);
    if (possible && ese_node_size(key_size, data_size) <= ese_page_room(place->leaf->data)) {
        struct ese_buffer *leaf = place->leaf;
        place->leaf = NULL;
        tree->moved++;
        return put_node(tree, change, leaf, place->slot, key, key_size, data, data_size, flags);
    }
    ese_place_release(place);
    return ese_tree_insert(tree, change, key, key_size, data, data_size, flags);
}

/* The leaf of an existing key, its slot and flags. */
static JET_ERR find_node(struct ese_tree *tree, const void *key, uint32_t key_size, uint32_t *page, uint32_t *slot,
                         unsigned *flags)
{
    bool exact;
    struct ese_buffer *buffer;
    JET_ERR err = ese_tree_leaf(tree, key, key_size, &buffer);
    if (err != JET_errSuccess) {
        return err;
    }
    *page = buffer->page;
    *slot = ese_page_lower(buffer->data, key, key_size, &exact);
    if (exact) {
        *flags = buffer->data[ese_page_slot(buffer->data, *slot) + 4];
    }
    ese_cache_put(buffer);
    return exact ? JET_errSuccess : JET_errRecordNotFound;
}

/* The leaf and slot of an existing key, taken into the group. *whole false: what will be changed must be announced. */
static JET_ERR take_node(struct ese_tree *tree, struct ese_change *change, const void *key, uint32_t key_size,
                         unsigned char **leaf, uint32_t *page, uint32_t *slot, bool *whole)
{
    bool exact;
    struct ese_buffer *buffer;
    JET_ERR err = ese_tree_leaf(tree, key, key_size, &buffer);
    if (err != JET_errSuccess) {
        return err;
    }
    *page = buffer->page;
    *slot = ese_page_lower(buffer->data, key, key_size, &exact);
    err = exact ? ese_change_part(change, buffer, leaf, whole) : JET_errRecordNotFound;
    if (err != JET_errSuccess) {
        ese_cache_put(buffer);
    }
    return err;
}

JET_ERR ese_tree_set(struct ese_tree *tree, struct ese_change *change, const void *key, uint32_t key_size,
                     const void *data, uint32_t data_size, unsigned flags)
{
    unsigned char *leaf;
    uint32_t page, slot, size = ese_tree_page_size(tree);
    bool whole;
    if (key_size + data_size > ese_tree_node_max(size)) {
        return JET_errRecordTooBig;
    }
    JET_ERR err = take_node(tree, change, key, key_size, &leaf, &page, &slot, &whole);
    if (err == JET_errSuccess && !whole) {
        struct ese_node node;
        ese_page_node(leaf, slot, &node);
        uint32_t at = ese_page_slot(leaf, slot);
        bool in_place = node.data_size == data_size && ese_change_touch(change, at + ESE_NODE_FLAGS, 1) &&
                        ese_change_touch(change, at + ESE_NODE_HEAD + key_size, data_size);
        err = in_place ? JET_errSuccess : ese_change_page(change, page, &leaf);
    }
    if (err != JET_errSuccess || ese_page_set_data(leaf, size, slot, data, data_size, flags)) {
        return err;
    }
    tree->moved++;
    ese_page_delete(leaf, slot);
    return place_node(tree, change, key, key_size, data, data_size, flags);
}

JET_ERR ese_tree_set_flags(struct ese_tree *tree, struct ese_change *change, const void *key, uint32_t key_size,
                           unsigned flags)
{
    unsigned char *leaf;
    uint32_t page, slot;
    bool whole;
    JET_ERR err = take_node(tree, change, key, key_size, &leaf, &page, &slot, &whole);
    if (err == JET_errSuccess && !whole &&
        !ese_change_touch(change, ese_page_slot(leaf, slot) + ESE_NODE_FLAGS, 1)) {
        err = ese_change_page(change, page, &leaf);
    }
    if (err == JET_errSuccess) {
        leaf[ese_page_slot(leaf, slot) + ESE_NODE_FLAGS] = (unsigned char)flags;
    }
    return err;
}

JET_ERR ese_tree_drop_leaf(struct ese_tree *tree, struct ese_change *change, struct ese_path *path, uint32_t *pages)
{
    unsigned char *leaf, *page;
    tree->finger = 0;
    JET_ERR err = ese_change_page(change, path->page[path->depth - 1], &leaf);
    if (err != JET_errSuccess) {
        return err;
    }
    uint32_t left = ese_get32(leaf + ESE_PAGE_LEFT), right = ese_get32(leaf + ESE_PAGE_RIGHT);
    if (left != 0) {
        err = ese_change_page(change, left, &page);
        if (err != JET_errSuccess) {
            return err;
        }
        ese_put32(page + ESE_PAGE_RIGHT, right);
    }
    if (right != 0) {
        err = ese_change_page(change, right, &page);
        if (err != JET_errSuccess) {
            return err;
        }
        ese_put32(page + ESE_PAGE_LEFT, left);
    }
    for (unsigned level = path->depth - 1; level-- != 0;) {
        err = ese_space_free(tree->space, change, path->page[level + 1]);
        if (err == JET_errSuccess) {
            err = ese_change_page(change, path->page[level], &page);
        }
        if (err != JET_errSuccess) {
            return err;
        }
        if (pages != NULL) {
            *pages += 1;
        }
        ese_page_delete(page, path->slot[level]);
        if (ese_page_count(page) != 0) {
            return JET_errSuccess;
        }
    }
    ese_page_format(page, ese_tree_page_size(tree), tree->root, true, 0); /* the root lost everything */
    return JET_errSuccess;
}

static JET_ERR remove_at(struct ese_tree *tree, struct ese_change *change, const void *key, uint32_t key_size,
                         uint32_t page, uint32_t slot)
{
    struct ese_path path;
    unsigned char *leaf;
    JET_ERR err = ese_change_page(change, page, &leaf);
    if (err != JET_errSuccess) {
        return err;
    }
    tree->moved++;
    ese_page_delete(leaf, slot);
    if (ese_page_count(leaf) != 0 || page == tree->root) {
        return JET_errSuccess;
    }
    err = ese_tree_trace(tree, key, key_size, &path);
    return err == JET_errSuccess ? ese_tree_drop_leaf(tree, change, &path, NULL) : err;
}

JET_ERR ese_tree_remove(struct ese_tree *tree, struct ese_change *change, const void *key, uint32_t key_size)
{
    uint32_t page, slot;
    unsigned flags;
    JET_ERR err = find_node(tree, key, key_size, &page, &slot, &flags);
    return err == JET_errSuccess ? remove_at(tree, change, key, key_size, page, slot) : err;
}

JET_ERR ese_tree_remove_deleted(struct ese_tree *tree, struct ese_change *change, const void *key, uint32_t key_size)
{
    uint32_t page, slot;
    unsigned flags = 0;
    JET_ERR err = find_node(tree, key, key_size, &page, &slot, &flags);
    if (err == JET_errSuccess && (flags & ESE_NODE_DELETED) != 0) {
        return remove_at(tree, change, key, key_size, page, slot);
    }
    return err == JET_errRecordNotFound ? JET_errSuccess : err;
}

#define DESTROY_BATCH 64

/* Frees up to a batch of leaves, or one inner page that has no children left, at the right edge. *done: only the root,
 * a leaf or childless, is left. */
static JET_ERR destroy_some(struct ese_tree *tree, struct ese_change *change, bool *done)
{
    uint32_t page = tree->root, parent = 0, below;
    unsigned char *data, *up;
    JET_ERR err;
    for (;;) {
        err = ese_change_page(change, page, &data);
        if (err != JET_errSuccess) {
            return err;
        }
        uint32_t count = ese_page_count(data);
        if (data[ESE_PAGE_KIND] == ESE_PAGE_LEAF || count == 0 || data[ESE_PAGE_HEIGHT] <= 1) {
            break;
        }
        below = ese_page_child(data, count - 1);
        parent = page;
        page = below;
    }
    if (data[ESE_PAGE_KIND] == ESE_PAGE_INNER) {
        for (unsigned i = 0; i < DESTROY_BATCH && ese_page_count(data) != 0; i++) {
            uint32_t last = ese_page_count(data) - 1;
            err = ese_space_free(tree->space, change, ese_page_child(data, last));
            if (err != JET_errSuccess) {
                return err;
            }
            ese_page_delete(data, last);
        }
        if (ese_page_count(data) != 0) {
            return JET_errSuccess;
        }
    }
    if (page == tree->root) {
        *done = true;
        return ese_space_free(tree->space, change, page);
    }
    err = ese_change_page(change, parent, &up);
    if (err == JET_errSuccess) {
        ese_page_delete(up, ese_page_count(up) - 1);
        err = ese_space_free(tree->space, change, page);
    }
    return err;
}

JET_ERR ese_tree_destroy_with(struct ese_tree *tree, const struct ese_tree_ending *ending)
{
    JET_ERR err = JET_errSuccess;
    bool done = false;
    tree->dropped = true;
    tree->finger = 0;
    tree->moved++;
    while (err == JET_errSuccess && !done) {
        struct ese_change change;
        if (ending->lock != NULL) {
            ese_rwlock_write(ending->lock);         /* taken before the space, which the group locks */
        }
        ese_tree_begin(tree, &change);
        err = destroy_some(tree, &change, &done);
        if (err == JET_errSuccess && done && ending->lock != NULL) {
            err = ending->last(ending->arg, &change);
        }
        err = ese_change_end(&change, err, done ? ending->undo : NULL);
        if (ending->lock != NULL) {
            ese_rwlock_write_unlock(ending->lock);
        }
    }
    return err;
}

JET_ERR ese_tree_destroy(struct ese_tree *tree)
{
    const struct ese_tree_ending none = { NULL, NULL, NULL, NULL };
    return ese_tree_destroy_with(tree, &none);
}
