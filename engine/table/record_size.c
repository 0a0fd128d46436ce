/* How much a record takes. */
#include "engine/table/long_value.h"

/* One separate value: its bytes, and what the tree of long values spends on it beside them. */
static JET_ERR add_long(struct ese_cursor *cursor, const struct ese_value *value, JET_RECSIZE2 *size)
{
    uint32_t bytes, chunk = ese_long_chunk(cursor->table->database);
    JET_ERR err = ese_long_value_size(cursor, value, &bytes);
    if (err == JET_errSuccess) {
        uint64_t chunks = ((uint64_t)bytes + chunk - 1) / chunk;
        size->cLongValues++;
        size->cbLongValueData += bytes;
        size->cbLongValueDataCompressed += bytes;
        size->cbLongValueOverhead += 8 + 4 + chunks * 12; /* keys of root and chunks, the size */
    }
    return err;
}

static JET_ERR add_record(struct ese_cursor *cursor, const struct ese_bytes *record, bool local, JET_RECSIZE2 *size)
{
    JET_COLUMNID last = 0;
    struct ese_value value;
    uint64_t data = 0;
    JET_ERR err = JET_errSuccess;
    for (uint32_t i = 0; err == JET_errSuccess && i < ese_record_entries(record); i++) {
        JET_COLUMNID id = ese_record_entry(record, i, &value);
        if (value.separate) {
            err = local ? JET_errSuccess : add_long(cursor, &value, size);
        } else {
            data += value.size;
        }
        if (id == last) {
            size->cMultiValues++;
        } else if (ese_columnid_is_tagged(id)) {
            size->cTaggedColumns++;
        } else {
            size->cNonTaggedColumns++;
        }
        last = id;
    }
    size->cbData += data;
    size->cbDataCompressed += data;
    size->cbOverhead += record->size - data;
    return err;
}

JET_ERR ese_cursor_record_size(struct ese_cursor *cursor, JET_RECSIZE2 *size, JET_GRBIT grbit)
{
    const JET_GRBIT known = JET_bitRecordSizeInCopyBuffer | JET_bitRecordSizeRunningTotal | JET_bitRecordSizeLocal;
    struct ese_auto automatic;
    JET_RECSIZE2 total;
    if ((grbit & ~known) != 0) {
        return JET_errInvalidGrbit;
    }
    bool copy = (grbit & JET_bitRecordSizeInCopyBuffer) != 0;
    if (copy && cursor->prepared == ESE_PREPARED_NOTHING) {
        return JET_errUpdateNotPrepared;
    }
    JET_ERR err = ese_auto_begin(&automatic, cursor->trx, true);
    if (err != JET_errSuccess) {
        return err;
    }
    memset(&total, 0, sizeof total);
    if ((grbit & JET_bitRecordSizeRunningTotal) != 0) {
        total = *size;
    }
    err = copy ? JET_errSuccess : ese_cursor_read(cursor);
    if (err == JET_errSuccess) {
        total.cbOverhead += copy ? 0 : cursor->spot.key.size;
        err = add_record(cursor, copy ? &cursor->copy : &cursor->record, (grbit & JET_bitRecordSizeLocal) != 0, &total);
    }
    err = ese_auto_end(&automatic, err);
    if (err == JET_errSuccess) {
        *size = total;
    }
    return err;
}
