/* JetPrereadKeys, JetPrereadIndexRanges: the pages that will be wanted are brought into the cache. */
#include "engine/table/index.h"

#define KEYS_MOST 1024                              /* keys or ranges for which one call reads */
#define ENTRIES_MOST 4096                           /* entries of a range that are walked */

/* Brings the leaf where the key belongs into the cache. */
static JET_ERR touch(struct ese_cursor *cursor, const void *key, uint32_t size)
{
    struct ese_tree *tree = ese_cursor_tree(cursor);
    struct ese_place place;
    bool exact;
    ese_rwlock_read(&tree->lock);
    JET_ERR err = tree->dropped ? JET_errNoCurrentIndex : ese_tree_find(tree, key, size, &place, &exact);
    if (err == JET_errSuccess) {
        ese_place_release(&place);
    }
    ese_rwlock_read_unlock(&tree->lock);
    return err;
}

static int order_of(const void *a, uint32_t a_size, const void *b, uint32_t b_size)
{
    uint32_t common = a_size < b_size ? a_size : b_size;
    int order = common != 0 ? memcmp(a, b, common) : 0;
    return order != 0 ? order : (a_size > b_size) - (a_size < b_size);
}

static JET_ERR check_keys(const void *const *keys, const JET_ULONG *sizes, uint32_t count, bool forward)
{
    for (uint32_t i = 0; i < count; i++) {
        if (sizes[i] == 0 || sizes[i] > JET_cbKeyMostMost + 1u) {
            return JET_errInvalidBufferSize;
        }
        if (keys[i] == NULL) {
            return JET_errInvalidParameter;
        }
        int order = i != 0 ? order_of(keys[i - 1], (uint32_t)sizes[i - 1], keys[i], (uint32_t)sizes[i]) : 0;
        if (forward ? order > 0 : order < 0) {
            return JET_errInvalidParameter;
        }
    }
    return JET_errSuccess;
}

JET_ERR ese_cursor_preread_keys(struct ese_cursor *cursor, const void *const *keys, const JET_ULONG *sizes,
                                uint32_t count, uint32_t *done, JET_GRBIT grbit)
{
    *done = 0;
    if (grbit != JET_bitPrereadForward && grbit != JET_bitPrereadBackward) {
        return JET_errInvalidGrbit;
    }
    if (count == 0 || keys == NULL || sizes == NULL) {
        return JET_errInvalidParameter;
    }
    JET_ERR err = check_keys(keys, sizes, count, grbit == JET_bitPrereadForward);
    while (err == JET_errSuccess && *done < count && *done < KEYS_MOST) {
        err = touch(cursor, keys[*done], (uint32_t)sizes[*done]);
        *done += err == JET_errSuccess ? 1 : 0;
    }
    return err;
}

/* ---- ranges ---------------------------------------------------------------------------------------------- */

/* The key that column values stand for, in the current index. */
static JET_ERR make_key(struct ese_cursor *cursor, const JET_INDEX_COLUMN *columns, uint32_t count, JET_GRBIT grbit,
                        bool limit, struct ese_bytes *key)
{
    if (columns == NULL || count == 0) {
        return JET_errInvalidParameter;
    }
    if ((grbit & JET_bitPrereadNormalizedKey) != 0) {
        return count != 1 || columns->pv == NULL || columns->cb == 0 || columns->cb > JET_cbKeyMostMost + 1u
                   ? JET_errInvalidParameter : ese_bytes_set(key, columns->pv, columns->cb);
    }
    struct ese_search_key saved = cursor->key;
    memset(&cursor->key, 0, sizeof cursor->key);
    JET_ERR err = JET_errSuccess;
    for (uint32_t i = 0; err == JET_errSuccess && i < count; i++) {
        bool last = i + 1 == count;
        JET_GRBIT bits = (i == 0 ? JET_bitNewKey : 0u) | (last && limit ? JET_bitFullColumnEndLimit : 0u) |
                         ((columns[i].grbit & JET_bitZeroLength) != 0 ? JET_bitKeyDataZeroLength : 0u);
        err = ese_cursor_make_key(cursor, columns[i].pv, columns[i].cb, bits);
    }
    if (err == JET_errSuccess) {
        err = ese_bytes_set(key, cursor->key.bytes.data, cursor->key.bytes.size);
    }
    ese_bytes_free(&cursor->key.bytes);
    cursor->key = saved;
    return err;
}

/* Walks the leaves between two keys. */
static JET_ERR walk(struct ese_cursor *cursor, const struct ese_bytes *from, const struct ese_bytes *to)
{
    struct ese_tree *tree = ese_cursor_tree(cursor);
    struct ese_place place;
    struct ese_node node;
    bool exact;
    ese_rwlock_read(&tree->lock);
    JET_ERR err = tree->dropped ? JET_errNoCurrentIndex : ese_tree_find(tree, from->data, from->size, &place, &exact);
    for (uint32_t i = 0; err == JET_errSuccess && place.leaf != NULL && i < ENTRIES_MOST; i++) {
        ese_place_node(&place, &node);
        if (order_of(node.key, node.key_size, to->data, to->size) > 0) {
            break;
        }
        err = ese_tree_next(tree, &place);
    }
    if (err == JET_errSuccess) {
        ese_place_release(&place);
    }
    ese_rwlock_read_unlock(&tree->lock);
    return err;
}

static JET_ERR preread_range(struct ese_cursor *cursor, const JET_INDEX_RANGE *range, JET_GRBIT grbit)
{
    struct ese_bytes from = { NULL, 0, 0 }, to = { NULL, 0, 0 };
    bool open = range->cEndColumns == 0;
    JET_ERR err = make_key(cursor, range->rgStartColumns, range->cStartColumns, grbit, false, &from);
    if (err == JET_errSuccess) {
        err = open ? make_key(cursor, range->rgStartColumns, range->cStartColumns, grbit, true, &to)
                   : make_key(cursor, range->rgEndColumns, range->cEndColumns, grbit, true, &to);
    }
    if (err == JET_errSuccess) {
        bool forward = (grbit & JET_bitPrereadForward) != 0;
        bool turned = order_of(from.data, from.size, to.data, to.size) > 0;
        err = turned != !forward ? walk(cursor, turned ? &to : &from, turned ? &from : &to)
                                 : walk(cursor, &from, &to);
    }
    ese_bytes_free(&from);
    ese_bytes_free(&to);
    return err;
}

JET_ERR ese_cursor_preread_ranges(struct ese_cursor *cursor, const JET_INDEX_RANGE *ranges, uint32_t count,
                                  uint32_t *done, JET_GRBIT grbit)
{
    const JET_GRBIT ways = JET_bitPrereadForward | JET_bitPrereadBackward;
    *done = 0;
    if ((grbit & ~(ways | JET_bitPrereadFirstPage | JET_bitPrereadNormalizedKey)) != 0 || (grbit & ways) == 0 ||
        (grbit & ways) == ways) {
        return JET_errInvalidGrbit;
    }
    if (ranges == NULL || count == 0) {
        return JET_errInvalidParameter;
    }
    JET_ERR err = JET_errSuccess;
    while (err == JET_errSuccess && *done < count && *done < KEYS_MOST) {
        err = preread_range(cursor, &ranges[*done], grbit);
        *done += err == JET_errSuccess ? 1 : 0;
    }
    return err;
}
