/* Collations of the process, and the sort form of text: see collate.h. */
#include "engine/table/collate.h"

#include <string.h>

#include "engine/os/os.h"

#define UNICODE_PAGE 1200
#define LEVEL_END 1                                 /* ends the first level, the letters themselves, of a sort key */

struct ese_collation {
    struct ese_collation *next;
    char locale[ESE_LOCALE_MAX + 1];
    uint32_t map_flags;
    void *native;
};

static struct ese_once once = ESE_ONCE_INIT;
static struct ese_mutex lock;
static bool lock_made;
static struct ese_collation *collations;            /* grows in front; members are never changed */

static void make_lock(void)
{
    lock_made = ese_mutex_init(&lock) == JET_errSuccess;
}

/* When the library goes: what platform libraries hold for us would look lost to a leak checker. */
__attribute__((destructor)) static void close_all(void)
{
    while (collations != NULL) {
        struct ese_collation *next = collations->next;
        ese_collation_native_close(collations->native);
        ese_free(collations);
        collations = next;
    }
    if (lock_made) {
        ese_mutex_fini(&lock);
        lock_made = false;
    }
}

static JET_ERR open_one(const char *locale, uint32_t map_flags, struct ese_collation **collation)
{
    struct ese_collation *made = ese_calloc(1, sizeof *made);
    if (made == NULL) {
        return JET_errOutOfMemory;
    }
    memcpy(made->locale, locale, strlen(locale) + 1);
    made->map_flags = map_flags;
    JET_ERR err = ese_collation_native_open(locale, map_flags, &made->native);
    if (err != JET_errSuccess) {
        ese_free(made);
        return err;
    }
    *collation = made;
    return JET_errSuccess;
}

bool ese_map_flags_are_valid(uint32_t map_flags)
{
    const uint32_t known = ESE_MAP_IGNORE_CASE | ESE_MAP_IGNORE_NONSPACE | ESE_MAP_IGNORE_SYMBOLS |
                           ESE_MAP_DIGITS_AS_NUMBERS | ESE_MAP_LINGUISTIC_IGNORE_CASE |
                           ESE_MAP_LINGUISTIC_IGNORE_DIACRITIC | ESE_MAP_SORT_KEY | ESE_MAP_BYTE_REVERSED |
                           ESE_MAP_STRING_SORT | ESE_MAP_IGNORE_KANA_TYPE | ESE_MAP_IGNORE_WIDTH |
                           ESE_MAP_LINGUISTIC_CASING;
    return (map_flags & ~known) == 0 && (map_flags & ESE_MAP_SORT_KEY) != 0;
}

JET_ERR ese_collation_find(const char *locale, uint32_t map_flags, const struct ese_collation **collation)
{
    const char *name = locale != NULL ? locale : "";
    uint32_t flags = map_flags != 0 ? map_flags : (uint32_t)ESE_MAP_DEFAULT;
    if (!ese_map_flags_are_valid(flags)) {
        return JET_errInvalidLCMapStringFlags;
    }
    if (strlen(name) > ESE_LOCALE_MAX) {
        return JET_errInvalidLanguageId;
    }
    ese_once_run(&once, make_lock);
    if (!lock_made) {
        return JET_errOutOfMemory;
    }
    JET_ERR err = JET_errSuccess;
    ese_mutex_lock(&lock);
    struct ese_collation *found = collations;
    while (found != NULL && (found->map_flags != flags || strcmp(found->locale, name) != 0)) {
        found = found->next;
    }
    if (found == NULL) {
        err = open_one(name, flags, &found);
        if (err == JET_errSuccess) {
            found->next = collations;
            collations = found;
        }
    }
    ese_mutex_unlock(&lock);
    if (err == JET_errSuccess) {
        *collation = found;
    }
    return err;
}

/* ---- text in code page 1252 ------------------------------------------------------------------------------ */

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
static JET_ERR collate_bytes(const unsigned char *text, uint32_t size, struct ese_bytes *key)
{
    JET_ERR err = ese_bytes_reserve(key, key->size + 2 * size + 4);
    for (uint32_t i = 0; err == JET_errSuccess && i < size; i++) {
        unsigned code = fold(text[i]);
        key->data[key->size++] = (unsigned char)(code < 2 ? 1 : code);
        if (code < 2) {
            key->data[key->size++] = (unsigned char)(code + 1);
        }
    }
    return err;
}

/* ---- Unicode text ---------------------------------------------------------------------------------------- */

#define UNITS_INLINE 128

/* Values may lie at any address. */
static JET_ERR units_of(const void *text, uint32_t units, uint16_t *inline_units, uint16_t **out)
{
    *out = units <= UNITS_INLINE ? inline_units : ese_alloc(units * sizeof **out);
    if (*out == NULL) {
        return JET_errOutOfMemory;
    }
    for (uint32_t i = 0; i < units; i++) {
        (*out)[i] = ese_get16((const unsigned char *)text + 2 * i);
    }
    return JET_errSuccess;
}

static void swap_pairs(unsigned char *data, uint32_t size)
{
    for (uint32_t i = 0; i + 1 < size; i += 2) {
        unsigned char first = data[i];
        data[i] = data[i + 1];
        data[i + 1] = first;
    }
}

static JET_ERR collate_units(const struct ese_collation *collation, const void *text, uint32_t units, bool prefix,
                             struct ese_bytes *key)
{
    uint16_t inline_units[UNITS_INLINE] = { 0 }, *copy;
    uint32_t begin = key->size;
    JET_ERR err = units_of(text, units, inline_units, &copy);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_collation_native_key(collation->native, copy, units, key);
    if (copy != inline_units) {
        ese_free(copy);
    }
    if (err == JET_errSuccess && prefix) {
        const unsigned char *end = key->size != begin ? memchr(key->data + begin, LEVEL_END, key->size - begin) : NULL;
        key->size = end != NULL ? (uint32_t)(end - key->data) : key->size;
    }
    if (err == JET_errSuccess && (collation->map_flags & ESE_MAP_BYTE_REVERSED) != 0) {
        swap_pairs(key->data + begin, key->size - begin);
    }
    return err;
}

JET_ERR ese_collate(const struct ese_collation *collation, uint16_t code_page, const void *text, uint32_t size,
                    bool prefix, struct ese_bytes *key)
{
    if (code_page != UNICODE_PAGE) {
        return collate_bytes(text, size, key);
    }
    JET_ERR err = JET_errSuccess;
    if (collation == NULL) {
        err = ese_collation_find(NULL, 0, &collation);
    }
    return err == JET_errSuccess ? collate_units(collation, text, size / 2, prefix, key) : err;
}
