/* reports/judge/tables.c - a table that somebody has open: nobody deletes it, and who has it for himself is alone.
 *
 * Only what is sure counts: a cursor is open from the return of its opening until a call is entered that may close it,
 * of whichever kind; tables are the same when instance, database identifier and name are.
 */
#include <stdlib.h>
#include <string.h>

#include "reports/judge/internal.h"

#define MOST_OPEN 2048 /* cursors that are looked at: later ones of a long run are not */

struct use {
    size_t call;
    uint64_t sesid, tableid, dbid;
    uint64_t from, until; /* surely open in between */
    int32_t instance;
    bool alone;           /* JET_bitTableDenyRead */
};

enum { SESID, DBID, NAME }; /* parameters of JetOpenTable and JetDeleteTable */

static bool same_name(const struct shim_hist_call *a, const struct shim_hist_call *b)
{
    uint8_t size = a->blob_size[NAME];
    if (size == 0 || size != b->blob_size[NAME] || size >= SHIM_BLOB_MAX || a->blob[NAME] == NULL || b->blob[NAME] == NULL) {
        return false; /* longer names may differ behind what was kept */
    }
    for (uint8_t i = 0; i < size; i++) {
        uint8_t x = a->blob[NAME][i], y = b->blob[NAME][i];
        x = x >= 'A' && x <= 'Z' ? (uint8_t)(x + 32) : x;
        y = y >= 'A' && y <= 'Z' ? (uint8_t)(y + 32) : y;
        if (x != y) {
            return false;
        }
    }
    return true;
}

static bool makes_tables(enum shim_fn fn)
{
    return fn == SHIM_FN_JetCreateTable || fn == SHIM_FN_JetCreateTableColumnIndex ||
           fn == SHIM_FN_JetCreateTableColumnIndex2 || fn == SHIM_FN_JetCreateTableColumnIndex3 ||
           fn == SHIM_FN_JetCreateTableColumnIndex4 || fn == SHIM_FN_JetRenameTable;
}

/* Whether the call may close the cursor. */
static bool may_close(const struct judge *judge, const struct shim_hist_call *call, const struct use *use)
{
    const struct layout *layout = &judge->layout[call->fn];
    switch (call->fn) {
    case SHIM_FN_JetCloseTable:
        return call->args[layout->in_tableid] == use->tableid;
    case SHIM_FN_JetEndSession:
    case SHIM_FN_JetCloseDatabase:
    case SHIM_FN_JetRollback:
        return call->args[layout->in_sesid] == use->sesid;
    case SHIM_FN_JetDetachDatabase:
    case SHIM_FN_JetDetachDatabase2:
        return true;
    default:
        return is_term(call->fn) || is_init(call->fn);
    }
}

static void find_end(const struct judge *judge, struct use *use)
{
    const struct shim_history *history = judge->history;
    use->until = judge->restart;
    for (size_t i = 0; i < history->call_count; i++) {
        const struct shim_hist_call *call = &history->calls[i];
        if ((call->leave == 0 || call->leave > use->from) && call->enter < use->until && may_close(judge, call, use)) {
            use->until = call->enter > use->from ? call->enter : use->from;
        }
    }
    for (size_t i = 0; i < history->event_count; i++) {
        const struct shim_hist_event *event = &history->events[i];
        bool ends = event->kind == SHIM_EVENT_CRASH || event->kind == SHIM_EVENT_KILL || event->kind == SHIM_EVENT_EXIT ||
                    event->kind == SHIM_EVENT_RESTART || event->kind == SHIM_EVENT_HANG;
        if (ends && event->stamp >= use->from && event->stamp < use->until) {
            use->until = event->stamp;
        }
    }
}

static size_t find_uses(const struct judge *judge, struct use *uses)
{
    const struct shim_history *history = judge->history;
    const struct layout *layout = &judge->layout[SHIM_FN_JetOpenTable];
    size_t count = 0;
    for (size_t i = 0; i < history->call_count && count < MOST_OPEN; i++) {
        const struct shim_hist_call *call = &history->calls[i];
        if (call->fn != SHIM_FN_JetOpenTable || call->leave == 0 || call->result < 0 ||
            (call->outs_valid >> layout->out_tableid & 1) == 0 || judge->meanings[i].instance < 0) {
            continue;
        }
        uses[count] = (struct use){.call = i,
                                   .sesid = call->args[SESID],
                                   .dbid = call->args[DBID],
                                   .tableid = call->outs[layout->out_tableid],
                                   .from = call->leave,
                                   .instance = judge->meanings[i].instance,
                                   .alone = (call->args[layout->grbit] & JET_bitTableDenyRead) != 0};
        find_end(judge, &uses[count++]);
    }
    return count;
}

/* Whether a table may have been made while the call went on: then the name need not mean one table. */
static bool tables_were_made(const struct judge *judge, const struct shim_hist_call *call)
{
    const struct shim_history *history = judge->history;
    for (size_t i = 0; i < history->call_count; i++) {
        const struct shim_hist_call *other = &history->calls[i];
        if (makes_tables(other->fn) && other->enter < call->leave && (other->leave == 0 || other->leave > call->enter)) {
            return true;
        }
    }
    return false;
}

static void look_at_deletion(struct judge *judge, size_t index, const struct use *uses, size_t count)
{
    const struct shim_hist_call *call = &judge->history->calls[index];
    for (size_t i = 0; i < count; i++) {
        const struct use *use = &uses[i];
        if (use->from < call->leave && use->until > call->leave && use->sesid != call->args[SESID] &&
            use->dbid == call->args[DBID] && use->instance == judge->meanings[index].instance &&
            same_name(call, &judge->history->calls[use->call]) && !tables_were_made(judge, call)) {
            report(judge, RPT_WRONG_CODE, "table.in-use", SHIM_FN_JetDeleteTable, use->call, index,
                   "JetDeleteTable succeeded for a table that another session had open before it returned, and still had "
                   "afterwards");
            return;
        }
    }
}

static void look_at_sharing(struct judge *judge, const struct use *uses, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; uses[i].alone && j < count; j++) {
            const struct use *a = &uses[i], *b = &uses[j];
            if (a->sesid != b->sesid && a->dbid == b->dbid && a->instance == b->instance && a->from < b->until &&
                b->from < a->until &&
                same_name(&judge->history->calls[a->call], &judge->history->calls[b->call])) {
                report(judge, RPT_WRONG_CODE, "table.deny-read", SHIM_FN_JetOpenTable, a->call, b->call,
                       "two sessions had one table open at once, one of them with JET_bitTableDenyRead");
                return;
            }
        }
    }
}

void tables_judge(struct judge *judge)
{
    const struct shim_history *history = judge->history;
    bool deletes = false, alone = false;
    for (size_t i = 0; i < history->call_count; i++) {
        const struct shim_hist_call *call = &history->calls[i];
        bool succeeded = call->leave != 0 && call->result >= 0;
        deletes = deletes || (succeeded && call->fn == SHIM_FN_JetDeleteTable);
        alone = alone || (succeeded && call->fn == SHIM_FN_JetOpenTable &&
                          (bits_of(judge, call) & JET_bitTableDenyRead) != 0);
    }
    if ((!deletes && !alone) || judge->truncated) {
        return;
    }
    struct use *uses = malloc(MOST_OPEN * sizeof *uses);
    if (uses == NULL) {
        judge->no_memory = true;
        return;
    }
    size_t count = find_uses(judge, uses);
    look_at_sharing(judge, uses, count);
    for (size_t i = 0; i < history->call_count; i++) {
        const struct shim_hist_call *call = &history->calls[i];
        if (call->fn == SHIM_FN_JetDeleteTable && call->leave != 0 && call->result >= 0 &&
            judge->meanings[i].instance >= 0) {
            look_at_deletion(judge, i, uses, count);
        }
    }
    free(uses);
}
