/* Streaming backup: the calls with an instance, and those without for one-instance mode. */
#include <string.h>

#include "engine/api/api.h"
#include "engine/api/gate.h"

/* ---- begin, end ------------------------------------------------------------------------------ */

static JET_ERR begin(enum ese_function function, JET_INSTANCE instance, JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_instance(&call, function, instance);
    if (err != JET_errSuccess) {
        return err;
    }
    ese_mutex_lock(&ese_process.lock);
    bool circular = ese_param_number(&call.instance->params, ESE_JET_paramCircularLog) != 0;
    ese_mutex_unlock(&ese_process.lock);
    ese_backup_wait_for_thaw(&call.instance->backup);
    ese_mutex_lock(&call.instance->attach);
    err = ese_backup_begin(&call.instance->backup, call.instance->store, circular, grbit);
    ese_mutex_unlock(&call.instance->attach);
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetBeginExternalBackup(JET_GRBIT grbit)
{
    return begin(ESE_FN_JetBeginExternalBackup, JET_instanceNil, grbit);
}

JET_ERR ese_api_JetBeginExternalBackupInstance(JET_INSTANCE instance, JET_GRBIT grbit)
{
    return begin(ESE_FN_JetBeginExternalBackupInstance, instance, grbit);
}

static JET_ERR end(enum ese_function function, JET_INSTANCE instance, JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_instance(&call, function, instance);
    return err == JET_errSuccess
               ? ese_leave(&call, ese_backup_end(&call.instance->backup, grbit))
               : err;
}

JET_ERR ese_api_JetEndExternalBackup(void)
{
    return end(ESE_FN_JetEndExternalBackup, JET_instanceNil, JET_bitBackupEndNormal);
}

JET_ERR ese_api_JetEndExternalBackupInstance(JET_INSTANCE instance)
{
    return end(ESE_FN_JetEndExternalBackupInstance, instance, JET_bitBackupEndNormal);
}

JET_ERR ese_api_JetEndExternalBackupInstance2(JET_INSTANCE instance, JET_GRBIT grbit)
{
    return end(ESE_FN_JetEndExternalBackupInstance2, instance, grbit);
}

/* ---- lists of files -------------------------------------------------------------------------- */

/* As much of the list as fits; that it was cut only *actual says. */
static JET_ERR give_names(enum ese_text text, const struct ese_backup_names *names, void *out,
                          uint32_t size, JET_ULONG *actual)
{
    uint32_t need = text == ESE_TEXT_W ? (uint32_t)sizeof(JET_WCHAR) : names->size;
    const char *bytes = names->bytes;
    char *wide = NULL;
    if (text == ESE_TEXT_W) {
        for (const char *at = bytes; *at != 0; at += strlen(at) + 1) {
            need += ese_text_size(text, at);
        }
        wide = ese_calloc(1, need);
        if (wide == NULL) {
            return JET_errOutOfMemory;
        }
        char *to = wide;
        for (const char *at = bytes; *at != 0; at += strlen(at) + 1) {
            uint32_t length = ese_text_size(text, at);
            (void)ese_text_out(text, at, to, length);
            to += length;
        }
        bytes = wide;
    }
    if (out != NULL) {
        memcpy(out, bytes, size < need ? size : need);
    }
    if (actual != NULL) {
        *actual = need;
    }
    ese_free(wide);
    return JET_errSuccess;
}

static JET_ERR attach_info(enum ese_function function, enum ese_text text, JET_INSTANCE instance,
                           void *out, JET_ULONG size, JET_ULONG *actual)
{
    struct ese_call call;
    struct ese_backup_names names;
    JET_ERR err = ese_enter_instance(&call, function, instance);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_backup_attached(&call.instance->backup, &names);
    if (err == JET_errSuccess) {
        err = give_names(text, &names, out, size, actual);
        ese_free(names.bytes);
    }
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetGetAttachInfo(enum ese_text text, void *out, JET_ULONG size, JET_ULONG *actual)
{
    return attach_info(ESE_FN_JetGetAttachInfo, text, JET_instanceNil, out, size, actual);
}

JET_ERR ese_api_JetGetAttachInfoInstance(enum ese_text text, JET_INSTANCE instance, void *out,
                                         JET_ULONG size, JET_ULONG *actual)
{
    return attach_info(ESE_FN_JetGetAttachInfoInstance, text, instance, out, size, actual);
}

static void fill_info(enum ese_text text, struct ese_instance *instance, uint32_t low,
                      uint32_t high, void *info)
{
    const char *base = ese_log_base(ese_store_log(instance->store));
    if (text == ESE_TEXT_W) {
        JET_LOGINFO_W *wide = info;
        wide->ulGenLow = low;
        wide->ulGenHigh = high;
        (void)ese_text_out(text, base, wide->szBaseName, sizeof wide->szBaseName);
    } else {
        JET_LOGINFO_A *narrow = info;
        narrow->ulGenLow = low;
        narrow->ulGenHigh = high;
        (void)ese_text_out(text, base, narrow->szBaseName, sizeof narrow->szBaseName);
    }
}

static JET_ERR log_info(enum ese_function function, enum ese_text text, JET_INSTANCE instance,
                        bool to_truncate, void *out, JET_ULONG size, JET_ULONG *actual, void *info)
{
    struct ese_call call;
    struct ese_backup_names names;
    uint32_t low = 0, high = 0;
    JET_ERR err = ese_enter_instance(&call, function, instance);
    if (err != JET_errSuccess) {
        return err;
    }
    if (info != NULL && (text == ESE_TEXT_W ? ((JET_LOGINFO_W *)info)->cbSize != sizeof(JET_LOGINFO_W)
                                            : ((JET_LOGINFO_A *)info)->cbSize != sizeof(JET_LOGINFO_A))) {
        return ese_leave(&call, JET_errInvalidParameter);
    }
    err = ese_backup_logs(&call.instance->backup, to_truncate, &names, &low, &high);
    if (err == JET_errSuccess) {
        err = give_names(text, &names, out, size, actual);
        ese_free(names.bytes);
        if (info != NULL) {
            fill_info(text, call.instance, low, high, info);
        }
    }
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetGetLogInfo(enum ese_text text, void *out, JET_ULONG size, JET_ULONG *actual)
{
    return log_info(ESE_FN_JetGetLogInfo, text, JET_instanceNil, false, out, size, actual, NULL);
}

JET_ERR ese_api_JetGetLogInfoInstance(enum ese_text text, JET_INSTANCE instance, void *out,
                                      JET_ULONG size, JET_ULONG *actual)
{
    return log_info(ESE_FN_JetGetLogInfoInstance, text, instance, false, out, size, actual, NULL);
}

JET_ERR ese_api_JetGetLogInfoInstance2(enum ese_text text, JET_INSTANCE instance, void *out,
                                       JET_ULONG size, JET_ULONG *actual, void *info)
{
    return log_info(ESE_FN_JetGetLogInfoInstance2, text, instance, false, out, size, actual, info);
}

JET_ERR ese_api_JetGetTruncateLogInfoInstance(enum ese_text text, JET_INSTANCE instance, void *out,
                                              JET_ULONG size, JET_ULONG *actual)
{
    return log_info(ESE_FN_JetGetTruncateLogInfoInstance, text, instance, true, out, size, actual,
                    NULL);
}

static JET_ERR truncate_log(enum ese_function function, JET_INSTANCE instance)
{
    struct ese_call call;
    JET_ERR err = ese_enter_instance(&call, function, instance);
    return err == JET_errSuccess ? ese_leave(&call, ese_backup_truncate(&call.instance->backup))
                                 : err;
}

JET_ERR ese_api_JetTruncateLog(void)
{
    return truncate_log(ESE_FN_JetTruncateLog, JET_instanceNil);
}

JET_ERR ese_api_JetTruncateLogInstance(JET_INSTANCE instance)
{
    return truncate_log(ESE_FN_JetTruncateLogInstance, instance);
}

/* ---- files ----------------------------------------------------------------------------------- */

static JET_ERR open_file(enum ese_function function, enum ese_text text, JET_INSTANCE instance,
                         const void *file, JET_HANDLE *handle, JET_ULONG *low, JET_ULONG *high)
{
    struct ese_call call;
    char *utf8 = NULL;
    JET_HANDLE opened = 0;
    uint64_t size = 0;
    JET_ERR err = ese_text_in(text, file, &utf8); /* before the gate, as in the original */
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_enter_instance(&call, function, instance);
    if (err == JET_errSuccess) {
        if (handle == NULL && ese_backup_in_progress(&call.instance->backup)) {
            err = JET_errInvalidParameter;
        } else {
            err = ese_backup_open(&call.instance->backup, utf8, &opened, &size);
        }
        if (err == JET_errSuccess) {
            *handle = opened;
            if (low != NULL) {
                *low = (JET_ULONG)size;
            }
            if (high != NULL) {
                *high = (JET_ULONG)(size >> 32);
            }
        }
        err = ese_leave(&call, err);
    }
    ese_free(utf8);
    return err;
}

JET_ERR ese_api_JetOpenFile(enum ese_text text, const void *file, JET_HANDLE *handle,
                            JET_ULONG *low, JET_ULONG *high)
{
    return open_file(ESE_FN_JetOpenFile, text, JET_instanceNil, file, handle, low, high);
}

JET_ERR ese_api_JetOpenFileInstance(enum ese_text text, JET_INSTANCE instance, const void *file,
                                    JET_HANDLE *handle, JET_ULONG *low, JET_ULONG *high)
{
    return open_file(ESE_FN_JetOpenFileInstance, text, instance, file, handle, low, high);
}

static JET_ERR read_file(enum ese_function function, JET_INSTANCE instance, JET_HANDLE handle,
                         void *out, JET_ULONG size, JET_ULONG *actual)
{
    struct ese_call call;
    uint32_t done = 0;
    JET_ERR err = ese_enter_instance(&call, function, instance);
    if (err != JET_errSuccess) {
        return err;
    }
    err = ese_backup_read(&call.instance->backup, handle, out, size, &done);
    if (actual != NULL) {
        *actual = done;
    }
    return ese_leave(&call, err);
}

JET_ERR ese_api_JetReadFile(JET_HANDLE handle, void *out, JET_ULONG size, JET_ULONG *actual)
{
    return read_file(ESE_FN_JetReadFile, JET_instanceNil, handle, out, size, actual);
}

JET_ERR ese_api_JetReadFileInstance(JET_INSTANCE instance, JET_HANDLE handle, void *out,
                                    JET_ULONG size, JET_ULONG *actual)
{
    return read_file(ESE_FN_JetReadFileInstance, instance, handle, out, size, actual);
}

static JET_ERR close_file(enum ese_function function, JET_INSTANCE instance, JET_HANDLE handle)
{
    struct ese_call call;
    JET_ERR err = ese_enter_instance(&call, function, instance);
    return err == JET_errSuccess
               ? ese_leave(&call, ese_backup_close(&call.instance->backup, handle))
               : err;
}

JET_ERR ese_api_JetCloseFile(JET_HANDLE handle)
{
    return close_file(ESE_FN_JetCloseFile, JET_instanceNil, handle);
}

JET_ERR ese_api_JetCloseFileInstance(JET_INSTANCE instance, JET_HANDLE handle)
{
    return close_file(ESE_FN_JetCloseFileInstance, instance, handle);
}
