/* How entries of the catalog are written: keys with big-endian numbers, values one field after the other. */
#ifndef ESE_TABLE_CATALOG_FORMAT_H
#define ESE_TABLE_CATALOG_FORMAT_H

#include "engine/table/schema.h"

#define ESE_OBJECT_KEY 5                            /* bytes of a key: kind, object */
#define ESE_DERIVED 0x80000000u                     /* in the grbit of a column or index that comes from a template */
#define ESE_PART_KEY 9                              /* kind, object, number of the part */

static inline void ese_catalog_put_number(unsigned char *at, uint32_t value)
{
    at[0] = (unsigned char)(value >> 24);
    at[1] = (unsigned char)(value >> 16);
    at[2] = (unsigned char)(value >> 8);
    at[3] = (unsigned char)value;
}

static inline uint32_t ese_catalog_get_number(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline uint32_t ese_catalog_object_key(unsigned char *key, char kind, uint32_t object)
{
    key[0] = (unsigned char)kind;
    ese_catalog_put_number(key + 1, object);
    return ESE_OBJECT_KEY;
}

static inline uint32_t ese_catalog_part_key(unsigned char *key, char kind, uint32_t object, uint32_t part)
{
    ese_catalog_object_key(key, kind, object);
    ese_catalog_put_number(key + ESE_OBJECT_KEY, part);
    return ESE_PART_KEY;
}

/* Writes the fields of a value. */
struct ese_pen { unsigned char *at; };

static inline void ese_write_number(struct ese_pen *pen, uint32_t value)
{
    ese_put32(pen->at, value);
    pen->at += 4;
}

static inline void ese_write_bytes(struct ese_pen *pen, const void *data, uint32_t size)
{
    ese_write_number(pen, size);
    if (size != 0) {
        memcpy(pen->at, data, size);
    }
    pen->at += size;
}

/* Reads them. bad: they are not what was written. */
struct ese_eye { const unsigned char *at, *end; bool bad; };

static inline uint32_t ese_read_number(struct ese_eye *eye)
{
    if (eye->end - eye->at < 4) {
        eye->bad = true;
        return 0;
    }
    eye->at += 4;
    return ese_get32(eye->at - 4);
}

static inline uint32_t ese_read_bytes(struct ese_eye *eye, const unsigned char **data)
{
    uint32_t size = ese_read_number(eye);
    if ((size_t)(eye->end - eye->at) < size) {
        eye->bad = true;
        return 0;
    }
    *data = eye->at;
    eye->at += size;
    return size;
}

/* Text of at most `most` bytes; name has one more for the NUL. */
static inline void ese_read_text(struct ese_eye *eye, char *name, uint32_t most)
{
    const unsigned char *data = NULL;
    uint32_t size = ese_read_bytes(eye, &data);
    if (size > most) {
        eye->bad = true;
        size = 0;
    }
    if (size != 0) {
        memcpy(name, data, size);
    }
    name[size] = '\0';
}

/* A column from its entry. JET_errCatalogCorrupted. */
JET_ERR ese_catalog_parse_column(const struct ese_bytes *value, JET_COLUMNID id, struct ese_column **column);

/* Walks the entries of one kind of an object that trx sees, spot->key.data + ESE_OBJECT_KEY being the number of the part.
 * JET_errRecordNotFound after the last. */
JET_ERR ese_catalog_next_part(struct ese_trx *trx, struct ese_tree *catalog, char kind, uint32_t object,
                              struct ese_spot *spot, bool first);

#endif
