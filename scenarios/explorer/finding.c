/* scenarios/explorer/finding.c - what becomes of a finding. */
#include "scenarios/explorer/finding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/explorer/reduce.h"
#include "scenarios/explorer/schedule.h"
#include "scenarios/language/language.h"
#include "scenarios/supervisor/job.h"
#include "scenarios/supervisor/platform.h"

void scn_finding_fini(struct scn_finding *finding)
{
    free(finding->trace);
    shim_history_fini(&finding->history);
    memset(finding, 0, sizeof *finding);
}

void scn_report_name(const struct cmd_options *options, const char *script, size_t number, const char *suffix,
                     char *name, size_t size)
{
    char part[48] = "", which[24] = "";
    if (options->shards > 0) {
        snprintf(part, sizeof part, ".%llu-of-%llu", (unsigned long long)options->shard,
                 (unsigned long long)options->shards);
    }
    if (number > 0) {
        snprintf(which, sizeof which, ".%llu", (unsigned long long)number + 1);
    }
    snprintf(name, size, "%.200s%s%s%s", script, part, which, suffix);
    for (char *c = name; *c != '\0'; c++) {
        if (strchr("/\\:*?\"<>|", *c) != NULL) {
            *c = '-';
        }
    }
}

/* ---- shorter ---------------------------------------------------------------------------------------- */

struct shrinking {
    const struct scn_findings *all;
};

static int play_turns(void *context, const char *const *turns, size_t count, struct scn_trial *trials)
{
    const struct scn_findings *all = ((struct shrinking *)context)->all;
    all->job->schedules->mode = SCN_SCHEDULES_FOLLOW;
    return scn_try(all->job, all->options->profile, turns, count, false, trials);
}

static void tell_shrinking(void *context, size_t preemptions, int tries)
{
    const struct scn_findings *all = ((struct shrinking *)context)->all;
    cmd_progress("%s: making the schedule shorter: %llu preemptions, %d tries", all->job->plan->name,
                 (unsigned long long)preemptions, tries);
}

/* Less of the script; then of the fault, of the schedule, and of the fault again: with fewer changes of thread more may
 * do. *tries becomes how many runs that took. 0, or an exit code after a message. */
static int shrink(const struct scn_findings *all, struct scn_finding *finding, struct scn_trial *trial,
                  struct scn_reduction *reduction, int *tries)
{
    struct shrinking shrinking = {all};
    struct scn_shrinking how = {.play = play_turns, .progress = tell_shrinking, .context = &shrinking};
    struct scn_job *job = all->job;
    int result = 0;
    if (job->faults == NULL && !job->plan->control) { /* faults are counted in the whole script */
        result = scn_reduce(job, all->options->profile, trial, finding->at, reduction);
    }
    for (int pass = 0; pass < 2 && result == 0; pass++) {
        if (job->faults != NULL) {
            *tries += scn_shrink_fault(job, all->options->profile, trial, all->kinds, pass == 0, finding->fault);
            job->faults = finding->fault[0] != '\0' ? job->faults : NULL;
        }
        if (pass == 0) {
            result = scn_shrink(&how, trial);
            *tries += how.tries;
        }
    }
    return result;
}

/* ---- shown ------------------------------------------------------------------------------------------ */

static void show_fault(const struct scn_finding *finding, const char *found)
{
    if (found[0] != '\0' && finding->fault[0] == '\0') {
        printf("  it was found with %s, but needs no fault: the order of threads shows it alone\n", found);
    } else if (found[0] != '\0') {
        printf("  fault: %s%s%s%s\n", finding->fault, strcmp(finding->fault, found) != 0 ? " (found with " : "",
               strcmp(finding->fault, found) != 0 ? found : "", strcmp(finding->fault, found) != 0 ? ")" : "");
    }
}

/* The actors of what is left of the script. */
static void show_script(const struct scn_findings *all, const struct scn_reduction *reduction)
{
    struct shim_history head;
    shim_history_init(&head);
    if (reduction->after < reduction->before && scn_job_header(all->job, all->job->plan, &head) == 0) {
        bool inside = false;
        printf("  %llu of the %llu lines of its actors are enough (%d scripts tried):\n",
               (unsigned long long)reduction->after, (unsigned long long)reduction->before, reduction->tries);
        for (const char *line = head.header.plan; *line != '\0';) {
            size_t length = strcspn(line, "\n");
            inside = *line == ' ' ? inside : strncmp(line, "actor ", 6) == 0 || (inside && strncmp(line, "end", 3) == 0);
            if (inside) {
                printf("    %.*s\n", (int)length, line);
            }
            line += length + (line[length] != '\0');
        }
    }
    shim_history_fini(&head);
}

static void show(const struct scn_findings *all, const struct scn_finding *finding, const struct scn_trial *first,
                 const struct scn_trial *last, int tries, double seconds)
{
    size_t before = scn_preemptions(first->turns), after = scn_preemptions(last->turns);
    printf("  %llu changes of thread, %llu preemption%s", (unsigned long long)scn_switches(last->turns),
           (unsigned long long)after, after == 1 ? "" : "s");
    if (!all->options->no_shrink) {
        printf(" (found with %llu and %llu; %d tries to do without, %.1f s)",
               (unsigned long long)scn_switches(first->turns), (unsigned long long)before, tries, seconds);
    }
    printf("%s\n", finding->fault[0] != '\0' ? ", and the fault" : "");
    scn_show_story(stdout, last->story, SHIM_RUN_DONE); /* what every thread was doing comes with the case */
}

/* ---- kept ------------------------------------------------------------------------------------------- */

static int save_schedule(const struct scn_findings *all, const struct scn_finding *finding, const char *path)
{
    char error[CMD_MESSAGE];
    const struct cmd_options *options = all->options;
    const struct rpt_suite *suite = all->suite;
    struct shim_history head;
    bool named = finding->failure.verdict == RPT_CRASH || finding->failure.verdict == RPT_SANITIZER;
    shim_history_init(&head);
    int result = scn_job_header(all->job, all->job->plan, &head);
    struct scn_schedule_file file = {
        .name = (char *)(uintptr_t)all->job->plan->name,
        .engine = suite->engine,
        .build = suite->engine_build,
        .profile = suite->profile,
        .strategy = (char *)(uintptr_t)shim_strategy_name(all->kind),
        .verdict = (char *)(uintptr_t)rpt_verdict_name(finding->failure.verdict),
        .finding = (char *)(uintptr_t)finding->failure.text,
        .clause = finding->failure.clause != NULL ? (char *)(uintptr_t)finding->failure.clause->id : NULL,
        .place = named && !scn_can_symbolise() ? NULL : (char *)(uintptr_t)finding->failure.place,
        .plan = (char *)(uintptr_t)head.header.plan,
        .fault = finding->fault[0] != '\0' ? (char *)(uintptr_t)finding->fault : NULL,
        .decisions = finding->trace,
        .setting_count = options->setting_count,
        .depth = (unsigned)options->depth,
        .seed = finding->seed,
        .input_seed = finding->input_seed,
        .steps = all->job->schedules->steps,
        .between = finding->between,
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

/* What every thread was doing, of the event that ended the run. */
static char *stacks_of(const struct shim_history *history)
{
    for (size_t i = 0; i < history->event_count; i++) {
        const struct shim_hist_event *event = &history->events[i];
        bool under_control = event->kind == SHIM_EVENT_DEADLOCK || event->kind == SHIM_EVENT_LIVELOCK;
        if (event->text != NULL && (under_control || event->kind == SHIM_EVENT_CRASH || event->kind == SHIM_EVENT_HANG ||
                                    event->kind == SHIM_EVENT_SANITIZER)) {
            const char *text = event->text; /* the first line of these is the place */
            text += under_control ? strcspn(text, "\n") : 0;
            text += under_control && *text == '\n';
            return *text != '\0' ? cmd_copy(text) : NULL;
        }
    }
    return NULL;
}

/* The finding into its case; `history` shows it. 0, or -1 without memory. */
static int fill_case(const struct scn_findings *all, const struct scn_finding *finding, struct shim_history *history,
                     struct rpt_case *c)
{
    struct rpt_judgement judgement;
    int repeats = c->repeats, failed = 0;
    uint64_t calls = c->calls;
    if (finding->fault[0] != '\0') { /* judged otherwise than other runs */
        char text[SHIM_FAULT_TEXT + sizeof finding->failure.text + 4];
        snprintf(text, sizeof text, "%s: %s", finding->fault, finding->failure.text);
        failed = cmd_case_note(c, finding->failure.verdict, finding->failure.fn, text);
        if (failed == 0) {
            c->findings[c->finding_count - 1].clause = finding->failure.clause;
        }
    } else {
        failed = rpt_judge(history, all->options->profile, &judgement);
        if (failed == 0) {
            failed = rpt_case_add(c, &judgement, history);
            rpt_judgement_fini(&judgement);
        }
        c->repeats = repeats;
        c->calls = calls;
    }
    for (size_t i = 0; i < c->finding_count; i++) {
        if (c->findings[i].verdict == finding->failure.verdict && c->findings[i].clause == finding->failure.clause) {
            c->findings[i].times = finding->times;
        }
    }
    c->stacks = stacks_of(history);
    return failed != 0 ? -1 : 0;
}

static int record(const struct scn_findings *all, const struct scn_finding *finding, const char *schedule,
                  const char *history)
{
    struct scn_found *found = scn_results_add(all->results);
    if (found == NULL) {
        return -1;
    }
    const struct scn_failure *failure = &finding->failure;
    *found = (struct scn_found){.verdict = cmd_copy(rpt_verdict_name(failure->verdict)),
                                .clause = failure->clause != NULL ? cmd_copy(failure->clause->id) : NULL,
                                .place = cmd_copy(failure->place),
                                .text = cmd_copy(failure->text),
                                .fault = finding->fault[0] != '\0' ? cmd_copy(finding->fault) : NULL,
                                .schedule = schedule != NULL ? cmd_copy(schedule) : NULL,
                                .history = history != NULL ? cmd_copy(history) : NULL,
                                .seed = finding->seed,
                                .times = finding->times};
    return found->verdict != NULL && found->place != NULL && found->text != NULL ? 0 : -1;
}

/* Schedule, history and the line that shows it again. 0, or an exit code after a message. */
static int keep(const struct scn_findings *all, const struct scn_finding *finding, size_t number,
                const struct shim_history *history, struct rpt_case *c)
{
    char name[CMD_PATH], file[CMD_PATH], path[CMD_PATH * 2], command[CMD_PATH * 2];
    const char *script = all->job->plan->name;
    if (all->options->report == NULL) {
        return record(all, finding, NULL, NULL);
    }
    scn_report_name(all->options, script, number, "", name, sizeof name);
    scn_report_name(all->options, script, number, ".schedule", file, sizeof file);
    snprintf(path, sizeof path, "%s/%s", all->options->report, file);
    const char *words[] = {"replay", path, NULL};
    cmd_again(all->options, words, command, sizeof command);
    free(c->command);
    c->command = cmd_copy(command);
    int result = cmd_report_history(all->options, name, history, command, &c->evidence);
    if (result == 0) {
        result = save_schedule(all, finding, path);
    }
    snprintf(path, sizeof path, "%.900s.jsonl", name);
    return result == 0 ? record(all, finding, file, path) : result;
}

/* ---- all of it -------------------------------------------------------------------------------------- */

/* Plays the finding exactly, for the readable trace. */
static int play_again(const struct scn_findings *all, const char *trace, bool story, struct scn_trial *trial)
{
    all->job->schedules->mode = SCN_SCHEDULES_REPLAY;
    all->job->schedules->story = story;
    int result = scn_try(all->job, all->options->profile, &trace, 1, true, trial);
    all->job->schedules->story = false;
    return result;
}

int scn_finding_finish(struct scn_findings *all, struct scn_finding *finding, size_t number, struct rpt_case *c)
{
    char name[SCN_MAX_WORD + 1];
    const char *faults[1] = {finding->fault};
    struct scn_faults with = {.texts = faults};
    struct scn_trial first, best, last;
    struct scn_reduction reduction = {.plan = NULL};
    const struct scn_plan *whole = all->job->plan;
    char found[SHIM_FAULT_TEXT];
    int tries = 0;
    memset(&best, 0, sizeof best);
    memset(&last, 0, sizeof last);
    snprintf(found, sizeof found, "%s", finding->fault);
    snprintf(name, sizeof name, "%s", whole->name);
    all->job->faults = finding->fault[0] != '\0' ? &with : NULL;
    cmd_progress("%s: a finding; playing it again", name);
    int result = play_again(all, finding->trace, false, &first);
    bool stays = result == 0 && scn_same_failure(&first.failure, &finding->failure);
    uint64_t begin = scn_milliseconds();
    if (stays) {
        const char *trace = first.trace;
        if (!all->options->no_shrink) {
            result = play_again(all, finding->trace, false, &best);
            result = result == 0 ? shrink(all, finding, &best, &reduction, &tries) : result;
            trace = best.trace != NULL ? best.trace : trace;
        }
        uint64_t end = scn_milliseconds();
        result = result == 0 ? play_again(all, trace, true, &last) : result;
        stays = result == 0 && scn_same_failure(&last.failure, best.ran ? &best.failure : &finding->failure);
        begin = end - begin;
    }
    if (stays) {
        finding->failure = last.failure;
        free(finding->trace);
        finding->trace = cmd_copy(last.trace != NULL ? last.trace : "");
    }
    cmd_progress_clear();
    if (result == 0) {
        printf("%s: %s after %llu schedules (%s, seed %llu, %.1f s): %s\n", name,
               rpt_verdict_name(finding->failure.verdict), (unsigned long long)finding->at,
               shim_strategy_name(all->kind), (unsigned long long)finding->seed, finding->seconds,
               finding->failure.text);
        show_fault(finding, found);
        if (stays) {
            show_script(all, &reduction);
            show(all, finding, &first, &last, tries, (double)begin / 1000.0);
        } else {
            printf("  the same decisions did not show it again: something else than the order of threads differs\n");
        }
        struct shim_history *history = stays ? &last.history : &finding->history;
        if (fill_case(all, finding, history, c) != 0) {
            result = -1;
        } else {
            result = keep(all, finding, number, history, c);
        }
    }
    scn_trial_fini(&first);
    scn_trial_fini(&best);
    scn_trial_fini(&last);
    scn_plan_free(reduction.plan);
    all->job->plan = whole;
    all->job->faults = NULL;
    return result < 0 ? cmd_fail(CMD_HARNESS, "out of memory") : result;
}

int scn_exploration_begin(const struct cmd_options *options, struct scn_results *results)
{
    results->seed = options->seed;
    results->shard = options->shards > 0 ? options->shard : 0;
    results->shards = options->shards;
    results->asked = (uint64_t)options->schedules;
    return results->name != NULL && results->engine != NULL && results->build != NULL && results->profile != NULL &&
                   results->strategy != NULL && results->setup != NULL
               ? 0
               : -1;
}

int scn_exploration_end(const struct cmd_options *options, struct scn_results *results, size_t findings)
{
    char name[CMD_PATH], path[CMD_PATH * 2], error[CMD_MESSAGE];
    results->complete = (findings == 0 || options->all) && !scn_interrupted();
    if (options->report == NULL) {
        return 0;
    }
    scn_report_name(options, results->name, 0, SCN_RESULTS_SUFFIX, name, sizeof name);
    snprintf(path, sizeof path, "%s/%s", options->report, name);
    return scn_results_save(results, path, error, sizeof error) != 0 ? cmd_fail(CMD_USAGE, "%s", error) : 0;
}
