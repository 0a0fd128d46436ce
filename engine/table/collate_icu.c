/*
 * Collation by ICU. Sort keys have levels: letters, accents, and the third one with case, width and kind of kana. So leaving out
 * the third level ignores just what the default flags ignore. Where only some of the three are to be ignored, text is first
 * changed so that they do not differ, and compared on all levels.
 */
#include <stdio.h>
#include <string.h>

#include <unicode/ucol.h>
#include <unicode/uloc.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/uversion.h>

#include "engine/os/os.h"
#include "engine/table/collate.h"

struct native {
    UCollator *collator;
    const UNormalizer2 *compatible;                 /* to change widths; NULL: not needed */
    bool fold_case, fold_kana;
};

static bool locale_of(const char *name, char *locale, size_t size)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t used = 0;
    if (name[0] == '\0') {
        locale[0] = '\0';
        return true;
    }
    int32_t length = uloc_forLanguageTag(name, locale, (int32_t)size, &used, &status);
    return U_SUCCESS(status) && status != U_STRING_NOT_TERMINATED_WARNING && length > 0 &&
           used == (int32_t)strlen(name) && uloc_getISO3Language(locale)[0] != '\0';
}

static void set_attributes(struct native *native, uint32_t flags, UErrorCode *status)
{
    bool no_case = (flags & (ESE_MAP_IGNORE_CASE | ESE_MAP_LINGUISTIC_IGNORE_CASE)) != 0;
    bool no_kana = (flags & ESE_MAP_IGNORE_KANA_TYPE) != 0, no_width = (flags & ESE_MAP_IGNORE_WIDTH) != 0;
    bool no_accents = (flags & (ESE_MAP_IGNORE_NONSPACE | ESE_MAP_LINGUISTIC_IGNORE_DIACRITIC)) != 0;
    UColAttributeValue strength = UCOL_TERTIARY;
    if (no_accents) {
        strength = UCOL_PRIMARY;
        ucol_setAttribute(native->collator, UCOL_CASE_LEVEL, no_case ? UCOL_OFF : UCOL_ON, status);
    } else if (no_case && no_kana && no_width) {
        strength = UCOL_SECONDARY;
    } else {
        native->fold_case = no_case;
        native->fold_kana = no_kana;
        native->compatible = no_width ? unorm2_getNFKCInstance(status) : NULL;
    }
    ucol_setStrength(native->collator, strength);
    if ((flags & ESE_MAP_IGNORE_SYMBOLS) != 0) {
        ucol_setAttribute(native->collator, UCOL_ALTERNATE_HANDLING, UCOL_SHIFTED, status);
        ucol_setMaxVariable(native->collator, UCOL_REORDER_CODE_SYMBOL, status);
    }
    if ((flags & ESE_MAP_DIGITS_AS_NUMBERS) != 0) {
        ucol_setAttribute(native->collator, UCOL_NUMERIC_COLLATION, UCOL_ON, status);
    }
}

JET_ERR ese_collation_native_open(const char *locale, uint32_t map_flags, void **native)
{
    char name[ULOC_FULLNAME_CAPACITY];
    UErrorCode status = U_ZERO_ERROR;
    if (!locale_of(locale, name, sizeof name)) {
        return JET_errInvalidLanguageId;
    }
    struct native *made = ese_calloc(1, sizeof *made);
    if (made == NULL) {
        return JET_errOutOfMemory;
    }
    made->collator = ucol_open(name[0] != '\0' ? name : "root", &status);
    if (U_SUCCESS(status)) {
        set_attributes(made, map_flags, &status);
    }
    if (U_FAILURE(status)) {
        ese_collation_native_close(made);
        return status == U_MEMORY_ALLOCATION_ERROR ? JET_errOutOfMemory : JET_errUnicodeNormalizationNotSupported;
    }
    *native = made;
    return JET_errSuccess;
}

void ese_collation_native_close(void *native)
{
    struct native *made = native;
    if (made->collator != NULL) {
        ucol_close(made->collator);
    }
    ese_free(made);
}

/* ---- changing text so that it does not differ in what is to be ignored ----------------------------------- */

#define GROWTH 18                                   /* most units one becomes */

static uint32_t plain_width(const struct native *native, UChar unit, UChar *out)
{
    UErrorCode status = U_ZERO_ERROR;
    if (native->compatible != NULL && unit >= 0xFF00 && unit <= 0xFFEF) {
        int32_t length = unorm2_getDecomposition(native->compatible, unit, out, GROWTH, &status);
        if (U_SUCCESS(status) && length > 0) {
            return (uint32_t)length;
        }
    }
    out[0] = unit;
    return 1;
}

static JET_ERR change(const struct native *native, const UChar *text, uint32_t units, UChar **out, int32_t *length)
{
    UChar *plain = ese_alloc(((size_t)units * GROWTH + 1) * sizeof *plain);
    UErrorCode status = U_ZERO_ERROR;
    uint32_t count = 0;
    if (plain == NULL) {
        return JET_errOutOfMemory;
    }
    for (uint32_t i = 0; i < units; i++) {
        uint32_t more = plain_width(native, text[i], plain + count);
        for (uint32_t k = 0; native->fold_kana && k < more; k++) {
            if (plain[count + k] >= 0x30A1 && plain[count + k] <= 0x30F6) {
                plain[count + k] = (UChar)(plain[count + k] - 0x60);
            }
        }
        count += more;
    }
    *length = (int32_t)count;
    *out = plain;
    if (!native->fold_case) {
        return JET_errSuccess;
    }
    int32_t room = (int32_t)(3 * count + 1);
    UChar *folded = ese_alloc((size_t)room * sizeof *folded);
    if (folded != NULL) {
        *length = u_strFoldCase(folded, room, plain, (int32_t)count, U_FOLD_CASE_DEFAULT, &status);
    }
    ese_free(plain);
    *out = folded;
    return folded == NULL ? JET_errOutOfMemory : U_FAILURE(status) ? JET_errUnicodeTranslationFail : JET_errSuccess;
}

JET_ERR ese_collation_native_key(const void *native, const uint16_t *text, uint32_t units, struct ese_bytes *key)
{
    const struct native *rules = native;
    const UChar *from = (const UChar *)text;
    UChar *changed = NULL;
    int32_t length = (int32_t)units;
    JET_ERR err = JET_errSuccess;
    if (rules->fold_case || rules->fold_kana || rules->compatible != NULL) {
        err = change(rules, from, units, &changed, &length);
        from = changed;
    }
    uint32_t guess = 4 * units + 16;
    while (err == JET_errSuccess) {
        err = ese_bytes_reserve(key, key->size + guess);
        if (err != JET_errSuccess) {
            break;
        }
        int32_t need = ucol_getSortKey(rules->collator, from, length, key->data + key->size,
                                       (int32_t)(key->room - key->size));
        if (need <= 0) {
            err = JET_errUnicodeTranslationFail;
        } else if ((uint32_t)need <= key->room - key->size) {
            key->size += (uint32_t)need - 1;        /* without the terminating zero */
            break;
        } else {
            guess = (uint32_t)need;
        }
    }
    ese_free(changed);
    return err;
}

/* ---- names ----------------------------------------------------------------------------------------------- */

JET_ERR ese_locale_name(uint32_t lcid, char *name)
{
    char locale[ULOC_FULLNAME_CAPACITY];
    UErrorCode status = U_ZERO_ERROR;
    name[0] = '\0';
    if (lcid == 0 || lcid == ESE_LCID_INVARIANT) {
        return JET_errSuccess;
    }
    int32_t length = uloc_getLocaleForLCID(lcid, locale, (int32_t)sizeof locale, &status);
    if (U_SUCCESS(status) && length > 0 && length < (int32_t)sizeof locale) {
        length = uloc_toLanguageTag(locale, name, ESE_LOCALE_MAX + 1, 1, &status);
    }
    return U_FAILURE(status) || length <= 0 || length > ESE_LOCALE_MAX ? JET_errInvalidLanguageId : JET_errSuccess;
}

uint32_t ese_locale_lcid(const char *name)
{
    char locale[ULOC_FULLNAME_CAPACITY];
    if (name[0] == '\0') {
        return ESE_LCID_INVARIANT;
    }
    return locale_of(name, locale, sizeof locale) ? uloc_getLCID(locale) : 0;
}

bool ese_locale_is_known(const char *name)
{
    char locale[ULOC_FULLNAME_CAPACITY];
    return locale_of(name, locale, sizeof locale);
}

void ese_collation_version(char *text, uint32_t size)
{
    UVersionInfo library, unicode;
    char library_text[U_MAX_VERSION_STRING_LENGTH], unicode_text[U_MAX_VERSION_STRING_LENGTH];
    u_getVersion(library);
    u_getUnicodeVersion(unicode);
    u_versionToString(library, library_text);
    u_versionToString(unicode, unicode_text);
    snprintf(text, size, "icu %s / unicode %s", library_text, unicode_text);
}
