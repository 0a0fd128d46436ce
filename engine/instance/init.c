#include "engine/instance/init.h"

#include <string.h>

#include "engine/instance/instance.h"

#define LOG_SECTOR 512u                             /* unit of JET_paramLogBuffers, and in a JET_LGPOS */
#define LOG_SECTORS_BOUND 65536u

/* The folders of an instance, in the order they are checked, and what is wrong when one cannot be
 * used. */
static const struct {
    enum ese_param_index path;
    JET_ERR in_use;
    JET_ERR missing;
} folders[] = {
    {ESE_JET_paramSystemPath, JET_errSystemPathInUse, JET_errInvalidPath},
    {ESE_JET_paramLogFilePath, JET_errLogFilePathInUse, JET_errInvalidPath},
};

enum { FOLDER_COUNT = sizeof folders / sizeof folders[0] };

static bool same_path(const char *mine, const char *theirs, JET_ERR *err)
{
    char *a = NULL;
    char *b = NULL;
    *err = ese_path_absolute(mine, &a);
    if (*err == JET_errSuccess) {
        *err = ese_path_absolute(theirs, &b);
    }
    bool same = *err == JET_errSuccess && ese_path_same(a, b);
    ese_free(a);
    ese_free(b);
    return same;
}

/* Two instances with a temporary database each need two files for them. */
static JET_ERR check_temp(const struct ese_params *mine, const struct ese_params *theirs)
{
    JET_ERR err = JET_errSuccess;
    bool both = ese_param_number(mine, ESE_JET_paramMaxTemporaryTables) != 0 &&
                ese_param_number(theirs, ESE_JET_paramMaxTemporaryTables) != 0;
    return both && same_path(ese_param_text(mine, ESE_JET_paramTempPath),
                             ese_param_text(theirs, ESE_JET_paramTempPath), &err)
               ? JET_errTempPathInUse
               : err;
}

/* The paths of two instances that run at the same time must differ. Holds ese_process.lock. */
static JET_ERR check_unique(const struct ese_instance *instance)
{
    uint64_t up = ESE_API_INITIALIZED | ESE_API_INITIALIZING;
    for (struct ese_instance *other = ese_process.instances; other != NULL; other = other->next) {
        if (other == instance || (atomic_load(&other->api) & up) == 0) {
            continue;
        }
        JET_ERR err = check_temp(&instance->params, &other->params);
        for (size_t i = 0; err == JET_errSuccess && i < FOLDER_COUNT; i++) {
            if (same_path(ese_param_text(&instance->params, folders[i].path),
                          ese_param_text(&other->params, folders[i].path), &err)) {
                err = folders[i].in_use;
            }
        }
        if (err != JET_errSuccess) {
            return err;
        }
    }
    return JET_errSuccess;
}

/* The folders exist, or are made where the parameters say so. Holds ese_process.lock. */
static JET_ERR prepare_folders(const struct ese_instance *instance)
{
    bool create = ese_param_number(&instance->params, ESE_JET_paramCreatePathIfNotExist) != 0;
    for (size_t i = 0; i < FOLDER_COUNT; i++) {
        char *path = NULL;
        JET_ERR err = ese_path_absolute(ese_param_text(&instance->params, folders[i].path), &path);
        if (err != JET_errSuccess) {
            return err;
        }
        enum ese_path_kind kind;
        err = ese_path_look(path, &kind);
        if (err == JET_errSuccess && kind != ESE_PATH_DIRECTORY) {
            err = create ? ese_path_make_directories(path) : folders[i].missing;
        }
        ese_free(path);
        if (err != JET_errSuccess) {
            return err;
        }
    }
    return JET_errSuccess;
}

/* The file of the temporary database, to be freed: a path that names a folder gets the usual name behind it. Holds
 * ese_process.lock. */
static JET_ERR temp_file(const struct ese_instance *instance, char **file)
{
    const char *path = ese_param_text(&instance->params, ESE_JET_paramTempPath);
    size_t length = strlen(path);
    enum ese_path_kind kind = ESE_PATH_DIRECTORY;
    JET_ERR err = length == 0 || ese_path_is_separator(path[length - 1]) ? JET_errSuccess : ese_path_look(path, &kind);
    if (err != JET_errSuccess) {
        return err;
    }
    if (kind == ESE_PATH_DIRECTORY) {
        return ese_path_join(path, "tmp.edb", file);
    }
    *file = ese_strdup(path);
    return *file != NULL ? JET_errSuccess : JET_errOutOfMemory;
}

/* What the parameters say about the storage. Holds ese_process.lock. */
static struct ese_store_config make_config(struct ese_instance *instance)
{
    const struct ese_params *global = ese_process_params();
    const struct ese_params *own = &instance->params;
    return (struct ese_store_config){
        .page_size = (uint32_t)ese_param_number(global, ESE_JET_paramDatabasePageSize),
        .cache_pages = ese_instance_cache_limit(),
        .extend_pages = (uint32_t)ese_param_number(own, ESE_JET_paramDbExtensionSize),
        .version_bytes = ese_param_number(own, ESE_JET_paramMaxVerPages) *
                         ese_param_number(global, ESE_JET_paramVerPageSize),
        .checkpoint_depth = ese_param_number(own, ESE_JET_paramCheckpointDepthMax),
        .open_tables = (uint32_t)ese_param_number(own, ESE_JET_paramMaxOpenTables),
        .temp_sorts = (uint32_t)ese_param_number(own, ESE_JET_paramMaxTemporaryTables),
        .temp_pages = (uint32_t)ese_param_number(own, ESE_JET_paramPageTempDBMin),
        .temp_unversioned = ese_param_number(own, ESE_JET_paramEnableTempTableVersioning) == 0,
        .persisted_callbacks = ese_param_number(own, ESE_JET_paramDisableCallbacks) == 0 &&
                               ese_param_number(own, ESE_JET_paramEnablePersistedCallbacks) != 0,
        .runtime_callback =
            (JET_CALLBACK)(uintptr_t)ese_param_number(own, ESE_JET_paramRuntimeCallback),
        .on_fatal = ese_instance_set_unavailable,
        .arg = instance,
    };
}

/* Recovery "off" is every word but these. */
static bool is_logged(const struct ese_instance *instance)
{
    static const char *const words[] = {"on", "repair"};
    const char *text = ese_param_text(&instance->params, ESE_JET_paramRecovery);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t at = 0;
        while (words[i][at] != '\0' && (text[at] | 0x20) == words[i][at]) {
            at++;
        }
        if (words[i][at] == '\0' && text[at] == '\0') {
            return true;
        }
    }
    return false;
}

/* The caller's function is told, not asked: recovery goes on whatever it returns. */
static void tell_status(void *arg, JET_SNT when, uint32_t percent)
{
    const struct ese_init_options *options = arg;
    JET_SNPROG progress = {.cbStruct = sizeof progress, .cunitDone = percent, .cunitTotal = 100};
    (void)options->status(JET_sesidNil, JET_snpRestore, when, &progress);
}

/* JET_paramDurableCommitCallback, which stays as it is while the instance runs. What it returns is nobody's concern. */
static void tell_durable(void *arg, const JET_SIGNATURE *signature, uint64_t commit, bool lost)
{
    const struct ese_instance *instance = arg;
    JET_COMMIT_ID id = {.signLog = *signature, .commitId = (long long)commit};
    (void)instance->durable_commit((JET_INSTANCE)instance->handle, &id, lost ? JET_bitDurableCommitCallbackLogUnavailable : 0);
}

/* What the parameters say about the log; the texts are the caller's copies. Holds ese_process.lock. */
static JET_ERR make_log_config(struct ese_instance *instance, const struct ese_init_options *options,
                               struct ese_log_config *config, char *texts[3])
{
    static const enum ese_param_index names[3] = {ESE_JET_paramLogFilePath, ESE_JET_paramSystemPath,
                                                  ESE_JET_paramBaseName};
    const struct ese_params *own = &instance->params;
    for (int i = 0; i < 3; i++) {
        const char *text = ese_param_text(own, names[i]);
        JET_ERR err = JET_errSuccess;
        if (i < 2) {
            err = ese_path_absolute(text, &texts[i]);
        } else if ((texts[i] = ese_strdup(text)) == NULL) {
            err = JET_errOutOfMemory;
        }
        if (err != JET_errSuccess) {
            return err;
        }
    }
    *config = (struct ese_log_config){
        .log_path = texts[0],
        .system_path = texts[1],
        .base = texts[2],
        .file_size = (uint32_t)ese_param_number(own, ESE_JET_paramLogFileSize) << 10,
        .page_size = (uint32_t)ese_param_number(ese_process_params(), ESE_JET_paramDatabasePageSize),
        .circular = ese_param_number(own, ESE_JET_paramCircularLog) != 0,
        .legacy_names =
            (ese_param_number(own, ESE_JET_paramLegacyFileNames) & JET_bitESE98FileNames) != 0,
        .prepare_ahead = ese_param_number(own, ESE_JET_paramLogFileCreateAsynch) != 0,
        .delete_old = ese_param_number(own, ESE_JET_paramDeleteOldLogs) != 0,
        .delete_out_of_range = ese_param_number(own, ESE_JET_paramDeleteOutOfRangeLogs) != 0,
        .delete_mismatched = ese_param_number(own, ESE_JET_paramCleanupMismatchedLogFiles) != 0,
    };
    instance->durable_commit = (JET_PFNDURABLECOMMITCALLBACK)(uintptr_t)ese_param_number(
        own, ESE_JET_paramDurableCommitCallback);
    if (instance->durable_commit != NULL) {
        config->on_durable = tell_durable;
        config->on_durable_arg = instance;
    }
    uint64_t sectors = ese_param_number(own, ESE_JET_paramLogBuffers);
    config->buffer_size = sectors > LOG_SECTORS_BOUND ? LOG_SECTORS_BOUND * LOG_SECTOR
                                                      : (uint32_t)sectors * LOG_SECTOR;
    if (options != NULL) {
        config->map = options->map;
        config->map_count = options->map_count;
        config->status = options->status != NULL ? tell_status : NULL;
        config->status_arg = (void *)(uintptr_t)options;
        config->stop_at = (uint64_t)(uint32_t)options->stop_at.lGeneration << 32 |
                          ((uint32_t)options->stop_at.isec * LOG_SECTOR + options->stop_at.ib);
    }
    return JET_errSuccess;
}

/* Opens the storage and, where it is logged, recovers it. */
static JET_ERR open_storage(const struct ese_store_config *config,
                            const struct ese_log_config *log_config, JET_GRBIT grbit,
                            struct ese_store **store)
{
    JET_ERR err = ese_store_open(config, store);
    if (err != JET_errSuccess || log_config == NULL) {
        return err;
    }
    struct ese_log *log;
    err = ese_recover(*store, log_config, grbit, &log);
    if (err < JET_errSuccess) {
        (void)ese_store_close(*store, ESE_CLOSE_DIRTY);
    }
    return err;
}

JET_ERR ese_init(struct ese_instance *instance, const struct ese_init_options *options)
{
    JET_ERR err = ese_instance_lock_api(instance, ESE_API_INITIALIZING);
    if (err != JET_errSuccess) {
        return err;
    }
    ese_instance_drain(instance);

    ese_mutex_lock(&ese_process.lock);
    err = check_unique(instance);
    if (err == JET_errSuccess) {
        err = prepare_folders(instance);
    }
    char *temp = NULL;
    if (err == JET_errSuccess) {
        err = temp_file(instance, &temp);
    }
    struct ese_store_config config = make_config(instance);
    config.temp_path = temp;
    struct ese_log_config log_config;
    char *texts[3] = {NULL, NULL, NULL};
    bool logged = is_logged(instance);
    if (err == JET_errSuccess && logged) {
        err = make_log_config(instance, options, &log_config, texts);
    }
    ese_mutex_unlock(&ese_process.lock);

    struct ese_store *store = NULL;
    if (err == JET_errSuccess) {
        err = open_storage(&config, logged ? &log_config : NULL, options != NULL ? options->grbit : 0, &store);
    }
    for (int i = 0; i < 3; i++) {
        ese_free(texts[i]);
    }
    ese_free(temp);
    if (err >= JET_errSuccess) {
        ese_mutex_lock(&instance->service);
        instance->store = store;
        instance->version_bytes = config.version_bytes;
        atomic_store(&instance->version_bytes_left, 0);
        atomic_fetch_or(&instance->api, ESE_API_INITIALIZED);
        ese_mutex_unlock(&instance->service);
        ese_mutex_lock(&ese_process.lock);
        instance->sized = store;
        ese_instance_apply_cache_limit(); /* it may have changed meanwhile */
        ese_mutex_unlock(&ese_process.lock);
        ese_backup_allow(&instance->backup, true);
    }
    ese_instance_unlock_api(instance, ESE_API_INITIALIZING);
    return err;
}

JET_ERR ese_restore(struct ese_instance *instance, const struct ese_restore *restore)
{
    const struct ese_init_options options = {.map = restore->map, .map_count = restore->map_count};
    struct ese_log_config log_config;
    char *texts[3] = {NULL, NULL, NULL};
    ese_mutex_lock(&ese_process.lock);
    JET_ERR err = is_logged(instance) ? check_unique(instance) : JET_errLoggingDisabled;
    if (err == JET_errSuccess) {
        err = prepare_folders(instance);
    }
    struct ese_store_config config = make_config(instance);
    if (err == JET_errSuccess) {
        err = make_log_config(instance, &options, &log_config, texts);
    }
    ese_mutex_unlock(&ese_process.lock);
    config.on_fatal = NULL; /* the instance does not run: it has only this call to tell */
    if (err == JET_errSuccess) {
        log_config.hard_first = restore->first;
        log_config.hard_last = restore->last;
        err = ese_log_gather(&log_config, restore->from, &log_config.hard_first, &log_config.hard_last,
                             true, &log_config.legacy_names);
    }
    if (err == JET_errSuccess && restore->roll_from != NULL && restore->roll_to > log_config.hard_last) {
        uint32_t next = log_config.hard_last + 1, last = restore->roll_to;
        err = ese_log_gather(&log_config, restore->roll_from, &next, &last, false, &log_config.legacy_names);
        log_config.hard_last = last;
    }
    if (err == JET_errSuccess) {
        struct ese_store *store = NULL;
        err = open_storage(&config, &log_config, 0, &store);
        if (err >= JET_errSuccess) {
            err = ese_store_close(store, ESE_CLOSE_COMPLETE);
        }
    }
    for (int i = 0; i < 3; i++) {
        ese_free(texts[i]);
    }
    return err;
}
