/* Online defragmentation, from the outside. */
#include "engine/api/api.h"
#include "engine/api/gate.h"
#include "engine/api/text.h"

#define FLAGS (JET_bitDefragmentAvailSpaceTreesOnly | JET_bitDefragmentNoPartialMerges)
#define SPACE JET_OnlineDefragSpaceTrees
#define DATABASES JET_OnlineDefragDatabases

/* The documentation speaks of this bit, the header of the original has it for later versions only. */
#define BTREE_BATCH 0x200u

/* Whom to tell that a defragmentation has ended. */
struct listener {
    struct ese_instance *instance;
    JET_CALLBACK callback;
    JET_DBID dbid;
};

/*
 * On the thread of the defragmentation. The instance is there: its termination waits for the
 * thread. The session exists for the callback alone; when none is to be had it is JET_sesidNil. A
 * termination does not let the session end here and closes it itself.
 */
static void tell(void *arg)
{
    struct listener *listener = arg;
    JET_SESID sesid = JET_sesidNil;
    if (ese_session_begin(listener->instance, &sesid) != JET_errSuccess) {
        sesid = JET_sesidNil;
    }
    (void)listener->callback(sesid, listener->dbid, JET_tableidNil, JET_cbtypOnlineDefragCompleted,
                             NULL, NULL, NULL, 0);
    if (sesid != JET_sesidNil) {
        (void)ese_api_JetEndSession(sesid, 0);
    }
    ese_free(listener);
}

/* JET_paramEnableOnlineDefrag; the obsolete value stands for everything. */
static JET_GRBIT enabled(struct ese_instance *instance)
{
    ese_mutex_lock(&ese_process.lock);
    uint64_t level = ese_param_number(&instance->params, ESE_JET_paramEnableOnlineDefrag);
    ese_mutex_unlock(&ese_process.lock);
    return (level & JET_OnlineDefragAllOBSOLETE) != 0 ? JET_OnlineDefragAll : (JET_GRBIT)level;
}

static JET_ERR start(struct ese_call *call, struct ese_database *database, const JET_ULONG *passes,
                     const JET_ULONG *seconds, JET_CALLBACK callback, JET_GRBIT grbit,
                     JET_GRBIT level)
{
    bool space_only = (grbit & JET_bitDefragmentAvailSpaceTreesOnly) != 0
                          ? (level & (DATABASES | SPACE)) != 0
                          : (level & (DATABASES | SPACE)) == SPACE;
    if ((level & DATABASES) == 0 && !space_only) {
        return JET_errSuccess;
    }
    struct ese_defrag_options options = {
        .space_only = space_only,
        .partial = (grbit & JET_bitDefragmentNoPartialMerges) == 0,
        .passes = passes != NULL ? *passes : 0,
        .seconds = seconds != NULL && (JET_LONG)*seconds > 0 ? *seconds : 0,
    };
    struct listener *listener = NULL;
    if (callback != NULL) {
        listener = ese_alloc(sizeof *listener);
        if (listener == NULL) {
            return JET_errOutOfMemory;
        }
        *listener = (struct listener){call->instance, callback, ese_database_id(database)};
        options.completed = tell;
        options.arg = listener;
    }
    bool started;
    JET_ERR err = ese_defrag_start(&call->instance->defrag, database, &options, &started);
    if (!started) {
        ese_free(listener);
    }
    return err;
}

static JET_ERR stop(struct ese_call *call, struct ese_database *database, JET_ULONG *passes,
                    JET_ULONG *seconds, JET_GRBIT level)
{
    uint32_t took_passes, took_seconds;
    JET_ERR err = ese_defrag_stop(&call->instance->defrag, ese_database_id(database), &took_passes,
                                  &took_seconds);
    if (passes != NULL) {
        *passes = took_passes;
    }
    if (seconds != NULL) {
        *seconds = took_seconds;
    }
    bool forbidden = (level & (DATABASES | SPACE)) == 0;
    return err == JET_wrnDefragNotRunning && forbidden ? JET_errSuccess : err;
}

/* The order of the checks is that of the original (ErrOLDDefragment in dev/ese/src/ese/old.cxx). */
static JET_ERR batch(struct ese_call *call, struct ese_database *database, JET_ULONG *passes,
                     JET_ULONG *seconds, JET_CALLBACK callback, JET_GRBIT grbit)
{
    if ((grbit & JET_bitDefragmentBatchStop) != 0) {
        if (passes != NULL) {
            *passes = 0;
        }
        if (seconds != NULL) {
            *seconds = 0;
        }
    }
    JET_GRBIT level = enabled(call->instance);
    if (level == JET_OnlineDefragDisable) {
        return JET_errSuccess;
    }
    if (ese_database_read_only(database)) {
        return JET_errDatabaseFileReadOnly;
    }
    switch (grbit & ~(JET_GRBIT)FLAGS) {
    case JET_bitDefragmentBatchStart:
        return start(call, database, passes, seconds, callback, grbit, level);
    case JET_bitDefragmentBatchStop:
        return stop(call, database, passes, seconds, level);
    default:
        return JET_errInvalidGrbit;
    }
}

/* One table by name, or with the batch bit all of them, one after the other. */
static JET_ERR trees(struct ese_call *call, struct ese_database *database, const char *table,
                     JET_ULONG *passes, JET_ULONG *seconds, JET_CALLBACK callback, JET_GRBIT grbit)
{
    bool all = (grbit & BTREE_BATCH) != 0;
    if (all && (passes != NULL || seconds != NULL)) {
        return JET_errInvalidParameter;
    }
    if (passes != NULL) {
        *passes = 0;
    }
    if (seconds != NULL) {
        *seconds = 0;
    }
    if (grbit != (all ? BTREE_BATCH | JET_bitDefragmentBatchStart : JET_bitDefragmentBTree)) {
        return JET_errInvalidGrbit;
    }
    if (callback != NULL || (all && table != NULL)) {
        return JET_errInvalidParameter;
    }
    if (!all && table == NULL) {
        return JET_errInvalidName;
    }
    if (ese_database_read_only(database)) {
        return JET_errDatabaseFileReadOnly;
    }
    struct ese_table_info info;
    JET_ERR err = all ? JET_errSuccess
                      : ese_database_table_by_name(&call->session->trx, database, table, &info);
    return err == JET_errSuccess ? ese_defrag_queue(&call->instance->defrag, database, table) : err;
}

static JET_ERR defragment(enum ese_function function, enum ese_text text, JET_SESID sesid,
                          JET_DBID dbid, const void *table, JET_ULONG *passes, JET_ULONG *seconds,
                          JET_CALLBACK callback, JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_database(&call, function, sesid, dbid);
    if (err != JET_errSuccess) {
        return err;
    }
    struct ese_database *database = ese_database_by_id(call.instance->store, dbid);
    if (call.session->trx.read_only) {
        return ese_leave(&call, JET_errTransReadOnly);
    }
    if ((grbit & (BTREE_BATCH | JET_bitDefragmentBTree)) == 0) {
        return ese_leave(&call, batch(&call, database, passes, seconds, callback, grbit));
    }
    char *utf8 = NULL;
    err = ese_text_in(text, table, &utf8);
    if (err == JET_errSuccess) {
        err = trees(&call, database, utf8, passes, seconds, callback, grbit);
    }
    ese_free(utf8);
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetDefragment(enum ese_text text, JET_SESID sesid, JET_DBID dbid, const void *table,
                              JET_ULONG *passes, JET_ULONG *seconds, JET_GRBIT grbit)
{
    return defragment(ESE_FN_JetDefragment, text, sesid, dbid, table, passes, seconds, NULL, grbit);
}

JET_ERR ese_api_JetDefragment2(enum ese_text text, JET_SESID sesid, JET_DBID dbid,
                               const void *table, JET_ULONG *passes, JET_ULONG *seconds,
                               JET_CALLBACK callback, JET_GRBIT grbit)
{
    return defragment(ESE_FN_JetDefragment2, text, sesid, dbid, table, passes, seconds, callback,
                      grbit);
}

/* A stub of the original, too: whatever it is given, it is given the wrong thing. */
JET_ERR ese_api_JetDefragment3(enum ese_text text, JET_SESID sesid, const void *database,
                               const void *table, JET_ULONG *passes, JET_ULONG *seconds,
                               JET_CALLBACK callback, void *context, JET_GRBIT grbit)
{
    (void)text, (void)sesid, (void)database, (void)table, (void)passes, (void)seconds;
    (void)callback, (void)context, (void)grbit;
    return JET_errInvalidParameter;
}
