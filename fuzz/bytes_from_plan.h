/* fuzz/bytes_from_plan.h - plan to bytes, for seeds.
 *
 * The other direction of plan_from_bytes, as far as the format goes: what it cannot say (more than
 * four actors, endless repeats, gates in a circle, texts of its own, expectations) is left out or
 * made smaller. The plan of a seed does what its script does, on a smaller scale.
 */
#ifndef ESECHECK_FUZZ_BYTES_FROM_PLAN_H
#define ESECHECK_FUZZ_BYTES_FROM_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenarios/language/plan.h"

/* Writes at most FUZZ_MAX_BYTES to `bytes`; with `turns`, the form in which the actors take turns.
 * Returns the number of bytes. */
size_t fuzz_bytes_from_plan(const struct scn_plan *plan, bool turns, uint8_t *bytes);

#endif
