/* scenarios/explorer/trial.c - schedules tried one by one, and what each showed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/explorer/campaign.h"
#include "scenarios/explorer/placed.h"

/* The function of a frame: "module(+0x12) f at x.c:12" as scn_symbolise writes it, "#0 f /x.c:12 ..." and "#0 0x12 in f
 * /x.c:12 ..." as sanitizers do. Its length; 0: the line is no frame. */
static int function_of(const char *line, size_t length, const char **function)
{
    const char *name = memchr(line, ')', length), *end = line + length;
    const char *hash = memchr(line, '#', length);
    if (hash != NULL && hash + 1 < end && hash[1] >= '0' && hash[1] <= '9') {
        const char *at = hash + strcspn(hash, " ");
        at += strspn(at, " ");
        if (strncmp(at, "0x", 2) == 0) {
            const char *in = strstr(at, " in ");
            at = in != NULL && in < end ? in + 4 : end;
        }
        *function = at;
        return at < end ? (int)strcspn(at, " \n") : 0;
    }
    const char *at = name != NULL ? strstr(name, " at ") : NULL;
    if (at == NULL || at >= end || name[1] != ' ') {
        return 0;
    }
    *function = name + 2;
    return (int)(at - name - 2);
}

/* The first functions of the first stack, innermost first. */
static void place_of_stack(const char *stack, char *place, size_t size)
{
    size_t length = 0;
    int frames = 0;
    while (*stack != '\0' && frames < 3) {
        const char *function = "";
        size_t line = strcspn(stack, "\n");
        int name = function_of(stack, line, &function);
        if (name > 0) {
            int wrote = snprintf(place + length, size - length, "%s%.*s", frames > 0 ? " < " : "", name, function);
            length += wrote > 0 && (size_t)wrote < size - length ? (size_t)wrote : 0;
            frames++;
        }
        stack += line + (stack[line] != '\0');
    }
}

void scn_failure_place(const struct shim_history *history, struct scn_failure *failure)
{
    for (size_t i = 0; i < history->event_count && failure->place[0] == '\0'; i++) {
        const struct shim_hist_event *event = &history->events[i];
        if (event->text == NULL) {
            continue;
        }
        if (event->kind == SHIM_EVENT_CRASH || event->kind == SHIM_EVENT_SANITIZER) {
            place_of_stack(event->text, failure->place, sizeof failure->place);
        } else if (event->kind == SHIM_EVENT_DEADLOCK) { /* its first line */
            snprintf(failure->place, sizeof failure->place, "%.*s", (int)strcspn(event->text, "\n"), event->text);
        }
    }
    if (failure->place[0] == '\0' && failure->fn != SHIM_FN_NONE) {
        snprintf(failure->place, sizeof failure->place, "%s", shim_function(failure->fn)->name);
    }
}

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
                snprintf(failure->text, sizeof failure->text, "%s", finding->text);
                scn_failure_place(history, failure);
                break;
            }
        }
    }
    rpt_judgement_fini(&judgement);
    return 0;
}

bool scn_same_failure(const struct scn_failure *a, const struct scn_failure *b)
{
    return a->verdict == b->verdict && a->clause == b->clause && strcmp(a->place, b->place) == 0;
}

void scn_trial_fini(struct scn_trial *trial)
{
    free(trial->trace);
    free(trial->turns);
    free(trial->story);
    shim_history_fini(&trial->history);
    memset(trial, 0, sizeof *trial);
}

struct trying {
    struct scn_job *job;
    enum rpt_profile profile;
    struct scn_trial *trials;
    bool keep;
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

static bool has_fired(const struct trying *trying)
{
    const struct scn_faults *faults = trying->job->faults;
    return faults != NULL && faults->outcome.log.fired > 0;
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
    bool no_setup = result == SCN_JOB_UNSUPPORTED || result == SCN_JOB_SETUP_FAILED; /* by the fault: that is judged, too */
    trial->ran = outcome->ran && (result == SCN_JOB_DONE || (no_setup && has_fired(trying)));
    trial->how = outcome->how;
    trial->steps = outcome->steps;
    trial->decisions = outcome->decisions;
    trial->trace = outcome->trace;
    trial->turns = outcome->turns;
    trial->story = outcome->story;
    outcome->trace = outcome->turns = outcome->story = NULL;
    trying->failed |= take_failure(trying, index, history, &trial->failure) != 0;
    if (trying->keep) {
        trial->history = *history;
        shim_history_init(history);
    }
}

int scn_try(struct scn_job *job, enum rpt_profile profile, const char *const *texts, size_t count,
            bool keep, struct scn_trial *trials)
{
    const char *faults[SCN_TRIALS];
    for (size_t i = 0; i < SCN_TRIALS; i++) {
        faults[i] = job->faults != NULL ? job->faults->texts[0] : NULL;
    }
    return scn_try_faults(job, profile, texts, job->faults != NULL ? faults : NULL, count, keep, trials);
}

int scn_try_faults(struct scn_job *job, enum rpt_profile profile, const char *const *texts,
                   const char *const *faults, size_t count, bool keep, struct scn_trial *trials)
{
    char error[CMD_MESSAGE] = "";
    const struct scn_plan *plans[SCN_TRIALS + 1];
    const char *all_texts[SCN_TRIALS + 1], *all_faults[SCN_TRIALS + 1] = {""};
    struct scn_faults with = {.texts = all_faults, .record = true, .plain_without = true}, *before = job->faults;
    struct trying trying = {.job = job, .profile = profile, .trials = trials, .keep = keep};
    size_t more = faults != NULL;
    memset(trials, 0, count * sizeof trials[0]);
    for (size_t i = 0; i < count; i++) {
        shim_history_init(&trials[i].history);
    }
    for (size_t i = 0; i < count + more; i++) {
        plans[i] = job->plan;
        all_texts[i] = texts[i < more ? 0 : i - more];
        all_faults[i] = i < more || faults == NULL ? "" : faults[i - more];
    }
    job->faults = faults != NULL ? &with : NULL;
    job->schedules->traces = all_texts;
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

/* ---- a search for one failure ----------------------------------------------------------------------- */

struct searching {
    struct scn_job *job;
    enum rpt_profile profile;
    const struct scn_failure *like;
    scn_likeness *alike;
    atomic_bool stop;
    char *trace;
    int runs;
    bool failed;
};

static void look_at(void *context, size_t index, enum scn_job_result result, struct shim_history *history,
                    const char *message)
{
    struct searching *searching = context;
    struct scn_outcome *outcome = &searching->job->schedules->outcome;
    struct scn_failure failure;
    (void)index, (void)message;
    searching->runs++;
    if (result != SCN_JOB_DONE || !outcome->ran || searching->trace != NULL) {
        return;
    }
    searching->failed = searching->failed || scn_failure_of(history, searching->profile, &failure) != 0;
    if (!searching->failed && searching->alike(&failure, searching->like)) {
        searching->trace = outcome->trace;
        outcome->trace = NULL;
        atomic_store(&searching->stop, true);
    }
}

int scn_search(struct scn_job *job, enum rpt_profile profile, size_t count, const struct scn_failure *like,
               scn_likeness *alike, struct scn_trial *trial, int *runs)
{
    char error[CMD_MESSAGE] = "";
    struct searching searching = {.job = job, .profile = profile, .like = like, .alike = alike};
    const struct scn_plan **plans = malloc(count * sizeof *plans);
    memset(trial, 0, sizeof *trial);
    shim_history_init(&trial->history);
    if (plans == NULL) {
        return cmd_fail(CMD_HARNESS, "out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        plans[i] = job->plan;
    }
    job->schedules->mode = SCN_SCHEDULES_SEARCH;
    job->schedules->stop = &searching.stop;
    enum scn_job_result result = scn_supervise_batch(job, plans, count, look_at, &searching, error, sizeof error);
    job->schedules->stop = NULL;
    *runs += searching.runs;
    free(plans);
    if (result != SCN_JOB_DONE || searching.failed) {
        free(searching.trace);
        return cmd_fail(result == SCN_JOB_ENGINE_UNUSABLE ? CMD_NOTHING : CMD_HARNESS, "%s",
                        error[0] != '\0' ? error : "out of memory");
    }
    if (searching.trace == NULL) {
        return 0;
    }
    const char *traces[] = {searching.trace};
    job->schedules->mode = SCN_SCHEDULES_REPLAY;
    int failed = scn_try(job, profile, traces, 1, false, trial);
    free(searching.trace);
    return failed;
}
