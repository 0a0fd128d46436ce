/* Making, starting and ending instances; the run mode. */
#include "engine/api/api.h"
#include "engine/api/gate.h"
#include "engine/instance/init.h"
#include "engine/instance/term.h"

#define MAP_MOST 1000 /* databases nobody has so many of */

static bool is_nil(const JET_INSTANCE *instance)
{
    return instance == NULL || *instance == 0 || *instance == JET_instanceNil;
}

JET_ERR ese_api_JetCreateInstance(enum ese_text text, JET_INSTANCE *instance, const void *name)
{
    return ese_api_JetCreateInstance2(text, instance, name, NULL, 0);
}

JET_ERR ese_api_JetCreateInstance2(enum ese_text text, JET_INSTANCE *instance, const void *name,
                                   const void *display_name, JET_GRBIT grbit)
{
    (void)grbit; /* no bit is defined, and the original looks at none */
    if (instance == NULL) {
        return JET_errInvalidParameter;
    }
    *instance = JET_instanceNil;
    char *utf8_name = NULL;
    char *utf8_display = NULL;
    JET_ERR err = ese_text_in(text, name, &utf8_name);
    if (err == JET_errSuccess) {
        err = ese_text_in(text, display_name, &utf8_display);
    }
    if (err == JET_errSuccess) {
        err = ese_instance_create(ESE_MODE_MULTI, utf8_name, utf8_display, instance);
    }
    ese_free(utf8_display);
    ese_free(utf8_name);
    return err;
}

/* Initialises an instance that this call has just made; when that fails it is gone again. */
static JET_ERR init_new(enum ese_run_mode mode, const struct ese_init_options *options, JET_INSTANCE *out)
{
    JET_INSTANCE handle = JET_instanceNil;
    JET_ERR err = ese_instance_create(mode, NULL, NULL, &handle);
    if (err == JET_errSuccess) {
        struct ese_call call;
        err = ese_enter_instance(&call, ESE_FN_JetInit, handle);
        if (err == JET_errSuccess) {
            err = ese_init(call.instance, options);
            if (err < JET_errSuccess) {
                ese_term(call.instance, 0);
            }
            err = ese_leave(&call, err);
        }
    }
    if (out != NULL) {
        *out = err < JET_errSuccess ? JET_instanceNil : handle;
    }
    return err;
}

static JET_ERR init(enum ese_function function, const struct ese_init_options *options, JET_INSTANCE *instance)
{
    enum ese_run_mode mode = ese_run_mode();
    if (mode == ESE_MODE_MULTI) {
        if (instance == NULL) {
            return JET_errRunningInMultiInstanceMode;
        }
        if (!is_nil(instance)) {
            struct ese_call call;
            JET_ERR err = ese_enter_instance(&call, function, *instance);
            return err == JET_errSuccess ? ese_leave(&call, ese_init(call.instance, options)) : err;
        }
        return init_new(ESE_MODE_MULTI, options, instance);
    }
    if (mode == ESE_MODE_ONE && ese_counts_instances(atomic_load(&ese_process.counts)) > 0) {
        return JET_errAlreadyInitialized;
    }
    return init_new(ESE_MODE_ONE, options, instance);
}

JET_ERR ese_api_JetInit(JET_INSTANCE *instance)
{
    return init(ESE_FN_JetInit, NULL, instance);
}

JET_ERR ese_api_JetInit2(JET_INSTANCE *instance, JET_GRBIT grbit)
{
    const struct ese_init_options options = {.grbit = grbit};
    return init(ESE_FN_JetInit2, &options, instance);
}

/* A path of the caller's, absolute. */
static JET_ERR map_path(enum ese_text text, const void *path, const char **out)
{
    char *utf8 = NULL;
    char *absolute = NULL;
    JET_ERR err = path == NULL ? JET_errInvalidParameter : ese_text_in(text, path, &utf8);
    if (err == JET_errSuccess) {
        err = ese_path_absolute(utf8, &absolute);
    }
    ese_free(utf8);
    *out = absolute;
    return err;
}

static JET_ERR map_entry(enum ese_text text, const void *old_path, const void *new_path,
                         struct ese_log_map *map)
{
    JET_ERR err = map_path(text, old_path, &map->old_path);
    return err == JET_errSuccess ? map_path(text, new_path, &map->new_path) : err;
}

JET_ERR ese_api_JetInit3(enum ese_text text, JET_INSTANCE *instance, const void *restore,
                         JET_GRBIT grbit)
{
    const JET_RSTINFO_A *restore_a = restore;
    const JET_RSTINFO_W *restore_w = restore;
    if (restore != NULL && (text == ESE_TEXT_W ? restore_w->cbStruct != sizeof *restore_w
                                               : restore_a->cbStruct != sizeof *restore_a)) {
        return JET_errInvalidParameter;
    }
    struct ese_init_options options = {.grbit = grbit};
    if (restore == NULL) {
        return init(ESE_FN_JetInit3, &options, instance);
    }
    const bool wide = text == ESE_TEXT_W;
    const JET_LONG count = wide ? restore_w->crstmap : restore_a->crstmap;
    const void *map = wide ? (const void *)restore_w->rgrstmap : (const void *)restore_a->rgrstmap;
    if (count < 0 || count > MAP_MOST || (count != 0 && map == NULL)) {
        return JET_errInvalidParameter;
    }
    options.status = wide ? restore_w->pfnStatus : restore_a->pfnStatus;
    options.stop_at = wide ? restore_w->lgposStop : restore_a->lgposStop;
    struct ese_log_map *maps = count != 0 ? ese_calloc((size_t)count, sizeof *maps) : NULL;
    JET_ERR err = count != 0 && maps == NULL ? JET_errOutOfMemory : JET_errSuccess;
    for (JET_LONG i = 0; i < count && err == JET_errSuccess; i++) {
        err = wide ? map_entry(text, restore_w->rgrstmap[i].szDatabaseName,
                               restore_w->rgrstmap[i].szNewDatabaseName, &maps[i])
                   : map_entry(text, restore_a->rgrstmap[i].szDatabaseName,
                               restore_a->rgrstmap[i].szNewDatabaseName, &maps[i]);
    }
    if (err == JET_errSuccess) {
        options.map = maps;
        options.map_count = (uint32_t)count;
        err = init(ESE_FN_JetInit3, &options, instance);
    }
    for (JET_LONG i = 0; maps != NULL && i < count; i++) {
        ese_free((void *)(uintptr_t)maps[i].old_path);
        ese_free((void *)(uintptr_t)maps[i].new_path);
    }
    ese_free(maps);
    return err;
}

static JET_ERR term(enum ese_function function, JET_INSTANCE instance, JET_GRBIT grbit)
{
    struct ese_call call;
    JET_ERR err = ese_enter_instance(&call, function, instance);
    return err == JET_errSuccess ? ese_leave(&call, ese_term(call.instance, grbit)) : err;
}

JET_ERR ese_api_JetTerm(JET_INSTANCE instance)
{
    return term(ESE_FN_JetTerm, instance, JET_bitTermAbrupt);
}

JET_ERR ese_api_JetTerm2(JET_INSTANCE instance, JET_GRBIT grbit)
{
    return term(ESE_FN_JetTerm2, instance, grbit);
}
