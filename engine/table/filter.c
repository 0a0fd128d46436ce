/*
 * JetSetCursorFilter: moves on the clustered index skip records that do not fit all of the comparisons. A column is compared
 * as it sorts; NULL fits only where equality with NULL is asked for, or inequality with a value. The two bit tests are for
 * integers.
 */
#include "engine/table/index.h"

#define VALUE_LIMIT 65535u

struct term {
    JET_COLUMNID column;
    JET_RELOP relop;
    bool null;
    uint32_t size;
    unsigned char *value;
};

struct ese_filter { uint32_t terms; struct term term[]; };

void ese_filter_free(struct ese_filter *filter)
{
    for (uint32_t i = 0; filter != NULL && i < filter->terms; i++) {
        ese_free(filter->term[i].value);
    }
    ese_free(filter);
}

static bool is_integer(JET_COLTYP coltyp)
{
    switch (coltyp) {
    case JET_coltypBit: case JET_coltypUnsignedByte: case JET_coltypShort: case JET_coltypUnsignedShort:
    case JET_coltypLong: case JET_coltypUnsignedLong: case JET_coltypLongLong: case JET_coltypUnsignedLongLong:
    case JET_coltypCurrency:
        return true;
    default:
        return false;
    }
}

/* table->lock held. */
static JET_ERR take_term(const struct ese_cursor *cursor, const JET_INDEX_COLUMN *from, struct term *term)
{
    const struct ese_column *column = ese_table_column(cursor->table, cursor->trx, from->columnid);
    if (column == NULL) {
        return JET_errColumnNotFound;
    }
    bool zero_length = (from->grbit & JET_bitZeroLength) != 0;
    bool bits = from->relop == JET_relopBitmaskEqualsZero || from->relop == JET_relopBitmaskNotEqualsZero;
    uint32_t wanted = ese_coltyp_size(column->coltyp);
    if ((from->grbit & ~(JET_GRBIT)JET_bitZeroLength) != 0) {
        return JET_errInvalidGrbit;
    }
    if (from->relop > JET_relopBitmaskNotEqualsZero || (from->pv == NULL && from->cb != 0) ||
        (bits && (!is_integer(column->coltyp) || from->cb == 0)) ||
        (from->relop == JET_relopPrefixEquals && wanted != 0)) {
        return JET_errInvalidParameter;
    }
    term->null = from->cb == 0 && !zero_length;
    if (!term->null && wanted != 0 && from->cb != wanted) {
        return JET_errInvalidBufferSize;
    }
    term->column = from->columnid;
    term->relop = from->relop;
    term->size = from->cb;
    if (from->cb != 0) {
        term->value = ese_alloc(from->cb);
        if (term->value == NULL) {
            return JET_errOutOfMemory;
        }
        memcpy(term->value, from->pv, from->cb);
    }
    return JET_errSuccess;
}

JET_ERR ese_cursor_set_filter(struct ese_cursor *cursor, const JET_INDEX_COLUMN *columns, uint32_t count,
                              JET_GRBIT grbit)
{
    JET_ERR err = JET_errSuccess;
    if (grbit != 0) {
        return JET_errInvalidGrbit;
    }
    if (columns == NULL && count != 0) {
        return JET_errInvalidParameter;
    }
    if (cursor->index != NULL) {
        return JET_errFilteredMoveNotSupported;
    }
    struct ese_filter *filter = NULL;
    if (count != 0) {
        filter = ese_calloc(1, sizeof *filter + count * sizeof filter->term[0]);
        if (filter == NULL) {
            return JET_errOutOfMemory;
        }
        filter->terms = count;
        ese_rwlock_read(&cursor->table->lock);
        for (uint32_t i = 0; i < count && err == JET_errSuccess; i++) {
            err = take_term(cursor, &columns[i], &filter->term[i]);
        }
        ese_rwlock_read_unlock(&cursor->table->lock);
    }
    if (err != JET_errSuccess) {
        ese_filter_free(filter);
        return err;
    }
    ese_filter_free(cursor->filter);
    cursor->filter = filter;
    return JET_errSuccess;
}

/* ---- comparing ------------------------------------------------------------------------------------------- */

static bool bits_meet(const struct ese_value *value, const struct term *term)
{
    for (uint32_t i = 0; i < value->size && i < term->size; i++) {
        if ((value->data[i] & term->value[i]) != 0) {
            return true;
        }
    }
    return false;
}

/* Order of the value against the term's, by their sort forms; *prefix: the value begins with the term's. */
static JET_ERR order_of(const struct ese_column *column, const struct ese_value *value, const struct term *term, int *order,
                        bool *prefix)
{
    struct ese_bytes left = { NULL, 0, 0 }, right = { NULL, 0, 0 };
    const struct ese_key_part own = { column, false, value->data, value->size, value->null, false, NULL, false };
    const struct ese_key_part other = { column, false, term->value, term->size, term->null, false, NULL, false };
    bool starts = term->relop == JET_relopPrefixEquals;
    JET_ERR err = ese_key_append(&left, &own, ESE_KEY_WHOLE);
    if (err == JET_errSuccess) {
        err = ese_key_append(&right, &other, starts ? ESE_KEY_PREFIX : ESE_KEY_WHOLE);
    }
    if (err == JET_errSuccess) {
        uint32_t common = left.size < right.size ? left.size : right.size;
        *order = memcmp(left.data, right.data, common);
        *prefix = *order == 0 && left.size >= right.size;
        if (*order == 0) {
            *order = (left.size > right.size) - (left.size < right.size);
        }
    }
    ese_bytes_free(&left);
    ese_bytes_free(&right);
    return err;
}

static JET_ERR fits(const struct ese_column *column, const struct ese_value *value, const struct term *term, bool *fit)
{
    int order = 0;
    bool prefix = false;
    if (term->relop == JET_relopBitmaskEqualsZero || term->relop == JET_relopBitmaskNotEqualsZero) {
        *fit = !value->null && bits_meet(value, term) == (term->relop == JET_relopBitmaskNotEqualsZero);
        return JET_errSuccess;
    }
    if (value->null || term->null) {
        *fit = term->relop == JET_relopNotEquals ? value->null != term->null
                                                 : term->relop == JET_relopEquals && value->null && term->null;
        return JET_errSuccess;
    }
    JET_ERR err = order_of(column, value, term, &order, &prefix);
    switch (term->relop) {
    case JET_relopEquals: *fit = order == 0; break;
    case JET_relopPrefixEquals: *fit = prefix; break;
    case JET_relopNotEquals: *fit = order != 0; break;
    case JET_relopLessThanOrEqual: *fit = order <= 0; break;
    case JET_relopLessThan: *fit = order < 0; break;
    case JET_relopGreaterThanOrEqual: *fit = order >= 0; break;
    default: *fit = order > 0; break;
    }
    return err;
}

JET_ERR ese_filter_passes(struct ese_cursor *cursor, bool *passes)
{
    const struct ese_filter *filter = cursor->filter;
    struct ese_bytes scratch = { NULL, 0, 0 };
    struct ese_value value;
    bool there;
    *passes = true;
    JET_ERR err = ese_cursor_read(cursor);
    if (err == JET_errRecordDeleted) {
        *passes = false;                            /* at level 0 it may have gone meanwhile */
        return JET_errSuccess;
    }
    ese_rwlock_read(&cursor->table->lock);
    for (uint32_t i = 0; err == JET_errSuccess && *passes && i < filter->terms; i++) {
        const struct ese_column *column = ese_table_column(cursor->table, cursor->trx, filter->term[i].column);
        if (column == NULL) {
            err = JET_errColumnNotFound;
            break;
        }
        err = ese_value_of_record(cursor->table, cursor->trx, &cursor->record, column, 1, VALUE_LIMIT, &scratch, &value,
                                  &there);
        if (err == JET_errSuccess) {
            err = fits(column, &value, &filter->term[i], passes);
        }
    }
    ese_rwlock_read_unlock(&cursor->table->lock);
    ese_bytes_free(&scratch);
    return err;
}
