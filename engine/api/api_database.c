/* Databases: made, attached, opened, and the way back. */
#include "engine/api/api.h"

#include <string.h>

#include "engine/api/gate.h"
#include "engine/api/opening.h"

#define MOST_DATABASES ESE_DATABASE_MAX

static bool param_is_set(struct ese_instance *instance, enum ese_param_index index)
{
    ese_mutex_lock(&ese_process.lock);
    bool set = ese_param_number(&instance->params, index) != 0;
    ese_mutex_unlock(&ese_process.lock);
    return set;
}

/* Makes the folder of a file when the parameters ask for that. What goes wrong here the file's
 * creation reports. */
void ese_make_parent(struct ese_instance *instance, const char *file)
{
    if (!param_is_set(instance, ESE_JET_paramCreatePathIfNotExist)) {
        return;
    }
    char *path = NULL;
    if (ese_path_absolute(file, &path) != JET_errSuccess) {
        return;
    }
    size_t length = strlen(path);
    while (length > 0 && !ese_path_is_separator(path[length - 1])) {
        length--;
    }
    path[length] = 0;
    ese_path_make_directories(path);
    ese_free(path);
}

/* Counts a pinned database as open in the session and gives out its id; on failure the pin is gone.
 */
static JET_ERR open_pinned(struct ese_call *call, struct ese_database *database, JET_DBID *dbid)
{
    uint32_t id = ese_database_id(database);
    if (param_is_set(call->instance, ESE_JET_paramOneDatabasePerSession)) {
        for (uint32_t other = 1; other <= MOST_DATABASES; other++) {
            if (other != id && ese_session_has_database(call->session, other)) {
                ese_database_unpin(database);
                return JET_errOneDatabasePerSession;
            }
        }
    }
    ese_session_open_database(call->session, database);
    *dbid = id;
    return JET_errSuccess;
}

/* What every call that adds or removes a database asks first. */
JET_ERR ese_check_database_change(struct ese_call *call)
{
    if (ese_trx_level(&call->session->trx) > 0) {
        return JET_errInTransaction;
    }
    return ese_backup_in_progress(&call->instance->backup) ? JET_errBackupInProgress
                                                           : JET_errSuccess;
}

JET_ERR ese_await_database_change(struct ese_call *call)
{
    if (ese_trx_level(&call->session->trx) == 0) {
        ese_backup_wait_for_thaw(&call->instance->backup);
    }
    return ese_check_database_change(call);
}

/* The name of a file, which must be there. */
static JET_ERR file_name(enum ese_text text, const void *file, char **utf8)
{
    JET_ERR err = ese_text_in(text, file, utf8);
    if (err == JET_errSuccess && (*utf8 == NULL || **utf8 == 0)) {
        err = JET_errDatabaseInvalidName;
    }
    return err;
}

/* ---- create, attach, open -------------------------------------------------------------------- */

static JET_ERR create(struct ese_call *call, const char *file, JET_ULONG pages, JET_DBID *dbid,
                      JET_GRBIT grbit)
{
    struct ese_database *database = NULL;
    JET_ERR err = ese_await_database_change(call);
    if (err != JET_errSuccess) {
        return err;
    }
    ese_make_parent(call->instance, file);
    ese_mutex_lock(&call->instance->attach);
    err = ese_check_database_change(call); /* a backup may have begun meanwhile */
    if (err == JET_errSuccess) {
        err = ese_database_create(call->instance->store, file, pages, grbit, &database);
    }
    if (err >= JET_errSuccess) {
        ese_database_pin(database);
    }
    ese_mutex_unlock(&call->instance->attach);
    return err < JET_errSuccess ? err : open_pinned(call, database, dbid);
}

static JET_ERR create_database(enum ese_function function, enum ese_text text, JET_SESID sesid,
                               const void *file, JET_ULONG pages, JET_DBID *dbid, JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_session(&call, function, sesid);
    if (err != JET_errSuccess) {
        return err;
    }
    char *utf8 = NULL;
    err = dbid == NULL ? JET_errInvalidParameter : file_name(text, file, &utf8);
    if (err == JET_errSuccess) {
        *dbid = JET_dbidNil;
        err = create(&call, utf8, pages, dbid, grbit);
    }
    ese_free(utf8);
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetCreateDatabase(enum ese_text text, JET_SESID sesid, const void *file,
                                  const void *connect, JET_DBID *dbid, JET_GRBIT grbit)
{
    (void)connect; /* obsolete */
    return create_database(ESE_FN_JetCreateDatabase, text, sesid, file, 0, dbid, grbit);
}

JET_ERR ese_api_JetCreateDatabase2(enum ese_text text, JET_SESID sesid, const void *file,
                                   JET_ULONG pages, JET_DBID *dbid, JET_GRBIT grbit)
{
    return create_database(ESE_FN_JetCreateDatabase2, text, sesid, file, pages, dbid, grbit);
}

static JET_ERR attach_database(enum ese_function function, enum ese_text text, JET_SESID sesid,
                               const void *file, JET_ULONG pages, JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_session(&call, function, sesid);
    if (err != JET_errSuccess) {
        return err;
    }
    char *utf8 = NULL;
    err = file_name(text, file, &utf8);
    if (err == JET_errSuccess) {
        err = ese_await_database_change(&call);
    }
    if (err == JET_errSuccess) {
        struct ese_database *database = NULL;
        ese_mutex_lock(&call.instance->attach);
        err = ese_check_database_change(&call);
        if (err == JET_errSuccess) {
            err = ese_database_attach(call.instance->store, utf8, pages, grbit, &database);
        }
        ese_mutex_unlock(&call.instance->attach);
    }
    ese_free(utf8);
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetAttachDatabase(enum ese_text text, JET_SESID sesid, const void *file,
                                  JET_GRBIT grbit)
{
    return attach_database(ESE_FN_JetAttachDatabase, text, sesid, file, 0, grbit);
}

JET_ERR ese_api_JetAttachDatabase2(enum ese_text text, JET_SESID sesid, const void *file,
                                   JET_ULONG pages, JET_GRBIT grbit)
{
    return attach_database(ESE_FN_JetAttachDatabase2, text, sesid, file, pages, grbit);
}

/* Pins the database for an open: alone when the caller wants that, never beside somebody who is
 * alone. */
JET_ERR ese_pin_for_open(struct ese_instance *instance, const char *file, JET_GRBIT grbit,
                         struct ese_database **database)
{
    ese_mutex_lock(&instance->attach);
    JET_ERR err = ese_database_find_pin(instance->store, file, database);
    if (err == JET_errSuccess) {
        uint32_t bit = (uint32_t)1 << ese_database_id(*database);
        if (ese_database_pins(*database) == 1) {
            instance->exclusive &= ~bit; /* whoever was alone is gone */
        }
        if ((instance->exclusive & bit) != 0) {
            err = JET_errDatabaseLocked;
        } else if ((grbit & JET_bitDbExclusive) != 0 && ese_database_pins(*database) > 1) {
            err = JET_errDatabaseInUse;
        } else if ((grbit & JET_bitDbExclusive) != 0) {
            instance->exclusive |= bit;
        }
        if (err != JET_errSuccess) {
            ese_database_unpin(*database);
        }
    }
    ese_mutex_unlock(&instance->attach);
    return err;
}

JET_ERR ese_api_JetOpenDatabase(enum ese_text text, JET_SESID sesid, const void *file,
                                const void *connect, JET_DBID *dbid, JET_GRBIT grbit)
{
    (void)connect; /* obsolete */
    struct ese_call call;
    JET_ERR err = ese_enter_session(&call, ESE_FN_JetOpenDatabase, sesid);
    if (err != JET_errSuccess) {
        return err;
    }
    char *utf8 = NULL;
    err = dbid == NULL ? JET_errInvalidParameter : file_name(text, file, &utf8);
    if (err == JET_errSuccess) {
        struct ese_database *database = NULL;
        *dbid = JET_dbidNil;
        err = ese_pin_for_open(call.instance, utf8, grbit, &database);
        if (err == JET_errSuccess) {
            err = open_pinned(&call, database, dbid);
        }
    }
    ese_free(utf8);
    return ese_leave(&call, err);
}

/* ---- close, detach --------------------------------------------------------------------------- */

JET_ERR ese_api_JetCloseDatabase(JET_SESID sesid, JET_DBID dbid, JET_GRBIT grbit)
{
    (void)grbit; /* no bit is defined, and the original looks at none */
    struct ese_call call;
    JET_ERR err = ese_enter_database(&call, ESE_FN_JetCloseDatabase, sesid, dbid);
    if (err != JET_errSuccess) {
        return err;
    }
    ese_session_close_database(call.session, dbid);
    return ese_leave(&call, JET_errSuccess);
}

/* The id of the database with this path, or for id != 0 whether there is one: 0 when there is none.
 * JET_errDatabaseInUse when a session has it open. */
static JET_ERR find_idle(struct ese_instance *instance, const char *file, uint32_t *id,
                         struct ese_database **database)
{
    JET_ERR err = JET_errSuccess;
    if (file != NULL) {
        err = ese_database_find(instance->store, file, database);
    } else {
        *database = ese_database_by_id(instance->store, *id);
    }
    if (err == JET_errSuccess && *database != NULL && ese_database_pins(*database) != 0) {
        err = JET_errDatabaseInUse;
    }
    *id = err == JET_errSuccess && *database != NULL ? ese_database_id(*database) : 0;
    return err;
}

/* By path, or by id when file is NULL; an id nobody has is fine. A defragmentation of the database
 * ends first, without a lock, as its callback may do what it likes. */
static JET_ERR detach_one(struct ese_instance *instance, const char *file, uint32_t id)
{
    struct ese_database *database = NULL;
    ese_mutex_lock(&instance->attach);
    JET_ERR err = find_idle(instance, file, &id, &database);
    ese_mutex_unlock(&instance->attach);
    if (err != JET_errSuccess || id == 0) {
        return err;
    }
    uint32_t held = id;
    if (!ese_defrag_hold(&instance->defrag, held)) {
        return JET_errDatabaseInUse;
    }
    ese_mutex_lock(&instance->attach);
    err = ese_backup_in_progress(&instance->backup) ? JET_errBackupInProgress
                                                    : find_idle(instance, file, &id, &database);
    if (err == JET_errSuccess && id != 0) {
        /* Another id: somebody else detached it meanwhile, and attached it again. */
        err = id == held ? ese_database_detach(database) : JET_errDatabaseInUse;
    }
    ese_mutex_unlock(&instance->attach);
    ese_defrag_release(&instance->defrag, held);
    return err;
}

/* All databases of the instance, until one cannot be detached. */
static JET_ERR detach_all(struct ese_instance *instance)
{
    JET_ERR err = JET_errSuccess;
    for (uint32_t id = 1; id <= MOST_DATABASES && err >= JET_errSuccess; id++) {
        err = detach_one(instance, NULL, id);
    }
    return err;
}

static JET_ERR detach(struct ese_call *call, const char *file)
{
    JET_ERR err = ese_await_database_change(call);
    if (err != JET_errSuccess) {
        return err;
    }
    return file == NULL || *file == 0 ? detach_all(call->instance)
                                      : detach_one(call->instance, file, 0);
}

static JET_ERR detach_database(enum ese_function function, enum ese_text text, JET_SESID sesid,
                               const void *file, JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_session(&call, function, sesid);
    if (err != JET_errSuccess) {
        return err;
    }
    char *utf8 = NULL;
    err = (grbit & JET_bitForceDetach) != 0 ? JET_errForceDetachNotAllowed
                                            : ese_text_in(text, file, &utf8);
    if (err == JET_errSuccess) {
        err = detach(&call, utf8);
    }
    ese_free(utf8);
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetDetachDatabase(enum ese_text text, JET_SESID sesid, const void *file)
{
    return detach_database(ESE_FN_JetDetachDatabase, text, sesid, file, 0);
}

JET_ERR ese_api_JetDetachDatabase2(enum ese_text text, JET_SESID sesid, const void *file,
                                   JET_GRBIT grbit)
{
    return detach_database(ESE_FN_JetDetachDatabase2, text, sesid, file, grbit);
}

/* ---- size ------------------------------------------------------------------------------------ */

JET_ERR ese_api_JetGrowDatabase(JET_SESID sesid, JET_DBID dbid, JET_ULONG pages, JET_ULONG *actual)
{
    struct ese_call call;
    JET_ERR err = ese_enter_database(&call, ESE_FN_JetGrowDatabase, sesid, dbid);
    if (err != JET_errSuccess) {
        return err;
    }
    uint32_t now = 0;
    err = actual == NULL
              ? JET_errInvalidParameter
              : ese_database_grow(ese_database_by_id(call.instance->store, dbid), pages, &now);
    if (err >= JET_errSuccess) {
        *actual = now;
    }
    return ese_leave(&call, err);
}

/* Shrinking has to be allowed by JET_paramEnableShrinkDatabase. */
static JET_ERR shrink(struct ese_instance *instance, struct ese_database *database, JET_ULONG pages,
                      uint32_t *now)
{
    if (!param_is_set(instance, ESE_JET_paramEnableShrinkDatabase)) {
        return JET_errFeatureNotAvailable;
    }
    JET_ERR err = ese_database_shrink(database, pages, now);
    return err == JET_errSuccess && *now > pages ? JET_wrnShrinkNotPossible : err;
}

static JET_ERR resize(struct ese_instance *instance, struct ese_database *database, JET_ULONG pages,
                      JET_ULONG *actual, JET_GRBIT grbit)
{
    const JET_GRBIT ways = JET_bitResizeDatabaseOnlyGrow | JET_bitResizeDatabaseOnlyShrink;
    if ((grbit & ~ways) != 0 || (grbit & ways) == ways) {
        return JET_errInvalidGrbit;
    }
    if (actual == NULL) {
        return JET_errInvalidParameter;
    }
    uint32_t now = ese_database_page_count(database);
    JET_ERR err = JET_errSuccess;
    if (pages > now && (grbit & JET_bitResizeDatabaseOnlyShrink) == 0) {
        err = ese_database_grow(database, pages, &now);
    } else if (pages < now && (grbit & JET_bitResizeDatabaseOnlyGrow) == 0) {
        err = ese_backup_in_progress(&instance->backup)
                  ? JET_errBackupInProgress
                  : shrink(instance, database, pages, &now);
    }
    if (err >= JET_errSuccess) {
        *actual = now;
    }
    return err;
}

JET_ERR ese_api_JetResizeDatabase(JET_SESID sesid, JET_DBID dbid, JET_ULONG pages,
                                  JET_ULONG *actual, JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_database(&call, ESE_FN_JetResizeDatabase, sesid, dbid);
    if (err != JET_errSuccess) {
        return err;
    }
    struct ese_database *database = ese_database_by_id(call.instance->store, dbid);
    return ese_leave(&call, resize(call.instance, database, pages, actual, grbit));
}

/* Of a file that is not attached. Anything below the least size of a new database is refused. */
JET_ERR ese_api_JetSetDatabaseSize(enum ese_text text, JET_SESID sesid, const void *file,
                                   JET_ULONG pages, JET_ULONG *actual)
{
    const JET_ULONG least = 256;
    struct ese_call call;
    JET_ERR err = ese_enter_session(&call, ESE_FN_JetSetDatabaseSize, sesid);
    if (err != JET_errSuccess) {
        return err;
    }
    char *utf8 = NULL;
    uint32_t now = 0;
    err = ese_text_in(text, file, &utf8);
    if (err == JET_errSuccess && (utf8 == NULL || *utf8 == 0)) {
        err = JET_errDatabaseInvalidPath;
    }
    if (err == JET_errSuccess && (actual == NULL || pages < least)) {
        err = JET_errInvalidParameter;
    }
    if (err == JET_errSuccess) {
        err = ese_database_file_grow(utf8, pages, &now);
    }
    if (err >= JET_errSuccess) {
        *actual = now;
    }
    ese_free(utf8);
    return ese_leave(&call, err);
}
