/* Reading columns. */
#include "engine/table/index.h"
#include "engine/table/long_value.h"

/* The record to read from: the prepared one for JET_bitRetrieveCopy, else the current one; view is room for it where it need
 * not be copied. Good until the cursor is used again. */
static JET_ERR source(struct ese_cursor *cursor, JET_GRBIT grbit, struct ese_bytes *view, const struct ese_bytes **record)
{
    if ((grbit & JET_bitRetrieveCopy) != 0 && cursor->prepared != ESE_PREPARED_NOTHING) {
        *record = &cursor->copy;
        return JET_errSuccess;
    }
    if (cursor->where == ESE_ON_RECORD) {
        const unsigned char *data = ese_entry_view(cursor->trx, cursor->table->tree, &cursor->spot, &view->size);
        if (data != NULL) {
            view->data = (unsigned char *)(uintptr_t)data; /* nobody writes into it */
            view->room = 0;
            *record = view;
            return ese_record_is_sound(data, view->size) ? JET_errSuccess : JET_errDatabaseCorrupted;
        }
    }
    *record = &cursor->record;
    return ese_cursor_read(cursor);
}

/* Most values belong to a column that has long been there for everybody: those need no lock. False: nothing is known. */
static bool find_known(const struct ese_cursor *cursor, const struct ese_bytes *record, JET_COLUMNID columnid,
                       uint32_t sequence, struct ese_value *value, const struct ese_column **column)
{
    const struct ese_known_column *known = &cursor->known[columnid % ESE_KNOWN_COLUMNS];
    if (known->column == NULL || known->column->id != columnid || known->definition != cursor->table->definition ||
        !ese_record_get(record, columnid, sequence, value) || value->null || value->separate) {
        return false;
    }
    *column = known->column;
    return true;
}

/* Of an escrow column all is given or nothing, except while an insert is prepared. */
static bool needs_room(const struct ese_cursor *cursor, const struct ese_column *column)
{
    bool insert = cursor->prepared == ESE_PREPARED_INSERT || cursor->prepared == ESE_PREPARED_COPY ||
                  cursor->prepared == ESE_PREPARED_MOVE;
    return (column->grbit & JET_bitColumnEscrowUpdate) != 0 && !insert;
}

/* Copies a value from offset on, wherever it is stored. */
static JET_ERR give(struct ese_cursor *cursor, const struct ese_value *value, uint32_t offset, void *data,
                    uint32_t size, uint32_t *actual)
{
    if (!value->separate) {
        uint32_t skip = offset < value->size ? offset : value->size;
        return ese_copy_out(value->data + skip, value->size - skip, data, size, actual);
    }
    uint32_t whole;
    JET_ERR err = ese_long_value_size(cursor, value, &whole);
    if (err != JET_errSuccess) {
        return err;
    }
    uint32_t rest = offset < whole ? whole - offset : 0, part = data == NULL ? 0 : rest < size ? rest : size;
    err = ese_long_value_read(cursor, value, offset, data, part);
    if (err == JET_errSuccess && actual != NULL) {
        *actual = rest;
    }
    return err == JET_errSuccess && part < rest ? JET_wrnBufferTruncated : err;
}

/* Column 0: the sequence-th of all tagged values of the record. */
static JET_ERR any_tagged(struct ese_cursor *cursor, const struct ese_bytes *record, uint32_t sequence,
                          struct ese_value *value, JET_COLUMNID *columnid)
{
    uint32_t seen = 0;
    for (uint32_t i = 0; i < ese_record_entries(record); i++) {
        JET_COLUMNID id = ese_record_entry(record, i, value);
        if (ese_columnid_is_tagged(id) && !value->null && ese_table_column(cursor->table, cursor->trx, id) != NULL &&
            ++seen == sequence) {
            *columnid = id;
            return JET_errSuccess;
        }
    }
    return JET_wrnColumnNull;
}

#define FROM_ENTRY (JET_bitRetrieveFromIndex | JET_bitRetrieveFromPrimaryBookmark)

static bool has_column(const struct ese_index *index, JET_COLUMNID columnid)
{
    for (uint32_t i = 0; i < index->columns; i++) {
        if (index->column[i] == columnid) {
            return true;
        }
    }
    return false;
}

/* May the column be had from the entry the cursor stands on? On the clustered index any of the two bits means that one. What the
 * entry does not hold as it was is read from the record. table->lock held. */
static JET_ERR check_entry(const struct ese_cursor *cursor, JET_COLUMNID columnid, JET_GRBIT grbit)
{
    const struct ese_table *table = cursor->table;
    const struct ese_index *primary = ese_table_primary_is_visible(table, cursor->trx) ? table->primary : NULL;
    if (columnid == 0) {
        return JET_errBadColumnId;
    }
    if (cursor->index == NULL) {
        return primary == NULL || has_column(primary, columnid) ? JET_errSuccess : JET_errColumnNotFound;
    }
    if ((grbit & JET_bitRetrieveFromPrimaryBookmark) != 0) {
        return primary != NULL && has_column(primary, columnid) ? JET_errSuccess : JET_errColumnNotFound;
    }
    if (!has_column(cursor->index, columnid)) {
        return JET_errColumnNotFound;
    }
    return (cursor->index->grbit & JET_bitIndexTuples) != 0 && (grbit & JET_bitRetrieveTuple) == 0
               ? JET_errIndexTuplesCannotRetrieveFromIndex
               : JET_errSuccess;
}

/* The value a call means, its default included. JET_wrnColumnNull, or with JET_bitRetrieveNull JET_wrnColumnSetNull for
 * a value that was set to NULL. table->lock held. */
static JET_ERR find_value(struct ese_cursor *cursor, const struct ese_bytes *record, JET_COLUMNID columnid,
                          uint32_t sequence, JET_GRBIT grbit, struct ese_value *value, const struct ese_column **column)
{
    *column = ese_table_column(cursor->table, cursor->trx, columnid);
    if (*column == NULL) {
        return ese_columnid_error(columnid);
    }
    if (ese_record_get(record, columnid, sequence, value)) {
        return !value->null ? JET_errSuccess
             : (grbit & JET_bitRetrieveNull) != 0 ? JET_wrnColumnSetNull : JET_wrnColumnNull;
    }
    if (sequence != 1 || (*column)->default_size == 0 ||
        ((grbit & JET_bitRetrieveIgnoreDefault) != 0 && ese_columnid_is_tagged(columnid))) {
        return JET_wrnColumnNull;
    }
    *value = (struct ese_value){ (*column)->default_value, (*column)->default_size, false, false };
    return JET_errSuccess;
}

/* One column out of a record that was read already. */
static JET_ERR retrieve_from(struct ese_cursor *cursor, const struct ese_bytes *record, JET_COLUMNID columnid,
                             void *data, uint32_t size, uint32_t *actual, JET_GRBIT grbit, JET_RETINFO *retinfo)
{
    struct ese_table *table = cursor->table;
    struct ese_value value;
    struct ese_bytes scratch = { NULL, 0, 0 };
    const struct ese_column *column = NULL;
    uint32_t sequence = retinfo != NULL ? retinfo->itagSequence : 1;
    uint32_t offset = retinfo != NULL ? retinfo->ibLongValue : 0;
    JET_ERR err;
    if (sequence == 0) {
        return JET_errBadItagSequence;
    }
    if (columnid == 0 && retinfo == NULL) {
        return JET_errBadColumnId;
    }
    if (columnid != 0 && (grbit & FROM_ENTRY) == 0 && find_known(cursor, record, columnid, sequence, &value, &column)) {
        if (retinfo != NULL) {
            retinfo->columnidNextTagged = ese_columnid_is_tagged(columnid) ? columnid : 0;
        }
        return give(cursor, &value, ese_coltyp_is_long(column->coltyp) ? offset : 0, data, size, actual);
    }
    ese_rwlock_read(&table->lock);
    bool tuple = (grbit & JET_bitRetrieveTuple) != 0 && cursor->index != NULL &&
                 (cursor->index->grbit & JET_bitIndexTuples) != 0;
    err = (grbit & FROM_ENTRY) != 0 ? check_entry(cursor, columnid, grbit) : JET_errSuccess;
    if (err == JET_errSuccess && tuple) {
        column = ese_table_column(table, cursor->trx, columnid);
        err = ese_tuple_find(cursor, record, &scratch, &value, &sequence);
    } else if (err == JET_errSuccess && (grbit & JET_bitRetrieveFromIndex) != 0 && cursor->index != NULL) {
        err = ese_cursor_entry_sequence(cursor, record, columnid, &sequence);
    } else if ((grbit & FROM_ENTRY) != 0) {
        sequence = 1;                               /* a primary key has no multi-valued column */
    }
    if (err == JET_errSuccess && retinfo != NULL && (grbit & FROM_ENTRY) != 0 && (grbit & JET_bitRetrieveTag) != 0) {
        retinfo->itagSequence = sequence;
    }
    if (err != JET_errSuccess) {
        ese_rwlock_read_unlock(&table->lock);
        ese_bytes_free(&scratch);
        return err;
    }
    if (tuple) {
        /* it is there already */
    } else if (columnid == 0) {
        err = any_tagged(cursor, record, sequence, &value, &columnid);
    } else {
        err = find_value(cursor, record, columnid, sequence, grbit, &value, &column);
    }
    if (column != NULL) {
        ese_cursor_remember(cursor, column);
    }
    if (err == JET_errSuccess && column != NULL && needs_room(cursor, column) && (data == NULL || size < value.size)) {
        err = JET_errInvalidBufferSize;
        if (actual != NULL) {
            *actual = value.size;
        }
    }
    if (err == JET_errSuccess) {
        bool is_long = value.separate || column == NULL || ese_coltyp_is_long(column->coltyp);
        err = give(cursor, &value, is_long ? offset : 0, data, size, actual);
    }
    ese_bytes_free(&scratch);
    bool compute = err == JET_wrnColumnNull && column != NULL && column->definition_size != 0 && sequence == 1 &&
                   (grbit & JET_bitRetrieveIgnoreDefault) == 0 && ese_record_values(record, columnid) == 0;
    ese_rwlock_read_unlock(&table->lock);
    if (compute) {
        uint32_t whole;
        err = ese_column_compute(cursor, ese_table_by_id(table, columnid), data, data != NULL ? size : 0, &whole);
        if (err >= JET_errSuccess && actual != NULL) {
            *actual = whole;
        }
    }
    if ((err == JET_wrnColumnNull || err == JET_wrnColumnSetNull) && actual != NULL) {
        *actual = 0;
    }
    if (err >= JET_errSuccess && retinfo != NULL) {
        retinfo->columnidNextTagged = ese_columnid_is_tagged(columnid) ? columnid : 0;
    }
    return err;
}

static bool is_known(JET_GRBIT grbit)
{
    const JET_GRBIT known = JET_bitRetrieveCopy | FROM_ENTRY | JET_bitRetrieveTag | JET_bitRetrieveNull |
                            JET_bitRetrieveIgnoreDefault | JET_bitRetrieveTuple;
    return (grbit & ~known) == 0 && (grbit & FROM_ENTRY) != FROM_ENTRY &&
           ((grbit & JET_bitRetrieveTuple) == 0 || (grbit & JET_bitRetrieveFromIndex) != 0);
}

/* At level 0 a record and its long values must be read in one transaction. */
static JET_ERR begin(struct ese_cursor *cursor, struct ese_auto *automatic)
{
    if (cursor->trx->level == 0 && cursor->table->long_tree != NULL) {
        return ese_auto_begin(automatic, cursor->trx, true);
    }
    automatic->began = false;
    return JET_errSuccess;
}

JET_ERR ese_cursor_retrieve(struct ese_cursor *cursor, JET_COLUMNID columnid, void *data, uint32_t size,
                            uint32_t *actual, JET_GRBIT grbit, JET_RETINFO *retinfo)
{
    const struct ese_bytes *record;
    struct ese_bytes view;
    struct ese_auto automatic;
    if (!is_known(grbit)) {
        return JET_errInvalidGrbit;
    }
    if (retinfo != NULL && retinfo->cbStruct < sizeof *retinfo) {
        return JET_errInvalidParameter;
    }
    JET_ERR err = begin(cursor, &automatic);
    if (err == JET_errSuccess) {
        err = source(cursor, grbit, &view, &record);
    }
    if (err == JET_errSuccess) {
        err = retrieve_from(cursor, record, columnid, data, size, actual, grbit, retinfo);
    }
    return ese_auto_end(&automatic, err);
}

/* The usual case of one of many columns: a whole value of a known column that is no long one. */
static bool give_known(struct ese_cursor *cursor, const struct ese_bytes *record, JET_RETRIEVECOLUMN *column)
{
    struct ese_value value;
    JET_COLUMNID id = column->columnid;
    struct ese_known_column *known = &cursor->known[id % ESE_KNOWN_COLUMNS];
    if (known->column == NULL || known->column->id != id || known->definition != cursor->table->definition ||
        id >= ESE_TAGGED_FIRST || (column->grbit & ~(JET_GRBIT)JET_bitRetrieveCopy) != 0 || column->itagSequence != 1) {
        return false;
    }
    uint32_t count = ese_record_entries(record);
    if (known->entry >= count || ese_record_entry(record, known->entry, &value) != id) {
        known->entry = ese_record_lower(record, id);
        if (known->entry >= count || ese_record_entry(record, known->entry, &value) != id) {
            return false;
        }
    }
    if (value.null || value.separate) {
        return false;
    }
    uint32_t part = column->pvData == NULL ? 0 : value.size < column->cbData ? value.size : column->cbData;
    if (part != 0) {
        memcpy(column->pvData, value.data, part);
    }
    column->cbActual = value.size;
    column->columnidNextTagged = 0;
    column->err = part < value.size ? JET_wrnBufferTruncated : JET_errSuccess;
    return true;
}

static JET_ERR retrieve_columns(struct ese_cursor *cursor, JET_RETRIEVECOLUMN *columns, uint32_t count)
{
    JET_ERR first_error = JET_errSuccess, last_warning = JET_errSuccess;
    bool read = false;
    struct ese_bytes view;
    const struct ese_bytes *current = NULL;
    for (uint32_t i = 0; i < count; i++) {
        JET_RETRIEVECOLUMN *column = &columns[i];
        const struct ese_bytes *record = current;
        bool copy = (column->grbit & JET_bitRetrieveCopy) != 0 && cursor->prepared != ESE_PREPARED_NOTHING;
        JET_ERR err = JET_errSuccess;
        if (copy || !read) {
            err = source(cursor, column->grbit, &view, &record);
            if (err != JET_errSuccess) {
                return err;                         /* no current record: nothing can be had */
            }
            current = copy ? current : record;
            read = read || !copy;
        }
        if (give_known(cursor, record, column)) {
            last_warning = column->err != JET_errSuccess ? column->err : last_warning;
            continue;
        }
        column->columnidNextTagged = 0;
        if (!is_known(column->grbit)) {
            err = JET_errInvalidGrbit;
        } else if (column->itagSequence == 0) {
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

JET_ERR ese_cursor_retrieve_columns(struct ese_cursor *cursor, JET_RETRIEVECOLUMN *columns, uint32_t count)
{
    struct ese_auto automatic;
    JET_ERR err = begin(cursor, &automatic);
    return err == JET_errSuccess ? ese_auto_end(&automatic, retrieve_columns(cursor, columns, count)) : err;
}
