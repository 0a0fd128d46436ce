/* Records: changing them. Their layout is in schema.h. */
#include "engine/table/long_value.h"

#define HEAD ESE_RECORD_HEAD
#define ENTRY ESE_RECORD_ENTRY
#define IS_NULL ESE_RECORD_NULL
#define IS_SEPARATE ESE_RECORD_SEPARATE

void ese_record_init(struct ese_bytes *record)
{
    ese_put16(record->data, 0);
    record->size = HEAD;
}

static uint32_t end_of(const struct ese_bytes *record, uint32_t index)
{
    return ese_get16(ese_record_entry_at(record, index) + 4);
}

uint32_t ese_record_values(const struct ese_bytes *record, JET_COLUMNID id)
{
    return ese_record_lower(record, id + 1) - ese_record_lower(record, id);
}

/* Replaces an entry at index, puts one in or takes one out, in place. data must not point into the record. */
static JET_ERR splice(struct ese_bytes *record, uint32_t index, bool remove, bool add, JET_COLUMNID id,
                      const void *data, uint32_t size, unsigned flags)
{
    uint32_t count = ese_record_entries(record), directory = HEAD + count * ENTRY;
    uint32_t begin = index != 0 ? end_of(record, index - 1) : 0;
    uint32_t old = remove ? end_of(record, index) - begin : 0, values = record->size - directory;
    uint32_t fresh = count - (remove ? 1u : 0u) + (add ? 1u : 0u), moved = HEAD + fresh * ENTRY;
    if (values - old + size > UINT16_MAX) {
        return JET_errRecordTooBig;
    }
    JET_ERR err = ese_bytes_reserve(record, moved + values - old + size);
    if (err != JET_errSuccess) {
        return err;
    }
    unsigned char *bytes = record->data, *entry = bytes + HEAD + index * ENTRY;
    uint32_t behind = values - begin - old;
    if (remove && !add) {                           /* the directory shrinks before the values follow it */
        memmove(entry, entry + ENTRY, (size_t)(count - index - 1) * ENTRY);
        memmove(bytes + moved, bytes + directory, begin);
        memmove(bytes + moved + begin, bytes + directory + begin + old, behind);
    } else {
        memmove(bytes + moved + begin + size, bytes + directory + begin + old, behind);
        if (!remove) {
            memmove(bytes + moved, bytes + directory, begin);
            memmove(entry + ENTRY, entry, (size_t)(count - index) * ENTRY);
        }
        ese_put16(entry, (uint16_t)id);
        ese_put16(entry + 2, (uint16_t)flags);
        ese_put16(entry + 4, (uint16_t)(begin + old));
        if (size != 0) {
            memcpy(bytes + moved + begin, data, size);
        }
    }
    for (uint32_t i = index; size != old && i < fresh; i++) {
        unsigned char *end = bytes + HEAD + i * ENTRY + 4;
        ese_put16(end, (uint16_t)(ese_get16(end) - old + size));
    }
    ese_put16(bytes, (uint16_t)fresh);
    record->size = moved + values - old + size;
    return JET_errSuccess;
}

/* A value of a column behind all that are there. */
static JET_ERR append(struct ese_bytes *record, JET_COLUMNID id, const void *data, uint32_t size, unsigned flags)
{
    uint32_t count = ese_record_entries(record), directory = HEAD + count * ENTRY, values = record->size - directory;
    if (values + size > UINT16_MAX) {
        return JET_errRecordTooBig;
    }
    if (record->size + ENTRY + size > record->room) {
        JET_ERR err = ese_bytes_reserve(record, record->size + ENTRY + size);
        if (err != JET_errSuccess) {
            return err;
        }
    }
    unsigned char *entry = record->data + directory;
    memmove(entry + ENTRY, entry, values);
    ese_put16(entry, (uint16_t)id);
    ese_put16(entry + 2, (uint16_t)flags);
    ese_put16(entry + 4, (uint16_t)(values + size));
    if (size != 0) {
        memcpy(entry + ENTRY + values, data, size);
    }
    ese_put16(record->data, (uint16_t)(count + 1));
    record->size += ENTRY + size;
    return JET_errSuccess;
}

static JET_ERR put(struct ese_bytes *record, JET_COLUMNID id, uint32_t sequence, const void *data, uint32_t size,
                   unsigned flags)
{
    uint32_t count = ese_record_entries(record);
    if (count == 0 || ese_get16(ese_record_entry_at(record, count - 1)) < id) {
        return append(record, id, data, size, flags);
    }
    uint32_t first = ese_record_lower(record, id), have = ese_record_lower(record, id + 1) - first;
    bool replace = sequence != 0 && sequence <= have;
    return splice(record, first + (replace ? sequence - 1 : have), replace, true, id, data, size, flags);
}

JET_ERR ese_record_set(struct ese_bytes *record, JET_COLUMNID id, uint32_t sequence, const void *data, uint32_t size,
                       bool null)
{
    return put(record, id, sequence, data, size, null ? IS_NULL : 0);
}

JET_ERR ese_record_set_separate(struct ese_bytes *record, JET_COLUMNID id, uint32_t sequence, const void *reference)
{
    return put(record, id, sequence, reference, ESE_LONG_REFERENCE, IS_SEPARATE);
}

JET_ERR ese_record_unset(struct ese_bytes *record, JET_COLUMNID id, uint32_t sequence)
{
    if (sequence == 0 || sequence > ese_record_values(record, id)) {
        return JET_errSuccess;
    }
    return splice(record, ese_record_lower(record, id) + sequence - 1, true, false, id, NULL, 0, 0);
}

uint32_t ese_record_size_with(const struct ese_bytes *record, JET_COLUMNID id, uint32_t sequence, uint32_t size)
{
    struct ese_value old;
    bool replace = ese_record_get(record, id, sequence, &old);
    return record->size + size + (replace ? 0 : ENTRY) - (replace ? old.size : 0);
}

bool ese_record_has_separate(const struct ese_bytes *record)
{
    for (uint32_t i = ese_record_entries(record); i-- > 0;) {
        const unsigned char *entry = ese_record_entry_at(record, i);
        if (ese_get16(entry) < ESE_TAGGED_FIRST) {
            return false;                           /* tagged columns come last */
        }
        if ((ese_get16(entry + 2) & IS_SEPARATE) != 0) {
            return true;
        }
    }
    return false;
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
        if ((ese_get16(entry + 2) & IS_SEPARATE) != 0 &&
            (id < ESE_TAGGED_FIRST || end - last_end != ESE_LONG_REFERENCE)) {
            return false;
        }
        last_id = id;
        last_end = end;
    }
    return HEAD + count * ENTRY + last_end == size;
}
