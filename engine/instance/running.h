/* Which instances run, and what they have attached: copies, so that they can be told after the locks are given back. */
#ifndef ESE_INSTANCE_RUNNING_H
#define ESE_INSTANCE_RUNNING_H

#include "engine/instance/instance.h"

struct ese_running {
    struct ese_running *next;
    uint64_t handle;
    char *name;
    size_t databases;
    char *paths[ESE_DATABASE_MAX]; /* absolute */
};

/* All running instances of the process, oldest first. JET_errOutOfMemory; what is in *list then is to be freed, too. */
JET_ERR ese_running_list(struct ese_running **list);
/* Puts one in front when it runs. Takes its service and attach locks. */
JET_ERR ese_running_add(struct ese_instance *instance, struct ese_running **list);
void ese_running_free(struct ese_running *list);

/* All handles of instances of the process, newest first, zero-terminated, to be freed. */
JET_ERR ese_instance_handles(uint64_t **handles);

#endif
