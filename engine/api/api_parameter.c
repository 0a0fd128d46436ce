/* The system parameters, and the call that sets a number of them at once. */
#include "engine/api/api.h"

#include <stdio.h>
#include <string.h>

#include "engine/api/errors.h"
#include "engine/api/gate.h"

/* Which set of parameters a call means: the instance's, or the process's. Holds ese_process.lock.
 */
static struct ese_params *params_of(const struct ese_call *call, const struct ese_param_row *row)
{
    return call->instance == NULL || ese_param_is_global(row) ? ese_process_params()
                                                              : &call->instance->params;
}

static enum ese_param_index index_of(const struct ese_param_row *row)
{
    return (enum ese_param_index)(row - ese_param_row(JET_paramSystemPath));
}

/* A JET_UNICODEINDEX as the one number the table keeps. */
static JET_ERR pack_unicode(JET_API_PTR pointer, uint64_t *number)
{
    const JET_UNICODEINDEX *unicode = (const JET_UNICODEINDEX *)(uintptr_t)pointer;
    if (unicode == NULL) {
        return JET_errInvalidParameter;
    }
    *number = (uint64_t)unicode->lcid << 32 | unicode->dwMapFlags;
    return JET_errSuccess;
}

static JET_ERR set_parameter(struct ese_call *call, const struct ese_param_row *row,
                             uint64_t number, const char *text)
{
    if (row->kind == ESE_PARAM_UNICODE) {
        JET_ERR err = pack_unicode(number, &number);
        if (err != JET_errSuccess) {
            return err;
        }
    }
    if (row->kind == ESE_PARAM_COMMIT && call->session != NULL) {
        struct ese_params scratch;
        ese_params_init(&scratch);
        JET_ERR err = ese_param_set(&scratch, row, (struct ese_param_state){0}, number, NULL);
        if (err == JET_errSuccess) {
            atomic_store(&call->session->commit_default, (uint32_t)number);
        }
        return err;
    }
    ese_mutex_lock(&ese_process.lock);
    struct ese_param_state state = {
        .process_in_use = ese_process.mode != ESE_MODE_NONE,
        .initialised = call->instance != NULL &&
                       (atomic_load(&call->instance->api) & ESE_API_INITIALIZED) != 0,
    };
    JET_ERR err = ese_param_set(params_of(call, row), row, state, number, text);
    if (err == JET_errSuccess && row->kind == ESE_PARAM_DEPTH && state.initialised) {
        ese_instance_apply_depth(call->instance);
    }
    if (err == JET_errSuccess && row->id == JET_paramDbExtensionSize && state.initialised) {
        ese_store_set_extension(call->instance->store, (uint32_t)number);
    }
    if (err == JET_errSuccess && row->kind == ESE_PARAM_CACHE) {
        ese_instance_apply_cache_limit();
    }
    ese_mutex_unlock(&ese_process.lock);
    return err;
}

JET_ERR ese_api_JetSetSystemParameter(enum ese_text text, JET_INSTANCE *instance, JET_SESID sesid,
                                      JET_ULONG id, JET_API_PTR number, const void *value)
{
    const struct ese_param_row *row = ese_param_row(id);
    struct ese_call call;
    JET_ERR err = ese_enter_parameter(&call, ESE_FN_JetSetSystemParameter,
                                      instance == NULL ? JET_instanceNil : *instance, sesid,
                                      row != NULL && ese_param_is_global(row));
    if (err != JET_errSuccess) {
        return err;
    }
    char *utf8 = NULL;
    if (row == NULL) {
        err = JET_errInvalidParameter;
    } else if (ese_param_is_text(row)) {
        err = ese_text_in(text, value, &utf8);
    }
    if (err == JET_errSuccess) {
        err = set_parameter(&call, row, number, utf8);
    }
    ese_free(utf8);
    return ese_leave(&call, err);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* "name (value)" of the error *number holds. */
static JET_ERR error_text(enum ese_text text, const JET_API_PTR *number, void *value, uint32_t size)
{
    if (number == NULL || value == NULL || size == 0) {
        return JET_errInvalidParameter;
    }
    JET_ERR code = (JET_ERR)*number;
    char line[128];
    snprintf(line, sizeof line, "%s, %ld", ese_error_name(code), (long)code);
    return ese_text_out(text, line, value, size);
}

static JET_ERR give_unicode(uint64_t packed, void *out, uint32_t size)
{
    JET_UNICODEINDEX unicode = {.lcid = (JET_ULONG)(packed >> 32), .dwMapFlags = (JET_ULONG)packed};
    if (out == NULL) {
        return JET_errInvalidParameter;
    }
    if (size < sizeof unicode) {
        return JET_errBufferTooSmall;
    }
    memcpy(out, &unicode, sizeof unicode);
    return JET_errSuccess;
}

static JET_ERR get_parameter(struct ese_call *call, const struct ese_param_row *row,
                             enum ese_text text, JET_API_PTR *number, void *value, uint32_t size)
{
    if (row->kind == ESE_PARAM_ERROR_TEXT) {
        return error_text(text, number, value, size);
    }
    if (ese_param_is_text(row)) {
        if (value == NULL || size == 0) {
            return JET_errInvalidParameter;
        }
        ese_mutex_lock(&ese_process.lock);
        JET_ERR err =
            ese_text_out(text, ese_param_text(params_of(call, row), index_of(row)), value, size);
        ese_mutex_unlock(&ese_process.lock);
        return err;
    }
    if (number == NULL) {
        return JET_errInvalidParameter;
    }
    if (row->kind == ESE_PARAM_COMMIT && call->session != NULL) {
        *number = atomic_load(&call->session->commit_default);
        return JET_errSuccess;
    }
    ese_mutex_lock(&ese_process.lock);
    uint64_t found = ese_param_number(params_of(call, row), index_of(row));
    uint64_t pages;
    if (row->id == JET_paramCacheSize && ese_instance_cache_pages(&pages)) {
        found = pages;
    }
    ese_mutex_unlock(&ese_process.lock);
    if (row->kind == ESE_PARAM_UNICODE) {
        return give_unicode(found, number, size);
    }
    *number = found;
    return JET_errSuccess;
}

JET_ERR ese_api_JetGetSystemParameter(enum ese_text text, JET_INSTANCE instance, JET_SESID sesid,
                                      JET_ULONG id, JET_API_PTR *number, void *value,
                                      JET_ULONG size)
{
    const struct ese_param_row *row = ese_param_row(id);
    struct ese_call call;
    JET_ERR err = ese_enter_parameter(&call, ESE_FN_JetGetSystemParameter, instance, sesid,
                                      row != NULL && ese_param_is_global(row));
    if (err != JET_errSuccess) {
        return err;
    }
    err = row == NULL ? JET_errInvalidParameter
                      : get_parameter(&call, row, text, number, value, size);
    return ese_leave(&call, err);
}

/* ---- JetEnableMultiInstance ------------------------------------------------------------------ */

/* One element of the caller's array, whose text may be of either kind. */
struct setting {
    JET_ULONG id;
    JET_API_PTR number;
    const void *text;
    JET_ERR *err;
};

static struct setting setting_at(enum ese_text text, void *settings, size_t i)
{
    if (text == ESE_TEXT_W) {
        JET_SETSYSPARAM_W *wide = (JET_SETSYSPARAM_W *)settings + i;
        return (struct setting){wide->paramid, wide->lParam, wide->sz, &wide->err};
    }
    JET_SETSYSPARAM_A *narrow = (JET_SETSYSPARAM_A *)settings + i;
    return (struct setting){narrow->paramid, narrow->lParam, narrow->sz, &narrow->err};
}

/*
 * Sets one parameter of the process, or, when the process is in use, compares it with what is set:
 * JET_errSystemParameterConflict when it differs. Holds ese_process.lock.
 */
static JET_ERR apply_setting(enum ese_text text, const struct setting *setting)
{
    const struct ese_param_row *row = ese_param_row(setting->id);
    if (row == NULL) {
        return JET_errInvalidParameter;
    }
    char *utf8 = NULL;
    uint64_t number = setting->number;
    JET_ERR err = JET_errSuccess;
    if (ese_param_is_text(row)) {
        err = ese_text_in(text, setting->text, &utf8);
    } else if (row->kind == ESE_PARAM_UNICODE) {
        err = pack_unicode(setting->number, &number);
    }
    struct ese_params *params = ese_process_params();
    if (err == JET_errSuccess && ese_process.mode == ESE_MODE_NONE) {
        err = ese_param_set(params, row, (struct ese_param_state){0}, number, utf8);
    } else if (err == JET_errSuccess && !ese_param_equals(params, row, number, utf8)) {
        err = JET_errSystemParameterConflict;
    }
    ese_free(utf8);
    return err;
}

JET_ERR ese_api_JetEnableMultiInstance(enum ese_text text, void *settings, JET_ULONG count,
                                       JET_ULONG *succeeded)
{
    JET_ULONG done = 0;
    JET_ERR err = settings == NULL && count > 0 ? JET_errInvalidParameter : JET_errSuccess;
    ese_mutex_lock(&ese_process.lock);
    bool in_use = ese_process.mode != ESE_MODE_NONE;
    if (err == JET_errSuccess && ese_process.mode == ESE_MODE_ONE) {
        err = JET_errRunningInOneInstanceMode;
    }
    for (size_t i = 0; i < count && err == JET_errSuccess; i++) {
        struct setting setting = setting_at(text, settings, i);
        err = apply_setting(text, &setting);
        *setting.err = err;
        done += err == JET_errSuccess;
    }
    if (err == JET_errSuccess) {
        err = in_use ? JET_errSystemParamsAlreadySet : JET_errSuccess;
        ese_process.mode = ESE_MODE_MULTI;
    }
    ese_mutex_unlock(&ese_process.lock);
    if (succeeded != NULL) {
        *succeeded = done;
    }
    return err;
}
