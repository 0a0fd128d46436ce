/* Reading records as a transaction sees them. Changes: entry_change.c; what transactions leave behind: settle.c. */
#include "engine/transaction/run.h"
#include "engine/transaction/version.h"
#include "engine/tree/node.h"

JET_ERR ese_bytes_reserve(struct ese_bytes *bytes, uint32_t room)
{
    if (room <= bytes->room) {
        return JET_errSuccess;
    }
    uint32_t rounded = room < 64 ? 64 : room + room / 2;
    unsigned char *data = ese_realloc(bytes->data, rounded);
    if (data == NULL) {
        return JET_errOutOfMemory;
    }
    bytes->data = data;
    bytes->room = rounded;
    return JET_errSuccess;
}

JET_ERR ese_bytes_set(struct ese_bytes *bytes, const void *data, uint32_t size)
{
    JET_ERR err = ese_bytes_reserve(bytes, size != 0 ? size : 1);
    if (err == JET_errSuccess) {
        if (size != 0) {
            memmove(bytes->data, data, size);
        }
        bytes->size = size;
    }
    return err;
}

void ese_bytes_free(struct ese_bytes *bytes)
{
    ese_free(bytes->data);
    memset(bytes, 0, sizeof *bytes);
}

void ese_spot_free(struct ese_spot *spot)
{
    ese_bytes_free(&spot->key);
    ese_run_free(spot->run);
    spot->run = NULL;
    spot->streak = 0;
    spot->hint = false;
}

/* ---- visibility ------------------------------------------------------------------------------------------ */

/* What trx sees of a node. False: nothing. Otherwise data and size are those of the visible state; they point into the
 * page or a version and live as long as the tree's lock is held. adds: the newest addition that must still be taken out of
 * a copy of the data; NULL: none. */
static bool visible(const struct ese_trx *trx, const struct ese_tree *tree, const struct ese_node *node,
                    const unsigned char **data, uint32_t *size, struct ese_version **adds)
{
    bool exists = (node->flags & ESE_NODE_DELETED) == 0;
    *adds = NULL;
    *data = node->data;
    *size = node->data_size;
    if (tree->version_count == 0) {
        return exists;
    }
    uint32_t hash = ese_version_hash(node->key, node->key_size);
    struct ese_version *version = ese_version_newest(tree, node->key, node->key_size, hash);
    for (; version != NULL; version = ese_version_older(version)) {
        if (ese_txn_is_visible(trx, version->txn)) {
            if (version->kind == ESE_VERSION_ADD) {
                continue;                           /* others may have added before and not committed yet */
            }
            break;
        }
        switch (version->kind) {
        case ESE_VERSION_INSERT:
            exists = false;
            *adds = NULL;
            *data = ese_version_before(version);
            *size = version->before_size;
            break;
        case ESE_VERSION_REPLACE:
            *adds = NULL;
            *data = ese_version_before(version);
            *size = version->before_size;
            break;
        case ESE_VERSION_DELETE:
            exists = true;
            break;
        case ESE_VERSION_ADD:
            *adds = *adds != NULL ? *adds : version;
            break;
        default:
            break;
        }
    }
    return exists;
}

/* ---- looking --------------------------------------------------------------------------------------------- */

/* Back to the node of the spot by its hint; place->leaf stays NULL when the hint is stale. */
static JET_ERR resume(struct ese_tree *tree, const struct ese_spot *spot, struct ese_place *place)
{
    place->leaf = NULL;
    if (!spot->hint || spot->moved != tree->moved) {
        return JET_errSuccess;
    }
    return ese_tree_resume(tree, spot->page, spot->slot, place);
}

static JET_ERR start(struct ese_tree *tree, enum ese_seek how, const void *key, uint32_t size,
                     const struct ese_spot *spot, struct ese_place *place)
{
    bool exact;
    JET_ERR err = JET_errSuccess;
    place->leaf = NULL;
    if ((how == ESE_SEEK_GT || how == ESE_SEEK_LT) && key == spot->key.data) {
        err = resume(tree, spot, place);
        if (err != JET_errSuccess) {
            return err;
        }
        if (place->leaf != NULL) {
            return how == ESE_SEEK_GT ? ese_tree_next(tree, place) : ese_tree_prev(tree, place);
        }
    }
    switch (how) {
    case ESE_SEEK_FIRST: return ese_tree_first(tree, place);
    case ESE_SEEK_LAST: return ese_tree_last(tree, place);
    case ESE_SEEK_LT: return ese_tree_find_before(tree, key, size, false, place);
    case ESE_SEEK_LE: return ese_tree_find_before(tree, key, size, true, place);
    default: break;
    }
    err = ese_tree_find(tree, key, size, place, &exact);
    if (err == JET_errSuccess && exact && how == ESE_SEEK_GT) {
        err = ese_tree_next(tree, place);
    }
    return err;
}

/* Lock held, the spot is on the place: copies the records of the leaf from there on, if it is worth it. */
static void read_ahead(struct ese_trx *trx, struct ese_tree *tree, struct ese_spot *spot, struct ese_place place,
                       const unsigned char *data, uint32_t data_size)
{
    struct ese_run *run = ese_run_begin(trx, tree, spot);
    if (run == NULL) {
        return;
    }
    struct ese_node node;
    struct ese_version *adds;
    uint32_t count = ese_page_count(place.leaf->data);
    ese_place_node(&place, &node);
    while (ese_run_add(run, place.slot, &node, data, data_size)) {
        do {
            if (++place.slot == count) {
                return;
            }
            ese_place_node(&place, &node);
        } while (!visible(trx, tree, &node, &data, &data_size, &adds));
        if (adds != NULL) {
            return;                                 /* a run has records as they are in the page or a version */
        }
    }
}

JET_ERR ese_entry_seek(struct ese_trx *trx, struct ese_tree *tree, enum ese_seek how, const void *key, uint32_t size,
                       struct ese_spot *spot)
{
    return ese_entry_seek_data(trx, tree, how, key, size, spot, NULL);
}

JET_ERR ese_entry_seek_data(struct ese_trx *trx, struct ese_tree *tree, enum ese_seek how, const void *key,
                            uint32_t size, struct ese_spot *spot, struct ese_bytes *record)
{
    bool step = how == ESE_SEEK_GT && key == spot->key.data;
    if (step && ese_run_step(trx, tree, spot)) {
        uint32_t known_size = 0;
        const unsigned char *known = record != NULL ? ese_run_data(trx, tree, spot, &known_size) : NULL;
        if (record == NULL || known != NULL) {
            return record != NULL ? ese_bytes_set(record, known, known_size) : JET_errSuccess;
        }
    }
    spot->streak = step ? spot->streak + 1 : 0;
    bool forward = how == ESE_SEEK_FIRST || how == ESE_SEEK_GE || how == ESE_SEEK_GT;
    struct ese_place place;
    struct ese_node node;
    const unsigned char *data;
    uint32_t data_size;
    struct ese_version *adds;
    ese_rwlock_read(&tree->lock);
    if (tree->dropped) {
        ese_rwlock_read_unlock(&tree->lock);
        return JET_errObjectNotFound;
    }
    JET_ERR err = start(tree, how, key, size, spot, &place);
    while (err == JET_errSuccess && place.leaf != NULL) {
        ese_place_node(&place, &node);
        if (visible(trx, tree, &node, &data, &data_size, &adds)) {
            break;
        }
        err = forward ? ese_tree_next(tree, &place) : ese_tree_prev(tree, &place);
    }
    if (err == JET_errSuccess && place.leaf == NULL) {
        err = JET_errRecordNotFound;
    }
    if (err == JET_errSuccess && record != NULL) {
        err = ese_bytes_set(record, data, data_size);
    }
    if (err == JET_errSuccess) {
        err = ese_bytes_set(&spot->key, node.key, node.key_size);
    }
    if (err == JET_errSuccess) {
        spot->page = place.leaf->page;
        spot->slot = place.slot;
        spot->moved = tree->moved;
        spot->hint = true;
        if (adds == NULL) {
            read_ahead(trx, tree, spot, place, data, data_size);
        }
    }
    ese_place_release(&place);
    ese_rwlock_read_unlock(&tree->lock);
    return err;
}

/* Finds the node with exactly this key; place->leaf is NULL when there is none. */
static JET_ERR find_exact(struct ese_tree *tree, const void *key, uint32_t size, struct ese_place *place)
{
    bool exact;
    JET_ERR err = ese_tree_find(tree, key, size, place, &exact);
    if (err == JET_errSuccess && !exact) {
        ese_place_release(place);
    }
    return err;
}

JET_ERR ese_entry_get(struct ese_trx *trx, struct ese_tree *tree, struct ese_spot *spot, struct ese_bytes *data)
{
    struct ese_place place;
    struct ese_node node;
    const unsigned char *bytes;
    uint32_t size;
    struct ese_version *adds;
    bytes = ese_run_data(trx, tree, spot, &size);
    if (bytes != NULL) {
        return data != NULL ? ese_bytes_set(data, bytes, size) : JET_errSuccess;
    }
    ese_rwlock_read(&tree->lock);
    if (tree->dropped) {
        ese_rwlock_read_unlock(&tree->lock);
        return JET_errObjectNotFound;
    }
    JET_ERR err = resume(tree, spot, &place);
    if (err == JET_errSuccess && place.leaf == NULL) {
        err = find_exact(tree, spot->key.data, spot->key.size, &place);
        if (err == JET_errSuccess && place.leaf != NULL) {
            spot->page = place.leaf->page;
            spot->slot = place.slot;
            spot->moved = tree->moved;
            spot->hint = true;
        }
    }
    if (err == JET_errSuccess && place.leaf == NULL) {
        err = JET_errRecordDeleted;
    }
    if (err == JET_errSuccess) {
        ese_place_node(&place, &node);
        if (!visible(trx, tree, &node, &bytes, &size, &adds)) {
            err = JET_errRecordDeleted;
        } else if (data != NULL) {
            err = ese_bytes_set(data, bytes, size);
            if (err == JET_errSuccess && adds != NULL) {
                ese_version_hide_adds(trx, adds, data);
            }
        }
    }
    ese_place_release(&place);
    ese_rwlock_read_unlock(&tree->lock);
    return err;
}

const unsigned char *ese_entry_view(const struct ese_trx *trx, const struct ese_tree *tree, const struct ese_spot *spot,
                                    uint32_t *size)
{
    return ese_run_data(trx, tree, spot, size);
}

bool ese_entry_step(const struct ese_trx *trx, const struct ese_tree *tree, struct ese_spot *spot)
{
    return ese_run_step(trx, tree, spot);
}

JET_ERR ese_entry_get_key(struct ese_trx *trx, struct ese_tree *tree, const void *key, uint32_t size,
                          struct ese_bytes *data)
{
    struct ese_spot spot = { .hint = false };
    JET_ERR err = ese_bytes_set(&spot.key, key, size);
    if (err == JET_errSuccess) {
        err = ese_entry_get(trx, tree, &spot, data);
    }
    ese_spot_free(&spot);
    return err;
}

bool ese_tree_is_changed_unseen(const struct ese_trx *trx, struct ese_tree *tree)
{
    bool unseen = false;
    ese_rwlock_read(&tree->lock);
    for (uint32_t i = 0; i < tree->version_buckets && tree->version_count != 0 && !unseen; i++) {
        for (struct ese_version *at = tree->versions[i]; at != NULL && !unseen; at = at->older) {
            unseen = at->kind <= ESE_VERSION_DELETE && !ese_txn_is_visible(trx, at->txn);
        }
    }
    ese_rwlock_read_unlock(&tree->lock);
    return unseen;
}
