/* scenarios/language/parser.h - what the two halves of the parser share. Of this folder only.
 *
 * Every function that returns bool notes its error in parser->diag before it returns false; the
 * parse ends there.
 */
#ifndef ESECHECK_SCENARIOS_LANGUAGE_PARSER_H
#define ESECHECK_SCENARIOS_LANGUAGE_PARSER_H

#include "scenarios/language/lexer.h"
#include "scenarios/language/plan.h"

struct scn_parser {
    struct scn_lexer lexer;
    struct scn_token token; /* the one that comes next */
    struct scn_diag *diag;
    struct scn_plan *plan;
    int depth; /* of repeat and choose */
};

/* Arrays in the arena: room for one more element behind `count`; the result replaces `array`. NULL
 * without memory (noted). */
void *scn_grow(struct scn_parser *parser, void *array, int count, size_t size);
void *scn_take(struct scn_parser *parser, size_t size);

void scn_next(struct scn_parser *parser);
bool scn_at_word(const struct scn_parser *parser, const char *word);
bool scn_skip_word(struct scn_parser *parser, const char *word); /* true if it was there */

/* "expected WHAT, found ..." at the next token; false. */
bool scn_expected(struct scn_parser *parser, const char *what);

bool scn_parse_line_end(struct scn_parser *parser);
bool scn_parse_name(struct scn_parser *parser, const char *what, const char **name);
bool scn_parse_count(struct scn_parser *parser, const char *what, int64_t lo, int64_t hi,
                     int64_t *count);
bool scn_parse_function(struct scn_parser *parser, enum shim_fn *fn, enum shim_variant *variant);

/* parse_value.c. A part of a number: as one is written, or the name of a constant. */
bool scn_parse_number_part(struct scn_parser *parser, int64_t *number);
bool scn_parse_value(struct scn_parser *parser, struct scn_value *value);

/* parse_call.c: the line of a call, from the name of the function on. */
bool scn_parse_call(struct scn_parser *parser, struct scn_step *step);

/* The codes behind the next token (=> or gives), separated by |. */
bool scn_parse_codes(struct scn_parser *parser, JET_ERR **expected, int *expected_count);
/* `in documented`, `in ese` or nothing. */
bool scn_parse_in(struct scn_parser *parser, enum scn_in *in);
bool scn_parse_relation(struct scn_parser *parser, enum scn_relation *relation);

/* Steps up to `end`, `or`, `cleanup` or the end of the script, which is left as the next token. */
bool scn_parse_steps(struct scn_parser *parser, struct scn_step **steps);

/* parse_expect.c: the declarations about a run as a whole, behind their first word. */
bool scn_parse_expect(struct scn_parser *parser, struct scn_pos pos);
bool scn_parse_after(struct scn_parser *parser, struct scn_pos pos);

/* Notes that the block, opened at `pos` by `what`, is not closed; false. */
bool scn_unclosed(struct scn_parser *parser, const char *what, struct scn_pos pos);

/* The exported or base name to function and variant: PLAIN or, where there is no plain name, the
 * function's default. False if there is no such public function. */
bool scn_find_function(const char *name, enum shim_fn *fn, enum shim_variant *variant);

/* "; did you mean X?" or "" for an unknown function or error. Static per thread: copied by
 * scn_fail. */
void scn_suggest_function(const char *name, char *out, size_t size);
void scn_suggest_constant(const char *name, char *out, size_t size);

#endif
