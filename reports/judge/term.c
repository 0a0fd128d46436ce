/* reports/judge/term.c - a term that promises to refuse while transactions are open.
 *
 * JetTerm2 with JET_bitTermComplete fails while a session is in a transaction. A transaction that had begun before the term
 * returned, and that nobody began to end until then (or he was refused), was either there first, and the term is wrong, or came second,
 * and its begin is: both succeeded.
 */
#include "reports/judge/internal.h"

static bool succeeded(const struct shim_hist_call *call)
{
    return call->leave != 0 && call->result >= 0;
}

static bool is_complete(const struct judge *judge, const struct shim_hist_call *call)
{
    const uint32_t how = JET_bitTermComplete | JET_bitTermAbrupt | JET_bitTermDirty;
    return call->fn == SHIM_FN_JetTerm2 && succeeded(call) && (bits_of(judge, call) & how) == JET_bitTermComplete;
}

static bool is_begin(enum shim_fn fn)
{
    return fn == SHIM_FN_JetBeginTransaction || fn == SHIM_FN_JetBeginTransaction2 || fn == SHIM_FN_JetBeginTransaction3;
}

/* Turned away at the door: it ended nothing. */
static bool was_refused(const struct shim_hist_call *call)
{
    return call->leave != 0 &&
           (call->result == JET_errTermInProgress || call->result == JET_errInvalidSesid ||
            call->result == JET_errNotInitialized || call->result == JET_errClientRequestToStopJetService);
}

/* Whether somebody began to end the transaction, or its session, before `until`, as far as is known. */
static bool may_have_ended(const struct judge *judge, uint64_t sesid, uint64_t from, uint64_t until)
{
    const struct shim_history *history = judge->history;
    for (size_t i = 0; i < history->call_count; i++) {
        const struct shim_hist_call *call = &history->calls[i];
        bool ends = is_commit(call->fn) || call->fn == SHIM_FN_JetRollback || call->fn == SHIM_FN_JetEndSession;
        if (ends && !was_refused(call) && call->args[judge->layout[call->fn].in_sesid] == sesid && call->enter < until &&
            (call->leave == 0 || call->leave > from)) {
            return true;
        }
    }
    return false;
}

static void look_at_term(struct judge *judge, size_t index)
{
    const struct shim_history *history = judge->history;
    const struct shim_hist_call *term = &history->calls[index];
    for (size_t i = 0; i < history->call_count; i++) {
        const struct shim_hist_call *call = &history->calls[i];
        if (is_begin(call->fn) && succeeded(call) && call->leave < term->leave &&
            judge->meanings[i].instance == judge->meanings[index].instance &&
            !may_have_ended(judge, call->args[judge->layout[call->fn].in_sesid], call->enter, term->leave)) {
            report(judge, RPT_WRONG_CODE, "term.active-transaction", SHIM_FN_JetTerm2, i, index,
                   "JetTerm2 with JET_bitTermComplete succeeded although a transaction had begun and nobody had ended it");
            return;
        }
    }
}

void term_judge(struct judge *judge)
{
    const struct shim_history *history = judge->history;
    for (size_t i = 0; !judge->truncated && i < history->call_count; i++) {
        if (is_complete(judge, &history->calls[i]) && judge->meanings[i].instance >= 0) {
            look_at_term(judge, i);
        }
    }
}
