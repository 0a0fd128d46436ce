/* scenarios/command/common.c - what several commands need. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/command/command.h"
#include "scenarios/language/language.h"
#include "scenarios/supervisor/platform.h"
#include "shims/library/library.h"

#ifdef _WIN32
#define REFERENCE_ENGINE "esent.dll"
#define SEPARATORS "/\\"
#else
#define REFERENCE_ENGINE "libesent.so"
#define SEPARATORS "/"
#endif
#define SUFFIX ".scenario"

char *cmd_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (copy != NULL) {
        memcpy(copy, text, size);
    }
    return copy;
}

/* Directory of this program, with a separator at the end. */
static int own_directory(char *path, size_t size)
{
    if (scn_own_path(path, size) != 0) {
        return -1;
    }
    size_t end = strlen(path);
    while (end > 0 && strchr(SEPARATORS, path[end - 1]) == NULL) {
        end--;
    }
    path[end] = '\0';
    return 0;
}

int cmd_find_engine(struct cmd_options *options)
{
    static const char *const places[] = {"", "../" ESECHECK_LIBDIR "/", "../lib/"};
    char own[CMD_PATH], path[CMD_PATH * 2], error[CMD_MESSAGE];
    struct shim_library_info info;
    if (options->engine != NULL) {
        if (scn_absolute_path(options->engine, options->engine_path,
                              sizeof options->engine_path) != 0) {
            return cmd_fail(CMD_NOTHING, "%s: no such engine file", options->engine);
        }
    } else {
        bool found = false;
        for (size_t i = 0; !found && i < sizeof places / sizeof places[0] &&
                           own_directory(own, sizeof own) == 0;
             i++) {
            snprintf(path, sizeof path, "%s%s%s", own, places[i], REFERENCE_ENGINE);
            found = scn_absolute_path(path, options->engine_path,
                                      sizeof options->engine_path) == 0;
        }
        if (!found) {
            return cmd_fail(CMD_NOTHING, "the reference engine %s is not beside the program; "
                                         "name an engine with --engine FILE",
                            REFERENCE_ENGINE);
        }
    }
    if (shim_library_inspect(options->engine_path, &info, error, sizeof error) != 0) {
        return cmd_fail(CMD_NOTHING, "%s", error);
    }
    return CMD_CONFORMS;
}

/* [abc], [a-z], [!a]: whether `c` is in it; *pattern moves behind it. */
static bool in_class(const char **pattern, char c)
{
    const char *p = *pattern + 1;
    bool negated = *p == '!', found = false;
    p += negated;
    for (bool first = true; *p != '\0' && (first || *p != ']'); first = false) {
        char low = *p++, high = low;
        if (*p == '-' && p[1] != '\0' && p[1] != ']') {
            high = p[1];
            p += 2;
        }
        found = found || (c >= low && c <= high);
    }
    *pattern = *p == ']' ? p + 1 : p;
    return found != negated;
}

bool cmd_glob(const char *pattern, const char *name)
{
    const char *star = NULL, *resume = NULL;
    for (;;) {
        const char *before = pattern;
        if (*pattern == '*') {
            star = ++pattern;
            resume = name;
            continue;
        }
        if (*name == '\0') {
            return *pattern == '\0';
        }
        bool same = false;
        if (*pattern == '[') {
            same = in_class(&pattern, *name);
        } else if (*pattern != '\0') {
            same = *pattern == '?' || *pattern == *name;
            pattern++;
        }
        if (same) {
            name++;
        } else if (star != NULL) {
            pattern = star;
            name = ++resume;
        } else {
            pattern = before;
            return false;
        }
    }
}

int cmd_library(char *path, size_t size)
{
    char own[CMD_PATH];
    if (own_directory(own, sizeof own) == 0) {
        snprintf(path, size, "%s../share/esecheck/scenarios", own);
        if (scn_file_exists(path)) {
            return 0;
        }
    }
    snprintf(path, size, "%s", ESECHECK_SOURCE_LIBRARY);
    return scn_file_exists(path) ? 0 : -1;
}

struct names {
    char **names;
    size_t count;
    bool failed;
};

static void add_name(struct names *names, const char *path)
{
    char **grown = realloc(names->names, (names->count + 1) * sizeof *grown);
    char *copy = cmd_copy(path);
    if (grown == NULL || copy == NULL) {
        free(copy);
        names->names = grown != NULL ? grown : names->names;
        names->failed = true;
        return;
    }
    names->names = grown;
    names->names[names->count++] = copy;
}

static void add_script(void *context, const char *path)
{
    size_t length = strlen(path), suffix = strlen(SUFFIX);
    if (length > suffix && strcmp(path + length - suffix, SUFFIX) == 0) {
        add_name(context, path);
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A file as it is, a directory as its scripts in order. */
static void add_path(struct names *names, const char *path)
{
    size_t before = names->count;
    scn_directory_each(path, "", add_script, names);
    if (names->count == before) {
        add_name(names, path);
    } else {
        qsort(names->names + before, names->count - before, sizeof names->names[0], by_name);
    }
}

int cmd_scripts_load(const struct cmd_options *options, struct cmd_scripts *scripts)
{
    struct names names = {0};
    char library[CMD_PATH], error[CMD_MESSAGE];
    int result = 0;
    memset(scripts, 0, sizeof *scripts);
    for (int i = 0; i < options->file_count; i++) {
        add_path(&names, options->files[i]);
    }
    if (options->file_count == 0) {
        if (cmd_library(library, sizeof library) != 0) {
            return cmd_fail(CMD_USAGE, "%s: the script library is not there; name scripts",
                            library);
        }
        add_path(&names, library);
    }
    scripts->scripts = calloc(names.count + 1, sizeof scripts->scripts[0]);
    if (scripts->scripts == NULL || names.failed) {
        result = cmd_fail(CMD_HARNESS, "out of memory");
    }
    for (size_t i = 0; result == 0 && i < names.count; i++) {
        struct scn_plan *plan = scn_parse_file(names.names[i], error, sizeof error);
        if (plan == NULL) {
            result = cmd_fail(CMD_USAGE, "%s", error);
        } else if (options->filter != NULL && !cmd_glob(options->filter, plan->name)) {
            scn_plan_free(plan);
        } else {
            struct cmd_script *script = &scripts->scripts[scripts->count++];
            script->plan = plan;
            script->path = names.names[i];
            names.names[i] = NULL;
        }
    }
    for (size_t i = 0; i < names.count; i++) {
        free(names.names[i]);
    }
    free(names.names);
    if (result == 0 && scripts->count == 0 && options->filter != NULL) {
        result = cmd_fail(CMD_NOTHING, "no script's name matches %s", options->filter);
    }
    if (result != 0) {
        cmd_scripts_free(scripts);
    }
    return result;
}

void cmd_scripts_free(struct cmd_scripts *scripts)
{
    for (size_t i = 0; i < scripts->count; i++) {
        free(scripts->scripts[i].path);
        scn_plan_free(scripts->scripts[i].plan);
    }
    free(scripts->scripts);
    memset(scripts, 0, sizeof *scripts);
}

void cmd_job(const struct cmd_options *options, const char *work, struct scn_job *job)
{
    *job = (struct scn_job){.engine = options->engine_path,
                            .profile = rpt_profile_name(options->profile),
                            .work_directory = work,
                            .seed = options->seed,
                            .settings = options->settings,
                            .setting_count = options->setting_count,
                            .pre_init = options->pre_init,
                            .timeout_seconds = options->timeout,
                            .keep_directory = options->keep};
    if (options->timeout != 0 && options->timeout < 60) {
        job->hang_seconds = options->timeout / 2 > 0 ? options->timeout / 2 : 1;
    }
}

int cmd_suite_head(const struct cmd_options *options, struct rpt_suite *suite)
{
    struct shim_library_info info;
    char error[CMD_MESSAGE];
    memset(&info, 0, sizeof info);
    shim_library_inspect(options->engine_path, &info, error, sizeof error);
    rpt_suite_init(suite);
    suite->engine = cmd_copy(options->engine_path);
    suite->engine_build = cmd_copy(info.build);
    suite->profile = cmd_copy(rpt_profile_name(options->profile));
    suite->seed = options->seed;
    return suite->engine != NULL && suite->engine_build != NULL && suite->profile != NULL ? 0 : -1;
}

static int badness(enum rpt_verdict verdict)
{
    return rpt_verdict_is_broken(verdict)   ? 4
           : verdict == RPT_UNKNOWN       ? 3
           : verdict == RPT_NOT_EXERCISED ? 2
           : verdict == RPT_UNSUPPORTED   ? 1
                                          : 0;
}

int cmd_case_note(struct rpt_case *c, enum rpt_verdict verdict, enum shim_fn fn, const char *text)
{
    struct rpt_finding *grown =
        realloc(c->findings, (c->finding_count + 1) * sizeof c->findings[0]);
    char *copy = cmd_copy(text);
    if (grown != NULL) {
        c->findings = grown;
    }
    if (grown == NULL || copy == NULL) {
        free(copy);
        return -1;
    }
    c->findings[c->finding_count++] =
        (struct rpt_finding){.verdict = verdict,
                             .clause = rpt_verdict_is_broken(verdict) ? rpt_clause_find("expect")
                                                                      : NULL,
                             .fn = fn,
                             .text = copy,
                             .times = 1};
    if (badness(verdict) > badness(c->verdict)) {
        c->verdict = verdict;
    }
    return 0;
}

struct text {
    char *at;
    size_t room; /* with the closing 0 */
};

static void put(struct text *text, char c)
{
    if (text->room > 1) {
        *text->at++ = c;
        *text->at = '\0';
        text->room--;
    }
}

/* One word for a shell: in single quotes unless it needs none. */
static void put_word(struct text *text, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_./:=,+@%-";
    bool bare = word[0] != '\0' && word[strspn(word, plain)] == '\0';
    if (!bare) {
        put(text, '\'');
    }
    for (const char *at = word; *at != '\0'; at++) {
        if (*at == '\'') {
            put(text, '\'');
            put(text, '\\');
            put(text, '\'');
        }
        put(text, *at);
    }
    if (!bare) {
        put(text, '\'');
    }
}

static void put_option(struct text *text, const char *name, const char *value)
{
    put(text, ' ');
    put_word(text, name);
    put(text, ' ');
    put_word(text, value);
}

void cmd_again(const struct cmd_options *options, const char *const *words, char *text, size_t size)
{
    struct text to = {text, size};
    char number[24];
    text[0] = '\0';
    put_word(&to, options->program);
    for (size_t i = 0; words[i] != NULL; i++) {
        put(&to, ' ');
        put_word(&to, words[i]);
    }
    if (options->engine != NULL) {
        put_option(&to, "--engine", options->engine_path);
    }
    if (options->profile != RPT_DOCUMENTED) {
        put_option(&to, "--profile", rpt_profile_name(options->profile));
    }
    for (int i = 0; i < options->setting_count; i++) {
        put_option(&to, "--set", options->settings[i]);
    }
    if (options->pre_init != NULL) {
        put_option(&to, "--pre-init", options->pre_init);
    }
    if (options->timeout != 0) {
        snprintf(number, sizeof number, "%u", options->timeout);
        put_option(&to, "--timeout", number);
    }
}

enum rpt_profile cmd_profile_of(const struct cmd_options *options, const struct shim_history *history)
{
    enum rpt_profile profile = options->profile;
    if (!options->profile_given && history->header.profile != NULL) {
        rpt_profile_find(history->header.profile, &profile);
    }
    return profile;
}
