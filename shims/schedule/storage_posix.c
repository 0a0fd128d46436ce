/* shims/schedule/storage_posix.c - shared anonymous memory. */
#include "shims/schedule/storage.h"

#include <sys/mman.h>

void *shim_storage_new(size_t size) {
    void *made = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return made == MAP_FAILED ? NULL : made;
}

void shim_storage_free(void *storage, size_t size) {
    if (storage != NULL) {
        (void)munmap(storage, size);
    }
}
