/* shims/schedule/feedback.h - inside of shims/schedule: the strategy that learns (feedback.c). */
#ifndef ESECHECK_SHIMS_SCHEDULE_FEEDBACK_H
#define ESECHECK_SHIMS_SCHEDULE_FEEDBACK_H

#include "shims/schedule/strategy.h"

/* The functions, for the head of a zeroed struct of this size. */
extern const struct shim_strategy shim_feedback;
size_t shim_feedback_size(void);

#endif
