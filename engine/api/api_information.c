/* What the engine tells about itself without an instance at hand. */
#include "engine/api/api.h"

#include <string.h>

#include "engine/api/errors.h"
#include "engine/api/gate.h"
#include "engine/api/information.h"
#include "engine/cache/cache.h"

#define DUMP_BITS                                                                                  \
    (JET_bitDumpMinimum | JET_bitDumpMaximum | JET_bitDumpCacheMinimum | JET_bitDumpCacheMaximum | \
     JET_bitDumpCacheIncludeDirtyPages | JET_bitDumpCacheIncludeCachedPages |                      \
     JET_bitDumpCacheIncludeCorruptedPages | JET_bitDumpCacheNoDecommit)

/* There is no dump to shape, so valid bits are remembered by nobody. */
JET_ERR ese_api_JetConfigureProcessForCrashDump(JET_GRBIT grbit)
{
    bool valid = grbit != 0 && (grbit & ~(JET_GRBIT)DUMP_BITS) == 0;
    return valid ? JET_errSuccess : JET_errInvalidGrbit;
}

JET_ERR ese_api_JetFreeBuffer(char *buffer)
{
    ese_free(buffer);
    return JET_errSuccess;
}

/* Pages are never read ahead, so that count is truly zero. */
JET_ERR ese_api_JetGetThreadStats(void *result, JET_ULONG size)
{
    if (size < sizeof(JET_THREADSTATS)) {
        return JET_errBufferTooSmall;
    }
    if (result == NULL) {
        return JET_errInvalidParameter;
    }
    struct ese_page_counts counts = ese_cache_thread_counts();
    struct ese_log_counts logged = ese_log_thread_counts();
    JET_THREADSTATS stats = {.cbStruct = sizeof stats,
                             .cPageReferenced = counts.referenced,
                             .cPageRead = counts.read,
                             .cPageDirtied = counts.dirtied,
                             .cPageRedirtied = counts.redirtied,
                             .cLogRecord = logged.records,
                             .cbLogRecord = logged.bytes};
    memcpy(result, &stats, sizeof stats);
    return JET_errSuccess;
}

JET_ERR ese_api_JetGetErrorInfo(enum ese_text text, void *context, void *result, JET_ULONG size,
                                JET_ULONG level, JET_GRBIT grbit)
{
    (void)text; /* there is only one form */
    if (level != JET_ErrorInfoSpecificErr || context == NULL || grbit != 0) {
        return JET_errInvalidParameter;
    }
    JET_ERRINFOBASIC_W info = {.cbStruct = sizeof info};
    if (size < sizeof info) {
        return JET_errInvalidBufferSize;
    }
    if (result == NULL) {
        return JET_errInvalidParameter;
    }
    memcpy(&info.errValue, context, sizeof info.errValue);
    if (!ese_error_category(info.errValue, &info.errcatMostSpecific, info.rgCategoricalHierarchy)) {
        return JET_errInvalidParameter;
    }
    memcpy(result, &info, sizeof info);
    return JET_errSuccess;
}

/* ---- JetGetInstanceInfo ---------------------------------------------------------------------- */

/* A and W differ in the text alone: both structs hold a number, a pointer, a number and three
 * pointers. */
_Static_assert(sizeof(JET_INSTANCE_INFO_A) == sizeof(JET_INSTANCE_INFO_W), "one layout for both");

struct running {
    struct running *next;
    uint64_t handle;
    char *name;
    size_t databases;
    char *paths[ESE_DATABASE_MAX];
};

static void free_running(struct running *list)
{
    while (list != NULL) {
        struct running *next = list->next;
        for (size_t i = 0; i < list->databases; i++) {
            ese_free(list->paths[i]);
        }
        ese_free(list->name);
        ese_free(list);
        list = next;
    }
}

/* Copies the names of the attached databases. Holds the service lock of a running instance. */
static JET_ERR list_databases(struct ese_instance *instance, struct running *running)
{
    JET_ERR err = JET_errSuccess;
    ese_mutex_lock(&instance->attach);
    for (uint32_t id = 1; id <= ESE_DATABASE_MAX && err == JET_errSuccess; id++) {
        struct ese_database *database = ese_database_by_id(instance->store, id);
        if (database == NULL) {
            continue;
        }
        char *path = ese_strdup(ese_database_path(database));
        if (path == NULL) {
            err = JET_errOutOfMemory;
        } else {
            running->paths[running->databases++] = path;
        }
    }
    ese_mutex_unlock(&instance->attach);
    return err;
}

/* Describes one instance when it runs, else leaves *list alone. */
static JET_ERR describe(struct ese_instance *instance, struct running **list)
{
    JET_ERR err = JET_errSuccess;
    ese_mutex_lock(&instance->service);
    if ((atomic_load(&instance->api) & ESE_API_INITIALIZED) != 0) {
        struct running *running = ese_calloc(1, sizeof *running);
        err = running == NULL ? JET_errOutOfMemory : JET_errSuccess;
        if (running != NULL) {
            running->next = *list;
            *list = running;
            running->handle = instance->handle;
            running->name = ese_strdup(instance->name);
            err = running->name == NULL ? JET_errOutOfMemory : list_databases(instance, running);
        }
    }
    ese_mutex_unlock(&instance->service);
    return err;
}

/* All handles of the process, zero-terminated, to be freed. */
static JET_ERR snapshot_handles(uint64_t **out)
{
    ese_mutex_lock(&ese_process.lock);
    uint32_t count = ese_counts_instances(atomic_load(&ese_process.counts));
    uint64_t *handles = ese_calloc(count + 1, sizeof *handles);
    if (handles != NULL) {
        size_t i = 0;
        for (struct ese_instance *at = ese_process.instances; at != NULL; at = at->next) {
            handles[i++] = at->handle;
        }
    }
    ese_mutex_unlock(&ese_process.lock);
    *out = handles;
    return handles == NULL ? JET_errOutOfMemory : JET_errSuccess;
}

static JET_ERR list_running(struct running **list)
{
    uint64_t *handles = NULL;
    JET_ERR err = snapshot_handles(&handles);
    for (size_t i = 0; err == JET_errSuccess && handles[i] != 0; i++) {
        struct ese_instance *instance = ese_instance_find(handles[i]);
        if (instance != NULL) {
            err = describe(instance, list);
            ese_instance_unref(instance);
        }
    }
    ese_free(handles);
    return err;
}

JET_ERR ese_database_in_use(const char *path, bool *in_use)
{
    struct running *list = NULL;
    char *absolute = NULL;
    *in_use = false;
    JET_ERR err = ese_path_absolute(path, &absolute);
    if (err == JET_errSuccess) {
        err = list_running(&list);
    }
    for (const struct running *at = list; err == JET_errSuccess && at != NULL; at = at->next) {
        for (size_t i = 0; i < at->databases; i++) {
            *in_use = *in_use || ese_path_same(at->paths[i], absolute);
        }
    }
    free_running(list);
    ese_free(absolute);
    return err;
}

/* Puts text at *at, which moves on. */
static char *put_text(enum ese_text text, const char *in, char **at)
{
    char *here = *at;
    uint32_t size = ese_text_size(text, in);
    ese_text_out(text, in, here, size);
    *at += size + size % sizeof(JET_WCHAR);
    return here;
}

/* Everything in one block, which JetFreeBuffer frees: structs, pointers to paths, then the text. */
static JET_ERR pack(enum ese_text text, const struct running *list, JET_ULONG *count, void **block)
{
    size_t instances = 0;
    size_t pointers = 0;
    size_t bytes = 0;
    for (const struct running *at = list; at != NULL; at = at->next) {
        instances++;
        pointers += at->databases;
        bytes += ese_text_size(text, at->name) + sizeof(JET_WCHAR);
        for (size_t i = 0; i < at->databases; i++) {
            bytes += ese_text_size(text, at->paths[i]) + sizeof(JET_WCHAR);
        }
    }
    *count = (JET_ULONG)instances;
    *block = NULL;
    if (instances == 0) {
        return JET_errSuccess;
    }
    JET_INSTANCE_INFO_A *infos =
        ese_calloc(1, instances * sizeof *infos + pointers * sizeof(char *) + bytes);
    if (infos == NULL) {
        return JET_errOutOfMemory;
    }
    char **paths = (char **)(infos + instances);
    char *texts = (char *)(paths + pointers);
    JET_INSTANCE_INFO_A *info = infos;
    for (const struct running *at = list; at != NULL; at = at->next, info++) {
        info->hInstanceId = at->handle;
        info->szInstanceName = put_text(text, at->name, &texts);
        info->cDatabases = at->databases;
        info->szDatabaseFileName = at->databases == 0 ? NULL : paths;
        for (size_t i = 0; i < at->databases; i++) {
            *paths++ = put_text(text, at->paths[i], &texts);
        }
    }
    *block = infos;
    return JET_errSuccess;
}

JET_ERR ese_api_JetGetInstanceInfo(enum ese_text text, JET_ULONG *count, void *infos)
{
    if (count == NULL || infos == NULL) {
        return JET_errInvalidParameter;
    }
    struct running *list = NULL;
    JET_ERR err = list_running(&list);
    if (err == JET_errSuccess) {
        err = pack(text, list, count, infos);
    }
    free_running(list);
    return err;
}

/* ---- JetGetInstanceMiscInfo ------------------------------------------------------------------ */

/* With recovery off there is no log and its signature is all zero. There are no revert snapshots. */
JET_ERR ese_api_JetGetInstanceMiscInfo(JET_INSTANCE instance, void *result, JET_ULONG size,
                                       JET_ULONG level)
{
    struct ese_call call;
    JET_ERR err = ese_enter_instance(&call, ESE_FN_JetGetInstanceMiscInfo, instance);
    if (err != JET_errSuccess) {
        return err;
    }
    if (level != JET_InstanceMiscInfoLogSignature) {
        return ese_leave(&call, JET_errInvalidParameter);
    }
    JET_SIGNATURE signature = {0};
    struct ese_log *log = ese_store_log(call.instance->store);
    if (log != NULL) {
        ese_log_signature(log, &signature);
    }
    return ese_leave(&call, ese_give(&signature, sizeof signature, result, size));
}
