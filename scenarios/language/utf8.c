/* utf8.c - see utf8.h. */
#include "scenarios/language/utf8.h"

size_t scn_utf8_decode(const char *bytes, size_t size, uint32_t *code_point)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *b = (const unsigned char *)bytes;
    uint32_t value;
    size_t length;

    if (b[0] < 0x80) {
        *code_point = b[0];
        return 1;
    }
    if (b[0] < 0xC0)
        return 0;
    length = b[0] < 0xE0 ? 2u : b[0] < 0xF0 ? 3u : b[0] < 0xF8 ? 4u : 0u;
    if (length == 0 || length > size)
        return 0;
    value = (uint32_t)b[0] & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((b[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (b[i] & 0x3Fu);
    }
    if (value < least[length] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
        return 0;
    *code_point = value;
    return length;
}
