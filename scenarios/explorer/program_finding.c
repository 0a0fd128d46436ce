/* scenarios/explorer/program_finding.c - what becomes of a failure of a program: played again, made shorter, shown, kept. */
#include "scenarios/explorer/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/explorer/finding.h"

#define LABEL 80

/* ---- names ------------------------------------------------------------------------------------------ */

void scn_program_label(const char *const *words, int count, char *label, size_t size)
{
    static const char fine[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+=,@";
    uint64_t hash = SCN_HASH;
    size_t length = 0;
    bool exact = true;
    for (int i = 0; i < count; i++) {
        const char *slash = i == 0 ? strrchr(words[0], '/') : NULL, *word = slash != NULL ? slash + 1 : words[i];
        hash = scn_hash(hash, word, strlen(word) + 1);
        if (i > 0 && length < LABEL) {
            label[length++] = '-';
        }
        for (; *word != '\0' && length < LABEL; word++) {
            bool is_fine = strchr(fine, *word) != NULL;
            exact = exact && is_fine;
            label[length++] = is_fine ? *word : '-';
        }
        exact = exact && *word == '\0';
    }
    label[length] = '\0';
    if (!exact) {
        snprintf(label + length, size - length, "-%08x", (unsigned)(hash ^ hash >> 32));
    }
}

void scn_program_build(const char *path, char *build, size_t size)
{
    char bytes[1 << 14];
    uint64_t hash = SCN_HASH;
    size_t got;
    FILE *file = fopen(path, "rb");
    build[0] = '\0';
    if (file == NULL) {
        return;
    }
    while ((got = fread(bytes, 1, sizeof bytes, file)) > 0) {
        hash = scn_hash(hash, bytes, got);
    }
    if (ferror(file) == 0) {
        snprintf(build, size, "file %016llx", (unsigned long long)hash);
    }
    fclose(file);
}

/* ---- kept ------------------------------------------------------------------------------------------- */

static int save(const struct scn_program_findings *all, const struct scn_program_finding *finding,
                const struct scn_trial *trial, const char *path)
{
    const struct cmd_options *options = all->options;
    char error[CMD_MESSAGE];
    struct scn_schedule_file file = {
        .name = (char *)(uintptr_t)all->name,
        .program = (char *)(uintptr_t)all->path,
        .build = (char *)(uintptr_t)all->build,
        .place = (char *)(uintptr_t)trial->failure.place,
        .strategy = (char *)(uintptr_t)shim_strategy_name(all->kind),
        .verdict = (char *)(uintptr_t)rpt_verdict_name(trial->failure.verdict),
        .finding = (char *)(uintptr_t)trial->failure.text,
        .decisions = trial->trace,
        .arguments = options->files,
        .argument_count = options->file_count,
        .depth = (unsigned)options->depth,
        .seed = finding->seed,
        .input_seed = options->seed,
        .steps = options->steps,
        .between = finding->between,
        .memory = options->memory};
    return scn_schedule_save(&file, path, error, sizeof error) != 0 ? cmd_fail(CMD_USAGE, "%s", error) : 0;
}

static int record(const struct scn_program_findings *all, const struct scn_program_finding *finding,
                  const struct scn_failure *failure, const char *schedule)
{
    struct scn_found *found = scn_results_add(all->results);
    if (found == NULL) {
        return cmd_fail(CMD_HARNESS, "out of memory");
    }
    *found = (struct scn_found){.verdict = cmd_copy(rpt_verdict_name(failure->verdict)),
                                .place = cmd_copy(failure->place),
                                .text = cmd_copy(failure->text),
                                .schedule = schedule != NULL ? cmd_copy(schedule) : NULL,
                                .seed = finding->seed,
                                .times = finding->times};
    return found->verdict != NULL && found->place != NULL && found->text != NULL
               ? 0
               : cmd_fail(CMD_HARNESS, "out of memory");
}

/* Schedule, the line that shows it again, and the case. */
static int keep(const struct scn_program_findings *all, const struct scn_program_finding *finding,
                const struct scn_program_trial *kept, size_t number, struct rpt_case *c)
{
    char file[CMD_PATH], path[CMD_PATH * 2], command[CMD_PATH * 2];
    const struct scn_failure *failure = &kept->trial.failure;
    if (cmd_case_note(c, failure->verdict, SHIM_FN_NONE, failure->text) != 0) {
        return cmd_fail(CMD_HARNESS, "out of memory");
    }
    c->findings[c->finding_count - 1].times = finding->times;
    c->stacks = kept->stacks[0] != '\0' ? cmd_copy(kept->stacks) : NULL;
    if (all->options->report == NULL) {
        printf("  with --report DIR its schedule is kept, for replay\n");
        return record(all, finding, failure, NULL);
    }
    scn_report_name(all->options, all->label, number, ".schedule", file, sizeof file);
    snprintf(path, sizeof path, "%s/%s", all->options->report, file);
    int result = save(all, finding, &kept->trial, path);
    if (result == 0) {
        const char *words[] = {"replay", path, NULL};
        cmd_again(all->options, words, command, sizeof command);
        printf("  again: %s\n", command);
        free(c->command);
        c->command = cmd_copy(command);
        result = record(all, finding, failure, file);
    }
    return result;
}

/* ---- all of it -------------------------------------------------------------------------------------- */

static void tell(const struct scn_program_findings *all, const struct scn_program_finding *finding,
                 const struct scn_failure *failure)
{
    printf("%s: %s after %llu schedules (%s, seed %llu, %.1f s): %s\n", all->name,
           scn_program_verdict(failure->verdict), (unsigned long long)finding->at, shim_strategy_name(all->kind),
           (unsigned long long)finding->seed, (double)finding->milliseconds / 1000.0, failure->text);
}

static int does_not_stay(const struct scn_program_findings *all, struct scn_program_finding *finding, struct rpt_case *c)
{
    cmd_progress_clear();
    tell(all, finding, &finding->failure);
    printf("  the same decisions did not show it again: something else than the order of threads differs\n");
    return cmd_case_note(c, finding->failure.verdict, SHIM_FN_NONE, finding->failure.text) != 0
               ? cmd_fail(CMD_HARNESS, "out of memory")
               : record(all, finding, &finding->failure, NULL);
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

int scn_program_finish(const struct scn_program_findings *all, struct scn_program_finding *finding, size_t number,
                       struct rpt_case *c)
{
    struct scn_program_trial first, last;
    struct scn_shrinking shrinking = {.play = play_turns, .context = all->launched};
    cmd_progress("%s: a finding; playing it again", all->name);
    shim_launch_between(all->launched, finding->between);
    int result = scn_program_play(all->launched, SHIM_PROGRAM_REPLAY, finding->decisions, false, &first);
    if (result != 0) {
        return result;
    }
    if (first.trial.how == SHIM_RUN_DIVERGED || !scn_same_failure(&first.trial.failure, &finding->failure)) {
        scn_program_trial_fini(&first);
        return does_not_stay(all, finding, c);
    }
    size_t preemptions = scn_preemptions(first.trial.turns), switches = scn_switches(first.trial.turns);
    if (!all->options->no_shrink && finding->failure.verdict != RPT_HANG) {
        cmd_progress("%s: making the schedule shorter", all->name);
        result = scn_shrink(&shrinking, &first.trial);
    }
    if (result == 0) {
        result = scn_program_play(all->launched, SHIM_PROGRAM_REPLAY, first.trial.trace, true, &last);
    }
    cmd_progress_clear();
    if (result == 0 && (last.trial.how == SHIM_RUN_DIVERGED || !scn_same_failure(&last.trial.failure, &finding->failure))) {
        result = does_not_stay(all, finding, c);
        scn_program_trial_fini(&last);
    } else if (result == 0) {
        tell(all, finding, &last.trial.failure);
        printf("  %d changes of thread, %d of them preemptions; %d and %d after %d tries to do without\n",
               (int)switches, (int)preemptions, (int)scn_switches(first.trial.turns),
               (int)scn_preemptions(first.trial.turns), shrinking.tries);
        scn_program_show(&last);
        result = keep(all, finding, &last, number, c);
        scn_program_trial_fini(&last);
    }
    scn_program_trial_fini(&first);
    return result;
}
