/* scenarios/crash/checker.c - an engine's own checker has a say about what recovery made of a state (--checker).
 *
 * The rows that the judge compares are those of the script's tables, read by the primary index. What else is in a database,
 * that an index lacks an entry, say, only somebody who knows its format can tell: a program that is given the file. It
 * is asked after a restart that ended with a successful term; so the file is not expected to need anything.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/crash/crash.h"
#include "scenarios/supervisor/platform.h"

#define LONGEST_MS 60000
#define MOST_SAID 800

int crash_find_checker(struct cmd_options *options, char *path, size_t size)
{
    if (options->checker != NULL &&
        (!scn_file_exists(options->checker) || scn_absolute_path(options->checker, path, size) != 0)) {
        return cmd_fail(CMD_USAGE, "%s: there is no such program", options->checker);
    }
    options->checker = options->checker != NULL ? path : NULL;
    return 0;
}

/* Whether everything behind the cut that was initialised was terminated well. */
static bool ended_well(const struct shim_history *history, uint64_t cut)
{
    int inits = 0, terms = 0;
    for (size_t i = 0; i < history->call_count; i++) {
        const struct shim_hist_call *call = &history->calls[i];
        bool init = call->fn == SHIM_FN_JetInit || call->fn == SHIM_FN_JetInit2 || call->fn == SHIM_FN_JetInit3;
        bool term = call->fn == SHIM_FN_JetTerm || call->fn == SHIM_FN_JetTerm2;
        if (call->enter > cut && (init || term)) {
            if (call->leave == 0 || call->result < 0) {
                return false;
            }
            inits += init;
            terms += term;
        }
    }
    return inits > 0 && inits == terms;
}

static uint64_t last_stamp(const struct shim_history *history)
{
    uint64_t last = 0;
    for (size_t i = 0; i < history->call_count; i++) {
        last = history->calls[i].leave > last ? history->calls[i].leave : last;
        last = history->calls[i].enter > last ? history->calls[i].enter : last;
    }
    for (size_t i = 0; i < history->event_count; i++) {
        last = history->events[i].stamp > last ? history->events[i].stamp : last;
    }
    return last;
}

/* Asks about one file. *said: what the checker says against it, on the heap; NULL: nothing. 0, or -1 with a message. */
static int ask(const struct crash_round *round, const char *file, char **said, char *error, size_t error_size)
{
    char output[CMD_PATH];
    struct scn_process *process;
    struct scn_exit how;
    const char *words[] = {round->options->checker, file, NULL}, *nothing[] = {NULL};
    uint64_t begin = scn_milliseconds();
    bool ended;
    snprintf(output, sizeof output, "%.1000s/checker", round->job->directory);
    remove(output);
    if (scn_process_start(words, round->job->directory, output, nothing, &process, error, error_size) != 0) {
        return -1;
    }
    while (!(ended = scn_process_ended(process, &how)) && scn_milliseconds() - begin < LONGEST_MS && !scn_interrupted()) {
        scn_rest_milliseconds(1);
    }
    if (!ended) {
        scn_process_kill(process);
        snprintf(how.name, sizeof how.name, "no end in %d s", LONGEST_MS / 1000);
    }
    scn_process_free(process);
    *said = NULL;
    if (ended && !how.by_signal && how.code == 0) {
        return 0;
    }
    char *text = scn_read_tail(output, MOST_SAID);
    size_t length = (text != NULL ? strlen(text) : 0) + strlen(how.name) + 8;
    *said = text != NULL ? malloc(length) : NULL;
    if (*said != NULL) {
        text[strcspn(text, "\n")] = '\0';
        snprintf(*said, length, "%s: %s", how.name, text);
    }
    free(text);
    if (*said == NULL) {
        snprintf(error, error_size, "out of memory");
        return -1;
    }
    return 0;
}

int crash_check(const struct crash_round *round, struct shim_history *history, uint64_t cut, char *error, size_t error_size)
{
    const struct scn_plan *plan = round->job->plan;
    int result = 0;
    if (round->options->checker == NULL || !ended_well(history, cut)) {
        return 0;
    }
    for (int d = 0; d < plan->database_count && result == 0; d++) {
        char file[CMD_PATH], *said = NULL;
        const struct scn_database *database = &plan->databases[d];
        snprintf(file, sizeof file, "%.700s/run-0/%.64s/%.64s.edb", round->job->directory,
                 plan->instances[database->instance].name, database->name);
        if (!scn_file_exists(file)) {
            continue; /* the cut left none, and no row of it was acknowledged: else the judge misses them */
        }
        result = ask(round, file, &said, error, error_size);
        if (said != NULL) {
            struct shim_hist_event *event = shim_history_add_event(history, SHIM_EVENT_NOTE, RPT_UNSOUND, said);
            result = event != NULL ? 0 : -1;
            if (event != NULL) {
                event->stamp = last_stamp(history) + 1;
            } else {
                snprintf(error, error_size, "out of memory");
            }
        }
        free(said);
    }
    return result;
}
