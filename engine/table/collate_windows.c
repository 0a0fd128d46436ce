/* Collation by the system: LCMapStringEx. */
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0600
#endif
#include <windows.h>

#include <stdio.h>
#include <string.h>

#include "engine/os/os.h"
#include "engine/table/collate.h"

struct native {
    WCHAR locale[ESE_LOCALE_MAX + 1];
    DWORD flags;
};

static bool wide_name(const char *name, WCHAR *wide)
{
    return MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, name, -1, wide, ESE_LOCALE_MAX + 1) != 0;
}

JET_ERR ese_collation_native_open(const char *locale, uint32_t map_flags, void **native)
{
    struct native *made = ese_calloc(1, sizeof *made);
    if (made == NULL) {
        return JET_errOutOfMemory;
    }
    made->flags = map_flags & ~(DWORD)ESE_MAP_BYTE_REVERSED; /* collate.c does that */
    if (!wide_name(locale, made->locale) || (made->locale[0] != 0 && !IsValidLocaleName(made->locale))) {
        ese_free(made);
        return JET_errInvalidLanguageId;
    }
    *native = made;
    return JET_errSuccess;
}

void ese_collation_native_close(void *native)
{
    ese_free(native);
}

JET_ERR ese_collation_native_key(const void *native, const uint16_t *text, uint32_t units, struct ese_bytes *key)
{
    const struct native *rules = native;
    if (units == 0) {
        return JET_errSuccess;
    }
    const WCHAR *from = (const WCHAR *)text;
    int need = LCMapStringEx(rules->locale, rules->flags, from, (int)units, NULL, 0, NULL, NULL, 0);
    if (need <= 0) {
        return JET_errUnicodeTranslationFail;
    }
    JET_ERR err = ese_bytes_reserve(key, key->size + (uint32_t)need);
    if (err == JET_errSuccess) {
        int size = LCMapStringEx(rules->locale, rules->flags, from, (int)units, (LPWSTR)(void *)(key->data + key->size),
                                 need, NULL, NULL, 0);
        if (size <= 0) {
            return JET_errUnicodeTranslationFail;
        }
        key->size += (uint32_t)size - 1;            /* without the terminating zero */
    }
    return err;
}

JET_ERR ese_locale_name(uint32_t lcid, char *name)
{
    WCHAR wide[LOCALE_NAME_MAX_LENGTH];
    name[0] = '\0';
    if (lcid == 0 || lcid == ESE_LCID_INVARIANT) {
        return JET_errSuccess;
    }
    if (LCIDToLocaleName(lcid, wide, LOCALE_NAME_MAX_LENGTH, 0) == 0 ||
        WideCharToMultiByte(CP_UTF8, 0, wide, -1, name, ESE_LOCALE_MAX + 1, NULL, NULL) == 0) {
        return JET_errInvalidLanguageId;
    }
    return JET_errSuccess;
}

uint32_t ese_locale_lcid(const char *name)
{
    WCHAR wide[ESE_LOCALE_MAX + 1];
    if (name[0] == '\0') {
        return ESE_LCID_INVARIANT;
    }
    return wide_name(name, wide) ? LocaleNameToLCID(wide, 0) : 0;
}

bool ese_locale_is_known(const char *name)
{
    WCHAR wide[ESE_LOCALE_MAX + 1];
    return wide_name(name, wide) && (wide[0] == 0 || IsValidLocaleName(wide));
}

void ese_collation_version(char *text, uint32_t size)
{
    NLSVERSIONINFOEX version = { .dwNLSVersionInfoSize = sizeof version };
    if (!GetNLSVersionEx(COMPARE_STRING, LOCALE_NAME_INVARIANT, &version)) {
        version.dwNLSVersion = version.dwDefinedVersion = 0;
    }
    snprintf(text, size, "nls %lu.%lu / %lu", version.dwNLSVersion >> 16, version.dwNLSVersion & 0xFFFF,
             version.dwDefinedVersion);
}
