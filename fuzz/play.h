/* fuzz/play.h - how a target lets its threads run: as they like (play_free.c), or under a schedule that is part of the input
 * (play_controlled.c). */
#ifndef ESECHECK_FUZZ_PLAY_H
#define ESECHECK_FUZZ_PLAY_H

#include <stddef.h>
#include <stdint.h>

#include "shims/library/library.h"

/* Once, after the engine was loaded. */
void fuzz_play_init(struct shim_library *engine);

/* How many of the input's bytes are the plan; the rest belongs to fuzz_play. */
size_t fuzz_plan_bytes(const uint8_t *data, size_t size);

/* Calls body(context), and returns when it and every thread that it started are through; a schedule that ends otherwise ends
 * the process. bytes: what fuzz_plan_bytes left over. */
void fuzz_play(void (*body)(void *context), void *context, const uint8_t *bytes, size_t size);

/* The decisions of the last run as text for a report, in static storage; NULL: there were none. */
const char *fuzz_decisions(void);

#endif
