/*
 * A B+ tree in the pages of one database: byte-string keys in memcmp order, unique, each with data and flags. The root
 * never moves; leaves are chained. The tree knows nothing of transactions.
 *
 * Locking: the caller holds tree->lock, shared for everything that takes a const-like look (find, first, next ...),
 * exclusive for what takes a change group. Places are valid while the lock is held and nothing is changed.
 *
 * Damage that is found on the way (a page of another tree, impossible offsets) gives JET_errDatabaseCorrupted or
 * JET_errBadPageLink, never a wild access.
 */
#ifndef ESE_TREE_TREE_H
#define ESE_TREE_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/cache/cache.h"
#include "engine/tree/space.h"

struct ese_version;

enum ese_node_flags {
    ESE_NODE_DELETED = 1,                           /* kept only for those who may still see it */
};

struct ese_tree {
    struct ese_rwlock lock;
    struct ese_space *space;                        /* also says which cache and file */
    uint32_t root;
    uint64_t moved;                                 /* grows whenever a node changes its place; lock */
    struct ese_tree *next;                          /* chain of the database */
    bool dropped;                                   /* its pages are gone or going; lock */
    uint32_t finger;                                /* leaf where the last change was, or 0: whatever adds or frees pages
                                                       sets it to 0; exclusive lock */
    unsigned finger_trust;                          /* 0: keys come in no order, it is not worth a look */
    bool temporary;                                 /* of the temporary database: read-only transactions may change it */
    bool unversioned;                               /* changes are seen at once and never taken back; lock */
    struct ese_version **versions;                  /* hash of version chains; engine/transaction, lock */
    uint32_t version_buckets, version_count;
};

JET_ERR ese_tree_init(struct ese_tree *tree, struct ese_space *space, uint32_t root);
void ese_tree_fini(struct ese_tree *tree);

/* A new empty tree in the group; *root is its root page. */
JET_ERR ese_tree_format(struct ese_space *space, struct ese_change *change, uint32_t *root);

/* Greatest key and greatest key + data of one node. */
uint32_t ese_tree_key_max(uint32_t page_size);
uint32_t ese_tree_node_max(uint32_t page_size);

/* ---- looking --------------------------------------------------------------------------------------------- */

struct ese_place {
    struct ese_buffer *leaf;                        /* pinned; NULL: no node */
    uint32_t slot;
};

struct ese_node {
    const unsigned char *key, *data;                /* into the page */
    uint32_t key_size, data_size;
    unsigned flags;
};

/* First node with a key >= key. *exact: the key is equal. place->leaf is NULL when there is none. */
JET_ERR ese_tree_find(struct ese_tree *tree, const void *key, uint32_t size, struct ese_place *place, bool *exact);
/* Exclusive lock held: the node with exactly this key, or with *exact false the place where it belongs, behind the last node
 * perhaps. Remembers the leaf, so that a change of the same or a neighbouring key that follows needs no way down the tree. */
JET_ERR ese_tree_find_to_change(struct ese_tree *tree, const void *key, uint32_t size, struct ese_place *place,
                                bool *exact);
/* Last node with a key < key (with or_equal: <= key). */
JET_ERR ese_tree_find_before(struct ese_tree *tree, const void *key, uint32_t size, bool or_equal,
                             struct ese_place *place);
JET_ERR ese_tree_first(struct ese_tree *tree, struct ese_place *place);
JET_ERR ese_tree_last(struct ese_tree *tree, struct ese_place *place);
/* place->leaf becomes NULL beyond the end; the pin is given back then and on errors. */
JET_ERR ese_tree_next(struct ese_tree *tree, struct ese_place *place);
JET_ERR ese_tree_prev(struct ese_tree *tree, struct ese_place *place);
/* Back to a place remembered by page and slot while tree->moved was the same. */
JET_ERR ese_tree_resume(struct ese_tree *tree, uint32_t page, uint32_t slot, struct ese_place *place);
void ese_place_release(struct ese_place *place);    /* gives the pin back; fine when there is none */
void ese_place_node(const struct ese_place *place, struct ese_node *node);

/* ---- changing -------------------------------------------------------------------------------------------- */

/* JET_errKeyDuplicate when the key is there; JET_errRecordTooBig beyond ese_tree_node_max. */
JET_ERR ese_tree_insert(struct ese_tree *tree, struct ese_change *change, const void *key, uint32_t key_size,
                        const void *data, uint32_t data_size, unsigned flags);
/* The same for a key that belongs at this place, where nothing was changed since it was found. The place's pin is given
 * back. */
JET_ERR ese_tree_insert_at(struct ese_tree *tree, struct ese_change *change, struct ese_place *place, const void *key,
                           uint32_t key_size, const void *data, uint32_t data_size, unsigned flags);
/* New data and flags of an existing node; JET_errRecordNotFound. */
JET_ERR ese_tree_set(struct ese_tree *tree, struct ese_change *change, const void *key, uint32_t key_size,
                     const void *data, uint32_t data_size, unsigned flags);
/* New flags only. */
JET_ERR ese_tree_set_flags(struct ese_tree *tree, struct ese_change *change, const void *key, uint32_t key_size,
                           unsigned flags);
JET_ERR ese_tree_remove(struct ese_tree *tree, struct ese_change *change, const void *key, uint32_t key_size);

/* The same for a node that is flagged deleted; nothing to do, and success, when it is missing or not flagged. */
JET_ERR ese_tree_remove_deleted(struct ese_tree *tree, struct ese_change *change, const void *key, uint32_t key_size);

/* Frees all pages of the tree, a few per change group, root last. Exclusive lock held; tree->dropped is set. */
JET_ERR ese_tree_destroy(struct ese_tree *tree);

/* The same; the group that frees the root also does what last says, under lock (taken here, behind that of the tree), and
 * carries the undo note. lock and undo may be NULL; without lock last is not called. */
struct ese_tree_ending {
    JET_ERR (*last)(void *arg, struct ese_change *change);
    void *arg;
    const struct ese_log_undo *undo;
    struct ese_rwlock *lock;
};
JET_ERR ese_tree_destroy_with(struct ese_tree *tree, const struct ese_tree_ending *ending);

/* ---- tidying --------------------------------------------------------------------------------------------- */

/*
 * A walk over the whole tree, level by level from the leaves up, that leaves fewer and fuller pages behind: nodes
 * flagged deleted that nobody keeps go, sparse neighbours below one parent become one page (or, with partial, the
 * left one is filled up from the right one), and a root with a single child takes the child's place. Every such
 * step is one change group; the root page stays where it is.
 *
 * Zero it, set tree, partial and kept, and call ese_tree_tidy until done. A call takes the tree's lock itself,
 * shared to look at a few pages and exclusive for one step, so it never keeps others out for long; the tree may change
 * in any way between calls. After an error the walk is over.
 */
struct ese_tidy {
    struct ese_tree *tree;
    bool partial;
    bool (*kept)(const struct ese_tree *tree, const struct ese_node *node); /* a node flagged deleted; lock held */
    uint64_t looked;                                /* pages looked at */
    uint64_t removed, freed, filled;                /* nodes; pages; pages filled up from their neighbour */
    unsigned height;                                /* where the walk is: level, lowest key of the next page */
    uint32_t key_size;
    unsigned char key[ESE_PAGE_SIZE_MAX / 3];
};

JET_ERR ese_tree_tidy(struct ese_tidy *tidy, bool *done);

/* Number of pages, counted from the inner ones. */
JET_ERR ese_tree_pages(struct ese_tree *tree, uint64_t *pages);
/* Number of leaf pages and nodes (flagged ones too): statistics. */
JET_ERR ese_tree_stats(struct ese_tree *tree, uint64_t *leaves, uint64_t *nodes);

/* Estimates (tree_position.c), shared lock held: nodes before the key, whether it is there or not, and in the whole tree, those
 * flagged deleted left out; the same tree gives the same total for all keys, and no key a smaller place than the keys before it.
 * And back: a node part/whole of the way through; place->leaf is NULL when there is none. part <= whole. */
JET_ERR ese_tree_position(struct ese_tree *tree, const void *key, uint32_t size, uint64_t *before, uint64_t *total);
JET_ERR ese_tree_at_share(struct ese_tree *tree, uint64_t part, uint64_t whole, struct ese_place *place);

/* A group for this tree. */
void ese_tree_begin(struct ese_tree *tree, struct ese_change *change);

#endif
