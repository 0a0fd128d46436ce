/* reports/render/render.h - results for people and machines.
 *
 * A suite is what one command of esecheck produced: a list of cases (a script, a matrix cell, a
 * generated plan) with their judgements. Renderers only format; they decide nothing.
 */
#ifndef ESECHECK_REPORTS_RENDER_RENDER_H
#define ESECHECK_REPORTS_RENDER_RENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "reports/judge/judge.h"

struct rpt_case {
    char *suite;                 /* "run", "matrix" */
    char *name;                  /* script name or "JetMove/stopped" */
    enum rpt_verdict verdict;    /* worst over its repeats */
    bool known;                  /* an expected failure of --known; still shown */
    bool unexpected_pass;        /* --known names it, yet it passed: red */
    char *known_reason;
    int repeats;
    double seconds;
    uint64_t calls, stops, overlapped;
    struct rpt_tally *tally;     /* SHIM_FN_COUNT entries summed over the repeats, or NULL */
    struct rpt_finding *findings;/* copies; their calls as text */
    size_t finding_count;
    char *evidence;              /* path of the saved history, or NULL */
    char *command;               /* shows it again */
    char *stacks;                /* of a crash or hang, or NULL */
    char *cause;                 /* what was done to the engine before the worst of it, or NULL */
};

struct rpt_suite {
    char *engine, *engine_build, *profile;
    uint64_t seed;
    struct rpt_case *cases;
    size_t case_count, case_room;
    double seconds;
};

void rpt_suite_init(struct rpt_suite *suite);
void rpt_suite_fini(struct rpt_suite *suite);
/* Returns a zeroed case, or NULL without memory; strings in it are to be heap-allocated. */
struct rpt_case *rpt_suite_add(struct rpt_suite *suite);
/* Adds the findings, tallies and counts of one judgement to a case and worsens its verdict. The
 * history (NULL: there is none) gives the calls that the first finding of its kind is about. */
int rpt_case_add(struct rpt_case *c, const struct rpt_judgement *judgement,
                 const struct shim_history *history);

struct rpt_counts {
    size_t passed, failed, skipped; /* skipped: unsupported, not-exercised, unknown; known failures pass */
    size_t unsupported, not_exercised, unknown;
};
struct rpt_counts rpt_suite_counts(const struct rpt_suite *suite);
/* The exit code that the suite means: 0, 1 or 3 (nothing could be exercised). */
int rpt_suite_exit_code(const struct rpt_suite *suite);

/* Terminal: the summary table, findings, and the last line "N passed, N failed, N skipped".
 * `colour` only on a terminal. */
void rpt_render_terminal(FILE *out, const struct rpt_suite *suite, bool colour, bool verbose);
/* JUnit XML. Returns 0 or -1 with errno set. Characters that XML 1.0 forbids are replaced. */
int rpt_render_junit(FILE *out, const struct rpt_suite *suite);
/* One judgement with its calls, as `esecheck judge` prints it: per finding the clause, the
 * page, and the calls involved with actor, stamps, arguments by name and results by name. */
void rpt_render_findings(FILE *out, const struct shim_history *history,
                         const struct rpt_judgement *judgement, bool colour);

#endif
