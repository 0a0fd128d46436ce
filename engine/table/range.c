/* Index ranges, and counting entries. */
#include "engine/table/index.h"

JET_ERR ese_cursor_reset_range(struct ese_cursor *cursor)
{
    if (!cursor->range.active) {
        return JET_errInvalidOperation;
    }
    cursor->range.active = false;
    return JET_errSuccess;
}

JET_ERR ese_cursor_set_range(struct ese_cursor *cursor, JET_GRBIT grbit)
{
    const JET_GRBIT known = JET_bitRangeInclusive | JET_bitRangeUpperLimit | JET_bitRangeInstantDuration |
                            JET_bitRangeRemove;
    if ((grbit & ~known) != 0) {
        return JET_errInvalidGrbit;
    }
    if ((grbit & JET_bitRangeRemove) != 0) {
        return ese_cursor_reset_range(cursor);      /* other options are ignored */
    }
    cursor->range.active = false;                   /* whatever fails from here on: the old one is gone */
    ese_rwlock_read(&cursor->table->lock);
    bool ordered = cursor->index != NULL || ese_table_primary_is_visible(cursor->table, cursor->trx);
    ese_rwlock_read_unlock(&cursor->table->lock);
    if (!ordered) {
        return JET_errNoCurrentIndex;
    }
    if (!cursor->key.made) {
        return JET_errKeyNotMade;
    }
    JET_ERR err = ese_bytes_set(&cursor->range.limit, cursor->key.bytes.data, cursor->key.bytes.size);
    if (err != JET_errSuccess) {
        return err;
    }
    cursor->range.active = true;
    cursor->range.upper = (grbit & JET_bitRangeUpperLimit) != 0;
    cursor->range.inclusive = (grbit & JET_bitRangeInclusive) != 0;
    cursor->key.made = false;
    if (cursor->where == ESE_ON_RECORD) {
        if (!ese_cursor_key_in_range(cursor, ese_cursor_spot(cursor)->key.data, ese_cursor_key_size(cursor))) {
            err = JET_errNoCurrentRecord;
            cursor->where = ESE_IN_GAP;
            cursor->gap_after = !cursor->range.upper;
        }
    } else {
        err = JET_errNoCurrentRecord;
    }
    if ((grbit & JET_bitRangeInstantDuration) != 0) {
        cursor->range.active = false;
    }
    return err;
}

/* ---- counting -------------------------------------------------------------------------------------------- */

/* A walk along the current index that leaves the cursor where it is. */
struct walk { struct ese_spot spot; struct ese_bytes data; uint32_t key_size; };

static JET_ERR walk_to(const struct ese_cursor *cursor, struct walk *walk, enum ese_seek how)
{
    const unsigned char *bookmark;
    uint32_t size;
    JET_ERR err = ese_entry_seek_data(cursor->trx, ese_cursor_tree(cursor), how, walk->spot.key.data,
                                      walk->spot.key.size, &walk->spot, cursor->index != NULL ? &walk->data : NULL);
    walk->key_size = walk->spot.key.size;
    if (err == JET_errSuccess && cursor->index != NULL) {
        err = ese_index_entry_split(ese_index_is_unique(cursor->index), walk->spot.key.data, walk->spot.key.size,
                                    walk->data.data, walk->data.size, &walk->key_size, &bookmark, &size);
    }
    return err;
}

static void end_walk(struct walk *walk)
{
    ese_spot_free(&walk->spot);
    ese_bytes_free(&walk->data);
}

JET_ERR ese_cursor_count(struct ese_cursor *cursor, uint64_t limit, JET_ERR (*check)(void *arg), void *arg,
                         uint64_t *count)
{
    struct walk walk = { .key_size = ese_cursor_key_size(cursor) };
    const struct ese_bytes *key = &ese_cursor_spot(cursor)->key;
    *count = 0;
    if (cursor->filter != NULL) {
        return JET_errFilteredMoveNotSupported;
    }
    if (cursor->where != ESE_ON_RECORD) {
        JET_ERR any = walk_to(cursor, &walk, ESE_SEEK_FIRST);
        end_walk(&walk);
        return any == JET_errRecordNotFound ? JET_errSuccess : any != JET_errSuccess ? any : JET_errNoCurrentRecord;
    }
    bool forward = !cursor->range.active || cursor->range.upper;
    JET_ERR err = ese_bytes_set(&walk.spot.key, key->data, key->size);
    if (err == JET_errSuccess) {
        err = ese_entry_get(cursor->trx, ese_cursor_tree(cursor), &walk.spot, NULL);
    }
    while (err == JET_errSuccess) {
        err = check != NULL ? check(arg) : JET_errSuccess;
        if (err < JET_errSuccess || !ese_cursor_key_in_range(cursor, walk.spot.key.data, walk.key_size)) {
            break;
        }
        *count += 1;
        if (limit != 0 && *count == limit) {
            break;
        }
        err = walk_to(cursor, &walk, forward ? ESE_SEEK_GT : ESE_SEEK_LT);
    }
    end_walk(&walk);
    return err == JET_errRecordNotFound ? JET_errSuccess : err;
}
