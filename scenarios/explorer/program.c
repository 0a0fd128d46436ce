/* scenarios/explorer/program.c - the command `explore -- PROGRAM ARGS...`: a program under many schedules.
 *
 * As many copies of the program as --jobs says wait before their beginning (shims/preload/program.h), each with a
 * strategy and seeds of its own; every schedule is a fork of one of them. The first finding ends the search. */
#include "scenarios/explorer/program.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/explorer/seen.h"
#include "scenarios/supervisor/platform.h"

#define MOST_JOBS 64
#define SCHEDULES 1000
#define MANY UINT64_C(1000000000)  /* where time is the limit */
#define OUTPUT ((size_t)16 << 10)

struct search {
    struct cmd_options *options;
    enum shim_strategy_kind kind;
    const char *name;            /* of the program, without its folders */
    char path[CMD_PATH];
    pthread_mutex_t lock;        /* all below */
    bool over, found, exhausted;
    bool alone;                  /* one thread: every schedule is the same */
    int result;
    uint64_t begin, told, found_at, count, steps, seed;
    uint32_t threads;            /* most of a run */
    struct scn_seen distinct;
    struct scn_seen places, conflicts; /* decision points, and pairs of them that threads came to in turn */
    struct scn_failure failure;
    char *decisions;
};

struct worker {
    struct search *search;
    struct shim_launched *launched;
    pthread_t thread;
    uint64_t first, stride, count;
};

static void progress(struct search *search)
{
    uint64_t now = scn_milliseconds(), ms = now - search->begin;
    if (now - search->told >= 200) {
        search->told = now;
        cmd_progress("%s: %llu schedules, %llu/s, %llu distinct, %llu decision points, %llu conflicts", search->name,
                     (unsigned long long)search->count, (unsigned long long)(search->count * 1000 / (ms + 1)),
                     (unsigned long long)search->distinct.count, (unsigned long long)search->places.count,
                     (unsigned long long)search->conflicts.count);
    }
}

static void remember(struct search *search, struct scn_seen *seen, uint64_t hash)
{
    if (scn_seen_add(seen, hash) < 0 && search->result == 0) {
        search->result = cmd_fail(CMD_HARNESS, "out of memory");
    }
}

/* Addresses are the same in all copies of the program. */
static void cover(struct search *search, const struct shim_watch *watch)
{
    for (uint32_t i = 0; i < watch->new_count; i++) {
        const struct shim_watch_place *place = &watch->fresh[i];
        uint64_t hash = ((uint64_t)(uintptr_t)place->site << 8 ^ (uint64_t)place->op) * 0x9E3779B97F4A7C15u;
        if (place->conflict) {
            hash ^= ((uint64_t)(uintptr_t)place->before << 8 ^ (uint64_t)place->before_op) * 0xBF58476D1CE4E5B9u;
        }
        remember(search, place->conflict ? &search->conflicts : &search->places, hash ^ hash >> 29);
    }
}

/* A schedule is over. False: the search is. */
static bool take(struct worker *worker, uint64_t seed, const struct shim_launch_result *result)
{
    struct search *search = worker->search;
    uint64_t limit = search->options->time * (uint64_t)1000;
    pthread_mutex_lock(&search->lock);
    if (!search->over) {
        char *output = shim_launch_output(worker->launched, OUTPUT);
        search->count++;
        search->steps += result->run->steps;
        search->threads = result->run->threads > search->threads ? result->run->threads : search->threads;
        cover(search, result->watch);
        remember(search, &search->distinct, result->run->hash);
        scn_program_judge(result, output != NULL ? output : "", &search->failure);
        free(output);
        if (result->run->outcome == SHIM_RUN_REFUSED) {
            search->result = cmd_fail(CMD_NOTHING, "%s: does what the scheduler cannot control: %s", search->name,
                                      result->run->message);
        } else if (search->failure.verdict != RPT_CONFORMS) {
            search->found = true;
            search->found_at = scn_milliseconds();
            search->seed = seed;
            search->decisions = shim_trace_text(result->trace);
            if (result->trace->full) {
                search->result = cmd_fail(CMD_HARNESS, "%s: %s, but the schedule is too long to be written down",
                                          search->name, search->failure.text);
            }
        }
        search->exhausted = !result->more;
        search->alone = !search->found && search->threads < 2;
        search->over = search->found || search->alone || search->exhausted || search->result != 0 ||
                       (limit != 0 && scn_milliseconds() - search->begin >= limit);
        progress(search);
    }
    bool over = search->over || scn_interrupted();
    pthread_mutex_unlock(&search->lock);
    return !over;
}

static void *work_on(void *context)
{
    struct worker *worker = context;
    struct search *search = worker->search;
    struct shim_launch_result result;
    char error[CMD_MESSAGE];
    bool more = true;
    for (uint64_t i = 0; more && i < worker->count; i++) {
        uint64_t seed = search->options->seed + worker->first + i * worker->stride;
        if (shim_launch_run(worker->launched, SHIM_PROGRAM_SEARCH, seed, NULL, false, &result, error,
                            sizeof error) != 0) {
            pthread_mutex_lock(&search->lock);
            if (!search->over) {
                search->result = cmd_fail(CMD_HARNESS, "%s", error);
            }
            search->over = true;
            pthread_mutex_unlock(&search->lock);
            break;
        }
        more = take(worker, seed, &result);
    }
    return NULL;
}

static void launch_options(const struct search *search, const char *object, struct shim_launch_options *launch)
{
    const struct cmd_options *options = search->options;
    *launch = (struct shim_launch_options){.object = object,
                                           .path = search->path,
                                           .words = options->files,
                                           .strategy = search->kind,
                                           .depth = (unsigned)options->depth,
                                           .steps = options->steps,
                                           .patience = options->timeout,
                                           .memory = options->memory};
}

/* Starts the copies and searches. 0, or an exit code. */
static int run_search(struct search *search, struct worker *workers, int jobs, const char *object)
{
    const struct cmd_options *options = search->options;
    uint64_t total = options->schedules > 0 ? (uint64_t)options->schedules : MANY;
    uint64_t shards = options->shards > 0 ? options->shards : 1;
    uint64_t share = (total + shards - 1) / shards, width = (uint64_t)jobs;
    struct shim_launch_options launch;
    char error[CMD_MESSAGE];
    int started = 0;
    launch_options(search, object, &launch);
    for (int i = 0; i < jobs; i++) {
        workers[i].search = search;
        workers[i].first = (options->shards > 0 ? options->shard - 1 : 0) + (uint64_t)i * shards;
        workers[i].stride = shards * width;
        workers[i].count = (share + width - 1 - (uint64_t)i) / width;
        if (shim_launch_start(&launch, &workers[i].launched, error, sizeof error) != 0) {
            return cmd_fail(CMD_NOTHING, "%s", error);
        }
    }
    search->begin = scn_milliseconds();
    for (; started < jobs; started++) {
        if (pthread_create(&workers[started].thread, NULL, work_on, &workers[started]) != 0) {
            pthread_mutex_lock(&search->lock);
            search->over = true;
            search->result = cmd_fail(CMD_HARNESS, "out of threads");
            pthread_mutex_unlock(&search->lock);
            break;
        }
    }
    for (int i = 0; i < started; i++) {
        pthread_join(workers[i].thread, NULL);
    }
    cmd_progress_clear();
    return search->result;
}

static int save(const struct search *search, const struct scn_trial *trial, char *path, size_t size)
{
    const struct cmd_options *options = search->options;
    char error[CMD_MESSAGE];
    snprintf(path, size, "%s/%.200s.schedule", options->report, search->name);
    struct scn_schedule_file file = {
        .name = (char *)(uintptr_t)search->name,
        .program = (char *)(uintptr_t)search->path,
        .place = (char *)(uintptr_t)trial->failure.place,
        .strategy = (char *)(uintptr_t)shim_strategy_name(search->kind),
        .verdict = (char *)(uintptr_t)rpt_verdict_name(trial->failure.verdict),
        .finding = (char *)(uintptr_t)trial->failure.text,
        .decisions = trial->trace,
        .arguments = options->files,
        .argument_count = options->file_count,
        .depth = (unsigned)options->depth,
        .seed = search->seed,
        .input_seed = options->seed,
        .steps = options->steps,
        .memory = options->memory};
    return scn_schedule_save(&file, path, error, sizeof error) != 0 ? cmd_fail(CMD_USAGE, "%s", error) : 0;
}

/* junit.xml, for those who collect it. kept: the finding, or NULL. */
static int write_report(const struct search *search, const struct scn_program_trial *kept, const char *command)
{
    struct rpt_suite suite;
    rpt_suite_init(&suite);
    suite.engine = cmd_copy(search->path);
    suite.engine_build = cmd_copy("");
    suite.profile = cmd_copy("program");
    suite.seed = search->options->seed;
    struct rpt_case *c = rpt_suite_add(&suite);
    int result = c != NULL ? 0 : -1;
    if (c != NULL) {
        c->suite = cmd_copy("explore");
        c->name = cmd_copy(search->name);
        c->command = cmd_copy(command);
        c->repeats = search->count < 1000000000 ? (int)search->count : 1000000000;
        c->seconds = (double)(scn_milliseconds() - search->begin) / 1000.0;
        if (kept != NULL) {
            result = cmd_case_note(c, kept->trial.failure.verdict, SHIM_FN_NONE, kept->trial.failure.text);
            c->stacks = kept->stacks[0] != '\0' ? cmd_copy(kept->stacks) : NULL;
        }
    }
    result = result != 0 ? cmd_fail(CMD_HARNESS, "out of memory") : 0;
    if (result == 0) {
        int code = cmd_report_quiet(search->options, &suite);
        result = code == CMD_USAGE || code == CMD_HARNESS ? code : 0;
    }
    rpt_suite_fini(&suite);
    return result;
}

static void tell(const struct search *search, const struct scn_failure *failure)
{
    printf("%s: %s after %llu schedules (%s, seed %llu, %.1f s): %s\n", search->name,
           scn_program_verdict(failure->verdict), (unsigned long long)search->count,
           shim_strategy_name(search->kind), (unsigned long long)search->seed,
           (double)(search->found_at - search->begin) / 1000.0, failure->text);
}

static int play_turns(void *context, const char *const *turns, size_t count, struct scn_trial *trials)
{
    struct shim_launched *launched = context;
    int result = 0;
    memset(trials, 0, count * sizeof trials[0]);
    for (size_t i = 0; i < count && result == 0; i++) {
        struct scn_program_trial kept;
        result = scn_program_play(launched, SHIM_PROGRAM_FOLLOW, turns[i], false, &kept);
        if (result == 0) {
            trials[i] = kept.trial;
            memset(&kept.trial, 0, sizeof kept.trial);
            scn_program_trial_fini(&kept);
        }
    }
    return result;
}

/* Plays the finding again, makes it shorter, shows it and writes it down. */
static int finish(struct search *search, struct shim_launched *launched)
{
    struct cmd_options *options = search->options;
    struct scn_program_trial first, last;
    struct scn_shrinking shrinking = {.play = play_turns, .context = launched};
    char path[CMD_PATH] = "", command[CMD_PATH * 2] = "";
    cmd_progress("%s: a finding; playing it again", search->name);
    int result = scn_program_play(launched, SHIM_PROGRAM_REPLAY, search->decisions, false, &first);
    if (result != 0) {
        return result;
    }
    if (first.trial.how == SHIM_RUN_DIVERGED || !scn_same_failure(&first.trial.failure, &search->failure)) {
        cmd_progress_clear();
        tell(search, &search->failure);
        printf("  the same decisions did not show it again: something else than the order of threads differs\n");
        scn_program_trial_fini(&first);
        return CMD_BROKEN;
    }
    size_t preemptions = scn_preemptions(first.trial.turns), switches = scn_switches(first.trial.turns);
    if (!options->no_shrink && search->failure.verdict != RPT_HANG) {
        cmd_progress("%s: making the schedule shorter", search->name);
        result = scn_shrink(&shrinking, &first.trial);
    }
    if (result == 0) {
        result = scn_program_play(launched, SHIM_PROGRAM_REPLAY, first.trial.trace, true, &last);
    }
    cmd_progress_clear();
    if (result == 0) {
        tell(search, &last.trial.failure);
        printf("  %d changes of thread, %d of them preemptions; %d and %d after %d tries to do without\n",
               (int)switches, (int)preemptions, (int)scn_switches(first.trial.turns),
               (int)scn_preemptions(first.trial.turns), shrinking.tries);
        scn_program_show(&last);
        if (options->report != NULL && (result = save(search, &last.trial, path, sizeof path)) == 0) {
            const char *words[] = {"replay", path, NULL};
            cmd_again(options, words, command, sizeof command);
            printf("  again: %s\n", command);
            result = write_report(search, &last, command);
        }
        scn_program_trial_fini(&last);
    }
    scn_program_trial_fini(&first);
    return result != 0 ? result : CMD_BROKEN;
}

static int check_options(const struct cmd_options *options)
{
    if (options->engine != NULL || options->profile_given || options->setting_count > 0 || options->repeat > 0 ||
        options->pre_init != NULL || options->known != NULL || options->filter != NULL) {
        return cmd_fail(CMD_USAGE, "--engine, --profile, --set, --pre-init, --repeat, --known and --filter are for "
                                   "scripts, not for programs");
    }
    if (options->strategy != NULL && strcmp(options->strategy, "disturb") == 0) {
        return cmd_fail(CMD_USAGE, "--strategy disturb is for scripts, not for programs");
    }
    return 0;
}

int cmd_explore_program(struct cmd_options *options)
{
    struct worker workers[MOST_JOBS];
    char object[CMD_PATH], error[CMD_MESSAGE];
    int kind = shim_strategy_find(options->strategy != NULL ? options->strategy : "mix");
    int jobs = options->jobs > 0 ? options->jobs : 1;
    struct search search = {.options = options, .kind = (enum shim_strategy_kind)kind};
    int result = check_options(options);
    if (options->schedules == 0 && options->time == 0) {
        options->schedules = SCHEDULES;
    }
    if (result == 0) {
        result = cmd_report_open(options);
    }
    if (result == 0) {
        result = scn_program_object(object, sizeof object);
    }
    if (result != 0) {
        return result;
    }
    if (shim_launch_find(options->files[0], search.path, sizeof search.path, error, sizeof error) != 0) {
        return cmd_fail(CMD_NOTHING, "%s", error);
    }
    if (!shim_launch_fixes_addresses()) {
        fprintf(stderr, "esecheck: address randomisation cannot be turned off here; a replay may diverge\n");
    }
    const char *slash = strrchr(options->files[0], '/');
    search.name = slash != NULL ? slash + 1 : options->files[0];
    pthread_mutex_init(&search.lock, NULL);
    jobs = jobs > MOST_JOBS ? MOST_JOBS : jobs;
    memset(workers, 0, sizeof workers);
    result = run_search(&search, workers, jobs, object);
    uint64_t ms = scn_milliseconds() - search.begin;
    if (result == 0 && search.alone) {
        result = cmd_fail(CMD_NOTHING, "%s: starts no second thread: there is nothing to explore", search.name);
    }
    if (result == 0 && search.count > 0) {
        printf("%s: %llu schedules%s, %llu distinct, %llu decisions each, %llu decision points, %llu conflicts, "
               "%llu per second\n",
               search.name, (unsigned long long)search.count,
               search.exhausted ? " (all there are within the bound)" : "",
               (unsigned long long)search.distinct.count, (unsigned long long)(search.steps / search.count),
               (unsigned long long)search.places.count, (unsigned long long)search.conflicts.count,
               (unsigned long long)(search.count * 1000 / (ms + 1)));
    }
    if (result == 0 && search.found && !scn_interrupted()) {
        result = finish(&search, workers[0].launched);
    } else if (result == 0 && options->report != NULL) {
        result = write_report(&search, NULL, "");
    }
    for (int i = 0; i < jobs; i++) {
        shim_launch_stop(workers[i].launched);
    }
    free(search.decisions);
    scn_seen_fini(&search.distinct);
    scn_seen_fini(&search.places);
    scn_seen_fini(&search.conflicts);
    pthread_mutex_destroy(&search.lock);
    return result;
}
