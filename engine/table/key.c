/*
 * Normal form of values in keys: memcmp of keys is the order of the columns, one after the other.
 *
 * Every part begins with a byte that says NULL (0x00, or 0xC0 where NULL sorts high), empty (0x40) or value (0x7F). Numbers follow big-endian with the
 * sign turned over; text in its sort form with a zero at the end; binary in groups of eight, each with a ninth byte: 9
 * when more follow, else how many of the eight count. A descending part is complemented. So no part is the
 * beginning of another one.
 */
#include "engine/table/index.h"

enum { PREFIX_NULL = 0x00, PREFIX_EMPTY = 0x40, PREFIX_VALUE = 0x7F, PREFIX_NULL_HIGH = 0xC0, LIMIT = 0xFF };

#define GROUP 8

static void append_number(struct ese_bytes *key, const unsigned char *data, uint32_t size, unsigned kind)
{
    unsigned char *out = key->data + key->size;
    for (uint32_t i = 0; i < size; i++) {
        out[i] = data[size - 1 - i];
    }
    if (kind == 1) {                                /* signed */
        out[0] ^= 0x80;
    } else if (kind == 2) {                         /* floating point */
        unsigned char mask = (out[0] & 0x80) != 0 ? 0xFF : 0x00;
        for (uint32_t i = 0; i < size; i++) {
            out[i] ^= mask;
        }
        out[0] ^= mask != 0 ? 0x00 : 0x80;
    }
    key->size += size;
}

/* A GUID sorts by its last six bytes, then the two before, then the three integers, like the original's; with
 * JET_bitIndexDotNetGuid in the order of its fields. */
static void append_guid(struct ese_bytes *key, const unsigned char *data, bool dot_net)
{
    static const unsigned char usual[16] = { 10, 11, 12, 13, 14, 15, 8, 9, 7, 6, 5, 4, 3, 2, 1, 0 };
    static const unsigned char net[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
    for (unsigned i = 0; i < 16; i++) {
        key->data[key->size++] = data[dot_net ? net[i] : usual[i]];
    }
}

static void append_binary(struct ese_bytes *key, const unsigned char *data, uint32_t size, bool prefix)
{
    for (uint32_t done = 0; done < size; done += GROUP) {
        uint32_t part = size - done < GROUP ? size - done : GROUP;
        memset(key->data + key->size, 0, GROUP);
        memcpy(key->data + key->size, data + done, part);
        bool last = done + GROUP >= size;
        if (last && prefix) {
            key->size += part;                      /* whatever follows the prefix may follow */
            return;
        }
        key->data[key->size + GROUP] = (unsigned char)(last ? part : GROUP + 1);
        key->size += GROUP + 1;
    }
}

static JET_ERR append_value(struct ese_bytes *key, const struct ese_key_part *part, bool prefix)
{
    const unsigned char *data = part->data;
    JET_ERR err = ese_bytes_reserve(key, key->size + 2 * part->size + 32);
    if (err != JET_errSuccess) {
        return err;
    }
    if (part->null) {
        key->data[key->size++] = part->nulls_high ? PREFIX_NULL_HIGH : PREFIX_NULL;
        return JET_errSuccess;
    }
    if (part->size == 0) {
        key->data[key->size++] = prefix ? PREFIX_VALUE : PREFIX_EMPTY;
        return JET_errSuccess;
    }
    key->data[key->size++] = PREFIX_VALUE;
    switch (part->column->coltyp) {
    case JET_coltypBit:
        key->data[key->size++] = data[0] != 0 ? 0xFF : 0x00;
        return JET_errSuccess;
    case JET_coltypUnsignedByte: case JET_coltypUnsignedShort: case JET_coltypUnsignedLong:
    case JET_coltypUnsignedLongLong:
        append_number(key, data, part->size, 0);
        return JET_errSuccess;
    case JET_coltypShort: case JET_coltypLong: case JET_coltypCurrency: case JET_coltypLongLong:
        append_number(key, data, part->size, 1);
        return JET_errSuccess;
    case JET_coltypIEEESingle: case JET_coltypIEEEDouble: case JET_coltypDateTime:
        append_number(key, data, part->size, 2);
        return JET_errSuccess;
    case JET_coltypGUID:
        append_guid(key, data, part->dot_net_guid);
        return JET_errSuccess;
    case JET_coltypText: case JET_coltypLongText:
        err = ese_collate(part->collation, part->column->code_page, data, part->size, prefix, key);
        if (err == JET_errSuccess && !prefix) {
            err = ese_bytes_reserve(key, key->size + 1);
        }
        if (err == JET_errSuccess && !prefix) {
            key->data[key->size++] = 0;
        }
        return err;
    default:
        err = ese_bytes_reserve(key, key->size + part->size + part->size / GROUP + 2 * GROUP);
        if (err == JET_errSuccess) {
            append_binary(key, data, part->size, prefix);
        }
        return err;
    }
}

JET_ERR ese_key_append(struct ese_bytes *key, const struct ese_key_part *part, enum ese_key_end end)
{
    uint32_t begin = key->size;
    bool prefix = (end == ESE_KEY_PREFIX || end == ESE_KEY_PREFIX_LIMIT) && ese_coltyp_size(part->column->coltyp) == 0;
    JET_ERR err = append_value(key, part, prefix && !part->null);
    if (err != JET_errSuccess) {
        return err;
    }
    if (part->descending) {
        for (uint32_t i = begin; i < key->size; i++) {
            key->data[i] = (unsigned char)~key->data[i];
        }
    }
    if (end == ESE_KEY_LIMIT || end == ESE_KEY_PREFIX_LIMIT) {
        err = ese_bytes_reserve(key, key->size + 1);
        if (err == JET_errSuccess) {
            key->data[key->size++] = LIMIT;
        }
    }
    return err;
}

JET_ERR ese_key_of_record(struct ese_table *table, struct ese_trx *trx, const struct ese_bytes *record,
                          struct ese_bytes *key)
{
    static const uint32_t first[ESE_KEY_COLUMNS] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
    struct ese_key_facts facts;
    JET_ERR err = ese_index_key(table, trx, table->primary, record, first, key, &facts);
    return err == JET_errSuccess && facts.any_null && (table->primary->grbit & JET_bitIndexDisallowNull) != 0
               ? JET_errNullKeyDisallowed : err;
}
