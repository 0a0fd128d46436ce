/* scenarios/explorer/placed_trial.c - what a schedule with a fault showed, and less of a fault that shows the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/explorer/faults.h"
#include "scenarios/explorer/placed.h"
#include "scenarios/supervisor/platform.h"

int scn_placed_failure_of(struct shim_history *history, const struct scn_faulted *faulted, const char *fault,
                          enum rpt_profile profile, struct scn_failure *failure)
{
    struct scn_fault_verdict verdict;
    if (fault[0] == '\0') {
        return scn_failure_of(history, profile, failure);
    }
    if (faulted->log.fired == 0) { /* its stops were looked at more than the script expects */
        (void)scn_fault_soften(history);
        return scn_failure_of(history, profile, failure);
    }
    memset(failure, 0, sizeof *failure);
    failure->verdict = RPT_CONFORMS;
    failure->fn = SHIM_FN_NONE;
    int failed = scn_fault_judge(history, faulted, fault, profile, &verdict);
    for (int i = 0; i < verdict.count && failed == 0; i++) {
        if (verdict.findings[i].text != NULL &&
            rpt_verdict_worse(failure->verdict, verdict.findings[i].verdict) != failure->verdict) {
            failure->verdict = verdict.findings[i].verdict;
            failure->fn = verdict.findings[i].fn;
            failure->clause = verdict.findings[i].clause;
            snprintf(failure->text, sizeof failure->text, "%.990s", verdict.findings[i].text);
        }
    }
    scn_fault_verdict_fini(&verdict);
    scn_failure_place(history, failure);
    return failed;
}

/* ---- less ---- */

#define ALONE 100 /* schedules without a fault that are tried */

/* Faults that are less than this one, the least first. */
struct less {
    char texts[SCN_TRIALS][SHIM_FAULT_TEXT];
    size_t count;
};

static void add_less(struct less *less, const struct shim_fault *fault)
{
    if (less->count < SCN_TRIALS) {
        shim_fault_print(fault, less->texts[less->count++], SHIM_FAULT_TEXT);
    }
}

/* Once instead of lasting; then kinds that come earlier in the list, once and as it was. */
static void simpler(const struct shim_fault *fault, const struct scn_fault_kinds *kinds, struct less *less)
{
    enum shim_operation operation = 0;
    while (operation + 1 < SHIM_LIBC_COUNT && (fault->operations >> operation & 1) == 0) {
        operation++;
    }
    for (int i = 0; i < kinds->count; i++) {
        struct shim_fault other = *fault;
        bool same = kinds->kinds[i].kind == fault->kind && kinds->kinds[i].error == fault->error;
        if (!shim_operation_can(operation, kinds->kinds[i].kind, kinds->kinds[i].error)) {
            continue;
        }
        scn_fault_set_kind(&other, kinds, i);
        if (fault->times == 0) {
            other.times = 1;
            add_less(less, &other);
            other.times = 0;
        }
        if (same) {
            break;
        }
        if (fault->times != 0 || scn_fault_can_last(operation, &other)) {
            add_less(less, &other);
        }
    }
}

static void earlier(const struct shim_fault *fault, const struct scn_fault_kinds *kinds, struct less *less)
{
    struct shim_fault other = *fault;
    uint64_t last = 0;
    (void)kinds;
    for (uint64_t part = 0; part <= 8; part++) {
        other.first = 1 + (fault->first - 1) * part / 8;
        if (other.first < fault->first && other.first != last) {
            add_less(less, &other);
        }
        last = other.first;
    }
    other.first = fault->first - 1;
    if (other.first > 0 && other.first != last) {
        add_less(less, &other);
    }
}

/* Tries the faults on the trial's turns. True: one of them shows the same, and is what is left. */
static bool take_less(struct scn_job *job, enum rpt_profile profile, struct scn_trial *trial, const struct less *less,
                      char fault[SHIM_FAULT_TEXT], int *tries)
{
    const char *turns[SCN_TRIALS], *texts[SCN_TRIALS];
    struct scn_trial trials[SCN_TRIALS];
    bool better = false;
    for (size_t i = 0; i < less->count; i++) {
        turns[i] = trial->turns;
        texts[i] = less->texts[i];
    }
    if (less->count == 0 || scn_try_faults(job, profile, turns, texts, less->count, false, trials) != 0) {
        return false;
    }
    *tries += (int)less->count;
    for (size_t i = 0; i < less->count; i++) {
        if (!better && trials[i].ran && trials[i].trace != NULL &&
            scn_same_failure(&trials[i].failure, &trial->failure)) {
            scn_trial_fini(trial);
            *trial = trials[i];
            snprintf(fault, SHIM_FAULT_TEXT, "%s", texts[i]);
            better = true;
        } else {
            scn_trial_fini(&trials[i]);
        }
    }
    return better;
}

static bool same_promise(const struct scn_failure *a, const struct scn_failure *b)
{
    return a->verdict == b->verdict && a->clause == b->clause;
}

/* Whether the same turns break the same promise with nothing going wrong; then *trial is that run. */
static bool do_without(struct scn_job *job, enum rpt_profile profile, struct scn_trial *trial)
{
    const char *turns[] = {trial->turns};
    struct scn_trial without;
    if (scn_try_faults(job, profile, turns, NULL, 1, false, &without) != 0) {
        return false;
    }
    if (!without.ran || without.trace == NULL || !same_promise(&without.failure, &trial->failure)) {
        scn_trial_fini(&without);
        return false;
    }
    scn_trial_fini(trial);
    *trial = without;
    return true;
}

/* Whether other schedules break the same promise with nothing going wrong: without the fault the same turns lead
 * elsewhere, but the bug may be one of the order alone. Then *trial is such a run. */
static bool search_without(struct scn_job *job, enum rpt_profile profile, struct scn_trial *trial, int *tries)
{
    struct scn_faults *faults = job->faults;
    struct scn_trial without;
    job->faults = NULL;
    bool found = scn_search(job, profile, ALONE, &trial->failure, same_promise, &without, tries) == 0;
    if (found && without.ran && without.turns != NULL && same_promise(&without.failure, &trial->failure)) {
        scn_trial_fini(trial);
        *trial = without;
    } else {
        scn_trial_fini(&without);
        found = false;
    }
    job->faults = faults;
    job->schedules->mode = SCN_SCHEDULES_FOLLOW;
    return found;
}

int scn_shrink_fault(struct scn_job *job, enum rpt_profile profile, struct scn_trial *trial,
                     const struct scn_fault_kinds *kinds, bool first, char fault[SHIM_FAULT_TEXT])
{
    void (*const ways[])(const struct shim_fault *fault, const struct scn_fault_kinds *kinds, struct less *less) = {
        simpler, earlier};
    char ignored[256];
    int tries = 1;
    job->schedules->mode = SCN_SCHEDULES_FOLLOW;
    if (do_without(job, profile, trial) || (first && search_without(job, profile, trial, &tries))) {
        fault[0] = '\0';
        return tries;
    }
    for (size_t way = 0; way < sizeof ways / sizeof ways[0] && !scn_interrupted(); way++) {
        struct shim_fault now;
        struct less less = {.count = 0};
        if (shim_fault_parse(fault, &now, ignored, sizeof ignored) == 0) {
            ways[way](&now, kinds, &less);
            take_less(job, profile, trial, &less, fault, &tries);
        }
    }
    return tries;
}
