/* fuzz/engine.c - see the header. */
#include "fuzz/engine.h"

#include <stdio.h>
#include <stdlib.h>

struct shim_library *fuzz_engine(const char *name)
{
    struct shim_library *engine;
    char error[512];
    const char *path = getenv("ESECHECK_ENGINE");
    if (!path || !*path)
        path = FUZZ_DEFAULT_ENGINE;
    if (shim_library_open(path, &engine, error, sizeof error)) {
        fprintf(stderr, "%s: %s\n", name, error);
        exit(1);
    }
    return engine;
}
