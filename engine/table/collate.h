/*
 * How text sorts. Unicode text by the rules of a locale: behind this header stands ICU (collate_icu.c) or, on Windows, the
 * system (collate_windows.c). Text in code page 1252 by code, letters as capitals. Nothing else in the engine looks into text.
 *
 * A collation is made once per process for each locale and flags that somebody asks for, is never changed, may be used by any
 * number of threads, and lives until the library is unloaded.
 */
#ifndef ESE_TABLE_COLLATE_H
#define ESE_TABLE_COLLATE_H

#include <stdbool.h>
#include <stdint.h>

#include <esent.h>

#include "engine/transaction/entry.h"

#define ESE_LOCALE_MAX 84                           /* bytes of a locale name, without the NUL */

/* Flags of LCMapStringEx, which JET_UNICODEINDEX speaks of; values of the platform SDK. */
enum {
    ESE_MAP_IGNORE_CASE = 0x00000001,
    ESE_MAP_IGNORE_NONSPACE = 0x00000002,
    ESE_MAP_IGNORE_SYMBOLS = 0x00000004,
    ESE_MAP_DIGITS_AS_NUMBERS = 0x00000008,
    ESE_MAP_LINGUISTIC_IGNORE_CASE = 0x00000010,
    ESE_MAP_LINGUISTIC_IGNORE_DIACRITIC = 0x00000020,
    ESE_MAP_SORT_KEY = 0x00000400,
    ESE_MAP_BYTE_REVERSED = 0x00000800,
    ESE_MAP_STRING_SORT = 0x00001000,
    ESE_MAP_IGNORE_KANA_TYPE = 0x00010000,
    ESE_MAP_IGNORE_WIDTH = 0x00020000,
    ESE_MAP_LINGUISTIC_CASING = 0x08000000,
    ESE_MAP_DEFAULT = ESE_MAP_SORT_KEY | ESE_MAP_IGNORE_CASE | ESE_MAP_IGNORE_KANA_TYPE | ESE_MAP_IGNORE_WIDTH,
};

#define ESE_LCID_INVARIANT 0x7Fu

struct ese_collation;

/* locale: a name as Windows has them ("en-US"); NULL or "": invariant. map_flags 0: the default ones.
 * JET_errInvalidLanguageId, JET_errInvalidLCMapStringFlags, JET_errOutOfMemory, JET_errUnicodeNormalizationNotSupported. */
JET_ERR ese_collation_find(const char *locale, uint32_t map_flags, const struct ese_collation **collation);

/* Between locale identifiers and names. name holds ESE_LOCALE_MAX + 1 bytes. JET_errInvalidLanguageId. 0 and
 * ESE_LCID_INVARIANT are the invariant locale, "". */
JET_ERR ese_locale_name(uint32_t lcid, char *name);
uint32_t ese_locale_lcid(const char *name);         /* 0: there is none */
bool ese_locale_is_known(const char *name);
bool ese_map_flags_are_valid(uint32_t map_flags);

/* Appends the sort form of text in code_page (1252 or 1200), which holds no zero byte and has no end mark. prefix: only so much of it that the forms of all text that
 * goes on from there begin with it. collation NULL: the invariant one with the default flags. */
JET_ERR ese_collate(const struct ese_collation *collation, uint16_t code_page, const void *text, uint32_t size,
                    bool prefix, struct ese_bytes *key);

/* Names the rules the keys in a database depend on, e.g. "icu 72.1 / unicode 15.0": a database made under another name
 * may be sorted differently. At most 63 bytes. */
void ese_collation_version(char *text, uint32_t size);

/* ---- the platform's part --------------------------------------------------------------------------------- */

/* An open collation; *native is whatever the platform needs. */
JET_ERR ese_collation_native_open(const char *locale, uint32_t map_flags, void **native);
void ese_collation_native_close(void *native);
/* Appends the sort key of `units` UTF-16 units, without a terminator. */
JET_ERR ese_collation_native_key(const void *native, const uint16_t *text, uint32_t units, struct ese_bytes *key);

#endif
