/* shims/schedule/storage.h - memory in which strategies learn: zeroed, and shared with forks of the process. */
#ifndef ESECHECK_SHIMS_SCHEDULE_STORAGE_H
#define ESECHECK_SHIMS_SCHEDULE_STORAGE_H

#include <stddef.h>

void *shim_storage_new(size_t size); /* NULL without memory */
void shim_storage_free(void *storage, size_t size);

#endif
