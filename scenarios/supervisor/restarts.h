/* scenarios/supervisor/restarts.h - the child's side of many restarts (supervisor.h); only for this room. */
#ifndef ESECHECK_SCENARIOS_SUPERVISOR_RESTARTS_H
#define ESECHECK_SCENARIOS_SUPERVISOR_RESTARTS_H

#include <stdbool.h>

#include "scenarios/supervisor/platform.h"

/* In the child that has loaded the engine: per order of the parent a fork calls `play`, until the parent closes. 0, or -1
 * if the parent cannot be heard. */
int scn_restarts_serve(const char *directory, void (*play)(void *context, bool record), void *context);

/* POSIX: what waitpid says of an end. */
void scn_exit_of_status(int status, struct scn_exit *how);

#endif
