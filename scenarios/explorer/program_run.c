/* scenarios/explorer/program_run.c - one run of a program: played, judged, kept. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifndef _WIN32
#include <sys/wait.h>
#else
#define WIFSIGNALED(status) 0
#define WTERMSIG(status) 0
#define WEXITSTATUS(status) (status)
#define sigabbrev_np(number) "?"
#endif

#include "scenarios/explorer/program.h"
#include "scenarios/supervisor/platform.h"
#include "scenarios/supervisor/story.h"

#define OUTPUT ((size_t)64 << 10)

/* The line of a sanitizer's report that names the bug, or NULL. */
static const char *sanitizer_line(const char *output)
{
    static const char *const marks[] = {"ERROR: AddressSanitizer", "runtime error: ", "ERROR: LeakSanitizer",
                                        "WARNING: ThreadSanitizer", "ERROR: UndefinedBehaviorSanitizer"};
    const char *first = NULL;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        const char *at = strstr(output, marks[i]);
        first = at != NULL && (first == NULL || at < first) ? at : first;
    }
    while (first != NULL && first > output && first[-1] != '\n') {
        first--;
    }
    return first;
}

/* The last line that is not empty, of at most `limit` characters. */
static const char *last_line(const char *output, int *length)
{
    const char *end = output + strlen(output);
    while (end > output && end[-1] == '\n') {
        end--;
    }
    const char *begin = end;
    while (begin > output && begin[-1] != '\n') {
        begin--;
    }
    *length = (int)(end - begin) < 300 ? (int)(end - begin) : 300;
    return begin;
}

/* What a sanitizer sums up: the kind of bug and where, without folders and without what differs from run to run. */
static void place_of_report(const char *output, char *place, size_t size)
{
    const char *summary = strstr(output, "SUMMARY: "), *at = summary != NULL ? strstr(summary, "Sanitizer: ") : NULL;
    size_t length = 0;
    place[0] = '\0';
    if (at == NULL || at > summary + strcspn(summary, "\n")) {
        return;
    }
    at += strlen("Sanitizer: ");
    for (const char *word = at; *word != '\0' && *word != '\n' && length + 1 < size;) {
        size_t wide = strcspn(word, " \n");
        const char *from = word, *end = word + wide;
        for (const char *slash = word; slash < end; slash++) {
            from = *slash == '/' ? slash + 1 : from;
        }
        int wrote = snprintf(place + length, size - length, "%s%.*s", length > 0 ? " " : "", (int)(end - from), from);
        length += wrote > 0 && (size_t)wrote < size - length ? (size_t)wrote : size - length - 1;
        word = end + (*end == ' ');
    }
}

/* " at module+0x12 < module+0x34": the innermost frames of a crash that are no part of the C library. */
static void place_of_crash(const char *stacks, char *place, size_t size)
{
    size_t length = strlen(place);
    int frames = 0;
    for (const char *line = stacks; *line != '\0' && frames < 2; line += strcspn(line, "\n"), line += *line == '\n') {
        const char *end = line + strcspn(line, "\n"), *open = memchr(line, '(', (size_t)(end - line));
        const char *close = open != NULL ? memchr(open, ')', (size_t)(end - open)) : NULL, *base = line;
        if (line[0] != '/' || close == NULL || open[1] != '+') {
            continue;
        }
        for (const char *slash = line; slash < open; slash++) {
            base = *slash == '/' ? slash + 1 : base;
        }
        if (strncmp(base, "libc.so", 7) == 0 || strncmp(base, "libc-", 5) == 0 || strncmp(base, "ld-linux", 8) == 0) {
            continue;
        }
        int wrote = snprintf(place + length, size - length, "%s%.*s%.*s", frames > 0 ? " < " : " at ", (int)(open - base),
                             base, (int)(close - open - 1), open + 1);
        length += wrote > 0 && (size_t)wrote < size - length ? (size_t)wrote : 0;
        frames++;
    }
}

void scn_program_judge(const struct shim_launch_result *result, const char *output, struct scn_failure *failure)
{
    const struct shim_run_result *run = result->run;
    const char *report = sanitizer_line(output);
    int length, code;
    const char *said = last_line(output, &length);
    *failure = (struct scn_failure){.verdict = RPT_CONFORMS, .fn = SHIM_FN_NONE};
    if (run->outcome == SHIM_RUN_DEADLOCK || run->outcome == SHIM_RUN_LIVELOCK) {
        failure->verdict = run->outcome == SHIM_RUN_DEADLOCK ? RPT_DEADLOCK : RPT_LIVELOCK;
        snprintf(failure->place, sizeof failure->place, "%.190s", result->place);
        snprintf(failure->text, sizeof failure->text, "%s%.480s",
                 run->outcome == SHIM_RUN_LIVELOCK ? "no end within the bound of decisions; " : "",
                 run->message);
    } else if (result->hung) {
        failure->verdict = RPT_HANG;
        snprintf(failure->text, sizeof failure->text,
                 "no decision for too long (after %llu): a thread computes or waits for something outside",
                 (unsigned long long)run->steps);
    } else if (report != NULL) {
        failure->verdict = RPT_SANITIZER;
        place_of_report(report, failure->place, sizeof failure->place);
        snprintf(failure->text, sizeof failure->text, "%.*s", (int)strcspn(report, "\n"), report);
    } else if (WIFSIGNALED(result->status)) {
        code = WTERMSIG(result->status);
        failure->verdict = RPT_CRASH;
        snprintf(failure->place, sizeof failure->place, "SIG%s", sigabbrev_np(code));
        place_of_crash(result->stacks, failure->place, sizeof failure->place);
        snprintf(failure->text, sizeof failure->text, "SIG%s%s%.*s", sigabbrev_np(code), length > 0 ? ": " : "",
                 length, said);
    } else if (WEXITSTATUS(result->status) != 0) {
        code = WEXITSTATUS(result->status);
        failure->verdict = RPT_WRONG_CODE;
        snprintf(failure->place, sizeof failure->place, "exit code %d", code);
        snprintf(failure->text, sizeof failure->text, "exit code %d%s%.*s", code, length > 0 ? ": " : "", length,
                 said);
    }
}

const char *scn_program_verdict(enum rpt_verdict verdict)
{
    return verdict == RPT_WRONG_CODE ? "failure" : rpt_verdict_name(verdict);
}

/* A deadlock in words: names instead of numbers. */
static void explain(struct scn_trial *trial)
{
    struct scn_story story;
    if ((trial->how == SHIM_RUN_DEADLOCK || trial->how == SHIM_RUN_LIVELOCK) &&
        scn_story_read(&story, trial->story) == 0) {
        scn_story_explain(&story, trial->how, trial->failure.text, sizeof trial->failure.text);
        scn_story_fini(&story);
    }
}

int scn_program_play(struct shim_launched *launched, enum shim_program_mode mode, const char *given, bool story,
                     struct scn_program_trial *kept)
{
    char error[CMD_MESSAGE];
    struct shim_launch_result result;
    struct scn_trial *trial = &kept->trial;
    memset(kept, 0, sizeof *kept);
    if (shim_launch_run(launched, mode, 0, given, story, &result, error, sizeof error) != 0) {
        return cmd_fail(CMD_HARNESS, "%s", error);
    }
    kept->output = shim_launch_output(launched, OUTPUT);
    scn_program_judge(&result, kept->output != NULL ? kept->output : "", &trial->failure);
    trial->ran = true;
    trial->how = result.run->outcome;
    trial->steps = result.run->steps;
    trial->decisions = result.trace->count;
    trial->trace = shim_trace_text(result.trace);
    trial->turns = shim_turns_text(&result.turns);
    trial->story = story ? scn_symbolise(cmd_copy(result.story)) : NULL;
    kept->stacks = story ? scn_symbolise(cmd_copy(result.stacks)) : cmd_copy("");
    if (kept->output == NULL || trial->trace == NULL || trial->turns == NULL || kept->stacks == NULL ||
        (story && trial->story == NULL)) {
        scn_program_trial_fini(kept);
        return cmd_fail(CMD_HARNESS, "out of memory");
    }
    if (trial->how == SHIM_RUN_REFUSED) {
        int code = cmd_fail(CMD_NOTHING, "the program does what the scheduler cannot control: %s",
                            result.run->message);
        scn_program_trial_fini(kept);
        return code;
    }
    if (story) {
        explain(trial);
    }
    return 0;
}

void scn_program_trial_fini(struct scn_program_trial *kept)
{
    scn_trial_fini(&kept->trial);
    free(kept->stacks);
    free(kept->output);
    memset(kept, 0, sizeof *kept);
}

void scn_program_show(const struct scn_program_trial *kept)
{
    scn_show_story(stdout, kept->trial.story, kept->trial.how);
    for (const char *line = kept->stacks; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        printf("  %.*s\n", (int)length, line);
        line += length + (line[length] != '\0');
    }
}
