/* scenarios/supervisor/supervisor.h - the child process, its watchdog, and what its death means.
 *
 * Every engine runs in a child: a fresh exec of this program. The parent watches the recorder's
 * progress; no entry and no return on any thread for the hang limit (not counting waits that the
 * contract allows) is a hang. The child's death becomes an event in the history, never the end of
 * the run. After a crash, hang or kill a second child tries to restart on the same files.
 */
#ifndef ESECHECK_SCENARIOS_SUPERVISOR_SUPERVISOR_H
#define ESECHECK_SCENARIOS_SUPERVISOR_SUPERVISOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenarios/language/plan.h"
#include "shims/history/history.h"

struct scn_job {
    const struct scn_plan *plan;
    const char *script;          /* file it came from, or NULL */
    const char *engine;          /* path */
    const char *profile;
    const char *work_directory;  /* the job makes its own directory below it */
    uint64_t seed;
    int repeat;
    const char *const *settings; /* --set NAME=VALUE as given */
    int setting_count;
    const char *pre_init;        /* symbol or NULL */
    unsigned hang_seconds;       /* 0: 30 */
    unsigned timeout_seconds;    /* whole run; 0: 300 */
    bool keep_directory;
    const char *command;         /* shows it again; copied into the header */
};

enum scn_job_result { SCN_JOB_DONE, SCN_JOB_ENGINE_UNUSABLE, SCN_JOB_HARNESS };

/* Runs the job in a child and reads what it left into `history` (initialised). SCN_JOB_DONE: judge
 * it. Otherwise a message is in `error`. */
enum scn_job_result scn_supervise(const struct scn_job *job, struct shim_history *history,
                                  char *error, size_t error_size);

/* The child's side: main() hands over when argv[1] is "--child". Returns the exit code. */
int scn_child_main(int argc, char **argv);

#endif
