/*
 * Where in a tree, as a share of the whole, a key lies, and back: estimates that read a handful of pages a level.
 *
 * A page says how many nodes it has, an inner one not how many lie below it. So the sizes of the children of one inner page
 * are taken from a few of them, all when they are few; a tree of one or two levels with few leaves is counted exactly.
 * The children share the part of the tree that their parent stands for in proportion to their sizes. Going down from
 * the root so gives places that never run against the order of the keys.
 */
#include "engine/tree/node.h"
#include "engine/tree/walk.h"

#define WIDE 16u                                    /* children looked at below a page on the way */
#define NARROW 3u                                   /* ... and below those */

/* Nodes of a leaf before `slot` that are not flagged. */
static uint32_t live_before(const unsigned char *leaf, uint32_t slot)
{
    struct ese_node node;
    uint32_t live = 0;
    for (uint32_t i = 0; i < slot; i++) {
        ese_page_node(leaf, i, &node);
        live += (node.flags & ESE_NODE_DELETED) == 0 ? 1 : 0;
    }
    return live;
}

/* The slot of the live node number `wanted` (0..), or the last slot before the end. */
static uint32_t live_slot(const unsigned char *leaf, double wanted)
{
    uint32_t count = ese_page_count(leaf), last = 0;
    struct ese_node node;
    double live = 0;
    for (uint32_t i = 0; i < count; i++) {
        ese_page_node(leaf, i, &node);
        if ((node.flags & ESE_NODE_DELETED) == 0) {
            last = i;
            live += 1;
            if (live > wanted) {
                break;
            }
        }
    }
    return last;
}

static JET_ERR child_of(struct ese_tree *tree, const unsigned char *page, uint32_t slot, struct ese_buffer **child)
{
    JET_ERR err = ese_tree_page(tree, ese_page_child(page, slot), child);
    if (err == JET_errSuccess) {
        err = ese_tree_check_child((*child)->data, page[ESE_PAGE_HEIGHT]);
        if (err != JET_errSuccess) {
            ese_cache_put(*child);
        }
    }
    return err;
}

/* Live nodes below a page, estimated from `most` of its children; each[], when it is not NULL and they are all looked at, gets
 * the number of each. */
static JET_ERR size_below(struct ese_tree *tree, const unsigned char *page, uint32_t most, double *each, double *size)
{
    uint32_t count = ese_page_count(page), looked = count < most ? count : most;
    JET_ERR err = JET_errSuccess;
    *size = 0;
    if (page[ESE_PAGE_KIND] == ESE_PAGE_LEAF) {
        *size = live_before(page, count);
        return JET_errSuccess;
    }
    for (uint32_t i = 0; err == JET_errSuccess && i < looked; i++) {
        struct ese_buffer *child;
        double below;
        err = child_of(tree, page, (uint32_t)((uint64_t)i * count / looked), &child);
        if (err == JET_errSuccess) {
            err = size_below(tree, child->data, NARROW, NULL, &below);
            ese_cache_put(child);
        }
        if (err == JET_errSuccess) {
            *size += below;
            if (each != NULL && looked == count) {
                each[i] = below;
            }
        }
    }
    if (err == JET_errSuccess && looked != 0) {
        *size = *size / looked * count;
    }
    return err;
}

/* What the children of an inner page stand for: `each` when there are few, else all alike. */
struct shares { double each[WIDE], size; uint32_t count; };

static JET_ERR share(struct ese_tree *tree, const unsigned char *page, struct shares *shares)
{
    shares->count = ese_page_count(page);
    if (shares->count == 0) {
        return JET_errDatabaseCorrupted;
    }
    JET_ERR err = size_below(tree, page, WIDE, shares->each, &shares->size);
    if (err == JET_errSuccess && shares->size < 1) {
        shares->size = shares->count;               /* nothing lives below: all alike will do */
        for (uint32_t i = 0; i < WIDE; i++) {
            shares->each[i] = 1;
        }
    }
    return err;
}

static double share_of(const struct shares *shares, uint32_t slot)
{
    return shares->count <= WIDE ? shares->each[slot] : shares->size / shares->count;
}

/* Of all children before the slot. */
static double share_before(const struct shares *shares, uint32_t slot)
{
    double before = 0;
    for (uint32_t i = 0; i < slot && shares->count <= WIDE; i++) {
        before += shares->each[i];
    }
    return shares->count <= WIDE ? before : shares->size / shares->count * slot;
}

/* The child that has the place. */
static uint32_t share_at(const struct shares *shares, double place)
{
    uint32_t slot = 0;
    if (shares->count > WIDE) {
        double at = place > 0 ? place * shares->count / shares->size : 0;
        return at < shares->count - 1 ? (uint32_t)at : shares->count - 1;
    }
    for (double end = shares->each[0]; end <= place && slot + 1 < shares->count; end += shares->each[slot]) {
        slot++;
    }
    return slot;
}

/* Where a way down ends: the leaf, what lies before it, what it stands for. */
struct end { struct ese_buffer *leaf; double before, width; };

/* The way to the leaf of the key or, without one, of the place in a tree of `total` nodes. */
static JET_ERR go_down(struct ese_tree *tree, double total, const void *key, uint32_t size, double place, struct end *end)
{
    struct ese_buffer *at, *child = NULL;
    struct shares shares;
    JET_ERR err = ese_tree_page(tree, tree->root, &at);
    if (err != JET_errSuccess) {
        return err;
    }
    end->before = 0;
    end->width = total;
    while (err == JET_errSuccess && at->data[ESE_PAGE_KIND] == ESE_PAGE_INNER) {
        err = share(tree, at->data, &shares);
        if (err == JET_errSuccess) {
            double scale = end->width / shares.size;
            uint32_t slot = key != NULL ? ese_page_route(at->data, key, size)
                                        : share_at(&shares, scale > 0 ? (place - end->before) / scale : 0);
            end->before += scale * share_before(&shares, slot);
            end->width = scale * share_of(&shares, slot);
            err = child_of(tree, at->data, slot, &child);
        }
        ese_cache_put(at);
        at = child;
    }
    end->leaf = err == JET_errSuccess ? at : NULL;
    return err;
}

static JET_ERR estimate(struct ese_tree *tree, double *total)
{
    struct ese_buffer *root;
    JET_ERR err = ese_tree_page(tree, tree->root, &root);
    if (err == JET_errSuccess) {
        err = size_below(tree, root->data, WIDE, NULL, total);
        ese_cache_put(root);
    }
    return err;
}

JET_ERR ese_tree_position(struct ese_tree *tree, const void *key, uint32_t size, uint64_t *before, uint64_t *total)
{
    struct end end;
    double all;
    bool exact;
    JET_ERR err = estimate(tree, &all);
    if (err == JET_errSuccess) {
        err = go_down(tree, all, key, size, 0, &end);
    }
    if (err == JET_errSuccess) {
        uint32_t live = live_before(end.leaf->data, ese_page_count(end.leaf->data));
        uint32_t slot = ese_page_lower(end.leaf->data, key, size, &exact);
        double part = live != 0 ? end.width * live_before(end.leaf->data, slot) / live : 0;
        *before = (uint64_t)(end.before + part + 0.5);
        *total = (uint64_t)(all + 0.5);
        ese_cache_put(end.leaf);
    }
    return err;
}

JET_ERR ese_tree_at_share(struct ese_tree *tree, uint64_t part, uint64_t whole, struct ese_place *place)
{
    struct end end;
    double all;
    place->leaf = NULL;
    JET_ERR err = estimate(tree, &all);
    if (err != JET_errSuccess) {
        return err;
    }
    /* To the middle of the node, so that no rounding makes it its neighbour. */
    double wanted = part != 0 && whole != 0 ? (double)part * all / (double)whole + 0.5 : 0;
    err = go_down(tree, all, NULL, 0, wanted, &end);
    if (err == JET_errSuccess) {
        uint32_t live = live_before(end.leaf->data, ese_page_count(end.leaf->data));
        place->leaf = end.leaf;
        place->slot = live_slot(end.leaf->data, end.width > 0 ? live * (wanted - end.before) / end.width : 0);
        if (ese_page_count(end.leaf->data) == 0) {
            ese_place_release(place);
        }
    }
    return err;
}
