/* The renderers: what is counted, what is shown, and that JUnit XML is XML. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/render/render.h"
#include "reports/tests/story.h"

#include <criterion/criterion.h>

static char *copy(const char *text)
{
    char *made = malloc(strlen(text) + 1);
    cr_assert_not_null(made);
    return strcpy(made, text);
}

static struct rpt_case *add(struct rpt_suite *suite, const char *name, enum rpt_verdict verdict)
{
    struct rpt_case *c = rpt_suite_add(suite);
    cr_assert_not_null(c);
    c->suite = copy("run");
    c->name = copy(name);
    c->verdict = verdict;
    return c;
}

static void add_finding(struct rpt_case *c, enum rpt_verdict verdict, const char *clause,
                        const char *text)
{
    c->findings = realloc(c->findings, (c->finding_count + 1) * sizeof *c->findings);
    cr_assert_not_null(c->findings);
    c->findings[c->finding_count++] =
        (struct rpt_finding){.verdict = verdict,
                             .clause = clause != NULL ? rpt_clause_find(clause) : NULL,
                             .fn = SHIM_FN_JetRollback,
                             .text = copy(text),
                             .times = 3};
}

/* What a renderer writes, as text to be freed. */
static char *rendered(void (*render)(FILE *, const void *), const void *what)
{
    FILE *file = tmpfile();
    cr_assert_not_null(file);
    render(file, what);
    long size = ftell(file);
    rewind(file);
    char *text = calloc(1, (size_t)size + 1);
    cr_assert_eq(fread(text, 1, (size_t)size, file), (size_t)size);
    fclose(file);
    return text;
}

static void terminal(FILE *out, const void *suite)
{
    rpt_render_terminal(out, suite, false, false);
}

static void junit(FILE *out, const void *suite)
{
    cr_assert_eq(rpt_render_junit(out, suite), 0);
}

/* Every verdict once, a known failure, an unexpected pass. */
static void one_of_each(struct rpt_suite *suite)
{
    rpt_suite_init(suite);
    suite->engine = copy("libesent.so");
    suite->profile = copy("documented");
    suite->seed = 42;
    for (int v = 0; v < RPT_VERDICT_COUNT; v++) {
        struct rpt_case *c = add(suite, rpt_verdict_name((enum rpt_verdict)v), (enum rpt_verdict)v);
        if (v != RPT_CONFORMS) {
            add_finding(c, (enum rpt_verdict)v, v == RPT_UNKNOWN ? NULL : "stop.denied",
                        "what was seen");
        }
    }
    struct rpt_case *known = add(suite, "known one", RPT_CRASH);
    known->known = true;
    known->known_reason = copy("it always does");
    add(suite, "better than known", RPT_CONFORMS)->unexpected_pass = true;
}

Test(render, counts_and_exit_codes)
{
    struct rpt_suite suite;
    one_of_each(&suite);
    struct rpt_counts counts = rpt_suite_counts(&suite);
    cr_assert_eq(suite.case_count, 19);
    cr_assert_eq(counts.failed, 14); /* thirteen ways to break a promise, one unexpected pass */
    cr_assert_eq(counts.passed, 2);
    cr_assert_eq(counts.skipped, 3);
    cr_assert_eq(counts.unsupported, 1);
    cr_assert_eq(counts.not_exercised, 1);
    cr_assert_eq(counts.unknown, 1);
    cr_assert_eq(rpt_suite_exit_code(&suite), 1);
    rpt_suite_fini(&suite);
    cr_assert_eq(rpt_suite_exit_code(&suite), 3); /* nothing at all */
    add(&suite, "a", RPT_UNSUPPORTED);
    cr_assert_eq(rpt_suite_exit_code(&suite), 3);
    add(&suite, "b", RPT_CONFORMS);
    cr_assert_eq(rpt_suite_exit_code(&suite), 0);
    add(&suite, "c", RPT_LEAK)->known = true;
    cr_assert_eq(rpt_suite_exit_code(&suite), 0);
    add(&suite, "d", RPT_CONFORMS)->unexpected_pass = true;
    cr_assert_eq(rpt_suite_exit_code(&suite), 1);
    rpt_suite_fini(&suite);
}

static const char *last_line(const char *text)
{
    const char *last = text;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\n' && at[1] != '\0') {
            last = at + 1;
        }
    }
    return last;
}

Test(render, terminal_ends_with_the_counts)
{
    struct rpt_suite suite;
    one_of_each(&suite);
    char *text = rendered(terminal, &suite);
    cr_assert_str_eq(last_line(text), "2 passed, 14 failed, 3 skipped\n");
    cr_assert_not_null(strstr(text, "\nunsupported 1, not exercised 1, unknown 1\n"));
    cr_assert_not_null(strstr(text, "run: 19 cases, 2 conforms, 1 refused-though-allowed"));
    cr_assert_not_null(strstr(text, "what was seen (3 times)"));
    cr_assert_not_null(strstr(text, "page: jetstopserviceinstance-function (clause stop.denied)"));
    cr_assert_not_null(strstr(text, "it always does"));
    cr_assert_null(strchr(text, '\x1b'), "no colour was asked for");
    free(text);
    rpt_suite_fini(&suite);
}

Test(render, terminal_hides_what_is_fine_in_a_long_part)
{
    struct rpt_suite suite;
    rpt_suite_init(&suite);
    for (int i = 0; i < 500; i++) {
        char name[32];
        snprintf(name, sizeof name, "cell %d", i);
        add(&suite, name, i == 77 ? RPT_WRONG_CODE : RPT_CONFORMS);
    }
    char *text = rendered(terminal, &suite);
    cr_assert_not_null(strstr(text, "run: 500 cases, 499 conforms, 1 wrong-code"));
    cr_assert_not_null(strstr(text, "cell 77"));
    cr_assert_null(strstr(text, "cell 78"));
    cr_assert_str_eq(last_line(text), "499 passed, 1 failed, 0 skipped\n");
    free(text);
    rpt_suite_fini(&suite);
}

Test(render, terminal_names_each_lacking_function_once)
{
    struct rpt_suite suite;
    rpt_suite_init(&suite);
    for (int i = 0; i < 40; i++) {
        struct rpt_case *c = add(&suite, "cell of what is lacking", RPT_UNSUPPORTED);
        add_finding(c, RPT_UNSUPPORTED, NULL, "not there");
        c->findings[0].fn = i % 2 == 0 ? SHIM_FN_JetCompact : SHIM_FN_JetBackup;
    }
    char *text = rendered(terminal, &suite);
    cr_assert_not_null(strstr(text, "unsupported by this engine, 2 functions:"));
    const char *first = strstr(text, "JetCompact");
    cr_assert_not_null(first);
    cr_assert_null(strstr(first + 1, "JetCompact"));
    cr_assert_not_null(strstr(text, "JetBackup"));
    cr_assert_null(strstr(text, "not there"), "no paragraph for each of them");
    cr_assert_str_eq(last_line(text), "0 passed, 0 failed, 40 skipped\n");
    free(text);
    rpt_suite_fini(&suite);
}

Test(render, terminal_is_not_steered_by_what_an_engine_says)
{
    struct rpt_suite suite;
    rpt_suite_init(&suite);
    struct rpt_case *c = add(&suite, "x", RPT_CRASH);
    add_finding(c, RPT_CRASH, "process.crash", "a\x1b[2Jb\rc");
    char *text = rendered(terminal, &suite);
    cr_assert_not_null(strstr(text, "a?[2Jb?c"));
    free(text);
    rpt_suite_fini(&suite);
}

/* ---- a small strict reader of XML: elements, attributes, references, UTF-8, allowed characters
 * ---- */

struct xml {
    const unsigned char *at;
    const char *wrong;
    int depth, elements, failures, skipped, cases;
};

static bool xml_is(struct xml *x, const char *text)
{
    return strncmp((const char *)x->at, text, strlen(text)) == 0;
}

static void xml_character(struct xml *x)
{
    static const char *const references[] = {"&amp;", "&lt;",  "&gt;",  "&quot;",
                                             "&#9;",  "&#10;", "&#13;", NULL};
    unsigned char c = *x->at;
    int more = c < 0x80             ? 0
               : (c & 0xe0) == 0xc0 ? 1
               : (c & 0xf0) == 0xe0 ? 2
               : (c & 0xf8) == 0xf0 ? 3
                                    : -1;
    if (c == '&') {
        for (int i = 0; references[i] != NULL; i++) {
            if (xml_is(x, references[i])) {
                x->at += strlen(references[i]);
                return;
            }
        }
        x->wrong = "a bare ampersand";
    } else if (c == '<' || more < 0 || (c < 0x20 && c != '\n' && c != '\t') ||
               (xml_is(x, "\xef\xbf\xbe") || xml_is(x, "\xef\xbf\xbf")) ||
               (c == 0xed && x->at[1] >= 0xa0)) {
        x->wrong = "a character that may not be there";
    } else {
        for (x->at++; more > 0; more--, x->at++) {
            if ((*x->at & 0xc0) != 0x80) {
                x->wrong = "broken UTF-8";
                return;
            }
        }
    }
}

static size_t xml_name(struct xml *x)
{
    return strspn((const char *)x->at, "abcdefghijklmnopqrstuvwxyz-");
}

static void xml_element(struct xml *x)
{
    const char *name = (const char *)++x->at;
    size_t length = xml_name(x), name_length = length;
    if (length == 0) {
        x->wrong = "an element without a name";
        return;
    }
    x->elements++;
    x->cases += length == 8 && strncmp(name, "testcase", 8) == 0;
    x->failures += length == 7 && strncmp(name, "failure", 7) == 0;
    x->skipped += length == 7 && strncmp(name, "skipped", 7) == 0;
    x->at += length;
    while (*x->at == ' ' && x->wrong == NULL) {
        x->at++;
        length = xml_name(x);
        if (length == 0 || x->at[length] != '=' || x->at[length + 1] != '"') {
            x->wrong = "an attribute without a quoted value";
            return;
        }
        for (x->at += length + 2; *x->at != '"' && x->wrong == NULL;) {
            if (*x->at == '\0' || *x->at == '\n' || *x->at == '\t') {
                x->wrong = "an attribute that does not end";
                return;
            }
            xml_character(x);
        }
        x->at += x->wrong == NULL;
    }
    if (xml_is(x, "/>")) {
        x->at += 2;
        return;
    }
    if (*x->at != '>') {
        x->wrong = x->wrong != NULL ? x->wrong : "an element that does not end";
        return;
    }
    x->at++;
    while (x->wrong == NULL && !xml_is(x, "</")) {
        if (*x->at == '\0') {
            x->wrong = "an element that is not closed";
        } else if (*x->at == '<') {
            xml_element(x);
        } else {
            xml_character(x);
        }
    }
    if (x->wrong == NULL && (strncmp((const char *)x->at + 2, name, name_length) != 0 ||
                             x->at[2 + name_length] != '>')) {
        x->wrong = "elements that cross";
    }
    x->at += x->wrong == NULL ? name_length + 3 : 0;
}

static struct xml xml_read(const char *text)
{
    struct xml x = {.at = (const unsigned char *)text};
    const char *head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    if (!xml_is(&x, head)) {
        x.wrong = "no head";
        return x;
    }
    x.at += strlen(head);
    if (*x.at == '<') {
        xml_element(&x);
    } else {
        x.wrong = "no element";
    }
    if (x.wrong == NULL && strcmp((const char *)x.at, "\n") != 0) {
        x.wrong = "something after the end";
    }
    return x;
}

Test(render, the_reader_of_xml_is_strict)
{
    static const char *const bad[] = {"<a>",
                                      "<a></b>",
                                      "<a x=1/>",
                                      "<a>&</a>",
                                      "<a>\x01</a>",
                                      "<a>\xff</a>",
                                      "<a x=\"\n\"/>",
                                      "<a/><b/>",
                                      "<a x=\"<\"/>",
                                      "<a>\xed\xa0\x80</a>",
                                      "<a>\xef\xbf\xbf</a>"};
    char text[128];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(text, sizeof text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n%s\n", bad[i]);
        cr_assert_not_null(xml_read(text).wrong, "%s", bad[i]);
    }
    cr_assert_null(
        xml_read("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a x=\"&lt;\">b<c/></a>\n").wrong);
}

Test(render, junit_is_well_formed_and_complete)
{
    struct rpt_suite suite;
    one_of_each(&suite);
    char *text = rendered(junit, &suite);
    struct xml x = xml_read(text);
    cr_assert_null(x.wrong, "%s at: %.60s", x.wrong, (const char *)x.at);
    cr_assert_eq(x.cases, 19);
    cr_assert_eq(x.failures, 14);
    cr_assert_eq(x.skipped, 3);
    cr_assert_not_null(
        strstr(text, "<testsuites name=\"esecheck\" tests=\"19\" failures=\"14\" errors=\"0\" "
                     "skipped=\"3\""));
    cr_assert_not_null(strstr(text, "<failure type=\"lost-data\" message=\"what was seen\">"));
    cr_assert_not_null(strstr(text, "<skipped type=\"unsupported\""));
    cr_assert_not_null(strstr(text, "known failure: it always does"));
    free(text);
    rpt_suite_fini(&suite);
}

Test(render, junit_survives_any_text)
{
    struct rpt_suite suite;
    rpt_suite_init(&suite);
    char every[512];
    int used = 0;
    for (int c = 1; c < 256; c++) {
        every[used++] = (char)c;
    }
    strcpy(every + used,
           "\"'<>&]]>\xc3\xa4\xed\xa0\x80\xef\xbf\xbf\xc0\xaf\xf4\x90\x80\x80\xe2\x82");
    struct rpt_case *c = add(&suite, every, RPT_CRASH);
    add_finding(c, RPT_CRASH, "process.crash", every);
    c->stacks = copy(every);
    c->command = copy(every);
    c->evidence = copy(every);
    suite.engine = copy(every);
    char *text = rendered(junit, &suite);
    struct xml x = xml_read(text);
    cr_assert_null(x.wrong, "%s at: %.60s", x.wrong, (const char *)x.at);
    cr_assert_not_null(strstr(text, "\xc3\xa4"), "what is UTF-8 stays");
    free(text);
    rpt_suite_fini(&suite);
}

Test(render, junit_reports_a_full_disk)
{
    struct rpt_suite suite;
    one_of_each(&suite);
    FILE *full = fopen("/dev/full", "w");
    if (full == NULL) {
        cr_skip_test("no /dev/full here");
    }
    cr_assert_eq(rpt_render_junit(full, &suite), -1);
    fclose(full);
    rpt_suite_fini(&suite);
}

Test(render, cases_add_up_their_repeats)
{
    struct rpt_suite suite;
    rpt_suite_init(&suite);
    struct rpt_case *c = add(&suite, "x", RPT_CONFORMS);
    struct story good, bad;
    has_everything(&good);
    calls(&good, 2, 0, JetStopServiceInstance, INSTANCE);
    has_everything(&bad);
    calls(&bad, 2, 0, JetStopServiceInstance, INSTANCE);
    calls(&bad, 1, 0, JetGetVersion, SESSION, 1);
    struct rpt_judgement right = judged(&good, RPT_DOCUMENTED),
                         wrong = judged(&bad, RPT_DOCUMENTED);
    cr_assert_eq(rpt_case_add(c, &wrong, &bad.history), 0);
    cr_assert_eq(rpt_case_add(c, &right, &good.history), 0);
    cr_assert_eq(rpt_case_add(c, &wrong, &bad.history), 0);
    cr_assert_eq(c->verdict, RPT_ADMITTED_THOUGH_DENIED);
    cr_assert_eq(c->repeats, 3);
    cr_assert_eq(c->stops, 3);
    cr_assert_eq(c->calls, right.calls + 2 * wrong.calls);
    cr_assert_eq(c->finding_count, 1);
    cr_assert_eq(c->findings[0].times, 2);
    cr_assert_eq(c->tally[SHIM_FN_JetGetVersion].admitted_after, 2);
    rpt_judgement_fini(&right);
    rpt_judgement_fini(&wrong);
    story_fini(&good);
    story_fini(&bad);
    rpt_suite_fini(&suite);
}

struct both {
    const struct shim_history *history;
    const struct rpt_judgement *judgement;
};

static void findings(FILE *out, const void *both)
{
    const struct both *b = both;
    rpt_render_findings(out, b->history, b->judgement, false);
}

Test(render, findings_show_their_calls)
{
    struct story s;
    has_everything(&s);
    event(&s, SHIM_EVENT_ACTOR, "reader", NULL)->actor = 1;
    calls(&s, 2, 0, JetStopServiceInstance, INSTANCE);
    size_t moved = enters(&s, 1, JetMove, SESSION, CURSOR, 1, 0);
    back(&s, moved, JET_errNoCurrentRecord);
    cr_assert_eq(shim_history_set(&s.history.header.command, "esecheck run x --seed 1"), 0);
    struct rpt_judgement j = judged(&s, RPT_DOCUMENTED);
    char wanted[160];
    snprintf(
        wanted, sizeof wanted,
        "[%llu .. %llu] actor 1 reader: JetMove(sesid=0x2000, tableid=0x3000, cRow=1, grbit=0) "
        "= -1603 JET_errNoCurrentRecord\n",
        (unsigned long long)s.history.calls[moved].enter,
        (unsigned long long)s.history.calls[moved].leave);
    char *text = rendered(findings, &(struct both){&s.history, &j});
    cr_assert_not_null(strstr(text, wanted), "%s", text);
    cr_assert_not_null(strstr(text, "JetStopServiceInstance(instance=0x1000) = 0 JET_errSuccess\n"),
                       "%s", text);
    cr_assert_not_null(strstr(text, "promised: "));
    cr_assert_not_null(strstr(text, "again: esecheck run x --seed 1\n"));
    free(text);
    rpt_judgement_fini(&j);
    story_fini(&s);
}

/* A report outlives its histories, so it keeps the calls of each finding as text. */
Test(render, reports_keep_the_calls_of_a_finding)
{
    struct story s;
    has_everything(&s);
    event(&s, SHIM_EVENT_ACTOR, "reader <1>", NULL)->actor = 1;
    calls(&s, 2, 0, JetStopServiceInstance, INSTANCE);
    calls(&s, 1, JET_errNoCurrentRecord, JetMove, SESSION, CURSOR, 1, 0);
    struct rpt_judgement j = judged(&s, RPT_DOCUMENTED);
    struct rpt_suite suite;
    rpt_suite_init(&suite);
    struct rpt_case *c = add(&suite, "stop", RPT_CONFORMS);
    cr_assert_eq(rpt_case_add(c, &j, &s.history), 0);
    rpt_judgement_fini(&j);
    story_fini(&s);
    char *shown = rendered(terminal, &suite), *xml = rendered(junit, &suite);
    cr_expect_not_null(strstr(shown, "\n    calls:\n      ["), "%s", shown);
    cr_expect_not_null(strstr(shown, "reader <1>: JetMove(sesid=0x2000"), "%s", shown);
    cr_expect_not_null(strstr(xml, "\n  calls:\n["), "%s", xml);
    cr_expect_not_null(strstr(xml, "reader &lt;1&gt;: JetMove(sesid=0x2000"), "%s", xml);
    cr_expect_not_null(strstr(xml, "\n  clause: stop."), "%s", xml);
    free(shown);
    free(xml);
    rpt_suite_fini(&suite);
}
