/* scenarios/explorer/campaign.c - one script under many schedules, until a promise breaks.
 *
 * Several children search at once, each with a strategy and seeds of its own. A finding is played again
 * in a fresh child, made shorter, and written down. */
#include "scenarios/explorer/campaign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/explorer/finding.h"
#include "scenarios/language/language.h"
#include "scenarios/supervisor/job.h"
#include "scenarios/supervisor/platform.h"

#define MOST_JOBS 64
#define PROBE_CALLS 16       /* after a denial: each is many decisions */
#define MANY 100000000      /* schedules, where time is the limit: more than a day has */
#define TEXTS 16             /* more schedules than are made ready ahead */
#define FAULTED_STEPS 10000000 /* a script that waits for what no longer comes gives up in virtual time */
#define LATELY 100           /* schedules, for what is still new */

struct campaign {
    struct cmd_options *options;
    const struct cmd_script *script;
    struct rpt_suite *suite;
    struct rpt_case *c;
    enum shim_strategy_kind kind;
    pthread_mutex_t lock;        /* all below */
    atomic_bool stop;
    bool over, exhausted;
    int result;
    uint64_t begin, count, steps;
    uint64_t covered[LATELY];    /* places and conflicts after each of the last schedules */
    struct scn_results results;  /* what has been seen */
    struct shim_history control;
    struct scn_finding *findings;
    size_t finding_count;
    struct scn_placer *placer;   /* NULL: nothing goes wrong */
    char message[CMD_MESSAGE];
    enum rpt_verdict told;       /* unsupported or not exercised */
};

struct worker {
    struct campaign *campaign;
    struct scn_job job;
    struct scn_schedules schedules;
    size_t count;
    pthread_t thread;
    struct scn_faults faults;
    char texts[TEXTS][SHIM_FAULT_TEXT]; /* of the last schedules that were begun */
};

static uint64_t seed_of(const struct worker *worker, size_t index)
{
    return worker->schedules.seed + worker->schedules.first + index * worker->schedules.stride;
}

/* ", 93 faults at 40 of 46 places", or "". */
static const char *tell_faults(const struct campaign *campaign, char *text, size_t size)
{
    text[0] = '\0';
    if (campaign->placer != NULL) {
        struct scn_placed_counts counts = scn_placer_counts(campaign->placer);
        snprintf(text, size, ", %llu faults came, at %llu of %llu places", (unsigned long long)counts.fired,
                 (unsigned long long)counts.hit, (unsigned long long)counts.places);
    }
    return text;
}

/* ", 512 places, 1204 conflicts (3 new in the last 100 schedules)". */
static const char *tell_coverage(const struct campaign *campaign, char *text, size_t size)
{
    uint64_t covered = campaign->results.places.count + campaign->results.conflicts.count;
    snprintf(text, size, ", %llu places, %llu conflicts (%llu new in the last %d schedules)",
             (unsigned long long)campaign->results.places.count, (unsigned long long)campaign->results.conflicts.count,
             (unsigned long long)(covered - campaign->covered[campaign->count % LATELY]), LATELY);
    return text;
}

static void progress(const struct campaign *campaign)
{
    uint64_t ms = scn_milliseconds() - campaign->begin;
    char faults[80], coverage[120];
    if (campaign->count % 16 == 0) {
        cmd_progress("%s: %llu schedules, %llu/s, %llu distinct%s%s", campaign->script->plan->name,
                     (unsigned long long)campaign->count,
                     (unsigned long long)(campaign->count * 1000 / (ms + 1)),
                     (unsigned long long)campaign->results.interleavings.count,
                     tell_coverage(campaign, coverage, sizeof coverage), tell_faults(campaign, faults, sizeof faults));
    }
}

/* What a schedule was: 0, or -1 without memory. */
static int note_outcome(struct campaign *campaign, const struct scn_outcome *outcome)
{
    struct scn_results *results = &campaign->results;
    campaign->covered[campaign->count % LATELY] = results->places.count + results->conflicts.count;
    campaign->count++;
    campaign->steps += outcome->steps;
    return scn_seen_add(&results->interleavings, outcome->hash) < 0 ||
                   scn_results_cover(results, outcome->coverage) != 0
               ? -1
               : 0;
}

/* The fault of a schedule that is made ready. */
static const char *choose_fault(void *context, size_t index)
{
    struct worker *worker = context;
    struct campaign *campaign = worker->campaign;
    char *text = worker->texts[index % TEXTS];
    pthread_mutex_lock(&campaign->lock);
    scn_placer_draw(campaign->placer, seed_of(worker, index), index, text);
    pthread_mutex_unlock(&campaign->lock);
    return text;
}

/* Whether something went wrong in the run that is done. */
static bool has_fired(const struct worker *worker)
{
    return worker->campaign->placer != NULL && worker->faults.outcome.log.fired > 0;
}

/* Another one of a finding that is known, or a new one; its schedule and its history are kept. Of equal ones those of the lowest
 * seed, whichever job was the first to come upon it. */
static int keep_finding(struct worker *worker, size_t index, const struct scn_failure *failure, const char *fault,
                        struct shim_history *history)
{
    struct campaign *campaign = worker->campaign;
    struct scn_outcome *outcome = &worker->schedules.outcome;
    struct scn_finding *finding = NULL;
    uint64_t seed = seed_of(worker, index);
    for (size_t i = 0; i < campaign->finding_count; i++) {
        if (scn_same_failure(&campaign->findings[i].failure, failure)) {
            finding = &campaign->findings[i];
            finding->times++;
            if (finding->seed <= seed) {
                return 0;
            }
        }
    }
    if (finding == NULL) {
        struct scn_finding *grown = realloc(campaign->findings, (campaign->finding_count + 1) * sizeof *grown);
        if (grown == NULL) {
            return cmd_fail(CMD_HARNESS, "out of memory");
        }
        campaign->findings = grown;
        finding = &grown[campaign->finding_count++];
        *finding = (struct scn_finding){.at = campaign->count,
                                        .times = 1,
                                        .seconds = (double)(scn_milliseconds() - campaign->begin) / 1000.0};
        campaign->over = campaign->over || !campaign->options->all;
    }
    free(finding->trace);
    shim_history_fini(&finding->history);
    finding->failure = *failure;
    finding->trace = outcome->trace != NULL ? outcome->trace : cmd_copy("");
    finding->seed = seed;
    finding->input_seed = scn_input_seed(&worker->schedules, campaign->options->seed, index);
    finding->between = scn_between(&worker->schedules, seed);
    finding->history = *history;
    snprintf(finding->fault, sizeof finding->fault, "%s", fault);
    outcome->trace = NULL;
    shim_history_init(history);
    return 0;
}

/* A run in which something went wrong. */
static int judge_faulted(struct worker *worker, size_t index, struct shim_history *history)
{
    struct campaign *campaign = worker->campaign;
    struct scn_failure failure;
    const char *fault = worker->texts[index % TEXTS];
    campaign->c->repeats++;
    campaign->c->calls += history->call_count;
    if (scn_placed_failure_of(history, &worker->faults.outcome, fault, campaign->options->profile, &failure) != 0) {
        return cmd_fail(CMD_HARNESS, "out of memory while judging %s", campaign->script->plan->name);
    }
    return rpt_verdict_is_broken(failure.verdict) ? keep_finding(worker, index, &failure, fault, history) : 0;
}

static int judge(struct worker *worker, size_t index, struct shim_history *history)
{
    struct campaign *campaign = worker->campaign;
    struct rpt_case *c = campaign->c;
    struct rpt_judgement judgement;
    const struct scn_plan *plan = campaign->script->plan;
    if (campaign->placer != NULL && scn_placer_note(campaign->placer, &worker->faults.outcome) != 0) {
        return cmd_fail(CMD_HARNESS, "out of memory");
    }
    if (has_fired(worker)) {
        return judge_faulted(worker, index, history);
    }
    if (plan->control && cmd_compare_with_control(plan, &campaign->control, history, c) != 0) {
        return cmd_fail(CMD_HARNESS, "out of memory");
    }
    if (rpt_judge(history, campaign->options->profile, &judgement) != 0) {
        return cmd_fail(CMD_HARNESS, "out of memory while judging %s", plan->name);
    }
    int result = 0;
    if (rpt_verdict_is_broken(judgement.verdict)) { /* its case is filled at the end, when it has been made shorter */
        struct scn_failure failure;
        c->repeats++;
        c->calls += judgement.calls;
        c->stops += judgement.stops;
        c->overlapped += judgement.overlapped;
        result = scn_failure_of(history, campaign->options->profile, &failure) != 0
                     ? cmd_fail(CMD_HARNESS, "out of memory")
                     : keep_finding(worker, index, &failure, "", history);
    } else if (rpt_case_add(c, &judgement, history) != 0) {
        result = cmd_fail(CMD_HARNESS, "out of memory");
    }
    rpt_judgement_fini(&judgement);
    return result;
}

static void done(void *context, size_t index, enum scn_job_result result,
                 struct shim_history *history, const char *message)
{
    struct worker *worker = context;
    struct campaign *campaign = worker->campaign;
    struct scn_outcome *outcome = &worker->schedules.outcome;
    pthread_mutex_lock(&campaign->lock);
    bool no_setup = result == SCN_JOB_UNSUPPORTED || result == SCN_JOB_SETUP_FAILED;
    if (!campaign->over && (result == SCN_JOB_DONE || (no_setup && has_fired(worker)))) {
        campaign->result = note_outcome(campaign, outcome) != 0 ? cmd_fail(CMD_HARNESS, "out of memory")
                                                                : judge(worker, index, history);
        if (outcome->ran && !outcome->more) {
            campaign->exhausted = true;
        }
        progress(campaign);
    } else if (!campaign->over && no_setup) {
        campaign->told = result == SCN_JOB_UNSUPPORTED ? RPT_UNSUPPORTED : RPT_NOT_EXERCISED;
        snprintf(campaign->message, sizeof campaign->message, "%s", message);
        campaign->over = true;
    }
    uint64_t limit = campaign->options->time * (uint64_t)1000;
    campaign->over = campaign->over || campaign->exhausted || campaign->result != 0 ||
                     (limit != 0 && scn_milliseconds() - campaign->begin >= limit);
    if (campaign->over || scn_interrupted()) {
        atomic_store(&campaign->stop, true);
    }
    pthread_mutex_unlock(&campaign->lock);
}

static void *work_on(void *context)
{
    struct worker *worker = context;
    struct campaign *campaign = worker->campaign;
    char error[CMD_MESSAGE] = "";
    enum scn_job_result result = scn_supervise_batch(&worker->job, NULL, worker->count, done,
                                                     worker, error, sizeof error);
    if (result == SCN_JOB_ENGINE_UNUSABLE || result == SCN_JOB_HARNESS) {
        pthread_mutex_lock(&campaign->lock);
        if (campaign->result == 0 && !campaign->over) {
            campaign->result = cmd_fail(result == SCN_JOB_HARNESS ? CMD_HARNESS : CMD_NOTHING, "%s: %s",
                                        campaign->script->plan->name, error);
        }
        atomic_store(&campaign->stop, true);
        campaign->over = true;
        pthread_mutex_unlock(&campaign->lock);
    }
    return NULL;
}

static void base_job(const struct campaign *campaign, const char *work, struct scn_job *job,
                     struct scn_schedules *schedules)
{
    const struct cmd_options *options = campaign->options;
    cmd_job(options, work, job);
    job->plan = campaign->script->plan;
    job->engine_build = campaign->suite->engine_build;
    job->script = campaign->script->path;
    job->recorder_bytes = SCN_SCHEDULE_RECORDER_BYTES;
    job->probe_calls = PROBE_CALLS;
    job->schedules = schedules;
    *schedules = (struct scn_schedules){.strategy = (int)campaign->kind,
                                        .depth = (unsigned)options->depth,
                                        .seed = options->seed,
                                        .steps = options->steps,
                                        .memory = options->memory,
                                        .stride = 1};
    if (campaign->placer != NULL) {
        schedules->steps = options->steps != 0 ? options->steps : FAULTED_STEPS;
    }
}

static int search(struct campaign *campaign, const char *work)
{
    const struct cmd_options *options = campaign->options;
    struct worker workers[MOST_JOBS];
    int jobs = options->jobs > 0 ? options->jobs : 1, started = 0;
    uint64_t total = options->schedules > 0 ? (uint64_t)options->schedules : MANY;
    uint64_t shards = options->shards > 0 ? options->shards : 1;
    uint64_t part = options->shards > 0 ? options->shard - 1 : 0;
    uint64_t share = total / shards + (part < total % shards); /* the parts together are the whole */
    jobs = jobs > MOST_JOBS ? MOST_JOBS : jobs;
    jobs = (uint64_t)jobs > share ? (int)share : jobs;
    if (jobs == 0) {
        return 0; /* more parts than schedules */
    }
    memset(workers, 0, sizeof workers);
    for (; started < jobs; started++) {
        struct worker *w = &workers[started];
        w->campaign = campaign;
        base_job(campaign, work, &w->job, &w->schedules);
        w->count = (size_t)((share + (uint64_t)jobs - 1 - (uint64_t)started) / (uint64_t)jobs);
        w->schedules.first = part + (uint64_t)started * shards;
        w->schedules.stride = shards * (uint64_t)jobs;
        w->schedules.stop = &campaign->stop;
        w->faults = (struct scn_faults){.choose = choose_fault, .context = w, .record = true, .plain_without = true};
        w->job.faults = campaign->placer != NULL ? &w->faults : NULL;
        w->schedules.hold = campaign->placer != NULL;
        w->schedules.vary_between = true;
        w->schedules.vary = !campaign->script->plan->control; /* what is observed depends on them */
        if (pthread_create(&w->thread, NULL, work_on, w) != 0) {
            break;
        }
    }
    if (started == 0) {
        return cmd_fail(CMD_HARNESS, "out of threads");
    }
    for (int i = 0; i < started; i++) {
        pthread_join(workers[i].thread, NULL);
    }
    return campaign->result;
}

/* The plan's control, as the threads like: what it observed is what schedules are compared with. */
static int play_control(struct campaign *campaign, const char *work, bool *told)
{
    struct scn_job job;
    struct scn_schedules unused;
    char error[CMD_MESSAGE] = "";
    base_job(campaign, work, &job, &unused);
    job.schedules = NULL;
    job.recorder_bytes = 0;
    job.control = true;
    switch (scn_supervise(&job, &campaign->control, error, sizeof error)) {
    case SCN_JOB_DONE:
        return 0;
    case SCN_JOB_UNSUPPORTED:
    case SCN_JOB_SETUP_FAILED:
        *told = true;
        campaign->told = RPT_UNSUPPORTED;
        snprintf(campaign->message, sizeof campaign->message, "%.900s", error);
        return 0;
    case SCN_JOB_ENGINE_UNUSABLE:
        return cmd_fail(CMD_NOTHING, "%s", error);
    default:
        return cmd_fail(CMD_HARNESS, "%s: %s", campaign->script->plan->name, error);
    }
}

/* The words of a command line that ask for the same faults; there is room for them, and the NULL behind. */
static void name_faults(const struct cmd_options *options, const char **words)
{
    if (options->faults) {
        *words++ = "--faults";
    }
    if (options->kinds != NULL) {
        *words++ = "--kinds";
        *words++ = options->kinds;
    }
    if (options->scope != NULL) {
        *words++ = "--scope";
        *words++ = options->scope;
    }
}

/* What has to be the same in parts that are joined, beyond what has a line of its own. */
static char *describe_setup(const struct campaign *campaign)
{
    const struct cmd_options *options = campaign->options;
    char text[CMD_PATH * 2];
    struct shim_history head;
    struct scn_job job;
    struct scn_schedules schedules;
    uint64_t hash = SCN_HASH;
    base_job(campaign, ".", &job, &schedules);
    shim_history_init(&head);
    if (scn_job_header(&job, job.plan, &head) == 0) {
        for (const char *at = head.header.plan; *at != '\0';) {
            const char *place = strstr(at, "  # line "); /* where a step stands is nothing of it */
            size_t size = place != NULL ? (size_t)(place - at) : strlen(at);
            hash = scn_hash(hash, at, size);
            at += place != NULL ? size + strcspn(place, "\n") : size;
        }
    }
    shim_history_fini(&head);
    int used = snprintf(text, sizeof text, "script %016llx depth %d steps %llu%s%s%s%s%s%s", (unsigned long long)hash,
                        options->depth, (unsigned long long)schedules.steps, options->memory ? " memory" : "",
                        options->faults ? " faults" : "", options->kinds != NULL ? " kinds " : "",
                        options->kinds != NULL ? options->kinds : "", options->scope != NULL ? " scope " : "",
                        options->scope != NULL ? options->scope : "");
    for (int i = 0; i < options->setting_count && used > 0 && (size_t)used < sizeof text; i++) {
        used += snprintf(text + used, sizeof text - (size_t)used, " set %s", options->settings[i]);
    }
    return cmd_copy(text);
}

static int begin_results(struct campaign *campaign)
{
    const struct rpt_suite *suite = campaign->suite;
    campaign->results = (struct scn_results){.name = cmd_copy(campaign->script->plan->name),
                                             .engine = cmd_copy(suite->engine),
                                             .build = cmd_copy(suite->engine_build),
                                             .profile = cmd_copy(suite->profile),
                                             .strategy = cmd_copy(shim_strategy_name(campaign->kind)),
                                             .setup = describe_setup(campaign)};
    return scn_exploration_begin(campaign->options, &campaign->results);
}

/* Findings, each a case of its own; the first is the campaign's. */
static int finish(struct campaign *campaign, const char *work)
{
    struct cmd_options *options = campaign->options;
    struct scn_job job;
    struct scn_schedules schedules;
    base_job(campaign, work, &job, &schedules);
    struct scn_findings all = {.options = options,
                               .suite = campaign->suite,
                               .job = &job,
                               .kind = campaign->kind,
                               .kinds = campaign->placer != NULL ? scn_placer_kinds(campaign->placer) : NULL,
                               .results = &campaign->results};
    size_t own = (size_t)(campaign->c - campaign->suite->cases);
    int result = 0;
    for (size_t i = 0; i < campaign->finding_count && result == 0 && !scn_interrupted(); i++) {
        struct rpt_case *c = i == 0 ? campaign->c : rpt_suite_add(campaign->suite);
        campaign->c = &campaign->suite->cases[own]; /* they may have moved */
        if (c == NULL) {
            return cmd_fail(CMD_HARNESS, "out of memory");
        }
        if (i > 0) {
            char name[256];
            snprintf(name, sizeof name, "%.200s#%llu", campaign->script->plan->name, (unsigned long long)i + 1);
            c->suite = cmd_copy("explore");
            c->name = cmd_copy(name);
            c->command = cmd_copy(campaign->c->command);
        }
        job.seed = campaign->findings[i].input_seed;
        schedules.between = campaign->findings[i].between;
        result = scn_finding_finish(&all, &campaign->findings[i], i, c);
    }
    return result;
}

static int write_results(struct campaign *campaign)
{
    struct scn_results *results = &campaign->results;
    results->schedules = campaign->count;
    results->decisions = campaign->steps;
    results->exhausted = campaign->exhausted;
    return scn_exploration_end(campaign->options, results, campaign->finding_count);
}

static void summary(const struct campaign *campaign, uint64_t ms)
{
    char faults[80], coverage[120];
    cmd_progress_clear();
    printf("%s: %llu schedules%s, %llu distinct%s, %llu decisions each%s, %llu per second\n",
           campaign->script->plan->name, (unsigned long long)campaign->count,
           campaign->exhausted ? " (all there are within the bound)" : "",
           (unsigned long long)campaign->results.interleavings.count,
           tell_coverage(campaign, coverage, sizeof coverage), (unsigned long long)(campaign->steps / campaign->count),
           tell_faults(campaign, faults, sizeof faults), (unsigned long long)(campaign->count * 1000 / (ms + 1)));
}

int scn_campaign(struct cmd_options *options, const char *work, const struct cmd_script *script,
                 struct rpt_suite *suite, struct scn_results *results)
{
    char command[CMD_PATH * 2], seed[24], schedules[24], part[48];
    struct campaign campaign = {.options = options, .script = script, .suite = suite, .told = RPT_CONFORMS};
    int kind = shim_strategy_find(options->strategy != NULL ? options->strategy : "mix");
    bool told = false;
    campaign.kind = (enum shim_strategy_kind)kind;
    campaign.c = rpt_suite_add(suite);
    if (options->faults) {
        campaign.placer = scn_placer_new(script->plan, options->kinds, options->scope, campaign.message,
                                         sizeof campaign.message);
    }
    if (campaign.c == NULL || begin_results(&campaign) != 0 || (options->faults && campaign.placer == NULL)) {
        scn_results_fini(&campaign.results);
        scn_placer_free(campaign.placer);
        return cmd_fail(CMD_HARNESS, "out of memory");
    }
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)options->seed);
    snprintf(schedules, sizeof schedules, "%d", options->schedules > 0 ? options->schedules : MANY);
    snprintf(part, sizeof part, "%llu/%llu", (unsigned long long)options->shard, (unsigned long long)options->shards);
    char steps[24], depth[24];
    const char *words[32] = {"explore", script->path, "--seed", seed, "--strategy", shim_strategy_name(campaign.kind),
                             "--schedules", schedules};
    size_t count = 8;
    if (options->shards > 0) {
        words[count++] = "--shard";
        words[count++] = part;
    }
    if (options->steps != 0) {
        snprintf(steps, sizeof steps, "%llu", (unsigned long long)options->steps);
        words[count++] = "--steps";
        words[count++] = steps;
    }
    if (options->depth != 0) {
        snprintf(depth, sizeof depth, "%d", options->depth);
        words[count++] = "--depth";
        words[count++] = depth;
    }
    if (options->memory) {
        words[count++] = "--memory";
    }
    if (options->all) {
        words[count++] = "--all";
    }
    name_faults(options, words + count);
    cmd_again(options, words, command, sizeof command);
    campaign.c->suite = cmd_copy("explore");
    campaign.c->name = cmd_copy(script->plan->name);
    campaign.c->command = cmd_copy(command);
    pthread_mutex_init(&campaign.lock, NULL);
    shim_history_init(&campaign.control);
    campaign.begin = scn_milliseconds();
    int result = script->plan->control ? play_control(&campaign, work, &told) : 0;
    if (result == 0 && !told) {
        result = search(&campaign, work);
    }
    uint64_t ms = scn_milliseconds() - campaign.begin;
    if (result == 0 && campaign.told != RPT_CONFORMS) {
        result = cmd_case_note(campaign.c, campaign.told, SHIM_FN_NONE, campaign.message);
    }
    if (result == 0) {
        result = finish(&campaign, work);
    }
    if (result == 0 && campaign.count > 0 && (options->verbose || options->all || campaign.finding_count == 0)) {
        summary(&campaign, ms);
    }
    if (result == 0) {
        result = write_results(&campaign);
    }
    campaign.c->seconds = (double)(scn_milliseconds() - campaign.begin) / 1000.0;
    for (size_t i = 0; i < campaign.finding_count; i++) {
        scn_finding_fini(&campaign.findings[i]);
    }
    free(campaign.findings);
    *results = campaign.results;
    shim_history_fini(&campaign.control);
    pthread_mutex_destroy(&campaign.lock);
    scn_placer_free(campaign.placer);
    return result < 0 ? cmd_fail(CMD_HARNESS, "out of memory") : result;
}
