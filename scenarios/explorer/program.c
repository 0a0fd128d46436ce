/* scenarios/explorer/program.c - the command `explore -- PROGRAM ARGS...`: a program under many schedules.
 *
 * As many copies of the program as --jobs says wait before their beginning (shims/preload/program.h), each with a
 * strategy and seeds of its own; every schedule is a fork of one of them. The first finding ends the search, unless --all
 * says that it goes on. */
#include "scenarios/explorer/finding.h"
#include "scenarios/explorer/program.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/supervisor/platform.h"

#define MOST_JOBS 64
#define SCHEDULES 1000
#define MANY UINT64_C(1000000000)  /* where time is the limit */
#define OUTPUT ((size_t)16 << 10)

struct search {
    struct cmd_options *options;
    enum shim_strategy_kind kind;
    const char *name;            /* of the program, without its folders */
    char path[CMD_PATH], label[100], build[40];
    pthread_mutex_t lock;        /* all below */
    bool over, exhausted;
    bool alone;                  /* one thread: every schedule is the same */
    int result;
    uint64_t begin, told, count, steps;
    uint32_t threads;            /* most of a run */
    struct scn_results results;  /* what has been seen */
    struct scn_program_finding *findings;
    size_t finding_count;
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
                     (unsigned long long)search->results.interleavings.count,
                     (unsigned long long)search->results.places.count,
                     (unsigned long long)search->results.conflicts.count);
    }
}

static void remember(struct search *search, struct scn_seen *seen, uint64_t hash)
{
    if (scn_seen_add(seen, hash) < 0 && search->result == 0) {
        search->result = cmd_fail(CMD_HARNESS, "out of memory");
    }
}

static void cover(struct search *search, const struct shim_watch *watch)
{
    for (uint32_t i = 0; i < watch->new_count; i++) {
        const struct shim_watch_place *place = &watch->fresh[i];
        remember(search, place->conflict ? &search->results.conflicts : &search->results.places, place->hash);
    }
}

/* Another one of a failure that is known, or a new one, with its schedule: of equal ones that of the lowest seed, whichever job
 * was the first to come upon it. */
static int keep_finding(struct search *search, uint64_t seed, const struct scn_failure *failure,
                        const struct shim_trace *trace)
{
    struct scn_program_finding *finding = NULL;
    for (size_t i = 0; i < search->finding_count; i++) {
        if (scn_same_failure(&search->findings[i].failure, failure)) {
            finding = &search->findings[i];
            finding->times++;
            if (finding->seed <= seed) {
                return 0;
            }
        }
    }
    if (finding == NULL) {
        struct scn_program_finding *grown = realloc(search->findings, (search->finding_count + 1) * sizeof *grown);
        if (grown == NULL) {
            return cmd_fail(CMD_HARNESS, "out of memory");
        }
        search->findings = grown;
        finding = &grown[search->finding_count++];
        *finding = (struct scn_program_finding){
            .at = search->count, .times = 1, .milliseconds = scn_milliseconds() - search->begin};
    }
    free(finding->decisions);
    finding->failure = *failure;
    finding->decisions = shim_trace_text(trace);
    finding->seed = seed;
    finding->between = shim_control_between(search->kind, seed);
    if (finding->decisions == NULL) {
        return cmd_fail(CMD_HARNESS, "out of memory");
    }
    return trace->full ? cmd_fail(CMD_HARNESS, "%s: %s, but the schedule is too long to be written down", search->name,
                                  failure->text)
                       : 0;
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
        remember(search, &search->results.interleavings, result->run->hash);
        struct scn_failure failure;
        scn_program_judge(result, output != NULL ? output : "", &failure);
        free(output);
        if (result->run->outcome == SHIM_RUN_REFUSED) {
            search->result = cmd_fail(CMD_NOTHING, "%s: does what the scheduler cannot control: %s", search->name,
                                      result->run->message);
        } else if (failure.verdict != RPT_CONFORMS && search->result == 0) {
            search->result = keep_finding(search, seed, &failure, result->trace);
        }
        bool found = search->finding_count > 0;
        search->exhausted = !result->more;
        search->alone = !found && search->threads < 2;
        search->over = (found && !search->options->all) || search->alone || search->exhausted || search->result != 0 ||
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
        shim_launch_between(worker->launched, shim_control_between(search->kind, seed));
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
    uint64_t part = options->shards > 0 ? options->shard - 1 : 0;
    uint64_t share = total / shards + (part < total % shards), width = (uint64_t)jobs; /* the parts together are the whole */
    struct shim_launch_options launch;
    char error[CMD_MESSAGE];
    int started = 0;
    launch_options(search, object, &launch);
    for (int i = 0; i < jobs; i++) {
        workers[i].search = search;
        workers[i].first = part + (uint64_t)i * shards;
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

/* ---- what it came to -------------------------------------------------------------------------------- */

static int begin_results(struct search *search)
{
    const struct cmd_options *options = search->options;
    char setup[CMD_MESSAGE];
    uint64_t hash = SCN_HASH;
    for (int i = 1; i < options->file_count; i++) {
        hash = scn_hash(hash, options->files[i], strlen(options->files[i]) + 1);
    }
    snprintf(setup, sizeof setup, "arguments %016llx depth %d steps %llu%s", (unsigned long long)hash, options->depth,
             (unsigned long long)options->steps, options->memory ? " memory" : "");
    search->results = (struct scn_results){.name = cmd_copy(search->label),
                                           .engine = cmd_copy(search->path),
                                           .build = cmd_copy(search->build),
                                           .profile = cmd_copy("program"),
                                           .strategy = cmd_copy(shim_strategy_name(search->kind)),
                                           .setup = cmd_copy(setup)};
    return scn_exploration_begin(options, &search->results) != 0 ? cmd_fail(CMD_HARNESS, "out of memory") : 0;
}

static int write_results(struct search *search)
{
    struct scn_results *results = &search->results;
    results->schedules = search->count;
    results->decisions = search->steps;
    results->exhausted = search->exhausted;
    int result = scn_exploration_end(search->options, results, search->finding_count);
    return result != 0 ? result : scn_results_write_json(search->options->report, results, 1);
}

/* Findings, each a case of its own, in junit.xml too for those who collect it. */
static int finish(struct search *search, struct shim_launched *launched)
{
    const struct cmd_options *options = search->options;
    struct rpt_suite suite;
    struct scn_program_findings all = {.options = options, .kind = search->kind, .name = search->name,
                                       .label = search->label, .path = search->path, .build = search->build,
                                       .launched = launched, .results = &search->results};
    rpt_suite_init(&suite);
    suite.engine = cmd_copy(search->path);
    suite.engine_build = cmd_copy(search->build);
    suite.profile = cmd_copy("program");
    suite.seed = options->seed;
    int result = 0;
    for (size_t i = 0; result == 0 && (i == 0 || i < search->finding_count) && !scn_interrupted(); i++) {
        char name[200];
        struct rpt_case *c = rpt_suite_add(&suite);
        if (c == NULL) {
            result = cmd_fail(CMD_HARNESS, "out of memory");
            break;
        }
        snprintf(name, sizeof name, i > 0 ? "%s#%llu" : "%s", search->label, (unsigned long long)i + 1);
        c->suite = cmd_copy("explore");
        c->name = cmd_copy(name);
        c->command = cmd_copy("");
        c->repeats = i > 0 ? 1 : search->count < 1000000000 ? (int)search->count : 1000000000;
        c->seconds = i > 0 ? 0.0 : (double)(scn_milliseconds() - search->begin) / 1000.0;
        result = search->finding_count > 0 ? scn_program_finish(&all, &search->findings[i], i, c) : 0;
    }
    result = result == 0 ? write_results(search) : result;
    if (result == 0) {
        int code = cmd_report_quiet(options, &suite);
        result = code == CMD_USAGE || code == CMD_HARNESS ? code : 0;
    }
    rpt_suite_fini(&suite);
    return result != 0 ? result : search->finding_count > 0 ? CMD_BROKEN : CMD_CONFORMS;
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
    scn_program_build(search.path, search.build, sizeof search.build);
    scn_program_label(options->files, options->file_count, search.label, sizeof search.label);
    cmd_warn_of_addresses();
    if (options->memory && !shim_launch_has_memory(search.path)) {
        fprintf(stderr, "esecheck: --memory: %s itself does not tell of its memory accesses (compile it with "
                        "-fsanitize=thread, link it with libesecheck_schedule.so instead); those of its libraries may count\n",
                search.path);
    }
    const char *slash = strrchr(options->files[0], '/');
    search.name = slash != NULL ? slash + 1 : options->files[0];
    pthread_mutex_init(&search.lock, NULL);
    jobs = jobs > MOST_JOBS ? MOST_JOBS : jobs;
    memset(workers, 0, sizeof workers);
    result = begin_results(&search);
    result = result == 0 ? run_search(&search, workers, jobs, object) : result;
    uint64_t ms = scn_milliseconds() - search.begin;
    if (result == 0 && search.alone) {
        result = cmd_fail(CMD_NOTHING, "%s: starts no second thread: there is nothing to explore", search.name);
    }
    if (result == 0 && search.count > 0) {
        printf("%s: %llu schedules%s, %llu distinct, %llu decisions each, %llu decision points, %llu conflicts, "
               "%llu per second\n",
               search.name, (unsigned long long)search.count,
               search.exhausted ? " (all there are within the bound)" : "",
               (unsigned long long)search.results.interleavings.count, (unsigned long long)(search.steps / search.count),
               (unsigned long long)search.results.places.count, (unsigned long long)search.results.conflicts.count,
               (unsigned long long)(search.count * 1000 / (ms + 1)));
        if (search.finding_count == 0) {
            printf("%s: nothing found\n", search.name);
        }
    }
    if (result == 0) {
        result = finish(&search, workers[0].launched);
    }
    for (int i = 0; i < jobs; i++) {
        shim_launch_stop(workers[i].launched);
    }
    for (size_t i = 0; i < search.finding_count; i++) {
        free(search.findings[i].decisions);
    }
    free(search.findings);
    scn_results_fini(&search.results);
    pthread_mutex_destroy(&search.lock);
    return result;
}
