/* scenarios/language/lexer.h - text to tokens. Of this folder only.
 *
 * Lines matter: the end of a line ends a statement. Blank lines and comments give no tokens.
 */
#ifndef ESECHECK_SCENARIOS_LANGUAGE_LEXER_H
#define ESECHECK_SCENARIOS_LANGUAGE_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenarios/language/plan.h"

/* Where the first error of a parse goes; later ones are ignored. */
struct scn_diag {
    const char *file;
    char *error;
    size_t error_size;
    bool failed;
};

/* Notes "file:line:column: message" unless an error was noted before. Always returns false. */
bool scn_fail(struct scn_diag *diag, struct scn_pos pos, const char *format, ...)
#ifdef __MINGW32__
    __attribute__((format(gnu_printf, 3, 4)));
#else
    __attribute__((format(printf, 3, 4)));
#endif

enum scn_token_kind {
    SCN_TOKEN_END,    /* of the text */
    SCN_TOKEN_LINE,   /* end of a line that had tokens */
    SCN_TOKEN_WORD,   /* letters, digits and _, also - between two of them */
    SCN_TOKEN_SHARED, /* $word, with the $ */
    SCN_TOKEN_NUMBER,
    SCN_TOKEN_TEXT,   /* with the quotes */
    SCN_TOKEN_EQUALS, /* = */
    SCN_TOKEN_SAME,   /* == */
    SCN_TOKEN_GIVES,  /* => */
    SCN_TOKEN_ARROW,  /* -> */
    SCN_TOKEN_OR,     /* | */
    SCN_TOKEN_COMMA,
    SCN_TOKEN_LESS,         /* < */
    SCN_TOKEN_LESS_OR_SAME, /* <= */
    SCN_TOKEN_MORE,         /* > */
    SCN_TOKEN_MORE_OR_SAME, /* >= */
    SCN_TOKEN_TIMES,        /* * */
    SCN_TOKEN_MINUS,        /* - between values */
    SCN_TOKEN_OPEN,  /* ( */
    SCN_TOKEN_CLOSE, /* ) */
    SCN_TOKEN_BAD    /* an error was noted */
};

struct scn_token {
    enum scn_token_kind kind;
    struct scn_pos pos;
    const char *start; /* the bytes in the text */
    size_t length;
    int64_t number; /* NUMBER */
};

struct scn_lexer {
    const char *at, *end;
    struct scn_pos pos;
    bool line_empty;
    struct scn_diag *diag;
};

/* The text must stay; it must be valid UTF-8 (scn_lexer_validate says). Columns count characters.
 */
void scn_lexer_init(struct scn_lexer *lexer, const char *text, size_t size, struct scn_diag *diag);
bool scn_lexer_validate(const char *text, size_t size, struct scn_diag *diag);
struct scn_token scn_lexer_next(struct scn_lexer *lexer);

/* What a TEXT token means; `out` has room for token->length bytes. Returns the number of bytes
 * before the terminating nul. The escapes were checked by the lexer. */
size_t scn_token_decode(const struct scn_token *token, char *out);

/* How a kind of token is called in messages. */
const char *scn_token_name(enum scn_token_kind kind);

/* Whether `word` is letters, digits, _ and inner -, beginning with a letter or _, of legal length.
 */
bool scn_is_word(const char *word);

/* An edit distance (insert, remove, change, swap neighbours; letters of either case are alike),
 * for suggestions; at most `most`, which is also the distance of words longer than SCN_MAX_WORD. */
int scn_distance(const char *a, const char *b, int most);

#endif
