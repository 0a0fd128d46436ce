/* reports/judge/data.c - which rows must and which may be there after the restart.
 *
 * Every accepted row change is a WRITE event, in the transaction level that its session had then. A
 * commit hands the changes of a level to the level below, that of level 1 makes them durable (or
 * lazy: then only a clean end of the instance guarantees them, or a later call that waits for what was
 * committed before; in the original every durable commit does that for all sessions); a rollback discards them; the end
 * of the session discards what is open. Of a commit that never returned, or failed in a way that
 * leaves it open, either may be the outcome. Per key the row found must be the last change that is
 * sure, or a later one that is possible. The first writer wins, so the order of the stamps is the
 * order of the changes. Of databases that were restored, sure is what the backup must have.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reports/judge/internal.h"

#define MOST_ACTORS 65536

void data_fini(struct data *data)
{
    free(data->writes);
    free(data->reads);
    free(data->lazy);
    free(data->rows);
    free(data->tables);
    free(data->unnoted);
}

static int32_t table_named(struct judge *judge, const char *name)
{
    struct data *data = &judge->data;
    if (name == NULL) {
        return -1;
    }
    for (size_t i = 0; i < data->table_count; i++) {
        if (strcmp(data->tables[i].name, name) == 0) {
            return (int32_t)i;
        }
    }
    struct table *bigger =
        grown(data->tables, data->table_count, &data->table_room, sizeof *bigger);
    if (bigger == NULL) {
        judge->no_memory = true;
        return -1;
    }
    data->tables = bigger;
    data->tables[data->table_count] = (struct table){.name = name};
    return (int32_t)data->table_count++;
}

static uint8_t *unnoted(struct judge *judge, uint32_t actor)
{
    struct data *data = &judge->data;
    if (actor >= MOST_ACTORS) {
        return NULL;
    }
    if (actor >= data->actors) {
        size_t room = actor + 64;
        uint8_t *bigger = realloc(data->unnoted, room);
        if (bigger == NULL) {
            judge->no_memory = true;
            return NULL;
        }
        memset(bigger + data->actors, 0, room - data->actors);
        data->unnoted = bigger;
        data->actors = room;
    }
    return &data->unnoted[actor];
}

/* A change that no WRITE event told about: somebody called JetUpdate or JetDelete by hand. */
static void count_unnoted(struct judge *judge, uint8_t what)
{
    judge->data.untracked += what != 0;
    judge->data.untracked_deletes += what == 2;
}

static bool takes_away(enum shim_fn fn)
{
    return fn == SHIM_FN_JetDeleteTable || fn == SHIM_FN_JetRenameTable ||
           fn == SHIM_FN_JetDeleteColumn || fn == SHIM_FN_JetDeleteColumn2 ||
           fn == SHIM_FN_JetRenameColumn;
}

void data_changed(struct judge *judge, const struct shim_hist_call *call)
{
    judge->data.redefined |= takes_away(call->fn) && call->result >= 0;
    bool update = call->fn == SHIM_FN_JetUpdate || call->fn == SHIM_FN_JetUpdate2;
    if ((!update && call->fn != SHIM_FN_JetDelete) || call->result < 0 || call->actor == 0) {
        if (call->fn == SHIM_FN_JetSetSystemParameter && call->result >= 0 &&
            (uint32_t)call->args[2] == JET_paramCommitDefault) {
            judge->data.lazy_default = true;
        }
        return;
    }
    uint8_t *waiting = unnoted(judge, call->actor);
    if (waiting != NULL) {
        count_unnoted(judge, *waiting);
        *waiting = update ? 1 : 2;
    }
}

/* In a transaction the change went with it; outside it may have become one of its own. */
void data_cut(struct judge *judge, const struct shim_hist_call *call, const struct session *session)
{
    if (session == NULL || !session->level_known || session->level == 0) {
        judge->data.cut_updates += call->fn == SHIM_FN_JetUpdate || call->fn == SHIM_FN_JetUpdate2;
        judge->data.cut_deletes += call->fn == SHIM_FN_JetDelete;
        judge->data.redefined |= takes_away(call->fn);
    }
}

static void wrote(struct judge *judge, const struct shim_hist_event *event)
{
    struct data *data = &judge->data;
    uint8_t *waiting = unnoted(judge, event->actor);
    if (waiting != NULL) {
        *waiting = 0;
    }
    struct write *bigger =
        grown(data->writes, data->write_count, &data->write_room, sizeof *bigger);
    int32_t table = table_named(judge, event->name);
    if (bigger == NULL || table < 0) {
        data->writes = bigger != NULL ? bigger : data->writes;
        judge->no_memory |= bigger == NULL;
        return;
    }
    data->writes = bigger;
    struct write *write = &data->writes[data->write_count];
    *write = (struct write){.table = table,
                            .fate = FATE_EITHER,
                            .key = event->value[0],
                            .version = event->value[1],
                            .deleted = event->value[2] != 0,
                            .session = (uint64_t)event->value[3],
                            .stamp = event->stamp};
    int32_t at = map_get(&judge->session_of, (uint64_t)event->value[3]);
    struct session *session = at >= 0 ? &judge->sessions[at] : NULL;
    if (session != NULL && session->level_known && session->level > 0) {
        size_t *more =
            grown(session->pending, session->pending_count, &session->pending_room, sizeof *more);
        if (more == NULL) {
            judge->no_memory = true;
            return;
        }
        session->pending = more;
        session->pending[session->pending_count++] = data->write_count;
        write->fate = FATE_PENDING;
        write->level = session->level;
    }
    data->write_count++;
}

static void found(struct judge *judge, const struct shim_hist_event *event)
{
    struct data *data = &judge->data;
    int32_t table = table_named(judge, event->name);
    struct row *bigger = grown(data->rows, data->row_count, &data->row_room, sizeof *bigger);
    if (bigger == NULL || table < 0) {
        judge->no_memory |= bigger == NULL;
        data->rows = bigger != NULL ? bigger : data->rows;
        return;
    }
    data->rows = bigger;
    data->rows[data->row_count++] = (struct row){table, event->value[0], event->value[1]};
}

void data_event(struct judge *judge, const struct shim_hist_event *event)
{
    int32_t table;
    switch (event->kind) {
    case SHIM_EVENT_WRITE:
        wrote(judge, event);
        break;
    case SHIM_EVENT_READ:
        isolation_read(judge, event, table_named(judge, event->name));
        break;
    case SHIM_EVENT_RESTORED:
        judge->data.restored = true;
        judge->data.as_of = backup_reaches(judge, event->name);
        break;
    case SHIM_EVENT_PRELOAD:
        table = table_named(judge, event->name);
        if (table >= 0) {
            judge->data.tables[table].preloaded =
                event->value[0] < INT64_MAX ? event->value[0] : INT64_MAX - 1;
        }
        break;
    case SHIM_EVENT_ROWS:
        table = table_named(judge, event->name);
        if (table >= 0) {
            judge->data.tables[table].verified = false;
            judge->data.tables[table].row_begin = judge->data.row_count;
        }
        break;
    case SHIM_EVENT_ROW:
        found(judge, event);
        break;
    case SHIM_EVENT_ROWS_END:
        table = table_named(judge, event->name);
        if (table >= 0) {
            judge->data.tables[table].verified = true;
            judge->data.tables[table].complete = event->value[1] != 0;
            judge->data.tables[table].row_end = judge->data.row_count;
        }
        break;
    default:
        break;
    }
}

void data_commit(struct judge *judge, struct session *session, bool lazy)
{
    if (!session->level_known) {
        data_settle(judge, session, FATE_EITHER);
        return;
    }
    if (session->level <= 1) {
        data_settle(judge, session, lazy ? FATE_LAZY : FATE_DURABLE);
        return;
    }
    for (size_t i = 0; i < session->pending_count; i++) {
        struct write *write = &judge->data.writes[session->pending[i]];
        if (write->level >= session->level) {
            write->level = session->level - 1;
        }
    }
}

void data_rollback(struct judge *judge, struct session *session, int to_level)
{
    if (!session->level_known) {
        data_settle(judge, session, FATE_EITHER);
        return;
    }
    size_t kept = 0;
    for (size_t i = 0; i < session->pending_count; i++) {
        struct write *write = &judge->data.writes[session->pending[i]];
        if (write->level > to_level) {
            write->fate = FATE_DISCARDED;
        } else {
            session->pending[kept++] = session->pending[i];
        }
    }
    session->pending_count = kept;
}

static void remember_lazy(struct judge *judge, size_t write)
{
    struct data *data = &judge->data;
    size_t *more = grown(data->lazy, data->lazy_count, &data->lazy_room, sizeof *more);
    if (more == NULL) {
        judge->no_memory = true;
        return;
    }
    data->lazy = more;
    data->lazy[data->lazy_count++] = write;
}

void data_settle(struct judge *judge, struct session *session, enum fate fate)
{
    bool together = session->level_known && (fate == FATE_LAZY || fate == FATE_EITHER);
    judge->data.commits += together;
    for (size_t i = 0; i < session->pending_count; i++) {
        struct write *write = &judge->data.writes[session->pending[i]];
        write->fate = fate;
        write->durable = fate == FATE_DURABLE ? judge->now : 0;
        write->commit = together ? judge->data.commits : 0;
        write->instance = session->instance;
        if (fate == FATE_LAZY) {
            write->committed = judge->now;
            remember_lazy(judge, session->pending[i]);
        }
    }
    session->pending_count = 0;
}

void data_flushed(struct judge *judge, const struct session *session, uint64_t entered)
{
    struct data *data = &judge->data;
    for (size_t i = data->lazy_head; i < data->lazy_count; i++) {
        struct write *write = &data->writes[data->lazy[i]];
        if (write->committed > entered) {
            break;
        }
        if (session == NULL || write->session == session->value) {
            write->fate = FATE_DURABLE;
            write->durable = judge->now;
        }
        if (session == NULL) {
            data->lazy_head = i + 1;
        }
    }
}

/* ---- the comparison ---- */

static int compare_places(int32_t table, int64_t key, int32_t other_table, int64_t other_key)
{
    if (table != other_table) {
        return table < other_table ? -1 : 1;
    }
    return (key > other_key) - (key < other_key);
}

static int compare_writes(const void *a, const void *b)
{
    const struct write *x = a, *y = b;
    int order = compare_places(x->table, x->key, y->table, y->key);
    return order != 0 ? order : (x->stamp > y->stamp) - (x->stamp < y->stamp);
}

static int compare_rows(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    return compare_places(x->table, x->key, y->table, y->key);
}

/* What is known about one key: its writes, and the rows found with it. */
struct place {
    const struct table *table;
    int64_t key;
    struct write *writes;
    size_t write_count;
    const struct row *rows;
    size_t row_count;
    bool clean;
    uint64_t as_of; /* of a backup that was restored: only what was durable before this is sure; else 0 */
};

static const char *state_text(bool present, int64_t version, char *text, size_t size)
{
    if (present) {
        snprintf(text, size, "version %" PRId64, version);
    } else {
        snprintf(text, size, "no row");
    }
    return text;
}

static void lost(struct judge *judge, const char *clause, const struct place *place,
                 const char *what, const char *seen, const char *wanted)
{
    report(judge, RPT_LOST_DATA, clause, SHIM_FN_NONE, SIZE_MAX, SIZE_MAX,
           "table %s, key %" PRId64 ": found %s; %s (must be: %s)", place->table->name, place->key,
           seen, what, wanted);
}

static bool is_sure(const struct write *write, const struct place *place)
{
    if (place->as_of != 0) {
        return write->fate == FATE_DURABLE && write->durable < place->as_of;
    }
    return write->fate == FATE_DURABLE || (write->fate == FATE_LAZY && place->clean);
}

/* Whether `write` leaves the row as it was found. */
static bool leaves(const struct write *write, bool present, int64_t version)
{
    return write->deleted ? !present : present && write->version == version;
}

/* Which of the writes of a place happened, as far as the row tells: the only one that leaves it as it was found
 * has, those behind the last such have not. One that was written over may have been rolled back before. */
static void tell_apart(const struct place *place, bool preloaded, bool present, int64_t version)
{
    size_t first = SIZE_MAX, last = 0; /* of the writes that fit, from 1; 0: nobody wrote */
    if (preloaded ? present && version == 0 : !present) {
        first = 0;
    }
    for (size_t i = 0; i < place->write_count; i++) {
        const struct write *write = &place->writes[i];
        if (write->fate != FATE_DISCARDED && write->fate != FATE_PENDING &&
            leaves(write, present, version)) {
            first = first == SIZE_MAX ? i + 1 : first;
            last = i + 1;
        }
    }
    for (size_t i = 0; first != SIZE_MAX && i < place->write_count; i++) {
        place->writes[i].applied = i + 1 > last                    ? APPLIED_NO
                                   : i + 1 == first && i + 1 == last ? APPLIED_YES
                                                                     : APPLIED_UNKNOWN;
    }
}

/* Whether a change that never returned explains what was found, a version that no other change leaves, or no row; each
 * explains one row. */
static bool was_cut(struct judge *judge, const struct place *place, bool preloaded, bool present, int64_t version)
{
    uint64_t *cut = present ? &judge->data.cut_updates : &judge->data.cut_deletes;
    bool known = present && preloaded && version == 0;
    for (size_t i = 0; i < place->write_count; i++) {
        known = known || leaves(&place->writes[i], present, version);
    }
    if (known || *cut == 0) {
        return false;
    }
    --*cut;
    return true;
}

static void judge_place(struct judge *judge, const struct place *place)
{
    struct data *data = &judge->data;
    bool preloaded = place->key >= 1 && place->key <= place->table->preloaded;
    bool present = place->row_count > 0;
    int64_t version = present ? place->rows[0].version : 0;
    char seen[48], wanted[48];
    state_text(present, version, seen, sizeof seen);
    if (place->row_count > 1) {
        lost(judge, "data.committed", place, "the same key twice", seen, "one row at most");
        return;
    }
    if (!present && !place->table->complete) {
        return;
    }
    const struct write *sure = NULL, *discarded = NULL;
    bool possible = preloaded ? present && version == 0 : !present;
    for (size_t i = 0; i < place->write_count; i++) {
        const struct write *write = &place->writes[i];
        if (write->fate == FATE_DISCARDED || write->fate == FATE_PENDING) {
            discarded = leaves(write, present, version) ? write : discarded;
        } else if (is_sure(write, place)) {
            sure = write;
            possible = leaves(write, present, version);
        } else {
            possible = possible || leaves(write, present, version);
        }
    }
    if (possible) {
        tell_apart(place, preloaded, present, version);
        return;
    }
    if (was_cut(judge, place, preloaded, present, version)) {
        return;
    }
    state_text(sure != NULL ? !sure->deleted : preloaded, sure != NULL ? sure->version : 0, wanted,
               sizeof wanted);
    if (discarded != NULL) {
        lost(judge, "data.uncommitted", place,
             "a change that was rolled back or never committed was kept", seen, wanted);
    } else if (data->untracked > 0 && (present || data->untracked_deletes > 0)) {
        return; /* changed by calls that left no note of the key */
    } else if (sure == NULL && !preloaded) {
        lost(judge, "data.uncommitted", place, "nobody wrote this row", seen, wanted);
    } else {
        lost(judge, "data.committed", place, "what was committed is not there", seen, wanted);
    }
}

/* Preloaded rows from place->key to before `end` that nobody wrote and nobody found: all are like the
 * first, however many a damaged history makes of them. Returns the first one that was not judged. */
static int64_t judge_gap(struct judge *judge, const struct place *place, int64_t end)
{
    uint64_t before = reported(judge, RPT_LOST_DATA, "data.committed", SHIM_FN_NONE);
    uint64_t cut = judge->data.cut_deletes;
    judge_place(judge, place);
    if (judge->data.cut_deletes < cut) {
        return place->key + 1; /* of this one something is known: the others are alike */
    }
    if (reported(judge, RPT_LOST_DATA, "data.committed", SHIM_FN_NONE) > before) {
        report_more(judge, RPT_LOST_DATA, "data.committed", SHIM_FN_NONE,
                    (uint64_t)(end - place->key - 1));
    }
    return end;
}

/* Every key of one table that was preloaded, written or found, in ascending order. */
static void judge_table(struct judge *judge, int32_t index, bool clean)
{
    struct data *data = &judge->data;
    const struct table *table = &data->tables[index];
    struct row *rows = data->rows != NULL ? data->rows + table->row_begin : NULL;
    size_t row_count = 0, row = 0, write = 0;
    for (size_t i = table->row_begin; i < table->row_end; i++) { /* rows of other tables aside */
        if (data->rows[i].table == index) {
            rows[row_count++] = data->rows[i];
        }
    }
    bool sorted = true; /* as a rule: they were read along the key */
    for (size_t i = 1; i < row_count && sorted; i++) {
        sorted = rows[i - 1].key <= rows[i].key;
    }
    if (!sorted) {
        qsort(rows, row_count, sizeof *rows, compare_rows);
    }
    while (write < data->write_count && data->writes[write].table < index) {
        write++;
    }
    int64_t next = 1;
    for (;;) {
        bool has_write = write < data->write_count && data->writes[write].table == index;
        int64_t key = INT64_MAX;
        bool any = false;
        if (has_write) {
            key = data->writes[write].key;
            any = true;
        }
        if (row < row_count && (!any || rows[row].key < key)) {
            key = rows[row].key;
            any = true;
        }
        if (next <= table->preloaded && (!any || next < key)) {
            key = next;
            any = true;
        }
        if (!any) {
            break;
        }
        struct place place = {.table = table, .key = key, .clean = clean, .as_of = data->as_of};
        place.writes = write < data->write_count ? data->writes + write : NULL;
        while (write < data->write_count && data->writes[write].table == index &&
               data->writes[write].key == key) {
            write++;
            place.write_count++;
        }
        place.rows = row < row_count ? rows + row : NULL;
        while (row < row_count && rows[row].key == key) {
            row++;
            place.row_count++;
        }
        if (place.write_count > 0 || place.row_count > 0) {
            next += next == key;
            judge_place(judge, &place);
        } else {
            int64_t end = table->preloaded + 1;
            if (has_write && data->writes[write].key < end) {
                end = data->writes[write].key;
            }
            if (row < row_count && rows[row].key < end) {
                end = rows[row].key;
            }
            next = judge_gap(judge, &place, end);
        }
    }
}

static int compare_commits(const void *a, const void *b)
{
    const struct write *x = a, *y = b;
    return (x->commit > y->commit) - (x->commit < y->commit);
}

static const struct write *with(const struct write *writes, size_t count, enum applied applied)
{
    for (size_t i = 0; i < count; i++) {
        if (writes[i].applied == applied) {
            return &writes[i];
        }
    }
    return NULL;
}

static void transaction_broken(struct judge *judge, const char *clause, const struct write *there,
                               const struct write *missing, const char *what)
{
    report(judge, RPT_LOST_DATA, clause, SHIM_FN_NONE, SIZE_MAX, SIZE_MAX,
           "%s: table %s, key %" PRId64 ", version %" PRId64 " is there, table %s, key %" PRId64
           ", version %" PRId64 " is not",
           what, judge->data.tables[there->table].name, there->key, there->version,
           judge->data.tables[missing->table].name, missing->key, missing->version);
}

/* Lazy commits of one instance go in the order in which they were made: one that had returned before the other
 * was asked for is not missing where that is there. */
static void judge_order(struct judge *judge, const struct write *writes, size_t count)
{
    const struct write *missing = NULL, *there = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct write *write = &writes[i];
        if (write->fate == FATE_LAZY && write->applied == APPLIED_NO &&
            (missing == NULL || write->committed < missing->committed)) {
            missing = write;
        }
        if (write->applied == APPLIED_YES && (there == NULL || write->stamp > there->stamp)) {
            there = write;
        }
    }
    if (missing != NULL && there != NULL && missing->committed < there->stamp) {
        transaction_broken(judge, "data.order", there, missing,
                           "a later transaction without an earlier one");
    }
}

/* Of commits that may be lost: each is there as a whole or not at all, and none overtook another. */
static void judge_commits(struct judge *judge, bool clean)
{
    struct data *data = &judge->data;
    size_t begin = 0;
    if (data->untracked > 0 || data->commits == 0 || data->write_count == 0) {
        return;
    }
    qsort(data->writes, data->write_count, sizeof *data->writes, compare_commits);
    while (begin < data->write_count && data->writes[begin].commit == 0) {
        begin++;
    }
    for (size_t at = begin; at < data->write_count;) {
        const struct write *writes = &data->writes[at];
        size_t count = 1;
        while (at + count < data->write_count && writes[count].commit == writes[0].commit) {
            count++;
        }
        const struct write *there = with(writes, count, APPLIED_YES);
        const struct write *missing = with(writes, count, APPLIED_NO);
        if (there != NULL && missing != NULL) {
            transaction_broken(judge, "data.atomic", there, missing, "half a transaction");
        }
        at += count;
    }
    for (size_t i = 0; !clean && i < judge->instance_count; i++) {
        size_t kept = begin;
        for (size_t w = begin; w < data->write_count; w++) { /* those of the instance to the front */
            if (data->writes[w].instance == (int32_t)i) {
                struct write moved = data->writes[w];
                data->writes[w] = data->writes[kept];
                data->writes[kept++] = moved;
            }
        }
        judge_order(judge, data->writes + begin, kept - begin);
    }
}

void data_judge(struct judge *judge)
{
    struct data *data = &judge->data;
    bool any;
    bool clean = ended_clean(judge, &any);
    isolation_judge(judge);
    if (judge->truncated || data->redefined || (data->restored && data->as_of == 0)) {
        return;
    }
    for (size_t i = 0; i < data->actors; i++) {
        count_unnoted(judge, data->unnoted[i]);
    }
    if (data->write_count > 0) {
        qsort(data->writes, data->write_count, sizeof *data->writes, compare_writes);
    }
    for (size_t i = 0; i < data->table_count; i++) {
        if (data->tables[i].verified) {
            judge_table(judge, (int32_t)i, clean);
        }
    }
    judge_commits(judge, clean);
}
