/* scenarios/explorer/faults.c - one script: every operation goes wrong once, one after the other.
 *
 * Runs are played under one schedule (the strategy `random` with the same seed for all), so the n-th operation is the
 * same in each up to where it goes wrong. An engine that cannot be controlled runs as it likes, and operations are
 * counted within an actor and a function.
 */
#include "scenarios/explorer/fault_campaign.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/supervisor/job.h"
#include "scenarios/supervisor/platform.h"
#include "shims/printf.h"

#define RECORDER_BYTES ((size_t)8 << 20)
#define PROBE_CALLS 16  /* after a denial: each is many decisions */
#define BATCH 64        /* runs at once where the engine cannot be controlled: each has files of its own */
#define HANG_SECONDS 60 /* of the clock on the wall: on a busy machine a run may get nothing for long */
#define STEPS 10000000 /* decisions: a script that waits for what no longer comes gives up in virtual time */
#define MOST_SHOWN 24   /* findings with their stacks */
/* A batch of one worker: the clean run and then some faults. */
struct batch {
    struct scn_fault_campaign *campaign;
    const char *work;
    const char **texts;
    size_t *numbers; /* of the texts, in the runs of the campaign */
    struct scn_faults faults;
    struct scn_schedules schedules;
    pthread_t thread;
};

void scn_fault_again(const struct scn_fault_campaign *campaign, const char *fault, char *command, size_t size)
{
    const struct cmd_options *options = campaign->options;
    char seed[24], steps[24];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)options->seed);
    const char *words[16] = {"faults", campaign->script->path, "--seed", seed};
    size_t count = 4;
    if (campaign->brief) {
        words[count++] = "--brief";
    }
    if (options->steps != 0) {
        snprintf(steps, sizeof steps, "%llu", (unsigned long long)options->steps);
        words[count++] = "--steps";
        words[count++] = steps;
    }
    fault = fault[0] == '\0' && options->fault != NULL ? options->fault : fault;
    if (fault[0] != '\0') {
        words[count++] = "--fault";
        words[count++] = fault;
    } else if (options->quick) {
        words[count++] = "--quick";
    }
    if (fault[0] == '\0' && options->kinds != NULL) {
        words[count++] = "--kinds";
        words[count++] = options->kinds;
    }
    if (fault[0] == '\0' && options->scope != NULL) {
        words[count++] = "--scope";
        words[count] = options->scope;
    }
    cmd_again(options, words, command, size);
}

/* The finding that is the same: same promise, same function, same place that went wrong. */
static struct scn_fault_seen *find_seen(struct scn_fault_campaign *campaign, const struct scn_fault_seen *like)
{
    for (size_t i = 0; i < campaign->seen_count; i++) {
        struct scn_fault_seen *seen = &campaign->seen[i];
        if (seen->verdict == like->verdict && seen->fn == like->fn && seen->clause == like->clause &&
            seen->stack == like->stack && seen->operation == like->operation) {
            return seen;
        }
    }
    return NULL;
}

/* Adds to the details; what there is no memory for is not there. */
static void put(struct scn_fault_campaign *campaign, const char *format, ...) SHIM_PRINTF(2, 3);

static void put(struct scn_fault_campaign *campaign, const char *format, ...)
{
    va_list list, copy;
    va_start(list, format);
    va_copy(copy, list);
    int size = vsnprintf(NULL, 0, format, list);
    char *grown = size < 0 ? NULL : realloc(campaign->details, campaign->details_size + (size_t)size + 1);
    if (grown != NULL) {
        vsnprintf(grown + campaign->details_size, (size_t)size + 1, format, copy);
        campaign->details = grown;
        campaign->details_size += (size_t)size;
    }
    va_end(copy);
    va_end(list);
}

static void put_details(struct scn_fault_campaign *campaign, const struct scn_faulted *faulted, const char *fault,
                        const char *what, enum rpt_verdict verdict, const struct shim_history *history)
{
    char command[CMD_PATH * 3];
    if (campaign->findings > MOST_SHOWN) {
        return;
    }
    scn_fault_again(campaign, fault, command, sizeof command);
    char *stack = scn_symbolise(cmd_copy(faulted->stack != NULL ? faulted->stack : ""));
    put(campaign, "%s: %s: %s\nwent wrong%s%s:\n%s", fault, rpt_verdict_name(verdict), what,
            faulted->log.path[0] != '\0' ? " on " : "", faulted->log.path, stack != NULL ? stack : "");
    free(stack);
    if (verdict == RPT_LEAK && faulted->log.leaked > 0) {
        stack = scn_symbolise(cmd_copy(faulted->leak_stack != NULL ? faulted->leak_stack : ""));
        put(campaign, "left behind by:\n%s", stack != NULL ? stack : "");
        free(stack);
    }
    for (size_t i = 0; i < history->event_count; i++) {
        const struct shim_hist_event *event = &history->events[i];
        if (event->text != NULL && (event->kind == SHIM_EVENT_CRASH || event->kind == SHIM_EVENT_HANG ||
                                    event->kind == SHIM_EVENT_DEADLOCK || event->kind == SHIM_EVENT_SANITIZER)) {
            put(campaign, "the end:\n%s\n", event->text);
        }
    }
    put(campaign, "again: %s\n\n", command);
}

static int add_finding(struct scn_fault_campaign *campaign, const struct scn_fault_verdict *verdict, int index,
                       const struct scn_faulted *faulted, const char *fault, const struct shim_history *history)
{
    char text[CMD_MESSAGE * 2];
    const struct rpt_clause *clause = verdict->findings[index].clause;
    struct scn_fault_seen seen = {.verdict = verdict->findings[index].verdict,
                        .fn = verdict->findings[index].fn,
                        .clause = clause,
                        .stack = faulted->log.first.stack,
                        .operation = faulted->log.first.operation};
    const struct scn_fault_seen *known = find_seen(campaign, &seen);
    if (known != NULL) {
        campaign->c->findings[known->finding].times++;
        return 0;
    }
    campaign->findings++;
    snprintf(text, sizeof text, "%s: %.900s", fault[0] != '\0' ? fault : "without a fault",
             verdict->findings[index].text);
    if (cmd_case_note(campaign->c, seen.verdict, seen.fn, text) != 0) {
        return -1;
    }
    seen.finding = campaign->c->finding_count - 1;
    campaign->c->findings[seen.finding].clause = clause;
    if (campaign->seen_count < SCN_FAULT_SEEN) {
        campaign->seen[campaign->seen_count++] = seen;
    }
    put_details(campaign, faulted, fault, verdict->findings[index].text, seen.verdict, history);
    if (campaign->findings == 1) {
        char command[CMD_PATH * 3];
        scn_fault_again(campaign, fault, command, sizeof command);
        free(campaign->c->command);
        campaign->c->command = cmd_copy(command);
        return cmd_report_history(campaign->options, campaign->script->plan->name, history, command,
                                  &campaign->c->evidence);
    }
    return 0;
}

static int judge(struct scn_fault_campaign *campaign, const struct scn_faulted *faulted, const char *fault,
                 struct shim_history *history, bool *found)
{
    struct scn_fault_verdict verdict;
    int result = 0;
    if (scn_fault_judge(history, faulted, fault, campaign->options->profile, &verdict) != 0) {
        result = -1;
    }
    *found = verdict.count > 0;
    for (int i = 0; i < verdict.count && result == 0; i++) {
        result = add_finding(campaign, &verdict, i, faulted, fault, history);
    }
    scn_fault_verdict_fini(&verdict);
    return result < 0 ? cmd_fail(CMD_HARNESS, "out of memory") : result;
}

static void progress(const struct scn_fault_campaign *campaign)
{
    static const char bar[] = "####################", gap[] = "....................";
    uint64_t ms = scn_milliseconds() - campaign->begin;
    size_t all = campaign->runs.count > 0 ? campaign->runs.count : 1, full = campaign->done * (sizeof bar - 1) / all;
    if (campaign->done % 8 == 0 || campaign->done == all) {
        cmd_progress("%.24s [%.*s%.*s] %llu of %llu, %llu findings, %llu/s", campaign->script->plan->name, (int)full,
                     bar, (int)(sizeof gap - 1 - full), gap, (unsigned long long)campaign->done,
                     (unsigned long long)campaign->runs.count, (unsigned long long)campaign->findings,
                     (unsigned long long)(campaign->done * 1000 / (ms + 1)));
    }
}

static void base_job(struct batch *batch, struct scn_job *job)
{
    const struct scn_fault_campaign *campaign = batch->campaign;
    cmd_job(campaign->options, batch->work, job);
    job->plan = campaign->script->plan;
    job->script = campaign->script->path;
    job->engine_build = campaign->build;
    job->recorder_bytes = RECORDER_BYTES;
    job->probe_calls = PROBE_CALLS;
    job->hang_seconds = job->hang_seconds != 0 ? job->hang_seconds : HANG_SECONDS;
    batch->schedules = (struct scn_schedules){.strategy = shim_strategy_find("random"),
                                              .seed = campaign->options->seed,
                                              .steps = campaign->options->steps != 0 ? campaign->options->steps : STEPS,
                                              .stop = &batch->campaign->stop};
    job->schedules = campaign->ordered ? &batch->schedules : NULL;
    batch->faults.texts = (const char *const *)batch->texts;
    batch->faults.lean = !campaign->closely && campaign->again != NULL;
    job->faults = &batch->faults;
}

static void note_uncovered(struct scn_fault_campaign *campaign, const struct scn_faulted *faulted)
{
    if (faulted->log.uncovered[0] != '\0') {
        snprintf(campaign->uncovered, sizeof campaign->uncovered, "%s", faulted->log.uncovered);
    }
}

/* ---- the run without a fault ---- */

static void take_clean(void *context, size_t index, enum scn_job_result result, struct shim_history *history,
                       const char *message)
{
    struct batch *batch = context;
    struct scn_fault_campaign *campaign = batch->campaign;
    (void)index;
    if (result == SCN_JOB_UNSUPPORTED || result == SCN_JOB_SETUP_FAILED) {
        campaign->told = result == SCN_JOB_UNSUPPORTED ? RPT_UNSUPPORTED : RPT_NOT_EXERCISED;
        snprintf(campaign->message, sizeof campaign->message, "%s", message);
    } else if (result == SCN_JOB_DONE) {
        campaign->result = judge(campaign, &batch->faults.outcome, "", history, &batch->faults.keep);
    }
    campaign->clean = batch->faults.outcome;
    note_uncovered(campaign, &campaign->clean);
    memset(&batch->faults.outcome, 0, sizeof batch->faults.outcome);
}

int scn_fault_play_clean(struct scn_fault_campaign *campaign, const char *work)
{
    static const char *none[] = {""};
    char error[CMD_MESSAGE] = "";
    struct batch batch = {.campaign = campaign, .work = work, .texts = none, .faults = {.record = true}};
    struct scn_job job;
    enum scn_job_result result = SCN_JOB_HARNESS;
    for (int try = 0; try < 2 && result != SCN_JOB_DONE && !scn_interrupted(); try++) {
        campaign->ordered = try == 0;
        base_job(&batch, &job);
        result = scn_supervise_batch(&job, &job.plan, 1, take_clean, &batch, error, sizeof error);
    }
    if (result == SCN_JOB_ENGINE_UNUSABLE) {
        return cmd_fail(CMD_NOTHING, "%s", error);
    }
    if (result != SCN_JOB_DONE) {
        return cmd_fail(CMD_HARNESS, "%s: %s", campaign->script->plan->name, error);
    }
    if (campaign->result == 0 && campaign->told == RPT_CONFORMS && campaign->clean.point_count == 0) {
        campaign->told = RPT_NOT_EXERCISED;
        snprintf(campaign->message, sizeof campaign->message, "the engine asked the operating system for nothing");
    }
    return campaign->result;
}

/* ---- the faults ---- */

/* Under one order of threads the n-th operation is where it was without a fault. */
static bool is_elsewhere(const struct scn_fault_campaign *campaign, size_t number, const struct scn_faulted *faulted)
{
    return campaign->ordered && campaign->runs.stacks != NULL && faulted->log.fired > 0 &&
           faulted->log.first.stack != campaign->runs.stacks[number];
}

static void take_fault(void *context, size_t index, enum scn_job_result result, struct shim_history *history,
                       const char *message)
{
    struct batch *batch = context;
    struct scn_fault_campaign *campaign = batch->campaign;
    const struct scn_faulted *faulted = &batch->faults.outcome;
    (void)message;
    pthread_mutex_lock(&campaign->lock);
    bool played = result == SCN_JOB_DONE || result == SCN_JOB_SETUP_FAILED || result == SCN_JOB_UNSUPPORTED;
    bool unsure = faulted->log.unsure && !campaign->closely && campaign->again != NULL;
    if (index > 0 && played && unsure) {
        campaign->again[campaign->again_count++] = batch->numbers[index];
    } else if (index > 0 && played && campaign->result == 0) {
        campaign->done++;
        campaign->came += faulted->log.fired > 0;
        campaign->elsewhere += is_elsewhere(campaign, batch->numbers[index], faulted);
        note_uncovered(campaign, faulted);
        campaign->result = judge(campaign, faulted, batch->texts[index], history, &batch->faults.keep);
        batch->faults.keep = batch->faults.keep || campaign->options->fault != NULL;
        progress(campaign);
    }
    uint64_t limit = campaign->options->time * (uint64_t)1000;
    if (campaign->result != 0 || scn_interrupted() ||
        (limit != 0 && scn_milliseconds() - campaign->begin >= limit)) {
        atomic_store(&campaign->stop, true);
    }
    pthread_mutex_unlock(&campaign->lock);
}

size_t scn_fault_share(const struct scn_fault_campaign *campaign)
{
    size_t count = campaign->runs.count, shards = (size_t)campaign->options->shards;
    return shards == 0 ? count : (count + shards - (size_t)campaign->options->shard) / shards;
}

/* Takes the next share of the faults; 0 when there are none left. */
static size_t take_share(struct batch *batch, size_t most)
{
    struct scn_fault_campaign *campaign = batch->campaign;
    const struct cmd_options *options = campaign->options;
    size_t count = 1, all = campaign->closely ? campaign->again_count : campaign->runs.count;
    batch->texts[0] = "";
    pthread_mutex_lock(&campaign->lock);
    for (; campaign->next < all && count < most; campaign->next++) {
        size_t number = campaign->closely ? campaign->again[campaign->next] : campaign->next;
        if (campaign->closely || options->shards == 0 || number % options->shards == options->shard - 1) {
            batch->numbers[count] = number;
            batch->texts[count++] = campaign->runs.texts[number];
        }
    }
    pthread_mutex_unlock(&campaign->lock);
    return count > 1 ? count : 0;
}

static void *work_on(void *context)
{
    struct batch *batch = context;
    struct scn_fault_campaign *campaign = batch->campaign;
    size_t jobs = campaign->options->jobs > 0 ? (size_t)campaign->options->jobs : 1, count;
    size_t most = campaign->ordered ? scn_fault_share(campaign) / jobs / 2 + 2 : BATCH;
    const struct scn_plan **plans = malloc(most * sizeof *plans);
    batch->texts = malloc(most * sizeof *batch->texts);
    batch->numbers = malloc(most * sizeof *batch->numbers);
    for (size_t i = 0; plans != NULL && i < most; i++) {
        plans[i] = campaign->script->plan;
    }
    while (plans != NULL && batch->texts != NULL && batch->numbers != NULL && !atomic_load(&campaign->stop) &&
           (count = take_share(batch, most)) > 0) {
        struct scn_job job;
        char error[CMD_MESSAGE] = "";
        base_job(batch, &job);
        enum scn_job_result result = scn_supervise_batch(&job, plans, count, take_fault, batch, error, sizeof error);
        if (result != SCN_JOB_DONE) {
            pthread_mutex_lock(&campaign->lock);
            if (campaign->result == 0 && !scn_interrupted()) {
                campaign->result = cmd_fail(CMD_HARNESS, "%s: %s", campaign->script->plan->name, error);
            }
            pthread_mutex_unlock(&campaign->lock);
            break;
        }
    }
    free(plans);
    free(batch->texts);
    free(batch->numbers);
    return NULL;
}

static int play_shares(struct scn_fault_campaign *campaign, const char *work)
{
    struct batch batches[SCN_FAULT_JOBS];
    int jobs = campaign->options->jobs > 0 ? campaign->options->jobs : 1, started = 0;
    memset(batches, 0, sizeof batches);
    for (; started < jobs && started < SCN_FAULT_JOBS; started++) {
        batches[started] = (struct batch){.campaign = campaign, .work = work};
        if (pthread_create(&batches[started].thread, NULL, work_on, &batches[started]) != 0) {
            break;
        }
    }
    for (int i = 0; i < started; i++) {
        pthread_join(batches[i].thread, NULL);
    }
    return started > 0 ? campaign->result : cmd_fail(CMD_HARNESS, "no thread");
}

/* Runs that seem to leave memory behind come twice: the second time with the stacks of all blocks. */
int scn_fault_play(struct scn_fault_campaign *campaign, const char *work)
{
    bool one = campaign->options->fault != NULL; /* looked at closely at once */
    campaign->again = one ? NULL : malloc((campaign->runs.count + 1) * sizeof *campaign->again);
    int result = play_shares(campaign, work);
    if (result == 0 && campaign->again_count > 0 && !atomic_load(&campaign->stop)) {
        campaign->closely = true;
        campaign->next = 0;
        result = play_shares(campaign, work);
    }
    free(campaign->again);
    campaign->again = NULL;
    return result;
}

int scn_fault_make_runs(struct scn_fault_campaign *campaign)
{
    const struct cmd_options *options = campaign->options;
    struct scn_fault_kinds kinds;
    struct scn_fault_scope scope;
    char error[CMD_MESSAGE];
    if (options->fault != NULL) {
        campaign->runs.texts = calloc(1, sizeof *campaign->runs.texts);
        campaign->runs.count = 1;
        if (campaign->runs.texts != NULL) {
            campaign->runs.texts[0] = cmd_copy(options->fault);
        }
        return campaign->runs.texts == NULL ? cmd_fail(CMD_HARNESS, "out of memory") : 0;
    }
    if (scn_fault_kinds_parse(options->kinds, options->quick, &kinds, error, sizeof error) != 0 ||
        scn_fault_scope_parse(options->scope, &scope, error, sizeof error) != 0) {
        return cmd_fail(CMD_USAGE, "%s", error);
    }
    return scn_fault_runs_make(campaign->script->plan, &campaign->clean, &kinds, &scope, campaign->met,
                               campaign->ordered, &campaign->runs) != 0
               ? cmd_fail(CMD_HARNESS, "out of memory") : 0;
}
