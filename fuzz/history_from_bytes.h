/* fuzz/history_from_bytes.h - bytes to a history, for fuzzing the judge.
 *
 * A pure function. The history is well-formed (each stamp once, leave after enter, one call at once
 * per actor) and otherwise anything: any function, a few handles that repeat, results that mean
 * something, rows, phases, deaths.
 */
#ifndef ESECHECK_FUZZ_HISTORY_FROM_BYTES_H
#define ESECHECK_FUZZ_HISTORY_FROM_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "shims/history/history.h"

/* Fills an initialised history; ends early without memory. */
void fuzz_history_from_bytes(struct shim_history *history, const uint8_t *bytes, size_t size);

#endif
