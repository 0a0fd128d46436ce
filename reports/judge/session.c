/* reports/judge/session.c - what results imply, per session.
 *
 * The judge keeps, for every session, the transaction level, the open databases and cursors and the
 * session context as the results so far say they must be. A result that contradicts them is wrong:
 * either this one, or the one that led here (a rollback that reported success and did nothing shows
 * by the next one, which succeeds too). Failed calls change nothing.
 *
 * Calls of one session that overlap have no order; then what they did still counts, but none of
 * them is checked.
 */
#include <stdlib.h>
#include <string.h>

#include "reports/judge/internal.h"

#define DEEPEST     7  /* transactions nest to here */
#define MOST_CLOSED 64 /* closed cursors that are remembered */

void session_fini(struct session *session)
{
    free(session->cursors);
    free(session->databases);
    free(session->pending);
}

static void wrong(struct judge *judge, size_t index, const char *clause, const char *promised)
{
    char text[CODE_TEXT];
    const struct shim_hist_call *call = &judge->history->calls[index];
    if (judge->truncated) {
        return;
    }
    judge->meanings[index].reported = true;
    report(judge, RPT_WRONG_CODE, clause, call->fn, index, SIZE_MAX, "%s gave %s although %s",
           shim_function(call->fn)->name, code_text(call->result, text), promised);
}

/* ---- transactions ---- */

static void began(struct judge *judge, size_t index, struct session *session, bool check)
{
    JET_ERR result = judge->history->calls[index].result;
    check = check && session->level_known;
    if (result >= 0) {
        if (session->level >= DEEPEST) {
            if (check) {
                wrong(judge, index, "trans.depth", "the session is at level 7 already");
            }
            session->level_known = false;
            return;
        }
        if (session->level++ == 0) {
            session->transactions++;
            session->first_write = judge->data.write_count;
        }
    } else if (result == JET_errTransTooDeep && check && session->level < DEEPEST) {
        wrong(judge, index, "trans.depth",
              session->level == 0 ? "the session is in no transaction"
                                  : "the session is not at level 7");
        session->level_known = false;
    }
}

/* Commit and rollback outside a transaction, in both directions. True: go on. */
static bool level_fits(struct judge *judge, size_t index, struct session *session, bool check)
{
    JET_ERR result = judge->history->calls[index].result;
    if (result >= 0 && session->level_known && session->level == 0) {
        if (check) {
            wrong(judge, index, "trans.not-in-transaction", "the session is in no transaction");
        } else {
            session->level_known = false; /* overlapping calls: the order is not known */
        }
        return false;
    }
    if (result == JET_errNotInTransaction) {
        if (check && session->level_known && session->level > 0) {
            wrong(judge, index, "trans.not-in-transaction", "the session is in a transaction");
        }
        if (check) {
            session->level = 0;
            session->level_known = true;
        }
        return false;
    }
    return result >= 0;
}

static void committed(struct judge *judge, size_t index, struct session *session, bool check)
{
    const struct shim_hist_call *call = &judge->history->calls[index];
    uint32_t bits = bits_of(judge, call);
    if ((bits & (JET_bitWaitLastLevel0Commit | JET_bitWaitAllLevel0Commit)) != 0) {
        if (call->result >= 0) {
            data_flushed(judge, (bits & JET_bitWaitAllLevel0Commit) != 0 ? NULL : session,
                         call->enter);
        }
        return; /* only flushes; allowed outside a transaction */
    }
    if (call->result < 0 && rpt_classify(call->fn, call->result) == RPT_ADMITTED &&
        call->result != JET_errNotInTransaction) {
        session->commit_lost = true;
    }
    if (!level_fits(judge, index, session, check)) {
        return;
    }
    bool lazy = (bits & JET_bitCommitLazyFlush) != 0 || judge->data.lazy_default;
    if (session->level <= 1) {
        isolation_ends(judge, session, 0, call->enter, true);
    }
    data_commit(judge, session, lazy);
    if (!lazy && judge->profile == RPT_ESE && session->level_known && session->level <= 1 && call->result >= 0) {
        data_flushed(judge, NULL, call->enter);
    }
    session->level -= session->level > 0;
    for (size_t i = 0; i < session->cursor_count; i++) {
        if (session->cursors[i].level > session->level) {
            session->cursors[i].level = session->level;
        }
    }
}

static void rolled_back(struct judge *judge, size_t index, struct session *session, bool check)
{
    const struct shim_hist_call *call = &judge->history->calls[index];
    bool all = (bits_of(judge, call) & JET_bitRollbackAll) != 0;
    if (call->result < 0 && call->result != JET_errNotInTransaction) {
        for (size_t i = 0; i < session->cursor_count; i++) { /* may be closed all the same */
            if (session->cursors[i].state == CURSOR_OPEN && session->cursors[i].level > 0) {
                session->cursors[i].state = CURSOR_MAYBE;
            }
        }
    }
    if (!level_fits(judge, index, session, check)) {
        return;
    }
    int to = all || session->level == 0 ? 0 : session->level - 1;
    isolation_ends(judge, session, to, call->enter, false);
    data_rollback(judge, session, to);
    session->commit_lost = session->commit_lost && to > 0;
    for (size_t i = 0; i < session->cursor_count; i++) {
        if (session->cursors[i].state == CURSOR_OPEN &&
            (session->cursors[i].level > to || !session->level_known)) {
            session->cursors[i].state = CURSOR_MAYBE;
        }
    }
    session->level = to;
    session->level_known = all ? check : session->level_known;
}

/* ---- contexts ---- */

static void context(struct judge *judge, size_t index, struct session *session, bool check)
{
    const struct shim_hist_call *call = &judge->history->calls[index];
    bool mine = session->context == 1 && session->context_actor == call->actor;
    bool set = call->fn == SHIM_FN_JetSetSessionContext;
    check = check && session->context >= 0;
    if (call->result >= 0) {
        session->had_context |= set;
        if (check && set && session->context == 1) {
            wrong(judge, index, "context.set", "the session has a context already");
        } else if (check && !set && !mine) {
            wrong(judge, index, "context.reset",
                  session->context == 0 ? "the session has no context"
                                        : "another thread set the session's context");
        }
        session->context = set;
        session->context_actor = call->actor;
    } else if (set && call->result == JET_errSessionContextAlreadySet && check &&
               session->context == 0) {
        wrong(judge, index, "context.set", "the session has no context");
    } else if (!set && call->result == JET_errSessionContextNotSetByThisThread && check && mine) {
        wrong(judge, index, "context.reset", "this very thread set the session's context");
    }
    if (judge->meanings[index].shared) {
        session->context = -1;
    }
}

/* ---- databases ---- */

static struct opened *find_database(struct session *session, uint64_t dbid)
{
    for (size_t i = 0; i < session->database_count; i++) {
        if (session->databases[i].dbid == dbid) {
            return &session->databases[i];
        }
    }
    return NULL;
}

static void database_opened(struct judge *judge, struct session *session, uint64_t dbid)
{
    struct opened *found = find_database(session, dbid);
    if (found == NULL) {
        struct opened *bigger = grown(session->databases, session->database_count,
                                      &session->database_room, sizeof *bigger);
        if (bigger == NULL) {
            judge->no_memory = true;
            return;
        }
        session->databases = bigger;
        found = &session->databases[session->database_count++];
        *found = (struct opened){.dbid = dbid};
    }
    found->count++;
}

static void database_closed(struct judge *judge, size_t index, struct session *session, bool check)
{
    const struct shim_hist_call *call = &judge->history->calls[index];
    struct opened *found = find_database(session, call->args[judge->layout[call->fn].in_dbid]);
    if (found == NULL) {
        return;
    }
    if (call->result >= 0) {
        if (found->count == 0) {
            if (check) {
                wrong(judge, index, "database.open", "the session has closed that database before");
            }
            return;
        }
        found->count--;
        for (size_t i = 0; found->count == 0 && i < session->cursor_count; i++) {
            if (session->cursors[i].state == CURSOR_OPEN) {
                session->cursors[i].state = CURSOR_MAYBE; /* if it was on that database */
            }
        }
    } else if (call->result == JET_errDatabaseNotFound && check && found->count > 0) {
        wrong(judge, index, "database.open", "the session has that database open");
    }
}

/* ---- cursors ---- */

static struct cursor *find_cursor(struct session *session, uint64_t tableid)
{
    for (size_t i = session->cursor_count; i-- > 0;) {
        if (session->cursors[i].value == tableid) {
            return &session->cursors[i];
        }
    }
    return NULL;
}

static void cursor_opened(struct judge *judge, struct session *session, uint64_t tableid)
{
    struct cursor *found = find_cursor(session, tableid);
    if (found == NULL) {
        size_t closed = 0, oldest = SIZE_MAX;
        for (size_t i = 0; i < session->cursor_count; i++) {
            if (session->cursors[i].state != CURSOR_OPEN) {
                closed++;
                oldest = oldest == SIZE_MAX ? i : oldest;
            }
        }
        if (closed >= MOST_CLOSED) {
            memmove(&session->cursors[oldest], &session->cursors[oldest + 1],
                    (--session->cursor_count - oldest) * sizeof *session->cursors);
        }
        struct cursor *bigger =
            grown(session->cursors, session->cursor_count, &session->cursor_room, sizeof *bigger);
        if (bigger == NULL) {
            judge->no_memory = true;
            return;
        }
        session->cursors = bigger;
        found = &session->cursors[session->cursor_count++];
    }
    *found = (struct cursor){.value = tableid, .level = session->level, .state = CURSOR_OPEN};
    if (!session->level_known) {
        found->level = DEEPEST;
    }
}

static void cursor_used(struct judge *judge, size_t index, struct session *session, bool check)
{
    const struct shim_hist_call *call = &judge->history->calls[index];
    struct cursor *found = find_cursor(session, call->args[judge->layout[call->fn].in_tableid]);
    if (found == NULL) {
        return;
    }
    if (call->result == JET_errInvalidTableId && found->state == CURSOR_OPEN && check) {
        wrong(judge, index, call->fn == SHIM_FN_JetCloseTable ? "cursor.open" : "handle.valid",
              "the cursor is open");
        found->state = CURSOR_MAYBE;
    } else if (call->result >= 0 && found->state == CURSOR_CLOSED && check) {
        wrong(judge, index, "cursor.open", "the cursor was closed before");
        found->state = CURSOR_MAYBE;
    }
    if (call->fn == SHIM_FN_JetCloseTable && call->result >= 0) {
        found->state = judge->meanings[index].shared ? CURSOR_MAYBE : CURSOR_CLOSED;
    }
}

/* ---- handles that belong to the session ---- */

static void refused_handle(struct judge *judge, size_t index, struct session *session, bool check)
{
    const struct shim_hist_call *call = &judge->history->calls[index];
    const struct layout *layout = &judge->layout[call->fn];
    if (!check) {
        return;
    }
    if (call->result == JET_errInvalidSesid) {
        wrong(judge, index, "handle.valid", "the session has been begun and not ended");
    } else if (call->result == JET_errSessionSharingViolation && !session->many_actors &&
               !session->had_context) {
        wrong(judge, index, "session.sharing", "no other thread has ever used the session");
    } else if (call->result == JET_errSessionInUse && call->fn == SHIM_FN_JetEndSession &&
               session->context == 0 && !session->many_actors) {
        wrong(judge, index, "session.end", "no thread uses the session and it has no context");
    } else if (call->result == JET_errInvalidDatabaseId && layout->in_dbid >= 0) {
        struct opened *found = find_database(session, call->args[layout->in_dbid]);
        if (found != NULL && found->count > 0) {
            wrong(judge, index,
                  call->fn == SHIM_FN_JetCloseDatabase ? "database.open" : "handle.valid",
                  "the session has that database open");
        }
    }
}

void session_follow(struct judge *judge, size_t index, struct session *session)
{
    const struct shim_hist_call *call = &judge->history->calls[index];
    const struct layout *layout = &judge->layout[call->fn];
    bool ending = session->instance >= 0 &&
                  spans_overlap(&judge->instances[session->instance].terms, call->enter,
                                call->leave); /* closes everything at some moment */
    bool check = !judge->meanings[index].shared && session->dead == NEVER && !ending;
    switch (call->fn) {
    case SHIM_FN_JetBeginTransaction:
    case SHIM_FN_JetBeginTransaction2:
    case SHIM_FN_JetBeginTransaction3:
        began(judge, index, session, check);
        break;
    case SHIM_FN_JetCommitTransaction:
    case SHIM_FN_JetCommitTransaction2:
        committed(judge, index, session, check);
        break;
    case SHIM_FN_JetRollback:
        rolled_back(judge, index, session, check);
        break;
    case SHIM_FN_JetSetSessionContext:
    case SHIM_FN_JetResetSessionContext:
        context(judge, index, session, check);
        break;
    case SHIM_FN_JetCloseDatabase:
        database_closed(judge, index, session, check);
        break;
    case SHIM_FN_JetSetSessionParameter:
        judge->data.lazy_default |= call->result >= 0 && layout->in_sesid >= 0 &&
                                    (uint32_t)call->args[1] == JET_sesparamCommitDefault;
        break;
    default:
        break;
    }
    if (layout->in_tableid >= 0) {
        cursor_used(judge, index, session, check);
    }
    if (call->result < 0) {
        refused_handle(judge, index, session, check);
        return;
    }
    if (layout->out_dbid >= 0 && (call->outs_valid >> layout->out_dbid & 1) != 0) {
        database_opened(judge, session, call->outs[layout->out_dbid]);
    }
    int at = layout->out_tableid >= 0 ? layout->out_tableid : layout->table_struct;
    if (at >= 0 && (call->outs_valid >> at & 1) != 0) {
        cursor_opened(judge, session, call->outs[at]);
    }
}
