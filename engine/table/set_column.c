/* Setting columns of a prepared record. */
#include "engine/table/schema.h"

/* The new value of a long column: parts of the old one with the new data laid over or behind. */
static JET_ERR long_value(const struct ese_value *old, const void *data, uint32_t size, JET_GRBIT grbit,
                          uint32_t offset, struct ese_bytes *made)
{
    uint32_t old_size = old->null ? 0 : old->size;
    bool overwrite = (grbit & JET_bitSetOverwriteLV) != 0, resize = (grbit & JET_bitSetSizeLV) != 0;
    uint64_t begin = (grbit & JET_bitSetAppendLV) != 0 ? old_size : overwrite ? offset : 0;
    if (overwrite && offset > old_size) {
        return JET_errColumnNoChunk;
    }
    uint64_t end = begin + size;
    uint64_t total = resize && !overwrite ? size : overwrite && !resize && end < old_size ? old_size : end;
    if (total > UINT16_MAX) {
        return JET_errRecordTooBig;
    }
    JET_ERR err = ese_bytes_reserve(made, total != 0 ? (uint32_t)total : 1);
    if (err != JET_errSuccess) {
        return err;
    }
    memset(made->data, 0, (size_t)total);
    if (old_size != 0) {
        memcpy(made->data, old->data, old_size < total ? old_size : (size_t)total);
    }
    if (size != 0 && data != NULL) {
        memcpy(made->data + begin, data, size);
    }
    made->size = (uint32_t)total;
    return JET_errSuccess;
}

/* What is stored for the value given: padded, normalised; JET_wrnColumnMaxTruncated when it had to be cut. */
static JET_ERR shape(const struct ese_column *column, const void *data, uint32_t size, struct ese_bytes *made)
{
    uint32_t wanted = ese_coltyp_size(column->coltyp);
    JET_ERR warning = JET_errSuccess;
    if (wanted != 0 && size != wanted) {
        return JET_errInvalidBufferSize;
    }
    if (wanted == 0 && ese_columnid_is_fixed(column->id)) {
        if (size > column->max_size) {
            return JET_errInvalidBufferSize;
        }
        JET_ERR err = ese_bytes_reserve(made, column->max_size);
        if (err == JET_errSuccess) {
            memset(made->data, ese_coltyp_is_text(column->coltyp) ? ' ' : 0, column->max_size);
            memcpy(made->data, data, size);
            made->size = column->max_size;
        }
        return err;
    }
    if (column->max_size != 0 && size > column->max_size) {
        if (ese_coltyp_is_long(column->coltyp)) {
            return JET_errColumnTooBig;
        }
        size = column->max_size;
        warning = JET_wrnColumnMaxTruncated;
    }
    JET_ERR err = ese_bytes_set(made, data, size);
    if (err == JET_errSuccess && column->coltyp == JET_coltypBit) {
        made->data[0] = made->data[0] != 0 ? 0xFF : 0;
    }
    return err != JET_errSuccess ? err : warning;
}

static bool is_duplicate(const struct ese_bytes *record, JET_COLUMNID id, uint32_t except, const void *data,
                         uint32_t size)
{
    struct ese_value value;
    for (uint32_t i = 1; ese_record_get(record, id, i, &value); i++) {
        if (i != except && !value.null && value.size == size && (size == 0 || memcmp(value.data, data, size) == 0)) {
            return true;
        }
    }
    return false;
}

static JET_ERR set_null(struct ese_cursor *cursor, const struct ese_column *column, uint32_t sequence)
{
    if ((column->grbit & JET_bitColumnNotNULL) != 0) {
        return JET_errNullInvalid;
    }
    if (column->default_size != 0) {
        return ese_record_set(&cursor->copy, column->id, sequence, NULL, 0, true);
    }
    return ese_record_unset(&cursor->copy, column->id, sequence);
}

static JET_ERR check_settable(const struct ese_cursor *cursor, const struct ese_column *column)
{
    bool insert = cursor->prepared == ESE_PREPARED_INSERT || cursor->prepared == ESE_PREPARED_COPY ||
                  cursor->prepared == ESE_PREPARED_MOVE;
    if ((column->grbit & JET_bitColumnAutoincrement) != 0) {
        return JET_errColumnNotUpdatable;
    }
    if ((column->grbit & (JET_bitColumnVersion | JET_bitColumnEscrowUpdate)) != 0 && !insert) {
        return JET_errColumnNotUpdatable;
    }
    return JET_errSuccess;
}

/* table->lock held shared. */
static JET_ERR set_in(struct ese_cursor *cursor, const struct ese_column *column, const void *data, uint32_t size,
                      JET_GRBIT grbit, uint32_t sequence, uint32_t offset)
{
    const JET_GRBIT partial = JET_bitSetAppendLV | JET_bitSetOverwriteLV | JET_bitSetSizeLV;
    bool tagged = ese_columnid_is_tagged(column->id), is_long = ese_coltyp_is_long(column->coltyp);
    bool varies = ese_coltyp_size(column->coltyp) == 0 && !ese_columnid_is_fixed(column->id);
    struct ese_bytes made = { NULL, 0, 0 };
    struct ese_value old = { NULL, 0, true };
    JET_ERR err = check_settable(cursor, column), warning = JET_errSuccess;
    if (err != JET_errSuccess) {
        return err;
    }
    if (!tagged) {
        sequence = 1;
    } else if (sequence == 0) {
        sequence = ese_record_values(&cursor->copy, column->id) + 1;
    }
    if ((grbit & partial) != 0 && !is_long) {
        return JET_errInvalidGrbit;
    }
    if ((grbit & JET_bitSetRevertToDefaultValue) != 0) {
        return ese_record_unset(&cursor->copy, column->id, sequence);
    }
    bool zero_length = (grbit & JET_bitSetZeroLength) != 0 && varies;
    bool sizing = is_long && (grbit & JET_bitSetSizeLV) != 0;
    if (data == NULL && size != 0 && !sizing) {
        return JET_errInvalidParameter;
    }
    if (size == 0 && !zero_length && (grbit & partial) == 0) {
        return set_null(cursor, column, sequence);
    }
    if ((grbit & partial) != 0) {
        (void)ese_record_get(&cursor->copy, column->id, sequence, &old);
        err = long_value(&old, data, size, grbit, offset, &made);
        if (err == JET_errSuccess && column->max_size != 0 && made.size > column->max_size) {
            err = JET_errColumnTooBig;
        }
    } else {
        err = shape(column, size != 0 ? data : "", size, &made);
        warning = err;
    }
    if (err >= JET_errSuccess && (grbit & (JET_bitSetUniqueMultiValues | JET_bitSetUniqueNormalizedMultiValues)) != 0 &&
        is_duplicate(&cursor->copy, column->id, sequence, made.data, made.size)) {
        err = JET_errMultiValuedDuplicate;
    }
    if (err >= JET_errSuccess) {
        err = ese_record_set(&cursor->copy, column->id, sequence, made.data, made.size, false);
    }
    ese_bytes_free(&made);
    return err < JET_errSuccess ? err : warning > JET_errSuccess ? warning : err;
}

JET_ERR ese_cursor_set_column(struct ese_cursor *cursor, JET_COLUMNID columnid, const void *data, uint32_t size,
                              JET_GRBIT grbit, const JET_SETINFO *setinfo)
{
    const JET_GRBIT known = JET_bitSetAppendLV | JET_bitSetOverwriteLV | JET_bitSetSizeLV | JET_bitSetZeroLength |
                            JET_bitSetSeparateLV | JET_bitSetUniqueMultiValues | JET_bitSetUniqueNormalizedMultiValues |
                            JET_bitSetRevertToDefaultValue | JET_bitSetIntrinsicLV | JET_bitSetUncompressed |
                            JET_bitSetCompressed | JET_bitSetContiguousLV;
    struct ese_table *table = cursor->table;
    if (cursor->prepared == ESE_PREPARED_NOTHING) {
        return JET_errUpdateNotPrepared;
    }
    if ((grbit & ~known) != 0) {
        return JET_errInvalidGrbit;
    }
    if (setinfo != NULL && setinfo->cbStruct < sizeof *setinfo) {
        return JET_errInvalidParameter;
    }
    uint32_t before = cursor->copy.size;
    struct ese_bytes kept = { NULL, 0, 0 };
    JET_ERR err = ese_bytes_set(&kept, cursor->copy.data, before);
    if (err != JET_errSuccess) {
        return err;
    }
    ese_rwlock_read(&table->lock);
    const struct ese_column *column = ese_table_column(table, cursor->trx, columnid);
    err = column == NULL ? JET_errColumnNotFound
        : set_in(cursor, column, data, size, grbit, setinfo != NULL ? setinfo->itagSequence : 1,
                 setinfo != NULL ? setinfo->ibLongValue : 0);
    ese_rwlock_read_unlock(&table->lock);
    if (err >= JET_errSuccess && cursor->copy.size > ese_record_max(table->database)) {
        err = JET_errRecordTooBig;
        struct ese_bytes grown = cursor->copy;
        cursor->copy = kept;                        /* as it was before the call */
        kept = grown;
    }
    ese_bytes_free(&kept);
    return err;
}

JET_ERR ese_cursor_set_columns(struct ese_cursor *cursor, JET_SETCOLUMN *columns, uint32_t count)
{
    JET_ERR first_error = JET_errSuccess, last_warning = JET_errSuccess;
    for (uint32_t i = 0; i < count; i++) {
        JET_SETINFO setinfo = { sizeof setinfo, columns[i].ibLongValue, columns[i].itagSequence };
        JET_ERR err = ese_cursor_set_column(cursor, columns[i].columnid, columns[i].pvData, columns[i].cbData,
                                            columns[i].grbit, &setinfo);
        columns[i].err = err;
        if (err < JET_errSuccess) {
            first_error = first_error == JET_errSuccess ? err : first_error;
        } else if (err > JET_errSuccess) {
            last_warning = err;
        }
    }
    return first_error != JET_errSuccess ? first_error : last_warning;
}
