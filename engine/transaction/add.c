/* Additions: changes of a number in a record that several transactions may make at once. */
#include "engine/transaction/version.h"

#define HEAD 4                                      /* offset in the data; the delta follows, 4 or 8 bytes */

bool ese_add_apply(unsigned char *data, uint32_t size, const unsigned char *add, uint32_t add_size, bool back)
{
    uint32_t width = add_size - HEAD, offset = add_size > HEAD ? ese_get32(add) : size;
    if ((width != 4 && width != 8) || offset > size || size - offset < width) {
        return false;
    }
    unsigned char *at = data + offset;
    if (width == 4) {
        uint32_t delta = ese_get32(add + HEAD);
        ese_put32(at, back ? ese_get32(at) - delta : ese_get32(at) + delta);
    } else {
        uint64_t delta = ese_get64(add + HEAD);
        ese_put64(at, back ? ese_get64(at) - delta : ese_get64(at) + delta);
    }
    return true;
}

void ese_version_hide_adds(const struct ese_trx *trx, struct ese_version *first, struct ese_bytes *data)
{
    for (struct ese_version *version = first; version != NULL; version = ese_version_older(version)) {
        bool seen = ese_txn_is_visible(trx, version->txn);
        if (version->kind == ESE_VERSION_ADD && !seen) {
            ese_add_apply(data->data, data->size, ese_version_before(version), version->before_size, true);
        } else if (version->kind != ESE_VERSION_ADD && seen) {
            break;
        }
    }
}

JET_ERR ese_version_undo_add(struct ese_tree *tree, struct ese_change *change, const struct ese_version *version)
{
    struct ese_place place;
    struct ese_node node;
    struct ese_bytes data = { NULL, 0, 0 };
    bool exact;
    JET_ERR err = ese_tree_find(tree, version->bytes, version->key_size, &place, &exact);
    if (err == JET_errSuccess && exact) {
        ese_place_node(&place, &node);
        err = ese_bytes_set(&data, node.data, node.data_size);
    } else if (err == JET_errSuccess) {
        err = JET_errDatabaseCorrupted;             /* the addition itself keeps the record */
    }
    ese_place_release(&place);
    if (err == JET_errSuccess &&
        !ese_add_apply(data.data, data.size, ese_version_before(version), version->before_size, true)) {
        err = JET_errDatabaseCorrupted;
    }
    if (err == JET_errSuccess) {
        err = ese_tree_set(tree, change, version->bytes, version->key_size, data.data, data.size, 0);
    }
    ese_bytes_free(&data);
    return err;
}
