/* scenarios/crash/keep.c - a crash state in the report, and the same state again.
 *
 * crash/NAME in the report has
 *   files/     what the cut left, for an engine's own tools
 *   disk       the recording of the run (of the restart, for a second cut)
 *   run.jsonl  the history that goes with it
 *   state      the cut, in lines `key value` before a line `end`; to be changed by hand for a look at other moments
 * A run is another one each time; the recording is not. Logs hold full paths, so the state is played where the run was.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/crash/crash.h"
#include "scenarios/language/language.h"
#include "scenarios/supervisor/job.h"
#include "scenarios/supervisor/platform.h"
#include "shims/history/file.h"

#define MAGIC "esecheck crash state 1"
#define LINE (CMD_PATH + 64)

/* What a state says, and the words of the files of old. */
struct kept {
    char directory[CMD_PATH], engine[CMD_PATH], verdict[64], loss[32];
    char checker[CMD_PATH];
    uint64_t base, at, seed, operations; /* of the recording */
    uint64_t read;                       /* which of the keys that every state has, a bit each */
    char settings[CMD_MOST_SETTINGS][256];
    int setting_count;
};

struct moment {
    const struct crash_round *round;
    const struct crash_state *state;
};

static int put_state(FILE *file, const void *context)
{
    const struct crash_round *round = ((const struct moment *)context)->round;
    const struct crash_state *state = ((const struct moment *)context)->state;
    fprintf(file,
            MAGIC "\nverdict %s\nengine %s\ndirectory %s\nbase %" PRIu64 "\noperations %lu\nat %lu\nloss %s\nseed %" PRIu64
                  "\n",
            rpt_verdict_name(round->c->verdict), round->job->engine, round->job->directory, round->base,
            (unsigned long)shim_disk_count(round->disk), (unsigned long)state->at, shim_disk_loss_name(state->loss),
            state->seed);
    if (round->options->checker != NULL) {
        fprintf(file, "checker %s\n", round->options->checker);
    }
    for (int i = 0; i < round->job->setting_count; i++) {
        fprintf(file, "set %s\n", round->job->settings[i]);
    }
    fputs("end\n", file);
    return 0;
}

int crash_keep(const struct crash_round *round, const struct crash_state *state)
{
    char folder[CMD_PATH], path[CMD_PATH + 32], command[CMD_PATH * 4], error[CMD_MESSAGE] = "";
    if (round->options->report == NULL) {
        return 0;
    }
    snprintf(folder, sizeof folder, "%.900s/crash", round->options->report);
    int failed = scn_directory_make(folder);
    snprintf(folder, sizeof folder, "%.900s/crash/%.200s", round->options->report, round->name);
    scn_directory_remove(folder);
    failed = failed || scn_directory_make(folder) != 0;
    snprintf(path, sizeof path, "%s/files", folder);
    struct shim_image *image = shim_image_new(round->disk);
    failed = failed || image == NULL || scn_directory_make(path) != 0 ||
             shim_image_make(image, state->at, state->loss, state->seed, path, error, sizeof error) != 0;
    shim_image_free(image);
    snprintf(path, sizeof path, "%s/disk", folder);
    failed = failed || shim_file_copy(round->recording, path, error, sizeof error) != 0;
    snprintf(path, sizeof path, "%s/run.jsonl", folder);
    failed = failed || shim_history_save(round->history, path, error, sizeof error) != 0;
    snprintf(path, sizeof path, "%s/state", folder);
    const struct moment moment = {round, state};
    if (failed || shim_file_write(path, put_state, &moment, error, sizeof error) != 0) {
        return cmd_fail(CMD_HARNESS, "%s: cannot be written: %s", folder, error[0] != '\0' ? error : strerror(errno));
    }
    const char *words[] = {"replay", path, NULL};
    cmd_again(round->options, words, command, sizeof command);
    free(round->c->command);
    round->c->command = cmd_copy(command);
    return 0;
}

/* ---- again ---- */

bool cmd_crash_is_state(const char *path)
{
    char line[sizeof MAGIC] = "";
    FILE *file = fopen(path, "r");
    bool is = file != NULL && fgets(line, sizeof line, file) != NULL && strcmp(line, MAGIC) == 0;
    if (file != NULL) {
        fclose(file);
    }
    return is;
}

/* A place in `kept` for a key: text of `size` bytes, or a number. */
struct place {
    const char *key;
    bool needed;
    char *text;
    size_t size;
    uint64_t *number;
};
#define PLACES 9

static void find_places(struct kept *kept, struct place *places)
{
    const struct place all[PLACES] = {
        {"verdict", true, kept->verdict, sizeof kept->verdict, NULL},
        {"engine", true, kept->engine, sizeof kept->engine, NULL},
        {"directory", true, kept->directory, sizeof kept->directory, NULL},
        {"base", true, NULL, 0, &kept->base},
        {"operations", true, NULL, 0, &kept->operations},
        {"at", true, NULL, 0, &kept->at},
        {"loss", true, kept->loss, sizeof kept->loss, NULL},
        {"seed", true, NULL, 0, &kept->seed},
        {"checker", false, kept->checker, sizeof kept->checker, NULL},
    };
    memcpy(places, all, sizeof all);
}

static int take(struct kept *kept, const char *key, const char *value)
{
    struct place places[PLACES];
    find_places(kept, places);
    for (size_t i = 0; i < PLACES; i++) {
        if (strcmp(key, places[i].key) != 0) {
            continue;
        }
        kept->read |= (uint64_t)1 << i;
        if (places[i].number == NULL) {
            return snprintf(places[i].text, places[i].size, "%s", value) < (int)places[i].size ? 0 : -1;
        }
        char *rest;
        *places[i].number = strtoull(value, &rest, 10);
        return *rest == '\0' && rest != value ? 0 : -1;
    }
    if (strcmp(key, "set") == 0 && kept->setting_count < CMD_MOST_SETTINGS) {
        char *setting = kept->settings[kept->setting_count++];
        return snprintf(setting, sizeof kept->settings[0], "%s", value) < (int)sizeof kept->settings[0] ? 0 : -1;
    }
    return -1;
}

/* That nothing is missing, neither at the end nor between. */
static int check_whole(struct kept *kept, const char *path, bool ended, int lines)
{
    struct place places[PLACES];
    if (!ended) {
        return cmd_fail(CMD_USAGE, "%s:%d: the last line is not `end`; the file was cut", path, lines);
    }
    find_places(kept, places);
    for (size_t i = 0; i < PLACES; i++) {
        if (places[i].needed && (kept->read >> i & 1) == 0) {
            return cmd_fail(CMD_USAGE, "%s: has no line `%s`", path, places[i].key);
        }
    }
    return 0;
}

static int load(struct kept *kept, const char *path)
{
    char line[LINE];
    int number = 1;
    bool ended = false;
    FILE *file = fopen(path, "r");
    memset(kept, 0, sizeof *kept);
    int result = file == NULL || fgets(line, sizeof line, file) == NULL
                     ? cmd_fail(CMD_USAGE, "%s: cannot be read", path)
                     : 0;
    while (result == 0 && !ended && fgets(line, sizeof line, file) != NULL) {
        number++;
        bool whole = strchr(line, '\n') != NULL;
        line[strcspn(line, "\n")] = '\0';
        ended = whole && strcmp(line, "end") == 0;
        char *space = strchr(line, ' ');
        if (space != NULL) {
            *space = '\0';
        }
        if (!ended && whole && (space == NULL || take(kept, line, space + 1) != 0)) {
            result = cmd_fail(CMD_USAGE, "%s:%d: not a line of a crash state", path, number);
        }
    }
    result = result == 0 ? check_whole(kept, path, ended && fgetc(file) == EOF, number) : result;
    if (file != NULL) {
        fclose(file);
    }
    return result;
}

static bool loss_named(const char *name, enum shim_disk_loss *loss)
{
    for (int i = 0; i < SHIM_DISK_LOSS_COUNT; i++) {
        if (strcmp(name, shim_disk_loss_name((enum shim_disk_loss)i)) == 0) {
            *loss = (enum shim_disk_loss)i;
            return true;
        }
    }
    return false;
}

/* The directory of the run, with the folders above it. *made: which of them were not there, to be removed. */
static int make_place(const char *directory, char *made, size_t size)
{
    char path[CMD_PATH];
    made[0] = '\0';
    if (directory[0] != '/' || scn_file_exists(directory)) {
        return cmd_fail(CMD_USAGE, "%s: logs hold the path of the run, so it has to be there again; but %s", directory,
                        directory[0] != '/' ? "that is none" : "something is there");
    }
    for (const char *slash = strchr(directory + 1, '/');; slash = strchr(slash + 1, '/')) {
        snprintf(path, sizeof path, "%.*s", slash != NULL ? (int)(slash - directory) : (int)sizeof path - 1, directory);
        if (!scn_file_exists(path) && made[0] == '\0') {
            snprintf(made, size, "%s", path);
        }
        if (scn_directory_make(path) != 0) {
            return cmd_fail(CMD_USAGE, "%s: cannot be made: %s", path, strerror(errno));
        }
        if (slash == NULL) {
            return 0;
        }
    }
}

static int play_kept(struct cmd_options *options, const struct kept *kept, const struct shim_disk *disk,
                     const struct shim_history *history, const struct scn_plan *run_plan)
{
    char made[CMD_PATH];
    struct scn_job job, restart;
    struct scn_plan plan;
    struct rpt_suite suite;
    struct crash_state state = {.at = (size_t)kept->at, .seed = kept->seed};
    size_t played = 0;
    rpt_suite_init(&suite);
    struct rpt_case *c = rpt_suite_add(&suite);
    cmd_job(options, kept->directory, &job);
    job.plan = run_plan;
    job.directory = kept->directory;
    crash_restart_job(&job, &plan, &restart);
    restart.engine_build = history->header.engine_build;
    struct crash_round round = {.options = options, .job = &restart, .name = run_plan->name, .disk = disk,
                                .history = history, .base = kept->base, .c = c};
    int result = c == NULL                           ? cmd_fail(CMD_HARNESS, "out of memory")
                 : !loss_named(kept->loss, &state.loss) ? cmd_fail(CMD_USAGE, "%s is no loss", kept->loss)
                                                        : make_place(kept->directory, made, sizeof made);
    if (result == 0) {
        result = crash_play(&round, &state, 1, &played);
        if (options->keep) {
            fprintf(stderr, "esecheck: the work directory is %s\n", kept->directory);
        } else {
            scn_directory_remove(made);
        }
    }
    if (result == 0 && c->verdict == RPT_CONFORMS) {
        char text[CRASH_TEXT];
        crash_describe(disk, &state, text, sizeof text);
        printf("%s: nothing is broken; the finding was %s\n  %s\n", run_plan->name, kept->verdict, text);
    } else if (result == 0) {
        bool again = strcmp(rpt_verdict_name(c->verdict), kept->verdict) == 0;
        printf("%s: %s%s: %s\n", run_plan->name, rpt_verdict_name(c->verdict),
               again ? " again" : ", not the finding of the file", c->finding_count > 0 ? c->findings[0].text : "");
        result = rpt_verdict_is_broken(c->verdict) ? CMD_BROKEN : CMD_CONFORMS;
    }
    if (c != NULL && c->cause != NULL && (result == CMD_BROKEN || result == CMD_CONFORMS)) {
        printf("  cause: %s\n", c->cause);
    }
    rpt_suite_fini(&suite);
    return result;
}

static void beside(const char *state, const char *name, char *path, size_t size)
{
    const char *slash = strrchr(state, '/');
    snprintf(path, size, "%.*s%s", slash != NULL ? (int)(slash + 1 - state) : 0, state, name);
}

/* That the recording is the one of the state: a shorter one would have other files come out of the cut. */
static int check_recording(const struct kept *kept, const struct shim_disk *disk, const char *state, const char *path)
{
    if (shim_disk_count(disk) != kept->operations) {
        return cmd_fail(CMD_USAGE, "%s: has %lu operations, but %" PRIu64 " when it was recorded (line `operations` of %s); "
                                   "the file was cut, or is another one",
                        path, (unsigned long)shim_disk_count(disk), kept->operations, state);
    }
    return kept->at <= kept->operations
               ? 0
               : cmd_fail(CMD_USAGE, "%s: at %" PRIu64 ": the recording has %" PRIu64 " operations", state, kept->at,
                          kept->operations);
}

int cmd_replay_crash(struct cmd_options *options)
{
    struct kept *kept = calloc(1, sizeof *kept);
    struct shim_history history;
    struct shim_disk *disk = NULL;
    struct scn_plan *plan = NULL;
    char path[CMD_PATH], error[CMD_MESSAGE];
    int result = kept == NULL ? cmd_fail(CMD_HARNESS, "out of memory") : load(kept, options->files[0]);
    shim_history_init(&history);
    if (result == 0) {
        beside(options->files[0], "run.jsonl", path, sizeof path);
        result = shim_history_load(&history, path, error, sizeof error) != 0 ? cmd_fail(CMD_USAGE, "%s", error) : 0;
    }
    if (result == 0) {
        beside(options->files[0], "disk", path, sizeof path);
        result = shim_disk_open(path, &disk, error, sizeof error) != 0 ? cmd_fail(CMD_USAGE, "%s", error)
                                                                       : check_recording(kept, disk, options->files[0], path);
    }
    if (result == 0) {
        const char *text = history.header.plan != NULL ? history.header.plan : "";
        plan = scn_parse_placed(options->files[0], text, strlen(text), error, sizeof error);
        result = plan == NULL ? cmd_fail(CMD_USAGE, "the plan of the run cannot be read: %s", error) : 0;
    }
    if (result == 0) {
        for (int i = 0; i < kept->setting_count && options->setting_count < CMD_MOST_SETTINGS; i++) {
            options->settings[options->setting_count++] = kept->settings[i];
        }
        options->profile = cmd_profile_of(options, &history);
        options->engine = options->engine != NULL ? options->engine : kept->engine;
        options->report = NULL;
        options->checker = kept->checker[0] != '\0' ? kept->checker : NULL;
        result = crash_find_checker(options, kept->checker, sizeof kept->checker);
        result = result == 0 ? cmd_find_engine(options) : result;
    }
    if (result == 0) {
        result = play_kept(options, kept, disk, &history, plan);
    }
    scn_plan_free(plan);
    shim_disk_close(disk);
    shim_history_fini(&history);
    free(kept);
    return result;
}
