/* Not wrong, but beyond what faults can reach and crash can record: a session stores into a file of the run through a mapping,
 * and no call passes. */
#include "scenarios/tests/zoo/zoo.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define BYTES 4096

static bool store(int file)
{
    if (ftruncate(file, BYTES) != 0)
        return false;
    char *bytes = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (bytes == MAP_FAILED)
        return false;
    bytes[0] = 1;
    munmap(bytes, BYTES);
    return true;
}

bool zoo_before(struct zoo_call *call, JET_ERR *result)
{
    static atomic_int sessions;
    char path[64];
    if (call->fn != SHIM_FN_JetBeginSession)
        return false;
    snprintf(path, sizeof path, "maps-its-file.%d", atomic_fetch_add(&sessions, 1));
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    bool stored = file >= 0 && store(file);
    if (file >= 0) {
        close(file);
        unlink(path);
    }
    *result = JET_errOutOfMemory;
    return !stored;
}
