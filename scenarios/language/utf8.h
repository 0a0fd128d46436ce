/* scenarios/language/utf8.h - reading UTF-8 that may be broken. */
#ifndef ESECHECK_SCENARIOS_LANGUAGE_UTF8_H
#define ESECHECK_SCENARIOS_LANGUAGE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Decodes the first character of the `size` > 0 bytes at `bytes`. Returns its length (1 to 4) and
 * the code point, or 0 if no valid sequence begins there (overlong forms, surrogates and values
 * beyond U+10FFFF are invalid). */
size_t scn_utf8_decode(const char *bytes, size_t size, uint32_t *code_point);

#endif
