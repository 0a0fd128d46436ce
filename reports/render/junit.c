/* reports/render/junit.c - results for build servers: JUnit XML.
 *
 * A broken promise is a failure whose type is the verdict; unsupported, not exercised and unknown
 * are skipped; a known failure passes and says so in its output. Text may come from an engine that
 * smashed memory: whatever is not UTF-8, or not a character that XML 1.0 allows, becomes U+FFFD.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "reports/render/render.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* Reads one UTF-8 character; returns its length, or 0 if there is none (overlong, cut, surrogate).
 */
static int decode(const unsigned char *text, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    int length = text[0] < 0x80             ? 1
                 : (text[0] & 0xe0) == 0xc0 ? 2
                 : (text[0] & 0xf0) == 0xe0 ? 3
                 : (text[0] & 0xf8) == 0xf0 ? 4
                                            : 0;
    if (length == 0) {
        return 0;
    }
    uint32_t value = length == 1 ? text[0] : text[0] & (0x7fu >> length);
    for (int i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0;
        }
        value = value << 6 | (text[i] & 0x3f);
    }
    *character = value;
    return value < least[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)
               ? 0
               : length;
}

static bool is_allowed(uint32_t c)
{
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c != 0xfffe && c != 0xffff);
}

/* Writes text as content, or in an attribute (line breaks and tabs survive there as references). */
static void put(FILE *out, const char *text, bool attribute)
{
    const unsigned char *at = (const unsigned char *)text;
    while (*at != '\0') {
        uint32_t c = 0;
        int length = decode(at, &c);
        if (length == 0 || !is_allowed(c)) {
            fputs(REPLACEMENT, out);
            at += length == 0 ? 1 : length;
            continue;
        }
        if (c == '&') {
            fputs("&amp;", out);
        } else if (c == '<') {
            fputs("&lt;", out);
        } else if (c == '>') {
            fputs("&gt;", out);
        } else if (c == '"' && attribute) {
            fputs("&quot;", out);
        } else if (c == '\r' || (attribute && (c == '\n' || c == '\t'))) {
            fprintf(out, "&#%" PRIu32 ";", c);
        } else {
            fwrite(at, 1, (size_t)length, out);
        }
        at += length;
    }
}

static void attribute(FILE *out, const char *name, const char *value)
{
    fprintf(out, " %s=\"", name);
    put(out, value != NULL ? value : "", true);
    fputc('"', out);
}

static void property(FILE *out, const char *name, const char *value)
{
    fputs("      <property", out);
    attribute(out, "name", name);
    attribute(out, "value", value);
    fputs("/>\n", out);
}

static const char *suite_of(const struct rpt_case *c)
{
    return c->suite != NULL ? c->suite : "esecheck";
}

static bool is_failure(const struct rpt_case *c)
{
    return c->unexpected_pass || (rpt_verdict_is_broken(c->verdict) && !c->known);
}

static bool is_skipped(const struct rpt_case *c)
{
    return !is_failure(c) && c->verdict != RPT_CONFORMS && !rpt_verdict_is_broken(c->verdict);
}

static void put_findings(FILE *out, const struct rpt_case *c)
{
    for (size_t i = 0; i < c->finding_count; i++) {
        const struct rpt_finding *finding = &c->findings[i];
        fprintf(out, "%s: ", rpt_verdict_name(finding->verdict));
        put(out, finding->text, false);
        fprintf(out, " (%" PRIu64 "x)\n", finding->times);
        if (finding->clause != NULL) {
            fputs("  promised: ", out);
            put(out, finding->clause->text, false);
            fputs(finding->clause->page[0] != '\0' ? " [" : "", out);
            put(out, finding->clause->page, false);
            fputs(finding->clause->page[0] != '\0' ? "]\n" : "\n", out);
            fprintf(out, "  clause: %s\n", finding->clause->id);
        }
        if (finding->calls_text != NULL) {
            fputs("  calls:\n", out);
            put(out, finding->calls_text, false);
        }
        if (finding->deviation != 0) {
            fprintf(out, "  deviation %d\n", finding->deviation);
        }
    }
    if (c->cause != NULL) {
        fputs("cause: ", out);
        put(out, c->cause, false);
        fputc('\n', out);
    }
    if (c->evidence != NULL) {
        fputs("evidence: ", out);
        put(out, c->evidence, false);
        fputc('\n', out);
    }
    if (c->command != NULL) {
        fputs("again: ", out);
        put(out, c->command, false);
        fputc('\n', out);
    }
    if (c->stacks != NULL) {
        put(out, c->stacks, false);
        fputc('\n', out);
    }
}

/* The first finding with the verdict of the case, as a message. */
static const char *message(const struct rpt_case *c)
{
    if (c->unexpected_pass) {
        return "listed as an expected failure and passes now";
    }
    for (size_t i = 0; i < c->finding_count; i++) {
        if (c->findings[i].verdict == c->verdict) {
            return c->findings[i].text;
        }
    }
    return rpt_verdict_name(c->verdict);
}

static void render_case(FILE *out, const struct rpt_case *c)
{
    fputs("    <testcase", out);
    attribute(out, "classname", suite_of(c));
    attribute(out, "name", c->name);
    fprintf(out, " time=\"%.3f\"", c->seconds);
    if (is_failure(c)) {
        fputs(">\n      <failure", out);
        attribute(out, "type",
                  c->unexpected_pass ? "unexpected-pass" : rpt_verdict_name(c->verdict));
        attribute(out, "message", message(c));
        fputc('>', out);
        put_findings(out, c);
        fputs("</failure>\n    </testcase>\n", out);
    } else if (is_skipped(c)) {
        fputs(">\n      <skipped", out);
        attribute(out, "type", rpt_verdict_name(c->verdict));
        attribute(out, "message", message(c));
        fputs("/>\n    </testcase>\n", out);
    } else if (c->known || c->finding_count > 0) {
        fputs(">\n      <system-out>", out);
        if (c->known) {
            fputs("known failure: ", out);
            put(out, c->known_reason != NULL ? c->known_reason : "", false);
            fputc('\n', out);
        }
        put_findings(out, c);
        fputs("</system-out>\n    </testcase>\n", out);
    } else {
        fputs("/>\n", out);
    }
}

static void render_suite(FILE *out, const struct rpt_suite *suite, size_t first)
{
    size_t tests = 0, failures = 0, skipped = 0;
    double seconds = 0;
    const char *name = suite_of(&suite->cases[first]);
    for (size_t i = first; i < suite->case_count; i++) {
        const struct rpt_case *c = &suite->cases[i];
        if (strcmp(suite_of(c), name) == 0) {
            tests++;
            failures += is_failure(c);
            skipped += is_skipped(c);
            seconds += c->seconds;
        }
    }
    char seed[32];
    snprintf(seed, sizeof seed, "%" PRIu64, suite->seed);
    fputs("  <testsuite", out);
    attribute(out, "name", name);
    fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"%.3f\">\n",
            tests, failures, skipped, seconds);
    fputs("    <properties>\n", out);
    property(out, "engine", suite->engine);
    property(out, "engine-build", suite->engine_build);
    property(out, "profile", suite->profile);
    property(out, "seed", seed);
    fputs("    </properties>\n", out);
    for (size_t i = first; i < suite->case_count; i++) {
        if (strcmp(suite_of(&suite->cases[i]), name) == 0) {
            render_case(out, &suite->cases[i]);
        }
    }
    fputs("  </testsuite>\n", out);
}

int rpt_render_junit(FILE *out, const struct rpt_suite *suite)
{
    struct rpt_counts counts = rpt_suite_counts(suite);
    errno = 0;
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", out);
    fprintf(out,
            "<testsuites name=\"esecheck\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" "
            "skipped=\"%zu\" time=\"%.3f\">\n",
            suite->case_count, counts.failed, counts.skipped, suite->seconds);
    for (size_t i = 0; i < suite->case_count; i++) {
        bool first = true;
        for (size_t k = 0; k < i && first; k++) {
            first = strcmp(suite_of(&suite->cases[k]), suite_of(&suite->cases[i])) != 0;
        }
        if (first) {
            render_suite(out, suite, i);
        }
    }
    fputs("</testsuites>\n", out);
    if (fflush(out) != 0 || ferror(out)) {
        errno = errno != 0 ? errno : EIO;
        return -1;
    }
    return 0;
}
