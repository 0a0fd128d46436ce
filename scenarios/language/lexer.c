/* lexer.c - see lexer.h. */
#include "scenarios/language/lexer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "scenarios/language/utf8.h"

bool scn_fail(struct scn_diag *diag, struct scn_pos pos, const char *format, ...)
{
    const char *file = diag->file ? diag->file : "script";
    int used;
    va_list list;

    if (diag->failed)
        return false;
    diag->failed = true;
    if (!diag->error || diag->error_size == 0)
        return false;
    if (pos.line > 0)
        used = snprintf(diag->error, diag->error_size, "%s:%d:%d: ", file, pos.line, pos.column);
    else
        used = snprintf(diag->error, diag->error_size, "%s: ", file);
    if (used < 0 || (size_t)used >= diag->error_size)
        return false;
    va_start(list, format);
    vsnprintf(diag->error + used, diag->error_size - (size_t)used, format, list);
    va_end(list);
    return false;
}

bool scn_lexer_validate(const char *text, size_t size, struct scn_diag *diag)
{
    struct scn_pos pos = {1, 1};

    for (size_t i = 0; i < size;) {
        uint32_t character;
        size_t length;

        if (text[i] == '\0')
            return scn_fail(diag, pos, "a NUL byte; a script is plain UTF-8 text");
        length = scn_utf8_decode(text + i, size - i, &character);
        if (length == 0)
            return scn_fail(diag, pos, "byte 0x%02X is not valid UTF-8; save the script as UTF-8",
                            (unsigned char)text[i]);
        i += length;
        pos.column++;
        if (character == '\n') {
            pos.line++;
            pos.column = 1;
        }
    }
    return true;
}

void scn_lexer_init(struct scn_lexer *lexer, const char *text, size_t size, struct scn_diag *diag)
{
    lexer->at = text;
    lexer->end = text + size;
    lexer->pos = (struct scn_pos){1, 1};
    lexer->line_empty = true;
    lexer->diag = diag;
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        lexer->at += 3;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_inner(char c)
{
    return is_digit(c) || is_letter(c);
}

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The end of the word that begins at `at`. */
static const char *word_end(const char *at, const char *end)
{
    while (at < end && (is_inner(*at) || (*at == '-' && end - at > 1 && is_inner(at[1]))))
        at++;
    return at;
}

bool scn_is_word(const char *word)
{
    size_t length = word ? strlen(word) : 0;

    return length > 0 && length <= SCN_MAX_WORD && is_letter(word[0]) && word[length - 1] != '-' &&
           word_end(word, word + length) == word + length;
}

static struct scn_token bad(struct scn_lexer *lexer, struct scn_token token)
{
    token.kind = SCN_TOKEN_BAD;
    lexer->at = lexer->end;
    return token;
}

/* Takes `length` bytes of ASCII as a token of this kind. */
static struct scn_token take(struct scn_lexer *lexer, struct scn_token token,
                             enum scn_token_kind kind, size_t length)
{
    token.kind = kind;
    token.length = length;
    lexer->at += length;
    lexer->pos.column += (int)length;
    lexer->line_empty = false;
    return token;
}

static struct scn_token lex_word(struct scn_lexer *lexer, struct scn_token token)
{
    bool shared = *token.start == '$';
    const char *first = token.start + (shared ? 1 : 0);
    size_t length;

    if (shared && (first == lexer->end || !is_letter(*first))) {
        scn_fail(lexer->diag, token.pos, "a name must follow $, as in $session");
        return bad(lexer, token);
    }
    length = (size_t)(word_end(first, lexer->end) - first);
    if (length > SCN_MAX_WORD) {
        scn_fail(lexer->diag, token.pos, "a name of %zu characters; at most %d are allowed", length,
                 SCN_MAX_WORD);
        return bad(lexer, token);
    }
    return take(lexer, token, shared ? SCN_TOKEN_SHARED : SCN_TOKEN_WORD,
                length + (shared ? 1u : 0u));
}

static struct scn_token lex_number(struct scn_lexer *lexer, struct scn_token token)
{
    const char *at = token.start, *digits;
    bool negative = *at == '-', fits = true;
    unsigned base = 10;
    uint64_t value = 0, most;

    if (negative)
        at++;
    if (lexer->end - at > 2 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X') && !negative) {
        base = 16;
        at += 2;
    }
    digits = at;
    for (; at < lexer->end; at++) {
        int digit = hex_digit(*at);

        if (digit < 0 || (unsigned)digit >= base)
            break;
        if (value > (UINT64_MAX - (unsigned)digit) / base)
            fits = false;
        else
            value = value * base + (unsigned)digit;
    }
    if (at == digits || (at < lexer->end && is_inner(*at))) {
        scn_fail(lexer->diag, token.pos,
                 "malformed number; write 12, -3 or 0x1F (names begin with a letter)");
        return bad(lexer, token);
    }
    most = base == 16 ? UINT64_MAX : negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    if (!fits || value > most) {
        scn_fail(lexer->diag, token.pos, "number out of range; 64 bits are the most");
        return bad(lexer, token);
    }
    token.number = (int64_t)(negative ? 0 - value : value);
    return take(lexer, token, SCN_TOKEN_NUMBER, (size_t)(at - token.start));
}

/* Length of the escape that begins at the backslash `at`, or 0. */
static size_t escape_length(const char *at, const char *end)
{
    if (end - at < 2)
        return 0;
    if (strchr("\\\"ntr", at[1]))
        return 2;
    if (at[1] == 'x' && end - at >= 4 && hex_digit(at[2]) >= 0 && hex_digit(at[3]) >= 0 &&
        (at[2] != '0' || at[3] != '0'))
        return 4;
    return 0;
}

static struct scn_token lex_text(struct scn_lexer *lexer, struct scn_token token)
{
    const char *at = token.start + 1;
    int column = token.pos.column + 1;

    for (;;) {
        uint32_t character;
        size_t length;

        if (at == lexer->end || *at == '\n') {
            scn_fail(lexer->diag, token.pos, "text without its closing \" in the same line");
            return bad(lexer, token);
        }
        if (*at == '"')
            break;
        if (*at == '\\') {
            length = escape_length(at, lexer->end);
            column += (int)length;
            if (length == 0) {
                scn_fail(lexer->diag, (struct scn_pos){token.pos.line, column},
                         "unknown escape; there are \\\\ \\\" \\n \\t \\r and \\x01 to \\xFF");
                return bad(lexer, token);
            }
        } else {
            length = scn_utf8_decode(at, (size_t)(lexer->end - at), &character);
            column++;
            if (length == 0 || character < 0x20 || character == 0x7F) {
                scn_fail(lexer->diag, (struct scn_pos){token.pos.line, column - 1},
                         "control character in text; write it as \\t or \\x1F");
                return bad(lexer, token);
            }
        }
        at += length;
    }
    token = take(lexer, token, SCN_TOKEN_TEXT, (size_t)(at + 1 - token.start));
    lexer->pos.column = column + 1;
    return token;
}

/* Skips blanks and a comment; stops at a line's end, the text's end or a token. */
static void skip(struct scn_lexer *lexer)
{
    while (lexer->at < lexer->end &&
           (*lexer->at == ' ' || *lexer->at == '\t' || *lexer->at == '\r')) {
        lexer->at++;
        lexer->pos.column++;
    }
    if (lexer->at < lexer->end && *lexer->at == '#') {
        while (lexer->at < lexer->end && *lexer->at != '\n')
            lexer->at++;
    }
}

static struct scn_token lex_sign(struct scn_lexer *lexer, struct scn_token token)
{
    static const struct {
        const char *text;
        enum scn_token_kind kind;
    } signs[] = {{"==", SCN_TOKEN_SAME},  {"=>", SCN_TOKEN_GIVES}, {"->", SCN_TOKEN_ARROW},
                 {"=", SCN_TOKEN_EQUALS}, {"|", SCN_TOKEN_OR},     {",", SCN_TOKEN_COMMA},
                 {"(", SCN_TOKEN_OPEN},   {")", SCN_TOKEN_CLOSE},
                 {"<=", SCN_TOKEN_LESS_OR_SAME}, {">=", SCN_TOKEN_MORE_OR_SAME},
                 {"<", SCN_TOKEN_LESS},   {">", SCN_TOKEN_MORE},  {"*", SCN_TOKEN_TIMES},
                 {"-", SCN_TOKEN_MINUS}};
    size_t left = (size_t)(lexer->end - lexer->at);
    uint32_t character = 0;

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        size_t length = strlen(signs[i].text);

        if (length <= left && memcmp(signs[i].text, lexer->at, length) == 0)
            return take(lexer, token, signs[i].kind, length);
    }
    scn_utf8_decode(lexer->at, left, &character);
    if (character > 0x20 && character < 0x7F)
        scn_fail(lexer->diag, token.pos, "'%c' has no meaning here", (int)character);
    else
        scn_fail(lexer->diag, token.pos,
                 "character U+%04X has no meaning outside of text and comments",
                 (unsigned)character);
    return bad(lexer, token);
}

struct scn_token scn_lexer_next(struct scn_lexer *lexer)
{
    struct scn_token token = {.kind = SCN_TOKEN_END};

    for (;;) {
        skip(lexer);
        token.pos = lexer->pos;
        token.start = lexer->at;
        token.length = 0;
        if (lexer->at == lexer->end) {
            /* The last line needs no line end of its own. */
            if (!lexer->line_empty && !lexer->diag->failed) {
                lexer->line_empty = true;
                token.kind = SCN_TOKEN_LINE;
            }
            return token;
        }
        if (*lexer->at != '\n')
            break;
        lexer->at++;
        lexer->pos.line++;
        lexer->pos.column = 1;
        if (!lexer->line_empty) {
            lexer->line_empty = true;
            token.kind = SCN_TOKEN_LINE;
            return token;
        }
    }
    if (is_letter(*lexer->at) || *lexer->at == '$')
        return lex_word(lexer, token);
    if (is_digit(*lexer->at) ||
        (*lexer->at == '-' && lexer->end - lexer->at > 1 && is_digit(lexer->at[1])))
        return lex_number(lexer, token);
    if (*lexer->at == '"')
        return lex_text(lexer, token);
    return lex_sign(lexer, token);
}

size_t scn_token_decode(const struct scn_token *token, char *out)
{
    const char *at = token->start + 1, *end = token->start + token->length - 1;
    size_t used = 0;

    while (at < end) {
        if (*at != '\\') {
            out[used++] = *at++;
            continue;
        }
        if (at[1] == 'x') {
            out[used++] = (char)(hex_digit(at[2]) * 16 + hex_digit(at[3]));
            at += 4;
            continue;
        }
        out[used++] = at[1] == 'n' ? '\n' : at[1] == 't' ? '\t' : at[1] == 'r' ? '\r' : at[1];
        at += 2;
    }
    out[used] = '\0';
    return used;
}

const char *scn_token_name(enum scn_token_kind kind)
{
    static const char *const names[] = {[SCN_TOKEN_END] = "the end of the script",
                                        [SCN_TOKEN_LINE] = "the end of the line",
                                        [SCN_TOKEN_WORD] = "a word",
                                        [SCN_TOKEN_SHARED] = "a $name",
                                        [SCN_TOKEN_NUMBER] = "a number",
                                        [SCN_TOKEN_TEXT] = "a text in quotes",
                                        [SCN_TOKEN_EQUALS] = "=",
                                        [SCN_TOKEN_SAME] = "==",
                                        [SCN_TOKEN_GIVES] = "=>",
                                        [SCN_TOKEN_ARROW] = "->",
                                        [SCN_TOKEN_OR] = "|",
                                        [SCN_TOKEN_COMMA] = ",",
                                        [SCN_TOKEN_LESS] = "<",
                                        [SCN_TOKEN_LESS_OR_SAME] = "<=",
                                        [SCN_TOKEN_MORE] = ">",
                                        [SCN_TOKEN_MORE_OR_SAME] = ">=",
                                        [SCN_TOKEN_TIMES] = "*",
                                        [SCN_TOKEN_MINUS] = "-",
                                        [SCN_TOKEN_OPEN] = "(",
                                        [SCN_TOKEN_CLOSE] = ")",
                                        [SCN_TOKEN_BAD] = "something unreadable"};

    return names[kind];
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

int scn_distance(const char *a, const char *b, int most)
{
    int nearest = 0, before;
    int rows[3][SCN_MAX_WORD + 1];
    size_t a_size = strlen(a), b_size = strlen(b);

    if (a_size > SCN_MAX_WORD || b_size > SCN_MAX_WORD)
        return most;
    for (size_t j = 0; j <= b_size; j++)
        rows[0][j] = (int)j;
    for (size_t i = 1; i <= a_size; i++) {
        int *row = rows[i % 3], *above = rows[(i - 1) % 3], *two = rows[(i + 1) % 3];

        row[0] = (int)i;
        before = nearest;
        nearest = row[0];
        for (size_t j = 1; j <= b_size; j++) {
            int change = above[j - 1] + (lower(a[i - 1]) != lower(b[j - 1]));

            row[j] = least(change, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]))
                row[j] = least(row[j], two[j - 2] + 1);
            nearest = least(nearest, row[j]);
        }
        /* Every way on passes through one of the last two rows. */
        if (nearest >= most && before >= most)
            return most;
    }
    return least(rows[a_size % 3][b_size], most);
}
