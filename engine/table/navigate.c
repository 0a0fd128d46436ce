/* Moving cursors: move, seek, ranges, counting, bookmarks. */
#include "engine/table/schema.h"

/* ---- positions ------------------------------------------------------------------------------------------- */

static JET_ERR stand_in_gap(struct ese_cursor *cursor, const struct ese_bytes *key, bool after)
{
    JET_ERR err = ese_bytes_set(&cursor->spot.key, key->data, key->size);
    cursor->spot.hint = false;
    if (err == JET_errSuccess) {
        cursor->where = ESE_IN_GAP;
        cursor->gap_after = after;
    }
    return err;
}

/* Is the key inside the range? */
static bool in_range(const struct ese_cursor *cursor, const struct ese_bytes *key)
{
    const struct ese_range *range = &cursor->range;
    if (!range->active) {
        return true;
    }
    uint32_t common = key->size < range->limit.size ? key->size : range->limit.size;
    int order = common != 0 ? memcmp(key->data, range->limit.data, common) : 0;
    if (order == 0) {
        order = (key->size > range->limit.size) - (key->size < range->limit.size);
    }
    if (order == 0) {
        return range->inclusive;
    }
    return range->upper ? order < 0 : order > 0;
}

/* One step. At the end of the table or of the range: JET_errNoCurrentRecord, and the cursor stands beyond it. */
static JET_ERR step(struct ese_cursor *cursor, bool forward)
{
    struct ese_tree *tree = cursor->table->tree;
    const struct ese_bytes *key = &cursor->spot.key;
    enum ese_seek how = forward ? ESE_SEEK_GT : ESE_SEEK_LT;
    switch (cursor->where) {
    case ESE_AT_START:
        how = forward ? ESE_SEEK_FIRST : ESE_SEEK_LT;
        break;
    case ESE_AT_END:
        how = forward ? ESE_SEEK_GT : ESE_SEEK_LAST;
        break;
    case ESE_IN_GAP:
        if (forward) {
            how = cursor->gap_after ? ESE_SEEK_GT : ESE_SEEK_GE;
        } else {
            how = cursor->gap_after ? ESE_SEEK_LE : ESE_SEEK_LT;
        }
        break;
    default:
        break;
    }
    JET_ERR err = JET_errRecordNotFound;
    if (!(cursor->where == ESE_AT_START && !forward) && !(cursor->where == ESE_AT_END && forward)) {
        err = ese_entry_seek(cursor->trx, tree, how, key->data, key->size, &cursor->spot);
    }
    if (err == JET_errRecordNotFound) {
        cursor->where = forward ? ESE_AT_END : ESE_AT_START;
        return JET_errNoCurrentRecord;
    }
    if (err == JET_errSuccess) {
        cursor->where = ESE_ON_RECORD;
        if (!in_range(cursor, &cursor->spot.key)) {
            cursor->where = ESE_IN_GAP;             /* on the record that ends the range, not in it */
            cursor->gap_after = !forward;
            return JET_errNoCurrentRecord;
        }
    }
    return err;
}

static void end_update(struct ese_cursor *cursor)
{
    if (cursor->prepared != ESE_PREPARED_NOTHING) {
        ese_cursor_cancel(cursor);
    }
}

/* ---- move ------------------------------------------------------------------------------------------------ */

static JET_ERR move_to_end(struct ese_cursor *cursor, bool first)
{
    cursor->range.active = false;
    cursor->where = first ? ESE_AT_START : ESE_AT_END;
    return step(cursor, first);
}

JET_ERR ese_cursor_move(struct ese_cursor *cursor, int32_t rows, JET_GRBIT grbit)
{
    if ((grbit & ~(JET_GRBIT)JET_bitMoveKeyNE) != 0) {
        return JET_errInvalidGrbit;
    }
    end_update(cursor);
    if (rows == JET_MoveFirst || rows == JET_MoveLast) {
        return move_to_end(cursor, rows == JET_MoveFirst);
    }
    if (rows == 0) {
        if (cursor->where != ESE_ON_RECORD) {
            return JET_errNoCurrentRecord;
        }
        return ese_entry_get(cursor->trx, cursor->table->tree, &cursor->spot, NULL);
    }
    JET_ERR err = JET_errSuccess;
    int32_t left = rows;
    while (left != 0 && err == JET_errSuccess) {
        err = step(cursor, left > 0);
        left += left > 0 ? -1 : 1;
    }
    return err;
}

/* ---- seek ------------------------------------------------------------------------------------------------ */

static int compare_to_spot(const struct ese_cursor *cursor, const struct ese_bytes *key)
{
    const struct ese_bytes *spot = &cursor->spot.key;
    uint32_t common = key->size < spot->size ? key->size : spot->size;
    int order = common != 0 ? memcmp(spot->data, key->data, common) : 0;
    return order != 0 ? order : (spot->size > key->size) - (spot->size < key->size);
}

static JET_ERR seek_with(struct ese_cursor *cursor, JET_GRBIT grbit, const struct ese_bytes *key)
{
    bool equal = (grbit & JET_bitSeekEQ) != 0, or_equal = (grbit & (JET_bitSeekGE | JET_bitSeekLE)) != 0;
    bool down = (grbit & (JET_bitSeekLT | JET_bitSeekLE)) != 0;
    enum ese_seek how = equal || (or_equal && !down) ? ESE_SEEK_GE : down ? (or_equal ? ESE_SEEK_LE : ESE_SEEK_LT)
                                                                         : ESE_SEEK_GT;
    JET_ERR err = ese_entry_seek(cursor->trx, cursor->table->tree, how, key->data, key->size, &cursor->spot);
    if (err == JET_errSuccess) {
        cursor->where = ESE_ON_RECORD;
        if (compare_to_spot(cursor, key) == 0) {
            return (grbit & JET_bitCheckUniqueness) != 0 && equal ? JET_wrnUniqueKey : JET_errSuccess;
        }
        if (!equal) {
            return or_equal ? JET_wrnSeekNotEqual : JET_errSuccess;
        }
        err = JET_errRecordNotFound;
    }
    if (err == JET_errRecordNotFound) {
        /* Where the record would have been: just before the key for EQ, GE and LT, just behind it for GT and LE. */
        bool after = !equal && how != ESE_SEEK_GE && how != ESE_SEEK_LT;
        JET_ERR stood = stand_in_gap(cursor, key, after);
        err = stood != JET_errSuccess ? stood : err;
    }
    return err;
}

JET_ERR ese_cursor_seek(struct ese_cursor *cursor, JET_GRBIT grbit)
{
    const JET_GRBIT all = JET_bitSeekEQ | JET_bitSeekGE | JET_bitSeekGT | JET_bitSeekLE | JET_bitSeekLT;
    if ((grbit & all) == 0) {
        return JET_errInvalidParameter;
    }
    if (!cursor->key.made) {
        return JET_errKeyNotMade;
    }
    end_update(cursor);
    cursor->range.active = false;
    JET_ERR err = seek_with(cursor, grbit, &cursor->key.bytes);
    if (err >= JET_errSuccess && (grbit & JET_bitSetIndexRange) != 0 && (grbit & JET_bitSeekEQ) != 0) {
        JET_ERR ranged = ese_bytes_set(&cursor->range.limit, cursor->key.bytes.data, cursor->key.bytes.size);
        err = ranged != JET_errSuccess ? ranged : err;
        cursor->range.active = ranged == JET_errSuccess;
        cursor->range.upper = true;
        cursor->range.inclusive = true;
    }
    cursor->key.made = false;
    return err;
}

/* ---- ranges ---------------------------------------------------------------------------------------------- */

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
        return grbit == JET_bitRangeRemove ? ese_cursor_reset_range(cursor) : JET_errInvalidGrbit;
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
        if (!in_range(cursor, &cursor->spot.key)) {
            err = JET_errNoCurrentRecord;
            cursor->where = ESE_IN_GAP;
            cursor->gap_after = !cursor->range.upper;
        }
    } else {
        err = JET_errNoCurrentRecord;
    }
    if (err != JET_errSuccess || (grbit & JET_bitRangeInstantDuration) != 0) {
        cursor->range.active = false;
    }
    return err;
}

/* ---- counting -------------------------------------------------------------------------------------------- */

JET_ERR ese_cursor_count(struct ese_cursor *cursor, uint64_t limit, JET_ERR (*check)(void *arg), void *arg,
                         uint64_t *count)
{
    struct ese_spot spot = { .hint = false };
    *count = 0;
    if (cursor->where != ESE_ON_RECORD) {
        return JET_errNoCurrentRecord;
    }
    bool forward = !cursor->range.active || cursor->range.upper;
    JET_ERR err = ese_bytes_set(&spot.key, cursor->spot.key.data, cursor->spot.key.size);
    if (err == JET_errSuccess) {
        err = ese_entry_get(cursor->trx, cursor->table->tree, &spot, NULL);
    }
    while (err == JET_errSuccess) {
        err = check != NULL ? check(arg) : JET_errSuccess;
        if (err < JET_errSuccess || !in_range(cursor, &spot.key)) {
            break;
        }
        *count += 1;
        if (limit != 0 && *count == limit) {
            break;
        }
        err = ese_entry_seek(cursor->trx, cursor->table->tree, forward ? ESE_SEEK_GT : ESE_SEEK_LT, spot.key.data,
                             spot.key.size, &spot);
    }
    ese_spot_free(&spot);
    return err == JET_errRecordNotFound ? JET_errSuccess : err;
}

/* ---- bookmarks and positions ----------------------------------------------------------------------------- */

JET_ERR ese_cursor_get_bookmark(struct ese_cursor *cursor, void *bookmark, uint32_t size, uint32_t *actual)
{
    if (cursor->where != ESE_ON_RECORD) {
        return JET_errNoCurrentRecord;
    }
    const struct ese_bytes *key = &cursor->spot.key;
    JET_ERR err = ese_copy_out(key->data, key->size, bookmark, size, actual);
    return err == JET_wrnBufferTruncated ? JET_errBufferTooSmall : err;
}

JET_ERR ese_cursor_goto_bookmark(struct ese_cursor *cursor, const void *bookmark, uint32_t size)
{
    struct ese_spot spot = { .hint = false };
    if (bookmark == NULL || size == 0 || size > JET_cbBookmarkMostMost) {
        return JET_errInvalidBookmark;
    }
    JET_ERR err = ese_bytes_set(&spot.key, bookmark, size);
    if (err == JET_errSuccess) {
        err = ese_entry_get(cursor->trx, cursor->table->tree, &spot, NULL);
    }
    if (err == JET_errSuccess) {
        end_update(cursor);
        cursor->range.active = false;
        ese_spot_free(&cursor->spot);
        cursor->spot = spot;
        cursor->where = ESE_ON_RECORD;
        return JET_errSuccess;
    }
    ese_spot_free(&spot);
    return err;
}

JET_ERR ese_cursor_position(struct ese_cursor *cursor, JET_RECPOS *position)
{
    struct ese_spot spot = { .hint = false };
    uint32_t total = 0, before = 0;
    bool found = false;
    if (position->cbStruct < sizeof *position) {
        return JET_errInvalidParameter;
    }
    if (cursor->where != ESE_ON_RECORD) {
        return JET_errNoCurrentRecord;
    }
    JET_ERR err = ese_entry_seek(cursor->trx, cursor->table->tree, ESE_SEEK_FIRST, NULL, 0, &spot);
    while (err == JET_errSuccess) {
        int order = compare_to_spot(cursor, &spot.key);
        before += order > 0 ? 1 : 0;
        found = found || order == 0;
        total++;
        err = ese_entry_seek(cursor->trx, cursor->table->tree, ESE_SEEK_GT, spot.key.data, spot.key.size, &spot);
    }
    ese_spot_free(&spot);
    if (err != JET_errRecordNotFound) {
        return err;
    }
    position->centriesLT = before;
    position->centriesInRange = 1;
    position->centriesTotal = total;
    return found ? JET_errSuccess : JET_errRecordDeleted;
}

JET_ERR ese_cursor_goto_position(struct ese_cursor *cursor, const JET_RECPOS *position)
{
    uint64_t total = 0, target;
    if (position->cbStruct < sizeof *position || position->centriesLT > position->centriesTotal) {
        return JET_errInvalidParameter;
    }
    JET_ERR err = ese_cursor_move(cursor, JET_MoveFirst, 0);
    if (err == JET_errSuccess) {
        err = ese_cursor_count(cursor, 0, NULL, NULL, &total);
    }
    if (err != JET_errSuccess) {
        return err == JET_errNoCurrentRecord ? JET_errRecordNotFound : err;
    }
    target = position->centriesTotal != 0 ? (uint64_t)position->centriesLT * total / position->centriesTotal : 0;
    target = target < total ? target : total - 1;
    for (uint64_t i = 0; i < target && err == JET_errSuccess; i++) {
        err = step(cursor, true);
    }
    return err;
}
