/* Backup into a folder, and restore. */
#include <stdio.h>
#include <string.h>

#include "engine/api/api.h"
#include "engine/api/gate.h"
#include "engine/backup/directory.h"
#include "engine/instance/init.h"
#include "engine/instance/term.h"

#define MAP_MOST 1000 /* databases nobody has so many of */

/* ---- what the caller is told ----------------------------------------------------------------- */

struct teller {
    JET_PFNSTATUS status; /* may be NULL */
    JET_SNP what;
    struct ese_instance *instance;
    bool begun;
};

static JET_ERR tell(const struct teller *teller, JET_SNT when, void *progress)
{
    JET_ERR err = teller->status != NULL
                      ? teller->status(JET_sesidNil, teller->what, when, progress)
                      : JET_errSuccess;
    return err < JET_errSuccess ? err : JET_errSuccess;
}

static JET_ERR on_begun(void *arg)
{
    struct teller *teller = arg;
    teller->begun = true;
    return tell(teller, JET_sntBegin, NULL);
}

static JET_ERR on_progress(void *arg, uint32_t done, uint32_t total)
{
    JET_SNPROG progress = {.cbStruct = sizeof progress, .cunitDone = done, .cunitTotal = total};
    return tell(arg, JET_sntProgress, &progress);
}

static JET_ERR on_poll(void *arg)
{
    const struct teller *teller = arg;
    return atomic_load(&teller->instance->terminating) ? JET_errTermInProgress : JET_errSuccess;
}

static JET_ERR tell_end(const struct teller *teller, JET_ERR err)
{
    (void)tell(teller, err < JET_errSuccess ? JET_sntFail : JET_sntComplete, NULL);
    return err;
}

/* ---- backup ---------------------------------------------------------------------------------- */

static JET_ERR backup(enum ese_function function, enum ese_text text, JET_INSTANCE instance,
                      const void *path, JET_GRBIT grbit, JET_PFNSTATUS status)
{
    const JET_GRBIT known = JET_bitBackupIncremental | JET_bitBackupAtomic;
    struct ese_call call;
    char *utf8 = NULL;
    char *absolute = NULL;
    JET_ERR err = ese_enter_instance(&call, function, instance);
    if (err != JET_errSuccess) {
        return err;
    }
    struct teller teller = {status, JET_snpBackup, call.instance, false};
    err = (grbit & ~known) != 0 ? JET_errInvalidGrbit : ese_text_in(text, path, &utf8);
    if (err == JET_errSuccess && utf8 != NULL && *utf8 != 0) {
        err = ese_path_absolute(utf8, &absolute);
    }
    if (err == JET_errSuccess) {
        ese_mutex_lock(&ese_process.lock);
        const struct ese_params *params = &call.instance->params;
        const struct ese_backup_request request = {
            .store = call.instance->store,
            .attach = &call.instance->attach,
            .circular = ese_param_number(params, ESE_JET_paramCircularLog) != 0,
            .make_path = ese_param_number(params, ESE_JET_paramCreatePathIfNotExist) != 0,
            .path = absolute,
            .grbit = grbit,
            .watch = {on_begun, on_progress, on_poll, &teller},
        };
        ese_mutex_unlock(&ese_process.lock);
        err = ese_backup_to_folder(&call.instance->backup, &request);
        if (teller.begun) {
            err = tell_end(&teller, err);
        }
    }
    ese_free(absolute);
    ese_free(utf8);
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetBackup(enum ese_text text, const void *path, JET_GRBIT grbit,
                          JET_PFNSTATUS status)
{
    return backup(ESE_FN_JetBackup, text, JET_instanceNil, path, grbit, status);
}

JET_ERR ese_api_JetBackupInstance(enum ese_text text, JET_INSTANCE instance, const void *path,
                                  JET_GRBIT grbit, JET_PFNSTATUS status)
{
    return backup(ESE_FN_JetBackupInstance, text, instance, path, grbit, status);
}

/* ---- restore of a folder --------------------------------------------------------------------- */

/* Keeps everybody else out of an instance that does not run. */
static JET_ERR lock_idle(struct ese_instance *instance)
{
    JET_ERR err = ese_instance_lock_api(instance, ESE_API_RESTORING);
    if (err == JET_errSuccess) {
        ese_instance_drain(instance);
        if ((atomic_load(&instance->api) & ESE_API_INITIALIZED) != 0) {
            ese_instance_unlock_api(instance, ESE_API_RESTORING);
            err = JET_errAlreadyInitialized;
        }
    }
    return err;
}

/* A path of the caller's, absolute; NULL and "" give NULL. */
static JET_ERR path_in(enum ese_text text, const void *path, char **out)
{
    char *utf8 = NULL;
    JET_ERR err = ese_text_in(text, path, &utf8);
    *out = NULL;
    if (err == JET_errSuccess && utf8 != NULL && *utf8 != 0) {
        err = ese_path_absolute(utf8, out);
    }
    ese_free(utf8);
    return err;
}

static JET_ERR unpack_and_restore(struct teller *teller, const char *from, const char *to)
{
    const struct ese_backup_watch watch = {on_begun, on_progress, on_poll, teller};
    struct ese_log_map *map = NULL;
    char *logs = NULL;
    struct ese_restore restore = {0};
    JET_ERR err = tell(teller, JET_sntBegin, NULL);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_backup_unpack(from, to, &watch, &map, &restore.map_count, &restore.first, &logs);
    if (err == JET_errSuccess) {
        restore.map = map;
        restore.from = logs;
        err = ese_restore(teller->instance, &restore);
        ese_restore_map_free(map, restore.map_count);
        ese_free(logs);
    }
    return tell_end(teller, err);
}

static JET_ERR restore_folder(struct ese_instance *instance, enum ese_text text, const void *from,
                              const void *to, JET_PFNSTATUS status)
{
    struct teller teller = {status, JET_snpRestore, instance, false};
    char *source = NULL;
    char *target = NULL;
    JET_ERR err = lock_idle(instance);
    if (err != JET_errSuccess) {
        return err;
    }
    err = path_in(text, from, &source);
    if (err == JET_errSuccess) {
        err = source == NULL ? JET_errInvalidParameter : path_in(text, to, &target);
    }
    if (err == JET_errSuccess) {
        err = unpack_and_restore(&teller, source, target);
    }
    ese_instance_unlock_api(instance, ESE_API_RESTORING);
    ese_free(source);
    ese_free(target);
    return err;
}

/* In one-instance mode, which it sets; an instance that only this call needed goes again. */
static JET_ERR restore_sole(enum ese_function function, enum ese_text text, const void *from,
                            const void *to, JET_PFNSTATUS status)
{
    struct ese_call call;
    struct ese_instance *own = NULL;
    if (ese_run_mode() == ESE_MODE_NONE) {
        JET_INSTANCE handle;
        JET_ERR err = ese_instance_create(ESE_MODE_ONE, NULL, NULL, &handle);
        if (err != JET_errSuccess) {
            return err;
        }
        own = ese_instance_find(handle);
    }
    JET_ERR err = ese_enter_instance(&call, function, JET_instanceNil);
    if (err == JET_errSuccess) {
        err = ese_leave(&call, restore_folder(call.instance, text, from, to, status));
    }
    if (own != NULL) {
        (void)ese_term(own, 0);
        ese_instance_unref(own);
    }
    return err;
}

JET_ERR ese_api_JetRestore(enum ese_text text, const void *from, JET_PFNSTATUS status)
{
    return restore_sole(ESE_FN_JetRestore, text, from, NULL, status);
}

JET_ERR ese_api_JetRestore2(enum ese_text text, const void *from, const void *to,
                            JET_PFNSTATUS status)
{
    return restore_sole(ESE_FN_JetRestore2, text, from, to, status);
}

JET_ERR ese_api_JetRestoreInstance(enum ese_text text, JET_INSTANCE instance, const void *from,
                                   const void *to, JET_PFNSTATUS status)
{
    struct ese_call call;
    JET_ERR err = ese_enter_instance(&call, ESE_FN_JetRestoreInstance, instance);
    return err == JET_errSuccess
               ? ese_leave(&call, restore_folder(call.instance, text, from, to, status))
               : err;
}

/* ---- restore of streamed files --------------------------------------------------------------- */

static JET_ERR map_in(enum ese_text text, const void *map, uint32_t count, struct ese_log_map **out)
{
    struct ese_log_map *made = ese_calloc(count + 1, sizeof *made);
    JET_ERR err = made != NULL ? JET_errSuccess : JET_errOutOfMemory;
    for (uint32_t i = 0; i < count && err == JET_errSuccess; i++) {
        const JET_RSTMAP_A *narrow = map;
        const JET_RSTMAP_W *wide = map;
        const void *old_path = text == ESE_TEXT_W ? (const void *)wide[i].szDatabaseName
                                                  : (const void *)narrow[i].szDatabaseName;
        const void *new_path = text == ESE_TEXT_W ? (const void *)wide[i].szNewDatabaseName
                                                  : (const void *)narrow[i].szNewDatabaseName;
        char *path = NULL;
        err = path_in(text, old_path, &path);
        made[i].old_path = path;
        if (err == JET_errSuccess) {
            err = path_in(text, new_path, &path);
            made[i].new_path = path;
        }
        if (err == JET_errSuccess && (made[i].old_path == NULL || made[i].new_path == NULL)) {
            err = JET_errInvalidParameter;
        }
        enum ese_path_kind kind = ESE_PATH_NONE;
        if (err == JET_errSuccess) {
            err = ese_path_look(made[i].new_path, &kind);
        }
        if (err == JET_errSuccess && kind == ESE_PATH_NONE) {
            err = JET_errFileNotFound;
        }
    }
    if (err != JET_errSuccess) {
        ese_restore_map_free(made, count);
        return err;
    }
    *out = made;
    return err;
}

/* An instance of its own, with these folders. It has no temporary database. */
static JET_ERR make_instance(const char *checkpoint, const char *log, const char *base,
                             JET_INSTANCE *handle)
{
    static _Atomic uint32_t restores;
    char name[40];
    snprintf(name, sizeof name, "restore %u", (unsigned)++restores);
    JET_ERR err = ese_instance_create(ESE_MODE_MULTI, name, NULL, handle);
    if (err != JET_errSuccess) {
        return err;
    }
    struct ese_instance *instance = ese_instance_find(*handle);
    const struct ese_param_state state = {.process_in_use = true, .initialised = false};
    ese_mutex_lock(&ese_process.lock);
    struct ese_params *params = &instance->params;
    ese_param_force(params, ESE_JET_paramMaxTemporaryTables, 0);
    err = ese_param_set(params, ese_param_row(JET_paramSystemPath), state, 0, checkpoint);
    if (err == JET_errSuccess) {
        err = ese_param_set(params, ese_param_row(JET_paramLogFilePath), state, 0, log);
    }
    if (err == JET_errSuccess && base != NULL && *base != 0) {
        err = ese_param_set(params, ese_param_row(JET_paramBaseName), state, 0, base);
    }
    ese_mutex_unlock(&ese_process.lock);
    if (err != JET_errSuccess) {
        (void)ese_term(instance, 0);
    }
    ese_instance_unref(instance);
    return err;
}

struct external {
    const void *checkpoint, *log, *map, *backup_log;
    JET_LONG map_count, low, high;
    JET_PFNSTATUS status;
    char *base;          /* UTF-8, of the log; NULL: the usual one */
    char *roll_from;     /* log folder of a running instance; NULL: none */
    uint32_t roll_to;    /* its last closed generation */
    char *own[2];        /* log and checkpoint folders instead of the above; NULL: those */
};

static JET_ERR run_external(const struct ese_restore *restore, const char *checkpoint,
                            const char *log, const char *base, JET_PFNSTATUS status)
{
    JET_INSTANCE handle;
    JET_ERR err = make_instance(checkpoint, log, base, &handle);
    if (err != JET_errSuccess) {
        return err;
    }
    struct ese_instance *instance = ese_instance_find(handle);
    struct teller teller = {status, JET_snpRestore, instance, false};
    err = lock_idle(instance);
    if (err == JET_errSuccess) {
        err = tell(&teller, JET_sntBegin, NULL);
        if (err == JET_errSuccess) {
            err = tell_end(&teller, ese_restore(instance, restore));
        }
        ese_instance_unlock_api(instance, ESE_API_RESTORING);
    }
    (void)ese_term(instance, 0);
    ese_instance_unref(instance);
    return err;
}

static JET_ERR external_restore(enum ese_text text, const struct external *call)
{
    char *checkpoint = NULL;
    char *log = NULL;
    char *from = NULL;
    struct ese_log_map *map = NULL;
    uint32_t count = 0;
    if (call->map_count < 0 || call->map_count > MAP_MOST ||
        (call->map_count != 0 && call->map == NULL) || call->low < 0 || call->high < 0 ||
        (call->high != 0 && call->high < call->low)) {
        return JET_errInvalidParameter;
    }
    JET_ERR err = path_in(text, call->checkpoint, &checkpoint);
    if (err == JET_errSuccess) {
        err = path_in(text, call->log, &log);
    }
    if (err == JET_errSuccess) {
        err = path_in(text, call->backup_log, &from);
    }
    if (err == JET_errSuccess && (checkpoint == NULL || log == NULL || from == NULL)) {
        err = JET_errInvalidParameter;
    }
    const char *log_path = call->own[0] != NULL ? call->own[0] : log;
    const char *checkpoint_path = call->own[1] != NULL ? call->own[1] : checkpoint;
    if (err == JET_errSuccess && !ese_path_is_directory(from)) {
        err = JET_errInvalidPath;
    }
    if (err == JET_errSuccess && call->map_count != 0) {
        err = map_in(text, call->map, (uint32_t)call->map_count, &map);
        count = err == JET_errSuccess ? (uint32_t)call->map_count : 0;
    }
    if (err == JET_errSuccess) {
        const struct ese_restore restore = {.from = from,
                                            .map = map,
                                            .map_count = count,
                                            .first = (uint32_t)call->low,
                                            .last = (uint32_t)call->high,
                                            .roll_from = call->roll_from,
                                            .roll_to = call->roll_to};
        err = run_external(&restore, checkpoint_path, log_path, call->base, call->status);
    }
    ese_restore_map_free(map, count);
    ese_free(checkpoint);
    ese_free(log);
    ese_free(from);
    return err;
}

JET_ERR ese_api_JetExternalRestore(enum ese_text text, void *checkpoint, void *log, void *map,
                                   JET_LONG count, void *backup_log, JET_LONG low, JET_LONG high,
                                   JET_PFNSTATUS status)
{
    const struct external call = {.checkpoint = checkpoint,
                                  .log = log,
                                  .map = map,
                                  .backup_log = backup_log,
                                  .map_count = count,
                                  .low = low,
                                  .high = high,
                                  .status = status};
    return ese_run_mode() != ESE_MODE_ONE ? external_restore(text, &call)
                                          : JET_errRunningInOneInstanceMode;
}

/* The running instance of that name or with that log folder; JET_instanceNil: there is none. */
static JET_INSTANCE find_target(const char *name, const char *log)
{
    JET_INSTANCE found = JET_instanceNil;
    ese_mutex_lock(&ese_process.lock);
    for (struct ese_instance *at = ese_process.instances; at != NULL; at = at->next) {
        char *path = NULL;
        bool same = (atomic_load(&at->api) & ESE_API_INITIALIZED) != 0;
        if (same && name != NULL) {
            same = strcmp(at->name, name) == 0;
        } else if (same) {
            same = ese_path_absolute(ese_param_text(&at->params, ESE_JET_paramLogFilePath),
                                     &path) == JET_errSuccess &&
                   ese_path_same(path, log);
        }
        found = same ? at->handle : found;
        ese_free(path);
    }
    ese_mutex_unlock(&ese_process.lock);
    return found;
}

/* What a running instance has logged until now is closed, so that it can be read. With circular logging that is not tried. */
static JET_ERR prepare_target(struct ese_instance *target, struct external *call)
{
    JET_ERR err = JET_errSuccess;
    struct ese_log *log = ese_store_log(target->store);
    ese_mutex_lock(&ese_process.lock);
    const char *base = call->base != NULL
                           ? call->base
                           : ese_param_text(ese_process_params(), ESE_JET_paramBaseName);
    bool circular = ese_param_number(&target->params, ESE_JET_paramCircularLog) != 0;
    if (log == NULL || strcmp(base, ese_log_base(log)) != 0) {
        err = JET_errBadRestoreTargetInstance;
    } else if (!circular) {
        err = ese_path_absolute(ese_param_text(&target->params, ESE_JET_paramLogFilePath),
                                &call->roll_from);
    }
    ese_mutex_unlock(&ese_process.lock);
    return err == JET_errSuccess && !circular ? ese_log_switch(log, &call->roll_to) : err;
}

/* Settles where the log files come from that follow those of the backup. */
static JET_ERR settle_target(enum ese_text text, const void *name, const void *log,
                             const void *checkpoint, struct external *call)
{
    char *utf8 = NULL;
    struct ese_call inside;
    JET_ERR err = ese_text_in(text, name, &utf8);
    if (err == JET_errSuccess) {
        err = path_in(text, log, &call->own[0]);
    }
    if (err == JET_errSuccess) {
        err = path_in(text, checkpoint, &call->own[1]);
    }
    if (err == JET_errSuccess && log != NULL && (call->own[0] == NULL || call->own[1] == NULL)) {
        err = JET_errInvalidParameter;
    }
    JET_INSTANCE target = err == JET_errSuccess ? find_target(utf8, call->own[0]) : JET_instanceNil;
    if (target != JET_instanceNil) {
        err = ese_enter_instance(&inside, ESE_FN_JetGetLogInfoInstance, target);
        if (err == JET_errSuccess) {
            err = ese_leave(&inside, prepare_target(inside.instance, call));
        }
        ese_free(call->own[0]);
        ese_free(call->own[1]);
        call->own[0] = call->own[1] = NULL;
    } else if (err == JET_errSuccess && utf8 != NULL) {
        err = JET_errBadRestoreTargetInstance;
    }
    ese_free(utf8);
    return err;
}

static JET_ERR read_info(enum ese_text text, const void *info, struct external *call)
{
    const JET_LOGINFO_A *narrow = info;
    const JET_LOGINFO_W *wide = info;
    if (info == NULL) {
        return JET_errSuccess;
    }
    if (text == ESE_TEXT_W ? wide->cbSize != sizeof *wide : narrow->cbSize != sizeof *narrow) {
        return JET_errInvalidParameter;
    }
    call->low = (JET_LONG)(text == ESE_TEXT_W ? wide->ulGenLow : narrow->ulGenLow);
    call->high = (JET_LONG)(text == ESE_TEXT_W ? wide->ulGenHigh : narrow->ulGenHigh);
    return ese_text_in(text,
                       text == ESE_TEXT_W ? (const void *)wide->szBaseName
                                          : (const void *)narrow->szBaseName,
                       &call->base);
}

JET_ERR ese_api_JetExternalRestore2(enum ese_text text, void *checkpoint, void *log, void *map,
                                    JET_LONG count, void *backup_log, void *info,
                                    void *target_name, void *target_log, void *target_checkpoint,
                                    JET_PFNSTATUS status)
{
    struct external call = {.checkpoint = checkpoint,
                            .log = log,
                            .map = map,
                            .backup_log = backup_log,
                            .map_count = count,
                            .status = status};
    if ((target_log == NULL) != (target_checkpoint == NULL) ||
        (target_name != NULL && target_log != NULL)) {
        return JET_errInvalidParameter;
    }
    if (ese_run_mode() == ESE_MODE_ONE) {
        return JET_errRunningInOneInstanceMode;
    }
    JET_ERR err = read_info(text, info, &call);
    if (err == JET_errSuccess && (target_name != NULL || target_log != NULL)) {
        err = settle_target(text, target_name, target_log, target_checkpoint, &call);
    }
    if (err == JET_errSuccess) {
        err = external_restore(text, &call);
    }
    ese_free(call.base);
    ese_free(call.roll_from);
    ese_free(call.own[0]);
    ese_free(call.own[1]);
    return err == JET_errSuccess && call.roll_to != 0 ? JET_wrnTargetInstanceRunning : err;
}
