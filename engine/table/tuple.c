/* Tuple indexes: entries for windows over the text of a value, see JET_TUPLELIMITS. */
#include "engine/table/index.h"

#define VALUE_LIMIT (2 * 65535u)                    /* bytes: the limits are in characters */

struct window { uint32_t begin, size; };            /* bytes */

/* The window of that number (0..) over a value; false: there are no more. */
static bool find_window(const struct ese_index *index, const struct ese_value *value, uint32_t number,
                        struct window *window)
{
    uint32_t unit = index->part[0]->code_page == 1200 ? 2 : 1, length = value->size / unit;
    uint32_t step = index->tuple.increment != 0 ? index->tuple.increment : 1;
    uint64_t at = index->tuple.start + (uint64_t)number * step;
    length = length < index->tuple.to_index_max ? length : index->tuple.to_index_max;
    if (at >= length) {
        return false;
    }
    uint32_t rest = length - (uint32_t)at, size = rest < index->tuple.length_max ? rest : index->tuple.length_max;
    *window = (struct window){ (uint32_t)at * unit, size * unit };
    return size >= index->tuple.length_min;
}

static JET_ERR make_key(const struct ese_index *index, const struct ese_value *value, const struct window *window,
                        struct ese_bytes *key)
{
    const struct ese_key_part part = { index->part[0], index->descending[0], value->data + window->begin, window->size,
                                       false, false, index->collation, false };
    key->size = 0;
    JET_ERR err = ese_key_append(key, &part, ESE_KEY_WHOLE);
    key->size = key->size < index->key_most ? key->size : index->key_most;
    return err;
}

static uint32_t values_of(const struct ese_index *index, const struct ese_bytes *record)
{
    uint32_t values = ese_column_is_multi(index->part[0]) ? ese_record_values(record, index->part[0]->id) : 1;
    return values != 0 ? values : 1;                /* the default, or NULL */
}

JET_ERR ese_tuple_keys(struct ese_table *table, struct ese_trx *trx, const struct ese_index *index,
                       const struct ese_bytes *record, struct ese_keys *keys)
{
    struct ese_bytes scratch = { NULL, 0, 0 };
    struct ese_value value;
    struct window window;
    bool there = true;
    JET_ERR err = JET_errSuccess;
    for (uint32_t i = 1; err == JET_errSuccess && i <= values_of(index, record); i++) {
        err = ese_value_of_record(table, trx, record, index->part[0], i, VALUE_LIMIT, &scratch, &value, &there);
        if (err == JET_errSuccess && value.null && (index->grbit & JET_bitIndexDisallowNull) != 0) {
            err = JET_errNullKeyDisallowed;
        }
        for (uint32_t n = 0; err == JET_errSuccess && !value.null && find_window(index, &value, n, &window); n++) {
            err = make_key(index, &value, &window, &keys->key);
            err = err == JET_errSuccess ? ese_keys_add(keys, &keys->key) : err;
        }
    }
    ese_bytes_free(&scratch);
    return err;
}

JET_ERR ese_tuple_find(struct ese_cursor *cursor, const struct ese_bytes *record, struct ese_bytes *scratch,
                       struct ese_value *tuple, uint32_t *sequence)
{
    const struct ese_index *index = cursor->index;
    const unsigned char *wanted = cursor->entry.key.data;
    struct ese_bytes key = { NULL, 0, 0 };
    struct window window;
    bool there = true, found = false;
    JET_ERR err = JET_errSuccess;
    for (uint32_t i = 1; err == JET_errSuccess && !found && i <= values_of(index, record); i++) {
        err = ese_value_of_record(cursor->table, cursor->trx, record, index->part[0], i, VALUE_LIMIT, scratch, tuple,
                                  &there);
        for (uint32_t n = 0; err == JET_errSuccess && !found && !tuple->null && find_window(index, tuple, n, &window); n++) {
            err = make_key(index, tuple, &window, &key);
            found = err == JET_errSuccess && key.size == cursor->entry_key && memcmp(key.data, wanted, key.size) == 0;
        }
        *sequence = found ? i : *sequence;
    }
    ese_bytes_free(&key);
    if (err == JET_errSuccess && found) {
        tuple->data += window.begin;
        tuple->size = window.size;
    }
    return err == JET_errSuccess && !found ? JET_errSecondaryIndexCorrupted : err;
}
