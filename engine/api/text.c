#include "engine/api/text.h"

#include <stdbool.h>
#include <string.h>

#include "engine/os/os.h"

#define NO_CHARACTER UINT32_MAX

/* Reads one character of UTF-8 and moves on. NO_CHARACTER for anything that is not well formed. */
static uint32_t read_utf8(const unsigned char **at, const unsigned char *end)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    unsigned char first = *(*at)++;
    if (first < 0x80) {
        return first;
    }
    unsigned more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    if (first < 0xC2 || first > 0xF4 || (size_t)(end - *at) < more) {
        return NO_CHARACTER;
    }
    uint32_t character = first & (0x3Fu >> more);
    for (unsigned i = 0; i < more; i++) {
        if ((**at & 0xC0) != 0x80) {
            return NO_CHARACTER;
        }
        character = character << 6 | (*(*at)++ & 0x3Fu);
    }
    bool surrogate = character >= 0xD800 && character <= 0xDFFF;
    return character < least[more] || surrogate || character > 0x10FFFF ? NO_CHARACTER : character;
}

static uint32_t read_utf16(const JET_WCHAR **at, const JET_WCHAR *end)
{
    uint32_t first = (uint16_t) * (*at)++;
    if (first < 0xD800 || first > 0xDFFF) {
        return first;
    }
    if (first > 0xDBFF || *at == end) {
        return NO_CHARACTER;
    }
    uint32_t second = (uint16_t) * *at;
    if (second < 0xDC00 || second > 0xDFFF) {
        return NO_CHARACTER;
    }
    (*at)++;
    return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
}

static size_t write_utf8(uint32_t character, char *out)
{
    if (character < 0x80) {
        out[0] = (char)character;
        return 1;
    }
    if (character < 0x800) {
        out[0] = (char)(0xC0 | character >> 6);
        out[1] = (char)(0x80 | (character & 0x3F));
        return 2;
    }
    if (character < 0x10000) {
        out[0] = (char)(0xE0 | character >> 12);
        out[1] = (char)(0x80 | (character >> 6 & 0x3F));
        out[2] = (char)(0x80 | (character & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | character >> 18);
    out[1] = (char)(0x80 | (character >> 12 & 0x3F));
    out[2] = (char)(0x80 | (character >> 6 & 0x3F));
    out[3] = (char)(0x80 | (character & 0x3F));
    return 4;
}

static JET_ERR check_utf8(const char *in, size_t size)
{
    const unsigned char *at = (const unsigned char *)in;
    const unsigned char *end = at + size;
    while (at != end) {
        if (read_utf8(&at, end) == NO_CHARACTER) {
            return JET_errUnicodeTranslationFail;
        }
    }
    return JET_errSuccess;
}

/* Both conversions for counted text; the result gets a nul beyond its size. */
static JET_ERR convert(enum ese_text text, const void *in, size_t size, char **out,
                       size_t *out_size)
{
    size_t room = text == ESE_TEXT_W ? size / sizeof(JET_WCHAR) * 3 : size;
    char *utf8 = ese_alloc(room + 1);
    if (utf8 == NULL) {
        return JET_errOutOfMemory;
    }
    size_t length = 0;
    JET_ERR err = JET_errSuccess;
    if (text == ESE_TEXT_A) {
        err = check_utf8(in, size);
        memcpy(utf8, in, size);
        length = size;
    } else {
        const JET_WCHAR *at = in;
        const JET_WCHAR *end = at + size / sizeof(JET_WCHAR);
        while (at != end && err == JET_errSuccess) {
            uint32_t character = read_utf16(&at, end);
            if (character == NO_CHARACTER) {
                err = JET_errUnicodeTranslationFail;
            } else {
                length += write_utf8(character, utf8 + length);
            }
        }
    }
    if (err != JET_errSuccess) {
        ese_free(utf8);
        return err;
    }
    utf8[length] = 0;
    *out = utf8;
    *out_size = length;
    return JET_errSuccess;
}

static size_t wide_length(const JET_WCHAR *in)
{
    size_t length = 0;
    while (in[length] != 0) {
        length++;
    }
    return length;
}

JET_ERR ese_text_in(enum ese_text text, const void *in, char **out)
{
    *out = NULL;
    if (in == NULL) {
        return JET_errSuccess;
    }
    size_t size = text == ESE_TEXT_W ? wide_length(in) * sizeof(JET_WCHAR) : strlen(in);
    size_t ignored;
    return convert(text, in, size, out, &ignored);
}

JET_ERR ese_text_list_in(enum ese_text text, const void *in, uint32_t size, char **out,
                         uint32_t *out_size)
{
    *out = NULL;
    *out_size = 0;
    if (in == NULL) {
        return JET_errSuccess;
    }
    if (text == ESE_TEXT_W && size % sizeof(JET_WCHAR) != 0) {
        return JET_errInvalidParameter;
    }
    size_t length;
    JET_ERR err = convert(text, in, size, out, &length);
    if (err == JET_errSuccess) {
        *out_size = (uint32_t)length;
    }
    return err;
}

static JET_ERR wide_out(const char *in, JET_WCHAR *out, size_t room)
{
    const unsigned char *at = (const unsigned char *)in;
    const unsigned char *end = at + strlen(in);
    size_t length = 0;
    while (at != end) {
        uint32_t character = read_utf8(&at, end);
        if (character == NO_CHARACTER) {
            character = 0xFFFD;
        }
        size_t units = character >= 0x10000 ? 2 : 1;
        if (length + units >= room) {
            out[length] = 0;
            return JET_errBufferTooSmall;
        }
        if (units == 2) {
            out[length++] = (JET_WCHAR)(0xD800 + ((character - 0x10000) >> 10));
            out[length++] = (JET_WCHAR)(0xDC00 + ((character - 0x10000) & 0x3FF));
        } else {
            out[length++] = (JET_WCHAR)character;
        }
    }
    out[length] = 0;
    return JET_errSuccess;
}

JET_ERR ese_text_out(enum ese_text text, const char *in, void *out, uint32_t size)
{
    if (text == ESE_TEXT_W) {
        size_t room = size / sizeof(JET_WCHAR);
        return room == 0 ? JET_errBufferTooSmall : wide_out(in, out, room);
    }
    size_t need = strlen(in) + 1;
    if (size == 0) {
        return JET_errBufferTooSmall;
    }
    size_t copied = need <= size ? need - 1 : size - 1;
    while (copied < need - 1 && copied > 0 && ((unsigned char)in[copied] & 0xC0) == 0x80) {
        copied--; /* never half a character */
    }
    memcpy(out, in, copied);
    ((char *)out)[copied] = 0;
    return copied == need - 1 ? JET_errSuccess : JET_errBufferTooSmall;
}

uint32_t ese_text_size(enum ese_text text, const char *in)
{
    if (text == ESE_TEXT_A) {
        return (uint32_t)strlen(in) + 1;
    }
    uint32_t units = 1;
    for (const unsigned char *at = (const unsigned char *)in; *at != 0; at++) {
        units += (*at & 0xC0) != 0x80;
        units += *at >= 0xF0;
    }
    return units * (uint32_t)sizeof(JET_WCHAR);
}
