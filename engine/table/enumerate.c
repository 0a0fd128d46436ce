/* All columns of a record at once, in memory that the caller's function provides. */
#include "engine/table/long_value.h"

/* The value of one column; struct work: what is the same for all of them. */
struct work {
    struct ese_cursor *cursor;
    const struct ese_bytes *record;
    struct ese_enumeration *enumeration;
};

static void *allocate(const struct work *work, size_t size)
{
    return size > UINT32_MAX ? NULL : work->enumeration->allocate(work->enumeration->context, NULL, (JET_ULONG)size);
}

static void give_back(const struct ese_enumeration *enumeration, void *block)
{
    if (block != NULL) {
        (void)enumeration->allocate(enumeration->context, block, 0);
    }
}

static bool asks(const struct work *work, JET_GRBIT bit)
{
    return (work->enumeration->grbit & bit) != 0;
}

/* ---- values ---------------------------------------------------------------------------------------------- */

/* Data of one value that is there. *err: its status. */
static JET_ERR fetch(const struct work *work, const struct ese_value *value, void **data, JET_ULONG *size, JET_ERR *err)
{
    uint32_t whole = value->size;
    JET_ERR result = JET_errSuccess;
    *data = NULL;
    *size = 0;
    *err = JET_errSuccess;
    if (value->separate && asks(work, JET_bitEnumerateInRecordOnly)) {
        *err = JET_wrnColumnNotInRecord;
        return JET_errSuccess;
    }
    if (value->separate) {
        result = ese_long_value_size(work->cursor, value, &whole);
        if (result == JET_errSuccess && whole > work->enumeration->most) {
            whole = work->enumeration->most;
            *err = JET_wrnColumnTruncated;
        }
    }
    if (result != JET_errSuccess || whole == 0) {
        return result;
    }
    void *block = allocate(work, whole);
    if (block == NULL) {
        return JET_errOutOfMemory;
    }
    if (value->separate) {
        result = ese_long_value_read(work->cursor, value, 0, block, whole);
    } else {
        memcpy(block, value->data, whole);
    }
    if (result != JET_errSuccess) {
        give_back(work->enumeration, block);
        return result;
    }
    *data = block;
    *size = whole;
    return JET_errSuccess;
}

/* The sequence-th value, its default included; false: NULL. */
static bool find(const struct work *work, const struct ese_column *column, uint32_t sequence, struct ese_value *value)
{
    if (ese_record_get(work->record, column->id, sequence, value)) {
        return !value->null;
    }
    if (sequence != 1 || column->default_size == 0 || asks(work, JET_bitEnumerateIgnoreDefault)) {
        return false;
    }
    *value = (struct ese_value){ column->default_value, column->default_size, false, false };
    return true;
}

static JET_ERR fill_value(const struct work *work, const struct ese_column *column, uint32_t sequence,
                          JET_ENUMCOLUMNVALUE *out)
{
    struct ese_value value;
    out->itagSequence = sequence;
    out->err = JET_wrnColumnNull;
    if (sequence == 0) {
        out->err = JET_wrnColumnSkipped;
    } else if (find(work, column, sequence, &value)) {
        if (!asks(work, JET_bitEnumeratePresenceOnly)) {
            return fetch(work, &value, &out->pvData, &out->cbData, &out->err);
        }
        out->err = JET_wrnColumnPresent;
    }
    return JET_errSuccess;
}

/* Values of the numbers in tags, or with tags NULL the first `count`. */
static JET_ERR fill_values(const struct work *work, const struct ese_column *column, const JET_ULONG *tags,
                           uint32_t count, JET_ENUMCOLUMN *out)
{
    out->rgEnumColumnValue = allocate(work, (size_t)count * sizeof *out->rgEnumColumnValue);
    if (out->rgEnumColumnValue == NULL) {
        return JET_errOutOfMemory;
    }
    memset(out->rgEnumColumnValue, 0, (size_t)count * sizeof *out->rgEnumColumnValue);
    out->cEnumColumnValue = count;
    JET_ERR err = JET_errSuccess;
    for (uint32_t i = 0; err == JET_errSuccess && i < count; i++) {
        err = fill_value(work, column, tags != NULL ? tags[i] : i + 1, &out->rgEnumColumnValue[i]);
    }
    return err;
}

/* ---- user-defined defaults ------------------------------------------------------------------------------- */

#define FIRST_ROOM 256u

static bool is_computed(const struct work *work, const struct ese_column *column)
{
    return column->definition_size != 0 && ese_record_values(work->record, column->id) == 0 &&
           !asks(work, JET_bitEnumerateIgnoreDefault) && !asks(work, JET_bitEnumerateIgnoreUserDefinedDefault);
}

/* Asks the application for the value; no lock is held meanwhile. *data NULL, *err JET_wrnColumnNull: there is none. */
static JET_ERR compute(const struct work *work, struct ese_column *column, void **data, JET_ULONG *size, JET_ERR *err)
{
    struct ese_enumeration *enumeration = work->enumeration;
    uint32_t room = FIRST_ROOM, whole = 0;
    JET_ERR result = JET_wrnBufferTruncated;
    *data = NULL;
    ese_rwlock_read_unlock(&work->cursor->table->lock);
    for (unsigned tries = 0; tries < 3 && result == JET_wrnBufferTruncated; tries++) {
        give_back(enumeration, *data);
        room = whole > room ? whole : room;
        *data = allocate(work, room);
        result = *data == NULL ? JET_errOutOfMemory
                               : ese_column_compute(work->cursor, column, *data, room, &whole);
    }
    ese_rwlock_read(&work->cursor->table->lock);
    if (result < JET_errSuccess || result == JET_wrnColumnNull) {
        give_back(enumeration, *data);
        *data = NULL;
        whole = 0;
    }
    *size = whole < room ? whole : room;
    *err = result == JET_wrnColumnNull ? result : result == JET_wrnBufferTruncated ? JET_wrnColumnTruncated : JET_errSuccess;
    return result < JET_errSuccess ? result : JET_errSuccess;
}

static JET_ERR fill_computed(const struct work *work, struct ese_column *column, JET_ENUMCOLUMN *out)
{
    void *data;
    JET_ULONG size;
    JET_ERR status, err = compute(work, column, &data, &size, &status);
    if (err != JET_errSuccess || status == JET_wrnColumnNull || asks(work, JET_bitEnumeratePresenceOnly)) {
        give_back(work->enumeration, err == JET_errSuccess ? data : NULL);
        out->err = status == JET_wrnColumnNull ? JET_wrnColumnNull : JET_wrnColumnPresent;
        return err;
    }
    out->rgEnumColumnValue = allocate(work, sizeof *out->rgEnumColumnValue);
    if (out->rgEnumColumnValue == NULL) {
        give_back(work->enumeration, data);
        return JET_errOutOfMemory;
    }
    out->cEnumColumnValue = 1;
    out->rgEnumColumnValue[0] = (JET_ENUMCOLUMNVALUE){ 1, status, size, data };
    return JET_errSuccess;
}

/* ---- columns --------------------------------------------------------------------------------------------- */

/* All values of a column. */
static JET_ERR fill_column(const struct work *work, const struct ese_column *column, JET_ENUMCOLUMN *out)
{
    struct ese_value value;
    uint32_t values = ese_record_values(work->record, column->id), count = values != 0 ? values : 1;
    bool any = false;
    if (is_computed(work, column)) {
        return fill_computed(work, ese_table_by_id(work->cursor->table, column->id), out);
    }
    for (uint32_t i = 1; i <= count && !any; i++) {
        any = find(work, column, i, &value);
    }
    if (!any || asks(work, JET_bitEnumeratePresenceOnly)) {
        out->err = any ? JET_wrnColumnPresent : JET_wrnColumnNull;
        return JET_errSuccess;
    }
    if (count > 1 || !asks(work, JET_bitEnumerateCompressOutput)) {
        return fill_values(work, column, NULL, count, out);
    }
    void *data;
    JET_ULONG size;
    JET_ERR status, err = fetch(work, &value, &data, &size, &status);
    if (err == JET_errSuccess && status != JET_errSuccess) {
        give_back(work->enumeration, data);         /* there is something to say about it: in the long form */
        return fill_values(work, column, NULL, count, out);
    }
    if (err == JET_errSuccess) {
        out->err = JET_wrnColumnSingleValue;
        out->cbData = size;
        out->pvData = data;
    }
    return err;
}

/* Is the column among "all" of them? */
static bool belongs(const struct work *work, const struct ese_column *column)
{
    if (!ese_column_is_visible(column, work->cursor->trx)) {
        return false;
    }
    if (ese_record_values(work->record, column->id) != 0) {
        return ese_columnid_is_tagged(column->id) || !asks(work, JET_bitEnumerateTaggedOnly);
    }
    if (asks(work, JET_bitEnumerateIgnoreDefault)) {
        return false;
    }
    if (column->definition_size != 0) {
        return is_computed(work, column);
    }
    return ese_columnid_is_tagged(column->id) ? column->default_size != 0 : !asks(work, JET_bitEnumerateTaggedOnly);
}

static JET_ERR fill_all(const struct work *work)
{
    const struct ese_table *table = work->cursor->table;
    struct ese_enumeration *enumeration = work->enumeration;
    JET_ERR err = JET_errSuccess;
    uint32_t count = 0;
    for (uint32_t i = 0; i < table->columns; i++) {
        count += belongs(work, table->column[i]) ? 1 : 0;
    }
    if (count == 0) {
        return JET_errSuccess;
    }
    enumeration->columns = allocate(work, count * sizeof *enumeration->columns);
    if (enumeration->columns == NULL) {
        return JET_errOutOfMemory;
    }
    memset(enumeration->columns, 0, count * sizeof *enumeration->columns);
    for (uint32_t id = 1; err == JET_errSuccess && id < table->by_id_room; id++) {
        const struct ese_column *column = table->by_id[id];
        if (column != NULL && belongs(work, column)) {
            JET_ENUMCOLUMN *out = &enumeration->columns[enumeration->count++];
            out->columnid = id;
            err = fill_column(work, column, out);
        }
    }
    return err;
}

/* The columns asked for. *bad: the first error that only concerns its column. */
static JET_ERR fill_some(const struct work *work, JET_ERR *bad)
{
    struct ese_enumeration *enumeration = work->enumeration;
    size_t size = (size_t)enumeration->id_count * sizeof *enumeration->columns;
    JET_ERR err = JET_errSuccess;
    enumeration->columns = allocate(work, size);
    if (enumeration->columns == NULL) {
        return JET_errOutOfMemory;
    }
    memset(enumeration->columns, 0, size);
    enumeration->count = enumeration->id_count;
    for (uint32_t i = 0; err == JET_errSuccess && i < enumeration->id_count; i++) {
        const JET_ENUMCOLUMNID *wanted = &enumeration->ids[i];
        JET_ENUMCOLUMN *out = &enumeration->columns[i];
        const struct ese_column *column = ese_table_column(work->cursor->table, work->cursor->trx, wanted->columnid);
        out->columnid = wanted->columnid;
        if (wanted->columnid == 0) {
            out->err = JET_wrnColumnSkipped;
        } else if (column == NULL) {
            out->err = ese_columnid_error(wanted->columnid);
            *bad = *bad == JET_errSuccess ? out->err : *bad;
        } else if (wanted->ctagSequence == 0) {
            err = fill_column(work, column, out);
        } else if (wanted->rgtagSequence == NULL) {
            err = JET_errInvalidParameter;
        } else {
            err = fill_values(work, column, wanted->rgtagSequence, wanted->ctagSequence, out);
        }
    }
    return err;
}

static void free_columns(struct ese_enumeration *enumeration)
{
    for (uint32_t i = 0; i < enumeration->count; i++) {
        JET_ENUMCOLUMN *column = &enumeration->columns[i];
        if (column->err == JET_wrnColumnSingleValue) {
            give_back(enumeration, column->pvData);
            continue;
        }
        for (uint32_t j = 0; column->rgEnumColumnValue != NULL && j < column->cEnumColumnValue; j++) {
            give_back(enumeration, column->rgEnumColumnValue[j].pvData);
        }
        give_back(enumeration, column->rgEnumColumnValue);
    }
    give_back(enumeration, enumeration->columns);
    enumeration->columns = NULL;
    enumeration->count = 0;
}

JET_ERR ese_cursor_enumerate(struct ese_cursor *cursor, struct ese_enumeration *enumeration)
{
    const JET_GRBIT known = JET_bitEnumerateCompressOutput | JET_bitEnumerateCopy | JET_bitEnumerateIgnoreDefault |
                            JET_bitEnumerateIgnoreUserDefinedDefault | JET_bitEnumerateInRecordOnly |
                            JET_bitEnumeratePresenceOnly | JET_bitEnumerateTaggedOnly;
    struct work work = { cursor, &cursor->record, enumeration };
    struct ese_auto automatic;
    JET_ERR bad = JET_errSuccess;
    enumeration->columns = NULL;
    enumeration->count = 0;
    if ((enumeration->grbit & ~known) != 0 || (enumeration->id_count != 0 && asks(&work, JET_bitEnumerateTaggedOnly))) {
        return JET_errInvalidGrbit;
    }
    JET_ERR err = ese_auto_begin(&automatic, cursor->trx, true);
    if (err != JET_errSuccess) {
        return err;
    }
    if (asks(&work, JET_bitEnumerateCopy) && cursor->prepared != ESE_PREPARED_NOTHING) {
        work.record = &cursor->copy;
    } else {
        err = ese_cursor_read(cursor);
    }
    if (err == JET_errSuccess) {
        ese_rwlock_read(&cursor->table->lock);
        err = enumeration->id_count != 0 ? fill_some(&work, &bad) : fill_all(&work);
        ese_rwlock_read_unlock(&cursor->table->lock);
    }
    err = ese_auto_end(&automatic, err);
    if (err != JET_errSuccess) {
        free_columns(enumeration);
        return err;
    }
    return bad;
}
