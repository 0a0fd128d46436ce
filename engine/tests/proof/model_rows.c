/* engine_model: rows. */
#include "engine/tests/proof/model_engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct cursor *cursor_of(struct play *play, const struct model_step *step)
{
    return &play->cursors[step->session][step->table];
}

/* ---- reading --------------------------------------------------------------------------------- */

static void compare_number(struct play *play, const struct model_step *step, JET_TABLEID tableid,
                           enum column column, const char *name, uint32_t key, bool null,
                           int32_t want)
{
    JET_LONG got = 0;
    JET_ULONG size = 0;
    JET_ERR err =
        JetRetrieveColumn(play->sesid[step->session], tableid, play->columns[step->table][column],
                          &got, sizeof got, &size, 0, NULL);
    model_expect(play, err, null ? JET_wrnColumnNull : JET_errSuccess,
                 "s%u JetRetrieveColumn(t%u, row %u, %s)", step->session, step->table, key, name);
    if (!null && (size != 4 || got != want)) {
        model_mismatch(play, "s%u: column %s of row %u in t%u is %ld, must be %d", step->session,
                       name, key, step->table, (long)got, want);
    }
}

static void compare_bytes(struct play *play, const struct model_step *step, JET_TABLEID tableid,
                          enum column column, const char *name, uint32_t key, bool null,
                          const unsigned char *want, uint32_t want_size)
{
    static unsigned char got[LONG_MAX + 1];
    JET_ULONG size = 0;
    JET_ERR err =
        JetRetrieveColumn(play->sesid[step->session], tableid, play->columns[step->table][column],
                          got, sizeof got, &size, 0, NULL);
    model_expect(play, err, null ? JET_wrnColumnNull : JET_errSuccess,
                 "s%u JetRetrieveColumn(t%u, row %u, %s)", step->session, step->table, key, name);
    if (!null && (size != want_size || memcmp(got, want, want_size) != 0)) {
        model_mismatch(play, "s%u: column %s of row %u in t%u has other bytes (%lu, must be %u)",
                       step->session, name, key, step->table, (unsigned long)size, want_size);
    }
    if (!null && want_size > 10 && column == COLUMN_LONG) {
        JET_RETINFO info = {.cbStruct = sizeof info, .itagSequence = 1};
        uint32_t offset = want_size / 3;
        info.ibLongValue = offset;
        err = JetRetrieveColumn(play->sesid[step->session], tableid,
                                play->columns[step->table][column], got, 5, &size, 0, &info);
        model_expect(play, err, JET_wrnBufferTruncated, "s%u JetRetrieveColumn(%s from %u)",
                     step->session, name, offset);
        if (size != want_size - offset || memcmp(got, want + offset, 5) != 0) {
            model_mismatch(play, "s%u: column %s of row %u in t%u reads wrongly from offset %u",
                           step->session, name, key, step->table, offset);
        }
    }
}

static void compare_values(struct play *play, const struct model_step *step, JET_TABLEID tableid,
                           uint32_t key, const struct model_row *row)
{
    for (unsigned i = 0; i <= row->values; i++) {
        JET_LONG got = 0;
        JET_ULONG size = 0;
        JET_RETINFO info = {.cbStruct = sizeof info, .itagSequence = i + 1};
        JET_ERR err = JetRetrieveColumn(play->sesid[step->session], tableid,
                                        play->columns[step->table][COLUMN_VALUES], &got, sizeof got,
                                        &size, 0, &info);
        model_expect(play, err, i < row->values ? JET_errSuccess : JET_wrnColumnNull,
                     "s%u JetRetrieveColumn(t%u, row %u, values, %u)", step->session, step->table,
                     key, i + 1);
        if (i < row->values && got != row->value[i]) {
            model_mismatch(play, "s%u: value %u of row %u in t%u is %ld, must be %d", step->session,
                           i + 1, key, step->table, (long)got, row->value[i]);
        }
    }
}

/* The cursor stands on a row the session sees: all its columns are as they must be. */
void model_compare_row(struct play *play, const struct model_step *step, JET_TABLEID tableid,
                       uint32_t key)
{
    struct model_row row = model_see(&play->model, step->session, step->table, key);
    compare_number(play, step, tableid, COLUMN_KEY, "key", key, false, (int32_t)key);
    compare_number(play, step, tableid, COLUMN_A, "a", key, row.a_null, row.a);
    compare_number(play, step, tableid, COLUMN_U, "u", key, row.u_null, row.u);
    compare_number(play, step, tableid, COLUMN_VERSION, "version", key, false,
                   (int32_t)row.version);
    compare_number(play, step, tableid, COLUMN_NUMBER, "number", key, false, row.number);
    model_body(row.body, row.body_size, play->body);
    compare_bytes(play, step, tableid, COLUMN_BODY, "body", key, row.body_size == 0, play->body,
                  row.body_size);
    compare_values(play, step, tableid, key, &row);
    compare_bytes(play, step, tableid, COLUMN_LONG, "long", key, row.blob == NULL,
                  row.blob != NULL ? row.blob->bytes : NULL, row.blob != NULL ? row.blob->size : 0);
}

/* ---- setting columns ------------------------------------------------------------------------- */

static void set(struct play *play, const struct model_step *step, enum column column,
                const char *name, const void *data, JET_ULONG size, JET_GRBIT grbit,
                JET_SETINFO *info)
{
    JET_ERR err = JetSetColumn(play->sesid[step->session], cursor_of(play, step)->tableid,
                               play->columns[step->table][column], data, size, grbit, info);
    model_expect(play, err, JET_errSuccess, "s%u JetSetColumn(t%u, %s, %lu bytes, tag %lu)",
                 step->session, step->table, name, (unsigned long)size,
                 info != NULL ? (unsigned long)info->itagSequence : 1ul);
}

static void set_number(struct play *play, const struct model_step *step, enum column column,
                       const char *name, bool null, int32_t value)
{
    JET_LONG number = value;
    set(play, step, column, name, null ? NULL : &number, null ? 0 : sizeof number, 0, NULL);
}

/* One of: a value more, one changed, one removed. */
static void set_values(struct play *play, const struct model_step *step, struct model_row *row,
                       uint32_t dice)
{
    JET_SETINFO info = {.cbStruct = sizeof info};
    JET_LONG number = (JET_LONG)(dice >> 8) % 50;
    if (row->values == 0 || (dice % 2 == 0 && row->values < VALUES_MAX)) {
        info.itagSequence = dice % 3 == 0 ? 0 : row->values + 1;
        set(play, step, COLUMN_VALUES, "values", &number, sizeof number, 0, &info);
        row->value[row->values++] = (int32_t)number;
        return;
    }
    unsigned at = (dice >> 4) % row->values;
    info.itagSequence = at + 1;
    if (dice % 3 == 0) {
        set(play, step, COLUMN_VALUES, "values", NULL, 0, 0, &info);
        memmove(&row->value[at], &row->value[at + 1],
                sizeof row->value[0] * (row->values - at - 1));
        row->values--;
    } else {
        set(play, step, COLUMN_VALUES, "values", &number, sizeof number, 0, &info);
        row->value[at] = (int32_t)number;
    }
}

/* Whole, appended to, overwritten in the middle, resized, or NULL. Old values live to the end of
 * the run: a version may need them. */
static void set_long(struct play *play, const struct model_step *step, struct model_row *row,
                     uint32_t dice)
{
    uint32_t most = play->has_long_values ? LONG_MAX : 200;
    uint32_t old = row->blob != NULL ? row->blob->size : 0, kind = dice % 6, begin = 0;
    uint32_t size = 1 + (dice >> 4) % (dice % 3 == 0 ? most / 4 : 100);
    JET_GRBIT grbit = 0;
    JET_SETINFO info = {.cbStruct = sizeof info, .itagSequence = 1};
    if (kind == 0) {
        set(play, step, COLUMN_LONG, "long", NULL, 0, 0, NULL);
        row->blob = NULL;
        return;
    }
    if (kind == 1 && old > 0) {
        grbit = JET_bitSetAppendLV;
        begin = old;
    } else if (kind == 2 && old > 0) {
        grbit = JET_bitSetOverwriteLV;
        begin = (dice >> 8) % old;
        info.ibLongValue = begin;
    }
    size = begin + size > most ? most - begin : size;
    if (size == 0) {
        return;
    }
    uint32_t total = grbit != 0 && begin + size < old ? old : begin + size;
    struct model_blob *blob = calloc(1, sizeof *blob + total);
    if (blob == NULL) {
        proof_fail("out of memory");
    }
    blob->next = play->model.blobs;
    play->model.blobs = blob;
    blob->size = total;
    if (grbit != 0) {
        memcpy(blob->bytes, row->blob->bytes, old);
    }
    model_body(dice, size, play->body);
    memcpy(blob->bytes + begin, play->body, size);
    set(play, step, COLUMN_LONG, "long", play->body, size, grbit, grbit != 0 ? &info : NULL);
    row->blob = blob;
}

static void set_some(struct play *play, const struct model_step *step, struct model_row *row,
                     bool all)
{
    const uint32_t *r = step->r;
    if (all || r[1] % 2 == 0) {
        row->a_null = r[2] % 7 == 0;
        row->a = (int32_t)(r[2] >> 4) % 6 - 2;
        set_number(play, step, COLUMN_A, "a", row->a_null, row->a);
    }
    if (all || r[1] % 5 == 0) {
        row->u_null = r[3] % 3 == 0;
        row->u = (int32_t)(r[3] >> 4) % 15;
        set_number(play, step, COLUMN_U, "u", row->u_null, row->u);
    }
    if (all || r[1] % 3 == 0) {
        row->body_size = (r[4] >> 4) % (BODY_MAX + 1);
        row->body = r[4];
        model_body(row->body, row->body_size, play->body);
        set(play, step, COLUMN_BODY, "body", row->body_size != 0 ? play->body : NULL,
            row->body_size, 0, NULL);
    }
    if (r[5] % 3 == 0) {
        set_values(play, step, row, r[5] >> 2);
    }
    if (r[6] % 4 == 0) {
        set_long(play, step, row, r[6] >> 2);
    }
}

/* ---- changes --------------------------------------------------------------------------------- */

static bool is_read_only(const struct play *play, const struct model_step *step)
{
    return play->model.sessions[step->session].read_only;
}

static void cancel(struct play *play, const struct model_step *step)
{
    model_expect(play,
                 JetPrepareUpdate(play->sesid[step->session], cursor_of(play, step)->tableid,
                                  JET_prepCancel),
                 JET_errSuccess, "s%u JetPrepareUpdate(t%u, cancel)", step->session, step->table);
}

/* Answers an update may have because of the unique index; false: it cannot be told. */
static bool unique_answers(struct play *play, const struct model_step *step, uint32_t key,
                           const struct model_row *row, JET_ERR answers[4], unsigned *count)
{
    struct model_row before = model_see(&play->model, step->session, step->table, key);
    bool same = before.present && !before.u_null && before.u == row->u;
    *count = 0;
    if (row->u_null || same || !play->has_indexes) {
        answers[(*count)++] = JET_errSuccess;
        return true;
    }
    switch (model_unique(&play->model, step->session, step->table, key, row->u)) {
    case MODEL_FREE:
        answers[(*count)++] = JET_errSuccess;
        return true;
    case MODEL_TAKEN:
        answers[(*count)++] = JET_errKeyDuplicate;
        return true;
    case MODEL_DISPUTED:
        answers[(*count)++] = JET_errKeyDuplicate;
        answers[(*count)++] = JET_errWriteConflict;
        return true;
    default:
        return false;
    }
}

static JET_ERR update(struct play *play, const struct model_step *step, const JET_ERR *answers,
                      unsigned count)
{
    JET_ERR err =
        JetUpdate(play->sesid[step->session], cursor_of(play, step)->tableid, NULL, 0, NULL);
    model_expect_any(play, err, answers, count, "s%u JetUpdate(t%u)", step->session, step->table);
    if (err < JET_errSuccess) {
        cancel(play, step);
    }
    return err;
}

void model_insert(struct play *play, const struct model_step *step)
{
    struct cursor *cursor = cursor_of(play, step);
    JET_SESID sesid = play->sesid[step->session];
    uint32_t key = step->r[0] % KEYS;
    struct model_row row = {.present = true};
    JET_ERR answers[4];
    unsigned count;
    JET_LONG number = 0;
    JET_ERR err = JetPrepareUpdate(sesid, cursor->tableid, JET_prepInsert);
    bool read_only = is_read_only(play, step);
    model_expect(play, err, read_only ? JET_errTransReadOnly : JET_errSuccess,
                 "s%u JetPrepareUpdate(t%u, insert) of row %u", step->session, step->table, key);
    if (read_only) {
        return;
    }
    set_number(play, step, COLUMN_KEY, "key", false, (int32_t)key);
    set_some(play, step, &row, true);
    model_expect(
        play,
        JetRetrieveColumn(sesid, cursor->tableid, play->columns[step->table][COLUMN_NUMBER],
                          &number, sizeof number, NULL, JET_bitRetrieveCopy, NULL),
        JET_errSuccess, "s%u JetRetrieveColumn(t%u, copy, number)", step->session, step->table);
    if (number <= play->model.numbers[step->table]) {
        model_mismatch(play, "s%u: the auto-increment value %ld of t%u does not follow %d",
                       step->session, (long)number, step->table, play->model.numbers[step->table]);
    }
    play->model.numbers[step->table] = (int32_t)number;
    row.number = (int32_t)number;
    if (!unique_answers(play, step, key, &row, answers, &count)) {
        cancel(play, step);
        return;
    }
    if (model_conflict(&play->model, step->session, step->table, key, false) ||
        model_see(&play->model, step->session, step->table, key).present) {
        bool only = answers[0] == JET_errSuccess;
        answers[0] = JET_errKeyDuplicate;
        count = only ? 1 : count;
    }
    if (update(play, step, answers, count) >= JET_errSuccess) {
        model_write(&play->model, step->session, step->table, key, &row);
        model_view_changed(play, step->session);
    }
}

/* What a call that needs a current row answers when there is none; JET_errSuccess: there is one.
 * NOWHERE is not asked. */
static JET_ERR current(const struct play *play, const struct model_step *step)
{
    const struct cursor *cursor = &play->cursors[step->session][step->table];
    if (cursor->where != ON_ROW) {
        return JET_errNoCurrentRecord;
    }
    return model_see(&play->model, step->session, step->table, cursor->key).present
               ? JET_errSuccess
               : JET_errRecordDeleted;
}

void model_replace(struct play *play, const struct model_step *step)
{
    struct cursor *cursor = cursor_of(play, step);
    bool no_lock = step->r[7] % 3 == 0;
    bool inside = play->model.sessions[step->session].level > 0;
    if (cursor->where == NOWHERE) {
        return;
    }
    bool conflict = cursor->where == ON_ROW &&
                    model_conflict(&play->model, step->session, step->table, cursor->key, false);
    JET_ERR want = is_read_only(play, step) ? JET_errTransReadOnly : current(play, step);
    if (want == JET_errSuccess && conflict && inside && !no_lock) {
        want = JET_errWriteConflict;
    }
    JET_ERR err = JetPrepareUpdate(play->sesid[step->session], cursor->tableid,
                                   no_lock ? JET_prepReplaceNoLock : JET_prepReplace);
    model_expect(play, err, want, "s%u JetPrepareUpdate(t%u, replace%s) of row %u", step->session,
                 step->table, no_lock ? " without lock" : "", cursor->key);
    if (want != JET_errSuccess) {
        return;
    }
    if (inside && !no_lock) {
        model_lock(&play->model, step->session, step->table, cursor->key, true);
    }
    struct model_row row = model_see(&play->model, step->session, step->table, cursor->key);
    JET_ERR answers[4];
    unsigned count;
    set_some(play, step, &row, false);
    if (!unique_answers(play, step, cursor->key, &row, answers, &count)) {
        cancel(play, step);
        return;
    }
    if (conflict) {
        bool only = answers[0] == JET_errSuccess;
        count = only ? 0 : count;
        answers[count++] = JET_errWriteConflict;
    }
    if (update(play, step, answers, count) >= JET_errSuccess) {
        row.version++;
        model_write(&play->model, step->session, step->table, cursor->key, &row);
        model_view_changed(play, step->session);
    }
}

void model_delete(struct play *play, const struct model_step *step)
{
    struct cursor *cursor = cursor_of(play, step);
    if (cursor->where == NOWHERE) {
        return;
    }
    JET_ERR want = is_read_only(play, step) ? JET_errTransReadOnly : current(play, step);
    if (want == JET_errSuccess &&
        model_conflict(&play->model, step->session, step->table, cursor->key, false)) {
        want = JET_errWriteConflict;
    }
    model_expect(play, JetDelete(play->sesid[step->session], cursor->tableid), want,
                 "s%u JetDelete(t%u) of row %u", step->session, step->table, cursor->key);
    if (want == JET_errSuccess) {
        struct model_row row = {.present = false};
        model_write(&play->model, step->session, step->table, cursor->key, &row);
        model_view_changed(play, step->session);
    }
}

void model_lock_row(struct play *play, const struct model_step *step)
{
    struct cursor *cursor = cursor_of(play, step);
    bool write = step->r[0] % 2 == 0;
    if (cursor->where == NOWHERE) {
        return;
    }
    JET_ERR want = is_read_only(play, step) ? JET_errTransReadOnly : JET_errSuccess;
    if (want == JET_errSuccess && play->model.sessions[step->session].level == 0) {
        want = JET_errNotInTransaction;
    }
    if (want == JET_errSuccess) {
        want = current(play, step);
    }
    if (want == JET_errSuccess &&
        model_conflict(&play->model, step->session, step->table, cursor->key, !write)) {
        want = JET_errWriteConflict;
    }
    model_expect(play,
                 JetGetLock(play->sesid[step->session], cursor->tableid,
                            write ? JET_bitWriteLock : JET_bitReadLock),
                 want, "s%u JetGetLock(t%u, %s) of row %u", step->session, step->table,
                 write ? "write" : "read", cursor->key);
    if (want == JET_errSuccess) {
        model_lock(&play->model, step->session, step->table, cursor->key, write);
    }
}

/* A replacement that is prepared and cancelled: the lock stays. */
void model_cancel(struct play *play, const struct model_step *step)
{
    struct cursor *cursor = cursor_of(play, step);
    bool inside = play->model.sessions[step->session].level > 0;
    if (cursor->where == NOWHERE) {
        return;
    }
    JET_ERR want = is_read_only(play, step) ? JET_errTransReadOnly : current(play, step);
    if (want == JET_errSuccess && inside &&
        model_conflict(&play->model, step->session, step->table, cursor->key, false)) {
        want = JET_errWriteConflict;
    }
    model_expect(
        play, JetPrepareUpdate(play->sesid[step->session], cursor->tableid, JET_prepReplace), want,
        "s%u JetPrepareUpdate(t%u, replace) of row %u", step->session, step->table, cursor->key);
    if (want == JET_errSuccess) {
        struct model_row row = model_see(&play->model, step->session, step->table, cursor->key);
        set_some(play, step, &row, false);
        cancel(play, step);
        if (inside) {
            model_lock(&play->model, step->session, step->table, cursor->key, true);
        }
    }
}
