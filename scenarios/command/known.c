/* scenarios/command/known.c - expected failures.
 *
 * A line is PATTERN[: VERDICT] # reason. A case that matches, is broken, and has that verdict (or any,
 * if none is named) is known: it stays green. An entry whose matching cases all pass is out of date:
 * those cases are red. Empty lines and lines of a comment only are skipped.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/command/command.h"

#define MOST_LINE 1024

struct entry {
    char pattern[256], reason[512];
    bool any;
    enum rpt_verdict verdict;
};

struct cmd_known {
    struct entry *entries;
    size_t count;
};

static char *trim(char *text)
{
    while (isspace((unsigned char)*text)) {
        text++;
    }
    for (size_t end = strlen(text); end > 0 && isspace((unsigned char)text[end - 1]); end--) {
        text[end - 1] = '\0';
    }
    return text;
}

/* 1: an entry; 0: nothing in the line; -1: malformed, *what says how. */
static int parse(char *line, struct entry *entry, const char **what)
{
    char *hash = strchr(line, '#'), *colon;
    char *reason = hash != NULL ? trim(hash + 1) : NULL;
    if (hash != NULL) {
        *hash = '\0';
    }
    char *left = trim(line);
    if (left[0] == '\0') {
        return 0;
    }
    *what = "a reason is missing: PATTERN[: VERDICT] # reason";
    if (reason == NULL || reason[0] == '\0') {
        return -1;
    }
    colon = strchr(left, ':');
    entry->any = colon == NULL;
    if (colon != NULL) {
        *colon = '\0';
        const char *name = trim(colon + 1);
        int verdict = 0;
        while (verdict < RPT_VERDICT_COUNT &&
               strcmp(rpt_verdict_name((enum rpt_verdict)verdict), name) != 0) {
            verdict++;
        }
        *what = "the word after the colon is no verdict that can be expected";
        if (verdict == RPT_VERDICT_COUNT || !rpt_verdict_is_broken((enum rpt_verdict)verdict)) {
            return -1;
        }
        entry->verdict = (enum rpt_verdict)verdict;
        left = trim(left);
    }
    *what = "the pattern is empty or too long";
    if (left[0] == '\0' || strlen(left) >= sizeof entry->pattern) {
        return -1;
    }
    snprintf(entry->pattern, sizeof entry->pattern, "%s", left);
    snprintf(entry->reason, sizeof entry->reason, "%s", reason);
    return 1;
}

int cmd_known_load(const char *path, struct cmd_known **known)
{
    char line[MOST_LINE];
    struct cmd_known *list = calloc(1, sizeof *list);
    FILE *file = fopen(path, "r");
    int result = 0;
    if (file == NULL || list == NULL) {
        free(list);
        if (file != NULL) {
            fclose(file);
        }
        return cmd_fail(CMD_USAGE, "%s: cannot be read (--known)", path);
    }
    for (int number = 1; result == 0 && fgets(line, sizeof line, file) != NULL; number++) {
        struct entry entry = {.any = true};
        const char *what = "";
        int parsed = parse(line, &entry, &what);
        if (parsed < 0) {
            result = cmd_fail(CMD_USAGE, "%s:%d: %s", path, number, what);
        } else if (parsed > 0) {
            struct entry *grown = realloc(list->entries, (list->count + 1) * sizeof *grown);
            if (grown == NULL) {
                result = cmd_fail(CMD_HARNESS, "out of memory");
                break;
            }
            list->entries = grown;
            list->entries[list->count++] = entry;
        }
    }
    if (result == 0 && ferror(file)) {
        result = cmd_fail(CMD_USAGE, "%s: cannot be read (--known)", path);
    }
    fclose(file);
    if (result != 0) {
        cmd_known_free(list);
        return result;
    }
    *known = list;
    return 0;
}

static bool names(const struct entry *entry, const struct rpt_case *c)
{
    return cmd_glob(entry->pattern, c->name);
}

void cmd_known_apply(const struct cmd_known *known, struct rpt_suite *suite)
{
    for (size_t e = 0; known != NULL && e < known->count; e++) {
        const struct entry *entry = &known->entries[e];
        bool needed = false, named = false;
        for (size_t i = 0; i < suite->case_count; i++) {
            struct rpt_case *c = &suite->cases[i];
            named = named || names(entry, c);
            if (!names(entry, c) || !rpt_verdict_is_broken(c->verdict)) {
                continue;
            }
            needed = true;
            if (!c->known && (entry->any || entry->verdict == c->verdict)) {
                c->known = true;
                c->known_reason = cmd_copy(entry->reason);
            }
        }
        if (!named) {
            fprintf(stderr, "esecheck: no case is named %s, which is listed as known to fail\n",
                    entry->pattern);
        }
        for (size_t i = 0; !needed && i < suite->case_count; i++) {
            struct rpt_case *c = &suite->cases[i];
            if (names(entry, c) && c->verdict == RPT_CONFORMS) {
                c->unexpected_pass = true;
                if (c->known_reason == NULL) {
                    c->known_reason = cmd_copy(entry->reason);
                }
            }
        }
    }
}

void cmd_known_free(struct cmd_known *known)
{
    if (known != NULL) {
        free(known->entries);
        free(known);
    }
}
