#include "engine/instance/running.h"

#include "engine/table/database.h"

void ese_running_free(struct ese_running *list)
{
    while (list != NULL) {
        struct ese_running *next = list->next;
        for (size_t i = 0; i < list->databases; i++) {
            ese_free(list->paths[i]);
        }
        ese_free(list->name);
        ese_free(list);
        list = next;
    }
}

/* Copies the names of the attached databases. Holds the service lock of a running instance. */
static JET_ERR list_databases(struct ese_instance *instance, struct ese_running *running)
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

JET_ERR ese_running_add(struct ese_instance *instance, struct ese_running **list)
{
    JET_ERR err = JET_errSuccess;
    ese_mutex_lock(&instance->service);
    if ((atomic_load(&instance->api) & ESE_API_INITIALIZED) != 0) {
        struct ese_running *running = ese_calloc(1, sizeof *running);
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

JET_ERR ese_instance_handles(uint64_t **out)
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

JET_ERR ese_running_list(struct ese_running **list)
{
    uint64_t *handles = NULL;
    JET_ERR err = ese_instance_handles(&handles);
    for (size_t i = 0; err == JET_errSuccess && handles[i] != 0; i++) {
        struct ese_instance *instance = ese_instance_find(handles[i]);
        if (instance != NULL) {
            err = ese_running_add(instance, list);
            ese_instance_unref(instance);
        }
    }
    ese_free(handles);
    return err;
}
