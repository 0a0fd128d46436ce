/* scenarios/supervisor/death.h - a child's end becomes events; only for this room. */
#ifndef ESECHECK_SCENARIOS_SUPERVISOR_DEATH_H
#define ESECHECK_SCENARIOS_SUPERVISOR_DEATH_H

#include "scenarios/supervisor/platform.h"
#include "shims/history/history.h"

#define SCN_SANITIZER_VARIABLES 4

/* Environment that has the sanitizers of the child write to files of the directory. What the user
 * has set in the same variables stays and is extended. */
struct scn_sanitizer_environment {
    char text[SCN_SANITIZER_VARIABLES][2048];
    const char *variables[SCN_SANITIZER_VARIABLES + 1];
};
void scn_sanitizer_environment(struct scn_sanitizer_environment *environment,
                               const char *directory);

/* Notes an end that was not the child's plan but in plan `number`: EXIT, and CRASH unless a sanitizer has its say. */
void scn_note_death(struct shim_history *history, const char *directory,
                    size_t number, const struct scn_exit *how);
/* Notes a hang, with the stacks in the file. */
/* Whether a step of the script killed the child: then its end needs no other explanation. */
bool scn_was_killed(const struct shim_history *history);
void scn_note_hang(struct shim_history *history, const char *stacks, bool timeout,
                   uint64_t hang_ms, uint64_t timeout_ms);
/* In the child: what sanitizers report from here on is of plan `number`, whatever plans the parent reads meanwhile. */
void scn_report_as(const char *directory, size_t number);
/* Notes the sanitizer reports of plan `number` and those of no plan, and takes them away. */
bool scn_note_sanitizers(struct shim_history *history, const char *directory, size_t number);
/* Appends what a second child saw (sorted), after the stamp `base`, the last one of the history (sorted, and it stays so),
 * behind a RESTART event. Takes the calls out of `after`. */
void scn_append_restart(struct shim_history *history, struct shim_history *after, uint64_t base);

#endif
