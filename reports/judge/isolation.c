/* reports/judge/isolation.c - what transactions may see of each other, and do to each other.
 *
 * Conflicts: of two transactions that are open at once only one can change a row. When a transaction begins to end, it
 * has held every row it changed since the change was noted; another one's change of such a row, noted in between by
 * a session in a transaction, was accepted although it must have been refused.
 *
 * Reads: a row that was read (READ event) is as the reader's own transaction left it or as a commit left it that had at
 * least begun; and read twice in one transaction that did not change it, it is the same twice.
 *
 * Sessions that several actors have used prove nothing here: their notes may come late.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reports/judge/internal.h"

#define LOOK_AHEAD 4096 /* later writes that are compared with one */
#define LOOK_BACK  1024 /* earlier reads */

static bool same_place(const struct write *a, const struct write *b)
{
    return a->table == b->table && a->key == b->key;
}

static bool has_one_actor(struct judge *judge, uint64_t handle)
{
    for (size_t i = judge->session_count; i-- > 0;) {
        if (judge->sessions[i].value == handle) {
            return !judge->sessions[i].many_actors;
        }
    }
    return false;
}

void isolation_ends(struct judge *judge, struct session *session, int to_level, uint64_t entered,
                    bool commits)
{
    struct data *data = &judge->data;
    if (!session->level_known || session->many_actors) {
        return;
    }
    for (size_t i = 0; i < session->pending_count; i++) {
        size_t index = session->pending[i];
        struct write *held = &data->writes[index];
        if (held->level <= to_level) {
            continue;
        }
        held->ending = commits && to_level == 0 ? entered : 0;
        size_t end = data->write_count - index > LOOK_AHEAD ? index + LOOK_AHEAD : data->write_count;
        for (size_t j = index + 1; j < end && data->writes[j].stamp < entered; j++) {
            const struct write *other = &data->writes[j];
            if (same_place(held, other) && other->session != held->session && other->level > 0 &&
                has_one_actor(judge, other->session)) {
                report(judge, RPT_LOST_DATA, "data.conflict", SHIM_FN_NONE, SIZE_MAX, SIZE_MAX,
                       "table %s, key %" PRId64 ": two open transactions changed it (versions %" PRId64
                       " and %" PRId64 "), neither was refused",
                       data->tables[held->table].name, held->key, held->version, other->version);
            }
        }
    }
}

/* ---- reads ---- */

static const struct write *written(const struct data *data, size_t from, uint64_t session, int32_t table,
                                   int64_t key)
{
    for (size_t i = from; i < data->write_count; i++) {
        const struct write *write = &data->writes[i];
        if (write->session == session && write->table == table && write->key == key) {
            return write;
        }
    }
    return NULL;
}

/* The same row, read before in the same transaction, which has not changed it. */
static void compare_with_earlier(struct judge *judge, const struct read *now, size_t first_write)
{
    struct data *data = &judge->data;
    size_t back = data->read_count > LOOK_BACK ? data->read_count - LOOK_BACK : 0;
    for (size_t i = data->read_count; i-- > back;) {
        const struct read *before = &data->reads[i];
        if (before->session != now->session || before->table != now->table || before->key != now->key) {
            continue;
        }
        if (before->transaction == now->transaction && now->transaction != 0 &&
            (before->absent != now->absent || before->version != now->version) &&
            written(data, first_write, now->session, now->table, now->key) == NULL) {
            report(judge, RPT_LOST_DATA, "data.snapshot", SHIM_FN_NONE, SIZE_MAX, SIZE_MAX,
                   "table %s, key %" PRId64 ": one transaction read %s %" PRId64 " and later %s %" PRId64,
                   data->tables[now->table].name, now->key, before->absent ? "no row," : "version",
                   before->version, now->absent ? "no row," : "version", now->version);
        }
        return;
    }
}

void isolation_read(struct judge *judge, const struct shim_hist_event *event, int32_t table)
{
    struct data *data = &judge->data;
    uint64_t handle = (uint64_t)event->value[3];
    int32_t at = map_get(&judge->session_of, handle);
    struct read *bigger = grown(data->reads, data->read_count, &data->read_room, sizeof *bigger);
    if (bigger == NULL || table < 0) {
        judge->no_memory |= bigger == NULL;
        data->reads = bigger != NULL ? bigger : data->reads;
        return;
    }
    data->reads = bigger;
    struct read read = {.table = table,
                        .key = event->value[0],
                        .version = event->value[1],
                        .absent = event->value[2] != 0,
                        .session = handle,
                        .stamp = event->stamp};
    const struct session *session = at >= 0 ? &judge->sessions[at] : NULL;
    if (session != NULL && session->level_known && session->level > 0 && !session->many_actors) {
        read.transaction = session->transactions;
        compare_with_earlier(judge, &read, session->first_write);
    }
    data->reads[data->read_count++] = read;
}

static int compare_versions(const void *a, const void *b)
{
    const struct write *x = *(const struct write *const *)a, *y = *(const struct write *const *)b;
    return (x->version > y->version) - (x->version < y->version);
}

/* Versions are unique, so a row that was read tells whose change it is. */
void isolation_judge(struct judge *judge)
{
    struct data *data = &judge->data;
    if (data->read_count == 0 || data->write_count == 0 || judge->truncated) {
        return;
    }
    const struct write **by_version = malloc(data->write_count * sizeof *by_version);
    if (by_version == NULL) {
        judge->no_memory = true;
        return;
    }
    for (size_t i = 0; i < data->write_count; i++) {
        by_version[i] = &data->writes[i];
    }
    qsort(by_version, data->write_count, sizeof *by_version, compare_versions);
    for (size_t i = 0; i < data->read_count; i++) {
        const struct read *read = &data->reads[i];
        const struct write key = {.version = read->version}, *wanted = &key;
        const struct write **at = read->absent || read->version == 0
                                      ? NULL
                                      : bsearch(&wanted, by_version, data->write_count, sizeof *by_version,
                                                compare_versions);
        const struct write *write = at != NULL ? *at : NULL;
        if (write == NULL || write->session == read->session || write->key != read->key ||
            write->table != read->table || !has_one_actor(judge, write->session)) {
            continue;
        }
        bool committed = write->fate == FATE_DURABLE || write->fate == FATE_LAZY;
        if (write->fate == FATE_DISCARDED || (committed && write->ending > read->stamp)) {
            report(judge, RPT_LOST_DATA, "data.dirty-read", SHIM_FN_NONE, SIZE_MAX, SIZE_MAX,
                   "table %s, key %" PRId64 ": version %" PRId64 " was read, which another session %s",
                   data->tables[read->table].name, read->key, read->version,
                   committed ? "had not committed yet" : "never committed");
        }
    }
    free(by_version);
}
