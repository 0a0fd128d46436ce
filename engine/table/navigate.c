/* Moving cursors: move, seek. */
#include "engine/table/index.h"

/* ---- positions ------------------------------------------------------------------------------------------- */

static JET_ERR stand_in_gap(struct ese_cursor *cursor, const void *key, uint32_t size, bool after)
{
    struct ese_spot *spot = ese_cursor_spot(cursor);
    JET_ERR err = ese_bytes_set(&spot->key, key, size);
    spot->hint = false;
    if (err == JET_errSuccess) {
        cursor->where = ESE_IN_GAP;
        cursor->gap_after = after;
    }
    return err;
}

bool ese_cursor_key_in_range(const struct ese_cursor *cursor, const void *key, uint32_t size)
{
    const struct ese_range *range = &cursor->range;
    if (!range->active) {
        return true;
    }
    uint32_t common = size < range->limit.size ? size : range->limit.size;
    int order = common != 0 ? memcmp(key, range->limit.data, common) : 0;
    if (order == 0) {
        order = (size > range->limit.size) - (size < range->limit.size);
    }
    if (order == 0) {
        return range->inclusive;
    }
    return range->upper ? order < 0 : order > 0;
}

/* From the entry to the nearest one with another key. */
static JET_ERR look_past_key(struct ese_cursor *cursor, bool forward)
{
    struct ese_spot *spot = ese_cursor_spot(cursor);
    struct ese_bytes key = { NULL, 0, 0 };
    JET_ERR err = forward ? ese_key_beyond(cursor, spot->key.data, ese_cursor_key_size(cursor), &key)
                          : ese_bytes_set(&key, spot->key.data, ese_cursor_key_size(cursor));
    if (err == JET_errSuccess) {
        err = ese_cursor_look(cursor, forward ? ESE_SEEK_GE : ESE_SEEK_LT, key.data, key.size);
    }
    ese_bytes_free(&key);
    return err;
}

/* On the record that ends the range, not in it. */
static JET_ERR stand_at_limit(struct ese_cursor *cursor, bool forward)
{
    cursor->where = ESE_IN_GAP;
    cursor->gap_after = !forward;
    return JET_errNoCurrentRecord;
}

/* One step. At the end of the table or of the range: JET_errNoCurrentRecord, and the cursor stands beyond it. */
static JET_ERR step_raw(struct ese_cursor *cursor, bool forward, bool other_key)
{
    const struct ese_bytes *key = &ese_cursor_spot(cursor)->key;
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
    if (other_key && cursor->where == ESE_ON_RECORD && cursor->index != NULL) {
        err = look_past_key(cursor, forward);
    } else if (!(cursor->where == ESE_AT_START && !forward) && !(cursor->where == ESE_AT_END && forward)) {
        err = ese_cursor_look(cursor, how, key->data, key->size);
    }
    if (err == JET_errRecordNotFound) {
        cursor->where = forward ? ESE_AT_END : ESE_AT_START;
        return JET_errNoCurrentRecord;
    }
    if (err == JET_errSuccess) {
        cursor->where = ESE_ON_RECORD;
        if (!ese_cursor_key_in_range(cursor, key->data, ese_cursor_key_size(cursor))) {
            return stand_at_limit(cursor, forward);
        }
    }
    return err;
}

/* The same, over what the cursor's filter leaves. */
static JET_ERR step(struct ese_cursor *cursor, bool forward, bool other_key)
{
    bool passes = true;
    JET_ERR err;
    do {
        err = step_raw(cursor, forward, other_key);
        if (err == JET_errSuccess && cursor->filter != NULL) {
            err = ese_filter_passes(cursor, &passes);
        }
    } while (err == JET_errSuccess && !passes);
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
    return step(cursor, first, false);
}

/* A step to the next record, on the clustered index and among records read ahead. False: the long way. */
static bool step_ahead(struct ese_cursor *cursor, JET_ERR *err)
{
    if (cursor->where != ESE_ON_RECORD || cursor->index != NULL || cursor->filter != NULL ||
        cursor->prepared != ESE_PREPARED_NOTHING || !ese_entry_step(cursor->trx, cursor->table->tree, &cursor->spot)) {
        return false;
    }
    *err = JET_errSuccess;
    if (cursor->range.active && !ese_cursor_key_in_range(cursor, cursor->spot.key.data, cursor->spot.key.size)) {
        *err = stand_at_limit(cursor, true);
    }
    return true;
}

JET_ERR ese_cursor_move(struct ese_cursor *cursor, int32_t rows, JET_GRBIT grbit)
{
    JET_ERR stepped;
    if (rows == 1 && grbit == 0 && step_ahead(cursor, &stepped)) {
        return stepped;
    }
    if ((grbit & ~(JET_GRBIT)JET_bitMoveKeyNE) != 0) {
        return JET_errInvalidGrbit;
    }
    end_update(cursor);
    if (rows == JET_MoveFirst || rows == JET_MoveLast) {
        return move_to_end(cursor, rows == JET_MoveFirst);
    }
    if (rows == 0) {
        if (cursor->filter != NULL) {
            return JET_errFilteredMoveNotSupported;
        }
        if (cursor->where != ESE_ON_RECORD) {
            return JET_errNoCurrentRecord;
        }
        return ese_entry_get(cursor->trx, ese_cursor_tree(cursor), ese_cursor_spot(cursor), NULL);
    }
    JET_ERR err = JET_errSuccess;
    int32_t left = rows;
    while (left != 0 && err == JET_errSuccess) {
        err = step(cursor, left > 0, (grbit & JET_bitMoveKeyNE) != 0);
        left += left > 0 ? -1 : 1;
    }
    return err;
}

/* ---- seek ------------------------------------------------------------------------------------------------ */

static int compare_to_key(struct ese_cursor *cursor, const struct ese_bytes *key)
{
    const unsigned char *data = ese_cursor_spot(cursor)->key.data;
    uint32_t size = ese_cursor_key_size(cursor), common = key->size < size ? key->size : size;
    int order = common != 0 ? memcmp(data, key->data, common) : 0;
    return order != 0 ? order : (size > key->size) - (size < key->size);
}

/* Exactly one entry has the key the cursor stands on. The cursor stays. */
static JET_ERR is_only_one(struct ese_cursor *cursor, bool *only)
{
    struct ese_spot spot = { .hint = false };
    struct ese_bytes data = { NULL, 0, 0 };
    uint32_t key_size, size;
    const unsigned char *bookmark;
    *only = cursor->index == NULL || ese_index_is_unique(cursor->index);
    if (*only) {
        return JET_errSuccess;
    }
    const struct ese_bytes *key = &cursor->entry.key;
    JET_ERR err = ese_entry_seek_data(cursor->trx, cursor->index->tree, ESE_SEEK_GT, key->data, key->size, &spot, &data);
    if (err == JET_errSuccess) {
        err = ese_index_entry_split(false, spot.key.data, spot.key.size, data.data, data.size, &key_size, &bookmark,
                                    &size);
        *only = err == JET_errSuccess &&
                (key_size != cursor->entry_key || memcmp(spot.key.data, key->data, key_size) != 0);
    } else if (err == JET_errRecordNotFound) {
        *only = true;
        err = JET_errSuccess;
    }
    ese_spot_free(&spot);
    ese_bytes_free(&data);
    return err;
}

/* On the clustered index a key is of one record; on others the entries with the key are looked past, or the first of them
 * is taken. */
static JET_ERR look_for(struct ese_cursor *cursor, JET_GRBIT grbit, const struct ese_bytes *key)
{
    bool down = (grbit & (JET_bitSeekLT | JET_bitSeekLE)) != 0;
    if ((grbit & JET_bitSeekLT) != 0) {
        return ese_cursor_look(cursor, ESE_SEEK_LT, key->data, key->size);
    }
    if (cursor->index == NULL && (grbit & (JET_bitSeekEQ | JET_bitSeekGE)) == 0) {
        return ese_cursor_look(cursor, down ? ESE_SEEK_LE : ESE_SEEK_GT, key->data, key->size);
    }
    JET_ERR err = ese_cursor_look(cursor, ESE_SEEK_GE, key->data, key->size);
    if ((grbit & (JET_bitSeekEQ | JET_bitSeekGE)) != 0) {
        return err;
    }
    bool equal = err == JET_errSuccess && compare_to_key(cursor, key) == 0;
    if (err != JET_errSuccess && err != JET_errRecordNotFound) {
        return err;
    }
    if (down) {
        return equal ? JET_errSuccess : ese_cursor_look(cursor, ESE_SEEK_LT, key->data, key->size);
    }
    return equal ? look_past_key(cursor, true) : err;
}

static JET_ERR seek_with(struct ese_cursor *cursor, JET_GRBIT grbit, const struct ese_bytes *key)
{
    bool equal = (grbit & JET_bitSeekEQ) != 0, or_equal = (grbit & (JET_bitSeekGE | JET_bitSeekLE)) != 0;
    bool passes = true, only;
    JET_ERR err = look_for(cursor, grbit, key);
    if (err == JET_errSuccess) {
        cursor->where = ESE_ON_RECORD;
        if (cursor->filter != NULL) {
            err = ese_filter_passes(cursor, &passes);
        }
        if (err == JET_errSuccess && !passes) {
            bool forward = (grbit & (JET_bitSeekLT | JET_bitSeekLE)) == 0;
            err = equal ? JET_errRecordNotFound : step(cursor, forward, false);
            err = err == JET_errNoCurrentRecord ? JET_errRecordNotFound : err;
        }
    }
    if (err == JET_errSuccess && compare_to_key(cursor, key) == 0) {
        if (!equal || (grbit & JET_bitCheckUniqueness) == 0) {
            return JET_errSuccess;
        }
        err = is_only_one(cursor, &only);
        return err == JET_errSuccess && only ? JET_wrnUniqueKey : err;
    }
    if (err == JET_errSuccess && !equal) {
        return or_equal ? JET_wrnSeekNotEqual : JET_errSuccess;
    }
    if (err == JET_errSuccess) {
        err = JET_errRecordNotFound;
    }
    if (err == JET_errRecordNotFound) {
        /* Where the record would have been: just before the key for EQ, GE and LT, just behind it for GT and LE. */
        bool after = !equal && (grbit & (JET_bitSeekGE | JET_bitSeekLT)) == 0;
        struct ese_bytes beyond = { NULL, 0, 0 };
        JET_ERR stood = after && cursor->index != NULL ? ese_key_beyond(cursor, key->data, key->size, &beyond)
                                                       : ese_bytes_set(&beyond, key->data, key->size);
        if (stood == JET_errSuccess) {
            stood = stand_in_gap(cursor, beyond.data, beyond.size, after && cursor->index == NULL);
        }
        ese_bytes_free(&beyond);
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
