#include "engine/instance/instance.h"

#include <string.h>

#include "engine/instance/handle.h"

struct ese_process ese_process = {.lock = ESE_MUTEX_INIT};

static struct ese_once params_once = ESE_ONCE_INIT;

static void init_params(void)
{
    ese_params_init(&ese_process.params);
}

struct ese_params *ese_process_params(void)
{
    ese_once_run(&params_once, init_params);
    return &ese_process.params;
}

/* What a failed or finished instance leaves. Runs when nobody can reach it any more. */
static void destroy_instance(void *object)
{
    struct ese_instance *instance = object;
    ese_defrag_fini(&instance->defrag);
    ese_backup_fini(&instance->backup);
    ese_mutex_fini(&instance->lock);
    ese_mutex_fini(&instance->attach);
    ese_mutex_fini(&instance->service);
    ese_params_fini(&instance->params);
    ese_free(instance->display_name);
    ese_free(instance->name);
    ese_free(instance);
}

/* An instance nobody knows yet; its parameters are those of the process. Holds ese_process.lock. */
static JET_ERR new_instance(const char *name, const char *display_name, struct ese_instance **out)
{
    struct ese_instance *instance = ese_calloc(1, sizeof *instance);
    if (instance == NULL) {
        return JET_errOutOfMemory;
    }
    JET_ERR err = ese_mutex_init(&instance->service);
    if (err != JET_errSuccess) {
        goto free_instance;
    }
    err = ese_mutex_init(&instance->attach);
    if (err != JET_errSuccess) {
        goto fini_service;
    }
    err = ese_mutex_init(&instance->lock);
    if (err != JET_errSuccess) {
        goto fini_attach;
    }
    err = ese_backup_init(&instance->backup);
    if (err != JET_errSuccess) {
        goto fini_lock;
    }
    err = ese_defrag_init(&instance->defrag);
    if (err != JET_errSuccess) {
        goto fini_backup;
    }
    err = ese_params_copy(&instance->params, ese_process_params());
    if (err != JET_errSuccess) {
        goto fini_defrag;
    }
    instance->name = ese_strdup(name);
    instance->display_name = ese_strdup(display_name);
    if (instance->name == NULL || instance->display_name == NULL) {
        destroy_instance(instance);
        return JET_errOutOfMemory;
    }
    *out = instance;
    return JET_errSuccess;

fini_defrag:
    ese_defrag_fini(&instance->defrag);
fini_backup:
    ese_backup_fini(&instance->backup);
fini_lock:
    ese_mutex_fini(&instance->lock);
fini_attach:
    ese_mutex_fini(&instance->attach);
fini_service:
    ese_mutex_fini(&instance->service);
free_instance:
    ese_free(instance);
    return err;
}

static bool name_in_use(const char *name)
{
    for (struct ese_instance *other = ese_process.instances; other != NULL; other = other->next) {
        if (strcmp(other->name, name) == 0) {
            return true;
        }
    }
    return false;
}

JET_ERR ese_instance_create(enum ese_run_mode mode, const char *name, const char *display_name,
                            JET_INSTANCE *handle)
{
    struct ese_instance *instance = NULL;
    JET_ERR err = JET_errSuccess;
    name = name == NULL ? "" : name;
    display_name = display_name == NULL ? "" : display_name;

    ese_mutex_lock(&ese_process.lock);
    uint32_t count = ese_counts_instances(atomic_load(&ese_process.counts));
    if (ese_process.mode != ESE_MODE_NONE && ese_process.mode != mode) {
        err = mode == ESE_MODE_MULTI ? JET_errRunningInOneInstanceMode
                                     : JET_errRunningInMultiInstanceMode;
    } else if (mode == ESE_MODE_ONE && count > 0) {
        err = JET_errAlreadyInitialized;
    } else if (count >= ese_param_number(ese_process_params(), ESE_JET_paramMaxInstances)) {
        err = JET_errTooManyInstances;
    } else if (name_in_use(name)) {
        err = JET_errInstanceNameInUse;
    } else {
        err = new_instance(name, display_name, &instance);
    }
    if (err == JET_errSuccess) {
        instance->handle = ese_handle_publish(ESE_HANDLE_INSTANCE, 0, instance, destroy_instance);
        if (instance->handle == 0) {
            destroy_instance(instance);
            err = JET_errOutOfMemory;
        } else {
            instance->next = ese_process.instances;
            ese_process.instances = instance;
            ese_process.mode = mode;
            atomic_fetch_add(&ese_process.counts, 1);
            *handle = instance->handle;
        }
    }
    ese_mutex_unlock(&ese_process.lock);
    return err;
}

void ese_instance_delete(struct ese_instance *instance, uint32_t terms)
{
    ese_mutex_lock(&ese_process.lock);
    struct ese_instance **link = &ese_process.instances;
    while (*link != instance) {
        link = &(*link)->next;
    }
    *link = instance->next;
    if (ese_process.instances == NULL) {
        ese_process.mode = ESE_MODE_NONE;
    }
    /* One step for both halves: in between, the remaining instances would seem to terminate. */
    atomic_fetch_sub(&ese_process.counts, (uint64_t)terms << 32 | 1);
    ese_handle_retire(ESE_HANDLE_INSTANCE, instance->handle);
    ese_mutex_unlock(&ese_process.lock);
}

struct ese_instance *ese_instance_find(JET_INSTANCE handle)
{
    return ese_handle_acquire(ESE_HANDLE_INSTANCE, handle);
}

struct ese_instance *ese_instance_sole(void)
{
    ese_mutex_lock(&ese_process.lock);
    struct ese_instance *instance = NULL;
    if (ese_process.mode == ESE_MODE_ONE && ese_process.instances != NULL) {
        instance = ese_instance_find(ese_process.instances->handle);
    }
    ese_mutex_unlock(&ese_process.lock);
    return instance;
}

void ese_instance_unref(struct ese_instance *instance)
{
    ese_handle_release(ESE_HANDLE_INSTANCE, instance->handle);
}

enum ese_run_mode ese_run_mode(void)
{
    ese_mutex_lock(&ese_process.lock);
    enum ese_run_mode mode = ese_process.mode;
    ese_mutex_unlock(&ese_process.lock);
    return mode;
}

void ese_instance_drain(struct ese_instance *instance)
{
    while ((atomic_load(&instance->api) & ESE_API_CALLS) != 0) {
        ese_sleep_ms(1);
    }
}

JET_ERR ese_instance_lock_api(struct ese_instance *instance, uint64_t bit)
{
    uint64_t word = atomic_load(&instance->api);
    do {
        if ((word & ESE_API_TERMINATING) != 0) {
            return JET_errTermInProgress;
        }
        if ((word & ESE_API_RESTORING) != 0) {
            return JET_errRestoreInProgress;
        }
        if ((word & ESE_API_LOCKED) != 0) {
            return bit == ESE_API_INITIALIZING ? JET_errInitInProgress : JET_errNotInitialized;
        }
        if (bit == ESE_API_INITIALIZING && (word & ESE_API_INITIALIZED) != 0) {
            return JET_errAlreadyInitialized;
        }
    } while (!atomic_compare_exchange_weak(&instance->api, &word, word | bit));
    return JET_errSuccess;
}

void ese_instance_unlock_api(struct ese_instance *instance, uint64_t bit)
{
    atomic_fetch_and(&instance->api, ~bit);
}

void ese_instance_apply_depth(struct ese_instance *instance)
{
    uint64_t depth = ese_param_number(&instance->params, ESE_JET_paramCheckpointDepthMax);
    ese_store_set_checkpoint_depth(instance->store, instance->quiesced ? 0 : depth);
}

/* Pages without being told otherwise, and how many or few at all. */
enum { CACHE_PAGES_DEFAULT = 16384, CACHE_PAGES_LEAST = 16, CACHE_PAGES_MOST = 1 << 26 };

uint32_t ese_instance_cache_limit(void)
{
    const struct ese_params *params = ese_process_params();
    uint64_t pages = ese_param_number(params, ESE_JET_paramCacheSize);
    uint64_t least = ese_param_number(params, ESE_JET_paramCacheSizeMin);
    uint64_t most = ese_param_number(params, ESE_JET_paramCacheSizeMax);
    pages = pages != 0 ? pages : CACHE_PAGES_DEFAULT;
    pages = pages < least ? least : pages;
    pages = pages > most ? most : pages;
    pages = pages < CACHE_PAGES_LEAST ? CACHE_PAGES_LEAST : pages;
    return (uint32_t)(pages > CACHE_PAGES_MOST ? CACHE_PAGES_MOST : pages);
}

void ese_instance_apply_cache_limit(void)
{
    uint32_t limit = ese_instance_cache_limit();
    for (struct ese_instance *at = ese_process.instances; at != NULL; at = at->next) {
        if (at->sized != NULL) {
            ese_store_set_cache_limit(at->sized, limit);
        }
    }
}

bool ese_instance_cache_pages(uint64_t *pages)
{
    bool any = false;
    *pages = 0;
    for (struct ese_instance *at = ese_process.instances; at != NULL; at = at->next) {
        if (at->sized != NULL) {
            *pages += ese_store_cache_pages(at->sized);
            any = true;
        }
    }
    return any;
}

void ese_instance_relieve_versions(struct ese_instance *instance)
{
    struct ese_vstore *versions = ese_store_versions(instance->store);
    uint64_t bytes = ese_vstore_bytes(versions);
    uint64_t left = atomic_load(&instance->version_bytes_left);
    if (bytes < left) {
        atomic_store(&instance->version_bytes_left, bytes);
        left = bytes;
    }
    if (bytes < instance->version_bytes / 2 || bytes < left + instance->version_bytes / 16) {
        return;
    }
    /* Whoever is stuck with an error here will meet it again in his own work. */
    (void)ese_vstore_cleanup(versions, NULL, NULL);
    atomic_store(&instance->version_bytes_left, ese_vstore_bytes(versions));
}

void ese_instance_set_unavailable(void *instance, JET_ERR cause)
{
    int32_t none = 0;
    atomic_compare_exchange_strong(&((struct ese_instance *)instance)->unavailable, &none, cause);
}

JET_ERR ese_instance_availability(struct ese_instance *instance)
{
    int32_t cause = atomic_load(&instance->unavailable);
    if (cause == 0) {
        return JET_errSuccess;
    }
    return cause == JET_errLogDiskFull ? JET_errInstanceUnavailableDueToFatalLogDiskFull
                                       : JET_errInstanceUnavailable;
}
