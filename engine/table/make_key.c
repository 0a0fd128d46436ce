/* Search keys. */
#include "engine/table/index.h"

#define WILDCARDS (JET_bitStrLimit | JET_bitSubStrLimit | JET_bitPartialColumnStartLimit | JET_bitPartialColumnEndLimit | \
                   JET_bitFullColumnStartLimit | JET_bitFullColumnEndLimit)

static JET_ERR take_normalized(struct ese_cursor *cursor, const void *data, uint32_t size)
{
    if (size == 0 || data == NULL || size > JET_cbKeyMostMost + 1u) {
        return JET_errInvalidParameter;
    }
    JET_ERR err = ese_bytes_set(&cursor->key.bytes, data, size);
    if (err == JET_errSuccess) {
        cursor->key.made = cursor->key.closed = true;
        cursor->key.wildcard = false;
    }
    return err;
}

/* How the part ends; JET_errInvalidGrbit when the wildcards asked for do not go together. */
static JET_ERR ending(JET_GRBIT grbit, const struct ese_column *column, enum ese_key_end *end)
{
    const JET_GRBIT modern = JET_bitPartialColumnStartLimit | JET_bitPartialColumnEndLimit |
                             JET_bitFullColumnStartLimit | JET_bitFullColumnEndLimit;
    JET_GRBIT picked = grbit & modern, old = grbit & (JET_bitStrLimit | JET_bitSubStrLimit);
    bool varies = ese_coltyp_size(column->coltyp) == 0 && !ese_columnid_is_fixed(column->id);
    if ((picked & (picked - 1)) != 0 || (picked != 0 && old != 0)) {
        return JET_errInvalidGrbit;
    }
    if ((picked & (JET_bitPartialColumnStartLimit | JET_bitPartialColumnEndLimit)) != 0 && !varies &&
        !ese_coltyp_is_text(column->coltyp)) {
        return JET_errInvalidGrbit;
    }
    *end = ESE_KEY_WHOLE;
    if ((grbit & JET_bitPartialColumnStartLimit) != 0) {
        *end = ESE_KEY_PREFIX;
    } else if ((grbit & (JET_bitPartialColumnEndLimit | JET_bitSubStrLimit)) != 0) {
        *end = ESE_KEY_PREFIX_LIMIT;
    } else if ((grbit & (JET_bitFullColumnEndLimit | JET_bitStrLimit)) != 0) {
        *end = ESE_KEY_LIMIT;
    }
    return JET_errSuccess;
}

/* Values of fixed size in columns of text or binary are padded like the stored ones. */
static JET_ERR append_part(struct ese_cursor *cursor, const struct ese_index *index, uint32_t place, const void *data,
                           uint32_t size, JET_GRBIT grbit)
{
    const struct ese_column *column = index->part[place];
    struct ese_bytes *key = &cursor->key.bytes;
    uint32_t begin = key->size, most = index->key_most + 1;
    unsigned char padded[JET_cbKeyMost];
    enum ese_key_end end;
    uint32_t wanted = ese_coltyp_size(column->coltyp);
    bool fixed_text = wanted == 0 && ese_columnid_is_fixed(column->id);
    JET_ERR err = ending(grbit, column, &end);
    if (err != JET_errSuccess) {
        return err;
    }
    bool zero_length = size == 0 && (grbit & JET_bitKeyDataZeroLength) != 0 && wanted == 0 && !fixed_text;
    struct ese_key_part part = { column, index->descending[place], data, size, size == 0 && !zero_length,
                                 (index->grbit & JET_bitIndexSortNullsHigh) != 0, index->collation,
                                 (index->grbit & JET_bitIndexDotNetGuid) != 0 };
    if (!part.null && wanted != 0 && size != wanted) {
        return JET_errInvalidBufferSize;
    }
    if (!part.null && fixed_text && end == ESE_KEY_WHOLE) {
        if (size > column->max_size) {
            return JET_errInvalidBufferSize;
        }
        memset(padded, ese_coltyp_is_text(column->coltyp) ? ' ' : 0, sizeof padded);
        memcpy(padded, data, size);
        part.data = padded;
        part.size = column->max_size;
    }
    err = ese_key_append(key, &part, end);
    if (err == JET_errSuccess && index->segment_most != 0 && key->size - begin > index->segment_most) {
        key->size = begin + index->segment_most;
    }
    /* Above everything that begins so, whatever columns follow. */
    if (err == JET_errSuccess && (end == ESE_KEY_LIMIT || end == ESE_KEY_PREFIX_LIMIT) && key->size < most) {
        err = ese_bytes_reserve(key, most);
        if (err == JET_errSuccess) {
            memset(key->data + key->size, 0xFF, most - key->size);
            key->size = most;
        }
    }
    return err;
}

/* The index keys are made for. table->lock held; NULL: the table has no clustered index the caller sees. */
static const struct ese_index *current_index(const struct ese_cursor *cursor)
{
    if (cursor->index != NULL) {
        return cursor->index;
    }
    return ese_table_primary_is_visible(cursor->table, cursor->trx) ? cursor->table->primary : NULL;
}

JET_ERR ese_cursor_make_key(struct ese_cursor *cursor, const void *data, uint32_t size, JET_GRBIT grbit)
{
    const JET_GRBIT known = JET_bitNewKey | JET_bitNormalizedKey | JET_bitKeyDataZeroLength | WILDCARDS;
    struct ese_table *table = cursor->table;
    struct ese_search_key *key = &cursor->key;
    if ((grbit & ~known) != 0) {
        return JET_errInvalidGrbit;
    }
    if ((grbit & JET_bitNormalizedKey) != 0) {
        return take_normalized(cursor, data, size);
    }
    if (data == NULL && size != 0) {
        return JET_errInvalidParameter;
    }
    ese_rwlock_read(&table->lock);
    const struct ese_index *index = current_index(cursor);
    JET_ERR err = index == NULL ? JET_errNoCurrentIndex : JET_errSuccess;
    if (err == JET_errSuccess && (grbit & JET_bitNewKey) != 0) {
        key->bytes.size = 0;
        key->columns = 0;
        key->closed = key->wildcard = key->made = false;
    } else if (err == JET_errSuccess && !key->made) {
        err = JET_errKeyNotMade;
    }
    if (err == JET_errSuccess && (key->closed || key->columns == index->columns)) {
        err = JET_errKeyIsMade;
    }
    if (err == JET_errSuccess) {
        uint32_t before = key->bytes.size;
        err = append_part(cursor, index, key->columns, data, size, grbit);
        if (err != JET_errSuccess) {
            key->bytes.size = before;
        } else {
            key->columns++;
            key->made = true;
            key->wildcard = (grbit & WILDCARDS) != 0;
            key->closed = key->wildcard;
            /* Keys of records are cut there; a wildcard's mark may stand behind. */
            uint32_t most = index->key_most + (key->wildcard ? 1 : 0);
            key->bytes.size = key->bytes.size < most ? key->bytes.size : most;
        }
    }
    ese_rwlock_read_unlock(&table->lock);
    return err;
}

JET_ERR ese_cursor_retrieve_key(struct ese_cursor *cursor, void *data, uint32_t size, uint32_t *actual,
                                JET_GRBIT grbit)
{
    if ((grbit & ~(JET_GRBIT)JET_bitRetrieveCopy) != 0) {
        return JET_errInvalidGrbit;
    }
    if ((grbit & JET_bitRetrieveCopy) != 0) {
        return cursor->key.made ? ese_copy_out(cursor->key.bytes.data, cursor->key.bytes.size, data, size, actual)
                                : JET_errKeyNotMade;
    }
    if (cursor->where != ESE_ON_RECORD) {
        return JET_errNoCurrentRecord;
    }
    return ese_copy_out(ese_cursor_spot(cursor)->key.data, ese_cursor_key_size(cursor), data, size, actual);
}
