/* scenarios/language/language.h - text to plan to text.
 *
 * Errors are "file:line:column: what is wrong; what would be right" and never abort. */
#ifndef ESECHECK_SCENARIOS_LANGUAGE_LANGUAGE_H
#define ESECHECK_SCENARIOS_LANGUAGE_LANGUAGE_H

#include <stddef.h>
#include <stdio.h>

#include "scenarios/language/plan.h"

/* Parses and checks. Returns a plan, or NULL with a message. `file` is for messages. */
struct scn_plan *scn_parse(const char *file, const char *text, size_t size, char *error,
                           size_t error_size);
/* The same from a file (at most 1 MiB, UTF-8). */
struct scn_plan *scn_parse_file(const char *path, char *error, size_t error_size);
/* Checks a generated plan by the same rules (names bound before use, roles fit, counts in range). */
int scn_check(const struct scn_plan *plan, const char *file, char *error, size_t error_size);
/* Prints the plan as a script. Returns 0, or -1 when writing failed. */
int scn_print(FILE *out, const struct scn_plan *plan);

/* The same for plans that travel: a comment behind each step and expectation says its line in the file that the plan came
 * from, and the parser takes positions from there. Errors of the text itself name its own lines. */
int scn_print_placed(FILE *out, const struct scn_plan *plan);
struct scn_plan *scn_parse_placed(const char *file, const char *text, size_t size, char *error, size_t error_size);
struct scn_plan *scn_parse_placed_file(const char *path, char *error, size_t error_size);

/* The parameter whose value `-> name` binds: the first OUT_ handle, else memory of the engine
 * (OUT_POINTER, for JetFreeBuffer), else the first OUT_INT, OUT_SIZE, OUT_GRBIT or INOUT_API_PTR, else
 * an INOUT_INSTANCE; -1 if the function has nothing to bind. */
int scn_bind_param(enum shim_fn fn);

/* Where `-> name at FIELD` finds its value behind a parameter of the call. */
struct scn_field {
    int param;
    size_t offset, width; /* bytes; the width is 4 or 8 */
    size_t size;          /* of the whole that the call fills */
};
bool scn_field_find(enum shim_fn fn, const char *name, struct scn_field *field);

/* The number of what a script may write as one: 12, -1, 0x10, JET_bitX, JET_bitX | JET_bitY. */
bool scn_number(const char *text, int64_t *number);

#endif
