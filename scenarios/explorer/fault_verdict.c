/* scenarios/explorer/fault_verdict.c - what a run with a fault may look like.
 *
 * Fine is the documented error of some call, or success of all. Wrong is what the judge finds in the history, and besides:
 * memory, descriptors or threads that are left when every instance has ended, and an instance that does not end even
 * with nothing going wrong any more. What scripts expect beyond the contract is about undisturbed runs. Codes are documented
 * or not as ever: by the function's own page, or by a page that speaks for many (reports/contract).
 *
 * Kinds by which the disk lies (lost, torn, flipped and stale) leave it to the engine whether it can notice: that rows are
 * missing, or that a restart refuses the files, is no finding then, and which code says that content is damaged is
 * its own choice among those that have a name. Half of a transaction, a crash, a hang or a code without a name is one.
 * Behind a write that was lost, or a read that gave what was there before, nothing in the bytes is wrong: then whatever rows
 * there are is no finding either. The same of a write of several pages that was torn between two of them: those behind are
 * what they were, and right in themselves. Logs are read in order, and end where one is torn.
 */
#include "scenarios/explorer/faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/runner/runner.h"

#define SESSIONS 256
#define PAGE 4096 /* bytes: of a database, unless somebody wants larger ones */

struct nature {
    bool lie;    /* the disk is not what it says */
    bool silent; /* and no checksum can tell */
};

/* Whether a torn write may have left out whole pages of a database. */
static bool lost_pages(const struct shim_fault_log *log)
{
    const char *dot = strrchr(log->path, '.');
    bool is_log = dot != NULL && (strcmp(dot, ".log") == 0 || strcmp(dot, ".jtx") == 0);
    return !is_log && atomic_load(&log->untold) >= PAGE;
}

static struct nature nature_of(const char *text, const struct shim_fault_log *log)
{
    struct shim_fault fault;
    char ignored[256];
    if (text[0] == '\0' || shim_fault_parse(text, &fault, ignored, sizeof ignored) != 0) {
        return (struct nature){false, false};
    }
    bool torn = fault.kind == SHIM_FAULT_TORN;
    bool silent = fault.kind == SHIM_FAULT_LOST || fault.kind == SHIM_FAULT_STALE || (torn && lost_pages(log));
    return (struct nature){silent || torn || fault.kind == SHIM_FAULT_FLIP, silent};
}

static int add(struct scn_fault_verdict *verdict, enum rpt_verdict which, enum shim_fn fn,
               const struct rpt_clause *clause, const char *text)
{
    if (verdict->count == (int)(sizeof verdict->findings / sizeof verdict->findings[0])) {
        return 0;
    }
    verdict->findings[verdict->count].verdict = which;
    verdict->findings[verdict->count].fn = fn;
    verdict->findings[verdict->count].clause = clause;
    verdict->findings[verdict->count].text = cmd_copy(text);
    return verdict->findings[verdict->count++].text != NULL ? 0 : -1;
}

bool scn_fault_soften(struct shim_history *history)
{
    bool stuck = false;
    for (size_t i = 0; i < history->event_count; i++) {
        struct shim_hist_event *event = &history->events[i];
        if (event->kind == SHIM_EVENT_EXPECT) {
            event->value[0] = 1;
        }
        stuck = stuck || (event->kind == SHIM_EVENT_NOTE && event->name != NULL &&
                          strcmp(event->name, SCN_NOT_ENDED) == 0);
    }
    return stuck;
}

/* Codes that no page has a name for; each function once. -617, a surrogate backup, is a name on a page alone. */
static int add_unknown_codes(struct scn_fault_verdict *verdict, const struct shim_history *history)
{
    bool seen[SHIM_FN_COUNT] = {false};
    char text[200];
    int failed = 0;
    for (size_t i = 0; i < history->call_count; i++) {
        const struct shim_hist_call *call = &history->calls[i];
        if (call->leave == 0 || call->result >= JET_errSuccess || call->result == SHIM_ERR_MISSING ||
            call->result == SHIM_ERR_STUB || call->result == -617 || shim_error_name(call->result) != NULL ||
            seen[call->fn]) {
            continue;
        }
        seen[call->fn] = true;
        snprintf(text, sizeof text, "%s gave %ld, which no page has a name for", shim_function(call->fn)->name,
                 (long)call->result);
        failed |= add(verdict, RPT_UNDOCUMENTED_CODE, call->fn, rpt_clause_find("code.documented"), text);
    }
    return failed;
}

static bool is_about_the_disk(JET_ERR code)
{
    return code == JET_errLogWriteFail || code == JET_errLogDiskFull || code == JET_errDiskFull ||
           code == JET_errDiskIO || code == JET_errOutOfMemory;
}

static int add_left(struct scn_fault_verdict *verdict, const struct scn_faulted *faulted)
{
    char text[600];
    int failed = 0;
    if (faulted->log.leaked > 0) {
        snprintf(text, sizeof text, "memory was left behind that a run without the fault frees: %llu blocks, %llu bytes",
                 (unsigned long long)faulted->log.leaked, (unsigned long long)faulted->log.leaked_bytes);
        failed |= add(verdict, RPT_LEAK, SHIM_FN_NONE, rpt_clause_find("process.leak"), text);
    }
    if (faulted->descriptors > 0) {
        snprintf(text, sizeof text, "%d descriptors were left open: %.200s", faulted->descriptors, faulted->descriptor);
        failed |= add(verdict, RPT_LEAK, SHIM_FN_NONE, rpt_clause_find("process.leak"), text);
    }
    if (faulted->threads > 0) {
        snprintf(text, sizeof text, "%d threads were left running", faulted->threads);
        failed |= add(verdict, RPT_LEAK, SHIM_FN_NONE, rpt_clause_find("process.leak"), text);
    }
    return failed;
}

/* Whether a change outside of any transaction failed when it was made to last: it is its own commit, and as with any
 * commit that failed there nobody can say whether it will be found. (The judge knows that of JetCommitTransaction.) */
static bool change_alone_failed(const struct shim_history *history)
{
    struct {
        uint64_t sesid;
        int level;
    } sessions[SESSIONS] = {{0, 0}};
    for (size_t i = 0; i < history->call_count; i++) {
        const struct shim_hist_call *call = &history->calls[i];
        bool begins = call->fn == SHIM_FN_JetBeginTransaction || call->fn == SHIM_FN_JetBeginTransaction2 ||
                      call->fn == SHIM_FN_JetBeginTransaction3;
        bool commits = call->fn == SHIM_FN_JetCommitTransaction || call->fn == SHIM_FN_JetCommitTransaction2;
        bool rolls = call->fn == SHIM_FN_JetRollback;
        bool changes = call->fn == SHIM_FN_JetUpdate || call->fn == SHIM_FN_JetUpdate2 ||
                       call->fn == SHIM_FN_JetDelete || call->fn == SHIM_FN_JetEscrowUpdate;
        size_t s = 0;
        if (!begins && !commits && !rolls && !changes) {
            continue;
        }
        while (s < SESSIONS - 1 && sessions[s].sesid != 0 && sessions[s].sesid != call->args[0]) {
            s++;
        }
        sessions[s].sesid = call->args[0];
        if (changes && sessions[s].level == 0 && is_about_the_disk(call->result)) {
            return true;
        }
        sessions[s].level += call->result < 0 ? 0 : begins ? 1 : commits || rolls ? -1 : 0;
        if (sessions[s].level < 0 || (rolls && call->result >= 0 && call->args[1] != 0)) {
            sessions[s].level = 0;
        }
    }
    return false;
}

/* Whether it is that an instance became unavailable though no call reported a fatal error: something did go wrong, and the
 * call that it met may have had an error to report before the one that was fatal (what it did could not be taken back). */
static bool explains_unavailable(const struct shim_history *history, const struct scn_faulted *faulted,
                                 const struct rpt_finding *finding)
{
    JET_ERR code = finding->call_count > 0 ? history->calls[finding->calls[finding->call_count - 1]].result : JET_errSuccess;
    return faulted->log.fired > 0 && finding->verdict == RPT_WRONG_CODE &&
           (code == JET_errInstanceUnavailable || code == JET_errInstanceUnavailableDueToFatalLogDiskFull);
}

int scn_fault_judge(struct shim_history *history, const struct scn_faulted *faulted, const char *fault,
                    enum rpt_profile profile, struct scn_fault_verdict *verdict)
{
    struct rpt_judgement judgement;
    struct nature nature = nature_of(fault, &faulted->log);
    bool stuck = scn_fault_soften(history), unsure = change_alone_failed(history);
    int failed = 0;
    memset(verdict, 0, sizeof *verdict);
    if (rpt_judge(history, profile, &judgement) != 0) {
        return -1;
    }
    for (size_t i = 0; i < judgement.finding_count; i++) {
        const struct rpt_finding *finding = &judgement.findings[i];
        bool about_files = finding->verdict == RPT_CANNOT_RESTART ||
                           (finding->clause != NULL && (strcmp(finding->clause->id, "data.committed") == 0 ||
                                                        strcmp(finding->clause->id, "data.order") == 0));
        if (unsure && finding->clause != NULL && strcmp(finding->clause->id, "data.uncommitted") == 0) {
            continue;
        }
        bool about_rows = finding->clause != NULL && strncmp(finding->clause->id, "data.", 5) == 0;
        bool excused = (nature.lie && (about_files || finding->verdict == RPT_UNDOCUMENTED_CODE)) ||
                       (nature.silent && about_rows) || explains_unavailable(history, faulted, finding);
        if (rpt_verdict_is_broken(finding->verdict) && !excused) {
            failed |= add(verdict, finding->verdict, finding->fn, finding->clause, finding->text);
        }
    }
    rpt_judgement_fini(&judgement);
    if (nature.lie) {
        failed |= add_unknown_codes(verdict, history);
    }
    if (stuck) {
        failed |= add(verdict, RPT_CANNOT_RESTART, SHIM_FN_JetTerm, rpt_clause_find("restart.clean"),
                      "an instance cannot be terminated, with nothing going wrong any more");
    } else if (faulted->complete) {
        failed |= add_left(verdict, faulted);
    }
    return failed;
}

void scn_fault_verdict_fini(struct scn_fault_verdict *verdict)
{
    for (int i = 0; i < verdict->count; i++) {
        free(verdict->findings[i].text);
    }
    verdict->count = 0;
}
