/* scenarios/explorer/campaign.c - one script under many schedules, until a promise breaks.
 *
 * Several children search at once, each with a strategy and seeds of its own. A finding is played again
 * in a fresh child, made shorter, and written down. */
#include "scenarios/explorer/campaign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/explorer/placed.h"
#include "scenarios/explorer/schedule.h"
#include "scenarios/language/language.h"
#include "scenarios/supervisor/job.h"
#include "scenarios/supervisor/platform.h"

#define MOST_JOBS 64
#define RECORDER_BYTES ((size_t)8 << 20)
#define PROBE_CALLS 16       /* after a denial: each is many decisions */
#define MANY 1000000        /* schedules, where time is the limit */
#define TEXTS 16             /* more schedules than are made ready ahead */
#define FAULTED_STEPS 10000000 /* a script that waits for what no longer comes gives up in virtual time */
#define FAULTED_HANG 10
#define HASHES (1u << 20)    /* distinct interleavings that are told apart */

struct campaign {
    struct cmd_options *options;
    const struct cmd_script *script;
    const struct rpt_suite *suite;
    struct rpt_case *c;
    enum shim_strategy_kind kind;
    pthread_mutex_t lock;        /* all below */
    atomic_bool stop;
    bool over, found, exhausted;
    int result;
    uint64_t begin, count, distinct, steps;
    uint64_t *hashes;
    struct shim_history control;
    struct scn_trial finding;
    uint64_t seed;               /* of the finding */
    struct scn_placer *placer;   /* NULL: nothing goes wrong */
    char fault[SHIM_FAULT_TEXT]; /* of the finding, or "" */
    char message[CMD_MESSAGE];
    enum rpt_verdict told;       /* unsupported or not exercised */
};

struct worker {
    struct campaign *campaign;
    struct scn_job job;
    struct scn_schedules schedules;
    const struct scn_plan **plans;
    size_t count;
    pthread_t thread;
    struct scn_faults faults;
    char texts[TEXTS][SHIM_FAULT_TEXT]; /* of the last schedules that were begun */
};

static void note_hash(struct campaign *campaign, uint64_t hash)
{
    hash += hash == 0;
    for (uint32_t i = 0; campaign->hashes != NULL && i < 64; i++) {
        uint64_t *slot = &campaign->hashes[(hash + i) % HASHES];
        if (*slot == hash) {
            return;
        }
        if (*slot == 0) {
            *slot = hash;
            break;
        }
    }
    campaign->distinct++;
}

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

static void progress(const struct campaign *campaign)
{
    uint64_t ms = scn_milliseconds() - campaign->begin;
    char faults[80];
    if (campaign->count % 16 == 0) {
        cmd_progress("%s: %llu schedules, %llu/s, %llu distinct%s", campaign->script->plan->name,
                     (unsigned long long)campaign->count,
                     (unsigned long long)(campaign->count * 1000 / (ms + 1)),
                     (unsigned long long)campaign->distinct, tell_faults(campaign, faults, sizeof faults));
    }
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

/* Keeps the schedule for a finding, and its history for evidence. */
static int keep_finding(struct worker *worker, size_t index, const struct shim_history *history)
{
    struct campaign *campaign = worker->campaign;
    struct rpt_case *c = campaign->c;
    struct scn_outcome *outcome = &worker->schedules.outcome;
    campaign->found = campaign->over = true;
    campaign->seed = seed_of(worker, index);
    campaign->finding.trace = outcome->trace;
    outcome->trace = NULL;
    campaign->finding.steps = outcome->steps;
    for (size_t i = 0; c->stacks == NULL && i < history->event_count; i++) {
        const struct shim_hist_event *event = &history->events[i];
        if ((event->kind == SHIM_EVENT_CRASH || event->kind == SHIM_EVENT_HANG ||
             event->kind == SHIM_EVENT_SANITIZER) && event->text != NULL) {
            c->stacks = cmd_copy(event->text);
        }
    }
    return cmd_report_history(campaign->options, campaign->script->plan->name, history, &c->evidence);
}

/* A run in which something went wrong. */
static int judge_faulted(struct worker *worker, size_t index, struct shim_history *history)
{
    struct campaign *campaign = worker->campaign;
    struct scn_failure *failure = &campaign->finding.failure;
    const char *fault = worker->texts[index % TEXTS];
    char text[CMD_MESSAGE];
    campaign->c->repeats++;
    campaign->c->calls += history->call_count;
    if (scn_placed_failure_of(history, &worker->faults.outcome, fault, campaign->options->profile, failure) != 0) {
        return cmd_fail(CMD_HARNESS, "out of memory while judging %s", campaign->script->plan->name);
    }
    if (!rpt_verdict_is_broken(failure->verdict)) {
        return 0;
    }
    snprintf(campaign->fault, sizeof campaign->fault, "%s", fault);
    snprintf(text, sizeof text, "%s: %s", fault, failure->text);
    if (cmd_case_note(campaign->c, failure->verdict, failure->fn, text) != 0) {
        return cmd_fail(CMD_HARNESS, "out of memory");
    }
    campaign->c->findings[campaign->c->finding_count - 1].clause = failure->clause;
    return keep_finding(worker, index, history);
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
    int result = rpt_case_add(c, &judgement, history) != 0 ? cmd_fail(CMD_HARNESS, "out of memory") : 0;
    if (result == 0 && rpt_verdict_is_broken(judgement.verdict)) {
        scn_failure_of(history, campaign->options->profile, &campaign->finding.failure);
        result = keep_finding(worker, index, history);
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
        campaign->count++;
        campaign->steps += outcome->steps;
        note_hash(campaign, outcome->hash);
        campaign->result = judge(worker, index, history);
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
    enum scn_job_result result = scn_supervise_batch(&worker->job, worker->plans, worker->count, done,
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
    job->recorder_bytes = RECORDER_BYTES;
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
        job->hang_seconds = job->hang_seconds == 0 || job->hang_seconds > FAULTED_HANG ? FAULTED_HANG : job->hang_seconds;
    }
}

static int search(struct campaign *campaign, const char *work)
{
    const struct cmd_options *options = campaign->options;
    struct worker workers[MOST_JOBS];
    int jobs = options->jobs > 0 ? options->jobs : 1, started = 0;
    uint64_t total = options->schedules > 0 ? (uint64_t)options->schedules : MANY;
    uint64_t shards = options->shards > 0 ? options->shards : 1;
    uint64_t share = (total + shards - 1) / shards;
    jobs = jobs > MOST_JOBS ? MOST_JOBS : (uint64_t)jobs > share ? (int)share : jobs;
    memset(workers, 0, sizeof workers);
    for (; started < jobs; started++) {
        struct worker *w = &workers[started];
        w->campaign = campaign;
        base_job(campaign, work, &w->job, &w->schedules);
        w->count = (size_t)((share + (uint64_t)jobs - 1 - (uint64_t)started) / (uint64_t)jobs);
        w->schedules.first = (options->shards > 0 ? options->shard - 1 : 0) + (uint64_t)started * shards;
        w->schedules.stride = shards * (uint64_t)jobs;
        w->schedules.stop = &campaign->stop;
        w->faults = (struct scn_faults){.choose = choose_fault, .context = w, .record = true};
        w->job.faults = campaign->placer != NULL ? &w->faults : NULL;
        w->plans = malloc(w->count * sizeof w->plans[0]);
        for (size_t i = 0; w->plans != NULL && i < w->count; i++) {
            w->plans[i] = campaign->script->plan;
        }
        if (w->plans == NULL || pthread_create(&w->thread, NULL, work_on, w) != 0) {
            free(w->plans);
            break;
        }
    }
    if (started == 0) {
        return cmd_fail(CMD_HARNESS, "out of memory or threads");
    }
    for (int i = 0; i < started; i++) {
        pthread_join(workers[i].thread, NULL);
        free(workers[i].plans);
    }
    return campaign->result;
}

/* Where the schedule of a case goes; false: there is no report directory. */
static bool schedule_path(const struct cmd_options *options, const char *name, char *path, size_t size)
{
    if (options->report == NULL) {
        return false;
    }
    snprintf(path, size, "%s/%.200s.schedule", options->report, name);
    for (char *c = path + strlen(options->report) + 1; *c != '\0'; c++) {
        if (strchr("/\\:*?\"<>|", *c) != NULL) {
            *c = '-';
        }
    }
    return true;
}

static int save(const struct campaign *campaign, const struct rpt_suite *suite, const char *path)
{
    char error[CMD_MESSAGE];
    const struct cmd_options *options = campaign->options;
    struct shim_history head;
    struct scn_job job;
    struct scn_schedules schedules;
    base_job(campaign, ".", &job, &schedules);
    shim_history_init(&head);
    int result = scn_job_header(&job, job.plan, &head);
    struct scn_schedule_file file = {
        .name = (char *)(uintptr_t)campaign->script->plan->name,
        .engine = suite->engine,
        .build = suite->engine_build,
        .profile = suite->profile,
        .strategy = (char *)(uintptr_t)shim_strategy_name(campaign->kind),
        .verdict = (char *)(uintptr_t)rpt_verdict_name(campaign->finding.failure.verdict),
        .finding = (char *)(uintptr_t)campaign->finding.failure.text,
        .plan = (char *)(uintptr_t)head.header.plan,
        .fault = campaign->fault[0] != '\0' ? (char *)(uintptr_t)campaign->fault : NULL,
        .decisions = campaign->finding.trace,
        .setting_count = options->setting_count,
        .depth = (unsigned)options->depth,
        .seed = campaign->seed,
        .input_seed = options->seed,
        .steps = schedules.steps,
        .memory = options->memory};
    for (int i = 0; i < options->setting_count; i++) {
        file.settings[i] = (char *)(uintptr_t)options->settings[i];
    }
    if (result == 0) {
        result = scn_schedule_save(&file, path, error, sizeof error);
    }
    shim_history_fini(&head);
    return result != 0 ? cmd_fail(CMD_USAGE, "%s: the schedule cannot be written", path) : 0;
}

struct shrinking {
    struct scn_job *job;
    const struct campaign *campaign;
};

static int play_turns(void *context, const char *const *turns, size_t count, struct scn_trial *trials)
{
    struct shrinking *shrinking = context;
    shrinking->job->schedules->mode = SCN_SCHEDULES_FOLLOW;
    return scn_try(shrinking->job, shrinking->campaign->options->profile, turns, count, false, trials);
}

static void tell_shrinking(void *context, size_t preemptions, int tries)
{
    const struct shrinking *shrinking = context;
    cmd_progress("%s: making the schedule shorter: %zu preemptions, %d tries",
                 shrinking->campaign->script->plan->name, preemptions, tries);
}

/* Less of the fault, then of the schedule, then of the fault again: with fewer changes of thread more may do. *tries
 * becomes how many runs that took. 0, or an exit code after a message. */
static int shrink(struct campaign *campaign, struct scn_job *job, int *tries)
{
    enum rpt_profile profile = campaign->options->profile;
    struct shrinking shrinking = {job, campaign};
    struct scn_shrinking how = {.play = play_turns, .progress = tell_shrinking, .context = &shrinking};
    int result = 0;
    for (int pass = 0; pass < 2 && result == 0; pass++) {
        if (job->faults != NULL) {
            *tries += scn_shrink_fault(job, profile, &campaign->finding, scn_placer_kinds(campaign->placer), campaign->fault);
            job->faults = campaign->fault[0] != '\0' ? job->faults : NULL;
        }
        if (pass == 0) {
            result = scn_shrink(&how, &campaign->finding);
            *tries += how.tries;
        }
    }
    return result;
}

static void show_fault(const struct campaign *campaign, const char *found)
{
    if (found[0] != '\0' && campaign->fault[0] == '\0') {
        printf("  it was found with %s, but needs no fault: the order of threads shows it alone\n", found);
    } else if (found[0] != '\0') {
        printf("  fault: %s%s%s%s\n", campaign->fault, strcmp(campaign->fault, found) != 0 ? " (found with " : "",
               strcmp(campaign->fault, found) != 0 ? found : "", strcmp(campaign->fault, found) != 0 ? ")" : "");
    }
}

/* Plays the finding again, makes it shorter, shows it and writes it down. */
static int finish(struct campaign *campaign, const char *work, const struct rpt_suite *suite)
{
    const struct cmd_options *options = campaign->options;
    struct scn_job job;
    struct scn_schedules schedules;
    struct scn_trial again;
    char path[CMD_PATH] = "", command[CMD_PATH * 2];
    size_t before = 0, preemptions = 0;
    int tries = 0;
    double seconds = (double)(scn_milliseconds() - campaign->begin) / 1000.0;
    const char *traces[1] = {campaign->finding.trace};
    const char *faults[1] = {campaign->fault};
    struct scn_faults with = {.texts = faults};
    char found[SHIM_FAULT_TEXT];
    snprintf(found, sizeof found, "%s", campaign->fault);
    base_job(campaign, work, &job, &schedules);
    job.faults = campaign->fault[0] != '\0' ? &with : NULL;
    cmd_progress("%s: a finding; playing it again", campaign->script->plan->name);
    schedules.mode = SCN_SCHEDULES_REPLAY;
    int result = scn_try(&job, options->profile, traces, 1, false, &again);
    bool stays = result == 0 && scn_same_failure(&again.failure, &campaign->finding.failure);
    if (result == 0 && stays) {
        scn_trial_fini(&campaign->finding);
        campaign->finding = again;
        before = scn_switches(again.turns);
        preemptions = scn_preemptions(again.turns);
        result = options->no_shrink ? 0 : shrink(campaign, &job, &tries);
        schedules.mode = SCN_SCHEDULES_REPLAY;
        schedules.story = true;
        traces[0] = campaign->finding.trace;
        result = result == 0 ? scn_try(&job, options->profile, traces, 1, false, &again) : result;
    } else if (result == 0) {
        scn_trial_fini(&again);
    }
    cmd_progress_clear();
    printf("%s: %s after %llu schedules (%s, seed %llu, %.1f s): %s\n", campaign->script->plan->name,
           rpt_verdict_name(campaign->finding.failure.verdict), (unsigned long long)campaign->count,
           shim_strategy_name(campaign->kind), (unsigned long long)campaign->seed, seconds,
           campaign->finding.failure.text);
    show_fault(campaign, found);
    if (stays && result == 0) {
        printf("  %zu changes of thread (%zu preemptions), %zu (%zu) after %d tries to do without\n", before, preemptions,
               scn_switches(campaign->finding.turns), scn_preemptions(campaign->finding.turns), tries);
        scn_show_story(stdout, again.story, again.how);
        scn_trial_fini(&again);
    }
    if (result == 0 && !stays) {
        printf("  the same decisions did not show it again: something else than the order of threads "
               "differs\n");
    }
    if (result == 0 && schedule_path(options, campaign->script->plan->name, path, sizeof path)) {
        result = save(campaign, suite, path);
        const char *words[] = {"replay", path, NULL};
        cmd_again(options, words, command, sizeof command);
        free(campaign->c->command);
        campaign->c->command = cmd_copy(command);
    }
    return result;
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

int scn_campaign(struct cmd_options *options, const char *work, const struct cmd_script *script,
                 struct rpt_suite *suite)
{
    char command[CMD_PATH * 2], seed[24], schedules[24], faults[80];
    struct campaign campaign = {.options = options, .script = script, .suite = suite, .told = RPT_CONFORMS};
    int kind = shim_strategy_find(options->strategy != NULL ? options->strategy : "mix");
    bool told = false;
    campaign.kind = (enum shim_strategy_kind)kind;
    campaign.c = rpt_suite_add(suite);
    campaign.hashes = calloc(HASHES, sizeof campaign.hashes[0]);
    if (options->faults) {
        campaign.placer = scn_placer_new(script->plan, options->kinds, options->scope, campaign.message,
                                         sizeof campaign.message);
    }
    if (campaign.c == NULL || campaign.hashes == NULL || (options->faults && campaign.placer == NULL)) {
        free(campaign.hashes);
        scn_placer_free(campaign.placer);
        return cmd_fail(CMD_HARNESS, "out of memory");
    }
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)options->seed);
    snprintf(schedules, sizeof schedules, "%d", options->schedules > 0 ? options->schedules : MANY);
    const char *words[] = {"explore", script->path, "--seed", seed, "--strategy", shim_strategy_name(campaign.kind),
                           "--schedules", schedules, options->faults ? "--faults" : NULL, NULL};
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
    if (result == 0 && campaign.found && !scn_interrupted()) {
        result = finish(&campaign, work, suite);
    }
    if (result == 0 && campaign.count > 0 && (options->verbose || !campaign.found)) {
        cmd_progress_clear();
        printf("%s: %llu schedules%s, %llu distinct, %llu decisions each%s, %llu per second\n",
               script->plan->name, (unsigned long long)campaign.count,
               campaign.exhausted ? " (all there are within the bound)" : "",
               (unsigned long long)campaign.distinct,
               (unsigned long long)(campaign.steps / campaign.count), tell_faults(&campaign, faults, sizeof faults),
               (unsigned long long)(campaign.count * 1000 / (ms + 1)));
    }
    campaign.c->seconds = (double)(scn_milliseconds() - campaign.begin) / 1000.0;
    scn_trial_fini(&campaign.finding);
    shim_history_fini(&campaign.control);
    pthread_mutex_destroy(&campaign.lock);
    free(campaign.hashes);
    scn_placer_free(campaign.placer);
    return result < 0 ? cmd_fail(CMD_HARNESS, "out of memory") : result;
}
