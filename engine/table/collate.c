/*
 * How text sorts. Without regard to case, by code: letters are compared as their capitals (ASCII and the letters of
 * Latin-1, in both code pages). This is the seam for real collation: nothing else in the engine looks into text.
 */
#include "engine/table/schema.h"

#define UNICODE_PAGE 1200

static unsigned fold(unsigned code)
{
    if (code >= 'a' && code <= 'z') {
        return code - 32;
    }
    if (code >= 0xE0 && code <= 0xFE && code != 0xF7) {
        return code - 32;
    }
    return code;
}

/* Codes 0 and 1 become pairs, so that an end mark of zero is lower than any text that goes on. */
JET_ERR ese_collate(uint16_t code_page, const void *text, uint32_t size, struct ese_bytes *key)
{
    const unsigned char *at = text;
    uint32_t unit = code_page == UNICODE_PAGE ? 2 : 1;
    JET_ERR err = ese_bytes_reserve(key, key->size + 2 * size + 4);
    if (err != JET_errSuccess) {
        return err;
    }
    for (uint32_t i = 0; i + unit <= size; i += unit) {
        unsigned code = fold(unit == 2 ? ese_get16(at + i) : at[i]);
        unsigned parts[2] = { code < 2 ? 1 : code, code + 1 };
        for (unsigned k = 0; k < (code < 2 ? 2u : 1u); k++) {
            if (unit == 2) {
                key->data[key->size++] = (unsigned char)(parts[k] >> 8);
            }
            key->data[key->size++] = (unsigned char)parts[k];
        }
    }
    return JET_errSuccess;
}
