/* scenarios/crash/crash.c - the command: a run is recorded, then the power is cut at many of its moments.
 *
 * One run per repeat, with what the engine writes recorded (shims/disk). Then, for each crash state, the
 * files are rebuilt as the cut could have left them, a fresh child starts the engine on them and reads the
 * tables, and the judge sees the history up to the cut with the restart behind it: exactly what it sees
 * of a killed process, but for the files.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/command/command.h"
#include "scenarios/language/language.h"
#include "scenarios/supervisor/job.h"
#include "scenarios/supervisor/platform.h"
#include "shims/disk/disk.h"

#define STATES 60
#define KINDS 16 /* that are told apart */
#define RECORDER_BYTES ((size_t)32 << 20) /* of a restart: reading the tables */

struct state {
    size_t at; /* the operation that the power is cut before */
    enum shim_disk_loss loss;
    uint64_t seed;
};

/* One run and its states. */
struct round {
    struct cmd_options *options;
    const struct scn_job *job; /* of the restart */
    const char *name;
    const struct shim_disk *disk;
    const struct shim_history *history;
    struct rpt_case *c;
};

static uint64_t number(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* ---- which states ---- */

/* The first operation after setup: before it nothing was acknowledged that a restart could be held to. */
static size_t first_operation(const struct shim_disk *disk, const struct shim_history *history)
{
    uint64_t begin = UINT64_MAX;
    for (size_t i = 0; i < history->event_count; i++) {
        const struct shim_hist_event *event = &history->events[i];
        if (event->kind == SHIM_EVENT_PHASE && strcmp(event->name, "race") == 0) {
            begin = event->stamp;
            break;
        }
    }
    size_t at = 0;
    while (at < shim_disk_count(disk) && shim_disk_stamp(disk, at) < begin) {
        at++;
    }
    return at;
}

/* The last operation of the run itself: recovery after a restart in the same run is not cut. */
static size_t end_operation(const struct shim_disk *disk, const struct shim_history *history)
{
    uint64_t end = UINT64_MAX;
    for (size_t i = 0; i < history->event_count; i++) {
        const struct shim_hist_event *event = &history->events[i];
        if (event->kind == SHIM_EVENT_PHASE &&
            (strcmp(event->name, "restart") == 0 || strcmp(event->name, "death") == 0)) {
            end = event->stamp;
            break;
        }
    }
    size_t at = shim_disk_count(disk);
    while (at > 0 && shim_disk_stamp(disk, at - 1) > end) {
        at--;
    }
    return at;
}

/* The syncs of one kind of file (".log") among the operations first to end - 1. */
struct synced {
    const char *kind;
    size_t count;
};

static size_t kinds_synced(const struct shim_disk *disk, size_t first, size_t end,
                           struct synced kinds[KINDS])
{
    size_t count = 0;
    for (size_t at = first; at < end; at++) {
        size_t i = 0;
        if (!shim_disk_is_sync(disk, at)) {
            continue;
        }
        while (i < count && strcmp(kinds[i].kind, shim_disk_kind(disk, at)) != 0) {
            i++;
        }
        if (i == KINDS) {
            i = KINDS - 1; /* with the last one */
        } else if (i == count) {
            kinds[count++] = (struct synced){shim_disk_kind(disk, at), 0};
        }
        kinds[i].count++;
    }
    return count;
}

/* Of the moments before a sync of one kind of file, each with each kind of loss: at most `wanted`, evenly spread. */
static size_t choose_of_kind(const struct shim_disk *disk, size_t first, size_t end,
                             const struct synced *synced, size_t wanted, uint64_t *seed,
                             struct state *states)
{
    size_t all = synced->count * SHIM_DISK_LOSS_COUNT, made = 0, seen = 0;
    wanted = wanted < all ? wanted : all;
    for (size_t at = first; at < end && made < wanted; at++) {
        if (!shim_disk_is_sync(disk, at) || strcmp(shim_disk_kind(disk, at), synced->kind) != 0) {
            continue;
        }
        for (int loss = 0; loss < SHIM_DISK_LOSS_COUNT; loss++, seen++) {
            /* number `seen` of `all` is taken if it is the next of `wanted` evenly spread ones */
            if (seen * wanted / all != (seen + 1) * wanted / all) {
                states[made].at = at;
                /* so that thinning does not always leave the same kind */
                states[made].loss = (enum shim_disk_loss)(((size_t)loss + made) % SHIM_DISK_LOSS_COUNT);
                states[made++].seed = number(seed);
            }
        }
    }
    return made;
}

/* Two thirds of the states are cuts just before a sync, where most is at stake, in equal parts for each kind of file (a log
 * is synced a hundred times as often as a database); the rest are anywhere. */
static size_t choose(const struct shim_disk *disk, size_t first, size_t end, size_t wanted,
                     uint64_t seed, struct state *states)
{
    struct synced kinds[KINDS];
    size_t made = 0, count = kinds_synced(disk, first, end, kinds);
    for (size_t i = 0; i < count; i++) {
        size_t part = (wanted - wanted / 3) * (i + 1) / count - (wanted - wanted / 3) * i / count;
        made += choose_of_kind(disk, first, end, &kinds[i], part, &seed, states + made);
    }
    for (; made < wanted; made++) {
        states[made].at = first + (size_t)(number(&seed) % (end - first + 1));
        states[made].loss = (enum shim_disk_loss)(number(&seed) % SHIM_DISK_LOSS_COUNT);
        states[made].seed = number(&seed);
    }
    return made;
}

/* ---- one state ---- */

struct filling {
    const struct round *round;
    const struct state *state;
};

static int fill(void *context, const char *directory, char *error, size_t error_size)
{
    const struct filling *filling = context;
    const struct state *state = filling->state;
    return shim_disk_rebuild(filling->round->disk, state->at, state->loss, state->seed, directory,
                             error, error_size);
}

/* The files of the first state that breaks a promise, for whoever wants to look at them. */
static void keep_files(const struct round *round, const struct state *state)
{
    char path[CMD_PATH], error[CMD_MESSAGE];
    if (round->options->report == NULL) {
        return;
    }
    snprintf(path, sizeof path, "%s/crash", round->options->report);
    scn_directory_make(path);
    snprintf(path, sizeof path, "%s/crash/%.200s", round->options->report, round->name);
    scn_directory_remove(path);
    if (scn_directory_make(path) == 0) {
        shim_disk_rebuild(round->disk, state->at, state->loss, state->seed, path, error, sizeof error);
    }
}

static int judge_state(struct round *round, const struct state *state, struct shim_history *history)
{
    struct rpt_judgement judgement;
    if (rpt_judge(history, round->options->profile, &judgement) != 0) {
        return cmd_fail(CMD_HARNESS, "out of memory while judging %s", round->name);
    }
    bool was_broken = rpt_verdict_is_broken(round->c->verdict);
    bool broken = rpt_verdict_is_broken(judgement.verdict);
    int result = rpt_case_add(round->c, &judgement, history) != 0
                     ? cmd_fail(CMD_HARNESS, "out of memory")
                     : 0;
    if (result == 0 && broken && !was_broken) {
        keep_files(round, state);
        result = cmd_report_history(round->options, round->name, history, &round->c->evidence);
    }
    rpt_judgement_fini(&judgement);
    return result;
}

static int play(struct round *round, const struct state *state)
{
    struct filling filling = {round, state};
    struct shim_history history;
    char error[CMD_MESSAGE] = "", what[300], text[400];
    int result = 0;
    shim_history_init(&history);
    shim_disk_describe(round->disk, state->at, what, sizeof what);
    snprintf(text, sizeof text, "the power was cut before operation %lu, %s; what was not synced: %s",
             (unsigned long)state->at, what, shim_disk_loss_name(state->loss));
    if (shim_history_cut(round->history, shim_disk_stamp(round->disk, state->at), &history) != 0 ||
        shim_history_add_event(&history, SHIM_EVENT_KILL, "power", text) == NULL) {
        result = cmd_fail(CMD_HARNESS, "out of memory");
    } else {
        shim_history_sort(&history);
        enum scn_job_result done =
            scn_supervise_restart(round->job, fill, &filling, &history, error, sizeof error);
        if (done == SCN_JOB_DONE) {
            result = judge_state(round, state, &history);
        } else {
            result = done == SCN_JOB_INTERRUPTED
                         ? CMD_HARNESS
                         : cmd_fail(CMD_HARNESS, "%s: %s", round->name, error);
        }
    }
    shim_history_fini(&history);
    return result;
}

/* ---- one script ---- */

static int play_states(struct cmd_options *options, const struct scn_job *job,
                       const struct shim_disk *disk, const struct shim_history *history,
                       uint64_t seed, struct rpt_case *c)
{
    size_t first = first_operation(disk, history), end = end_operation(disk, history);
    size_t wanted = options->states > 0 ? (size_t)options->states : STATES;
    struct scn_plan plan = *job->plan; /* its blocks after a restart speak of the run's own end */
    struct scn_job restart = *job;
    if (end <= first) {
        return cmd_case_note(c, RPT_NOT_EXERCISED, SHIM_FN_NONE,
                             "the engine changed no file between setup and the end");
    }
    plan.after.has_restart = plan.after.has_death = false;
    restart.plan = &plan;
    restart.disk = NULL;
    restart.recorder_bytes = RECORDER_BYTES;
    struct round round = {.options = options, .job = &restart, .name = job->plan->name, .disk = disk,
                          .history = history, .c = c};
    struct state *states = calloc(wanted, sizeof states[0]);
    if (states == NULL) {
        return cmd_fail(CMD_HARNESS, "out of memory");
    }
    size_t count = choose(disk, first, end, wanted, seed, states);
    int result = 0;
    for (size_t i = 0; result == 0 && i < count && !scn_interrupted(); i++) {
        cmd_progress("%s: %lu of %lu crash states", round.name, (unsigned long)(i + 1),
                     (unsigned long)count);
        result = play(&round, &states[i]);
    }
    free(states);
    return result;
}

/* One run, recorded, and its states. *stop: the engine cannot play the script. */
static int play_run(struct cmd_options *options, const char *work, const struct cmd_script *script,
                    int repeat, struct rpt_case *c, bool *stop)
{
    struct scn_job job;
    struct shim_history history;
    struct shim_disk *disk = NULL;
    char error[CMD_MESSAGE] = "", directory[CMD_PATH], path[CMD_PATH + 32];
    int result = 0;
    snprintf(directory, sizeof directory, "%.700s/%.200s-%d", work, script->plan->name, repeat);
    snprintf(path, sizeof path, "%s/disk", directory);
    cmd_job(options, work, &job);
    job.plan = script->plan;
    job.script = script->path;
    job.repeat = repeat;
    job.disk = path;
    job.directory = directory;
    job.command = c->command;
    shim_history_init(&history);
    enum scn_job_result done = scn_supervise(&job, &history, error, sizeof error);
    if (done == SCN_JOB_UNSUPPORTED || done == SCN_JOB_SETUP_FAILED) {
        *stop = true;
        result = cmd_case_note(c, done == SCN_JOB_UNSUPPORTED ? RPT_UNSUPPORTED : RPT_NOT_EXERCISED,
                               SHIM_FN_NONE, error);
    } else if (done != SCN_JOB_DONE) {
        result = done == SCN_JOB_INTERRUPTED
                     ? CMD_HARNESS
                     : cmd_fail(done == SCN_JOB_ENGINE_UNUSABLE ? CMD_NOTHING : CMD_HARNESS, "%s: %s",
                                script->plan->name, error);
    } else if (shim_disk_open(path, &disk, error, sizeof error) != 0) {
        *stop = true;
        result = cmd_case_note(c, RPT_NOT_EXERCISED, SHIM_FN_NONE, error);
    } else {
        result = play_states(options, &job, disk, &history, job.seed, c);
    }
    shim_disk_close(disk);
    if (!options->keep) {
        scn_directory_remove(directory);
    }
    shim_history_fini(&history);
    return result < 0 ? cmd_fail(CMD_HARNESS, "out of memory") : result;
}

static int crash_script(struct cmd_options *options, const char *work,
                        const struct cmd_script *script, struct rpt_suite *suite)
{
    uint64_t begin = scn_milliseconds();
    int result = 0, repeats = options->repeat > 0 ? options->repeat : 1;
    char command[CMD_PATH * 4], seed[24], states[24];
    struct rpt_case *c = rpt_suite_add(suite);
    bool stop = false;
    if (c == NULL) {
        return cmd_fail(CMD_HARNESS, "out of memory");
    }
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)options->seed);
    snprintf(states, sizeof states, "%d", options->states > 0 ? options->states : STATES);
    const char *words[] = {"crash", script->path, "--seed", seed, "--states", states, NULL};
    cmd_again(options, words, command, sizeof command);
    c->suite = cmd_copy("crash");
    c->name = cmd_copy(script->plan->name);
    c->command = cmd_copy(command);
    if (script->plan->table_count == 0) {
        result = cmd_case_note(c, RPT_NOT_EXERCISED, SHIM_FN_NONE,
                               "the script has no tables: a restart could be held to nothing");
        stop = true;
    }
    for (int r = 0; r < repeats && result == 0 && !stop && !scn_interrupted(); r++) {
        result = play_run(options, work, script, r, c, &stop);
    }
    c->seconds = (double)(scn_milliseconds() - begin) / 1000.0;
    return result;
}

int cmd_crash(struct cmd_options *options)
{
    struct rpt_suite suite;
    struct cmd_scripts scripts;
    struct cmd_known *known = NULL;
    char work[CMD_PATH], error[CMD_MESSAGE];
    uint64_t begin = scn_milliseconds();
    int result = 0;
    if ((result = cmd_begin(options, &known)) != 0) {
        return result;
    }
    if ((result = cmd_scripts_load(options, &scripts)) != 0) {
        cmd_known_free(known);
        return result;
    }
    if (scn_memory_directory_new(work, sizeof work, error, sizeof error) != 0) {
        cmd_scripts_free(&scripts);
        cmd_known_free(known);
        return cmd_fail(CMD_HARNESS, "%s", error);
    }
    if (cmd_suite_head(options, &suite) != 0) {
        result = cmd_fail(CMD_HARNESS, "out of memory");
    }
    if (result == 0) {
        result = cmd_each_script(options, work, &scripts, crash_script, &suite);
    }
    if (options->keep) {
        fprintf(stderr, "esecheck: the work directory is %s\n", work);
    } else {
        scn_work_directory_remove(work);
    }
    result = cmd_end(options, &suite, known, begin, result);
    cmd_scripts_free(&scripts);
    cmd_known_free(known);
    rpt_suite_fini(&suite);
    return result;
}
