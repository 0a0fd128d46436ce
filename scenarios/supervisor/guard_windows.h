/* scenarios/supervisor/guard_windows.h - how a parent asks its child for stacks. */
#ifndef ESECHECK_SCENARIOS_SUPERVISOR_GUARD_WINDOWS_H
#define ESECHECK_SCENARIOS_SUPERVISOR_GUARD_WINDOWS_H

#define SCN_STACK_EVENT "Local\\esecheck-stacks-%lu" /* with the child's process number */
#define SCN_STACK_END "-- end of stacks\n"

#endif
