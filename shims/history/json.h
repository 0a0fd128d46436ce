/* shims/history/json.h - as much JSON as a history needs.
 *
 * Reading: one value (a line of a history) into a tree that one arena owns. Strict (RFC 8259), and
 * stricter: a key twice in an object, a number that is no 64-bit integer, nesting deeper than
 * SHIM_JSON_DEPTH and U+0000 are errors. Writing: text to a FILE.
 *
 * Text that is not UTF-8: a byte b that belongs to no valid sequence is written as the escape of the
 * lone surrogate 0xDC00 + b and comes back as that byte. So the file is always valid UTF-8, and any
 * bytes survive the way there and back.
 *
 * Thread safety: none; one tree, one thread.
 */
#ifndef ESECHECK_SHIMS_HISTORY_JSON_H
#define ESECHECK_SHIMS_HISTORY_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SHIM_JSON_DEPTH 16

enum shim_json_kind {
    SHIM_JSON_NULL,
    SHIM_JSON_BOOL,
    SHIM_JSON_NUMBER,
    SHIM_JSON_TEXT,
    SHIM_JSON_ARRAY,
    SHIM_JSON_OBJECT
};

struct shim_json {
    enum shim_json_kind kind;
    bool boolean;
    bool negative;           /* NUMBER: magnitude with sign */
    uint64_t magnitude;
    const char *key;         /* in an object; nul-terminated */
    const char *text;        /* TEXT; nul-terminated */
    size_t text_size;
    size_t count;            /* members of an ARRAY or OBJECT */
    struct shim_json *first; /* its members, in order of appearance */
    struct shim_json *next;
    bool seen;               /* set by shim_json_take; for finding members nobody asked for */
};

struct shim_json_arena; /* memory of a tree */

struct shim_json_arena *shim_json_arena_new(void); /* NULL without memory */
void shim_json_arena_free(struct shim_json_arena *arena);

/* Parses `size` bytes that hold exactly one value. What the arena held before is gone. Returns the
 * value, or NULL with a message ("column 12: ..."). */
struct shim_json *shim_json_parse(struct shim_json_arena *arena, const char *bytes, size_t size,
                                  char *error, size_t error_size);

/* The member with this key (marked as seen), or NULL. */
struct shim_json *shim_json_take(struct shim_json *object, const char *key);
/* The first member that nobody took, or NULL. */
const struct shim_json *shim_json_untaken(const struct shim_json *object);

/* Numbers in either form: a JSON number, or text in decimal or "0x..." form. False if it is neither
 * or does not fit. */
bool shim_json_unsigned(const struct shim_json *value, uint64_t *number);
bool shim_json_signed(const struct shim_json *value, int64_t *number);

/* Whether the bytes are UTF-8 throughout (shortest forms, no surrogates). */
bool shim_json_is_utf8(const void *bytes, size_t size);

/* Writes a string with its quotes. Errors are left to ferror. */
void shim_json_write_text(FILE *out, const char *bytes, size_t size);
/* Writes a number that every JSON reader keeps exact: as a number if |value| <= 2^53, as text
 * otherwise. */
void shim_json_write_signed(FILE *out, int64_t value);
void shim_json_write_unsigned(FILE *out, uint64_t value);

#endif
