/* reports/render/internal.h - what the renderers share. */
#ifndef ESECHECK_REPORTS_RENDER_INTERNAL_H
#define ESECHECK_REPORTS_RENDER_INTERNAL_H

#include <stdbool.h>
#include <stdio.h>

#include "reports/judge/judge.h"

/* Escape sequences for a verdict, and back; "" without colour. */
const char *paint(bool colour, enum rpt_verdict verdict);
const char *unpaint(bool colour);
/* The promise behind a finding, a few lines that begin with `indent`. */
void render_clause(FILE *out, const struct rpt_finding *finding, const char *indent);
/* The calls a finding is about, a line each, as heap memory in *text; NULL if it names none. Returns 0,
 * or -1 without memory. */
int render_calls(const struct shim_history *history, const struct rpt_finding *finding, char **text);
/* Writes such lines under a heading. */
void render_call_lines(FILE *out, const char *text, const char *indent);

#endif
