/* The keys a record has in an index. */
#include "engine/table/index.h"

#define VALUE_LIMIT 65535u                          /* more of a value never matters to a key */

static JET_ERR append_column(struct ese_table *table, struct ese_trx *trx, const struct ese_index *index, uint32_t i,
                             const struct ese_bytes *record, uint32_t sequence, struct ese_bytes *key, bool *null,
                             bool *there)
{
    struct ese_bytes scratch = { NULL, 0, 0 };
    struct ese_value value;
    uint32_t begin = key->size;
    JET_ERR err = ese_value_of_record(table, trx, record, index->part[i], sequence, VALUE_LIMIT, &scratch, &value,
                                      there);
    if (err == JET_errSuccess) {
        const struct ese_key_part part = { index->part[i], index->descending[i], value.data, value.size, value.null,
                                           (index->grbit & JET_bitIndexSortNullsHigh) != 0, index->collation,
                                           (index->grbit & JET_bitIndexDotNetGuid) != 0 };
        *null = value.null;
        err = ese_key_append(key, &part, ESE_KEY_WHOLE);
    }
    if (err == JET_errSuccess && index->segment_most != 0 && key->size - begin > index->segment_most) {
        key->size = begin + index->segment_most;
    }
    ese_bytes_free(&scratch);
    return err;
}

JET_ERR ese_index_key(struct ese_table *table, struct ese_trx *trx, const struct ese_index *index,
                      const struct ese_bytes *record, const uint32_t *sequence, struct ese_bytes *key,
                      struct ese_key_facts *facts)
{
    bool null, there;
    key->size = 0;
    facts->any_null = facts->first_null = false;
    facts->all_null = facts->there = true;
    for (uint32_t i = 0; i < index->columns; i++) {
        JET_ERR err = append_column(table, trx, index, i, record, sequence[i], key, &null, &there);
        if (err != JET_errSuccess) {
            return err;
        }
        facts->any_null = facts->any_null || null;
        facts->all_null = facts->all_null && null;
        facts->first_null = facts->first_null || (null && i == 0);
        facts->there = facts->there && (there || i != index->multi);
    }
    if (key->size > index->key_most) {
        if ((index->grbit & JET_bitIndexDisallowTruncation) != 0) {
            return JET_errKeyTruncated;
        }
        key->size = index->key_most;
    }
    return JET_errSuccess;
}

/* ---- lists of keys --------------------------------------------------------------------------------------- */

void ese_keys_free(struct ese_keys *keys)
{
    ese_bytes_free(&keys->bytes);
    ese_bytes_free(&keys->key);
    ese_free(keys->begin);
    ese_free(keys->size);
    memset(keys, 0, sizeof *keys);
}

static int compare(const unsigned char *a, uint32_t a_size, const unsigned char *b, uint32_t b_size)
{
    uint32_t common = a_size < b_size ? a_size : b_size;
    int order = common != 0 ? memcmp(a, b, common) : 0;
    return order != 0 ? order : (a_size > b_size) - (a_size < b_size);
}

static JET_ERR make_room(struct ese_keys *keys)
{
    if (keys->count < keys->room) {
        return JET_errSuccess;
    }
    uint32_t room = keys->room != 0 ? keys->room * 2 : 4;
    uint32_t *begin = ese_realloc(keys->begin, room * sizeof *begin);
    if (begin == NULL) {
        return JET_errOutOfMemory;
    }
    keys->begin = begin;
    uint32_t *size = ese_realloc(keys->size, room * sizeof *size);
    if (size == NULL) {
        return JET_errOutOfMemory;
    }
    keys->size = size;
    keys->room = room;
    return JET_errSuccess;
}

JET_ERR ese_keys_add(struct ese_keys *keys, const struct ese_bytes *key)
{
    uint32_t low = 0, high = keys->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        int order = compare(ese_keys_at(keys, middle), keys->size[middle], key->data, key->size);
        if (order == 0) {
            return JET_errSuccess;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    JET_ERR err = make_room(keys);
    if (err == JET_errSuccess) {
        err = ese_bytes_reserve(&keys->bytes, keys->bytes.size + key->size);
    }
    if (err == JET_errSuccess) {
        memmove(keys->begin + low + 1, keys->begin + low, (keys->count - low) * sizeof *keys->begin);
        memmove(keys->size + low + 1, keys->size + low, (keys->count - low) * sizeof *keys->size);
        memcpy(keys->bytes.data + keys->bytes.size, key->data, key->size);
        keys->begin[low] = keys->bytes.size;
        keys->size[low] = key->size;
        keys->bytes.size += key->size;
        keys->count++;
    }
    return err;
}

/* ---- which records, and which of their values, are in the index ------------------------------------------- */

static JET_ERR conditions_hold(struct ese_table *table, struct ese_trx *trx, const struct ese_index *index,
                               const struct ese_bytes *record, bool *hold)
{
    struct ese_bytes scratch = { NULL, 0, 0 };
    struct ese_value value;
    bool there;
    JET_ERR err = JET_errSuccess;
    *hold = true;
    for (uint32_t i = 0; i < index->conditions && *hold && err == JET_errSuccess; i++) {
        err = ese_value_of_record(table, trx, record, index->condition_part[i], 1, 1, &scratch, &value, &there);
        *hold = err == JET_errSuccess && value.null == index->condition[i].must_be_null;
    }
    ese_bytes_free(&scratch);
    return err;
}

static JET_ERR check_nulls(const struct ese_index *index, const struct ese_key_facts *facts, bool *wanted)
{
    if (facts->any_null && (index->grbit & JET_bitIndexDisallowNull) != 0) {
        return JET_errNullKeyDisallowed;
    }
    *wanted = !(facts->any_null && (index->grbit & JET_bitIndexIgnoreAnyNull) != 0) &&
              !(facts->first_null && (index->grbit & JET_bitIndexIgnoreFirstNull) != 0) &&
              !(facts->all_null && (index->grbit & JET_bitIndexIgnoreNull) != 0);
    return JET_errSuccess;
}

bool ese_column_is_multi(const struct ese_column *column)
{
    return ese_columnid_is_tagged(column->id) && (column->grbit & JET_bitColumnMultiValued) != 0;
}

static uint32_t values_of(const struct ese_bytes *record, const struct ese_column *column)
{
    uint32_t values = ese_record_values(record, column->id);
    return values != 0 ? values : 1;                /* the default, or NULL */
}

/* The next combination of values, like an odometer. False: that was the last one. */
static bool advance(const struct ese_index *index, const struct ese_bytes *record, uint32_t *sequence)
{
    if ((index->grbit & JET_bitIndexCrossProduct) != 0) {
        for (uint32_t i = index->columns; i-- != 0;) {
            if (ese_column_is_multi(index->part[i]) && sequence[i] < values_of(record, index->part[i])) {
                sequence[i]++;
                return true;
            }
            sequence[i] = 1;
        }
        return false;
    }
    bool nested = (index->grbit & JET_bitIndexNestedTable) != 0, more = false;
    for (uint32_t i = index->multi; i < index->columns; i++) {
        if (i == index->multi || (nested && ese_column_is_multi(index->part[i]))) {
            more = more || sequence[i] < values_of(record, index->part[i]);
            sequence[i]++;
        }
    }
    return more;
}

JET_ERR ese_index_keys(struct ese_table *table, struct ese_trx *trx, const struct ese_index *index,
                       const struct ese_bytes *record, struct ese_keys *keys)
{
    uint32_t sequence[ESE_KEY_COLUMNS];
    struct ese_key_facts facts;
    bool wanted;
    keys->count = 0;
    keys->bytes.size = 0;
    JET_ERR err = conditions_hold(table, trx, index, record, &wanted);
    if (err != JET_errSuccess || !wanted) {
        return err;
    }
    if ((index->grbit & JET_bitIndexTuples) != 0) {
        return ese_tuple_keys(table, trx, index, record, keys);
    }
    for (uint32_t i = 0; i < index->columns; i++) {
        sequence[i] = 1;
    }
    do {
        err = ese_index_key(table, trx, index, record, sequence, &keys->key, &facts);
        if (err == JET_errSuccess) {
            err = check_nulls(index, &facts, &wanted);
        }
        if (err == JET_errSuccess && wanted) {
            err = ese_keys_add(keys, &keys->key);
        }
    } while (err == JET_errSuccess && index->multi < index->columns && advance(index, record, sequence));
    return err;
}

JET_ERR ese_index_key_at(struct ese_table *table, struct ese_trx *trx, const struct ese_index *index,
                         const struct ese_bytes *record, uint32_t sequence, struct ese_bytes *key, bool *there)
{
    uint32_t sequences[ESE_KEY_COLUMNS];
    struct ese_key_facts facts;
    struct ese_keys keys = { .count = 0 };
    JET_ERR err;
    *there = false;
    if ((index->grbit & JET_bitIndexTuples) != 0) {
        err = ese_index_keys(table, trx, index, record, &keys);
        if (err == JET_errSuccess && sequence <= keys.count) {
            *there = true;
            err = ese_bytes_set(key, ese_keys_at(&keys, sequence - 1), keys.size[sequence - 1]);
        }
        ese_keys_free(&keys);
        return err;
    }
    bool nested = (index->grbit & JET_bitIndexNestedTable) != 0;
    for (uint32_t i = 0; i < index->columns; i++) {
        sequences[i] = i == index->multi || (nested && ese_column_is_multi(index->part[i])) ? sequence : 1;
    }
    err = conditions_hold(table, trx, index, record, there);
    if (err == JET_errSuccess && *there) {
        err = ese_index_key(table, trx, index, record, sequences, key, &facts);
    }
    if (err == JET_errSuccess && *there) {
        (void)check_nulls(index, &facts, there);
        *there = *there && (facts.there || sequence == 1);
    }
    return err;
}
