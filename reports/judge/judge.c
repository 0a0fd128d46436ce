/* reports/judge/judge.c - the way through the judge, and the names of verdicts. */
#include "reports/judge/judge.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "reports/judge/internal.h"

static const char *const verdict_names[RPT_VERDICT_COUNT] = {
#define X(id, name) name,
    RPT_VERDICTS(X)
#undef X
};

/* The order in which one verdict is chosen for the whole: the gravest broken promise first. */
static const enum rpt_verdict gravity[] = {
    RPT_CRASH,
    RPT_DEADLOCK,
    RPT_LIVELOCK,
    RPT_HANG,
    RPT_SANITIZER,
    RPT_LOST_DATA,
    RPT_CANNOT_RESTART,
    RPT_CHANGED_AFTER_FAILURE,
    RPT_ADMITTED_THOUGH_DENIED,
    RPT_REFUSED_THOUGH_ALLOWED,
    RPT_WRONG_CODE,
    RPT_UNDOCUMENTED_CODE,
    RPT_LEAK,
    RPT_UNKNOWN,
    RPT_NOT_EXERCISED,
    RPT_UNSUPPORTED,
    RPT_CONFORMS,
};

const char *rpt_verdict_name(enum rpt_verdict verdict)
{
    return verdict_names[verdict];
}

bool rpt_verdict_is_broken(enum rpt_verdict verdict)
{
    return verdict >= RPT_REFUSED_THOUGH_ALLOWED && verdict <= RPT_LEAK;
}

static int rank(enum rpt_verdict verdict)
{
    int at = 0;
    while (gravity[at] != verdict) {
        at++;
    }
    return at;
}

enum rpt_verdict rpt_verdict_worse(enum rpt_verdict a, enum rpt_verdict b)
{
    return rank(a) <= rank(b) ? a : b;
}

static int compare_findings(const void *a, const void *b)
{
    const struct rpt_finding *x = a, *y = b;
    if (x->verdict != y->verdict) {
        return rank(x->verdict) - rank(y->verdict);
    }
    size_t i = x->call_count > 0 ? x->calls[0] : SIZE_MAX;
    size_t j = y->call_count > 0 ? y->calls[0] : SIZE_MAX;
    if (i != j) {
        return i < j ? -1 : 1;
    }
    if (x->fn != y->fn) {
        return (int)x->fn - (int)y->fn;
    }
    return strcmp(x->clause->id, y->clause->id);
}

/* Whether the plan names the function (or one of its A and W names) as a word. */
static bool plan_names(const char *plan, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = strstr(plan, name); at != NULL; at = strstr(at + 1, name)) {
        const char *end = at + length;
        end += *end == 'A' || *end == 'W';
        if ((at == plan || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)*end)) {
            return true;
        }
    }
    return false;
}

/* An unsupported function decides over the whole only if the plan needs it: names it, or set-up
 * calls it; or if nothing else was exercised. */
bool needed_is_unsupported(const struct judge *judge)
{
    const struct shim_history *history = judge->history;
    bool other = false, any = false;
    for (size_t i = 0; i < history->call_count; i++) {
        const struct shim_hist_call *call = &history->calls[i];
        if (call->leave == 0 || !is_unsupported(call->result)) {
            other = true;
            continue;
        }
        any = true;
        if (judge->meanings[i].phase == PHASE_SETUP ||
            (history->header.plan != NULL &&
             plan_names(history->header.plan, shim_function(call->fn)->name))) {
            return true;
        }
    }
    return any && !other;
}

static enum rpt_verdict overall(const struct judge *judge)
{
    enum rpt_verdict worst = RPT_CONFORMS;
    bool unsupported = false;
    for (size_t i = 0; i < judge->out->finding_count; i++) {
        enum rpt_verdict verdict = judge->out->findings[i].verdict;
        if (verdict == RPT_UNSUPPORTED) {
            unsupported = true;
        } else if (rank(verdict) < rank(worst)) {
            worst = verdict;
        }
    }
    return worst == RPT_CONFORMS && unsupported && needed_is_unsupported(judge) ? RPT_UNSUPPORTED
                                                                                : worst;
}

static void lay_out(struct judge *judge)
{
    for (int i = 0; i < SHIM_FN_COUNT; i++) {
        enum shim_fn fn = (enum shim_fn)i;
        struct layout *at = &judge->layout[fn];
        at->in_instance = (int8_t)shim_param_with_role(fn, SHIM_ROLE_IN_INSTANCE);
        at->inout_instance = (int8_t)shim_param_with_role(fn, SHIM_ROLE_INOUT_INSTANCE);
        at->out_instance = (int8_t)shim_param_with_role(fn, SHIM_ROLE_OUT_INSTANCE);
        at->in_sesid = (int8_t)shim_param_with_role(fn, SHIM_ROLE_IN_SESID);
        at->out_sesid = (int8_t)shim_param_with_role(fn, SHIM_ROLE_OUT_SESID);
        at->in_dbid = (int8_t)shim_param_with_role(fn, SHIM_ROLE_IN_DBID);
        at->out_dbid = (int8_t)shim_param_with_role(fn, SHIM_ROLE_OUT_DBID);
        at->in_tableid = (int8_t)shim_param_with_role(fn, SHIM_ROLE_IN_TABLEID);
        at->out_tableid = (int8_t)shim_param_with_role(fn, SHIM_ROLE_OUT_TABLEID);
        at->grbit = (int8_t)shim_param_with_role(fn, SHIM_ROLE_IN_GRBIT);
        at->table_struct = -1;
    }
    /* The tableid inside the struct of these is recorded with the struct's parameter. */
    static const enum shim_fn with_struct[] = {
        SHIM_FN_JetCreateTableColumnIndex,  SHIM_FN_JetCreateTableColumnIndex2,
        SHIM_FN_JetCreateTableColumnIndex3, SHIM_FN_JetCreateTableColumnIndex4,
        SHIM_FN_JetOpenTemporaryTable,      SHIM_FN_JetOpenTemporaryTable2,
    };
    for (size_t i = 0; i < sizeof with_struct / sizeof with_struct[0]; i++) {
        judge->layout[with_struct[i]].table_struct =
            (int8_t)shim_param_with_role(with_struct[i], SHIM_ROLE_INOUT_STRUCT);
    }
}

static void judge_fini(struct judge *judge)
{
    for (size_t i = 0; i < judge->instance_count; i++) {
        free(judge->instances[i].stops.span);
        free(judge->instances[i].terms.span);
    }
    for (size_t i = 0; i < judge->session_count; i++) {
        session_fini(&judge->sessions[i]);
    }
    free(judge->instances);
    free(judge->sessions);
    free(judge->meanings);
    free(judge->probing);
    free(judge->terms.span);
    free(judge->inits.span);
    free(judge->restores.span);
    map_fini(&judge->instance_of);
    map_fini(&judge->session_of);
    map_fini(&judge->documented);
    data_fini(&judge->data);
}

int rpt_judge(const struct shim_history *history, enum rpt_profile profile,
              struct rpt_judgement *judgement)
{
    memset(judgement, 0, sizeof *judgement);
    struct judge *judge = calloc(1, sizeof *judge);
    if (judge == NULL) {
        return -1;
    }
    judge->history = history;
    judge->profile = profile;
    judge->out = judgement;
    judge->restart = NEVER;
    judge->any_attempt = NEVER;
    lay_out(judge);
    judge->meanings = calloc(history->call_count + 1, sizeof *judge->meanings);
    if (judge->meanings == NULL || sweep(judge) != 0) {
        judge->no_memory = true;
    } else {
        stop_judge(judge);
        tables_judge(judge);
        term_judge(judge);
        data_judge(judge);
        process_judge(judge);
        judgement->calls = history->call_count;
        if (judgement->finding_count > 0) {
            qsort(judgement->findings, judgement->finding_count, sizeof *judgement->findings,
                  compare_findings);
        }
        judgement->verdict = overall(judge);
    }
    bool failed = judge->no_memory;
    judge_fini(judge);
    free(judge);
    if (failed) {
        rpt_judgement_fini(judgement);
        return -1;
    }
    return 0;
}

void rpt_judgement_fini(struct rpt_judgement *judgement)
{
    for (size_t i = 0; i < judgement->finding_count; i++) {
        free(judgement->findings[i].text);
    }
    free(judgement->findings);
    memset(judgement, 0, sizeof *judgement);
}
