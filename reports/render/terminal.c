/* reports/render/terminal.c - the summary for people. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "reports/render/internal.h"
#include "reports/render/render.h"

/* A part with more cases than this shows only those that need a look, unless `verbose`. */
#define MANY_CASES  200
#define WIDEST_NAME 48
#define WIDEST_LINE 100

const char *paint(bool colour, enum rpt_verdict verdict)
{
    if (!colour) {
        return "";
    }
    return rpt_verdict_is_broken(verdict) ? "\x1b[31m"
           : verdict == RPT_CONFORMS      ? "\x1b[32m"
                                          : "\x1b[33m";
}

const char *unpaint(bool colour)
{
    return colour ? "\x1b[0m" : "";
}

/* Text from outside: nothing in it may steer the terminal. */
static void put_text(FILE *out, const char *text, const char *indent)
{
    for (const char *at = text; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;
        if (c == '\n') {
            if (at[1] != '\0') {
                fprintf(out, "\n%s", indent);
            }
        } else {
            fputc(c == '\t' || (c >= 0x20 && c != 0x7f) ? c : '?', out);
        }
    }
}

static uint64_t denied_calls(const struct rpt_case *c)
{
    uint64_t denied = 0;
    for (int fn = 0; c->tally != NULL && fn < SHIM_FN_COUNT; fn++) {
        denied += c->tally[fn].denied;
    }
    return denied;
}

static bool needs_a_look(const struct rpt_case *c)
{
    return c->unexpected_pass || rpt_verdict_is_broken(c->verdict) || c->verdict == RPT_UNKNOWN;
}

static const char *text_or(const char *text, const char *otherwise)
{
    return text != NULL ? text : otherwise;
}

static void render_row(FILE *out, const struct rpt_case *c, int width, bool colour)
{
    const char *note = c->unexpected_pass ? "  passes now" : c->known ? "  known" : "";
    fprintf(out, "  %-*.*s  %s%-22s%s  %7d  %9" PRIu64 "  %10" PRIu64 "  %9" PRIu64 "  %6.1f s%s\n",
            width, width, text_or(c->name, "?"),
            paint(colour, c->unexpected_pass ? RPT_WRONG_CODE : c->verdict),
            rpt_verdict_name(c->verdict), unpaint(colour), c->repeats, c->calls, c->overlapped,
            denied_calls(c), c->seconds, note);
}

static bool same_suite(const struct rpt_case *a, const struct rpt_case *b)
{
    return strcmp(text_or(a->suite, ""), text_or(b->suite, "")) == 0;
}

static bool first_of_suite(const struct rpt_suite *suite, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (same_suite(&suite->cases[i], &suite->cases[at])) {
            return false;
        }
    }
    return true;
}

static void render_table(FILE *out, const struct rpt_suite *suite, size_t first, bool colour,
                         bool verbose)
{
    size_t count = 0, of_verdict[RPT_VERDICT_COUNT] = {0};
    int width = 8;
    for (size_t i = first; i < suite->case_count; i++) {
        const struct rpt_case *c = &suite->cases[i];
        if (same_suite(c, &suite->cases[first])) {
            int length = (int)strlen(text_or(c->name, "?"));
            width = length > width ? length : width;
            count++;
            of_verdict[c->verdict]++;
        }
    }
    width = width > WIDEST_NAME ? WIDEST_NAME : width;
    bool all = verbose || count <= MANY_CASES;
    fprintf(out, "%s: %zu %s", text_or(suite->cases[first].suite, "cases"), count,
            count == 1 ? "case" : "cases");
    for (int verdict = 0; verdict < RPT_VERDICT_COUNT; verdict++) {
        if (of_verdict[verdict] > 0) {
            fprintf(out, ", %zu %s", of_verdict[verdict],
                    rpt_verdict_name((enum rpt_verdict)verdict));
        }
    }
    fputc('\n', out);
    bool head = false;
    for (size_t i = first; i < suite->case_count; i++) {
        const struct rpt_case *c = &suite->cases[i];
        if (!same_suite(c, &suite->cases[first]) || (!all && !needs_a_look(c))) {
            continue;
        }
        if (!head) {
            head = true;
            fprintf(out, "  %-*s  %-22s  %7s  %9s  %10s  %9s  %8s\n", width, "name", "verdict",
                    "repeats", "calls", "overlapped", "denied", "time");
        }
        render_row(out, c, width, colour);
    }
    fputc('\n', out);
}

void render_clause(FILE *out, const struct rpt_finding *finding, const char *indent)
{
    if (finding->clause != NULL) {
        fprintf(out, "%spromised: %s\n", indent, finding->clause->text);
        if (finding->clause->page[0] != '\0') {
            fprintf(out, "%spage: %s (clause %s)\n", indent, finding->clause->page,
                    finding->clause->id);
        } else {
            fprintf(out, "%sclause: %s\n", indent, finding->clause->id);
        }
    }
    if (finding->deviation != 0 && rpt_deviation_text(finding->deviation) != NULL) {
        fprintf(out, "%sdeviation %d of documentation and original: %s\n", indent,
                finding->deviation, rpt_deviation_text(finding->deviation));
    }
}

static void render_case(FILE *out, const struct rpt_case *c, bool colour, bool verbose)
{
    fprintf(out, "%s/%s: %s%s%s\n", text_or(c->suite, "-"), text_or(c->name, "?"),
            paint(colour, c->verdict), rpt_verdict_name(c->verdict), unpaint(colour));
    if (c->unexpected_pass) {
        fprintf(out, "  is listed as an expected failure and passes now; take it off the list\n");
    }
    if (c->known_reason != NULL) {
        fprintf(out, "  expected to fail: ");
        put_text(out, c->known_reason, "    ");
        fputc('\n', out);
    }
    for (size_t i = 0; i < c->finding_count; i++) {
        const struct rpt_finding *finding = &c->findings[i];
        if (!verbose && finding->verdict == RPT_UNSUPPORTED && c->verdict != RPT_UNSUPPORTED) {
            continue;
        }
        fprintf(out, "  %s%s%s: ", paint(colour, finding->verdict),
                rpt_verdict_name(finding->verdict), unpaint(colour));
        put_text(out, finding->text, "    ");
        if (finding->times > 1) {
            fprintf(out, " (%" PRIu64 " times)", finding->times);
        }
        fputc('\n', out);
        if (rpt_verdict_is_broken(finding->verdict) || verbose) {
            render_clause(out, finding, "    ");
            if (finding->calls_text != NULL) {
                render_call_lines(out, finding->calls_text, "    ");
            }
        }
    }
    if (c->cause != NULL) {
        fprintf(out, "  cause: ");
        put_text(out, c->cause, "    ");
        fputc('\n', out);
    }
    if (c->evidence != NULL) {
        fprintf(out, "  evidence: %s\n", c->evidence);
    }
    if (c->command != NULL) {
        fprintf(out, "  again: %s\n", c->command);
    }
    if (c->stacks != NULL) {
        fprintf(out, "  stacks:\n    ");
        put_text(out, c->stacks, "    ");
        fputc('\n', out);
    }
    fputc('\n', out);
}

static void render_tallies(FILE *out, const struct rpt_case *c)
{
    fprintf(out, "%s/%s: calls and how they lay to the stop\n", text_or(c->suite, "-"),
            text_or(c->name, "?"));
    fprintf(out, "  %-32s %9s %10s %9s %9s %9s %9s\n", "function", "before", "overlapped", "after",
            "admitted", "denied", "silent");
    for (int fn = 0; fn < SHIM_FN_COUNT; fn++) {
        const struct rpt_tally *t = &c->tally[fn];
        if (t->before + t->overlapped + t->after > 0) {
            fprintf(out,
                    "  %-32s %9" PRIu64 " %10" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64
                    " %9" PRIu64 "\n",
                    shim_function((enum shim_fn)fn)->name, t->before, t->overlapped, t->after,
                    t->admitted, t->denied, t->silent);
        }
    }
    fputc('\n', out);
}

/* Whether all that there is to say of a case is that the engine lacks one function. */
static bool lacks_one_function(const struct rpt_case *c)
{
    return c->verdict == RPT_UNSUPPORTED && !c->unexpected_pass && c->finding_count == 1 &&
           c->findings[0].fn != SHIM_FN_NONE;
}

/* The functions that the engine lacks, each once: a matrix has many cells of every one of them. */
static void render_lacking(FILE *out, const struct rpt_suite *suite)
{
    bool lacking[SHIM_FN_COUNT] = {false};
    size_t count = 0, column = 0;
    for (size_t i = 0; i < suite->case_count; i++) {
        const struct rpt_case *c = &suite->cases[i];
        if (lacks_one_function(c) && !lacking[c->findings[0].fn]) {
            lacking[c->findings[0].fn] = true;
            count++;
        }
    }
    if (count == 0) {
        return;
    }
    fprintf(out, "unsupported by this engine, %zu %s:", count,
            count == 1 ? "function" : "functions");
    for (int fn = 0; fn < SHIM_FN_COUNT; fn++) {
        if (lacking[fn]) {
            const char *name = shim_function((enum shim_fn)fn)->name;
            bool wrap = column == 0 || column + strlen(name) + 1 > WIDEST_LINE;
            fprintf(out, "%s%s", wrap ? "\n  " : " ", name);
            column = wrap ? 2 + strlen(name) : column + 1 + strlen(name);
        }
    }
    fprintf(out, "\n\n");
}

void rpt_render_terminal(FILE *out, const struct rpt_suite *suite, bool colour, bool verbose)
{
    struct rpt_counts counts = rpt_suite_counts(suite);
    fprintf(out, "engine  %s%s%s\n", text_or(suite->engine, "-"),
            suite->engine_build != NULL && suite->engine_build[0] != '\0' ? ", " : "",
            text_or(suite->engine_build, ""));
    fprintf(out, "profile %s, seed %" PRIu64 ", %.1f s\n\n", text_or(suite->profile, "-"),
            suite->seed, suite->seconds);
    for (size_t i = 0; i < suite->case_count; i++) {
        if (first_of_suite(suite, i)) {
            render_table(out, suite, i, colour, verbose);
        }
    }
    for (size_t i = 0; verbose && i < suite->case_count; i++) {
        if (suite->cases[i].tally != NULL) {
            render_tallies(out, &suite->cases[i]);
        }
    }
    size_t quiet = 0;
    for (size_t i = 0; i < suite->case_count; i++) {
        const struct rpt_case *c = &suite->cases[i];
        bool skipped = (c->verdict == RPT_UNSUPPORTED && !lacks_one_function(c)) ||
                       c->verdict == RPT_NOT_EXERCISED;
        if (needs_a_look(c) || (verbose && c->finding_count > 0) ||
            (skipped && c->finding_count > 0 && quiet < MANY_CASES)) {
            quiet += skipped;
            render_case(out, c, colour, verbose);
        }
    }
    if (!verbose) {
        render_lacking(out, suite);
    }
    fprintf(out, "unsupported %zu, not exercised %zu, unknown %zu\n", counts.unsupported,
            counts.not_exercised, counts.unknown);
    fprintf(out, "%zu passed, %zu failed, %zu skipped\n", counts.passed, counts.failed,
            counts.skipped);
}
