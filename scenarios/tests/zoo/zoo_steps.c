/* scenarios/tests/zoo/zoo_steps.c - what animals share that leave out steps of the stop, or of the recovery. */
#include <string.h>

#include "scenarios/tests/zoo/zoo.h"

#define SHORT_DEPTH 16384

static JET_ERR engine(enum shim_fn fn, const uint64_t *args, int count)
{
    struct zoo_call call = {.fn = fn, .variant = SHIM_PLAIN};
    for (int i = 0; i < count; i++)
        call.args[i] = args[i];
    return zoo_forward(&call);
}

#define ENGINE(fn, ...)                                                                            \
    engine(SHIM_FN_##fn, (const uint64_t[]){__VA_ARGS__},                                          \
           (int)(sizeof((const uint64_t[]){__VA_ARGS__}) / 8))

void zoo_set_depth(JET_INSTANCE instance, uint64_t bytes)
{
    JET_INSTANCE cell = instance;
    ENGINE(JetSetSystemParameter, (uintptr_t)&cell, JET_sesidNil, JET_paramCheckpointDepthMax, bytes, 0);
}

/* ---- the steps of a stop ---- */

static char database[4096]; /* path of the one created first */
static atomic_int database_known; /* 1: being written, 2: written */

static void note_database(const struct zoo_call *call)
{
    int unknown = 0;
    if ((call->fn == SHIM_FN_JetCreateDatabase || call->fn == SHIM_FN_JetCreateDatabase2) &&
        call->variant != SHIM_W && call->args[1] &&
        atomic_compare_exchange_strong(&database_known, &unknown, 1)) {
        strncpy(database, (const char *)(uintptr_t)call->args[1], sizeof database - 1);
        atomic_store(&database_known, 2);
    }
}

static void end_defrag(JET_SESID sesid)
{
    JET_DBID dbid = JET_dbidNil;
    if (atomic_load(&database_known) != 2 ||
        ENGINE(JetOpenDatabase, sesid, (uintptr_t)database, 0, (uintptr_t)&dbid, 0) < 0)
        return;
    ENGINE(JetDefragment2, sesid, dbid, 0, 0, 0, 0, JET_bitDefragmentBatchStop);
    ENGINE(JetCloseDatabase, sesid, dbid, 0);
}

static void take_steps(JET_INSTANCE instance, unsigned steps)
{
    JET_SESID sesid = JET_sesidNil;
    if (steps & ZOO_SHORTEN_DEPTH)
        zoo_set_depth(instance, SHORT_DEPTH);
    if (!(steps & (ZOO_CLEAN_VERSIONS | ZOO_END_DEFRAG)) ||
        ENGINE(JetBeginSession, instance, (uintptr_t)&sesid, 0, 0) < 0)
        return;
    if (steps & ZOO_CLEAN_VERSIONS)
        ENGINE(JetIdle, sesid, JET_bitIdleCompact);
    if (steps & ZOO_END_DEFRAG)
        end_defrag(sesid);
    ENGINE(JetEndSession, sesid, 0);
}

bool zoo_gate(struct zoo_call *call, JET_ERR *result, unsigned steps)
{
    note_database(call);
    if (zoo_is_stop(call)) {
        if (call->instance)
            take_steps(call->instance, steps);
        zoo_note_stop(call);
        *result = JET_errSuccess;
        return true;
    }
    *result = JET_errClientRequestToStopJetService;
    return zoo_stopped(call) && zoo_is_refusable(call);
}

/* ---- the steps of a recovery ---- */

bool zoo_is_first_scan(const struct zoo_call *call)
{
    static atomic_bool made, scanned;
    if (call->fn == SHIM_FN_JetCreateTable || call->fn == SHIM_FN_JetCreateTableColumnIndex)
        atomic_store(&made, true);
    return call->fn == SHIM_FN_JetMove && !atomic_load(&made) && !atomic_exchange(&scanned, true);
}

/* Columns of the tables of scripts: the key is the first, the version the second. */
static JET_ERR column(const struct zoo_call *call, const char *name, JET_COLUMNID *columnid)
{
    JET_COLUMNDEF def = {.cbStruct = sizeof def};
    JET_ERR err = ENGINE(JetGetTableColumnInfo, call->args[0], call->args[1], (uintptr_t)name,
                         (uintptr_t)&def, sizeof def, JET_ColInfo);
    *columnid = def.columnid;
    return err;
}

static JET_ERR add_after(const struct zoo_call *call)
{
    JET_COLUMNID columnid;
    int64_t key = 0;
    JET_ERR err = column(call, "key", &columnid);
    if (err >= 0)
        err = ENGINE(JetRetrieveColumn, call->args[0], call->args[1], columnid, (uintptr_t)&key,
                     sizeof key, 0, 0, 0);
    key++;
    if (err >= 0)
        err = ENGINE(JetPrepareUpdate, call->args[0], call->args[1], JET_prepInsert);
    if (err >= 0)
        err = ENGINE(JetSetColumn, call->args[0], call->args[1], columnid, (uintptr_t)&key,
                     sizeof key, 0, 0);
    if (err >= 0)
        err = ENGINE(JetUpdate, call->args[0], call->args[1], 0, 0, 0);
    return err;
}

JET_ERR zoo_change_a_row(const struct zoo_call *call, JET_LONG where, bool again)
{
    JET_ERR err = ENGINE(JetBeginTransaction, call->args[0]);
    if (err < 0)
        return err;
    err = ENGINE(JetMove, call->args[0], call->args[1], (uint64_t)(int64_t)where, 0);
    if (err >= 0)
        err = again ? add_after(call) : ENGINE(JetDelete, call->args[0], call->args[1]);
    return err >= 0 ? ENGINE(JetCommitTransaction, call->args[0], 0)
                    : ENGINE(JetRollback, call->args[0], 0);
}
