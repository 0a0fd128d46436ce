/* scenarios/supervisor/guard_signal.h - how a parent asks a thread of its child for its stack. */
#ifndef ESECHECK_SCENARIOS_SUPERVISOR_GUARD_SIGNAL_H
#define ESECHECK_SCENARIOS_SUPERVISOR_GUARD_SIGNAL_H

#include <signal.h>

#define SCN_STACK_SIGNAL (SIGRTMIN + 9)
#define SCN_STACK_END "-- end of stack\n"

#endif
