/* fuzz/play_free.c - threads run as they like. */
#include "fuzz/play.h"

void fuzz_play_init(struct shim_library *engine)
{
    (void)engine;
}

size_t fuzz_plan_bytes(const uint8_t *data, size_t size)
{
    (void)data;
    return size;
}

void fuzz_play(void (*body)(void *context), void *context, const uint8_t *bytes, size_t size)
{
    (void)bytes, (void)size;
    body(context);
}

const char *fuzz_decisions(void)
{
    return NULL;
}
