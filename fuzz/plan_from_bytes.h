/* fuzz/plan_from_bytes.h - bytes to plan.
 *
 * A pure function: the same bytes give the same plan, on every machine. Every plan passes scn_check
 * and ends by itself: repeats are bounded, actors only wait for what actors before them signal for
 * certain. It is one of two kinds: actors that run freely on threads of their own; or actors that
 * take turns, in an order that the bytes say, so that the whole run is one interleaving.
 */
#ifndef ESECHECK_FUZZ_PLAN_FROM_BYTES_H
#define ESECHECK_FUZZ_PLAN_FROM_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "scenarios/language/plan.h"

/* Bytes past FUZZ_MAX_BYTES are ignored. The plan is to be freed with scn_plan_free; NULL only
 * without memory. */
struct scn_plan *fuzz_plan_from_bytes(const uint8_t *bytes, size_t size);

/* The seed with which the plan of these bytes is run: `esecheck run --seed`. Below 2^32. */
uint64_t fuzz_seed_of_bytes(const uint8_t *bytes, size_t size);

#endif
