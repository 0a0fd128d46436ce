/* shims/history/json.c - see json.h. */
#include "shims/history/json.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "shims/printf.h"

#define EXACT_MAX ((uint64_t)1 << 53)

/* Blocks are kept from line to line; `used` starts again at the first. */
struct block {
    struct block *next;
    size_t size, used;
    _Alignas(16) unsigned char bytes[];
};

struct shim_json_arena {
    struct block *first, *current;
};

struct parser {
    struct shim_json_arena *arena;
    const char *start, *at, *end;
    char *error;
    size_t error_size;
};

struct shim_json_arena *shim_json_arena_new(void) {
    return calloc(1, sizeof(struct shim_json_arena));
}

void shim_json_arena_free(struct shim_json_arena *arena) {
    if (arena == NULL) {
        return;
    }
    for (struct block *block = arena->first; block != NULL;) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
    free(arena);
}

static void *allocate(struct shim_json_arena *arena, size_t size) {
    size = (size + 15) & ~(size_t)15;
    for (;;) {
        struct block *block = arena->current;
        if (block != NULL && block->size - block->used >= size) {
            void *memory = block->bytes + block->used;
            block->used += size;
            return memory;
        }
        if (block != NULL && block->next != NULL) {
            arena->current = block->next;
            arena->current->used = 0;
            continue;
        }
        size_t room = size > 65536 ? size : 65536;
        struct block *fresh = malloc(sizeof *fresh + room);
        if (fresh == NULL) {
            return NULL;
        }
        fresh->next = NULL;
        fresh->size = room;
        fresh->used = 0;
        if (block == NULL) {
            arena->first = fresh;
        } else {
            block->next = fresh;
        }
        arena->current = fresh;
    }
}

SHIM_PRINTF(2, 3) static void *fail(struct parser *p, const char *format, ...) {
    char what[160];
    va_list list;
    va_start(list, format);
    vsnprintf(what, sizeof what, format, list);
    va_end(list);
    snprintf(p->error, p->error_size, "column %zu: %s", (size_t)(p->at - p->start) + 1, what);
    return NULL;
}

/* Length of the UTF-8 sequence at `at`, or 0 if there is no valid one. */
static size_t utf8_length(const unsigned char *at, size_t left) {
    unsigned char lead = at[0];
    if (lead < 0x80) {
        return 1;
    }
    size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || length > left) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    if ((lead == 0xe0 && at[1] < 0xa0) || (lead == 0xed && at[1] > 0x9f) ||
        (lead == 0xf0 && at[1] < 0x90) || (lead == 0xf4 && at[1] > 0x8f)) {
        return 0;
    }
    return length;
}

bool shim_json_is_utf8(const void *bytes, size_t size) {
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size;) {
        size_t length = utf8_length(at + i, size - i);
        if (length == 0) {
            return false;
        }
        i += length;
    }
    return true;
}

static void skip_space(struct parser *p) {
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\t' || *p->at == '\r' || *p->at == '\n')) {
        p->at++;
    }
}

static char *put_code(char *out, uint32_t code) {
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xc0 | code >> 6);
        *out++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *out++ = (char)(0xe0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
        *out++ = (char)(0x80 | (code & 0x3f));
    } else {
        *out++ = (char)(0xf0 | code >> 18);
        *out++ = (char)(0x80 | (code >> 12 & 0x3f));
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
        *out++ = (char)(0x80 | (code & 0x3f));
    }
    return out;
}

/* Four hex digits at p->at. */
static bool hex4(struct parser *p, uint32_t *code) {
    *code = 0;
    if (p->end - p->at < 4) {
        return false;
    }
    for (int i = 0; i < 4; i++, p->at++) {
        unsigned char c = (unsigned char)*p->at;
        unsigned digit = c >= '0' && c <= '9'   ? c - (unsigned)'0'
                         : c >= 'a' && c <= 'f' ? c - (unsigned)'a' + 10
                         : c >= 'A' && c <= 'F' ? c - (unsigned)'A' + 10
                                                : 16;
        if (digit > 15) {
            return false;
        }
        *code = *code << 4 | digit;
    }
    return true;
}

/* After "\u". Puts what it means; false with a message. */
static bool unicode_escape(struct parser *p, char **out) {
    uint32_t code, low;
    if (!hex4(p, &code)) {
        return fail(p, "\\u needs four hex digits") != NULL;
    }
    if (code == 0) {
        return fail(p, "U+0000 cannot be part of a text") != NULL;
    }
    if (code >= 0xd800 && code <= 0xdbff) {
        if (p->end - p->at < 6 || p->at[0] != '\\' || p->at[1] != 'u') {
            return fail(p, "half of a surrogate pair") != NULL;
        }
        p->at += 2;
        if (!hex4(p, &low) || low < 0xdc00 || low > 0xdfff) {
            return fail(p, "half of a surrogate pair") != NULL;
        }
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc80 && code <= 0xdcff) {
        *(*out)++ = (char)(code - 0xdc00); /* a byte that was no UTF-8 */
        return true;
    } else if (code >= 0xdc00 && code <= 0xdfff) {
        return fail(p, "half of a surrogate pair") != NULL;
    }
    *out = put_code(*out, code);
    return true;
}

/* At the opening quote. Returns the text, nul-terminated, in the arena. */
static const char *parse_text(struct parser *p, size_t *size) {
    const char *close = ++p->at;
    while (close < p->end && *close != '"') {
        close += *close == '\\' ? 2 : 1;
    }
    if (close >= p->end) {
        return fail(p, "text without a closing quote");
    }
    char *text = allocate(p->arena, (size_t)(close - p->at) + 1); /* no escape makes text longer */
    if (text == NULL) {
        return fail(p, "out of memory");
    }
    char *out = text;
    while (p->at < close) {
        unsigned char c = (unsigned char)*p->at;
        if (c == '\\') {
            static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
            char kind = p->at[1];
            const char *simple = kind == '\0' ? NULL : strchr(from, kind);
            p->at += 2;
            if (simple != NULL) {
                *out++ = to[simple - from];
            } else if (kind != 'u') {
                p->at -= 2;
                return fail(p, "unknown escape in a text");
            } else if (!unicode_escape(p, &out)) {
                return NULL;
            }
            continue;
        }
        size_t length = c < 0x20 ? 0 : utf8_length((const unsigned char *)p->at,
                                                   (size_t)(close - p->at));
        if (length == 0) {
            return fail(p, c < 0x20 ? "control character in a text" : "not UTF-8");
        }
        memcpy(out, p->at, length);
        out += length;
        p->at += length;
    }
    *out = '\0';
    *size = (size_t)(out - text);
    p->at = close + 1;
    return text;
}

/* Decimal digits into a 64-bit number; false if there are none or too many. */
static bool decimal(const char **at, const char *end, uint64_t *number) {
    const char *start = *at;
    *number = 0;
    while (*at < end && **at >= '0' && **at <= '9') {
        uint64_t digit = (uint64_t)(**at - '0');
        if (*number > (UINT64_MAX - digit) / 10) {
            return false;
        }
        *number = *number * 10 + digit;
        ++*at;
    }
    return *at != start;
}

static bool parse_number(struct parser *p, struct shim_json *value) {
    value->kind = SHIM_JSON_NUMBER;
    value->negative = *p->at == '-';
    p->at += value->negative ? 1 : 0;
    const char *start = p->at;
    if (!decimal(&p->at, p->end, &value->magnitude)) {
        return fail(p, "expected a value") != NULL;
    }
    if (*start == '0' && p->at - start > 1) {
        return fail(p, "a number must not begin with 0") != NULL;
    }
    if (p->at < p->end && strchr(".eE", *p->at) != NULL && *p->at != '\0') {
        return fail(p, "only integers are used here") != NULL;
    }
    return true;
}

static struct shim_json *parse_value(struct parser *p, int depth);

/* At the opening bracket of an array or object. */
static bool parse_members(struct parser *p, struct shim_json *value, int depth) {
    bool object = *p->at == '{';
    char close = object ? '}' : ']';
    value->kind = object ? SHIM_JSON_OBJECT : SHIM_JSON_ARRAY;
    p->at++;
    skip_space(p);
    if (p->at < p->end && *p->at == close) {
        p->at++;
        return true;
    }
    struct shim_json **link = &value->first;
    for (;;) {
        const char *key = NULL;
        skip_space(p);
        if (object) {
            size_t size;
            if (p->at >= p->end || *p->at != '"') {
                return fail(p, "expected a key in quotes") != NULL;
            }
            key = parse_text(p, &size);
            if (key == NULL) {
                return false;
            }
            for (struct shim_json *other = value->first; other != NULL; other = other->next) {
                if (strcmp(other->key, key) == 0) {
                    return fail(p, "\"%.40s\" appears twice", key) != NULL;
                }
            }
            skip_space(p);
            if (p->at >= p->end || *p->at != ':') {
                return fail(p, "expected ':' after \"%.40s\"", key) != NULL;
            }
            p->at++;
        }
        struct shim_json *member = parse_value(p, depth + 1);
        if (member == NULL) {
            return false;
        }
        member->key = key;
        *link = member;
        link = &member->next;
        value->count++;
        skip_space(p);
        if (p->at < p->end && *p->at == close) {
            p->at++;
            return true;
        }
        if (p->at >= p->end || *p->at != ',') {
            return fail(p, "expected ',' or '%c'", close) != NULL;
        }
        p->at++;
    }
}

static bool parse_word(struct parser *p, const char *word) {
    size_t length = strlen(word);
    if ((size_t)(p->end - p->at) < length || memcmp(p->at, word, length) != 0) {
        return false;
    }
    p->at += length;
    return true;
}

static struct shim_json *parse_value(struct parser *p, int depth) {
    skip_space(p);
    if (depth > SHIM_JSON_DEPTH) {
        return fail(p, "nested too deeply");
    }
    if (p->at >= p->end) {
        return fail(p, "the line ends where a value should be");
    }
    struct shim_json *value = allocate(p->arena, sizeof *value);
    if (value == NULL) {
        return fail(p, "out of memory");
    }
    memset(value, 0, sizeof *value);
    if (*p->at == '{' || *p->at == '[') {
        return parse_members(p, value, depth) ? value : NULL;
    }
    if (*p->at == '"') {
        value->kind = SHIM_JSON_TEXT;
        value->text = parse_text(p, &value->text_size);
        return value->text != NULL ? value : NULL;
    }
    if (parse_word(p, "null")) {
        return value;
    }
    if (parse_word(p, "true")) {
        value->kind = SHIM_JSON_BOOL;
        value->boolean = true;
        return value;
    }
    if (parse_word(p, "false")) {
        value->kind = SHIM_JSON_BOOL;
        return value;
    }
    return parse_number(p, value) ? value : NULL;
}

struct shim_json *shim_json_parse(struct shim_json_arena *arena, const char *bytes, size_t size,
                                  char *error, size_t error_size) {
    struct parser p = {arena, bytes, bytes, bytes + size, error, error_size};
    arena->current = arena->first;
    if (arena->first != NULL) {
        arena->first->used = 0;
    }
    struct shim_json *value = parse_value(&p, 0);
    if (value == NULL) {
        return NULL;
    }
    skip_space(&p);
    return p.at == p.end ? value : fail(&p, "more text after the value");
}

struct shim_json *shim_json_take(struct shim_json *object, const char *key) {
    if (object->kind != SHIM_JSON_OBJECT) {
        return NULL;
    }
    for (struct shim_json *member = object->first; member != NULL; member = member->next) {
        if (strcmp(member->key, key) == 0) {
            member->seen = true;
            return member;
        }
    }
    return NULL;
}

const struct shim_json *shim_json_untaken(const struct shim_json *object) {
    const struct shim_json *member = object->first;
    while (member != NULL && member->seen) {
        member = member->next;
    }
    return member;
}

/* Sign and magnitude of a number in either form. */
static bool number_of(const struct shim_json *value, bool *negative, uint64_t *magnitude) {
    if (value->kind == SHIM_JSON_NUMBER) {
        *negative = value->negative;
        *magnitude = value->magnitude;
        return true;
    }
    if (value->kind != SHIM_JSON_TEXT) {
        return false;
    }
    const char *at = value->text, *end = at + value->text_size;
    *negative = at < end && *at == '-';
    at += *negative ? 1 : 0;
    if (end - at < 3 || at[0] != '0' || at[1] != 'x') {
        return decimal(&at, end, magnitude) && at == end;
    }
    if (*negative || end - at > 18) {
        return false;
    }
    *magnitude = 0;
    for (at += 2; at < end; at++) {
        unsigned char c = (unsigned char)*at;
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return false;
        }
        *magnitude = *magnitude << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return true;
}

bool shim_json_unsigned(const struct shim_json *value, uint64_t *number) {
    bool negative;
    return number_of(value, &negative, number) && (!negative || *number == 0);
}

bool shim_json_signed(const struct shim_json *value, int64_t *number) {
    bool negative;
    uint64_t magnitude;
    if (!number_of(value, &negative, &magnitude) ||
        magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0)) {
        return false;
    }
    *number = (int64_t)(negative ? ~magnitude + 1 : magnitude);
    return true;
}

void shim_json_write_text(FILE *out, const char *bytes, size_t size) {
    const unsigned char *at = (const unsigned char *)bytes;
    putc('"', out);
    for (size_t i = 0; i < size;) {
        size_t plain = i;
        while (plain < size && at[plain] >= 0x20 && at[plain] < 0x7f && at[plain] != '"' &&
               at[plain] != '\\') {
            plain++;
        }
        if (plain > i) {
            fwrite(at + i, 1, plain - i, out);
            i = plain;
            continue;
        }
        size_t length = utf8_length(at + i, size - i);
        if (at[i] == '"' || at[i] == '\\') {
            putc('\\', out);
            putc(at[i], out);
        } else if (at[i] == '\n') {
            fputs("\\n", out);
        } else if (length == 0) {
            fprintf(out, "\\udc%02x", at[i]);
        } else if (length == 1) {
            fprintf(out, "\\u%04x", at[i]);
        } else {
            fwrite(at + i, 1, length, out);
        }
        i += length == 0 ? 1 : length;
    }
    putc('"', out);
}

void shim_json_write_signed(FILE *out, int64_t value) {
    bool exact = value <= (int64_t)EXACT_MAX && value >= -(int64_t)EXACT_MAX;
    fprintf(out, exact ? "%" PRId64 : "\"%" PRId64 "\"", value);
}

void shim_json_write_unsigned(FILE *out, uint64_t value) {
    fprintf(out, value <= EXACT_MAX ? "%" PRIu64 : "\"%" PRIu64 "\"", value);
}
