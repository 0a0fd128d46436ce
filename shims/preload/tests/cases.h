/* shims/preload/tests/cases.h - small programs, one behind each name, to be explored.
 *
 * `cases NAME` exits with 0 when everything was as POSIX says. A right case does so under every schedule; a wrong one
 * has a bug that some schedules show, a refused one does what cannot be controlled.
 */
#ifndef ESECHECK_SHIMS_PRELOAD_CASES_H
#define ESECHECK_SHIMS_PRELOAD_CASES_H

#include <pthread.h>

/* Ends the process with 1 and the line when a condition does not hold. */
void case_check(int holds, const char *condition, const char *file, int line);
#define CHECK(condition) case_check((condition) != 0, #condition, __FILE__, __LINE__)

pthread_t case_start(void *(*run)(void *argument), void *argument);
void *case_join(pthread_t thread);

struct case_row {
    const char *name;
    void (*run)(void);
};
/* Ends with a row without a name. */
extern const struct case_row case_locks[], case_threads[], case_process[], case_system[],
    case_names[], case_wrong[], case_refused[];

#endif
