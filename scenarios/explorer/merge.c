/* scenarios/explorer/merge.c - the command: report folders of parts of an exploration, joined into one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/command/command.h"
#include "scenarios/explorer/results.h"
#include "scenarios/supervisor/platform.h"
#include "shims/history/file.h"

/* One exploration of one script, and which parts of it are there. */
struct joined {
    struct scn_results results;
    const char **parts;  /* by number from 0: the folder it came from, NULL: it is missing */
    char *path;          /* of the first file */
};

struct merging {
    const struct cmd_options *options;
    const char *folder;      /* that is read */
    struct joined *joined;
    size_t count;
    size_t files;            /* in the folder */
    int result;
};

static struct joined *joined_of(struct merging *merging, const char *name)
{
    for (size_t i = 0; i < merging->count; i++) {
        if (strcmp(merging->joined[i].results.name, name) == 0) {
            return &merging->joined[i];
        }
    }
    struct joined *grown = realloc(merging->joined, (merging->count + 1) * sizeof *grown);
    if (grown == NULL) {
        return NULL;
    }
    merging->joined = grown;
    memset(&grown[merging->count], 0, sizeof grown[0]);
    return &grown[merging->count++];
}

/* Copies DIR/SUB/NAME into the report; what is not there is left out. 0, or an exit code after a message. */
static int copy_file(const struct merging *merging, const char *sub, const char *name)
{
    char from[CMD_PATH], to[CMD_PATH], error[CMD_MESSAGE];
    if (name == NULL || name[0] == '\0') {
        return 0;
    }
    if (strpbrk(name, "/\\") != NULL) {
        return cmd_fail(CMD_USAGE, "%s: '%.80s' is no name of a file in this folder", merging->folder, name);
    }
    snprintf(from, sizeof from, "%.500s/%s%.500s", merging->folder, sub, name);
    snprintf(to, sizeof to, "%.500s/%s%.500s", merging->options->report, sub, name);
    if (!scn_file_exists(from) || scn_file_exists(to)) { /* it is of another part, with the same name */
        return 0;
    }
    return shim_file_copy(from, to, error, sizeof error) != 0 ? cmd_fail(CMD_USAGE, "%s", error) : 0;
}

static void add_part(void *context, const char *path)
{
    struct merging *merging = context;
    struct scn_results part;
    char error[CMD_MESSAGE];
    size_t length = strlen(path), suffix = strlen(SCN_RESULTS_SUFFIX);
    if (merging->result != 0 || length < suffix || strcmp(path + length - suffix, SCN_RESULTS_SUFFIX) != 0) {
        return;
    }
    merging->files++;
    if (scn_results_load(&part, path, error, sizeof error) != 0) {
        merging->result = cmd_fail(CMD_USAGE, "%s", error);
        return;
    }
    struct joined *joined = joined_of(merging, part.name);
    if (joined == NULL) {
        merging->result = cmd_fail(CMD_HARNESS, "out of memory");
        scn_results_fini(&part);
        return;
    }
    size_t index = part.shards > 0 ? (size_t)part.shard - 1 : 0, parts = part.shards > 0 ? (size_t)part.shards : 1;
    bool first = joined->path == NULL;
    if (first) {
        joined->path = cmd_copy(path);
        joined->parts = calloc(parts, sizeof *joined->parts);
    }
    if (joined->path == NULL || joined->parts == NULL) {
        merging->result = cmd_fail(CMD_HARNESS, "out of memory");
    } else if (!first && part.shards == joined->results.shards && joined->parts[index] != NULL) {
        merging->result = cmd_fail(CMD_USAGE, "%s: part %llu/%llu of %s was in %s already", path,
                                   (unsigned long long)part.shard, (unsigned long long)part.shards, part.name,
                                   joined->parts[index]);
    } else if (!first && scn_results_join(&joined->results, &part, error, sizeof error) != 0) {
        merging->result = cmd_fail(CMD_USAGE, "%s does not go with %s: %s", path, joined->path, error);
    } else {
        joined->parts[index] = merging->folder;
    }
    for (size_t i = 0; i < part.found_count && merging->result == 0; i++) {
        merging->result = copy_file(merging, "", part.found[i].schedule);
        if (merging->result == 0) {
            merging->result = copy_file(merging, "histories/", part.found[i].history);
        }
    }
    if (first && merging->result == 0) {
        joined->results = part;
    } else {
        scn_results_fini(&part);
    }
}

/* A finding into the case: by its history if that is there, else by what was noted of it. */
static int add_finding(const struct cmd_options *options, const struct scn_found *found, struct rpt_case *c)
{
    char path[CMD_PATH], error[CMD_MESSAGE];
    enum rpt_verdict verdict = RPT_UNKNOWN;
    for (int i = 0; i < RPT_VERDICT_COUNT; i++) {
        verdict = strcmp(rpt_verdict_name((enum rpt_verdict)i), found->verdict) == 0 ? (enum rpt_verdict)i : verdict;
    }
    if (cmd_case_note(c, verdict, SHIM_FN_NONE, found->text) != 0) {
        return cmd_fail(CMD_HARNESS, "out of memory");
    }
    struct rpt_finding *finding = &c->findings[c->finding_count - 1];
    finding->times = found->times;
    finding->clause = found->clause != NULL ? rpt_clause_find(found->clause) : NULL;
    if (found->schedule != NULL && c->command == NULL) {
        snprintf(path, sizeof path, "%.900s/%.300s", options->report, found->schedule);
        const char *words[] = {"replay", path, NULL};
        cmd_again(options, words, error, sizeof error);
        c->command = cmd_copy(error);
    }
    if (found->history != NULL && c->evidence == NULL) {
        snprintf(path, sizeof path, "%.900s/histories/%.300s", options->report, found->history);
        c->evidence = cmd_copy(path);
    }
    return 0;
}

/* The joined exploration: a case of the suite, a file, and a line for people. */
static int finish(const struct cmd_options *options, struct joined *joined, struct rpt_suite *suite)
{
    struct scn_results *r = &joined->results;
    char path[CMD_PATH], error[CMD_MESSAGE];
    struct rpt_case *c = rpt_suite_add(suite);
    unsigned long long parts = r->shards, missing = 0;
    if (c == NULL) {
        return cmd_fail(CMD_HARNESS, "out of memory");
    }
    for (uint64_t i = 0; i < r->shards; i++) {
        if (joined->parts[i] == NULL) {
            missing++;
            fprintf(stderr, "esecheck: part %llu/%llu of %s is missing\n", (unsigned long long)i + 1, parts, r->name);
        }
    }
    c->suite = cmd_copy("explore");
    c->name = cmd_copy(r->name);
    c->repeats = (int)r->schedules;
    int result = 0;
    for (size_t i = 0; i < r->found_count && result == 0; i++) {
        result = add_finding(options, &r->found[i], c);
    }
    if (missing == 0) { /* it is the whole now */
        r->shard = r->shards = 0;
    }
    r->complete = r->complete && missing == 0;
    snprintf(path, sizeof path, "%.900s/%.200s" SCN_RESULTS_SUFFIX, options->report, r->name);
    if (result == 0 && scn_results_save(r, path, error, sizeof error) != 0) {
        result = cmd_fail(CMD_USAGE, "%s", error);
    }
    printf("%s: %llu schedules of %llu parts, %llu distinct, %llu places, %llu conflicts, %llu finding%s\n", r->name,
           (unsigned long long)r->schedules, parts > missing ? parts - missing : 1,
           (unsigned long long)r->interleavings.count, (unsigned long long)r->places.count,
           (unsigned long long)r->conflicts.count, (unsigned long long)r->found_count, r->found_count == 1 ? "" : "s");
    if (suite->engine == NULL) {
        suite->engine = cmd_copy(r->engine);
        suite->engine_build = cmd_copy(r->build);
        suite->profile = cmd_copy(r->profile);
        suite->seed = r->seed;
    }
    return result;
}

int cmd_merge(struct cmd_options *options)
{
    struct merging merging = {.options = options};
    struct rpt_suite suite;
    struct cmd_known *known = NULL;
    int result = 0;
    if (options->report == NULL) {
        return cmd_fail(CMD_USAGE, "merge needs --report: the folder for what comes of it");
    }
    if ((options->known != NULL && (result = cmd_known_load(options->known, &known)) != 0) ||
        (result = cmd_report_open(options)) != 0) {
        cmd_known_free(known);
        return result;
    }
    rpt_suite_init(&suite);
    for (int i = 0; i < options->file_count && merging.result == 0; i++) {
        merging.folder = options->files[i];
        merging.files = 0;
        scn_directory_each(merging.folder, "", add_part, &merging);
        if (merging.result == 0 && merging.files == 0) {
            merging.result = cmd_fail(CMD_USAGE, "%s: no *" SCN_RESULTS_SUFFIX
                                                 " file; is it a folder that explore --report made?", merging.folder);
        }
    }
    result = merging.result;
    struct scn_results *all = calloc(merging.count + 1, sizeof *all);
    for (size_t i = 0; i < merging.count && result == 0; i++) {
        result = all != NULL ? finish(options, &merging.joined[i], &suite) : cmd_fail(CMD_HARNESS, "out of memory");
        all[i] = merging.joined[i].results;
    }
    if (result == 0) {
        result = scn_results_write_json(options->report, all, merging.count);
    }
    if (result == 0) {
        cmd_known_apply(known, &suite);
        result = cmd_report_suite(options, &suite);
    }
    free(all);
    for (size_t i = 0; i < merging.count; i++) {
        scn_results_fini(&merging.joined[i].results);
        free(merging.joined[i].parts);
        free(merging.joined[i].path);
    }
    free(merging.joined);
    cmd_known_free(known);
    rpt_suite_fini(&suite);
    return result;
}
