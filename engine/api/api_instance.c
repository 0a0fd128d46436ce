/* Making, starting and ending instances; the run mode. */
#include "engine/api/api.h"
#include "engine/api/gate.h"
#include "engine/instance/init.h"
#include "engine/instance/term.h"

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
static JET_ERR init_new(enum ese_run_mode mode, JET_INSTANCE *out)
{
    JET_INSTANCE handle = JET_instanceNil;
    JET_ERR err = ese_instance_create(mode, NULL, NULL, &handle);
    if (err == JET_errSuccess) {
        struct ese_call call;
        err = ese_enter_instance(&call, ESE_FN_JetInit, handle);
        if (err == JET_errSuccess) {
            err = ese_init(call.instance);
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

static JET_ERR init(enum ese_function function, JET_INSTANCE *instance)
{
    enum ese_run_mode mode = ese_run_mode();
    if (mode == ESE_MODE_MULTI) {
        if (instance == NULL) {
            return JET_errRunningInMultiInstanceMode;
        }
        if (!is_nil(instance)) {
            struct ese_call call;
            JET_ERR err = ese_enter_instance(&call, function, *instance);
            return err == JET_errSuccess ? ese_leave(&call, ese_init(call.instance)) : err;
        }
        return init_new(ESE_MODE_MULTI, instance);
    }
    if (mode == ESE_MODE_ONE && ese_counts_instances(atomic_load(&ese_process.counts)) > 0) {
        return JET_errAlreadyInitialized;
    }
    return init_new(ESE_MODE_ONE, instance);
}

JET_ERR ese_api_JetInit(JET_INSTANCE *instance)
{
    return init(ESE_FN_JetInit, instance);
}

JET_ERR ese_api_JetInit2(JET_INSTANCE *instance, JET_GRBIT grbit)
{
    (void)grbit; /* the bits steer recovery, which there is nothing to do for */
    return init(ESE_FN_JetInit2, instance);
}

JET_ERR ese_api_JetInit3(enum ese_text text, JET_INSTANCE *instance, const void *restore,
                         JET_GRBIT grbit)
{
    (void)grbit;
    const JET_RSTINFO_A *restore_a = restore;
    const JET_RSTINFO_W *restore_w = restore;
    if (restore != NULL && (text == ESE_TEXT_W ? restore_w->cbStruct != sizeof *restore_w
                                               : restore_a->cbStruct != sizeof *restore_a)) {
        return JET_errInvalidParameter;
    }
    return init(ESE_FN_JetInit3, instance);
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
