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

JET_ERR ese_database_in_use(const char *path, bool *in_use)
{
    struct ese_running *list = NULL;
    char *absolute = NULL;
    *in_use = false;
    JET_ERR err = ese_path_absolute(path, &absolute);
    if (err == JET_errSuccess) {
        err = ese_running_list(&list);
    }
    for (const struct ese_running *at = list; err == JET_errSuccess && at != NULL; at = at->next) {
        for (size_t i = 0; i < at->databases; i++) {
            *in_use = *in_use || ese_path_same(at->paths[i], absolute);
        }
    }
    ese_running_free(list);
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

/* The block: structs, pointers to paths, then the text. */
JET_ERR ese_give_running(enum ese_text text, const struct ese_running *list, JET_ULONG *count,
                         void **block)
{
    size_t instances = 0;
    size_t pointers = 0;
    size_t bytes = 0;
    for (const struct ese_running *at = list; at != NULL; at = at->next) {
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
    for (const struct ese_running *at = list; at != NULL; at = at->next, info++) {
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
    struct ese_running *list = NULL;
    JET_ERR err = ese_running_list(&list);
    if (err == JET_errSuccess) {
        err = ese_give_running(text, list, count, infos);
    }
    ese_running_free(list);
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
