/* reports/judge/findings.c - what the judge found, merged and bounded. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/judge/internal.h"
#include "shims/call/call.h"

/* Different findings that are kept; an engine that is wrong in more ways than this is known to be.
 */
#define MOST_FINDINGS 256

bool is_unsupported(JET_ERR code)
{
    return code == SHIM_ERR_STUB || code == SHIM_ERR_MISSING || code == JET_errFeatureNotAvailable;
}

const char *code_text(JET_ERR code, char *text)
{
    const char *name = code == SHIM_ERR_STUB      ? "not implemented"
                       : code == SHIM_ERR_MISSING ? "not exported"
                                                  : shim_error_name(code);
    if (name != NULL) {
        snprintf(text, CODE_TEXT, "%.70s (%ld)", name, (long)code);
    } else {
        snprintf(text, CODE_TEXT, "%ld", (long)code);
    }
    return text;
}

static struct rpt_finding *find(struct judge *judge, enum rpt_verdict verdict, const char *clause,
                                enum shim_fn fn)
{
    for (size_t i = 0; i < judge->out->finding_count; i++) {
        struct rpt_finding *finding = &judge->out->findings[i];
        if (finding->verdict == verdict && finding->fn == fn &&
            strcmp(finding->clause->id, clause) == 0) {
            return finding;
        }
    }
    return NULL;
}

void report_more(struct judge *judge, enum rpt_verdict verdict, const char *clause,
                 enum shim_fn fn, uint64_t times)
{
    struct rpt_finding *finding = find(judge, verdict, clause, fn);
    if (finding != NULL) {
        finding->times += times;
    }
}

uint64_t reported(struct judge *judge, enum rpt_verdict verdict, const char *clause,
                  enum shim_fn fn)
{
    const struct rpt_finding *finding = find(judge, verdict, clause, fn);
    return finding != NULL ? finding->times : 0;
}

void report(struct judge *judge, enum rpt_verdict verdict, const char *clause, enum shim_fn fn,
            size_t first, size_t second, const char *format, ...)
{
    struct rpt_judgement *out = judge->out;
    struct rpt_finding *finding = find(judge, verdict, clause, fn);
    if (finding != NULL) {
        finding->times++;
        return;
    }
    if (out->finding_count >= MOST_FINDINGS) {
        return;
    }
    struct rpt_finding *bigger =
        grown(out->findings, out->finding_count, &judge->finding_room, sizeof *bigger);
    char *text = malloc(1024);
    if (bigger == NULL || text == NULL) {
        if (bigger != NULL) {
            out->findings = bigger;
        }
        free(text);
        judge->no_memory = true;
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, 1024, format, arguments);
    va_end(arguments);
    out->findings = bigger;
    finding = &out->findings[out->finding_count++];
    memset(finding, 0, sizeof *finding);
    finding->verdict = verdict;
    finding->clause = rpt_clause_find(clause);
    finding->fn = fn;
    finding->text = text;
    finding->times = 1;
    if (first != SIZE_MAX) {
        finding->calls[finding->call_count++] = first;
    }
    if (second != SIZE_MAX && second != first) {
        finding->calls[finding->call_count++] = second;
    }
    if (fn != SHIM_FN_NONE && first != SIZE_MAX) {
        finding->deviation = rpt_contract_deviation(fn, judge->history->calls[first].result);
    }
}
