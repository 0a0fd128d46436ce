/* engine_model: where cursors stand and what they see from there. */
#include "engine/tests/proof/model_engine.h"

#include <stdio.h>
#include <string.h>

static struct cursor *cursor_of(struct play *play, const struct model_step *step)
{
    return &play->cursors[step->session][step->table];
}

/* Place of the key in an order, or -1. */
static int place_of(const uint32_t *keys, unsigned count, uint32_t key)
{
    for (unsigned i = 0; i < count; i++) {
        if (keys[i] == key) {
            return (int)i;
        }
    }
    return -1;
}

/* ---- seeking --------------------------------------------------------------------------------- */

static void make_key(struct play *play, const struct model_step *step, JET_LONG value, bool null)
{
    model_expect(play,
                 JetMakeKey(play->sesid[step->session], cursor_of(play, step)->tableid,
                            null ? NULL : &value, null ? 0 : sizeof value, JET_bitNewKey),
                 JET_errSuccess, "s%u JetMakeKey(t%u, %ld)", step->session, step->table,
                 (long)value);
}

static bool is_at_least(const struct model_row *row, uint32_t key, bool by_a, JET_LONG value,
                        bool or_equal)
{
    JET_LONG own = by_a ? row->a : (JET_LONG)key;
    return !(by_a && row->a_null) && (or_equal ? own >= value : own > value);
}

/* How many of the rows in the order lie before the first one that is >= (or >) the value. */
static unsigned lower(const struct play *play, const struct model_step *step, const uint32_t *keys,
                      unsigned count, bool by_a, JET_LONG value, bool or_equal)
{
    unsigned at = 0;
    for (; at < count; at++) {
        struct model_row row = model_see(&play->model, step->session, step->table, keys[at]);
        if (is_at_least(&row, keys[at], by_a, value, or_equal)) {
            break;
        }
    }
    return at;
}

void model_seek(struct play *play, const struct model_step *step)
{
    static const struct {
        JET_GRBIT grbit;
        const char *name;
    } kinds[] = {{JET_bitSeekEQ, "EQ"}, {JET_bitSeekGE, "GE"}, {JET_bitSeekGT, "GT"},
                 {JET_bitSeekLE, "LE"}, {JET_bitSeekLT, "LT"}, {JET_bitSeekEQ, "EQ"}};
    struct cursor *cursor = cursor_of(play, step);
    unsigned kind = step->r[0] % (sizeof kinds / sizeof kinds[0]);
    JET_GRBIT grbit = kinds[kind].grbit;
    JET_LONG value = cursor->by_a ? (JET_LONG)(step->r[1] % 8) - 3 : (JET_LONG)(step->r[1] % KEYS);
    uint32_t keys[KEYS];
    unsigned count = model_order(&play->model, step->session, step->table, cursor->by_a, keys);
    unsigned first = lower(play, step, keys, count, cursor->by_a, value, true);
    unsigned past = lower(play, step, keys, count, cursor->by_a, value, false);
    bool there = past > first;
    int found = grbit == JET_bitSeekEQ   ? (there ? (int)first : -1)
                : grbit == JET_bitSeekGE ? (int)first
                : grbit == JET_bitSeekGT ? (int)past
                : grbit == JET_bitSeekLE ? (int)past - 1
                                         : (int)first - 1;
    found = found >= (int)count ? -1 : found;
    /* LE: the original, too, goes to an equal one; which of several is not said. */
    JET_ERR want = found < 0 ? JET_errRecordNotFound : JET_errSuccess;
    if (found >= 0 && !there && (grbit == JET_bitSeekGE || grbit == JET_bitSeekLE)) {
        want = JET_wrnSeekNotEqual;
    }
    make_key(play, step, value, false);
    model_expect(play, JetSeek(play->sesid[step->session], cursor->tableid, grbit), want,
                 "s%u JetSeek(t%u, %s, %s %ld)", step->session, step->table, kinds[kind].name,
                 cursor->by_a ? "a" : "key", (long)value);
    if (found < 0) {
        cursor->where = NOWHERE;
        if (!cursor->by_a && grbit == JET_bitSeekEQ) {
            cursor->where = BEFORE_KEY;
            cursor->key = (uint32_t)value;
        }
        return;
    }
    cursor->where = ON_ROW;
    cursor->key = keys[found];
    if (cursor->by_a && grbit == JET_bitSeekLE && there && past - first > 1) {
        cursor->where = NOWHERE;
    } else {
        model_compare_row(play, step, cursor->tableid, cursor->key);
    }
}

/* ---- moving ---------------------------------------------------------------------------------- */

static JET_ERR move(struct play *play, const struct model_step *step, JET_LONG rows, JET_ERR want)
{
    struct cursor *cursor = cursor_of(play, step);
    return model_expect(play, JetMove(play->sesid[step->session], cursor->tableid, rows, 0), want,
                        "s%u JetMove(t%u, %ld)", step->session, step->table, (long)rows);
}

static void move_to_end(struct play *play, const struct model_step *step, bool first)
{
    struct cursor *cursor = cursor_of(play, step);
    uint32_t keys[KEYS];
    unsigned count = model_order(&play->model, step->session, step->table, cursor->by_a, keys);
    move(play, step, (JET_LONG)(first ? JET_MoveFirst : JET_MoveLast),
         count > 0 ? JET_errSuccess : JET_errNoCurrentRecord);
    cursor->where = count > 0 ? ON_ROW : NOWHERE;
    if (count > 0) {
        cursor->key = keys[first ? 0 : count - 1];
        model_compare_row(play, step, cursor->tableid, cursor->key);
    }
}

static void move_by(struct play *play, const struct model_step *step, int rows)
{
    struct cursor *cursor = cursor_of(play, step);
    uint32_t keys[KEYS];
    unsigned count = model_order(&play->model, step->session, step->table, cursor->by_a, keys);
    int before = 0; /* rows before the place of the cursor */
    bool on = false;
    switch (cursor->where) {
    case AT_START:
        before = 0;
        break;
    case AT_END:
        before = (int)count;
        break;
    default:
        if (cursor->by_a) { /* it is on a row the session sees */
            before = place_of(keys, count, cursor->key);
            on = true;
        } else {
            while (before < (int)count && keys[before] < cursor->key) {
                before++;
            }
            on = before < (int)count && keys[before] == cursor->key && cursor->where != BEFORE_KEY;
            if (cursor->where == BEFORE_KEY && before < (int)count && keys[before] == cursor->key) {
                return; /* a row has come where a seek found none: what is next is not said */
            }
        }
        break;
    }
    int to = rows > 0 ? before + rows - (on ? 0 : 1) : before + rows;
    bool there = to >= 0 && to < (int)count;
    move(play, step, (JET_LONG)rows, there ? JET_errSuccess : JET_errNoCurrentRecord);
    cursor->where = there ? ON_ROW : to < 0 ? AT_START : AT_END;
    if (there) {
        cursor->key = keys[to];
        model_compare_row(play, step, cursor->tableid, cursor->key);
    }
}

void model_move(struct play *play, const struct model_step *step)
{
    struct cursor *cursor = cursor_of(play, step);
    uint32_t kind = step->r[0] % 12;
    if (kind < 2) {
        move_to_end(play, step, kind == 0);
        return;
    }
    if (cursor->where == NOWHERE) {
        return;
    }
    if (kind == 2) {
        bool there = cursor->where == ON_ROW &&
                     model_see(&play->model, step->session, step->table, cursor->key).present;
        move(play, step, 0,
             there                     ? JET_errSuccess
             : cursor->where == ON_ROW ? JET_errRecordDeleted
                                       : JET_errNoCurrentRecord);
        return;
    }
    static const int rows[] = {1, -1, 1, -1, 1, 1, -2, 3, 4};
    move_by(play, step, rows[kind - 3]);
}

void model_retrieve(struct play *play, const struct model_step *step)
{
    struct cursor *cursor = cursor_of(play, step);
    JET_LONG value;
    if (cursor->where == NOWHERE) {
        return;
    }
    if (cursor->where == ON_ROW &&
        model_see(&play->model, step->session, step->table, cursor->key).present) {
        model_compare_row(play, step, cursor->tableid, cursor->key);
        return;
    }
    model_expect(play,
                 JetRetrieveColumn(play->sesid[step->session], cursor->tableid,
                                   play->columns[step->table][COLUMN_A], &value, sizeof value, NULL,
                                   0, NULL),
                 cursor->where == ON_ROW ? JET_errRecordDeleted : JET_errNoCurrentRecord,
                 "s%u JetRetrieveColumn(t%u) without a row", step->session, step->table);
}

/* ---- counting, ranges, everything ------------------------------------------------------------ */

void model_count(struct play *play, const struct model_step *step)
{
    struct cursor *cursor = cursor_of(play, step);
    uint32_t keys[KEYS];
    JET_ULONG counted = 0, limit = step->r[0] % 3 == 0 ? 1 + step->r[1] % 5 : 0;
    if (cursor->where != ON_ROW ||
        !model_see(&play->model, step->session, step->table, cursor->key).present) {
        return;
    }
    unsigned count = model_order(&play->model, step->session, step->table, cursor->by_a, keys);
    JET_ULONG want = (JET_ULONG)((int)count - place_of(keys, count, cursor->key));
    want = limit != 0 && limit < want ? limit : want;
    model_expect(play,
                 JetIndexRecordCount(play->sesid[step->session], cursor->tableid, &counted, limit),
                 JET_errSuccess, "s%u JetIndexRecordCount(t%u, limit %lu)", step->session,
                 step->table, (unsigned long)limit);
    if (counted != want) {
        model_mismatch(play, "s%u: JetIndexRecordCount in t%u finds %lu, must find %lu",
                       step->session, step->table, (unsigned long)counted, (unsigned long)want);
    }
}

/* From one value up or down to another: seek, range, count, walk to its end. */
void model_range(struct play *play, const struct model_step *step)
{
    struct cursor *cursor = cursor_of(play, step);
    JET_SESID sesid = play->sesid[step->session];
    uint32_t keys[KEYS];
    bool up = step->r[0] % 2 == 0, inclusive = step->r[0] % 3 == 0;
    int span = cursor->by_a ? 8 : KEYS, base = cursor->by_a ? -3 : 0;
    JET_LONG low = base + (JET_LONG)(step->r[1] % (uint32_t)span);
    JET_LONG high = base + (JET_LONG)(step->r[2] % (uint32_t)span);
    if (low > high) {
        JET_LONG swap = low;
        low = high;
        high = swap;
    }
    unsigned count = model_order(&play->model, step->session, step->table, cursor->by_a, keys);
    int begin = (int)lower(play, step, keys, count, cursor->by_a, low, up || inclusive);
    int end = (int)lower(play, step, keys, count, cursor->by_a, high, !(!up || inclusive));
    cursor->where = NOWHERE;
    if (up ? begin >= (int)count : end <= 0) {
        return;
    }
    make_key(play, step, up ? low : high, false);
    JET_ERR err = JetSeek(sesid, cursor->tableid, up ? JET_bitSeekGE : JET_bitSeekLE);
    if (err < JET_errSuccess) {
        model_mismatch(play, "s%u: the beginning of a range is not found in t%u: %ld",
                       step->session, step->table, (long)err);
    }
    if (!up) { /* to the last of several equal ones, for LE finds one of them */
        make_key(play, step, high, false);
        err = JetSeek(sesid, cursor->tableid, JET_bitSeekGT);
        err = err < JET_errSuccess ? JetMove(sesid, cursor->tableid, (JET_LONG)JET_MoveLast, 0)
                                   : JetMove(sesid, cursor->tableid, -1, 0);
        model_expect(play, err, JET_errSuccess, "s%u to the end of the range in t%u", step->session,
                     step->table);
    }
    make_key(play, step, up ? high : low, false);
    JET_GRBIT grbit = (up ? JET_bitRangeUpperLimit : 0) | (inclusive ? JET_bitRangeInclusive : 0);
    int rows = end - begin;
    model_expect(play, JetSetIndexRange(sesid, cursor->tableid, grbit),
                 rows > 0 ? JET_errSuccess : JET_errNoCurrentRecord,
                 "s%u JetSetIndexRange(t%u, %ld to %ld, grbit %lx)", step->session, step->table,
                 (long)(up ? low : high), (long)(up ? high : low), (unsigned long)grbit);
    if (rows <= 0) {
        return;
    }
    JET_ULONG counted = 0;
    model_expect(play, JetIndexRecordCount(sesid, cursor->tableid, &counted, 0), JET_errSuccess,
                 "s%u JetIndexRecordCount(t%u)", step->session, step->table);
    if ((int)counted != rows) {
        model_mismatch(play, "s%u: a range of t%u holds %lu rows, must hold %d", step->session,
                       step->table, (unsigned long)counted, rows);
    }
    for (int i = 0; i < rows; i++) {
        model_compare_row(play, step, cursor->tableid, keys[up ? begin + i : end - 1 - i]);
        move(play, step, up ? 1 : -1, i + 1 < rows ? JET_errSuccess : JET_errNoCurrentRecord);
    }
}

/* All rows the session sees, in both directions. */
void model_dump(struct play *play, const struct model_step *step)
{
    struct cursor *cursor = cursor_of(play, step);
    uint32_t keys[KEYS];
    bool up = step->r[0] % 2 == 0;
    unsigned count = model_order(&play->model, step->session, step->table, cursor->by_a, keys);
    move_to_end(play, step, up);
    for (unsigned i = 1; i <= count; i++) {
        move(play, step, up ? 1 : -1, i < count ? JET_errSuccess : JET_errNoCurrentRecord);
        if (i < count) {
            model_compare_row(play, step, cursor->tableid, keys[up ? i : count - 1 - i]);
        }
    }
    cursor->where = NOWHERE;
    model_check_schema(play, step->session, step->table);
}

/* ---- indexes and bookmarks ------------------------------------------------------------------- */

void model_index(struct play *play, const struct model_step *step)
{
    struct cursor *cursor = cursor_of(play, step);
    uint32_t keys[KEYS];
    if (!play->has_indexes) {
        return;
    }
    cursor->by_a = !cursor->by_a;
    unsigned count = model_order(&play->model, step->session, step->table, cursor->by_a, keys);
    model_expect(play,
                 JetSetCurrentIndexA(play->sesid[step->session], cursor->tableid,
                                     cursor->by_a ? "a" : "primary"),
                 JET_errSuccess, "s%u JetSetCurrentIndex(t%u, %s)", step->session, step->table,
                 cursor->by_a ? "a" : "primary");
    cursor->where = count > 0 ? ON_ROW : NOWHERE;
    if (count > 0) {
        cursor->key = keys[0];
        model_compare_row(play, step, cursor->tableid, cursor->key);
    }
}

/* Away from the row and back. */
void model_bookmark(struct play *play, const struct model_step *step)
{
    struct cursor *cursor = cursor_of(play, step);
    JET_SESID sesid = play->sesid[step->session];
    unsigned char bookmark[JET_cbBookmarkMost];
    JET_ULONG size = 0;
    if (cursor->where != ON_ROW ||
        !model_see(&play->model, step->session, step->table, cursor->key).present) {
        return;
    }
    model_expect(play, JetGetBookmark(sesid, cursor->tableid, bookmark, sizeof bookmark, &size),
                 JET_errSuccess, "s%u JetGetBookmark(t%u)", step->session, step->table);
    model_expect(play,
                 JetMove(sesid, cursor->tableid,
                         (JET_LONG)(step->r[0] % 2 == 0 ? JET_MoveFirst : JET_MoveLast), 0),
                 JET_errSuccess, "s%u JetMove(t%u) to an end", step->session, step->table);
    model_expect(play, JetGotoBookmark(sesid, cursor->tableid, bookmark, size), JET_errSuccess,
                 "s%u JetGotoBookmark(t%u, row %u)", step->session, step->table, cursor->key);
    model_compare_row(play, step, cursor->tableid, cursor->key);
}
