/* scenarios/runner/rows.c - row operations: insert, replace, delete, read.
 *
 * A table of a plan has four columns: key (Currency, primary index), version (Long), owner (Long)
 * and payload (Binary). Each operation is a fixed series of calls on the actor's cursor on that
 * table; session, database and cursor are opened first if the actor has none:
 *
 *   insert   JetPrepareUpdate(Insert), JetSetColumn x 4, JetUpdate
 *   replace  JetMakeKey, JetSeek(EQ), JetPrepareUpdate(Replace), JetSetColumn x 3, JetUpdate
 *   delete   JetMakeKey, JetSeek(EQ), JetDelete
 *   read     JetMakeKey, JetSeek(EQ), JetRetrieveColumn x 2
 *
 * A series ends at the first call that fails. If an update was prepared it is cancelled
 * (JetPrepareUpdate(Cancel)), unless the failure was the stop's code: then the actor leaves things
 * as they are, as an application would find them. Every replaced or inserted row gets a version
 * that no other write of the run has; after JetUpdate or JetDelete returned success a WRITE event
 * says what was written, and after a read a READ event what was seen.
 */
#include <string.h>

#include "scenarios/runner/world.h"

#define SCN_PAYLOAD 40

/* A call on session and cursor with further arguments. */
static JET_ERR on_cursor(struct scn_player *player, enum shim_fn fn, uint64_t sesid,
                         uint64_t tableid, const uint64_t *rest, int count)
{
    uint64_t args[SHIM_MAX_ARGS] = {sesid, tableid};
    for (int i = 0; i < count; i++) {
        args[2 + i] = rest[i];
    }
    return scn_invoke(player, fn, shim_function_default_variant(fn), args, NULL, -1);
}

static JET_ERR set_column(struct scn_player *player, uint64_t sesid, uint64_t tableid,
                          JET_COLUMNID column, const void *data, size_t size)
{
    return on_cursor(player, SHIM_FN_JetSetColumn, sesid, tableid,
                     (uint64_t[]){column, (uintptr_t)data, size, 0, 0}, 5);
}

static JET_ERR prepare(struct scn_player *player, uint64_t sesid, uint64_t tableid, uint32_t how)
{
    return on_cursor(player, SHIM_FN_JetPrepareUpdate, sesid, tableid, (uint64_t[]){how}, 1);
}

/* Ends a prepared update that failed with `result`, unless the service is stopped. */
static JET_ERR give_up(struct scn_player *player, uint64_t sesid, uint64_t tableid, JET_ERR result)
{
    if (result != JET_errClientRequestToStopJetService) {
        prepare(player, sesid, tableid, JET_prepCancel);
    }
    return result;
}

static JET_ERR fill(struct scn_player *player, uint64_t sesid, uint64_t tableid, int table,
                    const int64_t *key, int32_t version)
{
    const JET_COLUMNID *columns = player->world->tables[table].columns;
    unsigned char payload[SCN_PAYLOAD];
    int32_t owner = (int32_t)player->number;
    JET_ERR result = 0;
    memset(payload, version & 0xff, sizeof payload);
    if (key != NULL) {
        result = set_column(player, sesid, tableid, columns[0], key, sizeof *key);
    }
    if (result >= 0) {
        result = set_column(player, sesid, tableid, columns[1], &version, sizeof version);
    }
    if (result >= 0) {
        result = set_column(player, sesid, tableid, columns[2], &owner, sizeof owner);
    }
    if (result >= 0) {
        result = set_column(player, sesid, tableid, columns[3], payload, sizeof payload);
    }
    if (result >= 0) {
        result = on_cursor(player, SHIM_FN_JetUpdate, sesid, tableid, (uint64_t[]){0, 0, 0}, 3);
    }
    return result < 0 ? give_up(player, sesid, tableid, result) : result;
}

JET_ERR scn_row_add(struct scn_player *player, int table, uint64_t tableid, int64_t key,
                    int32_t version)
{
    uint64_t sesid = scn_current_value(player, SCN_KIND_SESSION);
    JET_ERR result = prepare(player, sesid, tableid, JET_prepInsert);
    return result < 0 ? result : fill(player, sesid, tableid, table, &key, version);
}

/* Goes to the row with this key. */
static JET_ERR seek(struct scn_player *player, uint64_t sesid, uint64_t tableid, int64_t key)
{
    JET_ERR result = on_cursor(player, SHIM_FN_JetMakeKey, sesid, tableid,
                               (uint64_t[]){(uintptr_t)&key, sizeof key, JET_bitNewKey}, 3);
    return result < 0 ? result
                      : on_cursor(player, SHIM_FN_JetSeek, sesid, tableid,
                                  (uint64_t[]){JET_bitSeekEQ}, 1);
}

/* The actor's cursor on a table of the plan; opens what is missing. NULL: not to be had. */
static struct scn_open *cursor_on(struct scn_player *player, int table)
{
    for (int i = player->open_count - 1; i >= 0; i--) {
        if (player->open[i].kind == SCN_KIND_CURSOR && player->open[i].table == table) {
            return &player->open[i];
        }
    }
    const struct scn_table *plan = &player->world->plan->tables[table];
    if (scn_current(player, SCN_KIND_SESSION) == NULL &&
        scn_invoke_default(player, SHIM_FN_JetBeginSession, NULL, 0) < 0) {
        return NULL;
    }
    if (scn_current(player, SCN_KIND_DATABASE) == NULL) {
        char text[SCN_PATH];
        scn_database_path(player->world, plan->database, text, sizeof text);
        for (int step = 0; step < 2; step++) {
            enum shim_fn fn = step == 0 ? SHIM_FN_JetAttachDatabase : SHIM_FN_JetOpenDatabase;
            struct scn_given given[] = {{"szFilename", (uintptr_t)text}};
            if (scn_invoke_default(player, fn, given, 1) < 0) {
                return NULL;
            }
        }
    }
    uint64_t args[SHIM_MAX_ARGS] = {scn_current_value(player, SCN_KIND_SESSION),
                                    scn_current_value(player, SCN_KIND_DATABASE),
                                    (uintptr_t)plan->name};
    scn_refresh_env(player);
    uint64_t *cell = scn_arena(player, sizeof *cell);
    args[6] = (uintptr_t)cell;
    if (scn_invoke(player, SHIM_FN_JetOpenTable,
                   shim_function_default_variant(SHIM_FN_JetOpenTable), args, NULL, table) < 0) {
        return NULL;
    }
    return scn_find_open(player, SCN_KIND_CURSOR, *cell);
}

static void wrote(struct scn_player *player, const char *table, int64_t key, int32_t version,
                  bool deleted, uint64_t sesid)
{
    scn_event(player, SHIM_EVENT_WRITE, table, NULL, key, version, deleted, (int64_t)sesid);
}

void scn_play_row(struct scn_player *player, const struct scn_row *row)
{
    struct scn_world *world = player->world;
    int table = 0;
    while (table < world->plan->table_count &&
           strcmp(world->plan->tables[table].name, row->table) != 0) {
        table++;
    }
    if (table == world->plan->table_count) {
        return; /* the checker does not let this through */
    }
    int64_t rows = world->plan->tables[table].rows;
    int64_t key = row->has_key ? (int64_t)scn_value_number(player, &row->key, SCN_KIND_COUNT)
                  : row->op == SCN_ROW_INSERT
                      ? atomic_fetch_add_explicit(&world->unique, 1, memory_order_relaxed)
                      : scn_random_between(player->random, 1, rows > 0 ? rows : 1);
    struct scn_open *cursor = cursor_on(player, table);
    if (cursor == NULL) {
        return;
    }
    uint64_t tableid = cursor->value, sesid = cursor->sesid;
    int32_t version = 0;
    JET_ERR result;
    if (row->op == SCN_ROW_INSERT || row->op == SCN_ROW_REPLACE) {
        version =
            (int32_t)atomic_fetch_add_explicit(&world->version, 1, memory_order_relaxed);
    }
    if (row->op == SCN_ROW_INSERT) {
        result = prepare(player, sesid, tableid, JET_prepInsert);
        if (result >= 0) {
            result = fill(player, sesid, tableid, table, &key, version);
        }
    } else {
        result = seek(player, sesid, tableid, key);
        if (result >= 0 && row->op == SCN_ROW_REPLACE) {
            result = prepare(player, sesid, tableid, JET_prepReplace);
            if (result >= 0) {
                result = fill(player, sesid, tableid, table, NULL, version);
            }
        } else if (result >= 0 && row->op == SCN_ROW_DELETE) {
            result = on_cursor(player, SHIM_FN_JetDelete, sesid, tableid, NULL, 0);
        } else if (result >= 0) {
            int64_t found_key = 0;
            uint32_t actual = 0;
            const JET_COLUMNID *columns = world->tables[table].columns;
            result = on_cursor(player, SHIM_FN_JetRetrieveColumn, sesid, tableid,
                               (uint64_t[]){columns[0], (uintptr_t)&found_key, sizeof found_key,
                                            (uintptr_t)&actual, 0, 0},
                               6);
            if (result >= 0) {
                result = on_cursor(player, SHIM_FN_JetRetrieveColumn, sesid, tableid,
                                   (uint64_t[]){columns[1], (uintptr_t)&version, sizeof version,
                                                (uintptr_t)&actual, 0, 0},
                                   6);
            }
        }
    }
    if (row->op == SCN_ROW_READ) {
        if (result >= 0 || result == JET_errRecordNotFound) {
            scn_event(player, SHIM_EVENT_READ, row->table, NULL, key, version, result < 0, (int64_t)sesid);
        }
    } else if (result >= 0) {
        wrote(player, row->table, key, version, row->op == SCN_ROW_DELETE, sesid);
    }
}
