/* Reading columns. */
#include "engine/table/schema.h"

/* The record to read from: the prepared one for JET_bitRetrieveCopy, else the current one. */
static JET_ERR source(struct ese_cursor *cursor, JET_GRBIT grbit, const struct ese_bytes **record)
{
    if ((grbit & JET_bitRetrieveCopy) != 0 && cursor->prepared != ESE_PREPARED_NOTHING) {
        *record = &cursor->copy;
        return JET_errSuccess;
    }
    *record = &cursor->record;
    return ese_cursor_read(cursor);
}

/* Value of a column in a record, its default included. False: NULL. */
static bool value_of(const struct ese_bytes *record, const struct ese_column *column, uint32_t sequence, JET_GRBIT grbit,
                     struct ese_value *value)
{
    if (ese_record_get(record, column->id, sequence, value)) {
        return !value->null;
    }
    if (sequence != 1 || column->default_size == 0 || (grbit & JET_bitRetrieveIgnoreDefault) != 0) {
        return false;
    }
    value->data = column->default_value;
    value->size = column->default_size;
    value->null = false;
    return true;
}

/* Copies a value from offset on. */
static JET_ERR give(const struct ese_value *value, uint32_t offset, void *data, uint32_t size, uint32_t *actual)
{
    uint32_t skip = offset < value->size ? offset : value->size;
    return ese_copy_out(value->data + skip, value->size - skip, data, size, actual);
}

/* Column 0: the sequence-th of all tagged values of the record. */
static JET_ERR any_tagged(const struct ese_bytes *record, uint32_t sequence, uint32_t offset, void *data, uint32_t size,
                          uint32_t *actual, JET_RETINFO *retinfo)
{
    uint32_t seen = 0;
    struct ese_value value;
    for (uint32_t i = 0; i < ese_record_entries(record); i++) {
        JET_COLUMNID id = ese_record_entry(record, i, &value);
        if (ese_columnid_is_tagged(id) && ++seen == sequence) {
            if (retinfo != NULL) {
                retinfo->columnidNextTagged = id;
            }
            return give(&value, offset, data, size, actual);
        }
    }
    if (actual != NULL) {
        *actual = 0;
    }
    return JET_wrnColumnNull;
}

/* One column out of a record that was read already. */
static JET_ERR retrieve_from(struct ese_cursor *cursor, const struct ese_bytes *record, JET_COLUMNID columnid,
                             void *data, uint32_t size, uint32_t *actual, JET_GRBIT grbit, JET_RETINFO *retinfo)
{
    struct ese_table *table = cursor->table;
    struct ese_value value;
    uint32_t sequence = retinfo != NULL ? retinfo->itagSequence : 1;
    uint32_t offset = retinfo != NULL ? retinfo->ibLongValue : 0;
    if (sequence == 0) {
        return JET_errBadItagSequence;
    }
    if (columnid == 0) {
        return retinfo != NULL ? any_tagged(record, sequence, offset, data, size, actual, retinfo)
                               : JET_errBadColumnId;
    }
    ese_rwlock_read(&table->lock);
    const struct ese_column *column = ese_table_column(table, cursor->trx, columnid);
    JET_ERR err = column != NULL ? JET_errSuccess : JET_errColumnNotFound;
    if (err == JET_errSuccess && !value_of(record, column, sequence, grbit, &value)) {
        err = JET_wrnColumnNull;
    }
    if (err == JET_errSuccess) {
        err = give(&value, ese_coltyp_is_long(column->coltyp) ? offset : 0, data, size, actual);
    }
    ese_rwlock_read_unlock(&table->lock);
    if (err == JET_wrnColumnNull && actual != NULL) {
        *actual = 0;
    }
    if (err >= JET_errSuccess && retinfo != NULL) {
        retinfo->columnidNextTagged = ese_columnid_is_tagged(columnid) ? columnid : 0;
    }
    return err;
}

JET_ERR ese_cursor_retrieve(struct ese_cursor *cursor, JET_COLUMNID columnid, void *data, uint32_t size,
                            uint32_t *actual, JET_GRBIT grbit, JET_RETINFO *retinfo)
{
    const JET_GRBIT known = JET_bitRetrieveCopy | JET_bitRetrieveFromIndex | JET_bitRetrieveFromPrimaryBookmark |
                            JET_bitRetrieveTag | JET_bitRetrieveNull | JET_bitRetrieveIgnoreDefault |
                            JET_bitRetrieveTuple;
    const struct ese_bytes *record;
    if ((grbit & ~known) != 0) {
        return JET_errInvalidGrbit;
    }
    if (retinfo != NULL && retinfo->cbStruct < sizeof *retinfo) {
        return JET_errInvalidParameter;
    }
    JET_ERR err = source(cursor, grbit, &record);
    return err == JET_errSuccess ? retrieve_from(cursor, record, columnid, data, size, actual, grbit, retinfo) : err;
}

JET_ERR ese_cursor_retrieve_columns(struct ese_cursor *cursor, JET_RETRIEVECOLUMN *columns, uint32_t count)
{
    JET_ERR first_error = JET_errSuccess, last_warning = JET_errSuccess;
    bool read = false;
    for (uint32_t i = 0; i < count; i++) {
        JET_RETRIEVECOLUMN *column = &columns[i];
        const struct ese_bytes *record = &cursor->record;
        bool copy = (column->grbit & JET_bitRetrieveCopy) != 0 && cursor->prepared != ESE_PREPARED_NOTHING;
        JET_ERR err = JET_errSuccess;
        if (copy || !read) {
            err = source(cursor, column->grbit, &record);
            if (err != JET_errSuccess) {
                return err;                         /* no current record: nothing can be had */
            }
            read = read || !copy;
        }
        column->columnidNextTagged = 0;
        if (column->itagSequence == 0) {
            column->itagSequence = ese_record_values(record, column->columnid);
            column->cbActual = 0;
        } else {
            JET_RETINFO retinfo = { sizeof retinfo, column->ibLongValue, column->itagSequence, 0 };
            uint32_t actual = 0;
            err = retrieve_from(cursor, record, column->columnid, column->pvData, column->cbData, &actual,
                                column->grbit, &retinfo);
            column->cbActual = actual;
            column->columnidNextTagged = retinfo.columnidNextTagged;
        }
        column->err = err;
        if (err < JET_errSuccess) {
            first_error = first_error == JET_errSuccess ? err : first_error;
        } else if (err == JET_wrnBufferTruncated) {
            last_warning = err;
        }
    }
    return first_error != JET_errSuccess ? first_error : last_warning;
}

JET_ERR ese_cursor_record_size(struct ese_cursor *cursor, JET_RECSIZE *size, JET_GRBIT grbit)
{
    const JET_GRBIT known = JET_bitRecordSizeInCopyBuffer | JET_bitRecordSizeRunningTotal | JET_bitRecordSizeLocal;
    const struct ese_bytes *record;
    if ((grbit & ~known) != 0) {
        return JET_errInvalidGrbit;
    }
    bool copy = (grbit & JET_bitRecordSizeInCopyBuffer) != 0;
    if (copy && cursor->prepared == ESE_PREPARED_NOTHING) {
        return JET_errUpdateNotPrepared;
    }
    JET_ERR err = source(cursor, copy ? JET_bitRetrieveCopy : 0u, &record);
    if (err != JET_errSuccess) {
        return err;
    }
    if ((grbit & JET_bitRecordSizeRunningTotal) == 0) {
        memset(size, 0, sizeof *size);
    }
    JET_COLUMNID last = 0;
    struct ese_value value;
    uint64_t data = 0;
    for (uint32_t i = 0; i < ese_record_entries(record); i++) {
        JET_COLUMNID id = ese_record_entry(record, i, &value);
        data += value.size;
        if (!ese_columnid_is_tagged(id)) {
            size->cNonTaggedColumns++;
        } else if (id != last) {
            size->cTaggedColumns++;
        } else {
            size->cMultiValues++;
        }
        last = id;
    }
    size->cbData += data;
    size->cbOverhead += record->size - data;
    return JET_errSuccess;
}
