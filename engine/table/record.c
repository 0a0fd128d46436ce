/*
 * Records: a directory of the values that are there, in order of column id and sequence, then the values.
 *
 *   count u16 | count x ( column id u16, flags u16 (1: NULL), end of the value u16 ) | values
 *
 * Ends count from the first value. A column without an entry has its default, or NULL.
 */
#include "engine/table/schema.h"

#define HEAD 2
#define ENTRY 6
#define IS_NULL 1

void ese_record_init(struct ese_bytes *record)
{
    ese_put16(record->data, 0);
    record->size = HEAD;
}

uint32_t ese_record_entries(const struct ese_bytes *record)
{
    return ese_get16(record->data);
}

static const unsigned char *entry_at(const struct ese_bytes *record, uint32_t index)
{
    return record->data + HEAD + index * ENTRY;
}

static uint32_t end_of(const struct ese_bytes *record, uint32_t index)
{
    return ese_get16(entry_at(record, index) + 4);
}

JET_COLUMNID ese_record_entry(const struct ese_bytes *record, uint32_t index, struct ese_value *value)
{
    uint32_t begin = index != 0 ? end_of(record, index - 1) : 0;
    value->data = record->data + HEAD + ese_record_entries(record) * ENTRY + begin;
    value->size = end_of(record, index) - begin;
    value->null = (ese_get16(entry_at(record, index) + 2) & IS_NULL) != 0;
    return ese_get16(entry_at(record, index));
}

/* First entry with an id >= id. */
static uint32_t lower(const struct ese_bytes *record, JET_COLUMNID id)
{
    uint32_t low = 0, high = ese_record_entries(record);
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (ese_get16(entry_at(record, middle)) < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

uint32_t ese_record_values(const struct ese_bytes *record, JET_COLUMNID id)
{
    return lower(record, id + 1) - lower(record, id);
}

bool ese_record_get(const struct ese_bytes *record, JET_COLUMNID id, uint32_t sequence, struct ese_value *value)
{
    if (sequence == 0 || sequence > ese_record_values(record, id)) {
        return false;
    }
    ese_record_entry(record, lower(record, id) + sequence - 1, value);
    return true;
}

/* Replaces `removed` entries at index by `added` ones (0 or 1), which get the value. */
static JET_ERR splice(struct ese_bytes *record, uint32_t index, bool remove, bool add, JET_COLUMNID id,
                      const void *data, uint32_t size, bool null)
{
    uint32_t count = ese_record_entries(record), directory = HEAD + count * ENTRY;
    uint32_t begin = index != 0 ? end_of(record, index - 1) : 0;
    uint32_t old = remove ? end_of(record, index) - begin : 0, values = record->size - directory;
    uint32_t fresh = count - (remove ? 1u : 0u) + (add ? 1u : 0u);
    struct ese_bytes made = { NULL, 0, 0 };
    if (values - old + size > UINT16_MAX) {
        return JET_errRecordTooBig;
    }
    JET_ERR err = ese_bytes_reserve(&made, HEAD + fresh * ENTRY + values - old + size);
    if (err != JET_errSuccess) {
        return err;
    }
    ese_put16(made.data, (uint16_t)fresh);
    unsigned char *out = made.data + HEAD;
    for (uint32_t i = 0; i <= count; i++) {
        if (i == index && add) {
            ese_put16(out, (uint16_t)id);
            ese_put16(out + 2, null ? IS_NULL : 0);
            ese_put16(out + 4, (uint16_t)(begin + size));
            out += ENTRY;
        }
        if (i < count && !(i == index && remove)) {
            memcpy(out, entry_at(record, i), ENTRY);
            if (i >= index) {
                ese_put16(out + 4, (uint16_t)(end_of(record, i) - old + size));
            }
            out += ENTRY;
        }
    }
    const unsigned char *from = record->data + directory;
    memcpy(out, from, begin);
    if (size != 0) {
        memcpy(out + begin, data, size);
    }
    memcpy(out + begin + size, from + begin + old, values - begin - old);
    made.size = HEAD + fresh * ENTRY + values - old + size;
    ese_bytes_free(record);
    *record = made;
    return JET_errSuccess;
}

JET_ERR ese_record_set(struct ese_bytes *record, JET_COLUMNID id, uint32_t sequence, const void *data, uint32_t size,
                       bool null)
{
    uint32_t have = ese_record_values(record, id);
    bool replace = sequence != 0 && sequence <= have;
    uint32_t index = lower(record, id) + (replace ? sequence - 1 : have);
    return splice(record, index, replace, true, id, data, size, null);
}

JET_ERR ese_record_unset(struct ese_bytes *record, JET_COLUMNID id, uint32_t sequence)
{
    if (sequence == 0 || sequence > ese_record_values(record, id)) {
        return JET_errSuccess;
    }
    return splice(record, lower(record, id) + sequence - 1, true, false, id, NULL, 0, false);
}

bool ese_record_is_sound(const unsigned char *record, uint32_t size)
{
    if (size < HEAD) {
        return false;
    }
    uint32_t count = ese_get16(record), last_id = 0, last_end = 0;
    if (HEAD + count * ENTRY > size) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        const unsigned char *entry = record + HEAD + i * ENTRY;
        uint32_t id = ese_get16(entry), end = ese_get16(entry + 4);
        if (id == 0 || id < last_id || end < last_end || (id == last_id && id < ESE_TAGGED_FIRST)) {
            return false;
        }
        last_id = id;
        last_end = end;
    }
    return HEAD + count * ENTRY + last_end == size;
}
