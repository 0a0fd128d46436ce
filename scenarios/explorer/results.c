/* scenarios/explorer/results.c - the file of an exploration, and parts of one joined. */
#include "scenarios/explorer/results.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/command/command.h"
#include "scenarios/supervisor/platform.h"
#include "shims/history/file.h"

#define MAGIC "esecheck exploration 1"
#define PER_LINE 8
#define MOST_BYTES ((size_t)1 << 30)

static char *copy(const char *text)
{
    return text != NULL ? strdup(text) : NULL;
}

struct scn_found *scn_results_add(struct scn_results *results)
{
    struct scn_found *grown = realloc(results->found, (results->found_count + 1) * sizeof *grown);
    if (grown == NULL) {
        return NULL;
    }
    results->found = grown;
    struct scn_found *found = &grown[results->found_count++];
    memset(found, 0, sizeof *found);
    return found;
}

static void found_fini(struct scn_found *found)
{
    char *texts[] = {found->verdict, found->clause,   found->place,  found->text,
                     found->fault,   found->schedule, found->history};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        free(texts[i]);
    }
}

void scn_results_fini(struct scn_results *results)
{
    for (size_t i = 0; i < results->found_count; i++) {
        found_fini(&results->found[i]);
    }
    free(results->found);
    free(results->name);
    free(results->engine);
    free(results->build);
    free(results->profile);
    free(results->strategy);
    free(results->setup);
    scn_seen_fini(&results->interleavings);
    scn_seen_fini(&results->places);
    scn_seen_fini(&results->conflicts);
    memset(results, 0, sizeof *results);
}

int scn_results_cover(struct scn_results *results, const char *coverage)
{
    for (const char *line = coverage; line != NULL && *line != '\0'; line += strcspn(line, "\n"), line += *line != '\0') {
        struct scn_seen *seen = line[0] == 'p' ? &results->places : &results->conflicts;
        if (line[1] == ' ' && scn_seen_add(seen, strtoull(line + 2, NULL, 16)) < 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- writing ---------------------------------------------------------------------------------------- */

static void put_text(FILE *file, const char *key, const char *text)
{
    if (text != NULL) {
        fprintf(file, "%s %.*s\n", key, (int)strcspn(text, "\n"), text);
    }
}

static int put_set(FILE *file, const char *name, const struct scn_seen *seen)
{
    uint64_t *members = scn_seen_sorted(seen);
    fprintf(file, "%s\n", name);
    for (size_t i = 0; members != NULL && i < seen->count; i++) {
        fprintf(file, "%s%016" PRIx64 "%s", i % PER_LINE == 0 ? "\t" : " ", members[i],
                i % PER_LINE == PER_LINE - 1 || i + 1 == seen->count ? "\n" : "");
    }
    free(members);
    return members == NULL;
}

static int put_results(FILE *file, const void *context)
{
    const struct scn_results *r = context;
    fprintf(file, MAGIC "\n");
    put_text(file, "name", r->name);
    put_text(file, "engine", r->engine);
    put_text(file, "build", r->build);
    put_text(file, "profile", r->profile);
    put_text(file, "strategy", r->strategy);
    put_text(file, "setup", r->setup);
    fprintf(file, "seed %" PRIu64 "\nshard %" PRIu64 "/%" PRIu64 "\nasked %" PRIu64 "\nschedules %" PRIu64
                  "\ndecisions %" PRIu64 "\nexhausted %d\ncomplete %d\n",
            r->seed, r->shard, r->shards, r->asked, r->schedules, r->decisions, r->exhausted, r->complete);
    for (size_t i = 0; i < r->found_count; i++) {
        const struct scn_found *found = &r->found[i];
        put_text(file, "finding", found->verdict);
        put_text(file, "clause", found->clause);
        put_text(file, "place", found->place);
        put_text(file, "text", found->text);
        put_text(file, "fault", found->fault);
        fprintf(file, "found-seed %" PRIu64 "\ntimes %" PRIu64 "\n", found->seed, found->times);
        put_text(file, "schedule", found->schedule);
        put_text(file, "history", found->history);
    }
    int failed = put_set(file, "interleavings", &r->interleavings);
    failed |= put_set(file, "places", &r->places);
    failed |= put_set(file, "conflicts", &r->conflicts);
    fprintf(file, "end\n");
    return failed != 0 ? -1 : 0;
}

int scn_results_save(const struct scn_results *r, const char *path, char *error, size_t error_size)
{
    return shim_file_write(path, put_results, r, error, error_size);
}

/* ---- reading ---------------------------------------------------------------------------------------- */

static bool take_text(struct scn_results *r, const char *key, const char *value)
{
    struct scn_found none = {.verdict = NULL}, *found = r->found_count > 0 ? &r->found[r->found_count - 1] : &none;
    const struct {
        const char *key;
        char **text;
        bool of_finding;
    } texts[] = {{"name", &r->name, false},        {"engine", &r->engine, false},      {"build", &r->build, false},
                 {"profile", &r->profile, false},  {"strategy", &r->strategy, false},  {"setup", &r->setup, false},
                 {"clause", &found->clause, true}, {"place", &found->place, true},     {"text", &found->text, true},
                 {"fault", &found->fault, true},   {"schedule", &found->schedule, true},
                 {"history", &found->history, true}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(key, texts[i].key) == 0) {
            if ((texts[i].of_finding && found == &none) || *texts[i].text != NULL) {
                return false; /* twice */
            }
            *texts[i].text = copy(value);
            return *texts[i].text != NULL;
        }
    }
    return false;
}

static bool take_number(const char *value, uint64_t *number, const char **rest)
{
    char *end;
    errno = 0;
    *number = strtoull(value, &end, 10);
    *rest = end;
    return value[0] >= '0' && value[0] <= '9' && errno == 0;
}

static bool take_line(struct scn_results *r, const char *key, const char *value)
{
    struct scn_found none = {.verdict = NULL}, *found = r->found_count > 0 ? &r->found[r->found_count - 1] : &none;
    uint64_t exhausted = 2, complete = 2;
    const struct {
        const char *key;
        uint64_t *number;
    } numbers[] = {{"seed", &r->seed},           {"asked", &r->asked},       {"schedules", &r->schedules},
                   {"decisions", &r->decisions}, {"exhausted", &exhausted},  {"complete", &complete},
                   {"found-seed", &found->seed}, {"times", &found->times}};
    const char *rest;
    if (strcmp(key, "finding") == 0) {
        found = scn_results_add(r);
        return found != NULL && (found->verdict = copy(value)) != NULL;
    }
    if (strcmp(key, "shard") == 0) {
        return take_number(value, &r->shard, &rest) && *rest == '/' && take_number(rest + 1, &r->shards, &rest) &&
               *rest == '\0' && r->shard <= r->shards && (r->shards == 0 || r->shard > 0);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (strcmp(key, numbers[i].key) == 0) {
            if (!take_number(value, numbers[i].number, &rest) || *rest != '\0') {
                return false;
            }
            r->exhausted = exhausted == 2 ? r->exhausted : exhausted != 0;
            r->complete = complete == 2 ? r->complete : complete != 0;
            return true;
        }
    }
    return take_text(r, key, value);
}

/* Hashes of a line, after its tab. */
static bool take_hashes(struct scn_seen *seen, const char *text)
{
    while (*text != '\0') {
        char *end;
        uint64_t hash = strtoull(text, &end, 16);
        if (end != text + 16 || (*end != ' ' && *end != '\0') || scn_seen_add(seen, hash) < 0) {
            return false;
        }
        text = end + (*end == ' ');
    }
    return true;
}

static bool is_whole(const struct scn_results *r)
{
    bool whole = r->name != NULL && r->engine != NULL && r->build != NULL && r->profile != NULL && r->strategy != NULL;
    for (size_t i = 0; i < r->found_count; i++) {
        whole = whole && r->found[i].text != NULL && r->found[i].times > 0;
    }
    return whole;
}

int scn_results_load(struct scn_results *r, const char *path, char *error, size_t error_size)
{
    char *text = scn_file_exists(path) ? scn_read_tail(path, MOST_BYTES) : NULL, *line = text, *next = text;
    struct scn_seen *set = NULL;
    unsigned number = 0;
    bool ended = false, good = true;
    memset(r, 0, sizeof *r);
    if (text == NULL) {
        snprintf(error, error_size, "%s: cannot be read", path);
        return -1;
    }
    while (good && !ended && *next != '\0') {
        line = next;
        next += strcspn(next, "\n");
        if (*next == '\n') {
            *next++ = '\0';
        }
        number++;
        char *space = strchr(line, ' ');
        if (number == 1) {
            good = strcmp(line, MAGIC) == 0;
        } else if (line[0] == '\t') {
            good = set != NULL && take_hashes(set, line + 1);
        } else if (strcmp(line, "interleavings") == 0) {
            set = &r->interleavings;
        } else if (strcmp(line, "places") == 0) {
            set = &r->places;
        } else if (strcmp(line, "conflicts") == 0) {
            set = &r->conflicts;
        } else if (strcmp(line, "end") == 0) {
            ended = true;
        } else if (space != NULL && set == NULL) {
            *space = '\0';
            good = take_line(r, line, space + 1);
        } else {
            good = false;
        }
    }
    if (!good) {
        snprintf(error, error_size, "%s:%u: '%.60s' is not a line of an exploration", path, number, line);
    } else if (!ended || !is_whole(r)) {
        snprintf(error, error_size, "%s:%u: the file is cut off, or lines are missing", path, number);
        good = false;
    }
    free(text);
    if (!good) {
        scn_results_fini(r);
    }
    return good ? 0 : -1;
}

/* ---- joining ---------------------------------------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static struct scn_found *find(const struct scn_results *r, const struct scn_found *like)
{
    for (size_t i = 0; i < r->found_count; i++) {
        struct scn_found *found = &r->found[i];
        if (same(found->verdict, like->verdict) && same(found->clause, like->clause) &&
            same(found->place, like->place)) {
            return found;
        }
    }
    return NULL;
}

/* Of equal findings the one with the lowest seed stays: it is the first that the whole would have found. */
static int join_found(struct scn_results *r, const struct scn_found *part)
{
    struct scn_found *found = find(r, part);
    uint64_t times = 0;
    if (found != NULL && found->seed <= part->seed) {
        found->times += part->times;
        return 0;
    }
    if (found != NULL) {
        times = found->times;
        found_fini(found);
    } else if ((found = scn_results_add(r)) == NULL) {
        return -1;
    }
    *found = (struct scn_found){.verdict = copy(part->verdict),   .clause = copy(part->clause),
                                .place = copy(part->place),       .text = copy(part->text),
                                .fault = copy(part->fault),       .schedule = copy(part->schedule),
                                .history = copy(part->history),   .seed = part->seed,
                                .times = part->times + times};
    return found->verdict != NULL && found->text != NULL ? 0 : -1;
}

int scn_results_join(struct scn_results *r, const struct scn_results *part, char *error, size_t error_size)
{
    const struct {
        const char *what, *a, *b;
    } texts[] = {{"engine build", r->build, part->build},
                 {"profile", r->profile, part->profile},
                 {"strategy", r->strategy, part->strategy},
                 {"options or script", r->setup, part->setup}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (!same(texts[i].a, texts[i].b)) {
            snprintf(error, error_size, "not the same %s: %.200s and %.200s", texts[i].what,
                     texts[i].a != NULL ? texts[i].a : "none", texts[i].b != NULL ? texts[i].b : "none");
            return -1;
        }
    }
    if (r->seed != part->seed || r->shards != part->shards || r->asked != part->asked) {
        snprintf(error, error_size, "not parts of one exploration: seed %" PRIu64 " and %" PRIu64 ", %" PRIu64
                                    " and %" PRIu64 " parts, %" PRIu64 " and %" PRIu64 " schedules",
                 r->seed, part->seed, r->shards, part->shards, r->asked, part->asked);
        return -1;
    }
    r->schedules += part->schedules;
    r->decisions += part->decisions;
    r->exhausted = r->exhausted && part->exhausted;
    r->complete = r->complete && part->complete;
    int failed = scn_seen_join(&r->interleavings, &part->interleavings) != 0 ||
                 scn_seen_join(&r->places, &part->places) != 0 ||
                 scn_seen_join(&r->conflicts, &part->conflicts) != 0;
    for (size_t i = 0; i < part->found_count && !failed; i++) {
        failed = join_found(r, &part->found[i]) != 0;
    }
    if (failed) {
        snprintf(error, error_size, "out of memory");
    }
    return failed ? -1 : 0;
}

/* ---- JSON ------------------------------------------------------------------------------------------- */

static void put_json(FILE *out, const char *indent, const char *key, const char *text)
{
    fprintf(out, "%s\"%s\": ", indent, key);
    if (text == NULL) {
        fprintf(out, "null");
        return;
    }
    fputc('"', out);
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\') {
            fprintf(out, "\\%c", *at);
        } else if (*at < 0x20 || *at >= 0x7f) {
            fprintf(out, "\\u%04x", *at); /* engines may say anything, so no encoding is believed */
        } else {
            fputc(*at, out);
        }
    }
    fputc('"', out);
}

struct all {
    const struct scn_results *results;
    size_t count;
};

static int put_all(FILE *out, const void *context)
{
    const struct all *all = context;
    fprintf(out, "{\n  \"explorations\": [");
    for (size_t i = 0; i < all->count; i++) {
        const struct scn_results *r = &all->results[i];
        fprintf(out, "%s\n    {\n", i > 0 ? "," : "");
        put_json(out, "      ", "name", r->name);
        put_json(out, ",\n      ", "engine", r->engine);
        put_json(out, ",\n      ", "build", r->build);
        put_json(out, ",\n      ", "profile", r->profile);
        put_json(out, ",\n      ", "strategy", r->strategy);
        fprintf(out, ",\n      \"seed\": %" PRIu64 ",\n      \"shard\": %" PRIu64 ",\n      \"shards\": %" PRIu64
                     ",\n      \"schedules\": %" PRIu64 ",\n      \"interleavings\": %zu,\n      \"places\": %zu"
                     ",\n      \"conflicts\": %zu,\n      \"decisions\": %" PRIu64 ",\n      \"exhausted\": %s"
                     ",\n      \"findings\": [",
                r->seed, r->shard, r->shards, r->schedules, r->interleavings.count, r->places.count,
                r->conflicts.count, r->decisions, r->exhausted ? "true" : "false");
        for (size_t f = 0; f < r->found_count; f++) {
            const struct scn_found *found = &r->found[f];
            put_json(out, f > 0 ? ",\n        {" : "\n        {", "verdict", found->verdict);
            put_json(out, ", ", "clause", found->clause);
            put_json(out, ",\n         ", "place", found->place);
            put_json(out, ",\n         ", "text", found->text);
            put_json(out, ",\n         ", "fault", found->fault);
            fprintf(out, ", \"seed\": %" PRIu64 ", \"times\": %" PRIu64 ",\n         ", found->seed, found->times);
            put_json(out, "", "schedule", found->schedule);
            put_json(out, ", ", "history", found->history);
            fputc('}', out);
        }
        fprintf(out, "%s]\n    }", r->found_count > 0 ? "\n      " : "");
    }
    fprintf(out, "\n  ]\n}\n");
    return 0;
}

int scn_results_write_json(const char *report, const struct scn_results *results, size_t count)
{
    const struct all all = {results, count};
    char path[CMD_PATH], error[CMD_MESSAGE];
    if (report == NULL) {
        return 0;
    }
    snprintf(path, sizeof path, "%.900s/explore.json", report);
    return shim_file_write(path, put_all, &all, error, sizeof error) != 0 ? cmd_fail(CMD_USAGE, "%s", error) : 0;
}
