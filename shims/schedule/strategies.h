/* shims/schedule/strategies.h - inside of shims/schedule: the strategies that have a file of their own. */
#ifndef ESECHECK_SHIMS_SCHEDULE_STRATEGIES_H
#define ESECHECK_SHIMS_SCHEDULE_STRATEGIES_H

#include "shims/schedule/strategy.h"

/* The functions, and the size of the struct that they are the head of; the rest of it is zero at first. */
extern const struct shim_strategy shim_surw, shim_feedback, shim_delay, shim_bounded, shim_mix;

size_t shim_strategy_size(enum shim_strategy_kind kind);
/* `made` lies in shim_strategy_size(kind) zeroed bytes, aligned like malloc's; depth as in shim_strategy_new. */
void shim_strategy_init(struct shim_strategy *made, enum shim_strategy_kind kind, unsigned depth);

/* Structs that lie behind each other keep off each other's cache lines. */
#define SHIM_ROUNDED(size) (((size) + 63u) / 64u * 64u)

/* The same for a strategy that does not hold threads back without end (fair.c). */
size_t shim_fair_size(enum shim_strategy_kind kind);
void shim_fair_init(struct shim_strategy *made, enum shim_strategy_kind kind, unsigned depth);

void shim_bounded_init(struct shim_strategy *made, unsigned bound);
size_t shim_mix_size(void);
void shim_mix_init(struct shim_strategy *made, unsigned depth);

#endif
