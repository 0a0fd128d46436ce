/* scenarios/explorer/shrink.c - schedules tried one by one, and made shorter. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/explorer/campaign.h"
#include "scenarios/explorer/placed.h"
#include "scenarios/supervisor/platform.h"

#define SHRINK_MS 20000

int scn_failure_of(const struct shim_history *history, enum rpt_profile profile,
                   struct scn_failure *failure)
{
    struct rpt_judgement judgement;
    memset(failure, 0, sizeof *failure);
    failure->verdict = RPT_CONFORMS;
    failure->fn = SHIM_FN_NONE;
    if (rpt_judge(history, profile, &judgement) != 0) {
        return -1;
    }
    if (rpt_verdict_is_broken(judgement.verdict)) {
        failure->verdict = judgement.verdict;
        for (size_t i = 0; i < judgement.finding_count; i++) {
            const struct rpt_finding *finding = &judgement.findings[i];
            if (finding->verdict == judgement.verdict) {
                failure->clause = finding->clause;
                failure->fn = finding->fn;
                snprintf(failure->text, sizeof failure->text, "%.390s", finding->text);
                break;
            }
        }
    }
    rpt_judgement_fini(&judgement);
    return 0;
}

bool scn_same_failure(const struct scn_failure *a, const struct scn_failure *b)
{
    return a->verdict == b->verdict && a->clause == b->clause;
}

void scn_trial_fini(struct scn_trial *trial)
{
    free(trial->trace);
    free(trial->turns);
    memset(trial, 0, sizeof *trial);
}

struct trying {
    struct scn_job *job;
    enum rpt_profile profile;
    struct scn_trial *trials;
    bool usual;        /* what runs leave behind without a fault is known */
    bool failed;
};

/* With faults the first run has none: it is no trial, but shows what is usual. */
static struct scn_trial *trial_of(struct trying *trying, size_t index)
{
    const struct scn_faults *faults = trying->job->faults;
    if (faults != NULL && index == 0) {
        trying->usual = faults->outcome.complete;
        return NULL;
    }
    return &trying->trials[index - (faults != NULL)];
}

static int take_failure(struct trying *trying, size_t index, struct shim_history *history,
                        struct scn_failure *failure)
{
    struct scn_faults *faults = trying->job->faults;
    if (faults == NULL) {
        return scn_failure_of(history, trying->profile, failure);
    }
    faults->outcome.log.leaked *= trying->usual;
    return scn_placed_failure_of(history, &faults->outcome, faults->texts[index], trying->profile, failure);
}

static void take_trial(void *context, size_t index, enum scn_job_result result,
                       struct shim_history *history, const char *message)
{
    struct trying *trying = context;
    struct scn_trial *trial = trial_of(trying, index);
    struct scn_outcome *outcome = &trying->job->schedules->outcome;
    (void)message;
    if (trial == NULL) {
        return;
    }
    trial->ran = outcome->ran && result == SCN_JOB_DONE;
    trial->how = outcome->how;
    trial->steps = outcome->steps;
    trial->decisions = outcome->decisions;
    trial->trace = outcome->trace;
    trial->turns = outcome->turns;
    outcome->trace = outcome->turns = NULL;
    trying->failed |= take_failure(trying, index, history, &trial->failure) != 0;
}

int scn_try(struct scn_job *job, enum rpt_profile profile, const char *const *traces, size_t count,
            struct scn_trial *trials)
{
    const char *faults[SCN_TRIALS];
    for (size_t i = 0; i < SCN_TRIALS; i++) {
        faults[i] = job->faults != NULL ? job->faults->texts[0] : NULL;
    }
    return scn_try_faults(job, profile, traces, job->faults != NULL ? faults : NULL, count, trials);
}

int scn_try_faults(struct scn_job *job, enum rpt_profile profile, const char *const *traces,
                   const char *const *faults, size_t count, struct scn_trial *trials)
{
    char error[CMD_MESSAGE] = "";
    const struct scn_plan *plans[SCN_TRIALS + 1];
    const char *all_traces[SCN_TRIALS + 1], *texts[SCN_TRIALS + 1] = {""};
    struct scn_faults with = {.texts = texts, .record = true}, *before = job->faults;
    struct trying trying = {.job = job, .profile = profile, .trials = trials};
    size_t more = faults != NULL;
    memset(trials, 0, count * sizeof trials[0]);
    for (size_t i = 0; i < count + more; i++) {
        plans[i] = job->plan;
        all_traces[i] = traces[i < more ? 0 : i - more];
        texts[i] = i < more || faults == NULL ? "" : faults[i - more];
    }
    job->faults = faults != NULL ? &with : NULL;
    job->schedules->traces = all_traces;
    job->schedules->first_follows = faults != NULL;
    enum scn_job_result result = scn_supervise_batch(job, plans, count + more, take_trial, &trying, error,
                                                     sizeof error);
    job->schedules->traces = NULL;
    job->faults = before;
    if (result == SCN_JOB_ENGINE_UNUSABLE) {
        return cmd_fail(CMD_NOTHING, "%s", error);
    }
    return result != SCN_JOB_DONE || trying.failed
               ? cmd_fail(CMD_HARNESS, "%s", error[0] != '\0' ? error : "out of memory")
               : 0;
}

/* The words of a trace: each is a turn. */
static size_t count_words(const char *trace)
{
    size_t count = 0;
    while (*(trace += strspn(trace, " ")) != '\0') {
        count++;
        trace += strcspn(trace, " ");
    }
    return count;
}

size_t scn_switches(const char *trace)
{
    size_t words = count_words(trace);
    return words > 0 ? words - 1 : 0;
}

/* The trace without `count` turns from `first` on; NULL without memory. */
static char *without(const char *trace, size_t first, size_t count)
{
    char *text = malloc(strlen(trace) + 2), *to = text;
    for (size_t i = 0; text != NULL && *(trace += strspn(trace, " ")) != '\0'; i++) {
        size_t length = strcspn(trace, " ");
        if (i < first || i >= first + count) {
            memcpy(to, trace, length);
            to += length;
            *to++ = ' ';
        }
        trace += length;
    }
    if (text != NULL) {
        *to = '\0';
    }
    return text;
}

/* Tries to leave out `chunk` turns from *at on, at several places at once. True: *trial is shorter now. */
static bool pass(struct scn_job *job, enum rpt_profile profile, struct scn_trial *trial, size_t chunk,
                 size_t *at, int *tries)
{
    char *traces[SCN_TRIALS] = {NULL};
    struct scn_trial trials[SCN_TRIALS];
    size_t words = count_words(trial->trace), count = 0, from = *at;
    bool better = false;
    for (; count < SCN_TRIALS && from < words; from += chunk) {
        traces[count] = without(trial->trace, from, chunk);
        count += traces[count] != NULL;
    }
    if (count > 0 && scn_try(job, profile, (const char *const *)traces, count, trials) == 0) {
        *tries += (int)count;
        for (size_t i = 0; i < count; i++) {
            if (!better && trials[i].ran && scn_same_failure(&trials[i].failure, &trial->failure) &&
                trials[i].trace != NULL && count_words(trials[i].trace) < words) {
                scn_trial_fini(trial);
                *trial = trials[i];
                better = true;
                *at += i * chunk;
            } else {
                scn_trial_fini(&trials[i]);
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        free(traces[i]);
    }
    if (!better) {
        *at = from;
    }
    return better;
}

int scn_shrink(struct scn_job *job, enum rpt_profile profile, struct scn_trial *trial)
{
    uint64_t begin = scn_milliseconds();
    int tries = 0;
    job->schedules->mode = SCN_SCHEDULES_FOLLOW;
    for (size_t chunk = (count_words(trial->trace) + 1) / 2; chunk > 0; chunk /= 2) {
        bool again = true;
        while (again) {
            again = false;
            for (size_t at = 0; at < count_words(trial->trace) && !scn_interrupted() &&
                                scn_milliseconds() - begin < SHRINK_MS;) {
                again |= pass(job, profile, trial, chunk, &at, &tries);
            }
            again = again && chunk == 1;
        }
    }
    return tries;
}

/* ---- the readable trace ---- */

static char *line_of(const char **at, char *text, size_t size)
{
    size_t length = strcspn(*at, "\n");
    snprintf(text, size, "%.*s", (int)length, *at);
    *at += length + ((*at)[length] != '\0');
    return text;
}

/* "function at file.c:12" of a line that scn_symbolise wrote, else the module and offset. */
static const char *place(char *line)
{
    char *bracket = strrchr(line, '[');
    char *name = strstr(line, ") ");
    if (name != NULL) {
        return name + 2;
    }
    if (bracket != NULL) {
        *bracket = '\0';
    }
    char *slash = strrchr(line, '/');
    return slash != NULL ? slash + 1 : line;
}

void scn_show_turns(FILE *out, const char *turns)
{
    char head[80], first[120], first_place[800], last[120], last_place[800];
    char left[200], right[200];
    if (turns == NULL || *turns == '\0') {
        return;
    }
    fprintf(out, "  %-7s %6s  %-62s %s\n", "thread", "steps", "goes on with", "up to");
    while (*turns != '\0') {
        unsigned thread = 0;
        unsigned long long steps = 0;
        line_of(&turns, head, sizeof head);
        line_of(&turns, first, sizeof first);
        line_of(&turns, first_place, sizeof first_place);
        line_of(&turns, last, sizeof last);
        line_of(&turns, last_place, sizeof last_place);
        if (sscanf(head, "turn %u %llu", &thread, &steps) != 2) {
            return;
        }
        snprintf(left, sizeof left, "%.60s %.120s", first + strcspn(first, " ") + 1, place(first_place));
        snprintf(right, sizeof right, "%.60s %.120s", last + strcspn(last, " ") + 1, place(last_place));
        fprintf(out, "  %-7u %6llu  %-62s %s\n", thread, steps, left, steps > 1 ? right : "");
    }
}
