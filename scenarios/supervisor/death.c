/* scenarios/supervisor/death.c - a child's end becomes events. */
#include "scenarios/supervisor/death.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/runner/runner.h"
#include "scenarios/supervisor/job.h"
#include "shims/library/library.h"

#define SCN_OUTPUT_TAIL 2048
#define SCN_STACKS_TAIL (256u * 1024u)
#define SCN_REPORTS_MOST 20
#define SCN_REPORT_MOST 12000 /* bytes of one report that are kept */
#define SCN_LOG_PREFIX "sanitizer-log"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_REPORT_PATH 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_REPORT_PATH 1
#endif
#ifdef HAS_REPORT_PATH
void __sanitizer_set_report_path(const char *path); /* of the runtime; each process writes to path.PID */
#endif

char *scn_read_tail(const char *path, size_t limit)
{
    FILE *file = fopen(path, "rb");
    size_t room = limit < 4096 ? limit : 4096, got = 0, more;
    char *text = malloc(room + 1);
    if (file != NULL && text != NULL) {
        /* Files of /proc cannot be measured: those are read from the start. */
        if (fseek(file, 0, SEEK_END) == 0) {
            long size = ftell(file);
            if (size < 0 || fseek(file, (size_t)size > limit ? size - (long)limit : 0, SEEK_SET)) {
                rewind(file);
            }
        }
        while ((more = fread(text + got, 1, room - got, file)) != 0 && (got += more) == room && room < limit) {
            room = room > limit / 2 ? limit : room * 2;
            char *larger = realloc(text, room + 1);
            if (larger == NULL) {
                free(text);
                text = NULL;
                break;
            }
            text = larger;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    if (text != NULL) {
        text[got] = '\0';
    }
    return text;
}

void scn_sanitizer_environment(struct scn_sanitizer_environment *environment,
                               const char *directory)
{
    static const struct {
        const char *name, *options;
    } variables[SCN_SANITIZER_VARIABLES] = {
        {"ASAN_OPTIONS", "detect_leaks=1:abort_on_error=0:disable_coredump=1:exitcode=97"},
        {"UBSAN_OPTIONS", "print_stacktrace=1:exitcode=96"},
        {"TSAN_OPTIONS", "halt_on_error=0:exitcode=95"},
        {"LSAN_OPTIONS", "exitcode=94"}};
    size_t used = 0;
    for (size_t i = 0; i < SCN_SANITIZER_VARIABLES; i++) {
        const char *own = getenv(variables[i].name);
        char *text = environment->text[i];
        snprintf(text, sizeof environment->text[i],
                 "%s=%.600s%s%s:log_path='%.900s" SCN_JOB_SEPARATOR SCN_LOG_PREFIX "'",
                 variables[i].name, own != NULL ? own : "", own != NULL ? ":" : "",
                 variables[i].options, directory);
        environment->variables[used++] = text;
    }
    environment->variables[used] = NULL;
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static struct shim_hist_event *add(struct shim_history *history, enum shim_event_kind kind,
                                   const char *name, const char *text)
{
    return shim_history_add_event(history, kind, name, text);
}

static void found(void *context, const char *path)
{
    (void)path;
    *(bool *)context = true;
}

void scn_note_death(struct shim_history *history, const char *directory,
                    size_t number, const struct scn_exit *how)
{
    char path[SCN_JOB_PATH];
    bool reported = false;
    struct shim_hist_event *event;
    scn_directory_each(directory, SCN_LOG_PREFIX, found, &reported);
    if (reported) {
        scn_note_sanitizers(history, directory, number); /* first: it explains the exit */
    }
    if (!how->by_signal) {
        event = add(history, SHIM_EVENT_EXIT, how->name, NULL);
        if (event != NULL) {
            event->value[0] = how->code;
        }
        if (reported) {
            return; /* the sanitizer's report says what happened */
        }
    }
    snprintf(path, sizeof path, "%.900s" SCN_JOB_SEPARATOR "crash", directory);
    char *stack = scn_symbolise(scn_read_tail(path, SCN_STACKS_TAIL));
    remove(path);
    snprintf(path, sizeof path, "%.900s" SCN_JOB_SEPARATOR "output", directory);
    char *output = scn_read_tail(path, SCN_OUTPUT_TAIL);
    size_t size = strlen(or_empty(stack)) + strlen(or_empty(output)) + 64;
    char *text = malloc(size);
    if (text != NULL) {
        bool printed = output != NULL && output[0] != '\0';
        snprintf(text, size, "%s%s%s", or_empty(stack), printed ? "it printed:\n" : "",
                 or_empty(output));
    }
    event = add(history, SHIM_EVENT_CRASH, how->name, text);
    if (event != NULL) {
        event->value[0] = how->code;
        if (stack != NULL && strncmp(stack, "actor ", 6) == 0) {
            event->actor = (uint32_t)strtoul(stack + 6, NULL, 10);
        }
    }
    free(text);
    free(stack);
    free(output);
    remove(path);
}

bool scn_was_killed(const struct shim_history *history)
{
    for (size_t i = 0; i < history->event_count; i++) {
        const struct shim_hist_event *event = &history->events[i];
        if (event->kind == SHIM_EVENT_KILL && event->name != NULL &&
            strcmp(event->name, SCN_KILLED_BY_SCRIPT) == 0) {
            return true;
        }
    }
    return false;
}

void scn_note_hang(struct shim_history *history, const char *stacks, bool timeout,
                   uint64_t hang_ms, uint64_t timeout_ms)
{
    char *text = scn_symbolise(scn_read_tail(stacks, SCN_STACKS_TAIL)), name[128];
    if (timeout) {
        snprintf(name, sizeof name, "no end within %llu s",
                 (unsigned long long)(timeout_ms / 1000));
    } else {
        snprintf(name, sizeof name, "no entry and no return on any thread for %llu s",
                 (unsigned long long)(hang_ms / 1000));
    }
    add(history, SHIM_EVENT_HANG, name, text);
    add(history, SHIM_EVENT_KILL, "after the hang", NULL);
    free(text);
}

/* ---- sanitizer reports ---- */

static const struct {
    const char *marker; /* begins a report */
    const char *name;
    bool leak;
} marks[] = {{"WARNING: ThreadSanitizer:", "ThreadSanitizer", false},
             {"FATAL: ThreadSanitizer", "ThreadSanitizer", false},
             {"ERROR: ThreadSanitizer", "ThreadSanitizer", false},
             {"ERROR: AddressSanitizer", "AddressSanitizer", false},
             {"ERROR: LeakSanitizer", "LeakSanitizer", true},
             {"ERROR: UndefinedBehaviorSanitizer", "UndefinedBehaviorSanitizer", false},
             {"runtime error:", "UndefinedBehaviorSanitizer", false}};

/* The next line that begins a report, from `text` on; *mark says which. */
static const char *next_report(const char *text, size_t *mark)
{
    const char *first = NULL;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        const char *at = strstr(text, marks[i].marker);
        if (at != NULL && (first == NULL || at < first)) {
            first = at;
            *mark = i;
        }
    }
    return first;
}

/* Whether the report is of a signal that would have ended the process without the sanitizer, too. */
static bool tells_of_signal(const char *report)
{
    static const char *const signals[] = {"Sanitizer: SEGV on", "Sanitizer: BUS on",
                                          "Sanitizer: ABRT on", "Sanitizer: FPE on",
                                          "Sanitizer: ILL on", "Sanitizer: stack-overflow on"};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        const char *at = strstr(report, signals[i]);
        if (at != NULL && at < report + strcspn(report, "\n")) {
            return true;
        }
    }
    return false;
}

static void note_reports(struct shim_history *history, const char *text)
{
    size_t mark = 0, next_mark = 0;
    const char *at = next_report(text, &mark);
    for (int count = 0; at != NULL && count < SCN_REPORTS_MOST; count++) {
        const char *line = at;
        while (line > text && line[-1] != '\n') {
            line--;
        }
        const char *next = next_report(at + 8, &next_mark);
        size_t length = next != NULL ? (size_t)(next - line) : strlen(line);
        char *report = malloc(length + 1);
        if (length > SCN_REPORT_MOST) {
            length = SCN_REPORT_MOST;
        }
        if (report != NULL) {
            memcpy(report, line, length);
            report[length] = '\0';
            add(history,
                marks[mark].leak          ? SHIM_EVENT_LEAK
                : tells_of_signal(report) ? SHIM_EVENT_CRASH
                                          : SHIM_EVENT_SANITIZER,
                marks[mark].name, report);
            free(report);
        }
        at = next;
        mark = next_mark;
    }
}

struct collect {
    struct shim_history *history;
    bool any;
};

static void collect_log(void *context, const char *path)
{
    struct collect *collect = context;
    char *text = scn_read_tail(path, (size_t)1 << 20);
    if (text != NULL && text[0] != '\0') {
        note_reports(collect->history, text);
        collect->any = true;
    }
    free(text);
    remove(path);
}

void scn_report_as(const char *directory, size_t number)
{
#ifdef HAS_REPORT_PATH
    char path[SCN_JOB_PATH];
    snprintf(path, sizeof path, "%.900s" SCN_JOB_SEPARATOR SCN_LOG_PREFIX "-%llu", directory,
             (unsigned long long)number);
    __sanitizer_set_report_path(path);
#else
    (void)directory;
    (void)number;
#endif
}

bool scn_note_sanitizers(struct shim_history *history, const char *directory, size_t number)
{
    struct collect collect = {history, false};
    char prefix[64];
    if (shim_sanitizer_of_this_program() != SHIM_SAN_NONE) {
        snprintf(prefix, sizeof prefix, "%s-%llu.", SCN_LOG_PREFIX, (unsigned long long)number);
        scn_directory_each(directory, prefix, collect_log, &collect);
        scn_directory_each(directory, SCN_LOG_PREFIX ".", collect_log, &collect); /* "." and the process */
    }
    return collect.any;
}

#define LATEST 4096 /* calls among which the last one ended: its time is for reports only */

void scn_append_restart(struct shim_history *history, struct shim_history *after, uint64_t base)
{
    uint64_t ns = 0;
    struct shim_hist_event *event = add(history, SHIM_EVENT_RESTART, NULL, NULL);
    for (size_t i = history->call_count > LATEST ? history->call_count - LATEST : 0; i < history->call_count; i++) {
        const struct shim_hist_call *call = &history->calls[i];
        ns = call->leave_ns > ns ? call->leave_ns : ns;
        ns = call->enter_ns > ns ? call->enter_ns : ns;
    }
    if (event == NULL) {
        return;
    }
    event->stamp = ++base;
    event->ns = ns;
    for (size_t i = 0; i < after->call_count; i++) {
        struct shim_hist_call *call = shim_history_add_call(history);
        if (call == NULL) {
            return;
        }
        *call = after->calls[i];
        call->enter += base;
        call->leave += call->leave != 0 ? base : 0;
        call->enter_ns += ns;
        call->leave_ns += call->leave != 0 ? ns : 0;
        memset(after->calls[i].blob, 0, sizeof after->calls[i].blob); /* they have moved */
    }
    for (size_t i = 0; i < after->event_count; i++) {
        const struct shim_hist_event *from = &after->events[i];
        event = add(history, from->kind, from->name, from->text);
        if (event == NULL) {
            return;
        }
        event->actor = from->actor;
        event->stamp = from->stamp + base;
        event->ns = from->ns + ns;
        memcpy(event->value, from->value, sizeof event->value);
    }
}
