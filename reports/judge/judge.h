/* reports/judge/judge.h - history in, verdicts out.
 *
 * A pure function: no clock, no files, no threads, no environment; the same history and profile give
 * the same verdicts, always.
 *
 * A result is *admitted* (only possible behind the gate), *denied* (the stop's code) or *silent*
 * (refused for another reason; it proves nothing). Calls are intervals between two stamps. Wrong is:
 * denied and returned before any stop was entered; admitted and entered after a successful stop had
 * returned. Per session the judge follows what results imply: transaction level, open databases and
 * cursors, session context; per table, which rows must and may be there after the restart.
 */
#ifndef ESECHECK_REPORTS_JUDGE_JUDGE_H
#define ESECHECK_REPORTS_JUDGE_JUDGE_H

#include <stddef.h>
#include <stdint.h>

#include "reports/contract/contract.h"
#include "shims/history/history.h"

#define RPT_VERDICTS(X)                                                                            \
    X(CONFORMS, "conforms")                                                                        \
    X(REFUSED_THOUGH_ALLOWED, "refused-though-allowed")                                            \
    X(ADMITTED_THOUGH_DENIED, "admitted-though-denied")                                            \
    X(WRONG_CODE, "wrong-code")                                                                    \
    X(UNDOCUMENTED_CODE, "undocumented-code")                                                      \
    X(CHANGED_AFTER_FAILURE, "changed-after-failure")                                              \
    X(LOST_DATA, "lost-data")                                                                      \
    X(CANNOT_RESTART, "cannot-restart")                                                            \
    X(CRASH, "crash")                                                                              \
    X(HANG, "hang")                                                                                \
    X(DEADLOCK, "deadlock")                                                                        \
    X(LIVELOCK, "livelock")                                                                        \
    X(SANITIZER, "sanitizer")                                                                      \
    X(LEAK, "leak")                                                                                \
    X(UNSUPPORTED, "unsupported")                                                                  \
    X(NOT_EXERCISED, "not-exercised")                                                              \
    X(UNKNOWN, "unknown")

enum rpt_verdict {
#define X(id, name) RPT_##id,
    RPT_VERDICTS(X)
#undef X
    RPT_VERDICT_COUNT
};

const char *rpt_verdict_name(enum rpt_verdict verdict);
/* Whether the verdict says that a promise was broken (exit code 1). */
bool rpt_verdict_is_broken(enum rpt_verdict verdict);

#define RPT_FINDING_CALLS 4

/* The graver of two verdicts; that of a whole is the gravest of its parts. */
enum rpt_verdict rpt_verdict_worse(enum rpt_verdict a, enum rpt_verdict b);

/* One thing the judge found. */
/* The name of the NOTE event about a database that the engine's own checker finds wrong; its text says what. */
#define RPT_UNSOUND "unsound"

struct rpt_finding {
    enum rpt_verdict verdict;
    const struct rpt_clause *clause;       /* the promise, or NULL */
    enum shim_fn fn;                       /* the function concerned, or SHIM_FN_NONE */
    int deviation;                         /* numbered deviation that explains it, or 0 */
    int call_count;
    size_t calls[RPT_FINDING_CALLS];       /* indices into history->calls: the calls involved */
    char *text;                            /* one message: what was seen, what was promised */
    char *calls_text;                      /* in a report's copy: the calls, a line each; else NULL */
    uint64_t times;                        /* how often the same was seen (same verdict, fn, clause) */
};

/* Per function, how its calls lay to the first successful stop of their instance. */
struct rpt_tally {
    uint64_t before, overlapped, after;    /* calls ended before / overlapping / begun after */
    uint64_t admitted, denied, silent;     /* of all of them */
    uint64_t admitted_overlapped, denied_overlapped, admitted_after, denied_after;
    /* The same of calls that steps of the script made: no probes, no clean-up of the harness. */
    uint64_t own_overlapped, own_denied, own_admitted_overlapped;
    /* Calls that a full stop met inside: entered before it and not returned when it had returned. */
    uint64_t met, met_denied;
};

struct rpt_judgement {
    enum rpt_verdict verdict;              /* the gravest: broken (a dead process and lost data first),
                                              unknown, not-exercised, unsupported, conforms */
    struct rpt_finding *findings;          /* broken ones first; CONFORMS is never listed */
    size_t finding_count;
    struct rpt_tally tally[SHIM_FN_COUNT];
    uint64_t calls, stops;                 /* calls in all; successful stops */
    uint64_t overlapped;                   /* calls (not stops) that overlapped a successful stop */
};

/* Judges. Returns 0, or -1 without memory. Free with rpt_judgement_fini. */
int rpt_judge(const struct shim_history *history, enum rpt_profile profile,
              struct rpt_judgement *judgement);
void rpt_judgement_fini(struct rpt_judgement *judgement);

/* Classifies one result of a function as the judge does. */
enum rpt_class { RPT_ADMITTED, RPT_IS_DENIED, RPT_SILENT };
enum rpt_class rpt_classify(enum shim_fn fn, JET_ERR result);

/* Whether a term that failed like this has left the instance as it was: usage errors do, and what refuses a call. Any other
 * error comes after the instance was taken down. The codes that may mean that there is no such instance are
 * what `none_is_refused` says. */
bool rpt_term_refused(JET_ERR result, bool none_is_refused);

#endif
